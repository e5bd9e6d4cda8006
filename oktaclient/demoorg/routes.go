package demoorg

import "slices"

// allRoutes is every endpoint the org has. A row says how it is reached, what
// Okta calls it, the scope it asks for, the rate-limit bucket it counts against
// and who answers.
func allRoutes() []route {
	return slices.Concat(
		userRoutes(), userLifeRoutes(), metaRoutes(), roleRoutes(), targetRoutes(),
		groupRoutes(), ruleRoutes(), appRoutes(), assignmentRoutes(), factorRoutes(),
		policyRoutes(), zoneRoutes(), authenticatorRoutes(), deviceRoutes(), assuranceRoutes(),
		sessionRoutes(), linkedObjectRoutes(), iamRoutes(), logRoutes(), hookRoutes(), agentRoutes(), mcpServerRoutes(),
	)
}

// userRoutes are users themselves.
func userRoutes() []route {
	return []route{
		{"GET", "/api/v1/users", "listUsers", "okta.users.read", "users", listUsers},
		{"POST", "/api/v1/users", "createUser", "okta.users.manage", "users", createUser},
		{"GET", "/api/v1/users/{id}", "getUser", "okta.users.read", "user", getUser},
		{"POST", "/api/v1/users/{id}", "updateUser", "okta.users.manage", "users", updateUser},
		{"PUT", "/api/v1/users/{id}", "replaceUser", "okta.users.manage", "users", replaceUser},
		{"DELETE", "/api/v1/users/{id}", "deleteUser", "okta.users.manage", "users", deleteUser},
		{"GET", "/api/v1/users/{id}/groups", "listUserGroups", "okta.users.read", "users", listUserGroups},
		{"GET", "/api/v1/users/{id}/appLinks", "listAppLinks", "okta.users.read", "users", listAppLinks},
		{"DELETE", "/api/v1/users/{userId}/sessions", "revokeUserSessions", "okta.users.manage", "users", revokeSessions},
		{"GET", "/api/v1/users/{userId}/grants", "listUserGrants", "okta.users.read", "users", listGrants},
		{"DELETE", "/api/v1/users/{userId}/grants", "revokeUserGrants", "okta.users.manage", "users", revokeGrants},
		{"GET", "/api/v1/users/{userId}/clients", "listUserClients", "okta.users.read", "users", nothing},
		{"GET", "/api/v1/users/{userId}/idps", "listUserIdentityProviders", "okta.users.read", "users", nothing},
		{"GET", "/api/v1/users/{userId}/devices", "listUserDevices", "okta.users.read", "users", listUserDevices},
		{"GET", "/api/v1/users/{userId}/blocks", "listUserBlocks", "okta.users.read", "users", listBlocks},
	}
}

// userLifeRoutes move users through their life cycle and change their credentials.
func userLifeRoutes() []route {
	return []route{
		{"POST", "/api/v1/users/{id}/lifecycle/activate", "activateUser", "okta.users.manage", "users", activateUser},
		{"POST", "/api/v1/users/{id}/lifecycle/reactivate", "reactivateUser", "okta.users.manage", "users", reactivateUser},
		{"POST", "/api/v1/users/{id}/lifecycle/deactivate", "deactivateUser", "okta.users.manage", "users", deactivateUser},
		{"POST", "/api/v1/users/{id}/lifecycle/suspend", "suspendUser", "okta.users.manage", "users", suspendUser},
		{"POST", "/api/v1/users/{id}/lifecycle/unsuspend", "unsuspendUser", "okta.users.manage", "users", unsuspendUser},
		{"POST", "/api/v1/users/{id}/lifecycle/unlock", "unlockUser", "okta.users.manage", "users", unlockUser},
		{"POST", "/api/v1/users/{id}/lifecycle/expire_password", "expirePassword", "okta.users.manage", "users", expirePassword},
		{"POST", "/api/v1/users/{id}/lifecycle/expire_password_with_temp_password", "expirePasswordWithTempPassword", "okta.users.manage", "users", expirePasswordWithTemp},
		{"POST", "/api/v1/users/{id}/lifecycle/reset_password", "resetPassword", "okta.users.manage", "users", resetPassword},
		{"POST", "/api/v1/users/{id}/lifecycle/reset_factors", "resetFactors", "okta.users.manage", "users", resetFactors},
		{"POST", "/api/v1/users/{userId}/credentials/change_password", "changePassword", "okta.users.manage", "users", changePassword},
		{"POST", "/api/v1/users/{userId}/credentials/change_recovery_question", "changeRecoveryQuestion", "okta.users.manage", "users", changeRecoveryQuestion},
		{"POST", "/api/v1/users/{userId}/credentials/forgot_password", "forgotPassword", "okta.users.manage", "users", forgotPassword},
		{"POST", "/api/v1/users/{userId}/credentials/forgot_password_recovery_question", "forgotPasswordSetNewPassword", "okta.users.manage", "users", answerRecovery},
	}
}

