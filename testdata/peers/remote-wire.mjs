// Clients of a few lines that speak JSON-RPC over HTTP themselves, for the versions
// and the messages that no SDK will send. They are what wire.mjs calls a wire: its
// initialize, call and Stateless work with them.

import assert from "node:assert/strict";

import { stateless } from "./wire.mjs";

/**
 * Opens a wire to a listening server, of either transport.
 *
 * `answer` gets the params of each elicitation/create and the wire, and returns the
 * response's own members, or null to leave the question open. `token` is that of the
 * first caller, unless it is another's.
 */
export async function dial(server, { token = server.token, answer } = {}) {
  const wire = new { http: HTTPWire, sse: SSEWire }[server.transport](server, token, answer);
  await wire.open();
  return wire;
}

class RemoteWire {
  /** Params of every elicitation/create so far, and the ids they came with. */
  questions = [];
  questionIDs = [];
  /** The id of the last request. */
  lastID = 0;
  #leaving = new AbortController();

  constructor(server, token, answer) {
    Object.assign(this, { server, token, answer, signal: this.#leaving.signal });
  }

  /** Closes every connection without a word. */
  leave() {
    this.#leaving.abort();
  }

  /** Sends a message that wants no answer, and returns the status of the response. */
  send(message) {
    const sent = this.#send(message);
    sent.catch(() => {}); // whoever awaits it is told
    return sent;
  }

  async #send(message) {
    const response = await this.post(message);
    await response.body?.cancel();
    return response.status;
  }

  async asked({ id, params }) {
    this.questions.push(params);
    this.questionIDs.push(id);
    const response = await this.answer(params, this);
    if (response) await this.send({ id, ...response });
  }
}

/** Streamable HTTP: the answer to a post holds all that belongs to it. */
class HTTPWire extends RemoteWire {
  async open() {}

  /** Posts a message, unless told otherwise as who we are, and to our server. */
  post(message, { server = this.server, ...init } = {}) {
    return server.post(message, { token: this.token, signal: this.signal, headers: this.#headers(message), ...init });
  }

  /** What the version wants beside the message. */
  #headers({ method, params }) {
    if (params?._meta) {
      const named = params.name ? { "Mcp-Name": params.name } : {};
      return { "Mcp-Protocol-Version": stateless, "Mcp-Method": method, ...named };
    }
    const session = this.session ? { "Mcp-Session-Id": this.session } : {};
    return this.version >= "2025-06-18" ? { ...session, "Mcp-Protocol-Version": this.version } : session;
  }

  /** Sends a request and returns the whole response: {result} or {error}. */
  async request(method, params) {
    const id = ++this.lastID;
    const response = await this.post({ id, method, params });
    for await (const message of messages(response)) {
      if (message.method === "elicitation/create") await this.asked(message);
      if (message.method) continue; // a notification
      if (method === "initialize") this.#agree(response, message);
      return message;
    }
    assert.fail(`no answer to ${method}, but ${response.status}`);
  }

  #agree(response, { result }) {
    this.session = response.headers.get("Mcp-Session-Id");
    this.version = result?.protocolVersion;
  }
}

/** SSE: everything comes on one stream, and messages are posted beside it. */
class SSEWire extends RemoteWire {
  #waiting = new Map();

  async open() {
    const response = await this.server.fetch({ token: this.token, signal: this.signal, headers: { Accept: "text/event-stream" } });
    const stream = events(response.body);
    const { value: first } = await stream.next();
    assert.equal(first.event, "endpoint", "the first event says where to post");
    this.endpoint = first.data;
    this.#read(stream).catch((error) => this.#abandon(error));
  }

  /** Likewise. */
  post(message, { server = this.server, ...init } = {}) {
    return server.post(message, { path: this.endpoint, token: this.token, signal: this.signal, ...init });
  }

  async request(method, params) {
    const id = ++this.lastID;
    const answered = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    answered.catch(() => {}); // whoever awaits it is told
    assert.equal(await this.send({ id, method, params }), 202, `${method} was not taken`);
    return answered;
  }

  async #read(stream) {
    for await (const { data } of stream) {
      const message = JSON.parse(data);
      if (message.method === "elicitation/create") await this.asked(message);
      else this.#waiting.get(message.id)?.resolve(message);
    }
    throw new Error("the stream has ended");
  }

  #abandon(error) {
    for (const { reject } of this.#waiting.values()) reject(error);
  }
}

/** The messages of a response, be it one or a stream. */
async function* messages(response) {
  if (response.headers.get("Content-Type") === "application/json") {
    yield response.json();
    return;
  }
  for await (const { data } of events(response.body)) yield JSON.parse(data);
}

/** The events of a stream as they come: {event, data}. Comments are none. */
export async function* events(body) {
  let rest = "";
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + chunk).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const fields = block.split("\n").filter((line) => !line.startsWith(":")).map((line) => line.split(/: ?(.*)/s));
      if (fields.length > 0) yield Object.fromEntries(fields);
    }
  }
}
