package main

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidwall/gjson"
)

// BenchmarkTransports reads one person over each transport, by one client and by
// sixteen at once, all in one run: calls a second, and how long 99 of 100 calls
// take at most.
func BenchmarkTransports(b *testing.B) {
	const login = "ada.okafor@acme.example"
	from := serveFixed(b, "/api/v1/users/"+login)
	for _, transport := range []string{"stdio", "http", "sse"} {
		for _, clients := range []int{1, 16} {
			b.Run(fmt.Sprintf("%s-%d", transport, clients), func(b *testing.B) {
				callers := make([]*process, clients)
				connect := visitors(b, from, transport)
				for i := range callers {
					callers[i] = connect()
				}
				callAtOnce(b, callers, func(p *process) {
					if r := p.call("get_user", map[string]any{"user_id": login}); gjson.GetBytes(r.StructuredContent, "profile.login").String() != login {
						p.t.Fatalf("the call was answered %.300s", r.text())
					}
				})
			})
		}
	}
}

// visitors starts a server and returns what connects a client to it. Over stdio all
// share the pipes, as there are no others.
func visitors(b *testing.B, from page, transport string) (connect func() *process) {
	b.Helper()
	if transport == "stdio" {
		p := startBinary(b, released(b), signInTo(from.org, from.url), "serve", "--log-level", "ERROR")
		p.initialize()
		return func() *process { return p }
	}
	r := serveRemoteBinary(b, released(b), transport, signInTo(from.org, from.url))
	return func() *process { return r.client(b, r.token).process }
}

// callAtOnce shares b.N calls among the callers.
func callAtOnce(b *testing.B, callers []*process, call func(*process)) {
	b.Helper()
	call(callers[0]) // the first signs in
	var left atomic.Int64
	left.Store(int64(b.N))
	took := make([][]time.Duration, len(callers))
	b.ResetTimer()
	var all sync.WaitGroup
	for i, p := range callers {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				began := time.Now()
				call(p)
				took[i] = append(took[i], time.Since(began))
			}
		})
	}
	all.Wait()
	elapsed := b.Elapsed()
	b.StopTimer()
	each := slices.Sorted(slices.Values(slices.Concat(took...)))
	b.ReportMetric(0, "ns/op") // of several at once it says nothing
	b.ReportMetric(float64(b.N)/elapsed.Seconds(), "calls/s")
	b.ReportMetric(each[len(each)*99/100].Seconds()*1000, "p99-ms")
}
