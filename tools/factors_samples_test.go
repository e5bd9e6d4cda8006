package tools_test

import "okta-mcp/oktaclient/demoorg"

func factorSamples(c demoorg.Cast) map[string]sample {
	mail := func(address string) args {
		return args{"factorType": "email", "provider": "OKTA", "profile": args{"email": address}}
	}
	return map[string]sample{
		"list_factors":           {arguments: args{"user_id": c.Employee.ID}, others: args{"user_id": c.Contractor.Login, "limit": 1, "fields": []string{"factorType"}}},
		"list_supported_factors": {arguments: args{"user_id": c.Employee.ID}, others: args{"user_id": c.Contractor.Login, "limit": 1, "fields": []string{"factorType"}}},
		"get_factor":             {arguments: args{"user_id": c.Employee.ID, "factor_id": c.Factor.ID}, others: args{"user_id": c.Employee.Login, "factor_id": c.PendingFactor.ID, "fields": []string{"status"}}},
		"enroll_factor": {arguments: args{"user_id": c.Employee.ID, "factor": mail("a@acme.example")},
			others: args{"user_id": c.Contractor.ID, "factor": mail("b@acme.example"), "activate": true}},
		"activate_factor":     {arguments: args{"user_id": c.Employee.ID, "factor_id": c.PendingFactor.ID, "pass_code": "123456"}, others: args{"user_id": c.Employee.Login, "factor_id": c.Factor.ID, "pass_code": "654321"}},
		"unenroll_factor":     {arguments: args{"user_id": c.Employee.ID, "factor_id": c.Factor.ID}, others: args{"user_id": c.Employee.Login, "factor_id": c.PendingFactor.ID, "remove_recovery": true}},
		"reset_factors":       {arguments: args{"user_id": c.Employee.ID}, others: args{"user_id": c.Contractor.Login}},
		"list_authenticators": {arguments: args{}, others: args{"limit": 1, "fields": []string{"name"}}},
	}
}
