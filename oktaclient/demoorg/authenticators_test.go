package demoorg_test

import (
	"fmt"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
)

func TestAuthenticators(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	list := must(t, org, 200, "GET", "/api/v1/authenticators", "")
	if len(list.header["Link"]) != 0 {
		t.Errorf("Okta does not page authenticators; links are %v", list.header["Link"])
	}
	const plain = "_links:o created:t id:s key:s lastUpdated:t name:s status:s type:s"
	links := map[string]string{"okta_password": "methods:o self:o", "okta_verify": "deactivate:o enroll:o methods:o self:o", "yubikey_token": "activate:o methods:o self:o"}
	seen := map[string]bool{}
	for _, a := range list.list(t) {
		key := fmt.Sprint(a["key"])
		seen[key] = true
		if got := strings.Replace(shapeOf(a), " settings:o", "", 1); got != plain {
			t.Errorf("%s is shaped %s, want %s", key, got, plain)
		}
		if members, _ := a["_links"].(map[string]any); links[key] != "" && shapeOf(members) != links[key] {
			t.Errorf("%s links to %s, want %s", key, shapeOf(members), links[key])
		}
		one := must(t, org, 200, "GET", "/api/v1/authenticators/"+fmt.Sprint(a["id"]), "").object(t)
		if fmt.Sprint(one) != fmt.Sprint(a) {
			t.Errorf("%s alone is %v, in the list %v", key, one, a)
		}
	}
	for key := range links {
		if !seen[key] {
			t.Errorf("no authenticator %s", key)
		}
	}
	refuse(t, org, []refusal{{"no such", "GET", "/api/v1/authenticators/autnone", "", 404, "E0000007", "autnone (Authenticator)"}})
}
