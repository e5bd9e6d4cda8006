package wiring

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"okta-mcp/cmd/internal/settings"
)

// Under a policy that lets nothing be changed, no scope to change things is asked for.
func TestPoliciesThatCloseTheOrgAskForReadScopesOnly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text     string // empty: no file
		caller   string
		readOnly bool
		logged   string
	}{
		"read_only":         {"read_only: true", "stdio", true, ""},
		"a single call":     {"deny: delete_user", CallerCall, true, ""},
		"a server":          {"deny: delete_user", "stdio", false, ""},
		"malformed":         {"denied: x", "stdio", true, "nothing is changed because the policy file p.yaml cannot be used: p.yaml:1: there is no"},
		"named and missing": {"", "stdio", true, "there is no file"},
	} {
		path := filepath.Join(t.TempDir(), "p.yaml")
		if c.text != "" {
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var log bytes.Buffer
		b := readBounds(settings.Settings{Policy: path}, c.caller, slog.New(slog.NewTextHandler(&log, nil)))
		if got := b.asked(settings.Settings{}).ReadOnly; got != c.readOnly || !strings.Contains(log.String(), c.logged) || (c.logged == "") != (log.Len() == 0) {
			t.Errorf("%s: asks for read scopes only: %t, want %t; logged %s", name, got, c.readOnly, log.String())
		}
	}
}
