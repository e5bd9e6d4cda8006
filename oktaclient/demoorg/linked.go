package demoorg

import (
	"net/http"
	"slices"
)

// linkPage is the normal and the largest page of linked people (recorded).
const linkPage = 1000

// linkEnd is one side of a relationship, by the name it is asked for.
type linkEnd struct {
	Name        string `json:"name"`
	Title       string `json:"title"`
	Description string `json:"description"`
	Type        string `json:"type"`
}

// relationship is a linked object definition, and who is linked to whom.
type relationship struct {
	primary, associated linkEnd
	links               map[*user]*user // from the associated to their primary
}

// linkStore holds the relationships, oldest first.
type linkStore struct{ all []*relationship }

// linkedObjectRoutes are linked objects.
func linkedObjectRoutes() []route {
	const all, one = "/api/v1/meta/schemas/user/linkedObjects", "/api/v1/meta/schemas/user/linkedObjects/{linkedObjectName}"
	const of = "/api/v1/users/{userIdOrLogin}/linkedObjects/"
	return []route{
		{"GET", all, "listLinkedObjectDefinitions", "okta.linkedObjects.read", "", listRelationships},
		{"POST", all, "createLinkedObjectDefinition", "okta.linkedObjects.manage", "", createRelationship},
		{"GET", one, "getLinkedObjectDefinition", "okta.linkedObjects.read", "", getRelationship},
		{"DELETE", one, "deleteLinkedObjectDefinition", "okta.linkedObjects.manage", "", deleteRelationship},
		{"GET", of + "{relationshipName}", "listLinkedObjectsForUser", "okta.users.read", "users", listLinked},
		{"PUT", of + "{primaryRelationshipName}/{primaryUserId}", "assignLinkedObjectValueForPrimary", "okta.users.manage", "users", linkUser},
		{"DELETE", of + "{relationshipName}", "deleteLinkedObjectForUser", "okta.users.manage", "users", unlinkUser},
	}
}

// named finds the relationship with an end of that name.
func (s *linkStore) named(name string) (*relationship, error) {
	for _, r := range s.all {
		if r.primary.Name == name || r.associated.Name == name {
			return r, nil
		}
	}
	return nil, notFound(name, "LinkedObjectProperty")
}

// withPrimary finds the relationship whose primary end has that name.
func (s *linkStore) withPrimary(name string) (*relationship, error) {
	r, err := s.named(name)
	if err == nil && r.primary.Name != name {
		err = notFound(name, "LinkedObjectProperty")
	}
	return r, err
}

// forget drops a user from every relationship.
func (s *linkStore) forget(u *user) {
	for _, r := range s.all {
		delete(r.links, u)
		for associated, primary := range r.links {
			if primary == u {
				delete(r.links, associated)
			}
		}
	}
}

type relationshipDoc struct {
	Primary    linkEnd         `json:"primary"`
	Associated linkEnd         `json:"associated"`
	Links      map[string]link `json:"_links"`
}

func (r *relationship) doc(base string) relationshipDoc {
	return relationshipDoc{r.primary, r.associated, map[string]link{
		"self": {Href: base + "/api/v1/meta/schemas/user/linkedObjects/" + r.primary.Name},
	}}
}

func listRelationships(o *Org, c *call) (answer, error) {
	docs := []relationshipDoc{}
	for _, r := range o.linked.all {
		docs = append(docs, r.doc(c.base))
	}
	return ok(docs)
}

func getRelationship(o *Org, c *call) (answer, error) {
	r, err := o.linked.named(c.params["linkedObjectName"])
	if err != nil {
		return answer{}, err
	}
	return ok(r.doc(c.base))
}

