package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/spf13/cobra"

	"okta-mcp/cmd/internal/settings"
	"okta-mcp/cmd/internal/version"
	"okta-mcp/cmd/internal/wiring"
	"okta-mcp/confirm"
	"okta-mcp/tools"
)

func callCommand(t terminal) *cobra.Command {
	command := &cobra.Command{
		Use:   "call TOOL [key=value …]",
		Short: "Call one tool; what needs consent asks at the terminal",
		Long: "Calls one tool through the very server that agents use. At a terminal, what needs a person's yes\n" +
			"asks there; without one it is refused. The tool named is offered whatever its toolset, unless\n" +
			"--toolsets or --tools say otherwise.\n\n" +
			"Exit codes: 0 done, 1 tool error, 2 bad usage or setting, 3 not consented, 4 not signed in.",
		Example: "  okta-mcp call --demo list_users status=LOCKED_OUT fields=profile.login\n" +
			"  okta-mcp call --demo list_users status=LOCKED_OUT fields=profile.login -o table\n" +
			"  okta-mcp call --demo get_user --json '{\"user_id\":\"ada.okafor@acme.example\"}'",
		Args: cobra.MinimumNArgs(1), ValidArgsFunction: completeCall,
	}
	form := outputFlag(command, outputJSON, "the answer as agents get it")
	asJSON := command.Flags().String("json", "", "the arguments as one JSON object, instead of key=value")
	s := settings.Register(command.Flags())
	command.RunE = func(command *cobra.Command, args []string) error {
		t, status := t.withStatus()
		defer status.close()
		return withLog(t, s, command, slog.LevelWarn, func(log *slog.Logger) error {
			result, err := call(command.Context(), t, *s, args, *asJSON, status, log)
			if err != nil {
				return err
			}
			return printResult(t, result, *form)
		})
	}
	return command
}

func call(ctx context.Context, t terminal, s settings.Settings, args []string, asJSON string, status *statusLine, log *slog.Logger) (*mcp.CallToolResult, error) {
	given, err := givenArguments(args[1:], asJSON)
	if err != nil {
		return nil, err
	}
	page := approvalPage(time.Hour) // nobody gives up on the call: --ask-timeout ends the question
	defer page.Close()
	askers, err := asking(t, s, page)
	if err != nil {
		return nil, err
	}
	app, err := wiring.Start(ctx, naming(s, args[0]), wiring.Caller{ID: wiring.CallerCall}, askers, log)
	if err != nil {
		return nil, err
	}
	defer app.Close()
	session, err := connect(ctx, app, "okta-mcp call")
	if err != nil {
		return nil, err
	}
	defer session.Close()
	listed, err := session.ListTools(ctx, mcp.ListToolsRequest{})
	if err != nil {
		return nil, fmt.Errorf("listing the tools: %w", err)
	}
	session.OnNotification(func(n mcp.JSONRPCNotification) { tellProgress(status, n) })
	result, err := callTool(ctx, session, args[0], given.as(parameterTypes(listed.Tools, args[0])))
	status.close()
	if err != nil {
		return nil, unknownTool(args[0], err)
	}
	return result, nil
}

// tellProgress shows how far a call is.
func tellProgress(status *statusLine, n mcp.JSONRPCNotification) {
	var told struct {
		Progress, Total json.Number
		Message         string
	}
	members, err := json.Marshal(n.Params.AdditionalFields)
	if n.Method != "notifications/progress" || err != nil || json.Unmarshal(members, &told) != nil {
		return
	}
	far := told.Progress.String()
	if told.Total != "" {
		far += "/" + told.Total.String()
	}
	status.tell("%s (%s)", told.Message, far)
}

// naming adds the tool that the person names to those offered by default, unless
// the settings select.
func naming(s settings.Settings, tool string) settings.Settings {
	exists := slices.ContainsFunc(tools.Catalog(), func(d tools.Description) bool { return d.Name == tool })
	if exists && tool != "get_access_status" && len(s.Toolsets) == 0 && len(s.Tools) == 0 {
		s.Toolsets, s.Tools = []string{"default"}, []string{tool}
	}
	return s
}

// asking is what --ask says of a command at a terminal: there is no MCP client
// that could ask.
func asking(t terminal, s settings.Settings, page *confirm.Page) (wiring.Askers, error) {
	switch s.Ask {
	case wiring.AskBrowser:
		return wiring.AskOnly(page), nil
	case wiring.AskNone:
		return wiring.AskNobody("--ask is " + s.Ask), nil
	case wiring.AskClient:
		return nil, &settings.Error{Name: "--ask", Problem: "no MCP client takes part in this command", Example: "browser"}
	}
	if !t.person() {
		return wiring.AskNobody("standard input and standard error are not a terminal"), nil
	}
	return wiring.AskOnly(confirm.NewTerminal(t.stdin, t.stderr)), nil
}

