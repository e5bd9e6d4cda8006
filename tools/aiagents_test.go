package tools_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/oktaclient/demoorg/orgtest"
	"okta-mcp/tools"
)

const (
	agentsPath  = "/workload-principals/api/v1/ai-agents"
	serversPath = "/resource-servers/api/v1/mcp-servers"
)

func TestAIAgentTools(t *testing.T) {
	t.Parallel()
	try(t, func(c demoorg.Cast) []trial {
		of := func(agent demoorg.Thing) args { return args{"agent_id": agent.ID} }
		at := func(method string, agent demoorg.Thing, step string) []string {
			return []string{method + " " + agentsPath + "/" + agent.ID + step}
		}
		change := func(agent demoorg.Thing, part args) args { return args{"agent_id": agent.ID, "agent": part} }
		owner := []args{{"id": c.Employee.ID, "type": "USER"}}
		return []trial{
			{name: "all", tool: "list_ai_agents", arguments: args{}, answers: []string{c.Agent.ID, c.StagedAgent.ID, c.InactiveAgent.ID, c.ImportedAgent.ID, `"count":4`}},
			{name: "both", tool: "list_ai_agents", arguments: args{"search": `profile.name co "Claims"`, "status": "INACTIVE"}, answers: []string{c.ImportedAgent.ID, `"count":1`}},
			{name: "one", tool: "get_ai_agent", arguments: of(c.Agent), answers: []string{`"status":"ACTIVE"`, c.Agent.Name, "owners"}},
			{name: "none", tool: "get_ai_agent", arguments: args{"agent_id": "wlp00000000000000000"}, refused: []string{"no AI agent has the id", "list_ai_agents"}},

			{name: "new", tool: "register_ai_agent", arguments: args{"agent": newAgent("Invoice reader")}, writes: []string{"POST " + agentsPath},
				answers: []string{`"status":"STAGED"`, "Invoice reader", `"tool":"deactivate_ai_agent"`, "update_ai_agent gives it an owner, and activate_ai_agent is next"}},
			{name: "owned", tool: "register_ai_agent", arguments: args{"agent": args{"profile": args{"name": "A", "description": "d"}, "owners": owner}}, writes: []string{"POST " + agentsPath},
				answers: []string{"STAGED: activate_ai_agent is next"}},
			{name: "owned by a login", tool: "register_ai_agent", arguments: args{"agent": args{"profile": args{"name": "A"}, "owners": []string{c.Employee.Login}}}, refused: []string{"not a login or name", "get_user"}},
			{name: "rejected", tool: "register_ai_agent", arguments: args{"agent": newAgent("Reject me")}, writes: []string{"POST " + agentsPath},
				fails: []string{"accepted this and then failed", "“E0000001: The AI agent couldn't be registered: its name was rejected.”", "list_ai_agents"}},
			{name: "nothing", tool: "register_ai_agent", arguments: args{"agent": args{}}, refused: []string{"at least one member"}},
			{name: "a password", tool: "register_ai_agent", arguments: args{"agent": args{"profile": args{"name": "A", "password": "hush"}}}, refused: []string{"agent.profile.password is a secret"}},

			{name: "profile", tool: "update_ai_agent", arguments: change(c.Agent, args{"profile": args{"description": "new words"}}), writes: at("PATCH", c.Agent, ""),
				answers: []string{`"before":{"profile":{"description":"Answers tickets and looks people up"}}`, `"after":{"profile":{"description":"new words"}}`, `"tool":"update_ai_agent"`}},
			{name: "owner", tool: "update_ai_agent", arguments: change(c.Agent, args{"owners": owner}), writes: at("PATCH", c.Agent, ""),
				asks: []string{"Asked because owners answer", "Owners now", c.SuperAdmin.Login, c.HelpDeskGroup.Name, "Owners then", c.Employee.Login, "The agent is ACTIVE"}},
			{name: "a login as owner", tool: "update_ai_agent", arguments: change(c.Agent, args{"owners": []args{{"id": c.Employee.Login, "type": "USER"}}}), refused: []string{"each of agent.owners", "not a login or name"}},
			{name: "a strange owner", tool: "update_ai_agent", arguments: change(c.Agent, args{"owners": []args{{"id": c.Employee.ID}}}), refused: []string{"type USER or GROUP"}},
			{name: "first owner", tool: "update_ai_agent", arguments: change(c.StagedAgent, args{"owners": owner}), writes: at("PATCH", c.StagedAgent, ""),
				asks: []string{"Owners now: none", c.Employee.Login}, answers: []string{`"undo":{"arguments":{"agent":{"owners":null}`}},
			{name: "app", tool: "update_ai_agent", arguments: change(c.Agent, args{"appId": c.OIDCApp.ID}), writes: at("PATCH", c.Agent, ""), asks: []string{"Asked because this links the AI agent to another app"}},
			{name: "same", tool: "update_ai_agent", arguments: change(c.Agent, args{"profile": args{"name": c.Agent.Name}}), refused: []string{"has these values already"}},
			{name: "status", tool: "update_ai_agent", arguments: change(c.Agent, args{"status": "INACTIVE"}), refused: []string{"the status is not changed this way", "deactivate_ai_agent"}},
			{name: "what Okta refuses", tool: "update_ai_agent", arguments: change(c.Agent, args{"profile": args{"name": c.StagedAgent.Name}}), writes: at("PATCH", c.Agent, ""), fails: []string{"E0000001", "profile.name"}},

			{name: "inactive", tool: "activate_ai_agent", arguments: of(c.InactiveAgent), writes: at("POST", c.InactiveAgent, "/lifecycle/activate"),
				asks: []string{"Activate this AI agent", "0 active keys work then", "0 active connections work then", "Owners", c.SuperAdmin.Login}, answers: []string{`"status":"ACTIVE"`, `"tool":"deactivate_ai_agent"`}},
			{name: "without an owner", tool: "activate_ai_agent", arguments: of(c.StagedAgent), refused: []string{"has no owner", "update_ai_agent"}},
			{name: "active already", tool: "activate_ai_agent", arguments: of(c.Agent), refused: []string{"is ACTIVE already"}},

			{name: "active", tool: "deactivate_ai_agent", arguments: of(c.Agent), writes: at("POST", c.Agent, "/lifecycle/deactivate"),
				asks: []string{"Deactivate this AI agent", "2 active keys stop working", "1 active connection stops working"}, answers: []string{`"status":"INACTIVE"`, `"tool":"activate_ai_agent"`}},
			{name: "staged", tool: "deactivate_ai_agent", arguments: of(c.StagedAgent), writes: at("POST", c.StagedAgent, "/lifecycle/deactivate"), asks: []string{"0 active keys"}, answers: []string{"not back to STAGED"}},
			{name: "inactive already", tool: "deactivate_ai_agent", arguments: of(c.InactiveAgent), refused: []string{"is INACTIVE already"}},

			{name: "inactive", tool: "delete_ai_agent", arguments: of(c.InactiveAgent), writes: at("DELETE", c.InactiveAgent, ""),
				asks: []string{"for good", "deleted from Okta only", "0 keys are deleted with it", "0 connections are deleted with it", "type exactly"}, answers: []string{"cannot be undone"}},
			{name: "with keys", tool: "delete_ai_agent", arguments: of(c.Agent), prepare: func(w *world) { stopAgent(w) }, writes: at("DELETE", c.Agent, ""),
				asks: []string{"3 keys are deleted with it", "2 connections are deleted with it"}},
			{name: "active", tool: "delete_ai_agent", arguments: of(c.Agent), refused: []string{"is ACTIVE", "deactivate_ai_agent comes first"}},
			{name: "staged", tool: "delete_ai_agent", arguments: of(c.StagedAgent), refused: []string{"is STAGED", "deactivate_ai_agent comes first"}},
			{name: "imported", tool: "delete_ai_agent", arguments: of(c.ImportedAgent), refused: []string{"was imported from its provider"}},
		}
	})
}

