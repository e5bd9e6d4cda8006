package inbound

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	maxSubject = 512           // bytes
	endOfTime  = 253402300799. // the last second of 9999: later ones overflow
)

var errNoClaims = errors.New("the claims of the token cannot be read")

// claims are those of a signed token, by their exact names.
type claims map[string]json.RawMessage

// read checks the claims of a token whose signature is good (RFC 9068 section 4)
// and answers whose it is.
func (o *OAuth) read(payload []byte) (Caller, error) {
	var c claims
	if json.Unmarshal(payload, &c) != nil {
		return Caller{}, errNoClaims
	}
	if err := o.checkParties(c); err != nil {
		return Caller{}, err
	}
	if err := o.checkTimes(c); err != nil {
		return Caller{}, err
	}
	subject, _, err := get[string](c, "sub")
	if err != nil {
		return Caller{}, err
	}
	if !isName(subject) {
		return Caller{}, errors.New("the token names nobody we could tell apart: its sub is empty, over 512 bytes or unprintable")
	}
	scopes, err := o.scopes(c)
	if err != nil {
		return Caller{}, err
	}
	groups, err := c.list(o.config.GroupsClaim)
	if err != nil {
		return Caller{}, err
	}
	return Caller{
		ID: "oauth:" + o.config.Issuer + " " + subject, Name: subject,
		Scopes: scopes, Groups: sorted(groups),
	}, nil
}

// isName reports whether a subject is itself after it was read: a broken escape
// becomes U+FFFD, and so would another person's.
func isName(subject string) bool {
	return subject != "" && len(subject) <= maxSubject && !strings.ContainsFunc(subject, func(r rune) bool {
		return r == utf8.RuneError || !unicode.IsPrint(r)
	})
}

// checkParties checks who made the token, and for whom.
func (o *OAuth) checkParties(c claims) error {
	issuer, _, err := get[string](c, "iss")
	if err != nil {
		return err
	}
	audiences, err := c.list("aud")
	if err != nil {
		return err
	}
	_, bound := c["cnf"]
	switch {
	case issuer != o.config.Issuer:
		return fmt.Errorf("the token is not of the issuer %s", o.config.Issuer)
	case !slices.ContainsFunc(audiences, func(a string) bool { return slices.Contains(o.audiences, a) }):
		return fmt.Errorf("the token is not for the audience %s", o.config.Audience)
	case bound:
		// Whoever shows it here as a bearer token does not prove to hold the key,
		// which is what it was bound for (RFC 9449 section 7.2).
		return errors.New("the token is bound to a key (cnf), which this server cannot check: ask for a bearer token")
	}
	return nil
}

// checkTimes checks that the token is good now, give or take the leeway.
func (o *OAuth) checkTimes(c claims) error {
	now, leeway := o.config.Now(), o.config.Leeway
	expires, ends, err := c.instant("exp")
	if err != nil {
		return err
	}
	for _, name := range []string{"nbf", "iat"} {
		begins, _, err := c.instant(name)
		if err != nil {
			return err
		}
		if begins.After(now.Add(leeway)) {
			return fmt.Errorf("the token is not valid yet (%s): check the clocks", name)
		}
	}
	switch {
	case !ends:
		return errors.New("the token has no end (exp)")
	case !now.Before(expires.Add(leeway)):
		return errors.New("the token has expired")
	}
	return nil
}

// scopes are those of scp (Okta's, a list) and of scope (RFC 9068's, with spaces
// in between).
func (o *OAuth) scopes(c claims) ([]string, error) {
	var all []string
	for _, name := range []string{"scp", "scope"} {
		values, err := c.list(name)
		if err != nil {
			return nil, err
		}
		for _, value := range values {
			all = append(all, strings.Fields(value)...)
		}
	}
	return sorted(all), nil
}

// get reads a claim, and tells whether it is there.
func get[T any](c claims, name string) (value T, there bool, err error) {
	raw, there := c[name]
	if !there {
		return value, false, nil
	}
	if string(raw) == "null" || json.Unmarshal(raw, &value) != nil {
		return value, false, wrongType(name)
	}
	return value, true, nil
}

func wrongType(name string) error {
	return fmt.Errorf("the token's claim %s is not of the type it should be", name)
}

// list reads a claim that is a list of strings or one string; nil without it.
func (c claims) list(name string) ([]string, error) {
	if several, there, err := get[[]*string](c, name); err == nil {
		return plain(several, there, name)
	}
	one, _, err := get[string](c, name)
	return []string{one}, err
}

// plain refuses a null in a list, which would be read as an empty string.
func plain(several []*string, there bool, name string) ([]string, error) {
	if !there {
		return nil, nil
	}
	all := make([]string, 0, len(several))
	for _, one := range several {
		if one == nil {
			return nil, wrongType(name)
		}
		all = append(all, *one)
	}
	return all, nil
}

// instant reads a NumericDate (RFC 7519 section 2).
func (c claims) instant(name string) (time.Time, bool, error) {
	seconds, there, err := get[float64](c, name)
	if err != nil || !there {
		return time.Time{}, false, err
	}
	whole := min(max(seconds, 0), endOfTime)
	return time.UnixMilli(int64(whole * 1000)), true, nil
}
