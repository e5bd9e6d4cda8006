package tools_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
	"go.uber.org/goleak"

	"okta-mcp/auth"
	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/oktaclient/demoorg/orgtest"
	"okta-mcp/tools"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// Okta's SDK starts it with each client and ends it when the client is collected.
		goleak.IgnoreAnyFunction("github.com/patrickmn/go-cache.(*janitor).Run"),
		// Idle connections to test servers that are gone end in their own time.
		goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop"),
		goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"))
}

// world is an org, a server of tools signed in to it, and the clock of both.
type world struct {
	t      testing.TB
	org    *orgtest.Server
	server *tools.Server
	record *recorder
	signer *auth.ServiceApp
	config tools.Config // what server was made of

	began, start time.Time // the org's time is start when the world began

	mu   sync.Mutex
	skip time.Duration // how far the server's clock was moved ahead
}

// start is where the history of every test's org ends.
var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// setup is what tests vary.
type setup struct {
	org       demoorg.Options
	scopes    []string
	selection tools.Selection
	options   tools.Options
	approve   []string
	policies  []tools.Policy
	askWithin time.Duration
	asker     confirm.Asker // beside the client
	access    func(tools.Access) tools.Access
	signIn    tools.SignIn
	sleep     func(context.Context, time.Duration) error // nil: the server's clock passes at once
}

func newWorld(t testing.TB, s setup) *world {
	t.Helper()
	if s.org.Size == 0 {
		s.org.Size = 60
	}
	if s.org.Start.IsZero() {
		s.org.Start = start
	}
	s.org.SearchLag = -1
	w := &world{t: t, began: time.Now(), start: s.org.Start, record: &recorder{}}
	if s.org.Now == nil {
		s.org.Now = w.orgTime
	}
	w.org = orgtest.Start(t, s.org)
	if s.sleep == nil {
		s.sleep = w.sleep
	}
	credentials := w.org.Credentials()
	key, err := auth.ParseKey([]byte(credentials.PrivateKeyPEM), credentials.KeyID)
	if err != nil {
		t.Fatal(err)
	}
	if s.scopes == nil {
		s.scopes = demoorg.DefaultScopes()
	}
	w.signer, err = auth.NewServiceApp(auth.Config{OrgURL: w.org.URL, ClientID: credentials.ClientID, Key: key, Scopes: s.scopes, Now: w.orgTime})
	if err != nil {
		t.Fatal(err)
	}
	org, err := oktaclient.New(oktaclient.Options{URL: w.org.URL, Authorizer: w.signer, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.signer.SignIn(t.Context()); err != nil {
		t.Logf("not signed in: %v", err)
	}
	approvals, err := confirm.ParseApprovals(s.approve, tools.Confirmable(), w.now)
	if err != nil {
		t.Fatal(err)
	}
	var access tools.Access = testAccess{w.signer, org}
	if s.access != nil {
		access = s.access(access)
	}
	w.config = tools.Config{
		Version: "test", Org: org, Access: access, Selection: s.selection, Options: s.options,
		Approvals: approvals, Policies: s.policies, AskWithin: s.askWithin, Recorder: w.record, Logger: slog.New(slog.DiscardHandler), Now: w.now, Sleep: s.sleep, SignIn: s.signIn,
		Askers: func(m *server.MCPServer) []confirm.Asker {
			if s.asker != nil {
				return []confirm.Asker{s.asker}
			}
			return []confirm.Asker{confirm.Client{Server: m}}
		},
		Principal: func(ctx context.Context) tools.Principal {
			p, known := ctx.Value(callerKey{}).(*peer)
			if !known {
				return tools.Principal{}
			}
			return tools.Principal{ID: p.caller, Operator: p.grants == nil, Grants: p.grants}
		},
	}
	w.server, err = tools.New(w.config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.server.Close)
	w.org.Reset()
	return w
}

type callerKey struct{}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.orgTime().Add(w.skip)
}

// orgTime is the org's clock: its history ended when the world began.
func (w *world) orgTime() time.Time { return w.start.Add(time.Since(w.began)) }

// pass moves the server's clock ahead.
func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.skip += d
}

// sleep lets the server's clock pass instead of waiting.
func (w *world) sleep(ctx context.Context, d time.Duration) error {
	w.pass(d)
	return ctx.Err()
}

type testAccess struct {
	*auth.ServiceApp
	org *oktaclient.Org
}

