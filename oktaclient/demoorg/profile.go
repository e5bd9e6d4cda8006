package demoorg

import (
	"fmt"
	"strings"
)

// profile holds the attributes a person has set. It is never changed in place:
// an older one may still be in the search index.
type profile struct {
	own    []setting
	shared []setting // what colleagues have in common, kept once for all of them
}

type setting struct {
	of    *attribute
	value any // string, json.Number, bool or []any
}

func (p profile) get(name string) any {
	for _, s := range p.own {
		if s.of.name == name {
			return s.value
		}
	}
	for _, s := range p.shared {
		if s.of.name == name {
			return s.value
		}
	}
	return nil
}

func (p profile) text(name string) string {
	text, _ := p.get(name).(string)
	return text
}

// with is p with one attribute set, or cleared when value is nil.
func (p profile) with(a *attribute, value any) profile {
	next := make([]setting, 0, len(p.own)+len(p.shared)+1)
	for _, settings := range [][]setting{p.own, p.shared} {
		for _, s := range settings {
			if s.of != a {
				next = append(next, s)
			}
		}
	}
	if value != nil {
		next = append(next, setting{a, value})
	}
	return profile{own: next}
}

// MarshalJSON writes the attributes that are set, and null for the two that
// Okta shows even when they are not.
func (p profile) MarshalJSON() ([]byte, error) {
	b := append(make([]byte, 0, 768), '{')
	var err error
	for _, settings := range [][]setting{p.own, p.shared} {
		for _, s := range settings {
			b = appendKey(b, s.of.name)
			if b, err = appendValue(b, s.value); err != nil {
				return nil, fmt.Errorf("encode profile.%s: %w", s.of.name, err)
			}
		}
	}
	for _, name := range []string{"mobilePhone", "secondEmail"} {
		if p.get(name) == nil {
			b = append(appendKey(b, name), "null"...)
		}
	}
	return append(b, '}'), nil
}

func appendKey(b []byte, name string) []byte {
	if len(b) > 1 {
		b = append(b, ',')
	}
	b = append(b, '"')
	b = append(b, name...)
	return append(b, '"', ':')
}

func appendValue(b []byte, value any) ([]byte, error) {
	if text, ok := value.(string); ok && plain(text) {
		b = append(b, '"')
		b = append(b, text...)
		return append(b, '"'), nil
	}
	raw, err := encode(value)
	return append(b, raw...), err
}

// plain says whether text needs no escaping in JSON.
func plain(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool {
		return r < ' ' || r == '"' || r == '\\' || r > '~'
	}) < 0
}
