package auth_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"okta-mcp/auth"
	"okta-mcp/auth/tokenstore"
)

func TestAPersonSignsInWithACode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		okta := newFakeOkta(t, testKey{})
		var asked url.Values
		okta.before = func(n int, _ http.ResponseWriter, r *http.Request) bool {
			if n == 1 {
				_ = r.ParseForm()
				asked = r.PostForm
			}
			return false
		}
		store := tokenstore.Memory()
		device := newDevice(t, okta, store, nil)
		var calls atomic.Int32
		device.Changes(func() { calls.Add(1) })

		v, err := device.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := auth.Verification{URI: testOrg + "/activate", Code: "ABCD-0001", CompleteURI: testOrg + "/activate?user_code=ABCD", Expires: v.Expires}
		if v != want || time.Until(v.Expires) != 10*time.Minute {
			t.Errorf("the verification is %+v, want %+v, for ten minutes", v, want)
		}
		if asked.Get("scope") != "openid offline_access okta.groups.manage okta.users.read" || asked.Get("client_id") != testClient || len(asked) != 2 {
			t.Errorf("asked for a code with %v", asked)
		}
		if pending, ok := device.Pending(); !ok || pending != v || !device.State().Pending {
			t.Errorf("pending is %+v, %t, and the state %+v", pending, ok, device.State())
		}
		time.Sleep(12 * time.Second)
		okta.approve(testUser)
		if err := device.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		state := device.State()
		if !state.SignedIn || state.UserID != testUser || state.Method != "device_code" || state.Pending || state.DPoP || state.Err != nil ||
			!slices.Equal(state.Granted, []string{"okta.groups.manage", "okta.users.read"}) || !slices.Equal(state.Asked, state.Granted) {
			t.Errorf("the state is %+v, want Alice signed in", state)
		}
		if _, ok := device.Pending(); ok {
			t.Error("it is still pending")
		}
		if len(okta.polls) != 3 || okta.polls[0].Sub(okta.polls[1]) != -5*time.Second {
			t.Errorf("polled at %v, want thrice, 5 s apart", okta.polls)
		}
		if status, _ := call(t, okta, device, testOrg+"/api/v1/users"); status != 200 {
			t.Errorf("a call was answered %d", status)
		}
		entry := stored(t, store)
		if entry.RefreshToken.Reveal() != okta.refreshable()[0] || entry.Subject != testUser || !entry.ProofKey.IsZero() || !slices.Equal(entry.Asked, state.Asked) || !slices.Equal(entry.Granted, state.Granted) {
			t.Errorf("stored %+v", entry)
		}
		synctest.Wait()
		if calls.Load() != 2 {
			t.Errorf("%d announcements, want two: pending, signed in", calls.Load())
		}
	})
}

func TestThereIsOneFlowAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		okta := newFakeOkta(t, testKey{})
		release := make(chan struct{})
		okta.before = func(int, http.ResponseWriter, *http.Request) bool { <-release; return false }
		device := newDevice(t, okta, nil, nil)
		var got [20]auth.Verification
		var work sync.WaitGroup
		for i := range got {
			work.Go(func() {
				var err error
				if got[i], err = device.Begin(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		close(release)
		work.Wait()
		time.Sleep(time.Second)
		again, err := device.Begin(t.Context())
		if err != nil || again != got[0] || got[19] != got[0] || len(okta.devices) != 1 {
			t.Errorf("%d flows were begun (%v), want one that all share", len(okta.devices), err)
		}
		okta.approve(testUser)
		if err := device.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if other, err := device.Begin(t.Context()); err != nil || other == again {
			t.Errorf("after the end another begins: got %+v, %v", other, err)
		}
	})
}

// pollsWith has the fake answer polls from a list; nil lets it answer itself.
func pollsWith(okta *fakeOkta, answers ...func(http.ResponseWriter)) *[]time.Duration {
	var at []time.Duration
	start := time.Now()
	okta.before = func(n int, w http.ResponseWriter, _ *http.Request) bool {
		if n == 1 {
			return false
		}
		at = append(at, time.Since(start))
		if n-2 < len(answers) && answers[n-2] != nil {
			answers[n-2](w)
			return true
		}
		return false
	}
	return &at
}

func oauth(code string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { refuse(w, code, "") }
}

func status(code int) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { w.WriteHeader(code) }
}

