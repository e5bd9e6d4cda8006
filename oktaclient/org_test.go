package oktaclient_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"okta-mcp/oktaclient"
)

func TestNewAcceptsOrgURLs(t *testing.T) {
	t.Parallel()
	for give, want := range map[string][2]string{ // URL, Host
		"https://acme.okta.com":                {"https://acme.okta.com", "acme.okta.com"},
		"https://acme.okta.com/":               {"https://acme.okta.com", "acme.okta.com"},
		"https://ACME.Okta.com:443":            {"https://acme.okta.com", "acme.okta.com"},
		"https://id.example.com:8443":          {"https://id.example.com:8443", "id.example.com:8443"},
		"https://people-admin.example.com":     {"https://people-admin.example.com", "people-admin.example.com"},
		"http://localhost:8080/":               {"http://localhost:8080", "localhost:8080"},
		"http://127.8.9.1:80":                  {"http://127.8.9.1", "127.8.9.1"},
		"http://[::1]:9":                       {"http://[::1]:9", "[::1]:9"},
		"https://acme-admin-2.oktapreview.com": {"https://acme-admin-2.oktapreview.com", "acme-admin-2.oktapreview.com"},
	} {
		org := open(t, give, nil)
		if org.URL() != want[0] || org.Host() != want[1] {
			t.Errorf("New(%q): URL %q, Host %q; want %q", give, org.URL(), org.Host(), want)
		}
	}
}

func TestNewRefusesOtherURLs(t *testing.T) {
	t.Parallel()
	for give, want := range map[string]string{
		"":                                   "https://",
		"acme.okta.com":                      "https://",
		"ftp://acme.okta.com":                "https://",
		"http://acme.okta.com":               "loopback",
		"http://127.0.0.1.evil.example":      "loopback",
		"http://localhost.evil.example":      "loopback",
		"https://acme.okta.com/api/v1":       "path",
		"https://acme.okta.com//":            "path",
		"https://acme.okta.com?x=1":          "query",
		"https://acme.okta.com?":             "query",
		"https://acme.okta.com/#frag":        "fragment",
		"https://acme.okta.com#":             "fragment",
		"https://joe:hunter2@acme.okta.com":  "password",
		"https://:hunter2@acme okta":         "not a URL",
		"https://*.okta.com":                 "host",
		"https://{yourOktaDomain}":           "",
		"https://":                           "host",
		"https://acme-admin.okta.com":        "https://acme.okta.com",
		"https://acme-admin.oktapreview.com": "https://acme.oktapreview.com",
		"https://acme-admin.okta-emea.com/":  "https://acme.okta-emea.com",
	} {
		_, err := oktaclient.New(oktaclient.Options{URL: give, Authorizer: bearer{}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New(%q): error %v; want one that names %q", give, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("New(%q): the error repeats the password: %v", give, err)
		}
	}
	if _, err := oktaclient.New(oktaclient.Options{URL: "https://acme.okta.com"}); err == nil {
		t.Error("New without an authorizer succeeded; its requests could only fail")
	}
}

// awkward is what a decoder would spoil: a big integer, a null, a double key,
// escapes, spaces.
const awkward = "{ \"n\":12345678901234567890,\"x\":null, \"x\":1e400,\n\"s\":\"\\u00e9<&>\" }\n"

func TestOperationsSendAndAnswerExactly(t *testing.T) {
	t.Parallel()
	q := oktaclient.Query{"search": {`profile.nick eq "a+b & c=d"`}, "x": {"1", "2"}}
	const rawQuery = "?search=profile.nick%20eq%20%22a%2Bb%20%26%20c%3Dd%22&x=1&x=2"
	for _, op := range operations(t) {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			srv := serve(t, answer(200, awkward, "X-Okta-Request-Id", "req1", "ETag", `"v7"`))
			got, err := op.do(t.Context(), open(t, srv.URL, nil), q, json.RawMessage(awkward))
			if err != nil {
				t.Fatal(err)
			}
			if string(got.Body) != awkward || got.Status != 200 || got.RequestID != "req1" || got.ETag != `"v7"` || got.Next != nil {
				t.Errorf("answer %+v with body %q; want the bytes sent, 200, req1, \"v7\", no next", got, got.Body)
			}
			seen := srv.requests()
			if len(seen) != 1 {
				t.Fatalf("%d requests reached the org, want 1", len(seen))
			}
			checkSent(t, op, seen[0], rawQuery)
		})
	}
}

