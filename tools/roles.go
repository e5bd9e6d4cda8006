package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

// customRole is the type of every role that the org has made itself.
const customRole = "CUSTOM"

func roleTools() []Any {
	return []Any{listAdmins(), listUserRoles(), assignRoleToUser(), unassignRoleFromUser(),
		listGroupRoles(), assignRoleToGroup(), unassignRoleFromGroup(), listCustomRoles(), listResourceSets()}
}

func customRoleKind() kind {
	return kind{word: "custom role", name: "label", param: "role", finder: "list_custom_roles", get: byID((*oktaclient.Org).GetRole)}
}

func resourceSetKind() kind {
	return kind{word: "resource set", name: "label", param: "resource_set", finder: "list_resource_sets", get: byID((*oktaclient.Org).GetResourceSet)}
}

// holder is what the tools about the roles of people and of groups differ in.
type holder struct {
	word, param      string // "user", "user_id"
	assign, unassign string // the tools that give and take a role
	list             string
	roles            func(*Call, context.Context, string) ([]role, string, error)
	post             func(*oktaclient.Org, context.Context, string, oktaclient.Query, json.RawMessage) (*oktaclient.Answer, error)
	remove           func(_ *oktaclient.Org, _ context.Context, id, assignmentID string) (*oktaclient.Answer, error)
}

func people() holder {
	return holder{word: "user", param: "user_id", assign: "assign_role_to_user", unassign: "unassign_role_from_user", list: "list_user_roles",
		roles: (*Call).userRoles, post: (*oktaclient.Org).AssignRoleToUser, remove: (*oktaclient.Org).UnassignRoleFromUser}
}

func groupsOfPeople() holder {
	return holder{word: "group", param: "group_id", assign: "assign_role_to_group", unassign: "unassign_role_from_group", list: "list_group_roles",
		roles: (*Call).groupRoles, post: (*oktaclient.Org).AssignRoleToGroup, remove: (*oktaclient.Org).UnassignRoleFromGroup}
}

// plainList is the input of a list that takes nothing but paging.
type plainList struct{ Paging }

func listAdmins() Any {
	return Tool[plainList, List]{
		Name: "list_admins", Title: "List administrators", Effect: Read, Scopes: []string{rolesRead}, Optional: []string{usersRead},
		Description: "Everybody with an admin role, also through a group; list_user_roles says which.",
		Run: func(ctx context.Context, c *Call, in plainList) (List, error) {
			read := wrapped("value", c.Org.ListUsersWithRoleAssignments)
			if !slices.Contains(in.Fields, everything) {
				read = c.withLogins(read)
			}
			return listing{paging: in.Paging, view: view{without: []string{"orn"}}, key: []string{"admins"}, fetch: read}.run(ctx, c)
		},
	}
}

// idsAtOnce is how many people are found with one filter: it travels in the address.
const idsAtOnce = 50

// withLogins gives each item of a list of people's ids the login and status. Okta
// lists administrators by id alone.
func (c *Call) withLogins(read fetch) fetch {
	return func(ctx context.Context, q oktaclient.Query) (*oktaclient.Answer, error) {
		answer, err := read(ctx, q)
		if err != nil {
			return nil, err
		}
		items, err := answer.Items()
		if err != nil {
			return nil, err
		}
		known := map[string]user{}
		for ids := range slices.Chunk(names(items, "id"), idsAtOnce) {
			var found []json.RawMessage
			_, err := c.optional(usersRead, func() (err error) { // whom the app may not see stays an id
				found, _, err = page(c.Org.ListUsers(ctx, url.Values{"filter": {anyOf("id", ids)}, "limit": {"200"}}))
				return err
			})
			if err != nil {
				return nil, fmt.Errorf("reading who the administrators are: %w", err)
			}
			for _, raw := range found {
				u := newUser(raw)
				known[u.id] = u
			}
		}
		for i, item := range items {
			if u, visible := known[gjson.GetBytes(item, "id").String()]; visible {
				extra, err := encode(map[string]string{"login": u.login, "status": u.status})
				if err != nil {
					return nil, err
				}
				items[i] = mergeInto(gjson.ParseBytes(item), gjson.ParseBytes(extra))
			}
		}
		named := *answer
		named.Body, err = encode(items)
		return &named, err
	}
}

