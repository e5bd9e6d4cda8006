// Package confirm is how a person is asked before something is done that cannot
// be taken lightly, and how the answer is checked.
//
// It holds the questions, the seals that tie an answer to one call on one
// target, the limits that keep a person from being worn down, and the askers
// that reach a person: the MCP client and the terminal. It refuses to be a
// policy engine: what must be asked is the tool's to say. It never reads
// consent out of anything that an agent can send, and every doubt is a no.
package confirm

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// DefaultTimeout is how long a question stays open.
const DefaultTimeout = 5 * time.Minute

// Reply is what came back to a question: MCP's action and the form's content.
type Reply struct {
	Action  string // "accept", "decline", "cancel"; anything else is no consent
	Content any
}

// Asker puts questions to a person.
type Asker interface {
	// Name says through what the person answers, for results and records:
	// "client", "terminal".
	Name() string
	// Can reports whether a question of this call could reach a person, and
	// otherwise why not, as the end of a sentence.
	Can(ctx context.Context) (ok bool, why string)
	// Ask waits for the answer until ctx ends. It returns *InputRequired where
	// the answer can only come with a repetition of the call.
	Ask(ctx context.Context, q Question) (Reply, error)
}

// Request is a call that needs a person's yes.
type Request struct {
	Caller   string // who calls: the process on stdio, the principal remotely
	Client   string // what the MCP client calls itself
	Org      string // the org's host
	ClientID string // who we are to Okta
	Tool     string
	Args     any // the arguments as they would be carried out, names resolved
	Preview  Preview
}

func (r Request) question() Question {
	return Question{Org: r.Org, Tool: r.Tool, Client: r.Client, Preview: r.Preview}
}

func (r Request) binding() (binding, error) {
	args, errArgs := hash(r.Args)
	state, errState := hash([]any{r.Preview.Targets, r.Preview.State})
	text, errText := hash(r.question().Text())
	return binding{
		Caller: r.Caller, Org: r.Org, Client: r.ClientID, Tool: r.Tool,
		Args: args, State: state, Text: text,
	}, errors.Join(errArgs, errState, errText)
}

// Consent says that a call may go on, and on whose word.
type Consent struct {
	By       string // the asker's name, or "pre-approval"
	Question string // hash of the text shown; empty for a pre-approval
}

// Ticket is an answered question. It becomes a Consent only through Redeem, with
// the request as it stands after the target was read again.
type Ticket struct {
	By    string
	Seal  string
	Reply Reply
}

// InputRequired asks the caller of a tool to answer the question and to call
// again (MCP 2026-07-28, input-required results).
type InputRequired struct {
	Question Question
	Seal     string
}

func (*InputRequired) Error() string { return "the client must ask the person and call again" }

// Refusal is why a call did not get its consent. Nothing was changed.
type Refusal struct {
	Answer string // "decline", "cancel", "expired", "changed", …: for records
	Reason string // a sentence for the caller, with what may be done
}

func (r *Refusal) Error() string { return r.Reason }

// Options configure a Gate; Askers are tried in order.
type Options struct {
	Askers    []Asker
	Approvals *Approvals
	Timeout   time.Duration    // how long a question stays open; 0: DefaultTimeout
	Now       func() time.Time // nil: time.Now
}

// Gate decides whether a call has its consent.
type Gate struct {
	askers    []Asker
	approvals *Approvals
	timeout   time.Duration
	now       func() time.Time
	seals     *sealer
	limits    *limits

	opening sync.Mutex // makes counting the open questions and opening one a single step
	closed  chan struct{}
	once    sync.Once
}

// NewGate returns a gate with a fresh key: seals made by another are worthless.
func NewGate(o Options) *Gate {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	return &Gate{
		askers: o.Askers, approvals: o.Approvals, timeout: o.Timeout, now: o.Now,
		seals: newSealer(o.Now), limits: newLimits(o.Now), closed: make(chan struct{}),
	}
}

// Close refuses the questions that are open and all later ones: whoever could
// have answered is gone.
func (g *Gate) Close() { g.once.Do(func() { close(g.closed) }) }

// Approvals returns the operator's pre-approvals, as "tool=budget".
func (g *Gate) Approvals() []string { return g.approvals.List() }

// Asking says how a person would be asked by a call with this context.
func (g *Gate) Asking(ctx context.Context) string {
	asker, why := g.asker(ctx)
	if asker == nil {
		return "nobody can be asked: " + why
	}
	return asker.Name()
}

// CountWrite counts n changes that ask nobody. It reports false when there were
// too many of the caller's within ten minutes: then a person is asked.
func (g *Gate) CountWrite(caller string, n int) bool { return g.limits.write(caller, n) }

// PreApproved spends the operator's approval for the request, if there is one.
func (g *Gate) PreApproved(r Request) (Consent, bool) {
	if r.Preview.Protected != "" || !g.approvals.take(r.Tool, max(1, len(r.Preview.Targets))) {
		return Consent{}, false
	}
	return Consent{By: "pre-approval"}, true
}

// Ask puts the request's question to a person and returns the answered ticket,
// *InputRequired when the client is to ask and call again, or *Refusal.
func (g *Gate) Ask(ctx context.Context, r Request) (*Ticket, error) {
	asker, seal, err := g.open(ctx, r)
	if err != nil {
		return nil, err
	}
	asking, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	go func() {
		select {
		case <-g.closed:
			cancel()
		case <-asking.Done():
		}
	}()
	reply, err := asker.Ask(asking, r.question())
	var later *InputRequired
	if errors.As(err, &later) {
		return nil, &InputRequired{Question: later.Question, Seal: seal}
	}
	if err != nil {
		g.Drop(Ticket{Seal: seal})
		return nil, g.unanswered(ctx, asking, asker, err)
	}
	return &Ticket{By: asker.Name(), Seal: seal, Reply: reply}, nil
}

