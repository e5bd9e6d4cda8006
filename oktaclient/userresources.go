package oktaclient

import (
	"context"
	"net/http"
)

// Operations tagged UserResources.

// ListUserGroups is GET /api/v1/users/{id}/groups.
func (o *Org) ListUserGroups(ctx context.Context, id string, q Query) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", id}}, query: q}, func(ctx context.Context) error {
		return typed(o.sdk.UserAPI.ListUserGroups(ctx, id).Execute())
	})
}

// ListAppLinks is GET /api/v1/users/{id}/appLinks.
func (o *Org) ListAppLinks(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", id}}}, func(ctx context.Context) error {
		return typed(o.sdk.UserAPI.ListAppLinks(ctx, id).Execute())
	})
}

// ListUserDevices is GET /api/v1/users/{userId}/devices (unknown to the SDK).
func (o *Org) ListUserDevices(ctx context.Context, userID string) (*Answer, error) {
	return o.direct(ctx, http.MethodGet, "/api/v1/users/{userId}/devices", call{ids: []pathID{{"user", userID}}})
}
