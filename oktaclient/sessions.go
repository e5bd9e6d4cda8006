package oktaclient

import "context"

// Operations tagged Session.

// GetSession is GET /api/v1/sessions/{sessionId}.
func (o *Org) GetSession(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"session", id}}}, func(ctx context.Context) error {
		return typed(o.sdk.SessionAPI.GetSession(ctx, id).Execute())
	})
}

// RefreshSession is POST /api/v1/sessions/{sessionId}/lifecycle/refresh.
func (o *Org) RefreshSession(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"session", id}}}, func(ctx context.Context) error {
		return typed(o.sdk.SessionAPI.RefreshSession(ctx, id).Execute())
	})
}

// RevokeSession is DELETE /api/v1/sessions/{sessionId}.
func (o *Org) RevokeSession(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"session", id}}}, func(ctx context.Context) error {
		return bare(o.sdk.SessionAPI.RevokeSession(ctx, id).Execute())
	})
}
