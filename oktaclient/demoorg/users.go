package demoorg

import (
	"encoding/json"
	"strings"
)

// userTypes are the ids of the one user type every org has.
type userTypes struct {
	typeID, schemaID, realmID string
	created                   stamp
}

type userDoc struct {
	ID              string          `json:"id"`
	Status          status          `json:"status"`
	Created         stamp           `json:"created"`
	Activated       stamp           `json:"activated"`
	StatusChanged   stamp           `json:"statusChanged"`
	LastLogin       stamp           `json:"lastLogin"`
	LastUpdated     stamp           `json:"lastUpdated"`
	PasswordChanged stamp           `json:"passwordChanged"`
	RealmID         string          `json:"realmId"`
	Type            idDoc           `json:"type"`
	Profile         profile         `json:"profile"`
	Credentials     credentialsDoc  `json:"credentials"`
	Links           map[string]link `json:"_links"`
}

type idDoc struct {
	ID string `json:"id"`
}

type credentialsDoc struct {
	Password *struct{}    `json:"password,omitempty"`
	Question *questionDoc `json:"recovery_question,omitempty"`
	Provider providerDoc  `json:"provider"`
}

type questionDoc struct {
	Question string `json:"question"`
}

type providerDoc struct {
	Type string `json:"type"`
	Name string `json:"name"`
}

type link struct {
	Href   string `json:"href"`
	Method string `json:"method,omitempty"`
}

// userDoc is a user as lists show it: one link, to itself.
func (o *Org) userDoc(u *user, p *person, base string) userDoc {
	return userDoc{
		ID: u.id, Status: p.status, Created: p.created, Activated: p.activated,
		StatusChanged: p.statusChanged, LastLogin: p.lastLogin, LastUpdated: p.lastUpdated,
		PasswordChanged: p.passwordChanged, RealmID: o.userTypes.realmID,
		Type: idDoc{o.userTypes.typeID}, Profile: p.profile, Credentials: p.credentials(),
		Links: map[string]link{"self": {Href: base + "/api/v1/users/" + u.id}},
	}
}

// fullUserDoc is a user alone, with the links to what its status allows.
func (o *Org) fullUserDoc(u *user, base string) userDoc {
	doc := o.userDoc(u, &u.live, base)
	self := doc.Links["self"].Href
	doc.Links["schema"] = link{Href: base + "/api/v1/meta/schemas/user/" + o.userTypes.schemaID}
	doc.Links["type"] = link{Href: base + "/api/v1/meta/types/user/" + o.userTypes.typeID}
	for _, name := range allowed(u.live.status) {
		method := "POST"
		if name == "delete" {
			method = "DELETE"
		}
		doc.Links[name] = link{Href: self + linkPaths(name), Method: method}
	}
	return doc
}

func (p *person) credentials() credentialsDoc {
	doc := credentialsDoc{Provider: providerDoc{p.provider, p.provider}}
	if p.hasPassword {
		doc.Password = &struct{}{}
	}
	if p.question != "" {
		doc.Question = &questionDoc{p.question}
	}
	return doc
}

// allowed names the links Okta adds to a user of that status.
func allowed(s status) []string {
	withPassword := []string{
		"suspend", "resetPassword", "forgotPassword", "expirePassword",
		"changeRecoveryQuestion", "resetFactors", "changePassword", "deactivate",
	}
	return [statusCount][]string{
		staged:          {"activate", "resetFactors"},
		provisioned:     {"suspend", "resetPassword", "reactivate", "resetFactors", "deactivate"},
		active:          withPassword,
		recovery:        {"suspend", "resetPassword", "reactivate", "resetFactors", "deactivate"},
		passwordExpired: withPassword,
		lockedOut:       {"unlock", "resetPassword", "resetFactors", "deactivate"},
		suspended:       {"unsuspend", "resetFactors", "deactivate"},
		deprovisioned:   {"activate", "resetFactors", "delete"},
	}[s]
}

// linkPaths is where a link of that name leads, below the user.
func linkPaths(name string) string {
	switch name {
	case "delete":
		return ""
	case "resetPassword":
		return "/lifecycle/reset_password"
	case "expirePassword":
		return "/lifecycle/expire_password"
	case "resetFactors":
		return "/lifecycle/reset_factors"
	case "forgotPassword":
		return "/credentials/forgot_password"
	case "changePassword":
		return "/credentials/change_password"
	case "changeRecoveryQuestion":
		return "/credentials/change_recovery_question"
	default:
		return "/lifecycle/" + name
	}
}

func getUser(o *Org, c *call) (answer, error) {
	u, err := o.user(c, "id")
	if err != nil {
		return answer{}, err
	}
	return o.userAnswer(u, c)
}

// userBody is what create, update and replace read.
type userBody struct {
	Profile     map[string]any   `json:"profile"`
	Credentials *credentialsBody `json:"credentials"`
	GroupIDs    []string         `json:"groupIds"`
	Type        *idDoc           `json:"type"`
}

type credentialsBody struct {
	Password *struct {
		Value string          `json:"value"`
		Hash  json.RawMessage `json:"hash"`
		Hook  json.RawMessage `json:"hook"`
	} `json:"password"`
	Question *struct {
		Question string `json:"question"`
		Answer   string `json:"answer"`
	} `json:"recovery_question"`
	Provider *providerDoc `json:"provider"`
}

