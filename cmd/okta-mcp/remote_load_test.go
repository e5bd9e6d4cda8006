package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"okta-mcp/oktaclient/demoorg"
)

// loadTime is how long the clients call: OKTA_MCP_LOAD, as Go writes durations.
func loadTime(t testing.TB) time.Duration {
	t.Helper()
	text := os.Getenv("OKTA_MCP_LOAD")
	if text == "" {
		return 2 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("OKTA_MCP_LOAD is %q, and should be like 1m: %v", text, err)
	}
	return d
}

// metric reads a number from the server's metrics; where it comes with labels, the
// sum. It is -1 where there is none.
func (r *networked) metric(name string) float64 {
	r.t.Helper()
	answer, err := http.Get(r.p.says("metrics at "))
	if err != nil {
		r.t.Fatalf("reading the metrics: %v", err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		r.t.Fatalf("reading the metrics: %v", err)
	}
	found := regexp.MustCompile(`(?m)^`+name+`(?:\{.*\})? (\S+)$`).FindAllStringSubmatch(string(body), -1)
	sum := 0.0
	for _, line := range found {
		value, err := strconv.ParseFloat(line[1], 64)
		if err != nil {
			r.t.Fatalf("the metric %s is %q", name, line[0])
		}
		sum += value
	}
	if found == nil {
		return -1
	}
	return sum
}

// usage is what a server holds for connections: two goroutines and a file each of
// those to the org, which idle on.
type usage struct{ goroutines, files float64 }

func (r *networked) usage() usage {
	r.t.Helper()
	return usage{r.metric("go_goroutines"), r.metric("process_open_fds")}
}

// nothingLeft waits until no stream, connection or goroutine is left of the clients
// that have gone, and no session but so many.
func (r *networked) nothingLeft(before usage, sessions float64) {
	r.t.Helper()
	r.web.CloseIdleConnections()
	const toOrg, few = 32, 5 // idle connections that the server keeps; what comes and goes by itself
	var state string
	defer func() { r.t.Logf("in the end %s; before %+v", state, before) }()
	r.p.until("nothing is left of clients that have gone", func() bool {
		open, streams, now := r.metric("okta_mcp_sessions"), r.metric("okta_mcp_streams"), r.usage()
		state = fmt.Sprintf("%v sessions, %v streams, %+v", open, streams, now)
		return open == sessions && streams == 0 && now.files <= before.files+toOrg+few && now.goroutines <= before.goroutines+2*(now.files-before.files)+few
	})
}

func TestClientsThatVanishWhileAskedLeaveNothing(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		const clients = 8
		x, org := serveOne(t, transport, demoorg.Options{}, "--metrics-listen", "127.0.0.1:0")
		users := loadUsers(t, org)
		first := x.client(t, x.token)
		first.call("get_user", map[string]any{"user_id": users[0].id})
		first.leave()
		x.web.CloseIdleConnections()
		x.p.until("the first client has gone", func() bool { return x.metric("okta_mcp_sessions") == 0 })
		before := x.usage()
		var all []*visitor
		for i := range clients {
			c := x.client(t, x.token)
			c.listen()
			c.beginCall("suspend_user", map[string]any{"user_ids": []string{users[i].id}})
			c.question()
			all = append(all, c)
		}
		if asked := x.usage(); asked.goroutines < before.goroutines+clients {
			t.Errorf("with %d questions open there are %v goroutines, and %v before: this proves nothing", clients, asked.goroutines, before.goroutines)
		}
		for _, c := range all {
			c.wire.vanish()
		}
		left := 0.0
		if transport == "http" { // they last until they are idle for long
			left = clients
		}
		x.nothingLeft(before, left)
		for _, user := range users[:clients] {
			if _, body := asAdministrator(t, org, "/api/v1/users/"+user.id); gjson.GetBytes(body, "status").String() != "ACTIVE" {
				t.Errorf("%s is suspended, and nobody agreed", user.login)
			}
		}
	})
}

