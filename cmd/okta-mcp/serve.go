package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/mark3labs/mcp-go/server"
	"github.com/spf13/cobra"

	"okta-mcp/cmd/internal/desktop"
	"okta-mcp/cmd/internal/settings"
	"okta-mcp/cmd/internal/stdio"
	"okta-mcp/cmd/internal/wiring"
	"okta-mcp/confirm"
)

// The stdio server of mcp-go runs calls on the goroutine that reads once its
// queue is full, which would stop it from reading answers to questions. Both
// are at the most it takes, far above what the limit on open questions lets wait.
const (
	stdioWorkers = 100
	stdioQueue   = 10_000
)

// stopWithin is how long the program lives after SIGTERM: writes already sent
// have 10 s to finish, and their answers a moment to be written.
const stopWithin = 12 * time.Second

func serveCommand(t terminal) *cobra.Command {
	command := &cobra.Command{
		Use:   "serve",
		Short: "Serve MCP over standard input and output, as clients start it, or over a network",
		Long: "Serves MCP over standard input and output, as clients start it, or over a network with --transport http\n" +
			"or sse. The app's private key is given in OKTA_PRIVATE_KEY or in a file, never as a flag: others can read\n" +
			"a command line. Without one a person signs in, with okta-mcp login or through the tool sign_in.\n\n" +
			"Over a network every caller has a token. On loopback one is made at start; elsewhere --auth says whose\n" +
			"tokens are taken, and the part callers of the configuration file who may do what.",
		Example: "  OKTA_ORG_URL=https://acme.okta.com OKTA_CLIENT_ID=0oa… OKTA_PRIVATE_KEY_FILE=key.pem okta-mcp serve\n" +
			"  okta-mcp serve --demo\n" +
			"  okta-mcp serve --demo --transport http --listen 127.0.0.1:8080",
	}
	s := settings.RegisterServing(command.Flags())
	command.RunE = func(command *cobra.Command, _ []string) error {
		return withLog(t, s, command, slog.LevelInfo, func(log *slog.Logger) error { return serve(command.Context(), t, *s, log) })
	}
	return command
}

// withLog loads the rest of the settings, opens the log, at level unless they say
// otherwise, and runs f. A log that is JSON on standard error has how the command
// ended too: nothing else is on it.
func withLog(t terminal, s *settings.Settings, command *cobra.Command, level slog.Level, f func(*slog.Logger) error) error {
	problem := s.Load(command.Flags(), os.LookupEnv)
	if problem != nil && !s.LogsObjects() {
		return problem
	}
	log, closeLog, err := wiring.Logger(*s, level, t.stderr, t.color())
	if err != nil {
		return err
	}
	defer closeLog()
	slog.SetDefault(log) // mcp-go and the Okta SDK write to the standard logger
	if problem == nil {
		problem = f(log)
	}
	if !s.LogsObjects() {
		return problem
	}
	end := endOf(problem)
	if end.says != "" {
		log.Error(end.says, "exit_code", end.code)
	}
	return exitError{code: end.code}
}

// approvalPage asks in the browser of whoever runs the program, for whose answer
// a call waits so long. It starts nothing before the first question.
func approvalPage(patience time.Duration) *confirm.Page {
	return confirm.NewPage(confirm.PageOptions{Desktop: desktop.AtHand, Open: desktop.Open, Patience: patience})
}

func serve(ctx context.Context, t terminal, s settings.Settings, log *slog.Logger) error {
	if err := s.Network.Check(s.Ask); err != nil {
		return err
	}
	if s.Network.Remote() {
		return serveNetwork(ctx, t, s, log)
	}
	return serveStdio(ctx, t, s, log)
}

func serveStdio(ctx context.Context, t terminal, s settings.Settings, log *slog.Logger) error {
	page := approvalPage(confirm.DefaultPatience)
	defer page.Close()
	app, err := wiring.Start(ctx, s, wiring.Caller{ID: wiring.CallerStdio}, wiring.Ask(s.Ask, page), log)
	if err != nil {
		return err
	}
	defer app.Close()
	conn := stdio.New(t.stdin, t.stdout, app.Tools.CloseQuestions)
	transport := server.NewStdioServer(app.Tools.MCP())
	for _, option := range []server.StdioOption{
		server.WithErrorLogger(slog.NewLogLogger(log.Handler(), slog.LevelWarn)),
		server.WithWorkerPoolSize(stdioWorkers), server.WithQueueSize(stdioQueue),
	} {
		option(transport)
	}
	done := make(chan error, 1)
	go func() { done <- transport.Listen(ctx, conn, conn) }()
	select {
	case err = <-done:
	case <-ctx.Done():
		app.Tools.CloseQuestions()
		select {
		case err = <-done:
		case <-time.After(stopWithin):
			log.Warn("stopped with calls still running")
		}
	}
	if errors.Is(err, context.Canceled) { // how Listen ends after SIGTERM: a success
		return nil
	}
	return err
}
