package doctor

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// wellKnown is what every org answers without credentials.
	wellKnown = "/.well-known/okta-organization"

	reachWithin = 15 * time.Second
	maxAnswer   = 1 << 20
)

// answer is what the org said to a request without credentials, and when.
type answer struct {
	status         int
	header         http.Header
	body           []byte
	sent, received time.Time // by this machine's wall clock
}

// reach finds out whether an Okta org answers at the address, and over a
// connection that is trusted.
func (e *exam) reach(ctx context.Context) Finding {
	got, err := e.get(ctx)
	if err != nil {
		return unreached(e.host(), err)
	}
	found := e.judge(got)
	if found.Status != Mend {
		e.answer = got
	}
	return found
}

func (e *exam) host() string {
	address, err := url.Parse(e.Settings.OrgURL)
	if err != nil {
		return "the org"
	}
	return address.Hostname()
}

func (e *exam) get(ctx context.Context) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, reachWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.Settings.OrgURL+wellKnown, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	transport := e.Transport
	if transport == nil {
		transport = &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, DisableKeepAlives: true}
	}
	got := &answer{sent: e.Now().Round(0)}
	resp, err := transport.RoundTrip(req) // which follows no redirect
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	got.received, got.status, got.header = e.Now().Round(0), resp.StatusCode, resp.Header
	got.body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return got, err
}

const (
	checkURL     = "copy the org URL from the Admin Console's user menu, without -admin, into OKTA_ORG_URL"
	checkProxies = "check the network, and the proxy in HTTPS_PROXY and NO_PROXY"
)

// unreached names what kept an answer from coming.
func unreached(host string, err error) Finding {
	var name *net.DNSError
	var operation *net.OpError
	switch {
	case errors.As(err, &operation) && operation.Op == "proxyconnect":
		return mend("set HTTPS_PROXY to a proxy that works, or NO_PROXY to "+host, "the proxy on the way to %s does not answer", host)
	case errors.As(err, &name) && name.IsNotFound:
		return mend(checkURL+"; if it is right, check this machine's DNS", "the name %s does not resolve", host)
	case errors.As(err, &name):
		return mend("check this machine's network and DNS", "looking up the name %s failed", host)
	case errors.Is(err, syscall.ECONNREFUSED):
		return mend(checkURL+"; if it is right, "+checkProxies, "%s refused the connection", host)
	case isTimeout(err):
		return mend(checkProxies+"; a firewall may be dropping connections", "%s did not answer within %s", host, reachWithin)
	}
	if found := untrusted(host, err); found != nil {
		return *found
	}
	return mend(checkProxies, "%s could not be reached: %s", host, strconv.Quote(err.Error()))
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// untrusted names what is wrong with a TLS connection; nil where it is something
// else.
func untrusted(host string, err error) *Finding {
	var authority x509.UnknownAuthorityError
	var wrongHost x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var found Finding
	switch {
	case errors.As(err, &authority):
		found = mend("a proxy that inspects TLS is the usual reason: have its root certificate installed in this machine's trust store (for a program on Linux also by SSL_CERT_FILE)",
			"the TLS certificate of %s is by an authority that this machine does not know", host)
	case errors.As(err, &wrongHost):
		found = mend(checkURL+"; a custom domain needs its own certificate, under Customizations > Brands > the brand > Domains", "the TLS certificate is not for %s", host)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		found = mend("check this machine's date first; if it is right, the certificate of the custom domain, or of the proxy that inspects TLS, is to be renewed", "the TLS certificate of %s has expired or is not valid yet", host)
	case errors.As(err, &invalid):
		found = mend("have the certificate of the custom domain, or of the proxy that inspects TLS, replaced", "the TLS certificate of %s is not valid", host)
	case errors.As(err, &record) || errors.Is(err, http.ErrSchemeMismatch):
		found = mend(checkURL+"; if it is right, "+checkProxies, "%s answers, but does not speak TLS there", host)
	case errors.As(err, &alert) || strings.Contains(err.Error(), "tls: ") || errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET):
		found = mend(checkURL+"; if it is right, "+checkProxies+": TLS 1.2 or later must get through", "the TLS handshake with %s failed", host)
	default:
		return nil
	}
	return &found
}

// organization is what an org says of itself. Of the links, organization is
// Okta's own address and alternate a custom domain.
type organization struct {
	ID    string `json:"id"`
	Links struct {
		Organization, Alternate struct {
			Href string `json:"href"`
		}
	} `json:"_links"`
}

// judge tells an org from what else may answer.
func (e *exam) judge(got *answer) Finding {
	var org organization
	switch {
	case got.status == http.StatusProxyAuthRequired:
		return mend("give the proxy's user and password in HTTPS_PROXY", "a proxy on the way to %s wants to know who is asking", e.host())
	case got.status/100 == 3:
		return mend(checkURL+"; a proxy's sign-in page redirects as well: sign in to it in a browser", "%s redirects elsewhere, which is not followed", e.host())
	case isPage(got):
		return mend(checkProxies+"; a proxy may want a sign-in in the browser, or an exception for "+e.host(), "a web page came instead of Okta's answer (HTTP %d): a proxy or sign-in page stands in between", got.status)
	case got.status == http.StatusTooManyRequests:
		return warn("wait a minute", "%s answers that there are too many requests", e.host())
	case got.status >= http.StatusInternalServerError:
		return mend("see https://status.okta.com, and try again later", "%s answers with a fault (HTTP %d)", e.host(), got.status)
	case got.status != http.StatusOK || json.Unmarshal(got.body, &org) != nil || org.ID == "":
		return mend(checkURL, "what answers at %s is no Okta org (HTTP %d)", e.host(), got.status)
	}
	if strings.HasPrefix(e.Settings.OrgURL, "http:") {
		return ok("an Okta org answers, without TLS, which a loopback address needs not")
	}
	return ok("an Okta org answers over TLS, in %d ms", got.received.Sub(got.sent).Milliseconds())
}

func isPage(got *answer) bool {
	return strings.Contains(got.header.Get("Content-Type"), "html") || bytes.HasPrefix(bytes.TrimSpace(got.body), []byte("<"))
}

// otherName is the address that the org gives for itself where it is none that
// we use, and otherwise empty: an assertion is for one address alone.
func (e *exam) otherName() string {
	var org organization
	if e.answer == nil || json.Unmarshal(e.answer.body, &org) != nil {
		return ""
	}
	own, err := url.Parse(org.Links.Organization.Href)
	names := []string{org.Links.Organization.Href, org.Links.Alternate.Href}
	if err != nil || own.Host == "" || slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, e.Settings.OrgURL) }) {
		return ""
	}
	return strconv.Quote(own.Scheme + "://" + own.Host) // the org's word, not ours
}
