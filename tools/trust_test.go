package tools_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/oktaclient/demoorg/orgtest"
)

// far is an address whose host begins like one of ours and ends elsewhere.
const far = "https://login.acme.example.sign-in-with-your-work-account-to-go-on-with-all-of-this-here.evil.example/callback"

func TestNothingIsBuriedInAQuestionAboutAnApplication(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything())
	p, question := w.listening()
	app := newClient("none")
	client := app["settings"].(args)["oauthClient"].(args)
	var uris []string
	for i := range 45 {
		uris = append(uris, fmt.Sprintf("https://a.example/%d", i))
	}
	client["redirect_uris"] = append(uris, far)
	p.ask("create_application", args{"application": app}).mustWork(nil)
	contains(t, "the question", *question, []string{"evil．example/callback"})

	p.ask("update_application", args{"app_id": w.org.Cast().OIDCApp.ID, "application": args{"settings": args{"oauthClient": args{"redirect_uris": []string{far}}}}}).mustWork(nil)
	contains(t, "the question", *question, []string{"evil．example/callback"})
	p.ask("update_application_user", inApp(w.org.Cast().AssignedApp, w.org.Cast().Contractor.ID, "profile", args{"note": strings.Repeat("a", 100) + "superuser"})).mustWork(nil)
	contains(t, "the question", *question, []string{"superuser"})
}

func TestANewObjectCannotPoseAsOneThatIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything())
	c := w.org.Cast()
	p := w.connect("2025-11-25", accepting)
	app, agent, hook := newBookmark("A"), newAgent("B"), newHook("C", "https://in.acme.example/")
	app["id"], agent["id"], hook["id"] = c.OIDCApp.ID, c.Agent.ID, c.Hook.ID
	app["created"], agent["_embedded"], hook["_links"] = "2020-01-01T00:00:00.000Z", args{"a": "b"}, args{"a": "b"}
	p.ask("create_application", args{"application": app}).mustWork(nil)
	p.ask("register_ai_agent", args{"agent": agent}).mustWork(nil)
	p.ask("create_event_hook", args{"hook": hook}).mustWork(nil)
	p.ask("update_ai_agent", args{"agent_id": c.StagedAgent.ID, "agent": args{"profile": args{"description": "d"}, "_embedded": args{"a": "b"}}}).mustWork(nil)
	for _, q := range w.org.Writes() {
		for _, unseen := range []string{`"id"`, `"created"`, `"_embedded"`, `"_links"`} {
			if strings.Contains(q.Body, unseen) {
				t.Errorf("%s %s sent %s, which no question shows: %s", q.Method, q.Path, unseen, q.Body)
			}
		}
	}
}

func TestChangesOfTrustSaySo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything())
	id := w.org.Cast().OIDCApp.ID
	for change, want := range map[string]string{
		`{"settings":{"oauthClient":{"redirect_uris":["https://b.example/"]}}}`:                                             "changes where the application sends people",
		`{"settings":{"oauthClient":{"post_logout_redirect_uris":["https://b.example/"]}}}`:                                 "changes where the application sends people",
		`{"settings":{"signOn":{"ssoAcsUrl":"https://b.example/"}}}`:                                                        "changes where the application sends people",
		`{"accessibility":{"loginRedirectUrl":"https://b.example/"}}`:                                                       "changes where the application sends people",
		`{"credentials":{"userNameTemplate":{"template":"${source.email}"}}}`:                                               "changes whose account in the application people use",
		`{"accessibility":{"selfService":true}}`:                                                                            "lets people give themselves the application",
		`{"settings":{"oauthClient":{"jwks":{"keys":[{"kty":"EC","crv":"P-256","kid":"a","x":"a","y":"b"}]}}}}`:             "type exactly",
		`{"settings":{"oauthClient":{"jwks_uri":"https://b.example/keys"}}}`:                                                "type exactly",
		`{"credentials":{"oauthClient":{"token_endpoint_auth_method":"none"}}}`:                                             "type exactly",
		`{"settings":{"oauthClient":{"grant_types":["authorization_code","client_credentials"],"client_uri":"https://b"}}}`: "works in Okta by itself",
	} {
		p := w.connect("2025-11-25", accepting)
		p.caller = change
		var plan changed
		p.ask("update_application", args{"app_id": id, "application": json.RawMessage(change), "plan_only": true}).mustWork(&plan)
		contains(t, change, plan.Plan.Question, []string{want})
	}
	var plan changed
	w.connect("2025-11-25", accepting).ask("update_application", args{"app_id": id, "application": args{"label": "B"}, "plan_only": true}).mustWork(&plan)
	for _, words := range []string{"where the application sends", "whose account", "type exactly", "by itself"} {
		if strings.Contains(plan.Plan.Question, words) {
			t.Errorf("a change of the label says %q: %s", words, plan.Plan.Question)
		}
	}
}

