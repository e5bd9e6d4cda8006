package oktaclient

import (
	"context"
	"net/http"
	"strings"
)

// Operations tagged SystemLog.

// ListLogEvents is GET /api/v1/logs. Without until every page has a next one,
// an empty page included.
func (o *Org) ListLogEvents(ctx context.Context, q Query) (*Answer, error) {
	return o.run(ctx, call{query: q}, func(ctx context.Context) error {
		return typed(o.sdk.SystemLogAPI.ListLogEvents(ctx).Execute())
	})
}

// Unlogged reports whether Okta's catalogue of events has none for a change, so
// that its absence from the System Log proves nothing. path is as a request has
// it. https://developer.okta.com/docs/reference/api/event-types/
func Unlogged(method, path string) bool {
	s := strings.Split(strings.Trim(path, "/"), "/")
	if len(s) < 3 || s[0] != "api" || s[1] != "v1" {
		return false
	}
	switch s = s[2:]; {
	case s[0] == "groups" && len(s) > 1 && s[1] == "rules": // only switching them on and off has one
		return len(s) < 4
	case s[0] == "groups" && len(s) > 2:
		return s[2] == "owners"
	case s[0] == "sessions": // beginning one and extending it
		return method == http.MethodPost
	case s[0] == "users" && len(s) > 3:
		return s[2] == "linkedObjects" || s[3] == "change_recovery_question"
	}
	return false
}
