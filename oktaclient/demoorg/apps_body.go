package demoorg

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// complete adds to doc what it lacks of the defaults, object by object. Where
// an object belongs, null stands for the default.
func complete(doc, defaults map[string]any) {
	for name, value := range defaults {
		have, given := doc[name]
		inner, wantsObject := value.(map[string]any)
		switch {
		case !given, wantsObject && have == nil:
			doc[name] = value
		case wantsObject:
			if mine, isObject := have.(map[string]any); isObject {
				complete(mine, inner)
			}
		}
	}
}

// notObject names the first member that must be an object and is none.
func notObject(body map[string]any) string {
	for _, path := range []string{
		"accessibility", "visibility", "visibility.hide", "visibility.appLinks",
		"credentials", "credentials.userNameTemplate", "credentials.signing", "credentials.oauthClient",
		"settings", "settings.app", "settings.notes", "settings.notifications",
		"settings.signOn", "settings.signOn.slo", "settings.oauthClient", "settings.oauthClient.refresh_token",
	} {
		names := strings.Split(path, ".")
		last := len(names) - 1
		value := object(body, names[:last]...)[names[last]]
		if _, isObject := value.(map[string]any); value != nil && !isObject {
			return path
		}
	}
	return ""
}

// adopt makes body the app's document: without what no body can set, with what
// Okta kept of the one before, completed and tidied as Okta does. Members it
// does not know stay as they are.
func (o *Org) adopt(a *app, body map[string]any) {
	for _, name := range []string{
		"id", "orn", "name", "label", "status", "created", "lastUpdated", "signOnMode", "features", "_links", "_embedded",
	} {
		delete(body, name)
	}
	links := object(body, "visibility", "appLinks")
	if links == nil {
		links = object(a.body, "visibility", "appLinks")
	}
	if links == nil {
		links = a.firstTile()
	}
	complete(body, a.kept())
	a.body = body
	complete(body, a.defaults())
	object(body, "visibility")["appLinks"] = links
	if a.oktas() {
		delete(object(body, "settings"), "notes")
		delete(object(body, "visibility"), "autoLaunch")
	}
	a.tidyCredentials()
	a.tidySettings()
	o.keepSecret(a)
	o.nameKeys(a)
}

// kept is what a document that replaces the app's need not repeat.
func (a *app) kept() map[string]any {
	if a.body == nil {
		return map[string]any{"features": []any{}}
	}
	credentials := map[string]any{"signing": object(a.body, "credentials", "signing")}
	if client := object(a.body, "credentials", "oauthClient"); client != nil && a.mode == openIDConnect {
		credentials["oauthClient"] = maps.Clone(client)
	}
	return map[string]any{
		"features": a.body["features"], "universalLogout": a.body["universalLogout"], "credentials": credentials,
	}
}

// firstTile is the one link of an app whose document names none.
func (a *app) firstTile() map[string]any {
	if a.name == bookmarkApp || strings.HasPrefix(a.name, "template_") {
		return map[string]any{"login": true}
	}
	return map[string]any{a.name + "_link": true}
}

// defaults are the members that every app of that name and sign-on mode has.
func (a *app) defaults() map[string]any {
	credentials := map[string]any{
		"userNameTemplate": map[string]any{"template": "${source.login}", "type": "BUILT_IN"},
		"signing":          map[string]any{},
	}
	settings := map[string]any{
		"app": catalogSettings(a.name),
		"notifications": map[string]any{"vpn": map[string]any{
			"network": map[string]any{"connection": "DISABLED"}, "message": nil, "helpUrl": nil,
		}},
		"manualProvisioning": false, "implicitAssignment": false, "emOptInStatus": "NONE",
		"notes": map[string]any{"admin": nil, "enduser": nil},
	}
	switch a.mode {
	case autoLogin:
		settings["signOn"] = map[string]any{"redirectUrl": nil, "loginUrl": nil}
		fallthrough
	case basicAuth, browserPlugin, passwordStore:
		credentials["scheme"], credentials["revealPassword"] = "EDIT_USERNAME_AND_PASSWORD", false
	case saml20, saml11:
		settings["signOn"] = a.samlDefaults()
		fallthrough
	case wsFederation:
		credentials["signing"] = map[string]any{"kid": "saml" + a.id}
	case openIDConnect:
		credentials["signing"] = map[string]any{"kid": "oidc" + a.id}
		if a.name == oidcClient {
			credentials["oauthClient"], settings["oauthClient"] = a.clientDefaults()
		}
	}
	return map[string]any{
		"accessibility": map[string]any{"selfService": false, "errorRedirectUrl": nil, "loginRedirectUrl": nil},
		"visibility": map[string]any{
			"autoLaunch": false, "autoSubmitToolbar": false, "hide": map[string]any{"iOS": false, "web": false},
		},
		"universalLogout": nil, "credentials": credentials, "settings": settings,
	}
}

