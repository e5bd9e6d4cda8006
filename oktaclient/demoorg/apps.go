package demoorg

import (
	"slices"
	"strings"
)

// Statuses of apps.
const (
	appActive   = "ACTIVE"
	appInactive = "INACTIVE"
)

// appPage is how many apps a page holds when nobody says.
const appPage = 20

// app is one app instance, with who may use it.
type app struct {
	id, name, label  string
	status           string
	mode             string // sign-on mode
	created, updated stamp
	link             string // name of its tile; "" for none
	features         []string
	settings         map[string]any // settings.app
	signOn           map[string]any // settings.signOn
	oauth            map[string]any // settings.oauthClient
	hidden           bool
	users            map[*user]stamp // assigned one by one, and when
	groups           []*group
}

func (a *app) unassignGroup(g *group) {
	a.groups = slices.DeleteFunc(a.groups, func(other *group) bool { return other == g })
}

// assigned says whether a user may use the app, directly or through a group.
func (a *app) assigned(u *user) bool {
	if _, direct := a.users[u]; direct {
		return true
	}
	return slices.ContainsFunc(a.groups, func(g *group) bool { return g.has(u) })
}

// tile is the id of the app's link on the dashboard.
func (a *app) tile() string { return "aln" + a.id[3:] }

// doc is the app as the API shows it.
func (a *app) doc(base string) map[string]any {
	links := map[string]bool{}
	if a.link != "" {
		links[a.link] = true
	}
	return map[string]any{
		"id": a.id, "orn": "orn:okta:idp:00oDemo:apps:" + a.name + ":" + a.id,
		"name": a.name, "label": a.label, "status": a.status,
		"lastUpdated": a.updated, "created": a.created,
		"accessibility": map[string]any{"selfService": false, "errorRedirectUrl": nil, "loginRedirectUrl": nil},
		"visibility": map[string]any{
			"autoLaunch": false, "autoSubmitToolbar": false,
			"hide": map[string]bool{"iOS": a.hidden, "web": a.hidden}, "appLinks": links,
		},
		"features": append([]string{}, a.features...), "signOnMode": a.modeOrNull(),
		"credentials": a.credentials(), "universalLogout": nil,
		"settings": a.settingsDoc(), "_links": a.links(base),
	}
}

// modeOrNull is the sign-on mode; a directory has none.
func (a *app) modeOrNull() any {
	if a.mode == "" {
		return nil
	}
	return a.mode
}

func (a *app) credentials() map[string]any {
	doc := map[string]any{
		"userNameTemplate": map[string]string{"template": "${source.login}", "type": "BUILT_IN"},
		"signing":          map[string]string{},
	}
	switch a.mode {
	case "SAML_2_0":
		doc["signing"] = map[string]string{"kid": "saml" + a.id}
	case "OPENID_CONNECT":
		doc["signing"] = map[string]string{"kid": "oidc" + a.id}
		if a.oauth != nil {
			method := "client_secret_basic"
			if a.oauth["application_type"] == "service" {
				method = "private_key_jwt"
			}
			doc["oauthClient"] = map[string]any{
				"autoKeyRotation": true, "client_id": a.id, "token_endpoint_auth_method": method, "pkce_required": true,
			}
		}
	case "AUTO_LOGIN", "BROWSER_PLUGIN", "BASIC_AUTH":
		doc["scheme"] = "EDIT_USERNAME_AND_PASSWORD"
		doc["revealPassword"] = false
	}
	return doc
}

func (a *app) settingsDoc() map[string]any {
	doc := map[string]any{
		"app": a.settings,
		"notifications": map[string]any{"vpn": map[string]any{
			"network": map[string]string{"connection": "DISABLED"}, "message": nil, "helpUrl": nil,
		}},
		"manualProvisioning": false, "implicitAssignment": false, "emOptInStatus": "NONE",
		"notes": map[string]any{"admin": nil, "enduser": nil},
	}
	if a.settings == nil {
		doc["app"] = map[string]any{}
	}
	if a.signOn != nil {
		doc["signOn"] = a.signOn
	}
	if a.oauth != nil {
		doc["oauthClient"] = a.oauth
	}
	return doc
}

// hinted is a link that says which methods it takes.
type hinted struct {
	Href  string `json:"href"`
	Hints struct {
		Allow []string `json:"allow"`
	} `json:"hints"`
}

func hint(href string, methods ...string) hinted {
	h := hinted{Href: href}
	h.Hints.Allow = methods
	return h
}

func (a *app) links(base string) map[string]any {
	self := base + "/api/v1/apps/" + a.id
	tiles := []logo{}
	if a.link != "" {
		tiles = append(tiles, logo{a.link, base + "/home/" + a.name + "/" + a.id + "/" + a.tile(), "text/html"})
	}
	doc := map[string]any{
		"uploadLogo":        hint(self+"/logo", "POST"),
		"appLinks":          tiles,
		"profileEnrollment": link{Href: base + "/api/v1/policies/rst" + a.id[3:]},
		"policies":          hint(self+"/policies", "PUT"),
		"groups":            link{Href: self + "/groups"},
		"logo":              []logo{{"medium", base + "/assets/img/logos/default.png", "image/png"}},
		"accessPolicy":      link{Href: base + "/api/v1/policies/rst" + a.id[3:]},
		"users":             link{Href: self + "/users"},
	}
	if a.status == appActive {
		doc["deactivate"] = link{Href: self + "/lifecycle/deactivate"}
	} else {
		doc["activate"] = link{Href: self + "/lifecycle/activate"}
	}
	if a.mode == "SAML_2_0" {
		doc["metadata"] = map[string]string{"href": self + "/sso/saml/metadata", "type": "application/xml"}
		doc["help"] = map[string]string{
			"href": base + "/app/" + a.name + "/" + a.id + "/setup/help/SAML_2_0/instructions", "type": "text/html",
		}
	}
	return doc
}

