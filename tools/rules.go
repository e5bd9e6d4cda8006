package tools

import (
	"regexp"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// What is understood of group rules' conditions (Okta expression language) is as
// little as keeps ordinary changes from being asked about. What is not understood
// could always be true.

// byName finds conditions on groups by their names, kinds or sources, whose
// members are not known here.
var byName = regexp.MustCompile(`(?i)isMemberOf\w*Name|group\.(profile|type|source)|\bgroups\.`)

// term is the condition that most rules are made of: an attribute is one text.
var term = regexp.MustCompile(`^\s*user\.(\w+)\s*(==|!=)\s*"([^"\\]*)"\s*$`)

// alternative finds what makes a condition more than terms that must all hold.
var alternative = regexp.MustCompile(`(?i)\|\||\?|\bor\b`)

// concerns reports whether a rule could go by who is in the group.
func concerns(rule gjson.Result, groupID string) bool {
	return strings.Contains(rule.Get("conditions").Raw, groupID) || byName.MatchString(rule.Get("conditions.expression.value").String())
}

// mentions reports whether a condition has the name of one of the attributes.
func mentions(expression string, attributes []string) bool {
	return slices.ContainsFunc(attributes, func(name string) bool {
		word, err := regexp.Compile(`(?i)\b` + regexp.QuoteMeta(name) + `\b`)
		return err != nil || word.MatchString(expression)
	})
}

// ofTheAccount are members of a person that conditions can name like attributes
// and that are in no profile.
func ofTheAccount() []string {
	return []string{"id", "status", "type", "realmId", "created", "activated", "statusChanged", "lastLogin", "lastUpdated", "passwordChanged"}
}

// couldHold reports whether a condition could be true of a profile. It is false
// only when all terms must hold and one of them plainly does not.
func couldHold(expression string, profile map[string]string) bool {
	if alternative.MatchString(expression) {
		return true
	}
	for _, part := range conjuncts(expression) {
		plain := term.FindStringSubmatch(part)
		if plain != nil && !slices.Contains(ofTheAccount(), plain[1]) && plainlyFalse(attribute(profile, plain[1]), plain[2], plain[3]) {
			return false
		}
	}
	return true
}

// plainlyFalse reports whether a value fails a term however Okta compares: it may
// mind case and spaces or not, and nothing may or may not be an empty text.
func plainlyFalse(value, operator, literal string) bool {
	if operator == "!=" {
		return value == literal && value != ""
	}
	return !strings.EqualFold(strings.TrimSpace(value), strings.TrimSpace(literal))
}

// conjuncts splits a condition where all parts must hold: at && outside of
// parentheses, before which there could be a not, and of texts.
func conjuncts(expression string) []string {
	var parts []string
	start, depth := 0, 0
	var quote rune // that began the text we are in, or 0
	escaped := false
	for i, r := range expression {
		switch {
		case escaped:
			escaped = false
		case quote != 0:
			escaped = r == '\\'
			if r == quote {
				quote = 0
			}
		case r == '"' || r == '\'':
			quote = r
		case r == '(':
			depth++
		case r == ')':
			depth--
		case depth == 0 && strings.HasPrefix(expression[i:], "&&"):
			parts, start = append(parts, expression[start:i]), i+len("&&")
		}
	}
	return append(parts, expression[start:])
}

// attribute is the value of an attribute, whatever the case of its name.
func attribute(profile map[string]string, name string) string {
	for other, value := range profile {
		if strings.EqualFold(other, name) {
			return value
		}
	}
	return ""
}
