package demoorg_test

import (
	"fmt"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
)

func TestPolicyRuleLife(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	policy := newPolicy(t, org, "OKTA_SIGN_ON", "Night shift")
	made := must(t, org, 200, "POST", policy+"/rules", `{"type":"SIGN_ON","name":"r","status":"INACTIVE","actions":{"signon":{"access":"DENY"}}}`).object(t)
	if made["status"] != "ACTIVE" || made["type"] != "SIGN_ON" || made["priority"] != 1.0 {
		t.Errorf("made %v; want ACTIVE whatever the body says, SIGN_ON, priority 1", made)
	}
	if at(made, "conditions", "network", "connection") != "ANYWHERE" || at(made, "actions", "signon", "session", "usePersistentCookie") != false {
		t.Errorf("Okta's own members are not filled in: %v", made)
	}
	target := policy + "/rules/" + fmt.Sprint(made["id"])
	for range 2 { // the second time changes nothing and is no error
		must(t, org, 204, "POST", target+"/lifecycle/deactivate", "")
	}
	if got := must(t, org, 200, "GET", target, "").object(t)["status"]; got != "INACTIVE" {
		t.Errorf("after deactivate the rule is %v", got)
	}
	must(t, org, 204, "POST", target+"/lifecycle/activate", "")
	changed := must(t, org, 200, "PUT", target, `{"type":"SIGN_ON","name":"s","actions":{"signon":{"access":"ALLOW"}}}`).object(t)
	if changed["name"] != "s" || at(changed, "actions", "signon", "access") != "ALLOW" || changed["id"] != made["id"] {
		t.Errorf("PUT made %v", changed)
	}
	must(t, org, 204, "DELETE", target, "")
	must(t, org, 404, "GET", target, "")
	asleep := must(t, org, 200, "POST", policy+"/rules?activate=false", `{"type":"SIGN_ON","name":"asleep"}`).object(t)
	if asleep["status"] != "INACTIVE" {
		t.Errorf("made with activate=false it is %v", asleep["status"])
	}
}

func TestPolicyRuleRefusals(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	rules := policyPath + c.AccessPolicy.ID + "/rules"
	network := func(condition string) string {
		return `{"name":"x","type":"ACCESS_POLICY","conditions":{"network":` + condition + `}}`
	}
	refuse(t, org, []refusal{
		{"rules of no policy", "GET", policyPath + "rstnone/rules", "", 404, "E0000007", "(Policy)"},
		{"no such rule", "GET", rules + "/rulnone", "", 404, "E0000007", "rulnone (PolicyRule)"},
		{"rule of another policy", "GET", policyPath + c.SignOnPolicy.ID + "/rules/" + c.AccessRule.ID, "", 404, "E0000007", "(PolicyRule)"},
		{"no body", "POST", rules, "", 400, "E0000003", ""},
		{"no name", "POST", rules, `{"type":"ACCESS_POLICY"}`, 400, "E0000001", "name: "},
		{"other type", "POST", rules, `{"type":"SIGN_ON","name":"x"}`, 400, "E0000001", "ACCESS_POLICY"},
		{"name twice", "POST", rules, `{"type":"ACCESS_POLICY","name":"managed DEVICES"}`, 400, "E0000001", "already in use"},
		{"behind the catch-all", "POST", rules, `{"type":"ACCESS_POLICY","name":"x","priority":99}`, 400, "E0000001", "priority: "},
		{"actions as text", "POST", rules, `{"type":"ACCESS_POLICY","name":"x","actions":"DENY"}`, 400, "E0000003", ""},
		{"zones without zones", "POST", rules, network(`{"connection":"ZONE"}`), 400, "E0000001", "either include or exclude"},
		{"zones both ways", "POST", rules, network(`{"connection":"ZONE","include":["a"],"exclude":["b"]}`), 400, "E0000001", "either include or exclude"},
		{"unknown connection", "POST", rules, network(`{"connection":"MOON"}`), 400, "E0000001", "conditions.network"},
		{"name of another", "PUT", rules + "/" + c.AccessRule.ID, `{"type":"ACCESS_POLICY","name":"High risk"}`, 400, "E0000001", "already in use"},
		{"delete the catch-all", "DELETE", rules + "/" + c.CatchAllRule.ID, "", 400, "E0000001", "belongs to the system"},
		{"deactivate the catch-all", "POST", rules + "/" + c.CatchAllRule.ID + "/lifecycle/deactivate", "", 400, "E0000001", "belongs to the system"},
	})
}

