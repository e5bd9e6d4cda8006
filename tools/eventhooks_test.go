package tools_test

import (
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/tools"
)

func TestEventHookTools(t *testing.T) {
	t.Parallel()
	try(t, func(c demoorg.Cast) []trial {
		const all = "/api/v1/eventHooks"
		of := func(hook demoorg.Thing) args { return args{"hook_id": hook.ID} }
		at := func(method string, hook demoorg.Thing, step string) []string {
			return []string{method + " " + all + "/" + hook.ID + step}
		}
		to := func(address string) args { return args{"hook": newHook("A", address)} }
		const long = "https://in.acme.example/okta/events/with/a/path/that/is/longer/than/one/line/of/a/question/shows"
		verify := func(w *world) {
			adminDo(w, "POST", all+"/"+w.org.Cast().UnverifiedHook.ID+"/lifecycle/verify", "")
		}
		return []trial{
			{name: "all", tool: "list_event_hooks", arguments: args{}, answers: []string{c.Hook.ID, c.UnverifiedHook.ID, `"count":2`}},
			{name: "one", tool: "get_event_hook", arguments: of(c.Hook), answers: []string{`"verificationStatus":"VERIFIED"`, "siem.acme.example"}},
			{name: "none", tool: "get_event_hook", arguments: args{"hook_id": "who00000000000000000"}, refused: []string{"no event hook has the id", "list_event_hooks"}},

			{name: "new", tool: "create_event_hook", arguments: to(long), writes: []string{"POST " + all},
				asks:    []string{"to an address outside", "every event of 2 types", "in.acme", "part 2 of 2", "a/question/shows", "user.lifecycle.create", "user.account.lock"},
				answers: []string{`"verificationStatus":"UNVERIFIED"`, "verify_event_hook", `"tool":"deactivate_event_hook"`}},
			{name: "http", tool: "create_event_hook", arguments: to("http://in.acme.example/okta"), refused: []string{"must be an https URL", "nothing was sent"}},
			{name: "no URL", tool: "create_event_hook", arguments: to("in.acme.example"), refused: []string{"must be an https URL"}},
			{name: "no host", tool: "create_event_hook", arguments: to("https:///okta"), refused: []string{"must be an https URL"}},
			{name: "a password in the URL", tool: "create_event_hook", arguments: to("https://me:hush@in.acme.example/"), refused: []string{"without a user, a password"}},
			{name: "a fragment", tool: "create_event_hook", arguments: to("https://in.acme.example/#x"), refused: []string{"must be an https URL"}},
			{name: "no events", tool: "create_event_hook", arguments: args{"hook": args{"name": "A", "channel": newHook("A", "https://in.acme.example/")["channel"]}}, refused: []string{"at least one event type"}},
			{name: "nothing", tool: "create_event_hook", arguments: args{"hook": args{}}, refused: []string{"at least one member"}},
			{name: "what Okta refuses", tool: "create_event_hook", arguments: to(""), refused: []string{"must be an https URL"}},

			{name: "unverified", tool: "verify_event_hook", arguments: of(c.UnverifiedHook), writes: at("POST", c.UnverifiedHook, "/lifecycle/verify"), answers: []string{`"verificationStatus":"VERIFIED"`, "activate_event_hook is needed too"}},
			{name: "plan", tool: "verify_event_hook", arguments: args{"hook_id": c.UnverifiedHook.ID, "plan_only": true}, answers: []string{"Okta calls its address once", "hooks.acme", `"asks":false`}},
			{name: "verified already", tool: "verify_event_hook", arguments: of(c.Hook), refused: []string{"is VERIFIED already"}},

			{name: "unverified", tool: "activate_event_hook", arguments: of(c.UnverifiedHook), asks: []string{"Activate this event hook", "It is UNVERIFIED", "hooks.acme", "group.user_membership.add"},
				writes: at("POST", c.UnverifiedHook, "/lifecycle/activate"), answers: []string{`"status":"ACTIVE"`, "verify_event_hook is needed too", `"tool":"deactivate_event_hook"`}},
			{name: "verified", tool: "activate_event_hook", arguments: of(c.UnverifiedHook), prepare: verify, asks: []string{"sends these events to this address outside again"},
				writes: at("POST", c.UnverifiedHook, "/lifecycle/activate")},
			{name: "active already", tool: "activate_event_hook", arguments: of(c.Hook), refused: []string{"is ACTIVE already"}},

			{name: "active", tool: "deactivate_event_hook", arguments: of(c.Hook), asks: []string{"sends no more events", "siem.acme"}, writes: at("POST", c.Hook, "/lifecycle/deactivate"), answers: []string{`"tool":"activate_event_hook"`}},
			{name: "inactive already", tool: "deactivate_event_hook", arguments: of(c.UnverifiedHook), refused: []string{"is INACTIVE already"}},

			{name: "inactive", tool: "delete_event_hook", arguments: of(c.UnverifiedHook), asks: []string{"for good", "type exactly"}, writes: at("DELETE", c.UnverifiedHook, ""), answers: []string{"cannot be undone"}},
			{name: "active", tool: "delete_event_hook", arguments: of(c.Hook), refused: []string{"is ACTIVE", "deactivate_event_hook comes first"}},
		}
	})
}

