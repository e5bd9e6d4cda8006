package tools_test

import (
	"testing"

	"okta-mcp/oktaclient/demoorg"
)

func TestDeviceTools(t *testing.T) {
	t.Parallel()
	try(t, func(c demoorg.Cast) []trial {
		of := func(thing demoorg.Thing) args { return args{"device_id": thing.ID} }
		at := func(method string, thing demoorg.Thing, step string) []string {
			return []string{method + " /api/v1/devices/" + thing.ID + step}
		}
		return []trial{
			{name: "by status", tool: "list_devices", arguments: args{"status": "SUSPENDED", "limit": 200}, answers: []string{c.SuspendedDevice.ID}},
			{name: "both", tool: "list_devices", arguments: args{"status": "ACTIVE", "search": `profile.displayName eq "nothing"`}, answers: []string{`"count":0`}},
			{name: "one", tool: "get_device", arguments: of(c.Device), answers: []string{`"status":"ACTIVE"`, c.Device.Name}},
			{name: "none", tool: "get_device", arguments: args{"device_id": "guo00000000000000000"}, refused: []string{"no device has the id", "list_devices"}},
			{name: "whose", tool: "list_device_users", arguments: of(c.Device), answers: []string{c.Employee.Login, "managementStatus"}},

			{name: "created", tool: "activate_device", arguments: of(c.CreatedDevice), writes: at("POST", c.CreatedDevice, "/lifecycle/activate"), answers: []string{"deactivate_device"}},
			{name: "deactivated", tool: "activate_device", arguments: of(c.DeactivatedDevice), asks: []string{"Asked because the device was deactivated"}, writes: at("POST", c.DeactivatedDevice, "/lifecycle/activate")},
			{name: "suspended", tool: "activate_device", arguments: of(c.SuspendedDevice), refused: []string{"is SUSPENDED", "unsuspend_device"}},
			{name: "active already", tool: "activate_device", arguments: of(c.Device), refused: []string{"is ACTIVE already"}},

			{name: "active", tool: "deactivate_device", arguments: of(c.Device), asks: []string{"Deactivate this device", "uses it", c.Employee.Login, c.Device.Name}, writes: at("POST", c.Device, "/lifecycle/deactivate"), answers: []string{"activate_device"}},
			{name: "suspended", tool: "deactivate_device", arguments: of(c.SuspendedDevice), asks: []string{"Deactivate this device"}, writes: at("POST", c.SuspendedDevice, "/lifecycle/deactivate")},
			{name: "created", tool: "deactivate_device", arguments: of(c.CreatedDevice), refused: []string{"is CREATED", "never activated"}},
			{name: "deactivated already", tool: "deactivate_device", arguments: of(c.DeactivatedDevice), refused: []string{"is DEACTIVATED already"}},

			{name: "active", tool: "suspend_device", arguments: of(c.Device), asks: []string{"Suspend this device"}, writes: at("POST", c.Device, "/lifecycle/suspend"), answers: []string{"unsuspend_device"}},
			{name: "suspended already", tool: "suspend_device", arguments: of(c.SuspendedDevice), refused: []string{"is SUSPENDED already"}},
			{name: "created", tool: "suspend_device", arguments: of(c.CreatedDevice), refused: []string{"is CREATED", "activate_device"}},
			{name: "deactivated", tool: "suspend_device", arguments: of(c.DeactivatedDevice), refused: []string{"is DEACTIVATED", "blocked more"}},

			{name: "suspended", tool: "unsuspend_device", arguments: of(c.SuspendedDevice), asks: []string{"Lift the suspension"}, writes: at("POST", c.SuspendedDevice, "/lifecycle/unsuspend"), answers: []string{"suspend_device"}},
			{name: "active", tool: "unsuspend_device", arguments: of(c.Device), refused: []string{"is ACTIVE already"}},
			{name: "created", tool: "unsuspend_device", arguments: of(c.CreatedDevice), refused: []string{"activate_device"}},

			{name: "deactivated", tool: "delete_device", arguments: of(c.DeactivatedDevice), asks: []string{"Delete this device for good", "type exactly"}, writes: at("DELETE", c.DeactivatedDevice, ""), answers: []string{"cannot be undone"}},
			{name: "active", tool: "delete_device", arguments: of(c.Device), refused: []string{"is ACTIVE", "DEACTIVATED only", "deactivate_device"}},
			{name: "suspended", tool: "delete_device", arguments: of(c.SuspendedDevice), refused: []string{"is SUSPENDED", "deactivate_device"}},
			{name: "created", tool: "delete_device", arguments: of(c.CreatedDevice), refused: []string{"is CREATED", "activate_device"}},
		}
	})
}

func TestDeviceAssuranceTools(t *testing.T) {
	t.Parallel()
	try(t, func(c demoorg.Cast) []trial {
		const all = "/api/v1/device-assurances"
		policy := args{"name": "Macs", "platform": "MACOS", "osVersion": args{"minimum": "15.0"}}
		return []trial{
			{name: "all", tool: "list_device_assurance_policies", arguments: args{}, answers: []string{c.Assurance.ID, c.FreeAssurance.ID}},
			{name: "one", tool: "get_device_assurance_policy", arguments: args{"policy_id": c.Assurance.ID}, answers: []string{c.Assurance.Name}},
			{name: "none", tool: "get_device_assurance_policy", arguments: args{"policy_id": "dae00000000000000000"}, refused: []string{"no device assurance policy has the id"}},
			{name: "new", tool: "create_device_assurance_policy", arguments: args{"policy": policy}, writes: []string{"POST " + all}, answers: []string{"delete_device_assurance_policy", "Macs"}},
			{name: "without a condition", tool: "create_device_assurance_policy", arguments: args{"policy": args{"name": "A", "platform": "CHROMEOS"}}, writes: []string{"POST " + all},
				fails: []string{"E0000001", "at least one device condition"}},
			{name: "nothing", tool: "create_device_assurance_policy", arguments: args{"policy": args{}}, refused: []string{"at least one member"}},
			{name: "in use", tool: "replace_device_assurance_policy", arguments: args{"policy_id": c.Assurance.ID, "policy": policy},
				asks: []string{"Replace this device assurance policy", "osVersion.minimum", "Macs", c.AccessRule.Name}, writes: []string{"PUT " + all + "/" + c.Assurance.ID}, answers: []string{`"before"`, c.Assurance.Name}},
			{name: "free", tool: "delete_device_assurance_policy", arguments: args{"policy_id": c.FreeAssurance.ID}, asks: []string{"for good", "Named by 0 rules"}, writes: []string{"DELETE " + all + "/" + c.FreeAssurance.ID}},
			{name: "in use", tool: "delete_device_assurance_policy", arguments: args{"policy_id": c.Assurance.ID}, refused: []string{"named by policy rules", "update_policy_rule"}},
		}
	})
}
