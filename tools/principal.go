package tools

import (
	"slices"
	"strings"
)

// Principal is who calls, and what the operator lets them do. The zero value may
// do nothing.
type Principal struct {
	ID string // the process on stdio, the authenticated caller remotely
	// Operator says that the server's own settings alone bound the caller: the
	// process at the other end of stdio, and the command line. Grants, where there
	// are any, bind even then.
	Operator bool
	// Grants are the entries of the operator's configuration that match the caller.
	// What one of them does not allow is not allowed; none allows nothing.
	Grants []Grant
}

// Grant is what one entry of callers allows. Only what the server offers anyway is
// ever allowed; get_access_status always is.
type Grant struct {
	Name     string   // how refusals call it: "config.yaml:12"
	Toolsets []string // "all", "default" or names; empty: all
	Allow    []string // tools: names, or texts with *; empty: all
	Deny     []string // likewise; empty: none
	ReadOnly bool
	Approve  []string // exact names of tools for which the operator's pre-approvals hold
}

// GrantToolset is nil for what a Grant's Toolsets may name, and *UnknownName for
// anything else.
func GrantToolset(name string) error {
	sets := Toolsets()
	if slices.ContainsFunc(sets, func(set Toolset) bool { return set.called(name) }) {
		return nil
	}
	return &UnknownName{Kind: "toolset", Name: name, Near: setNames(sets)}
}

// GrantableTools returns the tools that a name or text with * in a Grant's Allow
// means.
func GrantableTools(pattern string) ([]string, error) {
	return toolsLike(pattern, func(Description) bool { return true })
}

// operator is whoever runs the program.
func operator() Principal { return Principal{ID: "stdio", Operator: true} }

// bars is the caller's part of the predicate of what is offered: why a tool is not
// with this effect, and by what, as records say it; both empty when it is.
func (p Principal) bars(set Toolset, tool string, effect Effect) (by, why string) {
	if len(p.Grants) == 0 && !p.Operator {
		return "callers", "no entry of callers in the operator's configuration is about this caller"
	}
	if set.Name == alwaysSet {
		return "", ""
	}
	for _, g := range p.Grants {
		if part, why := g.bars(set, tool, effect); part != "" {
			by = g.Name + " " + part
			return by, why + " (" + by + ")"
		}
	}
	return "", ""
}

// bars returns the part of the entry that does not allow a tool, and what it says.
func (g Grant) bars(set Toolset, tool string, effect Effect) (part, why string) {
	switch {
	case len(g.Toolsets) > 0 && !slices.ContainsFunc(g.Toolsets, set.called):
		return "toolsets", "the operator gives this caller only the toolsets " + strings.Join(g.Toolsets, ", ")
	case len(g.Allow) > 0 && !likeAny(g.Allow, tool):
		return "allow", "it is not among the tools that the operator allows this caller"
	case likeAny(g.Deny, tool):
		return "deny", "the operator denies it to this caller"
	case g.ReadOnly && effect != Read:
		return "read_only", "the operator lets this caller only read"
	}
	return "", ""
}

// approves reports whether the operator's pre-approvals of a tool hold for the
// caller.
func (p Principal) approves(tool string) bool {
	for _, g := range p.Grants {
		if !slices.Contains(g.Approve, tool) {
			return false
		}
	}
	return p.Operator || len(p.Grants) > 0
}

// onlyReads reports whether an entry says read_only.
func (p Principal) onlyReads() bool {
	return slices.ContainsFunc(p.Grants, func(g Grant) bool { return g.ReadOnly })
}
