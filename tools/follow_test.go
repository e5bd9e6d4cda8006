package tools_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"okta-mcp/oktaclient/demoorg/orgtest"
	"okta-mcp/tools"
)

// questionsForgotten is how long the server remembers how often it has asked.
const questionsForgotten = 11 * time.Minute

// operationsAre answers every question about an operation with the document.
func operationsAre(w *world, document string) *atomic.Int64 {
	var looks atomic.Int64
	w.org.Fault(func(r *http.Request) orgtest.Fault {
		if !strings.Contains(r.URL.Path, "/operations/") {
			return orgtest.Fault{}
		}
		looks.Add(1)
		return orgtest.Fault{Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: document}
	})
	return &looks
}

func TestAnOperationIsFollowedToItsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	p := w.connect("2025-11-25", accepting)
	began := w.now()
	r := p.call("register_ai_agent", args{"agent": newAgent("Invoice reader")}, args{"_meta": args{"progressToken": "t"}})
	r.mustWork(nil)
	var looks []string
	for _, q := range w.org.Requests() {
		if strings.Contains(q.Path, "/operations/") {
			looks = append(looks, q.Method)
		}
	}
	if fmt.Sprint(looks) != "[GET GET GET]" {
		t.Errorf("the operation was looked at with %v, want three GETs", looks)
	}
	if waited := w.now().Sub(began); waited < 4*time.Second || waited > 6*time.Second {
		t.Errorf("waited %v for three looks, want 1 s, 1.5 s and 2.25 s", waited)
	}
	var done []float64
	for range 3 {
		select {
		case n := <-p.session.ClientNotifications():
			if n.Method != "notifications/progress" || n.Params.AdditionalFields["message"] != "Okta is working on the AI agent" {
				t.Errorf("notified of %s %v", n.Method, n.Params.AdditionalFields)
			}
			done = append(done, gjson.Get(fmt.Sprintf(`{"p":%v}`, n.Params.AdditionalFields["progress"]), "p").Float())
		default:
			t.Fatalf("%d progress notifications were sent, want one before each of three waits", len(done))
		}
	}
	if done[0] != 0 || done[1] <= done[0] || done[2] <= done[1] {
		t.Errorf("the progress is %v, want it to grow from 0", done)
	}
}

func TestAnOperationThatIsNotFinishedInTimeIsLeftWithItsID(t *testing.T) {
	t.Parallel()
	for tool, path := range map[string]string{
		"register_ai_agent": "/workload-principals/", "update_ai_agent": "/workload-principals/", "activate_ai_agent": "/workload-principals/",
		"deactivate_ai_agent": "/workload-principals/", "delete_ai_agent": "/workload-principals/", "register_mcp_server": "/resource-servers/",
	} {
		t.Run(tool, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
			looks := operationsAre(w, `{"id":"op-1","type":"x","status":"IN_PROGRESS"}`)
			began := w.now()
			var c changed
			r := w.connect("2025-11-25", accepting).ask(tool, samples(w.org.Cast())[tool].arguments)
			r.mustWork(&c)
			contains(t, "the answer", r.text(), []string{`"status":"IN_PROGRESS"`, "“op-", "not finished", "do not repeat the call", "list_" + strings.SplitN(tool, "_", 2)[1] + "s shows", `"undo":"not yet`})
			if strings.HasPrefix(c.Target.ID, "op-") {
				t.Errorf("the target is the operation: %s", r.text())
			}
			if n := looks.Load(); n < 8 || n > 12 {
				t.Errorf("Okta was asked %d times, want a few with growing waits", n)
			}
			if waited := w.now().Sub(began); waited > 45*time.Second {
				t.Errorf("waited %v, and a client gives up after a minute", waited)
			}
			for _, q := range w.org.Requests() {
				if strings.Contains(q.Path, "/operations/") && !strings.HasPrefix(q.Path, path) {
					t.Errorf("asked at %s", q.Path)
				}
			}
		})
	}
}

func TestAnOperationThatCannotBeFollowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	p := w.connect("2025-11-25", accepting)
	of := args{"agent_id": w.org.Cast().Agent.ID}
	change := func(n int) args {
		return args{"agent_id": of["agent_id"], "agent": args{"profile": args{"description": fmt.Sprint(n)}}}
	}
	w.org.Fault(func(r *http.Request) orgtest.Fault {
		if strings.Contains(r.URL.Path, "/operations/") {
			return orgtest.Fault{Status: 403, Body: `{"errorCode":"E0000006","errorSummary":"no"}`}
		}
		return orgtest.Fault{}
	})
	p.ask("update_ai_agent", change(1)).mustFail("accepted this as the operation “op-", "following it failed", "do not repeat the call", "403", "E0000006")

	for location, want := range map[string]string{
		"": "without saying where to follow it", "https://elsewhere.example/workload-principals/api/v1/operations/op-1": "without saying where to follow it",
	} {
		w.org.Fault(func(r *http.Request) orgtest.Fault {
			if r.Method == "PATCH" {
				return orgtest.Fault{Status: 202, Header: http.Header{"Location": {location}}}
			}
			return orgtest.Fault{}
		})
		r := p.ask("update_ai_agent", change(2))
		r.mustWork(nil)
		contains(t, "the answer", r.text(), []string{want, "not finished"})
	}
}

