package demoorg

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// seeder fills a new org. Everything it makes comes from one stream of random
// numbers and the start instant, in a fixed order.
type seeder struct {
	*Org
	rand     *rand.Rand
	size     int
	start    time.Time
	clientID string
	boxed    map[string]any // texts shared by many people, kept once
	plain    map[rune]rune  // see plainLetters
	floors   []any          // see floorNumbers
	staff    []department
	offices  []site
	papers   []string         // certificates
	heads    map[string]*user // who leads each department
	names    map[string]int   // how many people share a login's first part
	common   map[string][]setting
	scratch  []setting // see settings
	things   map[string]*group
	tools    map[string]*app
}

func newSeeder(org *Org, o Options) *seeder {
	return &seeder{
		Org: org, rand: rand.New(rand.NewPCG(o.Seed, 0x6f6b7461)), size: o.Size, start: o.Start,
		boxed: map[string]any{}, plain: plainLetters(), floors: floorNumbers(), heads: map[string]*user{},
		staff: departments(), offices: sites(), papers: certificates(), names: map[string]int{}, common: map[string][]setting{}, things: map[string]*group{}, tools: map[string]*app{},
	}
}

func (s *seeder) run() {
	s.userTypes = userTypes{
		typeID: s.mint("oty"), schemaID: s.mint("osc"), realmID: s.mint("guo"), created: s.ago(2000, 1900),
	}
	s.schema = newSchema()
	s.schema.updated = s.userTypes.created
	s.seedApps()
	s.seedGroups()
	s.seedPeople()
	s.seedMemberships()
	s.seedRules()
	s.seedRoles()
	s.assignApps()
	s.seedFactors()
	s.seedZones()
	s.seedPolicies()
	s.seedDevices()
	s.seedSessions()
	s.seedLinked()
	s.seedIAM()
	s.seedHooks()
	s.seedAgents()
	s.seedLog()
}

// ago is an instant between most and least days before the start.
func (s *seeder) ago(most, least int) stamp {
	span := int64(most-least) * 86400
	back := int64(least)*86400 + s.rand.Int64N(max(span, 1))
	return stampOf(s.start) - stamp(back)
}

// pick chooses one of the texts, the first ones more often.
func (s *seeder) pick(texts []string) string {
	a, b := s.rand.IntN(len(texts)), s.rand.IntN(len(texts))
	return texts[min(a, b)]
}

func (s *seeder) even(texts []string) string { return texts[s.rand.IntN(len(texts))] }

// box keeps one copy of a text that many people share.
func (s *seeder) box(text string) any {
	v, known := s.boxed[text]
	if !known {
		v = text
		s.boxed[text] = v
	}
	return v
}

// settings lists attributes by name; those that are "" or nil are left out.
func (s *seeder) settings(pairs ...any) []setting {
	s.scratch = s.scratch[:0]
	for i := 0; i+1 < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		if value := pairs[i+1]; value != nil && value != "" {
			s.scratch = append(s.scratch, setting{s.schema.byName[name], value})
		}
	}
	return slices.Clone(s.scratch)
}

// commonTo is what everybody of a department and cost centre at an office shares.
func (s *seeder) commonTo(d department, center string, office site) []setting {
	key := d.name + center + office.city
	common, known := s.common[key]
	if !known {
		common = s.settings(
			"department", d.name, "division", d.division, "organization", company, "costCenter", center,
			"city", office.city, "state", office.state, "countryCode", office.country,
			"timezone", office.zone, "locale", office.locale,
		)
		s.common[key] = common
	}
	return common
}

// ascii spells a name for a login: accents and the like are dropped.
func ascii(name string, plain map[rune]rune) string {
	return strings.Map(func(r rune) rune {
		if p, known := plain[r]; known {
			return p
		}
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(name))
}

// loginOf makes a login nobody has yet.
func (s *seeder) loginOf(first, last string) string {
	base := ascii(first, s.plain) + "." + ascii(last, s.plain)
	s.names[base]++
	if n := s.names[base]; n > 1 {
		return fmt.Sprintf("%s%d@%s", base, n, mailDomain)
	}
	return base + "@" + mailDomain
}
