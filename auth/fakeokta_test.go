package auth_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jws"
	"go.uber.org/goleak"

	"okta-mcp/auth"
)

func TestMain(m *testing.M) {
	if org := os.Getenv(renewVariable); org != "" {
		os.Exit(renewMany(org, os.Args[1]))
	}
	goleak.VerifyTestMain(m)
}

const (
	testClient = "0oaTestClient"
	testKeyID  = "key-1"
	testOrg    = "https://acme.okta.test"
)

// testKey is a key pair: the private half as Okta hands it out, and the public.
type testKey struct {
	pem    []byte
	public crypto.PublicKey
}

func newTestKey(t testing.TB) testKey {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatalf("making a test key: %v", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatalf("encoding a test key: %v", err)
	}
	return testKey{pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), private.Public()}
}

// tokenRequest is one request the fake token endpoint saw.
type tokenRequest struct {
	form   map[string]string
	header map[string]any // of the assertion
	claims map[string]any // of the assertion
	agent  string
	close  bool // the connection was not to be kept
}

func (r tokenRequest) scopes() []string { return strings.Fields(r.form["scope"]) }

// fakeOkta is the org authorization server, as strict as Okta's, and an API that
// its tokens are for. It is served by httptest, or called directly as a RoundTripper where
// a test runs on fake time. Set fields before use; the functions may change
// behaviour later.
type fakeOkta struct {
	t         testing.TB
	tokenURL  string
	publicKey crypto.PublicKey
	keyID     string           // "" takes any
	now       func() time.Time // Okta's clock
	known     []string         // scopes the org knows; nil: all
	granted   []string         // scopes granted to the app; nil: all
	// consentFirst has consent_required hide an unknown scope among ungranted.
	consentFirst bool
	lifetime     int // seconds; 0: 3600
	fakeDPoP
	fakePeople

	// before, if set, may answer request number n (from 1) itself.
	before func(n int, w http.ResponseWriter, r *http.Request) (answered bool)

	mu       sync.Mutex
	requests []tokenRequest
	arrived  int
	used     map[string]bool
}

func newFakeOkta(t testing.TB, key testKey) *fakeOkta {
	return &fakeOkta{
		t: t, tokenURL: testOrg + "/oauth2/v1/token", publicKey: key.public, now: time.Now, used: map[string]bool{},
		fakeDPoP: fakeDPoP{bound: map[string]string{}}, fakePeople: fakePeople{devices: map[string]*fakeDevice{}, refreshes: map[string]*fakeRefresh{}},
	}
}

// count is the number of requests that arrived.
func (f *fakeOkta) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.arrived
}

// seen is a copy of the requests whose assertion could be read.
func (f *fakeOkta) seen() []tokenRequest {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.requests)
}

func (f *fakeOkta) token(n int) string { return fmt.Sprintf("secret-token-%d", n) }

// RoundTrip answers without a network, which fake time cannot wait for.
func (f *fakeOkta) RoundTrip(r *http.Request) (*http.Response, error) {
	type outcome struct{ *httptest.ResponseRecorder }
	done := make(chan outcome, 1)
	go func() {
		w := httptest.NewRecorder()
		f.ServeHTTP(w, r)
		done <- outcome{w}
	}()
	select {
	case o := <-done:
		resp := o.Result()
		resp.Request = r
		return resp, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

func (f *fakeOkta) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", f.now().UTC().Format(http.TimeFormat))
	f.mu.Lock()
	f.arrived++
	n, before := f.arrived, f.before
	f.mu.Unlock()
	w.Header().Set("X-Okta-Request-Id", fmt.Sprintf("req-%d", n))
	if before != nil && before(n, w, r) {
		return
	}
	f.mu.Lock()
	if nonce := f.nonces[r.URL.Path == "/oauth2/v1/token"]; nonce != "" {
		w.Header().Set("DPoP-Nonce", nonce)
	}
	f.mu.Unlock()
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, "/api/"):
		f.serveAPI(w, r)
	case path == "/oauth2/v1/device/authorize":
		f.serveDevice(w, r)
	case path == "/oauth2/v1/revoke":
		f.serveRevoke(w, r)
	case r.FormValue("grant_type") != "client_credentials":
		f.servePerson(w, r, n)
	default:
		f.serveToken(w, r, n)
	}
}

func (f *fakeOkta) serveToken(w http.ResponseWriter, r *http.Request, n int) {
	seen, code, description := f.check(r)
	f.mu.Lock()
	f.requests = append(f.requests, seen)
	f.mu.Unlock()
	jkt := ""
	if code == "" {
		jkt, code, description = f.checkTokenProof(r)
	}
	if code != "" {
		refuse(w, code, description)
		return
	}
	answer(w, http.StatusOK, f.tokenDoc(f.token(n), jkt, f.grantedOf(seen.scopes())))
}

func refuse(w http.ResponseWriter, code, description string) {
	status := http.StatusBadRequest
	if code == "invalid_client" {
		status = http.StatusUnauthorized
	}
	answer(w, status, map[string]any{"error": code, "error_description": description})
}

