// A client of a few lines that speaks JSON-RPC over the server's pipes itself,
// for the protocol versions and the wrong answers that no SDK will send.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import { assertNoSecrets, assertResult, binary, environment, serveDemo, text } from "./harness.mjs";

export const stateless = "2026-07-28";

/** The protocol versions with a handshake, oldest first. */
export const versions = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

const clientInfo = { name: "wire", version: "1.0.0" };

/** The _meta that every request of a stateless client carries. */
export function metaOf(capabilities) {
  return {
    "io.modelcontextprotocol/protocolVersion": stateless,
    "io.modelcontextprotocol/clientInfo": clientInfo,
    "io.modelcontextprotocol/clientCapabilities": capabilities,
  };
}

/**
 * Starts a server; when the test ends it must end too, with 0 and a clean log.
 * `answer` gets the params of each elicitation/create and returns the response's
 * own members, {result} or {error}, or null to leave the question open.
 */
export function start(t, { args = serveDemo, answer, env = environment(t) } = {}) {
  const wire = new Wire(spawn(binary(), args, { env, stdio: "pipe" }), answer);
  t.after(() => wire.end());
  return wire;
}

class Wire {
  /** Params of every elicitation/create so far. */
  questions = [];
  /** Every line of the server. */
  received = [];
  log = "";
  #waiting = new Map();
  #lastID = 0;

  constructor(child, answer) {
    this.child = child;
    this.answer = answer;
    this.exited = once(child, "close");
    child.stderr.setEncoding("utf8").on("data", (chunk) => { this.log += chunk; });
    const lines = createInterface({ input: child.stdout });
    lines.on("line", (line) => this.#take(line));
    lines.on("close", () => this.#abandon());
  }

  /** Sends one message as a line of JSON. */
  send(message) {
    this.child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  }

  /** Sends a request and returns the whole response: {result} or {error}. */
  request(method, params) {
    const id = ++this.#lastID;
    const response = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject, method }));
    this.send({ id, method, params });
    return response;
  }

  /** Ends the input, and holds the server to ending by itself. */
  async end() {
    this.child.stdin.end();
    const [code, signal] = await this.exited;
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, `the server did not end well:\n${this.log}`);
    assertNoSecrets(this.log);
  }

  #take(line) {
    this.received.push(line);
    const message = JSON.parse(line); // throws, and so fails the test, on anything else on stdout
    assert.equal(message.jsonrpc, "2.0", line);
    if (message.method === "elicitation/create") return this.#elicit(message);
    if (message.method) return; // a notification
    this.#waiting.get(message.id)?.resolve(message);
    this.#waiting.delete(message.id);
  }

  #elicit({ id, params }) {
    this.questions.push(params);
    const response = this.answer(params);
    if (response) this.send({ id, ...response });
  }

  #abandon() {
    for (const { reject, method } of this.#waiting.values()) reject(new Error(`no answer to ${method}:\n${this.log}`));
  }
}

/** Shakes hands as a client of the given version, and returns the result. */
export async function initialize(wire, protocolVersion, capabilities = {}) {
  const { result, error } = await wire.request("initialize", { protocolVersion, capabilities, clientInfo });
  assert.ok(result, `initialize failed: ${JSON.stringify(error)}`);
  wire.send({ method: "notifications/initialized" });
  return result;
}

/** Calls a tool and returns its result; `more` are further members of params. */
export async function call(wire, name, args, more = {}) {
  const { result, error } = await wire.request("tools/call", { name, arguments: args, ...more });
  assert.ok(result, `${name} failed as a request: ${JSON.stringify(error)}`);
  if (result.resultType !== "input_required") assertResult(result, name);
  return result;
}

/** A stateless client, whose every request carries its capabilities. */
export class Stateless {
  constructor(wire, capabilities = { elicitation: { form: {} } }) {
    this.wire = wire;
    this.meta = { _meta: metaOf(capabilities) };
  }

  request(method, params = {}) {
    return this.wire.request(method, { ...params, ...this.meta });
  }

  call(name, args, more = {}) {
    return call(this.wire, name, args, { ...more, ...this.meta });
  }

  async ok(name, args, more) {
    const result = await this.call(name, args, more);
    assert.equal(result.resultType, "complete", `${name} did not complete: ${JSON.stringify(result)}`);
    assert.ok(!result.isError, `${name} failed: ${text(result)}`);
    return result.structuredContent;
  }

  async refused(name, args, more) {
    const result = await this.call(name, args, more);
    assert.ok(result.isError, `${name} should have been refused: ${JSON.stringify(result)}`);
    return text(result);
  }

  /** Makes a call that must come back with a question; returns question and state. */
  async asked(name, args, more) {
    const result = await this.call(name, args, more);
    assert.equal(result.resultType, "input_required", `${name} asked nothing: ${JSON.stringify(result)}`);
    const [[key, { method, params }], ...others] = Object.entries(result.inputRequests);
    assert.equal(method, "elicitation/create");
    assert.deepEqual(others, [], "one question at a time");
    assert.ok(result.requestState, "the question carries no requestState");
    return new Question(key, params, result.requestState);
  }
}

class Question {
  constructor(key, params, requestState) {
    Object.assign(this, { key, params, requestState });
  }

  /** The members that a repeated call carries to give this answer. */
  answered(answer) {
    return { requestState: this.requestState, inputResponses: { [this.key]: answer } };
  }
}
