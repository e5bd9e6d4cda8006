package auth_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"okta-mcp/auth"
	"okta-mcp/auth/tokenstore"
)

// lockless is a store without the lock, as on a platform that has none. Something
// happens once around one of its loads.
type lockless struct {
	tokenstore.Store
	afterLoad   func()
	beforeThird func()
	loads       int
}

func (l *lockless) Lock(context.Context, tokenstore.Key) (func() error, error) {
	return func() error { return nil }, nil
}

func (l *lockless) Load(ctx context.Context, key tokenstore.Key) (tokenstore.Entry, error) {
	if l.loads++; l.loads == 3 && l.beforeThird != nil {
		l.beforeThird()
	}
	entry, err := l.Store.Load(ctx, key)
	if act := l.afterLoad; act != nil {
		l.afterLoad = nil
		act()
	}
	return entry, err
}

func TestAProcessThatWasFasterIsFollowed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		okta := newFakeOkta(t, testKey{})
		store := tokenstore.Memory()
		signIn(t, okta, newDevice(t, okta, store, nil), testUser)
		okta.before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
			// Without reuse detection, which would end the sign-in for all.
			okta.mu.Lock()
			known := okta.refreshes[r.FormValue("refresh_token")]
			okta.mu.Unlock()
			if known != nil && known.next != "" {
				refuse(w, "invalid_grant", "The refresh token is invalid or expired.")
				return true
			}
			return false
		}
		faster := newDevice(t, okta, store, nil)
		slower := newDevice(t, okta, &lockless{Store: store, afterLoad: func() {
			if err := faster.SignIn(t.Context()); err != nil {
				t.Error(err)
			}
		}}, nil)
		if err := slower.SignIn(t.Context()); err != nil {
			t.Errorf("with the token rotated in between: %v", err)
		}
		if len(okta.refreshable()) != 1 || stored(t, store).RefreshToken.Reveal() != okta.refreshable()[0] {
			t.Error("the store does not have the last refresh token")
		}
	})
}

func TestARefusalForgetsOnlyWhatWasRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		okta := newFakeOkta(t, testKey{})
		store := tokenstore.Memory()
		signIn(t, okta, newDevice(t, okta, store, nil), testUser)
		okta.revokeAll()
		// Somebody signs in after the second look, which is the last before forgetting.
		slower := newDevice(t, okta, &lockless{Store: store, beforeThird: func() { signIn(t, okta, newDevice(t, okta, store, nil), testUser) }}, nil)
		if err := slower.SignIn(t.Context()); !errors.Is(err, auth.ErrSignInNeeded) {
			t.Errorf("got %v, want the refusal", err)
		}
		if got := stored(t, store).RefreshToken.Reveal(); len(okta.refreshable()) != 1 || got != okta.refreshable()[0] {
			t.Error("the new sign-in was forgotten with the old")
		}
	})
}
