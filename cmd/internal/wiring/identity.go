package wiring

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"okta-mcp/auth"
	"okta-mcp/auth/tokenstore"
	"okta-mcp/cmd/internal/settings"
	"okta-mcp/cmd/internal/version"
	"okta-mcp/oktaclient"
	"okta-mcp/tools"
)

// Identity is who we are to Okta, whichever way we sign in.
type Identity interface {
	oktaclient.Authorizer
	// SignIn gets a token unless there is one. It never waits for a person.
	SignIn(context.Context) error
	// State says what is known now, without asking Okta.
	State() auth.State
	// Now is Okta's time.
	Now() time.Time
	// Changes calls the listener whenever State has changed, until stop is called.
	Changes(listener func()) (stop func())
}

// identity is the Identity that the settings ask for: a service app where there
// is a private key, and otherwise a person who signs in with a code. device is nil
// for a service app; close ends what goes on in the background.
func identity(s settings.Settings, log *slog.Logger) (id Identity, device *auth.Device, close func(), err error) {
	config, err := authConfig(s, log)
	if err != nil {
		return nil, nil, nil, err
	}
	if !s.HasKey() {
		life, end := context.WithCancel(context.Background())
		config.Store = lateStore(life, s, log)
		if device, err = auth.NewDevice(config); err != nil {
			end()
			return nil, nil, nil, &settings.Error{Name: "the settings of the Okta app", Problem: err.Error()}
		}
		return device, device, func() { end(); device.Close() }, nil
	}
	text, err := s.Key()
	if err != nil {
		return nil, nil, nil, err
	}
	if config.Key, err = auth.ParseKey(text, s.KeyID); err != nil {
		return nil, nil, nil, s.KeyError(err)
	}
	app, err := auth.NewServiceApp(config)
	if err != nil {
		return nil, nil, nil, &settings.Error{Name: "the settings of the Okta app", Problem: err.Error()}
	}
	return app, nil, func() {}, nil
}

// authConfig is what both ways of signing in share.
func authConfig(s settings.Settings, log *slog.Logger) (auth.Config, error) {
	if s.OrgURL == "" {
		return auth.Config{}, settings.Missing("org-url")
	}
	if s.ClientID == "" {
		return auth.Config{}, settings.Missing("client-id")
	}
	scopes, derived := s.Scopes, false
	if len(scopes) == 0 {
		var err error
		if scopes, err = s.Selection().Needed(); err != nil {
			return auth.Config{}, selectionError(s, err)
		}
		derived = true
	}
	if len(scopes) == 0 {
		return auth.Config{}, &settings.Error{Name: "--tools, --toolsets or --exclude-tools", Problem: "no tool is selected that needs Okta", Example: "--tools list_users,get_user"}
	}
	return auth.Config{
		OrgURL: s.OrgURL, ClientID: s.ClientID, Scopes: scopes, Optional: derived, DPoP: auth.DPoPMode(s.DPoP),
		UserAgent: version.UserAgent(), Logger: log,
	}, nil
}

// OpenDevice is the sign-in of a person that the settings ask for, kept in a
// store that outlives this process.
func OpenDevice(ctx context.Context, s settings.Settings, log *slog.Logger) (*auth.Device, tokenstore.Store, error) {
	if s.HasKey() {
		return nil, nil, &settings.Error{Name: "OKTA_PRIVATE_KEY", Problem: "with a private key the server signs in by itself, as a service app; a person signs in to a native app, without one"}
	}
	config, err := authConfig(s, log)
	if err != nil {
		return nil, nil, err
	}
	store, err := OpenStore(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	config.Store = store
	device, err := auth.NewDevice(config)
	if err != nil {
		return nil, nil, &settings.Error{Name: "the settings of the Okta app", Problem: err.Error()}
	}
	return device, store, nil
}

// OpenStore opens where sign-ins of people are kept: a file encrypted with
// OKTA_MCP_STORE_KEY where that is set, and otherwise the operating system's
// keyring.
func OpenStore(ctx context.Context, s settings.Settings) (tokenstore.Store, error) {
	home := s.Home
	if home == "" {
		return nil, &settings.Error{Name: "HOME", Problem: "there is no home directory to keep a sign-in in"}
	}
	if s.StoreKey != "" {
		store, err := tokenstore.OpenFile(filepath.Join(home, "sign-ins"), s.StoreKey)
		if err != nil {
			return nil, &settings.Error{Name: tokenstore.Variable, Problem: err.Error()}
		}
		return store, nil
	}
	store, err := tokenstore.OpenKeyring(ctx, home)
	if err != nil {
		return nil, &settings.Error{Name: tokenstore.Variable, Problem: err.Error() + "; with this variable the sign-in is kept in an encrypted file instead", Example: "what `openssl rand -base64 32` prints"}
	}
	return store, nil
}

// storeWithin is how long opening a keyring may take: one that waits for a person
// to unlock it can take for ever.
const storeWithin = 30 * time.Second

// lateStore opens the store when it is first needed, so that starting waits for no
// keyring, and ending waits for none to open once life is over. Where there is none,
// a sign-in lasts as long as this process, and the log says why.
func lateStore(life context.Context, s settings.Settings, log *slog.Logger) tokenstore.Store {
	return &late{open: sync.OnceValue(func() tokenstore.Store {
		ctx, cancel := context.WithTimeout(life, storeWithin)
		defer cancel()
		store, err := OpenStore(ctx, s)
		if err != nil {
			log.Warn("a sign-in is kept only while this program runs", "reason", err)
			return tokenstore.Memory()
		}
		return store
	})}
}

type late struct{ open func() tokenstore.Store }

func (l *late) Load(ctx context.Context, key tokenstore.Key) (tokenstore.Entry, error) {
	return l.open().Load(ctx, key)
}

func (l *late) Save(ctx context.Context, key tokenstore.Key, entry tokenstore.Entry) error {
	return l.open().Save(ctx, key, entry)
}

func (l *late) Delete(ctx context.Context, key tokenstore.Key) error {
	return l.open().Delete(ctx, key)
}

func (l *late) Lock(ctx context.Context, key tokenstore.Key) (func() error, error) {
	return l.open().Lock(ctx, key)
}

func (l *late) String() string { return l.open().String() }

// beginner lets a person sign in while the server runs.
type beginner struct{ device *auth.Device }

// Begin implements tools.SignIn.
func (b beginner) Begin(ctx context.Context) (tools.Verification, error) {
	v, err := b.device.Begin(ctx)
	return tools.Verification{URI: v.URI, Code: v.Code, Expires: v.Expires}, err
}
