package settings

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Network is how serve is reached otherwise than over standard input and output.
type Network struct {
	Transport string // "stdio", "http" or "sse"; empty: not said, which is stdio
	Listen    string // as given; empty: not said, see Address
	Auth      string // "oauth", or "token-file=" and a path; empty: a token made at start

	PublicURL   string
	OAuthIssuer string
	OAuthScopes []string // a token has all of them
	OAuthGroups []string // a token's person is in one of them

	TLSCert        string
	TLSKey         string
	BehindTLSProxy bool

	AllowHosts   []string // in lower case, with or without a port
	AllowOrigins []string // as browsers send them

	MetricsListen string         // as given; empty: no metrics
	ShutdownGrace *time.Duration // nil: not said, see Grace
}

const (
	defaultListen = "127.0.0.1:8080"
	defaultGrace  = 20 * time.Second
	mostGrace     = 10 * time.Minute
	tokenFile     = "token-file="
)

// network are the settings of serve alone.
func network() []setting {
	rows := append(reached(), trusted()...)
	for i := range rows {
		rows[i].serving = true
	}
	return rows
}

func reached() []setting {
	return []setting{
		choice(setting{flag: "transport", usage: "how clients reach the server: stdio, http (Streamable HTTP) or sse (default stdio)", example: "http"},
			func(s *Settings) *string { return &s.Network.Transport }, "stdio", "http", "sse"),
		{flag: "listen", usage: "address and port to serve at; without an address on every interface, port 0 for any (default " + defaultListen + ")", example: defaultListen,
			set: func(s *Settings, v string) error { s.Network.Listen = v; return checkListen(v) }},
		{flag: "public-url", usage: "URL under which clients reach the server: its host is accepted as Host, and with --auth oauth it is what tokens must be for", example: "https://mcp.example.com/mcp",
			set: func(s *Settings, v string) error { s.Network.PublicURL = v; return checkPublicURL(v) }},
		{flag: "allow-host", usage: "further names or addresses that requests may give as Host", example: "mcp.example.com,10.0.0.5:8080",
			set: func(s *Settings, v string) error {
				names, err := hosts(v)
				s.Network.AllowHosts = append(s.Network.AllowHosts, names...)
				return err
			}},
		{flag: "allow-origin", usage: "origins of the web pages that may call the server (CORS); no others may", example: "https://inspector.example.com",
			set: func(s *Settings, v string) error {
				names, err := origins(v)
				s.Network.AllowOrigins = append(s.Network.AllowOrigins, names...)
				return err
			}},
		{flag: "metrics-listen", usage: "address and port to serve Prometheus metrics at, to everybody who reaches it: no person is named in them", example: "127.0.0.1:9090",
			set: func(s *Settings, v string) error { s.Network.MetricsListen = v; return checkListen(v) }},
		{flag: "shutdown-grace", usage: "how long calls in flight go on after SIGTERM, 0s to 10m (default 20s)", example: "20s",
			set: func(s *Settings, v string) error {
				d, err := duration(v, 0, mostGrace)
				s.Network.ShutdownGrace = &d
				return err
			}},
	}
}

func trusted() []setting {
	return []setting{
		{flag: "auth", usage: "who may call: oauth, or token-file=PATH with a name and a token a line (default who has the token made at start; on loopback only)", example: "token-file=/etc/okta-mcp/tokens", values: []string{"oauth", tokenFile},
			set: func(s *Settings, v string) error { s.Network.Auth = v; return checkAuth(v) }},
		{flag: "oauth-issuer", usage: "with --auth oauth: the authorization server whose tokens are taken, as its metadata names it", example: "https://acme.okta.com/oauth2/default",
			set: func(s *Settings, v string) error { s.Network.OAuthIssuer = v; return checkWebURL(v) }},
		{flag: "oauth-scopes", required: true, usage: "with --auth oauth: scopes that every token must have", example: "okta-mcp",
			set: func(s *Settings, v string) error {
				names, err := named(v, " ,")
				s.Network.OAuthScopes = append(s.Network.OAuthScopes, names...)
				return err
			}},
		{flag: "oauth-groups", required: true, usage: "with --auth oauth: groups of which a token's person must be in one; a name cannot hold a comma", example: "Okta Operators,Help Desk",
			set: func(s *Settings, v string) error {
				names, err := named(v, ",")
				s.Network.OAuthGroups = append(s.Network.OAuthGroups, names...)
				return err
			}},
		{flag: "tls-cert", usage: "file with the server's certificate and those that vouch for it (PEM), read again when it changes", example: "/etc/okta-mcp/tls.crt",
			set: func(s *Settings, v string) error { s.Network.TLSCert = v; return fileName(v) }},
		{flag: "tls-key", usage: "file with the certificate's private key (PEM)", example: "/etc/okta-mcp/tls.key",
			set: func(s *Settings, v string) error { s.Network.TLSKey = v; return fileName(v) }},
		{flag: "behind-tls-proxy", isBool: true, usage: "serve plain HTTP beyond loopback, because a proxy in front does TLS and nobody else reaches the server", example: "true",
			set: func(s *Settings, v string) (err error) { s.Network.BehindTLSProxy, err = boolean(v); return err }},
	}
}

