package oktaclient

import (
	"context"
	"encoding/json"
	"net/http"
)

// Operations of Okta for AI Agents on agents, their keys and their connections.
// The SDK does not know them.

const aiAgents = "/workload-principals/api/v1/ai-agents"

// ListAIAgents is GET /workload-principals/api/v1/ai-agents. It answers the
// list in "data" of an object.
func (o *Org) ListAIAgents(ctx context.Context, q Query) (*Answer, error) {
	return o.direct(ctx, http.MethodGet, aiAgents, call{query: q})
}

// GetAIAgent is GET /workload-principals/api/v1/ai-agents/{agentId}.
func (o *Org) GetAIAgent(ctx context.Context, id string) (*Answer, error) {
	return o.direct(ctx, http.MethodGet, aiAgents+"/{agentId}", call{ids: []pathID{{"agent", id}}})
}

// RegisterAIAgent is POST /workload-principals/api/v1/ai-agents. Okta answers
// 202 and the operation to follow (see [Answer.Location] and
// [Org.GetAIAgentOperation]).
func (o *Org) RegisterAIAgent(ctx context.Context, body json.RawMessage) (*Answer, error) {
	return o.direct(ctx, http.MethodPost, aiAgents, call{body: body})
}

// UpdateAIAgent is PATCH /workload-principals/api/v1/ai-agents/{agentId}: only
// what the body names changes. Okta answers 202 as in RegisterAIAgent.
func (o *Org) UpdateAIAgent(ctx context.Context, id string, body json.RawMessage) (*Answer, error) {
	return o.direct(ctx, http.MethodPatch, aiAgents+"/{agentId}", call{ids: []pathID{{"agent", id}}, body: body, merges: true})
}

// ActivateAIAgent is POST
// /workload-principals/api/v1/ai-agents/{agentId}/lifecycle/activate. Okta
// answers 202 as in RegisterAIAgent.
func (o *Org) ActivateAIAgent(ctx context.Context, id string) (*Answer, error) {
	return o.direct(ctx, http.MethodPost, aiAgents+"/{agentId}/lifecycle/activate", call{ids: []pathID{{"agent", id}}})
}

// DeactivateAIAgent is POST
// /workload-principals/api/v1/ai-agents/{agentId}/lifecycle/deactivate. Okta
// may answer 202 as in RegisterAIAgent.
func (o *Org) DeactivateAIAgent(ctx context.Context, id string) (*Answer, error) {
	return o.direct(ctx, http.MethodPost, aiAgents+"/{agentId}/lifecycle/deactivate", call{ids: []pathID{{"agent", id}}})
}

// DeleteAIAgent is DELETE /workload-principals/api/v1/ai-agents/{agentId}.
// Okta takes it for an INACTIVE agent that was not imported.
func (o *Org) DeleteAIAgent(ctx context.Context, id string) (*Answer, error) {
	return o.direct(ctx, http.MethodDelete, aiAgents+"/{agentId}", call{ids: []pathID{{"agent", id}}})
}

// GetAIAgentOperation is GET
// /workload-principals/api/v1/operations/{operationId}.
func (o *Org) GetAIAgentOperation(ctx context.Context, operationID string) (*Answer, error) {
	return o.direct(ctx, http.MethodGet, "/workload-principals/api/v1/operations/{operationId}", call{ids: []pathID{{"operation", operationID}}})
}

// ListAIAgentKeys is GET
// /workload-principals/api/v1/ai-agents/{agentId}/credentials/jwks.
func (o *Org) ListAIAgentKeys(ctx context.Context, agentID string, q Query) (*Answer, error) {
	return o.direct(ctx, http.MethodGet, aiAgents+"/{agentId}/credentials/jwks", call{ids: []pathID{{"agent", agentID}}, query: q})
}

// GetAIAgentKey is GET
// /workload-principals/api/v1/ai-agents/{agentId}/credentials/jwks/{keyId}.
func (o *Org) GetAIAgentKey(ctx context.Context, agentID, keyID string) (*Answer, error) {
	return o.direct(ctx, http.MethodGet, aiAgents+"/{agentId}/credentials/jwks/{keyId}", call{ids: []pathID{{"agent", agentID}, {"key", keyID}}})
}

