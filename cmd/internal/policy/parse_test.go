package policy_test

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"okta-mcp/cmd/internal/policy"
	"okta-mcp/cmd/internal/strictyaml"
	"okta-mcp/tools"
)

const whole = `# what this file allows
read_only: false
call_changes: true
allow_secrets: false
deny: [delete_*, create_user]
protect: [ceo@acme.com, Executives]
approve:
  deactivate_user: 20
limits:
  confirmed_changes: 30
  people: 0
rules:
  - tools: [add_user_to_group]
    group: [Executives, "Admins*"]
    then: deny
    because: HR owns these groups
  - effect: [destructive]
    user: {profile.department: [Finance, 7], status: ACTIVE}
    then: typed
  - tools: unlock_user
    user: {profile.userType: contractor}
    then: approve
  - tools: [suspend_user]
    then: approve
    budget: 5
  - app: Salesforce*
    then: ask
`

func TestEverythingAPolicySaysIsRead(t *testing.T) {
	t.Parallel()
	thirty, none := 30, 0
	want := tools.Policy{
		Name: "p.yaml", CallChanges: true, Deny: []string{"delete_*", "create_user"}, Protect: []string{"ceo@acme.com", "Executives"},
		Approve: map[string]int{"deactivate_user": 20}, Limits: tools.Limits{ConfirmedChanges: &thirty, People: &none},
		Rules: []tools.Rule{
			{Line: 13, Tools: []string{"add_user_to_group"}, Groups: []string{"Executives", "Admins*"}, Then: tools.Deny, Because: "HR owns these groups"},
			{Line: 17, Effects: []tools.Effect{tools.Destructive}, Then: tools.Typed,
				User: []tools.Attribute{{Path: "profile.department", Values: []string{"Finance", "7"}}, {Path: "status", Values: []string{"ACTIVE"}}}},
			{Line: 20, Tools: []string{"unlock_user"}, User: []tools.Attribute{{Path: "profile.userType", Values: []string{"contractor"}}}, Then: tools.Approve, Budget: 10},
			{Line: 23, Tools: []string{"suspend_user"}, Then: tools.Approve, Budget: 5},
			{Line: 26, Apps: []string{"Salesforce*"}, Then: tools.Ask},
		},
	}
	got, err := policy.Parse("p.yaml", []byte(whole))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read as %+v, %v\nwant    %+v", got, err, want)
	}
}

