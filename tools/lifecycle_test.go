package tools_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/tools"
)

func TestLifecycleToolsDoWhatTheySay(t *testing.T) {
	t.Parallel()
	try(t, func(c demoorg.Cast) []trial {
		one := func(p demoorg.Person) args { return args{"user_id": p.ID} }
		many := func(people ...demoorg.Person) args {
			ids := make([]string, len(people))
			for i, p := range people {
				ids[i] = p.ID
			}
			return args{"user_ids": ids}
		}
		post := func(p demoorg.Person, step string) string {
			return "POST /api/v1/users/" + p.ID + "/lifecycle/" + step
		}
		return []trial{
			{name: "staged", tool: "activate_user", arguments: one(c.Staged), answers: []string{`"tool":"deactivate_user"`, "not back to STAGED"}, writes: []string{post(c.Staged, "activate")}},
			{name: "deprovisioned", tool: "activate_user", arguments: args{"user_id": c.Deprovisioned.Login}, asks: []string{"the account was deactivated", "mails the activation link", c.Deprovisioned.Login, "direct app assignments stay gone", "The person is in "},
				answers: []string{`"tool":"deactivate_user"`}, writes: []string{post(c.Deprovisioned, "activate")}},
			{name: "of an administrator", tool: "activate_user", arguments: one(c.Staged), prepare: makeHelpDesk(c.Staged), asks: []string{"the person is an administrator", "type exactly"}, writes: []string{post(c.Staged, "activate")}},
			{name: "active", tool: "activate_user", arguments: one(c.Employee), refused: []string{"is ACTIVE, not STAGED or DEPROVISIONED", "active already"}},
			{name: "provisioned", tool: "activate_user", arguments: one(c.Provisioned), refused: []string{"PROVISIONED", "reactivate_user"}},
			{name: "suspended", tool: "activate_user", arguments: one(c.Suspended), refused: []string{"SUSPENDED", "unsuspend_user"}},
			{name: "locked out", tool: "activate_user", arguments: one(c.LockedOut), refused: []string{"LOCKED_OUT", "unlock_user"}},
			{name: "link in the answer", tool: "activate_user", arguments: args{"user_id": c.Staged.ID, "send_email": false}, refused: []string{"an activation link", "--allow-secrets", "leave send_email out"}},
			{name: "provisioned", tool: "reactivate_user", arguments: one(c.Provisioned), answers: []string{"nothing to undo"}, writes: []string{post(c.Provisioned, "reactivate")}},
			{name: "recovery", tool: "reactivate_user", arguments: one(c.Employee), prepare: inStatus(c.Employee, "RECOVERY"), writes: []string{post(c.Employee, "reactivate")}},
			{name: "deprovisioned", tool: "reactivate_user", arguments: one(c.Deprovisioned), refused: []string{"DEPROVISIONED, not PROVISIONED or RECOVERY", "activate_user"}},
			{name: "active", tool: "reactivate_user", arguments: one(c.Employee), refused: []string{"ACTIVE", "reset_password"}},
			{name: "link in the answer", tool: "reactivate_user", arguments: args{"user_id": c.Provisioned.ID, "send_email": false}, refused: []string{"an activation link", "--allow-secrets"}},
			{name: "one", tool: "deactivate_user", arguments: many(c.Employee), asks: []string{"All access ends", "The person is in ", c.Employee.Login}, answers: []string{"activate_user activates the account again"}, writes: []string{post(c.Employee, "deactivate")}},
			{name: "twice", tool: "deactivate_user", arguments: many(c.Deprovisioned), refused: []string{"DEPROVISIONED", "deactivated already", "delete_user"}},
			{name: "two", tool: "suspend_user", arguments: many(c.Employee, c.Contractor), asks: []string{"these 2 users", c.Employee.Login, c.Contractor.Login},
				answers: []string{`"undo":{"arguments":{"user_id":"` + c.Contractor.ID + `"},"tool":"unsuspend_user"}`}, writes: []string{post(c.Employee, "suspend"), post(c.Contractor, "suspend")}},
			{name: "locked out", tool: "suspend_user", arguments: many(c.LockedOut), refused: []string{"LOCKED_OUT", "revoke_user_sessions", "deactivate_user"}},
			{name: "suspended", tool: "unsuspend_user", arguments: args{"user_id": c.Suspended.Login}, asks: []string{"on purpose", "The person is in ", c.Suspended.ID}, answers: []string{`"tool":"suspend_user"`}, writes: []string{post(c.Suspended, "unsuspend")}},
			{name: "an administrator", tool: "unsuspend_user", arguments: one(c.Suspended), prepare: makeHelpDesk(c.Suspended), asks: []string{"administrator", "type exactly"}, writes: []string{post(c.Suspended, "unsuspend")}},
			{name: "active", tool: "unsuspend_user", arguments: one(c.Employee), refused: []string{"ACTIVE, not SUSPENDED", "no suspension to lift"}},
			{name: "deprovisioned", tool: "unsuspend_user", arguments: one(c.Deprovisioned), refused: []string{"DEPROVISIONED", "activate_user"}},
			{name: "not there", tool: "unsuspend_user", arguments: args{"user_id": "nobody@acme.example"}, refused: []string{"no user has"}},
			{name: "locked out", tool: "unlock_user", arguments: one(c.LockedOut), writes: []string{post(c.LockedOut, "unlock")}},
			{name: "suspended", tool: "unlock_user", arguments: one(c.Suspended), refused: []string{"SUSPENDED", "on purpose", "unsuspend_user"}},
			{name: "deprovisioned", tool: "unlock_user", arguments: one(c.Deprovisioned), refused: []string{"DEPROVISIONED", "activate_user"}},
			{name: "active", tool: "expire_password", arguments: one(c.Employee), asks: []string{"PASSWORD_EXPIRED", "has to choose a new one", "stay open"}, answers: []string{"cannot be undone"}, writes: []string{post(c.Employee, "expire_password")}},
			{name: "of an administrator", tool: "expire_password", arguments: one(c.HelpDesk), asks: []string{"type exactly"}, writes: []string{post(c.HelpDesk, "expire_password")}},
			{name: "expired", tool: "expire_password", arguments: one(c.Employee), prepare: inStatus(c.Employee, "PASSWORD_EXPIRED"), refused: []string{"PASSWORD_EXPIRED, not ACTIVE", "already"}},
			{name: "recovering", tool: "expire_password", arguments: one(c.Employee), prepare: inStatus(c.Employee, "RECOVERY"), refused: []string{"RECOVERY", "reactivate_user"}},
			{name: "locked out", tool: "expire_password", arguments: one(c.LockedOut), refused: []string{"LOCKED_OUT", "unlock_user", "reset_password"}},
			{name: "provisioned", tool: "expire_password", arguments: one(c.Provisioned), refused: []string{"no password yet", "reactivate_user"}},
			{name: "temporary password", tool: "expire_password", arguments: args{"user_id": c.Employee.ID, "temp_password": true}, refused: []string{"a temporary password", "--allow-secrets", "reset_password"}},
			{name: "sessions too", tool: "expire_password", arguments: args{"user_id": c.Employee.ID, "revoke_sessions": true}, refused: []string{"only together with a temporary password", "revoke_user_sessions"}},
			{name: "locked out", tool: "reset_password", arguments: one(c.LockedOut), asks: []string{"becomes RECOVERY", "mails the reset link", c.LockedOut.Login, "stay open"}, answers: []string{"cannot be undone"}, writes: []string{post(c.LockedOut, "reset_password")}},
			{name: "sessions too", tool: "reset_password", arguments: args{"user_id": c.Employee.ID, "revoke_sessions": true}, asks: []string{"sessions end now"}, writes: []string{post(c.Employee, "reset_password")}},
			{name: "super administrator", tool: "reset_password", arguments: one(c.SuperAdmin), asks: []string{"super administrator", "type exactly"}, writes: []string{post(c.SuperAdmin, "reset_password")}},
			{name: "staged", tool: "reset_password", arguments: one(c.Staged), refused: []string{"STAGED", "activate_user"}},
			{name: "suspended", tool: "reset_password", arguments: one(c.Suspended), refused: []string{"SUSPENDED", "unsuspend_user"}},
			{name: "deprovisioned", tool: "reset_password", arguments: one(c.Deprovisioned), refused: []string{"DEPROVISIONED", "activate_user"}},
			{name: "link in the answer", tool: "reset_password", arguments: args{"user_id": c.Employee.ID, "send_email": false}, refused: []string{"a reset link", "--allow-secrets", "leave send_email out", "cannot read that mail"}},
		}
	})
}

