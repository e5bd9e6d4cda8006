package callers_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"okta-mcp/auth/inbound"
	"okta-mcp/cmd/internal/callers"
	"okta-mcp/cmd/internal/settings"
	"okta-mcp/cmd/internal/strictyaml"
	"okta-mcp/tools"
)

const whole = `profiles:
  acme:
    org_url: https://acme.okta.com
callers:
  - match: {token: ci}
    toolsets: [users, lifecycle]
    allow: ["list_*", deactivate_user]
    deny: get_user
    approve: [deactivate_user]
  # people of the help desk
  - match:
      group: Help Desk
    read_only: true
  - match: {scope: okta-mcp:use}
  - match: {group: 2024}
    toolsets: default
`

func parsed(t *testing.T, text string) *callers.Callers {
	t.Helper()
	c, err := callers.Parse("config.yaml", []byte(text))
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return c
}

func TestEveryEntryThatIsAboutACallerIsAGrant(t *testing.T) {
	t.Parallel()
	ci := tools.Grant{Name: "config.yaml:5", Toolsets: []string{"users", "lifecycle"}, Allow: []string{"list_*", "deactivate_user"}, Deny: []string{"get_user"}, Approve: []string{"deactivate_user"}}
	desk, scope, year := tools.Grant{Name: "config.yaml:11", ReadOnly: true}, tools.Grant{Name: "config.yaml:14"}, tools.Grant{Name: "config.yaml:15", Toolsets: []string{"default"}}
	c := parsed(t, whole)
	for name, try := range map[string]struct {
		caller inbound.Caller
		want   []tools.Grant
	}{
		"a token":                        {inbound.Caller{Token: "ci"}, []tools.Grant{ci}},
		"another token":                  {inbound.Caller{Token: "cd"}, nil},
		"a token of another case":        {inbound.Caller{Token: "CI"}, nil},
		"no token":                       {inbound.Caller{}, nil},
		"one group of several":           {inbound.Caller{Groups: []string{"Everyone", "Help Desk"}}, []tools.Grant{desk}},
		"a group of another case":        {inbound.Caller{Groups: []string{"help desk"}}, nil},
		"part of a group's name":         {inbound.Caller{Groups: []string{"Help", "Help Desk 2"}}, nil},
		"a group that is a number":       {inbound.Caller{Groups: []string{"2024"}}, []tools.Grant{year}},
		"all that are right, in order":   {inbound.Caller{Scopes: []string{"okta-mcp:use"}, Groups: []string{"2024", "Help Desk"}}, []tools.Grant{desk, scope, year}},
		"a scope called as a group is":   {inbound.Caller{Scopes: []string{"Help Desk", "ci"}}, nil},
		"a group called as a token is":   {inbound.Caller{Groups: []string{"ci", "okta-mcp:use"}}, nil},
		"a subject called as a token is": {inbound.Caller{ID: "token:ci", Name: "ci"}, nil},
		"a group without a name":         {inbound.Caller{Groups: []string{""}, Scopes: []string{""}}, nil},
	} {
		if got := c.Grants(try.caller); !reflect.DeepEqual(got, try.want) {
			t.Errorf("%s: %+v comes to %+v, want %+v", name, try.caller, got, try.want)
		}
	}
	if got := c.Groups(); !slices.Equal(got, []string{"2024", "Help Desk"}) {
		t.Errorf("the groups are %q", got)
	}
	if got := parsed(t, "callers:\n- match: {token: b}\n  approve: [delete_group]\n- match: {token: a}\n"); !slices.Equal(got.Tokens(), []string{"a", "b"}) || !got.Approve("delete_group") || got.Approve("delete_user") {
		t.Errorf("the tokens are %q, and delete_group is approved: %v", got.Tokens(), got.Approve("delete_group"))
	}
	if got := parsed(t, "callers:\n- match: {scope: b}\n- match: {token: t}\n- match: {scope: a}\n").Scopes(); !slices.Equal(got, []string{"a", "b"}) || !c.Some() {
		t.Errorf("the scopes are %q, and that there are callers is said: %v", got, c.Some())
	}
}

