package main

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"okta-mcp/oktaclient/demoorg"
)

const publicURL = "https://mcp.acme.example/mcp"

// issuer is an authorization server whose tokens a server takes.
type issuer struct {
	t    testing.TB
	name string
	key  *rsa.PrivateKey
	read atomic.Int64 // times its keys were
}

// issuerKeys are made once: RSA keys take long to make.
var issuerKeys = sync.OnceValues(func() (keys [2]*rsa.PrivateKey, err error) {
	for i := range keys {
		if keys[i], err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			return keys, err
		}
	}
	return keys, nil
})

func newIssuer(t testing.TB) *issuer {
	t.Helper()
	keys, err := issuerKeys()
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{t: t, key: keys[0]}
	srv := httptest.NewServer(i)
	t.Cleanup(srv.Close)
	i.name = srv.URL + "/oauth2/default"
	return i
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var answer any
	switch r.URL.Path {
	case "/oauth2/default/.well-known/openid-configuration":
		answer = map[string]any{"issuer": i.name, "token_endpoint": i.name + "/v1/token", "jwks_uri": i.name + "/v1/keys"}
	case "/oauth2/v1/.well-known/openid-configuration": // as an Okta org's own has it
		org := strings.TrimSuffix(i.name, "/oauth2/default")
		answer = map[string]any{"issuer": org + "/oauth2/v1", "token_endpoint": org + "/oauth2/v1/token", "jwks_uri": org + "/oauth2/v1/keys"}
	case "/oauth2/default/v1/keys":
		i.read.Add(1)
		answer = map[string]any{"keys": []any{map[string]any{
			"kty": "RSA", "kid": "one", "use": "sig", "n": base64url(i.key.N.Bytes()), "e": base64url(big.NewInt(int64(i.key.E)).Bytes()),
		}}}
	default:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // whoever asked is gone, if it fails
}

func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// claims are good ones but for the changes; nil leaves a name out.
func (i *issuer) claims(changes map[string]any) map[string]any {
	now := time.Now().Unix()
	all := map[string]any{
		"iss": i.name, "aud": publicURL, "sub": "alice@acme.example", "iat": now, "nbf": now, "exp": now + 3600,
		"scp": []string{"okta.mcp"}, "groups": []string{"Operators"},
	}
	for name, value := range changes {
		if all[name] = value; value == nil {
			delete(all, name)
		}
	}
	return all
}

// token is a good one but for the changes.
func (i *issuer) token(changes map[string]any) string {
	i.t.Helper()
	return i.signed(map[string]any{"alg": "RS256", "kid": "one"}, changes, i.rs256)
}

func (i *issuer) signed(header, changes map[string]any, sign func(input string) []byte) string {
	i.t.Helper()
	input := base64url([]byte(encoded(i.t, header))) + "." + base64url([]byte(encoded(i.t, i.claims(changes))))
	return input + "." + base64url(sign(input))
}

func (i *issuer) rs256(input string) []byte { return rs256(i.t, i.key, input) }

func rs256(t testing.TB, key *rsa.PrivateKey, input string) []byte {
	t.Helper()
	digest := sha256.Sum256([]byte(input))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

// hs256 signs with a secret, here the text of a public key.
func hs256(secret []byte) func(string) []byte {
	return func(input string) []byte {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(input))
		return mac.Sum(nil)
	}
}

// oauthServer is a server that takes an issuer's tokens, with a witness of all
// that reaches the org.
type oauthServer struct {
	*networked
	from *issuer
	org  *demoorg.Org
	seen *lockedBuffer // all headers of all requests to the org
}

func serveOAuth(t testing.TB, transport, entries string, args ...string) *oauthServer {
	t.Helper()
	x := &oauthServer{from: newIssuer(t), seen: &lockedBuffer{}}
	var address string
	x.org, address = serveOrg(t, demoorg.Options{}, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintln(x.seen, r.Method, r.URL, r.Header)
			next.ServeHTTP(w, r)
		})
	})
	variables := append(signInTo(x.org, address), configured(t, "callers:\n"+entries))
	all := []string{"--auth", "oauth", "--oauth-issuer", x.from.name, "--public-url", publicURL, "--oauth-scopes", "okta.mcp"}
	x.networked = serveRemote(t, transport, variables, append(all, args...)...)
	return x
}

const anyScope = "  - match: {scope: okta.mcp}\n"

// call tries to unlock somebody with a token, and returns how the door answered.
func (x *oauthServer) call(token string) answer {
	x.t.Helper()
	user := x.org.Cast().LockedOut.ID
	return x.ask(x.statelessCall(x.t.Context(), token, "1", "unlock_user", map[string]any{"arguments": map[string]any{"user_id": user}}))
}

