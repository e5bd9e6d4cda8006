package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tidwall/gjson"
)

// patience is how long a test waits for what must come. Nothing is measured with
// it: it only keeps a broken server from hanging the tests.
const patience = 60 * time.Second

// process is one okta-mcp with a test at its pipes.
type process struct {
	t      testing.TB
	cmd    *exec.Cmd
	in     io.WriteCloser
	stderr *lockedBuffer

	questions     chan message // requests of the server
	notifications chan message
	strays        chan message  // answers to no request of ours, without an id above all
	ended         chan struct{} // closed when its output has ended

	writing sync.Mutex

	mu      sync.Mutex
	stdout  bytes.Buffer // all there was
	last    int
	waiting map[string]chan message // by id
	plain   chan []byte             // where lines go untouched, for benchmarks; nil: they are taken apart
}

// message is one line of JSON-RPC.
type message struct {
	JSONRPC string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params"`
	Result  json.RawMessage `json:"result"`
	Error   *struct {
		Code    int
		Message string
	} `json:"error"`
}

// toolResult is the result of a tools/call.
type toolResult struct {
	IsError bool
	Content []struct{ Type, Text string }
	Meta    struct {
		Outcome string `json:"okta-mcp/outcome"`
	} `json:"_meta"`
	StructuredContent json.RawMessage
}

func (r toolResult) text() string {
	if len(r.Content) != 1 {
		return fmt.Sprintf("(%d contents)", len(r.Content))
	}
	return r.Content[0].Text
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// environment is the test's own without any setting of ours, and with those given.
func environment(settings ...string) []string {
	var clean []string
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, "OKTA_") && !slices.Contains([]string{"DISPLAY", "WAYLAND_DISPLAY", "XDG_CONFIG_HOME"}, name) {
			clean = append(clean, variable)
		}
	}
	// Neither a configuration file of whoever runs the tests nor a browser takes part.
	clean = append(clean, noRacePause, "XDG_CONFIG_HOME=/nowhere", "SSH_CONNECTION=a remote session")
	return append(clean, settings...)
}

// noRacePause keeps a process with the race detector from lingering for a second
// at its end (https://go.dev/doc/articles/race_detector#Options).
const noRacePause = "GORACE=atexit_sleep_ms=0"

// start runs `okta-mcp args…` with the variables given, until the test ends.
func start(t testing.TB, variables []string, args ...string) *process {
	t.Helper()
	return startBinary(t, "okta-mcp", variables, args...)
}

func startBinary(t testing.TB, binary string, variables []string, args ...string) *process {
	t.Helper()
	p := &process{
		t: t, cmd: exec.Command(binary, args...), stderr: &lockedBuffer{},
		questions: make(chan message, 1000), notifications: make(chan message, 1000), strays: make(chan message, 1000),
		ended: make(chan struct{}), waiting: map[string]chan message{},
	}
	p.cmd.Env, p.cmd.Stderr = environment(variables...), p.stderr
	in, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.in = in
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("starting okta-mcp: %v", err)
	}
	go p.read(out)
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it may have ended
		<-p.ended
		_ = p.cmd.Wait() // waited for already where the exit code counts
		if t.Failed() {
			t.Logf("standard error of the process:\n%s", p.stderr)
		}
	})
	return p
}

// read takes the output apart, line by line. Whatever is not JSON-RPC fails the test.
func (p *process) read(out io.Reader) {
	defer close(p.ended)
	lines := bufio.NewReaderSize(out, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		p.mu.Lock()
		plain := p.plain
		if plain == nil {
			p.stdout.Write(line)
		}
		p.mu.Unlock()
		if plain != nil && err == nil {
			plain <- line
			continue
		}
		if err != nil {
			if len(line) > 0 {
				p.t.Errorf("standard output ends in the middle of a line: %.200q", line)
			}
			return
		}
		var m message
		if err := json.Unmarshal(line, &m); err != nil || m.JSONRPC != "2.0" {
			p.t.Errorf("a line of standard output is not JSON-RPC 2.0 (%v): %.200q", err, line)
			continue
		}
		p.dispatch(m)
	}
}

func (p *process) dispatch(m message) {
	switch {
	case m.Method != "" && m.ID != nil:
		p.questions <- m
	case m.Method != "":
		p.notifications <- m
	default:
		p.mu.Lock()
		waiting, ours := p.waiting[string(m.ID)]
		delete(p.waiting, string(m.ID))
		p.mu.Unlock()
		if !ours {
			p.strays <- m
			return
		}
		waiting <- m
	}
}

// write sends raw bytes.
func (p *process) write(raw string) {
	p.t.Helper()
	p.writing.Lock()
	defer p.writing.Unlock()
	if _, err := io.WriteString(p.in, raw); err != nil {
		p.t.Fatalf("writing to okta-mcp: %v", err)
	}
}

// begin sends a request and returns what its answer will come from.
func (p *process) begin(method string, params any) *pending {
	p.t.Helper()
	p.mu.Lock()
	p.last++
	id := fmt.Sprint(p.last)
	if p.last%2 == 0 { // ids may be numbers and strings
		id = fmt.Sprintf("%q", "r"+id)
	}
	p.mu.Unlock()
	waiting := p.expect(id)
	request := map[string]any{"jsonrpc": "2.0", "id": json.RawMessage(id), "method": method}
	if params != nil {
		request["params"] = params
	}
	p.write(encoded(p.t, request) + "\n")
	return waiting
}

