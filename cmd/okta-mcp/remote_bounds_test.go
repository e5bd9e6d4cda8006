package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// sent are random bytes of a size, without holding them.
type sent struct {
	filler
	given atomic.Int64
}

func (s *sent) Read(b []byte) (int, error) {
	n, err := s.filler.Read(b)
	s.given.Add(int64(n))
	return n, err
}

func TestABodyTooLargeIsRefusedInBoundedMemory(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		const size, most = 64 << 20, 4 << 20
		x := newPrey(t, transport)
		fits := strings.Replace(x.body(), "{", "{"+strings.Repeat(" ", most-len(x.body())), 1)
		x.spared()
		if a := x.ask(x.posts(fits)); a.status/100 != 2 {
			t.Errorf("a body of exactly 4 MiB was answered %d %s", a.status, a.body)
		}
		x.ask(x.posts(fits+" ")).refused(t, "one byte more than 4 MiB", 413)
		for _, announced := range []bool{true, false} {
			before := peakMemory(t, x.p)
			for range 4 {
				body := &sent{filler: filler{left: size}}
				request := x.strike()
				request.Body, request.ContentLength = io.NopCloser(body), -1
				if announced {
					request.ContentLength = size
				}
				x.ask(request).refused(t, "a body of 64 MB", 413)
				if given := body.given.Load(); given > size/2 {
					t.Errorf("the server read %d bytes of a body of 64 MB (announced: %v)", given, announced)
				}
			}
			if grown := peakMemory(t, x.p) - before; grown > 32 && !raced {
				t.Errorf("four bodies of 64 MB took %d MB more (announced: %v)", grown, announced)
			}
		}
	})
}

// trickle opens a connection, sends the beginning, and then a byte now and then,
// until the server ends it. It returns what the server said.
func trickle(t testing.TB, r *networked, beginning string) string {
	t.Helper()
	connection, err := net.Dial("tcp", r.host)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if _, err := io.WriteString(connection, beginning); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		drip := time.NewTicker(250 * time.Millisecond)
		defer drip.Stop()
		for {
			select {
			case <-drip.C:
				_, _ = io.WriteString(connection, "a") // it is ended by the reader
			case <-ended:
				return
			}
		}
	}()
	defer close(ended)
	if err := connection.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(connection)
	if timeout, ok := err.(net.Error); ok && timeout.Timeout() { //nolint:errorlint // as net.Conn returns it
		t.Errorf("after %s the server has not ended a connection that trickles", patience)
	}
	return string(said)
}

// The time-out is real time: ten seconds.
func TestHeadersThatTrickleAreCutWhileOthersAreServed(t *testing.T) {
	t.Parallel()
	x := newPrey(t, "http")
	const slow = 50
	began := time.Now()
	var cut sync.WaitGroup
	for range slow {
		cut.Go(func() { trickle(aside{t}, x.networked, "POST /mcp HTTP/1.1\r\nHost: "+x.host+"\r\nX-A: ") })
	}
	done := make(chan struct{})
	go func() { cut.Wait(); close(done) }()
	for served := 0; ; served++ {
		x.alice.ping()
		select {
		case <-done:
		case <-time.After(50 * time.Millisecond):
			continue
		}
		if took := time.Since(began); took < 5*time.Second || took > 20*time.Second {
			t.Errorf("connections that trickle were cut after %s, want about 10 s", took)
		}
		if served < 10 {
			t.Errorf("only %d calls were answered meanwhile", served)
		}
		break
	}
	x.spared()
}

// A body that never comes whole is waited for 30 s, which this test does not: it
// shows that a stranger is not waited for, and that a caller holds up nobody else.
func TestBodiesThatTrickleHoldUpOnlyTheirCaller(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		x := newPrey(t, transport)
		for what, headers := range map[string][]string{
			"without a token":      {"Authorization: Bearer nobodys", "Content-Length: 1000"},
			"for another host":     {"Host: evil.example", "Content-Length: 100000"},
			"of a web page":        {"Origin: https://evil.example", "Transfer-Encoding: chunked", "Content-Length: 5"},
			"of another kind":      {"Content-Type: text/plain", "Content-Length: 1000"},
			"that would be 64 MB":  {"Content-Length: 67108864"},
			"that wants a word":    {"Authorization: Bearer nobodys", "Expect: 100-continue", "Content-Length: 1000"},
			"without a token, big": {"Authorization: Bearer nobodys", "Content-Length: 67108864"},
		} {
			began := time.Now()
			head, _, _ := strings.Cut(x.bytes("POST "+x.path()+" HTTP/1.1", append(headers, "Connection: keep-alive")...), "\r\n\r\n")
			if a := x.raw(head + "\r\n\r\n{"); a.status < 400 {
				t.Errorf("a body %s that does not come was answered %d", what, a.status)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("a body %s was waited for %s", what, took)
			}
		}
		const most = 128 // requests of one caller at once
		head, _, _ := strings.Cut(x.bytes("POST "+x.path()+" HTTP/1.1", "Authorization: Bearer "+x.people.tokens["alice"]), "\r\n\r\n")
		var held []net.Conn
		hang := func() {
			connection, err := net.Dial("tcp", x.host)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = connection.Close() }) // it may be closed
			if _, err := io.WriteString(connection, head+"\r\n\r\n{"); err != nil {
				t.Fatal(err)
			}
			held = append(held, connection)
		}
		for range most - 1 {
			hang()
		}
		var over answer
		x.p.until("the caller has as many requests as may be", func() bool {
			hang()
			over = x.ask(x.posts(`{"jsonrpc":"2.0","method":"notifications/initialized"}`))
			return over.status == http.StatusTooManyRequests
		})
		over.refused(t, "one request too many", 429)
		if over.header.Get("Retry-After") == "" {
			t.Error("the refusal does not say when to try again")
		}
		bob := x.client(t, x.people.tokens["bob"])
		bob.ping()
		for _, connection := range held {
			_ = connection.Close() // the server may have
		}
		x.spared()
	})
}