func createRelationship(o *Org, c *call) (answer, error) {
	var body struct{ Primary, Associated linkEnd }
	if err := c.decode(&body); err != nil {
		return answer{}, err
	}
	for at, end := range map[string]linkEnd{"primary": body.Primary, "associated": body.Associated} {
		if end.Name == "" || end.Title == "" || end.Type != "USER" {
			return answer{}, invalid(at, at+": The name and title cannot be left blank, and the type must be USER")
		}
		if _, err := o.linked.named(end.Name); err == nil {
			return answer{}, &apiError{
				status: http.StatusBadRequest, code: "E0000127",
				summary: "Invalid linked objection definition. Linked object identifier is already in use.", // sic
				causes:  []string{"Linked object identifier for " + at + " is already in use."},
			}
		}
	}
	r := &relationship{body.Primary, body.Associated, map[*user]*user{}}
	o.linked.all = append(o.linked.all, r)
	return created(r.doc(c.base))
}

func deleteRelationship(o *Org, c *call) (answer, error) {
	r, err := o.linked.named(c.params["linkedObjectName"])
	if err != nil {
		return answer{}, err
	}
	o.linked.all = slices.DeleteFunc(o.linked.all, func(other *relationship) bool { return other == r })
	return noContent()
}

// linkedDoc is a linked person: nothing but the way to them.
type linkedDoc struct {
	Links map[string]link `json:"_links"`
}

// listLinked lists a person's primary, or those whose primary the person is.
func listLinked(o *Org, c *call) (answer, error) {
	p, err := c.page(linkPage, linkPage)
	if err != nil {
		return answer{}, err
	}
	u, err := o.user(c, "userIdOrLogin")
	if err != nil {
		return answer{}, err
	}
	r, err := o.linked.named(c.params["relationshipName"])
	if err != nil {
		return answer{}, err
	}
	shown, next, known := pageOf(r.linkedTo(u, c.params["relationshipName"]), p, func(u *user) string { return u.id })
	if !known {
		return answer{}, badCursor()
	}
	docs := []linkedDoc{}
	for _, other := range shown {
		docs = append(docs, linkedDoc{map[string]link{"self": {Href: c.base + "/api/v1/users/" + other.id}}})
	}
	return answer{status: http.StatusOK, body: docs, links: c.links(p, next)}, nil
}

// linkedTo are the people at the end with that name, as seen from u.
func (r *relationship) linkedTo(u *user, name string) []*user {
	var found []*user
	if name == r.primary.Name {
		if primary := r.links[u]; primary != nil {
			found = append(found, primary)
		}
		return found
	}
	for associated, primary := range r.links {
		if primary == u {
			found = append(found, associated)
		}
	}
	slices.SortFunc(found, func(a, b *user) int { return a.seq - b.seq })
	return found
}

// linkUser gives a person a primary, in place of the one they had.
func linkUser(o *Org, c *call) (answer, error) {
	u, err := o.user(c, "userIdOrLogin")
	if err != nil {
		return answer{}, err
	}
	r, err := o.linked.withPrimary(c.params["primaryRelationshipName"])
	if err != nil {
		return answer{}, err
	}
	primary, err := o.user(c, "primaryUserId")
	if err != nil {
		return answer{}, err
	}
	if primary == u {
		return answer{}, invalid("primaryUserId", "primaryUserId: A user cannot be linked to themselves")
	}
	r.links[u] = primary
	return noContent()
}

func unlinkUser(o *Org, c *call) (answer, error) {
	u, err := o.user(c, "userIdOrLogin")
	if err != nil {
		return answer{}, err
	}
	r, err := o.linked.withPrimary(c.params["relationshipName"])
	if err != nil {
		return answer{}, err
	}
	delete(r.links, u)
	return noContent()
}

// seedLinked gives everybody the head of their department as manager, and the
// heads the super administrator.
func (s *seeder) seedLinked() {
	manages := &relationship{
		linkEnd{"manager", "Manager", "Whom somebody reports to", "USER"},
		linkEnd{"subordinate", "Subordinate", "Who reports to somebody", "USER"}, map[*user]*user{},
	}
	s.linked.all = []*relationship{manages}
	top := s.directory.byID[s.cast.SuperAdmin.ID]
	s.cast.Manager = s.cast.SuperAdmin
	for _, u := range s.directory.users {
		head := s.heads[u.live.profile.text("department")]
		if head == nil || head == u {
			head = top
		}
		if head != u && u.live.status != staged && u.live.status != deprovisioned {
			manages.links[u] = head
		}
	}
}
