package oktaclient_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"okta-mcp/oktaclient"
)

func TestErrors(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 500)
	for name, c := range map[string]struct {
		status int
		kind   string
		body   string
		want   oktaclient.Error
	}{
		"okta's": {404, "application/json",
			`{"errorCode":"E0000007","errorSummary":"Not found: x","errorLink":"E0000007","errorId":"oae1","errorCauses":[{"errorSummary":"one"},{"errorSummary":"two"}]}`,
			oktaclient.Error{Code: "E0000007", Summary: "Not found: x", ErrorID: "oae1", Causes: []string{"one", "two"}}},
		"line breaks and controls": {400, "application/json",
			`{"errorCode":"E0000001","errorSummary":"a\n\u001b[31mb\u202ec\u0000 d","errorCauses":null}`,
			oktaclient.Error{Code: "E0000001", Summary: "a [31mbc d"}},
		"members of other types": {400, "application/json",
			`{"errorCode":"E0000003","errorSummary":{"x":1},"errorCauses":"none","errorId":7}`,
			oktaclient.Error{Code: "E0000003"}},
		"too long": {400, "application/json", `{"errorCode":"E0000001","errorSummary":"` + long + `"}`,
			oktaclient.Error{Code: "E0000001", Summary: strings.Repeat("é", 199) + "…"}},
		"oauth": {400, "application/json", `{"error":"invalid_scope","error_description":"no such scope"}`,
			oktaclient.Error{Code: "invalid_scope", Summary: "no such scope"}},
		"without a code": {404, "application/json", `{"status":404,"message":"Resource not found"}`,
			oktaclient.Error{Summary: "Resource not found"}},
		"a web page": {403, "text/html", "<html><script>alert(1)</script><h1>Blocked</h1></html>",
			oktaclient.Error{Summary: "with a web page instead of JSON: a proxy or gateway may have answered in its place"}},
		"a web page in disguise": {403, "", "\n  <!DOCTYPE html><p>Blocked</p>",
			oktaclient.Error{Summary: "with a web page instead of JSON: a proxy or gateway may have answered in its place"}},
		"plain text": {500, "text/plain", "upstream\r\n\x1b]0;evil\x07 gone",
			oktaclient.Error{Summary: "without okta's error format: upstream ]0;evil gone"}},
		"empty":             {500, "", "", oktaclient.Error{Summary: "internal server error"}},
		"empty and unknown": {499, "", "", oktaclient.Error{}},
		"a redirect":        {302, "application/json", `{"errorCode":"x"}`, oktaclient.Error{Summary: "a redirect, which is not followed: check the org URL"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := serve(t, answer(c.status, c.body, "Content-Type", c.kind, "X-Okta-Request-Id", "req9", "Location", "https://evil.example/"))
			_, err := open(t, srv.URL, nil).AddGroup(t.Context(), json.RawMessage(`{}`))
			var got *oktaclient.Error
			if !errors.As(err, &got) {
				t.Fatalf("error is %v, want an *Error", err)
			}
			c.want.Method, c.want.Path, c.want.Status, c.want.RequestID = "POST", "/api/v1/groups", c.status, "req9"
			if fmt.Sprintf("%+v", *got) != fmt.Sprintf("%+v", c.want) {
				t.Errorf("got  %+v\nwant %+v", *got, c.want)
			}
			line := err.Error()
			if strings.ContainsAny(line, "\n\r\x1b<\x00") || !strings.Contains(line, "req9") || !strings.Contains(line, c.want.Code) {
				t.Errorf("the line %q must be one inert line with code and request id", line)
			}
			if n := len(srv.requests()); n != 1 {
				t.Errorf("%d requests, want 1: a write's error is final", n)
			}
		})
	}
}

