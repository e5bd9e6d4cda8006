// Every protocol version with a handshake, spoken by hand: what is negotiated,
// and that consent works in each the way that version knows it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { cast, consenting, text } from "./harness.mjs";
import { call, initialize, start, versions } from "./wire.mjs";

const deleteProject = { group_id: cast.project };
const suspendOrdinary = { user_ids: [cast.ordinary] };
const form = { elicitation: {} };

for (const version of versions) {
  test(`${version}: the version is agreed on, tools are listed and called`, async (t) => {
    const wire = start(t);
    const agreed = await initialize(wire, version);
    assert.equal(agreed.protocolVersion, version);
    assert.equal(agreed.serverInfo.name, "okta-mcp");
    const { result } = await wire.request("tools/list");
    assert.ok(result.tools.length >= 17, `only ${result.tools.length} tools`);
    assert.equal("resultType" in result, false, "resultType is a word of 2026-07-28");
    const user = await call(wire, "get_user", { user_id: cast.lockedOut });
    assert.equal(JSON.parse(text(user)).status, "LOCKED_OUT");
    assert.deepEqual((await wire.request("ping")).result, {});
  });

  test(`${version}: the right answer deletes, once`, async (t) => {
    const wire = start(t, { answer: (question) => ({ result: { action: "accept", content: consenting(question) } }) });
    await initialize(wire, version, form);
    const done = await call(wire, "delete_group", deleteProject);
    assert.ok(!done.isError, text(done));
    assert.equal(wire.questions.length, 1);
    assert.ok((await call(wire, "get_group", deleteProject)).isError, "the group is still there");
  });

  test(`${version}: a choice is put the way the version knows`, async (t) => {
    const wire = start(t, { answer: () => ({ result: { action: "decline" } }) });
    await initialize(wire, version, form);
    assert.ok((await call(wire, "suspend_user", suspendOrdinary)).isError, "decline was taken for a yes");
    const { oneOf, enum: values, enumNames } = wire.questions[0].requestedSchema.properties.decision;
    if (version < "2025-11-25") {
      assert.deepEqual(values, ["refuse", "proceed"]);
      assert.equal(enumNames?.length, 2, "each choice has a title");
      assert.equal(oneOf, undefined, "oneOf came with 2025-11-25");
    } else {
      assert.deepEqual(oneOf.map((choice) => choice.const), ["refuse", "proceed"]);
      assert.equal(values, undefined, "one way to put it");
    }
    const user = await call(wire, "get_user", { user_id: cast.ordinary });
    assert.equal(user.structuredContent.status, "ACTIVE");
  });

  test(`${version}: a client that declared nothing is not asked`, async (t) => {
    const wire = start(t, { answer: () => ({ result: { action: "accept", content: { type_to_confirm: cast.project } } }) });
    await initialize(wire, version);
    const refused = await call(wire, "delete_group", deleteProject);
    assert.match(text(refused), /does not support elicitation/);
    assert.equal(wire.questions.length, 0, "a client that cannot ask was asked");
    assert.ok(!(await call(wire, "get_group", deleteProject)).isError, "the group is gone");
  });
}

test("an unknown version is answered with one that the server speaks", async (t) => {
  const wire = start(t);
  const { protocolVersion } = await initialize(wire, "1999-01-01");
  assert.ok(versions.includes(protocolVersion), protocolVersion);
});

// What no SDK lets its user send, but a broken or hostile client can.
const content = { type_to_confirm: cast.project };
for (const [what, answer] of Object.entries({
  "an action that is none": { result: { action: "yes", content } },
  "an action in capitals": { result: { action: "ACCEPT", content } },
  "no action": { result: { content } },
  "an empty result": { result: {} },
  "a null result": { result: null },
  "a content that is text": { result: { action: "accept", content: cast.project } },
  "a content in a list": { result: { action: "accept", content: [content] } },
  "a null content": { result: { action: "accept", content: null } },
  "a null where text belongs": { result: { action: "accept", content: { type_to_confirm: null } } },
  "an error": { error: { code: -32603, message: "no dialog" } },
  "an error beside a yes": { error: { code: -1, message: "no" }, result: { action: "accept", content } },
})) {
  test(`${what} is no consent`, async (t) => {
    const wire = start(t, { answer: () => answer });
    await initialize(wire, "2025-11-25", form);
    const refused = await call(wire, "delete_group", deleteProject);
    assert.ok(refused.isError, `taken for a yes: ${text(refused)}`);
    assert.equal(wire.questions.length, 1);
    assert.ok(!(await call(wire, "get_group", deleteProject)).isError, "the group is gone");
  });
}

test("no argument, however named, stands for a person's yes", async (t) => {
  const wire = start(t);
  await initialize(wire, "2025-11-25");
  for (const name of ["confirm", "confirmed", "force", "approve", "type_to_confirm", "decision", "inputResponses", "requestState"]) {
    const refused = await call(wire, "delete_group", { ...deleteProject, [name]: cast.project });
    assert.ok(refused.isError, `${name} was taken for a yes`);
  }
  const beside = { inputResponses: { confirm: { action: "accept", content } }, requestState: "x" };
  assert.ok((await call(wire, "delete_group", deleteProject, beside)).isError, "an answer to no question was taken");
  assert.ok(!(await call(wire, "get_group", deleteProject)).isError, "the group is gone");
});

test("what is not JSON-RPC is answered with an error, and the server goes on", async (t) => {
  const wire = start(t);
  await initialize(wire, "2025-11-25");
  wire.child.stdin.write("this is no JSON\n[]\n{}\n\n");
  assert.deepEqual((await wire.request("ping")).result, {});
  assert.equal((await wire.request("no/such/method")).error.code, -32601);
});

test("calls sent just before the end of input are answered", async (t) => {
  const wire = start(t);
  await initialize(wire, "2025-11-25");
  const calls = Array.from({ length: 20 }, () => call(wire, "get_user", { user_id: cast.lockedOut }));
  wire.child.stdin.end();
  for (const answer of await Promise.all(calls)) assert.ok(!answer.isError, text(answer));
});

test("a client that leaves with a question open ends the server at once", async (t) => {
  const asked = Promise.withResolvers();
  const wire = start(t, { answer: asked.resolve }); // resolve returns nothing: no answer
  await initialize(wire, "2025-11-25", form);
  const refused = call(wire, "delete_group", deleteProject);
  await asked.promise;
  wire.child.stdin.end();
  assert.match(text(await refused), /the connection ended while the question was open; nothing was changed/);
});
