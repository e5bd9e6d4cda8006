package tools

import (
	"encoding/json"

	"okta-mcp/confirm"
)

// Change is what every tool that changes something answers, and what it answers
// to plan_only: then Plan is set and nothing was changed.
type Change struct {
	Target  *confirm.Target `json:"target,omitempty"`
	Targets []Outcome       `json:"targets,omitempty"` // instead of Target, for a call on several
	Plan    *Plan           `json:"plan,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Before  json.RawMessage `json:"before,omitempty"`
	After   json.RawMessage `json:"after,omitempty"`
	Undo    Undo            `json:"undo,omitzero" jsonschema:"tool and arguments, or words"`
	Notes   []string        `json:"notes,omitempty"`
}

// Outcome is what became of one target of a call on several.
type Outcome struct {
	confirm.Target
	Done  bool   `json:"done"`
	Error string `json:"error,omitempty"` // why not
	Note  string `json:"note,omitempty"`
	Undo  Undo   `json:"undo,omitzero"`
}

// Plan is what would happen, and what a person would be asked.
type Plan struct {
	Effect      string   `json:"effect"`
	Raised      string   `json:"raised,omitempty"` // why a write is confirmed after all
	Policy      string   `json:"policy,omitempty"` // the operator's rule or approval that counts: "policy.yaml:12 typed"
	Asks        bool     `json:"asks"`             // whether a person would be asked
	Consequence []string `json:"consequence,omitempty"`
	Facts       []string `json:"facts,omitempty"`    // what was read of the org: its text, quoted
	Question    string   `json:"question,omitempty"` // as the person would read it
}

// Undo is how a change is reversed: by a tool and its arguments, or in words.
type Undo struct {
	Tool      string
	Arguments map[string]any
	Words     string
}

const cannotBeUndone = "cannot be undone"

func undoWith(tool string, arguments map[string]any) Undo {
	return Undo{Tool: tool, Arguments: arguments}
}

// MarshalJSON gives the words as a string, the tool and arguments as an object.
func (u Undo) MarshalJSON() ([]byte, error) {
	if u.Tool == "" {
		return json.Marshal(u.Words)
	}
	return json.Marshal(map[string]any{"tool": u.Tool, "arguments": u.Arguments})
}

// failed reports how many targets of a call on several were not changed.
func (c Change) failed() int {
	n := 0
	for _, outcome := range c.Targets {
		if !outcome.Done {
			n++
		}
	}
	return n
}

// planned is the answer to plan_only.
func planned(effect Effect, q confirm.Question, asks bool, policy string) Change {
	p := q.Preview
	change := Change{Notes: p.Notes, Plan: &Plan{
		Effect: effect.String(), Raised: p.Raised, Policy: policy, Asks: asks, Consequence: p.Consequence,
	}}
	if asks {
		change.Plan.Question = q.Text()
	} else {
		change.Plan.Facts = q.Facts()
	}
	if len(p.Targets) == 1 {
		change.Target = &p.Targets[0]
		return change
	}
	for _, t := range p.Targets {
		change.Targets = append(change.Targets, Outcome{Target: t})
	}
	return change
}
