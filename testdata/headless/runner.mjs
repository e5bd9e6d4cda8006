// An agent runner without a person: it starts okta-mcp over stdio, makes the calls
// of a job one after the other, and stops at the first that is not done.
//
//   node runner.mjs JOB.jsonl [--approve TOOL=BUDGET] [flags of okta-mcp serve …]
//
// A job has a call a line: {"tool": "list_users", "arguments": {"status": "LOCKED_OUT"}}.
// Nobody can be asked, so the server is told so, and it only reads. With --approve it
// is offered the tools named there beside those that read, and no others.
//
// Standard output has an answer a line, standard error the server's log, one JSON
// object a line. Exit codes are those of okta-mcp call: 0 done, 1 a tool's error,
// 2 bad usage or setting, 3 not consented, 4 not signed in.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const codes = { error: 1, not_consented: 3, not_signed_in: 4 };

/** What the server may do: it reads, and does what is approved by name. */
function bounds(flags) {
  const approved = flags.flatMap((flag, i) => (flag === "--approve" ? flags[i + 1].split(",") : []));
  if (approved.length === 0) return ["--read-only"];
  const tools = ["list_*", "get_*", ...approved.map((each) => each.split("=")[0])];
  return ["--tools", tools.join(",")];
}

/** Starts the server; request sends and waits for the answer, ended is its exit code. */
function start(flags) {
  const args = ["serve", "--ask", "none", "--log-format", "json", ...bounds(flags), ...flags];
  const server = spawn("okta-mcp", args, { stdio: ["pipe", "pipe", "inherit"] });
  const waiting = new Map();
  createInterface({ input: server.stdout }).on("line", (line) => {
    const message = JSON.parse(line);
    waiting.get(message.id)?.(message);
  });
  const send = (message) => server.stdin.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\n");
  server.stdin.on("error", () => {}); // it has ended: ended tells
  let id = 0;
  return {
    notify: (method) => send({ method }),
    request: (method, params) =>
      new Promise((answer) => {
        waiting.set(++id, answer);
        send({ id, method, params });
      }),
    stop: () => server.stdin.end(),
    ended: new Promise((end) => server.on("close", (code) => end(code ?? 1))),
  };
}

/** Makes the calls, and returns the exit code that the last one comes to. */
async function work(server, job) {
  await server.request("initialize", {
    protocolVersion: "2025-11-25",
    capabilities: {}, // no elicitation: nobody is there
    clientInfo: { name: "headless-runner", version: "1" },
  });
  server.notify("notifications/initialized");
  for (const { tool, arguments: given } of job) {
    const { result, error } = await server.request("tools/call", { name: tool, arguments: given ?? {} });
    const text = result?.content.map((part) => part.text).join("\n");
    console.log(JSON.stringify({ tool, answer: result?.structuredContent, error: error?.message ?? (result.isError ? text : undefined) }));
    if (error) return codes.error;
    if (result.isError) return codes[result._meta["okta-mcp/outcome"]] ?? codes.error;
  }
  return 0;
}

const [file, ...flags] = process.argv.slice(2);
const job = readFileSync(file, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
const server = start(flags);
const code = await Promise.race([work(server, job), server.ended]);
server.stop();
await server.ended;
process.exitCode = code;
