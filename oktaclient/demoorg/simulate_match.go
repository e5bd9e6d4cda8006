package demoorg

import (
	"maps"
	"slices"
	"strings"
)

// conditions tries them all: one that fails decides, then one that is open.
func (s *scene) conditions(conditions map[string]any) (verdict, []judgement) {
	status, reasons := isMatch, []judgement{}
	for _, name := range slices.Sorted(maps.Keys(conditions)) {
		if saysNothing(conditions[name]) {
			continue
		}
		object, _ := conditions[name].(map[string]any)
		found, why := s.condition(name, object)
		status = stricter(status, found)
		reasons = append(reasons, why...)
	}
	return status, reasons
}

// saysNothing tells conditions that are there for form: empty, or ANY.
func saysNothing(condition any) bool {
	switch v := condition.(type) {
	case nil:
		return true
	case string:
		return v == "" || v == "ANY" || v == "ANYWHERE"
	case bool:
		return !v
	case []any:
		return len(v) == 0
	case map[string]any:
		for _, inner := range v {
			if !saysNothing(inner) {
				return false
			}
		}
		return true
	}
	return false
}

// stricter is the verdict on two conditions that must both hold.
func stricter(a, b verdict) verdict {
	for _, v := range []verdict{noMatch, undecided} {
		if a == v || b == v {
			return v
		}
	}
	return isMatch
}

// looser is the verdict on two conditions of which one suffices.
func looser(a, b verdict) verdict {
	for _, v := range []verdict{isMatch, undecided} {
		if a == v || b == v {
			return v
		}
	}
	return noMatch
}

func not(v verdict) verdict {
	switch v {
	case isMatch:
		return noMatch
	case noMatch:
		return isMatch
	}
	return undecided
}

func decided(holds bool) verdict {
	if holds {
		return isMatch
	}
	return noMatch
}

// condition tries one. What this org does not know how to judge is undecided.
func (s *scene) condition(name string, condition map[string]any) (verdict, []judgement) {
	switch name {
	case "people":
		return s.people(condition)
	case "network":
		return s.network(condition)
	case "device":
		return s.deviceState(condition)
	}
	status := undecided
	switch name {
	case "authProvider": // whose password it is: everybody's is Okta's here
		status = decided(condition["provider"] == "OKTA")
	case "platform":
		status = s.platform(condition)
	case "riskScore":
		if s.risk != "" && condition["level"] != nil {
			status = decided(condition["level"] == s.risk)
		}
	case "userType":
		types := []string{s.org.userTypes.typeID}
		status = s.listed(condition, func(id string) verdict { return decided(slices.Contains(types, id)) })
	case "elCondition":
		status = s.expression(text(condition["condition"]))
	}
	return status, []judgement{{name, status}}
}

// listed is the verdict on a condition of the form include and exclude.
func (s *scene) listed(condition map[string]any, one func(id string) verdict) verdict {
	status := isMatch
	if include := listIn(condition, "include"); len(include) > 0 {
		status = anyOf(include, one)
	}
	return stricter(status, not(anyOf(listIn(condition, "exclude"), one)))
}

func anyOf(ids []any, one func(id string) verdict) verdict {
	status := noMatch
	for _, id := range ids {
		status = looser(status, one(text(id)))
	}
	return status
}

// people: included by name or through a group, and excluded in neither way.
func (s *scene) people(condition map[string]any) (verdict, []judgement) {
	var reasons []judgement
	included, asked, status := noMatch, false, isMatch
	for _, kind := range []struct {
		name string
		one  func(id string) verdict
	}{{"groups", s.inGroup}, {"users", s.isUser}} {
		lists, _ := condition[kind.name].(map[string]any)
		if include := listIn(lists, "include"); len(include) > 0 {
			found := anyOf(include, kind.one)
			included, asked = looser(included, found), true
			reasons = append(reasons, judgement{"people." + kind.name + ".include", found})
		}
		if exclude := listIn(lists, "exclude"); len(exclude) > 0 {
			found := not(anyOf(exclude, kind.one))
			status = stricter(status, found)
			reasons = append(reasons, judgement{"people." + kind.name + ".exclude", found})
		}
	}
	if asked {
		status = stricter(status, included)
	}
	return status, reasons
}

