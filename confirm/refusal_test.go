package confirm_test

import (
	"strings"
	"testing"
	"time"

	"okta-mcp/confirm"
)

func TestANoStandsForItsCallerToolAndTarget(t *testing.T) {
	t.Parallel()
	for _, reply := range []confirm.Reply{decline(), {Action: "cancel"}, chosenNo()} {
		for name, r := range map[string]struct {
			change func(*confirm.Request)
			asks   bool
		}{
			"the same":            {func(*confirm.Request) {}, false},
			"other arguments":     {func(r *confirm.Request) { r.Args = "other" }, false},
			"another name for it": {func(r *confirm.Request) { r.Preview.Targets[0].Name = "robert@acme.example" }, false},
			"in a batch":          {func(r *confirm.Request) { *r = batch(*r, "00uEve") }, false},
			"another state":       {func(r *confirm.Request) { r.Preview.State = nil }, false},
			"typed now":           {func(r *confirm.Request) { r.Preview.Typed = true }, false},
			"another target":      {func(r *confirm.Request) { r.Preview.Targets[0].ID = "00uEve" }, true},
			"another tool":        {func(r *confirm.Request) { r.Tool = "suspend_user" }, true},
			"in another group":    {func(r *confirm.Request) { r.Preview.Targets[0].Within = "00gX" }, true},
			"another caller":      {func(r *confirm.Request) { r.Caller = "eve" }, true},
		} {
			g, c := gate(answering(reply))
			_, err := g.Ask(t.Context(), deactivate())
			mustRefuse(t, err, answerOf(reply))
			again := deactivate()
			r.change(&again)
			_, err = g.Ask(t.Context(), again)
			if refusal := mustRefuse(t, err, answerOf(reply)); strings.Contains(refusal.Reason, "nobody is asked again") == r.asks {
				t.Errorf("%s after %s: asked again %t, want %t: %s", name, reply.Action, !r.asks, r.asks, refusal.Reason)
			}
			c.pass(10 * time.Minute)
			if _, err = g.Ask(t.Context(), again); strings.Contains(err.Error(), "nobody is asked again") && !r.asks {
				t.Errorf("%s: the no stands after ten minutes", name)
			}
		}
	}
}

func answerOf(r confirm.Reply) string {
	if r.Action == "accept" {
		return "refuse"
	}
	return r.Action
}

// batch adds targets to a request.
func batch(r confirm.Request, ids ...string) confirm.Request {
	for _, id := range ids {
		r.Preview.Targets = append([]confirm.Target{{Type: "user", ID: id}}, r.Preview.Targets...)
	}
	return r
}

func TestANoToWhatIsYetToBeCreatedStandsHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	g, _ := gate(answering(decline()))
	r := deactivate()
	r.Preview.Targets = []confirm.Target{{Type: "group", Name: "Shadow Admins"}}
	_, err := g.Ask(t.Context(), r)
	mustRefuse(t, err, "decline")
	for _, name := range []string{"Shadow Admins", "shadow admins", " SHADOW  ADMINS\t"} {
		r.Preview.Targets = []confirm.Target{{Type: "group", Name: name}}
		if _, err := g.Ask(t.Context(), r); !strings.Contains(err.Error(), "nobody is asked again") {
			t.Errorf("the no is dodged as %q: %v", name, err)
		}
	}
	r.Preview.Targets = nil
	if _, err := g.Ask(t.Context(), r); strings.Contains(err.Error(), "nobody is asked again") {
		t.Errorf("a call without a target is refused for another: %v", err)
	}
	if _, err := g.Ask(t.Context(), r); !strings.Contains(err.Error(), "nobody is asked again") {
		t.Errorf("a no to a call without a target does not stand: %v", err)
	}
}

// The repeated call is the caller's: it can name another target beside its no,
// or come when the target has changed or the question has expired.
func TestANoStandsForWhatWasAskedWhateverTheRequestHasBecome(t *testing.T) {
	t.Parallel()
	for what, change := range changes() {
		for _, wait := range []time.Duration{0, 6 * time.Minute} {
			if what == "another caller" {
				continue
			}
			g, c := gate(later())
			now := deactivate()
			change(&now)
			seal := sealOf(t, g, deactivate())
			c.pass(wait)
			_, err := g.Redeem(now, ticket(seal, decline()))
			mustRefuse(t, err, "decline")
			if _, err = g.Ask(t.Context(), deactivate()); !strings.Contains(err.Error(), "nobody is asked again") {
				t.Errorf("%s, %s late: what was declined is asked again: %v", what, wait, err)
			}
		}
	}
}

func TestNobodyRefusesForAnother(t *testing.T) {
	t.Parallel()
	g, _ := gate(later())
	eve := deactivate()
	eve.Caller = "eve"
	_, err := g.Redeem(eve, ticket(sealOf(t, g, deactivate()), decline()))
	mustRefuse(t, err, "changed")
	mustConsent(t, g, deactivate(), ticket(sealOf(t, g, deactivate()), yes()))

	_, err = g.Redeem(eve, ticket(sealOf(t, g, eve), decline()))
	mustRefuse(t, err, "decline")
	mustConsent(t, g, deactivate(), ticket(sealOf(t, g, deactivate()), yes()))
}

// An agent can open the same question many times, hoping for one slip.
func TestOneNoOutweighsAYesToTheSameQuestionAskedTwice(t *testing.T) {
	t.Parallel()
	g, c := gate(later())
	first, second := sealOf(t, g, deactivate()), sealOf(t, g, deactivate())
	_, err := g.Redeem(deactivate(), ticket(first, decline()))
	mustRefuse(t, err, "decline")
	_, err = g.Redeem(deactivate(), ticket(second, yes()))
	mustRefuse(t, err, "decline")
	c.pass(10 * time.Minute)
	mustConsent(t, g, deactivate(), ticket(sealOf(t, g, deactivate()), yes()))
}

func TestAWrongAnswerDoesNotStand(t *testing.T) {
	t.Parallel()
	g, _ := gate(later())
	_, err := g.Redeem(erase(), ticket(sealOf(t, g, erase()), typing("bob@acme.exmaple")))
	mustRefuse(t, err, "invalid")
	mustConsent(t, g, erase(), ticket(sealOf(t, g, erase()), typing("bob@acme.example")))
}