// open checks everything that forbids a question, then seals it.
func (g *Gate) open(ctx context.Context, r Request) (Asker, string, error) {
	if old, stands := g.limits.standing(r.Tool, r.Preview.Targets); stands {
		return nil, "", &Refusal{Answer: old.action, Reason: fmt.Sprintf(
			"the answer to %s on this target was %s less than ten minutes ago, so nobody is asked again yet; do not retry, tell the person what was not done",
			r.Tool, old.action)}
	}
	asker, why := g.asker(ctx)
	if asker == nil {
		return nil, "", &Refusal{Answer: "unasked", Reason: "this needs a person's yes and nobody can be asked: " + why +
			"; the operator can use a client that supports elicitation, run `okta-mcp call` at a terminal, or start the server with --approve " + r.Tool}
	}
	bound, err := r.binding()
	if err != nil {
		return nil, "", err
	}
	g.opening.Lock()
	defer g.opening.Unlock()
	if g.seals.countOpen() >= maxOpen {
		return nil, "", &Refusal{Answer: "unasked", Reason: fmt.Sprintf(
			"%d questions are waiting for a person already; wait until they are answered before asking more", maxOpen)}
	}
	if !g.limits.ask(r.Caller) {
		return nil, "", &Refusal{Answer: "unasked", Reason: fmt.Sprintf(
			"%d questions were put to a person within ten minutes, which is the limit; wait, or combine targets in one call where the tool takes several", maxPerCaller)}
	}
	seal, err := g.seals.seal(bound, g.now().Add(g.timeout))
	return asker, seal, err
}

func (g *Gate) asker(ctx context.Context) (Asker, string) {
	select {
	case <-g.closed:
		return nil, "the client has closed its side of the connection"
	default:
	}
	why := "no way to ask is set up"
	for _, a := range g.askers {
		ok, reason := a.Can(ctx)
		if ok {
			return a, ""
		}
		why = reason
	}
	return nil, why
}

func (g *Gate) unanswered(call, asking context.Context, asker Asker, err error) error {
	switch {
	case call.Err() != nil:
		return &Refusal{Answer: "cancel", Reason: "the call was cancelled while the question was open; nothing was changed"}
	case errors.Is(asking.Err(), context.DeadlineExceeded):
		return &Refusal{Answer: "expired", Reason: fmt.Sprintf("nobody answered within %s; nothing was changed", g.timeout)}
	case asking.Err() != nil:
		return &Refusal{Answer: "cancel", Reason: "the connection ended while the question was open; nothing was changed"}
	}
	return &Refusal{Answer: "error", Reason: fmt.Sprintf("the %s failed to ask the person, so nothing was changed: %s", asker.Name(), Quote(err.Error()))}
}

// Drop gives a ticket up unused, so that its question no longer counts as open.
func (g *Gate) Drop(t Ticket) { _, _ = g.seals.redeem(t.Seal) }

// Redeem checks the ticket against the request as it stands now, and returns the
// consent or a *Refusal. A ticket is good once, whatever comes of it.
func (g *Gate) Redeem(r Request, t Ticket) (Consent, error) {
	sealed, err := g.seals.redeem(t.Seal)
	if err != nil && !errors.Is(err, errSealExpired) {
		return Consent{}, &Refusal{Answer: "forged", Reason: err.Error() + "; nothing was changed; call the tool again without it to ask anew"}
	}
	if refusal := g.declined(r, t, sealed); refusal != nil {
		return Consent{}, refusal
	}
	if err != nil {
		return Consent{}, &Refusal{Answer: "expired", Reason: fmt.Sprintf("%s (%s); nothing was changed", err, g.timeout)}
	}
	bound, err := r.binding()
	if err != nil {
		return Consent{}, err
	}
	if why := difference(sealed.binding, bound); why != "" {
		return Consent{}, &Refusal{Answer: "changed", Reason: why + "; nothing was changed; call the tool again to ask anew"}
	}
	if t.Reply.Action != "accept" || !r.question().Accepts(t.Reply.Content) {
		return Consent{}, &Refusal{Answer: "invalid", Reason: "the " + t.By +
			" did not answer with accept and exactly what the form asks for, and nothing else is consent; nothing was changed"}
	}
	g.limits.forgetWrites(r.Caller)
	return Consent{By: t.By, Question: bound.Text}, nil
}

// declined returns the refusal that the reply is, or nil. It is remembered only
// when the question was this caller's, so that nobody refuses for another.
func (g *Gate) declined(r Request, t Ticket, sealed claims) *Refusal {
	if t.Reply.Action != "decline" && t.Reply.Action != "cancel" {
		return nil
	}
	if sealed.Caller == r.Caller && sealed.Tool == r.Tool {
		g.limits.refuse(r.Tool, r.Preview.Targets, t.Reply.Action)
	}
	return &Refusal{Answer: t.Reply.Action, Reason: "the " + t.By + " answered " + t.Reply.Action +
		"; nothing was changed, and this tool will not ask about this target again for ten minutes"}
}

func difference(asked, now binding) string {
	switch {
	case asked.Caller != now.Caller || asked.Org != now.Org || asked.Client != now.Client:
		return "the confirmation was given to another caller"
	case asked.Tool != now.Tool || asked.Args != now.Args:
		return "the confirmation was given for another call"
	case asked.State != now.State:
		return "the target changed after the question was asked"
	case asked.Text != now.Text:
		return "what would follow changed after the question was asked"
	}
	return ""
}
