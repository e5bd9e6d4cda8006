package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// Error codes. The first four are Okta's and RFC 6749's, named here because
// something besides the advice hangs on them. The others are ours, for answers
// that carry no OAuth error.
const (
	codeInvalidClient   = "invalid_client"
	codeInvalidScope    = "invalid_scope"
	codeConsentRequired = "consent_required"
	codeTooManyRequests = "too_many_requests"

	codeRedirected = "redirected"
	codeUnexpected = "unexpected_answer"
)

// Error is Okta's refusal of a token request (RFC 6749 section 5.2), or an
// answer of the token endpoint that is none it should give.
type Error struct {
	Code        string // Okta's "error" or "errorCode"; "redirected" or "unexpected_answer" where it sent neither
	Description string // Okta's words, cleaned and shortened: data, not ours; may be empty
	RequestID   string // X-Okta-Request-Id, what Okta's support asks for; may be empty
	Status      int    // HTTP status
	Advice      string // one or two sentences: what to mend, and where

	wait time.Duration // how long a 429 asks to stay away; 0 where it does not say
}

// Error says what was tried, what Okta answered, and what to mend.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "asking Okta for an access token: %s (HTTP %d", e.Code, e.Status)
	if e.RequestID != "" {
		fmt.Fprintf(&b, ", request %s", e.RequestID)
	}
	b.WriteString(")")
	if e.Description != "" {
		fmt.Fprintf(&b, ": okta said %q", e.Description)
	}
	if e.Advice != "" {
		b.WriteString(": " + e.Advice)
	}
	return b.String()
}

// isRefusal tells a word from Okta about this app, which stands until somebody
// changes something, from weather: timeouts, faults and rate limits.
func isRefusal(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status < http.StatusInternalServerError && e.Code != codeTooManyRequests && e.Code != codeUnexpected
}

func hasCode(err error, code string) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}