// inStatus moves somebody to a status before a trial.
func inStatus(p demoorg.Person, status string) func(*world) {
	return func(w *world) {
		if err := w.org.SetStatus(p.Login, status); err != nil {
			w.t.Error(err)
		}
	}
}

// makeHelpDesk makes somebody an administrator before a trial.
func makeHelpDesk(p demoorg.Person) func(*world) {
	return func(w *world) { admin(w, "POST", "/api/v1/users/"+p.ID+"/roles", `{"type":"HELP_DESK_ADMIN"}`) }
}

func TestWhatUndoesALifecycleStepReallyDoes(t *testing.T) {
	t.Parallel()
	for tool, c := range map[string]struct {
		who           func(demoorg.Cast) demoorg.Person
		status, after string
	}{
		"unsuspend_user": {func(c demoorg.Cast) demoorg.Person { return c.Suspended }, "ACTIVE", "SUSPENDED"},
		"activate_user":  {func(c demoorg.Cast) demoorg.Person { return c.Deprovisioned }, "PROVISIONED", "DEPROVISIONED"},
	} {
		t.Run(tool, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{})
			p := w.connect("2025-11-25", accepting)
			id := c.who(w.org.Cast()).ID
			var done changed
			p.ask(tool, args{"user_id": id}).mustWork(&done)
			if status, _ := userNow(w, id); status != c.status {
				t.Errorf("the status is %s, want %s", status, c.status)
			}
			undo(t, p, done).mustWork(nil)
			if status, _ := userNow(w, id); status != c.after {
				t.Errorf("undo left the status %s, want %s", status, c.after)
			}
		})
	}
}

