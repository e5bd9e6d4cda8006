// The official TypeScript SDK over Streamable HTTP and over SSE: what it sees is
// what it sees over stdio, people are asked as well, and several clients of one
// server are several.

import assert from "node:assert/strict";
import { test } from "node:test";

import { cast, consenting, text, toolsByCommandLine } from "./harness.mjs";
import { assertProjectStands, deleteProject, serve, transports } from "./remote.mjs";

const yes = (question) => ({ action: "accept", content: consenting(question) });
const byName = (a, b) => a.name.localeCompare(b.name);

/** Returns a function that resolves for everybody once it was called by so many. */
function meeting(size) {
  const complete = Promise.withResolvers();
  let here = 0;
  return () => {
    if (++here === size) complete.resolve();
    return complete.promise;
  };
}

for (const transport of transports) {
  const over = (what, run) => test(`${transport}: ${what}`, run);

  over("the SDK lists what the command line lists, and calls", async (t) => {
    const peer = await (await serve(t, { transport })).connect();
    assert.equal(peer.client.getServerVersion().name, "okta-mcp");
    const { tools } = await peer.client.listTools();
    assert.deepEqual(tools.sort(byName), toolsByCommandLine(t).tools.sort(byName), "serve and tools -o json differ");
    assert.equal((await peer.ok("get_user", { user_id: cast.lockedOut })).status, "LOCKED_OUT");
    assert.match(await peer.refused("list_users", { limt: 3 }), /limt/);
    assert.match(await peer.refused("get_user", { user_id: "nobody@acme.example" }), /nobody@acme\.example/);
    await assert.rejects(peer.client.callTool({ name: "no_such_tool", arguments: {} }), /no_such_tool/);
  });

  over("fifty calls at once are all answered, each with its own answer", async (t) => {
    const server = await serve(t, { transport });
    const peers = [await server.connect(), await server.connect()];
    const { items } = await peers[0].ok("list_users", { limit: 50 });
    const answers = await Promise.all(items.map(({ id }, i) => peers[i % 2].ok("get_user", { user_id: id })));
    assert.deepEqual(answers.map(({ id }) => id), items.map(({ id }) => id));
  });

  over("a deletion is asked about, and done on the right answer", async (t) => {
    const server = await serve(t, { transport });
    const peer = await server.connect({ answer: yes });
    const done = await peer.ok("delete_group", deleteProject);
    assert.equal(done.target.name, cast.project);
    assert.equal(peer.questions.length, 1, "one call asks one question");
    const other = await server.connect();
    assert.match(await other.refused("get_group", deleteProject), /Project Nightingale/);
  });

  for (const [what, { answer, said }] of Object.entries({
    "decline": { answer: () => ({ action: "decline" }), said: /the client answered decline/ },
    "cancel": { answer: () => ({ action: "cancel" }), said: /the client answered cancel/ },
    "a bare accept": { answer: () => ({ action: "accept" }), said: /nothing was changed/ },
    "the wrong text": { answer: () => ({ action: "accept", content: { type_to_confirm: "yes" } }), said: /nothing was changed/ },
    "a dialog that crashes": { answer: () => { throw new Error("the dialog crashed"); }, said: /nothing was changed/ },
  })) {
    over(`${what} deletes nothing`, async (t) => {
      const server = await serve(t, { transport });
      const peer = await server.connect({ answer });
      assert.match(await peer.refused("delete_group", deleteProject), said);
      assert.equal(peer.questions.length, 1, "the refusal came without the question");
      await assertProjectStands(await server.connect());
    });
  }

  over("a client that cannot ask is refused", async (t) => {
    const peer = await (await serve(t, { transport })).connect();
    assert.match(await peer.refused("delete_group", deleteProject), /does not support elicitation/);
    await assertProjectStands(peer);
  });

  over("a client that leaves while its person is asked has said no", async (t) => {
    const server = await serve(t, { transport });
    const asked = Promise.withResolvers();
    const peer = await server.connect({ answer: (question) => new Promise(() => asked.resolve(question)) });
    const left = assert.rejects(peer.begin("delete_group", deleteProject));
    await asked.promise;
    await peer.close();
    await left;
    await server.says(/called tool=delete_group .* outcome=not_consented/);
    const other = await server.connect({ answer: yes });
    await assertProjectStands(other);
    await other.ok("delete_group", deleteProject); // it was nobody's no but the other's
    assert.equal(other.questions.length, 1, "a yes was taken from somewhere else");
  });

  over("two clients asked at the same time get each their own question, and give their own answer", async (t) => {
    const server = await serve(t, { transport });
    const both = meeting(2);
    const one = await server.connect({ name: "one", answer: async (question) => { await both(); return yes(question); } });
    const two = await server.connect({ name: "two", answer: async () => { await both(); return { action: "decline" }; } });
    const other = (await two.ok("create_group", { name: "Peers" })).target;
    const [deleted, declined] = await Promise.all([one.ok("delete_group", deleteProject), two.refused("delete_group", { group_id: other.id })]);
    assert.equal(deleted.target.name, cast.project);
    assert.match(declined, /the client answered decline/);
    for (const [peer, name, about] of [[one, "one", cast.project], [two, "two", "Peers"]]) {
      assert.equal(peer.questions.length, 1, `${name} was asked ${peer.questions.length} times`);
      assert.ok(peer.questions[0].message.includes(`“${about}”`) && peer.questions[0].message.includes(`“${name}”`), peer.questions[0].message);
    }
    assert.match(await two.refused("get_group", deleteProject), /Project Nightingale/);
    await one.ok("get_group", { group_id: other.id });
  });

  over("progress comes before the result", async (t) => {
    const peer = await (await serve(t, { transport })).connect();
    const agent = { profile: { name: "Release notes", description: "Writes them" } };
    const seen = [];
    const answer = await peer.call("register_ai_agent", { agent }, { onprogress: (progress) => seen.push(progress) });
    assert.equal(answer.structuredContent?.result.status, "STAGED", text(answer));
    assert.ok(seen.length > 0, "no progress was told while Okta worked");
    const kinds = peer.received.map((message) => /"method":"notifications\/progress"|"structuredContent"/.exec(message)?.[0]).filter(Boolean);
    assert.equal(kinds.pop(), '"structuredContent"', "progress came after the result");
  });

  over("a call that its client gives up ends, with the question", async (t) => {
    const server = await serve(t, { transport });
    const calling = new AbortController();
    const peer = await server.connect({ answer: () => new Promise(() => calling.abort()) });
    await assert.rejects(peer.call("delete_group", deleteProject, { signal: calling.signal }), /abort/i);
    await server.says(/called tool=delete_group .* outcome=not_consented/);
    await assertProjectStands(peer);
  });

  over("a client's cancellation reaches no call of another's, though it has the same id", async (t) => {
    const server = await serve(t, { transport });
    const asked = Promise.withResolvers();
    const answered = Promise.withResolvers();
    const one = await server.connect({ answer: (question) => { asked.resolve(question); return answered.promise; } });
    const two = await server.connect();
    const deletion = one.begin("delete_group", deleteProject);
    const question = await asked.promise;
    for (let requestId = 0; requestId < 5; requestId++) {
      await two.client.notification({ method: "notifications/cancelled", params: { requestId, reason: "a test" } });
    }
    await two.client.ping(); // taken after the others
    answered.resolve(yes(question));
    assert.equal((await deletion).structuredContent?.target.name, cast.project);
  });

  over("what the flags approve beforehand holds for a caller only where the caller's entry says so", async (t) => {
    const entries = [{ match: { token: "plain" } }, { match: { token: "trusted" }, approve: ["delete_group"] }];
    const server = await serve(t, { transport, args: ["--approve", "delete_group"], callers: ["plain", "trusted"], entries });
    const plain = await server.connect();
    assert.match(await plain.refused("delete_group", deleteProject), /does not support elicitation/);
    await assertProjectStands(plain);
    const trusted = await server.connect({ token: server.tokens.trusted });
    await trusted.ok("delete_group", deleteProject);
  });

  over("a caller sees and calls what its entry allows, and another what its own does", async (t) => {
    const entries = [
      { match: { token: "reader" }, read_only: true, deny: ["get_logs"] },
      { match: { token: "helper" }, toolsets: ["users", "lifecycle"], allow: ["list_*", "get_user", "unlock_user"] },
    ];
    const server = await serve(t, { transport, callers: ["reader", "helper"], entries });
    const reader = await server.connect();
    const helper = await server.connect({ token: server.tokens.helper });
    const { tools } = await reader.client.listTools();
    assert.deepEqual(tools.filter(({ annotations }) => !annotations.readOnlyHint), [], "a reader is offered changes");
    assert.match(await reader.refused("create_group", { name: "Peers" }), /create_group/);
    await assert.rejects(reader.ok("get_logs"), /get_logs/);
    await helper.ok("unlock_user", { user_id: cast.lockedOut });
    for (const tool of ["get_group", "create_group", "suspend_user"]) {
      assert.ok(!(await helper.client.listTools()).tools.some(({ name }) => name === tool), `${tool} is offered`);
      await assert.rejects(helper.ok(tool), new RegExp(tool));
    }
    assert.equal((await reader.ok("get_user", { user_id: cast.lockedOut })).status, "ACTIVE", "the helper's call had no effect");
  });

  over("without a token, or with one that nobody has, nobody gets in, and hears why", async (t) => {
    const server = await serve(t, { transport });
    for (const token of ["", "A".repeat(43)]) {
      await assert.rejects(server.connect({ token }), { code: 401 });
      const response = await server.fetch({ token });
      assert.equal(response.status, 401);
      assert.match(response.headers.get("WWW-Authenticate"), /^Bearer\b/);
      assert.equal((await response.json()).id, null, "the refusal is a JSON-RPC error");
    }
    const probed = await server.fetch({ path: "/healthz", token: "" });
    assert.equal(probed.status, 200, "whoever watches the server needs no token");
  });

  over("SIGTERM lets a call end that somebody is asked about, and takes no other", async (t) => {
    const server = await serve(t, { transport });
    const asked = Promise.withResolvers();
    const answered = Promise.withResolvers();
    const peer = await server.connect({ answer: (question) => { asked.resolve(question); return answered.promise; } });
    const deletion = peer.begin("delete_group", deleteProject, { timeout: 15_000 }); // beyond it there is no answer
    const question = await asked.promise;
    peer.letGo(); // its stream ends with the server
    server.stop();
    while ((await server.fetch({ path: "/readyz" })).status === 200); // until it has heard
    assert.equal((await server.fetch({ path: "/readyz" })).status, 503);
    await assert.rejects(server.connect(), { code: 503 });
    answered.resolve(yes(question));
    const done = await deletion;
    assert.equal(done.structuredContent?.target.name, cast.project, text(done));
    await server.exited;
  });
}

test("http: a session that its client has ended is gone", async (t) => {
  const server = await serve(t);
  const peer = await server.connect();
  const { sessionId } = peer.transport;
  peer.letGo(); // its stream ends with the session
  await peer.transport.terminateSession();
  const response = await server.post({ id: 1, method: "tools/list" }, { headers: { "Mcp-Session-Id": sessionId } });
  assert.equal(response.status, 404);
});
