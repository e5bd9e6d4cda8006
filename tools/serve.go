package tools

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

// serving is one tools/call on its way.
type serving struct {
	*Server
	entry     *entry
	request   mcp.CallToolRequest
	status    Status
	principal Principal
	caller    Caller
	raw       json.RawMessage // the arguments
	plan      bool            // plan_only
	notes     []string        // what Check has to say beside the question
	draft     draft           // what Check read and made of it
	judged    judgement       // what the operator's policies say of it
	tell      func(done, total int, message string)
	event     Event

	mu   sync.Mutex
	sent []Sent
}

// serve is the way of one call: offered, decoded, checked, consented, run,
// answered. Nothing else calls a tool.
func (s *Server) serve(ctx context.Context, e *entry, request mcp.CallToolRequest) *mcp.CallToolResult {
	who := s.cfg.Principal(ctx)
	v := &serving{Server: s, entry: e, request: request, principal: who, caller: callerOf(ctx, who)}
	v.event = Event{ID: rand.Text(), Time: s.cfg.Now(), Caller: v.caller, Tool: e.spec.Name, Effect: e.spec.Effect}
	v.tell = v.progress(ctx)
	ctx = oktaclient.WithTrace(ctx, v.trace)
	running, end := context.WithCancel(ctx)
	defer end()
	defer context.AfterFunc(s.life, end)()
	out, err := v.perform(running)
	result := v.answer(out, err)
	if recordErr := v.recordAfter(ctx, err, result.IsError); recordErr != nil {
		s.cfg.Logger.Error("the outcome of a call was not recorded", "tool", e.spec.Name, "error", recordErr)
	}
	return result
}

func callerOf(ctx context.Context, p Principal) Caller {
	caller := Caller{ID: p.ID}
	var info mcp.Implementation
	if modern := server.RequestProtocolInfoFromContext(ctx); modern != nil && modern.ClientInfo != nil {
		info = *modern.ClientInfo
	} else if session, ok := server.ClientSessionFromContext(ctx).(server.SessionWithClientInfo); ok {
		info = session.GetClientInfo()
	}
	caller.ClientName, caller.ClientVersion = info.Name, info.Version
	return caller
}

func (v *serving) trace(x oktaclient.Exchange) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.sent = append(v.sent, Sent{Method: x.Method, Path: x.Path, Status: x.Status, RequestID: x.RequestID})
}

func (v *serving) perform(ctx context.Context) (any, error) {
	if err := v.admit(ctx); err != nil {
		return nil, err
	}
	call, err := v.decode()
	if err != nil {
		return nil, err
	}
	if v.entry.spec.Asks {
		checked, plan, err := v.consent(ctx, call)
		if err != nil || plan != nil {
			return plan, err
		}
		call = checked
	}
	if err := v.recordBefore(ctx, call); err != nil {
		return nil, err
	}
	if v.event.Effect != Read {
		if err := v.mandate.limits.hold(v.event.Consent.By != "", v.event.Targets, true); err != nil {
			return nil, err
		}
	}
	running, cancel := context.WithTimeout(ctx, callBudget)
	defer cancel()
	org := v.cfg.Org
	if v.entry.spec.Effect == Read {
		org = org.ReadOnly()
	}
	c := v.call(org)
	c.Targets, c.Notes, c.draft = v.event.Targets, v.notes, v.draft
	return call.run(running, c)
}

// admit waits for the first sign-in and asks the one predicate.
func (v *serving) admit(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, signInWait)
	defer cancel()
	v.cfg.Access.Ready(waiting)
	v.status = v.cfg.Access.Status()
	spec := v.entry.spec
	why := v.selected.offered(v.principal, v.entry, spec.Effect, v.status)
	if why == "" {
		return nil
	}
	if !v.status.SignedIn && v.selected.barred(v.principal, v.entry, spec.Effect, v.status) == "" {
		problem := v.status.Problem
		if problem == "" {
			problem = "the first sign-in has not finished yet; try again in a few seconds"
		}
		if v.selected.offersSignIn(v.principal, v.status) == "" {
			problem += "; the tool " + signInName + " starts signing in"
		}
		return &NotSignedIn{Problem: problem}
	}
	by, _ := v.principal.bars(v.entry.set, spec.Name, spec.Effect)
	v.event.Rule = firstNonEmpty(by, v.mandate.refusing(spec.Name, spec.Effect))
	return &NotOffered{Tool: spec.Name, Why: why}
}