func TestASuspensionIsUndoneForOneAndForEachOfSeveral(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	p := w.connect("2025-11-25", accepting)
	people := active(t, w, 3)
	var one changed
	p.ask("suspend_user", args{"user_ids": people[:1]}).mustWork(&one)
	undo(t, p, one).mustWork(nil)
	var several struct {
		Targets []struct{ Undo any }
	}
	p.ask("suspend_user", args{"user_ids": people[1:]}).mustWork(&several)
	for _, target := range several.Targets {
		undo(t, p, changed{Undo: target.Undo}).mustWork(nil)
	}
	for _, id := range people {
		if status, _ := userNow(w, id); status != "ACTIVE" {
			t.Errorf("after undoing, %s is %s", id, status)
		}
	}
}

func TestSecretsThatOktaWouldAnswerAreRefusedUnreadAndAnsweredIfAllowed(t *testing.T) {
	t.Parallel()
	for tool, c := range map[string]struct {
		who   func(demoorg.Cast) demoorg.Person
		more  args
		sent  string
		shows []string
	}{
		"activate_user":   {func(c demoorg.Cast) demoorg.Person { return c.Staged }, args{"send_email": false}, "sendEmail=false", []string{"activationUrl", "/tokens/"}},
		"reactivate_user": {func(c demoorg.Cast) demoorg.Person { return c.Provisioned }, args{"send_email": false}, "sendEmail=false", []string{"activationUrl", "/tokens/"}},
		"reset_password":  {func(c demoorg.Cast) demoorg.Person { return c.Employee }, args{"send_email": false, "revoke_sessions": true}, "revokeSessions=true&sendEmail=false", []string{"resetPasswordUrl", "/reset_password/"}},
		"expire_password": {func(c demoorg.Cast) demoorg.Person { return c.Employee }, args{"temp_password": true, "revoke_sessions": true}, "revokeSessions=true", []string{"tempPassword"}},
	} {
		t.Run(tool, func(t *testing.T) {
			t.Parallel()
			for _, allowed := range []bool{false, true} {
				w := newWorld(t, setup{options: tools.Options{AllowSecrets: allowed}})
				c.more["user_id"] = c.who(w.org.Cast()).ID
				p, question := w.listening()
				r := p.ask(tool, c.more)
				if !allowed {
					r.mustFail("--allow-secrets")
					if n := len(w.org.Requests()); n > 0 {
						t.Errorf("%d requests were sent before the refusal", n)
					}
					continue
				}
				r.mustWork(nil)
				contains(t, "the answer", r.text(), c.shows)
				contains(t, "the question", *question, []string{"is in the answer: whoever reads it can take the account over"})
				if writes := w.org.Writes(); len(writes) != 1 || writes[0].RawQuery != c.sent {
					t.Errorf("Okta was sent %v, want one change with the query %s", writes, c.sent)
				}
				if strings.Contains(r.text(), "withheld") {
					t.Errorf("the answer withholds what the operator allows: %s", r.text())
				}
			}
		})
	}
}

