package remote

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
)

// conversation is one SSE stream and the session that lasts as long: what the
// client posts is answered on it, and so are our questions asked. It implements
// server.ClientSession, server.SessionWithClientInfo and
// server.SessionWithElicitation.
type conversation struct {
	id            string
	caller        string
	life          context.Context // ends with the stream
	notifications chan mcp.JSONRPCNotification
	outbox        chan outgoing // answers and questions

	mu           sync.Mutex
	client       mcp.Implementation
	capabilities mcp.ClientCapabilities
	version      string
	questions    map[string]chan message // by their ids
}

// outgoing is a message, and what is closed once it was written.
type outgoing struct {
	message []byte
	written chan struct{}
}

// maxNotifications are kept for a client that does not read as fast; mcp-go drops
// what is over.
const maxNotifications = 100

func newConversation(life context.Context, caller string) *conversation {
	return &conversation{
		id: rand.Text(), caller: caller, life: life,
		notifications: make(chan mcp.JSONRPCNotification, maxNotifications), outbox: make(chan outgoing),
		questions: map[string]chan message{},
	}
}

// send queues a message for the stream, and waits until it is written: a client that
// does not read holds up its own requests.
func (c *conversation) send(ctx context.Context, v any) error {
	encoded, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encoding a message: %w", err)
	}
	m := outgoing{encoded, make(chan struct{})}
	select {
	case c.outbox <- m:
	case <-ctx.Done():
		return ctx.Err()
	case <-c.life.Done():
		return errGone
	}
	select {
	case <-m.written:
		return nil
	case <-c.life.Done():
		return errGone
	}
}

var errGone = errors.New("the client has closed its stream")

// RequestElicitation asks the client, on the stream, and waits for the answer that
// it posts.
func (c *conversation) RequestElicitation(ctx context.Context, request mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	id, answered := rand.Text(), make(chan message, 1)
	c.mu.Lock()
	c.questions[id] = answered
	c.mu.Unlock()
	defer c.forget(id)
	err := c.send(ctx, mcp.JSONRPCRequest{
		JSONRPC: mcp.JSONRPC_VERSION, ID: mcp.NewRequestId(id),
		Request: mcp.Request{Method: string(mcp.MethodElicitationCreate)}, Params: request.Params,
	})
	if err != nil {
		return nil, err
	}
	select {
	case answer := <-answered:
		return elicited(answer)
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-c.life.Done():
		return nil, errGone
	}
}

func elicited(answer message) (*mcp.ElicitationResult, error) {
	if answer.failure != nil {
		return nil, errors.New("the client answered the question with an error")
	}
	var result mcp.ElicitationResult
	if err := json.Unmarshal(answer.result, &result); err != nil {
		return nil, errors.New("the client's answer to the question cannot be read")
	}
	return &result, nil
}

func (c *conversation) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.questions, id)
}

// answer hands an answer to the question that waits for it. One to no question is
// of no use to anybody.
func (c *conversation) answer(m message) {
	var id string
	if json.Unmarshal(m.id, &id) != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if waiting := c.questions[id]; waiting != nil {
		delete(c.questions, id) // the first counts
		waiting <- m
	}
}

// SessionID implements server.ClientSession.
func (c *conversation) SessionID() string { return c.id }

// NotificationChannel implements server.ClientSession.
func (c *conversation) NotificationChannel() chan<- mcp.JSONRPCNotification { return c.notifications }

// Initialize implements server.ClientSession; what it would note is noted by
// SetProtocolVersion.
func (c *conversation) Initialize() {}

// Initialized implements server.ClientSession: notifications are wanted once the
// version is agreed on.
func (c *conversation) Initialized() bool { return c.ProtocolVersion() != "" }

// GetClientInfo implements server.SessionWithClientInfo.
func (c *conversation) GetClientInfo() mcp.Implementation {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.client
}

// SetClientInfo implements server.SessionWithClientInfo.
func (c *conversation) SetClientInfo(client mcp.Implementation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.client = client
}

// GetClientCapabilities implements server.SessionWithClientInfo.
func (c *conversation) GetClientCapabilities() mcp.ClientCapabilities {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.capabilities
}

// SetClientCapabilities implements server.SessionWithClientInfo.
func (c *conversation) SetClientCapabilities(capabilities mcp.ClientCapabilities) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.capabilities = capabilities
}

// ProtocolVersion is the version that initialize agreed on, for mcp-go.
func (c *conversation) ProtocolVersion() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.version
}

// SetProtocolVersion notes the version that initialize agreed on, for mcp-go.
func (c *conversation) SetProtocolVersion(version string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.version = version
}
