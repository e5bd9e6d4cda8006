package tools_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/oktaclient/demoorg/orgtest"
	"okta-mcp/tools"
)

// plan previews a call and fails the test when it would not be asked about for
// each of the reasons, or at all when there are none.
func plan(t *testing.T, p *peer, tool string, arguments map[string]any, reasons ...string) changed {
	t.Helper()
	planning := map[string]any{"plan_only": true}
	for name, value := range arguments {
		planning[name] = value
	}
	var c changed
	p.ask(tool, planning).mustWork(&c)
	for _, reason := range reasons {
		if !strings.Contains(c.Plan.Raised, reason) {
			t.Errorf("%s %v is raised because %q, want %q", tool, arguments, c.Plan.Raised, reason)
		}
	}
	if len(reasons) == 0 && (c.Plan.Raised != "" || c.Plan.Asks) {
		t.Errorf("%s %v is raised because %q, want no reason", tool, arguments, c.Plan.Raised)
	}
	return c
}

func TestPowerIsSeenWhereverAMembershipLeads(t *testing.T) {
	t.Parallel()
	for name, chain := range map[string]struct {
		expression func(id string) string // of the rule that feeds the help desk's administrators
		hops       int
	}{
		"by id":                {func(id string) string { return `isMemberOfAnyGroup("` + id + `")` }, 1},
		"by name":              {func(string) string { return `isMemberOfGroupName("Feeder 0")` }, 1},
		"by the start of name": {func(string) string { return `isMemberOfGroupNameStartsWith("Feed")` }, 1},
		"through three groups": {func(id string) string { return `isMemberOfAnyGroup("` + id + `")` }, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{})
			cast := w.org.Cast()
			p := w.connect("2025-11-25", nil)
			plan(t, p, "add_user_to_group", map[string]any{"group_id": cast.Project.ID, "user_ids": []string{cast.Employee.ID}})
			target := cast.AdminGroup.ID
			for hop := range chain.hops {
				feeder := newGroup(w, fmt.Sprintf("Feeder %d", hop))
				newRule(w, chain.expression(feeder), target)
				target = feeder
			}
			joining := map[string]any{"group_id": target, "user_ids": []string{cast.Employee.ID}}
			c := plan(t, p, "add_user_to_group", joining, "super administrators")
			if !strings.Contains(c.Plan.Question, "pass people on") {
				t.Errorf("the question does not name the rules: %s", c.Plan.Question)
			}
			p.ask("add_user_to_group", joining).mustFail("not done")
			p.ask("create_user", map[string]any{"profile": person("n@acme.example"), "group_ids": []string{target}}).mustFail("not done")
			noWrites(t, w)
		})
	}
}

func TestAnAttributeThatARuleTurnsIntoPowerIsRaised(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	cast := w.org.Cast()
	p := w.connect("2025-11-25", nil)
	change := map[string]any{"user_id": cast.Employee.ID, "profile": map[string]any{"costCenter": "IT-ADM"}}
	plan(t, p, "update_user", change)
	newRule(w, `user.costCenter=="IT-ADM"`, cast.AdminGroup.ID)
	plan(t, p, "update_user", change, "super administrators")
	plan(t, p, "update_user", map[string]any{"user_id": cast.Employee.ID, "profile": map[string]any{"costCenter": "IT-OPS"}})
	plan(t, p, "update_user", map[string]any{"user_id": cast.Employee.ID, "profile": map[string]any{"nickName": "x"}})
	newcomer := person("n@acme.example")
	plan(t, p, "create_user", map[string]any{"profile": newcomer})
	newcomer["costCenter"] = "IT-ADM"
	plan(t, p, "create_user", map[string]any{"profile": newcomer}, "super administrators")
	newRule(w, `String.startsWith(user.title,"Root")`, cast.HelpDeskGroup.ID)
	plan(t, p, "update_user", map[string]any{"user_id": cast.Employee.ID, "profile": map[string]any{"title": "Clerk"}}, "administrators")
	noWrites(t, w)
}

