package auth_test

import (
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"okta-mcp/auth"
)

// says is an Okta that gives one answer to everything.
func says(t testing.TB, status int, body string) *fakeOkta {
	okta := newFakeOkta(t, testKey{})
	okta.before = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
		return true
	}
	return okta
}

func TestWhatATokenAnswerGrants(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body string
		granted    []string
		life       time.Duration
		note       string // in State.Err
	}{
		{"usual", `{"token_type":"Bearer","expires_in":3600,"access_token":"a.b-c","scope":"okta.users.read okta.groups.read"}`, []string{"okta.groups.read", "okta.users.read"}, time.Hour, ""},
		{"lower-case type, repeats, more than asked", `{"token_type":"bearer","expires_in":60,"access_token":"a","scope":" b  a c b "}`, []string{"a", "b"}, time.Minute, ""},
		{"expires_in in quotes", `{"token_type":"Bearer","expires_in":"600","access_token":"a","scope":"s"}`, []string{"s"}, 10 * time.Minute, ""},
		{"no expires_in", `{"token_type":"Bearer","access_token":"a","scope":"s"}`, []string{"s"}, 5 * time.Minute, ""},
		{"expires_in 0", `{"token_type":"Bearer","expires_in":0,"access_token":"a","scope":"s"}`, []string{"s"}, 5 * time.Minute, ""},
		{"expires_in negative", `{"token_type":"Bearer","expires_in":-1,"access_token":"a","scope":"s"}`, []string{"s"}, 5 * time.Minute, ""},
		{"expires_in absurd", `{"token_type":"Bearer","expires_in":1e300,"access_token":"a","scope":"s"}`, []string{"s"}, 24 * time.Hour, ""},
		{"no scope", `{"token_type":"Bearer","expires_in":3600,"access_token":"a"}`, nil, time.Hour, "states no scope"},
		{"empty scope", `{"token_type":"Bearer","expires_in":3600,"access_token":"a","scope":""}`, nil, time.Hour, "states no scope"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				app := newApp(t, says(t, 200, c.body), newTestKey(t), func(asked *auth.Config) {
					asked.Scopes = []string{"okta.users.read", "okta.groups.read", "a", "b", "s"}
				})
				if err := app.SignIn(t.Context()); err != nil {
					t.Fatalf("signing in: %v", err)
				}
				state := app.State()
				if !slices.Equal(state.Granted, c.granted) {
					t.Errorf("granted %v, want %v", state.Granted, c.granted)
				}
				if life := time.Until(state.ExpiresAt); life != c.life {
					t.Errorf("the token lives %s, want %s", life, c.life)
				}
				if c.note == "" && state.Err != nil || c.note != "" && (state.Err == nil || !strings.Contains(state.Err.Error(), c.note)) {
					t.Errorf("the note is %v, want %q", state.Err, c.note)
				}
			})
		})
	}
}

func TestAnswersThatAreNoToken(t *testing.T) {
	t.Parallel()
	const secret = "sEcReT0123456789"
	for _, c := range []struct{ name, body, want string }{
		{"DPoP", `{"token_type":"DPoP","access_token":"` + secret + `","scope":"s"}`, "Proof of Possession"},
		{"another type", `{"token_type":"mac","access_token":"` + secret + `","scope":"s"}`, "not of type Bearer"},
		{"no type", `{"access_token":"` + secret + `","scope":"s"}`, "not of type Bearer"},
		{"no token", `{"token_type":"Bearer","scope":"s"}`, "no access token"},
		{"a token that would split the header", `{"token_type":"Bearer","access_token":"` + secret + `\r\nX-Evil: 1","scope":"s"}`, "no access token"},
		{"scope a list", `{"token_type":"Bearer","access_token":"` + secret + `","scope":["s"]}`, "not a token's JSON"},
		{"cut off", `{"token_type":"Bearer","access_token":"` + secret, "not a token's JSON"},
		{"HTML", `<!doctype html><p>` + secret, "an HTML page"},
		{"too long", `{"token_type":"Bearer","access_token":"` + secret + strings.Repeat("A", 1<<20) + `","scope":"s"}`, "over 1 MiB"},
		{"empty", ``, "not a token's JSON"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			app := newApp(t, says(t, 200, c.body), newTestKey(t), nil)
			err := app.SignIn(t.Context())
			var refusal *auth.Error
			if !errors.As(err, &refusal) || refusal.Status != 200 || refusal.RequestID != "req-1" || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want an Error saying %q", err, c.want)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error repeats the answer: %v", err)
			}
			if state := app.State(); state.SignedIn || len(state.Granted) != 0 {
				t.Errorf("the state is %+v, want nothing granted", state)
			}
		})
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		var leaked atomic.Int32
		elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { leaked.Add(1) }))
		org := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+"/oauth2/v1/token", status)
		}))
		app := newApp(t, nil, newTestKey(t), func(c *auth.Config) { c.OrgURL = org.URL })
		err := app.SignIn(t.Context())
		org.Close()
		elsewhere.Close()
		var refusal *auth.Error
		if !errors.As(err, &refusal) || refusal.Code != "redirected" || !strings.Contains(refusal.Advice, "org URL") {
			t.Errorf("%d: got %v, want the redirect explained", status, err)
		}
		if leaked.Load() != 0 {
			t.Errorf("%d: the assertion was sent to another host", status)
		}
	}
}

