package oktaclient

import "context"

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