func (v *serving) decode() (invocation, error) {
	schema, err := v.entry.input()
	if err != nil {
		return nil, err
	}
	if v.raw, err = rawArguments(v.request); err != nil {
		return nil, err
	}
	call, err := v.entry.tool.decode(v.raw, schema)
	if err != nil {
		return nil, err
	}
	var own struct {
		PlanOnly bool `json:"plan_only"`
	}
	if err := json.Unmarshal(v.raw, &own); err != nil {
		return nil, &ArgumentError{Problem: err.Error()}
	}
	v.plan = own.PlanOnly
	v.event.Arguments, err = v.argumentHash(call)
	return call, err
}

// rawArguments returns the arguments as they came, so that large numbers and
// names that come twice are seen; in-process clients hand over a map.
func rawArguments(request mcp.CallToolRequest) (json.RawMessage, error) {
	raw := request.Params.RawArguments
	if len(raw) == 0 && request.Params.Arguments != nil {
		encoded, err := json.Marshal(request.Params.Arguments)
		if err != nil {
			return nil, &ArgumentError{Problem: err.Error()}
		}
		raw = encoded
	}
	if len(raw) == 0 || string(raw) == "null" {
		return json.RawMessage("{}"), nil
	}
	return raw, nil
}

func (v *serving) call(org *oktaclient.Org) *Call {
	return &Call{
		Org: org, Caller: v.caller, Options: v.cfg.Options, Status: v.status,
		principal: v.principal, server: v.Server, progress: v.tell,
	}
}

// consent checks the call and gets a person's yes where one is needed. It
// returns the call as checked, or the plan when only that was asked for.
func (v *serving) consent(ctx context.Context, call invocation) (invocation, any, error) {
	ticket, answered := confirm.TicketFrom(ctx, v.request.Params.MultiRoundTripParams)
	preview, effect, err := v.check(ctx, call)
	if err != nil {
		return nil, nil, v.unchecked(call, ticket, answered, err)
	}
	request := v.confirmation(call, preview)
	if v.plan {
		asks := effect.confirmed()
		return nil, planned(effect, confirm.Question{
			Org: request.Org, Tool: request.Tool, Client: request.Client, Preview: preview,
		}, asks, firstNonEmpty(v.event.Rule, v.judged.approval)), nil
	}
	if !answered { // an answer is looked at whatever the limits
		if err := v.mandate.limits.hold(effect.confirmed(), preview.Targets, false); err != nil {
			return nil, nil, err
		}
	}
	if !effect.confirmed() && !answered && v.gate.CountWrite(v.caller.ID, max(1, len(preview.Targets))) {
		return call, nil, nil
	}
	if !answered { // an answer is not set aside, and spends no approval
		if consent, ok := v.gate.PreApproved(request); ok {
			v.event.Consent, v.event.Rule = consent, v.judged.approval
			return call, nil, nil
		}
	}
	if !effect.confirmed() {
		request.Preview.Raised = confirm.TooManyWrites
		if err := v.mandate.limits.hold(true, preview.Targets, false); err != nil && !answered {
			return nil, nil, err // a person would be asked in vain
		}
	}
	if !answered {
		if call, request, ticket, err = v.ask(ctx, request); err != nil {
			return nil, nil, err
		}
	}
	v.event.Consent, err = v.gate.Redeem(request, ticket)
	if by := (*confirm.Unread)(nil); errors.As(err, &by) {
		request.Unread = by.By
		if call, request, ticket, err = v.ask(ctx, request); err != nil {
			return nil, nil, err
		}
		v.event.Consent, err = v.gate.Redeem(request, ticket)
	}
	return call, nil, err
}

