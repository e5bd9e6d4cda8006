package orgtest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/oktaclient/demoorg/orgtest"
)

// reply is an answer read to its end; its status is 0 when none began to arrive.
type reply struct {
	status int
	header http.Header
	body   string
}

// get asks without a token: every answer that arrives is a 401 of the org.
func get(ctx context.Context, s *orgtest.Server, method, target string) (reply, error) {
	r, err := http.NewRequestWithContext(ctx, method, s.URL+target, strings.NewReader(`{"a":1}`))
	if err != nil {
		return reply{}, err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(body)}, err
}

func TestServerRemembers(t *testing.T) {
	t.Parallel()
	s := orgtest.Start(t, demoorg.Options{})
	for _, c := range [][2]string{{"GET", "/api/v1/users?limit=1"}, {"POST", "/api/v1/groups"}, {"POST", "/oauth2/v1/token"}} {
		if _, err := get(t.Context(), s, c[0], c[1]); err != nil {
			t.Fatal(err)
		}
	}
	want := []orgtest.Request{
		{Method: "GET", Path: "/api/v1/users", RawQuery: "limit=1", Body: `{"a":1}`},
		{Method: "POST", Path: "/api/v1/groups", Body: `{"a":1}`},
	}
	if got := s.Requests(); len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("remembered %+v, want %+v", got, want)
	}
	if got := s.Writes(); len(got) != 1 || got[0] != want[1] {
		t.Errorf("writes are %+v, want the POST", got)
	}
	s.Reset()
	if got := s.Requests(); len(got) != 0 {
		t.Errorf("after Reset: %+v", got)
	}
}

func TestServerIsUnlimitedUnlessAsked(t *testing.T) {
	t.Parallel()
	for limit, s := range map[string]*orgtest.Server{
		"1000000": orgtest.Start(t, demoorg.Options{}),
		"300":     orgtest.Serve(t, demoorg.Options{}),
		"50":      orgtest.Start(t, demoorg.Options{RateLimits: demoorg.Free}),
	} {
		answer, err := get(t.Context(), s, "GET", "/api/v1/users")
		if err != nil {
			t.Fatal(err)
		}
		if got := answer.header.Get("X-Rate-Limit-Limit"); got != limit {
			t.Errorf("limit is %s, want %s", got, limit)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	s := orgtest.Start(t, demoorg.Options{})
	s.Fault(func(r *http.Request) orgtest.Fault {
		if r.Method == http.MethodPut {
			return orgtest.Fault{} // none
		}
		return orgtest.Fault{Status: 503, Header: http.Header{"X-Odd": {"yes"}}, Body: "down"}
	})
	got, err := get(t.Context(), s, "GET", "/api/v1/users")
	if err != nil || got.status != 503 || got.header.Get("X-Odd") != "yes" || got.body != "down" {
		t.Errorf("got %d %q %q (%v)", got.status, got.header.Get("X-Odd"), got.body, err)
	}
	if got, err := get(t.Context(), s, "PUT", "/api/v1/groups/x"); err != nil || got.status != http.StatusUnauthorized {
		t.Errorf("a zero fault changed the answer: %v, %v", got, err)
	}
	s.Fault(nil)
	if got, err := get(t.Context(), s, "GET", "/api/v1/users"); err != nil || got.status != http.StatusUnauthorized {
		t.Errorf("no fault changed the answer: %v, %v", got, err)
	}
}

func TestCuts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault orgtest.Fault
		saw   bool
	}{
		"before": {orgtest.Fault{CutBefore: true}, false},
		"after":  {orgtest.Fault{CutAfter: true}, true},
	} {
		var looks atomic.Int64 // the org looks at its clock for every request
		s := orgtest.Start(t, demoorg.Options{Now: func() time.Time { looks.Add(1); return time.Now() }})
		s.Fault(func(*http.Request) orgtest.Fault { return c.fault })
		looks.Store(0)
		if got, err := get(t.Context(), s, "GET", "/api/v1/users"); err == nil || got.status != 0 {
			t.Errorf("cut %s: answered %d", name, got.status)
		}
		if saw := looks.Load() > 0; saw != c.saw {
			t.Errorf("cut %s: the org saw the request: %v, want %v", name, saw, c.saw)
		}
	}
}

func TestHangLastsUntilTheClientLeaves(t *testing.T) {
	t.Parallel()
	s := orgtest.Start(t, demoorg.Options{})
	s.Fault(func(*http.Request) orgtest.Fault { return orgtest.Fault{Hang: true} })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if got, err := get(ctx, s, "GET", "/api/v1/users"); got.status != 0 || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("answered %v, %v; want the client's own deadline", got, err)
	}
}

// TestLengthOnTheWire holds that a POST without a body gets through only when
// it says so, on a real connection.
func TestLengthOnTheWire(t *testing.T) {
	t.Parallel()
	s := orgtest.Start(t, demoorg.Options{})
	host := strings.TrimPrefix(s.URL, "http://")
	for header, want := range map[string]string{"Content-Length: 0\r\n": "HTTP/1.1 401", "": "HTTP/1.1 411"} {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, "POST /api/v1/users/x/lifecycle/suspend HTTP/1.1\r\nHost: "+host+"\r\nConnection: close\r\n"+header+"\r\n"); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(conn)
		if err != nil || !strings.HasPrefix(string(answer), want) {
			t.Errorf("with %q: %.100q (%v), want %s", header, answer, err, want)
		}
	}
}
