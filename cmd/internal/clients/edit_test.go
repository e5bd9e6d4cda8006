package clients_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"github.com/tailscale/hujson"

	"okta-mcp/cmd/internal/clients"
)

const program = "/usr/local/bin/okta-mcp"

func demo() clients.Entry {
	return clients.Entry{Command: program, Args: []string{"serve", "--demo"}}
}

func onAnOrg() clients.Entry {
	return clients.Entry{Command: program, Args: []string{"serve", "--protect=Ada \"the\" <boss> & Ö"}, Env: map[string]string{
		"OKTA_ORG_URL": "https://acme.okta.com", "OKTA_CLIENT_ID": "0oa1", "OKTA_PRIVATE_KEY_FILE": `C:\keys\a'b.pem`,
	}}
}

func find(t testing.TB, id string) clients.Client {
	t.Helper()
	client, ok := clients.Find(id)
	if !ok {
		t.Fatalf("there is no client %s", id)
	}
	return client
}

// values reads a file otherwise than the package does it.
func values(client clients.Client, text []byte) (map[string]any, error) {
	all := map[string]any{}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if client.ID == "codex" {
		return all, toml.Unmarshal(text, &all)
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return all, nil
	}
	plain, err := hujson.Standardize(append(bytes.Clone(text), '\n'))
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(plain))
	decoder.UseNumber()
	return all, decoder.Decode(&all)
}

// withoutEntry is everything but the entry of that name, to be compared. A section
// that is empty counts as none.
func withoutEntry(t testing.TB, client clients.Client, text []byte, name string) string {
	t.Helper()
	all, err := values(client, text)
	if err != nil {
		t.Fatalf("the file cannot be read: %v\n%s", err, text)
	}
	if servers, ok := all[client.Section()].(map[string]any); ok {
		delete(servers, name)
		if len(servers) == 0 {
			delete(all, client.Section())
		}
	}
	return fmt.Sprintf("%#v", all)
}

func entryOf(t testing.TB, client clients.Client, text []byte, name string) any {
	t.Helper()
	all, err := values(client, text)
	if err != nil {
		t.Fatalf("the file cannot be read: %v\n%s", err, text)
	}
	servers, _ := all[client.Section()].(map[string]any)
	return servers[name]
}

func installed(t testing.TB, client clients.Client, text []byte, e clients.Entry) []byte {
	t.Helper()
	is, err := client.Install(text, "okta", e)
	if err != nil {
		t.Fatalf("%s: installing: %v\n%s", client.ID, err, text)
	}
	if got, want := entryOf(t, client, is, "okta"), entryOf(t, client, []byte(client.Snippet("okta", e)), "okta"); want == nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%s: the entry is %v, want %v, in\n%s", client.ID, got, want, is)
	}
	if got, want := withoutEntry(t, client, is, "okta"), withoutEntry(t, client, text, "okta"); got != want {
		t.Fatalf("%s: other values changed: %s, want %s; from\n%s\nto\n%s", client.ID, got, want, text, is)
	}
	if again, err := client.Install(is, "okta", e); err != nil || !bytes.Equal(again, is) {
		t.Fatalf("%s: installing twice changes something (%v): from\n%s\nto\n%s", client.ID, err, is, again)
	}
	return is
}

func uninstalled(t testing.TB, client clients.Client, text []byte) []byte {
	t.Helper()
	is, err := client.Uninstall(text, "okta", program)
	if err != nil {
		t.Fatalf("%s: uninstalling: %v\n%s", client.ID, err, text)
	}
	if entryOf(t, client, is, "okta") != nil {
		t.Fatalf("%s: the entry is still in\n%s", client.ID, is)
	}
	if got, want := withoutEntry(t, client, is, "okta"), withoutEntry(t, client, text, "okta"); got != want {
		t.Fatalf("%s: other values changed: %s, want %s; from\n%s\nto\n%s", client.ID, got, want, text, is)
	}
	return is
}

