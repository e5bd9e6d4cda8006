package oktaclient

import "context"

// Operations tagged RoleCResourceSet.

// ListResourceSets is GET /api/v1/iam/resource-sets. It answers the list in
// "resource-sets" of an object.
func (o *Org) ListResourceSets(ctx context.Context, q Query) (*Answer, error) {
	return o.run(ctx, call{query: q}, func(ctx context.Context) error {
		return typed(o.sdk.ResourceSetAPI.ListResourceSets(ctx).Execute())
	})
}

// GetResourceSet is GET /api/v1/iam/resource-sets/{resourceSetIdOrLabel}; id
// may be a label.
func (o *Org) GetResourceSet(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"resource set", id}}}, func(ctx context.Context) error {
		return typed(o.sdk.ResourceSetAPI.GetResourceSet(ctx, id).Execute())
	})
}
