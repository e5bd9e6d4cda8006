package wiring

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"okta-mcp/auth"
)

// forgetful is an Identity that somebody else signs in and out.
type forgetful struct {
	Identity
	stored, in atomic.Bool
	asked      atomic.Int32
}

func (f *forgetful) State() auth.State {
	if f.in.Load() {
		return auth.State{SignedIn: true, Granted: []string{"okta.users.read"}}
	}
	return auth.State{}
}

func (f *forgetful) SignIn(context.Context) error {
	f.asked.Add(1)
	if !f.stored.Load() {
		return errors.New("nobody is signed in")
	}
	f.in.Store(true)
	return nil
}

// Without a tool no call would find out that somebody signed in with okta-mcp login.
func TestASignInThatWasLostIsLookedForAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		id := &forgetful{}
		a := &access{id: id, tried: make(chan struct{})}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go a.signIn(ctx, slog.New(slog.DiscardHandler))
		<-a.tried
		for _, which := range []string{"first", "second"} {
			id.stored.Store(true)
			time.Sleep(2 * mostPause) // in a bubble: no real time passes
			if !id.in.Load() {
				t.Errorf("nobody noticed the %s sign-in", which)
			}
			before := id.asked.Load()
			time.Sleep(10 * mostPause)
			if id.asked.Load() != before {
				t.Errorf("the %s sign-in is renewed though nobody calls", which)
			}
			id.stored.Store(false)
			id.in.Store(false)
		}
	})
}