func TestAnEntryLooksAsEachClientHasIt(t *testing.T) {
	t.Parallel()
	e := clients.Entry{Command: program, Args: []string{"serve"}, Env: map[string]string{"OKTA_ORG_URL": "https://acme.okta.com"}}
	entry := func(section, kind string) string {
		return "{\n  \"" + section + "\": {\n    \"okta\": {\n" + kind + `      "command": "/usr/local/bin/okta-mcp",
      "args": [
        "serve"
      ],
      "env": {
        "OKTA_ORG_URL": "https://acme.okta.com"
      }
    }
  }
}
`
	}
	stdio := "      \"type\": \"stdio\",\n"
	for id, want := range map[string]string{
		"claude-desktop": entry("mcpServers", ""), "claude-code": entry("mcpServers", stdio), "vscode": entry("servers", stdio),
		"cursor": entry("mcpServers", stdio), "gemini": entry("mcpServers", ""), "windsurf": entry("mcpServers", ""), "devin": entry("mcpServers", ""),
		"codex": "[mcp_servers.okta]\ncommand = \"/usr/local/bin/okta-mcp\"\nargs = [\"serve\"]\nenv = { OKTA_ORG_URL = \"https://acme.okta.com\" }\n",
	} {
		if got := find(t, id).Snippet("okta", e); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", id, got, want)
		}
	}
	if len(clients.All()) != 8 {
		t.Errorf("%d clients, of which this test knows 8", len(clients.All()))
	}
}

func TestInstallingKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ client, before, after string }{
		"no file": {"cursor", "", find(t, "cursor").Snippet("okta", demo())},
		"comments, tabs, a comma at the end": {"vscode", `// mine
{
	"inputs": [], // asked once
	"servers": {
		// the best
		"fetch": {"command": "uvx"}, // stays

		/* nothing below */
	},
}
`, `// mine
{
	"inputs": [], // asked once
	"servers": {
		// the best
		"fetch": {"command": "uvx"}, // stays

		/* nothing below */
		"okta": {
			"type": "stdio",
			"command": "/usr/local/bin/okta-mcp",
			"args": [
				"serve",
				"--demo"
			]
		},
	},
}
`},
		"an empty section in the middle": {"claude-code", `{
    "numStartups": 7,
    "mcpServers": {},
    "oauthAccount": {"id": 1e400}
}`, `{
    "numStartups": 7,
    "mcpServers": {
        "okta": {
            "type": "stdio",
            "command": "/usr/local/bin/okta-mcp",
            "args": [
                "serve",
                "--demo"
            ]
        }
    },
    "oauthAccount": {"id": 1e400}
}`},
		"one line": {"gemini", `{"theme":"Dracula"}`, `{"theme":"Dracula","mcpServers":{"okta":{"command":"/usr/local/bin/okta-mcp","args":["serve","--demo"]}}}`},
		"TOML":     {"codex", "model = \"o3\" # fast\n\n[mcp_servers.docs] # mine\nurl = \"https://x\"\n", "model = \"o3\" # fast\n\n[mcp_servers.docs] # mine\nurl = \"https://x\"\n\n[mcp_servers.okta]\ncommand = \"/usr/local/bin/okta-mcp\"\nargs = [\"serve\", \"--demo\"]\n"},
		"another entry of ours, as codex writes it": {"codex", "[mcp_servers.okta]\ncommand = \"okta-mcp\"\n# old\nargs = []\n\n# of the docs\n[mcp_servers.docs]\nurl = \"x\"\n\n[mcp_servers.okta.env]\nA = \"b\"\n",
			"[mcp_servers.okta]\ncommand = \"/usr/local/bin/okta-mcp\"\nargs = [\"serve\", \"--demo\"]\n\n# of the docs\n[mcp_servers.docs]\nurl = \"x\"\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := installed(t, find(t, test.client), []byte(test.before), demo()); string(got) != test.after {
				t.Errorf("got\n%s\nwant\n%s", got, test.after)
			}
		})
	}
}

