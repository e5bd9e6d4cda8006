package demoorg_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
)

const (
	policyPath = "/api/v1/policies/"
	bigNumber  = "9007199254740993" // 2^53 + 1: no float64 holds it
)

// newPolicy makes a policy and returns its path.
func newPolicy(t testing.TB, org *demoorg.Org, kind, name string) string {
	t.Helper()
	made := must(t, org, 200, "POST", "/api/v1/policies", `{"type":"`+kind+`","name":"`+name+`"}`)
	return policyPath + fmt.Sprint(made.object(t)["id"])
}

// ranks lists names with priorities, in the order of the list.
func ranks(t testing.TB, list []map[string]any) string {
	t.Helper()
	var found []string
	for _, item := range list {
		found = append(found, fmt.Sprintf("%v %v", item["priority"], item["name"]))
	}
	return strings.Join(found, ", ")
}

// refusal is a request that must fail, and how.
type refusal struct {
	name, method, target, body string
	status                     int
	code, says                 string
}

// refuse sends requests that must fail and compares status, code and text.
func refuse(t *testing.T, org *demoorg.Org, refusals []refusal) {
	t.Helper()
	for _, r := range refusals {
		got := send(org.Admin(), r.method, r.target, r.body)
		if got.status != r.status || got.code() != r.code || !strings.Contains(got.body, r.says) {
			t.Errorf("%s: %s %s: %d %s, want %d %s saying %q", r.name, r.method, r.target, got.status, got.body, r.status, r.code, r.says)
		}
	}
}

func TestPolicyShapes(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	const plain = "_links:o conditions:o created:t description:s id:s lastUpdated:t name:s priority:n status:s system:b type:s"
	access := strings.Replace(plain, "conditions:o", "conditions:0", 1)
	for _, w := range []struct{ name, id, want, links string }{
		{"sign-on", c.SignOnPolicy.ID, plain, "deactivate:o mappings:o rules:o self:o"},
		{"inactive", c.InactivePolicy.ID, plain, "activate:o mappings:o rules:o self:o"},
		{"password", c.PasswordPolicy.ID, strings.Replace(plain, "status", "settings:o status", 1), "deactivate:o mappings:o rules:o self:o"},
		{"default", c.DefaultPolicy.ID, strings.Replace(plain, "status", "settings:o status", 1), "rules:o self:o"},
		{"access", c.AccessPolicy.ID, access, "deactivate:o mappings:o rules:o self:o"},
		{"rule", c.AccessPolicy.ID + "/rules/" + c.AccessRule.ID, "_links:o actions:o conditions:o created:t id:s lastUpdated:t name:s priority:n status:s system:b type:s", "deactivate:o self:o"},
		{"catch-all", c.AccessPolicy.ID + "/rules/" + c.CatchAllRule.ID, "_links:o actions:o conditions:0 created:t id:s lastUpdated:t name:s priority:n status:s system:b type:s", "self:o"},
		{"inactive rule", c.InactivePolicy.ID + "/rules/" + c.InactiveRule.ID, "_links:o actions:o conditions:o created:t id:s lastUpdated:t name:s priority:n status:s system:b type:s", "activate:o self:o"},
	} {
		doc := must(t, org, 200, "GET", policyPath+w.id, "").object(t)
		links, _ := doc["_links"].(map[string]any)
		if got := shapeOf(doc); got != w.want {
			t.Errorf("%s is shaped\n  %s, want\n  %s", w.name, got, w.want)
		}
		if got := shapeOf(links); got != w.links {
			t.Errorf("%s links to %s, want %s", w.name, got, w.links)
		}
	}
	listed := must(t, org, 200, "GET", "/api/v1/policies?type=ACCESS_POLICY", "").list(t)[0]
	if got := at(listed, "_embedded", "resourceType"); got != "APP" {
		t.Errorf("a listed access policy governs %v, want APP", got)
	}
}

