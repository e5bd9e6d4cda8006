package tools

import (
	"context"
	"encoding/json"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

const (
	devicesRead   = "okta.devices.read"
	devicesManage = "okta.devices.manage"
	deactivated   = "DEACTIVATED"
)

func deviceTools() []Any {
	return []Any{listDevices(), getDevice(), listDeviceUsers(), activateDevice(), deactivateDevice(), suspendDevice(), unsuspendDevice(), deleteDevice()}
}

func deviceKind() kind {
	return kind{word: "device", name: "profile.displayName", param: "device_id", finder: "list_devices", get: byID((*oktaclient.Org).GetDevice)}
}

// deviceItems is how a device appears in a list.
func deviceItems() view {
	return view{without: []string{"resourceType", "resourceDisplayName", "resourceId", "resourceAlternateId"}}
}

type deviceRef struct {
	DeviceID string `json:"device_id" jsonschema:"id"`
}

func (in deviceRef) identify() (kind, string) { return deviceKind(), in.DeviceID }

type listDevicesIn struct {
	Search string `json:"search,omitempty" jsonschema:"e.g. profile.platform eq \"MACOS\""`
	Status string `json:"status,omitempty" enum:"CREATED ACTIVE SUSPENDED DEACTIVATED" jsonschema:"narrows search"`
	Paging
}

func listDevices() Any {
	return Tool[listDevicesIn, List]{
		Name: "list_devices", Title: "List devices", Effect: Read, Scopes: []string{devicesRead},
		Description: "Finds devices; for one person's use list_user_devices.",
		Run: func(ctx context.Context, c *Call, in listDevicesIn) (List, error) {
			query, err := searchWith(in.Search, in.Status)
			if err != nil {
				return List{}, err
			}
			return listing{paging: in.Paging, view: deviceItems(), key: []string{"devices"}, query: query, fetch: c.Org.ListDevices}.run(ctx, c)
		},
	}
}

type getDeviceIn struct {
	deviceRef
	Shown
}

func getDevice() Any {
	return Tool[getDeviceIn, Document]{
		Name: "get_device", Title: "Get device", Effect: Read, Scopes: []string{devicesRead},
		Description: "One device: status, platform, model, serial number, whether it is registered.",
		Run:         getObject[getDeviceIn],
	}
}

type listDeviceUsersIn struct {
	deviceRef
	Paging
}

func listDeviceUsers() Any {
	return Tool[listDeviceUsersIn, List]{
		Name: "list_device_users", Title: "List a device's users", Effect: Read, Scopes: []string{devicesRead},
		Description: "Who uses one device, since when, and whether it is managed.",
		Run: func(ctx context.Context, c *Call, in listDeviceUsersIn) (List, error) {
			return listing{paging: in.Paging, key: []string{"device users", in.DeviceID}, whole: true,
				fetch: func(ctx context.Context, _ oktaclient.Query) (*oktaclient.Answer, error) {
					return c.Org.ListDeviceUsers(ctx, in.DeviceID)
				}}.run(ctx, c)
		},
	}
}

func activateDevice() Any {
	return step[deviceRef]{
		action: "Activate this device", from: []string{"CREATED", deactivated}, to: "ACTIVE",
		next: map[string]string{"SUSPENDED": "unsuspend_device lifts a suspension"},
		check: func(ctx context.Context, c *Call, p *confirm.Preview, _ deviceRef, o object) error {
			if o.status == deactivated {
				raise(p, "the device was deactivated, and activating it undoes that")
			}
			c.showDeviceUsers(ctx, p, o.id)
			return nil
		},
		do: onID[deviceRef]((*oktaclient.Org).ActivateDevice), undo: "deactivate_device",
	}.tool(Tool[deviceRef, Change]{
		Name: "activate_device", Title: "Activate device", Effect: Write, Scopes: []string{devicesManage},
		Description: "Activates a CREATED device; asks for a DEACTIVATED one.",
	})
}

func deactivateDevice() Any {
	return step[deviceRef]{
		action: "Deactivate this device", follows: []string{"The device loses its link to Okta and all that is enrolled on it; its users have to enrol it again."},
		from: []string{"ACTIVE", "SUSPENDED"}, to: deactivated,
		next: map[string]string{"CREATED": "the device was never activated"},
		check: func(ctx context.Context, c *Call, p *confirm.Preview, in deviceRef, o object) error {
			p.Notes = append(p.Notes, "undoing does not bring back what was enrolled on it")
			return checkDevice(ctx, c, p, in, o)
		},
		do: onID[deviceRef]((*oktaclient.Org).DeactivateDevice), undo: "activate_device",
	}.tool(Tool[deviceRef, Change]{
		Name: "deactivate_device", Title: "Deactivate device", Effect: Destructive, Scopes: []string{devicesManage},
		Description: "Ends a device's trust and all that is enrolled on it, as when it is lost; to block it for a while use suspend_device.",
	})
}

func suspendDevice() Any {
	return step[deviceRef]{
		action: "Suspend this device", follows: []string{"Nobody can sign in from it with what is enrolled on it until it is unsuspended."},
		from: []string{"ACTIVE"}, to: "SUSPENDED",
		next:  map[string]string{"CREATED": "activate_device comes first", deactivated: "it is blocked more than suspending would"},
		check: checkDevice, do: onID[deviceRef]((*oktaclient.Org).SuspendDevice), undo: "unsuspend_device",
	}.tool(Tool[deviceRef, Change]{
		Name: "suspend_device", Title: "Suspend device", Effect: Destructive, Scopes: []string{devicesManage},
		Description: "Blocks an ACTIVE device and keeps what is enrolled on it.",
	})
}

func unsuspendDevice() Any {
	return step[deviceRef]{
		action: "Lift the suspension of this device", follows: []string{"Its users can sign in from it again."},
		from: []string{"SUSPENDED"}, to: "ACTIVE",
		next:  map[string]string{"CREATED": "activate_device activates it", deactivated: "activate_device activates it again"},
		check: checkDevice, do: onID[deviceRef]((*oktaclient.Org).UnsuspendDevice), undo: "suspend_device",
	}.tool(Tool[deviceRef, Change]{
		Name: "unsuspend_device", Title: "Unsuspend device", Effect: Privileged, Scopes: []string{devicesManage},
		Description: "Lets a SUSPENDED device sign in again.",
	})
}

func deleteDevice() Any {
	return step[deviceRef]{
		action: "Delete this device for good", typed: true, follows: []string{"This cannot be undone."},
		from: []string{deactivated}, next: map[string]string{"": "call deactivate_device first", "CREATED": "activate_device and then deactivate_device come first"},
		check: checkDevice, do: onID[deviceRef]((*oktaclient.Org).DeleteDevice),
	}.tool(Tool[deviceRef, Change]{
		Name: "delete_device", Title: "Delete device", Effect: Destructive, Scopes: []string{devicesManage},
		Description: "Deletes a DEACTIVATED device for good.",
	})
}

func checkDevice(ctx context.Context, c *Call, p *confirm.Preview, _ deviceRef, o object) error {
	c.showDeviceUsers(ctx, p, o.id)
	return nil
}

// showDeviceUsers adds to p who uses the device.
func (c *Call) showDeviceUsers(ctx context.Context, p *confirm.Preview, deviceID string) {
	c.measure(ctx, p, measurement{
		unseen: "Who uses the device is not visible",
		fetch: func(ctx context.Context, _ oktaclient.Query) (*oktaclient.Answer, error) {
			return c.Org.ListDeviceUsers(ctx, deviceID)
		},
		tell: func(users []json.RawMessage, n atLeast) {
			p.Consequence = append(p.Consequence, n.of("person uses it.", "people use it."))
			if len(users) > 0 {
				p.Details = append(p.Details, detail("its users", names(users, "user.profile.login")))
			}
		},
	})
}
