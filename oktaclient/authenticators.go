package oktaclient

import "context"

// Operations tagged Authenticator.

// ListAuthenticators is GET /api/v1/authenticators.
func (o *Org) ListAuthenticators(ctx context.Context) (*Answer, error) {
	return o.run(ctx, call{}, func(ctx context.Context) error {
		return typed(o.sdk.AuthenticatorAPI.ListAuthenticators(ctx).Execute())
	})
}
