package confirm

import (
	"context"
	"fmt"
	"time"
)

// Patient is an Asker whose question outlives the call that asked it: a page that
// a person comes to when there is time. The same call made again picks the answer
// up.
type Patient interface {
	Asker
	// Patience is how long one call waits for the answer.
	Patience() time.Duration
}

// tellEvery is how often a call that waits says so: clients give up on calls that
// are silent.
const tellEvery = 5 * time.Second

// pending is a question that a person is being asked while calls come and go.
type pending struct {
	opened
	patience time.Duration
	expires  time.Time
	withdraw context.CancelFunc
	done     chan struct{} // closed when ticket and err are there
	ticket   *Ticket
	err      error
}

// callKey is the same for two calls that ask for the same thing, whatever the
// state of the target.
func (b binding) callKey() string {
	return fmt.Sprintf("%q", []string{b.caller, b.org, b.client, b.tool, b.args})
}

// join returns the question that is pending for the very same call, or opens one:
// a pending one where its asker is patient.
func (g *Gate) join(ctx context.Context, r Request) (opened, *pending, error) {
	g.opening.Lock()
	defer g.opening.Unlock()
	if p := g.standing(r); p != nil {
		return opened{}, p, nil
	}
	asked, err := g.open(ctx, r)
	if err != nil {
		return opened{}, nil, err
	}
	return asked, g.begin(r, asked), nil
}

// rejoin is join for a question that is open already and goes to another asker.
func (g *Gate) rejoin(r Request, asked opened) *pending {
	g.opening.Lock()
	defer g.opening.Unlock()
	if p := g.standing(r); p != nil {
		g.Drop(Ticket{Seal: asked.seal})
		return p
	}
	return g.begin(r, asked)
}

// standing returns the question that is open for the very same call, or answered
// and not picked up, and nil when there is none. One that is open about a target
// that has changed since is withdrawn: nobody is to agree to what is not so. The
// lock is held.
func (g *Gate) standing(r Request) *pending {
	bound, err := r.binding()
	if err != nil {
		return nil // which opening a question reports
	}
	for key, p := range g.pending {
		if past(g.now(), p.expires) {
			delete(g.pending, key)
		}
	}
	p := g.pending[bound.callKey()]
	if p == nil {
		return nil
	}
	select {
	case <-p.done:
		return p
	default:
	}
	if difference(p.bound, bound) != "" {
		p.withdraw()
		delete(g.pending, bound.callKey())
		return nil
	}
	return p
}

// begin has a patient asker ask beside the call, and returns nil for any other.
// The lock is held.
func (g *Gate) begin(r Request, asked opened) *pending {
	patient, ok := asked.asker.(Patient)
	if !ok {
		return nil
	}
	asking, withdraw := g.bounded(context.Background()) // not the call's: that may end first
	p := &pending{
		opened: asked, patience: patient.Patience(), expires: g.now().Add(g.timeout),
		withdraw: withdraw, done: make(chan struct{}),
	}
	g.pending[p.bound.callKey()] = p
	go func() {
		defer withdraw()
		p.ticket, p.err = g.put(context.Background(), asking, r, asked)
		if p.err != nil {
			g.forget(p)
		}
		close(p.done)
	}()
	return p
}

func (g *Gate) forget(p *pending) {
	g.opening.Lock()
	defer g.opening.Unlock()
	if key := p.bound.callKey(); g.pending[key] == p {
		delete(g.pending, key)
	}
}

// await waits for the answer as long as one call may, and takes it.
func (g *Gate) await(ctx context.Context, r Request, p *pending) (*Ticket, error) {
	given := time.NewTimer(p.patience)
	defer given.Stop()
	tell := time.NewTicker(tellEvery)
	defer tell.Stop()
	for waited := tellEvery; ; {
		select {
		case <-p.done:
			g.forget(p)
			return p.ticket, p.err
		case <-ctx.Done():
			return nil, p.named(&Refusal{Answer: "cancel", Reason: "the call was cancelled while the question was open; nothing was changed"})
		case <-given.C:
			return nil, p.named(p.waiting())
		case <-tell.C:
			if r.Waiting != nil && waited < p.patience {
				r.Waiting(waited, p.patience)
			}
			waited += tellEvery
		}
	}
}

func (p *pending) waiting() *Refusal {
	return &Refusal{Answer: "waiting", Reason: fmt.Sprintf(
		"a question is open in the person's %s until %s and is not answered yet; nothing was changed; tell the person to answer it there, then call this tool again with the same arguments: that call picks the answer up",
		p.asker.Name(), p.expires.UTC().Format(time.RFC3339))}
}
