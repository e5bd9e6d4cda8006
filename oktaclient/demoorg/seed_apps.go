package demoorg

import (
	"slices"
)

// seededApp is one app of every org. What it leaves out Okta would fill in.
type seededApp struct {
	key         string // what the seeder calls it
	name, label string // name "" for an app of the org's own making
	mode        string
	tile        string         // its link on the dashboard, when not the usual one; "-" for none
	settings    map[string]any // settings.app
	signOn      map[string]any
	client      map[string]any // settings.oauthClient
	features    []any
	groups      []string // whom it is open to
}

// seededApps are the apps of every org, Okta's own first.
func seededApps() []seededApp {
	provisioned := []any{"PUSH_NEW_USERS", "PUSH_PROFILE_UPDATES", "PUSH_USER_DEACTIVATION"}
	return slices.Concat([]seededApp{
		{key: "saasure", name: "saasure", label: "Okta Admin Console", mode: openIDConnect, tile: "admin", groups: []string{adminsName, helpDeskName}},
		{key: "okta_enduser", name: "okta_enduser", label: "Okta Dashboard", mode: openIDConnect, tile: "-"},
		{key: "okta_browser_plugin", name: "okta_browser_plugin", label: "Okta Browser Plugin", mode: openIDConnect, tile: "-"},
		{key: oidcClient, name: oidcClient, label: "okta-mcp", mode: openIDConnect, tile: "-", client: clientSettings("service", "client_credentials")},
		{key: "active_directory", name: "active_directory", label: mailDomain, tile: "-", features: []any{"IMPORT_NEW_USERS", "IMPORT_PROFILE_UPDATES"}},
		{key: "salesforce", name: "salesforce", label: "Salesforce.com", mode: saml20, groups: []string{"Sales", "Customer Support"}},
		{key: "slack", name: "slack", label: "Slack", mode: saml20, features: provisioned, groups: []string{"Everyone"}},
		{key: "google", name: "google", label: "Google Workspace", mode: saml20, features: provisioned, groups: []string{"Everyone"}},
		{key: "amazon_aws", name: "amazon_aws", label: "AWS Account Federation", mode: saml20, groups: []string{"Engineering", "Research"}},
		{key: "zoomus", name: "zoomus", label: "Zoom", mode: saml20, groups: []string{"Everyone"}},
		{key: "githubcloud", name: "githubcloud", label: "GitHub Enterprise Cloud", mode: saml20, groups: []string{"Engineering", accessName}},
		{key: "vendors", label: "Vendor Portal", mode: saml20, signOn: samlSettings("vendors"), groups: []string{"Finance", "Engineering"}},
		{key: "oidc_client_wiki", name: oidcClient, label: "Team Wiki", mode: openIDConnect,
			client: clientSettings("web", "authorization_code", "https://wiki.acme.example/callback"),
			groups: []string{"Engineering", "Product", "Design", projectName}},
		{key: "board", name: oidcClient, label: "Status Board", mode: openIDConnect,
			client: clientSettings("browser", "authorization_code", "https://status.acme.example/"), groups: []string{"Engineering"}},
		{key: "notes", name: oidcClient, label: "Field Notes", mode: openIDConnect,
			client: clientSettings("native", "authorization_code", "example.acme.notes:/callback"), groups: []string{"Sales"}},
	}, passwordApps(), []seededApp{
		{key: "sharepoint", name: "sharepoint_onpremise", label: "SharePoint Archive", mode: saml11, tile: "login",
			settings: map[string]any{"siteURL": "https://sharepoint.acme.example/", "groupFilter": nil}, groups: []string{"Finance"}},
		{key: "office365", name: "office365", label: "Microsoft 365", mode: wsFederation, tile: "login",
			settings: map[string]any{"domain": mailDomain, "wsFedConfigureType": "MANUAL"}, groups: []string{"People"}},
		{key: "intranet", name: bookmarkApp, label: "Intranet", mode: bookmarkMode, settings: bookmark("https://intranet.acme.example/"), groups: []string{"Everyone"}},
		{key: "bookmark_nightingale", name: bookmarkApp, label: "Nightingale Notebook", mode: bookmarkMode,
			settings: bookmark("https://nightingale.acme.example/"), groups: []string{projectName}},
		{key: "oldcrm", label: "Old CRM", mode: saml20, signOn: samlSettings("oldcrm"), groups: []string{"Sales"}},
	})
}

// passwordApps are the apps that keep a password for their people.
func passwordApps() []seededApp {
	return []seededApp{
		{key: "facebook", name: "facebook", label: "Facebook", mode: browserPlugin, tile: "login", groups: []string{"Marketing"}},
		{key: "workday", name: "workday", label: "Workday", mode: browserPlugin, tile: "login", groups: []string{"People", "Finance"}},
		{key: "expenses", label: "Legacy Expenses", mode: autoLogin, groups: []string{"Finance"},
			signOn: map[string]any{"redirectUrl": "", "loginUrl": "https://expenses.acme.example/login"}},
		{key: "template_basic_auth", name: "template_basic_auth", label: "Build Archive", mode: basicAuth, groups: []string{"Engineering"},
			settings: map[string]any{"authURL": "https://builds.acme.example/auth", "url": "https://builds.acme.example/"}},
		{key: "parking", name: "template_sps", label: "Parking Permits", mode: passwordStore, groups: []string{"People"},
			settings: map[string]any{"url": "https://parking.acme.example/login", "usernameField": "user", "passwordField": "pass"}},
	}
}

