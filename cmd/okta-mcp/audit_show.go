package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"okta-mcp/cmd/internal/audit"
	"okta-mcp/tools"
)

// auditFilter is which records are shown; what is empty leaves nothing out.
type auditFilter struct {
	tool, outcome, target, caller, consent string
	since                                  time.Time
	changes                                bool
}

func (f auditFilter) fits(r audit.Record) bool {
	when, err := time.Parse(audit.WhenLayout, r.When)
	about := func(t audit.Target) bool { return t.ID == f.target || t.Within == f.target }
	return (f.tool == "" || r.Tool == f.tool) && (f.outcome == "" || r.Outcome == f.outcome || r.Answer == f.outcome) &&
		(f.caller == "" || r.Caller == f.caller) && (f.consent == "" || r.Consent == f.consent) &&
		(f.target == "" || slices.ContainsFunc(r.Targets, about)) && (!f.changes || r.Effect != tools.Read.String()) &&
		(f.since.IsZero() || err == nil && !when.Before(f.since))
}

func auditShowCommand(t terminal) *cobra.Command {
	var filter auditFilter
	command := &cobra.Command{
		Use:   "show FILE…",
		Short: "Print records, oldest first",
		Long: "Prints records, oldest first. It does not check them: okta-mcp audit verify does. A call that was\n" +
			"consented to has two, an intent and a done, with the same CALL; an intent whose done is in none of the\n" +
			"files is a call that was cut off, or is under way.\n\n" +
			"Exit codes: 0 the record was read, 1 not all of it could be, 2 bad usage.",
		Example: "  okta-mcp audit show --since 24h --changes /var/log/okta-mcp/audit.jsonl\n" +
			"  okta-mcp audit show --outcome not_consented --caller stdio /var/log/okta-mcp/audit.jsonl",
		Args: cobra.MinimumNArgs(1), ValidArgsFunction: completeRecords,
	}
	flags := command.Flags()
	flags.StringVar(&filter.tool, "tool", "", "only calls of this tool")
	flags.StringVar(&filter.outcome, "outcome", "", "only calls that ended so: ok, asked, error, not_consented, not_signed_in; or with the answer after it: decline, waiting, limit, …")
	flags.StringVar(&filter.target, "target", "", "only calls about what has this id")
	flags.StringVar(&filter.caller, "caller", "", "only calls by this caller, for instance stdio or cli")
	flags.StringVar(&filter.consent, "consent", "", "only calls consented to through this: client, browser, terminal, pre-approval")
	flags.BoolVar(&filter.changes, "changes", false, "no reads")
	since := flags.String("since", "", "only calls from then on: an instant as in RFC 3339, or one back from now such as 24h or 7d")
	form := outputFlag(command, outputTable, "a record a line")
	command.RunE = func(_ *cobra.Command, args []string) (err error) {
		if filter.since, err = sinceTime(*since, time.Now()); err != nil {
			return err
		}
		return auditShow(t, audit.Files(args), filter, *form)
	}
	return command
}

func auditShow(t terminal, files []string, filter auditFilter, form output) error {
	var rows []audit.Record
	open := map[string]bool{} // calls with an intent and no done so far
	all, shown, bad := 0, 0, 0
	err := audit.Read(files, func(r audit.Record) error {
		if delete(open, r.Call); r.Kind == audit.Intent && r.Call != "" {
			open[r.Call] = true
		}
		if all++; !filter.fits(r) {
			return nil
		}
		if shown++; form == outputJSON {
			return printJSON(t.stdout, r)
		}
		rows = append(rows, r)
		return nil
	}, func(f audit.Finding) { bad++; fmt.Fprintln(t.stderr, "okta-mcp:", f) })
	if err != nil {
		return err
	}
	if form == outputTable {
		if err := showTable(t.stdout, rows, open); err != nil {
			return err
		}
	}
	if shown == 0 { // a slip in a filter must not read as if nothing had happened
		fmt.Fprintf(t.stderr, "okta-mcp: none of the records fits, of %d\n", all)
	}
	if bad > 0 {
		return exitError{code: exitToolError}
	}
	return nil
}

// showTable prints records; open are the calls without a recorded end.
func showTable(out io.Writer, rows []audit.Record, open map[string]bool) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "N\tWHEN\tKIND\tTOOL\tEFFECT\tTARGETS\tCONSENT\tOUTCOME\tMS\tCALLER\tCLIENT\tRULE\tCALL")
	for _, r := range rows {
		outcome := r.Outcome
		switch {
		case r.Kind == audit.Intent && open[r.Call]:
			outcome = "no end recorded"
		case r.Answer != "":
			outcome += ": " + r.Answer
		}
		effect := r.Effect
		if r.Raised {
			effect += ", raised"
		}
		var targets []string
		for _, target := range r.Targets {
			targets = append(targets, strings.TrimSpace(target.Type+" "+target.ID))
		}
		consent := r.Consent
		if consent == "" && r.Asker != "" {
			consent = "asked: " + r.Asker
		}
		if err := tableRow(table, strconv.FormatUint(r.N, 10), r.When, r.Kind, r.Tool, effect, strings.Join(targets, ", "), consent, outcome,
			strconv.FormatInt(r.MS, 10), r.Caller, strings.TrimSpace(r.Client+" "+r.ClientVersion), r.Rule, r.Call); err != nil {
			return err
		}
	}
	return table.Flush()
}

// tableRow prints texts that others may have chosen.
func tableRow(out io.Writer, texts ...string) error {
	for i, text := range texts {
		texts[i] = inertCell(text)
	}
	_, err := fmt.Fprintln(out, strings.Join(texts, "\t"))
	return err
}

// inertCell quotes a text that would move the cursor, colour the terminal, change the
// direction of writing, or look like several cells: clients choose their names, and
// some people the subject that they are known by.
func inertCell(text string) string {
	if text == "" {
		return "-"
	}
	columns := strings.Contains(text, "  ") || strings.TrimSpace(text) != text
	if columns || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == '"' || r == unicode.ReplacementChar }) {
		return strconv.Quote(text)
	}
	return text
}
