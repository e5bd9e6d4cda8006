package inbound_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwk"

	"okta-mcp/auth/inbound"
)

const (
	audience     = "https://mcp.example.com/mcp"
	metadataLink = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp"
	subject      = "alice@example.com"
)

// Keys that tests share, as RSA keys take long to make.
var (
	rsaKey   = sync.OnceValue(func() *rsa.PrivateKey { return newRSA(2048) })
	otherRSA = sync.OnceValue(func() *rsa.PrivateKey { return newRSA(2048) })
)

func newRSA(bits int) *rsa.PrivateKey {
	key, _ := rsa.GenerateKey(rand.Reader, bits) // never fails for sizes it takes
	return key
}

func newEC(curve elliptic.Curve) *ecdsa.PrivateKey {
	key, _ := ecdsa.GenerateKey(curve, rand.Reader) // never fails
	return key
}

// clock is a time that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// sharedLog keeps what is logged.
type sharedLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *sharedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *sharedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// issuer is an authorization server.
type issuer struct {
	*httptest.Server
	clock *clock
	log   *sharedLog

	mu       sync.Mutex
	name     string // issuer in its metadata
	metadata map[string]any
	keys     []any            // of its JWKS
	keysHook http.HandlerFunc // answers for the JWKS, where set
	reads    int              // of the JWKS
}

// path is below which the issuer is, as Okta's custom authorization servers are.
const path = "/oauth2/default"

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{clock: &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}, log: &sharedLog{}}
	i.Server = httptest.NewServer(i)
	t.Cleanup(i.Close)
	i.name = i.URL + path
	i.metadata = map[string]any{"issuer": i.name, "token_endpoint": i.name + "/v1/token", "jwks_uri": i.name + "/v1/keys"}
	i.keys = []any{published(t, "rsa", rsaKey().Public())}
	return i
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	var answer any
	hook := i.keysHook
	switch r.URL.Path {
	case path + "/.well-known/openid-configuration":
		answer, hook = i.metadata, nil
	case path + "/v1/keys":
		i.reads++
		answer = map[string]any{"keys": i.keys}
	}
	text, _ := json.Marshal(answer) // made of strings
	i.mu.Unlock()
	switch {
	case answer == nil:
		http.NotFound(w, r)
	case hook != nil:
		hook(w, r)
	default:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(text)
	}
}

// set changes the issuer while it serves.
func (i *issuer) set(change func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	change()
}

func (i *issuer) keysRead() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.reads
}

func (i *issuer) config() inbound.OAuthConfig {
	return inbound.OAuthConfig{
		Issuer: i.name, Audience: audience, Scopes: []string{"okta.mcp"}, Now: i.clock.Now,
		Logger: slog.New(slog.NewTextHandler(i.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
}

func (i *issuer) open(t *testing.T, changes ...func(*inbound.OAuthConfig)) *inbound.OAuth {
	t.Helper()
	c := i.config()
	for _, change := range changes {
		change(&c)
	}
	oauth, err := inbound.NewOAuth(t.Context(), c)
	if err != nil {
		t.Fatalf("opening the issuer: %v", err)
	}
	return oauth
}

// object is a JSON object; without holds names that are left out.
type object map[string]any

func (o object) with(changes object) object {
	all := maps.Clone(o)
	for name, value := range changes {
		if all[name] = value; value == nil {
			delete(all, name)
		}
	}
	return all
}

// claims are good ones.
func (i *issuer) claims(changes object) object {
	now := i.clock.Now().Unix()
	return object{
		"iss": i.name, "aud": audience, "sub": subject, "iat": now, "nbf": now, "exp": now + 3600,
		"scp": []string{"okta.mcp", "openid"}, "groups": []string{"Operators"},
	}.with(changes)
}

// token is a good one but for the changes.
func (i *issuer) token(t *testing.T, changes object) string {
	t.Helper()
	return sign(t, object{"alg": "RS256", "kid": "rsa"}, i.claims(changes), rsaKey())
}

// published is a public key in a JWKS.
func published(t *testing.T, id string, public any) object {
	t.Helper()
	key, err := jwk.FromRaw(public)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(key)
	if err != nil {
		t.Fatal(err)
	}
	var o object
	if err := json.Unmarshal(text, &o); err != nil {
		t.Fatal(err)
	}
	return o.with(object{"kid": id, "use": "sig"})
}

// sign makes a JWT by hand, so that it can be wrong in ways a library refuses.
func sign(t *testing.T, header, claims object, key any) string {
	t.Helper()
	head, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	return signRaw(t, head, payload, key)
}

func signRaw(t *testing.T, header, payload []byte, key any) string {
	t.Helper()
	encode := base64.RawURLEncoding.EncodeToString
	input := encode(header) + "." + encode(payload)
	signature, err := signature(input, strings.Contains(string(header), `"PS256"`), key)
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + encode(signature)
}

func signature(input string, pss bool, key any) ([]byte, error) {
	digest := sha256.Sum256([]byte(input))
	switch key := key.(type) {
	case *rsa.PrivateKey:
		if pss {
			return rsa.SignPSS(rand.Reader, key, crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		}
		return rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
		size := (key.Params().BitSize + 7) / 8
		return append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...), err
	case ed25519.PrivateKey:
		return ed25519.Sign(key, []byte(input)), nil
	case []byte:
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(input))
		return mac.Sum(nil), nil
	case nil:
		return nil, nil
	}
	return nil, errors.New("the test knows no such key")
}

// request carries Authorization headers.
func request(headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, audience, nil)
	r.Header["Authorization"] = headers
	return r
}

func authenticate(a inbound.Authenticator, token string) (inbound.Caller, error) {
	return a.Authenticate(request("Bearer " + token))
}

// accepted is the caller whose token is taken.
func accepted(t *testing.T, a inbound.Authenticator, token string) inbound.Caller {
	t.Helper()
	caller, err := authenticate(a, token)
	if err != nil {
		t.Fatalf("refused: %v", err)
	}
	return caller
}

// refused is the refusal that a request must get: of a status, with a reason that
// holds some words, and with a challenge that no header can be broken with.
func refused(t *testing.T, a inbound.Authenticator, r *http.Request, status int, words string) *inbound.Denied {
	t.Helper()
	caller, err := a.Authenticate(r)
	var denied *inbound.Denied
	if !errors.As(err, &denied) {
		t.Fatalf("got the caller %+v and the error %v, want a *Denied", caller, err)
	}
	if caller.ID != "" || caller.Scopes != nil {
		t.Errorf("a refusal came with the caller %+v", caller)
	}
	if denied.Status != status || !strings.Contains(denied.Reason, words) {
		t.Errorf("got %d %q, want %d with %q", denied.Status, denied.Reason, status, words)
	}
	if !strings.HasPrefix(denied.Challenge, "Bearer ") || strings.ContainsFunc(denied.Challenge, func(r rune) bool { return r < ' ' || r > '~' }) {
		t.Errorf("the challenge is %q", denied.Challenge)
	}
	return denied
}

func refusedToken(t *testing.T, a inbound.Authenticator, token, words string) *inbound.Denied {
	t.Helper()
	denied := refused(t, a, request("Bearer "+token), http.StatusUnauthorized, words)
	if !strings.Contains(denied.Challenge, `error="invalid_token"`) {
		t.Errorf("the challenge does not say invalid_token: %s", denied.Challenge)
	}
	return denied
}

func cancelled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
