package tools_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/tools"
)

// idsIn are the texts at a path of an answer.
func idsIn(answer, path string) []string {
	var ids []string
	for _, id := range gjson.Get(answer, path).Array() {
		ids = append(ids, id.String())
	}
	return ids
}

func TestAIAgentConnectionTools(t *testing.T) {
	t.Parallel()
	try(t, func(c demoorg.Cast) []trial {
		of := func(connection demoorg.Thing) args {
			return args{"agent_id": c.Agent.ID, "connection_id": connection.ID}
		}
		all := agentsPath + "/" + c.Agent.ID + "/connections"
		at := func(method string, connection demoorg.Thing, step string) []string {
			return []string{method + " " + all + "/" + connection.ID + step}
		}
		connect := func(agent demoorg.Thing, connection args) args {
			return args{"agent_id": agent.ID, "connection": connection}
		}
		everything := connectionTo(c.MCPServer, "*")
		everything["scopeCondition"] = "ALL_SCOPES"
		named := connectionTo(c.MCPServer, "tools:read")
		named["resource"].(args)["name"] = "Harmless"
		unauthorized := connectionTo(c.MCPServer, "tools:read")
		delete(unauthorized, "authorizationServer")
		app := args{"connectionType": "IDENTITY_ASSERTION_APP_INSTANCE", "scopeCondition": "INCLUDE_ONLY", "scopes": []string{"a"}, "app": args{"orn": "orn:okta:idp:00oDemo:apps:oidc:" + c.OIDCApp.ID}}
		stopServer := func(w *world) {
			adminDo(w, "POST", serversPath+"/"+w.org.Cast().MCPServer.ID+"/lifecycle/deactivate", "")
		}
		return []trial{
			{name: "all", tool: "list_ai_agent_connections", arguments: args{"agent_id": c.Agent.ID}, answers: []string{c.Connection.ID, c.InactiveConnection.ID, `"count":2`}},

			{name: "MCP server", tool: "create_ai_agent_connection", arguments: connect(c.Agent, connectionTo(c.MCPServer, "tools:read")), writes: []string{"POST " + all},
				asks:    []string{"Connect an AI agent", "can get tokens for it at once", c.Agent.Name, c.MCPServer.Name, "tickets.acme", "tools：read", "INCLUDE_ONLY"},
				answers: []string{`"status":"ACTIVE"`, `"tool":"deactivate_ai_agent_connection"`, `"agent_id":"` + c.Agent.ID}},
			{name: "all scopes", tool: "create_ai_agent_connection", arguments: connect(c.Agent, everything), writes: []string{"POST " + all}, asks: []string{"It covers all scopes"}},
			{name: "a made-up name", tool: "create_ai_agent_connection", arguments: connect(c.Agent, named), writes: []string{"POST " + all}, asks: []string{"AI agent connection “orn：okta", c.MCPServer.ID}},
			{name: "app", tool: "create_ai_agent_connection", arguments: connect(c.Agent, app), writes: []string{"POST " + all}, asks: []string{"Whether the resource is ACTIVE is not visible here", c.OIDCApp.ID}},
			{name: "inactive server", tool: "create_ai_agent_connection", arguments: connect(c.Agent, connectionTo(c.InactiveMCPServer, "a")), refused: []string{"the MCP server", "is INACTIVE", "both ends ACTIVE", "activate_mcp_server"}},
			{name: "strange server", tool: "create_ai_agent_connection", arguments: connect(c.Agent, connectionTo(demoorg.Thing{ID: "ems00000000000000000"}, "a")), refused: []string{"no MCP server has the id"}},
			{name: "no server", tool: "create_ai_agent_connection", arguments: connect(c.Agent, args{"connectionType": "IDENTITY_ASSERTION_MCP_SERVER"}), refused: []string{"connection.resource.orn must be"}},
			{name: "no authorization server", tool: "create_ai_agent_connection", arguments: connect(c.Agent, unauthorized), refused: []string{"connection.authorizationServer.orn must be", "list_ai_agent_connections"}},
			{name: "inactive agent", tool: "create_ai_agent_connection", arguments: connect(c.InactiveAgent, connectionTo(c.MCPServer, "a")), refused: []string{"the AI agent", "is INACTIVE", "activate_ai_agent"}},
			{name: "staged agent", tool: "create_ai_agent_connection", arguments: connect(c.StagedAgent, connectionTo(c.MCPServer, "a")), refused: []string{"is STAGED", "both ends ACTIVE"}},
			{name: "a secret", tool: "create_ai_agent_connection", arguments: connect(c.Agent, args{"connectionType": "STS_VAULT_SECRET", "secret": args{"orn": "orn:x:1", "client_secret": "hush"}}), refused: []string{"client_secret is a secret"}},

			{name: "inactive", tool: "activate_ai_agent_connection", arguments: of(c.InactiveConnection), asks: []string{"get tokens for the resource again", c.Agent.Name, "tickets.acme", "tools：execute"}, writes: at("POST", c.InactiveConnection, "/lifecycle/activate"),
				answers: []string{`"tool":"deactivate_ai_agent_connection"`}},
			{name: "active already", tool: "activate_ai_agent_connection", arguments: of(c.Connection), refused: []string{"is ACTIVE already"}},
			{name: "of a stopped agent", tool: "activate_ai_agent_connection", arguments: of(c.InactiveConnection), prepare: stopAgent, refused: []string{"is INACTIVE", "activate_ai_agent activates the agent"}},
			{name: "to a stopped server", tool: "activate_ai_agent_connection", arguments: of(c.InactiveConnection), prepare: stopServer, refused: []string{"is INACTIVE", "activate_mcp_server activates the server"}},
			{name: "none", tool: "activate_ai_agent_connection", arguments: args{"agent_id": c.Agent.ID, "connection_id": "mcn00000000000000000"}, refused: []string{"no AI agent connection has the id", "list_ai_agent_connections"}},

			{name: "active", tool: "deactivate_ai_agent_connection", arguments: of(c.Connection), asks: []string{"gets no more tokens", c.MCPServer.Name, "tools：execute"}, writes: at("POST", c.Connection, "/lifecycle/deactivate"), answers: []string{`"tool":"activate_ai_agent_connection"`}},
			{name: "inactive already", tool: "deactivate_ai_agent_connection", arguments: of(c.InactiveConnection), refused: []string{"is INACTIVE already"}},

			{name: "inactive", tool: "delete_ai_agent_connection", arguments: of(c.InactiveConnection), asks: []string{"for good", "type exactly"}, writes: at("DELETE", c.InactiveConnection, ""), answers: []string{"cannot be undone"}},
			{name: "active", tool: "delete_ai_agent_connection", arguments: of(c.Connection), refused: []string{"is ACTIVE", "deactivate_ai_agent_connection comes first"}},
		}
	})
}

