package demoorg

// seedApps makes the apps, assigned to nobody yet.
func (s *seeder) seedApps() {
	for _, own := range []struct{ name, label, link string }{
		{"saasure", "Okta Admin Console", "admin"},
		{"okta_enduser", "Okta Dashboard", ""},
		{"okta_browser_plugin", "Okta Browser Plugin", ""},
	} {
		s.addApp(&app{name: own.name, label: own.label, mode: "OPENID_CONNECT", link: own.link})
	}
	service := s.addApp(&app{
		name: "oidc_client", label: "okta-mcp", mode: "OPENID_CONNECT", hidden: true,
		oauth: oauthSettings("service", "client_credentials"),
	})
	s.clientID = service.id
	s.cast.ServiceApp, s.cast.AdminConsole = service.thing(), s.tools["saasure"].thing()
	s.addApp(&app{name: "active_directory", label: mailDomain, features: []string{"IMPORT_NEW_USERS", "IMPORT_PROFILE_UPDATES"}})
	for _, saml := range []struct{ name, label string }{
		{"salesforce", "Salesforce.com"}, {"slack", "Slack"}, {"google", "Google Workspace"},
		{"amazon_aws", "AWS Account Federation"}, {"zoomus", "Zoom"}, {"githubcloud", "GitHub Enterprise Cloud"},
	} {
		s.addApp(&app{name: saml.name, label: saml.label, mode: "SAML_2_0", link: saml.name + "_link", signOn: samlSettings(saml.name)})
	}
	s.addApp(&app{
		name: "oidc_client_wiki", label: "Team Wiki", mode: "OPENID_CONNECT", link: "oidc_client_link",
		oauth: oauthSettings("web", "authorization_code"),
	}).name = "oidc_client"
	s.addApp(&app{name: "facebook", label: "Facebook", mode: "BROWSER_PLUGIN", link: "login"})
	s.addApp(&app{name: "workday", label: "Workday", mode: "BROWSER_PLUGIN", link: "login"})
	s.addApp(&app{
		name: "expenses", label: "Legacy Expenses", mode: "AUTO_LOGIN", link: "expenses_link",
		signOn: map[string]any{"redirectUrl": "", "loginUrl": "https://expenses.acme.example/login"},
	})
	s.addApp(&app{
		name: "template_basic_auth", label: "Build Archive", mode: "BASIC_AUTH", link: "login",
		settings: map[string]any{
			"loginUrlRegex": nil, "authURL": "https://builds.acme.example/auth", "url": "https://builds.acme.example/",
		},
	})
	s.addApp(&app{name: "bookmark", label: "Intranet", mode: "BOOKMARK", link: "login", settings: bookmark("https://intranet.acme.example/")})
	notebook := s.addApp(&app{
		name: "bookmark_nightingale", label: "Nightingale Notebook", mode: "BOOKMARK", link: "login",
		settings: bookmark("https://nightingale.acme.example/"),
	})
	notebook.name = "bookmark"
	s.cast.ProjectApp = notebook.thing()
	s.addApp(&app{name: "oldcrm", label: "Old CRM", mode: "SAML_2_0", link: "oldcrm_link", signOn: samlSettings("oldcrm")}).status = appInactive
}

func (a *app) thing() Thing { return Thing{a.id, a.label} }

// addApp adds an app and remembers it by its name.
func (s *seeder) addApp(a *app) *app {
	a.id, a.status, a.created = s.mint("0oa"), appActive, s.ago(1800, 400)
	a.updated, a.users = a.created, map[*user]stamp{}
	s.apps = append(s.apps, a)
	s.tools[a.name] = a
	return a
}

func bookmark(url string) map[string]any {
	return map[string]any{"requestIntegration": false, "url": url}
}

func oauthSettings(kind, grantType string) map[string]any {
	return map[string]any{
		"client_uri": nil, "logo_uri": nil, "redirect_uris": []string{}, "response_types": []string{"token"},
		"grant_types": []string{grantType}, "application_type": kind, "consent_method": "REQUIRED", "issuer_mode": "DYNAMIC",
		"idp_initiated_login": map[string]any{"mode": "DISABLED", "default_scope": []string{}},
		"wildcard_redirect":   "DISABLED", "dpop_bound_access_tokens": false, "participate_slo": false,
	}
}

func samlSettings(name string) map[string]any {
	at := "https://" + name + ".example/saml"
	return map[string]any{
		"defaultRelayState": nil, "ssoAcsUrl": at, "idpIssuer": "http://www.okta.com/${org.externalKey}",
		"audience": at, "recipient": at, "destination": at, "subjectNameIdTemplate": "${user.userName}",
		"subjectNameIdFormat": "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
		"responseSigned":      true, "assertionSigned": true, "signatureAlgorithm": "RSA_SHA256", "digestAlgorithm": "SHA256",
		"honorForceAuthn": true, "authnContextClassRef": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
		"spIssuer": nil, "requestCompressed": false, "attributeStatements": []any{}, "inlineHooks": []any{},
		"assertionEncryption": map[string]bool{"enabled": false}, "allowMultipleAcsEndpoints": false, "acsEndpoints": []any{},
		"samlSignedRequestEnabled": false, "slo": map[string]bool{"enabled": false},
	}
}

// assignApps opens apps to groups, and a few to single people.
func (s *seeder) assignApps() {
	for name, groups := range map[string][]string{
		"slack": {"Everyone"}, "google": {"Everyone"}, "zoomus": {"Everyone"}, "bookmark": {"Everyone"},
		"salesforce":  {"Sales", "Customer Support"},
		"amazon_aws":  {"Engineering", "Research"},
		"githubcloud": {"Engineering", accessName},
		"workday":     {"People", "Finance"}, "expenses": {"Finance"},
		"oidc_client_wiki": {"Engineering", "Product", "Design", projectName}, "bookmark_nightingale": {projectName},
		"template_basic_auth": {"Engineering"}, "facebook": {"Marketing"}, "saasure": {adminsName, helpDeskName}, "oldcrm": {"Sales"},
	} {
		for _, g := range groups {
			s.tools[name].groups = append(s.tools[name].groups, s.things[g])
		}
	}
	for i, u := range s.directory.users {
		if u.live.status == active && i%17 == 3 {
			s.tools["salesforce"].users[u] = u.live.activated
		}
	}
	s.tools["saasure"].users[s.directory.byID[s.cast.SuperAdmin.ID]] = s.ago(390, 200)
}
