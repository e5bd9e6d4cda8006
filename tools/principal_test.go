package tools_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"okta-mcp/confirm"
	"okta-mcp/tools"
)

// randomGrant is an entry that allows much or little.
func randomGrant(r *rand.Rand, name string) tools.Grant {
	sets := []string{"all", "default", "users", "groups", "policies", "roles", "lifecycle", "logs", "factors", "applications"}
	texts := []string{"*", "list_*", "get_*", "GET_user*", "*_user", "*_group*", "create_*", "delete_*", "suspend_user", "get_logs", "sign_in", "get_access_status", "none"}
	some := func(from []string, likely float64) []string {
		var out []string
		for r.Float64() < likely {
			out = append(out, from[r.IntN(len(from))])
		}
		return out
	}
	return tools.Grant{Name: name, Toolsets: some(sets, 0.6), Allow: some(texts, 0.5), Deny: some(texts[1:], 0.4), ReadOnly: r.IntN(4) == 0}
}

// allows is what an entry means, said another way than the server does.
func allows(g tools.Grant, d tools.Description, byDefault map[string]bool) bool {
	like := func(texts []string) bool {
		return slices.ContainsFunc(texts, func(text string) bool {
			return regexp.MustCompile("(?i)^" + strings.ReplaceAll(regexp.QuoteMeta(text), `\*`, ".*") + "$").MatchString(d.Name)
		})
	}
	within := len(g.Toolsets) == 0
	for _, set := range g.Toolsets {
		within = within || set == "all" || set == d.Toolset || set == "default" && byDefault[d.Toolset]
	}
	return within && (len(g.Allow) == 0 || like(g.Allow)) && !like(g.Deny) && !(g.ReadOnly && d.Effect != tools.Read)
}

// What is listed to a caller is what the entries together allow, what can be called,
// and what get_access_status does not list as missing; an entry more never adds one.
func TestWhatACallerIsListedIsWhatItMayCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: everything().selection, policies: []tools.Policy{{Name: "p.yaml", Deny: []string{"get_logs"}}}})
	offered := namesOf(list(t, w.connect("2025-11-25", accepting)))
	byDefault := map[string]bool{}
	for _, set := range tools.Toolsets() {
		byDefault[set.Name] = set.Default
	}
	r := rand.New(rand.NewPCG(6, 28))
	for round := range 40 {
		before := offered
		var grants []tools.Grant
		for i := range 1 + r.IntN(3) {
			grants = append(grants, randomGrant(r, fmt.Sprintf("config.yaml:%d", i+1)))
			p := w.granted("ci", versions()[round%len(versions())], nil, grants...)
			listed := namesOf(list(t, p))
			for _, name := range listed {
				if !slices.Contains(before, name) {
					t.Errorf("%+v adds %s", grants, name)
				}
			}
			before = listed
			agree(t, w, p, listed, func(d tools.Description) bool {
				forAll := !slices.ContainsFunc(grants, func(g tools.Grant) bool { return !allows(g, d, byDefault) })
				return slices.Contains(offered, d.Name) && (forAll || d.Name == "get_access_status")
			})
		}
		if t.Failed() {
			t.Fatalf("the entries were %+v", grants)
		}
	}
}

