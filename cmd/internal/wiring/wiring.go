// Package wiring puts the parts together: settings in, a server of tools that
// is signing in to its org out.
//
// It is the only place that knows auth, oktaclient, tools and confirm at once,
// and it decides nothing that one of them could.
package wiring

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"okta-mcp/auth"
	"okta-mcp/cmd/internal/settings"
	"okta-mcp/cmd/internal/version"
	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/tools"
)

// App is a running server and what it stands on.
type App struct {
	Tools *tools.Server
	Org   *oktaclient.Org
	Demo  *demoorg.Org // nil unless --demo

	id   Identity
	stop []func()
	wg   sync.WaitGroup
}

// Start checks the settings, builds everything and begins to sign in without
// waiting for it. Errors are the operator's to mend.
func Start(ctx context.Context, s settings.Settings, caller Caller, askers Askers, log *slog.Logger) (*App, error) {
	app := &App{}
	if err := app.start(ctx, s, caller, askers, log); err != nil {
		app.Close()
		return nil, err
	}
	return app, nil
}

func (a *App) start(ctx context.Context, s settings.Settings, caller Caller, askers Askers, log *slog.Logger) error {
	approvals, err := confirm.ParseApprovals(s.Approve, tools.Confirmable(), time.Now)
	if err != nil {
		return &settings.Error{Name: "--approve", Problem: err.Error(), Example: "deactivate_user=20"}
	}
	if s.Demo {
		if s, err = a.startDemo(s); err != nil {
			return err
		}
	}
	bounds := readBounds(s, caller.ID, log)
	id, device, closeID, err := identity(bounds.asked(s), log)
	if err != nil {
		return err
	}
	a.id, a.stop = id, append(a.stop, closeID)
	record, err := a.openRecord(s, log)
	if err != nil {
		return err
	}
	a.Org, err = oktaclient.New(oktaclient.Options{URL: s.OrgURL, Authorizer: id, UserAgent: version.UserAgent(), Waited: caller.waited(), Logger: log})
	if err != nil {
		return &settings.Error{Name: "OKTA_ORG_URL (or --org-url)", Problem: err.Error(), Example: "https://acme.okta.com"}
	}
	access := &access{id: id, org: a.Org, record: record, tried: make(chan struct{})}
	a.Tools, err = tools.New(tools.Config{
		Version: version.This().String(), Org: a.Org, Access: access, Selection: s.Selection(),
		Options:   tools.Options{AllowSecrets: s.AllowSecrets, Protect: s.Protect, MaxResultBytes: s.MaxResultBytes},
		Approvals: approvals, Policies: bounds.policies, SingleCall: bounds.singleCall, AskWithin: s.AskTimeout, Askers: askers,
		Recorder: record.beside(tools.LogRecorder{Logger: log}, caller.Counts), Logger: log,
		Principal: caller.principal(), SignIn: a.signIn(device, caller.ID),
	})
	if err != nil {
		return selectionError(s, err)
	}
	a.stop = append(a.stop, a.Tools.Close)
	signing, cancel := context.WithCancel(ctx)
	a.stop = append(a.stop, cancel)
	a.wg.Go(func() { access.signIn(signing, log) })
	logStart(log, s, approvals, bounds)
	return nil
}

// Caller is who calls a server.
type Caller struct {
	ID string // CallerStdio, CallerCall or what else calls
	// Principal tells the callers of a server for several apart, and what each may
	// do; nil: there is one, as the operator.
	Principal func(context.Context) tools.Principal
	Counts    Counts // told of what they do; nil: nobody counts
}

// Counts is told of calls, and of how long requests to Okta had to wait.
type Counts interface {
	tools.Recorder
	// Waited is told why a request waited, and how long.
	Waited(reason string, d time.Duration)
}

const (
	// CallerStdio is the MCP client at the other end of standard input and output.
	CallerStdio = "stdio"
	// CallerNetwork are all who call over a network; Principal tells them apart.
	CallerNetwork = "network"
)

func (c Caller) principal() func(context.Context) tools.Principal {
	if c.Principal != nil {
		return c.Principal
	}
	return func(context.Context) tools.Principal { return tools.Principal{ID: c.ID, Operator: true} }
}

// waited is who is told of waits; nil: nobody.
func (c Caller) waited() func(reason string, d time.Duration) {
	if c.Counts == nil {
		return nil
	}
	return c.Counts.Waited
}

// SignedIn reports whether Okta lets us in.
func (a *App) SignedIn() bool { return a.id.State().SignedIn }

// signIn lets a person sign in through the server's own tool, where somebody sits
// at its other end.
func (a *App) signIn(device *auth.Device, callerID string) tools.SignIn {
	if device == nil || callerID != CallerStdio {
		return nil
	}
	return beginner{device}
}

