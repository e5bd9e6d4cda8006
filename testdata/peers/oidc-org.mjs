// An Okta org whose authorization server is not ours: oidc-provider, with the
// addresses and habits of Okta's org authorization server, and beside it an API
// of one resource that asks that server about each token.
//
// Where Okta's habits are not the library's, a comment says "as Okta". Everything
// else, the refusals above all, is the library's own reading of the standards.

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

import Provider from "oidc-provider";

import { UsersAPI } from "./oidc-api.mjs";

export const serviceApp = "0oaServiceAppOfTests1";
export const nativeApp = "0oaNativeAppOfTests01";
const apiClient = { id: "the-api", secret: randomBytes(32).toString("base64url") };

/** What an app is granted of its wishes, and a scope that it is not. */
const granted = ["okta.groups.read", "okta.users.manage", "okta.users.read"];
export const ungranted = "okta.logs.read";

/** A scope that the org refuses to hear of: the library does for those of its own that an app may not have. */
export const unknown = "okta.devices.read";

export const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";
const idTokenKey = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });

// The library says at length that this is no way to run it for real, and it is not.
for (const level of ["info", "warn"]) {
  const say = console[level];
  console[level] = (text, ...more) => String(text).startsWith("oidc-provider ") || say(text, ...more);
}

/**
 * Starts an org on a free port of the loopback; it ends with the test.
 *
 * keys        public JWKs of the service app
 * requireDPoP both apps must prove possession, as "Require DPoP" in Okta
 * nonces      proofs at the token endpoint must carry a nonce
 * apiNonces   and those at the API; a nonce is good for one answer
 * apiStatus   of a refused proof at the API: RFC 9449's 401, or 400 as Okta's
 * deaf        the authorization server knows nothing of DPoP
 * codeLife    of a code to sign in with, in seconds
 */
export async function startOrg(t, options = {}) {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const org = new Org(`http://127.0.0.1:${server.address().port}`, options);
  server.on("request", org.listener());
  return org;
}

class Org {
  /** Every request to the token endpoint: {form, proof, status, answer, reason}. */
  tokenRequests = [];
  /** Whether the next token is given, and lost on its way. */
  loseNextToken = false;

  constructor(url, options) {
    this.url = url;
    this.options = options;
    this.api = new UsersAPI(url, apiClient, options);
    this.provider = new Provider(url, configuration(url, options));
    this.provider.on("grant.error", (ctx, error) => { ctx.state.reason = error.error_detail ?? error.error_description; });
    this.provider.use((ctx, next) => this.#asOkta(ctx, next));
  }

  /** The settings that sign a process in to this org. */
  settings(clientID, more) {
    return { OKTA_ORG_URL: this.url, OKTA_CLIENT_ID: clientID, ...more };
  }

  listener() {
    const oauth = this.provider.callback();
    return (request, response) => {
      response.setHeader("X-Okta-Request-Id", randomBytes(9).toString("base64url"));
      if (!request.url.startsWith("/api/")) return oauth(request, response);
      this.api.answer(request, response).catch((error) => response.destroy(error));
    };
  }

  /** Sends a form to an endpoint, as a thief or a proxy would; returns {status, answer}. */
  async post(path, form, headers = {}) {
    const response = await fetch(this.url + path, { method: "POST", body: new URLSearchParams(form), headers });
    const text = await response.text();
    return { status: response.status, answer: text ? JSON.parse(text) : undefined };
  }

  /** The requests of one grant, all of them or those that got a token. */
  grants(type) {
    return this.tokenRequests.filter(({ form }) => form.grant_type === type);
  }

  tokens(type) {
    return this.grants(type).filter(({ status }) => status === 200);
  }

  /** The reasons why the library refused token requests, its own words. */
  reasons() {
    return this.tokenRequests.filter(({ status }) => status !== 200).map(({ reason }) => reason);
  }

  /** Every token and code that was handed out. */
  secrets() {
    const handed = this.tokenRequests.flatMap(({ answer, form, proof }) => [
      answer.access_token, answer.refresh_token, answer.id_token, form.device_code, form.client_assertion, proof,
    ]);
    return handed.filter(Boolean);
  }

  async #asOkta(ctx, next) {
    await next();
    if (ctx.oidc?.route === "device_authorization" && ctx.status === 200) {
      ctx.body = { ...ctx.body, interval: 1 }; // as Okta, which always gives one; only shorter
    }
    if (ctx.oidc?.route !== "token") return;
    if (ctx.state.reason === "DPoP proof JWT not provided") { // as Okta; the library says invalid_grant
      ctx.body = { error: "invalid_dpop_proof", error_description: "The DPoP proof JWT header is missing." };
    }
    const { body: answer, status } = ctx;
    this.tokenRequests.push({ form: { ...ctx.oidc.body }, proof: ctx.get("DPoP"), status, answer, reason: ctx.state.reason });
    if (this.loseNextToken && status === 200) {
      this.loseNextToken = false;
      ctx.respond = false;
      ctx.res.destroy();
    }
  }
}

function configuration(url, { keys = [], requireDPoP = false, nonces = false, codeLife = 600, deaf = false }) {
  const app = { redirect_uris: [], response_types: [], scope: ["openid", "offline_access", ...granted].join(" "), dpop_bound_access_tokens: requireDPoP };
  return {
    clients: [
      { ...app, client_id: serviceApp, grant_types: ["client_credentials"], token_endpoint_auth_method: "private_key_jwt", jwks: { keys } },
      { ...app, client_id: nativeApp, application_type: "native", grant_types: [deviceGrant, "refresh_token"], token_endpoint_auth_method: "none" },
      { client_id: apiClient.id, client_secret: apiClient.secret, grant_types: [], redirect_uris: [], response_types: [] },
    ],
    scopes: ["openid", "offline_access", ...granted, unknown],
    clientAuthMethods: ["none", "private_key_jwt", "client_secret_basic"],
    features: {
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      introspection: { enabled: true, allowedPolicy: (_, client) => client.clientId === apiClient.id },
      revocation: { enabled: true, allowedPolicy: (_, client, token) => client.clientId === token.clientId },
      dPoP: { enabled: !deaf, nonceSecret: randomBytes(32), requireNonce: () => nonces },
      resourceIndicators: { // the API is what every token is for, asked or not: as Okta
        enabled: true,
        defaultResource: () => url,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({ scope: granted.join(" "), accessTokenFormat: "opaque", accessTokenTTL: 3600 }),
      },
    },
    routes: {
      token: "/oauth2/v1/token",
      device_authorization: "/oauth2/v1/device/authorize",
      revocation: "/oauth2/v1/revoke",
      introspection: "/oauth2/v1/introspect",
      code_verification: "/activate",
      jwks: "/oauth2/v1/keys",
    },
    rotateRefreshToken: true,
    ttl: { DeviceCode: () => codeLife, RefreshToken: () => 86400, IdToken: () => 3600, Grant: () => 86400, Interaction: () => 600, Session: () => 600 },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    cookies: { keys: [randomBytes(16).toString("hex")] },
    jwks: { keys: [{ ...idTokenKey, use: "sig", alg: "RS256" }] },
  };
}
