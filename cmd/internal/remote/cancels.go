package remote

import (
	"context"
	"encoding/json"
	"sync"
)

// cancels are the requests in flight that their clients can take back. mcp-go is not
// told of cancellations: it would answer what was cancelled, and without sessions
// take the id of one client for another's.
type cancels struct {
	mu   sync.Mutex
	open map[inSession]context.CancelFunc
}

// inSession is a request by its session and its id, as mcp-go would send it back.
type inSession struct{ session, id string }

func newCancels() *cancels { return &cancels{open: map[inSession]context.CancelFunc{}} }

func requestIn(session string, id json.RawMessage) (key inSession, ok bool) {
	var value any
	if json.Unmarshal(id, &value) != nil {
		return key, false
	}
	written, err := json.Marshal(value)
	return inSession{session, string(written)}, err == nil
}

// begin returns a context for a request, which ends when its client takes it back.
// done is called when the request is.
func (c *cancels) begin(ctx context.Context, session string, id json.RawMessage) (_ context.Context, done func()) {
	ctx, end := context.WithCancel(ctx)
	key, ok := requestIn(session, id)
	if !ok {
		return ctx, end
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, twice := c.open[key]; twice { // the id means another already
		return ctx, end
	}
	c.open[key] = end
	return ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.open, key)
		end()
	}
}

// cancel ends the request that the message takes back, if it is in flight.
func (c *cancels) cancel(session string, m message) {
	key, ok := requestIn(session, m.cancelled())
	c.mu.Lock()
	defer c.mu.Unlock()
	if end := c.open[key]; ok && end != nil {
		end()
	}
}
