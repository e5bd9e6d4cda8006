package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"okta-mcp/cmd/internal/audit"
	"okta-mcp/cmd/internal/settings"
	"okta-mcp/cmd/internal/wiring"
)

// ourAgent is how the User-Agent of every version of this program begins.
const ourAgent = "okta-mcp/"

// keptFor is how long Okta keeps its System Log.
const keptFor = 90 * 24 * time.Hour

// reconciling is one reconciliation as the command line asks for it.
type reconciling struct {
	files    []string
	expected audit.Expectation
	since    string
	settle   time.Duration
	form     *output
}

func auditReconcileCommand(t terminal) *cobra.Command {
	var r reconciling
	command := &cobra.Command{
		Use:   "reconcile FILE…",
		Short: "Compare the record with Okta's System Log",
		Long: "Reads what Okta's System Log has of this app's changes, and tells where it and the record differ:\n" +
			"changes Okta has that the record lacks, changes by this app from elsewhere, changes recorded that Okta\n" +
			"lacks, and those on whose actor, target or outcome they do not agree. Requests are matched by Okta's\n" +
			"request id. It signs in for okta.logs.read alone. Reads and what Okta refused are no difference.\n\n" +
			"Exit codes: 0 no differences, 1 differences, a damaged record or a log that could not be read whole,\n" +
			"2 bad usage or setting, 4 not signed in.",
		Example: "  okta-mcp audit reconcile --since 24h /var/log/okta-mcp/audit.jsonl",
		Args:    cobra.MinimumNArgs(1), ValidArgsFunction: completeRecords,
	}
	flags := command.Flags()
	flags.StringVar(&r.since, "since", "24h", "compare from then on: an instant as in RFC 3339, or one back from now such as 24h or 7d")
	flags.DurationVar(&r.settle, "settle", 2*time.Minute, "leave out what is younger: Okta's log lags behind")
	r.form = outputFlag(command, outputTable, "one document")
	expectation(command, &r.expected)
	s := settings.Register(flags, "profile", "org-url", "client-id", "private-key-file", "key-id", "dpop", "log-level", "log-file", "log-format")
	command.RunE = func(command *cobra.Command, args []string) error {
		if err := errors.Join(checkExpectation(r.expected), r.check()); err != nil {
			return err
		}
		r.files = audit.Files(args)
		return withLog(t, s, command, slog.LevelWarn, func(log *slog.Logger) error { return reconcile(command.Context(), t, *s, r, log) })
	}
	return command
}

func (r reconciling) check() error {
	if r.settle < 0 {
		return &settings.Error{Name: "--settle", Problem: "before now", Example: "2m"}
	}
	_, err := r.window(time.Now())
	return err
}

// window is what is judged, by Okta's time.
func (r reconciling) window(now time.Time) (audit.Window, error) {
	since, err := sinceTime(r.since, now)
	w := audit.Window{Since: since, Until: now.Add(-r.settle)}
	switch {
	case err != nil:
		return w, err
	case now.Sub(since) > keptFor:
		return w, &settings.Error{Name: "--since", Problem: "further back than the 90 days for which Okta keeps its log", Example: "24h"}
	case !since.Before(w.Until):
		return w, &settings.Error{Name: "--since", Problem: "leaves nothing to compare, for what is younger than --settle is left out", Example: "24h"}
	}
	return w, nil
}

// verdict is what a reconciliation prints for programs.
type verdict struct {
	Org    string    `json:"org"`
	Since  time.Time `json:"since"`
	Until  time.Time `json:"until"`
	Damage []string  `json:"damage"` // of the record
	audit.Report
}

func reconcile(ctx context.Context, t terminal, s settings.Settings, r reconciling, log *slog.Logger) error {
	t, status := t.withStatus()
	defer status.close()
	damage, err := damageOf(r, status)
	if err != nil {
		return err
	}
	reader, err := wiring.OpenLog(ctx, s, log)
	if errors.Is(err, wiring.ErrNotSignedIn) {
		return exitError{exitNotSignedIn, err.Error()}
	}
	if err != nil {
		return err
	}
	defer reader.Close()
	now := reader.Now()
	window, err := r.window(now)
	if err != nil {
		return err
	}
	ledger := audit.NewLedger(reader.Host(), window)
	if err := audit.Read(r.files, func(r audit.Record) error { ledger.Add(r); return nil }, func(audit.Finding) {}); err != nil {
		return err
	}
	report, err := ledger.Reconcile(ctx, logOf(reader, window.From(), now, status.count("reading Okta's System Log")), s.ClientID, ourAgent)
	status.close()
	if err != nil {
		return fmt.Errorf("nothing is concluded, for Okta's log was not read whole: %w", err)
	}
	v := verdict{Org: reader.Host(), Since: window.Since.UTC().Truncate(time.Second), Until: window.Until.UTC().Truncate(time.Second), Damage: damage, Report: report}
	if *r.form == outputJSON {
		err = printJSON(t.stdout, v)
	} else {
		err = v.print(t.stdout)
	}
	if err == nil && len(damage)+len(report.Differences) > 0 {
		return exitError{code: exitToolError}
	}
	return err
}

