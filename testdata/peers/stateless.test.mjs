// Protocol 2026-07-28, which has no handshake: each request carries its version
// and capabilities, and a question comes back as the result of the call, which
// the client repeats with the answer. Spoken by hand, and by the official client.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

import { assertNoSecrets, binary, cast, consenting, environment, serveDemo, text } from "./harness.mjs";
import { start, stateless, Stateless } from "./wire.mjs";

const deleteProject = { group_id: cast.project };

async function assertProjectStands(client) {
  assert.equal((await client.ok("get_group", deleteProject)).profile.name, cast.project, "the group was deleted without consent");
}

const yes = (question) => ({ action: "accept", content: consenting(question.params) });

test("server/discover offers the version, and requests work without a handshake", async (t) => {
  const client = new Stateless(start(t));
  const { result } = await client.request("server/discover");
  assert.ok(result.supportedVersions.includes(stateless), JSON.stringify(result.supportedVersions));
  const listed = await client.request("tools/list");
  assert.equal(listed.result.resultType, "complete");
  assert.ok(listed.result.tools.length >= 17, `only ${listed.result.tools.length} tools`);
  assert.equal((await client.ok("get_user", { user_id: cast.lockedOut })).status, "LOCKED_OUT");
});

test("a request without capabilities is malformed", async (t) => {
  const client = new Stateless(start(t), undefined);
  delete client.meta._meta["io.modelcontextprotocol/clientCapabilities"];
  assert.equal((await client.request("tools/list")).error?.code, -32602);
});

test("the call comes back with a question, and repeated with the answer deletes the group", async (t) => {
  const client = new Stateless(start(t));
  const question = await client.asked("delete_group", deleteProject);
  assert.match(question.params.message, /^Delete this group for good/);
  await assertProjectStands(client);
  const done = await client.ok("delete_group", deleteProject, question.answered(yes(question)));
  assert.equal(done.target.name, cast.project);
  assert.match(await client.refused("get_group", deleteProject), /Project Nightingale/);
});

test("a state is good once: replayed, even on the same target as it was, it is refused", async (t) => {
  const client = new Stateless(start(t));
  const removal = { ...deleteProject, user_ids: [cast.ordinary] };
  const question = await client.asked("remove_user_from_group", removal);
  const answer = question.answered(yes(question));
  await client.ok("remove_user_from_group", removal, answer);
  await client.ok("add_user_to_group", removal);
  assert.match(await client.refused("remove_user_from_group", removal, answer), /used already/);
  const { items } = await client.ok("list_group_users", { ...deleteProject, limit: 200 });
  assert.ok(items.some((user) => user.profile.login === cast.ordinary), "a replayed yes removed the person");
});

test("a wrong answer uses the state up as well", async (t) => {
  const client = new Stateless(start(t));
  const question = await client.asked("delete_group", deleteProject);
  const wrong = question.answered({ action: "accept", content: {} });
  assert.match(await client.refused("delete_group", deleteProject, wrong), /nothing was changed/);
  assert.match(await client.refused("delete_group", deleteProject, question.answered(yes(question))), /used already/);
  await assertProjectStands(client);
});

test("a state that was tampered with is refused", async (t) => {
  const client = new Stateless(start(t));
  const question = await client.asked("delete_group", deleteProject);
  const { requestState } = question;
  const forged = {
    "a letter changed in front": (requestState[0] === "e" ? "f" : "e") + requestState.slice(1),
    "a letter changed in the seal": requestState.slice(0, -2) + (requestState.at(-2) === "A" ? "B" : "A") + requestState.at(-1),
    "the seal cut off": requestState.split(".")[0],
    "another text": Buffer.from('{"caller":"stdio"}').toString("base64url") + ".x",
  };
  for (const [what, state] of Object.entries(forged)) {
    const said = await client.refused("delete_group", deleteProject, { ...question.answered(yes(question)), requestState: state });
    assert.match(said, /not one this server made/, what);
  }
  await assertProjectStands(client);
  await client.ok("delete_group", deleteProject, question.answered(yes(question))); // the true one still counts
});

test("a state without an answer, and an answer without its state, are refused", async (t) => {
  const client = new Stateless(start(t));
  const { requestState } = await client.asked("delete_group", deleteProject);
  assert.match(await client.refused("delete_group", deleteProject, { requestState }), /nothing was changed/);
  const question = await client.asked("delete_group", deleteProject);
  const { inputResponses } = question.answered(yes(question));
  assert.match(await client.refused("delete_group", deleteProject, { inputResponses }), /nothing was changed/);
  const misnamed = { requestState: question.requestState, inputResponses: { other: yes(question) } };
  assert.match(await client.refused("delete_group", deleteProject, misnamed), /nothing was changed/);
  await assertProjectStands(client);
});

