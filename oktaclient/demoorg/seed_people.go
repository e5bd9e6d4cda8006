package demoorg

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// role in the story of somebody in the cast.
type character struct {
	first, last, department string
	kind                    string // userType
	center                  string // cost centre, when not the department's
	status                  status
	enter                   func(*Cast, Person)
}

// characters are the first users of every org.
func characters() []character {
	return []character{
		{"Grace", "Lindqvist", "Information Technology", "Employee", "", active, func(c *Cast, p Person) { c.SuperAdmin = p }},
		{"Tomás", "Herrera", "Information Technology", "Employee", "", active, func(c *Cast, p Person) { c.HelpDesk = p }},
		{"Ada", "Okafor", "Engineering", "Employee", "NGT-100", lockedOut, func(c *Cast, p Person) { c.LockedOut = p }},
		{"Leila", "Haddad", "Engineering", "Employee", "NGT-100", active, func(c *Cast, p Person) { c.Employee = p }},
		{"Priya", "Raman", "Finance", "Employee", "", suspended, func(c *Cast, p Person) { c.Suspended = p }},
		{"Viktor", "Sokolov", "Sales", "Employee", "", deprovisioned, func(c *Cast, p Person) { c.Deprovisioned = p }},
		{"Mei", "Nakamura", "Marketing", "Employee", "", staged, func(c *Cast, p Person) { c.Staged = p }},
		{"Jonas", "Weber", "Design", "Contractor", "", active, func(c *Cast, p Person) { c.Contractor = p }},
	}
}

// seedPeople makes the cast and then everybody else, oldest account first.
func (s *seeder) seedPeople() {
	first, last := firstNames(), lastNames()
	cast := characters()
	age := 5 * 365 * 24 * time.Hour
	for i := range s.size {
		joined := stampOf(s.start.Add(-age + age*time.Duration(i)/time.Duration(s.size+1)))
		if i < len(cast) {
			u := s.hire(cast[i], s.departmentNamed(cast[i].department), joined)
			cast[i].enter(&s.cast, Person{u.id, u.login()})
			continue
		}
		d := s.staff[min(s.rand.IntN(len(s.staff)), s.rand.IntN(len(s.staff)))]
		s.hire(character{
			first: s.even(first), last: s.even(last), department: d.name,
			kind: s.kindOfWork(), status: s.someStatus(),
		}, d, joined)
	}
	s.invite(s.directory.users[min(len(cast), s.size):])
}

// invite lets one of the people, best nobody who leads others, be somebody who
// has not followed the link of the activation mail yet.
func (s *seeder) invite(people []*user) {
	if len(people) == 0 {
		return
	}
	leads := slices.Collect(maps.Values(s.heads))
	invited := people[max(0, slices.IndexFunc(people, func(u *user) bool { return !slices.Contains(leads, u) }))]
	p := &invited.live
	p.status, p.hasPassword, p.passwordChanged, p.lastLogin = provisioned, false, 0, 0
	if p.activated == 0 {
		p.activated = p.created
	}
	p.statusChanged = p.activated
	s.cast.Provisioned = Person{invited.id, invited.login()}
}

func (s *seeder) departmentNamed(name string) department {
	i := slices.IndexFunc(s.staff, func(d department) bool { return d.name == name })
	return s.staff[max(i, 0)]
}

func (s *seeder) kindOfWork() string {
	switch n := s.rand.IntN(100); {
	case n < 84:
		return "Employee"
	case n < 97:
		return "Contractor"
	default:
		return "Intern"
	}
}

// someStatus follows the shares of a believable org, in thousandths.
func (s *seeder) someStatus() status {
	n := s.rand.IntN(1000)
	for _, share := range []struct {
		of status
		n  int
	}{{active, 862}, {deprovisioned, 45}, {provisioned, 30}, {staged, 18}, {suspended, 15}, {passwordExpired, 14}, {lockedOut, 9}, {recovery, 7}} {
		if n < share.n {
			return share.of
		}
		n -= share.n
	}
	return active
}

