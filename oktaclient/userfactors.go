package oktaclient

import (
	"context"
	"encoding/json"

	"github.com/okta/okta-sdk-golang/v5/okta"
)

// Operations tagged UserFactor.

// ListFactors is GET /api/v1/users/{userId}/factors.
func (o *Org) ListFactors(ctx context.Context, userID string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", userID}}}, func(ctx context.Context) error {
		return typed(o.sdk.UserFactorAPI.ListFactors(ctx, userID).Execute())
	})
}

// GetFactor is GET /api/v1/users/{userId}/factors/{factorId}.
func (o *Org) GetFactor(ctx context.Context, userID, factorID string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", userID}, {"factor", factorID}}}, func(ctx context.Context) error {
		return typed(o.sdk.UserFactorAPI.GetFactor(ctx, userID, factorID).Execute())
	})
}

// ListSupportedFactors is GET /api/v1/users/{userId}/factors/catalog.
func (o *Org) ListSupportedFactors(ctx context.Context, userID string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", userID}}}, func(ctx context.Context) error {
		return typed(o.sdk.UserFactorAPI.ListSupportedFactors(ctx, userID).Execute())
	})
}

// EnrollFactor is POST /api/v1/users/{userId}/factors. For some factor types,
// TOTP among them, Okta answers the shared secret.
func (o *Org) EnrollFactor(ctx context.Context, userID string, q Query, body json.RawMessage) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", userID}}, query: q, body: body}, func(ctx context.Context) error {
		return typed(o.sdk.UserFactorAPI.EnrollFactor(ctx, userID).Body(okta.ListFactors200ResponseInner{UserFactorEmail: &okta.UserFactorEmail{}}).Execute())
	})
}

// ActivateFactor is POST
// /api/v1/users/{userId}/factors/{factorId}/lifecycle/activate.
func (o *Org) ActivateFactor(ctx context.Context, userID, factorID string, body json.RawMessage) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", userID}, {"factor", factorID}}, body: body}, func(ctx context.Context) error {
		return typed(o.sdk.UserFactorAPI.ActivateFactor(ctx, userID, factorID).Body(map[string]any{}).Execute())
	})
}

// UnenrollFactor is DELETE /api/v1/users/{userId}/factors/{factorId}.
func (o *Org) UnenrollFactor(ctx context.Context, userID, factorID string, q Query) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"user", userID}, {"factor", factorID}}, query: q}, func(ctx context.Context) error {
		return bare(o.sdk.UserFactorAPI.UnenrollFactor(ctx, userID, factorID).Execute())
	})
}
