package tools

import (
	"fmt"
	"slices"
	"strings"

	"okta-mcp/confirm"
)

// Policy is what an operator's policy file says. The zero value of each member
// says nothing, but for the truth values: a file allows what it says it allows.
type Policy struct {
	Name    string // how refusals and records call it: "policy.yaml"
	Machine bool   // the machine's file: nothing else approves more than it does
	Problem string // why the file cannot be used; then nothing is changed

	ReadOnly     bool
	CallChanges  bool // a single call of the command line may change things
	AllowSecrets bool
	Deny         []string       // tools never offered: names, or texts with *
	Protect      []string       // as Options.Protect
	Approve      map[string]int // targets an hour that a tool may change unasked
	Limits       Limits
	Rules        []Rule // the first that matches counts
}

// Limits are how much may be changed within an hour, by everybody who calls this
// server together; nil is without a limit.
type Limits struct {
	ConfirmedChanges *int // targets changed with a consent, asked for or given before
	Writes           *int // targets changed without one
	People           *int // distinct people changed either way
}

// Rule says what becomes of a call on one target. What is given must all hold;
// of several texts or effects, one.
type Rule struct {
	Line    int // in the file
	Tools   []string
	Effects []Effect // after what raises it
	Groups  []string // names, texts with * or ids: of a group that is changed, or whose members, owners or roles are
	Apps    []string // labels, texts with * or ids: of an application, likewise
	User    []Attribute
	Then    Verdict
	Budget  int    // targets an hour; only with Approve
	Because string // shown to whoever is refused or asked
}

// Attribute is a member of Okta's user object, by its path, and the values it may
// have: texts, in which * stands for any text.
type Attribute struct {
	Path   string
	Values []string
}

// Verdict is what a rule says, and what all of them together come to.
type Verdict int

// The verdicts, from the loosest to the strictest.
const (
	Approve Verdict = iota + 1 // runs unasked, within a budget
	Unsaid                     // nothing: the effect and the approvals decide
	Ask                        // a person is asked, whatever the effect and the approvals
	Typed                      // asked, and the name is typed
	Deny                       // refused
)

// String returns the verdict as policy files write it.
func (v Verdict) String() string {
	switch v {
	case Approve:
		return "approve"
	case Unsaid:
		return "nothing"
	case Ask:
		return "ask"
	case Typed:
		return "typed"
	case Deny:
		return "deny"
	}
	return fmt.Sprintf("invalid verdict %d", int(v))
}

// RuleTools returns the tools that a rule's name or text with * means: those that
// change something.
func RuleTools(pattern string) ([]string, error) {
	return toolsLike(pattern, func(d Description) bool { return d.Effect != Read })
}

// DeniableTools returns the tools that a name or text with * in deny means: every
// one but what says what this server may do.
func DeniableTools(pattern string) ([]string, error) {
	return toolsLike(pattern, func(d Description) bool { return d.Name != accessStatusName })
}

// ApprovableTool is nil for the exact name of a tool that asks. Patterns are not
// taken: they would approve unseen what a later version brings.
func ApprovableTool(name string) error {
	if slices.Contains(Confirmable(), name) {
		return nil
	}
	return fmt.Errorf("%q is not the exact name of a tool that asks; near ones are %s", name, strings.Join(near(name, Confirmable()), ", "))
}

func toolsLike(pattern string, meant func(Description) bool) ([]string, error) {
	var all, others, matched []string
	for _, d := range Catalog() {
		switch fits := Like(pattern, d.Name); {
		case fits && meant(d):
			matched = append(matched, d.Name)
		case fits:
			others = append(others, d.Name)
		}
		if meant(d) {
			all = append(all, d.Name)
		}
	}
	switch {
	case len(matched) > 0:
		return matched, nil
	case pattern == accessStatusName:
		return nil, fmt.Errorf("%q is always offered", accessStatusName)
	case len(others) > 0:
		return nil, fmt.Errorf("%q changes nothing, and rules are about changes; deny takes tools that read", pattern)
	}
	return nil, &UnknownName{Kind: "tool", Name: pattern, Near: near(pattern, all)}
}

// Like reports whether the text is what the pattern says, without regard to case;
// * stands for any text.
func Like(pattern, text string) bool {
	pieces := strings.Split(strings.ToLower(pattern), "*")
	text = strings.ToLower(text)
	first, last := pieces[0], pieces[len(pieces)-1]
	if len(pieces) == 1 {
		return text == first
	}
	if len(text) < len(first)+len(last) || !strings.HasPrefix(text, first) || !strings.HasSuffix(text, last) {
		return false
	}
	text = text[len(first) : len(text)-len(last)]
	for _, piece := range pieces[1 : len(pieces)-1] {
		_, after, found := strings.Cut(text, piece)
		if !found {
			return false
		}
		text = after
	}
	return true
}

func likeAny(patterns []string, text string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return Like(pattern, text) })
}

// mandate is what the operator's policies come to together.
type mandate struct {
	policies  []Policy // the machine's first
	approvals *confirm.Approvals
	closed    string // why nothing that changes the org is offered
	closedBy  string // the policy
	limits    *hourly
}

