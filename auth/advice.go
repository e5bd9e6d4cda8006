package auth

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// attempt is what an advice may need to know of the request that failed.
type attempt struct {
	purpose  purpose
	clientID string
	keyID    string
	org      origin
	scopes   []string
	skew     time.Duration // Okta's clock minus ours, as learnt from the answer
	mode     DPoPMode
	proved   bool // a proof of possession was sent
}

// advise finds the sentence for an error: by status where the status says all,
// else by code and words.
func advise(e *Error, tried attempt) string {
	switch {
	case e.Code == codeTooManyRequests:
		return "the rate limit of the token endpoint is used up; it is tried again by itself; if it keeps happening, see Reports > Rate Limits in the Admin Console for what else uses it"
	case e.Status >= http.StatusInternalServerError:
		return "Okta, or a proxy before it, had a fault; it is tried again by itself; see https://status.okta.com"
	case e.Code == codeRedirected:
		return fmt.Sprintf("%s sends token requests elsewhere, and we do not follow: set the org URL to the org's own address, as shown under Settings > Account or in the Admin Console's user menu, without -admin", tried.org)
	case e.Code == codeUnexpected || e.Status == http.StatusNotFound:
		return fmt.Sprintf("that is not how an Okta org answers: check that %s is the org's URL and that no proxy or sign-in page stands in between", tried.org)
	}
	code, text := e.family(), strings.ToLower(e.Code+" "+e.Description)
	rows := serviceAdvices
	if tried.purpose != toSignIn {
		rows = deviceAdvices
	}
	for _, row := range append(dpopAdvices(tried), rows(tried)...) {
		if containsAny(code, row.codes) && containsAny(text, row.words) {
			return row.advice
		}
	}
	return "look the request up in the Admin Console under Reports > System Log, by the client id"
}

// advice is a sentence for codes and words, each separated by |; empty fits all.
type advice struct{ codes, words, advice string }

const (
	dpopBox = `"Require Demonstrating Proof of Possession (DPoP) header in token requests" under Applications > the app > General > General Settings`

	adviceBound   = "a proxy may be dropping our headers; if none does, set dpop to always, or untick " + dpopBox
	adviceUnbound = "dpop is set to always: tick " + dpopBox + ", or set dpop to auto"
	keysPlace     = "in the Admin Console under Applications > the app > General > Client Credentials"
	grantsPlace   = "in the Admin Console under Applications > the app > Okta API Scopes"
	typesPlace    = "in the Admin Console under Applications > the app > General > Grant type"
)

// dpopAdvices are about proofs of possession. Okta names the claim of a proof
// that it does not like.
func dpopAdvices(a attempt) []advice {
	const codes = codeInvalidDPoPProof + "|" + codeUseDPoPNonce
	if a.mode == DPoPNever && !a.proved {
		return []advice{{codes, "", "the app requires DPoP, which is set to never: set dpop to auto, or untick " + dpopBox}}
	}
	return []advice{
		{codeUseDPoPNonce, "", "Okta wants its nonce in our proof, and either gave none or would not take it: a proxy may be dropping the DPoP or DPoP-Nonce headers; if none does, untick " + dpopBox},
		{codeInvalidDPoPProof, clockWords, "the time in our proof is not Okta's" + skewClause(a) + ": set this machine's clock right (NTP)"},
		{codeInvalidDPoPProof, "htu", fmt.Sprintf("Okta knows this org by another address than %s: set the org URL to the one Okta shows in the Admin Console's user menu, without -admin", a.org)},
		{codeInvalidDPoPProof, "missing", "our proof did not reach Okta: a proxy may be dropping the DPoP header; if none does, untick " + dpopBox},
		{codeInvalidDPoPProof, "", "Okta did not take our proof of possession: sign in again where a person did; if that does not help, untick " + dpopBox},
	}
}

