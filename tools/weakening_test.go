package tools_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/oktaclient/demoorg/orgtest"
	"okta-mcp/tools"
)

// allTools is a world in which every tool is offered.
func allTools(t *testing.T) (*world, demoorg.Cast) {
	t.Helper()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	return w, w.org.Cast()
}

func TestADocumentCannotSayThatItIsAnotherObject(t *testing.T) {
	t.Parallel()
	deny := args{"appSignOn": args{"access": "DENY"}}
	for name, call := range map[string]func(demoorg.Cast) (string, args){
		"the catch-all as an ordinary rule": func(c demoorg.Cast) (string, args) {
			return "update_policy_rule", with(ruleOf(c.AccessPolicy, c.CatchAllRule), "rule", args{"system": false, "actions": deny})
		},
		"an ordinary rule as the catch-all": func(c demoorg.Cast) (string, args) {
			return "update_policy_rule", with(ruleOf(c.AccessPolicy, c.AccessRule), "rule", args{"system": true, "actions": deny})
		},
		"a rule as another": func(c demoorg.Cast) (string, args) {
			return "update_policy_rule", with(ruleOf(c.AccessPolicy, c.AccessRule), "rule", args{"id": c.CatchAllRule.ID, "actions": deny})
		},
		"a policy of another type": func(c demoorg.Cast) (string, args) {
			return "update_policy", args{"policy_id": c.SignOnPolicy.ID, "policy": args{"type": "ACCESS_POLICY"}}
		},
		"the default policy as an ordinary one": func(c demoorg.Cast) (string, args) {
			return "update_policy", args{"policy_id": c.DefaultPolicy.ID, "policy": args{"system": nil}}
		},
		"an assurance policy as another": func(c demoorg.Cast) (string, args) {
			return "replace_device_assurance_policy", args{"policy_id": c.FreeAssurance.ID, "policy": args{"id": c.Assurance.ID, "name": "A", "platform": "IOS"}}
		},
		"a zone as another": func(c demoorg.Cast) (string, args) {
			return "update_network_zone", args{"zone_id": c.Zone.ID, "zone": args{"id": c.BlockedZone.ID}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, c := allTools(t)
			tool, arguments := call(c)
			w.connect("2025-11-25", accepting).ask(tool, arguments).mustFail("is not changed", "nothing was sent")
			noWrites(t, w)
		})
	}
}

func TestWhatOktaWritesByItselfIsNotSent(t *testing.T) {
	t.Parallel()
	w, c := allTools(t)
	hidden := args{"_links": args{"apps": "x"}, "_embedded": args{"rules": []string{"x"}}}
	hide := func(document args) args {
		document["_links"], document["_embedded"] = hidden["_links"], hidden["_embedded"]
		return document
	}
	for tool, arguments := range map[string]args{
		"update_policy":       {"policy_id": c.SignOnPolicy.ID, "policy": hide(args{"description": "A"})},
		"update_policy_rule":  with(ruleOf(c.AccessPolicy, c.AccessRule), "rule", hide(args{"name": "A"})),
		"create_network_zone": {"zone": hide(newZone("A", "BLOCKLIST"))},
		"create_policy_rule": {"policy_id": c.SignOnPolicy.ID, "activate": true,
			"rule": hide(with(with(newSignOnRule("A"), "id", c.AccessRule.ID), "system", true))},
	} {
		w.org.Reset()
		p, question := w.listening()
		p.ask(tool, arguments).mustWork(nil)
		for _, write := range w.org.Writes() {
			for _, member := range []string{`"_links"`, `"_embedded"`} {
				if strings.Contains(write.Body, member) {
					t.Errorf("%s sent %s, which the question does not show: %s\n%s", tool, member, write.Body, *question)
				}
			}
			if tool == "create_policy_rule" && (gjson.Get(write.Body, "id").Exists() || strings.Contains(*question, "everybody")) {
				t.Errorf("a new rule posed as one of Okta's: %s\n%s", write.Body, *question)
			}
		}
	}
}