// stopAgent deactivates the agent of the cast behind the server's back.
func stopAgent(w *world) {
	later(w, "POST", agentsPath+"/"+w.org.Cast().Agent.ID+"/lifecycle/deactivate", "")
}

// later makes a change that Okta carries out later, and sees it done.
func later(w *world, method, path, body string) {
	w.t.Helper()
	if status, answer := adminDo(w, method, path, body); status != 202 {
		w.t.Fatalf("%s %s: %d %s", method, path, status, answer)
	}
	_, operations := adminDo(w, "GET", "/workload-principals/api/v1/operations?limit=1", "")
	for range 3 {
		adminDo(w, "GET", "/workload-principals/api/v1/operations/"+gjson.Get(operations, "data.0.id").String(), "")
	}
}

func TestAnAIAgentFromRegistrationToDeletionAndBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	p := w.connect("2025-11-25", accepting)
	var made, off changed
	p.ask("register_ai_agent", args{"agent": newAgent("Invoice reader")}).mustWork(&made)
	of := args{"agent_id": made.Target.ID}
	var owned changed
	p.ask("update_ai_agent", args{"agent_id": made.Target.ID, "agent": args{"owners": []args{{"id": w.org.Cast().Employee.ID, "type": "USER"}}, "profile": args{"tier": json.Number("9007199254740993")}}}).mustWork(&owned)
	undo(t, p, owned).mustWork(nil)
	p.ask("activate_ai_agent", of).mustFail("has no owner")
	r := p.ask("get_ai_agent", of)
	if strings.Contains(r.text(), "tier") || strings.Contains(r.text(), "owners") {
		t.Errorf("the way back left what was added: %s", r.text())
	}
	p.ask("update_ai_agent", args{"agent_id": made.Target.ID, "agent": args{"owners": []args{{"id": w.org.Cast().Employee.ID, "type": "USER"}}}}).mustWork(nil)
	p.ask("activate_ai_agent", of).mustWork(nil)
	undo(t, p, made).mustWork(&off)
	undo(t, p, off).mustWork(&off)
	undo(t, p, off).mustWork(nil)
	p.ask("delete_ai_agent", of).mustWork(nil)
	p.ask("get_ai_agent", of).mustFail("no AI agent has the id")
}

