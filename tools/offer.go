package tools

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Toolset is a named group of tools that operators switch on together.
type Toolset struct {
	Name    string
	Default bool // on when the operator names nothing
	Tools   []Any
}

// called reports whether the name means the toolset: its own, "all" or "default".
func (t Toolset) called(name string) bool {
	return name == "all" || name == t.Name || name == "default" && t.Default
}

// alwaysSet is the toolset of what is offered whatever is selected.
const alwaysSet = "always"

// Toolsets returns every tool there is, in the order in which they are listed.
func Toolsets() []Toolset {
	return []Toolset{
		{Name: "users", Default: true, Tools: userTools()},
		{Name: "lifecycle", Default: true, Tools: lifecycleTools()},
		{Name: "sessions", Default: true, Tools: sessionTools()},
		{Name: "groups", Default: true, Tools: slices.Concat(groupTools(), groupRuleTools(), groupOwnerTools())},
		{Name: "applications", Default: true, Tools: applicationTools()},
		{Name: "assignments", Default: true, Tools: assignmentTools()},
		{Name: "policies", Tools: slices.Concat(policyTools(), policyRuleTools(), zoneTools())},
		{Name: "factors", Default: true, Tools: factorTools()},
		{Name: "logs", Default: true, Tools: logTools()},
		{Name: "devices", Tools: slices.Concat(deviceTools(), deviceAssuranceTools())},
		{Name: "roles", Tools: roleTools()},
		{Name: "event_hooks", Tools: eventHookTools()},
		{Name: "ai_agents", Tools: slices.Concat(aiAgentTools(), aiAgentKeyTools(), aiAgentConnectionTools(), mcpServerTools())},
	}
}

// everySet is Toolsets and what is always offered.
func everySet() []Toolset {
	return append(Toolsets(), Toolset{Name: alwaysSet, Tools: []Any{accessStatus(), signIn()}})
}