func checkSent(t *testing.T, op operation, r request, rawQuery string) {
	t.Helper()
	uri, body, kind := op.path, "", ""
	if op.query {
		uri += rawQuery
	}
	if op.body {
		body, kind = awkward, "application/json"
	}
	if op.method == "PATCH" { // Okta refuses plain JSON there
		kind = "application/merge-patch+json"
	}
	if r.Method != op.method || r.URI != uri {
		t.Errorf("sent %s %s, want %s %s", r.Method, r.URI, op.method, uri)
	}
	if r.Body != body || r.Header.Get("Content-Type") != kind {
		t.Errorf("sent body %q of type %q, want %q of type %q", r.Body, r.Header.Get("Content-Type"), body, kind)
	}
	if r.Length != int64(len(body)) {
		t.Errorf("sent Content-Length %d, want %d (Okta answers 411 without one)", r.Length, len(body))
	}
	if (op.method == "POST" || op.method == "PUT") && !op.body && r.Header.Get("Content-Length") != "0" {
		t.Errorf("a %s without body must say Content-Length: 0, header is %q", op.method, r.Header.Get("Content-Length"))
	}
	if got := r.Header.Values("Authorization"); !slices.Equal(got, []string{"Bearer " + secret}) {
		t.Errorf("Authorization is %q, want the authorizer's alone", got)
	}
	if got := r.Header.Values("User-Agent"); !slices.Equal(got, []string{"okta-mcp"}) {
		t.Errorf("User-Agent is %q, want okta-mcp alone", got)
	}
}

func TestEmptyAnswers(t *testing.T) {
	t.Parallel()
	for _, op := range operations(t) {
		srv := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) })
		got, err := op.do(t.Context(), open(t, srv.URL, nil), nil, json.RawMessage(`{}`))
		if err != nil || got.Status != 204 || got.Body != nil {
			t.Errorf("%s: a 204 gave %+v, %v; want an empty success", op.name, got, err)
		}
		if n := len(srv.requests()); n != 1 {
			t.Errorf("%s: a 204 took %d requests, want 1", op.name, n)
		}
	}
}

func TestReadOnlyLetsNothingElseLeave(t *testing.T) {
	t.Parallel()
	srv := serve(t, answer(200, `{}`))
	org := open(t, srv.URL, nil).ReadOnly()
	reads := 0
	for _, op := range operations(t) {
		_, err := op.do(t.Context(), org, nil, json.RawMessage(`{}`))
		if op.method == "GET" || op.name == "CreatePolicySimulation" {
			reads++
			if err != nil {
				t.Errorf("%s is a read and was refused: %v", op.name, err)
			}
			continue
		}
		if !errors.Is(err, oktaclient.ErrReadOnly) || !strings.Contains(err.Error(), op.method+" "+op.path) {
			t.Errorf("%s: %v; want ErrReadOnly with method and path", op.name, err)
		}
	}
	if n := len(srv.requests()); n != reads {
		t.Errorf("%d requests reached the org, want the %d reads only", n, reads)
	}
}

