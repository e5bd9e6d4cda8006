package main

import (
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"okta-mcp/cmd/internal/settings"
)

func profilesCommand(t terminal) *cobra.Command {
	return &cobra.Command{
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
		Example: "  okta-mcp profiles",
		RunE:    func(*cobra.Command, []string) error { return profiles(t) },
	}
}

func profiles(t terminal) error {
	path := settings.ConfigFile(os.LookupEnv)
	all, err := settings.Profiles(path)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		fmt.Fprintf(t.stderr, "there are no profiles in %s; okta-mcp profiles --help shows how to write one\n", path)
		return nil
	}
	table := tabwriter.NewWriter(t.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PROFILE\tORG\tCLIENT ID\tKEY FILE")
	for _, p := range all {
		s := p.Settings
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", p.Name, inertCell(s.OrgURL), inertCell(s.ClientID), inertCell(s.PrivateKeyFile))
	}
	return table.Flush()
}
