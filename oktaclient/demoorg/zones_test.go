package demoorg_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
)

const zonePath = "/api/v1/zones/"

func TestZoneShapes(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	const common = "_links:o created:t "
	const rest = "id:s lastUpdated:t %sname:s %sstatus:s system:b type:s usage:s"
	for id, want := range map[string]string{
		c.Zone.ID:        common + "gateways:a " + fmt.Sprintf(rest, "", "proxies:0 "),
		c.DefaultZone.ID: common + "gateways:0 " + fmt.Sprintf(rest, "", "proxies:0 "),
		c.BlockedZone.ID: common + fmt.Sprintf(rest, "locations:a ", "proxyType:s "),
	} {
		if got := shapeOf(must(t, org, 200, "GET", zonePath+id, "").object(t)); got != want {
			t.Errorf("%s is shaped\n  %s, want\n  %s", id, got, want)
		}
	}
	for _, w := range []struct {
		thing  demoorg.Thing
		member string
		want   any
	}{
		{c.Zone, "status", "ACTIVE"}, {c.Zone, "type", "IP"}, {c.BlockedZone, "usage", "BLOCKLIST"}, {c.BlockedZone, "type", "DYNAMIC"},
		{c.InactiveZone, "status", "INACTIVE"}, {c.DefaultZone, "system", true}, {c.DefaultZone, "name", "LegacyIpZone"},
	} {
		if got := must(t, org, 200, "GET", zonePath+w.thing.ID, "").object(t); got[w.member] != w.want || got["name"] != w.thing.Name {
			t.Errorf("%+v is %v, want %s %v", w.thing, got, w.member, w.want)
		}
	}
}

func TestZoneLife(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	made := must(t, org, 200, "POST", "/api/v1/zones", `{"type":"IP","name":"Fair","status":"INACTIVE","future":`+bigNumber+`,
		"gateways":[{"type":"CIDR","value":"1.2.3.4/24"},{"type":"RANGE","value":"192.168.1.2"}]}`)
	doc := made.object(t)
	if doc["status"] != "ACTIVE" || doc["usage"] != "POLICY" || doc["system"] != false || !strings.Contains(made.body, `"proxies":null`) {
		t.Errorf("made %s; want an ACTIVE zone for policies, whatever the status asked for", made.body)
	}
	if !strings.Contains(made.body, bigNumber) || !strings.Contains(made.body, "192.168.1.2-192.168.1.2") {
		t.Errorf("want the big number kept and a single address made a range: %s", made.body)
	}
	target := zonePath + fmt.Sprint(doc["id"])
	for range 2 { // the second time changes nothing and is no error
		if off := must(t, org, 200, "POST", target+"/lifecycle/deactivate", "").object(t); off["status"] != "INACTIVE" || at(off, "_links", "activate") == nil {
			t.Errorf("deactivated, it is %v", off)
		}
	}
	if on := must(t, org, 200, "POST", target+"/lifecycle/activate", "").object(t); on["status"] != "ACTIVE" || at(on, "_links", "deactivate") == nil {
		t.Errorf("activated, it is %v", on)
	}
	changed := must(t, org, 200, "PUT", target, `{"type":"IP","name":"Fair 2","usage":"BLOCKLIST","status":"INACTIVE","proxies":[{"type":"CIDR","value":"2001:db8::/32"}]}`).object(t)
	if changed["name"] != "Fair 2" || changed["usage"] != "BLOCKLIST" || changed["status"] != "INACTIVE" || changed["gateways"] != nil {
		t.Errorf("PUT made %v", changed)
	}
	must(t, org, 204, "DELETE", target, "")
	must(t, org, 404, "GET", target, "")
}

func TestDynamicZones(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	v1 := must(t, org, 200, "POST", "/api/v1/zones", `{"type":"DYNAMIC","name":"V1","locations":[{"country":"US"}],"asns":["2232"]}`).object(t)
	if v1["proxyType"] != "" || fmt.Sprint(v1["locations"]) != "[map[country:US region:<nil>]]" || fmt.Sprint(v1["asns"]) != "[2232]" {
		t.Errorf("a dynamic zone became %v", v1)
	}
	v2 := must(t, org, 200, "POST", "/api/v1/zones", `{"type":"DYNAMIC_V2","name":"V2","ipServiceCategories":{"include":["ALL_IP_SERVICES"]}}`).object(t)
	empty := "map[exclude:[] include:[]]"
	if fmt.Sprint(v2["asns"]) != empty || fmt.Sprint(v2["locations"]) != empty || fmt.Sprint(v2["ipServiceCategories"]) != "map[exclude:[] include:[ALL_IP_SERVICES]]" {
		t.Errorf("an enhanced dynamic zone became %v", v2)
	}
}

