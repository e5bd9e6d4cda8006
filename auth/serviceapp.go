package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"
)

// methodPrivateKeyJWT is OpenID Connect's name for how a service app proves
// itself.
const methodPrivateKeyJWT = "private_key_jwt"

// Config says who the service app is. OrgURL, ClientID, Key and Scopes are
// required.
type Config struct {
	OrgURL   string   // https://acme.okta.com; http for loopback only
	ClientID string   // the app's client id, 0oa…
	Key      *Key     // private half of a public key registered with the app
	Scopes   []string // asked for; what Okta grants is in State

	// Optional says the scopes were worked out rather than set by the operator:
	// families the org does not know are then dropped and reported, where they
	// would otherwise be an error.
	Optional bool

	Transport http.RoundTripper // nil: net/http's, with the environment's proxy and no idle connections
	UserAgent string            // of token requests; empty: net/http's
	Now       func() time.Time  // nil: time.Now
	Logger    *slog.Logger      // nil: nothing is logged; names and outcomes only
}

// State is what is known now, for people and for gating. A State is a copy.
type State struct {
	Method   string // "private_key_jwt"
	ClientID string

	// SignedIn says that Okta's last word was a token. A token that ran out while
	// nothing was asked is renewed by the next request and changes nothing here.
	SignedIn bool

	Asked   []string // sorted
	Granted []string // sorted: what Okta granted; emptied by a refusal, kept through an outage
	Refused []string // sorted: dropped because the org does not know them

	ExpiresAt time.Time     // end of the token by this machine's clock; zero without one
	Err       error         // why not signed in, or why signed in with nothing granted; nil before the first try
	Skew      time.Duration // Okta's clock minus this machine's
}

// ServiceApp signs in as a service app and authorizes requests. It is safe for
// concurrent use and needs no closing: it starts work only when asked, and
// never for longer than the token requests take.
type ServiceApp struct {
	endpoint *endpoint
	asked    []string
	optional bool
	log      *slog.Logger
	clock    clock

	mu        sync.Mutex // guards what follows
	token     *token     // the last one Okta gave, perhaps no longer usable
	flight    *flight    // the token request under way, if any
	failure   *failure   // of the last token request, if it failed
	refused   []string   // scopes not asked for again, the org not knowing them
	forced    pause      // between renewals forced by a 401
	announced string     // what listeners were last told, in short
	listeners map[*func()]struct{}
}

// NewServiceApp checks the settings and makes a ServiceApp. It sends nothing;
// errors name the setting to mend.
func NewServiceApp(c Config) (*ServiceApp, error) {
	org, err := parseOrigin(c.OrgURL)
	if err != nil {
		return nil, fmt.Errorf("setting up the service app: %w", err)
	}
	scopes, err := checkScopes(c.Scopes)
	switch {
	case err != nil:
		return nil, fmt.Errorf("setting up the service app: %w", err)
	case c.ClientID == "" || !isPrintable(c.ClientID):
		return nil, fmt.Errorf("setting up the service app: the client id %q is not one: copy it from Applications > the app > General", c.ClientID)
	case c.Key == nil || c.Key.sign == nil:
		return nil, errors.New("setting up the service app: no private key: read one with ParseKey")
	}
	s := &ServiceApp{asked: scopes, optional: c.Optional, log: c.Logger, listeners: map[*func()]struct{}{}}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.clock.now = c.Now; s.clock.now == nil {
		s.clock.now = time.Now
	}
	s.endpoint = &endpoint{
		org: org, clientID: c.ClientID, key: c.Key, userAgent: c.UserAgent,
		client: newClient(c.Transport), clock: &s.clock,
	}
	s.announced = s.summary()
	return s, nil
}

// Format names the app and its org under every verb: a ServiceApp holds a
// token, and its fields change while they would be read.
func (s *ServiceApp) Format(f fmt.State, _ rune) {
	if s == nil {
		fmt.Fprint(f, "<nil>")
		return
	}
	fmt.Fprintf(f, "service app %s of %s", s.endpoint.clientID, s.endpoint.org)
}

