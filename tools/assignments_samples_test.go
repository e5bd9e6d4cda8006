package tools_test

import "okta-mcp/oktaclient/demoorg"

func assignmentSamples(c demoorg.Cast) map[string]sample {
	contractor := args{"app_id": c.AssignedApp.ID, "user_id": c.Contractor.ID}
	return map[string]sample{
		"list_application_users": {arguments: args{"app_id": c.AssignedApp.ID}, others: paged(args{"app_id": c.SAMLApp.Name, "q": "a"})},
		"get_application_user":   {arguments: contractor, others: args{"app_id": c.ProjectApp.ID, "user_id": c.Employee.Login, "fields": []string{"id"}}},
		"assign_user_to_application": {arguments: args{"app_id": c.ProjectApp.ID, "user_id": c.Contractor.ID},
			others: args{"app_id": c.AssignedApp.ID, "user_id": c.Staged.Login, "user_name": "a", "credentials": args{"password": args{"value": "Correct-Horse-9"}}, "profile": args{"role": "b"}},
			asked:  args{"app_id": c.ProjectApp.Name, "user_id": c.Contractor.Login, "user_name": "a"}},
		"update_application_user": {arguments: args{"app_id": c.AssignedApp.ID, "user_id": c.Contractor.ID, "user_name": "a"},
			others: args{"app_id": c.ProjectApp.ID, "user_id": c.Employee.ID, "user_name": "b", "credentials": args{"password": args{"value": "Correct-Horse-9"}}, "profile": args{"role": "c"}},
			asked:  args{"app_id": c.AssignedApp.Name, "user_id": c.Contractor.Login, "profile": args{"role": "c"}}},
		"unassign_user_from_application": {arguments: args{"app_id": c.AssignedApp.ID, "user_ids": []string{c.Contractor.ID}},
			others: args{"app_id": c.ProjectApp.ID, "user_ids": []string{c.Employee.ID}}},
		"list_application_groups": {arguments: args{"app_id": c.AssignedApp.ID}, others: paged(args{"app_id": c.SAMLApp.ID})},
		"assign_group_to_application": {arguments: args{"app_id": c.ProjectApp.ID, "group_id": c.Contractors.ID},
			others: args{"app_id": c.SAMLApp.ID, "group_id": c.ContractorAccess.Name}, asked: args{"app_id": c.ProjectApp.ID, "group_id": c.Everyone.ID}},
		"unassign_group_from_application": {arguments: args{"app_id": c.ProjectApp.ID, "group_id": c.Project.ID},
			others: args{"app_id": c.SAMLApp.ID, "group_id": c.Contractors.ID}},
	}
}
