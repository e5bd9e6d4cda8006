package settings_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"okta-mcp/cmd/internal/settings"
)

// configured returns an environment whose configuration file has that text.
func configured(t *testing.T, text string) map[string]string {
	t.Helper()
	home := t.TempDir()
	dir := filepath.Join(home, "okta-mcp")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return map[string]string{"XDG_CONFIG_HOME": home}
}

const twoOrgs = `profiles:
  acme:
    org_url: https://acme.okta.com/
    client_id: 0oaAcme
    private_key_file: /keys/acme.pem
    scopes: [okta.users.read, okta.groups.read]
    read_only: true
  default:
    org_url: https://other.okta.com
    client_id: 0oaOther
    ask_timeout: 90s
`

func TestAProfileGivesWhatNothingElseDoes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args        []string
		environment map[string]string
		want        func(*settings.Settings)
	}{
		"the default one": {nil, nil, func(s *settings.Settings) {
			s.Profile, s.OrgURL, s.ClientID, s.AskTimeout = "default", "https://other.okta.com", "0oaOther", 90e9
		}},
		"the one named": {[]string{"--profile", "acme"}, nil, func(s *settings.Settings) {
			s.Profile, s.OrgURL, s.ClientID, s.PrivateKeyFile = "acme", "https://acme.okta.com", "0oaAcme", "/keys/acme.pem"
			s.Scopes, s.ReadOnly = []string{"okta.users.read", "okta.groups.read"}, true
		}},
		"named by a variable": {nil, map[string]string{"OKTA_MCP_PROFILE": "acme", "OKTA_CLIENT_ID": "0oaMine", "OKTA_PRIVATE_KEY": "key"}, func(s *settings.Settings) {
			s.Profile, s.OrgURL, s.ClientID, s.PrivateKey = "acme", "https://acme.okta.com", "0oaMine", "key"
			s.Scopes, s.ReadOnly = []string{"okta.users.read", "okta.groups.read"}, true
		}},
		"flags win": {[]string{"--profile=acme", "--read-only=false", "--scopes=okta.apps.read", "--private-key-file=mine"}, nil, func(s *settings.Settings) {
			s.Profile, s.OrgURL, s.ClientID, s.PrivateKeyFile = "acme", "https://acme.okta.com", "0oaAcme", "mine"
			s.Scopes = []string{"okta.apps.read"}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environment := configured(t, twoOrgs)
			for name, value := range c.environment {
				environment[name] = value
			}
			got, err := load(c.args, environment)
			want := &settings.Settings{}
			c.want(want)
			want.Home = filepath.Join(environment["XDG_CONFIG_HOME"], "okta-mcp")
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, %v\nwant %+v", got, err, want)
			}
		})
	}
}

func TestAConfigurationFileThatIsWrongIsAnErrorWithItsLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"profiles:\n  acme:\n    org_ulr: x\n":              "config.yaml:3: there is no \"org_ulr\"; there are org_url",
		"profile: {}\n":                                     "config.yaml:1: there is no \"profile\"; there are profiles",
		"profiles:\n  a b:\n    read_only: true\n":          "config.yaml:2: \"a b\" is no name of a profile",
		"profiles:\n  a:\n    org_url: http://acme.com\n":   "config.yaml:3: org_url: not https",
		"profiles:\n  a:\n    read_only: yes\n":             "config.yaml:3: read_only: neither true nor false",
		"profiles:\n  a:\n    private_key: x\n":             "config.yaml:3: \"private_key\" would be a secret",
		"profiles:\n  a:\n    approve: delete_group\n":      "config.yaml:3: \"approve\" is taken from the command line only",
		"profiles:\n  a:\n    policy: p.yaml\n":             "config.yaml:3: \"policy\" is taken from the command line only",
		"profiles:\n  a:\n    profile: b\n":                 "config.yaml:3: there is no \"profile\"",
		"profiles:\n  a:\n    demo: true\n    demo: true\n": "config.yaml:4: \"demo\" comes twice",
		"profiles: [a]\n":                                   "config.yaml:1: a list; a mapping",
		"profiles:\n  a:\n    x: 1\n    y: 2\n":             "(and 1 more)",
		"":                                                  "config.yaml: empty",
	} {
		_, err := load(nil, configured(t, text))
		if err == nil || !strings.HasPrefix(err.Error(), "the configuration file: ") || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v\nwant one line with %s", text, err, want)
		}
	}
	_, err := load([]string{"--profile=acme"}, nil)
	if err == nil || !strings.Contains(err.Error(), `no profile "acme"`) {
		t.Errorf("a profile without a file: %v", err)
	}
	_, err = load([]string{"--profile=acmee"}, configured(t, twoOrgs))
	if err == nil || !strings.Contains(err.Error(), "acme, default") {
		t.Errorf("an unknown profile: %v, want those there are", err)
	}
}

func TestTheExampleInTheReadmeWorks(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(text), "```yaml\nprofiles:\n")
	example, _, _ := strings.Cut(after, "```")
	if !found {
		t.Fatal("README.md shows no profiles")
	}
	got, err := load([]string{"--profile", "acme"}, configured(t, "profiles:\n"+example))
	if err != nil || got.OrgURL != "https://acme.okta.com" || got.PrivateKeyFile == "" {
		t.Errorf("the example comes to %+v, %v", got, err)
	}
}

func TestEverySettingOfAProfileMeansWhatItsFlagMeans(t *testing.T) {
	t.Parallel()
	for name, row := range flags() {
		if flagOnly(name) || strings.Contains(row.value, "\n") {
			continue
		}
		want := &settings.Settings{Profile: "default"}
		row.want(want)
		environment := configured(t, "profiles:\n  default:\n    "+strings.ReplaceAll(name, "-", "_")+": "+row.value+"\n")
		want.Home = filepath.Join(environment["XDG_CONFIG_HOME"], "okta-mcp")
		got, err := load(nil, environment)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %s comes to %+v, %v", name, row.value, got, err)
		}
	}
}
