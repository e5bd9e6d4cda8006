package tools

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

const (
	mcpServersRead   = "okta.resourceServers.mcpServers.read"
	mcpServersManage = "okta.resourceServers.mcpServers.manage"
)

// maxAgentsAsked is how many agents' connections are counted for one question.
const maxAgentsAsked = 3

func mcpServerTools() []Any {
	return []Any{listMCPServers(), getMCPServer(), registerMCPServer(), activateMCPServer(), deactivateMCPServer(), deleteMCPServer()}
}

func mcpServerKind() kind {
	return kind{word: "MCP server", name: "metadata.displayName", param: "mcp_server_id", finder: "list_mcp_servers",
		get: byID((*oktaclient.Org).GetMCPServer), operation: byID((*oktaclient.Org).GetMCPServerOperation)}
}

type mcpServerRef struct {
	MCPServerID string `json:"mcp_server_id" jsonschema:"id"`
}

func (in mcpServerRef) identify() (kind, string) { return mcpServerKind(), in.MCPServerID }

type listMCPServersIn struct {
	Search string `json:"search,omitempty" jsonschema:"eq on resourceUrl; eq, sw, co on metadata.displayName"`
	Status string `json:"status,omitempty" enum:"PENDING INACTIVE ACTIVE INVALID" jsonschema:"narrows search"`
	Paging
}

func listMCPServers() Any {
	return Tool[listMCPServersIn, List]{
		Name: "list_mcp_servers", Title: "List MCP servers", Effect: Read, Scopes: []string{mcpServersRead},
		Description: "MCP servers that AI agents can be connected to, with address and status.",
		Run: func(ctx context.Context, c *Call, in listMCPServersIn) (List, error) {
			query, err := searchWith(in.Search, in.Status)
			if err != nil {
				return List{}, err
			}
			return listing{paging: in.Paging, key: []string{"MCP servers"}, query: query, fetch: wrapped("data", c.Org.ListMCPServers)}.run(ctx, c)
		},
	}
}

type getMCPServerIn struct {
	mcpServerRef
	Shown
}

func getMCPServer() Any {
	return Tool[getMCPServerIn, Document]{
		Name: "get_mcp_server", Title: "Get MCP server", Effect: Read, Scopes: []string{mcpServersRead},
		Description: "One MCP server: address, status, scopes it supports.",
		Run:         getObject[getMCPServerIn],
	}
}

type registerMCPServerIn struct {
	MCPServer json.RawMessage `json:"mcp_server" jsonschema:"resourceUrl, displayName, description"`
}

func registerMCPServer() Any {
	return creation[registerMCPServerIn]{
		action: "Register this MCP server", param: "mcp_server", undo: "delete_mcp_server",
		kind: func(registerMCPServerIn) kind { return mcpServerKind() },
		body: func(in registerMCPServerIn) (json.RawMessage, error) { return brandNew("mcp_server", in.MCPServer) },
		check: func(_ context.Context, _ *Call, p *confirm.Preview, _ registerMCPServerIn, body json.RawMessage) error {
			p.Targets[0].Name = gjson.GetBytes(body, "displayName").String()
			p.Consequence = append(p.Consequence, "Okta reads the server's metadata at its address; no agent is connected to it.")
			return checkHTTPS("mcp_server.resourceUrl", gjson.GetBytes(body, "resourceUrl").String())
		},
		post: func(ctx context.Context, c *Call, _ registerMCPServerIn, body json.RawMessage) (*oktaclient.Answer, error) {
			answer, err := c.Org.RegisterMCPServer(ctx, body)
			c.Notes = append(c.Notes, "Okta makes MCP servers INACTIVE: activate_mcp_server is next")
			return c.follow(ctx, mcpServerKind(), answer, err)
		},
	}.tool(Tool[registerMCPServerIn, Change]{
		Name: "register_mcp_server", Title: "Register MCP server", Effect: Write, Scopes: []string{mcpServersManage},
		Description: "Registers an MCP server by its https address, INACTIVE, and lets Okta read its metadata.",
	})
}

func activateMCPServer() Any {
	return step[mcpServerRef]{
		action: "Activate this MCP server", follows: []string{"AI agents can be connected to it, and reach it through connections that are ACTIVE."},
		from: []string{"INACTIVE"}, to: "ACTIVE",
		next: map[string]string{
			"PENDING": "Okta still reads its metadata; get_mcp_server shows when it is INACTIVE",
			"INVALID": "Okta could not read its metadata; whoever runs it has to mend that",
		},
		check: func(_ context.Context, _ *Call, p *confirm.Preview, _ mcpServerRef, o object) error {
			showServer(p, o)
			return nil
		},
		do: onIDLater[mcpServerRef]((*oktaclient.Org).ActivateMCPServer), undo: "deactivate_mcp_server",
	}.tool(Tool[mcpServerRef, Change]{
		Name: "activate_mcp_server", Title: "Activate MCP server", Effect: Privileged, Scopes: []string{mcpServersManage},
		Description: "Lets AI agents be connected to an INACTIVE MCP server.",
	})
}

