package oktaclient_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"okta-mcp/oktaclient"
)

// faulty is a server that hangs up: after reading a request it closes the
// connection unless reply says what to write first.
type faulty struct {
	net.Listener
	mu    sync.Mutex
	count map[string]int // requests read whole, by method and path
	conns []net.Conn
}

func hangUp(t testing.TB, reply func(n int, r *http.Request) string) *faulty {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return hangUpOn(t, l, reply)
}

func hangUpOn(t testing.TB, l net.Listener, reply func(n int, r *http.Request) string) *faulty {
	f := &faulty{Listener: l, count: map[string]int{}}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			f.mu.Lock()
			f.conns = append(f.conns, conn)
			f.mu.Unlock()
			serving.Go(func() { f.serve(conn, reply) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		f.mu.Lock()
		for _, conn := range f.conns {
			_ = conn.Close()
		}
		f.mu.Unlock()
		serving.Wait()
	})
	return f
}

func (f *faulty) serve(conn net.Conn, reply func(int, *http.Request) string) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for n := 1; ; n++ {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		f.mu.Lock()
		f.count[r.Method+" "+r.URL.Path]++
		f.mu.Unlock()
		text := reply(n, r)
		_, _ = io.WriteString(conn, text)
		if !strings.HasSuffix(text, "ok") {
			return
		}
	}
}

func (f *faulty) seen(what string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.count[what]
}

const (
	whole = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	cut   = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\nX-Okta-Request-Id: req5\r\n\r\n{\"id\":"
)

// eachWrite is every kind of request that changes something, with and without body.
func eachWrite(ctx context.Context, org *oktaclient.Org, path string) map[string]error {
	errs := map[string]error{}
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
		for _, body := range []string{"", `{"a":1}`} {
			p := path + "/" + fmt.Sprint(len(body))
			_, err := org.Do(ctx, method, p, nil, json.RawMessage(body))
			errs[method+" "+p] = err
		}
	}
	return errs
}

func TestWritesCutOffAreSentOnce(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"no answer": "", "half an answer": cut, "half a header": "HTTP/1.1 200"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := hangUp(t, func(n int, r *http.Request) string {
				if r.Method == "GET" {
					return whole
				}
				return text
			})
			org := open(t, "http://"+srv.Addr().String(), nil)
			for _, reused := range []bool{false, true} {
				if reused { // leave a live connection behind, which net/http would retry on
					if _, err := org.GetGroup(t.Context(), "warm"); err != nil {
						t.Fatal(err)
					}
				}
				for what, err := range eachWrite(t.Context(), org, fmt.Sprintf("/api/v1/x/%v", reused)) {
					var unknown *oktaclient.OutcomeUnknownError
					if !errors.As(err, &unknown) || !errors.Is(err, oktaclient.ErrOutcomeUnknown) || unknown.Err == nil || !strings.Contains(err.Error(), "read the target") {
						t.Errorf("%s: %v; want an OutcomeUnknownError with its cause", what, err)
					}
					if n := srv.seen(what); n != 1 {
						t.Errorf("%s arrived %d times, want once", what, n)
					}
				}
			}
		})
	}
}

func TestReadsCutOffAreRepeated(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"no answer": "", "half an answer": cut} {
		srv := hangUp(t, func(int, *http.Request) string { return text })
		ctx, exchanges := traced(t.Context())
		_, err := open(t, "http://"+srv.Addr().String(), nil).GetGroup(ctx, "00g1")
		if err == nil || errors.Is(err, oktaclient.ErrOutcomeUnknown) {
			t.Errorf("%s: %v; want an error, with no outcome in doubt", name, err)
		}
		if n, x := srv.seen("GET /api/v1/groups/00g1"), exchanges(); n != 3 || len(x) != 3 {
			t.Errorf("%s: %d requests, %d exchanges; want 3", name, n, len(x))
		} else if text == cut && (x[0].Status != 200 || x[0].RequestID != "req5") {
			t.Errorf("%s: exchange %+v; want what came of the answer", name, x[0])
		}
	}
	first := true
	srv := hangUp(t, func(int, *http.Request) string {
		if first {
			first = false
			return cut
		}
		return whole
	})
	got, err := open(t, "http://"+srv.Addr().String(), nil).GetGroup(t.Context(), "00g1")
	if err != nil || string(got.Body) != "ok" {
		t.Errorf("cut off once: %v, %v; want the second answer", got, err)
	}
}