func TestPollingSlowsDownWhenAskedTo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		interval int
		answers  []func(http.ResponseWriter)
		seconds  []int // after the beginning
	}{
		{"no interval: 5 s", 0, []func(http.ResponseWriter){nil}, []int{5}},
		{"an interval", 7, []func(http.ResponseWriter){oauth("authorization_pending"), nil}, []int{7, 14}},
		{"slow_down adds 5 s for good", 5, []func(http.ResponseWriter){oauth("slow_down"), oauth("authorization_pending"), oauth("slow_down"), nil}, []int{5, 15, 25, 40}},
		{"trouble doubles, and is forgotten", 5, []func(http.ResponseWriter){status(503), status(502), oauth("authorization_pending"), status(503), nil}, []int{5, 15, 35, 40, 50}},
		{"trouble doubles up to a minute", 5, []func(http.ResponseWriter){status(500), status(500), status(500), status(500), status(500), nil}, []int{5, 15, 35, 75, 135, 195}},
		{"a guest network's page", 5, []func(http.ResponseWriter){func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) }, nil}, []int{5, 15}},
		{"a rate limit says when", 5, []func(http.ResponseWriter){func(w http.ResponseWriter) {
			w.Header().Set("X-Rate-Limit-Reset", "946684830") // 30 s after synctest's midnight
			w.WriteHeader(429)
		}, nil}, []int{5, 31}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				okta := newFakeOkta(t, testKey{})
				okta.interval = c.interval
				at := pollsWith(okta, c.answers...)
				device := newDevice(t, okta, nil, nil)
				signIn(t, okta, device, testUser)
				var want []time.Duration
				for _, s := range c.seconds {
					want = append(want, time.Duration(s)*time.Second)
				}
				if !slices.Equal(*at, want) {
					t.Errorf("polled at %v, want %v", *at, want)
				}
			})
		})
	}
}

// A flow that slept past its code would keep another from being begun.
func TestAnAbsurdIntervalDoesNotOutliveTheCode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		okta := newFakeOkta(t, testKey{})
		okta.interval = 1_000_000_000
		device := newDevice(t, okta, nil, nil)
		v, err := device.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := device.Wait(t.Context()); err == nil || !strings.Contains(err.Error(), "expired_token") || time.Since(v.Expires) > 2*time.Minute {
			t.Errorf("ended %s after the code had run out: %v", time.Since(v.Expires), err)
		}
	})
}

func TestAFlowEndsClearly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		end    func(*fakeOkta)
		code   string
		advice string
		after  time.Duration
	}{
		{"declined", (*fakeOkta).deny, "access_denied", "declined", 5 * time.Second},
		{"ran out", func(*fakeOkta) {}, "expired_token", "sign in again for a new one", 10 * time.Minute},
		{"ran out by our clock alone", func(f *fakeOkta) {
			pollsWith(f, slices.Repeat([]func(http.ResponseWriter){oauth("authorization_pending")}, 1000)...)
		}, "expired_token", "sign in again for a new one", 10 * time.Minute},
		{"ran out in trouble", func(f *fakeOkta) {
			pollsWith(f, slices.Repeat([]func(http.ResponseWriter){status(503)}, 1000)...)
		}, "expired_token", "the last try failed", 10 * time.Minute},
		{"refused", func(f *fakeOkta) { pollsWith(f, oauth("unauthorized_client")) }, "unauthorized_client", "Grant type", 5 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				okta := newFakeOkta(t, testKey{})
				start := time.Now()
				c.end(okta)
				device := newDevice(t, okta, nil, nil)
				first, err := device.Begin(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if c.name == "declined" {
					okta.deny()
				}
				err = device.Wait(t.Context())
				var refusal *auth.Error
				if !errors.As(err, &refusal) || refusal.Code != c.code || !strings.Contains(err.Error(), c.advice) {
					t.Fatalf("got %v, want %s with %q", err, c.code, c.advice)
				}
				if took := time.Since(start); took < c.after || took > c.after+10*time.Second {
					t.Errorf("it ended after %s, want %s", took, c.after)
				}
				state := device.State()
				if _, pending := device.Pending(); pending || state.Pending || state.SignedIn || !errors.Is(state.Err, err) && state.Err.Error() != err.Error() {
					t.Errorf("the state is %+v, want the error and nothing pending", state)
				}
				okta.before = nil
				second, err := device.Begin(t.Context())
				if err != nil || second == first {
					t.Errorf("a new flow: %+v, %v", second, err)
				}
			})
		})
	}
}

