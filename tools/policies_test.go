package tools_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/oktaclient/demoorg/orgtest"
	"okta-mcp/tools"
)

func policyPath(policy demoorg.Thing) string { return "/api/v1/policies/" + policy.ID }

func rulePath(policy, rule demoorg.Thing) string { return policyPath(policy) + "/rules/" + rule.ID }

func TestPolicyTools(t *testing.T) {
	t.Parallel()
	try(t, func(c demoorg.Cast) []trial {
		return []trial{
			{
				name: "of one type", tool: "list_policies", arguments: args{"type": "OKTA_SIGN_ON"},
				answers: []string{c.SignOnPolicy.ID, c.InactivePolicy.ID, `"priority":`, `"conditions":`},
			},
			{
				name: "by status and name", tool: "list_policies", arguments: args{"type": "OKTA_SIGN_ON", "status": "INACTIVE", "q": "Ber"},
				answers: []string{`"count":1`, c.InactivePolicy.ID},
			},
			{
				name: "without a type", tool: "list_policies", arguments: args{}, refused: []string{"type"},
			},
			{
				name: "of a type that is none", tool: "list_policies", arguments: args{"type": "SIGN_ON"}, refused: []string{"type", "ACCESS_POLICY"},
			},
			{
				name: "whole", tool: "get_policy", arguments: args{"policy_id": c.PasswordPolicy.ID}, answers: []string{`"minLength":16`, `"status":"ACTIVE"`},
			},
			{
				name: "that is not there", tool: "get_policy", arguments: args{"policy_id": "00p0"}, refused: []string{"no policy has the id", "list_policies"},
			},
			{
				name: "INACTIVE, unasked", tool: "create_policy", arguments: args{"policy": newPolicy("Pilot", c)},
				answers: []string{`"status":"INACTIVE"`, "delete_policy"}, writes: []string{"POST /api/v1/policies"},
			},
			{
				name: "ACTIVE, asked", tool: "create_policy", arguments: args{"policy": newPolicy("Pilot", c), "activate": true},
				asks:    []string{"an ACTIVE policy decides at once", "the people of 1 group with ", c.Project.Name, "“type” is set to “OKTA_SIGN_ON”"},
				answers: []string{`"status":"ACTIVE"`}, writes: []string{"POST /api/v1/policies"},
			},
			{
				name: "that says nothing", tool: "create_policy", arguments: args{"policy": args{}}, refused: []string{"policy must be a JSON object"},
			},
			{
				name: "settings merged", tool: "update_policy",
				arguments: args{"policy_id": c.PasswordPolicy.ID, "policy": args{"settings": args{"password": args{"complexity": args{"minLength": 20}}}}},
				asks:      []string{"Change this policy", "“settings.password.complexity.minLength”: “16” becomes “20”", "the people of 2 groups with ", c.AdminGroup.Name},
				answers:   []string{`"minLength":16`, `"minLength":20`}, writes: []string{"PUT " + policyPath(c.PasswordPolicy)},
			},
			{
				name: "other groups", tool: "update_policy",
				arguments: args{"policy_id": c.SignOnPolicy.ID, "policy": args{"conditions": args{"people": args{"groups": args{"include": []string{c.Project.ID}}}}}},
				asks: []string{"It is for the people of 2 groups", "After the change it is for the people of 1 group with ", c.Contractors.Name, c.Project.Name,
					"“conditions.people.groups.include” gains “" + c.Project.ID},
				writes: []string{"PUT " + policyPath(c.SignOnPolicy)},
			},
			{
				name: "the default", tool: "update_policy", arguments: args{"policy_id": c.DefaultPolicy.ID, "policy": args{"description": "A"}},
				asks: []string{"the policy for everybody whom no other policy of its type covers"}, writes: []string{"PUT " + policyPath(c.DefaultPolicy)},
			},
			{
				name: "that apps follow", tool: "update_policy", arguments: args{"policy_id": c.AccessPolicy.ID, "policy": args{"description": "A"}},
				asks: []string{"apps follow the policy.", c.SAMLApp.Name}, writes: []string{"PUT " + policyPath(c.AccessPolicy)},
			},
			{
				name: "its status", tool: "update_policy", arguments: args{"policy_id": c.SignOnPolicy.ID, "policy": args{"status": "INACTIVE"}},
				refused: []string{"the status is not changed this way", "deactivate_policy"},
			},
			{
				name: "to what it is", tool: "update_policy", arguments: args{"policy_id": c.SignOnPolicy.ID, "policy": args{"name": c.SignOnPolicy.Name}},
				refused: []string{"has these values already"},
			},
			{
				name: "INACTIVE", tool: "activate_policy", arguments: args{"policy_id": c.InactivePolicy.ID},
				asks:    []string{"Activate this policy", "It has 0 active rules.", "the people of 1 group with "},
				answers: []string{"deactivate_policy"}, writes: []string{"POST " + policyPath(c.InactivePolicy) + "/lifecycle/activate"},
			},
			{
				name: "with a rule that denies", tool: "activate_policy", arguments: args{"policy_id": c.SignOnPolicy.ID},
				prepare: func(w *world) { admin(w, "POST", policyPath(w.org.Cast().SignOnPolicy)+"/lifecycle/deactivate", "") },
				asks:    []string{"It has 3 active rules.", "Rules that deny: “High risk”"}, writes: []string{"POST " + policyPath(c.SignOnPolicy) + "/lifecycle/activate"},
			},
			{
				name: "ACTIVE already", tool: "activate_policy", arguments: args{"policy_id": c.SignOnPolicy.ID}, refused: []string{"is ACTIVE already"},
			},
			{
				name: "ACTIVE", tool: "deactivate_policy", arguments: args{"policy_id": c.SignOnPolicy.ID},
				asks:    []string{"the people of 2 groups with ", "fall to the next policy that covers them", "Next by priority: “Default Policy”"},
				answers: []string{"activate_policy"}, writes: []string{"POST " + policyPath(c.SignOnPolicy) + "/lifecycle/deactivate"},
			},
			{
				name: "of the system", tool: "deactivate_policy", arguments: args{"policy_id": c.DefaultPolicy.ID}, refused: []string{"is a system policy", "update_policy"},
			},
			{
				name: "that apps follow", tool: "deactivate_policy", arguments: args{"policy_id": c.AccessPolicy.ID}, refused: []string{"governs 5 apps", "another policy first"},
			},
			{
				name: "INACTIVE already", tool: "deactivate_policy", arguments: args{"policy_id": c.InactivePolicy.ID}, refused: []string{"is INACTIVE already"},
			},
			{
				name: "for groups", tool: "delete_policy", arguments: args{"policy_id": c.PasswordPolicy.ID},
				asks:    []string{"for good", "type exactly: ", "Next by priority: “Default Policy”"},
				answers: []string{"cannot be undone"}, writes: []string{"DELETE " + policyPath(c.PasswordPolicy)},
			},
			{
				name: "of the system", tool: "delete_policy", arguments: args{"policy_id": c.DefaultPolicy.ID}, refused: []string{"is a system policy"},
			},
			{
				name: "that apps follow", tool: "delete_policy", arguments: args{"policy_id": c.AccessPolicy.ID}, refused: []string{"governs 5 apps"},
			},
		}
	})
}

