package oktaclient

import "context"

// Operations tagged UserGrant.

// ListUserGrants is GET /api/v1/users/{userId}/grants.
func (o *Org) ListUserGrants(ctx context.Context, userID string, q Query) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", userID}}, query: q}, func(ctx context.Context) error {
		return typed(o.sdk.UserAPI.ListUserGrants(ctx, userID).Execute())
	})
}

// RevokeUserGrants is DELETE /api/v1/users/{userId}/grants: all of them.
func (o *Org) RevokeUserGrants(ctx context.Context, userID string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", userID}}}, func(ctx context.Context) error {
		return bare(o.sdk.UserAPI.RevokeUserGrants(ctx, userID).Execute())
	})
}
