package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Error codes. The first are Okta's and those of RFC 6749, 8628 and 9449, named
// here because something besides the advice hangs on them. The last two are ours,
// for answers that carry no OAuth error.
const (
	codeInvalidClient        = "invalid_client"
	codeInvalidGrant         = "invalid_grant"
	codeInvalidScope         = "invalid_scope"
	codeConsentRequired      = "consent_required"
	codeTooManyRequests      = "too_many_requests"
	codeAccessDenied         = "access_denied"
	codeAuthorizationPending = "authorization_pending"
	codeSlowDown             = "slow_down"
	codeExpiredToken         = "expired_token"
	codeInvalidDPoPProof     = "invalid_dpop_proof"
	codeUseDPoPNonce         = "use_dpop_nonce"

	codeRedirected = "redirected"
	codeUnexpected = "unexpected_answer"
)

// ErrSignInNeeded is the end of every error that a person mends by signing in:
// nobody has, or what is stored no longer serves.
var ErrSignInNeeded = errors.New("sign in with: okta-mcp login")

// Error is Okta's refusal of a token request (RFC 6749 section 5.2), or an
// answer of its authorization server that is none it should give.
type Error struct {
	Code        string // Okta's "error" or "errorCode"; "redirected" or "unexpected_answer" where it sent neither
	Description string // Okta's words, cleaned and shortened: data, not ours; may be empty
	RequestID   string // X-Okta-Request-Id, what Okta's support asks for; may be empty
	Status      int    // HTTP status; 0 where time ran out before Okta said so
	Advice      string // one or two sentences: what to mend, and where

	tried purpose       // empty: toSignIn
	wait  time.Duration // how long a 429 asks to stay away; 0 where it does not say
}

// Error says what was tried, what Okta answered, and what to mend.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", firstOf(string(e.tried), string(toSignIn)), plain(e.Code))
	switch {
	case e.Status != 0 && e.RequestID != "":
		fmt.Fprintf(&b, " (HTTP %d, request %s)", e.Status, plain(e.RequestID))
	case e.Status != 0:
		fmt.Fprintf(&b, " (HTTP %d)", e.Status)
	}
	if e.Description != "" {
		fmt.Fprintf(&b, ": okta said %q", e.Description)
	}
	if e.Advice != "" {
		b.WriteString(": " + e.Advice)
	}
	return b.String()
}

// plain is a code or an id as it is, and quoted when it is anything else: a proxy
// can answer with words, which are not ours.
func plain(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return strconv.Quote(word)
}

// isRefusal tells a word from Okta about this app or person, which stands until
// somebody changes something, from weather: timeouts, faults and rate limits.
func isRefusal(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return errors.Is(err, ErrSignInNeeded) || errors.Is(err, ErrSubjectChanged)
	}
	return e.Status < http.StatusInternalServerError && e.Code != codeTooManyRequests && e.Code != codeUnexpected
}

func hasCode(err error, code string) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}

// isClockError tells whether an assertion, or a proof, was refused for its times.
func isClockError(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.family() == codeInvalidClient || e.Code == codeInvalidDPoPProof) &&
		containsAny(strings.ToLower(e.Code+" "+e.Description), clockWords)
}

// isDPoPError tells whether the org wants a proof of possession, or another.
func isDPoPError(err error) bool {
	return hasCode(err, codeInvalidDPoPProof) || hasCode(err, codeUseDPoPNonce)
}

// family is the code, with Okta's finer client_assertion_… ids, should they come
// as codes, taken for the invalid_client they are.
func (e *Error) family() string {
	if strings.HasPrefix(e.Code, "client_assertion") {
		return codeInvalidClient
	}
	return e.Code
}

// clockWords cover Okta's "token is expired", "has an expiration too far into
// the future" and "issued in the future", and its ids for the same; of a proof
// "issued more than five minutes in the past", or the claim at fault.
const clockWords = "expir|future|in the past|issued_at|issued at|not yet valid|'iat'"

// containsAny tells whether text holds one of the words, which | separates. No
// words at all are in every text.
func containsAny(text, words string) bool {
	for word := range strings.SplitSeq(words, "|") {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// errorBody has both forms Okta's token endpoint uses: OAuth's, and that of its
// API, which an unknown client id and a rate limit are answered with.
type errorBody struct {
	Error            string `json:"error"`
	ErrorDescription string `json:"error_description"`
	ErrorCode        string `json:"errorCode"`
	ErrorSummary     string `json:"errorSummary"`
	ErrorID          string `json:"errorId"`
}

// newError reads an answer that is not a token. It keeps nothing of a body it
// cannot read: a proxy's page says little, and may echo the request.
func newError(from *answer, tried attempt) *Error {
	resp := from.Response
	e := &Error{Status: resp.StatusCode, RequestID: clean(resp.Header.Get("X-Okta-Request-Id")), tried: tried.purpose, wait: retryAfter(resp)}
	var said errorBody
	readable := json.Unmarshal(from.body, &said) == nil
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		e.Code = codeTooManyRequests
	case readable && said.Error+said.ErrorCode != "":
		e.Code = clean(firstOf(said.Error, said.ErrorCode))
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		e.Code = codeRedirected
	default:
		e.Code = codeUnexpected
	}
	if readable {
		e.Description = clean(firstOf(said.ErrorDescription, said.ErrorSummary))
		e.RequestID = firstOf(e.RequestID, clean(said.ErrorID))
	}
	e.Advice = advise(e, tried)
	return e
}

// newMisfit is for an answer that succeeds and yet cannot be used.
func newMisfit(from *answer, problem string, tried attempt) *Error {
	e := newError(&answer{Response: from.Response}, tried)
	switch problem {
	case dpopToken:
		e.Advice = adviceBound
	case unboundToken:
		e.Advice = adviceUnbound
	}
	e.Advice = "the answer was " + problem + "; " + e.Advice
	return e
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// maxDescription is how many characters of Okta's words are kept: its longest
// known description has 110.
const maxDescription = 300

// plainWord matches the codes of OAuth, of Okta and of ours, and Okta's ids.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// compactJWS matches a compact JWS, such as the assertion a server might quote back,
// whole or cut short.
var compactJWS = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}(\.[A-Za-z0-9_-]*){0,4}`)

// clean makes text from the wire fit to be shown: without tokens, without
// control and direction characters, on one line, not long.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, " "))
	text = strings.Join(strings.Fields(compactJWS.ReplaceAllString(text, "[token]")), " ")
	if runes := []rune(text); len(runes) > maxDescription {
		return string(runes[:maxDescription]) + "…"
	}
	return text
}