func TestPolicyRuleTools(t *testing.T) {
	t.Parallel()
	try(t, func(c demoorg.Cast) []trial {
		access, catchAll := ruleOf(c.AccessPolicy, c.AccessRule), ruleOf(c.AccessPolicy, c.CatchAllRule)
		return []trial{
			{
				name: "all", tool: "list_policy_rules", arguments: args{"policy_id": c.AccessPolicy.ID}, answers: []string{c.AccessRule.ID, c.CatchAllRule.ID, `"count":4`},
			},
			{
				name: "page by page", tool: "list_policy_rules", arguments: args{"policy_id": c.AccessPolicy.ID, "limit": 1}, answers: []string{`"count":1`, "next_cursor"},
			},
			{
				name: "whole", tool: "get_policy_rule", arguments: access, answers: []string{`"factorMode":"2FA"`, c.BlockedZone.ID},
			},
			{
				name: "of another policy", tool: "get_policy_rule", arguments: args{"policy_id": c.SignOnPolicy.ID, "rule_id": c.AccessRule.ID},
				refused: []string{"no policy rule has the id", "list_policy_rules"},
			},
			{
				name: "INACTIVE, unasked", tool: "create_policy_rule", arguments: args{"policy_id": c.SignOnPolicy.ID, "rule": newSignOnRule("Nobody")},
				answers: []string{`"status":"INACTIVE"`, "delete_policy_rule"}, writes: []string{"POST " + policyPath(c.SignOnPolicy) + "/rules"},
			},
			{
				name: "ACTIVE, last", tool: "create_policy_rule", arguments: args{"policy_id": c.SignOnPolicy.ID, "rule": newSignOnRule("Nobody"), "activate": true},
				asks: []string{"an ACTIVE rule decides at once", "Policy: “Contractors”", "denies “signon”", "Active rules before it: 3; after it, for what it does not match: 0.",
					"“actions.signon.access” is set to “DENY”", "the people of 2 groups with "},
				answers: []string{`"status":"ACTIVE"`}, writes: []string{"POST " + policyPath(c.SignOnPolicy) + "/rules"},
			},
			{
				name: "ACTIVE, before others", tool: "create_policy_rule",
				arguments: args{"policy_id": c.SignOnPolicy.ID, "rule": with(newSignOnRule("Nobody"), "priority", 2), "activate": true},
				asks:      []string{"Active rules before it: 1; after it, for what it does not match: 2.", "“High risk”, “Elsewhere”"},
				writes:    []string{"POST " + policyPath(c.SignOnPolicy) + "/rules"},
			},
			{
				name: "that denies everybody", tool: "create_policy_rule", arguments: args{"policy_id": c.DefaultPolicy.ID, "rule": args{"name": "Nobody", "actions": args{"passwordChange": args{"access": "DENY"}}}, "activate": true},
				asks:   []string{"the rule can lock everybody out", "type exactly: "},
				writes: []string{"POST " + policyPath(c.DefaultPolicy) + "/rules"},
			},
			{
				name: "of no policy", tool: "create_policy_rule", arguments: args{"policy_id": "00p0", "rule": newSignOnRule("N")}, refused: []string{"no policy has the id"},
			},
			{
				name: "an action", tool: "update_policy_rule",
				arguments: with(ruleOf(c.AccessPolicy, c.AccessRule), "rule", args{"actions": args{"appSignOn": args{"access": "DENY"}}}),
				asks: []string{"Policy: “Sensitive apps”", "“actions.appSignOn.access”: “ALLOW” becomes “DENY”", "denies “appSignOn” to whoever it matches",
					"5 apps follow the policy.", "after it, for what it does not match: 3."},
				answers: []string{`"access":"ALLOW"`}, writes: []string{"PUT " + rulePath(c.AccessPolicy, c.AccessRule)},
			},
			{
				name: "the catch-all denies", tool: "update_policy_rule",
				arguments: with(ruleOf(c.AccessPolicy, c.CatchAllRule), "rule", args{"actions": args{"appSignOn": args{"access": "DENY"}}}),
				asks:      []string{"the rule can lock everybody out", "whom no other rule of its policy matches", "type exactly: "},
				writes:    []string{"PUT " + rulePath(c.AccessPolicy, c.CatchAllRule)},
			},
			{
				name: "its status", tool: "update_policy_rule", arguments: with(ruleOf(c.AccessPolicy, c.AccessRule), "rule", args{"status": "INACTIVE"}),
				refused: []string{"the status is not changed this way", "deactivate_policy_rule"},
			},
			{
				name: "INACTIVE", tool: "activate_policy_rule", arguments: ruleOf(c.InactivePolicy, c.InactiveRule),
				asks: []string{"Activate this policy rule", "Policy: “Berlin pilot”", "The policy is INACTIVE and decides nothing", "“actions.signon.access” is set to “ALLOW”",
					"“actions.signon.session.maxSessionIdleMinutes” is set to “240”"},
				answers: []string{"deactivate_policy_rule"}, writes: []string{"POST " + rulePath(c.InactivePolicy, c.InactiveRule) + "/lifecycle/activate"},
			},
			{
				name: "ACTIVE already", tool: "activate_policy_rule", arguments: access, refused: []string{"is ACTIVE already"},
			},
			{
				name: "ACTIVE", tool: "deactivate_policy_rule", arguments: access,
				asks:    []string{"rules after it decide", "Active rules after it: “Contractors at low risk”", "Policy: “Sensitive apps”"},
				answers: []string{"activate_policy_rule"}, writes: []string{"POST " + rulePath(c.AccessPolicy, c.AccessRule) + "/lifecycle/deactivate"},
			},
			{
				name: "of the system", tool: "deactivate_policy_rule", arguments: catchAll, refused: []string{"is a system rule", "update_policy_rule"},
			},
			{
				name: "for good", tool: "delete_policy_rule", arguments: access, asks: []string{"for good", "type exactly: ", "Policy: “Sensitive apps”"},
				answers: []string{"cannot be undone"}, writes: []string{"DELETE " + rulePath(c.AccessPolicy, c.AccessRule)},
			},
			{
				name: "of the system", tool: "delete_policy_rule", arguments: catchAll, refused: []string{"is a system rule"},
			},
		}
	})
}

