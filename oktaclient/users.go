package oktaclient

import (
	"context"
	"encoding/json"

	"github.com/okta/okta-sdk-golang/v5/okta"
)

// Operations tagged User. The zero values given to the SDK's body parameters
// only satisfy it: the bytes sent are the caller's.

// ListUsers is GET /api/v1/users.
func (o *Org) ListUsers(ctx context.Context, q Query) (*Answer, error) {
	return o.run(ctx, call{query: q}, func(ctx context.Context) error {
		return typed(o.sdk.UserAPI.ListUsers(ctx).Execute())
	})
}

// GetUser is GET /api/v1/users/{id}; id may be a login.
func (o *Org) GetUser(ctx context.Context, id string, q Query) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", id}}, query: q}, func(ctx context.Context) error {
		return typed(o.sdk.UserAPI.GetUser(ctx, id).Execute())
	})
}

// CreateUser is POST /api/v1/users.
func (o *Org) CreateUser(ctx context.Context, q Query, body json.RawMessage) (*Answer, error) {
	return o.run(ctx, call{query: q, body: body}, func(ctx context.Context) error {
		return typed(o.sdk.UserAPI.CreateUser(ctx).Body(okta.CreateUserRequest{}).Execute())
	})
}

// UpdateUser is POST /api/v1/users/{id}: only what the body names changes.
// ifMatch is the ETag the user must still have, "" for any.
func (o *Org) UpdateUser(ctx context.Context, id string, q Query, ifMatch string, body json.RawMessage) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", id}}, query: q, ifMatch: ifMatch, body: body}, func(ctx context.Context) error {
		return typed(o.sdk.UserAPI.UpdateUser(ctx, id).User(okta.UpdateUserRequest{}).Execute())
	})
}

// ReplaceUser is PUT /api/v1/users/{id}: what the body does not name is cleared.
// ifMatch is the ETag the user must still have, "" for any.
func (o *Org) ReplaceUser(ctx context.Context, id string, q Query, ifMatch string, body json.RawMessage) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", id}}, query: q, ifMatch: ifMatch, body: body}, func(ctx context.Context) error {
		return typed(o.sdk.UserAPI.ReplaceUser(ctx, id).User(okta.User{}).Execute())
	})
}

// DeleteUser is DELETE /api/v1/users/{id}. Okta only deactivates a user that
// is not DEPROVISIONED.
func (o *Org) DeleteUser(ctx context.Context, id string, q Query) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", id}}, query: q}, func(ctx context.Context) error {
		return bare(o.sdk.UserAPI.DeleteUser(ctx, id).Execute())
	})
}
