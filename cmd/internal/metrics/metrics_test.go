package metrics_test

import (
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"okta-mcp/cmd/internal/metrics"
	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
	"okta-mcp/tools"
)

// done tells of a call that is done.
func done(t testing.TB, m *metrics.Metrics, e tools.Event) {
	t.Helper()
	if err := m.Before(t.Context(), e); err != nil {
		t.Errorf("Before(%+v): %v", e, err)
	}
	if err := m.After(t.Context(), e); err != nil {
		t.Errorf("After(%+v): %v", e, err)
	}
}

func TestCallsAreCountedByWhatBecameOfThem(t *testing.T) {
	t.Parallel()
	m := metrics.New(metrics.Options{Version: "1.2.3"})
	done(t, m, tools.Event{Tool: "get_user", Effect: tools.Read, Outcome: "ok", Duration: 30 * time.Millisecond, Requests: []tools.Sent{{Status: 200}}})
	done(t, m, tools.Event{Tool: "get_user", Effect: tools.Read, Outcome: "ok", Duration: 50 * time.Millisecond, Requests: []tools.Sent{{Status: 429}, {Status: 200}}})
	done(t, m, tools.Event{Tool: "get_user", Effect: tools.Read, Outcome: tools.OutcomeError, Duration: time.Hour, Requests: []tools.Sent{{Status: 503}, {Status: 0}, {Status: 999}}})
	done(t, m, tools.Event{Tool: "delete_group", Effect: tools.Destructive, Outcome: "ok", Duration: -time.Second})
	e := scrape(t, m)
	e.conventions(t)
	e.expect(t, map[string]float64{
		"okta_mcp_calls_total tool=get_user outcome=ok":                            2,
		"okta_mcp_calls_total tool=get_user outcome=error":                         1,
		"okta_mcp_calls_total tool=delete_group outcome=ok":                        1,
		"okta_mcp_call_duration_seconds_bucket effect=read le=0.025":               0,
		"okta_mcp_call_duration_seconds_bucket effect=read le=0.05":                2,
		"okta_mcp_call_duration_seconds_bucket effect=read le=300":                 2,
		"okta_mcp_call_duration_seconds_bucket effect=read le=+Inf":                3,
		"okta_mcp_call_duration_seconds_count effect=read":                         3,
		"okta_mcp_call_duration_seconds_sum effect=read":                           3600.08,
		"okta_mcp_call_duration_seconds_count effect=destructive":                  1,
		"okta_mcp_call_duration_seconds_sum effect=destructive":                    0, // a clock that was set back
		"okta_mcp_call_duration_seconds_count effect=privileged":                   0,
		"okta_mcp_okta_requests_total status=2xx":                                  2,
		"okta_mcp_okta_requests_total status=3xx":                                  0,
		"okta_mcp_okta_requests_total status=4xx":                                  1,
		"okta_mcp_okta_requests_total status=5xx":                                  1,
		"okta_mcp_okta_requests_total status=none":                                 1,
		"okta_mcp_okta_requests_total status=other":                                1,
		"okta_mcp_build_info version=1.2.3":                                        1,
		"okta_mcp_calls_total tool=delete_group outcome=error":                     -1,
		"okta_mcp_consents_total asker=none outcome=accept":                        -1,
		"okta_mcp_refused_total status=401":                                        -1,
		"okta_mcp_okta_wait_seconds_count reason=" + oktaclient.WaitRateLimit:      0,
		"okta_mcp_okta_wait_seconds_count reason=" + oktaclient.WaitPacing:         0,
		"okta_mcp_okta_wait_seconds_bucket le=+Inf reason=" + oktaclient.WaitRetry: 0,
	})
}

