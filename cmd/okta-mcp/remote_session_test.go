package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"okta-mcp/oktaclient/demoorg"
)

func TestASessionIsOnlyItsOpeners(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		x := newPrey(t, transport)
		x.alice.listen()
		bob := x.people.tokens["bob"]
		inSession := func(method, body string) answer {
			request := x.posts(body, "Authorization: Bearer "+bob, "Mcp-Protocol-Version: "+withSessions, "Mcp-Session-Id: "+x.alice.wire.session())
			request.Method = method
			if body == "" {
				request.Body, request.ContentLength = nil, 0
			}
			return x.ask(request)
		}
		call := x.alice.beginCall("delete_group", map[string]any{"group_id": x.org.Cast().Project.Name})
		asked := x.alice.question()

		inSession(http.MethodPost, strings.Replace(x.body(), stateless, withSessions, 1)).refused(t, "a call in another's session", 404)
		inSession(http.MethodPost, `{"jsonrpc":"2.0","id":1,"method":"ping"}`).refused(t, "a ping in another's session", 404)
		yes := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"action":"accept","content":{"type_to_confirm":%q}}}`, asked.ID, x.org.Cast().Project.Name)
		inSession(http.MethodPost, yes).refused(t, "an answer to another's question", 404)
		inSession(http.MethodPost, fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{}}`, asked.ID)).refused(t, "an empty answer to another's question", 404)
		inSession(http.MethodPost, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":`+call.id+`}}`).refused(t, "a cancellation in another's session", 404)
		if transport == "http" {
			inSession(http.MethodGet, "").refused(t, "another's stream", 404)
			inSession(http.MethodDelete, "").refused(t, "the end of another's session", 404)
		}
		if transport == "http" { // an id alone leads nowhere in bob's own session either
			own := x.client(t, bob)
			request := x.posts(yes, "Authorization: Bearer "+bob, "Mcp-Protocol-Version: "+withSessions, "Mcp-Session-Id: "+own.wire.session())
			if a := x.ask(request); a.status/100 != 4 {
				t.Errorf("an answer to another's question in one's own session was answered %d", a.status)
			}
		} else {
			own := x.client(t, bob)
			own.write(yes + "\n")
			own.ping()
		}
		x.alice.ping()
		if !groupExists(t, x.org, x.org.Cast().Project.ID) {
			t.Fatal("another's answer deleted the group")
		}
		if call.answered() {
			t.Fatalf("alice's call was ended by bob: %s", encoded(t, call.wait()))
		}
		x.alice.consent(asked)
		if r := call.result(); r.IsError {
			t.Errorf("alice's own answer was refused: %s", r.text())
		}
		x.spared()
	})
}

func TestASessionIDIsNotMadeUp(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		x := newPrey(t, transport)
		real := x.alice.wire.session()
		if len(real) < 26 || real == x.client(t, x.people.tokens["alice"]).wire.session() {
			t.Errorf("the session id is %s, which can be guessed", real)
		}
		if transport == "http" { // nor is it the client's to choose
			hello := x.inSession(real, `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"`+withSessions+`","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}`)
			hello.Header.Set("Authorization", "Bearer "+x.people.tokens["bob"])
			if a := x.ask(hello); a.status != http.StatusOK || a.header.Get("Mcp-Session-Id") == real || a.header.Get("Mcp-Session-Id") == "" {
				t.Errorf("initialize with the id of another's session was answered %d with the session %s", a.status, a.header.Get("Mcp-Session-Id"))
			}
			x.alice.ping()
		}
		left := x.client(t, x.people.tokens["alice"])
		gone := left.wire.session()
		left.leave()
		x.p.until("a session that was left is gone", func() bool {
			return x.ask(x.inSession(gone, `{"jsonrpc":"2.0","id":1,"method":"ping"}`)).status == http.StatusNotFound
		})
		for _, id := range []string{
			gone, "mcp-session-0b5bbd4c-4b5e-4b0e-9b0a-0d6a6c6f8e6f", "0b5bbd4c-4b5e-4b0e-9b0a-0d6a6c6f8e6f", strings.Repeat("A", len(real)), real + "A", real[:len(real)-1],
			strings.ToLower(real), real + "," + real, "*", "../" + real,
		} {
			for _, body := range []string{strings.Replace(x.body(), stateless, withSessions, 1), `{"jsonrpc":"2.0","id":1,"result":{}}`, `{"jsonrpc":"2.0","id":1,"method":"ping"}`} {
				x.ask(x.inSession(id, body)).refused(t, "the session id "+id, 404)
			}
			if transport != "http" {
				continue
			}
			for _, method := range []string{http.MethodGet, http.MethodDelete} {
				request := x.inSession(id, "")
				request.Method, request.Body, request.ContentLength = method, nil, 0
				x.ask(request).refused(t, method+" with the session id "+id, 404)
			}
		}
		status := http.StatusNotFound
		if transport == "http" {
			status = http.StatusBadRequest
		}
		x.ask(x.inSession("", `{"jsonrpc":"2.0","id":1,"method":"ping"}`)).refused(t, "no session id", status)
		x.spared()
	})
}

// inSession is a request of alice's with a session id.
func (x *prey) inSession(id, body string) *http.Request {
	x.t.Helper()
	request := x.posts(body, "Mcp-Protocol-Version: "+withSessions, "Mcp-Method: ", "Mcp-Name: ")
	if x.transport == "sse" {
		request.URL.RawQuery = "sessionId=" + id
	} else if id != "" {
		request.Header.Set("Mcp-Session-Id", id)
	}
	return request
}

