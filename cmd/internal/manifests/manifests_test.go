package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"okta-mcp/cmd/internal/settings"
	"okta-mcp/cmd/internal/version"
	"okta-mcp/tools"
)

var update = flag.Bool("update", false, "write testdata/manifests anew")

// shipped holds one of each file, with a repository that is nobody's.
const shipped = "../../../testdata/manifests"

const (
	nobodys   = "https://example.com/okta-mcp"
	theBundle = "a bundle\n"
)

// printed runs the program and returns what it prints.
func printed(t *testing.T, args ...string) []byte {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(args, &stdout, &stderr); code != 0 || stderr.Len() > 0 {
		t.Fatalf("%q exits with %d: %s", args, code, &stderr)
	}
	return stdout.Bytes()
}

// printedAs decodes what the program prints.
func printedAs[T any](t *testing.T, args ...string) T {
	t.Helper()
	var out T
	if err := json.Unmarshal(printed(t, args...), &out); err != nil {
		t.Fatalf("%q prints no JSON: %v", args, err)
	}
	return out
}

// installed is what an application reads of a bundle.
type installed struct {
	Repository    struct{ URL string }
	Homepage      string
	Compatibility struct{ Platforms []string }
	Tools         []struct{ Name string }
	Server        struct {
		EntryPoint string `json:"entry_point"`
		Config     struct {
			Command   string
			Args      []string
			Env       map[string]string
			Overrides map[string]struct{ Command string } `json:"platform_overrides"`
		} `json:"mcp_config"`
	}
}

