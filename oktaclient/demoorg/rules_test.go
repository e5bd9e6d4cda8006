package demoorg_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
)

// ruleBody is a rule that feeds a group.
func ruleBody(name, expression, group string) string {
	return fmt.Sprintf(`{"type":"group_rule","name":%q,"conditions":{"people":{"users":{}},"expression":{"value":%q,"type":"urn:okta:expression:1.0"}},`+
		`"actions":{"assignUserToGroups":{"groupIds":[%q]}}}`, name, expression, group)
}

// newRule creates a rule and activates it.
func newRule(t *testing.T, org *demoorg.Org, name, expression, group string) string {
	t.Helper()
	got := must(t, org, 200, "POST", "/api/v1/groups/rules", ruleBody(name, expression, group)).object(t)
	if got["status"] != "INACTIVE" || got["allGroupsValid"] != true {
		t.Fatalf("a new rule is %v, valid %v; want INACTIVE, true", got["status"], got["allGroupsValid"])
	}
	id, _ := got["id"].(string)
	must(t, org, 204, "POST", "/api/v1/groups/rules/"+id+"/lifecycle/activate", "")
	return id
}

func TestExpressions(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: demoorg.MinSize})
	c := org.Cast()
	body := `{"profile":{"login":"ex@acme.example","email":"ex@acme.example","firstName":"Ex","lastName":"Pression","department":"Glass","deskFloor":4,"onCall":true,"certifications":["CPR"]}}`
	id, _ := must(t, org, 200, "POST", "/api/v1/users", body).object(t)["id"].(string)
	other := c.Employee.ID
	for i, e := range []struct {
		text     string
		matches  bool
		everyone bool // the other one matches too
	}{
		{`user.department=="Glass"`, true, false},
		{`user.department == 'Glass'`, true, false},
		{`user.department=="glass"`, false, false},
		{`user.department!="Glass"`, false, true},
		{`user.department eq "Glass" and user.firstName eq "Ex"`, true, false},
		{`user.department=="Glass" && user.firstName=="No"`, false, false},
		{`user.department=="Steel" || user.firstName=="Ex"`, true, false},
		{`user.department=="Steel" OR (user.firstName=="Ex" AND user.onCall==true)`, true, false},
		{`!(user.department=="Glass")`, false, true},
		{`user.deskFloor==4 && user.onCall`, true, false},
		{`String.startsWith(user.lastName, "Press")`, true, false},
		{`String.startsWith(user.lastName,String.toUpperCase("press"))`, false, false},
		{`String.stringContains(String.toLowerCase(user.department), "las")`, true, false},
		{`String.len(user.firstName)==2`, true, false},
		{`Arrays.contains(user.certifications, "CPR")`, true, false},
		{`user.nickName==null && user.department=="Glass"`, true, false},
		{`isMemberOfAnyGroup("` + c.Project.ID + `","` + c.Department.ID + `")`, false, true},
		{`isMemberOfGroupName("Everyone")`, true, true},
		{`user.department=="Glass" ? true : false`, false, false},
		{`Mystery.function(user.department)`, false, false},
		{`user.department.glass()`, false, false},
	} {
		group := newGroup(t, org, fmt.Sprintf("Expression %d", i))
		newRule(t, org, fmt.Sprintf("Expression %d", i), e.text, group)
		got := members(t, org, group)
		if slices.Contains(got, id) != e.matches || slices.Contains(got, other) != e.everyone {
			t.Errorf("%s matches the one: %v, the other: %v; want %v, %v", e.text,
				slices.Contains(got, id), slices.Contains(got, other), e.matches, e.everyone)
		}
	}
}

func TestRulesFollowPeople(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	in := func(group demoorg.Thing) bool { return slices.Contains(members(t, org, group.ID), c.Staged.ID) }
	if in(c.Contractors) || in(c.ContractorAccess) {
		t.Fatal("the staged user is a contractor already")
	}
	must(t, org, 200, "POST", "/api/v1/users/"+c.Staged.ID, `{"profile":{"userType":"Contractor"}}`)
	if !in(c.Contractors) || !in(c.ContractorAccess) {
		t.Error("the chain of rules did not add a new contractor")
	}
	must(t, org, 200, "POST", "/api/v1/users/"+c.Staged.ID, `{"profile":{"userType":"Employee"}}`)
	if in(c.Contractors) || in(c.ContractorAccess) {
		t.Error("the chain of rules did not let go")
	}
	must(t, org, 204, "PUT", "/api/v1/groups/"+c.Contractors.ID+"/users/"+c.Staged.ID, "")
	if !in(c.ContractorAccess) {
		t.Error("a membership by hand does not feed the next rule")
	}
}

