package demoorg_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"okta-mcp/oktaclient/demoorg"
)

func askDevice(org *demoorg.Org, clientID, scope string) reply {
	return postTo(org, "/oauth2/v1/device/authorize", url.Values{"client_id": {clientID}, "scope": {scope}})
}

// device is one device that waits for a person.
type device struct {
	org                  *demoorg.Org
	clientID, code, user string
}

func newDevice(t testing.TB, org *demoorg.Org, scope string) device {
	t.Helper()
	id := org.Credentials().NativeClientID
	got := askDevice(org, id, scope)
	if got.status != 200 {
		t.Fatalf("ask for device codes: %d %s", got.status, got.body)
	}
	codes := got.object(t)
	return device{org, id, codes["device_code"].(string), codes["user_code"].(string)}
}

func (d device) poll(proofs ...string) reply {
	return postForm(d.org, url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "client_id": {d.clientID}, "device_code": {d.code},
	}, proofs...)
}

// tokens are what a person's sign-in gives.
type tokens struct{ access, refresh, id, scope, kind string }

func (r reply) tokens(t testing.TB) tokens {
	t.Helper()
	if r.status != 200 {
		t.Fatalf("no tokens: %d %s", r.status, r.body)
	}
	said := r.object(t)
	text := func(name string) string { s, _ := said[name].(string); return s }
	return tokens{text("access_token"), text("refresh_token"), text("id_token"), text("scope"), text("token_type")}
}

// signInPerson signs somebody in by a device, with a proof if any.
func signInPerson(t testing.TB, org *demoorg.Org, login, scope string, proofs ...string) tokens {
	t.Helper()
	d := newDevice(t, org, scope)
	if err := org.Activate(d.user, login); err != nil {
		t.Fatal(err)
	}
	return d.poll(proofs...).tokens(t)
}

func saysError(t *testing.T, what string, got reply, code string) {
	t.Helper()
	if got.status != 400 || got.object(t)["error"] != code {
		t.Errorf("%s: %d %s, want 400 %s", what, got.status, got.body, code)
	}
}

func TestDeviceCodesLookLikeOktas(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	codes := askDevice(org, org.Credentials().NativeClientID, "openid okta.users.read").object(t)
	code, user := codes["device_code"].(string), codes["user_code"].(string)
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(code) {
		t.Errorf("device_code %q is no UUID", code)
	}
	if !regexp.MustCompile(`^[B-DF-HJ-NP-TV-XZ]{8}$`).MatchString(user) {
		t.Errorf("user_code %q, want 8 consonants", user)
	}
	for name, want := range map[string]any{
		"verification_uri": "http://acme.example/activate", "verification_uri_complete": "http://acme.example/activate?user_code=" + user,
		"expires_in": 600.0, "interval": 5.0,
	} {
		if codes[name] != want {
			t.Errorf("%s is %v, want %v", name, codes[name], want)
		}
	}
}

func TestDeviceRequestsRefused(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Credentials()
	saysError(t, "no scope", askDevice(org, c.NativeClientID, ""), "invalid_scope")
	saysError(t, "unknown scope", askDevice(org, c.NativeClientID, "openid okta.nonsense.read"), "invalid_scope")
	for what, got := range map[string]reply{
		"no client":       postTo(org, "/oauth2/v1/device/authorize", url.Values{"scope": {"openid"}}),
		"the service app": askDevice(org, c.ClientID, "openid"),
	} {
		if got.status != 401 || got.object(t)["error"] != "invalid_client" {
			t.Errorf("%s: %d %s, want 401 invalid_client", what, got.status, got.body)
		}
	}
	saysError(t, "the native app with client credentials",
		postForm(org, url.Values{"grant_type": {"client_credentials"}, "client_id": {c.NativeClientID}, "scope": {"okta.users.read"}}), "unauthorized_client")
}

func TestADeviceWaitsForItsPerson(t *testing.T) {
	t.Parallel()
	c := &clock{start}
	org := newOrg(t, demoorg.Options{Now: c.now, NativeGranted: []string{"okta.users.read"}})
	d := newDevice(t, org, "openid okta.users.read okta.groups.read openid")
	got := d.poll()
	saysError(t, "before the person", got, "authorization_pending")
	if !strings.Contains(got.body, "The device authorization is pending. Please try again later.") {
		t.Errorf("pending says %s", got.body)
	}
	c.advance(5 * time.Second)
	saysError(t, "after the interval", d.poll(), "authorization_pending")
	c.advance(4 * time.Second)
	saysError(t, "too soon", d.poll(), "slow_down")
	c.advance(9 * time.Second)
	saysError(t, "within the longer interval", d.poll(), "slow_down")
	c.advance(15 * time.Second)
	saysError(t, "after fifteen seconds", d.poll(), "authorization_pending")
	if err := org.Activate(strings.ToLower(d.user[:4])+"-"+d.user[4:], org.Cast().SuperAdmin.Login); err != nil {
		t.Fatal(err)
	}
	saysError(t, "too soon, though the person has said yes", d.poll(), "slow_down")
	c.advance(20 * time.Second)
	said := d.poll().tokens(t)
	if said.kind != "Bearer" || said.scope != "openid okta.users.read" || said.refresh != "" || said.id == "" {
		t.Errorf("got %+v; want a bearer token for what is granted, an id token, and no refresh token", said)
	}
	if got := as(org, said.access, "GET", "/api/v1/users?limit=1", ""); got.status != 200 {
		t.Errorf("the token got %d %s", got.status, got.body)
	}
	c.advance(20 * time.Second)
	saysError(t, "the code again", d.poll(), "invalid_grant")
}

