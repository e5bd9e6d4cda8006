// What the official TypeScript SDK (protocol up to 2025-11-25) sees over stdio:
// the tools, their schemas, and answers to calls that ask nobody.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

import { cast, connect, firstTools, text, toolsByCommandLine } from "./harness.mjs";

function compiler() {
  const ajv = new Ajv2020({ strict: true, strictRequired: true, allErrors: true });
  addFormats.default(ajv);
  return ajv;
}

const byName = (a, b) => a.name.localeCompare(b.name);

test("the handshake names the server and declares nothing but tools", async (t) => {
  const { client } = await connect(t);
  assert.equal(client.getServerVersion().name, "okta-mcp");
  assert.match(client.getServerVersion().version, /\d/);
  assert.deepEqual(client.getServerCapabilities(), { tools: { listChanged: true } });
  assert.ok(client.getInstructions()?.length > 50, "the server gives no instructions");
});

test("the SDK lists every tool that the command line lists", async (t) => {
  const { client } = await connect(t);
  const { tools, nextCursor } = await client.listTools();
  assert.equal(nextCursor, undefined, "tools/list is one page: some clients read only the first");
  const names = tools.map((tool) => tool.name);
  assert.deepEqual(firstTools.filter((name) => !names.includes(name)), [], "tools are missing");
  assert.equal(new Set(names).size, names.length, "a tool is listed twice");
  const printed = toolsByCommandLine(t);
  assert.deepEqual([...tools].sort(byName), [...(printed.tools ?? printed)].sort(byName), "serve and tools -o json differ");
});

test("every schema compiles as JSON Schema 2020-12, strictly", async (t) => {
  const { client } = await connect(t);
  for (const tool of (await client.listTools()).tools) {
    for (const kind of ["inputSchema", "outputSchema"]) {
      assert.equal(tool[kind]?.type, "object", `${tool.name}: the ${kind} is not of an object`);
      assert.doesNotThrow(() => compiler().compile(tool[kind]), `${tool.name}: the ${kind} does not compile`);
    }
  }
});

test("every tool and parameter is described and named as clients require", async (t) => {
  const { client } = await connect(t);
  for (const tool of (await client.listTools()).tools) {
    assert.match(tool.name, /^[a-z][a-z0-9_]{0,63}$/, `${tool.name}: not a name that every client takes`);
    assert.ok(tool.title, `${tool.name} has no title`);
    assert.ok(tool.description?.length >= 20, `${tool.name} has no description worth reading`);
    for (const [name, property] of Object.entries(tool.inputSchema.properties ?? {})) {
      assert.match(name, /^[a-z][a-z0-9_]*$/, `${tool.name}: ${name} is not snake_case`);
      assert.equal(typeof property.type, "string", `${tool.name}.${name} has no single type: ${JSON.stringify(property)}`);
      assert.ok(property.description || property.enum, `${tool.name}.${name} says nothing about itself`);
    }
  }
});

test("annotations tell reads from changes, and what removes access as destructive", async (t) => {
  const { client } = await connect(t);
  const destructive = ["deactivate_user", "delete_group", "delete_user", "remove_user_from_group", "suspend_user"];
  for (const { name, annotations } of (await client.listTools()).tools) {
    if (!firstTools.includes(name)) continue;
    const reads = /^(get|list)_/.test(name);
    assert.equal(annotations?.readOnlyHint, reads, `${name}: readOnlyHint`);
    // MCP takes an absent destructiveHint for true, and ignores it on reads.
    if (!reads) assert.equal(annotations.destructiveHint ?? true, destructive.includes(name), `${name}: destructiveHint`);
  }
});

test("read tools answer what their output schema promises, as text and as structure", async (t) => {
  const peer = await connect(t);
  const tools = Object.fromEntries((await peer.client.listTools()).tools.map((tool) => [tool.name, tool]));
  const calls = {
    list_users: { limit: 5 },
    get_user: { user_id: cast.lockedOut },
    list_user_groups: { user_id: cast.ordinary },
    list_groups: { q: "Project" },
    get_group: { group_id: cast.project },
    list_group_users: { group_id: cast.project },
    get_user_schema: {},
    list_factors: { user_id: cast.ordinary },
    list_application_users: { app_id: "Slack", limit: 5 },
    list_policies: { type: "ACCESS_POLICY" },
    simulate_policy: { app_id: "Salesforce.com", user_id: cast.ordinary },
    list_network_zones: {},
    list_devices: { status: "ACTIVE", limit: 5 },
    list_admins: {},
    list_event_hooks: {},
    list_ai_agents: {},
    get_logs: { event_type: "user.account.lock", since: "-30d" },
    get_access_status: {},
    delete_group: { group_id: cast.project, plan_only: true },
    deactivate_application: { app_id: "Slack", plan_only: true },
  };
  for (const [name, args] of Object.entries(calls)) {
    const answer = await peer.ok(name, args);
    const valid = compiler().compile(tools[name].outputSchema);
    assert.ok(valid(answer), `${name} breaks its output schema: ${JSON.stringify(valid.errors)}\n${JSON.stringify(answer)}`);
  }
});

