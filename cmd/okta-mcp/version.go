package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"okta-mcp/cmd/internal/version"
)

func versionCommand(t terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		RunE: func(*cobra.Command, []string) error {
			commit := version.Commit()
			if commit == "" {
				commit = "unknown"
			}
			_, err := fmt.Fprintf(t.stdout, "okta-mcp %s (commit %s, %s %s/%s)\n", version.Number, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
