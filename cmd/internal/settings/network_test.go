package settings_test

import (
	"errors"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"okta-mcp/cmd/internal/settings"
)

// ofServeAlone lists the flags that no other command takes, sorted.
func ofServeAlone() []string {
	all, others := pflag.NewFlagSet("serve", pflag.ContinueOnError), pflag.NewFlagSet("others", pflag.ContinueOnError)
	settings.RegisterServing(all)
	settings.Register(others)
	var names []string
	all.VisitAll(func(flag *pflag.Flag) {
		if others.Lookup(flag.Name) == nil {
			names = append(names, flag.Name)
		}
	})
	slices.Sort(names)
	return names
}

func TestOnlyServeTakesTheNetwork(t *testing.T) {
	t.Parallel()
	want := strings.Fields("allow-host allow-origin auth behind-tls-proxy listen metrics-listen oauth-groups oauth-issuer oauth-scopes public-url shutdown-grace tls-cert tls-key transport")
	if got := ofServeAlone(); !slices.Equal(got, want) {
		t.Errorf("of serve alone are %q, want %q", got, want)
	}
	environment := configured(t, "profiles:\n  default:\n    listen: 127.0.0.1:1\n    transport: http\n    client_id: 0oa1\n")
	environment["OKTA_MCP_AUTH"] = "none of those"
	set := pflag.NewFlagSet("call", pflag.ContinueOnError)
	s := settings.Register(set)
	err := s.Load(set, func(name string) (string, bool) { v, ok := environment[name]; return v, ok })
	if err != nil || !reflect.DeepEqual(s.Network, settings.Network{}) || s.ClientID != "0oa1" {
		t.Errorf("another command takes %+v, %v", s, err)
	}
}

// demo-org has a --listen too.
func TestAFlagOfTheCommandsOwnIsNotReadFromOurVariable(t *testing.T) {
	t.Parallel()
	set := pflag.NewFlagSet("demo-org", pflag.ContinueOnError)
	set.String("listen", "", "")
	s := settings.Register(set, "demo-size")
	err := s.Load(set, func(name string) (string, bool) { return "nowhere", name == "OKTA_MCP_LISTEN" })
	if err != nil || s.Network.Listen != "" {
		t.Errorf("OKTA_MCP_LISTEN is read: %+v, %v", s.Network, err)
	}
}

func TestListsOfTheNetworkCanBeGivenInPieces(t *testing.T) {
	t.Parallel()
	for _, flag := range []string{"oauth-scopes", "oauth-groups", "allow-host"} {
		twice, err := load([]string{"--" + flag, "a", "--" + flag, "b,c"}, map[string]string{variable(flag): "d"})
		once, problem := load([]string{"--" + flag, "a,b,c"}, nil)
		if err != nil || problem != nil || !reflect.DeepEqual(twice, once) {
			t.Errorf("--%s twice comes to %+v, %v; want both and not the variable", flag, twice.Network, err)
		}
	}
}

// A variable that came out empty must not let in everybody whom the issuer knows.
func TestAnEmptyVariableDoesNotLiftWhatTokensNeed(t *testing.T) {
	t.Parallel()
	for _, flag := range []string{"oauth-scopes", "oauth-groups"} {
		s, err := load(nil, map[string]string{variable(flag): ""})
		if err == nil || !strings.Contains(err.Error(), variable(flag)+": names nothing") {
			t.Errorf("an empty %s comes to %+v, %v", variable(flag), s.Network, err)
		}
		if s, err := load([]string{"--" + flag, "a"}, map[string]string{variable(flag): ""}); err != nil {
			t.Errorf("--%s beside an empty variable comes to %+v, %v", flag, s.Network, err)
		}
	}
}

func TestValuesOfTheNetworkAreTaken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ flag, value string }{
		{"transport", "stdio"}, {"transport", "http"}, {"auth", "oauth"}, {"auth", "token-file=a b"},
		{"listen", ":8080"}, {"listen", "localhost:65535"}, {"listen", "[::1]:0"}, {"listen", "[fe80::1%eth0]:80"}, {"listen", "0.0.0.0:80"}, {"listen", "my_host.internal:80"},
		{"public-url", "https://mcp.acme.com"}, {"public-url", "https://mcp.acme.com/"}, {"public-url", "https://mcp.acme.com:8443/a/mcp/"}, {"public-url", "http://127.0.0.1:8080/mcp"}, {"public-url", "http://[::1]:8080"},
		{"oauth-issuer", "https://ACME.okta.com/oauth2/aus1"}, {"oauth-issuer", "http://localhost:9/x"},
		{"allow-host", "localhost"}, {"allow-host", "[::1]"}, {"allow-host", "[::1]:8080"}, {"allow-host", "mcp-1.acme.com:443"},
		{"allow-origin", "http://[::1]:1"}, {"allow-origin", "https://a.b:8443"}, {"allow-origin", "http://a.b:443"}, {"allow-origin", "chrome-extension://abcdef"},
		{"shutdown-grace", "0s"}, {"shutdown-grace", "10m"}, {"behind-tls-proxy", "false"},
	} {
		if _, err := load([]string{"--" + c.flag + "=" + c.value}, nil); err != nil {
			t.Errorf("--%s=%s is refused: %v", c.flag, c.value, err)
		}
	}
}

