package demoorg_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"okta-mcp/oktaclient/demoorg"
)

// start is when the history of every test org ends.
var start = time.Date(2026, time.August, 3, 9, 0, 0, 0, time.UTC)

// clock is a clock that tests move by hand. It is not safe for concurrent use.
type clock struct{ at time.Time }

func (c *clock) now() time.Time          { return c.at }
func (c *clock) advance(d time.Duration) { c.at = c.at.Add(d) }

// newOrg makes an org at a standing clock, with search up to date.
func newOrg(t testing.TB, o demoorg.Options) *demoorg.Org {
	t.Helper()
	if o.Start.IsZero() {
		o.Start = start
	}
	if o.Now == nil {
		o.Now = func() time.Time { return start }
	}
	if o.SearchLag == 0 {
		o.SearchLag = -1
	}
	org, err := demoorg.New(o)
	if err != nil {
		t.Fatalf("make an org with %+v: %v", o, err)
	}
	return org
}

// reply is an answer, read.
type reply struct {
	status int
	header http.Header
	body   string
}

// send sends one request to a handler; body "" is an empty one.
func send(h http.Handler, method, target, body string) reply {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	return serve(h, httptest.NewRequest(method, "http://acme.example"+target, reader))
}

func serve(h http.Handler, r *http.Request) reply {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return reply{w.Code, w.Header(), w.Body.String()}
}

// must sends a request as administrator and fails the test on another status.
func must(t testing.TB, org *demoorg.Org, status int, method, target, body string) reply {
	t.Helper()
	got := send(org.Admin(), method, target, body)
	if got.status != status {
		t.Fatalf("%s %s: status %d, want %d; body %s", method, target, got.status, status, got.body)
	}
	return got
}

// object reads the answer as a JSON object.
func (r reply) object(t testing.TB) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		t.Fatalf("read %q as an object: %v", r.body, err)
	}
	return v
}

// list reads the answer as a JSON array of objects.
func (r reply) list(t testing.TB) []map[string]any {
	t.Helper()
	var v []map[string]any
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		t.Fatalf("read %q as a list: %v", r.body, err)
	}
	return v
}

// code is the error code of the answer, "" without one.
func (r reply) code() string {
	var v struct {
		Code string `json:"errorCode"`
	}
	_ = json.Unmarshal([]byte(r.body), &v) // not an error body: no code
	return v.Code
}

var nextLink = regexp.MustCompile(`<http://acme\.example([^>]*)>; rel="next"`)

// next is the target of the next link, "" at the end.
func (r reply) next() string {
	for _, l := range r.header["Link"] {
		if m := nextLink.FindStringSubmatch(l); m != nil {
			return m[1]
		}
	}
	return ""
}

// ids are the ids in an answer that is a list.
func (r reply) ids(t testing.TB) []string {
	t.Helper()
	var list []struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal([]byte(r.body), &list); err != nil {
		t.Fatalf("read %.200q as a list: %v", r.body, err)
	}
	ids := make([]string, 0, len(list))
	for _, v := range list {
		ids = append(ids, v.ID)
	}
	return ids
}

// at follows a path of member names into a JSON object.
func at(v any, path ...string) any {
	for _, name := range path {
		members, _ := v.(map[string]any)
		v = members[name]
	}
	return v
}

// query escapes name-value pairs.
func query(pairs ...string) string {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return "?" + values.Encode()
}

// newUser creates a user and returns the id.
func newUser(t testing.TB, org *demoorg.Org, login, query, more string) string {
	t.Helper()
	body := `{"profile":{"login":"` + login + `","email":"` + login + `","firstName":"Test","lastName":"Person"}` + more + `}`
	id, _ := must(t, org, 200, "POST", "/api/v1/users"+query, body).object(t)["id"].(string)
	return id
}

func statusOf(t testing.TB, org *demoorg.Org, id string) any {
	t.Helper()
	return must(t, org, 200, "GET", "/api/v1/users/"+id, "").object(t)["status"]
}
