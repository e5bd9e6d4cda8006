package tools_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/oktaclient/demoorg/orgtest"
	"okta-mcp/tools"
)

func everything() setup { return setup{selection: tools.Selection{Toolsets: []string{"all"}}} }

// newClient is an OpenID Connect app that authenticates in the way named.
func newClient(method string) args {
	app := args{"name": "oidc_client", "label": "Client", "signOnMode": "OPENID_CONNECT",
		"settings": args{"oauthClient": args{"application_type": "web", "grant_types": []string{"authorization_code"}, "redirect_uris": []string{"https://a.example/"}}}}
	if method != "" {
		app["credentials"] = args{"oauthClient": args{"token_endpoint_auth_method": method}}
	}
	return app
}

func TestApplications(t *testing.T) {
	t.Parallel()
	try(t, applicationTrials)
}

func applicationTrials(c demoorg.Cast) []trial {
	app := func(id string, more ...any) args {
		all := args{"app_id": id}
		for i := 0; i < len(more); i += 2 {
			all[more[i].(string)] = more[i+1]
		}
		return all
	}
	of := func(t demoorg.Thing) string { return "/api/v1/apps/" + t.ID }
	unknown := "0oa00000000000000000"
	return []trial{
		{name: "by status", tool: "list_applications", arguments: args{"status": "INACTIVE"}, answers: []string{`"count":1`, c.InactiveApp.ID, `"signOnMode":"SAML_2_0"`}},
		{name: "status and filter", tool: "list_applications", arguments: args{"status": "ACTIVE", "filter": `id eq "` + c.InactiveApp.ID + `" or name eq "saasure"`}, answers: []string{`"count":1`, c.AdminConsole.ID}},
		{name: "by start of label", tool: "list_applications", arguments: args{"q": "nightingale", "status": "ACTIVE"}, answers: []string{`"count":1`, c.ProjectApp.ID}},
		{name: "by id", tool: "get_application", arguments: app(c.OIDCApp.ID), answers: []string{`"redirect_uris"`, `"label":"` + c.OIDCApp.Name}},
		{name: "by label", tool: "get_application", arguments: app(c.OIDCApp.Name), answers: []string{c.OIDCApp.ID}},
		{name: "start of a label", tool: "get_application", arguments: app(strings.TrimSuffix(c.OIDCApp.Name, "i")), refused: []string{"no application has the id or exact label", "list_applications"}},
		{name: "unknown id", tool: "get_application", arguments: app(unknown), refused: []string{"no application has the id", unknown, "list_applications"}},
		{name: "no id", tool: "get_application", arguments: app("a/b"), refused: []string{"slash"}},

		{name: "inactive", tool: "create_application", arguments: args{"application": newBookmark("A")}, answers: []string{`"status":"INACTIVE"`, `"tool":"delete_application"`},
			asks: []string{"Create this application", "created INACTIVE", "Application “A”", "settings.app.url"}, writes: []string{"POST /api/v1/apps"}},
		{name: "active", tool: "create_application", arguments: args{"application": newBookmark("A"), "activate": true}, answers: []string{`"status":"ACTIVE"`},
			asks: []string{"created ACTIVE"}, writes: []string{"POST /api/v1/apps"}},
		{name: "public client", tool: "create_application", arguments: args{"application": newClient("none")}, answers: []string{`"token_endpoint_auth_method":"none"`},
			asks: []string{"Create this"}, writes: []string{"POST /api/v1/apps"}},
		{name: "client with a key", tool: "create_application", arguments: args{"application": newClient("private_key_jwt")}, answers: []string{"private_key_jwt"},
			asks: []string{"Create this"}, writes: []string{"POST /api/v1/apps"}},
		{name: "client by default", tool: "create_application", arguments: args{"application": newClient("")}, refused: []string{"client secret", "--allow-secrets", "private_key_jwt", "none"}},
		{name: "client with a secret", tool: "create_application", arguments: args{"application": newClient("client_secret_post")}, refused: []string{"client secret", "--allow-secrets"}},
		{name: "secret given", tool: "create_application", refused: []string{"application.credentials.password is a secret", "--allow-secrets"}, arguments: args{"application": args{
			"name": "template_sps", "label": "A", "signOnMode": "SECURE_PASSWORD_STORE", "credentials": args{"password": args{"value": "Correct-Horse-9"}}}}},
		{name: "private key given", tool: "create_application", refused: []string{"private key"}, arguments: args{"application": args{
			"label": "A", "settings": args{"oauthClient": args{"jwks": args{"keys": []args{{"kty": "RSA", "n": "a", "e": "AQAB", "d": "b"}}}}}}}},
		{name: "nothing", tool: "create_application", arguments: args{"application": args{}}, refused: []string{"application must be a JSON object"}},

		{name: "label", tool: "update_application", arguments: app(c.SAMLApp.Name, "application", args{"label": "New", "settings": args{"notes": args{"admin": "a"}}}),
			answers: []string{`"before":{"label":"` + c.SAMLApp.Name, `"after":{"label":"New","settings":{"notes":{"admin":"a"}}}`, `"tool":"update_application"`},
			asks:    []string{"Change this application", "people are assigned to it: ", "groups are assigned", "Groups assigned: “Finance”", "“label”: “" + c.SAMLApp.Name + "” becomes “New”", "“settings.notes.admin” is set to “a”"},
			writes:  []string{"PUT " + of(c.SAMLApp)}},
		{name: "opened to all", tool: "update_application", arguments: app(c.SAMLApp.ID, "application", args{"settings": args{"implicitAssignment": true}}),
			answers: []string{`"implicitAssignment":true`}, asks: []string{"opens to everybody in the org"}, writes: []string{"PUT " + of(c.SAMLApp)}},
		{name: "Admin Console", tool: "update_application", arguments: app(c.AdminConsole.ID, "application", args{"visibility": args{"autoLaunch": true}}),
			asks: []string{"To go on, type exactly: Okta Admin Console"}, writes: []string{"PUT " + of(c.AdminConsole)}},
		{name: "the same", tool: "update_application", arguments: app(c.SAMLApp.ID, "application", args{"label": c.SAMLApp.Name}), refused: []string{"has these values already"}},
		{name: "status", tool: "update_application", arguments: app(c.SAMLApp.ID, "application", args{"status": "INACTIVE"}), refused: []string{"does not change status", "deactivate_application"}},
		{name: "secret given", tool: "update_application", arguments: app(c.OIDCApp.ID, "application", args{"credentials": args{"oauthClient": args{"client_secret": "Correct-Horse-9"}}}), refused: []string{"client_secret is a secret"}},
		{name: "unknown", tool: "update_application", arguments: app(unknown, "application", args{"label": "A"}), refused: []string{"no application has the id"}},

		{name: "assigned to a group", tool: "activate_application", arguments: app(c.InactiveApp.Name), answers: []string{`"tool":"deactivate_application"`},
			asks: []string{"Activate this application", "Asked because people or groups are assigned to it", "1 group is assigned", "Sales"}, writes: []string{"POST " + of(c.InactiveApp) + "/lifecycle/activate"}},
		{name: "assigned to nobody", tool: "activate_application", arguments: app(c.InactiveApp.ID), prepare: func(w *world) { emptied(w, w.org.Cast().InactiveApp) },
			writes: []string{"POST " + of(c.InactiveApp) + "/lifecycle/activate"}},
		{name: "assigned to an empty group", tool: "activate_application", arguments: app(c.InactiveApp.ID), prepare: func(w *world) { withEmptyGroup(w, w.org.Cast().InactiveApp) },
			asks: []string{"Asked because people or groups are assigned to it", "Nobody is assigned to it.", "1 group is assigned to it."}, writes: []string{"POST " + of(c.InactiveApp) + "/lifecycle/activate"}},
		{name: "open to all", tool: "activate_application", arguments: app(c.InactiveApp.ID), prepare: func(w *world) { openedToAll(w, w.org.Cast().InactiveApp) },
			asks: []string{"Asked because it opens to everybody in the org", "assigned or not"}, writes: []string{"POST " + of(c.InactiveApp) + "/lifecycle/activate"}},
		{name: "active already", tool: "activate_application", arguments: app(c.SAMLApp.ID), refused: []string{"is ACTIVE already"}},
		{name: "unknown", tool: "activate_application", arguments: app(unknown), refused: []string{"no application has the id"}},

		{name: "active", tool: "deactivate_application", arguments: app(c.ProjectApp.Name), answers: []string{`"tool":"activate_application"`},
			asks: []string{"Deactivate this application", "Nobody can use it", "people are assigned to it: 0 directly and ", "1 group is assigned", "Groups assigned: “" + c.Project.Name}, writes: []string{"POST " + of(c.ProjectApp) + "/lifecycle/deactivate"}},
		{name: "inactive already", tool: "deactivate_application", arguments: app(c.InactiveApp.ID), refused: []string{"is INACTIVE already"}},

		{name: "inactive", tool: "delete_application", arguments: app(c.InactiveApp.ID), answers: []string{"cannot be undone"},
			asks: []string{"Delete this application for good", "cannot be undone", "type exactly: " + c.InactiveApp.Name}, writes: []string{"DELETE " + of(c.InactiveApp)}},
		{name: "active", tool: "delete_application", arguments: app(c.ProjectApp.ID), refused: []string{"is ACTIVE", "deactivate_application first", "deactivate_first: true"}},
		{name: "active, both", tool: "delete_application", arguments: app(c.ProjectApp.ID, "deactivate_first", true), asks: []string{"It is ACTIVE and is deactivated first", "type exactly: " + c.ProjectApp.Name},
			writes: []string{"POST " + of(c.ProjectApp) + "/lifecycle/deactivate", "DELETE " + of(c.ProjectApp)}},
	}
}

