package main

import (
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"okta-mcp/cmd/internal/settings"
)

func profilesCommand(t terminal) *cobra.Command {
	command := &cobra.Command{
		Use:   "profiles",
		Short: "List the profiles of the configuration file",
		Long: "Lists the profiles of the configuration file, one for each org or each app. A profile holds settings\n" +
			"under the names of their flags, with _ for -; flags and variables win over it. Nothing secret is in it.\n\n" +
			"  # ~/.config/okta-mcp/config.yaml\n" +
			"  profiles:\n" +
			"    acme:\n" +
			"      org_url: https://acme.okta.com\n" +
			"      client_id: 0oa1ab2c3D4E5f6G7h8i\n" +
			"      private_key_file: /etc/okta-mcp/acme.pem\n" +
			"      toolsets: [users, groups]",
		Example: "  okta-mcp profiles\n  okta-mcp profiles -o json",
	}
	form := outputFlag(command, outputTable, "[{profile, org_url, client_id, private_key_file}]")
	command.RunE = func(*cobra.Command, []string) error { return profiles(t, *form) }
	return command
}

// profileLine is one profile as it is listed.
type profileLine struct {
	Profile string `json:"profile"`
	Org     string `json:"org_url,omitempty"`
	Client  string `json:"client_id,omitempty"`
	KeyFile string `json:"private_key_file,omitempty"`
}

func profiles(t terminal, form output) error {
	path := settings.ConfigFile(os.LookupEnv)
	all, err := settings.Profiles(path)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		fmt.Fprintf(t.stderr, "there are no profiles in %s; okta-mcp profiles --help shows how to write one\n", path)
	}
	lines := make([]profileLine, len(all))
	for i, p := range all {
		lines[i] = profileLine{p.Name, p.Settings.OrgURL, p.Settings.ClientID, p.Settings.PrivateKeyFile}
	}
	switch {
	case form == outputJSON:
		return printJSON(t.stdout, lines)
	case len(lines) == 0:
		return nil
	}
	table := tabwriter.NewWriter(t.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PROFILE\tORG\tCLIENT ID\tKEY FILE")
	for _, l := range lines {
		if err := tableRow(table, l.Profile, l.Org, l.Client, l.KeyFile); err != nil {
			return err
		}
	}
	return table.Flush()
}
