package demoorg_test

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"okta-mcp/oktaclient/demoorg"
)

const (
	devicesPath = "/api/v1/devices"
	deviceShape = "_links:o created:t id:s lastUpdated:t profile:o resourceAlternateId:0 resourceDisplayName:o resourceId:s resourceType:s status:s"
)

// deviceOf gives the path of a device of the cast.
func deviceOf(org *demoorg.Org, status string) string {
	c := org.Cast()
	return devicesPath + "/" + map[string]demoorg.Thing{
		"ACTIVE": c.Device, "SUSPENDED": c.SuspendedDevice, "DEACTIVATED": c.DeactivatedDevice, "CREATED": c.CreatedDevice,
	}[status].ID
}

func TestDeviceLifeCycle(t *testing.T) {
	t.Parallel()
	statuses := []string{"CREATED", "ACTIVE", "SUSPENDED", "DEACTIVATED"}
	for _, step := range []struct {
		name, to string
		from     []string
	}{
		{"activate", "ACTIVE", []string{"CREATED", "DEACTIVATED"}},
		{"deactivate", "DEACTIVATED", []string{"ACTIVE", "SUSPENDED"}},
		{"suspend", "SUSPENDED", []string{"ACTIVE"}},
		{"unsuspend", "ACTIVE", []string{"SUSPENDED"}},
	} {
		for _, from := range statuses {
			org := newOrg(t, demoorg.Options{Size: demoorg.MinSize})
			path := deviceOf(org, from)
			got, after, status := send(org.Admin(), "POST", path+"/lifecycle/"+step.name, ""), from, 400
			if slices.Contains(step.from, from) {
				after, status = step.to, 204
			}
			if got.status != status || status == 400 && (got.code() != "E0000001" || !strings.Contains(got.body, from)) {
				t.Errorf("%s from %s answers %d %s, want %d", step.name, from, got.status, got.body, status)
			}
			if now := must(t, org, 200, "GET", path, "").object(t)["status"]; now != after {
				t.Errorf("%s from %s leads to %v, want %s", step.name, from, now, after)
			}
		}
	}
}

func TestOnlyDeactivatedDevicesAreDeleted(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: demoorg.MinSize})
	for _, status := range []string{"CREATED", "ACTIVE", "SUSPENDED"} {
		if got := must(t, org, 400, "DELETE", deviceOf(org, status), ""); got.code() != "E0000001" {
			t.Errorf("deleting a device that is %s answers %s", status, got.body)
		}
	}
	must(t, org, 204, "DELETE", deviceOf(org, "DEACTIVATED"), "")
	must(t, org, 404, "GET", deviceOf(org, "DEACTIVATED"), "")
	must(t, org, 404, "DELETE", deviceOf(org, "DEACTIVATED"), "")
}

