package confirm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"okta-mcp/confirm"
)

func TestAnExactYesIsAConsentOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		request confirm.Request
		reply   confirm.Reply
	}{{deactivate(), yes()}, {erase(), typing("bob@acme.example")}} {
		g, _ := gate(answering(c.reply))
		ticket, err := g.Ask(t.Context(), c.request)
		if err != nil {
			t.Fatal(err)
		}
		if consent := mustConsent(t, g, c.request, *ticket); consent.By != "fake" {
			t.Errorf("the consent is by %q", consent.By)
		}
		_, err = g.Redeem(c.request, *ticket)
		mustRefuse(t, err, "forged")
	}
}

func TestRepliesThatAreNoConsent(t *testing.T) {
	t.Parallel()
	for answer, replies := range map[string][]confirm.Reply{
		"decline": {decline(), {Action: "decline", Content: yes().Content}},
		"cancel":  {{Action: "cancel"}, {Action: "cancel", Content: yes().Content}},
		"refuse":  {chosenNo()},
		"invalid": {
			{}, {Action: "accept"}, {Content: yes().Content}, {Action: "ACCEPT", Content: yes().Content}, {Action: "accept ", Content: yes().Content},
			{Action: "approve", Content: yes().Content}, {Action: "yes"}, {Action: "accept", Content: "proceed"}, typing("bob@acme.example"),
		},
	} {
		for _, reply := range replies {
			g, _ := gate(later())
			_, err := g.Redeem(deactivate(), ticket(sealOf(t, g, deactivate()), reply))
			mustRefuse(t, err, answer)

			g, _ = gate(answering(reply))
			asked, err := g.Ask(t.Context(), deactivate())
			if err == nil {
				_, err = g.Redeem(deactivate(), *asked)
			}
			if r := mustRefuse(t, err, answer); !strings.Contains(r.Reason, "nothing was changed") {
				t.Errorf("%+v: the refusal does not say that nothing was changed: %s", reply, r.Reason)
			}
		}
	}
}

// changes are all the ways in which a repeated call can differ from what was
// asked, each of which must cost it the consent.
func changes() map[string]func(*confirm.Request) {
	return map[string]func(*confirm.Request){
		"org":            func(r *confirm.Request) { r.Org = "other.okta.com" },
		"client id":      func(r *confirm.Request) { r.ClientID = "0oaOther" },
		"client name":    func(r *confirm.Request) { r.Client = "Other" },
		"tool":           func(r *confirm.Request) { r.Tool = "suspend_user" },
		"arguments":      func(r *confirm.Request) { r.Args = map[string]any{"user_ids": []string{"00uEve"}} },
		"more arguments": func(r *confirm.Request) { r.Args = map[string]any{"user_ids": []string{"00uBob"}, "send_email": true} },
		"no arguments":   func(r *confirm.Request) { r.Args = nil },
		"raw arguments":  func(r *confirm.Request) { r.Args = json.RawMessage(`{"user_ids":["00uBob","00uBob"]}`) },
		"state":          func(r *confirm.Request) { r.Preview.State = map[string]string{"status": "SUSPENDED"} },
		"no state":       func(r *confirm.Request) { r.Preview.State = nil },
		"target type":    func(r *confirm.Request) { r.Preview.Targets[0].Type = "group" },
		"target id":      func(r *confirm.Request) { r.Preview.Targets[0].ID = "00uEve4567890123456a" },
		"target name":    func(r *confirm.Request) { r.Preview.Targets[0].Name = "eve@acme.example" },
		"display name":   func(r *confirm.Request) { r.Preview.Targets[0].Full = "Eve E" },
		"group":          func(r *confirm.Request) { r.Preview.Targets[0].Within = "00gAdmins" },
		"hidden in name": func(r *confirm.Request) { r.Preview.Targets[0].Full = "Bob B" + strings.Repeat(" ", 90) + "x" },
		"more targets":   func(r *confirm.Request) { r.Preview.Targets = append(r.Preview.Targets, confirm.Target{ID: "00uEve"}) },
		"no targets":     func(r *confirm.Request) { r.Preview.Targets = nil },
		"action":         func(r *confirm.Request) { r.Preview.Action = "Delete the user" },
		"consequence":    func(r *confirm.Request) { r.Preview.Consequence = []string{"More ends."} },
		"raised":         func(r *confirm.Request) { r.Preview.Raised = "an administrator" },
		"details": func(r *confirm.Request) {
			r.Preview.Details = []confirm.Detail{{Label: "apps", Texts: []string{"Mail"}}}
		},
		"changes":        func(r *confirm.Request) { r.Preview.Changes = []confirm.Delta{{Name: "email", After: "x"}} },
		"typed":          func(r *confirm.Request) { r.Preview.Typed = true },
		"another caller": func(r *confirm.Request) { r.Caller = "eve" },
	}
}

