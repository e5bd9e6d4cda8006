package confirm_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"okta-mcp/confirm"
)

func known() []string { return []string{"deactivate_user", "delete_user"} }

func TestApprovalsAreExactNamesWithABudget(t *testing.T) {
	t.Parallel()
	for values, want := range map[string]string{
		"": "", "deactivate_user": "deactivate_user=10", "deactivate_user=1": "deactivate_user=1", "deactivate_user=10000": "deactivate_user=10000",
		"delete_user=3 deactivate_user": "deactivate_user=10 delete_user=3",
	} {
		a, err := confirm.ParseApprovals(strings.Fields(values), known(), nil)
		if err != nil || strings.Join(a.List(), " ") != want {
			t.Errorf("%q: %v, %v; want %q", values, a.List(), err, want)
		}
	}
	for _, values := range []string{
		"*", "deactivate_*", "Deactivate_user", "get_user", "=5", "deactivate_user=", "deactivate_user=0", "deactivate_user=-1", "deactivate_user=10001",
		"deactivate_user=1e3", "deactivate_user=5=6", "deactivate_user,delete_user", "deactivate_user=99999999999999999999", "deactivate_user=٢",
		"deactivate_user=5 deactivate_user", "delete_user deactivate_user=5 delete_user=9",
	} {
		if a, err := confirm.ParseApprovals(strings.Fields(values), known(), nil); err == nil {
			t.Errorf("%q is taken as %v", values, a.List())
		}
	}
	if _, err := confirm.ParseApprovals([]string{""}, known(), nil); err == nil {
		t.Error("an empty value is taken")
	}
	if list := (*confirm.Approvals)(nil).List(); len(list) != 0 {
		t.Errorf("no approvals are listed as %v", list)
	}
}

func FuzzParseApprovals(f *testing.F) {
	for _, seed := range []string{"deactivate_user", "deactivate_user=20", "delete_user=0", "*", "=", "x=1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		a, err := confirm.ParseApprovals([]string{value}, known(), nil)
		if err != nil {
			return
		}
		name, number, given := strings.Cut(value, "=")
		if !given {
			number = "10"
		}
		n, err := strconv.Atoi(number)
		if !slices.Contains(known(), name) || err != nil || n < 1 || n > 10000 {
			t.Fatalf("%q is taken", value)
		}
		if want := name + "=" + strconv.Itoa(n); !slices.Equal(a.List(), []string{want}) {
			t.Fatalf("%q is read as %v, want %s", value, a.List(), want)
		}
	})
}

// approved returns a gate with the approvals, an asker that declines, and a clock.
func approved(t *testing.T, values ...string) (*confirm.Gate, *clock) {
	t.Helper()
	c := newClock()
	a, err := confirm.ParseApprovals(values, known(), c.now)
	if err != nil {
		t.Fatal(err)
	}
	return confirm.NewGate(confirm.Options{Askers: []confirm.Asker{answering(decline())}, Approvals: a, Now: c.now}), c
}

// on is the request on n people, of whom the first is the given one.
func on(first string, n int) confirm.Request {
	r := deactivate()
	r.Preview.Targets = nil
	for i := range n {
		r.Preview.Targets = append(r.Preview.Targets, confirm.Target{Type: "user", ID: first + strconv.Itoa(i)})
	}
	return r
}

func TestAnApprovalIsSpentByTargetsAllOrNothing(t *testing.T) {
	t.Parallel()
	g, c := approved(t, "deactivate_user=5")
	for _, step := range []struct {
		targets int
		want    bool
		after   time.Duration
	}{
		{3, true, 0}, {3, false, 0}, {2, true, 0}, {1, false, 30 * time.Minute}, {0, false, 30*time.Minute - 1}, {1, false, 1}, {5, true, 0}, {1, false, time.Hour}, {6, false, 0}, {0, true, 0},
	} {
		if consent, ok := g.PreApproved(on("00u", step.targets)); ok != step.want || ok != (consent.By == "pre-approval") {
			t.Errorf("%d targets are approved: %t %+v, want %t", step.targets, ok, consent, step.want)
		}
		c.pass(step.after)
	}
	if _, ok := g.PreApproved(erase()); ok {
		t.Error("another tool is covered")
	}
	if got := g.Approvals(); !slices.Equal(got, []string{"deactivate_user=5"}) {
		t.Errorf("the gate says %v is approved", got)
	}
}

