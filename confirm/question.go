package confirm

import (
	"fmt"
	"regexp"
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

// minTyped and maxTyped bound the length of a name that a person is asked to
// type; outside, or where typable refuses it, the end of the id is typed instead.
const (
	minTyped = 3
	maxTyped = 40
)

// A question longer than this buries what matters in it, and is not asked.
const (
	maxLines = 80
	maxBytes = 32 << 10
	maxParts = 12 // how many parts of a change that is too long a refusal names
)

// refusingWord finds what a person types to refuse. A group can be named "no",
// and then typing no must not delete it.
var refusingWord = regexp.MustCompile(`(?i)(?:^|[\s(])(?:n|no|nope|nah|not|don't|never|none|nothing|cancel|abort|stop|refuse|decline|deny|reject|quit|exit|q|skip|back|enter|keep|undo|nein|non|nej|nee|nie|niet|annuler|abbrechen|cancelar)(?:[\s),.;:!?]|$)`)

// reflex finds a name that is typed without reading, because it is how people
// agree to anything: then it names no target.
var reflex = regexp.MustCompile(`(?i)^\W*(?:(?:type )?(?:exactly:? )?(?:yes|yep|yeah|okay|sure|true|accept|agree|allow|approve|confirm|continue|go|go on|go ahead|do it|proceed|done|fine|ja|oui|si|sim|tak)(?: please)?|decision: proceed)\W*$`)

// idLike is an end of an id that can be shown as it is.
var idLike = regexp.MustCompile(`^[0-9A-Za-z_-]+$`)

// Question is what a person is asked. It is made from a Preview, so that every
// asker shows the same words and accepts the same answer.
type Question struct {
	Org     string // the org's host
	Tool    string
	Client  string // what the client calls itself; anything it likes
	Preview Preview

	// Late is told of a no that comes when the question is over; it may be nil.
	Late func()
}

// Typed returns what the person must type, and "" when a choice is enough.
func (q Question) Typed() string {
	typed, _ := q.typed()
	return typed
}

// What stands behind what is typed where that is not the name.
const (
	endOfID    = " (the end of the id)"
	nameOfTool = " (the name of the tool)"
)

// typed also returns what to say of it where it is not the name. A question that
// must be typed never falls back to a choice: where a target has neither a name
// nor an id that can be typed, the tool's name is.
func (q Question) typed() (text, hint string) {
	if !q.Preview.Typed {
		return "", ""
	}
	if len(q.Preview.Targets) == 1 {
		target := q.Preview.Targets[0]
		if typable(target.Name) {
			return target.Name, ""
		}
		if end := target.ID[max(0, len(target.ID)-6):]; idLike.MatchString(end) && typable(end) {
			return end, endOfID
		}
	}
	return q.Tool, nameOfTool
}

// typable reports whether a name can stand in our own words, unquoted, and typing
// it can only mean yes to this target: plain ASCII that Quote has nothing to
// change in, no spaces that get lost, no word of refusal, none that is typed to
// agree to anything, and nothing that reads like what we say behind it.
func typable(name string) bool {
	if len(name) < minTyped || len(name) > maxTyped || strings.Join(strings.Fields(name), " ") != name {
		return false
	}
	for _, r := range name {
		if r > '~' {
			return false
		}
	}
	return Quote(name) == "“"+name+"”" && !refusingWord.MatchString(name) && !reflex.MatchString(name) &&
		!strings.HasSuffix(name, endOfID) && !strings.HasSuffix(name, nameOfTool)
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
	for _, line := range q.Facts() {
		b.WriteString(line + "\n")
	}
	fmt.Fprintf(&b, "Asked for by the MCP client %s with the tool %s.", Quote(q.Client), q.Tool)
	if typed, hint := q.typed(); typed != "" {
		fmt.Fprintf(&b, "\nTo go on, type exactly: %s%s", typed, hint)
	}
	return b.String()
}

// Facts returns the lines that show what was read of the org: targets, details
// and changes, its text quoted and inert.
func (q Question) Facts() []string {
	var lines []string
	for _, target := range q.Preview.Targets {
		lines = append(lines, targetLine(target))
	}
	for _, detail := range q.Preview.Details {
		lines = append(lines, detailLine(detail))
	}
	for _, delta := range q.Preview.Changes {
		lines = append(lines, deltaLine(delta))
	}
	return lines
}

func targetLine(t Target) string {
	if t.Name == "" && t.ID == "" {
		return capitalized(t.Type) + " without a name"
	}
	line := fmt.Sprintf("%s %s", capitalized(t.Type), Quote(t.Name))
	if t.ID != "" { // what is yet to be created has none
		line += fmt.Sprintf(" (id %s)", Quote(t.ID))
	}
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

// deltaLine begins with a word of ours, as every line does, so that a name in a
// right-to-left script cannot turn the line round.
func deltaLine(d Delta) string {
	before, after := Quote(d.Before), Quote(d.After)
	switch {
	case d.Item && d.Before == "":
		return fmt.Sprintf("Attribute %s gains %s", Quote(d.Name), after)
	case d.Item:
		return fmt.Sprintf("Attribute %s loses %s", Quote(d.Name), before)
	case d.Before == "":
		return fmt.Sprintf("Attribute %s is set to %s", Quote(d.Name), after)
	case d.After == "":
		return fmt.Sprintf("Attribute %s, now %s, is cleared", Quote(d.Name), before)
	}
	return fmt.Sprintf("Attribute %s: %s becomes %s", Quote(d.Name), before, after) + unseen(d)
}

// unseen says of a change that looks like none that it is one.
func unseen(d Delta) string {
	if d.Before != d.After && Quote(d.Before) == Quote(d.After) {
		return ", which differ where they are cut or cannot be shown"
	}
	return ""
}

func capitalized(s string) string { return first(strings.ToUpper, s) }

// first applies change to the first character of s.
func first(change func(string) string, s string) string {
	_, size := utf8.DecodeRuneInString(s)
	return change(s[:size]) + s[size:]
}

// Schema returns the form of the question as a requestedSchema of MCP
// elicitation: one required field, no default. Clients up to 2025-06-18 know
// titled choices as enum with enumNames, later ones as oneOf.
func (q Question) Schema(legacyEnum bool) map[string]any {
	if q.Preview.Typed {
		return form(fieldTyped, map[string]any{
			"type": "string", "title": "Type to confirm",
			"description": "Type exactly: " + q.Typed(),
		})
	}
	no, yes := q.options()
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

// options are the titles of the two choices, the refusing one first.
func (q Question) options() (no, yes string) {
	return "No, change nothing", "Yes: " + first(strings.ToLower, q.Preview.Action)
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
	if !q.Preview.Typed {
		return isOnly(content, fieldDecision, optionProceed)
	}
	typed := q.Typed()
	return typed != "" && isOnly(content, fieldTyped, typed)
}

// isOnly reports whether content is an object of this one member.
func isOnly(content any, name, value string) bool {
	members, ok := content.(map[string]any)
	return ok && len(members) == 1 && members[name] == value
}

// content returns what that Accepts takes, for askers that draw the form
// themselves: answer is what the person typed or chose.
func (q Question) content(answer string) map[string]any {
	if q.Preview.Typed {
		return map[string]any{fieldTyped: answer}
	}
	return map[string]any{fieldDecision: answer}
}
