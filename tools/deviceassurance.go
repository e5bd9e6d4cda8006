package tools

import (
	"context"
	"encoding/json"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

const (
	assuranceRead   = "okta.deviceAssurance.read"
	assuranceManage = "okta.deviceAssurance.manage"
)

func deviceAssuranceTools() []Any {
	return []Any{listDeviceAssurancePolicies(), getDeviceAssurancePolicy(), createDeviceAssurancePolicy(), replaceDeviceAssurancePolicy(), deleteDeviceAssurancePolicy()}
}

func assuranceKind() kind {
	return kind{word: "device assurance policy", name: "name", param: "policy_id", finder: "list_device_assurance_policies", get: byID((*oktaclient.Org).GetDeviceAssurancePolicy)}
}

type assuranceRef struct {
	PolicyID string `json:"policy_id" jsonschema:"id"`
}

func (in assuranceRef) identify() (kind, string) { return assuranceKind(), in.PolicyID }

type listAssuranceIn struct{ Paging }

func listDeviceAssurancePolicies() Any {
	return Tool[listAssuranceIn, List]{
		Name: "list_device_assurance_policies", Title: "List device assurance policies", Effect: Read, Scopes: []string{assuranceRead},
		Description: "What devices must be like; access policy rules name these policies.",
		Run: func(ctx context.Context, c *Call, in listAssuranceIn) (List, error) {
			return listing{paging: in.Paging, view: assuranceItems(), key: []string{"device assurance"}, whole: true,
				fetch: func(ctx context.Context, _ oktaclient.Query) (*oktaclient.Answer, error) {
					return c.Org.ListDeviceAssurancePolicies(ctx)
				}}.run(ctx, c)
		},
	}
}

func assuranceItems() view {
	return view{without: []string{"resourceType", "resourceDisplayName", "resourceId"}}
}

type getAssuranceIn struct {
	assuranceRef
	Shown
}

func getDeviceAssurancePolicy() Any {
	return Tool[getAssuranceIn, Document]{
		Name: "get_device_assurance_policy", Title: "Get device assurance policy", Effect: Read, Scopes: []string{assuranceRead},
		Description: "One device assurance policy: platform and what it asks of a device.",
		Run:         getObject[getAssuranceIn],
	}
}

type createAssuranceIn struct {
	Policy json.RawMessage `json:"policy" jsonschema:"name, platform and at least one condition"`
}

func createDeviceAssurancePolicy() Any {
	return creation[createAssuranceIn]{
		action: "Create this device assurance policy", param: "policy", undo: "delete_device_assurance_policy",
		kind: func(createAssuranceIn) kind { return assuranceKind() },
		body: func(in createAssuranceIn) (json.RawMessage, error) { return needObject("policy", in.Policy) },
		post: func(ctx context.Context, c *Call, _ createAssuranceIn, body json.RawMessage) (*oktaclient.Answer, error) {
			return c.Org.CreateDeviceAssurancePolicy(ctx, body)
		},
	}.tool(Tool[createAssuranceIn, Change]{
		Name: "create_device_assurance_policy", Title: "Create device assurance policy", Effect: Write, Scopes: []string{assuranceManage},
		Description: "Creates one; it counts for nothing until a policy rule names it.",
	})
}

type replaceAssuranceIn struct {
	assuranceRef
	Policy json.RawMessage `json:"policy" jsonschema:"the whole: what is left out is cleared"`
}

func replaceDeviceAssurancePolicy() Any {
	return edit[replaceAssuranceIn]{
		action: "Replace this device assurance policy", param: "policy",
		part:     func(in replaceAssuranceIn) (json.RawMessage, error) { return needObject("policy", in.Policy) },
		replaces: []string{"id", "createdBy", "createdDate", "lastUpdate", "lastUpdatedBy", "resourceType", "resourceDisplayName", "resourceId"},
		check: func(ctx context.Context, c *Call, p *confirm.Preview, _ replaceAssuranceIn, o object, d draft) error {
			if err := statusStays(d, "nothing"); err != nil {
				return err
			}
			c.showAssuranceUse(ctx, p, o)
			return nil
		},
		put: whole[replaceAssuranceIn]((*oktaclient.Org).ReplaceDeviceAssurancePolicy),
	}.tool(Tool[replaceAssuranceIn, Change]{
		Name: "replace_device_assurance_policy", Title: "Replace device assurance policy", Effect: Privileged, Scopes: []string{assuranceManage}, Optional: []string{policiesRead},
		Description: "Replaces what a device assurance policy asks of devices; the preview lists what changes.",
	})
}

func deleteDeviceAssurancePolicy() Any {
	return step[assuranceRef]{
		action: "Delete this device assurance policy for good", typed: true, follows: []string{"This cannot be undone."},
		check: func(ctx context.Context, c *Call, p *confirm.Preview, _ assuranceRef, o object) error {
			if c.showAssuranceUse(ctx, p, o) > 0 {
				return &Refused{Reason: o.called() + " is named by policy rules, and Okta deletes none that is", Next: "take it out of them with update_policy_rule first"}
			}
			return nil
		},
		do: onID[assuranceRef]((*oktaclient.Org).DeleteDeviceAssurancePolicy),
	}.tool(Tool[assuranceRef, Change]{
		Name: "delete_device_assurance_policy", Title: "Delete device assurance policy", Effect: Destructive, Scopes: []string{assuranceManage}, Optional: []string{policiesRead},
		Description: "Deletes a device assurance policy that no rule names, for good.",
	})
}

func (c *Call) showAssuranceUse(ctx context.Context, p *confirm.Preview, o object) (rules int) {
	rules, _ = c.showRulesNaming(ctx, p, "conditions.device", []string{o.id}, accessPolicy)
	return rules
}
