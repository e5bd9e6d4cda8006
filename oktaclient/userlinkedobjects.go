package oktaclient

import "context"

// Operations tagged UserLinkedObject.

// ListLinkedObjectsForUser is GET
// /api/v1/users/{userIdOrLogin}/linkedObjects/{relationshipName}. It answers
// links, not users.
func (o *Org) ListLinkedObjectsForUser(ctx context.Context, userID, relationship string, q Query) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", userID}, {"relationship", relationship}}, query: q}, func(ctx context.Context) error {
		return typed(o.sdk.UserAPI.ListLinkedObjectsForUser(ctx, userID, relationship).Execute())
	})
}