// catalogSettings are the settings that an app of Okta's own templates has.
func catalogSettings(name string) map[string]any {
	var names string
	switch name {
	case bookmarkApp:
		return map[string]any{"requestIntegration": false, "url": nil}
	case "template_basic_auth":
		names = "loginUrlRegex authURL url"
	case "template_swa":
		names = "loginUrlRegex usernameField redirectUrl buttonField checkbox passwordField url"
	case "template_swa3field":
		names = "loginUrlRegex extraFieldSelector extraFieldValue redirectUrl userNameSelector passwordSelector buttonSelector targetURL"
	case "template_sps":
		names = "usernameField passwordField url optionalField1 optionalField1Value optionalField2 optionalField2Value optionalField3 optionalField3Value"
	}
	settings := map[string]any{}
	for _, name := range strings.Fields(names) {
		settings[name] = nil
	}
	return settings
}

// samlDefaults are the members of settings.signOn: all of them for an app of
// the org's own, those that override the catalog's for others.
func (a *app) samlDefaults() map[string]any {
	if !a.own() {
		doc := map[string]any{"defaultRelayState": nil, "ssoAcsUrlOverride": nil, "audienceOverride": nil, "recipientOverride": nil}
		if a.mode == saml20 {
			doc["destinationOverride"], doc["attributeStatements"] = nil, []any{}
		}
		return doc
	}
	at := object(a.body, "settings", "signOn")["ssoAcsUrl"]
	return map[string]any{
		"defaultRelayState": nil, "ssoAcsUrl": at, "idpIssuer": "http://www.okta.com/${org.externalKey}",
		"audience": at, "recipient": at, "destination": at, "subjectNameIdTemplate": "${user.userName}",
		"subjectNameIdFormat": "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
		"responseSigned":      true, "assertionSigned": true, "signatureAlgorithm": "RSA_SHA256", "digestAlgorithm": "SHA256",
		"honorForceAuthn": true, "authnContextClassRef": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
		"spIssuer": object(a.body, "settings", "signOn", "slo")["issuer"], "requestCompressed": false,
		"attributeStatements": []any{}, "inlineHooks": []any{}, "assertionEncryption": map[string]any{"enabled": false},
		"allowMultipleAcsEndpoints": false, "acsEndpoints": []any{}, "samlSignedRequestEnabled": false,
		"slo": map[string]any{"enabled": false},
	}
}

