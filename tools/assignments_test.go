package tools_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/oktaclient/demoorg/orgtest"
	"okta-mcp/tools"
)

func TestAssignments(t *testing.T) {
	t.Parallel()
	try(t, appUserTrials)
	try(t, appGroupTrials)
}

// inApp are the arguments of a call on a person in an app.
func inApp(app demoorg.Thing, user string, more ...any) args {
	all := args{"app_id": app.ID, "user_id": user}
	for i := 0; i < len(more); i += 2 {
		all[more[i].(string)] = more[i+1]
	}
	return all
}

func appUserTrials(c demoorg.Cast) []trial {
	users := func(app demoorg.Thing) string { return "/api/v1/apps/" + app.ID + "/users" }
	const assign, change, unassign = "assign_user_to_application", "update_application_user", "unassign_user_from_application"
	nobody := "00u00000000000000000"
	return []trial{
		{name: "with what their words mean", tool: "list_application_users", arguments: args{"app_id": c.AssignedApp.Name},
			answers: []string{c.Contractor.ID, `"scope":"USER"`, `"scope":"GROUP"`, "not the Okta user's", "STAGED", "PROVISIONED", "GROUP through a group"}},
		{name: "by name", tool: "list_application_users", arguments: args{"app_id": c.AssignedApp.ID, "q": c.Contractor.Login}, answers: []string{`"count":1`, c.Contractor.ID}},
		{name: "unknown app", tool: "list_application_users", arguments: args{"app_id": "0oa00000000000000000"}, refused: []string{"no application has the id"}},
		{name: "direct", tool: "get_application_user", arguments: inApp(c.AssignedApp, c.Contractor.Login), answers: []string{`"scope":"USER"`, `"userName":"` + c.Contractor.Login}},
		{name: "not assigned", tool: "get_application_user", arguments: inApp(c.SAMLApp, c.Contractor.ID), refused: []string{"is not assigned to the application “" + c.SAMLApp.Name, "list_application_users"}},
		{name: "unknown person", tool: "get_application_user", arguments: inApp(c.ProjectApp, "nobody@acme.example"), refused: []string{"no user has the id or login"}},

		{name: "plain", tool: assign, arguments: inApp(c.SAMLApp, c.Contractor.Login), answers: []string{`"scope":"USER"`, `"tool":"unassign_user_from_application"`}, writes: []string{"POST " + users(c.SAMLApp)}},
		{name: "already", tool: assign, arguments: inApp(c.AssignedApp, c.Contractor.ID), answers: []string{"was assigned already; nothing was sent", "nothing to undo"}},
		{name: "already, with a name", tool: assign, arguments: inApp(c.AssignedApp, c.Contractor.ID, "user_name", "a"), refused: []string{"is assigned to the application", "already", "update_application_user"}},
		{name: "through a group", tool: assign, arguments: inApp(c.AdminConsole, c.HelpDesk.ID), answers: []string{"had it through a group already"}, asks: []string{"Asked because it is the Okta Admin Console"}, writes: []string{"POST " + users(c.AdminConsole)}},
		{name: "Admin Console", tool: assign, arguments: inApp(c.AdminConsole, c.Employee.ID), asks: []string{"it is the Okta Admin Console", "To go on, type exactly: " + c.Employee.Login}, writes: []string{"POST " + users(c.AdminConsole)}},
		{name: "super administrator", tool: assign, arguments: inApp(c.SAMLApp, c.SuperAdmin.ID), asks: []string{"super administrator", "type exactly"}, writes: []string{"POST " + users(c.SAMLApp)}},
		{name: "name", tool: assign, arguments: inApp(c.SAMLApp, c.Contractor.ID, "user_name", "boss"), answers: []string{`"userName":"boss"`},
			asks: []string{"Asked because it sets whose account in the application", "“credentials.userName” is set to “boss”", "Application: “" + c.SAMLApp.Name}, writes: []string{"POST " + users(c.SAMLApp)}},
		{name: "profile", tool: assign, arguments: inApp(c.SAMLApp, c.Contractor.ID, "profile", args{"role": "admin"}), asks: []string{"which can give roles", "“profile.role” is set to “admin”"}, writes: []string{"POST " + users(c.SAMLApp)}},
		{name: "credentials", tool: assign, arguments: inApp(c.SAMLApp, c.Contractor.ID, "credentials", args{"userName": "boss"}), asks: []string{"whose account"}, writes: []string{"POST " + users(c.SAMLApp)}},
		{name: "password", tool: assign, arguments: inApp(c.SAMLApp, c.Contractor.ID, "credentials", args{"password": args{"value": "Correct-Horse-9"}}), refused: []string{"credentials.password is a secret", "--allow-secrets"}},
		{name: "inactive app", tool: assign, arguments: inApp(c.InactiveApp, c.Contractor.ID, "user_name", "a"), asks: []string{"The application is INACTIVE"}, writes: []string{"POST " + users(c.InactiveApp)}},
		{name: "unknown person", tool: assign, arguments: inApp(c.SAMLApp, nobody), refused: []string{"no user has the id or login"}},
		{name: "unknown app", tool: assign, arguments: inApp(demoorg.Thing{ID: "None"}, c.Contractor.ID), refused: []string{"no application has the id or exact label"}},

		{name: "name and profile", tool: change, arguments: inApp(c.AssignedApp, c.Contractor.ID, "user_name", "boss", "profile", args{"role": "admin"}),
			answers: []string{`"before":{"credentials":{"userName":"` + c.Contractor.Login + `"},"profile":{"role":null}}`, `"after":{"credentials":{"userName":"boss"},"profile":{"role":"admin"}}`, `"tool":"update_application_user"`},
			asks:    []string{"Asked because it sets whose account", "can give roles", "“" + c.Contractor.Login + "” becomes “boss”"}, writes: []string{"POST " + users(c.AssignedApp) + "/" + c.Contractor.ID}},
		{name: "the same", tool: change, arguments: inApp(c.AssignedApp, c.Contractor.ID, "user_name", c.Contractor.Login), refused: []string{"has these values", "nothing was sent"}},
		{name: "nothing", tool: change, arguments: inApp(c.AssignedApp, c.Contractor.ID), refused: []string{"nothing to change"}},
		{name: "password", tool: change, arguments: inApp(c.AssignedApp, c.Contractor.ID, "credentials", args{"password": args{"value": "a"}}), refused: []string{"is a secret"}},
		{name: "not assigned", tool: change, arguments: inApp(c.SAMLApp, c.Contractor.ID, "user_name", "a"), refused: []string{"is not assigned"}},

		{name: "direct", tool: unassign, arguments: args{"app_id": c.AssignedApp.Name, "user_ids": []string{c.Contractor.Login}}, answers: []string{`"tool":"assign_user_to_application"`, `"before":{"credentials":{"userName"`, "does not bring back"},
			asks: []string{"Unassign this user from an application", "Direct access ends", "Application: “" + c.AssignedApp.Name}, writes: []string{"DELETE " + users(c.AssignedApp) + "/" + c.Contractor.ID}},
		{name: "and in a group", tool: unassign, arguments: args{"app_id": c.AdminConsole.ID, "user_ids": []string{c.SuperAdmin.ID}}, answers: []string{"Groups still give access to 1 of 1"},
			asks: []string{"Groups still give access to 1 of 1", "still give access to " + c.SuperAdmin.ID + ": “" + c.AdminGroup.Name, "super administrator"}, writes: []string{"DELETE " + users(c.AdminConsole) + "/" + c.SuperAdmin.ID}},
		{name: "through a group alone", tool: unassign, arguments: args{"app_id": c.AdminConsole.ID, "user_ids": []string{c.HelpDesk.ID}}, refused: []string{"through the groups “" + c.HelpDeskGroup.Name, "remove_user_from_group", "unassign_group_from_application"}},
		{name: "not assigned", tool: unassign, arguments: args{"app_id": c.AssignedApp.ID, "user_ids": []string{c.Contractor.ID, c.Suspended.ID}}, refused: []string{"nobody was unassigned", c.Suspended.Login, "leave this person out"}},
		{name: "twice", tool: unassign, arguments: args{"app_id": c.AssignedApp.ID, "user_ids": []string{c.Contractor.ID, c.Contractor.Login}}, refused: []string{"one person twice"}},
		{name: "unknown", tool: unassign, arguments: args{"app_id": c.AssignedApp.ID, "user_ids": []string{nobody}}, refused: []string{"no user has the id"}},
	}
}

