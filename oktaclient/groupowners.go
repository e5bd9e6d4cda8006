package oktaclient

import (
	"context"
	"encoding/json"

	"github.com/okta/okta-sdk-golang/v5/okta"
)

// Operations tagged GroupOwner.

// ListGroupOwners is GET /api/v1/groups/{groupId}/owners.
func (o *Org) ListGroupOwners(ctx context.Context, groupID string, q Query) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"group", groupID}}, query: q}, func(ctx context.Context) error {
		return typed(o.sdk.GroupOwnerAPI.ListGroupOwners(ctx, groupID).Execute())
	})
}

// AssignGroupOwner is POST /api/v1/groups/{groupId}/owners.
func (o *Org) AssignGroupOwner(ctx context.Context, groupID string, body json.RawMessage) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"group", groupID}}, body: body}, func(ctx context.Context) error {
		return typed(o.sdk.GroupOwnerAPI.AssignGroupOwner(ctx, groupID).AssignGroupOwnerRequestBody(okta.AssignGroupOwnerRequestBody{}).Execute())
	})
}

// DeleteGroupOwner is DELETE /api/v1/groups/{groupId}/owners/{ownerId}.
func (o *Org) DeleteGroupOwner(ctx context.Context, groupID, ownerID string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"group", groupID}, {"owner", ownerID}}}, func(ctx context.Context) error {
		return bare(o.sdk.GroupOwnerAPI.DeleteGroupOwner(ctx, groupID, ownerID).Execute())
	})
}
