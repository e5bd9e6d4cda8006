package tools

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const logsRead = "okta.logs.read"

// clockSlack is by how much Okta's clock may be ahead of what its answers told of
// it: they carry whole seconds, and take their time.
const clockSlack = 2 * time.Second

// keptFor is how long Okta keeps events.
const keptFor = 90 * 24 * time.Hour

// defaultWindow is how far back events are looked for when no since is given, as
// Okta does.
const defaultWindow = 7 * 24 * time.Hour

// Okta's bounds of q: https://developer.okta.com/docs/api/openapi/okta-management/management/tag/SystemLog/
const (
	maxWords      = 10
	maxWordLength = 40
)

func logTools() []Any { return []Any{getLogs()} }

type getLogsIn struct {
	Since     string `json:"since,omitempty" jsonschema:"RFC 3339, or back from now: -4h, -7d (the default)"`
	Until     string `json:"until,omitempty" jsonschema:"the same; default now"`
	Actor     string `json:"actor,omitempty" jsonschema:"id or login of who did it"`
	Target    string `json:"target,omitempty" jsonschema:"id, login or name of what it was done to"`
	EventType string `json:"event_type,omitempty" jsonschema:"exact, or a start such as user.session.*"`
	Outcome   string `json:"outcome,omitempty" enum:"SUCCESS FAILURE ALLOW DENY CHALLENGE SKIPPED UNKNOWN" jsonschema:"outcome.result"`
	Filter    string `json:"filter,omitempty" jsonschema:"any SCIM filter, e.g. client.ipAddress eq \"203.0.113.7\""`
	Q         string `json:"q,omitempty" jsonschema:"words that an event contains"`
	SortOrder string `json:"sort_order,omitempty" enum:"asc desc" jsonschema:"default desc, newest first"`
	Poll      bool   `json:"poll,omitempty" jsonschema:"oldest first, with a cursor for what comes later"`
	Paging
}

func getLogs() Any {
	return Tool[getLogsIn, List]{
		Name: "get_logs", Title: "Get System Log events", Effect: Read, Scopes: []string{logsRead},
		Description: "What happened in the org and who did it, kept for 90 days. The arguments given must all hold.",
		Run: func(ctx context.Context, c *Call, in getLogsIn) (List, error) {
			now := c.server.cfg.Access.Now()
			window, err := in.window(now)
			if err != nil {
				return List{}, err
			}
			query, err := in.query()
			if err != nil {
				return List{}, err
			}
			// The cursor is held to the times as they were given: "-4h" is another
			// instant in each call.
			key := []string{"logs", in.Since, in.Until, strconv.FormatBool(in.Poll)}
			return listing{paging: in.Paging, view: eventItems(), key: key, query: query, times: window, id: "uuid", endless: in.Poll,
				fetch: c.Org.ListLogEvents, note: in.note(window, now)}.run(ctx, c)
		},
	}
}

// eventItems is how an event appears in a list: who, what, to what, from where
// and how it ended.
func eventItems() view {
	return view{without: []string{"version", "legacyEventType", "request", "transaction", "authenticationContext", "securityContext", "debugContext",
		"client.zone", "client.userAgent.rawUserAgent", "client.geographicalContext.geolocation", "client.geographicalContext.postalCode"}}
}

// window is the span of time asked for. It has an end, so that paging ends, but
// for polling. The end is never later than now: of what is to come, no answer is
// whole.
func (in getLogsIn) window(now time.Time) (url.Values, error) {
	since, err := instant("since", in.Since, now, now.Add(-defaultWindow))
	if err != nil {
		return nil, err
	}
	latest := now.Add(clockSlack).UTC()
	until, err := instant("until", in.Until, now, latest)
	if until.After(latest) {
		until = latest
	}
	switch {
	case err != nil:
		return nil, err
	case !since.Before(until):
		return nil, &ArgumentError{Problem: fmt.Sprintf("since (%s) is not before until (%s)", since.Format(time.RFC3339), until.Format(time.RFC3339))}
	case in.Poll && (in.Until != "" || in.SortOrder == "desc"):
		return nil, &ArgumentError{Problem: "poll goes on from the oldest event to what comes later, so it takes neither until nor sort_order desc"}
	}
	window := url.Values{"since": {since.Format(oktaTime)}}
	if !in.Poll {
		window.Set("until", until.Format(oktaTime))
	}
	return window, nil
}

