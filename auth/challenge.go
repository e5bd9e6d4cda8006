package auth

import "strings"

// dpopError is the error that a DPoP challenge among WWW-Authenticate headers
// names, or "".
func dpopError(headers []string) string {
	for _, header := range headers {
		for _, c := range parseChallenges(header) {
			if code := c.params["error"]; strings.EqualFold(c.scheme, "DPoP") && code != "" {
				return code
			}
		}
	}
	return ""
}

// challenge is one way a server would be authenticated to (RFC 9110 section
// 11.6.1).
type challenge struct {
	scheme string
	params map[string]string // names in lower case
}

// parseChallenges reads a header, which may hold several challenges. Commas part
// challenges as well as their parameters: a word with = behind it is a
// parameter, another begins a challenge. What cannot be read is passed over.
func parseChallenges(header string) []challenge {
	var all []challenge
	for rest := header; ; {
		rest = strings.TrimLeft(rest, " \t,")
		if rest == "" {
			return all
		}
		word, after := cutToken(rest)
		if word == "" {
			rest = rest[1:]
			continue
		}
		value, is := strings.CutPrefix(strings.TrimLeft(after, " \t"), "=")
		if !is {
			all = append(all, challenge{word, map[string]string{}})
			rest = after
			continue
		}
		text, after := cutValue(strings.TrimLeft(value, " \t"))
		if n := len(all); n > 0 {
			all[n-1].params[strings.ToLower(word)] = text
		}
		rest = after
	}
}

// cutToken takes a token (RFC 9110 section 5.6.2) off the front.
func cutToken(s string) (token, rest string) {
	end := strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r) })
	if end < 0 {
		return s, ""
	}
	return s[:end], s[end:]
}

// cutValue takes a token or a quoted string off the front. One without its
// closing quote reaches to the end.
func cutValue(s string) (value, rest string) {
	quoted, is := strings.CutPrefix(s, `"`)
	if !is {
		return cutToken(s)
	}
	var b strings.Builder
	for i := 0; i < len(quoted); i++ {
		switch c := quoted[i]; {
		case c == '"':
			return b.String(), quoted[i+1:]
		case c == '\\' && i+1 < len(quoted):
			i++
			b.WriteByte(quoted[i])
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), ""
}
