package auth

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"okta-mcp/auth/tokenstore"
)

// How a client proves itself, in OpenID Connect's and OAuth's words.
const (
	methodPrivateKeyJWT = "private_key_jwt"
	methodDeviceCode    = "device_code"
)

// DPoPMode says whether tokens are bound to a key of ours (RFC 9449).
type DPoPMode string

// The modes. Empty means DPoPAuto.
const (
	DPoPAuto   DPoPMode = "auto"   // when the org asks for it, and from then on
	DPoPAlways DPoPMode = "always" // a token that is not bound is refused
	DPoPNever  DPoPMode = "never"  // an org that asks for it is an error
)

// Config says who we are. OrgURL, ClientID and Scopes are required, and Key for
// a service app.
type Config struct {
	OrgURL   string   // https://acme.okta.com; http for loopback only
	ClientID string   // the app's client id, 0oa…
	Key      *Key     // service app: private half of a public key registered with the app
	Scopes   []string // asked for; what Okta grants is in State
	DPoP     DPoPMode // empty: DPoPAuto

	// Optional says the scopes were worked out rather than set by the operator:
	// families the org does not know are then dropped and reported, where they
	// would otherwise be an error.
	Optional bool

	// Store keeps a Device's sign-in between runs; nil keeps it in memory alone. A
	// service app stores nothing.
	Store tokenstore.Store

	Transport http.RoundTripper // nil: net/http's, with the environment's proxy and no idle connections
	UserAgent string            // of token requests; empty: net/http's
	Now       func() time.Time  // nil: time.Now
	Logger    *slog.Logger      // nil: nothing is logged; names and outcomes only
}

// State is what is known now, for people and for gating. A State is a copy.
type State struct {
	Method   string // "private_key_jwt" or "device_code"
	ClientID string
	UserID   string // Device: Okta's id of the person; empty before the first token

	// SignedIn says that Okta's last word was a token. A token that ran out while
	// nothing was asked is renewed by the next request and changes nothing here.
	SignedIn bool
	Pending  bool // Device: a sign-in waits for its person
	DPoP     bool // the token is bound to a key of ours

	Asked   []string // sorted
	Granted []string // sorted: what Okta granted; emptied by a refusal, kept through an outage
	Refused []string // sorted: dropped because the org does not know them

	ExpiresAt time.Time     // end of the token by this machine's clock; zero without one
	Err       error         // why not signed in, or what is wrong though signed in; nil before the first try
	Skew      time.Duration // Okta's clock minus this machine's
}

// newSigner checks the settings that both ways share.
func newSigner(c Config, method, what string) (*signer, error) {
	org, err := parseOrigin(c.OrgURL)
	if err != nil {
		return nil, err
	}
	scopes, err := checkScopes(c.Scopes)
	switch {
	case err != nil:
		return nil, err
	case c.ClientID == "" || !isPrintable(c.ClientID):
		return nil, fmt.Errorf("the client id %q is not one: copy it from Applications > the app > General", c.ClientID)
	case !slices.Contains([]DPoPMode{"", DPoPAuto, DPoPAlways, DPoPNever}, c.DPoP):
		return nil, fmt.Errorf("%q is no way to use DPoP: choose auto, always or never", string(c.DPoP))
	}
	s := &signer{what: what, method: method, asked: scopes, log: c.Logger, listeners: map[*func()]struct{}{}}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.clock.now = c.Now; s.clock.now == nil {
		s.clock.now = time.Now
	}
	s.endpoint = &endpoint{
		org: org, clientID: c.ClientID, userAgent: c.UserAgent,
		client: newClient(c.Transport), clock: &s.clock, dpop: &dpop{mode: c.DPoP},
	}
	s.announced = s.summary()
	return s, nil
}
