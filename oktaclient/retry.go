package oktaclient

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

const (
	maxRepeats    = 2                // of an attempt nothing came of
	maxLimited    = 8                // 429s waited for in one call
	maxLimitWait  = 60 * time.Second // of waiting for 429s, in a call without a deadline
	repeatBackoff = 250 * time.Millisecond
	limitBackoff  = 500 * time.Millisecond
	maxBackoff    = 8 * time.Second
)

// verdict says what may follow an attempt.
type verdict int

const (
	_       verdict = iota
	final           // the outcome stands
	renewed         // the credentials were refused, and the authorizer has fresh ones
	limited         // a 429: Okta did nothing
	failed          // nothing came of it, and doing it again is safe
)

// outcome is what one attempt came to.
type outcome struct {
	answer    *Answer
	err       error
	verdict   verdict
	wait      time.Duration // after limited: how long; 0 when Okta does not say
	status    int
	requestID string
}

// perform takes an aimed call to its end: every request of this package goes
// through here.
func (w *wire) perform(ctx context.Context, c *call) (*Answer, error) {
	if c.readOnly && c.writes {
		return nil, fmt.Errorf("%s %s: %w", c.method, c.path, ErrReadOnly)
	}
	var p patience
	for n := 1; ; n++ {
		out := w.attempt(ctx, c, n)
		wait, again := p.after(ctx, out)
		if !again {
			return out.answer, out.err
		}
		if wait == 0 {
			continue
		}
		if err := w.timed(waitFor(out.verdict), func() error { return w.sleep(ctx, wait) }); err != nil {
			return nil, fmt.Errorf("%w; gave up waiting to try again: %w", out.err, err)
		}
	}
}

// waitFor is the reason of the wait after an attempt with this verdict.
func waitFor(v verdict) string {
	if v == limited {
		return WaitRateLimit
	}
	return WaitRetry
}

// timed waits and tells how long that was. Less than a millisecond is no wait: most
// pacers let most requests pass at once.
func (w *wire) timed(reason string, wait func() error) error {
	began := time.Now()
	err := wait()
	if d := time.Since(began); d >= time.Millisecond {
		w.waited(reason, d)
	}
	return err
}

// patience is what one call has used up of its repeats.
type patience struct {
	renewed bool
	repeats int
	limited int
	waited  time.Duration // for 429s
}

// after says whether the call goes on after an attempt, and how long it waits first.
func (p *patience) after(ctx context.Context, out outcome) (wait time.Duration, again bool) {
	switch out.verdict {
	case renewed:
		again = !p.renewed
		p.renewed = true
		return 0, again
	case limited:
		wait = out.wait
		if wait == 0 {
			wait = backoff(limitBackoff, p.limited)
		}
		again = p.limited < maxLimited && fits(ctx, wait, maxLimitWait-p.waited)
		p.limited++
		p.waited += wait
		return wait, again
	case failed:
		wait = backoff(repeatBackoff, p.repeats)
		again = p.repeats < maxRepeats && fits(ctx, wait, wait)
		p.repeats++
		return wait, again
	}
	return 0, false
}

// fits reports whether a wait ends before ctx does or, in a ctx without a
// deadline, within budget. Deadlines are on the real clock, whatever
// Options.Now says.
func fits(ctx context.Context, wait, budget time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok {
		return wait < time.Until(deadline)
	}
	return wait <= budget
}

// backoff doubles first with every earlier repeat, up to maxBackoff, and takes
// a random part from half to all of it, so that callers stopped together do
// not come back together.
func backoff(first time.Duration, earlier int) time.Duration {
	d := min(first<<min(earlier, 10), maxBackoff)
	return d/2 + rand.N(d/2)
}
