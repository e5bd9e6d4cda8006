// Package confirm is how a person is asked before something is done that cannot
// be taken lightly, and how the answer is checked.
//
// It holds the questions, the seals that tie an answer to one call on one
// target, the limits that keep a person from being worn down, and the askers
// that reach a person: the MCP client, the terminal, and a page in the person's
// browser. It refuses to be a
// policy engine: what must be asked is the tool's to say. It never reads
// consent out of anything that an agent can send, and every doubt is a no.
package confirm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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
	// "client", "browser", "terminal".
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

	// Budgets is what a pre-approval takes of the Approvals, by their keys; nil is
	// the tool's own budget, and an empty one covers nothing.
	Budgets map[string]int
	// Unread names the asker that answered before anybody can have read the
	// question: those after it are asked.
	Unread string
	// Waiting is told every few seconds how long the call has waited for an answer
	// that comes by another way than the call; it may be nil.
	Waiting func(waited, of time.Duration)
}

func (r Request) question() Question {
	return Question{Org: r.Org, Tool: r.Tool, Client: r.Client, Preview: r.Preview}
}

// boundTarget is a Target with every field in its JSON: results leave some out,
// a seal must not.
type boundTarget struct{ Type, ID, Name, Within, Full string }

func (r Request) binding() (binding, error) {
	targets := make([]boundTarget, len(r.Preview.Targets))
	for i, t := range r.Preview.Targets {
		targets[i] = boundTarget(t)
	}
	args, errArgs := hash(r.Args)
	state, errState := hash([]any{targets, r.Preview.State})
	text, errText := hash(r.question().Text())
	return binding{
		caller: r.Caller, org: r.Org, client: r.ClientID, tool: r.Tool,
		args: args, state: state, text: text,
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
	Hash     string // of the question's text, for records
}

func (*InputRequired) Error() string { return "the client must ask the person and call again" }

// Refusal is why a call did not get its consent. Nothing was changed.
type Refusal struct {
	Answer   string // "decline", "cancel", "refuse", "expired", "changed", "waiting", …: for records
	Reason   string // a sentence for the caller, with what may be done
	Asker    string // through what a person was asked; empty when nobody was
	Question string // hash of the text shown, likewise
	Rule     string // what of the operator's policy refused: "policy.yaml limits.people"; empty when it did not
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

	closed chan struct{}
	once   sync.Once

	opening sync.Mutex          // makes looking for an open question and opening one a single step
	pending map[string]*pending // by callKey
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
		pending: map[string]*pending{},
	}
}

// Close refuses the questions that are open and all later ones: whoever could
// have answered is gone.
func (g *Gate) Close() { g.once.Do(func() { close(g.closed) }) }

// Approvals returns the operator's pre-approvals, as "tool=budget".
func (g *Gate) Approvals() []string { return g.approvals.List() }

// Asking says how a person would be asked by a call with this context.
func (g *Gate) Asking(ctx context.Context) string {
	asker, why := g.asker(ctx, "")
	if asker == nil {
		return "nobody can be asked: " + why
	}
	return asker.Name()
}

// TooManyWrites is the Preview.Raised of a write that is asked about only
// because CountWrite reported false. A yes to such a question, and to no other,
// starts the count anew.
const TooManyWrites = "so many changes were made within ten minutes without asking anybody"

// CountWrite counts n changes that ask nobody. It reports false when there were
// too many of the caller's within ten minutes: then a person is asked, with
// TooManyWrites as the reason.
func (g *Gate) CountWrite(caller string, n int) bool { return g.limits.write(caller, n) }

// PreApproved spends the operator's approval for the request, if there is one.
// An approval does not outvote a person who has just said no.
func (g *Gate) PreApproved(r Request) (Consent, bool) {
	if r.Preview.Protected != "" || g.limits.standing(refusalKeys(r)) != "" {
		return Consent{}, false
	}
	needs := r.Budgets
	if needs == nil {
		needs = map[string]int{r.Tool: max(1, len(r.Preview.Targets))}
	}
	if !g.approvals.take(needs) {
		return Consent{}, false
	}
	return Consent{By: "pre-approval"}, true
}