func TestZoneRefusals(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	used := zonePath + c.BlockedZone.ID
	must(t, org, 200, "POST", used+"/lifecycle/deactivate", "")
	exempt := zonePath + must(t, org, 200, "GET", "/api/v1/zones"+query("filter", "system eq true"), "").ids(t)[2]
	ip := func(list string) string { return `{"type":"IP","name":"x","gateways":` + list + `}` }
	refuse(t, org, []refusal{
		{"no such zone", "GET", zonePath + "nzonone", "", 404, "E0000007", "nzonone (NetworkZone)"},
		{"no body", "POST", "/api/v1/zones", "", 400, "E0000003", ""},
		{"no type", "POST", "/api/v1/zones", `{"name":"x"}`, 400, "E0000001", "type: "},
		{"unknown type", "POST", "/api/v1/zones", `{"name":"x","type":"MOON"}`, 400, "E0000001", "type: "},
		{"no name", "POST", "/api/v1/zones", `{"type":"IP"}`, 400, "E0000001", "name: "},
		{"long name", "POST", "/api/v1/zones", `{"type":"IP","name":"` + strings.Repeat("x", 129) + `"}`, 400, "E0000001", "too long"},
		{"name twice", "POST", "/api/v1/zones", `{"type":"IP","name":"offices"}`, 400, "E0000001", "already exists"},
		{"unknown usage", "POST", "/api/v1/zones", `{"type":"IP","name":"x","usage":"FUN"}`, 400, "E0000001", "usage: "},
		{"gateways as text", "POST", "/api/v1/zones", ip(`"1.2.3.4"`), 400, "E0000003", ""},
		{"gateway as text", "POST", "/api/v1/zones", ip(`["1.2.3.4/32"]`), 400, "E0000001", "gateways: "},
		{"bad block", "POST", "/api/v1/zones", ip(`[{"type":"CIDR","value":"1.2.3.4/33"}]`), 400, "E0000001", "1.2.3.4/33"},
		{"bad range", "POST", "/api/v1/zones", ip(`[{"type":"RANGE","value":"1.2.3.9-1.2.3.1"}]`), 400, "E0000001", "1.2.3.9-1.2.3.1"},
		{"too many", "POST", "/api/v1/zones", ip("[" + strings.Repeat(`{"type":"CIDR","value":"1.2.3.4/32"},`, 5000) + `{"type":"CIDR","value":"1.2.3.4/32"}]`), 400, "E0000001", "too long"},
		{"bad country", "POST", "/api/v1/zones", `{"type":"DYNAMIC","name":"x","locations":[{"country":"USA"}]}`, 400, "E0000001", "locations"},
		{"bad country again", "POST", "/api/v1/zones", `{"type":"DYNAMIC_V2","name":"x","locations":{"exclude":[{}]}}`, 400, "E0000001", "locations"},
		{"bad proxy type", "POST", "/api/v1/zones", `{"type":"DYNAMIC","name":"x","proxyType":"Fast"}`, 400, "E0000001", "proxyType: "},
		{"lists as list", "POST", "/api/v1/zones", `{"type":"DYNAMIC_V2","name":"x","asns":[]}`, 400, "E0000003", ""},
		{"other type", "PUT", zonePath + c.Zone.ID, `{"type":"DYNAMIC","name":"x"}`, 400, "E0000001", "type: "},
		{"unknown status", "PUT", zonePath + c.Zone.ID, `{"type":"IP","name":"x","status":"GONE"}`, 400, "E0000001", "status: "},
		{"exempt zone", "PUT", exempt, `{"type":"IP","name":"DefaultExemptIpZone"}`, 400, "E0000001", "does not allow usage changes for DefaultExemptIpZone"},
		{"delete an active one", "DELETE", zonePath + c.Zone.ID, "", 400, "E0000001", "Active zones cannot be deleted"},
		{"delete the default", "DELETE", zonePath + c.DefaultZone.ID, "", 400, "E0000001", "belongs to the system"},
		{"delete what a rule names", "DELETE", used, "", 400, "E0000001", "Managed devices"},
		{"bad filter", "GET", "/api/v1/zones" + query("filter", `name eq "x"`), "", 400, "E0000031", ""},
		{"bad cursor", "GET", "/api/v1/zones?after=x", "", 400, "E0000001", "after: "},
	})
	if got := must(t, org, 200, "GET", zonePath+c.Zone.ID, "").object(t); got["name"] != c.Zone.Name || got["type"] != "IP" {
		t.Errorf("a refused PUT changed the zone to %v", got)
	}
	must(t, org, 204, "DELETE", zonePath+c.InactiveZone.ID, "")
}

func TestZoneLists(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	whole := must(t, org, 200, "GET", "/api/v1/zones", "")
	if links := whole.header["Link"]; !slices.Equal(links, []string{`<http://acme.example/api/v1/zones?limit=20>; rel="self"`}) {
		t.Errorf("the list links to %v", links)
	}
	var paged []string
	for target := "/api/v1/zones?limit=3"; target != ""; {
		page := must(t, org, 200, "GET", target, "")
		paged, target = append(paged, page.ids(t)...), page.next()
	}
	if !slices.Equal(paged, whole.ids(t)) {
		t.Errorf("pages of three give %v, the whole list is %v", paged, whole.ids(t))
	}
	c := org.Cast()
	for filter, want := range map[string]string{
		`usage eq "BLOCKLIST"`: whole.ids(t)[0] + " " + c.BlockedZone.ID,
		`id eq "` + c.Zone.ID + `" or id eq "` + c.InactiveZone.ID + `"`: c.Zone.ID + " " + c.InactiveZone.ID,
	} {
		if got := strings.Join(must(t, org, 200, "GET", "/api/v1/zones"+query("filter", filter), "").ids(t), " "); got != want {
			t.Errorf("%s finds %s, want %s", filter, got, want)
		}
	}
}
