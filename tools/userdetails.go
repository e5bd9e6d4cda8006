package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

const (
	schemasRead       = "okta.schemas.read"
	userTypesRead     = "okta.userTypes.read"
	linkedObjectsRead = "okta.linkedObjects.read"
)

// listOfUser runs a list of what one person has, whom the operation names by id.
func (c *Call) listOfUser(ctx context.Context, ref string, l listing, read func(context.Context, string, oktaclient.Query) (*oktaclient.Answer, error)) (List, error) {
	id, err := c.userID(ctx, ref)
	if err != nil {
		return List{}, err
	}
	l.key = append(l.key, id)
	l.fetch = func(ctx context.Context, q oktaclient.Query) (*oktaclient.Answer, error) {
		answer, err := read(ctx, id, q)
		if notFound(err) {
			err = noSuchUser(ref)
		}
		return answer, err
	}
	return l.run(ctx, c)
}

// listUserIn is the input of every plain list of what one person has.
type listUserIn struct {
	UserID string `json:"user_id" jsonschema:"id or login"`
	Paging
}

func listUserGroups() Any {
	return Tool[listUserIn, List]{
		Name: "list_user_groups", Title: "List a user's groups", Effect: Read, Scopes: []string{usersRead},
		Description: "The groups that one person is a member of.",
		Run: func(ctx context.Context, c *Call, in listUserIn) (List, error) {
			return c.listOfUser(ctx, in.UserID, listing{paging: in.Paging, view: groupItems(), key: []string{"user groups"}}, c.Org.ListUserGroups)
		},
	}
}

func listUserApps() Any {
	return Tool[listUserIn, List]{
		Name: "list_user_apps", Title: "List a user's apps", Effect: Read, Scopes: []string{usersRead},
		Description: "The app links that one person sees; appInstanceId is the app_id.",
		Run: func(ctx context.Context, c *Call, in listUserIn) (List, error) {
			shown := view{without: []string{"logoUrl", "credentialsSetup", "sortOrder"}}
			return c.listOfUser(ctx, in.UserID, listing{paging: in.Paging, view: shown, key: []string{"user apps"}, whole: true},
				unpaged(c.Org.ListAppLinks))
		},
	}
}

func listUserDevices() Any {
	return Tool[listUserIn, List]{
		Name: "list_user_devices", Title: "List a user's devices", Effect: Read, Scopes: []string{usersRead},
		Description: "The devices that one person has registered.",
		Run: func(ctx context.Context, c *Call, in listUserIn) (List, error) {
			return c.listOfUser(ctx, in.UserID, listing{paging: in.Paging, key: []string{"user devices"}, whole: true}, unpaged(c.Org.ListUserDevices))
		},
	}
}

// unpaged reads a list of what one person has that Okta answers at once.
func unpaged(read func(context.Context, string) (*oktaclient.Answer, error)) func(context.Context, string, oktaclient.Query) (*oktaclient.Answer, error) {
	return func(ctx context.Context, id string, _ oktaclient.Query) (*oktaclient.Answer, error) {
		return read(ctx, id)
	}
}

type listUserTypesIn struct{ Paging }

func listUserTypes() Any {
	return Tool[listUserTypesIn, List]{
		Name: "list_user_types", Title: "List user types", Effect: Read, Scopes: []string{userTypesRead},
		Description: "The types of people there are, each with the schemaId that get_user_schema takes.",
		Run: func(ctx context.Context, c *Call, in listUserTypesIn) (List, error) {
			read := func(ctx context.Context, _ oktaclient.Query) (*oktaclient.Answer, error) {
				return c.Org.ListUserTypes(ctx)
			}
			return listing{paging: in.Paging, view: view{without: []string{"createdBy", "lastUpdatedBy"}}, key: []string{"user types"}, whole: true,
				fetch: withLinked("schemaId", "schema", in.Fields, read)}.run(ctx, c)
		},
	}
}