// hire makes one user.
func (s *seeder) hire(c character, d department, joined stamp) *user {
	office := s.offices[s.rand.IntN(len(s.offices))]
	u := &user{id: s.mint("00u"), live: person{status: c.status, provider: "OKTA", created: joined, lastUpdated: joined}}
	s.live(&u.live, joined)
	number := s.directory.next + 1
	login := any(s.loginOf(c.first, c.last))
	center := c.center
	if center == "" {
		center = d.center
	}
	u.live.profile = profile{shared: s.commonTo(d, center, office), own: s.settings(
		"login", login, "firstName", s.box(c.first), "lastName", s.box(c.last), "email", login,
		"displayName", c.first+" "+c.last, "title", s.box(s.pick(d.titles)),
		"employeeNumber", fmt.Sprintf("%06d", number), "userType", s.box(c.kind),
		"mobilePhone", s.sometimes(65, func() any { return office.phone + fmt.Sprintf("%04d", s.rand.IntN(10000)) }),
		"secondEmail", s.sometimes(15, func() any { return fmt.Sprintf("%s%d@mail.example", ascii(c.first, s.plain), number) }),
		"manager", s.manager(d.name, "displayName"), "managerId", s.manager(d.name, "login"),
		"badgeNumber", fmt.Sprintf("B%05d", 10000+s.rand.IntN(90000)),
		"startDate", s.box(joined.time().Format(time.DateOnly)),
		"deskFloor", s.sometimes(70, func() any { return s.floors[s.rand.IntN(len(s.floors))] }),
		"onCall", s.sometimes(20, func() any { return s.rand.IntN(3) == 0 }),
		"certifications", s.sometimes(12, s.someCertificates),
	)}
	s.directory.add(u)
	if _, led := s.heads[d.name]; !led && c.status == active && c.kind == "Employee" {
		s.heads[d.name] = u
	}
	return u
}

// live gives the person's account a past that fits its status.
func (s *seeder) live(p *person, joined stamp) {
	now := stampOf(s.start)
	after := func(from stamp) stamp { return from + stamp(s.rand.Int64N(int64(now-from)+1)) }
	if p.status == staged {
		return
	}
	p.activated = min(now, joined+stamp(s.rand.IntN(3*86400)))
	p.statusChanged = p.activated
	p.lastUpdated = after(p.activated)
	if p.status == provisioned {
		return
	}
	p.hasPassword = p.status != deprovisioned
	p.passwordChanged = after(p.activated)
	if s.rand.IntN(100) < 97 {
		p.lastLogin = max(p.activated, now-stamp(s.rand.IntN(45*86400)))
	}
	if s.rand.IntN(100) < 8 {
		p.lastLogin = after(p.activated)
	}
	if p.status != active {
		p.statusChanged = max(p.activated, now-stamp(s.rand.IntN(20*86400)))
		p.lastUpdated = max(p.lastUpdated, p.statusChanged)
		p.lastLogin = min(p.lastLogin, p.statusChanged)
	}
}

func (s *seeder) sometimes(percent int, value func() any) any {
	if s.rand.IntN(100) < percent {
		return value()
	}
	return nil
}

// manager is an attribute of whoever leads a department, nil before there is one.
func (s *seeder) manager(department, attribute string) any {
	if head := s.heads[department]; head != nil {
		return head.live.profile.get(attribute)
	}
	return nil
}

func (s *seeder) someCertificates() any {
	list := []any{s.box(s.even(s.papers))}
	if second := s.box(s.even(s.papers)); second != list[0] {
		list = append(list, second)
	}
	return list
}

// floorNumbers are the values of deskFloor, kept once.
func floorNumbers() []any {
	floors := make([]any, 0, 12)
	for n := range 12 {
		floors = append(floors, json.Number(fmt.Sprint(n+1)))
	}
	return floors
}
