//go:build unix

package tokenstore_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"okta-mcp/auth/tokenstore"
)

func TestAFileThatOthersMayUseIsRefused(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(path string) error{
		"readable by a group":  func(path string) error { return os.Chmod(path, 0o640) },
		"writable by anybody":  func(path string) error { return os.Chmod(path, 0o602) },
		"a symlink":            func(path string) error { return errors.Join(os.Rename(path, path+"2"), os.Symlink(path+"2", path)) },
		"a directory":          func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) },
		"a pipe":               func(path string) error { return errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600)) },
		"a symlink to nothing": func(path string) error { return errors.Join(os.Remove(path), os.Symlink(path+"3", path)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "sign-ins")
			store := openFile(t, path, keyText)
			if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := spoil(path); err != nil {
				t.Fatal(err)
			}
			if _, err := store.Load(t.Context(), keyOf("0oa1")); !errors.Is(err, tokenstore.ErrUnsafe) {
				t.Errorf("loading: %v, want ErrUnsafe", err)
			}
			if err := store.Save(t.Context(), keyOf("0oa1"), entryOf(2)); !errors.Is(err, tokenstore.ErrUnsafe) {
				t.Errorf("saving: %v, want ErrUnsafe", err)
			}
		})
	}
	t.Run("a pipe for a lock", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "sign-ins")
		store := openFile(t, path, keyText)
		unlock, err := store.Lock(t.Context(), keyOf("0oa1"))
		if err != nil || unlock() != nil {
			t.Fatal(err)
		}
		locks, err := filepath.Glob(path + ".*.lock")
		if err != nil || len(locks) != 1 {
			t.Fatalf("the locks are %q, %v", locks, err)
		}
		if err := errors.Join(os.Remove(locks[0]), syscall.Mkfifo(locks[0], 0o600)); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Lock(t.Context(), keyOf("0oa1")); !errors.Is(err, tokenstore.ErrUnsafe) {
			t.Errorf("locking: %v, want ErrUnsafe", err)
		}
	})
	t.Run("of another user", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "sign-ins")
		store := openFile(t, path, keyText)
		if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(path, os.Geteuid()+1, -1); err != nil {
			t.Skipf("giving a file away takes more rights: %v", err)
		}
		if _, err := store.Load(t.Context(), keyOf("0oa1")); !errors.Is(err, tokenstore.ErrUnsafe) {
			t.Errorf("loading: %v, want ErrUnsafe", err)
		}
	})
}
