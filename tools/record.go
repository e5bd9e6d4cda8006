package tools

import (
	"context"
	"log/slog"
	"time"

	"okta-mcp/confirm"
)

// Event is what a Recorder is told of a call: names, ids and outcomes, never
// profile values or secrets.
type Event struct {
	ID        string // tells the calls apart; the same before and after
	Time      time.Time
	Caller    Caller
	Tool      string
	Effect    Effect
	Raised    bool
	Targets   []confirm.Target // filled once they are known
	Arguments string           // SHA-256 of the arguments but for secrets, in hex: as they came, and canonical once the call has its consent
	Rule      string           // what of the operator's policy or callers decided: "policy.yaml:12 typed"; empty when nothing did
	Asker     string           // through what a person was asked: "client", "browser", "terminal"; empty when nobody was
	Question  string           // SHA-256 of the text that was shown, in hex
	Consent   confirm.Consent
	Answer    string        // why there is no consent: "decline", "waiting", …, AnswerPlan
	Outcome   string        // after the call: "ok" or an Outcome value
	Requests  []Sent        // after the call: what was sent to Okta
	Duration  time.Duration // after the call
}

// AnswerPlan is the Answer of a call that only asked what it would do.
const AnswerPlan = "plan_only"

// asked notes through what a person was asked what, where one was.
func (e *Event) asked(asker, question string) {
	if question != "" {
		e.Asker, e.Question = asker, question
	}
}

// Sent is one request of a call.
type Sent struct {
	Method, Path string
	Status       int
	RequestID    string
}

// Recorder is told of every call before it can change anything and after it is
// done. An error from Before refuses a call that changes something.
type Recorder interface {
	// Before is told of a call that is about to run, with the consent it has.
	Before(context.Context, Event) error
	// After is told of every call, also of those refused before they ran.
	After(context.Context, Event) error
}

// LogRecorder records calls as log lines.
type LogRecorder struct{ Logger *slog.Logger }

// Before implements Recorder.
func (r LogRecorder) Before(ctx context.Context, e Event) error {
	if e.Effect == Read {
		return nil
	}
	r.Logger.InfoContext(ctx, "calling", r.attributes(e)...)
	return nil
}

// After implements Recorder.
func (r LogRecorder) After(ctx context.Context, e Event) error {
	attributes := append(r.attributes(e), "outcome", e.Outcome, "answer", e.Answer,
		"requests", len(e.Requests), "duration", e.Duration.Round(time.Millisecond))
	for _, sent := range e.Requests {
		if sent.Method != "GET" {
			attributes = append(attributes, "write_status", sent.Status, "request_id", sent.RequestID)
		}
	}
	r.Logger.InfoContext(ctx, "called", attributes...)
	return nil
}

func (LogRecorder) attributes(e Event) []any {
	ids := make([]string, len(e.Targets))
	for i, t := range e.Targets {
		ids[i] = t.ID
	}
	return []any{"tool", e.Tool, "caller", e.Caller.ID, "effect", e.Effect.String(), "raised", e.Raised,
		"targets", ids, "consent", e.Consent.By}
}
