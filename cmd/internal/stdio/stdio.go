// Package stdio frames JSON-RPC over standard input and output the way a server
// must that can change an org: one message a line, bounded, and no call lost at
// the end of input.
//
// It sits between the process's streams and mcp-go's stdio server, and refuses
// to understand more of a message than its id and method.
package stdio

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// MaxLine is the longest message taken, in bytes: what the sum of every tool's
// largest arguments stays far below.
const MaxLine = 4 << 20

// DrainFor is how long the end of input waits for calls that were read before it.
const DrainFor = 30 * time.Second

// Conn is one client at the other end of two streams.
type Conn struct {
	in    *bufio.Reader
	out   io.Writer
	ended func() // called once at the end of input, before waiting

	line []byte // what is left of the line handed out

	writing sync.Mutex

	mu        sync.Mutex
	open      map[string]int    // requests read and not yet answered, by id
	cancelled map[string]int    // how many of them the client has cancelled
	tokens    map[string]string // the progress tokens of those that have one
	drained   chan struct{}     // closed when open is empty after the end of input
	over      bool
}

// New frames in and out. ended is called when the input ends: from then on
// nobody can answer a question.
func New(in io.Reader, out io.Writer, ended func()) *Conn {
	return &Conn{
		in: bufio.NewReaderSize(in, 64<<10), out: out, ended: ended,
		open: map[string]int{}, cancelled: map[string]int{}, tokens: map[string]string{}, drained: make(chan struct{}),
	}
}

// Read implements io.Reader: whole lines of at most MaxLine bytes. A longer one
// is answered here with one error and skipped. The end of input is held back
// until every request read is answered, or DrainFor has passed.
func (c *Conn) Read(p []byte) (int, error) {
	for len(c.line) == 0 {
		line, err := c.next()
		if err != nil {
			c.drain()
			return 0, err
		}
		c.line = line
	}
	n := copy(p, c.line)
	c.line = c.line[n:]
	return n, nil
}

var errTooLong = errors.New("line too long")

func (c *Conn) next() ([]byte, error) {
	line, err := c.readLine()
	if errors.Is(err, errTooLong) {
		refusal := fmt.Sprintf(`{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"the message is longer than %d bytes and was skipped"}}`+"\n", MaxLine)
		if _, err := c.Write([]byte(refusal)); err != nil {
			return nil, err
		}
		return nil, nil
	}
	if len(bytes.TrimSpace(line)) == 0 {
		return nil, err
	}
	if json.Valid(line) { // anything else is answered without its id
		c.note(line, 1)
		c.hush(line)
		c.expectProgress(line)
	}
	if !bytes.HasSuffix(line, []byte("\n")) { // the last line, before the end of input
		line = append(line, '\n')
	}
	return line, nil
}

// readLine returns the next line, or errTooLong after having skipped one.
func (c *Conn) readLine() ([]byte, error) {
	var line []byte
	tooLong := false
	for {
		part, err := c.in.ReadSlice('\n')
		if !tooLong && len(line)+len(part) > MaxLine {
			tooLong, line = true, nil
		}
		if !tooLong {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case tooLong:
			return nil, errTooLong
		}
		return line, err
	}
}

// Write implements io.Writer. mcp-go writes one message at a time, but from
// several places, each with a lock of its own. The answer to a request that the
// client has cancelled is not sent (MCP, cancellation), nor is the progress of one
// that is answered, which mcp-go can be late with (MCP, progress).
func (c *Conn) Write(message []byte) (n int, err error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	if n = len(message); !c.hushed(message) && !c.late(message) {
		n, err = c.out.Write(message)
	}
	c.note(message, -1)
	return n, err
}

// expectProgress remembers the progress token of a request, if it has one.
func (c *Conn) expectProgress(line []byte) {
	if !bytes.Contains(line, []byte("progressToken")) {
		return
	}
	var request struct {
		ID     json.RawMessage `json:"id"`
		Params struct {
			Meta struct {
				Token json.RawMessage `json:"progressToken"`
			} `json:"_meta"`
		} `json:"params"`
	}
	if json.Unmarshal(line, &request) != nil {
		return
	}
	id, errID := canonical(request.ID)
	token, errToken := canonical(request.Params.Meta.Token)
	c.mu.Lock()
	defer c.mu.Unlock()
	if errID == nil && errToken == nil && c.open[id] > 0 {
		c.tokens[id] = token
	}
}

