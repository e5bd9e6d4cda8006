package tools_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/tidwall/gjson"

	"okta-mcp/oktaclient/demoorg/orgtest"
	"okta-mcp/tools"
)

// readingTheForm agrees as a person does who goes by the form, not by the text.
func readingTheForm(_ context.Context, q mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
	encoded, err := json.Marshal(q.RequestedSchema)
	described := gjson.GetBytes(encoded, "properties.type_to_confirm.description").String()
	if typed, asks := strings.CutPrefix(described, "Type exactly: "); asks {
		return accept(map[string]any{"type_to_confirm": typed}), err
	}
	return accept(map[string]any{"decision": "proceed"}), err
}

// tried are the texts one by one where a call is cheap, and where it is not, all
// short ones together and some that weigh by themselves.
func tried(few bool) []string {
	var all []string
	var together strings.Builder
	for _, hostile := range hostileTexts() {
		all = append(all, hostile.Text)
		if len(hostile.Text) < 200 {
			together.WriteString(hostile.Text + " ")
		}
	}
	if !few {
		return all
	}
	return []string{together.String(), strings.Repeat("\U000E0041", 4<<10)}
}

// onWire fails unless a result is one line that every client can read, its text
// the JSON of its structured content, and nothing in either is hidden.
func onWire(t *testing.T, where string, r result) {
	t.Helper()
	if !utf8.Valid(r.Raw) || strings.ContainsFunc(string(r.Raw), func(c rune) bool { return !unicode.IsGraphic(c) }) {
		t.Errorf("%s: the answer is not one readable line of UTF-8: %.300q", where, r.Raw)
	}
	if len(r.Structured) == 0 {
		return
	}
	var structured, text any
	if err := json.Unmarshal(r.Structured, &structured); err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	if err := json.Unmarshal([]byte(r.text()), &text); err != nil || !reflect.DeepEqual(structured, text) {
		t.Errorf("%s: the text is not the JSON of the structured content (%v)", where, err)
	}
	for _, c := range r.text() {
		if !unicode.IsGraphic(c) || unicode.In(c, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) {
			t.Fatalf("%s: the text has a raw %U: %.300q", where, c, r.text())
		}
	}
}

// frame is what an answer says in our words: everything but the data that it
// carries, of which the names of members are kept.
func frame(t *testing.T, r result, isChange bool) map[string]bool {
	t.Helper()
	var answer map[string]any
	if err := json.Unmarshal(r.Structured, &answer); err != nil {
		t.Fatalf("decoding %s: %v", r.Structured, err)
	}
	said := map[string]bool{}
	for name, value := range answer {
		_, isList := answer["items"]
		switch {
		case isList && name == "items", !isList && !isChange:
			members(said, name, value)
		case name == "result", name == "before", name == "after":
			members(said, name, value)
		case name == "next_cursor", name == "count", name == "truncated", name == "omitted":
			said[name] = true
		default:
			words(said, name, value)
		}
	}
	return said
}

// members notes the names of all members below value.
func members(said map[string]bool, path string, value any) {
	said[path] = true
	switch value := value.(type) {
	case map[string]any:
		for name, below := range value {
			members(said, path+"."+name, below)
		}
	case []any:
		for _, below := range value {
			members(said, path, below)
		}
	}
}

// words notes the texts below value too, without what they quote, and of targets
// and ways back only what is ours.
func words(said map[string]bool, path string, value any) {
	switch value := value.(type) {
	case map[string]any:
		for name, below := range value {
			switch name {
			case "name", "id", "arguments":
				members(said, path+"."+name, below)
			default:
				words(said, path+"."+name, below)
			}
		}
	case []any:
		for _, below := range value {
			words(said, path, below)
		}
	case string:
		said[path+": "+ours(value)] = true
	default:
		said[fmt.Sprintf("%s: %v", path, value)] = true
	}
}

// cutShort adds what is said of an answer that long texts make too large.
func cutShort(said map[string]bool) {
	for _, words := range []string{
		"omitted", "next_cursor", "result.omitted", "notes: cut at the size of an answer; more items fit with fields",
		"notes: an item alone is larger than an answer may be; omitted names what was left out, and fields can ask for it alone",
	} {
		said[words] = true
	}
}

