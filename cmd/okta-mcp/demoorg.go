package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"okta-mcp/cmd/internal/settings"
	"okta-mcp/cmd/internal/wiring"
	"okta-mcp/oktaclient/demoorg"
)

func demoOrgCommand(t terminal) *cobra.Command {
	command := &cobra.Command{
		Use:   "demo-org --listen ADDR",
		Short: "Serve the made-up org alone over HTTP, for any Okta client",
		Long: "Serves an in-memory org that behaves like Okta, awkward parts included, and prints how to sign in to it.\n" +
			"It holds no real data and speaks plain HTTP: keep it on a loopback address.",
		Example: "  okta-mcp demo-org --listen 127.0.0.1:8980",
	}
	listen := command.Flags().String("listen", "", "address to listen on, for instance 127.0.0.1:8980")
	s := settings.Register(command.Flags(), "demo-size", "demo-now")
	keyFile := command.Flags().String("key-file", "", "where to write the private key; by default a new file in the temporary directory")
	command.RunE = func(command *cobra.Command, _ []string) error {
		if *listen == "" {
			return &settings.Error{Name: "--listen", Problem: "missing", Example: "127.0.0.1:8980"}
		}
		if err := s.Load(command.Flags(), os.LookupEnv); err != nil {
			return err
		}
		return serveDemoOrg(command.Context(), t, *listen, wiring.DemoOptions(*s), *keyFile)
	}
	return command
}

func serveDemoOrg(ctx context.Context, t terminal, address string, options demoorg.Options, keyFile string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return &settings.Error{Name: "--listen", Problem: err.Error(), Example: "127.0.0.1:8980"}
	}
	defer listener.Close()
	org, err := demoorg.New(options)
	if err != nil {
		return fmt.Errorf("starting the demo org: %w", err)
	}
	credentials := org.Credentials()
	keyFile, err = writeKey(keyFile, credentials.PrivateKeyPEM)
	if err != nil {
		return err
	}
	fmt.Fprintf(t.stdout, "# a person signs in to the app OKTA_CLIENT_ID=%s, without a key\n", credentials.NativeClientID)
	fmt.Fprintf(t.stdout, "OKTA_ORG_URL=http://%s\nOKTA_CLIENT_ID=%s\nOKTA_KEY_ID=%s\nOKTA_PRIVATE_KEY_FILE=%s\nOKTA_SCOPES=\"%s\"\n",
		listener.Addr(), credentials.ClientID, credentials.KeyID, keyFile, strings.Join(credentials.Scopes, " "))
	srv := &http.Server{Handler: org, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	stopped := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stopped()
	if err := srv.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving the demo org: %w", err)
	}
	return nil
}

// writeKey writes the key to a file that others cannot read. An existing file is
// never overwritten: it could be somebody's real key.
func writeKey(path, pem string) (string, error) {
	if path == "" {
		directory, err := os.MkdirTemp("", "okta-mcp-demo-")
		if err != nil {
			return "", fmt.Errorf("writing the key: %w", err)
		}
		path = filepath.Join(directory, "key.pem")
	}
	if err := writeNew(path, pem); err != nil {
		return "", &settings.Error{Name: "--key-file", Problem: err.Error(), Example: "a path that does not exist yet"}
	}
	return path, nil
}

// writeNew writes a file that was not there before and that others cannot read.
func writeNew(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	if err = errors.Join(err, file.Close()); err != nil {
		_ = os.Remove(path)
	}
	return err
}
