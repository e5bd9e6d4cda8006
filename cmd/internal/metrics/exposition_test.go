package metrics_test

import (
	"fmt"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"okta-mcp/cmd/internal/metrics"
)

// exposed is a page of metrics as Prometheus reads it.
type exposed struct {
	page     string
	families map[string]*family
}

type family struct {
	name, kind, help string
	samples          []sample
}

type sample struct {
	name   string // with _bucket, _sum or _count
	labels map[string]string
	value  float64
}

// scrape reads the page, and fails on whatever the text format does not allow.
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details
func scrape(t testing.TB, m *metrics.Metrics) exposed {
	t.Helper()
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequest("GET", metrics.Path, nil))
	if answer.Code != 200 || answer.Header().Get("Content-Type") != "text/plain; version=0.0.4; charset=utf-8" {
		t.Fatalf("the page was answered %d %s", answer.Code, answer.Header())
	}
	e := exposed{page: answer.Body.String(), families: map[string]*family{}}
	if !strings.HasSuffix(e.page, "\n") {
		t.Error("the last line has no end")
	}
	var of *family
	seen := map[string]bool{}
	for line := range strings.Lines(e.page) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "# HELP "):
			name, help, _ := strings.Cut(strings.TrimPrefix(line, "# HELP "), " ")
			if e.families[name] != nil {
				t.Errorf("%s comes twice", name)
			}
			of = &family{name: name, help: help}
			e.families[name] = of
		case strings.HasPrefix(line, "# TYPE "):
			name, kind, _ := strings.Cut(strings.TrimPrefix(line, "# TYPE "), " ")
			if of == nil || of.name != name || of.kind != "" || len(of.samples) > 0 {
				t.Fatalf("%q does not follow the help of its family", line)
			}
			of.kind = kind
		default:
			s := readSample(t, line)
			if of == nil || of.kind == "" || !of.has(s.name) {
				t.Fatalf("%q stands in the family %+v", line, of)
			}
			if series, _, _ := strings.Cut(line, "} "); seen[series] {
				t.Errorf("%q comes twice", series)
			} else {
				seen[series] = true
			}
			of.samples = append(of.samples, s)
		}
	}
	return e
}

var (
	sampleLine = regexp.MustCompile(`^([a-z_][a-z0-9_]*)(?:\{(.*)\})? (\S+)$`)
	labelText  = regexp.MustCompile(`^([a-z_][a-z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)`)
)

func readSample(t testing.TB, line string) sample {
	t.Helper()
	parts := sampleLine.FindStringSubmatch(line)
	if parts == nil {
		t.Fatalf("%q is no sample", line)
	}
	s := sample{name: parts[1], labels: map[string]string{}}
	var err error
	if s.value, err = strconv.ParseFloat(parts[3], 64); err != nil {
		t.Fatalf("%q has no number: %v", line, err)
	}
	for rest := parts[2]; rest != ""; {
		label := labelText.FindStringSubmatch(rest)
		if label == nil {
			t.Fatalf("%q has no label at %q", line, rest)
		}
		if _, twice := s.labels[label[1]]; twice {
			t.Errorf("%q has the label %s twice", line, label[1])
		}
		s.labels[label[1]] = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n").Replace(label[2])
		rest = rest[len(label[0]):]
	}
	return s
}

func (f *family) has(name string) bool {
	suffix, in := strings.CutPrefix(name, f.name)
	return in && (suffix == "" && f.kind != "histogram" ||
		f.kind == "histogram" && slices.Contains([]string{"_bucket", "_sum", "_count"}, suffix))
}

// value is the one sample with these labels, "k=v" each; less than 0 without one.
func (e exposed) value(name string, labels ...string) float64 {
	slices.Sort(labels)
	for _, f := range e.families {
		for _, s := range f.samples {
			var has []string
			for name, value := range s.labels {
				has = append(has, name+"="+value)
			}
			slices.Sort(has)
			if s.name == name && slices.Equal(has, labels) {
				return s.value
			}
		}
	}
	return -1
}

// expect compares samples, written "name k=v k=v": value.
func (e exposed) expect(t testing.TB, want map[string]float64) {
	t.Helper()
	for written, value := range want {
		words := strings.Fields(written)
		if got := e.value(words[0], words[1:]...); got != value {
			t.Errorf("%s is %v, want %v (less than 0: not there)", written, got, value)
		}
	}
}

// conventions fails on what the naming practices, and Prometheus's own lint, object to.
// https://prometheus.io/docs/practices/naming/
func (e exposed) conventions(t testing.TB) {
	t.Helper()
	for name, f := range e.families {
		if f.help == "" || !strings.HasSuffix(f.help, ".") {
			t.Errorf("%s: the help is %q", name, f.help)
		}
		if len(f.samples) == 0 {
			t.Errorf("%s: no samples", name)
		}
		if total := strings.HasSuffix(name, "_total"); total != (f.kind == "counter") {
			t.Errorf("%s is a %s", name, f.kind)
		}
		if own := strings.HasPrefix(name, "okta_mcp_"); !own && !strings.HasPrefix(name, "go_") && !strings.HasPrefix(name, "process_") {
			t.Errorf("%s: not a name of ours or of a process", name)
		}
		for _, unit := range []string{"_ms", "milli", "minutes", "_kb", "kilobytes", "counter", "gauge", "histogram", "__"} {
			if strings.Contains(name, unit) {
				t.Errorf("%s: the name says %s", name, unit)
			}
		}
		switch f.kind {
		case "histogram":
			f.cumulates(t)
		case "counter", "gauge":
		default:
			t.Errorf("%s is a %q", name, f.kind)
		}
		for _, s := range f.samples {
			if f.kind == "counter" && s.value < 0 {
				t.Errorf("%s counts %v", name, s.value)
			}
		}
	}
}

// cumulates checks each histogram of the family: buckets in order that never fall, the
// last for everything, and as many as the count says.
func (f *family) cumulates(t testing.TB) {
	t.Helper()
	type state struct{ bound, below float64 }
	states := map[string]state{}
	key := func(s sample) string {
		labels := map[string]string{}
		for name, value := range s.labels {
			if name != "le" {
				labels[name] = value
			}
		}
		return fmt.Sprint(labels)
	}
	for _, s := range f.samples {
		last, of := states[key(s)], key(s)
		switch s.name {
		case f.name + "_bucket":
			bound, err := strconv.ParseFloat(s.labels["le"], 64)
			if err != nil || bound <= last.bound || s.value < last.below {
				t.Errorf("%s%s: the bucket to %s has %v after %v", f.name, of, s.labels["le"], s.value, last)
			}
			states[of] = state{bound, s.value}
		case f.name + "_count":
			if last.below != s.value || fmt.Sprint(last.bound) != "+Inf" {
				t.Errorf("%s%s: the count is %v, the last bucket %v", f.name, of, s.value, last)
			}
		}
	}
}