func TestAPolicyOfTheAdminConsoleIsTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}, approve: []string{"update_policy=5"}})
	_, list := adminDo(w, "GET", "/api/v1/policies?type=ACCESS_POLICY", "")
	id := gjson.Get(list, `#(name=="Okta Admin Console").id`).String()
	if id == "" {
		t.Fatalf("no policy of the Admin Console in %s", list)
	}
	p, question := w.listening()
	p.ask("update_policy", args{"policy_id": id, "policy": args{"description": "A"}}).mustWork(nil)
	contains(t, "the question", *question, []string{"who reaches the Okta Admin Console", "type exactly: "})
}

func TestUndoPutsAPolicyAndItsRuleBack(t *testing.T) {
	t.Parallel()
	for tool, call := range map[string]func(demoorg.Cast) (string, args){
		"update_policy": func(c demoorg.Cast) (string, args) {
			return policyPath(c.PasswordPolicy), args{"policy_id": c.PasswordPolicy.ID, "policy": args{"description": nil, "settings": args{"password": args{"age": args{"historyCount": 3}}}}}
		},
		"update_policy_rule": func(c demoorg.Cast) (string, args) {
			return rulePath(c.AccessPolicy, c.AccessRule), with(ruleOf(c.AccessPolicy, c.AccessRule), "rule",
				args{"priority": 2, "actions": args{"appSignOn": args{"verificationMethod": args{"reauthenticateIn": "PT5M"}}}})
		},
		"update_network_zone": func(c demoorg.Cast) (string, args) {
			return "/api/v1/zones/" + c.Zone.ID, args{"zone_id": c.Zone.ID, "zone": args{"gateways": []args{{"type": "CIDR", "value": "203.0.113.0/24"}}}}
		},
		"deactivate_policy": func(c demoorg.Cast) (string, args) {
			return policyPath(c.SignOnPolicy), args{"policy_id": c.SignOnPolicy.ID}
		},
		"deactivate_policy_rule": func(c demoorg.Cast) (string, args) {
			return rulePath(c.AccessPolicy, c.AccessRule), ruleOf(c.AccessPolicy, c.AccessRule)
		},
	} {
		t.Run(tool, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
			path, arguments := call(w.org.Cast())
			was := stable(t, w, path)
			p := w.connect("2025-11-25", accepting)
			var c changed
			p.ask(tool, arguments).mustWork(&c)
			if stable(t, w, path) == was {
				t.Fatalf("%s changed nothing: %s", tool, was)
			}
			undo(t, p, c).mustWork(nil)
			if is := stable(t, w, path); is != was {
				t.Errorf("undo left\n%s, it was\n%s", is, was)
			}
		})
	}
}

