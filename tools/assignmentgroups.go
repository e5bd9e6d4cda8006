package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

type listApplicationGroupsIn struct {
	appRef
	Paging
}

// smallestGroupsPage is the smallest that Okta takes of an application's groups.
const smallestGroupsPage = 20

func listApplicationGroups() Any {
	return Tool[listApplicationGroupsIn, List]{
		Name: "list_application_groups", Title: "List an application's groups", Effect: Read, Scopes: []string{appsRead},
		Description: "The groups assigned to an application.",
		Run: func(ctx context.Context, c *Call, in listApplicationGroupsIn) (List, error) {
			app, err := c.application(ctx, in.AppID)
			if err != nil {
				return List{}, err
			}
			return listing{
				paging: in.Paging, key: []string{"application groups", app.id}, query: url.Values{"expand": {"group"}},
				// The page can be larger than what is asked for: it is cut here.
				whole: true, times: limitOf(max(smallestGroupsPage, in.limit())),
				fetch: func(ctx context.Context, q oktaclient.Query) (*oktaclient.Answer, error) {
					return c.Org.ListApplicationGroupAssignments(ctx, app.id, q)
				},
			}.run(ctx, c)
		},
	}
}

// appGroup is a group's assignment to an application, as Check found it.
type appGroup struct {
	app        object
	group      group
	assignment json.RawMessage // nil: none
}

type appGroupIn struct {
	appRef
	GroupID string `json:"group_id" jsonschema:"id or exact name"`
	before  json.RawMessage
}

// onAppGroup reads what a call on one group's assignment is about, and weighs it.
func (c *Call) onAppGroup(ctx context.Context, p *confirm.Preview, in *appGroupIn) (appGroup, error) {
	app, err := c.onApplication(ctx, p, &in.appRef)
	if err != nil {
		return appGroup{}, err
	}
	g, err := c.assignableGroup(ctx, in.GroupID)
	if err != nil {
		return appGroup{}, err
	}
	answer, err := c.Org.GetApplicationGroupAssignment(ctx, app.id, g.id, nil)
	if err != nil && !notFound(err) {
		return appGroup{}, err
	}
	if err == nil {
		in.before = settled(answer.Body)
	}
	in.GroupID = g.id
	target := g.target()
	target.Within = app.id
	p.Targets, p.State = []confirm.Target{target}, []any{app.state(), g.state(), string(in.before)}
	return appGroup{app: app, group: g, assignment: in.before}, nil
}

// assignableGroup reads a group by id or name, or takes its id unseen.
func (c *Call) assignableGroup(ctx context.Context, ref string) (group, error) {
	switch {
	case c.granted(groupsRead):
		return c.group(ctx, ref)
	case !looksLikeID(ref, "00g"):
		return group{}, &Refused{Reason: "groups can be named by id only, because the scope " + groupsRead + " is not granted", Next: "give an id (00g…)"}
	}
	return group{id: ref, raw: json.RawMessage(`{}`)}, nil
}

// manyPeople is how many may gain an application without a question.
const manyPeople = 50

func assignGroupToApplication() Any {
	return Tool[appGroupIn, Change]{
		Name: "assign_group_to_application", Title: "Assign a group to an application", Effect: Write, Scopes: []string{appsManage},
		Optional:    []string{groupsRead},
		Description: "Gives an application to a group. Asks for BUILT_IN groups and over 50 people.",
		Check:       checkAssignGroup,
		Run: func(ctx context.Context, c *Call, in appGroupIn) (Change, error) {
			change := Change{Target: &c.Targets[0], Notes: c.Notes, Undo: Undo{Words: "nothing to undo"}}
			if len(in.before) > 0 {
				return change, nil
			}
			answer, err := c.Org.AssignGroupToApplication(ctx, in.AppID, in.GroupID, json.RawMessage(`{}`))
			if err != nil {
				return Change{}, c.aftermath(ctx, c.Targets[0], err)
			}
			change.Result = c.resultOf(answer)
			change.Undo = undoWith("unassign_group_from_application", in.arguments())
			return change, nil
		},
	}
}

func (in appGroupIn) arguments() map[string]any {
	return map[string]any{"app_id": in.AppID, "group_id": in.GroupID}
}