func TestAConsentIsForWhatWasAskedAndNothingElse(t *testing.T) {
	t.Parallel()
	for what, change := range changes() {
		g, _ := gate(later())
		asked, now := deactivate(), deactivate()
		change(&now)
		seal := sealOf(t, g, asked)
		_, err := g.Redeem(now, ticket(seal, yes()))
		mustRefuse(t, err, "changed")
		if _, err = g.Redeem(asked, ticket(seal, yes())); err == nil {
			t.Errorf("%s: a seal is good after it was refused", what)
		}
	}
	g, _ := gate(later())
	unchanged := deactivate()
	unchanged.Args = struct {
		UserIDs json.RawMessage `json:"user_ids"`
	}{json.RawMessage(` [ "00uBob" ] `)}
	mustConsent(t, g, unchanged, ticket(sealOf(t, g, deactivate()), yes()))
}

func TestASealExpires(t *testing.T) {
	t.Parallel()
	for after, late := range map[time.Duration]bool{0: false, 5*time.Minute - 1: false, 5 * time.Minute: true, 24 * time.Hour: true, -24 * time.Hour: false} {
		g, c := gate(later())
		seal := sealOf(t, g, deactivate())
		c.pass(after)
		_, err := g.Redeem(deactivate(), ticket(seal, yes()))
		if late {
			mustRefuse(t, err, "expired")
		} else if err != nil {
			t.Errorf("after %s: %v", after, err)
		}
	}
}

// Time that comes from the operating system has two clocks in it: a machine that
// sleeps stops one, and who sets the date turns back the other. A question is past
// by either.
func TestAQuestionExpiresByBothClocks(t *testing.T) {
	t.Parallel()
	start := time.Now()
	for what, now := range map[string]time.Time{
		"the machine slept":  shiftMonotonic(start.Add(time.Hour), -time.Hour),
		"the date was reset": shiftMonotonic(start.Add(-24*time.Hour), 25*time.Hour),
	} {
		var late atomic.Bool
		g := confirm.NewGate(confirm.Options{Askers: []confirm.Asker{later()}, Now: func() time.Time {
			if late.Load() {
				return now
			}
			return start
		}})
		seal := sealOf(t, g, deactivate())
		late.Store(true)
		if _, err := g.Redeem(deactivate(), ticket(seal, yes())); err == nil {
			t.Errorf("%s, and a yes of long ago counts", what)
		} else {
			mustRefuse(t, err, "expired")
		}
	}
}

// shiftMonotonic moves only the monotonic reading, which the time package has no
// way to do: it lies behind the first word of a Time.
func shiftMonotonic(t time.Time, d time.Duration) time.Time {
	(*struct {
		wall uint64
		ext  int64
	})(unsafe.Pointer(&t)).ext += int64(d)
	return t
}

func TestASealOfAnotherGateIsWorthless(t *testing.T) {
	t.Parallel()
	g, _ := gate(later())
	other, _ := gate(later())
	_, err := other.Redeem(deactivate(), ticket(sealOf(t, g, deactivate()), yes()))
	mustRefuse(t, err, "forged")
}

func TestASealTellsNothing(t *testing.T) {
	t.Parallel()
	g, _ := gate(later())
	seal := sealOf(t, g, deactivate())
	if len(seal) > 80 || strings.Contains(seal, "ada") || strings.Contains(seal, "acme") {
		t.Errorf("the seal %s shows more than that there is one", seal)
	}
}

func TestRacingRedemptionsGetOneConsent(t *testing.T) {
	t.Parallel()
	g, _ := gate(later())
	seal := sealOf(t, g, deactivate())
	var consents atomic.Int64
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := g.Redeem(deactivate(), ticket(seal, yes())); err == nil {
				consents.Add(1)
			}
		})
	}
	wg.Wait()
	if n := consents.Load(); n != 1 {
		t.Errorf("%d calls got the one consent", n)
	}
}

