package settings_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"okta-mcp/cmd/internal/settings"
)

// given is one flag with a right value and what it comes to.
type given struct {
	value string
	want  func(*settings.Settings)
}

// flags lists every flag there is; a new one fails the test until it is here.
func flags() map[string]given {
	debug, grace := slog.LevelDebug, 90*time.Second
	return map[string]given{
		"org-url":   {"https://acme.okta.com/", func(s *settings.Settings) { s.OrgURL = "https://acme.okta.com" }},
		"client-id": {"0oa1", func(s *settings.Settings) { s.ClientID = "0oa1" }},
		"scopes": {"okta.users.read, okta.groups.read\nokta.apps.read", func(s *settings.Settings) {
			s.Scopes = []string{"okta.users.read", "okta.groups.read", "okta.apps.read"}
		}},
		"private-key-file": {"key.pem", func(s *settings.Settings) { s.PrivateKeyFile = "key.pem" }},
		"key-id":           {"kid", func(s *settings.Settings) { s.KeyID = "kid" }},
		"dpop":             {"always", func(s *settings.Settings) { s.DPoP = "always" }},
		"toolsets":         {"users,groups", func(s *settings.Settings) { s.Toolsets = []string{"users", "groups"} }},
		"tools":            {"list_*", func(s *settings.Settings) { s.Tools = []string{"list_*"} }},
		"exclude-tools":    {"delete_*,x", func(s *settings.Settings) { s.Exclude = []string{"delete_*", "x"} }},
		"read-only":        {"true", func(s *settings.Settings) { s.ReadOnly = true }},
		"approve":          {"delete_group=2,suspend_user", func(s *settings.Settings) { s.Approve = []string{"delete_group=2", "suspend_user"} }},
		"allow-secrets":    {"true", func(s *settings.Settings) { s.AllowSecrets = true }},
		"protect":          {"ceo@acme.com,Our Executives", func(s *settings.Settings) { s.Protect = []string{"ceo@acme.com", "Our Executives"} }},
		"policy":           {"hr.yaml", func(s *settings.Settings) { s.Policy = "hr.yaml" }},
		"ask":              {"browser", func(s *settings.Settings) { s.Ask = "browser" }},
		"ask-timeout":      {"90s", func(s *settings.Settings) { s.AskTimeout = 90 * time.Second }},
		"max-result-bytes": {"4096", func(s *settings.Settings) { s.MaxResultBytes = 4096 }},
		"log-level":        {"debug", func(s *settings.Settings) { s.LogLevel = &debug }},
		"log-file":         {"x.log", func(s *settings.Settings) { s.LogFile = "x.log" }},
		"log-format":       {"json", func(s *settings.Settings) { s.LogFormat = "json" }},
		"audit-file":       {"audit.jsonl", func(s *settings.Settings) { s.AuditFile = "audit.jsonl" }},
		"audit-max-bytes":  {"4096", func(s *settings.Settings) { s.AuditMaxBytes = 4096 }},
		"demo":             {"true", func(s *settings.Settings) { s.Demo = true }},
		"demo-size":        {"10", func(s *settings.Settings) { s.DemoSize = 10 }},
		"demo-now":         {"2026-01-31T12:00:00Z", func(s *settings.Settings) { s.DemoNow = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC) }},

		"transport":        {"sse", func(s *settings.Settings) { s.Network.Transport = "sse" }},
		"listen":           {"127.0.0.1:0", func(s *settings.Settings) { s.Network.Listen = "127.0.0.1:0" }},
		"auth":             {"token-file=/etc/tokens", func(s *settings.Settings) { s.Network.Auth = "token-file=/etc/tokens" }},
		"public-url":       {"https://mcp.acme.com/mcp", func(s *settings.Settings) { s.Network.PublicURL = "https://mcp.acme.com/mcp" }},
		"oauth-issuer":     {"https://acme.okta.com/oauth2/default", func(s *settings.Settings) { s.Network.OAuthIssuer = "https://acme.okta.com/oauth2/default" }},
		"oauth-scopes":     {"mcp:use, mcp:more", func(s *settings.Settings) { s.Network.OAuthScopes = []string{"mcp:use", "mcp:more"} }},
		"oauth-groups":     {"Help Desk,Operators", func(s *settings.Settings) { s.Network.OAuthGroups = []string{"Help Desk", "Operators"} }},
		"tls-cert":         {"tls.crt", func(s *settings.Settings) { s.Network.TLSCert = "tls.crt" }},
		"tls-key":          {"tls.key", func(s *settings.Settings) { s.Network.TLSKey = "tls.key" }},
		"behind-tls-proxy": {"true", func(s *settings.Settings) { s.Network.BehindTLSProxy = true }},
		"allow-host":       {"MCP.acme.com,10.0.0.5:8080", func(s *settings.Settings) { s.Network.AllowHosts = []string{"mcp.acme.com", "10.0.0.5:8080"} }},
		"allow-origin": {"https://a.acme.com,http://localhost:6274", func(s *settings.Settings) {
			s.Network.AllowOrigins = []string{"https://a.acme.com", "http://localhost:6274"}
		}},
		"metrics-listen": {":9090", func(s *settings.Settings) { s.Network.MetricsListen = ":9090" }},
		"shutdown-grace": {"90s", func(s *settings.Settings) { s.Network.ShutdownGrace = &grace }},
	}
}

