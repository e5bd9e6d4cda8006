package oktaclient

import (
	"context"
	"encoding/json"

	"github.com/okta/okta-sdk-golang/v5/okta"
)

// Operations tagged Application. The SDK's body parameters are unions that cannot
// be empty: any variant will do, the bytes sent are the caller's.

// ListApplications is GET /api/v1/apps.
func (o *Org) ListApplications(ctx context.Context, q Query) (*Answer, error) {
	return o.run(ctx, call{query: q}, func(ctx context.Context) error {
		return typed(o.sdk.ApplicationAPI.ListApplications(ctx).Execute())
	})
}

// GetApplication is GET /api/v1/apps/{appId}.
func (o *Org) GetApplication(ctx context.Context, id string, q Query) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"application", id}}, query: q}, func(ctx context.Context) error {
		return typed(o.sdk.ApplicationAPI.GetApplication(ctx, id).Execute())
	})
}

// CreateApplication is POST /api/v1/apps. The app is active unless q says
// activate=false.
func (o *Org) CreateApplication(ctx context.Context, q Query, body json.RawMessage) (*Answer, error) {
	return o.run(ctx, call{query: q, body: body}, func(ctx context.Context) error {
		return typed(o.sdk.ApplicationAPI.CreateApplication(ctx).Application(okta.ListApplications200ResponseInner{BookmarkApplication: &okta.BookmarkApplication{}}).Execute())
	})
}

// ReplaceApplication is PUT /api/v1/apps/{appId}: what the body does not name
// is cleared.
func (o *Org) ReplaceApplication(ctx context.Context, id string, body json.RawMessage) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"application", id}}, body: body}, func(ctx context.Context) error {
		return typed(o.sdk.ApplicationAPI.ReplaceApplication(ctx, id).Application(okta.ListApplications200ResponseInner{BookmarkApplication: &okta.BookmarkApplication{}}).Execute())
	})
}

// ActivateApplication is POST /api/v1/apps/{appId}/lifecycle/activate.
func (o *Org) ActivateApplication(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"application", id}}}, func(ctx context.Context) error {
		return bare(o.sdk.ApplicationAPI.ActivateApplication(ctx, id).Execute())
	})
}

// DeactivateApplication is POST /api/v1/apps/{appId}/lifecycle/deactivate.
func (o *Org) DeactivateApplication(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"application", id}}}, func(ctx context.Context) error {
		return bare(o.sdk.ApplicationAPI.DeactivateApplication(ctx, id).Execute())
	})
}

// DeleteApplication is DELETE /api/v1/apps/{appId}. Okta takes it for an
// INACTIVE app only.
func (o *Org) DeleteApplication(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"application", id}}}, func(ctx context.Context) error {
		return bare(o.sdk.ApplicationAPI.DeleteApplication(ctx, id).Execute())
	})
}
