package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

const (
	usersRead   = "okta.users.read"
	usersManage = "okta.users.manage"
)

// userItems is how a person appears in a list.
func userItems() view { return view{without: []string{"credentials", "type", "activated", "realmId"}} }

func userTools() []Any {
	return []Any{listUsers(), getUser(), createUser(), updateUser(), replaceUser(), deleteUser(), listUserGroups(),
		listUserApps(), listUserDevices(), listLinkedObjects(), getUserSchema(), listUserTypes()}
}

type listUsersIn struct {
	Search    string `json:"search,omitempty" jsonschema:"e.g. profile.department eq \"Sales\""`
	Filter    string `json:"filter,omitempty" jsonschema:"eq on id, login, email, names; not delayed"`
	Q         string `json:"q,omitempty" jsonschema:"start of a name or e-mail"`
	Status    string `json:"status,omitempty" enum:"ACTIVE STAGED PROVISIONED RECOVERY PASSWORD_EXPIRED LOCKED_OUT SUSPENDED DEPROVISIONED" jsonschema:"narrows search"`
	SortBy    string `json:"sort_by,omitempty" jsonschema:"e.g. profile.lastName"`
	SortOrder string `json:"sort_order,omitempty" enum:"asc desc" jsonschema:"direction"`
	Paging
}

func listUsers() Any {
	return Tool[listUsersIn, List]{
		Name: "list_users", Title: "List users", Effect: Read, Scopes: []string{usersRead},
		Description: "Finds people by one of search, filter and q; for one known person use get_user. Without any, DEPROVISIONED people are left out.",
		Run: func(ctx context.Context, c *Call, in listUsersIn) (List, error) {
			query, err := in.query()
			if err != nil {
				return List{}, err
			}
			return listing{paging: in.Paging, view: userItems(), key: []string{"users"}, query: query,
				fetch: c.Org.ListUsers, note: in.note}.run(ctx, c)
		},
	}
}

func (in listUsersIn) query() (oktaclient.Query, error) {
	shorthand := ""
	if in.Status != "" {
		shorthand = "status eq " + scimString(in.Status)
	}
	query, err := finding{in.Search, in.Filter, in.Q}.query("status", shorthand, "search")
	switch {
	case err != nil:
		return nil, err
	case in.SortBy != "" && query.Get("search") == "":
		return nil, &ArgumentError{Problem: "sort_by works with search or status only"}
	case in.SortOrder != "" && in.SortBy == "":
		return nil, &ArgumentError{Problem: "sort_order needs sort_by"}
	}
	setIf(query, "sortBy", in.SortBy)
	setIf(query, "sortOrder", in.SortOrder)
	return query, nil
}

// note says what Okta leaves out: q has no next page, no query has no
// deprovisioned people, and search lags behind changes.
func (in listUsersIn) note(onPage, limit int) (bool, string) {
	const mostOfQ = 10 // Okta's own limit for q, whatever limit says
	switch {
	case in.Q != "" && (onPage >= limit || onPage == mostOfQ):
		return true, "Okta does not page q, so there may be more: use search, for instance profile.lastName sw \"…\""
	case in.Search == "" && in.Filter == "" && in.Q == "" && in.Status == "":
		return false, "people with status DEPROVISIONED are not in this list; ask for them with status"
	case onPage == 0 && strings.Contains(in.Q, " "):
		return false, "q matches the start of one name or e-mail address, not a full name: use search, for instance profile.firstName eq \"…\" and profile.lastName eq \"…\""
	case onPage == 0 && in.Q == "" && in.Filter == "":
		return false, "Okta's search lags some seconds behind changes; get_user does not"
	}
	return false, ""
}

func setIf(query url.Values, name, value string) {
	if value != "" {
		query.Set(name, value)
	}
}

type getUserIn struct {
	UserID string   `json:"user_id" jsonschema:"id, login, or login before the @"`
	Fields []string `json:"fields,omitempty" jsonschema:"dotted paths; * is all" max:"50"`
}

