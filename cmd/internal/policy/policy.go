// Package policy finds and reads the operator's policy files: the one that the
// command line names, and the machine's.
//
// It decides nothing about a call, which is for package tools. A file that cannot
// be trusted or read is never skipped: it becomes a policy under which nothing is
// changed, with the reason.
package policy

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"okta-mcp/cmd/internal/strictyaml"
	"okta-mcp/tools"
)

// Files are where policies are looked for.
type Files struct {
	Named   string // what --policy names; empty: nothing
	Machine string // the machine's; no file there is no policy
}

// Load reads both files, the machine's first. Names in the policies are "policy.yaml"
// for the one that is named, and the whole path for the machine's.
func (f Files) Load() []tools.Policy {
	var policies []tools.Policy
	if p, ok := load(f.Machine, f.Machine, machineOnly); ok {
		p.Machine = true
		policies = append(policies, p)
	}
	if f.Named == "" {
		return policies
	}
	p, ok := load(f.Named, filepath.Base(f.Named), notForOthers)
	if !ok {
		p = tools.Policy{Name: filepath.Base(f.Named), Problem: "there is no file " + f.Named}
	}
	return append(policies, p)
}

// load returns the policy in the file, and whether there is a file at all.
func load(path, name string, trusted func(*os.File, string) error) (tools.Policy, bool) {
	if path == "" {
		return tools.Policy{}, false
	}
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return tools.Policy{}, false
	}
	text, err := read(path, trusted)
	unusable := tools.Policy{Name: name}
	if err != nil {
		unusable.Problem = err.Error()
		return unusable, true
	}
	p, err := Parse(name, text)
	if err != nil {
		unusable.Problem = strings.Join(strings.Split(err.Error(), "\n"), "; ")
		return unusable, true
	}
	return p, true
}

// read returns the text of a file that is trusted.
func read(path string, trusted func(*os.File, string) error) (text []byte, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // opening others can wait for ever
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if err := trusted(file, path); err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(file, strictyaml.MaxBytes+1))
}

// Check reads one file as --policy would. What is wrong with its text is
// strictyaml.Problems, which name the file as it was given.
func Check(path string) (tools.Policy, error) {
	text, err := read(path, notForOthers)
	if err != nil {
		return tools.Policy{}, err
	}
	return Parse(path, text)
}
