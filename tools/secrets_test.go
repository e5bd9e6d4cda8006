package tools_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg/orgtest"
	"okta-mcp/tools"
)

// withSettings is a bookmark with settings of its own.
func withSettings(settings args) args {
	app := newBookmark("A")
	app["settings"] = args{"app": settings}
	return app
}

// allowing is everything, by an operator who allows secrets.
func allowing() setup {
	s := everything()
	s.options = tools.Options{AllowSecrets: true}
	return s
}

func TestSecretsOfApplicationsAreRefusedByWhateverName(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything())
	p := w.connect("2025-11-25", accepting)
	for _, name := range []string{"apiToken", "api_token", "apiKey", "api-key", "secretKey", "secret", "token", "accessToken", "refresh_token", "scimBearerToken",
		"aesKey", "AccessKey", "passphrase", "adminPassword", "clientSecret"} {
		r := p.ask("create_application", args{"application": withSettings(args{name: "hush-hush"})})
		r.mustFail("application.settings.app."+name+" is a secret", "--allow-secrets")
		if strings.Contains(r.text(), "hush") {
			t.Errorf("the refusal of %s repeats the secret: %s", name, r.text())
		}
	}
	p.ask("create_application", args{"application": withSettings(args{"password": 4711})}).mustFail("is a secret")
	p.ask("create_application", args{"application": withSettings(args{"note": `{"client_secret":"hush"}`})}).mustFail("is a secret")
	noWrites(t, w)
	p.ask("create_application", args{"application": withSettings(args{"url": "https://a.example/", "passwordField": "#pw", "tokenUrl": "https://a.example/t", "keyId": "k", "usesToken": true, "secretKey": ""})}).mustWork(nil)
}

func TestPrivateKeysAreRefusedInEveryShape(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	sec1, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	written := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	const jwk = `{"kty":"EC","crv":"P-256","x":"a","y":"b","d":"c"}`
	w := newWorld(t, allowing())
	p := w.connect("2025-11-25", accepting)
	for name, value := range map[string]any{
		"PEM":                   written("EC PRIVATE KEY", sec1),
		"PEM in a text":         "here it is: " + written("PRIVATE KEY", pkcs8),
		"encrypted PEM":         written("ENCRYPTED PRIVATE KEY", pkcs8),
		"base64 of PEM":         base64.StdEncoding.EncodeToString([]byte(written("PRIVATE KEY", pkcs8))),
		"base64 of PKCS #8":     base64.StdEncoding.EncodeToString(pkcs8),
		"in lines":              strings.Join(strings.SplitAfter(base64.StdEncoding.EncodeToString(sec1), "AQ"), "\n"),
		"base64url of SEC 1":    base64.RawURLEncoding.EncodeToString(sec1),
		"data URL":              "data:application/pkcs8;base64," + base64.StdEncoding.EncodeToString(pkcs8),
		"PKCS #12":              base64.StdEncoding.EncodeToString(append([]byte{0x30, 0x32, 0x02, 0x01, 0x03, 0x30, 0x2d}, make([]byte, 45)...)),
		"JWK":                   json.RawMessage(jwk),
		"JWK set":               args{"keys": []json.RawMessage{json.RawMessage(jwk)}},
		"JWK in a text":         jwk,
		"JWK set in a text":     `{"keys": [` + jwk + `]}`,
		"in a list in a text":   []string{`["` + base64.StdEncoding.EncodeToString(pkcs8) + `"]`},
		"beside a public key":   args{"keys": []any{publicJWK("a"), json.RawMessage(jwk)}},
		"symmetric, in a text":  `{"kty":"oct","k":"a"}`,
		"deep in other objects": args{"a": []any{args{"b": args{"c": base64.StdEncoding.EncodeToString(sec1)}}}},
	} {
		p.ask("create_application", args{"application": withSettings(args{"v": value})}).mustFail("application.settings.app.v", "is a private key")
		if len(w.org.Writes()) > 0 {
			t.Fatalf("%s was sent", name)
		}
	}
	for name, value := range map[string]any{
		"public PEM": written("PUBLIC KEY", public), "base64 of a public key": base64.StdEncoding.EncodeToString(public),
		"public JWK in a text": `{"kty":"EC","crv":"P-256","x":"a","y":"b"}`, "long text": strings.Repeat("abcd", 40), "braces": "{not JSON}",
	} {
		if r := p.ask("create_application", args{"application": withSettings(args{"url": "https://a.example/", "v": value})}); r.IsError {
			t.Errorf("%s is refused: %s", name, r.text())
		}
	}
}

func TestGivenSecretsAreInNoQuestion(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]struct {
		tool      string
		arguments args
	}{
		"hook":      {"create_event_hook", args{"hook": hookWith(args{"authScheme": args{"type": "OAUTH", "clientSecret": "hush"}})}},
		"list":      {"create_application", args{"application": withSettings(args{"url": "https://a.example/", "accounts": []args{{"name": "a", "apiToken": "hush"}}})}},
		"text":      {"create_application", args{"application": withSettings(args{"url": "https://a.example/", "v": `{"apiToken" : "hush"}`})}},
		"API token": {"create_application", args{"application": withSettings(args{"url": "https://a.example/", "apiToken": "hush"})}},
	} {
		w := newWorld(t, allowing())
		p, question := w.listening()
		p.ask(call.tool, call.arguments)
		if strings.Contains(*question, "hush") || !strings.Contains(*question, "a secret that is not shown") {
			t.Errorf("%s: the question shows the secret, or does not say that there is one: %s", name, *question)
		}
	}
}

