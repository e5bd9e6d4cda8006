package tools_test

import (
	"strings"

	"okta-mcp/oktaclient/demoorg"
)

func aiAgentSamples(c demoorg.Cast) map[string]sample {
	agent := func(more args) args {
		more["agent_id"] = c.Agent.ID
		return more
	}
	stranger := func(more args) args {
		more["agent_id"] = c.InactiveAgent.ID
		return more
	}
	return map[string]sample{
		"list_ai_agents":    {arguments: args{}, others: paged(args{"search": `profile.name sw "S"`, "status": "STAGED"})},
		"get_ai_agent":      {arguments: agent(args{}), others: stranger(args{"fields": []string{"status"}})},
		"register_ai_agent": {arguments: args{"agent": newAgent("A")}, others: args{"agent": newAgent("B")}},
		"update_ai_agent": {arguments: agent(args{"agent": args{"profile": args{"description": "A"}}}), others: stranger(args{"agent": args{"profile": args{"description": "B"}}}),
			asked: agent(args{"agent": args{"owners": []args{{"id": c.Employee.ID, "type": "USER"}}}})},
		"activate_ai_agent":   {arguments: args{"agent_id": c.InactiveAgent.ID}, others: agent(args{})},
		"deactivate_ai_agent": {arguments: agent(args{}), others: stranger(args{})},
		"delete_ai_agent":     {arguments: args{"agent_id": c.InactiveAgent.ID}, others: agent(args{})},

		"list_ai_agent_keys":      {arguments: agent(args{}), others: stranger(args{"limit": 1, "fields": []string{"kid"}})},
		"add_ai_agent_key":        {arguments: agent(args{"key": publicJWK("a")}), others: stranger(args{"key": publicJWK("b")})},
		"activate_ai_agent_key":   {arguments: agent(args{"key_id": c.InactiveKey.ID}), others: stranger(args{"key_id": c.AgentKey.ID})},
		"deactivate_ai_agent_key": {arguments: agent(args{"key_id": c.AgentKey.ID}), others: stranger(args{"key_id": c.InactiveKey.ID})},
		"delete_ai_agent_key":     {arguments: agent(args{"key_id": c.InactiveKey.ID}), others: stranger(args{"key_id": c.AgentKey.ID})},

		"list_ai_agent_connections":      {arguments: agent(args{}), others: paged(stranger(args{}))},
		"create_ai_agent_connection":     {arguments: agent(args{"connection": connectionTo(c.MCPServer, "tools:read")}), others: stranger(args{"connection": connectionTo(c.MCPServer, "tools:execute")})},
		"activate_ai_agent_connection":   {arguments: agent(args{"connection_id": c.InactiveConnection.ID}), others: stranger(args{"connection_id": c.Connection.ID})},
		"deactivate_ai_agent_connection": {arguments: agent(args{"connection_id": c.Connection.ID}), others: stranger(args{"connection_id": c.InactiveConnection.ID})},
		"delete_ai_agent_connection":     {arguments: agent(args{"connection_id": c.InactiveConnection.ID}), others: stranger(args{"connection_id": c.Connection.ID})},
	}
}

func newAgent(name string) args { return args{"profile": args{"name": name, "description": "d"}} }

// publicJWK is a public key with the material of the example in RFC 7638, 3.1.
func publicJWK(kid string) args {
	return args{"kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256", "e": "AQAB", "n": strings.Join([]string{
		"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W",
		"-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt",
		"-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
	}, "")}
}

// connectionTo is a connection to an MCP server with one scope.
func connectionTo(server demoorg.Thing, scope string) args {
	return args{
		"connectionType": "IDENTITY_ASSERTION_MCP_SERVER", "scopeCondition": "INCLUDE_ONLY", "scopes": []string{scope},
		"resource":            args{"orn": "orn:okta:directory:00oDemo:resource-servers:mcp:" + server.ID},
		"authorizationServer": args{"orn": "orn:okta:idp:00oDemo:authorization_servers:aus1"},
	}
}
