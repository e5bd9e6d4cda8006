package tools

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/mark3labs/mcp-go/mcp"

	"okta-mcp/confirm"
)

// Explanation is what would become of a call, and why.
type Explanation struct {
	Tool     string
	Effect   Effect // with what raises it
	Raised   string // why a write is asked about
	Targets  []TargetVerdict
	Refused  error  // why the call would be refused; the rest is as far as it was known then
	Asks     bool   // a person would be asked
	Types    string // what the person would have to type; empty where a choice is enough
	Approval string // what it would run on unasked: "policy.yaml:20 approve" or "--approve"
	Budgets  []string
	Limits   []string
}

// Explain says what would become of a call of the operator's. It reads Okta, changes nothing, asks
// nobody, and spends no approval.
func (s *Server) Explain(ctx context.Context, tool string, arguments json.RawMessage) (Explanation, error) {
	at := slices.IndexFunc(s.entries, func(e *entry) bool { return e.spec.Name == tool })
	if at < 0 {
		_, err := toolsLike(tool, func(Description) bool { return true })
		return Explanation{}, err
	}
	e := s.entries[at]
	v := &serving{Server: s, entry: e, principal: operator(), caller: callerOf(ctx, operator()), tell: func(int, int, string) {}}
	v.request.Params = mcp.CallToolParams{Name: tool, RawArguments: arguments}
	out := Explanation{Tool: tool, Effect: e.spec.Effect}
	out.Refused = v.explain(ctx, &out)
	return out, nil
}

// explain fills in what would become of the call, and returns why it would be
// refused.
func (v *serving) explain(ctx context.Context, out *Explanation) error {
	if err := v.admit(ctx); err != nil {
		return err
	}
	call, err := v.decode()
	if err != nil || v.entry.spec.Effect == Read {
		return err
	}
	preview, effect, err := v.check(ctx, call)
	out.Targets, out.Raised = v.judged.targets, preview.Raised
	if err != nil {
		return err
	}
	request := v.confirmation(call, preview)
	out.Effect = effect
	out.Limits = v.mandate.limits.describe()
	if effect.confirmed() { // what asks nobody spends no approval
		out.Budgets = v.budgetsLeft()
	}
	out.Approval = v.wouldApprove(request)
	if out.Asks = effect.confirmed() && out.Approval == ""; out.Asks {
		out.Types = confirm.Question{Org: request.Org, Tool: out.Tool, Preview: preview}.Typed()
	}
	return v.mandate.limits.hold(effect.confirmed(), preview.Targets, false)
}

// wouldApprove names what a pre-approval of the request would rest on, or "".
func (v *serving) wouldApprove(r confirm.Request) string {
	needs := r.Budgets
	if needs == nil {
		needs = map[string]int{r.Tool: max(1, len(r.Preview.Targets))}
	}
	if len(needs) == 0 || r.Preview.Protected != "" || !v.event.Effect.confirmed() {
		return ""
	}
	for key, n := range needs {
		if left, _ := v.mandate.approvals.Left(key); n > left {
			return ""
		}
	}
	return firstNonEmpty(v.judged.approval, "--approve")
}