// serviceAdvices lists the sentences for a service app, most particular first.
// Words are Okta's ids and the descriptions its token endpoint is seen to answer,
// which Okta may reword: hence fragments, and a last row for each code.
func serviceAdvices(a attempt) []advice {
	return []advice{
		{codeInvalidClient, "already_used|already been used", "Okta had seen this assertion before: a proxy may be repeating requests; the next try signs a new one"},
		{codeInvalidClient, "too far", "this machine's clock runs ahead" + skewClause(a) + ": set it right (NTP)"},
		{codeInvalidClient, "issued_at|issued at|future|not yet valid", "this machine's clock runs ahead" + skewClause(a) + ": set it right (NTP)"},
		{codeInvalidClient, "expired", "this machine's clock runs behind" + skewClause(a) + ", or the request took over five minutes: set the clock right (NTP)"},
		{codeInvalidClient, "audience", fmt.Sprintf("Okta knows this org by another address than %s: set the org URL to the one Okta shows in the Admin Console's user menu, without -admin", a.org)},
		{codeInvalidClient, "kid|jwk", fmt.Sprintf("the app has no active public key with the id %q: compare the KIDs listed %s, and set the key id of this very key; with several active keys an id is needed", a.keyID, keysPlace)},
		{codeInvalidClient, "signature", fmt.Sprintf("the private key does not belong to the public key %q of the app: register its public half, or use the key that goes with the one listed %s", a.keyID, keysPlace)},
		{"invalid_client|invalid_request", "must use|auth_method|auth method|authentication method|client secret", "the app signs in another way: choose \"Public key / Private key\" " + keysPlace},
		{codeInvalidClient, "algorithm|alg ", "the app's public key is registered for another algorithm: register it anew " + keysPlace},
		{"invalid_client|invalid_request", "missing|must be provided|client_assertion_type|malformed|parse", "Okta found no readable assertion: a proxy may be changing requests to " + a.org.String() + "; if none does, this is a fault of this program"},
		{codeInvalidClient, "client_id|client id|inactive|not found", fmt.Sprintf("the org has no active app with the client id %q: copy it from Applications > the app > General, and check that the app is an API Services app, active, and of %s", a.clientID, a.org)},
		{codeInvalidClient, "", fmt.Sprintf("check that the client id %q is that of an active API Services app of %s, and that \"Public key / Private key\" is chosen with this key registered, %s", a.clientID, a.org, keysPlace)},
		{codeConsentRequired, "", "the app is granted none of the scopes asked for: a super administrator grants them " + grantsPlace + "; asked for: " + list(a.scopes)},
		{codeInvalidScope, "openid", "a service app has no user: leave out openid, profile, email and offline_access"},
		{codeInvalidScope, "", "the org does not know one of the scopes asked for: those listed " + grantsPlace + " can be granted, others belong to features this org does not have; asked for: " + list(a.scopes)},
		{"unauthorized_client", "", "the app may not use client credentials: create it as an API Services app, or allow that grant type under Applications > the app > General"},
		{"unsupported_grant_type", "", "client credentials are off for this org or app: create the app as an API Services app"},
		{"access_denied", "", "a policy of the org refused it: look under Reports > System Log for the reason, network zones of the app's client credentials among them"},
	}
}

// deviceAdvices lists the sentences for a native app and its person.
func deviceAdvices(a attempt) []advice {
	return []advice{
		{codeAccessDenied, "policy", "a sign-in policy of the org refused it: look under Reports > System Log for the reason"},
		{codeAccessDenied, "", "the person declined, or is not assigned to the app: sign in again; assignments are under Applications > the app > Assignments"},
		{codeExpiredToken, "", "the code was not entered in time: sign in again for a new one"},
		{codeInvalidGrant, "", "the sign-in has ended: it was not used for long, was revoked, or belongs to another app: sign in again"},
		{"invalid_client|invalid_request", "secret|must use|auth_method|auth method|authentication method|client_assertion", fmt.Sprintf("the app %q has credentials of its own, which a person's sign-in cannot use: create it as a Native Application, or set Client authentication to None %s", a.clientID, keysPlace)},
		{codeInvalidClient, "", fmt.Sprintf("the org has no active native app with the client id %q: copy it from Applications > the app > General, and check that the app is an OIDC Native Application, active, and of %s", a.clientID, a.org)},
		{codeInvalidScope, scopeOffline, "the app may not renew a sign-in: allow Refresh Token " + typesPlace},
		{codeInvalidScope, "", "the org does not know one of the scopes asked for, or the app is not granted it: those listed " + grantsPlace + " can be granted, others belong to features this org does not have; asked for: " + list(a.scopes)},
		{codeConsentRequired, "", "the app is granted none of the scopes asked for: a super administrator grants them " + grantsPlace + "; asked for: " + list(a.scopes)},
		{"unauthorized_client|unsupported_grant_type", "", "the app may not be signed in to with a code: allow Device Authorization and Refresh Token " + typesPlace},
	}
}

// skewClause says how far the clocks are apart, where we know it to matter.
func skewClause(a attempt) string {
	if a.skew.Abs() < minSkewRetry {
		return ""
	}
	return fmt.Sprintf(" (Okta's clock minus this one's: %s)", a.skew.Round(time.Second))
}

func list(scopes []string) string { return strings.Join(scopes, " ") }
