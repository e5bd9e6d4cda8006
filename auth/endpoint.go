package auth

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	requestTimeout = 30 * time.Second
	maxBody        = 1 << 20

	// minSkewRetry is the least surprise in Okta's Date header that makes another
	// try with the corrected time worth a request.
	minSkewRetry = 30 * time.Second
)

// endpoint talks to one org's authorization server.
type endpoint struct {
	org       origin
	clientID  string
	userAgent string
	client    *http.Client
	clock     *clock
	dpop      *dpop
}

// newClient makes the only client that carries assertions and refresh tokens. It
// follows no redirect: they are for the address they are sent to.
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

// purpose says what a request is for, in words that errors begin with.
type purpose string

const (
	toSignIn   purpose = "asking Okta for an access token"
	toGetCode  purpose = "asking Okta for a sign-in code"
	toHearBack purpose = "asking Okta whether the sign-in is approved"
	toRefresh  purpose = "renewing the sign-in at Okta"
	toRevoke   purpose = "ending the sign-in at Okta"
)

// grant is one way to ask for a token.
type grant struct {
	purpose purpose
	keyID   string                     // for advice
	scopes  []string                   // for advice
	bound   *proofKey                  // the key a refresh token belongs to, if it does
	form    func() (url.Values, error) // for each attempt anew: an assertion is good once
}

// exchange trades a grant for a token. What an answer shows to be wrong with the
// attempt is put right and tried once more: the time, where the answer showed our
// clock to be off; a proof of possession, where the org wants one; its nonce.
func (e *endpoint) exchange(ctx context.Context, g grant) (*token, error) {
	var clock, nonce bool // put right already
	for {
		assumed := e.clock.skew()
		key, err := e.dpop.keyFor(g.bound)
		if err != nil {
			return nil, err
		}
		got, err := e.request(ctx, g, key)
		switch {
		case isClockError(err) && !clock && (e.clock.skew()-assumed).Abs() >= minSkewRetry:
			clock = true
		case isDPoPError(err) && key == nil && e.dpop.turnOn():
			// From now on keyFor answers a key, so this comes once.
		case hasCode(err, codeUseDPoPNonce) && !nonce && e.dpop.nonce(authorizationServer) != "":
			nonce = true
		default:
			return got, err
		}
	}
}

// request is one attempt of an exchange; key is nil for one without a proof.
func (e *endpoint) request(ctx context.Context, g grant, key *proofKey) (*token, error) {
	form, err := g.form()
	if err != nil {
		return nil, err
	}
	said, err := e.post(ctx, tokenPath, form, g.purpose, key)
	if err != nil {
		return nil, err
	}
	tried := e.attempt(g.purpose, g.scopes)
	tried.keyID, tried.proved = g.keyID, key != nil
	if said.StatusCode != http.StatusOK {
		return nil, newError(said, tried)
	}
	got, problem := readToken(said, key)
	if problem == "" && got.proof == nil && e.dpop.mode == DPoPAlways {
		problem = unboundToken
	}
	if problem != "" {
		return nil, newMisfit(said, problem, tried)
	}
	return got, nil
}

func (e *endpoint) attempt(p purpose, scopes []string) attempt {
	return attempt{purpose: p, clientID: e.clientID, org: e.org, scopes: scopes, skew: e.clock.skew(), mode: e.dpop.mode}
}

// answer is a response read to its end.
type answer struct {
	*http.Response
	body  []byte    // at most one byte over maxBody
	asked time.Time // by this machine's clock
}

// post sends a form to the authorization server, with a proof where there is a
// key to make it with.
func (e *endpoint) post(ctx context.Context, path string, form url.Values, p purpose, key *proofKey) (*answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.org.String()+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("%s: building the request: %w", p, err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	if e.userAgent != "" {
		req.Header.Set("User-Agent", e.userAgent)
	}
	if key != nil {
		proof, err := e.dpop.prove(key, authorizationServer, req, "", e.clock.okta())
		if err != nil {
			return nil, err
		}
		req.Header.Set(proofHeader, proof)
	}
	asked := e.clock.local()
	resp, err := e.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s (check the org URL, the network and the proxy settings): %w", p, err)
	}
	defer resp.Body.Close()
	e.clock.learn(resp)
	e.dpop.learn(authorizationServer, resp)
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("%s: reading the answer: %w", p, err)
	}
	return &answer{resp, body, asked}, nil
}
