package remote

import (
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	maxBody    = 4 << 20
	readWithin = 30 * time.Second // the body of a request
	writeAfter = 30 * time.Second // one write, also of a stream that lasts for days
)

// writer is the answer to a request. Each write has a time of its own, so that who
// does not read is let go of and a stream may last.
type writer struct {
	http.ResponseWriter
	control *http.ResponseController
	began   bool
}

func newWriter(w http.ResponseWriter) *writer {
	out := &writer{ResponseWriter: w, control: http.NewResponseController(w)}
	_ = out.control.SetWriteDeadline(time.Time{}) // what an earlier request on the connection left
	return out
}

// WriteHeader implements http.ResponseWriter.
func (w *writer) WriteHeader(status int) {
	w.began = true
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *writer) Write(p []byte) (int, error) {
	w.began = true
	_ = w.control.SetWriteDeadline(time.Now().Add(writeAfter))
	return w.ResponseWriter.Write(p)
}

// Flush implements http.Flusher.
func (w *writer) Flush() { _ = w.control.Flush() }

// Unwrap is for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// body reads the body of a request, bounded in size and time.
func (w *writer) body(r *http.Request) ([]byte, error) {
	if r.ContentLength > maxBody {
		return nil, errTooLarge
	}
	_ = w.control.SetReadDeadline(time.Now().Add(readWithin))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	_ = w.control.SetReadDeadline(time.Time{})
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, errTooLarge
	}
	if err != nil {
		return nil, errUnread
	}
	w.Header().Del("Connection") // which may serve the next request
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
