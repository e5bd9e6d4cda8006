package demoorg

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// longestLabel is how many characters the label of an app may have.
const longestLabel = 100

// appBody is a decoded body of create or replace; label, name and mode are its
// members of those names.
type appBody struct {
	doc               map[string]any
	label, name, mode string
}

// appBody reads and checks what every app needs.
func (c *call) appBody() (appBody, error) {
	var doc map[string]any
	if err := c.decode(&doc); err != nil {
		return appBody{}, err
	}
	b := appBody{doc, text(doc["label"]), strings.ToLower(text(doc["name"])), text(doc["signOnMode"])}
	switch path := notObject(doc); {
	case path != "":
		return appBody{}, invalid(path, path+": The value is of the wrong type")
	case strings.TrimSpace(b.label) == "":
		return appBody{}, invalid("label", "label: The field cannot be left blank")
	case len(b.label) > longestLabel:
		return appBody{}, invalid("label", "label: The field is too long")
	}
	return b, nil
}

// templateNames are the names of apps that an org makes without a catalog
// entry, by sign-on mode. Of other modes each app has a name of its own.
func templateNames() map[string]string {
	return map[string]string{
		bookmarkMode: bookmarkApp, basicAuth: "template_basic_auth", browserPlugin: "template_swa",
		passwordStore: "template_sps", openIDConnect: oidcClient, wsFederation: "template_wsfed",
	}
}

// settle gives the app its name and sign-on mode. An app out of the catalog
// that was asked to sign in by itself does so through the browser plugin.
func (o *Org) settle(a *app, b appBody) {
	if a.name = b.name; a.name == "" {
		a.name = templateNames()[b.mode]
	}
	if a.name == "" {
		n := o.minted["own apps"] + 1
		o.minted["own apps"] = n
		a.name = ownPrefix + alphanumeric(b.label) + "_" + strconv.FormatUint(n, 10)
	}
	a.take(b.mode)
}

// take sets the sign-on mode, by the app's name when none is asked for.
func (a *app) take(mode string) {
	a.mode = mode
	if mode == autoLogin && !a.own() {
		a.mode = browserPlugin
	}
	for of, name := range templateNames() {
		if mode == "" && name == a.name {
			a.mode = of
		}
	}
}

func alphanumeric(label string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(label))
}

func createApp(o *Org, c *call) (answer, error) {
	b, err := c.appBody()
	if err != nil {
		return answer{}, err
	}
	if b.name == "" && b.mode == "" {
		return answer{}, invalid("signOnMode", "signOnMode: The field cannot be left blank")
	}
	now := stampOf(c.now)
	a := &app{label: b.label, status: appActive, created: now, updated: now, users: map[*user]*appUser{}}
	if c.query.Get("activate") == "false" {
		a.status = appInactive
	}
	o.settle(a, b)
	if err := a.checkSettings(b.doc); err != nil {
		return answer{}, err
	}
	a.id, a.accessPolicy = o.mint("0oa"), o.accessPolicyOfNew()
	o.adopt(a, b.doc)
	o.apps = append(o.apps, a)
	return ok(a.docWithSecret(c.base))
}

// checkSettings refuses a document without what such an app cannot work without.
func (a *app) checkSettings(doc map[string]any) error {
	signOn, client := object(doc, "settings", "signOn"), object(doc, "settings", "oauthClient")
	switch {
	case a.name == bookmarkApp && text(object(doc, "settings", "app")["url"]) == "":
		return invalid("settings.app", "url: The field cannot be left blank")
	case a.own() && a.mode == saml20 && text(signOn["ssoAcsUrl"]) == "":
		return invalid("settings.signOn", "ssoAcsUrl: The field cannot be left blank")
	case a.own() && a.mode == autoLogin && text(signOn["loginUrl"]) == "":
		return invalid("settings.signOn", "loginUrl: The field cannot be left blank")
	case a.name == oidcClient && redirects(client) && isEmpty(client["redirect_uris"]):
		return invalid("settings.oauthClient", "redirect_uris: At least one is needed for the grant types authorization_code and implicit")
	}
	return nil
}

// redirects says whether an OAuth client gets its answers through the browser.
func redirects(client map[string]any) bool {
	grants, _ := client["grant_types"].([]any)
	if len(grants) == 0 {
		return client["application_type"] != "service"
	}
	return slices.Contains(grants, any("authorization_code")) || slices.Contains(grants, any("implicit"))
}

func isEmpty(list any) bool {
	items, _ := list.([]any)
	return len(items) == 0
}

func replaceApp(o *Org, c *call) (answer, error) {
	a, err := o.app(c)
	if err != nil {
		return answer{}, err
	}
	b, err := c.appBody()
	if err != nil {
		return answer{}, err
	}
	if a.own() && a.status == appInactive {
		return answer{}, frozenApp()
	}
	next := *a
	next.label, next.updated = b.label, stampOf(c.now)
	if b.mode != "" {
		next.take(b.mode)
	}
	if err := next.checkSettings(b.doc); err != nil {
		return answer{}, err
	}
	o.adopt(&next, b.doc)
	*a = next
	return ok(a.docWithSecret(c.base))
}

// frozenApp refuses to change what an app of the org's own is made of while it
// is inactive.
func frozenApp() error {
	const summary = "This operation on app metadata is not yet supported"
	return &apiError{
		status: http.StatusBadRequest, code: "E0000024", summary: "Bad request. " + summary + ".",
		causes: []string{summary + ": No active instances."},
	}
}

func deleteApp(o *Org, c *call) (answer, error) {
	a, err := o.app(c)
	if err != nil {
		return answer{}, err
	}
	if a.status == appActive {
		return answer{}, &apiError{
			status: http.StatusForbidden, code: "E0000056", summary: "Delete application forbidden.",
			causes: []string{"The application must be deactivated before deletion."},
		}
	}
	if slices.ContainsFunc(o.groups.all, func(g *group) bool { return g.source == a }) {
		return answer{}, invalid("AppInstance", "A directory that groups come from cannot be deleted")
	}
	o.apps = slices.DeleteFunc(o.apps, func(other *app) bool { return other == a })
	for _, held := range o.roles {
		for _, r := range held {
			r.targets.appsOnly = slices.DeleteFunc(r.targets.appsOnly, func(other *app) bool { return other == a })
		}
	}
	return noContent()
}

func activateApp(o *Org, c *call) (answer, error)   { return o.switchApp(c, appActive) }
func deactivateApp(o *Org, c *call) (answer, error) { return o.switchApp(c, appInactive) }

// switchApp puts an app into a status. An app that has it already is fine.
func (o *Org) switchApp(c *call, status string) (answer, error) {
	a, err := o.app(c)
	if err != nil {
		return answer{}, err
	}
	if a.oktas() {
		return answer{}, invalid("AppInstance", fmt.Sprintf("%s is part of Okta: its status cannot be changed", a.label))
	}
	if a.status != status {
		a.status, a.updated = status, stampOf(c.now)
	}
	return empty()
}
