package demoorg_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"

	"okta-mcp/oktaclient/demoorg"
)

const tokenURL = "http://acme.example/oauth2/v1/token"

// assertion is a client assertion in the making: a good one by default.
type assertion struct {
	kid, iss, sub, aud, jti string
	iat, exp                time.Time
	key                     any // nil: the org's
	alg                     jwa.SignatureAlgorithm
}

func goodAssertion(org *demoorg.Org, jti string) assertion {
	c := org.Credentials()
	return assertion{
		kid: c.KeyID, iss: c.ClientID, sub: c.ClientID, aud: `"` + tokenURL + `"`, jti: jti,
		iat: start, exp: start.Add(5 * time.Minute), alg: jwa.ES256,
	}
}

func (a assertion) sign(t testing.TB, org *demoorg.Org) string {
	t.Helper()
	key := a.key
	if key == nil {
		parsed, err := jwk.ParseKey([]byte(org.Credentials().PrivateKeyPEM), jwk.WithPEM(true))
		if err != nil {
			t.Fatalf("read the org's key: %v", err)
		}
		key = parsed
	}
	headers := jws.NewHeaders()
	if a.kid != "" {
		if err := headers.Set(jws.KeyIDKey, a.kid); err != nil {
			t.Fatal(err)
		}
	}
	payload := fmt.Sprintf(`{"iss":%q,"sub":%q,"aud":%s,"iat":%d,"exp":%d,"jti":%q}`,
		a.iss, a.sub, a.aud, a.iat.Unix(), a.exp.Unix(), a.jti)
	signed, err := jws.Sign([]byte(payload), jws.WithKey(a.alg, key, jws.WithProtectedHeaders(headers)))
	if err != nil {
		t.Fatalf("sign: %v", err)
	}
	return string(signed)
}

// askToken posts a token request.
func askToken(org *demoorg.Org, signed, scope string, proofs ...string) reply {
	return postForm(org, url.Values{
		"grant_type": {"client_credentials"}, "scope": {scope}, "client_assertion": {signed},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
	}, proofs...)
}

func postForm(org *demoorg.Org, form url.Values, proofs ...string) reply {
	return postTo(org, "/oauth2/v1/token", form, proofs...)
}

// postTo posts a form to a path of the authorization server, with DPoP proofs.
func postTo(org *demoorg.Org, path string, form url.Values, proofs ...string) reply {
	r := httptest.NewRequest(http.MethodPost, "http://acme.example"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header["Dpop"] = proofs
	return serve(org, r)
}

// signIn gets a token for the scopes.
func signIn(t testing.TB, org *demoorg.Org, scopes ...string) string {
	t.Helper()
	got := askToken(org, goodAssertion(org, rand.Text()).sign(t, org), strings.Join(scopes, " "))
	if got.status != http.StatusOK {
		t.Fatalf("sign in: %d %s", got.status, got.body)
	}
	token, _ := got.object(t)["access_token"].(string)
	return token
}

// as sends a request to the public face with a token.
func as(org *demoorg.Org, token, method, target, body string) reply {
	r := httptest.NewRequest(method, "http://acme.example"+target, strings.NewReader(body))
	r.Header.Set("Content-Length", fmt.Sprint(len(body)))
	r.Header.Set("Authorization", "Bearer "+token)
	return serve(org, r)
}

func TestTokenForAGoodAssertion(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Granted: []string{"okta.users.read", "okta.groups.manage"}})
	got := askToken(org, goodAssertion(org, "one").sign(t, org), "okta.users.read okta.groups.read okta.groups.manage")
	if got.status != http.StatusOK {
		t.Fatalf("status %d: %s", got.status, got.body)
	}
	doc := got.object(t)
	if doc["token_type"] != "Bearer" || doc["expires_in"] != 3600.0 {
		t.Errorf("token_type %v, expires_in %v; want Bearer, 3600", doc["token_type"], doc["expires_in"])
	}
	if doc["scope"] != "okta.users.read okta.groups.manage" {
		t.Errorf("scope %q, want what was asked and granted, to the letter", doc["scope"])
	}
	if users := as(org, doc["access_token"].(string), "GET", "/api/v1/users?limit=1", ""); users.status != http.StatusOK {
		t.Errorf("the token got %d: %s", users.status, users.body)
	}
}

