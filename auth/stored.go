package auth

import (
	"context"

	"okta-mcp/auth/tokenstore"
)

// Stored is the person's sign-in that the store keeps. It asks Okta nothing; its
// error wraps ErrSignInNeeded where nothing is kept, and otherwise says why the
// store cannot be read.
func (d *Device) Stored(ctx context.Context) (tokenstore.Entry, error) { return d.load(ctx) }
