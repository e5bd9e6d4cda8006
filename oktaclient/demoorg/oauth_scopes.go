package demoorg

import (
	"slices"
	"strings"
)

// identityScopes ask for things about the person, not for the API. Every client
// that people sign in to may ask for them.
func identityScopes() []string {
	return []string{"openid", "email", "profile", "address", "phone", "offline_access", "groups"}
}

// askedScopes reads a scope parameter. Only where a person signs in can it ask
// for things about one.
func askedScopes(asked string, person bool) (scopes, error) {
	names := strings.Fields(asked)
	if len(names) == 0 {
		return nil, badGrant("invalid_scope",
			"The authorization server resource does not have any configured default scopes, 'scope' must be provided.")
	}
	for _, name := range names {
		switch {
		case knownScope(name), person && slices.Contains(identityScopes(), name):
		case name == "openid":
			return nil, badGrant("invalid_scope", "Cannot request 'openid' scopes using client credentials.")
		default:
			return nil, badGrant("invalid_scope", "One or more scopes are not configured for the authorization server resource.")
		}
	}
	return names, nil
}

// allowed is what of the asked scopes the client's app is granted.
func (c *client) allowed(asked scopes) (scopes, error) {
	var allowed scopes
	for _, name := range asked {
		may := slices.Contains(c.granted, name) || c.public && slices.Contains(identityScopes(), name)
		if may && !slices.Contains(allowed, name) {
			allowed = append(allowed, name)
		}
	}
	if len(allowed) == 0 {
		return nil, badGrant("consent_required", "You are not allowed any of the requested scopes.")
	}
	return allowed, nil
}