// oktaTime is how Okta writes instants.
const oktaTime = "2006-01-02T15:04:05.000Z"

// back is a time before now: minutes, hours or days.
var back = regexp.MustCompile(`^-([0-9]{1,5})([mhd])$`)

func instant(parameter, text string, now, unset time.Time) (time.Time, error) {
	if text == "" {
		return unset.UTC(), nil
	}
	if parts := back.FindStringSubmatch(text); parts != nil {
		n, _ := strconv.Atoi(parts[1]) // five digits are always a number
		unit := map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}[parts[2]]
		return now.Add(-time.Duration(n) * unit).UTC(), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, &ArgumentError{Problem: parameter + ` must be a time as in RFC 3339, such as 2026-03-01T09:00:00Z, or one back from now, such as "-30m", "-4h" or "-7d"`}
	}
	return t.UTC(), nil
}

func (in getLogsIn) query() (url.Values, error) {
	if err := balanced("filter", in.Filter); err != nil {
		return nil, err
	}
	if start := strings.TrimSuffix(in.EventType, "*"); strings.Contains(start, "*") || start == "" && in.EventType != "" {
		return nil, &ArgumentError{Problem: "event_type takes a * at the end of a start, such as user.session.*, and nowhere else"}
	}
	query := url.Values{}
	setIf(query, "filter", in.scim())
	if words := strings.Fields(in.Q); len(words) > maxWords {
		return nil, &ArgumentError{Problem: fmt.Sprintf("q has %d words; Okta takes at most %d", len(words), maxWords)}
	}
	for _, word := range strings.Fields(in.Q) {
		if utf8.RuneCountInString(word) > maxWordLength {
			return nil, &ArgumentError{Problem: fmt.Sprintf("q has a word of more than %d characters, the most that Okta takes", maxWordLength)}
		}
	}
	setIf(query, "q", in.Q)
	query.Set("sortOrder", "DESCENDING")
	if in.SortOrder == "asc" || in.Poll {
		query.Set("sortOrder", "ASCENDING")
	}
	return query, nil
}

// scim joins the structured arguments and the raw filter: all must hold.
func (in getLogsIn) scim() string {
	var terms []string
	if in.Actor != "" {
		terms = append(terms, either("actor.id", "actor.alternateId", in.Actor))
	}
	if in.Target != "" {
		terms = append(terms, "("+either("target.id", "target.alternateId", in.Target)+" or target.displayName eq "+scimString(in.Target)+")")
	}
	if start, prefix := strings.CutSuffix(in.EventType, "*"); prefix {
		terms = append(terms, "eventType sw "+scimString(start))
	} else if in.EventType != "" {
		terms = append(terms, "eventType eq "+scimString(in.EventType))
	}
	if in.Outcome != "" {
		terms = append(terms, "outcome.result eq "+scimString(in.Outcome))
	}
	switch {
	case len(terms) == 0:
		return in.Filter
	case in.Filter != "":
		terms = append(terms, "("+in.Filter+")")
	}
	return strings.Join(terms, " and ")
}

func either(a, b, value string) string {
	return fmt.Sprintf("(%s eq %s or %s eq %s)", a, scimString(value), b, scimString(value))
}

// note says what span of time an answer without a next page covers.
func (in getLogsIn) note(window url.Values, now time.Time) func(onPage, limit int) (bool, string) {
	gone := ""
	if since, err := time.Parse(oktaTime, window.Get("since")); err == nil && now.Sub(since) > keptFor {
		gone = "; Okta keeps events for 90 days, and older ones are gone"
	}
	return func(onPage, _ int) (bool, string) {
		switch {
		case in.Poll && onPage == 0:
			return false, "there is nothing newer; the same call, with the same cursor, shows later what has come"
		case in.Poll:
			return false, ""
		case in.Cursor != "":
			return false, "this is the end of the time asked for" + gone
		}
		return false, fmt.Sprintf("these are all events that Okta shows from %s to %s%s", window.Get("since"), window.Get("until"), gone)
	}
}
