package demoorg

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// maxDepth bounds the parentheses of a search: no honest one comes near.
const maxDepth = 32

// operator is one of the comparisons of Okta's search language, SCIM's without
// `ne`, `ew` and `not`, which only the System Log takes.
// https://developer.okta.com/docs/reference/core-okta-api/#filter
type operator string

const (
	opEqual   operator = "eq"
	opStarts  operator = "sw"
	opHolds   operator = "co"
	opPresent operator = "pr"
	opGreater operator = "gt"
	opAtLeast operator = "ge"
	opLess    operator = "lt"
	opAtMost  operator = "le"

	opDiffers operator = "ne"
	opEnds    operator = "ew"
)

// fields is something a condition can be tried on. field answers a string,
// stamp, json.Number, bool, []any of strings, or nil when there is no value.
type fields interface{ field(path string) any }

// filterRules says why a comparison is not allowed, or "".
type filterRules func(path string, op operator) string

// condition is a parsed search or filter.
type condition interface{ matches(fields) bool }

type (
	both       struct{ left, right condition }
	either     struct{ left, right condition }
	negation   struct{ inner condition }
	comparison struct {
		path string
		op   operator
		want literal
	}
)

func (c both) matches(f fields) bool   { return c.left.matches(f) && c.right.matches(f) }
func (c either) matches(f fields) bool { return c.left.matches(f) || c.right.matches(f) }

func (c negation) matches(f fields) bool { return !c.inner.matches(f) }

// literal is the right side of a comparison, read in every way it can be.
type literal struct {
	text    string
	number  float64
	numeric bool
	boolean bool // the literal was true or false; text says which
	at      stamp
	dated   bool
}

func (c comparison) matches(f fields) bool {
	value := f.field(c.path)
	if list, ok := value.([]any); ok {
		for _, v := range list {
			if c.one(v) {
				return true
			}
		}
		return c.op == opPresent && len(list) > 0
	}
	return c.one(value)
}

// one compares a single value.
func (c comparison) one(value any) bool {
	if value == nil || value == stamp(0) {
		return false
	}
	if c.op == opPresent {
		return true
	}
	switch v := value.(type) {
	case string:
		return c.text(v)
	case stamp:
		return c.want.dated && ordered(c.op, int(v-c.want.at))
	case json.Number:
		n, err := v.Float64()
		return err == nil && c.want.numeric && ordered(c.op, compareFloat(n, c.want.number))
	case bool:
		return c.want.boolean && c.op == opEqual && strconv.FormatBool(v) == c.want.text
	default:
		return false
	}
}

// text compares strings without regard to case, as Okta does.
func (c comparison) text(v string) bool {
	switch c.op {
	case opEqual:
		return strings.EqualFold(v, c.want.text)
	case opStarts:
		return hasPrefixFold(v, c.want.text)
	case opHolds:
		return strings.Contains(strings.ToLower(v), strings.ToLower(c.want.text))
	case opEnds:
		return strings.HasSuffix(strings.ToLower(v), strings.ToLower(c.want.text))
	default:
		return ordered(c.op, strings.Compare(strings.ToLower(v), strings.ToLower(c.want.text)))
	}
}

func ordered(op operator, difference int) bool {
	switch op {
	case opEqual:
		return difference == 0
	case opGreater:
		return difference > 0
	case opAtLeast:
		return difference >= 0
	case opLess:
		return difference < 0
	case opAtMost:
		return difference <= 0
	default:
		return false
	}
}

func compareFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}

func hasPrefixFold(text, prefix string) bool {
	return len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix)
}

// parseFilter reads a search or filter expression:
//
//	or   = and *( "or" and )
//	and  = term *( "and" term )
//	term = "(" or ")" / path "pr" / path op literal
//
// Whatever it cannot read is E0000031.
func parseFilter(text string, rules filterRules) (condition, error) {
	return (&filterParser{rest: text, rules: rules}).parse()
}

// parseSCIM is parseFilter with the rest of SCIM's language: `ne`, `ew`, and
// `not` before parentheses.
func parseSCIM(text string, rules filterRules) (condition, error) {
	return (&filterParser{rest: text, rules: rules, scim: true}).parse()
}

