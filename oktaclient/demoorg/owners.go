package demoorg

import (
	"slices"
	"time"
)

// owner is a user or group that may manage a group.
type owner struct {
	id, kind, name string
	since          stamp
}

// ownerDoc tells its time in a form of its own: one when listed, another when
// just added.
type ownerDoc struct {
	ID          string  `json:"id"`
	Type        string  `json:"type"`
	Resolved    bool    `json:"resolved"`
	OriginID    *string `json:"originId"`
	OriginType  string  `json:"originType"`
	DisplayName string  `json:"displayName"`
	LastUpdated string  `json:"lastUpdated"`
}

// Recorded layouts of lastUpdated.
const (
	listedOwnerTime = "2006-01-02 15:04:05.0"
	addedOwnerTime  = time.UnixDate
)

func (w owner) doc(layout string) ownerDoc {
	return ownerDoc{
		ID: w.id, Type: w.kind, Resolved: true, OriginType: "OKTA_DIRECTORY",
		DisplayName: w.name, LastUpdated: w.since.time().Format(layout),
	}
}

// listOwners lists the newest owner first.
func listOwners(o *Org, c *call) (answer, error) {
	g, err := o.group(c)
	if err != nil {
		return answer{}, err
	}
	docs := []ownerDoc{}
	for _, w := range slices.Backward(g.owners) {
		docs = append(docs, w.doc(listedOwnerTime))
	}
	return ok(docs)
}

func addOwner(o *Org, c *call) (answer, error) {
	g, err := o.group(c)
	if err != nil {
		return answer{}, err
	}
	var body struct {
		ID   string `json:"id"`
		Type string `json:"type"`
	}
	if err := c.decode(&body); err != nil {
		return answer{}, err
	}
	w, err := o.ownerNamed(body.ID, body.Type)
	if err != nil {
		return answer{}, err
	}
	if slices.ContainsFunc(g.owners, func(other owner) bool { return other.id == w.id }) {
		return answer{}, invalid("owner", "Provided owner is already assigned to this group")
	}
	w.since = stampOf(c.now)
	g.owners = append(g.owners, w)
	return created(w.doc(addedOwnerTime))
}

func (o *Org) ownerNamed(id, kind string) (owner, error) {
	switch kind {
	case "USER":
		if u := o.directory.byID[id]; u != nil {
			p := u.live.profile
			return owner{id: id, kind: kind, name: p.text("firstName") + " " + p.text("lastName")}, nil
		}
		return owner{}, notFound(id, "User")
	case "GROUP":
		if g := o.groups.byID[id]; g != nil {
			return owner{id: id, kind: kind, name: g.live.name}, nil
		}
		return owner{}, notFound(id, "UserGroup")
	default:
		return owner{}, invalid("type", "type: The owner type must be USER or GROUP")
	}
}

// disown removes an owner and says whether it was one.
func (g *group) disown(id string) bool {
	i := slices.IndexFunc(g.owners, func(w owner) bool { return w.id == id })
	if i >= 0 {
		g.owners = slices.Delete(g.owners, i, i+1)
	}
	return i >= 0
}

func removeOwner(o *Org, c *call) (answer, error) {
	g, err := o.group(c)
	if err != nil {
		return answer{}, err
	}
	if !g.disown(c.params["ownerId"]) {
		return answer{}, notFound(c.params["ownerId"], "LinkedObject")
	}
	return noContent()
}