// stable reads an object as the org has it, less when it was changed.
func stable(t *testing.T, w *world, path string) string {
	t.Helper()
	_, body := adminDo(w, "GET", path, "")
	var document map[string]any
	if err := json.Unmarshal([]byte(body), &document); err != nil {
		t.Fatalf("reading %s: %v in %s", path, err, body)
	}
	delete(document, "lastUpdated")
	for name, value := range document { // a null and nothing are the same to Okta
		if value == nil {
			delete(document, name)
		}
	}
	again, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	return string(again)
}

func TestUndoOfWhatWasCreatedWorks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	c := w.org.Cast()
	for tool, arguments := range map[string]args{
		"create_policy":       {"policy": newPolicy("Pilot", c)},
		"create_policy_rule":  {"policy_id": c.SignOnPolicy.ID, "rule": newSignOnRule("Pilot")},
		"create_network_zone": {"zone": newZone("Pilot", "POLICY")},
	} {
		p := w.connect("2025-11-25", accepting)
		var made changed
		p.ask(tool, arguments).mustWork(&made)
		undo(t, p, made).mustWork(nil)
	}
}

func TestAQuestionShowsALongActionToItsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	c := w.org.Cast()
	long := `user.profile.department == "` + strings.Repeat("x", 150) + `" || user.isMemberOf("END")`
	constraints := []args{{"knowledge": args{"types": []string{"password"}, "reauthenticateIn": "PT0S", "required": true}, "possession": args{"deviceBound": "OPTIONAL", "phishingResistant": "LAST"}}}
	p, question := w.listening()
	p.ask("update_policy_rule", with(ruleOf(c.AccessPolicy, c.AccessRule), "rule", args{
		"conditions": args{"elCondition": args{"condition": long}},
		"actions":    args{"appSignOn": args{"verificationMethod": args{"constraints": constraints}}},
	})).mustWork(nil)
	contains(t, "the question", *question, []string{"part 1 of 3", "part 3 of 3", "END", "verificationMethod.constraints", "LAST"})
	if strings.Contains(*question, "(cut:") {
		t.Errorf("the question cuts something: %s", *question)
	}
}

