package demoorg

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwk"
)

// Paths of the org authorization server, and of the page where people enter a
// device's code.
const (
	tokenPath    = "/oauth2/v1/token"
	devicePath   = "/oauth2/v1/device/authorize"
	revokePath   = "/oauth2/v1/revoke"
	userinfoPath = "/oauth2/v1/userinfo"
	keysPath     = "/oauth2/v1/keys"
	activatePath = "/activate"
)

// Grant types that the org's clients may use.
const (
	clientCredentials = "client_credentials"
	deviceCode        = "urn:ietf:params:oauth:grant-type:device_code"
	refreshing        = "refresh_token"
)

// tokenServer is the org authorization server, for two clients: a service app
// that authenticates with private_key_jwt, and a native app that people sign in
// to. It is safe for concurrent use; who needs both locks takes the org's first.
type tokenServer struct {
	service, native *client
	pem             string                  // the service app's first private key
	grace           time.Duration           // for which a rotated refresh token stays good
	signer          func() (jwk.Key, error) // signs id tokens; made when first asked for

	mu        sync.Mutex
	issued    map[string]*accessToken
	refreshes map[string]*refreshToken
	devices   map[string]*deviceGrant // by device code
	spent     map[string]time.Time    // jti to the exp of its assertion
	proofs    replays
	nonces    nonces
	apiNonce  bool // API calls need a nonce too
}

// client is an app as the authorization server knows it. The lock of the token
// server guards granted and keys.
type client struct {
	app        *app
	grantTypes []string
	public     bool // has no credentials
	granted    []string
	keys       []clientKey
}

func newTokenServer(service, native *app, o Options) (*tokenServer, error) {
	key, encoded, err := newClientKey(o.Seed)
	if err != nil {
		return nil, err
	}
	return &tokenServer{
		service: &client{
			app: service, grantTypes: []string{clientCredentials}, granted: slices.Clone(o.Granted), keys: []clientKey{key},
		},
		native: &client{
			app: native, grantTypes: []string{deviceCode, refreshing}, public: true, granted: slices.Clone(o.NativeGranted),
		},
		pem:       encoded,
		grace:     o.RefreshGrace,
		signer:    sync.OnceValues(newSigner),
		issued:    map[string]*accessToken{},
		refreshes: map[string]*refreshToken{},
		devices:   map[string]*deviceGrant{},
		spent:     map[string]time.Time{},
	}, nil
}

