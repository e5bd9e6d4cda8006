package audit

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"okta-mcp/oktaclient"
)

// The kinds of difference, in the order in which they are told.
const (
	Unrecorded = "unrecorded"  // Okta has the change, made by us, and the record does not
	Elsewhere  = "elsewhere"   // Okta has the change, made by our app with another program, and the record does not
	NotInOkta  = "not_in_okta" // the record has the change, and Okta does not
	Differs    = "differs"     // both have the request, and do not agree on who did what to whom
	CarriedOut = "carried_out" // recorded without an answer, and Okta has carried it out

	notCarriedOut = "not_carried_out" // recorded without an answer, and Okta has not: no difference
)

// Kinds are all kinds of difference.
func Kinds() []string { return []string{Unrecorded, Elsewhere, NotInOkta, Differs, CarriedOut} }

// Difference is one change on which the record and Okta's log differ. What is
// not known is empty.
type Difference struct {
	Kind      string   `json:"kind"`
	When      string   `json:"when"` // Okta's time where it has the change, and the record's otherwise
	Events    []string `json:"events"`
	Actor     string   `json:"actor"`
	Targets   []string `json:"targets"`
	RequestID string   `json:"request_id"`
	Agent     string   `json:"user_agent"`
	Record    uint64   `json:"record"` // its number
	Call      string   `json:"call"`
	Tool      string   `json:"tool"`
	Method    string   `json:"method"`
	Path      string   `json:"path"`
	Status    int      `json:"status"`
	Why       string   `json:"why"`
}

// Report is what a reconciliation came to.
type Report struct {
	Recorded      int          `json:"recorded_changes"` // that were compared
	Events        int          `json:"events"`           // of changes by our app that were compared
	Differences   []Difference `json:"differences"`
	NotCarriedOut []Difference `json:"not_carried_out"` // recorded without an answer and not in Okta's log: no difference
	Aside         Aside        `json:"aside"`
	RecordBegins  time.Time    `json:"record_begins"` // zero without records
	Uncovered     bool         `json:"uncovered"`     // earlier records exist that are not in these files, from within the window
}

// Log reads Okta's System Log: every event that fits a filter, from
// [Window.From] to now. An error means that not all of them were read.
type Log func(ctx context.Context, filter string, yield func(Event)) error

// From is the time from which a Log has to be read.
func (w Window) From() time.Time { return w.Since.Add(-edge) }

// Reconcile compares the records with what Okta's log has of a client's changes.
// agent is how our own User-Agent begins.
func (l *Ledger) Reconcile(ctx context.Context, log Log, client, agent string) (Report, error) {
	c := &comparison{Ledger: l, client: client, agent: agent, strays: map[string][]Event{}}
	c.report = Report{Differences: []Difference{}, NotCarriedOut: []Difference{}, RecordBegins: l.began}
	c.report.Uncovered = l.first != nil && l.first.N > 1 && l.began.After(l.window.Since)
	quoted := strconv.Quote(client)
	if err := log(ctx, "actor.id eq "+quoted+" or client.id eq "+quoted, c.take); err != nil {
		return c.report, err
	}
	if err := c.lookUp(ctx, log); err != nil {
		return c.report, err
	}
	c.judgeRequests()
	c.judgeStrays()
	for _, call := range l.open {
		if l.window.holds(call.begin) {
			c.aside.NoEnd++
		}
	}
	c.report.Aside = c.aside
	slices.SortStableFunc(c.report.Differences, func(a, b Difference) int {
		if by := slices.Index(Kinds(), a.Kind) - slices.Index(Kinds(), b.Kind); by != 0 {
			return by
		}
		return strings.Compare(a.When, b.When)
	})
	return c.report, nil
}

type comparison struct {
	*Ledger
	client, agent string
	strays        map[string][]Event // changes by our app of requests that no record has, by request
	order         []string           // of the strays
	report        Report
}

// take files an event with the request that it came of.
func (c *comparison) take(e Event) {
	if !e.Change() {
		return
	}
	for _, id := range e.RequestIDs {
		if r := c.byID[id]; r != nil {
			r.events = append(r.events, e)
			return
		}
	}
	if !e.ours(c.client) {
		return
	}
	key := "event " + e.ID
	if len(e.RequestIDs) > 0 {
		key = e.RequestIDs[0]
	}
	if c.strays[key] == nil {
		c.order = append(c.order, key)
	}
	c.strays[key] = append(c.strays[key], e)
}

// together is for how many requests the log is asked at once.
const together = 10

// plainID is a request id that can stand in a filter. One that cannot is none of
// Okta's, and there is nothing to look up.
var plainID = regexp.MustCompile(`^[0-9A-Za-z_@.:-]{1,100}$`)

// lookUp asks for the events of recorded changes that our app is not named in:
// Okta names itself, or somebody else, as who did it.
func (c *comparison) lookUp(ctx context.Context, log Log) error {
	var terms []string
	for _, r := range c.sent {
		if (r.changed() || r.unknown()) && c.judged(r.tally) && len(r.events) == 0 && plainID.MatchString(r.RequestID) && !oktaclient.Unlogged(r.Method, r.Path) {
			terms = append(terms, "transaction.id eq "+strconv.Quote(r.RequestID))
		}
	}
	for some := range slices.Chunk(terms, together) {
		if err := log(ctx, strings.Join(some, " or "), c.take); err != nil {
			return err
		}
	}
	return nil
}