func TestWhatAnOperationMadeIsAnsweredThoughItCannotBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	p := w.connect("2025-11-25", accepting)
	var wrote atomic.Bool
	w.org.Fault(func(r *http.Request) orgtest.Fault {
		wrote.Store(wrote.Load() || r.Method != "GET")
		if wrote.Load() && r.Method == "GET" && strings.Contains(r.URL.Path, "/ai-agents/") {
			return orgtest.Fault{Status: 403, Body: `{"errorCode":"E0000006","errorSummary":"no"}`}
		}
		return orgtest.Fault{}
	})
	var c changed
	p.ask("register_ai_agent", args{"agent": newAgent("Invoice reader")}).mustWork(&c)
	if !strings.HasPrefix(c.Target.ID, "wlp") || !strings.Contains(fmt.Sprint(c.Notes), "reading the AI agent afterwards failed") {
		t.Errorf("a made agent that cannot be read is answered as %+v", c)
	}
	wrote.Store(false)
	p.ask("update_ai_agent", args{"agent_id": w.org.Cast().Agent.ID, "agent": args{"profile": args{"description": "new"}}}).mustWork(&c)
	if fmt.Sprint(c.Before) != "map[profile:map[description:Answers tickets and looks people up]]" || fmt.Sprint(c.After) != "map[profile:map[description:new]]" {
		t.Errorf("a changed agent that cannot be read is answered with before %v and after %v", c.Before, c.After)
	}
}

func TestACutOffRegistrationSaysWhereToLook(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	w.org.Fault(func(r *http.Request) orgtest.Fault { return orgtest.Fault{CutAfter: r.Method == "POST"} })
	p := w.connect("2025-11-25", accepting)
	p.ask("register_ai_agent", args{"agent": newAgent("Invoice reader")}).mustFail("the outcome is unknown", "list_ai_agents shows")
	p.ask("deactivate_ai_agent_connection", args{"agent_id": w.org.Cast().Agent.ID, "connection_id": w.org.Cast().Connection.ID}).
		mustFail("the outcome is unknown", "as of now the AI agent connection", "INACTIVE")
}

func TestACallThatIsCancelledWhileItFollowsSaysWhatWasAccepted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}, sleep: func(context.Context, time.Duration) error { return context.Canceled }})
	w.connect("2025-11-25", accepting).ask("register_ai_agent", args{"agent": newAgent("A")}).mustFail("cancelled", "“op-", "list_ai_agents")
	w = newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}, sleep: func(context.Context, time.Duration) error { return context.DeadlineExceeded }})
	r := w.connect("2025-11-25", accepting).ask("register_ai_agent", args{"agent": newAgent("A")})
	r.mustWork(nil)
	contains(t, "the answer", r.text(), []string{"not finished", `"id":"op-`})
}

func TestACompletedOperationThatNamesNothingIsNotRepeated(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	operationsAre(w, `{"id":"op-1","type":"x","status":"COMPLETED"}`)
	p := w.connect("2025-11-25", accepting)
	p.ask("register_ai_agent", args{"agent": newAgent("Invoice reader")}).mustFail("okta answered without the object that was made", "list_ai_agents shows it", "do not repeat")
	p.ask("deactivate_ai_agent", args{"agent_id": w.org.Cast().Agent.ID}).mustWork(nil)
}

func TestADeletionThatOktaOnlyAcceptsIsFollowedUntilTheObjectIsGone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		looks  int // how often the rule can still be read
		answer []string
		undo   string
	}{
		{0, nil, "cannot be undone"},
		{3, nil, "cannot be undone"},
		{1000, []string{"had not finished it", "list_group_rules"}, "not yet"},
	} {
		w := newWorld(t, setup{})
		rule := w.org.Cast().DraftRule
		path := "/api/v1/groups/rules/" + rule.ID
		_, document := adminDo(w, "GET", path, "")
		var deleted bool
		left := c.looks
		w.org.Fault(func(r *httpRequest) orgtest.Fault {
			deleted = deleted || r.Method == "DELETE"
			if r.Method == "GET" && r.URL.Path == path && deleted && left > 0 {
				left--
				return orgtest.Fault{Status: 200, Body: document}
			}
			return orgtest.Fault{}
		})
		p, _ := w.listening()
		var change struct {
			Undo  string
			Notes []string
		}
		p.ask("delete_group_rule", args{"rule_id": rule.ID}).mustWork(&change)
		contains(t, "the notes", strings.Join(change.Notes, " "), c.answer)
		if !strings.Contains(change.Undo, c.undo) {
			t.Errorf("after %d looks the undo is %q, want %q", c.looks, change.Undo, c.undo)
		}
		if n := len(w.org.Writes()); n != 1 {
			t.Errorf("%d changes were sent, want one", n)
		}
	}
}