func appGroupTrials(c demoorg.Cast) []trial {
	of := func(app, group demoorg.Thing) (args, []string) {
		return args{"app_id": app.ID, "group_id": group.ID}, []string{" /api/v1/apps/" + app.ID + "/groups/" + group.ID}
	}
	const assign, unassign = "assign_group_to_application", "unassign_group_from_application"
	few, fewPath := of(c.ProjectApp, c.Contractors)
	all, allPath := of(c.ProjectApp, c.Everyone)
	console, consolePath := of(c.AdminConsole, c.Project)
	have, havePath := of(c.ProjectApp, c.Project)
	return []trial{
		{name: "with names", tool: "list_application_groups", arguments: args{"app_id": c.AssignedApp.Name}, answers: []string{`"count":2`, `"name":"Sales"`, `"priority":0`}},
		{name: "fewer than a page", tool: "list_application_groups", arguments: args{"app_id": c.AssignedApp.ID, "limit": 1}, answers: []string{`"count":1`, "next_cursor"}},
		{name: "few people", tool: assign, arguments: few, answers: []string{"people are in the group; who does not have the application yet gains it", `"tool":"unassign_group_from_application"`}, writes: []string{"PUT" + fewPath[0]}},
		{name: "by names", tool: assign, arguments: args{"app_id": c.ProjectApp.Name, "group_id": c.Contractors.Name}, writes: []string{"PUT" + fewPath[0]}},
		{name: "already", tool: assign, arguments: have, answers: []string{"was assigned already; nothing was sent", "nothing to undo"}},
		{name: "everybody", tool: assign, arguments: all, asks: []string{"the group is built in", "more than 50 people gain access", "60 people are in the group"}, writes: []string{"PUT" + allPath[0]}},
		{name: "Admin Console", tool: assign, arguments: console, asks: []string{"it is the Okta Admin Console", "type exactly: " + c.Project.Name}, writes: []string{"PUT" + consolePath[0]}},
		{name: "unknown group", tool: assign, arguments: args{"app_id": c.ProjectApp.ID, "group_id": "None"}, refused: []string{"no group has the id or exact name"}},
		{name: "assigned", tool: unassign, arguments: have, answers: []string{`"before":{"priority":0,"profile":{}}`, `"tool":"assign_group_to_application"`, "does not bring back priority"},
			asks: []string{"Unassign this group", "people are in the group; they lose the application unless", "Application: “" + c.ProjectApp.Name}, writes: []string{"DELETE" + havePath[0]}},
		{name: "not assigned", tool: unassign, arguments: few, refused: []string{"nothing was unassigned", "“Contractors” is not assigned to the application", "list_application_groups"}},
	}
}

