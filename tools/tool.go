// Package tools is what an agent can do in an Okta org: each tool is one value,
// one file per toolset, and one serving function carries every call from its
// arguments through consent to Okta and back.
//
// It refuses to know how a request is signed or sent (package oktaclient) and
// how a person is asked (package confirm). A tool never writes a path, never
// decides who is asked, and cannot skip a step of the way.
package tools

//go:generate go test . -run TestReadmeListsTheToolsThereAre -update

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"okta-mcp/confirm"
)

// Effect is what a call does to the org. The zero value is invalid, so that a
// tool that forgets to say is refused rather than taken for harmless.
type Effect int

// The effects, from the lightest to those that a person must confirm.
const (
	Read        Effect = iota + 1 // changes nothing
	Write                         // changes something that is easily put back
	Destructive                   // removes access or data: confirmed
	Privileged                    // gives power, undoes a containment, or changes a rule for everybody: confirmed
)

// String returns the effect's name, as tables and records show it.
func (e Effect) String() string {
	switch e {
	case Read:
		return "read"
	case Write:
		return "write"
	case Destructive:
		return "destructive"
	case Privileged:
		return "privileged"
	}
	return fmt.Sprintf("invalid effect %d", int(e))
}

func (e Effect) confirmed() bool { return e == Destructive || e == Privileged }

// Tool is one thing an agent can do. In is a struct whose fields are the
// parameters; Out is what is answered.
type Tool[In, Out any] struct {
	Name, Title, Description string

	Scopes   []string // every one is needed by Run; manage satisfies read
	Optional []string // what Check or parts of Run can use when granted
	Effect   Effect

	// Check reads the target back, refuses what cannot work, may raise the
	// effect, measures the consequence, and pins what it resolved into In. It
	// can send nothing but reads. Required where Effect is confirmed.
	Check func(ctx context.Context, c *Call, in *In) (confirm.Preview, error)
	Run   func(ctx context.Context, c *Call, in In) (Out, error)
}

// Any is a Tool whatever its types: what lists, filters and serves need.
type Any interface {
	spec() Spec
	decode(arguments json.RawMessage, schema *inputSchema) (invocation, error)
}

// Spec is what a tool says about itself.
type Spec struct {
	Name, Title, Description string
	Scopes, Optional         []string
	Effect                   Effect
	Asks                     bool // has a Check, so it can ask a person and takes plan_only
	in, out                  reflect.Type
}

func (t Tool[In, Out]) spec() Spec {
	return Spec{
		Name: t.Name, Title: t.Title, Description: t.Description,
		Scopes: t.Scopes, Optional: t.Optional, Effect: t.Effect, Asks: t.Check != nil,
		in: reflect.TypeFor[In](), out: reflect.TypeFor[Out](),
	}
}

// invocation is one tool with the arguments of one call.
type invocation interface {
	check(ctx context.Context, c *Call) (confirm.Preview, error)
	run(ctx context.Context, c *Call) (any, error)
	arguments() any // as they would be carried out; canonical as JSON
}

func (t Tool[In, Out]) decode(arguments json.RawMessage, schema *inputSchema) (invocation, error) {
	call := &typedCall[In, Out]{tool: t}
	if err := schema.check(arguments); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(arguments, &call.in); err != nil {
		return nil, &ArgumentError{Problem: err.Error()}
	}
	return call, nil
}

type typedCall[In, Out any] struct {
	tool Tool[In, Out]
	in   In
}

func (t *typedCall[In, Out]) check(ctx context.Context, c *Call) (confirm.Preview, error) {
	return t.tool.Check(ctx, c, &t.in)
}

func (t *typedCall[In, Out]) run(ctx context.Context, c *Call) (any, error) {
	return t.tool.Run(ctx, c, t.in)
}

func (t *typedCall[In, Out]) arguments() any { return t.in }
