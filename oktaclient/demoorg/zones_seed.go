package demoorg

// seedZones makes the network zones: those every org has, and the company's.
func (s *seeder) seedZones() {
	born := s.userTypes.created
	s.addZone(zone{kind: "IP", usage: zoneBlocklist, system: true, created: born, body: addresses("BlockedIpZone")})
	s.cast.DefaultZone = s.addZone(zone{kind: "IP", system: true, created: born, body: addresses("LegacyIpZone")}).thing()
	guest := s.addZone(zone{kind: "IP", system: true, created: born, body: addresses("DefaultExemptIpZone")})
	guest.body["useAsExemptList"], guest.body["useAsBlackList"] = true, false
	s.cast.Zone = s.addZone(zone{kind: "IP", body: addresses("Offices", "203.0.113.0/24", "198.51.100.0-198.51.100.63")}).thing()
	s.addZone(zone{kind: "IP", body: addresses("VPN", "192.0.2.128/25")})
	s.cast.BlockedZone = s.addZone(zone{kind: "DYNAMIC", usage: zoneBlocklist, body: map[string]any{
		"name": "Countries without business", "proxyType": "", "locations": []any{
			map[string]any{"country": "KP", "region": nil}, map[string]any{"country": "AQ", "region": nil},
		},
	}}).thing()
	s.addZone(zone{kind: "DYNAMIC_V2", body: map[string]any{
		"name":                "Anonymizers",
		"locations":           map[string]any{"include": []any{}, "exclude": []any{}},
		"ipServiceCategories": map[string]any{"include": []any{"ALL_ANONYMIZERS"}, "exclude": []any{}},
		"asns":                map[string]any{"include": []any{}, "exclude": []any{}},
	}})
	s.cast.InactiveZone = s.addZone(zone{kind: "IP", status: policyInactive, body: addresses("Old Porto office", "192.0.2.0/26")}).thing()
}

func (s *seeder) addZone(z zone) *zone {
	z.id = s.mint("nzo")
	if z.created == 0 {
		z.created = s.ago(900, 60)
	}
	if z.status == "" {
		z.status = policyActive
	}
	if z.usage == "" {
		z.usage = zonePolicy
	}
	z.updated = z.created
	s.zones.all = append(s.zones.all, &z)
	return &z
}

// addresses is the body of an IP zone: blocks and ranges of gateways.
func addresses(name string, gateways ...string) map[string]any {
	body := map[string]any{"name": name, "gateways": nil, "proxies": nil}
	var entries []any
	for _, value := range gateways {
		entry := map[string]any{"type": "RANGE", "value": value}
		if _, isBlock := addressesOf(map[string]any{"type": "CIDR", "value": value}); isBlock {
			entry["type"] = "CIDR"
		}
		entries = append(entries, entry)
	}
	if entries != nil {
		body["gateways"] = entries
	}
	return body
}
