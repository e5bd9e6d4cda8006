package tools_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"okta-mcp/tools"
)

// The marks between which README.md lists the tools, each on a line of its own.
const (
	listBegins = "<!-- tools: written by go generate ./tools -->\n"
	listEnds   = "<!-- end of tools -->\n"
)

func TestReadmeListsTheToolsThereAre(t *testing.T) {
	t.Parallel()
	path := filepath.Join(moduleRoot(t), "README.md")
	was, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := bytes.Cut(was, []byte(listBegins))
	_, after, ends := bytes.Cut(rest, []byte(listEnds))
	if !begins || !ends {
		t.Fatalf("%s has no lines %q and %q to write between", path, listBegins, listEnds)
	}
	is := bytes.Join([][]byte{before, []byte(listBegins), []byte(reference()), []byte(listEnds), after}, nil)
	if *update {
		if err := os.WriteFile(path, is, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(was, is) {
		t.Error("README.md lists other tools than there are; run go generate ./tools and look at what changed")
	}
}

// reference lists every tool in Markdown, a heading and a table for each toolset.
func reference() string {
	var b strings.Builder
	toolset := ""
	for _, d := range tools.Catalog() {
		if d.Toolset != toolset {
			toolset = d.Toolset
			fmt.Fprintf(&b, "\n### %s\n\n| tool | effect | scope | what it does |\n|---|---|---|---|\n", toolset)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", d.Name, d.Effect, strings.Join(d.Scopes, " "), strings.ReplaceAll(d.Description, "|", `\|`))
	}
	return b.String() + "\n"
}
