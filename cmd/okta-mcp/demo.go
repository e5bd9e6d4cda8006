package main

import (
	"context"
	"github.com/spf13/cobra"
)

func demoCommand(t terminal) *cobra.Command {
	return &cobra.Command{Use: "demo", RunE: func(c *cobra.Command, _ []string) error { _ = context.Background; return nil }}
}
