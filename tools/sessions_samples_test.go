package tools_test

import "okta-mcp/oktaclient/demoorg"

func sessionSamples(c demoorg.Cast) map[string]sample {
	return map[string]sample{
		"get_session":          {arguments: args{"session_id": c.Session.ID}, others: args{"session_id": "102none", "fields": []string{"login"}}},
		"refresh_session":      {arguments: args{"session_id": c.Session.ID}, others: args{"session_id": "102none"}},
		"revoke_session":       {arguments: args{"session_id": c.Session.ID}, others: args{"session_id": "102none"}},
		"revoke_user_sessions": {arguments: args{"user_ids": []string{c.Employee.ID}}, others: args{"user_ids": []string{c.Contractor.ID}, "revoke_oauth_tokens": true, "forget_devices": false}},
		"list_user_grants":     {arguments: args{"user_id": c.Employee.ID}, others: paged(args{"user_id": c.Contractor.ID})},
		"revoke_user_grants":   {arguments: args{"user_id": c.Employee.ID}, others: args{"user_id": c.Employee.Login}},
	}
}
