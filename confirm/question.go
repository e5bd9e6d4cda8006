package confirm

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The form of an ordinary question: one choice of two, the refusing one first,
// so that a client that submits the first option by itself refuses.
const (
	fieldDecision = "decision"
	fieldTyped    = "type_to_confirm"
	optionRefuse  = "refuse"
	optionProceed = "proceed"
)

// maxTyped is the longest name a person is asked to type; beyond it, or where a
// name is not ASCII, the end of the id is typed instead.
const maxTyped = 40

// Question is what a person is asked. It is made from a Preview, so that every
// asker shows the same words and accepts the same answer.
type Question struct {
	Org     string // the org's host
	Tool    string
	Client  string // what the client calls itself; anything it likes
	Preview Preview
}

// Typed returns what the person must type, and "" when a choice is enough.
func (q Question) Typed() string {
	if !q.Preview.Typed || len(q.Preview.Targets) == 0 {
		return ""
	}
	target := q.Preview.Targets[0]
	if typable(target.Name) {
		return target.Name
	}
	return target.ID[max(0, len(target.ID)-6):]
}

func typable(name string) bool {
	if name == "" || len(name) > maxTyped || strings.TrimSpace(name) != name {
		return false
	}
	for _, r := range name {
		if r < ' ' || r > '~' {
			return false
		}
	}
	return true
}

// Text returns the question in plain text: our words and the org's host first,
// then what the org says, quoted and inert.
func (q Question) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s in the Okta org %s?\n", q.Preview.Action, q.Org)
	if q.Preview.Raised != "" {
		fmt.Fprintf(&b, "Asked because %s.\n", q.Preview.Raised)
	}
	for _, sentence := range q.Preview.Consequence {
		b.WriteString(sentence + "\n")
	}
	for _, target := range q.Preview.Targets {
		b.WriteString(targetLine(target) + "\n")
	}
	for _, detail := range q.Preview.Details {
		b.WriteString(detailLine(detail) + "\n")
	}
	for _, delta := range q.Preview.Changes {
		fmt.Fprintf(&b, "%s: %s becomes %s\n", Quote(delta.Name), Quote(delta.Before), Quote(delta.After))
	}
	fmt.Fprintf(&b, "Asked for by the MCP client %s with the tool %s.", Quote(q.Client), q.Tool)
	if typed := q.Typed(); typed != "" {
		fmt.Fprintf(&b, "\nTo go on, type exactly: %s%s", typed, typedHint(q.Preview.Targets[0], typed))
	}
	return b.String()
}

func targetLine(t Target) string {
	line := fmt.Sprintf("%s %s (id %s)", capitalized(t.Type), Quote(t.Name), Quote(t.ID))
	if t.Full != "" && t.Full != t.Name {
		line += ", display name " + Quote(t.Full)
	}
	return line
}

func detailLine(d Detail) string {
	quoted := make([]string, len(d.Texts))
	for i, text := range d.Texts {
		quoted[i] = Quote(text)
	}
	line := capitalized(d.Label) + ": " + strings.Join(quoted, ", ")
	if d.More > 0 {
		line += fmt.Sprintf(" and %d more", d.More)
	}
	return line
}

func typedHint(t Target, typed string) string {
	if typed == t.Name {
		return ""
	}
	return " (the end of the id)"
}

func capitalized(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return strings.ToUpper(string(r)) + s[size:]
}

// Schema returns the form of the question as a requestedSchema of MCP
// elicitation: one required field, no default. Clients up to 2025-06-18 know
// titled choices as enum with enumNames, later ones as oneOf.
func (q Question) Schema(legacyEnum bool) map[string]any {
	if typed := q.Typed(); typed != "" {
		return form(fieldTyped, map[string]any{
			"type": "string", "title": "Type to confirm",
			"description": "Type exactly: " + typed,
		})
	}
	no, yes := "No, change nothing", "Yes: "+strings.ToLower(q.Preview.Action[:1])+q.Preview.Action[1:]
	field := map[string]any{"type": "string", "title": "Decision"}
	if legacyEnum {
		field["enum"] = []string{optionRefuse, optionProceed}
		field["enumNames"] = []string{no, yes}
	} else {
		field["oneOf"] = []map[string]any{
			{"const": optionRefuse, "title": no},
			{"const": optionProceed, "title": yes},
		}
	}
	return form(fieldDecision, field)
}

func form(name string, field map[string]any) map[string]any {
	return map[string]any{
		"type":       "object",
		"properties": map[string]any{name: field},
		"required":   []string{name},
	}
}

// Accepts reports whether content is exactly the consenting answer to the form:
// that one member, with that one value, and nothing else.
func (q Question) Accepts(content any) bool {
	members, ok := content.(map[string]any)
	if !ok || len(members) != 1 {
		return false
	}
	if typed := q.Typed(); typed != "" {
		return members[fieldTyped] == typed
	}
	return members[fieldDecision] == optionProceed
}

// content returns what that Accepts takes, for askers that draw the form
// themselves: answer is what the person typed or chose.
func (q Question) content(answer string) map[string]any {
	if q.Typed() != "" {
		return map[string]any{fieldTyped: answer}
	}
	return map[string]any{fieldDecision: answer}
}
