// Servers that listen on the loopback, and clients of them: SDK clients of either
// transport, and a reverse proxy to put between the two.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { join } from "node:path";

import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

import { assertNoSecrets, binary, cast, environment, Peer, serveDemo } from "./harness.mjs";

/** The transports that listen, by the names that --transport has for them. */
export const transports = ["http", "sse"];

export const deleteProject = { group_id: cast.project };

/** Fails when the group that tests ask to delete is gone. */
export async function assertProjectStands(client) {
  const { profile } = await client.ok("get_group", deleteProject);
  assert.equal(profile.name, cast.project, "the group was deleted without consent");
}

/**
 * Starts a server that listens. When the test ends its clients are closed and it
 * must end too, with 0, with nothing on standard output and a log without secrets.
 *
 * transport  http or sse
 * args       further arguments
 * callers    the names of callers who get a token each; without, the server makes one token
 * entries    the entries of callers in the configuration; without, one for each of callers
 * signIn     the environment that signs the server in to an org; without, it makes one up
 */
export async function serve(t, { transport = "http", args = [], callers, entries, signIn } = {}) {
  const server = new Server(transport);
  t.after(() => server.end()); // before the home is removed
  const home = { ...environment(t), ...signIn };
  const more = callers ? server.handOut(home, callers) : [];
  const configured = entries ?? callers?.map((token) => ({ match: { token } }));
  if (configured) configure(home, configured);
  const listen = ["--transport", transport, "--listen", "127.0.0.1:0"];
  const org = signIn ? serveDemo.filter((arg) => arg !== "--demo") : serveDemo;
  await server.start([...org, ...listen, ...more, ...args], home);
  return server;
}

/** Writes who may do what into the configuration of the machine. */
function configure(home, entries) {
  const directory = join(home.XDG_CONFIG_HOME, "okta-mcp");
  mkdirSync(directory, { recursive: true });
  const lines = entries.map((entry) => `  - ${JSON.stringify(entry)}\n`); // JSON is YAML
  writeFileSync(join(directory, "config.yaml"), `callers:\n${lines.join("")}`, { mode: 0o600 });
}

class Server {
  /** Tokens by the names of callers. */
  tokens = {};
  log = "";
  stdout = "";
  #peers = [];

  constructor(transport) {
    this.transport = transport;
  }

  /** Makes a token for each caller; returns the arguments that make the server take them. */
  handOut(home, callers) {
    for (const name of callers) this.tokens[name] = randomBytes(32).toString("base64url");
    const file = join(home.HOME, "tokens");
    const lines = Object.entries(this.tokens).map(([name, token]) => `${name} ${token}\n`);
    writeFileSync(file, lines.join(""), { mode: 0o600 });
    return ["--auth", `token-file=${file}`];
  }

  async start(args, env) {
    this.child = spawn(binary(), args, { env, stdio: ["ignore", "pipe", "pipe"] });
    this.exited = once(this.child, "close");
    this.child.stdout.setEncoding("utf8").on("data", (chunk) => { this.stdout += chunk; });
    this.child.stderr.setEncoding("utf8").on("data", (chunk) => { this.log += chunk; });
    [, this.url] = await this.says(/^listening on (\S+)\n/m);
    if (args.includes("--auth")) return;
    [, this.tokenFile] = await this.says(/^token file: (.+)\n/m);
    assert.equal(statSync(this.tokenFile).mode & 0o777, 0o600, "others can read the token");
    this.tokens.local = readFileSync(this.tokenFile, "utf8").trim();
  }

  /** The token of the one caller, or of the first. */
  get token() {
    return Object.values(this.tokens)[0];
  }

  /** Waits until the log has a match, and returns it. */
  says(pattern) {
    return new Promise((resolve, reject) => {
      const look = () => { if (pattern.test(this.log)) resolve(pattern.exec(this.log)); };
      this.child.stderr.on("data", look);
      this.exited.then(() => reject(new Error(`the server ended without saying ${pattern}:\n${this.log}`)));
      look();
    });
  }

  /** Sends a plain request with the token of a caller, or with what `headers` has. */
  fetch({ path = "", token = this.token, headers = {}, ...init } = {}) {
    const authorization = token ? { Authorization: `Bearer ${token}` } : {};
    return fetch(new URL(path, this.url), { ...init, headers: { ...authorization, ...headers } });
  }

  /** Posts a message, by default to the server's one address for it. */
  post(message, { headers, ...init } = {}) {
    const json = { "Content-Type": "application/json", Accept: "application/json, text/event-stream" };
    return this.fetch({ method: "POST", body: JSON.stringify({ jsonrpc: "2.0", ...message }), headers: { ...json, ...headers }, ...init });
  }

  /** The transport of an SDK client. `options` are those of the SDK. */
  clientTransport({ token = this.token, ...options } = {}) {
    const requestInit = token && { headers: { Authorization: `Bearer ${token}` } };
    const Transport = this.transport === "sse" ? SSEClientTransport : StreamableHTTPClientTransport;
    return new Transport(new URL(this.url), { requestInit, ...options });
  }

  /** Connects an SDK client; the options are those of connect and of clientTransport. */
  async connect({ answer, capabilities, name = "peer", ...options } = {}) {
    const transport = this.clientTransport(options);
    const peer = new RemotePeer(transport, name, capabilities ?? (answer ? { elicitation: {} } : {}), answer);
    await peer.client.connect(transport);
    this.#peers.push(peer);
    return peer;
  }

  /** Asks the server to end, as an operator or a system does. */
  stop() {
    this.child.kill("SIGTERM");
  }

  /** Closes every client. */
  async hangUp() {
    for (const peer of this.#peers) await peer.close();
  }

  async end() {
    if (!this.child) return; // it did not come to that
    try {
      await this.hangUp();
    } finally {
      this.stop();
    }
    const [code, signal] = await this.exited;
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, `the server did not end well:\n${this.log}`);
    assert.ok(!this.tokenFile || !existsSync(this.tokenFile), "the token's file outlives the token");
    assert.equal(this.stdout, "", "a server that listens has nothing to say on standard output");
    assertNoSecrets(this.log);
    for (const [name, token] of Object.entries(this.tokens)) assert.ok(!this.log.includes(token), `the token of ${name} is in the log:\n${this.log}`);
  }
}

class RemotePeer extends Peer {
  #closed = false;

  constructor(transport, ...more) {
    super(transport, ...more);
    this.transport = transport;
  }

  /** From here on the connection may break: the SDK's complaints do not count. */
  letGo() {
    this.client.onerror = () => {};
  }

  /** Leaves as a client does that is ended: it closes its connections, and says no word. */
  async close() {
    if (this.#closed) return;
    this.#closed = true;
    this.letGo();
    await super.close();
  }
}

/**
 * Starts a reverse proxy at an address of its own, which passes requests on to the
 * origin in `to` with `headers` added, and keeps the rest as it came, Host too.
 */
export async function startProxy(t, { to, headers = {} } = {}) {
  const proxy = { to, headers, requests: [] };
  const server = createServer((incoming, outgoing) => {
    const seen = { method: incoming.method, path: incoming.url, headers: incoming.headers, body: "" };
    proxy.requests.push(seen);
    incoming.on("data", (chunk) => { seen.body += chunk; });
    const options = { method: incoming.method, headers: { ...incoming.headers, ...proxy.headers } };
    const onward = request(new URL(incoming.url, proxy.to), options, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers).flushHeaders();
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    outgoing.on("close", () => onward.destroy());
    incoming.pipe(onward);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  proxy.origin = `http://127.0.0.1:${server.address().port}`;
  return proxy;
}