func TestDeviceShapes(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	withUsers := strings.Replace(deviceShape, "_links", "_embedded:o _links", 1)
	one := func(status string) map[string]any {
		return must(t, org, 200, "GET", deviceOf(org, status), "").object(t)
	}
	first := func(target string) map[string]any { return must(t, org, 200, "GET", target, "").list(t)[0] }
	listed := first(devicesPath + query("search", `id eq "`+c.Device.ID+`"`, "expand", "user"))
	embedded, _ := at(listed, "_embedded", "users").([]any)
	if len(embedded) != 1 || at(embedded[0], "user", "id") != c.Employee.ID || at(embedded[0], "user", "_links", "suspend") == nil {
		t.Fatalf("the device's embedded users are %v, want the employee in full", embedded)
	}
	summary, _ := at(first(devicesPath+query("search", `id eq "`+c.Device.ID+`"`, "expand", "userSummary")), "_embedded", "users").([]any)
	for _, w := range []struct {
		name, want string
		got        any
	}{
		{"device", withUsers, one("ACTIVE")},
		{"listed device", deviceShape, first(devicesPath + "?limit=1")},
		{"expanded device", withUsers, listed},
		{"user of a device", "created:t managementStatus:s user:o", first(deviceOf(org, "ACTIVE") + "/users")},
		{"summary of a user", "_links:o id:s profile:o realmId:s", at(summary[0], "user")},
		{"device of a user", "created:t device:o deviceUserId:s", first("/api/v1/users/" + c.Employee.ID + "/devices")},
		{"device in a user's device", deviceShape, at(first("/api/v1/users/"+c.Employee.ID+"/devices"), "device")},
		{"profile of a Mac", "diskEncryptionType:s displayName:s manufacturer:s model:s osVersion:s platform:s registered:b secureHardwarePresent:b serialNumber:s udid:s", one("ACTIVE")["profile"]},
		{"profile of a Windows laptop", "diskEncryptionType:s displayName:s manufacturer:s model:s osVersion:s platform:s registered:b secureHardwarePresent:b serialNumber:s sid:s", one("SUSPENDED")["profile"]},
		{"links of CREATED", "activate:o self:o users:o", one("CREATED")["_links"]},
		{"links of ACTIVE", "deactivate:o self:o suspend:o users:o", one("ACTIVE")["_links"]},
		{"links of SUSPENDED", "deactivate:o self:o unsuspend:o users:o", one("SUSPENDED")["_links"]},
		{"links of DEACTIVATED", "activate:o self:o", one("DEACTIVATED")["_links"]},
	} {
		object, _ := w.got.(map[string]any)
		if got := shapeOf(object); got != w.want {
			t.Errorf("%s is shaped\n  %s, want\n  %s", w.name, got, w.want)
		}
	}
}

func TestUnknownDevices(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: demoorg.MinSize})
	for _, id := range []string{"non-existent-device-id", org.Cast().Employee.ID, "guo00000000000000005", strings.Repeat("é", 10)} {
		for operation, kind := range map[string]string{
			"GET ": "Device", "DELETE ": "Device", "GET /users": "GenericUDObject", "POST /lifecycle/activate": "Device",
		} {
			method, rest, _ := strings.Cut(operation, " ")
			got := must(t, org, 404, method, devicesPath+"/"+url.PathEscape(id)+rest, "")
			if want := "Not found: Resource not found: " + id + " (" + kind + ")"; got.object(t)["errorSummary"] != want {
				t.Errorf("%s of %s answers %s, want %q", operation, id, got.body, want)
			}
		}
	}
}

func TestDeviceSearch(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: 100})
	everything := must(t, org, 200, "GET", devicesPath, "").list(t)
	for search, holds := range map[string]func(map[string]any) bool{
		`status eq "SUSPENDED"`: func(d map[string]any) bool { return d["status"] == "SUSPENDED" },
		`profile.displayName sw "` + org.Cast().Device.Name[:4] + `"`: func(d map[string]any) bool {
			return strings.HasPrefix(fmt.Sprint(at(d, "profile", "displayName")), org.Cast().Device.Name[:4])
		},
		`profile.displayName co "iphone"`:                        func(d map[string]any) bool { return at(d, "profile", "platform") == "IOS" },
		`profile.platform eq "WINDOWS" and profile.sid sw "S-1"`: func(d map[string]any) bool { return at(d, "profile", "platform") == "WINDOWS" },
		`lastUpdated gt "` + start.AddDate(0, -1, 0).Format(time.RFC3339) + `"`: func(d map[string]any) bool {
			return fmt.Sprint(d["lastUpdated"]) > start.AddDate(0, -1, 0).Format("2006-01-02T15:04:05.000Z")
		},
		`profile.registered eq false`: func(map[string]any) bool { return false },
	} {
		var want []string
		for _, d := range everything {
			if holds(d) {
				want = append(want, fmt.Sprint(d["id"]))
			}
		}
		got := must(t, org, 200, "GET", devicesPath+query("search", search), "").ids(t)
		if !slices.Equal(got, want) {
			t.Errorf("%s finds %d devices, want %d of %d", search, len(got), len(want), len(everything))
		}
	}
	for _, bad := range []string{`owner eq "x"`, `status ne "ACTIVE"`, `status eq`} {
		if got := must(t, org, 400, "GET", devicesPath+query("search", bad), ""); got.code() != "E0000031" {
			t.Errorf("%s answers %s", bad, got.body)
		}
	}
}

