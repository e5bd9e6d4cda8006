package tools

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"okta-mcp/confirm"
)

// judgement is what the operator's policies say of one call.
type judgement struct {
	verdict  Verdict
	approval string         // what a pre-approval rests on, as records say it: "policy.yaml:20 approve"
	budgets  map[string]int // what a pre-approval takes; nil: no policy is in force
	targets  []TargetVerdict
}

// TargetVerdict is what the policies say of one target of a call, and how they
// come to it.
type TargetVerdict struct {
	Target     confirm.Target
	Verdict    Verdict
	By         string // "policy.yaml:12"; empty where no rule says anything
	Considered []Considered
}

// Considered is one rule that was looked at for a target, in order.
type Considered struct {
	File    string
	Line    int
	Then    Verdict
	Matches string // "yes", "no", or what is done where it cannot be told
	Why     string
}

// said is what one policy says of one target.
type said struct {
	policy     Policy
	verdict    Verdict
	rule       Rule   // where verdict is not Unsaid
	hidden     string // what could not be read, where the rule was taken as matching
	considered []Considered
}

// says returns what the first matching rule says. One that cannot be told to
// match holds as far as it is stricter than what comes after it, and never
// approves: what is not known loosens nothing.
func (p Policy) says(ctx context.Context, f *facts, s subject) said {
	out := said{policy: p, verdict: Unsaid}
	for _, r := range p.Rules {
		matches, why := r.matches(ctx, f, s)
		look := Considered{File: p.Name, Line: r.Line, Then: r.Then, Matches: "no", Why: why}
		switch {
		case matches == yes:
			look.Matches = "yes"
		case matches == perhaps && r.Then != Approve:
			look.Matches = "taken as matching"
		case matches == perhaps:
			look.Matches = "taken as not matching"
		}
		out.considered = append(out.considered, look)
		if stricter := r.Then > out.verdict; matches == perhaps && stricter {
			out.verdict, out.rule, out.hidden = r.Then, r, why
		} else if matches == yes && (stricter || out.verdict == Unsaid) {
			out.verdict, out.rule, out.hidden = r.Then, r, ""
		}
		if matches == yes {
			break
		}
	}
	return out
}

// by names the rule that decided, as refusals and records do.
func (s said) by() string { return s.policy.ruleKey(s.rule) }

// reason is by with what the operator has to say about it.
func (s said) reason() string {
	text := s.by()
	if s.rule.Because != "" {
		text += ": " + s.rule.Because
	}
	if s.hidden != "" {
		text += "; taken so because " + s.hidden
	}
	return text
}

// approval returns the budgets that a policy takes an approval of this tool from,
// and what records call it.
func (s said) approval(tool string) (keys []string, by string) {
	if s.verdict == Approve {
		return []string{s.policy.ruleKey(s.rule)}, s.by() + " approve"
	}
	if _, approved := s.policy.Approve[tool]; approved {
		return []string{s.policy.approvalKey(tool)}, s.policy.Name + " approve"
	}
	return nil, ""
}

// approval returns the budgets that an approval of the call on one target takes
// from; none: nothing approves it. What the machine's file does not approve is
// not approved; of several budgets each is taken from, so that the least counts.
func (m *mandate) approval(tool string, all []said) (keys []string, by string) {
	var machine []string
	machineBy := ""
	ruled := false
	for _, s := range all {
		own, ownBy := s.approval(tool)
		if s.policy.Machine {
			if machine, machineBy = own, ownBy; len(machine) == 0 {
				return nil, ""
			}
			continue
		}
		keys, by, ruled = append(keys, own...), firstNonEmpty(by, ownBy), ruled || s.verdict == Approve
	}
	if _, approved := m.approvals.Left(tool); approved && !ruled {
		keys = append(keys, tool)
	}
	return append(machine, keys...), firstNonEmpty(machineBy, by)
}

// judge holds the call to the operator's policies: it refuses, asks where the tool
// would not, and says what a pre-approval rests on. It returns the effect the call
// then has.
func (v *serving) judge(ctx context.Context, c *Call, preview *confirm.Preview, effect Effect) (Effect, error) {
	v.judged, v.event.Rule = judgement{verdict: Unsaid}, ""
	if len(v.mandate.policies) == 0 {
		return effect, nil
	}
	targets := preview.Targets
	if len(targets) == 0 {
		targets = []confirm.Target{{}}
	}
	v.judged.budgets = map[string]int{}
	f := c.newFacts()
	var decisive said
	unapproved := false
	for _, target := range targets {
		all := v.mandate.hear(ctx, f, subject{tool: v.entry.spec.Name, effect: effect, target: target, also: preview.Also})
		strictest := slices.MaxFunc(all, func(a, b said) int { return int(a.verdict) - int(b.verdict) })
		keys, by := v.mandate.approval(v.entry.spec.Name, all)
		v.judged.add(target, strictest, all, keys, by)
		unapproved = unapproved || len(keys) == 0
		if strictest.verdict > Unsaid && strictest.verdict > v.judged.verdict {
			v.judged.verdict, decisive = strictest.verdict, strictest
		}
	}
	if unapproved || v.judged.verdict > Unsaid {
		clear(v.judged.budgets)
		v.judged.approval = ""
	}
	if v.judged.verdict == Unsaid {
		return effect, nil
	}
	v.event.Rule = decisive.by() + " " + v.judged.verdict.String()
	return v.impose(preview, effect, decisive)
}

// hear returns what each policy says of a target. The first of two that say the
// same is the machine's.
func (m *mandate) hear(ctx context.Context, f *facts, s subject) []said {
	all := make([]said, len(m.policies))
	for i, p := range m.policies {
		all[i] = p.says(ctx, f, s)
	}
	return all
}

func (j *judgement) add(target confirm.Target, strictest said, all []said, keys []string, by string) {
	for _, key := range keys {
		j.budgets[key]++
	}
	j.approval = firstNonEmpty(j.approval, by)
	verdict := TargetVerdict{Target: target, Verdict: strictest.verdict}
	for _, s := range all {
		verdict.Considered = append(verdict.Considered, s.considered...)
	}
	switch {
	case strictest.verdict > Unsaid:
		verdict.By = strictest.by()
	case len(keys) > 0:
		verdict.Verdict, verdict.By = Approve, by
	default:
		verdict.Verdict = Unsaid
	}
	j.targets = append(j.targets, verdict)
}

// impose carries a verdict out on the preview.
func (v *serving) impose(preview *confirm.Preview, effect Effect, s said) (Effect, error) {
	switch v.judged.verdict {
	case Deny:
		return effect, &Refused{Reason: "the operator's policy denies this (" + s.reason() + "); nothing was changed",
			Next: "do not look for another way; tell the person, and the operator can change the policy"}
	case Typed:
		preview.Typed = true
	}
	why := "the operator's policy asks (" + s.reason() + ")"
	if preview.Raised == "" {
		preview.Raised = why
	} else {
		preview.Raised += ", and because " + why
	}
	if effect == Write {
		effect, v.event.Raised = Privileged, true
	}
	return effect, nil
}

// budgetsLeft says of each budget that an approval of the call takes from how much
// it takes and how much is left.
func (v *serving) budgetsLeft() []string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(v.judged.budgets)) {
		left, _ := v.mandate.approvals.Left(key)
		all = append(all, fmt.Sprintf("%s: takes %d, %d left this hour", key, v.judged.budgets[key], left))
	}
	return all
}
