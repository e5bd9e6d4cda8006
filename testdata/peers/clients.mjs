// What the tests of the files in testdata/manifests share with those of the
// programs that start a server by a configuration of their own.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";

/** Returns a file of testdata/manifests: what a release ships, as it is generated. */
export function shipped(name) {
  return JSON.parse(readFileSync(new URL(`../manifests/${name}`, import.meta.url), "utf8"));
}

/** Runs a program of a package with this Node and returns {code, output}: what it printed, errors too. */
export function run(script, args, { env, cwd }) {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { env, cwd, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? (error.code ?? error.signal) : 0, output: `${stdout}${stderr}` });
    });
  });
}

/** Runs a program that must succeed, and returns what it printed. */
export async function runs(script, args, options) {
  const { code, output } = await run(script, args, options);
  assert.equal(code, 0, `${args.join(" ")} exited with ${code}:\n${output}`);
  return output;
}