func TestAChangeThatNoQuestionHoldsIsRefusedWithItsParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	groups, settings := make([]string, 60), args{}
	for i := range groups {
		groups[i] = fmt.Sprintf("00g%017d", i)
		settings[fmt.Sprintf("setting%d", i)] = i
	}
	p := w.connect("2025-11-25", accepting)
	p.ask("update_policy", args{"policy_id": w.org.Cast().PasswordPolicy.ID, "policy": args{
		"conditions": args{"people": args{"groups": args{"include": groups}}}, "settings": args{"made_up": settings},
	}}).mustFail("a person reads at most 80", "“conditions” (62)", "“settings” (60)")
	noWrites(t, w)
}

func TestAQuestionSaysWhatItCannotSeeOfAPolicy(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		hidden string // the path that Okta does not answer
		tool   string
		asks   string
	}{
		"apps":   {"/app", "update_policy", "How many apps follow the policy is not visible: Okta answered 403."},
		"rules":  {"/rules", "update_policy_rule", "What rules the policy has is not visible: Okta answered 403."},
		"groups": {"/api/v1/groups", "deactivate_policy", "2 groups, whose names are not visible: Okta answered 403."},
		"next":   {"/api/v1/policies", "deactivate_policy", "Which policy comes next is not visible: Okta answered 403."},
		"zones":  {"/api/v1/policies", "deactivate_network_zone", "Whether ACCESS_POLICY policies name it is not visible: Okta answered 403."},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
			w.org.Fault(func(r *http.Request) orgtest.Fault {
				if r.Method == "GET" && (r.URL.Path == c.hidden || strings.HasSuffix(r.URL.Path, c.hidden) && c.hidden[1] != 'a') || what == "apps" && strings.HasSuffix(r.URL.Path, "/app") {
					return orgtest.Fault{Status: 403, Body: `{"errorCode":"E0000006","errorSummary":"no"}`}
				}
				return orgtest.Fault{}
			})
			arguments := samples(w.org.Cast())[c.tool].arguments
			if what == "apps" {
				arguments["policy_id"] = w.org.Cast().AccessPolicy.ID
			}
			p, question := w.listening()
			p.ask(c.tool, arguments).mustWork(nil)
			contains(t, "the question", *question, []string{c.asks})
		})
	}
}

