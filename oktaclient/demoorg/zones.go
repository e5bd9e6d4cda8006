package demoorg

import (
	"slices"
	"strings"
)

// Usages of zones, and how many a page holds when nobody says.
const (
	zonePolicy    = "POLICY"
	zoneBlocklist = "BLOCKLIST"
	zonePage      = 20
)

// zoneRoutes are network zones.
func zoneRoutes() []route {
	const read, manage = "okta.networkZones.read", "okta.networkZones.manage"
	return []route{
		{"GET", "/api/v1/zones", "listNetworkZones", read, "", listZones},
		{"POST", "/api/v1/zones", "createNetworkZone", manage, "", createZone},
		{"GET", "/api/v1/zones/{zoneId}", "getNetworkZone", read, "", getZone},
		{"PUT", "/api/v1/zones/{zoneId}", "replaceNetworkZone", manage, "", replaceZone},
		{"DELETE", "/api/v1/zones/{zoneId}", "deleteNetworkZone", manage, "", deleteZone},
		{"POST", "/api/v1/zones/{zoneId}/lifecycle/activate", "activateNetworkZone", manage, "", activateZone},
		{"POST", "/api/v1/zones/{zoneId}/lifecycle/deactivate", "deactivateNetworkZone", manage, "", deactivateZone},
	}
}

// zoneStore holds the network zones, oldest first.
type zoneStore struct{ all []*zone }

// zone is one network zone; its body holds what the org does not compute.
type zone struct {
	id, kind, status, usage string
	system                  bool
	created, updated        stamp
	body                    map[string]any
}

func (z *zone) name() string { return text(z.body["name"]) }

func (z *zone) thing() Thing { return Thing{z.id, z.name()} }

// doc is the zone as the API shows it.
func (z *zone) doc(base string) map[string]any {
	self := base + "/api/v1/zones/" + z.id
	links := map[string]any{"self": hint(self, "GET", "PUT", "DELETE")}
	if z.status == policyActive {
		links["deactivate"] = hint(self+"/lifecycle/deactivate", "POST")
	} else {
		links["activate"] = hint(self+"/lifecycle/activate", "POST")
	}
	doc := map[string]any{
		"type": z.kind, "id": z.id, "status": z.status, "usage": z.usage, "system": z.system,
		"created": z.created, "lastUpdated": z.updated, "_links": links,
	}
	for name, value := range z.body {
		doc[name] = value
	}
	return doc
}

// field lets a filter look at a zone.
func (z *zone) field(path string) any {
	switch path {
	case "id":
		return z.id
	case "usage":
		return z.usage
	case "system":
		return z.system
	default:
		return nil
	}
}

func zoneFilterRules(path string, op operator) string {
	switch path {
	case "id", "usage", "system":
		if op != opEqual {
			return unsupportedOperator(path, op)
		}
		return ""
	default:
		return unknownField(path)
	}
}

func (o *Org) zoneByID(id string) *zone {
	i := slices.IndexFunc(o.zones.all, func(z *zone) bool { return z.id == id })
	if i < 0 {
		return nil
	}
	return o.zones.all[i]
}

// zone finds the zone a path names.
func (o *Org) zone(c *call) (*zone, error) {
	if z := o.zoneByID(c.params["zoneId"]); z != nil {
		return z, nil
	}
	return nil, notFound(c.params["zoneId"], "NetworkZone")
}

func listZones(o *Org, c *call) (answer, error) {
	p, err := c.page(zonePage, largestPage)
	if err != nil {
		return answer{}, err
	}
	var wanted condition = all{}
	if text := c.query.Get("filter"); text != "" {
		if wanted, err = parseFilter(text, zoneFilterRules); err != nil {
			return answer{}, err
		}
	}
	docs, next, behind := []map[string]any{}, "", p.after == ""
	last := ""
	for _, z := range o.zones.all {
		if !behind {
			behind = z.id == p.after
			continue
		}
		if !wanted.matches(z) {
			continue
		}
		if len(docs) == p.limit {
			next = last
			break
		}
		docs, last = append(docs, z.doc(c.base)), z.id
	}
	if !behind {
		return answer{}, badCursor()
	}
	return answer{status: 200, body: docs, links: c.links(p, next, "filter")}, nil
}

