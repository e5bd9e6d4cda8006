package auth

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"okta-mcp/auth/tokenstore"
)

// Scopes that make a sign-in: who it is, and that it can be renewed. They are
// asked for besides Config.Scopes, and appear in no State.
const (
	scopeOpenID  = "openid"
	scopeOffline = "offline_access"
)

// closeGrace is how long a renewal under way may go on after Close: its answer
// holds the refresh token that the next process needs.
const closeGrace = 5 * time.Second

// errSignedOut ends what was under way when somebody signed out.
var errSignedOut = fmt.Errorf("somebody signed out meanwhile: %w", ErrSignInNeeded)

// Verification is what a person needs to sign in: where to go, and the code to
// enter there.
type Verification struct {
	URI         string    // https
	Code        string    // as the person is to enter it
	CompleteURI string    // with the code in it; may be empty
	Expires     time.Time // by this machine's clock
}

// Device signs a person in to a native app (RFC 8628), keeps the sign-in in a
// store, and authorizes requests. It is safe for concurrent use. It starts work
// only when asked; Close ends what is under way.
type Device struct {
	*signer
	store    tokenstore.Store
	key      tokenstore.Key
	optional bool
	life     context.Context // ends with Close
	end      context.CancelCauseFunc

	// What follows is guarded by signer.mu.
	flow    *flow    // the last one; nil before the first
	resting *failure // of the last flow that could not be started
	subject string   // whom this process serves; empty before the first token
	unsaved *unsaved // what the store would not take
}

// unsaved is a sign-in that only this process has.
type unsaved struct {
	entry    tokenstore.Entry
	replaces tokenstore.Secret // the stored refresh token it came from; none where nothing was stored
}

// NewDevice checks the settings and makes a Device. It sends nothing and reads
// nothing; errors name the setting to mend.
func NewDevice(c Config) (*Device, error) {
	s, err := newSigner(c, methodDeviceCode, "native app")
	if err != nil {
		return nil, fmt.Errorf("setting up the sign-in: %w", err)
	}
	if c.Key != nil {
		return nil, errors.New("setting up the sign-in: a private key is for a service app: leave it out, or use NewServiceApp")
	}
	d := &Device{
		signer: s, store: c.Store, optional: c.Optional,
		key: tokenstore.Key{Org: s.endpoint.org.String(), ClientID: c.ClientID, Method: methodDeviceCode},
	}
	if d.store == nil {
		d.store = tokenstore.Memory()
	}
	d.life, d.end = context.WithCancelCause(context.Background())
	s.source = d
	return d, nil
}

// Close ends a pending sign-in and waits for a renewal under way, for some
// seconds. What is stored stays stored. Nothing is signed in afterwards.
func (d *Device) Close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.end(errClosed)
	d.work.Wait()
}

// SignOut has Okta revoke the sign-in, forgets what is stored, and ends a pending
// sign-in. It forgets even where Okta could not be told, and says so.
func (d *Device) SignOut(ctx context.Context) error {
	d.cancelFlow()
	unlock, err := d.store.Lock(ctx, d.key)
	if err != nil {
		return fmt.Errorf("signing out: %w", err)
	}
	entry, loading := d.load(ctx)
	if errors.Is(loading, ErrSignInNeeded) && !errors.Is(loading, tokenstore.ErrUnreadable) {
		loading = nil // nothing is stored: there is nothing to revoke
	}
	var revoking error
	if !entry.RefreshToken.IsZero() {
		revoking = d.revoke(ctx, entry.RefreshToken)
	}
	// The rest must not end with the caller's patience: Okta may know already.
	deleting := d.store.Delete(context.WithoutCancel(ctx), d.key)
	d.forget()
	if err := errors.Join(loading, revoking, deleting, unlock()); err != nil {
		return fmt.Errorf("signing out: %w", err)
	}
	return nil
}

// revoke tells Okta that a refresh token is no longer wanted (RFC 7009), and the
// access tokens that came from it.
func (d *Device) revoke(ctx context.Context, refresh tokenstore.Secret) error {
	said, err := d.endpoint.post(ctx, revokePath, url.Values{
		"client_id": {d.endpoint.clientID}, "token": {refresh.Reveal()}, "token_type_hint": {"refresh_token"},
	}, toRevoke, nil)
	if err == nil && said.StatusCode >= 300 {
		err = newError(said, d.endpoint.attempt(toRevoke, nil))
	}
	if err != nil {
		return fmt.Errorf("the sign-in is forgotten here, but Okta could not be told, where it stays valid until it is not used for long; a user's sessions and tokens can be cleared in the Admin Console: %w", err)
	}
	return nil
}

// forget drops the token, and what a renewal under way will bring.
func (d *Device) forget() {
	d.mu.Lock()
	d.token, d.flight, d.unsaved = nil, nil, nil
	d.failure = &failure{err: fmt.Errorf("nobody is signed in: %w", ErrSignInNeeded)}
	announce := d.changed()
	d.mu.Unlock()
	d.log.Info("signed out", "client_id", d.endpoint.clientID)
	announce()
}

func plumbing() []string { return []string{scopeOpenID, scopeOffline} }

// withPlumbing adds the scopes that make a sign-in.
func withPlumbing(scopes []string) string { return list(append(plumbing(), scopes...)) }

// both returns what is in both of two sorted lists.
func both(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return !slices.Contains(b, s) })
}

// missing returns what of wanted is not in had.
func missing(wanted, had []string) []string {
	return slices.DeleteFunc(slices.Clone(wanted), func(s string) bool { return slices.Contains(had, s) })
}
