package metrics

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// values are the samples of a family by their labels, as labels writes them.
type values map[string]float64

var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// labels writes names and values as they stand in braces.
func labels(pairs ...string) string {
	var b strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(pairs[i] + `="` + escape.Replace(pairs[i+1]) + `"`)
	}
	return b.String()
}

// text is a page in Prometheus's text format, version 0.0.4.
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
type text struct{ bytes.Buffer }

const contentType = "text/plain; version=0.0.4; charset=utf-8"

// family writes all samples of one name. Without any there is nothing to say.
func (t *text) family(name, kind, help string, all values) {
	if len(all) == 0 {
		return
	}
	t.head(name, kind, help)
	for _, labels := range slices.Sorted(maps.Keys(all)) {
		t.sample(name, labels, all[labels])
	}
}

func (t *text) gauge(name, help string, value float64) {
	t.family(name, "gauge", help, values{"": value})
}

func (t *text) histogram(name, help string, all timings) {
	t.head(name, "histogram", help)
	for _, labels := range slices.Sorted(maps.Keys(all)) {
		one, below := all[labels], uint64(0)
		for i, count := range one.counts {
			below += count
			bound := "+Inf"
			if i < len(bounds()) {
				bound = number(bounds()[i])
			}
			t.sample(name+"_bucket", labels+`,le="`+bound+`"`, float64(below))
		}
		t.sample(name+"_sum", labels, one.sum.Seconds())
		t.sample(name+"_count", labels, float64(below))
	}
}

func (t *text) head(name, kind, help string) {
	fmt.Fprintf(t, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

func (t *text) sample(name, labels string, value float64) {
	if labels != "" {
		labels = "{" + labels + "}"
	}
	fmt.Fprintf(t, "%s%s %s\n", name, labels, number(value))
}

func number(value float64) string { return strconv.FormatFloat(value, 'g', -1, 64) }

// Path is where metrics are served.
const Path = "/metrics"

// Handler serves the metrics at Path, to everybody, and nothing else.
func (m *Metrics) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.EscapedPath() != Path:
			http.NotFound(w, r)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "read the metrics with GET", http.StatusMethodNotAllowed)
		default:
			var page text
			m.write(&page)
			w.Header().Set("Content-Type", contentType)
			w.Header().Set("Content-Length", strconv.Itoa(page.Len()))
			_, _ = page.WriteTo(w) // whoever asked is gone, if it fails
		}
	})
}
