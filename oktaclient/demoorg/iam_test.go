package demoorg_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
)

const (
	customRoles  = "/api/v1/iam/roles"
	resourceSets = "/api/v1/iam/resource-sets"
	adminsPath   = "/api/v1/iam/assignees/users"
)

// members are the objects in a member of an answer.
func (r reply) members(t *testing.T, name string) []map[string]any {
	t.Helper()
	var found []map[string]any
	list, _ := r.object(t)[name].([]any)
	for _, item := range list {
		object, _ := item.(map[string]any)
		found = append(found, object)
	}
	return found
}

func TestAdministrators(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	project := "/api/v1/groups/" + c.Project.ID
	must(t, org, 201, "POST", project+"/roles", `{"type":"READ_ONLY_ADMIN"}`)
	want := append(must(t, org, 200, "GET", project+"/users", "").ids(t), c.SuperAdmin.ID, c.HelpDesk.ID)
	slices.Sort(want)
	want = slices.Compact(want)
	all := must(t, org, 200, "GET", adminsPath, "")
	if len(all.header["Link"]) != 0 || all.object(t)["_links"] != nil {
		t.Errorf("a list of one page has links: %v, %v", all.header["Link"], all.object(t)["_links"])
	}
	var whole, walked []string
	for _, admin := range all.members(t, "value") {
		if got := shapeOf(admin); got != "_links:o id:s orn:s" {
			t.Errorf("an administrator is shaped %s", got)
		}
		whole = append(whole, fmt.Sprint(admin["id"]))
	}
	for target := adminsPath + "?limit=1"; target != ""; {
		page := must(t, org, 200, "GET", target, "")
		for _, admin := range page.members(t, "value") {
			walked = append(walked, fmt.Sprint(admin["id"]))
		}
		next, _ := at(page.object(t), "_links", "next", "href").(string)
		target = strings.TrimPrefix(next, "http://acme.example")
	}
	if slices.Sort(whole); !slices.Equal(whole, want) {
		t.Errorf("administrators are %v, want those with a role of their own or of a group, %v", whole, want)
	}
	if slices.Sort(walked); !slices.Equal(walked, want) {
		t.Errorf("administrators one by one are %v, want %v", walked, want)
	}
	must(t, org, 400, "GET", adminsPath+"?after=nobody", "")
}

func TestCustomRoleAssignments(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: demoorg.MinSize})
	c := org.Cast()
	body := func(role, set string) string {
		return `{"type":"CUSTOM","role":"` + role + `","resource-set":"` + set + `"}`
	}
	second := fmt.Sprint(must(t, org, 200, "POST", resourceSets, `{"label":"Second","description":"Another","resources":["orn:x"]}`).object(t)["id"])
	for _, holder := range []string{"/api/v1/users/" + c.Employee.ID, "/api/v1/groups/" + c.Project.ID} {
		roles := holder + "/roles"
		made := must(t, org, 201, "POST", roles, body(c.CustomRole.ID, c.ResourceSet.ID)).object(t)
		const shape = "_links:o assignmentType:s created:t id:s label:s lastUpdated:t resource-set:s role:s status:s type:s"
		links, _ := made["_links"].(map[string]any)
		if got := shapeOf(made); got != shape || shapeOf(links) != "assignee:o member:o permissions:o resource-set:o role:o" {
			t.Errorf("a custom role of %s is %v", holder, made)
		}
		if made["type"] != "CUSTOM" || made["label"] != c.CustomRole.Name || made["role"] != c.CustomRole.ID || made["resource-set"] != c.ResourceSet.ID {
			t.Errorf("a custom role of %s is %v", holder, made)
		}
		if got := must(t, org, 409, "POST", roles, body(c.CustomRole.Name, c.ResourceSet.ID)); got.code() != "E0000090" {
			t.Errorf("the same role again answers %s", got.body)
		}
		must(t, org, 201, "POST", roles, body(c.CustomRole.ID, second))
		for refused, want := range map[string]string{
			body("cr0none", c.ResourceSet.ID): "404 cr0none (CustomRole)", body(c.CustomRole.ID, "iamnone"): "404 iamnone (IAMPolicy)",
			`{"type":"CUSTOM"}`: "400 role and resource-set",
		} {
			status, text, _ := strings.Cut(want, " ")
			if got := send(org.Admin(), "POST", roles, refused); fmt.Sprint(got.status) != status || !strings.Contains(got.body, text) {
				t.Errorf("%s answers %d %s, want %s", refused, got.status, got.body, want)
			}
		}
		must(t, org, 200, "GET", roles+"/"+fmt.Sprint(made["id"]), "")
		must(t, org, 204, "DELETE", roles+"/"+fmt.Sprint(made["id"]), "")
		if got := must(t, org, 200, "GET", roles, "").list(t); len(got) != 1 || got[0]["resource-set"] != second {
			t.Errorf("after removal %s holds %v, want the role over the second set", holder, got)
		}
	}
	if got := must(t, org, 200, "GET", resourceSets+"/"+second+"/bindings", "").members(t, "roles"); len(got) != 1 || got[0]["id"] != c.CustomRole.ID {
		t.Errorf("the second set is bound to %v", got)
	}
	must(t, org, 204, "DELETE", resourceSets+"/"+second, "")
	if got := must(t, org, 200, "GET", "/api/v1/groups/"+c.Project.ID+"/roles", "").body; got != "[]" {
		t.Errorf("roles over a deleted set remain: %s", got)
	}
}

