package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"okta-mcp/cmd/internal/audit"
	"okta-mcp/cmd/internal/settings"
)

func auditCommand(t terminal) *cobra.Command {
	command := &cobra.Command{
		Use:   "audit",
		Short: "Verify and show the record of what was done, and compare it with Okta's",
		Long: "Verifies and shows the record that serve and call keep with --audit-file, and compares it with Okta's\n" +
			"System Log. Where FILE is the one that is written, the earlier ones beside it (FILE.1, FILE.2, …) are\n" +
			"read with it.",
		Args: knownCommand, RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	command.AddCommand(auditVerifyCommand(t), auditShowCommand(t), auditReconcileCommand(t))
	return command
}

func auditVerifyCommand(t terminal) *cobra.Command {
	var expected audit.Expectation
	command := &cobra.Command{
		Use:   "verify FILE…",
		Short: "Find records that were changed, removed, moved or cut",
		Long: "Checks that each record follows the one before it, and names every line where that is not so.\n" +
			"A chain does not show that its end was cut off or its last record changed, or that all of it was\n" +
			"written anew: note the hash that is printed where the server cannot write, and give it as\n" +
			"--expect-last the next time.\n\n" +
			"Exit codes: 0 all is whole, 1 it is not or cannot be read, 2 bad usage.",
		Example: "  okta-mcp audit verify /var/log/okta-mcp/audit.jsonl",
		Args:    cobra.MinimumNArgs(1), ValidArgsFunction: completeRecords,
	}
	expectation(command, &expected)
	command.RunE = func(_ *cobra.Command, args []string) error {
		if err := checkExpectation(expected); err != nil {
			return err
		}
		return auditVerify(t, audit.Files(args), expected)
	}
	return command
}

func expectation(command *cobra.Command, expected *audit.Expectation) {
	command.Flags().StringVar(&expected.Last, "expect-last", "", "hash of the record that was last at an earlier verification; it must be there still")
	command.Flags().StringVar(&expected.After, "after", "", "hash of the record before the first one here, when earlier files were moved away")
}

func checkExpectation(expected audit.Expectation) error {
	for name, hash := range map[string]string{"--expect-last": expected.Last, "--after": expected.After} {
		if hash != "" && (len(hash) != 64 || strings.Trim(hash, "0123456789abcdef") != "") {
			return &settings.Error{Name: name, Problem: "not a SHA-256 hash in hex", Example: strings.Repeat("0", 60) + "…, 64 digits"}
		}
	}
	return nil
}

func auditVerify(t terminal, files []string, expected audit.Expectation) error {
	t, status := t.withStatus()
	verdict, err := audit.Verify(files, expected, func(f audit.Finding) { fmt.Fprintln(t.stdout, f) }, status.count("verifying the record"))
	status.close()
	if err != nil {
		return err
	}
	if verdict.Findings > 0 {
		return fmt.Errorf("the record is damaged: findings: %d, lines: %d", verdict.Findings, verdict.Records)
	}
	if verdict.Records == 0 {
		fmt.Fprintln(t.stdout, "no records")
		return nil
	}
	fmt.Fprintf(t.stdout, "whole: records %d to %d\nlast: %d %s\n", verdict.First, verdict.Last.N, verdict.Last.N, verdict.Last.Hash)
	if expected.Last != "" {
		fmt.Fprintf(t.stdout, "since the one expected: %d\n", verdict.Since)
	}
	return nil
}

var backFromNow = regexp.MustCompile(`^-?(\d{1,6})([mhd])$`)

// sinceTime reads an instant, or a time back from now with or without its minus.
func sinceTime(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if parts := backFromNow.FindStringSubmatch(text); parts != nil {
		n, err := strconv.Atoi(parts[1])
		unit := map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}[parts[2]]
		return now.Add(-time.Duration(n) * unit), err
	}
	then, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return then, &settings.Error{Name: "--since", Problem: fmt.Sprintf("no time: %q", text), Example: "24h or 2026-01-31T12:00:00Z"}
	}
	return then, nil
}
