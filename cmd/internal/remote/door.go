package remote

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"okta-mcp/auth/inbound"
	"okta-mcp/tools"
)

// authenticateEvery is how long a token is believed before it is looked at again,
// while a request or stream lasts.
const authenticateEvery = 15 * time.Second

// route is what a path answers.
type route struct {
	methods []string
	probe   bool                          // for whoever watches the server, by whatever name
	open    http.HandlerFunc              // for anybody; nil: for callers
	serve   func(*writer, *call) *refusal // for callers
}

// reading are the methods of what is only read.
func reading() []string { return []string{http.MethodGet, http.MethodHead} }

// call is a request of an authenticated caller.
type call struct {
	*http.Request // its context ends with the caller's right to call, and with the server
	caller        inbound.Caller
	message       message // of a POST
	release       func()  // likewise: gives back its place among the requests at once
}

// ServeHTTP lets a request in or refuses it. What is cheapest and says least comes
// first; nothing of a body is read before its sender is known.
func (s *Server) ServeHTTP(plain http.ResponseWriter, r *http.Request) {
	w := newWriter(plain)
	defer w.end()
	defer s.recover(w, r)
	setSecurityHeaders(w.Header())
	switch {
	case r.ContentLength == 0:
		_ = w.control.SetReadDeadline(time.Time{}) // there is nothing to wait for, and a stream may last
	case r.ProtoMajor == 1:
		// Until the body is read: net/http would wait for it before it answers.
		w.Header().Set("Connection", "close")
	}
	if why := s.answer(w, r); why != nil {
		s.refuse(w, r, why)
	}
}

func (s *Server) answer(w *writer, r *http.Request) *refusal {
	to, known := s.routes[r.URL.EscapedPath()] // exactly as it came: no other spelling means the same
	switch {
	case !known:
		return refuse(http.StatusNotFound, "there is nothing at this path: MCP is served at "+Endpoint(s.options.Transport))
	case to.probe && slices.Contains(to.methods, r.Method):
		to.open(w, r)
		return nil
	case !hostKnown(s.options.Hosts, r.Host):
		return refuse(http.StatusForbidden, "this server is not known by the name in the Host header: the operator names it with --public-url or --allow-host")
	case !s.origins.allow(r):
		return refuse(http.StatusForbidden, "web pages of this origin may not call: the operator names those that may with --allow-origin")
	}
	if s.origins.answer(w, r, to.methods) {
		return nil
	}
	if !slices.Contains(to.methods, r.Method) {
		return refuse(http.StatusMethodNotAllowed, "the method is not one for this path").with("Allow", strings.Join(to.methods, ", "))
	}
	if to.open != nil {
		to.open(w, r)
		return nil
	}
	return s.admit(w, r, to)
}

// admit serves a request of a caller who may call.
func (s *Server) admit(w *writer, r *http.Request, to route) *refusal {
	caller, err := s.options.Authenticator.Authenticate(r)
	if err != nil {
		return denied(err)
	}
	why := s.admitCaller(w, r, to, caller)
	if why != nil {
		why.caller = caller.ID
	}
	return why
}

func (s *Server) admitCaller(w *writer, r *http.Request, to route, caller inbound.Caller) *refusal {
	principal := tools.Principal{ID: caller.ID, Grants: s.options.Grants(caller)}
	if len(principal.Grants) == 0 {
		return refuse(http.StatusForbidden, "no entry of callers in the server's configuration matches this caller, so it may do nothing")
	}
	ctx, stop := s.watched(r, caller)
	defer stop()
	c := &call{Request: r.WithContext(context.WithValue(ctx, principalKey{}, principal)), caller: caller}
	if r.Method != http.MethodPost {
		switch {
		case s.stopping.Load():
			return stopping()
		case r.ContentLength != 0:
			return refuse(http.StatusBadRequest, "only a POST has a body here")
		}
		return to.serve(w, c)
	}
	return s.post(w, c, to)
}

