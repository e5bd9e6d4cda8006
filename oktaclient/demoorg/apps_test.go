package demoorg_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
)

// newApp makes an app and returns its path.
func newApp(t testing.TB, org *demoorg.Org, body string) string {
	t.Helper()
	return "/api/v1/apps/" + fmt.Sprint(must(t, org, 200, "POST", "/api/v1/apps", body).object(t)["id"])
}

const (
	aBookmark = `{"label":"Lunch Menu","signOnMode":"BOOKMARK","settings":{"app":{"url":"https://lunch.example/"}}}`
	aSAMLApp  = `{"label":"Lunch Menu 2!","signOnMode":"SAML_2_0","settings":{"signOn":{"ssoAcsUrl":"https://lunch.example/saml"}}}`
	aClient   = `{"label":"Lunch","name":"oidc_client","signOnMode":"OPENID_CONNECT","settings":{"oauthClient":{"redirect_uris":["https://lunch.example/"]}}}`
)

func TestAppsGetTheNamesThatOktaGives(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	for body, want := range map[string]string{
		aBookmark: "bookmark BOOKMARK", aSAMLApp: "acme_lunchmenu2_ SAML_2_0", aClient: "oidc_client OPENID_CONNECT",
		`{"label":"A","name":"Deel","signOnMode":"AUTO_LOGIN"}`:                                          "deel BROWSER_PLUGIN",
		`{"label":"A","signOnMode":"BROWSER_PLUGIN"}`:                                                    "template_swa BROWSER_PLUGIN",
		`{"label":"A","signOnMode":"BASIC_AUTH"}`:                                                        "template_basic_auth BASIC_AUTH",
		`{"label":"A","signOnMode":"SECURE_PASSWORD_STORE"}`:                                             "template_sps SECURE_PASSWORD_STORE",
		`{"label":"A","signOnMode":"WS_FEDERATION"}`:                                                     "template_wsfed WS_FEDERATION",
		`{"label":"A","signOnMode":"SAML_1_1"}`:                                                          "acme_a_ SAML_1_1",
		`{"label":"A","signOnMode":"AUTO_LOGIN","settings":{"signOn":{"loginUrl":"https://a.example"}}}`: "acme_a_ AUTO_LOGIN",
		`{"label":"A","signOnMode":"TELEPATHY"}`:                                                         "acme_a_ TELEPATHY",
		`{"label":"A","name":"template_swa"}`:                                                            "template_swa BROWSER_PLUGIN",
	} {
		doc := must(t, org, 200, "POST", "/api/v1/apps", body).object(t)
		got := strings.TrimRight(fmt.Sprint(doc["name"]), "0123456789") + " " + fmt.Sprint(doc["signOnMode"])
		if got != want || doc["status"] != "ACTIVE" {
			t.Errorf("%s is made as %s, %v, want %s and ACTIVE", body, got, doc["status"], want)
		}
	}
}

func TestAppLife(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	doc := must(t, org, 200, "POST", "/api/v1/apps?activate=false", aBookmark).object(t)
	app := "/api/v1/apps/" + fmt.Sprint(doc["id"])
	for _, step := range []struct{ do, status, way, missing string }{
		{"", "INACTIVE", "activate", "deactivate"},
		{"activate", "ACTIVE", "deactivate", "activate"},
		{"activate", "ACTIVE", "deactivate", "activate"},
		{"deactivate", "INACTIVE", "activate", "deactivate"},
	} {
		if step.do != "" {
			if got := must(t, org, 200, "POST", app+"/lifecycle/"+step.do, ""); got.body != "{}" {
				t.Errorf("%s answers %s, want {}", step.do, got.body)
			}
		}
		doc := must(t, org, 200, "GET", app, "").object(t)
		if doc["status"] != step.status || at(doc, "_links", step.way) == nil || at(doc, "_links", step.missing) != nil {
			t.Errorf("after %q: status %v and links %v, want %s with %s and without %s", step.do, doc["status"], doc["_links"], step.status, step.way, step.missing)
		}
	}
	must(t, org, 204, "DELETE", app, "")
	for _, method := range []string{"GET", "DELETE"} {
		if got := send(org.Admin(), method, app, ""); got.status != 404 || !strings.Contains(got.body, "(AppInstance)") {
			t.Errorf("%s of a deleted app: %d %s", method, got.status, got.body)
		}
	}
}

