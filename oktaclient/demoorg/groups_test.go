package demoorg_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
)

func members(t *testing.T, org *demoorg.Org, group string) []string {
	t.Helper()
	return must(t, org, 200, "GET", "/api/v1/groups/"+group+"/users", "").ids(t)
}

func newGroup(t *testing.T, org *demoorg.Org, name string) string {
	t.Helper()
	id, _ := must(t, org, 200, "POST", "/api/v1/groups", `{"profile":{"name":"`+name+`"}}`).object(t)["id"].(string)
	return id
}

func TestGroupLife(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	id := newGroup(t, org, "Night Watch")
	doc := must(t, org, 200, "PUT", "/api/v1/groups/"+id, `{"profile":{"name":"Day Watch","description":"","owningTeam":"Ops"}}`).object(t)
	if at(doc, "profile", "name") != "Day Watch" || at(doc, "profile", "description") != "" || at(doc, "profile", "owningTeam") != "Ops" {
		t.Errorf("after PUT: %v", doc["profile"])
	}
	doc = must(t, org, 200, "PUT", "/api/v1/groups/"+id, `{"profile":{"name":"Day Watch"}}`).object(t)
	if value, shown := doc["profile"].(map[string]any)["description"]; value != nil || !shown {
		t.Errorf("an unset description is null: %v", doc["profile"])
	}
	if at(doc, "profile", "owningTeam") != nil {
		t.Errorf("PUT replaces: the custom attribute should be gone: %v", doc["profile"])
	}
	newGroup(t, org, "Night Watch") // the old name is free
	must(t, org, 204, "DELETE", "/api/v1/groups/"+id, "")
	must(t, org, 404, "GET", "/api/v1/groups/"+id, "")
	must(t, org, 404, "DELETE", "/api/v1/groups/"+id, "")
}

func TestGroupChecks(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	for body, code := range map[string]string{
		`{}`:                                    "E0000001",
		`{"profile":{"name":" "}}`:              "E0000001",
		`{"profile":{"name":7}}`:                "E0000001",
		`{"profile":{"name":"x","colour":"y"}}`: "E0000001",
		`{"profile":{"name":"` + strings.Repeat("x", 256) + `"}}`: "E0000001",
		`{"profile":{"name":"engineering"}}`:                      "E0000055",
		`{"profile":{"name":"Everyone"}}`:                         "E0000055",
	} {
		if got := send(org.Admin(), "POST", "/api/v1/groups", body); got.status != 400 || got.code() != code {
			t.Errorf("%.80s: %d %s, want 400 %s", body, got.status, got.body, code)
		}
	}
	id := org.Cast().Department.ID
	must(t, org, 200, "PUT", "/api/v1/groups/"+id, `{"profile":{"name":"ENGINEERING"}}`) // its own name does not clash
	must(t, org, 400, "PUT", "/api/v1/groups/"+id, `{"profile":{"name":"Everyone"}}`)
}

func TestGroupsThatAreNotTheOrgsOwn(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	for group, refusal := range map[string]struct {
		status int
		code   string
	}{
		c.Everyone.ID: {501, "E0000060"},
		c.AppGroup.ID: {403, "E0000006"},
	} {
		before := len(members(t, org, group))
		for _, method := range []string{"PUT", "DELETE"} {
			got := send(org.Admin(), method, "/api/v1/groups/"+group+"/users/"+c.Staged.ID, "")
			if got.status != refusal.status || got.code() != refusal.code {
				t.Errorf("%s member of %s: %d %s, want %d %s", method, group, got.status, got.body, refusal.status, refusal.code)
			}
			if got := send(org.Admin(), method, "/api/v1/groups/"+group, `{"profile":{"name":"x"}}`); got.status != 403 || got.code() != "E0000006" {
				t.Errorf("%s %s: %d %s, want 403 E0000006", method, group, got.status, got.body)
			}
		}
		if after := len(members(t, org, group)); after != before {
			t.Errorf("a refused change happened: %d members, then %d", before, after)
		}
	}
}

