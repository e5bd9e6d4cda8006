package auth

import (
	"context"
	"errors"
	"fmt"
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
	if last != nil {
		f.pause = last.pause
	}
	first := minPause
	if isRefusal(err) {
		first = refusalPause
	}
	f.pause = f.pause.next(first, now)
	var e *Error
	if errors.As(err, &e) && e.wait > 0 {
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
func (s *ServiceApp) current(ctx context.Context) (*token, error) {
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
func (s *ServiceApp) join(ctx context.Context) (*flight, *token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.local()
	resting := s.failure != nil && now.Before(s.failure.pause.until)
	switch {
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
func (s *ServiceApp) launch() *flight {
	f := &flight{done: make(chan struct{})}
	s.flight = f
	refused := slices.Clone(s.refused)
	go func() {
		got, refused, err := s.obtain(context.Background(), refused)
		s.land(f, got, refused, err)
	}()
	return f
}

// obtain gets a token for what was asked less what is known to be refused. The
// scopes it returns are those refused by now.
func (s *ServiceApp) obtain(ctx context.Context, refused []string) (*token, []string, error) {
	scopes := slices.DeleteFunc(slices.Clone(s.asked), func(scope string) bool { return slices.Contains(refused, scope) })
	if len(scopes) == 0 {
		// All were refused before. One request finds out whether that has changed.
		got, err := s.endpoint.exchange(ctx, s.asked)
		if err == nil {
			refused = nil
		}
		return got, refused, err
	}
	got, err := s.endpoint.exchange(ctx, scopes)
	if !s.optional || !hasCode(err, codeInvalidScope) {
		return got, refused, err
	}
	got, more, err := narrow(ctx, s.endpoint.exchange, scopes, err)
	refused = append(refused, more...)
	slices.Sort(refused)
	return got, refused, err
}

// land records the outcome, frees those who wait, and then, without the lock,
// logs it and tells listeners, who may thus call back.
func (s *ServiceApp) land(f *flight, got *token, refused []string, err error) {
	s.mu.Lock()
	s.flight, s.refused = nil, refused
	if err == nil {
		s.token, s.failure = got, nil
	} else {
		s.failure = nextFailure(s.failure, err, s.clock.local())
	}
	failed := s.failure
	f.token, f.err = got, err
	close(f.done)
	var tell []func()
	if now := s.summary(); now != s.announced {
		s.announced = now
		for listener := range s.listeners {
			tell = append(tell, *listener)
		}
	}
	s.mu.Unlock()
	s.report(got, refused, failed)
	for _, listener := range tell {
		listener()
	}
}

// report logs an outcome: names and outcomes only.
func (s *ServiceApp) report(got *token, refused []string, failed *failure) {
	log := s.log.With("client_id", s.endpoint.clientID)
	if failed != nil {
		log.Warn("no access token from okta", "error", failed.err, "next_try", failed.pause.until)
		return
	}
	log.Info("okta gave an access token", "granted", got.granted, "refused", refused, "expires", got.expires)
}

// summary is what listeners care about, with the lock held (or nobody else
// around). Of an error only the code counts: its request id is new each time.
func (s *ServiceApp) summary() string {
	now := s.state()
	code := ""
	if now.Err != nil {
		code = "no answer"
	}
	var e *Error
	if errors.As(now.Err, &e) {
		code = e.Code
	}
	return fmt.Sprint(now.SignedIn, now.Granted, now.Refused, code)
}
