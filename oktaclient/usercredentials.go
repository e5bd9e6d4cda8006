package oktaclient

import "context"

// Operations tagged UserCred.

// ExpirePassword is POST /api/v1/users/{id}/lifecycle/expire_password: the
// user chooses another at the next sign-in.
func (o *Org) ExpirePassword(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", id}}}, func(ctx context.Context) error {
		return typed(o.sdk.UserAPI.ExpirePassword(ctx, id).Execute())
	})
}

// ExpirePasswordWithTempPassword is POST
// /api/v1/users/{id}/lifecycle/expire_password_with_temp_password. Okta
// answers the temporary password, a secret.
func (o *Org) ExpirePasswordWithTempPassword(ctx context.Context, id string, q Query) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", id}}, query: q}, func(ctx context.Context) error {
		return typed(o.sdk.UserAPI.ExpirePasswordAndGetTemporaryPassword(ctx, id).Execute())
	})
}

// ResetPassword is POST /api/v1/users/{id}/lifecycle/reset_password. Its
// sendEmail is required; with false Okta answers a reset link, a secret.
func (o *Org) ResetPassword(ctx context.Context, id string, q Query) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", id}}, query: q}, func(ctx context.Context) error {
		return typed(o.sdk.UserAPI.GenerateResetPasswordToken(ctx, id).SendEmail(true).Execute()) // q decides
	})
}
