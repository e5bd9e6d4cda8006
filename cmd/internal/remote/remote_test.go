package remote

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"okta-mcp/auth/inbound"
	"okta-mcp/tools"
)

// patience is how long a test waits for what must come. Nothing is measured with it.
const patience = 30 * time.Second

const token = "a-token-for-tests-0123456789abcdef"

// site is a Server on a loopback port, with tools that behave as transports fear.
type site struct {
	*Server
	t   *testing.T
	url string

	mu   sync.Mutex
	log  bytes.Buffer
	gone []string // sessions that mcp-go has let go of
}

func (s *site) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(p)
}

func (s *site) logged() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

func open(t *testing.T, transport string, register func(*server.MCPServer)) *site {
	t.Helper()
	s := &site{t: t}
	hooks := &server.Hooks{}
	hooks.AddOnUnregisterSession(func(_ context.Context, session server.ClientSession) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.gone = append(s.gone, session.SessionID())
	})
	serving := server.NewMCPServer("test", "1", server.WithToolCapabilities(true), server.WithRecovery(), server.WithHooks(hooks))
	register(serving)
	authenticator, err := inbound.SingleToken("test", token)
	if err != nil {
		t.Fatal(err)
	}
	s.Server = New(Options{
		Transport: transport, MCP: serving, Authenticator: authenticator, Hosts: []string{"127.0.0.1"},
		Grants:   func(inbound.Caller) []tools.Grant { return []tools.Grant{{Name: "test"}} },
		SignedIn: func() bool { return true }, Refused: func(int) {}, Logger: slog.New(slog.NewTextHandler(s, nil)),
	})
	front := httptest.NewServer(s.Server)
	t.Cleanup(func() { s.Server.Close(); front.Close() })
	s.url = front.URL
	return s
}

// reply is what a request was answered with.
type reply struct {
	status int
	header http.Header
	body   io.Reader
}

func (r reply) session() string { return r.header.Get("Mcp-Session-Id") }

// request sends a request, with the headers given in pairs besides the usual ones.
func (s *site) request(ctx context.Context, method, path, session, body string, headers ...string) reply {
	s.t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	headers = append(headers, "Authorization", "Bearer "+token, "Content-Type", "application/json", "Accept", "application/json, text/event-stream")
	if session != "" {
		headers = append(headers, "Mcp-Session-Id", session)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Errorf("%s %s: %v", method, path, err)
		return reply{body: strings.NewReader("")}
	}
	s.t.Cleanup(func() { answer.Body.Close() })
	return reply{answer.StatusCode, answer.Header, answer.Body}
}

func (s *site) post(path, session, body string, headers ...string) (reply, string) {
	s.t.Helper()
	answer := s.request(s.t.Context(), http.MethodPost, path, session, body, headers...)
	text, err := io.ReadAll(answer.body)
	if err != nil {
		s.t.Errorf("reading the answer to %s: %v", body, err)
	}
	return answer, string(text)
}

const (
	hello = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{}},"clientInfo":{"name":"t","version":"1"}}}`
	ready = `{"jsonrpc":"2.0","method":"notifications/initialized"}`
)

func toolCall(id int, tool string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":%q,"arguments":{},"_meta":{"progressToken":"p%d"}}}`, id, tool, id)
}

// stream is a conversation over SSE as its client has it.
type stream struct {
	*site
	path   string
	events *bufio.Scanner
	close  context.CancelFunc
}

func (s *site) converse() *stream {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	s.t.Cleanup(cancel)
	c := &stream{site: s, close: cancel, events: bufio.NewScanner(s.request(ctx, http.MethodGet, ssePath, "", "").body)}
	c.path = c.next()
	c.say(hello)
	c.next()
	c.say(ready)
	return c
}

// next returns the data of the next event.
func (c *stream) next() string {
	c.t.Helper()
	for c.events.Scan() {
		if data, found := strings.CutPrefix(c.events.Text(), "data: "); found {
			return data
		}
	}
	c.t.Fatalf("the stream has ended: %v", c.events.Err())
	return ""
}

func (c *stream) say(body string) {
	c.t.Helper()
	if answer, text := c.post(c.path, "", body); answer.status != http.StatusAccepted || text != "" {
		c.t.Fatalf("%s is answered with %d %q", body, answer.status, text)
	}
}

