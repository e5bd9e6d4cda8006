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
	running := context.WithoutCancel(ctx) // calls in flight outlive the signal
	var door *remote.Server
	var app *wiring.App
	counts := metrics.New(metrics.Options{
		Version:  version.Number,
		SignedIn: func() bool { return app.SignedIn() }, Headroom: func() []tools.Headroom { return app.Org.Headroom() },
		Sessions: func() int { return door.Sessions() }, Streams: func() int { return door.Streams() },
	})
	callers := wiring.Caller{ID: wiring.CallerNetwork, Principal: remote.Principal, Counts: counts}
	app, err = wiring.Start(running, s, callers, wiring.Ask(askRemote(s.Ask), nil), log)
	if err != nil {
		return err
	}
	defer app.Close()
	door = remote.New(remote.Options{
		Transport: s.Network.Transport, MCP: app.Tools.MCP(), Authenticator: front.Authenticator, Grants: front.Grants,
		Hosts: front.Hosts, Origins: s.Network.AllowOrigins, Metadata: front.Metadata,
		SignedIn: app.SignedIn, Refused: counts.Refused, Logger: log,
	})
	defer door.Close()
	forget, err := announce(t, s, front)
	if err != nil {
		return err
	}
	defer forget()
	return listen(ctx, s, front, door, counts, app, log)
}

// listen answers requests until ctx ends, and metrics beside it.
func listen(ctx context.Context, s settings.Settings, front *wiring.Front, door *remote.Server, counts *metrics.Metrics, app *wiring.App, log *slog.Logger) error {
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ends, listeners := make(chan error, 2), 1
	if front.Metrics != nil {
		listeners = 2
		go func() { ends <- remote.Serve(serving, front.Metrics, counts.Handler(), nil, log) }()
	}
	go func() { ends <- remote.Serve(serving, front.Listener, door, front.Certificates, log) }()
	var err error
	select {
	case err = <-ends:
		listeners--
	case <-ctx.Done():
		signal.Reset(os.Interrupt, syscall.SIGTERM) // the next one ends the program at once
		finish(door, app, s.Network.Grace(), log)
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
func finish(door *remote.Server, app *wiring.App, grace time.Duration, log *slog.Logger) {
	log.Info("stopping", "calls_have", grace)
	drain := func(within time.Duration) {
		ctx, cancel := context.WithTimeout(context.Background(), within)
		defer cancel()
		door.Drain(ctx)
	}
	drain(grace)
	app.Tools.CloseQuestions()
	drain(answersWithin)
	app.Tools.Close()
	drain(writesWithin)
	door.Close()
}

// announce tells the operator where the server is and how clients get in. The
// token goes to a terminal, or to a file that nobody else can read: anything else
// that standard error leads to is kept and read by others.
func announce(t terminal, s settings.Settings, front *wiring.Front) (forget func(), err error) {
	fmt.Fprintln(t.stderr, "listening on", front.URL)
	if s.Network.PublicURL != "" {
		fmt.Fprintln(t.stderr, "clients reach it at", s.Network.PublicURL)
	}
	if front.Metrics != nil {
		fmt.Fprintf(t.stderr, "metrics at http://%s%s\n", front.Metrics.Addr(), metrics.Path)
	}
	forget = func() {}
	switch {
	case front.Token == "":
	case isTerminal(t.stderr):
		fmt.Fprintf(t.stderr, "\nFor the configuration of an MCP client; the token is good until the server stops:\n\n  %s\n\n", front.Entry(s.Network.Transport))
	default:
		name, err := keepToken(front.Token)
		if err != nil {
			return nil, err
		}
		fmt.Fprintln(t.stderr, "token file:", name)
		forget = func() { _ = os.Remove(name) } // the token is good for nothing any more
	}
	return forget, nil
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
