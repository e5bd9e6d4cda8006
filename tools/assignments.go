package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

func assignmentTools() []Any {
	return []Any{listApplicationUsers(), getApplicationUser(), assignUserToApplication(), updateApplicationUser(), unassignUserFromApplication(),
		listApplicationGroups(), assignGroupToApplication(), unassignGroupFromApplication()}
}

type appUserRef struct {
	appRef
	UserID string `json:"user_id" jsonschema:"id or login"`
}

type listApplicationUsersIn struct {
	appRef
	Q string `json:"q,omitempty" jsonschema:"start of a name"`
	Paging
}

// statusMeans is said with a list: the words are those of an Okta user's status.
const statusMeans = "status is the assignment's, not the Okta user's: with STAGED the account in the application is not made yet, " +
	"PROVISIONED and ACTIVE both mean it can be used; scope USER is assigned directly, GROUP through a group"

func listApplicationUsers() Any {
	return Tool[listApplicationUsersIn, List]{
		Name: "list_application_users", Title: "List an application's users", Effect: Read, Scopes: []string{appsRead},
		Description: "The people assigned to an application, by path.",
		Run: func(ctx context.Context, c *Call, in listApplicationUsersIn) (List, error) {
			app, err := c.application(ctx, in.AppID)
			if err != nil {
				return List{}, err
			}
			query := url.Values{}
			setIf(query, "q", in.Q)
			list, err := listing{paging: in.Paging, key: []string{"application users", app.id}, query: query,
				fetch: func(ctx context.Context, q oktaclient.Query) (*oktaclient.Answer, error) {
					return c.Org.ListApplicationUsers(ctx, app.id, q)
				}}.run(ctx, c)
			if list.Count > 0 && in.Cursor == "" {
				list.Notes = append(list.Notes, statusMeans)
			}
			return list, err
		},
	}
}

type getApplicationUserIn struct {
	appUserRef
	Shown
}

func getApplicationUser() Any {
	return Tool[getApplicationUserIn, Document]{
		Name: "get_application_user", Title: "Get application user", Effect: Read, Scopes: []string{appsRead}, Optional: []string{usersRead},
		Description: "One person's assignment: path, name, profile.",
		Run: func(ctx context.Context, c *Call, in getApplicationUserIn) (Document, error) {
			app, err := c.application(ctx, in.AppID)
			if err != nil {
				return nil, err
			}
			id, err := c.userID(ctx, in.UserID)
			if err != nil {
				return nil, err
			}
			answer, err := c.Org.GetApplicationUser(ctx, app.id, id, nil)
			if notFound(err) {
				return nil, notAssigned(in.UserID, app)
			}
			if err != nil {
				return nil, err
			}
			return c.document(answer.Body, in.Fields)
		},
	}
}

func notAssigned(user string, app object) error {
	return &Refused{Reason: fmt.Sprintf("the user %s is not assigned to %s", confirm.Quote(user), app.called()), Next: "list_application_users shows who is"}
}

// assigned is a person and the assignment to an application, nil where there is none.
type assigned struct {
	user
	assignment json.RawMessage
}

// assigned reads a person's assignment, and who the person is: of those assigned
// Okta tells both at once.
func (c *Call) assigned(ctx context.Context, app object, ref string) (assigned, error) {
	a := assigned{user: unseen(ref)}
	var err error
	if !looksLikeID(ref, "00u") {
		if a.user, err = c.user(ctx, ref); err != nil {
			return a, err
		}
	}
	answer, err := c.Org.GetApplicationUser(ctx, app.id, a.id, url.Values{"expand": {"user"}})
	if err != nil && !notFound(err) {
		return a, err
	}
	if err == nil {
		a.assignment = settled(answer.Body)
		if whole := gjson.GetBytes(answer.Body, "_embedded.user"); whole.Get("id").String() == a.id {
			a.user = newUser(json.RawMessage(whole.Raw))
		}
	}
	if a.login == "" {
		a.user, err = c.user(ctx, a.id)
		return a, err
	}
	return a, nil
}

func (a assigned) state() any { return []any{a.user.state(), string(a.assignment)} }

// within is the person as the target of a change of the assignment.
func (a assigned) within(app object) confirm.Target {
	target := a.target()
	target.Within = app.id
	return target
}

// onApplication begins the preview of a change of who may use an application.
func (c *Call) onApplication(ctx context.Context, p *confirm.Preview, ref *appRef) (object, error) {
	app, err := c.application(ctx, ref.AppID)
	if err != nil {
		return app, err
	}
	ref.AppID = app.id
	p.Details = append(p.Details, confirm.Detail{Label: "application", Texts: []string{app.name, "id " + app.id}})
	return app, nil
}