// emptied takes every group and person from an app.
func emptied(w *world, app demoorg.Thing) {
	w.t.Helper()
	for _, of := range []string{"groups", "users"} {
		_, body := adminDo(w, "GET", "/api/v1/apps/"+app.ID+"/"+of, "")
		var all []struct{ ID string }
		if err := json.Unmarshal([]byte(body), &all); err != nil {
			w.t.Fatal(err)
		}
		for _, one := range all {
			adminDo(w, "DELETE", "/api/v1/apps/"+app.ID+"/"+of+"/"+one.ID, "")
		}
	}
}

// withEmptyGroup leaves an app one group without people.
func withEmptyGroup(w *world, app demoorg.Thing) {
	w.t.Helper()
	emptied(w, app)
	_, body := adminDo(w, "POST", "/api/v1/groups", `{"profile":{"name":"Empty"}}`)
	var made struct{ ID string }
	if err := json.Unmarshal([]byte(body), &made); err != nil {
		w.t.Fatal(err)
	}
	adminDo(w, "PUT", "/api/v1/apps/"+app.ID+"/groups/"+made.ID, "{}")
}

// openedToAll takes everybody from an app and lets nobody need to be assigned.
// Okta changes such an app only while it is active.
func openedToAll(w *world, app demoorg.Thing) {
	w.t.Helper()
	emptied(w, app)
	adminDo(w, "POST", "/api/v1/apps/"+app.ID+"/lifecycle/activate", "")
	changed := appNow(w, app.ID)
	changed["settings"].(map[string]any)["implicitAssignment"] = true
	body, err := json.Marshal(changed)
	if err != nil {
		w.t.Fatal(err)
	}
	if status, answer := adminDo(w, "PUT", "/api/v1/apps/"+app.ID, string(body)); status != http.StatusOK {
		w.t.Fatal(answer)
	}
	adminDo(w, "POST", "/api/v1/apps/"+app.ID+"/lifecycle/deactivate", "")
}

