package audit_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"okta-mcp/cmd/internal/audit"
)

// altered returns the record with one value changed, wherever it is, once for
// each value there is.
func altered(t *testing.T, line string) map[string]string {
	t.Helper()
	var document map[string]any
	if err := json.Unmarshal([]byte(line), &document); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	var walk func(path string, value any, put func(any))
	walk = func(path string, value any, put func(any)) {
		change := func(to any) {
			put(to)
			all[path] = ordered(t, document)
			put(value)
		}
		switch v := value.(type) {
		case map[string]any:
			for name := range v {
				walk(path+"."+name, v[name], func(to any) { v[name] = to })
			}
		case []any:
			for i := range v {
				walk(fmt.Sprint(path, "[", i, "]"), v[i], func(to any) { v[i] = to })
			}
			change([]any{})
		case string:
			change(other(v))
		case float64:
			change(v + 1)
		case bool:
			change(!v)
		default:
			t.Fatalf("%s is %T, which this test does not know how to change", path, value)
		}
	}
	for name, value := range document {
		walk(name, value, func(to any) { document[name] = to })
	}
	return all
}

// other is a text of the same length, in hex where the first was.
func other(text string) string {
	if text == "" {
		return "x"
	}
	if text[0] == '0' {
		return "1" + text[1:]
	}
	return "0" + text[1:]
}

// ordered writes a document as a record is written.
func ordered(t *testing.T, document any) string {
	t.Helper()
	text, err := json.Marshal(document)
	var r audit.Record
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err == nil {
		text, err = json.Marshal(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

func TestEveryFieldTamperedWithIsFound(t *testing.T) {
	t.Parallel()
	all := readLines(t, filled(t, 5))
	last := verdictOf(t, all).Last.Hash
	for _, member := range members() {
		t.Run(member, func(t *testing.T) {
			t.Parallel()
			tried := 0
			for number := 1; number <= 5; number++ {
				for field, changed := range altered(t, all[number-1]) {
					if name, _, _ := strings.Cut(strings.ReplaceAll(field, "[", "."), "."); name != member {
						continue
					}
					tried++
					if strings.TrimSpace(changed) == strings.TrimSpace(all[number-1]) {
						t.Errorf("%s was not changed", field)
					}
					// A hash that does not fit can be wrong in either of two lines.
					tampered(t, all, number, changed, last, field == "prev")
				}
			}
			if tried < 5 {
				t.Errorf("%s was changed in %d places of 5 records", member, tried)
			}
		})
	}
}

// members are the names that a record has in JSON.
func members() []string {
	var names []string
	record := reflect.TypeFor[audit.Record]()
	for i := range record.NumField() {
		names = append(names, record.Field(i).Tag.Get("json"))
	}
	return names
}

// tampered holds that a line put in another's place is found where it stands, or
// one line before.
func tampered(t *testing.T, all []string, number int, changed, last string, orBefore bool) {
	t.Helper()
	damaged := slices.Clone(all)
	damaged[number-1] = changed
	text := strings.Join(damaged, "")
	if number < len(all) {
		text += "\n"
	}
	_, findings := verify(t, []string{writeFile(t, text)}, audit.Expectation{Last: last})
	if !slices.ContainsFunc(findings, func(f audit.Finding) bool { return f.Line == number || orBefore && f.Line == number-1 }) {
		t.Errorf("line %d was changed to\n%s\nfindings: %v", number, changed, findings)
	}
}

// What stands between the values counts as well: another byte, one more and one
// less are found, at every place of a line.
func TestEveryByteTamperedWithIsFound(t *testing.T) {
	t.Parallel()
	all := readLines(t, filled(t, 3))
	last := verdictOf(t, all).Last.Hash
	line := strings.TrimSuffix(all[1], "\n")
	for name, change := range map[string]func(at int) string{
		"another":  func(at int) string { return line[:at] + string(line[at]^1) + line[at+1:] },
		"one more": func(at int) string { return line[:at] + " " + line[at:] },
		"one less": func(at int) string { return line[:at] + line[at+1:] },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for at := range line {
				tampered(t, all, 2, change(at)+"\n", last, at < len(`{"n":2,"prev":"`)+64)
			}
		})
	}
}

func verdictOf(t *testing.T, all []string) audit.Verdict {
	t.Helper()
	verdict, findings := verify(t, []string{writeFile(t, strings.Join(all, "")+"\n")}, audit.Expectation{})
	if len(findings) > 0 {
		t.Fatalf("a whole record is damaged: %v", findings)
	}
	return verdict
}

func TestDamageIsNamedByItsLine(t *testing.T) {
	t.Parallel()
	path := filled(t, 9)
	all := readLines(t, path)
	all[8] += "\n"
	last := whole(t, path, 9).Last.Hash
	for name, c := range map[string]struct {
		damage   func([]string) []string
		expected audit.Expectation
		want     string // of the first finding
	}{
		"one missing":       {func(l []string) []string { return slices.Delete(l, 3, 4) }, audit.Expectation{}, ":4: missing before it: record 4"},
		"several missing":   {func(l []string) []string { return slices.Delete(l, 3, 6) }, audit.Expectation{}, ":4: missing before it: records 4 to 6"},
		"the first missing": {func(l []string) []string { return l[1:] }, audit.Expectation{}, ":1: missing before it: record 1"},
		"two swapped":       {func(l []string) []string { l[3], l[4] = l[4], l[3]; return l }, audit.Expectation{}, ":4: missing before it: record 4"},
		"one inserted": {func(l []string) []string { return slices.Insert(l, 4, strings.Replace(l[4], `"stdio"`, `"other"`, 1)) }, audit.Expectation{},
			":6: out of order: record 5 stands after record 5"},
		"one repeated":     {func(l []string) []string { return slices.Insert(l, 4, l[3]) }, audit.Expectation{}, ":5: out of order: record 4 stands after record 4"},
		"one cut":          {func(l []string) []string { l[3] = l[3][:200] + "\n"; return l }, audit.Expectation{}, ":4: not a whole record"},
		"one cut early":    {func(l []string) []string { l[3] = l[3][:20] + "\n"; return l }, audit.Expectation{}, ":4: not a whole record"},
		"two run together": {func(l []string) []string { l[3] = strings.TrimSpace(l[3]); return l }, audit.Expectation{}, ":5: missing before it: record 5"},
		"an empty line":    {func(l []string) []string { return slices.Insert(l, 4, "\n") }, audit.Expectation{}, ":5: not a whole record"},
		"a line without end": {func(l []string) []string { return slices.Insert(l, 4, strings.Repeat("x", 1<<20)+"\n") }, audit.Expectation{},
			":5: not a whole record"},
		"the last cut":          {func(l []string) []string { l[8] = l[8][:300]; return l }, audit.Expectation{}, ":9: not a whole record"},
		"the last cut, with LF": {func(l []string) []string { l[8] = l[8][:300] + "\n"; return l }, audit.Expectation{}, ":9: not a whole record"},
		"the end cut off":       {func(l []string) []string { return l[:7] }, audit.Expectation{Last: last}, ":7: the record expected last is not there"},
		"everything gone":       {func([]string) []string { return nil }, audit.Expectation{Last: last}, "the record expected last is not there"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			damaged := writeFile(t, strings.Join(c.damage(slices.Clone(all)), ""))
			_, findings := verify(t, []string{damaged}, c.expected)
			if len(findings) == 0 || !strings.Contains(findings[0].String(), c.want) {
				t.Errorf("findings %v, want first %s", findings, c.want)
			}
		})
	}
}

