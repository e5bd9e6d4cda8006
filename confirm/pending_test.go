package confirm_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"okta-mcp/confirm"
)

// page is a patient asker that is answered through its channel.
type page struct {
	asker
	answers chan confirm.Reply
	asked   *atomic.Int32
}

func newPage() page {
	answers, asked := make(chan confirm.Reply), new(atomic.Int32)
	return page{answers: answers, asked: asked, asker: asker{answer: func(ctx context.Context, _ confirm.Question) (confirm.Reply, error) {
		asked.Add(1)
		select {
		case reply := <-answers:
			return reply, nil
		case <-ctx.Done():
			return confirm.Reply{}, ctx.Err()
		}
	}}}
}

func (page) Name() string            { return "browser" }
func (page) Patience() time.Duration { return 45 * time.Second }

func TestACallGoesOnWithoutAnAnswerAndItsRepetitionPicksItUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPage()
		g := confirm.NewGate(confirm.Options{Askers: []confirm.Asker{p}})
		defer g.Close()
		var told []time.Duration
		r, began := deactivate(), time.Now()
		r.Waiting = func(waited, of time.Duration) {
			if told = append(told, waited); waited != time.Since(began) || of != 45*time.Second {
				t.Errorf("told of %s of %s after %s", waited, of, time.Since(began))
			}
		}
		_, err := g.Ask(t.Context(), r)
		refusal := mustRefuse(t, err, "waiting")
		if waited := time.Since(began); waited != 45*time.Second || len(told) != 8 {
			t.Errorf("the call waited %s and told %v, want 45s and every 5s", waited, told)
		}
		if refusal.Asker != "browser" || refusal.Question == "" {
			t.Errorf("the refusal does not say what was asked through what: %+v", refusal)
		}
		r.Waiting = nil
		p.answers <- yes()
		synctest.Wait()
		ticket, err := g.Ask(t.Context(), r)
		if err != nil {
			t.Fatalf("the answer was not picked up: %v", err)
		}
		if consent := mustConsent(t, g, r, *ticket); consent.By != "browser" || p.asked.Load() != 1 {
			t.Errorf("consent by %q after asking %d times", consent.By, p.asked.Load())
		}
		// It was good once: the next such call asks anew.
		_, err = g.Ask(t.Context(), r)
		if mustRefuse(t, err, "waiting"); p.asked.Load() != 2 {
			t.Errorf("asked %d times, want a second time", p.asked.Load())
		}
	})
}

func TestTwoCallsForTheSameShareAQuestionAndOneIsConsentedTo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPage()
		g := confirm.NewGate(confirm.Options{Askers: []confirm.Asker{p}})
		defer g.Close()
		ends := make(chan ended, 2)
		for range 2 {
			go func() { ticket, err := g.Ask(t.Context(), deactivate()); ends <- ended{ticket, err} }()
		}
		synctest.Wait()
		p.answers <- yes()
		one, other := <-ends, <-ends
		if one.err != nil {
			one, other = other, one
		}
		if one.err != nil {
			t.Fatalf("the yes reached neither call: %v", one.err)
		}
		mustConsent(t, g, deactivate(), *one.ticket)
		if mustRefuse(t, other.err, "taken"); p.asked.Load() != 1 {
			t.Errorf("asked %d times", p.asked.Load())
		}
		_, err := g.Redeem(deactivate(), *one.ticket)
		mustRefuse(t, err, "forged")
	})
}

