package stdio_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"okta-mcp/cmd/internal/stdio"
)

// lines reads a connection to its end.
func lines(t *testing.T, c *stdio.Conn) []string {
	t.Helper()
	text, err := io.ReadAll(c)
	if err != nil {
		t.Fatalf("reading: %v", err)
	}
	if len(text) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

func TestLinesComeOutWholeAndBlankOnesDoNot(t *testing.T) {
	t.Parallel()
	const notification = `{"jsonrpc":"2.0","method":"notifications/x"}`
	for name, c := range map[string]struct {
		in   string
		want []string
	}{
		"nothing":            {"", nil},
		"one":                {notification + "\n", []string{notification}},
		"no line end":        {notification, []string{notification}},
		"blank lines":        {"\n  \n\r\n" + notification + "\n\t\n" + notification, []string{notification, notification}},
		"carriage returns":   {notification + "\r\n", []string{notification + "\r"}},
		"nonsense":           {"nope\n[1]\n{\n", []string{"nope", "[1]", "{"}},
		"longer than a gulp": {strings.Repeat("x", 200<<10) + "\n" + notification + "\n", []string{strings.Repeat("x", 200<<10), notification}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for how, in := range map[string]io.Reader{
				"at once": strings.NewReader(c.in), "in halves": iotest.HalfReader(strings.NewReader(c.in)), "with the end": iotest.DataErrReader(strings.NewReader(c.in)),
			} {
				var out bytes.Buffer
				got := lines(t, stdio.New(in, &out, func() {}))
				if strings.Join(got, "\n") != strings.Join(c.want, "\n") || len(got) != len(c.want) {
					t.Errorf("read %s: got %.100q, want %.100q", how, got, c.want)
				}
				if out.Len() > 0 {
					t.Errorf("read %s: something was answered: %s", how, &out)
				}
			}
		})
	}
}

func TestTheLongestLinePassesAndOneByteMoreIsAnsweredAndSkipped(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("x", stdio.MaxLine-1) // and its end
	var out bytes.Buffer
	got := lines(t, stdio.New(strings.NewReader(longest+"\n"+longest+"y\nafter\n"+longest+"yz"), &out, func() {}))
	if len(got) != 2 || got[0] != longest || got[1] != "after" {
		t.Errorf("got %d lines, want the longest and the one after the one too long", len(got))
	}
	answers := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(answers) != 2 {
		t.Fatalf("%d answers to two lines too long: %q", len(answers), answers)
	}
	for _, answer := range answers {
		var m struct {
			JSONRPC string
			ID      json.RawMessage
			Error   struct {
				Code    int
				Message string
			}
		}
		if err := json.Unmarshal([]byte(answer), &m); err != nil || m.JSONRPC != "2.0" || string(m.ID) != "null" || m.Error.Code != -32600 ||
			!strings.Contains(m.Error.Message, fmt.Sprint(stdio.MaxLine)) {
			t.Errorf("the answer is %s (%v), want error -32600 without an id that names the limit", answer, err)
		}
	}
}

func TestAnOutputThatIsGoneEndsTheInput(t *testing.T) {
	t.Parallel()
	gone := errors.New("the client has gone")
	c := stdio.New(strings.NewReader(strings.Repeat("x", stdio.MaxLine+1)+"\n"), failingWriter{gone}, func() {})
	if _, err := io.ReadAll(c); !errors.Is(err, gone) {
		t.Errorf("reading ended with %v, want %v", err, gone)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

// held reads in to its end beside the test, in a bubble, and tells whether the
// end has come.
type held struct {
	*stdio.Conn
	asked atomic.Bool // whether ended was called
	over  atomic.Bool
	began time.Time
}

func hold(in string) *held {
	h := &held{began: time.Now()}
	h.Conn = stdio.New(strings.NewReader(in), io.Discard, func() { h.asked.Store(true) })
	go func() {
		_, _ = io.Copy(io.Discard, h) // the end is what counts
		h.over.Store(true)
	}()
	synctest.Wait()
	return h
}

func (h *held) answer(t *testing.T, message string) {
	t.Helper()
	if _, err := io.WriteString(h, message+"\n"); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
}

func TestTheEndIsHeldBackUntilEveryRequestIsAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := hold(`{"jsonrpc":"2.0","id":1,"method":"ping"}` + "\n" + `{"jsonrpc":"2.0","id":"1","method":"ping"}` + "\n" + `{"method":"ping","id":1,"jsonrpc":"2.0"}`)
		if !h.asked.Load() {
			t.Error("whoever holds questions is not told that nobody can answer any more")
		}
		h.answer(t, `{"jsonrpc":"2.0","id":1,"result":{}}`)
		h.answer(t, `{"jsonrpc":"2.0","id":"1","error":{"code":1,"message":"no"}}`)
		h.answer(t, `{"jsonrpc":"2.0","id":2,"result":{}}`)
		h.answer(t, `{"jsonrpc":"2.0","method":"notifications/x"}`)
		h.answer(t, `{"jsonrpc":"2.0","id":1,"method":"elicitation/create"}`) // a request, not an answer
		if h.over.Load() {
			t.Fatal("the end came while the second request with the id 1 was unanswered")
		}
		h.answer(t, `{"jsonrpc":"2.0","id":1,"result":{}}`)
		if !h.over.Load() {
			t.Error("every request is answered and the end does not come")
		}
		if waited := time.Since(h.began); waited != 0 {
			t.Errorf("the end came %s after the last answer", waited)
		}
	})
}

