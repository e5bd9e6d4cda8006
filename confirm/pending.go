package confirm

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
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
	refusals []refusalKey // what a no to it stands for
	withdraw context.CancelFunc
	done     chan struct{} // closed when ticket and err are there
	ticket   *Ticket
	err      error
	taken    atomic.Bool // by the one call that goes on
}

func (p *pending) answered() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// callKey is the same for two calls that ask for the same thing, whatever the
// state of the target.
func (b binding) callKey() string {
	return fmt.Sprintf("%q", []string{b.caller, b.org, b.client, b.tool, b.args})
}

// join returns the question that is pending for the very same call, or opens one:
// a pending one where its asker is patient. A call that is over opens none, since
// nobody would wait for its answer.
func (g *Gate) join(ctx context.Context, r Request) (opened, *pending, error) {
	if ctx.Err() != nil {
		return opened{}, nil, cancelled()
	}
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

// rejoin is join for a question that is open already and goes to another asker,
// who has the whole time for it: unless it was answered no meanwhile, where it was
// asked twice at once.
func (g *Gate) rejoin(r Request, asked opened, instead Asker) (opened, *pending, error) {
	g.opening.Lock()
	defer g.opening.Unlock()
	g.Drop(Ticket{Seal: asked.seal})
	if err := g.refused(r); err != nil {
		return opened{}, nil, err
	}
	if p := g.standing(r); p != nil {
		return opened{}, p, nil
	}
	again := g.sealed(r, asked.bound, instead)
	return again, g.begin(r, again), nil
}

// refuse remembers a no, and withdraws the open questions that it answers too:
// a yes to them would not count.
func (g *Gate) refuse(keys []refusalKey, action string) {
	g.limits.refuse(keys, action)
	g.opening.Lock()
	defer g.opening.Unlock()
	for name, p := range g.pending {
		if slices.ContainsFunc(p.refusals, func(key refusalKey) bool { return slices.Contains(keys, key) }) && !p.answered() {
			p.withdraw()
			delete(g.pending, name)
		}
	}
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
	if p.answered() {
		return p
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
		refusals: refusalKeys(r), withdraw: withdraw, done: make(chan struct{}),
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

// take returns what came of the question: a yes to the first call that comes for it.
func (g *Gate) take(p *pending) (*Ticket, error) {
	g.forget(p)
	if p.err == nil && p.taken.Swap(true) {
		return nil, p.named(&Refusal{Answer: "taken", Reason: "the same call was made twice at once, and the other one goes on with the person's yes; this one changed nothing; read the target before you call again"})
	}
	return p.ticket, p.err
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
			return g.take(p)
		case <-ctx.Done():
			return nil, p.named(cancelled())
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

func cancelled() error {
	return &Refusal{Answer: "cancel", Reason: "the call was cancelled while the question was open; nothing was changed"}
}

func (p *pending) waiting() *Refusal {
	return &Refusal{Answer: "waiting", Reason: fmt.Sprintf(
		"a question is open in the person's %s until %s and is not answered yet; nothing was changed; tell the person to answer it there, then call this tool again with the same arguments: that call picks the answer up",
		p.asker.Name(), p.expires.UTC().Format(time.RFC3339))}
}