// oauthError is an error of the authorization server, RFC 6749 section 5.2.
type oauthError struct {
	status      int
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

func (e *oauthError) Error() string { return e.Code + ": " + e.Description }

func invalidClient(description string) *oauthError {
	return &oauthError{http.StatusUnauthorized, "invalid_client", description}
}

func badGrant(code, description string) *oauthError {
	return &oauthError{http.StatusBadRequest, code, description}
}

// unknownClient is how Okta answers a client id that no app of the org has: in
// the form of its API's errors, though the endpoint is OAuth's.
func unknownClient() *apiError {
	return &apiError{status: http.StatusUnauthorized, code: "invalid_client", summary: "Invalid value for 'client_id' parameter."}
}

// serveOAuth answers the authorization server's endpoints, and says whether the
// request was for one.
func (o *Org) serveOAuth(w http.ResponseWriter, r *http.Request, now time.Time, number uint64) bool {
	switch r.URL.Path {
	case tokenPath:
		o.serveForm(w, r, now, number, o.token)
	case devicePath:
		o.serveForm(w, r, now, number, o.authorizeDevice)
	case revokePath:
		o.serveForm(w, r, now, number, o.revoke)
	case userinfoPath:
		o.serveUserinfo(w, r, now, number)
	case activatePath:
		o.serveActivation(w, r, now)
	case keysPath:
		o.serveKeys(w, number)
	case "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server":
		writeJSON(w, http.StatusOK, serverMetadata(baseOf(r)))
	case "/.well-known/okta-organization":
		writeJSON(w, http.StatusOK, organization(o.seed, baseOf(r)))
	default:
		return false
	}
	return true
}

// form is one request to an endpoint that takes a form.
type form struct {
	url.Values
	base, path string   // where the client sent it
	proofs     []string // its DPoP headers
	now        time.Time
}

func (f *form) endpoint() string { return f.base + f.path }

// serveForm reads a form and answers it under both locks.
func (o *Org) serveForm(w http.ResponseWriter, r *http.Request, now time.Time, number uint64, answer func(*form) (any, error)) {
	room := o.limiter.take("oauth2", now)
	room.write(w.Header())
	if room.exceeded {
		o.writeError(w, tooManyRequests(), number)
		return
	}
	f, err := readForm(r, now)
	if err != nil {
		o.writeOAuth(w, nil, err, number)
		return
	}
	doc, err := func() (any, error) {
		defer o.lockTokens()()
		if f.path == tokenPath {
			w.Header().Set("DPoP-Nonce", o.tokens.nonces.current(now))
		}
		o.tokens.forgetExpired(now)
		return answer(f)
	}()
	o.writeOAuth(w, doc, err, number)
}

// lockTokens takes the locks in their one order and returns what frees them.
func (o *Org) lockTokens() (unlock func()) {
	o.mu.RLock()
	o.tokens.mu.Lock()
	return func() {
		o.tokens.mu.Unlock()
		o.mu.RUnlock()
	}
}

func (o *Org) writeOAuth(w http.ResponseWriter, doc any, err error, number uint64) {
	var refused *oauthError
	switch {
	case errors.As(err, &refused):
		writeJSON(w, refused.status, refused)
	case err != nil:
		o.writeError(w, err, number)
	default:
		writeJSON(w, http.StatusOK, doc)
	}
}

func readForm(r *http.Request, now time.Time) (*form, error) {
	if r.Method != http.MethodPost {
		return nil, &oauthError{http.StatusMethodNotAllowed, "invalid_request", "The request must use POST."}
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // an unreadable type is a wrong one
	if kind != "application/x-www-form-urlencoded" {
		return nil, badGrant("invalid_request", "The content type must be 'application/x-www-form-urlencoded'.")
	}
	r.Body = http.MaxBytesReader(nil, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		return nil, badGrant("invalid_request", "The request body could not be read.")
	}
	return &form{Values: r.PostForm, base: baseOf(r), path: r.URL.Path, proofs: r.Header.Values("DPoP"), now: now}, nil
}

// clientOf is the client that sends a form, once it has shown that it is.
func (o *Org) clientOf(f *form) (*client, error) {
	if f.Has("client_assertion") || f.Has("client_assertion_type") {
		return o.authenticate(f)
	}
	if !f.Has("client_id") {
		return nil, invalidClient("No client credentials found.")
	}
	c := o.clientByID(f.Get("client_id"))
	switch {
	case c == nil:
		return nil, unknownClient()
	case !c.public:
		return nil, invalidClient("Client authentication failed. Either the client or the client credentials are invalid.")
	}
	return c, nil
}

// clientByID is the client with that id, nil when there is none or its app is
// deactivated or deleted.
func (o *Org) clientByID(id string) *client {
	for _, c := range []*client{o.tokens.service, o.tokens.native} {
		if c.app.id == id && o.isOpen(c) {
			return c
		}
	}
	return nil
}

func (o *Org) isOpen(c *client) bool {
	return c.app.status == appActive && slices.Contains(o.apps, c.app)
}

// needsProof says whether the app's tokens must be bound to a key.
func (c *client) needsProof() bool {
	return object(c.app.body, "settings", "oauthClient")["dpop_bound_access_tokens"] == true
}

// mayUse refuses a grant type that the server, or the client, does not know.
func (c *client) mayUse(grantType string) error {
	if slices.Contains(c.grantTypes, grantType) {
		return nil
	}
	return badGrant("unauthorized_client", fmt.Sprintf(
		"The client is not authorized to use the provided grant type. Configured grant types: [%s].", strings.Join(c.grantTypes, ", ")))
}
