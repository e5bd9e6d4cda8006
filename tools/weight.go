package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
)

const rolesRead = "okta.roles.read"

// adminConsole is the name of the app through which administrators work: who is
// assigned to it can become one.
const adminConsole = "saasure"

// weighUser notes in p what a change of this person weighs: super
// administrators are never changed lightly, and where roles cannot be read the
// person is taken for one. It returns the labels of the person's admin roles.
func (c *Call) weighUser(ctx context.Context, p *confirm.Preview, u user) ([]string, error) {
	var roles []json.RawMessage
	hidden, err := c.optional(rolesRead, func() (err error) {
		roles, _, err = page(c.Org.ListAssignedRolesForUser(ctx, u.id, nil))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the admin roles of %s: %w", u.id, err)
	}
	if hidden != "" {
		why := "it is not visible whether a person concerned is an administrator: " + hidden
		p.Raised, p.Protected, p.Typed = why, why, true
		return nil, nil
	}
	for _, role := range roles {
		if gjson.GetBytes(role, "type").String() == "SUPER_ADMIN" {
			why := "a person concerned is a super administrator"
			p.Raised, p.Protected, p.Typed = why, why, true
		}
	}
	labels := distinct(names(roles, "label")) // a role can be held directly and through groups
	if len(labels) > 0 {
		p.Details = append(p.Details, detail("admin roles held", labels))
	}
	return labels, nil
}

// weighUsers weighs each person of a call that takes access away: an
// administrator among them is confirmed by typing.
func (c *Call) weighUsers(ctx context.Context, p *confirm.Preview, users []user) error {
	for _, u := range users {
		labels, err := c.weighUser(ctx, p, u)
		if err != nil {
			return err
		}
		if len(labels) > 0 && !p.Typed {
			p.Typed = true
			p.Consequence = append(p.Consequence, "This takes access from an administrator.")
		}
	}
	return nil
}

// weighJoining raises p when joining the group gives power: it holds an admin
// role, opens the Admin Console, or feeds a group that does through a rule.
func (c *Call) weighJoining(ctx context.Context, p *confirm.Preview, g group) error {
	labels, hidden, err := c.groupRoles(ctx, g.id)
	if err != nil {
		return err
	}
	switch {
	case hidden != "":
		p.Raised = "it is not visible whether the group holds an admin role: " + hidden
		p.Protected = p.Raised
	case len(labels) > 0:
		p.Raised = "members of the group are administrators"
		p.Details = append(p.Details, detail("admin roles of the group", labels))
	}
	apps, count, err := page(c.Org.ListAssignedApplicationsForGroup(ctx, g.id, limitOf(200)))
	if err != nil {
		return fmt.Errorf("reading the apps of the group: %w", err)
	}
	if len(apps) > 0 {
		p.Details = append(p.Details, detail("apps gained", names(apps, "label")))
		p.Consequence = append(p.Consequence, fmt.Sprintf("Membership opens %s.", count.of("app", "apps")))
		p.Notes = append(p.Notes, "membership opens the apps "+quotedList(names(apps[:min(len(apps), maxDetail)], "label"))+more(len(apps)-maxDetail))
	}
	if p.Raised == "" && slices.Contains(names(apps, "name"), adminConsole) {
		p.Raised = "the group opens the Okta Admin Console"
	}
	return c.weighFeeding(ctx, p, g)
}

// weighFeeding looks for active rules whose condition names the group: who joins
// it also joins the groups that they assign.
func (c *Call) weighFeeding(ctx context.Context, p *confirm.Preview, g group) error {
	rules, count, err := page(c.Org.ListGroupRules(ctx, limitOf(200)))
	if err != nil {
		return fmt.Errorf("reading the group rules: %w", err)
	}
	if count.more && p.Raised == "" {
		p.Raised = "there are more group rules than are read here, and one of them may give the members more"
	}
	for _, rule := range rules {
		r := gjson.ParseBytes(rule)
		if r.Get("status").String() != "ACTIVE" || !strings.Contains(r.Get("conditions.expression.value").String(), g.id) {
			continue
		}
		for _, fed := range r.Get("actions.assignUserToGroups.groupIds").Array() {
			labels, hidden, err := c.groupRoles(ctx, fed.String())
			if err != nil {
				return err
			}
			if p.Raised == "" && (hidden != "" || len(labels) > 0) {
				p.Raised = "a group rule passes members of this group on to a group that holds an admin role, or may hold one"
				p.Details = append(p.Details, detail("passed on by the rule", []string{r.Get("name").String()}))
			}
		}
	}
	return nil
}

func (c *Call) groupRoles(ctx context.Context, groupID string) (labels []string, hidden string, err error) {
	hidden, err = c.optional(rolesRead, func() error {
		roles, _, err := page(c.Org.ListGroupAssignedRoles(ctx, groupID, nil))
		labels = distinct(names(roles, "label"))
		return err
	})
	if err != nil {
		err = fmt.Errorf("reading the admin roles of the group %s: %w", groupID, err)
	}
	return labels, hidden, err
}

// feeding returns the names of the active rules that put people into the group.
func (c *Call) feeding(ctx context.Context, groupID string) (ruleNames []string, all atLeast, err error) {
	rules, count, err := page(c.Org.ListGroupRules(ctx, limitOf(200)))
	if err != nil {
		return nil, count, fmt.Errorf("reading the group rules: %w", err)
	}
	for _, rule := range rules {
		r := gjson.ParseBytes(rule)
		for _, id := range r.Get("actions.assignUserToGroups.groupIds").Array() {
			if id.String() == groupID && r.Get("status").String() == "ACTIVE" {
				ruleNames = append(ruleNames, r.Get("name").String())
			}
		}
	}
	return ruleNames, atLeast{n: len(ruleNames), more: count.more}, nil
}

func distinct(labels []string) []string {
	slices.Sort(labels)
	return slices.Compact(labels)
}

func more(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n)
}
