package policy_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"okta-mcp/cmd/internal/policy"
)

// file writes a policy with those permissions.
func file(t *testing.T, name, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOnlyAFileThatIsNotThereIsNoPolicy(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "no", "policy.yaml")
	if got := (policy.Files{Machine: missing}).Load(); len(got) != 0 {
		t.Errorf("no file at all gives %+v", got)
	}
	dangling := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.Symlink(missing, dangling); err != nil {
		t.Skipf("links cannot be made here: %v", err)
	}
	for name, c := range map[string]struct {
		path, want string
	}{
		"not there":       {missing, "there is no file"},
		"a link to it":    {dangling, "no such file"},
		"a directory":     {t.TempDir(), "is not a regular file"},
		"below a file":    {filepath.Join(file(t, "f", "x", 0o600), "policy.yaml"), "not a directory"},
		"malformed":       {file(t, "policy.yaml", "read_only: maybe\ndenied: x\n", 0o600), `policy.yaml:1: "maybe"; true or false is meant, in lower case and without quotes; policy.yaml:2: there is no "denied"`},
		"empty":           {file(t, "policy.yaml", "", 0o600), "policy.yaml: empty"},
		"group may write": {file(t, "policy.yaml", "read_only: false", 0o620), "chmod go-w"},
		"all may write":   {file(t, "policy.yaml", "read_only: false", 0o602), "chmod go-w"},
	} {
		if runtime.GOOS == "windows" && strings.Contains(name, "may write") {
			continue
		}
		got := policy.Files{Named: c.path}.Load()
		if len(got) != 1 || got[0].Machine || !strings.Contains(got[0].Problem, c.want) || got[0].Name != filepath.Base(c.path) {
			t.Errorf("%s: %+v; want a policy that cannot be used: %s", name, got, c.want)
		}
	}
	got := policy.Files{Named: file(t, "mine.yaml", "deny: delete_user", 0o644)}.Load()
	if len(got) != 1 || got[0].Problem != "" || got[0].Name != "mine.yaml" || len(got[0].Deny) != 1 {
		t.Errorf("a right file is read as %+v", got)
	}
}

// Whoever runs this test owns what it writes, so its own files must be refused as
// the machine's, whatever their permissions; and those of the system are not its own.
func TestTheMachinesFileIsBeyondWhoRunsTheServer(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("who may write what is not in the mode here")
	}
	for _, mode := range []os.FileMode{0o644, 0o444, 0o666} {
		path := file(t, "policy.yaml", "read_only: true", mode)
		got := policy.Files{Machine: path}.Load()
		if len(got) != 1 || !got[0].Machine || got[0].Name != path || !strings.Contains(got[0].Problem, "may write") {
			t.Errorf("a file of mine with the mode %o: %+v", mode, got)
		}
	}
	system := "/etc/passwd" // no policy, and read as one when it may be trusted
	if _, err := os.Stat(system); err != nil {
		t.Skipf("no %s here", system)
	}
	got := policy.Files{Machine: system}.Load()
	if root := os.Geteuid() == 0; len(got) != 1 || strings.Contains(got[0].Problem, "may write") != root || got[0].Problem == "" {
		t.Errorf("a file of the system's, for the user %d: %+v", os.Geteuid(), got)
	}
}
