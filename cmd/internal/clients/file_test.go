package clients_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"okta-mcp/cmd/internal/clients"
)

const backupName = ".before-okta-mcp"

func write(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask is
		t.Fatal(err)
	}
}

func open(t *testing.T, path string) *clients.File {
	t.Helper()
	file, err := clients.Open(path)
	if err != nil {
		t.Fatalf("opening %s: %v", path, err)
	}
	return file
}

// holds checks a file's text, and its permissions where a system has them.
func holds(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != text {
		t.Errorf("%s holds %q, %v; want %q", path, got, err, text)
	}
	info, err := os.Stat(path)
	if err == nil && runtime.GOOS != "windows" && info.Mode().Perm() != mode {
		t.Errorf("%s has the permissions %o, want %o", path, info.Mode().Perm(), mode)
	}
}

// names are what a directory holds, sorted.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, entry := range entries {
		all = append(all, entry.Name())
	}
	return all
}

func TestAFileIsReplacedWholeAndKeptBesideIt(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "mcp.json")
	write(t, path, "one", 0o644)
	for i, text := range []string{"two", "three"} {
		backup, err := open(t, path).Write([]byte(text))
		want := path + backupName + []string{"", "-2"}[i]
		if err != nil || backup != want {
			t.Fatalf("writing: %q, %v; want %q", backup, err, want)
		}
		holds(t, path, text, 0o644)
		holds(t, backup, []string{"one", "two"}[i], 0o600)
	}
	if got, want := names(t, filepath.Dir(path)), []string{"mcp.json", "mcp.json" + backupName, "mcp.json" + backupName + "-2"}; !slices.Equal(got, want) {
		t.Errorf("the directory holds %q, want %q", got, want)
	}
}

func TestPermissionsStay(t *testing.T) {
	t.Parallel()
	for _, mode := range []fs.FileMode{0o600, 0o640, 0o664, 0o400} {
		path := filepath.Join(t.TempDir(), "mcp.json")
		write(t, path, "one", mode)
		backup, err := open(t, path).Write([]byte("two"))
		if err != nil {
			t.Fatalf("%o: %v", mode, err)
		}
		holds(t, path, "two", mode)
		holds(t, backup, "one", mode&0o600)
	}
}

func TestANewFileIsForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "not", "there", "mcp.json")
	file := open(t, path)
	if file.Text != nil {
		t.Errorf("a file that is not there holds %q", file.Text)
	}
	if backup, err := file.Write([]byte("one")); err != nil || backup != "" {
		t.Fatalf("writing: %q, %v", backup, err)
	}
	holds(t, path, "one", 0o600)
	if got := names(t, filepath.Dir(path)); len(got) != 1 {
		t.Errorf("the directory holds %q", got)
	}
}

func TestWhatIsSoAlreadyIsNotWritten(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "mcp.json")
	write(t, path, "one", 0o644)
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if backup, err := open(t, path).Write([]byte("one")); err != nil || backup != "" {
		t.Errorf("writing: %q, %v", backup, err)
	}
	if after, err := os.Stat(path); err != nil || !os.SameFile(before, after) || len(names(t, filepath.Dir(path))) != 1 {
		t.Errorf("the file was written all the same: %v, %q", err, names(t, filepath.Dir(path)))
	}
}

func TestALinkIsWrittenThrough(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	target := filepath.Join(dir, "dotfiles", "mcp.json")
	if err := os.Mkdir(filepath.Dir(target), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, target, "one", 0o640)
	link, further := filepath.Join(dir, "mcp.json"), filepath.Join(dir, "further.json")
	for from, to := range map[string]string{link: filepath.Join("dotfiles", "mcp.json"), further: link} {
		if err := os.Symlink(to, from); err != nil {
			t.Skipf("no links here: %v", err)
		}
	}
	if _, err := open(t, further).Write([]byte("two")); err != nil {
		t.Fatal(err)
	}
	holds(t, target, "two", 0o640)
	for _, name := range []string{link, further} {
		if info, err := os.Lstat(name); err != nil || info.Mode().Type() != fs.ModeSymlink {
			t.Errorf("%s is no link any more: %v, %v", name, info, err)
		}
	}
	if got, want := names(t, dir), []string{"dotfiles", "further.json", "mcp.json"}; !slices.Equal(got, want) {
		t.Errorf("beside the link there are %q, want %q", got, want)
	}
}

func TestWhatIsNoFileIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	lost := filepath.Join(dir, "lost.json")
	if err := os.Symlink(filepath.Join(dir, "nowhere"), lost); err != nil {
		t.Skipf("no links here: %v", err)
	}
	for path, says := range map[string]string{dir: "not a file", lost: "leads nowhere"} {
		if file, err := clients.Open(path); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, %v; want an error that says %q", path, file, err, says)
		}
	}
}

// Somebody writes the file while a person reads the difference: what they wrote
// stays, and nothing of ours is left.
func TestAFileThatChangedMeanwhileIsLeftAlone(t *testing.T) {
	t.Parallel()
	for name, meanwhile := range map[string]func(t *testing.T, path string){
		"written":  func(t *testing.T, path string) { write(t, path, "theirs", 0o644) },
		"replaced": func(t *testing.T, path string) { _, _ = open(t, path).Write([]byte("theirs")) },
		"made":     func(t *testing.T, path string) { write(t, path, "theirs", 0o644) },
		"removed": func(t *testing.T, path string) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "mcp.json")
			if name != "made" {
				write(t, path, "one", 0o644)
			}
			file := open(t, path)
			meanwhile(t, path)
			there := names(t, filepath.Dir(path))
			if backup, err := file.Write([]byte("ours")); err == nil || backup != "" || !strings.Contains(err.Error(), "run this again") {
				t.Errorf("writing: %q, %v", backup, err)
			}
			if text, err := os.ReadFile(path); name != "removed" && (err != nil || string(text) != "theirs") {
				t.Errorf("the file holds %q, %v", text, err)
			}
			if got := names(t, filepath.Dir(path)); !slices.Equal(got, there) {
				t.Errorf("the directory holds %q, before %q", got, there)
			}
		})
	}
}

func TestADirectoryThatCannotBeWrittenKeepsItsFile(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" || os.Geteuid() == 0 {
		t.Skip("who runs this can write every directory")
	}
	path := filepath.Join(t.TempDir(), "mcp.json")
	write(t, path, "one", 0o644)
	if err := os.Chmod(filepath.Dir(path), 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Dir(path), 0o700) })
	if backup, err := open(t, path).Write([]byte("two")); !errors.Is(err, fs.ErrPermission) || backup != "" {
		t.Errorf("writing: %q, %v", backup, err)
	}
	holds(t, path, "one", 0o644)
	if got := names(t, filepath.Dir(path)); len(got) != 1 {
		t.Errorf("the directory holds %q", got)
	}
}

// Many who write at once: one after the other wins or is told, and the file is
// always one that somebody wrote, whole.
func TestWritersDoNotMixTheirFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "mcp.json")
	text := func(i int) string { return strings.Repeat(fmt.Sprintf("%02d", i), 5000) }
	write(t, path, text(0), 0o600)
	done := make(chan error)
	for i := range 16 {
		go func() {
			file, err := clients.Open(path)
			if err == nil {
				_, err = file.Write([]byte(text(i + 1)))
			}
			done <- err
		}()
	}
	wrote := 0
	for range 16 {
		if err := <-done; err == nil {
			wrote++
		} else if !strings.Contains(err.Error(), "run this again") {
			t.Errorf("writing: %v", err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || len(got) != 10000 || strings.Repeat(string(got[:2]), 5000) != string(got) || wrote == 0 {
		t.Errorf("after %d writes the file holds %d bytes, %v", wrote, len(got), err)
	}
	for _, name := range names(t, filepath.Dir(path)) {
		if strings.HasPrefix(name, ".") {
			t.Errorf("%s was left behind", name)
		}
	}
}
