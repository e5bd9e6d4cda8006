package confirm_test

import (
	"encoding/json"
	"strings"
	"testing"

	"okta-mcp/confirm"
)

func question(r confirm.Request) confirm.Question {
	return confirm.Question{Org: r.Org, Tool: r.Tool, Client: r.Client, Preview: r.Preview}
}

func TestTheQuestionReadsFromConsequenceToClient(t *testing.T) {
	t.Parallel()
	r := erase()
	r.Preview.Raised = "the person is an administrator"
	r.Preview.Details = []confirm.Detail{{Label: "apps", Texts: []string{"Mail", "Wiki"}, More: 3}}
	r.Preview.Changes = []confirm.Delta{{Name: "email", Before: "old", After: "new"}}
	want := `Delete the user for good in the Okta org acme.okta.com?
Asked because the person is an administrator.
All access ends.
User “bob@acme.example” (id “00uBob4567890123456a”), display name “Bob B”
Apps: “Mail”, “Wiki” and 3 more
Attribute “email”: “old” becomes “new”
Asked for by the MCP client “Claude” with the tool delete_user.
To go on, type exactly: bob@acme.example`
	if got := question(r).Text(); got != want {
		t.Errorf("the question reads\n%s\nwant\n%s", got, want)
	}
	r.Preview.Targets = []confirm.Target{{Type: "group"}}
	if got := question(r).Text(); !strings.Contains(got, "\nGroup without a name\n") {
		t.Errorf("a target without a name and an id reads:\n%s", got)
	}
	r.Preview.Targets = []confirm.Target{{Type: "group", Name: "New group"}}
	if got := question(r).Text(); !strings.Contains(got, "\nGroup “New group”\n") {
		t.Errorf("what is yet to be created has no id to show:\n%s", got)
	}
}

func TestWhatIsTyped(t *testing.T) {
	t.Parallel()
	const id, end = "00gAbCdEfGhIjKlMnXyZ", "nXyZ"
	for name, typed := range map[string]string{
		"ada@acme.example": "", "Project Nightingale": "", "svc_backup_01@acme.local": "", "no-reply@acme.example": "", strings.Repeat("a", 40): "",
		// Too short, too long, or not to be typed as shown.
		"": end, "ab": end, strings.Repeat("a", 41): end, "Zoë": end, "аdmin": end, "two  spaces": end, " edge": end, "edge ": end, "tab\tbed": end, "x\x00yz": end,
		// A group of such a name is deleted by whoever types it to refuse.
		"no": end, "NO": end, "No.": end, "No, keep it": end, "do not delete": end, "cancel": end, "Cancel!": end, "Stop": end, "abort": end,
		"nothing": end, "quit now": end, "press Enter": end, "decline": end, "refuse": end, "Nein": end, "(no)": end, "never mind": end, "don't": end,
		// What stands in our line unquoted must not be followed or formatted.
		"https://evil.example": end, "[x](http://e.example)": end, "www.evil.example": end, "<b>x</b>": end, "`code`": end, "**bold**": end, "_it_": end, "evil.example/x": end, "a“b": end,
	} {
		q := question(erase())
		q.Preview.Targets = []confirm.Target{{Type: "group", ID: id, Name: name}}
		if typed == "" {
			typed = name
		} else if !strings.HasSuffix(id, typed) {
			t.Fatalf("%q is not an end of %q", typed, id)
		} else {
			typed = id[len(id)-6:]
		}
		if got := q.Typed(); got != typed {
			t.Errorf("for the name %q, %q is typed, want %q", name, got, typed)
		}
	}
}