// tokenDoc is a successful answer, for a token bound to the key with the
// thumbprint jkt if that is not empty.
func (f *fakeOkta) tokenDoc(token, jkt string, scopes []string) map[string]any {
	life, kind := f.lifetime, "Bearer"
	if life == 0 {
		life = 3600
	}
	if jkt != "" {
		kind = "DPoP"
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.bound[token] = jkt
	return map[string]any{"token_type": kind, "expires_in": life, "access_token": token, "scope": strings.Join(scopes, " ")}
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func (f *fakeOkta) grantedOf(scopes []string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.granted == nil {
		return scopes
	}
	return slices.DeleteFunc(scopes, func(s string) bool { return !slices.Contains(f.granted, s) })
}

func (f *fakeOkta) grant(scopes ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.granted = scopes
}

// check does what Okta does with a token request, in its words.
func (f *fakeOkta) check(r *http.Request) (seen tokenRequest, code, description string) {
	if r.Method != http.MethodPost || r.URL.Path != "/oauth2/v1/token" || r.URL.RawQuery != "" {
		f.t.Errorf("the token request went to %s %s, want POST /oauth2/v1/token", r.Method, r.URL)
	}
	if err := r.ParseForm(); err != nil {
		return seen, "invalid_request", "The request is malformed."
	}
	seen = tokenRequest{form: map[string]string{}, agent: r.UserAgent(), close: r.Close}
	for name, values := range r.PostForm {
		seen.form[name] = strings.Join(values, "|")
	}
	assertion := seen.form["client_assertion"]
	seen.header, seen.claims = peek(assertion, 0), peek(assertion, 1)
	if description := f.checkAssertion(assertion, seen); description != "" {
		return seen, "invalid_client", description
	}
	unknown := f.known != nil && slices.ContainsFunc(seen.scopes(), func(s string) bool { return !slices.Contains(f.known, s) })
	ungranted := len(f.grantedOf(seen.scopes())) == 0
	switch {
	case unknown && !(f.consentFirst && ungranted):
		return seen, "invalid_scope", "One or more scopes are not configured for the authorization server resource."
	case ungranted:
		return seen, "consent_required", "You are not allowed any of the requested scopes."
	}
	return seen, "", ""
}

func (f *fakeOkta) checkAssertion(assertion string, seen tokenRequest) (description string) {
	message, err := jws.ParseString(assertion)
	if err != nil || seen.form["client_assertion_type"] != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
		return "The client_assertion_type is invalid."
	}
	protected := message.Signatures()[0].ProtectedHeaders()
	if f.keyID != "" && protected.KeyID() != f.keyID {
		return "The client_assertion JWT kid is invalid."
	}
	if _, err := jws.Verify([]byte(assertion), jws.WithKey(protected.Algorithm(), f.publicKey)); err != nil {
		return "The client_assertion signature is invalid."
	}
	exp, _ := seen.claims["exp"].(float64)
	iat, _ := seen.claims["iat"].(float64)
	jti, _ := seen.claims["jti"].(string)
	now := float64(f.now().Unix())
	f.mu.Lock()
	replayed := f.used[jti]
	f.used[jti] = true
	f.mu.Unlock()
	switch {
	case seen.claims["iss"] != testClient || seen.claims["sub"] != testClient:
		return "Invalid value for 'client_id' parameter."
	case seen.claims["aud"] != f.tokenURL:
		return "The audience claim for client_assertion must be the endpoint invoked for the request."
	case exp <= now:
		return "The client_assertion token is expired."
	case exp > now+3600:
		return "The client_assertion token has an expiration too far into the future."
	case iat > now+60:
		return "The client_assertion token was issued in the future."
	case replayed:
		return "The client_assertion token has already been used."
	}
	return ""
}

// peek decodes a part of a JWS without verifying it.
func peek(compact string, part int) map[string]any {
	var out map[string]any
	if parts := strings.Split(compact, "."); len(parts) == 3 {
		raw, _ := base64.RawURLEncoding.DecodeString(parts[part])
		_ = json.Unmarshal(raw, &out)
	}
	return out
}

// newApp makes a ServiceApp that reaches the fake directly.
func newApp(t testing.TB, okta http.RoundTripper, key testKey, change func(*auth.Config)) *auth.ServiceApp {
	t.Helper()
	parsed, err := auth.ParseKey(key.pem, testKeyID)
	if err != nil {
		t.Fatalf("parsing the test key: %v", err)
	}
	config := auth.Config{
		OrgURL: testOrg, ClientID: testClient, Key: parsed, Transport: okta, UserAgent: "okta-mcp/test",
		Scopes: []string{"okta.users.read", "okta.groups.manage"},
	}
	if change != nil {
		change(&config)
	}
	app, err := auth.NewServiceApp(config)
	if err != nil {
		t.Fatalf("making the service app: %v", err)
	}
	return app
}

// authorizer is what a ServiceApp and a Device have in common.
type authorizer interface {
	Authorize(*http.Request) error
	Answered(*http.Response) (retry bool, err error)
	SignIn(context.Context) error
	State() auth.State
	Changes(func()) (stop func())
	Now() time.Time
}

// authorize returns the Authorization header a request to the org gets.
func authorize(ctx context.Context, app authorizer) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, testOrg+"/api/v1/users", nil)
	if err != nil {
		return "", err
	}
	err = app.Authorize(req)
	return req.Header.Get("Authorization"), err
}

func mustAuthorize(t testing.TB, app authorizer) string {
	t.Helper()
	header, err := authorize(t.Context(), app)
	if err != nil {
		t.Fatalf("authorizing a request: %v", err)
	}
	return header
}

// answered tells the app of an answer to a request sent with header.
func answered(t testing.TB, app authorizer, header string, status int, date time.Time) (retry bool) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, testOrg+"/api/v1/users", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", header)
	resp := &http.Response{StatusCode: status, Request: req, Header: http.Header{}}
	if !date.IsZero() {
		resp.Header.Set("Date", date.UTC().Format(http.TimeFormat))
	}
	retry, err = app.Answered(resp)
	if err != nil {
		t.Fatalf("telling of an answer: %v", err)
	}
	return retry
}