// onAppUser reads the application and the person of a call on one assignment.
func (c *Call) onAppUser(ctx context.Context, p *confirm.Preview, ref *appUserRef) (object, assigned, error) {
	app, err := c.onApplication(ctx, p, &ref.appRef)
	if err != nil {
		return app, assigned{}, err
	}
	a, err := c.assigned(ctx, app, ref.UserID)
	if err != nil {
		return app, a, err
	}
	ref.UserID = a.id
	p.Targets, p.State = []confirm.Target{a.within(app)}, []any{app.state(), a.state()}
	return app, a, nil
}

// weighAssignment notes in p what it weighs that this person uses this application.
func (c *Call) weighAssignment(ctx context.Context, p *confirm.Preview, app object, a assigned) error {
	if err := c.weighApplication(p, app); err != nil {
		return err
	}
	_, err := c.weighUser(ctx, p, a.user)
	return err
}

// appUserGiven is what can be set for a person in an application.
type appUserGiven struct {
	UserName    string          `json:"user_name,omitempty" jsonschema:"name there"`
	Credentials json.RawMessage `json:"credentials,omitempty" secret:"true" jsonschema:"if the operator allows secrets"`
	Profile     json.RawMessage `json:"profile,omitempty" jsonschema:"attributes there"`
}

func (g appUserGiven) given() bool {
	return g.UserName != "" || len(g.Credentials) > 0 || len(g.Profile) > 0
}

// part is what is given as Okta takes it.
func (g appUserGiven) part() (json.RawMessage, error) {
	part, credentials := map[string]any{}, map[string]any{}
	for name, value := range gjson.ParseBytes(g.Credentials).Map() {
		credentials[name] = json.RawMessage(value.Raw)
	}
	if g.UserName != "" {
		credentials["userName"] = g.UserName
	}
	if len(credentials) > 0 {
		part["credentials"] = credentials
	}
	if len(g.Profile) > 0 {
		part["profile"] = g.Profile
	}
	return encode(part)
}

// weigh refuses secrets, raises p for each thing set, and shows the difference
// from the assignment there is.
func (g appUserGiven) weigh(c *Call, p *confirm.Preview, before json.RawMessage) error {
	part, err := g.part()
	if err != nil {
		return err
	}
	if err := c.refuseSecrets("credentials", g.Credentials); err != nil {
		return err
	}
	if err := c.refuseSecrets("profile", g.Profile); err != nil {
		return err
	}
	if g.UserName != "" || len(g.Credentials) > 0 {
		raise(p, "it sets whose account in the application the person uses")
	}
	if len(g.Profile) > 0 {
		raise(p, "it sets the person's profile in the application, which can give roles there")
	}
	if len(before) == 0 {
		before = json.RawMessage("{}")
	}
	p.Changes = inFull(hideSecrets(differences(before, merge(before, part))))
	return nil
}

type assignUserToApplicationIn struct {
	appUserRef
	appUserGiven
	already bool // assigned directly, as Check found
}

func assignUserToApplication() Any {
	return Tool[assignUserToApplicationIn, Change]{
		Name: "assign_user_to_application", Title: "Assign a user to an application", Effect: Write, Scopes: []string{appsManage},
		Optional:    []string{usersRead, rolesRead},
		Description: "Assigns a person directly. Asks when more than the person is given.",
		Check:       checkAssignUser,
		Run: func(ctx context.Context, c *Call, in assignUserToApplicationIn) (Change, error) {
			change := Change{Target: &c.Targets[0], Notes: c.Notes, Undo: Undo{Words: "nothing to undo"}}
			if in.already {
				return change, nil
			}
			body, err := in.body()
			if err != nil {
				return Change{}, err
			}
			answer, err := c.Org.AssignUserToApplication(ctx, in.AppID, body)
			if err != nil {
				return Change{}, c.aftermath(ctx, c.Targets[0], err)
			}
			change.Result = c.resultOf(answer)
			change.Undo = undoWith("unassign_user_from_application", map[string]any{"app_id": in.AppID, "user_ids": []string{in.UserID}})
			return change, nil
		},
	}
}