// unchecked uses up the answer that came with a call whose Check failed: a no
// stands all the same, and the question is not open any more.
func (v *serving) unchecked(call invocation, ticket confirm.Ticket, answered bool, checkErr error) error {
	if !answered {
		return checkErr
	}
	_, err := v.gate.Redeem(v.confirmation(call, confirm.Preview{}), ticket)
	var refusal *confirm.Refusal
	if errors.As(err, &refusal) && slices.Contains([]string{"decline", "cancel", "refuse"}, refusal.Answer) {
		return refusal
	}
	return checkErr
}

// ask waits for the answer, then decodes and checks anew: what the person was
// asked about must still be so.
func (v *serving) ask(ctx context.Context, request confirm.Request) (invocation, confirm.Request, confirm.Ticket, error) {
	ticket, err := v.gate.Ask(ctx, request)
	if err != nil {
		return nil, request, confirm.Ticket{}, err
	}
	v.status, v.principal = v.cfg.Access.Status(), v.cfg.Principal(ctx) // a person takes minutes, and grants can go meanwhile
	call, err := v.decode()
	if err == nil {
		var preview confirm.Preview
		if preview, _, err = v.check(ctx, call); err == nil {
			if preview.Raised == "" {
				preview.Raised = request.Preview.Raised
			}
			return call, v.confirmation(call, preview), *ticket, nil
		}
	}
	v.gate.Drop(*ticket)
	return nil, request, confirm.Ticket{}, err
}

// check runs the tool's Check with an org that can only read, and returns the
// effect the call really has.
func (v *serving) check(ctx context.Context, call invocation) (confirm.Preview, Effect, error) {
	checking, cancel := context.WithTimeout(ctx, callBudget)
	defer cancel()
	c := v.call(v.cfg.Org.ReadOnly())
	preview, err := call.check(checking, c)
	v.event.Targets, v.notes, v.draft = preview.Targets, preview.Notes, c.draft
	if err != nil {
		return preview, 0, err
	}
	for _, target := range preview.Targets {
		if err := errors.Join(c.own(target.ID), c.own(target.Within)); err != nil {
			return preview, 0, err
		}
		if why := c.protects(target); why != "" {
			protect(&preview, why)
		}
	}
	effect := v.entry.spec.Effect
	if preview.Raised != "" && effect == Write {
		effect, v.event.Raised = Privileged, true
	}
	effect, err = v.judge(checking, c, &preview, effect)
	if !v.principal.approves(v.entry.spec.Name) {
		v.judged.approval, v.judged.budgets = "", map[string]int{}
	}
	v.event.Effect = effect
	if err != nil {
		return preview, 0, err
	}
	if preview.Typed && len(preview.Targets) > 1 {
		return preview, 0, &Refused{Reason: "one of these may only be changed with its own typed confirmation (" + firstNonEmpty(preview.Protected, preview.Raised, "it cannot be undone") + ")",
			Next: "call this tool with one of them at a time"}
	}
	if why := v.selected.offered(v.principal, v.entry, effect, v.status); why != "" {
		return preview, 0, &NotOffered{Tool: v.entry.spec.Name, Why: why}
	}
	return preview, effect, nil
}