// agree holds the list, each call and get_access_status against each other.
func agree(t *testing.T, w *world, p *peer, listed []string, want func(tools.Description) bool) {
	t.Helper()
	var status struct {
		NotOffered []struct{ Why, Tools string } `json:"not_offered"`
	}
	p.call("get_access_status", args{}).mustWork(&status)
	missing := map[string]string{}
	for _, m := range status.NotOffered {
		for name := range strings.FieldsSeq(m.Tools) {
			missing[name] = m.Why
		}
	}
	for _, d := range tools.Catalog() {
		said := p.call(d.Name, args{"no_such_parameter": 1}).text() // of which a tool that is offered says so
		switch {
		case slices.Contains(listed, d.Name) != want(d):
			t.Errorf("%s is listed: %t", d.Name, !want(d))
		case want(d) && (!strings.Contains(said, "there is no parameter") || missing[d.Name] != ""):
			t.Errorf("%s is listed, answered %q and missing because %q", d.Name, said, missing[d.Name])
		case !want(d) && d.Name != "sign_in" && said != d.Name+" is not offered: "+missing[d.Name]:
			t.Errorf("%s is refused with %q, and missing because %q", d.Name, said, missing[d.Name])
		case !want(d) && !strings.Contains(said, "is not offered: "):
			t.Errorf("%s answered %q", d.Name, said)
		}
	}
	if n := len(w.org.Requests()); n > 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestACallerThatNoEntryIsAboutGetsNothing(t *testing.T) {
	t.Parallel()
	for _, version := range versions() {
		in := newWorld(t, everything())
		out, _ := signedOut(t)
		for _, w := range []*world{in, out} {
			p := w.granted("stranger", version, accepting)
			if got := namesOf(list(t, p)); len(got) > 0 {
				t.Errorf("%s: %v are listed", version, got)
			}
			for _, d := range tools.Catalog() {
				p.call(d.Name, samples(w.org.Cast())[d.Name].arguments).mustFail(d.Name+" is not offered: ", "no entry of callers")
			}
			if e := w.record.last(); len(w.org.Requests()) > 0 || e.Caller.ID != "stranger" || e.Rule != "callers" {
				t.Errorf("%s: %d requests were sent, and recorded %+v", version, len(w.org.Requests()), e)
			}
		}
	}
}

func TestARefusalNamesTheEntryAndWhatItSays(t *testing.T) {
	t.Parallel()
	wide := tools.Grant{Name: "config.yaml:3"}
	w := newWorld(t, everything())
	for name, c := range map[string]struct {
		grant tools.Grant
		tool  string
		why   string
		rule  string
	}{
		"toolsets":  {tools.Grant{Toolsets: []string{"logs", "default"}}, "list_policies", "the operator gives this caller only the toolsets logs, default", "toolsets"},
		"allow":     {tools.Grant{Allow: []string{"list_*"}}, "get_user", "it is not among the tools that the operator allows this caller", "allow"},
		"deny":      {tools.Grant{Deny: []string{"GET_*"}, Toolsets: []string{"users"}}, "get_user", "the operator denies it to this caller", "deny"},
		"read_only": {tools.Grant{ReadOnly: true}, "create_group", "the operator lets this caller only read", "read_only"},
	} {
		c.grant.Name = "config.yaml:12"
		p := w.granted("ci", "2025-11-25", accepting, wide, c.grant)
		rule := "config.yaml:12 " + c.rule
		if got, want := p.call(c.tool, args{}).text(), c.tool+" is not offered: "+c.why+" ("+rule+")"; got != want {
			t.Errorf("%s: refused with\n%q, want\n%q", name, got, want)
		}
		if e := w.record.last(); e.Rule != rule || e.Caller.ID != "ci" {
			t.Errorf("%s: recorded %+v", name, e)
		}
	}
}

// A grant of reading is one of reading, also where a call of a write is raised;
// any other leaves it to the person.
func TestARaisedWriteIsNoReadAndOtherwiseAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything())
	reads := w.granted("reader", "2025-11-25", accepting, tools.Grant{Name: "config.yaml:1", ReadOnly: true})
	for _, tool := range list(t, reads) {
		if tool.Annotations.ReadOnlyHint == nil || !*tool.Annotations.ReadOnlyHint {
			t.Errorf("%s is listed to a caller that only reads", tool.Name)
		}
	}
	var status struct {
		ReadOnly bool `json:"read_only"`
	}
	reads.call("get_access_status", args{}).mustWork(&status)
	raised := 0
	for tool, arguments := range dangerous(w.org.Cast()) {
		if confirmed(tool) {
			continue
		}
		raised++
		reads.ask(tool, arguments).mustFail("not offered", "config.yaml:1 read_only")
		w.org.Reset()
		changes := w.granted(tool, "2025-11-25", acting("decline"), tools.Grant{Name: "config.yaml:2", Allow: []string{tool}})
		changes.ask(tool, arguments).mustFail("answered decline")
		if e := w.record.last(); !e.Raised || changes.asked.Load() != 1 {
			t.Errorf("%s was asked about %d times, and recorded %+v", tool, changes.asked.Load(), e)
		}
	}
	noWrites(t, w)
	if raised < 5 || !status.ReadOnly || reads.asked.Load() > 0 {
		t.Errorf("%d writes were raised, of a reader %d were asked about, and its status says read_only: %t", raised, reads.asked.Load(), status.ReadOnly)
	}
}