// appNow is an app as the org has it, without when it was changed.
func appNow(w *world, id string) map[string]any {
	w.t.Helper()
	_, body := adminDo(w, "GET", "/api/v1/apps/"+id, "")
	var app map[string]any
	if err := json.Unmarshal([]byte(body), &app); err != nil {
		w.t.Fatal(err)
	}
	delete(app, "lastUpdated")
	return app
}

func TestALabelOfSeveralApplicationsIsRefusedWithTheCandidates(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything())
	var ids []string
	for range 2 {
		_, body := adminDo(w, "POST", "/api/v1/apps", `{"name":"bookmark","label":"Twin","signOnMode":"BOOKMARK","settings":{"app":{"url":"https://a.example/"}}}`)
		var made struct{ ID string }
		if err := json.Unmarshal([]byte(body), &made); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, made.ID)
	}
	p := w.connect("2025-11-25", accepting)
	p.ask("deactivate_application", args{"app_id": "Twin"}).mustFail("2 applications are named “Twin”", ids[0]+" (ACTIVE, “BOOKMARK”)", ids[1])
	p.ask("deactivate_application", args{"app_id": "Twi"}).mustFail("no application has the id or exact label")
	noWrites(t, w)
}

func TestTheQuestionCountsWhoReachesAnApplication(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything())
	app := w.org.Cast().AssignedApp
	_, body := adminDo(w, "GET", "/api/v1/apps/"+app.ID+"/users?limit=500", "")
	direct, all := strings.Count(body, `"scope":"USER"`), strings.Count(body, `"scope":`)
	if direct == 0 || direct == all {
		t.Fatalf("%d of %d people are assigned directly: this proves nothing", direct, all)
	}
	want := fmt.Sprintf("%d people are assigned to it: %d directly and %d through groups.", all, direct, all-direct)
	for _, tool := range []string{"deactivate_application", "update_application", "delete_application"} {
		arguments := args{"app_id": app.ID, "plan_only": true}
		switch tool {
		case "update_application":
			arguments["application"] = args{"label": "A"}
		case "delete_application":
			arguments["deactivate_first"] = true
		}
		var plan changed
		w.connect("2025-11-25", accepting).ask(tool, arguments).mustWork(&plan)
		contains(t, tool, plan.Plan.Question, []string{want, "2 groups are assigned to it.", "“Customer Support”"})
	}
	emptied(w, app)
	var plan changed
	w.connect("2025-11-25", accepting).ask("deactivate_application", args{"app_id": app.ID, "plan_only": true}).mustWork(&plan)
	contains(t, "of an app without people", plan.Plan.Question, []string{"Nobody is assigned to it.", "0 groups are assigned to it."})
}