// Ask puts the request's question to a person and returns the answered ticket,
// *InputRequired when the client is to ask and call again, or *Refusal. A no is
// remembered here, so that it stands whatever becomes of the target. A question
// that is pending already for the same call is not asked twice: its answer is
// waited for.
func (g *Gate) Ask(ctx context.Context, r Request) (*Ticket, error) {
	asked, waiting, err := g.join(ctx, r)
	if err != nil {
		return nil, err
	}
	if waiting != nil {
		return g.await(ctx, r, waiting)
	}
	asking, cancel := g.bounded(ctx)
	defer cancel()
	ticket, err := g.put(ctx, asking, r, asked)
	next := (*unread)(nil)
	if !errors.As(err, &next) {
		return ticket, err
	}
	again, waiting, err := g.rejoin(r, asked, next.instead)
	if err != nil {
		return nil, asked.named(err)
	}
	if waiting != nil {
		return g.await(ctx, r, waiting)
	}
	return g.put(ctx, asking, r, again)
}

// bounded is ctx, ended by the time-out of questions and by Close.
func (g *Gate) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	asking, cancel := context.WithTimeout(ctx, g.timeout)
	go func() {
		select {
		case <-g.closed:
			cancel()
		case <-asking.Done():
		}
	}()
	return asking, cancel
}

// put has the asker ask, and makes of what comes back a ticket, *unread or a
// *Refusal. call is the call that waits for it.
func (g *Gate) put(call, asking context.Context, r Request, asked opened) (*Ticket, error) {
	began, keys := g.now(), refusalKeys(r)
	q := r.question()
	q.Late = func() { g.refuse(keys, "decline") }
	reply, err := asked.asker.Ask(asking, q)
	if later := (*InputRequired)(nil); errors.As(err, &later) {
		return nil, &InputRequired{Question: r.question(), Seal: asked.seal, Hash: asked.bound.text}
	}
	if asking.Err() == nil && g.nobodyRead(began, reply, err) {
		if next, _ := g.asker(call, asked.asker.Name()); next != nil {
			return nil, &unread{instead: next}
		}
	}
	ticket := Ticket{By: asked.asker.Name(), Seal: asked.seal, Reply: reply}
	if err == nil {
		err = g.no(keys, ticket)
	} else {
		err = g.unanswered(call, asking, r, asked.asker, err)
	}
	if err == nil && asking.Err() != nil { // the asker did not stop when it had to
		err = g.unanswered(call, asking, r, asked.asker, asking.Err())
	}
	if err != nil {
		g.Drop(ticket)
		return nil, asked.named(err)
	}
	return &ticket, nil
}

// tooFast is less time than anybody takes to read a question: a no that comes
// sooner is the asker's own.
const tooFast = time.Second

func (g *Gate) nobodyRead(began time.Time, reply Reply, err error) bool {
	if err != nil {
		return !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
	}
	no := reply.Action == "decline" || reply.Action == "cancel"
	return no && g.now().Sub(began) < tooFast
}

// unread says that an asker answered by itself, or failed to ask, and who is to
// be asked instead.
type unread struct{ instead Asker }

func (*unread) Error() string { return "nobody has read the question" }

// opened is a question that may be put to a person.
type opened struct {
	asker Asker
	seal  string
	bound binding
}

// named says in a refusal through what was asked, and what.
func (o opened) named(err error) error {
	var refusal *Refusal
	if errors.As(err, &refusal) {
		refusal.Asker, refusal.Question = o.asker.Name(), o.bound.text
	}
	return err
}

// open checks everything that forbids a question, then seals it. The lock is held.
func (g *Gate) open(ctx context.Context, r Request) (opened, error) {
	if err := g.refused(r); err != nil {
		return opened{}, err
	}
	asker, why := g.asker(ctx, r.Unread)
	if asker == nil {
		return opened{}, &Refusal{Answer: "unasked", Reason: "this needs a person's yes and nobody can be asked: " + why + "; the operator can " + g.ways(r.Tool)}
	}
	if err := readable(r); err != nil {
		return opened{}, err
	}
	bound, err := r.binding()
	if err != nil {
		return opened{}, err
	}
	if own, all := g.seals.countOpen(r.Caller); own >= maxOpen || all >= maxOpenInAll {
		return opened{}, &Refusal{Answer: "unasked", Reason: fmt.Sprintf(
			"%d questions are waiting for a person already, %d of them this caller's; wait until they are answered before asking more", all, own)}
	}
	if r.Unread == "" && !g.limits.ask(r.Caller) { // otherwise it was counted when it was asked first
		return opened{}, &Refusal{Answer: "unasked", Reason: fmt.Sprintf(
			"%d questions were put to a person within ten minutes, which is the limit; wait some minutes, or combine targets in one call where the tool takes several", maxPerCaller)}
	}
	return g.sealed(r, bound, asker), nil
}

