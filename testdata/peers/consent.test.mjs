// How the official TypeScript SDK's client is asked (elicitation/create, up to
// 2025-11-25), and that nothing but the one consenting answer is a yes.
//
// A refusal is never believed on its word: each test looks at the org again.

import assert from "node:assert/strict";
import { test } from "node:test";

import { cast, connect, consenting } from "./harness.mjs";

const deleteProject = { group_id: cast.project };

async function assertProjectStands(peer) {
  const { profile } = await peer.ok("get_group", deleteProject);
  assert.equal(profile.name, cast.project, "the group was deleted without consent");
}

async function assertOrdinaryActive(peer) {
  const { status } = await peer.ok("get_user", { user_id: cast.ordinary });
  assert.equal(status, "ACTIVE", "the person was suspended without consent");
}

test("accept with what the form asks for deletes the group, and the answer fits its schema", async (t) => {
  const peer = await connect(t, { answer: (question) => ({ action: "accept", content: consenting(question) }) });
  await peer.client.listTools(); // from here on the SDK holds answers against output schemas
  const done = await peer.ok("delete_group", deleteProject);
  assert.deepEqual({ type: done.target.type, name: done.target.name }, { type: "group", name: cast.project });
  assert.equal(done.undo, "cannot be undone");
  assert.equal(peer.questions.length, 1, "one call asks one question");
  assert.match(await peer.refused("get_group", deleteProject), /Project Nightingale/);
});

test("the question says what follows, for whom, and what to type", async (t) => {
  const peer = await connect(t, { answer: () => ({ action: "decline" }) });
  const { id } = await peer.ok("get_group", deleteProject);
  const members = await peer.ok("list_group_users", { ...deleteProject, limit: 200 });
  await peer.refused("delete_group", deleteProject);
  const [{ mode, message, requestedSchema }] = peer.questions;
  assert.ok(mode === undefined || mode === "form", `the question is not a form but ${mode}`);
  assert.match(message, /^Delete this group for good in the Okta org \S+\?\n/, "the deed and the org come first");
  for (const fact of [id, `“${cast.project}”`, `${members.count} people`, "cannot be undone", "“peer”", "delete_group"]) {
    assert.ok(message.includes(fact), `the question does not show ${fact}:\n${message}`);
  }
  const [field] = Object.values(requestedSchema.properties);
  assert.equal(field.type, "string");
  assert.deepEqual(Object.values(consenting({ message, requestedSchema })), [cast.project], "the group's name is typed");
});

test("decline is a no, and the same call is refused unasked from then on", async (t) => {
  const peer = await connect(t, { answer: () => ({ action: "decline" }) });
  assert.match(await peer.refused("delete_group", deleteProject), /the client answered decline/);
  assert.match(await peer.refused("delete_group", deleteProject), /decline less than ten minutes ago/);
  assert.equal(peer.questions.length, 1, "the person was asked again after a decline");
  await assertProjectStands(peer);
});

test("cancel is a no, also by the group's id, and another group may still be asked about", async (t) => {
  const peer = await connect(t, { answer: () => ({ action: "cancel" }) });
  assert.match(await peer.refused("delete_group", deleteProject), /the client answered cancel/);
  const { id } = await peer.ok("get_group", deleteProject);
  assert.match(await peer.refused("delete_group", { group_id: id }), /cancel less than ten minutes ago/);
  assert.equal(peer.questions.length, 1, "the person was asked again after a cancel");
  await assertProjectStands(peer);
  const other = await peer.ok("create_group", { name: "Peers" });
  assert.match(await peer.refused("delete_group", { group_id: other.target.id }), /the client answered cancel/);
  assert.equal(peer.questions.length, 2, "a no about one group is no no about another");
});

// What clients send that accept by themselves, pre-fill, or mangle a form.
const notConsent = {
  "a bare accept": () => ({ action: "accept" }),
  "accept with an empty form": () => ({ action: "accept", content: {} }),
  "accept with a member more": (question) => ({ action: "accept", content: { ...consenting(question), note: "go" } }),
  "accept with the wrong text": (question) => ({ action: "accept", content: typed(question, "Project Nightingales") }),
  "accept in another case": (question) => ({ action: "accept", content: typed(question, cast.project.toLowerCase()) }),
  "accept with a space more": (question) => ({ action: "accept", content: typed(question, `${cast.project} `) }),
  "accept with an empty text": (question) => ({ action: "accept", content: typed(question, "") }),
  "accept with true": (question) => ({ action: "accept", content: typed(question, true) }),
  "accept with a list": (question) => ({ action: "accept", content: typed(question, [cast.project]) }),
  "accept with the right text in another field": () => ({ action: "accept", content: { confirm: cast.project } }),
  "accept with the choice of another form": () => ({ action: "accept", content: { decision: "proceed" } }),
};

function typed(question, value) {
  return { [question.requestedSchema.required[0]]: value };
}

for (const [what, answer] of Object.entries(notConsent)) {
  test(`${what} is no consent`, async (t) => {
    const peer = await connect(t, { answer });
    assert.match(await peer.refused("delete_group", deleteProject), /not done|no consent|nothing was changed/);
    assert.equal(peer.questions.length, 1, "the refusal came without the question");
    await assertProjectStands(peer);
  });
}

