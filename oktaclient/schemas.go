package oktaclient

import "context"

// Operations tagged Schema.

// GetUserSchema is GET /api/v1/meta/schemas/user/{schemaId}; id may be
// "default".
func (o *Org) GetUserSchema(ctx context.Context, id string) (*Answer, error) {
	return o.run(ctx, call{ids: []pathID{{"schema", id}}}, func(ctx context.Context) error {
		return typed(o.sdk.SchemaAPI.GetUserSchema(ctx, id).Execute())
	})
}