func TestMailIsAskedForUnlessTheCallSaysOtherwise(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	p := w.connect("2025-11-25", accepting)
	cast := w.org.Cast()
	p.ask("activate_user", args{"user_id": cast.Staged.ID}).mustWork(nil)
	p.ask("reactivate_user", args{"user_id": cast.Provisioned.ID, "send_email": true}).mustWork(nil)
	p.ask("reset_password", args{"user_id": cast.Employee.ID}).mustWork(nil)
	p.ask("deactivate_user", args{"user_ids": []string{cast.Contractor.ID}}).mustWork(nil)
	var sent []string
	for _, write := range w.org.Writes() {
		sent = append(sent, write.RawQuery)
	}
	if want := []string{"sendEmail=true", "sendEmail=true", "revokeSessions=false&sendEmail=true", "sendEmail=false"}; !slices.Equal(sent, want) {
		t.Errorf("Okta was sent the queries %q, want %q", sent, want)
	}
}

func TestOnlySuperAdministratorsAreAskedAboutWhenUnlocked(t *testing.T) {
	t.Parallel()
	for role, asks := range map[string]bool{"HELP_DESK_ADMIN": false, "SUPER_ADMIN": true} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{})
			locked := w.org.Cast().LockedOut
			admin(w, "POST", "/api/v1/users/"+locked.ID+"/roles", fmt.Sprintf(`{"type":%q}`, role))
			p := w.connect("2025-11-25", accepting)
			p.ask("unlock_user", args{"user_id": locked.ID}).mustWork(nil)
			if asked := p.asked.Load() > 0; asked != asks {
				t.Errorf("somebody was asked: %t, want %t", asked, asks)
			}
		})
	}
}

func TestABatchSaysWhomItCannotTake(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	cast := w.org.Cast()
	p := w.connect("2025-11-25", accepting)
	for _, tool := range []string{"suspend_user", "deactivate_user", "revoke_user_sessions"} {
		r := p.ask(tool, args{"user_ids": []string{cast.Employee.ID, cast.HelpDesk.ID, cast.Contractor.ID, cast.SuperAdmin.ID}})
		r.mustFail(cast.HelpDesk.Login, cast.SuperAdmin.Login, "administrators")
		if strings.Contains(r.text(), "cannot be undone") {
			t.Errorf("%s gives a reason that is none: %s", tool, r.text())
		}
	}
	noWrites(t, w)
}
