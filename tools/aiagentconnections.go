package tools

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

// toMCPServer is the type of a connection that leads to an MCP server.
const toMCPServer = "IDENTITY_ASSERTION_MCP_SERVER"

var errManyConnections = errors.New("the AI agent has more connections than are read to find one: list_ai_agent_connections shows them")

func aiAgentConnectionTools() []Any {
	return []Any{listAIAgentConnections(), createAIAgentConnection(), activateAIAgentConnection(), deactivateAIAgentConnection(), deleteAIAgentConnection()}
}

func aiAgentConnectionKind(agentID string) kind {
	return kind{
		word: "AI agent connection", name: "resource.name", param: "connection_id", finder: "list_ai_agent_connections", within: inside{"agent_id", agentID},
		get: func(ctx context.Context, o *oktaclient.Org, id string) (*oktaclient.Answer, error) {
			return findConnection(ctx, o, agentID, id)
		},
	}
}

// findConnection is a get by id, which Okta does not have: it looks through the
// agent's connections, and answers as Okta would what is not among them.
func findConnection(ctx context.Context, o *oktaclient.Org, agentID, id string) (*oktaclient.Answer, error) {
	if err := oktaclient.CheckID("connection", id); err != nil {
		return nil, &ArgumentError{Problem: err.Error()}
	}
	connections, more, err := pages(ctx, 2, limitOf(200), wrapped("data", func(ctx context.Context, q oktaclient.Query) (*oktaclient.Answer, error) {
		return o.ListAIAgentConnections(ctx, agentID, q)
	}))
	if err != nil {
		return nil, err
	}
	for _, connection := range connections {
		if gjson.GetBytes(connection, "id").String() == id {
			return &oktaclient.Answer{Status: http.StatusOK, Body: connection}, nil
		}
	}
	if more {
		return nil, errManyConnections
	}
	return nil, &oktaclient.Error{Method: http.MethodGet, Status: http.StatusNotFound, Summary: "not among the AI agent's connections"}
}

type aiAgentConnectionRef struct {
	aiAgentRef
	ConnectionID string `json:"connection_id" jsonschema:"id"`
}

func (in aiAgentConnectionRef) identify() (kind, string) {
	return aiAgentConnectionKind(in.AgentID), in.ConnectionID
}

type listAIAgentConnectionsIn struct {
	aiAgentRef
	Paging
}

func listAIAgentConnections() Any {
	return Tool[listAIAgentConnectionsIn, List]{
		Name: "list_ai_agent_connections", Title: "List an AI agent's connections", Effect: Read, Scopes: []string{aiAgentsRead},
		Description: "What one AI agent can reach: resource, scopes, status.",
		Run: func(ctx context.Context, c *Call, in listAIAgentConnectionsIn) (List, error) {
			return listing{paging: in.Paging, view: view{without: []string{"orn"}}, key: []string{"AI agent connections", in.AgentID}, fetch: wrapped("data", c.agentConnections(in.AgentID))}.run(ctx, c)
		},
	}
}

type createAIAgentConnectionIn struct {
	aiAgentRef
	Connection json.RawMessage `json:"connection" jsonschema:"e.g. connectionType IDENTITY_ASSERTION_MCP_SERVER, resource {orn}, authorizationServer {orn}, scopeCondition INCLUDE_ONLY, scopes"`
}

func createAIAgentConnection() Any {
	return creation[createAIAgentConnectionIn]{
		action: "Connect an AI agent to this resource", param: "connection", undo: "deactivate_ai_agent_connection",
		kind: func(in createAIAgentConnectionIn) kind { return aiAgentConnectionKind(in.AgentID) },
		body: func(in createAIAgentConnectionIn) (json.RawMessage, error) {
			return brandNew("connection", in.Connection)
		},
		check: func(ctx context.Context, c *Call, p *confirm.Preview, in createAIAgentConnectionIn, body json.RawMessage) error {
			p.Targets[0].Name = resourceOf(body)
			p.Consequence = append(p.Consequence, "The agent can get tokens for it at once, and act there.")
			if err := c.checkEnds(ctx, p, in.AgentID, body); err != nil {
				return err
			}
			if p.Targets[0].Name == "" {
				return &ArgumentError{Problem: "connection leads to nothing that is known here: connectionType must be one of " +
					strings.Join(slices.Sorted(maps.Keys(resourceMembers())), ", ") + ", and what it leads to must be named by its orn"}
			}
			return nil
		},
		post: func(ctx context.Context, c *Call, in createAIAgentConnectionIn, body json.RawMessage) (*oktaclient.Answer, error) {
			return c.Org.CreateAIAgentConnection(ctx, in.AgentID, body)
		},
	}.tool(Tool[createAIAgentConnectionIn, Change]{
		Name: "create_ai_agent_connection", Title: "Create AI agent connection", Effect: Privileged, Scopes: []string{aiAgentsManage}, Optional: []string{mcpServersRead},
		Description: "Lets an ACTIVE AI agent reach an ACTIVE resource, such as an MCP server or an app.",
	})
}

// resourceOf is Okta's resource name of what a connection leads to, by its type:
// other names in the document are only what the caller says. Of a type that is
// not known here it is "".
func resourceOf(connection json.RawMessage) string {
	doc := gjson.ParseBytes(connection)
	return doc.Get(resourceMembers()[doc.Get("connectionType").String()] + ".orn").String()
}

// resourceMembers is where a connection names what it leads to, by its type.
func resourceMembers() map[string]string {
	return map[string]string{
		toMCPServer: "resource", "STS_ACCESS_TOKEN": "resource", "STS_SERVICE_ACCOUNT": "serviceAccount", "STS_VAULT_SECRET": "secret",
		"IDENTITY_ASSERTION_APP_INSTANCE": "app", "IDENTITY_ASSERTION_CUSTOM_AS": "authorizationServer",
	}
}