func TestManyPeopleGainingAnApplicationIsAsked(t *testing.T) {
	t.Parallel()
	s := everything()
	s.org.Size = 1200
	w := newWorld(t, s)
	c := w.org.Cast()
	_, body := adminDo(w, "GET", "/api/v1/groups/"+c.Department.ID+"/users?limit=1000", "")
	var members []json.RawMessage
	if err := json.Unmarshal([]byte(body), &members); err != nil || len(members) <= 50 {
		t.Fatalf("%d members, more than 50 are needed: %v", len(members), err)
	}
	p, question := w.listening()
	p.ask("assign_group_to_application", args{"app_id": c.ProjectApp.ID, "group_id": c.Department.ID}).mustWork(nil)
	contains(t, "the question", *question, []string{"Asked because more than 50 people gain access.", fmt.Sprintf("%d people are in the group;", len(members))})
}

func TestUndoingAChangeOfAnAssignment(t *testing.T) {
	t.Parallel()
	for tool, call := range map[string]func(demoorg.Cast) (string, args){
		"assign_user_to_application": func(c demoorg.Cast) (string, args) {
			return c.SAMLApp.ID, args{"user_id": c.Contractor.ID, "user_name": "a"}
		},
		"update_application_user": func(c demoorg.Cast) (string, args) {
			return c.AssignedApp.ID, args{"user_id": c.Contractor.ID, "user_name": "a"}
		},
		"unassign_user_from_application": func(c demoorg.Cast) (string, args) {
			return c.AssignedApp.ID, args{"user_ids": []string{c.Contractor.ID}}
		},
		"assign_group_to_application": func(c demoorg.Cast) (string, args) {
			return c.ProjectApp.ID, args{"group_id": c.Contractors.ID}
		},
		"unassign_group_from_application": func(c demoorg.Cast) (string, args) {
			return c.ProjectApp.ID, args{"group_id": c.Project.ID}
		},
	} {
		t.Run(tool, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, everything())
			p := w.connect("2025-11-25", accepting)
			app, arguments := call(w.org.Cast())
			arguments["app_id"] = app
			before := reachNow(w, app)
			var done changed
			p.ask(tool, arguments).mustWork(&done)
			if reachNow(w, app) == before {
				t.Fatal("nothing changed, so there is nothing to undo")
			}
			undo(t, p, done).mustWork(nil)
			if now := reachNow(w, app); now != before {
				t.Errorf("undoing left\n%s\nof\n%s", now, before)
			}
		})
	}
}

