package demoorg

import (
	"maps"
	"net/http"
	"slices"
)

// appUserPage and largestAppUserPage are how many of an app's people a page holds.
const (
	appUserPage        = 50
	largestAppUserPage = 500
)

// Scopes of an assignment: a person's own, or through a group.
const (
	userScope  = "USER"
	groupScope = "GROUP"
)

// sharedScheme has everybody sign in to an app with the same credentials.
const sharedScheme = "SHARED_USERNAME_AND_PASSWORD"

// appUser is what the org keeps about a user of an app. Whoever is assigned
// through a group alone has none, unless somebody changed their assignment.
type appUser struct {
	direct           bool // assigned one by one
	created, updated stamp
	userName         string // "" for what the app's template gives
	hasPassword      bool
	profile          map[string]any // over what the app's mode gives
	through          *group         // of a computed assignment
}

// assignment is how a user may use the app, nil when they may not. Nobody who
// is deactivated may.
func (a *app) assignment(u *user) *appUser {
	kept := a.users[u]
	if kept != nil && kept.direct {
		return kept
	}
	if u.live.status == deprovisioned {
		return nil
	}
	for _, g := range a.groups {
		if g.group.has(u) {
			return g.lend(u, kept)
		}
	}
	return nil
}

// lend is the assignment of a member of the group; kept is what was changed
// about it, or nil.
func (g *assignedGroup) lend(u *user, kept *appUser) *appUser {
	at := max(g.created, u.live.created)
	lent := appUser{created: at, updated: max(g.updated, u.live.created), profile: g.profile, through: g.group}
	if kept != nil {
		lent.userName, lent.hasPassword = kept.userName, kept.hasPassword
		lent.updated = max(lent.updated, kept.updated)
		lent.profile = overlay(g.profile, kept.profile)
	}
	return &lent
}

// overlay is a new map: under with the members of over.
func overlay(under, over map[string]any) map[string]any {
	both := map[string]any{}
	maps.Copy(both, under)
	maps.Copy(both, over)
	return both
}

// assigned says whether a user may use the app, directly or through a group.
func (a *app) assigned(u *user) bool { return a.assignment(u) != nil }

type appUserDoc struct {
	ID              string         `json:"id"`
	ExternalID      *string        `json:"externalId"`
	Created         stamp          `json:"created"`
	Updated         stamp          `json:"lastUpdated"`
	Scope           string         `json:"scope"`
	Status          string         `json:"status"`
	StatusChanged   stamp          `json:"statusChanged"`
	PasswordChanged stamp          `json:"passwordChanged"`
	SyncState       string         `json:"syncState"`
	LastSync        stamp          `json:"lastSync,omitempty"`
	Credentials     map[string]any `json:"credentials"`
	Profile         map[string]any `json:"profile"`
	Embedded        map[string]any `json:"_embedded,omitempty"`
	Links           map[string]any `json:"_links"`
}

// userDoc is an assignment as the API shows it.
func (a *app) userDoc(u *user, how *appUser, base string) appUserDoc {
	doc := appUserDoc{
		ID: u.id, Created: how.created, Updated: how.updated, Scope: userScope, Status: "ACTIVE",
		StatusChanged: how.created, SyncState: "DISABLED", Credentials: map[string]any{"userName": a.userName(u, how)},
		Profile: overlay(a.baseProfile(u), how.profile),
		Links: map[string]any{
			"app":  link{Href: base + "/api/v1/apps/" + a.id},
			"user": link{Href: base + "/api/v1/users/" + u.id},
		},
	}
	if how.hasPassword {
		doc.Credentials["password"], doc.PasswordChanged = map[string]any{}, how.updated
	}
	if !how.direct {
		doc.Scope = groupScope
		doc.Links["group"] = map[string]string{"name": how.through.live.name, "href": base + "/api/v1/groups/" + how.through.id}
	}
	if !a.provisions() {
		return doc
	}
	doc.Status = "STAGED"
	if u.live.status != staged {
		account := "ext" + u.id[3:]
		doc.Status, doc.SyncState, doc.ExternalID, doc.LastSync = "PROVISIONED", "SYNCHRONIZED", &account, how.updated
	}
	return doc
}

