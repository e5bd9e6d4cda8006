// Package oktaclient is how a request reaches an Okta org: one method per
// operation, named after Okta's operation id, taking ids, a [Query] and a raw
// JSON body, and answering raw JSON and the next page.
//
// Okta's own SDK chooses method and path, where it knows the operation (see
// direct for the others). Everything after that is ours: the SDK's transport is
// replaced by one that authorizes, paces, retries, reads and keeps the exact
// bytes, and that hands the SDK an empty answer so that it decodes nothing and
// repeats nothing.
//
// It refuses to be a model of Okta's objects (it never decodes a document), a
// cache, a credential store (see [Authorizer]) or a policy: what a caller may
// do is decided above it. The one rule it enforces itself is [Org.ReadOnly].
package oktaclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/okta/okta-sdk-golang/v5/okta"
)

const (
	defaultMaxBody    = 32 << 20
	defaultWriteGrace = 10 * time.Second
	defaultUserAgent  = "okta-mcp"
)

// Query is the query parameters of one call, passed to Okta as they are.
type Query = url.Values

// Options says which org to talk to and how. URL and Authorizer are required.
type Options struct {
	// URL is the org's address, "https://example.okta.com". http is accepted
	// for a loopback host only. A trailing slash is ignored; anything else
	// behind the host is refused, and so is the admin console's "-admin" host.
	URL string
	// Authorizer signs every attempt.
	Authorizer Authorizer
	// Transport carries the requests; nil means one of our own: HTTP/1.1,
	// TLS 1.2 or later, proxy from the environment. A transport given here
	// must not follow redirects or repeat a request that changes something.
	Transport http.RoundTripper
	// UserAgent is sent with every request; empty means "okta-mcp".
	UserAgent string
	// MaxBody bounds one answer in bytes, after decompression; 0 means 32 MiB.
	// An answer over it is an error, never a shortened success.
	MaxBody int64
	// Pacer holds requests back; nil holds back none.
	Pacer Pacer
	// WriteGrace is how long a write already sent may still finish after its
	// caller has gone; 0 means 10 s.
	WriteGrace time.Duration
	// Now stands in for the Date header of an answer without one; nil means time.Now.
	Now func() time.Time
	// Sleep waits for d or until ctx ends, whose error it then returns; nil
	// means a real timer.
	Sleep func(ctx context.Context, d time.Duration) error
	// Waited is told of every wait of a request and how long it was: WaitPacing,
	// WaitRateLimit or WaitRetry, also of one that the caller gave up. It must be
	// safe for concurrent use. nil tells nobody.
	Waited func(reason string, d time.Duration)
	// Logger is told of each attempt at debug level: method, path, status,
	// request id, duration; never headers, bodies or query values. nil discards.
	Logger *slog.Logger
}

// Why a request waited.
const (
	WaitPacing    = "pacing"     // for the Pacer
	WaitRateLimit = "rate_limit" // after a 429
	WaitRetry     = "retry"      // to repeat an attempt nothing came of
)

// Authorizer makes a request one that Okta accepts. It must be safe for
// concurrent use.
type Authorizer interface {
	// Authorize adds credentials to the request's headers, once for each
	// attempt. An error stops the call before anything is sent.
	Authorize(*http.Request) error
	// Answered sees every answer, its body readable. retry asks for one more
	// attempt with fresh credentials; it is granted where only the credentials
	// were refused, so that nothing was done, and at most once a call.
	Answered(*http.Response) (retry bool, err error)
}

// Pacer decides when a request may leave. It must be safe for concurrent use.
type Pacer interface {
	// Wait returns when the request may be sent, or with an error that stops
	// the call. path carries no query.
	Wait(ctx context.Context, method, path string) error
	// Answered sees status and headers of every answer.
	Answered(method, path string, status int, h http.Header)
}

// Org is one Okta org as one caller may use it. It is safe for concurrent use.
type Org struct {
	*wire
	readOnly bool
}

// wire is what an Org and its read-only twin share.
type wire struct {
	base       url.URL // scheme and host, nothing else
	sdk        *okta.APIClient
	transport  http.RoundTripper
	authorizer Authorizer
	pacer      Pacer
	limits     *limits
	userAgent  string
	maxBody    int64
	grace      time.Duration
	now        func() time.Time
	sleep      func(context.Context, time.Duration) error
	waited     func(reason string, d time.Duration)
	log        *slog.Logger
}

// New checks the options and answers the org they name. It sends nothing.
func New(o Options) (*Org, error) {
	base, err := parseOrgURL(o.URL)
	if err != nil {
		return nil, err
	}
	if o.Authorizer == nil {
		return nil, errors.New("no authorizer given: set Options.Authorizer")
	}
	o = o.withDefaults()
	w := &wire{
		base:       base,
		transport:  o.Transport,
		authorizer: o.Authorizer,
		pacer:      o.Pacer,
		limits:     &limits{families: map[string]Headroom{}},
		userAgent:  o.UserAgent,
		maxBody:    o.MaxBody,
		grace:      o.WriteGrace,
		now:        o.Now,
		sleep:      o.Sleep,
		waited:     o.Waited,
		log:        o.Logger,
	}
	w.sdk = newSDK(w)
	return &Org{wire: w}, nil
}

