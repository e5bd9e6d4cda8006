package demoorg_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
)

// rulePolicy is the type of the policies that rules of a type belong to.
func rulePolicy(ruleType string) string {
	if ruleType == "SIGN_ON" {
		return "OKTA_SIGN_ON"
	}
	return ruleType
}

// policyFor is the path of a policy of a type: a new one, or the org's only one.
func policyFor(t *testing.T, org *demoorg.Org, kind string, recorded map[string]any) string {
	t.Helper()
	body := map[string]any{"name": "Twin"}
	if recorded["id"] != nil {
		body = maps.Clone(recorded)
	}
	body["type"] = kind
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	if recorded["system"] != true {
		if made := send(org.Admin(), "POST", "/api/v1/policies", string(raw)); made.status == 200 {
			return "/api/v1/policies/" + fmt.Sprint(made.object(t)["id"])
		}
	}
	for _, p := range must(t, org, 200, "GET", "/api/v1/policies?type="+kind, "").list(t) {
		if p["system"] == true {
			return "/api/v1/policies/" + fmt.Sprint(p["id"])
		}
	}
	t.Fatalf("no policy of type %s", kind)
	return ""
}

// aPolicy is the policy of a recorded answer, made here.
func aPolicy(tail string) twin {
	return func(t *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
		was := asObject(p.Response)
		if p.Status == 404 {
			return "/api/v1/policies/00pabsent" + tail, "", true
		}
		kind := "ACCESS_POLICY"
		if was["type"] != nil {
			kind = fmt.Sprint(was["type"])
		}
		return policyFor(t, org, kind, was) + tail, p.Request, p.Method != "PUT" || p.Request != ""
	}
}

// aPolicyRule is the rule of a recorded answer, made here.
func aPolicyRule(tail string) twin {
	return func(t *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
		was := asObject(p.Response)
		if was == nil {
			was = map[string]any{"name": "Twin", "type": "ACCESS_POLICY"}
		}
		target := policyFor(t, org, rulePolicy(fmt.Sprint(was["type"])), nil)
		if was["system"] == true {
			rules := must(t, org, 200, "GET", target+"/rules", "").ids(t)
			return target + "/rules/" + rules[len(rules)-1] + tail, p.Request, p.Method != "PUT" || p.Request != ""
		}
		id := ruleLike(t, org, target, was)
		return target + "/rules/" + id + tail, p.Request, p.Method != "PUT" || p.Request != ""
	}
}

func ruleLike(t *testing.T, org *demoorg.Org, policy string, recorded map[string]any) string {
	t.Helper()
	body := maps.Clone(recorded)
	body["priority"], body["name"] = 0, "Twin"
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	id := fmt.Sprint(must(t, org, 200, "POST", policy+"/rules", string(raw)).object(t)["id"])
	if recorded["status"] == "INACTIVE" {
		must(t, org, 204, "POST", policy+"/rules/"+id+"/lifecycle/deactivate", "")
	}
	return id
}

// aZone is the zone of a recorded answer, made here.
func aZone(tail string) twin {
	return func(t *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
		was := asObject(p.Response)
		if was == nil {
			was = map[string]any{"name": "Twin", "type": "IP"}
		}
		if p.Status == 404 {
			return "/api/v1/zones/nzoabsent", "", true
		}
		if was["system"] == true {
			for _, z := range must(t, org, 200, "GET", "/api/v1/zones", "").list(t) {
				if z["name"] == was["name"] {
					return "/api/v1/zones/" + fmt.Sprint(z["id"]) + tail, p.Request, true
				}
			}
		}
		raw, err := json.Marshal(was)
		if err != nil {
			t.Fatal(err)
		}
		target := "/api/v1/zones/" + fmt.Sprint(must(t, org, 200, "POST", "/api/v1/zones", string(raw)).object(t)["id"])
		if was["status"] == "INACTIVE" || p.Method == "DELETE" {
			must(t, org, 200, "POST", target+"/lifecycle/deactivate", "")
		}
		return target + tail, p.Request, p.Method != "PUT" || p.Request != ""
	}
}

