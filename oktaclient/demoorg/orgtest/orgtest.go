// Package orgtest serves a demo org to a test over loopback, remembers what it
// was asked, breaks the wire on request, and fills the org with hostile text.
//
// It refuses to judge: it asserts nothing about the requests it sees. It is for
// tests only.
package orgtest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"okta-mcp/oktaclient/demoorg"
)

// Request is one API request as it arrived.
type Request struct{ Method, Path, RawQuery, Body string }

// Fault is what goes wrong with one request. The zero Fault is none.
type Fault struct {
	Status    int         // answered instead of the org's answer
	Header    http.Header // with Status
	Body      string      // with Status
	Hang      bool        // no answer until the client leaves or the server closes
	CutBefore bool        // the connection closes before the org sees the request
	CutAfter  bool        // the org does what was asked, then the connection closes without an answer
}

func (f Fault) isNone() bool { return f.Status == 0 && !f.Hang && !f.CutBefore && !f.CutAfter }

// Server is a demo org on loopback. It is safe for concurrent use.
type Server struct {
	*demoorg.Org
	URL string // scheme and host, no trailing slash

	closing chan struct{}

	mu       sync.Mutex
	requests []Request
	fault    func(*http.Request) Fault
	taint    func(Place) string
}

// Start serves a new org until the test ends. RateLimits left at zero means
// Unlimited here, so that only a test that asks for 429s gets them.
func Start(t testing.TB, o demoorg.Options) *Server {
	t.Helper()
	if o.RateLimits == demoorg.Typical {
		o.RateLimits = demoorg.Unlimited
	}
	return Serve(t, o)
}

// Serve is Start with the rate limits exactly as they are in the options.
func Serve(t testing.TB, o demoorg.Options) *Server {
	t.Helper()
	org, err := demoorg.New(o)
	if err != nil {
		t.Fatalf("start a demo org: %v", err)
	}
	s := &Server{Org: org, closing: make(chan struct{})}
	listener := httptest.NewServer(http.HandlerFunc(s.handle))
	s.URL = listener.URL
	t.Cleanup(func() {
		close(s.closing)
		listener.Close()
	})
	return s
}

// Requests returns the API requests received so far, oldest first; those to the
// token endpoint are left out.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Writes returns the requests that were not GET, less simulations, which change
// nothing.
func (s *Server) Writes() []Request {
	var writes []Request
	for _, r := range s.Requests() {
		if r.Method != http.MethodGet && r.Path != "/api/v1/policies/simulate" {
			writes = append(writes, r)
		}
	}
	return writes
}

// Reset forgets the requests received so far.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}

// Fault lets f decide for each request, the token endpoint's included, what
// goes wrong; nil: nothing does. f may be called concurrently, and must leave
// the request's body alone.
func (s *Server) Fault(f func(r *http.Request) Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

func (s *Server) handle(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client left in the middle of its request
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if !strings.HasPrefix(r.URL.Path, "/oauth2/") {
		s.remember(Request{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, string(body)})
	}
	fault, taint := s.harm(r)
	switch {
	case fault.isNone() && taint != nil:
		Tainted(s.Org, taint).ServeHTTP(w, r)
	case fault.isNone():
		s.ServeHTTP(w, r)
	case fault.Hang:
		select {
		case <-r.Context().Done():
		case <-s.closing:
		}
	case fault.CutBefore:
		cut(w)
	case fault.CutAfter:
		s.ServeHTTP(httptest.NewRecorder(), r)
		cut(w)
	default:
		for name, values := range fault.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(fault.Status)
		_, _ = io.WriteString(w, fault.Body) // the client may have left; nobody to tell
	}
}

func (s *Server) remember(r Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r)
}

// harm is what goes wrong with a request, and what its answer is tainted by.
func (s *Server) harm(r *http.Request) (Fault, func(Place) string) {
	s.mu.Lock()
	fault, taint := s.fault, s.taint
	s.mu.Unlock()
	if fault == nil {
		return Fault{}, taint
	}
	return fault(r), taint
}

// cut closes the connection without a word.
func cut(w http.ResponseWriter) {
	hijacker, canHijack := w.(http.Hijacker)
	if !canHijack {
		return
	}
	if conn, _, err := hijacker.Hijack(); err == nil {
		_ = conn.Close() // it is meant to break
	}
}
