package demoorg

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// hookStore holds the event hooks, oldest first.
type hookStore struct{ all []*eventHook }

// eventHook tells another system about events. The demo never calls one.
type eventHook struct {
	id, name         string
	description      any // text or null
	status           string
	verified         bool
	created, updated stamp
	by               string // id of who made it
	events           map[string]any
	channel          map[string]any // without the secret
	secret           string         // authScheme.value: kept to see a change, never answered
}

const hookActive, hookInactive = "ACTIVE", "INACTIVE"

// hookRoutes are event hooks.
func hookRoutes() []route {
	const root, one = "/api/v1/eventHooks", "/api/v1/eventHooks/{eventHookId}"
	const read, manage = "okta.eventHooks.read", "okta.eventHooks.manage"
	return []route{
		{"GET", root, "listEventHooks", read, "", listHooks},
		{"POST", root, "createEventHook", manage, "", createHook},
		{"GET", one, "getEventHook", read, "", getHook},
		{"PUT", one, "replaceEventHook", manage, "", replaceHook},
		{"DELETE", one, "deleteEventHook", manage, "", deleteHook},
		{"POST", one + "/lifecycle/verify", "verifyEventHook", manage, "", verifyHook},
		{"POST", one + "/lifecycle/activate", "activateEventHook", manage, "", activateHook},
		{"POST", one + "/lifecycle/deactivate", "deactivateEventHook", manage, "", deactivateHook},
	}
}

type hookDoc struct {
	ID           string         `json:"id"`
	Status       string         `json:"status"`
	Verification string         `json:"verificationStatus"`
	Name         string         `json:"name"`
	Description  any            `json:"description"`
	Created      stamp          `json:"created"`
	CreatedBy    string         `json:"createdBy"`
	Updated      stamp          `json:"lastUpdated"`
	Events       map[string]any `json:"events"`
	Channel      map[string]any `json:"channel"`
	Links        map[string]any `json:"_links"`
}

func (h *eventHook) doc(base string) hookDoc {
	self := base + "/api/v1/eventHooks/" + h.id
	doc := hookDoc{
		ID: h.id, Status: h.status, Verification: "UNVERIFIED", Name: h.name, Description: h.description,
		Created: h.created, CreatedBy: h.by, Updated: h.updated, Events: h.events, Channel: h.channel,
		Links: map[string]any{"self": link{Href: self}},
	}
	if h.verified {
		doc.Verification = "VERIFIED"
	}
	if h.status == hookActive {
		doc.Links["verify"] = hint(self+"/lifecycle/verify", http.MethodPost)
		doc.Links["deactivate"] = hint(self+"/lifecycle/deactivate", http.MethodPost)
	} else {
		doc.Links["activate"] = hint(self+"/lifecycle/activate", http.MethodPost)
		doc.Links["delete"] = hint(self, http.MethodDelete)
	}
	return doc
}

func badHook(cause string) *apiError { return invalid("eventHook", cause) }

func (o *Org) hook(c *call) (*eventHook, error) {
	id := c.params["eventHookId"]
	for _, h := range o.hooks.all {
		if h.id == id {
			return h, nil
		}
	}
	return nil, notFound(id, "EventHook")
}

func listHooks(o *Org, c *call) (answer, error) {
	docs := make([]hookDoc, 0, len(o.hooks.all))
	for _, h := range o.hooks.all {
		docs = append(docs, h.doc(c.base))
	}
	return ok(docs)
}

func getHook(o *Org, c *call) (answer, error) {
	h, err := o.hook(c)
	if err != nil {
		return answer{}, err
	}
	return ok(h.doc(c.base))
}

// createHook makes an ACTIVE hook; it hears of events once it is verified.
func createHook(o *Org, c *call) (answer, error) {
	h := &eventHook{status: hookActive, created: stampOf(c.now), updated: stampOf(c.now), by: o.actorOf(c).id}
	if err := h.read(c); err != nil {
		return answer{}, err
	}
	h.id = o.mint("who")
	o.hooks.all = append(o.hooks.all, h)
	return ok(h.doc(c.base))
}

// replaceHook changes a hook. With another channel it must be verified again.
func replaceHook(o *Org, c *call) (answer, error) {
	h, err := o.hook(c)
	if err != nil {
		return answer{}, err
	}
	next := *h
	if err := next.read(c); err != nil {
		return answer{}, err
	}
	sameScheme := maps.Equal(object(next.channel, "config", "authScheme"), object(h.channel, "config", "authScheme"))
	if next.uri() != h.uri() || next.secret != h.secret || !sameScheme {
		next.verified = false
	}
	next.updated = stampOf(c.now)
	*h = next
	return ok(h.doc(c.base))
}

