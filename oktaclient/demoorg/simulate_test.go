package demoorg_test

import (
	"fmt"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
)

// simulation is one type's evaluation.
func simulation(t testing.TB, org *demoorg.Org, expand, kind, app, context string) map[string]any {
	t.Helper()
	got := must(t, org, 200, "POST", "/api/v1/policies/simulate"+expand,
		`{"appInstance":"`+app+`","policyTypes":["`+kind+`"],"policyContext":{`+context+`}}`).object(t)
	list, _ := got["evaluation"].([]any)
	if len(list) != 1 || at(list[0], "policyType") != kind {
		t.Fatalf("asked for %s, got %v", kind, got)
	}
	evaluation, _ := list[0].(map[string]any)
	return evaluation
}

// told writes the policies of a part of an evaluation: name (rules).
func told(evaluation map[string]any, part string) string {
	policies, _ := at(evaluation, part, "policies").([]any)
	var found []string
	for _, p := range policies {
		rules, _ := at(p, "rules").([]any)
		var names []string
		for _, r := range rules {
			names = append(names, fmt.Sprint(at(r, "name")))
		}
		found = append(found, fmt.Sprintf("%v (%s)", at(p, "name"), strings.Join(names, ", ")))
	}
	return strings.Join(found, "; ")
}

func TestSimulation(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	user := func(p demoorg.Person) string { return `"user":{"id":"` + p.ID + `"}` }
	groups := func(ids ...string) string { return `"groups":{"ids":["` + strings.Join(ids, `","`) + `"]}` }
	device := func(assurance string) string {
		return `,"device":{"platform":"MACOS","registered":true,"managed":true,"assuranceId":"` + assurance + `"}`
	}
	zone := `,"zones":{"ids":["` + c.Zone.ID + `"]}`
	for _, w := range []struct{ name, kind, context, result, undefined string }{
		{"contractor at an office", "OKTA_SIGN_ON", user(c.Contractor) + `,"ip":"203.0.113.9"`, "Contractors (At an office)", ""},
		{"contractor in its range", "OKTA_SIGN_ON", user(c.Contractor) + `,"ip":"198.51.100.63"`, "Contractors (At an office)", ""},
		{"contractor behind the range", "OKTA_SIGN_ON", user(c.Contractor) + `,"ip":"198.51.100.64","risk":{"level":"LOW"}`, "Contractors (Elsewhere)", ""},
		{"contractor by zone", "OKTA_SIGN_ON", user(c.Contractor) + zone, "Contractors (At an office)", ""},
		{"contractor at high risk", "OKTA_SIGN_ON", user(c.Contractor) + `,"ip":"8.8.8.8","risk":{"level":"HIGH"}`, "Contractors (High risk)", ""},
		{"contractor from anywhere", "OKTA_SIGN_ON", user(c.Contractor), "Contractors (Elsewhere)", "Contractors (At an office, High risk)"},
		{"administrator", "OKTA_SIGN_ON", user(c.SuperAdmin), "Administrators (Second factor, always)", ""},
		{"employee", "OKTA_SIGN_ON", user(c.Employee), "Default Policy (Default Rule)", ""},
		{"groups", "OKTA_SIGN_ON", groups(c.Contractors.ID) + zone, "Contractors (At an office)", ""},
		{"no groups", "OKTA_SIGN_ON", groups(c.Project.ID), "Default Policy (Default Rule)", ""},
		{"nobody known", "OKTA_SIGN_ON", "", "Default Policy (Default Rule)", "Administrators (); Contractors ()"},
		{"enrollment", "MFA_ENROLL", user(c.HelpDesk), "Administrators (At the first challenge)", ""},
		{"profile", "PROFILE_ENROLLMENT", user(c.Employee), "Default Policy (Catch-all Rule)", ""},
		{"managed device", "ACCESS_POLICY", groups(c.Department.ID) + zone + device(c.Assurance.ID), "Sensitive apps (Managed devices)", ""},
		{"other assurance", "ACCESS_POLICY", groups(c.Department.ID) + zone + device("daeother") + `,"risk":{"level":"MEDIUM"}`, "Sensitive apps (Catch-all Rule)", ""},
		{"blocked zone", "ACCESS_POLICY", groups(c.Department.ID) + device(c.Assurance.ID) + `,"zones":{"ids":["` + c.BlockedZone.ID + `"]},"risk":{"level":"HIGH"}`,
			"Sensitive apps (High risk)", ""},
		{"device unknown", "ACCESS_POLICY", groups(c.Department.ID) + zone + `,"risk":{"level":"LOW"}`, "Sensitive apps (Catch-all Rule)", "Sensitive apps (Managed devices)"},
	} {
		got := simulation(t, org, "", w.kind, c.SAMLApp.ID, w.context)
		if result := told(got, "result"); result != w.result {
			t.Errorf("%s: result %s, want %s", w.name, result, w.result)
		}
		if undefined := told(got, "undefined"); undefined != w.undefined {
			t.Errorf("%s: undefined %s, want %s", w.name, undefined, w.undefined)
		}
		if evaluated := told(got, "evaluated"); evaluated != "" {
			t.Errorf("%s: evaluated %s, which nobody asked for", w.name, evaluated)
		}
	}
}

