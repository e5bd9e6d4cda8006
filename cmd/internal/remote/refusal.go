package remote

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

// refusal is why a request goes no further. It repeats nothing of the request.
type refusal struct {
	status  int
	reason  string
	headers map[string]string
	caller  string // who is refused; empty as long as nobody knows
}

func refuse(status int, reason string) *refusal { return &refusal{status: status, reason: reason} }

func (r *refusal) with(name, value string) *refusal {
	r.headers = map[string]string{name: value}
	return r
}

// tooMany refuses what is over a cap.
func tooMany(what string) *refusal {
	return refuse(http.StatusTooManyRequests, "too many "+what+" at once: close some, or try again later").with("Retry-After", strconv.Itoa(1))
}

// refuse answers a request that goes no further, with a JSON-RPC error that names
// no request (MCP, Streamable HTTP).
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, why *refusal) {
	for name, value := range why.headers {
		w.Header().Set(name, value)
	}
	body, err := json.Marshal(map[string]any{
		"jsonrpc": mcp.JSONRPC_VERSION, "id": nil,
		"error": map[string]any{"code": mcp.INVALID_REQUEST, "message": why.reason},
	})
	if err != nil { // which strings cannot cause
		body = nil
	}
	writeJSON(w, why.status, body)
	s.options.Refused(why.status)
	s.refusals.info(why.status, "refused a request",
		"request", s.place(r), "status", why.status, "reason", why.reason, "caller", why.caller, "from", r.RemoteAddr)
}

// place is what a request asked for, in our words: its own may be a token that was
// put where none belongs.
func (s *Server) place(r *http.Request) string {
	path := r.URL.EscapedPath()
	to, known := s.routes[path]
	switch {
	case !known:
		return "another path"
	case !slices.Contains(to.methods, r.Method):
		return "another method of " + path
	}
	return r.Method + " " + path
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // whoever asked is gone, if it fails
}

// sparse logs a line of each kind at most so often, and says how many it left out:
// anybody can cause what it logs. Kinds keep strangers from hiding what happens to
// callers; there are few of them.
type sparse struct {
	log   *slog.Logger
	every time.Duration

	mu    sync.Mutex
	lines map[int]lines
}

// lines are those of one kind.
type lines struct {
	last time.Time
	left int
}

func (s *sparse) info(kind int, message string, attributes ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, of := time.Now(), s.lines[kind]
	if now.Sub(of.last) < s.every {
		of.left++
		s.lines[kind] = of
		return
	}
	s.log.Info(message, append(attributes, "more_before", of.left)...)
	s.lines[kind] = lines{last: now}
}
