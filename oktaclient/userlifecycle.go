package oktaclient

import "context"

// Operations tagged UserLifecycle.

// ActivateUser is POST /api/v1/users/{id}/lifecycle/activate. With
// sendEmail=false Okta answers an activation link, a secret.
func (o *Org) ActivateUser(ctx context.Context, id string, q Query) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", id}}, query: q}, func(ctx context.Context) error {
		return typed(o.sdk.UserAPI.ActivateUser(ctx, id).SendEmail(true).Execute()) // q decides
	})
}

// DeactivateUser is POST /api/v1/users/{id}/lifecycle/deactivate.
func (o *Org) DeactivateUser(ctx context.Context, id string, q Query) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", id}}, query: q}, func(ctx context.Context) error {
		return bare(o.sdk.UserAPI.DeactivateUser(ctx, id).Execute())
	})
}

// SuspendUser is POST /api/v1/users/{id}/lifecycle/suspend.
func (o *Org) SuspendUser(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", id}}}, func(ctx context.Context) error {
		return bare(o.sdk.UserAPI.SuspendUser(ctx, id).Execute())
	})
}

// UnsuspendUser is POST /api/v1/users/{id}/lifecycle/unsuspend.
func (o *Org) UnsuspendUser(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", id}}}, func(ctx context.Context) error {
		return bare(o.sdk.UserAPI.UnsuspendUser(ctx, id).Execute())
	})
}

// UnlockUser is POST /api/v1/users/{id}/lifecycle/unlock.
func (o *Org) UnlockUser(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", id}}}, func(ctx context.Context) error {
		return bare(o.sdk.UserAPI.UnlockUser(ctx, id).Execute())
	})
}

// ReactivateUser is POST /api/v1/users/{id}/lifecycle/reactivate. With
// sendEmail=false, which is its default, Okta answers an activation link, a
// secret.
func (o *Org) ReactivateUser(ctx context.Context, id string, q Query) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", id}}, query: q}, func(ctx context.Context) error {
		return typed(o.sdk.UserAPI.ReactivateUser(ctx, id).Execute())
	})
}

// ResetFactors is POST /api/v1/users/{id}/lifecycle/reset_factors: every
// factor of the user is unenrolled.
func (o *Org) ResetFactors(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", id}}}, func(ctx context.Context) error {
		return bare(o.sdk.UserAPI.ResetFactors(ctx, id).Execute())
	})
}
