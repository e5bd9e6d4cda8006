package demoorg

import (
	"encoding/base32"
	"net/http"
	"slices"
)

// customKind is the kind of all custom roles.
const customKind = "CUSTOM"

// role is one assignment of an admin role.
type role struct {
	id      string
	kind    string
	created stamp
	targets targets

	custom *customRole // of a custom role: which
	set    *resourceSet
}

// roleLabel gives a standard role its label, and says whether it can be narrowed
// to targets.
// https://developer.okta.com/docs/api/openapi/okta-management/guides/roles/
func roleLabel(kind string) (label string, targetable, known bool) {
	switch kind {
	case "SUPER_ADMIN":
		return "Super Administrator", false, true
	case "ORG_ADMIN":
		return "Organization Administrator", false, true
	case "APP_ADMIN":
		return "Application Administrator", true, true
	case "USER_ADMIN":
		return "Group Administrator", true, true
	case "HELP_DESK_ADMIN":
		return "Help Desk Administrator", true, true
	case "READ_ONLY_ADMIN":
		return "Read-only Administrator", false, true
	case "MOBILE_ADMIN":
		return "Mobile Administrator", false, true
	case "API_ACCESS_MANAGEMENT_ADMIN":
		return "API Access Management Administrator", false, true
	case "REPORT_ADMIN":
		return "Report Administrator", false, true
	case "GROUP_MEMBERSHIP_ADMIN":
		return "Group Membership Administrator", true, true
	case "ACCESS_CERTIFICATIONS_ADMIN":
		return "Access Certifications Administrator", false, true
	case "ACCESS_REQUESTS_ADMIN":
		return "Access Requests Administrator", false, true
	default:
		return "", false, false
	}
}

type roleDoc struct {
	ID             string          `json:"id"`
	Label          string          `json:"label"`
	Type           string          `json:"type"`
	Status         string          `json:"status"`
	Created        stamp           `json:"created"`
	LastUpdated    stamp           `json:"lastUpdated"`
	AssignmentType string          `json:"assignmentType"`
	ResourceSet    string          `json:"resource-set,omitempty"`
	Role           string          `json:"role,omitempty"`
	Links          map[string]link `json:"_links"`
}

// holder is who a role is assigned to.
type holder struct{ id, kind, path string }

func (o *Org) userHolder(c *call) (*user, holder, error) {
	u, err := o.user(c, "userId")
	if err != nil {
		return nil, holder{}, err
	}
	return u, holder{u.id, "USER", "/api/v1/users/" + u.id}, nil
}

func (o *Org) groupHolder(c *call) (holder, error) {
	g, err := o.group(c)
	if err != nil {
		return holder{}, err
	}
	return g.holder(), nil
}

func (g *group) holder() holder { return holder{g.id, "GROUP", "/api/v1/groups/" + g.id} }

func (r *role) doc(h holder, base string) roleDoc {
	label, _, _ := roleLabel(r.kind)
	doc := roleDoc{
		ID: r.id, Label: label, Type: r.kind, Status: "ACTIVE", Created: r.created, LastUpdated: r.created,
		AssignmentType: h.kind, Links: map[string]link{"assignee": {Href: base + h.path}},
	}
	if r.custom != nil {
		role, set := base+"/api/v1/iam/roles/"+r.custom.id, base+"/api/v1/iam/resource-sets/"+r.set.id
		doc.Label, doc.Role, doc.ResourceSet = r.custom.label, r.custom.id, r.set.id
		doc.Links["role"], doc.Links["permissions"] = link{Href: role}, link{Href: role + "/permissions"}
		doc.Links["resource-set"] = link{Href: set}
		doc.Links["member"] = link{Href: set + "/bindings/" + r.custom.id + "/members/" + r.id}
	}
	return doc
}

// listUserRoles lists the roles held directly and those that come with a group.
func listUserRoles(o *Org, c *call) (answer, error) {
	u, h, err := o.userHolder(c)
	if err != nil {
		return answer{}, err
	}
	return ok(o.userRoleDocs(u, h, c.base))
}

