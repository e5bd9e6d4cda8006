package auth

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// ServiceApp signs in as a service app and authorizes requests. It is safe for
// concurrent use and needs no closing: it starts work only when asked, and
// never for longer than the token requests take.
type ServiceApp struct{ *signer }

// NewServiceApp checks the settings and makes a ServiceApp. It sends nothing;
// errors name the setting to mend.
func NewServiceApp(c Config) (*ServiceApp, error) {
	s, err := newSigner(c, methodPrivateKeyJWT, "service app")
	if err != nil {
		return nil, fmt.Errorf("setting up the service app: %w", err)
	}
	if c.Key == nil || c.Key.sign == nil {
		return nil, errors.New("setting up the service app: no private key: read one with ParseKey")
	}
	s.source = &clientCredentials{endpoint: s.endpoint, key: c.Key, asked: s.asked, optional: c.Optional}
	return &ServiceApp{s}, nil
}

// clientCredentials trades assertions for tokens (RFC 6749 section 4.4.2 with
// the client authentication of RFC 7523 section 2.2).
type clientCredentials struct {
	endpoint *endpoint
	key      *Key
	asked    []string
	optional bool
}

// obtain gets a token for what was asked less what is known to be refused. The
// scopes it returns are those refused by now.
func (c *clientCredentials) obtain(ctx context.Context, refused []string) (*token, []string, error) {
	scopes := slices.DeleteFunc(slices.Clone(c.asked), func(scope string) bool { return slices.Contains(refused, scope) })
	if len(scopes) == 0 {
		// All were refused before. One request finds out whether that has changed.
		got, err := c.exchange(ctx, c.asked)
		if err == nil {
			refused = nil
		}
		return got, refused, err
	}
	got, err := c.exchange(ctx, scopes)
	if !c.optional || !hasCode(err, codeInvalidScope) {
		return got, refused, err
	}
	got, more, err := narrow(ctx, c.exchange, scopes, err)
	refused = append(refused, more...)
	slices.Sort(refused)
	return got, refused, err
}

func (c *clientCredentials) exchange(ctx context.Context, scopes []string) (*token, error) {
	got, err := c.endpoint.exchange(ctx, grant{
		purpose: toSignIn, keyID: c.key.ID(), scopes: scopes,
		form: func() (url.Values, error) {
			assertion, err := newAssertion(c.key, c.endpoint.clientID, c.endpoint.org.tokenURL(), c.endpoint.clock.okta())
			return url.Values{
				"grant_type":            {"client_credentials"},
				"scope":                 {strings.Join(scopes, " ")},
				"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
				"client_assertion":      {assertion},
			}, err
		},
	})
	if err == nil {
		got.granted = both(got.granted, c.asked) // an answer that says more gives us no more
	}
	return got, err
}
