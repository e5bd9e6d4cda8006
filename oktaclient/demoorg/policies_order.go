package demoorg

import (
	"encoding/json"
	"slices"
	"strconv"
)

// lastPriority is that of the system rule in policies whose rules may leave gaps.
const lastPriority = 99

// priorityIn is the priority a body asks for; -1 when it asks for none.
func priorityIn(body map[string]any) (int, error) {
	value, given := body["priority"]
	if !given || value == nil {
		return -1, nil
	}
	number, isNumber := value.(json.Number)
	if !isNumber {
		return 0, malformedBody()
	}
	n, err := strconv.Atoi(number.String())
	if err != nil || n < 0 {
		return 0, invalid("priority", "priority: The value must be a whole number of at least 0")
	}
	return n, nil
}

// ranking is a list in the order of its priorities. The system item is last.
type ranking struct {
	items []*policyItem
	gaps  bool // priorities need not follow each other
}

// put places an item at a priority (-1: behind the others) and moves those at
// and behind it as far as they must go. What moves is updated.
func (r *ranking) put(item *policyItem, wanted int, now stamp) {
	r.items = slices.DeleteFunc(r.items, func(other *policyItem) bool { return other == item })
	r.settle(now)
	at := slices.IndexFunc(r.items, func(other *policyItem) bool {
		return other.system || wanted >= 0 && other.priority >= wanted
	})
	if at < 0 {
		at = len(r.items)
	}
	item.priority = max(wanted, 1)
	if wanted < 0 && at > 0 {
		item.priority = r.items[at-1].priority + 1
	} else if r.gaps && wanted == 0 {
		item.priority = 0
	}
	r.items = slices.Insert(r.items, at, item)
	r.settle(now)
}

// settle makes the priorities grow: one by one, or at least.
func (r *ranking) settle(now stamp) {
	least := 1
	if r.gaps {
		least = 0
	}
	for _, item := range r.items {
		priority := least
		if r.gaps && item.system {
			priority = max(lastPriority, least)
		} else if r.gaps {
			priority = max(item.priority, least)
		}
		if priority != item.priority {
			item.priority, item.updated = priority, now
		}
		least = priority + 1
	}
}

// ranking gives the policies of a type as a ranking.
func (o *Org) ranking(kind *policyKind) *ranking {
	r := &ranking{}
	for _, p := range o.policiesOf(kind.name) {
		r.items = append(r.items, &p.policyItem)
	}
	return r
}

// addPolicy takes in a policy. Types without ranks give every policy priority 1.
func (o *Org) addPolicy(p *policy, wanted int, now stamp) {
	switch {
	case !p.kind.ranked:
		p.priority = 1
	case p.system:
		p.priority = len(o.policiesOf(p.kind.name)) + 1
	default:
		o.ranking(p.kind).put(&p.policyItem, wanted, now)
	}
	o.policies.all = append(o.policies.all, p)
}

// movePolicy gives a policy another place among those of its type.
func (o *Org) movePolicy(p *policy, wanted int, now stamp) {
	if p.kind.ranked && !p.system && wanted >= 0 {
		o.ranking(p.kind).put(&p.policyItem, wanted, now)
	}
}

func (o *Org) removePolicy(p *policy, now stamp) {
	o.policies.all = slices.DeleteFunc(o.policies.all, func(other *policy) bool { return other == p })
	if p.kind.ranked {
		o.ranking(p.kind).settle(now)
	}
}

// ranking gives the rules of a policy as a ranking.
func (p *policy) ranking() *ranking {
	r := &ranking{gaps: !p.kind.ranked}
	for _, rule := range p.rules {
		r.items = append(r.items, &rule.policyItem)
	}
	return r
}

// sortRules brings the rules in the order of their priorities.
func (p *policy) sortRules() {
	slices.SortStableFunc(p.rules, func(a, b *policyRule) int { return a.priority - b.priority })
}
