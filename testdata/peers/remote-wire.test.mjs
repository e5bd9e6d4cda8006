// Over Streamable HTTP and SSE by hand: each version, answers that no SDK sends,
// sessions and ids of others, and 2026-07-28, also by the official client.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

import { cast, consenting, text } from "./harness.mjs";
import { dial } from "./remote-wire.mjs";
import { assertProjectStands, deleteProject, serve, transports } from "./remote.mjs";
import { call, initialize, stateless, Stateless, versions } from "./wire.mjs";

const form = { elicitation: {} };
const yes = (question) => ({ action: "accept", content: consenting(question) });

// What no SDK lets its user send, but a broken or hostile client can.
const content = { type_to_confirm: cast.project };
const notAnswers = {
  "an action that is none": { result: { action: "yes", content } },
  "no action": { result: { content } },
  "a result that is text": { result: "accept" },
  "a null content": { result: { action: "accept", content: null } },
  "a content in a list": { result: { action: "accept", content: [content] } },
  "an accept that is an error as well": { result: { action: "accept", content }, error: { code: -32000, message: "both" } },
  "an error": { error: { code: -32601, message: "Method not found" } },
};

/** The versions with a handshake that a transport has been part of. */
const spoken = { http: versions.filter((version) => version >= "2025-03-26"), sse: versions };

for (const transport of transports) {
  for (const version of spoken[transport]) {
    test(`${transport} ${version}: tools are listed and called, and the right answer deletes`, async (t) => {
      const server = await serve(t, { transport });
      const wire = await dial(server, { answer: (question) => ({ result: yes(question) }) });
      assert.equal((await initialize(wire, version, form)).protocolVersion, version);
      assert.ok((await wire.request("tools/list")).result.tools.length >= 17);
      assert.deepEqual((await wire.request("ping")).result, {});
      assert.equal((await wire.request("no/such/method")).error.code, -32601);
      const done = await call(wire, "delete_group", deleteProject);
      assert.ok(!done.isError, text(done));
      assert.equal(wire.questions.length, 1);
      assert.ok((await call(wire, "get_group", deleteProject)).isError, "the group is still there");
    });

    test(`${transport} ${version}: a client that declared nothing is not asked`, async (t) => {
      const wire = await dial(await serve(t, { transport }), { answer: (question) => ({ result: yes(question) }) });
      await initialize(wire, version);
      assert.match(text(await call(wire, "delete_group", deleteProject)), /does not support elicitation/);
      assert.equal(wire.questions.length, 0, "a client that cannot ask was asked");
    });
  }

  for (const [what, response] of Object.entries(notAnswers)) {
    test(`${transport}: ${what} deletes nothing`, async (t) => {
      const server = await serve(t, { transport });
      const wire = await dial(server, { answer: () => response });
      await initialize(wire, "2025-11-25", form);
      assert.match(text(await call(wire, "delete_group", deleteProject)), /not done|nothing was changed/);
      assert.equal(wire.questions.length, 1, "the refusal came without the question");
      await assertProjectStands(await server.connect());
    });
  }

  for (const result of [{}, null]) {
    test(`${transport}: ${JSON.stringify(result)} is no answer, and the refusal after it is heard`, async (t) => {
      const server = await serve(t, { transport });
      const wire = await dial(server, {
        answer: async (_, asked) => {
          await asked.send({ id: asked.questionIDs[0], result }); // over HTTP this may be the answer to a ping
          return { result: { action: "decline" } };
        },
      });
      await initialize(wire, "2025-11-25", form);
      assert.match(text(await call(wire, "delete_group", deleteProject)), /not done/);
      await assertProjectStands(await server.connect());
    });
  }

  test(`${transport}: a yes after the cancellation, and one from a session that is not asked, delete nothing`, async (t) => {
    const server = await serve(t, { transport });
    const asked = Promise.withResolvers();
    const wire = await dial(server, { answer: asked.resolve }); // resolve returns nothing: no answer
    await initialize(wire, "2025-11-25", form);
    const other = await dial(server);
    await initialize(other, "2025-11-25", form);
    const deletion = call(wire, "delete_group", deleteProject);
    deletion.catch(() => {}); // it may end without an answer
    const answer = { result: yes(await asked.promise) };
    await other.send({ id: wire.questionIDs[0], ...answer });
    await wire.send({ method: "notifications/cancelled", params: { requestId: wire.lastID } });
    await wire.send({ id: wire.questionIDs[0], ...answer });
    await server.says(/called tool=delete_group .* outcome=not_consented/);
    await assertProjectStands(await server.connect());
  });

  test(`${transport}: a yes after its client has left deletes nothing`, async (t) => {
    const server = await serve(t, { transport });
    const asked = Promise.withResolvers();
    const wire = await dial(server, { answer: asked.resolve });
    await initialize(wire, "2025-11-25", form);
    call(wire, "delete_group", deleteProject).catch(() => {}); // it ends without an answer
    const question = await asked.promise;
    wire.leave();
    await server.says(/called tool=delete_group .* outcome=not_consented/);
    await wire.post({ id: wire.questionIDs[0], result: yes(question) }, { signal: undefined });
    await assertProjectStands(await server.connect());
  });

  test(`${transport}: a session is nothing to another caller, be it to call, to listen, to answer or to end it`, async (t) => {
    const server = await serve(t, { transport, callers: ["one", "two"] });
    const asked = Promise.withResolvers();
    const wire = await dial(server, { answer: asked.resolve });
    await initialize(wire, "2025-11-25", form);
    const deletion = call(wire, "delete_group", deleteProject);
    const answer = { result: yes(await asked.promise) };
    const token = server.tokens.two;
    for (const message of [
      { id: 1, method: "tools/list" },
      { method: "notifications/cancelled", params: { requestId: wire.lastID } },
      { id: wire.questionIDs[0], ...answer },
    ]) {
      const response = await wire.post(message, { token });
      assert.equal(response.status, 404, `${JSON.stringify(message)} was answered ${response.status}`);
    }
    for (const method of transport === "http" ? ["GET", "DELETE"] : []) {
      const headers = { "Mcp-Session-Id": wire.session, Accept: "text/event-stream" };
      assert.equal((await server.fetch({ method, token, headers })).status, 404, method);
    }
    await assertProjectStands(await server.connect({ token }));
    await wire.send({ id: wire.questionIDs[0], ...answer });
    assert.ok(!(await deletion).isError, "the session's own caller was not heard any more");
  });

  test(`${transport}: a server that was started anew knows no session of before`, async (t) => {
    const wire = await dial(await serve(t, { transport }));
    await initialize(wire, "2025-11-25");
    const after = await serve(t, { transport });
    const response = await wire.post({ id: 7, method: "tools/list" }, { server: after, token: after.token });
    assert.equal(response.status, 404);
  });

  test(`${transport}: 2026-07-28: the question is the result, and the call repeated with the answer deletes`, async (t) => {
    const client = new Stateless(await dial(await serve(t, { transport })));
    const { result } = await client.request("server/discover");
    assert.ok(result.supportedVersions.includes(stateless), JSON.stringify(result.supportedVersions));
    const question = await client.asked("delete_group", deleteProject);
    await assertProjectStands(client);
    await client.ok("delete_group", deleteProject, question.answered(yes(question.params)));
    assert.match(await client.refused("get_group", deleteProject), /Project Nightingale/);
  });

  test(`${transport}: 2026-07-28: a seal is good for the caller it was made for`, async (t) => {
    const server = await serve(t, { transport, callers: ["one", "two"] });
    const one = new Stateless(await dial(server));
    const two = new Stateless(await dial(server, { token: server.tokens.two }));
    const question = await one.asked("delete_group", deleteProject);
    const answered = question.answered(yes(question.params));
    assert.match(await two.refused("delete_group", deleteProject, answered), /another caller/);
    await assertProjectStands(two);
    assert.match(await one.refused("delete_group", deleteProject, answered), /used already/); // nor for anybody any more
  });

  test(`${transport}: 2026-07-28: decline is a no, and so is a client that cannot ask`, async (t) => {
    const server = await serve(t, { transport });
    const client = new Stateless(await dial(server));
    const question = await client.asked("delete_group", deleteProject);
    assert.match(await client.refused("delete_group", deleteProject, question.answered({ action: "decline" })), /the client answered decline/);
    const unable = new Stateless(await dial(server), {});
    assert.match(await unable.refused("delete_group", { group_id: "Okta Administrators" }), /does not support elicitation/);
    await assertProjectStands(unable);
  });

  test(`${transport}: 2026-07-28: a cancellation reaches no call of another client's with the same id`, async (t) => {
    const server = await serve(t, { transport });
    const agent = { profile: { name: "Release notes", description: "Writes them" } };
    const one = new Stateless(await dial(server));
    const two = new Stateless(await dial(server));
    const registration = one.ok("register_ai_agent", { agent });
    await server.says(/calling tool=register_ai_agent/);
    await two.wire.send({ method: "notifications/cancelled", params: { requestId: one.wire.lastID, ...two.meta } });
    assert.equal((await registration).result.status, "STAGED");
  });
}

