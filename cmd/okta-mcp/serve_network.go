package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"okta-mcp/cmd/internal/metrics"
	"okta-mcp/cmd/internal/remote"
	"okta-mcp/cmd/internal/settings"
	"okta-mcp/cmd/internal/version"
	"okta-mcp/cmd/internal/wiring"
	"okta-mcp/tools"
)

// station is a server on a network, and what it is made of.
type station struct {
	settings settings.Settings
	log      *slog.Logger
	front    *wiring.Front
	app      *wiring.App
	door     *remote.Server
	counts   *metrics.Metrics
}

// serveNetwork serves callers over a network until ctx ends, and then lets calls in
// flight finish.
func serveNetwork(ctx context.Context, t terminal, s settings.Settings, log *slog.Logger) error {
	front, err := wiring.OpenFront(ctx, s, log)
	if err != nil {
		return err
	}
	defer front.Close()
	// Whoever leaves a group that bounds them, or renames it, is bound no more.
	s.Protect = append(slices.Clone(s.Protect), front.Groups...)
	st := &station{settings: s, log: log, front: front}
	defer st.close()
	if err := st.open(context.WithoutCancel(ctx)); err != nil { // calls in flight outlive the signal
		return err
	}
	forget, err := st.announce(t)
	if err != nil {
		return err
	}
	defer forget()
	return st.serve(ctx)
}

// open puts the parts together. Nothing is answered yet.
func (st *station) open(ctx context.Context) (err error) {
	st.counts = metrics.New(metrics.Options{
		Version:  version.This().String(),
		SignedIn: func() bool { return st.app.SignedIn() }, Headroom: func() []tools.Headroom { return st.app.Org.Headroom() },
		Sessions: func() int { return st.door.Sessions() }, Streams: func() int { return st.door.Streams() },
	})
	callers := wiring.Caller{ID: wiring.CallerNetwork, Principal: remote.Principal, Counts: st.counts}
	st.app, err = wiring.Start(ctx, st.settings, callers, wiring.Ask(askRemote(st.settings.Ask), nil), st.log)
	if err != nil {
		return err
	}
	st.door = remote.New(remote.Options{
		Transport: st.settings.Network.Transport, MCP: st.app.Tools.MCP(), Authenticator: st.front.Authenticator, Grants: st.front.Grants,
		Hosts: st.front.Hosts, Origins: st.settings.Network.AllowOrigins, Metadata: st.front.Metadata,
		SignedIn: st.app.SignedIn, Refused: st.counts.Refused, Logger: st.log,
	})
	return nil
}

func (st *station) close() {
	if st.door != nil {
		st.door.Close()
	}
	if st.app != nil {
		st.app.Close()
	}
}

// serve answers requests until ctx ends, and metrics beside it.
func (st *station) serve(ctx context.Context) error {
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ends, listeners := make(chan error, 2), 1
	if st.front.Metrics != nil {
		listeners = 2
		go func() { ends <- remote.Serve(serving, st.front.Metrics, st.counts.Handler(), nil, st.log) }()
	}
	go func() { ends <- remote.Serve(serving, st.front.Listener, st.door, st.front.Certificates, st.log) }()
	var err error
	select {
	case err = <-ends:
		listeners--
	case <-ctx.Done():
		signal.Reset(os.Interrupt, syscall.SIGTERM) // the next one ends the program at once
		st.finish()
	}
	stop()
	for range listeners {
		err = errors.Join(err, <-ends)
	}
	return err
}

// askRemote is what --ask means where a page would open on the server's own
// machine: people are asked by their MCP clients, or not at all.
func askRemote(ask string) string {
	if ask == wiring.AskNone {
		return ask
	}
	return wiring.AskClient
}

const (
	answersWithin = 2 * time.Second  // what was not answered in time is told so
	writesWithin  = 10 * time.Second // what Okta was sent is waited for
)

// finish ends the server's work: what is in flight has the grace, then questions
// are closed, then calls ended, but for writes that Okta was sent already, and then
// streams.
func (st *station) finish() {
	st.log.Info("stopping", "calls_have", st.settings.Network.Grace())
	st.drain(st.settings.Network.Grace())
	st.app.Tools.CloseQuestions()
	st.drain(answersWithin)
	st.app.Tools.Close()
	st.drain(writesWithin)
	st.door.Close()
}

func (st *station) drain(within time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	st.door.Drain(ctx)
}

// announce tells the operator where the server is and how clients get in. The
// token goes to a terminal, or to a file that nobody else can read: anything else
// that standard error leads to is kept and read by others.
func (st *station) announce(t terminal) (forget func(), err error) {
	front, network := st.front, st.settings.Network
	say := st.teller(t)
	say("listening on", front.URL)
	if network.PublicURL != "" {
		say("clients reach it at", network.PublicURL)
	}
	if front.Metrics != nil {
		say("metrics at", fmt.Sprintf("http://%s%s", front.Metrics.Addr(), metrics.Path))
	}
	forget = func() {}
	switch {
	case front.Token == "":
	case isTerminal(t.stderr) && !st.settings.LogsObjects():
		fmt.Fprintf(t.stderr, "\nFor the configuration of an MCP client; the token is good until the server stops:\n\n  %s\n\n", front.Entry(network.Transport))
	default:
		name, err := keepToken(front.Token)
		if err != nil {
			return nil, err
		}
		say("token file:", name)
		forget = func() { _ = os.Remove(name) } // the token is good for nothing any more
	}
	return forget, nil
}

// teller says where things are, at every --log-level, in the form of the log that
// is on standard error.
func (st *station) teller(t terminal) func(what, where string) {
	if !st.settings.LogsObjects() {
		return func(what, where string) { fmt.Fprintln(t.stderr, what, where) }
	}
	log := wiring.ObjectLogger(t.stderr)
	return func(what, where string) { log.Info(what, "where", where) }
}

// keepToken writes the token to a new file of our own user's.
func keepToken(token string) (name string, err error) {
	file, err := os.CreateTemp("", "okta-mcp-token-") // for its owner alone
	if err != nil {
		return "", fmt.Errorf("keeping the token for clients: %w", err)
	}
	_, err = fmt.Fprintln(file, token)
	if err = errors.Join(err, file.Close()); err != nil {
		_ = os.Remove(file.Name())
		return "", fmt.Errorf("keeping the token for clients: %w", err)
	}
	return file.Name(), nil
}