func TestConnectionsCanBeUndone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	cast := w.org.Cast()
	p := w.connect("2025-11-25", accepting)
	var c changed
	p.ask("create_ai_agent_connection", args{"agent_id": cast.Agent.ID, "connection": connectionTo(cast.MCPServer, "tools:read")}).mustWork(&c)
	for _, want := range []string{"INACTIVE", "ACTIVE", "INACTIVE"} {
		r := undo(t, p, c)
		r.mustWork(&c)
		if !strings.Contains(r.text(), `"status":"`+want+`"`) {
			t.Errorf("the way back answered %s, want the connection %s", r.text(), want)
		}
	}
}

func TestAConnectionIsMadeWithoutSeeingMCPServers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}, org: demoorg.Options{Granted: []string{"okta.aiAgents.manage"}}})
	cast := w.org.Cast()
	p, question := w.listening()
	p.ask("create_ai_agent_connection", args{"agent_id": cast.Agent.ID, "connection": connectionTo(cast.MCPServer, "tools:read")}).mustWork(nil)
	contains(t, "the question", *question, []string{"Whether the MCP server is ACTIVE is not visible: the scope okta.resourceServers.mcpServers.read is not granted"})
}

func TestAConnectionIsFoundAmongMany(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	cast := w.org.Cast()
	body := fmt.Sprintf(`{"connectionType":"IDENTITY_ASSERTION_MCP_SERVER","scopeCondition":"ALL_SCOPES","scopes":["*"],"resource":{"orn":"orn:okta:directory:o:resource-servers:mcp:%s"},"authorizationServer":{"orn":"orn:x:aus1"}}`, cast.MCPServer.ID)
	last := ""
	for i := range 401 {
		status, made := adminDo(w, "POST", agentsPath+"/"+cast.Agent.ID+"/connections", body)
		if status != 201 {
			t.Fatalf("connection %d: %d %s", i, status, made)
		}
		if i == 300 || i == 400 {
			arguments := args{"agent_id": cast.Agent.ID, "connection_id": gjson.Get(made, "id").String(), "plan_only": true}
			r := w.connect("2025-11-25", accepting).ask("deactivate_ai_agent_connection", arguments)
			if r.IsError != (i == 400) || r.IsError && !strings.Contains(r.text(), "more connections than are read") {
				t.Errorf("connection %d of an agent: %s", i+3, r.text())
			}
		}
		last = made
	}
	p := w.connect("2025-11-25", accepting)
	seen, arguments := 0, args{"agent_id": cast.Agent.ID, "limit": 200, "fields": []string{"id"}}
	for {
		r := p.ask("list_ai_agent_connections", arguments)
		r.mustWork(nil)
		seen += len(idsIn(r.text(), "items.#.id"))
		next := gjson.Get(r.text(), "next_cursor").String()
		if next == "" {
			if !strings.Contains(r.text(), gjson.Get(last, "id").String()) {
				t.Errorf("the last page lacks the last connection: %s", r.text())
			}
			break
		}
		arguments["cursor"] = next
	}
	if seen != 403 {
		t.Errorf("the list has %d connections, want 403", seen)
	}
}
