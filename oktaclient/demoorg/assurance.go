package demoorg

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
)

// assurance is one device assurance policy. Its conditions differ by platform,
// so the body is kept as it came.
type assurance struct {
	id               string
	created, updated stamp
	body             map[string]any
}

// assuranceRoutes are device assurance policies.
func assuranceRoutes() []route {
	const all, one = "/api/v1/device-assurances", "/api/v1/device-assurances/{deviceAssuranceId}"
	const read, write = "okta.deviceAssurance.read", "okta.deviceAssurance.manage"
	return []route{
		{"GET", all, "listDeviceAssurancePolicies", read, "", listAssurance},
		{"POST", all, "createDeviceAssurancePolicy", write, "", createAssurance},
		{"GET", one, "getDeviceAssurancePolicy", read, "", getAssurance},
		{"PUT", one, "replaceDeviceAssurancePolicy", write, "", replaceAssurance},
		{"DELETE", one, "deleteDeviceAssurancePolicy", write, "", deleteAssurance},
	}
}

// Okta's words for a device assurance policy that does not exist (recorded):
// one for those who read, one for those who write.
const (
	readAssurance  = "DeviceAssuranceRuleManagerImpl"
	writeAssurance = "DeviceAssuranceEntity"
)

func (o *Org) assurance(c *call, kind string) (*assurance, error) {
	id := c.params["deviceAssuranceId"]
	for _, a := range o.devices.assurance {
		if a.id == id {
			return a, nil
		}
	}
	return nil, notFound(id, kind)
}

// doc is the policy as the API shows it.
func (o *Org) assuranceDoc(a *assurance, base string) map[string]any {
	doc := maps.Clone(a.body)
	name, _ := a.body["name"].(string)
	maps.Copy(doc, map[string]any{
		"id": a.id, "createdDate": a.created, "createdBy": o.cast.SuperAdmin.ID,
		"lastUpdate": a.updated, "lastUpdatedBy": o.cast.SuperAdmin.ID,
		"resourceType": "DeviceAssurancePolicyEntity", "resourceId": a.id, "resourceDisplayName": displayName{name, false},
		"_links": map[string]hinted{
			"self": hint(base+"/api/v1/device-assurances/"+a.id, http.MethodGet, http.MethodPut, http.MethodDelete),
		},
	})
	return doc
}

func listAssurance(o *Org, c *call) (answer, error) {
	docs := []map[string]any{}
	for _, a := range o.devices.assurance {
		docs = append(docs, o.assuranceDoc(a, c.base))
	}
	return ok(docs)
}

func getAssurance(o *Org, c *call) (answer, error) {
	a, err := o.assurance(c, readAssurance)
	if err != nil {
		return answer{}, err
	}
	return ok(o.assuranceDoc(a, c.base))
}

func createAssurance(o *Org, c *call) (answer, error) {
	body, err := o.assuranceBody(c, nil)
	if err != nil {
		return answer{}, err
	}
	now := stampOf(c.now)
	a := &assurance{id: o.mint("dae"), created: now, updated: now, body: body}
	o.devices.assurance = append(o.devices.assurance, a)
	return ok(o.assuranceDoc(a, c.base))
}

// replaceAssurance answers without who created the policy and when (recorded).
func replaceAssurance(o *Org, c *call) (answer, error) {
	a, err := o.assurance(c, writeAssurance)
	if err != nil {
		return answer{}, err
	}
	body, err := o.assuranceBody(c, a)
	if err != nil {
		return answer{}, err
	}
	a.body, a.updated = body, stampOf(c.now)
	doc := o.assuranceDoc(a, c.base)
	delete(doc, "createdDate")
	delete(doc, "createdBy")
	return ok(doc)
}

// deleteAssurance refuses while an authentication policy rule names the policy.
// https://developer.okta.com/docs/api/openapi/okta-management/management/tag/DeviceAssurance/
func deleteAssurance(o *Org, c *call) (answer, error) {
	a, err := o.assurance(c, writeAssurance)
	if err != nil {
		return answer{}, err
	}
	if len(o.policyRulesNaming(a.id)) > 0 {
		return answer{}, &apiError{
			status: http.StatusConflict, code: "E0000195", summary: "Device assurance is in use and cannot be deleted.",
		}
	}
	o.devices.assurance = slices.DeleteFunc(o.devices.assurance, func(other *assurance) bool { return other == a })
	return noContent()
}

// assuranceBody reads and checks what a policy is to be; was is the policy that
// it replaces, or nil.
func (o *Org) assuranceBody(c *call, was *assurance) (map[string]any, error) {
	var body map[string]any
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if body == nil {
		return nil, malformedBody()
	}
	for _, name := range []string{
		"id", "createdDate", "createdBy", "lastUpdate", "lastUpdatedBy", "resourceType", "resourceId", "resourceDisplayName", "_links",
	} {
		delete(body, name)
	}
	name, _ := body["name"].(string)
	platform, _ := body["platform"].(string)
	switch {
	case name == "":
		return nil, invalid("name", "name: The field cannot be left blank")
	case !slices.Contains([]string{"ANDROID", "CHROMEOS", "IOS", "MACOS", "WINDOWS"}, platform):
		return nil, invalid("platform", "platform: The value must be one of ANDROID, CHROMEOS, IOS, MACOS, WINDOWS")
	case !hasDeviceCondition(body):
		return nil, invalid("deviceAssuranceMediated", "Please select at least one device condition before saving")
	}
	for _, other := range o.devices.assurance {
		if other != was && other.body["name"] == name {
			return nil, invalid("name", "name: An object with this field already exists in the current organization")
		}
	}
	if body["displayRemediationMode"] == nil {
		body["displayRemediationMode"] = "HIDE"
	}
	return body, nil
}

// hasDeviceCondition says whether a body asks anything of a device.
func hasDeviceCondition(body map[string]any) bool {
	for name, value := range body {
		switch name {
		case "name", "platform", "displayRemediationMode", "gracePeriod":
		default:
			if value != nil {
				return true
			}
		}
	}
	return false
}

// seedAssurance makes the policy that a rule names, under the id the rule gave
// it, and those that no rule names.
func (s *seeder) seedAssurance() {
	s.cast.Assurance = s.addAssurance(cmp.Or(s.cast.Assurance.ID, s.mint("dae")), map[string]any{
		"name": cmp.Or(s.cast.Assurance.Name, "Managed Mac"), "platform": "MACOS", "osVersion": map[string]any{"minimum": "14.0.0"},
		"secureHardwarePresent": true, "diskEncryptionType": map[string]any{"include": []string{"ALL_INTERNAL_VOLUMES"}},
	})
	s.addAssurance(s.mint("dae"), map[string]any{
		"name": "Managed Windows", "platform": "WINDOWS", "osVersion": map[string]any{"minimum": "10.0.22631"},
		"diskEncryptionType": map[string]any{"include": []string{"ALL_INTERNAL_VOLUMES"}},
	})
	s.cast.FreeAssurance = s.addAssurance(s.mint("dae"), map[string]any{
		"name": "Phones on iOS 18", "platform": "IOS", "osVersion": map[string]any{"minimum": "18.0"}, "jailbreak": false,
	})
}

func (s *seeder) addAssurance(id string, body map[string]any) Thing {
	body["displayRemediationMode"] = "HIDE"
	made := s.ago(300, 30)
	s.devices.assurance = append(s.devices.assurance, &assurance{id: id, created: made, updated: made, body: body})
	name, _ := body["name"].(string)
	return Thing{id, name}
}
