package confirm

import (
	"slices"
	"sync"
	"time"
)

// The limits that keep questions from wearing a person down.
const (
	maxOpen      = 16               // questions open at once
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
	refused map[string]refusal     // by tool and target
}

type refusal struct {
	at     time.Time
	action string // "decline" or "cancel"
}

func newLimits(now func() time.Time) *limits {
	return &limits{
		now:   now,
		asked: map[string][]time.Time{}, writes: map[string][]time.Time{}, refused: map[string]refusal{},
	}
}

// ask counts a question of the caller, or reports that it is one too many.
func (l *limits) ask(caller string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	recent := l.recent(l.asked[caller])
	fits := len(recent) < maxPerCaller
	if fits {
		recent = append(recent, l.now())
	}
	l.asked[caller] = recent
	return fits
}

// refuse remembers that the answer for these targets was no.
func (l *limits) refuse(tool string, targets []Target, action string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range targets {
		l.refused[refusalKey(tool, t)] = refusal{at: l.now(), action: action}
	}
}

// refusalKey names a target by its id; what is yet to be created has a name only.
func refusalKey(tool string, t Target) string {
	which := t.ID
	if which == "" {
		which = t.Name
	}
	return tool + "\x00" + t.Within + "\x00" + which
}

// standing returns the refusal that still stands for any of the targets.
func (l *limits) standing(tool string, targets []Target) (refusal, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, r := range l.refused {
		if l.now().Sub(r.at) >= window {
			delete(l.refused, key)
		}
	}
	for _, t := range targets {
		if r, ok := l.refused[refusalKey(tool, t)]; ok {
			return r, true
		}
	}
	return refusal{}, false
}

// write counts n unasked writes of the caller; false, and nothing counted, when
// that would be more than go without a question.
func (l *limits) write(caller string, n int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	recent := l.recent(l.writes[caller])
	fits := len(recent)+n <= maxUnasked
	if fits {
		recent = append(recent, slices.Repeat([]time.Time{l.now()}, n)...)
	}
	l.writes[caller] = recent
	return fits
}

// forgetWrites starts the caller's count of unasked writes anew: a person has
// just looked and agreed.
func (l *limits) forgetWrites(caller string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.writes, caller)
}

func (l *limits) recent(times []time.Time) []time.Time {
	now := l.now()
	return slices.DeleteFunc(times, func(t time.Time) bool { return now.Sub(t) >= window })
}
