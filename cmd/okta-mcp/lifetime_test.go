package main

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"okta-mcp/oktaclient/demoorg"
)

func TestAQuestionOpenAtTheEndOfInputIsARefusal(t *testing.T) {
	t.Parallel()
	org, url := serveOrg(t, demoorg.Options{}, nil)
	p := start(t, signInTo(org, url), "serve", "--log-level", "ERROR")
	p.initialize()
	call := p.beginCall("delete_group", map[string]any{"group_id": org.Cast().Project.Name})
	p.question()
	p.closeInput()
	if r := call.result(); r.Meta.Outcome != "not_consented" || !strings.Contains(r.text(), "the connection ended while the question was open; nothing was changed") {
		t.Errorf("the call was answered %s", r.text())
	}
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	if !groupExists(t, org, org.Cast().Project.ID) {
		t.Error("the group was deleted without an answer")
	}
}

func TestACancelledCallTakesItsQuestionWithIt(t *testing.T) {
	t.Parallel()
	org, url := serveOrg(t, demoorg.Options{}, nil)
	p := start(t, signInTo(org, url), "serve", "--log-level", "ERROR")
	p.initialize()
	call := p.beginCall("delete_group", map[string]any{"group_id": org.Cast().Project.Name})
	asked := p.question()
	p.write(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":` + call.id + `,"reason":"the test"}}` + "\n")
	p.answer(asked, "accept", map[string]any{"type_to_confirm": org.Cast().Project.Name}) // too late
	p.ping()
	p.closeInput()
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	if call.answered() {
		t.Error("the cancelled call was answered, which MCP asks servers not to do")
	}
	if !groupExists(t, org, org.Cast().Project.ID) {
		t.Error("an answer after the cancellation deleted the group")
	}
}

func TestAQuestionNobodyAnswersExpires(t *testing.T) {
	t.Parallel()
	p := start(t, nil, "serve", "--demo", "--ask-timeout", "1s", "--log-level", "ERROR")
	p.initialize()
	r := p.call("delete_group", map[string]any{"group_id": "Project Nightingale"})
	if r.Meta.Outcome != "not_consented" || !strings.Contains(r.text(), "nobody answered within 1s") {
		t.Errorf("the call was answered %s", r.text())
	}
}

func groupExists(t testing.TB, org *demoorg.Org, id string) bool {
	t.Helper()
	status, _ := asAdministrator(t, org, "/api/v1/groups/"+id)
	return status == http.StatusOK
}

// held lets requests wait until the test releases them.
type held struct {
	which    func(*http.Request) bool
	arrived  chan *http.Request
	left     chan struct{} // the client gave up a request that waited
	released chan struct{}
	once     sync.Once
}

func hold(t *testing.T, which func(*http.Request) bool) *held {
	h := &held{which: which, arrived: make(chan *http.Request, 100), left: make(chan struct{}, 100), released: make(chan struct{})}
	t.Cleanup(h.release)
	return h
}

func (h *held) release() { h.once.Do(func() { close(h.released) }) }

func (h *held) before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.which(r) {
			h.arrived <- r
			select {
			case <-h.released:
			case <-r.Context().Done():
				h.left <- struct{}{}
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

func await[T any](p *process, from <-chan T, what string) T {
	p.t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case v := <-from:
		return v
	case <-p.ended:
		p.t.Fatalf("okta-mcp ended before %s", what)
	case <-late.C:
		p.t.Fatalf("after %s it is still not so that %s", patience, what)
	}
	var none T
	return none
}

func isUnlock(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/lifecycle/unlock") }

func isGroupList(r *http.Request) bool {
	return r.URL.Path == "/api/v1/groups" && r.Method == http.MethodGet
}

func TestTerminationEndsReadsAtOnceAndTheProcessWithSuccess(t *testing.T) {
	t.Parallel()
	stuck := hold(t, isGroupList)
	org, url := serveOrg(t, demoorg.Options{}, stuck.before)
	p := start(t, signInTo(org, url), "serve", "--log-level", "ERROR")
	p.initialize()
	var calls []*pending
	for range 10 {
		calls = append(calls, p.beginCall("list_groups", map[string]any{}))
	}
	for range calls {
		await(p, stuck.arrived, "all calls had reached the org")
	}
	p.terminate()
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	for _, call := range calls {
		select {
		case m := <-call.answer:
			if !gjson.GetBytes(m.Result, "isError").Bool() {
				t.Errorf("a call that the org never answered was answered %s", m.Result)
			}
		default: // what is not answered is not known to be done either
		}
	}
}

// The read beside the write shows when the signal has arrived: it is given up.
func TestAWriteSentBeforeTerminationFinishesAndIsAnswered(t *testing.T) {
	t.Parallel()
	reads, writes := hold(t, isGroupList), hold(t, isUnlock)
	org, url := serveOrg(t, demoorg.Options{}, func(h http.Handler) http.Handler { return reads.before(writes.before(h)) })
	p := start(t, signInTo(org, url), "serve", "--log-level", "ERROR")
	p.initialize()
	locked := org.Cast().LockedOut
	p.beginCall("list_groups", map[string]any{})
	unlock := p.beginCall("unlock_user", map[string]any{"user_id": locked.Login})
	await(p, reads.arrived, "the read had reached the org")
	await(p, writes.arrived, "the write had reached the org")

	p.terminate()
	await(p, reads.left, "the read was given up")
	writes.release()
	if r := unlock.result(); r.IsError || gjson.GetBytes(r.StructuredContent, "target.id").String() != locked.ID {
		t.Errorf("the write was carried out and answered %s", r.text())
	}
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	if _, user := asAdministrator(t, org, "/api/v1/users/"+locked.ID); gjson.GetBytes(user, "status").String() != "ACTIVE" {
		t.Errorf("the user is not unlocked: %s", user)
	}
}

func TestAWriteStillOpenAtTheEndOfInputFinishesAndIsAnswered(t *testing.T) {
	t.Parallel()
	writes := hold(t, isUnlock)
	org, url := serveOrg(t, demoorg.Options{}, writes.before)
	p := start(t, signInTo(org, url), "serve", "--log-level", "ERROR")
	p.initialize()
	unlock := p.beginCall("unlock_user", map[string]any{"user_id": org.Cast().LockedOut.Login})
	await(p, writes.arrived, "the write had reached the org")
	p.closeInput()
	writes.release()
	if r := unlock.result(); r.IsError {
		t.Errorf("the write was carried out and answered %s", r.text())
	}
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

func isTokenRequest(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/oauth2/v1/token") }

// The wait of tools/list for the sign-in is real time: five seconds.
func TestAClientIsServedWhileTheOrgHangsAndToldWhenItIsBack(t *testing.T) {
	t.Parallel()
	tokens := hold(t, isTokenRequest)
	org, url := serveOrg(t, demoorg.Options{}, tokens.before)
	p := start(t, signInTo(org, url), "serve", "--log-level", "ERROR")
	if hello := p.initialize(); hello.Error != nil {
		t.Fatalf("initialize was answered %+v", hello.Error)
	}
	await(p, tokens.arrived, "the sign-in had reached the org")
	list, status := p.begin("tools/list", nil), p.beginCall("get_access_status", map[string]any{})
	p.ping() // overtakes both
	if r := status.result(); r.IsError || gjson.GetBytes(r.StructuredContent, "signed_in").Bool() {
		t.Errorf("get_access_status was answered %s", r.text())
	}
	if names := gjson.GetBytes(list.wait().Result, "tools.#.name").String(); names != `["get_access_status"]` {
		t.Errorf("without a sign-in the tools are %s", names)
	}
	if len(tokens.left) != 0 {
		t.Error("the answers came only when the sign-in had been given up")
	}
	if n := len(p.notifications); n != 0 {
		t.Errorf("%d notifications before anything changed", n)
	}
	tokens.release()
	if m := receive(p, p.notifications, "news of the tools"); m.Method != "notifications/tools/list_changed" {
		t.Errorf("the org is back and the server says %s", m.Method)
	}
	if names := p.toolNames(); !slices.Contains(names, "delete_group") {
		t.Errorf("after the sign-in the tools are %v", names)
	}
}

func TestARefusedSignInIsExplainedAndSurvived(t *testing.T) {
	t.Parallel()
	org, url := serveOrg(t, demoorg.Options{}, nil)
	key, _, err := strangeKey()
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, append(signInTo(org, url), "OKTA_PRIVATE_KEY="+key), "serve", "--log-level", "ERROR")
	p.initialize()
	status := p.call("get_access_status", map[string]any{})
	problem := gjson.GetBytes(status.StructuredContent, "problem").String()
	if gjson.GetBytes(status.StructuredContent, "signed_in").Bool() || !strings.Contains(problem, "invalid_client") || !strings.Contains(problem, "private key") {
		t.Errorf("get_access_status does not explain the refusal: %s", status.text())
	}
	if r := p.call("list_users", map[string]any{}); r.Meta.Outcome != "not_signed_in" || !strings.Contains(r.text(), "invalid_client") {
		t.Errorf("a call without a sign-in was answered %s", r.text())
	}
	p.ping()
	p.closeInput()
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

// Okta's word that the app lost its scopes comes with the next token.
func TestScopesTakenAwayAreAnnounced(t *testing.T) {
	t.Parallel()
	tokens := hold(t, isTokenRequest) // until the client listens: before, nothing is announced to it
	org, url := serveOrg(t, demoorg.Options{}, tokens.before)
	p := start(t, signInTo(org, url), "serve", "--log-level", "ERROR")
	p.initialize()
	p.ping()
	tokens.release()
	news := func() {
		t.Helper()
		if m := receive(p, p.notifications, "news of the tools"); m.Method != "notifications/tools/list_changed" {
			t.Errorf("the scopes have changed and the server says %s", m.Method)
		}
	}
	news()
	if !slices.Contains(p.toolNames(), "list_groups") {
		t.Fatal("list_groups is not offered at first")
	}
	org.Grant("okta.users.read")
	org.RevokeTokens()
	if r := p.call("get_user", map[string]any{"user_id": org.Cast().Employee.Login}); r.IsError {
		t.Errorf("a call whose token was revoked was not repeated with a new one: %s", r.text())
	}
	news()
	if names := p.toolNames(); slices.Contains(names, "list_groups") || !slices.Contains(names, "get_user") {
		t.Errorf("with okta.users.read alone the tools are %v", names)
	}
}