func checkAssignUser(ctx context.Context, c *Call, in *assignUserToApplicationIn) (confirm.Preview, error) {
	p := confirm.Preview{Action: "Assign this user to an application"}
	app, a, err := c.onAppUser(ctx, &p, &in.appUserRef)
	if err != nil {
		return p, err
	}
	switch {
	case assignedDirectly(a.assignment) && in.given():
		return p, &Refused{Reason: fmt.Sprintf("the user %s is assigned to %s already", confirm.Quote(a.login), app.called()),
			Next: "update_application_user changes what is set for the person in it"}
	case assignedDirectly(a.assignment): // nothing is sent, so nothing is asked
		in.already = true
		p.Notes = append(p.Notes, "was assigned already; nothing was sent")
		return p, nil
	case len(a.assignment) > 0:
		p.Notes = append(p.Notes, "had it through a group already; the direct assignment stays when the group is left")
	}
	if app.status != "ACTIVE" {
		p.Consequence = append(p.Consequence, "The application is INACTIVE: it opens nothing until it is activated.")
	}
	if err := in.weigh(c, &p, a.assignment); err != nil {
		return p, err
	}
	return p, c.weighAssignment(ctx, &p, app, a)
}

func (in assignUserToApplicationIn) body() (json.RawMessage, error) {
	part, err := in.part()
	if err != nil {
		return nil, err
	}
	who, err := encode(map[string]string{"id": in.UserID, "scope": "USER"})
	if err != nil {
		return nil, err
	}
	return merge(who, part), nil
}

type updateApplicationUserIn struct {
	appUserRef
	appUserGiven
	before json.RawMessage // the assignment as Check found it
}

func updateApplicationUser() Any {
	return Tool[updateApplicationUserIn, Change]{
		Name: "update_application_user", Title: "Update application user", Effect: Write, Scopes: []string{appsManage},
		Optional:    []string{usersRead, rolesRead},
		Description: "Changes what is given of a person's assignment. Asks.",
		Check:       checkUpdateApplicationUser,
		Run: func(ctx context.Context, c *Call, in updateApplicationUserIn) (Change, error) {
			body, err := in.part()
			if err != nil {
				return Change{}, err
			}
			answer, err := c.Org.UpdateApplicationUser(ctx, in.AppID, in.UserID, body)
			if err != nil {
				return Change{}, c.aftermath(ctx, c.Targets[0], err)
			}
			return in.answer(c, body, answer.Body), nil
		},
	}
}

func checkUpdateApplicationUser(ctx context.Context, c *Call, in *updateApplicationUserIn) (confirm.Preview, error) {
	p := confirm.Preview{Action: "Change what is set for this user in an application"}
	if !in.given() {
		return p, &ArgumentError{Problem: "nothing to change: give user_name, credentials or profile"}
	}
	app, a, err := c.onAppUser(ctx, &p, &in.appUserRef)
	if err != nil {
		return p, err
	}
	if len(a.assignment) == 0 {
		return p, notAssigned(firstNonEmpty(a.login, a.id), app)
	}
	in.before = a.assignment
	if err := in.weigh(c, &p, in.before); err != nil {
		return p, err
	}
	if len(p.Changes) == 0 {
		return p, &Refused{Reason: fmt.Sprintf("the user %s has these values in %s already, so nothing was sent", confirm.Quote(a.login), app.called())}
	}
	return p, c.weighAssignment(ctx, &p, app, a)
}

// answer compares what is set before and after, and undoes what differs.
func (in updateApplicationUserIn) answer(c *Call, given, assignment json.RawMessage) Change {
	before, after := settable(in.before), settable(assignment)
	change := Change{Target: &c.Targets[0], Notes: c.Notes, Before: reverse(before, after), After: reverse(after, before)}
	arguments := map[string]any{"app_id": in.AppID, "user_id": in.UserID}
	if name := gjson.GetBytes(change.Before, "credentials.userName"); name.Exists() {
		arguments["user_name"] = name.String()
	}
	if profile := gjson.GetBytes(change.Before, "profile"); profile.Exists() {
		arguments["profile"] = json.RawMessage(profile.Raw)
	}
	change.Undo = undoWith("update_application_user", arguments)
	switch {
	case !c.putsBack(given, change.Before):
		change.Undo = Undo{Words: "a secret cannot be put back"}
	case len(change.Before) == len("{}"):
		change.Undo = Undo{Words: "nothing to undo"}
		change.Notes = append(change.Notes, "Okta took the request and the assignment shows no difference")
	}
	return change
}

// settable is the part of an assignment that can be set.
func settable(assignment json.RawMessage) json.RawMessage {
	return project(gjson.ParseBytes(assignment), []string{"credentials.userName", "profile"})
}
