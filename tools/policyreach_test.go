package tools_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/tools"
)

// Where a call may lead, and nobody can tell, is where a rule forbids to go.
func TestWhatGroupRulesMayDoUnseenIsTakenAsMatching(t *testing.T) {
	t.Parallel()
	scopes := []string{"okta.users.manage", "okta.roles.read", "okta.schemas.read"}
	for word, rule := range map[string]tools.Rule{
		"groups": {Groups: []string{"Executives"}, Then: tools.Deny},
		"apps":   {Apps: []string{"Salesforce*"}, Then: tools.Deny},
	} {
		w := ruled(t, setup{scopes: scopes, org: demoorg.Options{Granted: scopes}}, rule)
		p := w.connect("2025-11-25", accepting)
		r := p.ask("update_user", args{"user_id": w.org.Cast().Employee.ID, "profile": args{"userType": "Contractor"}})
		if !r.IsError || !strings.Contains(r.text(), "denies this (p.yaml:1; taken so because it is not visible whether a group rule gives more: the scope okta.groups.read is not granted)") {
			t.Errorf("%s: %s", word, r.Raw)
		}
	}
}

// The way through a group into an application is a way into the application, and a
// group rule that sleeps is about the groups it will fill.
func TestRulesHoldOnTheWayRound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	cast := w.org.Cast()
	p := w.connect("2025-11-25", accepting)
	var group, rule struct{ Target struct{ ID string } }
	p.ask("create_group", args{"name": "Way round"}).mustWork(&group)
	p.ask("assign_group_to_application", args{"app_id": cast.SAMLApp.ID, "group_id": group.Target.ID}).mustWork(nil)
	p.ask("create_group_rule", args{"name": "r", "expression": `user.department=="none"`, "group_ids": []string{group.Target.ID}}).mustWork(&rule)
	for name, c := range map[string]struct {
		rule      tools.Rule
		tool      string
		arguments args
	}{
		"into an application": {tools.Rule{Apps: []string{cast.SAMLApp.ID}}, "add_user_to_group", args{"group_id": group.Target.ID, "user_ids": []string{cast.Employee.ID}}},
		"by a rule of groups": {tools.Rule{Groups: []string{"way *"}}, "update_group_rule", args{"rule_id": rule.Target.ID, "expression": "true"}},
	} {
		w.reopen(func(cfg *tools.Config) {
			c.rule.Line, c.rule.Then = 1, tools.Deny
			cfg.Policies = []tools.Policy{{Name: "p.yaml", Rules: []tools.Rule{c.rule}}}
		})
		r := w.connect("2025-11-25", accepting).ask(c.tool, c.arguments)
		if !r.IsError || !strings.Contains(r.text(), "denies this (p.yaml:1)") || len(w.org.Writes()) > 0 {
			t.Errorf("%s: %s; the org saw %v", name, r.Raw, w.org.Writes())
		}
	}
}

// A write that is asked about because there were many counts as consented to: when
// there is no room for those, nobody is asked.
func TestNobodyIsAskedInVainWhenThereWereManyWrites(t *testing.T) {
	t.Parallel()
	none, asked := 0, 0
	w := newWorld(t, setup{policies: []tools.Policy{{Name: "p.yaml", Limits: tools.Limits{ConfirmedChanges: &none}}}})
	p := w.connect("2025-11-25", func(ctx context.Context, q mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
		asked++
		return accepting(ctx, q)
	})
	for i := range 200 {
		r := p.ask("create_group", args{"name": fmt.Sprint("group ", i)})
		if !r.IsError {
			continue
		}
		if asked > 0 || !strings.Contains(r.text(), "limits.confirmed_changes, p.yaml") {
			t.Errorf("%d people were asked: %s", asked, r.Raw)
		}
		return
	}
	t.Error("there never were too many writes")
}