func TestAQuestionShowsAnotherOrderAndEmptyObjects(t *testing.T) {
	t.Parallel()
	w, c := allTools(t)
	admin(w, "PUT", "/api/v1/zones/"+c.Zone.ID, `{"name":"Office","type":"IP","status":"ACTIVE","usage":"POLICY","gateways":[{"type":"CIDR","value":"192.0.2.0/25"},{"type":"CIDR","value":"198.51.100.0/25"}]}`)
	p, question := w.listening()
	p.ask("update_network_zone", args{"zone_id": c.Zone.ID, "zone": args{"gateways": []args{
		{"type": "CIDR", "value": "203.0.113.0/25"}, {"type": "CIDR", "value": "198.51.100.0/25"}, {"type": "CIDR", "value": "192.0.2.0/25"},
	}}}).mustWork(nil)
	contains(t, "the question", *question, []string{"“gateways” gains “{'type':'CIDR','value':'203.0.113", "“gateways, part 1 of 2”: “⟦{'type':'CIDR','value':'192.0.2", "“gateways, part 2 of 2”"})

	p, question = w.listening()
	p.ask("update_policy_rule", with(ruleOf(c.AccessPolicy, c.AccessRule), "rule", args{"priority": "1", "conditions": args{"made_up": args{}}}))
	contains(t, "the question", *question, []string{"conditions.made_up", "“priority”: “1” becomes “'1'”"})
}

func TestActivatingAPolicyShowsWhatItSets(t *testing.T) {
	t.Parallel()
	w, c := allTools(t)
	weak := args{"type": "PASSWORD", "name": "Pilot", "priority": 1, "conditions": newPolicy("", c)["conditions"],
		"settings": args{"password": args{"complexity": args{"minLength": 4}}}}
	p, question := w.listening()
	var made changed
	p.ask("create_policy", args{"policy": weak}).mustWork(&made)
	if *question != "" {
		t.Fatalf("an INACTIVE policy was asked about: %s", *question)
	}
	p.ask("activate_policy", args{"policy_id": made.Target.ID}).mustWork(nil)
	contains(t, "the question", *question, []string{"“settings.password.complexity.minLength” is set to “4”", "“priority” is set to “1”"})
}

func TestARuleThatMovesUpIsSaidToComeBeforeWhatItPasses(t *testing.T) {
	t.Parallel()
	w, c := allTools(t)
	_, list := adminDo(w, "GET", policyPath(c.SignOnPolicy)+"/rules", "")
	last := gjson.Get(list, `#(name=="Elsewhere").id`).String()
	for priority, want := range map[int]string{
		1: "Active rules before it: 0; after it, for what it does not match: 2.",
		2: "Active rules before it: 1; after it, for what it does not match: 1.",
	} {
		p, question := w.listening()
		p.ask("update_policy_rule", args{"policy_id": c.SignOnPolicy.ID, "rule_id": last, "rule": args{"priority": priority}}).mustWork(nil)
		contains(t, "the question", *question, []string{want})
		_, after := adminDo(w, "GET", policyPath(c.SignOnPolicy)+"/rules/"+last, "")
		if gjson.Get(after, "priority").Int() != int64(priority) {
			t.Errorf("the rule stands at %s", after)
		}
		admin(w, "PUT", policyPath(c.SignOnPolicy)+"/rules/"+last, gjson.Get(list, "#(name==\"Elsewhere\")|@ugly").Raw)
	}
}