func TestReadOnlyKnowsThePostsThatRead(t *testing.T) {
	t.Parallel()
	srv := serve(t, answer(200, `{}`))
	org := open(t, srv.URL, nil)
	for path, allowed := range map[string]bool{
		"/api/v1/policies/simulate":                            true,
		"/api/v1/directories/0oa1/groups/00g1/query":           true,
		"/api/v1/policies/simulate/":                           false,
		"/api/v1/policies/simulate/x":                          false,
		"/api/v1/policies/SIMULATE":                            false,
		"/api/v1/directories/0oa1/groups/00g1/modify":          false,
		"/api/v1/directories/0oa1/groups/00g1/query/x":         false,
		"/api/v1/brands/b/templates/email/UserActivation/test": false,
		"/api/v1/users/me/lifecycle/suspend":                   false,
	} {
		_, err := org.ReadOnly().Do(t.Context(), "POST", path, nil, json.RawMessage(`{}`))
		if allowed != (err == nil) || !allowed && !errors.Is(err, oktaclient.ErrReadOnly) {
			t.Errorf("read-only POST %s: %v; want allowed=%v", path, err, allowed)
		}
		if _, err := org.Do(t.Context(), "POST", path, nil, json.RawMessage(`{}`)); err != nil {
			t.Errorf("POST %s through the full org: %v; ReadOnly must not change the org it came from", path, err)
		}
	}
	for _, method := range []string{"PUT", "PATCH", "DELETE"} {
		if _, err := org.ReadOnly().Do(t.Context(), method, "/api/v1/policies/simulate", nil, nil); !errors.Is(err, oktaclient.ErrReadOnly) {
			t.Errorf("read-only %s of a path whose POST reads: %v; want ErrReadOnly", method, err)
		}
	}
}

func TestSDKCallWithoutCallIsRefused(t *testing.T) {
	t.Parallel()
	srv := serve(t, answer(200, `[]`))
	_, _, err := open(t, srv.URL, nil).SDK().UserAPI.ListUsers(t.Context()).Execute()
	if err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("an SDK call past the methods of Org: %v; want a refusal", err)
	}
	if n := len(srv.requests()); n != 0 {
		t.Errorf("%d requests reached the org, want none", n)
	}
}

func TestNothingIsReadFromTheEnvironment(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("OKTA_CLIENT_ORGURL", "https://elsewhere.example")
	t.Setenv("OKTA_CLIENT_TOKEN", "from-the-environment")
	t.Setenv("OKTA_CLIENT_AUTHORIZATIONMODE", "SSWS")
	t.Setenv("OKTA_CLIENT_PROXY_HOST", "proxy.invalid")
	t.Setenv("OKTA_CLIENT_PROXY_PORT", "1")
	srv := serve(t, answer(200, `[]`))
	if _, err := open(t, srv.URL, nil).ListUsers(t.Context(), nil); err != nil {
		t.Fatalf("with OKTA_* variables set: %v; want them ignored", err)
	}
	if got := srv.requests()[0].Header.Get("Authorization"); got != "Bearer "+secret {
		t.Errorf("Authorization %q came from a variable", got)
	}
}

func TestHeadroom(t *testing.T) {
	t.Parallel()
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		remaining := "599"
		if strings.HasSuffix(r.URL.Path, "/groups/00g1") {
			remaining = "12"
		}
		answer(200, `{}`, "X-Rate-Limit-Limit", "600", "X-Rate-Limit-Remaining", remaining, "X-Rate-Limit-Reset", "1785000000")(w, r)
	})
	org := open(t, srv.URL, nil)
	if got := org.Headroom(); len(got) != 0 {
		t.Errorf("before any call Headroom is %v, want none", got)
	}
	for _, path := range []string{"/api/v1/users", "/api/v1/users/00u1", "/api/v1/users/00u2/groups", "/api/v1/groups/00g1", "/workload-principals/api/v1/ai-agents/a/connections"} {
		if _, err := org.Do(t.Context(), "GET", path, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := org.Do(t.Context(), "DELETE", "/api/v1/users/00u1", nil, nil); err != nil {
		t.Fatal(err)
	}
	var families []string
	for _, h := range org.ReadOnly().Headroom() {
		families = append(families, h.Family)
		want := 599
		if h.Family == "GET /api/v1/groups/{id}" {
			want = 12
		}
		if h.Limit != 600 || h.Remaining != want || h.Reset.Unix() != 1785000000 {
			t.Errorf("headroom %+v, want %d of 600 until 1785000000", h, want)
		}
	}
	want := []string{"/api/v1/users", "/api/v1/users/{id}", "GET /api/v1/groups/{id}", "GET /api/v1/users/{id}", "GET /workload-principals/api/v1/ai-agents/{id}"}
	if !slices.Equal(families, want) {
		t.Errorf("families %q, want %q", families, want)
	}
}
