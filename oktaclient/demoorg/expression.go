package demoorg

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// expression is a compiled Okta expression: what it says of one user.
type expression func(subject) any

// subject is who an expression looks at.
type subject struct {
	u   *user
	org *Org
}

// errBroken is an expression no reading makes sense of: quotes or parentheses
// do not close, or there is nothing.
var errBroken = errors.New("expression is empty or its quotes or parentheses do not close")

// nobody is what an expression compiles to that Okta may know and this org
// does not: it matches no one.
func nobody(subject) any { return nil }

// compile reads the part of Okta's expression language that group rules
// commonly use: user.attribute, literals, == != && || ! (also and, or, not),
// parentheses and a handful of functions.
// https://developer.okta.com/docs/reference/okta-expression-language/
func compile(text string) (expression, error) {
	tokens, closed := scan(text)
	if !closed || len(tokens) == 0 {
		return nil, errBroken
	}
	p := &expressionParser{tokens: tokens}
	e := p.or(0)
	if p.failed || len(p.tokens) > 0 {
		return nobody, nil
	}
	return e, nil
}

// scan cuts an expression into tokens and says whether what opened also closed.
func scan(text string) (tokens []string, closed bool) {
	open := 0
	for i := 0; i < len(text); {
		n := tokenLength(text[i:])
		if n < 0 {
			return nil, false
		}
		token := text[i : i+n]
		i += n
		switch token {
		case "(":
			open++
		case ")":
			open--
		}
		if open < 0 {
			return nil, false
		}
		if strings.TrimSpace(token) != "" {
			tokens = append(tokens, token)
		}
	}
	return tokens, open == 0
}

// tokenLength is the length of the token s begins with, -1 for a string that
// does not end.
func tokenLength(s string) int {
	switch {
	case s[0] == '"' || s[0] == '\'':
		end := strings.IndexByte(s[1:], s[0])
		if end < 0 {
			return -1
		}
		return end + 2
	case strings.HasPrefix(s, "=="), strings.HasPrefix(s, "!="), strings.HasPrefix(s, "&&"), strings.HasPrefix(s, "||"):
		return 2
	}
	n := 0
	for n < len(s) && (s[n] == '.' || s[n] == '_' || s[n] >= '0' && s[n] <= '9' || s[n]|0x20 >= 'a' && s[n]|0x20 <= 'z') {
		n++
	}
	return max(n, 1)
}

type expressionParser struct {
	tokens []string
	failed bool
}

func (p *expressionParser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *expressionParser) next() string {
	t := p.peek()
	if t == "" {
		p.failed = true
		return t
	}
	p.tokens = p.tokens[1:]
	return t
}

func (p *expressionParser) take(tokens ...string) bool {
	for _, t := range tokens {
		if strings.EqualFold(p.peek(), t) {
			p.tokens = p.tokens[1:]
			return true
		}
	}
	return false
}

func (p *expressionParser) or(depth int) expression {
	left := p.and(depth)
	for p.take("||", "or") {
		a, b := left, p.and(depth)
		left = func(s subject) any { return a(s) == true || b(s) == true }
	}
	return left
}

func (p *expressionParser) and(depth int) expression {
	left := p.comparison(depth)
	for p.take("&&", "and") {
		a, b := left, p.comparison(depth)
		left = func(s subject) any { return a(s) == true && b(s) == true }
	}
	return left
}

func (p *expressionParser) comparison(depth int) expression {
	a := p.unary(depth)
	switch {
	case p.take("==", "eq"):
		b := p.unary(depth)
		return func(s subject) any { return same(a(s), b(s)) }
	case p.take("!=", "ne"):
		b := p.unary(depth)
		return func(s subject) any { return !same(a(s), b(s)) }
	default:
		return a
	}
}

