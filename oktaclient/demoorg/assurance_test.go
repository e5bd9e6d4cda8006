package demoorg_test

import (
	"fmt"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
)

const assurancePath = "/api/v1/device-assurances"

func TestDeviceAssurance(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: demoorg.MinSize})
	body := `{"name":"Fleet","platform":"CHROMEOS","big":9007199254740993,"unheardOf":{"deep":[null,1.50]},` +
		`"thirdPartySignalProviders":{"dtc":{"allowScreenLock":true}}}`
	made := must(t, org, 200, "POST", assurancePath, body)
	const shape = "_links:o big:n createdBy:s createdDate:t displayRemediationMode:s id:s lastUpdate:t lastUpdatedBy:s name:s " +
		"platform:s resourceDisplayName:o resourceId:s resourceType:s thirdPartySignalProviders:o unheardOf:o"
	if got := shapeOf(made.object(t)); got != shape {
		t.Errorf("a new policy is shaped\n  %s, want\n  %s", got, shape)
	}
	path := assurancePath + "/" + fmt.Sprint(made.object(t)["id"])
	read := must(t, org, 200, "GET", path, "").body
	if !strings.Contains(read, "9007199254740993") || !strings.Contains(read, `{"deep":[null,1.50]}`) {
		t.Errorf("members the org does not know do not come back as they went: %s", read)
	}
	put := must(t, org, 200, "PUT", path, `{"id":"mine","name":"Fleet 2","platform":"CHROMEOS","jailbreak":false}`).object(t)
	if put["name"] != "Fleet 2" || put["createdDate"] != nil || put["id"] == "mine" || put["thirdPartySignalProviders"] != nil {
		t.Errorf("a replaced policy is %v; want only what the body says, and no creation", put)
	}
	if now := must(t, org, 200, "GET", path, "").object(t); now["createdDate"] == nil {
		t.Errorf("the policy has lost when it was created: %v", now)
	}
	if got := len(must(t, org, 200, "GET", assurancePath, "").list(t)); got != 4 {
		t.Errorf("the org has %d policies, want three seeded and one made", got)
	}
	must(t, org, 204, "DELETE", path, "")
	for operation, kind := range map[string]string{
		"GET": "DeviceAssuranceRuleManagerImpl", "PUT": "DeviceAssuranceEntity", "DELETE": "DeviceAssuranceEntity",
	} {
		if got := must(t, org, 404, operation, path, "{}"); !strings.Contains(got.body, "("+kind+")") {
			t.Errorf("%s of a policy that is gone answers %s", operation, got.body)
		}
	}
}

func TestBadDeviceAssurance(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: demoorg.MinSize})
	free := org.Cast().FreeAssurance
	for _, w := range []struct{ body, code, cause string }{
		{`{"name":"Fleet","platform":"CHROMEOS"}`, "E0000001", "Please select at least one device condition before saving"},
		{`{"name":"Fleet","platform":"IOS","displayRemediationMode":"SHOW","jailbreak":null}`, "E0000001", "Please select at least one device condition before saving"},
		{`{"platform":"IOS","jailbreak":false}`, "E0000001", "name: The field cannot be left blank"},
		{`{"name":"Fleet","platform":"AMIGA","jailbreak":false}`, "E0000001", "platform: The value must be one of"},
		{`{"name":"` + free.Name + `","platform":"IOS","jailbreak":false}`, "E0000001", "already exists"},
		{`null`, "E0000003", ""},
		{`{`, "E0000003", ""},
	} {
		if got := must(t, org, 400, "POST", assurancePath, w.body); got.code() != w.code || !strings.Contains(got.body, w.cause) {
			t.Errorf("%s answers %s, want %s and %q", w.body, got.body, w.code, w.cause)
		}
	}
	must(t, org, 200, "PUT", assurancePath+"/"+free.ID, `{"name":"`+free.Name+`","platform":"IOS","jailbreak":true}`)
}

func TestDeviceAssuranceInUseStays(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: demoorg.MinSize})
	c := org.Cast()
	got := must(t, org, 409, "DELETE", assurancePath+"/"+c.Assurance.ID, "")
	if !strings.Contains(got.body, "Device assurance is in use and cannot be deleted.") {
		t.Errorf("deleting a policy that a rule names answers %s", got.body)
	}
	must(t, org, 204, "DELETE", "/api/v1/policies/"+c.AccessPolicy.ID+"/rules/"+c.AccessRule.ID, "")
	must(t, org, 204, "DELETE", assurancePath+"/"+c.Assurance.ID, "")
	must(t, org, 204, "DELETE", assurancePath+"/"+c.FreeAssurance.ID, "")
}
