package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"okta-mcp/cmd/internal/clients"
	"okta-mcp/cmd/internal/settings"
)

// configOptions are what the command takes beside the settings of serve.
type configOptions struct {
	name, file              string
	install, uninstall, yes bool
	form                    *output
}

func registerConfig(command *cobra.Command) *configOptions {
	flags := command.Flags()
	var o configOptions
	flags.StringVar(&o.name, "name", "okta", "name of the entry")
	flags.StringVar(&o.file, "file", "", "file of the client, where it is not the usual one or is a project's")
	flags.BoolVar(&o.install, "install", false, "put the entry into the client's file")
	flags.BoolVar(&o.uninstall, "uninstall", false, "take the entry out of the client's file")
	flags.BoolVar(&o.yes, "yes", false, "do not ask")
	o.form = outputFlag(command, outputTable, "the list as [{client, title, file, found, entries, problem}], or the entry as {client, file, section, name, entry}")
	return &o
}

func configCommand(t terminal) *cobra.Command {
	command := &cobra.Command{
		Use:   "config [CLIENT]",
		Short: "Print or install the entry that makes an MCP client start okta-mcp",
		Long: "Without a client, lists those that are known, which are here and which start okta-mcp already. With\n" +
			"one, prints the entry to paste and where it goes, and changes nothing; --install shows what changes in\n" +
			"the client's file, asks, and changes that alone. What was there is kept beside it, for you to read alone.\n" +
			"Clients: " + strings.Join(clients.IDs(), ", ") + ".\n\n" +
			"The settings of serve that are given here are passed on: flags as arguments, variables as variables,\n" +
			"names of files made absolute. Secrets never are: name the key's file, or a profile.\n\n" +
			"Exit codes: 0 done, or nothing to do, 1 an error, 2 bad usage or setting, 3 nobody agreed.",
		Example: "  okta-mcp config\n  okta-mcp config claude-desktop --demo\n" +
			"  okta-mcp config cursor --install --profile acme --read-only\n  okta-mcp config codex --uninstall",
		Args: cobra.MaximumNArgs(1), ValidArgsFunction: completeOne(clientNames),
	}
	flags := command.Flags()
	o := registerConfig(command)
	s := settings.Register(flags)
	given := recordFlags(flags)
	command.RunE = func(command *cobra.Command, args []string) error {
		if err := o.check(args); err != nil {
			return err
		}
		if len(args) == 0 {
			return listClients(t, *o.form)
		}
		client, ok := clients.Find(args[0])
		if !ok {
			return &settings.Error{Name: "okta-mcp config", Problem: fmt.Sprintf("there is no client %q", args[0]), Example: strings.Join(clients.IDs(), ", ")}
		}
		if o.uninstall {
			return uninstallEntry(command.Context(), t, client, *o)
		}
		if err := s.Load(flags, os.LookupEnv); err != nil {
			return err
		}
		entry, err := newEntry(t, client, *s, *given, settings.Variables(flags, os.LookupEnv), *o)
		switch {
		case err != nil:
			return err
		case o.install:
			return installEntry(command.Context(), t, client, entry, *o)
		}
		return printEntry(t, client, entry, *o)
	}
	return command
}

func (o configOptions) check(args []string) error {
	bad := func(name, problem, example string) error {
		return &settings.Error{Name: name, Problem: problem, Example: example}
	}
	writes := o.install || o.uninstall
	switch {
	case !clients.IsName(o.name):
		return bad("--name", fmt.Sprintf("%q is no name that every client takes: letters, digits and - make one", o.name), "okta-prod")
	case o.install && o.uninstall:
		return bad("--install", "given together with --uninstall", "one of them")
	case o.yes && !writes:
		return bad("--yes", "nothing is asked without --install or --uninstall", "okta-mcp config cursor --install --yes")
	case *o.form == outputJSON && writes:
		return bad("--output", "nothing is printed as JSON with --install or --uninstall", "okta-mcp config -o json")
	case len(args) == 0 && (writes || o.file != ""):
		return bad("okta-mcp config", "which client is meant is not said", clients.IDs()[0])
	}
	return nil
}

