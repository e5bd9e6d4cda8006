package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"okta-mcp/auth/tokenstore"
)

const (
	deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

	// usualInterval and slowDownStep are RFC 8628's (sections 3.2 and 3.5); the
	// others keep absurd values from hammering, and from waiting for ever.
	usualInterval = 5 * time.Second
	slowDownStep  = 5 * time.Second
	minInterval   = time.Second
	maxInterval   = time.Minute
	usualCodeLife = 10 * time.Minute

	maxUserCode = 64
)

// flow is one sign-in of a person, from asking for a code to its end.
type flow struct {
	cancel context.CancelCauseFunc

	begun        chan struct{} // closed when what follows is known
	failed       error         // why it could not be started
	verification Verification
	code         tokenstore.Secret // what Okta knows the flow by
	interval     time.Duration
	refused      []string // scopes left out, the org not knowing them

	done chan struct{} // closed when what follows is known
	err  error         // how it ended; nil: signed in
}

func (f *flow) ended() bool {
	select {
	case <-f.done:
		return true
	default:
		return false
	}
}

// Begin starts a sign-in and answers what the person needs; while one is pending
// it answers that one. It then asks Okta in the background until the person has
// approved or declined, or the code has run out: see Wait, State and Changes.
// After a failure to start it answers the same error for some seconds.
func (d *Device) Begin(ctx context.Context) (Verification, error) {
	f, err := d.joinFlow(ctx)
	if err != nil {
		return Verification{}, err
	}
	select {
	case <-f.begun:
		return f.verification, f.failed
	case <-ctx.Done():
		return Verification{}, fmt.Errorf("%s: %w", toGetCode, ctx.Err())
	}
}

// Pending is the sign-in that waits for its person, if there is one.
func (d *Device) Pending() (Verification, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.pending {
		return Verification{}, false
	}
	return d.flow.verification, true
}

// Wait returns when the pending sign-in has ended: nil where the person is signed
// in, else why not. Without a pending one it tells how the last ended.
func (d *Device) Wait(ctx context.Context) error {
	d.mu.Lock()
	f := d.flow
	d.mu.Unlock()
	if f == nil {
		return fmt.Errorf("no sign-in was begun: %w", ErrSignInNeeded)
	}
	select {
	case <-f.done:
		return f.err
	case <-ctx.Done():
		return fmt.Errorf("waiting for the person to sign in: %w", ctx.Err())
	}
}

// joinFlow finds the flow under way, or starts one. It runs detached, as token
// requests do.
func (d *Device) joinFlow(ctx context.Context) (*flow, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.closed:
		return nil, errClosed
	case d.flow != nil && !d.flow.ended():
		return d.flow, nil
	case d.resting != nil && d.clock.local().Before(d.resting.pause.until):
		return nil, d.resting.err
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%s: %w", toGetCode, ctx.Err())
	}
	f := &flow{begun: make(chan struct{}), done: make(chan struct{})}
	life, cancel := context.WithCancelCause(d.life)
	f.cancel, d.flow = cancel, f
	d.work.Go(func() {
		defer cancel(nil)
		d.run(life, f)
	})
	return f, nil
}

// cancelFlow ends the pending flow, if there is one, and waits for its end.
func (d *Device) cancelFlow() {
	d.mu.Lock()
	f := d.flow
	d.mu.Unlock()
	if f != nil {
		f.cancel(errSignedOut)
		<-f.done
	}
}

// run is a flow from beginning to end.
func (d *Device) run(ctx context.Context, f *flow) {
	var got *token
	err := d.start(ctx, f)
	d.announceStart(f, err)
	if err == nil {
		got, err = d.poll(ctx, f)
		if err == nil {
			err = d.settle(ctx, got)
		}
	}
	if ctx.Err() != nil && got == nil {
		err = context.Cause(ctx) // nothing went wrong but that it was called off
	}
	d.announceEnd(f, got, err)
}

