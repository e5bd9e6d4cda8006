package auth_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"okta-mcp/auth"
)

func TestATokenIsRenewedInTheBackgroundBeforeItEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		lifetime int
		renewal  time.Duration // when the first renewal is due
	}{
		{"an hour: at 80 %", 3600, 48 * time.Minute},
		{"15 minutes: 5 minutes before the end", 900, 10 * time.Minute},
		{"5 minutes: at 80 %, not at once", 300, 4 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				key := newTestKey(t)
				okta := newFakeOkta(t, key)
				okta.lifetime = c.lifetime
				app := newApp(t, okta, key, nil)
				first := mustAuthorize(t, app)

				time.Sleep(c.renewal - time.Second)
				if mustAuthorize(t, app); okta.count() != 1 {
					t.Fatalf("renewed before %s", c.renewal)
				}
				time.Sleep(time.Second)
				if got := mustAuthorize(t, app); got != first {
					t.Error("the call that starts the renewal did not go on with the old token")
				}
				synctest.Wait()
				if got := mustAuthorize(t, app); got != "Bearer "+okta.token(2) || okta.count() != 2 {
					t.Errorf("after the renewal the header is for another token, over %d requests; want the second of 2", okta.count())
				}
			})
		})
	}
}

func TestAFailedEarlyRenewalBreaksNothingUntilTheEnd(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		kept   int // scopes still known after the end: an outage takes none away, a refusal all
	}{
		{502, "<html>", 2},
		{503, `{"error":"temporarily_unavailable"}`, 2},
		{429, `{"errorCode":"E0000047"}`, 2},
		{200, "<html>sign in to the guest network</html>", 2},
		{401, `{"error":"invalid_client"}`, 0},
	} {
		t.Run(fmt.Sprint(c.status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				key := newTestKey(t)
				okta := newFakeOkta(t, key)
				okta.before = func(n int, w http.ResponseWriter, _ *http.Request) bool {
					if n > 1 {
						w.WriteHeader(c.status)
						_, _ = w.Write([]byte(c.body))
					}
					return n > 1
				}
				app := newApp(t, okta, key, nil)
				first := mustAuthorize(t, app)
				time.Sleep(50 * time.Minute)
				for range 100 {
					if got := mustAuthorize(t, app); got != first {
						t.Fatal("the token changed though no renewal succeeded")
					}
					synctest.Wait()
				}
				if okta.count() != 2 {
					t.Errorf("%d token requests, want the first and one early renewal: failures must not be hammered", okta.count())
				}
				if state := app.State(); !state.SignedIn || state.Err != nil || len(state.Granted) != 2 {
					t.Errorf("while the old token lives the state is %+v, want signed in", state)
				}
				time.Sleep(10 * time.Minute)
				var refusal *auth.Error
				if _, err := authorize(t.Context(), app); !errors.As(err, &refusal) || refusal.Status != c.status {
					t.Errorf("after the end the error is %v, want the %d", err, c.status)
				}
				if state := app.State(); state.SignedIn || state.Err == nil || len(state.Granted) != c.kept {
					t.Errorf("after the end the state is %+v, want not signed in, and %d scopes", state, c.kept)
				}
			})
		})
	}
}

func TestIdleExpiryIsNotASignOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		key := newTestKey(t)
		okta := newFakeOkta(t, key)
		app := newApp(t, okta, key, nil)
		mustAuthorize(t, app)
		time.Sleep(3 * time.Hour)
		if state := app.State(); !state.SignedIn || len(state.Granted) != 2 || !state.ExpiresAt.Before(time.Now()) {
			t.Errorf("after idling the state is %+v, want signed in with its scopes: else no tool is offered and nothing ever renews", state)
		}
		if got := mustAuthorize(t, app); got != "Bearer "+okta.token(2) {
			t.Error("an ended token was used")
		}
	})
}

func TestA401RenewsOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		key := newTestKey(t)
		okta := newFakeOkta(t, key)
		app := newApp(t, okta, key, nil)
		first := mustAuthorize(t, app)
		for i := range 3 { // three requests were under way with it
			if !answered(t, app, first, 401, time.Time{}) {
				t.Fatalf("401 number %d to the first token: want another try", i+1)
			}
		}
		if state := app.State(); !state.SignedIn {
			t.Error("a 401 alone signed the app out, before the renewal could tell")
		}
		second := mustAuthorize(t, app)
		if second == first || okta.count() != 2 {
			t.Fatalf("after a 401: same token %t, %d token requests; want another, over 2", second == first, okta.count())
		}
		if !answered(t, app, first, 401, time.Time{}) {
			t.Error("a late 401 to the old token: want another try")
		}
		if got := mustAuthorize(t, app); got != second || okta.count() != 2 {
			t.Error("a late 401 to the old token renewed the new one")
		}
		if answered(t, app, second, 401, time.Time{}) {
			t.Error("a 401 to the brand-new token: want no other try at once")
		}
		if got := mustAuthorize(t, app); got != second {
			t.Error("a 401 to the brand-new token renewed at once: that would go on for ever")
		}
		time.Sleep(time.Second)
		if !answered(t, app, second, 401, time.Time{}) {
			t.Error("a second later a 401 is news again: want another try")
		}
	})
}

