package demoorg

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
)

// attributeName is what a custom attribute may be called.
var attributeName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// attribute is one property of a profile schema.
type attribute struct {
	name     string
	kind     kind
	base     bool // part of Okta's base schema
	required bool
	terms    map[string]any // the property as the schema endpoint shows it
}

// kind is what values an attribute takes.
type kind uint8

const (
	textKind kind = iota
	numberKind
	boolKind
	listKind
)

// schema is a profile schema. Attributes keep the order they were added.
type schema struct {
	attributes []*attribute
	byName     map[string]*attribute
	updated    stamp
}

// baseAttribute is a row of Okta's base user schema.
type baseAttribute struct {
	name, title, format string
	required            bool
	shortest, longest   int
	self                string // what users may do with it themselves
}

func baseAttributes() []baseAttribute {
	const write, read, hide = "READ_WRITE", "READ_ONLY", "HIDE"
	return []baseAttribute{
		{"login", "Username", "", true, 5, 100, write},
		{"firstName", "First name", "", true, 1, 50, write},
		{"lastName", "Last name", "", true, 1, 50, write},
		{"middleName", "Middle name", "", false, 0, 0, read},
		{"honorificPrefix", "Honorific prefix", "", false, 0, 0, read},
		{"honorificSuffix", "Honorific suffix", "", false, 0, 0, read},
		{"email", "Primary email", "email", true, 0, 0, write},
		{"title", "Title", "", false, 0, 0, read},
		{"displayName", "Display name", "", false, 0, 0, read},
		{"nickName", "Nickname", "", false, 0, 0, read},
		{"profileUrl", "Profile Url", "uri", false, 0, 0, read},
		{"secondEmail", "Secondary email", "email", false, 0, 0, write},
		{"mobilePhone", "Mobile phone", "", false, 0, 100, write},
		{"primaryPhone", "Primary phone", "", false, 0, 100, hide},
		{"streetAddress", "Street address", "", false, 0, 0, hide},
		{"city", "City", "", false, 0, 0, hide},
		{"state", "State", "", false, 0, 0, hide},
		{"zipCode", "Zip code", "", false, 0, 0, hide},
		{"countryCode", "Country code", "country-code", false, 0, 0, hide},
		{"postalAddress", "Postal Address", "", false, 0, 0, hide},
		{"preferredLanguage", "Preferred language", "language-code", false, 0, 0, read},
		{"locale", "Locale", "locale", false, 0, 0, read},
		{"timezone", "Time zone", "timezone", false, 0, 0, read},
		{"userType", "User type", "", false, 0, 0, read},
		{"employeeNumber", "Employee number", "", false, 0, 0, read},
		{"costCenter", "Cost center", "", false, 0, 0, read},
		{"organization", "Organization", "", false, 0, 0, read},
		{"division", "Division", "", false, 0, 0, read},
		{"department", "Department", "", false, 0, 0, read},
		{"managerId", "ManagerId", "", false, 0, 0, read},
		{"manager", "Manager", "", false, 0, 0, read},
	}
}

// terms is the property the schema endpoint shows for a base attribute.
func (b baseAttribute) terms() map[string]any {
	t := map[string]any{"title": b.title, "type": "string"}
	if b.required {
		t["required"] = true
	}
	if b.format != "" {
		t["format"] = b.format
	}
	if b.shortest > 0 {
		t["minLength"] = b.shortest
	}
	if b.longest > 0 {
		t["maxLength"] = b.longest
	}
	return withDefaultTerms(t, b.self)
}

// withDefaultTerms adds what Okta adds to a property that does not say.
func withDefaultTerms(t map[string]any, self string) map[string]any {
	for name, value := range map[string]any{
		"mutability": "READ_WRITE", "scope": "NONE",
		"permissions": []map[string]string{{"principal": "SELF", "action": self}},
		"master":      map[string]string{"type": "PROFILE_MASTER"},
	} {
		if _, said := t[name]; !said {
			t[name] = value
		}
	}
	return t
}

func newSchema() *schema {
	s := &schema{byName: map[string]*attribute{}}
	for _, b := range baseAttributes() {
		s.add(&attribute{name: b.name, base: true, required: b.required, terms: b.terms()})
	}
	for _, custom := range []struct{ name, title, kind string }{
		{"badgeNumber", "Badge number", "string"}, {"startDate", "Start date", "string"},
		{"deskFloor", "Desk floor", "number"}, {"onCall", "On call", "boolean"}, {"certifications", "Certifications", "array"},
	} {
		terms := map[string]any{"title": custom.title, "type": custom.kind}
		if custom.kind == "array" {
			terms["items"] = map[string]string{"type": "string"}
		}
		s.define(custom.name, terms)
	}
	return s
}

func (s *schema) add(a *attribute) {
	s.attributes = append(s.attributes, a)
	s.byName[a.name] = a
}

// define adds a custom attribute, or changes the one of that name.
func (s *schema) define(name string, terms map[string]any) {
	a := s.byName[name]
	if a == nil {
		a = &attribute{name: name}
		s.add(a)
	}
	switch terms["type"] {
	case "number", "integer":
		a.kind = numberKind
	case "boolean":
		a.kind = boolKind
	case "array":
		a.kind = listKind
	default:
		a.kind = textKind
	}
	a.required = terms["required"] == true
	if !a.required {
		delete(terms, "required")
	}
	a.terms = withDefaultTerms(terms, "READ_ONLY")
}