// damageOf verifies the record: what was taken from it cannot be compared.
func damageOf(r reconciling, status *statusLine) ([]string, error) {
	damage := []string{}
	_, err := audit.Verify(r.files, r.expected, func(f audit.Finding) { damage = append(damage, f.String()) }, status.count("verifying the record"))
	return damage, err
}

func logOf(reader *wiring.LogReader, since, until time.Time, far func(events uint64)) audit.Log {
	events := uint64(0)
	return func(ctx context.Context, filter string, yield func(audit.Event)) error {
		return reader.Events(ctx, since, until, filter, func(raw json.RawMessage) error {
			events++
			far(events)
			event, err := audit.ParseEvent(raw)
			if err == nil {
				yield(event)
			}
			return err
		})
	}
}

// headings are what people read for each kind of difference.
func headings() map[string]string {
	return map[string]string{
		audit.Unrecorded: "changes Okta has that the record lacks",
		audit.Elsewhere:  "changes by this app from elsewhere",
		audit.NotInOkta:  "changes recorded that Okta lacks",
		audit.Differs:    "requests on which the record and Okta do not agree",
		audit.CarriedOut: "recorded without an answer, and carried out",
	}
}

func (v verdict) print(out io.Writer) error {
	for _, finding := range v.Damage {
		fmt.Fprintln(out, inertCell(finding))
	}
	if len(v.Damage) > 0 {
		fmt.Fprintf(out, "the record is damaged (%d findings), so what follows is worth little\n\n", len(v.Damage))
	}
	for _, kind := range audit.Kinds() {
		var some []audit.Difference
		for _, d := range v.Differences {
			if d.Kind == kind {
				some = append(some, d)
			}
		}
		if err := printDifferences(out, headings()[kind], some); err != nil {
			return err
		}
	}
	if err := printDifferences(out, "recorded without an answer, and not carried out (no difference)", v.NotCarriedOut); err != nil {
		return err
	}
	for _, note := range v.notes() {
		fmt.Fprintln(out, note)
	}
	_, err := fmt.Fprintf(out, "%s from %s to %s: compared %d recorded changes with %d events, differences: %d\n", v.Org,
		v.Since.Format(time.RFC3339), v.Until.Format(time.RFC3339), v.Recorded, v.Events, len(v.Differences))
	return err
}

func printDifferences(out io.Writer, heading string, all []audit.Difference) error {
	if len(all) == 0 {
		return nil
	}
	fmt.Fprintf(out, "%s: %d\n", heading, len(all))
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "WHEN\tEVENTS\tTARGETS\tREQUEST\tREQUEST ID\tRECORD\tTOOL\tACTOR\tUSER AGENT\tWHY")
	for _, d := range all {
		record, request := "", d.Path
		if d.Record > 0 {
			record, request = strconv.FormatUint(d.Record, 10), d.Method+" "+d.Path+" "+strconv.Itoa(d.Status)
		}
		if err := tableRow(table, d.When, strings.Join(d.Events, ", "), strings.Join(d.Targets, ", "), request, d.RequestID, record, d.Tool,
			d.Actor, d.Agent, d.Why); err != nil {
			return err
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out)
	return err
}

// notes say what was not compared, and why.
func (v verdict) notes() []string {
	var notes []string
	add := func(n int, text string) {
		if n > 0 {
			notes = append(notes, fmt.Sprintf(text, n))
		}
	}
	begins := v.RecordBegins.UTC().Format(time.RFC3339)
	switch {
	case v.RecordBegins.IsZero():
		notes = append(notes, "there are no records")
	case v.Uncovered:
		notes = append(notes, "what lies before "+begins+" is not covered: earlier records are not in these files")
		add(v.Aside.NotCovered, "left aside: %d changes that Okta has from before that")
	case v.RecordBegins.After(v.Since):
		notes = append(notes, "the record begins at "+begins+", later than --since")
	}
	add(v.Aside.TooYoung, "left aside: %d calls or changes younger than --settle")
	add(v.Aside.OutsideWindow, "left aside: %d calls from before --since")
	add(v.Aside.OtherOrgs, "left aside: %d records of other orgs")
	add(v.Aside.Unlogged, "left aside: %d changes of kinds that Okta does not log")
	add(v.Aside.NoEnd, "%d calls have no end recorded: what became of them is not known")
	add(v.Aside.Missed, "%d records could not be written, as those that follow them say")
	add(v.Aside.Unlisted, "%d requests are counted in records that do not list them")
	return notes
}
