package demoorg_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
)

// everything is the answers to one read of each kind.
func everything(t *testing.T, org *demoorg.Org) string {
	t.Helper()
	c := org.Cast()
	var all strings.Builder
	for _, target := range []string{
		"/api/v1/users", "/api/v1/groups?expand=stats", "/api/v1/groups/rules", "/api/v1/apps?limit=200",
		"/api/v1/users/" + c.SuperAdmin.ID + "/roles", "/api/v1/users/" + c.LockedOut.ID + "/appLinks",
		"/api/v1/groups/" + c.Project.ID + "/users", "/api/v1/meta/schemas/user/default", "/api/v1/users/nobody",
	} {
		r := send(org.Admin(), "GET", target, "")
		fmt.Fprintln(&all, target, r.status, r.header, r.body)
	}
	return all.String()
}

func TestSameSeedAndStartGiveTheSameBytes(t *testing.T) {
	t.Parallel()
	a := everything(t, newOrg(t, demoorg.Options{Seed: 7, Size: 120}))
	b := everything(t, newOrg(t, demoorg.Options{Seed: 7, Size: 120}))
	if a != b {
		t.Error("two orgs with the same seed and start differ")
	}
	if a == everything(t, newOrg(t, demoorg.Options{Seed: 8, Size: 120})) {
		t.Error("another seed gave the same org")
	}
}

func TestCastIsThereAtAnySize(t *testing.T) {
	t.Parallel()
	for _, size := range []int{demoorg.MinSize, demoorg.DefaultSize, 3000} {
		org := newOrg(t, demoorg.Options{Size: size})
		c := org.Cast()
		for person, status := range map[demoorg.Person]string{
			c.LockedOut: "LOCKED_OUT", c.SuperAdmin: "ACTIVE", c.HelpDesk: "ACTIVE", c.Suspended: "SUSPENDED",
			c.Deprovisioned: "DEPROVISIONED", c.Staged: "STAGED", c.Contractor: "ACTIVE", c.Employee: "ACTIVE",
		} {
			got := must(t, org, 200, "GET", "/api/v1/users/"+person.Login, "").object(t)
			if got["id"] != person.ID || got["status"] != status {
				t.Errorf("size %d: %s is %v %v, want %s %s", size, person.Login, got["id"], got["status"], person.ID, status)
			}
		}
		for _, g := range []demoorg.Thing{
			c.Everyone, c.AdminGroup, c.HelpDeskGroup, c.Project, c.Contractors, c.ContractorAccess, c.AppGroup, c.Department,
		} {
			got := must(t, org, 200, "GET", "/api/v1/groups/"+g.ID, "").object(t)
			if at(got, "profile", "name") != g.Name {
				t.Errorf("size %d: group %s is called %v, want %s", size, g.ID, at(got, "profile", "name"), g.Name)
			}
		}
		for _, a := range []demoorg.Thing{c.AdminConsole, c.ProjectApp, c.ServiceApp} {
			if got := must(t, org, 200, "GET", "/api/v1/apps/"+a.ID, "").object(t); got["label"] != a.Name {
				t.Errorf("size %d: app %s is called %v, want %s", size, a.ID, got["label"], a.Name)
			}
		}
		for _, r := range []demoorg.Thing{c.DepartmentRule, c.ProjectRule} {
			if got := must(t, org, 200, "GET", "/api/v1/groups/rules/"+r.ID, "").object(t); got["name"] != r.Name || got["status"] != "ACTIVE" {
				t.Errorf("size %d: rule %s is %v %v, want %s ACTIVE", size, r.ID, got["name"], got["status"], r.Name)
			}
		}
	}
}

func TestCastPlaysItsParts(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	groupsOf := func(p demoorg.Person) []string {
		return must(t, org, 200, "GET", "/api/v1/users/"+p.ID+"/groups", "").ids(t)
	}
	for person, groups := range map[demoorg.Person][]demoorg.Thing{
		c.LockedOut:  {c.Everyone, c.Department, c.Project},
		c.HelpDesk:   {c.Everyone, c.HelpDeskGroup},
		c.SuperAdmin: {c.Everyone, c.AdminGroup},
		c.Contractor: {c.Everyone, c.Contractors, c.ContractorAccess},
	} {
		ids := groupsOf(person)
		for _, g := range groups {
			if !slices.Contains(ids, g.ID) {
				t.Errorf("%s is not in %s", person.Login, g.Name)
			}
		}
	}
	for holder, role := range map[string]string{
		"users/" + c.SuperAdmin.ID: "SUPER_ADMIN", "users/" + c.HelpDesk.ID: "HELP_DESK_ADMIN",
		"groups/" + c.AdminGroup.ID: "SUPER_ADMIN", "groups/" + c.HelpDeskGroup.ID: "HELP_DESK_ADMIN",
	} {
		roles := must(t, org, 200, "GET", "/api/v1/"+holder+"/roles", "").list(t)
		if len(roles) == 0 || roles[0]["type"] != role {
			t.Errorf("%s holds %v, want %s first", holder, roles, role)
		}
	}
	apps := must(t, org, 200, "GET", "/api/v1/groups/"+c.Project.ID+"/apps", "").ids(t)
	if !slices.Contains(apps, c.ProjectApp.ID) {
		t.Errorf("%s opens %v, want %s among them", c.Project.Name, apps, c.ProjectApp.ID)
	}
}

func TestNewRefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	for _, o := range []demoorg.Options{
		{Size: demoorg.MinSize - 1}, {Size: demoorg.MaxSize + 1}, {Size: -1}, {RateLimits: 99},
	} {
		if org, err := demoorg.New(o); err == nil || org != nil {
			t.Errorf("New(%+v) = %v, %v; want an error", o, org, err)
		}
	}
}

func TestSetStatusForcesAStatus(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	login := org.Cast().Employee.Login
	for _, status := range []string{"LOCKED_OUT", "RECOVERY", "STAGED", "ACTIVE"} {
		if err := org.SetStatus(strings.ToUpper(login), status); err != nil {
			t.Fatalf("set %s: %v", status, err)
		}
		if got := statusOf(t, org, login); got != status {
			t.Errorf("status is %v, want %s", got, status)
		}
	}
	if err := org.SetStatus(login, "HAPPY"); err == nil {
		t.Error("an unknown status was accepted")
	}
	if err := org.SetStatus("nobody@acme.example", "ACTIVE"); err == nil {
		t.Error("an unknown login was accepted")
	}
}

func TestCredentialsDoNotShowTheKey(t *testing.T) {
	t.Parallel()
	c := newOrg(t, demoorg.Options{}).Credentials()
	if !strings.Contains(c.PrivateKeyPEM, "BEGIN PRIVATE KEY") {
		t.Fatalf("the key is not PKCS#8 PEM")
	}
	for _, shown := range []string{fmt.Sprint(c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c), c.String()} {
		if strings.Contains(shown, "PRIVATE") {
			t.Errorf("the key shows in %q", shown)
		}
	}
}

func TestPeopleAreBelievable(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: 1000})
	counts := map[any]int{}
	people := 0
	for target := "/api/v1/users" + query("search", "status pr"); target != ""; {
		page := must(t, org, 200, "GET", target, "")
		for _, u := range page.list(t) {
			people++
			counts[u["status"]]++
			checkTimes(t, u)
		}
		target = page.next()
	}
	if people != 1000 {
		t.Errorf("%d people, want 1000", people)
	}
	for _, status := range []string{
		"ACTIVE", "PROVISIONED", "STAGED", "SUSPENDED", "LOCKED_OUT", "PASSWORD_EXPIRED", "RECOVERY", "DEPROVISIONED",
	} {
		if counts[status] == 0 {
			t.Errorf("nobody of 1000 is %s", status)
		}
	}
	if active := counts["ACTIVE"]; active < 800 || active > 920 {
		t.Errorf("%d of 1000 are ACTIVE, want most but not all", active)
	}
}

// checkTimes fails a user whose history is out of order or in the future.
func checkTimes(t *testing.T, u map[string]any) {
	t.Helper()
	earlier := u["created"].(string)
	for _, name := range []string{"activated", "statusChanged", "lastUpdated"} {
		value, isSet := u[name].(string)
		if !isSet {
			continue
		}
		if value < earlier && name != "lastUpdated" || value > start.Format("2006-01-02T15:04:05.000Z") {
			t.Errorf("%s %v: %s is %s, after %s and before %s expected", u["id"], u["status"], name, value, earlier, start)
		}
		earlier = max(earlier, value)
	}
}

func TestDefaultScopesAreSortedAndCopied(t *testing.T) {
	t.Parallel()
	scopes := demoorg.DefaultScopes()
	if !slices.IsSorted(scopes) || !slices.Contains(scopes, "okta.users.manage") {
		t.Errorf("DefaultScopes() = %v, want them sorted, okta.users.manage among them", scopes)
	}
	scopes[0] = "spoilt"
	if reflect.DeepEqual(scopes, demoorg.DefaultScopes()) {
		t.Error("changing the slice changed the scopes for everybody")
	}
}

func TestDocumentsAreValidJSON(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	id := newUser(t, org, "quote@acme.example", "", "")
	must(t, org, 200, "POST", "/api/v1/users/"+id, `{"profile":{"nickName":"a\"b\\c\u0001 <é> \u2028"}}`)
	body := must(t, org, 200, "GET", "/api/v1/users/"+id, "").body
	if !json.Valid([]byte(body)) {
		t.Fatalf("not JSON: %s", body)
	}
	if !strings.Contains(body, "<é>") {
		t.Errorf("Okta leaves < and > alone: %s", body)
	}
}
