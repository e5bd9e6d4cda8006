package demoorg_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
)

// recording is where a checkout may have recordings of a real org's answers,
// beside the module's root.
var recording = filepath.Join("..", "..", "..", "shared", "recorded", "okta-recorded.jsonl")

// pair is one recorded request and answer.
type pair struct {
	Method   string              `json:"method"`
	Path     string              `json:"path"`
	Query    string              `json:"query"`
	Request  string              `json:"request_body"`
	Status   int                 `json:"status"`
	Header   map[string][]string `json:"response_headers"`
	Response string              `json:"response_body"`
	Template string              `json:"template"`
}

func readPairs(t *testing.T) []pair {
	t.Helper()
	file, err := os.Open(recording)
	if err != nil {
		t.Skipf("no recordings to compare with at %s: %v", recording, err)
	}
	defer file.Close()
	var pairs []pair
	for lines := bufio.NewReader(file); ; {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var p pair
			if err := json.Unmarshal(line, &p); err != nil {
				t.Fatalf("read %s: %v", recording, err)
			}
			pairs = append(pairs, p)
		}
		if err != nil {
			return pairs
		}
	}
}

// twin makes in our org what the recorded request met in the real one, and
// gives the request to send here; ok false when the recording itself does not
// tell (a body that was not kept).
type twin func(t *testing.T, org *demoorg.Org, p pair) (target, body string, ok bool)

// aUser is a user in the status of the recorded answer.
func aUser(t *testing.T, org *demoorg.Org, p pair) string {
	t.Helper()
	var was struct {
		Status      string `json:"status"`
		Credentials struct {
			Password *struct{} `json:"password"`
		} `json:"credentials"`
	}
	_ = json.Unmarshal([]byte(p.Response), &was) // an answer that is no user asks for no status
	query, more := "", ""
	if was.Status == "STAGED" {
		query = "?activate=false"
	}
	if was.Credentials.Password != nil || was.Status == "ACTIVE" {
		more = `,"credentials":{"password":{"value":"Abcd1234"}}`
	}
	id := newUser(t, org, "twin@acme.example", query, more)
	if was.Status != "" && was.Status != statusOf(t, org, id) {
		if err := org.SetStatus("twin@acme.example", was.Status); err != nil {
			t.Fatal(err)
		}
	}
	return id
}

// lifeCycle prepares a user for an operation that was allowed or refused.
func lifeCycle(op, from, refusedFrom string) twin {
	return func(t *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
		id := newUser(t, org, "twin@acme.example", "", "")
		if p.Status >= 400 {
			from = refusedFrom
		}
		if err := org.SetStatus("twin@acme.example", from); err != nil {
			t.Fatal(err)
		}
		return "/api/v1/users/" + id + "/lifecycle/" + op + "?" + p.Query, "", p.Status != 204
	}
}

// aRole is a role of the recorded kind, held by a user or group.
func aRole(holder string, p pair, t *testing.T, org *demoorg.Org) string {
	kind := "APP_ADMIN"
	if i := strings.Index(p.Response, `"type":"`); i >= 0 {
		kind, _, _ = strings.Cut(p.Response[i+len(`"type":"`):], `"`)
	}
	return fmt.Sprint(must(t, org, 201, "POST", holder+"/roles", `{"type":"`+kind+`"}`).object(t)["id"])
}

// to is a twin that needs no preparation; the cast fills in the target.
func to(target func(demoorg.Cast) string) twin {
	return func(_ *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
		return target(org.Cast()), p.Request, true
	}
}

// The targets most twins use.
func theAdmin(c demoorg.Cast) string   { return "/api/v1/users/" + c.SuperAdmin.ID }
func theProject(c demoorg.Cast) string { return "/api/v1/groups/" + c.Project.ID }

// aRule makes a rule and gives its path and the body that made it.
func aRule(t *testing.T, org *demoorg.Org) (target, body string) {
	t.Helper()
	body = ruleBody("twin", "user.onCall", org.Cast().Project.ID)
	id := fmt.Sprint(must(t, org, 200, "POST", "/api/v1/groups/rules", body).object(t)["id"])
	return "/api/v1/groups/rules/" + id, body
}

// twins are the twins of every recorded operation the org models, by method
// and template.
func twins() map[string]twin {
	all := map[string]twin{}
	for _, some := range []map[string]twin{userTwins(), userLifeTwins(), roleTwins(), groupTwins(), ruleTwins(), policyTwins(), appTwins(), deviceTwins(), sessionTwins(), linkedTwins(), iamTwins()} {
		maps.Copy(all, some)
	}
	return all
}

