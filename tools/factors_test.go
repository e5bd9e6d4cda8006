package tools_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/tools"
)

func TestFactorTools(t *testing.T) {
	t.Parallel()
	try(t, func(c demoorg.Cast) []trial {
		factors := "/api/v1/users/" + c.Employee.ID + "/factors"
		mine := args{"user_id": c.Employee.Login, "factor_id": c.Factor.ID}
		waiting := args{"user_id": c.Employee.ID, "factor_id": c.PendingFactor.ID, "pass_code": "123456"}
		return []trial{
			{name: "by login", tool: "list_factors", arguments: args{"user_id": c.Employee.Login}, answers: []string{c.Factor.ID, "PENDING_ACTIVATION"}},
			{name: "nobody", tool: "list_factors", arguments: args{"user_id": "nobody@acme.example"}, refused: []string{"no user has the id or login"}},
			{name: "one", tool: "get_factor", arguments: mine, answers: []string{`"status":"ACTIVE"`, c.Factor.Name}},
			{name: "of somebody else", tool: "get_factor", arguments: args{"user_id": c.Contractor.ID, "factor_id": c.Factor.ID}, refused: []string{"no factor has the id", "list_factors"}},
			{name: "what there is", tool: "list_supported_factors", arguments: args{"user_id": c.Employee.ID}, answers: []string{"webauthn", "NOT_SETUP"}},
			{name: "in pages", tool: "list_supported_factors", arguments: args{"user_id": c.Employee.ID, "limit": 2}, answers: []string{`"count":2`, "next_cursor"}},
			{name: "of the org", tool: "list_authenticators", arguments: args{}, answers: []string{"okta_password"}},

			{name: "e-mail", tool: "enroll_factor", arguments: args{"user_id": c.Employee.ID, "factor": args{"factorType": "email", "provider": "OKTA", "profile": args{"email": "a@evil.example"}}},
				asks:   []string{"Enrol a factor for a person", "a@evil.example", c.Employee.Login, "recover the account"},
				writes: []string{"POST " + factors}, answers: []string{"unenroll_factor", "PENDING_ACTIVATION"}},
			{name: "code generator", tool: "enroll_factor", arguments: args{"user_id": c.Employee.ID, "factor": args{"factorType": "token:software:totp", "provider": "OKTA"}},
				refused: []string{"would answer the enrolment", "--allow-secrets", "own pages"}},
			{name: "of a kind not known", tool: "enroll_factor", arguments: args{"user_id": c.Employee.ID, "factor": args{"factorType": "retina", "provider": "OKTA"}}, refused: []string{"--allow-secrets"}},
			{name: "security question", tool: "enroll_factor", arguments: args{"user_id": c.Employee.ID, "factor": args{"factorType": "question", "profile": args{"question": "favorite_toy", "answer": "bear"}}},
				refused: []string{"answer to a security question", "--allow-secrets"}},
			{name: "without a kind", tool: "enroll_factor", arguments: args{"user_id": c.Employee.ID, "factor": args{"provider": "OKTA"}}, refused: []string{"factor needs factorType"}},
			{name: "for an administrator", tool: "enroll_factor", arguments: args{"user_id": c.HelpDesk.ID, "factor": args{"factorType": "email", "provider": "OKTA"}},
				asks: []string{"The person is an administrator", "type exactly: " + c.HelpDesk.Login}, writes: []string{"POST /api/v1/users/" + c.HelpDesk.ID + "/factors"}},

			{name: "with its code", tool: "activate_factor", arguments: waiting, asks: []string{"Activate a factor", "+15555550142", c.Employee.Login},
				writes: []string{"POST " + factors + "/" + c.PendingFactor.ID + "/lifecycle/activate"}, answers: []string{`"status":"ACTIVE"`}},
			{name: "active already", tool: "activate_factor", arguments: mine, refused: []string{"is ACTIVE already"}},

			{name: "one of several", tool: "unenroll_factor", arguments: mine, asks: []string{"Take a factor away", "left", c.Employee.Login},
				writes: []string{"DELETE " + factors + "/" + c.Factor.ID}, answers: []string{"cannot be undone"}},
			{name: "the last one", tool: "unenroll_factor", arguments: mine,
				prepare: func(w *world) {
					for _, f := range factorsOf(w, c.Employee.ID) {
						if f != c.Factor.ID {
							admin(w, "DELETE", factors+"/"+f, "")
						}
					}
				},
				asks: []string{"No active factor is left"}, writes: []string{"DELETE " + factors + "/" + c.Factor.ID}},
			{name: "all", tool: "reset_factors", arguments: args{"user_id": c.Employee.Login}, asks: []string{"Take all factors away", "No active factor is left", "Factors lost", c.Factor.Name},
				writes: []string{"POST /api/v1/users/" + c.Employee.ID + "/lifecycle/reset_factors"}},
			{name: "of a deprovisioned person", tool: "reset_factors", arguments: args{"user_id": c.Deprovisioned.ID}, refused: []string{"DEPROVISIONED", "activate_user"}},
		}
	})
}

func TestAFactorTakenFromRecoveryIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.org.Cast()
	p, question := w.listening()
	p.ask("unenroll_factor", args{"user_id": c.Employee.ID, "factor_id": c.Factor.ID, "remove_recovery": true}).mustWork(nil)
	contains(t, "the question", *question, []string{"cannot recover the account with it"})
}

func factorsOf(w *world, userID string) []string {
	_, body := adminDo(w, "GET", "/api/v1/users/"+userID+"/factors", "")
	var factors []struct{ ID string }
	if err := json.Unmarshal([]byte(body), &factors); err != nil {
		w.t.Fatalf("%v: %s", err, body)
	}
	var ids []string
	for _, f := range factors {
		ids = append(ids, f.ID)
	}
	return ids
}

func TestASeedIsAnsweredOnlyWhereTheOperatorAllowsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{options: tools.Options{AllowSecrets: true}})
	c := w.org.Cast()
	p, _ := w.listening()
	r := p.ask("enroll_factor", args{"user_id": c.Employee.ID, "factor": args{"factorType": "token:software:totp", "provider": "OKTA"}})
	r.mustWork(nil)
	contains(t, "the answer", r.text(), []string{"sharedSecret"})
}

func TestNoFactorIsBuriedAndNoAnswerShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{options: tools.Options{AllowSecrets: true}})
	c := w.org.Cast()
	p := w.connect("2025-11-25", nil)
	profile := args{"phoneNumber": "+15550000666"}
	for i := range 45 {
		profile[fmt.Sprintf("a%d", i)] = "x"
	}
	plan := plan(t, p, "enroll_factor", args{"user_id": c.Employee.ID, "factor": args{"factorType": "sms", "provider": "OKTA", "profile": profile}}, "")
	contains(t, "the question", plan.Plan.Question, []string{"+15550000666"})
	for _, factor := range []args{
		{"factorType": "question", "provider": "OKTA", "profile": args{"question": "favorite_toy", "answer": "hush-bear"}},
		{"factorType": "token", "provider": "SYMANTEC", "profile": args{"credentialId": "V1"}, "verify": args{"passCode": "hush1", "nextPassCode": "hush2"}},
	} {
		var shown changed
		p.ask("enroll_factor", args{"user_id": c.Employee.ID, "factor": factor, "plan_only": true}).mustWork(&shown)
		contains(t, "the question", shown.Plan.Question, []string{"a secret that is not shown"})
		if strings.Contains(shown.Plan.Question, "hush") {
			t.Errorf("the question shows a secret: %s", shown.Plan.Question)
		}
	}
}
