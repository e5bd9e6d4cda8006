// Command okta-mcp lets an agent work in an Okta org through the Model Context
// Protocol, with no more power than the org granted it and with a person's
// consent for what cannot be taken lightly.
//
// The package is the command line and nothing else: one file per command.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"okta-mcp/cmd/internal/settings"
	"okta-mcp/cmd/internal/wiring"
)

// Exit codes, as scripts see them.
const (
	exitOK           = 0
	exitToolError    = 1
	exitUsage        = 2
	exitNotConsented = 3
	exitNotSignedIn  = 4
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the whole program with its streams given, so that tests can drive it.
func run(args []string, stdin *os.File, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := rootCommand(terminal{stdin: stdin, stdout: stdout, stderr: stderr})
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	return exitCode(err, stderr)
}

// exitError ends the program with a code. Where it says nothing, its command has
// said why.
type exitError struct {
	code int
	says string
}

func (e exitError) Error() string { return fmt.Sprintf("exit code %d: %s", e.code, e.says) }

func exitCode(err error, stderr io.Writer) int {
	end := endOf(err)
	if end.says != "" {
		fmt.Fprintln(stderr, "okta-mcp:", end.says)
	}
	return end.code
}

// endOf is what an error of a command comes to.
func endOf(err error) exitError {
	var exit exitError
	var setting *settings.Error
	switch {
	case err == nil:
		return exitError{code: exitOK}
	case errors.As(err, &exit):
		return exitError{exit.code, wiring.Inert(errors.New(exit.says))}
	case errors.As(err, &setting):
		return exitError{exitUsage, wiring.Inert(setting)}
	}
	return exitError{exitToolError, wiring.Inert(err)}
}

func rootCommand(t terminal) *cobra.Command {
	root := &cobra.Command{
		Use:   "okta-mcp",
		Short: "An agent's hands in an Okta org, held by a person",
		Long: "okta-mcp is a Model Context Protocol server for Okta. It signs in as an Okta service app, or\n" +
			"as a person, offers only the tools that the granted scopes allow, and asks a person before anything\n" +
			"that removes access or gives power.\n\nSee it work on a made-up org: okta-mcp demo",
		Args: knownCommand, RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
		SilenceUsage: true, SilenceErrors: true, DisableFlagsInUseLine: true, SuggestionsMinimumDistance: 2,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true}, // completionCommand is it
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return settings.FlagError(err) })
	root.AddCommand(serveCommand(t), callCommand(t), toolsCommand(t), demoCommand(t), demoOrgCommand(t), auditCommand(t), policyCommand(t), doctorCommand(t), configCommand(t), loginCommand(t), logoutCommand(t), keygenCommand(t), profilesCommand(t), completionCommand(t), versionCommand(t))
	for _, command := range root.Commands() {
		usageErrors(command)
		completeFlags(command)
	}
	return root
}

// knownCommand makes a command that does not exist bad usage: what reaches the
// root as an argument is no command.
func knownCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	near := append(root.SuggestionsFor(args[0]), "--help")
	return &settings.Error{Name: "the command line", Problem: fmt.Sprintf("there is no command %q", args[0]), Example: root.CommandPath() + " " + near[0]}
}

func noArguments(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fmt.Errorf("takes no arguments: %q", args[0])
}

// usageErrors makes wrong numbers of arguments bad usage, exit code 2.
func usageErrors(command *cobra.Command) {
	for _, below := range command.Commands() {
		usageErrors(below)
	}
	if command.HasSubCommands() { // its argument is a command
		return
	}
	check := command.Args
	if check == nil {
		command.ValidArgsFunction = cobra.NoFileCompletions
		check = noArguments
	}
	command.Args = func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return &settings.Error{Name: c.CommandPath(), Problem: err.Error(), Example: c.Parent().CommandPath() + " " + c.Use}
		}
		return nil
	}
}