func TestPolicyLife(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	target := newPolicy(t, org, "OKTA_SIGN_ON", "Night shift")
	status := func() any { return must(t, org, 200, "GET", target, "").object(t)["status"] }
	for range 2 { // the second time changes nothing and is no error
		must(t, org, 204, "POST", target+"/lifecycle/deactivate", "")
		if got := status(); got != "INACTIVE" {
			t.Fatalf("after deactivate the policy is %v", got)
		}
	}
	must(t, org, 204, "POST", target+"/lifecycle/activate", "")
	changed := must(t, org, 200, "PUT", target, `{"type":"OKTA_SIGN_ON","name":"Day shift","status":"INACTIVE","description":"d"}`).object(t)
	if changed["name"] != "Day shift" || changed["status"] != "ACTIVE" || changed["description"] != "d" {
		t.Errorf("PUT made %v; it sets the name and leaves the status", changed)
	}
	must(t, org, 204, "DELETE", target, "")
	must(t, org, 404, "GET", target, "")
	asleep := must(t, org, 200, "POST", "/api/v1/policies?activate=false", `{"type":"PASSWORD","name":"Asleep"}`).object(t)
	if asleep["status"] != "INACTIVE" {
		t.Errorf("made with activate=false it is %v", asleep["status"])
	}
	if minimum := at(asleep, "settings", "password", "complexity", "minLength"); minimum != 8.0 {
		t.Errorf("a password policy without settings asks for %v characters, want Okta's 8", minimum)
	}
}

func TestPolicyRefusals(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	account := must(t, org, 200, "GET", "/api/v1/policies?type=ACCESS_POLICY&q=okta+account", "").ids(t)[0]
	refuse(t, org, []refusal{
		{"list without type", "GET", "/api/v1/policies", "", 400, "E0000001", "type: "},
		{"list of an unknown type", "GET", "/api/v1/policies?type=NO_SUCH", "", 400, "E0000002", "Invalid policy type"},
		{"list with a bad status", "GET", "/api/v1/policies?type=PASSWORD&status=GONE", "", 400, "E0000001", "status: "},
		{"list in a bad order", "GET", "/api/v1/policies?type=PASSWORD&sortBy=age", "", 400, "E0000001", "sortBy: "},
		{"list with a bad cursor", "GET", "/api/v1/policies?type=PASSWORD&after=x", "", 400, "E0000001", "after: "},
		{"no such policy", "GET", policyPath + "00pnone", "", 404, "E0000007", "00pnone (Policy)"},
		{"no body", "POST", "/api/v1/policies", "", 400, "E0000003", ""},
		{"list as body", "POST", "/api/v1/policies", "[]", 400, "E0000003", ""},
		{"no type", "POST", "/api/v1/policies", `{"name":"x"}`, 400, "E0000001", "type: "},
		{"unknown type", "POST", "/api/v1/policies", `{"name":"x","type":"NO_SUCH"}`, 400, "E0000002", ""},
		{"second of one", "POST", "/api/v1/policies", `{"name":"x","type":"ENTITY_RISK"}`, 400, "E0000001", "type: "},
		{"no name", "POST", "/api/v1/policies", `{"type":"PASSWORD","name":" "}`, 400, "E0000001", "name: The field cannot be left blank"},
		{"long name", "POST", "/api/v1/policies", `{"type":"PASSWORD","name":"` + strings.Repeat("x", 256) + `"}`, 400, "E0000001", "too long"},
		{"name twice", "POST", "/api/v1/policies", `{"type":"PASSWORD","name":"default policy"}`, 400, "E0000001", "already in use"},
		{"bad priority", "POST", "/api/v1/policies", `{"type":"PASSWORD","name":"x","priority":-1}`, 400, "E0000001", "priority: "},
		{"priority as text", "POST", "/api/v1/policies", `{"type":"PASSWORD","name":"x","priority":"1"}`, 400, "E0000003", ""},
		{"conditions as list", "POST", "/api/v1/policies", `{"type":"PASSWORD","name":"x","conditions":[]}`, 400, "E0000003", ""},
		{"other type", "PUT", policyPath + c.PasswordPolicy.ID, `{"type":"OKTA_SIGN_ON","name":"x"}`, 400, "E0000001", "type: "},
		{"name of another", "PUT", policyPath + c.PasswordPolicy.ID, `{"type":"PASSWORD","name":"Default Policy"}`, 400, "E0000001", "already in use"},
		{"delete the default", "DELETE", policyPath + c.DefaultPolicy.ID, "", 400, "E0000001", "belongs to the system"},
		{"deactivate the default", "POST", policyPath + c.DefaultPolicy.ID + "/lifecycle/deactivate", "", 400, "E0000001", "belongs to the system"},
		{"change Okta's own", "PUT", policyPath + account, `{"type":"ACCESS_POLICY","name":"x"}`, 403, "E0000006", ""},
		{"delete Okta's own", "DELETE", policyPath + account, "", 400, "E0000001", "belongs to the system"},
		{"delete what governs apps", "DELETE", policyPath + c.AccessPolicy.ID, "", 400, "E0000001", "governs 5 apps"},
		{"map from the policy's side", "POST", policyPath + c.AccessPolicy.ID + "/mappings", `{"resourceId":"x","resourceType":"ACCESS_POLICY"}`, 400, "E0000001", "no longer supported"},
		{"no such mapping", "GET", policyPath + c.AccessPolicy.ID + "/mappings/x", "", 404, "E0000007", "PolicyMapping"},
		{"clone what governs none", "POST", policyPath + c.SignOnPolicy.ID + "/clone", "", 400, "E0000001", ""},
	})
	if got := must(t, org, 200, "GET", policyPath+c.PasswordPolicy.ID, "").object(t)["name"]; got != c.PasswordPolicy.Name {
		t.Errorf("a refused PUT renamed the policy to %v", got)
	}
}

