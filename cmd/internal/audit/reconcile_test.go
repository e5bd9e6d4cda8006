package audit_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"okta-mcp/cmd/internal/audit"
)

const (
	host, client = "acme.okta.com", "0oa1client"
	alice, bob   = "00u1aliceAAAAAAAA1d7", "00u2bobBBBBBBBBBB1d7"
	suspendAlice = "/api/v1/users/" + alice + "/lifecycle/suspend"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// window is the hour before noon.
func window() audit.Window { return audit.Window{Since: noon.Add(-time.Hour), Until: noon} }

// recorded is a call half an hour before noon that sent one request.
func recorded(method, path string, status int, requestID string) audit.Record {
	return audit.Record{
		N: 1, Kind: audit.Done, Call: "call " + requestID, When: noon.Add(-30 * time.Minute).Format(audit.WhenLayout), Org: host, Tool: "a_tool", MS: 20,
		Targets: []audit.Target{{Type: "user", ID: alice}}, Outcome: "ok",
		Requests: []audit.Request{{Method: method, Path: path, Status: status, RequestID: requestID}},
	}
}

// happened is an event by our app, half an hour before noon.
type happened struct {
	Type, Request, Target string
	Agent                 string        // ours
	Actor                 string        // our app
	ActorType             string        // PublicClientApp
	Result                string        // SUCCESS
	Path                  string        // not told
	Kind                  string        // WEB
	Ago                   time.Duration // before noon; 30m
}

func (h happened) event(t *testing.T) audit.Event {
	t.Helper()
	or := func(text, otherwise string) string {
		if text == "" {
			return otherwise
		}
		return text
	}
	if h.Ago == 0 {
		h.Ago = 30 * time.Minute
	}
	doc := map[string]any{
		"uuid": fmt.Sprint(h), "eventType": or(h.Type, "user.lifecycle.suspend"), "published": noon.Add(-h.Ago).Format(time.RFC3339Nano),
		"actor":        map[string]any{"id": or(h.Actor, client), "type": or(h.ActorType, "PublicClientApp"), "alternateId": "x"},
		"client":       map[string]any{"id": nil, "userAgent": map[string]any{"rawUserAgent": or(h.Agent, "okta-mcp/9.9")}},
		"outcome":      map[string]any{"result": or(h.Result, "SUCCESS")},
		"debugContext": map[string]any{"debugData": map[string]any{"requestId": h.Request, "requestUri": h.Path}},
		"transaction":  map[string]any{"type": or(h.Kind, "WEB"), "id": h.Request},
		"target":       []any{map[string]any{"id": or(h.Target, alice), "type": "User", "alternateId": "somebody@acme.example"}},
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	e, err := audit.ParseEvent(raw)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// logOf answers as Okta does: by who did it, or by request.
func logOf(t *testing.T, all []happened) audit.Log {
	t.Helper()
	return func(_ context.Context, filter string, yield func(audit.Event)) error {
		for _, h := range all {
			e := h.event(t)
			mine := strings.Contains(filter, "actor.id eq \""+e.Actor.ID+"\"")
			asked := slices.ContainsFunc(e.RequestIDs, func(id string) bool { return strings.Contains(filter, "transaction.id eq \""+id+"\"") })
			if mine || asked {
				yield(e)
			}
		}
		return nil
	}
}

func reconcile(t *testing.T, records []audit.Record, events []happened) audit.Report {
	t.Helper()
	ledger := audit.NewLedger(host, window())
	for _, r := range records {
		ledger.Add(r)
	}
	report, err := ledger.Reconcile(t.Context(), logOf(t, events), client, "okta-mcp/")
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestWhatDiffersAndWhatDoesNot(t *testing.T) {
	t.Parallel()
	type records = []audit.Record
	type events = []happened
	at := func(r audit.Record, ago time.Duration) audit.Record {
		r.When = noon.Add(-ago).Format(audit.WhenLayout)
		return r
	}
	suspended := recorded("POST", suspendAlice, 200, "r1")
	for name, c := range map[string]struct {
		records records
		events  events
		want    string // the kinds of difference
	}{
		"both have it":                           {records{suspended}, events{{Request: "r1"}}, ""},
		"several events of one request":          {records{suspended}, events{{Request: "r1"}, {Request: "r1", Type: "user.session.clear", Target: bob}}, ""},
		"neither has anything":                   {nil, nil, ""},
		"only Okta has it":                       {nil, events{{Request: "r1"}}, "unrecorded"},
		"only Okta has it, twice in a request":   {nil, events{{Request: "r1"}, {Request: "r1", Type: "x.y"}}, "unrecorded"},
		"another program":                        {nil, events{{Request: "r1", Agent: "curl/8"}}, "elsewhere"},
		"another program, recorded":              {records{suspended}, events{{Request: "r1", Agent: "curl/8"}}, ""},
		"without a request id":                   {nil, events{{Request: "unknown"}, {Request: "", Agent: "curl/8"}}, "unrecorded elsewhere"},
		"only the record has it":                 {records{suspended}, nil, "not_in_okta"},
		"only the record, and Okta refused":      {records{suspended}, events{{Request: "r1", Result: "FAILURE"}}, "not_in_okta"},
		"somebody else's changes":                {nil, events{{Request: "r1", Actor: "00uadmin", ActorType: "User"}}, ""},
		"somebody else did what is recorded":     {records{suspended}, events{{Request: "r1", Actor: "00uadmin", ActorType: "User"}}, "differs"},
		"Okta did it on our behalf":              {records{suspended}, events{{Request: "r1", Actor: "okta", ActorType: "SystemPrincipal"}}, ""},
		"another target":                         {records{suspended}, events{{Request: "r1", Target: "00u3caroline000001d7"}}, "differs"},
		"a target of the path":                   {records{recorded("PUT", "/api/v1/groups/00g1/users/"+bob, 204, "r1")}, events{{Request: "r1", Target: bob}}, ""},
		"a target of the record":                 {records{recorded("DELETE", "/api/v1/sessions/102AAAAAAAAAAAAAAAAA", 204, "r1")}, events{{Request: "r1"}}, ""},
		"a login in the path":                    {records{recorded("POST", "/api/v1/users/somebody%40acme.example/lifecycle/suspend", 200, "r1")}, events{{Request: "r1", Target: bob}}, ""},
		"what is made has no id before":          {records{recorded("POST", "/api/v1/groups", 200, "r1")}, events{{Request: "r1", Target: "00g9"}}, ""},
		"a refused change":                       {records{recorded("POST", suspendAlice, 403, "r1"), recorded("POST", suspendAlice, 500, "r2")}, nil, ""},
		"a refused change that was carried out":  {records{recorded("POST", suspendAlice, 504, "r1")}, events{{Request: "r1"}}, "differs"},
		"a read":                                 {records{recorded("GET", "/api/v1/users", 200, "r1"), recorded("POST", "/api/v1/policies/simulate", 200, "r2")}, nil, ""},
		"a read that changed something":          {records{recorded("GET", "/api/v1/users", 200, "r1")}, events{{Request: "r1"}}, "differs"},
		"a kind that Okta has no event for":      {records{recorded("POST", "/api/v1/groups/00g1/owners", 201, "r1")}, nil, ""},
		"no answer, carried out":                 {records{recorded("POST", suspendAlice, 0, "")}, events{{Request: "r1", Path: suspendAlice}}, "carried_out"},
		"no answer, carried out, no path":        {records{recorded("POST", suspendAlice, 0, "")}, events{{Request: "r1"}}, "carried_out"},
		"no answer, not carried out":             {records{recorded("POST", suspendAlice, 0, "")}, nil, ""},
		"no answer, carried out, by its id":      {records{recorded("POST", suspendAlice, 0, "r1")}, events{{Request: "r1"}}, "carried_out"},
		"no answer, by its id, by Okta itself":   {records{recorded("POST", suspendAlice, 0, "r1")}, events{{Request: "r1", Actor: "okta", ActorType: "SystemPrincipal"}}, "carried_out"},
		"no answer, another's change":            {records{recorded("POST", suspendAlice, 0, "")}, events{{Request: "r1", Path: suspendAlice, Agent: "curl/8"}}, "elsewhere"},
		"no answer, another address":             {records{recorded("POST", suspendAlice, 0, "")}, events{{Request: "r1", Path: "/api/v1/groups"}}, "unrecorded"},
		"tokens, limits and rules":               {nil, events{{Type: "app.oauth2.as.token.grant.access_token"}, {Type: "app.oauth2.token.grant"}, {Type: "system.org.rate_limit.warning"}, {Type: "policy.evaluate_sign_on"}}, ""},
		"a key added to an app":                  {nil, events{{Type: "app.oauth2.client.lifecycle.update", Agent: "curl/8"}}, "elsewhere"},
		"an identity provider":                   {nil, events{{Type: "system.idp.lifecycle.create", Agent: "curl/8"}}, "elsewhere"},
		"a type nobody knows":                    {nil, events{{Type: "some.new.thing"}}, "unrecorded"},
		"a job of Okta's":                        {nil, events{{Request: "job1", Kind: "JOB"}}, ""},
		"refused from elsewhere":                 {nil, events{{Agent: "curl/8", Result: "DENY"}}, ""},
		"before the first record there ever was": {records{suspended}, events{{Request: "r1"}, {Request: "r2", Ago: 50 * time.Minute}}, "unrecorded"},
		"younger than what is judged":            {records{at(suspended, -time.Minute)}, events{{Request: "r2", Ago: -time.Minute}}, ""},
		"older than what is judged":              {records{at(suspended, 2*time.Hour)}, events{{Request: "r2", Ago: 62 * time.Minute}}, ""},
		"recorded just before, logged within":    {records{at(suspended, 61*time.Minute)}, events{{Request: "r1", Ago: 59 * time.Minute}}, ""},
		"recorded within, logged just after":     {records{at(suspended, time.Second)}, events{{Request: "r1", Ago: -time.Second}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := reconcile(t, c.records, c.events)
			var kinds []string
			for _, d := range report.Differences {
				kinds = append(kinds, d.Kind)
				if d.Why == "" || d.When == "" || d.Path == "" && d.Record > 0 {
					t.Errorf("a difference says too little: %+v", d)
				}
			}
			if got := strings.Join(kinds, " "); got != c.want {
				t.Errorf("the differences are %q, want %q: %+v", got, c.want, report)
			}
		})
	}
}

func TestWhatIsLeftAsideIsCounted(t *testing.T) {
	t.Parallel()
	moved := func(r audit.Record, f func(*audit.Record)) audit.Record { f(&r); return r }
	suspended := recorded("POST", suspendAlice, 200, "r1")
	report := reconcile(t, []audit.Record{
		moved(suspended, func(r *audit.Record) { r.N = 7 }),
		moved(suspended, func(r *audit.Record) { r.Org = "other.okta.com" }),
		moved(recorded("POST", suspendAlice, 200, "old"), func(r *audit.Record) { r.When = noon.Add(-2 * time.Hour).Format(audit.WhenLayout) }),
		moved(recorded("POST", suspendAlice, 200, "new"), func(r *audit.Record) { r.When = noon.Format(audit.WhenLayout) }), // ends 20 ms later
		moved(recorded("POST", "/api/v1/groups/rules", 200, "r3"), func(r *audit.Record) { r.Missed, r.MoreRequests = 4, 5 }),
		moved(suspended, func(r *audit.Record) { r.Kind, r.Call, r.Requests, r.N = audit.Intent, "cut off", nil, 9 }),
		recorded("POST", suspendAlice, 0, ""),
	}, []happened{
		{Request: "r1"}, {Request: "r5", Ago: -time.Minute}, {Request: "r6", Ago: 50 * time.Minute}, {Request: "r7", Path: "/elsewhere"},
	})
	want := audit.Aside{OtherOrgs: 1, OutsideWindow: 1, TooYoung: 2, Unlogged: 1, NotCovered: 1, Unlisted: 5, Missed: 4, NoEnd: 1}
	if report.Aside != want {
		t.Errorf("left aside are\n%+v, want\n%+v", report.Aside, want)
	}
	if !report.Uncovered || !report.RecordBegins.Equal(noon.Add(-30*time.Minute)) || report.Recorded != 2 || len(report.NotCarriedOut) != 1 {
		t.Errorf("the report is %+v", report)
	}
	if len(report.Differences) != 1 || !strings.Contains(report.Differences[0].Why, "record 9 (a_tool), a call whose end is not recorded") {
		t.Errorf("the change of the call that was cut off is told as %+v", report.Differences)
	}
}

func TestALogThatIsNotReadWholeGivesNoVerdict(t *testing.T) {
	t.Parallel()
	broken := errors.New("the line broke")
	for name, breaks := range map[string]string{"the first reading": "actor.id", "looking up what is missing": "transaction.id"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ledger := audit.NewLedger(host, window())
			ledger.Add(recorded("POST", suspendAlice, 200, "r1"))
			_, err := ledger.Reconcile(t.Context(), func(_ context.Context, filter string, _ func(audit.Event)) error {
				if strings.HasPrefix(filter, breaks) {
					return broken
				}
				return nil
			}, client, "okta-mcp/")
			if !errors.Is(err, broken) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

// A request id comes out of a file: it must not become part of a question to Okta.
func TestARequestIDCannotChangeTheFilter(t *testing.T) {
	t.Parallel()
	ledger := audit.NewLedger(host, window())
	for i, id := range []string{`x" or actor.id pr or actor.id eq "`, "a b", "", strings.Repeat("x", 101), "fine"} {
		r := recorded("POST", suspendAlice, 200, id)
		r.N = uint64(i + 1)
		ledger.Add(r)
	}
	var filters []string
	report, err := ledger.Reconcile(t.Context(), func(_ context.Context, filter string, _ func(audit.Event)) error {
		filters = append(filters, filter)
		return nil
	}, client, "okta-mcp/")
	if err != nil || len(filters) != 2 || filters[1] != `transaction.id eq "fine"` || len(report.Differences) != 5 {
		t.Errorf("Okta was asked %q, %v; %d differences", filters, err, len(report.Differences))
	}
}

func TestAnEventThatCannotBeReadIsAnError(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"", "{", "{}", `{"eventType":"x"}`, `{"eventType":"x","published":"yesterday"}`, `{"published":"2026-03-02T12:00:00Z"}`} {
		if e, err := audit.ParseEvent(json.RawMessage(raw)); err == nil {
			t.Errorf("%s is read as %+v", raw, e)
		}
	}
}