// ways are what lets a call of the tool have its consent where nobody can be asked.
func (g *Gate) ways(tool string) string {
	page, entry := "", ""
	switch {
	case g.asks((*Page)(nil).Name()):
		page = "start the server where a browser can be opened, "
	case g.asks(Client{}.Name()):
		entry = ", which over a network the caller's entry has to list too"
	}
	return "use a client that supports elicitation, " + page + "run `okta-mcp call` at a terminal, or start the server with --approve " + tool + entry
}

// asks reports whether the asker of that name is set up.
func (g *Gate) asks(name string) bool {
	return slices.ContainsFunc(g.askers, func(a Asker) bool { return a.Name() == name })
}

// sealed is the question, open from now on.
func (g *Gate) sealed(r Request, bound binding, asker Asker) opened {
	now := g.now()
	seal := g.seals.seal(sealed{binding: bound, asker: asker.Name(), refusals: refusalKeys(r), asked: now, expires: now.Add(g.timeout)})
	return opened{asker: asker, seal: seal, bound: bound}
}

// refused returns the *Refusal of a request that a person said no to a short
// while ago, or nil.
func (g *Gate) refused(r Request) error {
	action := g.limits.standing(refusalKeys(r))
	if action == "" {
		return nil
	}
	return &Refusal{Answer: action, Reason: fmt.Sprintf(
		"the answer to %s on this target was %s less than ten minutes ago, so nobody is asked again yet; do not retry, tell the person what was not done",
		r.Tool, action)}
}

// readable refuses questions that nobody could answer with care: several targets
// with one typed name, or more text than is read, in which an agent could bury
// the one change that matters.
func readable(r Request) error {
	if r.Preview.Typed && len(r.Preview.Targets) > 1 {
		return &Refusal{Answer: "unasked", Reason: "one of these targets needs a typed confirmation of its own; call the tool with one of them at a time"}
	}
	text := r.question().Text()
	if lines := strings.Count(text, "\n") + 1; len(text) > maxBytes || lines > maxLines {
		return &Refusal{Answer: "unasked", Reason: fmt.Sprintf(
			"the question would have %d lines, and a person reads at most %d with care, so nobody was asked; leave what cannot be split to an administrator, and otherwise change fewer things in one call%s",
			lines, maxLines, split(r.Preview.Changes))}
	}
	return nil
}

// split says how changes that are too many for one question come apart: by the
// members of the document, at the first depth that has several.
func split(changes []Delta) string {
	for depth := 1; depth <= 3; depth++ {
		var parts []string
		lines := map[string]int{}
		for _, d := range changes {
			name, _, _ := strings.Cut(d.Name, " ")
			levels := strings.SplitN(name, ".", depth+1)
			part := strings.Join(levels[:min(depth, len(levels))], ".")
			if lines[part]++; lines[part] == 1 {
				parts = append(parts, part)
			}
		}
		if len(parts) < 2 {
			continue
		}
		for i, part := range parts {
			parts[i] = fmt.Sprintf("%s (%d)", Quote(part), lines[part])
		}
		shown := min(len(parts), maxParts)
		return ", for instance each of these by itself, with its lines: " + strings.Join(parts[:shown], ", ")
	}
	return ""
}

// asker returns the first that can ask, of those after the one named, or why none
// can.
func (g *Gate) asker(ctx context.Context, after string) (Asker, string) {
	if g.isClosed() {
		return nil, "the client has closed its side of the connection"
	}
	var why []string
	passed := after == ""
	for _, a := range g.askers {
		if !passed {
			passed = a.Name() == after
			continue
		}
		ok, reason := a.Can(ctx)
		if ok {
			return a, ""
		}
		why = append(why, reason)
	}
	if len(why) == 0 {
		return nil, "no way to ask is set up"
	}
	return nil, strings.Join(why, ", and ")
}

func (g *Gate) isClosed() bool {
	select {
	case <-g.closed:
		return true
	default:
		return false
	}
}

