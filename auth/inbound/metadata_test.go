package inbound_test

import (
	"reflect"
	"slices"
	"testing"

	"okta-mcp/auth/inbound"
)

const defaultIssuer = "https://acme.okta.com/oauth2/default"

func TestMetadataNamesTheAuthorizationServer(t *testing.T) {
	t.Parallel()
	got, err := inbound.Metadata("https://mcp.example.com", defaultIssuer, []string{"okta.mcp", "a", "a"})
	want := `{"resource":"https://mcp.example.com","authorization_servers":["` + defaultIssuer + `"],` +
		`"scopes_supported":["a","okta.mcp"],"bearer_methods_supported":["header"],"resource_name":"okta-mcp"}`
	if err != nil || string(got) != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
	got, err = inbound.Metadata("http://127.0.0.1:8080/mcp", "http://localhost:9000", nil)
	want = `{"resource":"http://127.0.0.1:8080/mcp","authorization_servers":["http://localhost:9000"],"bearer_methods_supported":["header"],"resource_name":"okta-mcp"}`
	if err != nil || string(got) != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
}

func TestMetadataIsServedWhereClientsLook(t *testing.T) {
	t.Parallel()
	const root = "/.well-known/oauth-protected-resource"
	for public, c := range map[string]struct {
		url   string
		paths []string
	}{
		"https://mcp.example.com":            {"https://mcp.example.com" + root, []string{root, root + "/mcp"}},
		"https://mcp.example.com/":           {"https://mcp.example.com" + root, []string{root, root + "/mcp"}},
		"https://mcp.example.com/mcp":        {metadataLink, []string{root, root + "/mcp"}},
		"https://mcp.example.com:8443/okta/": {"https://mcp.example.com:8443" + root + "/okta", []string{root, root + "/mcp", root + "/okta"}},
		"http://[::1]:80/mcp":                {"http://[::1]:80" + root + "/mcp", []string{root, root + "/mcp"}},
	} {
		url, err := inbound.MetadataURL(public)
		if err != nil || url != c.url {
			t.Errorf("%s: its metadata is at %s, %v; want %s", public, url, err, c.url)
		}
		paths, err := inbound.MetadataPaths(public)
		if err != nil || !reflect.DeepEqual(paths, c.paths) {
			t.Errorf("%s: its metadata is served at %q, %v; want %q", public, paths, err, c.paths)
		}
	}
}

func TestMetadataOfWhatIsNoAddressIsAnError(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "mcp.example.com", "https://", "https:///mcp", "http://mcp.example.com", "https://a@b", "https://mcp.example.com?x", "https://mcp.example.com/\r\nx", `https://mcp.example.com/"`, "https://mcp.example.com#"} {
		_, document := inbound.Metadata(bad, defaultIssuer, nil)
		_, issuer := inbound.Metadata("https://mcp.example.com", bad, nil)
		_, url := inbound.MetadataURL(bad)
		_, paths := inbound.MetadataPaths(bad)
		if slices.Contains([]error{document, issuer, url, paths}, nil) {
			t.Errorf("%q was taken: %v, %v, %v, %v", bad, document, issuer, url, paths)
		}
	}
	if _, err := inbound.Metadata("https://mcp.example.com", defaultIssuer, []string{"a b"}); err == nil {
		t.Error("two scopes in one were taken")
	}
}
