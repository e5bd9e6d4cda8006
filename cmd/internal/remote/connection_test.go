package remote

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/server"

	"okta-mcp/auth/inbound"
	"okta-mcp/tools"
)

// wires is a network without buffers, in which time is made up.
type wires struct {
	listener
	t      *testing.T
	server *Server
}

type listener struct {
	incoming chan net.Conn
	closed   chan struct{}
	close    func()
}

func (l listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.incoming:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l listener) Addr() net.Addr { return &net.TCPAddr{} }

func (l listener) Close() error {
	l.close()
	return nil
}

// end is the server's end of a connection, which tells when it is closed.
type end struct {
	net.Conn
	closed chan struct{}
	once   *sync.Once
}

func (e end) Close() error {
	e.once.Do(func() { close(e.closed) })
	return e.Conn.Close()
}

// wired runs a test with a server that is reached by wires only.
func wired(t *testing.T, test func(t *testing.T, w *wires)) {
	synctest.Test(t, func(t *testing.T) {
		authenticator, err := inbound.SingleToken("test", token)
		if err != nil {
			t.Fatal(err)
		}
		log := slog.New(slog.DiscardHandler)
		closed := make(chan struct{})
		w := &wires{t: t, listener: listener{make(chan net.Conn), closed, sync.OnceFunc(func() { close(closed) })}}
		w.server = New(Options{
			Transport: HTTP, MCP: server.NewMCPServer("test", "1", server.WithToolCapabilities(true)), Authenticator: authenticator, Hosts: []string{"test"},
			Grants:   func(inbound.Caller) []tools.Grant { return []tools.Grant{{Name: "test"}} },
			SignedIn: func() bool { return true }, Refused: func(int) {}, Logger: log,
		})
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- Serve(ctx, w.listener, w.server, nil, log) }()
		test(t, w)
		w.server.Close()
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

// dial opens a connection, and sends what the client says at first.
func (w *wires) dial(said string) (client net.Conn, closed chan struct{}) {
	w.t.Helper()
	client, there := net.Pipe()
	closed = make(chan struct{})
	w.incoming <- end{there, closed, new(sync.Once)}
	if _, err := io.WriteString(client, said); err != nil {
		w.t.Fatalf("sending %q: %v", said, err)
	}
	return client, closed
}

// tokened is the beginning of a request with a token.
func tokened(request string) string {
	return request + " HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer " + token + "\r\nContent-Type: application/json\r\n"
}

func (w *wires) session() string {
	w.t.Helper()
	client, _ := w.dial(tokened("POST /mcp") + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(hello), hello))
	defer client.Close()
	answer, err := http.ReadResponse(bufio.NewReader(client), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	return answer.Header.Get("Mcp-Session-Id")
}

// within reports whether a channel is closed in time.
func within(closed <-chan struct{}, limit time.Duration) bool {
	select {
	case <-closed:
		return true
	case <-time.After(limit):
		return false
	}
}

func TestWhoseBodyNeverComesIsLetGoOf(t *testing.T) {
	t.Parallel()
	stranger := " HTTP/1.1\r\nHost: test\r\n"
	for name, begins := range map[string]string{
		"no token":             "POST /mcp" + stranger + "Content-Length: 100\r\n\r\n",
		"no token, chunked":    "POST /mcp" + stranger + "Transfer-Encoding: chunked\r\n\r\n",
		"nothing there":        "POST /nowhere" + stranger + "Content-Length: 100\r\n\r\n",
		"health":               "GET /healthz" + stranger + "Content-Length: 100\r\n\r\n",
		"token":                tokened("POST /mcp") + "Content-Length: 100\r\n\r\n",
		"token, chunked":       tokened("POST /mcp") + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
		"a GET with a token":   tokened("GET /mcp") + "Content-Length: 100\r\n\r\n",
		"too large, by itself": tokened("POST /mcp") + fmt.Sprintf("Content-Length: %d\r\n\r\n", maxBody+1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wired(t, func(t *testing.T, w *wires) {
				client, closed := w.dial(begins)
				defer client.Close()
				go func() { _, _ = io.Copy(io.Discard, client) }()
				if limit := readWithin + time.Minute; !within(closed, limit) {
					t.Errorf("the connection is still open after %s", limit)
				}
			})
		})
	}
}

func TestWhoDoesNotReadIsLetGoOf(t *testing.T) {
	t.Parallel()
	for name, begins := range map[string]string{
		"an empty answer":    tokened("POST /mcp") + "Mcp-Session-Id: %s\r\nContent-Length: " + fmt.Sprint(len(ready)) + "\r\n\r\n" + ready,
		"an answer":          tokened("POST /mcp") + "Mcp-Session-Id: %s\r\nContent-Length: 40\r\n\r\n" + `{"jsonrpc":"2.0","id":1,"method":"ping"}`,
		"a refusal":          "GET /mcp HTTP/1.1\r\nHost: test\r\nX: %s\r\n\r\n",
		"whether it is well": "GET /healthz HTTP/1.1\r\nHost: test\r\nX: %s\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wired(t, func(t *testing.T, w *wires) {
				client, closed := w.dial(strings.Replace(begins, "%s", w.session(), 1))
				defer client.Close()
				if limit := writeAfter + time.Minute; !within(closed, limit) {
					t.Errorf("the connection is still open after %s", limit)
				}
			})
		})
	}
}

