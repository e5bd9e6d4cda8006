package confirm_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"okta-mcp/confirm"
)

// deskGate is a gate that asks on a page of the desktop.
func deskGate(t *testing.T) (*confirm.Gate, *desk) {
	t.Helper()
	d := newDesk(t)
	g := confirm.NewGate(confirm.Options{Askers: []confirm.Asker{d.page}, Now: d.clock.now})
	t.Cleanup(g.Close)
	return g, d
}

type ended struct {
	ticket *confirm.Ticket
	err    error
}

// call asks, and returns the page that is opened for it.
func (d *desk) call(g *confirm.Gate, r confirm.Request) (*asked, chan ended) {
	d.t.Helper()
	end := make(chan ended, 1)
	go func() {
		ticket, err := g.Ask(d.t.Context(), r)
		end <- ended{ticket, err}
	}()
	select {
	case address := <-d.opened:
		return &asked{desk: d, address: address}, end
	case got := <-end:
		d.t.Fatalf("no page was opened: %v", got.err)
		return nil, nil
	}
}

// inState and with are the call with another target and with other arguments.
func inState(state string) confirm.Request {
	r := deactivate()
	r.Preview.State = map[string]string{"status": state}
	return r
}

func with(note string) confirm.Request {
	r := deactivate()
	r.Args = map[string]any{"user_ids": []string{"00uBob"}, "note": note}
	return r
}

// An agent could change the target under a page, and so make each no come late.
func TestALateNoStands(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		over   func(*desk, *confirm.Gate, *asked) // the question ends without a no
		status int
		says   string
	}{
		"withdrawn":                  {func(d *desk, g *confirm.Gate, _ *asked) { d.call(g, inState("SUSPENDED")) }, http.StatusGone, "is remembered"},
		"expired":                    {func(d *desk, _ *confirm.Gate, _ *asked) { d.clock.pass(confirm.DefaultTimeout) }, http.StatusGone, "is remembered"},
		"a yes that nobody came for": {func(_ *desk, _ *confirm.Gate, a *asked) { a.submit(choose("proceed")) }, http.StatusConflict, "You said no after a yes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, d := deskGate(t)
			a, ended := d.call(g, deactivate())
			token := a.get().token()
			c.over(d, g, a)
			a.send(a.submission(token, choose("refuse"))).mustSay(c.status, c.says, "cannot ask this again for ten minutes")
			if c.status == http.StatusConflict {
				a.get().mustSay(http.StatusOK, "You said no after a yes")
			}
			if got := <-ended; got.err == nil {
				_, err := g.Redeem(deactivate(), *got.ticket)
				mustRefuse(t, err, "decline")
			}
			_, err := g.Ask(t.Context(), inState("STAGED"))
			mustRefuse(t, err, "decline")
		})
	}
}

// A yes to another page would not count, so that page must not ask for one.
func TestANoWithdrawsEveryQuestionThatItAnswers(t *testing.T) {
	t.Parallel()
	g, d := deskGate(t)
	one, first := d.call(g, deactivate())
	other, second := d.call(g, with("x"))
	elsewhere := deactivate()
	elsewhere.Tool = "suspend_user"
	kept, _ := d.call(g, elsewhere)
	one.submit(choose("refuse"))
	mustRefuse(t, (<-first).err, "decline")
	mustRefuse(t, (<-second).err, "decline")
	other.get().mustSay(http.StatusGone, "This question was withdrawn", "you answered no")
	kept.get().mustSay(http.StatusOK, "Your answer")
}

// broken fails as a client does that gives up on the person after a while.
func broken(first confirm.Reply, after time.Duration) asker {
	calls := make(chan bool, 1)
	calls <- true
	return asker{answer: func(context.Context, confirm.Question) (confirm.Reply, error) {
		select {
		case <-calls:
			if first.Action != "" {
				time.Sleep(2 * time.Second)
				return first, nil
			}
		default:
		}
		time.Sleep(after)
		return confirm.Reply{}, errors.New("request timed out")
	}}
}

func TestAQuestionIsNotPassedOnAfterANo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPage()
		g := confirm.NewGate(confirm.Options{Askers: []confirm.Asker{broken(decline(), time.Minute), p}})
		defer g.Close()
		errs := make(chan error, 2)
		for range 2 {
			go func() { _, err := g.Ask(t.Context(), deactivate()); errs <- err }()
		}
		for range 2 {
			if refusal := mustRefuse(t, <-errs, "decline"); refusal.Asker != "fake" || refusal.Question == "" {
				t.Errorf("the refusal does not say what was asked through what: %+v", refusal)
			}
		}
		if p.asked.Load() != 0 {
			t.Error("the page asks what was answered no in the client")
		}
	})
}

func TestAQuestionThatIsPassedOnHasTheWholeTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPage()
		g := confirm.NewGate(confirm.Options{Askers: []confirm.Asker{broken(confirm.Reply{}, 4*time.Minute), p}})
		defer g.Close()
		_, err := g.Ask(t.Context(), deactivate())
		mustRefuse(t, err, "waiting")
		time.Sleep(3 * time.Minute)
		p.answers <- yes()
		synctest.Wait()
		ticket, err := g.Ask(t.Context(), deactivate())
		if err != nil {
			t.Fatalf("the answer was not picked up: %v", err)
		}
		mustConsent(t, g, deactivate(), *ticket)
	})
}

func TestACallThatIsOverAsksNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPage()
		g := confirm.NewGate(confirm.Options{Askers: []confirm.Asker{p}})
		defer g.Close()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := g.Ask(ctx, deactivate())
		mustRefuse(t, err, "cancel")
		if synctest.Wait(); p.asked.Load() != 0 {
			t.Error("a call that was cancelled opens a page")
		}
	})
}
