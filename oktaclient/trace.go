package oktaclient

import (
	"context"
	"log/slog"
	"time"
)

// Exchange is one attempt of a call.
type Exchange struct {
	Method, Path string
	Status       int // 0 when no answer came
	RequestID    string
	Attempt      int   // from 1
	Err          error // why the attempt did not succeed
}

type traceKey struct{}

// WithTrace answers a context whose calls tell f of every attempt, the ones
// that were stopped before they left included. Functions given earlier are
// told first. f may be called from several goroutines when the context is used
// in several.
func WithTrace(ctx context.Context, f func(Exchange)) context.Context {
	if outer, ok := ctx.Value(traceKey{}).(func(Exchange)); ok {
		inner := f
		f = func(x Exchange) { outer(x); inner(x) }
	}
	return context.WithValue(ctx, traceKey{}, f)
}

// report tells the trace and the log of an attempt.
func (w *wire) report(ctx context.Context, x Exchange, took time.Duration) {
	if f, ok := ctx.Value(traceKey{}).(func(Exchange)); ok {
		f(x)
	}
	w.log.LogAttrs(ctx, slog.LevelDebug, "okta request",
		slog.String("method", x.Method), slog.String("path", x.Path), slog.Int("status", x.Status),
		slog.String("request_id", x.RequestID), slog.Int("attempt", x.Attempt), slog.Duration("took", took))
}
