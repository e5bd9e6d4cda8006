package demoorg

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What the System Log keeps and answers.
const (
	mostEvents  = 60_000 // kept; a new one pushes the oldest out
	logPage     = 100
	largestLogs = 1_000

	logWindow    = 7 * 24 * time.Hour   // asked for when nobody says since when
	logRetention = 90 * 24 * time.Hour  // older events are gone
	logReach     = 180 * 24 * time.Hour // asking further back is refused

	mostKeywords   = 10
	longestKeyword = 40
)

// logStore is the System Log, oldest event first. Events are numbered for ever:
// events[i] has number dropped+i, which is what cursors tell.
type logStore struct {
	kinds   map[string]*eventKind // by name
	writes  map[string]string     // names of kinds by operation id
	home    *logPlace             // where live requests come from
	events  []logEvent
	dropped int
}

// append files an event behind the others. A clock that went back does not put
// it before them: polling clients would miss it.
func (l *logStore) append(e logEvent) {
	if n := len(l.events); n > 0 {
		e.at = max(e.at, l.events[n-1].at)
	}
	if len(l.events) >= mostEvents {
		surplus := len(l.events) - mostEvents + mostEvents/10
		l.events = slices.Clone(l.events[surplus:])
		l.dropped += surplus
	}
	l.events = append(l.events, e)
}

// since is the number of the first event at that instant or later.
func (l *logStore) since(at int64) int {
	i, _ := slices.BinarySearchFunc(l.events, at, func(e logEvent, at int64) int {
		if e.at < at {
			return -1
		}
		return 1
	})
	return l.dropped + i
}

// logEvent is one event, kept small: its document is made when asked for.
type logEvent struct {
	at             int64 // milliseconds since 1970
	kind           *eventKind
	actor          logEntity
	from           logOrigin
	result, reason string
	targets        []logEntity
	debug          []debugDatum
	session        uint64 // numbers the session; 0 for none
	request        uint64 // numbers the request, which several events may share; with liveRequest, one that was made
	uri            string // of the request
}

// logEntity is an actor or target.
type logEntity struct {
	id, kind, alternate, name string
	detail                    map[string]string
}

// debugDatum is one entry of debugContext.debugData.
type debugDatum struct{ name, value string }

// failed says whether the event deserves attention.
func (e *logEvent) failed() bool {
	return slices.Contains([]string{"FAILURE", "DENY"}, e.result) && e.kind.name != "user.account.lock"
}

func (e *logEvent) severity() string {
	if e.kind.severity != "" {
		return e.kind.severity
	}
	if e.failed() {
		return "WARN"
	}
	return "INFO"
}

// legacy is the name the event had before the System Log.
func (e *logEvent) legacy() string {
	if e.failed() && e.kind.legacyFailed != "" {
		return e.kind.legacyFailed
	}
	return e.kind.legacy
}

// logRoutes are the System Log.
func logRoutes() []route {
	return []route{{"GET", "/api/v1/logs", "listLogEvents", "okta.logs.read", "logs", listLogs}}
}

// logQuery is what a caller asks of the log.
type logQuery struct {
	page
	since, until int64 // milliseconds, both included
	condition    condition
	words        []string // lower case
	descending   bool
	polling      bool // no end: there is always a next page
	from         int  // number the cursor tells; -1 without one
}

func (c *call) logQuery() (logQuery, error) {
	q := logQuery{from: -1, descending: c.query.Get("sortOrder") == "DESCENDING"}
	var err error
	if q.page, err = c.page(logPage, largestLogs); err != nil {
		return q, err
	}
	if order := c.query.Get("sortOrder"); order != "" && order != "ASCENDING" && !q.descending {
		return q, invalid("'sortOrder': must be ASCENDING or DESCENDING.", "sortOrder: must be ASCENDING or DESCENDING.")
	}
	if q.words, err = keywords(c.query.Get("q")); err != nil {
		return q, err
	}
	if q.condition, err = logCondition(c.query.Get("filter")); err != nil {
		return q, err
	}
	if q.after != "" {
		_, number, cut := strings.Cut(q.after, "_")
		if q.from, err = strconv.Atoi(number); err != nil || !cut || q.from < 0 {
			return q, badCursor()
		}
	}
	return q, c.logTimes(&q)
}