// flagOnly are never read from a variable: an agent that can set variables would
// approve itself.
func flagOnly(name string) bool {
	return name == "approve" || name == "allow-secrets" || name == "policy"
}

func variable(flag string) string {
	return "OKTA_MCP_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// load reads a command line of serve and an environment.
func load(args []string, environment map[string]string) (*settings.Settings, error) {
	set := pflag.NewFlagSet("test", pflag.ContinueOnError)
	s := settings.RegisterServing(set)
	if err := set.Parse(args); err != nil {
		return nil, settings.FlagError(err)
	}
	return s, s.Load(set, func(name string) (string, bool) { v, ok := environment[name]; return v, ok })
}

func TestEveryFlagMeansWhatItsVariableMeans(t *testing.T) {
	t.Parallel()
	known := flags()
	set := pflag.NewFlagSet("test", pflag.ContinueOnError)
	settings.RegisterServing(set)
	seen := 0
	set.VisitAll(func(flag *pflag.Flag) {
		if flag.Name == "profile" { // which stands for others, and has tests of its own
			return
		}
		seen++
		row, ok := known[flag.Name]
		if !ok {
			t.Errorf("--%s is not in this test's table", flag.Name)
			return
		}
		want := &settings.Settings{}
		row.want(want)
		got, err := load([]string{"--" + flag.Name + "=" + row.value}, nil)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("--%s=%s comes to %+v, %v", flag.Name, row.value, got, err)
		}
		got, err = load(nil, map[string]string{variable(flag.Name): row.value})
		switch {
		case !flagOnly(flag.Name) && (err != nil || !reflect.DeepEqual(got, want)):
			t.Errorf("%s=%s comes to %+v, %v", variable(flag.Name), row.value, got, err)
		case flagOnly(flag.Name) && (err == nil || !strings.Contains(err.Error(), "--"+flag.Name+" on the command line")):
			t.Errorf("%s is read from the environment: %v", variable(flag.Name), err)
		}
	})
	if seen != len(known) {
		t.Errorf("%d flags, and %d in this test's table", seen, len(known))
	}
}