func TestRemovedByHandMeansExcluded(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	must(t, org, 204, "DELETE", "/api/v1/groups/"+c.Department.ID+"/users/"+c.Employee.ID, "")
	must(t, org, 200, "POST", "/api/v1/users/"+c.Employee.ID, `{"profile":{"nickName":"L"}}`)
	if slices.Contains(members(t, org, c.Department.ID), c.Employee.ID) {
		t.Error("the rule added again whom somebody had removed")
	}
	rule := must(t, org, 200, "GET", "/api/v1/groups/rules/"+c.DepartmentRule.ID, "")
	if !strings.Contains(rule.body, `"exclude":["`+c.Employee.ID+`"]`) {
		t.Errorf("the rule does not name the excluded: %s", rule.body)
	}
	must(t, org, 204, "PUT", "/api/v1/groups/"+c.Department.ID+"/users/"+c.Employee.ID, "")
	if !slices.Contains(members(t, org, c.Department.ID), c.Employee.ID) {
		t.Error("an excluded user cannot be added by hand")
	}
}

func TestRemovalUnderARestingRuleIsRemembered(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	rule := "/api/v1/groups/rules/" + c.DepartmentRule.ID
	must(t, org, 204, "POST", rule+"/lifecycle/deactivate", "")
	must(t, org, 204, "DELETE", "/api/v1/groups/"+c.Department.ID+"/users/"+c.Employee.ID, "")
	must(t, org, 204, "POST", rule+"/lifecycle/activate", "")
	if slices.Contains(members(t, org, c.Department.ID), c.Employee.ID) {
		t.Error("the rule, active again, added whom somebody had removed")
	}
}

func TestRulesFeedEachOtherInAnyOrder(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	first, second := newGroup(t, org, "First"), newGroup(t, org, "Second")
	newRule(t, org, "Second from first", `isMemberOfGroup("`+first+`")`, second)
	newRule(t, org, "First", `user.title=="Falconer"`, first)
	id := org.Cast().Employee.ID
	must(t, org, 200, "POST", "/api/v1/users/"+id, `{"profile":{"title":"Falconer"}}`)
	if !slices.Contains(members(t, org, second), id) {
		t.Error("the older rule did not see what the younger one fed")
	}
}

func TestRuleLife(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	group := newGroup(t, org, "Fed")
	id := newRule(t, org, "Feeds", `user.department=="Finance"`, group)
	rule := "/api/v1/groups/rules/" + id
	fed := len(members(t, org, group))
	if fed == 0 {
		t.Fatal("the rule fed nobody")
	}
	if got := send(org.Admin(), "PUT", rule, ruleBody("Feeds", `user.department=="Sales"`, group)); got.status != 400 {
		t.Errorf("PUT of an ACTIVE rule: %d %s, want 400", got.status, got.body)
	}
	must(t, org, 204, "POST", rule+"/lifecycle/deactivate", "")
	if n := len(members(t, org, group)); n != fed {
		t.Errorf("deactivation changed the members: %d, then %d", fed, n)
	}
	must(t, org, 400, "PUT", rule, ruleBody("Feeds", `user.department=="Sales"`, c.Project.ID)) // another group
	must(t, org, 200, "PUT", rule, ruleBody("Feeds more", `user.department=="Sales"`, group))
	must(t, org, 204, "POST", rule+"/lifecycle/activate", "")
	if n := len(members(t, org, group)); n == fed {
		t.Error("the changed rule fed nobody else")
	}
	must(t, org, 202, "DELETE", rule, "")
	must(t, org, 404, "GET", rule, "")
	if n := len(members(t, org, group)); n == 0 {
		t.Error("deletion without removeUsers emptied the group")
	}
	again := newRule(t, org, "Again", `user.department=="Legal"`, group)
	with := len(members(t, org, group))
	must(t, org, 202, "DELETE", "/api/v1/groups/rules/"+again+"?removeUsers=true", "")
	if n := len(members(t, org, group)); n >= with {
		t.Errorf("removeUsers=true removed nobody: %d members, then %d", with, n)
	}
}

