package auth_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"okta-mcp/auth"
)

func TestAssertionIsWhatOktaAsksFor(t *testing.T) {
	t.Parallel()
	key := newTestKey(t)
	okta := newFakeOkta(t, key)
	okta.keyID = testKeyID
	server := httptest.NewServer(okta)
	defer server.Close()
	okta.tokenURL = server.URL + "/oauth2/v1/token"
	app := newApp(t, nil, key, func(c *auth.Config) { c.OrgURL = server.URL + "/" })

	before := time.Now().Unix()
	if err := app.SignIn(t.Context()); err != nil {
		t.Fatalf("signing in: %v", err)
	}
	requests := okta.seen()
	if len(requests) != 1 {
		t.Fatalf("%d token requests, want 1", len(requests))
	}
	got := requests[0]
	want := map[string]string{
		"grant_type":            "client_credentials",
		"scope":                 "okta.groups.manage okta.users.read",
		"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
		"client_assertion":      got.form["client_assertion"],
	}
	for name, value := range want {
		if got.form[name] != value {
			t.Errorf("form %s is %q, want %q", name, got.form[name], value)
		}
	}
	if len(got.form) != len(want) {
		t.Errorf("the form has %d fields, want %d: %v", len(got.form), len(want), got.form)
	}
	if got.header["kid"] != testKeyID || got.header["alg"] != "ES256" || got.header["typ"] != "JWT" {
		t.Errorf("the assertion's header is %v, want kid %s, alg ES256, typ JWT", got.header, testKeyID)
	}
	iat, exp := int64(got.claims["iat"].(float64)), int64(got.claims["exp"].(float64))
	if exp-iat != 300 || iat < before-1 || iat > time.Now().Unix() {
		t.Errorf("iat %d, exp %d: want now (%d) and five minutes later", iat, exp, before)
	}
	if jti := got.claims["jti"].(string); len(jti) < 22 {
		t.Errorf("jti %q has %d characters: 128 bits take 22 in base64url", jti, len(jti))
	}
	if !got.close {
		t.Error("the connection was kept, though the next request is an hour away")
	}
	if got.agent != "okta-mcp/test" {
		t.Errorf("User-Agent is %q, want the configured one", got.agent)
	}
}

func TestSignInIsSharedByAllWhoWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		key := newTestKey(t)
		okta := newFakeOkta(t, key)
		release := make(chan struct{})
		okta.before = func(int, http.ResponseWriter, *http.Request) bool { <-release; return false }
		app := newApp(t, okta, key, nil)

		var done sync.WaitGroup
		var wrong atomic.Int32
		for range 50 {
			done.Go(func() {
				if header, err := authorize(t.Context(), app); err != nil || header != "Bearer "+okta.token(1) {
					wrong.Add(1)
				}
			})
		}
		synctest.Wait()
		close(release)
		done.Wait()
		if wrong.Load() != 0 || okta.count() != 1 {
			t.Errorf("%d of 50 callers got no token, over %d token requests; want 0 and 1", wrong.Load(), okta.count())
		}
	})
}

func TestAWaiterThatGivesUpTakesNothingFromOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		key := newTestKey(t)
		okta := newFakeOkta(t, key)
		release := make(chan struct{})
		okta.before = func(int, http.ResponseWriter, *http.Request) bool { <-release; return false }
		app := newApp(t, okta, key, nil)

		first, giveUp := context.WithCancel(t.Context())
		impatient, patient := make(chan error, 1), make(chan error, 1)
		go func() { impatient <- app.SignIn(first) }()
		synctest.Wait() // the one that will give up started the request
		go func() { patient <- app.SignIn(t.Context()) }()
		synctest.Wait()

		giveUp()
		if err := <-impatient; !errors.Is(err, context.Canceled) {
			t.Errorf("the one who gave up got %v, want context.Canceled", err)
		}
		synctest.Wait()
		close(release)
		if err := <-patient; err != nil {
			t.Errorf("the one who waited got %v, want a token", err)
		}
		if okta.count() != 1 {
			t.Errorf("%d token requests, want 1", okta.count())
		}
	})
}

func TestACallersDeadlineIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		key := newTestKey(t)
		okta := newFakeOkta(t, key)
		okta.before = func(_ int, _ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true }
		app := newApp(t, okta, key, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		start := time.Now()
		_, err := authorize(ctx, app)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 2*time.Second {
			t.Errorf("after %s: %v; want context.DeadlineExceeded after 2s", time.Since(start), err)
		}
		// The request itself ends at the client's own timeout.
		time.Sleep(29 * time.Second)
		synctest.Wait()
		if state := app.State(); state.SignedIn || state.Err == nil {
			t.Errorf("after the token request timed out the state is %+v, want an error", state)
		}
	})
}

func TestOtherAnswersKeepTheToken(t *testing.T) {
	t.Parallel()
	key := newTestKey(t)
	okta := newFakeOkta(t, key)
	app := newApp(t, okta, key, nil)
	header := mustAuthorize(t, app)
	for _, status := range []int{200, 204, 302, 400, 403, 404, 429, 500, 503} {
		if answered(t, app, header, status, time.Time{}) {
			t.Errorf("%d asked for another try", status)
		}
	}
	if answered(t, app, "", 401, time.Time{}) {
		t.Error("a 401 to a request without our token asked for another try")
	}
	if mustAuthorize(t, app) != header || okta.count() != 1 {
		t.Error("the token was renewed without a 401 to it")
	}
	if _, err := app.Answered(&http.Response{StatusCode: 401}); err == nil {
		t.Error("an answer without its request was taken")
	}
	if _, err := app.Answered(nil); err == nil {
		t.Error("no answer at all was taken")
	}
}

