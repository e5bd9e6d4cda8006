// A person who signs in with a code (RFC 8628) at an authorization server that is
// not ours, on its own pages; and the refresh tokens that come of it.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { decodeJwt } from "jose";

import { logins } from "./oidc-api.mjs";
import { personal } from "./oidc-machine.mjs";
import { deviceGrant, nativeApp, startOrg, unknown } from "./oidc-org.mjs";
import { abort, approve, refuseConsent } from "./oidc-person.mjs";

const ada = "00uAda";
const refresh = "refresh_token";

async function newcomer(t, options, more) {
  const org = await startOrg(t, options);
  return { org, machine: personal(t, more).at(org) };
}

/** Signs somebody in on a machine, to the end. */
async function signIn(machine, who = ada, ...args) {
  const { address, code, ended } = await machine.login(...args);
  await approve(address, code, who);
  const { code: exit, stdout, stderr } = await ended;
  assert.equal(exit, 0, stderr);
  assert.match(stdout, new RegExp(`as ${who}, granted okta\\.groups\\.read okta\\.users\\.read`));
}

/** The files of sign-ins in a machine's home. */
function kept({ home }) {
  const files = readdirSync(home.HOME, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.parentPath, entry.name)).filter((path) => path.endsWith("sign-ins"));
}

/** Fails unless each refresh token was used once; returns how many there were. */
function assertRotated(org) {
  const used = org.grants(refresh).map(({ form }) => form.refresh_token);
  assert.equal(new Set(used).size, used.length, "a refresh token was sent twice");
  return used.length;
}

test("pending, approved, and signed in from then on", async (t) => {
  const { machine, org } = await newcomer(t);
  const { address, code, ended } = await machine.login();
  assert.equal(address, `${org.url}/activate`);
  await once(org.provider, "grant.error"); // the first poll
  await approve(address, code, ada);
  assert.equal((await ended).code, 0);
  assert.deepEqual(org.grants(deviceGrant).map(({ answer }) => answer.error ?? "token"), ["authorization_pending", "token"]);
  assert.match(org.grants(deviceGrant)[0].form.client_id, new RegExp(nativeApp));
  await machine.lists(logins);
  const { stdout } = await machine.run("call", "get_access_status");
  const { identity, scopes } = JSON.parse(stdout);
  assert.deepEqual({ user: identity.user_id, granted: scopes.granted }, { user: ada, granted: ["okta.groups.read", "okta.users.read"] });
});

test("what is kept is private, and not to be read", async (t) => {
  const { machine, org } = await newcomer(t);
  await signIn(machine);
  const [file, ...more] = kept(machine);
  assert.deepEqual(more, []);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const text = readFileSync(file, "latin1");
  for (const secret of org.secrets()) assert.ok(!text.includes(secret), "the file holds a token");
});

const refusals = {
  "a person who says that it is not their device": ({ address, code }) => abort(address, code),
  "a person who consents to nothing": ({ address, code }) => refuseConsent(address, code, ada),
};

for (const [who, refuse] of Object.entries(refusals)) {
  test(`${who} ends the sign-in at once`, async (t) => {
    const { machine, org } = await newcomer(t);
    const waiting = await machine.login();
    await refuse(waiting);
    const { code, stderr } = await waiting.ended;
    assert.equal(code, 4, stderr);
    assert.match(stderr, /access_denied.*the person declined/);
    assert.deepEqual(org.tokens(deviceGrant), []);
    assert.match(await machine.cannotSignIn(), /nobody is signed in/);
  });
}

test("a code that runs out ends the sign-in", async (t) => {
  const { machine, org } = await newcomer(t, { codeLife: 2 });
  const { code, stderr } = await (await machine.login()).ended;
  assert.equal(code, 4, stderr);
  assert.match(stderr, /expired_token.*sign in again for a new one/);
  assert.equal(org.grants(deviceGrant)[0].answer.error, "authorization_pending");
});

test("a scope that the server will not have is left out of a sign-in", async (t) => {
  const { machine, org } = await newcomer(t, {}, { OKTA_SCOPES: "" });
  await signIn(machine, ada, "--tools", "list_users,list_devices,list_groups");
  assert.ok(!org.tokens(deviceGrant)[0].answer.scope.includes(unknown));
  await machine.lists(logins, "--tools", "list_users,list_groups");
});

