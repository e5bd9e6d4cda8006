package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

// draft is a document on its way from what it was to what it is to be.
type draft struct {
	before, after json.RawMessage
	etag          string
}

// edit is a tool that changes part of an object: it reads the document, merges
// into it the part given, shows the difference, and writes the whole back, so
// that nothing is lost that the caller did not mention.
type edit[In identified] struct {
	action string // the question, without the target: "Change this network zone"
	param  string // the parameter that holds the part
	part   func(In) (json.RawMessage, error)

	// replaces is set by a tool that replaces the whole instead of merging: all is
	// cleared that the part does not give, but for these members of Okta's own.
	replaces []string

	// check refuses, raises, and measures the consequence; optional.
	check func(ctx context.Context, c *Call, p *confirm.Preview, in In, o object, d draft) error
	put   func(ctx context.Context, c *Call, in In, o confirm.Target, d draft) (*oktaclient.Answer, error)

	// undo is the arguments that put back the part given, where they are not that
	// part under param; optional.
	undo func(before json.RawMessage) map[string]any
}

// tool is t with the edit's Check and Run.
func (e edit[In]) tool(t Tool[In, Change]) Any {
	t.Check = func(ctx context.Context, c *Call, in *In) (confirm.Preview, error) {
		p := confirm.Preview{Action: e.action}
		k, id := (*in).identify()
		part, err := e.part(*in)
		if err != nil {
			return p, err
		}
		if err := c.refuseSecrets(e.param, part); err != nil {
			return p, err
		}
		o, err := c.object(ctx, k, id)
		if err != nil {
			return p, err
		}
		p.Targets, p.State = []confirm.Target{o.target()}, o.state()
		d := draft{before: o.raw, after: merge(e.base(o.raw), part), etag: o.etag}
		p.Changes = inFull(hideSecrets(differences(d.before, d.after)))
		if len(p.Changes) == 0 {
			return p, &Refused{Reason: fmt.Sprintf("%s has these values already, so nothing was sent", o.called())}
		}
		c.draft = d
		if e.check != nil {
			err = e.check(ctx, c, &p, *in, o, d)
		}
		return p, err
	}
	t.Run = func(ctx context.Context, c *Call, in In) (Change, error) {
		k, _ := in.identify()
		target := c.Targets[0]
		answer, err := e.put(ctx, c, in, target, c.draft)
		if err != nil {
			return Change{}, c.unclear(ctx, k, target.ID, err)
		}
		if c.pending != nil {
			return c.unfinished(target), nil
		}
		after := answer.Body
		if !gjson.ParseBytes(after).IsObject() {
			after = c.draft.after
		}
		change := Change{Target: &target, Notes: c.Notes, Before: reverse(c.draft.before, after), After: reverse(after, c.draft.before)}
		change.Undo = undoWith(t.Name, e.back(k.arguments(target.ID), c.draft, change.Before))
		if len(change.Before) == len("{}") {
			change.Undo = Undo{Words: "nothing to undo"}
			change.Notes = append(change.Notes, "Okta took the request and the document shows no difference")
		}
		if part, err := e.part(in); err == nil && !c.putsBack(part, change.Before) {
			change.Undo = Undo{Words: "a secret cannot be put back"}
		}
		return change, nil
	}
	return t
}

// back adds to the arguments that name the object those that put back what was
// before, of which part is what differs.
func (e edit[In]) back(arguments map[string]any, d draft, part json.RawMessage) map[string]any {
	switch {
	case e.undo != nil:
		maps.Copy(arguments, e.undo(part))
	case e.replaces != nil: // what the undo leaves out would be cleared
		arguments[e.param] = leaving(settled(d.before), e.replaces)
	default:
		arguments[e.param] = part
	}
	return arguments
}

// base is what a part is merged into.
func (e edit[In]) base(document json.RawMessage) json.RawMessage {
	if e.replaces == nil {
		return document
	}
	return project(gjson.ParseBytes(document), e.replaces)
}

// leaving is a document less the members named.
func leaving(document json.RawMessage, names []string) json.RawMessage {
	for _, name := range names {
		document = without(gjson.ParseBytes(document), name)
	}
	return document
}

// whole is the put of an edit whose operation takes the object's id and document.
func whole[In identified](operation func(*oktaclient.Org, context.Context, string, json.RawMessage) (*oktaclient.Answer, error)) func(context.Context, *Call, In, confirm.Target, draft) (*oktaclient.Answer, error) {
	return func(ctx context.Context, c *Call, _ In, o confirm.Target, d draft) (*oktaclient.Answer, error) {
		return operation(c.Org, ctx, o.ID, d.after)
	}
}

