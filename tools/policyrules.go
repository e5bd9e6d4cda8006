package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

func policyRuleTools() []Any {
	return []Any{listPolicyRules(), getPolicyRule(), createPolicyRule(), updatePolicyRule(),
		activatePolicyRule(), deactivatePolicyRule(), deletePolicyRule(), simulatePolicy()}
}

func policyRuleKind(policyID string) kind {
	return kind{
		word: "policy rule", name: "name", param: "rule_id", finder: "list_policy_rules", within: inside{"policy_id", policyID},
		get: func(ctx context.Context, o *oktaclient.Org, id string) (*oktaclient.Answer, error) {
			return o.GetPolicyRule(ctx, policyID, id)
		},
	}
}

type policyRuleRef struct {
	policyRef
	RuleID string `json:"rule_id" jsonschema:"id"`
}

func (in policyRuleRef) identify() (kind, string) { return policyRuleKind(in.PolicyID), in.RuleID }

type listPolicyRulesIn struct {
	policyRef
	Paging
}

func listPolicyRules() Any {
	return Tool[listPolicyRulesIn, List]{
		Name: "list_policy_rules", Title: "List policy rules", Effect: Read, Scopes: []string{policiesRead},
		Description: "The rules of a policy: the first by priority whose conditions are met decides.",
		Run: func(ctx context.Context, c *Call, in listPolicyRulesIn) (List, error) {
			return listing{
				paging: in.Paging, view: view{without: []string{"created"}}, whole: true, key: []string{"policy rules", in.PolicyID},
				fetch: func(ctx context.Context, q oktaclient.Query) (*oktaclient.Answer, error) {
					return c.Org.ListPolicyRules(ctx, in.PolicyID, q)
				},
			}.run(ctx, c)
		},
	}
}

type getPolicyRuleIn struct {
	policyRuleRef
	Shown
}

func getPolicyRule() Any {
	return Tool[getPolicyRuleIn, Document]{
		Name: "get_policy_rule", Title: "Get policy rule", Effect: Read, Scopes: []string{policiesRead},
		Description: "One rule of a policy: conditions and actions.",
		Run:         getObject[getPolicyRuleIn],
	}
}

type createPolicyRuleIn struct {
	policyRef
	Rule     json.RawMessage `json:"rule" jsonschema:"name, priority, conditions, actions"`
	Activate bool            `json:"activate,omitempty" jsonschema:"default false"`
}

func createPolicyRule() Any {
	return creation[createPolicyRuleIn]{
		action: "Create this policy rule", param: "rule", undo: "delete_policy_rule",
		kind:  func(in createPolicyRuleIn) kind { return policyRuleKind(in.PolicyID) },
		body:  func(in createPolicyRuleIn) (json.RawMessage, error) { return bornAs("rule", in.Rule, in.Activate) },
		check: checkNewRule,
		post: func(ctx context.Context, c *Call, in createPolicyRuleIn, body json.RawMessage) (*oktaclient.Answer, error) {
			answer, err := c.Org.CreatePolicyRule(ctx, in.PolicyID, activateQuery(in.Activate), body)
			c.noteBirth(answer, in.Activate, "deactivate_policy_rule")
			return answer, err
		},
	}.tool(Tool[createPolicyRuleIn, Change]{
		Name: "create_policy_rule", Title: "Create policy rule", Effect: Write, Scopes: []string{policiesManage}, Optional: []string{groupsRead},
		Description: "Creates an INACTIVE rule; without a priority it comes last. Asks when activate is true.",
	})
}

func checkNewRule(ctx context.Context, c *Call, p *confirm.Preview, in createPolicyRuleIn, body json.RawMessage) error {
	policy, err := c.object(ctx, policyKind(), in.PolicyID)
	if err != nil {
		return err
	}
	p.State = policy.state()
	if t := policy.policyType(); t == profileEnrollment || t == "POST_AUTH_SESSION" {
		return &Refused{Reason: "Okta takes no further rules in " + t + " policies", Next: "update_policy_rule changes the rules it has"}
	}
	if !in.Activate {
		p.Details = append(p.Details, detail("policy", []string{policy.name}))
		return nil
	}
	raise(p, "an ACTIVE rule decides at once for whom it matches")
	rule := newObject(policyRuleKind(in.PolicyID), body, "")
	c.weighRule(ctx, p, policy, rule)
	c.showPlace(ctx, p, rule)
	return nil
}

