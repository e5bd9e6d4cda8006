package demoorg

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
)

// apiError is an error in the form Okta answers it. See
// https://developer.okta.com/docs/reference/error-codes/.
type apiError struct {
	status  int
	code    string
	summary string
	causes  []string
	header  http.Header // extra response headers
	bare    bool        // Okta answers headers only
}

func (e *apiError) Error() string { return e.code + " " + e.summary }

type errorDoc struct {
	Code    string       `json:"errorCode"`
	Summary string       `json:"errorSummary"`
	Link    string       `json:"errorLink"`
	ID      string       `json:"errorId"`
	Causes  []errorCause `json:"errorCauses"`
}

type errorCause struct {
	Summary string `json:"errorSummary"`
}

// doc is the body Okta sends for e; id is the error id, "oae…".
func (e *apiError) doc(id string) errorDoc {
	causes := make([]errorCause, 0, len(e.causes))
	for _, c := range e.causes {
		causes = append(causes, errorCause{c})
	}
	return errorDoc{Code: e.code, Summary: e.summary, Link: e.code, ID: id, Causes: causes}
}

// errorID is the n-th error id of the org with that seed.
func errorID(seed, n uint64) string {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:8], mix(seed, 'e', n))
	binary.BigEndian.PutUint64(raw[8:], mix(seed, 'E', n))
	return "oae" + base64.RawURLEncoding.EncodeToString(raw[:])
}

// notFound is the answer for an id that names nothing of that kind (Okta's own
// word for it: User, UserGroup, RoleAssignment …).
func notFound(id, kind string) *apiError {
	return &apiError{
		status: http.StatusNotFound, code: "E0000007",
		summary: fmt.Sprintf("Not found: Resource not found: %s (%s)", id, kind),
	}
}

// invalid is a validation failure about subject, one cause a line.
func invalid(subject string, causes ...string) *apiError {
	return &apiError{
		status: http.StatusBadRequest, code: "E0000001",
		summary: "Api validation failed: " + subject, causes: causes,
	}
}

// badSearch refuses a search, filter or sort.
func badSearch(cause string) *apiError {
	return &apiError{
		status: http.StatusBadRequest, code: "E0000031",
		summary: "Invalid search criteria.", causes: []string{cause},
	}
}

func malformedBody() *apiError {
	return &apiError{status: http.StatusBadRequest, code: "E0000003", summary: "The request body was not well-formed."}
}

func wrongMethod() *apiError {
	return &apiError{
		status: http.StatusMethodNotAllowed, code: "E0000022",
		summary: "The endpoint does not support the provided HTTP method",
	}
}

// unknownEndpoint is the answer for a path the org does not have. Okta uses
// the code of a wrong method there too.
func unknownEndpoint() *apiError {
	e := wrongMethod()
	e.status = http.StatusNotFound
	return e
}

func forbidden() *apiError {
	return &apiError{
		status: http.StatusForbidden, code: "E0000006",
		summary: "You do not have permission to perform the requested action",
	}
}

func unsupported() *apiError {
	return &apiError{status: http.StatusNotImplemented, code: "E0000060", summary: "Unsupported operation."}
}

func wrongStatus() *apiError {
	return &apiError{
		status: http.StatusForbidden, code: "E0000038",
		summary: "This operation is not allowed in the user's current status.",
	}
}

func tooManyRequests() *apiError {
	return &apiError{
		status: http.StatusTooManyRequests, code: "E0000047",
		summary: "API call exceeded rate limit due to too many requests.",
	}
}