func (o *Org) userRoleDocs(u *user, h holder, base string) []roleDoc {
	docs := o.roleDocs(h, base)
	for _, g := range o.groups.all {
		if len(o.roles[g.id]) > 0 && g.has(u) {
			docs = append(docs, o.roleDocs(g.holder(), base)...)
		}
	}
	return docs
}

func listGroupRoles(o *Org, c *call) (answer, error) {
	h, err := o.groupHolder(c)
	if err != nil {
		return answer{}, err
	}
	return ok(o.roleDocs(h, c.base))
}

func (o *Org) roleDocs(h holder, base string) []roleDoc {
	docs := []roleDoc{}
	for _, r := range o.roles[h.id] {
		docs = append(docs, r.doc(h, base))
	}
	return docs
}

func getUserRole(o *Org, c *call) (answer, error) {
	u, h, err := o.userHolder(c)
	if err != nil {
		return answer{}, err
	}
	return oneRole(c, o.userRoleDocs(u, h, c.base))
}

func getGroupRole(o *Org, c *call) (answer, error) {
	h, err := o.groupHolder(c)
	if err != nil {
		return answer{}, err
	}
	return oneRole(c, o.roleDocs(h, c.base))
}

func oneRole(c *call, docs []roleDoc) (answer, error) {
	id := c.params["roleAssignmentId"]
	for _, d := range docs {
		if d.ID == id {
			return ok(d)
		}
	}
	return answer{}, notFound(id, "RoleAssignment")
}

func assignUserRole(o *Org, c *call) (answer, error) {
	_, h, err := o.userHolder(c)
	if err != nil {
		return answer{}, err
	}
	return o.assignRole(c, h, "ra1")
}

func assignGroupRole(o *Org, c *call) (answer, error) {
	h, err := o.groupHolder(c)
	if err != nil {
		return answer{}, err
	}
	return o.assignRole(c, h, "gra")
}

// roleBody is what assigns a role; Role and ResourceSet go with customKind.
type roleBody struct {
	Type        string `json:"type"`
	Role        string `json:"role"`
	ResourceSet string `json:"resource-set"`
}

func duplicateRole() *apiError {
	return &apiError{
		status: http.StatusConflict, code: "E0000090",
		summary: "Duplicate role assignment exception.",
		causes:  []string{"The role specified is already assigned to the user."},
	}
}

// assignRole gives a role once. Targetable roles have an id made of their name:
// the base-32 spelling Okta uses.
func (o *Org) assignRole(c *call, h holder, prefix string) (answer, error) {
	var body roleBody
	if err := c.decode(&body); err != nil {
		return answer{}, err
	}
	if body.Type == customKind {
		return o.assignCustomRole(c, h, body)
	}
	if _, _, known := roleLabel(body.Type); !known {
		return answer{}, invalid("type", "type: The role type '"+body.Type+"' is not valid")
	}
	held := func(r *role) bool { return r.kind == body.Type }
	if slices.ContainsFunc(o.roles[h.id], held) {
		return answer{}, duplicateRole()
	}
	r := o.grantRole(h.id, body.Type, prefix, stampOf(c.now))
	return created(r.doc(h, c.base))
}

func (o *Org) grantRole(holder, kind, prefix string, now stamp) *role {
	id := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte(kind))
	if _, targetable, _ := roleLabel(kind); !targetable {
		id = o.mint(prefix)
	}
	r := &role{id: id, kind: kind, created: now}
	o.roles[holder] = append(o.roles[holder], r)
	return r
}

func removeUserRole(o *Org, c *call) (answer, error) {
	_, h, err := o.userHolder(c)
	if err != nil {
		return answer{}, err
	}
	return o.removeRole(c, h)
}

func removeGroupRole(o *Org, c *call) (answer, error) {
	h, err := o.groupHolder(c)
	if err != nil {
		return answer{}, err
	}
	return o.removeRole(c, h)
}

func (o *Org) removeRole(c *call, h holder) (answer, error) {
	id := c.params["roleAssignmentId"]
	i := slices.IndexFunc(o.roles[h.id], func(r *role) bool { return r.id == id })
	if i < 0 {
		return answer{}, notFound(id, "RoleAssignment")
	}
	o.roles[h.id] = slices.Delete(o.roles[h.id], i, i+1)
	return noContent()
}
