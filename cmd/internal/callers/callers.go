// Package callers reads the part callers of the configuration file, which says who
// may do what over a network, and tells which of its entries are about a caller.
//
// It authenticates nobody, which is for auth/inbound, and allows nothing: what the
// entries come to is for package tools. Where it knows no entry there is no grant,
// and a file that cannot be read or trusted is an error and never a file without
// callers.
package callers

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"

	"okta-mcp/auth/inbound"
	"okta-mcp/cmd/internal/settings"
	"okta-mcp/cmd/internal/strictyaml"
	"okta-mcp/tools"
)

// Callers are the entries of the file. The zero value has none and grants nothing.
type Callers struct{ entries []entry }

type entry struct {
	match match
	grant tools.Grant
}

// match is what an entry is about: one scope, group or token, letter for letter.
type match struct{ kind, name string }

func (m match) is(c inbound.Caller) bool {
	switch m.kind {
	case "scope":
		return slices.Contains(c.Scopes, m.name)
	case "group":
		return slices.Contains(c.Groups, m.name)
	case "token":
		return c.Token == m.name
	}
	return false
}

// Open reads the configuration file. No path, no file and no callers in it come to
// Callers without entries. The file is read this once; an error is one line.
func Open(path string) (*Callers, error) {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return &Callers{}, nil
	}
	text, mode, err := read(path)
	if err != nil {
		return nil, fileError(err)
	}
	c, err := Parse(path, text)
	if err != nil {
		return nil, fileError(errors.New(strings.ReplaceAll(err.Error(), "\n", "; ")))
	}
	// Windows keeps who may write a file elsewhere than in its mode.
	if c.Some() && runtime.GOOS != "windows" && mode.Perm()&0o022 != 0 {
		return nil, fileError(fmt.Errorf("group or others may write %s, and so say who may do what; run chmod go-w on it", path))
	}
	return c, nil
}

func fileError(err error) error {
	return &settings.Error{Name: "the configuration file", Problem: err.Error()}
}

// read returns the text of a file, and the mode of that same file.
func read(path string) ([]byte, fs.FileMode, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() { // opening others can wait for ever
		return nil, 0, fmt.Errorf("%s is not a regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer file.Close()
	if info, err = file.Stat(); err != nil {
		return nil, 0, err
	}
	text, err := io.ReadAll(io.LimitReader(file, strictyaml.MaxBytes+1))
	return text, info.Mode(), err
}

// Some reports whether the file says anything of callers.
func (c *Callers) Some() bool { return len(c.entries) > 0 }

// Grants returns what every entry says that is about the caller, in the order of
// the file. None means that nobody says the caller may do anything.
func (c *Callers) Grants(caller inbound.Caller) []tools.Grant {
	var grants []tools.Grant
	for _, e := range c.entries {
		if e.match.is(caller) {
			grants = append(grants, e.grant)
		}
	}
	return grants
}

// Scopes returns the scopes that entries are about, sorted.
func (c *Callers) Scopes() []string { return c.named("scope") }

// Groups returns the groups that entries are about, sorted.
func (c *Callers) Groups() []string { return c.named("group") }

// Tokens returns the names of the tokens that entries are about, sorted.
func (c *Callers) Tokens() []string { return c.named("token") }

// Approve reports whether any entry lists the tool under approve.
func (c *Callers) Approve(tool string) bool {
	return slices.ContainsFunc(c.entries, func(e entry) bool { return slices.Contains(e.grant.Approve, tool) })
}

func (c *Callers) named(kind string) []string {
	var names []string
	for _, e := range c.entries {
		if e.match.kind == kind {
			names = append(names, e.match.name)
		}
	}
	slices.Sort(names)
	return names
}