func deactivateMCPServer() Any {
	return step[mcpServerRef]{
		action: "Deactivate this MCP server", follows: []string{"AI agents cannot reach it through Okta any more."},
		from: []string{"ACTIVE"}, to: "INACTIVE", next: map[string]string{"": "no agent can be connected to it as it is"},
		check: func(ctx context.Context, c *Call, p *confirm.Preview, _ mcpServerRef, o object) error {
			showServer(p, o)
			c.showConnected(ctx, p, o)
			return nil
		},
		do: onIDLater[mcpServerRef]((*oktaclient.Org).DeactivateMCPServer), undo: "activate_mcp_server",
	}.tool(Tool[mcpServerRef, Change]{
		Name: "deactivate_mcp_server", Title: "Deactivate MCP server", Effect: Destructive, Scopes: []string{mcpServersManage}, Optional: []string{aiAgentsRead},
		Description: "Stops AI agents from reaching an MCP server, and keeps it.",
	})
}

func deleteMCPServer() Any {
	return step[mcpServerRef]{
		action: "Delete this MCP server for good", typed: true, follows: []string{"This cannot be undone; the server itself goes on running."},
		from: []string{"INACTIVE"}, next: map[string]string{
			"ACTIVE":  "deactivate_mcp_server comes first",
			"PENDING": "Okta still reads its metadata; get_mcp_server shows when it is INACTIVE",
			"INVALID": "an administrator can look at it in the Okta Admin Console",
		},
		check: func(_ context.Context, _ *Call, p *confirm.Preview, _ mcpServerRef, o object) error {
			showServer(p, o)
			return nil
		},
		do: onIDLater[mcpServerRef]((*oktaclient.Org).DeleteMCPServer),
	}.tool(Tool[mcpServerRef, Change]{
		Name: "delete_mcp_server", Title: "Delete MCP server", Effect: Destructive, Scopes: []string{mcpServersManage},
		Description: "Deletes an INACTIVE MCP server that no connection leads to, for good.",
	})
}

// showServer adds to p where an MCP server is.
func showServer(p *confirm.Preview, o object) {
	p.Details = append(p.Details, wholeText("address", gjson.GetBytes(o.raw, "resourceUrl").String()))
}

// showConnected adds to p how many active connections lead to an MCP server.
// Okta lists them by agent only, so they are counted where agents are few.
func (c *Call) showConnected(ctx context.Context, p *confirm.Preview, server object) {
	const uncounted = "How many connections stop is not visible"
	if !c.granted(aiAgentsRead) {
		p.Consequence = append(p.Consequence, uncounted+": the scope "+aiAgentsRead+" is not granted.")
		return
	}
	count, agents := 0, 0
	hidden := c.informative(ctx, func(ctx context.Context) error {
		query := limitOf(maxAgentsAsked + 1)
		query.Set("search", `status eq "ACTIVE"`)
		active, n, err := page(wrapped("data", c.Org.ListAIAgents)(ctx, query))
		if agents = len(active); err != nil || n.more || agents > maxAgentsAsked {
			agents = maxAgentsAsked + 1
			return err
		}
		for _, agent := range active {
			connections, _, err := page(wrapped("data", c.agentConnections(gjson.GetBytes(agent, "id").String()))(ctx, limitOf(200)))
			if err != nil {
				return err
			}
			for _, connection := range activeOf(connections) {
				if leadsTo(connection, server.id) {
					count++
				}
			}
		}
		return nil
	})
	switch {
	case hidden != "":
		p.Consequence = append(p.Consequence, uncounted+": "+hidden+".")
	case agents > maxAgentsAsked:
		p.Consequence = append(p.Consequence, uncounted+": the org has many active AI agents.")
	default:
		p.Consequence = append(p.Consequence, atLeast{n: count}.of("active connection of an active agent stops working.", "active connections of active agents stop working."))
	}
}

// leadsTo reports whether a connection's resource is the one with the id: Okta
// names it by a resource name that ends in the id.
func leadsTo(connection json.RawMessage, id string) bool {
	return strings.HasSuffix(gjson.GetBytes(connection, "resource.orn").String(), ":"+id)
}
