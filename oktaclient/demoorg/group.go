package demoorg

import (
	"encoding/json"
	"slices"
	"strings"
)

// Types of groups.
const (
	oktaGroup = "OKTA_GROUP"
	builtIn   = "BUILT_IN"
	appGroup  = "APP_GROUP"
)

// group is one group. Members are ordered as users are.
type group struct {
	seq  int
	id   string
	kind string
	live groupState

	// indexed is what search shows until indexedUntil; see user.
	indexed      *groupState
	indexedUntil int64

	membersUpdated stamp
	members        []membership
	owners         []owner
	source         *app // the directory that masters an APP_GROUP
}

// groupState is what PUT can change.
type groupState struct {
	created, updated  stamp
	name, description string
	noDescription     bool   // null rather than ""
	owningTeam        string // the org's one custom attribute; "" when unset
}

// membership is one user in a group; by is the rule that put them there.
type membership struct {
	user *user
	by   *rule
}

func (g *group) asSearched(now int64) *groupState {
	if now < g.indexedUntil {
		return g.indexed
	}
	return &g.live
}

// place is the index of a user among the members, or where it would be.
func (g *group) place(seq int) (int, bool) {
	return slices.BinarySearchFunc(g.members, seq, func(m membership, seq int) int { return m.user.seq - seq })
}

func (g *group) has(u *user) bool {
	_, found := g.place(u.seq)
	return found
}

// join adds a user unless they are in already; it says whether they were not.
func (g *group) join(u *user, by *rule, now stamp) bool {
	i, found := g.place(u.seq)
	if found {
		return false
	}
	g.members = slices.Insert(g.members, i, membership{u, by})
	g.membersUpdated = now
	return true
}

// leave removes a user and says which rule had added them, if one had.
func (g *group) leave(u *user, now stamp) *rule {
	i, found := g.place(u.seq)
	if !found {
		return nil
	}
	by := g.members[i].by
	g.members = slices.Delete(g.members, i, i+1)
	g.membersUpdated = now
	return by
}

// mayChangeMembers refuses groups whose members the API cannot change: the
// built-in ones are unsupported, those of an app are the app's.
func (g *group) mayChangeMembers() error {
	switch g.kind {
	case oktaGroup:
		return nil
	case appGroup:
		return forbidden()
	default:
		return unsupported()
	}
}

// groupIndex holds the groups, oldest first.
type groupIndex struct {
	all      []*group
	byID     map[string]*group
	byName   map[string]*group // OKTA_GROUP and BUILT_IN, folded
	gone     map[string]int
	everyone *group
	next     int
}

func newGroupIndex() groupIndex {
	return groupIndex{byID: map[string]*group{}, byName: map[string]*group{}, gone: map[string]int{}}
}

func (x *groupIndex) add(g *group) {
	g.seq = x.next
	x.next++
	x.all = append(x.all, g)
	x.byID[g.id] = g
	if g.kind != appGroup {
		x.byName[strings.ToLower(g.live.name)] = g
	}
}

func (x *groupIndex) remove(g *group) {
	i, _ := x.search(g.seq)
	x.all = slices.Delete(x.all, i, i+1)
	delete(x.byID, g.id)
	delete(x.byName, strings.ToLower(g.live.name))
	x.gone[g.id] = g.seq
}

func (x *groupIndex) search(seq int) (int, bool) {
	return slices.BinarySearchFunc(x.all, seq, func(g *group, seq int) int { return g.seq - seq })
}

func (x *groupIndex) seqOf(id string) (int, bool) {
	if g := x.byID[id]; g != nil {
		return g.seq, true
	}
	seq, known := x.gone[id]
	return seq, known
}

// after gives the groups behind the one with that id; all of them for "".
func (x *groupIndex) after(id string) ([]*group, bool) {
	if id == "" {
		return x.all, true
	}
	seq, known := x.seqOf(id)
	if !known {
		return nil, false
	}
	i, found := x.search(seq)
	if found {
		i++
	}
	return x.all[i:], true
}

// group finds the group a path names; every path calls it groupId.
func (o *Org) group(c *call) (*group, error) {
	id := c.params["groupId"]
	if g := o.groups.byID[id]; g != nil {
		return g, nil
	}
	return nil, notFound(id, "UserGroup")
}

// groupFields lets a condition look at a group.
type groupFields struct {
	g *group
	s *groupState
}

func (f groupFields) field(path string) any {
	switch path {
	case "id":
		return f.g.id
	case "type":
		return f.g.kind
	case "created":
		return f.s.created
	case "lastUpdated":
		return f.s.updated
	case "lastMembershipUpdated":
		return f.g.membersUpdated
	case "profile.name":
		return f.s.name
	case "profile.description":
		if f.s.noDescription {
			return nil
		}
		return f.s.description
	case "profile.owningTeam":
		if f.s.owningTeam == "" {
			return nil
		}
		return f.s.owningTeam
	case "source.id":
		if f.g.source == nil {
			return nil
		}
		return f.g.source.id
	default:
		return nil
	}
}

// groupBody is what create and replace read.
type groupBody struct {
	Profile map[string]json.RawMessage `json:"profile"`
}

// state checks a body and gives the group it asks for. was is the group being
// replaced, or nil.
func (o *Org) groupState(body groupBody, was *group) (groupState, error) {
	var s groupState
	for name, raw := range body.Profile {
		var text *string
		if json.Unmarshal(raw, &text) != nil {
			return s, invalid(name, name+": The value is of the wrong type")
		}
		switch name {
		case "name":
			if text != nil {
				s.name = *text
			}
		case "description":
			if text != nil {
				s.description = *text
			}
			s.noDescription = text == nil
		case "owningTeam":
			if text != nil {
				s.owningTeam = *text
			}
		default:
			return s, invalid("profile", "Property name '"+name+"' is not defined in profile")
		}
	}
	if _, given := body.Profile["description"]; !given {
		s.noDescription = true
	}
	if strings.TrimSpace(s.name) == "" {
		return s, invalid("name", "name: The field cannot be left blank")
	}
	if len(s.name) > 255 || len(s.description) > 1024 {
		return s, invalid("name", "name: The field is too long")
	}
	if other := o.groups.byName[strings.ToLower(s.name)]; other != nil && other != was {
		return s, &apiError{status: 400, code: "E0000055", summary: "Duplicate group", causes: []string{
			"name: An object with this field already exists in the current organization",
		}}
	}
	return s, nil
}
