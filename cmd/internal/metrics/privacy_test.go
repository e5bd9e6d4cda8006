package metrics_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"okta-mcp/auth"
	"okta-mcp/cmd/internal/metrics"
	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/oktaclient/demoorg/orgtest"
	"okta-mcp/tools"
)

// client is an MCP client of a server of tools whose recorder is the metrics, beside
// one that keeps what it is told.
type client struct {
	t       testing.TB
	metrics *metrics.Metrics
	mcp     *server.MCPServer
	ctx     context.Context
	answer  mcp.ElicitationResult

	mu   sync.Mutex
	told []tools.Event
}

const (
	callerID   = "principal-quokka-77"
	clientName = "client-wombat-78"
	login      = "zyx.quagmire@distinctive.example"
)

func (c *client) Before(ctx context.Context, e tools.Event) error { return c.metrics.Before(ctx, e) }

func (c *client) After(ctx context.Context, e tools.Event) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told = append(c.told, e)
	return c.metrics.After(ctx, e)
}

// Elicit implements mcp-go's handler of questions.
func (c *client) Elicit(context.Context, mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	return &c.answer, nil
}

// access is a sign-in as package tools wants it told.
type access struct {
	*auth.ServiceApp
	org *oktaclient.Org
}

func (a access) Status() tools.Status {
	s := a.State()
	return tools.Status{OrgURL: a.org.URL(), ClientID: s.ClientID, SignedIn: s.SignedIn, Asked: s.Asked, Granted: s.Granted}
}
func (a access) Ready(context.Context)      {}
func (a access) Headroom() []tools.Headroom { return a.org.Headroom() }