func TestEveryFlagSaysWhatItIsForAndWhereElseItIsRead(t *testing.T) {
	t.Parallel()
	secret := regexp.MustCompile(`secret|token|password|private-key$|api-key`)
	set := pflag.NewFlagSet("test", pflag.ContinueOnError)
	settings.RegisterServing(set)
	set.VisitAll(func(flag *pflag.Flag) {
		if len(flag.Usage) < 10 {
			t.Errorf("--%s says no more than %q", flag.Name, flag.Usage)
		}
		if named := strings.Contains(flag.Usage, variable(flag.Name)); named == flagOnly(flag.Name) {
			t.Errorf("--%s: that %s is read is said: %v", flag.Name, variable(flag.Name), named)
		}
		if flag.Value.Type() != "bool" && secret.MatchString(flag.Name) {
			t.Errorf("--%s would put a secret on the command line, where others read it", flag.Name)
		}
	})
}

func TestTheVariablesOfOktasOwnServerAreUnderstood(t *testing.T) {
	t.Parallel()
	info := slog.LevelInfo
	got, err := load(nil, map[string]string{
		"OKTA_ORG_URL": "https://acme.okta.com", "OKTA_CLIENT_ID": "0oa1", "OKTA_SCOPES": "okta.users.read okta.groups.read",
		"OKTA_PRIVATE_KEY": "the key", "OKTA_KEY_ID": "kid", "OKTA_LOG_LEVEL": "INFO", "OKTA_LOG_FILE": "x.log",
	})
	want := &settings.Settings{
		OrgURL: "https://acme.okta.com", ClientID: "0oa1", Scopes: []string{"okta.users.read", "okta.groups.read"},
		PrivateKey: "the key", KeyID: "kid", LogLevel: &info, LogFile: "x.log",
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("they come to %+v, %v", got, err)
	}
}

func TestAFlagWinsOverOurVariableAndOursOverOktas(t *testing.T) {
	t.Parallel()
	all := map[string]string{"OKTA_MCP_CLIENT_ID": "ours", "OKTA_CLIENT_ID": "oktas", "OKTA_MCP_PROTECT": "variable"}
	for _, c := range []struct {
		args        []string
		environment map[string]string
		want        string
	}{
		{[]string{"--client-id=flag"}, all, "flag"},
		{nil, all, "ours"},
		{nil, map[string]string{"OKTA_CLIENT_ID": "oktas"}, "oktas"},
		{nil, map[string]string{"OKTA_MCP_CLIENT_ID": "", "OKTA_CLIENT_ID": "oktas"}, "oktas"},
		{[]string{"--client-id="}, all, ""},
		{nil, map[string]string{"OKTA_MCP_CLIENT_ID": "ours", "OKTA_CLIENT_ID": "not one word"}, "ours"},
	} {
		got, err := load(c.args, c.environment)
		if err != nil || got.ClientID != c.want {
			t.Errorf("%v with %v: client id %q, %v; want %q", c.args, c.environment, got.ClientID, err, c.want)
		}
	}
	got, err := load([]string{"--protect=a", "--protect=b,c"}, all)
	if err != nil || !reflect.DeepEqual(got.Protect, []string{"a", "b", "c"}) {
		t.Errorf("--protect twice comes to %v, %v; want both and not the variable", got.Protect, err)
	}
}

