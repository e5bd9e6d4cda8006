package demoorg_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"okta-mcp/oktaclient/demoorg"
)

const sessionsPath = "/api/v1/sessions/"

func TestSession(t *testing.T) {
	t.Parallel()
	c := &clock{start}
	org := newOrg(t, demoorg.Options{Size: demoorg.MinSize, Now: c.now})
	cast := org.Cast()
	path := sessionsPath + cast.Session.ID
	got := must(t, org, 200, "GET", path, "").object(t)
	const shape = "_links:o amr:a createdAt:t expiresAt:t id:s idp:o lastFactorVerification:t lastPasswordVerification:t login:s mfaActive:b status:s userId:s"
	if now := strings.Replace(shapeOf(got), "lastFactorVerification:0", "lastFactorVerification:t", 1); now != shape {
		t.Errorf("a session is shaped\n  %s, want\n  %s", now, shape)
	}
	if got["userId"] != cast.Employee.ID || got["login"] != cast.Session.Name || at(got, "idp", "type") != "OKTA" || at(got, "_links", "user", "name") == nil {
		t.Errorf("the employee's session is %v", got)
	}
	c.advance(time.Hour)
	refreshed := must(t, org, 200, "POST", path+"/lifecycle/refresh", "").object(t)
	if want := start.Add(3 * time.Hour).Format("2006-01-02T15:04:05.000Z"); refreshed["expiresAt"] != want || refreshed["createdAt"] != got["createdAt"] {
		t.Errorf("a refreshed session ends at %v, want two hours from now, %s", refreshed["expiresAt"], want)
	}
	c.advance(1000 * time.Hour)
	if later := must(t, org, 200, "GET", path, "").object(t); fmt.Sprint(later["expiresAt"]) <= c.at.Format("2006-01-02T15:04:05.000Z") {
		t.Errorf("a session that is shown has ended at %v", later["expiresAt"])
	}
	must(t, org, 204, "DELETE", path, "")
	for _, operation := range []string{"GET ", "DELETE ", "POST /lifecycle/refresh"} {
		method, rest, _ := strings.Cut(operation, " ")
		if got := must(t, org, 404, method, path+rest, ""); !strings.Contains(got.body, cast.Session.ID+" (AppSession)") {
			t.Errorf("%s of a session that has ended answers %s", operation, got.body)
		}
	}
}

func TestWhatEndsSessions(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{
		"DELETE /sessions", "DELETE /sessions?oauthTokens=true&forgetDevices=false", "POST /lifecycle/suspend", "POST /lifecycle/deactivate",
		"DELETE ", "POST /lifecycle/expire_password_with_temp_password?revokeSessions=true", "POST /lifecycle/reset_password?revokeSessions=true",
	} {
		org := newOrg(t, demoorg.Options{Size: demoorg.MinSize})
		method, rest, _ := strings.Cut(operation, " ")
		if got := send(org.Admin(), method, "/api/v1/users/"+org.Cast().Employee.ID+rest, ""); got.status/100 != 2 {
			t.Fatalf("%s: %d %s", operation, got.status, got.body)
		}
		if got := send(org.Admin(), "GET", sessionsPath+org.Cast().Session.ID, "").status; got != 404 {
			t.Errorf("after %s the employee's session answers %d, want 404", operation, got)
		}
	}
}

func TestWhatLeavesSessions(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: demoorg.MinSize})
	c := org.Cast()
	must(t, org, 204, "DELETE", "/api/v1/users/"+c.SuperAdmin.ID+"/sessions", "")
	must(t, org, 200, "POST", "/api/v1/users/"+c.Employee.ID, `{"profile":{"title":"Lead"}}`)
	must(t, org, 200, "POST", "/api/v1/users/"+c.Employee.ID+"/lifecycle/expire_password", "")
	must(t, org, 200, "GET", sessionsPath+c.Session.ID, "")
	must(t, org, 404, "DELETE", "/api/v1/users/nobody/sessions", "")
}

func TestNobodySignsInHere(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: demoorg.MinSize})
	if got := must(t, org, 400, "POST", "/api/v1/sessions", ""); got.code() != "E0000003" {
		t.Errorf("no session token: %s", got.body)
	}
	if got := must(t, org, 401, "POST", "/api/v1/sessions", `{"sessionToken":"x"}`); got.code() != "E0000004" {
		t.Errorf("an unknown session token: %s", got.body)
	}
	if got := must(t, org, 405, "GET", sessionsPath, ""); got.code() != "E0000022" {
		t.Errorf("listing sessions: %s", got.body)
	}
}

func TestGrants(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: demoorg.MinSize})
	path := "/api/v1/users/" + org.Cast().Employee.ID + "/grants"
	all := must(t, org, 200, "GET", path, "")
	const shape = "_links:o clientId:s created:t createdBy:o id:s issuer:s lastUpdated:t scopeId:s source:s status:s userId:s"
	if got := shapeOf(all.list(t)[0]); len(all.list(t)) < 2 || got != shape {
		t.Errorf("the employee gave %d consents shaped\n  %s, want at least two shaped\n  %s", len(all.list(t)), got, shape)
	}
	one := must(t, org, 200, "GET", path+"?scopeId=email&expand=scope", "").list(t)
	if len(one) != 1 || one[0]["scopeId"] != "email" || at(one[0], "_embedded", "scope", "id") != "email" {
		t.Errorf("the consent to email is %v", one)
	}
	first := must(t, org, 200, "GET", path+"?limit=1", "")
	second := must(t, org, 200, "GET", first.next(), "")
	if got := append(first.ids(t), second.ids(t)...); got[0] != all.ids(t)[0] || got[1] != all.ids(t)[1] || len(got) != 2 {
		t.Errorf("two pages of one show %v, the whole list %v", got, all.ids(t))
	}
	must(t, org, 400, "GET", path+"?after=nothing", "")
	must(t, org, 204, "DELETE", path, "")
	if got := must(t, org, 200, "GET", path, ""); got.body != "[]" || len(got.header["Link"]) != 1 {
		t.Errorf("after revocation: %s with links %v", got.body, got.header["Link"])
	}
	must(t, org, 404, "DELETE", "/api/v1/users/nobody/grants", "")
}
