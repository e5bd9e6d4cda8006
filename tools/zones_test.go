package tools_test

import (
	"strings"
	"testing"

	"okta-mcp/tools"
)

// The demo org's offices are at 203.0.113.0/24 and 198.51.100.0 to .63.
func TestABlocklistSaysWhomItShutsOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	p := w.connect("2025-11-25", accepting)
	for addresses, shutsOut := range map[string]bool{
		"203.0.113.77":                true,
		"203.0.112.0/22":              true,
		"203.0.113.128/25":            true,
		"198.51.100.63-198.51.100.99": true,
		"198.51.100.64-198.51.100.99": false,
		"203.0.114.0/24":              false,
		"203.0.112.0/24":              false,
		"2001:db8::/32":               false,
		"nowhere":                     false,
	} {
		kind := "CIDR"
		if strings.Contains(addresses, "-") {
			kind = "RANGE"
		}
		zone := args{"name": "Bad", "type": "IP", "usage": "BLOCKLIST", "gateways": []args{{"type": kind, "value": addresses}}}
		r := p.ask("create_network_zone", args{"zone": zone, "plan_only": true})
		r.mustWork(nil)
		if said := strings.Contains(r.text(), "It has addresses of other zones, and shuts out who is there."); said != shutsOut || said != strings.Contains(r.text(), "Offices") {
			t.Errorf("blocking %s: the plan says that it shuts out the offices: %t, want %t: %s", addresses, said, shutsOut, r.text())
		}
	}
	cast := w.org.Cast()
	r := p.ask("update_network_zone", args{"zone_id": cast.Zone.ID, "zone": args{"usage": "BLOCKLIST"}, "plan_only": true})
	if r.mustWork(nil); strings.Contains(r.text(), "shuts out who is there") {
		t.Errorf("a zone shuts itself out: %s", r.text())
	}
}