func TestMalformedValuesNameTheSettingAndNeverRepeatAnAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ flag, value string }{
		{"org-url", "acme"}, {"org-url", "https://"}, {"org-url", "ftp://acme.okta.com"}, {"org-url", "http://acme.okta.com"},
		{"org-url", "http://127.0.0.1.evil.example"}, {"org-url", "https://acme-admin.okta.com"}, {"org-url", "https://ACME-ADMIN.oktapreview.com"},
		{"org-url", "https://me:hunter2@acme.okta.com"}, {"org-url", "https://acme.okta.com/x"}, {"org-url", "https://acme.okta.com?x"}, {"org-url", "https://acme.okta.com#x"},
		{"org-url", "https://acme.okta.com:port"}, {"client-id", "two words"}, {"client-id", "line\nend"}, {"scopes", "openid"}, {"scopes", "okta.users.read,users"},
		{"key-id", "a b"}, {"tools", "["}, {"exclude-tools", "a["}, {"read-only", "maybe"}, {"ask-timeout", "5"}, {"ask-timeout", "999ms"},
		{"ask-timeout", "61m"}, {"max-result-bytes", "4095"}, {"max-result-bytes", "4194305"}, {"log-level", "loud"}, {"audit-max-bytes", "4095"}, {"audit-max-bytes", "64MiB"}, {"log-level", ""},
		{"private-key-file", "-----BEGIN PRIVATE KEY-----\\nhunter2"}, {"private-key-file", `{"kty":"EC","d":"hunter2"}`}, {"private-key-file", "hunter2\nhunter2"},
		{"private-key-file", ""}, {"profile", " "}, {"profile", ""}, {"demo", "perhaps"}, {"demo-size", "9"}, {"demo-size", "100001"}, {"demo-size", "1e3"}, {"demo-now", "2026-01-31"},
		{"transport", "HTTP"}, {"transport", "tcp"}, {"transport", ""},
		{"listen", ""}, {"listen", "8080"}, {"listen", "localhost"}, {"listen", "localhost:"}, {"listen", "localhost:http"}, {"listen", "localhost:65536"}, {"listen", "localhost:-1"},
		{"listen", "::1:80"}, {"listen", "*:80"}, {"listen", "0:80"}, {"listen", "127.1:80"}, {"listen", "0x7f000001:80"}, {"listen", "1.2.3.256:80"}, {"listen", "http://localhost:80"}, {"listen", "a b:80"},
		{"metrics-listen", "9090"}, {"metrics-listen", "*:9090"},
		{"auth", ""}, {"auth", "OAuth"}, {"auth", "token-file"}, {"auth", "token-file="}, {"auth", "token-file= "}, {"auth", "hunter2"}, {"auth", "oauth,token-file=hunter2"},
		{"public-url", ""}, {"public-url", "mcp.acme.com"}, {"public-url", "http://mcp.acme.com"}, {"public-url", "ftp://mcp.acme.com"}, {"public-url", "https://"}, {"public-url", "https://me:hunter2@mcp.acme.com"},
		{"public-url", "https://mcp.acme.com/mcp?"}, {"public-url", "https://mcp.acme.com/mcp?key=hunter2"}, {"public-url", "https://mcp.acme.com/mcp#"}, {"public-url", "https://mcp.acme.com/mcp//"}, {"public-url", "https://mcp.acme.com//"},
		{"public-url", "https://mcp.acme.com/a/../mcp"}, {"public-url", "https://mcp.acme.com/mcp "}, {"public-url", "https://mcp.acme.com/m cp"}, {"public-url", "https://mcp.acme.com:/mcp"}, {"public-url", "https://mcp.acme.com:0"},
		{"public-url", "https://mcp.acme.com:65536"}, {"public-url", "https://mcp.acme.com:443/mcp"}, {"public-url", "https://MCP.acme.com"}, {"public-url", "HTTPS://mcp.acme.com"}, {"public-url", "https://*.acme.com"}, {"public-url", "http://127.0.0.1:80"},
		{"oauth-issuer", "acme.okta.com"}, {"oauth-issuer", "http://acme.okta.com"}, {"oauth-issuer", "https://me:hunter2@acme.okta.com"}, {"oauth-issuer", "https://acme.okta.com/?x"}, {"oauth-issuer", "https://acme.okta.com/oauth2//x"},
		{"oauth-scopes", ","}, {"oauth-groups", " "}, {"tls-cert", ""}, {"tls-key", " "}, {"tls-key", "-----BEGIN PRIVATE KEY-----\nhunter2"}, {"tls-cert", "hunter2\nhunter2"}, {"behind-tls-proxy", "yes"},
		{"allow-host", ""}, {"allow-host", "*"}, {"allow-host", "*.acme.com"}, {"allow-host", "https://acme.com"}, {"allow-host", "acme.com/"}, {"allow-host", "acme.com:0"}, {"allow-host", "acme.com:"}, {"allow-host", "::1"}, {"allow-host", "[::1"},
		{"allow-host", "[acme.com]"}, {"allow-host", "[127.0.0.1]"}, {"allow-host", "[fe80::1%eth0]"}, {"allow-host", "[::1]x"}, {"allow-host", "acme.com,hunter2@acme.com"}, {"allow-host", "a..b"}, {"allow-host", "acme.com."},
		{"allow-origin", ""}, {"allow-origin", "*"}, {"allow-origin", "null"}, {"allow-origin", "https://*"}, {"allow-origin", "https://*.acme.com"}, {"allow-origin", "acme.com"}, {"allow-origin", "https://acme.com/"}, {"allow-origin", "https://"},
		{"allow-origin", "https://acme.com:443"}, {"allow-origin", "http://acme.com:80"}, {"allow-origin", "https://Acme.com"}, {"allow-origin", "HTTPS://acme.com"}, {"allow-origin", "https://me:hunter2@acme.com"}, {"allow-origin", "https://a.com,null"},
		{"shutdown-grace", "20"}, {"shutdown-grace", "-1s"}, {"shutdown-grace", "10m1s"}, {"shutdown-grace", "long"},
	} {
		for where, try := range map[string]func() error{
			"--" + c.flag:    func() error { _, err := load([]string{"--" + c.flag + "=" + c.value}, nil); return err },
			variable(c.flag): func() error { _, err := load(nil, map[string]string{variable(c.flag): c.value}); return err },
		} {
			if c.value == "" && where != "--"+c.flag {
				continue // an empty variable is none
			}
			err := try()
			var bad *settings.Error
			if !errors.As(err, &bad) || bad.Name != where || bad.Problem == "" || bad.Example == "" || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s=%q: %v; want one line that names it and shows a right one", where, c.value, err)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%s repeats a password: %v", where, err)
			}
		}
	}
}

