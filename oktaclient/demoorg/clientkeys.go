package demoorg

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
)

// leastRSA is how many bits an RSA key needs.
const leastRSA = 2048

// clientKey is a public key registered for an app.
type clientKey struct {
	id     string
	public jwk.Key
}

// signatureAlgorithms are those that Okta takes in assertions and proofs.
func signatureAlgorithms() []string {
	return []string{"RS256", "RS384", "RS512", "ES256", "ES384", "ES512"}
}

// canSign says whether Okta takes signatures by a key with that algorithm. A
// key that names an algorithm signs with no other.
func canSign(public jwk.Key, algorithm jwa.SignatureAlgorithm) bool {
	if named := public.Algorithm().String(); named != "" && named != algorithm.String() {
		return false
	}
	switch key := public.(type) {
	case jwk.RSAPublicKey:
		return new(big.Int).SetBytes(key.N()).BitLen() >= leastRSA && slices.Contains(signatureAlgorithms()[:3], algorithm.String())
	case jwk.ECDSAPublicKey:
		return map[jwa.EllipticCurveAlgorithm]jwa.SignatureAlgorithm{
			jwa.P256: jwa.ES256, jwa.P384: jwa.ES384, jwa.P521: jwa.ES512,
		}[key.Crv()] == algorithm
	}
	return false
}

// newClientKey makes the service app's first key: its public half, and its
// private one as PKCS#8.
func newClientKey(seed uint64) (clientKey, string, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return clientKey{}, "", fmt.Errorf("make the service app's key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return clientKey{}, "", fmt.Errorf("encode the service app's key: %w", err)
	}
	public, err := jwk.FromRaw(private.Public())
	if err != nil {
		return clientKey{}, "", fmt.Errorf("publish the service app's key: %w", err)
	}
	return clientKey{firstKeyID(seed), public}, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), nil
}

func firstKeyID(seed uint64) string { return fmt.Sprintf("demo-%08x", uint32(mix(seed, 'k', 0))) }

// readClientKey reads a public key for an app, as a JWK with a kid.
func readClientKey(document []byte) (clientKey, error) {
	public, err := jwk.ParseKey(document)
	switch {
	case err != nil:
		return clientKey{}, fmt.Errorf("read the JWK: %w", err)
	case !isPublic(public):
		return clientKey{}, errors.New("the JWK is no public key: register the public half only")
	case public.KeyID() == "":
		return clientKey{}, errors.New("the JWK has no kid: give it one")
	}
	for _, name := range signatureAlgorithms() {
		if canSign(public, jwa.SignatureAlgorithm(name)) {
			return clientKey{public.KeyID(), public}, nil
		}
	}
	return clientKey{}, fmt.Errorf("the JWK is of a kind Okta does not take: use an RSA key of %d bits or more, or an elliptic one on P-256, P-384 or P-521", leastRSA)
}

// newSigner makes the key that signs the org's id tokens.
func newSigner() (jwk.Key, error) {
	private, err := rsa.GenerateKey(rand.Reader, leastRSA)
	if err != nil {
		return nil, fmt.Errorf("make the org's signing key: %w", err)
	}
	key, err := jwk.FromRaw(private)
	if err != nil {
		return nil, fmt.Errorf("read the org's signing key: %w", err)
	}
	if err := jwk.AssignKeyID(key); err != nil {
		return nil, fmt.Errorf("name the org's signing key: %w", err)
	}
	return key, nil
}