func TestProgressGoesBeforeTheAnswerOverSSE(t *testing.T) {
	t.Parallel()
	const steps = 40
	s := open(t, SSE, func(m *server.MCPServer) {
		m.AddTool(mcp.NewTool("steps"), func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			for i := range steps {
				if err := m.SendNotificationToClient(ctx, "notifications/progress", map[string]any{"progressToken": r.Params.Meta.ProgressToken, "progress": i}); err != nil {
					return nil, err
				}
			}
			return mcp.NewToolResultText("done"), nil
		})
	})
	c := s.converse()
	for id := range 5 {
		c.say(toolCall(id+1, "steps"))
		for i := range steps {
			if said := c.next(); !strings.Contains(said, fmt.Sprintf(`"progress":%d`, i)) {
				t.Fatalf("call %d, step %d: %s", id, i, said)
			}
		}
		if said := c.next(); !strings.Contains(said, fmt.Sprintf(`"id":%d,`, id+1)) {
			t.Fatalf("after the progress of call %d: %s", id, said)
		}
	}
}

func TestACallOverSSEEndsWithItsStream(t *testing.T) {
	t.Parallel()
	began, ended := make(chan struct{}), make(chan error, 1)
	s := open(t, SSE, func(m *server.MCPServer) {
		m.AddTool(mcp.NewTool("wait"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			close(began)
			<-ctx.Done()
			ended <- ctx.Err()
			return nil, ctx.Err()
		})
	})
	c := s.converse()
	c.say(toolCall(1, "wait"))
	<-began
	c.close()
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatal("the call goes on though its client is gone")
	}
	within, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	s.caps.idle(within, requests)
	s.caps.idle(within, streams)
	if s.Sessions() != 0 || s.caps.count(requests) != 0 {
		t.Errorf("%d sessions and %d requests are left", s.Sessions(), s.caps.count(requests))
	}
}

func TestAQuestionOverSSEIsAnsweredInItsOwnConversationOnly(t *testing.T) {
	t.Parallel()
	s := open(t, SSE, func(m *server.MCPServer) {
		m.AddTool(mcp.NewTool("ask"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			result, err := m.RequestElicitation(ctx, mcp.ElicitationRequest{Params: mcp.ElicitationParams{
				Message: "really?", RequestedSchema: map[string]any{"type": "object", "properties": map[string]any{}},
			}})
			if err != nil {
				return nil, err
			}
			return mcp.NewToolResultText(string(result.Action)), nil
		})
	})
	asked, other := s.converse(), s.converse()
	asked.say(toolCall(1, "ask"))
	var question struct {
		ID     string
		Method string
	}
	if said := asked.next(); json.Unmarshal([]byte(said), &question) != nil || question.Method != "elicitation/create" {
		t.Fatalf("instead of a question: %s", said)
	}
	other.say(fmt.Sprintf(`{"jsonrpc":"2.0","id":%q,"result":{"action":"accept"}}`, question.ID))
	asked.say(`{"jsonrpc":"2.0","id":"another","result":{"action":"accept"}}`)
	asked.say(fmt.Sprintf(`{"jsonrpc":"2.0","id":%q,"result":{"action":"decline"}}`, question.ID))
	if said := asked.next(); !strings.Contains(said, `"decline"`) {
		t.Errorf("the answer that counted: %s", said)
	}
}

func TestWhatPanicsIsAnsweredAndLogged(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{HTTP, SSE} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			hooks := &server.Hooks{}
			hooks.AddBeforePing(func(context.Context, any, *mcp.PingRequest) { t.Log(1 / len(t.TempDir()[:0])) })
			s := open(t, transport, func(m *server.MCPServer) { server.WithHooks(hooks)(m) })
			if transport == SSE {
				c := s.converse()
				c.say(`{"jsonrpc":"2.0","id":7,"method":"ping"}`)
				if said := c.next(); !strings.Contains(said, `"id":7`) || !strings.Contains(said, "its log says where") || strings.Contains(said, "divide") {
					t.Errorf("answered with %s", said)
				}
			} else {
				opened, _ := s.post(mcpPath, "", hello)
				answer, said := s.post(mcpPath, opened.session(), `{"jsonrpc":"2.0","id":7,"method":"ping"}`)
				if answer.status != http.StatusInternalServerError || strings.Contains(said, "divide") {
					t.Errorf("answered with %d %s", answer.status, said)
				}
			}
			if !strings.Contains(s.logged(), "divide by zero") {
				t.Errorf("the log does not say why: %s", s.logged())
			}
		})
	}
}

