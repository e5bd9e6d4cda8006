package demoorg_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
)

// TestUserStateMachine tries every life-cycle operation from every status.
func TestUserStateMachine(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: demoorg.MinSize})
	id := newUser(t, org, "states@acme.example", "", `,"credentials":{"password":{"value":"Abcd1234"}}`)
	all := []string{"STAGED", "PROVISIONED", "ACTIVE", "RECOVERY", "PASSWORD_EXPIRED", "LOCKED_OUT", "SUSPENDED", "DEPROVISIONED"}
	anyButDeprovisioned := all[:7]
	for _, op := range []struct {
		name string
		from []string
		to   string // "" stays
		// What is answered where the operation is not allowed.
		status int
		code   string
	}{
		{"activate", []string{"STAGED", "DEPROVISIONED"}, "PROVISIONED|ACTIVE", 403, "E0000016"},
		{"reactivate", []string{"PROVISIONED", "RECOVERY"}, "", 403, "E0000038"},
		{"deactivate", anyButDeprovisioned, "DEPROVISIONED", 403, "E0000038"},
		{"suspend", []string{"ACTIVE"}, "SUSPENDED", 400, "E0000001"},
		{"unsuspend", []string{"SUSPENDED"}, "ACTIVE", 400, "E0000001"},
		{"unlock", []string{"LOCKED_OUT"}, "ACTIVE", 403, "E0000032"},
		{"expire_password", []string{"ACTIVE", "PASSWORD_EXPIRED", "RECOVERY"}, "PASSWORD_EXPIRED", 403, "E0000038"},
		{"expire_password_with_temp_password", []string{"ACTIVE", "PASSWORD_EXPIRED", "RECOVERY"}, "PASSWORD_EXPIRED", 403, "E0000038"},
		{"reset_password", []string{"PROVISIONED", "ACTIVE", "RECOVERY", "PASSWORD_EXPIRED", "LOCKED_OUT"}, "RECOVERY", 403, "E0000017"},
		{"reset_factors", anyButDeprovisioned, "", 403, "E0000038"},
	} {
		for _, from := range all {
			if err := org.SetStatus("states@acme.example", from); err != nil {
				t.Fatal(err)
			}
			got := send(org.Admin(), "POST", "/api/v1/users/"+id+"/lifecycle/"+op.name, "")
			now := fmt.Sprint(statusOf(t, org, id))
			if !strings.Contains(" "+strings.Join(op.from, " ")+" ", " "+from+" ") {
				if got.status != op.status || got.code() != op.code || now != from {
					t.Errorf("%s from %s: %d %s and %s, want %d %s and no change", op.name, from, got.status, got.code(), now, op.status, op.code)
				}
				continue
			}
			want := op.to
			if want == "" {
				want = from
			}
			if got.status != 200 || !strings.Contains("|"+want+"|", "|"+now+"|") {
				t.Errorf("%s from %s: %d %s and %s, want 200 and %s", op.name, from, got.status, got.body, now, want)
			}
		}
	}
}

func TestSecretsOnlyWithoutMail(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	for _, c := range []struct{ from, op, quiet, loud, member string }{
		{"STAGED", "activate", "", "?sendEmail=false", "activationUrl"},
		{"PROVISIONED", "reactivate", "?sendEmail=true", "", "activationUrl"},
		{"ACTIVE", "reset_password", "?sendEmail=true", "?sendEmail=false", "resetPasswordUrl"},
		{"ACTIVE", "expire_password", "", "?tempPassword=true", "tempPassword"},
	} {
		login := org.Cast().Employee.Login
		for _, query := range []string{c.quiet, c.loud} {
			if err := org.SetStatus(login, c.from); err != nil {
				t.Fatal(err)
			}
			got := must(t, org, 200, "POST", "/api/v1/users/"+login+"/lifecycle/"+c.op+query, "").object(t)
			if _, told := got[c.member]; told != (query == c.loud) {
				t.Errorf("%s%s tells %s: %v", c.op, query, c.member, told)
			}
		}
	}
}

