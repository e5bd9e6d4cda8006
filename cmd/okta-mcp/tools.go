package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/spf13/cobra"

	"okta-mcp/cmd/internal/settings"
	"okta-mcp/cmd/internal/wiring"
	"okta-mcp/tools"
)

func toolsCommand(t terminal) *cobra.Command {
	command := &cobra.Command{
		Use:     "tools",
		Short:   "List every tool: toolset, effect, scopes, offered or why not",
		Example: "  okta-mcp tools --demo\n  okta-mcp tools --demo --json",
	}
	asJSON := command.Flags().Bool("json", false, "print exactly what tools/list answers")
	s := settings.Register(command.Flags())
	command.RunE = func(command *cobra.Command, _ []string) error {
		return withLog(t, s, command, slog.LevelWarn, func(log *slog.Logger) error {
			return listTools(command.Context(), t, *s, *asJSON, log)
		})
	}
	return command
}

func listTools(ctx context.Context, t terminal, s settings.Settings, asJSON bool, log *slog.Logger) error {
	app, err := wiring.Start(ctx, s, "cli", wiring.AskClient, log)
	if err != nil {
		return err
	}
	defer app.Close()
	session, err := connect(ctx, app)
	if err != nil {
		return err
	}
	defer session.Close()
	listed, err := session.ListTools(ctx, mcp.ListToolsRequest{})
	if err != nil {
		return fmt.Errorf("listing the tools: %w", err)
	}
	if asJSON {
		encoder := json.NewEncoder(t.stdout)
		return encoder.Encode(map[string]any{"tools": listed.Tools})
	}
	return writeTable(t.stdout, app.Tools.Describe())
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