func getUser() Any {
	return Tool[getUserIn, Document]{
		Name: "get_user", Title: "Get user", Effect: Read, Scopes: []string{usersRead},
		Description: "One person: status and since when, profile, last sign-in, password change.",
		Run: func(ctx context.Context, c *Call, in getUserIn) (Document, error) {
			u, err := c.user(ctx, in.UserID)
			if err != nil {
				return nil, err
			}
			return c.document(u.raw, in.Fields)
		},
	}
}

type createUserIn struct {
	Profile   json.RawMessage `json:"profile" jsonschema:"login, email, firstName, lastName, others"`
	Activate  *bool           `json:"activate,omitempty" jsonschema:"default true"`
	GroupIDs  []string        `json:"group_ids,omitempty" jsonschema:"ids or exact names" max:"20"`
	TypeID    string          `json:"type_id,omitempty" jsonschema:"user type, if not the default"`
	NextLogin string          `json:"next_login,omitempty" enum:"changePassword" jsonschema:"needs password"`
	Password  string          `json:"password,omitempty" secret:"true" jsonschema:"if the operator allows secrets"`
}

func createUser() Any {
	return Tool[createUserIn, Change]{
		Name: "create_user", Title: "Create user", Effect: Write, Scopes: []string{usersManage},
		Optional:    []string{groupsRead, rolesRead},
		Description: "Creates a person. Asks when a group or attribute given leads to admin power.",
		Check:       checkCreateUser,
		Run: func(ctx context.Context, c *Call, in createUserIn) (Change, error) {
			query := url.Values{"activate": {strconv.FormatBool(in.Activate == nil || *in.Activate)}}
			setIf(query, "nextLogin", in.NextLogin)
			body, err := in.body()
			if err != nil {
				return Change{}, err
			}
			answer, err := c.Org.CreateUser(ctx, query, body)
			if err != nil {
				return Change{}, c.aftermath(ctx, c.Targets[0], err)
			}
			created := newUser(answer.Body)
			target := created.target()
			result, err := userItems().document(answer.Body, nil)
			return Change{Target: &target, Result: result, Notes: c.Notes,
				Undo: undoWith("delete_user", map[string]any{"user_id": created.id, "deactivate_first": true})}, err
		},
	}
}

func checkCreateUser(ctx context.Context, c *Call, in *createUserIn) (confirm.Preview, error) {
	p := confirm.Preview{Action: "Create this user"}
	profile := gjson.ParseBytes(in.Profile)
	if err := needNames(profile); err != nil {
		return p, err
	}
	if in.Password != "" && !c.Options.AllowSecrets {
		return p, &Refused{Reason: "a password in an argument would pass through the model, and the operator has not started the server with --allow-secrets",
			Next: "leave password out, and Okta mails the person a link to set one"}
	}
	if in.NextLogin != "" && in.Password == "" {
		return p, &ArgumentError{Problem: "next_login needs password"}
	}
	in.show(&p)
	c.draft = draft{after: in.Profile}
	w, err := c.newWalk(ctx, &p)
	if err != nil {
		return p, err
	}
	for i, ref := range in.GroupIDs {
		if !c.granted(groupsRead) {
			return p, &Refused{Reason: "group_ids cannot be checked, because the scope " + groupsRead + " is not granted", Next: "create the user without group_ids"}
		}
		g, err := c.joinable(ctx, ref)
		if err != nil {
			return p, err
		}
		in.GroupIDs[i] = g.id
		c.protectGroup(&p, g)
		p.Details = append(p.Details, confirm.Detail{Label: "joins the group", Texts: []string{g.name, "id " + g.id}})
		if err := w.joining(ctx, g); err != nil {
			return p, err
		}
	}
	return p, w.changing(ctx, keys(profile), texts(profile), true)
}

// needNames refuses a profile without what every person in Okta has.
func needNames(profile gjson.Result) error {
	for _, name := range []string{"login", "email", "firstName", "lastName"} {
		if profile.Get(name).Type != gjson.String || profile.Get(name).String() == "" {
			return &ArgumentError{Problem: "profile needs " + name + " as a string"}
		}
	}
	return nil
}

