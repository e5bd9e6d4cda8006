package remote

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// streamable carries MCP over Streamable HTTP: with sessions up to 2025-11-25, and
// without from 2026-07-28 on. mcp-go does; here is what it leaves open: whose a
// session is, and which messages must not reach another's.
type streamable struct {
	*Server
	table *table
	mcp   *server.StreamableHTTPServer
}

func newStreamable(s *Server) *streamable {
	t := &streamable{Server: s, table: newTable(s.caps)}
	t.mcp = server.NewStreamableHTTPServer(s.options.MCP,
		server.WithSessionIdManagerResolver(t),
		server.WithDisableLocalhostProtection(true), // hosts are checked at the door, whatever the interface
		server.WithStreamableHTTPLogger(slog.New(forDebugging{s.options.Logger.Handler()})),
	)
	return t
}

func (t *streamable) routes() map[string]route {
	return map[string]route{mcpPath: {methods: []string{http.MethodGet, http.MethodPost, http.MethodDelete}, serve: t.serve}}
}

func (t *streamable) sessions() int { return t.table.count() }

func (t *streamable) reap(idle time.Duration) {
	for _, id := range t.table.idle("", idle) {
		t.remove(id)
	}
}

func (t *streamable) close() { t.reap(0) }

// serve passes a request on to mcp-go, in the caller's own session.
func (t *streamable) serve(w *writer, c *call) *refusal {
	if c.release != nil {
		defer c.release()
	}
	switch {
	case mcp.IsModernProtocol(c.Header.Get(mcp.HeaderProtocolVersion)): // which is how mcp-go tells them
		return t.stateless(w, c)
	case c.Method == http.MethodPost && c.message.method == string(mcp.MethodInitialize):
		return t.initialize(w, c)
	}
	id := c.Header.Get(server.HeaderKeySessionID)
	if id == "" {
		return refuse(http.StatusBadRequest, "the Mcp-Session-Id header is missing: send initialize first, and then the id it is answered with")
	}
	session, leave := t.table.enter(id, c.caller.ID)
	if session == nil {
		return refuse(http.StatusNotFound, "there is no such session: send initialize anew")
	}
	defer leave()
	switch {
	case c.Method == http.MethodGet:
		return t.listen(session.life, w, c)
	case c.Method == http.MethodDelete:
		t.pass(c.Context(), w, c)
	case c.message.cancels():
		t.cancels.cancel(id, c.message)
		w.WriteHeader(http.StatusAccepted)
	case !c.message.isRequest() && !c.message.answers():
		// mcp-go does nothing about it, and might put into the answer what waits for
		// the session's stream, where no client looks for it.
		w.WriteHeader(http.StatusAccepted)
	default:
		return t.within(w, c, session)
	}
	return nil
}

// within passes on a message of a session, whose end is the message's. A request
// that its client has taken back is answered with nothing (MCP, cancellation).
func (t *streamable) within(w *writer, c *call, session *session) *refusal {
	ctx, end := context.WithCancel(c.Context())
	defer end()
	defer context.AfterFunc(session.life, end)()
	done := end
	if c.message.isRequest() {
		ctx, done = t.cancels.begin(ctx, session.id, c.message.id)
	}
	defer done()
	t.pass(ctx, w, c)
	if w.began {
		return nil
	}
	if why := ended(c.Context()); why != nil {
		return why
	}
	if ctx.Err() != nil {
		w.WriteHeader(http.StatusAccepted)
	}
	return nil
}

// stateless passes on a request that is a world of its own. Its cancellation is the
// end of the connection: ids of several clients would be taken for each other.
func (t *streamable) stateless(w *writer, c *call) *refusal {
	switch {
	case c.message.cancels():
		w.WriteHeader(http.StatusAccepted)
		return nil
	case c.message.method == string(mcp.MethodSubscriptionsListen):
		c.release() // it listens, as a stream
		return t.listen(context.Background(), w, c)
	}
	t.pass(c.Context(), w, c)
	if w.began {
		return nil
	}
	return ended(c.Context())
}

// listen passes on a request for a stream, which lasts as long as its session.
func (t *streamable) listen(session context.Context, w *writer, c *call) *refusal {
	release := t.caps.take(streams, c.caller.ID)
	if release == nil {
		return tooMany("streams")
	}
	defer release()
	ctx, end := context.WithCancel(c.Context())
	defer end()
	defer context.AfterFunc(session, end)()
	t.pass(ctx, w, c)
	return nil
}

// makeRoomAfter is how long a session that nobody uses stands when its caller has
// as many as may be and wants another: clients come and go without a word.
const makeRoomAfter = time.Minute

func (t *streamable) initialize(w *writer, c *call) *refusal {
	session := t.table.add(c.caller.ID)
	if session == nil {
		for _, id := range t.table.idle(c.caller.ID, makeRoomAfter) {
			t.remove(id)
		}
		session = t.table.add(c.caller.ID)
	}
	if session == nil {
		return tooMany("sessions")
	}
	t.pass(context.WithValue(c.Context(), freshKey{}, session.id), w, c)
	if w.Header().Get(server.HeaderKeySessionID) != session.id { // it was not opened
		t.table.remove(session.id)
	}
	return nil
}

// pass hands the request to mcp-go with the body that was read.
func (t *streamable) pass(ctx context.Context, w *writer, c *call) {
	r := c.WithContext(ctx)
	r.Body = c.message.outspoken().reader()
	t.mcp.ServeHTTP(w, r)
}

// remove closes a session at mcp-go too, as if its client had.
func (t *streamable) remove(id string) {
	t.mcp.Handle(nowhere{}, &server.HTTPRequest{
		Method: http.MethodDelete, Header: http.Header{server.HeaderKeySessionID: {id}}, Context: context.Background(),
	})
}

// freshKey is for the id of the session that a request opens.
type freshKey struct{}

// ResolveSessionIdManager implements server.SessionIdManagerResolver.
//
//nolint:revive // the name is mcp-go's
func (t *streamable) ResolveSessionIdManager(r *http.Request) server.SessionIdManager {
	if r == nil {
		return ids{table: t.table}
	}
	fresh, _ := r.Context().Value(freshKey{}).(string)
	return ids{table: t.table, fresh: fresh}
}

// ids tells mcp-go which sessions there are.
type ids struct {
	table *table
	fresh string
}

// Generate implements server.SessionIdManager.
func (i ids) Generate() string { return i.fresh }

// Validate implements server.SessionIdManager.
func (i ids) Validate(id string) (terminated bool, err error) {
	if !i.table.has(id) {
		return false, errors.New("there is no such session")
	}
	return false, nil
}

// Terminate implements server.SessionIdManager.
func (i ids) Terminate(id string) (notAllowed bool, err error) {
	i.table.remove(id)
	return false, nil
}

// nowhere is where the answer to a request of our own goes.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) WriteHeader(int)             {}
func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (nowhere) Flush()                      {}
func (nowhere) CanStream() bool             { return false }

// forDebugging logs for debugging what clients can cause to be said, in their words and as
// often as they like.
type forDebugging struct{ slog.Handler }

// Enabled implements slog.Handler.
func (h forDebugging) Enabled(ctx context.Context, _ slog.Level) bool {
	return h.Handler.Enabled(ctx, slog.LevelDebug)
}

// Handle implements slog.Handler.
func (h forDebugging) Handle(ctx context.Context, r slog.Record) error {
	r.Level = slog.LevelDebug
	return h.Handler.Handle(ctx, r)
}
