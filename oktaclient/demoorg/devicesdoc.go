package demoorg

import (
	"fmt"
	"net/http"
	"strings"
)

// deviceKind is a make of device.
type deviceKind uint8

const (
	macBook deviceKind = iota
	windowsLaptop
	iPhone
	androidPhone
	deviceKindCount
)

// deviceModel is what all devices of a kind have in common.
type deviceModel struct {
	platform, maker, model, version string
	noun                            string // in names: Leila's MacBook Pro
	disk                            string // "" where Okta does not tell
	managed                         string
}

func (k deviceKind) model() deviceModel {
	return [deviceKindCount]deviceModel{
		macBook:       {"MACOS", "APPLE", "Mac15,9", "15.6.1", "MacBook Pro", "ALL_INTERNAL_VOLUMES", "MANAGED"},
		windowsLaptop: {"WINDOWS", "Dell Inc.", "Latitude 7450", "10.0.26100.4946", "Latitude", "ALL_INTERNAL_VOLUMES", "MANAGED"},
		iPhone:        {"IOS", "APPLE", "iPhone15,4", "18.6.2", "iPhone", "", "NOT_MANAGED"},
		androidPhone:  {"ANDROID", "samsung", "SM-S921B", "16:2025-09-01", "Galaxy", "USER", "NOT_MANAGED"},
	}[k]
}

// deviceProfile is what Okta knows of a device; each platform tells its own part.
type deviceProfile struct {
	DisplayName         string `json:"displayName"`
	Platform            string `json:"platform"`
	Manufacturer        string `json:"manufacturer"`
	Model               string `json:"model"`
	OSVersion           string `json:"osVersion"`
	SerialNumber        string `json:"serialNumber,omitempty"`
	UDID                string `json:"udid,omitempty"`
	SID                 string `json:"sid,omitempty"`
	Registered          bool   `json:"registered"`
	SecureHardware      bool   `json:"secureHardwarePresent"`
	DiskEncryptionType  string `json:"diskEncryptionType,omitempty"`
	AuthenticatorAppKey string `json:"authenticatorAppKey,omitempty"`
}

// deviceProfile derives a device's particulars from its number.
func (o *Org) deviceProfile(d *device) deviceProfile {
	m := d.kind.model()
	a, b := mix(o.seed, 'D', uint64(d.number)), mix(o.seed, 'U', uint64(d.number))
	p := deviceProfile{
		DisplayName: d.name(), Platform: m.platform, Manufacturer: m.maker, Model: m.model, OSVersion: m.version,
		Registered: true, SecureHardware: true, DiskEncryptionType: m.disk,
	}
	if d.kind != androidPhone {
		p.SerialNumber = serialOf(a)
	}
	switch d.kind {
	case macBook:
		p.UDID = uuidOf(a, b)
	case windowsLaptop:
		p.SID = fmt.Sprintf("S-1-5-21-%d-%d-%d-%d", uint32(a), uint32(a>>32), uint32(b), 1000+d.number)
	case iPhone:
		p.UDID, p.AuthenticatorAppKey = fmt.Sprintf("00008120-%016X", b), uuidOf(b, a)
	case androidPhone:
		p.AuthenticatorAppKey = uuidOf(b, a)
	}
	return p
}

func (d *device) name() string { return d.first + "'s " + d.kind.model().noun }

// serialOf makes a serial number of ten letters and digits.
func serialOf(n uint64) string {
	var serial [10]byte
	for i := range serial {
		serial[i] = "0123456789CDFGHJKLMNPQRTVWXY"[n%28]
		n /= 28
	}
	return string(serial[:])
}

func uuidOf(a, b uint64) string {
	return fmt.Sprintf("%08X-%04X-%04X-%04X-%012X", uint32(a), uint16(a>>32), uint16(a>>48), uint16(b), b>>16)
}

type deviceDoc struct {
	ID                  string            `json:"id"`
	Status              deviceStatus      `json:"status"`
	Created             stamp             `json:"created"`
	LastUpdated         stamp             `json:"lastUpdated"`
	Profile             deviceProfile     `json:"profile"`
	ResourceType        string            `json:"resourceType"`
	ResourceDisplayName displayName       `json:"resourceDisplayName"`
	ResourceID          string            `json:"resourceId"`
	ResourceAlternateID *string           `json:"resourceAlternateId"`
	Embedded            map[string]any    `json:"_embedded,omitempty"`
	Links               map[string]hinted `json:"_links"`
}

// displayName is a name that says whether it may be shown.
type displayName struct {
	Value     string `json:"value"`
	Sensitive bool   `json:"sensitive"`
}

// deviceUserDoc is a person as the user of a device.
type deviceUserDoc struct {
	Created          stamp  `json:"created"`
	ManagementStatus string `json:"managementStatus"`
	User             any    `json:"user"`
}

