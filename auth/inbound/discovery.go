package inbound

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	readTimeout = 10 * time.Second
	maxDocument = 1 << 20

	// The org authorization server's endpoints, which no custom one has.
	orgTokenPath = "/oauth2/v1/token"
	orgKeysPath  = "/oauth2/v1/keys"

	useCustom = "use a custom authorization server, such as https://{org}/oauth2/default or https://{org}/oauth2/aus…"
)

// reader reads JSON documents of an authorization server. It follows no redirect:
// keys are what they are because of the address they come from.
type reader struct{ client *http.Client }

func newReader(transport http.RoundTripper) reader {
	if transport == nil {
		transport = &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			ForceAttemptHTTP2:   true,
			TLSHandshakeTimeout: readTimeout,
			// Documents are read hourly: an idle connection would be dead by then.
			DisableKeepAlives: true,
		}
	}
	return reader{&http.Client{
		Transport:     transport,
		Timeout:       readTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// read gets the document at an address into a value.
func (r reader) read(ctx context.Context, address string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("building the request: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := r.client.Do(req)
	if err != nil {
		return err // it names the address
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: answered %d, not 200 (redirects are not followed)", address, resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxDocument+1))
	switch {
	case err != nil:
		return fmt.Errorf("GET %s: reading the answer: %w", address, err)
	case len(body) > maxDocument:
		return fmt.Errorf("GET %s: answered more than 1 MiB", address)
	case json.Unmarshal(body, into) != nil:
		return fmt.Errorf("GET %s: answered what is not the JSON it should be", address)
	}
	return nil
}

// serverMetadata is what we need of RFC 8414 section 2.
type serverMetadata struct {
	Issuer        string `json:"issuer"`
	TokenEndpoint string `json:"token_endpoint"`
	KeysURL       string `json:"jwks_uri"`
}

// discover finds the address of the issuer's keys.
func (r reader) discover(ctx context.Context, issuer string) (keysURL string, err error) {
	u, err := issuerURL(issuer)
	if err != nil {
		return "", err
	}
	var problems []error
	for _, address := range metadataAddresses(u) {
		var said serverMetadata
		if err := r.read(ctx, address, &said); err != nil {
			problems = append(problems, err)
			continue
		}
		if said.Issuer != issuer {
			// Taking it would let one issuer's metadata stand for another (RFC 8414
			// section 3.3).
			problems = append(problems, fmt.Errorf("GET %s: it is the metadata of %.200q", address, said.Issuer))
			continue
		}
		if err := check(said, u); err != nil {
			return "", fmt.Errorf("the issuer %s cannot be used: %w", issuer, err)
		}
		return said.KeysURL, nil
	}
	return "", fmt.Errorf("reading the metadata of the issuer %s (name it exactly as its metadata does, and check the network and the proxy settings): %w", issuer, inOneLine(problems))
}

// inOneLine joins errors as errors.Join does, which puts each on a line of its own.
func inOneLine(problems []error) error {
	all := problems[0]
	for _, next := range problems[1:] {
		all = fmt.Errorf("%w; %w", all, next)
	}
	return all
}

// metadataAddresses are where an issuer's metadata may be, in the order of the
// MCP specification: RFC 8414 first, then OpenID Connect Discovery, which puts it
// behind the path (as Okta does).
func metadataAddresses(issuer *url.URL) []string {
	origin, path := issuer.Scheme+"://"+issuer.Host, strings.TrimSuffix(issuer.EscapedPath(), "/")
	addresses := []string{
		origin + "/.well-known/oauth-authorization-server" + path,
		origin + path + "/.well-known/openid-configuration",
	}
	if path != "" {
		addresses = append(addresses, origin+"/.well-known/openid-configuration"+path)
	}
	return addresses
}

func check(said serverMetadata, issuer *url.URL) error {
	keys, err := url.Parse(said.KeysURL)
	if err != nil || keys.Hostname() == "" {
		return errors.New("its metadata names no address of keys (jwks_uri)")
	}
	tokens, err := url.Parse(said.TokenEndpoint)
	if err != nil {
		return errors.New("its metadata names a token_endpoint that cannot be read")
	}
	switch {
	case tokens.Path == orgTokenPath || keys.Path == orgKeysPath:
		return errors.New("it is an Okta org authorization server, whose tokens are opaque and meant for Okta: " + useCustom)
	case keys.User != nil || !secure(keys) || keys.Scheme == "http" && issuer.Scheme != "http":
		return errors.New("its metadata names an address of keys (jwks_uri) that is not https")
	}
	return nil
}
