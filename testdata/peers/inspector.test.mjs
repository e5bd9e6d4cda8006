// The MCP Inspector's command line against the binary, in both protocol eras:
// what a person gets who tries the server before trusting it.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

import { assertResult, binary, cast, environment, firstTools, serveDemo, text } from "./harness.mjs";

const inspector = fileURLToPath(new URL("./node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js", import.meta.url));

// The Inspector's exit codes.
const toolError = 5;

/** Runs the Inspector's CLI and returns {code, stdout, stderr}. */
function inspect(t, ...options) {
  const args = [inspector, "--cli", ...options, "--format", "json", binary(), ...serveDemo];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env: environment(t), timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? (error.code ?? error.signal) : 0, stdout, stderr });
    });
  });
}

async function inspected(t, ...options) {
  const { code, stdout, stderr } = await inspect(t, ...options);
  assert.equal(code, 0, `the Inspector exited with ${code}:\n${stderr}\n${stdout}`);
  return JSON.parse(stdout).result;
}

const eras = {
  "the default era": [],
  "the modern era": ["--protocol-era", "modern"],
};

for (const [era, options] of Object.entries(eras)) {
  test(`${era}: the Inspector lists all tools and finds no schema hard to port`, async (t) => {
    const { tools } = await inspected(t, ...options, "--method", "tools/list", "--strict");
    const names = tools.map((tool) => tool.name);
    assert.deepEqual(firstTools.filter((name) => !names.includes(name)), [], "tools are missing");
  });

  test(`${era}: the Inspector calls a tool`, async (t) => {
    const call = ["--method", "tools/call", "--tool-name", "get_user", "--tool-arg", `user_id=${cast.lockedOut}`];
    const result = await inspected(t, ...options, ...call);
    assertResult(result, "get_user");
    assert.equal(result.structuredContent.status, "LOCKED_OUT");
  });

  test(`${era}: what needs a person is refused, as the Inspector cannot ask one`, async (t) => {
    const call = ["--method", "tools/call", "--tool-name", "delete_group", "--tool-arg", `group_id=${cast.project}`];
    const { code, stdout } = await inspect(t, ...options, ...call);
    assert.equal(code, toolError, stdout);
    assert.match(text(JSON.parse(stdout).result), /does not support elicitation/);
  });
}

test("a hundred calls, ten at a time, all succeed", async (t) => {
  const load = ["--load", "--load-requests", "100", "--load-concurrency", "10"];
  const call = ["--method", "tools/call", "--tool-name", "get_user", "--tool-arg", `user_id=${cast.lockedOut}`];
  const { code, stdout, stderr } = await inspect(t, ...call, ...load);
  assert.equal(code, 0, `the Inspector counted errors:\n${stderr}\n${stdout}`);
});