func (a testAccess) Status() tools.Status {
	s := a.State()
	status := tools.Status{OrgURL: a.org.URL(), Method: s.Method, ClientID: s.ClientID, SignedIn: s.SignedIn, Asked: s.Asked, Granted: s.Granted, Refused: s.Refused}
	if s.Err != nil {
		status.Problem = s.Err.Error()
	}
	return status
}
func (a testAccess) Ready(context.Context)      {}
func (a testAccess) Headroom() []tools.Headroom { return a.org.Headroom() }

// recorder remembers events and can be made to fail.
type recorder struct {
	mu     sync.Mutex
	events []tools.Event
	fail   error
}

func (r *recorder) Before(_ context.Context, e tools.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fail
}

func (r *recorder) After(_ context.Context, e tools.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
	return nil
}

func (r *recorder) last() tools.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.events) == 0 {
		return tools.Event{}
	}
	return r.events[len(r.events)-1]
}

// peer is one MCP client: what it declares and how it answers questions.
type peer struct {
	w       *world
	session *server.InProcessSession
	modern  bool
	caller  string
	grants  []tools.Grant // nil: the caller is the operator
	answer  func(ctx context.Context, q mcp.ElicitationParams) (*mcp.ElicitationResult, error)
	elicits bool
	byURL   bool // declares that it can show addresses

	asked atomic.Int64
	ids   atomic.Int64
}

// Elicit implements mcp-go's handler of questions.
func (p *peer) Elicit(ctx context.Context, request mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	p.asked.Add(1)
	return p.answer(ctx, request.Params)
}

// granted connects a caller with these entries, in a version and with an answer as
// connect takes them; none at all is a caller that no entry is about.
func (w *world) granted(caller, version string, answer func(context.Context, mcp.ElicitationParams) (*mcp.ElicitationResult, error), grants ...tools.Grant) *peer {
	w.t.Helper()
	p := w.connect(version, answer)
	p.caller, p.grants = caller, append([]tools.Grant{}, grants...)
	return p
}

// connect opens a session in a protocol version; answer nil means the client
// cannot be asked.
func (w *world) connect(version string, answer func(context.Context, mcp.ElicitationParams) (*mcp.ElicitationResult, error)) *peer {
	w.t.Helper()
	p := &peer{w: w, answer: answer, elicits: answer != nil, modern: version == modernVersion, caller: "test"}
	return p.join(version)
}

// join registers the peer and, before 2026-07-28, shakes hands.
func (p *peer) join(version string) *peer {
	p.w.t.Helper()
	p.session = server.NewInProcessSessionWithHandlers(fmt.Sprintf("s%p", p), nil, p, nil)
	if err := p.w.server.MCP().RegisterSession(p.w.t.Context(), p.session); err != nil {
		p.w.t.Fatal(err)
	}
	if !p.modern {
		capabilities := map[string]any{}
		switch {
		case p.byURL:
			capabilities["elicitation"] = map[string]any{"url": map[string]any{}}
		case p.elicits:
			capabilities["elicitation"] = map[string]any{}
		}
		p.rpc("initialize", map[string]any{"protocolVersion": version, "capabilities": capabilities, "clientInfo": map[string]any{"name": "peer", "version": "1"}})
	}
	return p
}

const modernVersion = "2026-07-28"

// versions are every protocol revision that clients may speak.
func versions() []string {
	return []string{"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", modernVersion}
}

// rpc sends one request as it goes over the wire and returns the result.
func (p *peer) rpc(method string, params map[string]any) rpcAnswer {
	p.w.t.Helper()
	if params == nil {
		params = map[string]any{}
	}
	if p.modern {
		capabilities := map[string]any{}
		if p.elicits {
			capabilities["elicitation"] = map[string]any{}
		}
		params["_meta"] = map[string]any{
			"io.modelcontextprotocol/protocolVersion":    modernVersion,
			"io.modelcontextprotocol/clientInfo":         map[string]any{"name": "peer", "version": "1"},
			"io.modelcontextprotocol/clientCapabilities": capabilities,
		}
	}
	message, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": p.ids.Add(1), "method": method, "params": params})
	if err != nil {
		p.w.t.Fatal(err)
	}
	return p.raw(message)
}

type rpcAnswer struct {
	Result json.RawMessage
	Error  *struct {
		Code    int
		Message string
	}
}

