package tools_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/oktaclient/demoorg/orgtest"
	"okta-mcp/tools"
)

func TestGroups(t *testing.T) {
	t.Parallel()
	try(t, func(c demoorg.Cast) []trial {
		project, contractors := "/api/v1/groups/"+c.Project.ID, "/api/v1/groups/"+c.Contractors.ID
		return []trial{
			{name: "by type", tool: "list_groups", arguments: args{"type": "BUILT_IN"}, answers: []string{c.Everyone.ID, `"count":2`}},
			{name: "with counts", tool: "list_groups", arguments: args{"q": c.Project.Name, "with_counts": true}, answers: []string{`"usersCount":`, `"count":1`}},
			{name: "with counts and fields", tool: "list_groups", arguments: args{"q": c.Project.Name, "with_counts": true, "fields": []string{"profile.name"}}, answers: []string{`"usersCount":`, `"appsCount":`, c.Project.Name}},
			{name: "two ways at once", tool: "list_groups", arguments: args{"q": "a", "search": "b"}, refused: []string{"give one"}},
			{name: "by name", tool: "get_group", arguments: args{"group_id": c.Project.Name}, answers: []string{c.Project.ID, "OKTA_GROUP"}},
			{name: "unknown", tool: "get_group", arguments: args{"group_id": "Nowhere"}, refused: []string{"no group has the id or exact name", "list_groups"}},
			{name: "people", tool: "list_group_users", arguments: args{"group_id": c.Contractors.ID}, answers: []string{c.Contractor.ID, c.Contractor.Login}},
			{name: "apps", tool: "list_group_apps", arguments: args{"group_id": c.Project.Name}, answers: []string{c.ProjectApp.ID, `"count":2`}},
			{name: "apps of no group", tool: "list_group_apps", arguments: args{"group_id": "00g0000000000000none"}, refused: []string{"no group has the id"}},

			{name: "new", tool: "create_group", arguments: args{"name": "Poets", "description": "They write"}, answers: []string{`"Poets"`, `"undo":{"arguments":{"group_id":"00g`, `"tool":"delete_group"`}, writes: []string{"POST /api/v1/groups"}},

			{name: "described", tool: "update_group", arguments: args{"group_id": c.Project.Name, "description": "Ended"},
				answers: []string{`"after":{"profile":{"description":"Ended"}}`, `"tool":"update_group"`}, writes: []string{"PUT " + project}},
			{name: "other attributes", tool: "update_group", arguments: args{"group_id": c.Project.ID, "profile": args{"owningTeam": "Sales"}},
				answers: []string{`"after":{"profile":{"owningTeam":"Sales"}}`}, writes: []string{"PUT " + project}},
			{name: "as it is", tool: "update_group", arguments: args{"group_id": c.Project.ID, "name": c.Project.Name}, refused: []string{"has these values already"}},
			{name: "nothing", tool: "update_group", arguments: args{"group_id": c.Project.ID}, refused: []string{"nothing to change"}},
			{name: "twice", tool: "update_group", arguments: args{"group_id": c.Project.ID, "name": "A", "profile": args{"name": "B"}}, refused: []string{"name is given twice"}},
			{name: "of a directory", tool: "update_group", arguments: args{"group_id": c.AppGroup.Name, "description": "x"}, refused: []string{"APP_GROUP", "where it comes from"}},
			{name: "built in", tool: "update_group", arguments: args{"group_id": c.Everyone.ID, "name": "All"}, refused: []string{"BUILT_IN"}},

			{name: "ordinary", tool: "delete_group", arguments: args{"group_id": c.Project.Name}, answers: []string{c.Project.ID, "cannot be undone"},
				asks: []string{"people are in it", "It opens 2 apps", "group rules put people into it", c.ProjectRule.Name, c.ProjectApp.Name, "type exactly: " + c.Project.Name}, writes: []string{"DELETE " + project}},
			{name: "of administrators", tool: "delete_group", arguments: args{"group_id": c.HelpDeskGroup.ID}, asks: []string{"the members of the group are administrators", "Help Desk Administrator", "1 person is in it"},
				writes: []string{"DELETE /api/v1/groups/" + c.HelpDeskGroup.ID}},
			{name: "that rules go by", tool: "delete_group", arguments: args{"group_id": c.Contractors.ID}, asks: []string{"may pass people on", "Contractor access"}, writes: []string{"DELETE " + contractors}},
			{name: "built in", tool: "delete_group", arguments: args{"group_id": c.Everyone.Name}, refused: []string{"is built in"}},
			{name: "unknown", tool: "delete_group", arguments: args{"group_id": "Nowhere"}, refused: []string{"no group has the id or exact name"}},

			{name: "ordinary", tool: "add_user_to_group", arguments: args{"group_id": c.Project.Name, "user_ids": []string{c.Suspended.Login}}, answers: []string{`"tool":"remove_user_from_group"`, c.ProjectApp.Name}, writes: []string{"PUT " + project + "/users/" + c.Suspended.ID}},
			{name: "already in", tool: "add_user_to_group", arguments: args{"group_id": c.Contractors.ID, "user_ids": []string{c.Contractor.ID}}, answers: []string{"was a member already", "nothing to undo"}},
			{name: "to power", tool: "add_user_to_group", arguments: args{"group_id": c.AdminGroup.ID, "user_ids": []string{c.Employee.ID}}, asks: []string{"super administrators"}, writes: []string{"PUT /api/v1/groups/" + c.AdminGroup.ID + "/users/" + c.Employee.ID}},
			{name: "ordinary", tool: "remove_user_from_group", arguments: args{"group_id": c.Contractors.ID, "user_ids": []string{c.Contractor.ID}}, answers: []string{`"tool":"add_user_to_group"`, "excluded from it now"},
				asks: []string{"excluded from that rule", "“Contractors”"}, writes: []string{"DELETE " + contractors + "/users/" + c.Contractor.ID}},
			{name: "not in it", tool: "remove_user_from_group", arguments: args{"group_id": c.Contractors.ID, "user_ids": []string{c.Employee.ID}}, refused: []string{"is not in the group"}},
		}
	})
}

func TestAGroupsNameIsTakenOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.connect("2025-11-25", nil).ask("create_group", args{"name": w.org.Cast().Project.Name}).mustFail("E0000055", "list_groups")
}

func TestAGroupKeepsWhatAnUpdateDoesNotName(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	department := w.org.Cast().Department
	p := w.connect("2025-11-25", nil)
	before := groupNow(w, department.ID)
	var c changed
	p.ask("update_group", args{"group_id": department.ID, "description": "Ships it"}).mustWork(&c)
	now := groupNow(w, department.ID)
	if now["owningTeam"] != before["owningTeam"] || before["owningTeam"] == nil || now["name"] != department.Name || now["description"] != "Ships it" {
		t.Errorf("the profile was %v and is %v", before, now)
	}
	undo(t, p, c).mustWork(nil)
	if now = groupNow(w, department.ID); fmt.Sprint(now) != fmt.Sprint(before) {
		t.Errorf("undo left %v, want %v", now, before)
	}
}

// groupNow is a group's profile as the org has it.
func groupNow(w *world, id string) map[string]any {
	w.t.Helper()
	_, body := adminDo(w, "GET", "/api/v1/groups/"+id, "")
	var g struct{ Profile map[string]any }
	if err := json.Unmarshal([]byte(body), &g); err != nil || g.Profile == nil {
		w.t.Fatalf("%v: %s", err, body)
	}
	return g.Profile
}

func TestARenamedGroupIsWeighedByTheRulesThatGoByNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{options: tools.Options{Protect: []string{"contractors"}}})
	cast := w.org.Cast()
	p := w.connect("2025-11-25", nil)
	renaming := args{"group_id": cast.Project.ID, "name": "Root Nightingale"}
	plan(t, p, "update_group", renaming)
	newRule(w, `isMemberOfGroupNameStartsWith("Quiet")`, cast.Department.ID)
	c := plan(t, p, "update_group", renaming)
	contains(t, "the plan", strings.Join(append(c.Notes, c.Plan.Consequence...), " "), []string{"go by the names of groups", "isMemberOfGroupName"})
	newRule(w, `isMemberOfGroupNameStartsWith("Root")`, cast.AdminGroup.ID)
	plan(t, p, "update_group", renaming, "super administrators")
	plan(t, p, "update_group", args{"group_id": cast.Project.ID, "description": "x"})
	c = plan(t, p, "update_group", args{"group_id": cast.Contractors.ID, "name": "Externals"}, "the operator protects")
	contains(t, "the plan", strings.Join(c.Notes, " "), []string{"under another name it is not protected"})
	noWrites(t, w)
}

func TestDeletingAGroupTakesFiveRequestsToWeigh(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	cast := w.org.Cast()
	p := w.connect("2025-11-25", nil)
	p.ask("delete_group", args{"group_id": cast.Project.ID, "plan_only": true}).mustWork(nil)
	if n := len(w.org.Requests()); n > 5 {
		t.Errorf("%d requests, want at most 5: %v", n, w.org.Requests())
	}
	newRule(w, `!isMemberOfAnyGroup("`+cast.Project.ID+`")`, cast.AdminGroup.ID)
	var c changed
	p.ask("delete_group", args{"group_id": cast.Project.ID, "plan_only": true}).mustWork(&c)
	contains(t, "the question", c.Plan.Question, []string{"super administrators"})
}

