package confirm_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"okta-mcp/confirm"
)

func TestTheTerminalTakesOnlyTheExactYes(t *testing.T) {
	t.Parallel()
	for line, accepted := range map[string]bool{
		"yes\n": true, "Yes \n": true, "YES\r\n": true, "  yes\n": true, "yes\nno\n": true,
		"\n": false, "y\n": false, "no\n": false, "proceed\n": false, "yes!\n": false, "yes please\n": false, "ja\n": false, "yeſ\n": false, "\x1b[Ayes\n": false,
		"yes\x00\n": false, "no\nyes\n": false, "\nyes\n": false, "bob@acme.example\n": false, "refuse\n": false,
	} {
		checkTerminal(t, deactivate(), line, accepted)
	}
	for line, accepted := range map[string]bool{
		"bob@acme.example\n": true, "bob@acme.example\r\n": true,
		"\n": false, "yes\n": false, "Bob@acme.example\n": false, "bob@acme.example \n": false, " bob@acme.example\n": false, "bob\n": false, "proceed\n": false,
	} {
		checkTerminal(t, erase(), line, accepted)
	}
}

// checkTerminal asks with the input and fails unless it is a consent, or a no.
func checkTerminal(t *testing.T, r confirm.Request, input string, accepted bool) {
	t.Helper()
	g, _ := gate(confirm.NewTerminal(strings.NewReader(input), io.Discard))
	ticket, err := g.Ask(t.Context(), r)
	if !accepted {
		mustRefuse(t, err, "decline")
		return
	}
	if err != nil {
		t.Fatalf("%q: %v", input, err)
	}
	if consent := mustConsent(t, g, r, *ticket); consent.By != "terminal" {
		t.Errorf("the consent is by %q", consent.By)
	}
}

// What comes without Enter was not confirmed by anybody.
func TestTheEndOfInputIsNoAnswer(t *testing.T) {
	t.Parallel()
	for _, input := range []string{"", "yes", "bob@acme.example"} {
		for _, r := range []confirm.Request{deactivate(), erase()} {
			g, _ := gate(confirm.NewTerminal(strings.NewReader(input), io.Discard))
			_, err := g.Ask(t.Context(), r)
			mustRefuse(t, err, "error")
		}
	}
}

func TestTheTerminalShowsTheQuestionAndNoEscapes(t *testing.T) {
	t.Parallel()
	for _, text := range hostile() {
		r := erase()
		r.Client, r.Preview.Targets[0].Name, r.Preview.Targets[0].Full = text, text, text
		var out bytes.Buffer
		g, _ := gate(confirm.NewTerminal(strings.NewReader("\n"), &out))
		_, err := g.Ask(t.Context(), r)
		mustRefuse(t, err, "decline")
		shown := out.String()
		mustBeInert(t, shown)
		if !strings.HasPrefix(shown, "\nDelete the user for good in the Okta org acme.okta.com?\n") || !strings.HasSuffix(shown, "\nType it here, or press Enter to change nothing: ") {
			t.Fatalf("with %q the terminal shows %s", text, shown)
		}
	}
}

func TestALineTypedAfterTheTimeoutNeverCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		in, typed := io.Pipe()
		terminal := confirm.NewTerminal(in, io.Discard)
		g := confirm.NewGate(confirm.Options{Askers: []confirm.Asker{terminal}, Timeout: time.Minute})
		_, err := g.Ask(t.Context(), deactivate())
		mustRefuse(t, err, "expired")
		if _, err := typed.Write([]byte("yes\nyes\n")); err != nil && !errors.Is(err, io.ErrClosedPipe) {
			t.Error(err)
		}
		_, err = g.Ask(t.Context(), deactivate())
		if refusal := mustRefuse(t, err, "unasked"); !strings.Contains(refusal.Reason, "left unanswered") {
			t.Errorf("the terminal asks again after a question that nobody answered: %s", refusal.Reason)
		}
		if _, err := terminal.Ask(t.Context(), question(deactivate())); err == nil {
			t.Error("the terminal itself asks again")
		}
	})
}

// The terminal has one person in front of it: questions come one after the other,
// and waiting for one does not block what only wants to know how they would come.
func TestTheTerminalAsksOneQuestionAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		in, typed := io.Pipe()
		terminal := confirm.NewTerminal(in, io.Discard)
		first := make(chan confirm.Reply)
		go func() {
			reply, err := terminal.Ask(t.Context(), question(deactivate()))
			if err != nil {
				t.Error(err)
			}
			first <- reply
		}()
		synctest.Wait()
		if ok, why := terminal.Can(t.Context()); !ok {
			t.Errorf("while a question is open, the terminal cannot be asked: %s", why)
		}
		waiting, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := terminal.Ask(waiting, question(deactivate())); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a question whose turn never came: %v", err)
		}
		if _, err := typed.Write([]byte("yes\n")); err != nil {
			t.Error(err)
		}
		if reply := <-first; reply.Action != "accept" {
			t.Errorf("the open question was answered %+v", reply)
		}
		if ok, _ := terminal.Can(t.Context()); !ok {
			t.Error("a question that was never shown closed the terminal")
		}
	})
}

func TestATerminalThatCannotBeWrittenToAsksNothing(t *testing.T) {
	t.Parallel()
	in, out := io.Pipe()
	_ = in.Close()
	g, _ := gate(confirm.NewTerminal(strings.NewReader("yes\n"), out))
	_, err := g.Ask(t.Context(), deactivate())
	mustRefuse(t, err, "error")
}
