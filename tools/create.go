package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

// creation is a tool that makes an object from a document.
type creation[In any] struct {
	action string // the question, without the target: "Create this network zone"
	kind   func(In) kind
	param  string // the parameter that holds the document, for what is said of it
	body   func(In) (json.RawMessage, error)

	// resolve pins the names in the arguments to ids; optional. check refuses,
	// raises, and measures the consequence; optional.
	resolve func(ctx context.Context, c *Call, in *In) error
	check   func(ctx context.Context, c *Call, p *confirm.Preview, in In, body json.RawMessage) error
	post    func(ctx context.Context, c *Call, in In, body json.RawMessage) (*oktaclient.Answer, error)
	undo    string         // the tool that takes it away again, called with its id
	also    map[string]any // what else undo is called with
}

// tool is t with the creation's Check and Run.
func (n creation[In]) tool(t Tool[In, Change]) Any {
	t.Check = func(ctx context.Context, c *Call, in *In) (confirm.Preview, error) {
		p := confirm.Preview{Action: n.action}
		if err := resolved(ctx, c, in, n.resolve); err != nil {
			return p, err
		}
		k := n.kind(*in)
		body, err := n.body(*in)
		if err != nil {
			return p, err
		}
		if err := c.refuseSecrets(n.param, body); err != nil {
			return p, err
		}
		body = settled(body) // of what is sent, the question shows everything
		p.Targets = []confirm.Target{{Type: k.word, Name: gjson.GetBytes(body, k.name).String(), Within: k.within.id}}
		p.Changes = inFull(hideSecrets(differences(nil, body)))
		c.draft = draft{after: body}
		if n.check != nil {
			err = n.check(ctx, c, &p, *in, body)
		}
		return p, err
	}
	t.Run = func(ctx context.Context, c *Call, in In) (Change, error) {
		answer, err := n.post(ctx, c, in, c.draft.after)
		if err != nil {
			return Change{}, c.unmade(n.kind(in), err)
		}
		if c.pending != nil {
			return c.unfinished(c.Targets[0]), nil
		}
		change, err := made(c, n.kind(in), answer, n.undo)
		if change.Undo.Tool != "" {
			maps.Copy(change.Undo.Arguments, n.also)
		}
		return change, err
	}
	return t
}

// brandNew is the document of a new object, less what Okta gives it: with these
// members it could pose in the question as an object that is there.
func brandNew(param string, document json.RawMessage) (json.RawMessage, error) {
	document, err := needObject(param, document)
	if err != nil {
		return nil, err
	}
	return leaving(document, []string{"id", "system", "created"}), nil
}

// made is the answer of a tool that made an object.
func made(c *Call, k kind, answer *oktaclient.Answer, undo string) (Change, error) {
	o := newObject(k, answer.Body, "")
	if o.id == "" {
		return Change{}, fmt.Errorf("%w: %s shows it, so do not repeat the call", errNoBody, k.finder)
	}
	target := o.target()
	change := Change{Target: &target, Result: c.resultOf(answer), Notes: c.Notes, Undo: Undo{Words: cannotBeUndone}}
	if undo != "" {
		change.Undo = undoWith(undo, k.arguments(o.id))
	}
	return change, nil
}