func TestSessionsThatNobodyUsesAreClosed(t *testing.T) {
	t.Parallel()
	s := open(t, HTTP, func(*server.MCPServer) {})
	over := s.transport.(*streamable)
	opened, _ := s.post(mcpPath, "", hello)
	used, _ := s.post(mcpPath, "", hello)
	listening, _ := s.post(mcpPath, "", hello)
	s.request(t.Context(), http.MethodGet, mcpPath, listening.session(), "") // stays open
	over.table.mu.Lock()
	over.table.now = func() time.Time { return time.Now().Add(idleFor) }
	over.table.mu.Unlock()
	s.post(mcpPath, used.session(), ready)
	over.reap(idleFor)
	for name, c := range map[string]struct {
		id   string
		want int
	}{"unused": {opened.session(), http.StatusNotFound}, "used": {used.session(), http.StatusAccepted}, "listening": {listening.session(), http.StatusAccepted}} {
		if answer, said := s.post(mcpPath, c.id, ready); answer.status != c.want {
			t.Errorf("the %s session is answered with %d %s, want %d", name, answer.status, said, c.want)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.gone) != 1 || s.gone[0] != opened.session() {
		t.Errorf("mcp-go has let go of %q, want the one unused", s.gone)
	}
}

func TestACallerWithAllSessionsOpensAnotherInPlaceOfUnusedOnes(t *testing.T) {
	t.Parallel()
	s := open(t, HTTP, func(*server.MCPServer) {})
	over := s.transport.(*streamable)
	each, _ := most(sessions)
	for i := range each {
		if answer, said := s.post(mcpPath, "", hello); answer.status != http.StatusOK {
			t.Fatalf("session %d: %d %s", i, answer.status, said)
		}
	}
	answer, said := s.post(mcpPath, "", hello)
	if answer.status != http.StatusTooManyRequests || answer.header.Get("Retry-After") == "" {
		t.Errorf("one more is answered with %d %s", answer.status, said)
	}
	over.table.mu.Lock()
	over.table.now = func() time.Time { return time.Now().Add(makeRoomAfter) }
	over.table.mu.Unlock()
	if answer, said := s.post(mcpPath, "", hello); answer.status != http.StatusOK || s.Sessions() != 1 {
		t.Errorf("a minute later: %d %s, %d sessions", answer.status, said, s.Sessions())
	}
}

func TestDrainingLetsCallsFinishAndTakesNoMore(t *testing.T) {
	t.Parallel()
	began, finish := make(chan struct{}), make(chan struct{})
	s := open(t, HTTP, func(m *server.MCPServer) {
		m.AddTool(mcp.NewTool("wait"), func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			close(began)
			<-finish
			return mcp.NewToolResultText("done"), nil
		})
	})
	opened, _ := s.post(mcpPath, "", hello)
	session := opened.session()
	answered := make(chan string, 1)
	go func() {
		_, said := s.post(mcpPath, session, toolCall(1, "wait"))
		answered <- said
	}()
	<-began
	s.stopping.Store(true)
	for what, body := range map[string]string{"a call": toolCall(2, "wait"), "a session": hello} {
		if answer, said := s.post(mcpPath, session, body); answer.status != http.StatusServiceUnavailable {
			t.Errorf("%s is answered with %d %s", what, answer.status, said)
		}
	}
	if answer, said := s.post(mcpPath, session, `{"jsonrpc":"2.0","id":1,"result":{"action":"decline"}}`); answer.status == http.StatusServiceUnavailable {
		t.Errorf("an answer is refused: %s", said)
	}
	if answer := s.request(t.Context(), http.MethodGet, "/readyz", "", ""); answer.status != http.StatusServiceUnavailable {
		t.Errorf("/readyz says %d", answer.status)
	}
	close(finish)
	within, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	s.Drain(within)
	if said := <-answered; !strings.Contains(said, "done") {
		t.Errorf("the call in flight came to %s", said)
	}
}

func TestWhatIsTakenBackIsNotAnswered(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{HTTP, SSE} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			began := make(chan struct{}, 2)
			s := open(t, transport, func(m *server.MCPServer) {
				m.AddTool(mcp.NewTool("wait"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
					began <- struct{}{}
					<-ctx.Done()
					return mcp.NewToolResultText("too late"), nil
				})
			})
			const takeBack = `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%s}}`
			if transport == SSE {
				c, other := s.converse(), s.converse()
				c.say(toolCall(1, "wait"))
				<-began
				other.say(fmt.Sprintf(takeBack, "1"))
				c.say(fmt.Sprintf(takeBack, `"1"`))
				c.say(`{"jsonrpc":"2.0","id":2,"method":"ping"}`)
				if said := c.next(); !strings.Contains(said, `"id":2`) {
					t.Fatalf("another's cancellation has an effect: %s", said)
				}
				c.say(fmt.Sprintf(takeBack, "1.0"))
				within, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				s.caps.idle(within, requests)
				c.say(`{"jsonrpc":"2.0","id":3,"method":"ping"}`)
				if said := c.next(); !strings.Contains(said, `"id":3`) {
					t.Errorf("what was taken back is answered: %s", said)
				}
				return
			}
			opened, _ := s.post(mcpPath, "", hello)
			session := opened.session()
			answered := make(chan string, 1)
			go func() {
				answer, said := s.post(mcpPath, session, toolCall(1, "wait"))
				answered <- fmt.Sprint(answer.status, said)
			}()
			<-began
			s.post(mcpPath, session, fmt.Sprintf(takeBack, "1"))
			if said := <-answered; said != "202" {
				t.Errorf("what was taken back is answered: %s", said)
			}
		})
	}
}