func TestPolicyPriorities(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	list := func() string {
		return ranks(t, must(t, org, 200, "GET", "/api/v1/policies?type=PASSWORD", "").list(t))
	}
	add := func(name, priority string) string {
		made := must(t, org, 200, "POST", "/api/v1/policies", `{"type":"PASSWORD","name":"`+name+`"`+priority+`}`)
		return policyPath + fmt.Sprint(made.object(t)["id"])
	}
	admins := org.Cast().PasswordPolicy.Name
	last := add("last", "")
	first := add("first", `,"priority":1`)
	add("far", `,"priority":99`)
	if got, want := list(), "1 first, 2 "+admins+", 3 last, 4 far, 5 Default Policy"; got != want {
		t.Errorf("after three: %s, want %s", got, want)
	}
	must(t, org, 200, "PUT", first, `{"type":"PASSWORD","name":"first","priority":3}`)
	must(t, org, 200, "PUT", last, `{"type":"PASSWORD","name":"last"}`)
	if got, want := list(), "1 "+admins+", 2 last, 3 first, 4 far, 5 Default Policy"; got != want {
		t.Errorf("after a move: %s, want %s", got, want)
	}
	must(t, org, 204, "DELETE", last, "")
	if got, want := list(), "1 "+admins+", 2 first, 3 far, 4 Default Policy"; got != want {
		t.Errorf("after a deletion: %s, want %s", got, want)
	}
	for _, p := range must(t, org, 200, "GET", "/api/v1/policies?type=ACCESS_POLICY", "").list(t) {
		if p["priority"] != 1.0 {
			t.Errorf("access policy %v has priority %v; they are not ordered and all have 1", p["name"], p["priority"])
		}
	}
}

func TestPolicyLists(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	kind := "/api/v1/policies?type="
	for target, want := range map[string]string{
		"OKTA_SIGN_ON&status=INACTIVE":             "3 Berlin pilot",
		"OKTA_SIGN_ON&q=ber":                       "3 Berlin pilot",
		"OKTA_SIGN_ON&sortBy=name":                 "1 Administrators, 3 Berlin pilot, 2 Contractors, 4 Default Policy",
		"ACCESS_POLICY&resourceId=" + c.SAMLApp.ID: "1 Sensitive apps",
		"CLIENT_UPDATE":                            "",
	} {
		got := must(t, org, 200, "GET", kind+target, "")
		if found := ranks(t, got.list(t)); found != want {
			t.Errorf("%s lists %s, want %s", target, found, want)
		}
	}
	whole := must(t, org, 200, "GET", kind+"ACCESS_POLICY", "")
	if links := whole.header["Link"]; !slices.Equal(links, []string{`<http://acme.example/api/v1/policies?type=ACCESS_POLICY>; rel="self"`}) {
		t.Errorf("a list without limit links to %v", links)
	}
	var paged []string
	for target := kind + "ACCESS_POLICY&limit=2&expand=rules"; target != ""; {
		page := must(t, org, 200, "GET", target, "")
		for _, p := range page.list(t) {
			if rules, _ := at(p, "_embedded", "rules").([]any); len(rules) == 0 {
				t.Errorf("%v came without its rules", p["name"])
			}
		}
		paged, target = append(paged, page.ids(t)...), page.next()
	}
	if !slices.Equal(paged, whole.ids(t)) {
		t.Errorf("pages of two give %v, the whole list is %v", paged, whole.ids(t))
	}
	one := must(t, org, 200, "GET", policyPath+c.SignOnPolicy.ID+"?expand=rules", "").object(t)
	if rules, _ := at(one, "_embedded", "rules").([]any); len(rules) != 3 {
		t.Errorf("expand=rules gave %d rules, want 3", len(rules))
	}
}