func TestMoreRulesThanOnePageAreSaidToBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{approve: []string{"delete_group"}})
	cast := w.org.Cast()
	w.org.Fault(func(r *http.Request) orgtest.Fault {
		if r.URL.Path != "/api/v1/groups/rules" {
			return orgtest.Fault{}
		}
		return orgtest.Fault{Status: 200, Body: `[]`, Header: http.Header{"Content-Type": {"application/json"},
			"Link": {"<" + w.org.URL + `/api/v1/groups/rules?after=0pr&limit=200>; rel="next"`}}}
	})
	p, question := w.listening()
	p.ask("delete_group", args{"group_id": cast.Project.ID}).mustWork(nil)
	contains(t, "the question", *question, []string{"there are more group rules than are read here"})
}

func TestTheServersOwnRolesStayWhenItsGroupIsToGo(t *testing.T) {
	t.Parallel()
	var me string
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}, access: func(a tools.Access) tools.Access { return actingAs{a, &me} }})
	cast := w.org.Cast()
	me = cast.HelpDesk.ID
	p := w.connect("2025-11-25", accepting)
	for tool, arguments := range map[string]args{
		"delete_group":             {"group_id": cast.HelpDeskGroup.ID},
		"unassign_role_from_group": {"group_id": cast.HelpDeskGroup.ID, "assignment_id": "HELP_DESK_ADMIN"},
		"assign_role_to_group":     {"group_id": cast.HelpDeskGroup.ID, "type": "ORG_ADMIN"},
		"assign_role_to_user":      {"user_id": cast.HelpDesk.Login, "type": "ORG_ADMIN"},
		"unassign_role_from_user":  {"user_id": cast.SuperAdmin.ID, "assignment_id": "SUPER_ADMIN"},
		"add_group_owner":          {"group_id": cast.Project.ID, "owner_id": cast.HelpDesk.ID},
		"remove_user_from_group":   {"group_id": cast.HelpDeskGroup.ID, "user_ids": []string{cast.HelpDesk.ID}},
	} {
		if tool == "unassign_role_from_user" {
			me = cast.SuperAdmin.ID
		} else {
			me = cast.HelpDesk.ID
		}
		p.ask(tool, arguments).mustFail("the identity that the server itself works with")
	}
	noWrites(t, w)
	me = cast.HelpDesk.ID
	p.ask("delete_group", args{"group_id": cast.Project.ID}).mustWork(nil)
}

func TestWhatACutOffGroupWriteLeftIsSaid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		arguments func(demoorg.Cast) args
		words     []string
	}{
		"update_group":        {func(c demoorg.Cast) args { return args{"group_id": c.Project.ID, "description": "x"} }, []string{"as of now the group", "exists"}},
		"delete_group":        {func(c demoorg.Cast) args { return args{"group_id": c.Project.ID} }, []string{"as of now", "group"}},
		"activate_group_rule": {func(c demoorg.Cast) args { return args{"rule_id": c.DraftRule.ID} }, []string{"as of now the group rule", "with the status"}},
		"create_group_rule": {func(c demoorg.Cast) args {
			return args{"name": "A", "expression": `user.city=="Bern"`, "group_ids": []string{c.Project.ID}}
		}, []string{"list_group_rules shows whether"}},
		"add_group_owner":     {func(c demoorg.Cast) args { return args{"group_id": c.Project.ID, "owner_id": c.Employee.ID} }, []string{"as of now the owners of the group"}},
		"remove_group_owner":  {func(c demoorg.Cast) args { return args{"group_id": c.Contractors.ID, "owner_id": c.HelpDesk.ID} }, []string{"as of now the owners of the group"}},
		"assign_role_to_user": {func(c demoorg.Cast) args { return args{"user_id": c.Employee.ID, "type": "APP_ADMIN"} }, []string{"as of now the user", "holds the roles"}},
		"unassign_role_from_group": {func(c demoorg.Cast) args {
			return args{"group_id": c.HelpDeskGroup.ID, "assignment_id": "HELP_DESK_ADMIN"}
		}, []string{"as of now the group", "holds the roles"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
			w.org.Fault(func(r *http.Request) orgtest.Fault { return orgtest.Fault{CutAfter: r.Method != "GET"} })
			w.connect("2025-11-25", accepting).ask(name, c.arguments(w.org.Cast())).mustFail(append(c.words, "the outcome is unknown")...)
		})
	}
}

// membersNow are the ids of the people in a group as the org has them.
func membersNow(w *world, id string) []string {
	w.t.Helper()
	_, body := adminDo(w, "GET", "/api/v1/groups/"+id+"/users?limit=1000", "")
	var users []struct{ ID string }
	if err := json.Unmarshal([]byte(body), &users); err != nil {
		w.t.Fatalf("%v: %s", err, body)
	}
	var ids []string
	for _, u := range users {
		ids = append(ids, u.ID)
	}
	slices.Sort(ids)
	return ids
}
