// The MCP Inspector's command line over Streamable HTTP and SSE, in both protocol
// eras. (2026-07-28 knows no SSE transport any more; the Inspector speaks it there
// all the same.)

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

import { assertResult, cast, environment, firstTools, text } from "./harness.mjs";
import { serve } from "./remote.mjs";

const inspector = fileURLToPath(new URL("./node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js", import.meta.url));
const toolError = 5; // the Inspector's exit code

/** Runs the Inspector's CLI against a server and returns {code, stdout, stderr}. */
function inspect(t, server, options, token = server.token) {
  const where = ["--transport", server.transport, "--server-url", server.url, "--header", `Authorization: Bearer ${token}`];
  const args = [inspector, "--cli", ...where, "--format", "json", "--stored-auth-only", ...options];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env: environment(t), timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? (error.code ?? error.signal) : 0, stdout, stderr });
    });
  });
}

async function inspected(t, server, options) {
  const { code, stdout, stderr } = await inspect(t, server, options);
  assert.equal(code, 0, `the Inspector exited with ${code}:\n${stderr}\n${stdout}`);
  return JSON.parse(stdout).result;
}

for (const [what, transport, era] of [
  ["http, the default era", "http", []],
  ["http, the modern era", "http", ["--protocol-era", "modern"]],
  ["sse, the default era", "sse", []],
  ["sse, the modern era", "sse", ["--protocol-era", "modern"]],
]) {
  test(`${what}: the Inspector lists all tools, calls one, and is refused what needs a person`, async (t) => {
    const server = await serve(t, { transport });
    const { tools } = await inspected(t, server, [...era, "--method", "tools/list", "--strict"]);
    assert.deepEqual(firstTools.filter((name) => !tools.some((tool) => tool.name === name)), [], "tools are missing");
    const call = (name, argument) => [...era, "--method", "tools/call", "--tool-name", name, "--tool-arg", argument];
    const result = await inspected(t, server, call("get_user", `user_id=${cast.lockedOut}`));
    assertResult(result, "get_user");
    assert.equal(result.structuredContent.status, "LOCKED_OUT");
    const { code, stdout } = await inspect(t, server, call("delete_group", `group_id=${cast.project}`));
    assert.equal(code, toolError, stdout);
    assert.match(text(JSON.parse(stdout).result), /does not support elicitation/);
  });

  test(`${what}: with another token the Inspector gets nothing`, async (t) => {
    const server = await serve(t, { transport });
    const { code, stdout, stderr } = await inspect(t, server, [...era, "--method", "tools/list"], "A".repeat(43));
    assert.notEqual(code, 0, stdout);
    assert.match(stderr, /401|auth/i);
  });
}

test("http: a hundred calls, ten at a time, all succeed", async (t) => {
  const server = await serve(t);
  const call = ["--method", "tools/call", "--tool-name", "get_user", "--tool-arg", `user_id=${cast.lockedOut}`];
  const { code, stdout, stderr } = await inspect(t, server, [...call, "--load", "--load-requests", "100", "--load-concurrency", "10"]);
  assert.equal(code, 0, `the Inspector counted errors:\n${stderr}\n${stdout}`);
});
