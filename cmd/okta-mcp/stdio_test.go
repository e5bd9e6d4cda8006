package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"okta-mcp/cmd/internal/stdio"
	"okta-mcp/oktaclient/demoorg"
)

// activeUsers returns the ids of that many people who can be suspended.
func activeUsers(p *process, count int) []string {
	p.t.Helper()
	arguments := map[string]any{"status": "ACTIVE", "limit": 200, "fields": []string{"id"}}
	var ids []string
	for len(ids) < count {
		result := p.call("list_users", arguments)
		if result.IsError {
			p.t.Fatalf("listing people: %s", result.text())
		}
		for _, user := range gjson.GetBytes(result.StructuredContent, "items.#.id").Array() {
			ids = append(ids, user.String())
		}
		cursor := gjson.GetBytes(result.StructuredContent, "next_cursor").String()
		if cursor == "" && len(ids) < count {
			p.t.Fatalf("the org has %d active people, and this test needs %d", len(ids), count)
		}
		arguments["cursor"] = cursor
	}
	return ids[:count]
}

// A server that asks on the goroutine that reads, or without a limit, is dead
// here: it waits for answers that it cannot read any more.
func TestAFloodOfQuestionsLeavesTheServerAlive(t *testing.T) {
	t.Parallel()
	const flood, mostOpen = 300, 16
	org, url := serveOrg(t, demoorg.Options{Size: 500}, nil)
	p := start(t, signInTo(org, url), "serve", "--log-level", "ERROR")
	p.initialize()
	users := activeUsers(p, flood)

	results := make(chan toolResult, flood)
	for i, id := range users {
		call := p.beginCall("suspend_user", map[string]any{"user_ids": []string{id}})
		go func() {
			select { // not through wait: those that are asked stay unanswered for long
			case m := <-call.answer:
				var r toolResult
				if err := json.Unmarshal(m.Result, &r); err != nil {
					t.Errorf("a call was answered %+v: %v", m, err)
				}
				results <- r
			case <-p.ended:
			}
		}()
		if i%50 == 0 {
			p.ping()
		}
	}
	open := floodSettles(p, results, flood)
	if len(open) == 0 || len(open) > mostOpen {
		t.Fatalf("%d questions are open at once, want 1 to %d", len(open), mostOpen)
	}
	p.ping()

	p.consent(open[0])
	done := await(p, results, "the call was answered that has its consent")
	if done.IsError {
		t.Fatalf("after the flood, a call with the right answer was refused: %s", done.text())
	}
	id := gjson.GetBytes(done.StructuredContent, "target.id").String()
	if got := p.call("get_user", map[string]any{"user_id": id}); gjson.GetBytes(got.StructuredContent, "status").String() != "SUSPENDED" {
		t.Errorf("the user is not suspended: %s", got.text())
	}
	p.answer(open[1], "decline", nil)
	if refused := await(p, results, "the declined call was answered"); refused.Meta.Outcome != "not_consented" {
		t.Errorf("a declined call was answered %s", refused.text())
	}
	p.closeInput()
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d with questions open at the end of input, want 0", code)
	}
}

// floodSettles waits until every call of the flood is either asked about or
// refused because too many are, and returns the questions.
func floodSettles(p *process, results <-chan toolResult, flood int) []message {
	p.t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	var open []message
	for settled := 0; settled < flood; settled++ {
		select {
		case q := <-p.questions:
			open = append(open, q)
		case r := <-results:
			if r.Meta.Outcome != "not_consented" || !strings.Contains(r.text(), "questions") {
				p.t.Fatalf("a call over the limit was answered %s", r.text())
			}
		case <-p.ended:
			p.t.Fatal("okta-mcp ended under the flood")
		case <-late.C:
			p.t.Fatalf("after %s, %d of %d calls are neither asked about nor answered", patience, flood-settled, flood)
		}
		if settled%100 == 99 {
			p.ping()
		}
	}
	return open
}

