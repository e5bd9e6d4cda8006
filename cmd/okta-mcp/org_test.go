package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"testing"

	"okta-mcp/oktaclient/demoorg"
)

// serveOrg serves a made-up org without rate limits behind wrap, which may stand
// in the way of requests; nil: nothing does.
func serveOrg(t testing.TB, o demoorg.Options, wrap func(http.Handler) http.Handler) (org *demoorg.Org, url string) {
	t.Helper()
	o.RateLimits = demoorg.Unlimited
	org, err := demoorg.New(o)
	if err != nil {
		t.Fatalf("making an org: %v", err)
	}
	var handler http.Handler = org
	if wrap != nil {
		handler = wrap(org)
	}
	listener := httptest.NewServer(handler)
	t.Cleanup(func() {
		listener.CloseClientConnections() // of the process, which ends later than it
		listener.Close()
	})
	return org, listener.URL
}

// signInTo are the variables that sign in to an org.
func signInTo(org *demoorg.Org, url string) []string {
	c := org.Credentials()
	return []string{
		"OKTA_ORG_URL=" + url, "OKTA_CLIENT_ID=" + c.ClientID, "OKTA_KEY_ID=" + c.KeyID, "OKTA_PRIVATE_KEY=" + c.PrivateKeyPEM,
	}
}

// asAdministrator reads from the org as it really is, past the program.
func asAdministrator(t testing.TB, org *demoorg.Org, path string) (status int, body []byte) {
	t.Helper()
	answer := httptest.NewRecorder()
	org.Admin().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
	return answer.Code, answer.Body.Bytes()
}

// strangeKey makes a private key that no org knows, and its public half.
func strangeKey() (private, public string, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", "", err
	}
	open, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return "", "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: open})), nil
}
