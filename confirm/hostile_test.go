package confirm_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient/demoorg/orgtest"
)

// everywhere is a question whose every text of the org, and the client's name,
// are hostile.
func everywhere(text string) confirm.Request {
	r := erase()
	r.Client = text
	r.Preview.Targets[0].Name, r.Preview.Targets[0].Full = text, "display "+text
	r.Preview.Details = []confirm.Detail{{Label: "apps", Texts: []string{text, text}, More: 3}}
	r.Preview.Changes = []confirm.Delta{{Name: text, Before: "1" + text, After: "2" + text}, {Name: text, After: "3" + text, Item: true}}
	return r
}

func TestATerminalShowsHostileTextInert(t *testing.T) {
	t.Parallel()
	plain := strings.Count(question(everywhere("Harmless words")).Text(), "\n")
	for _, hostile := range orgtest.Hostile() {
		r := everywhere(hostile.Text)
		var out bytes.Buffer
		g, _ := gate(confirm.NewTerminal(strings.NewReader("\n"), &out))
		_, err := g.Ask(t.Context(), r)
		mustRefuse(t, err, "decline")
		mustBeInert(t, out.String())
		if lines := strings.Count(question(r).Text(), "\n"); lines != plain {
			t.Errorf("%s %.60q: the question has %d line ends, want %d:\n%s", hostile.Class, hostile.Text, lines, plain, out.String())
		}
	}
}

// What a person at a terminal is told to type is the consent, whatever the target
// is called, and nothing that is typed by reflex is.
func TestWhatIsShownIsWhatIsTyped(t *testing.T) {
	t.Parallel()
	for _, hostile := range orgtest.Hostile() {
		r := everywhere(hostile.Text)
		lines := strings.Split(question(r).Text(), "\n")
		typed := strings.TrimPrefix(lines[len(lines)-1], "To go on, type exactly: ")
		typed = strings.TrimSuffix(typed, " (the end of the id)")
		checkTerminal(t, r, typed+"\n", true)
		for _, reflex := range []string{"", "y", "yes", "Yes", "no", "n", "ok", "proceed", "confirm", "cancel", "q", "exit"} {
			checkTerminal(t, r, reflex+"\n", false)
		}
	}
}

// A name that is how people agree or refuse names no target, and neither does one
// that ends in what we say: then the end of the id is typed, and where that is no
// better, the tool's name.
func TestNoNameTurnsAReflexIntoConsent(t *testing.T) {
	t.Parallel()
	const endOfID = "23456a"
	for name, want := range map[string]string{
		"yes": endOfID, "YES!": endOfID, "Type exactly: yes": endOfID, "Decision: proceed": endOfID, "go ahead": endOfID, "Okay": endOfID, "sure": endOfID,
		"cancel": endOfID, "please cancel it": endOfID, "yes (the end of the id)": endOfID, "abc (the name of the tool)": endOfID,
		"Yes Men": "Yes Men", "Confirmed leavers": "Confirmed leavers", "Go developers": "Go developers", "Sales (EMEA)": "Sales (EMEA)", "proceedings": "proceedings",
	} {
		r := erase()
		r.Preview.Targets[0].Name = name
		if typed := question(r).Typed(); typed != want {
			t.Errorf("for %q, %q is typed, want %q", name, typed, want)
		}
		r.Preview.Targets[0].ID = "kid-cancel"
		if typed := question(r).Typed(); want == endOfID && typed != r.Tool {
			t.Errorf("for %q with an id that ends in cancel, %q is typed", name, typed)
		}
	}
}

// Names of any length leave a containment of many people short enough to be asked.
func TestHostileNamesDoNotMakeAQuestionTooLong(t *testing.T) {
	t.Parallel()
	for _, hostile := range orgtest.Hostile() {
		r := deactivate()
		one := r.Preview.Targets[0]
		r.Preview.Targets = nil
		for i := range 25 {
			one.ID, one.Name, one.Full = fmt.Sprintf("00u%017d", i), hostile.Text, "display "+hostile.Text
			r.Preview.Targets = append(r.Preview.Targets, one)
		}
		texts := slices.Repeat([]string{hostile.Text}, 10)
		r.Preview.Details = []confirm.Detail{{Label: "apps", Texts: texts}, {Label: "groups", Texts: texts}}
		g, _ := gate(answering(yes()))
		ticket, err := g.Ask(t.Context(), r)
		if err != nil {
			t.Fatalf("%s %.60q: %v", hostile.Class, hostile.Text, err)
		}
		mustConsent(t, g, r, *ticket)
	}
}
