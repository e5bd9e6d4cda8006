package demoorg

import "strings"

// eventKind is an event type of Okta's catalogue.
// https://developer.okta.com/docs/reference/api/event-types/
type eventKind struct {
	name, message        string
	legacy, legacyFailed string // names from before the System Log; "" for none
	severity             string // "" to go by the outcome
}

// eventKinds are the event types the org publishes, by name.
func eventKinds() map[string]*eventKind {
	kinds := map[string]*eventKind{}
	for _, k := range signInKinds() {
		kinds[k.name] = &k
	}
	for _, line := range strings.Split(strings.TrimSpace(changeKinds), "\n") {
		name, message, _ := strings.Cut(strings.TrimSpace(line), " ")
		kinds[name] = &eventKind{name: name, message: message, legacy: legacyNames()[name]}
	}
	return kinds
}

func signInKinds() []eventKind {
	return []eventKind{
		{"user.session.start", "User login to Okta", "core.user_auth.login_success", "core.user_auth.login_failed", ""},
		{"user.session.end", "User logout from Okta", "core.user_auth.logout_success", "", ""},
		{"user.authentication.sso", "User single sign on to app", "app.auth.sso", "", ""},
		{"user.authentication.auth_via_mfa", "Authentication of user via MFA", "core.user.factor.attempt_success", "core.user.factor.attempt_fail", ""},
		{"user.account.lock", "Max sign in attempts exceeded", "core.user_auth.account_locked", "", "DEBUG"},
		{"policy.evaluate_sign_on", "Evaluation of sign-on policy", "", "", ""},
		{"security.request.blocked", "Request blocked", "", "", "WARN"},
	}
}

// changeKinds are the events of changes: name and display message, a line each.
const changeKinds = `
	user.lifecycle.create Create Okta user
	user.lifecycle.activate Activate Okta user
	user.lifecycle.reactivate Reactivate Okta user
	user.lifecycle.deactivate Deactivate Okta user
	user.lifecycle.suspend Suspend Okta user
	user.lifecycle.unsuspend Unsuspend Okta user
	user.lifecycle.delete.initiated Delete Okta user initiated
	user.account.unlock Unlock user account
	user.account.update_profile Update user profile for Okta
	user.account.update_password User update password for Okta
	user.account.reset_password User reset password for Okta
	user.account.expire_password Expire Okta user password
	user.account.privilege.grant Grant user privilege
	user.account.privilege.revoke Revoke user privilege
	user.session.clear Clear user session
	user.mfa.factor.activate Enroll new factor for user
	user.mfa.factor.deactivate Reset factor for user
	user.mfa.factor.reset_all Reset all factors for user
	group.lifecycle.create Create Okta group
	group.lifecycle.delete Delete Okta group
	group.profile.update Update Okta group profile
	group.user_membership.add Add user to group membership
	group.user_membership.remove Remove user from group membership
	group.user_membership.rule.trigger Group rule triggered
	group.user_membership.rule.deactivated Group rule deactivated
	group.privilege.grant Grant group privilege
	group.privilege.revoke Revoke group privilege
	group.application_assignment.add Add assigned application to group
	group.application_assignment.remove Remove assigned application from group
	application.lifecycle.create Create application
	application.lifecycle.update Update application
	application.lifecycle.activate Activate application
	application.lifecycle.deactivate Deactivate application
	application.lifecycle.delete Delete application
	application.user_membership.add Add user to application membership
	application.user_membership.update Update user's application membership
	application.user_membership.remove Remove user's application membership
	application.policy.sign_on.update Update application sign on policy
	policy.lifecycle.create Create policy
	policy.lifecycle.update Update policy
	policy.lifecycle.activate Activate policy
	policy.lifecycle.deactivate Deactivate policy
	policy.lifecycle.delete Delete policy
	policy.rule.add Add policy rule
	policy.rule.update Update policy rule
	policy.rule.activate Activate policy rule
	policy.rule.deactivate Deactivate policy rule
	policy.rule.delete Delete policy rule
	zone.create Create network zone
	zone.update Update network zone
	zone.activate Activate network zone
	zone.deactivate Deactivate network zone
	zone.delete Delete network zone
	device.lifecycle.activate Activate device
	device.lifecycle.deactivate Deactivate device
	device.lifecycle.suspend Suspend device
	device.lifecycle.unsuspend Unsuspend device
	device.lifecycle.delete Delete device
	device.assurance.policy.add Create device assurance policy
	device.assurance.policy.update Update device assurance policy
	device.assurance.policy.delete Delete device assurance policy
	iam.role.create Create custom role
	iam.role.update Update custom role
	iam.role.delete Delete custom role
	iam.role.permissions.add Add permission to custom role
	iam.role.permissions.delete Delete permission from custom role
	iam.resourceset.create Create resource set
	iam.resourceset.update Update resource set
	iam.resourceset.delete Delete resource set
	event_hook.created Create event hook
	event_hook.updated Update event hook
	event_hook.verified Verify event hook
	event_hook.activated Activate event hook
	event_hook.deactivated Deactivate event hook
	event_hook.deleted Delete event hook
	workload_principal.ai_agent.register Register AI agent
	workload_principal.ai_agent.update Update AI agent
	workload_principal.ai_agent.activate Activate AI agent
	workload_principal.ai_agent.deactivate Deactivate AI agent
	workload_principal.ai_agent.delete Delete AI agent
	workload_principal.ai_agent.credential.create Create AI agent credential
	workload_principal.ai_agent.credential.activate Activate AI agent credential
	workload_principal.ai_agent.credential.deactivate Deactivate AI agent credential
	workload_principal.ai_agent.credential.delete Delete AI agent credential
	workload_principal.resource_connection.create Create resource connection
	workload_principal.resource_connection.update Update resource connection
	workload_principal.resource_connection.activate Activate resource connection
	workload_principal.resource_connection.deactivate Deactivate resource connection
	workload_principal.resource_connection.delete Delete resource connection
	resource_servers.mcp_server.register Register MCP server
	resource_servers.mcp_server.update Update MCP server
	resource_servers.mcp_server.activate Activate MCP server
	resource_servers.mcp_server.deactivate Deactivate MCP server
	resource_servers.mcp_server.delete Delete MCP server
	app.oauth2.as.consent.revoke.user Revoke all consents of user
	directory.user_profile.update Update user profile schema
	directory.linked_object.create Create linked object
	directory.linked_object.delete Delete linked object
`