func TestErrorBodiesAreCapped(t *testing.T) {
	t.Parallel()
	read := int64(0)
	org := open(t, "https://acme.okta.com", func(o *oktaclient.Options) {
		o.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			endless := io.TeeReader(strings.NewReader(strings.Repeat("x", 10<<20)), countWriter{&read})
			return &http.Response{StatusCode: 500, Header: http.Header{}, Body: io.NopCloser(endless), ContentLength: -1, Request: r}, nil
		})
	})
	_, err := org.DeleteGroup(t.Context(), "00g1")
	var got *oktaclient.Error
	if !errors.As(err, &got) || got.Status != 500 || utf8.RuneCountInString(got.Summary) > 201 {
		t.Errorf("error %v; want a short *Error with status 500", err)
	}
	if read > 1<<20 {
		t.Errorf("%d bytes of an error were read, want well under 1 MiB", read)
	}
}

type countWriter struct{ n *int64 }

func (c countWriter) Write(p []byte) (int, error) { *c.n += int64(len(p)); return len(p), nil }

func TestMaxBody(t *testing.T) {
	t.Parallel()
	body := `"` + strings.Repeat("x", 998) + `"` // 1000 bytes
	plain := answer(200, body)
	chunked := func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, body[:500])
		w.(http.Flusher).Flush()
		_, _ = io.WriteString(w, body[500:])
	}
	zipped := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, body)
		_ = z.Close()
	}
	for name, h := range map[string]http.HandlerFunc{"plain": plain, "chunked": chunked, "gzip": zipped} {
		srv := serve(t, h)
		for limit, fits := range map[int64]bool{999: false, 1000: true, 1001: true} {
			org := open(t, srv.URL, func(o *oktaclient.Options) { o.MaxBody = limit })
			before := len(srv.requests())
			got, err := org.ListUsers(t.Context(), nil)
			if fits && (err != nil || string(got.Body) != body) {
				t.Errorf("%s, 1000 bytes of at most %d: %v; want them exact", name, limit, err)
			}
			if !fits && (err == nil || got != nil || !strings.Contains(err.Error(), "larger")) {
				t.Errorf("%s, 1000 bytes of at most %d: %v, %v; want an error and no answer", name, limit, got, err)
			}
			if n := len(srv.requests()) - before; n != 1 {
				t.Errorf("%s, limit %d: %d requests, want 1: a second would be as large", name, limit, n)
			}
			if _, err := org.SuspendUser(t.Context(), "00u1"); !fits && !errors.Is(err, oktaclient.ErrOutcomeUnknown) {
				t.Errorf("%s: a write with too large an answer: %v; want ErrOutcomeUnknown, it may well be done", name, err)
			}
		}
	}
}

func TestWebPageIsNoSuccess(t *testing.T) {
	t.Parallel()
	srv := serve(t, answer(200, "<html>Please sign in to the network</html>", "Content-Type", "text/html; charset=utf-8"))
	org := open(t, srv.URL, nil)
	var e *oktaclient.Error
	if _, err := org.GetUser(t.Context(), "00u1", nil); !errors.As(err, &e) || e.Status != 200 {
		t.Errorf("a web page for a user: %v; want an *Error", err)
	}
	if _, err := org.SuspendUser(t.Context(), "00u1"); !errors.As(err, &e) || !errors.Is(err, oktaclient.ErrOutcomeUnknown) {
		t.Errorf("a web page for a write: %v; want *Error and ErrOutcomeUnknown", err)
	}
}

func TestRedirectsStayUnfollowed(t *testing.T) {
	t.Parallel()
	thief := serve(t, answer(200, `{}`))
	for _, status := range []int{301, 302, 303, 307, 308} {
		srv := serve(t, answer(status, "", "Location", thief.URL+"/api/v1/users/00u1"))
		org := open(t, srv.URL, nil)
		for _, do := range []func() error{
			func() error { _, err := org.GetUser(t.Context(), "00u1", nil); return err },
			func() error { _, err := org.SuspendUser(t.Context(), "00u1"); return err },
		} {
			var e *oktaclient.Error
			if err := do(); !errors.As(err, &e) || e.Status != status || !strings.Contains(e.Summary, "redirect") {
				t.Errorf("%d: %v; want an *Error about the redirect", status, err)
			}
		}
	}
	if n := len(thief.requests()); n != 0 {
		t.Errorf("%d requests with our token followed a redirect", n)
	}
}

