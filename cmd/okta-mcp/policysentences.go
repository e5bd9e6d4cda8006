package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"okta-mcp/tools"
)

// sentences say what a policy means, one a line.
func sentences(p tools.Policy) []string {
	all := []string{
		either(p.ReadOnly, "Nothing that changes the org is offered.", "Tools that change the org are offered, but for what follows."),
		either(p.CallChanges, "okta-mcp call may change things.", "okta-mcp call may only read."),
		either(p.AllowSecrets, "Secrets may pass through the model: where --allow-secrets says so, and in the machine's file at any rate.",
			"Secrets never pass through the model, whatever --allow-secrets says."),
	}
	for _, pattern := range p.Deny {
		meant, _ := tools.DeniableTools(pattern) // which reading the file has checked
		all = append(all, "Never offered: "+patternMeans(pattern, meant)+".")
	}
	if len(p.Protect) > 0 {
		all = append(all, "Changed only with a typed confirmation, and by no approval: "+alternatives(p.Protect)+".")
	}
	for _, tool := range slices.Sorted(maps.Keys(p.Approve)) {
		all = append(all, fmt.Sprintf("%s runs unasked for %d targets an hour, and after that as if it were not approved.", tool, p.Approve[tool]))
	}
	for _, l := range []struct {
		most *int
		of   string
	}{
		{p.Limits.ConfirmedChanges, "targets are changed with a consent, a person's or an approval's"}, {p.Limits.Writes, "targets are changed without a consent"},
		{p.Limits.People, "distinct people are changed"},
	} {
		if l.most != nil {
			all = append(all, fmt.Sprintf("Within an hour, at most %d %s.", *l.most, l.of))
		}
	}
	for _, r := range p.Rules {
		all = append(all, ruleSentence(r))
	}
	if len(p.Rules) > 1 {
		all = append(all, "Of these rules the first that matches a target counts, and of a call's targets the strictest verdict.")
	}
	return all
}

func either(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}

// patternMeans shows a name, or a pattern with the tools it stands for.
func patternMeans(pattern string, meant []string) string {
	if slices.Contains(meant, pattern) {
		return pattern
	}
	return fmt.Sprintf("%s (%s)", pattern, strings.Join(meant, ", "))
}

func ruleSentence(r tools.Rule) string {
	subject := "any tool that changes something"
	if len(r.Tools) > 0 {
		subject = strings.Join(r.Tools, ", ")
	}
	var where []string
	if len(r.Effects) > 0 {
		words := make([]string, len(r.Effects))
		for i, effect := range r.Effects {
			words[i] = effect.String()
		}
		where = append(where, "the effect is "+strings.Join(words, " or "))
	}
	if len(r.Groups) > 0 {
		where = append(where, "the group is "+alternatives(r.Groups))
	}
	if len(r.Apps) > 0 {
		where = append(where, "the application is "+alternatives(r.Apps))
	}
	for _, a := range r.User {
		where = append(where, "the person's "+a.Path+" is "+alternatives(a.Values))
	}
	sentence := fmt.Sprintf("Line %d: %s", r.Line, subject)
	if len(where) > 0 {
		sentence += ", where " + strings.Join(where, " and ") + ","
	}
	sentence += " " + map[tools.Verdict]string{
		tools.Deny: "is refused", tools.Typed: "asks a person, who types the name", tools.Ask: "asks a person",
		tools.Approve: fmt.Sprintf("runs unasked for %d targets an hour, and after that as if it were not approved", r.Budget),
	}[r.Then]
	if r.Because != "" {
		sentence += ", because " + r.Because
	}
	return sentence + "."
}

func alternatives(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = strconv.Quote(name)
	}
	return strings.Join(quoted, " or ")
}
