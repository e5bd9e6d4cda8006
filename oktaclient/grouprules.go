package oktaclient

import (
	"context"
	"encoding/json"

	"github.com/okta/okta-sdk-golang/v5/okta"
)

// Operations tagged GroupRule.

// ListGroupRules is GET /api/v1/groups/rules.
func (o *Org) ListGroupRules(ctx context.Context, q Query) (*Answer, error) {
	return o.run(ctx, call{query: q}, func(ctx context.Context) error {
		return typed(o.sdk.GroupAPI.ListGroupRules(ctx).Execute())
	})
}

// GetGroupRule is GET /api/v1/groups/rules/{groupRuleId}.
func (o *Org) GetGroupRule(ctx context.Context, id string, q Query) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"group rule", id}}, query: q}, func(ctx context.Context) error {
		return typed(o.sdk.GroupAPI.GetGroupRule(ctx, id).Execute())
	})
}

// CreateGroupRule is POST /api/v1/groups/rules. The rule is created INACTIVE.
func (o *Org) CreateGroupRule(ctx context.Context, body json.RawMessage) (*Answer, error) {
	return o.run(ctx, call{body: body}, func(ctx context.Context) error {
		return typed(o.sdk.GroupAPI.CreateGroupRule(ctx).GroupRule(okta.GroupRule{}).Execute())
	})
}

// ReplaceGroupRule is PUT /api/v1/groups/rules/{groupRuleId}. Okta takes it
// for an INACTIVE rule only.
func (o *Org) ReplaceGroupRule(ctx context.Context, id string, body json.RawMessage) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"group rule", id}}, body: body}, func(ctx context.Context) error {
		return typed(o.sdk.GroupAPI.ReplaceGroupRule(ctx, id).GroupRule(okta.GroupRule{}).Execute())
	})
}

// ActivateGroupRule is POST
// /api/v1/groups/rules/{groupRuleId}/lifecycle/activate.
func (o *Org) ActivateGroupRule(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"group rule", id}}}, func(ctx context.Context) error {
		return bare(o.sdk.GroupAPI.ActivateGroupRule(ctx, id).Execute())
	})
}

// DeactivateGroupRule is POST
// /api/v1/groups/rules/{groupRuleId}/lifecycle/deactivate.
func (o *Org) DeactivateGroupRule(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"group rule", id}}}, func(ctx context.Context) error {
		return bare(o.sdk.GroupAPI.DeactivateGroupRule(ctx, id).Execute())
	})
}

// DeleteGroupRule is DELETE /api/v1/groups/rules/{groupRuleId}.
func (o *Org) DeleteGroupRule(ctx context.Context, id string, q Query) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"group rule", id}}, query: q}, func(ctx context.Context) error {
		return bare(o.sdk.GroupAPI.DeleteGroupRule(ctx, id).Execute())
	})
}
