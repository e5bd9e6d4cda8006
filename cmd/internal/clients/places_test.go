package clients_test

import (
	"slices"
	"strings"
	"testing"

	"okta-mcp/cmd/internal/clients"
)

// machine is one of that system, with an environment and with directories that a
// pattern finds.
func machine(os string, environ map[string]string, found ...string) clients.Machine {
	return clients.Machine{OS: os, Getenv: func(name string) string { return environ[name] }, Glob: func(pattern string) []string {
		return slices.DeleteFunc(slices.Clone(found), func(dir string) bool { return !strings.HasPrefix(dir, strings.TrimSuffix(pattern, "*")) })
	}}
}

func TestEachSystemHasItsPlaces(t *testing.T) {
	t.Parallel()
	linux := map[string]string{"HOME": "/home/ada"}
	mac := map[string]string{"HOME": "/Users/ada"}
	windows := map[string]string{"USERPROFILE": `C:\Users\ada`, "APPDATA": `C:\Users\ada\AppData\Roaming`, "LOCALAPPDATA": `C:\Users\ada\AppData\Local`, "HOME": "/c/Users/ada"}
	for id, want := range map[string][3]string{
		"claude-desktop": {"/home/ada/.config/Claude/claude_desktop_config.json", "/Users/ada/Library/Application Support/Claude/claude_desktop_config.json", `C:\Users\ada\AppData\Roaming\Claude\claude_desktop_config.json`},
		"claude-code":    {"/home/ada/.claude.json", "/Users/ada/.claude.json", `C:\Users\ada\.claude.json`},
		"vscode":         {"/home/ada/.config/Code/User/mcp.json", "/Users/ada/Library/Application Support/Code/User/mcp.json", `C:\Users\ada\AppData\Roaming\Code\User\mcp.json`},
		"cursor":         {"/home/ada/.cursor/mcp.json", "/Users/ada/.cursor/mcp.json", `C:\Users\ada\.cursor\mcp.json`},
		"gemini":         {"/home/ada/.gemini/settings.json", "/Users/ada/.gemini/settings.json", `C:\Users\ada\.gemini\settings.json`},
		"codex":          {"/home/ada/.codex/config.toml", "/Users/ada/.codex/config.toml", `C:\Users\ada\.codex\config.toml`},
		"windsurf":       {"/home/ada/.codeium/windsurf/mcp_config.json", "/Users/ada/.codeium/windsurf/mcp_config.json", `C:\Users\ada\.codeium\windsurf\mcp_config.json`},
		"devin":          {"/home/ada/.config/devin/mcp_config.json", "/Users/ada/.config/devin/mcp_config.json", `C:\Users\ada\AppData\Roaming\devin\mcp_config.json`},
	} {
		for i, m := range []clients.Machine{machine("linux", linux), machine("darwin", mac), machine("windows", windows)} {
			place, err := m.Place(find(t, id))
			if err != nil || place.File != want[i] {
				t.Errorf("%s on %s: %q, %v; want %q", id, m.OS, place.File, err, want[i])
			}
			if dir := place.Home; !strings.HasPrefix(place.File, dir) && id != "claude-code" {
				t.Errorf("%s on %s: %q is not in %q", id, m.OS, place.File, dir)
			}
		}
	}
}

func TestVariablesOfClientsMoveTheirPlaces(t *testing.T) {
	t.Parallel()
	const packages = `C:\Local\Packages\Claude_`
	for name, test := range map[string]struct {
		id   string
		m    clients.Machine
		want string
	}{
		"CLAUDE_CONFIG_DIR": {"claude-code", machine("linux", map[string]string{"HOME": "/h", "CLAUDE_CONFIG_DIR": "/c/"}), "/c/.claude.json"},
		"CODEX_HOME":        {"codex", machine("darwin", map[string]string{"HOME": "/h", "CODEX_HOME": "/c"}), "/c/config.toml"},
		"GEMINI_CLI_HOME":   {"gemini", machine("linux", map[string]string{"HOME": "/h", "GEMINI_CLI_HOME": "/g"}), "/g/.gemini/settings.json"},
		"XDG_CONFIG_HOME":   {"vscode", machine("linux", map[string]string{"HOME": "/h", "XDG_CONFIG_HOME": "/x"}), "/x/Code/User/mcp.json"},
		"not on a Mac":      {"vscode", machine("darwin", map[string]string{"HOME": "/h", "XDG_CONFIG_HOME": "/x"}), "/h/Library/Application Support/Code/User/mcp.json"},
		"a package of Windows": {"claude-desktop", machine("windows", map[string]string{"LOCALAPPDATA": `C:\Local`, "APPDATA": `C:\Roaming`}, packages+"pzs8"),
			packages + `pzs8\LocalCache\Roaming\Claude\claude_desktop_config.json`},
	} {
		if place, err := test.m.Place(find(t, test.id)); err != nil || place.File != test.want {
			t.Errorf("%s: %q, %v; want %q", name, place.File, err, test.want)
		}
	}
	for name, test := range map[string]struct {
		id   string
		m    clients.Machine
		says string
	}{
		"no home":      {"cursor", machine("linux", nil), "HOME is not set"},
		"no profile":   {"codex", machine("windows", map[string]string{"HOME": "/h"}), "USERPROFILE is not set"},
		"two packages": {"claude-desktop", machine("windows", map[string]string{"LOCALAPPDATA": `C:\Local`}, packages+"a", packages+"b"), "more than once"},
	} {
		if place, err := test.m.Place(find(t, test.id)); err == nil || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), "--file") {
			t.Errorf("%s: %q, %v; want an error that says %q and names --file", name, place.File, err, test.says)
		}
	}
}
