package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
)

func groupOwnerTools() []Any {
	return []Any{listGroupOwners(), addGroupOwner(), removeGroupOwner()}
}

func listGroupOwners() Any {
	return Tool[listOfGroupIn, List]{
		Name: "list_group_owners", Title: "List a group's owners", Effect: Read, Scopes: []string{groupsRead},
		Description: "The users and groups that own one group.",
		Run: func(ctx context.Context, c *Call, in listOfGroupIn) (List, error) {
			return c.listOfGroup(ctx, in.GroupID, listing{paging: in.Paging, key: []string{"group owners"}}, c.Org.ListGroupOwners)
		},
	}
}

// Types of owners, as Okta names them.
const (
	userOwner  = "USER"
	groupOwner = "GROUP"
)

type addGroupOwnerIn struct {
	groupRef
	OwnerID string `json:"owner_id" jsonschema:"id, login or exact group name"`
	Type    string `json:"type,omitempty" enum:"USER GROUP" jsonschema:"default USER"`
}

func addGroupOwner() Any {
	return Tool[addGroupOwnerIn, Change]{
		Name: "add_group_owner", Title: "Add group owner", Effect: Privileged, Scopes: []string{groupsManage}, Optional: []string{usersRead, rolesRead},
		Description: "Makes a user or a group an owner, who decides who is in the group.",
		Check:       checkAddGroupOwner,
		Run: func(ctx context.Context, c *Call, in addGroupOwnerIn) (Change, error) {
			body, err := encode(map[string]string{"id": in.OwnerID, "type": in.Type})
			if err != nil {
				return Change{}, err
			}
			answer, err := c.Org.AssignGroupOwner(ctx, in.GroupID, body)
			if err != nil {
				return Change{}, c.afterOwners(ctx, in.GroupID, err)
			}
			return Change{Target: &c.Targets[0], Result: c.resultOf(answer), Notes: c.Notes,
				Undo: undoWith("remove_group_owner", map[string]any{"group_id": in.GroupID, "owner_id": in.OwnerID})}, nil
		},
	}
}

func checkAddGroupOwner(ctx context.Context, c *Call, in *addGroupOwnerIn) (confirm.Preview, error) {
	p := confirm.Preview{Action: "Make this user an owner of a group"}
	if in.Type = firstNonEmpty(in.Type, userOwner); in.Type == groupOwner {
		p.Action = "Make this group an owner of another group"
	}
	g, err := c.ownedGroup(ctx, &p, in.GroupID)
	if err != nil {
		return p, err
	}
	owner, err := c.ownerWeighed(ctx, &p, in.OwnerID, in.Type)
	if err != nil {
		return p, err
	}
	in.GroupID, in.OwnerID, owner.Within = g.id, owner.ID, g.id
	p.Targets, p.State = []confirm.Target{owner}, []any{g.state(), owner}
	owners, _, err := page(c.Org.ListGroupOwners(ctx, g.id, nil))
	if err != nil {
		return p, fmt.Errorf("reading the owners of the group: %w", err)
	}
	if slices.Contains(names(owners, "id"), owner.ID) {
		return p, &Refused{Reason: fmt.Sprintf("%s is an owner of the group %s already, so nothing was done", confirm.Quote(owner.Name), confirm.Quote(g.name))}
	}
	p.Consequence = append(p.Consequence, "An owner approves who gets into the group and reviews who is in it.")
	if in.Type == groupOwner {
		p.Consequence = append(p.Consequence, "Everybody in the owning group is one.")
	}
	c.showMembers(ctx, &p, g.id, "%s in the group.")
	w, err := c.newWalk(ctx, &p)
	if err != nil {
		return p, err
	}
	return p, w.joining(ctx, g) // who decides about a group can be in it
}

// ownedGroup reads the group of a call that changes who owns it.
func (c *Call) ownedGroup(ctx context.Context, p *confirm.Preview, ref string) (group, error) {
	g, err := c.group(ctx, ref)
	if err == nil {
		p.Details = append(p.Details, groupDetail("group", g))
		c.protectGroup(p, g)
	}
	return g, err
}