// Now is Okta's time: this machine's, corrected by Okta's Date headers.
func (s *ServiceApp) Now() time.Time { return s.clock.okta() }

// Authorize puts the access token on a request to the org, and refuses any
// other request. Without a usable token it waits for one as long as the
// request's context allows, and answers *Error where Okta refuses. After a
// failure it answers the same error without asking again, for one second at
// first and up to a minute later.
func (s *ServiceApp) Authorize(req *http.Request) error {
	if err := s.endpoint.org.check(req); err != nil {
		return err
	}
	got, err := s.current(req.Context())
	if err != nil {
		return err
	}
	if req.Header == nil {
		req.Header = http.Header{}
	}
	req.Header.Set("Authorization", "Bearer "+got.reveal())
	return nil
}

// Answered is told of each answer to an authorized request, before its body is
// read. It learns Okta's time, and says whether the request is worth sending
// again after another Authorize: after a 401 to a token that has been, or now
// will be, replaced. It does not bound such retries for one request; the
// caller does. Answers from elsewhere, or to requests without our token, teach
// nothing.
func (s *ServiceApp) Answered(resp *http.Response) (retry bool, err error) {
	if resp == nil || resp.Request == nil {
		return false, errors.New("reading an answer without its request: pass the response as the transport gave it")
	}
	if s.endpoint.org.check(resp.Request) != nil {
		return false, nil //nolint:nilerr // an answer from elsewhere is no failure: there is nothing to learn from it
	}
	s.clock.learn(resp)
	sent := resp.Request.Header.Get("Authorization")
	if sent == "" {
		return false, nil
	}
	retry, renew := s.judge(sent, resp.StatusCode)
	if renew {
		s.log.Info("okta no longer takes the access token; the next request renews it", "client_id", s.endpoint.clientID)
	}
	return retry, nil
}

// judge takes the status an Authorization header met with: whether to send the
// request again, and whether that was news about the current token.
func (s *ServiceApp) judge(sent string, status int) (retry, renew bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	current := s.token != nil && sent == "Bearer "+s.token.reveal()
	switch {
	case status != http.StatusUnauthorized:
		if current && status < http.StatusInternalServerError && status != http.StatusTooManyRequests {
			s.forced.count = 0 // the token got through
		}
		return false, false
	case !current || s.token.rejected:
		return true, false // a renewal has been, or will be, made for an earlier answer
	case s.clock.local().Before(s.forced.until):
		return false, false // a new token met with a 401 as well: renewing would not help now
	}
	s.forced = s.forced.next(minPause, s.clock.local())
	s.token.rejected = true
	return true, true
}

// SignIn gets a token if there is no usable one. Callers share one token
// request; each waits no longer than its own context. After a failure it
// answers as Authorize does.
func (s *ServiceApp) SignIn(ctx context.Context) error {
	_, err := s.current(ctx)
	return err
}

// State tells what is known now, without asking Okta.
func (s *ServiceApp) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state()
}

// state is State with the lock held.
func (s *ServiceApp) state() State {
	now := State{
		Method:   methodPrivateKeyJWT,
		ClientID: s.endpoint.clientID,
		Asked:    slices.Clone(s.asked),
		Refused:  slices.Clone(s.refused),
		Skew:     s.clock.skew(),
	}
	if s.token != nil {
		now.Granted = slices.Clone(s.token.granted)
		now.ExpiresAt = s.token.expires
	}
	switch {
	case s.failure != nil && !s.token.usable(s.clock.local()):
		now.Err = s.failure.err
		if isRefusal(now.Err) {
			now.Granted = nil
		}
	case s.token != nil:
		now.SignedIn = true
		if len(now.Granted) == 0 {
			now.Err = errNothingGranted
		}
	}
	return now
}

// Changes has listener called after a token request that changed the granted
// or refused scopes or the state of the sign-in. It is called without locks
// held, on the goroutine that made the change, and may use the ServiceApp: what
// is true now it reads from State. stop ends that; a call already under way may
// still finish after it.
func (s *ServiceApp) Changes(listener func()) (stop func()) {
	key := &listener
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listeners[key] = struct{}{}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.listeners, key)
	}
}
