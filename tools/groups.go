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

const (
	groupsRead   = "okta.groups.read"
	groupsManage = "okta.groups.manage"
	oktaGroup    = "OKTA_GROUP"
)

// groupItems is how a group appears in a list.
func groupItems() view { return view{without: []string{"objectClass"}} }

func groupTools() []Any {
	return []Any{listGroups(), getGroup(), listGroupUsers(), listGroupApps(), createGroup(), updateGroup(), deleteGroup(), addUserToGroup(), removeUserFromGroup()}
}

func groupKind() kind {
	return kind{word: "group", name: "profile.name", param: "group_id", finder: "list_groups", get: byID((*oktaclient.Org).GetGroup),
		find: func(ctx context.Context, c *Call, ref string) (json.RawMessage, error) {
			g, err := c.group(ctx, ref)
			return g.raw, err
		}}
}

type groupRef struct {
	GroupID string `json:"group_id" jsonschema:"id or exact name"`
}

func (in groupRef) identify() (kind, string) { return groupKind(), in.GroupID }

type listGroupsIn struct {
	Search     string `json:"search,omitempty" jsonschema:"e.g. profile.name sw \"App\""`
	Filter     string `json:"filter,omitempty" jsonschema:"on id, type or when changed"`
	Q          string `json:"q,omitempty" jsonschema:"start of the name"`
	Type       string `json:"type,omitempty" enum:"OKTA_GROUP APP_GROUP BUILT_IN" jsonschema:"kind"`
	WithCounts bool   `json:"with_counts,omitempty" jsonschema:"add member and app counts"`
	Paging
}

func listGroups() Any {
	return Tool[listGroupsIn, List]{
		Name: "list_groups", Title: "List groups", Effect: Read, Scopes: []string{groupsRead},
		Description: "Finds groups by one of search, filter and q.",
		Run: func(ctx context.Context, c *Call, in listGroupsIn) (List, error) {
			query, err := in.query()
			if err != nil {
				return List{}, err
			}
			if in.WithCounts && len(in.Fields) > 0 {
				in.Fields = append(in.Fields, "_embedded.stats.usersCount", "_embedded.stats.appsCount")
			}
			return listing{paging: in.Paging, view: groupItems(), key: []string{"groups"}, query: query,
				fetch: c.Org.ListGroups, note: in.note}.run(ctx, c)
		},
	}
}

func (in listGroupsIn) query() (oktaclient.Query, error) {
	shorthand := ""
	if in.Type != "" {
		shorthand = "type eq " + scimString(in.Type)
	}
	query, err := finding{in.Search, in.Filter, in.Q}.query("type", shorthand, "filter")
	if err == nil && in.WithCounts {
		query.Set("expand", "stats")
	}
	return query, err
}

func (in listGroupsIn) note(onPage, limit int) (bool, string) {
	switch {
	case in.Q != "" && onPage >= limit:
		return true, "Okta does not page q, so there may be more: use search, for instance profile.name sw \"…\""
	case in.Search != "" && onPage == 0:
		return false, "Okta's search lags some seconds behind changes; q and get_group do not"
	}
	return false, ""
}

type getGroupIn struct {
	groupRef
	Shown
}

func getGroup() Any {
	return Tool[getGroupIn, Document]{
		Name: "get_group", Title: "Get group", Effect: Read, Scopes: []string{groupsRead},
		Description: "One group: type, profile, when it and its members last changed.",
		Run:         getObject[getGroupIn],
	}
}

// listOfGroupIn is the input of every list of what one group has.
type listOfGroupIn struct {
	groupRef
	Paging
}

// listOfGroup runs a list of what one group has, which the operation names by id.
func (c *Call) listOfGroup(ctx context.Context, ref string, l listing, read func(context.Context, string, oktaclient.Query) (*oktaclient.Answer, error)) (List, error) {
	g, err := c.group(ctx, ref)
	if err != nil {
		return List{}, err
	}
	l.key = append(l.key, g.id)
	l.fetch = func(ctx context.Context, q oktaclient.Query) (*oktaclient.Answer, error) { return read(ctx, g.id, q) }
	return l.run(ctx, c)
}

