package oktaclient

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	maxFamilies = 256            // remembered; there are about a hundred
	maxWindow   = 24 * time.Hour // a reset further away than this is not believed
)

// Headroom is what Okta last said about one rate limit.
type Headroom struct {
	// Family is the group of endpoints counted together, as far as their paths
	// tell: "/api/v1/users", "GET /api/v1/users/{id}".
	Family    string
	Limit     int       // requests in a window
	Remaining int       // of them
	Reset     time.Time // when the window ends, by Okta's clock
}

// limits remembers what the X-Rate-Limit-* headers said, per family.
type limits struct {
	mu       sync.Mutex
	families map[string]Headroom
}

// learn takes the headers of an answer. Answers without a limit, and those of
// the concurrency limit, which belongs to no window, teach nothing.
func (l *limits) learn(method, path string, h http.Header) {
	most, remaining, ok := rateCounts(h)
	reset, dated := rateReset(h)
	if !ok || !dated || most == 0 {
		return
	}
	f := family(method, path)
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.families[f]; known || len(l.families) < maxFamilies {
		l.families[f] = Headroom{Family: f, Limit: most, Remaining: remaining, Reset: reset}
	}
}

func (l *limits) snapshot() []Headroom {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.SortedFunc(maps.Values(l.families), func(a, b Headroom) int {
		return strings.Compare(a.Family, b.Family)
	})
}

// unpaced is the pacer used unless Options gives another: nothing is held back,
// and a 429 is waited for when it comes. Which endpoints share a limit is not
// known well enough to wait in advance.
type unpaced struct{}

func (unpaced) Wait(context.Context, string, string) error { return nil }
func (unpaced) Answered(_, _ string, _ int, _ http.Header) {}

// rateReset is the end of the rate limit's window: X-Rate-Limit-Reset, seconds
// of the UTC epoch. false when the header is absent or makes no sense.
func rateReset(h http.Header) (time.Time, bool) {
	const year9999 = 253402300799 // beyond it somebody counts milliseconds
	seconds, err := strconv.ParseInt(strings.TrimSpace(h.Get("X-Rate-Limit-Reset")), 10, 64)
	if err != nil || seconds <= 0 || seconds > year9999 {
		return time.Time{}, false
	}
	return time.Unix(seconds, 0).UTC(), true
}

func rateCounts(h http.Header) (most, remaining int, ok bool) {
	most, err1 := strconv.Atoi(strings.TrimSpace(h.Get("X-Rate-Limit-Limit")))
	remaining, err2 := strconv.Atoi(strings.TrimSpace(h.Get("X-Rate-Limit-Remaining")))
	return most, remaining, err1 == nil && err2 == nil && most >= 0 && remaining >= 0
}

// rateWait is how long to wait after a 429: the reset less the answer's own
// Date (now stands in for it), and a second more, because both are cut to
// seconds. 0 means that Okta does not say: the reset is absent or senseless, or
// the limit is the one on concurrency (Limit and Remaining both 0), whose
// reset is a guess.
func rateWait(h http.Header, now time.Time) time.Duration {
	reset, ok := rateReset(h)
	if most, remaining, known := rateCounts(h); !ok || known && most == 0 && remaining == 0 {
		return 0
	}
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		date = now
	}
	wait := reset.Sub(date) + time.Second
	if wait > maxWindow {
		return 0
	}
	return max(wait, time.Second)
}

// family names the rate limit an endpoint counts against, as Okta's own table
// groups them: a collection, one of its members being read, or a member with
// all below it being changed. It holds no id.
func family(method, path string) string {
	s := strings.Split(strings.Trim(path, "/"), "/")
	collection := 2
	if i := slices.Index(s, "v1"); i >= 0 {
		collection = i + 2
	}
	if len(s) <= collection {
		return "/" + strings.Join(s, "/")
	}
	member := "/" + strings.Join(s[:collection], "/") + "/{id}"
	if method == http.MethodGet {
		return "GET " + member
	}
	return member
}