test("a yes for one target serves no other, though its form would fit", async (t) => {
  const client = new Stateless(start(t));
  const removal = { ...deleteProject, user_ids: [cast.ordinary] };
  const elsewhere = { group_id: (await client.ok("create_group", { name: "Peers" })).target.id, user_ids: [cast.ordinary] };
  await client.ok("add_user_to_group", elsewhere);
  const question = await client.asked("remove_user_from_group", elsewhere);
  const said = await client.refused("remove_user_from_group", removal, question.answered(yes(question)));
  assert.match(said, /given for another call/);
  const { items } = await client.ok("list_group_users", { ...deleteProject, limit: 200 });
  assert.ok(items.some((user) => user.profile.login === cast.ordinary), "the person was removed from the wrong group");
});

test("a yes for one tool serves no other, though its form would fit", async (t) => {
  const client = new Stateless(start(t));
  const target = { user_ids: [cast.ordinary] };
  const question = await client.asked("suspend_user", target);
  const said = await client.refused("deactivate_user", target, question.answered(yes(question)));
  assert.match(said, /given for another call/);
  assert.equal((await client.ok("get_user", { user_id: cast.ordinary })).status, "ACTIVE");
});

test("a yes does not outlive a change of its target", async (t) => {
  const client = new Stateless(start(t));
  const question = await client.asked("delete_group", deleteProject);
  const added = await client.ok("add_user_to_group", { ...deleteProject, user_ids: [cast.suspended] });
  assert.equal(added.undo.tool, "remove_user_from_group", `nobody was added: ${JSON.stringify(added)}`);
  const said = await client.refused("delete_group", deleteProject, question.answered(yes(question)));
  assert.match(said, /changed after the question was asked/);
  await assertProjectStands(client);
});

test("a state from another server process is refused", async (t) => {
  const [one, other] = [new Stateless(start(t)), new Stateless(start(t))];
  const question = await one.asked("delete_group", deleteProject);
  assert.match(await other.refused("delete_group", deleteProject, question.answered(yes(question))), /not one this server made/);
  await assertProjectStands(other);
});

for (const action of ["decline", "cancel"]) {
  test(`${action} is a no, and the same call is refused unasked from then on`, async (t) => {
    const client = new Stateless(start(t));
    const question = await client.asked("delete_group", deleteProject);
    const no = question.answered({ action });
    assert.match(await client.refused("delete_group", deleteProject, no), new RegExp(`the client answered ${action}`));
    assert.match(await client.refused("delete_group", deleteProject), new RegExp(`${action} less than ten minutes ago`));
    await assertProjectStands(client);
  });
}

test("capabilities count for their own request only", async (t) => {
  const wire = start(t);
  const [able, unable] = [new Stateless(wire), new Stateless(wire, {})];
  const question = await able.asked("delete_group", deleteProject);
  assert.match(await unable.refused("delete_group", deleteProject), /does not support elicitation/);
  await able.ok("delete_group", deleteProject, question.answered(yes(question)));
});

// The same through the official client, which answers questions by itself.
async function connectOfficial(t, answer) {
  const transport = new StdioClientTransport({ command: binary(), args: serveDemo, env: environment(t), stderr: "pipe" });
  let log = "";
  transport.stderr.on("data", (chunk) => { log += chunk; });
  const client = new Client({ name: "official", version: "1.0.0" }, {
    capabilities: answer ? { elicitation: { form: {} } } : {},
    versionNegotiation: { mode: { pin: stateless } },
  });
  if (answer) client.setRequestHandler("elicitation/create", ({ params }) => answer(params));
  t.after(async () => {
    await client.close();
    assertNoSecrets(log);
  });
  await client.connect(transport);
  return client;
}

test("the official client lists, asks its person, and deletes on the right answer", async (t) => {
  const client = await connectOfficial(t, (question) => ({ action: "accept", content: consenting(question) }));
  assert.ok((await client.listTools()).tools.length >= 17);
  const done = await client.callTool({ name: "delete_group", arguments: deleteProject });
  assert.ok(!done.isError, text(done));
  assert.ok((await client.callTool({ name: "get_group", arguments: deleteProject })).isError, "the group is still there");
});

for (const [what, answer] of Object.entries({
  "a decline": () => ({ action: "decline" }),
  "a bare accept": () => ({ action: "accept" }),
  "an empty form": () => ({ action: "accept", content: {} }),
})) {
  test(`the official client: ${what} deletes nothing`, async (t) => {
    const client = await connectOfficial(t, answer);
    const refused = await client.callTool({ name: "delete_group", arguments: deleteProject });
    assert.match(text(refused), /nothing was changed/);
    assert.ok(!(await client.callTool({ name: "get_group", arguments: deleteProject })).isError, "the group is gone");
  });
}