// logTimes reads since and until.
func (c *call) logTimes(q *logQuery) error {
	until, given, err := c.instant("until")
	if err != nil {
		return err
	}
	q.polling = !given && !q.descending
	if !given {
		until = c.now
	}
	since, sinceGiven, err := c.instant("since")
	if err != nil {
		return err
	}
	if !sinceGiven {
		since = until.Add(-logWindow)
	}
	if c.now.Sub(since) > logReach {
		return badLogQuery("Invalid parameter: The since parameter is over 180 days prior to the current day.")
	}
	if oldest := c.now.Add(-logRetention); since.Before(oldest) {
		since = oldest
	}
	q.since, q.until = since.UnixMilli(), until.UnixMilli()
	return nil
}

// instant reads a date of the query.
func (c *call) instant(name string) (at time.Time, given bool, err error) {
	text := c.query.Get(name)
	if text == "" {
		return time.Time{}, false, nil
	}
	if at, err = time.Parse(time.RFC3339, text); err == nil {
		return at, true, nil
	}
	const unread = "The date format in your query is not recognized. Please enter dates using ISO8601 string format."
	const wanted = "must be a valid date-time or empty."
	return at, false, invalid(fmt.Sprintf("'%s': %s. '%s': %s", name, unread, name, wanted), name+": "+unread, name+": "+wanted)
}

// keywords are the words of q, each of which an event must hold.
func keywords(q string) ([]string, error) {
	words := strings.Fields(strings.ToLower(q))
	if len(words) > mostKeywords {
		return nil, invalid("'q': Freeform search cannot contain more than 10 items.")
	}
	for _, w := range words {
		if len([]rune(w)) > longestKeyword {
			return nil, invalid("'q': Freeform search cannot contain items longer than 40 characters. " +
				"Please shorten the items in your search or use an advanced filter to query by specific fields.")
		}
	}
	return words, nil
}

// listLogs answers a page of events. A bounded query ends; a polling one goes
// on for ever, behind the last event looked at.
func listLogs(o *Org, c *call) (answer, error) {
	q, err := c.logQuery()
	if err != nil {
		return answer{}, err
	}
	numbers, next := o.findEvents(q)
	docs := make([]logDoc, 0, len(numbers))
	for _, n := range numbers {
		docs = append(docs, o.logDoc(n))
	}
	cursor := ""
	if next >= 0 {
		cursor = strconv.FormatInt(c.now.UnixMilli(), 10) + "_" + strconv.Itoa(next)
	}
	links := c.links(q.page, cursor, "since", "until", "filter", "q", "sortOrder")
	return answer{status: http.StatusOK, body: docs, links: links}, nil
}

// findEvents gives the numbers of a page's events, and the number at which the
// next page begins or -1.
func (o *Org) findEvents(q logQuery) (found []int, next int) {
	first, end := o.log.since(q.since), o.log.since(q.until+1)
	if q.polling {
		end = o.log.dropped + len(o.log.events)
	}
	n, step := first, 1
	if q.descending {
		n, step = end-1, -1
	}
	if q.from >= 0 {
		n = q.from
		if !q.descending {
			n = max(n, first)
		}
	}
	for ; n >= first && n < end; n += step {
		if !o.eventMatches(n, q) {
			continue
		}
		if len(found) == q.limit {
			return found, n
		}
		found = append(found, n)
	}
	if q.polling {
		return found, n
	}
	return found, -1
}

func (o *Org) eventMatches(n int, q logQuery) bool {
	e := numbered{&o.log.events[n-o.log.dropped], n, o.seed}
	return q.condition.matches(e) && e.mentions(q.words)
}
