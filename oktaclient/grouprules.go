package oktaclient

import "context"

// Operations tagged GroupRule.

// ListGroupRules is GET /api/v1/groups/rules.
func (o *Org) ListGroupRules(ctx context.Context, q Query) (*Answer, error) {
	return o.run(ctx, call{query: q}, func(ctx context.Context) error {
		return typed(o.sdk.GroupAPI.ListGroupRules(ctx).Execute())
	})
}