func TestMembership(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	group, user := newGroup(t, org, "Night Watch"), org.Cast().Employee
	for range 2 { // idempotent
		must(t, org, 204, "PUT", "/api/v1/groups/"+group+"/users/"+user.ID, "")
	}
	if got := members(t, org, group); !slices.Equal(got, []string{user.ID}) {
		t.Errorf("members are %v", got)
	}
	for range 2 {
		must(t, org, 204, "DELETE", "/api/v1/groups/"+group+"/users/"+user.ID, "")
	}
	if got := members(t, org, group); len(got) != 0 {
		t.Errorf("members left: %v", got)
	}
	must(t, org, 404, "PUT", "/api/v1/groups/"+group+"/users/00uNobody", "")
	must(t, org, 404, "PUT", "/api/v1/groups/00gNone/users/"+user.ID, "")
}

func TestNewUsersJoinEveryoneAndTheGroupsAskedFor(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	group := newGroup(t, org, "Night Watch")
	id := newUser(t, org, "new@acme.example", "", `,"groupIds":["`+group+`"]`)
	if got := must(t, org, 200, "GET", "/api/v1/users/"+id+"/groups", "").ids(t); !slices.Equal(got, []string{org.Cast().Everyone.ID, group}) {
		t.Errorf("groups are %v", got)
	}
}

func TestGroupSearches(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	for target, want := range map[string]string{
		"/api/v1/groups?q=project":                                                                c.Project.ID,
		"/api/v1/groups" + query("search", `profile.name eq "help desk"`):                         c.HelpDeskGroup.ID,
		"/api/v1/groups" + query("search", `profile.name co "nightin"`):                           c.Project.ID,
		"/api/v1/groups" + query("search", `type eq "BUILT_IN" and lastUpdated pr`):               c.Everyone.ID,
		"/api/v1/groups" + query("filter", `type eq "APP_GROUP"`, "q", "Domain"):                  c.AppGroup.ID,
		"/api/v1/groups" + query("filter", `id eq "`+c.Project.ID+`"`):                            c.Project.ID,
		"/api/v1/groups" + query("filter", `lastMembershipUpdated gt "1999-01-01T00:00:00.000Z"`): c.Everyone.ID,
		"/api/v1/groups" + query("search", `profile.owningTeam eq "People Operations"`):           c.Department.ID,
	} {
		if ids := must(t, org, 200, "GET", target, "").ids(t); len(ids) == 0 || ids[0] != want {
			t.Errorf("GET %s: %v, want %s first", target, ids, want)
		}
	}
	for _, target := range []string{
		"/api/v1/groups" + query("search", `profile.colour eq "x"`), "/api/v1/groups" + query("filter", `profile.name eq "x"`),
		"/api/v1/groups" + query("filter", `type sw "B"`), "/api/v1/groups" + query("search", `type co "B"`),
	} {
		if got := send(org.Admin(), "GET", target, ""); got.status != 400 || got.code() != "E0000031" {
			t.Errorf("GET %s: %d %s, want 400 E0000031", target, got.status, got.body)
		}
	}
}

func TestExpand(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	for group, admin := range map[string]bool{c.Project.ID: false, c.AdminGroup.ID: true} {
		stats := at(must(t, org, 200, "GET", "/api/v1/groups/"+group+"?expand=stats", "").object(t), "_embedded", "stats")
		if at(stats, "usersCount") != float64(len(members(t, org, group))) || at(stats, "hasAdminPrivilege") != admin {
			t.Errorf("stats of %s: %v", group, stats)
		}
	}
	listed := must(t, org, 200, "GET", "/api/v1/groups"+query("filter", `type eq "APP_GROUP"`, "expand", "app"), "").list(t)
	if at(listed[0], "_embedded", "app", "name") != "active_directory" || at(listed[0], "source", "id") != at(listed[0], "_embedded", "app", "id") {
		t.Errorf("expand=app: %v", listed[0]["_embedded"])
	}
}