func TestAPolicyThatOktaMakesActiveIsSaidToBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	w.org.Fault(func(r *http.Request) orgtest.Fault {
		if r.Method == "POST" && r.URL.Path == "/api/v1/policies" {
			return orgtest.Fault{Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: `{"id":"00pA","name":"A","status":"ACTIVE"}`}
		}
		return orgtest.Fault{}
	})
	r := w.connect("2025-11-25", nil).ask("create_policy", args{"policy": newPolicy("A", w.org.Cast())})
	r.mustWork(nil)
	contains(t, "the answer", r.text(), []string{"Okta made it ACTIVE", "deactivate_policy"})
	if sent := w.org.Writes()[0]; !strings.Contains(sent.Body, `"status":"INACTIVE"`) || !strings.Contains(sent.RawQuery, "activate=false") {
		t.Errorf("Okta was not asked for an INACTIVE policy: %s %s", sent.RawQuery, sent.Body)
	}
}

func TestRulesOfSomeTypesAreNotAdded(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"PROFILE_ENROLLMENT", "POST_AUTH_SESSION"} {
		w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
		_, list := adminDo(w, "GET", "/api/v1/policies?type="+kind, "")
		w.connect("2025-11-25", nil).ask("create_policy_rule", args{"policy_id": gjson.Get(list, "0.id").String(), "rule": newSignOnRule("A")}).
			mustFail("no further rules in "+kind, "update_policy_rule")
		noWrites(t, w)
	}
}

