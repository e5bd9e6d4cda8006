package demoorg

import (
	"slices"
	"strings"
)

// scopeRoots are the families of scopes the org authorization server knows: each
// has a read and a manage scope. https://developer.okta.com/docs/api/oauth2/
func scopeRoots() []string {
	return []string{
		"agentPools", "aiAgents", "apiTokens", "appGrants", "apps", "apps.interclientTrust", "authenticators",
		"authorizationServers", "behaviors", "botProtection", "brands", "captchas", "customTelephonyProvider",
		"deviceAssurance", "deviceIntegrations", "devicePostureChecks", "devices", "directories.groups",
		"domains", "dr", "emailDomains", "emailServers", "eventHooks", "features", "groups",
		"identitySources", "idps", "inlineHooks", "linkedObjects", "logStreams", "logs", "networkZones",
		"oauthIntegrations", "orgs", "personal.adminSettings", "policies", "principalRateLimits",
		"profileMappings", "pushProviders", "rateLimits", "realmAssignments", "realms",
		"resourceServers.mcpServers", "roles", "schemas", "securityEventsProviders", "serviceAccounts",
		"serviceAccounts.okta", "sessions", "templates", "threatInsights", "trustedOrigins", "uischemas",
		"userRisk", "userTypes", "users",
	}
}

// knownScope says whether the authorization server has such a scope.
func knownScope(scope string) bool {
	rest, isOkta := strings.CutPrefix(scope, "okta.")
	dot := strings.LastIndexByte(rest, '.')
	if !isOkta || dot < 0 {
		return false
	}
	verb := rest[dot+1:]
	return (verb == "read" || verb == "manage") && slices.Contains(scopeRoots(), rest[:dot])
}

// scopes is what a token may do.
type scopes []string

// allow says whether the scopes satisfy the one needed: manage includes read.
func (s scopes) allow(needed string) bool {
	if needed == "" || slices.Contains(s, needed) {
		return true
	}
	root, isRead := strings.CutSuffix(needed, ".read")
	return isRead && slices.Contains(s, root+".manage")
}