// reachNow says who is assigned to an app, how, and under what name.
func reachNow(w *world, app string) string {
	w.t.Helper()
	var all strings.Builder
	for _, of := range []string{"users", "groups"} {
		_, body := adminDo(w, "GET", "/api/v1/apps/"+app+"/"+of+"?limit=200", "")
		var items []struct {
			ID, Scope   string
			Credentials struct{ UserName string }
		}
		if err := json.Unmarshal([]byte(body), &items); err != nil {
			w.t.Fatal(err)
		}
		for _, item := range items {
			fmt.Fprintln(&all, of, item.ID, item.Scope, item.Credentials.UserName)
		}
	}
	return all.String()
}

func TestUnassigningSeveralPeopleSaysWhatBecameOfEach(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything())
	c := w.org.Cast()
	emptied(w, c.SAMLApp)
	for _, id := range []string{c.Employee.ID, c.Suspended.ID} {
		if status, body := adminDo(w, "POST", "/api/v1/apps/"+c.SAMLApp.ID+"/users", `{"id":"`+id+`"}`); status != http.StatusOK {
			t.Fatal(body)
		}
	}
	w.org.Fault(func(r *http.Request) orgtest.Fault {
		if r.Method == "DELETE" && strings.HasSuffix(r.URL.Path, c.Suspended.ID) {
			return orgtest.Fault{Status: 403, Body: `{"errorCode":"E0000046","errorSummary":"Deactivate application for user forbidden."}`}
		}
		return orgtest.Fault{}
	})
	p, question := w.listening()
	r := p.ask("unassign_user_from_application", args{"app_id": c.SAMLApp.ID, "user_ids": []string{c.Employee.ID, c.Suspended.Login}})
	contains(t, "the question", *question, []string{"Unassign these 2 users", c.Employee.Login, c.Suspended.Login})
	r.mustFail("1 of 2 were not changed", "a group gives the person this application", `"undo":{"arguments":{"app_id":"`+c.SAMLApp.ID+`","user_id":"`+c.Employee.ID+`"},"tool":"assign_user_to_application"}`)
}

func TestACutOffAssignmentSaysWhatIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything())
	c := w.org.Cast()
	p := w.connect("2025-11-25", accepting)
	w.org.Fault(func(r *http.Request) orgtest.Fault { return orgtest.Fault{CutAfter: r.Method != "GET"} })
	for _, call := range []struct {
		tool      string
		arguments args
		says      string
	}{
		{"assign_group_to_application", args{"group_id": c.Contractors.ID}, "true that the group " + c.Contractors.ID},
		{"assign_user_to_application", args{"user_id": c.Contractor.ID}, "true that the user " + c.Contractor.ID},
		{"unassign_group_from_application", args{"group_id": c.Contractors.ID}, "false that the group " + c.Contractors.ID},
	} {
		call.arguments["app_id"] = c.SAMLApp.ID
		p.ask(call.tool, call.arguments).mustFail("outcome is unknown", "as of now it is "+call.says+" is assigned to the application "+c.SAMLApp.ID)
	}
}

func TestAssigningWithAppScopesAlone(t *testing.T) {
	t.Parallel()
	s := everything()
	s.scopes = []string{"okta.apps.manage"}
	w := newWorld(t, s)
	c := w.org.Cast()
	p, question := w.listening()
	p.ask("assign_group_to_application", args{"app_id": c.SAMLApp.ID, "group_id": c.Contractors.Name}).mustFail("groups can be named by id only", "okta.groups.read")
	p.ask("assign_group_to_application", args{"app_id": c.SAMLApp.ID, "group_id": c.Contractors.ID}).mustWork(nil)
	contains(t, "the question", *question, []string{"it is not visible how many people gain access", "it is not visible what group this is"})
	p.ask("assign_user_to_application", args{"app_id": c.SAMLApp.ID, "user_id": c.Contractor.Login}).mustFail("people can be named by id only")
	p.ask("assign_user_to_application", args{"app_id": c.SAMLApp.ID, "user_id": c.Contractor.ID}).mustWork(nil)
	contains(t, "the question", *question, []string{"it is not visible whether a person concerned is an administrator"})
	p.ask("unassign_user_from_application", args{"app_id": c.SAMLApp.ID, "user_ids": []string{c.Contractor.ID}}).mustWork(nil)
	contains(t, "the question", *question, []string{"Whether a group still gives access is not visible: Okta answered 403."})
}