func TestTheEndComesWithoutAnAnswerAfterAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := hold(`{"jsonrpc":"2.0","id":1,"method":"ping"}`)
		time.Sleep(stdio.DrainFor - time.Nanosecond) // of the bubble's clock
		synctest.Wait()
		if h.over.Load() {
			t.Fatal("the end came early")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if !h.over.Load() {
			t.Errorf("no end after %s", stdio.DrainFor)
		}
	})
}

func TestOnlyRequestsHoldTheEndBack(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{
		"a notification":           `{"jsonrpc":"2.0","method":"notifications/x"}`,
		"an answer":                `{"jsonrpc":"2.0","id":1,"result":{"method":"ping"}}`,
		"an answer, id last":       `{"jsonrpc":"2.0","result":{},"id":1}`,
		"an error":                 `{"jsonrpc":"2.0","id":1,"error":{}}`,
		"the id null":              `{"jsonrpc":"2.0","id":null,"method":"ping"}`,
		"a batch":                  `[{"jsonrpc":"2.0","id":1,"method":"ping"}]`,
		"no JSON":                  `{"jsonrpc":"2.0","id":1,"method":"ping"`,
		"a subscription":           `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen"}`,
		"an escaped one":           `{"jsonrpc":"2.0","id":1,"method":"subscriptions\/listen"}`,
		"a method that is no text": `{"jsonrpc":"2.0","id":1,"method":{}}`,
		"an id out of range":       `{"jsonrpc":"2.0","id":1e400,"method":"ping"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				if h := hold(line); !h.over.Load() {
					time.Sleep(stdio.DrainFor)
					t.Errorf("the end waits for an answer to %s", line)
				}
			})
		})
	}
}

func TestMessagesWrittenAtOnceDoNotMix(t *testing.T) {
	t.Parallel()
	const writers, each = 20, 50
	reader, writer := io.Pipe()
	c := stdio.New(strings.NewReader(""), slowWriter{writer}, func() {})
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for range each {
				if _, err := c.Write([]byte(strings.Repeat(string(rune('a'+w)), 100) + "\n")); err != nil {
					t.Errorf("writing: %v", err)
				}
			}
		})
	}
	go func() { all.Wait(); _ = writer.Close() }()
	count := 0
	for scanner := bufio.NewScanner(reader); scanner.Scan(); count++ {
		if line := scanner.Text(); len(line) != 100 || strings.Trim(line, line[:1]) != "" {
			t.Fatalf("a mixed line: %s", line)
		}
	}
	if count != writers*each {
		t.Errorf("%d lines came out of %d", count, writers*each)
	}
}

// slowWriter passes on a byte at a time, so that writers get in each other's way.
type slowWriter struct{ w io.Writer }

func (s slowWriter) Write(p []byte) (int, error) {
	for i := range p {
		if _, err := s.w.Write(p[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(p), nil
}

// FuzzConn feeds anything at all and answers what comes out as mcp-go does. Then
// no line is too long or blank, and the end comes without a wait.
func FuzzConn(f *testing.F) {
	for _, seed := range []string{
		"", "\n\n", "nope", `{"jsonrpc":"2.0","id":1,"method":"ping"}`, `{"jsonrpc":"2.0","id":"\u0061","method":"ping"}` + "\n" + `{"ID":1.0,"Method":"x"}`,
		`{"id":1,"id":2,"method":"x"}`, `{"id":1,"Id":null,"method":"x"}`, `{"id":[{"a":1}],"method":"x","params":{"deep":[[[]]]}}`, `{"id":1e999,"method":"x"}`,
		`{"id":1,"method":null}`, `{"id":1,"method":"x","error":1}`, "{\"id\":\"\xff\",\"method\":\"x\"}\n",
	} {
		f.Add([]byte(seed), uint16(64))
		f.Add([]byte(seed), uint16(1))
	}
	f.Fuzz(func(t *testing.T, in []byte, gulp uint16) {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			var read bytes.Buffer
			var c *stdio.Conn
			c = stdio.New(bytes.NewReader(in), io.Discard, func() { answerAll(t, c, read.Bytes()) })
			b := make([]byte, int(gulp)+1)
			for {
				n, err := c.Read(b)
				read.Write(b[:n])
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatalf("reading: %v", err)
				}
			}
			if waited := time.Since(began); waited != 0 {
				t.Errorf("the end of %q came only after %s, though all of it was answered", in, waited)
			}
			for line := range bytes.Lines(read.Bytes()) {
				if len(line) > stdio.MaxLine+1 || len(bytes.TrimSpace(line)) == 0 || !bytes.HasSuffix(line, []byte("\n")) {
					t.Errorf("the line %.100q came out of %.100q", line, in)
				}
			}
		})
	})
}

// answerAll answers every request as mcp-go does: by what encoding/json makes of
// the id, and without one where it cannot read the message.
func answerAll(t *testing.T, c *stdio.Conn, read []byte) {
	for line := range bytes.Lines(read) {
		var m struct {
			JSONRPC string `json:"jsonrpc"`
			Method  string `json:"method"`
			ID      any    `json:"id"`
		}
		if err := json.Unmarshal(line, &m); err != nil || m.ID == nil {
			continue
		}
		answer, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": m.ID, "result": map[string]any{}})
		if err != nil {
			t.Errorf("answering %s: %v", line, err)
		}
		if _, err := c.Write(append(answer, '\n')); err != nil {
			t.Errorf("answering %s: %v", line, err)
		}
	}
}

func TestTheAnswerToACancelledRequestIsNotSent(t *testing.T) {
	t.Parallel()
	const call = `{"jsonrpc":"2.0","id":7,"method":"tools/call"}`
	cancel := func(params string) string {
		return `{"jsonrpc":"2.0","method":"notifications/cancelled","params":` + params + `}`
	}
	for name, c := range map[string]struct {
		read []string
		sent int // of two answers to request 7
	}{
		"not cancelled":              {[]string{call, call}, 2},
		"cancelled":                  {[]string{call, cancel(`{"requestId":7}`)}, 1},
		"cancelled and its id anew":  {[]string{call, cancel(`{"requestId":7}`), call}, 1},
		"cancelled twice":            {[]string{call, cancel(`{"requestId":7}`), cancel(`{"requestId":7}`)}, 1},
		"another one cancelled":      {[]string{call, cancel(`{"requestId":8}`)}, 2},
		"in the wrong case":          {[]string{call, cancel(`{"REQUESTID":7}`)}, 2},
		"before there was a request": {[]string{cancel(`{"requestId":7}`), call}, 2},
		"without an id":              {[]string{call, cancel(`{}`)}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, feed := io.Pipe()
			defer in.Close()
			var out bytes.Buffer
			conn := stdio.New(in, &out, func() {})
			reader := bufio.NewReader(conn)
			for _, line := range c.read {
				go func() { _, _ = io.WriteString(feed, line+"\n") }()
				if _, err := reader.ReadString('\n'); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 {
				if _, err := io.WriteString(conn, `{"jsonrpc":"2.0","id":7,"result":{}}`+"\n"); err != nil {
					t.Fatal(err)
				}
			}
			if sent := strings.Count(out.String(), "\n"); sent != c.sent {
				t.Errorf("%d answers were sent, want %d", sent, c.sent)
			}
		})
	}
}

// mcp-go writes notifications and answers from different goroutines.
func TestNoProgressIsSentAfterTheAnswer(t *testing.T) {
	t.Parallel()
	const (
		call   = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"_meta":{"progressToken":"t"}}}` + "\n"
		plain  = `{"jsonrpc":"2.0","id":8,"method":"tools/call","params":{}}` + "\n"
		answer = `{"jsonrpc":"2.0","id":7,"result":{}}` + "\n"
		told   = `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t","progress":1}}` + "\n"
		other  = `{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"notifications/progress"}}` + "\n"
	)
	for name, c := range map[string]struct {
		read, write, want []string
	}{
		"before the answer":  {[]string{call}, []string{told, told, answer}, []string{told, told, answer}},
		"after it":           {[]string{call}, []string{told, answer, told, other}, []string{told, answer, other}},
		"of a call anew":     {[]string{call, call}, []string{answer, told, answer, told}, []string{answer, told, answer}},
		"that nobody wanted": {[]string{plain}, []string{told}, nil},
		"of another number":  {[]string{strings.Replace(call, `"t"`, `1.0`, 1)}, []string{strings.Replace(told, `"t"`, `1`, 1), told}, []string{strings.Replace(told, `"t"`, `1`, 1)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			in, client := io.Pipe()
			defer client.Close()
			conn := stdio.New(in, &out, func() {})
			go func() { _, _ = io.WriteString(client, strings.Join(c.read, "")) }()
			reading := bufio.NewReader(conn)
			for range c.read {
				if _, err := reading.ReadString('\n'); err != nil {
					t.Fatal(err)
				}
			}
			for _, message := range c.write {
				if n, err := conn.Write([]byte(message)); n != len(message) || err != nil {
					t.Fatalf("writing %q: %d, %v", message, n, err)
				}
			}
			if got := out.String(); got != strings.Join(c.want, "") {
				t.Errorf("the client got\n%swant\n%s", got, strings.Join(c.want, ""))
			}
		})
	}
}
