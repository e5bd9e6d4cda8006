// What the tests of the official TypeScript SDK share: a fresh server process
// on the made-up org for each test, an SDK client connected to it, and the
// checks that hold for every answer and for everything the server logs.
//
// OKTA_MCP_BIN names the binary under test.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { createInterface } from "node:readline";

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";

/** Who and what the made-up org always holds. */
export const cast = {
  project: "Project Nightingale", // a group made to be deleted
  ordinary: "jonas.weber@acme.example", // ACTIVE, no admin role, in the project's group
  suspended: "priya.raman@acme.example", // not in the project's group
  helpDesk: "tomas.herrera@acme.example", // ACTIVE, administrator through a group
  lockedOut: "ada.okafor@acme.example",
};

/** The tools that the first toolsets offer in the made-up org. */
export const firstTools = [
  "add_user_to_group", "create_group", "create_user", "deactivate_user", "delete_group", "delete_user",
  "get_access_status", "get_group", "get_user", "list_group_users", "list_groups", "list_user_groups",
  "list_users", "remove_user_from_group", "suspend_user", "unlock_user", "update_user",
];

/** The arguments that start a server with every tool on the made-up org. */
export const serveDemo = ["serve", "--demo", "--toolsets", "all"];

/** Returns the path of the binary under test. */
export function binary() {
  const [major] = process.versions.node.split(".").map(Number);
  assert.ok(major >= 22, `the peers need Node 22 or later, this is ${process.version}: run them with "npm test"`);
  const path = process.env.OKTA_MCP_BIN;
  assert.ok(path && isAbsolute(path), "set OKTA_MCP_BIN to the absolute path of the built okta-mcp");
  accessSync(path, constants.X_OK);
  return path;
}

/**
 * Returns an environment with a home of its own, removed when the test ends, so
 * that neither a variable nor a file of whoever runs the tests reaches a server,
 * and no server reaches their desktop: a remote session has none.
 */
export function environment(t) {
  const home = mkdtempSync(join(tmpdir(), "okta-mcp-peers-"));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  return { PATH: process.env.PATH, HOME: home, TMPDIR: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home, SSH_CONNECTION: "the tests" };
}

/**
 * Starts the made-up org as a process of its own, which outlives servers, and
 * returns the environment that signs a server in to it.
 */
export async function demoOrg(t) {
  const org = spawn(binary(), ["demo-org", "--listen", "127.0.0.1:0"], { env: environment(t), stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => org.kill());
  const signIn = {};
  for await (const line of createInterface({ input: org.stdout })) {
    if (line.startsWith("#")) continue;
    const [, name, value] = /^(OKTA_\w+)="?([^"]*)"?$/.exec(line);
    signIn[name] = value;
    if (name === "OKTA_SCOPES") break; // the last
  }
  return signIn;
}

/** Returns what the binary itself says that tools/list answers. */
export function toolsByCommandLine(t) {
  const printed = execFileSync(binary(), ["tools", "--demo", "--toolsets", "all", "-o", "json"], { env: environment(t), encoding: "utf8" });
  return JSON.parse(printed);
}

/** Fails when a log holds a private key or anything shaped like a token. */
export function assertNoSecrets(log) {
  for (const secret of ["BEGIN PRIVATE KEY", "BEGIN RSA PRIVATE KEY", "eyJ"]) {
    const at = log.indexOf(secret);
    assert.equal(at, -1, `standard error carries ${secret}: …${log.slice(Math.max(0, at - 80), at + 20)}…`);
  }
}

/**
 * Starts a server and connects the SDK's client to it.
 *
 * `answer` gets the params of each elicitation/create and returns the client's
 * result. Without it the client declares no elicitation, unless `capabilities`
 * says otherwise. Both sides end with the test; then the log is checked, and
 * that the SDK complained of nothing.
 */
