package demoorg

import (
	"crypto/rand"
	"slices"
	"strings"
	"time"
)

const (
	// tokenLife is how long an access token of the org server lasts.
	tokenLife = time.Hour
	// refreshLife is how long a sign-in can be prolonged. Using a refresh token
	// does not extend it.
	// https://support.okta.com/help/s/article/refresh-token-expiration-behavior
	refreshLife = 90 * 24 * time.Hour
)

// accessToken is what one access token stands for.
type accessToken struct {
	client  *client
	scopes  scopes
	expires time.Time
	key     string  // thumbprint of the key it is bound to, "" for a bearer token
	of      *signIn // nil when it is the client's own
}

// signIn is one person's sign-in to one client, which all tokens that come of it
// share.
type signIn struct {
	client *client
	userID string
	scopes scopes
	at     time.Time
	key    string // thumbprint of the key its refresh tokens are bound to, or ""
	ended  bool
}

// refreshToken can be used once, and again for a while.
type refreshToken struct {
	of   *signIn
	used time.Time // zero: not yet
}

type tokenDoc struct {
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"`
	AccessToken  string `json:"access_token"`
	Scope        string `json:"scope"`
	RefreshToken string `json:"refresh_token,omitempty"`
	IDToken      string `json:"id_token,omitempty"`
}

// token answers one token request. The client is known before its proof is
// looked at: an assertion that came with a bad proof is spent.
func (o *Org) token(f *form) (any, error) {
	kinds := []string{clientCredentials, deviceCode, refreshing}
	kind := f.Get("grant_type")
	if !slices.Contains(kinds, kind) {
		return nil, badGrant("unsupported_grant_type", "The authorization grant type is not supported by the authorization server. "+
			"Configured grant types: ["+strings.Join(kinds, ", ")+"].")
	}
	c, err := o.clientOf(f)
	if err != nil {
		return nil, err
	}
	if err := c.mayUse(kind); err != nil {
		return nil, err
	}
	key, err := o.tokens.keyOf(f, c.needsProof())
	if err != nil {
		return nil, err
	}
	switch kind {
	case clientCredentials:
		return o.tokenForClient(f, c, key)
	case deviceCode:
		return o.tokenForDevice(f, c, key)
	default:
		return o.tokenForRefresh(f, c, key)
	}
}

// tokenForClient answers the client_credentials grant.
func (o *Org) tokenForClient(f *form, c *client, key string) (any, error) {
	asked, err := askedScopes(f.Get("scope"), false)
	if err != nil {
		return nil, err
	}
	allowed, err := c.allowed(asked)
	if err != nil {
		return nil, err
	}
	return o.tokens.issue(&accessToken{client: c, scopes: allowed, key: key}, f.now), nil
}

// tokenForRefresh answers the refresh_token grant. A token used again after its
// grace period is taken for stolen, and the whole sign-in ends.
// https://developer.okta.com/docs/guides/refresh-tokens/main/#refresh-token-reuse-detection
func (o *Org) tokenForRefresh(f *form, c *client, key string) (any, error) {
	t := o.tokens
	held := t.refreshes[f.Get("refresh_token")]
	switch {
	case held == nil || held.of.client != c || !o.lasts(held.of):
		return nil, badRefresh()
	case !held.used.IsZero() && f.now.Sub(held.used) >= t.grace:
		held.of.ended = true
		return nil, badRefresh()
	case held.of.key != "" && key == "":
		return nil, badGrant("invalid_dpop_proof", proofMissing)
	case held.of.key != "" && key != held.of.key:
		return nil, badGrant("invalid_dpop_proof", proofOfOtherKey)
	}
	asked := held.of.scopes
	if f.Has("scope") {
		asked = strings.Fields(f.Get("scope"))
	}
	for _, scope := range asked {
		if !slices.Contains(held.of.scopes, scope) {
			return nil, badGrant("invalid_scope", "The requested scope exceeds the scope granted by the resource owner.")
		}
	}
	allowed, err := c.allowed(asked)
	if err != nil {
		return nil, err
	}
	if held.used.IsZero() {
		held.used = f.now
	}
	held.of.key = key
	return o.tokensOf(held.of, allowed, f)
}

func badRefresh() error {
	return badGrant("invalid_grant", "The refresh token is invalid or expired.")
}

// tokensOf issues the tokens of a person's sign-in, bound to its key.
func (o *Org) tokensOf(of *signIn, allowed scopes, f *form) (any, error) {
	t := o.tokens
	doc := t.issue(&accessToken{client: of.client, scopes: allowed, key: of.key, of: of}, f.now)
	if slices.Contains(of.scopes, "offline_access") {
		doc.RefreshToken = rand.Text() + rand.Text()
		t.refreshes[doc.RefreshToken] = &refreshToken{of: of}
	}
	if slices.Contains(allowed, "openid") {
		signed, err := o.idToken(of, allowed, doc.AccessToken, f)
		if err != nil {
			return nil, err
		}
		doc.IDToken = signed
	}
	return doc, nil
}

// issue makes an access token.
func (t *tokenServer) issue(a *accessToken, now time.Time) *tokenDoc {
	a.expires = now.Add(tokenLife)
	doc := &tokenDoc{
		TokenType: "Bearer", ExpiresIn: int(tokenLife.Seconds()), AccessToken: rand.Text() + rand.Text(), Scope: strings.Join(a.scopes, " "),
	}
	if a.key != "" {
		doc.TokenType = "DPoP"
	}
	t.issued[doc.AccessToken] = a
	return doc
}

// lasts says whether a sign-in still stands: nobody ended it, and the person may
// sign in.
func (o *Org) lasts(s *signIn) bool {
	u := o.directory.byID[s.userID]
	return !s.ended && u != nil && u.live.status == active
}

// living is the access token with that text, nil when it is none or over.
func (o *Org) living(token string, now time.Time) *accessToken {
	held := o.tokens.issued[token]
	if held == nil || !now.Before(held.expires) || !o.isOpen(held.client) || held.of != nil && !o.lasts(held.of) {
		return nil
	}
	return held
}

// revoke answers RFC 7009: 200 whatever the token is. With a refresh token its
// access tokens end; an access token ends alone.
func (o *Org) revoke(f *form) (any, error) {
	c, err := o.clientOf(f)
	if err != nil {
		return nil, err
	}
	t, token := o.tokens, f.Get("token")
	if held := t.issued[token]; held != nil && held.client == c {
		delete(t.issued, token)
	}
	if held := t.refreshes[token]; held != nil && held.of.client == c {
		held.of.ended = true
	}
	return nil, nil
}

// forgetExpired drops what nobody can use any more. A device code is remembered
// for another life, so that its client is told what became of it.
func (t *tokenServer) forgetExpired(now time.Time) {
	for token, held := range t.issued {
		if !now.Before(held.expires) {
			delete(t.issued, token)
		}
	}
	for token, held := range t.refreshes {
		if held.of.ended || !now.Before(held.of.at.Add(refreshLife)) {
			delete(t.refreshes, token)
		}
	}
	for code, g := range t.devices {
		if !now.Before(g.expires.Add(deviceLife)) {
			delete(t.devices, code)
		}
	}
	for jti, until := range t.spent {
		if !now.Before(until) {
			delete(t.spent, jti)
		}
	}
}
