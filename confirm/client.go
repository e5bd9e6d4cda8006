package confirm

import (
	"context"
	"crypto/rand"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// answerKey names our one question in an input-required result.
const answerKey = "confirm"

// Client asks through the MCP client: with elicitation/create where the client
// speaks a protocol up to 2025-11-25, and with an input-required result from
// 2026-07-28 on.
type Client struct {
	Server *server.MCPServer
}

// Name implements Asker.
func (Client) Name() string { return "client" }

// Can implements Asker. mcp-go would ask a client that never declared that it
// can, so the declaration is looked up first: per request in 2026-07-28, from
// the handshake before.
func (Client) Can(ctx context.Context) (bool, string) {
	var declared *mcp.ElicitationCapability
	if server.IsModernRequest(ctx) {
		if c := server.RequestProtocolInfoFromContext(ctx).ClientCapabilities; c != nil {
			declared = c.Elicitation
		}
	} else if s, ok := server.ClientSessionFromContext(ctx).(server.SessionWithClientInfo); ok {
		declared = s.GetClientCapabilities().Elicitation
	}
	if declared == nil {
		return false, "the MCP client does not support elicitation"
	}
	// An empty capability means form mode (MCP 2025-11-25, elicitation).
	if declared.Form == nil && declared.URL != nil {
		return false, "the MCP client supports elicitation by URL only, not by form"
	}
	return true, ""
}

// Ask implements Asker.
func (c Client) Ask(ctx context.Context, q Question) (Reply, error) {
	if server.IsModernRequest(ctx) {
		return Reply{}, &InputRequired{Question: q}
	}
	version := server.RequestProtocolVersion(ctx)
	result, err := c.Server.RequestElicitation(ctx, mcp.ElicitationRequest{
		Request: mcp.Request{Method: string(mcp.MethodElicitationCreate)},
		Params:  params(q, version < "2025-11-25"),
	})
	if err != nil {
		return Reply{}, err
	}
	if result == nil {
		return Reply{}, nil
	}
	return Reply{Action: string(result.Action), Content: result.Content}, nil
}

// CanShow reports whether the client can be asked to show an address to the
// person (MCP 2025-11-25, elicitation in URL mode).
func (Client) CanShow(ctx context.Context) bool {
	s, ok := server.ClientSessionFromContext(ctx).(server.SessionWithClientInfo)
	if server.IsModernRequest(ctx) || !ok {
		return false
	}
	declared := s.GetClientCapabilities().Elicitation
	return declared != nil && declared.URL != nil
}

// Show has the client show the address to the person, with our message, until it
// answers. What it answers says nothing of what the person did there.
func (c Client) Show(ctx context.Context, address, message string) error {
	_, err := c.Server.RequestURLElicitation(ctx, server.ClientSessionFromContext(ctx), rand.Text(), address, message)
	return err
}

func params(q Question, legacyEnum bool) mcp.ElicitationParams {
	return mcp.ElicitationParams{Message: q.Text(), RequestedSchema: q.Schema(legacyEnum)}
}

// Result returns the tool result that asks a 2026-07-28 client to answer the
// question and to repeat the call.
func (i *InputRequired) Result() *mcp.CallToolResult {
	return server.NewInputRequestBuilder(i.Seal).Elicit(answerKey, params(i.Question, false)).ToolResult()
}

// TicketFrom returns the answer that a repeated call carries, if it carries one.
func TicketFrom(ctx context.Context, p mcp.MultiRoundTripParams) (Ticket, bool) {
	if !server.IsModernRequest(ctx) || (p.RequestState == "" && len(p.InputResponses) == 0) {
		return Ticket{}, false
	}
	ticket := Ticket{By: Client{}.Name(), Seal: p.RequestState}
	if result := server.ElicitationResponse(p.InputResponses, answerKey); result != nil {
		ticket.Reply = Reply{Action: string(result.Action), Content: result.Content}
	}
	return ticket, true
}