func TestCreateUserStatuses(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	password := `,"credentials":{"password":{"value":"Abcd1234"}}`
	for i, c := range []struct{ query, more, status string }{
		{"", "", "PROVISIONED"},
		{"?activate=true", "", "PROVISIONED"},
		{"?activate=false", "", "STAGED"},
		{"?activate=false", password, "STAGED"},
		{"", password, "ACTIVE"},
		{"?nextLogin=changePassword", password, "PASSWORD_EXPIRED"},
		{"?provider=true", `,"credentials":{"provider":{"type":"FEDERATION","name":"FEDERATION"}}`, "ACTIVE"},
		{"", `,"credentials":{"password":{}}`, "PROVISIONED"},
	} {
		id := newUser(t, org, fmt.Sprintf("new%d@acme.example", i), c.query, c.more)
		if got := statusOf(t, org, id); got != c.status {
			t.Errorf("create %s %s: %v, want %s", c.query, c.more, got, c.status)
		}
	}
}

func TestCreateUserIsChecked(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	taken := org.Cast().Employee.Login
	good := func(change string) string {
		return `{"profile":{"login":"new@acme.example","email":"new@acme.example","firstName":"New","lastName":"Person"` + change + `}}`
	}
	for name, c := range map[string]struct {
		body, summary, cause string
		status               int
	}{
		"no profile":       {`{}`, "Api validation failed: login", "login: The field cannot be left blank", 400},
		"blank last name":  {good(`,"lastName":""`), "Api validation failed: lastName", "lastName: The field cannot be left blank", 400},
		"login not a mail": {good(`,"login":"new"`), "Api validation failed: login", "login: Username must be in the form of an email address", 400},
		"bad email":        {good(`,"email":"new"`), "Api validation failed: email", "email: Does not match required pattern", 400},
		"login taken":      {good(`,"login":"` + strings.ToUpper(taken) + `"`), "Api validation failed: login", "login: An object with this field already exists in the current organization", 400},
		"unknown":          {good(`,"notValid":"x"`), "Api validation failed: newUser", "Property name 'notValid' is not defined in profile", 400},
		"number as text":   {good(`,"deskFloor":"three"`), "Api validation failed: deskFloor", "deskFloor: The value is of the wrong type", 400},
		"text as list":     {good(`,"title":["x"]`), "Api validation failed: title", "title: The value is of the wrong type", 400},
		"long name":        {good(`,"firstName":"` + strings.Repeat("é", 51) + `"`), "Api validation failed: firstName", "firstName: The field is too long", 400},
		"weak password":    {strings.TrimSuffix(good(""), "}") + `,"credentials":{"password":{"value":"abc"}}}`, "Api validation failed: password", "password: Password requirements were not met.", 400},
		"unknown group":    {strings.TrimSuffix(good(""), "}") + `,"groupIds":["00gNone"]}`, "Not found: Resource not found: 00gNone (UserGroup)", "", 404},
		"unknown type":     {strings.TrimSuffix(good(""), "}") + `,"type":{"id":"otyNone"}}`, "Not found: Resource not found: otyNone (UserType)", "", 404},
	} {
		got := send(org.Admin(), "POST", "/api/v1/users", c.body)
		if got.status != c.status || got.object(t)["errorSummary"] != c.summary || !strings.Contains(got.body, c.cause) {
			t.Errorf("%s: %d %s, want %d %q because %q", name, got.status, got.body, c.status, c.summary, c.cause)
		}
	}
	if got := send(org.Admin(), "GET", "/api/v1/users/new@acme.example", ""); got.status != 404 {
		t.Errorf("a refused create left a user: %s", got.body)
	}
}

