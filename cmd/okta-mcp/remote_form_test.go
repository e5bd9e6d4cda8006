package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestOnlyJSONIsTaken(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		x := newPrey(t, transport)
		for _, kind := range []string{
			"text/plain", "", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp", "text/json",
			"application/json, text/plain", "application/json;;", "x/application/json", "text/plain; application/json", "application/ld+json",
		} {
			x.ask(x.strike("Content-Type: "+kind)).refused(t, "the Content-Type "+kind, 415)
		}
		two := x.strike("Content-Type: text/plain")
		two.Header.Add("Content-Type", "application/json")
		x.ask(two).refused(t, "two Content-Types", 415)
		x.spared()
		if a := x.ask(x.strike("Content-Type: Application/JSON; charset=utf-8")); a.status/100 != 2 {
			t.Errorf("JSON in other letters was refused: %d %s", a.status, a.body)
		}
	})
}

func TestOnlyTheExactPathLeadsIn(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		x := newPrey(t, transport)
		path, query, _ := strings.Cut(x.path(), "?")
		name := path[1:]
		for _, trick := range []string{
			"/" + path, path + "/", "//" + x.host + path, "/./" + name, path + "/.", "/x/.." + path, path + "/../" + name, path + ";x", path + "%20",
			fmt.Sprintf("/%%%02x%s", name[0], name[1:]), "/%2f" + name, path + "%00", path + "%3f", path + "%0d%0a", `/\` + name, "/" + strings.ToUpper(name),
			path + ".json", "/api" + path, "/", "/debug/pprof/", "/metrics", "/.env", "/healthz/.." + path, "/healthz/",
		} {
			if query != "" {
				trick += "?" + query
			}
			x.raw(x.bytes("POST "+trick+" HTTP/1.1")).refused(t, "the path "+trick, 404)
		}
		x.raw(x.bytes("POST http://evil.example"+x.path()+" HTTP/1.1")).refused(t, "the whole address of another server", 403)
		x.raw(x.bytes("POST http://evil.example"+x.path()+" HTTP/1.1", "Host: evil.example")).refused(t, "another server's address and Host", 403)
		x.raw(strings.Replace(x.bytes("POST "+x.path()+" HTTP/1.0"), "Host: "+x.host+"\r\n", "", 1)).refused(t, "HTTP/1.0 without a Host", 403)
		for what, first := range map[string]string{
			"a path that is none":   "POST mcp HTTP/1.1",
			"a zero in the path":    "POST " + path + "\x00 HTTP/1.1",
			"a space in the path":   "POST " + path + " x HTTP/1.1",
			"a broken escape":       "POST /%zz HTTP/1.1",
			"another protocol":      "POST " + path + " HTTP/3.0",
			"no protocol":           "POST " + path,
			"HTTP/2 unannounced":    "PRI * HTTP/2.0",
			"a method that is none": "PO ST " + path + " HTTP/1.1",
		} {
			if a := x.raw(x.bytes(first)); a.status < 400 || a.status >= 600 || a.status == http.StatusInternalServerError {
				t.Errorf("%s was answered %d", what, a.status)
			}
		}
		x.spared()
	})
}

func TestOtherMethodsAreRefused(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		x := newPrey(t, transport)
		for _, method := range []string{"PUT", "PATCH", "TRACE", "HEAD", "OPTIONS", "CONNECT", "PROPFIND", "post", "X"} {
			a := x.raw(x.bytes(method + " " + x.path() + " HTTP/1.1"))
			if method == "HEAD" { // whose answer has no body
				if a.status != http.StatusMethodNotAllowed {
					t.Errorf("HEAD was answered %d, want 405", a.status)
				}
			} else {
				a.refused(t, method, 405)
			}
			want := "GET, POST, DELETE"
			if transport == "sse" {
				want = "POST"
			}
			if allow := a.header.Get("Allow"); allow != want {
				t.Errorf("%s: the methods allowed are %q, want %q", method, allow, want)
			}
		}
		if transport == "sse" {
			x.raw(x.bytes("POST /sse HTTP/1.1")).refused(t, "POST of a message to the stream", 405)
			x.raw(x.bytes("POST /mcp HTTP/1.1")).refused(t, "the other transport's path", 404)
		} else {
			x.raw(x.bytes("POST /message HTTP/1.1")).refused(t, "the other transport's path", 404)
		}
		x.raw(x.bytes("CONNECT evil.example:443 HTTP/1.1")).refused(t, "a tunnel", 404)
		x.raw(x.bytes("OPTIONS * HTTP/1.1")).refused(t, "OPTIONS *", 404)
		x.raw(x.bytes("POST /healthz HTTP/1.1")).refused(t, "POST to /healthz", 405)
		override := x.strike("X-Http-Method-Override: POST")
		override.Method = http.MethodPut
		x.ask(override).refused(t, "PUT that says it is POST", 405)
		x.spared()
	})
}

// Line ends and their like must end neither a header, an answer nor a line of the
// log before its time.
func TestHeadersCannotBeBroken(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		x := newPrey(t, transport, "--log-level", "DEBUG")
		first, token := "POST "+x.path()+" HTTP/1.1", "Authorization: Bearer "+x.people.tokens["alice"]
		for what, headers := range map[string][]string{
			"a carriage return alone":     {"X-A: a\rX-Evil: 1", token},
			"a zero":                      {"X-A: a\x00b", token},
			"an escape":                   {"X-A: a\x1b[2Jb", token},
			"a name with a space":         {"Authorization : Bearer " + x.people.tokens["alice"]},
			"a name with a line end":      {"X\r: a", token},
			"a header without a colon":    {"nonsense", token},
			"a first line that goes on":   {" X-A: a", token},
			"two lengths":                 {fmt.Sprintf("Content-Length: %d", len(x.body())), "Content-Length: 5", token},
			"a length that is none":       {"Content-Length: +5", token},
			"a negative length":           {"Content-Length: -1", token},
			"an unknown coding":           {"Transfer-Encoding: xchunked", token},
			"a coding twice":              {"Transfer-Encoding: chunked", "Transfer-Encoding: chunked", token},
			"two hosts":                   {"Host: " + x.host, "Host: evil.example", token},
			"a host with a line end":      {"Host: " + x.host + "\r evil", token},
			"a host with somebody in it":  {"Host: me@" + x.host + "/", token},
			"a token over two lines":      {"Authorization: Bearer\r\n " + x.people.tokens["alice"] + "x"},
			"a token and a zero":          {token + "\x00"},
			"a token and a return":        {token + "\r"},
			"a line end alone in a token": {"Authorization: Bearer A\nX-Evil: 1"},
		} {
			a := x.raw(x.bytes(first, headers...))
			if a.status < 400 || a.status > 501 || a.status == http.StatusInternalServerError {
				t.Errorf("%s was answered %d %.200s", what, a.status, a.body)
			}
			if a.header.Get("X-Evil") != "" {
				t.Errorf("%s: the answer has a header of the attacker's", what)
			}
		}
		for _, id := range []string{"%0d%0aX-Evil:%201", "abc%0aINF%20forged", "%1b%5b2J", strings.Repeat("A", 30_000)} {
			request := x.strike("Mcp-Protocol-Version: " + withSessions)
			if transport == "http" {
				request.Header.Set("Mcp-Session-Id", strings.ReplaceAll(id, "%", "!"))
				request.URL.RawQuery = "sessionId=" + id
			} else {
				request.URL.RawQuery = "sessionId=" + id
			}
			a := x.ask(request)
			a.refused(t, "the session "+id[:min(20, len(id))], 404)
			if a.header.Get("X-Evil") != "" {
				t.Error("the answer has a header of the attacker's")
			}
		}
		x.raw(x.bytes("POST /forged%0aINF%20forged\x1b[2J HTTP/1.1"))
		x.spared()
		mustPrintInert(t, "the log", x.p.stderr.String())
		for line := range strings.Lines(x.p.stderr.String()) {
			if strings.HasPrefix(line, "INF forged") || strings.HasPrefix(line, "X-Evil") {
				t.Errorf("the log has a line of the attacker's: %s", line)
			}
		}
	})
}

func TestHeadersTooLargeAreRefused(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		x := newPrey(t, transport)
		for what, headers := range map[string][]string{
			"one header":   {"X-A: " + strings.Repeat("a", 128<<10)},
			"many headers": slices.Repeat([]string{"X-A: " + strings.Repeat("a", 1000)}, 128),
			"a name":       {strings.Repeat("A", 128<<10) + ": a"},
		} {
			if a := x.raw(x.bytes("POST "+x.path()+" HTTP/1.1", headers...)); a.status != 431 {
				t.Errorf("%s of 128 KiB: answered %d %.200s, want 431", what, a.status, a.body)
			}
		}
		if a := x.raw(x.bytes("POST /" + strings.Repeat("a", 128<<10) + " HTTP/1.1")); a.status != 431 && a.status != 414 {
			t.Errorf("a path of 128 KiB: answered %d, want 431 or 414", a.status)
		}
		x.spared()
	})
}

func TestMalformedMessagesAreRefused(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		x := newPrey(t, transport)
		call := x.body()
		ping := `{"jsonrpc":"2.0","id":1,"method":"ping"}`
		for what, body := range map[string]string{
			"nothing":                       "",
			"no JSON":                       "nope",
			"half a message":                call[:len(call)-1],
			"a batch":                       "[" + call + "]",
			"a batch of two":                "[" + ping + "," + call + "]",
			"an empty batch":                "[]",
			"two messages":                  ping + call,
			"two messages on two lines":     ping + "\n" + call,
			"a message and a word":          call + "x",
			"a number":                      "5",
			"null":                          "null",
			"an empty object":               "{}",
			"a method twice":                strings.Replace(call, `"method":`, `"method":"ping","method":`, 1),
			"a method in another case":      strings.Replace(call, `"method":`, `"method":"ping","Method":`, 1),
			"only a method in another case": strings.Replace(call, `"method":`, `"METHOD":`, 1),
			"a method by an odd letter":     strings.Replace(call, `"params":`, `"paramſ":{},"params":`, 1),
			"an id twice":                   strings.Replace(call, `"id":`, `"id":1,"id":`, 1),
			"an id in another case":         strings.Replace(call, `"id":`, `"id":1,"ID":`, 1),
			"params twice":                  strings.Replace(call, `"params":`, `"params":{},"params":`, 1),
			"params by another spelling":    strings.Replace(call, `"params":`, `"params":{},"\u0070arams":`, 1),
			"an id that is an object":       strings.Replace(call, `"id":"strike"`, `"id":{"a":1}`, 1),
			"an id of a megabyte":           strings.Replace(call, `"id":"strike"`, `"id":"`+strings.Repeat("a", 1<<20)+`"`, 1),
			"a method that is no text":      `{"jsonrpc":"2.0","id":1,"method":5}`,
			"invalid UTF-8":                 strings.Replace(call, `"strike"`, "\"strike\xff\"", 1),
			"half a letter":                 strings.Replace(call, `"strike"`, "\"strike\xc3\"", 1),
			"UTF-16":                        "\xff\xfe{\x00}\x00",
			"a mark of byte order":          "\xef\xbb\xbf" + call,
			"a zero behind":                 call + "\x00",
			"deep nesting":                  strings.Repeat("[", 1<<20),
			"deep nesting within":           strings.Replace(call, `"params":`, `"x":`+strings.Repeat(`{"a":`, 1<<18)+"1"+strings.Repeat("}", 1<<18)+`,"params":`, 1),
			"deep nesting in params":        `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`,
		} {
			x.ask(x.posts(body)).refused(t, what, 400)
		}
		compressed := x.strike("Content-Encoding: gzip")
		if a := x.ask(compressed); transport == "http" && a.status/100 == 5 {
			t.Errorf("a body that says it is compressed was answered %d", a.status)
		}
	})
}
