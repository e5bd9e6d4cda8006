package tools_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/tools"
)

// target is what the model knows of one target of a call: everything.
type modelTarget struct {
	id, groupID, group string
	user               map[string]string // by path; nil: no person
}

// modelCall is a call that the model knows all about.
type modelCall struct {
	tool      string
	arguments args
	targets   []modelTarget
}

// modelMatches is a rule's meaning, as simple as it can be said.
func modelMatches(r tools.Rule, tool, effect string, t modelTarget) bool {
	one := func(patterns []string, text string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool {
			head, tail, wild := strings.Cut(strings.ToLower(p), "*")
			text := strings.ToLower(text)
			if !wild {
				return text == head
			}
			return len(text) >= len(head)+len(tail) && strings.HasPrefix(text, head) && strings.HasSuffix(text, tail)
		})
	}
	effects := make([]string, len(r.Effects))
	for i, e := range r.Effects {
		effects[i] = e.String()
	}
	fits := (len(r.Tools) == 0 || one(r.Tools, tool)) && (len(effects) == 0 || slices.Contains(effects, effect)) &&
		(len(r.Groups) == 0 || t.group != "" && one(r.Groups, t.group) || t.groupID != "" && slices.Contains(r.Groups, t.groupID)) &&
		len(r.Apps) == 0
	for _, a := range r.User {
		fits = fits && t.user != nil && t.user[a.Path] != "" && one(a.Values, t.user[a.Path])
	}
	return fits
}

// modelVerdict is what two policies come to, where one may be the machine's.
func modelVerdict(policies []tools.Policy, tool, effect string, t modelTarget) tools.Verdict {
	strictest, approved := tools.Verdict(0), false
	for i, p := range policies {
		says := tools.Unsaid
		for _, r := range p.Rules {
			if modelMatches(r, tool, effect, t) {
				says = r.Then
				break
			}
		}
		if i == 0 || !policies[0].Machine { // what the machine's does not approve is not
			approved = approved || says == tools.Approve
		}
		strictest = max(strictest, says)
	}
	switch {
	case strictest > tools.Unsaid:
		return strictest
	case approved:
		return tools.Approve
	}
	return tools.Unsaid
}

// modelWorld is the org as the model knows it.
type modelWorld struct {
	people, groups []modelTarget
}

