package demoorg

import "cmp"

// policyPlan is a policy to be, with its rules from the first to the last.
type policyPlan struct {
	kind, name, about string
	groups            []string // names of those it is for; nil is no condition
	status            string   // "" is ACTIVE
	system            bool
	owner             string // "" is the type's own
	settings          map[string]any
	rules             []rulePlan
	apps              []string // by name: those it governs
}

// rulePlan is a rule to be.
type rulePlan struct {
	name, status        string
	system              bool
	conditions, actions map[string]any
}

// seedPolicies makes the authenticators and the policies. The device assurance
// policy that a rule names is made later; its id is minted here.
func (s *seeder) seedPolicies() {
	s.seedAuthenticators()
	s.cast.Assurance.ID = s.mint("dae")
	s.seedSignOnPolicies()
	s.seedPasswordPolicies()
	s.seedEnrollPolicies()
	s.seedAccessPolicies()
	s.seedOrgPolicies()
}

// addPlan makes a policy.
func (s *seeder) addPlan(plan policyPlan) *policy {
	kind, err := policyKindOf(plan.kind)
	if err != nil {
		kind = &policyKind{name: plan.kind, ruleType: plan.kind} // unreachable for the types above
	}
	born := s.userTypes.created
	if !plan.system {
		born = s.ago(700, 40)
	}
	body := map[string]any{"name": plan.name}
	if plan.about != "" {
		body["description"] = plan.about
	}
	if plan.groups != nil {
		body["conditions"] = s.forGroups(plan.groups...)
	}
	if plan.settings != nil {
		body["settings"] = plan.settings
	}
	s.completePolicy(kind, body)
	p := &policy{kind: kind, owner: cmp.Or(plan.owner, kind.owner), policyItem: policyItem{
		id: s.mint(kind.policyPrefix), status: cmp.Or(plan.status, policyActive), system: plan.system, created: born, updated: born, body: body,
	}}
	s.Org.addPolicy(p, -1, born)
	s.addCatchAll(p, born)
	for _, r := range plan.rules {
		s.addRulePlan(p, r)
	}
	for _, name := range plan.apps {
		s.tools[name].accessPolicy = p.id
	}
	return p
}

func (s *seeder) addRulePlan(p *policy, plan rulePlan) {
	body := map[string]any{"name": plan.name, "conditions": plan.conditions, "actions": plan.actions}
	completeRule(p.kind, body, plan.system)
	p.addRule(&policyRule{policyItem{
		id: s.mint(p.kind.rulePrefix), status: cmp.Or(plan.status, policyActive), system: plan.system,
		created: p.created, updated: p.created, body: body,
	}}, -1, p.created)
}

// forGroups is the condition to be in one of the groups.
func (s *seeder) forGroups(names ...string) map[string]any {
	var ids []any
	for _, name := range names {
		ids = append(ids, s.things[name].id)
	}
	return map[string]any{"people": map[string]any{"groups": map[string]any{"include": ids}}}
}

// fromZone is a network condition; how is include or exclude.
func fromZone(how, id string) map[string]any {
	return map[string]any{"connection": "ZONE", how: []any{id}}
}

const defaultAbout = "The default policy applies in all situations if no other policy applies."

func (s *seeder) seedSignOnPolicies() {
	signOn := func(access string, factor bool, idleMinutes int) map[string]any {
		return map[string]any{"signon": map[string]any{
			"access": access, "requireFactor": factor, "session": map[string]any{"maxSessionIdleMinutes": idleMinutes},
		}}
	}
	s.addPlan(policyPlan{
		kind: "OKTA_SIGN_ON", name: "Administrators", about: "Short sessions and a second factor for whoever holds power",
		groups: []string{adminsName, helpDeskName},
		rules:  []rulePlan{{name: "Second factor, always", actions: signOn("ALLOW", true, 15)}},
	})
	p := s.addPlan(policyPlan{
		kind: "OKTA_SIGN_ON", name: "Contractors", about: "Sign-in of everybody who is not on the payroll",
		groups: []string{contractorsName, accessName},
		rules: []rulePlan{
			{name: "At an office", conditions: map[string]any{"network": fromZone("include", s.cast.Zone.ID)}, actions: signOn("ALLOW", false, 120)},
			{name: "High risk", conditions: map[string]any{"riskScore": map[string]any{"level": "HIGH"}}, actions: signOn("DENY", false, 120)},
			{name: "Elsewhere", actions: signOn("ALLOW", true, 60)},
		},
	})
	s.cast.SignOnPolicy = p.thing()
	p = s.addPlan(policyPlan{
		kind: "OKTA_SIGN_ON", name: "Berlin pilot", about: "Tried in spring and switched off", groups: []string{"Office Berlin"}, status: policyInactive,
		rules: []rulePlan{{name: "Pilot rule", status: policyInactive, actions: signOn("ALLOW", true, 240)}},
	})
	s.cast.InactivePolicy, s.cast.InactiveRule = p.thing(), p.rules[0].thing()
	s.addPlan(policyPlan{
		kind: "OKTA_SIGN_ON", name: "Default Policy", about: defaultAbout, groups: []string{"Everyone"}, system: true,
		rules: []rulePlan{{name: "Default Rule", system: true, actions: signOn("ALLOW", false, 120)}},
	})
}

