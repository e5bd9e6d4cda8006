package tools_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/tools"
)

// ruled is a world under one policy with these rules, the first in line 1.
func ruled(t *testing.T, s setup, rules ...tools.Rule) *world {
	t.Helper()
	for i := range rules {
		rules[i].Line = i + 1
	}
	s.policies = append(s.policies, tools.Policy{Name: "p.yaml", Rules: rules})
	if s.selection.Toolsets == nil {
		s.selection.Toolsets = []string{"all"}
	}
	return newWorld(t, s)
}

// profile is an attribute of a person, as the org has it.
func (w *world) attribute(p *peer, id, path string) string {
	w.t.Helper()
	var user map[string]any
	p.call("get_user", args{"user_id": id, "fields": []string{"*"}}).mustWork(&user)
	var value any = user
	for part := range strings.SplitSeq(path, ".") {
		members, _ := value.(map[string]any)
		value = members[part]
	}
	text, _ := value.(string)
	return text
}

func TestADeniedToolIsNotOffered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{policies: []tools.Policy{{Name: "p.yaml", Deny: []string{"delete_*", "list_users"}}}})
	p := w.connect("2025-11-25", accepting)
	names := namesOf(list(t, p))
	if slices.Contains(names, "delete_group") || slices.Contains(names, "list_users") || !slices.Contains(names, "suspend_user") {
		t.Errorf("listed %v", names)
	}
	p.ask("delete_group", args{"group_id": w.org.Cast().Project.ID}).mustFail("not offered", "the operator's policy denies it (p.yaml)")
	if e := w.record.last(); e.Rule != "p.yaml deny" {
		t.Errorf("recorded %+v, want what the policy says", e)
	}
	p.call("get_access_status", args{}).mustWork(nil)
}

func TestWhatClosesTheOrgLeavesReading(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy tools.Policy
		single bool
		want   string // why nothing is changed; empty: it is
	}{
		"read_only":              {tools.Policy{ReadOnly: true, CallChanges: true}, false, "read_only (p.yaml)"},
		"a file that is useless": {tools.Policy{Problem: "p.yaml:3: what"}, false, "nothing is changed because the policy file p.yaml cannot be used: p.yaml:3: what; mend it and restart"},
		"a single call":          {tools.Policy{}, true, "call_changes: true (p.yaml)"},
		"a single call allowed":  {tools.Policy{CallChanges: true}, true, ""},
		"a server":               {tools.Policy{}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.policy.Name = "p.yaml"
			w := newWorld(t, setup{})
			w.reopen(func(cfg *tools.Config) {
				cfg.Policies, cfg.SingleCall = []tools.Policy{{Name: "empty", CallChanges: true}, c.policy}, c.single
			})
			p := w.connect("2025-11-25", accepting)
			p.call("list_users", args{"limit": 1}).mustWork(nil)
			var status struct {
				Problem    string
				NotOffered []struct{ Why, Tools string } `json:"not_offered"`
			}
			p.call("get_access_status", args{}).mustWork(&status)
			r := p.ask("create_group", args{"name": "New"})
			if c.want == "" {
				r.mustWork(nil)
				return
			}
			r.mustFail("not offered", c.want)
			p.ask("delete_group", args{"group_id": w.org.Cast().Project.ID}).mustFail(c.want)
			if len(w.org.Writes()) > 0 {
				t.Errorf("the org saw %v", w.org.Writes())
			}
			said := slices.ContainsFunc(status.NotOffered, func(m struct{ Why, Tools string }) bool {
				return strings.Contains(m.Why, c.want) && strings.Contains(m.Tools, "create_group")
			})
			if !said || (c.policy.Problem != "") != strings.Contains(status.Problem, c.want) {
				t.Errorf("get_access_status says %+v", status)
			}
		})
	}
}

