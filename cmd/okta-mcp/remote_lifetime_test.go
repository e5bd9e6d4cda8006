package main

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"okta-mcp/oktaclient/demoorg"
)

// serveOne is a server with the token that it made itself.
func serveOne(t testing.TB, transport string, o demoorg.Options, args ...string) (*networked, *demoorg.Org) {
	t.Helper()
	org, address := serveOrg(t, o, nil)
	return serveRemote(t, transport, signInTo(org, address), args...), org
}

// probe asks for the state of a server.
func (r *networked) probe(path string) answer {
	r.t.Helper()
	request, err := http.NewRequest(http.MethodGet, "http://"+r.host+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	request.Host = "10.0.0.7" // whoever watches knows the server by its address
	return r.ask(request)
}

// stopping terminates the server and waits until it knows.
func (r *networked) stopping() {
	r.t.Helper()
	r.p.terminate()
	r.p.until("the server says that it stops", func() bool { return strings.Contains(r.probe("/readyz").body, "stopping") })
}

func TestConsentWorksOverTheNetwork(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		x, org := serveOne(t, transport, demoorg.Options{})
		c := x.client(t, x.token)
		users := activeUsers(c.process, 4)
		for i, refusal := range []struct {
			action  string
			content map[string]any
		}{{"decline", nil}, {"cancel", nil}, {"accept", nil}, {"accept", map[string]any{"decision": "yes"}}} {
			call := c.beginCall("suspend_user", map[string]any{"user_ids": users[i : i+1]})
			c.answer(c.question(), refusal.action, refusal.content)
			if r := call.result(); r.Meta.Outcome != "not_consented" {
				t.Errorf("after %v the call was answered %s", refusal, r.text())
			}
			if _, user := asAdministrator(t, org, "/api/v1/users/"+users[i]); gjson.GetBytes(user, "status").String() != "ACTIVE" {
				t.Errorf("after %v the user is suspended", refusal)
			}
		}
		call := c.beginCall("delete_group", map[string]any{"group_id": org.Cast().Project.Name})
		c.ping() // others go on meanwhile
		c.consent(c.question())
		if r := call.result(); r.IsError || groupExists(t, org, org.Cast().Project.ID) {
			t.Errorf("after the person's yes the call was answered %s", r.text())
		}
	})
}

func TestProgressComesBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		x, org := serveOne(t, transport, demoorg.Options{})
		c := x.client(t, x.token)
		users := []string{org.Cast().Employee.ID, org.Cast().Contractor.ID}
		call := c.begin("tools/call", map[string]any{
			"name": "suspend_user", "arguments": map[string]any{"user_ids": users}, "_meta": map[string]any{"progressToken": "mine"},
		})
		c.consent(c.question())
		if r := call.result(); r.IsError {
			t.Fatalf("the call was answered %s", r.text())
		}
		progress := 0
		for len(c.notifications) > 0 {
			n := <-c.notifications
			if n.Method != "notifications/progress" { // news of the tools
				continue
			}
			if progress++; gjson.GetBytes(n.Params, "progressToken").String() != "mine" {
				t.Errorf("what came is %s", encoded(t, n))
			}
		}
		if progress == 0 {
			t.Error("no progress came before the answer")
		}
	})
}

func TestStreamsTellOfScopesTakenAway(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		x, org := serveOne(t, transport, demoorg.Options{})
		c := x.client(t, x.token)
		c.listen()
		if !slices.Contains(c.toolNames(), "list_groups") {
			t.Fatal("list_groups is not offered at first")
		}
		for len(c.notifications) > 0 { // of the sign-in
			<-c.notifications
		}
		org.Grant("okta.users.read")
		org.RevokeTokens()
		c.call("get_user", map[string]any{"user_id": org.Cast().Employee.Login})
		if m := receive(c.process, c.notifications, "news of the tools"); m.Method != "notifications/tools/list_changed" {
			t.Errorf("the scopes have changed and the server says %s", m.Method)
		}
		if names := c.toolNames(); slices.Contains(names, "list_groups") {
			t.Errorf("with okta.users.read alone the tools are %v", names)
		}
	})
}