func listGroupUsers() Any {
	return Tool[listOfGroupIn, List]{
		Name: "list_group_users", Title: "List a group's members", Effect: Read, Scopes: []string{groupsRead},
		Description: "The people in one group, with their status.",
		Run: func(ctx context.Context, c *Call, in listOfGroupIn) (List, error) {
			return c.listOfGroup(ctx, in.GroupID, listing{paging: in.Paging, view: userItems(), key: []string{"group users"}}, c.Org.ListGroupUsers)
		},
	}
}

func listGroupApps() Any {
	return Tool[listOfGroupIn, List]{
		Name: "list_group_apps", Title: "List a group's apps", Effect: Read, Scopes: []string{groupsRead},
		Description: "The apps that membership of one group opens.",
		Run: func(ctx context.Context, c *Call, in listOfGroupIn) (List, error) {
			shown := view{without: []string{"accessibility", "credentials", "features", "licensing", "orn", "profile", "settings", "universalLogout", "visibility"}}
			return c.listOfGroup(ctx, in.GroupID, listing{paging: in.Paging, view: shown, key: []string{"group apps"}}, c.Org.ListAssignedApplicationsForGroup)
		},
	}
}

type createGroupIn struct {
	Name        string `json:"name" jsonschema:"up to 255 characters"`
	Description string `json:"description,omitempty" jsonschema:"up to 1024 characters"`
}

func createGroup() Any {
	return Tool[createGroupIn, Change]{
		Name: "create_group", Title: "Create group", Effect: Write, Scopes: []string{groupsManage},
		Description: "Creates an empty group that people can be added to.",
		Check: func(_ context.Context, _ *Call, in *createGroupIn) (confirm.Preview, error) {
			return confirm.Preview{Action: "Create this group", Targets: []confirm.Target{{Type: "group", Name: in.Name}}}, nil
		},
		Run: func(ctx context.Context, c *Call, in createGroupIn) (Change, error) {
			body, err := encode(map[string]any{"profile": map[string]string{"name": in.Name, "description": in.Description}})
			if err != nil {
				return Change{}, err
			}
			answer, err := c.Org.AddGroup(ctx, body)
			if err != nil {
				return Change{}, c.aftermath(ctx, c.Targets[0], err)
			}
			created := newGroup(answer.Body)
			target := created.target()
			result, err := groupItems().document(answer.Body, nil)
			return Change{Target: &target, Result: result, Undo: undoWith("delete_group", map[string]any{"group_id": created.id})}, err
		},
	}
}

type updateGroupIn struct {
	groupRef
	Name        *string         `json:"name,omitempty" jsonschema:"new name"`
	Description *string         `json:"description,omitempty" jsonschema:"new text"`
	Profile     json.RawMessage `json:"profile,omitempty" jsonschema:"other attributes; null clears one"`
}

func updateGroup() Any {
	return edit[updateGroupIn]{
		action: "Change this group", param: "profile",
		part:  updateGroupIn.part,
		check: checkUpdateGroup,
		put: func(ctx context.Context, c *Call, _ updateGroupIn, o confirm.Target, d draft) (*oktaclient.Answer, error) {
			body, err := encode(map[string]any{"profile": json.RawMessage(gjson.GetBytes(d.after, "profile").Raw)})
			if err != nil {
				return nil, err
			}
			return c.Org.ReplaceGroup(ctx, o.ID, body)
		},
		undo: func(before json.RawMessage) map[string]any {
			return map[string]any{"profile": json.RawMessage(gjson.GetBytes(before, "profile").Raw)}
		},
	}.tool(Tool[updateGroupIn, Change]{
		Name: "update_group", Title: "Update group", Effect: Write, Scopes: []string{groupsManage}, Optional: []string{rolesRead},
		Description: "Changes only what is given. Asks when its new name gives power.",
	})
}

func (in updateGroupIn) part() (json.RawMessage, error) {
	profile := map[string]any{}
	gjson.ParseBytes(in.Profile).ForEach(func(name, value gjson.Result) bool {
		profile[name.String()] = json.RawMessage(value.Raw)
		return true
	})
	for name, value := range map[string]*string{"name": in.Name, "description": in.Description} {
		if value == nil {
			continue
		}
		if _, twice := profile[name]; twice {
			return nil, &ArgumentError{Problem: name + " is given twice, by itself and in profile"}
		}
		profile[name] = *value
	}
	if len(profile) == 0 {
		return nil, &ArgumentError{Problem: "nothing to change: give name, description or profile"}
	}
	return encode(map[string]any{"profile": profile})
}

