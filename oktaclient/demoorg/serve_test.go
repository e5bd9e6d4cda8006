package demoorg_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"okta-mcp/oktaclient/demoorg"
)

func TestErrorsInOktasForm(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	for _, w := range []struct {
		method, target, body string
		status               int
		code, summary        string
	}{
		{"GET", "/api/v1/users/00uNobody", "", 404, "E0000007", "Not found: Resource not found: 00uNobody (User)"},
		{"GET", "/api/v1/groups/00gNone", "", 404, "E0000007", "Not found: Resource not found: 00gNone (UserGroup)"},
		{"GET", "/api/v1/groups/rules/0prNone", "", 404, "E0000007", "Not found: Resource not found: 0prNone (GroupRule)"},
		{"GET", "/api/v1/apps/0oaNone", "", 404, "E0000007", "Not found: Resource not found: 0oaNone (AppInstance)"},
		{"DELETE", "/api/v1/users/" + c.Employee.ID + "/roles/IFIFAX2BIRGUSTQ", "", 404, "E0000007", "Not found: Resource not found: IFIFAX2BIRGUSTQ (RoleAssignment)"},
		{"GET", "/api/v1/nowhere", "", 404, "E0000022", "The endpoint does not support the provided HTTP method"},
		{"GET", "/api/v1/groups/rules/x/users", "", 404, "E0000022", "The endpoint does not support the provided HTTP method"},
		{"GET", "/elsewhere", "", 404, "E0000022", "The endpoint does not support the provided HTTP method"},
		{"PATCH", "/api/v1/users", "{}", 405, "E0000022", "The endpoint does not support the provided HTTP method"},
		{"POST", "/api/v1/users", "{", 400, "E0000003", "The request body was not well-formed."},
		{"POST", "/api/v1/users", "{} {}", 400, "E0000003", "The request body was not well-formed."},
		{"POST", "/api/v1/groups", `{"profile":[]}`, 400, "E0000003", "The request body was not well-formed."},
		{"GET", "/api/v1/users?limit=ten", "", 400, "E0000001", "Api validation failed: limit"},
		{"GET", "/api/v1/users?after=nonsense", "", 400, "E0000001", "Api validation failed: after"},
		{"GET", "/api/v1/groups?after=nonsense", "", 400, "E0000001", "Api validation failed: after"},
	} {
		got := send(org.Admin(), w.method, w.target, w.body)
		doc := got.object(t)
		if got.status != w.status || doc["errorCode"] != w.code || doc["errorSummary"] != w.summary || doc["errorLink"] != w.code {
			t.Errorf("%s %s: %d %s, want %d %s %q", w.method, w.target, got.status, got.body, w.status, w.code, w.summary)
		}
		if id, _ := doc["errorId"].(string); !regexp.MustCompile(`^oae[\w-]{22}$`).MatchString(id) {
			t.Errorf("%s %s: errorId %q is not like Okta's", w.method, w.target, id)
		}
		if _, isList := doc["errorCauses"].([]any); !isList {
			t.Errorf("%s %s: errorCauses is not a list: %s", w.method, w.target, got.body)
		}
	}
}

func TestEveryAnswerHasARequestIDAndTheOrgsDate(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	seen := map[string]bool{}
	for _, target := range []string{"/api/v1/users", "/api/v1/users/nobody", "/nowhere", "/oauth2/v1/token", "/.well-known/okta-organization"} {
		got := send(org, "GET", target, "")
		id := got.header.Get("X-Okta-Request-Id")
		if len(id) != 32 || seen[id] {
			t.Errorf("GET %s: request id %q, want 32 characters never seen before", target, id)
		}
		seen[id] = true
		if got.header.Get("Date") != start.Format(http.TimeFormat) {
			t.Errorf("GET %s: Date %q, want the org's clock", target, got.header.Get("Date"))
		}
	}
}

func TestPostWithoutLengthIsRefused(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	token := signIn(t, org, "okta.users.manage")
	target := "http://acme.example/api/v1/users/" + org.Cast().Employee.ID + "/lifecycle/suspend"
	r := httptest.NewRequest("POST", target, nil)
	r.Header.Set("Authorization", "Bearer "+token)
	if got := serve(org, r); got.status != http.StatusLengthRequired {
		t.Fatalf("no Content-Length: %d %s, want 411", got.status, got.body)
	}
	if got := statusOf(t, org, org.Cast().Employee.ID); got != "ACTIVE" {
		t.Errorf("the refused write happened: status %v", got)
	}
	r = httptest.NewRequest("POST", target, nil)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Length", "0")
	if got := serve(org, r); got.status != http.StatusOK {
		t.Errorf("Content-Length: 0: %d %s, want 200", got.status, got.body)
	}
}

