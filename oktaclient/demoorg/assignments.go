package demoorg

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// appGroupPage is how many of an app's groups a page holds when nobody says.
const appGroupPage = 20

// assignmentRoutes are who is assigned to apps.
func assignmentRoutes() []route {
	return []route{
		{"GET", "/api/v1/apps/{appId}/users", "listApplicationUsers", "okta.apps.read", "apps", listAppUsers},
		{"POST", "/api/v1/apps/{appId}/users", "assignUserToApplication", "okta.apps.manage", "apps", assignAppUser},
		{"GET", "/api/v1/apps/{appId}/users/{userId}", "getApplicationUser", "okta.apps.read", "apps", getAppUser},
		{"POST", "/api/v1/apps/{appId}/users/{userId}", "updateApplicationUser", "okta.apps.manage", "apps", updateAppUser},
		{"DELETE", "/api/v1/apps/{appId}/users/{userId}", "unassignUserFromApplication", "okta.apps.manage", "apps", unassignAppUser},
		{"GET", "/api/v1/apps/{appId}/groups", "listApplicationGroupAssignments", "okta.apps.read", "apps", listGrantedGroups},
		{"GET", "/api/v1/apps/{appId}/groups/{groupId}", "getApplicationGroupAssignment", "okta.apps.read", "apps", getGrantedGroup},
		{"PUT", "/api/v1/apps/{appId}/groups/{groupId}", "assignGroupToApplication", "okta.apps.manage", "apps", grantGroup},
		{"DELETE", "/api/v1/apps/{appId}/groups/{groupId}", "unassignApplicationFromGroup", "okta.apps.manage", "apps", unassignGrantedGroup},
	}
}

// assignedGroup opens an app to a group. No two of an app have the same priority.
type assignedGroup struct {
	group            *group
	priority         int
	profile          map[string]any
	created, updated stamp
}

func (a *app) grantOf(g *group) *assignedGroup {
	i := slices.IndexFunc(a.groups, func(have *assignedGroup) bool { return have.group == g })
	if i < 0 {
		return nil
	}
	return a.groups[i]
}

// rank puts a grant among the app's at a priority; those it would share it
// with move back.
func (a *app) rank(g *assignedGroup, priority int) {
	a.groups = slices.DeleteFunc(a.groups, func(other *assignedGroup) bool { return other == g })
	g.priority = priority
	i, _ := slices.BinarySearchFunc(a.groups, priority, func(other *assignedGroup, p int) int { return cmp.Compare(other.priority, p) })
	a.groups = slices.Insert(a.groups, i, g)
	for ; i+1 < len(a.groups) && a.groups[i].priority >= a.groups[i+1].priority; i++ {
		a.groups[i+1].priority = a.groups[i].priority + 1
	}
}

// lastPriority is the place behind all groups of the app.
func (a *app) lastPriority() int {
	if len(a.groups) == 0 {
		return 0
	}
	return a.groups[len(a.groups)-1].priority + 1
}

func (a *app) unassignGroup(g *group) {
	a.groups = slices.DeleteFunc(a.groups, func(have *assignedGroup) bool { return have.group == g })
}

type grantDoc struct {
	ID       string          `json:"id"`
	Updated  stamp           `json:"lastUpdated"`
	Priority int             `json:"priority"`
	Profile  map[string]any  `json:"profile"`
	Embedded map[string]any  `json:"_embedded,omitempty"`
	Links    map[string]link `json:"_links"`
}

// grantDoc is a group's assignment as the API shows it.
func (o *Org) grantDoc(c *call, a *app, g *assignedGroup) grantDoc {
	self := c.base + "/api/v1/apps/" + a.id
	doc := grantDoc{
		ID: g.group.id, Updated: g.updated, Priority: g.priority, Profile: g.profile,
		Links: map[string]link{
			"app":   {Href: self},
			"self":  {Href: self + "/groups/" + g.group.id},
			"group": {Href: c.base + "/api/v1/groups/" + g.group.id},
		},
	}
	for _, what := range strings.Split(c.query.Get("expand"), ",") {
		switch what {
		case "group":
			doc.Embedded = withEntry(doc.Embedded, "group", o.groupDoc(g.group, &g.group.live, c.base))
		case "metadata":
			doc.Embedded = withEntry(doc.Embedded, "metadata", map[string]any{})
		}
	}
	return doc
}

