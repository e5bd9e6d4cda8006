package demoorg

import (
	"net/http"
	"net/url"
	"slices"
)

// Pages of administrators, of custom roles and of resource sets.
const (
	adminPage   = 100
	largestIAM  = 200
	iamListPage = 100
)

// labelled is what custom roles and resource sets have in common.
type labelled struct {
	id, label, description string
	created, updated       stamp
}

// customRole is an admin role made of single permissions.
type customRole struct {
	labelled
	permissions []permission
}

type permission struct {
	name  string
	since stamp
}

// resourceSet is what the holders of a custom role may use it on.
type resourceSet struct {
	labelled
	resources []resource
}

// resource is one thing, or all things of a kind, by Okta's resource name.
type resource struct {
	id, name string
	since    stamp
}

// iamStore holds the custom roles and resource sets, oldest first.
type iamStore struct {
	roles []*customRole
	sets  []*resourceSet
}

// iamRoutes are custom roles, resource sets and administrators.
func iamRoutes() []route {
	const role, permissions = "/api/v1/iam/roles/{roleIdOrLabel}", "/api/v1/iam/roles/{roleIdOrLabel}/permissions"
	const set = "/api/v1/iam/resource-sets/{resourceSetIdOrLabel}"
	const read, write = "okta.roles.read", "okta.roles.manage"
	return []route{
		{"GET", "/api/v1/iam/assignees/users", "listUsersWithRoleAssignments", read, "", listAdmins},
		{"GET", "/api/v1/iam/roles", "listRoles", read, "", listCustomRoles},
		{"POST", "/api/v1/iam/roles", "createRole", write, "", createCustomRole},
		{"GET", role, "getRole", read, "", getCustomRole},
		{"PUT", role, "replaceRole", write, "", replaceCustomRole},
		{"DELETE", role, "deleteRole", write, "", deleteCustomRole},
		{"GET", permissions, "listRolePermissions", read, "", listPermissions},
		{"POST", permissions + "/{permissionType}", "createRolePermission", write, "", addPermission},
		{"DELETE", permissions + "/{permissionType}", "deleteRolePermission", write, "", removePermission},
		{"GET", "/api/v1/iam/resource-sets", "listResourceSets", read, "", listResourceSets},
		{"POST", "/api/v1/iam/resource-sets", "createResourceSet", write, "", createResourceSet},
		{"GET", set, "getResourceSet", read, "", getResourceSet},
		{"PUT", set, "replaceResourceSet", write, "", replaceResourceSet},
		{"DELETE", set, "deleteResourceSet", write, "", deleteResourceSet},
		{"GET", set + "/resources", "listResourceSetResources", read, "", listResources},
		{"GET", set + "/bindings", "listBindings", read, "", listBindings},
	}
}

// findRole finds a custom role by id or label.
func (s *iamStore) findRole(key string) (*customRole, error) {
	for _, r := range s.roles {
		if r.id == key || r.label == key {
			return r, nil
		}
	}
	return nil, notFound(key, "CustomRole")
}

// findSet finds a resource set by id or label.
func (s *iamStore) findSet(key string) (*resourceSet, error) {
	for _, set := range s.sets {
		if set.id == key || set.label == key {
			return set, nil
		}
	}
	return nil, notFound(key, "IAMPolicy") // recorded
}

// listAdmins lists everybody with a role, their own or a group's. It tells the
// next page in the body only.
func listAdmins(o *Org, c *call) (answer, error) {
	p, err := c.page(adminPage, largestIAM)
	if err != nil {
		return answer{}, err
	}
	shown, next, known := pageOf(o.admins(), p, func(u *user) string { return u.id })
	if !known {
		return answer{}, badCursor()
	}
	admins := []map[string]any{}
	for _, u := range shown {
		self := c.base + "/api/v1/users/" + u.id
		admins = append(admins, map[string]any{
			"id": u.id, "orn": "orn:okta:directory:00oDemo:users:" + u.id,
			"_links": map[string]link{"self": {Href: self}, "roles": {Href: self + "/roles"}},
		})
	}
	doc := map[string]any{"value": admins}
	if next != "" {
		doc["_links"] = map[string]link{"next": {Href: c.next(next)}}
	}
	return ok(doc)
}