// legacyNames are what changes were called before the System Log, where known.
func legacyNames() map[string]string {
	return map[string]string{
		"user.lifecycle.create":              "core.user.config.user_creation.success",
		"user.lifecycle.activate":            "core.user.config.user_activated",
		"user.lifecycle.deactivate":          "core.user.config.user_deactivated",
		"user.account.update_password":       "core.user.config.password_update.success",
		"user.account.privilege.grant":       "core.user.admin_privilege.granted",
		"user.account.privilege.revoke":      "core.user.admin_privilege.revoked",
		"user.mfa.factor.activate":           "core.user.factor.activate",
		"user.mfa.factor.deactivate":         "core.user.factor.deactivate",
		"user.mfa.factor.reset_all":          "core.user.factor.reset_all",
		"group.user_membership.add":          "core.user_group_member.user_add",
		"group.user_membership.remove":       "core.user_group_member.user_remove",
		"application.user_membership.add":    "app.generic.provision.assign_user_to_app",
		"application.user_membership.remove": "app.generic.provision.deassign_user_from_app",
	}
}

// writeKinds say which event an operation publishes. Operations for which Okta's
// catalogue has no event are not in it: group rules but for switching them on and
// off, group owners, sessions begun or extended, who is linked to whom, recovery
// questions.
const writeKinds = `
	createUser user.lifecycle.create
	activateUser user.lifecycle.activate
	reactivateUser user.lifecycle.reactivate
	deactivateUser user.lifecycle.deactivate
	suspendUser user.lifecycle.suspend
	unsuspendUser user.lifecycle.unsuspend
	deleteUser user.lifecycle.delete.initiated
	unlockUser user.account.unlock
	updateUser user.account.update_profile
	replaceUser user.account.update_profile
	changePassword user.account.update_password
	forgotPasswordSetNewPassword user.account.update_password
	resetPassword user.account.reset_password
	forgotPassword user.account.reset_password
	expirePassword user.account.expire_password
	expirePasswordWithTempPassword user.account.expire_password
	assignRoleToUser user.account.privilege.grant
	unassignRoleFromUser user.account.privilege.revoke
	assignRoleToGroup group.privilege.grant
	unassignRoleFromGroup group.privilege.revoke
	revokeUserSessions user.session.clear
	revokeSession user.session.end
	enrollFactor user.mfa.factor.activate
	activateFactor user.mfa.factor.activate
	unenrollFactor user.mfa.factor.deactivate
	resetFactors user.mfa.factor.reset_all
	addGroup group.lifecycle.create
	replaceGroup group.profile.update
	deleteGroup group.lifecycle.delete
	assignUserToGroup group.user_membership.add
	unassignUserFromGroup group.user_membership.remove
	activateGroupRule group.user_membership.rule.trigger
	deactivateGroupRule group.user_membership.rule.deactivated
	createApplication application.lifecycle.create
	replaceApplication application.lifecycle.update
	deleteApplication application.lifecycle.delete
	activateApplication application.lifecycle.activate
	deactivateApplication application.lifecycle.deactivate
	assignUserToApplication application.user_membership.add
	updateApplicationUser application.user_membership.update
	unassignUserFromApplication application.user_membership.remove
	assignGroupToApplication group.application_assignment.add
	unassignApplicationFromGroup group.application_assignment.remove
	assignApplicationPolicy application.policy.sign_on.update
	mapResourceToPolicy application.policy.sign_on.update
	createPolicy policy.lifecycle.create
	clonePolicy policy.lifecycle.create
	replacePolicy policy.lifecycle.update
	deletePolicy policy.lifecycle.delete
	activatePolicy policy.lifecycle.activate
	deactivatePolicy policy.lifecycle.deactivate
	createPolicyRule policy.rule.add
	replacePolicyRule policy.rule.update
	deletePolicyRule policy.rule.delete
	activatePolicyRule policy.rule.activate
	deactivatePolicyRule policy.rule.deactivate
	createNetworkZone zone.create
	replaceNetworkZone zone.update
	deleteNetworkZone zone.delete
	activateNetworkZone zone.activate
	deactivateNetworkZone zone.deactivate
	activateDevice device.lifecycle.activate
	deactivateDevice device.lifecycle.deactivate
	suspendDevice device.lifecycle.suspend
	unsuspendDevice device.lifecycle.unsuspend
	deleteDevice device.lifecycle.delete
	createDeviceAssurancePolicy device.assurance.policy.add
	replaceDeviceAssurancePolicy device.assurance.policy.update
	deleteDeviceAssurancePolicy device.assurance.policy.delete
	createRole iam.role.create
	replaceRole iam.role.update
	deleteRole iam.role.delete
	createRolePermission iam.role.permissions.add
	deleteRolePermission iam.role.permissions.delete
	createResourceSet iam.resourceset.create
	replaceResourceSet iam.resourceset.update
	deleteResourceSet iam.resourceset.delete
	createEventHook event_hook.created
	replaceEventHook event_hook.updated
	verifyEventHook event_hook.verified
	activateEventHook event_hook.activated
	deactivateEventHook event_hook.deactivated
	deleteEventHook event_hook.deleted
	registerAIAgent workload_principal.ai_agent.register
	replaceAIAgent workload_principal.ai_agent.update
	updateAIAgent workload_principal.ai_agent.update
	activateAIAgent workload_principal.ai_agent.activate
	deactivateAIAgent workload_principal.ai_agent.deactivate
	deleteAIAgent workload_principal.ai_agent.delete
	addAgentJwk workload_principal.ai_agent.credential.create
	activateAgentJsonWebKey workload_principal.ai_agent.credential.activate
	deactivateAgentJsonWebKey workload_principal.ai_agent.credential.deactivate
	deleteAgentJwk workload_principal.ai_agent.credential.delete
	createManagedConnection workload_principal.resource_connection.create
	updateManagedConnection workload_principal.resource_connection.update
	activateManagedConnection workload_principal.resource_connection.activate
	deactivateManagedConnection workload_principal.resource_connection.deactivate
	deleteManagedConnection workload_principal.resource_connection.delete
	registerMcpServer resource_servers.mcp_server.register
	updateMcpServer resource_servers.mcp_server.update
	activateMcpServer resource_servers.mcp_server.activate
	deactivateMcpServer resource_servers.mcp_server.deactivate
	deleteMcpServer resource_servers.mcp_server.delete
	revokeUserGrants app.oauth2.as.consent.revoke.user
	updateUserProfile directory.user_profile.update
	createLinkedObjectDefinition directory.linked_object.create
	deleteLinkedObjectDefinition directory.linked_object.delete
	assignGroupTargetToUserRole user.account.privilege.grant
	unassignGroupTargetFromUserAdminRole user.account.privilege.grant
	assignAppTargetToAdminRoleForUser user.account.privilege.grant
	unassignAppTargetFromAppAdminRoleForUser user.account.privilege.grant
	assignAppInstanceTargetToAppAdminRoleForUser user.account.privilege.grant
	unassignAppInstanceTargetFromAdminRoleForUser user.account.privilege.grant
	assignGroupTargetToGroupAdminRole group.privilege.grant
	unassignGroupTargetFromGroupAdminRole group.privilege.grant
	assignAppTargetToAdminRoleForGroup group.privilege.grant
	unassignAppTargetToAdminRoleForGroup group.privilege.grant
	assignAppInstanceTargetToAppAdminRoleForGroup group.privilege.grant
	unassignAppInstanceTargetToAppAdminRoleForGroup group.privilege.grant
`

// writeEvents is writeKinds by operation id.
func writeEvents() map[string]string {
	byOperation := map[string]string{}
	fields := strings.Fields(writeKinds)
	for i := 0; i+1 < len(fields); i += 2 {
		byOperation[fields[i]] = fields[i+1]
	}
	return byOperation
}

// entityKind is what the log calls the things a path's segment lists; "" for
// those it does not name.
func entityKind(segment, template string) string {
	if segment == "rules" && strings.HasPrefix(template, "/api/v1/groups/") {
		return "GroupRule"
	}
	return map[string]string{
		"users": "User", "owners": "User", "groups": "UserGroup", "apps": "AppInstance", "factors": "Factor",
		"policies": "PolicyEntity", "rules": "PolicyRule", "zones": "NetworkZone", "devices": "UDDevice",
		"device-assurances": "DeviceAssurancePolicy", "authenticators": "Authenticator", "sessions": "Session",
		"roles": "Role", "resource-sets": "ResourceSet", "eventHooks": "EventHook",
		"ai-agents": "WorkloadPrincipal", "jwks": "Credential", "connections": "ManagedConnection", "mcp-servers": "McpServer",
	}[segment]
}