func TestChangesAreAnnounced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		key := newTestKey(t)
		okta := newFakeOkta(t, key)
		app := newApp(t, okta, key, nil)
		var calls, stopped atomic.Int32
		app.Changes(func() {
			calls.Add(1)
			app.State() // must not deadlock
			if err := app.SignIn(t.Context()); err != nil {
				t.Errorf("signing in from a listener: %v", err)
			}
		})
		stop := app.Changes(func() { stopped.Add(1) })
		expect := func(want int32, when string) {
			t.Helper()
			synctest.Wait()
			if got := calls.Load(); got != want {
				t.Fatalf("%s: %d announcements, want %d", when, got, want)
			}
		}
		renew := func() {
			t.Helper()
			time.Sleep(2 * time.Hour)
			mustAuthorize(t, app)
		}

		expect(0, "before anything")
		mustAuthorize(t, app)
		expect(1, "after signing in")
		renew()
		expect(1, "after a renewal that changed nothing")
		stop()
		okta.grant("okta.users.read")
		renew()
		expect(2, "after a renewal that lost a scope")
		if got := app.State().Granted; !slices.Equal(got, []string{"okta.users.read"}) {
			t.Errorf("granted is %v, want what the renewal said", got)
		}
		if stopped.Load() != 1 {
			t.Errorf("the stopped listener was called %d times, want once", stopped.Load())
		}
	})
}

func TestARefusalIsAnnouncedAndTakesTheScopesAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		key := newTestKey(t)
		okta := newFakeOkta(t, key)
		app := newApp(t, okta, key, nil)
		mustAuthorize(t, app)
		synctest.Wait()
		var calls atomic.Int32
		app.Changes(func() { calls.Add(1) })
		okta.grant()
		okta.granted = []string{}
		time.Sleep(2 * time.Hour)
		for range 3 {
			if app.SignIn(t.Context()) == nil {
				t.Fatal("signed in with nothing granted")
			}
			time.Sleep(time.Hour)
		}
		if state := app.State(); state.SignedIn || len(state.Granted) != 0 || state.Err == nil {
			t.Errorf("the state is %+v, want nothing granted", state)
		}
		if calls.Load() != 1 {
			t.Errorf("%d announcements of the same refusal, want 1", calls.Load())
		}
	})
}

func TestStateBeforeAndAfterSigningIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		key := newTestKey(t)
		okta := newFakeOkta(t, key)
		okta.granted = []string{"okta.users.read"}
		app := newApp(t, okta, key, func(c *auth.Config) {
			c.Scopes = []string{"okta.users.read", "okta.groups.manage", "okta.users.read"}
		})
		asked := []string{"okta.groups.manage", "okta.users.read"}
		state := app.State()
		if state.SignedIn || state.Err != nil || state.Granted != nil || !slices.Equal(state.Asked, asked) ||
			state.Method != "private_key_jwt" || state.ClientID != testClient || !state.ExpiresAt.IsZero() {
			t.Errorf("before the first try the state is %+v", state)
		}
		if err := app.SignIn(t.Context()); err != nil {
			t.Fatal(err)
		}
		state = app.State()
		if !state.SignedIn || state.Err != nil || !slices.Equal(state.Granted, []string{"okta.users.read"}) || !state.ExpiresAt.Equal(time.Now().Add(time.Hour)) {
			t.Errorf("after signing in the state is %+v", state)
		}
		state.Granted[0], state.Asked[0] = "okta.roles.manage", "okta.roles.manage"
		if again := app.State(); again.Granted[0] != "okta.users.read" || !slices.Equal(again.Asked, asked) {
			t.Error("changing a State changed the ServiceApp")
		}
	})
}

// TestEverythingAtOnce is for the race detector: renewals, 401s, listeners and
// readers in each other's way, and at the end a token that works.
func TestEverythingAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		key := newTestKey(t)
		okta := newFakeOkta(t, key)
		okta.lifetime = 10
		app := newApp(t, okta, key, nil)
		var work sync.WaitGroup
		for worker := range 8 {
			work.Go(func() {
				for round := range 50 {
					header, err := authorize(t.Context(), app)
					if err != nil {
						t.Errorf("worker %d, round %d: %v", worker, round, err)
						return
					}
					status := http.StatusOK
					if round%10 == worker {
						status = http.StatusUnauthorized
					}
					answered(t, app, header, status, time.Now())
					stop := app.Changes(func() { app.State() })
					if state := app.State(); !state.SignedIn || len(state.Granted) != 2 {
						t.Errorf("worker %d, round %d: the state is %+v", worker, round, state)
					}
					_ = app.Now()
					stop()
					time.Sleep(time.Duration(100+10*worker) * time.Millisecond)
				}
			})
		}
		work.Wait()
		synctest.Wait()
		mustAuthorize(t, app)
	})
}
