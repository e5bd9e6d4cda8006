// The MCP bundle for Claude Desktop: its manifest is held against Anthropic's own
// tool, packed and unpacked by it, and the program in it started as the manifest
// says, with the answers of a person who installs it, on the made-up org.

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { getMcpConfigForManifest } from "@anthropic-ai/mcpb";

import { run, runs, shipped } from "./clients.mjs";
import { binary, cast, connect, demoOrg, environment, toolsByCommandLine } from "./harness.mjs";

const mcpb = fileURLToPath(new URL("./node_modules/@anthropic-ai/mcpb/dist/cli/cli.js", import.meta.url));

const manifest = shipped("manifest.json");

/** Where the bundle holds the program for this machine. */
const program = join("server", process.platform, "okta-mcp");

/** Lays out what a bundle for this machine holds, and returns its directory. */
function layOut(env, described = manifest) {
  const directory = join(env.HOME, "bundle");
  mkdirSync(dirname(join(directory, program)), { recursive: true });
  copyFileSync(binary(), join(directory, program));
  writeFileSync(join(directory, "manifest.json"), JSON.stringify(described));
  return directory;
}

/** Returns how Claude Desktop starts the bundle in a directory; undefined when an answer is missing. */
function configured(directory, answers) {
  const silent = { warn() {} };
  return getMcpConfigForManifest({ manifest, extensionPath: directory, systemDirs: {}, userConfig: answers, pathSeparator: sep, logger: silent });
}

/** The answers of a person who has an API Services app in the made-up org. */
async function answers(t) {
  const { OKTA_ORG_URL, OKTA_CLIENT_ID, OKTA_PRIVATE_KEY_FILE } = await demoOrg(t);
  return { org_url: OKTA_ORG_URL, client_id: OKTA_CLIENT_ID, private_key_file: OKTA_PRIVATE_KEY_FILE };
}

/** Starts the bundle as configured, and connects the SDK's client to it. */
async function start(t, env, directory, given) {
  const { command, args, env: own } = await configured(directory, given);
  return connect(t, { command, args, env: { ...env, ...own } });
}

async function names(peer) {
  return (await peer.client.listTools()).tools.map((tool) => tool.name);
}

test("packed and unpacked, the bundle works in the org that the person named", async (t) => {
  const env = environment(t);
  const directory = layOut(env);
  assert.match(await runs(mcpb, ["validate", join(directory, "manifest.json")], { env }), /validation passes/);
  const [packed, unpacked] = ["okta-mcp.mcpb", "unpacked"].map((name) => join(env.HOME, name));
  await runs(mcpb, ["pack", directory, packed], { env });
  await runs(mcpb, ["unpack", packed, unpacked], { env });
  assert.ok(readFileSync(join(unpacked, program)).equals(readFileSync(binary())), "another program came out than went in");
  assert.ok(statSync(join(unpacked, program)).mode & 0o100, "the program that came out cannot be run");

  const peer = await start(t, env, unpacked, await answers(t));
  assert.equal(peer.client.getServerVersion().version.split("+")[0], manifest.version); // after it stands the commit
  assert.equal((await peer.ok("get_user", { user_id: cast.lockedOut })).status, "LOCKED_OUT");
  const made = await peer.ok("create_group", { name: "From the bundle" });
  assert.equal((await peer.ok("get_group", { group_id: made.target.id })).profile.name, "From the bundle");
});

test("the manifest names every tool that the program has, and says no other word of it", (t) => {
  const described = new Map(manifest.tools.map((tool) => [tool.name, tool.description]));
  assert.equal(described.size, manifest.tools.length, "a tool is named twice");
  const { tools } = toolsByCommandLine(t);
  for (const { name, description } of tools) assert.equal(described.get(name), description, name);
  const more = manifest.tools.map((tool) => tool.name).filter((name) => !tools.some((tool) => tool.name === name));
  assert.deepEqual(more, ["sign_in"], "which is there only while nobody is signed in");
});

test("the answers narrow what the agent gets", async (t) => {
  const env = environment(t);
  const directory = layOut(env);
  const org = await answers(t);
  const all = await start(t, env, directory, { ...org, toolsets: "all" });
  const some = await start(t, env, directory, { ...org, toolsets: "users,groups", read_only: true });
  assert.ok((await names(all)).includes("list_policies"));
  const { tools } = await some.client.listTools();
  assert.ok(tools.some((tool) => tool.name === "list_groups"));
  assert.deepEqual(tools.filter((tool) => !tool.annotations.readOnlyHint || /polic/.test(tool.name)).map((tool) => tool.name), []);
});

test("the key itself does as well as its file, and does not reach the command line or the log", async (t) => {
  const env = environment(t);
  const directory = layOut(env);
  const { private_key_file: file, ...org } = await answers(t);
  const key = readFileSync(file, "utf8").trimEnd().replaceAll("\n", "\\n");
  const given = { ...org, private_key: key };
  assert.ok(!JSON.stringify((await configured(directory, given)).args).includes("PRIVATE KEY"));
  const peer = await start(t, env, directory, given); // closing it looks through the log
  assert.equal((await peer.ok("get_user", { user_id: cast.ordinary })).status, "ACTIVE");
  assert.equal(manifest.user_config.private_key.sensitive, true, "applications would show the key");
});

test("what need not be answered can be left out, and what must cannot", async () => {
  const org = { org_url: "https://acme.okta.com", client_id: "0oa1" };
  const { env } = await configured("/bundle", org);
  assert.deepEqual(env, {
    OKTA_ORG_URL: org.org_url, OKTA_CLIENT_ID: org.client_id, OKTA_PRIVATE_KEY_FILE: "", OKTA_PRIVATE_KEY: "",
    OKTA_MCP_READ_ONLY: "false", OKTA_MCP_TOOLSETS: "",
  });
  for (const name of Object.keys(org)) {
    assert.equal(await configured("/bundle", { ...org, [name]: "" }), undefined, `it starts without ${name}`);
  }
});

test("without a key the person signs in, through the tool that only then is there", async (t) => {
  const env = environment(t);
  const { org_url, client_id } = await answers(t);
  const peer = await start(t, env, layOut(env), { org_url, client_id });
  assert.ok((await names(peer)).includes("sign_in"));
});

test("the tool refuses a manifest that is wrong, so that its word counts", async (t) => {
  const env = environment(t);
  for (const wrong of [{ ...manifest, server: undefined }, { ...manifest, colour: "red" }, { ...manifest, manifest_version: "9" }]) {
    const directory = layOut(env, wrong);
    const { code, output } = await run(mcpb, ["validate", join(directory, "manifest.json")], { env });
    assert.notEqual(code, 0, output);
  }
});

test("the Gemini CLI extension starts the program that lies beside it, with its settings", async (t) => {
  const env = environment(t);
  const extension = shipped("gemini-extension.json");
  const directory = join(env.HOME, extension.name);
  mkdirSync(directory);
  copyFileSync(binary(), join(directory, "okta-mcp"));
  const [{ command, args }] = Object.values(extension.mcpServers);
  const here = command.replace("${extensionPath}", directory).replace("${/}", sep);
  const given = await demoOrg(t); // by the names of the variables
  const settings = Object.fromEntries(extension.settings.map(({ envVar }) => [envVar, given[envVar]]).filter(([, value]) => value));
  assert.ok(Object.keys(settings).length >= 3, `the settings are ${JSON.stringify(extension.settings)}`);
  const peer = await connect(t, { command: here, args, env: { ...env, ...settings } });
  assert.equal((await peer.ok("get_user", { user_id: cast.lockedOut })).status, "LOCKED_OUT");
});
