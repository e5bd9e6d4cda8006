package tools_test

import "okta-mcp/oktaclient/demoorg"

func deviceSamples(c demoorg.Cast) map[string]sample {
	assurance := func(name string) args {
		return args{"name": name, "platform": "MACOS", "osVersion": args{"minimum": "15.0"}}
	}
	return map[string]sample{
		"list_devices":      {arguments: args{}, others: paged(args{"search": `profile.platform eq "MACOS"`, "status": "SUSPENDED"})},
		"get_device":        {arguments: args{"device_id": c.Device.ID}, others: args{"device_id": c.SuspendedDevice.ID, "fields": []string{"status"}}},
		"list_device_users": {arguments: args{"device_id": c.Device.ID}, others: args{"device_id": c.SuspendedDevice.ID, "limit": 1, "fields": []string{"managementStatus"}}},
		"activate_device":   {arguments: args{"device_id": c.CreatedDevice.ID}, others: args{"device_id": c.Device.ID}, asked: args{"device_id": c.DeactivatedDevice.ID}},
		"deactivate_device": {arguments: args{"device_id": c.Device.ID}, others: args{"device_id": c.SuspendedDevice.ID}},
		"suspend_device":    {arguments: args{"device_id": c.Device.ID}, others: args{"device_id": c.SuspendedDevice.ID}},
		"unsuspend_device":  {arguments: args{"device_id": c.SuspendedDevice.ID}, others: args{"device_id": c.Device.ID}},
		"delete_device":     {arguments: args{"device_id": c.DeactivatedDevice.ID}, others: args{"device_id": c.Device.ID}},

		"list_device_assurance_policies":  {arguments: args{}, others: args{"limit": 1, "fields": []string{"name"}}},
		"get_device_assurance_policy":     {arguments: args{"policy_id": c.Assurance.ID}, others: args{"policy_id": c.FreeAssurance.ID, "fields": []string{"name"}}},
		"create_device_assurance_policy":  {arguments: args{"policy": assurance("A")}, others: args{"policy": assurance("B")}},
		"replace_device_assurance_policy": {arguments: args{"policy_id": c.FreeAssurance.ID, "policy": assurance("A")}, others: args{"policy_id": c.Assurance.ID, "policy": assurance("B")}},
		"delete_device_assurance_policy":  {arguments: args{"policy_id": c.FreeAssurance.ID}, others: args{"policy_id": c.Assurance.ID}},
	}
}
