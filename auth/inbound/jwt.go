package inbound

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// compactJWT is a signed token and nothing else: an encrypted one has five parts,
// one of alg none an empty last, and jwx would also read JSON.
var compactJWT = regexp.MustCompile(`^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$`)

var (
	errNotJWT       = errors.New("the token is not a signed JWT")
	errNoKnownKey   = errors.New("the token is signed with a key that its issuer does not publish")
	errBadSignature = errors.New("the signature of the token is wrong")
)

// verify answers the claims of a token that the issuer signed. The header chooses
// among our algorithms and the issuer's published keys; what else it offers (jku,
// jwk, x5u, x5c) is not looked at. What jwx says is not passed on: it may quote
// the token.
func (o *OAuth) verify(ctx context.Context, token string) ([]byte, error) {
	if !compactJWT.MatchString(token) {
		return nil, errNotJWT
	}
	message, err := jws.Parse([]byte(token), jws.WithCompact())
	if err != nil || len(message.Signatures()) != 1 {
		return nil, errNotJWT
	}
	header := message.Signatures()[0].ProtectedHeaders()
	if err := o.checkHeader(header); err != nil {
		return nil, err
	}
	key, known := o.keys.find(ctx, header.KeyID(), header.Algorithm().String())
	if !known {
		return nil, errNoKnownKey
	}
	payload, err := jws.Verify([]byte(token), jws.WithCompact(), jws.WithKey(header.Algorithm(), key))
	if err != nil {
		return nil, errBadSignature
	}
	return payload, nil
}

func (o *OAuth) checkHeader(header jws.Headers) error {
	_, critical := header.Get(jws.CriticalKey)
	switch {
	case critical:
		return errors.New("the token asks for extensions (crit) that this server does not know")
	case !slices.Contains(o.config.Algorithms, header.Algorithm().String()):
		return fmt.Errorf("the token is not signed with one of %s", strings.Join(o.config.Algorithms, ", "))
	case header.KeyID() == "":
		return errors.New("the token does not say which key it is signed with (kid)")
	}
	switch strings.TrimPrefix(strings.ToLower(header.Type()), "application/") {
	case "", "jwt", "at+jwt":
		return nil
	case "okta-internal-at+jwt":
		return errors.New("the token is of Okta's org authorization server and meant for Okta: " + useCustom)
	default:
		return errors.New("the token is not an access token: its typ is neither JWT nor at+jwt")
	}
}

// fit is the kind of key an algorithm signs with, so that no key is used for what
// it was not made for. There is none for HMAC: a public key is no secret.
type fit struct{ keyType, curve string }

func fitOf(algorithm string) (fit, bool) {
	switch jwa.SignatureAlgorithm(algorithm) {
	case jwa.RS256, jwa.RS384, jwa.RS512, jwa.PS256, jwa.PS384, jwa.PS512:
		return fit{"RSA", ""}, true
	case jwa.ES256:
		return fit{"EC", "P-256"}, true
	case jwa.ES384:
		return fit{"EC", "P-384"}, true
	case jwa.ES512:
		return fit{"EC", "P-521"}, true
	case jwa.EdDSA:
		return fit{"OKP", "Ed25519"}, true
	}
	return fit{}, false
}

func isAsymmetric(algorithm string) bool {
	_, ok := fitOf(algorithm)
	return ok
}

// asymmetric are the algorithms there are to choose among.
func asymmetric() []string {
	return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
}