func TestTenThousandSessionsAreTooMany(t *testing.T) {
	t.Parallel()
	const wanted, most = 10_000, 256
	x := newPrey(t, "http")
	hello := `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"` + withSessions + `","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}`
	x.ask(x.posts(hello, "Mcp-Protocol-Version: ", "Authorization: Bearer "+x.people.tokens["bob"]))
	before := peakMemory(t, x.p)
	opened, last := 0, answer{}
	for range wanted {
		last = x.ask(x.posts(hello, "Mcp-Protocol-Version: "))
		switch {
		case last.status == http.StatusOK && last.header.Get("Mcp-Session-Id") != "":
			opened++
		case last.status != http.StatusTooManyRequests:
			t.Fatalf("after %d sessions: %d %s", opened, last.status, last.body)
		}
	}
	last.refused(t, "one session too many", 429)
	if last.header.Get("Retry-After") == "" {
		t.Error("the refusal does not say when to try again")
	}
	if opened != most-1 { // the first is alice's
		t.Errorf("%d sessions were opened, want %d", opened, most-1)
	}
	if grown := peakMemory(t, x.p) - before; grown > 40 && !raced {
		t.Errorf("the sessions took %d MB", grown)
	}
	x.client(t, x.people.tokens["bob"]).ping()
	x.alice.ping()
	x.alice.leave()
	if a := x.ask(x.posts(hello, "Mcp-Protocol-Version: ")); a.status != http.StatusOK {
		t.Errorf("after one has left, a session was answered %d %s", a.status, a.body)
	}
}

func TestAThousandStreamsAreTooMany(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		const wanted, most = 1000, 128
		x := newPrey(t, transport)
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		open := func() (status int) {
			request := x.inSession(x.alice.wire.session(), "").WithContext(ctx)
			request.Method, request.URL.Path, request.Body, request.ContentLength = http.MethodGet, strings.TrimPrefix(x.address, "http://"+x.host), nil, 0
			a, err := x.web.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			if a.StatusCode != http.StatusOK {
				defer a.Body.Close()
				if a.Header.Get("Retry-After") == "" {
					t.Errorf("a refusal with %s does not say when to try again", a.Status)
				}
			}
			return a.StatusCode
		}
		opened := 0
		if transport == "sse" {
			opened = 1 // alice's own
		}
		for range wanted {
			switch status := open(); status {
			case http.StatusOK:
				opened++
			case http.StatusTooManyRequests:
			default:
				t.Fatalf("after %d streams: %d", opened, status)
			}
		}
		if opened != most {
			t.Errorf("%d streams were opened, want %d", opened, most)
		}
		bob := x.client(t, x.people.tokens["bob"])
		bob.listen()
		bob.ping()
		leave()
		ctx, leave = context.WithCancel(t.Context())
		defer leave()
		x.p.until("a stream can be opened after the others were closed", func() bool { return open() == http.StatusOK })
		x.spared()
	})
}

// What is answered on a stream that nobody reads waits, and counts.
func TestAStreamThatNobodyReadsHoldsUpOnlyItsCaller(t *testing.T) {
	t.Parallel()
	x := newPrey(t, "sse")
	connection, err := net.Dial("tcp", x.host)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	bob := x.people.tokens["bob"]
	if _, err := io.WriteString(connection, "GET /sse HTTP/1.1\r\nHost: "+x.host+"\r\nAuthorization: Bearer "+bob+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	//nolint:bodyclose // closing would read the stream to its end
	opened, err := http.ReadResponse(bufio.NewReaderSize(connection, 16), nil)
	if err != nil {
		t.Fatal(err)
	}
	path := ""
	for lines := bufio.NewScanner(opened.Body); path == "" && lines.Scan(); {
		path = strings.TrimPrefix(lines.Text(), "data: /")
		if path == lines.Text() {
			path = ""
		}
	}
	before := peakMemory(t, x.p)
	var last answer
	for range 2000 { // each answered with many kilobytes
		request := x.posts(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, "Authorization: Bearer "+bob)
		request.URL.Path, request.URL.RawQuery, _ = strings.Cut("/"+path, "?")
		if last = x.ask(request); last.status != http.StatusAccepted {
			break
		}
	}
	last.refused(t, "one request too many on a stream that nobody reads", 429)
	if grown := peakMemory(t, x.p) - before; grown > 64 && !raced {
		t.Errorf("answers that nobody reads took %d MB", grown)
	}
	x.alice.ping()
	_ = connection.Close() // once more in the end
	var again *visitor
	x.p.until("the caller can call again once the stream is closed", func() bool {
		again = x.connect(t, bob)
		return again.initialize().Error == nil
	})
	again.ping()
	x.spared()
}