func TestASilentStreamLasts(t *testing.T) {
	t.Parallel()
	wired(t, func(t *testing.T, w *wires) {
		client, closed := w.dial(tokened("GET /mcp") + "Mcp-Session-Id: " + w.session() + "\r\n\r\n")
		defer client.Close()
		go func() { _, _ = io.Copy(io.Discard, client) }()
		if lasts := 2 * time.Hour; within(closed, lasts) {
			t.Errorf("it ended before %s", lasts)
		}
	})
}

func TestLargeRequestsHaveLessRoom(t *testing.T) {
	t.Parallel()
	wired(t, func(t *testing.T, w *wires) {
		session := w.session()
		begin := func(length int) net.Conn {
			client, _ := w.dial(tokened("POST /mcp") + fmt.Sprintf("Mcp-Session-Id: %s\r\nContent-Length: %d\r\n\r\n", session, length))
			synctest.Wait() // until it waits for the body
			return client
		}
		status := func(client net.Conn, body string) int {
			defer client.Close()
			go func() { _, _ = io.WriteString(client, body) }()
			answer, err := http.ReadResponse(bufio.NewReader(client), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			return answer.StatusCode
		}
		long := ready + strings.Repeat(" ", largeBody)
		var held []net.Conn
		each, _ := most(large)
		for range each {
			held = append(held, begin(len(long)))
		}
		if got := status(begin(len(long)), ""); got != http.StatusTooManyRequests {
			t.Errorf("one large request more is answered %d", got)
		}
		chunked, _ := w.dial(tokened("POST /mcp") + "Mcp-Session-Id: " + session + "\r\nTransfer-Encoding: chunked\r\n\r\n")
		if got := status(chunked, fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(long), long)); got != http.StatusTooManyRequests {
			t.Errorf("one that does not say how large it is is answered %d", got)
		}
		if got := status(begin(len(ready)), ready); got != http.StatusAccepted {
			t.Errorf("a small one beside them is answered %d", got)
		}
		for _, client := range held {
			if got := status(client, long); got != http.StatusAccepted {
				t.Errorf("a large one is answered %d", got)
			}
		}
		if got := status(begin(len(long)), long); got != http.StatusAccepted {
			t.Errorf("a large one after them is answered %d", got)
		}
	})
}

func TestABodyThatDoesNotComeKeepsNoServerFromStopping(t *testing.T) {
	t.Parallel()
	wired(t, func(t *testing.T, w *wires) {
		client, _ := w.dial(tokened("POST /mcp") + "Content-Length: 100\r\n\r\n")
		defer client.Close()
		go func() { _, _ = io.Copy(io.Discard, client) }()
		synctest.Wait() // until it waits for the body
		w.server.Close()
		began := time.Now()
		w.server.Drain(t.Context())
		if took := time.Since(began); took > 0 {
			t.Errorf("the request went on for %s", took)
		}
	})
}
