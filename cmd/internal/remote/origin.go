package remote

import (
	"net"
	"net/http"
	"slices"
	"strings"
)

// hostKnown reports whether a request is for us: the name in its Host header is one
// we are known by, with that port where one is given. A web page that has its own
// name lead to our address (DNS rebinding) has another.
func hostKnown(known []string, host string) bool {
	host = strings.ToLower(host)
	name := hostName(host)
	return name != "" && slices.ContainsFunc(known, func(k string) bool {
		k = strings.ToLower(k)
		return k == host || hostName(k) == name && !hasPort(k)
	})
}

// hostName is the name or address in a Host header, without brackets and port.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	if inner, open := strings.CutPrefix(host, "["); open && strings.HasSuffix(inner, "]") {
		return strings.TrimSuffix(inner, "]")
	}
	return host
}

func hasPort(host string) bool {
	_, port, err := net.SplitHostPort(host)
	return err == nil && port != ""
}

// origins are those of web pages that may call.
type origins []string

// allow reports whether the request is of no web page, of one that may call, or of
// our own address, where there are none. Browsers say so themselves
// (https://www.w3.org/TR/fetch-metadata/).
func (o origins) allow(r *http.Request) bool {
	given := r.Header.Values("Origin")
	switch {
	case len(given) > 1:
		return false
	case len(given) == 1:
		_, host, _ := strings.Cut(given[0], "://")
		return slices.Contains(o, given[0]) || host != "" && strings.EqualFold(host, r.Host)
	}
	site := r.Header.Get("Sec-Fetch-Site")
	return site == "" || site == "none" || site == "same-origin"
}

// answer tells a browser that the page may read our answers (CORS), and reports
// whether that was all it wanted to know.
func (o origins) answer(w http.ResponseWriter, r *http.Request, methods []string) bool {
	h := w.Header()
	h.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if !slices.Contains(o, origin) {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", "Mcp-Session-Id, Mcp-Protocol-Version, WWW-Authenticate, Retry-After")
	h.Del("Cross-Origin-Resource-Policy")
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	h.Set("Access-Control-Allow-Methods", strings.Join(methods, ", "))
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Accept, Last-Event-ID, Mcp-Session-Id, Mcp-Protocol-Version, Mcp-Method, Mcp-Name")
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}
