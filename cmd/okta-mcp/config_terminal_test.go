//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// openTerminal returns the two ends of a terminal: where a person sits, and what a
// program has for its input and output.
func openTerminal(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	t.Cleanup(func() { _ = person.Close() })
	number, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	t.Cleanup(func() { _ = program.Close() })
	return person, program
}

func TestConfigChangesAFileWithAYesOnly(t *testing.T) {
	t.Parallel()
	for answer, changes := range map[string]bool{"y": true, "YES": true, "n": false, "": false, "yay": false, "\x04": false} {
		t.Run(fmt.Sprintf("%q", answer), func(t *testing.T) {
			t.Parallel()
			person, program := openTerminal(t)
			file := filepath.Join(t.TempDir(), "mcp.json")
			if _, err := person.WriteString(answer + "\n"); err != nil {
				t.Fatal(err)
			}
			var shown bytes.Buffer
			code := run([]string{"config", "cursor", "--demo", "--install", "--approve", "delete_group", "--file", file}, program, &shown, program)
			text, err := os.ReadFile(file)
			if changed := err == nil; changed != changes || (code == exitOK) != changes || !changes && code != exitNotConsented {
				t.Errorf("changed is %v with exit code %d, want %v: %s", changed, code, changes, text)
			}
			if !strings.Contains(shown.String(), `+        "--approve=delete_group"`) {
				t.Errorf("the difference does not show the approval:\n%s", shown.String())
			}
		})
	}
}
