package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tidwall/gjson"

	"okta-mcp/oktaclient/demoorg"
)

// prey is a server that two people may call, and somebody whom one call unlocks,
// unasked: so it shows whether a request did anything.
type prey struct {
	*networked
	org     *demoorg.Org
	people  crew     // alice and bob
	alice   *visitor // over SSE her session takes what is posted
	touched *atomic.Int64
}

func newPrey(t testing.TB, transport string, args ...string) *prey {
	t.Helper()
	x := &prey{people: namedCallers(t, "alice", "bob"), touched: &atomic.Int64{}}
	var address string
	x.org, address = serveOrg(t, demoorg.Options{}, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if isUnlock(r) {
				x.touched.Add(1)
			}
			next.ServeHTTP(w, r)
		})
	})
	variables := append(signInTo(x.org, address), x.people.variable)
	x.networked = serveRemote(t, transport, variables, append([]string{x.people.auth()}, args...)...)
	x.alice = x.client(t, x.people.tokens["alice"])
	return x
}

// path is what messages are posted to.
func (x *prey) path() string {
	if w, ok := x.alice.wire.(*sseWire); ok {
		return "/message?sessionId=" + w.session()
	}
	return "/mcp"
}

const strikeID = `"strike"`

// body is the call that unlocks.
func (x *prey) body() string {
	params := map[string]any{"name": "unlock_user", "arguments": map[string]any{"user_id": x.org.Cast().LockedOut.ID}}
	if x.transport == "http" {
		params["_meta"] = statelessMeta(nil)
	}
	return encoded(x.t, map[string]any{"jsonrpc": "2.0", "id": json.RawMessage(strikeID), "method": "tools/call", "params": params})
}

// headers of the call that unlocks, but Host and the length of its body.
func (x *prey) headers() map[string]string {
	headers := map[string]string{
		"Authorization": "Bearer " + x.people.tokens["alice"], "Content-Type": "application/json",
		"Accept": "application/json, text/event-stream",
	}
	if x.transport == "http" { // without a session, which nobody has to steal then
		maps.Copy(headers, statelessHeaders("tools/call", "unlock_user"))
	}
	return headers
}

// strike is the request that unlocks, but for headers that are set otherwise or,
// with an empty value, left out.
func (x *prey) strike(changes ...string) *http.Request {
	x.t.Helper()
	return x.posts(x.body(), changes...)
}

// posts is strike with another body.
func (x *prey) posts(body string, changes ...string) *http.Request {
	x.t.Helper()
	request, err := http.NewRequest(http.MethodPost, "http://"+x.host+x.path(), strings.NewReader(body))
	if err != nil {
		x.t.Fatal(err)
	}
	for name, value := range x.headers() {
		request.Header.Set(name, value)
	}
	for _, change := range changes {
		name, value, _ := strings.Cut(change, ": ")
		request.Header.Set(name, value)
		switch {
		case name == "Host":
			request.Host = value
		case value == "":
			request.Header.Del(name)
		}
	}
	return request
}

// bytes is the request that unlocks as it goes over the line: the first line, then
// the headers given, then those of a good one that are not among them.
func (x *prey) bytes(first string, given ...string) string {
	text := first + "\r\n"
	all := x.headers()
	all["Host"], all["Content-Length"], all["Connection"] = x.host, fmt.Sprint(len(x.body())), "close"
	for _, header := range given {
		text += header + "\r\n"
		name, _, _ := strings.Cut(header, ":")
		delete(all, strings.TrimSpace(name))
	}
	for name, value := range all {
		text += name + ": " + value + "\r\n"
	}
	return text + "\r\n" + x.body()
}

// spared fails if a request reached the person, and shows that the good one does:
// otherwise nothing is proved.
func (x *prey) spared() {
	x.t.Helper()
	if n := x.touched.Load(); n != 0 {
		x.t.Errorf("%d of the requests that must be refused reached the org", n)
	}
	if status := x.status(); status != "LOCKED_OUT" {
		x.t.Fatalf("a request that must be refused was carried out: the person is %s", status)
	}
	done := x.alice.expect(strikeID)
	var answer answer
	x.p.until("the caller can call again", func() bool { // after tests of what one may do at once
		answer = x.ask(x.strike())
		return answer.status != http.StatusTooManyRequests
	})
	if answer.status/100 != 2 {
		x.t.Fatalf("the good request was answered %d %s, so this proves nothing", answer.status, answer.body)
	}
	if x.transport == "sse" {
		if r := done.result(); r.IsError {
			x.t.Fatalf("the good request was answered %s, so this proves nothing", r.text())
		}
	}
	if status := x.status(); status != "ACTIVE" {
		x.t.Errorf("after the good request the person is %s, so this proves nothing", status)
	}
}

func (x *prey) status() string {
	x.t.Helper()
	_, user := asAdministrator(x.t, x.org, "/api/v1/users/"+x.org.Cast().LockedOut.ID)
	return gjson.GetBytes(user, "status").String()
}

// statelessMeta is what each request of 2026-07-28 carries.
func statelessMeta(more map[string]any) map[string]any {
	meta := map[string]any{
		"io.modelcontextprotocol/protocolVersion":    stateless,
		"io.modelcontextprotocol/clientInfo":         map[string]any{"name": "the test", "version": "1"},
		"io.modelcontextprotocol/clientCapabilities": map[string]any{"elicitation": map[string]any{"form": map[string]any{}}},
	}
	maps.Copy(meta, more)
	return meta
}

func statelessHeaders(method, name string) map[string]string {
	return map[string]string{"Mcp-Protocol-Version": stateless, "Mcp-Method": method, "Mcp-Name": name}
}

// statelessCall is a tools/call of 2026-07-28.
func (r *networked) statelessCall(ctx context.Context, token, id, tool string, params map[string]any) *http.Request {
	r.t.Helper()
	all := map[string]any{"name": tool, "_meta": statelessMeta(nil)}
	maps.Copy(all, params)
	body := encoded(r.t, map[string]any{"jsonrpc": "2.0", "id": json.RawMessage(id), "method": "tools/call", "params": all})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.address, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	for name, value := range statelessHeaders("tools/call", tool) {
		request.Header.Set(name, value)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json, text/event-stream")
	return request
}