// seedApps makes the apps, assigned to nobody yet.
func (s *seeder) seedApps() {
	for _, made := range seededApps() {
		s.addApp(made)
	}
	s.tools["oldcrm"].status = appInactive
	s.clientID = s.tools[oidcClient].id
	s.cast.ServiceApp, s.cast.AdminConsole = s.tools[oidcClient].thing(), s.tools["saasure"].thing()
	s.cast.ProjectApp, s.cast.InactiveApp = s.tools["bookmark_nightingale"].thing(), s.tools["oldcrm"].thing()
	s.cast.AssignedApp, s.cast.SAMLApp = s.tools["salesforce"].thing(), s.tools["vendors"].thing()
	s.cast.OIDCApp = s.tools["oidc_client_wiki"].thing()
}

// nativeClient is what the seeder calls the app that people sign in to.
const nativeClient = "native"

// seedNativeApp makes the app that people sign in to, and says whether both
// clients of the org must bind their tokens. It comes last: nothing else in the
// org depends on it.
func (s *seeder) seedNativeApp(o Options) {
	client := clientSettings("native", deviceCode)
	client["grant_types"] = []any{deviceCode, refreshing}
	client["refresh_token"] = map[string]any{"rotation_type": "ROTATE", "leeway": int(o.RefreshGrace.Seconds())}
	s.addApp(seededApp{key: nativeClient, name: oidcClient, label: "okta-mcp sign-in", mode: openIDConnect, tile: "-", client: client})
	s.cast.NativeApp = s.tools[nativeClient].thing()
	for _, key := range []string{oidcClient, nativeClient} {
		s.tools[key].requireDPoP(o.RequireDPoP)
	}
}

func (a *app) thing() Thing { return Thing{a.id, a.label} }

// addApp adds an app and remembers it by its key.
func (s *seeder) addApp(made seededApp) {
	at := s.ago(1800, 400)
	a := &app{id: s.mint("0oa"), label: made.label, status: appActive, created: at, updated: at, users: map[*user]*appUser{}}
	s.settle(a, appBody{name: made.name, label: made.label, mode: made.mode})
	settings := map[string]any{}
	for name, part := range map[string]map[string]any{"app": made.settings, "signOn": made.signOn, "oauthClient": made.client} {
		if part != nil {
			settings[name] = part
		}
	}
	body := map[string]any{"settings": settings}
	switch made.tile {
	case "":
	case "-":
		body["visibility"] = map[string]any{"appLinks": map[string]any{}}
	default:
		body["visibility"] = map[string]any{"appLinks": map[string]any{made.tile: true}}
	}
	if made.client["application_type"] == "service" {
		body["visibility"] = map[string]any{"hide": map[string]any{"iOS": true, "web": true}, "appLinks": map[string]any{}}
		body["credentials"] = map[string]any{"oauthClient": map[string]any{"token_endpoint_auth_method": "private_key_jwt"}}
	}
	s.adopt(a, body)
	if made.features != nil {
		a.body["features"] = made.features
	}
	s.apps = append(s.apps, a)
	s.tools[made.key] = a
}

func bookmark(url string) map[string]any {
	return map[string]any{"requestIntegration": false, "url": url}
}

func clientSettings(kind, grantType string, redirects ...any) map[string]any {
	settings := map[string]any{
		"grant_types": []any{grantType}, "application_type": kind, "consent_method": "REQUIRED", "issuer_mode": "DYNAMIC",
	}
	if len(redirects) > 0 {
		settings["redirect_uris"] = redirects
	}
	return settings
}

func samlSettings(name string) map[string]any {
	return map[string]any{
		"ssoAcsUrl": "https://" + name + ".example/saml", "audience": "https://" + name + ".example/",
		"subjectNameIdFormat": "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
	}
}

// assignApps opens apps to groups, and a few to single people.
func (s *seeder) assignApps() {
	for _, made := range seededApps() {
		a := s.tools[made.key]
		for _, name := range made.groups {
			g := s.things[name]
			at := max(a.created, g.live.created)
			a.rank(&assignedGroup{group: g, created: at, updated: at, profile: map[string]any{}}, a.lastPriority())
		}
	}
	for i, u := range s.directory.users {
		if u.live.status == active && (i%17 == 3 || u.id == s.cast.Contractor.ID) {
			s.tools["salesforce"].assign(u, u.live.activated)
		}
	}
	s.tools["saasure"].assign(s.directory.byID[s.cast.SuperAdmin.ID], s.ago(390, 200))
}

// assign gives the app to one person.
func (a *app) assign(u *user, at stamp) {
	at = max(at, a.created)
	a.users[u] = &appUser{direct: true, created: at, updated: at}
}