func TestSimulationTellsWhy(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	context := `"user":{"id":"` + c.Contractor.ID + `"},"ip":"8.8.8.8","risk":{"level":"LOW"}`
	for _, expand := range []string{"?expand=EVALUATED&expand=RULE", "?expand=EVALUATED,RULE"} {
		got := simulation(t, org, expand, "OKTA_SIGN_ON", c.SAMLApp.ID, context)
		if want := "Administrators (); Contractors (At an office, High risk)"; told(got, "evaluated") != want {
			t.Errorf("%s: evaluated %s, want %s", expand, told(got, "evaluated"), want)
		}
		policies, _ := at(got, "evaluated", "policies").([]any)
		rules, _ := at(policies[1], "rules").([]any)
		if why := fmt.Sprint(at(rules[0], "conditions")); why != "[map[status:NOT_MATCH type:network.include]]" || at(rules[0], "status") != "NOT_MATCH" {
			t.Errorf("%s: the office rule is %v because of %s", expand, at(rules[0], "status"), why)
		}
	}
	all := must(t, org, 200, "POST", "/api/v1/policies/simulate", `{"appInstance":"`+c.SAMLApp.ID+`"}`).object(t)
	if list, _ := all["evaluation"].([]any); len(list) != 4 {
		t.Errorf("without types %d are evaluated, want 4", len(list))
	}
}

// TestSimulatedConditions tries conditions one by one on the rule of a policy
// that governs an app alone.
func TestSimulatedConditions(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	policy := newPolicy(t, org, "ACCESS_POLICY", "Trial")
	must(t, org, 204, "PUT", "/api/v1/apps/"+c.OIDCApp.ID+"/policies/"+strings.TrimPrefix(policy, policyPath), "")
	made := must(t, org, 200, "POST", policy+"/rules", `{"type":"ACCESS_POLICY","name":"Trial","priority":1}`).object(t)
	employee := `"user":{"id":"` + c.Employee.ID + `"}`
	department := at(must(t, org, 200, "GET", "/api/v1/users/"+c.Employee.ID, "").object(t), "profile", "department")
	ids := func(id string) string { return `["` + id + `"]` }
	for _, w := range []struct{ name, conditions, context, want string }{
		{"user included", `"people":{"users":{"include":` + ids(c.Employee.ID) + `}}`, employee, "MATCH"},
		{"user or group", `"people":{"users":{"include":` + ids(c.Employee.ID) + `},"groups":{"include":` + ids(c.Project.ID) + `}}`, employee, "MATCH"},
		{"user excluded", `"people":{"users":{"exclude":` + ids(c.Employee.ID) + `}}`, employee, "NOT_MATCH"},
		{"group excluded", `"people":{"groups":{"exclude":` + ids(c.Everyone.ID) + `}}`, employee, "NOT_MATCH"},
		{"user by groups", `"people":{"users":{"include":` + ids(c.Employee.ID) + `}}`, `"groups":{"ids":[]}`, "UNDEFINED"},
		{"everyone", `"people":{"groups":{"include":` + ids(c.Everyone.ID) + `}}`, `"groups":{"ids":[]}`, "MATCH"},
		{"no address", `"network":{"connection":"ZONE","include":` + ids(c.Zone.ID) + `}`, employee, "UNDEFINED"},
		{"inactive zone", `"network":{"connection":"ZONE","include":` + ids(c.InactiveZone.ID) + `}`, employee + `,"ip":"192.0.2.1"`, "NOT_MATCH"},
		{"country by address", `"network":{"connection":"ZONE","exclude":` + ids(c.BlockedZone.ID) + `}`, employee + `,"ip":"192.0.2.1"`, "UNDEFINED"},
		{"all zones", `"network":{"connection":"ZONE","include":["ALL_ZONES"]}`, employee + `,"ip":"203.0.113.1"`, "MATCH"},
		{"off the network", `"network":{"connection":"OFF_NETWORK"}`, employee + `,"ip":"203.0.113.1"`, "MATCH"},
		{"mobile", `"platform":{"include":[{"type":"MOBILE","os":{"type":"ANY"}}]}`, employee + `,"device":{"platform":"IOS"}`, "MATCH"},
		{"no mobile", `"platform":{"include":[{"type":"MOBILE","os":{"type":"ANY"}}]}`, employee + `,"device":{"platform":"MACOS"}`, "NOT_MATCH"},
		{"other desktop", `"platform":{"include":[{"type":"DESKTOP","os":{"type":"OTHER"}}]}`, employee + `,"device":{"platform":"DESKTOP_OTHER"}`, "MATCH"},
		{"platform excluded", `"platform":{"exclude":[{"type":"MOBILE","os":{"type":"IOS"}}]}`, employee + `,"device":{"platform":"IOS"}`, "NOT_MATCH"},
		{"platform unknown", `"platform":{"include":[{"type":"MOBILE","os":{"type":"IOS"}}]}`, employee, "UNDEFINED"},
		{"not registered", `"device":{"registered":true}`, employee + `,"device":{"registered":false}`, "NOT_MATCH"},
		{"managed not demanded", `"device":{"registered":true,"managed":false}`, employee + `,"device":{"registered":true}`, "MATCH"},
		{"risk", `"riskScore":{"level":"LOW"}`, employee + `,"risk":{"level":"HIGH"}`, "NOT_MATCH"},
		{"expression holds", `"elCondition":{"condition":"user.profile.department == \"` + fmt.Sprint(department) + `\""}`, employee, "MATCH"},
		{"expression fails", `"elCondition":{"condition":"user.profile.department == \"None\""}`, employee, "NOT_MATCH"},
		{"expression not understood", `"elCondition":{"condition":"device.provider.wsc.fireWall == \"GOOD\""}`, employee, "UNDEFINED"},
		{"other user type", `"userType":{"include":["otyother"]}`, employee, "NOT_MATCH"},
		{"unheard of", `"moonPhase":{"level":"FULL"}`, employee, "UNDEFINED"},
	} {
		must(t, org, 200, "PUT", policy+"/rules/"+fmt.Sprint(made["id"]), `{"type":"ACCESS_POLICY","name":"Trial","conditions":{`+w.conditions+`}}`)
		got := simulation(t, org, "?expand=EVALUATED", "ACCESS_POLICY", c.OIDCApp.ID, w.context)
		part := map[string]string{"MATCH": "result", "NOT_MATCH": "evaluated", "UNDEFINED": "undefined"}[w.want]
		if !strings.Contains(told(got, part), "Trial (Trial)") {
			t.Errorf("%s: want %s, got %v", w.name, w.want, got)
		}
	}
}

