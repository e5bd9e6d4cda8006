package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"okta-mcp/auth/tokenstore"
	"okta-mcp/oktaclient/demoorg"
)

const (
	// Under ownKeyring the test runs within a keyring of its own.
	ownKeyring = "KEYRING_TEST_OWN"

	// requireKeyring makes it an error that no keyring can be started.
	requireKeyring = "REQUIRE_KEYRING"

	keyringAnswers = "the keyring answers"

	// withKeyring runs a program on a bus of its own with an unlocked keyring of its
	// own. The password is read from standard input.
	withKeyring = `gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec "$0" "$@"`
)

// A person's sign-in from login to logout, kept in gnome-keyring.
func TestASignInInARealKeyring(t *testing.T) {
	if os.Getenv(ownKeyring) != "" {
		signInWithKeyring(t)
		return
	}
	t.Parallel()
	home := t.TempDir()
	command := exec.Command("dbus-run-session", "--", "sh", "-c", withKeyring, os.Args[0], "-test.v", "-test.run=^"+t.Name()+"$")
	command.Stdin = strings.NewReader("a password for tests alone")
	// None of these may lead to the keyring of whoever runs the tests.
	command.Env = append(environment(ownKeyring+"=1"), "HOME="+home, "XDG_DATA_HOME="+home, "XDG_RUNTIME_DIR="+home,
		"XDG_CONFIG_HOME="+home, "GNOME_KEYRING_CONTROL="+filepath.Join(home, "keyring"))
	said, err := command.CombinedOutput()
	switch started := strings.Contains(string(said), keyringAnswers); {
	case !started && os.Getenv(requireKeyring) == "":
		t.Skipf("no keyring can be started here (%v): install gnome-keyring and dbus-daemon\n%s", err, said)
	case !started:
		t.Fatalf("no keyring can be started: %v\n%s", err, said)
	case err != nil:
		t.Fatalf("in a real keyring: %v\n%s", err, said)
	}
}

func signInWithKeyring(t *testing.T) {
	ring, err := tokenstore.OpenKeyring(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Log(keyringAnswers)
	org, url := serveOrg(t, demoorg.Options{}, nil)
	client := org.Credentials().NativeClientID
	if err := org.RequireDPoP(client, true); err != nil {
		t.Fatal(err)
	}
	home := os.Getenv("HOME")
	variables := append(environment("OKTA_ORG_URL="+url, "OKTA_CLIENT_ID="+client, "OKTA_SCOPES=okta.users.read"), "HOME="+home, "XDG_CONFIG_HOME="+home)
	key := tokenstore.Key{Org: url, ClientID: client, Method: "device_code"}

	if said := loginAs(t, org, variables, org.Cast().SuperAdmin.Login); !strings.Contains(said, "kept in the operating system's keyring") {
		t.Errorf("login said %q", said)
	}
	first, err := ring.Load(t.Context(), key)
	if err != nil || first.ProofKey.IsZero() {
		t.Fatalf("after login the keyring holds %+v (%v), want a bound sign-in", first, err)
	}
	renewInTwo(t, variables, 5)
	last, err := ring.Load(t.Context(), key)
	if err != nil || last.RefreshToken.Equal(first.RefreshToken) || !last.ProofKey.Equal(first.ProofKey) {
		t.Errorf("after renewals the keyring holds %+v (%v), want another refresh token for the same key", last, err)
	}
	assertNoneKept(t, home, first.RefreshToken.Reveal(), last.RefreshToken.Reveal(), last.ProofKey.Reveal())

	if code, said := runToEnd(variables, "logout"); code != 0 {
		t.Fatalf("logout ended with %d: %s", code, said)
	}
	if left, err := ring.Load(t.Context(), key); !errors.Is(err, tokenstore.ErrNotFound) {
		t.Errorf("after logout the keyring holds %+v (%v)", left, err)
	}
	if code, said := runToEnd(variables, "call", "list_users"); code != exitNotSignedIn || !strings.Contains(said, "okta-mcp login") {
		t.Errorf("after logout a call ended with %d: %s", code, said)
	}
}

var shownCode = regexp.MustCompile(`^Enter +(\S+)$`)

// A keyring that never answers keeps nothing waiting: neither the first answers nor
// the end, for which clients have little patience.
func TestAKeyringThatHangsHoldsNothingUp(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("elsewhere the keyring is not reached through an address")
	}
	dir, err := os.MkdirTemp("", "b") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	bus := filepath.Join(dir, "bus")
	listener, err := net.Listen("unix", bus) // whose connections nobody accepts
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	org, url := serveOrg(t, demoorg.Options{}, nil)
	p := start(t, []string{"OKTA_ORG_URL=" + url, "OKTA_CLIENT_ID=" + org.Credentials().NativeClientID, "XDG_CONFIG_HOME=" + dir, "DBUS_SESSION_BUS_ADDRESS=unix:path=" + bus}, "serve")
	p.initialize()
	if r := p.call("sign_in", map[string]any{}); r.IsError || !strings.Contains(r.text(), "user_code") {
		t.Errorf("sign_in answered %s", r.text())
	}
	closed := time.Now()
	p.closeInput()
	if code := p.exit(); code != 0 || time.Since(closed) > 10*time.Second {
		t.Errorf("exit code %d after %s", code, time.Since(closed))
	}
}

// loginAs signs somebody in at a terminal, and returns what it said.
func loginAs(t *testing.T, org *demoorg.Org, variables []string, login string) string {
	t.Helper()
	command := exec.Command("okta-mcp", "login", "--no-browser")
	var stderr strings.Builder
	command.Env, command.Stderr = variables, &stderr
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		fmt.Fprintln(&said, lines.Text())
		if code := shownCode.FindStringSubmatch(lines.Text()); code != nil {
			if err := org.Activate(code[1], login); err != nil {
				t.Error(err)
			}
		}
	}
	if err := command.Wait(); err != nil {
		t.Fatalf("login: %v\n%s%s", err, &said, &stderr)
	}
	return said.String()
}

// renewInTwo has two rows of processes renew the sign-in, each so many times.
func renewInTwo(t *testing.T, variables []string, times int) {
	t.Helper()
	var rows sync.WaitGroup
	for range 2 {
		rows.Go(func() {
			for range times {
				if code, said := runToEnd(variables, "call", "list_users", "limit=1"); code != 0 {
					t.Errorf("a call ended with %d: %s", code, said)
				}
			}
		})
	}
	rows.Wait()
}

// runToEnd runs okta-mcp to its end, and returns what it said on both streams.
func runToEnd(variables []string, args ...string) (code int, said string) {
	command := exec.Command("okta-mcp", args...)
	command.Env = variables
	both, err := command.CombinedOutput()
	if err != nil && command.ProcessState == nil {
		return -1, err.Error()
	}
	return command.ProcessState.ExitCode(), string(both)
}

// assertNoneKept fails where a file under home, the keyring's own included, holds
// a secret in plain text.
func assertNoneKept(t *testing.T, home string, secrets ...string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(home, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		for _, secret := range secrets {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s holds a secret in plain text", path)
			}
		}
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("looking through %d files of %s: %v", files, home, err)
	}
}