// Random files, with comments and in every layout: installing and uninstalling gives
// the same bytes again. Only an object that was there and empty may be gone, or
// laid out otherwise.
func TestUninstallingGivesTheFileBack(t *testing.T) {
	t.Parallel()
	for _, client := range clients.All() {
		for seed := range uint64(150) {
			d := newDocument(seed, client.ID != "claude-desktop" && client.ID != "claude-code")
			var text string
			others := d.IntN(4)
			withSection := d.IntN(4) > 0
			if client.ID == "codex" {
				text = d.toml()
			} else {
				text, _ = d.json(client.Section(), withSection, others)
			}
			if d.IntN(10) == 0 {
				text = "\xef\xbb\xbf" + text
			}
			is := installed(t, client, []byte(text), onAnOrg())
			back := uninstalled(t, client, is)
			all, err := values(client, []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			exact := client.ID == "codex" || withSection && others > 0 || !withSection && len(all) > 0
			if exact && string(back) != text {
				t.Fatalf("%s, seed %d: got back\n%q\nwant\n%q\nwith the entry\n%s", client.ID, seed, back, text, is)
			}
			keepsComments(t, d, text, back)
		}
	}
}

func keepsComments(t *testing.T, d *document, was string, text []byte) {
	t.Helper()
	for _, comment := range d.written {
		if !bytes.Contains(text, []byte(strings.TrimRight(comment, "\r\n"))) {
			t.Fatalf("the comment %q of\n%s\nis gone from\n%s", comment, was, text)
		}
	}
}

// Our entry, written by whomever at whatever place: another in its place leaves
// every byte around it, and taking it out leaves all values and comments.
func TestOnlyTheEntryChanges(t *testing.T) {
	t.Parallel()
	const mark = `{"command": "/old/okta-mcp", "args": ["MARK"]}`
	for _, client := range clients.All() {
		if client.ID == "codex" {
			continue
		}
		for seed := range uint64(120) {
			d := newDocument(seed, client.ID != "claude-desktop" && client.ID != "claude-code")
			text, _ := d.json(client.Section(), true, d.IntN(3), `"okta"`, mark)
			before, after, _ := strings.Cut(text, mark)
			is := string(installed(t, client, []byte(text), onAnOrg()))
			if !strings.HasPrefix(is, before) || !strings.HasSuffix(is, after) {
				t.Fatalf("%s, seed %d: changed around the entry: from\n%s\nto\n%s", client.ID, seed, text, is)
			}
			if keyAndValue.MatchString(text) {
				keepsComments(t, d, text, uninstalled(t, client, []byte(text)))
			}
		}
	}
}

// keyAndValue is an entry without comments between its key and its value, which go
// with it.
var keyAndValue = regexp.MustCompile(`"okta"\s*:\s*\{"command": "/old`)

func TestOnlyTheTableChanges(t *testing.T) {
	t.Parallel()
	client := find(t, "codex")
	for seed := range uint64(250) {
		d := newDocument(seed, true)
		ours := []string{"[mcp_servers.okta]" + d.newline + "command = \"okta-mcp\"" + d.newline}
		if d.IntN(2) == 0 {
			ours = append(ours, "[mcp_servers.okta.env]"+d.newline+"A = \"b\" # why"+d.newline)
		}
		if d.IntN(2) == 0 {
			ours = append(ours, "[[mcp_servers.okta.tools]]"+d.newline+d.pairs())
		}
		text := d.toml(ours...)
		for what, is := range map[string][]byte{"installing": installed(t, client, []byte(text), onAnOrg()), "uninstalling": uninstalled(t, client, []byte(text))} {
			if got, want := strings.Count(string(is), "# a note"), strings.Count(text, "# a note"); got != want {
				t.Fatalf("seed %d: %s leaves %d of %d notes between tables: from\n%s\nto\n%s", seed, what, got, want, text, is)
			}
		}
	}
}

func TestABrokenFileIsLeftAlone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		client, text string
		line         int
		says         string
	}{
		"cut off":                 {"cursor", "{\n  \"mcpServers\": {\n", 4, "not JSON"},
		"two commas":              {"vscode", "{\n\"a\": 1,,\n}", 2, "not JSON"},
		"a comment in plain JSON": {"claude-desktop", "{\n\n// no\n}", 3, "not JSON"},
		"no object":               {"gemini", "\n[1]", 2, "not a JSON object"},
		"no servers":              {"cursor", "{\n\"a\": 1,\n\"mcpServers\": [\"okta\"]}", 3, "holds no servers"},
		"null":                    {"windsurf", "{\"mcpServers\": null}", 1, "holds no servers"},
		"a section twice":         {"cursor", "{\"mcpServers\": {},\n\"mcpServers\": {}}", 2, "comes twice"},
		"an entry twice":          {"cursor", "{\"mcpServers\": {\n\"okta\": {\"command\": \"okta-mcp\"},\n\"okta\": {\"command\": \"okta-mcp\"}}}", 3, "comes twice"},
		"no TOML":                 {"codex", "a = 1\nb = = 2\n", 2, "not TOML"},
		"a table twice":           {"codex", "[mcp_servers.x]\na = 1\n[mcp_servers.x]\n", 3, "not TOML"},
		"servers in one line":     {"codex", "a = 1\nmcp_servers = {}\n", 2, "in another way"},
		"an entry in one line":    {"codex", "[mcp_servers]\nokta = { command = \"okta-mcp\" }\n", 2, "in another way"},
		"an entry with dots":      {"codex", "\nmcp_servers.okta.command = \"okta-mcp\"\n", 2, "in another way"},
		"a list of servers":       {"codex", "[[mcp_servers]]\na = 1\n", 1, "holds no servers"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := find(t, test.client)
			text, err := client.Install([]byte(test.text), "okta", demo())
			var problem *clients.Problem
			if text != nil || !errors.As(err, &problem) || problem.Line != test.line || !strings.Contains(problem.Text, test.says) {
				t.Errorf("got %q and %v, want nothing and a problem in line %d that says %q", text, err, test.line, test.says)
			}
			if problem != nil && strings.Contains(problem.Error(), "\n") {
				t.Errorf("the error has more than one line: %q", problem)
			}
		})
	}
}

