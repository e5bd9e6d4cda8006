package oktaclient

import "context"

// Operations tagged LinkedObject.

// ListLinkedObjectDefinitions is GET /api/v1/meta/schemas/user/linkedObjects.
func (o *Org) ListLinkedObjectDefinitions(ctx context.Context) (*Answer, error) {
	return o.run(ctx, call{}, func(ctx context.Context) error {
		return typed(o.sdk.LinkedObjectAPI.ListLinkedObjectDefinitions(ctx).Execute())
	})
}
