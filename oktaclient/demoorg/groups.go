package demoorg

import "strings"

// Largest and normal pages.
const (
	groupPage       = 10_000
	groupQueryPage  = 300
	memberPage      = 1_000
	userGroupsPage  = 200
	appsOfGroupPage = 20
	largestPage     = 200
)

// listGroups answers q, search, filter or all.
func listGroups(o *Org, c *call) (answer, error) {
	if c.query.Get("q") != "" && c.query.Get("search") == "" {
		return o.queryGroups(c)
	}
	p, err := c.page(groupPage, groupPage)
	if err != nil {
		return answer{}, err
	}
	condition, err := groupCondition(c)
	if err != nil {
		return answer{}, err
	}
	order, err := c.groupOrder()
	if err != nil {
		return answer{}, err
	}
	found, next, err := o.findGroups(c, p, condition, order)
	if err != nil {
		return answer{}, err
	}
	return answer{
		status: 200, body: found,
		links: c.links(p, next, "search", "filter", "expand", "sortBy", "sortOrder"),
	}, nil
}

// queryGroups finds names that begin with q. Okta does not page it.
func (o *Org) queryGroups(c *call) (answer, error) {
	p, err := c.page(groupQueryPage, groupQueryPage)
	if err != nil {
		return answer{}, err
	}
	condition, err := groupCondition(c)
	if err != nil {
		return answer{}, err
	}
	docs := []groupDoc{}
	for _, g := range o.groups.all {
		if len(docs) == p.limit {
			break
		}
		if hasPrefixFold(g.live.name, c.query.Get("q")) && condition.matches(groupFields{g, &g.live}) {
			docs = append(docs, o.expand(c, g, o.groupDoc(g, &g.live, c.base)))
		}
	}
	return ok(docs)
}

// all is the condition of a list without one.
type all struct{}

func (all) matches(fields) bool { return true }

func groupCondition(c *call) (condition, error) {
	if text := c.query.Get("search"); text != "" {
		return parseFilter(text, groupSearchRules)
	}
	if text := c.query.Get("filter"); text != "" {
		return parseFilter(text, groupFilterRules)
	}
	return all{}, nil
}

// groupSearchRules: `co` only on the names.
func groupSearchRules(path string, op operator) string {
	switch path {
	case "profile.name", "profile.description":
		return ""
	case "id", "type", "created", "lastUpdated", "lastMembershipUpdated", "source.id", "profile.owningTeam":
		if op == opHolds {
			return unsupportedOperator(path, op)
		}
		return ""
	default:
		return unknownField(path)
	}
}

func groupFilterRules(path string, op operator) string {
	switch path {
	case "id", "type":
		if op != opEqual {
			return unsupportedOperator(path, op)
		}
		return ""
	case "lastUpdated", "lastMembershipUpdated":
		if op == opHolds || op == opStarts || op == opPresent {
			return unsupportedOperator(path, op)
		}
		return ""
	default:
		return unknownField(path)
	}
}

// findGroups gives one page. Only search looks at the index that lags.
func (o *Org) findGroups(c *call, p page, condition condition, order groupOrder) ([]groupDoc, string, error) {
	rest, known := o.groupsBehind(p.after, order)
	if !known {
		return nil, "", badCursor()
	}
	searching := c.query.Get("search") != ""
	docs := []groupDoc{}
	var last *group
	for _, g := range rest {
		seen := &g.live
		if searching {
			seen = g.asSearched(c.now.UnixNano())
		}
		if seen == nil || !condition.matches(groupFields{g, seen}) {
			continue
		}
		if len(docs) == p.limit {
			return docs, order.cursor(last), nil
		}
		docs = append(docs, o.expand(c, g, o.groupDoc(g, seen, c.base)))
		last = g
	}
	return docs, "", nil
}

// expand adds what expand=stats or expand=app asks for.
func (o *Org) expand(c *call, g *group, doc groupDoc) groupDoc {
	for _, what := range strings.Split(c.query.Get("expand"), ",") {
		switch what {
		case "stats":
			doc.Embedded = withEntry(doc.Embedded, "stats", o.groupStats(g, c.base))
		case "app":
			if g.source != nil {
				doc.Embedded = withEntry(doc.Embedded, "app", g.source.doc(c.base))
			}
		}
	}
	return doc
}

func withEntry(m map[string]any, name string, value any) map[string]any {
	if m == nil {
		m = map[string]any{}
	}
	m[name] = value
	return m
}

type groupStats struct {
	Users      int             `json:"usersCount"`
	Apps       int             `json:"appsCount"`
	PushGroups int             `json:"groupPushMappingsCount"`
	Admin      bool            `json:"hasAdminPrivilege"`
	Links      map[string]link `json:"_links"`
}

func (o *Org) groupStats(g *group, base string) groupStats {
	self := base + "/api/v1/groups/" + g.id
	return groupStats{
		Users: len(g.members), Apps: len(o.appsOf(g)), Admin: len(o.roles[g.id]) > 0,
		Links: map[string]link{"users": {Href: self + "/users"}, "apps": {Href: self + "/apps"}},
	}
}

func getGroup(o *Org, c *call) (answer, error) {
	g, err := o.group(c)
	if err != nil {
		return answer{}, err
	}
	return ok(o.expand(c, g, o.groupDoc(g, &g.live, c.base)))
}