// loader is one of many clients: everything it asks for is its own.
type loader struct {
	*visitor
	number    int
	login, id string // of a person whom nobody else asks for
	other     string // login of another
	groups    int    // made so far
	calls     *atomic.Int64
	deletions *atomic.Int64 // that came to a question
}

const loadClients = 64

func TestManyClientsGetEachTheirOwnAnswers(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		org, address := serveOrg(t, demoorg.Options{Size: 500}, nil)
		names := make([]string, loadClients)
		for i := range names {
			names[i] = fmt.Sprintf("c%d", i)
		}
		people := namedCallers(t, names...)
		x := serveRemote(t, transport, append(signInTo(org, address), people.variable), people.auth(), "--metrics-listen", "127.0.0.1:0")
		users := loadUsers(t, org)
		first := x.client(t, people.tokens[names[0]])
		first.call("get_user", map[string]any{"user_id": users[0].id})
		first.leave()
		x.web.CloseIdleConnections()
		x.p.until("the first client has gone", func() bool { return x.metric("okta_mcp_sessions") == 0 })
		before := x.usage()

		var calls, deletions atomic.Int64
		until := time.Now().Add(loadTime(t))
		var all sync.WaitGroup
		for i, name := range names {
			all.Go(func() {
				own, other := users[i], users[(i+1)%loadClients]
				l := &loader{visitor: x.client(aside{t}, people.tokens[name]), number: i, login: own.login, id: own.id, other: other.login, calls: &calls, deletions: &deletions}
				if i%2 == 0 {
					l.listen()
				}
				l.run(until)
				select {
				case <-l.wire.ended():
					t.Errorf("client %d: its stream has ended before it left", i)
				default:
				}
				l.leave()
			})
		}
		all.Wait()
		if t.Failed() {
			return
		}
		t.Logf("%d clients over %s: %d calls, %d deletions that somebody was asked about", loadClients, transport, calls.Load(), deletions.Load())
		x.nothingLeft(before, 0)
		if mb := peakMemory(t, x.p); mb > 250 && !raced {
			t.Errorf("the server took %d MB at its peak, want less than 250", mb)
		}
		x.p.terminate()
		if code := x.p.exit(); code != 0 { // of a data race 66
			t.Errorf("exit code %d, want 0; standard error:\n%s", code, x.p.stderr)
		}
	})
}

type loadUser struct{ login, id string }

// loadUsers are people without power whom nobody changes, one for each client.
func loadUsers(t testing.TB, org *demoorg.Org) []loadUser {
	t.Helper()
	_, body := asAdministrator(t, org, "/api/v1/users?limit=200")
	var users []loadUser
	for _, user := range gjson.ParseBytes(body).Array() {
		login := user.Get("profile.login").String()
		if user.Get("status").String() == "ACTIVE" && login != org.Cast().SuperAdmin.Login && login != org.Cast().HelpDesk.Login {
			users = append(users, loadUser{login, user.Get("id").String()})
		}
	}
	if len(users) < loadClients {
		t.Fatalf("the org has %d active people, want %d", len(users), loadClients)
	}
	return users
}

// run calls until the time has come, each kind of call once at least.
func (l *loader) run(until time.Time) {
	kinds := []func(n int){l.reads, l.lists, l.fails, l.cancels, l.progresses, l.pings}
	for n := 0; n < 4*len(kinds) || time.Now().Before(until); n++ {
		kinds[(n+l.number)%len(kinds)](n)
		l.calls.Add(1)
		switch n {
		case len(kinds):
			l.deletes("accept")
		case 2 * len(kinds):
			l.deletes("decline")
		case 3 * len(kinds):
			l.toolNames()
		}
	}
}

// wrong reports an answer that is not the client's own.
func (l *loader) wrong(what string, r toolResult) {
	l.t.Helper()
	l.t.Errorf("client %d: %s was answered %.300s", l.number, what, r.text())
}

func (l *loader) reads(int) {
	if r := l.call("get_user", map[string]any{"user_id": l.login}); gjson.GetBytes(r.StructuredContent, "id").String() != l.id {
		l.wrong("get_user "+l.login, r)
	}
}