func userTwins() map[string]twin {
	return map[string]twin{
		"GET /api/v1/users": func(_ *testing.T, _ *demoorg.Org, p pair) (string, string, bool) {
			switch {
			case strings.Contains(p.Query, "search="):
				return "/api/v1/users" + query("search", `status eq "PROVISIONED"`), "", true
			case strings.Contains(p.Query, "filter="):
				return "/api/v1/users" + query("filter", `status eq "PROVISIONED"`), "", true
			}
			return "/api/v1/users", "", true
		},
		"POST /api/v1/users": func(_ *testing.T, _ *demoorg.Org, p pair) (string, string, bool) {
			return "/api/v1/users?" + p.Query, p.Request, p.Request != ""
		},
		"GET /api/v1/users/{id}": func(t *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
			return "/api/v1/users/" + aUser(t, org, p), "", true
		},
		"POST /api/v1/users/{id}": func(t *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
			return "/api/v1/users/" + aUser(t, org, p), `{"profile":{"nickName":"JD"}}`, true
		},
		"PUT /api/v1/users/{id}": func(t *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
			return "/api/v1/users/" + aUser(t, org, p), `{"profile":{"login":"twin@acme.example","email":"twin@acme.example","firstName":"T","lastName":"W"}}`, true
		},
		"DELETE /api/v1/users/{id}": func(t *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
			return "/api/v1/users/" + aUser(t, org, p), "", true
		},
		"GET /api/v1/users/{id}/groups":          to(func(c demoorg.Cast) string { return theAdmin(c) + "/groups" }),
		"GET /api/v1/users/{id}/appLinks":        to(func(c demoorg.Cast) string { return theAdmin(c) + "/appLinks" }),
		"DELETE /api/v1/users/{userId}/sessions": to(func(c demoorg.Cast) string { return theAdmin(c) + "/sessions" }),
	}
}

func userLifeTwins() map[string]twin {
	return map[string]twin{
		"POST /api/v1/users/{id}/lifecycle/activate":      lifeCycle("activate", "STAGED", "ACTIVE"),
		"POST /api/v1/users/{id}/lifecycle/deactivate":    lifeCycle("deactivate", "ACTIVE", "DEPROVISIONED"),
		"POST /api/v1/users/{id}/lifecycle/reactivate":    lifeCycle("reactivate", "PROVISIONED", "ACTIVE"),
		"POST /api/v1/users/{id}/lifecycle/reset_factors": lifeCycle("reset_factors", "ACTIVE", "DEPROVISIONED"),
		"POST /api/v1/users/{id}/lifecycle/suspend":       lifeCycle("suspend", "ACTIVE", "STAGED"),
		"POST /api/v1/users/{id}/lifecycle/unsuspend":     lifeCycle("unsuspend", "SUSPENDED", "ACTIVE"),
		"POST /api/v1/users/{id}/lifecycle/unlock":        lifeCycle("unlock", "LOCKED_OUT", "ACTIVE"),
		"POST /api/v1/users/{userId}/credentials/change_recovery_question": func(t *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
			return theAdmin(org.Cast()) + "/credentials/change_recovery_question", p.Request, p.Request != ""
		},
		"GET /.well-known/okta-organization": to(func(demoorg.Cast) string { return "/.well-known/okta-organization" }),
		"GET /api/v1/meta/types/user":        to(func(demoorg.Cast) string { return "/api/v1/meta/types/user" }),
	}
}

