package demoorg_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
)

// opens says whether an app is on somebody's dashboard.
func opens(t *testing.T, org *demoorg.Org, app, user string) bool {
	t.Helper()
	for _, tile := range must(t, org, 200, "GET", "/api/v1/users/"+user+"/appLinks", "").list(t) {
		if "/api/v1/apps/"+fmt.Sprint(tile["appInstanceId"]) == app {
			return true
		}
	}
	return false
}

func TestGroupAssignmentsOpenApps(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	app := newApp(t, org, aBookmark)
	at := app + "/groups/" + c.Project.ID
	if opens(t, org, app, c.Employee.ID) {
		t.Fatal("a new app is open before it is assigned")
	}
	must(t, org, 200, "PUT", at, "")
	if !opens(t, org, app, c.Employee.ID) || opens(t, org, app, c.Staged.ID) {
		t.Error("an app is open to the group's members and nobody else")
	}
	must(t, org, 200, "POST", app+"/lifecycle/deactivate", "")
	if opens(t, org, app, c.Employee.ID) {
		t.Error("an inactive app opens nothing")
	}
	must(t, org, 200, "POST", app+"/lifecycle/activate", "")
	must(t, org, 204, "DELETE", "/api/v1/groups/"+c.Project.ID+"/users/"+c.Employee.ID, "")
	if opens(t, org, app, c.Employee.ID) {
		t.Error("who left the group keeps the app")
	}
	must(t, org, 204, "DELETE", at, "")
	for _, method := range []string{"GET", "DELETE"} {
		if got := send(org.Admin(), method, at, ""); got.status != 404 || got.code() != "E0000007" {
			t.Errorf("%s of no assignment: %d %s, want 404 E0000007", method, got.status, got.body)
		}
	}
}

func TestGroupPriorities(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	app := newApp(t, org, aBookmark)
	order := func() string {
		var found []string
		for _, doc := range must(t, org, 200, "GET", app+"/groups", "").list(t) {
			g := must(t, org, 200, "GET", "/api/v1/groups/"+fmt.Sprint(doc["id"]), "").object(t)
			found = append(found, fmt.Sprint(at(g, "profile", "name"), doc["priority"]))
		}
		return strings.Join(found, " ")
	}
	ids := map[string]string{}
	for _, step := range []struct{ group, body, want string }{
		{"a", `{}`, "a0"}, {"b", ``, "a0 b1"}, {"c", `{"priority":1,"profile":{"role":"cook"}}`, "a0 c1 b2"},
		{"b", `{"priority":0}`, "b0 a1 c2"}, {"c", `{}`, "b0 a1 c2"}, {"a", `{"priority":7}`, "b0 c2 a7"},
	} {
		if ids[step.group] == "" {
			ids[step.group] = newGroup(t, org, step.group)
		}
		must(t, org, 200, "PUT", app+"/groups/"+ids[step.group], step.body)
		if got := order(); got != step.want {
			t.Errorf("after %s %s: %s, want %s", step.group, step.body, got, step.want)
		}
	}
	doc := must(t, org, 200, "GET", app+"/groups/"+ids["c"]+"?expand=group", "").object(t)
	if at(doc, "profile", "role") != "cook" || at(doc, "_embedded", "group", "id") != ids["c"] {
		t.Errorf("the assignment shows %v, want its profile and group", doc)
	}
	if got := send(org.Admin(), "PUT", app+"/groups/"+ids["c"], `{"priority":-1}`); got.status != 400 {
		t.Errorf("a negative priority: %d %s", got.status, got.body)
	}
	first := must(t, org, 200, "GET", app+"/groups?limit=1", "")
	must(t, org, 204, "DELETE", app+"/groups/"+ids["b"], "")
	second := must(t, org, 200, "GET", first.next(), "")
	if got := slices.Concat(first.ids(t), second.ids(t)); !slices.Equal(got, []string{ids["b"], ids["c"]}) {
		t.Errorf("pages of one show %v, want b and c", got)
	}
	if got := send(org.Admin(), "GET", app+"/groups?after=x", ""); got.code() != "E0000029" {
		t.Errorf("an invented cursor: %d %s", got.status, got.body)
	}
}