func TestBodiesAreCapped(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	got := send(org.Admin(), "POST", "/api/v1/users", `{"profile":{"nickName":"`+strings.Repeat("a", 5<<20)+`"}}`)
	if got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("5 MiB: %d, want 413", got.status)
	}
}

func TestLinksFollowTheHostAsked(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	r := httptest.NewRequest("GET", "https://other.example/api/v1/users?limit=1&sortOrder=0", nil)
	r.Header.Set("X-Forwarded-Host", "evil.example")
	r.Header.Set("X-Forwarded-Proto", "http")
	got := serve(org.Admin(), r)
	if links := strings.Join(got.header["Link"], " "); !strings.HasPrefix(links, `<https://other.example/api/v1/users?limit=1>; rel="self"`) || strings.Contains(links, "evil") {
		t.Errorf("links are %s", links)
	}
	if strings.Contains(got.body, "evil") || !strings.Contains(got.body, `"href":"https://other.example/api/v1/users/`) {
		t.Errorf("body is %.300s", got.body)
	}
}

func TestDoubleSlashIsForgiven(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	r := httptest.NewRequest("GET", "http://acme.example//api/v1/users?limit=1", nil)
	if got := serve(org.Admin(), r); got.status != http.StatusOK {
		t.Errorf("//api: %d %s, want 200 as Okta answers", got.status, got.body)
	}
}

func TestRateLimits(t *testing.T) {
	t.Parallel()
	c := &clock{start}
	org := newOrg(t, demoorg.Options{Now: c.now, RateLimits: demoorg.Free})
	token := signIn(t, org, "okta.users.read", "okta.groups.read")
	read := func(target string) reply { return as(org, token, "GET", target, "") }
	for used := 1; used <= 50; used++ {
		got := read("/api/v1/users?limit=1")
		if got.status != http.StatusOK || got.header.Get("X-Rate-Limit-Limit") != "50" ||
			got.header.Get("X-Rate-Limit-Remaining") != strconv.Itoa(50-used) {
			t.Fatalf("call %d: %d, limit %s, remaining %s", used, got.status,
				got.header.Get("X-Rate-Limit-Limit"), got.header.Get("X-Rate-Limit-Remaining"))
		}
		c.advance(time.Second)
	}
	got := read("/api/v1/users?limit=1")
	reset := strconv.FormatInt(start.Add(time.Minute).Unix(), 10)
	if got.status != http.StatusTooManyRequests || got.code() != "E0000047" || got.header.Get("X-Rate-Limit-Remaining") != "0" ||
		got.header.Get("X-Rate-Limit-Reset") != reset {
		t.Errorf("call 51: %d %s, remaining %s, reset %s, want 429 E0000047, 0, %s", got.status, got.body,
			got.header.Get("X-Rate-Limit-Remaining"), got.header.Get("X-Rate-Limit-Reset"), reset)
	}
	if got := read("/api/v1/groups?limit=1"); got.status != http.StatusOK {
		t.Errorf("groups have a bucket of their own: %d", got.status)
	}
	c.advance(10 * time.Second)
	if got := read("/api/v1/users?limit=1"); got.status != http.StatusOK || got.header.Get("X-Rate-Limit-Remaining") != "49" {
		t.Errorf("a minute after the first: %d, remaining %s, want 200, 49", got.status, got.header.Get("X-Rate-Limit-Remaining"))
	}
}

func TestUnlimitedOrgStillTellsHeadroom(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{RateLimits: demoorg.Unlimited})
	token := signIn(t, org, "okta.users.read")
	for range 700 {
		got := as(org, token, "GET", "/api/v1/users?limit=1", "")
		if remaining, _ := strconv.Atoi(got.header.Get("X-Rate-Limit-Remaining")); got.status != http.StatusOK || remaining < 1000 {
			t.Fatalf("%d, remaining %d; want 200 and plenty", got.status, remaining)
		}
	}
}

func TestPublicEndpointsNeedNoToken(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	for _, target := range []string{"/.well-known/okta-organization", "/oauth2/v1/keys"} {
		if got := send(org, "GET", target, ""); got.status != http.StatusOK {
			t.Errorf("GET %s: %d %s", target, got.status, got.body)
		}
	}
}
