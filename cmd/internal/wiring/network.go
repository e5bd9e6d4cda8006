package wiring

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"okta-mcp/auth/inbound"
	"okta-mcp/cmd/internal/callers"
	"okta-mcp/cmd/internal/remote"
	"okta-mcp/cmd/internal/settings"
	"okta-mcp/tools"
)

// Front is what a server on a network shows to callers, before anything of Okta.
type Front struct {
	Listener      net.Listener
	Metrics       net.Listener         // nil: none
	Certificates  *remote.Certificates // nil: plain HTTP
	Authenticator inbound.Authenticator
	Grants        func(inbound.Caller) []tools.Grant
	Groups        []string          // whose members are let in, or are bound
	Metadata      map[string][]byte // by path
	Hosts         []string
	URL           string // of the endpoint, as the listener has it
	Token         string // the only one, made for this start; empty: callers have others
}

// localToken is the name of the token that a server on loopback makes for itself.
const localToken = "local"

// issuerWithin is how long an issuer may take to say what its keys are.
const issuerWithin = 30 * time.Second

// OpenFront checks the settings of the network and listens. Nothing is answered yet.
func OpenFront(ctx context.Context, s settings.Settings, log *slog.Logger) (_ *Front, err error) {
	n := s.Network
	f := &Front{}
	file := settings.ConfigFile(os.LookupEnv)
	who, err := callers.Open(file)
	if err != nil {
		return nil, err
	}
	if err := f.authenticate(ctx, n, who, log); err != nil {
		return nil, err
	}
	if f.Grants, err = grants(n, who, file); err != nil {
		return nil, err
	}
	warn(s, who, log)
	if n.TLSCert != "" {
		if f.Certificates, err = remote.OpenCertificates(n.TLSCert, n.TLSKey, log); err != nil {
			return nil, &settings.Error{Name: "--tls-cert and --tls-key", Problem: err.Error()}
		}
	}
	return f, f.listen(n)
}

// warn tells what is set and has no effect.
func warn(s settings.Settings, who *callers.Callers, log *slog.Logger) {
	for _, approval := range s.Approve {
		if tool, _, _ := strings.Cut(approval, "="); !who.Approve(tool) {
			log.Warn("an approval holds for nobody over a network, where the caller's entry has to list the tool under approve", "tool", tool)
		}
	}
	tokens, oauth := len(who.Tokens()), len(who.Groups())+len(who.Scopes())
	if s.Network.Auth == "oauth" && tokens > 0 {
		log.Warn("entries of callers about tokens match nobody with --auth oauth", "entries", tokens)
	} else if s.Network.Auth != "oauth" && oauth > 0 {
		log.Warn("entries of callers about scopes and groups match nobody without --auth oauth", "entries", oauth)
	}
}

// Close stops listening.
func (f *Front) Close() {
	for _, listener := range []net.Listener{f.Listener, f.Metrics} {
		if listener != nil {
			_ = listener.Close() // who serves it has closed it before
		}
	}
}

// authenticate finds out how callers are known.
func (f *Front) authenticate(ctx context.Context, n settings.Network, who *callers.Callers, log *slog.Logger) (err error) {
	path, fromFile := n.TokenFile()
	switch {
	case n.Auth == "":
		f.Token = inbound.RandomToken()
		f.Authenticator, err = inbound.SingleToken(localToken, f.Token)
		return err
	case fromFile:
		if f.Authenticator, err = inbound.OpenTokenFile(inbound.TokenFile{Path: path, Logger: log}); err != nil {
			return &settings.Error{Name: "--auth", Problem: err.Error()}
		}
		return nil
	}
	return f.oauth(ctx, n, who, log)
}

