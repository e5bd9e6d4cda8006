package confirm

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// defaultBudget is how many targets an hour an approval covers when the
// operator names no number.
const defaultBudget = 10

// Approvals are the operator's pre-approvals from the command line: exact tool
// names, each with a budget of targets per hour.
type Approvals struct {
	now func() time.Time

	mu     sync.Mutex
	budget map[string]int
	spent  map[string][]time.Time // an entry a target
}

// ParseApprovals reads values of --approve: "deactivate_user" or
// "deactivate_user=20". known lists the tools that can be approved; anything
// else, a glob included, is an error, and so is a tool named twice. A nil now is
// time.Now.
func ParseApprovals(values, known []string, now func() time.Time) (*Approvals, error) {
	if now == nil {
		now = time.Now
	}
	a := &Approvals{now: now, budget: map[string]int{}, spent: map[string][]time.Time{}}
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

// take spends n of the tool's budget, all or nothing, and reports whether the
// operator's approval covers the call.
func (a *Approvals) take(tool string, n int) bool {
	if a == nil {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	recent := slices.DeleteFunc(a.spent[tool], func(t time.Time) bool { return now.Sub(t) >= time.Hour })
	fits := n <= a.budget[tool]-len(recent)
	if fits {
		recent = append(recent, slices.Repeat([]time.Time{now}, n)...)
	}
	a.spent[tool] = recent
	return fits
}

// List returns the approvals as "tool=budget", sorted.
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