func firstNonEmpty(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

func (v *serving) confirmation(call invocation, preview confirm.Preview) confirm.Request {
	return confirm.Request{
		Caller: v.caller.ID, Client: v.caller.ClientName, Org: v.cfg.Org.Host(), ClientID: v.status.ClientID,
		Tool: v.entry.spec.Name, Args: call.arguments(), Preview: preview, Budgets: v.judged.budgets,
		Waiting: func(waited, of time.Duration) {
			v.tell(int(waited.Seconds()), int(of.Seconds()), "waiting for a person to answer")
		},
	}
}

// answer turns what came of a call into its result.
func (v *serving) answer(out any, err error) *mcp.CallToolResult {
	var later *confirm.InputRequired
	if errors.As(err, &later) {
		return later.Result()
	}
	if err != nil {
		return failure(err)
	}
	encoded, err := encodeAnswer(out)
	if err != nil {
		return failure(err)
	}
	if !v.cfg.Options.AllowSecrets {
		encoded = withhold(encoded)
	}
	result := mcp.NewToolResultStructured(encoded, string(encoded))
	if change, ok := out.(Change); ok && change.failed() > 0 && change.Plan == nil {
		result.IsError = true
		result.Meta = mcp.NewMetaFromMap(map[string]any{OutcomeKey: OutcomeError})
	}
	return result
}

func encodeAnswer(out any) (json.RawMessage, error) {
	if list, ok := out.(List); ok {
		return list.encode()
	}
	return encode(out)
}

func (v *serving) recordBefore(ctx context.Context, call invocation) error {
	var err error
	if v.event.Arguments, err = v.argumentHash(call); err != nil {
		return fmt.Errorf("recording the call: %w", err)
	}
	v.event.asked(v.event.Consent.By, v.event.Consent.Question)
	if err := v.cfg.Recorder.Before(ctx, v.event); err != nil && v.event.Effect != Read {
		return fmt.Errorf("the call could not be recorded, so it was not made: %w", err)
	}
	return nil
}

// argumentHash covers the canonical arguments but for secrets: a hash of one can
// be guessed from.
func (v *serving) argumentHash(call invocation) (string, error) {
	schema, err := v.entry.input()
	if err != nil {
		return "", err
	}
	canonical, err := json.Marshal(call.arguments())
	if err != nil {
		return "", err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(canonical, &members); err != nil {
		return "", err
	}
	maps.DeleteFunc(members, func(name string, _ json.RawMessage) bool {
		p := schema.schema.Properties[name]
		return p != nil && p.WriteOnly
	})
	if canonical, err = json.Marshal(members); err != nil {
		return "", err
	}
	sum := sha256.Sum256(withhold(canonical))
	return hex.EncodeToString(sum[:]), nil
}

func (v *serving) recordAfter(ctx context.Context, err error, failed bool) error {
	v.mu.Lock()
	v.event.Requests = v.sent
	v.mu.Unlock()
	v.event.Duration = v.cfg.Now().Sub(v.event.Time)
	v.event.Outcome = "ok"
	var refusal *confirm.Refusal
	var later *confirm.InputRequired
	if errors.As(err, &refusal) {
		v.event.Answer = refusal.Answer
		v.event.asked(refusal.Asker, refusal.Question)
		v.event.Rule = firstNonEmpty(refusal.Rule, v.event.Rule)
	}
	switch {
	case v.plan && !failed: // told apart from a change that ran
		v.event.Answer = AnswerPlan
	case errors.As(err, &later):
		v.event.Outcome = "asked"
		v.event.asked(confirm.Client{}.Name(), later.Hash)
	case failed:
		v.event.Outcome = outcomeOf(err)
	}
	return v.cfg.Recorder.After(ctx, v.event)
}

// progressEvery is the least time between two progress notifications: mcp-go
// drops what comes faster than clients read.
const progressEvery = 100 * time.Millisecond

// progress returns what tells the client how far the call is. A call counts up
// several times, while it is checked, waits and runs, and MCP wants every value
// above the one before: each count goes on where the last one stopped.
func (v *serving) progress(ctx context.Context) func(done, total int, message string) {
	meta := v.request.Params.Meta
	if meta == nil || meta.ProgressToken == nil {
		return func(int, int, string) {}
	}
	var last time.Time
	before, highest := 0, -1
	return func(done, total int, message string) {
		now := v.cfg.Now()
		if now.Sub(last) < progressEvery {
			return
		}
		last = now
		if before+done <= highest {
			before = highest + 1
		}
		highest = before + done
		told := map[string]any{"progressToken": meta.ProgressToken, "progress": highest, "message": message}
		if total > 0 {
			told["total"] = before + total
		}
		if err := v.mcp.SendNotificationToClient(ctx, "notifications/progress", told); err != nil {
			v.cfg.Logger.Debug("progress was not sent", "error", err)
		}
	}
}