func TestANewZoneThatCanLetSomebodyInIsAskedAbout(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		zone    args
		prepare func(*world)
		asks    string
	}{
		"exempt":  {zone: with(newZone("A", "POLICY"), "useAsExemptList", true), asks: "passes blocklists"},
		"proxies": {zone: with(newZone("A", "POLICY"), "proxies", []args{{"type": "CIDR", "value": "203.0.113.0/24"}}), asks: "proxies"},
		"all zones": {zone: newZone("A", "POLICY"), asks: "“Contractors: At an office”", prepare: func(w *world) {
			policy := w.org.Cast().SignOnPolicy
			_, list := adminDo(w, "GET", policyPath(policy)+"/rules", "")
			rule := gjson.Get(list, `#(name=="At an office")`)
			admin(w, "PUT", policyPath(policy)+"/rules/"+rule.Get("id").String(), strings.Replace(rule.Raw, w.org.Cast().Zone.ID, "ALL_ZONES", 1))
		}},
		"rules unseen": {zone: newZone("A", "POLICY"), asks: "not visible", prepare: func(w *world) { hide(w, "/api/v1/policies") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := allTools(t)
			if c.prepare != nil {
				c.prepare(w)
			}
			p, question := w.listening()
			p.ask("create_network_zone", args{"zone": c.zone})
			contains(t, "the question", *question, []string{"Asked because", c.asks})
		})
	}
}

// hide makes the org refuse to show a path.
func hide(w *world, path string) {
	w.org.Fault(func(r *http.Request) orgtest.Fault {
		if r.Method == "GET" && r.URL.Path == path {
			return orgtest.Fault{Status: 403, Body: `{"errorCode":"E0000006","errorSummary":"no"}`}
		}
		return orgtest.Fault{}
	})
}

func TestAZoneSaysWhichRulesFollowItWithoutItsName(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		network string
		zone    func(demoorg.Cast) demoorg.Thing
	}{
		"all zones":       {`{"connection":"ZONE","include":["ALL_ZONES"]}`, func(c demoorg.Cast) demoorg.Thing { return c.Zone }},
		"the legacy zone": {`{"connection":"ON_NETWORK"}`, func(c demoorg.Cast) demoorg.Thing { return c.DefaultZone }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, cast := allTools(t)
			_, list := adminDo(w, "GET", "/api/v1/policies?type=PASSWORD", "")
			policy := gjson.Get(list, `#(name=="Administrators' passwords").id`).String()
			admin(w, "POST", "/api/v1/policies/"+policy+"/rules", fmt.Sprintf(`{"name":"Reset from here","conditions":{"network":%s},"actions":{"passwordChange":{"access":"ALLOW"},"selfServicePasswordReset":{"access":"ALLOW"},"selfServiceUnlock":{"access":"DENY"}}}`, c.network))
			p, question := w.listening()
			p.ask("update_network_zone", args{"zone_id": c.zone(cast).ID, "zone": args{"gateways": []args{{"type": "CIDR", "value": "203.0.113.0/24"}}}}).mustWork(nil)
			contains(t, "the question", *question, []string{"Administrators' passwords: Reset from here", "Named by 1 rule of PASSWORD policies."})
		})
	}
}

func TestAnAssurancePolicyIsShownToItsEndAndPutBackWhole(t *testing.T) {
	t.Parallel()
	w, c := allTools(t)
	path := "/api/v1/device-assurances/" + c.FreeAssurance.ID
	was := stable(t, w, path)
	name := strings.Repeat("x", 45) + strings.Repeat("y", 45) + "END"
	p, question := w.listening()
	var made changed
	p.ask("replace_device_assurance_policy", args{"policy_id": c.FreeAssurance.ID, "policy": args{
		"name": name, "platform": gjson.Get(was, "platform").String(), "osVersion": args{"minimum": "11.0"},
	}}).mustWork(&made)
	contains(t, "the question", *question, []string{"END"})
	undo(t, p, made).mustWork(nil)
	is := stable(t, w, path)
	gjson.Parse(was).ForEach(func(name, value gjson.Result) bool {
		if now := gjson.Get(is, name.String()); now.Raw != value.Raw && !strings.HasPrefix(name.String(), "lastUpdate") {
			t.Errorf("undo left %s as %s, it was %s", name, now.Raw, value.Raw)
		}
		return true
	})
}

