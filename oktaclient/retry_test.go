package oktaclient_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"okta-mcp/oktaclient"
)

var noon = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)

// full is a 429 with the given rate-limit headers, dated noon.
func full(limit, remaining, reset string, dated bool) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h["Date"] = nil
		if dated {
			h.Set("Date", noon.Format(http.TimeFormat))
		}
		for name, value := range map[string]string{"Limit": limit, "Remaining": remaining, "Reset": reset} {
			if value != "" {
				h.Set("X-Rate-Limit-"+name, value)
			}
		}
		h.Set("Content-Type", "application/json")
		w.WriteHeader(429)
		_, _ = io.WriteString(w, `{"errorCode":"E0000047","errorSummary":"API call exceeded rate limit due to too many requests.","errorCauses":[]}`)
	}
}

func at(after time.Duration) string { return strconv.FormatInt(noon.Add(after).Unix(), 10) }

func TestRateLimitIsWaitedFor(t *testing.T) {
	t.Parallel()
	const s = time.Second
	for name, c := range map[string]struct {
		full     http.HandlerFunc
		from, to time.Duration
	}{
		"reset after date":   {full("600", "0", at(29*s), true), 30 * s, 30 * s},
		"without date":       {full("600", "0", at(9*s), false), 15 * s, 15 * s}, // the clock says five seconds to noon
		"reset already past": {full("600", "0", at(-40*s), true), s, s},
		"without counts":     {full("", "", at(4*s), true), 5 * s, 5 * s},
		"no reset":           {full("600", "0", "", true), s / 4, s / 2},
		"garbage":            {full("600", "0", "soon", true), s / 4, s / 2},
		"milliseconds":       {full("600", "0", at(5*s)+"000", true), s / 4, s / 2},
		"next year":          {full("600", "0", at(8000*time.Hour), true), s / 4, s / 2},
		"negative":           {full("600", "0", "-5", true), s / 4, s / 2},
		"concurrency":        {full("0", "0", at(50*s), true), s / 4, s / 2},
	} {
		for _, write := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, write %v", name, write), func(t *testing.T) {
				t.Parallel()
				srv := serve(t, inTurn(c.full, answer(200, `{}`)))
				var n naps
				org := open(t, srv.URL, func(o *oktaclient.Options) {
					o.Sleep, o.Now = n.sleep, func() time.Time { return noon.Add(-5 * s) }
				})
				var err error
				if write {
					_, err = org.CreateUser(t.Context(), nil, json.RawMessage(`{"a":1}`))
				} else {
					_, err = org.ListUsers(t.Context(), nil)
				}
				taken, seen := n.all(), srv.requests()
				if err != nil || len(seen) != 2 || len(taken) != 1 {
					t.Fatalf("error %v, %d requests, waits %v; want success after one wait", err, len(seen), taken)
				}
				if taken[0] < c.from || taken[0] > c.to {
					t.Errorf("waited %v, want %v to %v", taken[0], c.from, c.to)
				}
				if write && (seen[0].Body != `{"a":1}` || seen[1].Body != `{"a":1}`) {
					t.Errorf("bodies %q and %q, want the whole body both times", seen[0].Body, seen[1].Body)
				}
			})
		}
	}
}

func TestRateLimitThatDoesNotFitIsAnswered(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		deadline time.Duration // 0 for none
		reset    time.Duration
		want     []time.Duration
	}{
		"no time at all":         {10 * time.Second, 20 * time.Second, nil},
		"over a minute":          {0, 60 * time.Second, nil},
		"over a minute in total": {0, 29 * time.Second, []time.Duration{30 * time.Second, 30 * time.Second}},
		"a deadline allows more": {time.Hour, 5 * time.Minute, repeated(301*time.Second, 8)},
		"but not without an end": {time.Hour, -time.Hour, repeated(time.Second, 8)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := serve(t, full("600", "0", at(c.reset), true))
			ctx := t.Context()
			if c.deadline > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, c.deadline)
				defer cancel()
			}
			var n naps
			_, err := open(t, srv.URL, func(o *oktaclient.Options) { o.Sleep = n.sleep }).ListUsers(ctx, nil)
			var e *oktaclient.Error
			if !errors.As(err, &e) || e.Status != 429 || e.Code != "E0000047" || !e.Reset.Equal(noon.Add(c.reset)) {
				t.Errorf("error %v; want Okta's 429 with its reset %v", err, noon.Add(c.reset))
			}
			if got := n.all(); fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("waited %v, want %v", got, c.want)
			}
		})
	}
}

func repeated(d time.Duration, n int) (all []time.Duration) {
	for range n {
		all = append(all, d)
	}
	return all
}

