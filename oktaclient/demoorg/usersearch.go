package demoorg

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strings"
)

// userFields lets a condition look at a user.
type userFields struct {
	u   *user
	p   *person
	org *Org
}

func (f userFields) field(path string) any {
	if name, ok := strings.CutPrefix(path, "profile."); ok {
		return f.p.profile.get(name)
	}
	switch path {
	case "id":
		return f.u.id
	case "status":
		return f.p.status.String()
	case "created":
		return f.p.created
	case "activated":
		return f.p.activated
	case "statusChanged":
		return f.p.statusChanged
	case "lastUpdated":
		return f.p.lastUpdated
	case "passwordChanged":
		return f.p.passwordChanged
	case "lastLogin":
		return f.p.lastLogin
	case "type.id":
		return f.org.userTypes.typeID
	case "realmId":
		return f.org.userTypes.realmID
	default:
		return nil
	}
}

// userSearchRules: every attribute, `co` only on names, email and login.
func (o *Org) userSearchRules() filterRules {
	return func(path string, op operator) string {
		if !o.searchable(path) {
			return unknownField(path)
		}
		switch path {
		case "profile.firstName", "profile.lastName", "profile.displayName", "profile.email", "profile.login":
			return ""
		}
		if op == opHolds {
			return unsupportedOperator(path, op)
		}
		return ""
	}
}

func (o *Org) searchable(path string) bool {
	if name, ok := strings.CutPrefix(path, "profile."); ok {
		return o.schema.byName[name] != nil
	}
	switch path {
	case "id", "status", "created", "activated", "statusChanged", "lastUpdated",
		"passwordChanged", "lastLogin", "type.id", "realmId":
		return true
	}
	return false
}

// userFilterRules: eq on seven attributes, and comparisons on lastUpdated.
func (o *Org) userFilterRules() filterRules {
	return func(path string, op operator) string {
		switch path {
		case "lastUpdated":
			if op != opStarts && op != opHolds && op != opPresent {
				return ""
			}
		case "status", "id", "profile.login", "profile.email", "profile.firstName", "profile.lastName":
			if op == opEqual {
				return ""
			}
		default:
			return unknownField(path)
		}
		return unsupportedOperator(path, op)
	}
}

// userOrder sorts a search by one attribute; seq breaks ties.
type userOrder struct {
	path       string
	descending bool
	org        *Org
}

// userOrder reads sortBy and sortOrder; nil means the order of creation.
func (o *Org) userOrder(c *call) (*userOrder, error) {
	path := c.query.Get("sortBy")
	if path == "" {
		return nil, nil
	}
	if !o.searchable(path) {
		return nil, badSearch(unknownField(path))
	}
	return &userOrder{path, strings.EqualFold(c.query.Get("sortOrder"), "desc"), o}, nil
}

func (w *userOrder) key(u *user, p *person) string {
	return sortKey(userFields{u, p, w.org}.field(w.path))
}

func (w *userOrder) compare(a, b hit) int {
	by := cmp.Compare(a.key, b.key)
	if w.descending {
		by = -by
	}
	return cmp.Or(by, cmp.Compare(a.u.seq, b.u.seq))
}

// sortKey is a string that sorts as the value does.
func sortKey(value any) string {
	switch v := value.(type) {
	case string:
		return strings.ToLower(v)
	case stamp:
		return fmt.Sprintf("%016x", int64(v))
	case json.Number:
		n, _ := v.Float64() // not a number sorts as 0
		bits := math.Float64bits(n)
		if n < 0 {
			bits = ^bits
		} else {
			bits |= 1 << 63
		}
		return fmt.Sprintf("%016x", bits)
	case nil:
		return ""
	default:
		return fmt.Sprint(v)
	}
}

// sortedCursor remembers where a sorted page ended by key and id, so that
// whoever moves in between does not move the page.
func sortedCursor(id, key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(id + " " + key))
}

func parseSortedCursor(cursor string) (id, key string, known bool) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return "", "", false
	}
	return strings.Cut(string(raw), " ")
}

// hitAfter is the place a sorted cursor stands for, nil for the beginning.
func (o *Org) hitAfter(after string) (*hit, bool) {
	if after == "" {
		return nil, true
	}
	id, key, known := parseSortedCursor(after)
	seq, exists := o.directory.seqOf(id)
	return &hit{u: &user{seq: seq}, key: key}, known && exists
}
