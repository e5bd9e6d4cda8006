package demoorg

import (
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"slices"
)

// sessionLife is how long a session lasts unless somebody uses it, in seconds:
// Okta's default.
const sessionLife = 2 * 60 * 60

// peopleASession is how many active people there are to one who is signed in.
const peopleASession = 8

// session is one browser that somebody is signed in with.
type session struct {
	id                        string
	user                      *user
	created, expires          stamp
	passwordProof, otherProof stamp // otherProof is 0 for those without a factor
}

// sessionStore holds who is signed in, and what people let clients do.
type sessionStore struct {
	byID     map[string]*session
	byUser   map[*user][]*session
	provider string // id of Okta as identity provider
	consents map[*user][]*consent
}

// sessionRoutes are sessions.
func sessionRoutes() []route {
	const one = "/api/v1/sessions/{sessionId}"
	return []route{
		{"POST", "/api/v1/sessions", "createSession", "okta.sessions.manage", "", createSession},
		{"GET", one, "getSession", "okta.sessions.read", "", getSession},
		{"DELETE", one, "revokeSession", "okta.sessions.manage", "", revokeSession},
		{"POST", one + "/lifecycle/refresh", "refreshSession", "okta.sessions.manage", "", refreshSession},
	}
}

// open signs a user in.
func (s *sessionStore) open(opened *session) {
	s.byID[opened.id] = opened
	s.byUser[opened.user] = append(s.byUser[opened.user], opened)
}

// end signs a user out everywhere.
func (s *sessionStore) end(u *user) {
	for _, open := range s.byUser[u] {
		delete(s.byID, open.id)
	}
	delete(s.byUser, u)
}

// expiresAt is when the session ends. People at work keep using theirs, so that
// one whose time is over has been prolonged.
func (s *session) expiresAt(now stamp) stamp {
	if s.expires > now {
		return s.expires
	}
	return s.expires + (1+(now-s.expires)/sessionLife)*sessionLife
}

func (o *Org) session(c *call) (*session, error) {
	id := c.params["sessionId"]
	if s := o.sessions.byID[id]; s != nil {
		return s, nil
	}
	return nil, notFound(id, "AppSession")
}

func (o *Org) sessionDoc(s *session, c *call) map[string]any {
	self := c.base + "/api/v1/sessions/" + s.id
	owner := hint(c.base+"/api/v1/users/"+s.user.id, http.MethodGet)
	proofs := []string{"pwd"}
	if s.otherProof != 0 {
		proofs = append(proofs, "mfa")
	}
	p := s.user.live.profile
	return map[string]any{
		"id": s.id, "userId": s.user.id, "login": s.user.login(), "status": "ACTIVE",
		"createdAt": s.created, "expiresAt": s.expiresAt(stampOf(c.now)),
		"lastPasswordVerification": s.passwordProof, "lastFactorVerification": s.otherProof,
		"amr": proofs, "mfaActive": len(o.factorsOf(s.user)) > 0,
		"idp": map[string]string{"id": o.sessions.provider, "type": "OKTA"},
		"_links": map[string]any{
			"self":    hint(self, http.MethodGet, http.MethodDelete),
			"refresh": hint(self+"/lifecycle/refresh", http.MethodPost),
			"user":    namedLink{p.text("firstName") + " " + p.text("lastName"), owner},
		},
	}
}

func getSession(o *Org, c *call) (answer, error) {
	s, err := o.session(c)
	if err != nil {
		return answer{}, err
	}
	return ok(o.sessionDoc(s, c))
}

func refreshSession(o *Org, c *call) (answer, error) {
	s, err := o.session(c)
	if err != nil {
		return answer{}, err
	}
	s.expires = stampOf(c.now) + sessionLife
	return ok(o.sessionDoc(s, c))
}

func revokeSession(o *Org, c *call) (answer, error) {
	s, err := o.session(c)
	if err != nil {
		return answer{}, err
	}
	delete(o.sessions.byID, s.id)
	o.sessions.byUser[s.user] = slices.DeleteFunc(o.sessions.byUser[s.user], func(other *session) bool { return other == s })
	return noContent()
}

// createSession knows no session token: nobody can sign in here.
func createSession(_ *Org, c *call) (answer, error) {
	var body struct {
		Token string `json:"sessionToken"`
	}
	if err := c.decode(&body); err != nil || body.Token == "" {
		return answer{}, malformedBody()
	}
	return answer{}, &apiError{status: http.StatusUnauthorized, code: "E0000004", summary: "Authentication failed"}
}

// revokeSessions signs a person out everywhere. Tokens of other clients
// (oauthTokens) and remembered devices (forgetDevices) are not modelled.
func revokeSessions(o *Org, c *call) (answer, error) {
	u, err := o.user(c, "userId")
	if err != nil {
		return answer{}, err
	}
	o.sessions.end(u)
	return noContent()
}

// endIfAsked signs a person out when the call says revokeSessions.
func (o *Org) endIfAsked(u *user, c *call) {
	if c.query.Get("revokeSessions") == "true" {
		o.sessions.end(u)
	}
}

// seedSessions signs the Employee and some others in, not long before the
// start, and gives clients their consent.
func (s *seeder) seedSessions() {
	s.sessions = sessionStore{
		byID: map[string]*session{}, byUser: map[*user][]*session{}, provider: s.mint("00o"), consents: map[*user][]*consent{},
	}
	for _, u := range s.directory.users {
		employee := u.id == s.cast.Employee.ID
		if u.live.status != active || u.live.lastLogin == 0 || !employee && u.seq%peopleASession != 0 {
			continue
		}
		opened := s.signIn(u)
		if employee {
			s.cast.Session = Thing{opened.id, u.login()}
		}
	}
	s.seedConsents()
}

func (s *seeder) signIn(u *user) *session {
	luck := mix(s.seed, 's', uint64(u.seq))
	at := stampOf(s.start) - stamp(60+luck%3600)
	u.live.lastLogin = max(u.live.lastLogin, at)
	opened := &session{
		id: sessionID(s.seed, uint64(u.seq)), user: u, created: at, expires: at + sessionLife, passwordProof: at,
	}
	if len(s.factorsOf(u)) > 0 {
		opened.otherProof = at + 10
	}
	s.sessions.open(opened)
	return opened
}

// sessionID is 25 characters that begin with 102.
func sessionID(seed, n uint64) string {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:8], mix(seed, 'i', n))
	binary.BigEndian.PutUint64(raw[8:], mix(seed, 'I', n))
	return "102" + base64.RawURLEncoding.EncodeToString(raw[:])
}