func TestCancelledWhileWaiting(t *testing.T) {
	t.Parallel()
	srv := serve(t, full("600", "0", at(5*time.Second), true))
	ctx, cancel := context.WithCancel(t.Context())
	org := open(t, srv.URL, func(o *oktaclient.Options) {
		o.Sleep = func(ctx context.Context, _ time.Duration) error { cancel(); return ctx.Err() }
	})
	var e *oktaclient.Error
	_, err := org.DeleteGroup(ctx, "00g1")
	if !errors.Is(err, context.Canceled) || !errors.As(err, &e) || errors.Is(err, oktaclient.ErrOutcomeUnknown) {
		t.Errorf("error %v; want Canceled with the 429 in it, and no doubt about the outcome", err)
	}
}

func TestServerErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status   int
		write    bool
		requests int
	}{
		{500, false, 1}, {502, false, 3}, {503, false, 3}, {504, false, 3}, {505, false, 1}, {404, false, 1},
		{500, true, 1}, {502, true, 1}, {503, true, 1}, {504, true, 1},
	} {
		srv := serve(t, answer(c.status, ``))
		var n naps
		org := open(t, srv.URL, func(o *oktaclient.Options) { o.Sleep = n.sleep })
		var err error
		if c.write {
			_, err = org.ReplaceGroup(t.Context(), "00g1", json.RawMessage(`{}`))
		} else {
			_, err = org.GetGroup(t.Context(), "00g1")
		}
		var e *oktaclient.Error
		if !errors.As(err, &e) || e.Status != c.status || errors.Is(err, oktaclient.ErrOutcomeUnknown) {
			t.Errorf("%+v: error %v; want the *Error itself", c, err)
		}
		if got := len(srv.requests()); got != c.requests {
			t.Errorf("%+v: %d requests", c, got)
		}
		for _, d := range n.all() {
			if d < 100*time.Millisecond || d > time.Second {
				t.Errorf("%+v: waited %v; want a short back-off", c, d)
			}
		}
	}
}

// keys is an authorizer whose token gets better with each refresh.
type keys struct {
	mu         sync.Mutex
	generation int
	calls      int
	always     bool  // ask for a retry whatever came
	fail       error // refuse to renew
}

func (k *keys) Authorize(r *http.Request) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.calls++
	r.Header.Set("Authorization", fmt.Sprintf("DPoP token-%d proof-%d", k.generation, k.calls))
	return nil
}

func (k *keys) Answered(r *http.Response) (bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	if k.always {
		return true, nil
	}
	if r.StatusCode != 401 || !strings.Contains(string(body), "E0000011") {
		return false, nil
	}
	k.generation++
	return k.fail == nil, k.fail
}

func TestFreshCredentialsGetOneMoreAttempt(t *testing.T) {
	t.Parallel()
	stale := answer(401, `{"errorCode":"E0000011","errorSummary":"Invalid token provided"}`)
	srv := serve(t, inTurn(stale, answer(200, `{}`), stale))
	var n naps
	org := open(t, srv.URL, func(o *oktaclient.Options) { o.Authorizer, o.Sleep = &keys{}, n.sleep })
	if _, err := org.CreateUser(t.Context(), nil, json.RawMessage(`{"a":1}`)); err != nil {
		t.Fatalf("a write after a 401: %v; want it done with the fresh token", err)
	}
	for i, want := range []string{"DPoP token-0 proof-1", "DPoP token-1 proof-2"} {
		if got := srv.requests()[i]; got.Header.Get("Authorization") != want || got.Body != `{"a":1}` {
			t.Errorf("attempt %d carried %q and body %q, want %q and the whole body", i+1, got.Header.Get("Authorization"), got.Body, want)
		}
	}
	var e *oktaclient.Error
	if _, err := org.DeleteGroup(t.Context(), "00g1"); !errors.As(err, &e) || e.Code != "E0000011" {
		t.Errorf("401 twice: %v; want Okta's error", err)
	}
	if got := len(srv.requests()); got != 4 || len(n.all()) != 0 {
		t.Errorf("%d requests and waits %v, want 4 and none: one retry a call, at once", got, n.all())
	}
}

func TestIfMatchTravelsWithEveryAttempt(t *testing.T) {
	t.Parallel()
	type change = func(*oktaclient.Org, string) error
	for name, do := range map[string]change{
		"UpdateUser": func(o *oktaclient.Org, etag string) error {
			_, err := o.UpdateUser(t.Context(), "00u1", nil, etag, json.RawMessage(`{}`))
			return err
		},
		"ReplaceUser": func(o *oktaclient.Org, etag string) error {
			_, err := o.ReplaceUser(t.Context(), "00u1", nil, etag, json.RawMessage(`{}`))
			return err
		},
	} {
		for etag, want := range map[string][]string{`W/"7"`: {`W/"7"`}, "": nil} {
			stale := answer(401, `{"errorCode":"E0000011"}`)
			srv := serve(t, inTurn(stale, answer(429, ``), answer(412, `{"errorCode":"E0000231"}`)))
			org := open(t, srv.URL, func(o *oktaclient.Options) { o.Authorizer = &keys{} })
			var e *oktaclient.Error
			if err := do(org, etag); !errors.As(err, &e) || e.Code != "E0000231" || errors.Is(err, oktaclient.ErrOutcomeUnknown) {
				t.Errorf("%s of a user changed meanwhile: %v; want Okta's 412 and no doubt about the outcome", name, err)
			}
			seen := srv.requests()
			if len(seen) != 3 {
				t.Fatalf("%s: %d requests, want 3: 401, 429, and the 412 that is final", name, len(seen))
			}
			for i, r := range seen {
				if got := r.Header.Values("If-Match"); !slices.Equal(got, want) {
					t.Errorf("%s with %q, attempt %d: If-Match %q, want %q", name, etag, i+1, got, want)
				}
			}
		}
	}
}

