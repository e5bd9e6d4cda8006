package tools_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"okta-mcp/tools"
)

var update = flag.Bool("update", false, "write testdata/tools_list.json anew")

// listed is one tool as a client sees it.
type listed struct {
	Name, Title, Description string
	InputSchema              schema
	OutputSchema             json.RawMessage
	Annotations              struct {
		ReadOnlyHint    *bool
		DestructiveHint *bool
	}
	raw json.RawMessage
}

type schema struct {
	Type       string
	Properties map[string]parameter
	Required   []string
	raw        json.RawMessage
}

type parameter struct {
	Type, Description string
	Enum              []any
	Minimum, Maximum  *float64
	MaxItems          *int
	Items             *struct{ Type string }
}

func (s *schema) UnmarshalJSON(data []byte) error {
	type plain schema
	s.raw = slices.Clone(data)
	return json.Unmarshal(data, (*plain)(s))
}

func list(t testing.TB, p *peer) []listed {
	t.Helper()
	var answer struct{ Tools []json.RawMessage }
	if err := json.Unmarshal(p.rpc("tools/list", nil).Result, &answer); err != nil {
		t.Fatal(err)
	}
	all := make([]listed, len(answer.Tools))
	for i, raw := range answer.Tools {
		if err := json.Unmarshal(raw, &all[i]); err != nil {
			t.Fatalf("decoding %s: %v", raw, err)
		}
		all[i].raw = raw
	}
	return all
}

func TestEveryToolSaysWhatItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	all := list(t, w.connect("2025-11-25", accepting))
	described := slices.DeleteFunc(w.server.Describe(), func(d tools.Description) bool { return d.Name == "sign_in" }) // there while signed out
	if len(all) != len(described) {
		t.Fatalf("%d of %d tools are listed although every scope is granted", len(all), len(described))
	}
	seen := map[string]bool{}
	for i, tool := range all {
		d := described[i]
		if tool.Name != d.Name || seen[tool.Name] {
			t.Errorf("tool %d is %s, want %s, once", i, tool.Name, d.Name)
		}
		seen[tool.Name] = true
		if !regexp.MustCompile(`^[a-z]+(_[a-z]+)+$`).MatchString(tool.Name) || tool.Title == "" || tool.Description == "" {
			t.Errorf("%s: name, title or description is not as it should be", tool.Name)
		}
		if d.Effect < tools.Read || d.Effect > tools.Privileged {
			t.Errorf("%s: illegal effect %v", d.Name, d.Effect)
		}
		if len(d.Scopes) == 0 && d.Name != "get_access_status" {
			t.Errorf("%s needs no scope", d.Name)
		}
		for _, scope := range append(slices.Clone(d.Scopes), d.Optional...) {
			if !regexp.MustCompile(`^okta\.[A-Za-z.]+\.(read|manage)$`).MatchString(scope) {
				t.Errorf("%s: %q is not a scope", d.Name, scope)
			}
		}
		confirmed := d.Effect == tools.Destructive || d.Effect == tools.Privileged
		if confirmed && !d.Asks {
			t.Errorf("%s is confirmed and has no Check", d.Name)
		}
		if _, takes := tool.InputSchema.Properties["plan_only"]; takes != d.Asks {
			t.Errorf("%s: takes plan_only is %t, can ask is %t", d.Name, takes, d.Asks)
		}
		if a := tool.Annotations; a.ReadOnlyHint == nil || *a.ReadOnlyHint != (d.Effect == tools.Read) ||
			(d.Effect != tools.Read && (a.DestructiveHint == nil || *a.DestructiveHint != confirmed)) {
			t.Errorf("%s: the hints %s do not say that it is %s", d.Name, tool.raw, d.Effect)
		}
	}
}

func TestEveryParameterIsDescribedAndBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	for _, tool := range list(t, w.connect("2025-11-25", nil)) {
		for name, p := range tool.InputSchema.Properties {
			switch {
			case !regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`).MatchString(name):
				t.Errorf("%s: parameter %s is not snake_case", tool.Name, name)
			case p.Description == "":
				t.Errorf("%s: parameter %s is not described", tool.Name, name)
			case p.Type == "integer" && (p.Minimum == nil || p.Maximum == nil):
				t.Errorf("%s: number %s has no bounds", tool.Name, name)
			case p.Type == "array" && (p.MaxItems == nil || p.Items == nil || p.Items.Type == ""):
				t.Errorf("%s: array %s has no bound or no type of element", tool.Name, name)
			case !slices.Contains([]string{"string", "integer", "boolean", "array", "object"}, p.Type):
				t.Errorf("%s: parameter %s has the type %q", tool.Name, name, p.Type)
			}
		}
		for _, name := range tool.InputSchema.Required {
			if _, there := tool.InputSchema.Properties[name]; !there {
				t.Errorf("%s requires %s, which it does not have", tool.Name, name)
			}
		}
	}
}

func compiled(t testing.TB, name string, raw json.RawMessage) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	if err := compiler.AddResource("mem:///"+name, document); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	s, err := compiler.Compile("mem:///" + name)
	if err != nil {
		t.Fatalf("%s does not compile under 2020-12: %v", name, err)
	}
	return s
}

func TestEverySchemaCompiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	for _, tool := range list(t, w.connect("2025-11-25", nil)) {
		compiled(t, tool.Name+"-in", tool.InputSchema.raw)
		compiled(t, tool.Name+"-out", tool.OutputSchema)
	}
}

// budget is what a list of tools may take in bytes of compact JSON. A model reads
// name, description and input schema in every conversation.
type budget struct {
	toolset    string
	read, sent int
}

// readAtMost is what a model may have to read of one tool, in bytes.
const readAtMost = 1400

func TestDefinitionsStayWithinTheirBudget(t *testing.T) {
	t.Parallel()
	for _, b := range []budget{{"default", 35 << 10, 56 << 10}, {"all", 71 << 10, 115 << 10}} {
		w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{b.toolset}}})
		p := w.connect("2025-11-25", nil)
		read, sent := 0, len(p.rpc("tools/list", nil).Result)
		all := list(t, p)
		for _, tool := range all {
			part, err := json.Marshal(map[string]any{"name": tool.Name, "description": tool.Description, "inputSchema": tool.InputSchema.raw})
			if err != nil {
				t.Fatal(err)
			}
			if len(part) > readAtMost {
				t.Errorf("a model reads %d bytes of %s, at most %d are meant", len(part), tool.Name, readAtMost)
			}
			read += len(part)
		}
		if read > b.read || sent > b.sent {
			t.Errorf("%s: %d bytes are read by a model and %d sent, at most %d and %d are meant", b.toolset, read, sent, b.read, b.sent)
		}
		t.Logf("%s: %d tools, %d bytes read by a model (%d each), %d sent (%d each)", b.toolset, len(all), read, read/len(all), sent, sent/len(all))
	}
}

// readsAtMost is how many requests a Check may make to say what would follow.
// Naming people and groups instead of giving ids costs more.
const readsAtMost = 5

func TestAChecksCostIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	for name, sample := range samples(w.org.Cast()) {
		arguments := sample.asked
		if confirmed(name) { // its arguments are ids
			arguments = maps.Clone(sample.arguments)
		}
		if arguments == nil || walks(name) {
			continue
		}
		arguments["plan_only"] = true
		w.org.Reset()
		w.connect("2025-11-25", nil).ask(name, arguments).mustWork(nil)
		reads := len(w.org.Requests())
		if reads > readsAtMost {
			t.Errorf("the check of %s made %d requests, at most %d are meant:\n%v", name, reads, readsAtMost, w.org.Requests())
		}
		t.Logf("%d requests: %s", reads, name)
	}
}

// walks reports whether a tool's check follows group rules as far as they lead:
// what they lead to decides whether a person is asked at all.
func walks(name string) bool {
	return slices.Contains([]string{"add_user_to_group", "remove_user_from_group", "create_user", "update_user", "replace_user", "activate_group_rule", "add_group_owner"}, name)
}

func TestToolsListIsWhatItWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	var now bytes.Buffer
	if err := json.Indent(&now, w.connect("2025-11-25", accepting).rpc("tools/list", nil).Result, "", "  "); err != nil {
		t.Fatal(err)
	}
	now.WriteByte('\n')
	path := filepath.Join(moduleRoot(t), "testdata", "tools_list.json")
	if *update {
		if err := os.WriteFile(path, now.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	was, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(was, now.Bytes()) {
		t.Errorf("what tools/list answers has changed; if that is meant, run go test ./tools -run %s -update", t.Name())
	}
}

// elsewhere names the parameters, of all tools or of one, that the test below
// does not vary by themselves: other tests prove them.
var elsewhere = regexp.MustCompile(`/(plan_only|cursor|sort_by|sort_order|next_login|poll)$|^(list_user_devices|list_device_users|list_user_types|list_policy_rules|list_user_roles|list_group_roles|list_custom_roles|list_resource_sets)/limit$`)

func TestEveryArgumentReachesTheRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	for _, tool := range list(t, w.connect("2025-11-25", nil)) {
		ex, there := samples(w.org.Cast())[tool.Name]
		if !there {
			t.Errorf("%s has no sample", tool.Name)
			continue
		}
		for name := range tool.InputSchema.Properties {
			if elsewhere.MatchString(tool.Name + "/" + name) {
				continue
			}
			t.Run(tool.Name+"/"+name, func(t *testing.T) {
				t.Parallel()
				value, there := ex.others[name]
				if !there {
					t.Fatalf("no other value to try for %s", name)
				}
				varied := map[string]any{}
				for other, v := range ex.arguments {
					varied[other] = v
				}
				varied[name] = value
				sent, answer := traffic(t, tool.Name, ex.arguments)
				sentVaried, answerVaried := traffic(t, tool.Name, varied)
				if name == "fields" || name == "limit" && sent == sentVaried { // Okta answers some lists at once, whatever the limit
					if answer == answerVaried {
						t.Error("the argument changes nothing in the answer")
					}
				} else if sent == sentVaried {
					t.Errorf("the argument changes nothing in what is sent to Okta:\n%s", sent)
				}
			})
		}
	}
}

// traffic makes a call in a world of its own and returns what Okta saw.
func traffic(t *testing.T, tool string, arguments map[string]any) (sent, answer string) {
	t.Helper()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}, options: tools.Options{AllowSecrets: true}})
	r := w.connect("2025-11-25", accepting).ask(tool, arguments)
	for _, q := range w.org.Requests() {
		sent += fmt.Sprintln(q.Method, q.Path, q.RawQuery, q.Body)
	}
	return sent, r.text()
}

func TestEveryResultValidatesAgainstItsOutputSchema(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	for _, tool := range list(t, w.connect("2025-11-25", nil)) {
		t.Run(tool.Name, func(t *testing.T) {
			t.Parallel()
			for _, plan := range []bool{true, false} {
				w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
				arguments := maps.Clone(samples(w.org.Cast())[tool.Name].arguments)
				if arguments == nil {
					arguments = args{}
				}
				if _, takes := tool.InputSchema.Properties["plan_only"]; takes {
					arguments["plan_only"] = plan
				}
				r := w.connect("2025-11-25", accepting).ask(tool.Name, arguments)
				r.mustWork(nil)
				var value any
				if err := json.Unmarshal(r.Structured, &value); err != nil {
					t.Fatal(err)
				}
				if err := compiled(t, tool.Name, tool.OutputSchema).Validate(value); err != nil {
					t.Errorf("the answer %s does not fit the output schema: %v", r.Structured, err)
				}
				// Structured content goes through encoding/json, which writes & as \u0026.
				if text, err := json.Marshal(json.RawMessage(r.text())); err != nil || string(r.Structured) != string(text) {
					t.Errorf("structured content and text differ:\n%s\n%s", r.Structured, r.text())
				}
				if plan && len(w.org.Writes()) > 0 {
					t.Errorf("plan_only changed the org: %v", w.org.Writes())
				}
			}
		})
	}
}

func TestNoTextNamesAToolThatDoesNotExist(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	var names []string
	parameters := map[string]bool{}
	all := list(t, w.connect("2025-11-25", nil))
	for _, tool := range all {
		names = append(names, tool.Name)
		for name := range tool.InputSchema.Properties {
			parameters[name] = true
		}
	}
	snake := regexp.MustCompile(`\b[a-z]+(_[a-z]+)+\b`)
	check := func(where, text string) {
		for _, word := range snake.FindAllString(text, -1) {
			if !slices.Contains(names, word) && !parameters[word] && word != "next_cursor" {
				t.Errorf("%s names %q, which is neither a tool nor a parameter", where, word)
			}
		}
	}
	for _, tool := range all {
		check(tool.Name, tool.Description)
		for name, p := range tool.InputSchema.Properties {
			check(tool.Name+"."+name, p.Description)
		}
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	advice := regexp.MustCompile(`(?:Next|Reason|Words): +"([^"]*)"`)
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, match := range advice.FindAllStringSubmatch(string(source), -1) {
			check(file, match[1])
		}
	}
}
