package oktaclient

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"
)

// maxErrorBody bounds what is read of an answer that is no success; more of it
// would say nothing more.
const maxErrorBody = 256 << 10

var errTooLarge = errors.New("the answer is larger than allowed: ask for less, with a smaller limit or a filter")

// reply is an answer read to its end.
type reply struct {
	status int
	header http.Header
	body   []byte // nil when empty
}

func (r *reply) requestID() string { return inert(r.header.Get("X-Okta-Request-Id")) }

// attempt sends the call once and tells of it.
func (w *wire) attempt(ctx context.Context, c *call, n int) outcome {
	began := time.Now()
	out := w.try(ctx, c)
	w.report(ctx, Exchange{
		Method: c.method, Path: c.path, Status: out.status, RequestID: out.requestID, Attempt: n, Err: out.err,
	}, time.Since(began))
	return out
}

func (w *wire) try(ctx context.Context, c *call) outcome {
	if err := ctx.Err(); err != nil {
		return notSent(c, "the caller has gone", err)
	}
	if err := w.timed(WaitPacing, func() error { return w.pacer.Wait(ctx, c.method, c.path) }); err != nil {
		return notSent(c, "waiting for its turn failed", err)
	}
	req := w.request(ctx, c)
	if err := w.authorizer.Authorize(req); err != nil {
		return notSent(c, "signing in failed", err)
	}
	if req.URL.Scheme != w.base.Scheme || req.URL.Host != w.base.Host || req.Host != w.base.Host {
		return notSent(c, "the authorizer changed its host", errors.New("credentials stay with "+w.base.Host))
	}
	if err := ctx.Err(); err != nil {
		return notSent(c, "the caller has gone", err)
	}
	r, sent, err := w.exchange(ctx, c, req)
	if err != nil {
		return lost(ctx, c, r, sent, err)
	}
	w.limits.learn(c.method, c.path, r.header)
	w.pacer.Answered(c.method, c.path, r.status, r.header)
	fresh, err := w.authorizer.Answered(r.response(req))
	return w.judge(c, r, fresh, err)
}

// request builds one attempt's request. GetBody stays nil: with it net/http
// could send a body again on its own.
func (w *wire) request(ctx context.Context, c *call) *http.Request {
	req := &http.Request{
		Method: c.method,
		URL:    &url.URL{Scheme: w.base.Scheme, Host: w.base.Host, Path: c.plain, RawPath: c.path, RawQuery: c.encodedQuery()},
		Host:   w.base.Host,
		Proto:  "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Accept": {"application/json"}, "User-Agent": {w.userAgent}},
	}
	if len(c.body) > 0 {
		req.Body = io.NopCloser(bytes.NewReader(c.body))
		req.ContentLength = int64(len(c.body))
		req.Header.Set("Content-Type", c.contentType())
	}
	if c.ifMatch != "" {
		req.Header.Set("If-Match", c.ifMatch)
	}
	return req.WithContext(ctx)
}

// exchange sends the request and reads the answer. sent is false only when
// nothing of the request can have left this machine. With an error r holds what
// came of the answer before it, if anything did.
func (w *wire) exchange(ctx context.Context, c *call, req *http.Request) (r *reply, sent bool, err error) {
	d := &departure{}
	if c.writes {
		var release func()
		ctx, release = d.outlive(ctx, w.grace)
		defer release()
	}
	resp, err := w.transport.RoundTrip(req.WithContext(httptrace.WithClientTrace(ctx, d.hooks())))
	if err != nil {
		return nil, d.sent(), err
	}
	defer resp.Body.Close()
	r = &reply{status: resp.StatusCode, header: resp.Header}
	r.body, err = w.read(resp)
	return r, true, err
}

// read takes the whole body of a success. Of an error it takes what it gets:
// the status already says that nothing was done.
func (w *wire) read(resp *http.Response) ([]byte, error) {
	success := resp.StatusCode/100 == 2
	limit := w.maxBody
	if !success {
		limit = min(limit, maxErrorBody)
	}
	if success && resp.ContentLength > limit {
		return nil, fmt.Errorf("%w (%d bytes)", errTooLarge, limit)
	}
	var b bytes.Buffer
	if n := min(resp.ContentLength, limit); n > 0 {
		b.Grow(int(n) + bytes.MinRead) // ReadFrom wants MinRead to spare to see the end
	}
	n, err := b.ReadFrom(io.LimitReader(resp.Body, limit+1))
	switch {
	case n == 0 && (err == nil || !success):
		return nil, nil
	case !success:
		return b.Bytes()[:min(n, limit)], nil
	case err != nil:
		return nil, fmt.Errorf("read the answer: %w", err)
	case n > limit:
		return nil, fmt.Errorf("%w (%d bytes)", errTooLarge, limit)
	}
	return b.Bytes(), nil
}

