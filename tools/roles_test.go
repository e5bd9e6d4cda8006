package tools_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/oktaclient/demoorg/orgtest"
	"okta-mcp/tools"
)

func TestRoles(t *testing.T) {
	t.Parallel()
	try(t, func(c demoorg.Cast) []trial {
		employee := "/api/v1/users/" + c.Employee.ID + "/roles"
		project, desk := "/api/v1/groups/"+c.Project.ID+"/roles", "/api/v1/groups/"+c.HelpDeskGroup.ID+"/roles"
		custom := args{"type": "CUSTOM", "role": c.CustomRole.Name, "resource_set": c.ResourceSet.ID}
		with := func(more args) args {
			for name, value := range custom {
				more[name] = value
			}
			return more
		}
		return []trial{
			{name: "everybody", tool: "list_admins", arguments: args{}, answers: []string{c.SuperAdmin.ID, c.HelpDesk.ID, c.SuperAdmin.Login, c.HelpDesk.Login, `"status":"ACTIVE"`}},
			{name: "direct", tool: "list_user_roles", arguments: args{"user_id": c.SuperAdmin.Login}, answers: []string{`"type":"SUPER_ADMIN"`, `"assignmentType":"USER"`}},
			{name: "through a group", tool: "list_user_roles", arguments: args{"user_id": c.HelpDesk.ID}, answers: []string{`"assignmentType":"GROUP"`, "HELP_DESK_ADMIN", `"_links":{"assignee":{"href":"`, "/groups/" + c.HelpDeskGroup.ID}},
			{name: "none", tool: "list_user_roles", arguments: args{"user_id": c.Employee.ID}, answers: []string{`"count":0`}},
			{name: "of nobody", tool: "list_user_roles", arguments: args{"user_id": "nobody@acme.example"}, refused: []string{"no user has the id or login"}},
			{name: "one", tool: "list_group_roles", arguments: args{"group_id": c.HelpDeskGroup.Name}, answers: []string{"HELP_DESK_ADMIN", `"count":1`}},
			{name: "of no group", tool: "list_group_roles", arguments: args{"group_id": "Nowhere"}, refused: []string{"no group has the id"}},
			{name: "all", tool: "list_custom_roles", arguments: args{}, answers: []string{c.CustomRole.ID, c.CustomRole.Name}},
			{name: "all", tool: "list_resource_sets", arguments: args{}, answers: []string{c.ResourceSet.ID, c.ResourceSet.Name}},

			{name: "standard", tool: "assign_role_to_user", arguments: args{"user_id": c.Employee.Login, "type": "help_desk_admin"}, answers: []string{"Help Desk Administrator", `"tool":"unassign_role_from_user"`},
				asks: []string{"Give this user an admin role", c.Employee.Login, "HELP_DESK_ADMIN"}, writes: []string{"POST " + employee}},
			{name: "super", tool: "assign_role_to_user", arguments: args{"user_id": c.Employee.ID, "type": "SUPER_ADMIN"}, asks: []string{"can do everything in the org", "type exactly: " + c.Employee.Login}, writes: []string{"POST " + employee}},
			{name: "custom", tool: "assign_role_to_user", arguments: with(args{"user_id": c.Employee.ID}), answers: []string{c.CustomRole.ID, c.ResourceSet.ID},
				asks: []string{"CUSTOM", c.CustomRole.Name, c.ResourceSet.Name}, writes: []string{"POST " + employee}},
			{name: "custom twice", tool: "assign_role_to_user", arguments: with(args{"user_id": c.Employee.ID}), prepare: func(w *world) {
				admin(w, "POST", employee, `{"type":"CUSTOM","role":"`+c.CustomRole.ID+`","resource-set":"`+c.ResourceSet.ID+`"}`)
			}, refused: []string{"assigned already", "E0000090", "list_user_roles"}},
			{name: "twice", tool: "assign_role_to_user", arguments: args{"user_id": c.SuperAdmin.ID, "type": "SUPER_ADMIN"}, refused: []string{"assigned already", "E0000090"}},
			{name: "held through a group", tool: "assign_role_to_user", arguments: args{"user_id": c.HelpDesk.ID, "type": "HELP_DESK_ADMIN"}, asks: []string{"held through a group already"}, writes: []string{"POST /api/v1/users/" + c.HelpDesk.ID + "/roles"}},
			{name: "custom without its parts", tool: "assign_role_to_user", arguments: args{"user_id": c.Employee.ID, "type": "CUSTOM"}, refused: []string{"needs role and resource_set", "list_custom_roles"}},
			{name: "parts without custom", tool: "assign_role_to_user", arguments: args{"user_id": c.Employee.ID, "type": "APP_ADMIN", "role": "x"}, refused: []string{"CUSTOM only"}},
			{name: "no such custom role", tool: "assign_role_to_user", arguments: args{"user_id": c.Employee.ID, "type": "CUSTOM", "role": "cr0none", "resource_set": c.ResourceSet.ID}, refused: []string{"no custom role has the id", "list_custom_roles"}},
			{name: "no such resource set", tool: "assign_role_to_user", arguments: args{"user_id": c.Employee.ID, "type": "CUSTOM", "role": c.CustomRole.ID, "resource_set": "iamnone"}, refused: []string{"no resource set has the id", "list_resource_sets"}},

			{name: "by type", tool: "unassign_role_from_user", arguments: args{"user_id": c.SuperAdmin.ID, "assignment_id": "SUPER_ADMIN", "plan_only": true},
				answers: []string{"super administrator", "takes access from an administrator", "type exactly: " + c.SuperAdmin.Login}},
			{name: "limited", tool: "unassign_role_from_user", arguments: args{"user_id": c.Employee.ID, "assignment_id": "APP_ADMIN"}, prepare: func(w *world) {
				admin(w, "POST", employee, `{"type":"APP_ADMIN"}`)
			}, answers: []string{"if the role was limited"}, asks: []string{"Application Administrator"}, writes: []string{"DELETE " + employee + "/IFIFAX2BIRGUSTQ"}},
			{name: "through a group", tool: "unassign_role_from_user", arguments: args{"user_id": c.HelpDesk.ID, "assignment_id": "HELP_DESK_ADMIN"}, refused: []string{"through a group", "unassign_role_from_group"}},
			{name: "not held", tool: "unassign_role_from_user", arguments: args{"user_id": c.Employee.ID, "assignment_id": "ORG_ADMIN"}, refused: []string{"this user holds no role", "list_user_roles"}},

			{name: "standard", tool: "assign_role_to_group", arguments: args{"group_id": c.Project.Name, "type": "READ_ONLY_ADMIN"}, answers: []string{`"tool":"unassign_role_from_group"`},
				asks: []string{"people are in it and will hold the role", "whoever is added later"}, writes: []string{"POST " + project}},
			{name: "custom", tool: "assign_role_to_group", arguments: with(args{"group_id": c.Project.ID}), asks: []string{c.CustomRole.Name}, writes: []string{"POST " + project}},
			{name: "everybody", tool: "assign_role_to_group", arguments: args{"group_id": c.Everyone.ID, "type": "APP_ADMIN"}, asks: []string{"everybody in the org becomes", "type exactly"}, writes: []string{"POST /api/v1/groups/" + c.Everyone.ID + "/roles"}},
			{name: "twice", tool: "assign_role_to_group", arguments: args{"group_id": c.HelpDeskGroup.ID, "type": "HELP_DESK_ADMIN"}, refused: []string{"E0000090", "list_group_roles"}},
			{name: "by type", tool: "unassign_role_from_group", arguments: args{"group_id": c.HelpDeskGroup.Name, "assignment_id": "help_desk_admin"}, answers: []string{`"tool":"assign_role_to_group"`},
				asks: []string{"1 person is in it and will lose the role", "Help Desk Administrator"}, writes: []string{"DELETE " + desk + "/JBCUYUC7IRCVGS27IFCE2SKO"}},
			{name: "of super administrators", tool: "unassign_role_from_group", arguments: args{"group_id": c.AdminGroup.ID, "assignment_id": "SUPER_ADMIN", "plan_only": true}, answers: []string{"members of the group are super administrators"}},
			{name: "not held", tool: "unassign_role_from_group", arguments: args{"group_id": c.Project.ID, "assignment_id": "ORG_ADMIN"}, refused: []string{"this group holds no role", "list_group_roles"}},
		}
	})
}

