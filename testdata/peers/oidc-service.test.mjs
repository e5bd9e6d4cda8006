// A service app at an authorization server that is not ours: assertions by
// RFC 7523, scopes, and proofs of possession by RFC 9449 at both servers.

import assert from "node:assert/strict";
import { test } from "node:test";

import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, SignJWT } from "jose";

import { connect } from "./harness.mjs";
import { logins } from "./oidc-api.mjs";
import { headless } from "./oidc-machine.mjs";
import { startOrg, serviceApp, ungranted, unknown } from "./oidc-org.mjs";

const clientCredentials = "client_credentials";

/** An org that knows a machine's key, and that machine. */
async function signedUp(t, options, key) {
  const machine = headless(t, key);
  const org = await startOrg(t, { keys: [machine.jwk], ...options });
  machine.at(org);
  return { machine, org };
}

for (const algorithm of ["RS256", "ES256"]) {
  test(`a key of ours signs in with ${algorithm}`, async (t) => {
    const { machine, org } = await signedUp(t, {}, { algorithm });
    await machine.lists(logins);
    const [{ form }, ...more] = org.grants(clientCredentials);
    assert.deepEqual(more, [], "one token is enough for one call");
    const { alg, kid } = decodeProtectedHeader(form.client_assertion);
    assert.deepEqual({ alg, kid }, { alg: algorithm, kid: machine.jwk.kid });
    const { iss, sub, aud, iat, exp } = decodeJwt(form.client_assertion);
    assert.deepEqual({ iss, sub, aud }, { iss: serviceApp, sub: serviceApp, aud: `${org.url}/oauth2/v1/token` });
    assert.ok(exp - iat <= 3600, "Okta takes an hour at most");
  });
}

const strangers = {
  "another key under the same key id": ({ machine, other }) => ({ keys: [{ ...other.jwk, kid: machine.jwk.kid }] }),
  "a key the app does not have": ({ other }) => ({ keys: [other.jwk] }),
};

for (const [what, options] of Object.entries(strangers)) {
  test(`${what} is refused, and nothing reaches the API`, async (t) => {
    const [machine, other] = [headless(t), headless(t)];
    const org = await startOrg(t, options({ machine, other }));
    const said = await machine.at(org).cannotSignIn();
    assert.match(said, /invalid_client \(HTTP 401, request [\w-]+\)/);
    assert.match(said, /Client Credentials/, "it is not said where keys are");
    assert.equal(org.api.requests.length, 0);
  });
}

test("an app the org does not have is refused", async (t) => {
  const { machine, org } = await signedUp(t);
  const said = await machine.cannotSignIn("--client-id", "0oaNobody");
  assert.match(said, /invalid_client/);
  assert.match(said, /0oaNobody/);
  assert.equal(org.api.requests.length, 0);
});

test("an assertion is good once, and each token request has its own", async (t) => {
  const { machine, org } = await signedUp(t);
  await machine.lists(logins);
  await machine.lists(logins);
  const [first, second] = org.tokens(clientCredentials);
  assert.notEqual(decodeJwt(first.form.client_assertion).jti, decodeJwt(second.form.client_assertion).jti);
  const { status, answer } = await org.post("/oauth2/v1/token", second.form);
  assert.deepEqual({ status, error: answer.error }, { status: 401, error: "invalid_client" });
  assert.deepEqual(org.reasons(), ["client assertion tokens must only be used once"]);
});

test("what is granted is what the answer says, not what was asked", async (t) => {
  const { machine } = await signedUp(t);
  const { code, stdout, stderr } = await machine.run("call", "get_access_status", "--scopes", ["okta.users.read", ungranted].join(" "));
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(stdout).scopes.granted, ["okta.users.read"]);
});

test("a scope that the server will not have is found and left out", async (t) => {
  const { machine, org } = await signedUp(t);
  await machine.lists(logins, "--tools", "list_users,list_devices,list_groups");
  const { form, answer } = org.tokens(clientCredentials).at(-1);
  const asked = ({ form }) => form.scope.split(" ").includes(unknown);
  assert.ok(asked(org.tokenRequests[0]), `it never asked for ${unknown}`);
  assert.ok(!asked({ form }), `it still asks for ${form.scope}`);
  assert.deepEqual(answer.scope.split(" "), ["okta.groups.read", "okta.users.read"], "a scope that can be had was left out as well");
  assert.deepEqual([...new Set(org.reasons())], ["requested scope is not allowed"]);
  assert.ok(org.tokenRequests.length <= 6, `it took ${org.tokenRequests.length} requests`);
});

test("that the org requires DPoP is found out, and its nonce taken", async (t) => {
  const { machine, org } = await signedUp(t, { requireDPoP: true, nonces: true });
  await machine.lists(logins);
  assert.deepEqual(org.tokenRequests.map(({ proof, answer }) => [proof !== "", answer.error ?? answer.token_type]), [
    [false, "invalid_dpop_proof"], [true, "use_dpop_nonce"], [true, "DPoP"],
  ]);
  const assertions = new Set(org.tokenRequests.map(({ form }) => form.client_assertion));
  assert.equal(assertions.size, 3, "an assertion was sent twice");
  const [{ authorization, proof }] = org.api.requests;
  assert.match(authorization, /^DPoP /);
  assert.ok(decodeJwt(proof).ath, "the proof is not for this token");
});