// userDeviceDoc is a device as that of a person.
type userDeviceDoc struct {
	Created      stamp     `json:"created"`
	DeviceUserID string    `json:"deviceUserId"`
	Device       deviceDoc `json:"device"`
}

func (o *Org) deviceDoc(d *device, base string) deviceDoc {
	id := o.deviceID(d.number)
	profile := o.deviceProfile(d)
	return deviceDoc{
		ID: id, Status: d.status, Created: d.created, LastUpdated: d.updated, Profile: profile,
		ResourceType: "UDDevice", ResourceDisplayName: displayName{profile.DisplayName, false}, ResourceID: id,
		Links: d.links(base + "/api/v1/devices/" + id),
	}
}

// links lead to what the status allows (recorded).
func (d *device) links(self string) map[string]hinted {
	links := map[string]hinted{"self": hint(self, http.MethodGet, "PATCH", http.MethodPut)}
	if d.status == deviceDeactivated {
		links["self"] = hint(self, http.MethodGet, http.MethodDelete)
	} else {
		links["users"] = hint(self+"/users", http.MethodGet)
	}
	for _, step := range [deviceStatusCount][]string{
		deviceCreated: {"activate"}, deviceActive: {"suspend", "deactivate"},
		deviceSuspended: {"unsuspend", "deactivate"}, deviceDeactivated: {"activate"},
	}[d.status] {
		links[step] = hint(self+"/lifecycle/"+step, http.MethodPost)
	}
	return links
}

// deviceDocWith is a listed device, with its users when expand asks for them.
func (o *Org) deviceDocWith(d *device, expand, base string) deviceDoc {
	doc := o.deviceDoc(d, base)
	switch expand {
	case "user":
		doc.Embedded = map[string]any{"users": o.deviceUsers(d, func(u *user) any { return o.fullUserDoc(u, base) })}
	case "userSummary":
		doc.Embedded = map[string]any{"users": o.deviceUsers(d, func(u *user) any { return o.userSummary(u, base) })}
	}
	return doc
}

// deviceUsers are the people of a device who still exist.
func (o *Org) deviceUsers(d *device, show func(*user) any) []deviceUserDoc {
	if d.owner == nil || o.directory.byID[d.owner.id] == nil {
		return []deviceUserDoc{}
	}
	return []deviceUserDoc{{d.created, d.kind.model().managed, show(d.owner)}}
}

func (o *Org) userSummary(u *user, base string) any {
	p := u.live.profile
	return map[string]any{
		"id": u.id, "realmId": o.userTypes.realmID,
		"profile": map[string]string{
			"firstName": p.text("firstName"), "lastName": p.text("lastName"), "login": p.text("login"), "email": p.text("email"),
		},
		"_links": map[string]link{"self": {Href: base + "/api/v1/users/" + u.id}},
	}
}

// deviceFields lets a condition look at a device.
type deviceFields struct {
	d   *device
	org *Org
}

func (f deviceFields) field(path string) any {
	switch path {
	case "id":
		return f.org.deviceID(f.d.number)
	case "status":
		return f.d.status.String()
	case "created":
		return f.d.created
	case "lastUpdated":
		return f.d.updated
	case "profile.displayName": // not worth the whole profile: the common search
		return f.d.name()
	case "profile.platform":
		return f.d.kind.model().platform
	}
	name, _ := strings.CutPrefix(path, "profile.")
	return f.org.deviceProfile(f.d).field(name)
}

// field answers nil for what a device of that kind does not tell.
func (p deviceProfile) field(name string) any {
	text := ""
	switch name {
	case "registered":
		return p.Registered
	case "secureHardwarePresent":
		return p.SecureHardware
	case "manufacturer":
		text = p.Manufacturer
	case "model":
		text = p.Model
	case "osVersion":
		text = p.OSVersion
	case "serialNumber":
		text = p.SerialNumber
	case "udid":
		text = p.UDID
	case "sid":
		text = p.SID
	case "diskEncryptionType":
		text = p.DiskEncryptionType
	}
	if text == "" {
		return nil
	}
	return text
}

// deviceSearchRules: id, status, the times and every attribute of a profile.
func deviceSearchRules(path string, _ operator) string {
	switch path {
	case "id", "status", "created", "lastUpdated", "profile.displayName", "profile.platform", "profile.manufacturer",
		"profile.model", "profile.osVersion", "profile.serialNumber", "profile.imei", "profile.meid", "profile.udid", "profile.sid",
		"profile.registered", "profile.secureHardwarePresent", "profile.diskEncryptionType":
		return ""
	}
	return unknownField(path)
}

// oktaVerify is the id of the authenticator that registers devices.
func (o *Org) oktaVerify() string {
	for _, a := range o.policies.authenticators {
		if a.key == "okta_verify" {
			return a.id
		}
	}
	return ""
}
