package tools_test

import "okta-mcp/oktaclient/demoorg"

func zoneSamples(c demoorg.Cast) map[string]sample {
	return map[string]sample{
		"list_network_zones":      {arguments: args{}, others: paged(args{"usage": "BLOCKLIST"})},
		"get_network_zone":        {arguments: args{"zone_id": c.Zone.ID}, others: args{"zone_id": c.BlockedZone.ID, "fields": []string{"id"}}},
		"create_network_zone":     {arguments: args{"zone": newZone("A", "POLICY")}, others: args{"zone": newZone("B", "POLICY")}, asked: args{"zone": newZone("C", "BLOCKLIST")}},
		"update_network_zone":     {arguments: args{"zone_id": c.Zone.ID, "zone": args{"name": "A"}}, others: args{"zone_id": c.InactiveZone.ID, "zone": args{"name": "B"}}},
		"activate_network_zone":   {arguments: args{"zone_id": c.InactiveZone.ID}, others: args{"zone_id": c.Zone.ID}},
		"deactivate_network_zone": {arguments: args{"zone_id": c.Zone.ID}, others: args{"zone_id": c.BlockedZone.ID}},
		"delete_network_zone":     {arguments: args{"zone_id": c.InactiveZone.ID}, others: args{"zone_id": c.BlockedZone.ID}},
	}
}

func newZone(name, usage string) args {
	return args{"name": name, "type": "IP", "usage": usage, "gateways": []args{{"type": "CIDR", "value": "203.0.113.0/24"}}}
}