func TestWhatIsWrongWithCallersIsNamedByItsLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                            {"f: empty"},
		"caller: []":                  {`f:1: there is no "caller"; there are callers, profiles`},
		"callers:":                    {"f:1: nothing; a list is meant"},
		"callers: []":                 {"f:1: an empty list"},
		"callers: all":                {`f:1: "all"; a mapping of keys to values is meant`},
		"callers: {token: ci}":        {"f:1: a mapping; a list of entries is meant"},
		"callers:\n- read_only":       {`f:2: "read_only"; a mapping`},
		"callers:\n- {}":              {"f:2: empty", "f:2: an entry without match"},
		"callers:\n- read_only: true": {"f:2: an entry without match; say who it is about"},
		"callers:\n- match: ci":       {`f:2: "ci"; a mapping`},
		"callers:\n- match: {}":       {"f:2: empty", "exactly one of scope, group and token"},
		"callers:\n- match: {token: a, scope: b}":                                 {"f:2: a match names exactly one of scope, group and token"},
		"callers:\n- match: {tokens: a}":                                          {`f:2: there is no "tokens"; there are scope, group, token`},
		"callers:\n- match: {token: [a, b]}":                                      {"f:2: a list; a text is meant"},
		"callers:\n- match: {token: ''}":                                          {"f:2: an empty text"},
		"callers:\n- match: {group: ' '}":                                         {"f:2: an empty text"},
		"callers:\n- match: {scope: }":                                            {"f:2: nothing; a text is meant"},
		"callers:\n- match: {token: CI}":                                          {"f:2: no name of a token; 1 to 64 of a-z"},
		"callers:\n- match: {token: " + strings.Repeat("x", 65) + "}":             {"f:2: no name of a token"},
		"callers:\n- match: {scope: a b}":                                         {"f:2: no scope; one is without spaces"},
		"callers:\n- match: {group: '*'}":                                         {`f:2: "*" would match nobody; a group is written out`},
		"callers:\n- match: {group: Admin*}":                                      {`f:2: "Admin*" would match nobody`},
		"callers:\n- match: {scope: 'okta.*'}":                                    {`f:2: "okta.*" would match nobody; a scope is written out`},
		"callers:\n- match: {group: 'Admins '}":                                   {`f:2: "Admins " would match nobody; leave out the white space`},
		"callers:\n- match: {group: 'Help\u00a0Desk'}":                            {"f:2: \"Help\\u00a0Desk\" holds a character that cannot be seen"},
		"callers:\n- match: {group: \"Help\\u200bDesk\"}":                         {"f:2: \"Help\\u200bDesk\" holds a character that cannot be seen"},
		"callers:\n- match: {group: 'Prüfer 👩\u200d💻'}":                           nil,
		"callers:\n- match: {token: a}\n  tools: get_user":                        {`f:3: there is no "tools"; there are match, toolsets,`},
		"callers:\n- match: {token: a}\n  toolsets: user":                         {`f:3: there is no toolset "user"; near ones are`},
		"callers:\n- match: {token: a}\n  toolsets: []":                           {"f:3: an empty list"},
		"callers:\n- match: {token: a}\n  toolsets: [users, all, users]":          {`f:3: "users" comes twice`},
		"callers:\n- match: {token: a}\n  toolsets: always":                       {`f:3: there is no toolset "always"`},
		"callers:\n- match: {token: a}\n  read_only: yes":                         {`f:3: "yes"; true or false is meant`},
		"callers:\n- match: {token: a}\n  allow: get_usr":                         {`f:3: there is no tool "get_usr"; near ones are get_user`},
		"callers:\n- match: {token: a}\n  allow: []":                              {"f:3: an empty list"},
		"callers:\n- match: {token: a}\n  allow: get_user, list_users":            {`f:3: there is no tool "get_user, list_users"`},
		"callers:\n- match: {token: a}\n  allow: [get_access_status]":             nil,
		"callers:\n- match: {token: a}\n  deny: get_access_status":                {`f:3: "get_access_status" is always offered`},
		"callers:\n- match: {token: a}\n  deny:\n  - delete_*\n  - no_*":          {`f:5: there is no tool "no_*"`},
		"callers:\n- match: {token: a}\n  approve: delete_*":                      {`f:3: "delete_*" is not the exact name of a tool that asks`},
		"callers:\n- match: {token: a}\n  approve: get_user":                      {`f:3: "get_user" is not the exact name of a tool that asks`},
		"callers:\n- match: {token: a}\n  approve: {delete_user: 5}":              {"f:3: a mapping; a list is meant"},
		"callers:\n- match: {token: a}\n  approve: [delete_user, delete_user]":    {`f:3: "delete_user" comes twice`},
		"callers:\n- match: {token: a}\n- match: {token: a}\n  read_only: true":   {`f:3: a second entry for the token "a"; say in the one in line 2 all that holds for it`},
		"callers:\n- match: {token: a}\n- match: {group: a}\n- match: {scope: a}": nil,
		"callers: [{match: {token: a}}, {match: {token: b}}]":                     {"f:1: a second entry in one line"},
		"callers:\n- match: *a":                                                   {`f:2: "*a" would be an alias`},
		"callers:\n- match: {token: a}\n  match: {token: b}":                      {`f:3: "match" comes twice`},
		// Approvals that would silently never hold.
		"callers:\n- match: {token: a}\n  approve: [delete_user]\n  read_only: true":                         {"f:3: approving delete_user here can never hold: read_only is true"},
		"callers:\n- match: {token: a}\n  approve:\n  - delete_user\n  allow: ['*_group']":                   {"f:4: approving delete_user here can never hold: allow does not have it"},
		"callers:\n- match: {token: a}\n  approve: [delete_user]\n  allow: ['*']\n  deny: ['DELETE_*']":      {"f:3: approving delete_user here can never hold: deny has it"},
		"callers:\n- match: {token: a}\n  approve: [delete_user, delete_group]\n  toolsets: [groups]":        {"f:3: approving delete_user here can never hold: toolsets does not have it"},
		"callers:\n- match: {token: a}\n  approve: [delete_policy]\n  toolsets: [default, groups]":           {"f:3: approving delete_policy here can never hold: toolsets does not have it"},
		"callers:\n- match: {token: a}\n  approve: [delete_policy]\n  toolsets: [all]\n  read_only: false":   nil,
		"callers:\n- match: {token: a}\n  approve: [delete_group]\n  toolsets: [default]\n  allow: delete_*": nil,
		"callers:\n- match: {token: A}\n  allow: x\n- read_only: 1":                                          {"f:2: no name", `f:3: there is no tool "x"`, "f:4: an entry without match", `f:4: "1"; true or false`},
	} {
		c, err := callers.Parse("f", []byte(text))
		if len(want) == 0 && (err != nil || !c.Some()) {
			t.Errorf("%q is refused: %v", text, err)
		}
		if len(want) > 0 && (err == nil || c != nil) {
			t.Errorf("%q is taken", text)
			continue
		}
		if n := len(strictyaml.Lines(err)); n < len(want) {
			t.Errorf("%q: %d problems", text, n)
		}
		for _, words := range want {
			if !strings.Contains(err.Error(), words) {
				t.Errorf("%q: %v\nwant %s", text, err, words)
			}
		}
	}
}

