package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"okta-mcp/cmd/internal/audit"
	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/tools"
)

// The record of a day on which passwords were given, answered with, mistyped and
// refused holds none of them, nor a profile value, nor the text of a question.
func TestTheRecordHoldsNoSecretAndNoProfile(t *testing.T) {
	t.Parallel()
	w := newWitness()
	org, address := serveOrg(t, demoorg.Options{}, w.before)
	w.key(org.Credentials().PrivateKeyPEM)
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	p := start(t, signInTo(org, address), "serve", "--log-level", "ERROR", "--allow-secrets", "--audit-file", path)
	p.initialize()
	busyDay(p, org)
	p.closeInput()
	p.exit()
	text := fileText(t, path)
	w.absent(t, map[string]string{"the record": text})
	for _, private := range []string{"Person", org.Cast().Contractors.Name, "decision", "Type exactly", org.Cast().Employee.Login} {
		if strings.Contains(text, private) {
			t.Errorf("%q is in the record", private)
		}
	}
	if n := strings.Count(text, "\n"); n < 12 {
		t.Errorf("%d records of a busy day prove nothing:\n%s", n, text)
	}
}

// Asking, the change and its end are told apart, and what the person was shown
// can be matched by its hash.
func TestAConsentedCallIsRecordedBeforeItChangesAnything(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	org, address := serveOrg(t, demoorg.Options{}, nil)
	p := start(t, signInTo(org, address), "serve", "--log-level", "ERROR", "--audit-file", path)
	p.initialize()
	call := p.beginCall("delete_group", map[string]any{"group_id": org.Cast().Project.Name})
	asked := p.question()
	if text := fileText(t, path); text != "" {
		t.Errorf("recorded before the answer:\n%s", text)
	}
	p.consent(asked)
	if r := call.result(); r.IsError {
		t.Fatalf("the call was answered %s", r.text())
	}
	p.closeInput()
	p.exit()
	all := strings.Split(strings.TrimSpace(fileText(t, path)), "\n")
	if len(all) != 2 {
		t.Fatalf("%d records, want an intent and its end:\n%s", len(all), strings.Join(all, "\n"))
	}
	intent, done := gjson.Parse(all[0]), gjson.Parse(all[1])
	for name, want := range map[string]string{
		"org": strings.TrimPrefix(address, "http://"), "caller": "stdio", "client": "the test", "client_version": "1", "tool": "delete_group",
		"effect": "destructive", "consent": "client", "asker": "client", "rule": "", "targets.0.id": org.Cast().Project.ID,
	} {
		if intent.Get(name).String() != want || done.Get(name).String() != want {
			t.Errorf("%s is %q and %q, want %q", name, intent.Get(name), done.Get(name), want)
		}
	}
	if intent.Get("kind").String() != "intent" || done.Get("kind").String() != "done" || done.Get("outcome").String() != "ok" {
		t.Errorf("not an intent and its end:\n%s\n%s", intent, done)
	}
	if call := intent.Get("call").String(); call == "" || call != done.Get("call").String() {
		t.Errorf("the two are told to be calls %q and %q", call, done.Get("call"))
	}
	if len(intent.Get("question_sha256").String()) != 64 || intent.Get("question_sha256").String() != done.Get("question_sha256").String() {
		t.Errorf("the question's hash is %s and %s", intent.Get("question_sha256"), done.Get("question_sha256"))
	}
	for _, sent := range intent.Get("requests").Array() {
		if sent.Get("method").String() != "GET" {
			t.Errorf("the intent comes after %s", sent)
		}
	}
}

// A name that reads like cells of the table does not become some, and two callers who
// differ in white space alone are not shown alike.
func TestNamesAreOneCellOfTheTable(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	recorder, err := audit.Open(audit.Options{Path: path, Org: "acme.okta.com", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	const forged = "1  oauth:https://a.example bob  Claude 1.0"
	for _, caller := range []tools.Caller{
		{ID: "oauth:https://a.example eve", ClientName: "Claude  -  CALL"}, {ID: forged}, {ID: "oauth:https://a.example bob "}, {ID: "oauth:https://a.example bob"},
	} {
		if err := recorder.After(t.Context(), tools.Event{ID: "call", Caller: caller, Tool: "get_user", Effect: tools.Read, Outcome: "ok"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := recorder.Close(); err != nil {
		t.Fatal(err)
	}
	shown := runIn(t, nil, "audit", "show", path)
	if shown.code != 0 {
		t.Fatalf("audit show ended with %d: %s", shown.code, shown.stderr)
	}
	for _, cell := range []string{`"Claude  -  CALL"`, strconv.Quote(forged), `"oauth:https://a.example bob "`, `oauth:https://a.example bob `} {
		if !strings.Contains(shown.stdout, "  "+cell+" ") {
			t.Errorf("no cell %s in\n%s", cell, shown.stdout)
		}
	}
}

func fileText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
