package oktaclient_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"okta-mcp/oktaclient"
)

// slow lets every request wait for its turn.
type slow time.Duration

func (s slow) Wait(ctx context.Context, _, _ string) error {
	select {
	case <-time.After(time.Duration(s)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (slow) Answered(_, _ string, _ int, _ http.Header) {}

// replyingWith is a transport that answers each request with the next status; a 429
// is to be waited for, for 40 s.
func replyingWith(statuses ...int) roundTrip {
	n := -1
	return func(r *http.Request) (*http.Response, error) {
		n++
		h := http.Header{}
		if statuses[n] == 429 {
			h = http.Header{"Date": {noon.Format(http.TimeFormat)}, "X-Rate-Limit-Reset": {at(39 * time.Second)}}
		}
		return replying(statuses[n], h, `{}`)(r)
	}
}

func TestEveryWaitIsToldWithItsReason(t *testing.T) {
	t.Parallel()
	const s, ms = time.Second, time.Millisecond
	type wait struct {
		reason   string
		from, to time.Duration
	}
	for name, c := range map[string]struct {
		pacer    oktaclient.Pacer
		statuses []int
		gone     time.Duration // when the caller goes
		want     []wait
	}{
		"nothing is waited for":         {nil, []int{200}, 0, nil},
		"a pacer that lets all pass":    {slow(0), []int{200}, 0, nil},
		"a pacer that holds back":       {slow(3 * s), []int{200}, 0, []wait{{oktaclient.WaitPacing, 3 * s, 3 * s}}},
		"a pacer waited for in vain":    {slow(60 * s), nil, 10 * s, []wait{{oktaclient.WaitPacing, 10 * s, 10 * s}}},
		"a 429":                         {nil, []int{429, 200}, 0, []wait{{oktaclient.WaitRateLimit, 40 * s, 40 * s}}},
		"a 429 waited for in vain":      {nil, []int{429}, 7 * s, []wait{{oktaclient.WaitRateLimit, 7 * s, 7 * s}}},
		"a 503":                         {nil, []int{503, 200}, 0, []wait{{oktaclient.WaitRetry, 125 * ms, 250 * ms}}},
		"a 503 that goes on being that": {nil, []int{503, 503, 503}, 0, []wait{{oktaclient.WaitRetry, 125 * ms, 250 * ms}, {oktaclient.WaitRetry, 250 * ms, 500 * ms}}},
		"each attempt has its turn": {slow(s), []int{429, 200}, 0, []wait{
			{oktaclient.WaitPacing, s, s}, {oktaclient.WaitRateLimit, 40 * s, 40 * s}, {oktaclient.WaitPacing, s, s}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var told []wait
			org := open(t, "https://acme.okta.com", func(o *oktaclient.Options) {
				o.Sleep, o.Pacer, o.Transport = nil, c.pacer, replyingWith(c.statuses...)
				o.Waited = func(reason string, d time.Duration) { told = append(told, wait{reason, d, d}) }
			})
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if c.gone > 0 {
					time.AfterFunc(c.gone, cancel)
				}
				if _, err := org.GetGroup(ctx, "00g1"); errors.Is(err, context.Canceled) != (c.gone > 0) {
					t.Errorf("the call came to %v", err)
				}
			})
			if len(told) != len(c.want) {
				t.Fatalf("told of %v, want %v", told, c.want)
			}
			for i, got := range told {
				if want := c.want[i]; got.reason != want.reason || got.from < want.from || got.to > want.to {
					t.Errorf("wait %d was told as %v, want %v", i, got, want)
				}
			}
		})
	}
}
