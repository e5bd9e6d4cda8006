package tools_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/oktaclient/demoorg/orgtest"
	"okta-mcp/tools"
)

func TestSessionToolsDoWhatTheySay(t *testing.T) {
	t.Parallel()
	try(t, func(c demoorg.Cast) []trial {
		session := args{"session_id": c.Session.ID}
		none := args{"session_id": "102none"}
		noSession := []string{"no session has the id “102none”", "get_logs"}
		return []trial{
			{name: "one", tool: "get_session", arguments: session, answers: []string{c.Employee.Login, c.Employee.ID, "expiresAt"}},
			{name: "not there", tool: "get_session", arguments: none, refused: noSession},
			{name: "one", tool: "refresh_session", arguments: session, answers: []string{"expiresAt", "cannot be undone"}, writes: []string{"POST /api/v1/sessions/" + c.Session.ID + "/lifecycle/refresh"}},
			{name: "of an administrator", tool: "refresh_session", arguments: session, prepare: makeHelpDesk(c.Employee), asks: []string{"the session of an administrator", c.Employee.Login},
				writes: []string{"POST /api/v1/sessions/" + c.Session.ID + "/lifecycle/refresh"}},
			{name: "not there", tool: "refresh_session", arguments: none, refused: noSession},
			{name: "one", tool: "revoke_session", arguments: session, asks: []string{"signed out", "“" + c.Employee.Login + "”", c.Employee.ID}, answers: []string{"cannot be undone"}, writes: []string{"DELETE /api/v1/sessions/" + c.Session.ID}},
			{name: "of an administrator", tool: "revoke_session", arguments: session, prepare: makeHelpDesk(c.Employee), asks: []string{"type exactly: " + c.Employee.Login}, writes: []string{"DELETE /api/v1/sessions/" + c.Session.ID}},
			{name: "not there", tool: "revoke_session", arguments: none, refused: noSession},
			{name: "one", tool: "revoke_user_sessions", arguments: args{"user_ids": []string{c.Employee.Login}}, asks: []string{"Every session with Okta on the web ends", "Tokens that apps hold stay good", "devices are forgotten", c.Employee.ID},
				answers: []string{"cannot be undone"}, writes: []string{"DELETE /api/v1/users/" + c.Employee.ID + "/sessions"}},
			{name: "two", tool: "revoke_user_sessions", arguments: args{"user_ids": []string{c.Employee.ID, c.Contractor.ID}, "revoke_oauth_tokens": true}, asks: []string{"these 2 users", "access and refresh tokens", c.Contractor.Login},
				writes: []string{"DELETE /api/v1/users/" + c.Employee.ID + "/sessions", "DELETE /api/v1/users/" + c.Contractor.ID + "/sessions"}},
			{name: "not there", tool: "revoke_user_sessions", arguments: args{"user_ids": []string{"nobody@acme.example"}}, refused: []string{"no user has"}},
			{name: "one", tool: "list_user_grants", arguments: args{"user_id": c.Employee.Login}, answers: []string{`"scopeId":"profile"`, `"count":3`}},
			{name: "not there", tool: "list_user_grants", arguments: args{"user_id": "nobody@acme.example"}, refused: []string{"no user has"}},
			{name: "all", tool: "revoke_user_grants", arguments: args{"user_id": c.Employee.ID}, asks: []string{"3 grants end", "“offline_access to ", c.Employee.Login}, writes: []string{"DELETE /api/v1/users/" + c.Employee.ID + "/grants"}},
			{name: "none", tool: "revoke_user_grants", arguments: args{"user_id": c.Staged.ID}, refused: []string{"allowed apps nothing", "revoke_user_sessions"}},
			{name: "not there", tool: "revoke_user_grants", arguments: args{"user_id": "nobody@acme.example"}, refused: []string{"no user has"}},
		}
	})
}

func TestASessionThatIsUsedMeanwhileIsEndedAllTheSame(t *testing.T) {
	t.Parallel()
	for _, version := range versions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{})
			path := "/api/v1/sessions/" + w.org.Cast().Session.ID
			p := w.connect(version, func(ctx context.Context, q mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
				_, before := adminDo(w, "GET", path, "")
				admin(w, "POST", path+"/lifecycle/refresh", "")
				if _, after := adminDo(w, "GET", path, ""); before == after {
					t.Error("using the session did not change it, so this proves nothing")
				}
				return accepting(ctx, q)
			})
			p.ask("revoke_session", args{"session_id": w.org.Cast().Session.ID}).mustWork(nil)
			if status, _ := adminDo(w, "GET", path, ""); status != 404 {
				t.Errorf("the session answers %d, want 404", status)
			}
		})
	}
}

func TestRevokedSessionsAreGoneAndTheQuerySaysWhatElseEnds(t *testing.T) {
	t.Parallel()
	for query, more := range map[string]args{
		"forgetDevices=true&oauthTokens=false": {},
		"forgetDevices=true&oauthTokens=true":  {"revoke_oauth_tokens": true},
		"forgetDevices=false&oauthTokens=true": {"revoke_oauth_tokens": true, "forget_devices": false},
	} {
		t.Run(query, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{})
			cast := w.org.Cast()
			more["user_ids"] = []string{cast.Employee.ID}
			p, question := w.listening()
			p.ask("revoke_user_sessions", more).mustWork(nil)
			if writes := w.org.Writes(); len(writes) != 1 || writes[0].RawQuery != query {
				t.Errorf("Okta was sent %v, want one change with the query %s", writes, query)
			}
			if forgets := strings.Contains(*question, "devices are forgotten"); forgets != strings.Contains(query, "forgetDevices=true") {
				t.Errorf("the question says that devices are forgotten: %t: %s", forgets, *question)
			}
			if status, _ := adminDo(w, "GET", "/api/v1/sessions/"+cast.Session.ID, ""); status != 404 {
				t.Errorf("the session answers %d, want 404", status)
			}
		})
	}
}

func TestTheSessionOfSomebodyProtectedIsTypedAndOurOwnIsNoTarget(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{options: tools.Options{Protect: []string{w0.Employee.Login}}})
	var plan changed
	w.connect("2025-11-25", nil).ask("refresh_session", args{"session_id": w.org.Cast().Session.ID, "plan_only": true}).mustWork(&plan)
	if plan.Plan.Effect != "privileged" || !strings.Contains(plan.Plan.Question, "type exactly") {
		t.Errorf("the session of a protected person would be extended as %s: %s", plan.Plan.Effect, plan.Plan.Question)
	}
	var me string
	w = newWorld(t, setup{access: func(a tools.Access) tools.Access { return actingAs{a, &me} }})
	me = w.org.Cast().Employee.ID
	w.connect("2025-11-25", accepting).ask("revoke_session", args{"session_id": w.org.Cast().Session.ID}).mustFail("the identity that the server itself works with")
	noWrites(t, w)
}

func TestGrantsThatCannotBeCountedStopNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.org.Fault(func(r *http.Request) orgtest.Fault {
		if r.Method == "GET" && strings.HasSuffix(r.URL.Path, "/grants") {
			return orgtest.Fault{Status: 403, Body: `{"errorCode":"E0000006","errorSummary":"no"}`}
		}
		return orgtest.Fault{}
	})
	p, question := w.listening()
	p.ask("revoke_user_grants", args{"user_id": w.org.Cast().Employee.ID}).mustWork(nil)
	contains(t, "the question", *question, []string{"not visible: Okta answered 403"})
}
