package oktaclient

import "context"

// Operations tagged UserType.

// ListUserTypes is GET /api/v1/meta/types/user.
func (o *Org) ListUserTypes(ctx context.Context) (*Answer, error) {
	return o.run(ctx, call{}, func(ctx context.Context) error {
		return typed(o.sdk.UserTypeAPI.ListUserTypes(ctx).Execute())
	})
}
