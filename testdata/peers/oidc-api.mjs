// Okta's API with one resource, /api/v1/users, as a resource server of RFC 6750
// and RFC 9449 would be written: it knows tokens from the authorization server's
// introspection (RFC 7662) alone, and proofs by jose.

import { createHash, randomBytes } from "node:crypto";

import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from "jose";

const users = ["ada.okafor@acme.example", "jonas.weber@acme.example"].map((login, i) => ({
  id: `00uOfTests000000000${i}`,
  status: "ACTIVE",
  created: "2026-01-05T09:00:00.000Z",
  lastUpdated: "2026-01-05T09:00:00.000Z",
  profile: { login, email: login, firstName: login.split(".")[0], lastName: login.split(/[.@]/)[1] },
}));

/** What the list of users must answer. */
export const logins = users.map(({ profile }) => profile.login);

export class UsersAPI {
  /** Every request: {authorization, proof, status, challenge}. */
  requests = [];
  #seen = new Set();
  #nonce = newNonce();

  constructor(url, client, { apiNonces = false, apiStatus = 401 }) {
    Object.assign(this, { url, client, apiNonces, apiStatus });
  }

  async answer(request, response) {
    const { status, body, challenge } = await this.#decide(request);
    const reset = Math.ceil(Date.now() / 1000) + 60;
    response.setHeader("X-Rate-Limit-Limit", "600").setHeader("X-Rate-Limit-Remaining", "599").setHeader("X-Rate-Limit-Reset", String(reset));
    if (challenge) response.setHeader("WWW-Authenticate", challenge);
    if (this.apiNonces) response.setHeader("DPoP-Nonce", this.#nonce);
    const { authorization = "", dpop: proof = "" } = request.headers;
    this.requests.push({ authorization, proof, status, challenge });
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  }

  async #decide(request) {
    const [scheme = "", token = ""] = (request.headers.authorization ?? "").split(" ");
    const known = await this.#introspect(token);
    const refused = await this.#refuse(request, scheme, token, known);
    if (refused) return refused;
    if (!/\bokta\.users\.(read|manage)\b/.test(known.scope ?? "")) return oktaError(403, "E0000006", "You do not have permission");
    const { pathname } = new URL(request.url, this.url);
    if (request.method === "GET" && pathname === "/api/v1/users") return { status: 200, body: users };
    const found = users.find(({ id }) => pathname === `/api/v1/users/${id}`);
    return found ? { status: 200, body: found } : oktaError(404, "E0000007", "Not found");
  }

  async #introspect(token) {
    if (!token) return { active: false };
    const basic = Buffer.from(`${this.client.id}:${this.client.secret}`).toString("base64");
    const response = await fetch(`${this.url}/oauth2/v1/introspect`, {
      method: "POST", headers: { Authorization: `Basic ${basic}` }, body: new URLSearchParams({ token }),
    });
    if (!response.ok) throw new Error(`introspection answered ${response.status}: ${await response.text()}`);
    return response.json();
  }

  /** The refusal of a token, or of how it was presented; undefined for a good one. */
  async #refuse(request, scheme, token, { active, cnf }) {
    const invalid = (by) => oktaError(401, "E0000011", "Invalid token provided", `${by} error="invalid_token"`);
    if (!active) return invalid("Bearer");
    if (!cnf) return scheme === "Bearer" ? undefined : invalid("Bearer");
    if (scheme !== "DPoP") return invalid("DPoP"); // RFC 9449 section 7.2: a bound token is no bearer token
    try {
      return await this.#refuseProof(request, token, cnf.jkt);
    } catch (error) {
      return this.#badProof("invalid_dpop_proof", error.message);
    }
  }

  /** RFC 9449 section 4.3, check by check. */
  async #refuseProof(request, token, jkt) {
    const { payload, protectedHeader } = await jwtVerify(request.headers.dpop ?? "", EmbeddedJWK, {
      typ: "dpop+jwt", algorithms: ["ES256", "RS256"], maxTokenAge: "1m", requiredClaims: ["jti", "htm", "htu", "iat", "ath"],
    });
    const path = decodeURIComponent(new URL(request.url, this.url).pathname); // as Okta; RFC 9449 would have it as it came
    const wrong = Object.entries({
      htm: payload.htm === request.method,
      htu: payload.htu === this.url + path,
      ath: payload.ath === createHash("sha256").update(token).digest("base64url"),
      jwk: jkt === await calculateJwkThumbprint(protectedHeader.jwk),
      jti: !this.#seen.has(payload.jti),
    }).filter(([, good]) => !good).map(([claim]) => claim);
    this.#seen.add(payload.jti);
    if (wrong.length > 0) return this.#badProof("invalid_dpop_proof", `wrong: ${wrong}`);
    if (!this.apiNonces) return undefined;
    const fresh = payload.nonce === this.#nonce;
    this.#nonce = newNonce(); // and each answer has the next
    return fresh ? undefined : this.#badProof("use_dpop_nonce", "not the last nonce");
  }

  #badProof(error, description) {
    const challenge = `DPoP error="${error}", error_description="${description.replace(/["\\]/g, "'")}", algs="ES256 RS256"`;
    return oktaError(this.apiStatus, "E0000011", description, challenge);
  }
}

function newNonce() {
  return randomBytes(12).toString("base64url");
}

function oktaError(status, errorCode, errorSummary, challenge) {
  return { status, challenge, body: { errorCode, errorSummary, errorLink: errorCode, errorId: "oaeOfTests", errorCauses: [] } };
}
