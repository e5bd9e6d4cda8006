package tokenstore_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"okta-mcp/auth/tokenstore"
)

const (
	// Under realVariable the tests run within a keyring of their own, and not one
	// that is made up in memory.
	realVariable = "TOKENSTORE_TEST_REAL"

	// Under holdVariable, which names the directory of locks, the test binary is
	// another process that replaces an entry under its lock.
	holdVariable = "TOKENSTORE_TEST_HOLD"

	// requireVariable makes it an error that no keyring can be started.
	requireVariable = "REQUIRE_KEYRING"

	keyringAnswers = "the keyring answers"
	lockHeld       = "the lock is held"
)

// withKeyring runs a program on a bus of its own with an unlocked keyring of its
// own. The password is read from standard input.
const withKeyring = `gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec "$0" "$@"`

// What holds of every store, and of a keyring between processes, holds of
// gnome-keyring: the Secret Service of most Linux desktops.
func TestInARealKeyring(t *testing.T) {
	if os.Getenv(realVariable) != "" {
		twoProcessesShareAKeyring(t)
		return
	}
	t.Parallel()
	home := t.TempDir()
	command := exec.Command("dbus-run-session", "--", "sh", "-c", withKeyring, os.Args[0], "-test.v",
		"-test.run=^(TestInARealKeyring|TestEveryStoreKeepsReplacesAndForgets|TestEveryStoreLocksByKey|TestAKeyringTakesManyScopes)$")
	command.Stdin = strings.NewReader("a password for tests alone")
	// None of these may lead to the keyring, or to the screen, of whoever runs the tests.
	command.Env = append(os.Environ(), realVariable+"=1", "HOME="+home, "XDG_DATA_HOME="+home, "XDG_RUNTIME_DIR="+home,
		"XDG_CACHE_HOME="+home, "GNOME_KEYRING_CONTROL="+filepath.Join(home, "keyring"), "DISPLAY=", "WAYLAND_DISPLAY=")
	said, err := command.CombinedOutput()
	switch started := strings.Contains(string(said), keyringAnswers); {
	case !started && os.Getenv(requireVariable) == "":
		t.Skipf("no keyring can be started here (%v): install gnome-keyring and dbus-daemon\n%s", err, said)
	case !started:
		t.Fatalf("no keyring can be started: %v\n%s", err, said)
	case err != nil:
		t.Fatalf("in a real keyring: %v\n%s", err, said)
	}
	if files, err := filepath.Glob(filepath.Join(home, "keyrings", "*.keyring")); err != nil || len(files) == 0 {
		t.Errorf("the keyring wrote nothing to disk (%v), so it was not the real one", err)
	}
}

func twoProcessesShareAKeyring(t *testing.T) {
	locks, key := t.TempDir(), keyOf("0oaShared")
	store, err := tokenstore.OpenKeyring(t.Context(), locks)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(keyringAnswers)
	if err := store.Save(t.Context(), key, entryOf(1)); err != nil {
		t.Fatal(err)
	}
	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), holdVariable+"="+locks)
	goOn, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	said, err := other.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(said)
	if line, err := lines.ReadString('\n'); !strings.Contains(line, lockHeld) {
		t.Fatalf("the other process said %q (%v)", line, err)
	}

	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := store.Lock(short, key); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while another process holds the lock: %v, want to wait in vain", err)
	}
	closing := goOn.Close()
	last, reading := io.ReadAll(lines)
	if err := errors.Join(closing, reading, other.Wait()); err != nil {
		t.Fatalf("the other process: %v\n%s", err, last)
	}
	unlock, err := store.Lock(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := store.Load(t.Context(), key); err != nil || !same(got, entryOf(2)) {
		t.Errorf("after another process replaced it: %+v, %v", got, err)
	}
	if err := errors.Join(store.Delete(t.Context(), key), unlock()); err != nil {
		t.Error(err)
	}
	if _, err := store.Load(t.Context(), key); !errors.Is(err, tokenstore.ErrNotFound) {
		t.Errorf("after deleting: %v", err)
	}
}

// holdAndReplace is the other process: it takes the lock, says so, and replaces
// the entry when its input ends.
func holdAndReplace(locks string) {
	ctx, key := context.Background(), keyOf("0oaShared")
	store, err := tokenstore.OpenKeyring(ctx, locks)
	if err != nil {
		log.Fatal(err)
	}
	unlock, err := store.Lock(ctx, key)
	if err != nil {
		log.Fatal(err)
	}
	log.Print(lockHeld)
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil { //nolint:forbidigo // this is a program of its own, whose end the test decides
		log.Fatal(err)
	}
	if err := errors.Join(store.Save(ctx, key, entryOf(2)), unlock()); err != nil {
		log.Fatal(err)
	}
}
