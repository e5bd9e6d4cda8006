// The AI SDK's client, by default in 2026-07-28, and in the version before it. Its
// tools are what a model would be given; its handler of questions stands for the
// person.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createMCPClient, ElicitationRequestSchema } from "@ai-sdk/mcp";
import { StdioMCPTransport } from "@ai-sdk/mcp/mcp-stdio";

import { assertResult, binary, cast, consenting, environment, serveDemo, text, toolsByCommandLine } from "./harness.mjs";
import { serve } from "./remote.mjs";

const project = { group_id: cast.project };

/** How the client reaches a server, and in which version of the protocol. */
const ways = {
  "stdio, 2026-07-28": { transport: stdio, version: "2026-07-28" },
  "stdio, 2025-11-25": { transport: stdio, version: "2025-11-25", discover: false },
  "http, 2026-07-28": { transport: http, version: "2026-07-28" },
  "http, 2025-11-25": { transport: http, version: "2025-11-25", discover: false },
};

function stdio(t) {
  return new StdioMCPTransport({ command: binary(), args: serveDemo, env: environment(t), stderr: "ignore" });
}

async function http(t) {
  const { url, token } = await serve(t);
  return { type: "http", url, headers: { Authorization: `Bearer ${token}` } };
}

/** Connects, and returns the client, its questions, and a function that calls a tool as a model does. */
async function connect(t, { transport, discover = true }, answer) {
  const questions = [];
  const capabilities = answer ? { elicitation: {} } : {};
  const client = await createMCPClient({ transport: await transport(t), capabilities, protocolVersionDiscovery: discover });
  t.after(() => client.close());
  if (answer) {
    client.onElicitationRequest(ElicitationRequestSchema, ({ params }) => {
      questions.push(params);
      return answer(params);
    });
  }
  const tools = await client.tools();
  const call = async (name, args) => {
    const result = await tools[name].execute(args, { toolCallId: "1", messages: [] });
    assertResult(result, name);
    return result;
  };
  return { client, questions, tools, call };
}

async function assertProject(call, stands) {
  const found = await call("get_group", project);
  assert.equal(!found.isError, stands, stands ? "the group was deleted without consent" : "the group stands in spite of consent");
}

for (const [what, way] of Object.entries(ways)) {
  test(`${what}: every tool is there, and one called answers`, async (t) => {
    const { client, tools, call } = await connect(t, way);
    assert.equal(client.initializeResult.protocolVersion, way.version);
    const names = toolsByCommandLine(t).tools.map((tool) => tool.name);
    assert.deepEqual(Object.keys(tools).sort(), names.sort());
    assert.equal((await call("get_user", { user_id: cast.lockedOut })).structuredContent.status, "LOCKED_OUT");
  });

  test(`${what}: the person says yes, and the group is deleted`, async (t) => {
    const { questions, call } = await connect(t, way, (question) => ({ action: "accept", content: consenting(question) }));
    const done = await call("delete_group", project);
    assert.ok(!done.isError, text(done));
    assert.equal(questions.length, 1, "one call asks one question");
    assert.match(questions[0].message, /^Delete this group for good/);
    await assertProject(call, false);
  });

  test(`${what}: the person says no, and the group stands`, async (t) => {
    const { questions, call } = await connect(t, way, () => ({ action: "decline" }));
    const refused = await call("delete_group", project);
    assert.ok(refused.isError, text(refused));
    assert.match(text(refused), /answered decline/);
    assert.equal(questions.length, 1, "one call asks one question");
    await assertProject(call, true);
  });

  test(`${what}: accepted without what the form asks for is no yes`, async (t) => {
    const { call } = await connect(t, way, () => ({ action: "accept", content: {} }));
    assert.ok((await call("delete_group", project)).isError);
    await assertProject(call, true);
  });

  test(`${what}: where nobody can be asked, the group stands`, async (t) => {
    const { call } = await connect(t, way);
    assert.match(text(await call("delete_group", project)), /does not support elicitation/);
    await assertProject(call, true);
  });
}