func TestNetworkZoneTools(t *testing.T) {
	t.Parallel()
	try(t, func(c demoorg.Cast) []trial {
		zone := func(thing demoorg.Thing) string { return "/api/v1/zones/" + thing.ID }
		return []trial{
			{
				name: "by usage", tool: "list_network_zones", arguments: args{"usage": "BLOCKLIST"}, answers: []string{c.BlockedZone.ID, `"usage":"BLOCKLIST"`},
			},
			{
				name: "whole", tool: "get_network_zone", arguments: args{"zone_id": c.Zone.ID}, answers: []string{`"gateways":[`},
			},
			{
				name: "that is not there", tool: "get_network_zone", arguments: args{"zone_id": "nzo0"}, refused: []string{"no network zone has the id", "list_network_zones"},
			},
			{
				name: "for policies", tool: "create_network_zone", arguments: args{"zone": newZone("Lab", "POLICY")},
				answers: []string{"deactivate_network_zone", "delete_network_zone"}, writes: []string{"POST /api/v1/zones"},
			},
			{
				name: "that blocks", tool: "create_network_zone", arguments: args{"zone": newZone("Lab", "BLOCKLIST")},
				asks: []string{"everything from a BLOCKLIST zone is refused", "“gateways” is set to “{'type':'CIDR','value':'203.0.113"}, writes: []string{"POST /api/v1/zones"},
			},
			{
				name: "of texts", tool: "create_network_zone", arguments: args{"zone": args{"name": "Lab", "type": "IP", "usage": "BLOCKLIST", "gateways": []string{"192.0.2.0/24"}}},
				refused: []string{"each of zone.gateways must be an object with type and value", "CIDR"},
			},
			{
				name: "into texts", tool: "update_network_zone", arguments: args{"zone_id": c.Zone.ID, "zone": args{"proxies": []string{"192.0.2.0/24"}}},
				refused: []string{"each of zone.proxies must be an object with type and value"},
			},
			{
				name: "its addresses", tool: "update_network_zone",
				arguments: args{"zone_id": c.Zone.ID, "zone": args{"gateways": []args{{"value": "192.0.2.1-192.0.2.9", "type": "RANGE"}}}},
				asks: []string{"“gateways” gains “{'type':'RANGE','value':'192.0.2.1-192.0.2.9'}”", "“gateways” loses “{'type':'CIDR'", "“gateways” loses “{'type':'RANGE'",
					"Named by 1 rule of OKTA_SIGN_ON policies.", "“Contractors: At an office”"},
				writes: []string{"PUT " + zone(c.Zone)},
			},
			{
				name: "into a block", tool: "update_network_zone", arguments: args{"zone_id": c.Zone.ID, "zone": args{"usage": "BLOCKLIST"}},
				asks: []string{"“usage”: “POLICY” becomes “BLOCKLIST”", "Everything from an ACTIVE BLOCKLIST zone is refused"}, writes: []string{"PUT " + zone(c.Zone)},
			},
			{
				name: "out of a block", tool: "update_network_zone", arguments: args{"zone_id": c.BlockedZone.ID, "zone": args{"usage": "POLICY"}},
				asks: []string{"is not refused any more"}, writes: []string{"PUT " + zone(c.BlockedZone)},
			},
			{
				name: "its status", tool: "update_network_zone", arguments: args{"zone_id": c.Zone.ID, "zone": args{"status": "INACTIVE"}},
				refused: []string{"the status is not changed this way", "deactivate_network_zone"},
			},
			{
				name: "INACTIVE", tool: "activate_network_zone", arguments: args{"zone_id": c.InactiveZone.ID},
				asks: []string{"Activate this network zone", "Named by 0 rules of ACCESS_POLICY policies."}, answers: []string{"deactivate_network_zone"},
				writes: []string{"POST " + zone(c.InactiveZone) + "/lifecycle/activate"},
			},
			{
				name: "ACTIVE already", tool: "activate_network_zone", arguments: args{"zone_id": c.Zone.ID}, refused: []string{"is ACTIVE already"},
			},
			{
				name: "ACTIVE", tool: "deactivate_network_zone", arguments: args{"zone_id": c.BlockedZone.ID},
				asks: []string{"stops refusing", "“Sensitive apps: Managed devices”"}, answers: []string{"activate_network_zone"},
				writes: []string{"POST " + zone(c.BlockedZone) + "/lifecycle/deactivate"},
			},
			{
				name: "INACTIVE", tool: "delete_network_zone", arguments: args{"zone_id": c.InactiveZone.ID},
				asks: []string{"for good", "type exactly: "}, answers: []string{"cannot be undone"}, writes: []string{"DELETE " + zone(c.InactiveZone)},
			},
			{
				name: "ACTIVE", tool: "delete_network_zone", arguments: args{"zone_id": c.Zone.ID}, refused: []string{"is ACTIVE", "deactivate_network_zone comes first"},
			},
			{
				name: "of the system", tool: "delete_network_zone", arguments: args{"zone_id": c.DefaultZone.ID},
				prepare: func(w *world) {
					admin(w, "POST", "/api/v1/zones/"+w.org.Cast().DefaultZone.ID+"/lifecycle/deactivate", "")
				},
				refused: []string{"is a system zone"},
			},
		}
	})
}

