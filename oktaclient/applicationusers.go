package oktaclient

import (
	"context"
	"encoding/json"

	"github.com/okta/okta-sdk-golang/v5/okta"
)

// Operations tagged ApplicationUsers.

// ListApplicationUsers is GET /api/v1/apps/{appId}/users.
func (o *Org) ListApplicationUsers(ctx context.Context, appID string, q Query) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"application", appID}}, query: q}, func(ctx context.Context) error {
		return typed(o.sdk.ApplicationUsersAPI.ListApplicationUsers(ctx, appID).Execute())
	})
}

// GetApplicationUser is GET /api/v1/apps/{appId}/users/{userId}.
func (o *Org) GetApplicationUser(ctx context.Context, appID, userID string, q Query) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"application", appID}, {"user", userID}}, query: q}, func(ctx context.Context) error {
		return typed(o.sdk.ApplicationUsersAPI.GetApplicationUser(ctx, appID, userID).Execute())
	})
}

// AssignUserToApplication is POST /api/v1/apps/{appId}/users. The body names
// the user.
func (o *Org) AssignUserToApplication(ctx context.Context, appID string, body json.RawMessage) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"application", appID}}, body: body}, func(ctx context.Context) error {
		return typed(o.sdk.ApplicationUsersAPI.AssignUserToApplication(ctx, appID).AppUser(okta.AppUserAssignRequest{}).Execute())
	})
}

// UpdateApplicationUser is POST /api/v1/apps/{appId}/users/{userId}.
func (o *Org) UpdateApplicationUser(ctx context.Context, appID, userID string, body json.RawMessage) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"application", appID}, {"user", userID}}, body: body}, func(ctx context.Context) error {
		return typed(o.sdk.ApplicationUsersAPI.UpdateApplicationUser(ctx, appID, userID).AppUser(okta.AppUserUpdateRequest{AppUserProfileRequestPayload: &okta.AppUserProfileRequestPayload{}}).Execute())
	})
}

// UnassignUserFromApplication is DELETE /api/v1/apps/{appId}/users/{userId}.
func (o *Org) UnassignUserFromApplication(ctx context.Context, appID, userID string, q Query) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"application", appID}, {"user", userID}}, query: q}, func(ctx context.Context) error {
		return bare(o.sdk.ApplicationUsersAPI.UnassignUserFromApplication(ctx, appID, userID).Execute())
	})
}