func TestCountingStopsAtAThousand(t *testing.T) {
	t.Parallel()
	s := everything()
	s.org.Size = 1200
	w := newWorld(t, s)
	for _, app := range []string{"Slack", "Zoom"} {
		var plan changed
		w.connect("2025-11-25", accepting).ask("deactivate_application", args{"app_id": app, "plan_only": true}).mustWork(&plan)
		contains(t, app, plan.Plan.Question, []string{"1,000 or more people are assigned to it; of the first 1,000, 0 directly and 1,000 through groups."})
	}
}

func TestChecksOfApplicationsMakeFewRequests(t *testing.T) {
	t.Parallel()
	s := everything()
	s.org.Size = 1200
	w := newWorld(t, s)
	c := w.org.Cast()
	_, body := adminDo(w, "GET", "/api/v1/apps?q=Slack", "")
	var found []struct{ ID string }
	if err := json.Unmarshal([]byte(body), &found); err != nil || len(found) != 1 {
		t.Fatalf("%d apps found: %v", len(found), err)
	}
	slack := found[0].ID
	for tool, arguments := range map[string]args{
		"create_application":              {"application": newBookmark("A")},
		"update_application":              {"app_id": slack, "application": args{"label": "A"}},
		"deactivate_application":          {"app_id": slack},
		"activate_application":            {"app_id": c.InactiveApp.ID},
		"delete_application":              {"app_id": slack, "deactivate_first": true},
		"assign_user_to_application":      {"app_id": c.ProjectApp.ID, "user_id": c.Contractor.ID, "user_name": "a"},
		"update_application_user":         {"app_id": c.AssignedApp.ID, "user_id": c.Contractor.ID, "user_name": "a"},
		"unassign_user_from_application":  {"app_id": c.AssignedApp.ID, "user_ids": []string{c.Contractor.ID}},
		"assign_group_to_application":     {"app_id": c.ProjectApp.ID, "group_id": c.Everyone.ID},
		"unassign_group_from_application": {"app_id": slack, "group_id": c.Everyone.ID},
	} {
		w.org.Reset()
		arguments["plan_only"] = true
		var plan changed
		w.connect("2025-11-25", accepting).ask(tool, arguments).mustWork(&plan)
		if n := len(w.org.Requests()); n > 5 {
			t.Errorf("%s made %d requests before asking, at most 5 are meant: %v", tool, n, w.org.Requests())
		}
		if !plan.Plan.Asks {
			t.Errorf("%s would not ask, so its Check may not have counted", tool)
		}
	}
}

