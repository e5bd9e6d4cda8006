package oktaclient

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// percentEscape finds text that is already escaped. Escaped once more it would
// be harmless here and a separator to any layer that unescapes twice.
var percentEscape = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

// CheckID reports why an id, login or name cannot stand as one segment of a
// path. kind is the word its error uses for it ("user", "group"). Refused are
// blank ids, dot segments, slashes, backslashes, "?", "#", control characters,
// invalid UTF-8 and text that is percent-escaped already. Everything else is
// escaped and arrives as it is, logins such as "a+b@x.com" included.
func CheckID(kind, id string) error {
	if why := unfit(id); why != "" {
		return fmt.Errorf("%s id refused: it %s; give the plain id or login", kind, why)
	}
	return nil
}

// pathID is one id of a path, with the word its refusal uses for it.
type pathID struct{ kind, id string }

// checkIDs answers the first refusal of CheckID.
func checkIDs(ids []pathID) error {
	for _, p := range ids {
		if err := CheckID(p.kind, p.id); err != nil {
			return err
		}
	}
	return nil
}

// fillPath puts the escaped ids, in their order, where the template has
// segments in braces.
func fillPath(template string, ids []pathID) string {
	segments := strings.Split(template, "/")
	for i, s := range segments {
		if strings.HasPrefix(s, "{") {
			segments[i], ids = url.PathEscape(ids[0].id), ids[1:]
		}
	}
	return strings.Join(segments, "/")
}

// unfit says what is wrong with the unescaped text of a path segment, "" for
// nothing. The text itself stays out of it: it may be hostile.
func unfit(segment string) string {
	switch trimmed := strings.TrimSpace(segment); {
	case trimmed == "":
		return "is empty"
	case isDots(trimmed):
		return "is a dot segment"
	case !utf8.ValidString(segment):
		return "is not valid UTF-8"
	case strings.ContainsAny(segment, `/\`):
		return "holds a slash or backslash"
	case strings.ContainsAny(segment, "?#"):
		return `holds "?" or "#"`
	case strings.ContainsFunc(segment, unicode.IsControl):
		return "holds a control character"
	case percentEscape.MatchString(segment):
		return "is percent-escaped"
	}
	return ""
}

// isDots reports a dot segment (RFC 3986, 3.3), also one that carries
// parameters: "..;x" is ".." to servers that strip them.
func isDots(segment string) bool {
	name, _, _ := strings.Cut(segment, ";")
	name = strings.TrimSpace(name)
	return name == "." || name == ".."
}

// checkPath answers the unescaped form of a path, or why it is refused. Every
// segment is held to what CheckID asks of an id. One trailing slash may stand.
func checkPath(path string) (plain string, err error) {
	rest, ok := strings.CutPrefix(path, "/")
	if !ok {
		return "", errors.New(`path refused: it does not start with "/"; give it as /api/v1/…`)
	}
	rest = strings.TrimSuffix(rest, "/")
	var b strings.Builder
	for escaped := range strings.SplitSeq(rest, "/") {
		segment, err := url.PathUnescape(escaped)
		if err != nil {
			return "", errors.New("path refused: a segment is not validly percent-escaped")
		}
		why := unfit(segment)
		if strings.ContainsAny(escaped, "?#") {
			why = "holds a query or fragment, which belongs into the query parameters"
		}
		if why != "" {
			return "", fmt.Errorf("path refused: a segment %s", why)
		}
		b.WriteString("/" + segment)
	}
	if strings.HasSuffix(path, "/") {
		b.WriteString("/")
	}
	return b.String(), nil
}