func TestACutEndIsSeenOnlyWithAnAnchor(t *testing.T) {
	t.Parallel()
	path := filled(t, 5)
	all := readLines(t, path)
	earlier := verdictOf(t, append(slices.Clone(all[:2]), strings.TrimSpace(all[2])))
	if earlier.Last.N != 3 {
		t.Fatalf("the earlier verification ends with %+v", earlier.Last)
	}
	verdict, findings := verify(t, []string{path}, audit.Expectation{Last: earlier.Last.Hash})
	if len(findings) > 0 || verdict.Since != 2 {
		t.Errorf("what was verified at record 3 has %d records since, findings %v; want 2 and none", verdict.Since, findings)
	}
}

func TestFilesAreReadInTheOrderOfTheChain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ given, want string }{
		{"a a.1 a.10 a.2", "a.10 a.2 a.1 a"}, {"a.2 a.1 a", "a.2 a.1 a"}, {"a.1", "a.1"}, {"b a", "b a"}, {"old.jsonl a.1 a", "old.jsonl a.1 a"},
	} {
		if got := strings.Join(audit.Files(strings.Fields(c.given)), " "); got != c.want {
			t.Errorf("%s is read as %s, want %s", c.given, got, c.want)
		}
	}
}

func TestReadNamesWhatIsNoRecordAndGoesOn(t *testing.T) {
	t.Parallel()
	all := readLines(t, filled(t, 3))
	path := writeFile(t, all[0]+"nonsense\n"+all[1]+all[2]+"\n")
	var numbers []uint64
	var bad []audit.Finding
	err := audit.Read([]string{path}, func(r audit.Record) error { numbers = append(numbers, r.N); return nil }, func(f audit.Finding) { bad = append(bad, f) })
	if err != nil || !slices.Equal(numbers, []uint64{1, 2, 3}) || len(bad) != 1 || bad[0].Line != 2 {
		t.Errorf("records %v, bad lines %v, %v", numbers, bad, err)
	}
	if err := audit.Read([]string{path + "x"}, nil, nil); err == nil {
		t.Error("a file that is not there can be read")
	}
}

// FuzzVerify holds that no file stops a verification or a reader, and that only a
// file which ends as it was written passes with its anchor.
func FuzzVerify(f *testing.F) {
	path := filled(f, 4)
	text, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	last := whole(f, path, 4).Last.Hash
	f.Add(text)
	f.Add(text[:len(text)/2])
	f.Add(append(slices.Clone(text), text...))
	f.Add([]byte("{\"n\":1,\"prev\":\"" + strings.Repeat("0", 64) + "\","))
	f.Add([]byte("\n\n\x00{\"n\":18446744073709551615,\"prev\":\"" + strings.Repeat("f", 64) + "\",}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "fuzzed")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		_, findings := verify(t, []string{path}, audit.Expectation{Last: last})
		if len(findings) == 0 && !strings.HasPrefix(string(data), string(text)) {
			t.Errorf("a file that is not the one written passes: %q", data)
		}
		if err := audit.Read([]string{path}, func(audit.Record) error { return nil }, func(audit.Finding) {}); err != nil {
			t.Error(err)
		}
		r := open(t, path, 4096)
		_ = r.After(t.Context(), event("x")) // it may be refused
	})
}
