package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

const (
	eventHooksRead   = "okta.eventHooks.read"
	eventHooksManage = "okta.eventHooks.manage"
)

// Where Okta's document of an event hook has what tests and questions ask for.
const (
	hookAddress = "channel.config.uri"
	hookHeaders = "channel.config.headers"
	hookScheme  = "channel.config.authScheme"
)

func eventHookTools() []Any {
	return []Any{listEventHooks(), getEventHook(), createEventHook(), verifyEventHook(), activateEventHook(), deactivateEventHook(), deleteEventHook()}
}

func eventHookKind() kind {
	return kind{word: "event hook", name: "name", param: "hook_id", finder: "list_event_hooks", get: byID((*oktaclient.Org).GetEventHook)}
}

type eventHookRef struct {
	HookID string `json:"hook_id" jsonschema:"id"`
}

func (in eventHookRef) identify() (kind, string) { return eventHookKind(), in.HookID }

type listEventHooksIn struct{ Paging }

func listEventHooks() Any {
	return Tool[listEventHooksIn, List]{
		Name: "list_event_hooks", Title: "List event hooks", Effect: Read, Scopes: []string{eventHooksRead},
		Description: "Addresses outside that Okta sends events to as they happen.",
		Run: func(ctx context.Context, c *Call, in listEventHooksIn) (List, error) {
			return listing{paging: in.Paging, key: []string{"event hooks"}, whole: true,
				fetch: func(ctx context.Context, _ oktaclient.Query) (*oktaclient.Answer, error) {
					return c.Org.ListEventHooks(ctx)
				}}.run(ctx, c)
		},
	}
}

type getEventHookIn struct {
	eventHookRef
	Shown
}

func getEventHook() Any {
	return Tool[getEventHookIn, Document]{
		Name: "get_event_hook", Title: "Get event hook", Effect: Read, Scopes: []string{eventHooksRead},
		Description: "One event hook: status, whether it is verified, event types, address.",
		Run:         getObject[getEventHookIn],
	}
}

type createEventHookIn struct {
	Hook json.RawMessage `json:"hook" secret:"true" jsonschema:"name, events {type EVENT_TYPE, items}, channel {type HTTP, version 1.0.0, config {uri}}"`
}

func createEventHook() Any {
	return creation[createEventHookIn]{
		action: "Create this event hook", param: "hook", undo: "deactivate_event_hook",
		kind:  func(createEventHookIn) kind { return eventHookKind() },
		body:  func(in createEventHookIn) (json.RawMessage, error) { return brandNew("hook", in.Hook) },
		check: checkNewHook,
		post: func(ctx context.Context, c *Call, _ createEventHookIn, body json.RawMessage) (*oktaclient.Answer, error) {
			answer, err := c.Org.CreateEventHook(ctx, body)
			if err != nil {
				return nil, err
			}
			c.Notes = append(c.Notes, "Okta makes hooks ACTIVE and UNVERIFIED: verify_event_hook is next; delete_event_hook removes one that is INACTIVE")
			return answer, nil
		},
	}.tool(Tool[createEventHookIn, Change]{
		Name: "create_event_hook", Title: "Create event hook", Effect: Privileged, Scopes: []string{eventHooksManage},
		Description: "Creates a hook that sends events to an https address once verify_event_hook has verified it.",
	})
}

// checkNewHook refuses an address that is none and secrets, and shows where
// events go and which, but no secret.
func checkNewHook(_ context.Context, c *Call, p *confirm.Preview, _ createEventHookIn, hook json.RawMessage) error {
	if err := checkHTTPS("hook."+hookAddress, gjson.GetBytes(hook, hookAddress).String()); err != nil {
		return err
	}
	if err := checkChannel(hook); err != nil {
		return err
	}
	if secret := hookSecret(hook); secret != "" && !c.Options.AllowSecrets {
		return &Refused{Reason: "hook." + secret + " is a secret that would pass through the model, and the operator has not started the server with --allow-secrets",
			Next: "leave it out, and an administrator sets it in the Okta Admin Console"}
	}
	types := stringsOf(gjson.GetBytes(hook, "events.items"))
	if len(types) == 0 {
		return &ArgumentError{Problem: "hook.events.items must name at least one event type"}
	}
	p.Changes = inFull(hideSecrets(differences(nil, shownHook(hook))))
	p.Consequence = append(p.Consequence,
		fmt.Sprintf("Once it is verified, Okta sends every event of %s to an address outside, with who did what, from where and to whom.", atLeast{n: len(types)}.of("type", "types")))
	return nil
}

// checkHTTPS refuses an address that is not a plain https URL. A user or password
// in it would be a secret that nothing hides.
func checkHTTPS(name, text string) error {
	address, err := url.Parse(text)
	if err != nil || address.Scheme != "https" || address.Hostname() == "" || address.User != nil || address.Fragment != "" {
		return &Refused{Reason: name + " must be an https URL with a host, and without a user, a password or a fragment, so nothing was sent"}
	}
	return nil
}

// checkChannel refuses headers and a scheme of another form than Okta's: secrets
// are found and hidden in that form.
func checkChannel(hook json.RawMessage) error {
	scheme, headers := gjson.GetBytes(hook, hookScheme), gjson.GetBytes(hook, hookHeaders)
	if scheme.Exists() && scheme.Type != gjson.Null && !scheme.IsObject() {
		return &ArgumentError{Problem: "hook." + hookScheme + " must be an object with type and key"}
	}
	isOther := func(header gjson.Result) bool { return !header.IsObject() }
	if headers.Exists() && headers.Type != gjson.Null && (!headers.IsArray() || slices.ContainsFunc(headers.Array(), isOther)) {
		return &ArgumentError{Problem: "hook." + hookHeaders + " must be a list of objects with key and value"}
	}
	return nil
}

