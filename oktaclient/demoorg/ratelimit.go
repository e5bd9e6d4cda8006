package demoorg

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// RateLimits chooses how many calls a minute an org allows per bucket.
type RateLimits int

// The zero value is Typical.
const (
	Typical   RateLimits = iota // a paid org
	Free                        // a free org: 100 a minute, logs 20
	Unlimited                   // no 429, ever
)

// window is how long a bucket counts before it empties.
const window = time.Minute

// appShare is the percentage of an org's bucket that one app may use by
// default. https://developer.okta.com/docs/reference/rl-best-practices/
const appShare = 50

// roomy is the limit told by an org that has none.
const roomy = 1_000_000

// limitsOf gives each bucket's calls a minute; "" is every bucket not named.
func limitsOf(r RateLimits) (map[string]int, error) {
	switch r {
	case Typical:
		return map[string]int{
			"users": 600, "user": 2000, "groups": 500, "apps": 500,
			"logs": 120, "devices": 100, "": 1200,
		}, nil
	case Free:
		return map[string]int{"logs": 20, "": 100}, nil
	case Unlimited:
		return map[string]int{}, nil
	default:
		return nil, fmt.Errorf("make a demo org: rate limits %d unknown; use Typical, Free or Unlimited", r)
	}
}

// limiter counts calls per bucket and minute. It is safe for concurrent use.
type limiter struct {
	limits  map[string]int // empty: unlimited
	mu      sync.Mutex
	buckets map[string]*bucket
}

type bucket struct {
	since time.Time
	used  int
}

// headroom is what Okta tells about a bucket with every answer.
type headroom struct {
	limit, remaining int
	reset            time.Time
	exceeded         bool
}

func newLimiter(limits map[string]int) *limiter {
	return &limiter{limits: limits, buckets: map[string]*bucket{}}
}

// take counts one call against a bucket at that instant.
func (l *limiter) take(name string, now time.Time) headroom {
	limit, ok := l.limits[name]
	if !ok {
		limit, ok = l.limits[""]
	}
	if !ok {
		return headroom{limit: roomy, remaining: roomy - 1, reset: now.Add(window)}
	}
	limit = limit * appShare / 100
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buckets[name]
	if b == nil || now.Sub(b.since) >= window || now.Before(b.since) {
		b = &bucket{since: now}
		l.buckets[name] = b
	}
	b.used++
	return headroom{
		limit: limit, remaining: max(0, limit-b.used),
		reset: b.since.Add(window), exceeded: b.used > limit,
	}
}

func (h headroom) write(header http.Header) {
	header.Set("X-Rate-Limit-Limit", strconv.Itoa(h.limit))
	header.Set("X-Rate-Limit-Remaining", strconv.Itoa(h.remaining))
	header.Set("X-Rate-Limit-Reset", strconv.FormatInt(h.reset.Unix(), 10))
}
