package oktaclient

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// nextPage answers the query of the link with rel="next", nil when there is
// none. A next page at another origin or path is an error: following it would
// carry the credentials, or the caller's meaning, somewhere else.
func nextPage(h http.Header, base *url.URL, plainPath string) (Query, error) {
	for _, l := range parseLinks(h.Values("Link")) {
		if !l.is("next") {
			continue
		}
		u, err := url.Parse(l.target)
		if err != nil {
			return nil, errors.New("okta's next link is not a URL")
		}
		u = base.ResolveReference(u)
		if !sameOrigin(base, u) {
			return nil, fmt.Errorf("okta's next link leads away from %s: not followed", base.Host)
		}
		if u.Path != plainPath {
			return nil, errors.New("okta's next link leads to another endpoint: not followed")
		}
		q, err := url.ParseQuery(u.RawQuery)
		if err != nil {
			return nil, errors.New("okta's next link has a malformed query")
		}
		return q, nil
	}
	return nil, nil
}

// ownLocation answers the Location header, "" when it leads away from base or
// holds what no line may: it is shown, and taken apart for an id.
func ownLocation(h http.Header, base *url.URL) string {
	given := h.Get("Location")
	u, err := url.Parse(given)
	if err != nil || given != inert(given) || strings.Contains(given, `\`) || !sameOrigin(base, base.ResolveReference(u)) {
		return ""
	}
	return given
}

// sameOrigin reports whether u is at base, and nobody signs in with it.
func sameOrigin(base, u *url.URL) bool {
	return u.Scheme == base.Scheme && canonicalHost(u) == base.Host && u.User == nil
}

// link is one link of a Link header (RFC 8288, section 3).
type link struct {
	target string // between the angle brackets
	rel    string // the first rel parameter: one or more relation types
}

// is reports whether the link has the relation type (compared without case,
// RFC 8288, 3.3).
func (l link) is(rel string) bool {
	for word := range strings.FieldsSeq(l.rel) {
		if strings.EqualFold(word, rel) {
			return true
		}
	}
	return false
}

// parseLinks reads Link headers: several headers, several links in one,
// commas within "<>" and quotes. It reads as far as a header makes sense and
// drops the rest of it (RFC 8288, appendix B.2).
func parseLinks(headers []string) []link {
	var links []link
	for _, s := range headers {
		for {
			s = strings.TrimLeft(s, " \t,")
			rest, ok := strings.CutPrefix(s, "<")
			if !ok {
				break
			}
			target, rest, ok := strings.Cut(rest, ">")
			if !ok {
				break
			}
			l := link{target: strings.TrimSpace(target)}
			l.rel, s = linkRel(rest)
			links = append(links, l)
		}
	}
	return links
}

// linkRel reads a link's parameters and answers its first rel and what follows
// the link's comma.
func linkRel(s string) (rel, rest string) {
	seen := false
	for {
		s = strings.TrimLeft(s, " \t")
		if s == "" || s[0] == ',' {
			return rel, s
		}
		if s[0] != ';' {
			return rel, ""
		}
		var name, value string
		name, value, s = linkParam(s[1:])
		// Occurrences after the first are ignored (RFC 8288, 3.3).
		if !seen && strings.EqualFold(name, "rel") {
			rel, seen = value, true
		}
	}
}

// linkParam reads one name[=value], the value a token or a quoted string.
func linkParam(s string) (name, value, rest string) {
	end := strings.IndexAny(s, "=;,")
	if end < 0 {
		return strings.TrimSpace(s), "", ""
	}
	name, rest = strings.TrimSpace(s[:end]), s[end:]
	if rest[0] != '=' {
		return name, "", rest
	}
	rest = strings.TrimLeft(rest[1:], " \t")
	if strings.HasPrefix(rest, `"`) {
		value, rest = quoted(rest[1:])
		return name, value, rest
	}
	end = strings.IndexAny(rest, ";,")
	if end < 0 {
		end = len(rest)
	}
	return name, strings.TrimSpace(rest[:end]), rest[end:]
}

// quoted reads a quoted string whose opening quote is gone (RFC 9110, 5.6.4).
func quoted(s string) (value, rest string) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:]
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), ""
}
