package main

import (
	"bytes"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
)

// An echo repeats in its refusals what it was sent, as a proxy might.
func echo(http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm() // what cannot be read is not repeated
		if isTokenRequest(r) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"invalid_client","error_description":"no signature in ` + r.PostForm.Get("client_assertion") + `"}`))
			return
		}
		_, _ = w.Write([]byte(`{"id":"00oEcho"}`))
	})
}

// Whatever it finds, doctor tells no secret: neither the key, nor the key of the
// store, nor what was sent to the org or came from it.
func TestDoctorTellsNoSecret(t *testing.T) {
	t.Parallel()
	strange, _, err := strangeKey()
	if err != nil {
		t.Fatal(err)
	}
	const storeKey = "a-store-key-that-is-nobodys-business"
	for name, c := range map[string]struct {
		o         demoorg.Options
		wrap      func(http.Handler) http.Handler
		variables []string
		tokens    bool // there are any
	}{
		"a healthy org":          {tokens: true},
		"an org that wants DPoP": {o: demoorg.Options{RequireDPoP: true}, tokens: true},
		"a wrong key":            {variables: []string{"OKTA_PRIVATE_KEY=" + strange}},
		"half a key":             {variables: []string{"OKTA_PRIVATE_KEY=" + strange[:120]}},
		"a key for its id":       {variables: []string{"OKTA_KEY_ID=" + strange}},
		"a key for the client":   {variables: []string{"OKTA_CLIENT_ID=" + strange}},
		"a key for a file":       {variables: []string{"OKTA_PRIVATE_KEY=", "OKTA_PRIVATE_KEY_FILE=" + strange}},
		"a key for the org":      {variables: []string{"OKTA_ORG_URL=https://acme.okta.com/?" + strings.ReplaceAll(strange, "\n", "")}},
		"an echo":                {wrap: echo},
		"a person":               {variables: []string{"OKTA_PRIVATE_KEY="}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWitness()
			w.key(strange)
			w.note(storeKey, "the key of the store")
			org, address := serveOrg(t, c.o, func(h http.Handler) http.Handler {
				if c.wrap != nil {
					h = c.wrap(h)
				}
				return w.before(h)
			})
			w.key(org.Credentials().PrivateKeyPEM)
			for _, flags := range [][]string{{}, {"-o", "json"}} {
				var out, problems bytes.Buffer
				command := exec.Command("okta-mcp", append([]string{"doctor", "--log-level", "DEBUG"}, flags...)...)
				command.Env = environment(append(append(signInTo(org, address), "OKTA_MCP_STORE_KEY="+storeKey, "HOME="+t.TempDir()), c.variables...)...)
				command.Stdout, command.Stderr = &out, &problems
				_ = command.Run() // it may find something: what it says counts
				if !strings.Contains(out.String(), "token store") {
					t.Errorf("doctor told no findings: %s%s", out.String(), problems.String())
				}
				w.absent(t, map[string]string{"standard output": out.String(), "standard error": problems.String()})
			}
			if got := w.count("an access token"); (got > 0) != c.tokens {
				t.Errorf("the witness saw %d access tokens, so the search proves too little", got)
			}
		})
	}
}