func getZone(o *Org, c *call) (answer, error) {
	z, err := o.zone(c)
	if err != nil {
		return answer{}, err
	}
	return ok(z.doc(c.base))
}

// createZone makes an ACTIVE zone, whatever status the body asks for.
func createZone(o *Org, c *call) (answer, error) {
	var body map[string]any
	if err := c.decode(&body); err != nil {
		return answer{}, err
	}
	z := &zone{status: policyActive, created: stampOf(c.now), updated: stampOf(c.now)}
	if err := o.fillZone(z, body); err != nil {
		return answer{}, err
	}
	z.id = o.mint("nzo")
	o.zones.all = append(o.zones.all, z)
	return ok(z.doc(c.base))
}

// replaceZone changes a zone; its type stays.
func replaceZone(o *Org, c *call) (answer, error) {
	z, err := o.zone(c)
	if err != nil {
		return answer{}, err
	}
	var body map[string]any
	if err := c.decode(&body); err != nil {
		return answer{}, err
	}
	status := z.status
	switch asked := body["status"]; asked {
	case policyActive, policyInactive:
		status = text(asked)
	case nil:
	default:
		return answer{}, invalid("status", "status: The field must be 'ACTIVE' or 'INACTIVE'")
	}
	if err := o.fillZone(z, body); err != nil {
		return answer{}, err
	}
	z.status, z.updated = status, stampOf(c.now)
	return ok(z.doc(c.base))
}

// fillZone checks a body and takes it. z keeps what it was on an error.
func (o *Org) fillZone(z *zone, body map[string]any) error {
	kind, usage := text(body["type"]), text(body["usage"])
	if usage == "" {
		usage = zonePolicy
	}
	if z.kind != "" && kind != z.kind {
		return invalid("type", "type: The type of a network zone cannot be changed")
	}
	if usage != zonePolicy && usage != zoneBlocklist {
		return invalid("usage", "usage: The field must be 'POLICY' or 'BLOCKLIST'")
	}
	if exempt(z.body) && (usage != zonePolicy || !exempt(body)) {
		return invalid("useAsExemptList", "useAsExemptList: The network zone does not allow usage changes for "+z.name()+".")
	}
	if err := checkZoneBody(kind, body); err != nil {
		return err
	}
	for _, other := range o.zones.all {
		if other != z && strings.EqualFold(other.name(), text(body["name"])) {
			return invalid("name", "name: An object with this field already exists in the current organization")
		}
	}
	if exempt(z.body) {
		fillIn(body, map[string]any{"useAsBlackList": false})
	}
	for _, name := range []string{"id", "type", "status", "usage", "system", "created", "lastUpdated", "_links"} {
		delete(body, name)
	}
	z.kind, z.usage, z.body = kind, usage, body
	return nil
}

func exempt(body map[string]any) bool { return body["useAsExemptList"] == true }

// deleteZone removes an INACTIVE zone that no policy rule needs.
func deleteZone(o *Org, c *call) (answer, error) {
	z, err := o.zone(c)
	if err != nil {
		return answer{}, err
	}
	if z.system {
		return answer{}, invalid("id", "id: The zone '"+z.name()+"' belongs to the system and cannot be deleted.")
	}
	if z.status == policyActive {
		return answer{}, invalid(
			"The zone: "+z.name()+" is an active zone. Active zones cannot be deleted.",
			"id: The zone: "+z.id+" is an active zone. Active zones cannot be deleted.",
		)
	}
	if users := o.policyRulesNaming(z.id); len(users) > 0 {
		return answer{}, invalid("id", "id: The zone: "+z.id+" is used by the policy rule "+users[0].name()+" and cannot be deleted.")
	}
	o.zones.all = slices.DeleteFunc(o.zones.all, func(other *zone) bool { return other == z })
	return noContent()
}

func activateZone(o *Org, c *call) (answer, error)   { return o.turnZone(c, policyActive) }
func deactivateZone(o *Org, c *call) (answer, error) { return o.turnZone(c, policyInactive) }

// turnZone changes a zone's status; one that has it already is answered too.
func (o *Org) turnZone(c *call, status string) (answer, error) {
	z, err := o.zone(c)
	if err != nil {
		return answer{}, err
	}
	if z.status != status {
		z.status, z.updated = status, stampOf(c.now)
	}
	return ok(z.doc(c.base))
}
