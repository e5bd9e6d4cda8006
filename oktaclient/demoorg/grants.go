package demoorg

import (
	"net/http"
	"slices"
	"strings"
)

// consentPage is how many consents a page holds when nobody says.
const consentPage = 20

// peopleAConsent is how many active people there are to one who gave a client
// consent.
const peopleAConsent = 10

// consent is one person's consent that a client use one scope.
type consent struct {
	id    string
	app   *app
	scope string
	since stamp
}

func (o *Org) consentDoc(g *consent, u *user, c *call) map[string]any {
	p := u.live.profile
	doc := map[string]any{
		"id": g.id, "status": "ACTIVE", "created": g.since, "lastUpdated": g.since,
		"createdBy": map[string]string{"id": u.id, "type": "User"},
		"issuer":    c.base, "clientId": g.app.id, "userId": u.id, "scopeId": g.scope, "source": "END_USER",
		"_links": map[string]any{
			"app":    titledLink{c.base + "/api/v1/apps/" + g.app.id, g.app.label},
			"self":   hint(c.base+"/api/v1/users/"+u.id+"/grants/"+g.id, http.MethodGet, http.MethodDelete),
			"client": titledLink{c.base + "/oauth2/v1/clients/" + g.app.id, g.app.label},
			"user":   titledLink{c.base + "/api/v1/users/" + u.id, p.text("firstName") + " " + p.text("lastName")},
		},
	}
	if strings.Contains(c.query.Get("expand"), "scope") {
		doc["_embedded"] = map[string]any{"scope": idDoc{g.scope}}
	}
	return doc
}

// titledLink is a link with the name of what it leads to.
type titledLink struct {
	Href  string `json:"href"`
	Title string `json:"title"`
}

// listGrants lists a person's consents, or those to one scope.
func listGrants(o *Org, c *call) (answer, error) {
	p, err := c.page(consentPage, largestPage)
	if err != nil {
		return answer{}, err
	}
	u, err := o.user(c, "userId")
	if err != nil {
		return answer{}, err
	}
	scope := c.query.Get("scopeId")
	wanted := []*consent{}
	for _, g := range o.sessions.consents[u] {
		if (scope == "" || scope == g.scope) && slices.Contains(o.apps, g.app) {
			wanted = append(wanted, g)
		}
	}
	shown, next, known := pageOf(wanted, p, func(g *consent) string { return g.id })
	if !known {
		return answer{}, badCursor()
	}
	docs := []map[string]any{}
	for _, g := range shown {
		docs = append(docs, o.consentDoc(g, u, c))
	}
	return answer{status: http.StatusOK, body: docs, links: c.links(p, next, "scopeId", "expand")}, nil
}

// revokeGrants takes all of a person's consents back.
func revokeGrants(o *Org, c *call) (answer, error) {
	u, err := o.user(c, "userId")
	if err != nil {
		return answer{}, err
	}
	delete(o.sessions.consents, u)
	return noContent()
}

// pageOf is the part of a short list that a page shows, and the cursor of the
// next page, "" at the end. A cursor is the id of the last item shown.
func pageOf[T any](items []T, p page, id func(T) string) (shown []T, next string, known bool) {
	if p.after != "" {
		i := slices.IndexFunc(items, func(item T) bool { return id(item) == p.after })
		if i < 0 {
			return nil, "", false
		}
		items = items[i+1:]
	}
	if len(items) <= p.limit {
		return items, "", true
	}
	return items[:p.limit], id(items[p.limit-1]), true
}

// seedConsents lets some people, the Employee among them, have consented to what
// the OIDC app of the cast asks for.
func (s *seeder) seedConsents() {
	i := slices.IndexFunc(s.apps, func(a *app) bool { return a.id == s.cast.OIDCApp.ID })
	if i < 0 {
		return
	}
	for _, u := range s.directory.users {
		if u.live.status != active || u.id != s.cast.Employee.ID && u.seq%peopleAConsent != 0 {
			continue
		}
		since := max(u.live.activated, stampOf(s.start)-stamp(mix(s.seed, 'g', uint64(u.seq))%(200*86400)))
		for _, scope := range []string{"profile", "email", "offline_access"} {
			s.sessions.consents[u] = append(s.sessions.consents[u], &consent{s.mint("oag"), s.apps[i], scope, since})
		}
	}
}
