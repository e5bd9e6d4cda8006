package demoorg

import "encoding/base64"

// seedAgents makes MCP servers and the agents of the story.
func (s *seeder) seedAgents() {
	s.cast.MCPServer = s.addServer("Ticket desk", "https://tickets.acme.example/mcp", aiActive)
	s.cast.InactiveMCPServer = s.addServer("Payroll (pilot)", "https://payroll.acme.example/mcp", aiInactive)
	owner := func(id, kind string) any { return map[string]any{"id": id, "type": kind} }
	owners := []any{owner(s.cast.SuperAdmin.ID, "USER"), owner(s.cast.HelpDeskGroup.ID, "GROUP")}

	desk := s.addAgent("Service desk assistant", "Answers tickets and looks people up", aiActive, owners)
	s.cast.Agent = Thing{desk.id, desk.state.name()}
	active, spare, old := s.addKey(desk, aiActive), s.addKey(desk, aiActive), s.addKey(desk, aiInactive)
	s.cast.AgentKey, s.cast.InactiveKey = Thing{active.id, active.kid()}, Thing{old.id, old.kid()}
	spare.jwk["alg"] = "RS512"
	s.cast.Connection = s.addConnection(desk, s.cast.MCPServer, aiActive)
	s.cast.InactiveConnection = s.addConnection(desk, s.cast.MCPServer, aiInactive)

	staged := s.addAgent("Release notes writer", "Drafts release notes", aiStaged, nil)
	s.cast.StagedAgent = Thing{staged.id, staged.state.name()}
	retired := s.addAgent("Meeting summarizer", "Retired last quarter", aiInactive, owners[:1])
	s.cast.InactiveAgent = Thing{retired.id, retired.state.name()}
	imported := s.addAgent("Claims triage", "Imported from the agent platform", aiInactive, owners[:1])
	imported.platform, imported.provider = "AWS_BEDROCK_AGENTS", s.mint("aip")
	s.cast.ImportedAgent = Thing{imported.id, imported.state.name()}
}

func (s *seeder) addServer(name, address, status string) Thing {
	made := s.ago(200, 60)
	server := &mcpServer{
		id: s.mint("ems"), url: address, name: name, description: name + " over MCP", status: status,
		created: made, updated: max(made, s.ago(59, 2)), scopes: []string{"tools:read", "tools:execute"},
	}
	s.agents.servers = append(s.agents.servers, server)
	return Thing{server.id, name}
}

func (s *seeder) addAgent(name, description, status string, owners []any) *agent {
	made := s.ago(180, 40)
	body := map[string]any{"profile": map[string]any{"name": name, "description": description}}
	if owners != nil {
		body["owners"] = owners
		body["appId"] = s.cast.ServiceApp.ID
	}
	a := &agent{id: s.mint("wlp"), created: made, state: agentState{status, max(made, s.ago(39, 1)), body}}
	s.agents.all = append(s.agents.all, a)
	return a
}

func (s *seeder) addKey(a *agent, status string) *agentKey {
	modulus := make([]byte, rsaModulusSize)
	for i := range modulus {
		modulus[i] = byte(s.rand.Uint32())
	}
	modulus[0] |= 0x80
	made := max(a.created, s.ago(39, 1))
	k := &agentKey{id: s.mint("pks"), status: status, created: made, updated: made, jwk: map[string]any{
		"kid": s.secret('k', 40), "kty": "RSA", "alg": "RS256", "use": "sig", "e": "AQAB",
		"n": base64.RawURLEncoding.EncodeToString(modulus),
	}}
	a.keys = append(a.keys, k)
	return k
}

func (s *seeder) addConnection(a *agent, to Thing, status string) Thing {
	k := &connection{id: s.mint("mcn"), status: status, body: map[string]any{
		"connectionType": "IDENTITY_ASSERTION_MCP_SERVER",
		"resource":       map[string]any{"orn": orn("directory", "resource-servers:mcp:"+to.ID)},
		"authorizationServer": map[string]any{
			"name": to.Name, "orn": orn("idp", "authorization_servers:"+s.mint("aus")),
		},
		"scopeCondition": "INCLUDE_ONLY", "scopes": []any{"tools:read", "tools:execute"},
	}}
	a.connections = append(a.connections, k)
	return Thing{k.id, to.Name}
}
