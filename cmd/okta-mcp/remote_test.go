package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"okta-mcp/auth/inbound"
)

const (
	withSessions = "2025-11-25" // the newest version that has them
	stateless    = "2026-07-28"
)

// networked is one okta-mcp that serves over a network.
type networked struct {
	t         testing.TB
	p         *process
	transport string // "http" or "sse"
	address   string // what it says it listens on
	host      string // of the address, with the port
	token     string // the one it made itself; empty with --auth
	web       *http.Client
}

// overBoth runs a test over either transport.
func overBoth(t *testing.T, test func(t *testing.T, transport string)) {
	for _, transport := range []string{"http", "sse"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			test(t, transport)
		})
	}
}

// overBothAtOnce is overBoth for tests that only wait: they take one place among
// those that run in parallel.
func overBothAtOnce(t *testing.T, test func(t testing.TB, transport string)) {
	var both sync.WaitGroup
	for _, transport := range []string{"http", "sse"} {
		both.Go(func() { test(aside{t}, transport) })
	}
	both.Wait()
}

// serveRemote runs `okta-mcp serve` on a free port until the test ends.
func serveRemote(t testing.TB, transport string, variables []string, args ...string) *networked {
	t.Helper()
	return serveRemoteBinary(t, "okta-mcp", transport, variables, args...)
}

func serveRemoteBinary(t testing.TB, binary, transport string, variables []string, args ...string) *networked {
	t.Helper()
	all := append([]string{"serve", "--transport", transport, "--listen", "127.0.0.1:0", "--log-level", "ERROR"}, args...)
	variables = append([]string{"TMPDIR=" + t.TempDir()}, variables...) // for the file with the token
	r := &networked{t: t, p: startBinary(t, binary, variables, all...), transport: transport}
	r.address = r.p.says("listening on ")
	u, err := url.Parse(r.address)
	if err != nil {
		t.Fatalf("the server says it listens on %s: %v", r.address, err)
	}
	r.host = u.Host
	if !strings.Contains(strings.Join(args, " "), "--auth") {
		text, err := os.ReadFile(r.p.says("token file: "))
		if err != nil {
			t.Fatalf("reading the token that the server made: %v", err)
		}
		r.token = strings.TrimSuffix(string(text), "\n")
	}
	// Without a limit of its own on connections to one host, and without a proxy.
	conns := &http.Transport{MaxIdleConnsPerHost: 1000}
	t.Cleanup(conns.CloseIdleConnections)
	r.web = &http.Client{Transport: conns, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return r
}

// says waits until the process has written a line with that beginning to standard
// error, and returns the rest of the line.
func (p *process) says(beginning string) string {
	p.t.Helper()
	line := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(beginning) + `(.+)\n`)
	var rest string
	p.until("it has said "+beginning, func() bool {
		found := line.FindStringSubmatch(p.stderr.String())
		if found != nil {
			rest = found[1]
		}
		return found != nil
	})
	return rest
}

// until looks again and again whether something is so, which must come.
func (p *process) until(what string, so func() bool) {
	p.t.Helper()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	late := time.NewTimer(patience)
	defer late.Stop()
	for !so() {
		select {
		case <-look.C:
		case <-p.ended:
			if !so() { // it may have been its last word
				p.t.Fatalf("okta-mcp ended before %s; standard error:\n%s", what, p.stderr)
			}
		case <-late.C:
			p.t.Fatalf("after %s it is still not so that %s", patience, what)
		}
	}
}

// crew are people with a token each, as a server knows them by its settings.
type crew struct {
	file     string // with the tokens
	tokens   map[string]string
	variable string // that points to the configuration
}

// namedCallers may do everything.
func namedCallers(t testing.TB, names ...string) crew {
	t.Helper()
	entries := ""
	for _, name := range names {
		entries += "  - match: {token: " + name + "}\n"
	}
	return boundCallers(t, entries, names...)
}

// boundCallers may do what the entries of the configuration say.
func boundCallers(t testing.TB, entries string, names ...string) crew {
	t.Helper()
	c := crew{file: filepath.Join(t.TempDir(), "tokens"), tokens: map[string]string{}, variable: configured(t, "callers:\n"+entries)}
	for _, name := range names {
		c.tokens[name] = inbound.RandomToken()
	}
	c.write(t, names...)
	return c
}