test("sse: a session ends with its stream", async (t) => {
  const server = await serve(t, { transport: "sse" });
  const wire = await dial(server);
  await initialize(wire, "2025-11-25");
  wire.leave();
  const late = () => wire.post({ method: "notifications/initialized" }, { signal: undefined });
  let { status } = await late();
  while (status === 202) ({ status } = await late()); // until the server has noticed
  assert.equal(status, 404);
});

// The same through the official client, which answers questions by itself.
async function connectOfficial(t, answer) {
  const server = await serve(t);
  const transport = new StreamableHTTPClientTransport(new URL(server.url), { requestInit: { headers: { Authorization: `Bearer ${server.token}` } } });
  const client = new Client({ name: "official", version: "1.0.0" }, {
    capabilities: { elicitation: { form: {} } },
    versionNegotiation: { mode: { pin: stateless } },
  });
  client.setRequestHandler("elicitation/create", ({ params }) => answer(params));
  t.after(() => client.close());
  await client.connect(transport);
  return client;
}

test("http 2026-07-28: the official client lists, asks its person, and deletes on the right answer", async (t) => {
  const client = await connectOfficial(t, yes);
  assert.ok((await client.listTools()).tools.length >= 17);
  const done = await client.callTool({ name: "delete_group", arguments: deleteProject });
  assert.ok(!done.isError, text(done));
  assert.ok((await client.callTool({ name: "get_group", arguments: deleteProject })).isError, "the group is still there");
});

for (const [what, answer] of Object.entries({
  "a decline": () => ({ action: "decline" }),
  "an empty form": () => ({ action: "accept", content: {} }),
})) {
  test(`http 2026-07-28: the official client: ${what} deletes nothing`, async (t) => {
    const client = await connectOfficial(t, answer);
    const refused = await client.callTool({ name: "delete_group", arguments: deleteProject });
    assert.match(text(refused), /nothing was changed/);
    assert.ok(!(await client.callTool({ name: "get_group", arguments: deleteProject })).isError, "the group is gone");
  });
}
