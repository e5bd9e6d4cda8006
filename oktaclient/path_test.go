package oktaclient_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"okta-mcp/oktaclient"
)

func TestCheckID(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"00u1abc", "a+b@x.com", "joe o'neil", "100%", "50% off", "ümlaut@exämple.com", "a;b", "...", "a..b", ".hidden", "x=y&z", "{userId}", "me"} {
		if err := oktaclient.CheckID("user", id); err != nil {
			t.Errorf("CheckID(%q): %v; want it accepted", id, err)
		}
	}
	for _, id := range []string{"", " ", "\t", ".", "..", " ..", "..;x", ".;", "a/b", `a\b`, "a?b", "a#b", "a\nb", "a\x00", "a\x7f", "a\u0085b", "%2f", "a%2Fb", "%2e%2e", "%5c", "%00", "%25", "\xff"} {
		err := oktaclient.CheckID("user", id)
		if err == nil || !strings.HasPrefix(err.Error(), "user id refused: it ") {
			t.Errorf("CheckID(%q): %v; want a refusal that names the kind", id, err)
		}
		if id != "" && err != nil && strings.TrimSpace(id) != "." && strings.Contains(err.Error(), id) && len(id) > 2 {
			t.Errorf("CheckID(%q): the error repeats it: %v", id, err)
		}
	}
}

func TestOperationsRefuseBadIDsBeforeACall(t *testing.T) {
	t.Parallel()
	org := open(t, "https://acme.okta.com", func(o *oktaclient.Options) {
		o.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			t.Errorf("%s %s left", r.Method, r.URL)
			return nil, errors.New("unreachable")
		})
	})
	for _, id := range []string{"", "..", "a/b", "%2e%2e"} {
		if _, err := org.DeleteGroup(t.Context(), id); err == nil || !strings.Contains(err.Error(), "group id refused") {
			t.Errorf("DeleteGroup(%q): %v; want a refusal", id, err)
		}
		if _, err := org.AssignUserToGroup(t.Context(), "00g1", id); err == nil || !strings.Contains(err.Error(), "user id refused") {
			t.Errorf("AssignUserToGroup(00g1, %q): %v; want a refusal of the second id", id, err)
		}
	}
}

func TestDoRefusesPathsAndMethods(t *testing.T) {
	t.Parallel()
	srv := serve(t, answer(200, `{}`))
	org := open(t, srv.URL, nil)
	for _, path := range []string{
		"", "api/v1/users", "/", "//", "//evil.example/api/v1/users", "/api//v1", "/api/v1/users//", "/api/v1/../v2", "/api/v1/./users", "/api/v1/..",
		"/api/v1/%2e%2e/users", "/api/v1/.%2E/users", "/api/v1/%252e%252e/x", "/api/v1/..;x/users", "/api/v1/users/a%2fb", "/api/v1/users/a%5Cb", `/api/v1\users`,
		"/api/v1/users?x=1", "/api/v1/users#x", "/api/v1/users/%3fx", "/api/v1/users/%zz", "/api/v1/users/%0a", "/api/v1/users/a\r\nHost: evil", "https://evil.example/api/v1/users", "/api/v1/users/%", "/api/v1/%20/x",
	} {
		if _, err := org.Do(t.Context(), "GET", path, nil, nil); err == nil {
			t.Errorf("Do(GET %q) was accepted", path)
		}
	}
	for _, method := range []string{"", "get", "HEAD", "OPTIONS", "TRACE", "CONNECT", "GET / HTTP/1.1\r\nX: y"} {
		if _, err := org.Do(t.Context(), method, "/api/v1/users", nil, nil); err == nil {
			t.Errorf("method %q was accepted", method)
		}
	}
	if _, err := org.Do(t.Context(), "GET", "/api/v1/users", nil, json.RawMessage(`{}`)); err == nil {
		t.Error("a GET with a body was accepted")
	}
	if n := len(srv.requests()); n != 0 {
		t.Errorf("%d refused requests reached the org", n)
	}
	for give, want := range map[string]string{
		"/api/v1/users/a+b@x.com":        "/api/v1/users/a+b@x.com",
		"/api/v1/users/a%20b%C3%A9":      "/api/v1/users/a%20b%C3%A9",
		"/api/v1/users/a b":              "/api/v1/users/a%20b",
		"/.well-known/okta-organization": "/.well-known/okta-organization",
		"/api/v1/sessions/":              "/api/v1/sessions/",
	} {
		if _, err := org.Do(t.Context(), "GET", give, nil, nil); err != nil {
			t.Errorf("Do(GET %q): %v", give, err)
			continue
		}
		seen := srv.requests()
		if got := seen[len(seen)-1].URI; got != want {
			t.Errorf("Do(GET %q) sent %q, want %q", give, got, want)
		}
	}
}

