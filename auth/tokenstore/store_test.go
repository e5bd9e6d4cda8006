package tokenstore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	keyrings "github.com/zalando/go-keyring"

	"okta-mcp/auth/tokenstore"
)

// Under this variable the test binary is another process that looks for a
// keyring and says what it found.
const probeVariable = "TOKENSTORE_TEST_PROBE"

func TestMain(m *testing.M) {
	if os.Getenv(probeVariable) != "" {
		_, err := tokenstore.OpenKeyring(context.Background(), os.Getenv(probeVariable))
		log.Print(err)
		os.Exit(0)
	}
	if locks := os.Getenv(holdVariable); locks != "" {
		holdAndReplace(locks)
		os.Exit(0)
	}
	if os.Getenv(realVariable) == "" {
		keyrings.MockInit() // a test must not write to the keyring of whoever runs it
	}
	os.Exit(m.Run())
}

const (
	keyText = "correct horse battery staple"
	secret  = "sEcReT-refresh-0123456789"
	proof   = "sEcReT-proof-0123456789"
)

func entryOf(n int) tokenstore.Entry {
	return tokenstore.Entry{
		RefreshToken: tokenstore.NewSecret(fmt.Sprint(secret, n)), ProofKey: tokenstore.NewSecret(proof), Subject: "00u1",
		Asked: []string{"okta.apps.read", "okta.users.read"}, Granted: []string{"okta.users.read"},
		Saved: time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC),
	}
}

func keyOf(client string) tokenstore.Key {
	return tokenstore.Key{Org: "https://acme.okta.test", ClientID: client, Method: "device_code"}
}

func same(a, b tokenstore.Entry) bool {
	return a.RefreshToken.Equal(b.RefreshToken) && a.ProofKey.Equal(b.ProofKey) && a.Subject == b.Subject &&
		slices.Equal(a.Asked, b.Asked) && slices.Equal(a.Granted, b.Granted) && a.Saved.Equal(b.Saved)
}

func openFile(t testing.TB, path, text string) tokenstore.Store {
	t.Helper()
	store, err := tokenstore.OpenFile(path, text)
	if err != nil {
		t.Fatalf("opening %s: %v", path, err)
	}
	return store
}

// stores are all there are, each empty, and for those that last a second view of
// the same.
func stores(t *testing.T) map[string][2]tokenstore.Store {
	t.Helper()
	path := filepath.Join(t.TempDir(), "new", "sign-ins")
	locks := filepath.Join(t.TempDir(), "locks")
	var rings [2]tokenstore.Store
	for i := range rings {
		ring, err := tokenstore.OpenKeyring(t.Context(), locks)
		if err != nil {
			t.Fatal(err)
		}
		rings[i] = ring
	}
	memory := tokenstore.Memory()
	return map[string][2]tokenstore.Store{
		"memory": {memory, memory}, "file": {openFile(t, path, keyText), openFile(t, path, keyText)}, "keyring": rings,
	}
}

func TestEveryStoreKeepsReplacesAndForgets(t *testing.T) {
	t.Parallel()
	for name, views := range stores(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one, other := views[0], views[1]
			first, second := keyOf(t.Name()+"1"), keyOf(t.Name()+"2")
			if _, err := one.Load(t.Context(), first); !errors.Is(err, tokenstore.ErrNotFound) {
				t.Fatalf("an empty store: %v, want ErrNotFound", err)
			}
			if err := one.Delete(t.Context(), first); err != nil {
				t.Errorf("deleting nothing: %v", err)
			}
			for n, key := range []tokenstore.Key{first, second, first} {
				if err := one.Save(t.Context(), key, entryOf(n)); err != nil {
					t.Fatal(err)
				}
			}
			for key, n := range map[tokenstore.Key]int{first: 2, second: 1} {
				if got, err := other.Load(t.Context(), key); err != nil || !same(got, entryOf(n)) {
					t.Errorf("%s: got %+v, %v; want entry %d", key, got, err, n)
				}
			}
			if err := other.Delete(t.Context(), first); err != nil {
				t.Fatal(err)
			}
			if _, err := one.Load(t.Context(), first); !errors.Is(err, tokenstore.ErrNotFound) {
				t.Errorf("after deleting: %v", err)
			}
			if _, err := one.Load(t.Context(), second); err != nil {
				t.Errorf("the other entry went with it: %v", err)
			}
			if err := one.Save(t.Context(), first, tokenstore.Entry{Subject: "00u1"}); err == nil {
				t.Error("a sign-in without a refresh token was stored")
			}
		})
	}
}