// show puts everything that is given into the question: any of it can be what
// makes the account dangerous.
func (in createUserIn) show(p *confirm.Preview) {
	profile := gjson.ParseBytes(in.Profile)
	p.Targets = []confirm.Target{{Type: "user", Name: profile.Get("login").String()}}
	profile.ForEach(func(name, value gjson.Result) bool {
		p.Changes = append(p.Changes, inFull([]confirm.Delta{{Name: name.String(), After: value.String()}})...)
		return true
	})
	switch {
	case in.Activate != nil && !*in.Activate:
		p.Consequence = append(p.Consequence, "The account is not activated yet.")
	case in.Password != "":
		p.Consequence = append(p.Consequence, "The account is activated at once, with the password given in the call.")
	default:
		p.Consequence = append(p.Consequence, "The account is activated at once: Okta mails the link to the address given.")
	}
	if in.TypeID != "" {
		p.Details = append(p.Details, confirm.Detail{Label: "user type", Texts: []string{in.TypeID}})
	}
}

// texts returns an object's members as texts.
func texts(object gjson.Result) map[string]string {
	all := map[string]string{}
	object.ForEach(func(name, value gjson.Result) bool {
		all[name.String()] = value.String()
		return true
	})
	return all
}

// keys returns the names of an object's members.
func keys(object gjson.Result) []string {
	var all []string
	object.ForEach(func(name, _ gjson.Result) bool {
		all = append(all, name.String())
		return true
	})
	return all
}

func (in createUserIn) body() (json.RawMessage, error) {
	body := map[string]any{"profile": in.Profile}
	if len(in.GroupIDs) > 0 {
		body["groupIds"] = in.GroupIDs
	}
	if in.TypeID != "" {
		body["type"] = map[string]string{"id": in.TypeID}
	}
	if in.Password != "" {
		body["credentials"] = map[string]any{"password": map[string]string{"value": in.Password}}
	}
	return encode(body)
}

type updateUserIn struct {
	UserID      string          `json:"user_id" jsonschema:"id or login"`
	Profile     json.RawMessage `json:"profile,omitempty" jsonschema:"as in get_user_schema; null clears one"`
	Credentials json.RawMessage `json:"credentials,omitempty" secret:"true" jsonschema:"if the operator allows secrets"`
	found
}

// found is a person as Check found them, for Run: the profile, and the ETag by
// which Okta sees that somebody else has changed the person since.
type found struct {
	before json.RawMessage
	etag   string
}

func updateUser() Any {
	return Tool[updateUserIn, Change]{
		Name: "update_user", Title: "Update user", Effect: Write, Scopes: []string{usersManage},
		Optional:    []string{rolesRead, groupsRead},
		Description: "Changes only the given profile attributes of a person. Asks when sign-in or recovery is touched.",
		Check:       checkUpdateUser,
		Run: func(ctx context.Context, c *Call, in updateUserIn) (Change, error) {
			body, err := in.body()
			if err != nil {
				return Change{}, err
			}
			answer, err := c.Org.UpdateUser(ctx, in.UserID, nil, in.etag, body)
			if err != nil {
				return Change{}, c.aftermath(ctx, c.Targets[0], err)
			}
			change := c.profileChange(in.before, answer.Body)
			change.Undo = undoWith("update_user", map[string]any{"user_id": in.UserID, "profile": change.Before})
			if len(change.Before) == len("{}") {
				change.Undo = Undo{Words: "nothing to undo"}
				change.Notes = append(change.Notes, "the profile already had these values")
			}
			if len(in.Credentials) > 0 {
				change.Undo = Undo{Words: "credentials cannot be put back"}
			}
			return change, nil
		},
	}
}

// signInAttribute reports whether somebody signs in, recovers an account or
// receives a code by the attribute: changing it can hand the account to somebody
// else. Custom attributes that sound like one are taken for one.
func signInAttribute(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"login", "username", "upn", "mail", "phone", "mobile", "sms", "cell"},
		func(part string) bool { return strings.Contains(name, part) })
}

