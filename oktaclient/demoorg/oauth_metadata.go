package demoorg

import "fmt"

// organization is the org's public metadata.
func organization(seed uint64, base string) map[string]any {
	return map[string]any{
		"id":       fmt.Sprintf("00o%014x%s", mix(seed, 'o', 0)>>8, cell),
		"cell":     "op3",
		"_links":   map[string]link{"organization": {Href: base}},
		"pipeline": "idx",
		"settings": map[string]bool{
			"analyticsCollectionEnabled": false, "bugReportingEnabled": true, "omEnabled": false,
			"pssoEnabled": false, "desktopMFAEnabled": false, "itpEnabled": false,
		},
	}
}

// serverMetadata is the org authorization server's, RFC 8414. Like Okta's it
// names every endpoint an org has, those this one leaves out among them.
func serverMetadata(base string) map[string]any {
	methods := []string{"client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"}
	requests := append([]string{"HS256", "HS384", "HS512"}, signatureAlgorithms()...)
	return map[string]any{
		"issuer":                                base,
		"authorization_endpoint":                base + "/oauth2/v1/authorize",
		"token_endpoint":                        base + tokenPath,
		"userinfo_endpoint":                     base + userinfoPath,
		"registration_endpoint":                 base + "/oauth2/v1/clients",
		"jwks_uri":                              base + keysPath,
		"introspection_endpoint":                base + "/oauth2/v1/introspect",
		"revocation_endpoint":                   base + revokePath,
		"end_session_endpoint":                  base + "/oauth2/v1/logout",
		"device_authorization_endpoint":         base + devicePath,
		"pushed_authorization_request_endpoint": base + "/oauth2/v1/par",
		"response_types_supported":              []string{"code", "id_token", "code id_token", "code token", "id_token token", "code id_token token"},
		"response_modes_supported":              []string{"query", "fragment", "form_post", "okta_post_message"},
		"grant_types_supported": []string{
			"authorization_code", "implicit", refreshing, "password", deviceCode, "urn:openid:params:grant-type:ciba",
		},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"scopes_supported":                      identityScopes(),
		"claims_supported": []string{
			"iss", "ver", "sub", "aud", "iat", "exp", "jti", "auth_time", "amr", "idp", "nonce", "name", "nickname",
			"preferred_username", "given_name", "middle_name", "family_name", "email", "email_verified", "profile",
			"zoneinfo", "locale", "address", "phone_number", "picture", "website", "gender", "birthdate", "updated_at",
			"at_hash", "c_hash",
		},
		"code_challenge_methods_supported":              []string{"S256"},
		"token_endpoint_auth_methods_supported":         methods,
		"introspection_endpoint_auth_methods_supported": methods,
		"revocation_endpoint_auth_methods_supported":    methods,
		"request_parameter_supported":                   true,
		"request_object_signing_alg_values_supported":   requests,
		"dpop_signing_alg_values_supported":             signatureAlgorithms(),
	}
}
