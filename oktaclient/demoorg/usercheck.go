package demoorg

import (
	"maps"
	"regexp"
	"slices"
	"unicode/utf8"
)

// mailShape is what Okta asks of a login by default and of an email always.
var mailShape = regexp.MustCompile(`^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>".]+$`)

// maxJoin is how many groups a new user can be put into at once.
const maxJoin = 20

// newPerson is a STAGED person with the profile a body asks for.
func (o *Org) newPerson(body userBody, was *user) (person, error) {
	p := person{provider: "OKTA"}
	if body.Type != nil && body.Type.ID != "" && body.Type.ID != o.userTypes.typeID {
		return p, notFound(body.Type.ID, "UserType")
	}
	var err error
	p.profile, err = o.newProfile(profile{}, body.Profile, was)
	return p, err
}

// newProfile lays the attributes of a body over from and checks the outcome.
// was is the user whose profile it becomes, or nil.
func (o *Org) newProfile(from profile, body map[string]any, was *user) (profile, error) {
	next := from
	var causes []string
	for _, name := range slices.Sorted(maps.Keys(body)) {
		a := o.schema.byName[name]
		if a == nil {
			return profile{}, invalid("newUser", "Property name '"+name+"' is not defined in profile")
		}
		value := body[name]
		if value != nil {
			if cause := a.check(value); cause != "" {
				causes = append(causes, cause)
				continue
			}
		}
		if value == "" && a.required {
			value = nil
		}
		next = next.with(a, value)
	}
	causes = append(causes, o.profileFaults(next, was)...)
	if len(causes) > 0 {
		return profile{}, invalid(subjectOf(causes[0]), causes...)
	}
	return next, nil
}

// profileFaults lists what keeps a profile from being valid, in Okta's words.
func (o *Org) profileFaults(p profile, was *user) []string {
	var faults []string
	for _, name := range []string{"login", "email", "firstName", "lastName"} {
		value := p.text(name)
		switch {
		case value == "":
			faults = append(faults, name+": The field cannot be left blank")
		case name == "login" && !mailShape.MatchString(value):
			faults = append(faults, "login: Username must be in the form of an email address")
		case name == "email" && !mailShape.MatchString(value):
			faults = append(faults, "email: Does not match required pattern")
		case tooLong(name, value):
			faults = append(faults, name+": The field is too long")
		}
	}
	if second := p.text("secondEmail"); second != "" && !mailShape.MatchString(second) {
		faults = append(faults, "secondEmail: Does not match required pattern")
	}
	if other := o.directory.byLogin[foldLogin(p.text("login"))]; other != nil && other != was {
		faults = append(faults, "login: An object with this field already exists in the current organization")
	}
	return faults
}

// tooLong applies the base schema's lengths: names 50, login and email 100.
func tooLong(name, value string) bool {
	longest := 100
	if name == "firstName" || name == "lastName" {
		longest = 50
	}
	return utf8.RuneCountInString(value) > longest
}

// subjectOf is the attribute a cause begins with.
func subjectOf(cause string) string {
	for i, r := range cause {
		if r == ':' {
			return cause[:i]
		}
	}
	return cause
}

// groupsToJoin finds the groups a new user is to be put into.
func (o *Org) groupsToJoin(ids []string) ([]*group, error) {
	if len(ids) > maxJoin {
		return nil, invalid("groupIds", "groupIds: The number of groups exceeds the maximum of 20")
	}
	groups := make([]*group, 0, len(ids))
	for _, id := range ids {
		g := o.groups.byID[id]
		if g == nil {
			return nil, notFound(id, "UserGroup")
		}
		if err := g.mayChangeMembers(); err != nil {
			return nil, err
		}
		groups = append(groups, g)
	}
	return groups, nil
}