func TestHowPendingQuestionsEnd(t *testing.T) {
	t.Parallel()
	other := deactivate()
	other.Preview.State = map[string]string{"status": "SUSPENDED"}
	for name, c := range map[string]struct {
		between func(g *confirm.Gate, p page)
		again   confirm.Request
		answer  string // of the call that comes then
		asked   int32
	}{
		"no while nobody waits":  {func(_ *confirm.Gate, p page) { time.Sleep(time.Second); p.answers <- decline() }, deactivate(), "decline", 1},
		"expired":                {func(*confirm.Gate, page) { time.Sleep(confirm.DefaultTimeout) }, deactivate(), "waiting", 2},
		"yes, and too late":      {func(_ *confirm.Gate, p page) { p.answers <- yes(); time.Sleep(confirm.DefaultTimeout) }, deactivate(), "waiting", 2},
		"the target has changed": {func(*confirm.Gate, page) {}, other, "waiting", 2},
		"the server stops":       {func(g *confirm.Gate, _ page) { g.Close() }, deactivate(), "unasked", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPage()
				g := confirm.NewGate(confirm.Options{Askers: []confirm.Asker{p}})
				defer g.Close()
				_, err := g.Ask(t.Context(), deactivate())
				mustRefuse(t, err, "waiting")
				c.between(g, p)
				synctest.Wait()
				_, err = g.Ask(t.Context(), c.again)
				if mustRefuse(t, err, c.answer); p.asked.Load() != c.asked {
					t.Errorf("asked %d times, want %d", p.asked.Load(), c.asked)
				}
			})
		})
	}
}

func TestACallThatWaitsEndsWithTheServerAndWhenItIsCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPage()
		g := confirm.NewGate(confirm.Options{Askers: []confirm.Asker{p}})
		ctx, cancel := context.WithCancel(t.Context())
		errs := make(chan error, 1)
		go func() { _, err := g.Ask(ctx, deactivate()); errs <- err }()
		synctest.Wait()
		cancel()
		mustRefuse(t, <-errs, "cancel")
		go func() { _, err := g.Ask(t.Context(), deactivate()); errs <- err }()
		synctest.Wait()
		g.Close()
		if mustRefuse(t, <-errs, "cancel"); p.asked.Load() != 1 {
			t.Errorf("asked %d times: a cancelled call leaves the page open", p.asked.Load())
		}
	})
}

// hasty is a client that answers at once, or fails to ask at once.
func hasty(action string) asker {
	return asker{answer: func(context.Context, confirm.Question) (confirm.Reply, error) {
		if action == "" {
			return confirm.Reply{}, errors.New("method not found")
		}
		return confirm.Reply{Action: action}, nil
	}}
}

func TestANoThatNobodyCanHaveReadGoesToTheNextAsker(t *testing.T) {
	t.Parallel()
	slow := asker{answer: func(context.Context, confirm.Question) (confirm.Reply, error) {
		time.Sleep(time.Second)
		return decline(), nil
	}}
	for name, c := range map[string]struct {
		first  confirm.Asker
		answer string
		asked  int32
	}{
		"declined at once":        {hasty("decline"), "waiting", 1},
		"cancelled at once":       {hasty("cancel"), "waiting", 1},
		"failed at once":          {hasty(""), "waiting", 1},
		"declined after a second": {slow, "decline", 0},
		"chose no":                {answering(chosenNo()), "refuse", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPage()
				g := confirm.NewGate(confirm.Options{Askers: []confirm.Asker{c.first, p}})
				defer g.Close()
				_, err := g.Ask(t.Context(), deactivate())
				if mustRefuse(t, err, c.answer); p.asked.Load() != c.asked {
					t.Errorf("the page asked %d times, want %d", p.asked.Load(), c.asked)
				}
			})
		})
	}
}

// A client of the stateless protocol answers with a repeated call.
func TestANoThatComesBackAtOnceIsUnread(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPage()
		g := confirm.NewGate(confirm.Options{Askers: []confirm.Asker{later(), p}})
		defer g.Close()
		seal := sealOf(t, g, deactivate())
		_, err := g.Redeem(deactivate(), ticket(seal, decline()))
		var unread *confirm.Unread
		if !errors.As(err, &unread) || unread.By != "fake" {
			t.Fatalf("got %v, want that nobody has read it", err)
		}
		r := deactivate()
		r.Unread = unread.By
		_, err = g.Ask(t.Context(), r)
		if mustRefuse(t, err, "waiting"); p.asked.Load() != 1 {
			t.Errorf("the page asked %d times", p.asked.Load())
		}
		seal = sealOf(t, g, erase())
		time.Sleep(time.Second)
		_, err = g.Redeem(erase(), ticket(seal, decline()))
		mustRefuse(t, err, "decline")
	})
}