func TestNoPreApprovalCoversTheKeysOfAnApplication(t *testing.T) {
	t.Parallel()
	s := everything()
	s.approve = []string{"update_application"}
	w := newWorld(t, s)
	p := w.connect("2025-11-25", nil)
	id := w.org.Cast().OIDCApp.ID
	p.ask("update_application", args{"app_id": id, "application": args{"settings": args{"oauthClient": args{"jwks_uri": "https://b.example/keys"}}}}).mustFail("not done")
	noWrites(t, w)
	p.ask("update_application", args{"app_id": id, "application": args{"label": "B"}}).mustWork(nil)
}

func TestActivatingAnAppThatWorksByItselfIsAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything())
	app := newClient("private_key_jwt")
	client := app["settings"].(args)["oauthClient"].(args)
	client["application_type"], client["grant_types"] = "service", []string{"client_credentials"}
	delete(client, "redirect_uris")
	client["jwks"] = args{"keys": []args{publicJWK("a")}}
	p, question := w.listening()
	var made changed
	p.ask("create_application", args{"application": app}).mustWork(&made)
	emptied(w, demoorg.Thing{ID: made.Target.ID})
	*question = ""
	p.ask("activate_application", args{"app_id": made.Target.ID}).mustWork(nil)
	contains(t, "the question", *question, []string{"Asked because it works in Okta by itself"})
}

func TestAddressesAreShownWholeWhereSomethingIsSentToThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything())
	c := w.org.Cast()
	types := make([]string, 30)
	for i := range types {
		types[i] = fmt.Sprintf("user.lifecycle.kind%d", i)
	}
	items, err := json.Marshal(types)
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]string{
		"/api/v1/eventHooks/" + c.UnverifiedHook.ID: `{"id":"` + c.UnverifiedHook.ID + `","name":"A","status":"INACTIVE","events":{"items":` + string(items) + `},"channel":{"config":{"uri":"` + far + `"}}}`,
		serversPath + "/" + c.InactiveMCPServer.ID:  `{"id":"` + c.InactiveMCPServer.ID + `","status":"INACTIVE","resourceUrl":"` + far + `","metadata":{"displayName":"A"}}`,
	}
	w.org.Fault(func(r *http.Request) orgtest.Fault {
		if body := answers[r.URL.Path]; body != "" {
			return orgtest.Fault{Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}
		}
		return orgtest.Fault{}
	})
	p := w.connect("2025-11-25", accepting)
	var plan changed
	p.ask("activate_event_hook", args{"hook_id": c.UnverifiedHook.ID, "plan_only": true}).mustWork(&plan)
	contains(t, "the question", plan.Plan.Question, []string{"evil．example/callback", "user.lifecycle.kind0", "user.lifecycle.kind29"})
	p.ask("activate_mcp_server", args{"mcp_server_id": c.InactiveMCPServer.ID, "plan_only": true}).mustWork(&plan)
	contains(t, "the question", plan.Plan.Question, []string{"evil．example/callback"})
}