// AddAIAgentKey is POST
// /workload-principals/api/v1/ai-agents/{agentId}/credentials/jwks.
func (o *Org) AddAIAgentKey(ctx context.Context, agentID string, body json.RawMessage) (*Answer, error) {
	return o.direct(ctx, http.MethodPost, aiAgents+"/{agentId}/credentials/jwks", call{ids: []pathID{{"agent", agentID}}, body: body})
}

// ActivateAIAgentKey is POST
// /workload-principals/api/v1/ai-agents/{agentId}/credentials/jwks/{keyId}/lifecycle/activate.
func (o *Org) ActivateAIAgentKey(ctx context.Context, agentID, keyID string) (*Answer, error) {
	return o.direct(ctx, http.MethodPost, aiAgents+"/{agentId}/credentials/jwks/{keyId}/lifecycle/activate", call{ids: []pathID{{"agent", agentID}, {"key", keyID}}})
}

// DeactivateAIAgentKey is POST
// /workload-principals/api/v1/ai-agents/{agentId}/credentials/jwks/{keyId}/lifecycle/deactivate.
// Okta refuses it for an agent's only key.
func (o *Org) DeactivateAIAgentKey(ctx context.Context, agentID, keyID string) (*Answer, error) {
	return o.direct(ctx, http.MethodPost, aiAgents+"/{agentId}/credentials/jwks/{keyId}/lifecycle/deactivate", call{ids: []pathID{{"agent", agentID}, {"key", keyID}}})
}

// DeleteAIAgentKey is DELETE
// /workload-principals/api/v1/ai-agents/{agentId}/credentials/jwks/{keyId}.
func (o *Org) DeleteAIAgentKey(ctx context.Context, agentID, keyID string) (*Answer, error) {
	return o.direct(ctx, http.MethodDelete, aiAgents+"/{agentId}/credentials/jwks/{keyId}", call{ids: []pathID{{"agent", agentID}, {"key", keyID}}})
}

// ListAIAgentConnections is GET
// /workload-principals/api/v1/ai-agents/{agentId}/connections.
func (o *Org) ListAIAgentConnections(ctx context.Context, agentID string, q Query) (*Answer, error) {
	return o.direct(ctx, http.MethodGet, aiAgents+"/{agentId}/connections", call{ids: []pathID{{"agent", agentID}}, query: q})
}

// CreateAIAgentConnection is POST
// /workload-principals/api/v1/ai-agents/{agentId}/connections.
func (o *Org) CreateAIAgentConnection(ctx context.Context, agentID string, body json.RawMessage) (*Answer, error) {
	return o.direct(ctx, http.MethodPost, aiAgents+"/{agentId}/connections", call{ids: []pathID{{"agent", agentID}}, body: body})
}

// ActivateAIAgentConnection is POST
// /workload-principals/api/v1/ai-agents/{agentId}/connections/{connectionId}/lifecycle/activate.
func (o *Org) ActivateAIAgentConnection(ctx context.Context, agentID, connectionID string) (*Answer, error) {
	return o.direct(ctx, http.MethodPost, aiAgents+"/{agentId}/connections/{connectionId}/lifecycle/activate", call{ids: []pathID{{"agent", agentID}, {"connection", connectionID}}})
}

// DeactivateAIAgentConnection is POST
// /workload-principals/api/v1/ai-agents/{agentId}/connections/{connectionId}/lifecycle/deactivate.
func (o *Org) DeactivateAIAgentConnection(ctx context.Context, agentID, connectionID string) (*Answer, error) {
	return o.direct(ctx, http.MethodPost, aiAgents+"/{agentId}/connections/{connectionId}/lifecycle/deactivate", call{ids: []pathID{{"agent", agentID}, {"connection", connectionID}}})
}

// DeleteAIAgentConnection is DELETE
// /workload-principals/api/v1/ai-agents/{agentId}/connections/{connectionId}.
func (o *Org) DeleteAIAgentConnection(ctx context.Context, agentID, connectionID string) (*Answer, error) {
	return o.direct(ctx, http.MethodDelete, aiAgents+"/{agentId}/connections/{connectionId}", call{ids: []pathID{{"agent", agentID}, {"connection", connectionID}}})
}
