package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"okta-mcp/cmd/internal/settings"
	"okta-mcp/cmd/internal/wiring"
	"okta-mcp/tools"
)

func toolsCommand(t terminal) *cobra.Command {
	command := &cobra.Command{
		Use:     "tools",
		Short:   "List every tool: toolset, effect, scopes, offered or why not",
		Example: "  okta-mcp tools --demo\n  okta-mcp tools --demo -o json",
	}
	form := outputFlag(command, outputTable, "exactly what tools/list answers")
	s := settings.Register(command.Flags())
	command.RunE = func(command *cobra.Command, _ []string) error {
		return withLog(t, s, command, slog.LevelWarn, func(log *slog.Logger) error {
			return listTools(command.Context(), t, *s, *form, log)
		})
	}
	return command
}

func listTools(ctx context.Context, t terminal, s settings.Settings, form output, log *slog.Logger) error {
	app, err := wiring.Start(ctx, s, wiring.Caller{ID: "tools"}, wiring.AskNobody("tools asks nobody"), log)
	if err != nil {
		return err
	}
	defer app.Close()
	listed, err := listed(ctx, app)
	if err != nil {
		return err
	}
	if form == outputJSON {
		_, err := fmt.Fprintf(t.stdout, "%s\n", listed)
		return err
	}
	return writeTable(t.stdout, app.Tools.Describe())
}

// listed is the result of tools/list as it goes over the wire.
func listed(ctx context.Context, app *wiring.App) (json.RawMessage, error) {
	answer, err := json.Marshal(app.Tools.MCP().HandleMessage(ctx, json.RawMessage(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)))
	if err != nil {
		return nil, fmt.Errorf("listing the tools: %w", err)
	}
	var envelope struct{ Result json.RawMessage }
	if err := json.Unmarshal(answer, &envelope); err != nil || envelope.Result == nil {
		return nil, fmt.Errorf("listing the tools: the server answered %.200s", answer)
	}
	return envelope.Result, nil
}

func writeTable(out io.Writer, all []tools.Description) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "TOOLSET\tTOOL\tEFFECT\tSCOPES\tOFFERED")
	for _, d := range all {
		offered := "yes"
		if d.Why != "" {
			offered = "no: " + d.Why
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", d.Toolset, d.Name, d.Effect, strings.Join(d.Scopes, " "), offered)
	}
	return table.Flush()
}