// hookSecret is the path of the first secret in a hook's document, or "".
func hookSecret(hook json.RawMessage) string {
	if gjson.GetBytes(hook, hookScheme+".value").String() != "" {
		return hookScheme + ".value"
	}
	for _, header := range gjson.GetBytes(hook, hookHeaders).Array() {
		if header.Get("value").String() != "" {
			return hookHeaders + ".value"
		}
	}
	return ""
}

// shownHook is a new hook's document as a question shows it: clients keep those.
func shownHook(hook json.RawMessage) json.RawMessage {
	hook = namedHeaders(hook, `"`+hiddenSecret+`"`)
	if gjson.GetBytes(hook, hookScheme+".value").Exists() {
		hook = mergeInto(gjson.ParseBytes(hook), gjson.Parse(`{"channel":{"config":{"authScheme":{"value":"`+hiddenSecret+`"}}}}`))
	}
	return hook
}

// namedHeaders is a hook's document with another JSON text for what its headers
// say: only their names can be shown.
func namedHeaders(hook json.RawMessage, instead string) json.RawMessage {
	headers := gjson.GetBytes(hook, hookHeaders)
	if len(headers.Array()) == 0 {
		return hook
	}
	var list []byte
	for _, header := range headers.Array() {
		list = append(list, ',')
		if header.Get("value").Exists() {
			list = append(list, mergeInto(header, gjson.Parse(`{"value":`+instead+`}`))...)
		} else {
			list = append(list, header.Raw...)
		}
	}
	list[0] = '['
	return mergeInto(gjson.ParseBytes(hook), gjson.Parse(`{"channel":{"config":{"headers":`+string(list)+`]}}}`))
}

func verifyEventHook() Any {
	return step[eventHookRef]{
		action: "Verify this event hook", follows: []string{"Okta calls its address once, and the address has to answer Okta's challenge."},
		check: func(_ context.Context, _ *Call, p *confirm.Preview, _ eventHookRef, o object) error {
			if isVerified(o) {
				return &Refused{Reason: o.called() + " is VERIFIED already, so nothing was done"}
			}
			if o.status != "ACTIVE" {
				p.Notes = append(p.Notes, "the hook is "+o.status+": activate_event_hook is needed too before Okta sends events")
			}
			showHook(p, o)
			return nil
		},
		do: onID[eventHookRef]((*oktaclient.Org).VerifyEventHook),
	}.tool(Tool[eventHookRef, Change]{
		Name: "verify_event_hook", Title: "Verify event hook", Effect: Write, Scopes: []string{eventHooksManage},
		Description: "Lets Okta call the address of an UNVERIFIED hook once; it must answer before it gets events.",
	})
}

func isVerified(o object) bool {
	return gjson.GetBytes(o.raw, "verificationStatus").String() == "VERIFIED"
}

func activateEventHook() Any {
	return step[eventHookRef]{
		action: "Activate this event hook", from: []string{"INACTIVE"}, to: "ACTIVE",
		check: func(_ context.Context, _ *Call, p *confirm.Preview, _ eventHookRef, o object) error {
			if isVerified(o) {
				p.Consequence = append(p.Consequence, "Okta sends these events to this address outside again.")
			} else {
				p.Consequence = append(p.Consequence, "It is UNVERIFIED: Okta sends nothing to it until it is verified, and then all these events.")
				p.Notes = append(p.Notes, "activating alone sends nothing: verify_event_hook is needed too")
			}
			showHook(p, o)
			return nil
		},
		do: onID[eventHookRef]((*oktaclient.Org).ActivateEventHook), undo: "deactivate_event_hook",
	}.tool(Tool[eventHookRef, Change]{
		Name: "activate_event_hook", Title: "Activate event hook", Effect: Privileged, Scopes: []string{eventHooksManage},
		Description: "Lets an INACTIVE hook send events again, if it is VERIFIED.",
	})
}

func deactivateEventHook() Any {
	return step[eventHookRef]{
		action: "Deactivate this event hook", follows: []string{"Okta sends no more events to its address."},
		from: []string{"ACTIVE"}, to: "INACTIVE", check: checkHook,
		do: onID[eventHookRef]((*oktaclient.Org).DeactivateEventHook), undo: "activate_event_hook",
	}.tool(Tool[eventHookRef, Change]{
		Name: "deactivate_event_hook", Title: "Deactivate event hook", Effect: Destructive, Scopes: []string{eventHooksManage},
		Description: "Stops sending events to a hook, and keeps it.",
	})
}

func deleteEventHook() Any {
	return step[eventHookRef]{
		action: "Delete this event hook for good", typed: true, follows: []string{"This cannot be undone."},
		from: []string{"INACTIVE"}, next: map[string]string{"ACTIVE": "deactivate_event_hook comes first"}, check: checkHook,
		do: onID[eventHookRef]((*oktaclient.Org).DeleteEventHook),
	}.tool(Tool[eventHookRef, Change]{
		Name: "delete_event_hook", Title: "Delete event hook", Effect: Destructive, Scopes: []string{eventHooksManage},
		Description: "Deletes an INACTIVE hook for good.",
	})
}

func checkHook(_ context.Context, _ *Call, p *confirm.Preview, _ eventHookRef, o object) error {
	showHook(p, o)
	return nil
}

// showHook adds to p where a hook sends which events.
func showHook(p *confirm.Preview, o object) {
	p.Details = append(p.Details, wholeText("address", gjson.GetBytes(o.raw, hookAddress).String()),
		confirm.Detail{Label: "event types", Texts: stringsOf(gjson.GetBytes(o.raw, "events.items"))})
}
