package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"okta-mcp/auth"
	"okta-mcp/cmd/internal/desktop"
	"okta-mcp/cmd/internal/settings"
	"okta-mcp/cmd/internal/wiring"
)

func loginCommand(t terminal) *cobra.Command {
	command := &cobra.Command{
		Use:   "login",
		Short: "Sign in as a person, with a code (native app)",
		Long: "Signs a person in to a native app of the org, which serve and call then use where no private key is set.\n" +
			"Prints the address to open and the code to enter there, and waits. The sign-in is kept in the operating\n" +
			"system's keyring, or in a file encrypted with OKTA_MCP_STORE_KEY.\n\n" +
			"Exit codes: 0 signed in, 1 an error, 2 bad usage or setting, 4 not signed in.",
		Example: "  OKTA_ORG_URL=https://acme.okta.com OKTA_CLIENT_ID=0oa… okta-mcp login",
	}
	noBrowser := command.Flags().Bool("no-browser", false, "only print the address")
	s := settings.Register(command.Flags(), signInSettings()...)
	command.RunE = func(command *cobra.Command, _ []string) error {
		return withLog(t, s, command, slog.LevelWarn, func(log *slog.Logger) error {
			return login(command.Context(), t, *s, *noBrowser, log)
		})
	}
	return command
}

func logoutCommand(t terminal) *cobra.Command {
	command := &cobra.Command{
		Use:     "logout",
		Short:   "End a person's sign-in: Okta revokes it, and it is forgotten here",
		Example: "  OKTA_ORG_URL=https://acme.okta.com OKTA_CLIENT_ID=0oa… okta-mcp logout",
	}
	s := settings.Register(command.Flags(), signInSettings()...)
	command.RunE = func(command *cobra.Command, _ []string) error {
		return withLog(t, s, command, slog.LevelWarn, func(log *slog.Logger) error {
			return logout(command.Context(), t, *s, log)
		})
	}
	return command
}

// signInSettings are those that say who signs in to what, and for what.
func signInSettings() []string {
	return []string{
		"profile", "org-url", "client-id", "scopes", "private-key-file", "dpop",
		"toolsets", "tools", "exclude-tools", "read-only", "log-level", "log-file", "log-format",
	}
}

func login(ctx context.Context, t terminal, s settings.Settings, noBrowser bool, log *slog.Logger) error {
	device, store, err := wiring.OpenDevice(ctx, s, log)
	if err != nil {
		return err
	}
	defer device.Close()
	switch err := device.SignIn(ctx); {
	case err == nil:
		fmt.Fprintf(t.stdout, "%s; okta-mcp logout ends that\n", signedIn(device.State()))
		return nil
	case !errors.Is(err, auth.ErrSignInNeeded):
		return notSignedIn(err)
	}
	v, err := device.Begin(ctx)
	if err != nil {
		return notSignedIn(err)
	}
	fmt.Fprintf(t.stdout, "Open    %s\nEnter   %s\nbefore  %s\n", v.URI, v.Code, v.Expires.Local().Format(time.TimeOnly))
	if !noBrowser {
		defer showAddress(t, v)()
	}
	if err := device.Wait(ctx); err != nil {
		return notSignedIn(err)
	}
	state := device.State()
	if state.Err != nil { // that it cannot be kept, for one
		fmt.Fprintln(t.stdout, signedIn(state))
		return state.Err
	}
	fmt.Fprintf(t.stdout, "%s, kept in %s\n", signedIn(state), store)
	return nil
}

// showAddress opens the browser where there is one, and returns what cleans up.
func showAddress(t terminal, v auth.Verification) func() {
	address := v.CompleteURI
	if address == "" {
		address = v.URI
	}
	if ok, _ := desktop.AtHand(); !ok {
		return func() {}
	}
	done, err := desktop.Open(address)
	if err != nil {
		fmt.Fprintln(t.stderr, "okta-mcp: the browser was not opened:", err)
		return func() {}
	}
	return done
}

func signedIn(state auth.State) string {
	return fmt.Sprintf("signed in to %s as %s, granted %s", state.ClientID, state.UserID, strings.Join(state.Granted, " "))
}

func notSignedIn(err error) error {
	return exitError{exitNotSignedIn, "not signed in: " + err.Error()}
}

func logout(ctx context.Context, t terminal, s settings.Settings, log *slog.Logger) error {
	device, store, err := wiring.OpenDevice(ctx, s, log)
	if err != nil {
		return err
	}
	defer device.Close()
	if err := device.SignOut(ctx); err != nil {
		return err
	}
	fmt.Fprintf(t.stdout, "signed out; nothing of it is left in %s\n", store)
	return nil
}