func TestUpdateKeepsAndReplaceForgets(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	id := org.Cast().Employee.ID
	before := must(t, org, 200, "GET", "/api/v1/users/"+id, "").object(t)
	after := must(t, org, 200, "POST", "/api/v1/users/"+id, `{"profile":{"nickName":"Lee","deskFloor":12345678901234567890,"title":null}}`)
	if !strings.Contains(after.body, `"deskFloor":12345678901234567890`) {
		t.Errorf("the number lost digits: %s", after.body)
	}
	profile := after.object(t)["profile"]
	if at(profile, "nickName") != "Lee" || at(profile, "department") != at(before, "profile", "department") {
		t.Errorf("update changed what it was not given: %s", after.body)
	}
	if _, stays := profile.(map[string]any)["title"]; stays {
		t.Errorf("null did not clear title: %s", after.body)
	}
	bare := `{"profile":{"login":"leila.haddad@acme.example","email":"leila.haddad@acme.example","firstName":"Leila","lastName":"Haddad"}}`
	replaced := must(t, org, 200, "PUT", "/api/v1/users/"+id, bare).object(t)
	if len(replaced["profile"].(map[string]any)) != 6 {
		t.Errorf("replace kept attributes: %v", replaced["profile"])
	}
	if replaced["status"] != before["status"] {
		t.Errorf("replace changed the status to %v", replaced["status"])
	}
	if got := send(org.Admin(), "PUT", "/api/v1/users/"+id, `{"profile":{"nickName":"x"}}`); got.status != 400 {
		t.Errorf("replace without required attributes: %d, want 400", got.status)
	}
}

func TestFirstDeleteOnlyDeactivates(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	p := org.Cast().Employee
	must(t, org, 204, "DELETE", "/api/v1/users/"+p.ID, "")
	if got := statusOf(t, org, p.ID); got != "DEPROVISIONED" {
		t.Errorf("after one DELETE: %v, want DEPROVISIONED", got)
	}
	must(t, org, 204, "DELETE", "/api/v1/users/"+p.ID, "")
	must(t, org, 404, "GET", "/api/v1/users/"+p.ID, "")
	must(t, org, 404, "DELETE", "/api/v1/users/"+p.ID, "")
	newUser(t, org, p.Login, "", "") // the login is free again
}

func TestDeactivationTakesAppsRolesAndPassword(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	p := org.Cast().SuperAdmin
	must(t, org, 200, "POST", "/api/v1/users/"+p.ID+"/lifecycle/deactivate", "")
	if apps := must(t, org, 200, "GET", "/api/v1/users/"+p.ID+"/appLinks", "").list(t); len(apps) > 0 {
		t.Errorf("apps left: %v", apps)
	}
	for _, r := range must(t, org, 200, "GET", "/api/v1/users/"+p.ID+"/roles", "").list(t) {
		if r["assignmentType"] == "USER" {
			t.Errorf("role left: %v", r)
		}
	}
	doc := must(t, org, 200, "GET", "/api/v1/users/"+p.ID, "").object(t)
	if at(doc, "credentials", "password") != nil {
		t.Errorf("password left: %v", doc["credentials"])
	}
	if groups := must(t, org, 200, "GET", "/api/v1/users/"+p.ID+"/groups", "").list(t); len(groups) < 2 {
		t.Errorf("groups are gone, Okta keeps them: %v", groups)
	}
}

func TestUserByLogin(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	p := org.Cast().Employee
	short, _, _ := strings.Cut(p.Login, "@")
	for _, key := range []string{p.ID, p.Login, strings.ToUpper(p.Login), short, url.PathEscape(p.Login)} {
		if got := must(t, org, 200, "GET", "/api/v1/users/"+key, "").object(t); got["id"] != p.ID {
			t.Errorf("GET /users/%s is %v, want %s", key, got["id"], p.ID)
		}
	}
	newUser(t, org, short+"@other.example", "", "")
	must(t, org, 404, "GET", "/api/v1/users/"+short, "")
}

func TestLoginChangeMovesTheUser(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	p := org.Cast().Employee
	must(t, org, 200, "POST", "/api/v1/users/"+p.ID, `{"profile":{"login":"moved@acme.example"}}`)
	must(t, org, 404, "GET", "/api/v1/users/"+p.Login, "")
	must(t, org, 200, "GET", "/api/v1/users/moved@acme.example", "")
	taken := org.Cast().Contractor.Login
	must(t, org, 400, "POST", "/api/v1/users/"+p.ID, `{"profile":{"login":"`+taken+`"}}`)
}

