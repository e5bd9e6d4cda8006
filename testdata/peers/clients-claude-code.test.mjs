// Claude Code: `claude mcp add`, and `claude mcp list`, whose health check connects
// to each server and needs no account. It exits with 0 whatever it finds: what
// counts is what it says.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { runs } from "./clients.mjs";
import { binary, environment } from "./harness.mjs";
import { serve, transports } from "./remote.mjs";

// Starts the native program of the platform's package, which no install script put in place.
const wrapper = fileURLToPath(new URL("./node_modules/@anthropic-ai/claude-code/cli-wrapper.cjs", import.meta.url));

const quiet = { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1", DISABLE_AUTOUPDATER: "1", DISABLE_TELEMETRY: "1" };

/** Returns a function that runs `claude mcp` with a home of its own. */
function claude(t) {
  const env = { ...environment(t), ...quiet };
  return (...args) => runs(wrapper, ["mcp", ...args], { env, cwd: env.HOME });
}

/** Returns what the health check says of each server. */
async function health(mcp) {
  const lines = (await mcp("list")).matchAll(/^(\w+): .* - (.+)$/gm);
  return Object.fromEntries(Array.from(lines, ([, name, said]) => [name, said]));
}

test("added on a command line, the server is connected; one that cannot start is not", async (t) => {
  const mcp = claude(t);
  await mcp("add", "okta", "--", binary(), "serve", "--demo");
  await mcp("add", "wrong", "--", binary(), "serve", "--demo", "--toolsets", "no_such");
  const { okta, wrong } = await health(mcp);
  assert.match(okta, /^✔ Connected/);
  assert.match(wrong, /^✘ Failed to connect/);
});

test("settings in the entry's environment reach the server", async (t) => {
  const mcp = claude(t);
  await mcp("add", "right", "--env", "OKTA_MCP_DEMO=true", "OKTA_MCP_READ_ONLY=true", "--", binary(), "serve");
  await mcp("add", "wrong", "--env", "OKTA_MCP_DEMO=true", "OKTA_MCP_READ_ONLY=maybe", "--", binary(), "serve");
  const { right, wrong } = await health(mcp);
  assert.match(right, /^✔ Connected/);
  assert.match(wrong, /^✘ Failed to connect/);
});

test("removed, the server is gone", async (t) => {
  const mcp = claude(t);
  await mcp("add", "okta", "--", binary(), "serve", "--demo");
  await mcp("remove", "okta");
  assert.deepEqual(await health(mcp), {});
});

for (const transport of transports) {
  test(`${transport}: with the token in a header it is connected, without one it is not`, async (t) => {
    const { url, token } = await serve(t, { transport });
    const mcp = claude(t);
    await mcp("add", "--transport", transport, "okta", url, "--header", `Authorization: Bearer ${token}`);
    await mcp("add", "--transport", transport, "stranger", url);
    await mcp("add", "--transport", transport, "forger", url, "--header", `Authorization: Bearer ${"A".repeat(43)}`);
    const { okta, stranger, forger } = await health(mcp);
    assert.match(okta, /^✔ Connected/);
    assert.doesNotMatch(stranger, /Connected/);
    assert.doesNotMatch(forger, /Connected/);
  });
}