func (x *oauthServer) isUnlocked() bool {
	x.t.Helper()
	_, user := asAdministrator(x.t, x.org, "/api/v1/users/"+x.org.Cast().LockedOut.ID)
	return gjson.GetBytes(user, "status").String() != "LOCKED_OUT"
}

func TestForgedTokensAreRefused(t *testing.T) {
	t.Parallel()
	x := serveOAuth(t, "http", anyScope)
	keys, err := issuerKeys()
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(x.from.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	none := func(string) []byte { return nil }
	other := func(input string) []byte { return rs256(t, keys[1], input) }
	good, rs := x.from.token(nil), map[string]any{"alg": "RS256", "kid": "one"}
	parts := strings.Split(good, ".")
	now := time.Now().Unix()
	for what, token := range map[string]string{
		"no token":                    "",
		"no JWT":                      "opaque",
		"a wrong aud":                 x.from.token(map[string]any{"aud": "https://other.acme.example/mcp"}),
		"the aud of the Host header":  x.from.token(map[string]any{"aud": x.address}),
		"an aud above ours":           x.from.token(map[string]any{"aud": "https://mcp.acme.example"}),
		"an aud below ours":           x.from.token(map[string]any{"aud": publicURL + "/"}),
		"no aud":                      x.from.token(map[string]any{"aud": nil}),
		"Okta's own aud":              x.from.token(map[string]any{"aud": "https://acme.okta.com"}),
		"a wrong issuer":              x.from.token(map[string]any{"iss": "https://evil.example/oauth2/default"}),
		"an issuer with a slash more": x.from.token(map[string]any{"iss": x.from.name + "/"}),
		"no issuer":                   x.from.token(map[string]any{"iss": nil}),
		"alg none":                    x.from.signed(map[string]any{"alg": "none", "kid": "one"}, nil, none),
		"alg None":                    x.from.signed(map[string]any{"alg": "None", "kid": "one"}, nil, none),
		"alg none, with a signature":  x.from.signed(map[string]any{"alg": "none", "kid": "one"}, nil, x.from.rs256),
		"no alg":                      x.from.signed(map[string]any{"kid": "one"}, nil, x.from.rs256),
		"HS256 with the public key":   x.from.signed(map[string]any{"alg": "HS256", "kid": "one"}, nil, hs256(public)),
		"HS256 with its bytes":        x.from.signed(map[string]any{"alg": "HS256", "kid": "one"}, nil, hs256(der)),
		"HS256 with its modulus":      x.from.signed(map[string]any{"alg": "HS256", "kid": "one"}, nil, hs256(x.from.key.N.Bytes())),
		"another's key":               x.from.signed(rs, nil, other),
		"a key of its own":            x.from.signed(map[string]any{"alg": "RS256", "kid": "one", "jwk": map[string]any{"kty": "RSA", "n": base64url(keys[1].N.Bytes()), "e": "AQAB"}}, nil, other),
		"a key it leads to":           x.from.signed(map[string]any{"alg": "RS256", "kid": "two", "jku": "https://evil.example/keys"}, nil, other),
		"an unknown key":              x.from.signed(map[string]any{"alg": "RS256", "kid": "two"}, nil, other),
		"a path for a key":            x.from.signed(map[string]any{"alg": "RS256", "kid": "../../../dev/null"}, nil, hs256(nil)),
		"no signature":                parts[0] + "." + parts[1] + ".",
		"the signature of another":    parts[0] + "." + strings.Split(x.from.token(map[string]any{"sub": "mallory"}), ".")[1] + "." + parts[2],
		"expired":                     x.from.token(map[string]any{"exp": now - 120}),
		"no end":                      x.from.token(map[string]any{"exp": nil}),
		"an end in words":             x.from.token(map[string]any{"exp": "never"}),
		"not valid yet":               x.from.token(map[string]any{"nbf": now + 120}),
		"of the future":               x.from.token(map[string]any{"iat": now + 120}),
		"nobody's":                    x.from.token(map[string]any{"sub": nil}),
		"an id token":                 x.from.signed(map[string]any{"alg": "RS256", "kid": "one", "typ": "id+jwt"}, nil, x.from.rs256),
		"bound to a key":              x.from.token(map[string]any{"cnf": map[string]any{"jkt": "x"}}),
	} {
		a := x.call(token)
		status := http.StatusUnauthorized
		if token == "" { // the header is there, with nothing behind Bearer
			status = http.StatusBadRequest
		}
		a.refused(t, what, status)
		challenge := a.header.Get("WWW-Authenticate")
		if !strings.Contains(challenge, `resource_metadata="https://mcp.acme.example/.well-known/oauth-protected-resource/mcp"`) || !strings.Contains(challenge, `scope="okta.mcp"`) {
			t.Errorf("%s: the challenge does not lead to the metadata: %s", what, challenge)
		}
		if token != "" && strings.Contains(a.body+challenge, token) {
			t.Errorf("%s: the refusal repeats the token", what)
		}
	}
	if x.isUnlocked() {
		t.Fatal("a forged token was taken")
	}
	if a := x.call(good); a.status != http.StatusOK || !x.isUnlocked() {
		t.Errorf("the good token was answered %d %s, so this proves nothing", a.status, a.body)
	}
	if strings.Contains(x.p.stderr.String(), parts[2]) {
		t.Error("the log holds a token")
	}
}

func TestTheIssuerIsNotFloodedWithUnknownKeys(t *testing.T) {
	t.Parallel()
	x := serveOAuth(t, "http", anyScope)
	before := x.from.read.Load()
	var flood sync.WaitGroup
	for lane := range 4 {
		flood.Go(func() {
			for n := range 250 {
				header := map[string]any{"alg": "RS256", "kid": fmt.Sprintf("unknown-%d-%d", lane, n)}
				if a := x.call(x.from.signed(header, nil, hs256(nil))); a.status != http.StatusUnauthorized {
					t.Errorf("an unknown key was answered %d", a.status)
				}
			}
		})
	}
	flood.Wait()
	if n := x.from.read.Load() - before; n > 1 {
		t.Errorf("1,000 unknown keys made the server read the issuer's keys %d times, want once a minute at most", n)
	}
	if a := x.call(x.from.token(nil)); a.status != http.StatusOK {
		t.Errorf("after the flood a good token was answered %d %s", a.status, a.body)
	}
}

func TestATokenMustGrantWhatTheServerWants(t *testing.T) {
	t.Parallel()
	entries := anyScope + "  - match: {group: Operators}\n"
	x := serveOAuth(t, "http", entries, "--oauth-groups", "Operators,Help Desk")
	for what, changes := range map[string]map[string]any{
		"no scope":               {"scp": nil},
		"another scope":          {"scp": []string{"okta.mcp.read"}},
		"the scope in capitals":  {"scp": []string{"OKTA.MCP"}},
		"no group":               {"groups": nil},
		"another group":          {"groups": []string{"Operator"}},
		"scopes within a scope":  {"scp": nil, "scope": "okta.mcpx xokta.mcp"},
		"the scope as the group": {"groups": []string{"okta.mcp"}},
	} {
		a := x.call(x.from.token(changes))
		a.refused(t, what, http.StatusForbidden)
		challenge := a.header.Get("WWW-Authenticate")
		if !strings.Contains(challenge, `error="insufficient_scope"`) || !strings.Contains(challenge, "okta.mcp") {
			t.Errorf("%s: the challenge is %s", what, challenge)
		}
	}
	// In a group that may call, and that no entry of callers is about: the scope's is.
	if a := x.call(x.from.token(map[string]any{"groups": []string{"Help Desk"}, "scp": nil, "scope": "openid okta.mcp"})); a.status != http.StatusOK {
		t.Errorf("the scope in the other claim was answered %d %s", a.status, a.body)
	}
	if a := x.call(x.from.token(map[string]any{"aud": []string{"https://other.example", publicURL}})); a.status != http.StatusOK {
		t.Errorf("a token for several, us among them, was answered %d %s", a.status, a.body)
	}
}

func TestACallerWhomNoEntryMatchesMayDoNothing(t *testing.T) {
	t.Parallel()
	x := serveOAuth(t, "http", "  - match: {group: Operators}\n  - match: {scope: okta.mcp.write}\n    read_only: true\n")
	a := x.call(x.from.token(map[string]any{"groups": []string{"operators"}}))
	a.refused(t, "a caller whom no entry matches", http.StatusForbidden)
	if x.isUnlocked() {
		t.Fatal("a caller whom no entry matches unlocked somebody")
	}
	// Both match, so what one of them forbids is forbidden.
	both := x.call(x.from.token(map[string]any{"scp": []string{"okta.mcp", "okta.mcp.write"}}))
	if x.isUnlocked() {
		t.Fatalf("a caller with an entry that only reads unlocked somebody: %s", both.body)
	}
	if a := x.call(x.from.token(nil)); a.status != http.StatusOK || !x.isUnlocked() {
		t.Errorf("the caller with the one entry was answered %d %s, so this proves nothing", a.status, a.body)
	}
}

func TestTheMetadataIsForAnybody(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		x := serveOAuth(t, transport, anyScope)
		for _, path := range []string{"/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"} {
			request, err := http.NewRequest(http.MethodGet, "http://"+x.host+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("X-Forwarded-Host", "evil.example")
			for _, host := range []string{"", "mcp.acme.example"} {
				request.Host = host
				a := x.ask(request)
				said := gjson.Parse(a.body)
				if a.status != http.StatusOK || said.Get("resource").String() != publicURL || said.Get("authorization_servers").Raw != `["`+x.from.name+`"]` ||
					said.Get("scopes_supported").Raw != `["okta.mcp"]` || said.Get("bearer_methods_supported").Raw != `["header"]` {
					t.Errorf("%s was answered %d %s", path, a.status, a.body)
				}
			}
			request.Host = "evil.example"
			x.ask(request).refused(t, "the metadata for another host", http.StatusForbidden)
		}
	})
}