func TestCredentialEndpoints(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	user := "/api/v1/users/" + org.Cast().Employee.ID + "/credentials/"
	got := must(t, org, 200, "POST", user+"change_recovery_question",
		`{"password":{"value":"Abcd1234"},"recovery_question":{"question":"Why?","answer":"because"}}`).object(t)
	if at(got, "recovery_question", "question") != "Why?" || strings.Contains(fmt.Sprint(got), "because") {
		t.Errorf("answered %v, want the question and never the answer", got)
	}
	must(t, org, 200, "POST", user+"change_password", `{"oldPassword":{"value":"Abcd1234"},"newPassword":{"value":"Efgh5678"}}`)
	must(t, org, 400, "POST", user+"change_password", `{"oldPassword":{"value":"Abcd1234"},"newPassword":{"value":"weak"}}`)
	must(t, org, 400, "POST", user+"change_password", `{}`)
	if got := must(t, org, 200, "POST", user+"forgot_password?sendEmail=false", "").object(t); got["resetPasswordUrl"] == nil {
		t.Errorf("no link: %v", got)
	}
	if got := statusOf(t, org, org.Cast().Employee.ID); got != "RECOVERY" {
		t.Errorf("after forgot_password: %v, want RECOVERY", got)
	}
	must(t, org, 200, "POST", user+"forgot_password_recovery_question",
		`{"password":{"value":"Ijkl9012"},"recovery_question":{"answer":"because"}}`)
	if got := statusOf(t, org, org.Cast().Employee.ID); got != "ACTIVE" {
		t.Errorf("after recovery: %v, want ACTIVE", got)
	}
	must(t, org, 403, "POST", "/api/v1/users/"+org.Cast().Suspended.ID+"/credentials/forgot_password", "")
}

func TestCustomAttributesComeAndGo(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	id := org.Cast().Employee.ID
	schema := "/api/v1/meta/schemas/user/default"
	must(t, org, 200, "POST", schema, `{"definitions":{"custom":{"properties":{"shoeSize":{"title":"Shoe size","type":"number"}}}}}`)
	must(t, org, 200, "POST", "/api/v1/users/"+id, `{"profile":{"shoeSize":43}}`)
	found := must(t, org, 200, "GET", "/api/v1/users"+query("search", "profile.shoeSize ge 40"), "").ids(t)
	if len(found) != 1 || found[0] != id {
		t.Errorf("search by the new attribute found %v", found)
	}
	must(t, org, 200, "POST", schema, `{"definitions":{"custom":{"properties":{"shoeSize":null}}}}`)
	if got := must(t, org, 200, "GET", "/api/v1/users/"+id, ""); strings.Contains(got.body, "shoeSize") {
		t.Errorf("the attribute is gone from the schema and not from the user: %s", got.body)
	}
	must(t, org, 400, "POST", schema, `{"definitions":{"custom":{"properties":{"login":{"title":"x","type":"string"}}}}}`)
	must(t, org, 400, "POST", schema, `{"definitions":{"custom":{"properties":{"a\"b":{"title":"x","type":"string"}}}}}`)
	must(t, org, 404, "GET", "/api/v1/meta/schemas/user/oscNone", "")
}

func TestRevokeSessions(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	must(t, org, 204, "DELETE", "/api/v1/users/"+org.Cast().Employee.ID+"/sessions?oauthTokens=true", "")
	must(t, org, 404, "DELETE", "/api/v1/users/00uNobody/sessions", "")
}

func TestAppLinksFollowAssignments(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	has := func() bool {
		for _, l := range must(t, org, 200, "GET", "/api/v1/users/"+c.Employee.ID+"/appLinks", "").list(t) {
			if l["appInstanceId"] == c.ProjectApp.ID {
				return true
			}
		}
		return false
	}
	if !has() {
		t.Errorf("a member of %s has no tile for %s", c.Project.Name, c.ProjectApp.Name)
	}
	must(t, org, 204, "DELETE", "/api/v1/groups/"+c.Project.ID+"/users/"+c.Employee.ID, "")
	if has() {
		t.Errorf("the tile stays after leaving %s", c.Project.Name)
	}
}