func TestDefaultsOfTheNetwork(t *testing.T) {
	t.Parallel()
	none, given := settings.Network{}, settings.Network{}
	zero := time.Duration(0)
	given.Listen, given.ShutdownGrace, given.Auth = ":1", &zero, "token-file=/a"
	file, some := given.TokenFile()
	_, without := none.TokenFile()
	if none.Address() != "127.0.0.1:8080" || none.Grace() != 20*time.Second || without {
		t.Errorf("nothing given means %s, %v, a token file %v", none.Address(), none.Grace(), without)
	}
	if given.Address() != ":1" || given.Grace() != 0 || file != "/a" || !some {
		t.Errorf("what is given means %s, %v, %q", given.Address(), given.Grace(), file)
	}
}

// check is what a command line of serve comes to, its pieces together.
func check(line string) error {
	s, err := load(strings.Fields(line), nil)
	if err != nil {
		return err
	}
	return s.Network.Check(s.Ask)
}

func TestWhatDoesNotFitTogetherIsNamed(t *testing.T) {
	t.Parallel()
	const (
		oauth = " --auth=oauth --public-url=https://m.acme.com --oauth-issuer=https://acme.okta.com/oauth2/default"
		file  = " --auth=token-file=t"
		tls   = " --tls-cert=c --tls-key=k"
		proxy = " --behind-tls-proxy"
		all   = " --allow-host=m.acme.com"
	)
	for line, want := range map[string]string{
		"":                                "",
		"--transport=stdio":               "",
		"--transport=stdio --ask=browser": "",
		"--transport=http":                "",
		"--transport=sse --listen=[::1]:0 --ask=client":                   "",
		"--transport=http --listen=localhost:0" + file:                    "",
		"--transport=http" + oauth + " --oauth-scopes=a --oauth-groups=b": "",
		"--transport=http --listen=10.0.0.5:80" + file + tls:              "",
		"--transport=http --listen=10.0.0.5:80" + oauth + proxy:           "",
		"--transport=sse --listen=:80" + oauth + tls:                      "",
		"--transport=sse --listen=0.0.0.0:80" + file + proxy + all:        "",
		"--transport=http --listen=any.acme.com:80":                       "", // until it is known what it stands for
		"--transport=http --metrics-listen=:9090":                         "",
		"--transport=http --listen=[::ffff:127.0.0.1]:80":                 "",

		"--transport=http --ask=browser":                             "--ask: browser with --transport http",
		"--transport=http --auth=oauth --oauth-issuer=https://a.b":   "--public-url: missing: --auth oauth",
		"--transport=http --auth=oauth --public-url=https://a.b":     "--oauth-issuer: missing: --auth oauth",
		"--transport=http --oauth-issuer=https://a.b":                "--oauth-issuer: given without --auth oauth",
		"--transport=http --oauth-scopes=a" + file:                   "--oauth-scopes: given without --auth oauth",
		"--transport=http --oauth-groups=a" + file:                   "--oauth-groups: given without --auth oauth",
		"--transport=http --tls-cert=c":                              "--tls-key: missing: --tls-cert is given",
		"--transport=http --tls-key=k":                               "--tls-cert: missing: --tls-key is given",
		"--transport=http" + tls + proxy:                             "--behind-tls-proxy: given together with --tls-cert",
		"--transport=http --listen=10.0.0.5:80" + tls:                "--listen: 10.0.0.5:80 is beyond loopback; add --auth oauth or --auth token-file=PATH, so that strangers cannot call; a right",
		"--transport=http --listen=10.0.0.5:80" + file:               "--listen: 10.0.0.5:80 is beyond loopback; add --tls-cert and --tls-key (or --behind-tls-proxy",
		"--transport=sse --listen=:80":                               "--listen: :80 is beyond loopback; add --auth oauth or --auth token-file=PATH, so that strangers cannot call, and --tls-cert",
		"--transport=sse --listen=0.0.0.0:80":                        "--listen: 0.0.0.0:80 is beyond loopback",
		"--transport=sse --listen=[::]:80":                           "--listen: [::]:80 is beyond loopback",
		"--transport=sse --listen=[fe80::1%eth0]:80":                 "--listen: [fe80::1%eth0]:80 is beyond loopback",
		"--transport=sse --listen=[::ffff:10.0.0.5]:80":              "is beyond loopback",
		"--transport=http --listen=:80" + file + tls:                 "--allow-host: missing: --listen :80 means every interface",
		"--transport=http --listen=[::]:80" + file + tls:             "--allow-host: missing: --listen [::]:80",
		"--transport=http --listen=[::ffff:0.0.0.0]:80" + file + tls: "--allow-host: missing",
		"--transport=stdio --listen=:80" + file:                      "--auth, --listen: given (as a flag, a variable or in the profile) for standard input and output",
		"--shutdown-grace=0s":                                        "--shutdown-grace: given",
	} {
		err := check(line)
		if want == "" {
			if err != nil {
				t.Errorf("%s is refused: %v", line, err)
			}
			continue
		}
		var bad *settings.Error
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v\nwant %s", line, err, want)
		}
	}
}

func TestNothingOfTheNetworkIsIgnoredWithoutOne(t *testing.T) {
	t.Parallel()
	for _, flag := range ofServeAlone() {
		if flag == "transport" {
			continue
		}
		given := "--" + flag + "=" + strings.ReplaceAll(flags()[flag].value, " ", "")
		for _, transport := range []string{"", "--transport=stdio "} {
			if err := check(transport + given); err == nil || !strings.HasPrefix(err.Error(), "--"+flag+": given ") {
				t.Errorf("%s%s: %v; want an error", transport, given, err)
			}
		}
	}
}

func TestEveryFlagIsInTheReadme(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "\n## Settings\n")
	table, _, _ = strings.Cut(table, "\n## ")
	for _, name := range slices.Sorted(maps.Keys(flags())) {
		if !strings.Contains(table, "`--"+name+"`") {
			t.Errorf("the settings in README.md lack --%s", name)
		}
	}
}
