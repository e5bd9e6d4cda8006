package oktaclient_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"okta-mcp/oktaclient"
)

// pair is one recorded request and Okta's answer to it.
type pair struct {
	Method   string              `json:"method"`
	Path     string              `json:"path"`
	Query    string              `json:"query"`
	Request  string              `json:"request_body"`
	Status   int                 `json:"status"`
	Headers  map[string][]string `json:"response_headers"`
	Response string              `json:"response_body"`
}

// recordedPairs reads the recordings kept beside the module, in a checkout
// that has them.
func recordedPairs(t *testing.T) []pair {
	t.Helper()
	name := filepath.Join("..", "..", "shared", "recorded", "okta-recorded.jsonl")
	f, err := os.Open(name)
	if err != nil {
		t.Skipf("no recordings of Okta at %s beside this checkout: nothing to compare with", name)
	}
	defer f.Close()
	var pairs []pair
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var p pair
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			t.Fatalf("line %d of the recordings: %v", len(pairs)+1, err)
		}
		pairs = append(pairs, p)
	}
	if err := lines.Err(); err != nil || len(pairs) == 0 {
		t.Fatalf("read %d recordings: %v", len(pairs), err)
	}
	return pairs
}

func TestRecordedAnswersArriveExactly(t *testing.T) {
	t.Parallel()
	pairs := recordedPairs(t)
	var now pair
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		want, _ := url.ParseQuery(now.Query)
		if r.Method != now.Method || r.URL.Path != now.Path || r.URL.Query().Encode() != want.Encode() || string(body) != now.Request {
			t.Errorf("sent %s %s with %q; the recording has %s %s?%s with %q", r.Method, r.RequestURI, body, now.Method, now.Path, now.Query, now.Request)
		}
		for name, values := range now.Headers {
			for _, v := range values {
				w.Header().Add(name, relink(v, r.Host))
			}
		}
		w.WriteHeader(now.Status)
		_, _ = io.WriteString(w, now.Response)
	}))
	t.Cleanup(srv.Close)
	org := open(t, srv.URL, nil)
	for i, p := range pairs {
		now = p
		q, err := url.ParseQuery(p.Query)
		if err != nil {
			t.Fatalf("recording %d: query: %v", i, err)
		}
		got, err := org.Do(t.Context(), p.Method, p.Path, q, json.RawMessage(p.Request))
		if p.Status < 300 {
			checkRecorded(t, p, got, err)
			continue
		}
		var e *oktaclient.Error
		if !errors.As(err, &e) || e.Status != p.Status || e.Summary == "" || strings.Contains(p.Response, "errorCode") && e.Code == "" {
			t.Errorf("recording %d, %s %s, %d: error %+v for %s", i, p.Method, p.Path, p.Status, err, p.Response)
		}
	}
}

// relink makes a recorded link one of this host, as Okta's own links are.
func relink(value, host string) string {
	_, rest, ok := strings.Cut(value, "<https://")
	_, path, found := strings.Cut(rest, "/")
	if !ok || !found {
		return value
	}
	return "<http://" + host + "/" + path
}

func checkRecorded(t *testing.T, p pair, got *oktaclient.Answer, err error) {
	t.Helper()
	if err != nil || got.Status != p.Status || string(got.Body) != p.Response {
		t.Errorf("%s %s: %+v, %v; want %d and the recorded %d bytes", p.Method, p.Path, got, err, p.Status, len(p.Response))
		return
	}
	var want oktaclient.Query
	for _, l := range p.Headers["Link"] {
		target, params, _ := strings.Cut(strings.TrimPrefix(l, "<"), ">")
		if strings.Contains(params, `rel="next"`) {
			u, err := url.Parse(target)
			if err != nil {
				t.Fatal(err)
			}
			want = u.Query()
		}
	}
	if got.Next.Encode() != want.Encode() || (got.Next == nil) != (want == nil) {
		t.Errorf("%s %s: next %v, want %v", p.Method, p.Path, got.Next, want)
	}
}