// anyOf is a filter for one of several values.
func anyOf(attribute string, values []string) string {
	terms := make([]string, len(values))
	for i, value := range values {
		terms[i] = attribute + " eq " + scimString(value)
	}
	return strings.Join(terms, " or ")
}

func listUserRoles() Any {
	return Tool[listUserIn, List]{
		Name: "list_user_roles", Title: "List a user's admin roles", Effect: Read, Scopes: []string{rolesRead}, Optional: []string{usersRead},
		Description: "The admin roles of one person; those of assignmentType GROUP come from the group in _links.assignee.",
		Run: func(ctx context.Context, c *Call, in listUserIn) (List, error) {
			return c.listOfUser(ctx, in.UserID, listing{paging: in.Paging, view: view{links: []string{"assignee"}}, key: []string{"user roles"}, whole: true}, c.Org.ListAssignedRolesForUser)
		},
	}
}

func listGroupRoles() Any {
	return Tool[listOfGroupIn, List]{
		Name: "list_group_roles", Title: "List a group's admin roles", Effect: Read, Scopes: []string{rolesRead}, Optional: []string{groupsRead},
		Description: "The admin roles that everybody in one group holds.",
		Run: func(ctx context.Context, c *Call, in listOfGroupIn) (List, error) {
			return c.listOfGroup(ctx, in.GroupID, listing{paging: in.Paging, key: []string{"group roles"}, whole: true}, c.Org.ListGroupAssignedRoles)
		},
	}
}

func listCustomRoles() Any {
	return Tool[plainList, List]{
		Name: "list_custom_roles", Title: "List custom roles", Effect: Read, Scopes: []string{rolesRead},
		Description: "Admin roles made in this org.",
		Run: func(ctx context.Context, c *Call, in plainList) (List, error) {
			return listing{paging: in.Paging, key: []string{"custom roles"}, whole: true, fetch: wrapped("roles", c.Org.ListRoles)}.run(ctx, c)
		},
	}
}

func listResourceSets() Any {
	return Tool[plainList, List]{
		Name: "list_resource_sets", Title: "List resource sets", Effect: Read, Scopes: []string{rolesRead},
		Description: "What custom roles can be assigned for.",
		Run: func(ctx context.Context, c *Call, in plainList) (List, error) {
			return listing{paging: in.Paging, key: []string{"resource sets"}, whole: true, fetch: wrapped("resource-sets", c.Org.ListResourceSets)}.run(ctx, c)
		},
	}
}

// roleChoice names a role that is to be assigned.
type roleChoice struct {
	Type        string `json:"type" jsonschema:"e.g. HELP_DESK_ADMIN, or CUSTOM"`
	Role        string `json:"role,omitempty" jsonschema:"for CUSTOM: id or label"`
	ResourceSet string `json:"resource_set,omitempty" jsonschema:"for CUSTOM"`
}

// settle reads what the choice names, shows it, and pins the ids.
func (r *roleChoice) settle(ctx context.Context, c *Call, p *confirm.Preview) error {
	r.Type = strings.ToUpper(r.Type)
	p.Details = append(p.Details, confirm.Detail{Label: "role", Texts: []string{r.Type}})
	if r.Type != customRole {
		if r.Role != "" || r.ResourceSet != "" {
			return &ArgumentError{Problem: "role and resource_set go with the type CUSTOM only"}
		}
		return nil
	}
	if r.Role == "" || r.ResourceSet == "" {
		return &ArgumentError{Problem: "the type CUSTOM needs role and resource_set; list_custom_roles and list_resource_sets show what there is"}
	}
	custom, err := c.object(ctx, customRoleKind(), r.Role)
	if err != nil {
		return err
	}
	set, err := c.object(ctx, resourceSetKind(), r.ResourceSet)
	if err != nil {
		return err
	}
	r.Role, r.ResourceSet = custom.id, set.id
	p.Details = append(p.Details, confirm.Detail{Label: "custom role", Texts: []string{custom.name, "id " + custom.id}},
		confirm.Detail{Label: "resource set", Texts: []string{set.name, "id " + set.id}})
	return nil
}

