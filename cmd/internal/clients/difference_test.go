package clients_test

import (
	"strings"
	"testing"

	"okta-mcp/cmd/internal/clients"
)

func TestADifferenceShowsOurEntryAndNoSecretsOfOthers(t *testing.T) {
	t.Parallel()
	for id, before := range map[string]string{
		"cursor":   "{\n  \"mcpServers\": {\n    \"gh\": {\n      \"env\": {\"TOKEN\": \"ghp_secret\"}\n    }\n  }\n}\n",
		"vscode":   "{\n  \"servers\": {\n    \"gh\": {\"args\": [\"--token=ghp_secret\"]}\n  }\n}\n",
		"gemini":   `{"mcpServers":{"gh":{"env":{"TOKEN":"ghp_secret \"quoted\" ghp_secret"}}}}`,
		"codex":    "[mcp_servers.gh]\nenv = { A = 'ghp_secret', B = \"ghp_secret\" }\n",
		"windsurf": "{\r\n  \"mcpServers\": {\r\n    \"gh\": {\"url\": \"https://ghp_secret\"}\r\n  }\r\n}\r\n",
	} {
		client := find(t, id)
		after := installed(t, client, []byte(before), onAnOrg())
		shown := clients.Difference("/home/ada/mcp.json", []byte(before), after)
		for _, want := range []string{"--- /home/ada/mcp.json\n+++ /home/ada/mcp.json\n@@ ", program, "https://acme.okta.com", "0oa1"} {
			if !strings.Contains(shown, want) {
				t.Errorf("%s: %q is not in\n%s", id, want, shown)
			}
		}
		if strings.Contains(shown, "ghp_secret") || strings.Contains(shown, "\r") {
			t.Errorf("%s: a secret, or an end of line, is in\n%q", id, shown)
		}
	}
	if same := clients.Difference("x", []byte("a\n"), []byte("a\n")); same != "" {
		t.Errorf("what is the same differs: %q", same)
	}
}

func TestADifferenceIsUnified(t *testing.T) {
	t.Parallel()
	got := clients.Difference("f", []byte("{\n  \"a\": 1\n}\n"), []byte("{\n  \"a\": 1,\n  \"b\": \"x\"\n}\n"))
	want := "--- f\n+++ f\n@@ -1,3 +1,4 @@\n {\n-  \"a\": 1\n+  \"a\": 1,\n+  \"b\": \"x\"\n }\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
