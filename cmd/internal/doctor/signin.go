package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"okta-mcp/auth"
	"okta-mcp/cmd/internal/settings"
	"okta-mcp/cmd/internal/version"
	"okta-mcp/oktaclient"
)

// identity is who we are to Okta, and how the one attempt to sign in ended.
type identity struct {
	signer interface {
		oktaclient.Authorizer
		SignIn(context.Context) error
		State() auth.State
	}
	device *auth.Device // nil for a service app
	close  func()

	tried bool
	err   error
}

func (e *exam) config() auth.Config {
	scopes, derived, _ := e.asked() // the check of the settings told its error
	return auth.Config{
		OrgURL: e.Settings.OrgURL, ClientID: e.Settings.ClientID, Scopes: scopes, Optional: derived, DPoP: auth.DPoPMode(e.Settings.DPoP),
		UserAgent: version.UserAgent(), Transport: e.Transport, Now: e.Now, Logger: e.Logger,
	}
}

// identify makes the identity, once: for a service app with the key that was
// read, for a person with the store.
func (e *exam) identify(ctx context.Context) (*identity, error) {
	if e.id == nil && e.noID == nil {
		e.id, e.noID = e.newIdentity(ctx)
	}
	return e.id, e.noID
}

func (e *exam) newIdentity(ctx context.Context) (*identity, error) {
	config := e.config()
	if !e.method.person {
		config.Key = e.private
		app, err := auth.NewServiceApp(config)
		if err != nil {
			return nil, err
		}
		return &identity{signer: app, close: func() {}}, nil
	}
	store, err := e.OpenStore(ctx, e.Settings)
	if err != nil {
		return nil, err
	}
	e.store, config.Store = store, store
	device, err := auth.NewDevice(config)
	if err != nil {
		return nil, err
	}
	return &identity{signer: device, device: device, close: device.Close}, nil
}

// signIn gets a token, or says why there is none. It asks Okta once.
func (e *exam) signIn(ctx context.Context) error {
	id, err := e.identify(ctx)
	if err != nil {
		return err
	}
	if !id.tried {
		id.tried, id.err = true, id.signer.SignIn(ctx)
	}
	return id.err
}

// key reads the private key and, where the org answers, asks what it says to it.
func (e *exam) key(ctx context.Context) Finding {
	if e.method.person {
		return ok("none is needed: a person signs in with a code")
	}
	text, err := e.Settings.Key()
	if err != nil {
		return badSettings([]error{err})
	}
	if e.private, err = auth.ParseKey(text, e.Settings.KeyID); err != nil {
		return mend("okta-mcp keygen makes a key; its public half is registered "+keysPlace, "%s", err)
	}
	if e.answer != nil {
		if refused := refusalOf(e.signIn(ctx)); refused != nil && aboutKey(refused) {
			return e.refusedKey(refused)
		}
	}
	saw := fmt.Sprintf("a private key for %s with the key id %q", e.private.Algorithm(), e.private.ID())
	if e.private.ID() == "" {
		saw = fmt.Sprintf("a private key for %s without a key id, which serves while the app has a single active key", e.private.Algorithm())
	}
	if path := e.Settings.PrivateKeyFile; othersRead(path) {
		return warn("chmod 600 "+path, "%s; other users of this machine can read its file", saw)
	}
	return ok("%s", saw)
}

const keysPlace = "in the Admin Console under Applications > the app > General > Client Credentials"

// othersRead reports whether more than its owner can read a file. On Windows its
// mode does not say.
func othersRead(path string) bool {
	if path == "" || runtime.GOOS == "windows" {
		return false
	}
	info, err := os.Stat(path)
	return err == nil && info.Mode().Perm()&0o077 != 0
}

func refusalOf(err error) *auth.Error {
	var refused *auth.Error
	errors.As(err, &refused)
	return refused
}

// aboutKey tells a refusal of the key, by Okta's words for it, from others of the
// client.
func aboutKey(e *auth.Error) bool {
	if !strings.HasPrefix(e.Code, "invalid_client") && !strings.HasPrefix(e.Code, "client_assertion") {
		return false
	}
	said := strings.ToLower(e.Code + " " + e.Description)
	return slices.ContainsFunc([]string{"kid", "jwk", "signature", "algorithm"}, func(word string) bool { return strings.Contains(said, word) })
}

func (e *exam) refusedKey(refused *auth.Error) Finding {
	if e.private.ID() == "" {
		return mend("set OKTA_KEY_ID to the KID of this very key, as listed "+keysPlace,
			"the key id is missing, and the app has several active keys or none; %s", words(refused))
	}
	return mend(refused.Advice, "%s", words(refused))
}

