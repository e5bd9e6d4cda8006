package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
)

func TestStrangersAreRefused(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		x := newPrey(t, transport)
		good := x.people.tokens["alice"]
		for what, c := range map[string]struct {
			header string
			status int
		}{
			"no token":               {"", 401},
			"a token of nobody":      {"Bearer " + strings.Repeat("A", len(good)), 401},
			"a part of a token":      {"Bearer " + good[:len(good)-1], 401},
			"more than a token":      {"Bearer " + good + "A", 401},
			"the name for the token": {"Bearer alice", 401},
			"a session id":           {"Bearer " + x.alice.wire.session(), 401},
			"another scheme":         {"Basic " + good, 401},
			"two tokens in one":      {"Bearer " + good + ", Bearer " + good, 400},
		} {
			a := x.ask(x.strike("Authorization: " + c.header))
			a.refused(t, what, c.status)
			if challenge := a.header.Get("WWW-Authenticate"); !strings.HasPrefix(challenge, "Bearer ") {
				t.Errorf("%s: the refusal has the challenge %q", what, challenge)
			}
		}
		other := x.strike("Authorization: ")
		other.Header.Set("Proxy-Authorization", "Bearer "+good)
		other.Header.Set("Cookie", "access_token="+good)
		other.Header.Set("X-Api-Key", good)
		x.ask(other).refused(t, "the token in other headers", 401)
		if x.transport == "http" {
			own := x.strike("Authorization: ", "Mcp-Protocol-Version: "+withSessions)
			own.Header.Set("Mcp-Session-Id", x.alice.wire.session())
			x.ask(own).refused(t, "a session without a token", 401)
		}
		x.spared()
	})
}

func TestATokenInTheAddressIsRefusedEvenIfRight(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		x := newPrey(t, transport)
		for _, header := range []string{"", "Bearer " + x.people.tokens["alice"]} {
			request := x.strike("Authorization: " + header)
			query := request.URL.Query()
			query.Set("access_token", x.people.tokens["alice"])
			request.URL.RawQuery = query.Encode()
			a := x.ask(request)
			a.refused(t, "a token in the address", 400)
			if strings.Contains(a.body+fmt.Sprint(a.header), x.people.tokens["alice"]) {
				t.Errorf("the refusal repeats the token: %s %v", a.body, a.header)
			}
		}
		x.spared()
	})
}

func TestTwoAuthorizationHeadersAreRefused(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		x := newPrey(t, transport)
		for _, second := range []string{x.people.tokens["alice"], x.people.tokens["bob"], "nonsense"} {
			request := x.strike()
			request.Header.Add("Authorization", "Bearer "+second)
			x.ask(request).refused(t, "a second Authorization header", 400)
		}
		x.spared()
	})
}

func TestWebPagesAreRefused(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		x := newPrey(t, transport, "--allow-origin", "https://app.acme.example")
		for _, origin := range []string{
			"https://evil.example", "null", "http://evil.example", "https://app.acme.example.evil.example", "https://app.acme.example:8443",
			"http://app.acme.example", "https://evil.example/https://app.acme.example", "https://app.acme.example/", "http://127.0.0.1", "http://localhost:1",
			"http://" + x.host + ".evil.example", "file://", "evil.example", "*", " ", "https://app.acme.example, https://evil.example",
		} {
			x.ask(x.strike("Origin: "+origin)).refused(t, "Origin "+origin, 403)
			preflight := x.strike("Origin: "+origin, "Authorization: ", "Content-Type: ", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization")
			preflight.Method, preflight.Body, preflight.ContentLength = http.MethodOptions, nil, 0
			a := x.ask(preflight)
			a.refused(t, "preflight from "+origin, 403)
			for name := range a.header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("the page %s is told %s: %s", origin, name, a.header.Get(name))
				}
			}
		}
		two := x.strike("Origin: https://app.acme.example")
		two.Header.Add("Origin", "https://evil.example")
		x.ask(two).refused(t, "two Origins", 403)
		x.ask(x.strike("Sec-Fetch-Site: cross-site")).refused(t, "a request across sites without an Origin", 403)

		// What a page may send without asking first: no Authorization header, and one
		// of three kinds of content.
		for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} {
			x.ask(x.strike("Authorization: ", "Content-Type: "+kind, "Origin: https://evil.example", "Sec-Fetch-Site: cross-site")).refused(t, "a simple request", 403)
			x.ask(x.strike("Authorization: ", "Content-Type: "+kind)).refused(t, "a simple request without an Origin", 401)
		}
		x.spared()
	})
}