func (p *peer) raw(message json.RawMessage) rpcAnswer {
	ctx := context.WithValue(p.w.t.Context(), callerKey{}, p)
	ctx = p.w.server.MCP().WithContext(ctx, p.session)
	encoded, err := json.Marshal(p.w.server.MCP().HandleMessage(ctx, message))
	if err != nil {
		p.w.t.Error(err)
	}
	var answer rpcAnswer
	if err := json.Unmarshal(encoded, &answer); err != nil {
		p.w.t.Error(err)
	}
	return answer
}

// result is a tool's result as a client reads it.
type result struct {
	t          testing.TB
	Raw        json.RawMessage
	ResultType string
	IsError    bool
	Content    []struct{ Text string }
	Structured json.RawMessage `json:"structuredContent"`

	InputRequests map[string]struct {
		Method string
		Params mcp.ElicitationParams
	}
	RequestState string
	RPCError     string
}

func (r result) text() string {
	if len(r.Content) == 0 {
		return r.RPCError
	}
	return r.Content[0].Text
}

// mustFail fails the test unless the call was refused with all the words.
func (r result) mustFail(words ...string) {
	r.t.Helper()
	if !r.IsError {
		r.t.Fatalf("the call was carried out: %s", r.Raw)
	}
	for _, word := range words {
		if !strings.Contains(r.text(), word) {
			r.t.Errorf("the refusal does not say %q: %s", word, r.text())
		}
	}
}

// mustWork fails the test unless the call succeeded, and decodes its answer.
func (r result) mustWork(into any) {
	r.t.Helper()
	if r.IsError || r.RPCError != "" || r.ResultType == "input_required" {
		r.t.Fatalf("the call failed: %s %s", r.text(), r.Raw)
	}
	if into != nil {
		if err := json.Unmarshal(r.Structured, into); err != nil {
			r.t.Fatalf("decoding %s: %v", r.Structured, err)
		}
	}
}

// call makes one tools/call without answering questions of a modern client.
func (p *peer) call(tool string, arguments any, more ...map[string]any) result {
	params := map[string]any{"name": tool, "arguments": arguments}
	for _, extra := range more {
		for name, value := range extra {
			params[name] = value
		}
	}
	answer := p.rpc("tools/call", params)
	r := result{t: p.w.t, Raw: answer.Result}
	if answer.Error != nil {
		r.RPCError = answer.Error.Message
		return r
	}
	if err := json.Unmarshal(answer.Result, &r); err != nil {
		p.w.t.Errorf("decoding %s: %v", answer.Result, err)
	}
	return r
}

// ask makes a call and, for a modern client, answers its question and repeats it.
func (p *peer) ask(tool string, arguments any) result {
	p.w.t.Helper()
	r := p.call(tool, arguments)
	if r.ResultType != "input_required" {
		return r
	}
	p.asked.Add(1)
	reply, err := p.answer(p.w.t.Context(), r.InputRequests["confirm"].Params)
	if err != nil {
		return p.call(tool, arguments, map[string]any{"requestState": r.RequestState, "inputResponses": map[string]any{}})
	}
	return p.call(tool, arguments, map[string]any{"requestState": r.RequestState, "inputResponses": map[string]any{"confirm": reply}})
}

// accepting answers every question as a person who agrees would, by reading it.
func accepting(_ context.Context, q mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
	return accept(consenting(q)), nil
}

func accept(content any) *mcp.ElicitationResult {
	r := &mcp.ElicitationResult{}
	r.Action, r.Content = mcp.ElicitationResponseActionAccept, content
	return r
}

func acting(action string) func(context.Context, mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
	return func(context.Context, mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
		r := &mcp.ElicitationResult{}
		r.Action = mcp.ElicitationResponseAction(action)
		return r, nil
	}
}

// consenting returns the content that a person who agrees would give.
func consenting(q mcp.ElicitationParams) map[string]any {
	_, typed, found := strings.Cut(q.Message, "type exactly: ")
	if found {
		typed, _, _ = strings.Cut(typed, " (the end of the id)")
		return map[string]any{"type_to_confirm": typed}
	}
	return map[string]any{"decision": "proceed"}
}

// moduleRoot is where go.mod is.
func moduleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(dir)
}

// newFuzzWorld is one world for all inputs of a fuzz target.
func newFuzzWorld(f *testing.F) *world { return newWorld(f, setup{}) }
