package remote

import (
	"context"
	"crypto/rand"
	"sync"
	"time"
)

// session is an MCP session of Streamable HTTP: who opened it, and until when it
// lasts. What belongs to it at mcp-go hangs on its id.
type session struct {
	id      string
	caller  string
	life    context.Context
	end     context.CancelFunc
	release func() // gives back its place among the sessions

	open int       // requests and streams
	used time.Time // when one of them began or ended last
}

// table holds the sessions that are open. An id opens nothing: it is looked up for
// a caller, and for nobody but who opened the session.
type table struct {
	caps *caps
	now  func() time.Time

	mu   sync.Mutex
	byID map[string]*session
}

func newTable(c *caps) *table {
	return &table{caps: c, now: time.Now, byID: map[string]*session{}}
}

// add opens a session, or returns nil when the caller has too many.
func (t *table) add(caller string) *session {
	release := t.caps.take(sessions, caller)
	if release == nil {
		return nil
	}
	s := &session{id: rand.Text(), caller: caller, release: release, used: t.now()}
	s.life, s.end = context.WithCancel(context.Background())
	t.mu.Lock()
	defer t.mu.Unlock()
	t.byID[s.id] = s
	return s
}

// enter begins a request in the caller's session of that id, until leave is called.
// It returns nil where there is none.
func (t *table) enter(id, caller string) (s *session, leave func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s = t.byID[id]
	if s == nil || s.caller != caller {
		return nil, nil
	}
	s.open++
	s.used = t.now()
	return s, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		s.open--
		s.used = t.now()
	}
}

// has reports whether a session of that id is open.
func (t *table) has(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byID[id] != nil
}

// remove closes a session: its requests end.
func (t *table) remove(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.byID[id]; s != nil {
		delete(t.byID, id)
		s.end()
		s.release()
	}
}

// idle returns the sessions with nothing open that were last used so long ago: of
// the caller, or of everybody.
func (t *table) idle(caller string, since time.Duration) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var ids []string
	for id, s := range t.byID {
		if s.open == 0 && t.now().Sub(s.used) >= since && (caller == "" || caller == s.caller) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (t *table) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.byID)
}
