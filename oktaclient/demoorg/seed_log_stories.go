package demoorg

import "time"

// stories are what the cast went through.
func (l *logSeeder) stories() {
	l.lockOut(l.directory.byID[l.cast.LockedOut.ID], logOrigin{hostingPlace(), scriptAgent(), [4]byte{203, 0, 113, 66}}, 10)
	l.deniedAbroad()
	l.grantAtNight()
	l.blockedZone()
}

// lockOut is a run of wrong passwords, the lock, and more attempts after it.
func (l *logSeeder) lockOut(u *user, from logOrigin, attempts int) {
	at := u.live.statusChanged
	if at < l.begin {
		return
	}
	who := u.entity()
	for i := range attempts {
		l.refuse(l.add("user.session.start", at-stamp(7*(attempts-i)), who, from), "INVALID_CREDENTIALS")
	}
	l.refuse(l.add("user.account.lock", at, who, from, who), "LOCKED_OUT")
	for i := range 3 {
		l.refuse(l.add("user.session.start", at+stamp(9*(i+1)), who, from), "LOCKED_OUT")
	}
}

// deniedAbroad is the employee turned away in a country they never signed in
// from, by a rule of the policy that guards the SAML app.
func (l *logSeeder) deniedAbroad() {
	u := l.directory.byID[l.cast.Employee.ID]
	at := stampOf(l.start.Add(-26 * time.Hour))
	who := u.entity()
	from := logOrigin{farPlace(), l.browsers[3], [4]byte{192, 0, 2, 131}}
	policy, rule := l.denial()
	target := logEntity{id: l.cast.SAMLApp.ID, kind: "AppInstance", alternate: l.cast.SAMLApp.Name, name: l.cast.SAMLApp.Name}
	for i := range 3 {
		when := at + stamp(95*i)
		e := l.add("policy.evaluate_sign_on", when, who, from, target, policy, rule)
		e.result, e.reason = "DENY", "Sign-on policy evaluation resulted in DENY"
		e.debug = []debugDatum{
			{"behaviors", "{New Geo-Location=POSITIVE, New Device=NEGATIVE, New IP=POSITIVE, New State=POSITIVE, New Country=POSITIVE, Velocity=POSITIVE, New City=POSITIVE}"},
			{"risk", "{reasons=Anomalous Location, level=HIGH}"},
		}
		request := e.request
		denied := l.add("user.authentication.sso", when+1, who, from, target)
		l.refuse(denied, "ACCESS_DENIED")
		denied.request = request
	}
}

// denial are the policy that guards the SAML app and its rule that turns away.
func (l *logSeeder) denial() (policy, rule logEntity) {
	policy = logEntity{
		id: l.cast.AccessPolicy.ID, kind: "PolicyEntity", alternate: "unknown", name: l.cast.AccessPolicy.Name,
		detail: map[string]string{"policyType": "AccessPolicy"},
	}
	rule = logEntity{id: l.cast.CatchAllRule.ID, kind: "PolicyRule", alternate: policy.id, name: l.cast.CatchAllRule.Name}
	for _, p := range l.policies.all {
		if p.id != policy.id {
			continue
		}
		for _, r := range p.rules {
			if object(r.body, "actions", "appSignOn")["access"] == "DENY" && r.status == "ACTIVE" {
				rule.id, rule.name = r.id, r.name()
				return policy, rule
			}
		}
	}
	return policy, rule
}

// grantAtNight is a role granted when nobody works, and taken back in the
// morning: no trace is left but the log's.
func (l *logSeeder) grantAtNight() {
	admin, lucky := l.directory.byID[l.cast.SuperAdmin.ID], l.directory.byID[l.cast.Contractor.ID]
	from := l.habit(admin)
	day := stampOf(l.start.AddDate(0, 0, -4).Truncate(24*time.Hour)) - stamp(from.place.hours*3600)
	night := from
	night.agent, night.ip = l.browsers[1], [4]byte{203, 0, 113, 9}
	l.add("user.account.privilege.grant", day+3*3600+12*60, admin.entity(), night, lucky.entity()).
		debug = []debugDatum{{"privilegeGranted", "Organization Administrator"}}
	l.add("user.account.privilege.revoke", day+9*3600+4*60, admin.entity(), from, lucky.entity()).
		debug = []debugDatum{{"privilegeRevoked", "Organization Administrator"}}
}

// blockedZone is a zone put on the blocklist, and the requests it turned away.
func (l *logSeeder) blockedZone() {
	admin := l.directory.byID[l.cast.SuperAdmin.ID]
	zone := logEntity{id: l.cast.BlockedZone.ID, kind: "NetworkZone", alternate: "unknown", name: l.cast.BlockedZone.Name}
	at := stampOf(l.start.AddDate(0, 0, -9))
	l.add("zone.update", at, admin.entity(), l.habit(admin), zone)
	nobody := logEntity{id: "unknown", kind: "User", alternate: "unknown", name: "unknown"}
	for i := range 12 {
		from := logOrigin{hostingPlace(), scriptAgent(), [4]byte{203, 0, 113, byte(70 + i%3)}}
		e := l.add("security.request.blocked", at+stamp(3600*(i+1)), nobody, from, zone)
		e.result, e.reason = "DENY", "IP Blacklisted"
	}
}
