package tools_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/oktaclient/demoorg/orgtest"
	"okta-mcp/tools"
)

// gone makes the draft rule INVALID: a group it puts people into is deleted.
func gone(w *world) {
	var rule struct {
		Actions struct{ AssignUserToGroups struct{ GroupIDs []string } }
	}
	_, body := adminDo(w, "GET", "/api/v1/groups/rules/"+w.org.Cast().DraftRule.ID, "")
	if err := json.Unmarshal([]byte(body), &rule); err != nil || len(rule.Actions.AssignUserToGroups.GroupIDs) != 1 {
		w.t.Fatalf("%v: %s", err, body)
	}
	admin(w, "DELETE", "/api/v1/groups/"+rule.Actions.AssignUserToGroups.GroupIDs[0], "")
}

func TestGroupRules(t *testing.T) {
	t.Parallel()
	try(t, func(c demoorg.Cast) []trial {
		const rules = "/api/v1/groups/rules/"
		project, draft := rules+c.ProjectRule.ID, rules+c.DraftRule.ID
		return []trial{
			{name: "by name", tool: "list_group_rules", arguments: args{"search": c.ProjectRule.Name}, answers: []string{c.ProjectRule.ID, "NGT-", `"count":1`}},
			{name: "with the names of groups", tool: "get_group_rule", arguments: args{"rule_id": c.ProjectRule.ID}, answers: []string{"NGT-", c.Project.ID, `"groupIdToGroupNameMap":{"` + c.Project.ID + `":"` + c.Project.Name}},
			{name: "unknown", tool: "get_group_rule", arguments: args{"rule_id": "0pr0000000000000none"}, refused: []string{"no group rule has the id", "list_group_rules"}},

			{name: "new", tool: "create_group_rule", arguments: args{"name": "Bernese", "expression": `user.city=="Bern"`, "group_ids": []string{c.Project.Name}, "exclude_user_ids": []string{c.Employee.ID}},
				answers: []string{`"status":"INACTIVE"`, `"groupIds":["` + c.Project.ID + `"]`, `"exclude":["` + c.Employee.ID + `"]`, `"tool":"delete_group_rule"`}, writes: []string{"POST /api/v1/groups/rules"}},
			{name: "for no group", tool: "create_group_rule", arguments: args{"name": "A", "expression": "true", "group_ids": []string{"Nowhere"}}, refused: []string{"no group has the id or exact name"}},
			{name: "for a directory's group", tool: "create_group_rule", arguments: args{"name": "A", "expression": "true", "group_ids": []string{c.AppGroup.ID}}, refused: []string{"APP_GROUP"}},
			{name: "for one group twice", tool: "create_group_rule", arguments: args{"name": "A", "expression": "true", "group_ids": []string{c.Project.ID, c.Project.Name}}, refused: []string{"names one group twice"}},
			{name: "inactive", tool: "update_group_rule", arguments: args{"rule_id": c.DraftRule.ID, "expression": `user.city=="Bern"`, "exclude_user_ids": []string{c.Employee.ID}},
				answers: []string{`"before":`, "Berlin", `"exclude_user_ids":[]`, `"tool":"update_group_rule"`}, writes: []string{"PUT " + draft}},
			{name: "active", tool: "update_group_rule", arguments: args{"rule_id": c.ProjectRule.ID, "name": "A"}, refused: []string{"is ACTIVE", "deactivate_group_rule"}},
			{name: "invalid", tool: "update_group_rule", arguments: args{"rule_id": c.DraftRule.ID, "name": "A"}, prepare: gone, refused: []string{"is INVALID", "create_group_rule"}},
			{name: "nothing", tool: "update_group_rule", arguments: args{"rule_id": c.DraftRule.ID}, refused: []string{"nothing to change"}},
			{name: "as it is", tool: "update_group_rule", arguments: args{"rule_id": c.DraftRule.ID, "name": c.DraftRule.Name}, refused: []string{"has these values already"}},

			{name: "inactive", tool: "activate_group_rule", arguments: args{"rule_id": c.DraftRule.ID}, answers: []string{`"tool":"deactivate_group_rule"`, "leaves whom it put into its groups there"},
				asks: []string{`user.city=='Berlin'`, "Office Berlin", "is put into its groups at once"}, writes: []string{"POST " + draft + "/lifecycle/activate"}},
			{name: "active", tool: "activate_group_rule", arguments: args{"rule_id": c.ProjectRule.ID}, refused: []string{"is ACTIVE already"}},
			{name: "invalid", tool: "activate_group_rule", arguments: args{"rule_id": c.DraftRule.ID}, prepare: gone, refused: []string{"is INVALID", "create_group_rule"}},
			{name: "unknown", tool: "activate_group_rule", arguments: args{"rule_id": "0pr0000000000000none"}, refused: []string{"no group rule has the id"}},

			{name: "active", tool: "deactivate_group_rule", arguments: args{"rule_id": c.ProjectRule.ID}, answers: []string{`"tool":"activate_group_rule"`},
				asks: []string{"stays there", "people are in the group " + c.Project.ID, c.Project.Name}, writes: []string{"POST " + project + "/lifecycle/deactivate"}},
			{name: "inactive", tool: "deactivate_group_rule", arguments: args{"rule_id": c.DraftRule.ID}, refused: []string{"is INACTIVE already"}},
			{name: "invalid", tool: "deactivate_group_rule", arguments: args{"rule_id": c.DraftRule.ID}, prepare: gone, refused: []string{"is INVALID"}},

			{name: "keeping people", tool: "delete_group_rule", arguments: args{"rule_id": c.DraftRule.ID}, answers: []string{"cannot be undone"},
				asks: []string{"stays there, and no rule takes them out", "type exactly: " + c.DraftRule.Name}, writes: []string{"DELETE " + draft}},
			{name: "with its people", tool: "delete_group_rule", arguments: args{"rule_id": c.DraftRule.ID, "remove_users": true},
				asks: []string{"is taken out", "A group of it opens", "Office Berlin"}, writes: []string{"DELETE " + draft}},
			{name: "invalid", tool: "delete_group_rule", arguments: args{"rule_id": c.DraftRule.ID}, prepare: gone, asks: []string{"for good"}, writes: []string{"DELETE " + draft}},
			{name: "active", tool: "delete_group_rule", arguments: args{"rule_id": c.ProjectRule.ID}, refused: []string{"is ACTIVE", "deactivate_group_rule comes first"}},
		}
	})
}

