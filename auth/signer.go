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

// errClosed ends what is asked of a signer that was closed.
var errClosed = errors.New("signing in was ended: this program is shutting down")

// signer is what every way of signing in shares: the current token and its
// renewal, the requests it authorizes, and those who want to know.
type signer struct {
	what     string // for people
	method   string
	endpoint *endpoint
	source   source
	asked    []string
	log      *slog.Logger
	clock    clock
	work     sync.WaitGroup // token requests under way

	mu        sync.Mutex // guards what follows
	token     *token     // the last one Okta gave, perhaps no longer usable
	flight    *flight    // the token request under way, if any
	failure   *failure   // of the last token request, if it failed
	refused   []string   // scopes not asked for again, the org not knowing them
	pending   bool       // a person is asked to sign in
	closed    bool       // no more work is started
	forced    pause      // between renewals forced by a 401
	announced string     // what listeners were last told, in short
	listeners map[*func()]struct{}
}

// source is how a new access token is had.
type source interface {
	// obtain gets a token. refused are scopes the org is known not to know; it
	// returns those it knows of by now.
	obtain(ctx context.Context, refused []string) (*token, []string, error)
}

// Format names the app and its org under every verb: a signer holds a token, and
// its fields change while they would be read.
func (s *signer) Format(f fmt.State, _ rune) {
	if s == nil {
		fmt.Fprint(f, "<nil>")
		return
	}
	fmt.Fprintf(f, "%s %s of %s", s.what, s.endpoint.clientID, s.endpoint.org)
}

// Now is Okta's time: this machine's, corrected by Okta's Date headers.
func (s *signer) Now() time.Time { return s.clock.okta() }

// Authorize puts the access token on a request to the org, with a proof of its
// key where it is bound to one, and refuses any other request. Without a usable
// token it waits for one as long as the request's context allows, and answers
// *Error where Okta refuses. After a failure it answers the same error without
// asking again, for one second at first and up to a minute later.
func (s *signer) Authorize(req *http.Request) error {
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
	req.Header.Set("Authorization", got.authorization())
	req.Header.Del(proofHeader)
	if got.proof == nil {
		return nil
	}
	proof, err := s.endpoint.dpop.prove(got.proof, resourceServer, req, got.reveal(), s.clock.okta())
	if err != nil {
		return err
	}
	req.Header.Set(proofHeader, proof)
	return nil
}

// Answered is told of each answer to an authorized request, before its body is
// read. It learns Okta's time and nonce, and says whether the request is worth
// sending again after another Authorize: after a 401 to a token that has been, or
// now will be, replaced, and after a proof that lacked what is known now, which
// Okta answers with 400. It does not bound such retries for one request; the
// caller does. Answers from elsewhere, or to requests without our token, teach
// nothing.
func (s *signer) Answered(resp *http.Response) (retry bool, err error) {
	if resp == nil || resp.Request == nil {
		return false, errors.New("reading an answer without its request: pass the response as the transport gave it")
	}
	if s.endpoint.org.check(resp.Request) != nil {
		return false, nil //nolint:nilerr // an answer from elsewhere is no failure: there is nothing to learn from it
	}
	assumed := s.clock.skew()
	s.clock.learn(resp)
	sent := resp.Request.Header.Get("Authorization")
	if sent == "" {
		return false, nil
	}
	learnt := s.endpoint.dpop.learn(resourceServer, resp)
	// RFC 9449 section 7.1 has a bad proof answered with 401; Okta's API takes 400.
	if resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusBadRequest {
		switch dpopError(resp.Header.Values("WWW-Authenticate")) {
		case codeUseDPoPNonce:
			return learnt, nil // the proof was at fault, not the token
		case codeInvalidDPoPProof:
			return (s.clock.skew() - assumed).Abs() >= minSkewRetry, nil
		}
	}
	retry, renew := s.judge(sent, resp.StatusCode)
	if renew {
		s.log.Info("okta no longer takes the access token; the next request renews it", "client_id", s.endpoint.clientID)
	}
	return retry, nil
}

// judge takes the status an Authorization header met with: whether to send the
// request again, and whether that was news about the current token.
func (s *signer) judge(sent string, status int) (retry, renew bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	current := s.token != nil && sent == s.token.authorization()
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
func (s *signer) SignIn(ctx context.Context) error {
	_, err := s.current(ctx)
	return err
}

// State tells what is known now, without asking Okta.
func (s *signer) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state()
}

// state is State with the lock held.
func (s *signer) state() State {
	now := State{
		Method:   s.method,
		ClientID: s.endpoint.clientID,
		Pending:  s.pending,
		Asked:    slices.Clone(s.asked),
		Refused:  slices.Clone(s.refused),
		Skew:     s.clock.skew(),
	}
	if s.token != nil {
		now.UserID = s.token.subject
		now.DPoP = s.token.proof != nil
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
		now.Err = s.token.problem
		if len(now.Granted) == 0 {
			now.Err = errors.Join(errNothingGranted, s.token.problem)
		}
	}
	return now
}

// Changes has listener called after a token request that changed the granted
// or refused scopes or the state of the sign-in, and when a person is asked to
// sign in or no longer is. It is called without locks held, on the goroutine that
// made the change, and may use the signer: what is true now it reads from State.
// stop ends that; a call already under way may still finish after it.
func (s *signer) Changes(listener func()) (stop func()) {
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
