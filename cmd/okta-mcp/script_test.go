package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"
)

// TestScript runs the scripts of testdata/script against the real program. What
// they can use beyond testscript's own commands is listed here.
func TestScript(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "../../testdata/script",
		Setup: func(env *testscript.Env) error {
			runner, err := filepath.Abs("../../testdata/headless/runner.mjs")
			env.Vars = append(env.Vars, noRacePause, "SSH_CONNECTION=a remote session", "RUNNER="+runner)
			return err
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
			"objects":  checkObjects,
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

// elsewhere are examples that need what a test has not: an org, files of the
// machine's, a free port.
var elsewhere = regexp.MustCompile(`acme\.okta\.com|--profile acme|/etc/|/var/|--transport|--listen`)

// examples: --help of every command renders, each has examples, and they work as
// pasted into a shell, but for those that need what is elsewhere.
func runExamples(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: examples")
	}
	run := 0
	for _, command := range allCommands(rootCommand(terminal{})) {
		words := strings.Fields(command.CommandPath())
		ts.Check(ts.Exec(words[0], append(words[1:], "--help")...))
		help := ts.ReadFile("stdout")
		if !strings.Contains(help, "Usage:\n  "+command.CommandPath()) || !strings.Contains(help, "Flags:") || ts.ReadFile("stderr") != "" {
			ts.Fatalf("--help of %s does not render", command.CommandPath())
		}
		if command.Example == "" && !command.HasSubCommands() {
			ts.Fatalf("%s has no examples", command.CommandPath())
		}
		for line := range strings.Lines(command.Example) {
			if line = strings.TrimSpace(line); !elsewhere.MatchString(line) {
				run++
				ts.Check(ts.Exec("sh", "-c", line))
			}
		}
	}
	if run < 15 {
		ts.Fatalf("only %d examples were run", run)
	}
}

// allCommands are those below a command.
func allCommands(command *cobra.Command) []*cobra.Command {
	var all []*cobra.Command
	for _, below := range command.Commands() {
		all = append(append(all, below), allCommands(below)...)
	}
	return all
}

// objects FILE: each line of the file is one JSON object, and there are some.
func checkObjects(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: objects FILE")
	}
	text := ts.ReadFile(args[0])
	for line := range strings.Lines(text) {
		var object map[string]any
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			ts.Fatalf("%q is no object: %v", line, err)
		}
	}
	if text == "" {
		ts.Fatalf("%s is empty", args[0])
	}
}
