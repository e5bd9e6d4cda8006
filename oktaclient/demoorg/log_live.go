package demoorg

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// witness remembers, before a handler changes anything, what the operation is
// about: afterwards it may be gone. nil for what the log does not tell.
func (o *Org) witness(c *call) []logEntity {
	if _, told := o.log.writes[c.route.operation]; !told {
		return nil
	}
	seen := []logEntity{}
	template := strings.Split(strings.Trim(c.route.template, "/"), "/")
	path := strings.Split(strings.Trim(c.path, "/"), "/")
	for i, segment := range template {
		if i == 0 || !strings.HasPrefix(segment, "{") {
			continue
		}
		if kind := entityKind(template[i-1], c.route.template); kind != "" {
			seen = append(seen, o.lookUp(c, kind, c.params[strings.Trim(segment, "{}")], "/"+strings.Join(path[:i+1], "/")))
		}
	}
	return seen
}

// lookUp names something by asking the org for it, as any client would.
func (o *Org) lookUp(c *call, kind, id, path string) logEntity {
	if u := o.directory.resolve(id); kind == "User" && u != nil {
		return u.entity()
	}
	unnamed := logEntity{id: id, kind: kind, alternate: "unknown", name: "unknown"}
	route, params, err := o.router.find(http.MethodGet, path)
	if err != nil {
		return unnamed
	}
	got, err := route.handle(o, &call{
		route: route, params: params, query: url.Values{}, path: path, base: c.base, header: http.Header{}, now: c.now,
	})
	if err != nil {
		return unnamed
	}
	raw, err := encode(got.body)
	if err != nil {
		return unnamed
	}
	return entityOf(kind, raw, unnamed)
}

// entity is the user in the log.
func (u *user) entity() logEntity {
	p := u.live.profile
	name := p.text("displayName")
	if name == "" {
		name = strings.TrimSpace(p.text("firstName") + " " + p.text("lastName"))
	}
	return logEntity{id: u.id, kind: "User", alternate: u.login(), name: name}
}

// entityOf reads id and name from a document, of whatever kind.
func entityOf(kind string, raw json.RawMessage, otherwise logEntity) logEntity {
	var doc map[string]any
	if json.Unmarshal(raw, &doc) != nil {
		return otherwise
	}
	e := otherwise
	e.kind = kind
	if id, _ := doc["id"].(string); id != "" {
		e.id = id
	}
	profile, _ := doc["profile"].(map[string]any)
	for _, name := range []any{doc["label"], doc["name"], doc["displayName"], profile["displayName"], profile["name"], doc["type"]} {
		if text, _ := name.(string); text != "" {
			e.name = text
			break
		}
	}
	if kind != "User" {
		e.alternate = e.name
	}
	return e
}

// publish files the event of a write that has succeeded.
func (o *Org) publish(c *call, seen []logEntity, raw json.RawMessage) {
	if seen == nil {
		return
	}
	targets := append(seen, o.createdBy(c, raw)...)
	name := o.log.writes[c.route.operation]
	if c.route.operation == "deleteUser" && len(seen) > 0 && o.directory.byID[seen[0].id] != nil {
		name = "user.lifecycle.deactivate" // the first DELETE only deactivates
	}
	e := logEvent{
		at: c.now.UnixMilli(), kind: o.log.kinds[name], actor: o.actorOf(c), from: o.originOf(c), result: "SUCCESS",
		targets: targets, request: c.number | liveRequest, uri: c.path,
	}
	if strings.Contains(name, ".privilege.") {
		e.targets, e.debug = splitRole(name, targets)
	}
	o.log.append(e)
	if name == "user.lifecycle.create" && !strings.Contains(string(raw), `"status":"STAGED"`) {
		e.kind = o.log.kinds["user.lifecycle.activate"]
		o.log.append(e)
	}
}

// createdBy is what a POST to a list made.
func (o *Org) createdBy(c *call, raw json.RawMessage) []logEntity {
	segments := strings.Split(c.route.template, "/")
	kind := entityKind(segments[len(segments)-1], c.route.template)
	if kind == "" || len(raw) == 0 {
		return o.begunBy(c, kind)
	}
	made := entityOf(kind, raw, logEntity{alternate: "unknown", name: "unknown"})
	if u := o.directory.byID[made.id]; kind == "User" && u != nil {
		made = u.entity()
	}
	return []logEntity{made}
}

// begunBy is what an accepted POST to a list will make, under the name asked for.
func (o *Org) begunBy(c *call, kind string) []logEntity {
	if len(o.agents.operations) == 0 {
		return nil
	}
	last := o.agents.operations[len(o.agents.operations)-1]
	if last.resourcePath != c.path+"/"+last.resource || !last.created.Equal(c.now) {
		return nil
	}
	return []logEntity{entityOf(kind, c.body, logEntity{id: last.resource, alternate: "unknown", name: "unknown"})}
}

// splitRole takes the role out of the targets: the log tells it as debug data.
func splitRole(event string, targets []logEntity) (rest []logEntity, debug []debugDatum) {
	for _, t := range targets {
		switch {
		case t.kind != "Role":
			rest = append(rest, t)
		case strings.HasSuffix(event, "grant"):
			debug = append(debug, debugDatum{"privilegeGranted", t.name})
		default:
			debug = append(debug, debugDatum{"privilegeRevoked", t.name})
		}
	}
	return rest, debug
}

// actorOf is who the log says did it: the service app, or the super
// administrator whom Admin stands for.
func (o *Org) actorOf(c *call) logEntity {
	if u := o.directory.byID[o.cast.SuperAdmin.ID]; c.face == adminFace && u != nil {
		return u.entity()
	}
	return logEntity{id: o.cast.ServiceApp.ID, kind: "PublicClientApp", alternate: o.cast.ServiceApp.ID, name: o.cast.ServiceApp.Name}
}

// originOf is where a live request comes from: the office in Austin, by
// whatever client it says it is.
func (o *Org) originOf(c *call) logOrigin {
	raw := c.header.Get("User-Agent")
	if raw == "" {
		raw = "unknown"
	}
	return logOrigin{place: o.log.home, agent: unknownAgent(raw), ip: [4]byte{198, 18, 0, 2}}
}