func TestFailuresAreNotHammered(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		status int
		body   string
		pauses []int // seconds
	}{
		{"fault", 503, "", []int{1, 2, 4, 8, 16, 32, 60, 60}},
		{"refusal", 401, `{"error":"invalid_client","error_description":"The client_assertion signature is invalid."}`, []int{4, 8, 16, 32, 60, 60}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				key := newTestKey(t)
				okta := newFakeOkta(t, key)
				okta.before = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
					w.WriteHeader(c.status)
					_, _ = w.Write([]byte(c.body))
					return true
				}
				app := newApp(t, okta, key, nil)
				if app.SignIn(t.Context()) == nil {
					t.Fatal("signed in")
				}
				for i, seconds := range c.pauses {
					pause := time.Duration(seconds) * time.Second
					time.Sleep(pause - time.Millisecond)
					if err := app.SignIn(t.Context()); err == nil || okta.count() != i+1 {
						t.Fatalf("within pause %d (%s): error %v, %d requests; want the kept error and %d", i+1, pause, err, okta.count(), i+1)
					}
					time.Sleep(time.Millisecond)
					if err := app.SignIn(t.Context()); err == nil || okta.count() != i+2 {
						t.Fatalf("after pause %d (%s): error %v, %d requests; want a new try", i+1, pause, err, okta.count())
					}
				}
			})
		})
	}
}

func TestARecoveryForgetsTheFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		key := newTestKey(t)
		okta := newFakeOkta(t, key)
		okta.before = func(n int, w http.ResponseWriter, _ *http.Request) bool {
			if n <= 2 {
				w.WriteHeader(http.StatusBadGateway)
			}
			return n <= 2
		}
		app := newApp(t, okta, key, nil)
		for range 2 {
			if app.SignIn(t.Context()) == nil {
				t.Fatal("signed in through a 502")
			}
			time.Sleep(2 * time.Second)
		}
		if err := app.SignIn(t.Context()); err != nil {
			t.Fatalf("after the fault: %v", err)
		}
		if state := app.State(); !state.SignedIn || state.Err != nil {
			t.Errorf("after the fault the state is %+v, want signed in", state)
		}
	})
}

func TestARateLimitSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		key := newTestKey(t)
		okta := newFakeOkta(t, key)
		okta.before = func(n int, w http.ResponseWriter, _ *http.Request) bool {
			if n > 1 {
				return false
			}
			w.Header().Set("X-Rate-Limit-Reset", "946684820") // 20 s after synctest's midnight
			answer(w, 429, map[string]any{"errorCode": "E0000047", "errorSummary": "API call exceeded rate limit due to too many requests."})
			return true
		}
		app := newApp(t, okta, key, nil)
		var refusal *auth.Error
		if err := app.SignIn(t.Context()); !errors.As(err, &refusal) || refusal.Status != 429 || !strings.Contains(refusal.Advice, "rate limit") {
			t.Fatalf("got %v, want the 429 explained", err)
		}
		time.Sleep(20 * time.Second)
		if app.SignIn(t.Context()) == nil || okta.count() != 1 {
			t.Error("asked again before the limit was reset")
		}
		time.Sleep(time.Second)
		if err := app.SignIn(t.Context()); err != nil {
			t.Errorf("after the reset: %v", err)
		}
	})
}

func TestANetworkFailureKeepsItsCause(t *testing.T) {
	t.Parallel()
	cause := errors.New("cable cut")
	key := newTestKey(t)
	app := newApp(t, roundTripper(func(*http.Request) (*http.Response, error) { return nil, cause }), key, nil)
	if err := app.SignIn(t.Context()); !errors.Is(err, cause) {
		t.Errorf("got %v, want it to wrap the transport's error", err)
	}
	if state := app.State(); state.SignedIn || !errors.Is(state.Err, cause) {
		t.Errorf("the state is %+v, want the cause in Err", state)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
