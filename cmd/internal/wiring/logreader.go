package wiring

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"time"

	"okta-mcp/cmd/internal/settings"
	"okta-mcp/cmd/internal/version"
	"okta-mcp/oktaclient"
)

// ErrNotSignedIn is that Okta gave no token, or one that reads no log.
var ErrNotSignedIn = errors.New("not signed in")

const logsRead = "okta.logs.read"

// LogReader reads an org's System Log and can do nothing else.
type LogReader struct {
	app Identity
	org *oktaclient.Org

	Close func() // ends what goes on in the background
}

// OpenLog signs in for reading the System Log only, whatever scopes the settings
// name.
func OpenLog(ctx context.Context, s settings.Settings, log *slog.Logger) (*LogReader, error) {
	s.Scopes = []string{logsRead}
	app, _, closeID, err := identity(s, log)
	if err != nil {
		return nil, err
	}
	org, err := oktaclient.New(oktaclient.Options{URL: s.OrgURL, Authorizer: app, UserAgent: version.UserAgent(), Logger: log})
	if err != nil {
		return nil, &settings.Error{Name: "OKTA_ORG_URL (or --org-url)", Problem: err.Error(), Example: "https://acme.okta.com"}
	}
	if err := app.SignIn(ctx); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotSignedIn, err)
	}
	if !slices.Contains(app.State().Granted, logsRead) {
		return nil, fmt.Errorf("%w: the app is not granted %s; an administrator grants it under Okta API Scopes", ErrNotSignedIn, logsRead)
	}
	return &LogReader{app: app, org: org.ReadOnly(), Close: closeID}, nil
}

// Host is that of the org.
func (r *LogReader) Host() string { return r.org.Host() }

// ahead is by how much Okta's clock may be ahead of what its answers told of it:
// they carry whole seconds, and take their time.
const ahead = 2 * time.Second

// Now is Okta's time, or up to two seconds more: nothing in the log is later.
func (r *LogReader) Now() time.Time { return r.app.Now().Add(ahead) }

// What one page holds, and how many are read before a question is too wide.
const (
	logPage   = 1000
	mostPages = 5000
)

// Events calls yield with every event from since to until that fits a SCIM
// filter. An error means that not all of them were read.
func (r *LogReader) Events(ctx context.Context, since, until time.Time, filter string, yield func(json.RawMessage) error) error {
	// With an end, paging ends.
	const layout = "2006-01-02T15:04:05.000Z"
	query := url.Values{
		"since": {since.UTC().Format(layout)}, "until": {until.UTC().Format(layout)},
		"filter": {filter}, "limit": {strconv.Itoa(logPage)}, "sortOrder": {"ASCENDING"},
	}
	for page := 1; ; page++ {
		answer, err := r.org.ListLogEvents(ctx, query)
		if err != nil {
			return fmt.Errorf("reading page %d of the System Log: %w", page, err)
		}
		events, err := answer.Items()
		if err != nil {
			return fmt.Errorf("reading page %d of the System Log: %w", page, err)
		}
		for _, event := range events {
			if err := yield(event); err != nil {
				return err
			}
		}
		switch {
		case answer.Next == nil:
			return nil
		case answer.Next.Encode() == query.Encode():
			return fmt.Errorf("reading the System Log: page %d names itself as the next one", page)
		case page == mostPages:
			return fmt.Errorf("reading the System Log: more than %d pages; give a later --since", mostPages)
		}
		query = answer.Next
	}
}