// appAndGroup finds the app and the group a path names.
func (o *Org) appAndGroup(c *call) (*app, *group, error) {
	a, err := o.app(c)
	if err != nil {
		return nil, nil, err
	}
	g, err := o.group(c)
	return a, g, err
}

// grantedGroup finds the assignment a path names.
func (o *Org) grantedGroup(c *call) (*app, *assignedGroup, error) {
	a, g, err := o.appAndGroup(c)
	if err != nil {
		return nil, nil, err
	}
	if have := a.grantOf(g); have != nil {
		return a, have, nil
	}
	return nil, nil, notFound(g.id, "AppGroup")
}

func listGrantedGroups(o *Org, c *call) (answer, error) {
	a, err := o.app(c)
	if err != nil {
		return answer{}, err
	}
	p, err := c.page(appGroupPage, largestPage)
	if err != nil {
		return answer{}, err
	}
	rest, err := a.grantsAfter(p.after)
	if err != nil {
		return answer{}, err
	}
	rest = slices.DeleteFunc(slices.Clone(rest), func(g *assignedGroup) bool { return !hasPrefixFold(g.group.live.name, c.query.Get("q")) })
	docs, next := []grantDoc{}, ""
	for _, g := range rest[:min(p.limit, len(rest))] {
		docs = append(docs, o.grantDoc(c, a, g))
	}
	if len(rest) > p.limit {
		last := rest[p.limit-1]
		next = last.group.id + "." + strconv.Itoa(last.priority)
	}
	return answer{status: 200, body: docs, links: c.links(p, next, "q", "expand")}, nil
}

// grantsAfter gives the app's groups behind a cursor: a group's id and the
// priority it had, which finds the place when the group is gone.
func (a *app) grantsAfter(cursor string) ([]*assignedGroup, error) {
	if cursor == "" {
		return a.groups, nil
	}
	id, number, _ := strings.Cut(cursor, ".")
	priority, err := strconv.Atoi(number)
	if err != nil {
		return nil, invalidCursor()
	}
	i := slices.IndexFunc(a.groups, func(g *assignedGroup) bool { return g.group.id == id })
	if i >= 0 {
		return a.groups[i+1:], nil
	}
	i, _ = slices.BinarySearchFunc(a.groups, priority, func(g *assignedGroup, p int) int { return cmp.Compare(g.priority, p) })
	return a.groups[i:], nil
}

func getGrantedGroup(o *Org, c *call) (answer, error) {
	a, g, err := o.grantedGroup(c)
	if err != nil {
		return answer{}, err
	}
	return ok(o.grantDoc(c, a, g))
}

// grantGroup assigns a group, or changes its assignment. Okta takes no body
// for an empty one.
func grantGroup(o *Org, c *call) (answer, error) {
	a, g, err := o.appAndGroup(c)
	if err != nil {
		return answer{}, err
	}
	var body struct {
		Priority *int           `json:"priority"`
		Profile  map[string]any `json:"profile"`
	}
	if len(c.body) > 0 {
		if err := c.decode(&body); err != nil {
			return answer{}, err
		}
	}
	if body.Priority != nil && *body.Priority < 0 {
		return answer{}, invalid("priority", "priority: The value cannot be negative")
	}
	now := stampOf(c.now)
	have := a.grantOf(g)
	if have == nil {
		have = &assignedGroup{group: g, created: now, priority: a.lastPriority(), profile: map[string]any{}}
	}
	if body.Profile != nil {
		have.profile = body.Profile
	}
	have.updated = now
	if body.Priority == nil {
		body.Priority = &have.priority
	}
	a.rank(have, *body.Priority)
	return ok(o.grantDoc(c, a, have))
}

func unassignGrantedGroup(o *Org, c *call) (answer, error) {
	a, g, err := o.grantedGroup(c)
	if err != nil {
		return answer{}, err
	}
	a.unassignGroup(g.group)
	return noContent()
}
