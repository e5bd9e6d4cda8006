package oktaclient

import (
	"context"
	"encoding/json"

	"github.com/okta/okta-sdk-golang/v5/okta"
)

// Operations tagged EventHook.

// ListEventHooks is GET /api/v1/eventHooks.
func (o *Org) ListEventHooks(ctx context.Context) (*Answer, error) {
	return o.run(ctx, call{}, func(ctx context.Context) error {
		return typed(o.sdk.EventHookAPI.ListEventHooks(ctx).Execute())
	})
}

// GetEventHook is GET /api/v1/eventHooks/{eventHookId}.
func (o *Org) GetEventHook(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"event hook", id}}}, func(ctx context.Context) error {
		return typed(o.sdk.EventHookAPI.GetEventHook(ctx, id).Execute())
	})
}

// CreateEventHook is POST /api/v1/eventHooks. Okta delivers nothing to it
// before it is verified.
func (o *Org) CreateEventHook(ctx context.Context, body json.RawMessage) (*Answer, error) {
	return o.run(ctx, call{body: body}, func(ctx context.Context) error {
		return typed(o.sdk.EventHookAPI.CreateEventHook(ctx).EventHook(okta.EventHook{}).Execute())
	})
}

// VerifyEventHook is POST /api/v1/eventHooks/{eventHookId}/lifecycle/verify:
// Okta calls its address once.
func (o *Org) VerifyEventHook(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"event hook", id}}}, func(ctx context.Context) error {
		return typed(o.sdk.EventHookAPI.VerifyEventHook(ctx, id).Execute())
	})
}

// ActivateEventHook is POST
// /api/v1/eventHooks/{eventHookId}/lifecycle/activate.
func (o *Org) ActivateEventHook(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"event hook", id}}}, func(ctx context.Context) error {
		return typed(o.sdk.EventHookAPI.ActivateEventHook(ctx, id).Execute())
	})
}

// DeactivateEventHook is POST
// /api/v1/eventHooks/{eventHookId}/lifecycle/deactivate.
func (o *Org) DeactivateEventHook(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"event hook", id}}}, func(ctx context.Context) error {
		return typed(o.sdk.EventHookAPI.DeactivateEventHook(ctx, id).Execute())
	})
}

// DeleteEventHook is DELETE /api/v1/eventHooks/{eventHookId}.
func (o *Org) DeleteEventHook(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"event hook", id}}}, func(ctx context.Context) error {
		return bare(o.sdk.EventHookAPI.DeleteEventHook(ctx, id).Execute())
	})
}