// more are those of got that want lacks.
func more(got, want map[string]bool) []string {
	var some []string
	for said := range got {
		if !want[said] {
			some = append(some, said)
		}
	}
	slices.Sort(some)
	return some
}

func TestHostileTextIsDataInEveryReadTool(t *testing.T) {
	t.Parallel()
	for _, d := range tools.Catalog() {
		if d.Effect != tools.Read || d.Name == "get_access_status" || d.Name == "sign_in" {
			continue
		}
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
			p := w.connect("2025-11-25", nil)
			arguments := byID(w.org.Cast(), samples(w.org.Cast())[d.Name].arguments)
			w.org.Taint(orgtest.Insiders("Harmless words"))
			harmless := p.ask(d.Name, arguments)
			harmless.mustWork(nil)
			want, planted := frame(t, harmless, false), false
			cutShort(want)
			for _, hostile := range hostileTexts() {
				if len(hostile.Text) > 1<<10 && !strings.HasPrefix(d.Name, "get_") && d.Name != "list_users" {
					continue // cutting is the same for all lists
				}
				where := d.Name + " " + hostile.Class + " " + shortened(hostile.Text)
				w.org.Taint(orgtest.Insiders(hostile.Text))
				r := p.ask(d.Name, arguments)
				r.mustWork(nil)
				onWire(t, where, r)
				if said := more(frame(t, r, false), want); said != nil {
					t.Errorf("%s: the answer says %q", where, said)
				}
				if len(r.text()) > tools.DefaultMaxResultBytes {
					t.Errorf("%s: the answer has %d bytes", where, len(r.text()))
				}
				planted = planted || carries(t, r, hostile.Text)
			}
			if !planted && !slices.Contains(textless(), d.Name) {
				t.Errorf("%s shows no text of the org, so this proves nothing: %s", d.Name, harmless.text())
			}
		})
	}
}

// textless are the tools that answer nothing that people name.
func textless() []string { return []string{"list_linked_objects"} }

// carries reports whether the data has the text, as any JSON reader reads it.
func carries(t *testing.T, r result, text string) bool {
	t.Helper()
	var want string
	if err := json.Unmarshal([]byte(orgtest.Raw(text)), &want); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	var data any
	if err := json.Unmarshal(r.Structured, &data); err != nil {
		t.Fatal(err)
	}
	return has(data, want)
}

func has(value any, text string) bool {
	switch value := value.(type) {
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(value)), func(below any) bool { return has(below, text) })
	case []any:
		return slices.ContainsFunc(value, func(below any) bool { return has(below, text) })
	}
	return value == text
}

// A change answers what it found and made, and quotes it elsewhere.
func TestHostileTextIsDataInEveryChange(t *testing.T) {
	t.Parallel()
	for _, d := range tools.Catalog() {
		if d.Effect == tools.Read {
			continue
		}
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			change := func(text string) result {
				w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
				w.org.Taint(orgtest.Insiders(text))
				r := w.connect("2025-11-25", readingTheForm).ask(d.Name, byID(w.org.Cast(), samples(w.org.Cast())[d.Name].arguments))
				return r
			}
			want := frame(t, change("Harmless words"), true)
			cutShort(want)
			for _, hostile := range tried(true) {
				where := d.Name + " " + shortened(hostile)
				r := change(hostile)
				onWire(t, where, r)
				if r.IsError { // the demo org refuses a longer name than it can have
					inertText(t, where, r.text())
					continue
				}
				if said := more(frame(t, r, true), want); said != nil {
					t.Errorf("%s: the answer says %q", where, said)
				}
			}
		})
	}
}

