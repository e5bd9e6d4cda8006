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

// byName finds conditions on the names of groups, whose members are not known here.
var byName = regexp.MustCompile(`(?i)isMemberOf\w*Name|group\.profile\.name`)

// term is the condition that most rules are made of: an attribute is one text.
var term = regexp.MustCompile(`^\s*user\.(\w+)\s*(==|!=)\s*"([^"\\]*)"\s*$`)

// alternative finds what makes a condition more than terms that must all hold.
var alternative = regexp.MustCompile(`(?i)\|\||\?|\bor\b`)

// concerns reports whether a rule could go by who is in the group.
func concerns(rule gjson.Result, groupID string) bool {
	expression := rule.Get("conditions.expression.value").String()
	excludes := rule.Get("conditions.people.groups.exclude").Array()
	return strings.Contains(expression, groupID) || byName.MatchString(expression) ||
		slices.ContainsFunc(excludes, func(id gjson.Result) bool { return id.String() == groupID })
}

// mentions reports whether a condition has the name of one of the attributes.
func mentions(expression string, attributes []string) bool {
	return slices.ContainsFunc(attributes, func(name string) bool {
		word, err := regexp.Compile(`(?i)\b` + regexp.QuoteMeta(name) + `\b`)
		return err != nil || word.MatchString(expression)
	})
}

// couldHold reports whether a condition could be true of a profile. It is false
// only when all terms must hold and one of them plainly does not.
func couldHold(expression string, profile map[string]string) bool {
	if alternative.MatchString(expression) {
		return true
	}
	for _, part := range strings.Split(expression, "&&") {
		plain := term.FindStringSubmatch(part)
		if plain == nil {
			continue
		}
		equal := strings.EqualFold(strings.TrimSpace(attribute(profile, plain[1])), strings.TrimSpace(plain[3]))
		if equal != (plain[2] == "==") {
			return false
		}
	}
	return true
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