func TestReadingPostCutOffIsNotRepeated(t *testing.T) {
	t.Parallel()
	srv := hangUp(t, func(int, *http.Request) string { return "" })
	_, err := open(t, "http://"+srv.Addr().String(), nil).ReadOnly().Do(t.Context(), "POST", "/api/v1/policies/simulate", nil, json.RawMessage(`{}`))
	if n := srv.seen("POST /api/v1/policies/simulate"); n != 1 || err == nil || errors.Is(err, oktaclient.ErrOutcomeUnknown) {
		t.Errorf("%v after %d requests; want a plain error after one: it changes nothing", err, n)
	}
}

// Connections that die while idle: a write may be lost there, must not be
// doubled, and what is said about it must be true.
func TestWritesOnDyingConnections(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"http", "https"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if scheme == "https" {
			l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{certificate()}, NextProtos: []string{"h2", "http/1.1"}})
		}
		srv := hangUpOn(t, l, func(n int, r *http.Request) string {
			if n == 2 {
				return strings.Replace(whole, "ok", "no", 1) // a whole answer, then hang up
			}
			return whole
		})
		org := open(t, scheme+"://"+srv.Addr().String(), nil)
		done := 0
		for i := range 150 {
			path := fmt.Sprintf("/api/v1/x/%d", i)
			_, err := org.Do(t.Context(), "POST", path, nil, json.RawMessage(strings.Repeat("1", i%2)))
			n := srv.seen("POST " + path)
			unknown := errors.Is(err, oktaclient.ErrOutcomeUnknown)
			if n > 1 || err == nil && n != 1 || err != nil && !unknown && n != 0 {
				t.Fatalf("%s: write %d arrived %d times and answered %v", scheme, i, n, err)
			}
			done += n
		}
		if done < 100 {
			t.Errorf("%s: %d of 150 writes were done; connections die, but not so often", scheme, done)
		}
	}
}

func TestUnreachableIsRetriedAndNotInDoubt(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	ctx, exchanges := traced(t.Context())
	for what, err := range eachWrite(ctx, open(t, "http://"+addr, nil), "/api/v1/x") {
		if err == nil || errors.Is(err, oktaclient.ErrOutcomeUnknown) || !strings.Contains(err.Error(), "not sent") {
			t.Errorf("%s to nobody: %v; want an error that says it was not sent", what, err)
		}
	}
	if n := len(exchanges()); n != 8*3 {
		t.Errorf("%d attempts for 8 calls, want 3 each", n)
	}
}

func TestWriteGoesThroughOnceTheOrgIsBack(t *testing.T) {
	t.Parallel()
	var arrived int
	down := true
	org := open(t, "https://acme.okta.com", func(o *oktaclient.Options) {
		inner := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { arrived++; w.WriteHeader(204) }))
		t.Cleanup(inner.Close)
		o.URL = inner.URL
		dial := &net.Dialer{}
		tr := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if down {
				return nil, errors.New("network is unreachable")
			}
			return dial.DialContext(ctx, network, addr)
		}}
		t.Cleanup(tr.CloseIdleConnections)
		o.Transport = tr
		o.Sleep = func(context.Context, time.Duration) error { down = false; return nil }
	})
	if _, err := org.SuspendUser(t.Context(), "00u1"); err != nil || arrived != 1 {
		t.Errorf("error %v, %d requests; want the write done once after the failed dial", err, arrived)
	}
}

// leaver is an authorizer whose caller goes away while it signs.
type leaver struct {
	bearer
	leave context.CancelFunc
}

func (l leaver) Authorize(r *http.Request) error { l.leave(); return l.bearer.Authorize(r) }

func TestCancelledBeforeSending(t *testing.T) {
	t.Parallel()
	for name, transport := range map[string]http.RoundTripper{"our own": nil, "one that reports nothing": replying(200, nil, `{}`)} {
		srv := serve(t, answer(200, `{}`))
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		signing, leave := context.WithCancel(t.Context())
		for when, c := range map[string]struct {
			ctx  context.Context
			auth oktaclient.Authorizer
		}{
			"before the call": {gone, refusing{errors.New("no one may be asked for credentials")}},
			"while signing":   {signing, leaver{leave: leave}},
		} {
			org := open(t, srv.URL, func(o *oktaclient.Options) { o.Authorizer, o.Transport = c.auth, transport })
			if _, err := org.SuspendUser(c.ctx, "00u1"); !errors.Is(err, context.Canceled) || errors.Is(err, oktaclient.ErrOutcomeUnknown) {
				t.Errorf("%s, transport %s: %v; want Canceled and no doubt", when, name, err)
			}
		}
		if n := len(srv.requests()); n != 0 {
			t.Errorf("%d requests were sent for callers who had gone", n)
		}
	}
}