func TestOrdinaryUpdatesAskNobodyHoweverManyRulesThereAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	cast := w.org.Cast()
	for i := range 40 {
		newRule(w, fmt.Sprintf(`user.department=="D%d" && user.userType=="Employee"`, i), newGroup(w, fmt.Sprintf("Department %d", i)))
	}
	newRule(w, `user.titleCode=="R" && user.department=="Never"`, cast.AdminGroup.ID)
	p := w.connect("2025-11-25", nil)
	for _, profile := range []map[string]any{{"department": "D7"}, {"title": "Clerk"}, {"department": "Elsewhere"}} {
		plan(t, p, "update_user", map[string]any{"user_id": cast.Employee.ID, "profile": profile})
	}
	plan(t, p, "create_user", map[string]any{"profile": person("n@acme.example")})
	noWrites(t, w)
}

func TestPowerIsSeenInConditionsOfEveryForm(t *testing.T) {
	t.Parallel()
	for _, expression := range []string{
		`user.costCenter=="IT-ADM"`, ` user . costCenter == "IT-ADM"`, `user["costCenter"]=="IT-ADM"`, `user.profile.costCenter=="IT-ADM"`,
		`String.startsWith(user.costCenter,"IT")`, `user.costCenter!="x"`, `user.costCenter=="x" || user.costCenter=="IT-ADM"`,
		`user.costCenter=="x" OR user.costCenter=="IT-ADM"`, `!(user.costCenter=="x")`, `user.costCenter=="IT-ADM" && user.title!="none"`,
	} {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{})
			w.org.Fault(withRule(t, w, expression))
			p := w.connect("2025-11-25", nil)
			plan(t, p, "update_user", map[string]any{"user_id": w.org.Cast().Employee.ID, "profile": map[string]any{"costCenter": "IT-ADM"}}, "super administrators")
		})
	}
}

// withRule answers the list of rules with one that makes whom the expression
// means a super administrator: the made-up org takes fewer forms than Okta.
func withRule(t *testing.T, w *world, expression string, excludedGroups ...string) func(*http.Request) orgtest.Fault {
	t.Helper()
	rules, err := json.Marshal([]any{map[string]any{"id": "0pr0000000000000000x", "type": "group_rule", "status": "ACTIVE", "name": "r",
		"conditions": map[string]any{"expression": map[string]any{"type": "urn:okta:expression:1.0", "value": expression},
			"people": map[string]any{"groups": map[string]any{"exclude": excludedGroups}}},
		"actions": map[string]any{"assignUserToGroups": map[string]any{"groupIds": []string{w.org.Cast().AdminGroup.ID}}}}})
	if err != nil {
		t.Fatal(err)
	}
	return func(r *http.Request) orgtest.Fault {
		if r.URL.Path != "/api/v1/groups/rules" {
			return orgtest.Fault{}
		}
		return orgtest.Fault{Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: string(rules)}
	}
}

func TestPowerByWhatSomebodyIsNotIsSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{approve: []string{"remove_user_from_group=5", "create_user"}})
	cast := w.org.Cast()
	p := w.connect("2025-11-25", nil)
	plan(t, p, "create_user", map[string]any{"profile": person("n@acme.example")})
	newRule(w, `user.userType!="Contractor" && !isMemberOfAnyGroup("`+cast.Project.ID+`")`, cast.AdminGroup.ID)
	plan(t, p, "create_user", map[string]any{"profile": person("n@acme.example")}, "super administrators")
	p.ask("create_user", map[string]any{"profile": person("n@acme.example")}).mustFail("not done")
	p.ask("remove_user_from_group", map[string]any{"group_id": cast.Project.ID, "user_ids": []string{cast.LockedOut.ID}}).mustFail("not done")
	noWrites(t, w)
}

