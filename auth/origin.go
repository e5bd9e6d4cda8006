package auth

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// The org authorization server's endpoints. Custom authorization servers cannot
// grant Okta's API scopes.
const (
	tokenPath  = "/oauth2/v1/token"
	devicePath = "/oauth2/v1/device/authorize"
	revokePath = "/oauth2/v1/revoke"
)

// origin is the only place secrets may go: a scheme, and a host with its port
// where that is not the scheme's own.
type origin struct{ scheme, host string }

func (o origin) String() string   { return o.scheme + "://" + o.host }
func (o origin) tokenURL() string { return o.String() + tokenPath }

// parseOrigin reads an org URL. Plain http is for loopback alone, where no
// network carries the token.
func parseOrigin(raw string) (origin, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Hostname() == "" {
		// The parse error would repeat the input, which may hold a password.
		return origin{}, errors.New("the org URL cannot be read: give it like https://acme.okta.com")
	}
	o := originOf(u)
	switch {
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return origin{}, fmt.Errorf("the org URL is more than a host: use %s alone, without user, path, query or fragment", o)
	case o.scheme == "http" && !isLoopback(u.Hostname()):
		return origin{}, fmt.Errorf("the org URL %s is not https: plain http is taken for loopback addresses only", o)
	case o.scheme != "https" && o.scheme != "http":
		return origin{}, fmt.Errorf("the org URL has the scheme %q: use https", o.scheme)
	case strings.Contains(o.host, "-admin.okta"):
		return origin{}, fmt.Errorf("the org URL %s is the admin console's: use %s://%s", o, o.scheme, strings.Replace(o.host, "-admin.okta", ".okta", 1))
	}
	return o, nil
}

// originOf writes an address the way RFC 6454 compares origins: in lower case
// and without a default port.
func originOf(u *url.URL) origin {
	scheme, host, port := strings.ToLower(u.Scheme), strings.ToLower(u.Hostname()), u.Port()
	if port == "443" && scheme == "https" || port == "80" && scheme == "http" {
		port = ""
	}
	if port != "" {
		return origin{scheme, net.JoinHostPort(host, port)}
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return origin{scheme, host}
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback() || strings.EqualFold(host, "localhost")
}

// check refuses a request that would carry our token anywhere but to the org.
// The Host header counts too: behind a shared front it chooses the tenant.
func (o origin) check(req *http.Request) error {
	if req == nil || req.URL == nil {
		return errors.New("authorizing a request without a URL: build it with http.NewRequestWithContext")
	}
	to := originOf(req.URL)
	if to != o {
		return fmt.Errorf("refusing to send the access token to %s: it is for %s only", to, o)
	}
	if req.Host == "" {
		return nil
	}
	if named := originOf(&url.URL{Scheme: to.scheme, Host: req.Host}); named != o {
		return fmt.Errorf("refusing to send the access token with the Host header %q: it is for %s only", req.Host, o)
	}
	return nil
}