func TestConsentsAreCountedByWhoWasAskedAndWhatCameOfIt(t *testing.T) {
	t.Parallel()
	m := metrics.New(metrics.Options{})
	for _, e := range []tools.Event{
		{Consent: confirm.Consent{By: "client"}, Asker: "client", Outcome: "ok"},
		{Consent: confirm.Consent{By: "browser"}, Asker: "browser", Outcome: tools.OutcomeError}, // consented, then failed
		{Consent: confirm.Consent{By: "pre-approval"}, Outcome: "ok"},
		{Asker: "client", Answer: "decline", Outcome: tools.OutcomeNotConsented},
		{Asker: "client", Answer: "decline", Outcome: tools.OutcomeNotConsented},
		{Asker: "terminal", Answer: "expired", Outcome: tools.OutcomeNotConsented},
		{Answer: "unasked", Outcome: tools.OutcomeNotConsented},
		{Consent: confirm.Consent{By: "client"}, Answer: "limit", Outcome: tools.OutcomeNotConsented},
		{Answer: tools.AnswerPlan, Outcome: "ok"},
		{Asker: "client", Outcome: "asked"},
		{Outcome: "ok"},
	} {
		done(t, m, e)
	}
	e := scrape(t, m)
	e.conventions(t)
	e.expect(t, map[string]float64{
		"okta_mcp_consents_total asker=client outcome=accept":       1,
		"okta_mcp_consents_total asker=browser outcome=accept":      1,
		"okta_mcp_consents_total asker=pre-approval outcome=accept": 1,
		"okta_mcp_consents_total asker=client outcome=decline":      2,
		"okta_mcp_consents_total asker=terminal outcome=expired":    1,
		"okta_mcp_consents_total asker=none outcome=unasked":        1,
		"okta_mcp_consents_total asker=client outcome=limit":        1,
	})
	if n := len(e.families["okta_mcp_consents_total"].samples); n != 7 {
		t.Errorf("%d kinds of consents were counted, want 7: plans, open questions and calls that need none are no consents", n)
	}
}

func TestTheStateIsShownAsItIsWhenAsked(t *testing.T) {
	t.Parallel()
	sessions, signedIn, reset := 3, false, time.Unix(1_772_000_000, 0)
	m := metrics.New(metrics.Options{
		SignedIn: func() bool { return signedIn },
		Sessions: func() int { return sessions },
		Streams:  func() int { return 2 },
		Headroom: func() []tools.Headroom {
			return []tools.Headroom{
				{Family: "/api/v1/users", Limit: 600, Remaining: 599, Reset: reset},
				{Family: "GET /api/v1/users/{id}", Limit: 2000, Remaining: 0, Reset: reset},
				{Family: "/my/company", Limit: 50, Remaining: 40, Reset: reset},
				{Family: "/your/company", Limit: 100, Remaining: 7, Reset: reset},
				{Family: "/their/company", Limit: 20, Remaining: 19, Reset: reset},
			}
		},
	})
	m.Refused(401)
	m.Refused(401)
	m.Refused(429)
	m.Waited(oktaclient.WaitRateLimit, 40*time.Second)
	e := scrape(t, m)
	e.conventions(t)
	e.expect(t, map[string]float64{
		"okta_mcp_signed_in": 0, "okta_mcp_sessions": 3, "okta_mcp_streams": 2,
		"okta_mcp_refused_total status=401": 2, "okta_mcp_refused_total status=429": 1,
		"okta_mcp_okta_wait_seconds_bucket reason=rate_limit le=30":       0,
		"okta_mcp_okta_wait_seconds_bucket reason=rate_limit le=60":       1,
		"okta_mcp_okta_wait_seconds_sum reason=rate_limit":                40,
		"okta_mcp_ratelimit_remaining family=/api/v1/users":               599,
		"okta_mcp_ratelimit_limit family=/api/v1/users":                   600,
		"okta_mcp_ratelimit_reset_timestamp_seconds family=/api/v1/users": 1_772_000_000,
		"okta_mcp_ratelimit_reset_timestamp_seconds family=other":         1_772_000_000,
		"okta_mcp_ratelimit_remaining family=other":                       7, // the one that runs out first
		"okta_mcp_ratelimit_limit family=other":                           100,
	})
	if n := e.families["okta_mcp_ratelimit_remaining"].samples; len(n) != 3 || n[0].labels["family"] != "/api/v1/users" {
		t.Errorf("the families are %v", n)
	}
	sessions, signedIn = 0, true
	scrape(t, m).expect(t, map[string]float64{"okta_mcp_signed_in": 1, "okta_mcp_sessions": 0})
}

func TestWhatIsNotKnownIsLeftOut(t *testing.T) {
	t.Parallel()
	e := scrape(t, metrics.New(metrics.Options{Version: "a \"b\\\nc"}))
	e.conventions(t)
	if version := e.families["okta_mcp_build_info"].samples[0].labels["version"]; version != "a \"b\\\nc" {
		t.Errorf("the version is shown as %q", version)
	}
	for _, name := range []string{"okta_mcp_signed_in", "okta_mcp_sessions", "okta_mcp_streams", "okta_mcp_ratelimit_limit"} {
		if e.families[name] != nil {
			t.Errorf("%s is shown, and nobody says what it is", name)
		}
	}
}