func TestWhatTheOperatorProtectsInAssignments(t *testing.T) {
	t.Parallel()
	s := everything()
	cast := newWorld(t, s).org.Cast()
	for name, protected := range map[string]string{"app": cast.SAMLApp.Name, "group": cast.Contractors.Name, "person": cast.Contractor.Login} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := everything()
			s.options = tools.Options{Protect: []string{protected}}
			w := newWorld(t, s)
			c := w.org.Cast()
			p, question := w.listening()
			if name != "person" {
				p.ask("assign_group_to_application", args{"app_id": c.SAMLApp.ID, "group_id": c.Contractors.ID}).mustWork(nil)
				contains(t, "the question", *question, []string{"the operator protects “" + protected, "type exactly"})
			}
			if name != "group" {
				p.ask("assign_user_to_application", args{"app_id": c.SAMLApp.ID, "user_id": c.Contractor.ID}).mustWork(nil)
				contains(t, "the question", *question, []string{"the operator protects “" + protected, "type exactly"})
			}
		})
	}
}

func TestSecretsOfAnAssignmentAreNotInTheQuestion(t *testing.T) {
	t.Parallel()
	s := everything()
	s.options.AllowSecrets = true
	w := newWorld(t, s)
	c := w.org.Cast()
	p, question := w.listening()
	r := p.ask("update_application_user", inApp(c.AssignedApp, c.Contractor.ID, "credentials", args{"password": args{"value": "Correct-Horse-9"}}))
	r.mustWork(nil)
	if strings.Contains(*question, "Correct-Horse-9") || !strings.Contains(*question, "a secret that is not shown") {
		t.Errorf("the question shows the password, or does not say that one is set: %s", *question)
	}
	contains(t, "the answer", r.text(), []string{"a secret cannot be put back"})
}

func TestListingGroupsOfAnApplicationPageByPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything())
	c := w.org.Cast()
	_, body := adminDo(w, "GET", "/api/v1/groups?limit=200", "")
	var groups []struct{ ID string }
	if err := json.Unmarshal([]byte(body), &groups); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{}
	for i := 0; len(want) < 45; i++ { // more than two of Okta's smallest pages
		var id string
		if i < len(groups) {
			id = groups[i].ID
		} else {
			_, made := adminDo(w, "POST", "/api/v1/groups", fmt.Sprintf(`{"profile":{"name":"More %d"}}`, i))
			var g struct{ ID string }
			if err := json.Unmarshal([]byte(made), &g); err != nil {
				t.Fatal(err)
			}
			id = g.ID
		}
		adminDo(w, "PUT", "/api/v1/apps/"+c.ProjectApp.ID+"/groups/"+id, "{}")
		want[id] = 0
	}
	w.org.Reset()
	p := w.connect("2025-11-25", nil)
	for _, limit := range []int{1, 7, 20, 33, 200} {
		seen, arguments := map[string]int{}, args{"app_id": c.ProjectApp.ID, "limit": limit, "fields": []string{"id"}}
		for range 60 {
			var page struct {
				Items      []struct{ ID string }
				NextCursor string `json:"next_cursor"`
			}
			p.ask("list_application_groups", arguments).mustWork(&page)
			if len(page.Items) > limit {
				t.Fatalf("%d items at the limit %d", len(page.Items), limit)
			}
			for _, item := range page.Items {
				seen[item.ID]++
			}
			if page.NextCursor == "" {
				break
			}
			arguments["cursor"] = page.NextCursor
		}
		for _, q := range w.org.Requests() { // Okta takes no fewer of these than 20
			if query, err := url.ParseQuery(q.RawQuery); err != nil || strings.HasSuffix(q.Path, "/groups") && len(query.Get("limit")) < 2 {
				t.Errorf("limit %d: sent %s?%s", limit, q.Path, q.RawQuery)
			}
		}
		for id := range want {
			if seen[id] != 1 {
				t.Errorf("limit %d: the group %s came %d times", limit, id, seen[id])
			}
		}
	}
}