// withLinked gives each item of a list the id that Okta only has at the end of a
// link's address. Who asks for Okta's own documents gets those.
func withLinked(member, link string, fields []string, read fetch) fetch {
	return func(ctx context.Context, q oktaclient.Query) (*oktaclient.Answer, error) {
		answer, err := read(ctx, q)
		if err != nil || slices.Contains(fields, everything) {
			return answer, err
		}
		items, err := answer.Items()
		if err != nil {
			return nil, err
		}
		for i, item := range items {
			href := gjson.GetBytes(item, "_links."+link+".href").String()
			if href == "" {
				continue
			}
			quoted, err := encode(path.Base(href))
			if err != nil {
				return nil, err
			}
			var b objectWriter
			b.member(`"`+member+`"`, quoted)
			gjson.ParseBytes(item).ForEach(func(name, value gjson.Result) bool {
				b.member(name.Raw, json.RawMessage(value.Raw))
				return true
			})
			items[i] = b.done()
		}
		with := *answer
		with.Body, err = encode(items)
		return &with, err
	}
}

type listLinkedObjectsIn struct {
	UserID       string `json:"user_id" jsonschema:"id or login"`
	Relationship string `json:"relationship" jsonschema:"name, e.g. manager"`
	Paging
}

func listLinkedObjects() Any {
	return Tool[listLinkedObjectsIn, List]{
		Name: "list_linked_objects", Title: "List linked people", Effect: Read, Scopes: []string{usersRead}, Optional: []string{linkedObjectsRead},
		Description: "The ids of those linked to one person by a relationship that the org defines.",
		Run: func(ctx context.Context, c *Call, in listLinkedObjectsIn) (List, error) {
			note := ""
			l := listing{paging: in.Paging, key: []string{"linked objects", in.Relationship}, whole: true,
				note: func(int, int) (bool, string) { return false, note }}
			return c.listOfUser(ctx, in.UserID, l, func(ctx context.Context, id string, q oktaclient.Query) (*oktaclient.Answer, error) {
				read := func(ctx context.Context, q oktaclient.Query) (*oktaclient.Answer, error) {
					return c.Org.ListLinkedObjectsForUser(ctx, id, in.Relationship, q)
				}
				answer, err := withLinked("id", "self", in.Fields, read)(ctx, q)
				if !notFound(err) && (err != nil || len(gjson.ParseBytes(answer.Body).Array()) > 0) {
					return answer, err
				}
				var undefined error
				if note, undefined = c.relationship(ctx, in.Relationship); undefined != nil {
					return nil, undefined
				}
				if note != "" && err != nil {
					err = &Refused{Reason: "there is no such person or no such relationship", Next: note}
				}
				return answer, err
			})
		},
	}
}

// relationship refuses a name that the org does not define, with those that it
// does. Where the definitions cannot be read, the note says so.
func (c *Call) relationship(ctx context.Context, name string) (note string, err error) {
	var defined []string
	hidden, err := c.optional(linkedObjectsRead, func() error {
		items, _, err := page(c.Org.ListLinkedObjectDefinitions(ctx))
		defined = slices.Concat(names(items, "primary.name"), names(items, "associated.name"))
		return err
	})
	switch {
	case err != nil:
		return "", fmt.Errorf("reading what relationships the org defines: %w", err)
	case hidden != "":
		return "whether the org defines this relationship is not visible: " + hidden, nil
	case len(defined) == 0:
		return "", &Refused{Reason: "the org defines no relationships between people", Next: "an attribute such as managerId may say it; get_user shows it"}
	case !slices.Contains(defined, name):
		return "", &Refused{Reason: "the org defines no relationship " + confirm.Quote(name), Next: "it defines " + quotedList(defined)}
	}
	return "", nil
}

type getUserSchemaIn struct {
	SchemaID string `json:"schema_id,omitempty" jsonschema:"id; without: of the default type"`
	Shown
}

