package tools_test

import "okta-mcp/oktaclient/demoorg"

func groupSamples(c demoorg.Cast) map[string]sample {
	return map[string]sample{
		"list_groups":            {arguments: args{}, others: paged(args{"search": `type eq "OKTA_GROUP"`, "filter": `type eq "BUILT_IN"`, "q": "a", "type": "APP_GROUP", "with_counts": true})},
		"get_group":              {arguments: args{"group_id": c.Project.ID}, others: args{"group_id": c.Contractors.Name, "fields": []string{"id"}}},
		"list_group_users":       {arguments: args{"group_id": c.Project.ID}, others: paged(args{"group_id": c.Contractors.Name})},
		"list_group_apps":        {arguments: args{"group_id": c.Project.ID}, others: paged(args{"group_id": c.Contractors.Name})},
		"update_group":           {arguments: args{"group_id": c.Project.ID, "name": "A"}, others: args{"group_id": c.Contractors.Name, "name": "B", "description": "C", "profile": args{"owningTeam": "D"}}},
		"create_group":           {arguments: args{"name": "A"}, others: args{"name": "B", "description": "C"}},
		"delete_group":           {arguments: args{"group_id": c.Project.ID}, others: args{"group_id": c.Contractors.ID}, asked: args{"group_id": c.Project.Name}},
		"add_user_to_group":      {arguments: args{"group_id": c.Project.ID, "user_ids": []string{c.Suspended.ID}}, others: args{"group_id": c.Contractors.ID, "user_ids": []string{c.Staged.ID}}, asked: args{"group_id": c.AdminGroup.ID, "user_ids": []string{c.Employee.Login}}},
		"remove_user_from_group": {arguments: args{"group_id": c.Contractors.ID, "user_ids": []string{c.Contractor.ID}}, others: args{"group_id": c.ContractorAccess.ID, "user_ids": []string{c.Employee.ID}}},
	}
}
