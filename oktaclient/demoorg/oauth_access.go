package demoorg

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// access lets an API call in whose token lives, whose proof is good where the
// token is bound to a key, and whose scopes suffice. It spends the proof.
func (o *Org) access(h http.Header, r *http.Request, scope string, now time.Time) (*accessToken, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	proves := strings.EqualFold(scheme, "DPoP")
	refuse := refusal{base: baseOf(r), path: r.URL.EscapedPath(), scope: scope, proves: proves}
	defer o.lockTokens()()
	held := o.living(strings.TrimSpace(token), now)
	if held == nil || !proves && !strings.EqualFold(scheme, "Bearer") {
		return nil, refuse.token()
	}
	if bound := held.key != ""; bound != proves {
		refuse.proves = true
		return nil, refuse.token()
	}
	if proves {
		if err := o.tokens.possess(h, r, held, strings.TrimSpace(token), now); err != nil {
			return nil, refuse.proof(err)
		}
	}
	if !held.scopes.allow(scope) {
		return nil, refuse.missing()
	}
	return held, nil
}

// possess checks that a call proves to hold the key that its token is bound to.
func (t *tokenServer) possess(h http.Header, r *http.Request, held *accessToken, token string, now time.Time) *proofError {
	if t.apiNonce {
		h.Set("DPoP-Nonce", t.nonces.current(now))
	}
	// Okta compares htu with the path it has decoded: %40 in a proof is refused
	// where the address has it too.
	p, err := t.checkProof(r.Header.Values("DPoP"), r.Method, baseOf(r)+r.URL.Path, t.apiNonce, now)
	switch {
	case err != nil:
		return err
	case p.Hash != hashOf(token):
		return badProof("'ath' claim in the DPoP proof does not match the presented access_token.")
	case p.key != held.key:
		return badProof(proofOfOtherKey)
	}
	return nil
}

// refusal is what the answers to a call without good credentials have in common.
type refusal struct {
	base, path, scope string
	proves            bool // the client is to prove that it holds a key
}

// token refuses a token that is none, over, or not used the way it must be.
func (r refusal) token() *apiError {
	return &apiError{
		status: http.StatusUnauthorized, code: "E0000011", summary: "Invalid token provided",
		header: r.challenge("invalid_token", "The access token is invalid."),
	}
}

// missing refuses a token without the scope: everything is in the header and
// the body is empty.
func (r refusal) missing() *apiError {
	return &apiError{
		status: http.StatusForbidden, bare: true,
		header: r.challenge("insufficient_scope", "The access token provided does not contain the required scopes."),
	}
}

// proof refuses a proof the way Okta's API is seen to: 400, where RFC 9449 has
// 401, and no body.
func (r refusal) proof(e *proofError) *apiError {
	description := e.description
	if e.code == useNonce {
		description = "Resource server requires nonce in DPoP proof"
	}
	return &apiError{status: http.StatusBadRequest, bare: true, header: r.challenge(e.code, description)}
}

// challenge is the WWW-Authenticate header of RFC 6750 section 3 and RFC 9449
// section 7.1, as Okta fills it.
func (r refusal) challenge(code, description string) http.Header {
	scheme := "Bearer"
	if r.proves {
		scheme = `DPoP algs="` + strings.Join(signatureAlgorithms(), " ") + `",`
	}
	return http.Header{"Www-Authenticate": {fmt.Sprintf(
		`%s authorization_uri="%s/oauth2/v1/authorize", realm="%s", scope="%s", error="%s", error_description="%s", resource="%s"`,
		scheme, r.base, r.base, r.scope, code, description, r.path)}}
}
