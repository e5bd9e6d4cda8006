package inbound_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"okta-mcp/auth/inbound"
)

const (
	aliceToken = "alice-0123456789abcdef0123456789"
	bobToken   = "bob.~+/_-0123456789abcdef012345678=="
)

const twoTokens = "# who may call\n\nalice " + aliceToken + "\r\n  bob\t" + bobToken + "  \n"

func TestRandomTokensAreUsableAndDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		random := inbound.RandomToken()
		if _, err := inbound.SingleToken("local", random); err != nil || len(random) != 43 || seen[random] {
			t.Fatalf("%q (seen %v): %v", random, seen[random], err)
		}
		seen[random] = true
	}
}

func TestASingleTokenIsChecked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, token, words string }{
		{"", goodToken, "the name"},
		{"Local", goodToken, "the name"},
		{"a b", goodToken, "the name"},
		{"a\nb", goodToken, "the name"},
		{strings.Repeat("a", 65), goodToken, "the name"},
		{"local", "", "shorter than 32"},
		{"local", goodToken[:31], "shorter than 32"},
		{"local", strings.Repeat("a", 1025), "longer than 1024"},
		{"local", goodToken + "\n", "header cannot carry"},
		{"local", goodToken + "é", "header cannot carry"},
	} {
		tokens, err := inbound.SingleToken(c.name, c.token)
		if err == nil || tokens != nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%q %q: %v, want an error with %q", c.name, c.token, err, c.words)
		}
		if err != nil && c.token != "" && strings.Contains(err.Error(), c.token) {
			t.Errorf("the error tells the token: %v", err)
		}
	}
}

// tokenFile is a file of tokens and who reads it.
type tokenFile struct {
	path   string
	clock  *clock
	log    *sharedLog
	tokens *inbound.Tokens
}

func openTokens(t *testing.T, path string) (*tokenFile, error) {
	t.Helper()
	f := &tokenFile{path: path, clock: &clock{now: time.Unix(1772366400, 0)}, log: &sharedLog{}}
	tokens, err := inbound.OpenTokenFile(inbound.TokenFile{Path: path, Now: f.clock.Now, Logger: slog.New(slog.NewTextHandler(f.log, nil))})
	f.tokens = tokens
	return f, err
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func newTokenFile(t *testing.T, text string) *tokenFile {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tokens")
	write(t, path, text)
	f, err := openTokens(t, path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestATokenFileSaysWhoCalls(t *testing.T) {
	t.Parallel()
	f := newTokenFile(t, "\ufeff"+twoTokens)
	for name, token := range map[string]string{"alice": aliceToken, "bob": bobToken} {
		want := inbound.Caller{ID: "token:" + name, Name: name, Token: name}
		if got := accepted(t, f.tokens, token); !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	refusedToken(t, f.tokens, goodToken, "not one of this server's")
	refused(t, f.tokens, request(), http.StatusUnauthorized, "no token")
	for _, printed := range []string{fmt.Sprintf("%+v %#v", f.tokens, *f.tokens), f.log.String()} {
		if strings.Contains(printed, aliceToken) || strings.Contains(printed, bobToken) {
			t.Errorf("a token is told: %s", printed)
		}
	}
}

func TestTokenFilesThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, words string }{
		"empty":             {"", "holds no token"},
		"comments only":     {"# a\n\n  # alice " + aliceToken + "\n", "holds no token"},
		"a token alone":     {aliceToken, "line 1 is not a name"},
		"three words":       {"# a\nalice " + aliceToken + " x", "line 2 is not a name"},
		"a short token":     {"\n\nalice " + aliceToken[:31], "line 3: the token is shorter than 32"},
		"a long token":      {"alice " + strings.Repeat("a", 1025), "line 1: the token is longer"},
		"the wrong way":     {aliceToken + " alice", "line 1: the token is shorter"},
		"a name in capital": {"Alice " + aliceToken, "line 1: the name"},
		"a quoted token":    {`alice "` + aliceToken + `"`, "header cannot carry"},
		"a name twice":      {twoTokens + "alice " + goodToken, "lines 3 and 5 have the same name"},
		"a token twice":     {twoTokens + "carol " + bobToken, "lines 4 and 5 have the same token"},
		"one good, one bad": {"alice " + aliceToken + "\nbob", "line 2"},
		"YAML":              {"alice: " + aliceToken, "line 1: the name"},
		"zeros":             {strings.Repeat("\x00", 100), "line 1"},
		"over 1 MiB":        {"alice " + aliceToken + "\n" + strings.Repeat("#\n", 1<<19), "over 1 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "tokens")
			write(t, path, c.text)
			f, err := openTokens(t, path)
			if err == nil || !strings.Contains(err.Error(), c.words) || !strings.Contains(err.Error(), path) {
				t.Fatalf("got %v, want an error with %q and the path", err, c.words)
			}
			if said := err.Error() + f.log.String(); strings.Contains(said, aliceToken[:16]) || strings.Contains(said, bobToken[:16]) {
				t.Errorf("a token is told: %s", said)
			}
		})
	}
	if _, err := openTokens(t, filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := openTokens(t, t.TempDir()); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a directory: %v", err)
	}
}

func TestAChangedTokenFileCountsWithinASecond(t *testing.T) {
	t.Parallel()
	f := newTokenFile(t, twoTokens)
	before, err := os.Stat(f.path)
	if err != nil {
		t.Fatal(err)
	}
	// Of the same length and time, and in the same file, as one that was changed in
	// the moment it was read would be.
	write(t, f.path, strings.Replace(twoTokens, "alice-", "carol-", 1))
	if err := os.Chtimes(f.path, before.ModTime(), before.ModTime()); err != nil {
		t.Fatal(err)
	}
	f.clock.Add(999 * time.Millisecond)
	accepted(t, f.tokens, aliceToken)
	f.clock.Add(time.Millisecond)
	refusedToken(t, f.tokens, aliceToken, "")
	accepted(t, f.tokens, strings.Replace(aliceToken, "alice-", "carol-", 1))
	accepted(t, f.tokens, bobToken)

	write(t, f.path, twoTokens)
	f.clock.Add(-time.Hour) // a clock that is set back keeps nobody in
	accepted(t, f.tokens, aliceToken)
	f.clock.Add(time.Hour)
	accepted(t, f.tokens, aliceToken)
	if log := f.log.String(); strings.Count(log, "was read") != 3 || strings.Contains(log, aliceToken) {
		t.Errorf("want three lines in the log, and no token: %s", log)
	}
}

func TestATokenFileThatBreaksKeepsNobodyIn(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(path string) error{
		"a line too short": func(p string) error { return os.WriteFile(p, []byte(twoTokens+"carol\n"), 0o600) },
		"emptied":          func(p string) error { return os.Truncate(p, 0) },
		"gone":             os.Remove,
		"a directory":      func(p string) error { return errors.Join(os.Remove(p), os.Mkdir(p, 0o700)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newTokenFile(t, twoTokens)
			accepted(t, f.tokens, aliceToken)
			if err := spoil(f.path); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				f.clock.Add(time.Second)
				denied := refused(t, f.tokens, request("Bearer "+aliceToken), http.StatusUnauthorized, "token file cannot be used")
				if strings.Contains(denied.Challenge, "invalid_token") || strings.Contains(denied.Error(), f.path) {
					t.Errorf("the token may be good, and the path is not for strangers: %+v", denied)
				}
			}
			if log := f.log.String(); strings.Count(log, "nobody is let in") != 1 || !strings.Contains(log, f.path) {
				t.Errorf("want one line that says so in the log: %s", log)
			}
			if err := os.RemoveAll(f.path); err != nil {
				t.Fatal(err)
			}
			write(t, f.path, twoTokens)
			f.clock.Add(time.Second)
			accepted(t, f.tokens, aliceToken)
		})
	}
}