// Confirmable returns the names of the tools that can ask a person, sorted.
func Confirmable() []string {
	var names []string
	for _, set := range Toolsets() {
		for _, tool := range set.Tools {
			if spec := tool.spec(); spec.Asks {
				names = append(names, spec.Name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// Selection is what the operator asked for: names, or globs as in path.Match.
type Selection struct {
	Toolsets []string // "all", "default" or a toolset's name
	Tools    []string
	Exclude  []string
	ReadOnly bool
}

// selected is a Selection applied to the tools that exist.
type selected struct {
	signIn   bool // whether a person can sign in through the tool for it
	readOnly bool
	names    map[string]bool
	excluded map[string]bool
	mandate  *mandate
}

// UnknownName is a name in a Selection that matches nothing.
type UnknownName struct {
	Kind, Name string // "tool" or "toolset"
	Near       []string
}

func (e *UnknownName) Error() string {
	return fmt.Sprintf("there is no %s %q; near ones are %s", e.Kind, e.Name, strings.Join(e.Near, ", "))
}

// apply resolves the selection's names: (toolsets ∪ tools) − excluded. With
// neither toolsets nor tools named, the default toolsets are meant.
func (s Selection) apply(sets []Toolset) (selected, error) {
	out := selected{readOnly: s.ReadOnly, names: map[string]bool{}, excluded: map[string]bool{}}
	named := s.Toolsets
	if len(named) == 0 && len(s.Tools) == 0 {
		named = []string{"default"}
	}
	for _, name := range named {
		matched := false
		for _, set := range sets {
			if set.called(name) {
				matched = true
				for _, tool := range set.Tools {
					out.names[tool.spec().Name] = true
				}
			}
		}
		if !matched {
			return selected{}, &UnknownName{Kind: "toolset", Name: name, Near: setNames(sets)}
		}
	}
	if err := match(s.Tools, sets, out.names); err != nil {
		return selected{}, err
	}
	if slices.Contains(s.Exclude, accessStatusName) {
		return selected{}, fmt.Errorf("%s is always offered and cannot be excluded", accessStatusName)
	}
	return out, match(s.Exclude, sets, out.excluded)
}

// match adds the tools that the patterns name to names.
func match(patterns []string, sets []Toolset, names map[string]bool) error {
	for _, pattern := range patterns {
		matched := false
		var all []string
		for _, set := range sets {
			for _, tool := range set.Tools {
				name := tool.spec().Name
				all = append(all, name)
				if ok, err := path.Match(pattern, name); ok && err == nil {
					names[name], matched = true, true
				}
			}
		}
		if !matched && pattern != accessStatusName {
			return &UnknownName{Kind: "tool", Name: pattern, Near: near(pattern, all)}
		}
	}
	return nil
}

func setNames(sets []Toolset) []string {
	names := []string{"all", "default"}
	for _, set := range sets {
		names = append(names, set.Name)
	}
	return names
}

// near returns the names most like the one given, at most five.
func near(name string, all []string) []string {
	slices.SortStableFunc(all, func(a, b string) int { return distance(name, a) - distance(name, b) })
	return all[:min(5, len(all))]
}

// distance is the Levenshtein distance of two names.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		previous := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := previous
			if a[i] != b[j] {
				cost++
			}
			previous = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// offered is the one predicate for listing and calling: it returns why a tool is
// not offered to this caller with this effect and these scopes, and "" when it is.
func (s selected) offered(p Principal, e *entry, effect Effect, status Status) string {
	if why := s.barred(p, e, effect, status); why != "" {
		return why
	}
	if missing := missingScopes(e.spec, status.Granted); len(missing) > 0 {
		return missingWhy(missing, status)
	}
	return ""
}

// barred is offered whatever Okta grants: why signing in would not help.
func (s selected) barred(p Principal, e *entry, effect Effect, status Status) string {
	spec := e.spec
	if _, why := p.bars(e.set, spec.Name, effect); why != "" {
		return why
	}
	switch {
	case spec.Name == accessStatusName:
		return ""
	case spec.Name == signInName:
		return s.offersSignIn(p, status)
	case s.excluded[spec.Name]:
		return "the operator excluded it with --exclude-tools"
	case !s.names[spec.Name]:
		return "it is not among the selected tools; the operator selects with --toolsets and --tools"
	case effect < Read || effect > Privileged:
		return "it declares no legal effect"
	case effect.confirmed() && !spec.Asks:
		return "it must be confirmed and has no way to ask"
	case s.readOnly && effect != Read:
		return "the server was started with --read-only"
	}
	return s.mandate.forbids(spec.Name, effect)
}

// offersSignIn returns why the caller cannot sign in through the tool for it, and
// "" when they can: it is there while nobody is signed in, for the operator, since
// the server then works with that person's rights.
func (s selected) offersSignIn(p Principal, status Status) string {
	through := s.signIn && p.Operator
	switch {
	case !through && status.Method == "device_code":
		return "the operator signs in beforehand, with okta-mcp login"
	case !through:
		return "the server signs in by itself, with a private key"
	case status.SignedIn:
		return "somebody is signed in already; okta-mcp logout ends that"
	}
	return ""
}

func missingScopes(spec Spec, granted []string) []string {
	var missing []string
	for _, scope := range spec.Scopes {
		if !holds(granted, scope) {
			missing = append(missing, scope)
		}
	}
	return missing
}

func missingWhy(missing []string, status Status) string {
	scopes := strings.Join(missing, " ")
	if !status.SignedIn {
		return "not signed in to Okta, so " + scopes + " is not granted"
	}
	for _, scope := range missing {
		if !slices.Contains(status.Asked, scope) {
			return "the scope " + scopes + " was not asked for; the operator adds it to OKTA_SCOPES"
		}
	}
	return "the scope " + scopes + " is not granted; an administrator grants it to the app under Okta API Scopes"
}

// Needed returns the scopes that the selected tools need or can use, sorted.
func (s Selection) Needed() ([]string, error) {
	sets := Toolsets()
	chosen, err := s.apply(sets)
	if err != nil {
		return nil, err
	}
	var scopes []string
	for _, set := range sets {
		for _, tool := range set.Tools {
			spec := tool.spec()
			if chosen.names[spec.Name] && !chosen.excluded[spec.Name] && (!s.ReadOnly || spec.Effect == Read) {
				scopes = append(append(scopes, spec.Scopes...), spec.Optional...)
			}
		}
	}
	slices.Sort(scopes)
	return slices.Compact(scopes), nil
}
