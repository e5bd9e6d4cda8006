// Servers that run while somebody signs in, signs out, or is somebody else; and
// processes that share one sign-in.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";

import { ToolListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";

import { connect, text } from "./harness.mjs";
import { logins } from "./oidc-api.mjs";
import { personal } from "./oidc-machine.mjs";
import { startOrg } from "./oidc-org.mjs";
import { abort, approve } from "./oidc-person.mjs";

const [ada, jonas] = ["00uAda", "00uJonas"];
const refresh = "refresh_token";

async function serving(t, options) {
  const org = await startOrg(t, options);
  const machine = personal(t).at(org);
  return { org, machine, peer: await connect(t, { args: ["serve"], env: machine.env }) };
}

async function names(peer) {
  return (await peer.client.listTools()).tools.map(({ name }) => name);
}

/** Resolves when the list of tools fits, having been announced to change until it does. */
function untilTools(peer, fits) {
  return new Promise((resolve, reject) => {
    const look = async () => { if (fits(await names(peer))) resolve(); };
    peer.client.setNotificationHandler(ToolListChangedNotificationSchema, () => look().catch(reject));
  });
}

test("a server whose person is signed out offers sign_in, and its tools when they are done", async (t) => {
  const { org, peer } = await serving(t, { requireDPoP: true, nonces: true });
  assert.deepEqual(await names(peer), ["get_access_status", "sign_in"]);
  const appeared = untilTools(peer, (list) => list.includes("list_users"));
  const asked = await peer.ok("sign_in");
  assert.equal(asked.verification_uri, `${org.url}/activate`, "the address is not the plain one");
  assert.equal((await peer.ok("sign_in")).user_code, asked.user_code, "a second flow was opened");
  await approve(asked.verification_uri, asked.user_code, ada);
  await appeared;
  assert.ok(!(await names(peer)).includes("sign_in"), "sign_in is still offered");
  assert.deepEqual((await peer.ok("list_users")).items.map(({ profile }) => profile.login), logins);
  assert.equal((await peer.ok("get_access_status")).identity.user_id, ada);
});

test("a person who declines may change their mind", async (t) => {
  const { org, peer } = await serving(t);
  const first = await peer.ok("sign_in");
  await abort(first.verification_uri, first.user_code);
  await once(org.provider, "grant.error"); // the next poll, which hears of it
  let second = first;
  while (second.user_code === first.user_code) second = await peer.ok("sign_in");
  const appeared = untilTools(peer, (list) => list.includes("list_users"));
  await approve(second.verification_uri, second.user_code, ada);
  await appeared;
  assert.equal((await peer.ok("list_users")).count, 2);
});

/** Signs somebody in at a terminal of the machine. */
async function signIn(machine, who) {
  const { address, code, ended } = await machine.login();
  await approve(address, code, who);
  assert.equal((await ended).code, 0);
}

test("a running server does not go on for somebody else", async (t) => {
  const org = await startOrg(t);
  const machine = personal(t).at(org);
  await signIn(machine, ada);
  const peer = await connect(t, { args: ["serve"], env: machine.env });
  assert.equal((await peer.ok("list_users")).count, 2);
  assert.equal((await machine.run("logout")).code, 0);
  await signIn(machine, jonas);
  const answered = org.api.requests.length;
  const result = await peer.call("list_users");
  assert.ok(result.isError, "it went on as somebody else");
  assert.match(text(result), /another person signed in/);
  assert.deepEqual(org.api.requests.slice(answered).map(({ status }) => status), [401], "only the dead token was tried");
  await machine.lists(logins); // who signed in is served by the next process
});

test("two processes and one sign-in, a hundred renewals: none is lost", async (t) => {
  const org = await startOrg(t, { requireDPoP: true });
  const machine = personal(t).at(org);
  await signIn(machine, ada);
  const fifty = async () => { for (let i = 0; i < 50; i++) await machine.lists(logins); };
  await Promise.all([fifty(), fifty()]);
  const used = org.grants(refresh).map(({ form }) => form.refresh_token);
  assert.deepEqual({ renewals: used.length, tokens: new Set(used).size }, { renewals: 100, tokens: 100 });
  assert.deepEqual(org.reasons().filter((reason) => !/DPoP proof JWT not provided/.test(reason)), []);
});