func newModelWorld(w *world) modelWorld {
	cast, p := w.org.Cast(), w.connect("2025-11-25", accepting)
	var m modelWorld
	for _, person := range []demoorg.Person{cast.Employee, cast.Contractor, cast.LockedOut, cast.Provisioned, cast.Staged, cast.Suspended} {
		user := map[string]string{}
		for _, path := range []string{"status", "profile.department", "profile.login", "profile.userType", "profile.nickName"} {
			user[path] = w.attribute(p, person.ID, path)
		}
		m.people = append(m.people, modelTarget{id: person.ID, user: user})
	}
	for _, group := range []demoorg.Thing{cast.Project, cast.Department} {
		m.groups = append(m.groups, modelTarget{id: group.ID, groupID: group.ID, group: group.Name})
	}
	return m
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func some[T any](r *rand.Rand, from []T) []T {
	var out []T
	for range r.IntN(3) {
		out = append(out, pick(r, from))
	}
	return out
}

func (m modelWorld) call(r *rand.Rand) modelCall {
	switch r.IntN(4) {
	case 0:
		group := pick(r, m.groups)
		return modelCall{"update_group", args{"group_id": group.id, "description": "x"}, []modelTarget{group}}
	case 1:
		targets, ids := m.crowd(r)
		return modelCall{"revoke_user_sessions", args{"user_ids": ids}, targets}
	}
	group := pick(r, m.groups)
	targets, ids := m.crowd(r)
	for i := range targets {
		targets[i].groupID, targets[i].group = group.groupID, group.group
	}
	return modelCall{"add_user_to_group", args{"group_id": group.id, "user_ids": ids}, targets}
}

func (m modelWorld) crowd(r *rand.Rand) (targets []modelTarget, ids []string) {
	for _, i := range r.Perm(len(m.people))[:1+r.IntN(3)] {
		targets, ids = append(targets, m.people[i]), append(ids, m.people[i].id)
	}
	return targets, ids
}

func (m modelWorld) policy(r *rand.Rand, name string) tools.Policy {
	p := tools.Policy{Name: name}
	var values []string
	for _, person := range m.people {
		values = append(values, person.user["profile.department"], person.user["profile.userType"], person.user["status"], person.user["profile.login"])
	}
	values = append(slices.DeleteFunc(values, func(v string) bool { return v == "" }), "*", "S*", "*ED", "nothing")
	for line := range r.IntN(4) {
		rule := tools.Rule{Line: line + 1, Then: pick(r, []tools.Verdict{tools.Approve, tools.Ask, tools.Typed, tools.Deny})}
		rule.Tools = some(r, []string{"*", "update_group", "add_*", "revoke_*", "delete_user"})
		if rule.Then == tools.Approve {
			rule.Tools, rule.Budget = []string{pick(r, []string{"update_group", "add_user_to_group", "revoke_user_sessions"})}, 9
		}
		rule.Effects = some(r, []tools.Effect{tools.Write, tools.Destructive, tools.Privileged})
		if r.IntN(3) == 0 {
			group := pick(r, m.groups)
			rule.Groups = append(some(r, []string{"*", "none", group.group}), strings.ToUpper(group.group[:3])+"*", group.id)[r.IntN(2):]
		}
		if r.IntN(3) > 0 {
			for _, path := range some(r, []string{"status", "profile.department", "profile.nickName", "profile.userType"}) {
				rule.User = append(rule.User, tools.Attribute{Path: path, Values: []string{pick(r, values), pick(r, values)}})
			}
		}
		p.Rules = append(p.Rules, rule)
	}
	return p
}

// What the server makes of random policies is what the model makes of them; and
// where it may not see who people are, it is never looser.
func TestPoliciesMeanWhatTheModelSays(t *testing.T) {
	t.Parallel()
	open := newWorld(t, setup{})
	blindTo := []string{"okta.groups.read", "okta.groups.manage", "okta.users.manage", "okta.roles.read"}
	blind := newWorld(t, setup{scopes: blindTo, org: demoorg.Options{Granted: blindTo}})
	unseeing := []string{"okta.groups.manage", "okta.roles.read"}
	unseen := newWorld(t, setup{scopes: unseeing, org: demoorg.Options{Granted: unseeing}})
	m := newModelWorld(open)
	r := rand.New(rand.NewPCG(20, 26))
	seen := map[tools.Verdict]int{}
	for i := range 400 {
		policies := []tools.Policy{m.policy(r, "one"), m.policy(r, "two")}
		policies[0].Machine = r.IntN(2) == 0
		call := m.call(r)
		for name, w := range map[string]*world{"open": open, "blind to schemas": blind, "blind to people": unseen} {
			if call.tool == "revoke_user_sessions" && w == unseen {
				continue
			}
			got := w.explain(call, policies)
			effect := w.explain(call, nil).Effect.String()
			for j, target := range got.Targets {
				want := modelVerdict(policies, call.tool, effect, call.targets[j])
				if w == open {
					seen[want]++
				}
				if target.Target.ID != call.targets[j].id || target.Verdict < want || target.Verdict != want && w == open {
					t.Fatalf("case %d, %s: %s %v is %s, and the model says %s\n%+v\n%s", i, name, call.tool, call.targets[j], target.Verdict, want, target.Considered, rulesOf(policies))
				}
			}
			if len(got.Targets) != len(call.targets) {
				t.Fatalf("case %d, %s: %d targets were judged: %v", i, name, len(got.Targets), got.Refused)
			}
			strictest := slices.MaxFunc(got.Targets, func(a, b tools.TargetVerdict) int { return int(a.Verdict) - int(b.Verdict) }).Verdict
			alone := len(call.targets) == 1
			switch {
			case strictest == tools.Deny && got.Refused == nil, strictest == tools.Typed && !alone && got.Refused == nil,
				strictest == tools.Typed && alone && got.Types == "", strictest == tools.Ask && got.Refused == nil && !got.Asks,
				strictest == tools.Approve && got.Asks && w == open,
				strictest == tools.Unsaid && got.Effect != tools.Write && got.Refused == nil && !got.Asks:
				t.Fatalf("case %d, %s: the strictest is %s, and the call comes to %+v", i, name, strictest, got)
			}
		}
	}
	for v := tools.Approve; v <= tools.Deny; v++ {
		if seen[v] < 20 {
			t.Errorf("only %d of the targets were to be %s: the cases say too little", seen[v], v)
		}
	}
}

func (w *world) explain(call modelCall, policies []tools.Policy) tools.Explanation {
	w.t.Helper()
	cfg := w.config
	cfg.Policies, cfg.Approvals = policies, nil
	s, err := tools.New(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	defer s.Close()
	e, err := s.Explain(w.t.Context(), call.tool, encoded(w.t, call.arguments))
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

func rulesOf(policies []tools.Policy) string {
	var out strings.Builder
	for _, p := range policies {
		for _, r := range p.Rules {
			fmt.Fprintf(&out, "%s machine=%t %+v\n", p.Name, p.Machine, r)
		}
	}
	return out.String()
}