func checkAssignGroup(ctx context.Context, c *Call, in *appGroupIn) (confirm.Preview, error) {
	p := confirm.Preview{Action: "Assign this group to an application"}
	a, err := c.onAppGroup(ctx, &p, in)
	if err != nil {
		return p, err
	}
	if len(a.assignment) > 0 { // nothing is sent, so nothing is asked
		p.Notes = append(p.Notes, "was assigned already; nothing was sent")
		return p, nil
	}
	if a.app.status != "ACTIVE" {
		p.Consequence = append(p.Consequence, "The application is INACTIVE: it opens nothing until it is activated.")
	}
	if a.group.kind == "BUILT_IN" {
		raise(&p, "the group is built in, and Okta decides who is in it")
	}
	count, visible := a.showPeople(ctx, c, &p, "who does not have the application yet gains it")
	switch {
	case !visible:
		raise(&p, "it is not visible how many people gain access")
	case count.n > manyPeople || count.more:
		raise(&p, "more than "+strconv.Itoa(manyPeople)+" people gain access")
	}
	p.Notes = append(p.Notes, p.Consequence...)
	return p, a.weigh(c, &p)
}

// showPeople adds to p how many people are in the group, and what follows for them.
func (a appGroup) showPeople(ctx context.Context, c *Call, p *confirm.Preview, follows string) (count atLeast, visible bool) {
	hidden := c.informative(ctx, func(ctx context.Context) (err error) {
		count, err = c.countMembers(ctx, a.group.id)
		return err
	})
	if hidden != "" {
		p.Consequence = append(p.Consequence, "How many people are in the group is not visible: "+hidden+".")
		return count, false
	}
	p.Consequence = append(p.Consequence, count.of("person is", "people are")+" in the group; "+follows+".")
	return count, true
}

// weigh notes in p what it weighs that this group has this application.
func (a appGroup) weigh(c *Call, p *confirm.Preview) error {
	switch {
	case c.granted(groupsRead):
	case len(c.Options.Protect) > 0:
		protect(p, "it is not visible whether the group is protected: the scope "+groupsRead+" is not granted")
	default:
		raise(p, "it is not visible what group this is: the scope "+groupsRead+" is not granted")
	}
	return c.weighApplication(p, a.app)
}

func unassignGroupFromApplication() Any {
	return Tool[appGroupIn, Change]{
		Name: "unassign_group_from_application", Title: "Unassign a group from an application", Effect: Destructive, Scopes: []string{appsManage},
		Optional:    []string{groupsRead},
		Description: "Takes an application from who has it through this group alone.",
		Check:       checkUnassignGroup,
		Run: func(ctx context.Context, c *Call, in appGroupIn) (Change, error) {
			if _, err := c.Org.UnassignApplicationFromGroup(ctx, in.AppID, in.GroupID); err != nil {
				return Change{}, c.aftermath(ctx, c.Targets[0], err)
			}
			return Change{
				Target: &c.Targets[0], Before: project(gjson.ParseBytes(in.before), []string{"priority", "profile"}),
				Undo:  undoWith("assign_group_to_application", in.arguments()),
				Notes: append(c.Notes, "assigning again does not bring back priority and profile, which before shows, nor what was set for each person"),
			}, nil
		},
	}
}

func checkUnassignGroup(ctx context.Context, c *Call, in *appGroupIn) (confirm.Preview, error) {
	p := confirm.Preview{Action: "Unassign this group from an application"}
	a, err := c.onAppGroup(ctx, &p, in)
	if err != nil {
		return p, err
	}
	if len(a.assignment) == 0 {
		return p, &Refused{Reason: fmt.Sprintf("nothing was unassigned: the group %s is not assigned to %s", confirm.Quote(firstNonEmpty(a.group.name, a.group.id)), a.app.called()),
			Next: "list_application_groups shows those that are"}
	}
	a.showPeople(ctx, c, &p, "they lose the application unless they are assigned to it otherwise; with provisioning, the accounts there are deactivated")
	return p, a.weigh(c, &p)
}

// lookAssigned says in words whether the target is assigned to the application now.
func (c *Call) lookAssigned(ctx context.Context, target confirm.Target) (string, error) {
	read := c.Org.GetApplicationUser
	if target.Type == "group" {
		read = c.Org.GetApplicationGroupAssignment
	}
	_, err := read(ctx, target.Within, target.ID, nil)
	there := err == nil
	if notFound(err) {
		err = nil
	}
	return fmt.Sprintf("as of now it is %t that the %s %s is assigned to the application %s", there, target.Type, target.ID, target.Within), err
}
