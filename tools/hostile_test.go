package tools_test

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/oktaclient/demoorg/orgtest"
	"okta-mcp/tools"
)

// quotation finds one quotation of ours with the notes that Quote adds.
var quotation = regexp.MustCompile(`“[^“”]*”( \(cut: \d+ characters in all\))?( \(mixes alphabets\))?`)

// A long text takes several parts; what we say of each is the same.
var (
	further = regexp.MustCompile(`(?m)^Attribute “[^“”]*, part (?:[2-9]|\d\d+) of \d+(?:, those from \d+ on not shown)?”.*\n`)
	inParts = regexp.MustCompile(`(?m)^(.*), in \d+ parts(?:, the first \d+ and the last \d+)?: .*\n`)
)

const typedLine = "\nTo go on, type exactly: "

// hostileTexts are all there are, and one of each class where races are looked
// for: those do not depend on the words.
func hostileTexts() []orgtest.Text {
	all := orgtest.Hostile()
	if !raced {
		return all
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(text orgtest.Text) bool {
		again := seen[text.Class]
		seen[text.Class] = true
		return again
	})
}

// ours is what is left of a text when the quotations are taken out: the words
// that we say.
func ours(text string) string {
	text = further.ReplaceAllString(text, "")
	text = inParts.ReplaceAllStringFunc(text, func(line string) string {
		return inParts.FindStringSubmatch(line)[1] + ": “”\n"
	})
	text = quotation.ReplaceAllString(text, "“”")
	for _, note := range []string{", display name “”", ", which differ where they are cut or cannot be shown"} {
		text = strings.ReplaceAll(text, note, "")
	}
	head, _, found := strings.Cut(text, typedLine)
	if found {
		return head + typedLine
	}
	return text
}

// byID puts ids where a call of the samples names something: its name is tainted.
func byID(c demoorg.Cast, arguments args) args {
	ids := map[string]string{}
	for _, field := range reflect.ValueOf(c).Fields() {
		switch one := field.Interface().(type) {
		case demoorg.Person:
			ids[one.Login] = one.ID
		case demoorg.Thing:
			ids[one.Name] = one.ID
		}
	}
	ids[c.Employee.Login], ids[c.Project.Name] = c.Employee.ID, c.Project.ID // whose names others bear too
	given := maps.Clone(arguments)
	for name, value := range given {
		if !strings.HasSuffix(name, "_id") && !strings.HasSuffix(name, "_ids") {
			continue
		}
		switch value := value.(type) {
		case string:
			if id := ids[value]; id != "" {
				given[name] = id
			}
		case []string:
			changed := slices.Clone(value)
			for i, one := range changed {
				if id := ids[one]; id != "" {
					changed[i] = id
				}
			}
			given[name] = changed
		}
	}
	return given
}

// planned is the question of a call whose plan is asked for.
func (p *peer) plan(tool string, arguments args) string {
	p.w.t.Helper()
	arguments = maps.Clone(arguments)
	arguments["plan_only"] = true
	var answer struct {
		Plan struct{ Question string }
	}
	p.ask(tool, arguments).mustWork(&answer)
	if answer.Plan.Question == "" {
		p.w.t.Fatalf("%s %v asks nobody, so this proves nothing", tool, arguments)
	}
	return answer.Plan.Question
}

// refusal is a word that nobody types to agree.
var refusal = regexp.MustCompile(`(?i)\b(no|not|don't|never|none|nothing|cancel|abort|stop|refuse|decline|quit|exit|enter)\b`)

// mayBeTyped fails unless what is to be typed is readable and means this target.
func mayBeTyped(t *testing.T, where, question string) {
	t.Helper()
	_, typed, asks := strings.Cut(question, typedLine)
	if !asks {
		return
	}
	for _, hint := range []string{" (the end of the id)", " (the name of the tool)"} {
		typed = strings.TrimSuffix(typed, hint)
	}
	isPlain := !strings.ContainsFunc(typed, func(r rune) bool { return r < ' ' || r > '~' })
	assent := slices.Contains([]string{"yes", "ok", "confirm", "proceed"}, strings.ToLower(typed))
	if !isPlain || len(typed) < 3 || len(typed) > 40 || refusal.MatchString(typed) || assent || strings.Contains(typed, "(the ") {
		t.Errorf("%s: %q is to be typed in\n%s", where, typed, question)
	}
}

// mayBeAsked: a question may be 80 lines and 32 KiB long; a longer one is refused.
func mayBeAsked(t *testing.T, where, question string) {
	t.Helper()
	if lines := strings.Count(question, "\n") + 1; lines > 80 || len(question) > 32<<10 {
		t.Errorf("%s: a question of %d lines and %d bytes is asked of nobody", where, lines, len(question))
	}
}

// inertText fails unless nothing in a text of ours acts on who reads it.
func inertText(t *testing.T, where, text string) {
	t.Helper()
	for _, r := range text {
		if r == utf8.RuneError && !strings.Contains(text, "“") || r != '\n' && r != utf8.RuneError && !unicode.IsGraphic(r) {
			t.Fatalf("%s: %U is left in %q", where, r, text)
		}
	}
}

func TestHostileTextChangesNoQuestion(t *testing.T) {
	t.Parallel()
	for tool := range dangerous(demoorg.Cast{}) {
		t.Run(tool, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
			p := w.connect("2025-11-25", accepting)
			arguments := byID(w.org.Cast(), dangerous(w.org.Cast())[tool])
			w.org.Taint(orgtest.Insiders("Harmless words"))
			want := ours(p.plan(tool, arguments))
			for _, hostile := range hostileTexts() {
				w.org.Taint(orgtest.Insiders(hostile.Text))
				question := p.plan(tool, arguments)
				where := hostile.Class + " " + shortened(hostile.Text)
				if got := ours(question); got != want && strings.TrimSpace(hostile.Text) != "" {
					t.Errorf("%s: our words are\n%s\nwant\n%s", where, got, want)
				}
				mayBeTyped(t, where, question)
				mayBeAsked(t, where, question)
				inertText(t, where, question)
			}
			noWrites(t, w)
		})
	}
}

func shortened(text string) string {
	if len(text) > 60 {
		text = text[:60] + "…"
	}
	return strings.ToValidUTF8(text, "?")
}
