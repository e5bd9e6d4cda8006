package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"okta-mcp/auth/tokenstore"
)

const (
	// defaultLife is assumed where a token comes without expires_in (RFC 6749
	// section 5.1 only recommends it); maxLife keeps absurd values from
	// overflowing. Okta's tokens last one hour.
	defaultLife = 5 * time.Minute
	maxLife     = 24 * time.Hour
)

// errNothingGranted goes with a token whose answer names no scope. RFC 6749
// section 5.1 lets that mean "all you asked for"; assuming power nobody
// stated would be failing open.
var errNothingGranted = errors.New("okta answered a token that states no scope, so nothing is taken as granted: grant scopes in the Admin Console under Applications > the app > Okta API Scopes, and check that the org URL is the org's own")

// token is an access token and what Okta said about it. Its times are of this
// machine's wall clock: a monotonic one stands still while a laptop sleeps.
type token struct {
	reveal   func() string // a closure, so that no printer that walks fields finds the token
	granted  []string      // sorted
	got      time.Time     // when it was asked for: before Okta made it, to be on the safe side
	expires  time.Time
	rejected bool // Okta answered 401 to it

	proof *proofKey // it is bound to; nil for one that whoever has it may use

	// What else a person's sign-in comes with.
	subject string            // Okta's id of the person
	refresh tokenstore.Secret // trades for the next token
	idToken tokenstore.Secret // says who the person is
	problem error             // what is wrong though the token is good
}

// authorization is the header that carries the token (RFC 6750 section 2.1, RFC
// 9449 section 7.1).
func (t *token) authorization() string {
	if t.proof != nil {
		return "DPoP " + t.reveal()
	}
	return "Bearer " + t.reveal()
}

func (t *token) usable(now time.Time) bool {
	return t != nil && !t.rejected && now.Before(t.expires)
}

// aging tells when to renew ahead of the end: after 80 % of the life, or five
// minutes before the end where that is earlier and still past half of it.
func (t *token) aging(now time.Time) bool {
	life := t.expires.Sub(t.got)
	renew := life * 8 / 10
	if early := life - 5*time.Minute; early >= life/2 {
		renew = min(renew, early)
	}
	return !now.Before(t.got.Add(renew))
}

// tokenBody is a successful answer (RFC 6749 section 5.1).
type tokenBody struct {
	AccessToken string      `json:"access_token"`
	TokenType   string      `json:"token_type"`
	ExpiresIn   json.Number `json:"expires_in"`
	Scope       string      `json:"scope"`

	RefreshToken string `json:"refresh_token"`
	IDToken      string `json:"id_token"`
}

// What is wrong with a token that could otherwise be used.
const (
	dpopToken    = "a DPoP token, though we sent no proof"
	unboundToken = "a token that is not bound to our key"
)

// readToken reads a successful answer to a request proved with key, or says what
// is wrong with it without repeating any of it.
func readToken(from *answer, key *proofKey) (got *token, problem string) {
	var said tokenBody
	if !readBody(from.body, &said) {
		return nil, misread(from.body, "a token's JSON")
	}
	switch {
	case said.AccessToken == "" || !isPrintable(said.AccessToken):
		return nil, "no access token we can use"
	case strings.EqualFold(said.TokenType, "DPoP"):
		if key == nil {
			return nil, dpopToken
		}
	case strings.EqualFold(said.TokenType, "Bearer"):
		key = nil // the org does not bind tokens, proof or not
	default:
		return nil, "a token that is not of type Bearer or DPoP"
	}
	granted := strings.Fields(said.Scope)
	slices.Sort(granted)
	asked := from.asked.Round(0)
	return &token{
		reveal:  func() string { return said.AccessToken },
		granted: slices.Compact(granted),
		got:     asked,
		expires: asked.Add(lifeOf(said.ExpiresIn, defaultLife)),
		proof:   key,
		refresh: tokenstore.NewSecret(said.RefreshToken),
		idToken: tokenstore.NewSecret(said.IDToken),
	}, ""
}

// readBody reads a JSON answer, and says whether it could.
func readBody(body []byte, into any) bool {
	return len(body) <= maxBody && json.Unmarshal(body, into) == nil
}

// misread names what a body is that readBody cannot read, without repeating it.
func misread(body []byte, wanted string) string {
	switch {
	case len(body) > maxBody:
		return "a body of over 1 MiB"
	case bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")):
		return "an HTML page"
	default:
		return "a body that is not " + wanted
	}
}

// lifeOf reads a number of seconds, and answers usual where there is none.
func lifeOf(seconds json.Number, usual time.Duration) time.Duration {
	number, err := strconv.ParseFloat(seconds.String(), 64)
	if err != nil || !(number > 0) {
		return usual
	}
	return time.Duration(min(number, maxLife.Seconds()) * float64(time.Second))
}

// retryAfter is how long a 429 asks to stay away: until X-Rate-Limit-Reset, by
// Okta's own Date; 0 where it does not say.
func retryAfter(resp *http.Response) time.Duration {
	reset, err := strconv.ParseInt(resp.Header.Get("X-Rate-Limit-Reset"), 10, 64)
	if resp.StatusCode != http.StatusTooManyRequests || err != nil {
		return 0
	}
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return 0
	}
	return time.Unix(reset+1, 0).Sub(date)
}