func policyTwins() map[string]twin {
	return map[string]twin{
		"GET /api/v1/policies": func(_ *testing.T, _ *demoorg.Org, p pair) (string, string, bool) {
			return "/api/v1/policies?" + p.Query, "", true
		},
		"POST /api/v1/policies": func(_ *testing.T, _ *demoorg.Org, p pair) (string, string, bool) {
			return "/api/v1/policies?" + p.Query, p.Request, p.Request != ""
		},
		"GET /api/v1/policies/{policyId}":                       aPolicy(""),
		"PUT /api/v1/policies/{policyId}":                       aPolicy(""),
		"DELETE /api/v1/policies/{policyId}":                    aPolicy(""),
		"GET /api/v1/policies/{policyId}/app":                   aPolicy("/app"),
		"GET /api/v1/policies/{policyId}/mappings":              aPolicy("/mappings"),
		"POST /api/v1/policies/{policyId}/mappings":             aPolicy("/mappings"),
		"POST /api/v1/policies/{policyId}/clone":                aPolicy("/clone"),
		"POST /api/v1/policies/{policyId}/lifecycle/activate":   aPolicy("/lifecycle/activate"),
		"POST /api/v1/policies/{policyId}/lifecycle/deactivate": aPolicy("/lifecycle/deactivate"),
		"POST /api/v1/policies/simulate":                        to(func(demoorg.Cast) string { return "/api/v1/policies/simulate" }),
		"GET /api/v1/policies/{policyId}/rules": func(t *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
			var rules []map[string]any
			if err := json.Unmarshal([]byte(p.Response), &rules); err != nil || len(rules) == 0 {
				return "", "", false
			}
			target := policyFor(t, org, rulePolicy(fmt.Sprint(rules[0]["type"])), nil)
			if rules[0]["system"] != true {
				ruleLike(t, org, target, rules[0])
			}
			return target + "/rules", "", true
		},
		"POST /api/v1/policies/{policyId}/rules": func(t *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
			kind := rulePolicy(fmt.Sprint(asObject(p.Response)["type"]))
			return policyFor(t, org, kind, nil) + "/rules?" + p.Query, p.Request, p.Request != ""
		},
		"GET /api/v1/policies/{policyId}/rules/{ruleId}":                       aPolicyRule(""),
		"PUT /api/v1/policies/{policyId}/rules/{ruleId}":                       aPolicyRule(""),
		"DELETE /api/v1/policies/{policyId}/rules/{ruleId}":                    aPolicyRule(""),
		"POST /api/v1/policies/{policyId}/rules/{ruleId}/lifecycle/activate":   aPolicyRule("/lifecycle/activate"),
		"POST /api/v1/policies/{policyId}/rules/{ruleId}/lifecycle/deactivate": aPolicyRule("/lifecycle/deactivate"),
		"PUT /api/v1/apps/{appId}/policies/{policyId}": func(_ *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
			app := org.Cast().ProjectApp.ID
			if p.Status == 400 {
				app = org.Cast().AdminConsole.ID
			}
			return "/api/v1/apps/" + app + "/policies/" + org.Cast().AccessPolicy.ID, "", true
		},
		"GET /api/v1/zones": to(func(demoorg.Cast) string { return "/api/v1/zones" }),
		"POST /api/v1/zones": func(_ *testing.T, _ *demoorg.Org, p pair) (string, string, bool) {
			return "/api/v1/zones", p.Request, p.Request != ""
		},
		"GET /api/v1/zones/{zoneId}":                       aZone(""),
		"PUT /api/v1/zones/{zoneId}":                       aZone(""),
		"DELETE /api/v1/zones/{zoneId}":                    aZone(""),
		"POST /api/v1/zones/{zoneId}/lifecycle/activate":   aZone("/lifecycle/activate"),
		"POST /api/v1/zones/{zoneId}/lifecycle/deactivate": aZone("/lifecycle/deactivate"),
		"GET /api/v1/authenticators/{authenticatorId}": func(t *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
			was := asObject(p.Response)
			for _, a := range must(t, org, 200, "GET", "/api/v1/authenticators", "").list(t) {
				if a["key"] == was["key"] && a["status"] == was["status"] {
					return "/api/v1/authenticators/" + fmt.Sprint(a["id"]), "", true
				}
			}
			return "", "", false
		},
	}
}

// TestRecordedAuthenticators compares each recorded authenticator with ours of
// the same key and status: the lists begin with others.
func TestRecordedAuthenticators(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: demoorg.MinSize})
	ours := must(t, org, 200, "GET", "/api/v1/authenticators", "").list(t)
	compared := 0
	for _, p := range readPairs(t) {
		if p.Method != "GET" || p.Template != "/api/v1/authenticators" {
			continue
		}
		var recorded []map[string]any
		if err := json.Unmarshal([]byte(p.Response), &recorded); err != nil {
			t.Fatal(err)
		}
		for _, r := range recorded {
			for _, a := range ours {
				if a["key"] != r["key"] || a["status"] != r["status"] {
					continue
				}
				compared++
				for _, d := range differences("", any(r), any(a)) {
					if !strings.Contains(d, "userVerificationMethods") { // of newer orgs only
						t.Errorf("%s: %s", r["key"], d)
					}
				}
			}
		}
	}
	if compared < 10 {
		t.Errorf("compared %d authenticators only", compared)
	}
}
