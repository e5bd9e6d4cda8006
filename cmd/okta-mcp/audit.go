package main

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf16"

	"github.com/spf13/cobra"

	"okta-mcp/cmd/internal/audit"
	"okta-mcp/cmd/internal/settings"
)

func auditCommand(t terminal) *cobra.Command {
	command := &cobra.Command{
		Use:   "audit",
		Short: "Verify and show the record of what was done",
		Long: "Verifies and shows the record that serve and call keep with --audit-file. Where FILE is the one\n" +
			"that is written, the earlier ones beside it (FILE.1, FILE.2, …) are read with it.",
		Args: knownCommand, RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	command.AddCommand(auditVerifyCommand(t), auditShowCommand(t))
	return command
}

func auditVerifyCommand(t terminal) *cobra.Command {
	var expected audit.Expectation
	command := &cobra.Command{
		Use:   "verify FILE…",
		Short: "Find records that were changed, removed, moved or cut",
		Long: "Checks that each record follows the one before it, and names every line where that is not so.\n" +
			"A chain does not show that its end was cut off, or that all of it was written anew: note the hash\n" +
			"that is printed where the server cannot write, and give it as --expect-last the next time.\n\n" +
			"Exit codes: 0 all is whole, 1 it is not or cannot be read, 2 bad usage.",
		Example: "  okta-mcp audit verify /var/log/okta-mcp/audit.jsonl",
		Args:    cobra.MinimumNArgs(1),
	}
	command.Flags().StringVar(&expected.Last, "expect-last", "", "hash of the record that was last at an earlier verification; it must be there still")
	command.Flags().StringVar(&expected.After, "after", "", "hash of the record before the first one here, when earlier files were moved away")
	command.RunE = func(_ *cobra.Command, args []string) error {
		for name, hash := range map[string]string{"--expect-last": expected.Last, "--after": expected.After} {
			if hash != "" && !isHash(hash) {
				return &settings.Error{Name: name, Problem: "not a SHA-256 hash in hex", Example: strings.Repeat("0", 60) + "…, 64 digits"}
			}
		}
		return auditVerify(t, audit.Files(args), expected)
	}
	return command
}

func isHash(text string) bool {
	return len(text) == 64 && strings.Trim(text, "0123456789abcdef") == ""
}

func auditVerify(t terminal, files []string, expected audit.Expectation) error {
	verdict, err := audit.Verify(files, expected, func(f audit.Finding) { fmt.Fprintln(t.stdout, f) })
	if err != nil {
		return err
	}
	if verdict.Findings > 0 {
		return fmt.Errorf("the record is damaged: %d findings in %d lines", verdict.Findings, verdict.Records)
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

// auditFilter is which records are shown; what is empty leaves nothing out.
type auditFilter struct {
	tool, outcome string
	since         time.Time
}

func (f auditFilter) fits(r audit.Record) bool {
	when, err := time.Parse(audit.WhenLayout, r.When)
	return (f.tool == "" || r.Tool == f.tool) && (f.outcome == "" || r.Outcome == f.outcome) &&
		(f.since.IsZero() || err == nil && !when.Before(f.since))
}

func auditShowCommand(t terminal) *cobra.Command {
	var filter auditFilter
	command := &cobra.Command{
		Use:     "show FILE…",
		Short:   "Print records, oldest first",
		Long:    "Prints records, oldest first. It does not check them: okta-mcp audit verify does.",
		Example: "  okta-mcp audit show --since -24h --outcome not_consented /var/log/okta-mcp/audit.jsonl",
		Args:    cobra.MinimumNArgs(1),
	}
	command.Flags().StringVar(&filter.tool, "tool", "", "only calls of this tool")
	command.Flags().StringVar(&filter.outcome, "outcome", "", "only calls that ended so: ok, asked, error, not_consented, not_signed_in")
	since := command.Flags().String("since", "", "only calls from then on: an instant as in RFC 3339, or one back from now such as -24h or -7d")
	asJSON := command.Flags().Bool("json", false, "print the records as JSON lines")
	command.RunE = func(_ *cobra.Command, args []string) (err error) {
		if filter.since, err = sinceTime(*since, time.Now()); err != nil {
			return err
		}
		return auditShow(t, audit.Files(args), filter, *asJSON)
	}
	return command
}

var backFromNow = regexp.MustCompile(`^-(\d{1,6})([mhd])$`)

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
		return then, &settings.Error{Name: "--since", Problem: fmt.Sprintf("no time: %q", text), Example: "-24h or 2026-01-31T12:00:00Z"}
	}
	return then, nil
}

func auditShow(t terminal, files []string, filter auditFilter, asJSON bool) error {
	table := tabwriter.NewWriter(t.stdout, 0, 0, 2, ' ', 0)
	show := func(r audit.Record) error { return showRow(table, r) }
	if asJSON {
		show = func(r audit.Record) error { return showJSON(t.stdout, r) }
	} else {
		fmt.Fprintln(table, "N\tWHEN\tKIND\tTOOL\tEFFECT\tTARGETS\tCONSENT\tOUTCOME\tMS\tCALLER\tCLIENT")
	}
	bad := 0
	err := audit.Read(files, func(r audit.Record) error {
		if !filter.fits(r) {
			return nil
		}
		return show(r)
	}, func(f audit.Finding) { bad++; fmt.Fprintln(t.stderr, "okta-mcp:", f) })
	if err != nil {
		return err
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if bad > 0 {
		return exitError{exitToolError}
	}
	return nil
}

func showRow(out io.Writer, r audit.Record) error {
	var targets []string
	for _, target := range r.Targets {
		targets = append(targets, target.Type+" "+target.ID)
	}
	outcome := r.Outcome
	if r.Answer != "" {
		outcome += ": " + r.Answer
	}
	effect := r.Effect
	if r.Raised {
		effect += ", raised"
	}
	texts := []string{
		r.When, r.Kind, r.Tool, effect, strings.Join(targets, ", "), r.Consent, outcome,
		strconv.FormatInt(r.MS, 10), r.Caller, r.Client + " " + r.ClientVersion,
	}
	for i, text := range texts {
		texts[i] = inertCell(strings.TrimSpace(text))
	}
	_, err := fmt.Fprintf(out, "%d\t%s\n", r.N, strings.Join(texts, "\t"))
	return err
}

// inertCell quotes a text that would move the cursor, colour the terminal or
// change the direction of writing: clients choose their names.
func inertCell(text string) string {
	if text == "" {
		return "-"
	}
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == '"' || r == unicode.ReplacementChar }) {
		return strconv.Quote(text)
	}
	return text
}

// showJSON prints a record in plain ASCII, which JSON can for every text.
func showJSON(out io.Writer, r audit.Record) error {
	encoded, err := json.Marshal(r)
	if err != nil {
		return err
	}
	var line strings.Builder
	for _, c := range string(encoded) {
		if c > unicode.MaxASCII || c == 0x7f {
			for _, unit := range utf16.Encode([]rune{c}) {
				fmt.Fprintf(&line, `\u%04x`, unit)
			}
			continue
		}
		line.WriteRune(c)
	}
	_, err = fmt.Fprintln(out, line.String())
	return err
}
