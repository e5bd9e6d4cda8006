package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"okta-mcp/cmd/internal/audit"
	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/tools"
)

// wire is what stands between the program and the org in these tests.
type wire struct {
	agent   atomic.Value // string: what every request says sent it; empty: itself
	breakAt atomic.Int64 // the reading of the log that is answered with 500, from 1
	reads   atomic.Int64 // of the log
	small   atomic.Bool  // a page of the log holds one event
	cut     atomic.Bool  // writes are carried out, and their answers lost
}

func (w *wire) wrap(org http.Handler) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if agent, _ := w.agent.Load().(string); agent != "" {
			r.Header.Set("User-Agent", agent)
		}
		if r.URL.Path == "/api/v1/logs" {
			if n := w.reads.Add(1); n == w.breakAt.Load() {
				http.Error(out, `{"errorCode":"E0000001","errorSummary":"broken"}`, http.StatusBadRequest)
				return
			}
			if w.small.Load() {
				query := r.URL.Query()
				query.Set("limit", "1")
				r.URL.RawQuery = query.Encode()
			}
		}
		if w.cut.Load() && r.Method != http.MethodGet && strings.HasPrefix(r.URL.Path, "/api/") {
			org.ServeHTTP(httptest.NewRecorder(), r)
			if conn, _, err := http.NewResponseController(out).Hijack(); err == nil {
				_ = conn.Close() // the answer is lost
			}
			return
		}
		org.ServeHTTP(out, r)
	})
}

// ran is a program that has ended.
type ran struct {
	stdout, stderr string
	code           int
}

func runIn(t *testing.T, variables []string, args ...string) ran {
	t.Helper()
	var stdout, stderr bytes.Buffer
	command := exec.CommandContext(t.Context(), "okta-mcp", args...)
	command.Env, command.Stdout, command.Stderr = environment(variables...), &stdout, &stderr
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("running okta-mcp: %v", err)
	}
	return ran{stdout.String(), stderr.String(), command.ProcessState.ExitCode()}
}

// recordedDay is an org in which three groups were made and recorded, and how to
// sign in to it.
func recordedDay(t *testing.T) (w *wire, variables []string, host, path string) {
	t.Helper()
	w = &wire{}
	org, address := serveOrg(t, demoorg.Options{Size: 30}, w.wrap)
	variables, path = signInTo(org, address), filepath.Join(t.TempDir(), "audit.jsonl")
	for _, name := range []string{"One", "Two", "Three"} {
		if r := runIn(t, variables, "call", "--audit-file", path, "create_group", "name="+name); r.code != 0 {
			t.Fatalf("making a group: %s", r.stderr)
		}
	}
	return w, variables, strings.TrimPrefix(address, "http://"), path
}

func reconciled(t *testing.T, variables []string, path string) (gjson.Result, ran) {
	t.Helper()
	r := runIn(t, variables, "audit", "reconcile", "--settle", "0s", "-o", "json", path)
	return gjson.Parse(r.stdout), r
}

func TestEveryPageOfOktasLogIsCompared(t *testing.T) {
	t.Parallel()
	w, variables, _, path := recordedDay(t)
	w.small.Store(true)
	got, r := reconciled(t, variables, path)
	if r.code != 0 || got.Get("recorded_changes").Int() != 3 || got.Get("events").Int() != 3 || w.reads.Load() < 3 {
		t.Errorf("exit code %d, %d readings of the log, %s%s", r.code, w.reads.Load(), r.stdout, r.stderr)
	}
}

func TestALogThatBreaksOffGivesNoVerdict(t *testing.T) {
	t.Parallel()
	w, variables, _, path := recordedDay(t)
	w.small.Store(true)
	w.breakAt.Store(2)
	if _, r := reconciled(t, variables, path); r.code != 1 || r.stdout != "" || !strings.Contains(r.stderr, "nothing is concluded, for Okta's log was not read whole: reading page 2 ") {
		t.Errorf("exit code %d, %q, %q", r.code, r.stdout, r.stderr)
	}
}

func TestAChangeWithTheAppsKeyFromElsewhereIsTold(t *testing.T) {
	t.Parallel()
	w, variables, _, path := recordedDay(t)
	w.agent.Store("curl/8.5.0 \x1b[31m\u202eevil")
	if r := runIn(t, variables, "call", "create_group", "name=Four"); r.code != 0 {
		t.Fatal(r.stderr)
	}
	w.agent.Store("")
	got, r := reconciled(t, variables, path)
	if r.code != 1 || got.Get("differences.#").Int() != 1 || got.Get("differences.0.kind").String() != "elsewhere" ||
		!strings.HasPrefix(got.Get("differences.0.user_agent").String(), "curl/8.5.0") {
		t.Errorf("exit code %d, %s", r.code, r.stdout)
	}
	text := runIn(t, variables, "audit", "reconcile", "--settle", "0s", path).stdout
	if !strings.Contains(text, "changes by this app from elsewhere: 1\n") || strings.ContainsAny(text+r.stdout, "\x1b\u202e") {
		t.Errorf("the table is %q", text)
	}
}

// Without an answer the record cannot say what became of a change; Okta's log can.
func TestAChangeWithoutAnAnswerIsSettled(t *testing.T) {
	t.Parallel()
	w, variables, _, path := recordedDay(t)
	w.cut.Store(true)
	if r := runIn(t, variables, "call", "--audit-file", path, "create_group", "name=Four"); r.code != 1 {
		t.Fatalf("exit code %d, %s", r.code, r.stdout)
	}
	w.cut.Store(false)
	got, r := reconciled(t, variables, path)
	if r.code != 1 || got.Get("differences.#").Int() != 1 || got.Get("differences.0.kind").String() != "carried_out" ||
		got.Get("differences.0.tool").String() != "create_group" || got.Get("differences.0.events.0").String() != "group.lifecycle.create" {
		t.Errorf("exit code %d, %s%s", r.code, r.stdout, r.stderr)
	}
}

// A record that was made up, in an unbroken chain, has no request in Okta's log.
func TestARecordThatWasMadeUpIsTold(t *testing.T) {
	t.Parallel()
	_, variables, host, path := recordedDay(t)
	forger, err := audit.Open(audit.Options{Path: path, Org: host, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	err = forger.After(context.Background(), tools.Event{
		ID: "x", Time: time.Now().Add(-time.Second), Tool: "delete_group", Effect: tools.Destructive, Outcome: "ok",
		Requests: []tools.Sent{{Method: "DELETE", Path: "/api/v1/groups/00g1", Status: 204, RequestID: "0123456789abcdef"}},
	})
	if err := errors.Join(err, forger.Close()); err != nil {
		t.Fatal(err)
	}
	got, r := reconciled(t, variables, path)
	if r.code != 1 || got.Get("damage.#").Int() != 0 || got.Get("differences.#").Int() != 1 ||
		got.Get("differences.0.kind").String() != "not_in_okta" || got.Get("differences.0.record").Int() != 7 {
		t.Errorf("exit code %d, %s%s", r.code, r.stdout, r.stderr)
	}
}
