package tools_test

import "okta-mcp/oktaclient/demoorg"

func policySamples(c demoorg.Cast) map[string]sample {
	return map[string]sample{
		"list_policies": {arguments: args{"type": "OKTA_SIGN_ON"}, others: paged(args{"type": "PASSWORD", "status": "INACTIVE", "q": "Ber"})},
		"get_policy":    {arguments: args{"policy_id": c.SignOnPolicy.ID}, others: args{"policy_id": c.PasswordPolicy.ID, "fields": []string{"name"}}},
		"create_policy": {arguments: args{"policy": newPolicy("A", c)}, others: args{"policy": newPolicy("B", c), "activate": true},
			asked: args{"policy": newPolicy("C", c), "activate": true}},
		"update_policy": {arguments: args{"policy_id": c.SignOnPolicy.ID, "policy": args{"description": "A"}},
			others: args{"policy_id": c.PasswordPolicy.ID, "policy": args{"description": "B"}}},
		"activate_policy":   {arguments: args{"policy_id": c.InactivePolicy.ID}, others: args{"policy_id": c.SignOnPolicy.ID}},
		"deactivate_policy": {arguments: args{"policy_id": c.SignOnPolicy.ID}, others: args{"policy_id": c.PasswordPolicy.ID}},
		"delete_policy":     {arguments: args{"policy_id": c.InactivePolicy.ID}, others: args{"policy_id": c.PasswordPolicy.ID}},

		"list_policy_rules": {arguments: args{"policy_id": c.AccessPolicy.ID}, others: paged(args{"policy_id": c.SignOnPolicy.ID})},
		"get_policy_rule": {arguments: ruleOf(c.AccessPolicy, c.AccessRule),
			others: args{"policy_id": c.SignOnPolicy.ID, "rule_id": c.CatchAllRule.ID, "fields": []string{"name"}}},
		"create_policy_rule": {arguments: args{"policy_id": c.SignOnPolicy.ID, "rule": newSignOnRule("A")},
			others: args{"policy_id": c.InactivePolicy.ID, "rule": newSignOnRule("B"), "activate": true},
			asked:  args{"policy_id": c.SignOnPolicy.ID, "rule": newSignOnRule("C"), "activate": true}},
		"update_policy_rule": {arguments: with(ruleOf(c.AccessPolicy, c.AccessRule), "rule", args{"name": "A"}),
			others: args{"policy_id": c.SignOnPolicy.ID, "rule_id": c.CatchAllRule.ID, "rule": args{"name": "B"}}},
		"activate_policy_rule": {arguments: ruleOf(c.InactivePolicy, c.InactiveRule),
			others: args{"policy_id": c.SignOnPolicy.ID, "rule_id": c.AccessRule.ID}},
		"deactivate_policy_rule": {arguments: ruleOf(c.AccessPolicy, c.AccessRule),
			others: args{"policy_id": c.SignOnPolicy.ID, "rule_id": c.CatchAllRule.ID}},
		"delete_policy_rule": {arguments: ruleOf(c.AccessPolicy, c.AccessRule),
			others: args{"policy_id": c.SignOnPolicy.ID, "rule_id": c.CatchAllRule.ID}},

		"simulate_policy": {arguments: args{"app_id": c.SAMLApp.Name, "user_id": c.Employee.Login}, others: args{
			"app_id": c.AssignedApp.ID, "user_id": c.Contractor.ID, "group_ids": []string{c.Department.Name},
			"policy_types": []string{"ACCESS_POLICY"}, "ip": "198.51.100.7", "zone_ids": []string{c.Zone.ID},
			"device": args{"platform": "MACOS", "managed": true}, "risk": "HIGH", "explain": true,
		}},
	}
}

func newPolicy(name string, c demoorg.Cast) args {
	return args{"type": "OKTA_SIGN_ON", "name": name, "conditions": args{"people": args{"groups": args{"include": []string{c.Project.ID}}}}}
}

func newSignOnRule(name string) args {
	return args{"name": name, "actions": args{"signon": args{"access": "DENY"}}}
}

func ruleOf(policy, rule demoorg.Thing) args {
	return args{"policy_id": policy.ID, "rule_id": rule.ID}
}

// with adds one argument to a call's.
func with(arguments args, name string, value any) args {
	arguments[name] = value
	return arguments
}
