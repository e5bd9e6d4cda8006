package oktaclient

import "context"

// Operations tagged SystemLog.

// ListLogEvents is GET /api/v1/logs. Without until every page has a next one,
// an empty page included.
func (o *Org) ListLogEvents(ctx context.Context, q Query) (*Answer, error) {
	return o.run(ctx, call{query: q}, func(ctx context.Context) error {
		return typed(o.sdk.SystemLogAPI.ListLogEvents(ctx).Execute())
	})
}