func getUserSchema() Any {
	return Tool[getUserSchemaIn, Document]{
		Name: "get_user_schema", Title: "Get user schema", Effect: Read, Scopes: []string{schemasRead},
		Description: "The attributes of people, base and custom: type, required, allowed values, what masters them.",
		Run: func(ctx context.Context, c *Call, in getUserSchemaIn) (Document, error) {
			id := firstNonEmpty(in.SchemaID, "default")
			answer, err := c.Org.GetUserSchema(ctx, id)
			if notFound(err) {
				return nil, &Refused{Reason: "no user schema has the id " + confirm.Quote(id), Next: "list_user_types shows the ids there are; without schema_id it is that of the default type"}
			}
			if err != nil {
				return nil, err
			}
			if len(in.Fields) > 0 {
				return c.document(answer.Body, in.Fields)
			}
			short, err := schemaSummary(answer.Body)
			if err != nil {
				return nil, err
			}
			return c.document(short, nil)
		},
	}
}

// attributeTerms is what a summary says of an attribute.
type attributeTerms struct {
	Title      string          `json:"title,omitempty"`
	Type       string          `json:"type"`
	Required   bool            `json:"required,omitempty"`
	Enum       json.RawMessage `json:"enum,omitempty"`
	Unique     string          `json:"unique,omitempty"`
	Mutability string          `json:"mutability,omitempty"` // where it is not READ_WRITE
	MasteredBy string          `json:"mastered_by,omitempty"`
}

// schemaSummary is what somebody who fills in a profile must know of a schema.
func schemaSummary(raw json.RawMessage) (json.RawMessage, error) {
	document := gjson.ParseBytes(raw)
	parts := map[string]json.RawMessage{}
	for _, part := range []string{"base", "custom"} {
		definition := document.Get("definitions." + part)
		required := stringsOf(definition.Get("required"))
		var b objectWriter
		var failed error
		definition.Get("properties").ForEach(func(name, property gjson.Result) bool {
			terms := termsOf(property)
			terms.Required = terms.Required || slices.Contains(required, name.String())
			value, err := encode(terms)
			b.member(name.Raw, value)
			failed = err
			return err == nil
		})
		if failed != nil {
			return nil, failed
		}
		parts[part] = b.done()
	}
	return encode(struct {
		SchemaID string          `json:"schemaId"`
		Title    string          `json:"title"`
		Base     json.RawMessage `json:"base"`
		Custom   json.RawMessage `json:"custom"`
	}{path.Base(document.Get("id").String()), document.Get("title").String(), parts["base"], parts["custom"]})
}

func termsOf(property gjson.Result) attributeTerms {
	terms := attributeTerms{
		Title: property.Get("title").String(), Type: property.Get("type").String(), Required: property.Get("required").Bool(),
		Unique: property.Get("unique").String(), MasteredBy: masteredBy(property.Get("master")),
	}
	enum := property.Get("enum")
	if items := property.Get("items"); items.Exists() {
		terms.Type += " of " + items.Get("type").String()
		if !enum.IsArray() {
			enum = items.Get("enum")
		}
	}
	if enum.IsArray() {
		terms.Enum = json.RawMessage(enum.Raw)
	}
	if mutability := property.Get("mutability").String(); mutability != "READ_WRITE" {
		terms.Mutability = mutability
	}
	return terms
}

// masteredBy is where an attribute's value comes from, in Okta's words: the
// profile's source, Okta, or for OVERRIDE the sources in their order.
func masteredBy(master gjson.Result) string {
	var order []string
	for _, source := range master.Get("priority").Array() {
		order = append(order, strings.TrimSpace(source.Get("type").String()+" "+source.Get("value").String()))
	}
	kind := master.Get("type").String()
	if len(order) == 0 {
		return kind
	}
	return kind + ": " + strings.Join(order, ", ")
}
