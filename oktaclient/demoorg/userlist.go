package demoorg

import (
	"slices"
	"strings"
)

// Largest and normal page of users, and the size of an answer to q.
const (
	userPage      = 200
	userQueryPage = 10
)

// listUsers answers q, search, filter or everybody, in that order.
func listUsers(o *Org, c *call) (answer, error) {
	switch {
	case c.query.Get("q") != "":
		return o.queryUsers(c)
	case c.query.Get("search") != "":
		return o.searchUsers(c)
	default:
		return o.filterUsers(c)
	}
}

// queryUsers finds names and addresses that begin with q. Okta does not page it.
func (o *Org) queryUsers(c *call) (answer, error) {
	p, err := c.page(userQueryPage, userPage)
	if err != nil {
		return answer{}, err
	}
	q := strings.TrimSpace(c.query.Get("q"))
	docs := []userDoc{}
	for _, u := range o.directory.users {
		if len(docs) == p.limit {
			break
		}
		if u.live.status != deprovisioned && u.live.begins(q) {
			docs = append(docs, o.userDoc(u, &u.live, c.base))
		}
	}
	return ok(docs)
}

func (p *person) begins(q string) bool {
	return hasPrefixFold(p.profile.text("firstName"), q) ||
		hasPrefixFold(p.profile.text("lastName"), q) || hasPrefixFold(p.profile.text("email"), q)
}

// filterUsers lists by the few attributes `filter` knows, or, without one,
// everybody who is not DEPROVISIONED.
func (o *Org) filterUsers(c *call) (answer, error) {
	p, err := c.page(userPage, userPage)
	if err != nil {
		return answer{}, err
	}
	matches := func(u *user) bool { return u.live.status != deprovisioned }
	if text := c.query.Get("filter"); text != "" {
		condition, err := parseFilter(text, o.userFilterRules())
		if err != nil {
			return answer{}, err
		}
		matches = func(u *user) bool { return condition.matches(userFields{u, &u.live, o}) }
	}
	rest, known := o.directory.after(strings.TrimPrefix(p.after, listMark))
	if !known {
		return answer{}, badCursor()
	}
	docs, next := []userDoc{}, ""
	for _, u := range rest {
		if !matches(u) {
			continue
		}
		if len(docs) == p.limit {
			next = listMark + docs[len(docs)-1].ID
			break
		}
		docs = append(docs, o.userDoc(u, &u.live, c.base))
	}
	return answer{status: 200, body: docs, links: c.links(p, next, "filter")}, nil
}

// listMark begins the cursors of lists that are not searches.
const listMark = "2"

// searchUsers answers from the index, which lags; every status is in it.
func (o *Org) searchUsers(c *call) (answer, error) {
	p, err := c.page(userPage, userPage)
	if err != nil {
		return answer{}, err
	}
	condition, err := parseFilter(c.query.Get("search"), o.userSearchRules())
	if err != nil {
		return answer{}, err
	}
	order, err := o.userOrder(c)
	if err != nil {
		return answer{}, err
	}
	var docs []userDoc
	var next string
	if order == nil {
		docs, next, err = o.searchInOrder(c, p, condition)
	} else {
		docs, next, err = o.searchSorted(c, p, condition, order)
	}
	if err != nil {
		return answer{}, err
	}
	return answer{status: 200, body: docs, links: c.links(p, next, "search", "sortBy", "sortOrder")}, nil
}

// searchInOrder scans from the cursor on until the page is full.
func (o *Org) searchInOrder(c *call, p page, condition condition) ([]userDoc, string, error) {
	rest, known := o.directory.after(p.after)
	if !known {
		return nil, "", badCursor()
	}
	docs := []userDoc{}
	now := c.now.UnixNano()
	for _, u := range rest {
		seen := u.asSearched(now)
		if seen == nil || !condition.matches(userFields{u, seen, o}) {
			continue
		}
		if len(docs) == p.limit {
			return docs, docs[len(docs)-1].ID, nil
		}
		docs = append(docs, o.userDoc(u, seen, c.base))
	}
	return docs, "", nil
}

// hit is a search result on its way into a sorted page.
type hit struct {
	u    *user
	seen *person
	key  string
}

// searchSorted keeps the page's worth of hits that come first behind the
// cursor, so that a page costs one scan and no sort of the whole org.
func (o *Org) searchSorted(c *call, p page, condition condition, order *userOrder) ([]userDoc, string, error) {
	from, known := o.hitAfter(p.after)
	if !known {
		return nil, "", badCursor()
	}
	top := make([]hit, 0, p.limit+2)
	now := c.now.UnixNano()
	for _, u := range o.directory.users {
		seen := u.asSearched(now)
		if seen == nil || !condition.matches(userFields{u, seen, o}) {
			continue
		}
		h := hit{u, seen, order.key(u, seen)}
		if from != nil && order.compare(h, *from) <= 0 {
			continue
		}
		if len(top) > p.limit && order.compare(h, top[p.limit]) >= 0 {
			continue
		}
		i, _ := slices.BinarySearchFunc(top, h, order.compare)
		top = slices.Insert(top, i, h)
		top = top[:min(len(top), p.limit+1)]
	}
	docs := []userDoc{}
	for _, h := range top[:min(len(top), p.limit)] {
		docs = append(docs, o.userDoc(h.u, h.seen, c.base))
	}
	if len(top) > p.limit {
		return docs, sortedCursor(top[p.limit-1].u.id, top[p.limit-1].key), nil
	}
	return docs, "", nil
}