// mover is an authorizer gone wrong: it sends the request elsewhere.
type mover struct {
	bearer
	move func(*http.Request)
}

func (m mover) Authorize(r *http.Request) error { m.move(r); return m.bearer.Authorize(r) }

func TestRequestsStayWithTheirHost(t *testing.T) {
	t.Parallel()
	for name, move := range map[string]func(*http.Request){
		"URL host":    func(r *http.Request) { r.URL.Host = "evil.example" },
		"Host header": func(r *http.Request) { r.Host = "evil.example" },
		"scheme":      func(r *http.Request) { r.URL.Scheme = "ftp" },
	} {
		left := 0
		org := open(t, "https://acme.okta.com", func(o *oktaclient.Options) {
			o.Authorizer = mover{move: move}
			o.Transport = roundTrip(func(r *http.Request) (*http.Response, error) { left++; return replying(200, nil, `{}`)(r) })
		})
		if _, err := org.GetUser(t.Context(), "00u1", nil); err == nil || left != 0 {
			t.Errorf("%s changed: error %v, %d requests left; want an error and none", name, err, left)
		}
	}
}

func TestLocation(t *testing.T) {
	t.Parallel()
	const operation = "/workload-principals/api/v1/operations/op-1"
	for give, kept := range map[string]bool{
		"{org}" + operation:                            true,
		operation:                                      true,
		"../operations/op-1":                           true,
		"":                                             false,
		"https://evil.example" + operation:             false,
		"//evil.example" + operation:                   false,
		`/\\evil.example` + operation:                  false,
		"{org}.evil.example" + operation:               false,
		"javascript:alert(1)":                          false,
		"ftp" + "{org}" + operation:                    false,
		operation + "/\u202eevil":                      false,
		operation + "?x=" + strings.Repeat("x", 10000): false,
		"%zz": false,
	} {
		var base string
		srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
			answer(202, "", "Location", strings.Replace(give, "{org}", base, 1))(w, r)
		})
		base = srv.URL
		got, err := open(t, srv.URL, nil).RegisterAIAgent(t.Context(), json.RawMessage(`{}`))
		want := ""
		if kept {
			want = strings.Replace(give, "{org}", base, 1)
		}
		if err != nil || got.Status != 202 || got.Location != want {
			t.Errorf("Location %q: %+v, %v; want %q", give, got, err, want)
		}
	}
}

func TestItems(t *testing.T) {
	t.Parallel()
	items, err := (&oktaclient.Answer{Body: json.RawMessage(`[ {"n": 12345678901234567890}, null,"x" ]`)}).Items()
	if err != nil || len(items) != 3 || string(items[0]) != `{"n": 12345678901234567890}` || string(items[1]) != "null" {
		t.Errorf("items %q, %v; want three with their bytes kept", items, err)
	}
	if items, err := (&oktaclient.Answer{Body: json.RawMessage(`[]`)}).Items(); err != nil || items == nil || len(items) != 0 {
		t.Errorf("an empty list gave %v, %v; want an empty success", items, err)
	}
	for _, body := range []string{"", "null", `{"a":1}`, `[1,2`, `"x"`} {
		if items, err := (&oktaclient.Answer{Body: json.RawMessage(body)}).Items(); err == nil {
			t.Errorf("body %q gave %q, want an error", body, items)
		}
	}
}

