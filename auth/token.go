package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	requestTimeout = 30 * time.Second
	maxBody        = 1 << 20

	// minSkewRetry is the least surprise in Okta's Date header that makes another
	// try with the corrected time worth a request.
	minSkewRetry = 30 * time.Second

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

// endpoint asks one org's token endpoint for tokens.
type endpoint struct {
	org       origin
	clientID  string
	key       *Key
	userAgent string
	client    *http.Client
	clock     *clock
}

// newClient makes the only client that carries assertions. It follows no
// redirect: an assertion is for the address it was signed for.
func newClient(transport http.RoundTripper) *http.Client {
	if transport == nil {
		transport = &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			ForceAttemptHTTP2:   true,
			TLSHandshakeTimeout: 10 * time.Second,
			// Tokens are asked for hourly: an idle connection would be dead by then.
			DisableKeepAlives: true,
		}
	}
	return &http.Client{
		Transport:     transport,
		Timeout:       requestTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// exchange trades a fresh assertion for a token with the given scopes. Where
// Okta refused the assertion's times and its answer showed our clock to be off,
// it tries once more with the time corrected.
func (e *endpoint) exchange(ctx context.Context, scopes []string) (*token, error) {
	assumed := e.clock.skew()
	got, err := e.request(ctx, scopes)
	if isClockError(err) && (e.clock.skew()-assumed).Abs() >= minSkewRetry {
		return e.request(ctx, scopes)
	}
	return got, err
}

// request is one POST to the token endpoint (RFC 6749 section 4.4.2 with the
// client authentication of RFC 7523 section 2.2).
func (e *endpoint) request(ctx context.Context, scopes []string) (*token, error) {
	assertion, err := newAssertion(e.key, e.clientID, e.org.tokenURL(), e.clock.okta())
	if err != nil {
		return nil, err
	}
	form := url.Values{
		"grant_type":            {"client_credentials"},
		"scope":                 {strings.Join(scopes, " ")},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		"client_assertion":      {assertion},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.org.tokenURL(), strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("building the token request: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	if e.userAgent != "" {
		req.Header.Set("User-Agent", e.userAgent)
	}
	asked := e.clock.local()
	resp, err := e.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking Okta for an access token (check the org URL, the network and the proxy settings): %w", err)
	}
	defer resp.Body.Close()
	e.clock.learn(resp)
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("reading Okta's answer to the token request: %w", err)
	}
	tried := attempt{clientID: e.clientID, keyID: e.key.ID(), org: e.org, scopes: scopes, skew: e.clock.skew()}
	if resp.StatusCode != http.StatusOK {
		return nil, newError(resp, body, tried)
	}
	got, problem := readToken(body, asked)
	if problem != "" {
		bad := newError(resp, nil, tried)
		bad.Advice = "the answer was " + problem + "; " + bad.Advice
		if problem == dpopToken {
			bad.Advice = "the answer was " + problem + "; " + adviceDPoP
		}
		return nil, bad
	}
	return got, nil
}

// tokenBody is a successful answer (RFC 6749 section 5.1).
type tokenBody struct {
	AccessToken string      `json:"access_token"`
	TokenType   string      `json:"token_type"`
	ExpiresIn   json.Number `json:"expires_in"`
	Scope       string      `json:"scope"`
}

const dpopToken = "a DPoP token, though we sent no proof"

// readToken reads a successful answer, or says what is wrong with it without
// repeating any of it.
func readToken(body []byte, asked time.Time) (got *token, problem string) {
	var said tokenBody
	switch err := json.Unmarshal(body, &said); {
	case len(body) > maxBody:
		return nil, "a body of over 1 MiB"
	case bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")):
		return nil, "an HTML page"
	case err != nil:
		return nil, "a body that is not a token's JSON"
	case said.AccessToken == "" || !isPrintable(said.AccessToken):
		return nil, "no access token we can use"
	case strings.EqualFold(said.TokenType, "DPoP"):
		return nil, dpopToken
	case !strings.EqualFold(said.TokenType, "Bearer"):
		return nil, "a token that is not of type Bearer"
	}
	granted := strings.Fields(said.Scope)
	slices.Sort(granted)
	asked = asked.Round(0)
	return &token{
		reveal:  func() string { return said.AccessToken },
		granted: slices.Compact(granted),
		got:     asked,
		expires: asked.Add(lifeOf(said.ExpiresIn)),
	}, ""
}

func lifeOf(expiresIn json.Number) time.Duration {
	seconds, err := strconv.ParseFloat(expiresIn.String(), 64)
	if err != nil || !(seconds > 0) {
		return defaultLife
	}
	return time.Duration(min(seconds, maxLife.Seconds()) * float64(time.Second))
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
