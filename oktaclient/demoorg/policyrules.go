package demoorg

import (
	"slices"
	"strconv"
	"strings"
)

// policyRule is one rule of a policy.
type policyRule struct{ policyItem }

// doc is the rule as the API shows it.
func (r *policyRule) doc(p *policy, base string) map[string]any {
	self := base + "/api/v1/policies/" + p.id + "/rules/" + r.id
	links := map[string]any{"self": hint(self, "GET", "PUT", "DELETE")}
	if r.system {
		links["self"] = hint(self, "GET", "PUT")
	}
	r.lifecycleLink(links, self)
	return r.policyItem.doc(p.kind.ruleType, links)
}

func (p *policy) ruleDocs(base string) []map[string]any {
	docs := []map[string]any{}
	for _, r := range p.rules {
		docs = append(docs, r.doc(p, base))
	}
	return docs
}

// policyRule finds the rule a path names, and its policy.
func (o *Org) policyRule(c *call) (*policy, *policyRule, error) {
	p, err := o.policy(c)
	if err != nil {
		return nil, nil, err
	}
	id := c.params["ruleId"]
	i := slices.IndexFunc(p.rules, func(r *policyRule) bool { return r.id == id })
	if i < 0 {
		return nil, nil, notFound(id, "PolicyRule")
	}
	return p, p.rules[i], nil
}

// policyRulesNaming are the rules whose conditions speak of an id: of a zone, a
// group, a device assurance policy.
func (o *Org) policyRulesNaming(id string) []*policyRule {
	var found []*policyRule
	for _, p := range o.policies.all {
		for _, r := range p.rules {
			if speaksOf(r.body["conditions"], id) {
				found = append(found, r)
			}
		}
	}
	return found
}

// speaksOf looks for a text anywhere in a JSON value.
func speaksOf(value any, text string) bool {
	switch v := value.(type) {
	case string:
		return v == text
	case []any:
		return slices.ContainsFunc(v, func(inner any) bool { return speaksOf(inner, text) })
	case map[string]any:
		for _, inner := range v {
			if speaksOf(inner, text) {
				return true
			}
		}
	}
	return false
}

// listPolicyRules lists the rules of a policy. Okta does not page them.
func listPolicyRules(o *Org, c *call) (answer, error) {
	p, err := o.policy(c)
	if err != nil {
		return answer{}, err
	}
	page, err := c.page(max(1, len(p.rules)), max(1, len(p.rules)))
	if err != nil {
		return answer{}, err
	}
	docs := p.ruleDocs(c.base)
	return ok(docs[:min(page.limit, len(docs))])
}

func getPolicyRule(o *Org, c *call) (answer, error) {
	p, r, err := o.policyRule(c)
	if err != nil {
		return answer{}, err
	}
	return ok(r.doc(p, c.base))
}

func createPolicyRule(o *Org, c *call) (answer, error) {
	p, err := o.policy(c)
	if err != nil {
		return answer{}, err
	}
	r := &policyRule{}
	wanted, err := p.fillRule(r, c)
	if err != nil {
		return answer{}, err
	}
	now := stampOf(c.now)
	r.id, r.status, r.created, r.updated = o.mint(p.kind.rulePrefix), statusAtBirth(c), now, now
	p.addRule(r, wanted, now)
	return ok(r.doc(p, c.base))
}

// fillRule checks a body, takes it and gives the priority it asks for. r keeps
// what it was on an error.
func (p *policy) fillRule(r *policyRule, c *call) (wanted int, err error) {
	var body map[string]any
	if err := c.decode(&body); err != nil {
		return 0, err
	}
	if kind, given := body["type"]; given && kind != p.kind.ruleType {
		return 0, invalid("type", "type: The field must be '"+p.kind.ruleType+"'")
	}
	if wanted, err = priorityIn(body); err != nil {
		return 0, err
	}
	if err := checkPolicyBody(body); err != nil {
		return 0, err
	}
	if !p.kind.ranked && !r.system && wanted >= lastPriority {
		return 0, invalid("priority", "priority: The value must be less than "+strconv.Itoa(lastPriority))
	}
	for _, other := range p.rules {
		if other != r && strings.EqualFold(other.name(), text(body["name"])) {
			return 0, invalid("name", "name: The rule name is already in use")
		}
	}
	for _, name := range computedMembers() {
		delete(body, name)
	}
	completeRule(p.kind, body, r.system)
	r.body = body
	return wanted, nil
}

