package tools

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"okta-mcp/confirm"
)

// limited is one of the limits of policies.
type limited struct {
	name, words string // "people", "distinct people changed"
	most        int
	file        string // the policy whose limit it is
}

// hourly counts what is changed, and holds it to the limits: within any hour no
// more than they say.
type hourly struct {
	now    func() time.Time
	limits []limited

	mu     sync.Mutex
	counts map[string][]time.Time // by the limit's name: an entry a target
	people map[string]time.Time   // when each was last changed
}

const (
	limitConfirmed = "confirmed_changes"
	limitWrites    = "writes"
	limitPeople    = "people"
)

// newHourly takes the lowest of each limit.
func newHourly(policies []Policy, now func() time.Time) *hourly {
	h := &hourly{now: now, counts: map[string][]time.Time{}, people: map[string]time.Time{}}
	for _, kind := range []struct {
		name, words string
		of          func(Limits) *int
	}{
		{limitConfirmed, "changes with a consent, a person's or an approval's,", func(l Limits) *int { return l.ConfirmedChanges }},
		{limitWrites, "changes without a consent", func(l Limits) *int { return l.Writes }},
		{limitPeople, "distinct people changed", func(l Limits) *int { return l.People }},
	} {
		lowest := limited{name: kind.name, words: kind.words, most: -1}
		for _, p := range policies {
			if most := kind.of(p.Limits); most != nil && (lowest.most < 0 || *most < lowest.most) {
				lowest.most, lowest.file = *most, p.Name
			}
		}
		if lowest.most >= 0 {
			h.limits = append(h.limits, lowest)
		}
	}
	return h
}

// hold returns the *confirm.Refusal of a call for which a limit has no room. With
// take, a call for which there is room is counted.
func (h *hourly) hold(confirmed bool, targets []confirm.Target, take bool) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.forget()
	for _, l := range h.limits {
		more, recent := h.demand(l.name, confirmed, targets)
		if over := len(recent) + more - l.most; more > 0 && over > 0 {
			return l.refuse(more, recent, over, h.now())
		}
	}
	if !take {
		return nil
	}
	name := limitWrites
	if confirmed {
		name = limitConfirmed
	}
	h.counts[name] = append(h.counts[name], slices.Repeat([]time.Time{h.now()}, max(1, len(targets)))...)
	for _, person := range persons(targets) {
		h.people[person] = h.now()
	}
	return nil
}

// demand is how much a call would add to what a limit counts, and when what counts
// now was done, oldest first.
func (h *hourly) demand(limit string, confirmed bool, targets []confirm.Target) (more int, recent []time.Time) {
	if limit != limitPeople {
		if (limit == limitConfirmed) == confirmed {
			more = max(1, len(targets))
		}
		return more, h.counts[limit]
	}
	here := persons(targets)
	for person, when := range h.people {
		if !slices.Contains(here, person) { // of the others: when there is room again
			recent = append(recent, when)
		}
	}
	slices.SortFunc(recent, time.Time.Compare)
	return len(here), recent
}

// persons are the distinct people that a call changes: by id, or by name where
// they are yet to be created.
func persons(targets []confirm.Target) []string {
	var all []string
	for _, t := range targets {
		for _, person := range (subject{target: t}).people().objects {
			all = append(all, firstNonEmpty(person.ID, person.Name))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (h *hourly) forget() {
	old := func(when time.Time) bool { return h.now().Sub(when) >= time.Hour }
	for name, times := range h.counts {
		h.counts[name] = slices.DeleteFunc(times, old)
	}
	for person, when := range h.people {
		if old(when) {
			delete(h.people, person)
		}
	}
}

func (l limited) refuse(more int, recent []time.Time, over int, now time.Time) error {
	room := fmt.Sprintf("a call on %d never fits", more)
	if more <= l.most {
		again := recent[over-1].Add(time.Hour)
		room = fmt.Sprintf("there is room for this call again at %s, in %s", again.UTC().Format(time.RFC3339), again.Sub(now).Round(time.Second))
	}
	return &confirm.Refusal{Answer: "limit", Rule: l.file + " limits." + l.name, Reason: fmt.Sprintf(
		"the operator's policy allows %d %s an hour (limits.%s, %s); %d count now, and this call would make it %d; %s; nothing was changed",
		l.most, l.words, l.name, l.file, len(recent), len(recent)+more, room)}
}

// limitLeft is a limit as statuses show it.
type limitLeft struct {
	Limit  string `json:"limit"`
	AnHour int    `json:"an_hour"`
	Left   int    `json:"left"`
}

// describe says of each limit what is left.
func (h *hourly) describe() []string {
	var all []string
	for _, l := range h.left() {
		all = append(all, fmt.Sprintf("%s: %d an hour, %d left", l.Limit, l.AnHour, l.Left))
	}
	return all
}

// left is what is left of each limit now.
func (h *hourly) left() []limitLeft {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.forget()
	var all []limitLeft
	for _, l := range h.limits {
		used := len(h.counts[l.name])
		if l.name == limitPeople {
			used = len(h.people)
		}
		all = append(all, limitLeft{Limit: l.name, AnHour: l.most, Left: max(0, l.most-used)})
	}
	return all
}
