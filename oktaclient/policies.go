package oktaclient

import (
	"context"
	"encoding/json"

	"github.com/okta/okta-sdk-golang/v5/okta"
)

// Operations tagged Policy. The SDK's body parameters are unions that cannot be
// empty: any variant will do, the bytes sent are the caller's.

// ListPolicies is GET /api/v1/policies. Its type is required.
func (o *Org) ListPolicies(ctx context.Context, q Query) (*Answer, error) {
	return o.run(ctx, call{query: q}, func(ctx context.Context) error {
		return typed(o.sdk.PolicyAPI.ListPolicies(ctx).Type_("").Execute()) // q decides
	})
}

// GetPolicy is GET /api/v1/policies/{policyId}.
func (o *Org) GetPolicy(ctx context.Context, id string, q Query) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"policy", id}}, query: q}, func(ctx context.Context) error {
		return typed(o.sdk.PolicyAPI.GetPolicy(ctx, id).Execute())
	})
}

// CreatePolicy is POST /api/v1/policies. The policy is active unless q says
// activate=false.
func (o *Org) CreatePolicy(ctx context.Context, q Query, body json.RawMessage) (*Answer, error) {
	return o.run(ctx, call{query: q, body: body}, func(ctx context.Context) error {
		return typed(o.sdk.PolicyAPI.CreatePolicy(ctx).Policy(okta.ListPolicies200ResponseInner{OktaSignOnPolicy: &okta.OktaSignOnPolicy{}}).Execute())
	})
}

// ReplacePolicy is PUT /api/v1/policies/{policyId}.
func (o *Org) ReplacePolicy(ctx context.Context, id string, body json.RawMessage) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"policy", id}}, body: body}, func(ctx context.Context) error {
		return typed(o.sdk.PolicyAPI.ReplacePolicy(ctx, id).Policy(okta.ListPolicies200ResponseInner{OktaSignOnPolicy: &okta.OktaSignOnPolicy{}}).Execute())
	})
}

// ActivatePolicy is POST /api/v1/policies/{policyId}/lifecycle/activate.
func (o *Org) ActivatePolicy(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"policy", id}}}, func(ctx context.Context) error {
		return bare(o.sdk.PolicyAPI.ActivatePolicy(ctx, id).Execute())
	})
}

// DeactivatePolicy is POST /api/v1/policies/{policyId}/lifecycle/deactivate.
func (o *Org) DeactivatePolicy(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"policy", id}}}, func(ctx context.Context) error {
		return bare(o.sdk.PolicyAPI.DeactivatePolicy(ctx, id).Execute())
	})
}

// DeletePolicy is DELETE /api/v1/policies/{policyId}.
func (o *Org) DeletePolicy(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"policy", id}}}, func(ctx context.Context) error {
		return bare(o.sdk.PolicyAPI.DeletePolicy(ctx, id).Execute())
	})
}

// ListPolicyApps is GET /api/v1/policies/{policyId}/app.
func (o *Org) ListPolicyApps(ctx context.Context, id string, q Query) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"policy", id}}, query: q}, func(ctx context.Context) error {
		return typed(o.sdk.PolicyAPI.ListPolicyApps(ctx, id).Execute())
	})
}

// ListPolicyMappings is GET /api/v1/policies/{policyId}/mappings.
func (o *Org) ListPolicyMappings(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"policy", id}}}, func(ctx context.Context) error {
		return typed(o.sdk.PolicyAPI.ListPolicyMappings(ctx, id).Execute())
	})
}

// ListPolicyRules is GET /api/v1/policies/{policyId}/rules.
func (o *Org) ListPolicyRules(ctx context.Context, policyID string, q Query) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"policy", policyID}}, query: q}, func(ctx context.Context) error {
		return typed(o.sdk.PolicyAPI.ListPolicyRules(ctx, policyID).Execute())
	})
}

// GetPolicyRule is GET /api/v1/policies/{policyId}/rules/{ruleId}.
func (o *Org) GetPolicyRule(ctx context.Context, policyID, ruleID string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"policy", policyID}, {"rule", ruleID}}}, func(ctx context.Context) error {
		return typed(o.sdk.PolicyAPI.GetPolicyRule(ctx, policyID, ruleID).Execute())
	})
}

// CreatePolicyRule is POST /api/v1/policies/{policyId}/rules. The rule is
// active unless q says activate=false.
func (o *Org) CreatePolicyRule(ctx context.Context, policyID string, q Query, body json.RawMessage) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"policy", policyID}}, query: q, body: body}, func(ctx context.Context) error {
		return typed(o.sdk.PolicyAPI.CreatePolicyRule(ctx, policyID).PolicyRule(okta.ListPolicyRules200ResponseInner{OktaSignOnPolicyRule: &okta.OktaSignOnPolicyRule{}}).Execute())
	})
}

// ReplacePolicyRule is PUT /api/v1/policies/{policyId}/rules/{ruleId}.
func (o *Org) ReplacePolicyRule(ctx context.Context, policyID, ruleID string, body json.RawMessage) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"policy", policyID}, {"rule", ruleID}}, body: body}, func(ctx context.Context) error {
		return typed(o.sdk.PolicyAPI.ReplacePolicyRule(ctx, policyID, ruleID).PolicyRule(okta.ListPolicyRules200ResponseInner{OktaSignOnPolicyRule: &okta.OktaSignOnPolicyRule{}}).Execute())
	})
}

// ActivatePolicyRule is POST
// /api/v1/policies/{policyId}/rules/{ruleId}/lifecycle/activate.
func (o *Org) ActivatePolicyRule(ctx context.Context, policyID, ruleID string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"policy", policyID}, {"rule", ruleID}}}, func(ctx context.Context) error {
		return bare(o.sdk.PolicyAPI.ActivatePolicyRule(ctx, policyID, ruleID).Execute())
	})
}

// DeactivatePolicyRule is POST
// /api/v1/policies/{policyId}/rules/{ruleId}/lifecycle/deactivate.
func (o *Org) DeactivatePolicyRule(ctx context.Context, policyID, ruleID string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"policy", policyID}, {"rule", ruleID}}}, func(ctx context.Context) error {
		return bare(o.sdk.PolicyAPI.DeactivatePolicyRule(ctx, policyID, ruleID).Execute())
	})
}

// DeletePolicyRule is DELETE /api/v1/policies/{policyId}/rules/{ruleId}.
func (o *Org) DeletePolicyRule(ctx context.Context, policyID, ruleID string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"policy", policyID}, {"rule", ruleID}}}, func(ctx context.Context) error {
		return bare(o.sdk.PolicyAPI.DeletePolicyRule(ctx, policyID, ruleID).Execute())
	})
}

// CreatePolicySimulation is POST /api/v1/policies/simulate. It creates
// nothing: it evaluates the policies, and goes through a read-only Org.
func (o *Org) CreatePolicySimulation(ctx context.Context, q Query, body json.RawMessage) (*Answer, error) {
	return o.run(ctx, call{query: q, body: body}, func(ctx context.Context) error {
		return typed(o.sdk.PolicyAPI.CreatePolicySimulation(ctx).SimulatePolicy([]okta.SimulatePolicyBody{}).Execute())
	})
}
