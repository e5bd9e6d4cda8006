package remote

import (
	"net/http/httptest"
	"testing"
)

func TestARequestIsForUsByName(t *testing.T) {
	t.Parallel()
	known := []string{"localhost", "127.0.0.1", "::1", "mcp.example.com", "mcp.example.com:8443", "10.0.0.5:8080"}
	for host, want := range map[string]bool{
		"localhost": true, "LocalHost:1": true, "127.0.0.1:8080": true, "[::1]:8080": true, "[::1]": true, "::1": true,
		"mcp.example.com": true, "MCP.example.com:443": true, "10.0.0.5:8080": true,
		"": false, ":8080": false, "evil.example": false, "mcp.example.com.evil.example": false, "localhost.evil.example:8080": false,
		"127.0.0.1.evil.example": false, "10.0.0.5": false, "10.0.0.5:80": false, "evil.example:127.0.0.1": false, "localhost:1:2": false,
		"localhost@evil.example": false, "127.0.0.2": false, "2130706433": false, "[::1": false,
	} {
		if got := hostKnown(known, host); got != want {
			t.Errorf("Host %q: known %v, want %v", host, got, want)
		}
	}
}

func TestWebPagesCallOnlyWhereTheyMay(t *testing.T) {
	t.Parallel()
	o := origins{"https://inspector.example.com", "http://localhost:6274"}
	for _, c := range []struct {
		headers map[string][]string
		want    bool
	}{
		{nil, true},
		{map[string][]string{"Origin": {"https://inspector.example.com"}}, true},
		{map[string][]string{"Origin": {"http://localhost:6274"}, "Sec-Fetch-Site": {"cross-site"}}, true},
		{map[string][]string{"Origin": {"http://us.example:8080"}}, true}, // ourselves
		{map[string][]string{"Sec-Fetch-Site": {"none"}}, true},
		{map[string][]string{"Origin": {"https://evil.example"}}, false},
		{map[string][]string{"Origin": {"null"}}, false},
		{map[string][]string{"Origin": {""}}, false},
		{map[string][]string{"Origin": {"https://inspector.example.com.evil.example"}}, false},
		{map[string][]string{"Origin": {"http://inspector.example.com"}}, false},
		{map[string][]string{"Origin": {"https://inspector.example.com", "https://evil.example"}}, false},
		{map[string][]string{"Origin": {"http://localhost:6275"}}, false},
		{map[string][]string{"Sec-Fetch-Site": {"cross-site"}}, false},
		{map[string][]string{"Sec-Fetch-Site": {"same-site"}}, false},
	} {
		r := httptest.NewRequest("GET", "http://us.example:8080/mcp", nil)
		for name, values := range c.headers {
			r.Header[name] = values
		}
		if got := o.allow(r); got != c.want {
			t.Errorf("%v: allowed %v, want %v", c.headers, got, c.want)
		}
	}
}