func (s *seeder) seedPasswordPolicies() {
	self := func(unlock string) map[string]any {
		return map[string]any{
			"passwordChange": map[string]any{"access": "ALLOW"}, "selfServiceUnlock": map[string]any{"access": unlock},
			"selfServicePasswordReset": map[string]any{"access": "ALLOW", "requirement": map[string]any{
				"primary": map[string]any{"methods": []any{"push", "email"}}, "stepUp": map[string]any{"required": false},
			}},
		}
	}
	p := s.addPlan(policyPlan{
		kind: "PASSWORD", name: "Administrators' passwords", about: "Longer, and never the same twice",
		groups: []string{adminsName, helpDeskName},
		settings: map[string]any{"password": map[string]any{
			"complexity": map[string]any{"minLength": 16, "minSymbol": 1},
			"age":        map[string]any{"maxAgeDays": 90, "expireWarnDays": 14, "historyCount": 24},
			"lockout":    map[string]any{"maxAttempts": 5, "showLockoutFailures": true},
		}},
		rules: []rulePlan{{name: "No unlocking by oneself", actions: self("DENY")}},
	})
	s.cast.PasswordPolicy = p.thing()
	p = s.addPlan(policyPlan{
		kind: "PASSWORD", name: "Default Policy", about: defaultAbout, groups: []string{"Everyone"}, system: true,
		settings: map[string]any{"password": map[string]any{"lockout": map[string]any{"autoUnlockMinutes": 60}}},
		rules:    []rulePlan{{name: "Default Rule", system: true, actions: self("ALLOW")}},
	})
	s.cast.DefaultPolicy = p.thing()
}

func (s *seeder) seedEnrollPolicies() {
	asked := func(how string, keys ...string) (list []any) {
		for _, key := range keys {
			list = append(list, map[string]any{"key": key, "enroll": map[string]any{"self": how}})
		}
		return list
	}
	challenge := map[string]any{"enroll": map[string]any{"self": "CHALLENGE"}}
	s.addPlan(policyPlan{
		kind: "MFA_ENROLL", name: "Administrators", about: "Only what cannot be phished", groups: []string{adminsName, helpDeskName},
		settings: map[string]any{"authenticators": append(asked("REQUIRED", "okta_password", "webauthn"), asked("OPTIONAL", "okta_verify")...)},
		rules:    []rulePlan{{name: "At the first challenge", actions: challenge}},
	})
	s.addPlan(policyPlan{
		kind: "MFA_ENROLL", name: "Default Policy", about: defaultAbout, groups: []string{"Everyone"}, system: true,
		settings: map[string]any{"authenticators": append(
			asked("REQUIRED", "okta_password", "okta_email"), asked("OPTIONAL", "okta_verify", "google_otp", "phone_number", "webauthn", "security_question")...)},
		rules: []rulePlan{{name: "Default Rule", system: true, actions: challenge}},
	})
}

// accessTo is what a rule of an access policy does.
func accessTo(access, factors, again string) map[string]any {
	return map[string]any{"appSignOn": map[string]any{"access": access, "verificationMethod": map[string]any{
		"type": "ASSURANCE", "factorMode": factors, "reauthenticateIn": again,
	}}}
}

