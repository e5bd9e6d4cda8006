package demoorg_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"

	"okta-mcp/oktaclient/demoorg"
)

func rsaKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// register registers the public half of a key under a kid.
func register(t testing.TB, org *demoorg.Org, private any, keyID string) error {
	t.Helper()
	public := publicJWK(t, private)
	public["kid"] = keyID
	raw, err := json.Marshal(public)
	if err != nil {
		t.Fatal(err)
	}
	return org.RegisterKey(raw)
}

func TestSeveralKeysAtOnce(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	rs := rsaKey(t)
	es, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for id, key := range map[string]any{"rs": rs, "es": es} {
		if err := register(t, org, key, id); err != nil {
			t.Fatal(err)
		}
	}
	fixed := publicJWK(t, rs)
	fixed["kid"], fixed["alg"] = "fixed", "RS512"
	raw, err := json.Marshal(fixed)
	if err != nil {
		t.Fatal(err)
	}
	if err := org.RegisterKey(raw); err != nil {
		t.Fatal(err)
	}
	if register(t, org, es, "rs") == nil {
		t.Error("two keys may share a kid")
	}
	ask := func(kid string, key any, alg jwa.SignatureAlgorithm) reply {
		a := goodAssertion(org, rand.Text())
		a.kid, a.key, a.alg = kid, key, alg
		return askToken(org, a.sign(t, org), "okta.users.read")
	}
	for _, c := range []struct {
		kid  string
		key  any
		alg  jwa.SignatureAlgorithm
		says string // "" is a token
	}{
		{"rs", rs, jwa.RS256, ""}, {"rs", rs, jwa.RS512, ""}, {"es", es, jwa.ES384, ""},
		{org.Credentials().KeyID, nil, jwa.ES256, ""},
		{"", nil, jwa.ES256, "kid is invalid"},
		{"es", rs, jwa.RS256, "algorithm"}, {"rs", rs, jwa.PS256, "algorithm"},
		{"fixed", rs, jwa.RS512, ""}, {"fixed", rs, jwa.RS256, "algorithm"},
		{"rs", rsaKey(t), jwa.RS256, "signature is invalid"},
	} {
		got := ask(c.kid, c.key, c.alg)
		if fine := got.status == 200; fine != (c.says == "") || !strings.Contains(got.body, c.says) {
			t.Errorf("kid %q with %s: %d %s, want %q", c.kid, c.alg, got.status, got.body, c.says)
		}
	}
	if err := org.RemoveKey("rs"); err != nil {
		t.Fatal(err)
	}
	if got := ask("rs", rs, jwa.RS256); !strings.Contains(got.body, "kid is invalid") {
		t.Errorf("a key taken away: %d %s", got.status, got.body)
	}
	if org.RemoveKey("rs") == nil {
		t.Error("a key can be taken away twice")
	}
}

func TestKeysOktaDoesNotTake(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private, err := jwk.FromRaw(newProver(t).private)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := json.Marshal(private)
	if err != nil {
		t.Fatal(err)
	}
	for what, got := range map[string]error{
		"a short RSA key": register(t, org, short, "a"), "Ed25519": register(t, org, ed, "b"),
		"no kid": register(t, org, newProver(t).private, ""), "a private key": org.RegisterKey(whole),
		"a symmetric key": org.RegisterKey([]byte(`{"kty":"oct","kid":"c","k":"c2VjcmV0"}`)), "nonsense": org.RegisterKey([]byte("nonsense")),
	} {
		if got == nil {
			t.Errorf("%s is registered", what)
		}
	}
}

func TestMetadataOfTheAuthorizationServer(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	for _, path := range []string{"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"} {
		got := send(org, "GET", path, "").object(t)
		for name, want := range map[string]any{
			"issuer": "http://acme.example", "token_endpoint": tokenURL,
			"device_authorization_endpoint": "http://acme.example/oauth2/v1/device/authorize", "revocation_endpoint": "http://acme.example/oauth2/v1/revoke",
		} {
			if got[name] != want {
				t.Errorf("%s: %s is %v, want %v", path, name, got[name], want)
			}
		}
		algorithms, _ := got["dpop_signing_alg_values_supported"].([]any)
		grants, _ := got["grant_types_supported"].([]any)
		if len(algorithms) != 6 || !slices.Contains(grants, any("urn:ietf:params:oauth:grant-type:device_code")) {
			t.Errorf("%s: dpop algorithms %v, grant types %v", path, algorithms, grants)
		}
	}
}

func TestTheClockCanBeShifted(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	org.ShiftClock(7 * time.Minute)
	org.ShiftClock(3 * time.Minute)
	got := askToken(org, goodAssertion(org, "").sign(t, org), "okta.users.read")
	if got.status != 401 || !strings.Contains(got.body, "is expired") || got.header.Get("Date") != start.Add(10*time.Minute).Format("Mon, 02 Jan 2006 15:04:05 GMT") {
		t.Errorf("an assertion ten minutes old: %d %s, Date %s", got.status, got.body, got.header.Get("Date"))
	}
	org.ShiftClock(-20 * time.Minute)
	if got := askToken(org, goodAssertion(org, "").sign(t, org), "okta.users.read"); !strings.Contains(got.body, "issued in the future") {
		t.Errorf("an assertion ten minutes early: %d %s", got.status, got.body)
	}
}
