package demoorg

import (
	"cmp"
	"slices"
	"strings"
)

// groupOrder is the order of a list of groups: by one attribute, or, with path
// "", by age.
type groupOrder struct {
	path       string
	descending bool
}

// groupOrder reads sortBy and sortOrder, which only a search takes.
func (c *call) groupOrder() (groupOrder, error) {
	path := c.query.Get("sortBy")
	if path == "" || c.query.Get("search") == "" {
		return groupOrder{}, nil
	}
	if cause := groupSearchRules(path, opEqual); cause != "" {
		return groupOrder{}, badSearch(cause)
	}
	return groupOrder{path, strings.EqualFold(c.query.Get("sortOrder"), "desc")}, nil
}

func (w groupOrder) key(g *group) string { return sortKey(groupFields{g, &g.live}.field(w.path)) }

func (w groupOrder) compare(aKey, bKey string, aSeq, bSeq int) int {
	by := cmp.Compare(aKey, bKey)
	if w.descending {
		by = -by
	}
	return cmp.Or(by, cmp.Compare(aSeq, bSeq))
}

// cursor stands for the place right behind g.
func (w groupOrder) cursor(g *group) string {
	if w.path == "" {
		return g.id
	}
	return sortedCursor(g.id, w.key(g))
}

// groupsBehind gives the groups behind a cursor, in order. Orgs have few groups
// compared to people, and few callers sort them, so that a sort a page is fine.
func (o *Org) groupsBehind(after string, w groupOrder) ([]*group, bool) {
	if w.path == "" {
		return o.groups.after(after)
	}
	sorted := slices.Clone(o.groups.all)
	slices.SortFunc(sorted, func(a, b *group) int { return w.compare(w.key(a), w.key(b), a.seq, b.seq) })
	if after == "" {
		return sorted, true
	}
	id, key, known := parseSortedCursor(after)
	seq, exists := o.groups.seqOf(id)
	if !known || !exists {
		return nil, false
	}
	i := slices.IndexFunc(sorted, func(g *group) bool { return w.compare(w.key(g), key, g.seq, seq) > 0 })
	if i < 0 {
		return nil, true
	}
	return sorted[i:], true
}