func (p *filterParser) parse() (condition, error) {
	c, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if p.word() != "" || p.rest != "" {
		return nil, badSearch("Invalid search syntax.")
	}
	return c, nil
}

type filterParser struct {
	rest  string
	rules filterRules
	scim  bool
}

func (p *filterParser) or(depth int) (condition, error) {
	left, err := p.and(depth)
	for err == nil && p.take("or") {
		var right condition
		if right, err = p.and(depth); err == nil {
			left = either{left, right}
		}
	}
	return left, err
}

func (p *filterParser) and(depth int) (condition, error) {
	left, err := p.term(depth)
	for err == nil && p.take("and") {
		var right condition
		if right, err = p.term(depth); err == nil {
			left = both{left, right}
		}
	}
	return left, err
}

func (p *filterParser) term(depth int) (condition, error) {
	if depth > maxDepth {
		return nil, badSearch("The search is nested too deeply.")
	}
	if p.scim && p.take("not") {
		inner, err := p.term(depth + 1)
		return negation{inner}, err
	}
	if p.take("(") {
		inner, err := p.or(depth + 1)
		if err == nil && !p.take(")") {
			err = badSearch("Invalid search syntax.")
		}
		return inner, err
	}
	c := comparison{path: p.next(), op: operator(strings.ToLower(p.next()))}
	switch c.op {
	case opEqual, opStarts, opHolds, opPresent, opGreater, opAtLeast, opLess, opAtMost:
	case opDiffers, opEnds:
		if !p.scim {
			return nil, badSearch("Invalid search syntax.")
		}
	default:
		return nil, badSearch("Invalid search syntax.")
	}
	if cause := p.rules(c.path, c.op); cause != "" {
		return nil, badSearch(cause)
	}
	if c.op == opPresent {
		return c, nil
	}
	var known bool
	if c.want, known = p.literal(); !known {
		return nil, badSearch("Invalid search syntax.")
	}
	if c.op == opDiffers {
		c.op = opEqual
		return negation{c}, nil
	}
	return c, nil
}

// word is the next token without taking it: a parenthesis, or a run of
// anything but spaces and parentheses.
func (p *filterParser) word() string {
	p.rest = strings.TrimLeft(p.rest, " \t\r\n")
	if p.rest == "" {
		return ""
	}
	if p.rest[0] == '(' || p.rest[0] == ')' {
		return p.rest[:1]
	}
	if i := strings.IndexAny(p.rest, " \t\r\n()"); i >= 0 {
		return p.rest[:i]
	}
	return p.rest
}

func (p *filterParser) next() string {
	w := p.word()
	p.rest = p.rest[len(w):]
	return w
}

// take takes the next token when it is this one, in any case.
func (p *filterParser) take(token string) bool {
	if !strings.EqualFold(p.word(), token) {
		return false
	}
	p.next()
	return true
}

// literal reads a quoted string, a number or a boolean.
func (p *filterParser) literal() (literal, bool) {
	if w := p.word(); w == "" || w[0] != '"' {
		return bareLiteral(p.next())
	}
	end := closingQuote(p.rest)
	if end < 0 {
		return literal{}, false
	}
	var text string
	if err := json.Unmarshal([]byte(p.rest[:end+1]), &text); err != nil {
		return literal{}, false
	}
	p.rest = p.rest[end+1:]
	l := literal{text: text}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		l.at, l.dated = stampOf(at), true
	}
	return l, true
}

func bareLiteral(w string) (literal, bool) {
	if w == "true" || w == "false" {
		return literal{text: w, boolean: true}, true
	}
	n, err := strconv.ParseFloat(w, 64)
	return literal{text: w, number: n, numeric: true}, err == nil
}

// closingQuote is the index of the quote that ends the string s begins with.
func closingQuote(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

func unknownField(path string) string {
	return fmt.Sprintf("The attribute '%s' is not valid.", path)
}

func unsupportedOperator(path string, op operator) string {
	return fmt.Sprintf("The operator '%s' is not supported for '%s'.", op, path)
}
