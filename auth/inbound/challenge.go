package inbound

import (
	"net/http"
	"strings"
)

// challenger makes refusals. It is the challenge without an error, which is what
// a request without any token gets (RFC 6750 section 3.1).
type challenger string

// newChallenger puts a challenge together from names and values in turn. Values
// that are empty are left out.
func newChallenger(pairs ...string) challenger {
	return challenger("Bearer " + parameters(pairs...))
}

// missing refuses a request without a token.
func (c challenger) missing(reason string) *Denied {
	return &Denied{Status: http.StatusUnauthorized, Challenge: string(c), Reason: reason}
}

// malformed refuses a request whose token is not where or how it must be.
func (c challenger) malformed(reason string) *Denied {
	return c.refuse(http.StatusBadRequest, "invalid_request", reason)
}

// invalid refuses a token.
func (c challenger) invalid(reason string) *Denied {
	return c.refuse(http.StatusUnauthorized, "invalid_token", reason)
}

// insufficient refuses a good token that grants too little.
func (c challenger) insufficient(reason string) *Denied {
	return c.refuse(http.StatusForbidden, "insufficient_scope", reason)
}

func (c challenger) refuse(status int, code, reason string) *Denied {
	challenge := string(c) + ", " + parameters("error", code, "error_description", reason)
	return &Denied{Status: status, Challenge: challenge, Reason: reason}
}

func parameters(pairs ...string) string {
	var all []string
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			all = append(all, pairs[i]+`="`+quotable(pairs[i+1])+`"`)
		}
	}
	return strings.Join(all, ", ")
}

// quotable leaves what RFC 6750 section 3 allows between quotes. A group's name
// may hold anything, and a header must not end early.
func quotable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '"':
			return '\''
		case r < ' ' || r > '~' || r == '\\':
			return '?'
		}
		return r
	}, text)
}
