package main

import (
	"flag"
	"fmt"
	"go/ast"
	"go/token"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/tidwall/gjson"
	"go.yaml.in/yaml/v3"

	"okta-mcp/cmd/internal/callers"
	"okta-mcp/cmd/internal/policy"
	"okta-mcp/cmd/internal/settings"
	"okta-mcp/cmd/internal/version"
	"okta-mcp/tools"
)

//go:generate go test . -run TestRecipesListTheToolsTheyOpen -update-recipes

var updateRecipes = flag.Bool("update-recipes", false, "write the lists of tools in docs/recipes.md anew")

// document is a page for people who use the program.
type document struct {
	path   string // from the module's root
	text   string
	blocks []block
}

// block is one fenced block of code.
type block struct {
	language string
	line     int // of its first line of code
	text     string
}

func (b block) at(p document) string { return fmt.Sprintf("%s:%d", p.path, b.line) }

// of are the page's blocks in that language.
func (p document) of(language string) []block {
	return slices.DeleteFunc(slices.Clone(p.blocks), func(b block) bool { return b.language != language })
}

// spans are the pieces of code within sentences.
func (p document) spans() []string {
	text := p.text
	for _, b := range p.blocks {
		text = strings.Replace(text, b.text, "", 1)
	}
	var all []string
	for _, found := range regexp.MustCompile("`([^`\n]+)`").FindAllStringSubmatch(text, -1) {
		all = append(all, found[1])
	}
	return all
}

// documents reads them all.
func documents(t *testing.T) []document {
	t.Helper()
	names := []string{"README.md", "CHANGELOG.md", "SECURITY.md"}
	more, err := filepath.Glob(filepath.Join(moduleRoot, "docs", "*.md"))
	if err != nil || len(more) < 9 {
		t.Fatalf("%d documents in docs, %v: this test looks in the wrong place", len(more), err)
	}
	for _, name := range more {
		names = append(names, "docs/"+filepath.Base(name))
	}
	var all []document
	for _, name := range names {
		all = append(all, readDocument(t, name))
	}
	return all
}

func readDocument(t *testing.T, name string) document {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(moduleRoot, name))
	if err != nil {
		t.Fatal(err)
	}
	p := document{path: name, text: string(text)}
	var open *block
	number := 0
	for line := range strings.Lines(p.text) {
		number++
		fence, rest, _ := strings.Cut(line, "```")
		switch {
		case strings.TrimSpace(fence) != "" || !strings.Contains(line, "```"):
			if open != nil {
				open.text += line
			}
		case open == nil:
			open = &block{language: strings.TrimSpace(rest), line: number + 1}
		default:
			p.blocks = append(p.blocks, *open)
			open = nil
		}
	}
	if open != nil {
		t.Fatalf("%s: the block of line %d is never closed", name, open.line)
	}
	return p
}

var (
	markdownLink = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading      = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	notInAnchor  = regexp.MustCompile(`[^\p{L}\p{N}_\- ]`)
)

// anchors are what a link can name of a page, as GitHub makes them.
func (p document) anchors() map[string]bool {
	text := p.text
	for _, b := range p.blocks {
		text = strings.Replace(text, b.text, "", 1)
	}
	all := map[string]bool{}
	for _, found := range heading.FindAllStringSubmatch(text, -1) {
		anchor := strings.ReplaceAll(notInAnchor.ReplaceAllString(strings.ToLower(found[1]), ""), " ", "-")
		all[anchor] = true
	}
	return all
}

func TestLinksInsideTheRepositoryLead(t *testing.T) {
	t.Parallel()
	inside := 0
	for _, p := range append(documents(t), readDocument(t, "CONTRIBUTING.md"), readDocument(t, "AGENTS.md")) {
		for _, found := range markdownLink.FindAllStringSubmatch(p.text, -1) {
			u, err := url.Parse(found[1])
			if err != nil {
				t.Errorf("%s: %s is no link: %v", p.path, found[1], err)
				continue
			}
			if u.Scheme != "" {
				if u.Scheme != "https" {
					t.Errorf("%s: the link %s is not https", p.path, found[1])
				}
				continue
			}
			inside++
			to := p.path
			if u.Path != "" {
				to = path.Join(path.Dir(p.path), u.Path)
			}
			if _, err := os.Stat(filepath.Join(moduleRoot, to)); err != nil {
				t.Errorf("%s: %s leads nowhere: %v", p.path, found[1], err)
				continue
			}
			if u.Fragment != "" && !readDocument(t, to).anchors()[u.Fragment] {
				t.Errorf("%s: %s has no heading %q", p.path, to, u.Fragment)
			}
		}
	}
	if inside < 20 {
		t.Errorf("only %d links inside the repository were found", inside)
	}
}

// everyCommand is the command line with everything below it.
func everyCommand() []*cobra.Command {
	root := rootCommand(terminal{})
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	all := []*cobra.Command{root}
	for i := 0; i < len(all); i++ {
		all[i].InitDefaultHelpFlag()
		all = append(all, all[i].Commands()...)
	}
	return all
}

