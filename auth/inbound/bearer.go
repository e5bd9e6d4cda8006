package inbound

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// maxToken bounds what is parsed and hashed for a stranger.
const maxToken = 16 << 10

// bearerToken is what a token may be made of (RFC 6750 section 2.1). Nothing in
// it can end a header.
var bearerToken = regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`)

// bearer takes the token out of a request: from one Authorization header, with
// one space in it, and from nowhere else.
func (c challenger) bearer(r *http.Request) (string, *Denied) {
	headers := r.Header.Values("Authorization")
	switch {
	case r.URL != nil && tokenInQuery(r.URL.RawQuery):
		// Addresses end up in logs and histories, so the token is lost already.
		return "", c.malformed("a token in the address is refused: revoke it, and send another in the Authorization header")
	case len(headers) == 0:
		return "", c.missing("no token: send one in the header Authorization: Bearer")
	case len(headers) > 1:
		return "", c.malformed("several Authorization headers: send one")
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	switch {
	case !strings.EqualFold(scheme, "Bearer"):
		return "", c.missing("the Authorization header is not of the scheme Bearer")
	case len(token) > maxToken:
		return "", c.invalid("the token is over 16 KiB")
	case !bearerToken.MatchString(token):
		return "", c.malformed("the Authorization header is not the word Bearer, one space and a token")
	}
	return token, nil
}

// tokenInQuery finds access_token (RFC 6750 section 2.3) in a query, also where
// url.ParseQuery passes over a piece that others would read.
func tokenInQuery(query string) bool {
	for piece := range strings.FieldsFuncSeq(query, func(r rune) bool { return r == '&' || r == ';' }) {
		name, _, _ := strings.Cut(piece, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		if strings.EqualFold(strings.TrimSpace(name), "access_token") {
			return true
		}
	}
	return false
}
