package tools_test

import "okta-mcp/oktaclient/demoorg"

func lifecycleSamples(c demoorg.Cast) map[string]sample {
	return map[string]sample{
		"deactivate_user": {arguments: args{"user_ids": []string{c.Employee.ID}}, others: args{"user_ids": []string{c.Contractor.ID}, "send_email": true}},
		"suspend_user":    {arguments: args{"user_ids": []string{c.Employee.ID}}, others: args{"user_ids": []string{c.Contractor.ID}}},
		"unlock_user":     {arguments: args{"user_id": c.LockedOut.ID}, others: args{"user_id": c.LockedOut.Login}},
		"unsuspend_user":  {arguments: args{"user_id": c.Suspended.ID}, others: args{"user_id": c.Suspended.Login}},
		"activate_user": {arguments: args{"user_id": c.Staged.ID}, others: args{"user_id": c.Deprovisioned.ID, "send_email": false},
			asked: args{"user_id": c.Deprovisioned.Login}},
		"reactivate_user": {arguments: args{"user_id": c.Provisioned.ID}, others: args{"user_id": c.Provisioned.Login, "send_email": false}},
		"expire_password": {arguments: args{"user_id": c.Employee.ID}, others: args{"user_id": c.Contractor.ID, "temp_password": true, "revoke_sessions": true}},
		"reset_password":  {arguments: args{"user_id": c.Employee.ID}, others: args{"user_id": c.LockedOut.ID, "send_email": false, "revoke_sessions": true}},
	}
}
