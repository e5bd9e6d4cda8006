package settings_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"okta-mcp/cmd/internal/settings"
)

func TestVariablesAreThoseThatCount(t *testing.T) {
	t.Parallel()
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	settings.Register(flags)
	if err := flags.Parse([]string{"--client-id=0oaFlag"}); err != nil {
		t.Fatal(err)
	}
	environ := map[string]string{
		"OKTA_MCP_ORG_URL": "https://acme.okta.com", "OKTA_ORG_URL": "https://other.okta.com", "OKTA_CLIENT_ID": "0oaVariable",
		"OKTA_PRIVATE_KEY": "a key", "OKTA_SCOPES": "", "OKTA_MCP_LISTEN": ":8080", "OKTA_API_TOKEN": "no setting",
	}
	got := settings.Variables(flags, func(name string) (string, bool) { value, ok := environ[name]; return value, ok })
	want := []settings.Variable{
		{Name: "OKTA_MCP_ORG_URL", Value: "https://acme.okta.com", Flag: "org-url"},
		{Name: "OKTA_PRIVATE_KEY", Value: "a key"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// What is said of settings by the name of their flags is said of flags that exist.
func TestKindsOfSettingsNameFlags(t *testing.T) {
	t.Parallel()
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	settings.Register(flags)
	kinds := map[string]func(string) bool{"names a file": settings.NamesFile, "is of an org": settings.OfAnOrg, "is a flag only": settings.FlagOnly}
	for kind, want := range map[string][]string{
		"names a file":   {"audit-file", "log-file", "policy", "private-key-file"},
		"is of an org":   {"client-id", "dpop", "key-id", "org-url", "private-key-file", "scopes"},
		"is a flag only": {"allow-secrets", "approve", "policy"},
	} {
		var got []string
		flags.VisitAll(func(flag *pflag.Flag) {
			if kinds[kind](flag.Name) {
				got = append(got, flag.Name)
			}
		})
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", kind, got, want)
		}
	}
}

// What a completion offers is what is taken, and what else there is is not.
func TestValuesAreThoseThatAreTaken(t *testing.T) {
	t.Parallel()
	some := 0
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	settings.RegisterServing(flags)
	flags.VisitAll(func(flag *pflag.Flag) {
		values := settings.Values(flag.Name)
		for _, value := range values {
			some++
			if strings.HasSuffix(value, "=") {
				value += "/etc/tokens"
			}
			if err := flag.Value.Set(value); err != nil {
				t.Errorf("--%s %s: %v", flag.Name, value, err)
			}
		}
		if values != nil && flag.Value.Set("something else") == nil {
			t.Errorf("--%s takes more than %q", flag.Name, values)
		}
	})
	if some < 20 {
		t.Errorf("only %d values are known", some)
	}
}
