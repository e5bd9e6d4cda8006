package oktaclient

import "context"

// Operations tagged Device.

// ListDevices is GET /api/v1/devices.
func (o *Org) ListDevices(ctx context.Context, q Query) (*Answer, error) {
	return o.run(ctx, call{query: q}, func(ctx context.Context) error {
		return typed(o.sdk.DeviceAPI.ListDevices(ctx).Execute())
	})
}

// GetDevice is GET /api/v1/devices/{deviceId}.
func (o *Org) GetDevice(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"device", id}}}, func(ctx context.Context) error {
		return typed(o.sdk.DeviceAPI.GetDevice(ctx, id).Execute())
	})
}

// ListDeviceUsers is GET /api/v1/devices/{deviceId}/users.
func (o *Org) ListDeviceUsers(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"device", id}}}, func(ctx context.Context) error {
		return typed(o.sdk.DeviceAPI.ListDeviceUsers(ctx, id).Execute())
	})
}

// ActivateDevice is POST /api/v1/devices/{deviceId}/lifecycle/activate.
func (o *Org) ActivateDevice(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"device", id}}}, func(ctx context.Context) error {
		return bare(o.sdk.DeviceAPI.ActivateDevice(ctx, id).Execute())
	})
}

// DeactivateDevice is POST /api/v1/devices/{deviceId}/lifecycle/deactivate.
func (o *Org) DeactivateDevice(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"device", id}}}, func(ctx context.Context) error {
		return bare(o.sdk.DeviceAPI.DeactivateDevice(ctx, id).Execute())
	})
}

// SuspendDevice is POST /api/v1/devices/{deviceId}/lifecycle/suspend.
func (o *Org) SuspendDevice(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"device", id}}}, func(ctx context.Context) error {
		return bare(o.sdk.DeviceAPI.SuspendDevice(ctx, id).Execute())
	})
}

// UnsuspendDevice is POST /api/v1/devices/{deviceId}/lifecycle/unsuspend.
func (o *Org) UnsuspendDevice(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"device", id}}}, func(ctx context.Context) error {
		return bare(o.sdk.DeviceAPI.UnsuspendDevice(ctx, id).Execute())
	})
}

// DeleteDevice is DELETE /api/v1/devices/{deviceId}. Okta takes it for a
// DEACTIVATED device only.
func (o *Org) DeleteDevice(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"device", id}}}, func(ctx context.Context) error {
		return bare(o.sdk.DeviceAPI.DeleteDevice(ctx, id).Execute())
	})
}
