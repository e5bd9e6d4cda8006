package tools

import (
	"context"
	"encoding/json"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

const (
	zonesRead   = "okta.networkZones.read"
	zonesManage = "okta.networkZones.manage"
)

func zoneTools() []Any {
	return []Any{listNetworkZones(), getNetworkZone(), createNetworkZone(), updateNetworkZone(),
		activateNetworkZone(), deactivateNetworkZone(), deleteNetworkZone()}
}

func zoneKind() kind {
	return kind{word: "network zone", name: "name", param: "zone_id", finder: "list_network_zones", get: byID((*oktaclient.Org).GetNetworkZone)}
}

type zoneRef struct {
	ZoneID string `json:"zone_id" jsonschema:"id"`
}

func (in zoneRef) identify() (kind, string) { return zoneKind(), in.ZoneID }

type listNetworkZonesIn struct {
	Usage string `json:"usage,omitempty" enum:"POLICY BLOCKLIST" jsonschema:"what zones are for"`
	Paging
}

func listNetworkZones() Any {
	return Tool[listNetworkZonesIn, List]{
		Name: "list_network_zones", Title: "List network zones", Effect: Read, Scopes: []string{zonesRead},
		Description: "Addresses and places that policies name; BLOCKLIST zones are refused before any policy.",
		Run: func(ctx context.Context, c *Call, in listNetworkZonesIn) (List, error) {
			query := url.Values{}
			if in.Usage != "" {
				query.Set("filter", "usage eq "+scimString(in.Usage))
			}
			return listing{paging: in.Paging, key: []string{"zones"}, query: query, fetch: c.Org.ListNetworkZones}.run(ctx, c)
		},
	}
}

type getNetworkZoneIn struct {
	zoneRef
	Shown
}

func getNetworkZone() Any {
	return Tool[getNetworkZoneIn, Document]{
		Name: "get_network_zone", Title: "Get network zone", Effect: Read, Scopes: []string{zonesRead},
		Description: "One network zone: usage, status, gateways, proxies, locations.",
		Run:         getObject[getNetworkZoneIn],
	}
}

type createNetworkZoneIn struct {
	Zone json.RawMessage `json:"zone" jsonschema:"type, name, usage; of an IP zone, gateways as {type CIDR or RANGE, value}"`
}

func createNetworkZone() Any {
	return creation[createNetworkZoneIn]{
		action: "Create this network zone", param: "zone", undo: "deactivate_network_zone",
		kind:  func(createNetworkZoneIn) kind { return zoneKind() },
		body:  func(in createNetworkZoneIn) (json.RawMessage, error) { return brandNew("zone", in.Zone) },
		check: checkNewZone,
		post: func(ctx context.Context, c *Call, _ createNetworkZoneIn, body json.RawMessage) (*oktaclient.Answer, error) {
			c.Notes = append(c.Notes, "Okta makes zones ACTIVE; delete_network_zone removes one that is INACTIVE")
			return c.Org.CreateNetworkZone(ctx, body)
		},
	}.tool(Tool[createNetworkZoneIn, Change]{
		Name: "create_network_zone", Title: "Create network zone", Effect: Write, Scopes: []string{zonesManage}, Optional: []string{policiesRead},
		Description: "Creates a zone that policies can name. Asks when it takes effect unnamed, as a BLOCKLIST does.",
	})
}

// checkNewZone raises what a zone does before any rule names it.
func checkNewZone(ctx context.Context, c *Call, p *confirm.Preview, _ createNetworkZoneIn, body json.RawMessage) error {
	if err := checkGateways(body); err != nil {
		return err
	}
	if isExempt(body) {
		raise(p, "what comes from an exempt zone passes blocklists")
	}
	if len(gjson.GetBytes(body, "proxies").Array()) > 0 {
		raise(p, "Okta believes the proxies of a zone where a request comes from")
	}
	if isBlocklist(body) {
		raise(p, "everything from a BLOCKLIST zone is refused, before any policy")
		c.showShutOut(ctx, p, "", body)
		return nil
	}
	following, seen := c.showRulesNaming(ctx, p, "conditions.network", []string{allZones}, zonePolicies()...)
	switch {
	case following > 0:
		raise(p, "rules follow whatever zones there are")
	case !seen:
		raise(p, "it is not visible whether rules follow whatever zones there are, which the scope "+policiesRead+" shows")
	default:
		p.Consequence, p.Details = nil, nil
	}
	return nil
}

// checkGateways refuses addresses in another form than Okta's, before anybody is
// asked about them.
func checkGateways(zone json.RawMessage) error {
	for _, member := range []string{"gateways", "proxies"} {
		for _, address := range gjson.GetBytes(zone, member).Array() {
			if address.Get("type").String() == "" || address.Get("value").String() == "" {
				return &ArgumentError{Problem: `each of zone.` + member + ` must be an object with type and value, such as {"type":"CIDR","value":"192.0.2.0/24"} or {"type":"RANGE","value":"192.0.2.1-192.0.2.9"}`}
			}
		}
	}
	return nil
}

// allZones stands in a rule for every zone that there is, also later.
const allZones = "ALL_ZONES"

// zonePolicies are the types whose rules let somebody in by zone, or change how.
func zonePolicies() []string { return []string{"OKTA_SIGN_ON", accessPolicy, "PASSWORD", "MFA_ENROLL"} }

func isBlocklist(zone json.RawMessage) bool {
	return strings.EqualFold(gjson.GetBytes(zone, "usage").String(), "BLOCKLIST")
}

// isExempt reports whether Okta lets through whatever comes from the zone.
func isExempt(zone json.RawMessage) bool { return gjson.GetBytes(zone, "useAsExemptList").Bool() }

type updateNetworkZoneIn struct {
	zoneRef
	Zone json.RawMessage `json:"zone" jsonschema:"only what changes; lists whole"`
}

func updateNetworkZone() Any {
	return edit[updateNetworkZoneIn]{
		action: "Change this network zone", param: "zone",
		part: func(in updateNetworkZoneIn) (json.RawMessage, error) { return needObject("zone", in.Zone) },
		check: func(ctx context.Context, c *Call, p *confirm.Preview, _ updateNetworkZoneIn, o object, d draft) error {
			if err := statusStays(d, "activate_network_zone and deactivate_network_zone"); err != nil {
				return err
			}
			if isBlocklist(d.before) && !isBlocklist(d.after) {
				p.Consequence = append(p.Consequence, "What comes from the zone is not refused any more.")
			}
			c.weighZone(ctx, p, o, d.after)
			return checkGateways(d.after)
		},
		put: whole[updateNetworkZoneIn]((*oktaclient.Org).ReplaceNetworkZone),
	}.tool(Tool[updateNetworkZoneIn, Change]{
		Name: "update_network_zone", Title: "Update network zone", Effect: Privileged, Scopes: []string{zonesManage}, Optional: []string{policiesRead},
		Description: "Changes the given members of a zone and keeps the others.",
	})
}

func activateNetworkZone() Any {
	return step[zoneRef]{
		action: "Activate this network zone", follows: []string{"Policies that name it follow it again."},
		from: []string{"INACTIVE"}, to: "ACTIVE",
		check: checkZone, do: onID[zoneRef]((*oktaclient.Org).ActivateNetworkZone), undo: "deactivate_network_zone",
	}.tool(Tool[zoneRef, Change]{
		Name: "activate_network_zone", Title: "Activate network zone", Effect: Privileged, Scopes: []string{zonesManage}, Optional: []string{policiesRead},
		Description: "Makes an INACTIVE zone count again.",
	})
}

func deactivateNetworkZone() Any {
	return step[zoneRef]{
		action: "Deactivate this network zone", follows: []string{"Conditions on it are not met any more; a BLOCKLIST zone stops refusing."},
		from: []string{"ACTIVE"}, to: "INACTIVE",
		check: checkZone, do: onID[zoneRef]((*oktaclient.Org).DeactivateNetworkZone), undo: "activate_network_zone",
	}.tool(Tool[zoneRef, Change]{
		Name: "deactivate_network_zone", Title: "Deactivate network zone", Effect: Destructive, Scopes: []string{zonesManage}, Optional: []string{policiesRead},
		Description: "Makes a zone stop counting, and keeps it.",
	})
}

func deleteNetworkZone() Any {
	return step[zoneRef]{
		action: "Delete this network zone for good", typed: true, follows: []string{"This cannot be undone."},
		from: []string{"INACTIVE"}, next: map[string]string{"ACTIVE": "deactivate_network_zone comes first"},
		check: checkZone, do: onID[zoneRef]((*oktaclient.Org).DeleteNetworkZone),
	}.tool(Tool[zoneRef, Change]{
		Name: "delete_network_zone", Title: "Delete network zone", Effect: Destructive, Scopes: []string{zonesManage}, Optional: []string{policiesRead},
		Description: "Deletes an INACTIVE zone for good.",
	})
}

func checkZone(ctx context.Context, c *Call, p *confirm.Preview, _ zoneRef, o object) error {
	if o.system() && p.Typed {
		return &Refused{Reason: o.called() + " is a system zone, and Okta never deletes those"}
	}
	c.weighZone(ctx, p, o, o.raw)
	return nil
}

// weighZone adds to p what the zone does, as in the document, and which rules
// name it.
func (c *Call) weighZone(ctx context.Context, p *confirm.Preview, zone object, document json.RawMessage) {
	if isBlocklist(document) {
		p.Consequence = append(p.Consequence, "Everything from an ACTIVE BLOCKLIST zone is refused, before any policy.")
		c.showShutOut(ctx, p, zone.id, document)
	}
	if isExempt(document) {
		p.Consequence = append(p.Consequence, "It is an exempt zone: what comes from it passes blocklists.")
	}
	names := []string{zone.id, allZones}
	if zone.name == "LegacyIpZone" { // the network that rules of the old form mean
		names = append(names, "ON_NETWORK", "OFF_NETWORK")
	}
	c.showRulesNaming(ctx, p, "conditions.network", names, zonePolicies()...)
}

// showShutOut adds to p which zones that policies name, such as offices, have
// addresses of a blocklist.
func (c *Call) showShutOut(ctx context.Context, p *confirm.Preview, id string, blocklist json.RawMessage) {
	c.measure(ctx, p, measurement{
		unseen: "Whether it shuts out other zones is not visible", size: 200, fetch: c.Org.ListNetworkZones,
		tell: func(zones []json.RawMessage, _ atLeast) {
			var shut []string
			for _, zone := range zones {
				doc := gjson.ParseBytes(zone)
				if doc.Get("id").String() != id && doc.Get("status").String() == "ACTIVE" && !isBlocklist(zone) && overlap(doc.Get("gateways"), gjson.GetBytes(blocklist, "gateways")) {
					shut = append(shut, doc.Get("name").String())
				}
			}
			if len(shut) > 0 {
				p.Consequence = append(p.Consequence, "It has addresses of other zones, and shuts out who is there.")
				p.Details = append(p.Details, detail("zones with the same addresses", shut))
			}
		},
	})
}

// overlap reports whether two lists of gateways have an address in common.
func overlap(a, b gjson.Result) bool {
	for _, one := range a.Array() {
		first, last, ok := span(one.Get("value").String())
		for _, other := range b.Array() {
			from, to, okToo := span(other.Get("value").String())
			if ok && okToo && first.Compare(to) <= 0 && from.Compare(last) <= 0 {
				return true
			}
		}
	}
	return false
}

// span is the first and the last address of what a gateway's value says: an
// address, two with a hyphen between them, or a network.
func span(value string) (first, last netip.Addr, ok bool) {
	if network, err := netip.ParsePrefix(value); err == nil {
		first = network.Masked().Addr()
		bytes := first.AsSlice()
		for i := range bytes {
			host := min(8, max(0, 8*(i+1)-network.Bits())) // bits of this byte that the network leaves open
			bytes[i] |= byte(1<<host - 1)
		}
		last, ok = netip.AddrFromSlice(bytes)
		return first, last, ok
	}
	from, to, found := strings.Cut(value, "-")
	if !found {
		to = from
	}
	first, err := netip.ParseAddr(strings.TrimSpace(from))
	last, errLast := netip.ParseAddr(strings.TrimSpace(to))
	return first, last, err == nil && errLast == nil
}

// showRulesNaming adds to p which rules of the policy types have one of the ids
// in a condition, and returns how many there are and whether all could be seen.
func (c *Call) showRulesNaming(ctx context.Context, p *confirm.Preview, condition string, ids []string, policyTypes ...string) (rules int, seen bool) {
	var using []string
	whole := 0
	for _, policyType := range policyTypes {
		c.measure(ctx, p, measurement{
			unseen: "Whether " + policyType + " policies name it is not visible", size: 200,
			fetch: func(ctx context.Context, q oktaclient.Query) (*oktaclient.Answer, error) {
				q.Set("type", policyType)
				q.Set("expand", "rules")
				return c.Org.ListPolicies(ctx, q)
			},
			tell: func(policies []json.RawMessage, n atLeast) {
				naming := rulesNaming(policies, condition, ids...)
				using = append(using, naming...)
				if !n.more {
					whole++
				}
				p.Consequence = append(p.Consequence, "Named by "+atLeast{n: len(naming), more: n.more}.of("rule", "rules")+" of "+policyType+" policies.")
			},
		})
	}
	if len(using) > 0 {
		p.Details = append(p.Details, detail("policy rules that name it", using))
	}
	return len(using), whole == len(policyTypes)
}

// rulesNaming returns the names of the rules, embedded in policies, that have
// one of the ids in the condition.
func rulesNaming(policies []json.RawMessage, condition string, ids ...string) []string {
	var using []string
	for _, policy := range policies {
		for _, rule := range gjson.GetBytes(policy, "_embedded.rules").Array() {
			if slices.ContainsFunc(ids, func(id string) bool { return strings.Contains(rule.Get(condition).Raw, `"`+id+`"`) }) {
				using = append(using, gjson.GetBytes(policy, "name").String()+": "+rule.Get("name").String())
			}
		}
	}
	return using
}