func checkUpdateUser(ctx context.Context, c *Call, in *updateUserIn) (confirm.Preview, error) {
	p := confirm.Preview{Action: "Change the account of this user"}
	given := gjson.ParseBytes(in.Profile)
	if len(given.Map()) == 0 && len(in.Credentials) == 0 {
		return p, &ArgumentError{Problem: "nothing to change: give profile with at least one attribute"}
	}
	if len(in.Credentials) > 0 && !c.Options.AllowSecrets {
		return p, &Refused{Reason: "credentials in an argument would pass through the model, and the operator has not started the server with --allow-secrets",
			Next: "leave credentials out; the person can reset a password with Okta's own forgotten-password page"}
	}
	u, err := c.user(ctx, in.UserID)
	if err != nil {
		return p, err
	}
	in.UserID, in.found = u.id, found{before: u.profile(), etag: u.etag}
	p.Targets, p.State = []confirm.Target{u.target()}, u.state()
	if len(in.Credentials) > 0 {
		raise(&p, "it sets the person's credentials")
		p.Details = append(p.Details, detail("credentials set", keys(gjson.ParseBytes(in.Credentials))))
	}
	return p, c.weighProfile(ctx, &p, u, in.Profile)
}

// weighProfile puts the changes of a profile into the question, and weighs whom
// they concern and where group rules take the person by them.
func (c *Call) weighProfile(ctx context.Context, p *confirm.Preview, u user, given json.RawMessage) error {
	admin, err := c.weighUser(ctx, p, u)
	if err != nil {
		return err
	}
	if admin {
		raiseForAdmin(p)
	}
	changed := showProfile(p, u.profile(), given)
	if slices.Contains(changed, "login") {
		c.tellUnprotected(p, "user", u.login)
	}
	w, err := c.newWalk(ctx, p)
	if err != nil {
		return err
	}
	whole := texts(gjson.ParseBytes(u.profile()))
	for name, value := range texts(gjson.ParseBytes(given)) {
		maps.DeleteFunc(whole, func(other, _ string) bool { return strings.EqualFold(other, name) })
		whole[name] = value
	}
	return w.changing(ctx, changed, whole, false)
}

// showProfile puts what changes into the question and returns the attributes.
func showProfile(p *confirm.Preview, before, given json.RawMessage) (changed []string) {
	old := gjson.ParseBytes(before)
	var changes []confirm.Delta
	gjson.ParseBytes(given).ForEach(func(name, value gjson.Result) bool {
		was := exactMember(old, name.String())
		if sameJSON(was, value) {
			return true
		}
		changes = append(changes, confirm.Delta{Name: name.String(), Before: was.String(), After: value.String()})
		changed = append(changed, name.String())
		if signInAttribute(name.String()) {
			raise(p, "it changes how the person signs in or recovers the account")
		}
		return true
	})
	p.Changes = append(p.Changes, inFull(changes)...)
	return changed
}

// exactMember is the member of an object by its exact name: gjson's own paths give
// dots and stars a meaning.
func exactMember(object gjson.Result, name string) gjson.Result {
	var found gjson.Result
	object.ForEach(func(key, value gjson.Result) bool {
		if key.String() == name {
			found = value
			return false
		}
		return true
	})
	return found
}

func (in updateUserIn) body() (json.RawMessage, error) {
	body := map[string]json.RawMessage{}
	if len(in.Profile) > 0 {
		body["profile"] = in.Profile
	}
	if len(in.Credentials) > 0 {
		body["credentials"] = in.Credentials
	}
	return encode(body)
}

// profileChange is what a change of a profile answers: the attributes that
// differ between before and the user that Okta answered.
func (c *Call) profileChange(before, answered json.RawMessage) Change {
	was, is := gjson.ParseBytes(before), gjson.GetBytes(answered, "profile")
	return Change{Target: &c.Targets[0], Notes: c.Notes, Before: reverseOf(was, is), After: reverseOf(is, was)}
}

func rawOrNull(r gjson.Result) json.RawMessage {
	if r.Raw == "" {
		return json.RawMessage("null")
	}
	return json.RawMessage(r.Raw)
}

type deleteUserIn struct {
	UserID          string `json:"user_id" jsonschema:"id or login"`
	DeactivateFirst bool   `json:"deactivate_first,omitempty" jsonschema:"deactivate, then delete"`
	status          string
}

const deprovisioned = "DEPROVISIONED"

