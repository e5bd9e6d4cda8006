package demoorg

import (
	"maps"
	"slices"
	"strings"
)

// Statuses of apps.
const (
	appActive   = "ACTIVE"
	appInactive = "INACTIVE"
)

// Sign-on modes that the org treats apart. Others are kept as they come.
const (
	autoLogin     = "AUTO_LOGIN"
	basicAuth     = "BASIC_AUTH"
	bookmarkMode  = "BOOKMARK"
	browserPlugin = "BROWSER_PLUGIN"
	openIDConnect = "OPENID_CONNECT"
	passwordStore = "SECURE_PASSWORD_STORE"
	saml11        = "SAML_1_1"
	saml20        = "SAML_2_0"
	wsFederation  = "WS_FEDERATION"
)

// oidcClient and bookmarkApp are the names of every OpenID Connect app and
// bookmark that an org makes itself.
const (
	oidcClient  = "oidc_client"
	bookmarkApp = "bookmark"
)

// ownPrefix begins the names of the apps that this org made itself, as opposed
// to those out of Okta's catalog.
const ownPrefix = "acme_"

// appRoutes are apps.
func appRoutes() []route {
	return []route{
		{"GET", "/api/v1/apps", "listApplications", "okta.apps.read", "apps", listApps},
		{"POST", "/api/v1/apps", "createApplication", "okta.apps.manage", "apps", createApp},
		{"GET", "/api/v1/apps/{appId}", "getApplication", "okta.apps.read", "apps", getApp},
		{"PUT", "/api/v1/apps/{appId}", "replaceApplication", "okta.apps.manage", "apps", replaceApp},
		{"DELETE", "/api/v1/apps/{appId}", "deleteApplication", "okta.apps.manage", "apps", deleteApp},
		{"POST", "/api/v1/apps/{appId}/lifecycle/activate", "activateApplication", "okta.apps.manage", "apps", activateApp},
		{"POST", "/api/v1/apps/{appId}/lifecycle/deactivate", "deactivateApplication", "okta.apps.manage", "apps", deactivateApp},
	}
}

// app is one app instance, with who may use it. Its document is body, as it
// was written and completed, with the fields above it laid over.
type app struct {
	id, name, label  string
	status           string
	mode             string // sign-on mode; "" for a directory
	created, updated stamp
	secret           string // of the OAuth client; "" while it has none
	accessPolicy     string // id of the policy that governs it; "" for one of its own
	body             map[string]any
	users            map[*user]*appUser // see appUser
	groups           []*assignedGroup   // first priority first
}

// own says whether the org made the app itself.
func (a *app) own() bool { return strings.HasPrefix(a.name, ownPrefix) }

// oktas says whether the app is part of Okta itself.
func (a *app) oktas() bool {
	return a.name == "saasure" || a.name == "okta_enduser" || a.name == "okta_browser_plugin"
}

// modeOrNull is the sign-on mode; a directory has none.
func (a *app) modeOrNull() any {
	if a.mode == "" {
		return nil
	}
	return a.mode
}

// object follows member names to an object inside a document, nil when there
// is none.
func object(doc map[string]any, path ...string) map[string]any {
	for _, name := range path {
		doc, _ = doc[name].(map[string]any)
	}
	return doc
}

// tiles are the names of the app's links on the dashboard.
func (a *app) tiles() []string {
	links := object(a.body, "visibility", "appLinks")
	return slices.DeleteFunc(slices.Sorted(maps.Keys(links)), func(name string) bool { return links[name] != true })
}

// tileID is the id of the app's i-th link.
func (a *app) tileID(i int) string { return "aln" + a.id[3:19] + base62[i%62:i%62+1] }

// doc is the app as the API shows it, without the client's secret.
func (a *app) doc(base string) map[string]any {
	doc := maps.Clone(a.body)
	doc["id"], doc["name"], doc["label"], doc["status"] = a.id, a.name, a.label, a.status
	doc["orn"] = "orn:okta:idp:00oDemo:apps:" + a.name + ":" + a.id
	doc["created"], doc["lastUpdated"] = a.created, a.updated
	doc["signOnMode"], doc["_links"] = a.modeOrNull(), a.links(base)
	return doc
}

// docWithSecret is what creating and replacing answer; reading does not.
func (a *app) docWithSecret(base string) map[string]any {
	doc := a.doc(base)
	client := maps.Clone(object(doc, "credentials", "oauthClient"))
	if a.secret == "" || !strings.HasPrefix(text(client["token_endpoint_auth_method"]), "client_secret") {
		return doc
	}
	client["client_secret"] = a.secret
	credentials := maps.Clone(object(doc, "credentials"))
	credentials["oauthClient"] = client
	doc["credentials"] = credentials
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
	self, policy := base+"/api/v1/apps/"+a.id, a.accessPolicy
	if policy == "" {
		policy = "rst" + a.id[3:]
	}
	tiles := []logo{}
	for i, name := range a.tiles() {
		tiles = append(tiles, logo{name, a.home(base, i), "text/html"})
	}
	doc := map[string]any{
		"uploadLogo":        hint(self+"/logo", "POST"),
		"appLinks":          tiles,
		"profileEnrollment": link{Href: base + "/api/v1/policies/rst" + a.id[3:]},
		"policies":          hint(self+"/policies", "PUT"),
		"groups":            link{Href: self + "/groups"},
		"logo":              []logo{{"medium", base + "/assets/img/logos/default.png", "image/png"}},
		"accessPolicy":      link{Href: base + "/api/v1/policies/" + policy},
		"users":             link{Href: self + "/users"},
	}
	if a.status == appActive {
		doc["deactivate"] = link{Href: self + "/lifecycle/deactivate"}
	} else {
		doc["activate"] = link{Href: self + "/lifecycle/activate"}
	}
	switch a.mode {
	case saml20:
		doc["metadata"] = map[string]string{"href": self + "/sso/saml/metadata", "type": "application/xml"}
		doc["help"] = a.help(base)
	case saml11, wsFederation:
		doc["help"] = a.help(base)
	case openIDConnect:
		if !a.oktas() {
			doc["clientCredentials"] = []map[string]string{{"name": "secrets", "href": self + "/credentials/secrets"}}
		}
		if !a.oktas() && a.name != oidcClient {
			doc["help"] = a.help(base)
		}
	}
	return doc
}

// home is where the app's i-th tile leads.
func (a *app) home(base string, i int) string {
	return strings.Join([]string{base, "home", a.name, a.id, a.tileID(i)}, "/")
}

func (a *app) help(base string) map[string]string {
	return map[string]string{
		"href": base + "/app/" + a.name + "/" + a.id + "/setup/help/" + a.mode + "/instructions", "type": "text/html",
	}
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
	embed, err := o.expandUser(c)
	if err != nil {
		return answer{}, err
	}
	return ok(embed(a))
}
