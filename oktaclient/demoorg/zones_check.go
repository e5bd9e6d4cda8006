package demoorg

import (
	"net/netip"
	"strings"
)

// maxGateways bounds the entries of one list of an IP zone.
const maxGateways = 5000

// checkZoneBody checks the members of a zone of that type and adds those that
// Okta adds.
func checkZoneBody(kind string, body map[string]any) error {
	name := text(body["name"])
	if strings.TrimSpace(name) == "" {
		return invalid("name", "name: The field cannot be left blank")
	}
	if len(name) > 128 {
		return invalid("name", "name: The field is too long")
	}
	switch kind {
	case "IP":
		return checkIPZone(body)
	case "DYNAMIC":
		return checkDynamicZone(body)
	case "DYNAMIC_V2":
		return checkEnhancedZone(body)
	case "":
		return invalid("type", "type: The field cannot be left blank")
	default:
		return invalid("type", "type: The field must be 'IP', 'DYNAMIC' or 'DYNAMIC_V2'")
	}
}

func checkIPZone(body map[string]any) error {
	for _, list := range []string{"gateways", "proxies"} {
		entries, err := listOf(body, list)
		if err != nil {
			return err
		}
		if len(entries) > maxGateways {
			return invalid(list, list+": The list is too long")
		}
		for _, entry := range entries {
			object, _ := entry.(map[string]any)
			if object["type"] == "RANGE" && !strings.Contains(text(object["value"]), "-") {
				object["value"] = text(object["value"]) + "-" + text(object["value"])
			}
			if _, fine := addressesOf(object); !fine {
				return invalid(list, list+": The value '"+text(object["value"])+"' is not a valid address")
			}
		}
		if entries == nil {
			body[list] = nil
		}
	}
	return nil
}

func checkDynamicZone(body map[string]any) error {
	locations, err := listOf(body, "locations")
	if err != nil {
		return err
	}
	if locations == nil {
		body["locations"] = nil
	}
	fillIn(body, map[string]any{"proxyType": ""})
	switch body["proxyType"] {
	case "", nil, "Any", "TorAnonymizer", "NotTorAnonymizer":
	default:
		return invalid("proxyType", "proxyType: The field must be 'Any', 'TorAnonymizer' or 'NotTorAnonymizer'")
	}
	return checkLocations(locations)
}

func checkEnhancedZone(body map[string]any) error {
	for _, name := range []string{"locations", "ipServiceCategories", "asns"} {
		if value, given := body[name]; given && value != nil {
			if _, isObject := value.(map[string]any); !isObject {
				return malformedBody()
			}
		}
		lists := memberOf(body, name)
		fillIn(lists, map[string]any{"include": []any{}, "exclude": []any{}})
		for _, list := range []string{"include", "exclude"} {
			entries, err := listOf(lists, list)
			if err != nil {
				return err
			}
			if name != "locations" {
				continue
			}
			if err := checkLocations(entries); err != nil {
				return err
			}
		}
	}
	return nil
}

// listOf is a member that is a list, or nothing.
func listOf(body map[string]any, name string) ([]any, error) {
	switch list := body[name].(type) {
	case nil:
		return nil, nil
	case []any:
		return list, nil
	default:
		return nil, malformedBody()
	}
}

// checkLocations asks for a country in each; the region may be left out.
func checkLocations(locations []any) error {
	for _, location := range locations {
		object, _ := location.(map[string]any)
		if len(text(object["country"])) != 2 {
			return invalid("locations", "locations: The country must be a code of two letters")
		}
		fillIn(object, map[string]any{"region": nil})
	}
	return nil
}

// span is the addresses from one to another.
type span struct{ from, to netip.Addr }

func (s span) holds(a netip.Addr) bool { return a.Compare(s.from) >= 0 && a.Compare(s.to) <= 0 }

// addressesOf reads an entry of an IP zone: a CIDR block or a range.
func addressesOf(entry map[string]any) (span, bool) {
	value := text(entry["value"])
	switch entry["type"] {
	case "CIDR":
		block, err := netip.ParsePrefix(value)
		if err != nil {
			return span{}, false
		}
		return span{block.Masked().Addr(), lastOf(block)}, true
	case "RANGE":
		first, last, _ := strings.Cut(value, "-")
		from, err := netip.ParseAddr(strings.TrimSpace(first))
		to, err2 := netip.ParseAddr(strings.TrimSpace(last))
		fine := err == nil && err2 == nil && from.BitLen() == to.BitLen() && !to.Less(from)
		return span{from, to}, fine
	default:
		return span{}, false
	}
}

// lastOf is the highest address of a block.
func lastOf(block netip.Prefix) netip.Addr {
	raw := block.Addr().AsSlice()
	for bit := block.Bits(); bit < len(raw)*8; bit++ {
		raw[bit/8] |= 1 << (7 - bit%8)
	}
	last, _ := netip.AddrFromSlice(raw) // as long as an address: cannot fail
	return last
}

// holds says whether an address is in an IP zone.
func (z *zone) holds(a netip.Addr) bool {
	for _, entry := range listIn(z.body, "gateways") {
		object, _ := entry.(map[string]any)
		if s, fine := addressesOf(object); fine && s.holds(a) {
			return true
		}
	}
	return false
}
