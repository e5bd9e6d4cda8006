package wiring

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"sync"

	"okta-mcp/cmd/internal/audit"
	"okta-mcp/cmd/internal/settings"
	"okta-mcp/tools"
)

// record is the record of what was done, or nothing where none is kept.
type record struct{ *audit.Recorder }

// openRecord opens the record that the settings name. One that cannot be written
// is no error: changes are refused until it can.
func (a *App) openRecord(s settings.Settings, log *slog.Logger) (record, error) {
	if s.AuditFile == "" {
		return record{}, nil
	}
	host := ""
	if u, err := url.Parse(s.OrgURL); err == nil { // who signs in has checked it
		host = u.Host
	}
	recorder, err := audit.Open(audit.Options{Path: s.AuditFile, MaxBytes: s.AuditMaxBytes, Org: host, Logger: log})
	if err != nil {
		return record{}, &settings.Error{Name: "--audit-file", Problem: err.Error()}
	}
	a.stop = append(a.stop, func() {
		if err := recorder.Close(); err != nil {
			log.Warn("closing the record", "error", err)
		}
	})
	return record{recorder}, nil
}

func (r record) problem() error {
	if r.Recorder == nil {
		return nil
	}
	return r.Problem()
}

// report adds that the record cannot be written to what else is wrong.
func (r record) report(problem string) string {
	switch err := r.problem(); {
	case err == nil:
		return problem
	case problem == "":
		return err.Error()
	default:
		return problem + "; " + err.Error()
	}
}

// beside records where log does, where calls are counted, if they are, and in the
// record.
func (r record) beside(log tools.Recorder, counts Counts) tools.Recorder {
	all := recorders{log, roomy{new(sync.Once)}}
	if counts != nil {
		all = append(all, counts)
	}
	if r.Recorder != nil {
		all = append(all, r.Recorder)
	}
	return all
}

// recorders tells several; the first error counts, and all are told.
type recorders []tools.Recorder

func (all recorders) Before(ctx context.Context, e tools.Event) error {
	var errs []error
	for _, one := range all {
		errs = append(errs, one.Before(ctx, e))
	}
	return errors.Join(errs...)
}

func (all recorders) After(ctx context.Context, e tools.Event) error {
	var errs []error
	for _, one := range all {
		errs = append(errs, one.After(ctx, e))
	}
	return errors.Join(errs...)
}