func TestCatchAllRule(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	policy := newPolicy(t, org, "ACCESS_POLICY", "New app")
	rules := must(t, org, 200, "GET", policy+"/rules", "").list(t)
	if len(rules) != 1 || rules[0]["system"] != true || rules[0]["priority"] != 99.0 || rules[0]["conditions"] != nil {
		t.Fatalf("a new access policy has the rules %v, want the catch-all", rules)
	}
	target := policy + "/rules/" + fmt.Sprint(rules[0]["id"])
	changed := must(t, org, 200, "PUT", target, `{"type":"ACCESS_POLICY","name":"Catch-all Rule","priority":1,"conditions":{"network":{"connection":"ANYWHERE"}},
		"actions":{"appSignOn":{"access":"DENY"}}}`).object(t)
	if changed["priority"] != 99.0 || changed["conditions"] != nil || at(changed, "actions", "appSignOn", "access") != "DENY" {
		t.Errorf("the catch-all rule became %v; only its actions change", changed)
	}
	if n := len(must(t, org, 200, "GET", newPolicy(t, org, "PASSWORD", "P")+"/rules", "").list(t)); n != 0 {
		t.Errorf("a new password policy has %d rules, want none", n)
	}
}

func TestPolicyRulePriorities(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]struct{ made, moved, deleted string }{
		"ACCESS_POLICY": {
			"0 zero, 1 b, 2 a, 3 c, 98 far, 99 Catch-all Rule", "0 zero, 2 a, 3 b, 4 c, 98 far, 99 Catch-all Rule", "2 a, 3 b, 4 c, 98 far, 99 Catch-all Rule",
		},
		"PASSWORD": {"1 zero, 2 b, 3 a, 4 c, 5 far", "1 zero, 2 a, 3 b, 4 c, 5 far", "1 a, 2 b, 3 c, 4 far"},
	} {
		org := newOrg(t, demoorg.Options{})
		policy := newPolicy(t, org, kind, "Order")
		list := func() string { return ranks(t, must(t, org, 200, "GET", policy+"/rules", "").list(t)) }
		add := func(name, priority string) string {
			made := must(t, org, 200, "POST", policy+"/rules", `{"type":"`+kind+`","name":"`+name+`"`+priority+`}`)
			return policy + "/rules/" + fmt.Sprint(made.object(t)["id"])
		}
		add("a", "")
		b := add("b", `,"priority":1`)
		add("c", "")
		add("far", `,"priority":98`)
		zero := add("zero", `,"priority":0`)
		if got := list(); got != want.made {
			t.Errorf("%s: made %s, want %s", kind, got, want.made)
		}
		must(t, org, 200, "PUT", b, `{"type":"`+kind+`","name":"b","priority":3}`)
		if got := list(); got != want.moved {
			t.Errorf("%s: moved %s, want %s", kind, got, want.moved)
		}
		must(t, org, 204, "DELETE", zero, "")
		if got := list(); got != want.deleted {
			t.Errorf("%s: after the deletion %s, want %s", kind, got, want.deleted)
		}
	}
}

// TestRulesAreCompleted compares with what Okta makes of little.
func TestRulesAreCompleted(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	access := newPolicy(t, org, "ACCESS_POLICY", "Access") + "/rules"
	made := must(t, org, 200, "POST", access, `{"type":"ACCESS_POLICY","name":"chain","conditions":{"platform":{},
		"people":{"groups":{"include":[],"exclude":[]},"users":{"include":[]}}},
		"actions":{"appSignOn":{"verificationMethod":{"type":"AUTH_METHOD_CHAIN","factorMode":"2FA","inactivityPeriod":"PT1H","chains":[]}}}}`)
	for _, gone := range []string{"platform", `"groups"`, "factorMode", "inactivityPeriod"} {
		if strings.Contains(made.body, gone) {
			t.Errorf("%s says nothing there and Okta drops it: %s", gone, made.body)
		}
	}
	for _, added := range []string{`"users":{"exclude":[]}`, `"keepMeSignedIn":{"postAuth":"NOT_ALLOWED"}`, `"access":"ALLOW"`} {
		if !strings.Contains(made.body, added) {
			t.Errorf("Okta adds %s: %s", added, made.body)
		}
	}
	plain := must(t, org, 200, "POST", access, `{"type":"ACCESS_POLICY","name":"plain","conditions":{"platform":{"include":[{"type":"DESKTOP","os":{"type":"LINUX","expression":null}}]}}}`).object(t)
	if got := at(plain, "actions", "appSignOn", "verificationMethod", "reauthenticateIn"); got != "PT12H" {
		t.Errorf("a rule without actions asks again after %v, want PT12H", got)
	}
	if got := fmt.Sprint(at(plain, "conditions", "platform")); got != "map[exclude:[] include:[map[os:map[type:LINUX] type:DESKTOP]]]" {
		t.Errorf("the platform became %s", got)
	}
}
