// Package metrics counts what the running server does and shows it to Prometheus.
//
// It refuses to know who: no person, caller, org, target or argument is in a name, a
// label or a value. The values of every label are a closed set, so that nothing that
// a caller sends can show here or take up memory.
//
// It writes Prometheus's text format itself. The usual library cost every start of the
// program, also of a server that nobody measures, about 2 MB and a millisecond and a
// half; the small one reads files of the kernel, and may write to standard error, before
// main.
package metrics

import (
	"context"
	"strconv"
	"sync"
	"time"

	"okta-mcp/tools"
)

// Options say what is shown beside what is counted. A function that is nil leaves
// out what it would say; all must be safe for concurrent use.
type Options struct {
	Version           string
	SignedIn          func() bool
	Headroom          func() []tools.Headroom
	Sessions, Streams func() int
}

// Metrics is what was counted since New. It is a tools.Recorder, and safe for
// concurrent use.
type Metrics struct {
	options Options
	began   time.Time
	tools   map[string]bool

	mu        sync.Mutex
	calls     values
	consents  values
	requests  values
	refused   values
	durations timings
	waits     timings
}

// New begins to count. What has few labels is shown from the start, as 0.
func New(o Options) *Metrics {
	m := &Metrics{
		options: o, began: time.Now(), tools: map[string]bool{},
		calls: values{}, consents: values{}, requests: values{}, refused: values{}, durations: timings{}, waits: timings{},
	}
	for _, tool := range tools.Catalog() {
		m.tools[tool.Name] = true
	}
	for _, effect := range effects() {
		m.durations.of(labels("effect", effect.String()))
	}
	for _, reason := range reasons() {
		m.waits.of(labels("reason", reason))
	}
	for _, class := range classes() {
		m.requests[labels("status", class)] = 0
	}
	return m
}

// Before implements tools.Recorder. A call counts when it is done.
func (m *Metrics) Before(context.Context, tools.Event) error { return nil }

// After implements tools.Recorder.
func (m *Metrics) After(_ context.Context, e tools.Event) error {
	tool := other
	if m.tools[e.Tool] {
		tool = e.Tool
	}
	asker, came := consent(e)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls[labels("tool", tool, "outcome", oneOf(e.Outcome, outcomes()))]++
	m.durations.of(labels("effect", effectName(e.Effect))).add(e.Duration)
	if came != "" {
		m.consents[labels("asker", asker, "outcome", came)]++
	}
	for _, sent := range e.Requests {
		m.requests[labels("status", class(sent.Status))]++
	}
	return nil
}

// Refused counts a request that the HTTP server answered with an error status before
// it came to a tool.
func (m *Metrics) Refused(status int) {
	text := other
	if status >= 400 && status < 600 {
		text = strconv.Itoa(status)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refused[labels("status", text)]++
}

// Waited counts how long a request to Okta waited, and why: it is what
// oktaclient.Options.Waited asks for.
func (m *Metrics) Waited(reason string, d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waits.of(labels("reason", oneOf(reason, reasons()))).add(d)
}

// consent is through what a person was asked, or what stood in for a person, and what
// came of it; nothing when the call needed none, has only put its question, or only
// asked what it would do.
func consent(e tools.Event) (asker, came string) {
	switch {
	case e.Answer == tools.AnswerPlan || e.Answer == "" && e.Consent.By == "":
		return "", ""
	case e.Answer == "":
		came = "accept"
	default:
		came = oneOf(e.Answer, answers())
	}
	asker = e.Consent.By
	if asker == "" {
		asker = e.Asker
	}
	if asker == "" {
		return "none", came
	}
	return oneOf(asker, askers()), came
}

// write shows everything. What others say is asked for before the lock is held.
func (m *Metrics) write(t *text) {
	m.writeState(t)
	m.writeLimits(t)
	writeProcess(t, m.began)
	m.mu.Lock()
	defer m.mu.Unlock()
	t.family("okta_mcp_calls_total", "counter", "Calls of tools that have ended, by tool and by what came of them.", m.calls)
	t.histogram("okta_mcp_call_duration_seconds", "How long calls took, the wait for a person's answer included, by what the call does to the org.", m.durations)
	t.family("okta_mcp_consents_total", "counter", "Calls that needed a person's consent, by what asked and what came of it.", m.consents)
	t.family("okta_mcp_okta_requests_total", "counter", "Requests to Okta on behalf of calls, each attempt, by the class of their status; none: no answer.", m.requests)
	t.histogram("okta_mcp_okta_wait_seconds", "How long requests waited before they were sent to Okta, by reason: pacing (held back to stay below a limit), rate_limit (after a 429), retry.", m.waits)
	t.family("okta_mcp_refused_total", "counter", "HTTP requests of MCP clients that were refused before they came to a tool, by status.", m.refused)
}

func (m *Metrics) writeState(t *text) {
	o := m.options
	t.family("okta_mcp_build_info", "gauge", "Which okta-mcp this is; always 1.", values{labels("version", o.Version): 1})
	if o.SignedIn != nil {
		signedIn := 0.0
		if o.SignedIn() {
			signedIn = 1
		}
		t.gauge("okta_mcp_signed_in", "Whether the server is signed in to Okta: 1 or 0.", signedIn)
	}
	if o.Sessions != nil {
		t.gauge("okta_mcp_sessions", "Sessions of MCP clients that are open.", float64(o.Sessions()))
	}
	if o.Streams != nil {
		t.gauge("okta_mcp_streams", "Streams that are open, on which clients listen.", float64(o.Streams()))
	}
}

// writeLimits shows what Okta last said of its limits; of several families that are
// shown as one, the one with the least room.
func (m *Metrics) writeLimits(t *text) {
	if m.options.Headroom == nil {
		return
	}
	remaining, limit, reset := values{}, values{}, values{}
	for _, h := range m.options.Headroom() {
		of := labels("family", family(h.Family))
		if least, shown := remaining[of]; shown && least <= float64(h.Remaining) {
			continue
		}
		remaining[of], limit[of], reset[of] = float64(h.Remaining), float64(h.Limit), float64(h.Reset.Unix())
	}
	t.family("okta_mcp_ratelimit_remaining", "gauge", "Requests that Okta last said are left in the window of a rate limit, by family of endpoints.", remaining)
	t.family("okta_mcp_ratelimit_limit", "gauge", "Requests that Okta allows in a window of a rate limit, by family of endpoints.", limit)
	t.family("okta_mcp_ratelimit_reset_timestamp_seconds", "gauge", "When that window ends, by Okta's clock; what is said to be left is of no meaning after it.", reset)
}

// timings are histograms by labels.
type timings map[string]*timing

// timing is how often something took how long.
type timing struct {
	counts []uint64 // for each of the bounds, and one for what took longer; not cumulative
	sum    time.Duration
}

// bounds are in seconds: from what a fake org answers in to what a person needs.
func bounds() []float64 { return []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300} }

func (all timings) of(labels string) *timing {
	one, known := all[labels]
	if !known {
		one = &timing{counts: make([]uint64, len(bounds())+1)}
		all[labels] = one
	}
	return one
}

func (t *timing) add(d time.Duration) {
	at := 0
	for _, bound := range bounds() {
		if d.Seconds() <= bound {
			break
		}
		at++
	}
	t.counts[at]++
	t.sum += max(0, d) // clocks are set back
}