// thisMachine is where files are looked for.
func thisMachine() clients.Machine {
	return clients.Machine{OS: runtime.GOOS, Getenv: os.Getenv, Glob: func(pattern string) []string {
		found, _ := filepath.Glob(pattern) // malformed where a directory's name is: nothing is found
		return found
	}}
}

// fileOf is the file to work on.
func fileOf(client clients.Client, o configOptions) (string, error) {
	if o.file != "" {
		return filepath.Abs(o.file)
	}
	place, err := thisMachine().Place(client)
	return place.File, err
}

// isThere reports whether the client was found at its place.
func isThere(place clients.Place) bool {
	info, err := os.Stat(place.Home)
	if err == nil && info.IsDir() {
		return true
	}
	_, err = os.Stat(place.File)
	return err == nil
}

// printEntry writes the entry to standard output, and all else beside it.
func printEntry(t terminal, client clients.Client, entry clients.Entry, o configOptions) error {
	file, err := fileOf(client, o)
	if err != nil {
		fmt.Fprintln(t.stderr, "okta-mcp:", err)
		file = "its file"
	}
	snippet := client.Snippet(o.name, entry)
	if *o.form == outputJSON {
		return writeJSON(t.stdout, map[string]any{
			"client": client.ID, "file": file, "section": client.Section(), "name": o.name,
			"entry": map[string]any{"command": entry.Command, "args": entry.Args, "env": entry.Env},
		})
	}
	fmt.Fprintf(t.stderr, "For %s, into %s (or let --install do it):\n", client.Title, file)
	_, err = fmt.Fprint(t.stdout, snippet)
	return err
}

func installEntry(ctx context.Context, t terminal, client clients.Client, entry clients.Entry, o configOptions) error {
	file, err := fileOf(client, o)
	if err != nil {
		return err
	}
	if place, err := thisMachine().Place(client); o.file == "" && err == nil && !isThere(place) {
		fmt.Fprintf(t.stderr, "okta-mcp: %s was not found here: there is no %s\n", client.Title, place.Home)
	}
	edit := func(text []byte) ([]byte, error) { return client.Install(text, o.name, entry) }
	return editFile(ctx, t, file, o, edit, changeTexts{
		entry: fmt.Sprintf("The entry %s, whole:\n\n%s\n", o.name, client.Snippet(o.name, entry)),
		none:  fmt.Sprintf("%s starts okta-mcp so already", file),
		ask:   question(client, file),
		done:  client.Title + " starts okta-mcp when it is started anew",
	})
}

func uninstallEntry(ctx context.Context, t terminal, client clients.Client, o configOptions) error {
	file, err := fileOf(client, o)
	if err != nil {
		return err
	}
	program, err := thisProgram()
	if err != nil {
		return err
	}
	edit := func(text []byte) ([]byte, error) { return client.Uninstall(text, o.name, program) }
	return editFile(ctx, t, file, o, edit, changeTexts{
		none: fmt.Sprintf("%s has no entry %q", file, o.name),
		ask:  question(client, file),
		done: client.Title + " forgets okta-mcp when it is started anew",
	})
}

func question(client clients.Client, file string) string {
	if client.Rewrites {
		return fmt.Sprintf("Change %s so? %s may undo it while it runs: close it first.", file, client.Title)
	}
	return fmt.Sprintf("Change %s so?", file)
}

// changeTexts are what is said about a change. The difference masks and cuts; the
// entry is shown whole to whoever is to agree to it.
type changeTexts struct{ entry, none, ask, done string }