// expect announces an answer with that id.
func (p *process) expect(id string) *pending {
	answer := make(chan message, 1)
	p.mu.Lock()
	p.waiting[id] = answer
	p.mu.Unlock()
	return &pending{p: p, id: id, answer: answer}
}

func (p *process) notify(method string, params any) {
	p.t.Helper()
	p.write(encoded(p.t, map[string]any{"jsonrpc": "2.0", "method": method, "params": params}) + "\n")
}

// pending is a request that awaits its answer.
type pending struct {
	p      *process
	id     string
	answer chan message
}

func (c *pending) wait() message {
	c.p.t.Helper()
	return receive(c.p, c.answer, "the answer to request "+c.id)
}

// answered reports whether the answer has come, without waiting for it.
func (c *pending) answered() bool { return len(c.answer) > 0 }

// result waits for the answer to a tools/call.
func (c *pending) result() toolResult {
	c.p.t.Helper()
	m := c.wait()
	var result toolResult
	if m.Error != nil {
		c.p.t.Fatalf("request %s was answered with the error %d %s", c.id, m.Error.Code, m.Error.Message)
	}
	if err := json.Unmarshal(m.Result, &result); err != nil {
		c.p.t.Fatalf("the result of request %s cannot be read: %v", c.id, err)
	}
	return result
}

// receive takes the next of what the process sends, which must come.
func receive(p *process, from chan message, what string) message {
	p.t.Helper()
	select {
	case m := <-from:
		return m
	default:
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case m := <-from:
		return m
	case <-p.ended:
		select {
		case m := <-from: // it came last
			return m
		default:
			p.t.Fatalf("okta-mcp ended without %s; standard error:\n%s", what, p.stderr)
		}
	case <-late.C:
		p.t.Fatalf("no %s within %s", what, patience)
	}
	return message{}
}

func (p *process) request(method string, params any) message {
	p.t.Helper()
	return p.begin(method, params).wait()
}

// initialize shakes hands as a client that can elicit, and returns the answer.
func (p *process) initialize() message {
	p.t.Helper()
	answer := p.request("initialize", map[string]any{
		"protocolVersion": "2025-11-25",
		"capabilities":    map[string]any{"elicitation": map[string]any{}},
		"clientInfo":      map[string]any{"name": "the test", "version": "1"},
	})
	p.notify("notifications/initialized", map[string]any{})
	return answer
}

// beginCall sends a tools/call.
func (p *process) beginCall(tool string, arguments any) *pending {
	p.t.Helper()
	return p.begin("tools/call", map[string]any{"name": tool, "arguments": arguments})
}

func (p *process) call(tool string, arguments any) toolResult {
	p.t.Helper()
	return p.beginCall(tool, arguments).result()
}

func (p *process) ping() {
	p.t.Helper()
	if m := p.request("ping", nil); m.Error != nil || string(m.Result) != "{}" {
		p.t.Errorf("ping was answered %+v", m)
	}
}

// toolNames lists the tools offered now.
func (p *process) toolNames() []string {
	p.t.Helper()
	var list struct{ Tools []struct{ Name string } }
	answer := p.request("tools/list", nil)
	if err := json.Unmarshal(answer.Result, &list); err != nil {
		p.t.Fatalf("tools/list was answered %+v: %v", answer, err)
	}
	names := make([]string, len(list.Tools))
	for i, tool := range list.Tools {
		names[i] = tool.Name
	}
	return names
}

// question waits for the next elicitation/create.
func (p *process) question() message {
	p.t.Helper()
	m := receive(p, p.questions, "question")
	if m.Method != "elicitation/create" {
		p.t.Fatalf("the server asked for %s, want elicitation/create", m.Method)
	}
	return m
}

// answer answers a question.
func (p *process) answer(question message, action string, content map[string]any) {
	p.t.Helper()
	result := map[string]any{"action": action}
	if content != nil {
		result["content"] = content
	}
	p.write(encoded(p.t, map[string]any{"jsonrpc": "2.0", "id": question.ID, "result": result}) + "\n")
}

// consent answers a question as a person does who reads the form.
func (p *process) consent(question message) {
	p.t.Helper()
	typed := gjson.GetBytes(question.Params, "requestedSchema.properties.type_to_confirm.description").String()
	if name, ok := strings.CutPrefix(typed, "Type exactly: "); ok {
		p.answer(question, "accept", map[string]any{"type_to_confirm": name})
		return
	}
	p.answer(question, "accept", map[string]any{"decision": "proceed"})
}

func (p *process) closeInput() {
	p.t.Helper()
	if err := p.in.Close(); err != nil {
		p.t.Fatalf("closing the input: %v", err)
	}
}

func (p *process) terminate() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatalf("sending SIGTERM: %v", err)
	}
}

// exit waits for the end of the process and returns its code.
func (p *process) exit() int {
	p.t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-p.ended:
	case <-late.C:
		p.t.Fatalf("okta-mcp did not end within %s", patience)
	}
	_ = p.cmd.Wait() // the code says it all
	return p.cmd.ProcessState.ExitCode()
}

// output is all of standard output so far.
func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stdout.String()
}

func encoded(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("encoding %T: %v", v, err)
	}
	return string(b)
}