func TestACertificateNobodyTrustsIsRefused(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains of our hanging up
	server.StartTLS()
	defer server.Close()
	app := newApp(t, nil, newTestKey(t), func(c *auth.Config) { c.OrgURL = server.URL })
	var untrusted *tls.CertificateVerificationError
	if err := app.SignIn(t.Context()); !errors.As(err, &untrusted) || reached.Load() != 0 {
		t.Errorf("got %v after %d requests, want the certificate refused first", err, reached.Load())
	}
}

func TestTheTokenGoesToTheOrgOnly(t *testing.T) {
	t.Parallel()
	key := newTestKey(t)
	okta := newFakeOkta(t, key)
	app := newApp(t, okta, key, nil)
	for _, address := range []string{
		"http://acme.okta.test/", "https://evil.test/", "https://acme.okta.test.evil.test/", "https://acme.okta.test:8443/",
		"https://x.acme.okta.test/", "https://acme.okta.test@evil.test/", "//acme.okta.test/", "/api/v1/users",
	} {
		target, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		req := &http.Request{URL: target, Header: http.Header{}}
		if err := app.Authorize(req); err == nil || req.Header.Get("Authorization") != "" {
			t.Errorf("%s was authorized", address)
		}
	}
	hosted, err := http.NewRequest(http.MethodGet, testOrg, nil)
	if err != nil {
		t.Fatal(err)
	}
	hosted.Host = "evil.test"
	if err := app.Authorize(hosted); err == nil || hosted.Header.Get("Authorization") != "" {
		t.Error("a request with another Host header was authorized")
	}
	if err := app.Authorize(&http.Request{}); err == nil {
		t.Error("a request without a URL was authorized")
	}
	if okta.count() != 0 {
		t.Error("a token was asked for in vain")
	}
	for _, address := range []string{testOrg, "https://ACME.okta.test/api", "https://acme.okta.test:443/"} {
		req, err := http.NewRequest(http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header = nil
		if err := app.Authorize(req); err != nil || req.Header.Get("Authorization") != "Bearer "+okta.token(1) {
			t.Errorf("%s, which is the org, was refused: %v", address, err)
		}
	}
}

func TestSettingsAreChecked(t *testing.T) {
	t.Parallel()
	key, err := auth.ParseKey(newTestKey(t).pem, "")
	if err != nil {
		t.Fatal(err)
	}
	good := auth.Config{OrgURL: testOrg, ClientID: testClient, Key: key, Scopes: []string{"okta.users.read"}}
	for _, c := range []struct {
		name   string
		change func(*auth.Config)
		want   string // in the error; "" when good
	}{
		{"good", func(*auth.Config) {}, ""},
		{"loopback", func(c *auth.Config) { c.OrgURL = "http://127.0.0.1:8080" }, ""},
		{"localhost", func(c *auth.Config) { c.OrgURL = "http://localhost:8080" }, ""},
		{"IPv6 loopback", func(c *auth.Config) { c.OrgURL = "http://[::1]:8080" }, ""},
		{"no org", func(c *auth.Config) { c.OrgURL = "" }, "org URL"},
		{"no scheme", func(c *auth.Config) { c.OrgURL = "acme.okta.com" }, "https://"},
		{"http", func(c *auth.Config) { c.OrgURL = "http://acme.okta.com" }, "not https"},
		{"http to what looks like loopback", func(c *auth.Config) { c.OrgURL = "http://127.0.0.1.evil.test" }, "not https"},
		{"ftp", func(c *auth.Config) { c.OrgURL = "ftp://acme.okta.com" }, "use https"},
		{"path", func(c *auth.Config) { c.OrgURL = "https://acme.okta.com/oauth2/default" }, "use https://acme.okta.com alone"},
		{"password", func(c *auth.Config) { c.OrgURL = "https://me:hunter2@acme.okta.com" }, "without user"},
		{"unreadable password", func(c *auth.Config) { c.OrgURL = "https://me:hunter2%zz@acme.okta.com" }, "cannot be read"},
		{"admin", func(c *auth.Config) { c.OrgURL = "https://acme-admin.okta.com" }, "https://acme.okta.com"},
		{"no client", func(c *auth.Config) { c.ClientID = "" }, "client id"},
		{"client with a line end", func(c *auth.Config) { c.ClientID = "0oa\n" }, "client id"},
		{"no key", func(c *auth.Config) { c.Key = nil }, "private key"},
		{"zero key", func(c *auth.Config) { c.Key = &auth.Key{} }, "private key"},
		{"no scopes", func(c *auth.Config) { c.Scopes = nil }, "no scopes"},
		{"two scopes in one", func(c *auth.Config) { c.Scopes = []string{"okta.users.read okta.apps.read"} }, "scope"},
		{"empty scope", func(c *auth.Config) { c.Scopes = []string{""} }, "scope"},
	} {
		config := good
		c.change(&config)
		_, err := auth.NewServiceApp(config)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: got %v, want an error with %q", c.name, err, c.want)
		case err != nil && strings.Contains(err.Error(), "hunter2"):
			t.Errorf("%s: the error repeats the password", c.name)
		}
	}
}

func TestABodyCutOffIsAnError(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`{"token_type":"Bearer"`))
	}))
	defer server.Close()
	app := newApp(t, nil, newTestKey(t), func(c *auth.Config) { c.OrgURL = server.URL })
	if err := app.SignIn(t.Context()); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, want io.ErrUnexpectedEOF", err)
	}
}