// heldServer is one on which a read of groups waits at the org until the test lets go.
func heldServer(t *testing.T, transport string) (x *networked, people crew, stuck *held) {
	t.Helper()
	stuck = hold(t, isGroupList)
	org, address := serveOrg(t, demoorg.Options{}, stuck.before)
	people = namedCallers(t, "alice", "bob")
	return serveRemote(t, transport, append(signInTo(org, address), people.variable), people.auth()), people, stuck
}

func TestACancellationReachesOnlyItsOwnCall(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		x, people, stuck := heldServer(t, transport)
		var calls []*pending
		var clients []*visitor
		for _, token := range []string{people.tokens["alice"], people.tokens["alice"], people.tokens["bob"]} {
			c := x.client(t, token)
			call := c.expect("7") // the same for all
			c.write(`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"list_groups","arguments":{}}}` + "\n")
			await(c.process, stuck.arrived, "the call had reached the org")
			clients, calls = append(clients, c), append(calls, call)
		}
		clients[2].write(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}` + "\n")
		await(x.p, stuck.left, "the cancelled call was given up")
		clients[0].ping()
		if n := len(stuck.left); n != 0 {
			t.Fatalf("%d calls of others were given up with it", n)
		}
		stuck.release()
		for i, call := range calls[:2] {
			if r := call.result(); r.IsError {
				t.Errorf("the call %d of another was answered %s", i, r.text())
			}
		}
	})
}

// Without sessions the ids of all clients are one heap.
func TestWithoutSessionsACancellationReachesNobody(t *testing.T) {
	t.Parallel()
	x, people, stuck := heldServer(t, "http")
	alone, leave := context.WithCancel(t.Context())
	defer leave()
	answers := make(chan answer, 3)
	for i, token := range []string{people.tokens["alice"], people.tokens["bob"], people.tokens["bob"]} {
		ctx := t.Context()
		if i == 2 {
			ctx = alone
		}
		request := x.statelessCall(ctx, token, "7", "list_groups", map[string]any{"arguments": map[string]any{}})
		go func() {
			if got, err := x.web.Do(request); err == nil {
				answers <- x.read(got)
			}
		}()
		await(x.p, stuck.arrived, "the call had reached the org")
	}
	cancel := x.statelessCall(t.Context(), people.tokens["bob"], "7", "list_groups", nil)
	meta := encoded(t, statelessMeta(nil))
	for _, body := range []string{
		`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7,"_meta":` + meta + `}}`,
		`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"7","_meta":` + meta + `}}`,
		`{"jsonrpc":"2.0","id":8,"method":"notifications/cancelled","params":{"requestId":7,"_meta":` + meta + `}}`,
		`{"jsonrpc":"2.0","method":"notifications\u002fcancelled","params":{"requestId":7,"_meta":` + meta + `}}`,
	} {
		request := cancel.Clone(t.Context())
		request.Body, request.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		request.Header.Set("Mcp-Method", "notifications/cancelled")
		request.Header.Del("Mcp-Name")
		if a := x.ask(request); a.status >= 500 {
			t.Errorf("%s was answered %d %s", body, a.status, a.body)
		}
	}
	leave() // which is how such a call is cancelled
	await(x.p, stuck.left, "the call whose client has left was given up")
	if n := len(stuck.left); n != 0 {
		t.Fatalf("%d calls were given up besides", n)
	}
	stuck.release()
	for range 2 {
		if a := await(x.p, answers, "the calls were answered"); a.status != http.StatusOK || gjson.Get(a.body, "result.isError").Bool() || gjson.Get(a.body, "id").Raw != "7" {
			t.Errorf("a call was answered %d %.300s", a.status, a.body)
		}
	}
}

func TestASealServesNobodyElse(t *testing.T) {
	t.Parallel()
	x := newPrey(t, "http")
	project := x.org.Cast().Project
	arguments := map[string]any{"group_id": project.Name}
	ask := func(token string, more map[string]any) gjson.Result {
		t.Helper()
		params := map[string]any{"arguments": arguments}
		maps.Copy(params, more)
		a := x.ask(x.statelessCall(t.Context(), token, "1", "delete_group", params))
		if a.status != http.StatusOK {
			t.Fatalf("the call was answered %d %s", a.status, a.body)
		}
		return gjson.Get(a.body, "result")
	}
	asked := func(token string) map[string]any {
		t.Helper()
		question := ask(token, nil)
		if question.Get("resultType").String() != "input_required" {
			t.Fatalf("nothing was asked: %s", question.Raw)
		}
		yes := map[string]any{}
		question.Get("inputRequests").ForEach(func(key, _ gjson.Result) bool {
			yes[key.String()] = map[string]any{"action": "accept", "content": map[string]any{"type_to_confirm": project.Name}}
			return true
		})
		return map[string]any{"requestState": question.Get("requestState").String(), "inputResponses": yes}
	}
	alice, bob := x.people.tokens["alice"], x.people.tokens["bob"]
	if stolen := ask(bob, asked(alice)); !stolen.Get("isError").Bool() || !groupExists(t, x.org, project.ID) {
		t.Fatalf("another's seal was taken: %s", stolen.Raw)
	}
	mine := asked(alice)
	if own := ask(alice, mine); own.Get("isError").Bool() || groupExists(t, x.org, project.ID) {
		t.Fatalf("the seal does not serve its owner, so this proves nothing: %s", own.Raw)
	}
	if again := ask(alice, mine); !again.Get("isError").Bool() {
		t.Errorf("the seal served twice: %s", again.Raw)
	}
}