// Of every tool that the operator approves: a caller for which one entry does not
// list it is asked, and its no is its own; one for which all do is not asked.
func TestApprovalsHoldForCallersWhoseEntriesListTheTool(t *testing.T) {
	t.Parallel()
	all := tools.Confirmable()
	w := newWorld(t, setup{selection: everything().selection, approve: all})
	others := func(tool string) []string {
		return slices.DeleteFunc(tools.Confirmable(), func(name string) bool { return name == tool })
	}
	plain := 0
	for tool, arguments := range dangerous(w.org.Cast()) {
		p := w.granted("asked for "+tool, "2025-11-25", acting("decline"), tools.Grant{Name: "a", Approve: all}, tools.Grant{Name: "b", Approve: others(tool)})
		p.ask(tool, arguments).mustFail("answered decline")
		if p.asked.Load() != 1 || len(w.org.Writes()) > 0 {
			t.Errorf("%s: asked %d times, and the org saw %v", tool, p.asked.Load(), w.org.Writes())
		}
		t.Run(tool, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{selection: everything().selection, approve: []string{tool}})
			arguments := dangerous(w.org.Cast())[tool]
			w.granted("other", "2025-11-25", acting("decline"), tools.Grant{Name: "a"}).ask(tool, arguments).mustFail("answered decline")
			p := w.granted("listed", "2025-11-25", accepting, tools.Grant{Name: "a", Approve: []string{tool}}, tools.Grant{Name: "b", Approve: all})
			p.ask(tool, arguments).mustWork(nil)
			protected := p.asked.Load() > 0
			if by := w.record.last().Consent.By; by != map[bool]string{false: "pre-approval", true: "client"}[protected] {
				t.Errorf("asked: %t, consent by %q", protected, by)
			}
		})
		plain++
	}
	if plain < len(all)/2 {
		t.Errorf("only %d of %d tools were tried", plain, len(all))
	}
}

// Approvals of the command line, of a policy and of a rule: what is asked spends
// nothing of them, and get_access_status shows those that hold for the caller.
func TestApprovalsAreNotSpentByCallersTheyDoNotHoldFor(t *testing.T) {
	t.Parallel()
	const tool = "suspend_user"
	for source, c := range map[string]struct {
		flag     []string
		policies []tools.Policy
		shown    string
	}{
		"flag":        {[]string{tool + "=1"}, nil, tool + "=1"},
		"a map":       {nil, []tools.Policy{{Name: "p.yaml", Approve: map[string]int{tool: 1}}}, "p.yaml " + tool + "=1"},
		"a rule":      {nil, []tools.Policy{{Name: "p.yaml", Rules: []tools.Rule{{Line: 7, Tools: []string{"suspend_*"}, Then: tools.Approve, Budget: 1}}}}, "p.yaml:7=1"},
		"the machine": {nil, []tools.Policy{{Name: "m.yaml", Machine: true, Approve: map[string]int{tool: 1}}}, "m.yaml " + tool + "=1"},
	} {
		for entries, grants := range map[string][]tools.Grant{
			"none":         {{Name: "a"}},
			"another tool": {{Name: "a", Approve: []string{"delete_user"}}},
			"a text":       {{Name: "a", Approve: []string{"*", "SUSPEND_USER"}}},
			"one of two":   {{Name: "a", Approve: []string{tool}}, {Name: "b"}},
		} {
			t.Run(source+"/"+entries, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, setup{approve: c.flag, policies: c.policies})
				person := args{"user_ids": []string{w.org.Cast().Employee.ID}}
				p := w.granted("unlisted", "2025-11-25", acting("decline"), grants...)
				var planned struct{ Plan struct{ Policy string } }
				if p.call(tool, args{"user_ids": person["user_ids"], "plan_only": true}).mustWork(&planned); planned.Plan.Policy != "" {
					t.Errorf("the plan rests on %q", planned.Plan.Policy)
				}
				p.ask(tool, person).mustFail("answered decline")
				if e := w.record.last(); p.asked.Load() != 1 || e.Consent != (confirm.Consent{}) || e.Rule != "" {
					t.Errorf("asked %d times, and recorded %+v", p.asked.Load(), e)
				}
				listed := w.granted("listed", "2025-11-25", acting("decline"), tools.Grant{Name: "c", Approve: []string{tool}})
				if got := approved(p) + "; " + approved(listed); got != "; "+c.shown {
					t.Errorf("get_access_status shows as approved %q", got)
				}
				listed.ask(tool, person).mustWork(nil)
				if by := w.record.last().Consent.By; by != "pre-approval" || listed.asked.Load() > 0 {
					t.Errorf("asked %d times, consent by %q", listed.asked.Load(), by)
				}
			})
		}
	}
}

// approved is what get_access_status shows a caller as approved.
func approved(p *peer) string {
	var status struct{ Approved []string }
	p.call("get_access_status", args{}).mustWork(&status)
	return strings.Join(status.Approved, " ")
}

