package tools

import (
	"encoding/json"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
)

// trust is a part of an application's document that decides whom it lets in or
// believes, and what is said when it changes.
type trust struct {
	paths []string
	says  string
}

func trusts() []trust {
	return []trust{
		{says: "It changes where the application sends people, or what it is told of them.",
			paths: []string{"settings.oauthClient.redirect_uris", "settings.oauthClient.post_logout_redirect_uris", "settings.oauthClient.initiate_login_uri",
				"settings.oauthClient.wildcard_redirect", "settings.signOn", "settings.app", "accessibility.loginRedirectUrl", "accessibility.errorRedirectUrl"}},
		{says: "It changes whose account in the application people use.",
			paths: []string{"credentials.userNameTemplate", "credentials.scheme", "credentials.userName"}},
	}
}

// ownProof is where an application's document says how it proves to Okta who it is.
func ownProof() []string {
	return []string{"credentials.oauthClient", "settings.oauthClient.jwks", "settings.oauthClient.jwks_uri"}
}

// weighTrust notes in p what a change of an application's document does to whom
// it trusts. Who changes how it signs in can act as it, with all it is allowed.
func weighTrust(p *confirm.Preview, d draft) {
	for _, t := range trusts() {
		if differAt(d, t.paths) {
			p.Consequence = append(p.Consequence, t.says)
		}
	}
	for _, gained := range []struct {
		has  func(json.RawMessage) bool
		says string
	}{
		{opensToAll, implicitly},
		{servesItself, "It lets people give themselves the application."},
		{worksAlone, "The application " + alone + "."},
	} {
		if gained.has(d.after) && !gained.has(d.before) {
			p.Consequence = append(p.Consequence, gained.says)
		}
	}
	if differAt(d, ownProof()) {
		protect(p, "it changes how the application proves to Okta who it is")
	}
}

// differAt reports whether a draft changes what is at one of the paths.
func differAt(d draft, paths []string) bool {
	for _, path := range paths {
		if !sameJSON(gjson.GetBytes(d.before, path), gjson.GetBytes(d.after, path)) {
			return true
		}
	}
	return false
}

// implicitly is what is said of an application that nobody needs to be assigned to.
const implicitly = "It opens to everybody in the org, assigned or not."

func opensToAll(app json.RawMessage) bool {
	return gjson.GetBytes(app, "settings.implicitAssignment").Bool()
}

func servesItself(app json.RawMessage) bool {
	return gjson.GetBytes(app, "accessibility.selfService").Bool()
}

// alone is what is said of an application that needs nobody to be assigned: it
// signs in with its own key or secret.
const alone = "works in Okta by itself, with the rights that are granted to it"

func worksAlone(app json.RawMessage) bool {
	for _, grant := range gjson.GetBytes(app, "settings.oauthClient.grant_types").Array() {
		if grant.String() == "client_credentials" {
			return true
		}
	}
	return false
}