test("each renewal brings another refresh token, and a used one ends them all", async (t) => {
  const { machine, org } = await newcomer(t);
  await signIn(machine);
  for (let i = 0; i < 3; i++) await machine.lists(logins);
  assert.equal(assertRotated(org), 3);
  const [{ form }] = org.grants(refresh);
  const { status, answer } = await org.post("/oauth2/v1/token", form); // a thief's
  assert.deepEqual({ status, error: answer.error }, { status: 400, error: "invalid_grant" });
  assert.match(await machine.cannotSignIn(), /invalid_grant.*sign in with: okta-mcp login/s);
  const tried = org.grants(refresh).length;
  assert.match(await machine.cannotSignIn(), /nobody is signed in/);
  assert.equal(org.grants(refresh).length, tried, "a refused refresh token is still kept");
});

test("where an answer was lost, one more try tells; without a grace period it ends in “sign in again”", async (t) => {
  const { machine, org } = await newcomer(t);
  await signIn(machine);
  org.loseNextToken = true;
  assert.match(await machine.cannotSignIn(), /invalid_grant.*sign in with: okta-mcp login/s);
  assert.equal(org.grants(refresh).length, 2, "it tried once more, and no oftener");
  await signIn(machine);
  await machine.lists(logins);
});

test("logout has the server revoke every token, and forgets them", async (t) => {
  const { machine, org } = await newcomer(t);
  await signIn(machine);
  await machine.lists(logins);
  const { answer } = org.tokens(refresh).at(-1);
  const { code, stdout, stderr } = await machine.run("logout");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /signed out/);
  const stolen = await org.post("/oauth2/v1/token", { grant_type: refresh, client_id: nativeApp, refresh_token: answer.refresh_token });
  assert.equal(stolen.answer.error, "invalid_grant");
  const api = await fetch(`${org.url}/api/v1/users`, { headers: { Authorization: `Bearer ${answer.access_token}` } });
  assert.equal(api.status, 401, "the access token outlives the sign-in");
  assert.match(await machine.cannotSignIn(), /nobody is signed in/);
});

test("a bound sign-in is renewed by another process with the key of the first", async (t) => {
  const { machine, org } = await newcomer(t, { requireDPoP: true, nonces: true, apiNonces: true });
  await signIn(machine);
  await machine.lists(logins);
  await machine.lists(logins);
  const bound = org.tokenRequests.filter(({ status }) => status === 200);
  assert.deepEqual(bound.map(({ answer }) => answer.token_type), ["DPoP", "DPoP", "DPoP"]);
  assert.deepEqual(new Set(org.reasons()), new Set(["DPoP proof JWT not provided", "nonce is required in the DPoP proof"]), "and the person was not done at the first poll");
  const proofs = org.tokenRequests.map(({ proof }) => proof).filter(Boolean);
  assert.equal(new Set(proofs.map((proof) => decodeJwt(proof).jti)).size, proofs.length, "a proof was sent twice");
  assert.deepEqual(org.api.requests.map(({ status }) => status), [401, 200, 401, 200], "each process asks for its first nonce");
});

test("a bound refresh token is worth nothing without its key, nor with a proof that was used", async (t) => {
  const { machine, org } = await newcomer(t, { requireDPoP: true });
  await signIn(machine);
  await machine.lists(logins);
  const { answer, proof } = org.tokens(refresh).at(-1);
  const form = { grant_type: refresh, client_id: nativeApp, refresh_token: answer.refresh_token };
  assert.equal((await org.post("/oauth2/v1/token", form)).answer.error, "invalid_dpop_proof");
  assert.equal((await org.post("/oauth2/v1/token", form, { DPoP: proof })).answer.error, "invalid_grant");
  assert.equal(org.reasons().at(-1), "DPoP proof JWT Replay detected");
  await machine.lists(logins); // and the owner is none the worse for it
});

test("--dpop=never does not renew a bound sign-in, and does not forget it", async (t) => {
  const { machine, org } = await newcomer(t, { requireDPoP: true });
  await signIn(machine);
  assert.match(await machine.cannotSignIn("--dpop=never"), /bound with DPoP, which is set to never/);
  assert.equal(org.grants(refresh).length, 0);
  await machine.lists(logins);
});

test("a process that asks for more than was signed in for says so", async (t) => {
  const { machine, org } = await newcomer(t);
  await signIn(machine);
  const said = await machine.cannotSignIn("--scopes", "okta.users.read okta.users.manage");
  assert.match(said, /not asked for okta\.users\.manage.*okta-mcp login/);
  assert.equal(org.grants(refresh).length, 0, "the sign-in was used up on it");
  await machine.lists(logins, "--scopes", "okta.users.read");
  assert.equal(org.tokens(refresh)[0].answer.scope, "okta.users.read", "a renewal asks for no more than the process may");
  await machine.lists(logins);
  assert.equal(org.tokens(refresh)[1].answer.scope, "okta.groups.read okta.users.read", "what was narrowed once stays narrow");
});