// Consent, a change and a read, by a person with a token: the inbound token stays
// with us.
func TestTheInboundTokenIsNeverSentToOkta(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		x := serveOAuth(t, transport, anyScope, "--log-level", "DEBUG")
		token := x.from.token(nil)
		c := x.client(t, token)
		call := c.beginCall("delete_group", map[string]any{"group_id": x.org.Cast().Project.Name})
		c.consent(c.question())
		if r := call.result(); r.IsError {
			t.Fatalf("the call was answered %s", r.text())
		}
		if r := c.call("get_user", map[string]any{"user_id": x.org.Cast().Employee.Login}); r.IsError {
			t.Fatalf("the call was answered %s", r.text())
		}
		for _, part := range strings.Split(token, ".")[1:] {
			if strings.Contains(x.seen.String(), part) {
				t.Error("the token of the caller reached the org")
			}
			if strings.Contains(x.p.stderr.String(), part) {
				t.Error("the token of the caller is in the log")
			}
		}
		if !strings.Contains(x.seen.String(), "DELETE") {
			t.Error("nothing reached the org, so this proves nothing")
		}
	})
}

func TestASessionOutlivesNoPersonsToken(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		x := serveOAuth(t, transport, anyScope)
		alice := x.client(t, x.from.token(nil))
		alice.listen()
		// A new token of the same person continues the session; nobody else's does.
		path, session := "/mcp", alice.wire.session()
		if transport == "sse" {
			path = "/message?sessionId=" + session
		}
		for token, good := range map[string]bool{
			x.from.token(map[string]any{"iat": time.Now().Unix() - 5}):    true,
			x.from.token(map[string]any{"sub": "bob@acme.example"}):       false,
			x.from.token(map[string]any{"sub": "Alice@acme.example"}):     false,
			x.from.token(map[string]any{"exp": time.Now().Unix() - 3600}): false,
		} {
			request, err := http.NewRequest(http.MethodPost, "http://"+x.host+path, strings.NewReader(`{"jsonrpc":"2.0","id":99,"method":"ping"}`))
			if err != nil {
				t.Fatal(err)
			}
			maps.Copy(request.Header, http.Header{
				"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}, "Mcp-Session-Id": {session}, "Mcp-Protocol-Version": {withSessions},
			})
			if a := x.ask(request); (a.status/100 == 2) != good {
				t.Errorf("a token that is the session's person's (%v) was answered %d %s", good, a.status, a.body)
			}
		}
	})
}