func TestOwners(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	owners := "/api/v1/groups/" + c.Project.ID + "/owners"
	got := must(t, org, 201, "POST", owners, `{"id":"`+c.Employee.ID+`","type":"USER"}`).object(t)
	if got["displayName"] != "Leila Haddad" || got["lastUpdated"] != "Mon Aug  3 09:00:00 UTC 2026" {
		t.Errorf("added %v", got)
	}
	again := send(org.Admin(), "POST", owners, `{"id":"`+c.Employee.ID+`","type":"USER"}`)
	if again.status != 400 || !strings.Contains(again.body, "Provided owner is already assigned to this group") {
		t.Errorf("twice: %d %s", again.status, again.body)
	}
	must(t, org, 201, "POST", owners, `{"id":"`+c.HelpDeskGroup.ID+`","type":"GROUP"}`)
	listed := must(t, org, 200, "GET", owners, "").list(t)
	if len(listed) != 2 || listed[0]["id"] != c.HelpDeskGroup.ID || listed[1]["lastUpdated"] != "2026-08-03 09:00:00.0" {
		t.Errorf("listed %v", listed)
	}
	must(t, org, 204, "DELETE", owners+"/"+c.Employee.ID, "")
	must(t, org, 404, "DELETE", owners+"/"+c.Employee.ID, "")
	must(t, org, 404, "POST", owners, `{"id":"00uNobody","type":"USER"}`)
	must(t, org, 400, "POST", owners, `{"id":"x","type":"ROBOT"}`)
}

func TestRoles(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	for _, holder := range []struct{ path, kind string }{
		{"/api/v1/users/" + c.Contractor.ID, "USER"}, {"/api/v1/groups/" + c.Project.ID, "GROUP"},
	} {
		for _, role := range []struct{ kind, id string }{{"APP_ADMIN", "IFIFAX2BIRGUSTQ"}, {"SUPER_ADMIN", ""}} {
			body := `{"type":"` + role.kind + `"}`
			got := must(t, org, 201, "POST", holder.path+"/roles", body).object(t)
			id := fmt.Sprint(got["id"])
			if role.id != "" && id != role.id || got["assignmentType"] != holder.kind || got["type"] != role.kind {
				t.Errorf("%s: assigned %v", holder.path, got)
			}
			if again := send(org.Admin(), "POST", holder.path+"/roles", body); again.status != 409 || again.code() != "E0000090" {
				t.Errorf("%s: %s twice: %d %s, want 409 E0000090", holder.path, role.kind, again.status, again.body)
			}
			must(t, org, 200, "GET", holder.path+"/roles/"+id, "")
			must(t, org, 204, "DELETE", holder.path+"/roles/"+id, "")
			if role.kind == "APP_ADMIN" {
				must(t, org, 404, "DELETE", holder.path+"/roles/"+id, "")
			}
		}
		must(t, org, 400, "POST", holder.path+"/roles", `{"type":"EMPEROR"}`)
	}
}

func TestRolesComeWithGroups(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	must(t, org, 204, "PUT", "/api/v1/groups/"+c.AdminGroup.ID+"/users/"+c.Contractor.ID, "")
	roles := must(t, org, 200, "GET", "/api/v1/users/"+c.Contractor.ID+"/roles", "").list(t)
	if len(roles) != 1 || roles[0]["type"] != "SUPER_ADMIN" || roles[0]["assignmentType"] != "GROUP" {
		t.Errorf("a member of %s holds %v", c.AdminGroup.Name, roles)
	}
	id := fmt.Sprint(roles[0]["id"])
	must(t, org, 404, "DELETE", "/api/v1/users/"+c.Contractor.ID+"/roles/"+id, "") // the group's to give back
}

