package doctor

import (
	"context"
	"errors"
	"time"

	"okta-mcp/auth"
	"okta-mcp/auth/tokenstore"
)

// stored tells whether the store holds a person's sign-in: an error that wraps
// auth.ErrSignInNeeded where it holds none, another where it cannot be used.
func (e *exam) stored(ctx context.Context) error {
	_, err := e.entry(ctx)
	return err
}

func (e *exam) entry(ctx context.Context) (tokenstore.Entry, error) {
	id, err := e.identify(ctx)
	if err != nil {
		return tokenstore.Entry{}, err
	}
	return id.device.Stored(ctx)
}

// tokenStore tells where a person's sign-in is kept, and whose it is.
func (e *exam) tokenStore(ctx context.Context) Finding {
	if !e.method.person {
		return ok("none is needed: the token of a service app is kept in memory only")
	}
	entry, err := e.entry(ctx)
	switch {
	case errors.Is(err, auth.ErrSignInNeeded):
		return ok("%s can be used; nobody is signed in there to this app", e.store)
	case err != nil:
		return mend("unlock the keyring of this machine, or set "+tokenstore.Variable+" to keep sign-ins in an encrypted file", "%s", err)
	}
	return ok("%s holds the sign-in of the person %q, renewed at %s", e.store, entry.Subject, entry.Saved.UTC().Format(time.RFC3339))
}