func TestCallersGetWhatTheirEntriesAllow(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		org, address := serveOrg(t, demoorg.Options{}, nil)
		people := boundCallers(t, "  - {match: {token: alice}, read_only: true, toolsets: [users]}\n  - {match: {token: bob}, deny: [get_user], approve: [delete_group]}\n  - {match: {token: eve}, allow: [get_user]}\n", "alice", "bob", "eve")
		x := serveRemote(t, transport, append(signInTo(org, address), people.variable), people.auth(), "--approve", "delete_group,suspend_user")
		alice, bob, eve := x.client(t, people.tokens["alice"]), x.client(t, people.tokens["bob"]), x.client(t, people.tokens["eve"])
		for who, c := range map[string]struct {
			visitor   *visitor
			has, lack string
		}{"alice": {alice, "get_user", "unlock_user"}, "bob": {bob, "delete_group", "get_user"}, "eve": {eve, "get_user", "list_users"}} {
			if names := c.visitor.toolNames(); !slices.Contains(names, c.has) || slices.Contains(names, c.lack) {
				t.Errorf("%s is offered %v", who, names)
			}
			refused := c.visitor.begin("tools/call", map[string]any{"name": c.lack, "arguments": map[string]any{"user_id": org.Cast().LockedOut.ID}}).wait()
			if refused.Error == nil && !gjson.GetBytes(refused.Result, "isError").Bool() {
				t.Errorf("%s may call %s", who, c.lack)
			}
		}
		if _, user := asAdministrator(t, org, "/api/v1/users/"+org.Cast().LockedOut.ID); gjson.GetBytes(user, "status").String() != "LOCKED_OUT" {
			t.Error("alice, who may only read, has unlocked somebody")
		}
		// --approve names both tools, and bob's entry one.
		if r := bob.call("delete_group", map[string]any{"group_id": org.Cast().Project.Name}); r.IsError {
			t.Errorf("bob, for whom the approval holds, was answered %s", r.text())
		}
		call := bob.beginCall("suspend_user", map[string]any{"user_ids": []string{org.Cast().Employee.ID}})
		bob.answer(bob.question(), "decline", nil)
		if r := call.result(); r.Meta.Outcome != "not_consented" {
			t.Errorf("bob, for whom no approval holds, was answered %s", r.text())
		}
	})
}

func TestTheOnlyTokenIsForItsFileAloneAndGoesWithTheServer(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		x, _ := serveOne(t, transport, demoorg.Options{}, "--approve", "suspend_user")
		name := x.p.says("token file: ")
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the token file: %v, %v; want the mode 0600", info, err)
		}
		if len(x.token) < 43 || strings.Contains(x.p.stderr.String(), x.token) {
			t.Errorf("the token has %d characters, or is on standard error: %s", len(x.token), x.p.stderr)
		}
		// No approval holds for it: who has it is not known.
		c := x.client(t, x.token)
		call := c.beginCall("suspend_user", map[string]any{"user_ids": activeUsers(c.process, 1)})
		c.answer(c.question(), "decline", nil)
		call.result()
		x.p.closeInput() // which says nothing here
		c.ping()
		x.p.terminate()
		if code := x.p.exit(); code != 0 {
			t.Errorf("exit code %d, want 0", code)
		}
		if _, err := os.Stat(name); !os.IsNotExist(err) {
			t.Errorf("the token file is left behind: %v", err)
		}
		if out := x.p.output(); out != "" {
			t.Errorf("on standard output is %q", out)
		}
	})
}

func TestTheServerIsReadyOnceItIsSignedIn(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		tokens := hold(t, isTokenRequest)
		org, address := serveOrg(t, demoorg.Options{}, tokens.before)
		x := serveRemote(t, transport, signInTo(org, address))
		await(x.p, tokens.arrived, "the sign-in had reached the org")
		if a := x.probe("/readyz"); a.status != http.StatusServiceUnavailable {
			t.Errorf("before the sign-in /readyz was answered %d %s", a.status, a.body)
		}
		if a := x.probe("/healthz"); a.status != http.StatusOK {
			t.Errorf("before the sign-in /healthz was answered %d %s", a.status, a.body)
		}
		tokens.release()
		x.p.until("the server is ready", func() bool { return x.probe("/readyz").status == http.StatusOK })
		if body := x.probe("/readyz").body; strings.Contains(body, address) || strings.Contains(body, org.Credentials().ClientID) {
			t.Errorf("/readyz tells anybody: %s", body)
		}
	})
}

