package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/server"
	"github.com/spf13/cobra"

	"okta-mcp/cmd/internal/settings"
	"okta-mcp/cmd/internal/wiring"
	"okta-mcp/confirm"
	"okta-mcp/tools"
)

func demoCommand(t terminal) *cobra.Command {
	command := &cobra.Command{
		Use:   "demo",
		Short: "A two-minute tour on a made-up org: no account, no set-up",
		Long: "Starts a made-up org inside this program, signs in to it, and does what an agent would do: find a\n" +
			"locked-out person and unlock her, try to delete a group (you are asked), and run into refusals.\n" +
			"Without a terminal it runs through and declines.",
		Example: "  okta-mcp demo",
	}
	s := settings.Register(command.Flags())
	command.RunE = func(command *cobra.Command, _ []string) error {
		return withLog(t, s, command, slog.LevelWarn, func(log *slog.Logger) error {
			s.Demo = true
			return demo(command.Context(), t, *s, log)
		})
	}
	return command
}

// tour is the demo on its way.
type tour struct {
	out     io.Writer
	session *client.Client
	step    int
}

func demo(ctx context.Context, t terminal, s settings.Settings, log *slog.Logger) error {
	app, err := wiring.Start(ctx, s, wiring.Caller{ID: "demo"}, askTour(t), log)
	if err != nil {
		return err
	}
	defer app.Close()
	session, err := connect(ctx, app, "okta-mcp demo")
	if err != nil {
		return err
	}
	defer session.Close()
	guide := &tour{out: t.stdout, session: session}
	cast := app.Demo.Cast()
	for _, act := range []func(context.Context) error{
		guide.signIn,
		func(context.Context) error { return guide.offered(app) },
		func(ctx context.Context) error { return guide.unlock(ctx, cast.LockedOut.Login) },
		func(ctx context.Context) error { return guide.delete(ctx, cast.Project.Name) },
		func(ctx context.Context) error { return guide.refused(ctx, cast.Project.Name, cast.Everyone.Name) },
	} {
		if err := act(ctx); err != nil {
			return fmt.Errorf("the demo stopped: %w", err)
		}
	}
	guide.say("That was the tour. Nothing of it was real, and it is gone when this program ends.\n" +
		"Let an agent try it: have your MCP client start `okta-mcp serve --demo`. The README shows how to point it at your org.")
	return nil
}

// askTour asks the person at the keyboard, or declines where nobody sits there.
func askTour(t terminal) wiring.Askers {
	return func(*server.MCPServer) []confirm.Asker {
		if t.person() {
			return []confirm.Asker{confirm.NewTerminal(t.stdin, t.stderr)}
		}
		return []confirm.Asker{decliner{out: t.stdout}}
	}
}

// decliner shows the question and answers no: nobody is there to say yes.
type decliner struct{ out io.Writer }

func (decliner) Name() string                       { return "tour" }
func (decliner) Can(context.Context) (bool, string) { return true, "" }
func (d decliner) Ask(_ context.Context, q confirm.Question) (confirm.Reply, error) {
	fmt.Fprintf(d.out, "\n%s\n(there is no terminal to answer at, so the answer is no)\n\n", indent(q.Text()))
	return confirm.Reply{Action: "decline"}, nil
}

func (g *tour) say(format string, args ...any) { fmt.Fprintf(g.out, "\n"+format+"\n", args...) }

func (g *tour) heading(title string) {
	g.step++
	g.say("%d. %s", g.step, title)
}

// call shows a call as an agent makes it, and its answer.
func (g *tour) call(ctx context.Context, tool string, arguments map[string]any) (failed bool, err error) {
	shown, err := json.Marshal(arguments)
	if err != nil {
		return false, err
	}
	fmt.Fprintf(g.out, "   agent calls  %s %s\n", tool, shown)
	result, err := callTool(ctx, g.session, tool, arguments)
	if err != nil {
		return false, err
	}
	verb := "server answers"
	if result.IsError {
		verb = "server refuses"
	}
	fmt.Fprintf(g.out, "   %s\n%s\n", verb, indent(resultText(result)))
	return result.IsError, nil
}

func indent(text string) string {
	return "     | " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n     | ")
}

func (g *tour) signIn(ctx context.Context) error {
	g.heading("The server signs in to a made-up Okta org as a service app, with a signed assertion and no shared secret.")
	failed, err := g.call(ctx, "get_access_status", map[string]any{})
	if err == nil && failed {
		err = fmt.Errorf("signing in to the made-up org failed")
	}
	return err
}

func (g *tour) offered(app *wiring.App) error {
	g.heading("The agent is offered only what the granted scopes allow and the operator selects. * marks what a person must confirm, ? what may need it, ( ) what --toolsets all would add.")
	sets, names := []string{}, map[string][]string{}
	for _, d := range app.Tools.Describe() {
		if names[d.Toolset] == nil {
			sets = append(sets, d.Toolset)
		}
		names[d.Toolset] = append(names[d.Toolset], marked(d))
	}
	for _, set := range sets {
		fmt.Fprintf(g.out, "   %s\n%s\n", set, wrapped(names[set], 96))
	}
	return nil
}

// marked is a tool's name with what the tour says of it.
func marked(d tools.Description) string {
	name := d.Name
	switch {
	case d.Asks && d.Effect != tools.Write:
		name += "*"
	case d.Asks:
		name += "?"
	}
	if d.Why != "" {
		name = "(" + name + ")"
	}
	return name
}

// wrapped joins words into indented lines of at most so many characters.
func wrapped(words []string, width int) string {
	var lines []string
	line := ""
	for _, word := range words {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return "     " + strings.Join(append(lines, line), "\n     ")
}

func (g *tour) unlock(ctx context.Context, login string) error {
	g.heading("Somebody cannot sign in. The agent looks for locked-out people, sees in the System Log when and from where, and unlocks one; that gives nobody more than they had, so nobody is asked.")
	if _, err := g.call(ctx, "list_users", map[string]any{"status": "LOCKED_OUT", "fields": []string{"status", "profile.login", "statusChanged"}}); err != nil {
		return err
	}
	story := map[string]any{"target": login, "event_type": "user.account.lock", "since": "-30d", "fields": []string{"published", "displayMessage", "client.ipAddress", "client.geographicalContext.city"}}
	if _, err := g.call(ctx, "get_logs", story); err != nil {
		return err
	}
	failed, err := g.call(ctx, "unlock_user", map[string]any{"user_id": login})
	if err == nil && failed {
		err = fmt.Errorf("unlocking %s failed", login)
	}
	return err
}

func (g *tour) delete(ctx context.Context, group string) error {
	g.heading("The agent wants to delete a group. That cannot be undone, so a person is asked, with what it would cost. You decide.")
	_, err := g.call(ctx, "delete_group", map[string]any{"group_id": group})
	return err
}

func (g *tour) refused(ctx context.Context, group, builtIn string) error {
	g.heading("What an agent says about itself never counts as consent, and what Okta would refuse is refused before anybody is asked.")
	for _, arguments := range []map[string]any{
		{"group_id": group, "confirmed": true},
		{"group_id": builtIn},
	} {
		failed, err := g.call(ctx, "delete_group", arguments)
		if err != nil {
			return err
		}
		if !failed {
			return fmt.Errorf("a call that must be refused was carried out")
		}
	}
	return nil
}