// logStart says once what the operator allowed, so that a log shows it.
func logStart(log *slog.Logger, s settings.Settings, approvals *confirm.Approvals, bounds bounds) {
	log.Info("starting", "version", version.This().String(), "org", s.OrgURL, "client_id", s.ClientID,
		"read_only", s.ReadOnly, "approved", approvals.List(), "secrets_allowed", s.AllowSecrets, "protected", len(s.Protect),
		"policies", bounds.names())
}

// selectionError names the setting with the name that matches nothing.
func selectionError(s settings.Settings, err error) error {
	var unknown *tools.UnknownName
	if !errors.As(err, &unknown) {
		return err
	}
	name := "--exclude-tools"
	switch {
	case unknown.Kind == "toolset":
		name = "--toolsets"
	case slices.Contains(s.Tools, unknown.Name):
		name = "--tools"
	}
	return &settings.Error{Name: name, Problem: err.Error()}
}

// Close ends questions, signing in and the demo org, and waits for them.
func (a *App) Close() {
	for i := len(a.stop) - 1; i >= 0; i-- {
		a.stop[i]()
	}
	a.wg.Wait()
}

// startDemo serves a made-up org on a loopback port and points the settings at it.
func (a *App) startDemo(s settings.Settings) (settings.Settings, error) {
	org, err := demoorg.New(DemoOptions(s))
	if err != nil {
		return s, fmt.Errorf("starting the demo org: %w", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return s, fmt.Errorf("starting the demo org: %w", err)
	}
	a.Demo = org
	srv := &http.Server{Handler: org, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	a.wg.Go(func() { _ = srv.Serve(listener) })
	a.stop = append(a.stop, func() { _ = srv.Close() })
	credentials := org.Credentials()
	s.OrgURL, s.ClientID, s.KeyID = "http://"+listener.Addr().String(), credentials.ClientID, credentials.KeyID
	s.PrivateKey, s.PrivateKeyFile = credentials.PrivateKeyPEM, ""
	return s, nil
}

// access tells tools what auth and oktaclient know.
type access struct {
	id     Identity
	org    *oktaclient.Org
	record record
	tried  chan struct{} // closed when the first sign-in has succeeded or failed
}

func (a *access) Status() tools.Status {
	state := a.id.State()
	status := tools.Status{
		OrgURL: a.org.URL(), Method: state.Method, ClientID: state.ClientID, UserID: state.UserID, SignedIn: state.SignedIn,
		Asked: state.Asked, Granted: state.Granted, Refused: state.Refused,
	}
	if state.Err != nil {
		status.Problem = state.Err.Error()
	}
	status.Problem = a.record.report(status.Problem)
	return status
}

func (a *access) Ready(ctx context.Context) {
	select {
	case <-a.tried:
	case <-ctx.Done():
	}
}

func (a *access) Headroom() []tools.Headroom { return a.org.Headroom() }

func (a *access) Now() time.Time { return a.id.Now() }

func (a *access) Changes(f func()) (stop func()) { return a.id.Changes(f) }

// Signing in is repeated while nothing is granted, for then no tool is offered and
// so no call would ever try again: until the first time, and after it was lost.
const (
	firstPause = 2 * time.Second
	mostPause  = time.Minute
)

func (a *access) signIn(ctx context.Context, log *slog.Logger) {
	first := sync.OnceFunc(func() { close(a.tried) })
	defer first()
	for pause := firstPause; ; pause = min(2*pause, mostPause) {
		if len(a.id.State().Granted) > 0 {
			pause = mostPause
		} else if a.id.SignIn(ctx) != nil && ctx.Err() == nil {
			log.Debug("signing in is tried again", "in", pause) // auth has said why it failed
		}
		first()
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
	}
}

// Logger returns what the settings ask for, and otherwise level: lines for
// people on standard error, or plain lines in a file that others cannot read; in
// either place JSON, where that is asked for.
func Logger(s settings.Settings, level slog.Level, stderr io.Writer, color bool) (log *slog.Logger, closeLog func(), err error) {
	if s.LogLevel != nil {
		level = *s.LogLevel
	}
	switch {
	case s.LogsObjects():
		return slog.New(jsonHandler(stderr, level)), func() {}, nil
	case s.LogFile == "":
		return slog.New(peopleHandler(stderr, level, color)), func() {}, nil
	}
	file, err := os.OpenFile(s.LogFile, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, &settings.Error{Name: "OKTA_LOG_FILE (or --log-file)", Problem: err.Error(), Example: "/var/log/okta-mcp.log"}
	}
	handler := fileHandler(file, level)
	if s.LogFormat == settings.LogJSON {
		handler = jsonHandler(file, level)
	}
	return slog.New(handler), func() { _ = file.Close() }, nil
}
