package demoorg

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// idToken signs what the scopes let the client know about the person.
func (o *Org) idToken(of *signIn, allowed scopes, access string, f *form) (string, error) {
	key, err := o.tokens.signer()
	if err != nil {
		return "", err
	}
	said := personClaims(o.directory.byID[of.userID], allowed)
	half := sha256.Sum256([]byte(access))
	for name, value := range map[string]any{
		"ver": 1, "iss": f.base, "aud": of.client.app.id, "jti": "ID." + hashOf("id"+access),
		"iat": f.now.Unix(), "exp": f.now.Add(tokenLife).Unix(), "auth_time": of.at.Unix(),
		"amr": []string{"pwd"}, "idp": o.sessions.provider,
		"at_hash": base64.RawURLEncoding.EncodeToString(half[:len(half)/2]),
	} {
		said[name] = value
	}
	payload, err := json.Marshal(said)
	if err != nil {
		return "", fmt.Errorf("encode an id token: %w", err)
	}
	signed, err := jws.Sign(payload, jws.WithKey(jwa.RS256, key))
	if err != nil {
		return "", fmt.Errorf("sign an id token: %w", err)
	}
	return string(signed), nil
}

// personClaims are the claims about a person that the scopes ask for.
// https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/#scope-dependent-claims
func personClaims(u *user, allowed scopes) map[string]any {
	said := map[string]any{"sub": u.id}
	p := u.live.profile
	if slices.Contains(allowed, "profile") {
		said["updated_at"] = int64(u.live.lastUpdated)
		for claim, text := range map[string]string{
			"name": strings.TrimSpace(p.text("firstName") + " " + p.text("lastName")), "preferred_username": u.login(),
			"given_name": p.text("firstName"), "family_name": p.text("lastName"), "nickname": p.text("nickName"),
			"locale": p.text("locale"), "zoneinfo": p.text("timezone"),
		} {
			if text != "" {
				said[claim] = text
			}
		}
	}
	if slices.Contains(allowed, "email") {
		said["email"], said["email_verified"] = p.text("email"), true
	}
	return said
}

// serveUserinfo answers who has signed in.
func (o *Org) serveUserinfo(w http.ResponseWriter, r *http.Request, now time.Time, number uint64) {
	room := o.limiter.take("oauth2", now)
	room.write(w.Header())
	held, err := o.access(w.Header(), r, "openid", now)
	if room.exceeded {
		err = tooManyRequests()
	}
	if err != nil {
		o.writeError(w, err, number)
		return
	}
	o.mu.RLock()
	defer o.mu.RUnlock()
	u := o.directory.byID[held.of.userID] // who asked for openid is a person
	if u == nil {
		o.writeError(w, unknownEndpoint(), number)
		return
	}
	writeJSON(w, http.StatusOK, personClaims(u, held.scopes))
}

// serveKeys answers the public half of the key that signs id tokens.
func (o *Org) serveKeys(w http.ResponseWriter, number uint64) {
	key, err := o.tokens.signer()
	if err != nil {
		o.writeError(w, err, number)
		return
	}
	public, err := jwk.PublicKeyOf(key)
	if err != nil {
		o.writeError(w, err, number)
		return
	}
	writeJSON(w, http.StatusOK, map[string][]jwk.Key{"keys": {public}})
}
