package auth_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"okta-mcp/auth"
	"okta-mcp/auth/tokenstore"
)

// needles are the ways a private number might show through a printer.
func needles(t *testing.T, private *ecdsa.PrivateKey) []string {
	t.Helper()
	raw, err := private.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	d := new(big.Int).SetBytes(raw)
	return []string{
		d.String(), d.Text(16), strings.ToUpper(d.Text(16)),
		base64.RawURLEncoding.EncodeToString(raw), base64.StdEncoding.EncodeToString(raw),
		fmt.Sprint(d.Bits()[0]), strings.Trim(fmt.Sprint(raw[:8]), "[]"), hex.EncodeToString(raw[:8]),
	}
}

// printables are all exported types, plain, pointed to and held by others.
func printables(key *auth.Key, config auth.Config, app *auth.ServiceApp, refusal *auth.Error) map[string]any {
	type holder struct {
		Key   auth.Key
		Point *auth.Key
		Any   any
		inner auth.Key
	}
	return map[string]any{
		"key": key, "key value": *key, "config": config, "config pointer": &config, "app": app, "state": app.State(),
		"error": refusal, "error value": *refusal, "keys": []*auth.Key{key}, "map": map[string]auth.Key{"k": *key},
		"holder": holder{*key, key, key, *key}, "holder pointer": &holder{*key, key, key, *key},
	}
}

// TestNothingPrintedHoldsASecret prints all there is in all ways there are.
func TestNothingPrintedHoldsASecret(t *testing.T) {
	t.Parallel()
	private := newEC(t, elliptic.P256())
	text := pkcs8(t, private)
	key, err := auth.ParseKey([]byte(text), testKeyID)
	if err != nil {
		t.Fatal(err)
	}
	var log sharedLog // a renewal may still be reporting while the test prints
	okta := newFakeOkta(t, testKey{public: private.Public()})
	config := auth.Config{
		OrgURL: testOrg, ClientID: testClient, Key: key, Scopes: []string{"okta.users.read"}, Transport: roundTripper(okta.RoundTrip),
		Logger: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	app, err := auth.NewServiceApp(config)
	if err != nil {
		t.Fatal(err)
	}
	header := mustAuthorize(t, app)
	answered(t, app, header, http.StatusUnauthorized, okta.now())
	okta.before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		answer(w, 401, map[string]any{"error": "invalid_client", "error_description": "bad assertion " + r.FormValue("client_assertion")})
		return true
	}
	refused := app.SignIn(t.Context())
	var refusal *auth.Error
	if !errors.As(refused, &refusal) {
		t.Fatalf("got %v, want a refusal to print", refused)
	}

	secrets := append(needles(t, private), okta.token(1), okta.seen()[0].form["client_assertion"], strings.Split(text, "\n")[1])
	check := func(how, printed string) {
		t.Helper()
		for _, secret := range secrets {
			if strings.Contains(printed, secret) {
				t.Errorf("%s shows a secret: %q in %.200q", how, secret, printed)
			}
		}
	}
	for name, value := range printables(key, config, app, refusal) {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%b", "%o", "%t", "%p", "%U"} {
			check(name+" as "+verb, fmt.Sprintf(verb, value))
		}
		encoded, err := json.Marshal(value)
		check(name+" as JSON", string(encoded)+fmt.Sprint(err))
		slog.New(slog.NewTextHandler(&log, nil)).Info("m", name, value)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("m", name, value)
	}
	check("an error", refused.Error())
	check("the log", log.String())
	if !strings.Contains(log.String(), testClient) {
		t.Error("nothing was logged, so the log was not tested")
	}
}

// TestNothingPrintedHoldsAPersonsSecret does the same to a person's sign-in,
// bound to a key, pending, renewed and refused.
func TestNothingPrintedHoldsAPersonsSecret(t *testing.T) {
	t.Parallel()
	var log sharedLog
	okta := newFakeOkta(t, testKey{})
	okta.requireDPoP = true
	okta.interval = 1
	path := filepath.Join(t.TempDir(), "sign-ins")
	store, err := tokenstore.OpenFile(path, storeKeyText)
	if err != nil {
		t.Fatal(err)
	}
	var config auth.Config
	device := newDevice(t, okta, store, func(c *auth.Config) {
		c.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		c.Transport = roundTripper(okta.RoundTrip)
		config = *c
	})
	signIn(t, okta, device, testUser)
	header := mustAuthorize(t, device)
	entry := stored(t, store)
	verification, err := device.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	answered(t, device, header, http.StatusUnauthorized, okta.now())
	okta.before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		_ = r.ParseForm()
		refuse(w, "invalid_grant", "no "+r.Header.Get("DPoP"))
		return true
	}
	refused := device.SignIn(t.Context())
	flowEnd := device.Wait(t.Context())
	if refused == nil || flowEnd == nil {
		t.Fatalf("got %v and %v, want refusals to print", refused, flowEnd)
	}

	der, err := base64.StdEncoding.DecodeString(entry.ProofKey.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		t.Fatal(err)
	}
	secrets := append(needles(t, parsed.(*ecdsa.PrivateKey)), strings.TrimPrefix(header, "DPoP "), entry.RefreshToken.Reveal(), entry.ProofKey.Reveal(), "secret-", storeKeyText)
	var printed strings.Builder
	for name, value := range map[string]any{
		"device": device, "config": config, "state": device.State(), "entry": entry, "pointer": &entry, "verification": verification,
		"store": store, "refusal": refused, "end": flowEnd, "mode": auth.DPoPAlways,
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&printed, "%s as %s: "+verb+"\n", name, verb[1:], value)
		}
		encoded, err := json.Marshal(value)
		fmt.Fprintln(&printed, string(encoded), err)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("m", name, value)
	}
	for where, text := range map[string]string{"what is printed": printed.String(), "the log": log.String()} {
		for _, secret := range secrets {
			if i := strings.Index(text, secret); i >= 0 {
				t.Errorf("%s shows %q: %.300s", where, secret, text[max(0, i-150):])
			}
		}
		if !strings.Contains(text, testClient) {
			t.Errorf("%s is empty, so it was not tested", where)
		}
	}
	if got := fmt.Sprintf("%+v", device); got != "native app 0oaTestClient of https://acme.okta.test" {
		t.Errorf("the device prints as %q", got)
	}
}

func TestAKeyAndAnAppAreNamedWhenPrinted(t *testing.T) {
	t.Parallel()
	pair := newTestKey(t)
	key, err := auth.ParseKey(pair.pem, testKeyID)
	if err != nil {
		t.Fatal(err)
	}
	app := newApp(t, newFakeOkta(t, pair), pair, nil)
	if want := `private key "key-1" (ES256, not shown)`; key.String() != want || fmt.Sprintf("%#v", key) != want {
		t.Errorf("the key prints as %q and %#v, want %q", key.String(), key, want)
	}
	if encoded, err := json.Marshal(key); err != nil || !strings.Contains(string(encoded), "not shown") {
		t.Errorf("the key encodes as %s, %v", encoded, err)
	}
	if got := fmt.Sprintf("%+v", app); got != "service app 0oaTestClient of https://acme.okta.test" {
		t.Errorf("the app prints as %q", got)
	}
}

// sharedLog is a log that several goroutines write to.
type sharedLog struct {
	mu   sync.Mutex
	text bytes.Buffer
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