func (o Options) withDefaults() Options {
	if o.Transport == nil {
		o.Transport = newTransport()
	}
	if o.UserAgent == "" {
		o.UserAgent = defaultUserAgent
	}
	if o.MaxBody <= 0 {
		o.MaxBody = defaultMaxBody
	}
	if o.Pacer == nil {
		o.Pacer = unpaced{}
	}
	if o.WriteGrace <= 0 {
		o.WriteGrace = defaultWriteGrace
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Waited == nil {
		o.Waited = func(string, time.Duration) {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// newSDK builds the SDK's client by hand: its NewConfiguration would read
// ~/.okta/okta.yaml and every OKTA_* variable, may print to stdout, and lets a
// variable replace our transport.
func newSDK(w *wire) *okta.APIClient {
	cfg := &okta.Configuration{
		Host:    w.base.Host,
		Scheme:  w.base.Scheme,
		Servers: okta.ServerConfigurations{{URL: w.base.String()}},
		Context: context.Background(),
		HTTPClient: &http.Client{
			Transport:     capture{w},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	// The SDK insists on a mode. Its header is thrown away with its request.
	cfg.Okta.Client.AuthorizationMode = "Bearer"
	cfg.Okta.Client.Token = "unused"
	return okta.NewAPIClient(cfg)
}

// ReadOnly answers the same org, through which nothing leaves but GET and the
// POSTs known only to read (createPolicySimulation, submitGroupAttributeQuery).
// Anything else answers [ErrReadOnly] before a byte is sent. It shares
// connections, pacing and headroom with o.
func (o *Org) ReadOnly() *Org { return &Org{wire: o.wire, readOnly: true} }

// Host is the org's host, with its port if the URL had one.
func (o *Org) Host() string { return o.base.Host }

// URL is the org's address without a trailing slash.
func (o *Org) URL() string { return o.base.String() }

// Headroom is what Okta last said about its rate limits, for each family of
// endpoints called so far, sorted by family.
func (o *Org) Headroom() []Headroom { return o.limits.snapshot() }

// Do performs any operation, for what has no method here. path begins with
// "/", holds no query and no fragment, and its segments are already escaped;
// dot segments, empty segments and escaped separators are refused. A GET takes
// no body.
func (o *Org) Do(ctx context.Context, method, path string, q Query, body json.RawMessage) (*Answer, error) {
	return o.send(ctx, method, path, call{query: q, body: body})
}

func parseOrgURL(raw string) (url.URL, error) {
	bad := func(why string) (url.URL, error) {
		return url.URL{}, fmt.Errorf("org URL refused: %s; give it as https://example.okta.com", why)
	}
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		// The parser's error repeats its input, which may hold a password.
		return bad("it is not a URL")
	}
	host := strings.ToLower(u.Hostname())
	switch {
	case u.User != nil:
		return bad("it carries a user or password")
	case u.Scheme != "https" && u.Scheme != "http":
		return bad("it does not start with https://")
	case !plainHost(host):
		return bad("it names no valid host")
	case u.Scheme == "http" && !isLoopback(host):
		return bad("http is for loopback hosts only")
	case strings.TrimSuffix(u.EscapedPath(), "/") != "":
		return bad("it has a path")
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(raw, "#"):
		return bad("it has a query or a fragment")
	}
	if plain, ok := adminHost(host); ok {
		return bad(fmt.Sprintf("%s is the admin console, use https://%s", host, plain))
	}
	return url.URL{Scheme: u.Scheme, Host: canonicalHost(u)}, nil
}

// canonicalHost is the host in lower case, without its scheme's default port,
// so that two spellings of one origin compare equal.
func canonicalHost(u *url.URL) string {
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port == "" || u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		return host
	}
	return host + ":" + port
}

// plainHost reports whether host is an IP address or looks like a DNS name;
// url.Parse also lets placeholders such as "{yourOktaDomain}" through.
func plainHost(host string) bool {
	if net.ParseIP(host) != nil {
		return true
	}
	for _, label := range strings.Split(host, ".") {
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// adminHost answers the org's host for an admin console's. Only Okta's own
// domains name consoles so; a custom domain may well end its label in "-admin".
func adminHost(host string) (plain string, ok bool) {
	label, domain, _ := strings.Cut(host, ".")
	org, isAdmin := strings.CutSuffix(label, "-admin")
	return org + "." + domain, isAdmin && org != "" && strings.HasPrefix(domain, "okta")
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
