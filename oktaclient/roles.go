package oktaclient

import (
	"context"
	"encoding/json"

	"github.com/okta/okta-sdk-golang/v5/okta"
)

// Operations tagged RoleAssignmentAUser and RoleAssignmentBGroup.

// ListAssignedRolesForUser is GET /api/v1/users/{userId}/roles.
func (o *Org) ListAssignedRolesForUser(ctx context.Context, userID string, q Query) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", userID}}, query: q}, func(ctx context.Context) error {
		return typed(o.sdk.RoleAssignmentAPI.ListAssignedRolesForUser(ctx, userID).Execute())
	})
}

// ListGroupAssignedRoles is GET /api/v1/groups/{groupId}/roles.
func (o *Org) ListGroupAssignedRoles(ctx context.Context, groupID string, q Query) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"group", groupID}}, query: q}, func(ctx context.Context) error {
		return typed(o.sdk.RoleAssignmentAPI.ListGroupAssignedRoles(ctx, groupID).Execute())
	})
}

// ListUsersWithRoleAssignments is GET /api/v1/iam/assignees/users. It answers
// the ids in "value" of an object.
func (o *Org) ListUsersWithRoleAssignments(ctx context.Context, q Query) (*Answer, error) {
	return o.run(ctx, call{query: q}, func(ctx context.Context) error {
		return typed(o.sdk.RoleAssignmentAPI.ListUsersWithRoleAssignments(ctx).Execute())
	})
}

// GetUserAssignedRole is GET /api/v1/users/{userId}/roles/{roleAssignmentId}.
func (o *Org) GetUserAssignedRole(ctx context.Context, userID, assignmentID string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", userID}, {"role assignment", assignmentID}}}, func(ctx context.Context) error {
		return typed(o.sdk.RoleAssignmentAPI.GetUserAssignedRole(ctx, userID, assignmentID).Execute())
	})
}

// AssignRoleToUser is POST /api/v1/users/{userId}/roles.
func (o *Org) AssignRoleToUser(ctx context.Context, userID string, q Query, body json.RawMessage) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", userID}}, query: q, body: body}, func(ctx context.Context) error {
		return typed(o.sdk.RoleAssignmentAPI.AssignRoleToUser(ctx, userID).AssignRoleRequest(okta.AssignRoleRequest{}).Execute())
	})
}

// UnassignRoleFromUser is DELETE
// /api/v1/users/{userId}/roles/{roleAssignmentId}. It takes the id of the
// assignment, not that of the role.
func (o *Org) UnassignRoleFromUser(ctx context.Context, userID, assignmentID string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", userID}, {"role assignment", assignmentID}}}, func(ctx context.Context) error {
		return bare(o.sdk.RoleAssignmentAPI.UnassignRoleFromUser(ctx, userID, assignmentID).Execute())
	})
}

// GetGroupAssignedRole is GET
// /api/v1/groups/{groupId}/roles/{roleAssignmentId}.
func (o *Org) GetGroupAssignedRole(ctx context.Context, groupID, assignmentID string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"group", groupID}, {"role assignment", assignmentID}}}, func(ctx context.Context) error {
		return typed(o.sdk.RoleAssignmentAPI.GetGroupAssignedRole(ctx, groupID, assignmentID).Execute())
	})
}

// AssignRoleToGroup is POST /api/v1/groups/{groupId}/roles: every member gets
// the role.
func (o *Org) AssignRoleToGroup(ctx context.Context, groupID string, q Query, body json.RawMessage) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"group", groupID}}, query: q, body: body}, func(ctx context.Context) error {
		return typed(o.sdk.RoleAssignmentAPI.AssignRoleToGroup(ctx, groupID).AssignRoleRequest(okta.AssignRoleRequest{}).Execute())
	})
}

// UnassignRoleFromGroup is DELETE
// /api/v1/groups/{groupId}/roles/{roleAssignmentId}. It takes the id of the
// assignment, not that of the role.
func (o *Org) UnassignRoleFromGroup(ctx context.Context, groupID, assignmentID string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"group", groupID}, {"role assignment", assignmentID}}}, func(ctx context.Context) error {
		return bare(o.sdk.RoleAssignmentAPI.UnassignRoleFromGroup(ctx, groupID, assignmentID).Execute())
	})
}
