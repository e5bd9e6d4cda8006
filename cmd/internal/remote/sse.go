package remote

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// conversations carries MCP over SSE, as in MCP 2024-11-05: a GET opens a stream,
// and messages are posted beside it. The messages are mcp-go's to serve. Its own
// SSE transport is not used, because its calls outlive their stream, it cannot ask,
// and answers overtake the progress that went before them.
type conversations struct {
	*Server

	mu   sync.Mutex
	byID map[string]*conversation
}

func newConversations(s *Server) *conversations {
	return &conversations{Server: s, byID: map[string]*conversation{}}
}

func (t *conversations) routes() map[string]route {
	return map[string]route{
		ssePath:     {methods: []string{http.MethodGet}, serve: t.stream},
		messagePath: {methods: []string{http.MethodPost}, serve: t.receive},
	}
}

func (t *conversations) sessions() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.byID)
}

// reap does nothing: a session ends with its stream, which keep-alives prove open.
func (*conversations) reap(time.Duration) {}

// close does nothing: the streams end with the server.
func (*conversations) close() {}

// stream opens a conversation, tells the client where to post, and writes until the
// client leaves.
func (t *conversations) stream(w *writer, c *call) *refusal {
	release := t.caps.take(streams, c.caller.ID)
	if release == nil {
		return tooMany("streams")
	}
	defer release()
	life, end := context.WithCancel(c.Context())
	defer end()
	talk := newConversation(life, c.caller.ID)
	t.mu.Lock()
	t.byID[talk.id] = talk
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.byID, talk.id)
	}()
	if err := t.options.MCP.RegisterSession(life, talk); err != nil {
		return refuse(http.StatusInternalServerError, "the session could not be opened")
	}
	defer t.options.MCP.UnregisterSession(context.WithoutCancel(life), talk.id)
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	if err := event(w, "endpoint", messagePath+"?sessionId="+talk.id); err == nil {
		talk.write(w)
	}
	return nil
}

// write writes what the client is sent until the stream ends. Notifications that
// were sent before an answer go before it.
func (c *conversation) write(w io.Writer) {
	for {
		var err error
		select {
		case n := <-c.notifications:
			err = writeNotification(w, n)
		case m := <-c.outbox:
			if err = c.flush(w); err == nil {
				err = event(w, "message", string(m.message))
			}
			close(m.written)
		case <-c.life.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// flush writes the notifications that wait.
func (c *conversation) flush(w io.Writer) error {
	for {
		select {
		case n := <-c.notifications:
			if err := writeNotification(w, n); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

func writeNotification(w io.Writer, n mcp.JSONRPCNotification) error {
	encoded, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("encoding a notification: %w", err)
	}
	return event(w, "message", string(encoded))
}

// event writes one event of a stream. JSON has no line ends.
func event(w io.Writer, name, data string) error {
	_, err := io.WriteString(w, "event: "+name+"\ndata: "+data+"\n\n")
	flushed(w)
	return err
}

func flushed(w io.Writer) {
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}

// receive takes a message that a client posts to its own conversation. What wants
// an answer is answered on the stream.
func (t *conversations) receive(w *writer, c *call) *refusal {
	t.mu.Lock()
	talk := t.byID[c.URL.Query().Get("sessionId")]
	t.mu.Unlock()
	if talk == nil || talk.caller != c.caller.ID {
		return refuse(http.StatusNotFound, "there is no such session: open the stream at "+ssePath+" anew")
	}
	switch {
	case c.message.answers():
		talk.answer(c.message)
		c.release()
	case c.message.method == string(mcp.MethodSubscriptionsListen) && c.message.isRequest():
		c.release() // it listens, as a stream
		if c.release = t.caps.take(streams, c.caller.ID); c.release == nil {
			c.release = func() {}
			return tooMany("streams")
		}
		t.start(talk, c)
	case c.message.isRequest():
		t.start(talk, c)
	case c.message.cancels():
		t.cancels.cancel(talk.id, c.message)
		c.release()
	default:
		defer c.release()
		t.options.MCP.HandleMessage(t.within(talk, c), c.message.raw)
	}
	w.WriteHeader(http.StatusAccepted)
	return nil
}

// within is the context of a message: it ends with the conversation, not with the
// request that brought it.
func (t *conversations) within(talk *conversation, c *call) context.Context {
	ctx := context.WithValue(talk.life, principalKey{}, Principal(c.Context()))
	return t.options.MCP.WithContext(ctx, talk)
}

// start serves a request beside the POST that brought it.
func (t *conversations) start(talk *conversation, c *call) {
	ctx, done := t.cancels.begin(t.within(talk, c), talk.id, c.message.id)
	go func() {
		defer done()
		t.respond(ctx, talk, c)
	}()
}

// respond serves a request and sends the answer, unless the client wants none any
// more (MCP, cancellation).
func (t *conversations) respond(ctx context.Context, talk *conversation, c *call) {
	defer c.release()
	defer func() {
		if cause := recover(); cause != nil {
			t.options.Logger.Error("a message failed in a way that it must not", "cause", cause, "stack", string(debug.Stack()))
			_ = talk.send(talk.life, mcp.NewJSONRPCError(mcp.NewRequestId(c.message.id), mcp.INTERNAL_ERROR, "the server failed; its log says where", nil))
		}
	}()
	answer := t.options.MCP.HandleMessage(ctx, c.message.raw)
	if answer == nil || ctx.Err() != nil {
		return
	}
	if err := talk.send(talk.life, answer); err != nil {
		t.options.Logger.Debug("an answer was not sent", "error", err)
	}
}

var (
	_ server.SessionWithClientInfo  = (*conversation)(nil)
	_ server.SessionWithElicitation = (*conversation)(nil)
)