func TestARuleThatOktaDoesNotUnderstandIsNotMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.connect("2025-11-25", nil).ask("create_group_rule", args{"name": "A", "expression": "((", "group_ids": []string{w.org.Cast().Project.ID}}).mustFail("E0000001", "expression")
}

func TestGroupOwners(t *testing.T) {
	t.Parallel()
	try(t, func(c demoorg.Cast) []trial {
		project, contractors := "/api/v1/groups/"+c.Project.ID+"/owners", "/api/v1/groups/"+c.Contractors.ID+"/owners"
		return []trial{
			{name: "one", tool: "list_group_owners", arguments: args{"group_id": c.Contractors.Name}, answers: []string{c.HelpDesk.ID, `"type":"USER"`, `"count":1`}},
			{name: "none", tool: "list_group_owners", arguments: args{"group_id": c.Project.ID}, answers: []string{`"count":0`}},
			{name: "a person", tool: "add_group_owner", arguments: args{"group_id": c.Project.Name, "owner_id": c.Employee.Login}, answers: []string{c.Employee.Login, `"tool":"remove_group_owner"`},
				asks: []string{"Make this user an owner", c.Employee.Login, c.Project.Name, "people are in the group"}, writes: []string{"POST " + project}},
			{name: "a group", tool: "add_group_owner", arguments: args{"group_id": c.Project.ID, "owner_id": c.Department.Name, "type": "GROUP"}, answers: []string{c.Department.ID},
				asks: []string{"Make this group an owner", "Everybody in the owning group", c.Department.Name}, writes: []string{"POST " + project}},
			{name: "of power", tool: "add_group_owner", arguments: args{"group_id": c.AdminGroup.ID, "owner_id": c.Employee.ID}, asks: []string{"members of a group joined are super administrators", "type exactly"},
				writes: []string{"POST /api/v1/groups/" + c.AdminGroup.ID + "/owners"}},
			{name: "already", tool: "add_group_owner", arguments: args{"group_id": c.Contractors.ID, "owner_id": c.HelpDesk.ID}, refused: []string{"is an owner", "already"}},
			{name: "nobody", tool: "add_group_owner", arguments: args{"group_id": c.Project.ID, "owner_id": "nobody@acme.example"}, refused: []string{"no user has the id or login"}},

			{name: "by login", tool: "remove_group_owner", arguments: args{"group_id": c.Contractors.Name, "owner_id": c.HelpDesk.Login}, answers: []string{`"tool":"add_group_owner"`, `"type":"USER"`},
				asks: []string{"Take this owner", c.HelpDesk.Login, "no other owner"}, writes: []string{"DELETE " + contractors + "/" + c.HelpDesk.ID}},
			{name: "no owner", tool: "remove_group_owner", arguments: args{"group_id": c.Contractors.ID, "owner_id": c.Employee.ID}, refused: []string{"is no owner of this group", "list_group_owners"}},
			{name: "a group", tool: "remove_group_owner", arguments: args{"group_id": c.Contractors.ID, "owner_id": c.Department.ID}, prepare: func(w *world) {
				admin(w, "POST", contractors, `{"id":"`+c.Department.ID+`","type":"GROUP"}`)
			}, answers: []string{`"type":"GROUP"`}, asks: []string{c.Department.Name}, writes: []string{"DELETE " + contractors + "/" + c.Department.ID}},
		}
	})
}

