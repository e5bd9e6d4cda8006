package tools_test

import (
	"testing"

	"github.com/tidwall/gjson"

	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/tools"
)

func TestMCPServerTools(t *testing.T) {
	t.Parallel()
	try(t, func(c demoorg.Cast) []trial {
		of := func(server demoorg.Thing) args { return args{"mcp_server_id": server.ID} }
		at := func(method string, server demoorg.Thing, step string) []string {
			return []string{method + " " + serversPath + "/" + server.ID + step}
		}
		register := func(address string) args {
			return args{"mcp_server": args{"resourceUrl": address, "displayName": "Wiki"}}
		}
		return []trial{
			{name: "all", tool: "list_mcp_servers", arguments: args{}, answers: []string{c.MCPServer.ID, c.InactiveMCPServer.ID, `"count":2`}},
			{name: "both", tool: "list_mcp_servers", arguments: args{"search": `metadata.displayName sw "Pay"`, "status": "ACTIVE"}, answers: []string{`"count":0`}},
			{name: "one", tool: "get_mcp_server", arguments: of(c.MCPServer), answers: []string{`"status":"ACTIVE"`, "https://tickets.acme.example/mcp", "scopesSupported"}},
			{name: "none", tool: "get_mcp_server", arguments: args{"mcp_server_id": "ems00000000000000000"}, refused: []string{"no MCP server has the id", "list_mcp_servers"}},

			{name: "new", tool: "register_mcp_server", arguments: register("https://wiki.acme.example/mcp"), writes: []string{"POST " + serversPath},
				answers: []string{`"status":"INACTIVE"`, `"name":"Wiki"`, "activate_mcp_server is next", `"tool":"delete_mcp_server"`}},
			{name: "plan", tool: "register_mcp_server", arguments: args{"mcp_server": register("https://wiki.acme.example/mcp")["mcp_server"], "plan_only": true}, answers: []string{"wiki.acme", "Okta reads the server's metadata"}},
			{name: "http", tool: "register_mcp_server", arguments: register("http://wiki.acme.example/mcp"), refused: []string{"mcp_server.resourceUrl must be an https URL"}},
			{name: "no address", tool: "register_mcp_server", arguments: args{"mcp_server": args{"displayName": "A"}}, refused: []string{"must be an https URL"}},
			{name: "unreadable", tool: "register_mcp_server", arguments: register("https://nowhere.invalid/mcp"), writes: []string{"POST " + serversPath},
				fails: []string{"accepted this and then failed", "No authorization servers found", "list_mcp_servers"}},
			{name: "what Okta refuses", tool: "register_mcp_server", arguments: register("https://tickets.acme.example/mcp"), writes: []string{"POST " + serversPath}, fails: []string{"E0000001", "already exists"}},

			{name: "inactive", tool: "activate_mcp_server", arguments: of(c.InactiveMCPServer), asks: []string{"AI agents can be connected to it", "payroll.acme"}, writes: at("POST", c.InactiveMCPServer, "/lifecycle/activate"), answers: []string{`"tool":"deactivate_mcp_server"`}},
			{name: "active already", tool: "activate_mcp_server", arguments: of(c.MCPServer), refused: []string{"is ACTIVE already"}},

			{name: "active", tool: "deactivate_mcp_server", arguments: of(c.MCPServer), asks: []string{"cannot reach it", "tickets.acme", "1 active connection of an active agent stops"}, writes: at("POST", c.MCPServer, "/lifecycle/deactivate"), answers: []string{`"tool":"activate_mcp_server"`}},
			{name: "inactive already", tool: "deactivate_mcp_server", arguments: of(c.InactiveMCPServer), refused: []string{"is INACTIVE already"}},

			{name: "inactive", tool: "delete_mcp_server", arguments: of(c.InactiveMCPServer), asks: []string{"for good", "type exactly"}, writes: at("DELETE", c.InactiveMCPServer, ""), answers: []string{"cannot be undone"}},
			{name: "active", tool: "delete_mcp_server", arguments: of(c.MCPServer), refused: []string{"is ACTIVE", "deactivate_mcp_server comes first"}},
		}
	})
}

func TestAnMCPServerThatIsNotReadYetOrCannotBe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		address, status string
		next            map[string]string
	}{
		"still read":    {"https://wiki.acme.example/mcp", "PENDING", map[string]string{"activate_mcp_server": "still reads", "deactivate_mcp_server": "no agent can", "delete_mcp_server": "still reads"}},
		"cannot be had": {"https://nowhere.invalid/mcp", "INVALID", map[string]string{"activate_mcp_server": "could not read", "deactivate_mcp_server": "no agent can", "delete_mcp_server": "Admin Console"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
			p := w.connect("2025-11-25", accepting)
			if c.status == "INVALID" {
				p.ask("register_mcp_server", args{"mcp_server": args{"resourceUrl": c.address}}).mustFail("failed to carry it out")
			} else {
				adminDo(w, "POST", serversPath, `{"resourceUrl":"`+c.address+`"}`)
			}
			w.org.Reset()
			r := p.ask("list_mcp_servers", args{"status": c.status})
			id := gjson.Get(r.text(), "items.0.id").String()
			for tool, next := range c.next {
				p.ask(tool, args{"mcp_server_id": id}).mustFail("is "+c.status, next)
			}
			noWrites(t, w)
		})
	}
}

func TestConnectionsAreNotCountedWithoutTheScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}, org: demoorg.Options{Granted: []string{"okta.resourceServers.mcpServers.manage"}}})
	p, question := w.listening()
	p.ask("deactivate_mcp_server", args{"mcp_server_id": w.org.Cast().MCPServer.ID}).mustWork(nil)
	contains(t, "the question", *question, []string{"not visible: the scope okta.aiAgents.read is not granted"})
}

func TestConnectionsToAnMCPServerAreCountedWhereAgentsAreFew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	cast := w.org.Cast()
	p, question := w.listening()
	for i, want := range []string{"1 active connection of", "1 active connection of", "1 active connection of", "the org has many active AI agents"} {
		p.ask("deactivate_mcp_server", args{"mcp_server_id": cast.MCPServer.ID}).mustWork(nil)
		contains(t, "the question", *question, []string{want})
		p.ask("activate_mcp_server", args{"mcp_server_id": cast.MCPServer.ID}).mustWork(nil)
		var made changed
		p.ask("register_ai_agent", args{"agent": args{"profile": args{"name": "Agent " + string(rune('A'+i))}, "owners": []args{{"id": cast.Employee.ID, "type": "USER"}}}}).mustWork(&made)
		p.ask("activate_ai_agent", args{"agent_id": made.Target.ID}).mustWork(nil)
		w.pass(questionsForgotten)
	}
}
