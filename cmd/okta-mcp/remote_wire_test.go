package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/tidwall/gjson"
)

// line is what both wires have.
type line struct {
	to    *networked
	token string
	take  func(message)
	ctx   context.Context
	cut   context.CancelFunc
}

func (l line) connected() bool { return l.ctx.Err() == nil }

// post sends a message; the answer's body is the caller's to close.
func (l line) post(address string, body []byte, headers ...string) (*http.Response, error) {
	return l.do(http.MethodPost, address, bytes.NewReader(body), append(headers, "Content-Type: application/json")...)
}

func (l line) do(method, address string, body io.Reader, headers ...string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(l.ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	for _, header := range append(headers, "Authorization: Bearer "+l.token, "Accept: application/json, text/event-stream") {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	return l.to.web.Do(request)
}

// fail answers a request in the server's place, which has refused it or is gone.
func (l line) fail(id json.RawMessage, status int, why string) {
	var m message
	text := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"error":{"code":%d,"message":%q}}`, id, status, "HTTP: "+why)
	if json.Unmarshal([]byte(text), &m) == nil {
		l.take(m)
	}
}

// httpWire is Streamable HTTP. Each request is answered by the answer to its POST.
type httpWire struct {
	line
	open sync.WaitGroup // requests
	gone chan struct{}

	mu sync.Mutex
	id string // of the session
}

func (w *httpWire) session() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.id
}

func (w *httpWire) ended() <-chan struct{} { return w.gone }

func (w *httpWire) headers() []string {
	if id := w.session(); id != "" {
		return []string{"Mcp-Session-Id: " + id, "Mcp-Protocol-Version: " + withSessions}
	}
	return nil
}

func (w *httpWire) Write(body []byte) (int, error) {
	var m message
	if err := json.Unmarshal(body, &m); err != nil {
		return 0, err
	}
	body = bytes.Clone(body)
	if m.Method != "" && m.ID != nil {
		w.open.Go(func() { w.exchange(m.ID, body) })
		return len(body), nil
	}
	answer, err := w.post(w.to.address, body, w.headers()...)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	if text, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusAccepted {
		return 0, fmt.Errorf("posting %.100s: answered %s %s", body, answer.Status, text)
	}
	return len(body), nil
}

// exchange posts a request and takes what it is answered with: one message, or a
// stream of messages that the answer ends.
func (w *httpWire) exchange(id json.RawMessage, body []byte) {
	answer, err := w.post(w.to.address, body, w.headers()...)
	if err != nil {
		w.fail(id, 0, err.Error())
		return
	}
	defer answer.Body.Close()
	if given := answer.Header.Get("Mcp-Session-Id"); given != "" {
		w.mu.Lock()
		w.id = given
		w.mu.Unlock()
	}
	if strings.HasPrefix(answer.Header.Get("Content-Type"), "text/event-stream") {
		events(answer.Body, func(_, data string) { w.takeText([]byte(data)) })
		return
	}
	text, _ := io.ReadAll(answer.Body) // what is cut off is no JSON
	if answer.StatusCode != http.StatusOK || !w.takeText(text) {
		w.fail(id, answer.StatusCode, string(text))
	}
}

func (l line) takeText(text []byte) bool {
	var m message
	if json.Unmarshal(text, &m) != nil || m.JSONRPC != "2.0" {
		return false
	}
	l.take(m)
	return true
}

func (w *httpWire) listen() error {
	answer, err := w.do(http.MethodGet, w.to.address, nil, w.headers()...)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		defer answer.Body.Close()
		return fmt.Errorf("it was answered %s", answer.Status)
	}
	w.open.Go(func() {
		defer close(w.gone)
		defer answer.Body.Close()
		events(answer.Body, func(_, data string) { w.takeText([]byte(data)) })
	})
	return nil
}

// Close deletes the session, which ends what is open in it.
func (w *httpWire) Close() error {
	answer, err := w.do(http.MethodDelete, w.to.address, nil, w.headers()...)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("deleting the session: %s", answer.Status)
	}
	w.vanish()
	return nil
}

func (w *httpWire) vanish() {
	w.cut()
	w.open.Wait()
}

// sseWire is SSE. Everything comes on the one stream.
type sseWire struct {
	line
	gone     chan struct{}
	messages string // address to post to
}

func openSSE(t testing.TB, l line) *sseWire {
	t.Helper()
	answer, err := l.do(http.MethodGet, l.to.address, nil) //nolint:bodyclose // whoever reads the stream closes it
	if err != nil {
		t.Fatalf("opening the stream: %v", err)
	}
	if answer.StatusCode != http.StatusOK {
		_ = answer.Body.Close() // nothing is read of it
		t.Fatalf("opening the stream: %s", answer.Status)
	}
	w := &sseWire{line: l, gone: make(chan struct{})}
	endpoint := make(chan string, 1)
	go func() {
		defer close(w.gone)
		defer answer.Body.Close()
		events(answer.Body, func(name, data string) {
			if name == "endpoint" {
				endpoint <- data
				return
			}
			w.takeText([]byte(data))
		})
	}()
	select {
	case path := <-endpoint:
		w.messages = strings.TrimSuffix(l.to.address, "/sse") + path
	case <-w.gone:
		t.Fatal("the stream ended before it said where to post")
	}
	return w
}

func (w *sseWire) session() string {
	_, id, _ := strings.Cut(w.messages, "sessionId=")
	return id
}

func (w *sseWire) ended() <-chan struct{} { return w.gone }

func (w *sseWire) Write(body []byte) (int, error) {
	answer, err := w.post(w.messages, bytes.Clone(body))
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body) // it only explains
	if answer.StatusCode == http.StatusAccepted {
		return len(body), nil
	}
	if id := gjson.GetBytes(body, "id"); id.Exists() && gjson.GetBytes(body, "method").Exists() {
		w.fail(json.RawMessage(id.Raw), answer.StatusCode, string(text))
		return len(body), nil
	}
	return 0, fmt.Errorf("posting %.100s: answered %s %s", body, answer.Status, text)
}

// Close closes the stream, which is how clients leave.
func (w *sseWire) Close() error {
	w.vanish()
	return nil
}

func (w *sseWire) vanish() {
	w.cut()
	<-w.gone
}

// events reads a stream of server-sent events to its end.
func events(stream io.Reader, take func(name, data string)) {
	lines := bufio.NewReaderSize(stream, 64<<10)
	name, data := "message", ""
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		field, value, _ := strings.Cut(line, ":")
		switch value = strings.TrimPrefix(value, " "); {
		case line == "" && data != "":
			take(name, data)
			name, data = "message", ""
		case field == "event":
			name = value
		case field == "data":
			data += value
		}
	}
}