// file writes a configuration file with those permissions.
func file(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOnlyAFileWithoutCallersHasNone(t *testing.T) {
	t.Parallel()
	const profilesOnly = "profiles:\n  a:\n    demo: true\n"
	missing := filepath.Join(t.TempDir(), "no", "config.yaml")
	everybody := inbound.Caller{ID: "token:local", Name: "local", Token: "local", Scopes: []string{"a"}, Groups: []string{"a"}}
	for name, path := range map[string]string{
		"no path": "", "no file": missing, "profiles alone": file(t, profilesOnly, 0o600), "profiles alone, for all to write": file(t, profilesOnly, 0o666),
	} {
		c, err := callers.Open(path)
		if err != nil || c == nil || c.Some() || len(c.Grants(everybody)) > 0 || len(c.Scopes()) > 0 {
			t.Errorf("%s: %+v, %v; want callers without entries", name, c, err)
		}
	}
	dangling := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.Symlink(missing, dangling); err != nil {
		t.Skipf("links cannot be made here: %v", err)
	}
	const some = "callers:\n- match: {token: local}\n"
	for name, c := range map[string]struct{ path, want string }{
		"a link to no file": {dangling, "no such file"},
		"a directory":       {t.TempDir(), "is not a regular file"},
		"below a file":      {filepath.Join(file(t, some, 0o600), "config.yaml"), "not a directory"},
		"malformed":         {file(t, "callers:\n- match: {token: A}\n- {}\n", 0o600), "; "},
		"empty":             {file(t, "", 0o600), "empty"},
		"group may write":   {file(t, some, 0o620), "chmod go-w"},
		"all may write":     {file(t, some, 0o602), "chmod go-w"},
	} {
		if runtime.GOOS == "windows" && !strings.Contains(c.want, "empty") && c.want != "; " {
			continue // whose modes and messages are others
		}
		got, err := callers.Open(c.path)
		var setting *settings.Error
		if got != nil || !errors.As(err, &setting) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %+v, %v; want one line with %q", name, got, err, c.want)
		}
	}
	got, err := callers.Open(file(t, some, 0o644))
	if err != nil || !reflect.DeepEqual(got.Grants(everybody), []tools.Grant{{Name: "config.yaml:2"}}) {
		t.Errorf("a file that others may read is %+v, %v", got, err)
	}
}