func TestOwnersAndRulesAreUndoneByWhatTheySay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	cast := w.org.Cast()
	p := w.connect("2025-11-25", accepting)
	for tool, arguments := range map[string]args{
		"remove_group_owner": {"group_id": cast.Contractors.ID, "owner_id": cast.HelpDesk.ID},
		"add_group_owner":    {"group_id": cast.Contractors.ID, "owner_id": cast.Project.ID, "type": "GROUP"},
		"update_group_rule":  {"rule_id": cast.DraftRule.ID, "name": "B", "expression": `user.city=="Bern"`, "exclude_user_ids": []string{cast.Employee.ID}},
		"create_group_rule":  {"name": "A", "expression": `user.city=="Bern"`, "group_ids": []string{cast.Project.ID}},
	} {
		before := ownersAndRules(w)
		var c changed
		p.ask(tool, arguments).mustWork(&c)
		if ownersAndRules(w) == before {
			t.Errorf("%s changed nothing", tool)
		}
		undo(t, p, c).mustWork(nil)
		if now := ownersAndRules(w); now != before {
			t.Errorf("the undo of %s left\n%s, want\n%s", tool, now, before)
		}
	}
}

// ownersAndRules is everything about owners of Contractors and about rules that
// does not tell a time.
func ownersAndRules(w *world) string {
	w.t.Helper()
	var all []string
	for _, path := range []string{"/api/v1/groups/" + w.org.Cast().Contractors.ID + "/owners", "/api/v1/groups/rules?limit=200"} {
		_, body := adminDo(w, "GET", path, "")
		var items []map[string]any
		if err := json.Unmarshal([]byte(body), &items); err != nil {
			w.t.Fatalf("%v: %s", err, body)
		}
		for _, item := range items {
			delete(item, "lastUpdated")
			one, err := json.Marshal(item)
			if err != nil {
				w.t.Fatal(err)
			}
			all = append(all, string(one))
		}
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

func TestARuleThatGivesPowerIsActivatedByTypingOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{approve: []string{"activate_group_rule=9"}, options: tools.Options{Protect: []string{w0.ContractorAccess.Name}}})
	cast := w.org.Cast()
	p := w.connect("2025-11-25", nil)
	p.ask("activate_group_rule", args{"rule_id": cast.DraftRule.ID}).mustWork(nil)
	w.org.Reset()
	relay := newGroup(w, "Relay")
	newRule(w, `isMemberOfAnyGroup("`+relay+`")`, cast.AdminGroup.ID)
	for name, c := range map[string]struct{ target, why string }{
		"of super administrators": {cast.AdminGroup.ID, "super administrators"},
		"that leads to them":      {relay, "super administrators"},
		"that is protected":       {cast.ContractorAccess.ID, "the operator protects"},
	} {
		rule := draftRule(w, name, c.target)
		p.ask("activate_group_rule", args{"rule_id": rule}).mustFail("not done")
		plan(t, p, "activate_group_rule", args{"rule_id": rule}, c.why)
	}
	noWrites(t, w)
	p.ask("activate_group_rule", args{"rule_id": draftRule(w, "of the help desk", cast.HelpDeskGroup.ID)}).mustWork(nil)
}

// draftRule makes an INACTIVE rule for everybody with a long condition.
func draftRule(w *world, name, target string) (id string) {
	w.t.Helper()
	body, err := json.Marshal(args{"type": "group_rule", "name": name,
		"conditions": args{"expression": args{"type": "urn:okta:expression:1.0", "value": `user.city=="Bern" || ` + strings.Repeat(`user.department=="Sales" || `, 9) + `user.title=="the end"`}},
		"actions":    args{"assignUserToGroups": args{"groupIds": []string{target}}}})
	if err != nil {
		w.t.Fatal(err)
	}
	_, answer := adminDo(w, "POST", "/api/v1/groups/rules", string(body))
	var rule struct{ ID string }
	if err := json.Unmarshal([]byte(answer), &rule); err != nil || rule.ID == "" {
		w.t.Fatalf("%v: %s", err, answer)
	}
	return rule.ID
}