// clientDefaults are the two halves of an OAuth client: its credentials and
// its settings.
func (a *app) clientDefaults() (credentials, settings map[string]any) {
	kind := cmp.Or(text(object(a.body, "settings", "oauthClient")["application_type"]), "web")
	method, grants, responses := "client_secret_basic", []any{"authorization_code"}, []any{"code"}
	switch kind {
	case "browser", "native":
		method = "none"
	case "service":
		grants, responses = []any{"client_credentials"}, []any{"token"}
	}
	credentials = map[string]any{
		"autoKeyRotation": true, "client_id": a.id, "token_endpoint_auth_method": method,
		"pkce_required": kind != "service",
	}
	settings = map[string]any{
		"client_uri": nil, "logo_uri": nil, "redirect_uris": []any{}, "response_types": responses,
		"grant_types": grants, "application_type": kind, "consent_method": "TRUSTED", "issuer_mode": "DYNAMIC",
		"idp_initiated_login": map[string]any{"mode": "DISABLED", "default_scope": []any{}},
		"wildcard_redirect":   "DISABLED", "dpop_bound_access_tokens": false, "participate_slo": false,
	}
	asked := object(a.body, "settings", "oauthClient")
	if given, _ := asked["grant_types"].([]any); slices.Contains(given, any("refresh_token")) {
		settings["refresh_token"] = map[string]any{"rotation_type": "STATIC"}
	}
	if asked["frontchannel_logout_uri"] != nil {
		settings["frontchannel_logout_session_required"] = false
	}
	return credentials, settings
}

// tidyCredentials hides passwords and drops what does not fit the scheme.
func (a *app) tidyCredentials() {
	credentials := object(a.body, "credentials")
	_, hasPassword := credentials["password"]
	delete(credentials, "password")
	if hasPassword && credentials["scheme"] == sharedScheme {
		credentials["password"] = map[string]any{}
	}
	if credentials["userName"] == "" {
		delete(credentials, "userName")
	}
	if template := object(credentials, "userNameTemplate"); template["type"] == "CUSTOM" {
		complete(template, map[string]any{"pushStatus": "DONT_PUSH"})
	}
	if a.mode != openIDConnect || a.name != oidcClient {
		delete(credentials, "oauthClient")
	}
}

// tidySettings drops settings that Okta does not keep for such an app.
func (a *app) tidySettings() {
	settings := object(a.body, "settings")
	signOn := object(settings, "signOn")
	if a.mode != openIDConnect || a.name != oidcClient {
		delete(settings, "oauthClient")
	}
	if tokens := object(settings, "oauthClient", "refresh_token"); tokens["rotation_type"] == "STATIC" {
		delete(tokens, "leeway")
	}
	if len(signOn) == 0 {
		delete(settings, "signOn")
	}
	if a.own() {
		maps.DeleteFunc(signOn, func(name string, value any) bool { return strings.HasSuffix(name, "Override") && value == "" })
		return
	}
	for _, part := range []map[string]any{signOn, object(settings, "app")} {
		for name, value := range part {
			if value == "" {
				part[name] = nil
			}
		}
	}
	if a.mode == saml20 || a.mode == saml11 {
		maps.DeleteFunc(signOn, func(name string, _ any) bool { return slices.Contains(ownSAMLMembers(), name) })
	}
	if a.mode == saml11 {
		delete(signOn, "destinationOverride")
		delete(signOn, "attributeStatements")
	}
}

// ownSAMLMembers are switches that a catalog app has set already.
func ownSAMLMembers() []string {
	return []string{
		"assertionSigned", "responseSigned", "honorForceAuthn", "samlSignedRequestEnabled", "allowMultipleAcsEndpoints", "slo",
	}
}

// keepSecret takes the client's secret out of the document, or makes one.
func (o *Org) keepSecret(a *app) {
	client := object(a.body, "credentials", "oauthClient")
	if client == nil {
		a.secret = ""
		return
	}
	given := text(client["client_secret"])
	delete(client, "client_secret")
	a.secret = cmp.Or(given, a.secret)
	if a.secret == "" && strings.HasPrefix(text(client["token_endpoint_auth_method"]), "client_secret") {
		a.secret = o.secret('c', 64)
	}
}

// nameKeys gives the client's public keys what Okta adds to them.
func (o *Org) nameKeys(a *app) {
	keys, _ := object(a.body, "settings", "oauthClient", "jwks")["keys"].([]any)
	for _, entry := range keys {
		if key, isKey := entry.(map[string]any); isKey {
			if text(key["id"]) == "" {
				key["id"] = o.mint("pks")
			}
			complete(key, map[string]any{"status": appActive, "use": nil})
		}
	}
}