func TestEveryStoreLocksByKey(t *testing.T) {
	t.Parallel()
	for name, views := range stores(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			unlock, err := views[0].Lock(t.Context(), keyOf("0oa1"))
			if err != nil {
				t.Fatal(err)
			}
			short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			if _, err := views[1].Lock(short, keyOf("0oa1")); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a second holder: %v, want to wait in vain", err)
			}
			free, err := views[1].Lock(t.Context(), keyOf("0oa2"))
			if err != nil {
				t.Fatalf("another key: %v", err)
			}
			if err := views[1].Save(t.Context(), keyOf("0oa1"), entryOf(1)); err != nil {
				t.Errorf("saving while the key is locked: %v", err)
			}
			if err := errors.Join(unlock(), free()); err != nil {
				t.Fatal(err)
			}
			again, err := views[1].Lock(t.Context(), keyOf("0oa1"))
			if err != nil {
				t.Fatalf("after unlocking: %v", err)
			}
			if err := again(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestManyWritersOfOneFileLoseNothing(t *testing.T) {
	t.Parallel()
	const writers = 4
	path := filepath.Join(t.TempDir(), "sign-ins")
	var work sync.WaitGroup
	for writer := range writers {
		store := openFile(t, path, keyText)
		work.Go(func() {
			for n := range 5 {
				if err := store.Save(t.Context(), keyOf(fmt.Sprint("0oa", writer)), entryOf(n)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	work.Wait()
	store := openFile(t, path, keyText)
	for writer := range writers {
		if got, err := store.Load(t.Context(), keyOf(fmt.Sprint("0oa", writer))); err != nil || !same(got, entryOf(4)) {
			t.Errorf("writer %d: %+v, %v", writer, got, err)
		}
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".okta-mcp-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("temporary files are left: %v, %v", left, err)
	}
}

func TestAFileIsPrivateAndEncrypted(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "deep", "sign-ins")
	store := openFile(t, path, keyText)
	seen := map[string]bool{}
	for range 3 {
		if err := store.Save(t.Context(), keyOf("0oa1"), entryOf(1)); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, plain := range []string{secret, proof, keyText, "okta.users.read", "00u1"} {
			if strings.Contains(string(text), plain) {
				t.Errorf("the file shows %q", plain)
			}
		}
		if seen[string(text)] {
			t.Error("the same was written twice: a nonce was used again")
		}
		seen[string(text)] = true
	}
	for name, mode := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != mode {
			t.Errorf("%s has mode %04o, want %04o", name, info.Mode().Perm(), mode)
		}
	}
}

func TestAWrongKeyIsNamedAndChangesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sign-ins")
	if err := openFile(t, path, keyText).Save(t.Context(), keyOf("0oa1"), entryOf(1)); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := openFile(t, path, "another key altogether")
	_, loading := other.Load(t.Context(), keyOf("0oa1"))
	for what, err := range map[string]error{
		"loading": loading, "saving": other.Save(t.Context(), keyOf("0oa2"), entryOf(1)), "deleting": other.Delete(t.Context(), keyOf("0oa1")),
	} {
		if !errors.Is(err, tokenstore.ErrWrongKey) || !strings.Contains(err.Error(), "OKTA_MCP_STORE_KEY") || !strings.Contains(err.Error(), path) {
			t.Errorf("%s with another key: %v", what, err)
		}
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("the file was changed (%v)", err)
	}
	for _, text := range []string{"", "short"} {
		if _, err := tokenstore.OpenFile(path, text); err == nil || !strings.Contains(err.Error(), "OKTA_MCP_STORE_KEY") {
			t.Errorf("the key text %q: %v, want the variable named", text, err)
		}
	}
}

func TestAnEntryCannotTakeThePlaceOfAnother(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sign-ins")
	store := openFile(t, path, keyText)
	for n, client := range []string{"0oa1", "0oa2"} {
		if err := store.Save(t.Context(), keyOf(client), entryOf(n)); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	entries := doc["entries"].(map[string]any)
	entries[keyOf("0oa1").String()] = entries[keyOf("0oa2").String()]
	if text, err = json.Marshal(doc); err == nil {
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got, err := store.Load(t.Context(), keyOf("0oa1")); err == nil {
		t.Errorf("another's sign-in was answered: %+v", got)
	}
	if _, err := store.Load(t.Context(), keyOf("0oa2")); err != nil {
		t.Errorf("the untouched one: %v", err)
	}
}

func TestAFileThatIsNoStoreIsNotReplaced(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "root:x:0:0\n", "{}", "[]", `{"format":"okta-mcp sign-ins 2"}`, "{\"format\":\"okta-mcp sign-ins 1: scrypt 32768 8 1, AES-256-GCM\",\"salt\":\"AA==\"}"} {
		path := filepath.Join(t.TempDir(), "sign-ins")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		store := openFile(t, path, keyText)
		if _, err := store.Load(t.Context(), keyOf("0oa1")); err == nil || errors.Is(err, tokenstore.ErrNotFound) {
			t.Errorf("loading %q: %v", text, err)
		}
		if err := store.Save(t.Context(), keyOf("0oa1"), entryOf(1)); err == nil {
			t.Errorf("%q was replaced", text)
		}
		if after, err := os.ReadFile(path); err != nil || string(after) != text {
			t.Errorf("%q became %q (%v)", text, after, err)
		}
	}
}

func FuzzFile(f *testing.F) {
	path := filepath.Join(f.TempDir(), "sign-ins")
	if err := openFile(f, path, keyText).Save(f.Context(), keyOf("0oa1"), entryOf(1)); err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add([]byte(strings.Replace(string(good), `"check"`, `"Check"`, 1)))
	f.Add([]byte("null"))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "sign-ins")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		store := openFile(t, path, keyText)
		got, err := store.Load(t.Context(), keyOf("0oa1"))
		if err == nil && !same(got, entryOf(1)) {
			t.Errorf("%q answers %+v, which nobody stored", text, got)
		}
		if err != nil && strings.Contains(err.Error(), keyText) {
			t.Errorf("the error shows the key: %v", err)
		}
	})
}

func TestAKeyringTakesManyScopes(t *testing.T) {
	t.Parallel()
	store, err := tokenstore.OpenKeyring(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	entry := entryOf(1)
	entry.RefreshToken = tokenstore.NewSecret(strings.Repeat("aB3-", 30))
	for i := range 40 {
		entry.Asked = append(entry.Asked, fmt.Sprintf("okta.family%dOfMany.manage", i*i), fmt.Sprintf("okta.family%dOfMany.read", i*i))
	}
	entry.Granted = entry.Asked
	key := keyOf("0oaMany")
	if err := store.Save(t.Context(), key, entry); err != nil {
		t.Fatal(err)
	}
	value, err := keyrings.Get("okta-mcp", key.String())
	if err != nil || len(value) > 2560 || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
		t.Errorf("the value has %d bytes (%v), want ASCII that Windows takes", len(value), err)
	}
	if got, err := store.Load(t.Context(), key); err != nil || !same(got, entry) {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, damaged := range []string{"", "%", value[:len(value)/2], "e30="} {
		if err := keyrings.Set("okta-mcp", key.String(), damaged); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Load(t.Context(), key); err == nil || errors.Is(err, tokenstore.ErrNotFound) || !strings.Contains(err.Error(), "sign in again") {
			t.Errorf("with %q in the keyring: %v", damaged, err)
		}
	}
}

func TestWithoutAKeyringTheReasonIsTold(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("elsewhere there is always a keyring")
	}
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), probeVariable+"="+t.TempDir(), "DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent/bus")
	said, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(said), "no keyring that can be used: ") || !strings.Contains(string(said), "/nonexistent/bus") {
		t.Errorf("said %q (%v), want the reason", said, err)
	}
}