func createGroup(o *Org, c *call) (answer, error) {
	var body groupBody
	if err := c.decode(&body); err != nil {
		return answer{}, err
	}
	s, err := o.groupState(body, nil)
	if err != nil {
		return answer{}, err
	}
	now := stampOf(c.now)
	s.created, s.updated = now, now
	g := &group{id: o.mint("00g"), kind: oktaGroup, live: s, membersUpdated: now}
	g.indexedUntil = c.now.Add(o.searchLag).UnixNano()
	o.groups.add(g)
	return ok(o.groupDoc(g, &g.live, c.base))
}

func replaceGroup(o *Org, c *call) (answer, error) {
	g, err := o.group(c)
	if err != nil {
		return answer{}, err
	}
	if err := g.mayChange(); err != nil {
		return answer{}, err
	}
	var body groupBody
	if err := c.decode(&body); err != nil {
		return answer{}, err
	}
	s, err := o.groupState(body, g)
	if err != nil {
		return answer{}, err
	}
	if c.now.UnixNano() >= g.indexedUntil {
		old := g.live
		g.indexed = &old
	}
	g.indexedUntil = c.now.Add(o.searchLag).UnixNano()
	delete(o.groups.byName, strings.ToLower(g.live.name))
	s.created, s.updated = g.live.created, stampOf(c.now)
	g.live = s
	o.groups.byName[strings.ToLower(s.name)] = g
	return ok(o.groupDoc(g, &g.live, c.base))
}

// mayChange refuses PUT and DELETE of groups that are not the org's own.
func (g *group) mayChange() error {
	if g.kind == oktaGroup {
		return nil
	}
	return forbidden()
}

func deleteGroup(o *Org, c *call) (answer, error) {
	g, err := o.group(c)
	if err != nil {
		return answer{}, err
	}
	if err := g.mayChange(); err != nil {
		return answer{}, err
	}
	o.groups.remove(g)
	delete(o.roles, g.id)
	for _, a := range o.apps {
		a.unassignGroup(g)
	}
	for _, r := range o.rules {
		r.loseGroup(g)
	}
	for _, held := range o.roles {
		for _, r := range held {
			r.targets.dropGroup(g)
		}
	}
	for _, other := range o.groups.all {
		other.disown(g.id)
	}
	return noContent()
}

// listGroupUsers pages through the members, oldest user first.
func listGroupUsers(o *Org, c *call) (answer, error) {
	g, err := o.group(c)
	if err != nil {
		return answer{}, err
	}
	p, err := c.page(memberPage, memberPage)
	if err != nil {
		return answer{}, err
	}
	rest := g.members
	if p.after != "" {
		seq, known := o.directory.seqOf(p.after)
		if !known {
			return answer{}, badCursor()
		}
		i, found := g.place(seq)
		if found {
			i++
		}
		rest = rest[i:]
	}
	docs := make([]userDoc, 0, min(p.limit, len(rest)))
	for _, m := range rest[:min(p.limit, len(rest))] {
		docs = append(docs, o.userDoc(m.user, &m.user.live, c.base))
	}
	next := ""
	if len(rest) > p.limit {
		next = docs[p.limit-1].ID
	}
	return answer{status: 200, body: docs, links: c.links(p, next)}, nil
}

// groupAndUser finds both ends of a membership.
func (o *Org) groupAndUser(c *call) (*group, *user, error) {
	g, err := o.group(c)
	if err != nil {
		return nil, nil, err
	}
	u, err := o.user(c, "userId")
	if err != nil {
		return nil, nil, err
	}
	return g, u, g.mayChangeMembers()
}

// addMember adds by hand: a rule's membership becomes the person's own.
func addMember(o *Org, c *call) (answer, error) {
	g, u, err := o.groupAndUser(c)
	if err != nil {
		return answer{}, err
	}
	if !g.join(u, nil, stampOf(c.now)) {
		i, _ := g.place(u.seq)
		g.members[i].by = nil
	}
	o.applyRules(u)
	return noContent()
}

// removeMember removes by hand. Whom a rule had added is excluded from that
// rule, or it would add them again.
func removeMember(o *Org, c *call) (answer, error) {
	g, u, err := o.groupAndUser(c)
	if err != nil {
		return answer{}, err
	}
	by := g.leave(u, stampOf(c.now))
	o.excludeFromFeeders(g, u, by)
	o.applyRules(u)
	return noContent()
}

// listUserGroups lists a user's groups, Everyone included.
func listUserGroups(o *Org, c *call) (answer, error) {
	u, err := o.user(c, "id")
	if err != nil {
		return answer{}, err
	}
	p, err := c.page(userGroupsPage, userGroupsPage)
	if err != nil {
		return answer{}, err
	}
	rest, known := o.groups.after(p.after)
	if !known {
		return answer{}, badCursor()
	}
	docs, next := []groupDoc{}, ""
	for _, g := range rest {
		if !g.has(u) {
			continue
		}
		if len(docs) == p.limit {
			next = docs[len(docs)-1].ID
			break
		}
		docs = append(docs, o.groupDoc(g, &g.live, c.base))
	}
	return answer{status: 200, body: docs, links: c.links(p, next)}, nil
}
