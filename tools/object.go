package tools

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

// kind is a sort of Okta object that tools read back by id before they change it.
type kind struct {
	word   string // our word for it in questions: "network zone"
	name   string // path of its name in Okta's document: "label"
	param  string // the parameter that holds its id: "zone_id"
	finder string // the tool that shows the ids there are
	within inside // what it belongs to, where its id alone does not name it
	get    func(ctx context.Context, o *oktaclient.Org, id string) (*oktaclient.Answer, error)

	// operation reads an operation on one, where Okta carries changes out later.
	operation func(ctx context.Context, o *oktaclient.Org, id string) (*oktaclient.Answer, error)

	// find reads one by more than its id, as by an exact name. Optional: without
	// it, get reads by the id alone.
	find func(ctx context.Context, c *Call, ref string) (json.RawMessage, error)
}

// inside is what an object belongs to: the policy of a rule.
type inside struct{ param, id string }

// identified is the input of a tool about one object.
type identified interface {
	identify() (kind, string)
}

// byID is the get of a kind whose id alone names it.
func byID(get func(*oktaclient.Org, context.Context, string) (*oktaclient.Answer, error)) func(context.Context, *oktaclient.Org, string) (*oktaclient.Answer, error) {
	return func(ctx context.Context, o *oktaclient.Org, id string) (*oktaclient.Answer, error) {
		return get(o, ctx, id)
	}
}

// object is one of Okta's documents that a tool is about to change.
type object struct {
	kind             kind
	id, name, status string
	raw              json.RawMessage
	etag             string // empty where Okta gives none
}

func newObject(k kind, raw json.RawMessage, etag string) object {
	doc := gjson.ParseBytes(raw)
	return object{
		kind: k, id: doc.Get("id").String(), name: doc.Get(k.name).String(), status: doc.Get("status").String(),
		raw: raw, etag: etag,
	}
}

// object reads an object back by its id.
func (c *Call) object(ctx context.Context, k kind, id string) (object, error) {
	if k.find != nil {
		found, err := k.find(ctx, c, id)
		if err != nil {
			return object{}, err
		}
		return newObject(k, found, ""), nil
	}
	answer, err := k.get(ctx, c.Org, id)
	if notFound(err) {
		return object{}, &Refused{Reason: fmt.Sprintf("no %s has the id %s", k.word, confirm.Quote(id)), Next: k.finder + " shows the ids there are"}
	}
	if err != nil {
		return object{}, err
	}
	o := newObject(k, answer.Body, answer.ETag)
	if o.id == "" { // some documents name themselves by another member
		o.id = id
	}
	return o, nil
}

func (o object) target() confirm.Target {
	return confirm.Target{Type: o.kind.word, ID: o.id, Name: o.name, Within: o.kind.within.id}
}

// state is what must not change between a question and the change: the whole
// document, but for what Okta writes by itself.
func (o object) state() any { return string(settled(o.raw)) }

// called is how our sentences name an object: its name is the org's text.
func (o object) called() string {
	if o.name == "" {
		return fmt.Sprintf("the %s %s", o.kind.word, o.id)
	}
	return fmt.Sprintf("the %s %s", o.kind.word, confirm.Quote(o.name))
}

// arguments are those that name the object in another call.
func (k kind) arguments(id string) map[string]any {
	arguments := map[string]any{k.param: id}
	if k.within.param != "" {
		arguments[k.within.param] = k.within.id
	}
	return arguments
}

// shows says in words what an object shows now.
func (c *Call) shows(ctx context.Context, k kind, id string) (string, error) {
	answer, err := k.get(ctx, c.Org, id)
	if notFound(err) {
		return fmt.Sprintf("as of now there is no %s %s", k.word, id), nil
	}
	if err != nil {
		return "", err
	}
	o := newObject(k, answer.Body, "")
	return fmt.Sprintf("as of now the %s %s exists, with the status %s and last changed at %s", k.word, id,
		firstNonEmpty(o.status, "(none)"), firstNonEmpty(gjson.GetBytes(o.raw, "lastUpdated").String(), "(unknown)")), nil
}

// Shown is what every get takes beside an id.
type Shown struct {
	Fields []string `json:"fields,omitempty" jsonschema:"dotted paths; * is all" max:"50"`
}

func (s Shown) fields() []string { return s.Fields }

// getObject is the Run of every tool that answers one object by its id.
func getObject[In interface {
	identified
	fields() []string
}](ctx context.Context, c *Call, in In) (Document, error) {
	k, id := in.identify()
	o, err := c.object(ctx, k, id)
	if err != nil {
		return nil, err
	}
	return c.document(o.raw, in.fields())
}
