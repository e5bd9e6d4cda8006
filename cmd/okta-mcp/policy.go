package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/spf13/cobra"

	"okta-mcp/cmd/internal/policy"
	"okta-mcp/cmd/internal/settings"
	"okta-mcp/cmd/internal/strictyaml"
	"okta-mcp/cmd/internal/wiring"
	"okta-mcp/confirm"
	"okta-mcp/tools"
)

func policyCommand(t terminal) *cobra.Command {
	command := &cobra.Command{
		Use:   "policy",
		Short: "Check a policy file, and explain what it does with a call",
		Long: "A policy file holds the server to bounds: what is never offered, asked about, typed or approved, for\n" +
			"which tools and targets, and how much an hour. serve and call take one with --policy; the machine's,\n" +
			"where there is one, caps everything else.",
		Args: knownCommand, RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	command.AddCommand(policyCheckCommand(t), policyExplainCommand(t))
	return command
}

func policyCheckCommand(t terminal) *cobra.Command {
	return &cobra.Command{
		Use:     "check FILE",
		Short:   "Say in plain sentences what a policy file means, or what is wrong with it",
		Long:    "Exit codes: 0 the file can be used, 1 it cannot, 2 bad usage.",
		Example: "  okta-mcp policy check /etc/okta-mcp/policy.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := policy.Check(args[0])
			if problems := strictyaml.Lines(err); problems != nil {
				for _, problem := range problems {
					fmt.Fprintln(t.stderr, problem)
				}
				return exitError{code: exitToolError}
			}
			if err != nil {
				return fmt.Errorf("the policy file cannot be used: %w", err)
			}
			for _, sentence := range sentences(p) {
				fmt.Fprintln(t.stdout, sentence)
			}
			return nil
		},
	}
}

func policyExplainCommand(t terminal) *cobra.Command {
	command := &cobra.Command{
		Use:   "explain TOOL [key=value …]",
		Short: "Say what would become of a call, and by which rule",
		Long: "Reads what the call is about, as serve would, and says what the operator's policies make of it. It\n" +
			"changes nothing, asks nobody and spends no approval. TOOL is taken for offered whatever its toolset,\n" +
			"unless --toolsets or --tools say otherwise.\n\n" +
			"Exit codes: 0 the call would run or ask, 1 it would be refused, 2 bad usage or setting, 4 not signed in.",
		Example: "  okta-mcp policy explain --demo delete_group group_id='Project Nightingale'",
		Args:    cobra.MinimumNArgs(1), ValidArgsFunction: completeCall,
	}
	asJSON := command.Flags().String("json", "", "the arguments as one JSON object, instead of key=value")
	s := settings.Register(command.Flags())
	command.RunE = func(command *cobra.Command, args []string) error {
		return withLog(t, s, command, slog.LevelWarn, func(log *slog.Logger) error {
			return explain(command.Context(), t, *s, args, *asJSON, log)
		})
	}
	return command
}

func explain(ctx context.Context, t terminal, s settings.Settings, args []string, asJSON string, log *slog.Logger) error {
	given, err := givenArguments(args[1:], asJSON)
	if err != nil {
		return err
	}
	app, err := wiring.Start(ctx, naming(s, args[0]), wiring.Caller{ID: "explain"}, wiring.AskNobody("explain asks nobody"), log)
	if err != nil {
		return err
	}
	defer app.Close()
	session, err := connect(ctx, app, "okta-mcp policy explain")
	if err != nil {
		return err
	}
	defer session.Close()
	listed, err := session.ListTools(ctx, mcp.ListToolsRequest{})
	if err != nil {
		return fmt.Errorf("listing the tools: %w", err)
	}
	arguments, err := json.Marshal(given.as(parameterTypes(listed.Tools, args[0])))
	if err != nil {
		return fmt.Errorf("reading the arguments: %w", err)
	}
	e, err := app.Tools.Explain(ctx, args[0], arguments)
	if unknown := (*tools.UnknownName)(nil); errors.As(err, &unknown) {
		return &settings.Error{Name: "okta-mcp policy explain", Problem: unknown.Error()}
	}
	if err != nil {
		return err
	}
	return writeExplanation(t.stdout, e, s)
}

func writeExplanation(out io.Writer, e tools.Explanation, s settings.Settings) error {
	fmt.Fprintf(out, "tool: %s\neffect: %s\n", e.Tool, e.Effect)
	if e.Raised != "" {
		fmt.Fprintf(out, "asked because %s\n", e.Raised)
	}
	for _, target := range e.Targets {
		writeVerdict(out, target)
	}
	for _, line := range slices.Concat(labelled("budget", e.Budgets), labelled("limit", e.Limits)) {
		fmt.Fprintln(out, line)
	}
	fmt.Fprintln(out, "so:", outcome(e, s))
	if signedOut := (*tools.NotSignedIn)(nil); errors.As(e.Refused, &signedOut) {
		return exitError{code: exitNotSignedIn}
	}
	if e.Refused != nil || e.Asks && s.Ask == wiring.AskNone {
		return exitError{code: exitToolError}
	}
	return nil
}

func writeVerdict(out io.Writer, v tools.TargetVerdict) {
	if v.Target.Type == "" {
		fmt.Fprintln(out, "target: none")
	} else {
		fmt.Fprintf(out, "target: %s %s (id %s)\n", v.Target.Type, confirm.Quote(v.Target.Name), confirm.Quote(v.Target.ID))
	}
	for _, c := range v.Considered {
		fmt.Fprintf(out, "  %s:%d %s: %s, %s\n", c.File, c.Line, c.Then, c.Matches, c.Why)
	}
	if v.By == "" {
		fmt.Fprintln(out, "  no rule and no approval counts")
	} else {
		fmt.Fprintf(out, "  what counts: %s, by %s\n", v.Verdict, v.By)
	}
}

func labelled(label string, lines []string) []string {
	all := make([]string, len(lines))
	for i, line := range lines {
		all[i] = label + " " + line
	}
	return all
}

// outcome is the last line of an explanation: what would happen.
func outcome(e tools.Explanation, s settings.Settings) string {
	how := s.Ask
	if how == "" {
		how = "auto"
	}
	switch {
	case e.Refused != nil:
		return "it would be refused: " + e.Refused.Error()
	case e.Asks && how == wiring.AskNone:
		return "it would be refused: it needs a person's yes, and with --ask none nobody is asked"
	case e.Asks && e.Types != "":
		return fmt.Sprintf("a person would be asked (--ask %s), and would have to type %q", how, e.Types)
	case e.Asks:
		return fmt.Sprintf("a person would be asked (--ask %s), with a choice of yes and no", how)
	case e.Approval != "":
		return "it would run without asking anybody, on the approval " + e.Approval
	}
	return "it would run without asking anybody"
}