// editFile shows what changes in a file, asks, and changes it.
func editFile(ctx context.Context, t terminal, name string, o configOptions, edit func([]byte) ([]byte, error), say changeTexts) error {
	file, err := clients.Open(name)
	if err != nil {
		return fmt.Errorf("%w; nothing was changed", err)
	}
	text, err := edit(file.Text)
	var problem *clients.Problem
	switch {
	case errors.As(err, &problem):
		return fmt.Errorf("%s:%d: %s; the file was left alone", file.Path, problem.Line, problem.Text)
	case err != nil:
		return fmt.Errorf("%s: %w; the file was left alone", file.Path, err)
	case string(text) == string(file.Text):
		fmt.Fprintln(t.stderr, say.none)
		return nil
	}
	if _, err := fmt.Fprint(t.stdout, visible(clients.Difference(file.Path, file.Text, text))); err != nil {
		return err
	}
	if !o.yes {
		fmt.Fprint(t.stderr, visible(say.entry))
		if err := agreed(ctx, t, say.ask); err != nil {
			return err
		}
	}
	backup, err := file.Write(text)
	if err != nil {
		return fmt.Errorf("changing %s: %w", file.Path, err)
	}
	if backup != "" {
		fmt.Fprintln(t.stderr, "what was there is kept in", backup)
	}
	fmt.Fprintln(t.stderr, say.done)
	return nil
}

// agreed asks the person at the terminal, and fails without a yes.
func agreed(ctx context.Context, t terminal, question string) error {
	if !t.person() {
		fmt.Fprintln(t.stderr, "okta-mcp: nothing was changed: standard input and standard error are not a terminal where you could be asked; --yes does not ask")
		return exitError{code: exitNotConsented}
	}
	fmt.Fprintf(t.stderr, "%s [y/N] ", question)
	answer := make(chan string, 1)
	go func() { answer <- readLine(t.stdin) }()
	select {
	case <-ctx.Done():
		fmt.Fprintln(t.stderr)
	case said := <-answer:
		if said == "y" || said == "yes" {
			return nil
		}
	}
	fmt.Fprintln(t.stderr, "nothing was changed")
	return exitError{code: exitNotConsented}
}

// clientState is one line of the list.
type clientState struct {
	Client  string   `json:"client"`
	Title   string   `json:"title"`
	File    string   `json:"file,omitempty"`
	Found   bool     `json:"found"`
	Entries []string `json:"entries"` // those that start okta-mcp
	Problem string   `json:"problem,omitempty"`
}

func stateOf(client clients.Client, program string) clientState {
	state := clientState{Client: client.ID, Title: client.Title, Entries: []string{}}
	place, err := thisMachine().Place(client)
	if err != nil {
		state.Problem = err.Error()
		return state
	}
	state.File = place.File
	state.Found = isThere(place)
	file, err := clients.Open(place.File)
	if err != nil {
		state.Problem = err.Error()
		return state
	}
	names, err := client.Ours(file.Text, program)
	var problem *clients.Problem
	if errors.As(err, &problem) {
		state.Problem = fmt.Sprintf("%s:%d: %s", file.Path, problem.Line, problem.Text)
	}
	state.Entries = append(state.Entries, names...)
	return state
}

func listClients(t terminal, form output) error {
	program, err := thisProgram()
	if err != nil {
		return err
	}
	var all []clientState
	for _, client := range clients.All() {
		all = append(all, stateOf(client, program))
	}
	if form == outputJSON {
		return writeJSON(t.stdout, all)
	}
	table := tabwriter.NewWriter(t.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "CLIENT\tHERE\tENTRY\tFILE")
	for _, state := range all {
		here := "no"
		if state.Found {
			here = "yes"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", state.Client, here, cmp.Or(strings.Join(state.Entries, ","), "-"), inertCell(state.File))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, state := range all {
		if state.Problem != "" {
			fmt.Fprintln(t.stderr, visible(state.Problem))
		}
	}
	return nil
}

func writeJSON(out interface{ Write([]byte) (int, error) }, v any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}