func TestUndoingAChangeOfAnApplication(t *testing.T) {
	t.Parallel()
	for tool, call := range map[string]func(demoorg.Cast) (string, args){
		"update_application": func(c demoorg.Cast) (string, args) {
			return c.OIDCApp.ID, args{"application": args{"label": "New", "settings": args{"oauthClient": args{"redirect_uris": []string{"https://b.example/"}, "client_uri": "https://c.example/"}}, "visibility": args{"hide": args{"web": true}}}}
		},
		"activate_application":   func(c demoorg.Cast) (string, args) { return c.InactiveApp.ID, args{} },
		"deactivate_application": func(c demoorg.Cast) (string, args) { return c.AssignedApp.ID, args{} },
	} {
		t.Run(tool, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, everything())
			p := w.connect("2025-11-25", accepting)
			id, arguments := call(w.org.Cast())
			arguments["app_id"] = id
			before := appNow(w, id)
			var done changed
			p.ask(tool, arguments).mustWork(&done)
			if reflect.DeepEqual(before, appNow(w, id)) {
				t.Fatal("nothing changed, so there is nothing to undo")
			}
			undo(t, p, done).mustWork(nil)
			if now := appNow(w, id); !reflect.DeepEqual(before, now) {
				t.Errorf("undoing left\n%v\nof\n%v", now, before)
			}
		})
	}
	t.Run("create_application", func(t *testing.T) {
		t.Parallel()
		for _, activate := range []bool{false, true} {
			w := newWorld(t, everything())
			p := w.connect("2025-11-25", accepting)
			var done changed
			p.ask("create_application", args{"application": newBookmark("A"), "activate": activate}).mustWork(&done)
			undo(t, p, done).mustWork(nil)
			if status, body := adminDo(w, "GET", "/api/v1/apps/"+done.Target.ID, ""); status != http.StatusNotFound {
				t.Errorf("undoing left the app: %s", body)
			}
		}
	})
}

func TestTheServersOwnApplicationIsNotTouched(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything())
	c := w.org.Cast()
	p := w.connect("2025-11-25", accepting)
	for tool, arguments := range map[string]args{
		"update_application":          {"application": args{"label": "A"}},
		"deactivate_application":      {},
		"delete_application":          {"deactivate_first": true},
		"assign_user_to_application":  {"user_id": c.Employee.ID},
		"assign_group_to_application": {"group_id": c.Project.ID},
	} {
		for _, ref := range []string{c.ServiceApp.ID, c.ServiceApp.Name} {
			arguments["app_id"] = ref
			p.ask(tool, arguments).mustFail("identity that the server itself works with")
		}
	}
	noWrites(t, w)
	adminDo(w, "PUT", "/api/v1/apps/"+c.ServiceApp.ID+"/groups/"+c.Project.ID, "{}")
	adminDo(w, "POST", "/api/v1/apps/"+c.ServiceApp.ID+"/users", `{"id":"`+c.Employee.ID+`"}`)
	p.ask("unassign_group_from_application", args{"app_id": c.ServiceApp.ID, "group_id": c.Project.ID}).mustFail("identity that the server itself works with")
	p.ask("unassign_user_from_application", args{"app_id": c.ServiceApp.ID, "user_ids": []string{c.Employee.ID}}).mustFail("identity that the server itself works with")
	p.ask("update_application_user", args{"app_id": c.ServiceApp.ID, "user_id": c.Employee.ID, "user_name": "a"}).mustFail("identity that the server itself works with")
	noWrites(t, w)
}

func TestOwnApplicationWithAClientIDOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything())
	c := w.org.Cast()
	w.org.Fault(func(r *http.Request) orgtest.Fault {
		if r.Method == "GET" && r.URL.Path == "/api/v1/apps/"+c.OIDCApp.ID {
			return orgtest.Fault{Status: 200, Header: http.Header{"Content-Type": {"application/json"}},
				Body: `{"id":"` + c.OIDCApp.ID + `","label":"Other","status":"ACTIVE","credentials":{"oauthClient":{"client_id":"` + c.ServiceApp.ID + `"}}}`}
		}
		return orgtest.Fault{}
	})
	w.connect("2025-11-25", accepting).ask("deactivate_application", args{"app_id": c.OIDCApp.ID}).mustFail("identity that the server itself works with")
	noWrites(t, w)
}