func createUser(o *Org, c *call) (answer, error) {
	var body userBody
	if err := c.decode(&body); err != nil {
		return answer{}, err
	}
	p, err := o.newPerson(body, nil)
	if err != nil {
		return answer{}, err
	}
	groups, err := o.groupsToJoin(body.GroupIDs)
	if err != nil {
		return answer{}, err
	}
	now := stampOf(c.now)
	p.created, p.lastUpdated = now, now
	if err := p.setCredentials(body.Credentials, now); err != nil {
		return answer{}, err
	}
	if c.query.Get("activate") != "false" {
		p.activate(now)
	} else if p.hasPassword {
		p.statusChanged = now // recorded: null only for those without a password
	}
	if c.query.Get("nextLogin") == "changePassword" && p.status == active {
		p.status = passwordExpired
	}
	u := &user{id: o.mint("00u"), live: p}
	u.indexedUntil = c.now.Add(o.searchLag).UnixNano()
	o.directory.add(u)
	o.groups.everyone.join(u, nil, now)
	for _, g := range groups {
		g.join(u, nil, now)
	}
	o.applyRules(u)
	return o.userAnswer(u, c)
}

// activate leaves STAGED or DEPROVISIONED for where the credentials lead.
func (p *person) activate(now stamp) {
	to := provisioned
	if p.hasPassword || p.provider == "FEDERATION" || p.provider == "SOCIAL" {
		to = active
	}
	p.moveTo(to, now)
	p.activated = now
}

func updateUser(o *Org, c *call) (answer, error) {
	return o.writeUser(c, func(p profile) profile { return p })
}

// replaceUser forgets every attribute the body's profile does not name. A body
// without a profile changes none (recorded).
func replaceUser(o *Org, c *call) (answer, error) {
	return o.writeUser(c, func(profile) profile { return profile{} })
}

// writeUser lays the body over what base keeps of the profile.
func (o *Org) writeUser(c *call, base func(profile) profile) (answer, error) {
	u, err := o.user(c, "id")
	if err != nil {
		return answer{}, err
	}
	if err := c.stillMatches(o.tag(u)); err != nil {
		return answer{}, err
	}
	var body userBody
	if err := c.decode(&body); err != nil {
		return answer{}, err
	}
	next := u.live
	if body.Profile != nil {
		if next.profile, err = o.newProfile(base(next.profile), body.Profile, u); err != nil {
			return answer{}, err
		}
	}
	now := stampOf(c.now)
	if err := next.setCredentials(body.Credentials, now); err != nil {
		return answer{}, err
	}
	next.lastUpdated = now
	o.change(u, func(p *person) { *p = next })
	return o.userAnswer(u, c)
}

// setCredentials takes what a body says about password, question and provider.
func (p *person) setCredentials(body *credentialsBody, now stamp) error {
	if body == nil {
		return nil
	}
	if body.Provider != nil && body.Provider.Type != "" {
		p.provider = strings.ToUpper(body.Provider.Type)
	}
	if pw := body.Password; pw != nil && (pw.Value != "" || pw.Hash != nil || pw.Hook != nil) {
		if pw.Value != "" && !strongEnough(pw.Value) {
			return weakPassword()
		}
		if pw.Value == "" {
			p.provider = "IMPORT"
		}
		p.hasPassword, p.passwordChanged = true, now
	}
	if q := body.Question; q != nil && q.Question != "" {
		if len(q.Answer) < 4 {
			return shortAnswer()
		}
		p.question = q.Question
	}
	return nil
}

// strongEnough is Okta's default password policy, but for the parts of the login.
func strongEnough(password string) bool {
	return len(password) >= 8 && strings.ContainsAny(password, "abcdefghijklmnopqrstuvwxyz") &&
		strings.ContainsAny(password, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") && strings.ContainsAny(password, "0123456789")
}

func weakPassword() *apiError {
	return invalid("password", "password: Password requirements were not met. Password requirements: "+
		"at least 8 characters, a lowercase letter, an uppercase letter, a number, no parts of your username.")
}

func shortAnswer() *apiError {
	return invalid("recovery_question",
		"recovery_question: The security question answer must be at least 4 characters in length")
}

// deleteUser deactivates first: only a second call deletes.
func deleteUser(o *Org, c *call) (answer, error) {
	u, err := o.user(c, "id")
	if err != nil {
		return answer{}, err
	}
	if u.live.status != deprovisioned {
		o.deprovision(u, stampOf(c.now))
		return noContent()
	}
	for _, g := range o.groups.all {
		g.leave(u, stampOf(c.now))
		g.disown(u.id)
	}
	for _, a := range o.apps {
		delete(a.users, u)
	}
	delete(o.roles, u.id)
	delete(o.factors, u)
	delete(o.sessions.consents, u)
	o.linked.forget(u)
	o.directory.remove(u)
	return noContent()
}

// deprovision takes password, factors, apps and roles away; groups stay, as in Okta.
func (o *Org) deprovision(u *user, now stamp) {
	for _, a := range o.apps {
		delete(a.users, u)
	}
	delete(o.roles, u.id)
	o.factors[u] = nil
	o.change(u, func(p *person) { p.moveTo(deprovisioned, now) })
}

// nothing is the list of what no user of this org has.
func nothing(o *Org, c *call) (answer, error) {
	if _, err := o.user(c, "userId"); err != nil {
		return answer{}, err
	}
	return ok([]struct{}{})
}

// listBlocks is a feature this org, like many, does not have.
func listBlocks(*Org, *call) (answer, error) {
	return answer{}, &apiError{
		status: 401, code: "E0000015", summary: "You do not have permission to access the feature you are requesting",
	}
}