// echo is an org whose transport keeps the URL last sent.
func echo(t testing.TB, last **url.URL) *oktaclient.Org {
	return open(t, "https://acme.okta.com", func(o *oktaclient.Options) {
		o.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			*last = r.URL
			return replying(200, nil, `{}`)(r)
		})
	})
}

func FuzzCheckID(f *testing.F) {
	for _, s := range []string{"00u1", "a+b@x.com", "..", "%2f", "a;b", "é", "{userId}", "a%2", "..;", "\u2028"} {
		f.Add(s)
	}
	var sent *url.URL
	org := echo(f, &sent)
	f.Fuzz(func(t *testing.T, id string) {
		sent = nil
		_, err := org.GetUser(t.Context(), id, nil)
		if refused := oktaclient.CheckID("user", id); (refused == nil) != (err == nil) || refused != nil && sent != nil {
			t.Fatalf("CheckID(%q) is %v, GetUser's error %v, sent %v", id, refused, err, sent)
		}
		if err != nil {
			return
		}
		// What a server reads from the request line, not what we meant.
		u, err := url.ParseRequestURI(sent.RequestURI())
		if err != nil {
			t.Fatalf("id %q made a request line that does not parse: %v", id, err)
		}
		parts := strings.Split(u.EscapedPath(), "/")
		if len(parts) != 5 || u.RawQuery != "" || u.Fragment != "" || u.Path != "/api/v1/users/"+id {
			t.Fatalf("id %q arrived as %q, path %q", id, sent.RequestURI(), u.Path)
		}
		if clean, _ := url.JoinPath("/", u.EscapedPath()); len(strings.Split(clean, "/")) != 5 {
			t.Fatalf("id %q is a path of its own: %q", id, clean)
		}
	})
}

func FuzzDoPath(f *testing.F) {
	for _, s := range []string{"/api/v1/users", "/a/../b", "/a/%2e%2e/b", "//x", "/a?b", "/a;x/..;/b", "/a b", "/%", "/é"} {
		f.Add(s)
	}
	var sent *url.URL
	org := echo(f, &sent)
	f.Fuzz(func(t *testing.T, path string) {
		sent = nil
		if _, err := org.Do(t.Context(), "GET", path, nil, nil); err != nil {
			if sent != nil {
				t.Fatalf("path %q was refused (%v) after it was sent", path, err)
			}
			return
		}
		u, err := url.ParseRequestURI(sent.RequestURI())
		if err != nil || u.Host != "" || u.RawQuery != "" || sent.Host != "acme.okta.com" {
			t.Fatalf("path %q was sent as %q to %q: %v", path, sent.RequestURI(), sent.Host, err)
		}
		for i, s := range strings.Split(strings.TrimSuffix(u.EscapedPath(), "/"), "/")[1:] {
			plain, err := url.PathUnescape(s)
			if err != nil || plain == "" || plain == "." || plain == ".." || strings.ContainsAny(plain, "/\\?#\r\n\x00") {
				t.Fatalf("path %q: segment %d is %q", path, i, plain)
			}
		}
	})
}
