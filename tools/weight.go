package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

const (
	rolesRead   = "okta.roles.read"
	rolesManage = "okta.roles.manage"
	superAdmin  = "SUPER_ADMIN"
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
type role struct {
	id, kind, label string // id is that of the assignment
	custom, set     string // of a CUSTOM role: the ids of the role and its resource set
	through         string // "USER" or "GROUP": what it is assigned to
	raw             json.RawMessage
}

func rolesOf(items []json.RawMessage) []role {
	roles := make([]role, len(items))
	for i, item := range items {
		roles[i] = newRole(item)
	}
	return roles
}

func newRole(raw json.RawMessage) role {
	r := gjson.ParseBytes(raw)
	return role{
		id: r.Get("id").String(), kind: r.Get("type").String(), label: r.Get("label").String(),
		custom: r.Get("role").String(), set: r.Get("resource-set").String(), through: r.Get("assignmentType").String(), raw: raw,
	}
}

func isSuper(roles []role) bool {
	return slices.ContainsFunc(roles, func(r role) bool { return r.kind == superAdmin })
}

// weighGroup notes in p the power that being in a group gives, which word names
// in our sentences, and reports whether it gives any.
func (c *Call) weighGroup(ctx context.Context, p *confirm.Preview, id, word string) (power bool, err error) {
	roles, hidden, err := c.groupRoles(ctx, id)
	switch {
	case hidden != "":
		protect(p, "it is not visible whether "+word+" holds an admin role: "+hidden)
	case isSuper(roles):
		protect(p, "members of "+word+" are super administrators")
	case len(roles) > 0:
		raise(p, "members of "+word+" are administrators")
	}
	if len(roles) > 0 {
		p.Details = append(p.Details, detail("admin roles of the group "+id, labels(roles)))
	}
	return len(roles) > 0, err
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
	roles, hidden, err := c.userRoles(ctx, u.id)
	if err != nil {
		return false, err
	}
	c.weighRoles(p, u, roles, hidden)
	return len(roles) > 0, nil
}

// weighRoles is weighUser once the roles are read.
func (c *Call) weighRoles(p *confirm.Preview, u user, roles []role, hidden string) {
	if u.login == "" && len(c.Options.Protect) > 0 {
		protect(p, "it is not visible whether a person concerned is protected: the scope "+usersRead+" is not granted")
	}
	switch {
	case hidden != "":
		protect(p, "it is not visible whether a person concerned is an administrator: "+hidden)
	case isSuper(roles):
		protect(p, "a person concerned is a super administrator")
	}
	if len(roles) > 0 {
		p.Details = append(p.Details, detail("admin roles held", labels(roles)))
	}
}

// raiseForAdmin asks about a write after all: a change of an administrator's
// account is typed.
func raiseForAdmin(p *confirm.Preview) {
	raise(p, "the person is an administrator")
	p.Typed = true
}

// weighUsers weighs each person of a call that takes access away: an
// administrator is confirmed by typing, and so alone.
func (c *Call) weighUsers(ctx context.Context, p *confirm.Preview, users []user) error {
	var admins []string
	for _, u := range users {
		admin, err := c.weighUser(ctx, p, u)
		if err != nil {
			return err
		}
		if admin {
			admins = append(admins, confirm.Quote(u.login)+" ("+u.id+")")
		}
	}
	switch {
	case len(admins) > 0 && len(users) > 1:
		return &Refused{Reason: "nobody was changed: administrators are only changed with a typed confirmation of their own, and among these people are " + strings.Join(admins, ", "),
			Next: "leave them out, and call this tool with one of them at a time"}
	case len(admins) > 0 && !p.Typed:
		p.Typed = true
		p.Consequence = append(p.Consequence, "This takes access from an administrator.")
	}
	return nil
}

// The bounds of what is read to see where a membership leads.
const (
	maxPages = 5  // of rules or apps, 200 each
	maxWalk  = 25 // groups that rules pass members on to
)

// walk follows where becoming a member of groups leads: the admin roles they
// hold, the apps they open, and the groups that active rules pass members on to.
type walk struct {
	*Call
	p     *confirm.Preview
	rules []gjson.Result // active ones
	seen  map[string]bool
	fed   int      // how many of the groups seen were reached through rules
	by    []string // names of the rules met since the last tell
}

// newWalk reads the rules. Where they cannot be read, or not all of them, what
// they might do is taken for a reason to ask.
func (c *Call) newWalk(ctx context.Context, p *confirm.Preview) (*walk, error) {
	return c.shortWalk(ctx, p, maxPages)
}

// shortWalk is newWalk with at most so many pages of rules.
func (c *Call) shortWalk(ctx context.Context, p *confirm.Preview, most int) (*walk, error) {
	w := &walk{Call: c, p: p, seen: map[string]bool{}}
	hidden, err := c.optional(groupsRead, func() error {
		rules, more, err := pages(ctx, most, limitOf(200), c.Org.ListGroupRules)
		if more {
			why := "there are more group rules than are read here, and one of them may give more"
			protect(p, why)
			untold(p, why, "group", "application")
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
		why := "it is not visible whether a group rule gives more: " + hidden
		protect(p, why)
		untold(p, why, "group", "application")
	}
	return w, nil
}

// untold says to the rules of policies that the call may lead to more of these
// sorts than can be told.
func untold(p *confirm.Preview, why string, words ...string) {
	for _, word := range words {
		p.Also = append(p.Also, confirm.Target{Type: word, Full: why})
	}
}

// joining weighs a group that people join by hand.
func (w *walk) joining(ctx context.Context, g group) error {
	apps, err := w.weigh(ctx, g.id)
	if err != nil {
		return err
	}
	if apps.count.n > 0 {
		p, label := w.p, "apps opened by membership of the group "+g.id
		p.Details = append(p.Details, detail(label, apps.labels))
		p.Consequence = append(p.Consequence, fmt.Sprintf("Membership opens %s.", apps.count.of("app", "apps")))
		p.Notes = append(p.Notes, label+": "+quotedList(apps.labels[:min(len(apps.labels), maxDetail)])+more(len(apps.labels)-maxDetail))
	}
	w.seen[g.id] = true
	return w.lead(ctx, w.passedOn(g.id))
}

// leaving weighs a group that people are taken out of: a rule can be for those
// who are not in it.
func (w *walk) leaving(ctx context.Context, g group) error {
	w.seen[g.id] = true
	return w.lead(ctx, w.passedOn(g.id))
}

// renaming weighs a group that gets another name: rules can go by names.
func (w *walk) renaming(ctx context.Context, g group) error {
	var fed []string
	for _, rule := range w.rules {
		if byName.MatchString(rule.Get("conditions.expression.value").String()) {
			fed = append(fed, w.passOn(rule)...)
		}
	}
	if len(w.by) > 0 {
		w.p.Consequence = append(w.p.Consequence, "Active group rules go by the names of groups: under another name they may put its members elsewhere.")
	}
	w.tell("group rules that go by the names of groups")
	w.seen[g.id] = true
	return w.lead(ctx, fed)
}

// feeding returns the names of the active rules that put people into the group.
func (w *walk) feeding(groupID string) []string {
	var feeding []string
	for _, rule := range w.rules {
		if slices.Contains(fedBy(rule), groupID) {
			feeding = append(feeding, rule.Get("name").String())
		}
	}
	return feeding
}

// tell names the rules met since the last time, in the question and the answer.
func (w *walk) tell(label string) {
	if len(w.by) > 0 {
		w.p.Details = append(w.p.Details, detail(label, w.by))
		w.p.Notes = append(w.p.Notes, label+": "+quotedList(w.by[:min(len(w.by), maxDetail)])+more(len(w.by)-maxDetail))
	}
	w.by = nil
}

// changing weighs what a profile becomes: set names the attributes that change,
// all of them for a new person; whole is the profile as it will be.
func (w *walk) changing(ctx context.Context, set []string, whole map[string]string, isNew bool) error {
	var fed []string
	for _, rule := range w.rules {
		expression := rule.Get("conditions.expression.value").String()
		if (isNew || mentions(expression, set)) && couldHold(expression, whole) {
			fed = append(fed, w.passOn(rule)...)
		}
	}
	w.tell("group rules that go by what is set here")
	return w.lead(ctx, fed)
}

// lead follows the groups to wherever rules take their members.
func (w *walk) lead(ctx context.Context, groups []string) error {
	for len(groups) > 0 {
		id := groups[0]
		groups = groups[1:]
		if w.seen[id] {
			continue
		}
		if w.fed++; w.fed > maxWalk {
			why := "group rules pass members on through more groups than are followed here"
			protect(w.p, why)
			untold(w.p, why, "group", "application")
			break
		}
		w.seen[id] = true
		if _, err := w.weigh(ctx, id); err != nil {
			return err
		}
		groups = append(groups, w.passedOn(id)...)
	}
	w.tell("group rules that may pass people on to other groups")
	return nil
}

// passedOn returns the groups that rules about this one put people into.
func (w *walk) passedOn(id string) []string {
	var fed []string
	for _, rule := range w.rules {
		if concerns(rule, id) {
			fed = append(fed, w.passOn(rule)...)
		}
	}
	return fed
}

// passOn returns the groups that a rule puts people into, and remembers the rule.
func (w *walk) passOn(rule gjson.Result) []string {
	if name := rule.Get("name").String(); !slices.Contains(w.by, name) {
		w.by = append(w.by, name)
	}
	return fedBy(rule)
}

// weigh looks at one group that people come to be in, and returns what it opens.
func (w *walk) weigh(ctx context.Context, id string) (opened, error) {
	w.p.Also = append(w.p.Also, confirm.Target{Type: "group", ID: id})
	power, err := w.weighGroup(ctx, w.p, id, "a group joined")
	if err != nil {
		return opened{}, err
	}
	if power || len(w.Options.Protect) > 0 {
		if err := w.name(ctx, id); err != nil {
			return opened{}, err
		}
	}
	return w.apps(ctx, id)
}

// name shows what a weighty group is called, and protects it where the operator
// does.
func (w *walk) name(ctx context.Context, id string) error {
	hidden, err := w.optional(groupsRead, func() error {
		answer, err := w.Org.GetGroup(ctx, id)
		if err == nil {
			g := newGroup(answer.Body)
			w.p.Details = append(w.p.Details, confirm.Detail{Label: "the group " + id + " is called", Texts: []string{g.name}})
			w.protectGroup(w.p, g)
		}
		return err
	})
	if hidden != "" {
		protect(w.p, "it is not visible whether a group joined is protected: "+hidden)
	}
	return err
}

// opened is what apps a group opens.
type opened struct {
	labels []string
	count  atLeast
}

// apps reads what a group opens, and raises when the Admin Console is among it.
func (w *walk) apps(ctx context.Context, groupID string) (opened, error) {
	var apps []json.RawMessage
	var goesOn bool
	hidden, err := w.optional(groupsRead, func() (err error) {
		fetch := func(ctx context.Context, q oktaclient.Query) (*oktaclient.Answer, error) {
			return w.Org.ListAssignedApplicationsForGroup(ctx, groupID, q)
		}
		apps, goesOn, err = pages(ctx, maxPages, limitOf(200), fetch)
		return err
	})
	switch {
	case err != nil:
		return opened{}, fmt.Errorf("reading the apps of the group %s: %w", groupID, err)
	case hidden != "":
		why := "it is not visible what apps a group joined opens: " + hidden
		raise(w.p, why)
		untold(w.p, why, "application")
	case goesOn:
		why := "a group joined opens more apps than are read here"
		raise(w.p, why)
		untold(w.p, why, "application")
	}
	for _, app := range apps {
		w.p.Also = append(w.p.Also, newObject(applicationKind(), app, "").target())
	}
	if slices.Contains(names(apps, "name"), adminConsole) {
		raise(w.p, "a group joined opens the Okta Admin Console")
	}
	return opened{labels: names(apps, "label"), count: atLeast{n: len(apps), more: goesOn}}, nil
}

// pages reads a list to its end, or so many pages; more says that it went on.
func pages(ctx context.Context, most int, q oktaclient.Query, fetch fetch) (all []json.RawMessage, more bool, err error) {
	for range most {
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

func more(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n)
}