// checkEnds refuses a connection either end of which is not ACTIVE, and adds to p
// what they are. Of resources only MCP servers can be read back.
func (c *Call) checkEnds(ctx context.Context, p *confirm.Preview, agentID string, connection json.RawMessage) error {
	agent, err := c.showAgent(ctx, p, agentID)
	if err != nil {
		return err
	}
	if err := needActive(agent, "activate_ai_agent activates the agent"); err != nil {
		return err
	}
	if gjson.GetBytes(connection, "scopeCondition").String() == "ALL_SCOPES" {
		p.Consequence = append(p.Consequence, "It covers all scopes of the resource, those it gets later too.")
	}
	if gjson.GetBytes(connection, "connectionType").String() != toMCPServer {
		p.Consequence = append(p.Consequence, "Whether the resource is ACTIVE is not visible here; Okta refuses one that is not.")
		return nil
	}
	orn := gjson.GetBytes(connection, "resource.orn").String()
	serverID := orn[strings.LastIndex(orn, ":")+1:]
	if serverID == "" {
		return &ArgumentError{Problem: "connection.resource.orn must be the orn of an MCP server; get_mcp_server shows it"}
	}
	if gjson.GetBytes(connection, "authorizationServer.orn").String() == "" {
		return &ArgumentError{Problem: "connection.authorizationServer.orn must be the orn of an authorization server of the MCP server; list_ai_agent_connections of an agent that is connected to it shows it, and so does the Okta Admin Console"}
	}
	hidden, err := c.optional(mcpServersRead, func() error {
		server, err := c.object(ctx, mcpServerKind(), serverID)
		if err != nil {
			return err
		}
		p.Details = append(p.Details, detail("MCP server", []string{server.name, "id " + server.id}))
		showServer(p, server)
		p.State = []any{p.State, server.state()}
		return needActive(server, "activate_mcp_server activates the server")
	})
	if hidden != "" {
		p.Consequence = append(p.Consequence, "Whether the MCP server is ACTIVE is not visible: "+hidden+".")
	}
	return err
}

func activateAIAgentConnection() Any {
	return step[aiAgentConnectionRef]{
		action: "Activate this connection of an AI agent", follows: []string{"The agent can get tokens for the resource again, and act there."},
		from: []string{"INACTIVE"}, to: "ACTIVE",
		check: func(ctx context.Context, c *Call, p *confirm.Preview, in aiAgentConnectionRef, o object) error {
			showConnection(p, o)
			return c.checkEnds(ctx, p, in.AgentID, o.raw)
		},
		do: inID[aiAgentConnectionRef]((*oktaclient.Org).ActivateAIAgentConnection), undo: "deactivate_ai_agent_connection",
	}.tool(Tool[aiAgentConnectionRef, Change]{
		Name: "activate_ai_agent_connection", Title: "Activate AI agent connection", Effect: Privileged, Scopes: []string{aiAgentsManage}, Optional: []string{mcpServersRead},
		Description: "Lets an ACTIVE AI agent use an INACTIVE connection again.",
	})
}

func deactivateAIAgentConnection() Any {
	return step[aiAgentConnectionRef]{
		action: "Deactivate this connection of an AI agent", follows: []string{"The agent gets no more tokens for the resource."},
		from: []string{"ACTIVE"}, to: "INACTIVE", check: checkConnection,
		do: inID[aiAgentConnectionRef]((*oktaclient.Org).DeactivateAIAgentConnection), undo: "activate_ai_agent_connection",
	}.tool(Tool[aiAgentConnectionRef, Change]{
		Name: "deactivate_ai_agent_connection", Title: "Deactivate AI agent connection", Effect: Destructive, Scopes: []string{aiAgentsManage},
		Description: "Stops an AI agent from reaching a resource, and keeps the connection.",
	})
}

func deleteAIAgentConnection() Any {
	return step[aiAgentConnectionRef]{
		action: "Delete this connection of an AI agent for good", typed: true, follows: []string{"This cannot be undone."},
		from: []string{"INACTIVE"}, next: map[string]string{"ACTIVE": "deactivate_ai_agent_connection comes first"}, check: checkConnection,
		do: inID[aiAgentConnectionRef]((*oktaclient.Org).DeleteAIAgentConnection),
	}.tool(Tool[aiAgentConnectionRef, Change]{
		Name: "delete_ai_agent_connection", Title: "Delete AI agent connection", Effect: Destructive, Scopes: []string{aiAgentsManage},
		Description: "Deletes an INACTIVE connection of an AI agent for good.",
	})
}

func checkConnection(ctx context.Context, c *Call, p *confirm.Preview, in aiAgentConnectionRef, o object) error {
	showConnection(p, o)
	_, err := c.showAgent(ctx, p, in.AgentID)
	return err
}

// showConnection adds to p what a connection leads to and how far it goes.
func showConnection(p *confirm.Preview, o object) {
	doc := gjson.ParseBytes(o.raw)
	p.Details = append(p.Details, detail("connection", []string{doc.Get("connectionType").String(), doc.Get("resourceIndicator").String()}),
		wholeText("resource", resourceOf(o.raw)))
	if scopes := stringsOf(doc.Get("scopes")); len(scopes) > 0 { // all of them: they say how far it goes
		p.Details = append(p.Details, confirm.Detail{Label: "scopes", Texts: append([]string{doc.Get("scopeCondition").String()}, scopes...)})
	}
}