// reopen makes the world's server anew with another configuration.
func (w *world) reopen(change func(*tools.Config)) {
	w.t.Helper()
	cfg := w.config
	cfg.Approvals = nil
	change(&cfg)
	s, err := tools.New(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(s.Close)
	w.server = s
	w.org.Reset()
}

// A group that is off limits stays so on every way that leads into it.
func TestARuleAboutAGroupHoldsOnEveryWayIntoIt(t *testing.T) {
	t.Parallel()
	w := ruled(t, setup{},
		tools.Rule{Groups: []string{"contractor ACC*"}, Then: tools.Deny, Because: "HR decides"})
	cast := w.org.Cast()
	p := w.connect("2025-11-25", accepting)
	refusal := "the operator's policy denies this (p.yaml:1: HR decides); nothing was changed"
	if !strings.HasPrefix(strings.ToLower(cast.ContractorAccess.Name), "contractor acc") {
		t.Fatalf("the group is called %q", cast.ContractorAccess.Name)
	}
	person := args{"login": "new@acme.example", "email": "new@acme.example", "firstName": "N", "lastName": "E"}
	for tool, arguments := range map[string]args{
		"add_user_to_group":           {"group_id": cast.ContractorAccess.ID, "user_ids": []string{cast.Employee.ID}},
		"remove_user_from_group":      {"group_id": cast.ContractorAccess.ID, "user_ids": []string{cast.Contractor.ID}},
		"update_group":                {"group_id": cast.ContractorAccess.ID, "description": "x"},
		"delete_group":                {"group_id": cast.ContractorAccess.ID},
		"add_group_owner":             {"group_id": cast.ContractorAccess.ID, "owner_id": cast.Employee.ID},
		"create_user":                 {"profile": person, "group_ids": []string{cast.ContractorAccess.ID}},
		"create_group_rule":           {"name": "r", "expression": "true", "group_ids": []string{cast.ContractorAccess.ID}},
		"assign_role_to_group":        {"group_id": cast.ContractorAccess.ID, "type": "READ_ONLY_ADMIN"},
		"assign_group_to_application": {"group_id": cast.ContractorAccess.ID, "app_id": cast.SAMLApp.ID},
		"create_group":                {"name": "Contractor Access 2"},
	} {
		r := p.ask(tool, arguments)
		if !r.IsError || !strings.Contains(r.text(), refusal) {
			t.Errorf("%s: %s", tool, r.Raw)
		}
		if e := w.record.last(); e.Rule != "p.yaml:1 deny" {
			t.Errorf("%s is recorded with the rule %q", tool, e.Rule)
		}
	}
	// The group that a rule passes on to it, too.
	r := p.ask("add_user_to_group", args{"group_id": cast.Contractors.ID, "user_ids": []string{cast.Employee.ID}})
	r.mustFail(refusal)
	if p.asked.Load() > 0 || len(w.org.Writes()) > 0 {
		t.Errorf("asked %d times, and the org saw %v", p.asked.Load(), w.org.Writes())
	}
	p.ask("add_user_to_group", args{"group_id": cast.Project.ID, "user_ids": []string{cast.Employee.ID}}).mustWork(nil)
}

func TestARuleAboutAnApplicationHoldsForItAndItsAssignments(t *testing.T) {
	t.Parallel()
	w := ruled(t, setup{}, tools.Rule{Then: tools.Deny, Apps: []string{"none", "*"}})
	cast := w.org.Cast()
	p := w.connect("2025-11-25", accepting)
	for tool, arguments := range map[string]args{
		"deactivate_application":      {"app_id": cast.SAMLApp.ID},
		"assign_user_to_application":  {"app_id": cast.SAMLApp.ID, "user_id": cast.Staged.ID},
		"assign_group_to_application": {"app_id": cast.SAMLApp.ID, "group_id": cast.Project.ID},
	} {
		p.ask(tool, arguments).mustFail("denies this (p.yaml:1)")
	}
	p.ask("create_group", args{"name": "New"}).mustWork(nil) // no application is concerned
	w.reopen(func(cfg *tools.Config) {
		cfg.Policies = []tools.Policy{{Name: "p.yaml", Rules: []tools.Rule{{Line: 1, Apps: []string{cast.SAMLApp.ID}, Then: tools.Deny}}}}
	})
	p = w.connect("2025-11-25", accepting)
	p.ask("deactivate_application", args{"app_id": cast.SAMLApp.ID}).mustFail("p.yaml:1")
	p.ask("deactivate_application", args{"app_id": cast.OIDCApp.ID}).mustWork(nil)
}

func TestAWriteIsAskedAboutWhenARuleSaysSo(t *testing.T) {
	t.Parallel()
	for _, version := range versions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := ruled(t, setup{approve: []string{"unlock_user"}},
				tools.Rule{Tools: []string{"unlock_*"}, User: []tools.Attribute{{Path: "profile.login", Values: []string{"*@ACME.example"}}}, Then: tools.Ask, Because: "somebody must look"})
			arguments := args{"user_id": w.org.Cast().LockedOut.ID}
			var question string
			if p := w.connect(version, acting("decline")); version != modernVersion {
				p.ask("unlock_user", arguments).mustFail("answered decline")
				w.pass(11 * time.Minute)
			} else {
				question = p.call("unlock_user", arguments).InputRequests["confirm"].Params.Message
				if !strings.Contains(question, "Asked because the operator's policy asks (p.yaml:1: somebody must look).") {
					t.Errorf("the question is %s", question)
				}
			}
			if len(w.org.Writes()) > 0 {
				t.Fatalf("the org saw %v", w.org.Writes())
			}
			w.connect(version, accepting).ask("unlock_user", arguments).mustWork(nil)
			if e := w.record.last(); e.Rule != "p.yaml:1 ask" || !e.Raised || e.Consent.By != "client" || e.Outcome != "ok" {
				t.Errorf("recorded %+v", e)
			}
		})
	}
}