func TestBadAssertionsAreRefused(t *testing.T) {
	t.Parallel()
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		spoil func(*assertion)
		says  string
	}{
		"wrong audience":       {func(a *assertion) { a.aud = `"https://other.example/oauth2/v1/token"` }, "The audience claim for client_assertion must be the endpoint invoked for the request."},
		"issuer as audience":   {func(a *assertion) { a.aud = `"http://acme.example"` }, "The audience claim for client_assertion must be the endpoint invoked for the request."},
		"expired":              {func(a *assertion) { a.exp = start }, "The client_assertion token is expired."},
		"too long":             {func(a *assertion) { a.exp = start.Add(time.Hour + time.Second) }, "The client_assertion token has an expiration too far into the future."},
		"issued in the future": {func(a *assertion) { a.iat = start.Add(6 * time.Minute) }, "issued in the future"},
		"unknown kid":          {func(a *assertion) { a.kid = "other" }, "The client_assertion JWT kid is invalid."},
		"other key":            {func(a *assertion) { a.key = other }, "signature is invalid"},
		"other algorithm":      {func(a *assertion) { a.key, a.alg = []byte("0123456789abcdef0123456789abcdef"), jwa.HS256 }, "algorithm"},
		"issuer not subject":   {func(a *assertion) { a.iss = "0oaOther" }, "issuer and subject"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := newOrg(t, demoorg.Options{})
			a := goodAssertion(org, "one")
			c.spoil(&a)
			got := askToken(org, a.sign(t, org), "okta.users.read")
			if got.status != http.StatusUnauthorized {
				t.Fatalf("status %d: %s", got.status, got.body)
			}
			doc := got.object(t)
			if doc["error"] != "invalid_client" || !strings.Contains(doc["error_description"].(string), c.says) {
				t.Errorf("answered %s, want invalid_client with %q", got.body, c.says)
			}
		})
	}
}

// Okta answers a client id it does not know in the form of its API's errors.
func TestUnknownClientsAreAnsweredLikeAPIErrors(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	stranger := goodAssertion(org, "one")
	stranger.iss, stranger.sub = "0oaOther", "0oaOther"
	for name, ask := range map[string]func() reply{
		"an assertion": func() reply { return askToken(org, stranger.sign(t, org), "okta.users.read") },
		"a refresh": func() reply {
			return postForm(org, url.Values{"grant_type": {"refresh_token"}, "client_id": {"0oaOther"}, "refresh_token": {"x"}})
		},
		"a device": func() reply { return askDevice(org, "0oaOther", "openid") },
		"an app switched off": func() reply {
			must(t, org, 200, "POST", "/api/v1/apps/"+org.Credentials().NativeClientID+"/lifecycle/deactivate", "")
			return askDevice(org, org.Credentials().NativeClientID, "openid")
		},
	} {
		got := ask()
		if got.status != http.StatusUnauthorized || got.code() != "invalid_client" || got.object(t)["errorSummary"] != "Invalid value for 'client_id' parameter." {
			t.Errorf("%s: %d %s, want 401 with errorCode invalid_client", name, got.status, got.body)
		}
	}
}

func TestAcceptableAssertions(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*assertion){
		"a full hour":             func(a *assertion) { a.exp = start.Add(time.Hour) },
		"a clock a bit fast":      func(a *assertion) { a.iat = start.Add(4 * time.Minute) },
		"no kid":                  func(a *assertion) { a.kid = "" },
		"one of several audience": func(a *assertion) { a.aud = `["http://acme.example","` + tokenURL + `"]` },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := newOrg(t, demoorg.Options{})
			a := goodAssertion(org, "one")
			change(&a)
			if got := askToken(org, a.sign(t, org), "okta.users.read"); got.status != http.StatusOK {
				t.Errorf("status %d: %s", got.status, got.body)
			}
		})
	}
}

func TestAssertionIsGoodOnce(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	signed := goodAssertion(org, "one").sign(t, org)
	if got := askToken(org, signed, "okta.users.read"); got.status != http.StatusOK {
		t.Fatalf("first: %d %s", got.status, got.body)
	}
	if got := askToken(org, signed, "okta.users.read"); got.status != http.StatusUnauthorized || !strings.Contains(got.body, "already been used") {
		t.Errorf("replay: %d %s, want 401", got.status, got.body)
	}
	unmarked := goodAssertion(org, "").sign(t, org)
	for range 2 {
		if got := askToken(org, unmarked, "okta.users.read"); got.status != http.StatusOK {
			t.Errorf("an assertion without jti can be used again: %d %s", got.status, got.body)
		}
	}
}

