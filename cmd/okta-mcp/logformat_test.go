package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// Where standard error is for programs, they are told in its form where the server is.
func TestAServerOnANetworkLogsObjectsOnly(t *testing.T) {
	t.Parallel()
	p := start(t, nil, "serve", "--demo", "--transport", "http", "--listen", "127.0.0.1:0", "--log-format", "json", "--log-level", "ERROR")
	p.until("it has told where the token is", func() bool { return strings.Contains(p.stderr.String(), "token file:") })
	p.terminate()
	if code := p.exit(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
	said := map[string]bool{}
	for line := range strings.Lines(p.stderr.String()) {
		var object struct{ Msg, Where string }
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			t.Fatalf("%q is no object: %v", line, err)
		}
		said[object.Msg] = object.Where != ""
	}
	if !said["listening on"] || !said["token file:"] {
		t.Errorf("where the server and the token are is not told: %v", said)
	}
}