func TestLoopbackNeedsNoTLS(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"http://127.0.0.1:8980", "http://localhost:1", "http://[::1]:80", "http://127.8.8.8"} {
		if got, err := load([]string{"--org-url", address}, nil); err != nil || got.OrgURL != address {
			t.Errorf("%s comes to %+v, %v", address, got, err)
		}
	}
}

func TestTheKeyComesFromOnePlace(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(file, []byte("from the file"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, text, file, want, problem string
	}{
		{"the variable", "from the variable", "", "from the variable", ""},
		{"the file", "", file, "from the file", ""},
		{"both", "from the variable", file, "", "OKTA_PRIVATE_KEY: given together with --private-key-file"},
		{"neither", "", "", "", "OKTA_PRIVATE_KEY: missing"},
		{"no such file", "", file + "x", "", "OKTA_PRIVATE_KEY_FILE (or --private-key-file): open "},
	} {
		got, err := settings.Settings{PrivateKey: c.text, PrivateKeyFile: c.file}.Key()
		if string(got) != c.want || (err == nil) != (c.problem == "") || err != nil && !strings.HasPrefix(err.Error(), c.problem) {
			t.Errorf("%s: %q, %v; want %q, %s", c.name, got, err, c.want, c.problem)
		}
	}
}

func TestMissingNamesVariableFlagAndARightValue(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"org-url":      "OKTA_ORG_URL (or --org-url): missing; a right one looks like https://acme.okta.com",
		"OKTA_ORG_URL": "OKTA_ORG_URL (or --org-url): missing; a right one looks like https://acme.okta.com",
		"toolsets":     "--toolsets: missing; a right one looks like users,groups",
	} {
		if got := settings.Missing(name).Error(); got != want {
			t.Errorf("Missing(%s) is %q, want %q", name, got, want)
		}
	}
}
