package demoorg

import "slices"

// policyKind is how Okta treats the policies of one type.
type policyKind struct {
	name         string
	ruleType     string // type of the rules
	policyPrefix string // of ids
	rulePrefix   string
	ranked       bool   // priorities order the policies; else each has priority 1 and a catch-all rule at 99
	single       bool   // the org has one, which the API neither adds to nor removes
	owner        string // what its policies govern
}

// policyKinds are the types of policies Okta knows.
func policyKinds() []policyKind {
	return []policyKind{
		{name: "ACCESS_POLICY", owner: governsApps},
		{name: "ENTITY_RISK", single: true},
		{name: "IDP_DISCOVERY", ranked: true, single: true},
		{name: "MFA_ENROLL", ranked: true},
		{name: "OKTA_SIGN_ON", ruleType: "SIGN_ON", ranked: true},
		{name: "PASSWORD", ranked: true},
		{name: "POST_AUTH_SESSION", single: true},
		{name: "PROFILE_ENROLLMENT"},
		{name: "DEVICE_SIGNAL_COLLECTION"},
		{name: "SESSION_VIOLATION_DETECTION", single: true},
		{name: "CLIENT_UPDATE", single: true},
		{name: "IDENTITY_CLAIM_SOURCING", single: true},
	}
}

// policyKindOf finds a type by its name.
func policyKindOf(name string) (*policyKind, error) {
	kinds := policyKinds()
	i := slices.IndexFunc(kinds, func(k policyKind) bool { return k.name == name })
	if i < 0 {
		return nil, &apiError{
			status: 400, code: "E0000002", summary: "The request was not valid: Invalid policy type specified.",
		}
	}
	k := &kinds[i]
	k.policyPrefix, k.rulePrefix = "rst", "rul"
	if k.ranked {
		k.policyPrefix, k.rulePrefix = "00p", "0pr"
	}
	if k.ruleType == "" {
		k.ruleType = k.name
	}
	return k, nil
}

// memberOf gives the object that is a member of another; it makes it if there is none.
func memberOf(object map[string]any, name string) map[string]any {
	member, isObject := object[name].(map[string]any)
	if !isObject {
		member = map[string]any{}
		object[name] = member
	}
	return member
}

// fillIn adds what an object lacks, at every depth.
func fillIn(object, defaults map[string]any) {
	for name, value := range defaults {
		inner, deep := value.(map[string]any)
		_, isObject := object[name].(map[string]any)
		switch _, given := object[name]; {
		case !given:
			object[name] = value
		case deep && isObject:
			fillIn(memberOf(object, name), inner)
		}
	}
}

// listIn is a member that is a list; nil when it is not.
func listIn(object map[string]any, name string) []any {
	list, _ := object[name].([]any)
	return list
}

// completePolicy adds the members Okta adds to a policy of a type.
func (o *Org) completePolicy(kind *policyKind, body map[string]any) {
	switch kind.name {
	case "PASSWORD":
		fillIn(memberOf(body, "settings"), passwordSettings())
		fillIn(memberOf(body, "conditions"), map[string]any{"authProvider": map[string]any{"provider": "OKTA"}})
	case "MFA_ENROLL":
		settings := memberOf(body, "settings")
		fillIn(settings, map[string]any{"type": "AUTHENTICATORS"})
		if settings["type"] == "AUTHENTICATORS" {
			settings["authenticators"] = o.withAllAuthenticators(listIn(settings, "authenticators"))
		}
	}
}