// aBundle writes a file that stands for a bundle.
func aBundle(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "okta-mcp.mcpb")
	if err := os.WriteFile(file, []byte(theBundle), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestShippedFilesSayWhatTheProgramSays(t *testing.T) {
	t.Parallel()
	for file, args := range map[string][]string{
		"manifest.json":         {"bundle"},
		"gemini-extension.json": {"gemini"},
		"server.json":           {"-repository", nobodys, "registry", aBundle(t)},
	} {
		is, path := printed(t, args...), filepath.Join(shipped, file)
		if *update {
			if err := os.WriteFile(path, is, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		was, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(was, is) {
			t.Errorf("%s says other than the program; run go generate ./cmd/internal/manifests and look at what changed", file)
		}
	}
}

func TestTheBundleNamesEveryToolAndNoOther(t *testing.T) {
	t.Parallel()
	var named, known []string
	for _, each := range printedAs[installed](t, "bundle").Tools {
		named = append(named, each.Name)
	}
	for _, each := range tools.Catalog() {
		known = append(known, each.Name)
	}
	if !slices.Equal(named, known) {
		t.Errorf("the bundle names %v, and there are %v", named, known)
	}
}

func TestEveryInputReachesTheSettingItIsFor(t *testing.T) {
	t.Parallel()
	values := map[string]string{
		"org_url": "https://acme.okta.com", "client_id": "0oa1", "private_key_file": "key.pem", "private_key": `{"kty":"EC"}`,
		"read_only": "true", "toolsets": "users,groups",
	}
	want := settings.Settings{
		OrgURL: "https://acme.okta.com", ClientID: "0oa1", PrivateKeyFile: "key.pem", PrivateKey: `{"kty":"EC"}`,
		ReadOnly: true, Toolsets: []string{"users", "groups"},
	}
	environment := map[string]string{}
	for variable, value := range printedAs[installed](t, "bundle").Server.Config.Env {
		environment[variable] = regexp.MustCompile(`^\$\{user_config\.(\w+)\}$`).ReplaceAllStringFunc(value, func(s string) string {
			return values[strings.TrimSuffix(strings.TrimPrefix(s, "${user_config."), "}")]
		})
	}
	if got := loaded(t, environment); !reflect.DeepEqual(got, want) {
		t.Errorf("they come to\n%+v, want\n%+v", got, want)
	}
}

func TestWhatIsLeftOutCountsAsNotSaid(t *testing.T) {
	t.Parallel()
	environment := map[string]string{}
	for _, in := range inputs() {
		switch standard := in.standard.(type) {
		case nil:
			if !in.required {
				t.Errorf("%s has no standard and need not be given: applications would pass its name for a value", in.key)
			}
		case bool:
			environment[in.variable] = "false"
		case string:
			environment[in.variable] = standard
		}
	}
	if got := loaded(t, environment); !reflect.DeepEqual(got, settings.Settings{}) {
		t.Errorf("the standards come to %+v", got)
	}
}

// loaded reads an environment as serve does.
func loaded(t *testing.T, environment map[string]string) settings.Settings {
	t.Helper()
	flags := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	s := settings.RegisterServing(flags)
	if err := s.Load(flags, func(name string) (string, bool) { v, ok := environment[name]; return v, ok }); err != nil {
		t.Fatal(err)
	}
	return *s
}

func TestNoSecretIsAskedForInTheOpen(t *testing.T) {
	t.Parallel()
	for _, in := range inputs() {
		secret := regexp.MustCompile(`KEY$|TOKEN$|SECRET$|PASSWORD$`).MatchString(in.variable)
		if in.secret != secret {
			t.Errorf("%s: that it is a secret is said: %v", in.variable, in.secret)
		}
	}
	for _, arg := range printedAs[installed](t, "bundle").Server.Config.Args {
		if strings.Contains(arg, "$") {
			t.Errorf("the command line carries %s, where others read it", arg)
		}
	}
}

func TestABundleSaysForWhichPlatformsItHoldsAProgram(t *testing.T) {
	t.Parallel()
	for platforms, entry := range map[string]string{
		"linux": "server/linux/okta-mcp", "win32": "server/win32/okta-mcp.exe",
		"win32,linux": "server/win32/okta-mcp.exe", "darwin,win32,linux": "server/darwin/okta-mcp",
	} {
		m := printedAs[installed](t, "-platforms", platforms, "bundle")
		held := strings.Split(platforms, ",")
		if !slices.Equal(m.Compatibility.Platforms, held) || m.Server.EntryPoint != entry || m.Server.Config.Command != "${__dirname}/"+entry {
			t.Errorf("for %s: platforms %q, entry point %q, command %q", platforms, m.Compatibility.Platforms, m.Server.EntryPoint, m.Server.Config.Command)
		}
		for platform, override := range m.Server.Config.Overrides {
			if !slices.Contains(held[1:], platform) || override.Command != "${__dirname}/"+program(platform) {
				t.Errorf("for %s: %s starts %q", platforms, platform, override.Command)
			}
		}
		if len(m.Server.Config.Overrides) != len(held)-1 {
			t.Errorf("for %s: overrides %v", platforms, m.Server.Config.Overrides)
		}
	}
}

func TestTheRegistryIsToldOfAReleaseOfTheRepositoryGiven(t *testing.T) {
	t.Parallel()
	tag := "v" + version.Number
	for repository, want := range map[string][3]string{ // name, hosting, address of the bundle
		"https://example.com/okta-mcp":          {"com.example/okta-mcp", "example.com", "https://example.com/okta-mcp/releases/download/" + tag + "/okta-mcp.mcpb"},
		"https://git.example.com/a/okta-mcp/":   {"com.example.git/okta-mcp", "git.example.com", "https://git.example.com/a/okta-mcp/releases/download/" + tag + "/okta-mcp.mcpb"},
		"https://github.com/OWNER/okta-mcp.git": {"io.github.OWNER/okta-mcp", "github", "https://github.com/OWNER/okta-mcp/releases/download/" + tag + "/okta-mcp.mcpb"},
	} {
		e := printedAs[entry](t, "-repository", repository, "registry", aBundle(t))
		if got := [3]string{e.Name, e.Repository.Source, e.Packages[0].Identifier}; got != want {
			t.Errorf("%s: %q, want %q", repository, got, want)
		}
		if sum := sha256.Sum256([]byte(theBundle)); e.Packages[0].SHA256 != hex.EncodeToString(sum[:]) {
			t.Errorf("the bundle's hash is %s, want %x", e.Packages[0].SHA256, sum)
		}
	}
}

func TestNobodyIsSentToARepositoryThatWasNotGiven(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"bundle"}, {"gemini"}} {
		if found := regexp.MustCompile(`(?i)git(hub|lab)|releases`).Find(printed(t, args...)); found != nil {
			t.Errorf("%q prints %s, and no repository was given", args, found)
		}
	}
	m := printedAs[installed](t, "-repository", nobodys, "bundle")
	if m.Repository.URL != nobodys || m.Homepage != nobodys {
		t.Errorf("the bundle's repository is %q, its homepage %q", m.Repository.URL, m.Homepage)
	}
}

func TestWhatCannotBeWrittenIsSaidInOneLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		says string
	}{
		{nil, "bundle, gemini, registry, pack or sbom"},
		{[]string{"server.json"}, "bundle, gemini, registry, pack or sbom"},
		{[]string{"gemini", "x"}, `no "x"`},
		{[]string{"bundle", "-platforms", "linux"}, "flags come before it"},
		{[]string{"-platforms", "linux,windows", "bundle"}, `"windows"`},
		{[]string{"registry", "x.mcpb"}, "give -repository"},
		{[]string{"-repository", nobodys, "registry"}, "give the files"},
		{[]string{"-repository", nobodys, "registry", "no-such.mcpb"}, "no-such.mcpb"},
		{[]string{"-repository", "http://example.com/a", "bundle"}, "not the plain address"},
		{[]string{"-repository", "https://example.com", "bundle"}, "not the plain address"},
		{[]string{"-repository", "https://me:hunter2@example.com/a", "bundle"}, "not the plain address"},
		{[]string{"-repository", "https://example.com/a?b", "bundle"}, "not the plain address"},
		{[]string{"-repository", "example/okta-mcp", "bundle"}, "not the plain address"},
	} {
		var stdout, stderr bytes.Buffer
		code := run(c.args, &stdout, &stderr)
		if said := stderr.String(); code != 2 || stdout.Len() > 0 || !strings.Contains(said, c.says) || strings.Count(said, "\n") != 1 || strings.Contains(said, "hunter2") {
			t.Errorf("%q exits with %d, prints %q and says %q; want %q", c.args, code, &stdout, said, c.says)
		}
	}
}