// The caller goes at the last moment, when the transport has the request but
// has not begun with it: that is still before sending.
func TestCancelledAtTheDoor(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	answered := make(chan struct{})
	defer close(answered)
	inner := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		<-answered
		return nil, errors.New("no route")
	}}
	org := open(t, "http://127.0.0.1:9", func(o *oktaclient.Options) {
		o.WriteGrace = time.Hour
		o.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			cancel()
			for range 1000 {
				runtime.Gosched() // lets what waits for ctx's end run first
			}
			return inner.RoundTrip(r)
		})
	})
	if _, err := org.SuspendUser(ctx, "00u1"); !errors.Is(err, context.Canceled) || errors.Is(err, oktaclient.ErrOutcomeUnknown) {
		t.Errorf("%v; want Canceled at once and no doubt", err)
	}
}

func TestCancelledWhileDialling(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	answered := make(chan struct{})
	defer close(answered)
	org := open(t, "http://127.0.0.1:9", func(o *oktaclient.Options) {
		o.Transport = &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			cancel()
			<-answered // net/http lets a dial outlive its request
			return nil, errors.New("no route")
		}}
		o.WriteGrace = time.Hour
	})
	if _, err := org.SuspendUser(ctx, "00u1"); !errors.Is(err, context.Canceled) || errors.Is(err, oktaclient.ErrOutcomeUnknown) {
		t.Errorf("%v; want Canceled at once and no doubt: nothing had left", err)
	}
}

func TestWriteOutlivesItsCaller(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		cancel() // the write has arrived: only now does the caller go
		answer(200, `{"id":"00g1"}`)(w, r)
	})
	got, err := open(t, srv.URL, nil).AddGroup(ctx, json.RawMessage(`{}`))
	if err != nil || string(got.Body) != `{"id":"00g1"}` {
		t.Errorf("%v, %v; want the answer of the write that was already sent", got, err)
	}
}

func TestWriteGraceEnds(t *testing.T) {
	t.Parallel()
	for name, transport := range map[string]http.RoundTripper{
		"real connection": nil,
		"one that reports nothing": roundTrip(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}),
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		srv := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		org := open(t, srv.URL, func(o *oktaclient.Options) { o.WriteGrace, o.Transport = 30*time.Millisecond, transport })
		_, err := org.SuspendUser(ctx, "00u1")
		if !errors.Is(err, oktaclient.ErrOutcomeUnknown) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v; want ErrOutcomeUnknown and DeadlineExceeded", name, err)
		}
		cancel()
	}
}

func TestWriteGraceLastsTenSeconds(t *testing.T) {
	t.Parallel()
	var began time.Time
	var took time.Duration
	org := open(t, "https://acme.okta.com", func(o *oktaclient.Options) {
		o.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			took = time.Since(began)
			return nil, r.Context().Err()
		})
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began = time.Now()
		if _, err := org.DeleteGroup(ctx, "00g1"); !errors.Is(err, oktaclient.ErrOutcomeUnknown) || took != 13*time.Second {
			t.Errorf("a write took %v and answered %v; want the caller's 3 s, 10 s more, and doubt", took, err)
		}
		began = time.Now()
		read, cancelRead := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancelRead()
		if _, err := org.GetGroup(read, "00g1"); !errors.Is(err, context.DeadlineExceeded) || took != 3*time.Second {
			t.Errorf("a read took %v and answered %v; want it cut with its caller", took, err)
		}
	})
}

func TestTLS(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		max      uint16
		host     string
		want     string // of the error; "" for success
		attempts int
	}{
		"TLS 1.3":               {tls.VersionTLS13, "127.0.0.1", "", 1},
		"TLS 1.2":               {tls.VersionTLS12, "127.0.0.1", "", 1},
		"TLS 1.1":               {tls.VersionTLS11, "127.0.0.1", "protocol version", 3},
		"another's certificate": {tls.VersionTLS13, "localhost", "certificate", 1}, // it will not get better
	} {
		srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ProtoMajor != 1 {
				t.Errorf("%s: spoke %s, whose client repeats writes on its own", name, r.Proto)
			}
			answer(200, `{}`)(w, r)
		}))
		srv.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: c.max}
		srv.EnableHTTP2 = true
		srv.Config.ErrorLog = quiet()
		srv.StartTLS()
		t.Cleanup(srv.Close)
		ctx, exchanges := traced(t.Context())
		_, err := open(t, strings.Replace(srv.URL, "127.0.0.1", c.host, 1), nil).SuspendUser(ctx, "00u1")
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
		if errors.Is(err, oktaclient.ErrOutcomeUnknown) {
			t.Errorf("%s: %v; nothing was sent, so nothing is in doubt", name, err)
		}
		if n := len(exchanges()); n != c.attempts {
			t.Errorf("%s: %d attempts, want %d", name, n, c.attempts)
		}
	}
}

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
