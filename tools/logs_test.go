package tools_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"okta-mcp/oktaclient/demoorg/orgtest"
)

// events is an answer of get_logs.
type events struct {
	Items []struct {
		UUID, EventType, Published string
		Actor                      struct{ AlternateID string }
		Outcome                    struct{ Result, Reason string }
	}
	Count      int
	NextCursor string `json:"next_cursor"`
	Notes      []string
}

// newLogWorld is a world with somebody who only reads.
func newLogWorld(t *testing.T) (*world, *peer) {
	t.Helper()
	w := newWorld(t, setup{})
	return w, w.connect("2025-11-25", nil)
}

func TestLogsAreReadToTheEndOfAWindowOnce(t *testing.T) {
	t.Parallel()
	w, p := newLogWorld(t)
	seen := map[string]bool{}
	arguments := args{"since": "-7d", "limit": 100}
	for pages := 0; ; pages++ {
		var page events
		p.ask("get_logs", arguments).mustWork(&page)
		for _, e := range page.Items {
			if seen[e.UUID] {
				t.Errorf("the event %s came twice", e.UUID)
			}
			seen[e.UUID] = true
		}
		if page.NextCursor == "" {
			if !strings.Contains(strings.Join(page.Notes, " "), "end of the time asked for") {
				t.Errorf("the last page does not say so: %v", page.Notes)
			}
			break
		}
		if arguments["cursor"] = page.NextCursor; pages > 100 {
			t.Fatal("paging does not end")
		}
		w.pass(time.Second) // "-7d" is another instant now, and the cursor is good all the same
	}
	_, body := adminDo(w, "GET", "/api/v1/logs?limit=1000&since="+start.Add(-7*24*time.Hour).Format(time.RFC3339)+"&until="+start.Format(time.RFC3339), "")
	var whole []struct{ UUID string }
	if err := json.Unmarshal([]byte(body), &whole); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	if len(whole) < 200 || len(seen) < len(whole) {
		t.Errorf("%d events were read, the org has at least %d (and at least 200 were expected)", len(seen), len(whole))
	}
}

func TestPollingStopsOnAnEmptyPageAndGoesOnLater(t *testing.T) {
	t.Parallel()
	w, p := newLogWorld(t)
	arguments := args{"since": "-1d", "poll": true, "limit": 200}
	cursor := ""
	for range 20 {
		var page events
		p.ask("get_logs", arguments).mustWork(&page)
		if page.NextCursor == "" {
			if page.Count != 0 || !strings.Contains(strings.Join(page.Notes, " "), "nothing newer") {
				t.Fatalf("polling ended with %+v, want an empty page that says so", page)
			}
			break
		}
		cursor = page.NextCursor
		arguments["cursor"] = cursor
	}
	if cursor == "" {
		t.Fatal("polling gave no cursor to go on with")
	}
	admin(w, "PUT", "/api/v1/groups/"+w.org.Cast().Project.ID+"/users/"+w.org.Cast().Staged.ID, "")
	var page events
	p.ask("get_logs", arguments).mustWork(&page)
	if page.Count != 1 || page.Items[0].EventType != "group.user_membership.add" {
		t.Errorf("the same cursor showed %+v later, want the one event that came", page.Items)
	}
}

func TestStructuredArgumentsBecomeOneFilter(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		arguments args
		filter    string
	}{
		{args{"filter": `severity eq "WARN" or severity eq "ERROR"`}, `severity eq "WARN" or severity eq "ERROR"`},
		{args{"outcome": "DENY", "filter": `severity eq "WARN" or severity eq "ERROR"`}, `outcome.result eq "DENY" and (severity eq "WARN" or severity eq "ERROR")`},
		{args{"actor": `a"b\c`}, `(actor.id eq "a\"b\\c" or actor.alternateId eq "a\"b\\c")`},
		{args{"event_type": "user.session.*"}, `eventType sw "user.session."`},
		{args{"event_type": "user.session.start", "outcome": "FAILURE"}, `eventType eq "user.session.start" and outcome.result eq "FAILURE"`},
		{args{"target": "x"}, `((target.id eq "x" or target.alternateId eq "x") or target.displayName eq "x")`},
	} {
		w, p := newLogWorld(t)
		p.ask("get_logs", c.arguments).mustWork(nil)
		query, err := url.ParseQuery(w.org.Requests()[0].RawQuery)
		if err != nil || query.Get("filter") != c.filter {
			t.Errorf("%v became %q, want %q", c.arguments, query.Get("filter"), c.filter)
		}
		if query.Get("until") == "" || query.Get("since") == "" || query.Get("sortOrder") != "DESCENDING" {
			t.Errorf("%v is not bounded, newest first: %v", c.arguments, query)
		}
	}
}

