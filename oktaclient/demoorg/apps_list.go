package demoorg

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// appPage is how many apps a page holds when nobody says.
const appPage = 20

var userExpansion = regexp.MustCompile(`^user/([^/,]+)$`)

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
	embed, err := o.expandUser(c)
	if err != nil {
		return answer{}, err
	}
	q, asked := c.query.Get("q"), o.usersIn(condition)
	var found []*app
	for _, a := range o.apps {
		if (hasPrefixFold(a.label, q) || hasPrefixFold(a.name, q)) && condition.matches(appFields{a, asked}) {
			found = append(found, a)
		}
	}
	return o.showApps(c, p, found, embed, "q", "filter", "expand")
}

// appFields lets a filter look at an app. Of everybody assigned it knows only
// those the filter asks for: an app may have the whole org.
type appFields struct {
	a     *app
	asked []*user
}

func (f appFields) field(path string) any {
	switch path {
	case "id":
		return f.a.id
	case "status":
		return f.a.status
	case "name":
		return f.a.name
	case "credentials.signing.kid":
		return object(f.a.body, "credentials", "signing")["kid"]
	case "settings.slo.enabled":
		return object(f.a.body, "settings", "signOn", "slo")["enabled"]
	case "user.id":
		ids := []any{}
		for _, u := range f.asked {
			if f.a.assigned(u) {
				ids = append(ids, u.id)
			}
		}
		return ids
	case "group.id":
		ids := make([]any, 0, len(f.a.groups))
		for _, g := range f.a.groups {
			ids = append(ids, g.group.id)
		}
		return ids
	default:
		return nil
	}
}

// usersIn are the users that a condition compares user.id with.
func (o *Org) usersIn(c condition) []*user {
	switch c := c.(type) {
	case both:
		return append(o.usersIn(c.left), o.usersIn(c.right)...)
	case either:
		return append(o.usersIn(c.left), o.usersIn(c.right)...)
	case comparison:
		if u := o.directory.byID[c.want.text]; u != nil && c.path == "user.id" {
			return []*user{u}
		}
	}
	return nil
}

func appFilterRules(path string, op operator) string {
	switch path {
	case "id", "status", "name", "user.id", "group.id", "credentials.signing.kid", "settings.slo.enabled":
		if op != opEqual {
			return unsupportedOperator(path, op)
		}
		return ""
	default:
		return unknownField(path)
	}
}

// expandUser gives the document of an app with what expand=user/{id} asks for:
// that user's assignment, when there is one.
func (o *Org) expandUser(c *call) (func(*app) map[string]any, error) {
	text := c.query.Get("expand")
	wanted := userExpansion.FindStringSubmatch(text)
	if text != "" && wanted == nil {
		return nil, invalid("RequestParams", "Expand query is malformed.")
	}
	return func(a *app) map[string]any {
		doc := a.doc(c.base)
		if wanted == nil {
			return doc
		}
		if u := o.directory.byID[wanted[1]]; u != nil {
			if how := a.assignment(u); how != nil {
				doc["_embedded"] = map[string]any{"user": a.userDoc(u, how, c.base)}
			}
		}
		return doc
	}, nil
}

// invalidCursor refuses an after that a list of apps or of their people never
// gave out.
func invalidCursor() error {
	return &apiError{
		status: http.StatusBadRequest, code: "E0000029", summary: "Invalid paging request.", causes: []string{"Invalid cursor."},
	}
}

// appsAnswer is showApps without anything embedded.
func (o *Org) appsAnswer(c *call, p page, found []*app, keep ...string) (answer, error) {
	return o.showApps(c, p, found, func(a *app) map[string]any { return a.doc(c.base) }, keep...)
}

// showApps cuts a page out of the apps found.
func (o *Org) showApps(c *call, p page, found []*app, show func(*app) map[string]any, keep ...string) (answer, error) {
	if p.after != "" {
		made, known := o.appNumber(p.after)
		if !known {
			return answer{}, invalidCursor()
		}
		found = slices.DeleteFunc(found, func(a *app) bool {
			n, _ := o.appNumber(a.id)
			return n <= made
		})
	}
	docs, next := []map[string]any{}, ""
	for _, a := range found[:min(p.limit, len(found))] {
		docs = append(docs, show(a))
	}
	if len(found) > p.limit {
		next = found[p.limit-1].id
	}
	return answer{status: 200, body: docs, links: c.links(p, next, keep...)}, nil
}

// appNumber says how many apps were made before the one with that id, which
// may be deleted: its cursor stays good.
func (o *Org) appNumber(id string) (uint64, bool) {
	if len(id) != 20 {
		return 0, false
	}
	n := uint64(0)
	for _, digit := range id[3:7] {
		n = n*62 + uint64(max(0, strings.IndexRune(base62, digit)))
	}
	return n, n < o.minted["0oa"] && idOf(o.seed, "0oa", n) == id
}

// appsOf lists the apps assigned to a group.
func (o *Org) appsOf(g *group) []*app {
	var apps []*app
	for _, a := range o.apps {
		if a.grantOf(g) != nil {
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
		hidden := object(a.body, "visibility", "hide")["web"] == true
		if a.status != appActive || hidden || !a.assigned(u) {
			continue
		}
		for i := range a.tiles() {
			docs = append(docs, appLinkDoc{
				ID: a.tileID(i), Label: a.label, LinkURL: a.home(c.base, i),
				LogoURL: c.base + "/assets/img/logos/default.png", AppName: a.name, AppInstanceID: a.id,
				AppAssignmentID: "0ua" + a.id[3:], SortOrder: len(docs),
			})
		}
	}
	return ok(docs)
}
