package inbound

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	defaultLeeway = time.Minute
	maxLeeway     = 5 * time.Minute
)

// OAuthConfig says whose tokens are taken and what they must grant. Issuer and
// Audience are required.
type OAuthConfig struct {
	// Issuer is the authorization server as its metadata and tokens name it, such
	// as https://acme.okta.com/oauth2/default; http for loopback only. Okta's org
	// authorization server is refused: its tokens are opaque and meant for Okta.
	Issuer string

	// Audience is our public URL: the only resource that tokens may be for. Where
	// it has no path, it means the same with a / at its end (RFC 3986 section 6.2.3;
	// clients that write addresses their own way ask for that one).
	Audience string

	Scopes []string // a token must have all
	Groups []string // a token's person must be in one, unless it is empty
	// Offered are further scopes that clients are told to ask for: those by which the
	// operator tells callers apart. A token with several is bound by what is said of each.
	Offered []string

	GroupsClaim string        // empty: groups
	Algorithms  []string      // of signatures; empty: RS256, ES256 and PS256
	Leeway      time.Duration // between clocks; 0: a minute; at most five

	Transport http.RoundTripper // nil: net/http's, with the environment's proxy
	Now       func() time.Time  // nil: time.Now
	Logger    *slog.Logger      // nil: nothing is logged; addresses and outcomes only
}

// OAuth knows callers by JWTs of one authorization server. Make one with
// [NewOAuth].
type OAuth struct {
	config    OAuthConfig // checked and completed
	audiences []string    // that mean us
	deny      challenger
	keys      *keySet
}

// NewOAuth reads the issuer's metadata (RFC 8414 or OpenID Connect Discovery) and
// keys. The context bounds that alone; later the keys are read again each hour,
// and when a token names one that is not known, at most once a minute. The keys
// read last serve while the issuer cannot be reached.
func NewOAuth(ctx context.Context, c OAuthConfig) (*OAuth, error) {
	c, err := complete(c)
	if err != nil {
		return nil, fmt.Errorf("setting up OAuth for callers: %w", err)
	}
	metadataURL, err := MetadataURL(c.Audience)
	if err != nil {
		return nil, fmt.Errorf("setting up OAuth for callers: %w", err)
	}
	reader := newReader(c.Transport)
	keysURL, err := reader.discover(ctx, c.Issuer)
	if err != nil {
		return nil, err
	}
	keys, err := openKeySet(ctx, keySource{reader, keysURL}, c.Now, c.Logger)
	if err != nil {
		return nil, err
	}
	deny := newChallenger("resource_metadata", metadataURL, "scope", strings.Join(c.Offered, " "))
	return &OAuth{c, spellings(c.Audience), deny, keys}, nil
}

// Offered are the scopes that clients are told to ask for: those every token must
// have, and those by which callers are told apart.
func (o *OAuth) Offered() []string { return o.config.Offered }

// spellings are the ways to write a public URL that mean the same.
func spellings(audience string) []string {
	bare := strings.TrimSuffix(audience, "/")
	if strings.Count(bare, "/") > len("//") { // it has a path, and / at its end makes it another
		return []string{audience}
	}
	return []string{bare, bare + "/"}
}

// complete checks the settings and fills in what may be left out.
func complete(c OAuthConfig) (OAuthConfig, error) {
	_, issuerErr := issuerURL(c.Issuer)
	scopes, scopesErr := checkScopes(c.Scopes)
	offered, offeredErr := checkScopes(append(slices.Clone(c.Scopes), c.Offered...))
	if err := cmp.Or(issuerErr, scopesErr, offeredErr); err != nil {
		return c, err
	}
	c.Scopes, c.Offered, c.Groups = scopes, offered, sorted(c.Groups)
	if len(c.Algorithms) == 0 {
		c.Algorithms = []string{"RS256", "ES256", "PS256"}
	}
	if c.GroupsClaim == "" {
		c.GroupsClaim = "groups"
	}
	if c.Leeway == 0 {
		c.Leeway = defaultLeeway
	}
	c.Now, c.Logger = orNow(c.Now), orSilent(c.Logger)
	switch unknown := slices.IndexFunc(c.Algorithms, func(a string) bool { return !isAsymmetric(a) }); {
	case unknown >= 0:
		return c, fmt.Errorf("%q is no algorithm that signs with a key pair: choose among %s", c.Algorithms[unknown], strings.Join(asymmetric(), ", "))
	case slices.Contains(c.Groups, ""):
		return c, errors.New("a required group is empty: name one, or none")
	case c.Leeway < 0 || c.Leeway > maxLeeway:
		return c, fmt.Errorf("a leeway of %s between clocks: give one from 0 to %s, and set the clocks right", c.Leeway, maxLeeway)
	}
	return c, nil
}

// Authenticate answers the person or client whose token a request carries.
func (o *OAuth) Authenticate(r *http.Request) (Caller, error) {
	token, denied := o.deny.bearer(r)
	if denied != nil {
		return Caller{}, denied
	}
	payload, err := o.verify(r.Context(), token)
	if err != nil {
		return Caller{}, o.deny.invalid(err.Error())
	}
	caller, err := o.read(payload)
	if err != nil {
		return Caller{}, o.deny.invalid(err.Error())
	}
	if lack := o.lack(caller); lack != "" {
		return Caller{}, o.deny.insufficient(lack)
	}
	return caller, nil
}

// lack says what a caller would need besides; empty for nothing.
func (o *OAuth) lack(caller Caller) string {
	var missing []string
	for _, scope := range o.config.Scopes {
		if !slices.Contains(caller.Scopes, scope) {
			missing = append(missing, scope)
		}
	}
	inOne := slices.ContainsFunc(o.config.Groups, func(group string) bool { return slices.Contains(caller.Groups, group) })
	switch {
	case len(missing) > 0:
		return "the token lacks scopes: " + strings.Join(missing, " ")
	case len(o.config.Groups) > 0 && !inOne:
		return "the token is of nobody in a group that may call this server: " + strings.Join(o.config.Groups, ", ")
	}
	return ""
}
