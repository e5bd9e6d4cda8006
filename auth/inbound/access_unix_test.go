//go:build unix

package inbound_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestATokenFileThatOthersMayUseIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(path string) error
		words string
	}{
		"readable by a group":   {func(p string) error { return os.Chmod(p, 0o640) }, "chmod 600"},
		"writable by anybody":   {func(p string) error { return os.Chmod(p, 0o602) }, "mode 0602"},
		"executable by a group": {func(p string) error { return os.Chmod(p, 0o610) }, "mode 0610"},
		"a pipe":                {func(p string) error { return errors.Join(os.Remove(p), syscall.Mkfifo(p, 0o600)) }, "not a regular file"},
		"a device":              {func(p string) error { return errors.Join(os.Remove(p), os.Symlink("/dev/null", p)) }, "not a regular file"},
		"a link to what others may": {func(p string) error {
			return errors.Join(os.Rename(p, p+"2"), os.Symlink(p+"2", p), os.Chmod(p+"2", 0o644))
		}, "chmod 600"},
		"a link to nothing": {func(p string) error { return errors.Join(os.Remove(p), os.Symlink(p+"3", p)) }, "no such file"},
		"of another user":   {func(p string) error { return os.Chown(p, os.Geteuid()+1, -1) }, "another user"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newTokenFile(t, twoTokens)
			if err := c.spoil(f.path); errors.Is(err, os.ErrPermission) {
				t.Skipf("it takes more rights: %v", err)
			} else if err != nil {
				t.Fatal(err)
			}
			if _, err := openTokens(t, f.path); err == nil || !strings.Contains(err.Error(), c.words) {
				t.Errorf("opening: %v, want an error with %q", err, c.words)
			}
			f.clock.Add(time.Second)
			refused(t, f.tokens, request("Bearer "+aliceToken), http.StatusUnauthorized, "token file cannot be used")
		})
	}
}

func TestATokenFileMayBeALinkToAPrivateOne(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tokens")
	write(t, path+"-1", "alice "+aliceToken)
	write(t, path+"-2", "alice "+goodToken)
	if err := errors.Join(os.Symlink(path+"-1", path), os.Chmod(path+"-1", 0o400)); err != nil {
		t.Fatal(err)
	}
	f, err := openTokens(t, path)
	if err != nil {
		t.Fatal(err)
	}
	accepted(t, f.tokens, aliceToken)
	if err := errors.Join(os.Symlink(path+"-2", path+"-new"), os.Rename(path+"-new", path)); err != nil {
		t.Fatal(err)
	}
	f.clock.Add(time.Second)
	accepted(t, f.tokens, goodToken)
	refusedToken(t, f.tokens, aliceToken, "")
}