// mcp-go alone loses most of these: it cancels and drops at the end of input.
func TestTheEndOfInputLosesNoCall(t *testing.T) {
	t.Parallel()
	const calls = 50
	p := start(t, nil, "serve", "--demo", "--log-level", "ERROR")
	p.initialize()
	var burst strings.Builder
	var answers []*pending
	for i := range calls {
		answers = append(answers, p.expect(strconv.Itoa(1000+i)))
		fmt.Fprintf(&burst, `{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"list_users","arguments":{"limit":%d}}}`+"\n", 1000+i, i+1)
	}
	p.write(strings.TrimSuffix(burst.String(), "\n")) // not even the last line end
	p.closeInput()
	for i, answer := range answers {
		r := answer.result()
		if count := gjson.GetBytes(r.StructuredContent, "count").Int(); count != int64(i+1) {
			t.Errorf("call %d of %d came back with %d people: %s", i+1, calls, count, r.text())
		}
	}
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

// Ids are compared the way JSON means them, or the end of input would wait for an
// answer that has been given in other words.
func TestTheEndOfInputKnowsAnswersByTheMeaningOfTheirIDs(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{
		"a float":             `{"jsonrpc":"2.0","id":1.0,"method":"ping"}`,
		"an exponent":         `{"jsonrpc":"2.0","id":1e3,"method":"ping"}`,
		"a huge number":       `{"jsonrpc":"2.0","id":12345678901234567890,"method":"ping"}`,
		"an escape":           `{"jsonrpc":"2.0","id":"\u0061","method":"ping"}`,
		"markup":              `{"jsonrpc":"2.0","id":"<&>","method":"ping"}`,
		"a broken surrogate":  `{"jsonrpc":"2.0","id":"\ud800","method":"ping"}`,
		"an object":           `{"jsonrpc":"2.0","id":{"a": 1},"method":"ping"}`,
		"a method of numbers": `{"jsonrpc":"2.0","id":7,"method":5}`,
		"a version of number": `{"jsonrpc":2.0,"id":7,"method":"ping"}`,
		"an answer":           `{"jsonrpc":"2.0","id":7,"result":{}}`,
		"the id last":         `{"jsonrpc":"2.0","method":"ping","params":{},"id":7}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, nil, "serve", "--demo", "--demo-size", "10", "--log-level", "ERROR")
			p.write(line + "\n")
			p.ping()
			p.closeInput()
			if code := p.exit(); code != 0 {
				t.Errorf("exit code %d, want 0", code)
			}
		})
	}
}

func TestAThousandInterleavedCallsAreAnsweredByTheirIDs(t *testing.T) {
	t.Parallel()
	org, url := serveOrg(t, demoorg.Options{}, nil)
	p := start(t, signInTo(org, url), "serve", "--log-level", "ERROR")
	p.initialize()
	employee, project := org.Cast().Employee, org.Cast().Project
	kinds := []func(int) (*pending, func(message) bool){
		func(int) (*pending, func(message) bool) {
			return p.beginCall("get_user", map[string]any{"user_id": employee.Login}), says("result.structuredContent.id", employee.ID)
		},
		func(i int) (*pending, func(message) bool) {
			return p.beginCall("list_users", map[string]any{"limit": 1 + i%40}), says("result.structuredContent.count", strconv.Itoa(1+i%40))
		},
		func(int) (*pending, func(message) bool) {
			return p.beginCall("get_group", map[string]any{"group_id": project.Name}), says("result.structuredContent.id", project.ID)
		},
		func(int) (*pending, func(message) bool) {
			return p.beginCall("get_access_status", map[string]any{}), says("result.structuredContent.signed_in", "true")
		},
		func(i int) (*pending, func(message) bool) {
			return p.beginCall("get_user", map[string]any{"user_id": "nobody-" + strconv.Itoa(i)}), says("result.isError", "true")
		},
		func(int) (*pending, func(message) bool) {
			return p.beginCall("no_such_tool", nil), says("error.code", "-32602")
		},
		func(int) (*pending, func(message) bool) { return p.begin("ping", nil), says("result", "{}") },
		func(int) (*pending, func(message) bool) {
			return p.begin("tools/list", nil), says("result.tools.0.name", "list_users")
		},
	}
	type sent struct {
		answer *pending
		right  func(message) bool
	}
	all := make([]sent, 1000)
	for i := range all {
		all[i].answer, all[i].right = kinds[i%len(kinds)](i)
	}
	for i, s := range all {
		if m := s.answer.wait(); !s.right(m) {
			t.Fatalf("request %d was answered with what belongs to another: %s", i, encoded(t, m))
		}
	}
}

// says returns whether a message has that text at that place.
func says(where, text string) func(message) bool {
	return func(m message) bool {
		whole, err := json.Marshal(map[string]any{"result": m.Result, "error": m.Error})
		if err != nil {
			return false
		}
		return gjson.GetBytes(whole, strings.Replace(where, "error.code", "error.Code", 1)).String() == text
	}
}

func TestMalformedInputIsAnsweredAndTheServerGoesOn(t *testing.T) {
	t.Parallel()
	p := start(t, nil, "serve", "--demo", "--log-level", "ERROR")
	for _, c := range []struct {
		name, line, id string
		code           int // 0: not answered
	}{
		{"no JSON", `nope`, "null", -32700},
		{"half a message", `{"jsonrpc":"2.0","id":1,"method":"ping"`, "null", -32700},
		{"two messages on a line", `{"jsonrpc":"2.0","id":1,"method":"ping"} {"jsonrpc":"2.0","id":2,"method":"ping"}`, "null", -32700},
		{"a batch", `[{"jsonrpc":"2.0","id":1,"method":"ping"}]`, "null", -32700},
		{"an empty batch", `[]`, "null", -32700},
		{"an empty object", `{}`, "null", -32600},
		{"a number", `5`, "null", -32700},
		{"null", `null`, "null", -32600},
		{"another version", `{"jsonrpc":"1.0","id":"v","method":"ping"}`, `"v"`, -32600},
		{"no method", `{"jsonrpc":"2.0","id":"m"}`, `"m"`, -32601},
		{"an unknown method", `{"jsonrpc":"2.0","id":"u","method":"tools/smash"}`, `"u"`, -32601},
		{"a method that is no text", `{"jsonrpc":"2.0","id":"n","method":5}`, "null", -32700},
		{"parameters that are no object", `{"jsonrpc":"2.0","id":"p","method":"tools/call","params":5}`, `"p"`, -32600},
		{"a tool name that is no text", `{"jsonrpc":"2.0","id":"t","method":"tools/call","params":{"name":5}}`, `"t"`, -32600},
		{"an unknown tool", `{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{"name":"smash"}}`, `"x"`, -32602},
		{"a wrong protocol version", `{"jsonrpc":"2.0","id":"i","method":"initialize","params":{"protocolVersion":5}}`, `"i"`, -32600},
		{"an answer to nothing", `{"jsonrpc":"2.0","id":99,"result":{}}`, "", 0},
		{"an unknown notification", `{"jsonrpc":"2.0","method":"notifications/smash"}`, "", 0},
		{"a blank line", ` `, "", 0},
	} {
		p.write(c.line + "\n")
		if c.code != 0 {
			m := receive(p, p.strays, "answer to "+c.name)
			if m.Error == nil || m.Error.Code != c.code || string(m.ID) != c.id {
				t.Errorf("%s was answered %s, want error %d for id %s", c.name, encoded(t, m), c.code, c.id)
			}
		}
		p.ping()
	}
	if len(p.strays) > 0 {
		t.Errorf("something was answered that needs no answer: %s", encoded(t, <-p.strays))
	}
	result := p.call("get_user", []any{1})
	if !result.IsError || !strings.Contains(result.text(), "not a JSON object") {
		t.Errorf("arguments that are a list were answered %s", result.text())
	}
}

// filler is a message too long, made while it is sent.
type filler struct{ left int }

func (f *filler) Read(b []byte) (int, error) {
	if f.left == 0 {
		return 0, io.EOF
	}
	n := min(len(b), f.left)
	for i := range n {
		b[i] = 'x'
	}
	f.left -= n
	return n, nil
}

func TestALineTooLongIsAnsweredOnceAndSkippedInBoundedMemory(t *testing.T) {
	t.Parallel()
	p := start(t, nil, "serve", "--demo", "--log-level", "ERROR")
	p.initialize()
	for _, size := range []int{stdio.MaxLine + 1, 64 << 20} {
		p.write(`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"`)
		if _, err := io.Copy(p.in, &filler{left: size}); err != nil {
			t.Fatal(err)
		}
		p.write(`"}}` + "\n")
		m := receive(p, p.strays, "answer to a line of "+strconv.Itoa(size))
		if m.Error == nil || m.Error.Code != -32600 || string(m.ID) != "null" || !strings.Contains(m.Error.Message, strconv.Itoa(stdio.MaxLine)) {
			t.Errorf("a line of %d bytes was answered %s, want one error that names the limit", size, encoded(t, m))
		}
		p.ping()
	}
	longest := stdio.MaxLine - 100
	result := p.call("get_user", map[string]any{"user_id": strings.Repeat("x", longest-len(`{"user_id":""}`)-len(`{"jsonrpc":"2.0"}`)-80)})
	if !result.IsError {
		t.Errorf("a login of %d bytes was found", longest)
	}
	p.ping()
	if len(p.strays) > 0 {
		t.Errorf("more than one answer to a line too long: %s", encoded(t, <-p.strays))
	}
	if mb := peakMemory(t, p); mb >= 150 && !raced {
		t.Errorf("the process took %d MB at its peak, want less than 150", mb)
	}
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peakMemory is the most resident memory the process ever had, in MB; 0 where the
// system does not say.
func peakMemory(t testing.TB, p *process) int {
	t.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	found := highWater.FindSubmatch(status)
	if found == nil {
		t.Fatalf("no peak in %s", status)
	}
	kb, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kb >> 10
}

func TestADebugLogLeavesStandardOutputToTheProtocol(t *testing.T) {
	t.Parallel()
	p := start(t, nil, "serve", "--demo", "--log-level", "DEBUG")
	p.initialize()
	p.toolNames()
	p.call("list_users", map[string]any{"search": "this is no search"})
	p.call("unlock_user", map[string]any{"user_id": "ada.okafor@acme.example"})
	p.write("nope\n")
	receive(p, p.strays, "answer to no JSON")
	p.closeInput()
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	if log := p.stderr.String(); !strings.Contains(log, "DBG") || !strings.Contains(log, "unlock_user") {
		t.Errorf("the log at DEBUG is not on standard error: %s", log)
	}
}

func TestToolsListIsTheSameWhoeverAsksAndHoweverOften(t *testing.T) {
	t.Parallel()
	p := start(t, nil, "serve", "--demo", "--log-level", "ERROR")
	p.initialize()
	first := p.request("tools/list", nil)
	second := p.request("tools/list", map[string]any{})
	if string(first.Result) != string(second.Result) {
		t.Error("two answers to tools/list differ")
	}
	if names := p.toolNames(); !slices.Contains(names, "get_access_status") || !slices.Contains(names, "delete_group") {
		t.Errorf("the tools are %v", names)
	}
}