func TestATypedRuleWantsTheNameAndOneTargetAtATime(t *testing.T) {
	t.Parallel()
	w := ruled(t, setup{}, tools.Rule{Tools: []string{"suspend_user"}, Effects: []tools.Effect{tools.Destructive}, Then: tools.Typed})
	cast := w.org.Cast()
	p := w.connect(modernVersion, accepting)
	p.ask("suspend_user", args{"user_ids": []string{cast.Employee.ID, cast.Contractor.ID}}).mustFail("typed confirmation", "p.yaml:1", "one of them at a time")
	question := p.call("suspend_user", args{"user_ids": []string{cast.Employee.ID}}).InputRequests["confirm"].Params.Message
	if !strings.Contains(question, "type exactly: "+cast.Employee.Login) {
		t.Errorf("the question is %s", question)
	}
	p.ask("suspend_user", args{"user_ids": []string{cast.Employee.ID}}).mustWork(nil)
	if e := w.record.last(); e.Rule != "p.yaml:1 typed" || e.Raised {
		t.Errorf("recorded %+v", e)
	}
}

func TestAnApprovingRuleHoldsWithinItsBudgetAndOverNothingProtected(t *testing.T) {
	t.Parallel()
	w := ruled(t, setup{policies: []tools.Policy{{Name: "other.yaml", Protect: []string{"nobody@acme.example"}}}},
		tools.Rule{Tools: []string{"suspend_user", "unsuspend_user"}, User: []tools.Attribute{{Path: "status", Values: []string{"active", "suspended"}}}, Then: tools.Approve, Budget: 2})
	cast := w.org.Cast()
	p := w.connect("2025-11-25", acting("decline"))
	p.ask("suspend_user", args{"user_ids": []string{cast.Employee.ID}}).mustWork(nil)
	if e := w.record.last(); e.Rule != "p.yaml:1 approve" || e.Consent.By != "pre-approval" {
		t.Errorf("recorded %+v", e)
	}
	p.ask("suspend_user", args{"user_ids": []string{cast.SuperAdmin.ID}}).mustFail("answered decline")
	p.ask("unsuspend_user", args{"user_id": cast.Employee.ID}).mustWork(nil)
	p.ask("suspend_user", args{"user_ids": []string{cast.Employee.ID}}).mustFail("answered decline") // the budget is used up
	if e := w.record.last(); e.Rule != "" {
		t.Errorf("recorded %+v", e)
	}
	w.pass(time.Hour)
	p.ask("suspend_user", args{"user_ids": []string{cast.Employee.ID}}).mustWork(nil)
	w.reopen(func(cfg *tools.Config) {
		cfg.Policies = []tools.Policy{{Name: "p.yaml", Protect: []string{cast.Contractor.Login}, Approve: map[string]int{"suspend_user": 5}}}
	})
	p = w.connect("2025-11-25", acting("decline"))
	p.ask("suspend_user", args{"user_ids": []string{cast.Contractor.ID}}).mustFail("answered decline")
	p.ask("suspend_user", args{"user_ids": []string{cast.HelpDesk.ID}})
	w.pass(time.Hour)
	p.ask("deactivate_user", args{"user_ids": []string{cast.Employee.ID}}).mustFail("answered decline")
}

