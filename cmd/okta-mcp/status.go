package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// statusEvery is the least time between two changes of a status line.
const statusEvery = 100 * time.Millisecond

// statusLine is standard error with one line at its end that tells a person how
// far long work is. It is wiped before anything else is written, and when the work
// is done. Where nobody looks there is none.
type statusLine struct {
	io.Writer
	shown bool // somebody looks
	width int

	mu   sync.Mutex
	open bool // the line is there
	last time.Time
	done bool
}

// withStatus returns the terminal with a status line.
func (t terminal) withStatus() (terminal, *statusLine) {
	line := &statusLine{Writer: t.stderr, width: 80, shown: t.moves()}
	if file, ok := t.stderr.(*os.File); ok {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
			line.width = width
		}
	}
	t.stderr = line
	return t, line
}

// tell shows what is under way, at most ten times a second.
func (l *statusLine) tell(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.shown || l.done || time.Since(l.last) < statusEvery {
		return
	}
	text := []rune(inertCell(fmt.Sprintf(format, args...)))
	if len(text) >= l.width { // a line that wraps could not be wiped
		text = text[:l.width-1]
	}
	l.wipe()
	l.open, l.last = true, time.Now()
	fmt.Fprint(l.Writer, string(text))
}

// count returns what tells how many there were of what is read one by one.
func (l *statusLine) count(doing string) func(n uint64) {
	return func(n uint64) {
		if n%100 == 0 {
			l.tell("%s: %d", doing, n)
		}
	}
}

// Write implements io.Writer.
func (l *statusLine) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wipe()
	return l.Writer.Write(p)
}

// close wipes the line for good.
func (l *statusLine) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wipe()
	l.done = true
}

// wipe takes the line away; l.mu is held.
func (l *statusLine) wipe() {
	if l.open {
		fmt.Fprint(l.Writer, "\r\x1b[K")
		l.open = false
	}
}