func TestDeletedGroupMakesItsRuleInvalid(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	must(t, org, 204, "DELETE", "/api/v1/groups/"+c.Project.ID, "")
	rule := "/api/v1/groups/rules/" + c.ProjectRule.ID
	got := must(t, org, 200, "GET", rule, "").object(t)
	if got["status"] != "INVALID" || got["allGroupsValid"] != false {
		t.Errorf("the rule is %v, valid %v; want INVALID, false", got["status"], got["allGroupsValid"])
	}
	must(t, org, 400, "POST", rule+"/lifecycle/activate", "")
}

func TestRuleChecks(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	group := org.Cast().Project.ID
	for name, body := range map[string]string{
		"wrong type":    strings.Replace(ruleBody("x", "user.onCall", group), "group_rule", "rule", 1),
		"no name":       ruleBody("", "user.onCall", group),
		"long name":     ruleBody(strings.Repeat("x", 51), "user.onCall", group),
		"taken name":    ruleBody(org.Cast().DepartmentRule.Name, "user.onCall", group),
		"no expression": ruleBody("x", " ", group),
		"open quote":    ruleBody("x", `user.title=="x`, group),
		"open paren":    ruleBody("x", `(user.onCall`, group),
		"early close":   ruleBody("x", `user.onCall)(`, group),
		"unknown group": ruleBody("x", "user.onCall", "00gNone"),
		"built-in":      ruleBody("x", "user.onCall", org.Cast().Everyone.ID),
		"no group":      strings.Replace(ruleBody("x", "user.onCall", group), `["`+group+`"]`, "[]", 1),
	} {
		if got := send(org.Admin(), "POST", "/api/v1/groups/rules", body); got.status != 400 || got.code() != "E0000001" {
			t.Errorf("%s: %d %s, want 400 E0000001", name, got.status, got.body)
		}
	}
}

func TestRuleLists(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	got := must(t, org, 200, "GET", "/api/v1/groups/rules?search=department&expand=groupIdToGroupNameMap", "").list(t)
	if len(got) != 4 || at(got[0], "_embedded", "groupIdToGroupNameMap", org.Cast().Department.ID) != org.Cast().Department.Name {
		t.Errorf("found %d rules, the first with %v", len(got), got[0]["_embedded"])
	}
	seen := walk(t, org, "/api/v1/groups/rules?limit=1", func(int) {})
	all := must(t, org, 200, "GET", "/api/v1/groups/rules", "").ids(t)
	if len(seen) != len(all) {
		t.Errorf("one by one %d rules, at once %d", len(seen), len(all))
	}
}

// FuzzExpression holds that no expression panics or is answered with anything
// but a rule or E0000001.
func FuzzExpression(f *testing.F) {
	for _, seed := range []string{
		`user.department=="x"`, `!!user.onCall`, `String.startsWith(user.a,"b")`, `isMemberOfAnyGroup("a","b")`, `((((`,
		`"`, `f(`, `f(,)`, `user.`, `== ==`, `not not not`, `user.deskFloor == 1e400`, `a.b.c()`, `String.len()`,
	} {
		f.Add(seed)
	}
	org := newOrg(f, demoorg.Options{Size: demoorg.MinSize})
	group := org.Cast().Project.ID
	f.Fuzz(func(t *testing.T, expression string) {
		got := send(org.Admin(), "POST", "/api/v1/groups/rules", ruleBody("fuzz", expression, group))
		if got.status != 200 {
			if got.code() != "E0000001" && got.code() != "E0000003" {
				t.Errorf("%q: %d %s", expression, got.status, got.body)
			}
			return
		}
		id := fmt.Sprint(got.object(t)["id"])
		must(t, org, 204, "POST", "/api/v1/groups/rules/"+id+"/lifecycle/activate", "")
		must(t, org, 202, "DELETE", "/api/v1/groups/rules/"+id+"?removeUsers=true", "")
	})
}