type updatePolicyRuleIn struct {
	policyRuleRef
	Rule json.RawMessage `json:"rule" jsonschema:"only what changes; lists whole"`
}

func updatePolicyRule() Any {
	return edit[updatePolicyRuleIn]{
		action: "Change this policy rule", param: "rule",
		part: func(in updatePolicyRuleIn) (json.RawMessage, error) { return needObject("rule", in.Rule) },
		check: func(ctx context.Context, c *Call, p *confirm.Preview, in updatePolicyRuleIn, o object, d draft) error {
			if err := statusStays(d, "activate_policy_rule and deactivate_policy_rule"); err != nil {
				return err
			}
			after := o
			after.raw = d.after
			return c.weighRuleOf(ctx, p, in.PolicyID, after)
		},
		put: func(ctx context.Context, c *Call, _ updatePolicyRuleIn, o confirm.Target, d draft) (*oktaclient.Answer, error) {
			return c.Org.ReplacePolicyRule(ctx, o.Within, o.ID, d.after)
		},
	}.tool(Tool[updatePolicyRuleIn, Change]{
		Name: "update_policy_rule", Title: "Update policy rule", Effect: Privileged, Scopes: []string{policiesManage}, Optional: []string{groupsRead},
		Description: "Changes the given members of a rule and keeps the others.",
	})
}

func activatePolicyRule() Any {
	return step[policyRuleRef]{
		action: "Activate this policy rule", follows: []string{"It decides from then on."},
		from: []string{"INACTIVE"}, to: "ACTIVE",
		check: func(ctx context.Context, c *Call, p *confirm.Preview, in policyRuleRef, o object) error {
			decides := project(gjson.ParseBytes(o.raw), []string{"conditions", "actions"})
			p.Changes = inFull(differences(nil, decides))
			return c.weighRuleOf(ctx, p, in.PolicyID, o)
		},
		do: inID[policyRuleRef]((*oktaclient.Org).ActivatePolicyRule), undo: "deactivate_policy_rule",
	}.tool(Tool[policyRuleRef, Change]{
		Name: "activate_policy_rule", Title: "Activate policy rule", Effect: Privileged, Scopes: []string{policiesManage}, Optional: []string{groupsRead},
		Description: "Makes an INACTIVE rule decide.",
	})
}

func deactivatePolicyRule() Any {
	return step[policyRuleRef]{
		action: "Deactivate this policy rule", follows: []string{"It stops deciding; rules after it decide for whom it matched."},
		from: []string{"ACTIVE"}, to: "INACTIVE",
		check: checkRuleGoes, do: inID[policyRuleRef]((*oktaclient.Org).DeactivatePolicyRule), undo: "activate_policy_rule",
	}.tool(Tool[policyRuleRef, Change]{
		Name: "deactivate_policy_rule", Title: "Deactivate policy rule", Effect: Destructive, Scopes: []string{policiesManage}, Optional: []string{groupsRead},
		Description: "Makes a rule stop deciding, and keeps it.",
	})
}

func deletePolicyRule() Any {
	return step[policyRuleRef]{
		action: "Delete this policy rule for good", typed: true, follows: []string{"This cannot be undone.", "Rules after it decide for whom it matched."},
		check: checkRuleGoes, do: inID[policyRuleRef]((*oktaclient.Org).DeletePolicyRule),
	}.tool(Tool[policyRuleRef, Change]{
		Name: "delete_policy_rule", Title: "Delete policy rule", Effect: Destructive, Scopes: []string{policiesManage}, Optional: []string{groupsRead},
		Description: "Deletes a rule for good; deactivate_policy_rule keeps it.",
	})
}

