package inbound_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"okta-mcp/auth/inbound"
)

// opening is what NewOAuth says to an issuer that must be refused.
func opening(t *testing.T, c inbound.OAuthConfig, words ...string) {
	t.Helper()
	oauth, err := inbound.NewOAuth(t.Context(), c)
	if err == nil || oauth != nil {
		t.Fatalf("it was taken, want an error with %q", words)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the error does not hold %q: %v", word, err)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("the error is more than a line: %v", err)
	}
}

func TestSettingsThatCannotBeRightAreRefused(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	for name, c := range map[string]struct {
		change func(*inbound.OAuthConfig)
		words  string
	}{
		"no issuer":             {func(c *inbound.OAuthConfig) { c.Issuer = "" }, "the issuer cannot be read"},
		"no public URL":         {func(c *inbound.OAuthConfig) { c.Audience = "" }, "the public URL cannot be read"},
		"issuer over http":      {func(c *inbound.OAuthConfig) { c.Issuer = "http://acme.okta.com/oauth2/default" }, "the issuer is not https"},
		"public URL over http":  {func(c *inbound.OAuthConfig) { c.Audience = "http://mcp.example.com" }, "the public URL is not https"},
		"issuer with a query":   {func(c *inbound.OAuthConfig) { c.Issuer += "?" }, "more than an address"},
		"URL with a fragment":   {func(c *inbound.OAuthConfig) { c.Audience += "#x" }, "more than an address"},
		"URL with a password":   {func(c *inbound.OAuthConfig) { c.Audience = "https://me:s3cr3t@mcp.example.com" }, "more than an address"},
		"URL with a line end":   {func(c *inbound.OAuthConfig) { c.Audience += "\r\nX: 1" }, "cannot be read"},
		"URL with a space":      {func(c *inbound.OAuthConfig) { c.Issuer += " x" }, "cannot be read"},
		"another scheme":        {func(c *inbound.OAuthConfig) { c.Issuer = "ftp://acme.okta.com" }, "not https"},
		"two scopes in one":     {func(c *inbound.OAuthConfig) { c.Scopes = []string{"a b"} }, "a required scope"},
		"a scope with a quote":  {func(c *inbound.OAuthConfig) { c.Scopes = []string{`a"`} }, "a required scope"},
		"an empty scope":        {func(c *inbound.OAuthConfig) { c.Scopes = []string{""} }, "a required scope"},
		"an empty group":        {func(c *inbound.OAuthConfig) { c.Groups = []string{""} }, "a required group"},
		"algorithm none":        {func(c *inbound.OAuthConfig) { c.Algorithms = []string{"none"} }, `"none" is no algorithm`},
		"a shared secret":       {func(c *inbound.OAuthConfig) { c.Algorithms = []string{"RS256", "HS256"} }, `"HS256" is no algorithm`},
		"an algorithm misspelt": {func(c *inbound.OAuthConfig) { c.Algorithms = []string{"rs256"} }, `"rs256" is no algorithm`},
		"leeway below zero":     {func(c *inbound.OAuthConfig) { c.Leeway = -1 }, "leeway"},
		"leeway of an hour":     {func(c *inbound.OAuthConfig) { c.Leeway = time.Hour }, "leeway"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := i.config()
			c.change(&config)
			opening(t, config, c.words)
			if _, err := inbound.NewOAuth(t.Context(), config); strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("the error tells a password: %v", err)
			}
		})
	}
	if i.keysRead() != 0 {
		t.Error("the issuer was asked before the settings were checked")
	}
}

func TestOktasOrgAuthorizationServerIsRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]object{
		"by its token endpoint": {"token_endpoint": "https://acme.okta.com/oauth2/v1/token", "jwks_uri": "https://acme.okta.com/keys"},
		"by its keys":           {"jwks_uri": "https://acme.okta.com/oauth2/v1/keys"},
		"on a domain of one's":  {"token_endpoint": "https://id.acme.com/oauth2/v1/token", "jwks_uri": "https://id.acme.com/oauth2/v1/keys"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newIssuer(t)
			i.metadata = object(i.metadata).with(change)
			opening(t, i.config(), "Okta org authorization server", "meant for Okta", "use a custom authorization server", "/oauth2/default")
			if i.keysRead() != 0 {
				t.Error("its keys were read all the same")
			}
		})
	}
}

func TestMetadataThatCannotBeTakenIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change object
		words  string
	}{
		"of another issuer":     {object{"issuer": "https://evil.example.com"}, `metadata of "https://evil.example.com"`},
		"of the same, slashed":  {object{"issuer": "SLASHED"}, "name it exactly as its metadata does"},
		"without an issuer":     {object{"issuer": nil}, "name it exactly"},
		"an issuer as a number": {object{"issuer": 1}, "not the JSON it should be"},
		"without keys":          {object{"jwks_uri": nil}, "names no address of keys"},
		"keys over http":        {object{"jwks_uri": "http://keys.example.com/keys"}, "not https"},
		"keys in a file":        {object{"jwks_uri": "file://localhost/etc/passwd"}, "not https"},
		"keys of no host":       {object{"jwks_uri": "/keys"}, "names no address of keys"},
		"keys with a password":  {object{"jwks_uri": "https://a:b@keys.example.com/"}, "not https"},
		"a broken endpoint":     {object{"token_endpoint": ":"}, "token_endpoint"},
		"huge":                  {object{"pad": strings.Repeat("x", 1<<20)}, "more than 1 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newIssuer(t)
			if i.metadata = object(i.metadata).with(c.change); i.metadata["issuer"] == "SLASHED" {
				i.metadata["issuer"] = i.name + "/"
			}
			opening(t, i.config(), c.words)
		})
	}
}

func TestAnIssuerThatIsDownAtTheStartIsAnError(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	config := i.config()
	i.set(func() { i.keysHook = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) } })
	opening(t, config, "reading the issuer's keys", "503")
	if _, err := inbound.NewOAuth(cancelled(t), config); err == nil || !strings.Contains(err.Error(), "context canceled") {
		t.Errorf("a cancelled start: %v", err)
	}
	i.Close()
	opening(t, config, "reading the metadata of the issuer "+i.name)
}

// TestMetadataIsLookedForWhereItMayBe serves it at one address after the other.
func TestMetadataIsLookedForWhereItMayBe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ path, at string }{
		{"/oauth2/default", "/.well-known/oauth-authorization-server/oauth2/default"},
		{"/oauth2/default", "/oauth2/default/.well-known/openid-configuration"},
		{"/oauth2/default", "/.well-known/openid-configuration/oauth2/default"},
		{"/tenant/", "/.well-known/oauth-authorization-server/tenant"},
		{"", "/.well-known/oauth-authorization-server"},
		{"", "/.well-known/openid-configuration"},
		{"/", "/.well-known/openid-configuration"},
	} {
		t.Run(c.path+" at "+c.at, func(t *testing.T) {
			t.Parallel()
			i := newIssuer(t)
			var asked []string
			front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = append(asked, r.URL.Path)
				if r.URL.Path != c.at {
					http.Redirect(w, r, c.at, http.StatusFound) // must not be followed
					return
				}
				_, _ = io.WriteString(w, `{"issuer":"http://`+r.Host+c.path+`","token_endpoint":"https://x/token","jwks_uri":"`+i.name+`/v1/keys"}`)
			}))
			defer front.Close()
			config := i.config()
			config.Issuer = front.URL + c.path
			if _, err := inbound.NewOAuth(t.Context(), config); err != nil {
				t.Fatal(err)
			}
			if n := slices.Index(asked, c.at); n != len(asked)-1 {
				t.Errorf("asked %q, want to stop at %s", asked, c.at)
			}
		})
	}
}

func TestAnIssuerOverTLSIsVerifiedAndMayNotLeadToPlainKeys(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	front := httptest.NewTLSServer(i)
	defer front.Close()
	i.name = front.URL + path
	i.metadata = object{"issuer": i.name, "token_endpoint": i.name + "/v1/token", "jwks_uri": i.name + "/v1/keys"}
	pool := x509.NewCertPool()
	pool.AddCert(front.Certificate())
	trusting := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true}

	o := i.open(t, func(c *inbound.OAuthConfig) { c.Transport = trusting })
	accepted(t, o, i.token(t, nil))
	opening(t, i.config(), "certificate")

	i.set(func() { i.metadata["jwks_uri"] = i.URL + path + "/v1/keys" })
	config := i.config()
	config.Transport = trusting
	opening(t, config, "not https")
}