func TestScopesAsked(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Granted: []string{"okta.users.read"}})
	for scope, want := range map[string]string{
		"okta.users.read okta.nonsense.read": "invalid_scope",
		"okta.users.delete":                  "invalid_scope",
		"openid":                             "invalid_scope",
		"":                                   "invalid_scope",
		"okta.groups.read":                   "consent_required",
		"okta.users.manage":                  "consent_required",
	} {
		got := askToken(org, goodAssertion(org, "").sign(t, org), scope)
		if got.status != http.StatusBadRequest || got.object(t)["error"] != want {
			t.Errorf("asking %q: %d %s, want 400 %s", scope, got.status, got.body, want)
		}
	}
}

func TestTokenRequestsOutOfForm(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	for want, form := range map[string]url.Values{
		"unsupported_grant_type": {"grant_type": {"password"}},
		"invalid_client":         {"grant_type": {"client_credentials"}, "client_assertion_type": {"jwt"}},
	} {
		if got := postForm(org, form); got.object(t)["error"] != want {
			t.Errorf("%v: %s, want %s", form, got.body, want)
		}
	}
	for _, signed := range []string{"", "x", "a.b.c", "e30.e30."} {
		if got := askToken(org, signed, "okta.users.read"); got.status != http.StatusUnauthorized {
			t.Errorf("assertion %q: %d %s, want 401", signed, got.status, got.body)
		}
	}
	r := httptest.NewRequest(http.MethodPost, tokenURL, strings.NewReader(`{"grant_type":"client_credentials"}`))
	r.Header.Set("Content-Type", "application/json")
	if got := serve(org, r); got.status != http.StatusBadRequest || got.object(t)["error"] != "invalid_request" {
		t.Errorf("a JSON body: %d %s, want 400 invalid_request", got.status, got.body)
	}
}

func TestTokensEnd(t *testing.T) {
	t.Parallel()
	c := &clock{start}
	org := newOrg(t, demoorg.Options{Now: c.now})
	token := signIn(t, org, "okta.users.read")
	c.advance(time.Hour - time.Second)
	if got := as(org, token, "GET", "/api/v1/users?limit=1", ""); got.status != http.StatusOK {
		t.Fatalf("before the hour: %d %s", got.status, got.body)
	}
	c.advance(time.Second)
	if got := as(org, token, "GET", "/api/v1/users?limit=1", ""); got.status != http.StatusUnauthorized {
		t.Errorf("after the hour: %d, want 401", got.status)
	}
}

func TestRevokedAndUnknownTokens(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	token := signIn(t, org, "okta.users.read")
	org.RevokeTokens()
	for _, bad := range []string{token, "", "nonsense"} {
		got := as(org, bad, "GET", "/api/v1/users", "")
		if got.status != http.StatusUnauthorized || got.code() != "E0000011" {
			t.Errorf("token %q: %d %s, want 401 E0000011", bad, got.status, got.body)
		}
		if !strings.Contains(got.header.Get("WWW-Authenticate"), `error="invalid_token"`) {
			t.Errorf("WWW-Authenticate is %q", got.header.Get("WWW-Authenticate"))
		}
	}
}

func TestGrantLeavesOldTokensAlone(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Granted: []string{"okta.users.manage"}})
	old := signIn(t, org, "okta.users.manage")
	org.Grant("okta.groups.read")
	if got := as(org, old, "GET", "/api/v1/users?limit=1", ""); got.status != http.StatusOK {
		t.Errorf("the old token got %d, want 200: manage covers reads and grants do not reach back", got.status)
	}
	fresh := signIn(t, org, "okta.users.manage", "okta.groups.read")
	got := as(org, fresh, "GET", "/api/v1/users?limit=1", "")
	if got.status != http.StatusForbidden || got.body != "" {
		t.Errorf("the new token got %d %q, want 403 without a body", got.status, got.body)
	}
	challenge := got.header.Get("WWW-Authenticate")
	if !strings.Contains(challenge, `error="insufficient_scope"`) || !strings.Contains(challenge, `scope="okta.users.read"`) {
		t.Errorf("WWW-Authenticate is %q", challenge)
	}
	if !slices.Equal(org.Credentials().Scopes, []string{"okta.groups.read"}) {
		t.Errorf("credentials tell scopes %v", org.Credentials().Scopes)
	}
}

func TestReadScopeDoesNotWrite(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	token := signIn(t, org, "okta.users.read")
	target := "/api/v1/users/" + org.Cast().Employee.ID + "/lifecycle/suspend"
	if got := as(org, token, "POST", target, ""); got.status != http.StatusForbidden {
		t.Errorf("suspend with a read scope: %d, want 403", got.status)
	}
	if got := statusOf(t, org, org.Cast().Employee.ID); got != "ACTIVE" {
		t.Errorf("the refused write happened: status %v", got)
	}
}