func (g *Gate) unanswered(call, asking context.Context, r Request, asker Asker, err error) error {
	switch {
	case call.Err() != nil:
		return cancelled()
	case errors.Is(asking.Err(), context.DeadlineExceeded), errors.Is(err, context.DeadlineExceeded): // a machine that slept stops one clock
		return &Refusal{Answer: "expired", Reason: fmt.Sprintf("nobody answered within %s; nothing was changed", g.timeout)}
	case asking.Err() != nil && g.isClosed():
		return &Refusal{Answer: "cancel", Reason: "the connection ended while the question was open; nothing was changed"}
	case asking.Err() != nil:
		if err := g.refused(r); err != nil {
			return err
		}
		return changed("the question was withdrawn, because the target changed while it was open")
	}
	return &Refusal{Answer: "error", Reason: fmt.Sprintf("the %s failed to ask the person, so nothing was changed: %s", asker.Name(), Quote(err.Error()))}
}

// Drop gives a ticket up unused, so that its question no longer counts as open.
func (g *Gate) Drop(t Ticket) { _, _ = g.seals.redeem(t.Seal) }

// Unread is returned by Redeem for a no that came before anybody can have read
// the question: Ask is to be called again, with the name in Request.Unread.
type Unread struct{ By string }

func (u *Unread) Error() string {
	return "the " + u.By + " answered before anybody can have read the question"
}

// Redeem checks the ticket against the request as it stands now, and returns the
// consent, *Unread or a *Refusal. A ticket is good once, whatever comes of it. A
// no is remembered for what was asked, whatever the request has become.
func (g *Gate) Redeem(r Request, t Ticket) (Consent, error) {
	asked, err := g.seals.redeem(t.Seal)
	late := errors.Is(err, errSealExpired)
	if err != nil && !late {
		return Consent{}, &Refusal{Answer: "forged", Reason: err.Error() + "; nothing was changed; call the tool again without it to ask anew"}
	}
	consent, err := g.redeem(r, t, asked, late)
	var refusal *Refusal
	if errors.As(err, &refusal) {
		refusal.Asker, refusal.Question = t.By, asked.text
	}
	return consent, err
}

func (g *Gate) redeem(r Request, t Ticket, asked sealed, late bool) (Consent, error) {
	if asked.caller != r.Caller {
		return Consent{}, changed("the confirmation was given to another caller")
	}
	if !late && g.nobodyRead(asked.asked, t.Reply, nil) {
		if next, _ := g.asker(context.Background(), asked.asker); next != nil {
			return Consent{}, &Unread{By: asked.asker}
		}
	}
	if err := g.no(asked.refusals, t); err != nil {
		return Consent{}, err
	}
	if late {
		return Consent{}, &Refusal{Answer: "expired", Reason: fmt.Sprintf("%s (%s); nothing was changed", errSealExpired, g.timeout)}
	}
	bound, err := r.binding()
	if err != nil {
		return Consent{}, err
	}
	if why := difference(asked.binding, bound); why != "" {
		return Consent{}, changed(why)
	}
	if err := g.refused(r); err != nil { // asked twice at once, and one answer was no
		return Consent{}, err
	}
	if t.Reply.Action != "accept" || !r.question().Accepts(t.Reply.Content) {
		return Consent{}, &Refusal{Answer: "invalid", Reason: "the " + t.By +
			" did not answer with accept and exactly what the form asks for, and nothing else is consent; nothing was changed"}
	}
	if r.Preview.Raised == TooManyWrites {
		g.limits.forgetWrites(r.Caller)
	}
	return Consent{By: t.By, Question: bound.text}, nil
}

func changed(why string) error {
	return &Refusal{Answer: "changed", Reason: why + "; nothing was changed; call the tool again to ask anew"}
}

// no returns the *Refusal that the reply is, and remembers it, or nil. Choosing
// to refuse and then accepting the form is how most forms are answered with no.
func (g *Gate) no(keys []refusalKey, t Ticket) error {
	action := t.Reply.Action
	if action == "accept" && isOnly(t.Reply.Content, fieldDecision, optionRefuse) {
		action = optionRefuse
	}
	if action != "decline" && action != "cancel" && action != optionRefuse {
		return nil
	}
	g.refuse(keys, action)
	return &Refusal{Answer: action, Reason: "the " + t.By + " answered " + action +
		"; nothing was changed, and this tool will not ask about this target again for ten minutes"}
}

func difference(asked, now binding) string {
	switch {
	case asked.caller != now.caller || asked.org != now.org || asked.client != now.client:
		return "the confirmation was given to another caller"
	case asked.tool != now.tool || asked.args != now.args:
		return "the confirmation was given for another call"
	case asked.state != now.state:
		return "the target changed after the question was asked"
	case asked.text != now.text:
		return "what would follow changed after the question was asked"
	}
	return ""
}