func (r roleChoice) body() (json.RawMessage, error) {
	body := map[string]string{"type": r.Type}
	if r.Type == customRole {
		body["role"], body["resource-set"] = r.Role, r.ResourceSet
	}
	return encode(body)
}

// is reports whether a role held is the one chosen.
func (r roleChoice) is(held role) bool {
	return held.kind == r.Type && held.custom == r.Role && held.set == r.ResourceSet
}

// weigh refuses a role that is held already and protects the highest one.
func (r roleChoice) weigh(p *confirm.Preview, h holder, roles []role) error {
	for _, held := range roles {
		switch {
		case !r.is(held):
		case held.indirect(h):
			p.Consequence = append(p.Consequence, "The same role is held through a group already.")
		default:
			return &Refused{Reason: fmt.Sprintf("the role is assigned already (assignment %s), and Okta assigns none twice (E0000090)", held.id), Next: h.list + " shows the roles held"}
		}
	}
	if r.Type == superAdmin {
		protect(p, "a super administrator can do everything in the org")
	}
	return nil
}

// indirect reports whether a person holds the role through a group.
func (r role) indirect(h holder) bool { return h.word == "user" && r.through == groupOwner }

type assignRoleToUserIn struct {
	UserID string `json:"user_id" jsonschema:"id or login"`
	roleChoice
}

func assignRoleToUser() Any {
	return Tool[assignRoleToUserIn, Change]{
		Name: "assign_role_to_user", Title: "Assign admin role to user", Effect: Privileged, Scopes: []string{rolesManage}, Optional: []string{usersRead},
		Description: "Makes a person an administrator.",
		Check: func(ctx context.Context, c *Call, in *assignRoleToUserIn) (confirm.Preview, error) {
			p := confirm.Preview{Action: "Give this user an admin role"}
			u, now, err := c.administrator(ctx, &p, in.UserID)
			if err != nil {
				return p, err
			}
			in.UserID = u.id
			if err := in.settle(ctx, c, &p); err != nil {
				return p, err
			}
			return p, in.weigh(&p, people(), now.roles)
		},
		Run: func(ctx context.Context, c *Call, in assignRoleToUserIn) (Change, error) {
			return c.assignRole(ctx, people(), in.UserID, in.roleChoice)
		},
	}
}

// standing is the roles that somebody holds, or why they are not visible.
type standing struct {
	roles  []role
	hidden string
}

// administrator reads a person whose roles are to change, and the roles held.
func (c *Call) administrator(ctx context.Context, p *confirm.Preview, ref string) (user, standing, error) {
	u, err := c.user(ctx, ref)
	if err != nil {
		return u, standing{}, err
	}
	p.Targets, p.State = []confirm.Target{u.target()}, u.state()
	roles, hidden, err := c.userRoles(ctx, u.id)
	if err == nil {
		c.weighRoles(p, u, roles, hidden)
	}
	return u, standing{roles, hidden}, err
}

type assignRoleToGroupIn struct {
	groupRef
	roleChoice
}

func assignRoleToGroup() Any {
	return Tool[assignRoleToGroupIn, Change]{
		Name: "assign_role_to_group", Title: "Assign admin role to group", Effect: Privileged, Scopes: []string{rolesManage}, Optional: []string{groupsRead},
		Description: "Makes everybody in a group an administrator.",
		Check: func(ctx context.Context, c *Call, in *assignRoleToGroupIn) (confirm.Preview, error) {
			p := confirm.Preview{Action: "Give everybody in this group an admin role"}
			g, now, err := c.administrators(ctx, &p, in.GroupID)
			if err != nil {
				return p, err
			}
			in.GroupID = g.id
			if g.kind == "BUILT_IN" {
				protect(&p, "everybody in the org becomes an administrator")
			}
			if err := in.settle(ctx, c, &p); err != nil {
				return p, err
			}
			c.showMembers(ctx, &p, g.id, "%s in it and will hold the role, and so will whoever is added later.")
			return p, in.weigh(&p, groupsOfPeople(), now.roles)
		},
		Run: func(ctx context.Context, c *Call, in assignRoleToGroupIn) (Change, error) {
			return c.assignRole(ctx, groupsOfPeople(), in.GroupID, in.roleChoice)
		},
	}
}