// Remote reports whether clients come over a network, loopback included.
func (n Network) Remote() bool { return n.Transport == "http" || n.Transport == "sse" }

// Address is where to listen.
func (n Network) Address() string {
	if n.Listen == "" {
		return defaultListen
	}
	return n.Listen
}

// Grace is how long calls in flight go on after SIGTERM.
func (n Network) Grace() time.Duration {
	if n.ShutdownGrace == nil {
		return defaultGrace
	}
	return *n.ShutdownGrace
}

// TokenFile is the file of --auth token-file=PATH, if that is what is given.
func (n Network) TokenFile() (path string, given bool) { return strings.CutPrefix(n.Auth, tokenFile) }

// Check finds what does not fit together; ask is Settings.Ask. The address is
// looked at as far as it is written: what a name stands for shows only when
// listening, after which Beyond has the word.
func (n Network) Check(ask string) error {
	if !n.Remote() {
		return n.unused()
	}
	oauth := n.Auth == "oauth"
	for _, misfit := range []struct {
		is            bool
		flag, problem string
	}{
		{ask == "browser", "ask", "browser with --transport " + n.Transport + ": a page would open where the server runs; people are asked by the MCP client"},
		{oauth && n.PublicURL == "", "public-url", "missing: --auth oauth takes tokens for this URL only"},
		{oauth && n.OAuthIssuer == "", "oauth-issuer", "missing: --auth oauth takes the tokens of this authorization server only"},
		{!oauth && n.OAuthIssuer != "", "oauth-issuer", "given without --auth oauth, where it has no effect; leave it out, or add that"},
		{!oauth && n.OAuthScopes != nil, "oauth-scopes", "given without --auth oauth, where it has no effect; leave it out, or add that"},
		{!oauth && n.OAuthGroups != nil, "oauth-groups", "given without --auth oauth, where it has no effect; leave it out, or add that"},
		{n.TLSCert != "" && n.TLSKey == "", "tls-key", "missing: --tls-cert is given"},
		{n.TLSCert == "" && n.TLSKey != "", "tls-cert", "missing: --tls-key is given"},
		{n.TLSCert != "" && n.BehindTLSProxy, "behind-tls-proxy", "given together with --tls-cert; either the proxy does TLS, or this server: leave one out"},
	} {
		if misfit.is {
			return about(misfit.flag, misfit.problem)
		}
	}
	host, _, err := net.SplitHostPort(n.Address())
	if err != nil {
		return about("listen", err.Error())
	}
	if host == "" {
		return n.checkAddress(netip.IPv6Unspecified())
	}
	if address, err := netip.ParseAddr(host); err == nil {
		return n.checkAddress(address)
	}
	return nil // a name
}

// unused names what would have no effect without a network.
func (n Network) unused() error {
	var flags []string
	for flag, given := range map[string]bool{
		"listen": n.Listen != "", "auth": n.Auth != "", "public-url": n.PublicURL != "",
		"oauth-issuer": n.OAuthIssuer != "", "oauth-scopes": n.OAuthScopes != nil, "oauth-groups": n.OAuthGroups != nil,
		"tls-cert": n.TLSCert != "", "tls-key": n.TLSKey != "", "behind-tls-proxy": n.BehindTLSProxy,
		"allow-host": n.AllowHosts != nil, "allow-origin": n.AllowOrigins != nil,
		"metrics-listen": n.MetricsListen != "", "shutdown-grace": n.ShutdownGrace != nil,
	} {
		if given {
			flags = append(flags, "--"+flag)
		}
	}
	if len(flags) == 0 {
		return nil
	}
	slices.Sort(flags)
	return &Error{Name: strings.Join(flags, ", "), Problem: "given (as a flag, a variable or in the profile) for standard input and output, where it has no effect; leave it out, or add --transport http or sse"}
}

// checkAddress finds what is missing for serving at an address. One that means
// every interface names no Host that clients could ask for.
func (n Network) checkAddress(at netip.Addr) error {
	if at.IsLoopback() {
		return nil
	}
	if err := n.Beyond(); err != nil {
		return err
	}
	if at.Unmap().IsUnspecified() && n.PublicURL == "" && n.AllowHosts == nil {
		return about("allow-host", "missing: --listen "+n.Address()+" means every interface, so that nothing says which Host requests may ask for; add this or --public-url")
	}
	return nil
}

// Beyond says what is missing for serving at an address beyond loopback, where
// strangers are; nil where nothing is.
func (n Network) Beyond() error {
	var missing []string
	if n.Auth == "" {
		missing = append(missing, "--auth oauth or --auth "+tokenFile+"PATH, so that strangers cannot call")
	}
	if n.TLSCert == "" && !n.BehindTLSProxy {
		missing = append(missing, "--tls-cert and --tls-key (or --behind-tls-proxy where a proxy does TLS), so that nobody on the way reads tokens and answers")
	}
	if len(missing) == 0 {
		return nil
	}
	return about("listen", n.Address()+" is beyond loopback; add "+strings.Join(missing, ", and "))
}