func TestManyMayAskWhileTheFileChanges(t *testing.T) {
	t.Parallel()
	f := newTokenFile(t, twoTokens)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				f.clock.Add(time.Second)
				if _, err := authenticate(f.tokens, goodToken); err == nil {
					t.Error("a stranger was let in")
				}
			}
		})
	}
	for n := range 20 {
		next := f.path + "-next"
		write(t, next, fmt.Sprintf("caller%d %s", n, aliceToken))
		if err := os.Rename(next, f.path); err != nil {
			t.Fatal(err)
		}
	}
	all.Wait()
	f.clock.Add(time.Second)
	if got := accepted(t, f.tokens, aliceToken).Name; got != "caller19" {
		t.Errorf("at the end it is the token of %s, want caller19", got)
	}
}

// TestTokensAreComparedWithoutBranches reads the comparison, as measuring it would
// tell more of the machine: one loop over all entries, in constant time, that
// nothing leaves or skips.
func TestTokensAreComparedWithoutBranches(t *testing.T) {
	t.Parallel()
	tree, err := parser.ParseFile(token.NewFileSet(), "tokens.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	loops, compares := 0, 0
	for _, declaration := range tree.Decls {
		function, is := declaration.(*ast.FuncDecl)
		if !is || function.Name.Name != "find" {
			continue
		}
		ast.Inspect(function, func(n ast.Node) bool {
			loop, is := n.(*ast.RangeStmt)
			if !is {
				return true
			}
			loops++
			ast.Inspect(loop.Body, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.BranchStmt, *ast.ReturnStmt, *ast.IfStmt, *ast.SwitchStmt:
					t.Errorf("the loop over the entries has a %T", n)
				case *ast.BinaryExpr:
					t.Errorf("the loop over the entries compares with %s", n.Op)
				case *ast.SelectorExpr:
					if n.Sel.Name == "ConstantTimeCompare" {
						compares++
					}
				}
				return true
			})
			return false
		})
	}
	if loops != 1 || compares != 1 {
		t.Errorf("find has %d loops and %d comparisons in constant time, want one each", loops, compares)
	}
}

func FuzzTokenFile(f *testing.F) {
	for _, seed := range []string{twoTokens, "", "#", "alice", "alice " + aliceToken, "alice " + aliceToken + "\nalice " + bobToken, "a\x00b " + aliceToken, "\ufeff\r\n#x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), "tokens")
		write(t, path, text)
		tokens, err := inbound.OpenTokenFile(inbound.TokenFile{Path: path})
		names := map[string]bool{}
		for line := range strings.SplitSeq(strings.TrimPrefix(text, "\ufeff"), "\n") {
			for _, word := range strings.Fields(line) {
				if err != nil && len(word) > 20 && strings.Contains(err.Error(), word) && !strings.Contains(path, word) {
					t.Errorf("the error tells what the file holds: %v", err)
				}
			}
			fields := strings.Fields(line)
			if err != nil || len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
				continue
			}
			caller, err := authenticate(tokens, fields[1])
			if err != nil || caller.Name != fields[0] || names[caller.ID] {
				t.Errorf("line %q: %+v (seen %v), %v", line, caller, names[caller.ID], err)
			}
			names[caller.ID] = true
		}
		if err == nil && len(names) == 0 {
			t.Errorf("a file of nobody was taken: %q", text)
		}
	})
}