func (l *loader) lists(int) {
	want := 1 + l.number%40
	if r := l.call("list_users", map[string]any{"limit": want}); gjson.GetBytes(r.StructuredContent, "count").Int() != int64(want) {
		l.wrong(fmt.Sprintf("list_users limit %d", want), r)
	}
}

func (l *loader) fails(n int) {
	nobody := fmt.Sprintf("nobody-%d-%d@acme.example", l.number, n)
	if r := l.call("get_user", map[string]any{"user_id": nobody}); !r.IsError || !strings.Contains(r.text(), nobody) {
		l.wrong("get_user "+nobody, r)
	}
}

// cancels gives up a call at once. Whether it is answered before it hears of that
// is chance; that another's is not given up is what all others show.
func (l *loader) cancels(int) {
	call := l.beginCall("list_users", map[string]any{"limit": 200})
	l.notify("notifications/cancelled", map[string]any{"requestId": json.RawMessage(call.id)})
}

// progresses plans a change of two people, and hears how far that is.
func (l *loader) progresses(n int) {
	token := fmt.Sprintf("%d-%d", l.number, n)
	r := l.begin("tools/call", map[string]any{
		"name": "suspend_user", "arguments": map[string]any{"user_ids": []string{l.login, l.other}, "plan_only": true}, "_meta": map[string]any{"progressToken": token},
	}).result()
	if text := string(r.StructuredContent) + r.text(); r.IsError || !strings.Contains(text, l.login) || !strings.Contains(text, l.other) {
		l.wrong("the plan to suspend "+l.login+" and "+l.other, r)
	}
	for len(l.notifications) > 0 {
		m := <-l.notifications
		given := gjson.GetBytes(m.Params, "progressToken").String()
		if m.Method == "notifications/progress" && !strings.HasPrefix(given, fmt.Sprintf("%d-", l.number)) {
			l.t.Errorf("client %d was told of the progress of %s", l.number, given)
		}
	}
}

func (l *loader) pings(int) { l.ping() }

// deletes makes a group and deletes it, which a person is asked about: several
// times, where too many questions are open.
func (l *loader) deletes(action string) {
	l.groups++
	name := fmt.Sprintf("Load %d-%d", l.number, l.groups)
	made := l.call("create_group", map[string]any{"name": name})
	group := gjson.GetBytes(made.StructuredContent, "target.id").String()
	if group == "" || gjson.GetBytes(made.StructuredContent, "target.name").String() != name {
		l.wrong("create_group "+name, made)
		return
	}
	for {
		call := l.beginCall("delete_group", map[string]any{"group_id": group})
		select {
		case asked := <-l.questions:
			if !strings.Contains(string(asked.Params), "“"+name+"”") {
				l.t.Errorf("client %d, who deletes %s, is asked %.300s", l.number, name, asked.Params)
			}
			l.answers(asked, action, name, call)
			return
		case m := <-call.answer:
			if text := gjson.GetBytes(m.Result, "content.0.text").String(); !strings.Contains(text, "questions are waiting for a person already") {
				l.t.Errorf("client %d: delete_group %s was answered %s", l.number, name, encoded(l.t, m))
				return
			}
		case <-time.After(patience):
			l.t.Errorf("client %d: delete_group %s was neither asked about nor answered within %s", l.number, name, patience)
			return
		}
		l.ping()
	}
}

func (l *loader) answers(asked message, action, name string, call *pending) {
	if action == "accept" {
		l.consent(asked)
	} else {
		l.answer(asked, action, nil)
	}
	r := call.result()
	if l.deletions.Add(1); action == "accept" && (r.IsError || gjson.GetBytes(r.StructuredContent, "target.name").String() != name) {
		l.wrong("the deletion of "+name+" that somebody agreed to", r)
	}
	if action != "accept" && r.Meta.Outcome != "not_consented" {
		l.wrong("the deletion of "+name+" that nobody agreed to", r)
	}
}
