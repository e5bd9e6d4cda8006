package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

const (
	rolesRead  = "okta.roles.read"
	superAdmin = "SUPER_ADMIN"
)

// adminConsole is the name of the app through which administrators work: who is
// assigned to it can become one.
const adminConsole = "saasure"

// raise adds a reason for which a write is confirmed after all.
func raise(p *confirm.Preview, why string) {
	switch {
	case p.Raised == "":
		p.Raised = why
	case !strings.Contains(p.Raised, why):
		p.Raised += ", and because " + why
	}
}

// protect adds a reason for which the answer is typed and no pre-approval holds.
func protect(p *confirm.Preview, why string) {
	raise(p, why)
	p.Typed = true
	if p.Protected == "" {
		p.Protected = why
	}
}

// role is an admin role as somebody holds it.
type role struct{ kind, label string }

func rolesOf(items []json.RawMessage) []role {
	roles := make([]role, len(items))
	for i, item := range items {
		roles[i] = role{kind: gjson.GetBytes(item, "type").String(), label: gjson.GetBytes(item, "label").String()}
	}
	return roles
}

func isSuper(roles []role) bool {
	return slices.ContainsFunc(roles, func(r role) bool { return r.kind == superAdmin })
}

// labels names each role once: it can be held directly and through groups.
func labels(roles []role) []string {
	all := make([]string, len(roles))
	for i, r := range roles {
		all[i] = r.label
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (c *Call) userRoles(ctx context.Context, userID string) (roles []role, hidden string, err error) {
	hidden, err = c.optional(rolesRead, func() error {
		items, _, err := page(c.Org.ListAssignedRolesForUser(ctx, userID, nil))
		roles = rolesOf(items)
		return err
	})
	if err != nil {
		err = fmt.Errorf("reading the admin roles of %s: %w", userID, err)
	}
	return roles, hidden, err
}

func (c *Call) groupRoles(ctx context.Context, groupID string) (roles []role, hidden string, err error) {
	hidden, err = c.optional(rolesRead, func() error {
		items, _, err := page(c.Org.ListGroupAssignedRoles(ctx, groupID, nil))
		roles = rolesOf(items)
		return err
	})
	if err != nil {
		err = fmt.Errorf("reading the admin roles of the group %s: %w", groupID, err)
	}
	return roles, hidden, err
}

// weighUser notes in p what a change of this person weighs: super
// administrators are never changed lightly, and where roles cannot be read the
// person is taken for one. It reports whether the person holds any admin role.
func (c *Call) weighUser(ctx context.Context, p *confirm.Preview, u user) (admin bool, err error) {
	if u.login == "" && len(c.Options.Protect) > 0 {
		protect(p, "it is not visible whether a person concerned is protected: the scope "+usersRead+" is not granted")
	}
	roles, hidden, err := c.userRoles(ctx, u.id)
	switch {
	case err != nil:
		return false, err
	case hidden != "":
		protect(p, "it is not visible whether a person concerned is an administrator: "+hidden)
	case isSuper(roles):
		protect(p, "a person concerned is a super administrator")
	}
	if len(roles) > 0 {
		p.Details = append(p.Details, detail("admin roles held", labels(roles)))
	}
	return len(roles) > 0, nil
}

// weighUsers weighs each person of a call that takes access away: an
// administrator among them is confirmed by typing.
func (c *Call) weighUsers(ctx context.Context, p *confirm.Preview, users []user) error {
	for _, u := range users {
		admin, err := c.weighUser(ctx, p, u)
		if err != nil {
			return err
		}
		if admin && !p.Typed {
			p.Typed = true
			p.Consequence = append(p.Consequence, "This takes access from an administrator.")
		}
	}
	return nil
}

// The bounds of what is read to see where a membership leads.
const (
	maxPages = 5  // of rules or apps, 200 each
	maxWalk  = 12 // groups that rules pass members on to
)

// walk follows where becoming a member of groups leads: the admin roles they
// hold, the apps they open, and the groups that active rules pass members on to.
type walk struct {
	*Call
	p     *confirm.Preview
	rules []gjson.Result // active ones
	seen  map[string]bool
	by    []string // names of the rules that pass members on
}

// newWalk reads the rules. Where they cannot be read, or not all of them, what
// they might do is taken for a reason to ask.
func (c *Call) newWalk(ctx context.Context, p *confirm.Preview) (*walk, error) {
	w := &walk{Call: c, p: p, seen: map[string]bool{}}
	hidden, err := c.optional(groupsRead, func() error {
		rules, more, err := pages(ctx, limitOf(200), c.Org.ListGroupRules)
		if more {
			raise(p, "there are more group rules than are read here, and one of them may give more")
		}
		for _, rule := range rules {
			if r := gjson.ParseBytes(rule); r.Get("status").String() == "ACTIVE" {
				w.rules = append(w.rules, r)
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the group rules: %w", err)
	}
	if hidden != "" {
		raise(p, "it is not visible whether a group rule gives more: "+hidden)
	}
	return w, nil
}

// joining weighs a group that people join by hand.
func (w *walk) joining(ctx context.Context, g group) error {
	apps, err := w.apps(ctx, g.id)
	if err != nil {
		return err
	}
	if len(apps) > 0 {
		p := w.p
		p.Details = append(p.Details, detail("apps gained", apps))
		p.Consequence = append(p.Consequence, fmt.Sprintf("Membership opens %s.", atLeast{n: len(apps)}.of("app", "apps")))
		p.Notes = append(p.Notes, "apps gained: "+quotedList(apps[:min(len(apps), maxDetail)])+more(len(apps)-maxDetail))
	}
	err = w.lead(ctx, []string{g.id})
	w.tell("group rules that may pass members on to other groups")
	return err
}

// tell names the rules met since the last time, in the question and the answer.
func (w *walk) tell(label string) {
	if len(w.by) > 0 {
		w.p.Details = append(w.p.Details, detail(label, w.by))
		w.p.Notes = append(w.p.Notes, label+": "+quotedList(w.by[:min(len(w.by), maxDetail)])+more(len(w.by)-maxDetail))
	}
	w.by = nil
}

// plainRule is the condition that most rules have: one attribute is one text.
var plainRule = regexp.MustCompile(`^\s*user\.(\w+)\s*==\s*"([^"\\]*)"\s*$`)

// changing weighs attributes that group rules may go by: their names and what
// they are set to.
func (w *walk) changing(ctx context.Context, set map[string]string) error {
	var fed []string
	for _, rule := range w.rules {
		if goesBy(rule.Get("conditions.expression.value").String(), set) {
			fed = append(fed, w.passOn(rule)...)
		}
	}
	err := w.lead(ctx, fed)
	w.tell("group rules that go by what is set here")
	return err
}

// goesBy reports whether a rule's condition could come true by setting the
// attributes. Only the plain form is evaluated; any other that mentions one of
// them could.
func goesBy(expression string, set map[string]string) bool {
	if plain := plainRule.FindStringSubmatch(expression); plain != nil {
		for name, value := range set {
			if strings.EqualFold(name, plain[1]) && strings.EqualFold(strings.TrimSpace(value), strings.TrimSpace(plain[2])) {
				return true
			}
		}
		return false
	}
	for name := range set {
		if strings.Contains(strings.ToLower(expression), "user."+strings.ToLower(name)) {
			return true
		}
	}
	return false
}

// lead follows the groups to wherever rules take their members.
func (w *walk) lead(ctx context.Context, groups []string) error {
	for len(groups) > 0 {
		id := groups[0]
		groups = groups[1:]
		if w.seen[id] {
			continue
		}
		if len(w.seen) == maxWalk {
			protect(w.p, "group rules pass members on through more groups than are followed here")
			return nil
		}
		w.seen[id] = true
		if err := w.weigh(ctx, id); err != nil {
			return err
		}
		for _, rule := range w.rules {
			expression := rule.Get("conditions.expression.value").String()
			// A condition on group names could mean this one: names are not evaluated here.
			if strings.Contains(expression, id) || strings.Contains(expression, "isMemberOfGroupName") {
				groups = append(groups, w.passOn(rule)...)
			}
		}
	}
	return nil
}

// passOn returns the groups that a rule puts people into, and remembers the rule.
func (w *walk) passOn(rule gjson.Result) []string {
	var ids []string
	if name := rule.Get("name").String(); !slices.Contains(w.by, name) {
		w.by = append(w.by, name)
	}
	for _, id := range rule.Get("actions.assignUserToGroups.groupIds").Array() {
		ids = append(ids, id.String())
	}
	return ids
}

// weigh looks at one group that people come to be in.
func (w *walk) weigh(ctx context.Context, id string) error {
	roles, hidden, err := w.groupRoles(ctx, id)
	if err != nil {
		return err
	}
	switch {
	case hidden != "":
		protect(w.p, "it is not visible whether a group joined holds an admin role: "+hidden)
	case isSuper(roles):
		protect(w.p, "members of a group joined are super administrators")
	case len(roles) > 0:
		raise(w.p, "members of a group joined are administrators")
	}
	if len(roles) > 0 {
		w.p.Details = append(w.p.Details, detail("admin roles of the group "+id, labels(roles)))
	}
	if len(w.Options.Protect) > 0 {
		g, err := w.group(ctx, id)
		if err != nil {
			return err
		}
		w.protectGroup(w.p, g)
	}
	_, err = w.apps(ctx, id)
	return err
}

// apps returns the labels of the apps a group opens, and raises when one of them
// is the Admin Console.
func (w *walk) apps(ctx context.Context, groupID string) ([]string, error) {
	var apps []json.RawMessage
	hidden, err := w.optional(groupsRead, func() (err error) {
		fetch := func(ctx context.Context, q oktaclient.Query) (*oktaclient.Answer, error) {
			return w.Org.ListAssignedApplicationsForGroup(ctx, groupID, q)
		}
		var more bool
		if apps, more, err = pages(ctx, limitOf(200), fetch); more {
			raise(w.p, "a group joined opens more apps than are read here")
		}
		return err
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the apps of the group %s: %w", groupID, err)
	case hidden != "":
		raise(w.p, "it is not visible what apps a group joined opens: "+hidden)
	case slices.Contains(names(apps, "name"), adminConsole):
		raise(w.p, "a group joined opens the Okta Admin Console")
	}
	return names(apps, "label"), nil
}

// pages reads a list to its end, or to maxPages; more says that it went on.
func pages(ctx context.Context, q oktaclient.Query, fetch func(context.Context, oktaclient.Query) (*oktaclient.Answer, error)) (all []json.RawMessage, more bool, err error) {
	for range maxPages {
		answer, err := fetch(ctx, q)
		if err != nil {
			return nil, false, err
		}
		items, err := answer.Items()
		if err != nil {
			return nil, false, err
		}
		all = append(all, items...)
		if q = answer.Next; q == nil {
			return all, false, nil
		}
	}
	return all, true, nil
}

// feeding returns the names of the active rules that put people into the group.
// hidden says why they cannot be read, and partly that there are more than were.
func (c *Call) feeding(ctx context.Context, groupID string) (ruleNames []string, hidden string, partly bool, err error) {
	hidden, err = c.optional(groupsRead, func() error {
		rules, more, err := pages(ctx, limitOf(200), c.Org.ListGroupRules)
		partly = more
		for _, rule := range rules {
			r := gjson.ParseBytes(rule)
			fed := r.Get("actions.assignUserToGroups.groupIds").Array()
			if r.Get("status").String() == "ACTIVE" && slices.ContainsFunc(fed, func(id gjson.Result) bool { return id.String() == groupID }) {
				ruleNames = append(ruleNames, r.Get("name").String())
			}
		}
		return err
	})
	if err != nil {
		err = fmt.Errorf("reading the group rules: %w", err)
	}
	return ruleNames, hidden, partly, err
}

func more(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n)
}