func TestNothingProtectedIsApproved(t *testing.T) {
	t.Parallel()
	g, _ := approved(t, "deactivate_user")
	r := deactivate()
	r.Preview.Protected = "a super administrator"
	if _, ok := g.PreApproved(r); ok {
		t.Error("a protected target is covered by an approval")
	}
	if _, ok := (confirm.NewGate(confirm.Options{})).PreApproved(deactivate()); ok {
		t.Error("without approvals, one covers a call")
	}
}

// A batch beyond the budget is declined; one of it then fits the budget.
func TestAnApprovalDoesNotOutvoteANo(t *testing.T) {
	t.Parallel()
	g, c := approved(t, "deactivate_user=1")
	if _, ok := g.PreApproved(on("00u", 2)); ok {
		t.Fatal("two targets are covered by a budget of one")
	}
	_, err := g.Ask(t.Context(), on("00u", 2))
	mustRefuse(t, err, "decline")
	if _, ok := g.PreApproved(on("00u", 1)); ok {
		t.Error("what a person just declined is carried out on the operator's approval")
	}
	if _, ok := g.PreApproved(on("00v", 1)); !ok {
		t.Error("a no to one target spent the approval of another")
	}
	c.pass(time.Hour)
	if _, ok := g.PreApproved(on("00u", 1)); !ok {
		t.Error("the no stands for ever")
	}
}

func TestBudgetsByOtherKeysAreTakenTogether(t *testing.T) {
	t.Parallel()
	c := newClock()
	a, err := confirm.ParseApprovals([]string{"deactivate_user=3"}, known(), c.now)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Add(map[string]int{"p.yaml:7": 2, "p.yaml delete_user": 1}); err != nil {
		t.Fatal(err)
	}
	if err := a.Add(map[string]int{"p.yaml:9": 2, "p.yaml:7": 5}); err == nil {
		t.Error("a budget is given twice")
	}
	if got := strings.Join(a.List(), " "); got != "deactivate_user=3 p.yaml delete_user=1 p.yaml:7=2" {
		t.Errorf("listed %s", got)
	}
	g := confirm.NewGate(confirm.Options{Approvals: a, Now: c.now})
	for i, step := range []struct {
		budgets map[string]int
		want    bool
		left    int // of p.yaml:7
	}{
		{map[string]int{}, false, 2}, {map[string]int{"p.yaml:9": 1}, false, 2}, {map[string]int{"p.yaml:7": 1, "p.yaml:9": 1}, false, 2},
		{map[string]int{"p.yaml:7": 1, "deactivate_user": 4}, false, 2}, {map[string]int{"p.yaml:7": 1, "deactivate_user": 3}, true, 1},
		{nil, false, 1}, {map[string]int{"p.yaml:7": 2}, false, 1}, {map[string]int{"p.yaml:7": 1}, true, 0},
	} {
		r := deactivate()
		r.Budgets = step.budgets
		_, ok := g.PreApproved(r)
		if left, approved := a.Left("p.yaml:7"); ok != step.want || left != step.left || !approved {
			t.Errorf("step %d: approved %t, %d left; want %t, %d", i, ok, left, step.want, step.left)
		}
	}
	c.pass(time.Hour)
	if left, _ := a.Left("p.yaml:7"); left != 2 {
		t.Errorf("after an hour %d are left", left)
	}
	if _, approved := a.Left("p.yaml:9"); approved {
		t.Error("there is a budget that was refused")
	}
}
