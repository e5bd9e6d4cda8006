package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/tools"
)

// released builds the program the way it is released, once for all benchmarks,
// beside the one that TestMain put into the PATH and takes away at the end.
func released(b *testing.B) string {
	b.Helper()
	tested, err := exec.LookPath("okta-mcp")
	if err != nil {
		b.Fatal(err)
	}
	path := tested + "-released"
	if _, err := os.Stat(path); err == nil {
		return path
	}
	build := exec.Command("go", "build", "-ldflags", "-s -w", "-o", path, ".")
	if said, err := build.CombinedOutput(); err != nil {
		b.Fatalf("building the program: %v: %s", err, said)
	}
	return path
}

var resident = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)

// restingMemory is the resident memory of the process now, in MB.
func restingMemory(b *testing.B, p *process) float64 {
	b.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	kb, err := strconv.ParseFloat(string(resident.FindSubmatch(status)[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return kb / 1024
}

// BenchmarkStartToInitialize is the time from starting the process to the answer
// to initialize, and its memory once signed in and idle.
func BenchmarkStartToInitialize(b *testing.B) {
	binary := released(b)
	org, url := serveOrg(b, demoorg.Options{}, nil)
	memory := 0.0
	for b.Loop() {
		p := startBinary(b, binary, signInTo(org, url), "serve", "--log-level", "ERROR")
		p.initialize()
		b.StopTimer()
		p.toolNames() // after the sign-in
		memory += restingMemory(b, p)
		p.closeInput()
		p.exit()
		b.StartTimer()
	}
	b.ReportMetric(memory/float64(b.N), "MB-at-rest")
}

// BenchmarkToolsList is one tools/list over stdio, and how long its answer is.
func BenchmarkToolsList(b *testing.B) {
	org, url := serveOrg(b, demoorg.Options{}, nil)
	p := startBinary(b, released(b), signInTo(org, url), "serve", "--log-level", "ERROR")
	p.initialize()
	size := len(p.request("tools/list", nil).Result)
	for b.Loop() {
		p.request("tools/list", nil)
	}
	b.ReportMetric(float64(size), "bytes/list")
}

// page is an org that answers sign-ins as the made-up one does and every API
// request with the same bytes, encoded beforehand, so that nothing of the time
// measured is the org's.
type page struct {
	org  *demoorg.Org
	url  string
	body []byte
}

func serveFixed(b *testing.B, path string) page {
	b.Helper()
	source, err := demoorg.New(demoorg.Options{Size: 400})
	if err != nil {
		b.Fatal(err)
	}
	status, body := asAdministrator(b, source, path)
	if status != http.StatusOK {
		b.Fatalf("GET %s: %d %s", path, status, body)
	}
	length := strconv.Itoa(len(body))
	org, url := serveOrg(b, demoorg.Options{Size: demoorg.MinSize}, func(signIn http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if isTokenRequest(r) {
				signIn.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", length)
			_, _ = w.Write(body) // the client may have gone
		})
	})
	return page{org: org, url: url, body: body}
}

// besideABareGET alternates a call over stdio with the same GET by a bare client,
// so that both meet the machine in the same mood, and reports each and the cost of
// the one over the other. Neither client looks into what it read.
func besideABareGET(b *testing.B, from page, path, tool string, arguments map[string]any, right func(toolResult) bool) {
	p := startBinary(b, released(b), signInTo(from.org, from.url), "serve", "--log-level", "ERROR", "--max-result-bytes", "4194304")
	p.initialize()
	if r := p.call(tool, arguments); r.IsError || !right(r) {
		b.Fatalf("the call was answered %.300s", r.text())
	}
	request := encoded(b, map[string]any{
		"jsonrpc": "2.0", "id": 0, "method": "tools/call", "params": map[string]any{"name": tool, "arguments": arguments},
	}) + "\n"
	lines := make(chan []byte)
	p.mu.Lock()
	p.plain = lines
	p.mu.Unlock()
	size := 0
	var ours, bare time.Duration
	for b.Loop() {
		began := time.Now()
		p.write(request)
		size = len(<-lines)
		ours += time.Since(began)
		began = time.Now()
		bareGET(b, from, path)
		bare += time.Since(began)
	}
	b.ReportMetric(float64(size)/1024, "KiB/answer")
	ms := func(d time.Duration) float64 { return d.Seconds() * 1000 / float64(b.N) }
	b.ReportMetric(0, "ns/op") // of both together it says nothing
	b.ReportMetric(ms(ours), "ms/call")
	b.ReportMetric(ms(bare), "ms/bare")
	b.ReportMetric(ms(ours)-ms(bare), "ms/over-bare")
}

func bareGET(b *testing.B, from page, path string) {
	b.Helper()
	answer, err := http.Get(from.url + path)
	if err != nil {
		b.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || len(body) != len(from.body) {
		b.Fatalf("a bare GET read %d bytes of %d: %v", len(body), len(from.body), err)
	}
}

// BenchmarkListUsers200 lists 200 people.
func BenchmarkListUsers200(b *testing.B) {
	const path = "/api/v1/users?limit=200"
	besideABareGET(b, serveFixed(b, path), path, "list_users", map[string]any{"limit": 200}, func(r toolResult) bool {
		return gjson.GetBytes(r.StructuredContent, "count").Int() == 200
	})
}

// BenchmarkGetUser reads one person.
func BenchmarkGetUser(b *testing.B) {
	const login = "ada.okafor@acme.example"
	besideABareGET(b, serveFixed(b, "/api/v1/users/"+login), "/api/v1/users/"+login, "get_user", map[string]any{"user_id": login}, func(r toolResult) bool {
		return gjson.GetBytes(r.StructuredContent, "profile.login").String() == login
	})
}

// BenchmarkBinarySize reports how large the program is, and how many lines each of
// its tools takes, all told: those of tools/ and oktaclient/ without tests, and
// without the made-up org, which is no part of a tool.
func BenchmarkBinarySize(b *testing.B) {
	info, err := os.Stat(released(b))
	if err != nil {
		b.Fatal(err)
	}
	lines := 0
	for _, directory := range []string{"tools", "oktaclient"} {
		files, err := filepath.Glob(filepath.Join(moduleRoot, directory, "*.go"))
		if err != nil {
			b.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				b.Fatal(err)
			}
			if !strings.HasSuffix(file, "_test.go") {
				lines += strings.Count(string(text), "\n")
			}
		}
	}
	for b.Loop() {
		continue // nothing to repeat
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(info.Size())/(1<<20), "MB")
	b.ReportMetric(float64(lines)/float64(len(tools.Catalog())), "lines/tool")
}