// late reports whether the message is progress of no request that is open.
func (c *Conn) late(message []byte) bool {
	const method = "notifications/progress"
	if len(message) > 4<<10 || !bytes.Contains(message, []byte(method)) {
		return false
	}
	var notification struct {
		Method string `json:"method"`
		Params struct {
			Token json.RawMessage `json:"progressToken"`
		} `json:"params"`
	}
	if json.Unmarshal(message, &notification) != nil || notification.Method != method {
		return false
	}
	token, err := canonical(notification.Params.Token)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, open := range c.tokens {
		if open == token {
			return false
		}
	}
	return err == nil
}

// hushed reports whether the message answers a cancelled request.
func (c *Conn) hushed(message []byte) bool {
	c.mu.Lock()
	none := len(c.cancelled) == 0
	c.mu.Unlock()
	if none {
		return false
	}
	id, isRequest, ok := envelope(message)
	c.mu.Lock()
	defer c.mu.Unlock()
	return ok && !isRequest && c.cancelled[id] > 0
}

// note counts a request in when it is read and out when it is answered.
func (c *Conn) note(message []byte, by int) {
	id, isRequest, ok := envelope(message)
	if !ok || isRequest != (by > 0) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open[id] += by
	if by < 0 && c.cancelled[id] > 0 {
		c.cancelled[id]--
	}
	if c.open[id] <= 0 {
		delete(c.open, id)
		delete(c.cancelled, id)
		delete(c.tokens, id)
	}
	c.settle()
}

// hush notes that the client has cancelled a request. The notification itself is
// mcp-go's to act on.
func (c *Conn) hush(line []byte) {
	if !bytes.Contains(line, []byte("notifications/cancelled")) {
		return
	}
	var notification struct {
		Method string
		Params map[string]json.RawMessage
	}
	if json.Unmarshal(line, &notification) != nil || notification.Method != "notifications/cancelled" {
		return
	}
	id, err := canonical(notification.Params["requestId"])
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil && c.cancelled[id] < c.open[id] {
		c.cancelled[id]++
	}
}

// settle closes drained when nothing is open any more. The lock is held.
func (c *Conn) settle() {
	if c.over && len(c.open) == 0 {
		select {
		case <-c.drained:
		default:
			close(c.drained)
		}
	}
}

func (c *Conn) drain() {
	c.ended()
	c.mu.Lock()
	c.over = true
	c.settle()
	c.mu.Unlock()
	select {
	case <-c.drained:
	case <-time.After(DrainFor):
	}
}

// unanswered is the one request that is never answered: it lasts as long as the
// connection.
const unanswered = "subscriptions/listen"

// envelope reads id and method from the front of a message, without going
// through what lies behind them. It reads names and values as mcp-go does: names
// in any case, the last of two, and what cannot be read is no request, for that is
// answered without an id.
func envelope(message []byte) (id string, isRequest, ok bool) {
	decoder := json.NewDecoder(bytes.NewReader(message))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return "", false, false
	}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return "", false, false
		}
		name, _ := token.(string)
		if strings.EqualFold(name, "result") || strings.EqualFold(name, "error") {
			return id, false, ok
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return "", false, false
		}
		switch {
		case strings.EqualFold(name, "id"):
			if id, err = canonical(value); err != nil {
				return "", false, false
			}
			ok = id != "null"
		case strings.EqualFold(name, "jsonrpc"), strings.EqualFold(name, "method"):
			var text string
			if err := json.Unmarshal(value, &text); err != nil || text == unanswered {
				return "", false, false
			}
			isRequest = isRequest || strings.EqualFold(name, "method")
		}
	}
	return id, isRequest, ok
}

// canonical writes an id the way it comes back: mcp-go reads numbers as floats
// and escapes strings anew.
func canonical(id json.RawMessage) (string, error) {
	var value any
	if err := json.Unmarshal(id, &value); err != nil {
		return "", err
	}
	written, err := json.Marshal(value)
	return string(written), err
}
