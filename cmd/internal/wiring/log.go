package wiring

import (
	"io"
	"log/slog"
	"time"

	"github.com/lmittmann/tint"
)

func peopleHandler(w io.Writer, level slog.Level, color bool) slog.Handler {
	return tint.NewTextHandler(w, &tint.Options{Level: level, TimeFormat: time.TimeOnly, NoColor: !color})
}
