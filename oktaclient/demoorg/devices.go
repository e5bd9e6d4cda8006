package demoorg

import (
	"slices"
	"strings"
)

// devicePage is the normal and the largest page of devices.
const devicePage = 200

// deviceStatus is a device's place in its life cycle.
type deviceStatus uint8

const (
	deviceCreated deviceStatus = iota
	deviceActive
	deviceSuspended
	deviceDeactivated
	deviceStatusCount
)

func (s deviceStatus) String() string {
	return [deviceStatusCount]string{"CREATED", "ACTIVE", "SUSPENDED", "DEACTIVATED"}[s]
}

// MarshalText writes Okta's word for the status.
func (s deviceStatus) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// device is one registered device. There are about as many as people, so it
// keeps only what can change: the rest follows from number, see deviceProfile.
type device struct {
	owner            *user  // nil until somebody signs in on it
	first            string // its name says whose it was when registered
	number           uint32 // numbers its id
	kind             deviceKind
	status           deviceStatus
	indexed          deviceStatus // what search shows until indexedUntil; see user
	indexedUntil     int64
	created, updated stamp
}

// deviceStore holds the devices, oldest number first, and what is asked of them.
type deviceStore struct {
	all       []device
	next      uint32 // the number after the last one ever given
	assurance []*assurance
}

// deviceRoutes are devices.
func deviceRoutes() []route {
	const one, write = "/api/v1/devices/{deviceId}", "okta.devices.manage"
	return []route{
		{"GET", "/api/v1/devices", "listDevices", "okta.devices.read", "devices", listDevices},
		{"GET", one, "getDevice", "okta.devices.read", "devices", getDevice},
		{"DELETE", one, "deleteDevice", write, "devices", deleteDevice},
		{"GET", one + "/users", "listDeviceUsers", "okta.devices.read", "devices", listDeviceUsers},
		{"POST", one + "/lifecycle/activate", "activateDevice", write, "devices", moveDevice("activate", deviceActive, deviceCreated, deviceDeactivated)},
		{"POST", one + "/lifecycle/deactivate", "deactivateDevice", write, "devices", moveDevice("deactivate", deviceDeactivated, deviceActive, deviceSuspended)},
		{"POST", one + "/lifecycle/suspend", "suspendDevice", write, "devices", moveDevice("suspend", deviceSuspended, deviceActive)},
		{"POST", one + "/lifecycle/unsuspend", "unsuspendDevice", write, "devices", moveDevice("unsuspend", deviceActive, deviceSuspended)},
	}
}

// place is the index of the device with that number, or where it would be.
func (s *deviceStore) place(number uint32) (int, bool) {
	return slices.BinarySearchFunc(s.all, number, func(d device, number uint32) int { return int(d.number) - int(number) })
}

func (o *Org) deviceID(number uint32) string { return idOf(o.seed, "guo", uint64(number)) }

// deviceNumber reads back the number that an id counts with.
func (o *Org) deviceNumber(id string) (uint32, bool) {
	if len(id) != 20 {
		return 0, false
	}
	var n uint32
	for _, digit := range id[3:7] {
		n = n*62 + uint32(max(0, strings.IndexRune(base62, digit)))
	}
	return n, n < o.devices.next && o.deviceID(n) == id
}

// device finds the device a path names; kind is Okta's word where it does not.
func (o *Org) device(c *call, kind string) (*device, error) {
	id := c.params["deviceId"]
	if n, known := o.deviceNumber(id); known {
		if i, exists := o.devices.place(n); exists {
			return &o.devices.all[i], nil
		}
	}
	return nil, notFound(id, kind)
}

// devicesAfter gives the devices behind a cursor, all of them for "". The
// cursor of a device deleted meanwhile stays good.
func (o *Org) devicesAfter(cursor string) ([]device, bool) {
	if cursor == "" {
		return o.devices.all, true
	}
	n, known := o.deviceNumber(cursor)
	if !known {
		return nil, false
	}
	i, exists := o.devices.place(n)
	if exists {
		i++
	}
	return o.devices.all[i:], true
}