func TestAFailureToBeginIsNotHammered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		okta := newFakeOkta(t, testKey{})
		okta.before = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			refuse(w, "invalid_client", "Invalid value for 'client_id' parameter.")
			return true
		}
		device := newDevice(t, okta, nil, nil)
		for range 5 {
			_, err := device.Begin(t.Context())
			if err == nil || !strings.Contains(err.Error(), "asking Okta for a sign-in code") || !strings.Contains(err.Error(), "Native Application") {
				t.Fatalf("got %v, want the refusal explained", err)
			}
		}
		if err := device.Wait(t.Context()); err == nil {
			t.Error("waiting for a flow that did not begin: no error")
		}
		if okta.count() != 1 {
			t.Errorf("%d requests, want 1", okta.count())
		}
		time.Sleep(4 * time.Second)
		okta.before = nil
		if _, err := device.Begin(t.Context()); err != nil {
			t.Errorf("after the pause: %v", err)
		}
	})
}

func TestOptionalScopesAreLeftOutOfASignIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scopes := scopesOf(6)
		okta := newFakeOkta(t, testKey{})
		okta.known = without(scopes, "okta.f02")
		store := tokenstore.Memory()
		device := newDevice(t, okta, store, optional(scopes))
		signIn(t, okta, device, testUser)
		state := device.State()
		if !slices.Equal(state.Refused, only(scopes, "okta.f02")) || !slices.Equal(state.Granted, without(scopes, "okta.f02")) {
			t.Errorf("refused %v, granted %v", state.Refused, state.Granted)
		}
		again := newDevice(t, okta, store, optional(scopes))
		if err := again.SignIn(t.Context()); err != nil {
			t.Errorf("what the org does not know made the stored sign-in too small: %v", err)
		}
		if _, err := newDevice(t, okta, nil, func(c *auth.Config) { c.Scopes = scopes }).Begin(t.Context()); err == nil {
			t.Error("scopes set by the operator were dropped")
		}
	})
}

func TestAnAppWithoutRefreshTokensIsNotNarrowed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		okta := newFakeOkta(t, testKey{})
		okta.before = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			refuse(w, "invalid_scope", "The scope 'offline_access' is not allowed.")
			return true
		}
		_, err := newDevice(t, okta, nil, optional(scopesOf(5))).Begin(t.Context())
		if err == nil || !strings.Contains(err.Error(), "allow Refresh Token") || okta.count() != 1 {
			t.Errorf("got %v after %d requests, want 1 and the grant type named", err, okta.count())
		}
	})
}

func TestCloseEndsWhatIsPending(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		okta := newFakeOkta(t, testKey{})
		device := newDevice(t, okta, nil, nil)
		if _, err := device.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- device.Wait(t.Context()) }()
		start := time.Now()
		device.Close()
		if err := <-ended; err == nil || !strings.Contains(err.Error(), "shutting down") || time.Since(start) != 0 {
			t.Errorf("waiting ended with %v after %s", err, time.Since(start))
		}
		if _, err := device.Begin(t.Context()); err == nil {
			t.Error("a flow began after Close")
		}
		if err := device.SignIn(t.Context()); err == nil {
			t.Error("signed in after Close")
		}
		device.Close()
	})
}

func TestAnswersThatAreNoCode(t *testing.T) {
	t.Parallel()
	const secret = "sEcReT0123456789"
	good := map[string]any{
		"device_code": secret, "user_code": "ABCD-EFGH", "verification_uri": testOrg + "/activate",
		"verification_uri_complete": testOrg + "/activate?user_code=ABCD-EFGH", "expires_in": 600, "interval": 5,
	}
	for _, c := range []struct {
		name, field string
		value       any
		want        string // in the error; "" when it is taken
	}{
		{"as usual", "interval", 5, ""},
		{"no complete address", "verification_uri_complete", "", ""},
		{"an interval of nothing", "interval", 0, ""},
		{"a port of the org's", "verification_uri", testOrg + ":443/activate", ""},
		{"this machine", "verification_uri", "http://127.0.0.1:8080/activate", "no address at https://acme.okta.test"},
		{"somebody else's", "verification_uri", "https://acme.okta.test.evil.test/activate", "no address at https://acme.okta.test"},
		{"no device code", "device_code", "", "no device code"},
		{"no user code", "user_code", "", "no code that a person could enter"},
		{"a text for a code", "user_code", "press yes and " + secret, "no code that a person could enter"},
		{"a long code", "user_code", strings.Repeat("A", 65), "no code that a person could enter"},
		{"direction characters", "user_code", "AB\u202eCD", "no code that a person could enter"},
		{"no address", "verification_uri", "", "no address at https://acme.okta.test"},
		{"plain http", "verification_uri", "http://acme.okta.test/activate", "no address at https://acme.okta.test"},
		{"a script", "verification_uri", "javascript:alert(1)", "no address at https://acme.okta.test"},
		{"a file", "verification_uri", "file:///etc/passwd", "no address at https://acme.okta.test"},
		{"a name in the address", "verification_uri", "https://acme.okta.test@evil.test/", "no address at https://acme.okta.test"},
		{"a line end in the address", "verification_uri", "https://acme.okta.test/\nx", "no address at https://acme.okta.test"},
		{"expires_in a list", "expires_in", []int{1}, "not the JSON of a sign-in code"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				doc := map[string]any{}
				for name, value := range good {
					doc[name] = value
				}
				doc[c.field] = c.value
				body, err := json.Marshal(doc)
				if err != nil {
					t.Fatal(err)
				}
				v, err := newDevice(t, says(t, 200, string(body)), nil, nil).Begin(t.Context())
				if c.want == "" && err != nil {
					t.Errorf("refused: %v", err)
				}
				if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || v != auth.Verification{}) {
					t.Errorf("got %+v, %v; want %q", v, err, c.want)
				}
				if err != nil && strings.Contains(err.Error(), secret) {
					t.Errorf("the error repeats the answer: %v", err)
				}
			})
		})
	}
}

