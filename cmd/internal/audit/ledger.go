package audit

import (
	"math"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"okta-mcp/oktaclient"
)

// edge is by how much this machine's clock and Okta's may differ, and how long
// after a request its event may be dated.
const edge = 5 * time.Minute

// Window is the span of time that a reconciliation judges. What is younger than
// its end is left for the next one: Okta's log lags behind.
type Window struct{ Since, Until time.Time }

func (w Window) holds(at time.Time) bool { return !at.Before(w.Since) && !at.After(w.Until) }

// Ledger is what the records say of one org, kept for a reconciliation.
type Ledger struct {
	org    string
	window Window

	first *Record // of the files, whatever its org
	began time.Time
	sent  []*request
	byID  map[string]*request
	open  map[string]*tally // calls with an intent and no done so far
	aside Aside
}

// Aside is what a reconciliation did not judge, and why.
type Aside struct {
	OtherOrgs     int `json:"records_of_other_orgs"`
	OutsideWindow int `json:"calls_before_since"`
	TooYoung      int `json:"too_young"`      // calls and changes of Okta's within --settle
	Unlogged      int `json:"unlogged"`       // changes for which Okta has no event
	NotCovered    int `json:"not_covered"`    // changes Okta has from before the first record, where earlier ones were moved away
	Unlisted      int `json:"unlisted"`       // requests that a record counts without listing them
	Missed        int `json:"missed"`         // records that could not be written
	NoEnd         int `json:"without_an_end"` // calls of which an intent is recorded and no end
}

// tally is one recorded call.
type tally struct {
	record     Record
	begin, end time.Time
}

// request is one recorded request, and what Okta's log says of it.
type request struct {
	*tally
	Request
	events []Event
}

// NewLedger returns an empty one for an org, by its host.
func NewLedger(org string, window Window) *Ledger {
	return &Ledger{org: org, window: window, byID: map[string]*request{}, open: map[string]*tally{}}
}

// Add takes the next record, oldest first.
func (l *Ledger) Add(r Record) {
	begin, err := time.Parse(WhenLayout, r.When)
	if l.first == nil {
		l.first, l.began = &r, begin
	}
	if err != nil || !strings.EqualFold(r.Org, l.org) {
		l.aside.OtherOrgs++
		return
	}
	call := &tally{record: r, begin: begin, end: begin.Add(time.Duration(r.MS) * time.Millisecond)}
	if r.Kind == Intent {
		l.open[r.Call] = call
		return
	}
	delete(l.open, r.Call)
	switch {
	case call.end.Before(l.window.Since.Add(-edge)):
		l.aside.OutsideWindow++
		return // nothing of it can be in the log that is read
	case call.begin.Before(l.window.Since):
		l.aside.OutsideWindow++
	case call.end.After(l.window.Until):
		l.aside.TooYoung++
	default:
		l.aside.Missed += int(min(r.Missed, math.MaxInt32))
		l.aside.Unlisted += r.MoreRequests
	}
	for _, sent := range r.Requests {
		kept := &request{tally: call, Request: sent}
		l.sent = append(l.sent, kept)
		if sent.RequestID != "" {
			l.byID[sent.RequestID] = kept
		}
	}
}

// judged reports whether the call lies wholly in the window.
func (l *Ledger) judged(c *tally) bool {
	return !c.begin.Before(l.window.Since) && !c.end.After(l.window.Until)
}

// changed reports whether the request changed something, as the record has it.
func (r *request) changed() bool { return r.write() && r.Status/100 == 2 }

// unknown reports whether the request may have changed something without an answer.
func (r *request) unknown() bool { return r.write() && r.Status == 0 }

func (r *request) write() bool { return !oktaclient.OnlyReads(r.Method, r.plain()) }

func (r *request) plain() string {
	plain, err := url.PathUnescape(r.Path)
	if err != nil {
		return r.Path
	}
	return plain
}

// names reports whether the request or its call is about one of the entities;
// told is false where the request names nothing that has an id, as one that
// makes something.
func (r *request) names(all []Entity) (named, told bool) {
	var ids []string
	for _, segment := range strings.Split(r.plain(), "/") {
		told = told || isID(segment)
		ids = append(ids, segment)
	}
	return touches(append(ids, r.record.ids()...), all), told
}

// ids are those of the record's targets.
func (r Record) ids() []string {
	var ids []string
	for _, t := range r.Targets {
		ids = append(ids, t.ID, t.Within)
	}
	return ids
}

func touches(ids []string, all []Entity) bool {
	return slices.ContainsFunc(all, func(e Entity) bool {
		return slices.ContainsFunc(ids, func(id string) bool {
			return id != "" && (strings.EqualFold(id, e.ID) || strings.EqualFold(id, e.Alternate))
		})
	})
}

// isID reports whether a segment of a path looks like one of Okta's ids or a login.
func isID(segment string) bool {
	return strings.Contains(segment, "@") || len(segment) >= 15 && strings.ContainsFunc(segment, unicode.IsDigit)
}
