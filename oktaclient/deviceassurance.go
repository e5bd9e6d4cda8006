package oktaclient

import (
	"context"
	"encoding/json"

	"github.com/okta/okta-sdk-golang/v5/okta"
)

// Operations tagged DeviceAssurance.

// ListDeviceAssurancePolicies is GET /api/v1/device-assurances.
func (o *Org) ListDeviceAssurancePolicies(ctx context.Context) (*Answer, error) {
	return o.run(ctx, call{}, func(ctx context.Context) error {
		return typed(o.sdk.DeviceAssuranceAPI.ListDeviceAssurancePolicies(ctx).Execute())
	})
}

// GetDeviceAssurancePolicy is GET
// /api/v1/device-assurances/{deviceAssuranceId}.
func (o *Org) GetDeviceAssurancePolicy(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"device assurance policy", id}}}, func(ctx context.Context) error {
		return typed(o.sdk.DeviceAssuranceAPI.GetDeviceAssurancePolicy(ctx, id).Execute())
	})
}

// CreateDeviceAssurancePolicy is POST /api/v1/device-assurances.
func (o *Org) CreateDeviceAssurancePolicy(ctx context.Context, body json.RawMessage) (*Answer, error) {
	return o.run(ctx, call{body: body}, func(ctx context.Context) error {
		return typed(o.sdk.DeviceAssuranceAPI.CreateDeviceAssurancePolicy(ctx).DeviceAssurance(okta.ListDeviceAssurancePolicies200ResponseInner{DeviceAssuranceMacOSPlatform: &okta.DeviceAssuranceMacOSPlatform{}}).Execute())
	})
}

// ReplaceDeviceAssurancePolicy is PUT
// /api/v1/device-assurances/{deviceAssuranceId}.
func (o *Org) ReplaceDeviceAssurancePolicy(ctx context.Context, id string, body json.RawMessage) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"device assurance policy", id}}, body: body}, func(ctx context.Context) error {
		return typed(o.sdk.DeviceAssuranceAPI.ReplaceDeviceAssurancePolicy(ctx, id).DeviceAssurance(okta.ListDeviceAssurancePolicies200ResponseInner{DeviceAssuranceMacOSPlatform: &okta.DeviceAssuranceMacOSPlatform{}}).Execute())
	})
}

// DeleteDeviceAssurancePolicy is DELETE
// /api/v1/device-assurances/{deviceAssuranceId}.
func (o *Org) DeleteDeviceAssurancePolicy(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"device assurance policy", id}}}, func(ctx context.Context) error {
		return bare(o.sdk.DeviceAssuranceAPI.DeleteDeviceAssurancePolicy(ctx, id).Execute())
	})
}