func (s *seeder) seedAccessPolicies() {
	s.addPlan(policyPlan{
		kind: "ACCESS_POLICY", name: "Okta Admin Console", apps: []string{"saasure"},
		rules: []rulePlan{{name: "Administrators", conditions: s.forGroups(adminsName, helpDeskName), actions: accessTo("ALLOW", "2FA", "PT15M")}},
	})
	s.addPlan(policyPlan{kind: "ACCESS_POLICY", name: "Okta Dashboard", apps: []string{"okta_enduser"}})
	s.addPlan(policyPlan{kind: "ACCESS_POLICY", name: "Okta Browser Plugin", apps: []string{"okta_browser_plugin"}})
	everyApp := s.addPlan(policyPlan{kind: "ACCESS_POLICY", name: "Any two factors", about: "Require two factors to access.", system: true})
	s.addPlan(policyPlan{
		kind: "ACCESS_POLICY", name: "Okta Account Management Policy", owner: governsAccount,
		about: "How people prove who they are before they enroll an authenticator, reset a password or unlock an account.",
	})
	s.addPlan(policyPlan{
		kind: "ACCESS_POLICY", name: "Password only", about: "For apps that hold nothing",
		apps:  []string{"intranet", "facebook"},
		rules: []rulePlan{{name: "Everybody", actions: accessTo("ALLOW", "1FA", "PT24H")}},
	})
	s.seedSensitivePolicy()
	for _, a := range s.apps {
		if a.accessPolicy == "" && a.modeOrNull() != nil {
			a.accessPolicy = everyApp.id
		}
	}
}

// seedSensitivePolicy guards the apps that matter.
func (s *seeder) seedSensitivePolicy() {
	device := s.forGroups("Engineering", "Finance", "Information Technology", "Sales")
	device["network"] = fromZone("exclude", s.cast.BlockedZone.ID)
	device["device"] = map[string]any{
		"registered": true, "managed": true, "assurance": map[string]any{"include": []any{s.cast.Assurance.ID}},
	}
	contractors := s.forGroups(accessName)
	contractors["riskScore"] = map[string]any{"level": "LOW"}
	p := s.addPlan(policyPlan{
		kind: "ACCESS_POLICY", name: "Sensitive apps", about: "Customer data, source code and money",
		apps: []string{"salesforce", "amazon_aws", "githubcloud", "expenses", "vendors"},
		rules: []rulePlan{
			{name: "Managed devices", conditions: device, actions: accessTo("ALLOW", "2FA", "PT12H")},
			{name: "Contractors at low risk", conditions: contractors, actions: accessTo("ALLOW", "2FA", "PT1H")},
			{
				name: "High risk", conditions: map[string]any{"riskScore": map[string]any{"level": "HIGH"}},
				actions: accessTo("DENY", "2FA", "PT12H"),
			},
		},
	})
	s.cast.AccessPolicy, s.cast.AccessRule = p.thing(), p.rules[0].thing()
	s.cast.CatchAllRule = p.rules[len(p.rules)-1].thing()
}

// seedOrgPolicies makes those of which an org has one.
func (s *seeder) seedOrgPolicies() {
	s.addPlan(policyPlan{
		kind: "IDP_DISCOVERY", name: "Idp Discovery Policy", about: "The default IdP Discovery Policy", system: true,
		rules: []rulePlan{{name: "Default Rule", system: true, actions: map[string]any{"idp": map[string]any{
			"providers": []any{map[string]any{"type": "OKTA"}}, "idpSelectionType": "SPECIFIC",
		}}}},
	})
	s.addPlan(policyPlan{kind: "PROFILE_ENROLLMENT", name: "Default Policy", about: defaultAbout, system: true})
	s.addPlan(policyPlan{
		kind: "POST_AUTH_SESSION", name: "Post Auth Policy", about: "Enables post auth policy evaluation for the org.", system: true,
		rules: []rulePlan{{name: "Administrators", conditions: s.forGroups(adminsName), actions: map[string]any{
			"postAuthSession": map[string]any{"failureActions": []any{map[string]any{"action": "TERMINATE_SESSION", "slo": nil}}},
		}}},
	})
	s.addPlan(policyPlan{
		kind: "ENTITY_RISK", name: "Entity Risk Policy", about: "What follows when the risk of a person changes", system: true,
		rules: []rulePlan{{
			name: "High risk", conditions: map[string]any{"entityRisk": map[string]any{"level": "HIGH"}},
			actions: map[string]any{"entityRisk": map[string]any{"actions": []any{map[string]any{"action": "TERMINATE_ALL_SESSIONS"}}}},
		}},
	})
	s.addPlan(policyPlan{
		kind: "SESSION_VIOLATION_DETECTION", name: "Session Violation Detection Policy", system: true,
		about: "Enables session violation detection policy evaluation for the org.",
		rules: []rulePlan{{
			name: "Session Violation Rule", conditions: map[string]any{"riskScore": map[string]any{"minRiskLevel": "MEDIUM"}},
			actions: map[string]any{"sessionViolationDetection": map[string]any{"policyEvaluation": map[string]any{"enabled": true}}},
		}},
	})
	s.addPlan(policyPlan{kind: "DEVICE_SIGNAL_COLLECTION", name: "Device Signal Collection Policy", system: true})
}