// metaRoutes are schemas and types.
func metaRoutes() []route {
	return []route{
		{"GET", "/api/v1/meta/schemas/user/{schemaId}", "getUserSchema", "okta.schemas.read", "", getUserSchema},
		{"POST", "/api/v1/meta/schemas/user/{schemaId}", "updateUserProfile", "okta.schemas.manage", "", updateUserSchema},
		{"GET", "/api/v1/meta/types/user", "listUserTypes", "okta.userTypes.read", "", listUserTypes},
		{"GET", "/api/v1/meta/types/user/{typeId}", "getUserType", "okta.userTypes.read", "", getUserType},
	}
}

// roleRoutes are admin roles and who holds them.
func roleRoutes() []route {
	return []route{
		{"GET", "/api/v1/users/{userId}/roles", "listAssignedRolesForUser", "okta.roles.read", "", listUserRoles},
		{"POST", "/api/v1/users/{userId}/roles", "assignRoleToUser", "okta.roles.manage", "", assignUserRole},
		{"GET", "/api/v1/users/{userId}/roles/{roleAssignmentId}", "getUserAssignedRole", "okta.roles.read", "", getUserRole},
		{"DELETE", "/api/v1/users/{userId}/roles/{roleAssignmentId}", "unassignRoleFromUser", "okta.roles.manage", "", removeUserRole},
		{"GET", "/api/v1/groups/{groupId}/roles", "listGroupAssignedRoles", "okta.roles.read", "", listGroupRoles},
		{"POST", "/api/v1/groups/{groupId}/roles", "assignRoleToGroup", "okta.roles.manage", "", assignGroupRole},
		{"GET", "/api/v1/groups/{groupId}/roles/{roleAssignmentId}", "getGroupAssignedRole", "okta.roles.read", "", getGroupRole},
		{"DELETE", "/api/v1/groups/{groupId}/roles/{roleAssignmentId}", "unassignRoleFromGroup", "okta.roles.manage", "", removeGroupRole},
	}
}

// targetRoutes narrow admin roles to groups and apps.
func targetRoutes() []route {
	return []route{
		{"GET", "/api/v1/users/{userId}/roles/{roleAssignmentId}/targets/groups", "listGroupTargetsForRole", "okta.roles.read", "", listGroupTargets},
		{"PUT", "/api/v1/users/{userId}/roles/{roleAssignmentId}/targets/groups/{groupId}", "assignGroupTargetToUserRole", "okta.roles.manage", "", addGroupTarget},
		{"DELETE", "/api/v1/users/{userId}/roles/{roleAssignmentId}/targets/groups/{groupId}", "unassignGroupTargetFromUserAdminRole", "okta.roles.manage", "", removeGroupTarget},
		{"GET", "/api/v1/users/{userId}/roles/{roleAssignmentId}/targets/catalog/apps", "listApplicationTargetsForApplicationAdministratorRoleForUser", "okta.roles.read", "", listAppTargets},
		{"PUT", "/api/v1/users/{userId}/roles/{roleAssignmentId}/targets/catalog/apps/{appName}", "assignAppTargetToAdminRoleForUser", "okta.roles.manage", "", addAppTarget},
		{"DELETE", "/api/v1/users/{userId}/roles/{roleAssignmentId}/targets/catalog/apps/{appName}", "unassignAppTargetFromAppAdminRoleForUser", "okta.roles.manage", "", removeAppTarget},
		{"PUT", "/api/v1/users/{userId}/roles/{roleAssignmentId}/targets/catalog/apps/{appName}/{appId}", "assignAppInstanceTargetToAppAdminRoleForUser", "okta.roles.manage", "", addAppTarget},
		{"DELETE", "/api/v1/users/{userId}/roles/{roleAssignmentId}/targets/catalog/apps/{appName}/{appId}", "unassignAppInstanceTargetFromAdminRoleForUser", "okta.roles.manage", "", removeAppTarget},
		{"GET", "/api/v1/groups/{groupId}/roles/{roleAssignmentId}/targets/groups", "listGroupTargetsForGroupRole", "okta.roles.read", "", listGroupTargets},
		{"PUT", "/api/v1/groups/{groupId}/roles/{roleAssignmentId}/targets/groups/{targetGroupId}", "assignGroupTargetToGroupAdminRole", "okta.roles.manage", "", addGroupTarget},
		{"DELETE", "/api/v1/groups/{groupId}/roles/{roleAssignmentId}/targets/groups/{targetGroupId}", "unassignGroupTargetFromGroupAdminRole", "okta.roles.manage", "", removeGroupTarget},
		{"GET", "/api/v1/groups/{groupId}/roles/{roleAssignmentId}/targets/catalog/apps", "listApplicationTargetsForApplicationAdministratorRoleForGroup", "okta.roles.read", "", listAppTargets},
		{"PUT", "/api/v1/groups/{groupId}/roles/{roleAssignmentId}/targets/catalog/apps/{appName}", "assignAppTargetToAdminRoleForGroup", "okta.roles.manage", "", addAppTarget},
		{"DELETE", "/api/v1/groups/{groupId}/roles/{roleAssignmentId}/targets/catalog/apps/{appName}", "unassignAppTargetToAdminRoleForGroup", "okta.roles.manage", "", removeAppTarget},
		{"PUT", "/api/v1/groups/{groupId}/roles/{roleAssignmentId}/targets/catalog/apps/{appName}/{appId}", "assignAppInstanceTargetToAppAdminRoleForGroup", "okta.roles.manage", "", addAppTarget},
		{"DELETE", "/api/v1/groups/{groupId}/roles/{roleAssignmentId}/targets/catalog/apps/{appName}/{appId}", "unassignAppInstanceTargetToAppAdminRoleForGroup", "okta.roles.manage", "", removeAppTarget},
	}
}

