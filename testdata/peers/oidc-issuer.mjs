// An authorization server that is not ours, for those who call a server of ours:
// oidc-provider as it comes, with signed tokens (RFC 9068) for the resource that is
// asked for (RFC 8707).

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

import { SignJWT } from "jose";
import Provider from "oidc-provider";

import "./oidc-org.mjs"; // which keeps the library quiet

/** What every token must have, and what callers may do more with. */
export const scopes = { call: "okta-mcp", read: "okta-mcp.read", change: "okta-mcp.change" };
const allScopes = Object.values(scopes).join(" ");

/** The scopes each client is granted of those it asks for; others, which registered themselves, get all but read. */
const granted = {
  reader: [scopes.call, scopes.read],
  changer: [scopes.call, scopes.change],
  nobody: [scopes.call], // which no entry of callers is about
  outsider: [scopes.read],
};
const registered = [scopes.call, scopes.change];

/** Starts an issuer on a free port of the loopback; it ends with the test. */
export async function startIssuer(t) {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const issuer = new Issuer(`http://127.0.0.1:${server.address().port}`);
  server.on("request", issuer.provider.callback());
  return issuer;
}

class Issuer {
  /** Every token that a client was given. */
  tokens = [];
  #secret = randomBytes(32).toString("base64url");
  #keys = generateKeyPairSync("rsa", { modulusLength: 2048 });

  constructor(url) {
    this.url = url;
    const key = { ...this.#keys.privateKey.export({ format: "jwk" }), kid: "the-key", use: "sig", alg: "RS256" };
    this.provider = new Provider(url, configuration(key, this.#secret));
    this.provider.use(async (ctx, next) => {
      await next();
      if (ctx.oidc?.route === "token" && ctx.body?.access_token) this.tokens.push(ctx.body.access_token);
    });
  }

  /** What an SDK client needs to get tokens as one of the clients. */
  credentials(client) {
    return { clientId: client, clientSecret: this.#secret, expectedIssuer: this.url, scope: allScopes };
  }

  /** Gets a token as one of the clients. */
  async token(client, resource, scope = allScopes) {
    const basic = Buffer.from(`${client}:${this.#secret}`).toString("base64");
    const response = await fetch(`${this.url}/token`, {
      method: "POST", headers: { Authorization: `Basic ${basic}` },
      body: new URLSearchParams({ grant_type: "client_credentials", resource, scope }),
    });
    if (!response.ok) throw new Error(`the token endpoint answered ${response.status}: ${await response.text()}`);
    return (await response.json()).access_token;
  }

  /** Signs what the library never would: claims over those of a good token, by hand. */
  sign(resource, claims, { alg = "RS256", kid = "the-key", key = this.#keys.privateKey } = {}) {
    const now = Math.floor(Date.now() / 1000);
    const good = { iss: this.url, sub: "reader", aud: resource, scope: granted.reader.join(" "), iat: now, exp: now + 600, jti: randomBytes(9).toString("hex"), client_id: "reader" };
    return new SignJWT({ ...good, ...claims }).setProtectedHeader({ alg, kid, typ: "at+jwt" }).sign(key);
  }

  /** The published key: what libraries that believe any alg take for the secret of a MAC. */
  get publicPEM() {
    return Buffer.from(this.#keys.publicKey.export({ type: "spki", format: "pem" }));
  }
}

function configuration(key, secret) {
  const app = { client_secret: secret, redirect_uris: [], response_types: [], grant_types: ["client_credentials"] };
  return {
    clients: Object.keys(granted).map((client_id) => ({ ...app, client_id })),
    scopes: Object.values(scopes),
    features: {
      clientCredentials: { enabled: true },
      registration: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_, resource, client) => ({
          scope: (granted[client.clientId] ?? registered).join(" "),
          audience: resource, accessTokenFormat: "jwt", accessTokenTTL: 600, jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
    extraTokenClaims: (_, { clientId }) => ({ groups: clientId === "changer" ? ["Help Desk"] : ["Everyone"] }),
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    cookies: { keys: [randomBytes(16).toString("hex")] },
    jwks: { keys: [key] },
    ttl: { ClientCredentials: () => 600, AccessToken: () => 600, IdToken: () => 600, Grant: () => 600, Interaction: () => 600, Session: () => 600 },
  };
}
