package tools_test

import "okta-mcp/oktaclient/demoorg"

func roleSamples(c demoorg.Cast) map[string]sample {
	return map[string]sample{
		"list_admins":     {arguments: args{}, others: paged(args{})},
		"list_user_roles": {arguments: args{"user_id": c.SuperAdmin.ID}, others: paged(args{"user_id": c.HelpDesk.Login})},
		"assign_role_to_user": {arguments: args{"user_id": c.Employee.ID, "type": "HELP_DESK_ADMIN"},
			others: args{"user_id": c.Manager.Login, "type": "APP_ADMIN", "role": c.CustomRole.ID, "resource_set": c.ResourceSet.ID}},
		"unassign_role_from_user": {arguments: args{"user_id": c.SuperAdmin.ID, "assignment_id": "SUPER_ADMIN"},
			others: args{"user_id": c.Employee.Login, "assignment_id": "HELP_DESK_ADMIN"}},
		"list_group_roles": {arguments: args{"group_id": c.AdminGroup.ID}, others: paged(args{"group_id": c.HelpDeskGroup.Name})},
		"assign_role_to_group": {arguments: args{"group_id": c.Project.ID, "type": "HELP_DESK_ADMIN"},
			others: args{"group_id": c.Contractors.Name, "type": "APP_ADMIN", "role": c.CustomRole.ID, "resource_set": c.ResourceSet.ID}},
		"unassign_role_from_group": {arguments: args{"group_id": c.HelpDeskGroup.ID, "assignment_id": "HELP_DESK_ADMIN"},
			others: args{"group_id": c.AdminGroup.Name, "assignment_id": "SUPER_ADMIN"}},
		"list_custom_roles":  {arguments: args{}, others: paged(args{})},
		"list_resource_sets": {arguments: args{}, others: paged(args{})},
	}
}
