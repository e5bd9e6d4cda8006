package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"okta-mcp/cmd/internal/doctor"
	"okta-mcp/cmd/internal/settings"
	"okta-mcp/cmd/internal/wiring"
)

func doctorCommand(t terminal) *cobra.Command {
	command := &cobra.Command{
		Use:   "doctor",
		Short: "Find out what keeps this from working in your org, and where it is mended",
		Long: "Checks, in this order: " + strings.Join(doctor.Names(), ", ") + ".\n" +
			"It takes the settings that serve takes, asks for a token and reads one item of every kind that is granted.\n" +
			"It changes nothing in the org. What waits for something else to be mended is skipped.\n\n" +
			"Exit codes: 0 nothing to mend, 1 something to mend, 2 bad usage.",
		Example: "  okta-mcp doctor --demo\n  okta-mcp doctor --demo -o json",
	}
	form := outputFlag(command, outputTable, "{checks: [{name, status, saw, remedy}], ok}; status is ok, warning, mend or skipped")
	var malformed []error
	s := settings.Register(command.Flags())
	command.Flags().VisitAll(func(flag *pflag.Flag) { flag.Value = lenient{flag.Value, &malformed} })
	command.RunE = func(command *cobra.Command, _ []string) error {
		problems := append(malformed, loadAll(s, command.Flags())...)
		return examine(command.Context(), t, *s, problems, *form)
	}
	return command
}

// lenient is a flag whose malformed value is one finding among others.
type lenient struct {
	pflag.Value
	malformed *[]error
}

func (l lenient) Set(given string) error {
	err := l.Value.Set(given)
	var bad *settings.Error
	if !errors.As(err, &bad) { // not a setting's own: --output is none
		return err
	}
	*l.malformed = append(*l.malformed, bad)
	return nil
}

// loadAll loads the settings and returns all that is wrong with them: a variable
// that is malformed is told and left out.
func loadAll(s *settings.Settings, flags *pflag.FlagSet) []error {
	var problems []error
	hidden := map[string]bool{}
	getenv := func(name string) (string, bool) {
		if hidden[name] {
			return "", false
		}
		return os.LookupEnv(name)
	}
	for {
		err := s.Load(flags, getenv)
		if err == nil {
			return problems
		}
		problems = append(problems, err)
		var bad *settings.Error
		if !errors.As(err, &bad) {
			return problems
		}
		if _, variable := getenv(bad.Name); !variable {
			return problems
		}
		hidden[bad.Name] = true
	}
}

// examine runs the checks and prints what they found.
func examine(ctx context.Context, t terminal, s settings.Settings, problems []error, form output) error {
	log, closeLog, err := wiring.Logger(s, slog.LevelError, t.stderr, t.color())
	if err != nil {
		problems = append(problems, err)
		log, closeLog = slog.New(slog.DiscardHandler), func() {}
	}
	defer closeLog()
	slog.SetDefault(log) // the Okta SDK writes to the standard logger
	o := doctor.Options{Settings: s, Problems: problems, OpenStore: wiring.OpenStore, Logger: log}
	if s.Demo && len(problems) == 0 {
		stop, err := enterDemo(ctx, &o)
		if err != nil {
			return err
		}
		defer stop()
	}
	report := doctor.Run(ctx, o)
	if form == outputJSON {
		err = printJSON(t.stdout, report)
	} else {
		err = printReport(t.stdout, report)
	}
	if err == nil && !report.OK {
		return exitError{code: exitToolError}
	}
	return err
}

// enterDemo starts the made-up org and makes its credentials the settings.
func enterDemo(ctx context.Context, o *doctor.Options) (stop func(), err error) {
	s := &o.Settings
	demo := settings.Settings{Demo: true, DemoSize: s.DemoSize, DemoNow: s.DemoNow}
	app, err := wiring.Start(ctx, demo, wiring.Caller{ID: "doctor"}, wiring.AskNobody("doctor asks nobody"), slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	c := app.Demo.Credentials()
	s.OrgURL, s.ClientID, s.KeyID, s.PrivateKey, s.PrivateKeyFile = app.Org.URL(), c.ClientID, c.KeyID, c.PrivateKeyPEM, ""
	o.Now = wiring.DemoOptions(*s).Now // with --demo-now, its clock is not this machine's
	return app.Close, nil
}

// printReport prints a line for each check, and below it what to mend.
func printReport(out io.Writer, report doctor.Report) error {
	marks := map[doctor.Status]string{doctor.OK: "ok", doctor.Warning: "warning", doctor.Mend: "MEND", doctor.Skipped: "skipped"}
	count := map[doctor.Status]int{}
	var b strings.Builder
	for _, c := range report.Checks {
		count[c.Status]++
		fmt.Fprintf(&b, "%-9s%-13s%s\n", marks[c.Status], c.Name, c.Saw)
		if c.Remedy != "" {
			fmt.Fprintf(&b, "%22s%s\n", "-> ", c.Remedy)
		}
	}
	fmt.Fprintf(&b, "\n%s\n", summary(count))
	_, err := io.WriteString(out, b.String())
	return err
}

func summary(count map[doctor.Status]int) string {
	switch {
	case count[doctor.Mend] > 0:
		return fmt.Sprintf("%d to mend, warnings: %d, skipped: %d", count[doctor.Mend], count[doctor.Warning], count[doctor.Skipped])
	case count[doctor.Warning] > 0:
		return fmt.Sprintf("nothing to mend, warnings: %d", count[doctor.Warning])
	}
	return "nothing to mend"
}