func TestAppRefusals(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	at := func(id string) string { return "/api/v1/apps/" + id }
	directory := at(must(t, org, 200, "GET", "/api/v1/apps"+query("filter", `name eq "active_directory"`), "").ids(t)[0])
	must(t, org, 200, "POST", directory+"/lifecycle/deactivate", "")
	inactive := newApp(t, org, aSAMLApp)
	must(t, org, 200, "POST", inactive+"/lifecycle/deactivate", "")
	for _, w := range []struct {
		method, target, body string
		status               int
		code, cause          string
	}{
		{"POST", "/api/v1/apps", `{`, 400, "E0000003", ""},
		{"POST", "/api/v1/apps", `{"signOnMode":"BOOKMARK"}`, 400, "E0000001", "label"},
		{"POST", "/api/v1/apps", `{"label":" ","signOnMode":"BOOKMARK"}`, 400, "E0000001", "label"},
		{"POST", "/api/v1/apps", `{"label":"` + strings.Repeat("x", 101) + `"}`, 400, "E0000001", "too long"},
		{"POST", "/api/v1/apps", `{"label":"x"}`, 400, "E0000001", "signOnMode"},
		{"POST", "/api/v1/apps", `{"label":"x","signOnMode":"BOOKMARK"}`, 400, "E0000001", "url"},
		{"POST", "/api/v1/apps", `{"label":"x","signOnMode":"SAML_2_0"}`, 400, "E0000001", "ssoAcsUrl"},
		{"POST", "/api/v1/apps", `{"label":"x","signOnMode":"AUTO_LOGIN"}`, 400, "E0000001", "loginUrl"},
		{"POST", "/api/v1/apps", `{"label":"x","signOnMode":"OPENID_CONNECT"}`, 400, "E0000001", "redirect_uris"},
		{"POST", "/api/v1/apps", `{"label":"x","signOnMode":"SAML_1_1","settings":7}`, 400, "E0000001", "settings: "},
		{"POST", "/api/v1/apps", `{"label":"x","signOnMode":"SAML_1_1","settings":{"signOn":[]}}`, 400, "E0000001", "settings.signOn: "},
		{"PUT", at(c.AssignedApp.ID), `{"signOnMode":"SAML_2_0"}`, 400, "E0000001", "label"},
		{"PUT", at(c.ProjectApp.ID), `{"label":"x"}`, 400, "E0000001", "url"},
		{"PUT", inactive, aSAMLApp, 400, "E0000024", "No active instances."},
		{"PUT", at("0oa0"), aBookmark, 404, "E0000007", ""},
		{"DELETE", at(c.AssignedApp.ID), "", 403, "E0000056", "must be deactivated"},
		{"DELETE", directory, "", 400, "E0000001", "directory"},
		{"POST", at(c.AdminConsole.ID) + "/lifecycle/deactivate", "", 400, "E0000001", "part of Okta"},
		{"POST", at("0oa0") + "/lifecycle/activate", "", 404, "E0000007", ""},
		{"GET", "/api/v1/apps?expand=user", "", 400, "E0000001", "Expand query is malformed."},
		{"GET", "/api/v1/apps?after=00u1testcursorvalue", "", 400, "E0000029", "Invalid cursor."},
		{"GET", "/api/v1/apps" + query("filter", `label eq "Slack"`), "", 400, "E0000031", "label"},
		{"GET", "/api/v1/apps" + query("filter", `status sw "A"`), "", 400, "E0000031", "sw"},
	} {
		got := send(org.Admin(), w.method, w.target, w.body)
		if got.status != w.status || got.code() != w.code || !strings.Contains(got.body, w.cause) {
			t.Errorf("%s %s %.60s: %d %s, want %d %s about %q", w.method, w.target, w.body, got.status, got.body, w.status, w.code, w.cause)
		}
	}
}