func TestAnApprovalCoversACallOnlyWithAllItsTargets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	cast := w.org.Cast()
	w.reopen(func(cfg *tools.Config) {
		cfg.Policies = []tools.Policy{{Name: "p.yaml", Rules: []tools.Rule{{Line: 1, Tools: []string{"suspend_user"}, Then: tools.Approve, Budget: 9,
			User: []tools.Attribute{{Path: "profile.login", Values: []string{cast.Employee.Login}}}}}}}
	})
	p := w.connect("2025-11-25", acting("decline"))
	p.ask("suspend_user", args{"user_ids": []string{cast.Employee.ID, cast.Contractor.ID}}).mustFail("answered decline")
	w.pass(11 * time.Minute)
	p.ask("suspend_user", args{"user_ids": []string{cast.Employee.ID}}).mustWork(nil)
}

// The machine's file caps what the command line and the other file approve; its
// own approvals hold by themselves, and of two budgets the lower counts.
func TestTheMachinesFileCapsApprovals(t *testing.T) {
	t.Parallel()
	approving := tools.Rule{Line: 1, Tools: []string{"suspend_user"}, Then: tools.Approve, Budget: 9}
	for name, c := range map[string]struct {
		machine, other tools.Policy
		flag           []string
		times          int // how many people in turn are suspended unasked
		rule           string
	}{
		"no machine, flag":                 {other: tools.Policy{}, flag: []string{"suspend_user=2"}, times: 2},
		"no machine, both":                 {other: tools.Policy{Approve: map[string]int{"suspend_user": 1}}, flag: []string{"suspend_user=2"}, times: 1, rule: "other approve"},
		"no machine, rule before the map":  {other: tools.Policy{Rules: []tools.Rule{{Line: 3, Tools: []string{"*"}, Effects: []tools.Effect{tools.Destructive}, Then: tools.Ask}}, Approve: map[string]int{"suspend_user": 5}}},
		"machine silent, flag":             {machine: tools.Policy{Machine: true}, flag: []string{"suspend_user=2"}},
		"machine silent, map":              {machine: tools.Policy{Machine: true}, other: tools.Policy{Approve: map[string]int{"suspend_user": 2}}},
		"machine silent, rule":             {machine: tools.Policy{Machine: true}, other: tools.Policy{Rules: []tools.Rule{approving}}},
		"machine approves, nobody else":    {machine: tools.Policy{Machine: true, Approve: map[string]int{"suspend_user": 2}}, times: 2, rule: "machine approve"},
		"machine approves less":            {machine: tools.Policy{Machine: true, Approve: map[string]int{"suspend_user": 1}}, flag: []string{"suspend_user=5"}, times: 1, rule: "machine approve"},
		"machine approves more":            {machine: tools.Policy{Machine: true, Approve: map[string]int{"suspend_user": 5}}, flag: []string{"suspend_user=2"}, times: 2, rule: "machine approve"},
		"machine's rule approves":          {machine: tools.Policy{Machine: true, Rules: []tools.Rule{approving}}, flag: []string{"suspend_user=2"}, times: 2, rule: "machine:1 approve"},
		"machine's rule asks, map covers":  {machine: tools.Policy{Machine: true, Approve: map[string]int{"suspend_user": 5}, Rules: []tools.Rule{{Line: 1, Tools: []string{"suspend_user"}, Then: tools.Ask}}}, flag: []string{"suspend_user"}},
		"the other's rule asks":            {machine: tools.Policy{Machine: true, Approve: map[string]int{"suspend_user": 5}}, other: tools.Policy{Rules: []tools.Rule{{Line: 1, Tools: []string{"suspend_user"}, Then: tools.Ask}}}},
		"another tool is approved":         {machine: tools.Policy{Machine: true, Approve: map[string]int{"deactivate_user": 5}}, flag: []string{"suspend_user"}},
		"the other's rule narrows the map": {machine: tools.Policy{Machine: true, Approve: map[string]int{"suspend_user": 5}}, other: tools.Policy{Rules: []tools.Rule{{Line: 1, Tools: []string{"suspend_user"}, Then: tools.Approve, Budget: 1}}}, times: 1, rule: "machine approve"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{})
			w.reopen(func(cfg *tools.Config) {
				c.machine.Name, c.other.Name = "machine", "other"
				if cfg.Policies = []tools.Policy{c.other}; c.machine.Machine {
					cfg.Policies = []tools.Policy{c.machine, c.other}
				}
				var err error
				if cfg.Approvals, err = confirm.ParseApprovals(c.flag, tools.Confirmable(), w.now); err != nil {
					t.Fatal(err)
				}
			})
			cast := w.org.Cast()
			p := w.connect("2025-11-25", acting("decline"))
			got := 0
			for _, id := range []string{cast.Employee.ID, cast.Contractor.ID, cast.HelpDesk.ID} {
				r := p.ask("suspend_user", args{"user_ids": []string{id}})
				if r.IsError {
					break
				}
				got++
				if e := w.record.last(); e.Rule != c.rule {
					t.Errorf("recorded with the rule %q, want %q", e.Rule, c.rule)
				}
			}
			if got != c.times {
				t.Errorf("%d were suspended unasked, want %d", got, c.times)
			}
		})
	}
}

