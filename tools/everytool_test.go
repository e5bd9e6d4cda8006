package tools_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"okta-mcp/oktaclient/demoorg/orgtest"
	"okta-mcp/tools"
)

// everyTool runs f for each tool, one after the other in one world, and proves
// each time that nothing but GET was sent.
func everyTool(t *testing.T, f func(w *world, tool listed, arguments args) bool) {
	t.Helper()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	for _, tool := range list(t, w.connect("2025-11-25", accepting)) {
		if f(w, tool, samples(w.org.Cast())[tool.Name].arguments) {
			for _, write := range w.org.Writes() {
				t.Errorf("%s: something other than GET reached the org: %s %s %s", tool.Name, write.Method, write.Path, write.Body)
			}
		}
		w.org.Reset()
		w.pass(11 * time.Minute)
	}
}

func TestEveryToolSaysWhatIsNotThere(t *testing.T) {
	t.Parallel()
	everyTool(t, func(w *world, tool listed, arguments args) bool {
		for name, value := range arguments {
			var unknown any
			switch v := value.(type) {
			case string:
				unknown = unknownLike(v)
			case []string:
				unknown = []string{unknownLike(v[0])}
			}
			if !strings.HasSuffix(name, "_id") && !strings.HasSuffix(name, "_ids") || unknown == nil {
				continue
			}
			varied := args{name: unknown}
			for other, v := range arguments {
				if other != name {
					varied[other] = v
				}
			}
			r := w.connect("2025-11-25", accepting).ask(tool.Name, varied)
			if !r.IsError || r.text() == "" {
				t.Errorf("%s with an unknown %s answered %s", tool.Name, name, r.Raw)
			}
		}
		return true
	})
}

// unknownLike is an id of the same kind that names nothing.
func unknownLike(id string) string {
	return id[:min(3, len(id))] + "0000000000000none"
}

func TestNoToolTakesAnErrorForAnEmptyAnswer(t *testing.T) {
	t.Parallel()
	for status, fault := range map[string]orgtest.Fault{
		"403": {Status: 403, Body: `{"errorCode":"E0000006","errorSummary":"You do not have permission to perform the requested action"}`},
		"500": {Status: 500, Body: `{"errorCode":"E0000009","errorSummary":"Internal Server Error"}`},
	} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			everyTool(t, func(w *world, tool listed, arguments args) bool {
				if tool.Name == "get_access_status" {
					return false
				}
				w.org.Fault(func(*httpRequest) orgtest.Fault { return fault })
				r := w.connect("2025-11-25", accepting).ask(tool.Name, arguments)
				if !r.IsError || !strings.Contains(r.text(), status) {
					t.Errorf("%s: Okta answered everything with %s, and the client got %s", tool.Name, status, r.Raw)
				}
				w.org.Fault(nil)
				return slices.Contains([]string{"Read"}, tool.Name) // a write may have been tried: Okta refused it
			})
		})
	}
}
