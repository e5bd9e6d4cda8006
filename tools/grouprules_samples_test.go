package tools_test

import "okta-mcp/oktaclient/demoorg"

func groupRuleSamples(c demoorg.Cast) map[string]sample {
	return map[string]sample{
		"list_group_rules": {arguments: args{}, others: paged(args{"search": "Department"})},
		"get_group_rule":   {arguments: args{"rule_id": c.ProjectRule.ID}, others: args{"rule_id": c.DraftRule.ID, "fields": []string{"id"}}},
		"create_group_rule": {arguments: args{"name": "A", "expression": `user.city=="Oslo"`, "group_ids": []string{c.Project.ID}},
			others: args{"name": "B", "expression": `user.city=="Bern"`, "group_ids": []string{c.Contractors.Name}, "exclude_user_ids": []string{c.Employee.ID}}},
		"update_group_rule": {arguments: args{"rule_id": c.DraftRule.ID, "name": "A"},
			others: args{"rule_id": c.ProjectRule.ID, "name": "B", "expression": `user.city=="Bern"`, "exclude_user_ids": []string{c.Employee.ID}}},
		"activate_group_rule":   {arguments: args{"rule_id": c.DraftRule.ID}, others: args{"rule_id": c.ProjectRule.ID}},
		"deactivate_group_rule": {arguments: args{"rule_id": c.ProjectRule.ID}, others: args{"rule_id": c.DepartmentRule.ID}},
		"delete_group_rule":     {arguments: args{"rule_id": c.DraftRule.ID}, others: args{"rule_id": c.ProjectRule.ID, "remove_users": true}},

		"list_group_owners":  {arguments: args{"group_id": c.Contractors.ID}, others: paged(args{"group_id": c.Project.Name})},
		"add_group_owner":    {arguments: args{"group_id": c.Project.ID, "owner_id": c.Employee.ID}, others: args{"group_id": c.Contractors.Name, "owner_id": c.Manager.Login, "type": "GROUP"}},
		"remove_group_owner": {arguments: args{"group_id": c.Contractors.ID, "owner_id": c.HelpDesk.ID}, others: args{"group_id": c.Project.Name, "owner_id": c.Employee.Login}},
	}
}
