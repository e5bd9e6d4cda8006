package tools_test

import (
	"maps"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/tools"
)

func TestAIAgentKeyTools(t *testing.T) {
	t.Parallel()
	try(t, func(c demoorg.Cast) []trial {
		of := func(key demoorg.Thing) args { return args{"agent_id": c.Agent.ID, "key_id": key.ID} }
		all := agentsPath + "/" + c.Agent.ID + "/credentials/jwks"
		at := func(method string, key demoorg.Thing, step string) []string {
			return []string{method + " " + all + "/" + key.ID + step}
		}
		add := func(key args) args { return args{"agent_id": c.Agent.ID, "key": key} }
		with := func(name string, value any) args {
			key := publicJWK("a")
			key[name] = value
			return add(key)
		}
		ec := args{"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
		return []trial{
			{name: "all", tool: "list_ai_agent_keys", arguments: args{"agent_id": c.Agent.ID}, answers: []string{c.AgentKey.ID, c.InactiveKey.ID, `"count":3`}},
			{name: "a strange agent", tool: "list_ai_agent_keys", arguments: args{"agent_id": "wlp00000000000000000"}, refused: []string{"E0000007"}},

			{name: "RSA", tool: "add_ai_agent_key", arguments: add(publicJWK("mine")), writes: []string{"POST " + all},
				asks: []string{"Add this public key", "mine", "“kty” is set to “RSA”", "“use” is set to “sig”", "Thumbprint (SHA-256): “NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs”",
					c.Agent.Name, "Whoever holds its private key can sign in", "2 active keys"},
				answers: []string{`"status":"ACTIVE"`, `"tool":"deactivate_ai_agent_key"`}},
			{name: "EC", tool: "add_ai_agent_key", arguments: add(ec), writes: []string{"POST " + all}, asks: []string{"“crv” is set to “P-256”", "AI agent key “oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U”", "(SHA-256): “oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"}},
			{name: "the first", tool: "add_ai_agent_key", arguments: args{"agent_id": c.InactiveAgent.ID, "key": publicJWK("a")}, writes: []string{"POST " + agentsPath + "/" + c.InactiveAgent.ID + "/credentials/jwks"},
				asks: []string{"0 active keys"}, answers: []string{"undoing works once the agent has another active key"}},
			{name: "a kid twice", tool: "add_ai_agent_key", arguments: with("kid", c.AgentKey.Name), refused: []string{"has a key with the kid", "list_ai_agent_keys"}},
			{name: "a strange agent", tool: "add_ai_agent_key", arguments: args{"agent_id": "wlp00000000000000000", "key": publicJWK("a")}, refused: []string{"no AI agent has the id"}},
			{name: "encryption", tool: "add_ai_agent_key", arguments: with("use", "enc"), refused: []string{"its use must be sig", "nothing was sent"}},
			{name: "too short", tool: "add_ai_agent_key", arguments: with("n", "AQAB"), refused: []string{"at least 2048 bits"}},
			{name: "padded", tool: "add_ai_agent_key", arguments: with("e", "AQAB="), refused: []string{"base64url without padding"}},
			{name: "a number", tool: "add_ai_agent_key", arguments: with("kid", 7), refused: []string{"kid must be a text"}},
			{name: "a status", tool: "add_ai_agent_key", arguments: with("status", "ACTIVE"), refused: []string{"has no member “status”"}},
			{name: "a curve", tool: "add_ai_agent_key", arguments: add(args{"kty": "EC", "crv": "P-192", "x": "AA", "y": "AA"}), refused: []string{"crv must be P-256"}},
			{name: "nothing", tool: "add_ai_agent_key", arguments: add(args{}), refused: []string{"at least one member"}},

			{name: "inactive", tool: "activate_ai_agent_key", arguments: of(c.InactiveKey), asks: []string{"sign in as the AI agent again", c.Agent.Name, "2 active keys"}, writes: at("POST", c.InactiveKey, "/lifecycle/activate"),
				answers: []string{`"tool":"deactivate_ai_agent_key"`, c.Agent.ID}},
			{name: "active already", tool: "activate_ai_agent_key", arguments: of(c.AgentKey), refused: []string{"is ACTIVE already"}},
			{name: "none", tool: "activate_ai_agent_key", arguments: args{"agent_id": c.Agent.ID, "key_id": "pks00000000000000000"}, refused: []string{"no AI agent key has the id", "list_ai_agent_keys"}},

			{name: "active", tool: "deactivate_ai_agent_key", arguments: of(c.AgentKey), asks: []string{"Nobody can sign in", "1 active key", "Other active keys"}, writes: at("POST", c.AgentKey, "/lifecycle/deactivate"), answers: []string{`"tool":"activate_ai_agent_key"`}},
			{name: "inactive already", tool: "deactivate_ai_agent_key", arguments: of(c.InactiveKey), refused: []string{"is INACTIVE already"}},
			{name: "the last", tool: "deactivate_ai_agent_key", arguments: of(c.InactiveKey), prepare: lastKey, refused: []string{"the agent's only active key", "add_ai_agent_key", "deactivate_ai_agent stops"}},

			{name: "inactive", tool: "delete_ai_agent_key", arguments: of(c.InactiveKey), asks: []string{"for good", "type exactly", "2 active keys"}, writes: at("DELETE", c.InactiveKey, ""), answers: []string{"cannot be undone"}},
			{name: "active", tool: "delete_ai_agent_key", arguments: of(c.AgentKey), refused: []string{"is ACTIVE", "deactivate_ai_agent_key comes first"}},
		}
	})
}

// lastKey leaves the key that was inactive as the only active one.
func lastKey(w *world) {
	c := w.org.Cast()
	all := agentsPath + "/" + c.Agent.ID + "/credentials/jwks"
	adminDo(w, "POST", all+"/"+c.InactiveKey.ID+"/lifecycle/activate", "")
	_, keys := adminDo(w, "GET", all, "")
	for _, id := range idsIn(keys, "data.#.id") {
		if id != c.InactiveKey.ID {
			adminDo(w, "POST", all+"/"+id+"/lifecycle/deactivate", "")
		}
	}
}

func TestAddedAndStoppedKeysCanBeUndone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	p := w.connect("2025-11-25", accepting)
	var c changed
	p.ask("add_ai_agent_key", args{"agent_id": w.org.Cast().Agent.ID, "key": publicJWK("mine")}).mustWork(&c)
	for _, want := range []string{"INACTIVE", "ACTIVE", "INACTIVE"} {
		r := undo(t, p, c)
		r.mustWork(&c)
		if !strings.Contains(r.text(), `"status":"`+want+`"`) {
			t.Errorf("the way back answered %s, want the key %s", r.text(), want)
		}
	}
}