func TestAnAnswerThatSaysNothingEndsTheQuestion(t *testing.T) {
	t.Parallel()
	s := open(t, HTTP, func(m *server.MCPServer) {
		m.AddTool(mcp.NewTool("ask"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			result, err := m.RequestElicitation(ctx, mcp.ElicitationRequest{Params: mcp.ElicitationParams{
				Message: "really?", RequestedSchema: map[string]any{"type": "object", "properties": map[string]any{}},
			}})
			if err != nil {
				return nil, err
			}
			return mcp.NewToolResultText("action: " + string(result.Action)), nil
		})
	})
	opened, _ := s.post(mcpPath, "", hello)
	session := opened.session()
	for _, nothing := range []string{`"result":{}`, `"result":null`, `"result":[]`, `"result":{ },"error":null`, `"result":{},"error":{}`} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		events := bufio.NewScanner(s.request(ctx, http.MethodPost, mcpPath, session, toolCall(1, "ask")).body)
		c := &stream{site: s, events: events}
		var question struct{ ID json.RawMessage }
		if said := c.next(); json.Unmarshal([]byte(said), &question) != nil {
			t.Fatalf("instead of a question: %s", said)
		}
		s.post(mcpPath, session, fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,%s}`, question.ID, nothing))
		if said := c.next(); !strings.Contains(said, "action: ") && !strings.Contains(said, "error") {
			t.Errorf("%s came to %s", nothing, said)
		}
		cancel()
	}
}

func TestASilentStreamIsKeptAliveBetweenEventsOnly(t *testing.T) {
	t.Parallel()
	const events = 500
	front := httptest.NewServer(http.HandlerFunc(func(plain http.ResponseWriter, _ *http.Request) {
		w := newWriter(plain)
		var comments sync.WaitGroup
		comments.Go(func() {
			for w.comment() {
			}
		})
		for i := range events {
			if _, err := fmt.Fprintf(w, "data: %d %s\n\n", i, strings.Repeat("x", 5000)); err != nil {
				t.Error(err)
			}
		}
		w.end()
		comments.Wait()
		if w.comment() {
			t.Error("something is written after the end")
		}
	}))
	t.Cleanup(front.Close)
	answer, err := http.Get(front.URL)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		t.Fatal(err)
	}
	whole := strings.ReplaceAll(string(text), ": still here\n\n", "")
	if len(whole) == len(text) {
		t.Error("no comment was written")
	}
	for i := range events {
		event := fmt.Sprintf("data: %d %s\n\n", i, strings.Repeat("x", 5000))
		if whole, _ = strings.CutPrefix(whole, event); i == events-1 && whole != "" {
			t.Fatalf("not whole events: what is left begins with %.80q", whole)
		}
	}
}

func TestACallThatTheServerEndsIsNotAnsweredAsIfItWereDone(t *testing.T) {
	t.Parallel()
	began := make(chan struct{}, 2)
	s := open(t, HTTP, func(m *server.MCPServer) {
		m.AddTool(mcp.NewTool("wait"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			began <- struct{}{}
			<-ctx.Done()
			return mcp.NewToolResultText("who knows"), nil
		})
	})
	opened, _ := s.post(mcpPath, "", hello)
	answered := make(chan string, 2)
	go func() {
		answer, said := s.post(mcpPath, opened.session(), toolCall(1, "wait"))
		answered <- fmt.Sprint(answer.status, said)
	}()
	go func() { answered <- s.modern(toolCall(1, "wait")) }()
	<-began
	<-began
	s.Close()
	for range 2 {
		if said := <-answered; !strings.HasPrefix(said, "503") || !strings.Contains(said, "stopping") {
			t.Errorf("a call that the server ended is answered with %s", said)
		}
	}
}

// modern posts a call as 2026-07-28 has it, and returns the status and the body.
func (s *site) modern(call string) string {
	s.t.Helper()
	call = strings.Replace(call, `"_meta":{`, `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"io.modelcontextprotocol/clientCapabilities":{},`, 1)
	answer, said := s.post(mcpPath, "", call, "Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", "tools/call", "Mcp-Name", "wait")
	return fmt.Sprint(answer.status, said)
}

func TestRefusalsAreLoggedOfEachStatusWithWhoIsRefused(t *testing.T) {
	t.Parallel()
	s := open(t, HTTP, func(*server.MCPServer) {})
	for range 20 {
		s.post("/nowhere", "", hello)
		s.post(mcpPath, "", "{")
	}
	for want, times := range map[string]int{"status=404": 1, `status=400 reason="the body`: 1, "caller=token:test": 1} {
		if got := strings.Count(s.logged(), want); got != times {
			t.Errorf("the log has %s %d times, want %d:\n%s", want, got, times, s.logged())
		}
	}
}