func TestScopesOfAssignments(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	app := "/api/v1/apps/" + c.ProjectApp.ID // open to the project's group
	at := app + "/users/" + c.Employee.ID
	for _, step := range []struct {
		method, target, body string
		status               int
		code, scope          string
	}{
		{"GET", at, "", 200, "", "GROUP"},
		{"DELETE", at, "", 204, "", "GROUP"}, // the group's stays
		{"POST", app + "/users", `{"id":"` + c.Employee.ID + `","scope":"USER"}`, 200, "", "USER"},
		{"POST", app + "/users", `{"id":"` + c.Employee.ID + `"}`, 409, "E0000062", "USER"},
		{"POST", at, `{"scope":"GROUP","profile":{"desk":7}}`, 200, "", "GROUP"},
		{"POST", at, `{"scope":"USER"}`, 200, "", "USER"},
		{"DELETE", at + "?sendEmail=true", "", 204, "", "GROUP"},
		{"DELETE", "/api/v1/groups/" + c.Project.ID + "/users/" + c.Employee.ID, "", 204, "", ""},
		{"DELETE", at, "", 404, "E0000007", ""},
		{"POST", at, `{"scope":"USER"}`, 404, "E0000007", ""},
		{"POST", app + "/users", `{"id":"` + c.Employee.ID + `"}`, 200, "", "USER"},
		{"POST", at, `{"scope":"GROUP"}`, 400, "E0000001", "USER"},
		{"DELETE", at, "", 204, "", ""},
	} {
		got := send(org.Admin(), step.method, step.target, step.body)
		if got.status != step.status || got.code() != step.code {
			t.Errorf("%s %s %s: %d %s, want %d %s", step.method, step.target, step.body, got.status, got.body, step.status, step.code)
		}
		scope := ""
		if now := send(org.Admin(), "GET", at, ""); now.status == 200 {
			scope = fmt.Sprint(now.object(t)["scope"])
		}
		if scope != step.scope {
			t.Errorf("after %s %s %s: scope %q, want %q", step.method, step.target, step.body, scope, step.scope)
		}
		if opens(t, org, app, c.Employee.ID) != (scope != "") {
			t.Errorf("after %s %s: the tile does not follow the assignment", step.method, step.target)
		}
	}
}

func TestAssignmentRefusals(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	app := newApp(t, org, aBookmark)
	shared := newApp(t, org, `{"label":"x","signOnMode":"BROWSER_PLUGIN","credentials":{"scheme":"SHARED_USERNAME_AND_PASSWORD"}}`)
	for _, w := range []struct {
		method, target, body string
		status               int
		code                 string
	}{
		{"POST", app + "/users", `{}`, 400, "E0000001"},
		{"POST", app + "/users", `[]`, 400, "E0000003"},
		{"POST", app + "/users", `{"id":"00u0"}`, 404, "E0000007"},
		{"POST", app + "/users", `{"id":"` + c.Deprovisioned.ID + `"}`, 400, "E0000001"},
		{"POST", app + "/users", `{"id":"` + c.Employee.ID + `","scope":"GROUP"}`, 400, "E0000001"},
		{"POST", app + "/users", `{"id":"` + c.Employee.ID + `","scope":"TEAM"}`, 400, "E0000001"},
		{"POST", shared + "/users", `{"id":"` + c.Employee.ID + `","credentials":{"userName":"x"}}`, 400, "E0000041"},
		{"GET", app + "/users/" + c.Employee.ID, "", 404, "E0000007"},
		{"GET", "/api/v1/apps/0oa0/users", "", 404, "E0000007"},
		{"GET", app + "/users?after=x", "", 400, "E0000029"},
		{"PUT", app + "/groups/00g0", `{}`, 404, "E0000007"},
		{"GET", "/api/v1/apps/0oa0/groups", "", 404, "E0000007"},
	} {
		if got := send(org.Admin(), w.method, w.target, w.body); got.status != w.status || got.code() != w.code {
			t.Errorf("%s %s %s: %d %s, want %d %s", w.method, w.target, w.body, got.status, got.body, w.status, w.code)
		}
	}
}