func TestWhatIsWrongWithAPolicyIsNamedByItsLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                           {"p: empty"},
		"read_only: yes":             {`p:1: "yes"; true or false is meant`},
		"readonly: true":             {`p:1: there is no "readonly"; there are read_only, call_changes,`},
		"deny: delete_usr":           {`p:1: there is no tool "delete_usr"; near ones are delete_user`},
		"deny:\n- delete_*\n- no_*":  {`p:3: there is no tool "no_*"`},
		"deny: get_access_status":    {`p:1: "get_access_status" is always offered`},
		"deny: [list_users]":         nil,
		"protect: []":                {"p:1: an empty list"},
		"approve:\n  delete_*: 5":    {`p:2: "delete_*" is not the exact name of a tool that asks`},
		"approve:\n  get_user: 5":    {`p:2: "get_user" is not the exact name of a tool that asks`},
		"approve:\n  delete_user: 0": {`p:2: "0"; a whole number from 1 to 10000 is meant`},
		"approve:\n  delete_user:":   {`p:2: nothing; a whole number from 1 to 10000 is meant`},
		"approve: [delete_user]":     {"p:1: a list; a mapping"},
		"approve:\n  delete_user: 1\n  delete_user: 2":                           {`p:3: "delete_user" comes twice; the first is in line 2`},
		"limits: {writes: -1}":                                                   {`p:1: "-1"; a whole number from 0 to 1000000 is meant`},
		"limits: {reads: 1}":                                                     {`p:1: there is no "reads"; there are confirmed_changes, writes, people`},
		"rules: {then: deny}":                                                    {"p:1: a mapping; a list of rules is meant"},
		"rules:\n- deny":                                                         {`p:2: "deny"; a mapping`},
		"rules:\n- tools: delete_user":                                           {"p:2: a rule without then"},
		"rules:\n- then: deny":                                                   {"p:2: a rule about everything", "read_only: true"},
		"rules:\n- then: perhaps\n  app: x":                                      {"p:2: no verdict; there are deny, typed, ask, approve"},
		"rules:\n- then: deny\n  tool: x":                                        {"p:2: a rule about everything", `p:3: there is no "tool"; there are tools, effect,`},
		"rules:\n- tools: [x, get_user, get_*]\n  then: deny":                    {`p:2: there is no tool "x"`, `"get_user" changes nothing`, `"get_*" changes nothing`},
		"rules:\n- tools: '*_user'\n  then: deny":                                nil,
		"rules:\n- tools: '*_user'\n  then: approve":                             {`p:2: "*_user" is not the exact name`},
		"rules:\n- effect: write\n  then: approve":                               {"p:2: approve without tools"},
		"rules:\n- group: g\n  then: ask\n  budget: 5":                           {"p:4: a budget without approve"},
		"rules:\n- tools: delete_user\n  then: approve\n  budget: many":          {`p:4: "many"; a whole number`},
		"rules:\n- effect: read\n  then: deny":                                   {"p:2: no effect; there are write, destructive, privileged"},
		"rules:\n- user: {department: x}\n  then: deny":                          {`p:2: a user has no "department"; an attribute of the profile is written profile.department`},
		"rules:\n- user: {login.x: y}\n  then: deny":                             {`p:2: a user has no "login"; paths begin with id, status,`},
		"rules:\n- user:\n    profile.a.#: x\n  then: deny":                      {`p:3: "profile.a.#" is no path`},
		"rules:\n- user: {profile: x}\n  then: deny":                             {`p:2: "profile" is no attribute`},
		"rules:\n- user: {status: }\n  then: deny":                               {"p:2: nothing; a list is meant"},
		"rules:\n- user: {status: [[A]]}\n  then: deny":                          {"p:2: a list; a text is meant"},
		"rules:\n- app: x\n  then: deny\n  because: \"a\\u202eb\"":               {"p:4: a text of at most 120 printable characters"},
		"rules:\n- app: x\n  then: deny\n  because: " + strings.Repeat("x", 121): {"p:4: a text of at most 120"},
		"deny: *all":                   {`p:1: "*all" would be an alias; a text that begins with * needs quotes`},
		"deny: &x [delete_user]":       {`p:1: "&x" is an anchor`},
		"deny: delete_user\n---\na: b": {"p:2: a second document"},
		"read_only: 1\nlimits: 5\n":    {"p:1: \"1\"; true or false", "p:2: \"5\"; a mapping"},
		// What would silently never count.
		"rules:\n- tools: [delete_group, unlock_user]\n  group: g\n  then: deny":                      {"p:3: this never counts for unlock_user: group means a group that is changed"},
		"rules:\n- tools: add_user_to_group\n  group: g\n  then: deny":                                nil,
		"rules:\n- tools: [suspend_*, create_user]\n  user: {status: ACTIVE}\n  then: deny":           nil,
		"rules:\n- tools: delete_device\n  user: {status: ACTIVE}\n  then: deny":                      {"p:3: this never counts for delete_device: user means"},
		"rules:\n- tools: reset_factors\n  app: a\n  then: deny":                                      {"p:3: this never counts for reset_factors: app means"},
		"rules:\n- tools: unlock_user\n  effect: destructive\n  then: deny":                           {"p:3: this rule never counts: unlock_user is write, or privileged where it gives power"},
		"rules:\n- tools: unlock_user\n  effect: privileged\n  then: deny":                            nil,
		"rules:\n- tools: '*_user'\n  then: ask\n- tools: delete_user\n  user: {id: a}\n  then: deny": {"p:4: this rule never counts: the one in line 2 matches whatever it matches"},
		"rules:\n- group: Adm*\n  then: ask\n- group: [admins, adm*X]\n  then: deny":                  {"p:4: this rule never counts: the one in line 2"},
		"rules:\n- group: Adm*\n  then: ask\n- group: [Admins, Others]\n  then: deny":                 nil,
		"rules:\n- group: Admins\n  then: ask\n- group: Adm*\n  then: deny":                           nil,
		"rules:\n- group: a\n  user: {id: x}\n  then: ask\n- group: a\n  then: deny":                  nil,
		"rules:\n- effect: write\n  then: ask\n- tools: delete_user\n  then: deny":                    nil,
		"rules: [{app: a, then: ask}, {app: b, then: deny}]":                                          {"p:1: a second rule in one line"},
		"rules:\n- user: {status: DISABLED}\n  then: deny":                                            {`p:2: nobody has the status "DISABLED"; there are STAGED`},
		"rules:\n- user: {status: [active, 'PASS*']}\n  then: deny":                                   nil,
		"rules:\n- group: Executives, Admins\n  then: deny":                                           {`p:2: "Executives, Admins" is one text; a list is written [a, b]`},
		"protect: 'Sales, EMEA'": nil,
	} {
		_, err := policy.Parse("p", []byte(text))
		switch {
		case len(want) == 0 && err != nil:
			t.Errorf("%q is refused: %v", text, err)
		case len(want) > 0 && err == nil:
			t.Errorf("%q is taken", text)
		case err != nil:
			if n := len(strictyaml.Lines(err)); n < 1 {
				t.Errorf("%q: %d problems", text, n)
			}
			for _, words := range want {
				if !strings.Contains(err.Error(), words) {
					t.Errorf("%q: %v\nwant %s", text, err, words)
				}
			}
		}
	}
}

func TestTheReadmesExampleIsAPolicy(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, bounds, _ := strings.Cut(string(readme), "\n## Bounds\n")
	_, after, found := strings.Cut(bounds, "```yaml\n")
	example, _, _ := strings.Cut(after, "```")
	p, err := policy.Parse("README", []byte(example))
	if !found || err != nil || len(p.Rules) < 4 || p.Limits.People == nil || len(p.Approve) == 0 {
		t.Errorf("the README's example is read as %+v, %v", p, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(whole)
	for _, seed := range []string{"rules:\n- then: deny", "approve: {delete_user: 1}", "rules: [{tools: delete_user, then: approve, budget: 1}]", "limits: {people: 1}", "deny: '*'"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := policy.Parse("p", []byte(text))
		if err != nil {
			if len(strictyaml.Lines(err)) == 0 {
				t.Fatalf("an error without a line: %v", err)
			}
			return
		}
		for _, r := range p.Rules {
			if r.Then < tools.Approve || r.Then > tools.Deny || r.Then == tools.Unsaid || (r.Then == tools.Approve) != (r.Budget > 0) || r.Line < 1 {
				t.Errorf("%q gives the rule %+v", text, r)
			}
			if len(r.Tools)+len(r.Effects)+len(r.Groups)+len(r.Apps)+len(r.User) == 0 {
				t.Errorf("%q gives a rule about everything", text)
			}
		}
		for tool, budget := range p.Approve {
			if tools.ApprovableTool(tool) != nil || budget < 1 {
				t.Errorf("%q approves %s=%d", text, tool, budget)
			}
		}
	})
}
