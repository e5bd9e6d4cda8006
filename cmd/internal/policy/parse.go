package policy

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"okta-mcp/cmd/internal/strictyaml"
	"okta-mcp/tools"
)

// What a policy's numbers may be.
const (
	mostBudget    = 10_000
	mostLimit     = 1_000_000
	defaultBudget = 10
	mostBecause   = 120
)

// Parse reads the text of a policy. The error is strictyaml.Problems: all that is
// wrong, each with its line.
func Parse(name string, text []byte) (tools.Policy, error) {
	file, root := strictyaml.Parse(name, text)
	p := tools.Policy{Name: name}
	if file.Err() != nil {
		return p, file.Err()
	}
	for key, v := range root.Members("read_only", "call_changes", "allow_secrets", "deny", "protect", "approve", "limits", "rules") {
		switch key {
		case "read_only":
			p.ReadOnly = v.Bool()
		case "call_changes":
			p.CallChanges = v.Bool()
		case "allow_secrets":
			p.AllowSecrets = v.Bool()
		case "deny":
			p.Deny = named(v, func(pattern string) error { _, err := tools.DeniableTools(pattern); return err })
		case "protect":
			p.Protect = texts(v)
		case "approve":
			p.Approve = approvals(v)
		case "limits":
			p.Limits = limits(v)
		case "rules":
			p.Rules = rules(v)
		}
	}
	return p, file.Err()
}

// named reads a list of names or patterns of tools.
func named(v strictyaml.Value, check func(string) error) []string {
	var names []string
	for _, element := range v.Each() {
		name := element.Text()
		if name == "" {
			continue
		}
		if err := check(name); err != nil {
			element.Fail("%s", err)
		}
		names = append(names, name)
	}
	return names
}

func approvals(v strictyaml.Value) map[string]int {
	budgets := map[string]int{}
	for _, member := range v.Entries() {
		if err := tools.ApprovableTool(member.Key); err != nil {
			member.Fail("%s", err)
		}
		budgets[member.Key] = member.Value.Number(1, mostBudget)
	}
	return budgets
}

func limits(v strictyaml.Value) tools.Limits {
	var l tools.Limits
	for key, v := range v.Members("confirmed_changes", "writes", "people") {
		n := v.Number(0, mostLimit)
		switch key {
		case "confirmed_changes":
			l.ConfirmedChanges = &n
		case "writes":
			l.Writes = &n
		case "people":
			l.People = &n
		}
	}
	return l
}

func rules(v strictyaml.Value) []tools.Rule {
	if v.IsMapping() {
		v.Fail("a mapping; a list of rules is meant, each beginning with a dash")
		return nil
	}
	var all []tools.Rule
	elements := v.Each()
	for _, element := range elements {
		all = append(all, rule(element))
	}
	sensible(elements, all)
	return all
}

func rule(v strictyaml.Value) tools.Rule {
	r := tools.Rule{Line: v.Line()}
	given := v.Members("tools", "effect", "group", "app", "user", "then", "because", "budget")
	for key, v := range given {
		switch key {
		case "effect":
			r.Effects = effects(v)
		case "group":
			r.Groups = texts(v)
		case "app":
			r.Apps = texts(v)
		case "user":
			r.User = attributes(v)
		case "then":
			r.Then = then(v)
		case "because":
			r.Because = because(v)
		case "budget":
			r.Budget = v.Number(1, mostBudget)
		}
	}
	if list, ok := given["tools"]; ok {
		check := func(pattern string) error { _, err := tools.RuleTools(pattern); return err }
		if r.Then == tools.Approve {
			check = tools.ApprovableTool
		}
		r.Tools = named(list, check)
	}
	fits(v, given, &r)
	possible(given, r)
	return r
}

// fits reports what of a rule does not go together.
func fits(v strictyaml.Value, given map[string]strictyaml.Value, r *tools.Rule) {
	has := func(key string) bool { _, ok := given[key]; return ok }
	switch {
	case !v.IsMapping(): // which is reported already
		return
	case !has("then"):
		v.Fail("a rule without then; say deny, typed, ask or approve")
	case !has("tools") && !has("effect") && !has("group") && !has("app") && !has("user"):
		v.Fail("a rule about everything; name tools, effect, group, app or user, or say read_only: true to change nothing at all")
	}
	budget, hasBudget := given["budget"]
	switch {
	case r.Then == tools.Approve && !has("tools"):
		v.Fail("approve without tools; name the tools that may run unasked")
	case r.Then != tools.Approve && hasBudget && has("then"):
		budget.Fail("a budget without approve; leave it out, or say then: approve")
	}
	if r.Then == tools.Approve && !hasBudget {
		r.Budget = defaultBudget
	}
}

func effects(v strictyaml.Value) []tools.Effect {
	var all []tools.Effect
	for _, element := range v.Each() {
		effect := map[string]tools.Effect{"write": tools.Write, "destructive": tools.Destructive, "privileged": tools.Privileged}[element.Text()]
		if effect == 0 {
			element.Fail("no effect; there are write, destructive, privileged")
		}
		all = append(all, effect)
	}
	return all
}

// attributePath is a path into Okta's user object: names and points between.
var attributePath = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$`)

// userParts are the members of Okta's user object that say something lasting of a
// person.
func userParts() []string {
	return []string{"id", "status", "profile", "type", "credentials", "realmId"}
}

func attributes(v strictyaml.Value) []tools.Attribute {
	var all []tools.Attribute
	for _, member := range v.Entries() {
		part, below, _ := strings.Cut(member.Key, ".")
		switch known := slices.Contains(userParts(), part); {
		case !attributePath.MatchString(member.Key):
			member.Fail("%q is no path into a user, such as profile.department or status", member.Key)
		case !known && below == "":
			member.Fail("a user has no %q; an attribute of the profile is written profile.%s", member.Key, member.Key)
		case !known:
			member.Fail("a user has no %q; paths begin with %s", part, strings.Join(userParts(), ", "))
		case part == "profile" && (below == "" || strings.Contains(below, ".")):
			member.Fail("%q is no attribute; one is written as in profile.department", member.Key)
		}
		values := texts(member.Value)
		if part == "status" && below == "" {
			someStatus(member.Value, values)
		}
		all = append(all, tools.Attribute{Path: member.Key, Values: values})
	}
	return all
}

func then(v strictyaml.Value) tools.Verdict {
	verdict := map[string]tools.Verdict{"deny": tools.Deny, "typed": tools.Typed, "ask": tools.Ask, "approve": tools.Approve}[v.Text()]
	if verdict == 0 {
		v.Fail("no verdict; there are deny, typed, ask, approve")
	}
	return verdict
}

// because is a text that stands in questions among our own words, so it is short
// and plain.
func because(v strictyaml.Value) string {
	text := v.Text()
	if len([]rune(text)) > mostBecause || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		v.Fail("a text of at most %d printable characters is meant", mostBecause)
	}
	return text
}
