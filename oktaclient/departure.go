package oktaclient

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// newTransport is the transport used unless Options gives another. It speaks
// HTTP/1.1 only: over HTTP/2 net/http itself sends a refused request again,
// one that changes something included. Its idle time is below the 60 s after
// which load balancers commonly hang up, and connections are fewer than Okta's
// smallest concurrency limit (35).
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:       http.ProxyFromEnvironment,
		DialContext: dialer.DialContext,
		// A config of our own also keeps HTTP/2 from being negotiated.
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    15 * time.Second,
		ResponseHeaderTimeout:  2 * time.Minute,
		IdleConnTimeout:        50 * time.Second,
		MaxConnsPerHost:        32,
		MaxIdleConnsPerHost:    32,
		MaxResponseHeaderBytes: 256 << 10,
	}
}

// departure watches one request leave.
type departure struct {
	recheck func() // called when a connection is sought; nil for reads

	traced  atomic.Bool // the transport reports to us at all
	on      atomic.Bool // the request has a connection: it leaves next
	writing atomic.Bool // its first header has been written
}

// hooks are what the transport calls on its way.
func (d *departure) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) {
			d.traced.Store(true)
			if d.recheck != nil {
				d.recheck()
			}
		},
		GotConn:          func(httptrace.GotConnInfo) { d.on.Store(true) },
		WroteHeaderField: func(string, []string) { d.writing.Store(true) },
	}
}

// sent reports, after the transport has given up, whether anything of the
// request may have left. Of a transport that reports nothing it is presumed.
func (d *departure) sent() bool { return d.writing.Load() || !d.traced.Load() }

// leaving reports whether the request may already be on its way.
func (d *departure) leaving() bool { return d.on.Load() || !d.traced.Load() }

// outlive answers the context a write is sent in: it ends with ctx as long as
// the request has no connection, and up to grace after ctx once it has. The
// caller calls release when the answer has been read.
func (d *departure) outlive(ctx context.Context, grace time.Duration) (_ context.Context, release func()) {
	sending, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		if d.leaving() {
			t := time.NewTimer(grace)
			defer t.Stop()
			select {
			case <-t.C:
			case <-sending.Done():
				return
			}
		}
		cancel(ctx.Err())
	})
	// A ctx that ended before the transport reported anything was taken for one
	// whose request is on its way; here it turns out that it is not.
	d.recheck = func() {
		if err := ctx.Err(); err != nil {
			cancel(err)
		}
	}
	return sending, func() { stop(); cancel(nil) }
}
