package oktaclient

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
)

// newTransport is the transport used unless Options gives another. It speaks
// HTTP/1.1 only: there a connection carries one request at a time, so that the
// bytes counted on it say whether a failed write ever left. Its idle time is
// below the 60 s after which load balancers commonly hang up, and connections
// are fewer than Okta's smallest concurrency limit (35).
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}
	tlsConfig := &tls.Config{MinVersion: tls.VersionTLS12}
	tlsDialer := &tls.Dialer{NetDialer: dialer, Config: tlsConfig}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return counted(dialer.DialContext(ctx, network, addr))
		},
		// Counting above TLS, because its own closing alert is no part of a request.
		DialTLSContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return counted(tlsDialer.DialContext(ctx, network, addr))
		},
		TLSClientConfig:        tlsConfig, // for connections through a proxy
		TLSHandshakeTimeout:    15 * time.Second,
		ResponseHeaderTimeout:  2 * time.Minute,
		IdleConnTimeout:        50 * time.Second,
		MaxConnsPerHost:        32,
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    32,
		MaxResponseHeaderBytes: 256 << 10,
	}
}

// countedConn counts the bytes written to a connection.
type countedConn struct {
	net.Conn
	written atomic.Int64
}

func counted(conn net.Conn, err error) (net.Conn, error) {
	if err != nil {
		return nil, err
	}
	return &countedConn{Conn: conn}, nil
}

func (c *countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.written.Add(int64(n))
	return n, err
}

// countOf finds the counted connection under conn, if there is one.
func countOf(conn net.Conn) *countedConn {
	for conn != nil {
		if c, ok := conn.(*countedConn); ok {
			return c
		}
		under, ok := conn.(interface{ NetConn() net.Conn }) // *tls.Conn
		if !ok {
			return nil
		}
		conn = under.NetConn()
	}
	return nil
}

// departure watches one request leave.
type departure struct {
	cancelled func() // called when a connection is sought; nil for reads

	mu      sync.Mutex
	traced  bool         // the transport reports to us at all
	on      bool         // the request has a connection: it leaves next
	headers bool         // writing has begun
	conn    *countedConn // the connection it has now, if counted
	before  int64        // bytes written to conn by earlier requests
	moved   bool         // bytes left on an earlier connection of this request
}

// hooks are what the transport calls on its way.
func (d *departure) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) {
			d.mu.Lock()
			d.traced = true
			d.mu.Unlock()
			if d.cancelled != nil {
				d.cancelled()
			}
		},
		GotConn: func(info httptrace.GotConnInfo) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.moved = d.moved || d.movedHere()
			d.on, d.conn = true, countOf(info.Conn)
			if d.conn != nil {
				d.before = d.conn.written.Load()
			}
		},
		WroteHeaderField: func(string, []string) {
			d.mu.Lock()
			d.headers = true
			d.mu.Unlock()
		},
	}
}

func (d *departure) movedHere() bool { return d.conn != nil && d.conn.written.Load() > d.before }

// sent reports, after the transport has given up, whether anything of the
// request may have left. Where bytes are not counted the first header written
// decides, and where the transport reports nothing it is presumed.
func (d *departure) sent() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case !d.traced:
		return true
	case d.conn != nil:
		return d.moved || d.movedHere()
	}
	return d.moved || d.headers
}

// leaving reports whether the request may already be on its way.
func (d *departure) leaving() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.on || !d.traced
}

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
	d.cancelled = func() {
		if err := ctx.Err(); err != nil {
			cancel(err)
		}
	}
	return sending, func() { stop(); cancel(nil) }
}