func TestSecretsNeedEveryFile(t *testing.T) {
	t.Parallel()
	allows, forbids := tools.Policy{Name: "a", AllowSecrets: true}, tools.Policy{Name: "f"}
	machine := tools.Policy{Name: "m", Machine: true, AllowSecrets: true}
	for name, c := range map[string]struct {
		flag     bool
		policies []tools.Policy
		want     bool
	}{
		"flag":                         {true, nil, true},
		"flag, a file that allows":     {true, []tools.Policy{allows}, true},
		"flag, a file that does not":   {true, []tools.Policy{forbids}, false},
		"a file alone":                 {false, []tools.Policy{allows}, false},
		"the machine's alone":          {false, []tools.Policy{machine}, true},
		"the machine's and a stricter": {false, []tools.Policy{machine, forbids}, false},
	} {
		w := newWorld(t, setup{options: tools.Options{AllowSecrets: c.flag}, policies: c.policies})
		var status struct {
			Secrets bool `json:"secrets_allowed"`
		}
		w.connect("2025-11-25", accepting).call("get_access_status", args{}).mustWork(&status)
		if status.Secrets != c.want {
			t.Errorf("%s: secrets allowed: %t", name, status.Secrets)
		}
	}
}

// What cannot be read is taken for the stricter, says so, and approves nothing.
func TestWhatCannotBeReadIsTakenForTheStricter(t *testing.T) {
	t.Parallel()
	scopes := []string{"okta.users.manage", "okta.groups.read", "okta.groups.manage", "okta.roles.read"}
	w := ruled(t, setup{scopes: scopes, org: demoorg.Options{Granted: scopes}},
		tools.Rule{Tools: []string{"suspend_user"}, User: []tools.Attribute{{Path: "profile.nosuch", Values: []string{"x"}}}, Then: tools.Approve, Budget: 5},
		tools.Rule{Tools: []string{"unlock_user"}, User: []tools.Attribute{{Path: "profile.nosuch", Values: []string{"x"}}}, Then: tools.Deny},
		tools.Rule{Tools: []string{"reset_password"}, User: []tools.Attribute{{Path: "profile.login", Values: []string{"x"}}, {Path: "profile.nosuch", Values: []string{"x"}}}, Then: tools.Deny},
		tools.Rule{Tools: []string{"expire_password"}, User: []tools.Attribute{{Path: "profile.nosuch", Values: []string{"x"}}}, Then: tools.Ask},
		tools.Rule{Tools: []string{"expire_password"}, Then: tools.Deny})
	cast := w.org.Cast()
	p := w.connect("2025-11-25", acting("decline"))
	p.ask("suspend_user", args{"user_ids": []string{cast.Employee.ID}}).mustFail("answered decline")
	p.ask("unlock_user", args{"user_id": cast.LockedOut.ID}).mustFail("denies this (p.yaml:2; taken so because whether there is a profile.nosuch is not visible: the scope okta.schemas.read is not granted)")
	p.ask("reset_password", args{"user_id": cast.Employee.ID}).mustFail("answered decline") // the login is known, and another
	p.ask("expire_password", args{"user_id": cast.Employee.ID}).mustFail("denies this (p.yaml:5)")
	all := ruled(t, setup{}, tools.Rule{User: []tools.Attribute{{Path: "profile.nosuch", Values: []string{"x"}}}, Then: tools.Deny})
	all.connect("2025-11-25", accepting).ask("unlock_user", args{"user_id": all.org.Cast().LockedOut.ID}).mustFail("p.yaml:1", "there is no profile.nosuch")
	all.reopen(func(cfg *tools.Config) {
		cfg.Policies = []tools.Policy{{Name: "p.yaml", Rules: []tools.Rule{{Line: 1, User: []tools.Attribute{{Path: "profile.honorificPrefix", Values: []string{"Dr"}}}, Then: tools.Deny}}}}
	})
	all.connect("2025-11-25", accepting).ask("unlock_user", args{"user_id": all.org.Cast().LockedOut.ID}).mustWork(nil) // an attribute that this person has not
}