func (c *comparison) judgeRequests() {
	for _, r := range c.sent {
		switch {
		case !c.judged(r.tally):
			continue
		case r.unknown() && len(r.events) == 0:
			c.settle(r)
			continue
		case r.unknown():
			c.report.Differences = append(c.report.Differences, r.difference(CarriedOut, "recorded without an answer, and Okta carried it out"))
			continue
		case r.changed():
			c.report.Recorded++
		}
		switch why := c.against(r); {
		case why != "":
			c.report.Differences = append(c.report.Differences, r.difference(Differs, why))
		case !r.changed() || len(r.events) > 0:
		case oktaclient.Unlogged(r.Method, r.Path):
			c.aside.Unlogged++
		default:
			c.report.Differences = append(c.report.Differences, r.difference(NotInOkta, "Okta's log has no such request"))
		}
	}
}

// against is what the events of a recorded request say against the record, or "".
func (c *comparison) against(r *request) string {
	if len(r.events) == 0 {
		return ""
	}
	var targets []Entity
	byOther := true
	for _, e := range r.events {
		targets = append(targets, e.Targets...)
		byOther = byOther && !e.ours(c.client) && !e.system()
	}
	named, told := r.names(targets)
	switch {
	case byOther:
		return "somebody else did it"
	case !r.write():
		return "recorded as a read"
	case !r.changed():
		return fmt.Sprintf("recorded as answered with %d, and it was carried out", r.Status)
	case told && !named && len(targets) > 0:
		return "done to other targets than recorded"
	}
	return ""
}

// settle looks for what became of a write that got no answer. Without an answer
// it has no request id: its address, its time and its targets must do.
func (c *comparison) settle(r *request) {
	for i, key := range c.order {
		events := c.strays[key]
		if !c.couldBe(r, events[0]) {
			continue
		}
		r.events = events
		c.order = slices.Delete(c.order, i, i+1)
		delete(c.strays, key)
		c.report.Differences = append(c.report.Differences, r.difference(CarriedOut, "no answer came, and Okta carried it out"))
		return
	}
	c.report.NotCarriedOut = append(c.report.NotCarriedOut, r.difference(notCarriedOut, "no answer came, and Okta's log has nothing of it"))
}

func (c *comparison) couldBe(r *request, e Event) bool {
	if !strings.HasPrefix(e.Agent, c.agent) || e.When.Before(r.begin.Add(-edge)) || e.When.After(r.end.Add(edge)) {
		return false
	}
	if e.Path == "" {
		named, _ := r.names(e.Targets)
		return named
	}
	return e.Path == r.Path
}

// judgeStrays tells what Okta has and the record has not.
func (c *comparison) judgeStrays() {
	for _, r := range c.sent {
		if c.judged(r.tally) {
			c.report.Events += len(r.events)
		}
	}
	for _, key := range c.order {
		events := c.strays[key]
		switch at := events[0].When; {
		case at.After(c.window.Until):
			c.aside.TooYoung++
			continue
		case at.Before(c.window.Since):
			continue
		case c.report.Uncovered && at.Before(c.began):
			c.aside.NotCovered++
			continue
		}
		c.report.Events += len(events)
		d := Difference{Kind: Elsewhere, Why: "made by another program with this app's key"}
		if strings.HasPrefix(events[0].Agent, c.agent) {
			d.Kind, d.Why = Unrecorded, "no record has this request"+c.cutOff(events[0])
		}
		c.report.Differences = append(c.report.Differences, d.of(events))
	}
}

// cutOff names the last call without an end that an event may have come of.
func (c *comparison) cutOff(e Event) string {
	var last Record
	for _, call := range c.open {
		near := !e.When.Before(call.begin.Add(-edge)) && e.When.Before(call.begin.Add(time.Hour))
		if near && call.record.N > last.N && touches(call.record.ids(), e.Targets) {
			last = call.record
		}
	}
	if last.N == 0 {
		return ""
	}
	return fmt.Sprintf("; record %d (%s), a call whose end is not recorded, is about the same", last.N, last.Tool)
}

func (r *request) difference(kind, why string) Difference {
	d := Difference{
		Kind: kind, When: r.record.When, Record: r.record.N, Call: r.record.Call, Tool: r.record.Tool, RequestID: r.RequestID,
		Method: r.Method, Path: r.Path, Status: r.Status, Why: why, Events: []string{}, Targets: []string{},
	}
	for _, t := range r.record.Targets {
		d.Targets = append(d.Targets, strings.TrimSpace(t.Type+" "+t.ID))
	}
	if len(r.events) > 0 {
		d.Targets = []string{}
		return d.of(r.events)
	}
	return d
}

// of adds what the events of a request say.
func (d Difference) of(events []Event) Difference {
	first := events[0]
	d.When, d.Agent, d.Actor = first.When.UTC().Format(WhenLayout), first.Agent, strings.TrimSpace(first.Actor.Type+" "+first.Actor.ID)
	if d.Path == "" {
		d.Path = first.Path
	}
	if d.RequestID == "" && len(first.RequestIDs) > 0 {
		d.RequestID = first.RequestIDs[0]
	}
	for _, e := range events {
		if !slices.Contains(d.Events, e.Type) {
			d.Events = append(d.Events, e.Type)
		}
		for _, t := range e.Targets {
			if text := strings.TrimSpace(t.Type + " " + t.ID); !slices.Contains(d.Targets, text) {
				d.Targets = append(d.Targets, text)
			}
		}
	}
	return d
}
