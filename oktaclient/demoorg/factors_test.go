package demoorg_test

import (
	"fmt"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
)

func TestFactorsAreBelievable(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	kinds := map[any]int{}
	without := 0
	for _, id := range must(t, org, 200, "GET", "/api/v1/users"+query("filter", `status eq "ACTIVE"`), "").ids(t) {
		factors := must(t, org, 200, "GET", "/api/v1/users/"+id+"/factors", "").list(t)
		if len(factors) == 0 {
			without++
		}
		for _, f := range factors {
			kinds[f["factorType"]]++
			must(t, org, 200, "GET", "/api/v1/users/"+id+"/factors/"+fmt.Sprint(f["id"]), "")
		}
	}
	for _, kind := range []string{"push", "signed_nonce", "token:software:totp", "sms", "webauthn", "question"} {
		if kinds[kind] == 0 {
			t.Errorf("nobody has %s", kind)
		}
	}
	if without < 5 || without > 100 {
		t.Errorf("%d of 200 have no factor; want some, and not most", without)
	}
	if got := must(t, org, 200, "GET", "/api/v1/users/"+org.Cast().Staged.ID+"/factors", "").list(t); len(got) != 0 {
		t.Errorf("somebody who never signed in has %v", got)
	}
}

func TestFactorLife(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	id := newUser(t, org, "factors@acme.example", "", `,"credentials":{"password":{"value":"Abcd1234"}}`)
	factors := "/api/v1/users/" + id + "/factors"
	question := must(t, org, 200, "POST", factors, `{"factorType":"question","provider":"OKTA","profile":{"question":"disliked_food","answer":"meatball"}}`)
	if strings.Contains(question.body, "meatball") || question.object(t)["status"] != "ACTIVE" {
		t.Errorf("enrolled %s, want ACTIVE and no answer", question.body)
	}
	sms := must(t, org, 200, "POST", factors, `{"factorType":"sms","provider":"OKTA","profile":{"phoneNumber":"+12345678901"}}`).object(t)
	if sms["status"] != "PENDING_ACTIVATION" || at(sms, "_links", "activate") == nil || at(sms, "_links", "resend") == nil {
		t.Errorf("enrolled %v, want PENDING_ACTIVATION", sms)
	}
	activate := factors + "/" + fmt.Sprint(sms["id"]) + "/lifecycle/activate"
	if got := send(org.Admin(), "POST", activate, ""); got.status != 403 || got.code() != "E0000068" {
		t.Errorf("activation without a passcode: %d %s, want 403 E0000068", got.status, got.body)
	}
	if got := must(t, org, 200, "POST", activate, `{"passCode":"123456"}`).object(t); got["status"] != "ACTIVE" {
		t.Errorf("activated: %v", got)
	}
	totp := must(t, org, 200, "POST", factors, `{"factorType":"token:software:totp","provider":"OKTA"}`).object(t)
	if at(totp, "_embedded", "activation", "sharedSecret") == nil {
		t.Errorf("no seed to set an app up with: %v", totp)
	}
	must(t, org, 400, "POST", factors, `{"factorType":"sms","provider":"OKTA","profile":{"phoneNumber":"+12345678901"}}`) // twice
	must(t, org, 400, "POST", factors, `{"factorType":"call","provider":"OKTA"}`)
	must(t, org, 400, "POST", factors, `{"factorType":"telepathy"}`)
	must(t, org, 204, "DELETE", factors+"/"+fmt.Sprint(sms["id"]), "")
	gone := send(org.Admin(), "GET", factors+"/"+fmt.Sprint(sms["id"]), "")
	if gone.status != 404 || !strings.Contains(gone.body, "(UserFactor)") {
		t.Errorf("a removed factor: %d %s", gone.status, gone.body)
	}
	must(t, org, 200, "POST", "/api/v1/users/"+id+"/lifecycle/reset_factors", "")
	if left := must(t, org, 200, "GET", factors, "").list(t); len(left) != 0 {
		t.Errorf("after reset: %v", left)
	}
}

func TestFactorCatalogAndQuestions(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	id := newUser(t, org, "factors@acme.example", "", `,"credentials":{"password":{"value":"Abcd1234"}}`)
	for _, kind := range must(t, org, 200, "GET", "/api/v1/users/"+id+"/factors/catalog", "").list(t) {
		if kind["status"] != "NOT_SETUP" {
			t.Errorf("a new user has %v", kind)
		}
	}
	if got := must(t, org, 200, "GET", "/api/v1/users/"+id+"/factors/questions", "").list(t); len(got) < 5 {
		t.Errorf("questions are %v", got)
	}
}

func TestEmptyCorners(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	user := "/api/v1/users/" + org.Cast().Employee.ID
	for _, what := range []string{"/clients", "/idps"} {
		if got := must(t, org, 200, "GET", user+what, ""); got.body != "[]" {
			t.Errorf("GET %s: %s, want []", what, got.body)
		}
		must(t, org, 404, "GET", "/api/v1/users/00uNobody"+what, "")
	}
	if got := must(t, org, 401, "GET", user+"/blocks", ""); got.code() != "E0000015" {
		t.Errorf("blocks: %s, want E0000015", got.body)
	}
}