func deleteUser() Any {
	return Tool[deleteUserIn, Change]{
		Name: "delete_user", Title: "Delete user", Effect: Destructive, Scopes: []string{usersManage},
		Optional:    []string{rolesRead},
		Description: "Deletes a DEPROVISIONED person for good; deactivate_user keeps the account.",
		Check:       checkDeleteUser,
		Run: func(ctx context.Context, c *Call, in deleteUserIn) (Change, error) {
			if in.status != deprovisioned {
				if _, err := c.Org.DeactivateUser(ctx, in.UserID, nil); err != nil {
					return Change{}, c.aftermath(ctx, c.Targets[0], fmt.Errorf("deactivating, before deleting: %w", err))
				}
			}
			if _, err := c.Org.DeleteUser(ctx, in.UserID, nil); err != nil {
				return Change{}, c.aftermath(ctx, c.Targets[0], fmt.Errorf("the user is deactivated but deleting failed: %w", err))
			}
			// Okta only deactivates a user who is active again by now, with the same answer.
			if _, err := c.Org.GetUser(ctx, in.UserID, nil); !notFound(err) {
				return Change{}, fmt.Errorf("okta accepted the deletion, but the user can still be read or that could not be checked; look with get_user: %w", errOrStill(err))
			}
			return Change{Target: &c.Targets[0], Undo: Undo{Words: cannotBeUndone}}, nil
		},
	}
}

func errOrStill(err error) error {
	if err == nil {
		return errors.New("still there")
	}
	return err
}

func checkDeleteUser(ctx context.Context, c *Call, in *deleteUserIn) (confirm.Preview, error) {
	p := confirm.Preview{Action: "Delete this user for good", Typed: true}
	u, err := c.user(ctx, in.UserID)
	if err != nil {
		return p, err
	}
	in.UserID, in.status = u.id, u.status
	p.Targets, p.State = []confirm.Target{u.target()}, u.state()
	if u.status != deprovisioned && !in.DeactivateFirst {
		return p, &Refused{Reason: "the user is " + u.status + ", and Okta would only deactivate instead of deleting",
			Next: "call deactivate_user first, or delete_user with deactivate_first: true to do both"}
	}
	p.Consequence = []string{"The account, its profile and its history of assignments are gone; this cannot be undone."}
	if u.status != deprovisioned {
		p.Consequence = append(p.Consequence, "The user is "+u.status+" and is deactivated first.")
	}
	if _, err := c.weighUser(ctx, &p, u); err != nil {
		return p, err
	}
	c.countAccess(ctx, &p, u)
	return p, nil
}

// countAccess adds to p what the person can reach now, as far as it is visible.
func (c *Call) countAccess(ctx context.Context, p *confirm.Preview, u user) {
	hidden := c.informative(ctx, func(ctx context.Context) error {
		_, groups, err := page(c.Org.ListUserGroups(ctx, u.id, limitOf(200)))
		if err != nil {
			return err
		}
		apps, count, err := page(c.Org.ListAppLinks(ctx, u.id))
		if err != nil {
			return err
		}
		p.Consequence = append(p.Consequence, fmt.Sprintf("The person is in %s and has %s.",
			groups.of("group", "groups"), count.of("app link", "app links")))
		if len(apps) > 0 {
			p.Details = append(p.Details, detail("apps open to the person now", names(apps, "label")))
		}
		return nil
	})
	if hidden != "" {
		p.Consequence = append(p.Consequence, "What the person can reach is not visible: "+hidden+".")
	}
}

// document is the answer of a get: Okta's object, compact unless fields say
// otherwise, and within the byte budget.
func (c *Call) document(raw json.RawMessage, fields []string) (Document, error) {
	shown, err := view{}.document(raw, fields)
	if err != nil {
		return nil, err
	}
	budget := c.Options.MaxResultBytes
	if len(shown) <= budget {
		return Document(shown), nil
	}
	kept, omitted := shrink(shown, budget-1024)
	list, err := encode(omitted)
	if err != nil {
		return nil, err
	}
	separator := ","
	if len(kept) == len("{}") {
		separator = ""
	}
	return Document(strings.TrimSuffix(string(kept), "}") + separator + `"omitted":` + string(list) + "}"), nil
}
