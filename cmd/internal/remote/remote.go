package remote

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mark3labs/mcp-go/server"

	"okta-mcp/auth/inbound"
	"okta-mcp/tools"
)

// The transports.
const (
	HTTP = "http" // Streamable HTTP
	SSE  = "sse"
)

// Endpoint is the path that clients of a transport are given.
func Endpoint(transport string) string {
	if transport == SSE {
		return ssePath
	}
	return mcpPath
}

const (
	mcpPath     = "/mcp"
	ssePath     = "/sse"
	messagePath = "/message"
)

const (
	keepAlive = 25 * time.Second // below what proxies call idle
	idleFor   = 30 * time.Minute // after which a session with nothing open is closed
	reapEvery = time.Minute
)

// Options are what a Server is made of. All but Metadata and Origins are required.
type Options struct {
	Transport     string
	MCP           *server.MCPServer
	Authenticator inbound.Authenticator
	// Grants returns what the operator lets an authenticated caller do; nothing
	// refuses the caller.
	Grants  func(inbound.Caller) []tools.Grant
	Hosts   []string // that requests may be for: names or addresses, with a port or for any
	Origins []string // of web pages that may call
	// Metadata are the documents that anybody may read, by their paths (RFC 9728).
	Metadata map[string][]byte
	SignedIn func() bool
	Refused  func(status int) // told of every request that goes no further
	Logger   *slog.Logger
}

// Server answers the requests of callers. It is an http.Handler for Serve.
type Server struct {
	options   Options
	routes    map[string]route
	origins   origins
	caps      *caps
	cancels   *cancels
	transport transport
	refusals  *sparse

	stopping atomic.Bool
	life     context.Context // ends with Close, and with it every request
	end      context.CancelFunc
	reaper   sync.WaitGroup
}

// transport is one of the two ways to carry MCP messages over HTTP.
type transport interface {
	routes() map[string]route
	sessions() int
	reap(idle time.Duration) // closes sessions that nobody uses
	close()
}

// New returns a server that begins to answer at once. Close it.
func New(o Options) *Server {
	s := &Server{
		options: o, caps: newCaps(), cancels: newCancels(), origins: origins(o.Origins),
		refusals: &sparse{log: o.Logger, every: 10 * time.Second, lines: map[int]lines{}},
	}
	s.life, s.end = context.WithCancel(context.Background())
	if o.Transport == SSE {
		s.transport = newConversations(s)
	} else {
		s.transport = newStreamable(s)
	}
	s.routes = s.transport.routes()
	s.routes["/healthz"] = route{methods: reading(), probe: true, open: s.healthy}
	s.routes["/readyz"] = route{methods: reading(), probe: true, open: s.ready}
	for path, document := range o.Metadata {
		s.routes[path] = route{methods: reading(), open: publish(document)}
	}
	s.reaper.Go(s.reap)
	return s
}

func (s *Server) reap() {
	tick := time.NewTicker(reapEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.transport.reap(idleFor)
		case <-s.life.Done():
			return
		}
	}
}

// Sessions is how many sessions are open.
func (s *Server) Sessions() int { return s.transport.sessions() }

// Streams is how many streams are open on which a caller only listens.
func (s *Server) Streams() int { return s.caps.count(streams) }

// Drain refuses new calls and sessions from now on, and waits until those in
// flight are answered or ctx ends. Answers to their questions are still taken.
func (s *Server) Drain(ctx context.Context) {
	s.stopping.Store(true)
	s.caps.idle(ctx, requests)
}

// Close ends every request, stream and session.
func (s *Server) Close() {
	s.stopping.Store(true)
	s.end()
	s.transport.close()
	s.reaper.Wait()
}

func (s *Server) healthy(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, []byte(`{"status":"ok"}`))
}

// ready says whether calls can be served: signed in to Okta, and not stopping.
func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	switch {
	case s.stopping.Load():
		writeJSON(w, http.StatusServiceUnavailable, []byte(`{"status":"stopping"}`))
	case !s.options.SignedIn():
		writeJSON(w, http.StatusServiceUnavailable, []byte(`{"status":"not signed in to Okta"}`))
	default:
		writeJSON(w, http.StatusOK, []byte(`{"status":"ready"}`))
	}
}

func publish(document []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, document) }
}

type principalKey struct{}

// Principal is who makes the call that runs with this context. Outside of one
// nobody does, who may do nothing.
func Principal(ctx context.Context) tools.Principal {
	principal, _ := ctx.Value(principalKey{}).(tools.Principal)
	return principal
}
