// LangChain's adapters: each tool of the server becomes one of LangChain's, as an
// agent built on it would call them. They cannot ask a person.

import assert from "node:assert/strict";
import { test } from "node:test";

import { MultiServerMCPClient } from "@langchain/mcp-adapters";

import { binary, cast, environment, serveDemo, toolsByCommandLine } from "./harness.mjs";
import { serve, transports } from "./remote.mjs";

/** Connects to a server and returns its tools by name. */
async function load(t, server) {
  const client = new MultiServerMCPClient({ mcpServers: { okta: server } });
  t.after(() => client.close());
  return Object.fromEntries((await client.getTools()).map((tool) => [tool.name, tool]));
}

const ways = {
  stdio: (t) => ({ transport: "stdio", command: binary(), args: serveDemo, env: environment(t), stderr: "ignore" }),
};
for (const transport of transports) {
  ways[transport] = async (t) => {
    const { url, token } = await serve(t, { transport });
    return { transport, url, headers: { Authorization: `Bearer ${token}` } };
  };
}

/** Calls a tool as an agent does, and returns what stands beside the message to the model. */
async function call(tool, args) {
  const message = await tool.invoke({ type: "tool_call", id: "1", name: tool.name, args });
  const { data } = message.artifact.find((each) => each.type === "mcp_structured_content");
  assert.deepEqual(JSON.parse(JSON.parse(message.content).text), data, "the model reads other than the program gets");
  return data;
}

for (const [way, reach] of Object.entries(ways)) {
  test(`${way}: every tool is there, with its parameters`, async (t) => {
    const tools = await load(t, await reach(t));
    for (const { name, description, inputSchema } of toolsByCommandLine(t).tools) {
      assert.equal(tools[name]?.description, description, name);
      const parameters = (schema) => Object.keys(schema.properties ?? {}).sort();
      assert.deepEqual(parameters(tools[name].schema), parameters(inputSchema), name);
    }
  });

  test(`${way}: a read answers, a mistake is an error that names it, and what needs a person is refused`, async (t) => {
    const tools = await load(t, await reach(t));
    assert.equal((await call(tools.get_user, { user_id: cast.lockedOut })).status, "LOCKED_OUT");
    await assert.rejects(call(tools.get_user, { user_id: "nobody@acme.example" }), /nobody@acme\.example/);
    const project = { group_id: cast.project };
    await assert.rejects(call(tools.delete_group, project), /does not support elicitation/);
    assert.equal((await call(tools.get_group, project)).profile.name, cast.project, "the group was deleted without consent");
  });
}