func checkUpdateGroup(ctx context.Context, c *Call, p *confirm.Preview, _ updateGroupIn, o object, d draft) error {
	g := newGroup(o.raw)
	if g.kind != oktaGroup {
		return &Refused{Reason: fmt.Sprintf("%s is a %s, and Okta changes an OKTA_GROUP only", o.called(), g.kind),
			Next: "an APP_GROUP is changed where it comes from; a BUILT_IN group stays as it is"}
	}
	if newGroup(d.after).name == g.name {
		return nil
	}
	c.tellUnprotected(p, "group", g.name)
	w, err := c.newWalk(ctx, p)
	if err != nil {
		return err
	}
	return w.renaming(ctx, g)
}

// tellUnprotected says that what the operator protects by its name is about to get
// another.
func (c *Call) tellUnprotected(p *confirm.Preview, word, name string) {
	if slices.ContainsFunc(c.Options.Protect, func(protected string) bool { return strings.EqualFold(protected, name) }) {
		p.Notes = append(p.Notes, "the operator protects this "+word+" by its name, and under another name it is not protected")
		p.Consequence = append(p.Consequence, "The "+word+" is protected by its name, and under another name it is not.")
	}
}

func deleteGroup() Any {
	return step[groupRef]{
		action: "Delete this group for good", typed: true, follows: []string{"This cannot be undone."},
		check: checkDeleteGroup, do: onID[groupRef]((*oktaclient.Org).DeleteGroup),
	}.tool(Tool[groupRef, Change]{
		Name: "delete_group", Title: "Delete group", Effect: Destructive, Scopes: []string{groupsManage}, Optional: []string{rolesRead},
		Description: "Deletes a group for good; its members lose the apps it opens.",
	})
}

func checkDeleteGroup(ctx context.Context, c *Call, p *confirm.Preview, _ groupRef, o object) error {
	g := newGroup(o.raw)
	if g.kind == "BUILT_IN" {
		return &Refused{Reason: o.called() + " is built in, and Okta never deletes those"}
	}
	c.showMembers(ctx, p, g.id, "%s in it.")
	c.showApps(ctx, p, g.id, "It opens %s.", "apps")
	w, err := c.shortWalk(ctx, p, 1)
	if err != nil {
		return err
	}
	w.showFeeding(g.id, "Active group rules put people into it; without it they become INVALID and do nothing any more.")
	if err := w.leaving(ctx, g); err != nil {
		return err
	}
	roles, hidden, err := c.groupRoles(ctx, g.id)
	switch {
	case err != nil:
		return err
	case hidden != "":
		protect(p, "it is not visible whether the group holds admin roles: "+hidden)
	case len(roles) > 0:
		protect(p, "the members of the group are administrators")
		p.Details = append(p.Details, detail("admin roles its members lose", labels(roles)))
	default:
		return nil
	}
	return c.notOurGroup(ctx, g)
}

// notOurGroup refuses to change the admin power of a group that the server's own
// user is in: its own roles would change with it.
func (c *Call) notOurGroup(ctx context.Context, g group) error {
	if c.Status.UserID == "" {
		return nil
	}
	ours, err := c.isMember(ctx, c.Status.UserID, g.id)
	if err == nil && ours {
		err = &Refused{Reason: "the identity that the server itself works with is in the group " + confirm.Quote(g.name) + ", and no tool changes its admin roles"}
	}
	return err
}

// countMembers counts the people in a group: from Okta's own statistics, in one
// small request, or from a page of members where it has none.
func (c *Call) countMembers(ctx context.Context, groupID string) (atLeast, error) {
	items, _, err := page(c.Org.ListGroups(ctx, url.Values{"filter": {"id eq " + scimString(groupID)}, "expand": {"stats"}}))
	if err == nil && len(items) == 1 {
		if stats := gjson.GetBytes(items[0], "_embedded.stats.usersCount"); stats.Exists() {
			return atLeast{n: int(stats.Int())}, nil
		}
	}
	_, count, err := page(c.Org.ListGroupUsers(ctx, groupID, limitOf(1000)))
	return count, err
}