// oauth takes the tokens of an authorization server, and says so to clients.
func (f *Front) oauth(ctx context.Context, n settings.Network, who *callers.Callers, log *slog.Logger) error {
	asking, cancel := context.WithTimeout(ctx, issuerWithin)
	defer cancel()
	config := inbound.OAuthConfig{
		Issuer: n.OAuthIssuer, Audience: n.PublicURL, Scopes: n.OAuthScopes, Groups: n.OAuthGroups, Logger: log,
		Offered: who.Scopes(),
	}
	authenticator, err := inbound.NewOAuth(asking, config)
	if err != nil {
		return &settings.Error{Name: "--auth oauth", Problem: err.Error()}
	}
	f.Authenticator, f.Groups = authenticator, append(who.Groups(), n.OAuthGroups...)
	document, err := inbound.Metadata(n.PublicURL, n.OAuthIssuer, authenticator.Offered())
	if err != nil {
		return &settings.Error{Name: "--public-url", Problem: err.Error()}
	}
	paths, err := inbound.MetadataPaths(n.PublicURL)
	if err != nil {
		return &settings.Error{Name: "--public-url", Problem: err.Error()}
	}
	f.Metadata = map[string][]byte{}
	for _, path := range paths {
		f.Metadata[path] = document
	}
	return nil
}

// grants is who may do what. Without a word about callers, the one on loopback who
// has the token that was made for this start is bounded by the flags alone, and
// nothing is approved beforehand; there is nobody else, then.
func grants(n settings.Network, who *callers.Callers, file string) (func(inbound.Caller) []tools.Grant, error) {
	switch {
	case who.Some() && n.Auth == "" && len(who.Grants(inbound.Caller{Token: localToken})) == 0:
		return nil, &settings.Error{Name: "callers", Problem: "no entry is about the token " + localToken + ", which is the only one without --auth, so nobody could do anything", Example: "callers: [{match: {token: " + localToken + "}}]"}
	case who.Some():
		return who.Grants, nil
	case n.Auth != "":
		if file == "" {
			file = "the configuration file, which neither XDG_CONFIG_HOME nor HOME leads to,"
		}
		return nil, &settings.Error{Name: "callers", Problem: file + " says nothing of callers, so nobody could do anything; add who may do what", Example: "callers: [{match: {token: ci}, read_only: true}]"}
	}
	return func(inbound.Caller) []tools.Grant { return []tools.Grant{{Name: "the only token"}} }, nil
}

// listen opens the port, and closes it again where strangers would reach a server
// that is not made for them: what a name stands for shows only here.
func (f *Front) listen(n settings.Network) error {
	listener, err := net.Listen("tcp", n.Address())
	if err != nil {
		return &settings.Error{Name: "--listen", Problem: err.Error(), Example: "127.0.0.1:8080"}
	}
	address, err := netip.ParseAddrPort(listener.Addr().String())
	if err == nil && !address.Addr().Unmap().IsLoopback() {
		err = n.Beyond()
	}
	if err != nil {
		_ = listener.Close() // which says nothing that the refusal does not
		return err
	}
	f.Listener, f.Hosts = listener, hosts(n, address.Addr().Unmap())
	scheme := "http://"
	if f.Certificates != nil {
		scheme = "https://"
	}
	f.URL = scheme + address.String() + remote.Endpoint(n.Transport)
	if n.MetricsListen == "" {
		return nil
	}
	if f.Metrics, err = net.Listen("tcp", n.MetricsListen); err != nil {
		f.Close()
		return &settings.Error{Name: "--metrics-listen", Problem: err.Error(), Example: "127.0.0.1:9090"}
	}
	return nil
}

// hosts are the names that requests may be for.
func hosts(n settings.Network, at netip.Addr) []string {
	names := slices.Clone(n.AllowHosts)
	if at.IsLoopback() || at.IsUnspecified() {
		names = append(names, "localhost", "127.0.0.1", "::1")
	}
	if !at.IsUnspecified() {
		names = append(names, at.String())
	}
	if public, err := url.Parse(n.PublicURL); err == nil && public.Host != "" {
		names = append(names, public.Host)
	}
	return names
}

// Entry is what a person pastes into the configuration of an MCP client.
func (f *Front) Entry(transport string) string {
	return fmt.Sprintf(`{"mcpServers": {"okta": {"type": %q, "url": %q, "headers": {"Authorization": "Bearer %s"}}}}`, transport, f.URL, f.Token)
}