for (const apiStatus of [401, 400]) {
  test(`the API's nonce is taken where it is asked for with ${apiStatus}, and renewed with each answer`, async (t) => {
    const { machine, org } = await signedUp(t, { requireDPoP: true, apiNonces: true, apiStatus });
    const peer = await connect(t, { args: ["serve"], env: machine.env });
    for (let i = 0; i < 3; i++) assert.equal((await peer.ok("list_users")).count, 2);
    assert.deepEqual(org.api.requests.map(({ status }) => status), [apiStatus, 200, 200, 200]);
    const ids = org.api.requests.map(({ proof }) => decodeJwt(proof).jti);
    assert.equal(new Set(ids).size, ids.length, "a proof was sent twice");
    assert.equal(org.tokens(clientCredentials).length, 1, "a nonce is no reason for another token");
  });
}

test("a bound token is worth nothing without its key", async (t) => {
  const { machine, org } = await signedUp(t, { requireDPoP: true });
  await machine.lists(logins);
  const [{ authorization, proof }] = org.api.requests;
  const token = authorization.slice("DPoP ".length);
  const stolen = await strangersProof(decodeJwt(proof));
  for (const [what, headers, challenge] of [
    ["as a bearer token", { Authorization: `Bearer ${token}` }, /invalid_token/],
    ["as a bearer token, with a proof", { Authorization: `Bearer ${token}`, DPoP: stolen }, /invalid_token/],
    ["without a proof", { Authorization: authorization }, /invalid_dpop_proof/],
    ["with the proof that was sent before", { Authorization: authorization, DPoP: proof }, /"wrong: jti"/],
    ["with another's proof", { Authorization: authorization, DPoP: stolen }, /"wrong: jwk"/],
  ]) {
    const { status, headers: answered } = await fetch(`${org.url}/api/v1/users`, { headers });
    assert.equal(status, 401, what);
    assert.match(answered.get("WWW-Authenticate"), challenge, what);
  }
});

test("a proof names the path as Okta reads it: decoded", async (t) => {
  const { machine, org } = await signedUp(t, { requireDPoP: true });
  const { code, stderr } = await machine.run("call", "get_user", "user_id=zoë weiß@acme.example");
  assert.equal(code, 1, stderr);
  assert.match(stderr, /not found|no user/i);
  const [{ status, challenge }] = org.api.requests;
  assert.deepEqual({ status, challenge }, { status: 404, challenge: undefined }, "the proof was refused");
});

/** A new and right proof, by a key that the token is not bound to. */
async function strangersProof({ htm, htu, ath }) {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const header = { alg: "ES256", typ: "dpop+jwt", jwk: await exportJWK(publicKey) };
  return new SignJWT({ htm, htu, ath, jti: "a stranger's" }).setProtectedHeader(header).setIssuedAt().sign(privateKey);
}

test("--dpop=always binds where it need not be, --dpop=auto does not", async (t) => {
  const { machine, org } = await signedUp(t);
  await machine.lists(logins, "--dpop=always");
  await machine.lists(logins, "--dpop=auto");
  assert.deepEqual(org.tokens(clientCredentials).map(({ answer }) => answer.token_type), ["DPoP", "Bearer"]);
  assert.deepEqual(org.api.requests.map(({ authorization }) => authorization.split(" ")[0]), ["DPoP", "Bearer"]);
});

test("--dpop=always takes no token that is not bound", async (t) => {
  const { machine, org } = await signedUp(t, { deaf: true });
  assert.match(await machine.cannotSignIn("--dpop=always"), /a token that is not bound to our key.*dpop is set to always/);
  assert.equal(org.api.requests.length, 0);
});

test("--dpop=never says that the org requires it", async (t) => {
  const { machine, org } = await signedUp(t, { requireDPoP: true });
  assert.match(await machine.cannotSignIn("--dpop=never"), /the app requires DPoP, which is set to never/);
  assert.deepEqual(org.tokenRequests.map(({ proof }) => proof), [""]);
});

test("a token that the server took back is replaced, and the call repeated", async (t) => {
  const { machine, org } = await signedUp(t, { requireDPoP: true });
  const peer = await connect(t, { args: ["serve"], env: machine.env });
  await peer.ok("list_users");
  const [{ answer }] = org.tokens(clientCredentials);
  await (await org.provider.ClientCredentials.find(answer.access_token)).destroy();
  assert.equal((await peer.ok("list_users")).count, 2);
  assert.deepEqual(org.api.requests.map(({ status }) => status), [200, 401, 200]);
  assert.equal(org.tokens(clientCredentials).length, 2);
});