// Both readers of the configuration file take what is the other's.
func TestCallersAndProfilesStandInOneFile(t *testing.T) {
	t.Parallel()
	path := file(t, whole, 0o600)
	profiles, err := settings.Profiles(path)
	if err != nil || len(profiles) != 1 || profiles[0].Name != "acme" {
		t.Errorf("the profiles are %+v, %v", profiles, err)
	}
	if c, err := callers.Open(path); err != nil || !c.Some() {
		t.Errorf("the callers are %+v, %v", c, err)
	}
}

// plainEntry is an entry as another reader of YAML has it.
type plainEntry struct {
	Match map[string]string
	line  int
}

func (e *plainEntry) UnmarshalYAML(n *yaml.Node) error {
	e.line = n.Line
	var members struct{ Match map[string]string }
	err := n.Decode(&members)
	e.Match = members.Match
	return err
}

// about lists the names of the entries that are about a caller, found another way.
func about(entries []plainEntry, c inbound.Caller) []string {
	has := map[[2]string]bool{}
	for _, scope := range c.Scopes {
		has[[2]string{"scope", scope}] = true
	}
	for _, group := range c.Groups {
		has[[2]string{"group", group}] = true
	}
	has[[2]string{"token", c.Token}] = c.Token != ""
	var names []string
	for _, e := range entries {
		for kind, name := range e.Match {
			if has[[2]string{kind, name}] {
				names = append(names, fmt.Sprintf("config.yaml:%d", e.line))
			}
		}
	}
	return names
}

func named(grants []tools.Grant) []string {
	var names []string
	for _, g := range grants {
		names = append(names, g.Name)
	}
	return names
}