// isClockError tells whether an assertion was refused for its times.
func isClockError(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.family() == codeInvalidClient && containsAny(strings.ToLower(e.Code+" "+e.Description), clockWords)
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
// the future" and "issued in the future", and its ids for the same.
const clockWords = "expir|future|issued_at|issued at|not yet valid"

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
func newError(resp *http.Response, body []byte, tried attempt) *Error {
	e := &Error{Status: resp.StatusCode, RequestID: clean(resp.Header.Get("X-Okta-Request-Id")), wait: retryAfter(resp)}
	var said errorBody
	readable := json.Unmarshal(body, &said) == nil
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

// attempt is what an advice may need to know of the request that failed.
type attempt struct {
	clientID string
	keyID    string
	org      origin
	scopes   []string
	skew     time.Duration // Okta's clock minus ours, as learnt from the answer
}

// advise finds the sentence for an error: by status where the status says all,
// else by code and words.
func advise(e *Error, tried attempt) string {
	switch {
	case e.Code == codeTooManyRequests:
		return "the rate limit of the token endpoint is used up; it is tried again by itself; if it keeps happening, see Reports > Rate Limits in the Admin Console for what else uses it"
	case e.Status >= http.StatusInternalServerError:
		return "Okta, or a proxy before it, had a fault; it is tried again by itself; see https://status.okta.com"
	case e.Code == codeRedirected:
		return fmt.Sprintf("%s sends token requests elsewhere, and we do not follow: set the org URL to the org's own address, as shown under Settings > Account or in the Admin Console's user menu, without -admin", tried.org)
	case e.Code == codeUnexpected || e.Status == http.StatusNotFound:
		return fmt.Sprintf("that is not how an Okta org answers: check that %s is the org's URL and that no proxy or sign-in page stands in between", tried.org)
	}
	code, text := e.family(), strings.ToLower(e.Code+" "+e.Description)
	for _, row := range advices(tried) {
		if containsAny(code, row.codes) && containsAny(text, row.words) {
			return row.advice
		}
	}
	return "look the request up in the Admin Console under Reports > System Log, by the client id"
}

// advice is a sentence for codes and words, each separated by |; empty fits all.
type advice struct{ codes, words, advice string }

const adviceDPoP = `the app requires DPoP, which this program does not speak yet: untick "Require Demonstrating Proof of Possession (DPoP) header in token requests" under Applications > the app > General > General Settings`

// advices lists the sentences, most particular first. Words are Okta's ids and
// the descriptions its token endpoint is seen to answer, which Okta may reword:
// hence fragments, and a last row for each code.
func advices(a attempt) []advice {
	keys := "in the Admin Console under Applications > the app > General > Client Credentials"
	grants := "in the Admin Console under Applications > the app > Okta API Scopes"
	return []advice{
		{"", "dpop", adviceDPoP},
		{codeInvalidClient, "already_used|already been used", "Okta had seen this assertion before: a proxy may be repeating requests; the next try signs a new one"},
		{codeInvalidClient, "too far", "this machine's clock runs ahead" + skewClause(a) + ": set it right (NTP)"},
		{codeInvalidClient, "issued_at|issued at|future|not yet valid", "this machine's clock runs ahead" + skewClause(a) + ": set it right (NTP)"},
		{codeInvalidClient, "expired", "this machine's clock runs behind" + skewClause(a) + ", or the request took over five minutes: set the clock right (NTP)"},
		{codeInvalidClient, "audience", fmt.Sprintf("Okta knows this org by another address than %s: set the org URL to the one Okta shows in the Admin Console's user menu, without -admin", a.org)},
		{codeInvalidClient, "kid|jwk", fmt.Sprintf("the app has no active public key with the id %q: compare the KIDs listed %s, and set the key id of this very key; with several active keys an id is needed", a.keyID, keys)},
		{codeInvalidClient, "signature", fmt.Sprintf("the private key does not belong to the public key %q of the app: register its public half, or use the key that goes with the one listed %s", a.keyID, keys)},
		{"invalid_client|invalid_request", "must use|auth_method|auth method|authentication method|client secret", "the app signs in another way: choose \"Public key / Private key\" " + keys},
		{codeInvalidClient, "algorithm|alg ", "the app's public key is registered for another algorithm: register it anew " + keys},
		{"invalid_client|invalid_request", "missing|must be provided|client_assertion_type|malformed|parse", "Okta found no readable assertion: a proxy may be changing requests to " + a.org.String() + "; if none does, this is a fault of this program"},
		{codeInvalidClient, "client_id|client id|inactive|not found", fmt.Sprintf("the org has no active app with the client id %q: copy it from Applications > the app > General, and check that the app is an API Services app, active, and of %s", a.clientID, a.org)},
		{codeInvalidClient, "", fmt.Sprintf("check that the client id %q is that of an active API Services app of %s, and that \"Public key / Private key\" is chosen with this key registered, %s", a.clientID, a.org, keys)},
		{codeConsentRequired, "", "the app is granted none of the scopes asked for: a super administrator grants them " + grants + "; asked for: " + list(a.scopes)},
		{codeInvalidScope, "openid", "a service app has no user: leave out openid, profile, email and offline_access"},
		{codeInvalidScope, "", "the org does not know one of the scopes asked for: those listed " + grants + " can be granted, others belong to features this org does not have; asked for: " + list(a.scopes)},
		{"unauthorized_client", "", "the app may not use client credentials: create it as an API Services app, or allow that grant type under Applications > the app > General"},
		{"unsupported_grant_type", "", "client credentials are off for this org or app: create the app as an API Services app"},
		{"access_denied", "", "a policy of the org refused it: look under Reports > System Log for the reason, network zones of the app's client credentials among them"},
	}
}

// skewClause says how far the clocks are apart, where we know it to matter.
func skewClause(a attempt) string {
	if a.skew.Abs() < minSkewRetry {
		return ""
	}
	return fmt.Sprintf(" (Okta's clock minus this one's: %s)", a.skew.Round(time.Second))
}

func list(scopes []string) string { return strings.Join(scopes, " ") }

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

// jwt matches a compact JWS, such as the assertion a server might quote back,
// whole or cut short.
var jwt = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}(\.[A-Za-z0-9_-]*){0,4}`)

// clean makes text from the wire fit to be shown: without tokens, without
// control and direction characters, on one line, not long.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, " "))
	text = strings.Join(strings.Fields(jwt.ReplaceAllString(text, "[token]")), " ")
	if runes := []rune(text); len(runes) > maxDescription {
		return string(runes[:maxDescription]) + "…"
	}
	return text
}