test("a registration that Okta finishes later is followed, with progress", async (t) => {
  const peer = await connect(t);
  const seen = [];
  const answer = await peer.client.callTool(
    { name: "register_ai_agent", arguments: { agent: { profile: { name: "Release notes", description: "Writes them" } } } },
    undefined,
    { onprogress: (progress) => seen.push(progress) },
  );
  assert.ok(!answer.isError, text(answer));
  assert.equal(answer.structuredContent.result.status, "STAGED");
  assert.ok(seen.length > 0, "no progress was told while Okta worked");
});

test("list_users and get_user tell the same of the same person", async (t) => {
  const peer = await connect(t);
  const list = await peer.ok("list_users", { filter: `profile.login eq "${cast.lockedOut}"` });
  assert.equal(list.count, 1, `one person has this login: ${JSON.stringify(list)}`);
  const user = await peer.ok("get_user", { user_id: cast.lockedOut });
  assert.equal(user.status, "LOCKED_OUT");
  assert.equal(user.profile.login, cast.lockedOut);
  assert.equal(list.items[0].id, user.id);
  assert.deepEqual(list.items[0].profile, user.profile);
});

test("cursors lead through all people exactly once", async (t) => {
  const peer = await connect(t, { args: ["serve", "--demo", "--demo-size", "60"] });
  const seen = [];
  let page = await peer.ok("list_users", { search: "id pr", limit: 25 });
  for (let pages = 1; ; pages++) {
    assert.equal(page.count, page.items.length, "count is not the number of items");
    seen.push(...page.items.map((user) => user.id));
    if (page.next_cursor === undefined) break;
    assert.ok(pages < 10, "the cursors do not end");
    page = await peer.ok("list_users", { search: "id pr", limit: 25, cursor: page.next_cursor });
  }
  assert.equal(new Set(seen).size, seen.length, "somebody was listed twice");
  assert.equal(seen.length, 60, "somebody was left out");
});

test("an unknown argument is refused with the names that are valid", async (t) => {
  const peer = await connect(t);
  const said = await peer.refused("list_users", { limt: 3 });
  assert.match(said, /limt/, "the answer does not name the wrong argument");
  for (const name of ["limit", "search", "cursor"]) assert.match(said, new RegExp(`\\b${name}\\b`), `${name} is not named`);
  const cased = await peer.refused("list_users", { Limit: 3 });
  assert.match(cased, /"Limit"/, "names are case-sensitive");
});

test("wrong, missing and null arguments are tool errors that name the argument", async (t) => {
  const peer = await connect(t);
  for (const [name, args, expected] of [
    ["list_users", { limit: 0 }, /limit/],
    ["list_users", { limit: "5" }, /limit/],
    ["list_users", { limit: null }, /limit/],
    ["list_users", { status: "active" }, /status.*ACTIVE/],
    ["get_user", {}, /user_id/],
    ["get_user", { user_id: ".." }, /user.id/],
    ["get_user", { user_id: "a/b" }, /user.id/],
    ["suspend_user", { user_ids: [] }, /user_ids/],
  ]) {
    assert.match(await peer.refused(name, args), expected, `${name} ${JSON.stringify(args)}`);
  }
});

test("somebody who does not exist is a tool error, and the server goes on", async (t) => {
  const peer = await connect(t);
  assert.match(await peer.refused("get_user", { user_id: "nobody@acme.example" }), /nobody@acme\.example/);
  assert.equal((await peer.ok("get_user", { user_id: cast.ordinary })).profile.login, cast.ordinary);
});

test("an unknown tool is a protocol error that names it", async (t) => {
  const { client } = await connect(t);
  await assert.rejects(client.callTool({ name: "no_such_tool", arguments: {} }), /no_such_tool/);
});

test("a write that can be undone runs unasked and says how to undo it", async (t) => {
  const peer = await connect(t); // cannot be asked
  const made = await peer.ok("create_group", { name: "Peers" });
  assert.equal(made.undo.tool, "delete_group", JSON.stringify(made));
  assert.equal((await peer.ok("get_group", { group_id: made.target.id })).profile.name, "Peers");
});

test("read-only offers nothing that changes the org, and refuses it by name", async (t) => {
  const peer = await connect(t, { args: ["serve", "--demo", "--read-only"] });
  const { tools } = await peer.client.listTools();
  assert.deepEqual(tools.filter((tool) => !tool.annotations.readOnlyHint).map((tool) => tool.name), []);
  assert.match(await peer.refused("create_group", { name: "Peers" }), /read-only/);
});

test("fifty calls at once are all answered, each with its own answer", async (t) => {
  const peer = await connect(t);
  const { items } = await peer.ok("list_users", { limit: 50 });
  const answers = await Promise.all(items.map((user) => peer.call("get_user", { user_id: user.id })));
  answers.forEach((answer, i) => assert.equal(answer.structuredContent?.id, items[i].id, text(answer)));
});