func TestLeavingAGroupThatARuleExcludesIsSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{approve: []string{"remove_user_from_group=5"}})
	cast := w.org.Cast()
	leaving := map[string]any{"group_id": cast.Project.ID, "user_ids": []string{cast.LockedOut.ID}}
	w.org.Fault(withRule(t, w, `user.userType=="Employee"`, cast.Project.ID))
	p := w.connect("2025-11-25", nil)
	p.ask("remove_user_from_group", leaving).mustFail("not done")
	noWrites(t, w)
	w.org.Fault(withRule(t, w, `user.userType=="Employee"`, cast.Contractors.ID))
	p.ask("remove_user_from_group", leaving).mustWork(nil)
}

func TestRulesThatCannotBeReadOutweighApprovals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{org: demoorg.Options{Granted: []string{"okta.users.manage", "okta.roles.read"}}, approve: []string{"update_user=5", "create_user"}})
	newRule(w, `user.costCenter=="IT-ADM"`, w.org.Cast().AdminGroup.ID)
	p := w.connect("2025-11-25", nil)
	profile := person("n@acme.example")
	profile["costCenter"] = "IT-ADM"
	p.ask("create_user", map[string]any{"profile": profile}).mustFail("not done")
	p.ask("update_user", map[string]any{"user_id": w.org.Cast().Employee.ID, "profile": map[string]any{"costCenter": "IT-ADM"}}).mustFail("not done")
	noWrites(t, w)
}

func TestNoApprovalMakesASuperAdministrator(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{approve: []string{"add_user_to_group=5", "create_user", "update_user"}})
	cast := w.org.Cast()
	feeder := newGroup(w, "Feeder")
	newRule(w, `isMemberOfAnyGroup("`+feeder+`")`, cast.AdminGroup.ID)
	p := w.connect("2025-11-25", nil)
	for _, group := range []string{cast.AdminGroup.ID, feeder} {
		p.ask("add_user_to_group", map[string]any{"group_id": group, "user_ids": []string{cast.Employee.ID}}).mustFail("not done")
		p.ask("create_user", map[string]any{"profile": person("n@acme.example"), "group_ids": []string{group}}).mustFail("not done")
	}
	noWrites(t, w)
	p.ask("add_user_to_group", map[string]any{"group_id": cast.HelpDeskGroup.ID, "user_ids": []string{cast.Employee.ID}}).mustWork(nil)
}

func TestTheQuestionShowsEverythingThatGivesPower(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{options: tools.Options{AllowSecrets: true, Protect: []string{w0.Contractors.Name}}})
	cast := w.org.Cast()
	p := w.connect("2025-11-25", nil)
	secret := "Correct-Horse-9"
	c := plan(t, p, "update_user", map[string]any{"user_id": cast.SuperAdmin.ID, "profile": map[string]any{"secondEmail": "evil@evil.example"}, "credentials": map[string]any{"password": map[string]any{"value": secret}}},
		"super administrator", "sets the person's credentials", "signs in or recovers")
	for _, words := range []string{"Credentials set: “password”", "evil@evil.example"} {
		if !strings.Contains(c.Plan.Question, words) {
			t.Errorf("the question does not show %q: %s", words, c.Plan.Question)
		}
	}
	newcomer := person("it-helper@acme.example")
	newcomer["email"] = "attacker@evil.example"
	made := plan(t, p, "create_user", map[string]any{"profile": newcomer, "password": secret, "group_ids": []string{cast.AdminGroup.ID}}, "super administrators")
	for _, words := range []string{"attacker@evil.example", "with the password given", cast.AdminGroup.Name} {
		if !strings.Contains(made.Plan.Question, words) {
			t.Errorf("the question does not show %q: %s", words, made.Plan.Question)
		}
	}
	newRule(w, `isMemberOfAnyGroup("`+cast.Contractors.ID+`")`, cast.AdminGroup.ID)
	plan(t, p, "add_user_to_group", map[string]any{"group_id": cast.Contractors.ID, "user_ids": []string{cast.Employee.ID}}, "the operator protects", "super administrators")
	if strings.Contains(c.Plan.Question+made.Plan.Question, secret) {
		t.Error("a question shows a password")
	}
	noWrites(t, w)
}

