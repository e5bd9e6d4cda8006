package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"okta-mcp/oktaclient/demoorg"
)

// Lines of the documents that are not run here, each with what does instead.
var notRunHere = map[string]string{
	"go run ./cmd/okta-mcp demo": "it builds the program, which the scripts run",
	"go test ./...":              "it is what runs here",
	"okta-mcp login":             "a person enters a code: testdata/script/login.txtar",
	"okta-mcp logout":            "it takes a login: testdata/script/login.txtar",
}

// What commands that run until they are ended say once they serve.
const (
	saysListening = "listening on http"
	saysSettings  = "OKTA_SCOPES="
)

// TestCommandsInTheDocumentsRun runs every sh block of a document, in the order
// they stand, in one directory, against an org of its own.
func TestCommandsInTheDocumentsRun(t *testing.T) {
	t.Parallel()
	sh, used := shell(t), map[string]bool{}
	for _, p := range documents(t) {
		for _, b := range p.of("sh") {
			for line := range strings.Lines(b.text) {
				used[bare(line)] = true
			}
		}
		if len(p.of("sh")) == 0 {
			continue
		}
		t.Run(filepath.Base(p.path), func(t *testing.T) {
			t.Parallel()
			r := reader{sh: sh, home: t.TempDir()}
			r.prepare(t)
			for _, b := range p.of("sh") {
				r.run(t, p, b)
			}
		})
	}
	for line := range notRunHere {
		if !used[line] {
			t.Errorf("no document has the line %q, which is not run", line)
		}
	}
}

// bare is a line of a block without its comment and the spaces before that.
func bare(line string) string {
	line, _, _ = strings.Cut(line, " # ")
	return strings.TrimSpace(line)
}

// reader is somebody who follows a document, at a machine of their own.
type reader struct {
	sh, home    string
	environment []string
}

// prepare makes what documents take for granted: settings of an org, a
// configuration with callers, a policy, and a record of earlier calls.
func (r *reader) prepare(t *testing.T) {
	t.Helper()
	org, address := serveOrg(t, demoorg.Options{Seed: 1}, nil)
	key := org.Credentials()
	configuration := "callers:\n  - match: {token: local}\n  - match: {token: ci}\n"
	_, bounds, _ := strings.Cut(readDocument(t, "README.md").text, "\n## Bounds\n")
	_, policy, _ := strings.Cut(bounds, "```yaml\n")
	policy, _, _ = strings.Cut(policy, "```")
	for name, text := range map[string]string{
		".config/okta-mcp/config.yaml": configuration, "org.pem": key.PrivateKeyPEM, "policy.yaml": policy,
	} {
		file := filepath.Join(r.home, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r.environment = environment("HOME="+r.home, "XDG_CONFIG_HOME="+filepath.Join(r.home, ".config"), "TMPDIR="+r.home,
		"OKTA_ORG_URL="+address, "OKTA_CLIENT_ID="+key.ClientID, "OKTA_KEY_ID="+key.KeyID,
		"OKTA_PRIVATE_KEY_FILE="+filepath.Join(r.home, "org.pem"))
	r.script(t, "the record", "okta-mcp call --audit-file /var/log/okta-mcp/audit.jsonl list_users limit=1")
}

// run runs one block: what ends by itself as one script, and then what serves.
func (r *reader) run(t *testing.T, p document, b block) {
	t.Helper()
	var script strings.Builder
	var serving []string
	for line := range strings.Lines(b.text) {
		switch command := bare(line); {
		case notRunHere[command] != "":
		case strings.Contains(command, "--transport"), strings.HasPrefix(command, "okta-mcp demo-org"):
			serving = append(serving, command)
		default:
			script.WriteString(line)
		}
	}
	for _, program := range []string{"jq", "openssl"} {
		if _, err := exec.LookPath(program); err != nil && strings.Contains(b.text, program) {
			t.Logf("%s is not run, for lack of %s", b.at(p), program)
			return
		}
	}
	if script.Len() > 0 {
		r.script(t, b.at(p), script.String())
	}
	for _, command := range serving {
		r.serve(t, b.at(p), command)
	}
}

// command is what the shell makes of a text of the documents, here.
func (r *reader) command(ctx context.Context, text string) *exec.Cmd {
	here := strings.NewReplacer("/var/log/okta-mcp/", r.home+"/", ":8080", ":0", ":8980", ":0").Replace(text)
	command := exec.CommandContext(ctx, r.sh, "-e", "-o", "pipefail", "-c", here)
	command.Dir, command.Env = r.home, r.environment
	return command
}

func (r *reader) script(t *testing.T, where, text string) {
	t.Helper()
	if out, err := r.command(t.Context(), text).CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s\n%s", where, err, text, out)
	}
}

// serve runs a command that serves until it is ended, which it takes well.
func (r *reader) serve(t *testing.T, where, text string) {
	t.Helper()
	command := r.command(t.Context(), "exec "+text)
	var said lockedBuffer
	command.Stdout, command.Stderr = &said, &said
	if err := command.Start(); err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	look, late := time.NewTicker(10*time.Millisecond), time.After(patience)
	defer look.Stop()
	for !strings.Contains(said.String(), saysListening) && !strings.Contains(said.String(), saysSettings) {
		select {
		case <-look.C:
		case err := <-ended:
			t.Errorf("%s: %s ended before it served: %v\n%s", where, text, err, &said)
			return
		case <-late:
			t.Fatalf("%s: %s does not serve within %s\n%s", where, text, patience, &said)
		}
	}
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Fatalf("%s: ending %s: %v", where, text, err)
	}
	if err := <-ended; err != nil {
		t.Errorf("%s: %s: %v\n%s", where, text, err, &said)
	}
}
