package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

// terminal is the streams of the program and whether a person sits at them.
type terminal struct {
	stdin          *os.File
	stdout, stderr io.Writer
}

// person reports whether somebody can be asked: input and error output are a
// terminal.
func (t terminal) person() bool {
	return t.stdin != nil && term.IsTerminal(int(t.stdin.Fd())) && isTerminal(t.stderr)
}

// color reports whether lines for people may be coloured (https://no-color.org).
func (t terminal) color() bool { return t.moves() && os.Getenv("NO_COLOR") == "" }

// moves reports whether standard error is a terminal that can do more than print.
func (t terminal) moves() bool { return isTerminal(t.stderr) && os.Getenv("TERM") != "dumb" }

func isTerminal(w io.Writer) bool {
	if line, ok := w.(*statusLine); ok {
		w = line.Writer
	}
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
