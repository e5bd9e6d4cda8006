package demoorg_test

import (
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
)

const relationships = "/api/v1/meta/schemas/user/linkedObjects"

// linked gives the ids of those a person is linked to.
func linked(t *testing.T, org *demoorg.Org, id, name string) []string {
	t.Helper()
	got := must(t, org, 200, "GET", "/api/v1/users/"+id+"/linkedObjects/"+name, "")
	if links := got.header["Link"]; len(links) != 1 || !strings.Contains(links[0], "limit=1000") {
		t.Errorf("links of a list of %s: %v", name, links)
	}
	var ids []string
	for _, one := range got.list(t) {
		if shape := shapeOf(one); shape != "_links:o" {
			t.Errorf("a linked user is shaped %s", shape)
		}
		href, _ := at(one, "_links", "self", "href").(string)
		ids = append(ids, strings.TrimPrefix(href, "http://acme.example/api/v1/users/"))
	}
	return ids
}

func TestManagersAndReports(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	if got := strings.Join(linked(t, org, c.Employee.ID, "manager"), " "); got != c.Manager.ID {
		t.Errorf("the employee's managers are %q, want %s", got, c.Manager.ID)
	}
	for _, boss := range []string{c.Manager.ID, c.Employee.ID} {
		reports := linked(t, org, boss, "subordinate")
		if len(reports) < 5 {
			t.Errorf("%s has %d reports, want a department or the heads of all", boss, len(reports))
		}
		for _, id := range reports {
			if got := strings.Join(linked(t, org, id, "manager"), " "); got != boss {
				t.Errorf("%s reports to %q, want %s", id, got, boss)
			}
		}
	}
	if got := linked(t, org, c.Manager.ID, "manager"); got != nil {
		t.Errorf("who leads them all reports to %v", got)
	}
}

func TestLinking(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: demoorg.MinSize})
	c := org.Cast()
	of := "/api/v1/users/" + c.Employee.ID + "/linkedObjects/"
	must(t, org, 204, "PUT", of+"manager/"+c.HelpDesk.Login, "")
	if got := strings.Join(linked(t, org, c.HelpDesk.ID, "subordinate"), " "); got != c.Employee.ID {
		t.Errorf("the help desk's reports are %q, want %s", got, c.Employee.ID)
	}
	must(t, org, 400, "PUT", of+"manager/"+c.Employee.ID, "")
	must(t, org, 204, "DELETE", of+"manager", "")
	if got := linked(t, org, c.Employee.ID, "manager"); got != nil {
		t.Errorf("after unlinking the employee reports to %v", got)
	}
	for _, operation := range []string{
		"GET " + of + "mentor", "PUT " + of + "subordinate/" + c.HelpDesk.ID, "PUT " + of + "manager/nobody",
		"DELETE " + of + "subordinate", "GET /api/v1/users/nobody/linkedObjects/manager",
	} {
		method, target, _ := strings.Cut(operation, " ")
		if got := must(t, org, 404, method, target, ""); got.code() != "E0000007" {
			t.Errorf("%s answers %s", operation, got.body)
		}
	}
}

func TestDeletedPeopleAreUnlinked(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: demoorg.MinSize})
	manager := org.Cast().Manager.ID
	must(t, org, 204, "DELETE", "/api/v1/users/"+manager, "")
	must(t, org, 204, "DELETE", "/api/v1/users/"+manager, "")
	if got := linked(t, org, org.Cast().Employee.ID, "manager"); got != nil {
		t.Errorf("the employee still reports to %v, who was deleted", got)
	}
}

func TestRelationships(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: demoorg.MinSize})
	end := func(name string) string { return `{"name":"` + name + `","title":"T","description":"D","type":"USER"}` }
	body := `{"primary":` + end("mentor") + `,"associated":` + end("mentee") + `}`
	made := must(t, org, 201, "POST", relationships, body).object(t)
	if got := shapeOf(made); got != "_links:o associated:o primary:o" || at(made, "associated", "name") != "mentee" {
		t.Errorf("a new relationship is %v", made)
	}
	must(t, org, 200, "GET", relationships+"/mentee", "")
	if got := len(must(t, org, 200, "GET", relationships, "").list(t)); got != 2 {
		t.Errorf("the org has %d relationships, want managers and mentors", got)
	}
	for _, w := range []struct{ body, code string }{
		{body, "E0000127"}, {`{"primary":` + end("a") + `}`, "E0000001"}, {`[`, "E0000003"},
		{`{"primary":` + strings.Replace(end("a"), "USER", "GROUP", 1) + `,"associated":` + end("b") + `}`, "E0000001"},
	} {
		if got := must(t, org, 400, "POST", relationships, w.body); got.code() != w.code {
			t.Errorf("%s answers %s, want %s", w.body, got.body, w.code)
		}
	}
	must(t, org, 204, "DELETE", relationships+"/mentee", "")
	for _, method := range []string{"GET", "DELETE"} {
		if got := must(t, org, 404, method, relationships+"/mentor", ""); !strings.Contains(got.body, "mentor (LinkedObjectProperty)") {
			t.Errorf("%s of a relationship that is gone answers %s", method, got.body)
		}
	}
}