func TestAppDocumentsRoundTrip(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	app := newApp(t, org, aBookmark)
	body := `{"label":"Menu","signOnMode":"BOOKMARK","future":{"n":9007199254740993,"list":[1.50,null]},
		"settings":{"app":{"url":"https://menu.example/?a=1&b=<2>","serial":123456789012345678901},"notes":{"admin":"call me"}},
		"status":"INACTIVE","id":"x","created":"2001-01-01T00:00:00.000Z"}`
	answered := must(t, org, 200, "PUT", app, body).body
	read := must(t, org, 200, "GET", app, "").body
	if answered != read {
		t.Errorf("PUT answers\n%s, GET\n%s", answered, read)
	}
	for _, kept := range []string{
		`"future":{"list":[1.50,null],"n":9007199254740993}`, `"serial":123456789012345678901`, `?a=1&b=<2>`,
		`"notes":{"admin":"call me","enduser":null}`, `"status":"ACTIVE"`, `"created":"2026-`, `"label":"Menu"`,
	} {
		if !strings.Contains(read, kept) {
			t.Errorf("%s is not in %s", kept, read)
		}
	}
	if again := must(t, org, 200, "PUT", app, read).body; again != read {
		t.Errorf("putting back what was read changes it:\n%s to\n%s", read, again)
	}
	if left := must(t, org, 200, "PUT", app, aBookmark).body; strings.Contains(left, "future") || strings.Contains(left, "serial") {
		t.Errorf("PUT replaces, yet something stayed: %s", left)
	}
}

func TestClientSecretsShowOnWritesAlone(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	secret := func(doc map[string]any) any { return at(doc, "credentials", "oauthClient", "client_secret") }
	made := must(t, org, 200, "POST", "/api/v1/apps", aClient).object(t)
	app := "/api/v1/apps/" + fmt.Sprint(made["id"])
	if at(made, "credentials", "oauthClient", "client_id") != made["id"] || secret(made) == nil {
		t.Errorf("a new client has credentials %v, want its id and a secret", made["credentials"])
	}
	if read := must(t, org, 200, "GET", app, "").object(t); secret(read) != nil {
		t.Errorf("GET shows the secret: %v", read["credentials"])
	}
	for _, doc := range must(t, org, 200, "GET", "/api/v1/apps?limit=200", "").list(t) {
		if secret(doc) != nil {
			t.Errorf("the list shows the secret of %v", doc["label"])
		}
	}
	if put := must(t, org, 200, "PUT", app, aClient).object(t); secret(put) != secret(made) {
		t.Errorf("PUT answers the secret %v, want %v", secret(put), secret(made))
	}
	keyed := strings.Replace(aClient, `"settings"`, `"credentials":{"oauthClient":{"token_endpoint_auth_method":"private_key_jwt"}},"settings"`, 1)
	if got := must(t, org, 200, "POST", "/api/v1/apps", keyed).object(t); secret(got) != nil {
		t.Errorf("a client that signs has the secret %v", secret(got))
	}
}

func TestSharedPasswordsAreHidden(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	got := must(t, org, 200, "POST", "/api/v1/apps", `{"label":"x","signOnMode":"BROWSER_PLUGIN","credentials":{
		"scheme":"SHARED_USERNAME_AND_PASSWORD","userName":"team","password":{"value":"hunter2hunter2"}}}`)
	if strings.Contains(got.body, "hunter2") || !strings.Contains(got.body, `"password":{}`) {
		t.Errorf("a shared password shows as %s", got.body)
	}
}