func TestTheProcessIsShownAsDashboardsKnowIt(t *testing.T) {
	t.Parallel()
	before := float64(time.Now().Unix())
	e := scrape(t, metrics.New(metrics.Options{}))
	between := map[string][2]float64{
		"go_goroutines":                 {1, 1e6},
		"go_memstats_heap_alloc_bytes":  {1e5, 1e10},
		"process_start_time_seconds":    {before, float64(time.Now().Unix() + 1)},
		"process_cpu_seconds_total":     {0, 1e5},
		"process_resident_memory_bytes": {1e6, 1e11},
		"process_open_fds":              {3, 1e6},
	}
	if runtime.GOOS != "linux" {
		maps.DeleteFunc(between, func(name string, _ [2]float64) bool {
			return strings.HasPrefix(name, "process_") && name != "process_start_time_seconds"
		})
	}
	for name, bounds := range between {
		if got := e.value(name); got < bounds[0] || got > bounds[1] {
			t.Errorf("%s is %v, not within %v", name, got, bounds)
		}
	}
}

func TestNothingElseIsServed(t *testing.T) {
	t.Parallel()
	handler := metrics.New(metrics.Options{}).Handler()
	for request, want := range map[string]int{
		"GET /metrics": 200, "HEAD /metrics": 200, "GET /metrics?name=x": 200,
		"POST /metrics": 405, "DELETE /metrics": 405, "OPTIONS /metrics": 405,
		"GET /": 404, "POST /": 404, "GET /metrics/": 404, "GET //metrics": 404, "GET /Metrics": 404, "GET /%6detrics": 404,
		"GET /x/../metrics": 404, "GET /debug/pprof/": 404, "GET /healthz": 404,
	} {
		method, path, _ := strings.Cut(request, " ")
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(method, path, nil))
		if answer.Code != want {
			t.Errorf("%s: %d, want %d", request, answer.Code, want)
		}
		if allow := answer.Header().Get("Allow"); (allow == "GET, HEAD") != (want == 405) {
			t.Errorf("%s: Allow is %q", request, allow)
		}
		if has := strings.Contains(answer.Body.String(), "okta_mcp_"); has != (want == 200) {
			t.Errorf("%s: the metrics are shown: %v", request, has)
		}
	}
}

func TestCountingAndReadingGoOnTogether(t *testing.T) {
	t.Parallel()
	m := metrics.New(metrics.Options{})
	const callers, each = 8, 50
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for range each {
				done(t, m, tools.Event{Tool: "list_users", Effect: tools.Read, Outcome: "ok", Requests: []tools.Sent{{Status: 200}}})
				m.Refused(403)
				m.Waited(oktaclient.WaitRetry, time.Second)
			}
		})
		all.Go(func() { scrape(t, m).conventions(t) })
	}
	all.Wait()
	scrape(t, m).expect(t, map[string]float64{
		"okta_mcp_calls_total tool=list_users outcome=ok": callers * each, "okta_mcp_refused_total status=403": callers * each,
		"okta_mcp_okta_requests_total status=2xx": callers * each, "okta_mcp_okta_wait_seconds_sum reason=retry": callers * each,
	})
}

// The answers stand in several packages, as literals: one that is new there is to be
// known here.
func TestEveryAnswerOfARefusalIsKnown(t *testing.T) {
	t.Parallel()
	literal := regexp.MustCompile(`Refusal\{Answer: "(\w+)"`)
	found := []string{"decline", "cancel", "refuse"} // what a person answered
	for _, pattern := range []string{"../../../confirm/*.go", "../../../tools/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, match := range literal.FindAllStringSubmatch(string(source), -1) {
				found = append(found, match[1])
			}
		}
	}
	slices.Sort(found)
	if found = slices.Compact(found); len(found) < 10 {
		t.Fatalf("only %v found: this test looks for the wrong thing", found)
	}
	m := metrics.New(metrics.Options{})
	for _, answer := range found {
		done(t, m, tools.Event{Answer: answer, Asker: confirm.Client{}.Name()})
	}
	for _, asker := range []confirm.Asker{confirm.Client{}, new(confirm.Page), new(confirm.Terminal)} {
		done(t, m, tools.Event{Consent: confirm.Consent{By: asker.Name()}})
	}
	for _, s := range scrape(t, m).families["okta_mcp_consents_total"].samples {
		if s.labels["outcome"] == "other" || s.labels["asker"] == "other" {
			t.Errorf("%v is counted as other; the answers are %v", s.labels, found)
		}
	}
}
