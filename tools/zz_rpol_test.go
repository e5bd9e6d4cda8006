package tools_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/tools"
)

func TestZZAsks(t *testing.T) {
	for _, d := range tools.Catalog() {
		if d.Effect != tools.Read && !d.Asks {
			t.Errorf("%s changes and never asks", d.Name)
		}
	}
}

func TestZZHiddenWalk(t *testing.T) {
	for _, scopes := range [][]string{{"okta.users.manage", "okta.users.read", "okta.roles.read", "okta.schemas.read"}, nil} {
		w := ruled(t, setup{scopes: scopes, org: demoorg.Options{Granted: scopes}}, tools.Rule{Groups: []string{"*"}, Then: tools.Deny})
		p := w.connect("2025-11-25", accepting)
		for _, dep := range []string{"Engineering", "Sales", "Finance", "IT", "Contractors"} {
			r := p.ask("update_user", args{"user_id": w.org.Cast().Employee.ID, "profile": args{"department": dep, "userType": "Contractor"}})
			t.Logf("%v %s: err=%v %.300s", scopes, dep, r.IsError, r.text())
			t.Logf("rule %q", w.record.last().Rule)
		}
		r := p.ask("create_user", args{"profile": args{"login": "a@acme.example", "email": "a@acme.example", "firstName": "a", "lastName": "b", "userType": "Contractor"}})
		t.Logf("create err=%v %.300s", r.IsError, r.text())
		r = p.ask("replace_user", args{"user_id": w.org.Cast().Contractor.ID, "profile": args{"login": "a@acme.example", "email": "a@acme.example", "firstName": "a", "lastName": "b", "userType": "Contractor"}})
		t.Logf("replace err=%v %.300s", r.IsError, r.text())
	}
}

func TestZZGroupRule(t *testing.T) {
	w := ruled(t, setup{})
	p := w.connect("2025-11-25", accepting)
	var c struct{ Target struct{ ID string } }
	p.ask("create_group_rule", args{"name": "r", "expression": `user.department=="x"`, "group_ids": []string{w.org.Cast().ContractorAccess.ID}}).mustWork(&c)
	w.reopen(func(cfg *tools.Config) {
		cfg.Policies = []tools.Policy{{Name: "p.yaml", Rules: []tools.Rule{{Line: 1, Groups: []string{"Contractor Acc*"}, Then: tools.Deny}}}}
	})
	p = w.connect("2025-11-25", accepting)
	for _, tool := range []string{"update_group_rule", "activate_group_rule", "delete_group_rule"} {
		a := args{"rule_id": c.Target.ID}
		if tool == "update_group_rule" {
			a["name"] = "zz"
		}
		r := p.ask(tool, a)
		t.Logf("%s err=%v %.300s", tool, r.IsError, r.text())
	}
}

func TestZZConcurrent(t *testing.T) {
	five := 5
	w := ruled(t, setup{})
	w.reopen(func(cfg *tools.Config) {
		cfg.Policies = []tools.Policy{{Name: "p.yaml", Limits: tools.Limits{Writes: &five, ConfirmedChanges: &five}, Approve: map[string]int{"delete_group": 3}}}
	})
	p := w.connect("2025-11-25", accepting)
	var wg sync.WaitGroup
	var mu sync.Mutex
	ok := 0
	for i := range 16 {
		wg.Go(func() {
			r := p.ask("create_group", args{"name": fmt.Sprint("g", i)})
			mu.Lock()
			defer mu.Unlock()
			if !r.IsError {
				ok++
			} else if !strings.Contains(r.text(), "limits.writes") {
				t.Errorf("%s", r.text())
			}
		})
	}
	wg.Wait()
	if ok != 5 {
		t.Errorf("%d done", ok)
	}
	r := p.ask("get_access_status", args{})
	t.Logf("%.900s", r.text())
}

func TestZZScopesPolicies(t *testing.T) {
	w := ruled(t, setup{}, tools.Rule{Groups: []string{"*"}, Then: tools.Deny})
	p := w.connect("2025-11-25", accepting)
	cast := w.org.Cast()
	r := p.ask("create_policy", args{"policy": args{"type": "OKTA_SIGN_ON", "name": "x", "conditions": args{"people": args{"groups": args{"include": []string{cast.ContractorAccess.ID}}}}}})
	t.Logf("policy err=%v %.300s", r.IsError, r.text())
	r = p.ask("unassign_user_from_application", args{"app_id": cast.SAMLApp.ID, "user_id": cast.Employee.ID})
	t.Logf("unassign err=%v %.300s", r.IsError, r.text())
}
