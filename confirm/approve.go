package confirm

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// defaultBudget is how many targets an hour an approval covers when the
// operator names no number.
const defaultBudget = 10

// Approvals are the operator's pre-approvals, each with a budget of targets per
// hour: those of the command line by the exact names of tools, and those of
// policy files by keys of their own.
type Approvals struct {
	now func() time.Time

	mu     sync.Mutex
	budget map[string]int
	spent  map[string][]time.Time // an entry a target
}

// NewApprovals returns approvals of nothing. A nil now is time.Now.
func NewApprovals(now func() time.Time) *Approvals {
	if now == nil {
		now = time.Now
	}
	return &Approvals{now: now, budget: map[string]int{}, spent: map[string][]time.Time{}}
}

// ParseApprovals reads values of --approve: "deactivate_user" or
// "deactivate_user=20". known lists the tools that can be approved; anything
// else, a glob included, is an error, and so is a tool named twice. A nil now is
// time.Now.
func ParseApprovals(values, known []string, now func() time.Time) (*Approvals, error) {
	a := NewApprovals(now)
	for _, value := range values {
		name, number, given := strings.Cut(value, "=")
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("%q is not the exact name of a tool that asks", name)
		}
		if _, twice := a.budget[name]; twice {
			return nil, fmt.Errorf("%q is approved twice; name it once, with one budget", name)
		}
		budget := defaultBudget
		if given {
			n, err := strconv.Atoi(number)
			if err != nil || n < 1 || n > 10000 {
				return nil, fmt.Errorf("the budget in %q must be a number from 1 to 10000", value)
			}
			budget = n
		}
		a.budget[name] = budget
	}
	return a, nil
}

// Add adds budgets by their keys. A key that is there already is an error, and
// then nothing is added.
func (a *Approvals) Add(budgets map[string]int) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for key := range budgets {
		if _, twice := a.budget[key]; twice {
			return fmt.Errorf("%q is approved twice", key)
		}
	}
	maps.Copy(a.budget, budgets)
	return nil
}

// take spends what a call needs of each budget, all or nothing, and reports
// whether the approvals cover the call. No budget at all covers nothing.
func (a *Approvals) take(needs map[string]int) bool {
	if a == nil || len(needs) == 0 {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for key, n := range needs {
		if n > a.left(key) {
			return false
		}
	}
	for key, n := range needs {
		a.spent[key] = append(a.spent[key], slices.Repeat([]time.Time{a.now()}, n)...)
	}
	return true
}

// left is what is left of a budget this hour. The lock is held.
func (a *Approvals) left(key string) int {
	now := a.now()
	a.spent[key] = slices.DeleteFunc(a.spent[key], func(t time.Time) bool { return now.Sub(t) >= time.Hour })
	return a.budget[key] - len(a.spent[key])
}

// Left is what is left of a budget this hour, and whether there is such a budget.
func (a *Approvals) Left(key string) (n int, approved bool) {
	if a == nil {
		return 0, false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	_, approved = a.budget[key]
	return a.left(key), approved
}

// List returns the approvals as "key=budget", sorted.
func (a *Approvals) List() []string {
	if a == nil {
		return nil
	}
	list := make([]string, 0, len(a.budget))
	for name, budget := range a.budget {
		list = append(list, fmt.Sprintf("%s=%d", name, budget))
	}
	slices.Sort(list)
	return list
}