func TestAnAIAgentIsGivenNoMoreThanAProfileUnasked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything())
	c := w.org.Cast()
	p, question := w.listening()
	for _, agent := range []args{
		{"profile": args{"name": "A", "description": "d"}, "appId": c.OIDCApp.ID},
		{"profile": args{"name": "B", "description": "d"}, "credentials": args{"jwks": args{"keys": []args{publicJWK("a")}}}},
	} {
		*question = ""
		p.ask("register_ai_agent", args{"agent": agent})
		contains(t, "the question", *question, []string{"Asked because more than a profile and owners is given"})
	}
	*question = ""
	p.ask("update_ai_agent", args{"agent_id": c.Agent.ID, "agent": args{"credentials": args{"jwks": args{"keys": []args{publicJWK("a")}}}}})
	contains(t, "the question", *question, []string{"Asked because more than the profile changes"})
	*question = ""
	p.ask("register_ai_agent", args{"agent": args{"profile": args{"name": "C", "description": "d"}, "owners": []args{{"id": c.Employee.ID, "type": "USER"}}}}).mustWork(nil)
	if *question != "" {
		t.Errorf("registering with owners asks: %s", *question)
	}
	p.ask("activate_ai_agent", args{"agent_id": c.InactiveAgent.ID}).mustWork(nil)
	contains(t, "the question", *question, []string{"Linked app: “" + c.ServiceApp.ID})
}

func TestActivatingAConnectionShowsAllThatItReaches(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything())
	c := w.org.Cast()
	scopes := make([]string, 20)
	for i := range scopes {
		scopes[i] = fmt.Sprintf(`"okta.thing%d.manage"`, i)
	}
	w.org.Fault(func(r *http.Request) orgtest.Fault {
		if !strings.HasSuffix(r.URL.Path, "/connections") {
			return orgtest.Fault{}
		}
		return orgtest.Fault{Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: `{"data":[{"id":"mcn1","status":"INACTIVE","connectionType":"IDENTITY_ASSERTION_CUSTOM_AS",` +
			`"authorizationServer":{"orn":"orn:okta:idp:00o1:authorization_servers:aus1"},"scopeCondition":"INCLUDE_ONLY","scopes":[` + strings.Join(scopes, ",") + `]}]}`}
	})
	var plan changed
	w.connect("2025-11-25", accepting).ask("activate_ai_agent_connection", args{"agent_id": c.Agent.ID, "connection_id": "mcn1", "plan_only": true}).mustWork(&plan)
	contains(t, "the question", plan.Plan.Question, []string{"okta.thing0.manage", "okta.thing19.manage", "authorization_servers：aus1"})
}

func TestAConnectionIsCalledByWhatItLeadsTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything())
	c := w.org.Cast()
	connection := connectionTo(c.MCPServer, "tools:read")
	connection["connectionType"], connection["app"] = "IDENTITY_ASSERTION_APP_INSTANCE", args{"orn": "orn:okta:idp:00oDemo:apps:oidc_client:" + c.OIDCApp.ID}
	var plan changed
	w.connect("2025-11-25", accepting).ask("create_ai_agent_connection", args{"agent_id": c.Agent.ID, "connection": connection, "plan_only": true}).mustWork(&plan)
	if !strings.Contains(plan.Target.Name, c.OIDCApp.ID) || strings.Contains(plan.Target.Name, c.MCPServer.ID) {
		t.Errorf("a connection to an app is called %s", plan.Target.Name)
	}
	connection["connectionType"] = "SOMETHING_NEW"
	w.connect("2025-11-25", accepting).ask("create_ai_agent_connection", args{"agent_id": c.Agent.ID, "connection": connection}).mustFail("leads to nothing that is known here", "STS_VAULT_SECRET")
	noWrites(t, w)
}