// TestPolicyDocumentsSurvive puts in what this org has never heard of.
func TestPolicyDocumentsSurvive(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	unknown := `"future":{"limit":` + bigNumber + `,"list":[1,null,{"a":"<&>"}]}`
	made := must(t, org, 200, "POST", "/api/v1/policies",
		`{"type":"ACCESS_POLICY","name":"Future","id":"mine","system":true,"settings":{`+unknown+`},`+unknown+`}`)
	id := fmt.Sprint(made.object(t)["id"])
	if id == "mine" || made.object(t)["system"] != false {
		t.Errorf("a body set what the org computes: %s", made.body)
	}
	rule := must(t, org, 200, "POST", policyPath+id+"/rules",
		`{"type":"ACCESS_POLICY","name":"r","conditions":{`+unknown+`},"actions":{"appSignOn":{`+unknown+`}},`+unknown+`}`)
	for name, text := range map[string]string{
		"policy": must(t, org, 200, "GET", policyPath+id, "").body,
		"rule":   must(t, org, 200, "GET", policyPath+id+"/rules/"+fmt.Sprint(rule.object(t)["id"]), "").body,
	} {
		want := map[string]int{"policy": 2, "rule": 3}[name]
		if n := strings.Count(text, `"limit":`+bigNumber); n != want {
			t.Errorf("the %s kept %d of %d big numbers: %s", name, n, want, text)
		}
		if n := strings.Count(text, `"list":[1,null,{"a":"<&>"}]`); n != want {
			t.Errorf("the %s kept %d of %d lists: %s", name, n, want, text)
		}
	}
}

func TestPolicyApps(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	apps := must(t, org, 200, "GET", policyPath+c.AccessPolicy.ID+"/app", "")
	if !slices.Contains(apps.ids(t), c.SAMLApp.ID) || len(apps.header["Link"]) != 1 {
		t.Errorf("the access policy governs %v with links %v; want %s among them, and a self link", apps.ids(t), apps.header["Link"], c.SAMLApp.ID)
	}
	mappings := must(t, org, 200, "GET", policyPath+c.AccessPolicy.ID+"/mappings", "").list(t)
	if len(mappings) != len(apps.ids(t)) {
		t.Fatalf("%d mappings for %d apps", len(mappings), len(apps.ids(t)))
	}
	one := must(t, org, 200, "GET", policyPath+c.AccessPolicy.ID+"/mappings/"+fmt.Sprint(mappings[0]["id"]), "").object(t)
	if href := fmt.Sprint(at(one, "_links", "application", "href")); !strings.HasSuffix(href, apps.ids(t)[0]) {
		t.Errorf("the first mapping leads to %s, want app %s", href, apps.ids(t)[0])
	}
	must(t, org, 204, "PUT", "/api/v1/apps/"+c.OIDCApp.ID+"/policies/"+c.AccessPolicy.ID, "")
	if ids := must(t, org, 200, "GET", policyPath+c.AccessPolicy.ID+"/app", "").ids(t); !slices.Contains(ids, c.OIDCApp.ID) {
		t.Errorf("after the assignment it governs %v, want %s too", ids, c.OIDCApp.ID)
	}
	href := at(must(t, org, 200, "GET", "/api/v1/apps/"+c.OIDCApp.ID, "").object(t), "_links", "accessPolicy", "href")
	if !strings.HasSuffix(fmt.Sprint(href), "/"+c.AccessPolicy.ID) {
		t.Errorf("the app says %v governs it, want %s", href, c.AccessPolicy.ID)
	}
	refuse(t, org, []refusal{
		{"Okta's own app", "PUT", "/api/v1/apps/" + c.AdminConsole.ID + "/policies/" + c.AccessPolicy.ID, "", 400, "E0000001", "re-assignment of this policy is not allowed"},
		{"not for apps", "PUT", "/api/v1/apps/" + c.OIDCApp.ID + "/policies/" + c.SignOnPolicy.ID, "", 400, "E0000001", "cannot be assigned"},
		{"no such policy", "PUT", "/api/v1/apps/" + c.OIDCApp.ID + "/policies/rstnone", "", 404, "E0000007", "(Policy)"},
	})
}