// showMembers adds to p how many people are in the group; sentence has their
// place: "%s in it."
func (c *Call) showMembers(ctx context.Context, p *confirm.Preview, groupID, sentence string) {
	var count atLeast
	hidden := c.informative(ctx, func(ctx context.Context) (err error) {
		count, err = c.countMembers(ctx, groupID)
		return err
	})
	if hidden != "" {
		p.Consequence = append(p.Consequence, "How many people are in it is not visible: "+hidden+".")
		return
	}
	p.Consequence = append(p.Consequence, fmt.Sprintf(sentence, count.of("person is", "people are")))
}

// showApps adds to p what apps the group opens, or that this is not visible.
func (c *Call) showApps(ctx context.Context, p *confirm.Preview, groupID, sentence, label string) {
	c.measure(ctx, p, measurement{
		unseen: "What apps the group opens is not visible", size: 200,
		fetch: func(ctx context.Context, q oktaclient.Query) (*oktaclient.Answer, error) {
			return c.Org.ListAssignedApplicationsForGroup(ctx, groupID, q)
		},
		tell: func(apps []json.RawMessage, n atLeast) {
			p.Consequence = append(p.Consequence, fmt.Sprintf(sentence, n.of("app", "apps")))
			if len(apps) > 0 {
				p.Details = append(p.Details, detail(label, names(apps, "label")))
			}
		},
	})
}

// showFeeding names the active rules that put people into the group, if any do,
// and reports whether some do.
func (w *walk) showFeeding(groupID, sentence string) bool {
	feeding := w.feeding(groupID)
	if len(feeding) > 0 {
		w.p.Consequence = append(w.p.Consequence, sentence)
		w.p.Details = append(w.p.Details, detail("group rules that feed it", feeding))
	}
	return len(feeding) > 0
}

type membershipIn struct {
	groupRef
	People
}

func addUserToGroup() Any {
	return Tool[membershipIn, Change]{
		Name: "add_user_to_group", Title: "Add users to a group", Effect: Write, Scopes: []string{groupsManage},
		Optional:    []string{usersRead, rolesRead},
		Description: "Adds people to a group; answers who was in it already and the apps gained. Asks when the group gives admin power.",
		Check:       checkAddUserToGroup,
		Run: func(ctx context.Context, c *Call, in membershipIn) (Change, error) {
			var added []string
			change, err := c.forEach(ctx, "nothing to undo", func(id string) (string, error) {
				member, err := c.isMember(ctx, id, in.GroupID)
				switch {
				case err != nil:
					return "", err
				case member:
					return "was a member already", nil
				}
				if _, err = c.Org.AssignUserToGroup(ctx, in.GroupID, id); err == nil {
					added = append(added, id)
				}
				return "", err
			})
			if len(added) > 0 { // what is known to be done; an unknown outcome says so itself
				change.Undo = undoWith("remove_user_from_group", map[string]any{"group_id": in.GroupID, "user_ids": added})
			}
			return change, err
		},
	}
}

func checkAddUserToGroup(ctx context.Context, c *Call, in *membershipIn) (confirm.Preview, error) {
	p := confirm.Preview{Action: "Add this user to a group"}
	g, users, err := c.membership(ctx, &p, in)
	if err != nil {
		return p, err
	}
	if len(users) > 1 {
		p.Action = fmt.Sprintf("Add these %d users to a group", len(users))
	}
	w, err := c.newWalk(ctx, &p)
	if err != nil {
		return p, err
	}
	if err := w.joining(ctx, g); err != nil {
		return p, err
	}
	for _, u := range users {
		if _, err := c.weighUser(ctx, &p, u); err != nil {
			return p, err
		}
	}
	return p, nil
}

func removeUserFromGroup() Any {
	return Tool[membershipIn, Change]{
		Name: "remove_user_from_group", Title: "Remove users from a group", Effect: Destructive, Scopes: []string{groupsManage},
		Optional:    []string{usersRead, rolesRead},
		Description: "Takes people out of a group, and the apps it opens.",
		Check:       checkRemoveUserFromGroup,
		Run: func(ctx context.Context, c *Call, in membershipIn) (Change, error) {
			var removed []string
			change, err := c.forEach(ctx, "nothing to undo", func(id string) (string, error) {
				_, err := c.Org.UnassignUserFromGroup(ctx, in.GroupID, id)
				if err == nil {
					removed = append(removed, id)
				}
				return "", err
			})
			if len(removed) > 0 { // as above
				change.Undo = undoWith("add_user_to_group", map[string]any{"group_id": in.GroupID, "user_ids": removed})
			}
			return change, err
		},
	}
}