func TestTenQuestionsACallerAndSoManyOpen(t *testing.T) {
	t.Parallel()
	c := newClock()
	g := confirm.NewGate(confirm.Options{Askers: []confirm.Asker{later()}, Now: c.now, Timeout: 30 * time.Minute})
	ask := func(caller string) error {
		r := deactivate()
		r.Caller = caller
		_, err := g.Ask(t.Context(), r)
		var later *confirm.InputRequired
		if errors.As(err, &later) {
			return nil
		}
		return err
	}
	most := func(caller string, n int, refused string) {
		t.Helper()
		for i := range n {
			if err := ask(caller); err != nil {
				t.Fatalf("question %d of %s is refused: %v", i+1, caller, err)
			}
		}
		if r := mustRefuse(t, ask(caller), "unasked"); !strings.Contains(r.Reason, refused) {
			t.Errorf("question %d of %s is refused otherwise: %s", n+1, caller, r.Reason)
		}
	}
	most("ada", 10, "10 questions were put")
	c.pass(10 * time.Minute)
	most("ada", 6, "16 of them this caller's")
	for i := range 23 { // which nobody's questions keep others from
		most(fmt.Sprint(i), 10, "10 questions were put")
	}
	most("last", 10, "256 questions are waiting")
	if r := mustRefuse(t, ask("bob"), "unasked"); !strings.Contains(r.Reason, "256 questions are waiting") {
		t.Errorf("more than all together may have open is refused otherwise: %s", r.Reason)
	}
	c.pass(30 * time.Minute) // the open ones expire
	if err := ask("bob"); err != nil {
		t.Errorf("expired questions count as open: %v", err)
	}
}

func TestDropGivesTheQuestionUp(t *testing.T) {
	t.Parallel()
	g, _ := gate(later())
	of := func(caller int) confirm.Request {
		r := deactivate()
		r.Caller = fmt.Sprint(caller)
		return r
	}
	var seals []string
	for i := range 256 {
		seals = append(seals, sealOf(t, g, of(i)))
	}
	_, err := g.Ask(t.Context(), of(256))
	mustRefuse(t, err, "unasked")
	g.Drop(confirm.Ticket{Seal: seals[0]})
	g.Drop(confirm.Ticket{Seal: "no seal"})
	sealOf(t, g, of(256))
	_, err = g.Ask(t.Context(), of(257))
	mustRefuse(t, err, "unasked")
	_, err = g.Redeem(of(0), ticket(seals[0], yes()))
	mustRefuse(t, err, "forged")
}

func TestRacingQuestionsKeepTheLimits(t *testing.T) {
	t.Parallel()
	for range 5 {
		g, _ := gate(later())
		var open atomic.Int64
		var wg sync.WaitGroup
		start := make(chan struct{})
		for i := range 400 {
			wg.Go(func() {
				r := deactivate()
				r.Caller = fmt.Sprint(i % 40)
				<-start
				var later *confirm.InputRequired
				if _, err := g.Ask(context.Background(), r); errors.As(err, &later) {
					open.Add(1)
				}
			})
		}
		close(start)
		wg.Wait()
		if n := open.Load(); n != 256 {
			t.Fatalf("%d questions are open at once, want 256", n)
		}
	}
}

func TestWritesAreCountedUntilAPersonAgreesToSoMany(t *testing.T) {
	t.Parallel()
	g, c := gate(later())
	if !g.CountWrite("ada", 26) || !g.CountWrite("ada", 24) || g.CountWrite("ada", 1) || g.CountWrite("eve", 51) || !g.CountWrite("eve", 0) || !g.CountWrite("bob", -3) {
		t.Fatal("fifty are not what goes without a question")
	}
	mustConsent(t, g, deactivate(), ticket(sealOf(t, g, deactivate()), yes()))
	if g.CountWrite("ada", 1) {
		t.Error("a yes to something else let fifty more writes through")
	}
	many := deactivate()
	many.Preview.Raised = confirm.TooManyWrites
	_, err := g.Redeem(many, ticket(sealOf(t, g, many), confirm.Reply{Action: "accept"}))
	mustRefuse(t, err, "invalid")
	if g.CountWrite("ada", 1) {
		t.Error("a wrong answer let fifty more writes through")
	}
	mustConsent(t, g, many, ticket(sealOf(t, g, many), yes()))
	if !g.CountWrite("ada", 50) || g.CountWrite("ada", 1) {
		t.Error("after a yes to so many, the count does not start anew")
	}
	c.pass(10 * time.Minute)
	if !g.CountWrite("ada", 50) {
		t.Error("writes count beyond ten minutes")
	}
}

func TestWithoutAnAskerNothingIsAsked(t *testing.T) {
	t.Parallel()
	none := confirm.NewGate(confirm.Options{})
	_, err := none.Ask(t.Context(), deactivate())
	mustRefuse(t, err, "unasked")

	g := confirm.NewGate(confirm.Options{Askers: []confirm.Asker{asker{cannot: "it is night"}, answering(yes())}})
	if got := g.Asking(t.Context()); got != "fake" {
		t.Errorf("the second asker can, and Asking says %q", got)
	}
	g.Close()
	g.Close()
	_, err = g.Ask(t.Context(), deactivate())
	mustRefuse(t, err, "unasked")
	if got := g.Asking(t.Context()); !strings.HasPrefix(got, "nobody can be asked: ") {
		t.Errorf("after closing, Asking says %q", got)
	}
}

