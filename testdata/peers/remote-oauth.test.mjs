// Callers with tokens of an authorization server that is not ours: how a client
// finds it, whose token is good, what it may do with it, and where the token ends.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";

import { discoverOAuthProtectedResourceMetadata, discoverOAuthServerInfo, extractWWWAuthenticateParams, UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { ClientCredentialsProvider } from "@modelcontextprotocol/sdk/client/auth-extensions.js";

import { binary, cast, consenting, demoOrg, environment, serveDemo } from "./harness.mjs";
import { scopes, startIssuer } from "./oidc-issuer.mjs";
import { startOrg } from "./oidc-org.mjs";
import { authorize } from "./oidc-person.mjs";
import { assertProjectStands, deleteProject, serve, startProxy, transports } from "./remote.mjs";

const entries = [
  { match: { scope: scopes.read }, read_only: true },
  { match: { scope: scopes.change } },
];
const paths = { http: "/mcp", sse: "/sse" };

/** Starts an issuer, and a server for its tokens behind a proxy that has the public address. */
async function guarded(t, { transport = "http", args = [], ...more } = {}) {
  let server;
  t.after(() => server?.hangUp()); // before the proxy does
  const issuer = await startIssuer(t);
  const proxy = await startProxy(t);
  const resource = proxy.origin + paths[transport];
  const oauth = ["--auth", "oauth", "--public-url", resource, "--oauth-issuer", issuer.url, "--oauth-scopes", scopes.call];
  server = await serve(t, { transport, args: [...oauth, ...args], entries, ...more });
  proxy.to = server.url;
  server.url = resource; // clients know no other
  return { issuer, server, resource };
}

for (const transport of transports) {
  test(`${transport}: a stranger is told where to get a token`, async (t) => {
    const { issuer, server, resource } = await guarded(t, { transport });
    const refused = await server.fetch();
    assert.equal(refused.status, 401);
    const { resourceMetadataUrl, scope, error } = extractWWWAuthenticateParams(refused);
    assert.equal(resourceMetadataUrl.href, new URL(`/.well-known/oauth-protected-resource${paths[transport]}`, resource).href);
    assert.equal(error, undefined, "a request without a token is no error");
    const metadata = await discoverOAuthProtectedResourceMetadata(resource);
    assert.equal(metadata.resource, resource);
    assert.deepEqual(metadata.authorization_servers, [issuer.url]);
    assert.deepEqual(metadata.scopes_supported, scope.split(" "), "the challenge and the metadata name different scopes");
    assert.ok(metadata.scopes_supported.includes(scopes.call));
    assert.deepEqual(metadata.bearer_methods_supported, ["header"]);
    for (const path of ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp", resourceMetadataUrl.pathname]) {
      assert.deepEqual(await (await server.fetch({ path })).json(), metadata, path);
    }
    const { authorizationServerMetadata } = await discoverOAuthServerInfo(resource);
    assert.equal(authorizationServerMetadata.issuer, issuer.url);
  });

  test(`${transport}: the SDK registers itself, its person signs in, and it is in`, async (t) => {
    const { issuer, server } = await guarded(t, { transport });
    const app = await App.start(t);
    await assert.rejects(server.connect({ authProvider: app }), UnauthorizedError);
    const back = await authorize(app.sentTo, "ada");
    assert.equal(back.searchParams.get("state"), app.state());
    await server.clientTransport({ authProvider: app }).finishAuth(back.searchParams.get("code"));
    const peer = await server.connect({ authProvider: app, answer: (question) => ({ action: "accept", content: consenting(question) }) });
    assert.equal((await peer.ok("delete_group", deleteProject)).target.name, cast.project);
    assert.match(server.log, /caller="?oauth:\S+ ada/, "the log does not say who called");
    assert.deepEqual(issuer.tokens, [app.tokens().access_token]);
  });

  test(`${transport}: who may do what is said of scopes`, async (t) => {
    const { issuer, server } = await guarded(t, { transport });
    const connect = (client) => server.connect({
      authProvider: new ClientCredentialsProvider(issuer.credentials(client)),
      answer: (question) => ({ action: "accept", content: consenting(question) }),
    });
    const reader = await connect("reader");
    const { tools } = await reader.client.listTools();
    assert.deepEqual(tools.filter(({ annotations }) => !annotations.readOnlyHint).map(({ name }) => name), [], "the reader is offered changes");
    assert.match(await reader.refused("delete_group", deleteProject), /delete_group/);
    await assertProjectStands(reader);
    const changer = await connect("changer");
    assert.equal((await changer.ok("delete_group", deleteProject)).target.name, cast.project);
    assert.equal(reader.questions.length, 0, "another's person was asked");
  });
}

/** An app of a person, as the SDK wants it: it keeps what it is given, and is called back at an address of its own. */
class App {
  static async start(t) {
    const app = new App();
    const server = createServer((_, response) => response.end("You may close this page."));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => {
      server.close();
      server.closeAllConnections();
    });
    app.redirectUrl = `http://127.0.0.1:${server.address().port}/callback`;
    return app;
  }

  get clientMetadata() {
    return {
      client_name: "The tests", redirect_uris: [this.redirectUrl], token_endpoint_auth_method: "none",
      grant_types: ["authorization_code"], response_types: ["code"],
    };
  }

  state() { return "of the tests"; }
  clientInformation() { return this.information; }
  saveClientInformation(information) { this.information = information; }
  tokens() { return this.saved; }
  saveTokens(tokens) { this.saved = tokens; }
  codeVerifier() { return this.verifier; }
  saveCodeVerifier(verifier) { this.verifier = verifier; }
  redirectToAuthorization(url) { this.sentTo = url.href; }
}

const list = { id: 1, method: "tools/list" };

/** Posts a message with a token, and returns {status, challenge, reason}. */
async function posted(server, token, options) {
  const response = await server.post(list, { token, ...options });
  const { error } = await response.json();
  return { status: response.status, challenge: response.headers.get("WWW-Authenticate"), reason: error?.message };
}

const minute = 60;
const past = (minutes) => Math.floor(Date.now() / 1000) - minutes * minute;

// Each of them makes a token that must not count.
for (const [what, { make, reason }] of Object.entries({
  "a token for another audience": { make: ({ issuer, resource }) => issuer.token("reader", new URL("/other", resource).href), reason: /audience/ },
  "a token for the host without the path": { make: ({ issuer, resource }) => issuer.token("reader", new URL(resource).origin), reason: /audience/ },
  "a token of another issuer": { make: async ({ resource, t }) => (await startIssuer(t)).token("reader", resource), reason: /key|issuer|signature/ },
  "a token that another issuer signed in the name of ours": {
    make: async ({ issuer, resource, t }) => (await startIssuer(t)).sign(resource, { iss: issuer.url }), reason: /key|signature/,
  },
  "an expired token": { make: ({ issuer, resource }) => issuer.sign(resource, { iat: past(20), exp: past(2) }), reason: /expired/ },
  "a token that is not valid yet": { make: ({ issuer, resource }) => issuer.sign(resource, { nbf: past(-2) }), reason: /not valid yet/ },
  "a token without an end": { make: ({ issuer, resource }) => issuer.sign(resource, { exp: undefined }), reason: /no end/ },
  "an unsigned token": {
    make: async ({ issuer, resource }) => {
      const [, claims] = (await issuer.sign(resource)).split(".");
      return `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString("base64url")}.${claims}.`;
    },
    reason: /not a signed JWT/,
  },
  "a token signed with the public key as a secret": {
    make: ({ issuer, resource }) => issuer.sign(resource, {}, { alg: "HS256", key: issuer.publicPEM }), reason: /not signed with one of RS256/,
  },
  "a token with claims changed": {
    make: async ({ issuer, resource }) => {
      const [header, , signature] = (await issuer.token("reader", resource)).split(".");
      return [header, (await issuer.sign(resource, { sub: "ada" })).split(".")[1], signature].join(".");
    },
    reason: /signature/,
  },
  "a token that is none": { make: () => "0123456789abcdef", reason: /not a signed JWT/ },
})) {
  test(`${what} is refused`, async (t) => {
    const { issuer, server, resource } = await guarded(t);
    const refused = await posted(server, await make({ issuer, resource, t }));
    assert.equal(refused.status, 401, refused.reason);
    assert.match(refused.reason, reason);
    assert.match(refused.challenge, /^Bearer resource_metadata="[^"]+", .*error="invalid_token"/);
    // And the same call with a good token shows that it was the token.
    assert.notEqual((await posted(server, await issuer.token("reader", resource))).status, 401);
  });
}

test("a token with too few scopes is refused, and told which", async (t) => {
  const { issuer, server, resource } = await guarded(t);
  const refused = await posted(server, await issuer.token("outsider", resource));
  assert.equal(refused.status, 403);
  assert.match(refused.challenge, /error="insufficient_scope"/);
  assert.match(refused.reason, new RegExp(`lacks scopes: ${scopes.call}$`));
});

test("a token of nobody in a group that may call is refused, and another's is not", async (t) => {
  const { issuer, server, resource } = await guarded(t, { args: ["--oauth-groups", "Help Desk,Operators"] });
  const refused = await posted(server, await issuer.token("reader", resource));
  assert.equal(refused.status, 403);
  assert.match(refused.reason, /Help Desk/);
  const changer = await server.connect({ token: await issuer.token("changer", resource) });
  assert.ok((await changer.client.listTools()).tools.length > 17);
});

test("a caller that no entry is about is refused", async (t) => {
  const { issuer, server, resource } = await guarded(t);
  const refused = await posted(server, await issuer.token("nobody", resource));
  assert.equal(refused.status, 403);
  assert.match(refused.reason, /callers/);
});

test("a token in the address is refused, be there another in the header or not", async (t) => {
  const { issuer, server, resource } = await guarded(t);
  const good = await issuer.token("reader", resource);
  for (const token of ["", good]) {
    const refused = await posted(server, token, { path: `${resource}?access_token=${good}` });
    assert.equal(refused.status, 400, refused.reason);
    assert.match(refused.challenge, /error="invalid_request"/);
  }
});

test("what a caller's token is for ends here: the org never sees it", async (t) => {
  const signIn = await demoOrg(t);
  const org = await startProxy(t, { to: signIn.OKTA_ORG_URL });
  const { issuer, server, resource } = await guarded(t, { signIn: { ...signIn, OKTA_ORG_URL: org.origin } });
  const token = await issuer.token("changer", resource);
  const peer = await server.connect({ token, answer: (question) => ({ action: "accept", content: consenting(question) }) });
  assert.ok((await peer.ok("list_users")).count > 0);
  await peer.ok("delete_group", deleteProject);
  assert.ok(org.requests.some(({ method, path }) => method === "DELETE" && path.startsWith("/api/v1/groups/")), "the org was not asked");
  const [, , signature] = token.split(".");
  for (const { method, path, headers, body } of org.requests) {
    assert.ok(!`${path} ${JSON.stringify(headers)} ${body}`.includes(signature), `${method} ${path} carried the caller's token`);
  }
});

test("an Okta org's own authorization server is no issuer for callers", async (t) => {
  const org = await startOrg(t);
  const oauth = ["--auth", "oauth", "--public-url", "http://127.0.0.1:8080/mcp", "--oauth-issuer", org.url];
  const child = spawn(binary(), [...serveDemo, "--transport", "http", "--listen", "127.0.0.1:0", ...oauth], { env: environment(t), stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (chunk) => { log += chunk; });
  const [code] = await once(child, "close");
  assert.equal(code, 2, log);
  assert.match(log, /custom authorization server/);
  assert.doesNotMatch(log, /listening on/);
});
