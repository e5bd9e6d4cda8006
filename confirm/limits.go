package confirm

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// The limits that keep questions from wearing a person down.
const (
	maxOpen      = 16               // questions of a caller, open at once
	maxOpenInAll = 256              // of all callers, each of whom asks people of their own
	maxPerCaller = 10               // questions a caller, in one window
	maxUnasked   = 50               // writes without a question a caller, in one window
	window       = 10 * time.Minute // also how long a refusal stands
)

// limits counts questions, refusals and unasked writes.
type limits struct {
	now func() time.Time

	mu      sync.Mutex
	asked   map[string][]time.Time // by caller
	writes  map[string][]time.Time // by caller
	refused map[refusalKey]refusal
	swept   time.Time
}

// refusalKey is what a no stands for: a caller, a tool and a target. It holds
// for the caller who was told no, so that nobody can refuse for another.
type refusalKey struct{ caller, tool, within, which string }

type refusal struct {
	at     time.Time
	action string // "decline", "cancel" or "refuse"
}

func newLimits(now func() time.Time) *limits {
	return &limits{
		now:   now,
		asked: map[string][]time.Time{}, writes: map[string][]time.Time{}, refused: map[refusalKey]refusal{},
	}
}

// ask counts a question of the caller, or reports that it is one too many.
func (l *limits) ask(caller string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count(l.asked, caller, 1, maxPerCaller)
}

// write counts n unasked writes of the caller; false, and nothing counted, when
// that would be more than go without a question.
func (l *limits) write(caller string, n int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count(l.writes, caller, max(1, n), maxUnasked)
}

// count adds n to what the caller did within the window, all or nothing.
func (l *limits) count(did map[string][]time.Time, caller string, n, most int) bool {
	l.sweep()
	now := l.now()
	recent := slices.DeleteFunc(did[caller], func(t time.Time) bool { return now.Sub(t) >= window })
	fits := n <= most-len(recent)
	if fits {
		recent = append(recent, slices.Repeat([]time.Time{now}, n)...)
	}
	did[caller] = recent
	return fits
}

// forgetWrites starts the caller's count of unasked writes anew: a person has
// just looked at how many there were, and agreed.
func (l *limits) forgetWrites(caller string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.writes, caller)
}

// refusalKeys are what a no to the request stands for. A target is told by its
// id; what is yet to be created has a name only, in whatever case and spacing.
func refusalKeys(r Request) []refusalKey {
	key := refusalKey{caller: r.Caller, tool: r.Tool}
	if len(r.Preview.Targets) == 0 {
		return []refusalKey{key}
	}
	keys := make([]refusalKey, len(r.Preview.Targets))
	for i, t := range r.Preview.Targets {
		keys[i], keys[i].within, keys[i].which = key, t.Within, t.ID
		if t.ID == "" {
			keys[i].which = strings.ToLower(strings.Join(strings.Fields(t.Name), " "))
		}
	}
	return keys
}

// refuse remembers that the answer was no.
func (l *limits) refuse(keys []refusalKey, action string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep()
	for _, key := range keys {
		l.refused[key] = refusal{at: l.now(), action: action}
	}
}

// standing returns the action that still refuses one of the keys, or "".
func (l *limits) standing(keys []refusalKey) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range keys {
		if r, ok := l.refused[key]; ok && l.now().Sub(r.at) < window {
			return r.action
		}
	}
	return ""
}

// sweep lets go of what no limit needs any more, so that a server that runs for
// months does not keep every caller it ever had. It looks once a window.
func (l *limits) sweep() {
	now := l.now()
	if now.Sub(l.swept) < window {
		return
	}
	l.swept = now
	for _, did := range []map[string][]time.Time{l.asked, l.writes} {
		maps.DeleteFunc(did, func(_ string, times []time.Time) bool {
			return len(times) == 0 || now.Sub(times[len(times)-1]) >= window
		})
	}
	maps.DeleteFunc(l.refused, func(_ refusalKey, r refusal) bool { return now.Sub(r.at) >= window })
}
