// The protocol's own conformance suite against the server over Streamable HTTP.
//
// The suite cannot send a token, so a proxy adds it. That leaves Host and Origin as
// the suite sends them, which is what one scenario is about.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { environment } from "./harness.mjs";
import { serve, startProxy } from "./remote.mjs";

const suite = fileURLToPath(new URL("./node_modules/@modelcontextprotocol/conformance/dist/index.js", import.meta.url));
const expected = fileURLToPath(new URL("./conformance-failures.yml", import.meta.url));

/** Why a scenario may fail: it is about what we do not offer, and hears so. */
const notOffered = /-32601: (logging|completions|resources|prompts) not supported|[Tt]ool '\w+' not found/;

/** Runs the suite and returns {code, said}. */
function conformance(env, ...args) {
  return new Promise((resolve) => {
    execFile(process.execPath, [suite, ...args], { env, cwd: env.HOME, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? (error.code ?? error.signal) : 0, said: stdout + stderr });
    });
  });
}

/** The names that a text lists after a mark, sorted. */
function names(text, pattern) {
  return [...text.matchAll(pattern)].map(([, name]) => name).sort();
}

/** Every check of the suite that failed, as {id, errorMessage}. */
function failures(directory) {
  const checks = readdirSync(directory).flatMap((run) => JSON.parse(readFileSync(join(directory, run, "checks.json"), "utf8")));
  return checks.filter(({ status }) => status === "FAILURE");
}

test("every server scenario passes, but for those that are expected to fail, which do so for their reason", async (t) => {
  const server = await serve(t);
  const proxy = await startProxy(t, { to: server.url, headers: { authorization: `Bearer ${server.token}` } });
  const env = environment(t);
  const results = join(env.HOME, "results");
  const { code, said } = await conformance(env, "server", "--url", `${proxy.origin}/mcp`, "--suite", "all", "--expected-failures", expected, "-o", results);
  assert.equal(code, 0, said);

  const { said: list } = await conformance(env, "list", "--server");
  const scenarios = names(list, /^ {2}- (\S+)/gm);
  assert.deepEqual(names(said, /^=== Running scenario: (\S+) ===$/gm), scenarios, "not every scenario was run");
  const allowed = names(readFileSync(expected, "utf8"), /^ {2}- (\S+)/gm);
  assert.deepEqual(allowed.filter((name) => !scenarios.includes(name)), [], "a failure is expected of what is no scenario");
  const failed = failures(results);
  assert.equal(failed.length, allowed.length, "each of them fails in one check");
  for (const { id, errorMessage } of failed) assert.match(errorMessage, notOffered, id);
});