func TestClientSecretsOfApplications(t *testing.T) {
	t.Parallel()
	toSecret := args{"credentials": args{"oauthClient": args{"token_endpoint_auth_method": "client_secret_basic"}}}
	t.Run("not allowed", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, everything())
		p := w.connect("2025-11-25", accepting)
		var made changed
		p.ask("create_application", args{"application": newClient("private_key_jwt"), "activate": true}).mustWork(&made)
		w.org.Reset()
		p.ask("update_application", args{"app_id": made.Target.ID, "application": toSecret}).mustFail("Okta would make a client secret")
		noWrites(t, w)
		r := p.ask("update_application", args{"app_id": w.org.Cast().OIDCApp.ID, "application": args{"label": "A"}})
		r.mustWork(nil)
		if strings.Contains(r.text(), "client_secret\"") {
			t.Errorf("the secret there was is told, or taken for a difference: %s", r.text())
		}
	})
	t.Run("allowed", func(t *testing.T) {
		t.Parallel()
		s := everything()
		s.options.AllowSecrets = true
		w := newWorld(t, s)
		p, question := w.listening()
		var made changed
		p.ask("create_application", args{"application": newClient("client_secret_basic"), "activate": true}).mustWork(&made)
		client := made.Result["credentials"].(map[string]any)["oauthClient"].(map[string]any)
		if secret, _ := client["client_secret"].(string); len(secret) < 20 {
			t.Errorf("the operator allows secrets, and the answer has none: %v", client)
		}
		given := newClient("client_secret_basic")
		given["credentials"].(args)["oauthClient"].(args)["client_secret"] = "correct-horse-battery-staple-correct"
		p.ask("create_application", args{"application": given}).mustWork(nil)
		if strings.Contains(*question, "correct-horse") || !strings.Contains(*question, "client_secret” is set to “a secret that is not shown") {
			t.Errorf("the question shows the secret, or does not say that one is set: %s", *question)
		}
	})
}

func TestDeletingAnApplicationCanFailHalfway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything())
	c := w.org.Cast()
	w.org.Fault(func(r *http.Request) orgtest.Fault {
		if r.Method == "DELETE" {
			return orgtest.Fault{Status: 403, Body: `{"errorCode":"E0000006","errorSummary":"You do not have permission"}`}
		}
		return orgtest.Fault{}
	})
	p := w.connect("2025-11-25", accepting)
	p.ask("delete_application", args{"app_id": c.ProjectApp.ID, "deactivate_first": true}).mustFail("the application is deactivated but deleting failed", "E0000006")
	if status := appNow(w, c.ProjectApp.ID)["status"]; status != "INACTIVE" {
		t.Errorf("the app is %v", status)
	}
	w.org.Fault(func(r *http.Request) orgtest.Fault { return orgtest.Fault{CutAfter: r.Method == "DELETE"} })
	p.ask("delete_application", args{"app_id": c.ProjectApp.ID}).mustFail("as of now there is no application "+c.ProjectApp.ID, "outcome is unknown")
}

func TestActivatingAsksWhereItIsNotVisibleWhoIsAssigned(t *testing.T) {
	t.Parallel()
	for _, of := range []string{"users", "groups"} {
		t.Run(of, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, everything())
			c := w.org.Cast()
			emptied(w, c.InactiveApp)
			w.org.Fault(func(r *http.Request) orgtest.Fault {
				if strings.HasSuffix(r.URL.Path, "/"+of) {
					return orgtest.Fault{Status: 403, Body: `{"errorCode":"E0000006","errorSummary":"no"}`}
				}
				return orgtest.Fault{}
			})
			p, question := w.listening()
			p.ask("activate_application", args{"app_id": c.InactiveApp.ID}).mustWork(nil)
			contains(t, "the question", *question, []string{"it is not visible who is assigned to it", "is not visible: Okta answered 403."})
		})
	}
}