// Flags of other programs that the documents name.
var othersFlags = []string{
	"--header", // claude mcp add
}

var (
	flagLike     = regexp.MustCompile(`(?:^|[^\w-])(--[a-z][a-z-]*[a-z])`)
	variableLike = regexp.MustCompile(`\bOKTA_[A-Z_]*[A-Z]\b`)
	commandLike  = regexp.MustCompile(`(?:^|[\s(;|])okta-mcp ([a-z][a-z-]*)(?: ([a-z][a-z-]*)\b)?`)
	toolLike     = regexp.MustCompile(`^[a-z]+(_[a-z]+)*_(\*|[a-z]+\*?)$`)
)

func TestEveryFlagVariableAndCommandInTheDocumentsExists(t *testing.T) {
	t.Parallel()
	flags, variables, below := map[string]bool{}, map[string]bool{}, map[string][]string{}
	for _, command := range everyCommand() {
		var names []string
		for _, child := range command.Commands() {
			names = append(names, child.Name())
		}
		below[command.CommandPath()] = names
		command.Flags().VisitAll(func(f *pflag.Flag) {
			flags["--"+f.Name] = true
			for _, variable := range variableLike.FindAllString(f.Usage, -1) {
				variables[variable] = true
			}
		})
	}
	for _, literal := range literals(t) {
		if variableLike.FindString(literal) == literal {
			variables[literal] = true
		}
	}
	for _, p := range documents(t) {
		code := strings.Join(p.spans(), "\n")
		for _, b := range p.blocks {
			code += "\n" + b.text
		}
		for _, found := range flagLike.FindAllStringSubmatch(code, -1) {
			if !flags[found[1]] && !slices.Contains(othersFlags, found[1]) {
				t.Errorf("%s: no command has the flag %s", p.path, found[1])
			}
		}
		for _, name := range variableLike.FindAllString(p.text, -1) {
			if !variables[name] {
				t.Errorf("%s: nothing reads the variable %s", p.path, name)
			}
		}
		for _, found := range commandLike.FindAllStringSubmatch(code, -1) {
			if !slices.Contains(below["okta-mcp"], found[1]) {
				t.Errorf("%s: there is no command okta-mcp %s", p.path, found[1])
			} else if children := below["okta-mcp "+found[1]]; len(children) > 0 && found[2] != "" && !slices.Contains(children, found[2]) {
				t.Errorf("%s: there is no command okta-mcp %s %s", p.path, found[1], found[2])
			}
		}
	}
}

func TestEveryToolInTheDocumentsExists(t *testing.T) {
	t.Parallel()
	names, verbs := map[string]bool{}, map[string]bool{}
	for _, d := range tools.Catalog() {
		verb, _, _ := strings.Cut(d.Name, "_")
		names[d.Name], verbs[verb] = true, true
	}
	for _, p := range documents(t) {
		for _, span := range p.spans() {
			for _, word := range strings.FieldsFunc(span, func(r rune) bool { return strings.ContainsRune(" ,=[]\"", r) }) {
				verb, _, _ := strings.Cut(word, "_")
				if !toolLike.MatchString(word) || !verbs[verb] || names[word] {
					continue
				}
				if !slices.ContainsFunc(slices.Collect(maps.Keys(names)), func(name string) bool { ok, _ := path.Match(word, name); return ok }) {
					t.Errorf("%s: there is no tool %s", p.path, word)
				}
			}
		}
	}
}

// literals are the texts in the sources that are not tests. Those that are put
// together of several are there as one too.
func literals(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, s := range sources(t) {
		if s.isTest() {
			continue
		}
		ast.Inspect(s.tree, func(n ast.Node) bool {
			if e, ok := n.(ast.Expr); ok {
				if text := literal(e); text != "" {
					all = append(all, text)
				}
			}
			return true
		})
	}
	return all
}

func literal(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			text, _ := strconv.Unquote(e.Value) // the parser has read it
			return text
		}
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			return literal(e.X) + literal(e.Y)
		}
	}
	return ""
}

func TestEveryErrorInTroubleshootingIsOneOfOurs(t *testing.T) {
	t.Parallel()
	all := literals(t)
	quoted := 0
	for _, title := range heading.FindAllStringSubmatch(readDocument(t, "docs/troubleshooting.md").text, -1) {
		for _, quote := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(title[1], -1) {
			quoted++
			// A … stands for what differs: a value in the text, or one between two.
			for piece := range strings.SplitSeq(quote[1], "…") {
				piece = strings.TrimSpace(piece)
				if !slices.ContainsFunc(all, func(text string) bool { return strings.Contains(text, piece) }) {
					t.Errorf("nothing here says %q", piece)
				}
			}
		}
	}
	if quoted < 40 {
		t.Errorf("only %d errors were found in it", quoted)
	}
}