// Nothing that is said before a call shows the org's text: the list of tools, what
// the server says of itself, and where it stands.
func TestHostileTextChangesNoDescription(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	hello := map[string]any{"protocolVersion": "2025-11-25", "capabilities": map[string]any{}, "clientInfo": map[string]any{"name": "peer", "version": "1"}}
	said := func() (all []string) {
		p := w.connect("2025-11-25", nil)
		for _, d := range tools.Catalog() {
			if d.Effect == tools.Read {
				p.ask(d.Name, byID(w.org.Cast(), samples(w.org.Cast())[d.Name].arguments))
			}
		}
		return append(all, string(p.rpc("tools/list", nil).Result), string(p.rpc("initialize", hello).Result))
	}
	want := said()
	for _, hostile := range tried(true) {
		w.org.Taint(orgtest.Insiders(hostile))
		if got := said(); !slices.Equal(got, want) {
			t.Errorf("%s changed what is said to\n%s", shortened(hostile), got)
		}
	}
}

// What an insider planted through the org's own API is listed, found by its exact
// name and shown as what it is, and an ambiguous or unknown one is quoted.
func TestPlantedNamesAreListedFoundAndQuoted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	p := w.connect("2025-11-25", nil)
	names := map[string]string{} // of the groups planted
	for i, hostile := range orgtest.Hostile() {
		for _, planted := range orgtest.Plant(w.org.Org, i, hostile.Text) {
			if planted.Type == "group" && utf8.ValidString(hostile.Text) {
				names[planted.ID] = hostile.Text
			}
		}
	}
	for _, tool := range []string{"list_users", "list_groups", "list_applications", "list_group_rules", "list_network_zones", "list_event_hooks", "get_logs"} {
		for cursor := ""; ; {
			var page struct {
				Next string `json:"next_cursor"`
			}
			arguments := args{}
			if cursor != "" {
				arguments["cursor"] = cursor
			}
			r := p.ask(tool, arguments)
			r.mustWork(&page)
			onWire(t, tool, r)
			if cursor = page.Next; cursor == "" || tool == "get_logs" {
				break
			}
		}
	}
	found := 0
	var want string
	for id, name := range names {
		r := p.ask("delete_group", args{"group_id": name, "plan_only": true})
		onWire(t, shortened(name), r)
		if r.IsError {
			inertText(t, shortened(name), r.text())
			continue
		}
		var answer struct {
			Target struct{ ID, Name string }
			Plan   struct{ Question string }
		}
		r.mustWork(&answer)
		if answer.Target.ID != id || answer.Target.Name != name {
			t.Errorf("%q leads to %+v, want %s", name, answer.Target, id)
		}
		if want = firstOf(want, ours(answer.Plan.Question)); ours(answer.Plan.Question) != want {
			t.Errorf("the question for %q says\n%s\nwant\n%s", name, ours(answer.Plan.Question), want)
		}
		mayBeTyped(t, shortened(name), answer.Plan.Question)
		found++
	}
	if found < 40 {
		t.Errorf("%d of %d planted groups were found by their names", found, len(names))
	}
}

func firstOf(one, other string) string {
	if one != "" {
		return one
	}
	return other
}

// Progress is said in words of ours alone.
func TestNoProgressCarriesTextOfTheOrg(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	calls, plain := regexp.MustCompile(`c\.Progress\(.*`), regexp.MustCompile(`c\.Progress\([^"]*, "[^"]*"(\+k\.word)?\)$`)
	found := 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range calls.FindAllString(string(source), -1) {
			if found++; !strings.HasSuffix(file, "_test.go") && !plain.MatchString(call) {
				t.Errorf("%s: %s may say what the org does", file, call)
			}
		}
	}
	if found < 3 {
		t.Errorf("%d calls of Progress were found: this test looks in the wrong place", found)
	}
}

func FuzzAnswersAreOneReadableLine(f *testing.F) {
	w := newFuzzWorld(f)
	p := w.connect("2025-11-25", nil)
	for _, hostile := range hostileTexts() {
		f.Add(hostile.Text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		w.t = t
		w.org.Taint(orgtest.Insiders(text))
		r := p.ask("get_group", args{"group_id": w.org.Cast().Project.ID})
		onWire(t, "get_group", r)
		if len(text) < 1<<10 && !carries(t, r, text) { // a longer one may be left out
			t.Errorf("%q is not among the data: %s", text, r.text())
		}
	})
}
