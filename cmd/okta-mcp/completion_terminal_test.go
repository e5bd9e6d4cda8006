//go:build linux

package main

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// wordsByRef is what bash takes from the package bash-completion to complete a
// word with = in it, as far as these tests need it.
const wordsByRef = `_get_comp_words_by_ref() {
  local line=${COMP_LINE:0:COMP_POINT}
  read -ra words <<<"$line"
  [[ $line == *' ' ]] && words+=('')
  cword=$((${#words[@]} - 1)) cur=${words[cword]} prev=${words[cword - 1]}
}
`

// A person at a real bash presses the tabulator; what the line has become is echoed.
func TestBashCompletesACommandLine(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash here")
	}
	person, program := openTerminal(t)
	rc := t.TempDir() + "/bashrc"
	if err := os.WriteFile(rc, []byte(wordsByRef+"source <(okta-mcp completion bash)\nPS1=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	shell := exec.Command(bash, "--noprofile", "--rcfile", rc, "-i")
	shell.Env = environment("TERM=dumb", "HOME="+t.TempDir(), "INPUTRC=/dev/null", "OKTA_ORG_URL=http://127.0.0.1:1")
	shell.Stdin, shell.Stdout, shell.Stderr = program, program, program
	shell.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := shell.Start(); err != nil {
		t.Skipf("bash does not start at a terminal: %v", err)
	}
	t.Cleanup(func() { _ = shell.Process.Kill(); _ = shell.Wait() })
	stop := time.AfterFunc(patience, func() { _ = shell.Process.Kill(); _ = program.Close(); _ = person.Close() })
	defer stop.Stop()
	said := bufio.NewScanner(person)
	for typed, want := range map[string]string{
		"call get_acc\t":                               "call get_access_status ",
		"call get_user us\t":                           "call get_user user_id=",
		"call --demo list_users sort_o\tde\t":          "call --demo list_users sort_order=desc ",
		"policy explain list_users status=LO\t":        "policy explain list_users status=LOCKED_OUT ",
		"serve --transport h\t":                        "serve --transport http ",
		"call --ask=br\t":                              "call --ask=browser ",
		"tools --toolsets users,sess\t":                "tools --toolsets users,sessions ",
		"config claude-c\t":                            "config claude-code ",
		"call --approve delete_group,deactivate_dev\t": "call --approve delete_group,deactivate_device ",
	} {
		// Control-A goes to the beginning of the line, where echo is put before it.
		if _, err := person.WriteString("okta-mcp " + typed + "$\x01echo :\r"); err != nil {
			t.Fatal(err)
		}
		got := ""
		for got == "" && said.Scan() {
			if line := strings.TrimRight(said.Text(), "\r"); strings.HasPrefix(line, ":okta-mcp ") {
				got = strings.TrimSuffix(strings.TrimPrefix(line, ":okta-mcp "), "$")
			}
		}
		if got != want {
			t.Errorf("%q is completed to %q, want %q", typed, got, want)
		}
	}
}