func TestVerifyingAnAddressThatDoesNotAnswerIsOktasError(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	p := w.connect("2025-11-25", accepting)
	var c changed
	p.ask("create_event_hook", args{"hook": newHook("Nowhere", "https://hooks.acme.invalid/okta")}).mustWork(&c)
	p.ask("verify_event_hook", args{"hook_id": c.Target.ID}).mustFail("E0000001", "Unable to verify event hook")
	undo(t, p, c).mustWork(nil)
	p.ask("delete_event_hook", args{"hook_id": c.Target.ID}).mustWork(nil)
}

// secretHook is a hook with a secret in both places that Okta has for one.
func secretHook() args {
	hook := newHook("Secretive", "https://in.acme.example/okta")
	hook["channel"].(args)["config"] = args{
		"uri": "https://in.acme.example/okta", "authScheme": args{"type": "HEADER", "key": "Authorization", "value": "hush-scheme"},
		"headers": []args{{"key": "X-First", "value": "hush-header"}, {"key": "X-Second"}},
	}
	return hook
}

func TestSecretsOfAnEventHookAreRefused(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]args{
		"scheme":              {"authScheme": args{"type": "HEADER", "key": "Authorization", "value": "hush"}},
		"header":              {"headers": []args{{"key": "X-First"}, {"key": "X-Key", "value": "hush"}}},
		"client secret":       {"authScheme": args{"type": "OAUTH", "clientSecret": "hush"}},
		"scheme of no object": {"authScheme": "hush"},
		"headers as object":   {"headers": args{"X-Key": "hush"}},
		"headers as texts":    {"headers": []string{"X-Key: hush"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
			hook := newHook("A", "https://in.acme.example/okta")
			config["uri"] = "https://in.acme.example/okta"
			hook["channel"].(args)["config"] = config
			r := w.connect("2025-11-25", accepting).ask("create_event_hook", args{"hook": hook})
			r.mustFail("hook.channel.config.")
			if strings.Contains(r.text(), "hush") || len(w.org.Requests()) > 0 {
				t.Errorf("the refusal repeats the secret, or something was sent: %s", r.text())
			}
		})
	}
}

func TestSecretsOfAnEventHookAreInNoQuestion(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}, options: tools.Options{AllowSecrets: true}})
	p, question := w.listening()
	p.ask("create_event_hook", args{"hook": secretHook()}).mustWork(nil)
	if strings.Contains(*question, "hush") || !strings.Contains(*question, "X-First") || strings.Count(*question, "a secret that is not shown") != 2 {
		t.Errorf("the question shows a secret, or does not say that there are two: %s", *question)
	}
	if sent := w.org.Writes()[0].Body; !strings.Contains(sent, "hush-scheme") || !strings.Contains(sent, "hush-header") {
		t.Errorf("Okta did not get the secrets: %s", sent)
	}
}

func TestHeadersOfAnEventHookAreWithheldUnlessAllowed(t *testing.T) {
	t.Parallel()
	const body = `{"name":"A","events":{"type":"EVENT_TYPE","items":["user.account.lock"]},"channel":{"type":"HTTP","version":"1.0.0","config":{"uri":"https://in.acme.example/","headers":[{"key":"X-Key","value":"hush"},{"key":"X-\"Token","value":"hu\"sh"}]}}}`
	for _, allowed := range []bool{false, true} {
		w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}, options: tools.Options{AllowSecrets: allowed}})
		status, made := adminDo(w, "POST", "/api/v1/eventHooks", body)
		_, id, _ := strings.Cut(made, `"id":"`)
		if status != 200 || len(id) < 20 {
			t.Fatalf("no hook was made: %d %s", status, made)
		}
		id = id[:20]
		p := w.connect("2025-11-25", accepting)
		for tool, arguments := range map[string]args{
			"list_event_hooks": {"fields": []string{"*"}}, "get_event_hook": {"hook_id": id, "fields": []string{"channel.config.headers"}},
			"verify_event_hook": {"hook_id": id}, "deactivate_event_hook": {"hook_id": id},
		} {
			r := p.ask(tool, arguments)
			r.mustWork(nil)
			if shows := strings.Contains(r.text(), "hush") || strings.Contains(r.text(), `hu\"sh`); shows != allowed || !strings.Contains(r.text(), "X-Key") {
				t.Errorf("--allow-secrets is %t, and %s answered %s", allowed, tool, r.text())
			}
		}
	}
}
