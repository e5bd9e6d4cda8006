package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"okta-mcp/auth"
	"okta-mcp/cmd/internal/settings"
)

func keygenCommand(t terminal) *cobra.Command {
	algorithms := auth.KeyAlgorithms()
	command := &cobra.Command{
		Use:   "keygen --out FILE",
		Short: "Make a key pair for a service app: the private half into a file, the public one to register with Okta",
		Long: "Makes a key pair for a service app. The private half goes into a new file that only its owner can read,\n" +
			"the public half as a JWK to standard output, and what to do with it to standard error.",
		Example: "  okta-mcp keygen --out key.pem",
	}
	out := command.Flags().String("out", "", "new file for the private key")
	algorithm := command.Flags().String("alg", algorithms[0], "algorithm: "+strings.Join(algorithms, " or "))
	command.RunE = func(*cobra.Command, []string) error {
		if *out == "" {
			return &settings.Error{Name: "--out", Problem: "missing", Example: "key.pem"}
		}
		if !slices.Contains(algorithms, *algorithm) {
			return &settings.Error{Name: "--alg", Problem: fmt.Sprintf("no such algorithm: %q", *algorithm), Example: strings.Join(algorithms, " or ")}
		}
		return keygen(t, *out, *algorithm)
	}
	return command
}

func keygen(t terminal, path, algorithm string) error {
	pair, err := auth.NewKeyPair(algorithm)
	if err != nil {
		return err
	}
	if err := writeNew(path, string(pair.PrivatePEM())); err != nil {
		return &settings.Error{Name: "--out", Problem: err.Error(), Example: "a path that does not exist yet"}
	}
	if _, err := fmt.Fprintf(t.stdout, "%s\n", pair.Public); err != nil {
		return fmt.Errorf("writing the public key: %w", err)
	}
	fmt.Fprintf(t.stderr, `The private key is in %s; keep it there, or move it to a secret store.

In the Admin Console, under Applications > the app > General > Client Credentials:
  1. choose "Public key / Private key", then "Save keys in Okta" and "Add key";
  2. paste the JWK above, save, and see that the key is Active.
Then start the server with
  OKTA_PRIVATE_KEY_FILE=%s OKTA_KEY_ID=%s
`, path, path, pair.ID)
	return nil
}
