package tools_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/tools"
)

// args are a call's arguments.
type args = map[string]any

// sample is what the tests over all tools need to know of one of them.
type sample struct {
	arguments args // a call that works on the demo org
	others    args // for each parameter, another value that makes a difference
	asked     args // a call of a write that a person is asked about; for confirmed tools, nil means arguments
}

// paged adds to the other values those that every list takes.
func paged(others args) args {
	others["limit"] = 3
	others["fields"] = []string{"id", "uuid"}
	return others
}

// samples has one for every tool, a function for each file of tools.
func samples(c demoorg.Cast) map[string]sample {
	all := map[string]sample{"get_access_status": {}}
	for _, some := range []func(demoorg.Cast) map[string]sample{
		userSamples, lifecycleSamples, sessionSamples, groupSamples, groupRuleSamples, applicationSamples, assignmentSamples,
		policySamples, zoneSamples, factorSamples, logSamples, deviceSamples, roleSamples, eventHookSamples, aiAgentSamples, mcpServerSamples,
	} {
		maps.Copy(all, some(c))
	}
	return all
}

// dangerous has a call of every tool that can ask, which a person is asked about.
func dangerous(c demoorg.Cast) map[string]args {
	calls := map[string]args{}
	for name, sample := range samples(c) {
		switch {
		case sample.asked != nil:
			calls[name] = sample.asked
		case confirmed(name):
			calls[name] = maps.Clone(sample.arguments)
		}
	}
	return calls
}

// confirmed reports whether the tool is confirmed whatever its arguments.
func confirmed(name string) bool {
	return slices.ContainsFunc(tools.Catalog(), func(d tools.Description) bool {
		return d.Name == name && (d.Effect == tools.Destructive || d.Effect == tools.Privileged)
	})
}

// trial is one call of a tool and what must come of it.
type trial struct {
	name      string
	tool      string
	arguments args
	prepare   func(w *world)
	answers   []string // what a successful answer must contain
	refused   []string // what a refusal must contain; nothing is changed then
	fails     []string // what the error must contain when Okta refuses what was sent
	asks      []string // what the question must contain; none: nobody is asked
	writes    []string // the changes Okta must see, as "POST /api/v1/…"; nothing else
}

// try makes each trial in a world of its own, with every scope and a person who agrees.
func try(t *testing.T, trials func(demoorg.Cast) []trial) {
	for i, one := range trials(demoorg.Cast{}) {
		t.Run(one.tool+"/"+one.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
			trials(w.org.Cast())[i].run(t, w)
		})
	}
}

func (one trial) run(t *testing.T, w *world) {
	t.Helper()
	if one.prepare != nil {
		one.prepare(w)
		w.org.Reset()
	}
	p, question := w.listening()
	r := p.ask(one.tool, one.arguments)
	if one.refused != nil {
		r.mustFail(one.refused...)
		noWrites(t, w)
		return
	}
	if one.fails != nil {
		r.mustFail(one.fails...)
	} else {
		r.mustWork(nil)
	}
	contains(t, "the answer", r.text(), one.answers)
	contains(t, "the question", *question, one.asks)
	if one.asks == nil && *question != "" {
		t.Errorf("a person was asked: %s", *question)
	}
	var writes []string
	for _, q := range w.org.Writes() {
		writes = append(writes, q.Method+" "+q.Path)
	}
	if !slices.Equal(writes, one.writes) {
		t.Errorf("Okta saw the changes\n%q, want\n%q", writes, one.writes)
	}
}

func contains(t *testing.T, what, text string, words []string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%s does not say %q: %s", what, word, text)
		}
	}
}

// listening connects a person who agrees, and keeps the last question.
func (w *world) listening() (*peer, *string) {
	var question string
	return w.connect("2025-11-25", func(ctx context.Context, q mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
		question = q.Message
		return accepting(ctx, q)
	}), &question
}
