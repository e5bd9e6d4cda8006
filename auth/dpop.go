package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"

	"okta-mcp/auth/tokenstore"
)

const (
	proofHeader = "DPoP"
	nonceHeader = "DPoP-Nonce"

	// maxNonce bounds a nonce: it goes into each proof, and proofs into headers,
	// which servers cap.
	maxNonce = 1024
)

// server tells nonces apart: the org is both servers at one address, and RFC 9449
// section 9 has each keep its own.
type server int

const (
	authorizationServer server = iota
	resourceServer
	servers // how many there are
)

// dpop is what proof of possession needs to remember between requests. It is
// safe for concurrent use.
type dpop struct {
	mode DPoPMode

	mu     sync.Mutex
	on     bool // the org asked for it; never with DPoPNever
	key    *proofKey
	nonces [servers]string
}

// keyFor chooses the key to prove with; nil means without a proof. bound is the
// key a refresh token belongs to, if it does.
func (d *dpop) keyFor(bound *proofKey) (*proofKey, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if bound != nil {
		return bound, nil
	}
	if d.mode != DPoPAlways && !d.on {
		return nil, nil
	}
	if d.key == nil {
		key, err := newProofKey()
		if err != nil {
			return nil, err
		}
		d.key = key
	}
	return d.key, nil
}

// turnOn follows an org that wants proofs, and says whether we may.
func (d *dpop) turnOn() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.on = d.mode != DPoPNever
	return d.on
}

// learn keeps the nonce of an answer, and says whether it had one.
func (d *dpop) learn(from server, resp *http.Response) bool {
	nonce := resp.Header.Get(nonceHeader)
	if nonce == "" || len(nonce) > maxNonce || !isPrintable(nonce) {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.nonces[from] = nonce
	return true
}

func (d *dpop) nonce(of server) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.nonces[of]
}

// proofClaims is the payload of a proof (RFC 9449 section 4.2).
type proofClaims struct {
	ID         string `json:"jti"`
	Method     string `json:"htm"`
	URI        string `json:"htu"`
	IssuedAt   int64  `json:"iat"`
	AccessHash string `json:"ath,omitempty"`
	Nonce      string `json:"nonce,omitempty"`
}

// prove makes a proof for one attempt of a request; accessToken is empty at the
// token endpoint. The path goes in decoded: Okta compares it with what it has
// decoded, and refuses a login's %40 where RFC 9449 would have it kept.
func (d *dpop) prove(key *proofKey, to server, req *http.Request, accessToken string, now time.Time) (string, error) {
	claims := proofClaims{
		ID: rand.Text(), Method: req.Method, URI: originOf(req.URL).String() + req.URL.Path,
		IssuedAt: now.Unix(), Nonce: d.nonce(to),
	}
	if claims.Method == "" { // which net/http takes for GET
		claims.Method = http.MethodGet
	}
	if req.URL.Path == "" {
		claims.URI += "/"
	}
	if accessToken != "" {
		sum := sha256.Sum256([]byte(accessToken))
		claims.AccessHash = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encoding the proof of possession: %w", err)
	}
	proof, err := key.sign(payload)
	if err != nil {
		return "", fmt.Errorf("signing the proof of possession: %w", err)
	}
	return string(proof), nil
}

// proofKey is the key that tokens are bound to: not the app's own, which says who
// we are.
type proofKey struct {
	sign     func(payload []byte) ([]byte, error) // holds the key, as Key.sign does
	exported tokenstore.Secret
}

func newProofKey() (*proofKey, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key for proofs of possession: %w", err)
	}
	return proofKeyOf(private)
}

func proofKeyOf(private *ecdsa.PrivateKey) (*proofKey, error) {
	public, err := jwk.FromRaw(private.Public())
	if err != nil {
		return nil, fmt.Errorf("preparing proofs of possession: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("encoding the key for proofs of possession: %w", err)
	}
	return &proofKey{
		sign: func(payload []byte) ([]byte, error) {
			header := jws.NewHeaders()
			if err := errors.Join(header.Set(jws.TypeKey, "dpop+jwt"), header.Set(jws.JWKKey, public)); err != nil {
				return nil, err
			}
			return jws.Sign(payload, jws.WithKey(jwa.ES256, private, jws.WithProtectedHeaders(header)))
		},
		exported: tokenstore.NewSecret(base64.StdEncoding.EncodeToString(der)),
	}, nil
}

// parseProofKey reads a stored key; no secret makes no key.
func parseProofKey(stored tokenstore.Secret) (*proofKey, error) {
	if stored.IsZero() {
		return nil, nil
	}
	der, err := base64.StdEncoding.DecodeString(stored.Reveal())
	if err != nil {
		return nil, errors.New("the stored key for proofs of possession is damaged")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	private, ok := parsed.(*ecdsa.PrivateKey)
	if err != nil || !ok || private.Curve != elliptic.P256() {
		return nil, errors.New("the stored key for proofs of possession is damaged")
	}
	return proofKeyOf(private)
}

func (k *proofKey) export() tokenstore.Secret {
	if k == nil {
		return tokenstore.Secret{}
	}
	return k.exported
}