export async function connect(t, { answer, capabilities, name = "peer", command = binary(), args = serveDemo, env = environment(t) } = {}) {
  const transport = new StdioClientTransport({ command, args, env, stderr: "pipe" });
  const peer = new Peer(transport, name, capabilities ?? (answer ? { elicitation: {} } : {}), answer);
  t.after(() => peer.close());
  await peer.client.connect(transport);
  return peer;
}

/** An SDK client, what it was asked and sent, and what the server process logged. */
export class Peer {
  /** Params of every question the server has asked so far. */
  questions = [];
  /** Every message of the server, as JSON. */
  received = [];
  log = "";
  complaints = [];

  constructor(transport, name, capabilities, answer) {
    transport.onmessage = (message) => { this.received.push(JSON.stringify(message)); };
    this.client = new Client({ name, version: "1.0.0" }, { capabilities });
    // The SDK reports here what it could not read: a stray line on stdout, an
    // answer to nothing.
    this.client.onerror = (error) => this.complaints.push(error.message);
    transport.stderr?.on("data", (chunk) => { this.log += chunk; });
    if (!answer) return;
    this.client.setRequestHandler(ElicitRequestSchema, async ({ params }, extra) => {
      this.questions.push(params);
      return answer(params, extra);
    });
  }

  async close() {
    await this.client.close();
    assertNoSecrets(this.log);
    assert.deepEqual(this.complaints, [], "the SDK could not read everything the server wrote");
  }

  /** Calls a tool; what every result must have is checked here. */
  async call(name, args = {}, options) {
    const result = await this.client.callTool({ name, arguments: args }, undefined, options);
    assertResult(result, `${name} ${JSON.stringify(args)}`);
    return result;
  }

  /** Begins a call that somebody is asked about, and that may end with the server. */
  begin(name, args, options) {
    const ended = this.call(name, args, options);
    ended.catch(() => {}); // whoever awaits it is told
    return ended;
  }

  /** Calls a tool that must succeed, and returns its structured content. */
  async ok(name, args) {
    const result = await this.call(name, args);
    assert.ok(!result.isError, `${name} ${JSON.stringify(args)} failed: ${text(result)}`);
    return result.structuredContent;
  }

  /** Calls a tool that must fail, and returns what it says. */
  async refused(name, args) {
    const result = await this.call(name, args);
    assert.ok(result.isError, `${name} ${JSON.stringify(args)} should have been refused, but answered ${text(result)}`);
    return text(result);
  }
}

/** The checks that hold for every tools/call result. */
export function assertResult(result, what) {
  assert.equal(result.content?.length, 1, `${what}: one text block is expected, not ${JSON.stringify(result.content)}`);
  assert.equal(result.content[0].type, "text", `${what}: the block is not text`);
  if (result.isError) return;
  assert.deepEqual(JSON.parse(text(result)), result.structuredContent, `${what}: text and structured content differ`);
}

/** Returns the text of a result. */
export function text(result) {
  return result.content.map((block) => block.text).join("\n");
}

/**
 * Reads from a question's message and form alone, as a person would, what the
 * consenting content is: the required field, and what to type or choose.
 */
export function consenting({ message, requestedSchema }) {
  const names = Object.keys(requestedSchema.properties);
  assert.deepEqual(requestedSchema.required, names, "the form must have exactly one field, and require it");
  assert.equal(names.length, 1, "the form must have exactly one field");
  const field = requestedSchema.properties[names[0]];
  assert.equal("default" in field, false, "a default lets a client accept without a person");
  const choices = field.oneOf?.map((choice) => choice.const) ?? field.enum;
  if (choices) {
    assert.equal(choices.length, 2, "the choice is yes or no");
    return { [names[0]]: choices[1] }; // the refusing one comes first
  }
  const asked = /type exactly: ([^\n]+?)(?: \(the end of the id\))?$/i.exec(message);
  assert.ok(asked, `the message does not say what to type:\n${message}`);
  return { [names[0]]: asked[1] };
}
