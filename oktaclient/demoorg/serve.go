package demoorg

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxBody is the largest request body read, in bytes.
const maxBody = 4 << 20

// face is how a request reaches the org.
type face int

const (
	publicFace face = iota
	adminFace
)

// call is one request on its way to a handler.
type call struct {
	route  *route
	params map[string]string // path parameters, unescaped
	query  url.Values
	path   string // escaped, as it came
	body   []byte
	base   string // scheme and host, no slash
	header http.Header
	now    time.Time
	face   face
	number uint64 // of the request, which its answer's id derives from
}

// answer is what a handler has to say. A nil body is no content.
type answer struct {
	status int
	body   any
	links  []string
	header http.Header // further headers: ETag, Location
}

// handler answers one call. It runs under the org's lock: shared for GET,
// exclusive otherwise.
type handler func(*Org, *call) (answer, error)

func ok(body any) (answer, error)      { return answer{status: http.StatusOK, body: body}, nil }
func created(body any) (answer, error) { return answer{status: http.StatusCreated, body: body}, nil }
func noContent() (answer, error)       { return answer{status: http.StatusNoContent}, nil }

// empty is 200 with {}.
func empty() (answer, error) { return ok(struct{}{}) }

// serve answers one request from first header to last byte.
func (o *Org) serve(w http.ResponseWriter, r *http.Request, f face) {
	now := o.now()
	number := o.answers.Add(1)
	h := w.Header()
	h.Set("Date", now.UTC().Format(http.TimeFormat))
	h.Set("X-Okta-Request-Id", requestID(o.seed, number))
	h.Set("Cache-Control", "no-cache, no-store")
	h.Set("Pragma", "no-cache")
	h.Set("Expires", "0")
	h.Set("Strict-Transport-Security", "max-age=315360000; includeSubDomains")
	h.Set("X-Content-Type-Options", "nosniff")
	if f == publicFace && lacksLength(r) {
		w.WriteHeader(http.StatusLengthRequired)
		return
	}
	if o.serveOAuth(w, r, now, number) {
		return
	}
	got, err := o.answer(h, r, f, now, number)
	if err != nil {
		o.writeError(w, err, number)
		return
	}
	for _, l := range got.links {
		h.Add("Link", l)
	}
	maps.Copy(h, got.header)
	writeJSON(w, got.status, got.body)
}

// requestID is what an answer's header and the System Log call a request.
func requestID(seed, number uint64) string {
	return fmt.Sprintf("%016x%016x", mix(seed, 'r', number), mix(seed, 'R', number))
}

// answer takes a request past the gates and to its handler.
func (o *Org) answer(h http.Header, r *http.Request, f face, now time.Time, number uint64) (answer, error) {
	path := strings.Replace(r.URL.EscapedPath(), "//", "/", 1)
	route, params, err := o.router.find(r.Method, path)
	if err != nil {
		return answer{}, err
	}
	if f == publicFace {
		if err := o.admit(h, r, route, now); err != nil {
			return answer{}, err
		}
	}
	body, err := readBody(r)
	if err != nil {
		return answer{}, err
	}
	c := &call{
		route: route, params: params, query: r.URL.Query(), path: path,
		body: body, base: baseOf(r), header: r.Header, now: now, face: f, number: number,
	}
	return o.handle(c, r.Method)
}

// handle runs the handler under the lock its method needs and turns what it
// answers to bytes before the lock is released.
func (o *Org) handle(c *call, method string) (answer, error) {
	if method == http.MethodGet {
		o.mu.RLock()
		defer o.mu.RUnlock()
	} else {
		o.mu.Lock()
		defer o.mu.Unlock()
	}
	seen := o.witness(c)
	got, err := c.route.handle(o, c)
	if err != nil {
		return got, err
	}
	if got.body != nil {
		if got.body, err = encode(got.body); err != nil {
			return answer{}, fmt.Errorf("encode the answer of %s: %w", c.route.operation, err)
		}
	}
	raw, _ := got.body.(json.RawMessage)
	o.publish(c, seen, raw)
	return got, nil
}

// admit lets a request in that has a good token, calls left and the scope.
func (o *Org) admit(h http.Header, r *http.Request, route *route, now time.Time) error {
	room := o.limiter.take(route.bucket, now)
	room.write(h)
	_, err := o.access(h, r, route.scope, now) // a call too many spends its proof too, as in Okta
	if room.exceeded {
		return tooManyRequests()
	}
	return err
}

// lacksLength says whether Okta's edge refuses a request before anything else
// looks at it: a POST or PUT that does not tell how long its body is.
func lacksLength(r *http.Request) bool {
	writes := r.Method == http.MethodPost || r.Method == http.MethodPut
	return writes && r.ContentLength <= 0 && r.Header.Get("Content-Length") == "" && len(r.TransferEncoding) == 0
}

// readBody reads a body of bounded size.
func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, malformedBody()
	}
	if len(body) > maxBody {
		return nil, &apiError{status: http.StatusRequestEntityTooLarge, bare: true}
	}
	return body, nil
}

// decode reads the body into v. Numbers keep their literals.
func (c *call) decode(v any) error {
	d := json.NewDecoder(bytes.NewReader(c.body))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return malformedBody()
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return malformedBody()
	}
	return nil
}

// baseOf is scheme and host as the client addressed the org. X-Forwarded-*
// is ignored: whoever may set it could make links point elsewhere.
func baseOf(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

func (o *Org) writeError(w http.ResponseWriter, err error, number uint64) {
	var e *apiError
	if !errors.As(err, &e) {
		e = &apiError{status: http.StatusInternalServerError, code: "E0000009", summary: "Internal Server Error"}
	}
	for name, values := range e.header {
		w.Header()[name] = values
	}
	if e.bare {
		w.WriteHeader(e.status)
		return
	}
	writeJSON(w, e.status, e.doc(errorID(o.seed, number)))
}

// encode turns v into JSON the way Okta does: & < > stay as they are.
func encode(v any) (json.RawMessage, error) {
	if raw, ok := v.(json.RawMessage); ok {
		return raw, nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	if body == nil {
		w.WriteHeader(status)
		return
	}
	raw, err := encode(body)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(raw) // the client may have left; nobody to tell
}