func TestAppLists(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	labels := func(target string) []string {
		var found []string
		for _, doc := range must(t, org, 200, "GET", target, "").list(t) {
			found = append(found, fmt.Sprint(doc["label"]))
		}
		return found
	}
	for target, want := range map[string][]string{
		"/api/v1/apps?q=slack": {"Slack"}, "/api/v1/apps?q=nothing": nil,
		"/api/v1/apps" + query("filter", `status eq "INACTIVE"`):                             {c.InactiveApp.Name},
		"/api/v1/apps" + query("filter", `id eq "`+c.SAMLApp.ID+`"`):                         {c.SAMLApp.Name},
		"/api/v1/apps" + query("filter", `group.id eq "`+c.HelpDeskGroup.ID+`"`):             {c.AdminConsole.Name},
		"/api/v1/apps" + query("filter", `user.id eq "`+c.Deprovisioned.ID+`"`):              nil,
		"/api/v1/apps" + query("filter", `user.id eq "`+c.SuperAdmin.ID+`"`, "q", "saasure"): {c.AdminConsole.Name},
	} {
		if got := labels(target); !slices.Equal(got, want) {
			t.Errorf("%s finds %v, want %v", target, got, want)
		}
	}
	doc := must(t, org, 200, "GET", "/api/v1/apps/"+c.AdminConsole.ID+"?expand=user/"+c.SuperAdmin.ID, "").object(t)
	if at(doc, "_embedded", "user", "id") != c.SuperAdmin.ID || at(doc, "_embedded", "user", "scope") != "USER" {
		t.Errorf("expand embeds %v, want the assignment of %s", doc["_embedded"], c.SuperAdmin.Login)
	}
	got := must(t, org, 200, "GET", "/api/v1/apps?limit=1&q=s&includeNonDeleted=false&useOptimization=true", "")
	if link := got.header["Link"]; len(link) != 2 || link[0] != `<http://acme.example/api/v1/apps?limit=1&q=s>; rel="self"` {
		t.Errorf("links %v, want self with limit and q alone, and next", link)
	}
}

func TestAppCursorSurvivesDeletion(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	first := must(t, org, 200, "GET", "/api/v1/apps?limit=6", "")
	rest := must(t, org, 200, "GET", first.next(), "").ids(t)
	last := "/api/v1/apps/" + first.ids(t)[5]
	must(t, org, 200, "POST", last+"/lifecycle/deactivate", "")
	must(t, org, 204, "DELETE", last, "")
	if again := must(t, org, 200, "GET", first.next(), "").ids(t); !slices.Equal(again, rest) {
		t.Errorf("behind a deleted app come %v, want %v", again, rest)
	}
}

func TestSeededAppsHaveEverySignOnMode(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: demoorg.MinSize})
	modes, kinds, features := map[string]int{}, map[string]int{}, 0
	for _, doc := range must(t, org, 200, "GET", "/api/v1/apps?limit=200", "").list(t) {
		modes[fmt.Sprint(doc["signOnMode"])]++
		kinds[fmt.Sprint(at(doc, "settings", "oauthClient", "application_type"))]++
		if list, _ := doc["features"].([]any); len(list) > 0 {
			features++
		}
		if id := fmt.Sprint(doc["id"]); !strings.HasPrefix(fmt.Sprint(at(doc, "_links", "accessPolicy", "href")), "http://acme.example/api/v1/policies/rst") {
			t.Errorf("%s is governed by %v", id, at(doc, "_links", "accessPolicy"))
		}
	}
	want := strings.Fields("<nil> AUTO_LOGIN BASIC_AUTH BOOKMARK BROWSER_PLUGIN OPENID_CONNECT SAML_1_1 SAML_2_0 SECURE_PASSWORD_STORE WS_FEDERATION")
	if got := slices.Sorted(maps.Keys(modes)); !slices.Equal(got, want) {
		t.Errorf("sign-on modes %v, want %v", got, want)
	}
	if got := slices.Sorted(maps.Keys(kinds)); !slices.Equal(got, strings.Fields("<nil> browser native service web")) || features < 3 {
		t.Errorf("kinds of client %v and %d apps with features, want all four and at least 3", got, features)
	}
	c := org.Cast()
	for thing, want := range map[demoorg.Thing]string{
		c.AssignedApp: "ACTIVE SAML_2_0", c.InactiveApp: "INACTIVE SAML_2_0", c.SAMLApp: "ACTIVE SAML_2_0",
		c.OIDCApp: "ACTIVE OPENID_CONNECT", c.ProjectApp: "ACTIVE BOOKMARK", c.ServiceApp: "ACTIVE OPENID_CONNECT",
	} {
		doc := must(t, org, 200, "GET", "/api/v1/apps/"+thing.ID, "").object(t)
		if got := fmt.Sprint(doc["status"], " ", doc["signOnMode"]); got != want || doc["label"] != thing.Name {
			t.Errorf("%s is %s %v, want %s", thing.Name, got, doc["label"], want)
		}
	}
}
