package auth

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"okta-mcp/auth/tokenstore"
)

// renewalPatience bounds a renewal with all it waits for: other processes before
// us, a keyring, Okta.
const renewalPatience = 2 * time.Minute

// obtain renews the stored sign-in. Refresh tokens are rotated, so that one may
// be used once: from reading it to saving the next, the store's lock is held
// against other processes. Whoever comes after finds the new one.
func (d *Device) obtain(ctx context.Context, refused []string) (*token, []string, error) {
	ctx, cancel := d.lingering(ctx)
	defer cancel()
	unlock, err := d.store.Lock(ctx, d.key)
	if err != nil {
		return nil, refused, fmt.Errorf("renewing the sign-in: %w", err)
	}
	got, err := d.renew(ctx)
	if failed := unlock(); failed != nil && err == nil {
		got.problem = errors.Join(got.problem, failed)
	}
	return got, refused, err
}

// lingering is ctx with an end: renewalPatience from now, or closeGrace after
// Close.
func (d *Device) lingering(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, renewalPatience)
	stop := context.AfterFunc(d.life, func() { time.AfterFunc(closeGrace, cancel) })
	return ctx, func() { stop(); cancel() }
}

// renew trades the stored refresh token, with the store locked. Where Okta
// refuses it, a look at the store tells whether a process that our lock did not
// stop was faster; if none was, the sign-in has ended. Nothing else is a reason
// to forget it.
func (d *Device) renew(ctx context.Context) (*token, error) {
	entry, err := d.load(ctx)
	if err != nil {
		return nil, err
	}
	got, err := d.trade(ctx, entry)
	if !hasCode(err, codeInvalidGrant) {
		return got, err
	}
	again, failed := d.load(ctx)
	if failed != nil {
		return nil, errors.Join(err, failed)
	}
	if !again.RefreshToken.Equal(entry.RefreshToken) {
		if got, err = d.trade(ctx, again); !hasCode(err, codeInvalidGrant) {
			return got, err
		}
	}
	err = fmt.Errorf("%w: %w", err, ErrSignInNeeded)
	if failed := d.drop(ctx, again); failed != nil {
		err = fmt.Errorf("%w (and it could not be forgotten: %w)", err, failed)
	}
	return nil, err
}

// load is the sign-in to go on with, or an error that wraps ErrSignInNeeded.
func (d *Device) load(ctx context.Context) (tokenstore.Entry, error) {
	entry, err := d.store.Load(ctx, d.key)
	none := errors.Is(err, tokenstore.ErrNotFound)
	d.mu.Lock()
	if u := d.unsaved; u != nil {
		switch stands := entry.RefreshToken.Equal(u.replaces); {
		case err == nil && stands, none && u.replaces.IsZero(), err != nil && !none:
			entry, err = u.entry, nil
		default: // somebody signed in or out since
			d.unsaved = nil
		}
	}
	d.mu.Unlock()
	switch {
	case err == nil:
		return entry, nil
	case none:
		return entry, fmt.Errorf("nobody is signed in to the app %s of %s: %w", d.endpoint.clientID, d.endpoint.org, ErrSignInNeeded)
	case errors.Is(err, tokenstore.ErrUnreadable):
		return entry, fmt.Errorf("reading the stored sign-in: %w; %w", err, ErrSignInNeeded)
	default:
		return entry, fmt.Errorf("reading the stored sign-in: %w", err)
	}
}

// drop forgets a sign-in that Okta no longer takes.
func (d *Device) drop(ctx context.Context, refused tokenstore.Entry) error {
	d.mu.Lock()
	d.unsaved = nil
	d.mu.Unlock()
	stored, err := d.store.Load(ctx, d.key)
	if errors.Is(err, tokenstore.ErrNotFound) || err == nil && !stored.RefreshToken.Equal(refused.RefreshToken) {
		return nil
	}
	if err != nil {
		return err
	}
	return d.store.Delete(ctx, d.key)
}

// trade checks that a sign-in serves, and exchanges its refresh token for an
// access token and the next refresh token (RFC 6749 section 6).
func (d *Device) trade(ctx context.Context, entry tokenstore.Entry) (*token, error) {
	if err := d.serves(entry); err != nil {
		return nil, err
	}
	bound, err := parseProofKey(entry.ProofKey)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, ErrSignInNeeded)
	}
	if bound != nil && !d.endpoint.dpop.turnOn() {
		return nil, fmt.Errorf("the stored sign-in is bound with DPoP, which is set to never: set it to auto, or %w", ErrSignInNeeded)
	}
	form := url.Values{"grant_type": {"refresh_token"}, "client_id": {d.endpoint.clientID}, "refresh_token": {entry.RefreshToken.Reveal()}}
	if wanted := both(d.asked, entry.Granted); len(wanted) < len(entry.Granted) {
		form.Set("scope", withPlumbing(wanted)) // no more power than this process asked for
	}
	got, err := d.exchangeRefresh(ctx, form, bound)
	if err != nil {
		return nil, err
	}
	switch narrowed := form.Has("scope"); { // what the answer does not say is as asked: RFC 6749 section 5.1
	case len(got.granted) == 0 && narrowed:
		got.granted = both(d.asked, entry.Granted)
	case len(got.granted) == 0:
		got.granted = entry.Granted
	case !narrowed:
		entry.Granted = missing(got.granted, plumbing())
	}
	if err := d.adopt(ctx, got, entry); err != nil {
		return nil, err
	}
	return got, nil
}