// start asks for a code (RFC 8628 section 3.1), without scopes the org does not
// know where that is allowed.
func (d *Device) start(ctx context.Context, f *flow) error {
	said, err := d.askCode(ctx, d.asked)
	if d.optional && hasCode(err, codeInvalidScope) && !aboutPlumbing(err) {
		said, f.refused, err = narrow(ctx, d.askCode, d.asked, err)
	}
	if err != nil {
		return err
	}
	f.verification, f.code, f.interval = said.verification, said.code, said.interval
	return nil
}

// aboutPlumbing tells whether it is the app's grant types that are at fault, and
// no scope that could be left out.
func aboutPlumbing(err error) bool {
	var e *Error
	return errors.As(err, &e) && containsAny(strings.ToLower(e.Description), scopeOpenID+"|"+scopeOffline)
}

// codeAnswer is what Okta answers a request for a code.
type codeAnswer struct {
	verification Verification
	code         tokenstore.Secret
	interval     time.Duration
}

func (d *Device) askCode(ctx context.Context, scopes []string) (codeAnswer, error) {
	form := url.Values{"client_id": {d.endpoint.clientID}, "scope": {withPlumbing(scopes)}}
	said, err := d.endpoint.post(ctx, devicePath, form, toGetCode, nil)
	if err != nil {
		return codeAnswer{}, err
	}
	tried := d.endpoint.attempt(toGetCode, scopes)
	if said.StatusCode != http.StatusOK {
		return codeAnswer{}, newError(said, tried)
	}
	got, problem := readCode(said, d.endpoint.org)
	if problem != "" {
		return codeAnswer{}, newMisfit(said, problem, tried)
	}
	return got, nil
}

// codeBody is a successful answer (RFC 8628 section 3.2).
type codeBody struct {
	DeviceCode  string      `json:"device_code"`
	UserCode    string      `json:"user_code"`
	URI         string      `json:"verification_uri"`
	CompleteURI string      `json:"verification_uri_complete"`
	ExpiresIn   json.Number `json:"expires_in"`
	Interval    json.Number `json:"interval"`
}

// readCode reads a successful answer, or says what is wrong with it without
// repeating any of it. What a person is shown and sent to is held to be what it
// says: a page of the org that is to be signed in to, and a short word.
func readCode(from *answer, org origin) (got codeAnswer, problem string) {
	var said codeBody
	switch {
	case !readBody(from.body, &said):
		return got, misread(from.body, "the JSON of a sign-in code")
	case said.DeviceCode == "":
		return got, "no device code"
	case said.UserCode == "" || len(said.UserCode) > maxUserCode || !isPrintable(said.UserCode):
		return got, "no code that a person could enter"
	case !isPage(said.URI, org):
		return got, "no address at " + org.String() + " to enter the code at"
	}
	if !isPage(said.CompleteURI, org) {
		said.CompleteURI = "" // the other one does
	}
	life := lifeOf(said.ExpiresIn, usualCodeLife)
	return codeAnswer{
		verification: Verification{URI: said.URI, Code: said.UserCode, CompleteURI: said.CompleteURI, Expires: from.asked.Round(0).Add(life)},
		code:         tokenstore.NewSecret(said.DeviceCode),
		interval:     min(max(lifeOf(said.Interval, usualInterval), minInterval), maxInterval),
	}, ""
}

// isPage tells whether a browser may be sent to an address: not past the org, where
// a password would be somebody else's.
func isPage(address string, org origin) bool {
	u, err := url.Parse(address)
	return err == nil && isPrintable(address) && u.User == nil && originOf(u) == org
}