func TestASealAndANoAreTheCallersOwn(t *testing.T) {
	t.Parallel()
	grant := tools.Grant{Name: "a", Toolsets: []string{"groups"}}
	w := newWorld(t, setup{})
	arguments := args{"group_id": w.org.Cast().Project.ID}
	one, two := w.granted("one", modernVersion, accepting, grant), w.granted("two", modernVersion, accepting, grant)
	state, reply := sealed(one, "delete_group", arguments)
	two.call("delete_group", arguments, args{"requestState": state, "inputResponses": reply}).mustFail("given to another caller", "nothing was changed")
	state, _ = sealed(one, "delete_group", arguments)
	no := args{"requestState": state, "inputResponses": args{"confirm": args{"action": "decline"}}}
	two.call("delete_group", arguments, no).mustFail("given to another caller")
	sealed(one, "delete_group", arguments) // which that no does not stop
	noWrites(t, w)
	for _, version := range []string{"2025-11-25", modernVersion} {
		w.granted("one", version, acting("decline"), grant).ask("delete_group", arguments).mustFail("answered decline")
		one.ask("delete_group", arguments).mustFail("not done", "less than ten minutes ago")
		w.pass(10 * time.Minute)
	}
	w.granted("one", "2025-11-25", acting("decline"), grant).ask("delete_group", arguments).mustFail("answered decline")
	two.ask("delete_group", arguments).mustWork(nil)
}

func TestWhatIsTakenFromACallerWhileAPersonIsAskedIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	var p *peer
	p = w.granted("ci", "2025-11-25", func(ctx context.Context, q mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
		p.grants = []tools.Grant{{Name: "config.yaml:2", Deny: []string{"delete_*"}}}
		return accepting(ctx, q)
	}, tools.Grant{Name: "config.yaml:1"})
	p.ask("delete_group", args{"group_id": w.org.Cast().Project.ID}).mustFail("not offered", "config.yaml:2 deny")
	noWrites(t, w)
	if p.asked.Load() != 1 {
		t.Error("nobody was asked, so this proves nothing")
	}
}

// Who signs in decides with whose rights everybody works.
func TestOnlyTheOperatorSignsIn(t *testing.T) {
	t.Parallel()
	w, e := signedOut(t)
	p := w.granted("ci", "2025-11-25", accepting, tools.Grant{Name: "config.yaml:1", Deny: []string{"list_groups"}})
	if got := namesOf(list(t, p)); !slices.Equal(got, []string{"get_access_status"}) {
		t.Errorf("signed out, %v are listed", got)
	}
	p.call("sign_in", args{}).mustFail("not offered", "the operator signs in beforehand")
	p.call("list_groups", args{}).mustFail("not offered", "config.yaml:1 deny") // signing in would not help
	r := p.call("list_users", args{})
	if r.mustFail("not signed in"); strings.Contains(r.text(), "sign_in") || e.begun > 0 {
		t.Errorf("signing in began %d times: %s", e.begun, r.text())
	}
}

// What the command line shows, and what is announced, is the server's, not a caller's.
func TestOfferedAndDescribeAreTheOperators(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything())
	w.reopen(func(cfg *tools.Config) {
		cfg.Principal = func(context.Context) tools.Principal { return tools.Principal{} }
	})
	why := map[string]string{}
	for _, d := range w.server.Describe() {
		why[d.Name] = d.Why
	}
	if got := w.server.Offered(); len(got) != len(tools.Catalog())-1 || why["delete_user"] != "" {
		t.Errorf("%d tools are offered, and delete_user is not because %q", len(got), why["delete_user"])
	}
	out, err := w.server.Explain(t.Context(), "delete_group", []byte(`{"group_id":"`+w.org.Cast().Project.ID+`"}`))
	if err != nil || out.Refused != nil || !out.Asks {
		t.Errorf("explained as %+v, %v", out, err)
	}
}

func TestEntriesNameWhatThereIs(t *testing.T) {
	t.Parallel()
	for _, set := range append(tools.Toolsets(), tools.Toolset{Name: "all"}, tools.Toolset{Name: "default"}) {
		if err := tools.GrantToolset(set.Name); err != nil {
			t.Errorf("%s: %v", set.Name, err)
		}
	}
	var none *tools.UnknownName
	for _, name := range []string{"", "user", "Users", "always", "*"} {
		if err := tools.GrantToolset(name); !errors.As(err, &none) || !slices.Contains(none.Near, "users") {
			t.Errorf("the toolset %q gives %v", name, err)
		}
	}
	for pattern, want := range map[string]string{"get_access_status": "get_access_status", "SUSPEND_*": "suspend_user", "*": "list_users", "get_*": "get_user"} {
		if got, err := tools.GrantableTools(pattern); err != nil || !slices.Contains(got, want) {
			t.Errorf("%q means %v, %v", pattern, got, err)
		}
	}
	if _, err := tools.GrantableTools("get_usr"); !errors.As(err, &none) || !slices.Contains(none.Near, "get_user") {
		t.Errorf("an unknown tool gives %v", err)
	}
}
