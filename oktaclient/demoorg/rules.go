package demoorg

import (
	"slices"
	"strings"
)

// Statuses of group rules.
const (
	ruleActive   = "ACTIVE"
	ruleInactive = "INACTIVE"
	ruleInvalid  = "INVALID"
)

// rulePage is the normal and largestPage the largest page of rules.
const rulePage = 50

// maxPasses bounds how often rules that feed each other are tried on a user.
const maxPasses = 5

// rule is a group rule: whom its expression matches is put into its groups.
type rule struct {
	id               string
	name             string
	status           string
	created, updated stamp
	text             string
	matches          expression
	groupIDs         []string
	groups           []*group // those of groupIDs that still exist
	excluded         []string // user ids
	isExcluded       map[string]bool
	excludedGroups   []string
}

// exclude keeps a user out of what the rule feeds.
func (r *rule) exclude(u *user) {
	if !r.isExcluded[u.id] {
		r.isExcluded[u.id] = true
		r.excluded = append(r.excluded, u.id)
	}
}

// loseGroup takes a deleted group from the rule, which is then invalid.
func (r *rule) loseGroup(g *group) {
	if i := slices.Index(r.groups, g); i >= 0 {
		r.groups = slices.Delete(r.groups, i, i+1)
		r.status = ruleInvalid
	}
}

// applyRules puts a user where the ACTIVE rules say, until nothing moves: a
// rule may look at what another one feeds. Deprovisioned people stay put.
func (o *Org) applyRules(u *user) { o.applyRulesAt(u, stampOf(o.now())) }

func (o *Org) applyRulesAt(u *user, now stamp) {
	if u.live.status == deprovisioned {
		return
	}
	for range maxPasses {
		moved := false
		for _, r := range o.rules {
			if r.status == ruleActive && r.apply(o, u, now) {
				moved = true
			}
		}
		if !moved {
			return
		}
	}
}

// apply tries one rule on one user and says whether a membership changed.
func (r *rule) apply(o *Org, u *user, now stamp) bool {
	wanted := !r.isExcluded[u.id] && r.matches(subject{u, o}) == true && !o.inExcluded(r, u)
	moved := false
	for _, g := range r.groups {
		i, in := g.place(u.seq)
		switch {
		case wanted && !in:
			moved = g.join(u, r, now) || moved
		case !wanted && in && g.members[i].by == r:
			g.leave(u, now)
			moved = true
		}
	}
	return moved
}

func (o *Org) inExcluded(r *rule, u *user) bool {
	return slices.ContainsFunc(r.excludedGroups, func(id string) bool {
		g := o.groups.byID[id]
		return g != nil && g.has(u)
	})
}

// excludeFromFeeders keeps the rule that had added u to g, and every active one
// that would, from doing it again.
func (o *Org) excludeFromFeeders(g *group, u *user, by *rule) {
	for _, r := range o.rules {
		feeds := r.status == ruleActive && slices.Contains(r.groups, g) && r.matches(subject{u, o}) == true
		if feeds || r == by {
			r.exclude(u)
		}
	}
}

// Documents of a rule; ruleBody is also what create and replace read.
type (
	ruleDoc struct {
		Type    string `json:"type"`
		ID      string `json:"id"`
		Status  string `json:"status"`
		Name    string `json:"name"`
		Created stamp  `json:"created"`
		Updated stamp  `json:"lastUpdated"`
		ruleTerms
		AllGroupsValid bool           `json:"allGroupsValid"`
		Embedded       map[string]any `json:"_embedded,omitempty"`
	}
	ruleTerms struct {
		Conditions ruleConditions `json:"conditions"`
		Actions    ruleActions    `json:"actions"`
	}
	ruleConditions struct {
		People     rulePeople     `json:"people"`
		Expression ruleExpression `json:"expression"`
	}
	rulePeople struct {
		Users  ruleExclusion `json:"users"`
		Groups ruleExclusion `json:"groups"`
	}
	ruleExclusion struct {
		Exclude []string `json:"exclude"`
	}
	ruleExpression struct {
		Value string `json:"value"`
		Type  string `json:"type"`
	}
	ruleActions struct {
		Assign struct {
			GroupIDs []string `json:"groupIds"`
		} `json:"assignUserToGroups"`
	}
	ruleBody struct {
		Type string `json:"type"`
		Name string `json:"name"`
		ruleTerms
	}
)