func TestATypedQuestionNeverFallsBackToAChoice(t *testing.T) {
	t.Parallel()
	person := func(id, name string) confirm.Target { return confirm.Target{Type: "user", ID: id, Name: name} }
	for what, targets := range map[string][]confirm.Target{
		"no target":                         nil,
		"a new one, not ASCII":              {person("", "Ürsula@acme.example")},
		"a new one, too long":               {person("", strings.Repeat("a", 41))},
		"nothing at all":                    {person("", "")},
		"an id that is text":                {person("00u x [y](z)", "é")},
		"several, the first easily typed":   {person("00u1", "ada@acme.example"), person("00u2", "bob@acme.example")},
		"an id cut in the middle of a rune": {person("00uéééééé", "é")},
	} {
		q := question(erase())
		q.Preview.Targets = targets
		if q.Typed() != "delete_user" || !strings.HasSuffix(q.Text(), "\nTo go on, type exactly: delete_user (the name of the tool)") {
			t.Errorf("%s: %q is typed, want the tool's name", what, q.Typed())
		}
		if q.Accepts(yes().Content) {
			t.Errorf("%s: a choice is taken where something must be typed", what)
		}
		if q.Tool = ""; q.Accepts(typing("").Content) || q.Accepts(yes().Content) {
			t.Errorf("%s: an empty answer is taken where nothing can be typed", what)
		}
	}
}

func TestOnlyTheExactAnswerIsAccepted(t *testing.T) {
	t.Parallel()
	choice, typed := question(deactivate()), question(erase())
	object := func(pairs ...any) map[string]any {
		m := map[string]any{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i].(string)] = pairs[i+1]
		}
		return m
	}
	if !choice.Accepts(object("decision", "proceed")) || !typed.Accepts(object("type_to_confirm", "bob@acme.example")) {
		t.Fatal("the exact answers are not accepted")
	}
	for _, content := range []any{
		nil, true, "proceed", "yes", 1.0, []any{"proceed"}, object(), object("decision", nil), object("decision", true), object("decision", "Proceed"),
		object("decision", "proceed "), object("decision", "refuse"), object("decision", []any{"proceed"}), object("decision", object("decision", "proceed")),
		object("Decision", "proceed"), object("decision", "proceed", "note", ""), object("type_to_confirm", "BOB@acme.example"), object("type_to_confirm", "bob@acme.example "),
		object("type_to_confirm", "“bob@acme.example”"), object("type_to_confirm", ""), object("type_to_confirm", "bob@acme.exаmple"),
		object("decision", "proceed", "type_to_confirm", "bob@acme.example"), map[string]string{"decision": "proceed"}, json.RawMessage(`{"decision":"proceed"}`),
	} {
		if choice.Accepts(content) || typed.Accepts(content) {
			t.Errorf("%#v is taken for a yes", content)
		}
	}
	if choice.Accepts(object("type_to_confirm", "bob@acme.example")) || typed.Accepts(object("decision", "proceed")) {
		t.Error("the answer to one form is taken for the other")
	}
}

// The forms, in the restricted schemas that clients know: EnumSchema of MCP
// 2025-06-18, TitledSingleSelectEnumSchema of 2025-11-25, StringSchema of both.
func TestTheFormsAreWhatClientsKnow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		request confirm.Request
		legacy  bool
		want    string
	}{
		"choice, 2025-06-18": {deactivate(), true, `{"properties":{"decision":{"enum":["refuse","proceed"],"enumNames":["No, change nothing","Yes: deactivate the user"],"title":"Decision","type":"string"}},"required":["decision"],"type":"object"}`},
		"choice, 2025-11-25": {deactivate(), false, `{"properties":{"decision":{"oneOf":[{"const":"refuse","title":"No, change nothing"},{"const":"proceed","title":"Yes: deactivate the user"}],"title":"Decision","type":"string"}},"required":["decision"],"type":"object"}`},
		"typed, 2025-06-18":  {erase(), true, `{"properties":{"type_to_confirm":{"description":"Type exactly: bob@acme.example","title":"Type to confirm","type":"string"}},"required":["type_to_confirm"],"type":"object"}`},
		"typed, 2025-11-25":  {erase(), false, `{"properties":{"type_to_confirm":{"description":"Type exactly: bob@acme.example","title":"Type to confirm","type":"string"}},"required":["type_to_confirm"],"type":"object"}`},
	} {
		got, err := json.Marshal(question(c.request).Schema(c.legacy))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: the form is %s (%v), want %s", name, got, err, c.want)
		}
	}
	if schema := (confirm.Question{}).Schema(false); schema["type"] != "object" {
		t.Errorf("an empty question has the form %v", schema)
	}
}
