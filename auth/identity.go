package auth

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwt"

	"okta-mcp/auth/tokenstore"
)

// idTokenLeeway is how far an ID token's times may be off: they say nothing that
// the token beside it does not.
const idTokenLeeway = 10 * time.Minute

// ErrSubjectChanged is a sign-in by somebody else than this process serves. What
// was shown to an agent for one person is not carried on with another's power.
var ErrSubjectChanged = errors.New("another person signed in than the one this process serves: restart okta-mcp to serve them")

// subjectOf reads who an ID token is about. It came straight from the token
// endpoint over TLS, which stands in for its signature (OpenID Connect Core
// section 3.1.3.7). No error repeats any part of it.
func (e *endpoint) subjectOf(idToken tokenstore.Secret) (string, error) {
	parsed, err := jwt.ParseInsecure([]byte(idToken.Reveal()))
	if err != nil {
		return "", errors.New("finding out who signed in: Okta answered no ID token that can be read; allow the scope openid for the app")
	}
	issuer, err := url.Parse(parsed.Issuer())
	switch {
	case err != nil || originOf(issuer) != e.org:
		return "", fmt.Errorf("finding out who signed in: the ID token is not from %s: set the org URL to the org's own address", e.org)
	case !slices.Contains(parsed.Audience(), e.clientID):
		return "", fmt.Errorf("finding out who signed in: the ID token is for another app than %s", e.clientID)
	case parsed.Expiration().Add(idTokenLeeway).Before(e.clock.okta()):
		return "", errors.New("finding out who signed in: the ID token has run out: sign in again")
	case parsed.Subject() == "" || len(parsed.Subject()) > maxDescription || !isPrintable(parsed.Subject()):
		return "", errors.New("finding out who signed in: the ID token names nobody")
	}
	return parsed.Subject(), nil
}
