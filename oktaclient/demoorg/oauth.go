package demoorg

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwk"
)

const (
	tokenPath = "/oauth2/v1/token"
	// tokenLife is how long an access token of the org server lasts.
	tokenLife = time.Hour
	// assertionType is RFC 7523's name for a JWT that authenticates a client.
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
)

// tokenServer is the org authorization server, for one service app that
// authenticates with private_key_jwt. It is safe for concurrent use.
type tokenServer struct {
	clientID, keyID, pem string
	public               jwk.Key

	mu      sync.Mutex
	granted []string
	issued  map[string]grant
	spent   map[string]time.Time // jti to the exp of its assertion
}

// grant is what one access token stands for.
type grant struct {
	scopes  scopes
	expires time.Time
}

func newTokenServer(clientID string, seed uint64, granted []string) (*tokenServer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the service app's key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode the service app's key: %w", err)
	}
	public, err := jwk.FromRaw(key.Public())
	if err != nil {
		return nil, fmt.Errorf("publish the service app's key: %w", err)
	}
	return &tokenServer{
		clientID: clientID,
		keyID:    fmt.Sprintf("demo-%08x", uint32(mix(seed, 'k', 0))),
		pem:      string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		public:   public,
		granted:  slices.Clone(granted),
		issued:   map[string]grant{},
		spent:    map[string]time.Time{},
	}, nil
}

func (t *tokenServer) credentials() Credentials {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Credentials{
		ClientID: t.clientID, KeyID: t.keyID, PrivateKeyPEM: t.pem, Scopes: slices.Clone(t.granted),
	}
}

func (t *tokenServer) grant(granted []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.granted = slices.Clone(granted)
}

func (t *tokenServer) revokeAll() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.issued)
}

// scopesOf reads an Authorization header; known is false for anything but a
// living token of this server.
func (t *tokenServer) scopesOf(authorization string, now time.Time) (s scopes, known bool) {
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return nil, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	g, known := t.issued[strings.TrimSpace(token)]
	if !known || !now.Before(g.expires) {
		return nil, false
	}
	return g.scopes, true
}

// oauthError is an error of the token endpoint, RFC 6749 section 5.2.
type oauthError struct {
	status      int
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

func invalidClient(description string) *oauthError {
	return &oauthError{http.StatusUnauthorized, "invalid_client", description}
}

func badGrant(code, description string) *oauthError {
	return &oauthError{http.StatusBadRequest, code, description}
}

type tokenDoc struct {
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"`
	AccessToken string `json:"access_token"`
	Scope       string `json:"scope"`
}

// serveOAuth answers the endpoints that need no token, and says whether the
// request was for one.
func (o *Org) serveOAuth(w http.ResponseWriter, r *http.Request, now time.Time, number uint64) bool {
	switch r.URL.Path {
	case tokenPath:
		room := o.limiter.take("oauth2", now)
		room.write(w.Header())
		if room.exceeded {
			o.writeError(w, tooManyRequests(), number)
			return true
		}
		doc, failed := o.tokens.token(r, now)
		if failed != nil {
			writeJSON(w, failed.status, failed)
			return true
		}
		writeJSON(w, http.StatusOK, doc)
	case "/oauth2/v1/keys":
		writeJSON(w, http.StatusOK, map[string][]json.RawMessage{"keys": {}})
	case "/.well-known/okta-organization":
		writeJSON(w, http.StatusOK, organization(o.seed, baseOf(r)))
	default:
		return false
	}
	return true
}

// organization is the org's public metadata.
func organization(seed uint64, base string) map[string]any {
	return map[string]any{
		"id":       fmt.Sprintf("00o%014x%s", mix(seed, 'o', 0)>>8, cell),
		"cell":     "op3",
		"_links":   map[string]link{"organization": {Href: base}},
		"pipeline": "idx",
		"settings": map[string]bool{
			"analyticsCollectionEnabled": false, "bugReportingEnabled": true, "omEnabled": false,
			"pssoEnabled": false, "desktopMFAEnabled": false, "itpEnabled": false,
		},
	}
}

// token answers one token request.
func (t *tokenServer) token(r *http.Request, now time.Time) (*tokenDoc, *oauthError) {
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
	if kind := r.PostForm.Get("grant_type"); kind != "client_credentials" {
		return nil, badGrant("unsupported_grant_type", "The authorization grant type is not supported by the authorization server. "+
			"Configured grant types: [client_credentials].")
	}
	if r.PostForm.Get("client_assertion_type") != assertionType {
		return nil, invalidClient("The client_assertion_type is invalid.")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if failed := t.authenticate(r.PostForm.Get("client_assertion"), baseOf(r)+tokenPath, now); failed != nil {
		return nil, failed
	}
	allowed, failed := t.allowedOf(r.PostForm.Get("scope"))
	if failed != nil {
		return nil, failed
	}
	access := rand.Text() + rand.Text()
	t.forgetExpired(now)
	t.issued[access] = grant{allowed, now.Add(tokenLife)}
	return &tokenDoc{"Bearer", int(tokenLife.Seconds()), access, strings.Join(allowed, " ")}, nil
}

func (t *tokenServer) forgetExpired(now time.Time) {
	for token, g := range t.issued {
		if !now.Before(g.expires) {
			delete(t.issued, token)
		}
	}
	for jti, until := range t.spent {
		if !now.Before(until) {
			delete(t.spent, jti)
		}
	}
}

// allowedOf is what of the asked scopes is granted.
func (t *tokenServer) allowedOf(asked string) (scopes, *oauthError) {
	names := strings.Fields(asked)
	if len(names) == 0 {
		return nil, badGrant("invalid_scope",
			"The authorization server resource does not have any configured default scopes, 'scope' must be provided.")
	}
	var allowed scopes
	for _, name := range names {
		switch {
		case name == "openid":
			return nil, badGrant("invalid_scope", "Cannot request 'openid' scopes using client credentials.")
		case !knownScope(name):
			return nil, badGrant("invalid_scope", "One or more scopes are not configured for the authorization server resource.")
		case slices.Contains(t.granted, name) && !slices.Contains(allowed, name):
			allowed = append(allowed, name)
		}
	}
	if len(allowed) == 0 {
		return nil, badGrant("consent_required", "You are not allowed any of the requested scopes.")
	}
	return allowed, nil
}

// missingScope is Okta's refusal of a token without the scope: everything is
// in the header and the body is empty.
func missingScope(base, path, scope string) *apiError {
	return &apiError{
		status: http.StatusForbidden, bare: true,
		header: challenge(base, path, scope, "insufficient_scope", "The access token provided does not contain the required scopes."),
	}
}

// challenge is the WWW-Authenticate header of RFC 6750 section 3, as Okta fills it.
func challenge(base, path, scope, code, description string) http.Header {
	return http.Header{"Www-Authenticate": {fmt.Sprintf(
		`Bearer authorization_uri="%s/oauth2/v1/authorize", realm="%s", scope="%s", error="%s", error_description="%s", resource="%s"`,
		base, base, scope, code, description, path)}}
}
