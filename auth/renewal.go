package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

const (
	minPause = time.Second
	maxPause = time.Minute

	// refusalPause comes after Okta's own no, which the next second will hardly
	// change; it doubles as well.
	refusalPause = 4 * time.Second
)

// pause grows with each failure in a row: first, twice that, up to a minute.
type pause struct {
	count int
	until time.Time
}

func (p pause) next(first time.Duration, now time.Time) pause {
	wait := first << min(p.count, 6)
	return pause{count: p.count + 1, until: now.Round(0).Add(min(wait, maxPause))}
}

// failure is a failed token request, and when the next may be made.
type failure struct {
	err   error
	pause pause
}

// nextFailure follows failure last, which may be nil.
func nextFailure(last *failure, err error, now time.Time) *failure {
	f := &failure{err: err}
	var e *Error
	answered := errors.As(err, &e)
	if errors.Is(err, ErrSignInNeeded) && !answered {
		// Nobody was asked but our own store, where another process may put a sign-in
		// any moment.
		f.pause = pause{}.next(minPause, now)
		return f
	}
	if last != nil {
		f.pause = last.pause
	}
	first := minPause
	if isRefusal(err) {
		first = refusalPause
	}
	f.pause = f.pause.next(first, now)
	if answered && e.wait > 0 {
		f.pause.until = now.Round(0).Add(min(max(e.wait, minPause), 2*maxPause))
	}
	return f
}

// flight is one token request, shared by all who wait for it. The fields are
// written before done is closed.
type flight struct {
	done  chan struct{}
	token *token
	err   error
}

// current returns a usable token, renewing it in the background when it ages,
// or waits for a new one.
func (s *signer) current(ctx context.Context) (*token, error) {
	f, got, err := s.join(ctx)
	if f == nil {
		return got, err
	}
	select {
	case <-f.done:
		return f.token, f.err
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for an access token: %w", ctx.Err())
	}
}

// join finds a usable token, a fresh failure, or the flight to wait for.
func (s *signer) join(ctx context.Context) (*flight, *token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.local()
	resting := s.failure != nil && now.Before(s.failure.pause.until)
	switch {
	case s.closed:
		return nil, nil, errClosed
	case s.token.usable(now):
		if s.token.aging(now) && s.flight == nil && !resting {
			s.launch()
		}
		return nil, s.token, nil
	case s.flight != nil:
		return s.flight, nil, nil
	case resting:
		return nil, nil, s.failure.err
	case ctx.Err() != nil:
		return nil, nil, fmt.Errorf("asking Okta for an access token: %w", ctx.Err())
	}
	return s.launch(), nil, nil
}

// launch starts a token request, with the lock held. It runs detached: a caller
// who gives up must not take it from the others. The client's timeout ends it.
func (s *signer) launch() *flight {
	f := &flight{done: make(chan struct{})}
	s.flight = f
	refused := slices.Clone(s.refused)
	s.work.Go(func() {
		got, refused, err := s.source.obtain(context.Background(), refused)
		s.land(f, got, refused, err)
	})
	return f
}

// land records the outcome, frees those who wait, and then, without the lock,
// logs it and tells listeners, who may thus call back.
func (s *signer) land(f *flight, got *token, refused []string, err error) {
	s.mu.Lock()
	tell := func() {}
	if s.flight == f {
		s.flight = nil
		tell = s.record(got, refused, err)
	} else { // somebody signed out meanwhile
		got, err = nil, errSignedOut
	}
	f.token, f.err = got, err
	close(f.done)
	s.mu.Unlock()
	tell()
}

// record makes an outcome the current state, with the lock held. What it returns
// logs it and tells listeners, without.
func (s *signer) record(got *token, refused []string, err error) (tell func()) {
	s.refused = refused
	if err == nil {
		s.token, s.failure = got, nil
	} else {
		s.failure = nextFailure(s.failure, err, s.clock.local())
	}
	failed, announce := s.failure, s.changed()
	return func() {
		s.report(got, refused, failed)
		announce()
	}
}

// changed finds the listeners to be told of the current state, with the lock
// held. What it returns tells them, without.
func (s *signer) changed() (announce func()) {
	var tell []func()
	if now := s.summary(); now != s.announced {
		s.announced = now
		for listener := range s.listeners {
			tell = append(tell, *listener)
		}
	}
	return func() {
		for _, listener := range tell {
			listener()
		}
	}
}

// report logs an outcome: names and outcomes only.
func (s *signer) report(got *token, refused []string, failed *failure) {
	log := s.log.With("client_id", s.endpoint.clientID)
	if failed != nil {
		level := slog.LevelWarn
		if errors.Is(failed.err, ErrSignInNeeded) { // which nothing but a person can mend
			level = slog.LevelInfo
		}
		log.Log(context.Background(), level, "no access token from okta", "error", failed.err, "next_try", failed.pause.until)
		return
	}
	log.Info("okta gave an access token", "granted", got.granted, "refused", refused, "expires", got.expires, "dpop", got.proof != nil)
	if got.problem != nil {
		log.Warn("the sign-in works, but not all is well", "error", got.problem)
	}
}

// summary is what listeners care about, with the lock held (or nobody else
// around). Of an error only the code counts: its request id is new each time.
func (s *signer) summary() string {
	now := s.state()
	code := ""
	var e *Error
	switch {
	case errors.As(now.Err, &e):
		code = e.Code
	case errors.Is(now.Err, ErrSignInNeeded):
		code = "sign in"
	case now.Err != nil:
		code = "no answer"
	}
	return fmt.Sprint(now.SignedIn, now.Pending, now.UserID, now.Granted, now.Refused, code)
}
