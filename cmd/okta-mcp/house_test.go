package main

import (
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	moduleRoot = "../.."
	module     = "okta-mcp/"
	demoOrg    = "oktaclient/demoorg"
)

// source is one Go file of the module.
type source struct {
	path    string // from the module's root, with slashes
	lines   int
	tree    *ast.File
	files   *token.FileSet
	imports []string
}

func (s source) directory() string { return path.Dir(s.path) }
func (s source) isTest() bool {
	return strings.HasSuffix(s.path, "_test.go") || strings.HasSuffix(s.directory(), "/orgtest")
}

// sources reads every Go file of the module.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(moduleRoot, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == ".git"):
			return filepath.SkipDir
		case entry.IsDir() || filepath.Ext(name) != ".go":
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		s := source{files: token.NewFileSet(), lines: bytes.Count(text, []byte("\n"))}
		if s.tree, err = parser.ParseFile(s.files, name, text, parser.ParseComments); err != nil {
			return err
		}
		relative, err := filepath.Rel(moduleRoot, name)
		s.path = filepath.ToSlash(relative)
		for _, spec := range s.tree.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value) // the parser has read it
			s.imports = append(s.imports, imported)
		}
		all = append(all, s)
		return err
	})
	if err != nil {
		t.Fatalf("reading the module: %v", err)
	}
	if len(all) < 50 {
		t.Fatalf("only %d Go files found: this test looks in the wrong place", len(all))
	}
	return all
}

// within reports whether a package is one of those named, or below one.
func within(directory string, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return directory == name || strings.HasPrefix(directory, name+"/") })
}

func TestImportsRunOneWay(t *testing.T) {
	t.Parallel()
	// What a package, and those below it, may import of the module besides what is
	// below it. The longest name counts.
	allowed := map[string][]string{
		"cmd":                {"cmd", "tools", "confirm", "auth", "oktaclient"},
		"tools":              {"confirm", "oktaclient"},
		"confirm":            {},
		"auth":               {},
		"oktaclient":         {},
		demoOrg:              {},
		demoOrg + "/orgtest": {demoOrg},
	}
	for _, s := range sources(t) {
		if strings.HasSuffix(s.path, "_test.go") {
			continue
		}
		home := ""
		for name := range allowed {
			if within(s.directory(), name) && len(name) > len(home) {
				home = name
			}
		}
		if home == "" {
			t.Errorf("%s: the design knows no package %s", s.path, s.directory())
			continue
		}
		for _, imported := range s.imports {
			to, ours := strings.CutPrefix(imported, module)
			fits := within(to, append(allowed[home], s.directory())...)
			if within(to, demoOrg) { // only who serves it may, though it lies below oktaclient
				fits = home == "cmd" || home == demoOrg+"/orgtest"
			}
			if ours && !fits {
				t.Errorf("%s imports %s, against the one way of the design", s.path, imported)
			}
		}
		if slices.Contains(s.imports, module+demoOrg+"/orgtest") {
			t.Errorf("%s imports orgtest, which is for tests", s.path)
		}
	}
}

func TestLibrariesAreKnownInOnePlaceOnly(t *testing.T) {
	t.Parallel()
	for library, may := range map[string][]string{
		"github.com/mark3labs/mcp-go":      {"cmd", "tools", "confirm"},
		"github.com/okta/okta-sdk-golang/": {"oktaclient"},
		"github.com/lestrrat-go/jwx/":      {"auth", demoOrg},
		"github.com/spf13/":                {"cmd"},
	} {
		used := false
		for _, s := range sources(t) {
			if s.isTest() || !slices.ContainsFunc(s.imports, func(i string) bool { return strings.HasPrefix(i+"/", library) }) {
				continue
			}
			used = true
			if !within(s.directory(), may...) {
				t.Errorf("%s knows %s, which only %s may", s.path, library, strings.Join(may, ", "))
			}
		}
		if !used {
			t.Errorf("nothing imports %s: the rule about it holds nothing", library)
		}
	}
}

func TestLibrariesAreOfTheVersionsThatWereMeasured(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(moduleRoot + "/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for _, pin := range []string{"github.com/mark3labs/mcp-go v1.2.1", "github.com/okta/okta-sdk-golang/v5 v5.0.6", "github.com/lestrrat-go/jwx/v2 v2.1.7"} {
		if !regexp.MustCompile(`(?m)^(require )?\t?` + regexp.QuoteMeta(pin) + `$`).Match(text) {
			t.Errorf("go.mod does not require %s", pin)
		}
	}
	if bytes.Contains(text, []byte("replace ")) {
		t.Error("go.mod replaces a module")
	}
}

func TestFunctionsAndFilesStayShortAndWithoutSurprises(t *testing.T) {
	t.Parallel()
	const longestFunction, longestFile = 60, 600
	for _, s := range sources(t) {
		if strings.HasSuffix(s.path, "_test.go") {
			continue
		}
		if s.lines > longestFile {
			t.Errorf("%s has %d lines, more than %d", s.path, s.lines, longestFile)
		}
		line := func(n ast.Node) int { return s.files.Position(n.Pos()).Line }
		ast.Inspect(s.tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if length := s.files.Position(n.End()).Line - line(n) + 1; length > longestFunction {
					t.Errorf("%s:%d: %s has %d lines, more than %d", s.path, line(n), n.Name.Name, length, longestFunction)
				}
				if n.Recv == nil && n.Name.Name == "init" {
					t.Errorf("%s:%d: has an init", s.path, line(n))
				}
			case *ast.CallExpr:
				if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "panic" {
					t.Errorf("%s:%d: panics", s.path, line(n))
				}
			case *ast.Comment:
				if strings.Contains(n.Text, "TO"+"DO") || strings.Contains(n.Text, "FIX"+"ME") {
					t.Errorf("%s:%d: leaves something to do: %s", s.path, line(n), n.Text)
				}
			}
			return true
		})
	}
}

// The repository is for whoever clones it: it names no machine it was made on.
func TestTrackedFilesNameNoWorkplace(t *testing.T) {
	t.Parallel()
	listed, err := exec.Command("git", "-C", moduleRoot, "ls-files", "-z").Output()
	if err != nil {
		t.Skipf("not a git work tree, so nothing is tracked: %v", err)
	}
	forbidden := regexp.MustCompile(`(^|[^\w.])/(work|root)/|(?i:\bissue #\d)`)
	for name := range strings.SplitSeq(strings.TrimRight(string(listed), "\x00"), "\x00") {
		text, err := os.ReadFile(filepath.Join(moduleRoot, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed, and not yet committed so
		}
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range bytes.Split(text, []byte("\n")) {
			if found := forbidden.Find(line); found != nil {
				t.Errorf("%s:%d: mentions %s", name, i+1, found)
			}
		}
	}
}