// response gives the authorizer the answer with a body of its own to read.
func (r *reply) response(req *http.Request) *http.Response {
	return &http.Response{
		Status: fmt.Sprintf("%d %s", r.status, http.StatusText(r.status)), StatusCode: r.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: r.header, Body: io.NopCloser(bytes.NewReader(r.body)), ContentLength: int64(len(r.body)), Request: req,
	}
}

// judge says what a complete answer means.
func (w *wire) judge(c *call, r *reply, fresh bool, authErr error) outcome {
	out := outcome{verdict: final, status: r.status, requestID: r.requestID()}
	if r.status/100 == 2 {
		out.answer, out.err = w.accept(c, r)
		return out
	}
	out.err = newError(c, r)
	switch {
	case authErr != nil:
		out.err = fmt.Errorf("%w; the sign-in did not help: %w", out.err, authErr)
	case fresh && refusedUnread(r):
		out.verdict = renewed
	case r.status == http.StatusTooManyRequests:
		out.verdict, out.wait = limited, rateWait(r.header, w.now())
	case c.method == http.MethodGet && r.status >= http.StatusBadGateway && r.status <= http.StatusGatewayTimeout:
		out.verdict = failed
	}
	return out
}

// accept makes a 2xx the answer of the call, unless a web page pretends to be
// one, as captive portals and sign-in proxies answer.
func (w *wire) accept(c *call, r *reply) (*Answer, error) {
	if isWebPage(r) {
		err := error(&Error{Method: c.method, Path: c.path, Status: r.status, Summary: describe(r), RequestID: r.requestID()})
		if c.writes {
			err = &OutcomeUnknownError{Method: c.method, Path: c.path, Err: err}
		}
		return nil, err
	}
	a := &Answer{
		Status: r.status, Body: r.body, ETag: r.header.Get("ETag"),
		Location: ownLocation(r.header, &w.base), RequestID: r.requestID(),
	}
	if c.method != http.MethodGet {
		return a, nil
	}
	next, err := nextPage(r.header, &w.base, c.plain)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", c.method, c.path, err)
	}
	a.Next = next
	return a, nil
}

// notSent is the outcome of an attempt stopped by ourselves.
func notSent(c *call, why string, err error) outcome {
	return outcome{verdict: final, err: fmt.Errorf("%s %s was not sent, %s: %w", c.method, c.path, why, err)}
}

// lost is the outcome of an attempt without a whole answer.
func lost(ctx context.Context, c *call, r *reply, sent bool, err error) outcome {
	gone := ctx.Err()
	if gone != nil && !errors.Is(err, gone) {
		err = fmt.Errorf("%w: %w", gone, err)
	}
	out := outcome{verdict: failed}
	if r != nil {
		out.status, out.requestID = r.status, r.requestID()
	}
	if gone != nil || permanent(err) || sent && c.method != http.MethodGet {
		out.verdict = final
	}
	switch {
	case sent && c.writes:
		out.err = &OutcomeUnknownError{Method: c.method, Path: c.path, Err: err}
	case sent:
		out.err = fmt.Errorf("%s %s: no whole answer: %w", c.method, c.path, err)
	default:
		out.err = fmt.Errorf("%s %s was not sent, okta could not be reached: %w", c.method, c.path, err)
	}
	return out
}

// permanent reports errors that another attempt would only repeat.
func permanent(err error) bool {
	var cert *tls.CertificateVerificationError
	return errors.Is(err, errTooLarge) || errors.As(err, &cert)
}

// refusedUnread reports whether Okta refused the credentials before it looked at
// the request: with a 401, or a proof of possession with a 400 (RFC 9449 has 401
// for that as well).
func refusedUnread(r *reply) bool {
	return r.status == http.StatusUnauthorized ||
		r.status == http.StatusBadRequest && strings.HasPrefix(r.header.Get("WWW-Authenticate"), "DPoP ")
}