// An entry of our name that starts something else is not ours: okta is what people
// call other servers too.
func TestAnEntryOfAnotherProgramIsNotTouched(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"mcpServers": {"okta": {"command": "uv", "args": ["run", "okta-mcp-server"]}}}`,
		`{"mcpServers": {"okta": {"url": "https://mcp.example.com"}}}`,
		`{"mcpServers": {"okta": null}}`,
		`{"mcpServers": {"okta": {"command": "/usr/bin/not-okta-mcp"}}}`,
	} {
		client := find(t, "cursor")
		if is, err := client.Install([]byte(text), "okta", demo()); err == nil || is != nil {
			t.Errorf("%s became %s", text, is)
		}
		if is, err := client.Uninstall([]byte(text), "okta", program); err == nil || is != nil {
			t.Errorf("%s became %s", text, is)
		}
		if names, err := client.Ours([]byte(text), program); len(names) != 0 || err != nil {
			t.Errorf("%s has the entries %q, %v", text, names, err)
		}
	}
}

func TestOurEntriesAreFoundWhereverTheProgramIs(t *testing.T) {
	t.Parallel()
	text := `{"mcpServers": {"b": {"command": "C:\\Tools\\OKTA-MCP.EXE"}, "a": {"command": "okta-mcp"}, "c": {"command": "npx"}, "d": {"command": "/x/okta-mcp-1.2"}}}`
	got, err := find(t, "cursor").Ours([]byte(text), "/y/okta-mcp-1.2")
	if err != nil || !slices.Equal(got, []string{"a", "b", "d"}) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestWhatAClientWouldReplaceIsRefused(t *testing.T) {
	t.Parallel()
	e := clients.Entry{Command: program, Args: []string{"serve", "--protect=$HOME"}}
	for id, refused := range map[string]bool{"gemini": true, "claude-code": true, "vscode": true, "cursor": true, "claude-desktop": false, "codex": false} {
		if err := find(t, id).Check(e); (err != nil) != refused {
			t.Errorf("%s: %v", id, err)
		}
	}
	for _, text := range []string{"caf\xe9", "a\x7fb", "a\u009bb"} {
		if err := find(t, "codex").Check(clients.Entry{Command: program, Args: []string{"--protect=" + text}}); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
	if err := find(t, "codex").Check(clients.Entry{Command: program, Env: map[string]string{"A": "b\nc"}}); err == nil {
		t.Error("a control character is taken")
	}
}

func TestNamesThatEveryClientTakes(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"okta": true, "okta-2": true, "Okta": true, "": false, "-x": false, "a_b": false, "a.b": false, "a b": false, `"`: false, strings.Repeat("a", 65): false} {
		if clients.IsName(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}

func FuzzJSON(f *testing.F) {
	for seed := range uint64(20) {
		text, _ := newDocument(seed, true).json("servers", seed%4 > 0, int(seed%3))
		f.Add(text)
	}
	f.Add(`{"servers": {"okta": {"command": "okta-mcp"}, // c` + "\n}}")
	f.Add("{\"servers\":{// c\n\"okta\":{\"command\":\"okta-mcp\"},\"b\":1}}")
	fuzzEdits(f, "vscode")
}

func FuzzTOML(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(newDocument(seed, true).toml("[mcp_servers.okta]\ncommand = \"okta-mcp\"\n"))
	}
	f.Add("[mcp_servers.okta]\ncommand = 'okta-mcp'\n[mcp_servers.okta.env]\nA = 'b'")
	fuzzEdits(f, "codex")
}

// fuzzEdits holds edits of any text to their word: they are refused, or right.
func fuzzEdits(f *testing.F, id string) {
	f.Helper()
	client := find(f, id)
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := client.Install([]byte(text), "okta", demo()); err == nil {
			uninstalled(t, client, installed(t, client, []byte(text), demo()))
		}
		if _, err := client.Uninstall([]byte(text), "okta", program); err == nil {
			uninstalled(t, client, []byte(text))
		}
	})
}