// words are what Okta said, without what to do about it.
func words(refused *auth.Error) string {
	bare := *refused
	bare.Advice = ""
	return bare.Error()
}

// token tells how signing in ended.
func (e *exam) token(ctx context.Context) Finding {
	if e.method.person {
		if err := e.stored(ctx); err != nil && !errors.Is(err, auth.ErrSignInNeeded) {
			return skipped(checkStore)
		}
	}
	err := e.signIn(ctx)
	if err == nil {
		return e.useToken()
	}
	refused := refusalOf(err)
	switch {
	case refused == nil && errors.Is(err, auth.ErrSignInNeeded):
		return mend("run okta-mcp login"+e.profileFlag(), "%s", err)
	case refused == nil:
		return mend(checkProxies, "%s", err)
	}
	advice := refused.Advice
	if name := e.otherName(); name != "" && strings.Contains(strings.ToLower(refused.Description), "audience") {
		advice += "; this org calls itself " + name
	}
	return mend(advice, "%s", words(refused))
}

func (e *exam) profileFlag() string {
	if e.Settings.Profile == "" {
		return ""
	}
	return " --profile " + e.Settings.Profile
}

func (e *exam) useToken() Finding {
	org, err := oktaclient.New(oktaclient.Options{
		URL: e.Settings.OrgURL, Authorizer: e.id.signer, Transport: e.Transport, UserAgent: version.UserAgent(), Now: e.Now, Logger: e.Logger,
	})
	if err != nil {
		return badSettings([]error{&settings.Error{Name: "OKTA_ORG_URL (or --org-url)", Problem: err.Error(), Example: "https://acme.okta.com"}})
	}
	e.org = org.ReadOnly()
	state := e.id.signer.State()
	minutes := state.ExpiresAt.Sub(e.Now()).Round(time.Minute).Minutes()
	if state.UserID != "" {
		return ok("Okta gave an access token to the person %q, good for %.0f minutes", state.UserID, minutes)
	}
	return ok("Okta gave the app an access token, good for %.0f minutes", minutes)
}

// scopes compares what was granted with what was asked for. What the operator
// named must be there; what we worked out from the tools may be granted in part,
// for granting less is how an agent is kept small.
func (e *exam) scopes(context.Context) Finding {
	state := e.id.signer.State()
	missing := slices.DeleteFunc(slices.Clone(state.Asked), func(scope string) bool {
		return slices.Contains(state.Granted, scope) || slices.Contains(state.Refused, scope) || granted(state.Granted, scope)
	})
	grant := "a super administrator grants them in the Admin Console under Applications > the app > Okta API Scopes"
	if e.method.person {
		grant += "; then sign in again with okta-mcp login" + e.profileFlag()
	}
	named := len(e.Settings.Scopes) > 0
	switch {
	case len(state.Granted) == 0:
		return mend(grant, "no scope is granted")
	case len(missing) > 0 && named:
		return mend(grant+", or take them out of OKTA_SCOPES", "asked for, but not granted: %s", strings.Join(missing, " "))
	case len(missing) > 0:
		return warn(grant+", if the agent is to have the tools that need them; okta-mcp tools lists those", "granted: %d scopes; some tools need others: %s", len(state.Granted), strings.Join(missing, " "))
	case len(state.Refused) > 0:
		return warn("leave out the tools that need them with --exclude-tools, or have the features turned on by Okta", "granted: %d scopes; the org does not know: %s", len(state.Granted), strings.Join(state.Refused, " "))
	}
	return ok("granted: %s", strings.Join(state.Granted, " "))
}

// granted reports whether a scope to read is covered by one to manage.
func granted(all []string, scope string) bool {
	family, reads := strings.CutSuffix(scope, ".read")
	return reads && slices.Contains(all, family+".manage")
}

// dpop says what the org demands, and what was set. An org that demands what is
// not allowed has given no token.
func (e *exam) dpop(context.Context) Finding {
	mode := auth.DPoPMode(e.Settings.DPoP)
	switch bound := e.id.signer.State().DPoP; {
	case bound && mode == auth.DPoPAlways:
		return ok("the token is bound to a key of this process, as --dpop always wants it")
	case bound:
		return ok("the org asks for it, and the token is bound to a key of this process")
	case mode == auth.DPoPNever:
		return ok("--dpop is never, and the org does not ask for it: whoever has the token can use it")
	}
	return ok("the org does not ask for it: whoever has the token can use it")
}