func TestLogsAndErrorsKeepSecrets(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	srv := serve(t, inTurn(answer(200, `{"answer":"in-the-body"}`, "X-Okta-Request-Id", "req42"), answer(400, `{"errorCode":"E0000001"}`)))
	org := open(t, srv.URL, func(o *oktaclient.Options) {
		o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	q := oktaclient.Query{"search": {"in-the-query"}}
	if _, err := org.CreateUser(t.Context(), q, json.RawMessage(`{"password":"in-the-body"}`)); err != nil {
		t.Fatal(err)
	}
	_, err := org.CreateUser(t.Context(), q, json.RawMessage(`{"password":"in-the-body"}`))
	for _, text := range []string{log.String(), fmt.Sprint(err)} {
		for _, hidden := range []string{secret, "in-the-query", "in-the-body"} {
			if strings.Contains(text, hidden) {
				t.Errorf("%q must not appear in %q", hidden, text)
			}
		}
	}
	for _, shown := range []string{"level=DEBUG", "method=POST", "path=/api/v1/users", "status=200", "req42", "took="} {
		if !strings.Contains(log.String(), shown) {
			t.Errorf("the log misses %q: %s", shown, log.String())
		}
	}
}

func TestTraceTellsEveryAttempt(t *testing.T) {
	t.Parallel()
	srv := serve(t, inTurn(answer(503, ``, "X-Okta-Request-Id", "a"), answer(200, `{}`, "X-Okta-Request-Id", "b")))
	outer, outerSeen := traced(t.Context())
	ctx, seen := traced(outer)
	if _, err := open(t, srv.URL, nil).GetUser(ctx, "a b", oktaclient.Query{"expand": {"blocks"}}); err != nil {
		t.Fatal(err)
	}
	got := seen()
	if len(got) != 2 || got[0].Status != 503 || got[0].RequestID != "a" || got[0].Err == nil || got[0].Attempt != 1 ||
		got[1].Status != 200 || got[1].RequestID != "b" || got[1].Err != nil || got[1].Attempt != 2 {
		t.Errorf("exchanges %+v; want 503/a with its error, then 200/b", got)
	}
	if got[0].Method != "GET" || got[0].Path != "/api/v1/users/a%20b" {
		t.Errorf("exchange of %s %s; want the path as sent, without query", got[0].Method, got[0].Path)
	}
	if n := len(outerSeen()); n != 2 {
		t.Errorf("the outer trace was told of %d attempts, want 2", n)
	}
}

// recorder is a pacer that keeps what it is told.
type recorder struct {
	told []string
	fail error
}

func (p *recorder) Wait(_ context.Context, method, path string) error {
	p.told = append(p.told, "wait "+method+" "+path)
	return p.fail
}

func (p *recorder) Answered(method, path string, status int, h http.Header) {
	p.told = append(p.told, fmt.Sprint("answered ", method, " ", path, " ", status, " ", h.Get("X-Rate-Limit-Limit")))
}

func TestPacerIsAskedForEachAttempt(t *testing.T) {
	t.Parallel()
	srv := serve(t, inTurn(answer(429, ``), answer(200, `{}`, "X-Rate-Limit-Limit", "600")))
	p := &recorder{}
	org := open(t, srv.URL, func(o *oktaclient.Options) { o.Pacer = p })
	if _, err := org.GetGroup(t.Context(), "00g1"); err != nil {
		t.Fatal(err)
	}
	want := "wait GET /api/v1/groups/00g1|answered GET /api/v1/groups/00g1 429 |wait GET /api/v1/groups/00g1|answered GET /api/v1/groups/00g1 200 600"
	if got := strings.Join(p.told, "|"); got != want {
		t.Errorf("the pacer was told %q\nwant %q", got, want)
	}
	p.fail = context.DeadlineExceeded
	if _, err := org.GetGroup(t.Context(), "00g1"); !errors.Is(err, context.DeadlineExceeded) || len(srv.requests()) != 2 {
		t.Errorf("a pacer's error gave %v and %d requests; want that error and no third request", err, len(srv.requests()))
	}
}

func TestDeadlineHoldsThroughTheSDK(t *testing.T) {
	t.Parallel()
	srv := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, err := open(t, srv.URL, nil).GetUser(ctx, "00u1", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v; want DeadlineExceeded in it", err)
	}
	if n := len(srv.requests()); n != 1 {
		t.Errorf("%d requests, want 1: nobody waits for a second", n)
	}
	why := errors.New("the client hung up")
	gone, hangUp := context.WithCancelCause(t.Context())
	srv = serve(t, func(_ http.ResponseWriter, r *http.Request) { hangUp(why); <-r.Context().Done() })
	if _, err := open(t, srv.URL, nil).GetUser(gone, "00u1", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v; want Canceled in it, whatever the cause", err)
	}
}
