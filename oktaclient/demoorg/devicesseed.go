package demoorg

// Shares of people with a laptop and of devices in each odd status, in percent.
const (
	laptopShare = 70
	phoneShare  = 64 // those factorsOf gives Okta Verify
)

// seedDevices registers laptops and phones in proportion to people, and makes
// the device assurance policies.
func (s *seeder) seedDevices() {
	s.devices.all = make([]device, 0, s.size*3/2+1)
	s.devices.next = uint32(s.minted["guo"])
	for _, u := range s.directory.users[len(characters()):] {
		s.equip(u)
	}
	cast := func(owner Person, kind deviceKind, status deviceStatus) Thing {
		d := s.register(s.directory.byID[owner.ID], kind, status)
		return Thing{s.deviceID(d.number), d.name()}
	}
	s.cast.Device = cast(s.cast.Employee, macBook, deviceActive)
	s.cast.SuspendedDevice = cast(s.cast.Contractor, windowsLaptop, deviceSuspended)
	s.cast.DeactivatedDevice = cast(s.cast.Deprovisioned, windowsLaptop, deviceDeactivated)
	s.cast.CreatedDevice = cast(s.cast.HelpDesk, androidPhone, deviceCreated)
	s.minted["guo"] = uint64(s.devices.next)
	s.seedAssurance()
}

// equip gives a person the devices that luck and Okta Verify call for.
func (s *seeder) equip(u *user) {
	if u.live.status == staged || u.live.status == provisioned {
		return
	}
	luck := mix(s.seed, 'd', uint64(u.seq))
	laptop, phone := macBook, iPhone
	if luck/100%100 < 45 {
		laptop = windowsLaptop
	}
	if luck/10_000%100 < 40 {
		phone = androidPhone
	}
	if luck%100 < laptopShare {
		s.register(u, laptop, s.deviceStatusOf(u, luck/1_000_000))
	}
	if mix(s.seed, 'f', uint64(u.seq))%100 < phoneShare {
		s.register(u, phone, s.deviceStatusOf(u, luck/1_000_000_000))
	}
}

func (s *seeder) deviceStatusOf(u *user, luck uint64) deviceStatus {
	switch n := luck % 100; {
	case u.live.status == deprovisioned && n < 80, n < 3:
		return deviceDeactivated
	case u.live.status == suspended && n < 50, n < 5:
		return deviceSuspended
	case n < 6:
		return deviceCreated
	default:
		return deviceActive
	}
}

// register adds a device. One that is only CREATED has no user yet.
func (s *seeder) register(u *user, kind deviceKind, status deviceStatus) *device {
	number := s.devices.next
	s.devices.next++
	now := stampOf(s.start)
	joined := max(u.live.activated, u.live.created)
	created := joined + stamp(mix(s.seed, 'c', uint64(number))%uint64(now-joined+1))
	d := device{
		owner: u, first: u.live.profile.text("firstName"), number: number, kind: kind, status: status,
		created: created, updated: created + stamp(mix(s.seed, 'e', uint64(number))%uint64(now-created+1)),
	}
	if status == deviceCreated {
		d.owner, d.updated = nil, created
	}
	s.devices.all = append(s.devices.all, d)
	return &s.devices.all[len(s.devices.all)-1]
}