func (p *expressionParser) unary(depth int) expression {
	if depth > maxDepth {
		p.failed = true
		return nobody
	}
	if p.take("!", "not") {
		inner := p.unary(depth + 1)
		return func(s subject) any { v, isBool := inner(s).(bool); return isBool && !v }
	}
	if p.take("(") {
		inner := p.or(depth + 1)
		p.failed = p.failed || !p.take(")")
		return inner
	}
	return p.primary(depth)
}

// primary is a literal, an attribute or a function call.
func (p *expressionParser) primary(depth int) expression {
	t := p.next()
	switch {
	case t == "":
		return nobody
	case t[0] == '"' || t[0] == '\'':
		text := t[1 : len(t)-1]
		return func(subject) any { return text }
	case t == "true" || t == "false":
		return func(subject) any { return t == "true" }
	case t == "null":
		return nobody
	case p.take("("):
		return p.call(t, depth)
	case strings.HasPrefix(t, "user."):
		return attributeOf(strings.TrimPrefix(t, "user."))
	}
	n, err := strconv.ParseFloat(t, 64)
	p.failed = p.failed || err != nil
	return func(subject) any { return n }
}

func attributeOf(name string) expression {
	return func(s subject) any {
		switch name {
		case "status":
			return s.u.live.status.String()
		case "id":
			return s.u.id
		}
		return s.u.live.profile.get(name)
	}
}

// call reads the arguments of a function and binds them to it.
func (p *expressionParser) call(name string, depth int) expression {
	var arguments []expression
	for !p.take(")") {
		if len(arguments) > 0 && !p.take(",") || p.peek() == "" {
			p.failed = true
			return nobody
		}
		arguments = append(arguments, p.or(depth+1))
		if p.failed {
			return nobody
		}
	}
	f, arity := function(name)
	if f == nil || len(arguments) < arity {
		p.failed = true
		return nobody
	}
	return func(s subject) any {
		values := make([]any, len(arguments))
		for i, a := range arguments {
			values[i] = a(s)
		}
		return f(s, values)
	}
}

// function finds a function and how many arguments it needs at least.
func function(name string) (f func(subject, []any) any, arity int) {
	switch name {
	case "String.startsWith":
		return func(_ subject, v []any) any { return strings.HasPrefix(text(v[0]), text(v[1])) }, 2
	case "String.stringContains":
		return func(_ subject, v []any) any { return strings.Contains(text(v[0]), text(v[1])) }, 2
	case "String.toLowerCase":
		return func(_ subject, v []any) any { return strings.ToLower(text(v[0])) }, 1
	case "String.toUpperCase":
		return func(_ subject, v []any) any { return strings.ToUpper(text(v[0])) }, 1
	case "String.len":
		return func(_ subject, v []any) any { return float64(len(text(v[0]))) }, 1
	case "Arrays.contains":
		return func(_ subject, v []any) any { return contains(v[0], v[1]) }, 2
	case "isMemberOfGroup", "isMemberOfAnyGroup":
		return func(s subject, v []any) any { return s.inAny(v) }, 1
	case "isMemberOfGroupName":
		return func(s subject, v []any) any { return s.inNamed(text(v[0])) }, 1
	default:
		return nil, 0
	}
}

func (s subject) inAny(ids []any) bool {
	for _, id := range ids {
		if g := s.org.groups.byID[text(id)]; g != nil && g.has(s.u) {
			return true
		}
	}
	return false
}

func (s subject) inNamed(name string) bool {
	g := s.org.groups.byName[strings.ToLower(name)]
	return g != nil && g.has(s.u)
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

func contains(list, wanted any) bool {
	values, _ := list.([]any)
	for _, v := range values {
		if same(v, wanted) {
			return true
		}
	}
	return false
}

// same compares two values; a number in a profile keeps its literal.
func same(a, b any) bool {
	if _, list := a.([]any); list {
		return false
	}
	if _, list := b.([]any); list {
		return false
	}
	return plainNumber(a) == plainNumber(b)
}

func plainNumber(v any) any {
	if n, isNumber := v.(json.Number); isNumber {
		if f, err := n.Float64(); err == nil {
			return f
		}
	}
	return v
}
