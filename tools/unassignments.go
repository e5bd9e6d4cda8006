package tools

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
)

type unassignUserFromApplicationIn struct {
	appRef
	People
	before map[string]json.RawMessage // the assignments as Check found them
}

func unassignUserFromApplication() Any {
	return Tool[unassignUserFromApplicationIn, Change]{
		Name: "unassign_user_from_application", Title: "Unassign users from an application", Effect: Destructive, Scopes: []string{appsManage},
		Optional:    []string{usersRead, rolesRead},
		Description: "Ends direct assignments, not those through groups.",
		Check:       checkUnassignUser,
		Run: func(ctx context.Context, c *Call, in unassignUserFromApplicationIn) (Change, error) {
			change, err := c.forEach(ctx, "each person names the call that assigns again", func(id string) (string, error) {
				_, err := c.Org.UnassignUserFromApplication(ctx, in.AppID, id, nil)
				return "", err
			})
			if err != nil {
				return change, err
			}
			again := func(id string) Undo {
				return undoWith("assign_user_to_application", map[string]any{"app_id": in.AppID, "user_id": id})
			}
			if change.Target != nil {
				change.Undo, change.Before = again(change.Target.ID), settable(in.before[change.Target.ID])
			}
			for i, outcome := range change.Targets {
				if outcome.Done {
					change.Targets[i].Undo = again(outcome.ID)
				}
			}
			change.Notes = append(change.Notes, "assigning again does not bring back what was set for the person in the application")
			return change, nil
		},
	}
}

func checkUnassignUser(ctx context.Context, c *Call, in *unassignUserFromApplicationIn) (confirm.Preview, error) {
	p := confirm.Preview{Action: "Unassign this user from an application", Consequence: []string{
		"Direct access ends and what is set for a person in the application is lost; with provisioning, the account there is deactivated."}}
	if len(in.UserIDs) > 1 {
		p.Action = fmt.Sprintf("Unassign these %d users from an application", len(in.UserIDs))
	}
	app, err := c.onApplication(ctx, &p, &in.appRef)
	if err != nil {
		return p, err
	}
	if err := c.weighApplication(&p, app); err != nil {
		return p, err
	}
	people, err := c.allAssigned(ctx, app, in.UserIDs)
	if err != nil {
		return p, err
	}
	in.before = map[string]json.RawMessage{}
	users, states := make([]user, len(people)), []any{app.state()}
	for i, a := range people {
		in.UserIDs[i], in.before[a.id], users[i] = a.id, a.assignment, a.user
		p.Targets, states = append(p.Targets, a.within(app)), append(states, a.state())
	}
	p.State = states
	if err := c.weighUsers(ctx, &p, users); err != nil {
		return p, err
	}
	return p, c.showKept(ctx, &p, app, people)
}

// allAssigned reads several people and refuses the same one twice, and who is
// not assigned.
func (c *Call) allAssigned(ctx context.Context, app object, refs []string) ([]assigned, error) {
	people := make([]assigned, len(refs))
	seen := map[string]string{}
	for i, ref := range refs {
		a, err := c.assigned(ctx, app, ref)
		if err != nil {
			return nil, err
		}
		if other, twice := seen[a.id]; twice {
			return nil, &ArgumentError{Problem: fmt.Sprintf("user_ids names one person twice, as %q and %q", other, ref)}
		}
		if len(a.assignment) == 0 {
			return nil, &Refused{Reason: fmt.Sprintf("nobody was unassigned: the user %s (%s) is not assigned to %s", confirm.Quote(a.login), a.id, app.called()), Next: "leave this person out"}
		}
		seen[a.id], people[i] = ref, a
		c.Progress(i+1, len(refs), "reading how they are assigned")
	}
	return people, nil
}

// showKept adds to p which groups still give access when direct assignments end,
// and refuses people who have it through groups alone.
func (c *Call) showKept(ctx context.Context, p *confirm.Preview, app object, people []assigned) error {
	giving, hidden := c.giving(ctx, app)
	keep := 0
	for _, a := range people {
		kept, unread := c.givingTo(ctx, giving, a)
		hidden = firstNonEmpty(hidden, unread)
		if !assignedDirectly(a.assignment) {
			return throughGroups(app, a, kept)
		}
		if len(kept) > 0 {
			keep++
			p.Details = append(p.Details, detail("groups that still give access to "+a.id, kept))
		}
	}
	if hidden != "" {
		p.Consequence = append(p.Consequence, "Whether a group still gives access is not visible: "+hidden+".")
	}
	if keep > 0 {
		still := fmt.Sprintf("Groups still give access to %d of %d: they keep it, or Okta refuses to unassign them.", keep, len(people))
		p.Consequence, p.Notes = append(p.Consequence, still), append(p.Notes, still)
	}
	return nil
}

// giving are the groups assigned to an application, names by id.
func (c *Call) giving(ctx context.Context, app object) (names map[string]string, hidden string) {
	names, goesOn := map[string]string{}, false
	hidden = c.informative(ctx, func(ctx context.Context) error {
		groups, n, err := c.groupsOf(ctx, app.id)
		for i, name := range groupNames(groups) {
			names[gjson.GetBytes(groups[i], "id").String()] = name
		}
		goesOn = n.more
		return err
	})
	if goesOn {
		hidden = "more groups are assigned than are read here"
	}
	return names, hidden
}

// givingTo returns which of the groups that give access the person is in.
func (c *Call) givingTo(ctx context.Context, giving map[string]string, a assigned) (kept []string, hidden string) {
	if len(giving) == 0 {
		return nil, ""
	}
	goesOn := false
	hidden = c.informative(ctx, func(ctx context.Context) error {
		groups, n, err := page(c.Org.ListUserGroups(ctx, a.id, limitOf(appGroupsPage)))
		for _, id := range names(groups, "id") {
			if name, gives := giving[id]; gives {
				kept = append(kept, name)
			}
		}
		goesOn = n.more
		return err
	})
	if goesOn {
		hidden = "a person is in more groups than are read here"
	}
	return kept, hidden
}

func throughGroups(app object, a assigned, kept []string) error {
	through := "groups"
	if len(kept) > 0 {
		through = "the groups " + quotedList(kept)
	}
	return &Refused{Reason: fmt.Sprintf("nobody was unassigned: the user %s (%s) has %s through %s, and Okta takes it away with the group only", confirm.Quote(a.login), a.id, app.called(), through),
		Next: "use remove_user_from_group, or unassign_group_from_application to take it from everybody in the group"}
}