func TestTheServersOwnAppIsLinkedToNoAIAgent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	own := w.org.Cast().ServiceApp.ID
	p := w.connect("2025-11-25", accepting)
	agent := newAgent("A")
	agent["appId"] = own
	p.ask("register_ai_agent", args{"agent": agent}).mustFail("the identity that the server itself works with")
	p.ask("update_ai_agent", args{"agent_id": w.org.Cast().StagedAgent.ID, "agent": args{"appId": own}}).mustFail("the identity that the server itself works with")
	noWrites(t, w)
}

func TestWhatCannotBeCountedStopsNoContainmentOfAnAIAgent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	w.org.Fault(func(r *httpRequest) orgtest.Fault {
		if strings.HasSuffix(r.URL.Path, "/jwks") || strings.HasSuffix(r.URL.Path, "/connections") || r.URL.Path == agentsPath {
			return orgtest.Fault{Status: 500, Body: `{}`}
		}
		return orgtest.Fault{}
	})
	c := w.org.Cast()
	p, question := w.listening()
	p.ask("deactivate_mcp_server", args{"mcp_server_id": c.MCPServer.ID}).mustWork(nil)
	contains(t, "the question", *question, []string{"How many connections stop is not visible: Okta answered 500"})
	p.ask("deactivate_ai_agent_key", args{"agent_id": c.Agent.ID, "key_id": c.AgentKey.ID}).mustWork(nil)
	contains(t, "the question", *question, []string{"What other keys the agent has is not visible"})
	p.ask("deactivate_ai_agent", args{"agent_id": c.Agent.ID}).mustWork(nil)
	contains(t, "the question", *question, []string{"How many keys it has is not visible", "How many connections it has is not visible"})
}

func TestChecksOfAIAgentsAskLittle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	p := w.connect("2025-11-25", accepting)
	for tool, arguments := range dangerous(w.org.Cast()) {
		if !strings.Contains(tool, "ai_agent") && !strings.Contains(tool, "mcp_server") && !strings.Contains(tool, "event_hook") {
			continue
		}
		w.org.Reset()
		arguments["plan_only"] = true
		p.ask(tool, arguments).mustWork(nil)
		if sent := w.org.Requests(); len(sent) > 5 {
			t.Errorf("the check of %s sent %d requests: %v", tool, len(sent), sent)
		}
	}
}