test("a client whose handler fails has not consented, and the server goes on", async (t) => {
  const peer = await connect(t, { answer: () => { throw new Error("the dialog crashed"); } });
  assert.match(await peer.refused("delete_group", deleteProject), /failed to ask the person, so nothing was changed/);
  await assertProjectStands(peer);
});

test("a client that cannot ask gets a refusal saying what the operator can do", async (t) => {
  const peer = await connect(t);
  const said = await peer.refused("delete_group", deleteProject);
  assert.match(said, /does not support elicitation/);
  assert.match(said, /--approve delete_group/);
  await assertProjectStands(peer);
});

test("a client that can only open pages is not sent a form", async (t) => {
  const peer = await connect(t, { capabilities: { elicitation: { url: {} } } });
  assert.match(await peer.refused("delete_group", deleteProject), /by URL only/);
  await assertProjectStands(peer);
});

test("a yes after the call was cancelled deletes nothing", async (t) => {
  const calling = new AbortController();
  const peer = await connect(t, {
    answer: (question) => {
      calling.abort(); // the client gives the call up, and the late yes follows
      return { action: "accept", content: consenting(question) };
    },
  });
  await assert.rejects(peer.call("delete_group", deleteProject, { signal: calling.signal }), /abort/i);
  await assertProjectStands(peer);
});

test("plan_only shows the question and asks nobody", async (t) => {
  const peer = await connect(t, { answer: (question) => ({ action: "accept", content: consenting(question) }) });
  const planned = await peer.ok("delete_group", { ...deleteProject, plan_only: true });
  assert.match(JSON.stringify(planned.plan), /Project Nightingale/);
  assert.equal(peer.questions.length, 0, "a plan needs nobody's yes");
  await assertProjectStands(peer);
});

test("--approve covers its budget of targets unasked, and not one more", async (t) => {
  const peer = await connect(t, { args: ["serve", "--demo", "--approve", "delete_group=1"], answer: () => ({ action: "decline" }) });
  const other = await peer.ok("create_group", { name: "Peers" });
  await peer.ok("delete_group", { group_id: other.target.id });
  assert.equal(peer.questions.length, 0, "an approved call asks nobody");
  assert.match(await peer.refused("delete_group", deleteProject), /the client answered decline/);
  await assertProjectStands(peer);
});

const suspendOrdinary = { user_ids: [cast.ordinary] };

test("suspending somebody ordinary is a choice of two, the refusing one first", async (t) => {
  const peer = await connect(t, { answer: (question) => ({ action: "accept", content: consenting(question) }) });
  const done = await peer.ok("suspend_user", suspendOrdinary);
  assert.equal(done.target.name, cast.ordinary);
  const [{ message, requestedSchema }] = peer.questions;
  const { oneOf } = requestedSchema.properties.decision;
  assert.deepEqual(oneOf.map((choice) => choice.const), ["refuse", "proceed"]);
  assert.ok(oneOf.every((choice) => choice.title), "a choice has no title");
  for (const fact of [done.target.id, `“${cast.ordinary}”`]) {
    assert.ok(message.includes(fact), `the question does not show ${fact}:\n${message}`);
  }
  assert.equal((await peer.ok("get_user", { user_id: cast.ordinary })).status, "SUSPENDED");
});

test("suspending an administrator is typed, not chosen", async (t) => {
  const peer = await connect(t, { answer: () => ({ action: "accept", content: { decision: "proceed" } }) });
  assert.match(await peer.refused("suspend_user", { user_ids: [cast.helpDesk] }), /nothing was changed/);
  assert.deepEqual(Object.values(consenting(peer.questions[0])), [cast.helpDesk], "the login is typed");
  assert.match(peer.questions[0].message, /administrator/i, `the question does not say so:\n${peer.questions[0].message}`);
  assert.equal((await peer.ok("get_user", { user_id: cast.helpDesk })).status, "ACTIVE");
});

for (const [what, content] of Object.entries({
  "the refusing choice": { decision: "refuse" },
  "a choice that is none": { decision: "Proceed" },
  "no choice": {},
  "a list of choices": { decision: ["proceed"] },
  "a choice and a member more": { decision: "proceed", reason: "asked to" },
})) {
  test(`accept with ${what} suspends nobody`, async (t) => {
    const peer = await connect(t, { answer: () => ({ action: "accept", content }) });
    assert.match(await peer.refused("suspend_user", suspendOrdinary), /nothing was changed/);
    assert.equal(peer.questions.length, 1, "the refusal came without the question");
    await assertOrdinaryActive(peer);
  });
}

test("adding somebody to a group that gives admin power asks, and decline adds nobody", async (t) => {
  const peer = await connect(t, { answer: () => ({ action: "decline" }) });
  const membership = { group_id: "Okta Administrators", user_ids: [cast.ordinary] };
  assert.match(await peer.refused("add_user_to_group", membership), /the client answered decline/);
  assert.match(peer.questions[0].message, /Super/i, `the question does not name the power:\n${peer.questions[0].message}`);
  const { items } = await peer.ok("list_group_users", { group_id: "Okta Administrators", limit: 200 });
  assert.equal(items.some((user) => user.profile.login === cast.ordinary), false, "somebody was made an administrator");
});
