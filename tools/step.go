package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

// step is a tool that moves one object to another status or deletes it: what is
// read, refused, measured, done and undone is the same for all of them.
type step[In identified] struct {
	action  string   // the question, without the target: "Deactivate this network zone"
	follows []string // what follows, in whole sentences
	typed   bool     // irreversible: the name is typed

	// from are the statuses that it works from; none: any. to is the status it
	// leads to, where it is one, so that "already" can be said. next says what
	// leads on from a status that it does not work from.
	from []string
	to   string
	next map[string]string

	// resolve pins the names in the arguments to ids; optional. check refuses
	// further, raises, and measures the consequence; optional.
	resolve func(ctx context.Context, c *Call, in *In) error
	check   func(ctx context.Context, c *Call, p *confirm.Preview, in In, o object) error
	do      func(ctx context.Context, c *Call, in In, o confirm.Target) (*oktaclient.Answer, error)
	undo    string // the tool that reverses it, called with the same ids; else it cannot be undone
}

// onID is the do of a step whose operation takes the object's id alone.
func onID[In identified](operation func(*oktaclient.Org, context.Context, string) (*oktaclient.Answer, error)) func(context.Context, *Call, In, confirm.Target) (*oktaclient.Answer, error) {
	return func(ctx context.Context, c *Call, _ In, o confirm.Target) (*oktaclient.Answer, error) {
		return operation(c.Org, ctx, o.ID)
	}
}

// inID is onID for an object that belongs to another.
func inID[In identified](operation func(*oktaclient.Org, context.Context, string, string) (*oktaclient.Answer, error)) func(context.Context, *Call, In, confirm.Target) (*oktaclient.Answer, error) {
	return func(ctx context.Context, c *Call, _ In, o confirm.Target) (*oktaclient.Answer, error) {
		return operation(c.Org, ctx, o.Within, o.ID)
	}
}

// tool is t with the step's Check and Run.
func (s step[In]) tool(t Tool[In, Change]) Any {
	t.Check = func(ctx context.Context, c *Call, in *In) (confirm.Preview, error) {
		p := confirm.Preview{Action: s.action, Consequence: slices.Clone(s.follows), Typed: s.typed}
		if err := resolved(ctx, c, in, s.resolve); err != nil {
			return p, err
		}
		k, id := (*in).identify()
		o, err := c.object(ctx, k, id)
		if err != nil {
			return p, err
		}
		p.Targets, p.State = []confirm.Target{o.target()}, o.state()
		if err := s.allowed(o); err != nil {
			return p, err
		}
		if s.check != nil {
			err = s.check(ctx, c, &p, *in, o)
		}
		return p, err
	}
	t.Run = func(ctx context.Context, c *Call, in In) (Change, error) {
		k, _ := in.identify()
		target := c.Targets[0]
		answer, err := s.do(ctx, c, in, target)
		if err != nil {
			return Change{}, c.unclear(ctx, k, target.ID, err)
		}
		if c.pending != nil {
			return c.unfinished(target), nil
		}
		change := Change{Target: &target, Result: c.resultOf(answer), Undo: Undo{Words: cannotBeUndone}, Notes: c.Notes}
		if s.undo != "" {
			change.Undo = undoWith(s.undo, k.arguments(target.ID))
		}
		return change, nil
	}
	return t
}

// resolved runs an optional resolve.
func resolved[In any](ctx context.Context, c *Call, in *In, resolve func(context.Context, *Call, *In) error) error {
	if resolve == nil {
		return nil
	}
	return resolve(ctx, c, in)
}

// allowed refuses an object whose status the step does not work from, with what
// leads on.
func (s step[In]) allowed(o object) error {
	switch {
	case len(s.from) == 0 || slices.Contains(s.from, o.status):
		return nil
	case o.status == s.to:
		return &Refused{Reason: fmt.Sprintf("%s is %s already, so nothing was done", o.called(), o.status)}
	}
	return &Refused{
		Reason: fmt.Sprintf("%s is %s, and this works from %s only", o.called(), firstNonEmpty(o.status, "without a status"), strings.Join(s.from, " or ")),
		Next:   firstNonEmpty(s.next[o.status], s.next[""]),
	}
}

// resultOf is what a change answers of Okta's own answer: its object, if it is
// one that says something.
func (c *Call) resultOf(answer *oktaclient.Answer) json.RawMessage {
	if answer == nil || !gjson.ParseBytes(answer.Body).IsObject() {
		return nil
	}
	shown, err := c.document(answer.Body, nil)
	if err != nil || len(shown) == len("{}") {
		return nil
	}
	return json.RawMessage(shown)
}