// exchangeRefresh is the exchange of trade, with a second try where the first may
// have failed for want of one.
func (d *Device) exchangeRefresh(ctx context.Context, form url.Values, bound *proofKey) (*token, error) {
	g := grant{purpose: toRefresh, scopes: d.asked, bound: bound, form: func() (url.Values, error) { return form, nil }}
	got, err := d.endpoint.exchange(ctx, g)
	var answered *Error
	switch {
	case err == nil || ctx.Err() != nil:
		return got, err
	case !errors.As(err, &answered):
		// The answer may have been lost, and the token be rotated. For half a minute
		// Okta takes the old one once more.
	case answered.Code == codeInvalidScope && form.Has("scope"):
		form.Del("scope") // one was taken away since: what is left is told by the answer
	default:
		return got, err
	}
	return d.endpoint.exchange(ctx, g)
}

// serves tells whether a sign-in is one for this process.
func (d *Device) serves(entry tokenstore.Entry) error {
	if more := missing(d.asked, entry.Asked); len(more) > 0 {
		return fmt.Errorf("the stored sign-in was not asked for %s: %w", list(more), ErrSignInNeeded)
	}
	return d.sameSubject(entry.Subject)
}

func (d *Device) sameSubject(subject string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.subject != "" && d.subject != subject {
		return fmt.Errorf("%w (%s, not %s)", ErrSubjectChanged, subject, d.subject)
	}
	return nil
}

// adopt makes a token that of this process, with the store locked: it finds out
// whose it is, saves what renews it before anybody uses it, and cuts what it
// grants to what was asked. before is the sign-in it came from, or none.
func (d *Device) adopt(ctx context.Context, got *token, before tokenstore.Entry) error {
	var err error
	got.subject = before.Subject // a renewal need not repeat it
	if !got.idToken.IsZero() || before.Subject == "" {
		got.subject, err = d.endpoint.subjectOf(got.idToken)
	}
	switch {
	case err != nil:
		return err
	case before.Subject != "" && got.subject != before.Subject:
		return fmt.Errorf("%w (%s, not %s)", ErrSubjectChanged, got.subject, before.Subject)
	}
	if err := d.sameSubject(got.subject); err != nil {
		return err
	}
	got.granted = missing(got.granted, plumbing())
	got.problem = d.save(ctx, entryOf(got, before, d.asked, d.clock.local()))
	got.granted = both(got.granted, d.asked)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.subject = got.subject
	return nil
}

// entryOf is what to store of a token. What was asked and granted stays that of
// the sign-in: a renewal may have asked for less.
func entryOf(got *token, before tokenstore.Entry, asked []string, now time.Time) tokenstore.Entry {
	entry := tokenstore.Entry{
		RefreshToken: got.refresh, ProofKey: got.proof.export(), Subject: got.subject,
		Asked: asked, Granted: got.granted, Saved: now,
	}
	if before.RefreshToken.IsZero() {
		return entry
	}
	entry.Asked, entry.Granted = before.Asked, before.Granted
	if entry.RefreshToken.IsZero() { // not rotated
		entry.RefreshToken = before.RefreshToken
	}
	if entry.ProofKey.IsZero() { // the access token is not bound, the refresh token may be
		entry.ProofKey = before.ProofKey
	}
	return entry
}

// save stores a sign-in. One that cannot be stored is kept in memory, since the
// refresh token before it may be worth nothing any more; what is answered then
// is not the end of it, but what people should know.
func (d *Device) save(ctx context.Context, entry tokenstore.Entry) error {
	if entry.RefreshToken.IsZero() {
		return errors.New("okta gave no refresh token, so the sign-in ends with its access token: allow Refresh Token " + typesPlace)
	}
	err := d.store.Save(ctx, d.key, entry)
	var stored tokenstore.Entry
	if err != nil {
		stored, _ = d.store.Load(ctx, d.key) // what it still has, to tell later whether that is news
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil {
		d.unsaved = nil
		return nil
	}
	d.unsaved = &unsaved{entry: entry, replaces: stored.RefreshToken}
	return fmt.Errorf("the sign-in lasts as long as this process, since it cannot be stored: %w", err)
}