func TestTerminationLetsAQuestionBeAnswered(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		x, org := serveOne(t, transport, demoorg.Options{})
		c := x.client(t, x.token)
		call := c.beginCall("delete_group", map[string]any{"group_id": org.Cast().Project.Name})
		asked := c.question()
		x.stopping()

		if m := c.request("tools/call", map[string]any{"name": "get_access_status", "arguments": map[string]any{}}); m.Error == nil || m.Error.Code != http.StatusServiceUnavailable {
			t.Errorf("a new call was answered %s, want 503", encoded(t, m))
		}
		open := http.MethodGet
		if transport == "http" {
			open = http.MethodPost
		}
		request, err := http.NewRequest(open, x.address, strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}`))
		if err != nil {
			t.Fatal(err)
		}
		if transport == "sse" {
			request.Body, request.ContentLength = nil, 0
		}
		request.Header.Set("Authorization", "Bearer "+x.token)
		request.Header.Set("Content-Type", "application/json")
		x.ask(request).refused(t, "a new session", http.StatusServiceUnavailable)
		if a := x.probe("/healthz"); a.status != http.StatusOK {
			t.Errorf("/healthz was answered %d", a.status)
		}

		c.consent(asked)
		if r := call.result(); r.IsError {
			t.Errorf("the call in flight was answered %s", r.text())
		}
		if code := x.p.exit(); code != 0 {
			t.Errorf("exit code %d, want 0", code)
		}
		if groupExists(t, org, org.Cast().Project.ID) {
			t.Error("the group is still there")
		}
	})
}

func TestTerminationEndsAQuestionThatNobodyAnswers(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		x, org := serveOne(t, transport, demoorg.Options{}, "--shutdown-grace", "1s")
		c := x.client(t, x.token)
		c.listen()
		call := c.beginCall("delete_group", map[string]any{"group_id": org.Cast().Project.Name})
		c.question()
		began := time.Now()
		x.p.terminate()
		if r := call.result(); r.Meta.Outcome != "not_consented" || !strings.Contains(r.text(), "nothing was changed") {
			t.Errorf("the call was answered %s", r.text())
		}
		if code := x.p.exit(); code != 0 {
			t.Errorf("exit code %d, want 0", code)
		}
		if took := time.Since(began); took < time.Second || took > 10*time.Second {
			t.Errorf("the server ended after %s, want a little more than its grace of 1s", took)
		}
		if !groupExists(t, org, org.Cast().Project.ID) {
			t.Error("the group was deleted without an answer")
		}
	})
}

func TestTerminationWithoutCallsIsAtOnce(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		x, _ := serveOne(t, transport, demoorg.Options{})
		c := x.client(t, x.token)
		c.listen()
		c.ping()
		began := time.Now()
		x.p.terminate()
		if code := x.p.exit(); code != 0 || time.Since(began) > 10*time.Second {
			t.Errorf("exit code %d after %s, want 0 at once", code, time.Since(began))
		}
	})
}

func TestASecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		x, org := serveOne(t, transport, demoorg.Options{}, "--shutdown-grace", "10m")
		c := x.client(t, x.token)
		c.beginCall("delete_group", map[string]any{"group_id": org.Cast().Project.Name})
		c.question()
		x.stopping()
		x.p.terminate()
		x.p.exit()
		if !groupExists(t, org, org.Cast().Project.ID) {
			t.Error("the group was deleted without an answer")
		}
	})
}

func TestAWriteSentBeforeTerminationIsAnsweredOverTheNetwork(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		writes := hold(t, isUnlock)
		org, address := serveOrg(t, demoorg.Options{}, writes.before)
		x := serveRemote(t, transport, signInTo(org, address), "--shutdown-grace", "0s")
		c := x.client(t, x.token)
		call := c.beginCall("unlock_user", map[string]any{"user_id": org.Cast().LockedOut.Login})
		await(x.p, writes.arrived, "the write had reached the org")
		x.stopping()
		writes.release()
		if r := call.result(); r.IsError {
			t.Errorf("the write was carried out and answered %s", r.text())
		}
		if code := x.p.exit(); code != 0 {
			t.Errorf("exit code %d, want 0", code)
		}
	})
}

func TestAConnectionLostWhileAskedIsNoConsent(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		x := newPrey(t, transport, "--log-level", "INFO")
		project := x.org.Cast().Project
		lost := x.client(t, x.people.tokens["alice"])
		lost.beginCall("delete_group", map[string]any{"group_id": project.Name})
		asked := lost.question()
		lost.wire.vanish()
		x.p.until("the call is over", func() bool { return strings.Contains(x.p.stderr.String(), "called tool=delete_group") })

		// Whoever asks anew is asked anew: the old question is over.
		call := x.alice.beginCall("delete_group", map[string]any{"group_id": project.Name})
		again := x.alice.question()
		yes := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"action":"accept","content":{"type_to_confirm":%q}}}`, asked.ID, project.Name)
		if late := x.ask(x.inSession(lost.wire.session(), yes)); late.status/100 != 4 {
			t.Errorf("an answer to a question that is over was answered %d %s", late.status, late.body)
		}
		if !groupExists(t, x.org, project.ID) {
			t.Fatal("an answer after the connection was lost deleted the group")
		}
		x.alice.answer(again, "decline", nil)
		if r := call.result(); r.Meta.Outcome != "not_consented" || !groupExists(t, x.org, project.ID) {
			t.Errorf("the call that was declined was answered %s", r.text())
		}
		x.spared()
	})
}