// ownerWeighed reads who is or is to be an owner: a super administrator is never
// changed lightly.
func (c *Call) ownerWeighed(ctx context.Context, p *confirm.Preview, ref, kind string) (confirm.Target, error) {
	if kind == groupOwner {
		g, err := c.group(ctx, ref)
		return g.target(), err
	}
	u, err := c.user(ctx, ref)
	if err != nil {
		return u.target(), err
	}
	_, err = c.weighUser(ctx, p, u)
	return u.target(), err
}

type removeGroupOwnerIn struct {
	groupRef
	OwnerID string `json:"owner_id" jsonschema:"id or login"`
}

func removeGroupOwner() Any {
	return Tool[removeGroupOwnerIn, Change]{
		Name: "remove_group_owner", Title: "Remove group owner", Effect: Destructive, Scopes: []string{groupsManage}, Optional: []string{usersRead, rolesRead},
		Description: "Takes an owner from a group.",
		Check:       checkRemoveGroupOwner,
		Run: func(ctx context.Context, c *Call, in removeGroupOwnerIn) (Change, error) {
			if _, err := c.Org.DeleteGroupOwner(ctx, in.GroupID, in.OwnerID); err != nil {
				return Change{}, c.afterOwners(ctx, in.GroupID, err)
			}
			return Change{Target: &c.Targets[0], Notes: c.Notes, Undo: undoWith("add_group_owner", map[string]any{
				"group_id": in.GroupID, "owner_id": in.OwnerID, "type": strings.ToUpper(c.Targets[0].Type)})}, nil
		},
	}
}

func checkRemoveGroupOwner(ctx context.Context, c *Call, in *removeGroupOwnerIn) (confirm.Preview, error) {
	p := confirm.Preview{Action: "Take this owner from a group"}
	g, err := c.ownedGroup(ctx, &p, in.GroupID)
	if err != nil {
		return p, err
	}
	owners, _, err := page(c.Org.ListGroupOwners(ctx, g.id, nil))
	if err != nil {
		return p, fmt.Errorf("reading the owners of the group: %w", err)
	}
	owner, err := c.ownerAmong(ctx, &p, owners, in.OwnerID)
	if err != nil {
		return p, err
	}
	in.GroupID, in.OwnerID, owner.Within = g.id, owner.ID, g.id
	p.Targets, p.State = []confirm.Target{owner}, []any{g.state(), owner}
	p.Consequence = append(p.Consequence, "This owner no longer approves who gets into the group, nor reviews who is in it.")
	if len(owners) == 1 {
		p.Consequence = append(p.Consequence, "The group has no other owner.")
	}
	return p, nil
}

// ownerAmong finds one of a group's owners by id or login. An owner who is gone
// has no login any more and can be taken away all the same.
func (c *Call) ownerAmong(ctx context.Context, p *confirm.Preview, owners []json.RawMessage, ref string) (confirm.Target, error) {
	id := ref
	if !slices.Contains(names(owners, "id"), ref) {
		u, err := c.user(ctx, ref)
		if err != nil {
			return confirm.Target{}, err
		}
		id = u.id
	}
	at := slices.Index(names(owners, "id"), id)
	if at < 0 {
		return confirm.Target{}, &Refused{Reason: confirm.Quote(ref) + " is no owner of this group", Next: "list_group_owners shows who is"}
	}
	owner := gjson.ParseBytes(owners[at])
	target := confirm.Target{Type: strings.ToLower(owner.Get("type").String()), ID: id, Full: owner.Get("displayName").String()}
	known, err := c.ownerWeighed(ctx, p, id, owner.Get("type").String())
	var gone *Refused
	if errors.As(err, &gone) {
		return target, nil
	}
	return known, err
}

// afterOwners adds to the error of a cut-off write who owns the group now.
func (c *Call) afterOwners(ctx context.Context, groupID string, err error) error {
	return c.afterwards(ctx, "the owners of the group "+groupID, err, func(ctx context.Context) (string, error) {
		owners, _, err := page(c.Org.ListGroupOwners(ctx, groupID, nil))
		return fmt.Sprintf("as of now the owners of the group %s are %s", groupID, firstNonEmpty(strings.Join(names(owners, "id"), ", "), "none")), err
	})
}