func TestAPolicyWhoseAppsAreUnseenIsTyped(t *testing.T) {
	t.Parallel()
	w, c := allTools(t)
	hide(w, policyPath(c.AccessPolicy)+"/app")
	p, question := w.listening()
	p.ask("update_policy", args{"policy_id": c.AccessPolicy.ID, "policy": args{"description": "A"}}).mustWork(nil)
	contains(t, "the question", *question, []string{"type exactly: ", "Okta Admin Console"})
}

func TestAQuestionNamesTheGroupsOfARuleAndOfALongPolicy(t *testing.T) {
	t.Parallel()
	w, c := allTools(t)
	_, list := adminDo(w, "GET", "/api/v1/groups?limit=14", "")
	var ids, names []string
	for _, group := range gjson.Parse(list).Array() {
		ids = append(ids, group.Get("id").String())
		names = append(names, group.Get("profile.name").String())
	}
	people := func(ids ...string) args { return args{"people": args{"groups": args{"include": ids}}} }
	p, question := w.listening()
	p.ask("update_policy", args{"policy_id": c.SignOnPolicy.ID, "policy": args{"conditions": people(ids...)}}).mustWork(nil)
	contains(t, "the question", *question, names)
	p, question = w.listening()
	p.ask("update_policy_rule", with(ruleOf(c.AccessPolicy, c.AccessRule), "rule", args{"conditions": people(c.AdminGroup.ID)})).mustWork(nil)
	contains(t, "the question", *question, []string{c.AdminGroup.Name, "The rule is for the people of 1 group"})
}

func TestTheLogIsReadByOktasClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	cast := w.org.Cast()
	w.pass(-10 * time.Minute) // this machine is behind
	p, _ := w.listening()
	p.ask("suspend_user", args{"user_ids": []string{cast.Employee.ID}}).mustWork(nil)
	var page events
	p.ask("get_logs", args{"target": cast.Employee.ID, "event_type": "user.lifecycle.suspend", "since": "-1h"}).mustWork(&page)
	if page.Count != 1 {
		t.Errorf("the event just made is missing, and the answer says %v", page.Notes)
	}
}

func TestAWindowBeyondWhatOktaKeepsSaysSo(t *testing.T) {
	t.Parallel()
	_, p := newLogWorld(t)
	var page events
	p.ask("get_logs", args{"since": "-120d", "actor": "nobody@acme.example"}).mustWork(&page)
	contains(t, "the note", strings.Join(page.Notes, " "), []string{"90 days"})
}

func TestFieldsReachIntoLists(t *testing.T) {
	t.Parallel()
	w, p := newLogWorld(t)
	var page pageOf
	p.ask("get_logs", args{"target": w.org.Cast().LockedOut.Login, "since": "-30d", "fields": []string{"target.alternateId", "actor.nothing"}}).mustWork(&page)
	if len(page.Items) == 0 || !strings.Contains(string(page.Items[0]), `"alternateId":"`+w.org.Cast().LockedOut.Login) || strings.Contains(string(page.Items[0]), "displayName") {
		t.Errorf("answered %s, want the alternateId of each target", page.Items)
	}
	notes := strings.Join(page.Notes, " ")
	if !strings.Contains(notes, "actor.nothing") || strings.Contains(notes, "target.alternateId") {
		t.Errorf("the notes say %v", page.Notes)
	}
}

func TestAFilterCannotCloseTheParenthesesAroundIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	p := w.connect("2025-11-25", nil)
	for tool, arguments := range map[string]args{
		"get_logs":     {"actor": "a", "filter": `severity eq "WARN") or (severity eq "INFO"`},
		"list_users":   {"status": "ACTIVE", "search": `profile.city eq "A") or (profile.city eq "B"`},
		"list_devices": {"status": "ACTIVE", "search": `profile.platform eq "IOS") or (id pr`},
	} {
		p.ask(tool, arguments).mustFail("parentheses")
	}
	p.ask("get_logs", args{"actor": "a", "filter": `displayMessage eq "a) \" ("`}).mustWork(nil)
	if n := len(w.org.Requests()); n != 1 {
		t.Errorf("%d requests reached Okta, want the last call's alone", n)
	}
}