func TestRoleTargets(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	user := "/api/v1/users/" + c.Contractor.ID + "/roles"
	must(t, org, 201, "POST", user, `{"type":"HELP_DESK_ADMIN"}`)
	must(t, org, 201, "POST", user, `{"type":"APP_ADMIN"}`)
	groups := user + "/JBCUYUC7IRCVGS27IFCE2SKO/targets/groups"
	must(t, org, 204, "PUT", groups+"/"+c.Project.ID, "")
	if got := must(t, org, 200, "GET", groups, "").ids(t); !slices.Equal(got, []string{c.Project.ID}) {
		t.Errorf("group targets are %v", got)
	}
	must(t, org, 204, "DELETE", groups+"/"+c.Project.ID, "")
	must(t, org, 404, "PUT", groups+"/00gNone", "")
	apps := user + "/IFIFAX2BIRGUSTQ/targets/catalog/apps"
	must(t, org, 204, "PUT", apps+"/slack", "")
	must(t, org, 204, "PUT", apps+"/bookmark/"+c.ProjectApp.ID, "")
	listed := must(t, org, 200, "GET", apps, "").list(t)
	if len(listed) != 2 || listed[0]["id"] != c.ProjectApp.ID || listed[1]["name"] != "slack" {
		t.Errorf("app targets are %v", listed)
	}
	must(t, org, 204, "DELETE", apps+"/slack", "")
	must(t, org, 204, "DELETE", apps+"/bookmark/"+c.ProjectApp.ID, "")
	if got := send(org.Admin(), "PUT", user+"/IFIFAX2BIRGUSTQ/targets/groups/"+c.Project.ID, ""); got.status != 403 || got.code() != "E0000091" {
		t.Errorf("a group target for an app administrator: %d %s, want 403 E0000091", got.status, got.body)
	}
}

func TestApps(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	modes := map[any]bool{}
	for _, a := range must(t, org, 200, "GET", "/api/v1/apps?limit=200", "").list(t) {
		modes[a["signOnMode"]] = true
	}
	for _, mode := range []any{"SAML_2_0", "OPENID_CONNECT", "BOOKMARK", "AUTO_LOGIN", "BROWSER_PLUGIN", "BASIC_AUTH", nil} {
		if !modes[mode] {
			t.Errorf("no app has sign-on mode %v", mode)
		}
	}
	for target, want := range map[string]string{
		"/api/v1/apps?q=okta+admin":                                                      c.AdminConsole.ID,
		"/api/v1/apps" + query("filter", `name eq "saasure"`):                            c.AdminConsole.ID,
		"/api/v1/apps" + query("filter", `group.id eq "`+c.Project.ID+`"`, "q", "Night"): c.ProjectApp.ID,
		"/api/v1/apps" + query("filter", `user.id eq "`+c.Employee.ID+`"`, "q", "Night"): c.ProjectApp.ID,
	} {
		if ids := must(t, org, 200, "GET", target, "").ids(t); !slices.Equal(ids, []string{want}) {
			t.Errorf("GET %s: %v, want %s", target, ids, want)
		}
	}
	inactive := must(t, org, 200, "GET", "/api/v1/apps"+query("filter", `status eq "INACTIVE"`), "").list(t)
	if len(inactive) != 1 || at(inactive[0], "_links", "activate") == nil || at(inactive[0], "_links", "deactivate") != nil {
		t.Errorf("inactive apps are %v", inactive)
	}
	must(t, org, 400, "GET", "/api/v1/apps"+query("filter", `label eq "x"`), "")
	must(t, org, 400, "GET", "/api/v1/apps?after=nonsense", "")
}

func TestNothingPointsAtTheDeleted(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	group := newGroup(t, org, "Night Watch")
	owners := "/api/v1/groups/" + c.Project.ID + "/owners"
	must(t, org, 201, "POST", owners, `{"id":"`+group+`","type":"GROUP"}`)
	must(t, org, 201, "POST", owners, `{"id":"`+c.Deprovisioned.ID+`","type":"USER"}`)
	role := "/api/v1/users/" + c.Contractor.ID + "/roles"
	must(t, org, 201, "POST", role, `{"type":"USER_ADMIN"}`)
	targets := role + "/KVJUKUS7IFCE2SKO/targets/groups"
	must(t, org, 204, "PUT", targets+"/"+group, "")
	must(t, org, 204, "DELETE", "/api/v1/groups/"+group, "")
	must(t, org, 204, "DELETE", "/api/v1/users/"+c.Deprovisioned.ID, "")
	for _, target := range []string{owners, targets} {
		if left := must(t, org, 200, "GET", target, "").ids(t); len(left) != 0 {
			t.Errorf("GET %s: still %v", target, left)
		}
	}
}