// doc is the rule as the API shows it.
func (o *Org) ruleDoc(c *call, r *rule) ruleDoc {
	doc := ruleDoc{
		Type: "group_rule", ID: r.id, Status: r.status, Name: r.name, Created: r.created, Updated: r.updated,
		AllGroupsValid: len(r.groups) == len(r.groupIDs),
	}
	doc.Conditions.People.Users.Exclude = append([]string{}, r.excluded...)
	doc.Conditions.People.Groups.Exclude = append([]string{}, r.excludedGroups...)
	doc.Conditions.Expression = ruleExpression{r.text, "urn:okta:expression:1.0"}
	doc.Actions.Assign.GroupIDs = append([]string{}, r.groupIDs...)
	if c.query.Get("expand") == "groupIdToGroupNameMap" {
		names := map[string]string{}
		for _, g := range r.groups {
			names[g.id] = g.live.name
		}
		doc.Embedded = map[string]any{"groupIdToGroupNameMap": names}
	}
	return doc
}

// fill checks a body and takes its terms. r keeps what it was on an error.
func (o *Org) fillRule(r *rule, body ruleBody) error {
	if body.Type != "group_rule" {
		return invalid("type", "type: The field must be 'group_rule'")
	}
	if strings.TrimSpace(body.Name) == "" {
		return invalid("name", "name: The field cannot be left blank")
	}
	if len(body.Name) > 50 {
		return invalid("name", "name: The field is too long")
	}
	for _, other := range o.rules {
		if other != r && strings.EqualFold(other.name, body.Name) {
			return invalid("name", "name: An object with this field already exists in the current organization")
		}
	}
	matches, err := compile(body.Conditions.Expression.Value)
	if err != nil {
		return invalid("expression", "Invalid expression: "+err.Error())
	}
	groups, err := o.ruleGroups(body.Actions.Assign.GroupIDs)
	if err != nil {
		return err
	}
	r.name, r.text, r.matches = body.Name, body.Conditions.Expression.Value, matches
	r.groupIDs, r.groups = body.Actions.Assign.GroupIDs, groups
	r.excluded, r.isExcluded = nil, map[string]bool{}
	for _, id := range body.Conditions.People.Users.Exclude {
		if u := o.directory.byID[id]; u != nil {
			r.exclude(u)
		}
	}
	r.excludedGroups = body.Conditions.People.Groups.Exclude
	return nil
}

// ruleGroups finds the groups a rule is to feed: at least one, all the org's own.
func (o *Org) ruleGroups(ids []string) ([]*group, error) {
	if len(ids) == 0 {
		return nil, invalid("groupIds", "groupIds: The field cannot be left blank")
	}
	groups := make([]*group, 0, len(ids))
	for _, id := range ids {
		g := o.groups.byID[id]
		if g == nil || g.kind != oktaGroup {
			return nil, invalid("groupIds", "groupIds: Group '"+id+"' cannot be assigned by a rule")
		}
		groups = append(groups, g)
	}
	return groups, nil
}

func (o *Org) rule(c *call) (*rule, error) {
	id := c.params["groupRuleId"]
	for _, r := range o.rules {
		if r.id == id {
			return r, nil
		}
	}
	return nil, notFound(id, "GroupRule")
}