func (o *Org) app(c *call) (*app, error) {
	id := c.params["appId"]
	for _, a := range o.apps {
		if a.id == id {
			return a, nil
		}
	}
	return nil, notFound(id, "AppInstance")
}

func getApp(o *Org, c *call) (answer, error) {
	a, err := o.app(c)
	if err != nil {
		return answer{}, err
	}
	return ok(a.doc(c.base))
}

// appFields lets a filter look at an app. Of the apps only who is assigned
// directly or through a group counts for user.id and group.id.
type appFields struct {
	a   *app
	org *Org
}

func (f appFields) field(path string) any {
	switch path {
	case "id":
		return f.a.id
	case "status":
		return f.a.status
	case "name":
		return f.a.name
	case "user.id":
		return f.userIDs()
	case "group.id":
		ids := make([]any, 0, len(f.a.groups))
		for _, g := range f.a.groups {
			ids = append(ids, g.id)
		}
		return ids
	default:
		return nil
	}
}

func (f appFields) userIDs() []any {
	ids := []any{}
	for u := range f.a.users {
		ids = append(ids, u.id)
	}
	for _, g := range f.a.groups {
		for _, m := range g.members {
			ids = append(ids, m.user.id)
		}
	}
	return ids
}

func appFilterRules(path string, op operator) string {
	switch path {
	case "id", "status", "name", "user.id", "group.id":
		if op != opEqual {
			return unsupportedOperator(path, op)
		}
		return ""
	default:
		return unknownField(path)
	}
}

func listApps(o *Org, c *call) (answer, error) {
	p, err := c.page(appPage, largestPage)
	if err != nil {
		return answer{}, err
	}
	var condition condition = all{}
	if text := c.query.Get("filter"); text != "" {
		if condition, err = parseFilter(text, appFilterRules); err != nil {
			return answer{}, err
		}
	}
	q := c.query.Get("q")
	var found []*app
	for _, a := range o.apps {
		if (hasPrefixFold(a.label, q) || hasPrefixFold(a.name, q)) && condition.matches(appFields{a, o}) {
			found = append(found, a)
		}
	}
	return o.appsAnswer(c, p, found, "q", "filter", "expand", "includeNonDeleted")
}

// appsAnswer cuts a page out of the apps found.
func (o *Org) appsAnswer(c *call, p page, found []*app, keep ...string) (answer, error) {
	if p.after != "" {
		i := slices.IndexFunc(found, func(a *app) bool { return a.id == p.after })
		if i < 0 {
			return answer{}, badCursor()
		}
		found = found[i+1:]
	}
	docs, next := []map[string]any{}, ""
	for _, a := range found[:min(p.limit, len(found))] {
		docs = append(docs, a.doc(c.base))
	}
	if len(found) > p.limit {
		next = found[p.limit-1].id
	}
	return answer{status: 200, body: docs, links: c.links(p, next, keep...)}, nil
}

// appsOf lists the apps assigned to a group.
func (o *Org) appsOf(g *group) []*app {
	var apps []*app
	for _, a := range o.apps {
		if slices.Contains(a.groups, g) {
			apps = append(apps, a)
		}
	}
	return apps
}

func listGroupApps(o *Org, c *call) (answer, error) {
	g, err := o.group(c)
	if err != nil {
		return answer{}, err
	}
	p, err := c.page(appsOfGroupPage, largestPage)
	if err != nil {
		return answer{}, err
	}
	return o.appsAnswer(c, p, o.appsOf(g))
}

type appLinkDoc struct {
	ID              string `json:"id"`
	Label           string `json:"label"`
	LinkURL         string `json:"linkUrl"`
	LogoURL         string `json:"logoUrl"`
	AppName         string `json:"appName"`
	AppInstanceID   string `json:"appInstanceId"`
	AppAssignmentID string `json:"appAssignmentId"`
	CredentialsSet  bool   `json:"credentialsSetup"`
	Hidden          bool   `json:"hidden"`
	SortOrder       int    `json:"sortOrder"`
}

// listAppLinks lists the tiles on a user's dashboard: ACTIVE apps assigned to
// them directly or through a group.
func listAppLinks(o *Org, c *call) (answer, error) {
	u, err := o.user(c, "id")
	if err != nil {
		return answer{}, err
	}
	docs := []appLinkDoc{}
	for _, a := range o.apps {
		if a.status != appActive || a.link == "" || a.hidden || u.live.status == deprovisioned || !a.assigned(u) {
			continue
		}
		docs = append(docs, appLinkDoc{
			ID: a.tile(), Label: a.label, LinkURL: strings.Join([]string{c.base, "home", a.name, a.id, a.tile()}, "/"),
			LogoURL: c.base + "/assets/img/logos/default.png", AppName: a.name, AppInstanceID: a.id,
			AppAssignmentID: "0ua" + a.id[3:], SortOrder: len(docs),
		})
	}
	return ok(docs)
}
