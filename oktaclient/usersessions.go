package oktaclient

import "context"

// Operations tagged UserSessions.

// RevokeUserSessions is DELETE /api/v1/users/{userId}/sessions. OAuth
// tokens outlive it unless q says oauthTokens=true; remembered devices do not,
// unless it says forgetDevices=false.
func (o *Org) RevokeUserSessions(ctx context.Context, userID string, q Query) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", userID}}, query: q}, func(ctx context.Context) error {
		return bare(o.sdk.UserAPI.RevokeUserSessions(ctx, userID).Execute())
	})
}