func listRules(o *Org, c *call) (answer, error) {
	p, err := c.page(rulePage, largestPage)
	if err != nil {
		return answer{}, err
	}
	search := strings.ToLower(c.query.Get("search"))
	docs, next, behind := []ruleDoc{}, "", p.after == ""
	for _, r := range o.rules {
		if !behind {
			behind = r.id == p.after
			continue
		}
		if !strings.Contains(strings.ToLower(r.name), search) {
			continue
		}
		if len(docs) == p.limit {
			next = docs[len(docs)-1].ID
			break
		}
		docs = append(docs, o.ruleDoc(c, r))
	}
	if !behind {
		return answer{}, badCursor()
	}
	return answer{status: 200, body: docs, links: c.links(p, next, "search", "expand")}, nil
}

func getRule(o *Org, c *call) (answer, error) {
	r, err := o.rule(c)
	if err != nil {
		return answer{}, err
	}
	return ok(o.ruleDoc(c, r))
}

func createRule(o *Org, c *call) (answer, error) {
	var body ruleBody
	if err := c.decode(&body); err != nil {
		return answer{}, err
	}
	r := &rule{status: ruleInactive}
	if err := o.fillRule(r, body); err != nil {
		return answer{}, err
	}
	r.id, r.created, r.updated = o.mint("0pr"), stampOf(c.now), stampOf(c.now)
	o.rules = append(o.rules, r)
	return ok(o.ruleDoc(c, r))
}

// replaceRule changes an INACTIVE rule; the groups it feeds are fixed for life.
func replaceRule(o *Org, c *call) (answer, error) {
	r, err := o.rule(c)
	if err != nil {
		return answer{}, err
	}
	var body ruleBody
	if err := c.decode(&body); err != nil {
		return answer{}, err
	}
	if r.status != ruleInactive {
		return answer{}, invalid("status", "Cannot update a rule that is not INACTIVE")
	}
	if !slices.Equal(body.Actions.Assign.GroupIDs, r.groupIDs) {
		return answer{}, invalid("groupIds", "groupIds: The groups of a rule cannot be changed")
	}
	if err := o.fillRule(r, body); err != nil {
		return answer{}, err
	}
	r.updated = stampOf(c.now)
	return ok(o.ruleDoc(c, r))
}

// deleteRule leaves the people it added, unless removeUsers=true.
func deleteRule(o *Org, c *call) (answer, error) {
	r, err := o.rule(c)
	if err != nil {
		return answer{}, err
	}
	o.rules = slices.Delete(o.rules, slices.Index(o.rules, r), slices.Index(o.rules, r)+1)
	o.releaseMembers(r, c.query.Get("removeUsers") == "true", stampOf(c.now))
	return answer{status: 202, body: struct{}{}}, nil
}

// releaseMembers lets go of whom a rule had added: out of the group, or theirs
// to keep.
func (o *Org) releaseMembers(r *rule, remove bool, now stamp) {
	for _, g := range r.groups {
		if remove {
			g.members = slices.DeleteFunc(g.members, func(m membership) bool { return m.by == r })
			g.membersUpdated = now
			continue
		}
		for i := range g.members {
			if g.members[i].by == r {
				g.members[i].by = nil
			}
		}
	}
	if remove {
		o.applyAllRules()
	}
}

// applyAllRules tries every rule on everybody.
func (o *Org) applyAllRules() {
	for _, u := range o.directory.users {
		o.applyRules(u)
	}
}

func activateRule(o *Org, c *call) (answer, error) {
	r, err := o.rule(c)
	if err != nil {
		return answer{}, err
	}
	if r.status == ruleInvalid {
		return answer{}, invalid("status", "Cannot activate a rule that is INVALID")
	}
	if r.status != ruleActive {
		r.status, r.updated = ruleActive, stampOf(c.now)
		o.applyAllRules()
	}
	return noContent()
}

// deactivateRule stops the rule; whom it added stays.
func deactivateRule(o *Org, c *call) (answer, error) {
	r, err := o.rule(c)
	if err != nil {
		return answer{}, err
	}
	if r.status == ruleActive {
		r.status, r.updated = ruleInactive, stampOf(c.now)
	}
	return noContent()
}