func TestProtectionHoldsForPeopleWhoCannotBeSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{org: demoorg.Options{Granted: []string{"okta.groups.manage", "okta.roles.read"}}, options: tools.Options{Protect: []string{"leila.haddad@acme.example"}}})
	p := w.connect("2025-11-25", nil)
	p.ask("add_user_to_group", map[string]any{"group_id": w.org.Cast().Project.ID, "user_ids": []string{w.org.Cast().Employee.ID}}).mustFail("not done")
	noWrites(t, w)
}

func TestWhatCannotBeCountedDoesNotStopAContainment(t *testing.T) {
	t.Parallel()
	var answers atomic.Int64 // Okta names every answer anew, which must not change the question
	for _, status := range []int{403, 404, 500} {
		w := newWorld(t, setup{})
		w.org.Fault(func(r *http.Request) orgtest.Fault {
			if r.Method == "GET" && (strings.HasSuffix(r.URL.Path, "/appLinks") || strings.HasSuffix(r.URL.Path, "/groups")) {
				return orgtest.Fault{Status: status, Header: http.Header{"X-Okta-Request-Id": {fmt.Sprintf("req%d", answers.Add(1))}},
					Body: `{"errorCode":"E0000009","errorSummary":"no"}`}
			}
			return orgtest.Fault{}
		})
		var question string
		p := w.connect("2025-11-25", func(ctx context.Context, q mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
			question = q.Message
			return accepting(ctx, q)
		})
		p.ask("suspend_user", map[string]any{"user_ids": []string{w.org.Cast().Employee.ID}}).mustWork(nil)
		if !strings.Contains(question, "is not visible") {
			t.Errorf("after %d the question does not say that the reach is not visible: %s", status, question)
		}
	}
}

func TestSigningInCannotVetoAContainment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	target := w.org.Cast().Employee
	signedIn := false
	w.org.Fault(func(r *http.Request) orgtest.Fault { // Okta moves lastLogin between our reads
		if r.Method != "GET" || r.URL.Path != "/api/v1/users/"+target.ID {
			return orgtest.Fault{}
		}
		_, body := adminDo(w, "GET", r.URL.Path, "")
		stamp := map[bool]string{false: "2026-01-01T00:00:00.000Z", true: "2026-01-02T00:00:00.000Z"}[signedIn]
		signedIn = true
		var document map[string]any
		if err := json.Unmarshal([]byte(body), &document); err != nil {
			t.Error(err)
		}
		document["lastLogin"] = stamp
		moved, err := json.Marshal(document)
		if err != nil {
			t.Error(err)
		}
		return orgtest.Fault{Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: string(moved)}
	})
	w.connect("2025-11-25", accepting).ask("suspend_user", map[string]any{"user_ids": []string{target.ID}}).mustWork(nil)
}

// w0 is the cast of the org that every world starts with.
var w0 = func() demoorg.Cast {
	org, err := demoorg.New(demoorg.Options{Size: 60, Start: start})
	if err != nil {
		return demoorg.Cast{}
	}
	return org.Cast()
}()

func person(login string) map[string]any {
	return map[string]any{"login": login, "email": login, "firstName": "New", "lastName": "Comer"}
}

func newGroup(w *world, name string) (id string) {
	w.t.Helper()
	_, body := adminDo(w, "POST", "/api/v1/groups", fmt.Sprintf(`{"profile":{"name":%q,"description":""}}`, name))
	var g struct{ ID string }
	if err := json.Unmarshal([]byte(body), &g); err != nil || g.ID == "" {
		w.t.Fatalf("%v: %s", err, body)
	}
	return g.ID
}

