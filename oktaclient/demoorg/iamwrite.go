package demoorg

import (
	"net/http"
	"slices"
)

func listCustomRoles(o *Org, c *call) (answer, error) {
	docs := []iamDoc{}
	for _, r := range o.iam.roles {
		docs = append(docs, r.doc(c.base))
	}
	return c.iamList("roles", docs)
}

func getCustomRole(o *Org, c *call) (answer, error) {
	r, err := o.iam.findRole(c.params["roleIdOrLabel"])
	if err != nil {
		return answer{}, err
	}
	return c.alone(r.doc(c.base))
}

// iamBody is what makes or changes a custom role or a resource set.
type iamBody struct {
	Label       string   `json:"label"`
	Description string   `json:"description"`
	Permissions []string `json:"permissions"`
	Resources   []string `json:"resources"`
}

// iamBody reads a body; taken says whether somebody else has the label.
func (c *call) iamBody(taken func(label string) bool) (iamBody, error) {
	var body iamBody
	if err := c.decode(&body); err != nil {
		return body, err
	}
	switch {
	case body.Label == "":
		return body, invalid("label", "label: The field cannot be left blank")
	case body.Description == "":
		return body, invalid("description", "description: The field cannot be left blank")
	case taken(body.Label):
		return body, invalid("label", "label: An object with this field already exists in the current organization")
	}
	return body, nil
}

// relabel takes a new label and description.
func (l *labelled) relabel(body iamBody, now stamp) {
	l.label, l.description, l.updated = body.Label, body.Description, now
}

func (s *iamStore) roleTaken(but *customRole) func(string) bool {
	return func(label string) bool {
		return slices.ContainsFunc(s.roles, func(r *customRole) bool { return r != but && r.label == label })
	}
}

func (s *iamStore) setTaken(but *resourceSet) func(string) bool {
	return func(label string) bool {
		return slices.ContainsFunc(s.sets, func(r *resourceSet) bool { return r != but && r.label == label })
	}
}

func createCustomRole(o *Org, c *call) (answer, error) {
	body, err := c.iamBody(o.iam.roleTaken(nil))
	if err != nil {
		return answer{}, err
	}
	if len(body.Permissions) == 0 {
		return answer{}, invalid("permissions", "permissions: The field cannot be left blank")
	}
	now := stampOf(c.now)
	r := &customRole{labelled: labelled{o.mint("cr0"), body.Label, body.Description, now, now}}
	for _, name := range body.Permissions {
		r.permissions = append(r.permissions, permission{name, now})
	}
	o.iam.roles = append(o.iam.roles, r)
	return c.alone(r.doc(c.base))
}

// replaceCustomRole changes label and description; permissions stay (recorded).
func replaceCustomRole(o *Org, c *call) (answer, error) {
	r, err := o.iam.findRole(c.params["roleIdOrLabel"])
	if err != nil {
		return answer{}, err
	}
	body, err := c.iamBody(o.iam.roleTaken(r))
	if err != nil {
		return answer{}, err
	}
	r.relabel(body, stampOf(c.now))
	return c.alone(r.doc(c.base))
}

func deleteCustomRole(o *Org, c *call) (answer, error) {
	r, err := o.iam.findRole(c.params["roleIdOrLabel"])
	if err != nil {
		return answer{}, err
	}
	o.iam.roles = slices.DeleteFunc(o.iam.roles, func(other *customRole) bool { return other == r })
	o.unassign(func(held *role) bool { return held.custom == r })
	return noContent()
}

// unassign takes roles from everybody who holds them.
func (o *Org) unassign(gone func(*role) bool) {
	for holder, held := range o.roles {
		o.roles[holder] = slices.DeleteFunc(held, gone)
	}
}

func listPermissions(o *Org, c *call) (answer, error) {
	r, err := o.iam.findRole(c.params["roleIdOrLabel"])
	if err != nil {
		return answer{}, err
	}
	docs := []map[string]any{}
	for _, p := range r.permissions {
		role := c.base + "/api/v1/iam/roles/" + r.id
		docs = append(docs, map[string]any{
			"label": p.name, "created": p.since, "lastUpdated": p.since, "conditions": nil,
			"_links": map[string]link{"role": {Href: role}, "self": {Href: role + "/permissions/" + p.name}},
		})
	}
	return ok(map[string]any{"permissions": docs})
}

func addPermission(o *Org, c *call) (answer, error) {
	r, i, err := o.permission(c)
	if err != nil {
		return answer{}, err
	}
	if i < 0 {
		r.permissions = append(r.permissions, permission{c.params["permissionType"], stampOf(c.now)})
		r.updated = stampOf(c.now)
	}
	return noContent()
}

func removePermission(o *Org, c *call) (answer, error) {
	r, i, err := o.permission(c)
	if err != nil {
		return answer{}, err
	}
	if i < 0 {
		return answer{}, notFound(c.params["permissionType"], "Permission")
	}
	r.permissions, r.updated = slices.Delete(r.permissions, i, i+1), stampOf(c.now)
	return noContent()
}