// provisions says whether Okta makes accounts in the app.
func (a *app) provisions() bool {
	features, _ := a.body["features"].([]any)
	return slices.Contains(features, any("PUSH_NEW_USERS"))
}

// userName is what the user is called in the app: as set by hand, or else as
// the app's template says. Of templates the org knows Okta's two plainest.
func (a *app) userName(u *user, how *appUser) string {
	switch template := object(a.body, "credentials", "userNameTemplate")["template"]; {
	case how.userName != "":
		return how.userName
	case template == "${source.email}":
		return u.live.profile.text("email")
	default:
		return u.login()
	}
}

// baseProfile is what an app knows of its user by itself: OpenID Connect apps
// the standard claims, those with accounts of their own a name and an address.
func (a *app) baseProfile(u *user) map[string]any {
	p := u.live.profile
	switch {
	case a.mode == openIDConnect:
		claims := map[string]any{
			"name": p.text("firstName") + " " + p.text("lastName"), "locale": "en_US", "zoneinfo": "America/Los_Angeles",
			"website": nil, "birthdate": nil, "gender": nil, "formatted": nil, "profile": nil, "picture": nil,
		}
		for claim, attribute := range map[string]string{
			"given_name": "firstName", "family_name": "lastName", "middle_name": "middleName", "nickname": "nickName",
			"email": "email", "phone_number": "primaryPhone", "street_address": "streetAddress", "locality": "city",
			"region": "state", "postal_code": "zipCode", "country": "countryCode",
		} {
			claims[claim] = p.get(attribute)
		}
		for claim, attribute := range map[string]string{"locale": "locale", "zoneinfo": "timezone"} {
			if own := p.get(attribute); own != nil {
				claims[claim] = own
			}
		}
		return claims
	case a.provisions():
		return map[string]any{"email": p.get("email"), "firstName": p.get("firstName"), "lastName": p.get("lastName")}
	default:
		return nil
	}
}

// listAppUsers pages through everybody assigned, oldest account first. Who is
// assigned is looked up as the page is filled, since a group may be the org.
func listAppUsers(o *Org, c *call) (answer, error) {
	a, err := o.app(c)
	if err != nil {
		return answer{}, err
	}
	p, err := c.page(appUserPage, largestAppUserPage)
	if err != nil {
		return answer{}, err
	}
	rest, known := o.directory.after(p.after)
	if !known {
		return answer{}, invalidCursor()
	}
	docs, next := []appUserDoc{}, ""
	for _, u := range rest {
		how := a.assignment(u)
		if how == nil || !a.begins(u, how, c.query.Get("q")) {
			continue
		}
		if len(docs) == p.limit {
			next = docs[p.limit-1].ID
			break
		}
		docs = append(docs, o.appUserDoc(c, a, u, how))
	}
	return answer{status: http.StatusOK, body: docs, links: c.links(p, next, "q", "expand")}, nil
}

// begins says whether one of the user's names in the app begins with q.
func (a *app) begins(u *user, how *appUser, q string) bool {
	p := u.live.profile
	for _, name := range []string{a.userName(u, how), p.text("firstName"), p.text("lastName"), p.text("email")} {
		if hasPrefixFold(name, q) {
			return true
		}
	}
	return false
}

// appUserDoc is an assignment with what expand=user asks for.
func (o *Org) appUserDoc(c *call, a *app, u *user, how *appUser) appUserDoc {
	doc := a.userDoc(u, how, c.base)
	if c.query.Get("expand") == "user" {
		doc.Embedded = map[string]any{"user": o.userDoc(u, &u.live, c.base)}
	}
	return doc
}

// appAndUser finds the app and its user that a path names, and how they are
// assigned.
func (o *Org) appAndUser(c *call) (*app, *user, *appUser, error) {
	a, err := o.app(c)
	if err != nil {
		return nil, nil, nil, err
	}
	if u := o.directory.resolve(c.params["userId"]); u != nil {
		if how := a.assignment(u); how != nil {
			return a, u, how, nil
		}
	}
	return nil, nil, nil, notFound(c.params["userId"], "AppUser")
}