func TestSimulationRefusals(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	body := func(context string) string {
		return `{"appInstance":"` + c.SAMLApp.ID + `","policyContext":{` + context + `}}`
	}
	const target = "/api/v1/policies/simulate"
	refuse(t, org, []refusal{
		{"a list, as the SDKs send", "POST", target, "[" + body("") + "]", 400, "E0000003", ""},
		{"no app", "POST", target, `{}`, 400, "E0000001", "appInstance: "},
		{"unknown app", "POST", target, `{"appInstance":"0oanone"}`, 404, "E0000007", "(AppInstance)"},
		{"unknown type", "POST", target, `{"appInstance":"` + c.SAMLApp.ID + `","policyTypes":["PASSWORD"]}`, 400, "E0000001", "PASSWORD"},
		{"user and groups", "POST", target, body(`"user":{"id":"x"},"groups":{"ids":[]}`), 400, "E0000001", "not both"},
		{"unknown user", "POST", target, body(`"user":{"id":"00unone"}`), 404, "E0000007", "(User)"},
		{"unknown group", "POST", target, body(`"groups":{"ids":["00gnone"]}`), 404, "E0000007", "(UserGroup)"},
		{"address and zones", "POST", target, body(`"ip":"192.0.2.1","zones":{"ids":[]}`), 400, "E0000001", "not both"},
		{"bad address", "POST", target, body(`"ip":"192.0.2"`), 400, "E0000001", "ip: "},
		{"unknown zone", "POST", target, body(`"zones":{"ids":["nzonone"]}`), 404, "E0000007", "(NetworkZone)"},
		{"bad risk", "POST", target, body(`"risk":{"level":"SOME"}`), 400, "E0000001", "level: "},
	})
	needed := send(org, "POST", target, body(""))
	if auth := needed.header.Get("WWW-Authenticate"); needed.status != 401 || !strings.Contains(auth, "okta.policies.read") {
		t.Errorf("without a token: %d %s, want 401 asking for okta.policies.read", needed.status, auth)
	}
}