// ownWriting are the members that Okta writes by itself: they are no part of
// what is changed, and going back with the document they would only be ignored.
func ownWriting() []string {
	return []string{"_links", "_embedded", "lastUpdated", "lastMembershipUpdated", "lastLogin"}
}

// settled is a document without what Okta writes by itself.
func settled(document json.RawMessage) json.RawMessage {
	if len(document) == 0 {
		return document
	}
	return leaving(document, ownWriting())
}

// merge writes the members of part over those of document, objects member by
// member, everything else whole. A null is written as null: to Okta that clears.
// What part does not name keeps its place and its bytes. What Okta writes by
// itself is not sent: no question shows it.
func merge(document, part json.RawMessage) json.RawMessage {
	return mergeInto(gjson.ParseBytes(settled(document)), gjson.ParseBytes(settled(part)))
}

func mergeInto(document, part gjson.Result) json.RawMessage {
	var b objectWriter
	document.ForEach(func(key, value gjson.Result) bool {
		given := exactMember(part, key.String())
		switch {
		case given.Raw == "":
			b.member(key.Raw, json.RawMessage(value.Raw))
		case given.IsObject() && value.IsObject():
			b.member(key.Raw, mergeInto(value, given))
		default:
			b.member(key.Raw, json.RawMessage(given.Raw))
		}
		return true
	})
	part.ForEach(func(key, value gjson.Result) bool {
		if exactMember(document, key.String()).Raw == "" {
			b.member(key.Raw, json.RawMessage(value.Raw))
		}
		return true
	})
	return b.done()
}

// reverse is the part that, merged into after, makes it before again.
func reverse(before, after json.RawMessage) json.RawMessage {
	return reverseOf(gjson.ParseBytes(settled(before)), gjson.ParseBytes(settled(after)))
}

func reverseOf(before, after gjson.Result) json.RawMessage {
	var b objectWriter
	eachMember(before, after, func(key string, was, is gjson.Result) {
		switch {
		case sameJSON(was, is):
		case was.IsObject() && is.IsObject():
			b.member(key, reverseOf(was, is))
		default:
			b.member(key, rawOrNull(was))
		}
	})
	return b.done()
}

// eachMember calls f for every member of either object, with its name as JSON.
func eachMember(before, after gjson.Result, f func(key string, was, is gjson.Result)) {
	before.ForEach(func(key, was gjson.Result) bool {
		f(key.Raw, was, exactMember(after, key.String()))
		return true
	})
	after.ForEach(func(key, is gjson.Result) bool {
		if exactMember(before, key.String()).Raw == "" {
			f(key.Raw, gjson.Result{}, is)
		}
		return true
	})
}

// sameJSON reports whether two values are equal. A missing member and a null are:
// Okta writes either.
func sameJSON(a, b gjson.Result) bool {
	switch {
	case a.IsObject() && b.IsObject():
		same := true
		eachMember(a, b, func(_ string, was, is gjson.Result) { same = same && sameJSON(was, is) })
		return same
	case a.IsArray() && b.IsArray():
		return slices.EqualFunc(a.Array(), b.Array(), sameJSON)
	case a.Type == gjson.Number && b.Type == gjson.Number:
		return a.Raw == b.Raw
	}
	return a.Type == b.Type && a.IsObject() == b.IsObject() && a.IsArray() == b.IsArray() && a.String() == b.String()
}

func stringsOf(list gjson.Result) []string {
	var texts []string
	for _, element := range list.Array() {
		texts = append(texts, element.String())
	}
	return texts
}

// needObject refuses a part that is no object or says nothing.
func needObject(param string, part json.RawMessage) (json.RawMessage, error) {
	doc := gjson.ParseBytes(part)
	if !doc.IsObject() || len(doc.Map()) == 0 {
		return nil, &ArgumentError{Problem: param + " must be a JSON object with at least one member"}
	}
	return part, nil
}

// objectWriter writes an object whose names and values are JSON already.
type objectWriter struct{ b []byte }

func (w *objectWriter) member(key string, value json.RawMessage) {
	if len(w.b) > 0 {
		w.b = append(w.b, ',')
	}
	w.b = append(append(append(w.b, key...), ':'), value...)
}

func (w *objectWriter) done() json.RawMessage {
	return append(append([]byte{'{'}, w.b...), '}')
}

var errNoBody = errors.New("okta answered without the object that was made")
