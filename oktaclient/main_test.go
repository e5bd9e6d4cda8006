package oktaclient_test

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"okta-mcp/oktaclient"
)

func TestMain(m *testing.M) {
	// Trust httptest's certificate, so that our own transport is tested over TLS.
	// It is good for 127.0.0.1 and not for localhost.
	dir, err := os.MkdirTemp("", "oktaclient")
	if err != nil {
		log.Fatal(err)
	}
	name := filepath.Join(dir, "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate().Leaf.Raw})
	if err := os.WriteFile(name, block, 0o600); err != nil {
		log.Fatal(err)
	}
	if err := os.Setenv("SSL_CERT_FILE", name); err != nil {
		log.Fatal(err)
	}
	goleak.VerifyTestMain(m,
		// The SDK's client starts it; it ends when the client is collected.
		goleak.IgnoreTopFunction("github.com/patrickmn/go-cache.(*janitor).Run"),
		goleak.Cleanup(func(code int) {
			_ = os.RemoveAll(dir)
			os.Exit(code)
		}))
}

// certificate is the one every httptest server has.
func certificate() tls.Certificate {
	srv := httptest.NewTLSServer(nil)
	defer srv.Close()
	c := srv.TLS.Certificates[0]
	c.Leaf = srv.Certificate()
	return c
}

const secret = "eyJ-very-secret-token"

// bearer is an authorizer with one token that never gets better.
type bearer struct{}

func (bearer) Authorize(r *http.Request) error {
	r.Header.Set("Authorization", "Bearer "+secret)
	return nil
}
func (bearer) Answered(*http.Response) (bool, error) { return false, nil }

// naps stands in for Sleep: it keeps the waits and waits for none.
type naps struct {
	mu    sync.Mutex
	taken []time.Duration
}

func (n *naps) sleep(ctx context.Context, d time.Duration) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.taken = append(n.taken, d)
	return ctx.Err()
}

func (n *naps) all() []time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]time.Duration(nil), n.taken...)
}

// request is what a server saw.
type request struct {
	Method, URI, Body string
	Header            http.Header
	Length            int64
}

// server is an httptest server that keeps what it saw.
type server struct {
	*httptest.Server
	mu   sync.Mutex
	seen []request
}

func serve(t testing.TB, h http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.seen = append(s.seen, request{r.Method, r.RequestURI, string(body), r.Header.Clone(), r.ContentLength})
		s.mu.Unlock()
		h(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) requests() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]request(nil), s.seen...)
}

// open answers an org at url; change may be nil.
func open(t testing.TB, url string, change func(*oktaclient.Options)) *oktaclient.Org {
	t.Helper()
	o := oktaclient.Options{URL: url, Authorizer: bearer{}, Sleep: new(naps).sleep}
	if change != nil {
		change(&o)
	}
	org, err := oktaclient.New(o)
	if err != nil {
		t.Fatalf("New(%q): %v", url, err)
	}
	return org
}

// answer is a handler that always says the same.
func answer(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// inTurn answers each request with the next handler, the last one for ever.
func inTurn(handlers ...http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	n := 0
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		h := handlers[min(n, len(handlers)-1)]
		n++
		mu.Unlock()
		h(w, r)
	}
}

// traced collects the exchanges of a context.
func traced(ctx context.Context) (context.Context, func() []oktaclient.Exchange) {
	var mu sync.Mutex
	var got []oktaclient.Exchange
	ctx = oktaclient.WithTrace(ctx, func(x oktaclient.Exchange) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, x)
	})
	return ctx, func() []oktaclient.Exchange {
		mu.Lock()
		defer mu.Unlock()
		return append([]oktaclient.Exchange(nil), got...)
	}
}

// roundTrip is a transport made of a function. It reports nothing through httptrace.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// replying is a transport that answers every request alike.
func replying(status int, h http.Header, body string) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		rec := httptest.NewRecorder()
		for k, v := range h {
			rec.Header()[k] = v
		}
		rec.WriteHeader(status)
		rec.Body.WriteString(body)
		resp := rec.Result()
		resp.Request = r
		return resp, nil
	}
}