// post serves a message. Its place among the requests at once is taken before the
// body is read, and is the transport's to give back once the message is answered.
func (s *Server) post(w *writer, c *call, to route) *refusal {
	if !isJSON(c.Header) {
		return refuse(http.StatusUnsupportedMediaType, "the Content-Type is not application/json")
	}
	if c.release = s.caps.take(requests, c.caller.ID); c.release == nil {
		return tooMany("requests")
	}
	why := s.read(w, c)
	if why == nil {
		why = to.serve(w, c)
	}
	if why != nil {
		c.release()
	}
	return why
}

// read reads the message of a POST.
func (s *Server) read(w *writer, c *call) *refusal {
	if full := s.weigh(c, c.ContentLength); full != nil {
		return full
	}
	body, err := w.body(c.Request)
	if c.ContentLength < 0 { // which is known only now
		if full := s.weigh(c, int64(len(body))); full != nil {
			return full
		}
	}
	if err == nil {
		c.message, err = parse(body)
	}
	switch {
	case err != nil:
		return unreadable(err)
	case s.stopping.Load() && !c.message.answers():
		return stopping()
	}
	return nil
}

// weigh takes one more place for a large request.
func (s *Server) weigh(c *call, length int64) *refusal {
	if length <= largeBody {
		return nil
	}
	place, another := c.release, s.caps.take(large, c.caller.ID)
	if another == nil {
		return tooMany("requests over 64 KiB")
	}
	c.release = func() { another(); place() }
	return nil
}

func stopping() *refusal {
	return refuse(http.StatusServiceUnavailable, "the server is stopping").with("Connection", "close")
}

// denied is a refusal of the authenticator.
func denied(err error) *refusal {
	var d *inbound.Denied
	if !errors.As(err, &d) {
		return refuse(http.StatusForbidden, "who calls could not be found out")
	}
	return refuse(d.Status, d.Reason).with("WWW-Authenticate", d.Challenge)
}

func isJSON(header http.Header) bool {
	types := header.Values("Content-Type")
	if len(types) != 1 {
		return false
	}
	media, _, err := mime.ParseMediaType(types[0])
	return err == nil && media == "application/json"
}

// errStopped and *inbound.Denied are why a request is ended that its client wanted
// answered.
var errStopped = errors.New("the server has stopped")

// watched returns a context that ends with the request, with the server, and when
// the request would not be let in any more: its token has expired or was taken
// back. Its cause says which.
func (s *Server) watched(r *http.Request, caller inbound.Caller) (context.Context, func()) {
	ctx, end := context.WithCancelCause(r.Context())
	go func() {
		again := time.NewTicker(authenticateEvery)
		defer again.Stop()
		for {
			select {
			case <-again.C:
				now, err := s.options.Authenticator.Authenticate(r)
				if err == nil && now.ID != caller.ID {
					err = &inbound.Denied{Status: http.StatusUnauthorized, Challenge: "Bearer", Reason: "the token is another caller's now"}
				}
				if err != nil {
					s.options.Logger.Info("a request ends, because its token is not good any more", "caller", caller.ID)
					end(err)
					return
				}
			case <-s.life.Done():
				end(errStopped)
				return
			case <-ctx.Done():
				return
			}
		}
	}()
	return ctx, func() { end(context.Canceled) }
}

// ended refuses a request that was ended before it was answered, where its client
// waits for an answer.
func ended(ctx context.Context) *refusal {
	var d *inbound.Denied
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errStopped):
		return stopping()
	case errors.As(cause, &d):
		return denied(d)
	}
	return nil
}

// recover answers what must not happen, and keeps the server up.
func (s *Server) recover(w *writer, r *http.Request) {
	cause := recover()
	if cause == nil {
		return
	}
	s.options.Logger.Error("a request failed in a way that it must not", "path", r.URL.Path, "cause", cause, "stack", string(debug.Stack()))
	if !w.began {
		s.refuse(w, r, refuse(http.StatusInternalServerError, "the server failed; its log says where"))
	}
}
