package auth

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"
)

// assertionLife is how long an assertion may be used: long enough for a clock
// that is a little off, far below the hour Okta allows.
const assertionLife = 5 * time.Minute

// claims is the payload of a client assertion (RFC 7523 section 3; OpenID
// Connect Core section 9). The times are Unix seconds. Okta wants the audience
// as one string.
type claims struct {
	Issuer    string `json:"iss"`
	Subject   string `json:"sub"`
	Audience  string `json:"aud"`
	ExpiresAt int64  `json:"exp"`
	IssuedAt  int64  `json:"iat"`
	ID        string `json:"jti"`
}

// newAssertion signs a client assertion, good once and for five minutes from
// now. Okta remembers a jti even when it refuses the request, so each attempt
// needs an assertion of its own.
func newAssertion(key *Key, clientID, audience string, now time.Time) (string, error) {
	id := make([]byte, 16)
	if _, err := rand.Read(id); err != nil {
		return "", fmt.Errorf("making an assertion id: %w", err)
	}
	payload, err := json.Marshal(claims{
		Issuer:    clientID,
		Subject:   clientID,
		Audience:  audience,
		ExpiresAt: now.Add(assertionLife).Unix(),
		IssuedAt:  now.Unix(),
		ID:        base64.RawURLEncoding.EncodeToString(id),
	})
	if err != nil {
		return "", fmt.Errorf("encoding the client assertion: %w", err)
	}
	signed, err := key.sign(payload)
	if err != nil {
		return "", fmt.Errorf("signing the client assertion with %s: %w", key, err)
	}
	return string(signed), nil
}
