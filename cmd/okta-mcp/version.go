package main

import (
	"fmt"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"okta-mcp/cmd/internal/version"
)

func versionCommand(t terminal) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version, its commit and the commit's time",
		Example: "  okta-mcp version",
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(t.stdout, "okta-mcp %s (%s, %s %s/%s)\n", version.Number, builtFrom(version.This()), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}

func builtFrom(b version.Build) string {
	if b.Commit == "" {
		return "commit unknown"
	}
	said := "commit " + b.Commit
	if !b.Time.IsZero() {
		said += " of " + b.Time.Format(time.RFC3339)
	}
	if b.Changed {
		said += ", with changes"
	}
	return said
}