func checkRemoveUserFromGroup(ctx context.Context, c *Call, in *membershipIn) (confirm.Preview, error) {
	p := confirm.Preview{Action: "Remove this user from a group"}
	g, users, err := c.membership(ctx, &p, in)
	if err != nil {
		return p, err
	}
	if len(users) > 1 {
		p.Action = fmt.Sprintf("Remove these %d users from a group", len(users))
	}
	for _, u := range users {
		member, err := c.isMember(ctx, u.id, g.id)
		if err != nil {
			return p, err
		}
		if !member {
			return p, &Refused{Reason: fmt.Sprintf("nobody was removed: %s (%s) is not in the group %s", confirm.Quote(u.login), u.id, confirm.Quote(g.name)), Next: "leave this person out"}
		}
	}
	if err := c.weighUsers(ctx, &p, users); err != nil {
		return p, err
	}
	c.showApps(ctx, &p, g.id, "The group opens %s, lost unless another group or a direct assignment gives the same.", "apps opened by the group")
	w, err := c.newWalk(ctx, &p)
	if err != nil {
		return p, err
	}
	if w.showFeeding(g.id, "Group rules put people into this group; whoever was put there by one is excluded from that rule by the removal.") {
		p.Notes = append(p.Notes, "group rules feed this group: whoever was put there by one is excluded from it now, and adding the person by hand does not lift that")
	}
	return p, w.leaving(ctx, g)
}

// membership reads the group and the people of a call that changes who is in it.
func (c *Call) membership(ctx context.Context, p *confirm.Preview, in *membershipIn) (group, []user, error) {
	g, err := c.joinable(ctx, in.GroupID)
	if err != nil {
		return g, nil, err
	}
	users, err := c.users(ctx, in.UserIDs)
	if err != nil {
		return g, nil, err
	}
	in.GroupID, in.UserIDs = g.id, userIDs(users)
	for _, u := range users {
		target := u.target()
		target.Within = g.id
		p.Targets = append(p.Targets, target)
	}
	p.Details = append(p.Details, confirm.Detail{Label: "group", Texts: []string{g.name, "id " + g.id}})
	p.State = []any{states(users), g.state()}
	if !c.granted(usersRead) {
		p.Consequence = append(p.Consequence, "Who the ids belong to is not visible: the scope "+usersRead+" is not granted.")
	}
	c.protectGroup(p, g)
	return g, users, nil
}

// protectGroup raises p when the operator protects the group, and shows it to
// the rules of policies: it is changed although it is not the target.
func (c *Call) protectGroup(p *confirm.Preview, g group) {
	p.Also = append(p.Also, g.target())
	if g.name == "" && len(c.Options.Protect) > 0 {
		protect(p, "it is not visible whether a group concerned is protected")
	}
	if why := c.protects(g.target()); why != "" {
		protect(p, why)
	}
}

// joinable reads a group whose members can be changed by hand.
func (c *Call) joinable(ctx context.Context, ref string) (group, error) {
	g, err := c.group(ctx, ref)
	if err == nil && g.kind != oktaGroup {
		err = &Refused{Reason: fmt.Sprintf("the group %s is a %s, and Okta changes the members of an OKTA_GROUP only", confirm.Quote(g.name), g.kind),
			Next: "APP_GROUP members are changed where the group comes from; everybody is in a BUILT_IN group"}
	}
	return g, err
}

// isMember looks through the person's groups, or through the group's members
// where the granted scopes do not show people's groups, page by page.
func (c *Call) isMember(ctx context.Context, userID, groupID string) (bool, error) {
	fetch, id, sought, query := c.Org.ListUserGroups, userID, groupID, limitOf(200)
	if !c.granted(usersRead) {
		fetch, id, sought, query = c.Org.ListGroupUsers, groupID, userID, limitOf(1000)
	}
	for query != nil {
		answer, err := fetch(ctx, id, query)
		if err != nil {
			return false, fmt.Errorf("reading whether %s is in the group %s: %w", userID, groupID, err)
		}
		items, err := answer.Items()
		if err != nil {
			return false, err
		}
		if slices.Contains(names(items, "id"), sought) {
			return true, nil
		}
		query = answer.Next
	}
	return false, nil
}