func TestAQuestionThatNobodyCouldReadIsNotAsked(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]func(*confirm.Request){
		"one change among a hundred": func(r *confirm.Request) {
			for i := range 100 {
				r.Preview.Changes = append(r.Preview.Changes, confirm.Delta{Name: fmt.Sprint("attribute", i), Before: "a", After: "b"})
			}
		},
		"one line without end": func(r *confirm.Request) {
			for range 1000 {
				r.Preview.Details = []confirm.Detail{{Label: "apps", Texts: append(manyOf(r), strings.Repeat("x", 80))}}
			}
		},
		"several, one name typed": func(r *confirm.Request) { *r = batch(*r, "00uEve"); r.Preview.Typed = true },
	} {
		g, _ := gate(answering(yes()))
		r := deactivate()
		change(&r)
		if _, err := g.Ask(t.Context(), r); err == nil {
			t.Errorf("%s is asked", what)
		} else {
			mustRefuse(t, err, "unasked")
		}
	}
	g, _ := gate(answering(yes()))
	most := deactivate()
	for i := range 24 {
		most = batch(most, fmt.Sprint("00u", i))
		most.Preview.Details = append(most.Preview.Details, confirm.Detail{Label: "admin roles held", Texts: []string{"Help Desk"}})
	}
	if _, err := g.Ask(t.Context(), most); err != nil {
		t.Errorf("25 people with a role each are not asked about: %v", err)
	}
}

func manyOf(r *confirm.Request) []string {
	if len(r.Preview.Details) == 0 {
		return nil
	}
	return r.Preview.Details[0].Texts
}

func TestWhatCannotBeHashedIsNotAsked(t *testing.T) {
	t.Parallel()
	g, _ := gate(answering(yes()))
	r := deactivate()
	r.Args = func() {}
	if _, err := g.Ask(t.Context(), r); err == nil {
		t.Error("arguments that no seal can hold are asked about")
	}
	g, _ = gate(later())
	seal := sealOf(t, g, deactivate())
	if _, err := g.Redeem(r, ticket(seal, yes())); err == nil {
		t.Error("arguments that no seal can hold are consented to")
	}
}

func TestQuestionsEndWithTimeCallAndGate(t *testing.T) {
	t.Parallel()
	waits := asker{answer: func(ctx context.Context, _ confirm.Question) (confirm.Reply, error) {
		<-ctx.Done()
		return confirm.Reply{}, ctx.Err()
	}}
	// One that answers after all, when it should have stopped.
	tooLate := asker{answer: func(ctx context.Context, _ confirm.Question) (confirm.Reply, error) {
		<-ctx.Done()
		return yes(), nil
	}}
	for name, a := range map[string]asker{"stops": waits, "answers too late": tooLate} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := confirm.NewGate(confirm.Options{Askers: []confirm.Asker{a}, Timeout: time.Minute})
				started := time.Now()
				_, err := g.Ask(t.Context(), deactivate())
				mustRefuse(t, err, "expired")
				if waited := time.Since(started); waited != time.Minute {
					t.Errorf("a question of a minute was open for %s", waited)
				}
				call, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Second, cancel)
				_, err = g.Ask(call, deactivate())
				mustRefuse(t, err, "cancel")
				time.AfterFunc(time.Second, g.Close)
				_, err = g.Ask(t.Context(), deactivate())
				mustRefuse(t, err, "cancel")
			})
		})
	}
}

func TestUnansweredQuestionsAreNotOpenAnyMore(t *testing.T) {
	t.Parallel()
	fails := asker{answer: func(context.Context, confirm.Question) (confirm.Reply, error) {
		return confirm.Reply{}, errors.New("boom [x](http://evil.example)")
	}}
	g, _ := gate(fails)
	for i := range 50 {
		r := deactivate()
		r.Caller = fmt.Sprint(i)
		_, err := g.Ask(t.Context(), r)
		if refusal := mustRefuse(t, err, "error"); strings.Contains(refusal.Reason, "://") {
			t.Fatalf("the asker's error is not quoted: %s", refusal.Reason)
		}
	}
}

// The asker says how the question comes to the person, not what it is.
func TestAnAskerCannotChangeTheQuestion(t *testing.T) {
	t.Parallel()
	g, _ := gate(asker{answer: func(context.Context, confirm.Question) (confirm.Reply, error) {
		return confirm.Reply{}, &confirm.InputRequired{Question: confirm.Question{Org: "elsewhere"}, Seal: "mine"}
	}})
	_, err := g.Ask(t.Context(), deactivate())
	var later *confirm.InputRequired
	if !errors.As(err, &later) || later.Question.Text() != question(deactivate()).Text() || later.Seal == "mine" {
		t.Errorf("the client is to ask %+v", later)
	}
}