// newMandate puts the policies of cfg together. The budgets of their approvals are
// added to those of the command line.
func newMandate(cfg *Config) (*mandate, error) {
	if cfg.Approvals == nil {
		cfg.Approvals = confirm.NewApprovals(cfg.Now)
	}
	m := &mandate{policies: cfg.Policies, approvals: cfg.Approvals, limits: newHourly(cfg.Policies, cfg.Now)}
	for _, p := range m.policies {
		if m.closed == "" {
			m.closed, m.closedBy = p.Closes(cfg.SingleCall), p.Name
		}
		budgets := map[string]int{}
		for tool, budget := range p.Approve {
			budgets[p.approvalKey(tool)] = budget
		}
		for _, r := range p.Rules {
			if r.Then == Approve {
				budgets[p.ruleKey(r)] = r.Budget
			}
		}
		if err := m.approvals.Add(budgets); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	return m, nil
}

// Closes returns why nothing that changes the org is offered under the policy, to a
// single call of the command line or otherwise, and "" where something is.
func (p Policy) Closes(singleCall bool) string {
	switch {
	case p.Problem != "":
		return "nothing is changed because the policy file " + p.Name + " cannot be used: " + p.Problem + "; mend it and restart"
	case p.ReadOnly:
		return "the operator's policy says read_only (" + p.Name + ")"
	case singleCall && !p.CallChanges:
		return "the operator's policy lets okta-mcp call only read: it does not say call_changes: true (" + p.Name + ")"
	}
	return ""
}

func (p Policy) ruleKey(r Rule) string { return fmt.Sprintf("%s:%d", p.Name, r.Line) }

func (p Policy) approvalKey(tool string) string { return p.Name + " " + tool }

// forbids is the mandate's part of the predicate of what is offered: why not, or "".
func (m *mandate) forbids(tool string, effect Effect) string {
	if m == nil || tool == accessStatusName {
		return ""
	}
	for _, p := range m.policies {
		if likeAny(p.Deny, tool) {
			return "the operator's policy denies it (" + p.Name + ")"
		}
	}
	if effect != Read {
		return m.closed
	}
	return ""
}

// refusing names what of the policies does not offer a tool, as records do, or "".
func (m *mandate) refusing(tool string, effect Effect) string {
	if m.forbids(tool, effect) == "" {
		return ""
	}
	for _, p := range m.policies {
		if likeAny(p.Deny, tool) {
			return p.Name + " deny"
		}
	}
	return m.closedBy
}

// narrowed returns the options as the policies leave them: the stricter of each.
func narrowed(o Options, policies []Policy) Options {
	for _, p := range policies {
		o.ReadOnly = o.ReadOnly || p.ReadOnly
		o.AllowSecrets = o.AllowSecrets || p.Machine && p.AllowSecrets
	}
	o.Protect = slices.Clone(o.Protect)
	for _, p := range policies {
		o.AllowSecrets = o.AllowSecrets && p.AllowSecrets
		o.Protect = append(o.Protect, p.Protect...)
	}
	return o
}

// machine returns the machine's policy, or nil.
func (m *mandate) machine() *Policy {
	for i := range m.policies {
		if m.policies[i].Machine {
			return &m.policies[i]
		}
	}
	return nil
}

// approvedFor lists what may run unasked for the caller as "key=targets an hour":
// of the command line and the other file only what the machine's file approves too.
func (m *mandate) approvedFor(who Principal) []string {
	holds := slices.DeleteFunc(Confirmable(), func(tool string) bool { return !who.approves(tool) })
	idle := m.idle(holds)
	for _, p := range m.policies {
		for _, r := range p.Rules {
			if r.Then == Approve && !slices.ContainsFunc(holds, r.about) {
				idle[p.ruleKey(r)] = true
			}
		}
	}
	return slices.DeleteFunc(m.approvals.List(), func(entry string) bool {
		key, _, _ := strings.Cut(entry, "=")
		return idle[key]
	})
}

// idle are the keys by a tool's name under which nothing is approved: none hold for
// the tool, or the machine's file does not approve it.
func (m *mandate) idle(holds []string) map[string]bool {
	machine, idle := m.machine(), map[string]bool{}
	for _, tool := range Confirmable() {
		approved := slices.Contains(holds, tool)
		if machine != nil && approved {
			_, approved = machine.Approve[tool]
		}
		if approved {
			continue
		}
		idle[tool] = true
		for _, p := range m.policies {
			idle[p.approvalKey(tool)] = true
		}
	}
	return idle
}

// named returns the files, as statuses show them.
func (m *mandate) named() []string {
	names := make([]string, len(m.policies))
	for i, p := range m.policies {
		names[i] = p.Name
	}
	return names
}

// problem is what of the policies cannot be used, or "".
func (m *mandate) problem() string {
	var all []string
	for _, p := range m.policies {
		if p.Problem != "" {
			all = append(all, p.Closes(false))
		}
	}
	return strings.Join(all, "; ")
}