func checkRuleGoes(ctx context.Context, c *Call, p *confirm.Preview, in policyRuleRef, o object) error {
	if o.system() {
		return &Refused{Reason: o.called() + " is a system rule, for everybody whom no other rule matches, and Okta keeps it ACTIVE",
			Next: "update_policy_rule changes what it does"}
	}
	return c.weighRuleOf(ctx, p, in.PolicyID, o)
}

// weighRuleOf is weighRule for a rule that is there already, with its place.
func (c *Call) weighRuleOf(ctx context.Context, p *confirm.Preview, policyID string, rule object) error {
	policy, err := c.object(ctx, policyKind(), policyID)
	if err != nil {
		return err
	}
	c.weighRule(ctx, p, policy, rule)
	if !rule.system() {
		c.showPlace(ctx, p, rule)
	}
	return nil
}

// weighRule adds to p for whom a rule decides and whether it denies. A denial
// for everybody else is typed: it can lock out whoever would put it back.
func (c *Call) weighRule(ctx context.Context, p *confirm.Preview, policy, rule object) {
	p.Details = append(p.Details, detail("policy", []string{policy.name}))
	if rule.system() {
		p.Consequence = append(p.Consequence, "It is the rule for everybody whom no other rule of its policy matches.")
	}
	if groups := groupsOf(rule.raw); len(groups) > 0 {
		c.showPolicyGroups(ctx, p, "The rule is", groups)
	}
	if denied := denials(rule.raw); len(denied) > 0 {
		p.Consequence = append(p.Consequence, "The rule denies "+quotedList(denied)+" to whoever it matches.")
		if rule.system() || policy.system() {
			protect(p, "the rule can lock everybody out")
		}
	}
	c.showCover(ctx, p, "The policy is", policy)
}

// denials are the actions that a rule denies.
func denials(rule json.RawMessage) []string {
	var denied []string
	gjson.GetBytes(rule, "actions").ForEach(func(name, action gjson.Result) bool {
		if strings.EqualFold(action.Get("access").String(), "DENY") {
			denied = append(denied, name.String())
		}
		return true
	})
	return denied
}

// showPlace adds to p where a rule stands among the others: the first that
// matches decides.
func (c *Call) showPlace(ctx context.Context, p *confirm.Preview, rule object) {
	priority := gjson.GetBytes(rule.raw, "priority")
	c.policyRules(ctx, p, rule.kind.within.id, func(rules []json.RawMessage) {
		up := rule.id == ""
		rules = slices.DeleteFunc(rules, func(other json.RawMessage) bool {
			r := gjson.ParseBytes(other)
			if r.Get("id").String() == rule.id {
				up = r.Get("priority").Int() > priority.Int()
				return true
			}
			return r.Get("status").String() != "ACTIVE"
		})
		after := slices.DeleteFunc(slices.Clone(rules), func(other json.RawMessage) bool {
			return !comesAfter(gjson.ParseBytes(other), priority, up)
		})
		p.Consequence = append(p.Consequence, fmt.Sprintf("Active rules before it: %d; after it, for what it does not match: %d.", len(rules)-len(after), len(after)))
		if len(after) > 0 {
			p.Details = append(p.Details, detail("active rules after it", names(after, "name")))
		}
	})
}

// comesAfter reports whether another rule is tried after the one that is to have
// the priority. That comes last but for the system rule without one; new or moved
// up, it moves back the rule that had the priority.
func comesAfter(other, priority gjson.Result, up bool) bool {
	theirs := other.Get("priority").Int()
	switch {
	case other.Get("system").Bool():
		return true
	case priority.Type != gjson.Number:
		return false
	}
	return theirs > priority.Int() || up && theirs == priority.Int()
}

// policyRules reads the rules of a policy for a question, in order.
func (c *Call) policyRules(ctx context.Context, p *confirm.Preview, policyID string, tell func([]json.RawMessage)) {
	var rules []json.RawMessage
	hidden := c.informative(ctx, func(ctx context.Context) (err error) {
		rules, _, err = page(c.Org.ListPolicyRules(ctx, policyID, nil))
		return err
	})
	if hidden != "" {
		p.Consequence = append(p.Consequence, "What rules the policy has is not visible: "+hidden+".")
		return
	}
	tell(rules)
}
