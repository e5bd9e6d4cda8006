package demoorg

import (
	"slices"
	"strings"
)

// status is a user's place in Okta's life cycle.
type status uint8

const (
	staged status = iota
	provisioned
	active
	recovery
	passwordExpired
	lockedOut
	suspended
	deprovisioned
	statusCount
)

func (s status) String() string {
	return [statusCount]string{
		"STAGED", "PROVISIONED", "ACTIVE", "RECOVERY",
		"PASSWORD_EXPIRED", "LOCKED_OUT", "SUSPENDED", "DEPROVISIONED",
	}[s]
}

// MarshalText writes Okta's word for the status.
func (s status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

func statusNames() []string {
	names := make([]string, 0, statusCount)
	for s := range statusCount {
		names = append(names, s.String())
	}
	return names
}

func parseStatus(name string) (status, bool) {
	i := slices.Index(statusNames(), name)
	return status(max(i, 0)), i >= 0
}

// person is what can change about a user. A changed person is a new value: the
// old one may still be in the search index.
type person struct {
	status          status
	hasPassword     bool
	created         stamp
	activated       stamp
	statusChanged   stamp
	lastLogin       stamp
	lastUpdated     stamp
	passwordChanged stamp
	profile         profile
	provider        string // OKTA, IMPORT, FEDERATION, SOCIAL, ACTIVE_DIRECTORY, LDAP
	question        string // recovery question
}

// moveTo puts the person into a status at that instant.
func (p *person) moveTo(to status, at stamp) {
	if p.status != to {
		p.status, p.statusChanged = to, at
	}
	if to == deprovisioned {
		p.hasPassword, p.question = false, ""
	}
	p.lastUpdated = at
}

// user is one account. seq grows with every user made and orders every list.
type user struct {
	seq  int
	id   string
	live person

	version uint32 // counts changes; see tag

	// indexed is what search shows until indexedUntil: nil for a user made a
	// moment ago.
	indexed      *person
	indexedUntil int64 // Unix nanoseconds
}

// asSearched is the person search sees at that instant, or nil.
func (u *user) asSearched(now int64) *person {
	if now < u.indexedUntil {
		return u.indexed
	}
	return &u.live
}

func (u *user) login() string { return u.live.profile.text("login") }

// directory holds the users, oldest first.
type directory struct {
	users   []*user
	byID    map[string]*user
	byLogin map[string]*user // by foldLogin
	gone    map[string]int   // seq of deleted users by id: their cursors stay good
	next    int
}

func newDirectory() directory {
	return directory{byID: map[string]*user{}, byLogin: map[string]*user{}, gone: map[string]int{}}
}

func foldLogin(login string) string { return strings.ToLower(login) }

func (d *directory) add(u *user) {
	u.seq = d.next
	d.next++
	d.users = append(d.users, u)
	d.byID[u.id] = u
	d.byLogin[foldLogin(u.login())] = u
}

func (d *directory) remove(u *user) {
	i, _ := d.search(u.seq)
	d.users = slices.Delete(d.users, i, i+1)
	delete(d.byID, u.id)
	delete(d.byLogin, foldLogin(u.login()))
	d.gone[u.id] = u.seq
}

// search finds the index of the user with that seq, or where it would be.
func (d *directory) search(seq int) (int, bool) {
	return slices.BinarySearchFunc(d.users, seq, func(u *user, seq int) int { return u.seq - seq })
}

// after gives the users behind the one with that id; all of them for "".
// Unknown ids give false.
func (d *directory) after(id string) ([]*user, bool) {
	if id == "" {
		return d.users, true
	}
	seq, ok := d.seqOf(id)
	if !ok {
		return nil, false
	}
	i, found := d.search(seq)
	if found {
		i++
	}
	return d.users[i:], true
}

func (d *directory) seqOf(id string) (int, bool) {
	if u := d.byID[id]; u != nil {
		return u.seq, true
	}
	seq, ok := d.gone[id]
	return seq, ok
}

// resolve finds a user by id, login or the part of a login before the @, when
// that is only one user's. https://developer.okta.com/docs/api/openapi/okta-management/management/tag/User/
func (d *directory) resolve(key string) *user {
	if u := d.byID[key]; u != nil {
		return u
	}
	if u := d.byLogin[foldLogin(key)]; u != nil {
		return u
	}
	if strings.Contains(key, "@") || strings.HasPrefix(key, "00u") {
		return nil
	}
	var match *user
	for _, u := range d.users {
		short, _, _ := strings.Cut(u.login(), "@")
		if !strings.EqualFold(short, key) {
			continue
		}
		if match != nil {
			return nil
		}
		match = u
	}
	return match
}

// user finds the user a path names.
func (o *Org) user(c *call, param string) (*user, error) {
	if u := o.directory.resolve(c.params[param]); u != nil {
		return u, nil
	}
	return nil, notFound(c.params[param], "User")
}

// change lets f alter u, keeps search on the old person for the index delay,
// ends the sessions of who may have none, and lets the group rules look again.
func (o *Org) change(u *user, f func(*person)) {
	o.unindex(u)
	before := foldLogin(u.login())
	f(&u.live)
	u.version++
	if u.live.status == suspended || u.live.status == deprovisioned {
		o.sessions.end(u)
	}
	if after := foldLogin(u.login()); after != before {
		delete(o.directory.byLogin, before)
		o.directory.byLogin[after] = u
	}
	o.applyRules(u)
}

// unindex freezes what search shows of u until the index delay has passed.
func (o *Org) unindex(u *user) {
	if o.searchLag == 0 {
		return
	}
	now := o.now()
	if now.UnixNano() >= u.indexedUntil {
		old := u.live
		u.indexed = &old
	}
	u.indexedUntil = now.Add(o.searchLag).UnixNano()
}
