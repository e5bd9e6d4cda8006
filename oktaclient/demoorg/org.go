// Package demoorg is an Okta org held in memory: the other side of the wire,
// for trying okta-mcp without an account, for testing it and for measuring it.
//
// It speaks Okta's management API over HTTP and is awkward where Okta is
// awkward: state machines and their error codes, opaque cursors, rate-limit
// headers, a search index that lags behind, nulls, private_key_jwt, the device
// grant, refresh tokens that rotate, DPoP and its nonces. What it contains
// derives from a seed and a start instant, so two orgs with the same options
// answer the same bytes.
//
// It refuses to be a store: nothing outlives the process. It refuses to be an
// authority: where Okta's behaviour is not recorded or documented it picks the
// stricter reading. It never sends mail and never calls out.
package demoorg

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Size limits of Options.Size.
const (
	MinSize     = 10
	MaxSize     = 100_000
	DefaultSize = 250
)

// Options describe an org. The zero value is a usable one.
type Options struct {
	// Seed chooses the people, groups and ids; 0 means 1.
	Seed uint64
	// Size is how many people the org has, MinSize to MaxSize; 0 means DefaultSize.
	Size int
	// Start is the instant the org's history ends: everything seeded happened
	// before it. Zero means the current hour.
	Start time.Time
	// Now is the org's running clock; nil means time.Now.
	Now func() time.Time
	// Granted lists the scopes granted to the service app; nil means DefaultScopes().
	Granted []string
	// NativeGranted lists those granted to the native app; nil means DefaultScopes().
	NativeGranted []string
	// RequireDPoP makes both apps bind their tokens to a key; see Org.RequireDPoP.
	RequireDPoP bool
	// RefreshGrace is how long a refresh token stays good after its first use; 0
	// means Okta's default of 30 seconds; negative means none.
	RefreshGrace time.Duration
	// RateLimits chooses how many calls a minute the org allows.
	RateLimits RateLimits
	// SearchLag is how long a change stays invisible to `search`; 0 means one
	// second, as Okta documents its index delay; negative means none.
	SearchLag time.Duration
}

// Credentials are what a client needs to sign in as the org's service app, and
// the id of the native app that people sign in to.
type Credentials struct {
	ClientID       string
	KeyID          string
	PrivateKeyPEM  string // PKCS#8
	Scopes         []string
	NativeClientID string
}

// String names the client and never the key.
func (c Credentials) String() string { return "credentials of " + c.ClientID }

// GoString is String, so that %#v reveals no key either.
func (c Credentials) GoString() string { return c.String() }

// Org is one Okta org. It is safe for concurrent use. Make one with New.
type Org struct {
	seed      uint64
	now       func() time.Time
	shift     atomic.Int64 // nanoseconds that ShiftClock has added
	searchLag time.Duration
	router    *router
	limiter   *limiter
	tokens    *tokenServer
	answers   atomic.Uint64 // numbers request and error ids
	cast      Cast

	mu        sync.RWMutex // guards what follows
	minted    map[string]uint64
	userTypes userTypes
	schema    *schema
	directory directory
	groups    groupIndex
	rules     []*rule
	apps      []*app
	roles     map[string][]*role  // by the id of the user or group that holds them
	seeded    int                 // how many users are not made by hand
	factors   map[*user][]*factor // of those who changed theirs; see factorsOf

	policies policyStore
	zones    zoneStore
	devices  deviceStore
	sessions sessionStore
	iam      iamStore
	linked   linkStore
	log      logStore
	hooks    hookStore
	agents   agentStore
}

// New builds an org. It fails on a size or rate limit out of range, or when no
// key can be made.
func New(o Options) (*Org, error) {
	o = withDefaults(o)
	if o.Size < MinSize || o.Size > MaxSize {
		return nil, fmt.Errorf("make a demo org of %d people: size must be %d to %d", o.Size, MinSize, MaxSize)
	}
	limits, err := limitsOf(o.RateLimits)
	if err != nil {
		return nil, err
	}
	org := &Org{
		seed:      o.Seed,
		searchLag: o.SearchLag,
		router:    newRouter(allRoutes()),
		limiter:   newLimiter(limits),
		minted:    map[string]uint64{},
		directory: newDirectory(),
		groups:    newGroupIndex(),
		roles:     map[string][]*role{},
		seeded:    o.Size,
		factors:   map[*user][]*factor{},
	}
	org.now = func() time.Time { return o.Now().Add(time.Duration(org.shift.Load())) }
	seeding := newSeeder(org, o)
	seeding.run()
	seeding.seedNativeApp(o)
	if org.tokens, err = newTokenServer(seeding.tools[oidcClient], seeding.tools[nativeClient], o); err != nil {
		return nil, err
	}
	org.cast = seeding.cast
	return org, nil
}

func withDefaults(o Options) Options {
	o.Seed = cmp.Or(o.Seed, 1)
	o.Size = cmp.Or(o.Size, DefaultSize)
	o.SearchLag = max(0, cmp.Or(o.SearchLag, time.Second))
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Start.IsZero() {
		o.Start = o.Now().Truncate(time.Hour)
	}
	o.Start = o.Start.UTC().Truncate(time.Second)
	if o.Granted == nil {
		o.Granted = DefaultScopes()
	}
	if o.NativeGranted == nil {
		o.NativeGranted = DefaultScopes()
	}
	o.RefreshGrace = max(0, cmp.Or(o.RefreshGrace, 30*time.Second))
	return o
}

// DefaultScopes are the scopes a new org grants its service app: those the
// modelled endpoints need. The slice is the caller's.
func DefaultScopes() []string {
	seen := map[string]bool{}
	for _, r := range allRoutes() {
		if r.scope != "" {
			seen[r.scope] = true
		}
	}
	scopes := make([]string, 0, len(seen))
	for s := range seen {
		scopes = append(scopes, s)
	}
	slices.Sort(scopes)
	return scopes
}

// Cast returns the named characters of the org's story.
func (o *Org) Cast() Cast { return o.cast }

// SetStatus forces the user with that login into a status, whatever the state
// machine says: nobody else can lock a user out. It fails on an unknown login
// or status.
func (o *Org) SetStatus(login, status string) error {
	to, ok := parseStatus(status)
	if !ok {
		return fmt.Errorf("set %s to status %q: no such status; one of %s", login, status, strings.Join(statusNames(), ", "))
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	u := o.directory.byLogin[foldLogin(login)]
	if u == nil {
		return fmt.Errorf("set status of %s: nobody has that login", login)
	}
	now := stampOf(o.now())
	o.change(u, func(p *person) { p.moveTo(to, now) })
	return nil
}

// ServeHTTP is the org's public face: it asks for a token, checks its scopes
// and counts against the rate limits.
func (o *Org) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.serve(w, r, publicFace)
}

// Admin is the same API as a super administrator sees it: no token, no rate
// limit, and a POST without Content-Length is accepted. For tests and set-up.
func (o *Org) Admin() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.serve(w, r, adminFace)
	})
}