// The token ends within the leeway of a minute, and streams are looked at every 15
// seconds: real time.
func TestAStreamEndsWithItsToken(t *testing.T) {
	t.Parallel()
	overBothAtOnce(t, func(t testing.TB, transport string) {
		x := serveOAuth(t, transport, anyScope)
		brief := x.client(t, x.from.token(map[string]any{"exp": time.Now().Unix() - 57}))
		brief.listen()
		long := x.client(t, x.from.token(nil))
		long.listen()
		await(x.p, brief.wire.ended(), "the stream of an expired token had ended")
		long.ping()
		select {
		case <-long.wire.ended():
			t.Error("another's stream has ended with it")
		default:
		}
	})
}

func TestAnOrgAuthorizationServerIsRefusedAtStart(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	org := strings.TrimSuffix(i.name, "/oauth2/default")
	command := exec.Command("okta-mcp", "serve", "--demo", "--transport", "http", "--listen", "127.0.0.1:0", "--auth", "oauth", "--public-url", publicURL, "--oauth-issuer", org+"/oauth2/v1")
	command.Env = environment(configured(t, "callers:\n"+anyScope))
	said, err := command.CombinedOutput()
	if err == nil || command.ProcessState.ExitCode() != exitUsage {
		t.Errorf("the start ended with %v, want exit code %d", err, exitUsage)
	}
	for _, words := range []string{"Okta org authorization server", "use a custom authorization server", "/oauth2/default"} {
		if !strings.Contains(string(said), words) {
			t.Errorf("the refusal does not say %q: %s", words, said)
		}
	}
	if strings.Count(string(said), "\n") != 1 || slices.Contains(strings.Fields(string(said)), "listening") {
		t.Errorf("the refusal is not one line: %s", said)
	}
}