func roleTwins() map[string]twin {
	return map[string]twin{
		"GET /api/v1/users/{userId}/roles":  to(func(c demoorg.Cast) string { return theAdmin(c) + "/roles" }),
		"POST /api/v1/users/{userId}/roles": to(func(c demoorg.Cast) string { return "/api/v1/users/" + c.Contractor.ID + "/roles" }),
		"GET /api/v1/users/{userId}/roles/{roleAssignmentId}": func(t *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
			holder := "/api/v1/users/" + org.Cast().Contractor.ID
			return holder + "/roles/" + aRole(holder, p, t, org), "", true
		},
		"DELETE /api/v1/users/{userId}/roles/{roleAssignmentId}": func(t *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
			holder := "/api/v1/users/" + org.Cast().Contractor.ID
			id := aRole(holder, p, t, org)
			if p.Status == 404 {
				id = "KVJUKUS7IFCE2SKO"
			}
			return holder + "/roles/" + id, "", true
		},
		"GET /api/v1/groups/{groupId}/roles": to(func(c demoorg.Cast) string { return "/api/v1/groups/" + c.AdminGroup.ID + "/roles" }),
		"POST /api/v1/groups/{groupId}/roles": func(_ *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
			return theProject(org.Cast()) + "/roles?" + p.Query, p.Request, p.Request != ""
		},
		"GET /api/v1/groups/{groupId}/roles/{roleAssignmentId}": func(t *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
			return theProject(org.Cast()) + "/roles/" + aRole(theProject(org.Cast()), p, t, org), "", true
		},
		"DELETE /api/v1/groups/{groupId}/roles/{roleAssignmentId}": func(t *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
			return theProject(org.Cast()) + "/roles/" + aRole(theProject(org.Cast()), p, t, org), "", true
		},
	}
}

func groupTwins() map[string]twin {
	return map[string]twin{
		"GET /api/v1/groups": func(_ *testing.T, _ *demoorg.Org, p pair) (string, string, bool) {
			switch {
			case strings.Contains(p.Query, "q="):
				return "/api/v1/groups?q=Project", "", true
			case strings.Contains(p.Query, "filter="):
				return "/api/v1/groups" + query("filter", `type eq "OKTA_GROUP"`), "", true
			}
			return "/api/v1/groups", "", true
		},
		"POST /api/v1/groups": func(_ *testing.T, _ *demoorg.Org, p pair) (string, string, bool) {
			return "/api/v1/groups", p.Request, p.Request != ""
		},
		"GET /api/v1/groups/{groupId}": to(theProject),
		"PUT /api/v1/groups/{groupId}": func(_ *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
			return theProject(org.Cast()), p.Request, p.Request != ""
		},
		"DELETE /api/v1/groups/{groupId}":                to(theProject),
		"GET /api/v1/groups/{groupId}/users":             to(func(c demoorg.Cast) string { return theProject(c) + "/users" }),
		"PUT /api/v1/groups/{groupId}/users/{userId}":    to(func(c demoorg.Cast) string { return theProject(c) + "/users/" + c.Staged.ID }),
		"DELETE /api/v1/groups/{groupId}/users/{userId}": to(func(c demoorg.Cast) string { return theProject(c) + "/users/" + c.Employee.ID }),
		"GET /api/v1/groups/{groupId}/apps": func(t *testing.T, org *demoorg.Org, _ pair) (string, string, bool) {
			return "/api/v1/groups/" + must(t, org, 200, "GET", "/api/v1/groups?q=Marketing", "").ids(t)[0] + "/apps", "", true
		},
	}
}

func ruleTwins() map[string]twin {
	return map[string]twin{
		"GET /api/v1/groups/rules": to(func(demoorg.Cast) string { return "/api/v1/groups/rules" }),
		"POST /api/v1/groups/rules": func(_ *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
			return "/api/v1/groups/rules", ruleBody("twin", "user.onCall", org.Cast().Project.ID), true
		},
		"GET /api/v1/groups/rules/{groupRuleId}": func(t *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
			target, _ := aRule(t, org)
			return target, "", true
		},
		"PUT /api/v1/groups/rules/{groupRuleId}": func(t *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
			target, body := aRule(t, org)
			return target, body, true
		},
		"DELETE /api/v1/groups/rules/{groupRuleId}": func(t *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
			target, _ := aRule(t, org)
			return target + "?" + p.Query, "", true
		},
		"POST /api/v1/groups/rules/{groupRuleId}/lifecycle/activate": func(t *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
			target, _ := aRule(t, org)
			return target + "/lifecycle/activate", "", true
		},
		"POST /api/v1/groups/rules/{groupRuleId}/lifecycle/deactivate": func(t *testing.T, org *demoorg.Org, p pair) (string, string, bool) {
			target, _ := aRule(t, org)
			return target + "/lifecycle/deactivate", "", true
		},
	}
}

