package auth

import (
	"net/http"
	"sync/atomic"
	"time"
)

// clock tells Okta's time: ours, corrected by what Okta's Date headers say.
// It is safe for concurrent use.
type clock struct {
	now    func() time.Time
	offset atomic.Int64 // Okta's clock minus ours, in nanoseconds
}

func (c *clock) local() time.Time    { return c.now() }
func (c *clock) okta() time.Time     { return c.now().Add(c.skew()) }
func (c *clock) skew() time.Duration { return time.Duration(c.offset.Load()) }

// learn reads the clock in Okta's answer. Date is cut to a full second and ages
// on the wire, so the result leans to the past, where an assertion's iat is
// safe. An answer from a cache says nothing about now.
func (c *clock) learn(resp *http.Response) {
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil || resp.Header.Get("Age") != "" {
		return
	}
	c.offset.Store(int64(date.Sub(c.now())))
}
