package remote

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

const (
	maxBody    = 4 << 20
	readWithin = 30 * time.Second // the body of a request
	writeAfter = 30 * time.Second // one write, also of a stream that lasts for days
)

// writer is the answer to a request. Each write has a time of its own, so that who
// does not read is let go of and a stream may last; a stream that is silent is kept
// alive with comments, which proxies see and clients pass over.
type writer struct {
	http.ResponseWriter
	control *http.ResponseController

	mu    sync.Mutex // a comment comes between two events, not into one
	began bool
	ended chan struct{}
}

func newWriter(w http.ResponseWriter) *writer {
	out := &writer{ResponseWriter: w, control: http.NewResponseController(w), ended: make(chan struct{})}
	_ = out.control.SetWriteDeadline(time.Time{}) // what an earlier request on the connection left
	return out
}

// WriteHeader implements http.ResponseWriter.
func (w *writer) WriteHeader(status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.began = true
	w.ResponseWriter.WriteHeader(status)
	if w.Header().Get("Content-Type") == "text/event-stream" {
		go w.keepAlive()
	}
}

// Write implements http.ResponseWriter. Of a stream it is given whole events.
func (w *writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.began = true
	_ = w.control.SetWriteDeadline(time.Now().Add(writeAfter))
	return w.ResponseWriter.Write(p)
}

// Flush implements http.Flusher.
func (w *writer) Flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.flush()
}

// flush writes what is buffered. The lock is held.
func (w *writer) flush() error {
	_ = w.control.SetWriteDeadline(time.Now().Add(writeAfter))
	err := w.control.Flush()
	_ = w.control.SetWriteDeadline(time.Time{}) // HTTP/2 would end a stream by it that has nothing to write
	return err
}

// Unwrap is for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// end is the end of the request, after which nothing may be written but what is
// buffered, by net/http.
func (w *writer) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.control.SetWriteDeadline(time.Now().Add(writeAfter))
	close(w.ended)
}

func (w *writer) keepAlive() {
	tick := time.NewTicker(keepAlive)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if !w.comment() {
				return
			}
		case <-w.ended:
			return
		}
	}
}

// comment writes a comment, and reports whether the stream goes on.
func (w *writer) comment() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.ended:
		return false
	default:
	}
	_ = w.control.SetWriteDeadline(time.Now().Add(writeAfter))
	_, err := io.WriteString(w.ResponseWriter, ": still here\n\n")
	return err == nil && w.flush() == nil
}

// body reads the body of a request, bounded in size and time.
func (w *writer) body(r *http.Request) ([]byte, error) {
	if r.ContentLength > maxBody {
		return nil, errTooLarge
	}
	_ = w.control.SetReadDeadline(time.Now().Add(readWithin))
	// The rest is of no use to a server that stops, or from who may not call any more.
	defer context.AfterFunc(r.Context(), func() { _ = w.control.SetReadDeadline(time.Now()) })()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, errTooLarge
	}
	if err != nil {
		return nil, errUnread
	}
	_ = w.control.SetReadDeadline(time.Time{}) // not before: net/http waits for the rest of what is refused
	w.Header().Del("Connection")               // which may serve the next request
	return body, nil
}

var (
	errTooLarge = errors.New("the body is over 4 MiB")
	errUnread   = errors.New("the body did not come whole within 30 s")
)

// setSecurityHeaders says that nothing here is for a browser to show, keep or guess at.
func setSecurityHeaders(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}