// connect makes a signed-in server of tools on a made-up org, and a client of it.
func connect(t *testing.T) (*client, *orgtest.Server) {
	t.Helper()
	made := orgtest.Start(t, demoorg.Options{Size: 40, SearchLag: -1})
	credentials := made.Credentials()
	key, err := auth.ParseKey([]byte(credentials.PrivateKeyPEM), credentials.KeyID)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := auth.NewServiceApp(auth.Config{OrgURL: made.URL, ClientID: credentials.ClientID, Key: key, Scopes: demoorg.DefaultScopes()})
	if err != nil {
		t.Fatal(err)
	}
	if err := signer.SignIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := &client{t: t}
	org, err := oktaclient.New(oktaclient.Options{URL: made.URL, Authorizer: signer, Waited: func(reason string, d time.Duration) { c.metrics.Waited(reason, d) }})
	if err != nil {
		t.Fatal(err)
	}
	c.metrics = metrics.New(metrics.Options{Version: "1.2.3", SignedIn: func() bool { return signer.State().SignedIn }, Headroom: org.Headroom})
	approvals, err := confirm.ParseApprovals([]string{"unsuspend_user"}, tools.Confirmable(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	served, err := tools.New(tools.Config{
		Version: "test", Org: org, Access: access{signer, org}, Selection: tools.Selection{Toolsets: []string{"all"}}, Approvals: approvals,
		Recorder: c, Logger: slog.New(slog.DiscardHandler),
		Askers:    func(m *server.MCPServer) []confirm.Asker { return []confirm.Asker{confirm.Client{Server: m}} },
		Principal: func(context.Context) tools.Principal { return tools.Principal{ID: callerID, Operator: true} },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(served.Close)
	c.mcp = served.MCP()
	session := server.NewInProcessSessionWithHandlers("session-numbat-79", nil, c, nil)
	if err := c.mcp.RegisterSession(t.Context(), session); err != nil {
		t.Fatal(err)
	}
	c.ctx = c.mcp.WithContext(t.Context(), session)
	c.rpc("initialize", map[string]any{"protocolVersion": "2025-11-25", "capabilities": map[string]any{"elicitation": map[string]any{}},
		"clientInfo": map[string]any{"name": clientName, "version": "1"}})
	return c, made
}

func (c *client) rpc(method string, params map[string]any) {
	c.t.Helper()
	message, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	if err != nil {
		c.t.Fatal(err)
	}
	c.mcp.HandleMessage(c.ctx, message) // what became of it, the recorder is told
}

// call calls a tool, of which the client answers a question with an action and, where
// that is to accept, a decision.
func (c *client) call(tool string, arguments map[string]any, action string, decision ...string) {
	c.t.Helper()
	c.answer = mcp.ElicitationResult{}
	c.answer.Action = mcp.ElicitationResponseAction(action)
	if len(decision) > 0 {
		c.answer.Content = map[string]any{"decision": decision[0]}
	}
	c.rpc("tools/call", map[string]any{"name": tool, "arguments": arguments})
}

func TestNobodyAndNothingOfTheOrgIsNamed(t *testing.T) {
	t.Parallel()
	c, made := connect(t)
	c.call("create_user", map[string]any{"profile": map[string]any{"login": login, "email": login, "firstName": "Zyx", "lastName": "Quagmire"}}, "decline")
	c.call("get_user", map[string]any{"user_id": login}, "decline")
	c.call("get_user", map[string]any{"user_id": "nobody.numbat@distinctive.example"}, "decline")
	c.call("get_user", map[string]any{"bandicoot_80": "x"}, "decline")
	c.call("list_users", map[string]any{"search": `profile.lastName eq "Quagmire"`}, "decline")
	id := made.Cast().Employee.ID
	person := map[string]any{"user_ids": []string{id}}
	c.call("list_groups", map[string]any{}, "decline")
	c.call("list_applications", map[string]any{}, "decline")
	c.call("suspend_user", map[string]any{"user_ids": []string{id}, "plan_only": true}, "decline")
	c.call("suspend_user", person, "accept", "proceed")
	c.call("unsuspend_user", map[string]any{"user_id": id}, "decline")
	c.call("deactivate_user", person, "decline")
	c.call("bilby_81", map[string]any{}, "decline") // is no tool: never told to a recorder
	e := scrape(t, c.metrics)
	e.conventions(t)
	e.expect(t, map[string]float64{
		"okta_mcp_calls_total tool=create_user outcome=ok":                1,
		"okta_mcp_calls_total tool=get_user outcome=ok":                   1,
		"okta_mcp_calls_total tool=get_user outcome=error":                2,
		"okta_mcp_calls_total tool=suspend_user outcome=ok":               2,
		"okta_mcp_calls_total tool=deactivate_user outcome=not_consented": 1,
		"okta_mcp_consents_total asker=client outcome=accept":             1,
		"okta_mcp_consents_total asker=client outcome=decline":            1,
		"okta_mcp_consents_total asker=pre-approval outcome=accept":       1,
		"okta_mcp_signed_in":                      1,
		"okta_mcp_okta_requests_total status=2xx": float64(c.sent(2)),
		"okta_mcp_okta_requests_total status=4xx": float64(c.sent(4)),
	})
	if e.families["okta_mcp_ratelimit_remaining"] == nil {
		t.Error("the org's limits are not shown, so nothing is shown of them here")
	}
	secrets := append(c.identifiers(), id, made.URL, strings.TrimPrefix(made.URL, "http://"), made.Credentials().ClientID,
		callerID, clientName, login, "distinctive", "Quagmire", "quagmire", "numbat", "bandicoot", "bilby", "acme")
	for _, secret := range secrets {
		if len(secret) > 3 && strings.Contains(e.page, secret) {
			t.Errorf("the metrics hold %q", secret)
		}
	}
	if len(secrets) < 60 {
		t.Errorf("only %d identifiers were looked for: %q", len(secrets), secrets)
	}
	onlyFromClosedSets(t, e)
}

// sent is how many requests were answered with a class of status.
func (c *client) sent(class int) int {
	n := 0
	for _, e := range c.told {
		for _, s := range e.Requests {
			if s.Status/100 == class {
				n++
			}
		}
	}
	return n
}

// identifiers are everything that the events said which tells a call, a person or a
// thing from others.
func (c *client) identifiers() []string {
	id := regexp.MustCompile(`\b0[0-9a-z]{2}[0-9A-Za-z]{15,}\b`)
	var all []string
	for _, e := range c.told {
		all = append(all, e.ID, e.Caller.ID, e.Caller.ClientName, e.Arguments, e.Question)
		for _, target := range e.Targets {
			all = append(all, target.ID, target.Name, target.Within)
		}
		for _, sent := range e.Requests {
			all = append(append(all, sent.RequestID), id.FindAllString(sent.Path, -1)...)
		}
	}
	return all
}

// onlyFromClosedSets fails on a label, or a value of one, that no set of the server's
// own holds.
func onlyFromClosedSets(t testing.TB, e exposed) {
	t.Helper()
	sets := map[string]*regexp.Regexp{
		"outcome": regexp.MustCompile(`^(ok|asked|error|not_consented|not_signed_in|accept|decline|cancel|refuse|expired|changed|waiting|unasked|taken|forged|invalid|limit|other)$`),
		"asker":   regexp.MustCompile(`^(client|browser|terminal|pre-approval|none|other)$`),
		"effect":  regexp.MustCompile(`^(read|write|destructive|privileged|other)$`),
		"reason":  regexp.MustCompile(`^(pacing|rate_limit|retry|other)$`),
		"status":  regexp.MustCompile(`^([1-5]xx|[45]\d\d|none|other)$`),
		"family":  regexp.MustCompile(`^((GET )?(/[a-z-]+)?/api/v1/[a-zA-Z-]+(/\{id\})?|other)$`),
		"version": regexp.MustCompile(`^1\.2\.3$`),
		"le":      regexp.MustCompile(`^([0-9.]+|\+Inf)$`),
	}
	names := []string{"other"}
	for _, tool := range tools.Catalog() {
		names = append(names, tool.Name)
	}
	for _, f := range e.families {
		for _, s := range f.samples {
			for label, value := range s.labels {
				if label == "tool" && slices.Contains(names, value) {
					continue
				}
				if set := sets[label]; set == nil || !set.MatchString(value) {
					t.Errorf("%s has the label %s=%q", s.name, label, value)
				}
			}
		}
	}
}

func TestWhateverIsToldTheLabelsStayWithinTheirSets(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	hostile := orgtest.Hostile()
	text := func() string {
		if random.IntN(2) == 0 {
			return hostile[random.IntN(len(hostile))].Text
		}
		return fmt.Sprintf("okapi-%d", random.Uint64())
	}
	var headroom []tools.Headroom
	m := metrics.New(metrics.Options{Version: "1.2.3", Headroom: func() []tools.Headroom { return headroom }})
	tell := func(times int) int {
		for range times {
			done(t, m, tools.Event{
				ID: text(), Caller: tools.Caller{ID: text(), ClientName: text()}, Tool: text(), Effect: tools.Effect(random.IntN(20) - 5),
				Targets: []confirm.Target{{Type: text(), ID: text(), Name: text()}}, Arguments: text(), Rule: text(), Asker: text(), Question: text(),
				Consent: confirm.Consent{By: text()}, Answer: text(), Outcome: text(), Duration: time.Duration(random.Int64()),
				Requests: []tools.Sent{{Method: text(), Path: text(), RequestID: text(), Status: random.IntN(4000) - 1000}},
			})
			done(t, m, tools.Event{Consent: confirm.Consent{By: text()}})
			m.Refused(random.IntN(4000) - 1000)
			m.Waited(text(), time.Duration(random.Int64()))
			headroom = []tools.Headroom{{Family: text()}, {Family: "GET /api/v1/" + text() + "/{id}"}, {Family: "/api/v1/users/" + text()}}
		}
		e := scrape(t, m)
		onlyFromClosedSets(t, e)
		if strings.Contains(e.page, "okapi") {
			t.Error("what was told is shown")
		}
		n := 0
		for _, f := range e.families {
			n += len(f.samples)
		}
		return n
	}
	tell(20_000)
	if before, after := tell(1), tell(2_000); before != after {
		t.Errorf("%d samples became %d: what callers send takes up memory", before, after)
	}
}

// The operations of oktaclient stand in its test; each belongs to a family that is shown.
func TestTheFamiliesOfAllOperationsAreKnown(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../../../oktaclient/operations_test.go")
	if err != nil {
		t.Fatal(err)
	}
	operations := regexp.MustCompile(`"(GET|POST|PUT|PATCH|DELETE) (/[^" ]+)"`).FindAllStringSubmatch(string(source), -1)
	if len(operations) < 100 {
		t.Fatalf("only %d operations found: this test looks for the wrong thing", len(operations))
	}
	org, err := oktaclient.New(oktaclient.Options{URL: "https://acme.okta.com", Authorizer: anybody{}, Transport: limited{}})
	if err != nil {
		t.Fatal(err)
	}
	for _, operation := range operations {
		path := strings.NewReplacer("{1}", "00u1", "{2}", "00u2", "{3}", "00u3").Replace(operation[2])
		if _, err := org.Do(t.Context(), operation[1], path, nil, nil); err != nil {
			t.Errorf("%s %s: %v", operation[1], path, err)
		}
	}
	e := scrape(t, metrics.New(metrics.Options{Headroom: org.Headroom}))
	if shown, learnt := len(e.families["okta_mcp_ratelimit_limit"].samples), len(org.Headroom()); shown != learnt || learnt < 10 {
		t.Errorf("%d of %d families are shown: %v", shown, learnt, org.Headroom())
	}
	if e.value("okta_mcp_ratelimit_limit", "family=other") >= 0 {
		t.Errorf("a family of our operations is not known: %v", org.Headroom())
	}
}

type anybody struct{}

func (anybody) Authorize(*http.Request) error                 { return nil }
func (anybody) Answered(*http.Response) (retry bool, e error) { return false, nil }

// limited is an Okta that does nothing but say what is left of its limits.
type limited struct{}

func (limited) RoundTrip(r *http.Request) (*http.Response, error) {
	h := http.Header{}
	for name, value := range map[string]string{"Limit": "600", "Remaining": "599", "Reset": "1772000000"} {
		h.Set("X-Rate-Limit-"+name, value)
	}
	return &http.Response{StatusCode: 204, Header: h, Body: http.NoBody, Request: r}, nil
}
