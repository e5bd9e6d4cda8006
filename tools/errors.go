package tools

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

// ArgumentError is an argument that cannot be carried out, in words that name it.
type ArgumentError struct{ Problem string }

func (e *ArgumentError) Error() string { return "invalid arguments: " + e.Problem }

// Refused is a call that was well-formed and is not carried out: what it asks
// cannot work on this target, or is never done. Nothing was sent that changes.
type Refused struct {
	Reason string // what stands in the way
	Next   string // what gets there instead
}

func (e *Refused) Error() string {
	if e.Next == "" {
		return e.Reason
	}
	return e.Reason + "; " + e.Next
}

// NotOffered is a call of a tool that this server does not offer now.
type NotOffered struct{ Tool, Why string }

func (e *NotOffered) Error() string { return fmt.Sprintf("%s is not offered: %s", e.Tool, e.Why) }

// NotSignedIn is a call that needs Okta while no sign-in has succeeded.
type NotSignedIn struct{ Problem string }

func (e *NotSignedIn) Error() string { return "not signed in to Okta: " + e.Problem }

// OutcomeKey is the _meta member of every failed result that says what kind of
// failure it is, with one of the Outcome values.
const OutcomeKey = "okta-mcp/outcome"

// The kinds of failure, for programs: the text is for people and models.
const (
	OutcomeError        = "error"
	OutcomeNotConsented = "not_consented"
	OutcomeNotSignedIn  = "not_signed_in"
)

// failure is the one place where an error becomes a result.
func failure(err error) *mcp.CallToolResult {
	result := mcp.NewToolResultError(words(err))
	result.Meta = mcp.NewMetaFromMap(map[string]any{OutcomeKey: outcomeOf(err)})
	return result
}

// outcomeOf is the kind of failure an error is.
func outcomeOf(err error) string {
	var refusal *confirm.Refusal
	var signedOut *NotSignedIn
	switch {
	case errors.As(err, &refusal):
		return OutcomeNotConsented
	case errors.As(err, &signedOut):
		return OutcomeNotSignedIn
	}
	return OutcomeError
}

// words says what went wrong and what to do next.
func words(err error) string {
	var (
		refusal *confirm.Refusal
		api     *oktaclient.Error
		unknown *oktaclient.OutcomeUnknownError
	)
	switch {
	case errors.As(err, &refusal):
		return "not done: " + refusal.Reason
	case errors.As(err, &unknown):
		return "the outcome is unknown: the request was cut off after it was sent, so Okta may or may not have carried it out; read the target again before anything else. " + explained(err)
	case errors.As(err, &api):
		return explained(err)
	case errors.Is(err, context.DeadlineExceeded):
		return "this took longer than a call may take and was given up; ask for less at once, or try again: " + err.Error()
	case errors.Is(err, context.Canceled):
		return "the call was cancelled before it was done: " + err.Error()
	}
	return err.Error()
}

// explained is an error's text with our words for each of Okta's answers in it.
func explained(err error) string {
	text := err.Error()
	for _, api := range answersIn(err) {
		text = strings.Replace(text, api.Error(), explain(api), 1)
	}
	return text
}

// answersIn finds all of Okta's answers that an error wraps.
func answersIn(err error) []*oktaclient.Error {
	var all []*oktaclient.Error
	switch err := any(err).(type) { // step by step: errors.As finds the first only
	case *oktaclient.Error:
		all = append(all, err)
	case interface{ Unwrap() []error }:
		for _, below := range err.Unwrap() {
			all = append(all, answersIn(below)...)
		}
	case interface{ Unwrap() error }:
		all = answersIn(err.Unwrap())
	}
	return all
}

