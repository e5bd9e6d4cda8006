package auth_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"okta-mcp/auth"
	"okta-mcp/auth/tokenstore"
)

func TestSigningOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		okta := newFakeOkta(t, testKey{})
		store := tokenstore.Memory()
		device := newDevice(t, okta, store, nil)
		signIn(t, okta, device, testUser)
		token := stored(t, store).RefreshToken.Reveal()
		if err := device.SignOut(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(okta.revoked, []string{token}) {
			t.Errorf("revoked %v, want %s", okta.revoked, token)
		}
		if _, err := store.Load(t.Context(), testStoreKey()); !errors.Is(err, tokenstore.ErrNotFound) {
			t.Errorf("still stored: %v", err)
		}
		if _, err := authorize(t.Context(), device); !errors.Is(err, auth.ErrSignInNeeded) {
			t.Errorf("a request after signing out: %v", err)
		}
		if state := device.State(); state.SignedIn || len(state.Granted) != 0 {
			t.Errorf("the state is %+v", state)
		}
		if err := device.SignOut(t.Context()); err != nil {
			t.Errorf("signing out again: %v", err)
		}
		signIn(t, okta, device, testUser)
		okta.before = func(_ int, w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(503); return true }
		err := device.SignOut(t.Context())
		if err == nil || !strings.Contains(err.Error(), "forgotten here, but Okta could not be told") {
			t.Errorf("with Okta down: %v", err)
		}
		if _, err := store.Load(t.Context(), testStoreKey()); !errors.Is(err, tokenstore.ErrNotFound) {
			t.Errorf("with Okta down it is still stored: %v", err)
		}
	})
}

// A sign-in that another takes the place of could not be revoked by anybody later.
func TestASignInThatIsReplacedIsGivenBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		okta := newFakeOkta(t, testKey{})
		store := tokenstore.Memory()
		device := newDevice(t, okta, store, nil)
		signIn(t, okta, device, testUser)
		first := stored(t, store).RefreshToken.Reveal()
		signIn(t, okta, device, testUser)
		if !slices.Equal(okta.revoked, []string{first}) || stored(t, store).RefreshToken.Reveal() == first {
			t.Errorf("revoked %v, want %s, which was replaced", okta.revoked, first)
		}
	})
}

func TestSigningOutEndsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		okta := newFakeOkta(t, testKey{})
		store := tokenstore.Memory()
		device := newDevice(t, okta, store, nil)
		if _, err := device.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := device.SignOut(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := device.Wait(t.Context()); !errors.Is(err, auth.ErrSignInNeeded) || !strings.Contains(err.Error(), "signed out") {
			t.Errorf("the pending flow ended with %v", err)
		}
		signIn(t, okta, device, testUser)
		time.Sleep(2 * time.Hour)
		release := make(chan struct{})
		okta.before = func(_ int, _ http.ResponseWriter, r *http.Request) bool {
			if r.FormValue("grant_type") == "refresh_token" {
				<-release
			}
			return false
		}
		renewed := make(chan error, 1)
		go func() { renewed <- device.SignIn(t.Context()) }()
		synctest.Wait()
		out := make(chan error, 1)
		go func() { out <- device.SignOut(t.Context()) }()
		synctest.Wait()
		close(release)
		if err := <-out; err != nil {
			t.Fatal(err)
		}
		<-renewed
		synctest.Wait()
		if device.State().SignedIn || len(okta.refreshable()) != 0 {
			t.Errorf("a renewal under way outlived signing out: %+v, %v", device.State(), okta.refreshable())
		}
	})
}

// lingering is a store where whoever unlocks first is held up afterwards.
type lingering struct {
	tokenstore.Store
	gate chan struct{}
	held atomic.Bool
}

func (l *lingering) Lock(ctx context.Context, key tokenstore.Key) (func() error, error) {
	unlock, err := l.Store.Lock(ctx, key)
	return func() error {
		err := unlock()
		if l.held.CompareAndSwap(true, false) {
			<-l.gate
		}
		return err
	}, err
}

func TestARenewalThatIsTakenBackIsNotUsed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		okta := newFakeOkta(t, testKey{})
		store := &lingering{Store: tokenstore.Memory(), gate: make(chan struct{})}
		device := newDevice(t, okta, store, nil)
		signIn(t, okta, device, testUser)
		time.Sleep(2 * time.Hour)
		store.held.Store(true)
		renewed := make(chan error, 1)
		go func() { renewed <- device.SignIn(t.Context()) }()
		synctest.Wait()
		if err := device.SignOut(t.Context()); err != nil {
			t.Fatal(err)
		}
		close(store.gate)
		if err := <-renewed; !errors.Is(err, auth.ErrSignInNeeded) {
			t.Errorf("the renewal ended with %v, want to be told of signing out", err)
		}
		if state := device.State(); state.SignedIn || len(state.Granted) != 0 {
			t.Errorf("the state is %+v, want what the renewal brought to be dropped", state)
		}
	})
}

func TestARenewalUnderWayMayFinishAfterClose(t *testing.T) {
	t.Parallel()
	for name, takes := range map[string]time.Duration{"soon": 2 * time.Second, "too late": time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				okta := newFakeOkta(t, testKey{})
				store := tokenstore.Memory()
				signIn(t, okta, newDevice(t, okta, store, nil), testUser)
				before := stored(t, store)
				okta.before = func(int, http.ResponseWriter, *http.Request) bool { time.Sleep(takes); return false }
				device := newDevice(t, okta, store, nil)
				go func() { _ = device.SignIn(t.Context()) }()
				synctest.Wait()
				start := time.Now()
				device.Close()
				if took := time.Since(start); took > 5*time.Second {
					t.Errorf("Close took %s", took)
				}
				if saved := !stored(t, store).RefreshToken.Equal(before.RefreshToken); saved != (name == "soon") {
					t.Errorf("the next refresh token was saved: %t", saved)
				}
				time.Sleep(time.Hour) // for the fake's late answer
			})
		})
	}
}
