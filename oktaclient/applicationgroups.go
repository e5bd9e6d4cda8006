package oktaclient

import (
	"context"
	"encoding/json"

	"github.com/okta/okta-sdk-golang/v5/okta"
)

// Operations tagged ApplicationGroups.

// ListApplicationGroupAssignments is GET /api/v1/apps/{appId}/groups.
func (o *Org) ListApplicationGroupAssignments(ctx context.Context, appID string, q Query) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"application", appID}}, query: q}, func(ctx context.Context) error {
		return typed(o.sdk.ApplicationGroupsAPI.ListApplicationGroupAssignments(ctx, appID).Execute())
	})
}

// GetApplicationGroupAssignment is GET /api/v1/apps/{appId}/groups/{groupId}.
func (o *Org) GetApplicationGroupAssignment(ctx context.Context, appID, groupID string, q Query) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"application", appID}, {"group", groupID}}, query: q}, func(ctx context.Context) error {
		return typed(o.sdk.ApplicationGroupsAPI.GetApplicationGroupAssignment(ctx, appID, groupID).Execute())
	})
}

// AssignGroupToApplication is PUT /api/v1/apps/{appId}/groups/{groupId}.
func (o *Org) AssignGroupToApplication(ctx context.Context, appID, groupID string, body json.RawMessage) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"application", appID}, {"group", groupID}}, body: body}, func(ctx context.Context) error {
		return typed(o.sdk.ApplicationGroupsAPI.AssignGroupToApplication(ctx, appID, groupID).ApplicationGroupAssignment(okta.ApplicationGroupAssignment{}).Execute())
	})
}

// UnassignApplicationFromGroup is DELETE
// /api/v1/apps/{appId}/groups/{groupId}.
func (o *Org) UnassignApplicationFromGroup(ctx context.Context, appID, groupID string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"application", appID}, {"group", groupID}}}, func(ctx context.Context) error {
		return bare(o.sdk.ApplicationGroupsAPI.UnassignApplicationFromGroup(ctx, appID, groupID).Execute())
	})
}