// withAllAuthenticators lists the authenticators nobody spoke of as not allowed.
// Those an org made itself come first.
func (o *Org) withAllAuthenticators(list []any) []any {
	list = append([]any{}, list...)
	for _, a := range o.policies.authenticators {
		named := slices.ContainsFunc(list, func(entry any) bool {
			object, _ := entry.(map[string]any)
			return object["key"] == a.key
		})
		if !named {
			list = append(list, map[string]any{"key": a.key, "enroll": map[string]any{"self": "NOT_ALLOWED"}})
		}
	}
	custom := func(entry any) int {
		if object, _ := entry.(map[string]any); object["key"] == "custom_app" {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(list, func(a, b any) int { return custom(a) - custom(b) })
	return list
}

func passwordSettings() map[string]any {
	off := func() map[string]any { return map[string]any{"status": policyInactive} }
	return map[string]any{
		"password": map[string]any{
			"complexity": map[string]any{
				"minLength": 8, "minLowerCase": 1, "minUpperCase": 1, "minNumber": 1, "minSymbol": 0, "excludeUsername": true,
				"dictionary": map[string]any{"common": map[string]any{"exclude": false}}, "excludeAttributes": []any{},
			},
			"age": map[string]any{"maxAgeDays": 0, "expireWarnDays": 0, "minAgeMinutes": 0, "historyCount": 4},
			"lockout": map[string]any{
				"maxAttempts": 10, "autoUnlockMinutes": 0, "userLockoutNotificationChannels": []any{}, "showLockoutFailures": false,
			},
			"breachedProtection": map[string]any{"expireAfterDays": nil, "logoutEnabled": false, "delegatedWorkflowId": nil},
		},
		"recovery": map[string]any{"factors": map[string]any{
			"recovery_question": map[string]any{
				"status": policyActive, "properties": map[string]any{"complexity": map[string]any{"minLength": 4}},
			},
			"okta_email": map[string]any{
				"status": policyActive, "properties": map[string]any{"recoveryToken": map[string]any{"tokenLifetimeMinutes": 60}},
			},
			"okta_sms": off(), "okta_call": off(),
		}},
		"delegation": map[string]any{"options": map[string]any{"skipUnlock": false}},
	}
}

// completeRule adds the members Okta adds to a rule of a type, and drops those
// that say nothing. The system rules of catch-all have no conditions.
func completeRule(kind *policyKind, body map[string]any, system bool) {
	conditions := map[string]any{}
	if given, _ := body["conditions"].(map[string]any); given != nil {
		conditions = given
	}
	actions := memberOf(body, "actions")
	anywhere := map[string]any{"network": map[string]any{"connection": "ANYWHERE"}}
	switch kind.name {
	case "ACCESS_POLICY":
		completeAccess(conditions, memberOf(actions, "appSignOn"))
		fillIn(conditions, anywhere)
	case "OKTA_SIGN_ON":
		completeSignOn(conditions, memberOf(actions, "signon"))
		fillIn(conditions, anywhere)
	case "PASSWORD", "MFA_ENROLL":
		completePeople(conditions)
		fillIn(conditions, anywhere)
	case "IDP_DISCOVERY":
		fillIn(conditions, anywhere)
		fillIn(conditions, map[string]any{
			"userIdentifier": map[string]any{"patterns": []any{}}, "app": map[string]any{"include": []any{}, "exclude": []any{}},
		})
	case "SESSION_VIOLATION_DETECTION":
		fillIn(conditions, anywhere)
	case "POST_AUTH_SESSION", "ENTITY_RISK":
		completePeople(conditions)
	}
	if system && !kind.ranked || len(conditions) == 0 {
		body["conditions"] = nil
		return
	}
	body["conditions"] = conditions
}

// completePeople drops empty lists of people and says that nobody is excluded.
func completePeople(conditions map[string]any) {
	people := memberOf(conditions, "people")
	groups, users := memberOf(people, "groups"), memberOf(people, "users")
	if len(listIn(groups, "include")) == 0 && len(listIn(groups, "exclude")) == 0 {
		delete(people, "groups")
	}
	if len(listIn(users, "include")) == 0 {
		delete(users, "include")
	}
	fillIn(users, map[string]any{"exclude": []any{}})
}

// dropNull takes a member of a member away if it is null.
func dropNull(value any, outer, inner string) {
	object, _ := value.(map[string]any)
	if member, isObject := object[outer].(map[string]any); isObject && member[inner] == nil {
		delete(member, inner)
	}
}

func completeAccess(conditions, signOn map[string]any) {
	completePeople(conditions)
	if platform, given := conditions["platform"].(map[string]any); given {
		fillIn(platform, map[string]any{"exclude": []any{}})
		for _, entry := range listIn(platform, "include") {
			dropNull(entry, "os", "expression")
		}
		if len(listIn(platform, "include")) == 0 && len(listIn(platform, "exclude")) == 0 {
			delete(conditions, "platform")
		}
	}
	fillIn(conditions, map[string]any{
		"riskScore": map[string]any{"level": "ANY"}, "userType": map[string]any{"include": []any{}, "exclude": []any{}},
	})
	fillIn(signOn, map[string]any{"access": "ALLOW", "keepMeSignedIn": map[string]any{"postAuth": "NOT_ALLOWED"}})
	method := memberOf(signOn, "verificationMethod")
	if method["type"] == "AUTH_METHOD_CHAIN" {
		delete(method, "factorMode")
		delete(method, "inactivityPeriod")
		return
	}
	fillIn(method, map[string]any{"type": "ASSURANCE", "factorMode": "2FA", "reauthenticateIn": "PT12H"})
}

func completeSignOn(conditions, signOn map[string]any) {
	completePeople(conditions)
	fillIn(conditions, map[string]any{"authContext": map[string]any{"authType": "ANY"}})
	if conditions["riskScore"] != nil {
		fillIn(conditions, map[string]any{"risk": map[string]any{"behaviors": []any{}}})
	}
	fillIn(signOn, map[string]any{
		"access": "ALLOW", "requireFactor": false, "primaryFactor": "PASSWORD_IDP_ANY_FACTOR", "rememberDeviceByDefault": false,
		"session": map[string]any{"usePersistentCookie": false, "maxSessionIdleMinutes": 120, "maxSessionLifetimeMinutes": 0},
	})
}
