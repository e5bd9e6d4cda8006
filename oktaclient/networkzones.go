package oktaclient

import (
	"context"
	"encoding/json"

	"github.com/okta/okta-sdk-golang/v5/okta"
)

// Operations tagged NetworkZone.

// ListNetworkZones is GET /api/v1/zones.
func (o *Org) ListNetworkZones(ctx context.Context, q Query) (*Answer, error) {
	return o.run(ctx, call{query: q}, func(ctx context.Context) error {
		return typed(o.sdk.NetworkZoneAPI.ListNetworkZones(ctx).Execute())
	})
}

// GetNetworkZone is GET /api/v1/zones/{zoneId}.
func (o *Org) GetNetworkZone(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"zone", id}}}, func(ctx context.Context) error {
		return typed(o.sdk.NetworkZoneAPI.GetNetworkZone(ctx, id).Execute())
	})
}

// CreateNetworkZone is POST /api/v1/zones.
func (o *Org) CreateNetworkZone(ctx context.Context, body json.RawMessage) (*Answer, error) {
	return o.run(ctx, call{body: body}, func(ctx context.Context) error {
		return typed(o.sdk.NetworkZoneAPI.CreateNetworkZone(ctx).Zone(okta.ListNetworkZones200ResponseInner{IPNetworkZone: &okta.IPNetworkZone{}}).Execute())
	})
}

// ReplaceNetworkZone is PUT /api/v1/zones/{zoneId}.
func (o *Org) ReplaceNetworkZone(ctx context.Context, id string, body json.RawMessage) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"zone", id}}, body: body}, func(ctx context.Context) error {
		return typed(o.sdk.NetworkZoneAPI.ReplaceNetworkZone(ctx, id).Zone(okta.ListNetworkZones200ResponseInner{IPNetworkZone: &okta.IPNetworkZone{}}).Execute())
	})
}

// ActivateNetworkZone is POST /api/v1/zones/{zoneId}/lifecycle/activate.
func (o *Org) ActivateNetworkZone(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"zone", id}}}, func(ctx context.Context) error {
		return typed(o.sdk.NetworkZoneAPI.ActivateNetworkZone(ctx, id).Execute())
	})
}

// DeactivateNetworkZone is POST /api/v1/zones/{zoneId}/lifecycle/deactivate.
func (o *Org) DeactivateNetworkZone(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"zone", id}}}, func(ctx context.Context) error {
		return typed(o.sdk.NetworkZoneAPI.DeactivateNetworkZone(ctx, id).Execute())
	})
}

// DeleteNetworkZone is DELETE /api/v1/zones/{zoneId}.
func (o *Org) DeleteNetworkZone(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"zone", id}}}, func(ctx context.Context) error {
		return bare(o.sdk.NetworkZoneAPI.DeleteNetworkZone(ctx, id).Execute())
	})
}