func TestRolesAreUndoneByWhatTheySay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	cast := w.org.Cast()
	p := w.connect("2025-11-25", accepting)
	custom := args{"type": "CUSTOM", "role": cast.CustomRole.ID, "resource_set": cast.ResourceSet.Name}
	for _, c := range []struct {
		holder, tool string
		arguments    args
	}{
		{"users/" + cast.Employee.ID, "assign_role_to_user", args{"user_id": cast.Employee.ID, "type": "READ_ONLY_ADMIN"}},
		{"users/" + cast.Employee.ID, "assign_role_to_user", args{"user_id": cast.Employee.ID, "type": custom["type"], "role": custom["role"], "resource_set": custom["resource_set"]}},
		{"groups/" + cast.Project.ID, "assign_role_to_group", args{"group_id": cast.Project.ID, "type": custom["type"], "role": custom["role"], "resource_set": custom["resource_set"]}},
		{"users/" + cast.SuperAdmin.ID, "unassign_role_from_user", args{"user_id": cast.SuperAdmin.ID, "assignment_id": "SUPER_ADMIN"}},
		{"groups/" + cast.HelpDeskGroup.ID, "unassign_role_from_group", args{"group_id": cast.HelpDeskGroup.ID, "assignment_id": "HELP_DESK_ADMIN"}},
	} {
		before := rolesNow(w, c.holder)
		var made changed
		p.ask(c.tool, c.arguments).mustWork(&made)
		if rolesNow(w, c.holder) == before {
			t.Errorf("%s changed nothing", c.tool)
		}
		undo(t, p, made).mustWork(nil)
		if now := rolesNow(w, c.holder); now != before {
			t.Errorf("the undo of %s left %s, want %s", c.tool, now, before)
		}
	}
}