// notPublic are keys and secrets in every shape, with a text that no answer may repeat.
func notPublic() map[string]any {
	private := func(more args) args {
		key := publicJWK("a")
		maps.Copy(key, more)
		return key
	}
	const pem = "-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----"
	return map[string]any{
		"RSA":                  private(args{"d": "hush"}),
		"RSA in primes":        private(args{"p": "hush", "q": "hush"}),
		"RSA by its exponents": private(args{"dp": "hush"}),
		"RSA of other primes":  private(args{"oth": []args{{"r": "hush"}}}),
		"RSA in capitals":      private(args{"D": "hush"}),
		"EC":                   args{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "hush"},
		"OKP":                  args{"kty": "OKP", "crv": "Ed25519", "x": "AA", "d": "hush"},
		"OKP, public":          args{"kty": "OKP", "crv": "Ed25519", "x": "hush"},
		"symmetric":            args{"kty": "oct", "k": "hush"},
		"symmetric, no k":      args{"kty": "oct", "secret": "hush"},
		"without kty":          args{"d": "hush", "n": "AA"},
		"k of an RSA key":      private(args{"k": "hush"}),
		"in a set":             args{"keys": []args{private(args{"d": "hush"})}},
		"public in a set":      args{"keys": []args{private(args{"note": "hush"})}},
		"PEM":                  pem,
		"PEM of a kind":        strings.ReplaceAll(pem, "PRIVATE", "EC PRIVATE"),
		"PEM, encrypted":       args{"pem": strings.ReplaceAll(pem, "PRIVATE", "ENCRYPTED PRIVATE")},
		"PEM as kid":           private(args{"kid": pem}),
		"PEM in a chain":       private(args{"x5c": []string{pem}}),
		"password":             private(args{"password": "hush"}),
		"private_key":          private(args{"private_key": "hush"}),
		"a text":               "hush",
		"a list":               []string{"hush"},
	}
}

func TestNothingButAPublicKeyIsTaken(t *testing.T) {
	t.Parallel()
	for name, key := range notPublic() {
		for _, allowed := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}, options: tools.Options{AllowSecrets: allowed}})
				r := w.connect("2025-11-25", accepting).ask("add_ai_agent_key", args{"agent_id": w.org.Cast().Agent.ID, "key": key})
				r.mustFail("key")
				if len(w.org.Requests()) > 0 || strings.Contains(r.text(), "hush") {
					t.Errorf("something was sent, or the refusal repeats the key: %s", r.text())
				}
			})
		}
	}
}