func getAppUser(o *Org, c *call) (answer, error) {
	a, u, how, err := o.appAndUser(c)
	if err != nil {
		return answer{}, err
	}
	return ok(o.appUserDoc(c, a, u, how))
}

// appUserBody is what assigning and updating read.
type appUserBody struct {
	ID          string `json:"id"`
	Scope       string `json:"scope"`
	Credentials *struct {
		UserName string                  `json:"userName"`
		Password *struct{ Value string } `json:"password"`
	} `json:"credentials"`
	Profile map[string]any `json:"profile"`
}

// appUserBody reads a body and checks it against the app.
func (c *call) appUserBody(a *app) (appUserBody, error) {
	var body appUserBody
	if err := c.decode(&body); err != nil {
		return body, err
	}
	if body.Scope != "" && body.Scope != userScope && body.Scope != groupScope {
		return body, invalid("scope", "scope: The value must be USER or GROUP")
	}
	if body.Credentials != nil && object(a.body, "credentials")["scheme"] == sharedScheme {
		return body, &apiError{
			status: http.StatusBadRequest, code: "E0000041", summary: "Credentials should not be set on this resource based on the scheme.",
			causes: []string{"User level credentials should not be provided for this scheme."},
		}
	}
	return body, nil
}

// set writes what a body says into an assignment.
func (k *appUser) set(body appUserBody, now stamp) {
	if cred := body.Credentials; cred != nil {
		if cred.UserName != "" {
			k.userName = cred.UserName
		}
		k.hasPassword = k.hasPassword || cred.Password != nil && cred.Password.Value != ""
	}
	k.profile = overlay(k.profile, body.Profile)
	k.updated = now
}

// assignAppUser assigns one by one: whoever has the app through a group keeps
// it as their own from then on.
func assignAppUser(o *Org, c *call) (answer, error) {
	a, err := o.app(c)
	if err != nil {
		return answer{}, err
	}
	body, err := c.appUserBody(a)
	if err != nil {
		return answer{}, err
	}
	u := o.directory.byID[body.ID]
	switch {
	case body.ID == "":
		return answer{}, invalid("id", "id: The field cannot be left blank")
	case u == nil:
		return answer{}, notFound(body.ID, "User")
	case u.live.status == deprovisioned:
		return answer{}, invalid("assignment", "A deactivated user cannot be assigned to an application")
	case body.Scope == groupScope:
		return answer{}, invalid("scope", "scope: A user is assigned one by one with the scope USER")
	}
	if kept := a.users[u]; kept != nil && kept.direct {
		return answer{}, &apiError{
			status: http.StatusConflict, code: "E0000062", summary: "The given user is already assigned to the given app.",
		}
	}
	now := stampOf(c.now)
	kept := &appUser{direct: true, created: now}
	kept.set(body, now)
	a.users[u] = kept
	return ok(o.appUserDoc(c, a, u, kept))
}

// updateAppUser changes an assignment; its scope moves a person between their
// own assignment and their group's.
func updateAppUser(o *Org, c *call) (answer, error) {
	a, u, how, err := o.appAndUser(c)
	if err != nil {
		return answer{}, err
	}
	body, err := c.appUserBody(a)
	if err != nil {
		return answer{}, err
	}
	inGroup := slices.ContainsFunc(a.groups, func(g *assignedGroup) bool { return g.group.has(u) })
	if body.Scope == groupScope && !inGroup {
		return answer{}, invalid("scope", "scope: No group of the user is assigned to the application")
	}
	now := stampOf(c.now)
	kept := a.users[u]
	if kept == nil {
		kept = &appUser{created: how.created}
		a.users[u] = kept
	}
	if body.Scope != "" {
		kept.direct = body.Scope == userScope
	}
	kept.set(body, now)
	return ok(o.appUserDoc(c, a, u, a.assignment(u)))
}

// unassignAppUser ends a person's own assignment. One they have through a
// group stays: it ends with the group's or with their membership.
func unassignAppUser(o *Org, c *call) (answer, error) {
	a, u, _, err := o.appAndUser(c)
	if err != nil {
		return answer{}, err
	}
	delete(a.users, u)
	return noContent()
}
