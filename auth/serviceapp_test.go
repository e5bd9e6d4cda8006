package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
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

func TestFailuresAreNotHammered(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		status int
		body   string
		pauses []time.Duration
	}{
		{"fault", 503, "", []time.Duration{1, 2, 4, 8, 16, 32, 60, 60}},
		{"refusal", 401, `{"error":"invalid_client","error_description":"The client_assertion signature is invalid."}`, []time.Duration{4, 8, 16, 32, 60, 60}},
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
				for i, pause := range c.pauses {
					time.Sleep(pause*time.Second - time.Millisecond)
					if err := app.SignIn(t.Context()); err == nil || okta.count() != i+1 {
						t.Fatalf("within pause %d (%ds): error %v, %d requests; want the kept error and %d", i+1, pause, err, okta.count(), i+1)
					}
					time.Sleep(time.Millisecond)
					if err := app.SignIn(t.Context()); err == nil || okta.count() != i+2 {
						t.Fatalf("after pause %d (%ds): error %v, %d requests; want a new try", i+1, pause, err, okta.count())
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

func TestAWrongClockIsCorrected(t *testing.T) {
	t.Parallel()
	for name, offset := range map[string]time.Duration{
		"ours is behind":         10 * time.Minute,
		"ours is ahead":          -10 * time.Minute,
		"ours is far ahead":      -48 * time.Hour,
		"ours is behind by days": 72 * time.Hour,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				key := newTestKey(t)
				okta := newFakeOkta(t, key)
				okta.now = func() time.Time { return time.Now().Add(offset) }
				app := newApp(t, okta, key, nil)
				if err := app.SignIn(t.Context()); err != nil {
					t.Fatalf("signing in with a clock off by %s: %v", offset, err)
				}
				if okta.count() != 2 {
					t.Errorf("%d token requests, want one refused and one corrected", okta.count())
				}
				if skew := app.State().Skew; (skew - offset).Abs() > time.Second {
					t.Errorf("the skew learnt is %s, want %s", skew, offset)
				}
				if got := app.Now().Sub(time.Now()); (got - offset).Abs() > time.Second {
					t.Errorf("Now is corrected by %s, want %s", got, offset)
				}
				if left := time.Until(app.State().ExpiresAt); left != time.Hour {
					t.Errorf("the token ends in %s by our clock, want 1h: its life does not depend on whose clock is right", left)
				}
			})
		})
	}
}

func TestAClockErrorWithoutSkewIsNotRetried(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		key := newTestKey(t)
		okta := newFakeOkta(t, key)
		okta.before = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			answer(w, 401, map[string]any{"error": "invalid_client", "error_description": "The client_assertion token is expired."})
			return true
		}
		app := newApp(t, okta, key, nil)
		if app.SignIn(t.Context()) == nil || okta.count() != 1 {
			t.Errorf("%d token requests, want 1: the clocks agree, so trying again changes nothing", okta.count())
		}
	})
}

func TestAPersistentClockErrorIsRetriedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		key := newTestKey(t)
		okta := newFakeOkta(t, key)
		okta.now = func() time.Time { return time.Now().Add(time.Hour) }
		okta.before = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			answer(w, 401, map[string]any{"error": "invalid_client", "error_description": "client_assertion_expired_token"})
			return true
		}
		app := newApp(t, okta, key, nil)
		err := app.SignIn(t.Context())
		if err == nil || okta.count() != 2 {
			t.Errorf("%d token requests, want 2", okta.count())
		}
		if !strings.Contains(err.Error(), "1h0m0s") {
			t.Errorf("%v does not say how far the clocks are apart", err)
		}
	})
}

func TestSkewIsLearntFromAnyAnswerOfTheOrg(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		key := newTestKey(t)
		app := newApp(t, newFakeOkta(t, key), key, nil)
		header := mustAuthorize(t, app)
		answered(t, app, header, 500, time.Now().Add(90*time.Second))
		if skew := app.State().Skew; skew != 90*time.Second {
			t.Errorf("after a 500 dated 90 s ahead the skew is %s", skew)
		}
		cached := httptest.NewRequest(http.MethodGet, testOrg, nil)
		old := &http.Response{StatusCode: 200, Request: cached, Header: http.Header{"Age": {"60"}}}
		old.Header.Set("Date", time.Now().Add(-time.Minute).UTC().Format(http.TimeFormat))
		if _, err := app.Answered(old); err != nil {
			t.Fatal(err)
		}
		if skew := app.State().Skew; skew != 90*time.Second {
			t.Errorf("an answer out of a cache changed the skew to %s", skew)
		}
		foreign := httptest.NewRequest(http.MethodGet, "https://elsewhere.test/", nil)
		resp := &http.Response{StatusCode: 200, Request: foreign, Header: http.Header{}}
		resp.Header.Set("Date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
		if _, err := app.Answered(resp); err != nil {
			t.Fatal(err)
		}
		if skew := app.State().Skew; skew != 90*time.Second {
			t.Errorf("another host's Date changed the skew to %s", skew)
		}
	})
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
