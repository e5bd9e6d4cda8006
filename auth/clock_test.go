package auth_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

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
				if got := time.Until(app.Now()); (got - offset).Abs() > time.Second {
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