// write leaves those named in the token file, and nobody else.
func (c crew) write(t testing.TB, names ...string) {
	t.Helper()
	text := ""
	for _, name := range names {
		text += name + " " + c.tokens[name] + "\n"
	}
	if err := os.WriteFile(c.file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (c crew) auth() string { return "--auth=token-file=" + c.file }

// configured writes a configuration file, and returns the variable that points to it.
func configured(t testing.TB, text string) string {
	t.Helper()
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, "okta-mcp"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, "okta-mcp", "config.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return "XDG_CONFIG_HOME=" + home
}

// visitor is an MCP client of a remote server. What a test does at the pipes of a
// process it does here as well: the pipes lead over the network.
type visitor struct {
	*process
	wire carrier
}

// carrier is a transport as its client sees it. What comes is handed to the process
// that the carrier was made with.
type carrier interface {
	io.WriteCloser   // of messages; Close leaves as the transport has it
	vanish()         // the connections are lost
	connected() bool // nobody has closed it here
	session() string
	ended() <-chan struct{} // closed when the stream on which the client listens has ended
}

// connect opens a connection for whoever has the token, without a handshake. t is
// for what goes wrong, and may be another than the server's.
func (r *networked) connect(t testing.TB, token string) *visitor {
	t.Helper()
	p := &process{
		t: t, cmd: r.p.cmd, stderr: r.p.stderr, waiting: map[string]chan message{},
		questions: make(chan message, 1000), notifications: make(chan message, 1000), strays: make(chan message, 1000),
	}
	ctx, cut := context.WithCancel(context.Background())
	c := &visitor{process: p}
	line := line{to: r, token: token, take: c.take, ctx: ctx, cut: cut}
	if r.transport == "sse" {
		w := openSSE(t, line)
		c.wire, p.ended = w, w.gone // what was sent before has come then
	} else {
		c.wire = &httpWire{line: line, gone: make(chan struct{})}
		p.ended = make(chan struct{}) // never: each request fails by itself
	}
	p.in = c.wire
	t.Cleanup(c.wire.vanish)
	return c
}

// take takes what comes: a ping of the server's is answered at once.
func (c *visitor) take(m message) {
	if m.Method != "ping" || m.ID == nil {
		c.dispatch(m)
		return
	}
	pong := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{}}`, m.ID)
	if _, err := c.wire.Write([]byte(pong)); err != nil && c.wire.connected() {
		c.t.Errorf("answering a ping of the server's: %v", err)
	}
}

// client connects and shakes hands.
func (r *networked) client(t testing.TB, token string) *visitor {
	t.Helper()
	c := r.connect(t, token)
	if hello := c.initialize(); hello.Error != nil {
		t.Fatalf("initialize was answered %s", encoded(t, hello))
	}
	return c
}

// listen opens the stream of a session, which SSE has anyway, and waits until the
// server has.
func (c *visitor) listen() {
	c.t.Helper()
	if w, ok := c.wire.(*httpWire); ok {
		if err := w.listen(); err != nil {
			c.t.Fatalf("opening the stream of a session: %v", err)
		}
	}
}

// leave ends the session as the transport has it.
func (c *visitor) leave() {
	c.t.Helper()
	if err := c.wire.Close(); err != nil {
		c.t.Errorf("leaving: %v", err)
	}
}

// answer is the whole answer to one HTTP request.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request and reads its answer, on which what holds for all is checked.
func (r *networked) ask(request *http.Request) answer {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(request.Context(), patience)
	defer cancel()
	got, err := r.web.Do(request.WithContext(ctx))
	if err != nil {
		r.t.Fatalf("%s %s: %v", request.Method, request.URL, err)
	}
	return r.read(got)
}

// raw sends bytes on a connection of their own and reads the answer.
func (r *networked) raw(text string) answer {
	r.t.Helper()
	connection, err := net.Dial("tcp", r.host)
	if err != nil {
		r.t.Fatal(err)
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(patience)); err != nil {
		r.t.Fatal(err)
	}
	// It may be answered and closed before all is sent.
	go func() { _, _ = io.WriteString(connection, text) }()
	method, _, _ := strings.Cut(text, " ")
	got, err := http.ReadResponse(bufio.NewReader(connection), &http.Request{Method: method})
	if err != nil {
		r.t.Fatalf("no answer to %.200q: %v", text, err)
	}
	return r.read(got)
}

func (r *networked) read(got *http.Response) answer {
	r.t.Helper()
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		r.t.Errorf("the answer %s breaks off: %v", got.Status, err)
	}
	a := answer{got.StatusCode, got.Header, string(body)}
	if a.ours() {
		for name, value := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
		} {
			if a.header.Get(name) != value {
				r.t.Errorf("the answer %s lacks %s: %s; it has %v", got.Status, name, value, a.header)
			}
		}
		if kept := a.header.Get("Cache-Control"); kept != "no-store" && !a.isStream() {
			r.t.Errorf("the answer %s may be kept: Cache-Control is %q", got.Status, kept)
		}
	}
	for name := range a.header {
		if name == "Server" || name == "X-Powered-By" {
			r.t.Errorf("the answer %s says what it comes from: %s", got.Status, name)
		}
	}
	return a
}

// ours reports whether our server made the answer: what is no HTTP as it should be
// Go's own refuses, in plain words.
func (a answer) ours() bool {
	return a.status < 400 || a.header.Get("Content-Type") == "application/json"
}

func (a answer) isStream() bool { return a.header.Get("Content-Type") == "text/event-stream" }

// refused checks a refusal: its status, and that it is an error of JSON-RPC.
func (a answer) refused(t testing.TB, what string, status int) {
	t.Helper()
	if a.status != status {
		t.Errorf("%s was answered %d %.300s, want %d", what, a.status, a.body, status)
		return
	}
	body := gjson.Parse(a.body)
	if !gjson.Valid(a.body) || body.Get("jsonrpc").String() != "2.0" || body.Get("id").Raw != "null" || body.Get("error.code").Int() != -32600 || body.Get("error.message").String() == "" {
		t.Errorf("%s was refused with %.300s, which is no error of JSON-RPC", what, a.body)
	}
	if got := a.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("%s was refused with the Content-Type %s", what, got)
	}
}

// aside is a test for a goroutine beside the test's own: what is fatal ends that
// goroutine alone.
type aside struct{ testing.TB }

// Fatal implements testing.TB.
func (a aside) Fatal(args ...any) {
	a.Helper()
	a.Error(args...)
	runtime.Goexit()
}

// Fatalf implements testing.TB.
func (a aside) Fatalf(format string, args ...any) {
	a.Helper()
	a.Errorf(format, args...)
	runtime.Goexit()
}
