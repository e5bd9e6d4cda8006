package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"okta-mcp/auth"
	"okta-mcp/cmd/internal/clients"
	"okta-mcp/cmd/internal/settings"
	"okta-mcp/cmd/internal/wiring"
	"okta-mcp/tools"
)

func completionCommand(t terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Let the shell complete commands, flags, tools and their parameters: bash, zsh, fish or powershell",
		Long: "Prints a script with which the shell completes commands, flags and their values, and for call the tools,\n" +
			"their parameters and what those can be. It reads no key and signs in nowhere. To have it in every shell:\n\n" +
			"  bash        echo 'source <(okta-mcp completion bash)' >> ~/.bashrc\n" +
			"  zsh         echo 'source <(okta-mcp completion zsh)' >> ~/.zshrc\n" +
			"  fish        okta-mcp completion fish > ~/.config/fish/completions/okta-mcp.fish\n" +
			"  powershell  Add-Content $PROFILE 'okta-mcp completion powershell | Out-String | Invoke-Expression'\n\n" +
			"bash needs its package bash-completion for that, and zsh a compinit before the line.",
		Example:   "  okta-mcp completion bash\n  okta-mcp completion fish",
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []cobra.Completion{"bash", "zsh", "fish", "powershell"},
		RunE: func(command *cobra.Command, args []string) error {
			return writeCompletion(command.Root(), args[0], t.stdout)
		},
	}
}

func writeCompletion(root *cobra.Command, shell string, out io.Writer) error {
	switch shell {
	case "bash":
		return root.GenBashCompletionV2(out, true)
	case "zsh":
		return root.GenZshCompletion(out)
	case "fish":
		return root.GenFishCompletion(out, true)
	}
	return root.GenPowerShellCompletionWithDesc(out)
}

// completeFlags tells what the values of a command's flags can be, and of those of
// the commands below it. The names of files are left to the shell.
func completeFlags(command *cobra.Command) {
	for _, below := range command.Commands() {
		completeFlags(below)
	}
	known := flagValues()
	command.Flags().VisitAll(func(flag *pflag.Flag) {
		values, ok := known[flag.Name]
		switch fixed := settings.Values(flag.Name); {
		case ok:
		case fixed != nil:
			values = oneOf(func() []cobra.Completion { return fixed })
		case settings.NamesFile(flag.Name) || slices.Contains([]string{"file", "key-file", "out"}, flag.Name):
			return
		default:
			values = cobra.NoFileCompletions
		}
		_ = command.RegisterFlagCompletionFunc(flag.Name, values) // it fails for flags that are not there, or done twice
	})
}

// flagValues are the values of flags that the settings do not list.
func flagValues() map[string]cobra.CompletionFunc {
	fixed := func(values ...string) cobra.CompletionFunc {
		return oneOf(func() []cobra.Completion { return values })
	}
	return map[string]cobra.CompletionFunc{
		"toolsets": someOf(toolsetNames), "tools": someOf(toolNames), "exclude-tools": someOf(toolNames), "approve": someOf(tools.Confirmable),
		"scopes": someOf(scopeNames), "profile": oneOf(profileNames), "tool": oneOf(toolNames),
		"output": fixed(string(outputTable), string(outputJSON)), "alg": fixed(auth.KeyAlgorithms()...),
		"caller":  fixed(wiring.CallerStdio, wiring.CallerCall),
		"outcome": fixed("ok", "asked", tools.OutcomeError, tools.OutcomeNotConsented, tools.OutcomeNotSignedIn),
		"consent": fixed("client", "browser", "terminal", "pre-approval"),
	}
}

// oneOf completes a value that is one of those listed.
func oneOf(list func() []cobra.Completion) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return beginning(typed, "", list())
	}
}

// someOf completes a value that is several of those listed, with commas.
func someOf(list func() []cobra.Completion) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return beginning(typed, typed[:strings.LastIndex(typed, ",")+1], list())
	}
}

// beginning returns what begins as typed does, each after before. Where another
// part follows a value, no space does.
func beginning(typed, before string, values []cobra.Completion) ([]cobra.Completion, cobra.ShellCompDirective) {
	directive := cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	given := strings.Split(before, ",")
	var fitting []cobra.Completion
	for _, value := range values {
		name, _, _ := strings.Cut(value, "\t")
		if !strings.HasPrefix(before+name, typed) || slices.Contains(given, name) {
			continue
		}
		if strings.HasSuffix(name, "=") {
			directive |= cobra.ShellCompDirectiveNoSpace
		}
		fitting = append(fitting, before+value)
	}
	return fitting, directive
}

func toolNames() []cobra.Completion {
	var names []cobra.Completion
	for _, d := range tools.Catalog() {
		names = append(names, cobra.CompletionWithDesc(d.Name, d.Title))
	}
	return names
}

func toolsetNames() []cobra.Completion {
	names := []cobra.Completion{"all", "default"}
	for _, set := range tools.Toolsets() {
		names = append(names, set.Name)
	}
	return names
}

func scopeNames() []cobra.Completion {
	var names []cobra.Completion
	for _, d := range tools.Catalog() {
		names = append(append(names, d.Scopes...), d.Optional...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func clientNames() []cobra.Completion {
	var names []cobra.Completion
	for _, c := range clients.All() {
		names = append(names, cobra.CompletionWithDesc(c.ID, c.Title))
	}
	return names
}

func profileNames() []cobra.Completion {
	var names []cobra.Completion
	for _, p := range profilesHere() {
		names = append(names, cobra.CompletionWithDesc(p.Name, inertCell(p.Settings.OrgURL)))
	}
	return names
}

// profilesHere are none where the configuration file is wrong: the command says so.
func profilesHere() []settings.Profile {
	all, err := settings.Profiles(settings.ConfigFile(os.LookupEnv))
	if err != nil {
		cobra.CompDebugln(fmt.Sprint(err), false)
	}
	return all
}

// completeOne completes the first argument of a command that takes no more.
func completeOne(list func() []cobra.Completion) cobra.CompletionFunc {
	return func(command *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return oneOf(list)(command, args, typed)
	}
}

// completeRecords completes the files of records that are set, and leaves others to
// the shell.
func completeRecords(_ *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	files := []string{os.Getenv("OKTA_MCP_AUDIT_FILE")}
	for _, p := range profilesHere() {
		files = append(files, p.Settings.AuditFile)
	}
	fitting := slices.DeleteFunc(files, func(file string) bool {
		return file == "" || !strings.HasPrefix(file, typed) || slices.Contains(args, file)
	})
	return fitting, cobra.ShellCompDirectiveDefault
}
