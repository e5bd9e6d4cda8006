package tokenstore

import (
	"context"
	"fmt"
	"sync"
)

// Memory makes a Store that ends with the process, for where nothing may be
// kept.
func Memory() Store { return &memory{entries: map[Key]Entry{}, locks: map[Key]chan struct{}{}} }

type memory struct {
	mu      sync.Mutex
	entries map[Key]Entry
	locks   map[Key]chan struct{} // each holds one value while it is locked
}

func (m *memory) String() string { return "the memory of this process, which keeps nothing" }

// Format names the store under every verb.
func (m *memory) Format(f fmt.State, _ rune) { fmt.Fprint(f, m.String()) }

func (m *memory) Load(_ context.Context, key Key) (Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	entry, there := m.entries[key]
	if !there {
		return Entry{}, fmt.Errorf("loading the sign-in from memory: %w", ErrNotFound)
	}
	return entry, nil
}

func (m *memory) Save(_ context.Context, key Key, entry Entry) error {
	if _, err := encode(entry); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.entries[key] = entry
	return nil
}

func (m *memory) Delete(_ context.Context, key Key) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.entries, key)
	return nil
}

func (m *memory) Lock(ctx context.Context, key Key) (unlock func() error, err error) {
	m.mu.Lock()
	lock := m.locks[key]
	if lock == nil {
		lock = make(chan struct{}, 1)
		m.locks[key] = lock
	}
	m.mu.Unlock()
	select {
	case lock <- struct{}{}:
		return func() error { <-lock; return nil }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for the stored sign-in: %w", ctx.Err())
	}
}