func TestCustomRoles(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: demoorg.MinSize})
	c := org.Cast()
	const shape = "_links:o created:t description:s id:s isCloneable:b label:s lastUpdated:t"
	if got := must(t, org, 200, "GET", customRoles, "").members(t, "roles"); len(got) != 1 || shapeOf(got[0]) != shape {
		t.Errorf("custom roles are %v, want one shaped %s", got, shape)
	}
	made := must(t, org, 200, "POST", customRoles, `{"label":"Auditors","description":"Look","permissions":["okta.users.read"]}`)
	path := customRoles + "/" + fmt.Sprint(made.object(t)["id"])
	if links := made.header["Link"]; len(links) != 1 || links[0] != "<http://acme.example"+path+`>; rel="self"` {
		t.Errorf("a new role has links %v", links)
	}
	must(t, org, 204, "POST", path+"/permissions/okta.groups.read", "")
	must(t, org, 204, "DELETE", path+"/permissions/okta.users.read", "")
	must(t, org, 404, "DELETE", path+"/permissions/okta.users.read", "")
	got := must(t, org, 200, "GET", path+"/permissions", "").members(t, "permissions")
	if len(got) != 1 || got[0]["label"] != "okta.groups.read" || shapeOf(got[0]) != "_links:o conditions:0 created:t label:s lastUpdated:t" {
		t.Errorf("permissions are %v, want okta.groups.read alone", got)
	}
	must(t, org, 200, "PUT", path, `{"label":"Readers","description":"Look"}`)
	must(t, org, 200, "GET", customRoles+"/Readers", "")
	for _, refused := range []string{
		`{"label":"x","permissions":["okta.users.read"]}`, `{"description":"x","permissions":["okta.users.read"]}`, `{"label":"x","description":"x"}`,
		`{"label":"` + c.CustomRole.Name + `","description":"x","permissions":["okta.users.read"]}`,
	} {
		if got := must(t, org, 400, "POST", customRoles, refused); got.code() != "E0000001" {
			t.Errorf("%s answers %s", refused, got.body)
		}
	}
	must(t, org, 201, "POST", "/api/v1/users/"+c.Employee.ID+"/roles", `{"type":"CUSTOM","role":"Readers","resource-set":"`+c.ResourceSet.ID+`"}`)
	must(t, org, 204, "DELETE", path, "")
	if got := must(t, org, 200, "GET", "/api/v1/users/"+c.Employee.ID+"/roles", "").body; got != "[]" {
		t.Errorf("the employee keeps a role that was deleted: %s", got)
	}
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		if got := must(t, org, 404, method, path, ""); !strings.Contains(got.body, "(CustomRole)") {
			t.Errorf("%s of a role that is gone answers %s", method, got.body)
		}
	}
}

func TestResourceSets(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: demoorg.MinSize})
	c := org.Cast()
	const shape = "_links:o created:t description:s id:s label:s lastUpdated:t"
	if got := must(t, org, 200, "GET", resourceSets, "").members(t, "resource-sets"); len(got) != 1 || shapeOf(got[0]) != shape {
		t.Errorf("resource sets are %v, want one shaped %s", got, shape)
	}
	path := resourceSets + "/" + c.ResourceSet.ID
	if got := must(t, org, 200, "GET", path+"/resources", "").members(t, "resources"); len(got) != 1 || shapeOf(got[0]) != "_links:o created:t id:s lastUpdated:t orn:s" {
		t.Errorf("resources are %v", got)
	}
	must(t, org, 200, "PUT", path, `{"label":"Engineers","description":"Them"}`)
	must(t, org, 200, "GET", resourceSets+"/Engineers/bindings", "")
	for n := range 100 {
		must(t, org, 200, "POST", resourceSets, fmt.Sprintf(`{"label":"Set %d","description":"x","resources":["orn:x"]}`, n))
	}
	first := must(t, org, 200, "GET", resourceSets, "")
	if got := len(first.members(t, "resource-sets")); got != 100 || at(first.object(t), "_links", "next", "href") != "http://acme.example"+first.next() {
		t.Errorf("the first page holds %d sets; its next links are %v and %q", got, at(first.object(t), "_links", "next", "href"), first.next())
	}
	if got := must(t, org, 200, "GET", first.next(), "").members(t, "resource-sets"); len(got) != 1 {
		t.Errorf("the second page holds %d sets, want 1", len(got))
	}
	must(t, org, 204, "DELETE", path, "")
	for _, rest := range []string{"", "/resources", "/bindings"} {
		if got := must(t, org, 404, "GET", path+rest, ""); !strings.Contains(got.body, "(IAMPolicy)") {
			t.Errorf("%s of a set that is gone answers %s", rest, got.body)
		}
	}
}