// explain says what Okta answered, what it means here and what to do next. The
// org's words are quoted: they are data.
func explain(e *oktaclient.Error) string {
	var b strings.Builder
	fmt.Fprintf(&b, "okta answered %d", e.Status)
	if e.Code != "" {
		fmt.Fprintf(&b, " %s", plainCode(e.Code))
	}
	if e.Summary != "" {
		fmt.Fprintf(&b, " %s", confirm.Quote(e.Summary))
	}
	for _, cause := range e.Causes {
		fmt.Fprintf(&b, "; cause: %s", confirm.Quote(cause))
	}
	if advice := advise(e); advice != "" {
		fmt.Fprintf(&b, ". %s", advice)
	}
	fmt.Fprintf(&b, " (%s %s", e.Method, e.Path)
	if e.RequestID != "" {
		fmt.Fprintf(&b, ", request id %s", plainID(e.RequestID))
	}
	b.WriteString(")")
	return b.String()
}

// Codes of Okta and of OAuth, and Okta's request ids. A proxy on the way can
// answer with what it likes instead.
var (
	codeLike      = regexp.MustCompile(`^(?:[A-Z]{1,4}[0-9]{4,9}|[a-z][a-z_]{2,39})$`)
	requestIDLike = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)
)

// plainCode is an error code as it is, and quoted when it is anything else.
func plainCode(code string) string {
	if codeLike.MatchString(code) {
		return code
	}
	return confirm.Quote(code)
}

// plainID is a request id as it is, and quoted when it is anything else.
func plainID(id string) string {
	if requestIDLike.MatchString(id) {
		return id
	}
	return confirm.Quote(id)
}

// advise says what an error means here and what to do next.
func advise(e *oktaclient.Error) string {
	switch {
	case e.Code == "E0000047":
		return "Okta's rate limit is used up; " + wait(e.Reset)
	case advice()[e.Code] != "":
		return advice()[e.Code]
	case e.Status >= 500:
		return "this is an error inside Okta or on the way to it; try again later"
	}
	return ""
}

// advice is what Okta's error codes mean here and what to do next.
// Source: https://developer.okta.com/docs/reference/error-codes/
func advice() map[string]string {
	return map[string]string{
		"E0000001": "Okta found the request invalid or the target not in a state for it; mend what the cause names",
		"E0000003": "Okta could not read the request body",
		"E0000004": "Okta does not accept our token; get_access_status says whether the server is still signed in",
		"E0000006": "the scope is granted but the app's admin role does not allow this; an administrator must give the app a role that does",
		"E0000007": "there is no such thing in this org, or it was deleted; look it up with the list tools",
		"E0000009": "this is an error inside Okta; try again later",
		"E0000011": "Okta does not accept our token; get_access_status says whether the server is still signed in",
		"E0000015": "the org does not have this feature",
		"E0000016": "the user is active already",
		"E0000017": "Okta could not reset the password; get_user shows the status, and whether another directory holds the password",
		"E0000022": "Okta does not offer this here, or the app may not use it",
		"E0000031": "Okta does not understand the search expression: it knows eq, sw, gt, ge, lt, le, pr and co, joined by and, or; ne is not among them",
		"E0000032": "the user is not locked out",
		"E0000038": "the user's status does not allow this; get_user shows the status",
		"E0000041": "the app's way of signing in does not let credentials be set for each person; leave them out",
		"E0000046": "a group gives the person this application, and Okta takes it away with the group only; list_application_groups shows the groups",
		"E0000048": "there is no such thing in this org, or it was deleted; look it up with the list tools",
		"E0000053": "Okta does not understand the log filter, or the time asked for is further back than the 90 days that logs are kept",
		"E0000055": "a group of this name exists already; list_groups with q finds it",
		"E0000056": "the application must be deactivated before it can be deleted",
		"E0000062": "the person is assigned to the app already; change that assignment instead",
		"E0000090": "the role is assigned already",
		"E0000112": "the user is still being activated; try again in a moment",
		"E0000231": "somebody else changed it meanwhile and nothing was changed here; read it again, and then change it if that is still right",
		"E0000239": "Okta is still busy with an earlier change of the policy; try again in a moment",
	}
}

func wait(reset time.Time) string {
	if reset.IsZero() {
		return "wait a minute before the next call"
	}
	return "it is refilled at " + reset.UTC().Format(time.RFC3339) + ": wait until then"
}