// TestRecordedShapes sends what a real org was sent and compares the answers:
// status, links, and which members hold what.
func TestRecordedShapes(t *testing.T) {
	t.Parallel()
	pairs := readPairs(t)
	known := twins()
	compared := 0
	for _, p := range pairs {
		prepare, modelled := known[p.Method+" "+p.Template]
		if !modelled {
			continue
		}
		org := newOrg(t, demoorg.Options{Size: demoorg.MinSize})
		defineRecordedAttributes(t, org)
		newUser(t, org, "provisioned@acme.example", "", "")
		target, body, sendable := prepare(t, org, p)
		if !sendable {
			continue
		}
		compared++
		got := send(org.Admin(), p.Method, target, body)
		if got.status != p.Status {
			t.Errorf("%s %s (%s): %d %s, recorded %d %s", p.Method, p.Template, target, got.status, got.body, p.Status, p.Response)
			continue
		}
		if p.Response != "" && p.Method != "DELETE" && p.Status/100 != 4 {
			for _, difference := range differences("", asJSON(t, p.Response), asJSON(t, got.body)) {
				t.Errorf("%s %s: %s", p.Method, p.Template, difference)
			}
		}
		if recorded := len(p.Header["Link"]) > 0; recorded != (len(got.header["Link"]) > 0) {
			t.Errorf("%s %s?%s: links %v, recorded %v", p.Method, p.Template, p.Query, got.header["Link"], p.Header["Link"])
		}
	}
	if compared < 80 {
		t.Errorf("compared %d pairs only; did the recording change its templates?", compared)
	}
}

// defineRecordedAttributes adds the custom attributes of the recorded orgs.
func defineRecordedAttributes(t *testing.T, org *demoorg.Org) {
	t.Helper()
	must(t, org, 200, "POST", "/api/v1/meta/schemas/user/default", `{"definitions":{"custom":{"properties":{
		"array123":{"title":"A","type":"array","items":{"type":"string"}},"number123":{"title":"N","type":"number"},
		"customAttribute123":{"title":"C","type":"string"},"customAttribute1234":{"title":"C","type":"string"}}}}}`)
}

func asJSON(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("read %q: %v", text, err)
	}
	return v
}

// varies names members that real orgs show or not by age, edition or content.
func varies(path string) bool {
	for _, name := range []string{
		".realmId", ".emails", ".owners", ".resetFactors", ".forgotPassword", ".recovery_question", ".password",
		".transitioningToStatus", ".desktopMFAEnabled", ".itpEnabled", ".pssoEnabled", ".accessPolicy", ".profileEnrollment", ".policies", ".uploadLogo", ".universalLogout",
		".licensing", ".orn", ".autoLaunch", ".emOptInStatus", ".op4wEnabled", ".scheme", ".revealPassword", ".extendedProperties",
		".manualProvisioning", ".mappings", ".breachedProtection", ".riskScore", ".implicitAssignment", ".notes", ".owningTeam", ".method", ".isCloneable", ".displayRemediationMode",
	} {
		if strings.HasSuffix(path, name) || strings.Contains(path, name+".") {
			return true
		}
	}
	return strings.Contains(path, ".profile.") || strings.HasPrefix(path, "[].settings.app") || strings.Contains(path, "appLinks")
}

// differences lists where two JSON values are not shaped alike. Of lists the
// first items are compared; null agrees with anything.
func differences(path string, recorded, ours any) []string {
	switch r := recorded.(type) {
	case map[string]any:
		o, isObject := ours.(map[string]any)
		if !isObject {
			return []string{fmt.Sprintf("%s is %s, recorded an object", path, kindOf(ours))}
		}
		return memberDifferences(path, r, o)
	case []any:
		o, isList := ours.([]any)
		if !isList {
			return []string{fmt.Sprintf("%s is %s, recorded a list", path, kindOf(ours))}
		}
		if len(r) > 0 && len(o) > 0 {
			return differences(path+"[]", r[0], o[0])
		}
		return nil
	}
	if recorded != nil && ours != nil && kindOf(recorded) != kindOf(ours) {
		return []string{fmt.Sprintf("%s is %s, recorded %s", path, kindOf(ours), kindOf(recorded))}
	}
	return nil
}

func memberDifferences(path string, recorded, ours map[string]any) []string {
	var found []string
	for name, value := range recorded {
		inner := path + "." + name
		mine, has := ours[name]
		switch {
		case varies(inner):
		case !has:
			found = append(found, inner+" is missing")
		default:
			found = append(found, differences(inner, value, mine)...)
		}
	}
	for name := range ours {
		if _, has := recorded[name]; !has && !varies(path+"."+name) {
			found = append(found, path+"."+name+" is not recorded")
		}
	}
	slices.Sort(found)
	return found
}
