package tools_test

import "okta-mcp/oktaclient/demoorg"

func userSamples(c demoorg.Cast) map[string]sample {
	return map[string]sample{
		"list_users": {arguments: args{}, others: paged(args{"search": `status eq "ACTIVE"`, "filter": `status eq "STAGED"`, "q": "a", "status": "SUSPENDED"})},
		"get_user":   {arguments: args{"user_id": c.Employee.ID}, others: args{"user_id": c.Staged.Login, "fields": []string{"status"}}},
		"create_user": {arguments: args{"profile": person("new@acme.example")}, others: args{"profile": person("b@acme.example"), "activate": false,
			"group_ids": []string{c.Contractors.ID}, "type_id": "oty00000000000000000", "password": "Correct-Horse-9"},
			asked: args{"profile": person("n@acme.example"), "group_ids": []string{c.AdminGroup.ID}}},
		"update_user": {arguments: args{"user_id": c.Employee.ID, "profile": args{"title": "A"}}, others: args{"user_id": c.Contractor.ID,
			"profile": args{"title": "B"}, "credentials": args{"password": args{"value": "Correct-Horse-9"}}},
			asked: args{"user_id": c.Employee.Login, "profile": args{"email": "new@acme.example"}}},
		"delete_user": {arguments: args{"user_id": c.Staged.ID, "deactivate_first": true}, others: args{"user_id": c.Deprovisioned.ID, "deactivate_first": false},
			asked: args{"user_id": c.Deprovisioned.Login}},
		"replace_user":      {arguments: args{"user_id": c.Employee.ID, "profile": person("a@acme.example")}, others: args{"user_id": c.Contractor.ID, "profile": person("b@acme.example")}},
		"list_user_groups":  {arguments: args{"user_id": c.Employee.ID}, others: paged(args{"user_id": c.Contractor.ID})},
		"list_user_apps":    {arguments: args{"user_id": c.Employee.ID}, others: args{"user_id": c.Contractor.Login, "limit": 1, "fields": []string{"id"}}},
		"list_user_devices": {arguments: args{"user_id": c.Employee.ID}, others: paged(args{"user_id": c.Contractor.ID})},
		"list_linked_objects": {arguments: args{"user_id": c.Manager.ID, "relationship": "subordinate"},
			others: args{"user_id": c.Employee.ID, "relationship": "manager", "limit": 1, "fields": []string{"*"}}},
		"get_user_schema": {arguments: args{}, others: args{"schema_id": "osc00000000000000000", "fields": []string{"title"}}},
		"list_user_types": {arguments: args{}, others: paged(args{})},
	}
}
