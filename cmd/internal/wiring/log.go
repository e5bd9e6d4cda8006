package wiring

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/lmittmann/tint"
)

func peopleHandler(w io.Writer, level slog.Level, color bool) slog.Handler {
	return inertHandler{tint.NewTextHandler(w, &tint.Options{Level: level, TimeFormat: time.TimeOnly, NoColor: !color})}
}

// ObjectLogger writes one JSON object a line, for programs.
func ObjectLogger(w io.Writer) *slog.Logger { return slog.New(jsonHandler(w, slog.LevelInfo)) }

// jsonHandler writes one object a line, for programs. Durations are nanoseconds.
func jsonHandler(w io.Writer, level slog.Level) slog.Handler {
	return inertHandler{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})}
}

func fileHandler(w io.Writer, level slog.Level) slog.Handler {
	return inertHandler{slog.NewTextHandler(w, &slog.HandlerOptions{Level: level})}
}

// inertHandler writes escapes for whatever would act on a terminal or hide in a
// line: errors carry what Okta, a proxy or a client said, and the handler for
// people prints messages as they are, and colours in values too.
type inertHandler struct{ slog.Handler }

// Handle implements slog.Handler.
func (h inertHandler) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, inertText(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(inertAttr(a))
		return true
	})
	return h.Handler.Handle(ctx, clean)
}

// WithAttrs implements slog.Handler.
func (h inertHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = inertAttr(a)
	}
	return inertHandler{h.Handler.WithAttrs(clean)}
}

// WithGroup implements slog.Handler.
func (h inertHandler) WithGroup(name string) slog.Handler {
	return inertHandler{h.Handler.WithGroup(inertText(name))}
}

func inertAttr(a slog.Attr) slog.Attr {
	a.Key = inertText(a.Key)
	switch a.Value = a.Value.Resolve(); a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(inertText(a.Value.String()))
	case slog.KindAny:
		a.Value = inertAny(a.Value.Any())
	case slog.KindGroup:
		members := make([]any, 0, len(a.Value.Group()))
		for _, member := range a.Value.Group() {
			members = append(members, inertAttr(member))
		}
		a = slog.Group(a.Key, members...)
	}
	return a
}

// inertAny keeps lists of texts, which are lists in JSON; all else is text.
func inertAny(value any) slog.Value {
	texts, ok := value.([]string)
	if !ok {
		return slog.StringValue(inertText(fmt.Sprint(value)))
	}
	clean := make([]string, len(texts))
	for i, text := range texts {
		clean[i] = inertText(text)
	}
	return slog.AnyValue(clean)
}

// Inert is an error as a terminal may print it: what it tells of another machine, such
// as the names in a certificate, can hold what would act on one.
func Inert(err error) string {
	lines := strings.Split(err.Error(), "\n")
	for i, line := range lines {
		lines[i] = inertText(line)
	}
	return strings.Join(lines, "\n")
}

// inertText is text with an escape for each character that does not print, and
// for each byte that is no character. The handler for people makes the character
// of the four that are written \x1b, so they are written otherwise.
func inertText(text string) string {
	text = strings.ReplaceAll(text, `\x1b`, `\x1B`)
	if !utf8.ValidString(text) || strings.ContainsFunc(text, isHidden) {
		var out strings.Builder
		for i, r := range text {
			switch _, size := utf8.DecodeRuneInString(text[i:]); {
			case r == utf8.RuneError && size == 1:
				fmt.Fprintf(&out, `\x%02X`, text[i])
			case isHidden(r):
				fmt.Fprintf(&out, `\u%04x`, r)
			default:
				out.WriteRune(r)
			}
		}
		return out.String()
	}
	return text
}

func isHidden(r rune) bool {
	return !unicode.IsGraphic(r) || unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}
