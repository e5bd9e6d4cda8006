package oktaclient

import "context"

// Operations tagged RoleECustom.

// ListRoles is GET /api/v1/iam/roles. It answers the list in "roles" of an
// object.
func (o *Org) ListRoles(ctx context.Context, q Query) (*Answer, error) {
	return o.run(ctx, call{query: q}, func(ctx context.Context) error {
		return typed(o.sdk.RoleAPI.ListRoles(ctx).Execute())
	})
}

// GetRole is GET /api/v1/iam/roles/{roleIdOrLabel}; id may be a label.
func (o *Org) GetRole(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"role", id}}}, func(ctx context.Context) error {
		return typed(o.sdk.RoleAPI.GetRole(ctx, id).Execute())
	})
}