// addRule takes in a rule at a priority; -1 is behind the others.
func (p *policy) addRule(r *policyRule, wanted int, now stamp) {
	if r.system {
		r.priority = len(p.rules) + 1
	} else {
		p.ranking().put(&r.policyItem, wanted, now)
	}
	p.rules = append(p.rules, r)
	p.sortRules()
}

func replacePolicyRule(o *Org, c *call) (answer, error) {
	p, r, err := o.policyRule(c)
	if err != nil {
		return answer{}, err
	}
	if p.owner == governsAccount && r.system {
		return answer{}, forbidden()
	}
	wanted, err := p.fillRule(r, c)
	if err != nil {
		return answer{}, err
	}
	r.updated = stampOf(c.now)
	if wanted >= 0 && !r.system {
		p.ranking().put(&r.policyItem, wanted, r.updated)
		p.sortRules()
	}
	return ok(r.doc(p, c.base))
}

func deletePolicyRule(o *Org, c *call) (answer, error) {
	p, r, err := o.policyRule(c)
	if err != nil {
		return answer{}, err
	}
	if err := r.mayGo("deleted"); err != nil {
		return answer{}, err
	}
	p.rules = slices.DeleteFunc(p.rules, func(other *policyRule) bool { return other == r })
	p.ranking().settle(stampOf(c.now))
	return noContent()
}

// mayGo refuses to take away the rule that catches what no other does.
func (r *policyRule) mayGo(how string) error {
	if r.system {
		return invalid("policyRule", "The rule '"+r.name()+"' belongs to the system and cannot be "+how)
	}
	return nil
}

func activatePolicyRule(o *Org, c *call) (answer, error) {
	_, r, err := o.policyRule(c)
	if err != nil {
		return answer{}, err
	}
	r.turn(policyActive, stampOf(c.now))
	return noContent()
}

func deactivatePolicyRule(o *Org, c *call) (answer, error) {
	_, r, err := o.policyRule(c)
	if err != nil {
		return answer{}, err
	}
	if err := r.mayGo("deactivated"); err != nil {
		return answer{}, err
	}
	r.turn(policyInactive, stampOf(c.now))
	return noContent()
}

// addCatchAll gives a new policy the rule that Okta gives it.
func (o *Org) addCatchAll(p *policy, now stamp) {
	if p.kind.ranked {
		return
	}
	r := &policyRule{policyItem{
		id: o.mint(p.kind.rulePrefix), status: policyActive, system: true, priority: lastPriority, created: now, updated: now,
		body: map[string]any{"name": "Catch-all Rule", "actions": catchAllActions(p.kind.name)},
	}}
	completeRule(p.kind, r.body, true)
	p.rules = append(p.rules, r)
}

// catchAllActions are what the catch-all rule of a type does at first.
func catchAllActions(kind string) map[string]any {
	switch kind {
	case "ACCESS_POLICY":
		return map[string]any{"appSignOn": map[string]any{"access": "ALLOW"}}
	case "PROFILE_ENROLLMENT":
		return map[string]any{"profileEnrollment": map[string]any{
			"access": "ALLOW", "preRegistrationInlineHooks": nil, "targetGroupIds": nil, "unknownUserAction": "REGISTER",
			"profileAttributes": []any{
				map[string]any{"name": "firstName", "label": "First name", "required": true},
				map[string]any{"name": "email", "label": "Primary email", "required": true},
			},
			"activationRequirements":     map[string]any{"emailVerification": true},
			"progressiveProfilingAction": "ENABLED", "allowedIdentifiers": []any{"login"},
		}}
	case "POST_AUTH_SESSION":
		return map[string]any{"postAuthSession": map[string]any{"failureActions": []any{}}}
	case "SESSION_VIOLATION_DETECTION":
		return map[string]any{"sessionViolationDetection": map[string]any{"policyEvaluation": map[string]any{"enabled": false}}}
	case "ENTITY_RISK":
		return map[string]any{"entityRisk": map[string]any{"actions": []any{}}}
	default:
		return map[string]any{}
	}
}
