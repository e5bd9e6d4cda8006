package demoorg

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
)

const (
	// assertionType is RFC 7523's name for a JWT that authenticates a client.
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	// assertionLife is how far ahead an assertion may expire. Okta gives no
	// leeway: clients with a fast clock that ask for the full hour are refused.
	assertionLife = time.Hour
	// iatLeeway is how far ahead of the org's clock an assertion may be issued.
	iatLeeway = 5 * time.Minute
)

// claims are the claims Okta looks at in a client assertion.
type claims struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience audience `json:"aud"`
	Expires  float64  `json:"exp"`
	Issued   float64  `json:"iat"`
	ID       string   `json:"jti"`
}

// audience is a string or a list of them, RFC 7519 section 4.1.3.
type audience []string

func (a *audience) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(a))
}

// authenticate checks a client assertion the way Okta does and spends its jti.
// https://developer.okta.com/docs/api/openapi/okta-oauth/guides/client-auth/
func (o *Org) authenticate(f *form) (*client, error) {
	if f.Get("client_assertion_type") != assertionType {
		return nil, invalidClient("The client_assertion_type is invalid.")
	}
	assertion := f.Get("client_assertion")
	message, err := jws.ParseString(assertion)
	if err != nil || len(message.Signatures()) != 1 {
		return nil, invalidClient("The client_assertion is not a valid JWT.")
	}
	var said claims
	if err := json.Unmarshal(message.Payload(), &said); err != nil {
		return nil, invalidClient("The client_assertion is not a valid JWT.")
	}
	c := o.clientByID(said.Subject)
	if c == nil {
		return nil, unknownClient()
	}
	header := message.Signatures()[0].ProtectedHeaders()
	public := c.key(header.KeyID())
	if public == nil {
		return nil, invalidClient("The client_assertion JWT kid is invalid.")
	}
	if !canSign(public, header.Algorithm()) {
		return nil, invalidClient("The client_assertion signing algorithm does not match the registered key.")
	}
	if _, err := jws.Verify([]byte(assertion), jws.WithKey(header.Algorithm(), public)); err != nil {
		return nil, invalidClient("The client_assertion signature is invalid.")
	}
	if failed := said.check(f.endpoint(), f.now); failed != nil {
		return nil, failed
	}
	if failed := o.tokens.spend(said); failed != nil {
		return nil, failed
	}
	return c, nil
}

// key is the client's key with that id. An assertion need not name the only one.
func (c *client) key(id string) jwk.Key {
	for _, known := range c.keys {
		if known.id == id || id == "" && len(c.keys) == 1 {
			return known.public
		}
	}
	return nil
}

// check looks at who the assertion is from and for, and when.
func (c claims) check(endpoint string, now time.Time) *oauthError {
	expires, issued := instant(c.Expires), instant(c.Issued)
	switch {
	case c.Issuer != c.Subject:
		return invalidClient("The issuer and subject claims for client_assertion must be the client_id.")
	case !slices.Contains(c.Audience, endpoint):
		return invalidClient("The audience claim for client_assertion must be the endpoint invoked for the request.")
	case c.Expires == 0:
		return invalidClient("The client_assertion token must have an expiration.")
	case !now.Before(expires):
		return invalidClient("The client_assertion token is expired.")
	case expires.After(now.Add(assertionLife)):
		return invalidClient("The client_assertion token has an expiration too far into the future.")
	case issued.After(now.Add(iatLeeway)):
		return invalidClient("The client_assertion token was issued in the future.")
	}
	return nil
}

func instant(seconds float64) time.Time { return time.UnixMilli(int64(seconds * 1000)) }

// spend makes a jti good once; an assertion without one can be used again.
func (t *tokenServer) spend(c claims) *oauthError {
	if c.ID == "" {
		return nil
	}
	if _, used := t.spent[c.ID]; used {
		return invalidClient("The client_assertion token has already been used.")
	}
	t.spent[c.ID] = instant(c.Expires)
	return nil
}