func TestAClientThatLeavesGivesUpItsCalls(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		x, people, stuck := heldServer(t, transport)
		for _, leave := range []func(*visitor){func(c *visitor) { c.wire.vanish() }, (*visitor).leave} {
			c := x.client(t, people.tokens["alice"])
			c.beginCall("list_groups", map[string]any{})
			await(c.process, stuck.arrived, "the call had reached the org")
			leave(c)
			await(x.p, stuck.left, "the call was given up")
		}
	})
}

// Streams are looked at every 15 seconds: real time.
func TestARevokedTokenEndsStreamsCallsAndQuestions(t *testing.T) {
	t.Parallel()
	overBothAtOnce(t, func(t testing.TB, transport string) {
		x := newPrey(t, transport)
		alice, bob := x.alice, x.client(t, x.people.tokens["bob"])
		alice.listen()
		bob.listen()
		alice.beginCall("delete_group", map[string]any{"group_id": x.org.Cast().Project.Name})
		asked := alice.question()
		x.people.write(t, "bob")

		x.p.until("the revoked token is refused", func() bool { return x.ask(x.strike()).status == http.StatusUnauthorized })
		touched := x.touched.Load()
		yes := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"action":"accept","content":{"type_to_confirm":%q}}}`, asked.ID, x.org.Cast().Project.Name)
		x.ask(x.inSession(alice.wire.session(), yes)).refused(t, "an answer with a revoked token", http.StatusUnauthorized)
		await(x.p, alice.wire.ended(), "the stream of the revoked token had ended")
		bob.ping()
		select {
		case <-bob.wire.ended():
			t.Error("bob's stream has ended too")
		default:
		}
		x.ask(x.strike()).refused(t, "a call with a revoked token", http.StatusUnauthorized)
		if n := x.touched.Load(); n != touched {
			t.Errorf("%d calls with a revoked token reached the org", n-touched)
		}
		x.people.write(t, "alice", "bob")
		x.p.until("the token is taken again", func() bool { return x.ask(x.strike()).status != http.StatusUnauthorized })
		if !groupExists(t, x.org, x.org.Cast().Project.ID) {
			t.Error("the group was deleted, though whoever was asked may not answer any more")
		}
	})
}

// Whoever signs in is whoever calls only where both are one person.
func TestNobodySignsInThroughTheNetwork(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		org, address := serveOrg(t, demoorg.Options{}, nil)
		variables := []string{"OKTA_ORG_URL=" + address, "OKTA_CLIENT_ID=" + org.Credentials().NativeClientID, "HOME=" + t.TempDir(), "OKTA_MCP_STORE_KEY=" + strings.Repeat("A", 43) + "="}
		x := serveRemote(t, transport, variables)
		c := x.client(t, x.token)
		if names := c.toolNames(); slices.Contains(names, "sign_in") || !slices.Contains(names, "get_access_status") {
			t.Errorf("before a sign-in the tools are %v", names)
		}
		if m := c.request("tools/call", map[string]any{"name": "sign_in", "arguments": map[string]any{}}); m.Error == nil && !gjson.GetBytes(m.Result, "isError").Bool() {
			t.Errorf("sign_in was answered %s", m.Result)
		}
	})
}