// The browser is opened at the complete address, which nobody reads beforehand.
func TestABrowserIsSentToTheOrgAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		device := newDevice(t, says(t, 200, `{"device_code":"d","user_code":"ABCD","verification_uri":"`+testOrg+`/activate","verification_uri_complete":"https://evil.test/activate?user_code=ABCD"}`), nil, nil)
		v, err := device.Begin(t.Context())
		if err != nil || v.CompleteURI != "" {
			t.Errorf("got %+v, %v; want no complete address", v, err)
		}
		device.Close()
	})
}

func FuzzDeviceAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"device_code":"d","user_code":"ABCD","verification_uri":"https://acme.okta.test/activate","expires_in":600,"interval":5}`,
		`{"device_code":"d","user_code":"ABCD","verification_uri":"https://%zz","expires_in":-1e300,"interval":"x"}`,
		`{"error":"slow_down"}`, `<html>`, `null`, `[]`, ``,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		device := newDevice(t, says(t, 200, body), nil, nil)
		v, err := device.Begin(t.Context())
		if err != nil {
			if v != (auth.Verification{}) {
				t.Errorf("%q: an error, and %+v", body, v)
			}
			return
		}
		page, err := url.Parse(v.URI)
		life := time.Until(v.Expires)
		if err != nil || page.Host == "" || v.Code == "" || strings.ContainsAny(v.Code+v.URI+v.CompleteURI, " \n\x1b\u202e") || life < -time.Minute || life > 25*time.Hour {
			t.Errorf("%q was taken for %+v", body, v)
		}
	})
}

func TestDeviceRefusalsSayWhatToMend(t *testing.T) {
	t.Parallel()
	for _, c := range []refusalCase{
		{400, "access_denied", "Policy evaluation failed for this request, please check the policy configurations.", "sign-in policy"},
		{400, "access_denied", "The user denied the request.", "declined"},
		{400, "invalid_grant", "The device code is invalid or has expired.", "sign in again"},
		{401, "invalid_client", "Client authentication failed. Either the client or the client credentials are invalid; a client secret is expected.", "Client authentication to None"},
		{401, "invalid_client", "Invalid value for 'client_id' parameter.", "no active native app"},
		{400, "invalid_scope", "One or more scopes are not configured for the authorization server resource.", "okta.groups.manage okta.users.read"},
		{400, "invalid_scope", "The offline_access scope needs the refresh_token grant.", "allow Refresh Token"},
		{400, "consent_required", "You are not allowed any of the requested scopes.", "Okta API Scopes"},
		{400, "unauthorized_client", "The client is not authorized to use the provided grant type.", "Device Authorization"},
		{400, "unsupported_grant_type", "", "Device Authorization"},
		{429, "too_many_requests", "", "rate limit"},
		{503, "temporarily_unavailable", "", "status.okta.com"},
		{400, "never_heard_of", "", "System Log"},
	} {
		t.Run(c.code+" "+c.description, func(t *testing.T) {
			t.Parallel()
			body := fmt.Sprintf(`{"error":%q,"error_description":%q}`, c.code, c.description)
			_, err := newDevice(t, says(t, c.status, body), nil, nil).Begin(t.Context())
			var refusal *auth.Error
			if !errors.As(err, &refusal) || refusal.Code != c.code || !strings.Contains(refusal.Advice, c.want) {
				t.Fatalf("got %v, want advice with %q", err, c.want)
			}
			for _, part := range []string{"asking Okta for a sign-in code", c.code, c.description, "req-1"} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error %q leaves out %q", err, part)
				}
			}
		})
	}
}