// connect opens an MCP session inside this process, under the client name given.
func connect(ctx context.Context, app *wiring.App, as string) (*client.Client, error) {
	session, err := client.NewInProcessClient(app.Tools.MCP())
	if err != nil {
		return nil, fmt.Errorf("connecting to the server: %w", err)
	}
	if err := session.Start(ctx); err != nil {
		return nil, fmt.Errorf("connecting to the server: %w", err)
	}
	hello := mcp.InitializeRequest{}
	hello.Params.ProtocolVersion = "2025-11-25"
	hello.Params.ClientInfo = mcp.Implementation{Name: as, Version: version.This().String()}
	if _, err := session.Initialize(ctx, hello); err != nil {
		return nil, fmt.Errorf("connecting to the server: %w", err)
	}
	return session, nil
}

func callTool(ctx context.Context, session *client.Client, name string, arguments any) (*mcp.CallToolResult, error) {
	request := mcp.CallToolRequest{}
	request.Params.Name, request.Params.Arguments = name, arguments
	request.Params.Meta = &mcp.Meta{ProgressToken: 1}
	return session.CallTool(ctx, request)
}

func unknownTool(name string, err error) error {
	if strings.Contains(err.Error(), "not found") {
		return &settings.Error{Name: "okta-mcp call", Problem: fmt.Sprintf("there is no tool %q", name), Example: "okta-mcp call list_users (okta-mcp tools lists them)"}
	}
	return fmt.Errorf("calling %s: %w", name, err)
}

// given is the arguments as the command line has them: one JSON object, or texts
// by name, whose types only the tool knows.
type given struct {
	object json.RawMessage
	texts  map[string]string
}

// givenArguments reads the command line before anything is started.
func givenArguments(pairs []string, asJSON string) (given, error) {
	bad := func(problem string) error {
		return &settings.Error{Name: "okta-mcp call", Problem: problem, Example: "okta-mcp call get_user user_id=ada.okafor@acme.example"}
	}
	g := given{texts: map[string]string{}}
	if asJSON != "" {
		if len(pairs) > 0 {
			return g, bad("key=value and --json exclude each other")
		}
		if !json.Valid([]byte(asJSON)) || !strings.HasPrefix(strings.TrimSpace(asJSON), "{") {
			return g, bad("--json is not a JSON object")
		}
		g.object = json.RawMessage(asJSON)
	}
	for _, pair := range pairs {
		key, text, ok := strings.Cut(pair, "=")
		if !ok || key == "" {
			return g, bad(fmt.Sprintf("%q is not key=value", pair))
		}
		if _, twice := g.texts[key]; twice {
			return g, bad(fmt.Sprintf("%q is given twice", key))
		}
		g.texts[key] = text
	}
	return g, nil
}

// as returns the arguments with each text read as its parameter's type.
func (g given) as(types map[string]string) any {
	if g.object != nil {
		return g.object
	}
	arguments := map[string]json.RawMessage{}
	for key, text := range g.texts {
		arguments[key] = typed(types[key], text)
	}
	return arguments
}

// parameterTypes returns the JSON type of each parameter of an offered tool.
func parameterTypes(listed []mcp.Tool, name string) map[string]string {
	types := map[string]string{}
	for _, tool := range listed {
		if tool.Name != name {
			continue
		}
		for parameter, property := range tool.InputSchema.Properties {
			if schema, ok := property.(map[string]any); ok {
				types[parameter], _ = schema["type"].(string)
			}
		}
	}
	return types
}

// typed reads a value as its parameter's type; what does not fit is passed on
// as a string, for the server to name what is wrong with it.
func typed(kind, given string) json.RawMessage {
	asString, _ := json.Marshal(given) // a string always marshals
	switch {
	case kind == "array" && !strings.HasPrefix(given, "["):
		elements, _ := json.Marshal(strings.Split(given, ","))
		return elements
	case kind != "" && kind != "string" && json.Valid([]byte(given)):
		return json.RawMessage(given)
	}
	return asString
}

// printResult writes the answer to standard output, and ends with an error's text
// and code. What was done in part has an answer too, which says what.
func printResult(t terminal, result *mcp.CallToolResult, form output) error {
	text := resultText(result)
	if result.IsError && len(result.RawStructuredContent) == 0 {
		return exitError{outcomeCode(result), text}
	}
	var err error
	if form == outputTable {
		err = writeAnswer(t.stdout, text)
	} else {
		_, err = fmt.Fprintln(t.stdout, text)
	}
	if err == nil && result.IsError {
		return exitError{code: outcomeCode(result)}
	}
	return err
}

func resultText(result *mcp.CallToolResult) string {
	var texts []string
	for _, content := range result.Content {
		if text, ok := content.(mcp.TextContent); ok {
			texts = append(texts, text.Text)
		}
	}
	return strings.Join(texts, "\n")
}

func outcomeCode(result *mcp.CallToolResult) int {
	outcome := ""
	if result.Meta != nil {
		outcome, _ = result.Meta.AdditionalFields[tools.OutcomeKey].(string)
	}
	switch outcome {
	case tools.OutcomeNotConsented:
		return exitNotConsented
	case tools.OutcomeNotSignedIn:
		return exitNotSignedIn
	}
	return exitToolError
}