func TestDevicePages(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: 1000})
	var walked []string
	for target := devicesPath; target != ""; {
		page := must(t, org, 200, "GET", target, "")
		walked = append(walked, page.ids(t)...)
		if page.next() != "" && len(page.ids(t)) != 200 {
			t.Errorf("a page that is not the last holds %d devices, want 200", len(page.ids(t)))
		}
		target = page.next()
	}
	if len(walked) < 800 || len(walked) > 1500 || len(slices.Compact(slices.Sorted(slices.Values(walked)))) != len(walked) {
		t.Errorf("walked over %d devices of 1000 people, or over some twice", len(walked))
	}
	gone := deviceOf(org, "DEACTIVATED")
	id := gone[len(devicesPath)+1:]
	rest := must(t, org, 200, "GET", devicesPath+"?after="+id, "").body
	must(t, org, 204, "DELETE", gone, "")
	if after := must(t, org, 200, "GET", devicesPath+"?after="+id, "").body; after != rest {
		t.Errorf("after the device's deletion its cursor shows %.80s…, before %.80s…", after, rest)
	}
	got := must(t, org, 400, "GET", devicesPath+"?after=mock", "")
	if got.code() != "E0000031" || !strings.Contains(got.body, "Invalid cursor.") {
		t.Errorf("an unknown cursor answers %s", got.body)
	}
	keeps := must(t, org, 200, "GET", devicesPath+query("limit", "1", "search", `status eq "ACTIVE"`, "expand", "user"), "").next()
	if !strings.Contains(keeps, "search=") || !strings.Contains(keeps, "expand=user") {
		t.Errorf("the next link %q forgets search or expand", keeps)
	}
}

func TestDeviceSearchLags(t *testing.T) {
	t.Parallel()
	c := &clock{start}
	org := newOrg(t, demoorg.Options{Size: demoorg.MinSize, Now: c.now, SearchLag: time.Second})
	found := func() bool {
		search := query("search", `status eq "SUSPENDED" and id eq "`+org.Cast().Device.ID+`"`)
		return len(must(t, org, 200, "GET", devicesPath+search, "").ids(t)) == 1
	}
	must(t, org, 204, "POST", deviceOf(org, "ACTIVE")+"/lifecycle/suspend", "")
	if found() {
		t.Error("search shows a change at once, want it a second later")
	}
	if c.advance(2 * time.Second); !found() {
		t.Error("search never shows the change")
	}
}

func TestDevicesOfPeople(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	users := must(t, org, 200, "GET", "/api/v1/users", "").ids(t)
	counts := map[string]int{}
	for _, id := range users {
		for _, link := range must(t, org, 200, "GET", "/api/v1/users/"+id+"/devices", "").list(t) {
			device := fmt.Sprint(at(link, "device", "id"))
			counts[device]++
			owners := must(t, org, 200, "GET", devicesPath+"/"+device+"/users", "").list(t)
			if len(owners) != 1 || at(owners[0], "user", "id") != id {
				t.Errorf("device %s is among those of %s, but its users are %v", device, id, owners)
			}
		}
	}
	if len(counts) < len(users)/2 || slices.Max(slices.Collect(maps.Values(counts))) > 1 {
		t.Errorf("%d people have %d devices, some of them more than one's", len(users), len(counts))
	}
	if got := must(t, org, 200, "GET", deviceOf(org, "CREATED")+"/users", "").body; got != "[]" {
		t.Errorf("a device not yet activated has users %s", got)
	}
	must(t, org, 404, "GET", "/api/v1/users/nobody/devices", "")
}

func TestDeviceOfADeletedUserStays(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: demoorg.MinSize})
	employee := "/api/v1/users/" + org.Cast().Employee.ID
	must(t, org, 204, "DELETE", employee, "")
	must(t, org, 204, "DELETE", employee, "")
	must(t, org, 200, "GET", deviceOf(org, "ACTIVE"), "")
	if got := must(t, org, 200, "GET", deviceOf(org, "ACTIVE")+"/users", "").body; got != "[]" {
		t.Errorf("the device of somebody deleted has users %s", got)
	}
}
