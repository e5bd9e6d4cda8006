package confirm

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

// Terminal asks the person at a terminal, one question at a time.
type Terminal struct {
	out io.Writer

	mu   sync.Mutex
	in   *bufio.Reader
	dead bool
}

// NewTerminal asks on out and reads answers from in. The caller makes sure that
// both belong to a person's terminal.
func NewTerminal(in io.Reader, out io.Writer) *Terminal {
	return &Terminal{in: bufio.NewReader(in), out: out}
}

// Name implements Asker.
func (*Terminal) Name() string { return "terminal" }

// Can implements Asker.
func (t *Terminal) Can(context.Context) (bool, string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dead {
		return false, "an earlier question at the terminal was left unanswered"
	}
	return true, ""
}

// Ask implements Asker. After a question that nobody answered in time, whatever
// is typed later could be meant for it, so the terminal asks no more.
func (t *Terminal) Ask(ctx context.Context, q Question) (Reply, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dead {
		return Reply{}, errors.New("an earlier question was left unanswered")
	}
	prompt := "Type yes to go on; anything else changes nothing: "
	if q.Typed() != "" {
		prompt = "Type it here, or press Enter to change nothing: "
	}
	if _, err := fmt.Fprintf(t.out, "\n%s\n%s", q.Text(), prompt); err != nil {
		return Reply{}, fmt.Errorf("writing to the terminal: %w", err)
	}
	answer := make(chan string, 1)
	failed := make(chan error, 1)
	go func() {
		line, err := t.in.ReadString('\n')
		if err != nil && line == "" {
			failed <- fmt.Errorf("reading from the terminal: %w", err)
			return
		}
		answer <- strings.TrimRight(line, "\r\n")
	}()
	select {
	case <-ctx.Done():
		t.dead = true
		return Reply{}, ctx.Err()
	case err := <-failed:
		return Reply{}, err
	case line := <-answer:
		return t.reply(q, line), nil
	}
}

func (t *Terminal) reply(q Question, line string) Reply {
	if q.Typed() == "" {
		line = map[bool]string{true: optionProceed, false: optionRefuse}[strings.EqualFold(strings.TrimSpace(line), "yes")]
	}
	content := q.content(line)
	if !q.Accepts(content) {
		return Reply{Action: "decline"}
	}
	return Reply{Action: "accept", Content: content}
}