// poll asks for the token until there is an answer other than to wait (RFC 8628
// section 3.5). Trouble on the way is waited out, ever longer.
func (d *Device) poll(ctx context.Context, f *flow) (*token, error) {
	form := url.Values{"grant_type": {deviceGrant}, "client_id": {d.endpoint.clientID}, "device_code": {f.code.Reveal()}}
	g := grant{purpose: toHearBack, scopes: d.asked, form: func() (url.Values, error) { return form, nil }}
	interval, trouble := f.interval, 0
	for wait := interval; ; {
		if err := sleep(ctx, wait); err != nil {
			return nil, err
		}
		got, err := d.endpoint.exchange(ctx, g)
		switch {
		case err == nil:
			return got, nil
		case hasCode(err, codeAuthorizationPending):
			trouble, wait = 0, interval
		case hasCode(err, codeSlowDown):
			interval += slowDownStep
			trouble, wait = 0, interval
		case isRefusal(err):
			return nil, err
		default:
			trouble++
			wait = patience(err, interval, trouble)
		}
		left := f.verification.Expires.Sub(d.clock.local())
		if left <= 0 {
			return nil, ranOut(err)
		}
		wait = min(wait, max(left, interval)) // to hear from Okta that it has run out
	}
}

// patience is how long to wait after trouble: what a rate limit says, or twice as
// long as before, up to a minute.
func patience(err error, interval time.Duration, trouble int) time.Duration {
	var e *Error
	if errors.As(err, &e) && e.wait > 0 {
		return min(max(e.wait, interval), 2*maxPause)
	}
	return max(min(interval<<min(trouble, 6), maxPause), interval)
}

// ranOut is the end of a code by our own clock.
func ranOut(last error) error {
	expired := &Error{Code: codeExpiredToken, tried: toHearBack}
	expired.Advice = advise(expired, attempt{purpose: toHearBack})
	if hasCode(last, codeAuthorizationPending) || hasCode(last, codeSlowDown) {
		return expired
	}
	return fmt.Errorf("%w; the last try failed: %w", expired, last)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// settle takes over the token a person approved, even where the flow is called
// off meanwhile: a token that was given is stored, and signing out then revokes
// it. What nobody can use from here on is given back: a token that is not taken,
// or the sign-in that it takes the place of.
func (d *Device) settle(ctx context.Context, got *token) error {
	ctx, cancel := d.lingering(context.WithoutCancel(ctx))
	defer cancel()
	unlock, locking := d.store.Lock(ctx, d.key)
	if locking != nil { // rather saved without the lock than lost
		unlock = func() error { return nil }
	}
	before, _ := d.load(ctx)
	err := d.adopt(ctx, got, tokenstore.Entry{})
	useless := got.refresh
	switch {
	case err == nil && got.problem == nil:
		useless = before.RefreshToken
	case err == nil: // not in its place, since it could not be stored
		useless = tokenstore.Secret{}
	}
	got.problem = errors.Join(got.problem, locking, unlock())
	if !useless.IsZero() {
		if failed := d.revoke(ctx, useless); failed != nil {
			d.log.Warn("a sign-in that is of no more use could not be given back", "error", failed)
		}
	}
	return err
}

// announceStart makes a flow the pending one, or tells why it could not be
// started.
func (d *Device) announceStart(f *flow, err error) {
	d.mu.Lock()
	f.failed = err
	if d.resting, d.pending = nil, err == nil; err != nil {
		d.resting = nextFailure(d.resting, err, d.clock.local())
	}
	announce := d.changed()
	close(f.begun)
	d.mu.Unlock()
	if err == nil {
		d.log.Info("a person is asked to sign in", "client_id", d.endpoint.clientID, "until", f.verification.Expires)
	}
	announce()
}

// announceEnd records how a flow ended. A failed one leaves a token as it is, and
// a renewal as soon as it would have been.
func (d *Device) announceEnd(f *flow, got *token, err error) {
	d.mu.Lock()
	d.pending = false
	var tell func()
	if err == nil {
		tell = d.record(got, f.refused, nil)
	} else {
		ended := &failure{err: err}
		if d.failure != nil {
			ended.pause = d.failure.pause
		}
		d.failure = ended
		tell = d.changed()
	}
	f.err = err
	close(f.done)
	d.mu.Unlock()
	if err != nil {
		d.log.Warn("nobody signed in", "client_id", d.endpoint.clientID, "error", err)
	}
	tell()
}