func TestNothingPrintedHoldsASecret(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sign-ins")
	file, memory := openFile(t, path, keyText), tokenstore.Memory()
	for _, store := range []tokenstore.Store{file, memory} {
		if err := store.Save(t.Context(), keyOf("0oa1"), entryOf(1)); err != nil {
			t.Fatal(err)
		}
	}
	entry := entryOf(1)
	type holder struct {
		Entry tokenstore.Entry
		Point *tokenstore.Entry
		Any   any
		inner tokenstore.Secret
	}
	var printed strings.Builder
	for name, value := range map[string]any{
		"entry": entry, "pointer": &entry, "secret": entry.RefreshToken, "holder": holder{entry, &entry, entry, entry.ProofKey},
		"file": file, "memory": memory, "stores": []tokenstore.Store{file, memory}, "map": map[string]tokenstore.Entry{"e": entry},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			_, _ = fmt.Fprintf(&printed, "%s as %s: "+verb+"\n", name, verb[1:], value)
		}
		encoded, err := json.Marshal(value)
		_, _ = fmt.Fprintln(&printed, string(encoded), err)
		slog.New(slog.NewTextHandler(&printed, nil)).Info("m", name, value)
		slog.New(slog.NewJSONHandler(&printed, nil)).Info("m", name, value)
	}
	for _, hidden := range []string{secret, proof, keyText, fmt.Sprintf("%x", secret), fmt.Sprintf("%x", keyText)} {
		if i := strings.Index(printed.String(), hidden); i >= 0 {
			t.Errorf("%q is shown: %.300s", hidden, printed.String()[max(0, i-200):])
		}
	}
	if !strings.Contains(printed.String(), "[not shown]") || !strings.Contains(printed.String(), path) {
		t.Error("nothing was printed, so printing was not tested")
	}
}