func number(n int) *int { return &n }

func TestLimitsHoldWithinAnyHour(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{policies: []tools.Policy{
		{Name: "a.yaml", Limits: tools.Limits{ConfirmedChanges: number(3), Writes: number(9)}},
		{Name: "b.yaml", Limits: tools.Limits{ConfirmedChanges: number(8), Writes: number(2)}},
	}})
	cast := w.org.Cast()
	p := w.connect("2025-11-25", accepting)
	create := func(name string) result { return p.ask("create_group", args{"name": name}) }
	create("one").mustWork(nil)
	create("one").mustFail() // Okta refuses it after it was sent: it stays counted
	p.call("create_group", args{"name": "plan", "plan_only": true}).mustWork(nil)
	create("three").mustFail("not done", "allows 2 changes without a consent an hour (limits.writes, b.yaml)", "2 count now", "make it 3", "again at")
	if e := w.record.last(); e.Answer != "limit" || e.Rule != "b.yaml limits.writes" || e.Outcome != tools.OutcomeNotConsented {
		t.Errorf("recorded %+v", e)
	}
	p.ask("revoke_user_sessions", args{"user_ids": []string{cast.Employee.ID, cast.Contractor.ID}}).mustWork(nil)
	asked := p.asked.Load()
	p.ask("revoke_user_sessions", args{"user_ids": []string{cast.LockedOut.ID, cast.Provisioned.ID}}).mustFail("allows 3 changes with a consent, a person's or an approval's, an hour (limits.confirmed_changes, a.yaml)")
	p.ask("deactivate_user", args{"user_ids": []string{"x"}}).mustFail("no user") // refused calls do not count
	if p.asked.Load() != asked {
		t.Error("somebody was asked in vain")
	}
	var status struct {
		Policies []string
		Limits   []struct {
			Limit  string
			AnHour int `json:"an_hour"`
			Left   int
		}
	}
	p.call("get_access_status", args{}).mustWork(&status)
	if got := fmt.Sprint(status); got != "{[a.yaml b.yaml] [{confirmed_changes 3 1} {writes 2 0}]}" {
		t.Errorf("get_access_status says %s", got)
	}
	w.pass(59 * time.Minute)
	create("three").mustFail("limits.writes")
	w.pass(time.Minute)
	create("three").mustWork(nil)
}

