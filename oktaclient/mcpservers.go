package oktaclient

import (
	"context"
	"encoding/json"
	"net/http"
)

// Operations of Okta for AI Agents on MCP servers. The SDK does not know them.

const mcpServers = "/resource-servers/api/v1/mcp-servers"

// ListMCPServers is GET /resource-servers/api/v1/mcp-servers. It answers the
// list in "data" of an object.
func (o *Org) ListMCPServers(ctx context.Context, q Query) (*Answer, error) {
	return o.direct(ctx, http.MethodGet, mcpServers, call{query: q})
}

// GetMCPServer is GET /resource-servers/api/v1/mcp-servers/{mcpServerId}.
func (o *Org) GetMCPServer(ctx context.Context, id string) (*Answer, error) {
	return o.direct(ctx, http.MethodGet, mcpServers+"/{mcpServerId}", call{ids: []pathID{{"MCP server", id}}})
}

// RegisterMCPServer is POST /resource-servers/api/v1/mcp-servers. Okta answers
// 202 and the operation to follow (see [Answer.Location] and
// [Org.GetMCPServerOperation]).
func (o *Org) RegisterMCPServer(ctx context.Context, body json.RawMessage) (*Answer, error) {
	return o.direct(ctx, http.MethodPost, mcpServers, call{body: body})
}

// ActivateMCPServer is POST
// /resource-servers/api/v1/mcp-servers/{mcpServerId}/lifecycle/activate.
func (o *Org) ActivateMCPServer(ctx context.Context, id string) (*Answer, error) {
	return o.direct(ctx, http.MethodPost, mcpServers+"/{mcpServerId}/lifecycle/activate", call{ids: []pathID{{"MCP server", id}}})
}

// DeactivateMCPServer is POST
// /resource-servers/api/v1/mcp-servers/{mcpServerId}/lifecycle/deactivate.
func (o *Org) DeactivateMCPServer(ctx context.Context, id string) (*Answer, error) {
	return o.direct(ctx, http.MethodPost, mcpServers+"/{mcpServerId}/lifecycle/deactivate", call{ids: []pathID{{"MCP server", id}}})
}

// DeleteMCPServer is DELETE
// /resource-servers/api/v1/mcp-servers/{mcpServerId}.
func (o *Org) DeleteMCPServer(ctx context.Context, id string) (*Answer, error) {
	return o.direct(ctx, http.MethodDelete, mcpServers+"/{mcpServerId}", call{ids: []pathID{{"MCP server", id}}})
}

// GetMCPServerOperation is GET
// /resource-servers/api/v1/operations/{operationId}.
func (o *Org) GetMCPServerOperation(ctx context.Context, operationID string) (*Answer, error) {
	return o.direct(ctx, http.MethodGet, "/resource-servers/api/v1/operations/{operationId}", call{ids: []pathID{{"operation", operationID}}})
}
