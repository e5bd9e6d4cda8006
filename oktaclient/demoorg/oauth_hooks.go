package demoorg

import (
	"fmt"
	"slices"
	"time"
)

// Credentials returns the service app's client id, first key and granted
// scopes, and the native app's client id.
func (o *Org) Credentials() Credentials {
	defer o.lockTokens()()
	t := o.tokens
	return Credentials{
		ClientID: t.service.app.id, KeyID: firstKeyID(o.seed), PrivateKeyPEM: t.pem, Scopes: slices.Clone(t.service.granted),
		NativeClientID: t.native.app.id,
	}
}

// Grant replaces the scopes granted to the service app. Tokens issued before
// keep the scopes they were issued with, as in Okta.
func (o *Org) Grant(scopes ...string) { o.grantTo(o.tokens.service, scopes) }

// GrantNative replaces the scopes granted to the native app. A person's sign-in
// loses what is taken away at its next refresh, and gains nothing.
func (o *Org) GrantNative(scopes ...string) { o.grantTo(o.tokens.native, scopes) }

func (o *Org) grantTo(c *client, granted []string) {
	defer o.lockTokens()()
	c.granted = slices.Clone(granted)
}

// RegisterKey adds a public key, a JWK with a kid, to those the service app may
// sign its assertions with: RSA or elliptic, as Okta takes them. It fails on
// any other key and on a kid that is taken.
func (o *Org) RegisterKey(document []byte) error {
	key, err := readClientKey(document)
	if err != nil {
		return fmt.Errorf("register a key: %w", err)
	}
	defer o.lockTokens()()
	c := o.tokens.service
	if slices.ContainsFunc(c.keys, func(known clientKey) bool { return known.id == key.id }) {
		return fmt.Errorf("register a key: the service app has one with the kid %q already", key.id)
	}
	c.keys = append(c.keys, key)
	return nil
}

// RemoveKey takes a key of the service app away, its first one included. It
// fails when no key has that kid.
func (o *Org) RemoveKey(keyID string) error {
	defer o.lockTokens()()
	c, before := o.tokens.service, len(o.tokens.service.keys)
	c.keys = slices.DeleteFunc(slices.Clone(c.keys), func(known clientKey) bool { return known.id == keyID })
	if len(c.keys) == before {
		return fmt.Errorf("remove a key: the service app has none with the kid %q", keyID)
	}
	return nil
}

// RequireDPoP says whether an app must bind its tokens to a key: what Okta calls
// "Require Demonstrating Proof of Possession". It fails on a client id that is
// neither of Credentials. The app's document tells it as
// dpop_bound_access_tokens, and changing that does the same.
func (o *Org) RequireDPoP(clientID string, required bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	c := o.clientByID(clientID)
	if c == nil {
		return fmt.Errorf("require DPoP: no client has the id %q", clientID)
	}
	c.app.requireDPoP(required)
	return nil
}

func (a *app) requireDPoP(required bool) {
	object(a.body, "settings", "oauthClient")["dpop_bound_access_tokens"] = required
}

// RequireAPINonce says whether proofs of API calls need a nonce too. Okta's do
// not as a rule, so a new org asks for none.
func (o *Org) RequireAPINonce(required bool) {
	defer o.lockTokens()()
	o.tokens.apiNonce = required
}

// RotateNonce makes every DPoP nonce told so far useless. Without it a nonce
// is renewed daily and good for three days, as Okta's are.
func (o *Org) RotateNonce() {
	defer o.lockTokens()()
	o.tokens.nonces = nil
}

// RevokeTokens makes every access token issued so far answer 401 E0000011.
// Refresh tokens stay good.
func (o *Org) RevokeTokens() {
	defer o.lockTokens()()
	clear(o.tokens.issued)
}

// EndSignIns ends everything that people have signed in to: their access tokens,
// refresh tokens and device codes.
func (o *Org) EndSignIns() {
	defer o.lockTokens()()
	for _, held := range o.tokens.refreshes {
		held.of.ended = true
	}
	for token, held := range o.tokens.issued {
		if held.of != nil {
			delete(o.tokens.issued, token)
		}
	}
	clear(o.tokens.devices)
}

// ShiftClock moves the org's clock by d, on top of earlier shifts.
func (o *Org) ShiftClock(d time.Duration) { o.shift.Add(int64(d)) }

// Activate lets the person with that login sign in to the device that shows the
// user code, as its page does. It fails on a code nobody waits for and on a
// person who cannot sign in.
func (o *Org) Activate(userCode, login string) error {
	defer o.lockTokens()()
	g := o.tokens.waiting(userCode, o.now())
	if g == nil {
		return fmt.Errorf("activate %q: no device waits for that code; it is wrong, used or expired", userCode)
	}
	u := o.directory.byLogin[foldLogin(login)]
	if u == nil {
		return fmt.Errorf("activate %q: nobody has the login %q", userCode, login)
	}
	if u.live.status != active {
		return fmt.Errorf("activate %q: %s cannot sign in: the account is %s", userCode, login, u.live.status)
	}
	g.userID, g.approved = u.id, o.now()
	return nil
}

// Deny refuses the device that shows the user code. It fails on a code nobody
// waits for.
func (o *Org) Deny(userCode string) error {
	defer o.lockTokens()()
	g := o.tokens.waiting(userCode, o.now())
	if g == nil {
		return fmt.Errorf("deny %q: no device waits for that code; it is wrong, used or expired", userCode)
	}
	g.denied = true
	return nil
}