// administrators reads a group whose roles are to change, and the roles held.
func (c *Call) administrators(ctx context.Context, p *confirm.Preview, ref string) (group, standing, error) {
	g, err := c.group(ctx, ref)
	if err != nil {
		return g, standing{}, err
	}
	p.Targets, p.State = []confirm.Target{g.target()}, g.state()
	c.protectGroup(p, g)
	if err := c.notOurGroup(ctx, g); err != nil {
		return g, standing{}, err
	}
	roles, hidden, err := c.groupRoles(ctx, g.id)
	switch {
	case hidden != "":
		protect(p, "it is not visible what admin roles the group holds: "+hidden)
	case isSuper(roles):
		protect(p, "the members of the group are super administrators")
	}
	if len(roles) > 0 {
		p.Details = append(p.Details, detail("admin roles held", labels(roles)))
	}
	return g, standing{roles, hidden}, err
}

// assignRole is the Run of the tools that give a role.
func (c *Call) assignRole(ctx context.Context, h holder, id string, choice roleChoice) (Change, error) {
	body, err := choice.body()
	if err != nil {
		return Change{}, err
	}
	answer, err := h.post(c.Org, ctx, id, nil, body)
	if err != nil {
		return Change{}, c.afterRoles(ctx, h, id, err)
	}
	made := newRole(answer.Body)
	if made.id == "" {
		return Change{}, errNoBody
	}
	return Change{Target: &c.Targets[0], Result: c.resultOf(answer), Notes: c.Notes,
		Undo: undoWith(h.unassign, map[string]any{h.param: id, "assignment_id": made.id})}, nil
}

type unassignRoleFromUserIn struct {
	UserID       string `json:"user_id" jsonschema:"id or login"`
	AssignmentID string `json:"assignment_id" jsonschema:"id, or role type"`
}

func unassignRoleFromUser() Any {
	return Tool[unassignRoleFromUserIn, Change]{
		Name: "unassign_role_from_user", Title: "Unassign admin role from user", Effect: Destructive, Scopes: []string{rolesManage}, Optional: []string{usersRead},
		Description: "Takes an admin role that a person holds directly.",
		Check: func(ctx context.Context, c *Call, in *unassignRoleFromUserIn) (confirm.Preview, error) {
			p := confirm.Preview{Action: "Take an admin role from this user", Typed: true}
			u, now, err := c.administrator(ctx, &p, in.UserID)
			if err != nil {
				return p, err
			}
			held, err := people().held(now, in.AssignmentID)
			if err != nil {
				return p, err
			}
			in.UserID, in.AssignmentID = u.id, held.id
			c.taking(&p, held)
			return p, nil
		},
		Run: func(ctx context.Context, c *Call, in unassignRoleFromUserIn) (Change, error) {
			return c.unassignRole(ctx, people(), in.UserID, in.AssignmentID)
		},
	}
}

type unassignRoleFromGroupIn struct {
	groupRef
	AssignmentID string `json:"assignment_id" jsonschema:"id, or role type"`
}