func TestSimulationTool(t *testing.T) {
	t.Parallel()
	try(t, func(c demoorg.Cast) []trial {
		return []trial{
			{
				name: "a person by login", tool: "simulate_policy", arguments: args{"app_id": c.SAMLApp.Name, "user_id": c.Employee.Login, "policy_types": []string{"ACCESS_POLICY"}},
				answers: []string{`"policy_type":"ACCESS_POLICY"`, c.AccessPolicy.ID},
			},
			{
				name: "explained", tool: "simulate_policy", arguments: args{"app_id": c.SAMLApp.ID, "user_id": c.Employee.ID, "risk": "HIGH", "explain": true},
				answers: []string{`"tried":[`, `"conditions":[`},
			},
			{
				name: "neither person nor groups", tool: "simulate_policy", arguments: args{"app_id": c.SAMLApp.ID}, refused: []string{"give user_id or group_ids"},
			},
			{
				name: "both", tool: "simulate_policy", arguments: args{"app_id": c.SAMLApp.ID, "user_id": c.Employee.ID, "group_ids": []string{c.Department.ID}},
				refused: []string{"give user_id or group_ids"},
			},
			{
				name: "two places", tool: "simulate_policy", arguments: args{"app_id": c.SAMLApp.ID, "user_id": c.Employee.ID, "ip": "198.51.100.7", "zone_ids": []string{c.Zone.ID}},
				refused: []string{"ip and zone_ids exclude each other"},
			},
			{
				name: "no such app", tool: "simulate_policy", arguments: args{"app_id": "nothing of that name", "user_id": c.Employee.ID}, refused: []string{"no application has the id or exact label"},
			},
			{
				name: "no such person", tool: "simulate_policy", arguments: args{"app_id": c.SAMLApp.ID, "user_id": "nobody@acme.example"}, refused: []string{"no user has the id or login"},
			},
			{
				name: "a type that has no simulation", tool: "simulate_policy", arguments: args{"app_id": c.SAMLApp.ID, "user_id": c.Employee.ID, "policy_types": []string{"PASSWORD"}},
				refused: []string{"simulating the policies", "E0000001"},
			},
		}
	})
}

func TestASimulationSendsWhatItWasGiven(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}, options: tools.Options{ReadOnly: true}})
	c := w.org.Cast()
	w.org.Fault(func(r *http.Request) orgtest.Fault {
		if r.URL.Path != "/api/v1/policies/simulate" {
			return orgtest.Fault{}
		}
		return orgtest.Fault{Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: `{"evaluation":[{"status":null,"policyType":"OKTA_SIGN_ON",
			"result":{"policies":[]},"undefined":{"policies":[{"id":"00pA","name":"A","status":"UNDEFINED","conditions":[],"rules":[]}]},"evaluated":null}]}`}
	})
	r := w.connect("2025-11-25", nil).ask("simulate_policy", args{
		"app_id": c.SAMLApp.ID, "group_ids": []string{c.Department.Name, c.Project.ID}, "policy_types": []string{"OKTA_SIGN_ON"},
		"zone_ids": []string{c.Zone.ID}, "device": args{"platform": "IOS", "registered": true}, "risk": "LOW", "explain": true,
	})
	r.mustWork(nil)
	if want := `{"evaluations":[{"policy_type":"OKTA_SIGN_ON","decides":[],"undefined":[{"id":"00pA","name":"A","status":"UNDEFINED"}]}],"notes":["rules in undefined may decide instead: Okta could not tell without what is not given of ip or zone_ids, device and risk; explain shows their conditions"]}`; r.text() != want {
		t.Errorf("the answer is %s, want %s", r.text(), want)
	}
	posts := slices.DeleteFunc(slices.Clone(w.org.Requests()), func(q orgtest.Request) bool { return q.Method != "POST" })
	want := fmt.Sprintf(`{"appInstance":%q,"policyTypes":["OKTA_SIGN_ON"],"policyContext":{"groups":{"ids":[%q,%q]},"zones":{"ids":[%q]},"device":{"platform":"IOS","registered":true},"risk":{"level":"LOW"}}}`,
		c.SAMLApp.ID, c.Department.ID, c.Project.ID, c.Zone.ID)
	if len(posts) != 1 || posts[0].Body != want || posts[0].RawQuery != "expand=EVALUATED&expand=RULE" {
		t.Errorf("Okta saw %+v, want one simulation of %s", posts, want)
	}
}
