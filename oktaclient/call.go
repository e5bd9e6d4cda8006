package oktaclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/okta/okta-sdk-golang/v5/okta"
	"github.com/tidwall/gjson"
)

// Answer is Okta's answer to a call that succeeded (2xx).
type Answer struct {
	Status int
	// Body is exactly what Okta sent, after decompression; nil when it sent none.
	Body json.RawMessage
	// Next is the query of the next page of the same call, from the Link
	// header; nil at the end. Only GETs have one.
	Next Query
	ETag string
	// Location is where Okta says the result is or will be, a 202's operation
	// for instance: as sent, "" unless it is on the org's own host.
	Location  string
	RequestID string // X-Okta-Request-Id, what Okta's support asks for
}

// Items is the body as an array, each item's bytes kept. An empty array is no
// error; a body that is no array is.
func (a *Answer) Items() ([]json.RawMessage, error) {
	list := gjson.ParseBytes(a.Body)
	if !gjson.ValidBytes(a.Body) || !list.IsArray() {
		return nil, errors.New("read okta's answer as a list: it is something else")
	}
	items := []json.RawMessage{}
	list.ForEach(func(_, item gjson.Result) bool {
		items = append(items, json.RawMessage(item.Raw))
		return true
	})
	return items, nil
}

// call is one operation on its way to Okta and back.
type call struct {
	// What the operation's method says.
	ids     []pathID
	query   Query
	ifMatch string // the ETag the target must still have, "" for any
	body    json.RawMessage
	merges  bool // the body is a JSON Merge Patch (RFC 7396) and travels as one

	// Whether it came through a read-only Org.
	readOnly bool

	// Where it goes, set by aim.
	method string
	path   string // as sent, escaped
	plain  string // the same, unescaped
	writes bool   // may change something

	// What became of it, set by the capture transport.
	done   bool
	answer *Answer
	err    error
}

type callKey struct{}

// run performs an SDK operation: op makes the SDK build its request, which the
// capture transport takes over. What the SDK itself answers is of no interest
// once the call is done.
func (o *Org) run(ctx context.Context, c call, op func(context.Context) error) (*Answer, error) {
	if err := checkIDs(c.ids); err != nil {
		return nil, err
	}
	c.readOnly = o.readOnly
	err := op(context.WithValue(ctx, callKey{}, &c))
	switch {
	case c.done:
		return c.answer, c.err
	case err != nil:
		return nil, fmt.Errorf("build the request: %w", err)
	}
	return nil, errors.New("build the request: the SDK sent none")
}

// direct performs an operation the SDK does not know. Each segment of the
// template in braces stands for the next of the call's ids.
func (o *Org) direct(ctx context.Context, method, template string, c call) (*Answer, error) {
	if err := checkIDs(c.ids); err != nil {
		return nil, err
	}
	return o.send(ctx, method, fillPath(template, c.ids), c)
}

// send performs a call whose path is known.
func (o *Org) send(ctx context.Context, method, path string, c call) (*Answer, error) {
	c.readOnly = o.readOnly
	if err := c.aim(method, path); err != nil {
		return nil, err
	}
	return o.perform(ctx, &c)
}

// typed and bare reduce what an SDK operation answers to its error.
func typed[T any](_ T, _ *okta.APIResponse, err error) error { return err }
func bare(_ *okta.APIResponse, err error) error              { return err }

var (
	errNoCall    = errors.New("an SDK call without a call value in its context is refused: use the methods of Org")
	errSecondUse = errors.New("one SDK call tried to send two requests: the second is refused")
)

// capture is the transport given to the SDK. It takes method and path from the
// SDK's request and everything else from the call in its context, performs the
// call, keeps the outcome there, and hands the SDK an empty 204: nothing to
// decode, nothing to retry, no error to lose its type.
type capture struct{ wire *wire }

func (t capture) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer req.Body.Close()
	}
	c, ok := req.Context().Value(callKey{}).(*call)
	if !ok {
		return nil, errNoCall
	}
	if c.done {
		return nil, errSecondUse
	}
	c.done = true
	if c.err = c.aim(req.Method, req.URL.EscapedPath()); c.err == nil {
		c.answer, c.err = t.wire.perform(req.Context(), c)
	}
	return &http.Response{
		Status: "204 No Content", StatusCode: http.StatusNoContent,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: http.NoBody, Request: req,
	}, nil
}

// aim sets where the call goes, once the address has been found sound.
func (c *call) aim(method, path string) error {
	switch method {
	case http.MethodGet:
		if len(c.body) > 0 {
			return errors.New("a GET takes no body: put its parameters into the query")
		}
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		return fmt.Errorf("method %q refused: use GET, POST, PUT, PATCH or DELETE", method)
	}
	plain, err := checkPath(path)
	if err != nil {
		return err
	}
	c.method, c.path, c.plain = method, path, plain
	c.writes = !OnlyReads(method, plain)
	return nil
}

func (c *call) contentType() string {
	if c.merges {
		return "application/merge-patch+json"
	}
	return "application/json"
}

// encodedQuery is the raw query. A space travels as %20: "+" means a space in
// forms only, and not every layer before Okta reads queries as forms.
func (c *call) encodedQuery() string {
	return strings.ReplaceAll(c.query.Encode(), "+", "%20")
}

// OnlyReads reports whether an operation cannot change the org: every GET, and
// the POSTs that carry a question in their body. sendTestEmail has a read scope
// too, but mails somebody. plain is the path, unescaped.
func OnlyReads(method, plain string) bool {
	if method == http.MethodGet {
		return true
	}
	if method != http.MethodPost {
		return false
	}
	if plain == "/api/v1/policies/simulate" { // createPolicySimulation
		return true
	}
	s := strings.Split(plain, "/") // submitGroupAttributeQuery
	return len(s) == 8 && strings.HasPrefix(plain, "/api/v1/directories/") && s[5] == "groups" && s[7] == "query" && s[4] != "" && s[6] != ""
}
