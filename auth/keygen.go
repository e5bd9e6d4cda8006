package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
)

// KeyAlgorithms are those that NewKeyPair makes keys for, the default first.
func KeyAlgorithms() []string { return []string{jwa.ES256.String(), jwa.RS256.String()} }

// KeyPair is a new signing key for a service app. Its fields show the public half
// only.
type KeyPair struct {
	ID     string // the thumbprint of the public key (RFC 7638, SHA-256)
	Public []byte // the JWK (RFC 7517) to register with the app, indented

	private func() []byte // a closure, so that no printer that walks fields finds the key
}

// PrivatePEM is the private half in PKCS#8, which ParseKey reads.
func (p KeyPair) PrivatePEM() []byte { return p.private() }

// NewKeyPair makes a key pair for one of KeyAlgorithms.
func NewKeyPair(algorithm string) (KeyPair, error) {
	var private crypto.Signer
	var err error
	switch jwa.SignatureAlgorithm(algorithm) {
	case jwa.ES256:
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case jwa.RS256:
		private, err = rsa.GenerateKey(rand.Reader, 3072) // good beyond 2030 (NIST SP 800-57 part 1)
	default:
		return KeyPair{}, fmt.Errorf("%q is none of the algorithms that keys are made for", algorithm)
	}
	if err != nil {
		return KeyPair{}, fmt.Errorf("making a key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return KeyPair{}, fmt.Errorf("writing the private key: %w", err)
	}
	id, public, err := publicJWK(private.Public(), algorithm)
	if err != nil {
		return KeyPair{}, fmt.Errorf("writing the public key: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return KeyPair{ID: id, Public: public, private: func() []byte { return text }}, nil
}

func publicJWK(public crypto.PublicKey, algorithm string) (id string, encoded []byte, err error) {
	key, err := jwk.FromRaw(public)
	if err != nil {
		return "", nil, err
	}
	thumbprint, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return "", nil, err
	}
	id = base64.RawURLEncoding.EncodeToString(thumbprint)
	err = errors.Join(key.Set(jwk.KeyIDKey, id), key.Set(jwk.AlgorithmKey, algorithm), key.Set(jwk.KeyUsageKey, jwk.ForSignature))
	if err != nil {
		return "", nil, err
	}
	encoded, err = json.MarshalIndent(key, "", "  ")
	return id, encoded, err
}