func unassignRoleFromGroup() Any {
	return Tool[unassignRoleFromGroupIn, Change]{
		Name: "unassign_role_from_group", Title: "Unassign admin role from group", Effect: Destructive, Scopes: []string{rolesManage}, Optional: []string{groupsRead},
		Description: "Takes an admin role from everybody in a group.",
		Check: func(ctx context.Context, c *Call, in *unassignRoleFromGroupIn) (confirm.Preview, error) {
			p := confirm.Preview{Action: "Take an admin role from everybody in this group", Typed: true}
			g, now, err := c.administrators(ctx, &p, in.GroupID)
			if err != nil {
				return p, err
			}
			held, err := groupsOfPeople().held(now, in.AssignmentID)
			if err != nil {
				return p, err
			}
			in.GroupID, in.AssignmentID = g.id, held.id
			c.showMembers(ctx, &p, g.id, "%s in it and will lose the role, unless it is held in another way too.")
			c.taking(&p, held)
			return p, nil
		},
		Run: func(ctx context.Context, c *Call, in unassignRoleFromGroupIn) (Change, error) {
			return c.unassignRole(ctx, groupsOfPeople(), in.GroupID, in.AssignmentID)
		},
	}
}

// held finds one of the roles by the id of its assignment or by its type.
func (h holder) held(now standing, ref string) (role, error) {
	if now.hidden != "" {
		return role{}, &Refused{Reason: "the admin roles held cannot be read: " + now.hidden}
	}
	var found []role
	for _, r := range now.roles {
		if r.id == ref || r.kind == strings.ToUpper(ref) {
			found = append(found, r)
		}
	}
	direct := slices.DeleteFunc(slices.Clone(found), func(r role) bool { return r.indirect(h) })
	switch {
	case len(direct) == 1:
		return direct[0], nil
	case len(direct) > 1:
		var ids []string
		for _, r := range direct {
			ids = append(ids, fmt.Sprintf("%s (%s)", r.id, confirm.Quote(r.label)))
		}
		return role{}, &Refused{Reason: fmt.Sprintf("%d roles of this type are held", len(direct)), Next: "give the assignment id of one of " + strings.Join(ids, ", ")}
	case len(found) > 0:
		return role{}, &Refused{Reason: "the role is held through a group, not directly", Next: "take the person out of the group with remove_user_from_group, or the role from the group with unassign_role_from_group"}
	}
	return role{}, &Refused{Reason: fmt.Sprintf("this %s holds no role with the type or assignment id %s", h.word, confirm.Quote(ref)), Next: h.list + " shows the roles held"}
}

// taking shows the role that is taken, and keeps it for Run to say how it is
// given back.
func (c *Call) taking(p *confirm.Preview, held role) {
	c.draft.before = held.raw
	p.State = []any{p.State, string(held.raw)}
	p.Consequence = append(p.Consequence, "This takes access from an administrator.")
	p.Details = append(p.Details, confirm.Detail{Label: "role taken", Texts: []string{held.label, held.kind, "assignment " + held.id}})
	if slices.Contains([]string{"APP_ADMIN", "USER_ADMIN", "HELP_DESK_ADMIN", "GROUP_MEMBERSHIP_ADMIN"}, held.kind) {
		p.Notes = append(p.Notes, "if the role was limited to some groups or apps, assigning it again gives it for all of them")
	}
}

// unassignRole is the Run of the tools that take a role.
func (c *Call) unassignRole(ctx context.Context, h holder, id, assignmentID string) (Change, error) {
	if _, err := h.remove(c.Org, ctx, id, assignmentID); err != nil {
		return Change{}, c.afterRoles(ctx, h, id, err)
	}
	taken := newRole(c.draft.before)
	arguments := map[string]any{h.param: id, "type": taken.kind}
	if taken.kind == customRole {
		arguments["role"], arguments["resource_set"] = taken.custom, taken.set
	}
	return Change{Target: &c.Targets[0], Notes: c.Notes, Undo: undoWith(h.assign, arguments)}, nil
}

// afterRoles adds to the error of a cut-off write what roles are held now.
func (c *Call) afterRoles(ctx context.Context, h holder, id string, err error) error {
	return c.afterwards(ctx, "the roles of "+h.word+" "+id, err, func(ctx context.Context) (string, error) {
		roles, hidden, err := h.roles(c, ctx, id)
		if hidden != "" {
			return "what roles are held now is not visible: " + hidden, err
		}
		return fmt.Sprintf("as of now the %s %s holds the roles %s", h.word, id, firstNonEmpty(quotedList(labels(roles)), "(none)")), err
	})
}