// listDevices lists by `search`, which lags, or everything.
func listDevices(o *Org, c *call) (answer, error) {
	p, err := c.page(devicePage, devicePage)
	if err != nil {
		return answer{}, err
	}
	var wanted condition
	if text := c.query.Get("search"); text != "" {
		if wanted, err = parseFilter(text, deviceSearchRules); err != nil {
			return answer{}, err
		}
	}
	rest, known := o.devicesAfter(p.after)
	if !known {
		return answer{}, badSearch("Invalid cursor.")
	}
	docs, next := []deviceDoc{}, ""
	for i := range rest {
		d := rest[i] // a copy: search may show an older status
		if wanted != nil {
			if d.status = d.asSearched(c.now.UnixNano()); !wanted.matches(deviceFields{&d, o}) {
				continue
			}
		}
		if len(docs) == p.limit {
			next = docs[len(docs)-1].ID
			break
		}
		docs = append(docs, o.deviceDocWith(&d, c.query.Get("expand"), c.base))
	}
	return answer{status: 200, body: docs, links: c.links(p, next, "search", "expand")}, nil
}

func (d *device) asSearched(now int64) deviceStatus {
	if now < d.indexedUntil {
		return d.indexed
	}
	return d.status
}

func getDevice(o *Org, c *call) (answer, error) {
	d, err := o.device(c, "Device")
	if err != nil {
		return answer{}, err
	}
	doc := o.deviceDoc(d, c.base)
	doc.Embedded = map[string]any{"originatedFrom": []any{
		map[string]string{"id": o.oktaVerify(), "name": "Okta Verify", "key": "okta_verify"},
	}}
	return ok(doc)
}

func listDeviceUsers(o *Org, c *call) (answer, error) {
	d, err := o.device(c, "GenericUDObject") // recorded
	if err != nil {
		return answer{}, err
	}
	return ok(o.deviceUsers(d, func(u *user) any { return o.fullUserDoc(u, c.base) }))
}

// listUserDevices lists what a person has registered.
func listUserDevices(o *Org, c *call) (answer, error) {
	u, err := o.user(c, "userId")
	if err != nil {
		return answer{}, err
	}
	docs := []userDeviceDoc{}
	for i := range o.devices.all {
		if d := &o.devices.all[i]; d.owner == u {
			docs = append(docs, userDeviceDoc{
				Created: d.created, DeviceUserID: idOf(o.seed, "gul", uint64(d.number)), Device: o.deviceDoc(d, c.base),
			})
		}
	}
	return ok(docs)
}

// moveDevice is a life-cycle step that only some statuses allow.
func moveDevice(step string, to deviceStatus, from ...deviceStatus) handler {
	return func(o *Org, c *call) (answer, error) {
		d, err := o.device(c, "Device")
		if err != nil {
			return answer{}, err
		}
		if !slices.Contains(from, d.status) {
			return answer{}, d.refuse(step, from...)
		}
		if c.now.UnixNano() >= d.indexedUntil {
			d.indexed = d.status
		}
		d.indexedUntil = c.now.Add(o.searchLag).UnixNano()
		d.status, d.updated = to, stampOf(c.now)
		return noContent()
	}
}

// refuse is the answer to a step that the device's status does not allow.
func (d *device) refuse(step string, from ...deviceStatus) *apiError {
	allowed := make([]string, 0, len(from))
	for _, s := range from {
		allowed = append(allowed, s.String())
	}
	return invalid("device", "Cannot "+step+" a device whose status is "+d.status.String()+": it must be "+strings.Join(allowed, " or ")+".")
}

func deleteDevice(o *Org, c *call) (answer, error) {
	d, err := o.device(c, "Device")
	if err != nil {
		return answer{}, err
	}
	if d.status != deviceDeactivated {
		return answer{}, d.refuse("delete", deviceDeactivated)
	}
	i, _ := o.devices.place(d.number)
	o.devices.all = slices.Delete(o.devices.all, i, i+1)
	return noContent()
}
