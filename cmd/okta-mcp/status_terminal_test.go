//go:build linux

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// atTerminal runs the program with a terminal for its input and standard error, and
// returns what it showed there and what it printed.
func atTerminal(t *testing.T, variables []string, args ...string) (code int, shown, stdout string) {
	t.Helper()
	person, program := openTerminal(t)
	var out bytes.Buffer
	command := exec.Command("okta-mcp", args...)
	command.Env = environment(append([]string{"TERM=xterm"}, variables...)...)
	command.Stdin, command.Stdout, command.Stderr = program, &out, program
	if err := command.Run(); err != nil && command.ProcessState == nil {
		t.Fatalf("running okta-mcp: %v", err)
	}
	code = command.ProcessState.ExitCode()
	const end = "-- the end --"
	if _, err := program.WriteString(end); err != nil {
		t.Fatal(err)
	}
	text := ""
	for buffer := make([]byte, 4096); !strings.HasSuffix(text, end); {
		n, err := person.Read(buffer)
		if err != nil {
			t.Fatalf("reading the terminal after %q: %v", text, err)
		}
		text += string(buffer[:n])
	}
	return code, strings.TrimSuffix(text, end), out.String()
}

func TestACallShowsItsProgressAtATerminalOnly(t *testing.T) {
	t.Parallel()
	args := []string{
		"call", "--demo", "--approve", "suspend_user", "suspend_user",
		"user_ids=leila.haddad@acme.example,jonas.weber@acme.example",
	}
	code, shown, stdout := atTerminal(t, nil, args...)
	if code != exitOK || strings.Count(stdout, "\n") != 1 {
		t.Fatalf("exit code %d: %s%s", code, stdout, shown)
	}
	if !regexp.MustCompile(`^(reading who they are|changing one after the other) \(\d/\d\)`).MatchString(shown) {
		t.Errorf("no progress is shown: %q", shown)
	}
	if !strings.HasSuffix(shown, "\r\x1b[K") || strings.Contains(shown, "\n") {
		t.Errorf("the line is not wiped at the end: %q", shown)
	}
	if stdout, stderr := printed(t, nil, args...); stdout == "" || stderr != "" {
		t.Errorf("without a terminal, %q and %q on standard error", stdout, stderr)
	}
}

func TestVerifyingALargeRecordShowsHowFarItIs(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "audit.jsonl")
	var text strings.Builder
	for n := range 1000 {
		text.WriteString(`{"n":` + strconv.Itoa(n+1) + `,"prev":"","tool":"list_groups"}` + "\n")
	}
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	_, shown, findings := atTerminal(t, nil, "audit", "verify", file)
	if !strings.Contains(shown, "verifying the record: 100\r\x1b[K") {
		t.Errorf("how far it is is not shown, or is not wiped: %q", shown)
	}
	if strings.Contains(findings, "verifying") || findings == "" {
		t.Errorf("progress is among the findings: %.200q", findings)
	}
}

func TestATerminalIsColouredUnlessItIsNotToBe(t *testing.T) {
	t.Parallel()
	for variable, coloured := range map[string]bool{"LANG=C": true, "NO_COLOR=1": false, "TERM=dumb": false, "OKTA_MCP_LOG_FORMAT=json": false} {
		code, shown, _ := atTerminal(t, []string{variable}, "call", "--demo", "--log-level", "INFO", "get_access_status")
		if code != exitOK || !strings.Contains(shown, "starting") {
			t.Fatalf("with %s, exit code %d and no log: %q", variable, code, shown)
		}
		if got := strings.Contains(shown, "\x1b["); got != coloured {
			t.Errorf("with %s coloured is %v, want %v: %q", variable, got, coloured, shown)
		}
	}
}