func (s *scene) inGroup(id string) verdict {
	switch {
	case s.user != nil:
		g := s.org.groups.byID[id]
		return decided(g != nil && g.has(s.user))
	case id == s.org.groups.everyone.id:
		return isMatch
	case s.groups != nil:
		return decided(slices.Contains(s.groups, id))
	}
	return undecided
}

func (s *scene) isUser(id string) verdict {
	if s.user == nil {
		return undecided
	}
	return decided(s.user.id == id)
}

func (s *scene) network(condition map[string]any) (verdict, []judgement) {
	switch condition["connection"] {
	case "ON_NETWORK":
		found := s.inZone(s.org.cast.DefaultZone.ID)
		return found, []judgement{{"network.connection", found}}
	case "OFF_NETWORK":
		found := not(s.inZone(s.org.cast.DefaultZone.ID))
		return found, []judgement{{"network.connection", found}}
	}
	if include := listIn(condition, "include"); len(include) > 0 {
		found := anyOf(include, s.inZone)
		return found, []judgement{{"network.include", found}}
	}
	found := not(anyOf(listIn(condition, "exclude"), s.inZone))
	return found, []judgement{{"network.exclude", found}}
}

// inZone says whether the sign-in comes from a zone. An INACTIVE one holds
// nobody; where an address lies in the world this org does not know.
func (s *scene) inZone(id string) verdict {
	if id == "ALL_ZONES" {
		status := noMatch
		for _, z := range s.org.zones.all {
			if z.usage == zonePolicy {
				status = looser(status, s.inZone(z.id))
			}
		}
		return status
	}
	z := s.org.zoneByID(id)
	switch {
	case z == nil || z.status != policyActive:
		return noMatch
	case s.zones != nil:
		return decided(slices.Contains(s.zones, id))
	case z.kind == "IP" && s.address.IsValid():
		return decided(z.holds(s.address))
	}
	return undecided
}

// deviceState tries registered, managed and assurance. Only what is demanded
// counts: managed false lets managed devices in too.
func (s *scene) deviceState(condition map[string]any) (status verdict, reasons []judgement) {
	status = isMatch
	add := func(name string, found verdict) {
		status = stricter(status, found)
		reasons = append(reasons, judgement{"device." + name, found})
	}
	if condition["registered"] == true {
		add("registered", stated(s.device.Registered))
	}
	if condition["managed"] == true {
		add("managed", stated(s.device.Managed))
	}
	assurance, _ := condition["assurance"].(map[string]any)
	if include := listIn(assurance, "include"); len(include) > 0 {
		found := undecided
		if s.device.Assurance != "" {
			found = decided(slices.Contains(include, any(s.device.Assurance)))
		}
		add("assurance.include", found)
	}
	return status, reasons
}

func stated(answer *bool) verdict {
	if answer == nil {
		return undecided
	}
	return decided(*answer)
}

func (s *scene) platform(condition map[string]any) verdict {
	if s.device.Platform == "" {
		return undecided
	}
	fits := func(entry any) bool {
		object, _ := entry.(map[string]any)
		os, _ := object["os"].(map[string]any)
		kind, system := text(object["type"]), text(os["type"])
		switch {
		case system == "OTHER":
			return s.device.Platform == kind+"_OTHER"
		case system != "" && system != "ANY":
			return s.device.Platform == system
		}
		mobile := slices.Contains([]string{"IOS", "ANDROID", "MOBILE_OTHER"}, s.device.Platform)
		return kind == "" || kind == "ANY" || (kind == "MOBILE") == mobile
	}
	include := listIn(condition, "include")
	if len(include) > 0 && !slices.ContainsFunc(include, fits) {
		return noMatch
	}
	return decided(!slices.ContainsFunc(listIn(condition, "exclude"), fits))
}

// expression tries a condition in Okta's expression language on the user: what
// group rules can say can be judged here too.
func (s *scene) expression(condition string) verdict {
	if s.user == nil {
		return undecided
	}
	e, err := compile(strings.ReplaceAll(condition, "user.profile.", "user."))
	if err != nil {
		return undecided
	}
	if holds, isBool := e(subject{s.user, s.org}).(bool); isBool {
		return decided(holds)
	}
	return undecided
}
