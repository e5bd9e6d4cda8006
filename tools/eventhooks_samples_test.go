package tools_test

import "okta-mcp/oktaclient/demoorg"

func eventHookSamples(c demoorg.Cast) map[string]sample {
	return map[string]sample{
		"list_event_hooks":      {arguments: args{}, others: args{"limit": 1, "fields": []string{"name"}}},
		"get_event_hook":        {arguments: args{"hook_id": c.Hook.ID}, others: args{"hook_id": c.UnverifiedHook.ID, "fields": []string{"name"}}},
		"create_event_hook":     {arguments: args{"hook": newHook("A", "https://in.acme.example/okta")}, others: args{"hook": newHook("B", "https://in.acme.example/okta")}},
		"verify_event_hook":     {arguments: args{"hook_id": c.UnverifiedHook.ID}, others: args{"hook_id": c.Hook.ID}},
		"activate_event_hook":   {arguments: args{"hook_id": c.UnverifiedHook.ID}, others: args{"hook_id": c.Hook.ID}},
		"deactivate_event_hook": {arguments: args{"hook_id": c.Hook.ID}, others: args{"hook_id": c.UnverifiedHook.ID}},
		"delete_event_hook":     {arguments: args{"hook_id": c.UnverifiedHook.ID}, others: args{"hook_id": c.Hook.ID}},
	}
}

// newHook is a hook's document without a secret.
func newHook(name, address string) args {
	return args{
		"name": name, "events": args{"type": "EVENT_TYPE", "items": []string{"user.lifecycle.create", "user.account.lock"}},
		"channel": args{"type": "HTTP", "version": "1.0.0", "config": args{"uri": address}},
	}
}