// checkAuth repeats nothing of what was given: it may be a token.
func checkAuth(v string) error {
	if file, given := strings.CutPrefix(v, tokenFile); given {
		if strings.HasPrefix(file, "~") {
			return errors.New("~ stands for nothing after a =; write the path out")
		}
		return fileName(file)
	}
	if v != "oauth" {
		return errors.New("neither oauth nor " + tokenFile + "PATH")
	}
	return nil
}

func checkListen(v string) error {
	host, port, err := net.SplitHostPort(v)
	if err != nil || host != "" && !isHost(host) {
		return fmt.Errorf("not an address and a port: %q", v)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("the port is not a number from 0 to 65535: %q", v)
	}
	return nil
}

// checkWebURL says what is wrong with a URL that identifies something and is
// compared as text.
func checkWebURL(v string) error {
	u, err := secureURL(v)
	switch {
	case err != nil:
		return err
	case u.User != nil || strings.ContainsAny(v, "?#"):
		return errors.New("more than an address and a path")
	case !isAuthority(u.Host) || !printable.MatchString(v) || !isClean(u.Path):
		return errors.New("not an address and a path as clients write them")
	}
	return nil
}

func checkPublicURL(v string) error {
	if err := checkWebURL(v); err != nil {
		return err
	}
	if u, err := url.Parse(v); err != nil || !strings.HasPrefix(v, u.Scheme+"://") || !asSent(u.Scheme, u.Host) {
		return errors.New("not as clients write it: in lower case up to the path, and without the port that https has anyway")
	}
	return nil
}

// hosts reads what the header Host may be. Errors here and below repeat nothing:
// an address can hold a password.
func hosts(v string) ([]string, error) {
	names, err := named(strings.ToLower(v), ",")
	if slices.ContainsFunc(names, func(name string) bool { return !isAuthority(name) }) {
		return nil, errors.New("not only names and addresses, each with or without a port; there is no scheme, no path and no *, and an IPv6 address stands in brackets")
	}
	return names, err
}

// origins reads what the header Origin may be, which is compared as text.
func origins(v string) ([]string, error) {
	names, err := named(v, ",")
	if slices.ContainsFunc(names, func(name string) bool {
		scheme, host, _ := strings.Cut(name, "://")
		return !schemeName.MatchString(scheme) || !isAuthority(host) || !asSent(scheme, host)
	}) {
		return nil, errors.New("not only origins as browsers send them: a scheme, :// and a host, with a port where it is not the scheme's own, in lower case; there is no path, no * and no null")
	}
	return names, err
}

var (
	printable  = regexp.MustCompile(`^[!#-\[\]-~]+$`)
	schemeName = regexp.MustCompile(`^[a-z][a-z0-9+.-]*$`)
	hostName   = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$`)
	// Resolvers read such names as addresses: 0 as every interface, 127.1 as loopback.
	numberLast = regexp.MustCompile(`(^|\.)([0-9]+|0[xX][0-9A-Fa-f]*)$`)
)

// isHost reports whether the text is a name or an address, an IPv6 one without
// brackets.
func isHost(v string) bool {
	_, err := netip.ParseAddr(v)
	return err == nil || hostName.MatchString(v) && !numberLast.MatchString(v)
}

// isAuthority reports whether the text is a host with or without a port, as URLs
// and the header Host have it.
func isAuthority(v string) bool {
	host := v
	if colon := strings.LastIndexByte(v, ':'); colon > strings.LastIndexByte(v, ']') {
		host = v[:colon]
		if port, err := strconv.ParseUint(v[colon+1:], 10, 16); err != nil || port == 0 {
			return false
		}
	}
	if inner, bracketed := strings.CutPrefix(host, "["); bracketed {
		address, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		return err == nil && address.Is6() && address.Zone() == "" && strings.HasSuffix(inner, "]")
	}
	return isHost(host) && !strings.Contains(host, ":")
}

// asSent reports whether clients write a host so: case and the scheme's own port
// never reach us.
func asSent(scheme, host string) bool {
	return host == strings.ToLower(host) &&
		!(scheme == "https" && strings.HasSuffix(host, ":443")) && !(scheme == "http" && strings.HasSuffix(host, ":80"))
}

// isClean reports whether a path means itself wherever it is written; a / may end it.
func isClean(p string) bool {
	clean := path.Clean(p)
	return p == "" || p == clean || clean != "/" && p == clean+"/"
}

func fileName(v string) error {
	if strings.Contains(v, "-----BEGIN") || strings.ContainsAny(v, "\r\n") {
		return errors.New("the text of a file, not its name")
	}
	return notEmpty(v, "file")
}
