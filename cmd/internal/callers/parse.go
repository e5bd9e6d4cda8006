package callers

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"okta-mcp/cmd/internal/strictyaml"
	"okta-mcp/tools"
)

// Parse reads the text of the configuration file of that name. The error is
// strictyaml.Problems: all that is wrong with callers, each with its line.
func Parse(name string, text []byte) (*Callers, error) {
	file, root := strictyaml.Parse(name, text)
	if err := file.Err(); err != nil {
		return nil, err
	}
	c := &Callers{}
	if given, some := root.Members("callers", "profiles")["callers"]; some { // profiles has a reader of its own
		c.entries = entries(given, filepath.Base(name))
	}
	if err := file.Err(); err != nil {
		return nil, err
	}
	return c, nil
}

func entries(v strictyaml.Value, file string) []entry {
	if v.IsMapping() {
		v.Fail("a mapping; a list of entries is meant, each beginning with a dash")
		return nil
	}
	var all []entry
	byLine, byMatch := map[int]bool{}, map[match]int{}
	for _, element := range v.Each() {
		e := readEntry(element)
		e.grant.Name = fmt.Sprintf("%s:%d", file, element.Line())
		if byLine[element.Line()] {
			element.Fail("a second entry in one line; begin each in a line of its own, for refusals name entries by their lines")
		}
		if line := byMatch[e.match]; line != 0 && e.match.name != "" {
			element.Fail("a second entry for the %s %q; say in the one in line %d all that holds for it", e.match.kind, e.match.name, line)
		}
		byLine[element.Line()], byMatch[e.match] = true, element.Line()
		all = append(all, e)
	}
	return all
}

func readEntry(v strictyaml.Value) entry {
	var e entry
	given := v.Members("match", "toolsets", "read_only", "allow", "deny", "approve")
	for key, v := range given {
		switch key {
		case "match":
			e.match = readMatch(v)
		case "toolsets":
			e.grant.Toolsets = names(v, tools.GrantToolset)
		case "read_only":
			e.grant.ReadOnly = v.Bool()
		case "allow":
			e.grant.Allow = names(v, func(pattern string) error { _, err := tools.GrantableTools(pattern); return err })
		case "deny":
			e.grant.Deny = names(v, func(pattern string) error { _, err := tools.DeniableTools(pattern); return err })
		}
	}
	if _, some := given["match"]; !some && v.IsMapping() {
		v.Fail("an entry without match; say who it is about, as in match: {token: ci}")
	}
	if approve, some := given["approve"]; some { // last, as it is held against the others
		e.grant.Approve = names(approve, func(name string) error { return canHold(name, e.grant) })
	}
	return e
}

// names reads a list of names or patterns, each given once.
func names(v strictyaml.Value, check func(string) error) []string {
	var all []string
	for _, element := range v.Each() {
		name := element.Text()
		if name == "" { // which is reported already
			continue
		}
		if err := check(name); err != nil {
			element.Fail("%s", err)
		}
		if slices.Contains(all, name) {
			element.Fail("%q comes twice", name)
		}
		all = append(all, name)
	}
	return all
}

// What callers can have: others would match nobody, and an entry that is meant to
// narrow somebody would silently not.
var (
	tokenName = regexp.MustCompile(`^[a-z0-9_-]{1,64}$`) // as token files have it
	scopeName = regexp.MustCompile(`^[!#-\[\]-~]+$`)     // RFC 6749 section 3.3
)

func readMatch(v strictyaml.Value) match {
	var m match
	given := v.Members("scope", "group", "token")
	if v.IsMapping() && len(given) != 1 {
		v.Fail("a match names exactly one of scope, group and token; callers of whom several entries are right may do what all of them allow")
	}
	for kind, v := range given {
		m = match{kind, v.Text()}
		switch {
		case m.name == "": // which is reported already
		case kind == "token" && !tokenName.MatchString(m.name):
			v.Fail("no name of a token; 1 to 64 of a-z, 0-9, _ and - make one")
		case strings.Contains(m.name, "*"):
			v.Fail("%q would match nobody; a %s is written out, and * stands for nothing here", m.name, kind)
		case kind == "scope" && !scopeName.MatchString(m.name):
			v.Fail("no scope; one is without spaces, quotes and backslashes, and all ASCII")
		case m.name != strings.TrimSpace(m.name):
			v.Fail("%q would match nobody; leave out the white space around it", m.name)
		case strings.ContainsFunc(m.name, isUnseen):
			v.Fail("%q holds a character that cannot be seen, and would match nobody without it; write the name anew, or rename the group", m.name)
		}
	}
	return m
}

// isUnseen finds what comes along when a name is pasted. Two that join letters are
// part of some names.
func isUnseen(r rune) bool { return !unicode.IsPrint(r) && r != '\u200c' && r != '\u200d' }

// canHold says why an approval would never count: the same entry does not let the
// caller use the tool.
func canHold(tool string, g tools.Grant) error {
	if err := tools.ApprovableTool(tool); err != nil {
		return err
	}
	var why string
	switch {
	case g.ReadOnly:
		why = "read_only is true"
	case g.Allow != nil && !likeAny(g.Allow, tool):
		why = "allow does not have it"
	case likeAny(g.Deny, tool):
		why = "deny has it"
	case g.Toolsets != nil && !inToolsets(g.Toolsets, tool):
		why = "toolsets does not have it"
	default:
		return nil
	}
	return fmt.Errorf("approving %s here can never hold: %s", tool, why)
}

func likeAny(patterns []string, tool string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return tools.Like(pattern, tool) })
}

func inToolsets(named []string, tool string) bool {
	home := ""
	for _, d := range tools.Catalog() {
		if d.Name == tool {
			home = d.Toolset
		}
	}
	return slices.ContainsFunc(tools.Toolsets(), func(set tools.Toolset) bool {
		return set.Name == home && slices.ContainsFunc(named, func(name string) bool {
			return name == "all" || name == set.Name || name == "default" && set.Default
		})
	})
}
