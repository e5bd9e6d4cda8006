package oktaclient

import (
	"context"
	"encoding/json"

	"github.com/okta/okta-sdk-golang/v5/okta"
)

// Operations tagged Group.

// ListGroups is GET /api/v1/groups.
func (o *Org) ListGroups(ctx context.Context, q Query) (*Answer, error) {
	return o.run(ctx, call{query: q}, func(ctx context.Context) error {
		return typed(o.sdk.GroupAPI.ListGroups(ctx).Execute())
	})
}

// GetGroup is GET /api/v1/groups/{groupId}.
func (o *Org) GetGroup(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"group", id}}}, func(ctx context.Context) error {
		return typed(o.sdk.GroupAPI.GetGroup(ctx, id).Execute())
	})
}

// AddGroup is POST /api/v1/groups (the SDK calls it CreateGroup).
func (o *Org) AddGroup(ctx context.Context, body json.RawMessage) (*Answer, error) {
	return o.run(ctx, call{body: body}, func(ctx context.Context) error {
		return typed(o.sdk.GroupAPI.CreateGroup(ctx).Group(okta.Group{}).Execute())
	})
}

// ReplaceGroup is PUT /api/v1/groups/{groupId}.
func (o *Org) ReplaceGroup(ctx context.Context, id string, body json.RawMessage) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"group", id}}, body: body}, func(ctx context.Context) error {
		return typed(o.sdk.GroupAPI.ReplaceGroup(ctx, id).Group(okta.Group{}).Execute())
	})
}

// DeleteGroup is DELETE /api/v1/groups/{groupId}.
func (o *Org) DeleteGroup(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"group", id}}}, func(ctx context.Context) error {
		return bare(o.sdk.GroupAPI.DeleteGroup(ctx, id).Execute())
	})
}

// ListGroupUsers is GET /api/v1/groups/{groupId}/users.
func (o *Org) ListGroupUsers(ctx context.Context, id string, q Query) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"group", id}}, query: q}, func(ctx context.Context) error {
		return typed(o.sdk.GroupAPI.ListGroupUsers(ctx, id).Execute())
	})
}

// AssignUserToGroup is PUT /api/v1/groups/{groupId}/users/{userId}.
func (o *Org) AssignUserToGroup(ctx context.Context, groupID, userID string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"group", groupID}, {"user", userID}}}, func(ctx context.Context) error {
		return bare(o.sdk.GroupAPI.AssignUserToGroup(ctx, groupID, userID).Execute())
	})
}

// UnassignUserFromGroup is DELETE /api/v1/groups/{groupId}/users/{userId}.
func (o *Org) UnassignUserFromGroup(ctx context.Context, groupID, userID string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"group", groupID}, {"user", userID}}}, func(ctx context.Context) error {
		return bare(o.sdk.GroupAPI.UnassignUserFromGroup(ctx, groupID, userID).Execute())
	})
}

// ListAssignedApplicationsForGroup is GET /api/v1/groups/{groupId}/apps.
func (o *Org) ListAssignedApplicationsForGroup(ctx context.Context, groupID string, q Query) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"group", groupID}}, query: q}, func(ctx context.Context) error {
		return typed(o.sdk.GroupAPI.ListAssignedApplicationsForGroup(ctx, groupID).Execute())
	})
}