func TestExamplesOfFilesInTheDocumentsAreRead(t *testing.T) {
	t.Parallel()
	read := map[string]int{}
	for _, p := range documents(t) {
		for _, b := range p.of("json") {
			read["json"]++
			if !gjson.Valid(b.text) {
				t.Errorf("%s is no JSON", b.at(p))
			}
		}
		for _, b := range p.of("yaml") {
			var members map[string]any
			if err := yaml.Unmarshal([]byte(b.text), &members); err != nil {
				t.Errorf("%s is no YAML: %v", b.at(p), err)
				continue
			}
			kind, err := readExample(t, members, b.text)
			read[kind]++
			if err != nil {
				t.Errorf("%s: as %s: %v", b.at(p), kind, err)
			}
		}
	}
	for _, kind := range []string{"json", "profiles", "callers", "a policy", "a manifest"} {
		if read[kind] == 0 {
			t.Errorf("the documents have no example of %s", kind)
		}
	}
}

// readExample reads a YAML example as what it is for.
func readExample(t *testing.T, members map[string]any, text string) (kind string, err error) {
	t.Helper()
	is := func(member string) bool { _, some := members[member]; return some }
	switch {
	case is("apiVersion"):
		return "a manifest", nil
	case is("profiles"):
		file := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = settings.Profiles(file)
		return "profiles", err
	case is("callers"):
		_, err = callers.Parse("config.yaml", []byte(text))
		return "callers", err
	}
	_, err = policy.Parse("policy.yaml", []byte(text))
	return "a policy", err
}

// The marks between which docs/recipes.md lists the tools of the command above.
const (
	recipeBegins = "<!-- tools of the command above: written by go generate ./cmd/okta-mcp -->\n"
	recipeEnds   = "<!-- end of tools -->\n"
)

func TestRecipesListTheToolsTheyOpen(t *testing.T) {
	t.Parallel()
	const name = "docs/recipes.md"
	was := readDocument(t, name)
	is, commands := was.text, was.of("sh")
	if strings.Count(is, recipeBegins) != len(commands) || len(commands) < 4 {
		t.Fatalf("%s has %d commands and %d lists", name, len(commands), strings.Count(is, recipeBegins))
	}
	for _, b := range commands {
		before, rest, _ := strings.Cut(is, b.text)
		between, rest, _ := strings.Cut(rest, recipeBegins)
		_, after, ends := strings.Cut(rest, recipeEnds)
		if !ends {
			t.Fatalf("%s: no list follows", b.at(was))
		}
		is = before + b.text + between + recipeBegins + toolsOf(t, strings.TrimSpace(b.text)) + recipeEnds + after
	}
	switch {
	case *updateRecipes:
		if err := os.WriteFile(filepath.Join(moduleRoot, name), []byte(is), 0o644); err != nil {
			t.Fatal(err)
		}
	case is != was.text:
		t.Errorf("%s lists other tools than its commands open; run go generate ./cmd/okta-mcp and look at what changed", name)
	}
}

// toolsOf runs a command that lists tools, and says what they do.
func toolsOf(t *testing.T, command string) string {
	t.Helper()
	run := exec.Command(shell(t), "-c", command+" -o json")
	run.Env = environment()
	out, err := run.Output()
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	offered := map[string]bool{}
	for _, name := range gjson.GetBytes(out, "tools.#.name").Array() {
		offered[name.String()] = true
	}
	delete(offered, "get_access_status") // always there
	asks := map[string][]string{}
	for _, d := range tools.Catalog() {
		if !offered[d.Name] {
			continue
		}
		how := "Asks"
		switch d.Effect {
		case tools.Read:
			how = "Reads"
		case tools.Write:
			how = "Changes, and asks where it weighs more than it looks"
		}
		asks[how] = append(asks[how], "`"+d.Name+"`")
	}
	text := "\n"
	for _, how := range slices.SortedFunc(maps.Keys(asks), func(a, b string) int { return strings.Compare(b, a) }) {
		text += "- " + how + ": " + strings.Join(asks[how], ", ") + "\n"
	}
	return text + "\n"
}

// shell is what runs the commands as people paste them. It has to tell when the
// first command of a pipe fails, which not every sh can.
func shell(t *testing.T) string {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skipf("no bash to run the commands of the documents: %v", err)
	}
	return bash
}

func TestTheChangelogHasTheVersion(t *testing.T) {
	t.Parallel()
	if !strings.Contains(readDocument(t, "CHANGELOG.md").text, version.Number) {
		t.Errorf("CHANGELOG.md says nothing of %s", version.Number)
	}
}

// The documents that no page leads to are read by nobody.
func TestEveryDocumentIsLinkedFromTheReadme(t *testing.T) {
	t.Parallel()
	readme := readDocument(t, "README.md").text
	err := fs.WalkDir(os.DirFS(moduleRoot), "docs", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && !strings.Contains(readme, "]("+name) {
			t.Errorf("README.md has no link to %s", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
