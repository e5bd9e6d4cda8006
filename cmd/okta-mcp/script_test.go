package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScript runs the scripts of testdata/script against the real program. What
// they can use beyond testscript's own commands is listed here.
func TestScript(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "../../testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, noRacePause, "SSH_CONNECTION=a remote session")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":    exits,
			"refuses":  refuses,
			"settings": adoptSettings,
			"native":   adoptNative,
			"activate": activate,
			"keys":     writeKeys,
			"result":   takeResult,
			"mode":     checkMode,
			"examples": runExamples,
		},
	})
}

// exits CODE COMMAND…: the command ends with that exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	if got := codeOf(ts, args[1:]); strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit code %d, want %s", got, args[0])
	}
}

// codeOf runs a command and returns its exit code.
func codeOf(ts *testscript.TestScript, command []string) int {
	err := ts.Exec(command[0], command[1:]...)
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &exit):
		ts.Fatalf("running %s: %v", command[0], err)
	}
	return exit.ExitCode()
}

// refuses NAME RIGHT COMMAND…: the command ends with exit code 2, says nothing on
// standard output and one line on standard error, which names the setting and
// what a right one looks like.
func refuses(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: refuses NAME RIGHT COMMAND…")
	}
	code := codeOf(ts, args[2:])
	said := ts.ReadFile("stderr")
	switch {
	case code != exitUsage:
		ts.Fatalf("exit code %d, want %d", code, exitUsage)
	case ts.ReadFile("stdout") != "":
		ts.Fatalf("something on standard output")
	case strings.Count(said, "\n") != 1 || !strings.HasSuffix(said, "\n"):
		ts.Fatalf("not one line")
	case !strings.HasPrefix(said, "okta-mcp: "+args[0]):
		ts.Fatalf("does not begin with the setting's name, %s", args[0])
	case !strings.Contains(said, args[1]):
		ts.Fatalf("does not show %s", args[1])
	}
}

// settings FILE: waits until demo-org has written its settings to the file, and
// takes them for the environment.
func adoptSettings(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: settings FILE")
	}
	var text string
	waitFor(ts, args[0], func(written string) bool {
		text = written
		return strings.Contains(text, "OKTA_SCOPES=") && strings.HasSuffix(text, "\n")
	})
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			ts.Setenv(name, strings.Trim(value, `"`))
		}
	}
}

// waitFor waits until what a command in the background has written to the file is
// as it should be.
func waitFor(ts *testscript.TestScript, name string, right func(string) bool) {
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for late := time.After(patience); ; {
		text, err := os.ReadFile(ts.MkAbs(name))
		if err == nil && right(string(text)) {
			return
		}
		select {
		case <-look.C:
		case <-late:
			ts.Fatalf("%s is not as it should be within %s: %q", name, patience, text)
		}
	}
}

// native FILE: as settings, for the app that people sign in to, without its key.
func adoptNative(ts *testscript.TestScript, neg bool, args []string) {
	adoptSettings(ts, neg, args)
	client := regexp.MustCompile(`(?m)^#.*OKTA_CLIENT_ID=(\w+)`).FindStringSubmatch(ts.ReadFile(args[0]))
	if client == nil {
		ts.Fatalf("%s names no app that people sign in to", args[0])
	}
	ts.Setenv("OKTA_CLIENT_ID", client[1])
	for _, name := range []string{"OKTA_PRIVATE_KEY_FILE", "OKTA_KEY_ID", "OKTA_SCOPES"} {
		ts.Setenv(name, "")
	}
}

// activate FILE LOGIN: waits until login has written an address and a code to the
// file, and enters the code there as that person, or says no as "deny".
func activate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: activate FILE LOGIN")
	}
	address := regexp.MustCompile(`(?m)^Open +(\S+)\nEnter +(\S+)\nbefore `)
	var found []string
	waitFor(ts, args[0], func(text string) bool {
		found = address.FindStringSubmatch(text)
		return found != nil
	})
	form := url.Values{"user_code": {found[2]}, "login": {args[1]}, "decision": {"allow"}}
	if args[1] == "deny" {
		form.Set("decision", "deny")
	}
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, found[1], strings.NewReader(form.Encode()))
	ts.Check(err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(request)
	ts.Check(err)
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		ts.Fatalf("entering the code: %s", response.Status)
	}
}

// keys PRIVATE PUBLIC: writes the halves of a key that no org knows.
func writeKeys(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: keys PRIVATE PUBLIC")
	}
	private, public, err := strangeKey()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(private), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(public), 0o600))
}

// result ID FROM TO: takes the result of the request with that id out of the
// output of serve, byte for byte, and ends it with a line end.
func takeResult(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: result ID FROM TO")
	}
	for line := range strings.Lines(ts.ReadFile(args[1])) {
		var answer struct{ ID, Result json.RawMessage }
		ts.Check(json.Unmarshal([]byte(line), &answer))
		if string(answer.ID) == args[0] {
			ts.Check(os.WriteFile(ts.MkAbs(args[2]), append(answer.Result, '\n'), 0o600))
			return
		}
	}
	ts.Fatalf("no answer with the id %s", args[0])
}

// mode PERMISSIONS FILE: the file has those permissions.
func checkMode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mode PERMISSIONS FILE")
	}
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := strconv.FormatInt(int64(info.Mode().Perm()), 8); got != args[0] {
		ts.Fatalf("%s has the permissions %s, want %s", args[1], got, args[0])
	}
}

// examples COMMAND: --help of the command renders, and its examples work as
// pasted into a shell, those that need neither an org nor a free port.
func runExamples(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: examples COMMAND")
	}
	ts.Check(ts.Exec("okta-mcp", args[0], "--help"))
	help := ts.ReadFile("stdout")
	if !strings.Contains(help, "Usage:\n  okta-mcp "+args[0]) || !strings.Contains(help, "Flags:") || ts.ReadFile("stderr") != "" {
		ts.Fatalf("--help of %s does not render", args[0])
	}
	_, after, some := strings.Cut(help, "Examples:\n")
	if !some {
		return
	}
	text, _, _ := strings.Cut(after, "\n\n")
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		serves := strings.Contains(line, "--transport") // until it is ended: the tests of the network do
		if !serves && (strings.Contains(line, "--demo") || line == "okta-mcp demo") {
			ts.Check(ts.Exec("sh", "-c", line))
		}
	}
}
