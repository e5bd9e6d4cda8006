package demoorg

import (
	"fmt"
	"strconv"
)

// logOrigin is where a request came from.
type logOrigin struct {
	place *logPlace
	agent *logBrowser
	ip    [4]byte
}

// logPlace is a town and whose network it is reached by.
type logPlace struct {
	city, state, country, postal string
	lat, lon                     float64
	hours                        int // ahead of UTC
	net                          logNetwork
}

type logNetwork struct {
	number           int
	org, isp, domain string
	proxy            bool
}

// logBrowser is a user agent.
type logBrowser struct{ raw, os, browser, device string }

func (f logOrigin) address() string {
	return fmt.Sprintf("%d.%d.%d.%d", f.ip[0], f.ip[1], f.ip[2], f.ip[3])
}

// field is a member of `client`, or the address in `request.ipChain.ip`.
func (f logOrigin) field(path string) string {
	switch path {
	case "ipAddress", "ipChain.ip":
		return f.address()
	case "device":
		return f.agent.device
	case "zone":
		return "null"
	case "userAgent.rawUserAgent":
		return f.agent.raw
	case "userAgent.os":
		return f.agent.os
	case "userAgent.browser":
		return f.agent.browser
	case "geographicalContext.city":
		return f.place.city
	case "geographicalContext.state":
		return f.place.state
	case "geographicalContext.country":
		return f.place.country
	case "geographicalContext.postalCode":
		return f.place.postal
	default:
		return "" // client.id: of OAuth clients alone
	}
}

// network is a member of securityContext.
func (f logOrigin) network(name string) any {
	switch name {
	case "asOrg":
		return f.place.net.org
	case "isp":
		return f.place.net.isp
	case "domain":
		return f.place.net.domain
	default:
		return f.place.net.proxy
	}
}

// values are the texts a keyword may be found in.
func (f logOrigin) values() []string {
	return []string{
		f.address(), f.agent.raw, f.agent.os, f.agent.browser, f.agent.device,
		f.place.city, f.place.state, f.place.country, f.place.postal,
		f.place.net.org, f.place.net.isp, f.place.net.domain, strconv.Itoa(f.place.net.number),
	}
}

// logPlaces are the towns of the offices, in the order of sites().
func logPlaces() []*logPlace {
	isp := func(number int, name, domain string) logNetwork { return logNetwork{number, name, name, domain, false} }
	return []*logPlace{
		{"Austin", "Texas", "United States", "78701", 30.2672, -97.7431, -5, isp(64501, "lone star fiber", "lonestar.example")},
		{"Berlin", "Land Berlin", "Germany", "10115", 52.52, 13.405, 2, isp(64502, "spree netz", "spreenetz.example")},
		{"Bengaluru", "Karnataka", "India", "560001", 12.9716, 77.5946, 5, isp(64503, "deccan broadband", "deccan.example")},
		{"Lagos", "Lagos", "Nigeria", "100001", 6.5244, 3.3792, 1, isp(64504, "lagoon telecom", "lagoon.example")},
		{"Lisbon", "Lisbon", "Portugal", "1000-001", 38.7223, -9.1393, 1, isp(64505, "tejo comunicações", "tejo.example")},
		{"Osaka", "Osaka", "Japan", "530-0001", 34.6937, 135.5023, 9, isp(64506, "yodo hikari", "yodo.example")},
		{"Oslo", "Oslo", "Norway", "0150", 59.9139, 10.7522, 2, isp(64507, "fjord bredbånd", "fjord.example")},
		{"São Paulo", "São Paulo", "Brazil", "01000-000", -23.5505, -46.6333, -3, isp(64508, "paulista fibra", "paulista.example")},
		{"Toronto", "Ontario", "Canada", "M5H", 43.6532, -79.3832, -4, isp(64509, "lakeshore cable", "lakeshore.example")},
		{"Wellington", "Wellington", "New Zealand", "6011", -41.2866, 174.7756, 12, isp(64510, "kākā net", "kaka.example")},
	}
}

// The places of the stories: none of them has an office.
func hostingPlace() *logPlace {
	return &logPlace{"Reykjavik", "Capital Region", "Iceland", "101", 64.1466, -21.9426, 0,
		logNetwork{64496, "northern racks hosting", "northern racks hosting", "racks.example", true}}
}

func farPlace() *logPlace {
	return &logPlace{"Kuala Lumpur", "Kuala Lumpur", "Malaysia", "50000", 3.139, 101.6869, 8,
		logNetwork{64497, "klang mobile", "klang mobile", "klang.example", false}}
}

func logBrowsers() []*logBrowser {
	return []*logBrowser{
		{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36", "Mac OS X", "CHROME", "Computer"},
		{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0", "Windows 10", "EDGE", "Computer"},
		{"Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Linux", "FIREFOX", "Computer"},
		{"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1", "iOS (iPhone)", "SAFARI", "Mobile"},
	}
}

// scriptAgent is what somebody guessing passwords uses.
func scriptAgent() *logBrowser { return unknownAgent("python-requests/2.32.3") }

// unknownAgent is a user agent Okta cannot tell.
func unknownAgent(raw string) *logBrowser { return &logBrowser{raw, "Unknown", "UNKNOWN", "Unknown"} }