func TestAListedPageMayCallAndReadTheAnswers(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		const page = "https://app.acme.example"
		x := newPrey(t, transport, "--allow-origin", page)
		preflight := x.strike("Origin: "+page, "Authorization: ", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization, content-type, mcp-session-id")
		preflight.Method, preflight.Body, preflight.ContentLength = http.MethodOptions, nil, 0
		a := x.ask(preflight)
		allowed := strings.ToLower(a.header.Get("Access-Control-Allow-Headers"))
		if a.status != http.StatusNoContent || a.header.Get("Access-Control-Allow-Origin") != page || !strings.Contains(a.header.Get("Access-Control-Allow-Methods"), "POST") ||
			!strings.Contains(allowed, "authorization") || !strings.Contains(allowed, "mcp-session-id") || !strings.Contains(a.header.Get("Vary"), "Origin") {
			t.Errorf("the preflight was answered %d %v", a.status, a.header)
		}
		if a.header.Get("Access-Control-Allow-Credentials") != "" {
			t.Error("the page may send cookies along, which nothing here needs")
		}
		refusal := x.ask(x.strike("Origin: "+page, "Authorization: "))
		refusal.refused(t, "a listed page without a token", 401)
		if refusal.header.Get("Access-Control-Allow-Origin") != page {
			t.Error("a listed page cannot read why it was refused")
		}
		done := x.ask(x.strike("Origin: " + page))
		if done.status/100 != 2 || done.header.Get("Access-Control-Allow-Origin") != page {
			t.Errorf("the call of a listed page was answered %d %v", done.status, done.header)
		}
	})
}

// A name that leads to our address (DNS rebinding) makes a page of the same origin,
// as far as its browser knows.
func TestRequestsForOtherHostsAreRefused(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		x := newPrey(t, transport, "--allow-host", "mcp.acme.example")
		for _, host := range []string{
			"evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "mcp.acme.example.evil.example", "evil-mcp.acme.example",
			"127.0.0.2", "0.0.0.0", "[::ffff:127.0.0.1]:80", "2130706433", "127.1", "mcp.acme.example.", "acme.example",
		} {
			x.ask(x.strike("Host: "+host)).refused(t, "Host "+host, 403)
			x.ask(x.strike("Host: "+host, "Origin: http://"+host)).refused(t, "Host and Origin "+host, 403)
		}
		for _, header := range []string{"X-Forwarded-Host: " + x.host, "Forwarded: host=" + x.host, "X-Original-Host: " + x.host} {
			x.ask(x.strike("Host: evil.example", header)).refused(t, "a foreign Host with "+header, 403)
		}
		open, err := http.NewRequest(http.MethodGet, x.address, nil)
		if err != nil {
			t.Fatal(err)
		}
		open.Header.Set("Authorization", "Bearer "+x.people.tokens["alice"])
		open.Host = "evil.example"
		x.ask(open).refused(t, "a stream for a foreign Host", 403)
		x.spared()
		for _, host := range []string{"localhost", "mcp.acme.example", "MCP.acme.example:443", x.host} {
			if a := x.ask(x.strike("Host: " + host)); a.status/100 != 2 {
				t.Errorf("Host %s was refused: %d %s", host, a.status, a.body)
			}
		}
	})
}

func TestTokensAppearNowhere(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		x := newPrey(t, transport, "--log-level", "DEBUG")
		token := x.people.tokens["alice"]
		var said strings.Builder
		for _, first := range []string{"POST /" + token + " HTTP/1.1", token + " /mcp HTTP/1.1", "POST /mcp?token=" + token + "&access_token=" + token + " HTTP/1.1", "POST /mcp HTTP/1.1 " + token} {
			a := x.raw(x.bytes(first))
			said.WriteString(a.body + fmt.Sprint(a.header))
		}
		for _, request := range []*http.Request{
			x.strike(), x.strike("Origin: https://" + token), x.strike("Host: " + strings.ToLower(token)), x.strike("Content-Type: " + token),
			x.strike("Authorization: Bearer " + token + "x"), x.strike("Authorization: Basic " + token), x.strike("Authorization: " + token),
			x.posts("nonsense " + token), x.posts(`{"jsonrpc":"2.0","id":1,"method":"` + token + `"}`), x.posts(`{"jsonrpc":"2.0","id":1,"` + token + `":1}`),
			x.inSession(token, `{"jsonrpc":"2.0","id":1,"method":"ping"}`),
		} {
			a := x.ask(request)
			if a.status >= 400 {
				said.WriteString(a.body + fmt.Sprint(a.header))
			}
		}
		line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", x.p.cmd.Process.Pid))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		for what, text := range map[string]string{"the log": x.p.stderr.String(), "a refusal": said.String(), "the command line": string(line)} {
			for name, secret := range x.people.tokens {
				if at := strings.Index(strings.ToLower(text), strings.ToLower(secret)); at >= 0 {
					t.Errorf("%s holds the token of %s: %.300s", what, name, text[max(0, at-100):])
				}
			}
		}
		if said.Len() == 0 {
			t.Error("nothing was refused, so this proves nothing")
		}
	})
}