func TestAQuestionShowsAllOfACondition(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	rule := draftRule(w, "long", w.org.Cast().Project.ID)
	w.org.Reset()
	c := plan(t, w.connect("2025-11-25", nil), "activate_group_rule", args{"rule_id": rule}, "")
	if strings.Count(c.Plan.Question, "Sales") != 9 || !strings.Contains(c.Plan.Question, "the end") {
		t.Errorf("the question does not show the whole condition: %s", c.Plan.Question)
	}
	if n := len(w.org.Requests()); n > 5 {
		t.Errorf("%d requests, want at most 5: %v", n, w.org.Requests())
	}
}

func TestDeletingARuleWithItsPeopleIsWeighed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	cast := w.org.Cast()
	p := w.connect("2025-11-25", accepting)
	p.ask("deactivate_group_rule", args{"rule_id": cast.ProjectRule.ID}).mustWork(nil)
	before := membersNow(w, cast.Project.ID)
	p.ask("activate_group_rule", args{"rule_id": cast.ProjectRule.ID}).mustWork(nil)
	if now := membersNow(w, cast.Project.ID); !slices.Equal(now, before) {
		t.Errorf("stopping and starting a rule moved people: %v, want %v", now, before)
	}
	p.ask("deactivate_group_rule", args{"rule_id": cast.ProjectRule.ID}).mustWork(nil)
	w.org.Reset()
	newRule(w, `!isMemberOfAnyGroup("`+cast.Project.ID+`")`, cast.AdminGroup.ID)
	plan(t, p, "delete_group_rule", args{"rule_id": cast.ProjectRule.ID, "remove_users": true}, "super administrators")
	var c changed
	p.ask("delete_group_rule", args{"rule_id": cast.ProjectRule.ID, "plan_only": true}).mustWork(&c)
	if strings.Contains(c.Plan.Question, "super administrators") {
		t.Errorf("nobody leaves a group, and yet: %s", c.Plan.Question)
	}
	noWrites(t, w)
}

func TestAnOwnerWhoIsGoneIsTakenAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	cast := w.org.Cast()
	owners := "/api/v1/groups/" + cast.Contractors.ID + "/owners"
	w.org.Fault(func(r *httpRequest) orgtest.Fault {
		if r.URL.Path != "/api/v1/users/"+cast.HelpDesk.ID {
			return orgtest.Fault{}
		}
		return orgtest.Fault{Status: 404, Body: `{"errorCode":"E0000007","errorSummary":"Not found"}`}
	})
	p, question := w.listening()
	p.ask("remove_group_owner", args{"group_id": cast.Contractors.ID, "owner_id": cast.HelpDesk.ID}).mustWork(nil)
	contains(t, "the question", *question, []string{cast.HelpDesk.ID})
	if _, left := adminDo(w, "GET", owners, ""); left != "[]" {
		t.Errorf("the owners are %s, want none", left)
	}
}

func TestOwningAGroupIsWeighedByWhereItLeads(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}, approve: []string{"add_group_owner=9", "remove_group_owner=9"}})
	cast := w.org.Cast()
	feeder := newGroup(w, "Feeder")
	newRule(w, `isMemberOfAnyGroup("`+feeder+`")`, cast.AdminGroup.ID)
	admin(w, "POST", "/api/v1/groups/"+cast.Project.ID+"/owners", `{"id":"`+cast.SuperAdmin.ID+`","type":"USER"}`)
	w.org.Reset()
	p := w.connect("2025-11-25", nil)
	plan(t, p, "add_group_owner", args{"group_id": feeder, "owner_id": cast.Employee.ID}, "super administrators")
	p.ask("add_group_owner", args{"group_id": feeder, "owner_id": cast.Employee.ID}).mustFail("not done")
	p.ask("add_group_owner", args{"group_id": cast.Contractors.ID, "owner_id": cast.SuperAdmin.ID}).mustFail("not done")
	p.ask("remove_group_owner", args{"group_id": cast.Project.ID, "owner_id": cast.SuperAdmin.ID}).mustFail("not done")
	noWrites(t, w)
	p.ask("add_group_owner", args{"group_id": cast.Project.ID, "owner_id": cast.Employee.ID}).mustWork(nil)
}

func TestNoRuleIsDeletedThatTheServersOwnRolesHangOn(t *testing.T) {
	t.Parallel()
	var me string
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}, access: func(a tools.Access) tools.Access { return actingAs{a, &me} }})
	cast := w.org.Cast()
	me = cast.HelpDesk.ID
	rule := draftRule(w, "ours", cast.HelpDeskGroup.ID)
	w.org.Reset()
	w.connect("2025-11-25", accepting).ask("delete_group_rule", args{"rule_id": rule, "remove_users": true}).mustFail("the identity that the server itself works with")
	noWrites(t, w)
}
