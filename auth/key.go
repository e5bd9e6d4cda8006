package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
)

const (
	minRSABits = 2048 // NIST SP 800-131A; Okta generates 2048
	maxRSABits = 8192 // above this a signature takes seconds
	maxKeySize = 64 << 10

	howToMakeKey = "make one Okta takes with: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem"
)

// Key is the private signing key of a service app. However it is printed,
// logged or encoded, it shows its id and algorithm and never the key.
type Key struct {
	id        string
	algorithm jwa.SignatureAlgorithm

	// sign makes a compact JWS of a payload. The key itself lives in this closure
	// and nowhere else, where no printer that walks fields can reach it.
	sign func(payload []byte) ([]byte, error)
}

// ID is the key id (kid) put in each assertion's header; empty when none was
// given, which Okta accepts while the app has a single active key.
func (k *Key) ID() string { return k.id }

// Algorithm is the JWS algorithm (RFC 7518): RS256, RS384, RS512, ES256, ES384
// or ES512.
func (k *Key) Algorithm() string { return k.algorithm.String() }

// String names the key without revealing it.
func (k Key) String() string {
	return fmt.Sprintf("private key %q (%s, not shown)", k.id, k.algorithm)
}

// GoString is String, for %#v.
func (k Key) GoString() string { return k.String() }

// LogValue is String, for slog.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalJSON is String as a JSON string; a Key cannot be saved by encoding it.
func (k Key) MarshalJSON() ([]byte, error) { return json.Marshal(k.String()) }

// ParseKey reads a private signing key: PEM (PKCS#8, PKCS#1 or SEC 1) or a JWK
// (alone, or the only key of a JWKS). Keys that went through an environment
// variable or a secret store are taken too: quoted, with CRLF, with line ends
// written as \n or lost.
//
// keyID is the kid Okta lists for the public key, under the app's General tab,
// Public Keys; empty means the JWK's own, or none. The algorithm follows the
// key: RS256 for RSA (or the JWK's RS384 or RS512), ES256, ES384, ES512 for
// P-256, P-384, P-521. Anything else is refused, saying what to use instead; no
// error repeats any part of data.
func ParseKey(data []byte, keyID string) (*Key, error) {
	if len(data) > maxKeySize {
		return nil, fmt.Errorf("reading the private key: it is over %d KiB: give the key alone", maxKeySize>>10)
	}
	text := unwrap(string(data))
	read := readPEM
	if strings.HasPrefix(text, "{") {
		read = readJWK
	}
	material, err := read(text)
	if err != nil {
		return nil, fmt.Errorf("reading the private key: %w", err)
	}
	if id := strings.TrimSpace(keyID); id != "" {
		material.id = id
	}
	key, err := newKey(material)
	if err != nil {
		return nil, fmt.Errorf("reading the private key: %w", err)
	}
	return key, nil
}

// material is what a key file holds.
type material struct {
	private   crypto.PrivateKey
	id        string
	algorithm string // the JWK's alg; empty when it names none
}

// newKey chooses the algorithm and proves the key can sign: a damaged key is
// better found here than by Okta, which can only say the signature is invalid.
func newKey(m material) (*Key, error) {
	algorithm, err := algorithmOf(m)
	if err != nil {
		return nil, err
	}
	if !isPrintable(m.id) {
		return nil, errors.New("the key id holds spaces or control characters: copy the kid Okta shows beside the public key")
	}
	signer, _ := m.private.(crypto.Signer) // algorithmOf let only RSA and ECDSA through
	key := &Key{id: m.id, algorithm: algorithm, sign: signWith(signer, algorithm, m.id)}
	signed, err := key.sign([]byte("{}"))
	if err == nil {
		_, err = jws.Verify(signed, jws.WithKey(algorithm, signer.Public()))
	}
	if err != nil {
		return nil, errors.New("its private and public halves do not belong together, or it is damaged: export it again")
	}
	return key, nil
}

func signWith(signer crypto.Signer, algorithm jwa.SignatureAlgorithm, id string) func([]byte) ([]byte, error) {
	return func(payload []byte) ([]byte, error) {
		header := jws.NewHeaders()
		err := header.Set(jws.TypeKey, "JWT")
		if id != "" {
			err = errors.Join(err, header.Set(jws.KeyIDKey, id))
		}
		if err != nil {
			return nil, err
		}
		return jws.Sign(payload, jws.WithKey(algorithm, signer, jws.WithProtectedHeaders(header)))
	}
}

// algorithmOf chooses among the algorithms Okta takes for private_key_jwt.
func algorithmOf(m material) (jwa.SignatureAlgorithm, error) {
	switch key := m.private.(type) {
	case *rsa.PrivateKey:
		return rsaAlgorithm(key, m.algorithm)
	case *ecdsa.PrivateKey:
		return ecAlgorithm(key, m.algorithm)
	case ed25519.PrivateKey:
		return "", errors.New("it is an Ed25519 key, which Okta does not take: " + howToMakeKey)
	default:
		return "", errors.New("it is neither an RSA nor an elliptic-curve signing key: " + howToMakeKey)
	}
}

func rsaAlgorithm(key *rsa.PrivateKey, named string) (jwa.SignatureAlgorithm, error) {
	if key.N == nil || key.N.BitLen() < minRSABits || key.N.BitLen() > maxRSABits {
		return "", fmt.Errorf("it is an RSA key of a size we do not use: take %d to 4096 bits, or %s", minRSABits, howToMakeKey)
	}
	switch algorithm := jwa.SignatureAlgorithm(named); algorithm {
	case "":
		return jwa.RS256, nil
	case jwa.RS256, jwa.RS384, jwa.RS512:
		return algorithm, nil
	default:
		return "", errors.New("its alg does not fit an RSA key at Okta: use RS256, RS384 or RS512")
	}
}

func ecAlgorithm(key *ecdsa.PrivateKey, named string) (jwa.SignatureAlgorithm, error) {
	var fits jwa.SignatureAlgorithm
	switch key.Curve {
	case elliptic.P256():
		fits = jwa.ES256
	case elliptic.P384():
		fits = jwa.ES384
	case elliptic.P521():
		fits = jwa.ES512
	default:
		return "", errors.New("its curve is none of P-256, P-384 and P-521: " + howToMakeKey)
	}
	if named != "" && named != fits.String() {
		return "", fmt.Errorf("its alg does not fit its curve: use %s", fits)
	}
	return fits, nil
}

// isPrintable holds for text without spaces, control characters or anything
// beyond ASCII: what ids and scopes are made of.
func isPrintable(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}
