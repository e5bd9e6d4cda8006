package remote

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

const (
	maxHeader    = 64 << 10
	headerWithin = 10 * time.Second
	idleWithin   = 2 * time.Minute // a connection between two requests
	endWithin    = 2 * time.Second // what is written already, to who reads it
)

// Serve answers the connections of the listener with the handler until ctx ends,
// and then closes them, once what was answered is written. certificates is nil for plain HTTP.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler, certificates *Certificates, log *slog.Logger) error {
	srv := &http.Server{
		Handler: handler, ReadHeaderTimeout: headerWithin, IdleTimeout: idleWithin, MaxHeaderBytes: maxHeader,
		ReadTimeout:                  readWithin,                                        // also of a body that is refused, whose rest net/http waits for
		DisableGeneralOptionsHandler: true,                                              // every answer is ours
		ErrorLog:                     slog.NewLogLogger(log.Handler(), slog.LevelDebug), // strangers cause what it says
	}
	done := make(chan error, 1)
	go func() {
		if certificates == nil {
			done <- srv.Serve(listener)
			return
		}
		srv.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: certificates.get}
		done <- srv.ServeTLS(listener, "", "")
	}()
	select {
	case err := <-done:
		return fmt.Errorf("serving %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	// What was answered a moment ago is still on its way.
	writing, cancel := context.WithTimeout(context.Background(), endWithin)
	defer cancel()
	if err := errors.Join(srv.Shutdown(writing), srv.Close()); err != nil {
		log.Debug("closing the listener", "error", err)
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving %s: %w", listener.Addr(), err)
	}
	return nil
}

// Certificates are a certificate and its key in two files, which are read anew when
// they change: a certificate lasts less long than a server.
type Certificates struct {
	cert, key string
	log       *slog.Logger

	mu      sync.Mutex
	read    [2]time.Time // when the files were changed that were read last
	looked  time.Time
	current *tls.Certificate
	problem string // of the last look, which the log has
}

// lookAgain is how long the files are taken to be as they were.
const lookAgain = time.Second

// OpenCertificates reads both files.
func OpenCertificates(cert, key string, log *slog.Logger) (*Certificates, error) {
	c := &Certificates{cert: cert, key: key, log: log}
	if err := c.reload(); err != nil {
		return nil, err
	}
	return c, nil
}

// get serves a new certificate once both files hold it, and the old one until then.
func (c *Certificates) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.looked) >= lookAgain {
		c.looked = now
		c.note(c.reload())
	}
	return c.current, nil
}

// note logs what is wrong with the files, once. The lock is held.
func (c *Certificates) note(err error) {
	problem := ""
	if err != nil {
		problem = err.Error()
	}
	if problem != "" && problem != c.problem {
		c.log.Warn("the certificate read before goes on being served", "error", problem)
	}
	c.problem = problem
}

func (c *Certificates) reload() error {
	var changed [2]time.Time
	for i, name := range []string{c.cert, c.key} {
		info, err := os.Stat(name)
		if err != nil {
			return fmt.Errorf("reading the certificate: %w", err)
		}
		changed[i] = info.ModTime()
	}
	if c.current != nil && changed == c.read {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return fmt.Errorf("reading the certificate: %w", err)
	}
	c.current, c.read = &pair, changed
	return nil
}