func TestTimesThatCannotBe(t *testing.T) {
	t.Parallel()
	_, p := newLogWorld(t)
	for _, c := range []struct {
		arguments args
		words     []string
	}{
		{args{"since": "yesterday"}, []string{"since must be a time", "-4h"}},
		{args{"until": "-4w"}, []string{"until must be a time"}},
		{args{"since": "-1h", "until": "-2h"}, []string{"is not before until"}},
		{args{"since": "2026-03-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}, []string{"is not before until"}},
		{args{"poll": true, "until": "-1h"}, []string{"poll", "neither until nor"}},
		{args{"poll": true, "sort_order": "desc"}, []string{"poll"}},
		{args{"q": strings.Repeat("a ", 11)}, []string{"11 words", "at most 10"}},
		{args{"q": strings.Repeat("a", 41)}, []string{"40 characters"}},
		{args{"event_type": "user.*.start"}, []string{"event_type", "at the end"}},
		{args{"event_type": "*"}, []string{"event_type", "at the end"}},
		{args{"since": "-200d"}, []string{"E0000053", "90 days"}},
		{args{"filter": `published gt "2026-01-01"`}, []string{"E0000053"}},
	} {
		p.ask("get_logs", c.arguments).mustFail(c.words...)
	}
}

func TestTheDemoOrgsStoriesCanBeFound(t *testing.T) {
	t.Parallel()
	w, p := newLogWorld(t)
	cast := w.org.Cast()
	for name, arguments := range map[string]args{
		"lockout":                       {"event_type": "user.account.lock", "target": cast.LockedOut.Login, "since": "-30d"},
		"attempts before it":            {"actor": cast.LockedOut.Login, "outcome": "FAILURE", "event_type": "user.session.start", "since": "-30d"},
		"denied sign-in":                {"actor": cast.Employee.Login, "outcome": "DENY", "since": "-30d"},
		"role granted in the off-hours": {"event_type": "user.account.privilege.grant", "since": "-30d"},
	} {
		var page events
		p.ask("get_logs", arguments).mustWork(&page)
		if page.Count == 0 {
			t.Errorf("%s: no event for %v", name, arguments)
		}
	}
}

func TestWhatAToolDoesIsInTheLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	cast := w.org.Cast()
	p, _ := w.listening()
	p.ask("suspend_user", args{"user_ids": []string{cast.Employee.ID}}).mustWork(nil)
	var page events
	p.ask("get_logs", args{"target": cast.Employee.ID, "event_type": "user.lifecycle.suspend", "since": "-1h"}).mustWork(&page)
	if page.Count != 1 || page.Items[0].Outcome.Result != "SUCCESS" {
		t.Errorf("the log shows %+v of the suspension just made", page.Items)
	}
}

func TestAnEmptyAnswerOfTheLogSaysWhatItCovers(t *testing.T) {
	t.Parallel()
	w, p := newLogWorld(t)
	var page events
	p.ask("get_logs", args{"actor": "nobody@acme.example", "since": "-2h"}).mustWork(&page)
	want := "from " + start.Add(-2*time.Hour-time.Second).Format("2006-01-02T") // Okta's clock is known to a second
	if page.Count != 0 || !slices.ContainsFunc(page.Notes, func(n string) bool { return strings.Contains(n, want) }) {
		t.Errorf("answered %+v, want the window %s", page, want)
	}
	w.org.Fault(func(*httpRequest) orgtest.Fault { return orgtest.Fault{Status: 403, Body: `{"errorCode":"E0000006"}`} })
	p.ask("get_logs", args{}).mustFail("403")
}
