package demoorg

// authenticatorRoutes are authenticators.
func authenticatorRoutes() []route {
	return []route{
		{"GET", "/api/v1/authenticators", "listAuthenticators", "okta.authenticators.read", "", listAuthenticators},
		{"GET", "/api/v1/authenticators/{authenticatorId}", "getAuthenticator", "okta.authenticators.read", "", getAuthenticator},
	}
}

// authenticator is one way the org lets people prove who they are.
type authenticator struct {
	id, key, kind, name string
	status              string
	created, updated    stamp
	settings            map[string]any // nil: has none
}

// doc is the authenticator as the API shows it. The password stays on: it has no
// link that would turn it off.
func (a *authenticator) doc(base string) map[string]any {
	self := base + "/api/v1/authenticators/" + a.id
	links := map[string]any{"self": hint(self, "GET", "PUT"), "methods": hint(self+"/methods", "GET")}
	switch {
	case a.key == "okta_password":
	case a.status == policyActive:
		links["deactivate"] = hint(self+"/lifecycle/deactivate", "POST")
	default:
		links["activate"] = hint(self+"/lifecycle/activate", "POST")
	}
	if a.key == "okta_verify" {
		links["enroll"] = hint(base+"/idp/authenticators", "POST")
	}
	doc := map[string]any{
		"type": a.kind, "id": a.id, "key": a.key, "status": a.status, "name": a.name,
		"created": a.created, "lastUpdated": a.updated, "_links": links,
	}
	if a.settings != nil {
		doc["settings"] = a.settings
	}
	return doc
}

func listAuthenticators(o *Org, c *call) (answer, error) {
	docs := []map[string]any{}
	for _, a := range o.policies.authenticators {
		docs = append(docs, a.doc(c.base))
	}
	return ok(docs)
}

func getAuthenticator(o *Org, c *call) (answer, error) {
	id := c.params["authenticatorId"]
	for _, a := range o.policies.authenticators {
		if a.id == id {
			return ok(a.doc(c.base))
		}
	}
	return answer{}, notFound(id, "Authenticator")
}

// seedAuthenticators makes the authenticators, as an org has them from the start.
func (s *seeder) seedAuthenticators() {
	born := s.userTypes.created
	for _, a := range []authenticator{
		{key: "okta_email", kind: "email", name: "Email", settings: map[string]any{"allowedFor": "recovery", "tokenLifetimeInMinutes": 5}},
		{key: "google_otp", kind: "app", name: "Google Authenticator", settings: map[string]any{}},
		{key: "okta_verify", kind: "app", name: "Okta Verify", settings: map[string]any{
			"compliance": map[string]string{"fips": "OPTIONAL"}, "userVerification": "PREFERRED",
			"channelBinding":          map[string]string{"style": "NUMBER_CHALLENGE", "required": "HIGH_RISK_ONLY"},
			"userVerificationMethods": []string{"BIOMETRICS", "PIN"}, "appInstanceId": "",
		}},
		{key: "okta_password", kind: "password", name: "Password"},
		{key: "phone_number", kind: "phone", name: "Phone", settings: map[string]any{"allowedFor": "any"}},
		{key: "webauthn", kind: "security_key", name: "Security Key or Biometric"},
		{key: "security_question", kind: "security_question", name: "Security Question", settings: map[string]any{"allowedFor": "recovery"}},
		{key: "yubikey_token", kind: "security_key", name: "YubiKey OTP", status: policyInactive},
	} {
		a.id, a.created, a.updated = s.mint("aut"), born, born
		if a.status == "" {
			a.status = policyActive
		}
		s.policies.authenticators = append(s.policies.authenticators, &a)
	}
}