// Whatever the file and the caller, what is granted is what entries say that are
// about the caller, and no more.
func TestGrantsAreThoseOfTheEntriesThatMatch(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(6, 28))
	words := []string{"a", "b", "ab", "a-b", "c", "help_desk"}
	some := func() []string {
		return slices.DeleteFunc(slices.Clone(words), func(string) bool { return random.IntN(3) > 0 })
	}
	matched := 0
	for range 2000 {
		var text strings.Builder
		text.WriteString("callers:\n")
		for i, at := range random.Perm(3 * len(words))[:1+random.IntN(8)] {
			fmt.Fprintf(&text, "%s- match:\n    %s: %s\n", strings.Repeat("#\n", i%2), []string{"scope", "group", "token"}[at%3], words[at/3])
		}
		var plain struct{ Callers []plainEntry }
		if err := yaml.Unmarshal([]byte(text.String()), &plain); err != nil {
			t.Fatal(err)
		}
		c := parsed(t, text.String())
		who := inbound.Caller{Scopes: some(), Groups: some()}
		if random.IntN(2) == 0 {
			who.Token = words[random.IntN(len(words))]
		}
		got := named(c.Grants(who))
		if want := about(plain.Callers, who); !slices.Equal(got, want) {
			t.Fatalf("%s%+v comes to %q, want %q", &text, who, got, want)
		}
		matched += len(got)
		for _, g := range named(c.Grants(inbound.Caller{Scopes: who.Scopes})) {
			if !slices.Contains(got, g) { // or a caller would get rid of a bound by being more
				t.Fatalf("%s%+v is not bound by %s, which binds who has its scopes alone", &text, who, g)
			}
		}
	}
	if matched < 1000 {
		t.Errorf("only %d entries matched in all: this shows little", matched)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(whole, "ci", "okta-mcp:use", "Help Desk")
	for _, seed := range []string{"callers: [{match: {token: a}}]", "callers:\n- match: {scope: ''}", "callers:\n- match: {group: a}\n  toolsets: []", "callers:\n- match:\n", "profiles:\n  a:\n    demo: true", "callers:\n- match: {token: a}\n  allow: ['*']\n  approve: [delete_user]"} {
		f.Add(seed, "a", "b", "c")
	}
	f.Fuzz(func(t *testing.T, text, token, scope, group string) {
		c, err := callers.Parse("config.yaml", []byte(text))
		if err != nil {
			if len(strictyaml.Lines(err)) == 0 || c != nil {
				t.Fatalf("an error without a line: %+v, %v", c, err)
			}
			return
		}
		var plain struct{ Callers []plainEntry }
		if err := yaml.Unmarshal([]byte(text), &plain); err != nil {
			t.Fatalf("%q is taken, and no YAML: %v", text, err)
		}
		if c.Some() != (len(plain.Callers) > 0) {
			t.Errorf("%q: that there are callers is said: %v", text, c.Some())
		}
		who := inbound.Caller{Token: token, Scopes: []string{scope}, Groups: []string{group}}
		grants := c.Grants(who)
		if want := about(plain.Callers, who); !slices.Equal(named(grants), want) {
			t.Errorf("%q: %+v comes to %q, want %q", text, who, named(grants), want)
		}
		for _, g := range grants {
			sane(t, text, g)
		}
		if g := c.Grants(inbound.Caller{ID: "oauth:x", Name: "x"}); len(g) > 0 {
			t.Errorf("%q grants %+v to who has no token, scope or group", text, g)
		}
	})
}

// sane reports a grant that would mean something else than its entry says.
func sane(t *testing.T, text string, g tools.Grant) {
	t.Helper()
	for _, list := range [][]string{g.Toolsets, g.Allow, g.Deny, g.Approve} {
		if list != nil && len(list) == 0 || slices.Contains(list, "") {
			t.Errorf("%q gives %+v: what is empty means all", text, g)
		}
	}
	for _, tool := range g.Approve {
		if tools.ApprovableTool(tool) != nil || g.ReadOnly {
			t.Errorf("%q approves %q in %+v", text, tool, g)
		}
	}
}
