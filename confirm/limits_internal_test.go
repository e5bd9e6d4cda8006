package confirm

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

// A remote server meets new callers for months; what it keeps must not grow.
func TestNothingIsKeptForLongerThanALimitNeedsIt(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	g := NewGate(Options{Now: func() time.Time { return now }, Askers: []Asker{openEnded{}}})
	for i := range 5000 {
		r := Request{Caller: fmt.Sprint("caller ", i), Tool: "t", Preview: Preview{Targets: []Target{{ID: fmt.Sprint(i)}}}}
		g.CountWrite(r.Caller, 50)
		g.CountWrite(r.Caller, 1)
		_, err := g.Ask(t.Context(), r)
		if later := (*InputRequired)(nil); errors.As(err, &later) && i%2 == 0 {
			if _, err := g.Redeem(r, Ticket{Seal: later.Seal, Reply: Reply{Action: "decline"}}); err == nil {
				t.Fatal("a decline is a consent")
			}
		}
		now = now.Add(time.Minute)
	}
	for what, n := range map[string]int{
		"asked": len(g.limits.asked), "writes": len(g.limits.writes), "refused": len(g.limits.refused), "seals": len(g.seals.open),
	} {
		if n == 0 || n > 100 {
			t.Errorf("%s: %d entries are kept after days, want a few", what, n)
		}
	}
}

type openEnded struct{ Asker }

func (openEnded) Name() string { return "client" }

func (openEnded) Can(context.Context) (bool, string) { return true, "" }

func (openEnded) Ask(_ context.Context, q Question) (Reply, error) {
	return Reply{}, &InputRequired{Question: q}
}
