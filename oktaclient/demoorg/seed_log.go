package demoorg

import (
	"cmp"
	"slices"
	"time"
)

// How much history the log gets: in proportion to the people, but bounded, so
// that a large org is made as fast and stays as small.
const (
	logDays         = 30
	signInsEach     = 16
	mostSignIns     = 14_000
	mostOfEachStory = 1_000
)

// logSeeder makes the history of the log. Everything in it agrees with what the
// org is at its end: nobody signs in after their last login.
type logSeeder struct {
	*seeder
	events   []logEvent
	places   []*logPlace
	byCity   map[string]*logPlace
	browsers []*logBrowser
	tiles    []*app // apps that people open
	begin    stamp
	requests uint64
	sessions uint64
}

// seedLog makes a month of history.
func (s *seeder) seedLog() {
	l := &logSeeder{
		seeder: s, places: logPlaces(), byCity: map[string]*logPlace{}, browsers: logBrowsers(),
		begin: stampOf(s.start.AddDate(0, 0, -logDays)), requests: 1 << 32,
	}
	for i, office := range s.offices {
		l.byCity[office.city] = l.places[i]
	}
	for _, a := range s.apps {
		if a.status == appActive && a.mode != "" && a.name != "saasure" && a.id != s.clientID {
			l.tiles = append(l.tiles, a)
		}
	}
	s.log = logStore{kinds: eventKinds(), writes: writeEvents(), home: l.places[0]}
	l.dailyLife()
	l.accountChanges()
	l.accessChanges()
	l.stories()
	slices.SortStableFunc(l.events, func(a, b logEvent) int { return cmp.Compare(a.at, b.at) })
	s.log.events = l.events
}

// add files an event of a kind and gives it back, to be told more of before the
// next one.
func (l *logSeeder) add(kind string, at stamp, actor logEntity, from logOrigin, targets ...logEntity) *logEvent {
	l.requests++
	l.events = append(l.events, logEvent{
		at: int64(at)*1000 + int64(l.rand.IntN(1000)), kind: l.log.kinds[kind], actor: actor, from: from,
		result: "SUCCESS", targets: targets, request: l.requests, uri: seededURI(kind),
	})
	return &l.events[len(l.events)-1]
}

// seededURI is where a seeded event's request went.
func seededURI(kind string) string {
	switch kind {
	case "user.session.start", "policy.evaluate_sign_on", "user.account.lock":
		return "/idp/idx/identify"
	case "user.authentication.auth_via_mfa":
		return "/idp/idx/challenge/answer"
	case "user.authentication.sso":
		return "/app/sso"
	default:
		return "/admin"
	}
}

// habit is where a person usually signs in from: a rule, so that nothing is
// kept per person.
func (l *logSeeder) habit(u *user) logOrigin {
	where := l.byCity[u.live.profile.text("city")]
	if where == nil {
		where = l.places[0]
	}
	h := mix(l.seed, 'h', uint64(u.seq))
	return logOrigin{
		place: where, agent: l.browsers[h%3],
		ip: [4]byte{198, 18 + byte(h>>8&1), byte(h >> 16), 1 + byte(h>>24)%254},
	}
}

// signsIn says whether the person has signed in during the month.
func (l *logSeeder) signsIn(u *user) bool { return u.live.lastLogin >= l.begin }

// dailyLife are sign-ins and what follows: first everybody's last one, then
// others at random.
func (l *logSeeder) dailyLife() {
	var people []*user
	for _, u := range l.directory.users {
		if l.signsIn(u) {
			people = append(people, u)
		}
	}
	if len(people) == 0 {
		return
	}
	for i := range min(l.size*signInsEach, mostSignIns) {
		if i < len(people) {
			l.signIn(people[i], people[i].live.lastLogin)
			continue
		}
		u := people[l.rand.IntN(len(people))]
		if at := l.workingHour(u); at < u.live.lastLogin {
			l.signIn(u, at)
		}
	}
	for _, p := range []Person{l.cast.Employee, l.cast.LockedOut, l.cast.SuperAdmin, l.cast.HelpDesk} {
		u := l.directory.byID[p.ID]
		for range 2 * signInsEach {
			if at := l.workingHour(u); at < u.live.lastLogin {
				l.signIn(u, at)
			}
		}
	}
}

// workingHour is an instant of the month in the morning or the afternoon of
// where the person works, seldom at a weekend.
func (l *logSeeder) workingHour(u *user) stamp {
	day := l.start.AddDate(0, 0, -l.rand.IntN(logDays)).Truncate(24 * time.Hour)
	if w := day.Weekday(); (w == time.Saturday || w == time.Sunday) && l.rand.IntN(10) < 8 {
		day = day.AddDate(0, 0, -2)
	}
	local := 8*3600 + min(l.rand.IntN(9*3600), l.rand.IntN(9*3600))
	return max(u.live.activated, l.begin, stampOf(day)+stamp(local-l.habit(u).place.hours*3600))
}

