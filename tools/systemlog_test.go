package tools_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"okta-mcp/oktaclient"
	"okta-mcp/tools"
)

// Every change that a tool makes stands in the org's System Log under the id of
// its answer, done by our app, in our name, to something that the request names;
// but for those that Okta has no event for.
func TestEveryChangeOfEveryToolIsInTheSystemLog(t *testing.T) {
	t.Parallel()
	for _, tool := range tools.Catalog() {
		if tool.Effect == tools.Read {
			continue
		}
		t.Run(tool.Name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}, options: tools.Options{AllowSecrets: true}})
			r := w.connect("2025-11-25", accepting).ask(tool.Name, samples(w.org.Cast())[tool.Name].arguments)
			changes := 0
			for _, sent := range w.record.last().Requests {
				plain, err := url.PathUnescape(sent.Path)
				if err != nil {
					t.Fatal(err)
				}
				if sent.Status >= 300 || oktaclient.OnlyReads(sent.Method, plain) {
					continue
				}
				changes++
				switch problem, unlogged := logged(t, w, sent, plain), oktaclient.Unlogged(sent.Method, sent.Path); {
				case unlogged && problem == "":
					t.Errorf("%s %s: in the log, where it is said to have no event", sent.Method, sent.Path)
				case !unlogged && problem != "":
					t.Errorf("%s %s: %s", sent.Method, sent.Path, problem)
				}
			}
			if changes == 0 {
				t.Errorf("the sample changes nothing: %s", r.Raw)
			}
		})
	}
}

// logged says what is wrong with the events of a request.
func logged(t *testing.T, w *world, sent tools.Sent, plain string) string {
	t.Helper()
	answer := httptest.NewRecorder()
	filter := url.QueryEscape(fmt.Sprintf(`transaction.id eq %q and debugContext.debugData.requestId eq %q`, sent.RequestID, sent.RequestID))
	w.org.Admin().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/api/v1/logs?filter="+filter, nil))
	events := gjson.ParseBytes(answer.Body.Bytes()).Array()
	if answer.Code != http.StatusOK || len(events) == 0 {
		return fmt.Sprintf("not in the log (%d)", answer.Code)
	}
	for _, e := range events {
		switch {
		case e.Get("actor.id").String() != w.org.Credentials().ClientID:
			return "done by " + e.Get("actor").Raw
		case !strings.HasPrefix(e.Get("client.userAgent.rawUserAgent").String(), "okta-mcp"):
			return "in the name of " + e.Get("client.userAgent").Raw
		case e.Get("target.#").Int() == 0:
			return "done to nothing: " + e.Get("eventType").String()
		}
	}
	if sent.Method == http.MethodPost && !strings.Contains(plain, "/lifecycle/") {
		return "" // what it makes is named by the answer only
	}
	for _, target := range events[0].Get("target").Array() {
		if strings.Contains(plain+"/", "/"+target.Get("id").String()+"/") {
			return ""
		}
	}
	return "done to something else: " + events[0].Get("target").Raw
}