func TestPeopleAreCountedOnceAnHour(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{policies: []tools.Policy{{Name: "p.yaml", Limits: tools.Limits{People: number(2)}}}})
	cast := w.org.Cast()
	p := w.connect("2025-11-25", accepting)
	signOut := func(ids ...string) result { return p.ask("revoke_user_sessions", args{"user_ids": ids}) }
	signOut(cast.Employee.ID).mustWork(nil)
	w.pass(30 * time.Minute)
	p.ask("reset_factors", args{"user_id": cast.Employee.ID}).mustWork(nil) // the same person
	signOut(cast.Contractor.ID, cast.LockedOut.ID).mustFail("limits.people")
	signOut(cast.Contractor.ID).mustWork(nil)
	p.ask("reset_factors", args{"user_id": cast.LockedOut.ID}).mustFail("2 distinct people changed an hour", "again at")
	p.ask("add_user_to_group", args{"group_id": cast.Project.ID, "user_ids": []string{cast.LockedOut.ID}}).mustFail("limits.people")
	p.ask("create_group", args{"name": "New"}).mustWork(nil) // nobody is changed
	signOut(cast.Employee.ID, cast.Contractor.ID, cast.LockedOut.ID).mustFail("a call on 3 never fits")
	w.pass(31 * time.Minute)
	signOut(cast.LockedOut.ID).mustFail("limits.people") // both were changed less than an hour ago
	w.pass(30 * time.Minute)
	signOut(cast.LockedOut.ID).mustWork(nil)
}

func TestAPlanNamesTheRule(t *testing.T) {
	t.Parallel()
	w := ruled(t, setup{}, tools.Rule{Tools: []string{"unlock_user"}, Then: tools.Ask}, tools.Rule{Tools: []string{"suspend_user"}, Then: tools.Approve, Budget: 1})
	p := w.connect("2025-11-25", nil)
	for tool, c := range map[string]struct {
		arguments args
		policy    string
		asks      bool
	}{
		"unlock_user":  {args{"user_id": w.org.Cast().LockedOut.ID}, "p.yaml:1 ask", true},
		"suspend_user": {args{"user_ids": []string{w.org.Cast().Employee.ID}}, "p.yaml:2 approve", true},
		"create_group": {args{"name": "New"}, "", false},
	} {
		c.arguments["plan_only"] = true
		var change struct {
			Plan struct {
				Policy string
				Asks   bool
			}
		}
		p.call(tool, c.arguments).mustWork(&change)
		if change.Plan.Policy != c.policy || change.Plan.Asks != c.asks {
			t.Errorf("%s: %+v", tool, change.Plan)
		}
	}
}

func TestExplainSpendsNothingAndAsksNobody(t *testing.T) {
	t.Parallel()
	w := ruled(t, setup{}, tools.Rule{Groups: []string{"x"}, Then: tools.Deny}, tools.Rule{Tools: []string{"suspend_user"}, Then: tools.Approve, Budget: 1},
		tools.Rule{Tools: []string{"delete_group"}, Then: tools.Typed})
	cast := w.org.Cast()
	for range 2 {
		e, err := w.server.Explain(t.Context(), "suspend_user", encoded(t, args{"user_ids": []string{cast.Employee.ID}}))
		if err != nil || e.Refused != nil || e.Asks || e.Approval != "p.yaml:2 approve" || len(e.Targets) != 1 || e.Targets[0].By != "p.yaml:2 approve" || len(e.Targets[0].Considered) != 2 {
			t.Errorf("%+v, %v", e, err)
		}
	}
	e, err := w.server.Explain(t.Context(), "delete_group", encoded(t, args{"group_id": cast.Project.ID}))
	if err != nil || !e.Asks || e.Types != cast.Project.Name || e.Targets[0].Verdict != tools.Typed {
		t.Errorf("%+v, %v", e, err)
	}
	if e, err = w.server.Explain(t.Context(), "unlock_user", encoded(t, args{"user_id": cast.Employee.ID})); err != nil || e.Refused == nil {
		t.Errorf("%+v, %v", e, err)
	}
	if _, err = w.server.Explain(t.Context(), "no_tool", nil); err == nil {
		t.Error("there is no such tool")
	}
	if len(w.org.Writes()) > 0 {
		t.Errorf("the org saw %v", w.org.Writes())
	}
}

func encoded(t testing.TB, arguments any) json.RawMessage {
	t.Helper()
	text, err := json.Marshal(arguments)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
