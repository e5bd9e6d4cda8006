package confirm_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"okta-mcp/confirm"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a clock that stands until it is moved, in either direction.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// asker answers as its function says; cannot, when set, is why it cannot ask.
type asker struct {
	cannot string
	answer func(context.Context, confirm.Question) (confirm.Reply, error)
}

func (asker) Name() string                         { return "fake" }
func (a asker) Can(context.Context) (bool, string) { return a.cannot == "", a.cannot }
func (a asker) Ask(ctx context.Context, q confirm.Question) (confirm.Reply, error) {
	return a.answer(ctx, q)
}

// later is an asker whose answer comes with a repetition of the call.
func later() asker {
	return asker{answer: func(_ context.Context, q confirm.Question) (confirm.Reply, error) {
		return confirm.Reply{}, &confirm.InputRequired{Question: q}
	}}
}

func answering(r confirm.Reply) asker {
	return asker{answer: func(context.Context, confirm.Question) (confirm.Reply, error) { return r, nil }}
}

// deactivate is a request that a choice answers; erase one that is typed.
func deactivate() confirm.Request {
	return confirm.Request{
		Caller: "ada", Client: "Claude", Org: "acme.okta.com", ClientID: "0oaServer", Tool: "deactivate_user",
		Args: map[string]any{"user_ids": []string{"00uBob"}},
		Preview: confirm.Preview{
			Action: "Deactivate the user", Consequence: []string{"All access ends."},
			Targets: []confirm.Target{{Type: "user", ID: "00uBob4567890123456a", Name: "bob@acme.example", Full: "Bob B"}},
			State:   map[string]string{"status": "ACTIVE"},
		},
	}
}

func erase() confirm.Request {
	r := deactivate()
	r.Tool, r.Preview.Action, r.Preview.Typed = "delete_user", "Delete the user for good", true
	return r
}

func yes() confirm.Reply {
	return confirm.Reply{Action: "accept", Content: map[string]any{"decision": "proceed"}}
}

// chosenNo is how most forms are answered with no.
func chosenNo() confirm.Reply {
	return confirm.Reply{Action: "accept", Content: map[string]any{"decision": "refuse"}}
}

func decline() confirm.Reply { return confirm.Reply{Action: "decline"} }

func typing(text string) confirm.Reply {
	return confirm.Reply{Action: "accept", Content: map[string]any{"type_to_confirm": text}}
}

// gate returns a gate with one asker, and the clock it goes by.
func gate(a confirm.Asker) (*confirm.Gate, *clock) {
	c := newClock()
	return confirm.NewGate(confirm.Options{Askers: []confirm.Asker{a}, Now: c.now}), c
}

// sealOf asks and returns the seal that a later answer needs.
func sealOf(t testing.TB, g *confirm.Gate, r confirm.Request) string {
	t.Helper()
	_, err := g.Ask(t.Context(), r)
	var later *confirm.InputRequired
	if !errors.As(err, &later) {
		t.Fatalf("asking %s: got %v, want a question for the client to ask", r.Tool, err)
	}
	return later.Seal
}

func ticket(seal string, reply confirm.Reply) confirm.Ticket {
	return confirm.Ticket{By: "fake", Seal: seal, Reply: reply}
}

// mustRefuse fails unless err is a refusal recorded as answer.
func mustRefuse(t testing.TB, err error, answer string) *confirm.Refusal {
	t.Helper()
	var refusal *confirm.Refusal
	if !errors.As(err, &refusal) {
		t.Fatalf("got %v, want a refusal recorded as %q", err, answer)
	}
	if refusal.Answer != answer {
		t.Fatalf("refused as %q, want %q: %s", refusal.Answer, answer, refusal.Reason)
	}
	return refusal
}

// mustConsent redeems and fails unless that is a consent.
func mustConsent(t testing.TB, g *confirm.Gate, r confirm.Request, ticket confirm.Ticket) confirm.Consent {
	t.Helper()
	consent, err := g.Redeem(r, ticket)
	if err != nil {
		t.Fatalf("a right answer was refused: %v", err)
	}
	if consent.By == "" || consent.Question == "" {
		t.Fatalf("the consent %+v does not say who answered what", consent)
	}
	return consent
}
