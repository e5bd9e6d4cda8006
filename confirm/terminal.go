package confirm

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
)

// Terminal asks the person at a terminal, one question at a time.
type Terminal struct {
	out  io.Writer
	turn chan struct{} // full while a question is open
	in   *bufio.Reader // read by whose turn it is
	dead atomic.Bool
}

// NewTerminal asks on out and reads answers from in. The caller makes sure that
// both belong to a person's terminal.
func NewTerminal(in io.Reader, out io.Writer) *Terminal {
	return &Terminal{in: bufio.NewReader(in), out: out, turn: make(chan struct{}, 1)}
}

// Name implements Asker.
func (*Terminal) Name() string { return "terminal" }

// Can implements Asker.
func (t *Terminal) Can(context.Context) (bool, string) {
	if t.dead.Load() {
		return false, "an earlier question at the terminal was left unanswered"
	}
	return true, ""
}

// Ask implements Asker. After a question that nobody answered in time, whatever
// is typed later could be meant for it, so the terminal asks no more.
func (t *Terminal) Ask(ctx context.Context, q Question) (Reply, error) {
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return Reply{}, ctx.Err()
	}
	if t.dead.Load() {
		return Reply{}, errors.New("an earlier question was left unanswered")
	}
	prompt := "Type yes to go on; anything else changes nothing: "
	if q.Preview.Typed {
		prompt = "Type it here, or press Enter to change nothing: "
	}
	if _, err := fmt.Fprintf(t.out, "\n%s\n%s", q.Text(), prompt); err != nil {
		return Reply{}, fmt.Errorf("writing to the terminal: %w", err)
	}
	answer := make(chan string, 1)
	failed := make(chan error, 1)
	go func() {
		line, err := t.in.ReadString('\n')
		if err != nil { // what came without Enter is no answer
			failed <- fmt.Errorf("reading from the terminal: %w", err)
			return
		}
		answer <- strings.TrimRight(line, "\r\n")
	}()
	select {
	case <-ctx.Done():
		t.dead.Store(true)
		return Reply{}, ctx.Err()
	case err := <-failed:
		return Reply{}, err
	case line := <-answer:
		return reply(q, line), nil
	}
}

// reply is what the line means: only the exact yes accepts.
func reply(q Question, line string) Reply {
	if !q.Preview.Typed {
		line = map[bool]string{true: optionProceed, false: optionRefuse}[strings.ToLower(strings.TrimSpace(line)) == "yes"]
	}
	content := q.content(line)
	if !q.Accepts(content) {
		return Reply{Action: "decline"}
	}
	return Reply{Action: "accept", Content: content}
}
