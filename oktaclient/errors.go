package oktaclient

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode"
)

// ErrReadOnly is what a read-only Org answers to an operation that may change
// something. Nothing was sent.
var ErrReadOnly = errors.New("refused: only reading is allowed here")

// ErrOutcomeUnknown is what errors.Is finds in an [OutcomeUnknownError].
var ErrOutcomeUnknown = errors.New("the outcome is unknown")

// maxWords bounds, in characters, each text of an error that somebody else wrote.
const maxWords = 200

// Error is Okta's refusal, or that of something between us and Okta.
type Error struct {
	Method, Path string
	Status       int
	Code         string    // Okta's errorCode ("E0000007"), or an OAuth error; "" when the body had none
	Summary      string    // for people; may change, branch on Code
	Causes       []string  // the summaries of errorCauses
	ErrorID      string    // Okta's errorId
	RequestID    string    // X-Okta-Request-Id
	Reset        time.Time // on 429, when Okta says the limit is lifted; zero when it did not say
}

// Error is one line: what was tried, what Okta said, what its support asks for.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: okta answered %d", e.Method, e.Path, e.Status)
	for _, s := range []string{e.Code, e.Summary} {
		if s != "" {
			b.WriteString(" " + s)
		}
	}
	if len(e.Causes) > 0 {
		b.WriteString(" (" + strings.Join(e.Causes, "; ") + ")")
	}
	if !e.Reset.IsZero() {
		b.WriteString("; try again after " + e.Reset.UTC().Format(time.RFC3339))
	}
	if e.RequestID != "" {
		b.WriteString(" [request id " + e.RequestID + "]")
	}
	return b.String()
}

// OutcomeUnknownError is a write that was sent and whose answer did not come
// back whole: it may or may not have been done. Read the target before
// anything else. errors.Is finds [ErrOutcomeUnknown] and the cause in it.
type OutcomeUnknownError struct {
	Method, Path string
	Err          error // what cut it off
}

func (e *OutcomeUnknownError) Error() string {
	return fmt.Sprintf("%s %s was sent and its outcome is unknown: read the target to see whether it was done: %v", e.Method, e.Path, e.Err)
}

// Unwrap answers ErrOutcomeUnknown and the cause.
func (e *OutcomeUnknownError) Unwrap() []error { return []error{ErrOutcomeUnknown, e.Err} }

// newError reads an answer that is not a success.
func newError(c *call, r *reply) *Error {
	e := &Error{Method: c.method, Path: c.path, Status: r.status, RequestID: r.requestID()}
	if r.status == http.StatusTooManyRequests {
		e.Reset, _ = rateReset(r.header)
	}
	if r.status/100 == 3 {
		e.Summary = "a redirect, which is not followed: check the org URL"
		return e
	}
	if !e.read(r.body) {
		e.Summary = describe(r)
	}
	return e
}

// read takes the error from Okta's or OAuth's JSON; false if there is none in it.
func (e *Error) read(body []byte) bool {
	var doc struct {
		ErrorCode    string `json:"errorCode"`
		ErrorSummary string `json:"errorSummary"`
		ErrorID      string `json:"errorId"`
		ErrorCauses  []struct {
			ErrorSummary string `json:"errorSummary"`
		} `json:"errorCauses"`
		Code        string `json:"error"` // RFC 6749, 5.2
		Description string `json:"error_description"`
		Message     string `json:"message"`
	}
	// A member of another type leaves the others readable, so the error itself is not needed.
	_ = json.Unmarshal(body, &doc)
	e.Code = inert(firstOf(doc.ErrorCode, doc.Code))
	e.Summary = inert(firstOf(doc.ErrorSummary, doc.Description, doc.Message))
	e.ErrorID = inert(doc.ErrorID)
	for _, cause := range doc.ErrorCauses {
		if s := inert(cause.ErrorSummary); s != "" {
			e.Causes = append(e.Causes, s)
		}
	}
	return e.Code != "" || e.Summary != ""
}

// describe stands in for the summary of an answer without Okta's error in it.
// Markup is not quoted: it says nothing, at length, and is for browsers.
func describe(r *reply) string {
	kind, _, _ := mime.ParseMediaType(r.header.Get("Content-Type"))
	switch {
	case len(r.body) == 0:
		return strings.ToLower(http.StatusText(r.status))
	case isMarkup(kind, r.body):
		return "with a web page instead of JSON: a proxy or gateway may have answered in its place"
	}
	return inert("without okta's error format: " + string(r.body))
}

// isMarkup reports HTML or XML, by its name or by its look.
func isMarkup(kind string, body []byte) bool {
	return strings.Contains(kind, "html") || strings.Contains(kind, "xml") || strings.HasPrefix(strings.TrimSpace(string(body[:min(len(body), 64)])), "<")
}

// inert makes somebody else's text fit for one line of an error: no control or
// formatting characters (which can rewrite a terminal or reorder text), single
// spaces, at most maxWords characters.
func inert(s string) string {
	var b strings.Builder
	n := 0
	for word := range strings.FieldsSeq(s) {
		if n > 0 {
			b.WriteByte(' ')
			n++
		}
		for _, r := range word {
			if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) || r == unicode.ReplacementChar {
				continue
			}
			if n++; n >= maxWords {
				return b.String() + "…"
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isWebPage reports a success that is HTML. Okta answers JSON, or XML where
// asked for SAML metadata, and nothing where there is nothing to say.
func isWebPage(r *reply) bool {
	kind, _, _ := mime.ParseMediaType(r.header.Get("Content-Type"))
	return len(r.body) > 0 && (kind == "text/html" || kind == "application/xhtml+xml")
}

func firstOf(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}