func TestARetryIsGrantedWhereOnlyTheCredentialsWereRefused(t *testing.T) {
	t.Parallel()
	stale := answer(400, ``, "WWW-Authenticate", `DPoP algs="ES256", error="use_dpop_nonce"`)
	srv := serve(t, inTurn(stale, answer(200, `{}`)))
	if _, err := open(t, srv.URL, func(o *oktaclient.Options) { o.Authorizer = &keys{always: true} }).SuspendUser(t.Context(), "00u1"); err != nil || len(srv.requests()) != 2 {
		t.Errorf("a proof that is refused: %v after %d requests, want it sent again", err, len(srv.requests()))
	}
	for _, status := range []int{200, 204, 400, 403, 500} {
		srv := serve(t, answer(status, ``))
		org := open(t, srv.URL, func(o *oktaclient.Options) { o.Authorizer = &keys{always: true} })
		_, err := org.SuspendUser(t.Context(), "00u1")
		if got := len(srv.requests()); got != 1 || (err == nil) != (status < 300) {
			t.Errorf("%d with an authorizer that wants a retry: %d requests, %v; a write must not be repeated", status, got, err)
		}
	}
	srv = serve(t, answer(401, ``))
	_, _ = open(t, srv.URL, func(o *oktaclient.Options) { o.Authorizer = &keys{always: true} }).GetGroup(t.Context(), "00g1")
	if got := len(srv.requests()); got != 2 {
		t.Errorf("401 for ever: %d requests, want 2", got)
	}
}

func TestAuthorizerErrors(t *testing.T) {
	t.Parallel()
	refused := errors.New("the key was refused")
	srv := serve(t, answer(401, `{"errorCode":"E0000011"}`))
	var e *oktaclient.Error
	_, err := open(t, srv.URL, func(o *oktaclient.Options) { o.Authorizer = &keys{fail: refused} }).GetGroup(t.Context(), "00g1")
	if !errors.Is(err, refused) || !errors.As(err, &e) || e.Status != 401 || len(srv.requests()) != 1 {
		t.Errorf("renewal failed: %v after %d requests; want both errors after one", err, len(srv.requests()))
	}
	ctx, seen := traced(t.Context())
	_, err = open(t, srv.URL, func(o *oktaclient.Options) { o.Authorizer = refusing{refused} }).DeleteGroup(ctx, "00g1")
	if !errors.Is(err, refused) || errors.Is(err, oktaclient.ErrOutcomeUnknown) || !strings.Contains(err.Error(), "not sent") {
		t.Errorf("no credentials: %v; want the authorizer's error and that nothing was sent", err)
	}
	if x := seen(); len(x) != 1 || !errors.Is(x[0].Err, refused) || len(srv.requests()) != 1 {
		t.Errorf("exchanges %+v, %d requests; want one failed exchange and no further request", x, len(srv.requests()))
	}
}

type refusing struct{ err error }

func (r refusing) Authorize(*http.Request) error         { return r.err }
func (r refusing) Answered(*http.Response) (bool, error) { return false, nil }

func TestTheDefaultSleepEndsWithItsContext(t *testing.T) {
	t.Parallel()
	org := open(t, "https://acme.okta.com", func(o *oktaclient.Options) {
		o.Sleep = nil
		o.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.Method == "GET" {
				return replying(503, nil, ``)(r)
			}
			h := http.Header{"Date": {noon.Format(http.TimeFormat)}, "X-Rate-Limit-Reset": {at(39 * time.Second)}}
			return replying(429, h, ``)(r)
		})
	})
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if _, err := org.GetGroup(t.Context(), "00g1"); err == nil || time.Since(began) < 375*time.Millisecond || time.Since(began) > 750*time.Millisecond {
			t.Errorf("503 three times took %v (%v); want two back-offs, of 125-250 and 250-500 ms", time.Since(began), err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(7*time.Second, cancel)
		began = time.Now()
		if _, err := org.DeleteGroup(ctx, "00g1"); !errors.Is(err, context.Canceled) || time.Since(began) != 7*time.Second {
			t.Errorf("cancelled after 7 s of a 40 s wait: %v after %v", err, time.Since(began))
		}
	})
}