func TestAssignmentDocuments(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	const shape = "_links:o created:t credentials:o externalId:0 id:s lastUpdated:t passwordChanged:0 profile:o scope:s status:s statusChanged:t syncState:s"
	app := newApp(t, org, aBookmark)
	made := must(t, org, 200, "POST", app+"/users", `{"id":"`+c.Employee.ID+`","profile":{"badge":9007199254740993}}`)
	if got := shapeOf(made.object(t)); got != shape || !strings.Contains(made.body, `"badge":9007199254740993`) {
		t.Errorf("an assignment is shaped\n%s, want\n%s\nwith its profile: %s", got, shape, made.body)
	}
	if doc := made.object(t); doc["status"] != "ACTIVE" || at(doc, "credentials", "userName") != c.Employee.Login {
		t.Errorf("without provisioning: status %v and name %v, want ACTIVE and the login", doc["status"], at(doc, "credentials", "userName"))
	}
	doc := must(t, org, 200, "POST", app+"/users/"+c.Employee.ID, `{"credentials":{"userName":"jj"},"profile":{"desk":"4"}}`).object(t)
	if at(doc, "credentials", "userName") != "jj" || at(doc, "profile", "desk") != "4" || at(doc, "profile", "badge") == nil {
		t.Errorf("after an update: %v", doc)
	}
	claims, _ := must(t, org, 200, "GET", "/api/v1/apps/"+c.OIDCApp.ID+"/users/"+c.Employee.ID, "").object(t)["profile"].(map[string]any)
	if len(claims) != 20 || claims["given_name"] != "Leila" {
		t.Errorf("an OAuth client knows the claims %v, want the 20 standard ones", claims)
	}
	slack := "/api/v1/apps/" + must(t, org, 200, "GET", "/api/v1/apps?q=slack", "").ids(t)[0]
	for id, want := range map[string]string{c.Employee.ID: "PROVISIONED SYNCHRONIZED", c.Staged.ID: "STAGED DISABLED"} {
		doc := must(t, org, 200, "GET", slack+"/users/"+id, "").object(t)
		if got := fmt.Sprint(doc["status"], " ", doc["syncState"]); got != want {
			t.Errorf("with provisioning: %s, want %s", got, want)
		}
	}
	if got := send(org.Admin(), "GET", slack+"/users/"+c.Deprovisioned.ID, ""); got.status != 404 {
		t.Errorf("a deactivated member of the group: %d, want 404", got.status)
	}
}

func TestAppUserLists(t *testing.T) {
	t.Parallel()
	const size = 3000
	org := newOrg(t, demoorg.Options{Size: size})
	c := org.Cast()
	app := "/api/v1/apps/" + must(t, org, 200, "GET", "/api/v1/apps?q=zoomus", "").ids(t)[0]
	seen := walk(t, org, app+"/users?limit=500", func(int) {})
	gone := len(must(t, org, 200, "GET", "/api/v1/users"+query("search", `status eq "DEPROVISIONED"`, "limit", "200"), "").ids(t))
	if len(seen) != size-gone {
		t.Errorf("an app open to everyone lists %d, want all %d but the %d deactivated", len(seen), size, gone)
	}
	for limit, want := range map[string]int{"": 50, "?limit=9999": 500, "?limit=3": 3} {
		got := must(t, org, 200, "GET", app+"/users"+limit, "")
		if n := len(got.ids(t)); n != want || got.next() == "" {
			t.Errorf("%q: %d people and next %q, want %d and more", limit, n, got.next(), want)
		}
	}
	direct := walk(t, org, "/api/v1/apps/"+c.AssignedApp.ID+"/users?limit=200", func(int) {})
	scopes := map[any]int{}
	for id := range direct {
		scopes[must(t, org, 200, "GET", "/api/v1/apps/"+c.AssignedApp.ID+"/users/"+id, "").object(t)["scope"]]++
	}
	if scopes["USER"] == 0 || scopes["GROUP"] == 0 {
		t.Errorf("%s is assigned %v, want people of both scopes", c.AssignedApp.Name, scopes)
	}
	got := must(t, org, 200, "GET", app+"/users?expand=user&q="+c.Employee.Login, "").list(t)
	if len(got) != 1 || at(got[0], "_embedded", "user", "status") != "ACTIVE" {
		t.Errorf("q finds %v, want %s with the user embedded", got, c.Employee.Login)
	}
}

func BenchmarkAppUsersOfASmallGroup(b *testing.B) {
	org := newOrg(b, demoorg.Options{Size: demoorg.MaxSize})
	for b.Loop() {
		must(b, org, 200, "GET", "/api/v1/apps/"+org.Cast().ProjectApp.ID+"/users?limit=500", "")
	}
}