// permission finds the role a path names, and which of its permissions, -1 for
// none of them.
func (o *Org) permission(c *call) (*customRole, int, error) {
	r, err := o.iam.findRole(c.params["roleIdOrLabel"])
	if err != nil {
		return nil, -1, err
	}
	return r, slices.IndexFunc(r.permissions, func(p permission) bool { return p.name == c.params["permissionType"] }), nil
}

func listResourceSets(o *Org, c *call) (answer, error) {
	docs := []iamDoc{}
	for _, s := range o.iam.sets {
		docs = append(docs, s.doc(c.base))
	}
	return c.iamList("resource-sets", docs)
}

func getResourceSet(o *Org, c *call) (answer, error) {
	s, err := o.iam.findSet(c.params["resourceSetIdOrLabel"])
	if err != nil {
		return answer{}, err
	}
	return c.alone(s.doc(c.base))
}

func createResourceSet(o *Org, c *call) (answer, error) {
	body, err := c.iamBody(o.iam.setTaken(nil))
	if err != nil {
		return answer{}, err
	}
	now := stampOf(c.now)
	s := &resourceSet{labelled: labelled{o.mint("iam"), body.Label, body.Description, now, now}}
	for _, name := range body.Resources {
		s.resources = append(s.resources, resource{o.mint("ire"), name, now})
	}
	o.iam.sets = append(o.iam.sets, s)
	return c.alone(s.doc(c.base))
}

func replaceResourceSet(o *Org, c *call) (answer, error) {
	s, err := o.iam.findSet(c.params["resourceSetIdOrLabel"])
	if err != nil {
		return answer{}, err
	}
	body, err := c.iamBody(o.iam.setTaken(s))
	if err != nil {
		return answer{}, err
	}
	s.relabel(body, stampOf(c.now))
	return c.alone(s.doc(c.base))
}

func deleteResourceSet(o *Org, c *call) (answer, error) {
	s, err := o.iam.findSet(c.params["resourceSetIdOrLabel"])
	if err != nil {
		return answer{}, err
	}
	o.iam.sets = slices.DeleteFunc(o.iam.sets, func(other *resourceSet) bool { return other == s })
	o.unassign(func(held *role) bool { return held.set == s })
	return noContent()
}

func listResources(o *Org, c *call) (answer, error) {
	s, err := o.iam.findSet(c.params["resourceSetIdOrLabel"])
	if err != nil {
		return answer{}, err
	}
	p, err := c.page(iamListPage, iamListPage)
	if err != nil {
		return answer{}, err
	}
	shown, next, known := pageOf(s.resources, p, func(r resource) string { return r.id })
	if !known {
		return answer{}, badCursor()
	}
	set := c.base + "/api/v1/iam/resource-sets/" + s.id
	docs := []map[string]any{}
	for _, r := range shown {
		docs = append(docs, map[string]any{
			"id": r.id, "orn": r.name, "created": r.since, "lastUpdated": r.since,
			"_links": map[string]link{"self": {Href: set + "/resources/" + r.id}},
		})
	}
	links := map[string]link{"resource-set": {Href: set}, "self": {Href: set + "/resources"}}
	if next != "" {
		links["next"] = link{Href: c.next(next)}
	}
	return ok(map[string]any{"resources": docs, "_links": links})
}

// listBindings lists the custom roles that somebody holds over a resource set.
func listBindings(o *Org, c *call) (answer, error) {
	s, err := o.iam.findSet(c.params["resourceSetIdOrLabel"])
	if err != nil {
		return answer{}, err
	}
	set := c.base + "/api/v1/iam/resource-sets/" + s.id
	bound := map[*customRole]bool{}
	for _, held := range o.roles {
		for _, r := range held {
			bound[r.custom] = bound[r.custom] || r.set == s
		}
	}
	docs := []map[string]any{}
	for _, r := range o.iam.roles {
		if bound[r] {
			self := set + "/bindings/" + r.id
			docs = append(docs, map[string]any{"id": r.id, "_links": map[string]link{"self": {Href: self}, "members": {Href: self + "/members"}}})
		}
	}
	return answer{
		status: http.StatusOK, links: []string{"<" + set + `/bindings>; rel="self"`},
		body: map[string]any{"roles": docs, "_links": map[string]link{"resource-set": {Href: set}, "self": {Href: set + "/bindings"}}},
	}, nil
}

// assignCustomRole gives a custom role over a resource set, once.
func (o *Org) assignCustomRole(c *call, h holder, wanted roleBody) (answer, error) {
	if wanted.Role == "" || wanted.ResourceSet == "" {
		return answer{}, invalid("role", "role and resource-set: The fields cannot be left blank for a role of type CUSTOM")
	}
	custom, err := o.iam.findRole(wanted.Role)
	if err != nil {
		return answer{}, err
	}
	set, err := o.iam.findSet(wanted.ResourceSet)
	if err != nil {
		return answer{}, err
	}
	same := func(r *role) bool { return r.custom == custom && r.set == set }
	if slices.ContainsFunc(o.roles[h.id], same) {
		return answer{}, duplicateRole()
	}
	r := &role{id: o.mint("irb"), kind: customKind, created: stampOf(c.now), custom: custom, set: set}
	o.roles[h.id] = append(o.roles[h.id], r)
	return created(r.doc(h, c.base))
}