func hookWith(config args) args {
	hook := newHook("A", "https://in.acme.example/okta")
	config["uri"] = "https://in.acme.example/okta"
	hook["channel"].(args)["config"] = config
	return hook
}

// telling lets Okta answer the app with secrets.
func telling(w *world, id string) {
	w.org.Fault(func(r *http.Request) orgtest.Fault {
		if r.URL.Path != "/api/v1/apps/"+id {
			return orgtest.Fault{}
		}
		kept := `"client_secret":"hush-hush",`
		if r.Method == "PUT" {
			kept = ""
		}
		return orgtest.Fault{Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: `{"id":"` + id + `","label":"Other","status":"ACTIVE","signOnMode":"OPENID_CONNECT",` +
			`"credentials":{"oauthClient":{` + kept + `"client_id":"x","token_endpoint_auth_method":"client_secret_basic"}},"settings":{"app":{"apiToken":"hush-hush"}}}`}
	})
}

func TestSecretsThatOktaTellsAreInNoQuestionAndNoWayBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything())
	id := w.org.Cast().OIDCApp.ID
	telling(w, id)
	p, question := w.listening()
	clear := args{"app_id": id, "application": args{"credentials": args{"oauthClient": args{"client_secret": nil}}}}
	r := p.ask("update_application", clear)
	r.mustWork(nil)
	if strings.Contains(r.text()+*question, "hush") {
		t.Errorf("the secret that is taken away is shown in %s or in %s", *question, r.text())
	}
	contains(t, "the answer", r.text(), []string{`"undo":"a secret cannot be put back"`})
	clear["plan_only"] = true
	if r := p.ask("get_application", args{"app_id": id, "fields": []string{"*"}}); strings.Contains(r.text(), "hush") {
		t.Errorf("a get answers %s", r.text())
	}
	if r := p.ask("update_application", clear); strings.Contains(r.text(), "hush") {
		t.Errorf("the plan answers %s", r.text())
	}
}

func TestTheWayBackFromAGivenSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, allowing())
	p := w.connect("2025-11-25", accepting)
	c := w.org.Cast()
	told := args{"app_id": c.AssignedApp.ID, "application": args{"settings": args{"app": args{"apiToken": "hush"}}}}
	var done changed
	p.ask("update_application", told).mustWork(&done)
	undo(t, p, done).mustWork(nil)
	if app := appNow(w, c.AssignedApp.ID)["settings"].(map[string]any)["app"].(map[string]any); app["apiToken"] != nil {
		t.Errorf("undoing left %v", app)
	}
	for tool, arguments := range map[string]args{
		"update_application":      {"app_id": c.AssignedApp.ID, "application": args{"label": "B", "credentials": args{"password": args{"value": "hush"}}}},
		"update_application_user": {"app_id": c.AssignedApp.ID, "user_id": c.Contractor.ID, "credentials": args{"userName": "b", "password": args{"value": "hush"}}},
	} {
		w.org.Fault(keepingPasswords)
		r := p.ask(tool, arguments)
		r.mustWork(nil)
		contains(t, tool, r.text(), []string{`"undo":"a secret cannot be put back"`})
	}
}

// keepingPasswords is an org that takes passwords and answers none.
func keepingPasswords(r *http.Request) orgtest.Fault {
	if r.Method == "GET" {
		return orgtest.Fault{}
	}
	return orgtest.Fault{Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: `{"id":"x","label":"B","scope":"USER","credentials":{"userName":"b"}}`}
}

func TestSecretsThatOktaTellsAreWithheldByWhateverName(t *testing.T) {
	t.Parallel()
	for _, allowed := range []bool{false, true} {
		s := everything()
		s.options.AllowSecrets = allowed
		w := newWorld(t, s)
		p := w.connect("2025-11-25", accepting)
		for _, name := range []string{"apiToken", "api_key", "secretKey", "access-key", "aesKey", "PRIVATE_KEY", "scimSecret", "token", "passCode", "passphrase", "newPassword", "activationUrl", "resetPasswordUrl"} {
			id := w.org.Cast().SAMLApp.ID
			w.org.Fault(func(r *http.Request) orgtest.Fault {
				return orgtest.Fault{Status: 200, Header: http.Header{"Content-Type": {"application/json"}},
					Body: `{"id":"` + id + `","label":"keptLabel","settings":{"app":{"a":"kept","` + name + `":"hu\"sh"}}}`}
			})
			r := p.ask("get_application", args{"app_id": id})
			if shown := strings.Contains(r.text(), `sh"`); shown != allowed || !strings.Contains(r.text(), "kept") {
				t.Errorf("--allow-secrets is %t, and %s is answered as %s", allowed, name, r.text())
			}
		}
	}
}

func TestNoRecordHashesASecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, allowing())
	p := w.connect("2025-11-25", accepting)
	hashes := map[string]bool{}
	for _, secret := range []string{"Correct-Horse-9", "Correct-Horse-10"} {
		p.ask("create_application", args{"application": withSettings(args{"url": "https://a.example/", "apiToken": secret})}).mustWork(nil)
		hashes[w.record.last().Arguments] = true
	}
	if len(hashes) != 1 {
		t.Error("the recorded hash depends on the secret, so a weak one can be guessed from it")
	}
	p.ask("create_application", args{"application": withSettings(args{"url": "https://b.example/", "apiToken": "Correct-Horse-9"})}).mustWork(nil)
	if hashes[w.record.last().Arguments] {
		t.Error("the recorded hash does not depend on the other arguments")
	}
}