// newRule makes an active rule that puts whom the expression means into a group.
func newRule(w *world, expression, target string) {
	w.t.Helper()
	document, err := json.Marshal(map[string]any{"type": "group_rule", "name": expression[:min(40, len(expression))] + target[14:],
		"conditions": map[string]any{"expression": map[string]any{"type": "urn:okta:expression:1.0", "value": expression}},
		"actions":    map[string]any{"assignUserToGroups": map[string]any{"groupIds": []string{target}}}})
	if err != nil {
		w.t.Fatal(err)
	}
	_, body := adminDo(w, "POST", "/api/v1/groups/rules", string(document))
	var rule struct{ ID string }
	if err := json.Unmarshal([]byte(body), &rule); err != nil || rule.ID == "" {
		w.t.Fatalf("%v: %s", err, body)
	}
	admin(w, "POST", "/api/v1/groups/rules/"+rule.ID+"/lifecycle/activate", "")
}

func TestPowerIsSeenInConditionsThatOnlySeemFalse(t *testing.T) {
	t.Parallel()
	for expression, profile := range map[string]args{
		`user.userType!="Contractor"`: {"userType": "contractor"},
		`user.costCenter!=""`:         {"costCenter": nil, "department": "user.costCenter"},
		`!(user.nickName=="x" && user.costCenter=="y" && user.nickName=="z")`:        {"costCenter": "IT-ADM"},
		`user.title!=")" && !(user.a=="x" && user.costCenter=="y" && user.b=="z")`:   {"costCenter": "IT-ADM"},
		`user.status=="ACTIVE" && user.costCenter=="IT-ADM"`:                         {"costCenter": "IT-ADM"},
		`user.costCenter=="IT-ADM" && user.title!='a && user.nickName=="x" && b'`:    {"costCenter": "IT-ADM"},
		`user.department=="IT-ADM"`:                                                  {"DEPARTMENT": "IT-ADM"},
		`user.costCenter=="IT-ADM" && user.getInternalProperty("status")=="ACTIVE"`:  {"costCenter": "it-adm"},
		`user.costCenter=="IT-ADM" && String.toUpperCase(user.login)!="(" && 1 == 1`: {"costCenter": "IT-ADM"},
	} {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{})
			cast := w.org.Cast()
			admin(w, "POST", "/api/v1/users/"+cast.Employee.ID, `{"profile":{"userType":"Contractor","costCenter":"CC-1"}}`)
			w.org.Reset()
			w.org.Fault(withRule(t, w, expression))
			p := w.connect("2025-11-25", nil)
			for range 8 { // an attribute given in another case must not win by chance
				plan(t, p, "update_user", args{"user_id": cast.Employee.ID, "profile": profile}, "super administrators")
			}
		})
	}
}

func TestOrdinaryUpdatesAskNobodyWhereAFunctionStandsBesideTheirTerm(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.org.Fault(withRule(t, w, `String.startsWith(user.title,"Root (") && user.department=="Never"`))
	plan(t, w.connect("2025-11-25", nil), "update_user", args{"user_id": w.org.Cast().Employee.ID, "profile": args{"title": "Clerk"}})
}

func TestRulesThatGoByKindsOfGroupsAreSeen(t *testing.T) {
	t.Parallel()
	for _, expression := range []string{`Groups.startsWith("OKTA","Lunch",10)!=null`, `user.isMemberOf({'group.type': {'OKTA_GROUP'}})`, `!user.getGroups({'group.source.id': {'x'}}).isEmpty()`} {
		w := newWorld(t, setup{})
		cast := w.org.Cast()
		w.org.Fault(withRule(t, w, expression))
		plan(t, w.connect("2025-11-25", nil), "add_user_to_group", args{"group_id": cast.Project.ID, "user_ids": []string{cast.Employee.ID}}, "super administrators")
	}
}

func TestARuleForAGroupNamedBesideItsConditionIsSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	cast := w.org.Cast()
	excluding := withRule(t, w, `user.title=="x"`, cast.Project.ID)
	w.org.Fault(func(r *http.Request) orgtest.Fault {
		f := excluding(r)
		f.Body = strings.Replace(f.Body, `"exclude"`, `"include"`, 1)
		return f
	})
	plan(t, w.connect("2025-11-25", nil), "add_user_to_group", args{"group_id": cast.Project.ID, "user_ids": []string{cast.Employee.ID}}, "super administrators")
}