// admins are the holders of roles in the order of users.
func (o *Org) admins() []*user {
	holders := map[*user]bool{}
	for id := range o.roles {
		if u := o.directory.byID[id]; u != nil && len(o.roles[id]) > 0 {
			holders[u] = true
		}
	}
	for _, g := range o.groups.all {
		if len(o.roles[g.id]) == 0 {
			continue
		}
		for _, m := range g.members {
			holders[m.user] = true
		}
	}
	admins := make([]*user, 0, len(holders))
	for u := range holders {
		admins = append(admins, u)
	}
	slices.SortFunc(admins, func(a, b *user) int { return a.seq - b.seq })
	return admins
}

// next is the address of the page behind a cursor.
func (c *call) next(cursor string) string {
	query := url.Values{"after": {cursor}}
	if c.query.Get("limit") != "" {
		query.Set("limit", c.query.Get("limit"))
	}
	return c.base + c.path + "?" + query.Encode()
}

// iamDoc is what custom roles and resource sets both show.
type iamDoc struct {
	ID          string          `json:"id"`
	Label       string          `json:"label"`
	Cloneable   *bool           `json:"isCloneable,omitempty"`
	Description string          `json:"description"`
	Created     stamp           `json:"created"`
	LastUpdated stamp           `json:"lastUpdated"`
	Links       map[string]link `json:"_links"`
}

func (r *customRole) doc(base string) iamDoc {
	self, no := base+"/api/v1/iam/roles/"+r.id, false
	return iamDoc{
		r.id, r.label, &no, r.description, r.created, r.updated,
		map[string]link{"self": {Href: self}, "permissions": {Href: self + "/permissions"}},
	}
}

func (s *resourceSet) doc(base string) iamDoc {
	self := base + "/api/v1/iam/resource-sets/" + s.id
	return iamDoc{
		s.id, s.label, nil, s.description, s.created, s.updated,
		map[string]link{"self": {Href: self}, "resources": {Href: self + "/resources"}, "bindings": {Href: self + "/bindings"}},
	}
}

// alone is one custom role or resource set, with the Link header that Okta adds.
func (c *call) alone(doc iamDoc) (answer, error) {
	return answer{status: http.StatusOK, body: doc, links: []string{"<" + doc.Links["self"].Href + `>; rel="self"`}}, nil
}

// iamList is a page of custom roles or resource sets. It tells the next page in
// the body and in the header.
func (c *call) iamList(name string, items []iamDoc) (answer, error) {
	p := page{limit: iamListPage, after: c.query.Get("after")}
	shown, next, known := pageOf(items, p, func(d iamDoc) string { return d.ID })
	if !known {
		return answer{}, badCursor()
	}
	self := c.base + c.path
	links := map[string]link{"self": {Href: self}}
	header := []string{"<" + self + `>; rel="self"`}
	if next != "" {
		links["next"] = link{Href: c.next(next)}
		header = append(header, "<"+c.next(next)+`>; rel="next"`)
	}
	return answer{status: http.StatusOK, body: map[string]any{name: shown, "_links": links}, links: header}, nil
}

// seedIAM makes a custom role and a resource set, bound to nobody yet.
func (s *seeder) seedIAM() {
	made := s.ago(300, 200)
	role := &customRole{labelled: labelled{
		s.mint("cr0"), "Password Desk", "Helps people back into their accounts", made, made,
	}}
	for _, name := range []string{"okta.groups.read", "okta.users.credentials.resetPassword", "okta.users.lifecycle.unlock", "okta.users.read"} {
		role.permissions = append(role.permissions, permission{name, made})
	}
	set := &resourceSet{
		labelled: labelled{s.mint("iam"), "Engineering people", "Everybody in Engineering", made, made},
		resources: []resource{{
			s.mint("ire"), "orn:okta:directory:00oDemo:groups:" + s.cast.Department.ID + ":contained_resources", made,
		}},
	}
	s.iam = iamStore{roles: []*customRole{role}, sets: []*resourceSet{set}}
	s.cast.CustomRole, s.cast.ResourceSet = Thing{role.id, role.label}, Thing{set.id, set.label}
}