// read takes name, events and channel from the body. h keeps what it was on an
// error.
func (h *eventHook) read(c *call) error {
	var body struct {
		Name        string         `json:"name"`
		Description any            `json:"description"`
		Events      map[string]any `json:"events"`
		Channel     map[string]any `json:"channel"`
	}
	if err := c.decode(&body); err != nil {
		return err
	}
	if strings.TrimSpace(body.Name) == "" {
		return badHook("name: The field cannot be left blank")
	}
	if items, _ := body.Events["items"].([]any); body.Events["type"] != "EVENT_TYPE" || len(items) == 0 {
		return badHook("events: The field needs type EVENT_TYPE and at least one event type in items")
	}
	config, _ := body.Channel["config"].(map[string]any)
	uri, _ := config["uri"].(string)
	address, err := url.Parse(uri)
	if body.Channel["type"] != "HTTP" || err != nil || address.Scheme != "https" || address.Host == "" {
		return badHook("channel: The field needs type HTTP and an https address in config.uri")
	}
	h.name, h.description, h.events, h.channel = body.Name, body.Description, body.Events, body.Channel
	h.complete(config)
	return nil
}

// complete adds what Okta answers of the members nobody gave, and takes the
// secret out.
func (h *eventHook) complete(config map[string]any) {
	defaults := map[string]any{"headers": []any{}, "method": http.MethodPost, "authScheme": nil}
	for name, value := range defaults {
		if config[name] == nil {
			config[name] = value
		}
	}
	if scheme, given := config["authScheme"].(map[string]any); given {
		h.secret, _ = scheme["value"].(string)
		delete(scheme, "value")
	}
	if _, given := h.events["filter"]; !given {
		h.events["filter"] = nil
	}
}

func (h *eventHook) uri() any { return object(h.channel, "config")["uri"] }

func deleteHook(o *Org, c *call) (answer, error) {
	h, err := o.hook(c)
	if err != nil {
		return answer{}, err
	}
	if h.status == hookActive {
		return answer{}, badHook("An event hook must be deactivated before it can be deleted.")
	}
	o.hooks.all = slices.DeleteFunc(o.hooks.all, func(other *eventHook) bool { return other == h })
	return noContent()
}

// verifyHook is the one-time handshake. The demo never calls out: it succeeds
// unless the host ends in ".invalid", a name that resolves nowhere (RFC 6761).
func verifyHook(o *Org, c *call) (answer, error) {
	h, err := o.hook(c)
	if err != nil {
		return answer{}, err
	}
	uri, _ := h.uri().(string)
	if address, err := url.Parse(uri); err != nil || strings.HasSuffix(address.Hostname(), ".invalid") {
		return answer{}, badHook("Unable to verify event hook. Hook " + h.name + " execution failed")
	}
	h.verified, h.updated = true, stampOf(c.now)
	return ok(h.doc(c.base))
}

func activateHook(o *Org, c *call) (answer, error) { return o.turnHook(c, hookActive) }

func deactivateHook(o *Org, c *call) (answer, error) { return o.turnHook(c, hookInactive) }

// turnHook switches a hook on or off; twice the same changes nothing.
func (o *Org) turnHook(c *call, to string) (answer, error) {
	h, err := o.hook(c)
	if err != nil {
		return answer{}, err
	}
	if h.status != to {
		h.status, h.updated = to, stampOf(c.now)
	}
	return ok(h.doc(c.base))
}

// seedHooks makes one hook that works and one that was never finished.
func (s *seeder) seedHooks() {
	s.cast.Hook = s.addHook("Lifecycle to SIEM", "https://siem.acme.example/okta/events", hookActive,
		"user.lifecycle.create", "user.lifecycle.deactivate", "user.account.privilege.grant")
	s.cast.UnverifiedHook = s.addHook("Group changes (draft)", "https://hooks.acme.example/okta", hookInactive,
		"group.user_membership.add", "group.user_membership.remove")
}

func (s *seeder) addHook(name, uri, status string, types ...any) Thing {
	made := s.ago(300, 40)
	h := &eventHook{
		id: s.mint("who"), name: name, status: status, verified: status == hookActive,
		created: made, updated: made, by: s.cast.SuperAdmin.ID, secret: "seeded",
		events: map[string]any{"type": "EVENT_TYPE", "items": types, "filter": nil},
		channel: map[string]any{"type": "HTTP", "version": "1.0.0", "config": map[string]any{
			"uri": uri, "headers": []any{}, "method": http.MethodPost,
			"authScheme": map[string]any{"type": "HEADER", "key": "Authorization"},
		}},
	}
	s.hooks.all = append(s.hooks.all, h)
	return Thing{h.id, h.name}
}