// rolesNow names the roles that a user or group holds.
func rolesNow(w *world, holder string) string {
	w.t.Helper()
	_, body := adminDo(w, "GET", "/api/v1/"+holder+"/roles", "")
	var roles []struct {
		Type, Role string
		Set        string `json:"resource-set"`
	}
	if err := json.Unmarshal([]byte(body), &roles); err != nil {
		w.t.Fatalf("%v: %s", err, body)
	}
	return fmt.Sprint(roles)
}

func TestNoApprovalGivesOrTakesTheHighestRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}},
		approve: []string{"assign_role_to_user=9", "assign_role_to_group=9", "unassign_role_from_user=9", "unassign_role_from_group=9"}})
	cast := w.org.Cast()
	p := w.connect("2025-11-25", nil)
	for tool, arguments := range map[string]args{
		"assign_role_to_user":      {"user_id": cast.Employee.ID, "type": "super_admin"},
		"assign_role_to_group":     {"group_id": cast.Project.ID, "type": "SUPER_ADMIN"},
		"unassign_role_from_user":  {"user_id": cast.SuperAdmin.ID, "assignment_id": "SUPER_ADMIN"},
		"unassign_role_from_group": {"group_id": cast.AdminGroup.ID, "assignment_id": "SUPER_ADMIN"},
	} {
		p.ask(tool, arguments).mustFail("not done")
	}
	noWrites(t, w)
	p.ask("assign_role_to_user", args{"user_id": cast.Employee.ID, "type": "APP_ADMIN"}).mustWork(nil)
}

func TestRolesTakeFiveRequestsToWeigh(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	cast := w.org.Cast()
	p := w.connect("2025-11-25", nil)
	for tool, arguments := range map[string]args{
		"assign_role_to_user":      {"user_id": cast.Employee.ID, "type": "CUSTOM", "role": cast.CustomRole.ID, "resource_set": cast.ResourceSet.ID},
		"assign_role_to_group":     {"group_id": cast.Project.ID, "type": "CUSTOM", "role": cast.CustomRole.ID, "resource_set": cast.ResourceSet.ID},
		"unassign_role_from_group": {"group_id": cast.HelpDeskGroup.ID, "assignment_id": "HELP_DESK_ADMIN"},
		"remove_group_owner":       {"group_id": cast.Contractors.ID, "owner_id": cast.HelpDesk.ID},
		"deactivate_group_rule":    {"rule_id": cast.ProjectRule.ID},
		"delete_group_rule":        {"rule_id": cast.DraftRule.ID, "remove_users": true},
	} {
		w.org.Reset()
		arguments["plan_only"] = true
		p.ask(tool, arguments).mustWork(nil)
		if n := len(w.org.Requests()); n > 5 {
			t.Errorf("%s: %d requests, want at most 5: %v", tool, n, w.org.Requests())
		}
	}
}

func TestWithoutTheScopeForGroupsTheirIDsWillDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}, org: demoorg.Options{Granted: []string{"okta.roles.manage"}}, options: tools.Options{Protect: []string{"Contractors"}}})
	cast := w.org.Cast()
	p := w.connect("2025-11-25", accepting)
	p.ask("list_group_roles", args{"group_id": cast.HelpDeskGroup.ID}).mustWork(nil)
	p.ask("list_group_roles", args{"group_id": cast.HelpDeskGroup.Name}).mustFail("by id only", "okta.groups.read")
	plan(t, p, "assign_role_to_group", args{"group_id": cast.Project.ID, "type": "APP_ADMIN"}, "not visible whether a group concerned is protected")
	p.ask("assign_role_to_group", args{"group_id": cast.Project.ID, "type": "APP_ADMIN"}).mustWork(nil)
}

func TestRolesThatCannotBeReadAreNotTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	w.org.Fault(forbidRoles)
	cast := w.org.Cast()
	p := w.connect("2025-11-25", accepting)
	p.ask("unassign_role_from_user", args{"user_id": cast.SuperAdmin.ID, "assignment_id": "SUPER_ADMIN"}).mustFail("cannot be read", "too narrow")
	p.ask("unassign_role_from_group", args{"group_id": cast.AdminGroup.ID, "assignment_id": "SUPER_ADMIN"}).mustFail("cannot be read")
	noWrites(t, w)
	plan(t, p, "assign_role_to_user", args{"user_id": cast.Employee.ID, "type": "APP_ADMIN"}, "not visible whether a person concerned is an administrator")
}

func TestALimitCutsAListThatOktaAnswersAtOnce(t *testing.T) {
	t.Parallel()
	for tool, c := range map[string]struct{ path, open, close string }{
		"list_custom_roles":  {"/iam/roles", `{"roles":`, `}`},
		"list_resource_sets": {"/iam/resource-sets", `{"resource-sets":`, `}`},
		"list_user_roles":    {"/roles", ``, ``},
		"list_group_roles":   {"/roles", ``, ``},
	} {
		t.Run(tool, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
			w.org.Fault(func(r *http.Request) orgtest.Fault {
				if !strings.HasSuffix(r.URL.Path, c.path) {
					return orgtest.Fault{}
				}
				return orgtest.Fault{Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: c.open + `[{"id":"a"},{"id":"b"},{"id":"c"}]` + c.close}
			})
			p := w.connect("2025-11-25", nil)
			arguments := samples(w.org.Cast())[tool].arguments
			arguments["limit"] = 2
			var all struct {
				Items      []struct{ ID string }
				NextCursor string `json:"next_cursor"`
			}
			p.ask(tool, arguments).mustWork(&all)
			if len(all.Items) != 2 || all.NextCursor == "" {
				t.Fatalf("answered %v, want two items and a cursor", all)
			}
			arguments["cursor"], all.NextCursor = all.NextCursor, ""
			p.ask(tool, arguments).mustWork(&all)
			if len(all.Items) != 1 || all.Items[0].ID != "c" || all.NextCursor != "" {
				t.Errorf("went on with %v, want the third and last item", all)
			}
		})
	}
}

func TestNoApprovalChangesAnyRoleOfSuperAdministrators(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}, approve: []string{"assign_role_to_group=9", "unassign_role_from_group=9"}})
	cast := w.org.Cast()
	admin(w, "POST", "/api/v1/groups/"+cast.AdminGroup.ID+"/roles", `{"type":"APP_ADMIN"}`)
	w.org.Reset()
	p := w.connect("2025-11-25", nil)
	p.ask("assign_role_to_group", args{"group_id": cast.AdminGroup.ID, "type": "READ_ONLY_ADMIN"}).mustFail("not done")
	p.ask("unassign_role_from_group", args{"group_id": cast.AdminGroup.ID, "assignment_id": "APP_ADMIN"}).mustFail("not done")
	noWrites(t, w)
}

func TestAdministratorsWhomTheAppMayNotSeeStayIDs(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"scope not granted", "admin role too narrow"} {
		s := setup{selection: tools.Selection{Tools: []string{"list_admins"}}}
		if how == "scope not granted" {
			s.org.Granted = []string{"okta.roles.read"}
		}
		w := newWorld(t, s)
		w.org.Fault(func(r *httpRequest) orgtest.Fault {
			if r.URL.Path == "/api/v1/users" {
				return orgtest.Fault{Status: 403, Body: `{"errorCode":"E0000006","errorSummary":"no"}`}
			}
			return orgtest.Fault{}
		})
		r := w.connect("2025-11-25", nil).ask("list_admins", args{})
		r.mustWork(nil)
		if c := w.org.Cast(); !strings.Contains(r.text(), c.SuperAdmin.ID) || strings.Contains(r.text(), c.SuperAdmin.Login) {
			t.Errorf("%s: answered %s", how, r.text())
		}
	}
}
