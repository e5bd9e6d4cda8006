package inbound

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

const wellKnownResource = "/.well-known/oauth-protected-resource"

// Metadata is the document that tells a client which authorization server issues
// tokens for us (RFC 9728 section 2), as JSON. Serve it without authentication at
// all of [MetadataPaths].
func Metadata(publicURL, issuer string, scopes []string) ([]byte, error) {
	if _, err := resourceURL(publicURL); err != nil {
		return nil, err
	}
	if _, err := issuerURL(issuer); err != nil {
		return nil, err
	}
	scopes, err := checkScopes(scopes)
	if err != nil {
		return nil, err
	}
	return json.Marshal(struct {
		Resource             string   `json:"resource"`
		AuthorizationServers []string `json:"authorization_servers"`
		ScopesSupported      []string `json:"scopes_supported,omitempty"`
		BearerMethods        []string `json:"bearer_methods_supported"`
		Name                 string   `json:"resource_name"`
	}{publicURL, []string{issuer}, scopes, []string{"header"}, "okta-mcp"})
}

// MetadataPaths are where the metadata is looked for: at the root, below it for
// the endpoint /mcp, and where RFC 9728 section 3.1 puts it for the path of the
// public URL.
func MetadataPaths(publicURL string) ([]string, error) {
	u, err := resourceURL(publicURL)
	if err != nil {
		return nil, err
	}
	paths := []string{wellKnownResource, wellKnownResource + "/mcp", metadataPath(u)}
	slices.Sort(paths)
	return slices.Compact(paths), nil
}

// MetadataURL is where challenges send clients for the metadata.
func MetadataURL(publicURL string) (string, error) {
	u, err := resourceURL(publicURL)
	if err != nil {
		return "", err
	}
	return u.Scheme + "://" + u.Host + metadataPath(u), nil
}

func metadataPath(resource *url.URL) string {
	return wellKnownResource + strings.TrimSuffix(resource.EscapedPath(), "/")
}

func resourceURL(raw string) (*url.URL, error) {
	return plainURL("the public URL", raw, "https://mcp.example.com/mcp")
}

func issuerURL(raw string) (*url.URL, error) {
	return plainURL("the issuer", raw, "https://acme.okta.com/oauth2/default")
}

// printable is ASCII without spaces, quotes and backslashes: what RFC 6749 section
// 3.3 lets a scope be made of, and a URL fits in.
var printable = regexp.MustCompile(`^[!#-\[\]-~]+$`)

// plainURL reads a URL that identifies something: https, or http on loopback,
// and nothing after the path. It is compared as text, so it is not put right.
func plainURL(what, raw, example string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || !printable.MatchString(raw) || u.Hostname() == "" {
		// The parse error would repeat the input, which may hold a password.
		return nil, fmt.Errorf("%s cannot be read: give it like %s", what, example)
	}
	switch {
	case u.User != nil || strings.ContainsAny(raw, "?#"):
		return nil, fmt.Errorf("%s is more than an address and a path: give it like %s, without user, query or fragment", what, example)
	case !secure(u):
		return nil, fmt.Errorf("%s is not https: give it like %s; plain http is taken for loopback addresses only", what, example)
	}
	return u, nil
}

// secure reports whether nobody on a network can read or change what a URL
// answers.
func secure(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname())
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback() || strings.EqualFold(host, "localhost")
}

// checkScopes answers the scopes sorted and each once.
func checkScopes(scopes []string) ([]string, error) {
	for _, scope := range scopes {
		if !printable.MatchString(scope) {
			return nil, errors.New("a required scope is empty or holds a space, a quote or a backslash: give one scope each")
		}
	}
	return sorted(scopes), nil
}

func sorted(all []string) []string { return slices.Compact(slices.Sorted(slices.Values(all))) }
