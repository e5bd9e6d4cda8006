package demoorg

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

// targetPage is the only page size role targets know.
const targetPage = 20

// targets narrow an admin role to some groups or apps.
type targets struct {
	groups   []*group
	catalog  []string // app names: every instance of them
	appsOnly []*app
}

func (t *targets) dropGroup(g *group) {
	t.groups = slices.DeleteFunc(t.groups, func(other *group) bool { return other == g })
}

// heldRole finds the assignment a path names, of a user or of a group.
func (o *Org) heldRole(c *call) (*role, error) {
	var holderID string
	if strings.HasPrefix(c.route.template, "/api/v1/users/") {
		u, err := o.user(c, "userId")
		if err != nil {
			return nil, err
		}
		holderID = u.id
	} else {
		g, err := o.group(c)
		if err != nil {
			return nil, err
		}
		holderID = g.id
	}
	id := c.params["roleAssignmentId"]
	i := slices.IndexFunc(o.roles[holderID], func(r *role) bool { return r.id == id })
	if i < 0 {
		return nil, notFound(id, "RoleAssignment")
	}
	return o.roles[holderID][i], nil
}

// wrongRole refuses targets a role cannot have.
func wrongRole() *apiError {
	return &apiError{
		status: http.StatusForbidden, code: "E0000091",
		summary: "The provided role type was not the same as required role type.",
	}
}

// groupRole finds a role that can be narrowed to groups, and the group meant.
func (o *Org) groupRole(c *call) (*role, *group, error) {
	r, err := o.heldRole(c)
	if err != nil {
		return nil, nil, err
	}
	if r.kind != "USER_ADMIN" && r.kind != "HELP_DESK_ADMIN" && r.kind != "GROUP_MEMBERSHIP_ADMIN" {
		return nil, nil, wrongRole()
	}
	id := cmp.Or(c.params["targetGroupId"], c.params["groupId"])
	g := o.groups.byID[id]
	if g == nil {
		return nil, nil, notFound(id, "UserGroup")
	}
	return r, g, nil
}

func listGroupTargets(o *Org, c *call) (answer, error) {
	r, err := o.heldRole(c)
	if err != nil {
		return answer{}, err
	}
	docs := []groupDoc{}
	for _, g := range r.targets.groups {
		docs = append(docs, o.groupDoc(g, &g.live, c.base))
	}
	return answer{status: http.StatusOK, body: docs, links: c.links(page{limit: targetPage}, "")}, nil
}

func addGroupTarget(o *Org, c *call) (answer, error) {
	r, g, err := o.groupRole(c)
	if err != nil {
		return answer{}, err
	}
	if !slices.Contains(r.targets.groups, g) {
		r.targets.groups = append(r.targets.groups, g)
	}
	return noContent()
}

func removeGroupTarget(o *Org, c *call) (answer, error) {
	r, g, err := o.groupRole(c)
	if err != nil {
		return answer{}, err
	}
	r.targets.dropGroup(g)
	return noContent()
}

// appRole finds a role that can be narrowed to apps, and the instance meant,
// nil when the path names only the kind of app.
func (o *Org) appRole(c *call) (*role, *app, error) {
	r, err := o.heldRole(c)
	if err != nil {
		return nil, nil, err
	}
	if r.kind != "APP_ADMIN" {
		return nil, nil, wrongRole()
	}
	name := c.params["appName"]
	if !slices.ContainsFunc(o.apps, func(a *app) bool { return a.name == name }) {
		return nil, nil, notFound(name, "App")
	}
	if c.params["appId"] == "" {
		return r, nil, nil
	}
	a, err := o.app(c)
	return r, a, err
}

func listAppTargets(o *Org, c *call) (answer, error) {
	r, err := o.heldRole(c)
	if err != nil {
		return answer{}, err
	}
	docs := []map[string]any{}
	for _, a := range r.targets.appsOnly {
		docs = append(docs, map[string]any{
			"name": a.label, "status": a.status, "id": a.id,
			"_links": map[string]link{"self": {Href: c.base + "/api/v1/apps/" + a.id}},
		})
	}
	for _, name := range r.targets.catalog {
		docs = append(docs, o.catalogDoc(name, c.base))
	}
	return answer{status: http.StatusOK, body: docs, links: c.links(page{limit: targetPage}, "")}, nil
}

// catalogDoc is a kind of app as the catalog shows it.
func (o *Org) catalogDoc(name, base string) map[string]any {
	i := slices.IndexFunc(o.apps, func(a *app) bool { return a.name == name })
	a := o.apps[max(i, 0)]
	return map[string]any{
		"name": name, "displayName": a.label, "description": a.label, "status": "ACTIVE",
		"lastUpdated": a.created, "category": "APPS", "verificationStatus": "OKTA_VERIFIED",
		"website": "https://" + name + ".example/", "signOnModes": []any{a.modeOrNull()},
		"_links": map[string]any{
			"logo": []map[string]string{{"name": "medium", "href": base + "/assets/img/logos/default.png"}},
			"self": link{Href: base + "/api/v1/catalog/apps/" + name},
		},
	}
}

func addAppTarget(o *Org, c *call) (answer, error) {
	r, a, err := o.appRole(c)
	if err != nil {
		return answer{}, err
	}
	name := c.params["appName"]
	switch {
	case a != nil && !slices.Contains(r.targets.appsOnly, a):
		r.targets.appsOnly = append(r.targets.appsOnly, a)
	case a == nil && !slices.Contains(r.targets.catalog, name):
		r.targets.catalog = append(r.targets.catalog, name)
	}
	return noContent()
}

func removeAppTarget(o *Org, c *call) (answer, error) {
	r, a, err := o.appRole(c)
	if err != nil {
		return answer{}, err
	}
	name := c.params["appName"]
	if a != nil {
		r.targets.appsOnly = slices.DeleteFunc(r.targets.appsOnly, func(other *app) bool { return other == a })
	} else {
		r.targets.catalog = slices.DeleteFunc(r.targets.catalog, func(other string) bool { return other == name })
	}
	return noContent()
}
