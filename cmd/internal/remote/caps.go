package remote

import (
	"context"
	"sync"
)

// kind is what a caller can have several of at once.
type kind int

const (
	sessions kind = iota
	streams       // on which a caller only listens
	requests
	large // requests whose bodies are
)

// largeBody is how long the body of a large request is. Taken apart, it needs some
// 30 times as much memory.
const largeBody = 64 << 10

// most is how many of a kind one caller may have, and all of them together.
func most(k kind) (each, all int) {
	switch k {
	case sessions:
		return 256, 1024
	case streams, requests:
		return 128, 512
	case large:
		return 2, 8
	}
	return 0, 0
}

// caps counts what callers have at once.
type caps struct {
	mu      sync.Mutex
	used    map[kind]map[string]int // by caller
	total   map[kind]int
	changed chan struct{} // closed, and made anew, when something is given back
}

func newCaps() *caps {
	return &caps{
		used:    map[kind]map[string]int{sessions: {}, streams: {}, requests: {}, large: {}},
		total:   map[kind]int{},
		changed: make(chan struct{}),
	}
}

// take counts one more for the caller, until release is called once or more. It is
// nil when there are too many.
func (c *caps) take(k kind, caller string) (release func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if each, all := most(k); c.used[k][caller] >= each || c.total[k] >= all {
		return nil
	}
	c.used[k][caller]++
	c.total[k]++
	return sync.OnceFunc(func() { c.give(k, caller) })
}

func (c *caps) give(k kind, caller string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total[k]--
	if c.used[k][caller]--; c.used[k][caller] == 0 {
		delete(c.used[k], caller) // callers come and go
	}
	close(c.changed)
	c.changed = make(chan struct{})
}

func (c *caps) count(k kind) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.total[k]
}

// idle waits until there is none of the kind, or ctx ends.
func (c *caps) idle(ctx context.Context, k kind) {
	for {
		c.mu.Lock()
		none, changed := c.total[k] == 0, c.changed
		c.mu.Unlock()
		if none {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}