// signIn is one session: sometimes a mistyped password first, often a second
// factor, then apps.
func (l *logSeeder) signIn(u *user, at stamp) {
	who, from := u.entity(), l.habit(u)
	if l.rand.IntN(12) == 0 {
		from.agent, from.ip[3] = l.browsers[3], from.ip[3]^3 // the phone
	}
	if l.rand.IntN(25) == 0 && at-20 > l.begin {
		l.refuse(l.add("user.session.start", at-20, who, from), "INVALID_CREDENTIALS")
	}
	l.sessions++
	l.add("user.session.start", at, who, from).session = l.sessions
	if l.rand.IntN(100) < 45 {
		e := l.add("user.authentication.auth_via_mfa", at+stamp(4+l.rand.IntN(20)), who, from, who)
		e.session, e.debug = l.sessions, []debugDatum{{"factor", "OKTA_VERIFY_PUSH"}, {"factorIntent", "LOGIN"}}
		if l.rand.IntN(40) == 0 {
			l.refuse(e, "INVALID_CREDENTIALS")
		}
	}
	for range l.rand.IntN(3) {
		l.open(u, at+stamp(30+l.rand.IntN(4*3600)), from, l.sessions)
	}
}

// open is a sign-in to an app the person has.
func (l *logSeeder) open(u *user, at stamp, from logOrigin, session uint64) {
	if len(l.tiles) == 0 || at > stampOf(l.start) {
		return
	}
	a := l.tiles[l.rand.IntN(len(l.tiles))]
	if !a.assigned(u) {
		return
	}
	e := l.add("user.authentication.sso", at, u.entity(), from, a.entity(),
		logEntity{id: "0ua" + a.id[3:], kind: "AppUser", alternate: u.login(), name: u.entity().name})
	e.session, e.debug = session, []debugDatum{{"signOnMode", a.mode}}
}

func (a *app) entity() logEntity {
	return logEntity{id: a.id, kind: "AppInstance", alternate: a.label, name: a.label}
}

func (g *group) entity() logEntity {
	return logEntity{id: g.id, kind: "UserGroup", alternate: "unknown", name: g.live.name}
}

// refuse makes an event a failure.
func (l *logSeeder) refuse(e *logEvent, reason string) { e.result, e.reason = "FAILURE", reason }

// accountChanges are the events behind what the accounts say happened to them
// during the month.
func (l *logSeeder) accountChanges() {
	admin := l.directory.byID[l.cast.SuperAdmin.ID]
	by, from := admin.entity(), l.habit(admin)
	left := map[string]int{}
	tell := func(kind string, at stamp, actor logEntity, from logOrigin, target logEntity) {
		if at >= l.begin && left[kind] < mostOfEachStory {
			left[kind]++
			l.add(kind, at, actor, from, target)
		}
	}
	for _, u := range l.directory.users {
		p, target := u.live, u.entity()
		tell("user.lifecycle.create", p.created, by, from, target)
		tell("user.lifecycle.activate", p.activated, by, from, target)
		if p.hasPassword && p.passwordChanged > p.activated {
			tell("user.account.update_password", p.passwordChanged, target, l.habit(u), target)
		}
		switch {
		case p.status == suspended:
			tell("user.lifecycle.suspend", p.statusChanged, by, from, target)
		case p.status == deprovisioned:
			tell("user.lifecycle.deactivate", p.statusChanged, by, from, target)
		case p.status == passwordExpired:
			tell("user.account.expire_password", p.statusChanged, by, from, target)
		case p.status == lockedOut && u.id != l.cast.LockedOut.ID:
			l.lockOut(u, l.habit(u), 6)
		}
	}
}

// accessChanges are memberships and assignments that came about in the month.
func (l *logSeeder) accessChanges() {
	admin := l.directory.byID[l.cast.SuperAdmin.ID]
	by, from := admin.entity(), l.habit(admin)
	for range min(l.size, mostOfEachStory) {
		u := l.directory.users[l.rand.IntN(len(l.directory.users))]
		g := l.groups.all[l.rand.IntN(len(l.groups.all))]
		at := max(u.live.created, l.workingHour(admin))
		switch {
		case u.live.status == deprovisioned || at > stampOf(l.start):
		case g.kind == oktaGroup && g.has(u):
			l.add("group.user_membership.add", at, by, from, u.entity(), g.entity())
		case g.kind == oktaGroup && l.rand.IntN(8) == 0:
			l.add("group.user_membership.remove", at, by, from, u.entity(), g.entity())
		}
		if len(l.tiles) == 0 || at > stampOf(l.start) {
			continue
		}
		if a := l.tiles[l.rand.IntN(len(l.tiles))]; a.assigned(u) && l.rand.IntN(2) == 0 {
			l.add("application.user_membership.add", at, by, from, u.entity(), a.entity())
		}
	}
}