func TestADeviceIsDeniedOrTooLate(t *testing.T) {
	t.Parallel()
	c := &clock{start}
	org := newOrg(t, demoorg.Options{Now: c.now})
	denied, late := newDevice(t, org, "okta.users.read"), newDevice(t, org, "okta.users.read")
	if err := org.Deny(denied.user); err != nil {
		t.Fatal(err)
	}
	saysError(t, "denied", denied.poll(), "access_denied")
	c.advance(10 * time.Minute)
	saysError(t, "after ten minutes", late.poll(), "expired_token")
	if org.Activate(late.user, org.Cast().SuperAdmin.Login) == nil || org.Deny(late.user) == nil || org.Activate("NOSUCH", org.Cast().SuperAdmin.Login) == nil {
		t.Error("a code that is over or none can be answered")
	}
	c.advance(10 * time.Minute)
	saysError(t, "long after", late.poll(), "invalid_grant")
	saysError(t, "no code", device{org: org, clientID: late.clientID}.poll(), "invalid_grant")
}

func TestOnlyActivePeopleSignIn(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	d := newDevice(t, org, "okta.users.read")
	for _, login := range []string{c.Suspended.Login, c.Deprovisioned.Login, c.LockedOut.Login, "nobody@acme.example", ""} {
		if err := org.Activate(d.user, login); err == nil {
			t.Errorf("%q may sign in", login)
		}
	}
	if err := org.Activate(d.user, c.Employee.Login); err != nil {
		t.Fatal(err)
	}
	if err := org.SetStatus(c.Employee.Login, "SUSPENDED"); err != nil {
		t.Fatal(err)
	}
	saysError(t, "suspended between yes and poll", d.poll(), "access_denied")
}

// openPage asks for the page, or answers it when a form is given.
func openPage(org *demoorg.Org, target string, form url.Values) reply {
	r := httptest.NewRequest("GET", "http://acme.example"+target, nil)
	if form != nil {
		r = httptest.NewRequest("POST", "http://acme.example"+target, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return serve(org, r)
}

func TestThePageWhereAPersonEntersTheCode(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	allowed, denied := newDevice(t, org, "openid okta.users.read"), newDevice(t, org, "openid")
	page := openPage(org, "/activate", nil)
	if page.status != 200 || !strings.Contains(page.body, `name="user_code"`) || !strings.HasPrefix(page.header.Get("Content-Type"), "text/html") {
		t.Errorf("the empty page: %d %s", page.status, page.body)
	}
	if strings.Contains(page.body, "<script") || !strings.Contains(page.header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Error("the page may run scripts")
	}
	page = openPage(org, "/activate?user_code="+allowed.user, nil)
	for _, want := range []string{org.Cast().NativeApp.Name, "okta.users.read", allowed.user, `value="allow"`, `value="deny"`} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page with a code lacks %q: %s", want, page.body)
		}
	}
	answer := func(d device, decision, login string) reply {
		return openPage(org, "/activate", url.Values{"user_code": {d.user}, "decision": {decision}, "login": {login}})
	}
	if got := answer(allowed, "allow", "nobody@acme.example"); got.status != 400 || !strings.Contains(got.body, "nobody@acme.example") {
		t.Errorf("an unknown login: %d %s", got.status, got.body)
	}
	if got := answer(allowed, "allow", org.Cast().SuperAdmin.Login); got.status != 200 || !strings.Contains(got.body, "Device activated") {
		t.Errorf("yes: %d %s", got.status, got.body)
	}
	if got := answer(denied, "deny", ""); got.status != 200 || !strings.Contains(got.body, "Device denied") {
		t.Errorf("no: %d %s", got.status, got.body)
	}
	if got := allowed.poll(); got.status != 200 {
		t.Errorf("after a yes: %d %s", got.status, got.body)
	}
	saysError(t, "after a no", denied.poll(), "access_denied")
}

func TestThePageEscapesWhatItIsTold(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	const evil = `"><script>alert(1)</script>`
	d := newDevice(t, org, "openid")
	app := must(t, org, 200, "GET", "/api/v1/apps/"+d.clientID, "").body
	must(t, org, 200, "PUT", "/api/v1/apps/"+d.clientID, strings.Replace(app, `"label":"`+org.Cast().NativeApp.Name+`"`, `"label":"<script>alert(2)</script>"`, 1))
	for what, page := range map[string]reply{
		"a code":  openPage(org, "/activate?user_code="+url.QueryEscape(evil), nil),
		"a login": openPage(org, "/activate", url.Values{"user_code": {d.user}, "decision": {"allow"}, "login": {evil}}),
		"a label": openPage(org, "/activate?user_code="+d.user, nil),
	} {
		if strings.Contains(page.body, "<script>") || !strings.Contains(page.body, "&lt;script&gt;") {
			t.Errorf("%s is not escaped: %s", what, page.body)
		}
	}
}

func TestTheNativeAppIsAnAppOfTheOrg(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast().NativeApp
	if c.ID != org.Credentials().NativeClientID || c.ID == org.Credentials().ClientID {
		t.Errorf("the native app is %s in the cast and %s in the credentials", c.ID, org.Credentials().NativeClientID)
	}
	app := must(t, org, http.StatusOK, "GET", "/api/v1/apps/"+c.ID, "").object(t)
	client := at(app, "settings", "oauthClient")
	if app["label"] != c.Name || at(client, "application_type") != "native" || at(app, "credentials", "oauthClient", "token_endpoint_auth_method") != "none" ||
		at(client, "refresh_token", "rotation_type") != "ROTATE" || at(client, "refresh_token", "leeway") != 30.0 {
		t.Errorf("the native app is %v", app)
	}
}
