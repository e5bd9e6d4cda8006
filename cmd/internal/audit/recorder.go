package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"okta-mcp/tools"
)

// Recorder adds every call to a file. It implements [tools.Recorder].
//
// A call that was consented to is recorded before it changes anything, and that
// record is on the disk (fsync) when the call goes on: it costs what the disk
// takes, some milliseconds where it is not a fast one. All other records are left
// to the operating system: they survive the end of this process, not always a
// power cut.
type Recorder struct {
	org  string
	log  *slog.Logger
	file *file

	mu      sync.Mutex
	problem error
	missed  uint64
}

var _ tools.Recorder = (*Recorder)(nil)

// Options say where the record is kept.
type Options struct {
	Path     string
	MaxBytes int    // a file that would grow beyond is renamed to PATH.1; 0: DefaultMaxBytes
	Org      string // the host of the org that is worked in
	Logger   *slog.Logger
}

// Open returns a recorder. A file that is not safe to keep a record in is
// [ErrUnsafe]; one that cannot be written now is a problem, which may pass.
func Open(o Options) (*Recorder, error) {
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	r := &Recorder{org: o.Org, log: o.Logger, file: &file{path: resolved(o.Path), maxBytes: int64(o.MaxBytes)}}
	err := r.file.ready()
	if errors.Is(err, ErrUnsafe) {
		return nil, err
	}
	r.note(err)
	return r, nil
}

// Close closes the file. Records that come later open it again.
func (r *Recorder) Close() error { return r.file.close() }

// Problem is why the record cannot be written, or nil. Changes are refused while
// there is one.
func (r *Recorder) Problem() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.problem == nil {
		return nil
	}
	return fmt.Errorf("the record of what is done cannot be written, so nothing is changed until it can: %w", r.problem)
}

// Before implements [tools.Recorder]. An error refuses the call.
func (r *Recorder) Before(_ context.Context, e tools.Event) error {
	if e.Effect == tools.Read {
		return nil
	}
	// Only writing shows whether writing works.
	consented := e.Effect != tools.Write || e.Consent.By != ""
	if err := r.add(newRecord(Intent, r.org, e), consented); err != nil {
		return r.Problem()
	}
	return nil
}

// After implements [tools.Recorder].
func (r *Recorder) After(_ context.Context, e tools.Event) error {
	return r.add(newRecord(Done, r.org, e), false)
}

func (r *Recorder) add(record Record, durable bool) error {
	r.mu.Lock()
	missed := r.missed
	r.mu.Unlock()
	record.Missed = missed
	err := r.file.add(record, durable)
	r.note(err)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.missed -= min(missed, r.missed)
	} else {
		r.missed++
	}
	return err
}

// note keeps the problem, and says once that it came and that it went.
func (r *Recorder) note(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err != nil && r.problem == nil:
		r.log.Error("the record of what is done cannot be written: changes are refused until it can", "error", err)
	case err == nil && r.problem != nil:
		r.log.Info("the record of what is done is written again", "missed", r.missed)
	}
	r.problem = err
}