func (s *schema) remove(name string) {
	a := s.byName[name]
	delete(s.byName, name)
	s.attributes = slices.DeleteFunc(s.attributes, func(other *attribute) bool { return other == a })
}

// properties are the base or custom attributes, and which of them are required.
func (s *schema) properties(base bool) (properties map[string]any, required []string) {
	properties, required = map[string]any{}, []string{}
	for _, a := range s.attributes {
		if a.base != base {
			continue
		}
		properties[a.name] = a.terms
		if a.required {
			required = append(required, a.name)
		}
	}
	return properties, required
}

// check says what is wrong with a value for a, or "".
func (a *attribute) check(value any) string {
	var fits bool
	switch a.kind {
	case numberKind:
		_, fits = value.(json.Number)
	case boolKind:
		_, fits = value.(bool)
	case listKind:
		_, fits = value.([]any)
	default:
		_, fits = value.(string)
	}
	if fits {
		return ""
	}
	return a.name + ": The value is of the wrong type"
}

// related is a link of the meta endpoints, which say rel and method.
type related struct {
	Rel    string `json:"rel"`
	Href   string `json:"href"`
	Method string `json:"method"`
}

func relate(rel, href string) related { return related{rel, href, http.MethodGet} }

func (o *Org) metaLinks(base, first, second string) map[string]related {
	paths := map[string]string{
		"schema": base + "/api/v1/meta/schemas/user/" + o.userTypes.schemaID,
		"type":   base + "/api/v1/meta/types/user/" + o.userTypes.typeID,
	}
	return map[string]related{"self": relate("self", paths[first]), second: relate(second, paths[second])}
}

// schemaDoc is the user schema as the API shows it.
func (o *Org) schemaDoc(base string) map[string]any {
	definitions := map[string]any{}
	for name, isBase := range map[string]bool{"base": true, "custom": false} {
		properties, required := o.schema.properties(isBase)
		definitions[name] = map[string]any{
			"id": "#" + name, "type": "object", "properties": properties, "required": required,
		}
	}
	return map[string]any{
		"id": base + "/meta/schemas/user/default", "$schema": "http://json-schema.org/draft-04/schema#",
		"name": "user", "title": "User", "description": "Okta user profile template with default permission settings",
		"lastUpdated": o.schema.updated, "created": o.userTypes.created, "definitions": definitions, "type": "object",
		"properties": map[string]any{"profile": map[string]any{
			"allOf": []map[string]string{{"$ref": "#/definitions/custom"}, {"$ref": "#/definitions/base"}},
		}},
		"_links": o.metaLinks(base, "schema", "type"),
	}
}

// theSchema refuses any schema but the one every org has.
func (o *Org) theSchema(c *call) error {
	if id := c.params["schemaId"]; id != "default" && id != o.userTypes.schemaID {
		return notFound(id, "SchemaLite")
	}
	return nil
}

func getUserSchema(o *Org, c *call) (answer, error) {
	if err := o.theSchema(c); err != nil {
		return answer{}, err
	}
	return ok(o.schemaDoc(c.base))
}

// updateUserSchema adds and changes custom attributes; null removes one.
func updateUserSchema(o *Org, c *call) (answer, error) {
	if err := o.theSchema(c); err != nil {
		return answer{}, err
	}
	var body struct {
		Definitions struct {
			Custom struct {
				Properties map[string]map[string]any `json:"properties"`
			} `json:"custom"`
		} `json:"definitions"`
	}
	if err := c.decode(&body); err != nil {
		return answer{}, err
	}
	properties := body.Definitions.Custom.Properties
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if !attributeName.MatchString(name) {
			return answer{}, invalid(name, name+": The name of an attribute is letters, digits and underscores")
		}
		if a := o.schema.byName[name]; a != nil && a.base {
			return answer{}, invalid(name, name+": The attribute is part of the base schema")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if properties[name] == nil {
			o.dropAttribute(name)
			continue
		}
		o.schema.define(name, properties[name])
	}
	o.schema.updated = stampOf(c.now)
	return ok(o.schemaDoc(c.base))
}

// dropAttribute removes an attribute and everybody's value of it.
func (o *Org) dropAttribute(name string) {
	a := o.schema.byName[name]
	if a == nil {
		return
	}
	for _, u := range o.directory.users {
		u.live.profile = u.live.profile.with(a, nil)
	}
	o.schema.remove(name)
}

// typeDoc is the one user type.
func (o *Org) typeDoc(base string) map[string]any {
	return map[string]any{
		"id": o.userTypes.typeID, "displayName": "User", "name": "user",
		"description": "Okta user profile template with default permission settings",
		"createdBy":   "spr" + o.userTypes.typeID[3:], "lastUpdatedBy": "spr" + o.userTypes.typeID[3:],
		"created": o.userTypes.created, "lastUpdated": o.userTypes.created, "default": true,
		"_links": o.metaLinks(base, "type", "schema"),
	}
}

func listUserTypes(o *Org, c *call) (answer, error) {
	return ok([]map[string]any{o.typeDoc(c.base)})
}

func getUserType(o *Org, c *call) (answer, error) {
	if id := c.params["typeId"]; id != "default" && id != o.userTypes.typeID {
		return answer{}, notFound(id, "UserType")
	}
	return ok(o.typeDoc(c.base))
}