func TestClonedPolicy(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	original := policyPath + org.Cast().AccessPolicy.ID
	copied := must(t, org, 200, "POST", original+"/clone", "").object(t)
	if copied["name"] != "[cloned] Sensitive apps" || copied["created"] != nil {
		t.Errorf("the clone is %v", copied)
	}
	target := policyPath + fmt.Sprint(copied["id"])
	ours, theirs := must(t, org, 200, "GET", target+"/rules", ""), must(t, org, 200, "GET", original+"/rules", "")
	if ranks(t, ours.list(t)) != ranks(t, theirs.list(t)) || slices.Equal(ours.ids(t), theirs.ids(t)) {
		t.Errorf("its rules are %v, those of the original %v; want the same under other ids", ours.body, theirs.body)
	}
	must(t, org, 204, "DELETE", target, "")
	must(t, org, 200, "GET", original, "")
}

// TestSeededPolicies holds the story: what the cast promises, at every size.
func TestSeededPolicies(t *testing.T) {
	t.Parallel()
	for _, size := range []int{demoorg.MinSize, 5000} {
		org := newOrg(t, demoorg.Options{Size: size})
		c := org.Cast()
		member := func(id, name string) any { return must(t, org, 200, "GET", policyPath+id, "").object(t)[name] }
		for _, w := range []struct {
			thing        demoorg.Thing
			kind, status string
			system       bool
		}{
			{c.AccessPolicy, "ACCESS_POLICY", "ACTIVE", false}, {c.SignOnPolicy, "OKTA_SIGN_ON", "ACTIVE", false},
			{c.PasswordPolicy, "PASSWORD", "ACTIVE", false}, {c.DefaultPolicy, "PASSWORD", "ACTIVE", true},
			{c.InactivePolicy, "OKTA_SIGN_ON", "INACTIVE", false},
		} {
			if member(w.thing.ID, "name") != w.thing.Name || member(w.thing.ID, "type") != w.kind || member(w.thing.ID, "status") != w.status || member(w.thing.ID, "system") != w.system {
				t.Errorf("%d people: %+v is not what the cast says: %s", size, w, must(t, org, 200, "GET", policyPath+w.thing.ID, "").body)
			}
		}
		rule := must(t, org, 200, "GET", policyPath+c.AccessPolicy.ID+"/rules/"+c.AccessRule.ID, "")
		if !strings.Contains(rule.body, c.Assurance.ID) || !strings.Contains(rule.body, c.BlockedZone.ID) || rule.object(t)["status"] != "ACTIVE" {
			t.Errorf("%d people: the access rule does not name %s and %s: %s", size, c.Assurance.ID, c.BlockedZone.ID, rule.body)
		}
		if rules := must(t, org, 200, "GET", policyPath+c.SignOnPolicy.ID+"/rules", "").body; !strings.Contains(rules, c.Zone.ID) {
			t.Errorf("%d people: no rule of the sign-on policy names %s", size, c.Zone.ID)
		}
		for _, kind := range []string{
			"ACCESS_POLICY", "ENTITY_RISK", "IDP_DISCOVERY", "MFA_ENROLL", "OKTA_SIGN_ON", "PASSWORD", "POST_AUTH_SESSION",
			"PROFILE_ENROLLMENT", "DEVICE_SIGNAL_COLLECTION", "SESSION_VIOLATION_DETECTION",
		} {
			found := must(t, org, 200, "GET", "/api/v1/policies?type="+kind, "").list(t)
			if n := len(slices.DeleteFunc(found, func(p map[string]any) bool { return p["system"] != true })); n != 1 {
				t.Errorf("%d people: %d system policies of type %s, want 1", size, n, kind)
			}
		}
	}
}
