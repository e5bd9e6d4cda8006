package policy

import (
	"slices"
	"strings"

	"okta-mcp/cmd/internal/strictyaml"
	"okta-mcp/tools"
)

// sensible reports the rules that can never count: what they say would silently
// not hold.
func sensible(elements []strictyaml.Value, rules []tools.Rule) {
	about := make([][]string, len(rules))
	for i, r := range rules {
		about[i] = meant(r.Tools)
		for j, earlier := range rules[:i] {
			if earlier.Line == r.Line {
				elements[i].Fail("a second rule in one line; begin each in a line of its own, for records name rules by their lines")
				break
			}
			if within(about[i], about[j]) && covers(earlier, r) {
				elements[i].Fail("this rule never counts: the one in line %d matches whatever it matches, and the first that matches counts; put this one before it, or leave it out", earlier.Line)
				break
			}
		}
	}
}

// covers reports whether a rule matches wherever another does, their tools apart.
func covers(one, other tools.Rule) bool {
	return (len(one.Effects) == 0 || len(other.Effects) > 0 && within(other.Effects, one.Effects)) &&
		narrower(other.Groups, one.Groups) && narrower(other.Apps, one.Apps) &&
		!slices.ContainsFunc(one.User, func(a tools.Attribute) bool {
			return !slices.ContainsFunc(other.User, func(b tools.Attribute) bool { return a.Path == b.Path && narrower(b.Values, a.Values) })
		})
}

// meant are the tools that a rule is about.
func meant(patterns []string) []string {
	if len(patterns) == 0 {
		patterns = []string{"*"}
	}
	var names []string
	for _, pattern := range patterns {
		these, _ := tools.RuleTools(pattern) // which reading the rule reports
		names = append(names, these...)
	}
	return names
}

func within[T comparable](few, many []T) bool {
	return !slices.ContainsFunc(few, func(one T) bool { return !slices.Contains(many, one) })
}

// narrower reports whether texts with * match nothing but what others match; no
// text at all is no condition.
func narrower(some, others []string) bool {
	if len(others) == 0 {
		return true
	}
	return len(some) > 0 && !slices.ContainsFunc(some, func(pattern string) bool {
		return !slices.ContainsFunc(others, func(other string) bool { return tools.Like(other, pattern) })
	})
}

// reach is what the tools of a toolset can concern, beside what it is called
// after; a toolset that is not here may concern anything.
func reach() map[string][]string {
	return map[string][]string{
		"lifecycle": {"user"}, "sessions": {"user"}, "factors": {"user"},
		"applications": {"app"}, "roles": {"group", "user"},
		"policies": {}, "devices": {}, "event_hooks": {},
	}
}

// possible reports the conditions of a rule that none of its tools can ever meet.
func possible(given map[string]strictyaml.Value, r tools.Rule) {
	if len(r.Tools) == 0 {
		return
	}
	names := meant(r.Tools)
	var those []tools.Description
	for _, d := range tools.Catalog() {
		if slices.Contains(names, d.Name) {
			those = append(those, d)
		}
	}
	if len(those) == 0 { // which is reported already
		return
	}
	for key, means := range map[string]string{
		"group": "a group that is changed, or whose members, owners or roles are, not the groups that a person is in",
		"app":   "an application that is changed, or is given to somebody",
		"user":  "a person who is changed",
	} {
		condition, ok := given[key]
		if !ok {
			continue
		}
		for _, pattern := range r.Tools {
			if !slices.ContainsFunc(those, func(d tools.Description) bool { return tools.Like(pattern, d.Name) && concerns(d.Toolset, key) }) {
				condition.Fail("this never counts for %s: %s means %s", pattern, key, means)
			}
		}
	}
	if condition, ok := given["effect"]; ok && !slices.ContainsFunc(those, func(d tools.Description) bool { return canHave(d.Effect, r.Effects) }) {
		condition.Fail("this rule never counts: %s is %s", strings.Join(r.Tools, ", "), effectsOf(those))
	}
}

func concerns(toolset, key string) bool {
	concerned, known := reach()[toolset]
	return !known || slices.Contains(concerned, key)
}

// canHave reports whether a tool can have one of the effects: a write is raised to
// privileged where it gives power.
func canHave(effect tools.Effect, wanted []tools.Effect) bool {
	return slices.Contains(wanted, effect) || effect == tools.Write && slices.Contains(wanted, tools.Privileged)
}

func effectsOf(those []tools.Description) string {
	var words []string
	for _, d := range those {
		word := d.Effect.String()
		if d.Effect == tools.Write {
			word = "write, or privileged where it gives power"
		}
		if !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return strings.Join(words, "; ")
}

// texts reads a list of names. A comma in a text alone is more often a list
// without its brackets than part of a name.
func texts(v strictyaml.Value) []string {
	if v.Bare() {
		if text := v.Text(); strings.Contains(text, ",") {
			v.Fail("%q is one text; a list is written [a, b], and a text with a comma in quotes", text)
		}
	}
	return v.Texts()
}

// statuses are those that Okta gives to people.
func statuses() []string {
	return []string{"STAGED", "PROVISIONED", "ACTIVE", "RECOVERY", "PASSWORD_EXPIRED", "LOCKED_OUT", "SUSPENDED", "DEPROVISIONED"}
}

// someStatus reports a status that nobody has.
func someStatus(v strictyaml.Value, values []string) {
	for _, value := range values {
		if !slices.ContainsFunc(statuses(), func(status string) bool { return tools.Like(value, status) }) {
			v.Fail("nobody has the status %q; there are %s", value, strings.Join(statuses(), ", "))
		}
	}
}