// groupRoutes are groups, their members, owners and apps.
func groupRoutes() []route {
	return []route{
		{"GET", "/api/v1/groups", "listGroups", "okta.groups.read", "groups", listGroups},
		{"POST", "/api/v1/groups", "addGroup", "okta.groups.manage", "groups", createGroup},
		{"GET", "/api/v1/groups/{groupId}", "getGroup", "okta.groups.read", "groups", getGroup},
		{"PUT", "/api/v1/groups/{groupId}", "replaceGroup", "okta.groups.manage", "groups", replaceGroup},
		{"DELETE", "/api/v1/groups/{groupId}", "deleteGroup", "okta.groups.manage", "groups", deleteGroup},
		{"GET", "/api/v1/groups/{groupId}/users", "listGroupUsers", "okta.groups.read", "groups", listGroupUsers},
		{"PUT", "/api/v1/groups/{groupId}/users/{userId}", "assignUserToGroup", "okta.groups.manage", "groups", addMember},
		{"DELETE", "/api/v1/groups/{groupId}/users/{userId}", "unassignUserFromGroup", "okta.groups.manage", "groups", removeMember},
		{"GET", "/api/v1/groups/{groupId}/apps", "listAssignedApplicationsForGroup", "okta.groups.read", "groups", listGroupApps},
		{"GET", "/api/v1/groups/{groupId}/owners", "listGroupOwners", "okta.groups.read", "groups", listOwners},
		{"POST", "/api/v1/groups/{groupId}/owners", "assignGroupOwner", "okta.groups.manage", "groups", addOwner},
		{"DELETE", "/api/v1/groups/{groupId}/owners/{ownerId}", "deleteGroupOwner", "okta.groups.manage", "groups", removeOwner},
	}
}

// ruleRoutes are group rules.
func ruleRoutes() []route {
	return []route{
		{"GET", "/api/v1/groups/rules", "listGroupRules", "okta.groups.read", "groups", listRules},
		{"POST", "/api/v1/groups/rules", "createGroupRule", "okta.groups.manage", "groups", createRule},
		{"GET", "/api/v1/groups/rules/{groupRuleId}", "getGroupRule", "okta.groups.read", "groups", getRule},
		{"PUT", "/api/v1/groups/rules/{groupRuleId}", "replaceGroupRule", "okta.groups.manage", "groups", replaceRule},
		{"DELETE", "/api/v1/groups/rules/{groupRuleId}", "deleteGroupRule", "okta.groups.manage", "groups", deleteRule},
		{"POST", "/api/v1/groups/rules/{groupRuleId}/lifecycle/activate", "activateGroupRule", "okta.groups.manage", "groups", activateRule},
		{"POST", "/api/v1/groups/rules/{groupRuleId}/lifecycle/deactivate", "deactivateGroupRule", "okta.groups.manage", "groups", deactivateRule},
	}
}

// factorRoutes are the ways users prove to be themselves.
func factorRoutes() []route {
	return []route{
		{"GET", "/api/v1/users/{userId}/factors", "listFactors", "okta.users.read", "users", listFactors},
		{"POST", "/api/v1/users/{userId}/factors", "enrollFactor", "okta.users.manage", "users", enrollFactor},
		{"GET", "/api/v1/users/{userId}/factors/catalog", "listSupportedFactors", "okta.users.read", "users", listSupportedFactors},
		{"GET", "/api/v1/users/{userId}/factors/questions", "listSupportedSecurityQuestions", "", "users", listQuestions},
		{"GET", "/api/v1/users/{userId}/factors/{factorId}", "getFactor", "okta.users.read", "users", getFactor},
		{"DELETE", "/api/v1/users/{userId}/factors/{factorId}", "unenrollFactor", "okta.users.manage", "users", removeFactor},
		{"POST", "/api/v1/users/{userId}/factors/{factorId}/lifecycle/activate", "activateFactor", "okta.users.manage", "users", activateFactor},
	}
}
