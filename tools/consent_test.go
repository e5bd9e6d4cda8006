package tools_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/oktaclient/demoorg/orgtest"
	"okta-mcp/tools"
)

// everyDangerousCall runs f for each dangerous call in each of the protocol
// versions, one after the other in one world, and proves each time that nothing
// but GET was sent.
func everyDangerousCall(t *testing.T, s setup, versions []string, f func(t *testing.T, w *world, version, tool string, arguments map[string]any)) {
	s.selection = tools.Selection{Toolsets: []string{"all"}}
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, s)
			for tool, arguments := range dangerous(w.org.Cast()) {
				f(t, w, version, tool, arguments)
				for _, write := range w.org.Writes() {
					t.Errorf("%s: something other than GET reached the org: %s %s %s", tool, write.Method, write.Path, write.Body)
				}
				w.org.Reset()
				w.pass(11 * time.Minute) // no limit on questions, and no refusal, reaches the next call
			}
		})
	}
}

func TestEveryDangerousCallIsCarriedOutOnceAPersonAgrees(t *testing.T) {
	t.Parallel()
	for _, version := range versions() {
		for tool := range dangerous(demoorg.Cast{}) {
			t.Run(version+"/"+tool, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
				p := w.connect(version, accepting)
				p.ask(tool, dangerous(w.org.Cast())[tool]).mustWork(nil)
				if p.asked.Load() != 1 {
					t.Errorf("asked %d times, want once", p.asked.Load())
				}
				if len(w.org.Writes()) != 1 {
					t.Errorf("the org saw %d changes, want one: %v", len(w.org.Writes()), w.org.Writes())
				}
				if e := w.record.last(); e.Consent.By != "client" || e.Consent.Question == "" || e.Outcome != "ok" {
					t.Errorf("recorded %+v, want the client's consent and the question's hash", e)
				}
			})
		}
	}
}

func TestWithoutElicitationNothingIsDone(t *testing.T) {
	t.Parallel()
	everyDangerousCall(t, setup{}, versions(), func(_ *testing.T, w *world, version, tool string, arguments map[string]any) {
		w.connect(version, nil).ask(tool, arguments).mustFail("not done", "does not support elicitation", "--approve "+tool)
	})
}

func TestAnswersThatAreNoYes(t *testing.T) {
	t.Parallel()
	answers := map[string]func(context.Context, mcp.ElicitationParams) (*mcp.ElicitationResult, error){
		"error while asking": func(context.Context, mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
			return nil, errors.New("boom [click](http://evil.example)")
		},
		"bare accept":      acting("accept"),
		"decline":          acting("decline"),
		"cancel":           acting("cancel"),
		"no action":        acting(""),
		"invented action":  acting("approve"),
		"upper-case":       acting("ACCEPT"),
		"accept with null": func(context.Context, mcp.ElicitationParams) (*mcp.ElicitationResult, error) { return accept(nil), nil },
		"accept with {}": func(context.Context, mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
			return accept(map[string]any{}), nil
		},
		"accept with a string": func(context.Context, mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
			return accept("yes"), nil
		},
		"first choice": func(_ context.Context, q mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
			return accept(map[string]any{"decision": "refuse"}), nil
		},
		"wrong member": func(context.Context, mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
			return accept(map[string]any{"confirm": true}), nil
		},
		"missing member": func(_ context.Context, q mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
			return accept(map[string]any{"decision": nil}), nil
		},
		"extra member": func(_ context.Context, q mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
			content := consenting(q)
			content["note"] = "ok"
			return accept(content), nil
		},
		"typed in lower case": func(_ context.Context, q mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
			content := consenting(q)
			for name, value := range content {
				content[name] = strings.ToUpper(value.(string)) + " "
			}
			return accept(content), nil
		},
		"both forms": func(_ context.Context, q mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
			return accept(map[string]any{"decision": "proceed", "type_to_confirm": "x"}), nil
		},
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spoken := []string{"2025-11-25", modernVersion} // one of each way of asking
			if name == "bare accept" || name == "decline" {
				spoken = versions()
			}
			everyDangerousCall(t, setup{}, spoken, func(t *testing.T, w *world, version, tool string, arguments map[string]any) {
				p := w.connect(version, answer)
				p.ask(tool, arguments).mustFail("nothing was changed")
				if p.asked.Load() == 0 {
					t.Error("nobody was asked, so this proves nothing")
				}
				if e := w.record.last(); e.Consent.By != "" || e.Outcome != tools.OutcomeNotConsented {
					t.Errorf("recorded %+v as if somebody had agreed", e)
				}
			})
		})
	}
}

func TestConsentInArgumentsIsRefused(t *testing.T) {
	t.Parallel()
	for _, member := range []string{"confirm", "confirmed", "approved", "decision", "type_to_confirm", "force", "Plan_only"} {
		t.Run(member, func(t *testing.T) {
			t.Parallel()
			everyDangerousCall(t, setup{}, versions(), func(_ *testing.T, w *world, version, tool string, arguments map[string]any) {
				arguments[member] = true
				w.connect(version, nil).ask(tool, arguments).mustFail("there is no parameter", member)
			})
		})
	}
}

func TestAcceptAfterTimeoutIsTooLate(t *testing.T) {
	t.Parallel()
	t.Run("older clients", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, setup{askWithin: 50 * time.Millisecond})
		p := w.connect("2025-11-25", func(ctx context.Context, q mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
			<-ctx.Done()
			return accepting(ctx, q)
		})
		p.ask("delete_group", map[string]any{"group_id": w.org.Cast().Project.Name}).mustFail("nothing was changed")
		noWrites(t, w)
	})
	t.Run(modernVersion, func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, setup{})
		p := w.connect(modernVersion, func(ctx context.Context, q mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
			w.pass(6 * time.Minute)
			return accepting(ctx, q)
		})
		p.ask("delete_group", map[string]any{"group_id": w.org.Cast().Project.Name}).mustFail("nobody answered in time")
		noWrites(t, w)
	})
}

func noWrites(t *testing.T, w *world) {
	t.Helper()
	for _, write := range w.org.Writes() {
		t.Errorf("something other than GET reached the org: %s %s", write.Method, write.Path)
	}
}

// sealed is one question as a modern client holds it.
func sealed(p *peer, tool string, arguments any) (state string, reply map[string]any) {
	p.w.t.Helper()
	r := p.call(tool, arguments)
	if r.ResultType != "input_required" || r.RequestState == "" {
		p.w.t.Fatalf("no question was asked: %s", r.Raw)
	}
	return r.RequestState, map[string]any{"confirm": accept(consenting(r.InputRequests["confirm"].Params))}
}

func TestASealIsGoodForItsOwnCallOnceAndNothingElse(t *testing.T) {
	t.Parallel()
	type attempt struct {
		tool      string
		arguments map[string]any
		peer      *peer
		state     string
	}
	cases := map[string]func(w *world, p *peer, state string, arguments map[string]any) attempt{
		"another target": func(w *world, p *peer, state string, _ map[string]any) attempt {
			return attempt{"delete_group", map[string]any{"group_id": w.org.Cast().Contractors.ID}, p, state}
		},
		"another tool": func(w *world, p *peer, state string, _ map[string]any) attempt {
			return attempt{"suspend_user", map[string]any{"user_ids": []string{w.org.Cast().Employee.ID}}, p, state}
		},
		"another caller": func(w *world, _ *peer, state string, arguments map[string]any) attempt {
			other := w.connect(modernVersion, accepting)
			other.caller = "somebody else"
			return attempt{"delete_group", arguments, other, state}
		},
		"tampered": func(_ *world, p *peer, state string, arguments map[string]any) attempt {
			return attempt{"delete_group", arguments, p, flip(state)}
		},
		"of another server": func(w *world, p *peer, _ string, arguments map[string]any) attempt {
			elsewhere := newWorld(w.t, setup{})
			foreign, _ := sealed(elsewhere.connect(modernVersion, accepting), "delete_group", map[string]any{"group_id": elsewhere.org.Cast().Project.ID})
			return attempt{"delete_group", arguments, p, foreign}
		},
		"none": func(_ *world, p *peer, _ string, arguments map[string]any) attempt {
			return attempt{"delete_group", arguments, p, ""}
		},
		"words": func(_ *world, p *peer, _ string, arguments map[string]any) attempt {
			return attempt{"delete_group", arguments, p, "approved.by-the-user"}
		},
	}
	for name, make := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{})
			p := w.connect(modernVersion, accepting)
			arguments := map[string]any{"group_id": w.org.Cast().Project.ID}
			state, reply := sealed(p, "delete_group", arguments)
			a := make(w, p, state, arguments)
			a.peer.call(a.tool, a.arguments, map[string]any{"requestState": a.state, "inputResponses": reply}).mustFail("nothing was changed")
			noWrites(t, w)
		})
	}
}

func flip(token string) string {
	b := []byte(token)
	b[5] ^= 1
	return string(b)
}

func TestASealIsUsedOnceHoweverManyRedeemItAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	p := w.connect(modernVersion, accepting)
	arguments := map[string]any{"group_id": w.org.Cast().Project.ID}
	state, reply := sealed(p, "delete_group", arguments)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			p.call("delete_group", arguments, map[string]any{"requestState": state, "inputResponses": reply})
		})
	}
	wg.Wait()
	if n := len(w.org.Writes()); n != 1 {
		t.Errorf("%d changes were made with one seal, want exactly one", n)
	}
	p.call("delete_group", arguments, map[string]any{"requestState": state, "inputResponses": reply}).mustFail()
}

func TestATargetThatChangedAfterTheQuestionIsRefused(t *testing.T) {
	t.Parallel()
	changes := map[string]struct {
		tool      string
		arguments func(demoorg.Cast) map[string]any
		change    func(*world)
	}{
		"group renamed": {"delete_group", func(c demoorg.Cast) map[string]any { return map[string]any{"group_id": c.Project.ID} }, func(w *world) {
			admin(w, "PUT", "/api/v1/groups/"+w.org.Cast().Project.ID, `{"profile":{"name":"Payroll","description":""}}`)
		}},
		"member count changed": {"delete_group", func(c demoorg.Cast) map[string]any { return map[string]any{"group_id": c.Project.ID} }, func(w *world) {
			admin(w, "PUT", "/api/v1/groups/"+w.org.Cast().Project.ID+"/users/"+w.org.Cast().Staged.ID, "")
		}},
		"status changed": {"deactivate_user", func(c demoorg.Cast) map[string]any { return map[string]any{"user_ids": []string{c.Employee.ID}} }, func(w *world) {
			if err := w.org.SetStatus(w.org.Cast().Employee.Login, "LOCKED_OUT"); err != nil {
				w.t.Error(err)
			}
		}},
		"became an administrator": {"suspend_user", func(c demoorg.Cast) map[string]any { return map[string]any{"user_ids": []string{c.Employee.ID}} }, func(w *world) {
			admin(w, "POST", "/api/v1/users/"+w.org.Cast().Employee.ID+"/roles", `{"type":"SUPER_ADMIN"}`)
		}},
	}
	for name, c := range changes {
		for _, version := range versions() {
			t.Run(name+"/"+version, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, setup{})
				p := w.connect(version, func(ctx context.Context, q mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
					c.change(w)
					return accepting(ctx, q)
				})
				p.ask(c.tool, c.arguments(w.org.Cast())).mustFail("changed after the question was asked")
				noWrites(t, w)
			})
		}
	}
}

// admin changes the org behind the server's back.
func admin(w *world, method, path, body string) {
	w.t.Helper()
	if status, answer := adminDo(w, method, path, body); status >= 300 {
		w.t.Errorf("%s %s as administrator: %d %s", method, path, status, answer)
	}
}

func TestTenQuestionsACallerAreOpenAndOfEachCaller(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{org: demoorg.Options{Size: 60}})
	open := make(chan struct{})
	waiting := make(chan struct{}, 300)
	hold := func(ctx context.Context, q mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
		waiting <- struct{}{}
		<-open
		return acting("cancel")(ctx, q)
	}
	var wg sync.WaitGroup
	refused := make(chan string, 300)
	for caller := range 10 {
		p := w.connect("2025-11-25", hold)
		p.caller = fmt.Sprintf("caller %d", caller)
		for range 30 {
			wg.Go(func() {
				r := p.ask("delete_group", map[string]any{"group_id": w.org.Cast().Project.ID})
				refused <- r.text()
			})
		}
	}
	early := map[string]int{}
	for range 300 - 100 {
		text := <-refused
		early[text[:20]]++
		if !strings.Contains(text, "waiting for a person") && !strings.Contains(text, "within ten minutes") {
			t.Errorf("a call beyond the limit was told: %s", text)
		}
	}
	if n := len(waiting); n != 100 {
		t.Errorf("%d questions were open at once, want ten of each of ten callers", n)
	}
	close(open)
	wg.Wait()
	noWrites(t, w)
}

func TestTenQuestionsInTenMinutesACaller(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	p := w.connect("2025-11-25", acting("accept"))
	for range 10 {
		p.ask("delete_group", map[string]any{"group_id": w.org.Cast().Project.ID})
	}
	p.ask("delete_group", map[string]any{"group_id": w.org.Cast().Project.ID}).mustFail("10 questions", "within ten minutes")
	if p.asked.Load() != 10 {
		t.Errorf("asked %d times, want 10", p.asked.Load())
	}
	w.pass(10*time.Minute + time.Second)
	p.answer = accepting
	p.ask("delete_group", map[string]any{"group_id": w.org.Cast().Project.ID}).mustWork(nil)
}

func TestARefusalStandsForTenMinutes(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"decline", "cancel"} {
		for _, version := range versions() {
			t.Run(action+"/"+version, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, setup{})
				p := w.connect(version, acting(action))
				cast := w.org.Cast()
				p.ask("delete_group", map[string]any{"group_id": cast.Project.ID}).mustFail(action)
				p.answer = accepting
				p.ask("delete_group", map[string]any{"group_id": cast.Project.Name}).mustFail("nobody is asked again", action)
				if p.asked.Load() != 1 {
					t.Errorf("asked %d times, want once", p.asked.Load())
				}
				noWrites(t, w)
				p.ask("suspend_user", map[string]any{"user_ids": []string{cast.Employee.ID}}).mustWork(nil)
				w.pass(10*time.Minute + time.Second)
				p.ask("delete_group", map[string]any{"group_id": cast.Project.ID}).mustWork(nil)
			})
		}
	}
}

func TestFiftyUnaskedWritesThenOneQuestion(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	p := w.connect("2025-11-25", accepting)
	for i := range 50 {
		p.ask("create_group", map[string]any{"name": fmt.Sprintf("G%d", i)}).mustWork(nil)
	}
	if p.asked.Load() != 0 {
		t.Fatalf("a plain write asked %d times", p.asked.Load())
	}
	p.answer = acting("accept")
	p.ask("create_group", map[string]any{"name": "G50"}).mustFail("nothing was changed")
	p.answer = accepting
	p.ask("create_group", map[string]any{"name": "G51"}).mustWork(nil)
	p.ask("create_group", map[string]any{"name": "G52"}).mustWork(nil)
	if p.asked.Load() != 2 {
		t.Errorf("asked %d times, want twice: once refused, once agreed", p.asked.Load())
	}
}

func TestPreApprovalCoversItsBudgetAndNothingProtected(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{approve: []string{"suspend_user=2", "delete_group"}, options: tools.Options{Protect: []string{"Project Nightingale"}}})
	p := w.connect("2025-11-25", nil)
	people := active(t, w, 4)
	p.ask("suspend_user", map[string]any{"user_ids": people[:2]}).mustWork(nil)
	if e := w.record.last(); e.Consent.By != "pre-approval" {
		t.Errorf("recorded consent by %q, want pre-approval", e.Consent.By)
	}
	p.ask("suspend_user", map[string]any{"user_ids": people[2:3]}).mustFail("not done")
	w.org.Reset()
	p.ask("suspend_user", map[string]any{"user_ids": []string{w.org.Cast().SuperAdmin.ID}}).mustFail("not done")
	p.ask("delete_group", map[string]any{"group_id": w.org.Cast().Project.ID}).mustFail("not done")
	p.ask("deactivate_user", map[string]any{"user_ids": people[2:3]}).mustFail("not done")
	noWrites(t, w)
	w.pass(time.Hour)
	p.ask("suspend_user", map[string]any{"user_ids": people[2:4]}).mustWork(nil)
}

// active returns the ids of n ordinary ACTIVE people.
func active(t *testing.T, w *world, n int) []string {
	t.Helper()
	_, body := adminDo(w, "GET", `/api/v1/users?search=status+eq+"ACTIVE"+and+profile.userType+eq+"Employee"&limit=200`, "")
	var users []struct{ ID string }
	if err := json.Unmarshal([]byte(body), &users); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	cast := w.org.Cast()
	var ids []string
	for _, u := range users {
		if u.ID != cast.SuperAdmin.ID && u.ID != cast.HelpDesk.ID && len(ids) < n {
			if _, roles := adminDo(w, "GET", "/api/v1/users/"+u.ID+"/roles", ""); roles == "[]" {
				ids = append(ids, u.ID)
			}
		}
	}
	if len(ids) < n {
		t.Fatalf("the demo org has only %d ordinary active people, want %d", len(ids), n)
	}
	return ids
}

func TestSuperAdministratorsAndProtectedTargetsAreAlwaysTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{options: tools.Options{Protect: []string{"Contractors"}}})
	cast := w.org.Cast()
	for tool, arguments := range map[string]map[string]any{
		"suspend_user":           {"user_ids": []string{cast.SuperAdmin.ID}},
		"update_user":            {"user_id": cast.SuperAdmin.ID, "profile": map[string]any{"title": "Clerk"}},
		"remove_user_from_group": {"group_id": "Contractors", "user_ids": []string{cast.Contractor.ID}},
		"add_user_to_group":      {"group_id": "Contractors", "user_ids": []string{cast.Employee.ID}},
	} {
		p := w.connect("2025-11-25", func(_ context.Context, q mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
			return accept(map[string]any{"decision": "proceed"}), nil
		})
		p.ask(tool, arguments).mustFail("nothing else is consent")
	}
	noWrites(t, w)
	p := w.connect("2025-11-25", accepting)
	p.ask("update_user", map[string]any{"user_id": cast.SuperAdmin.ID, "profile": map[string]any{"title": "Clerk"}}).mustWork(nil)
}

func TestUnreadableRolesAreTakenForAdminRoles(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"scope not granted", "admin role too narrow"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			s := setup{}
			if how == "scope not granted" {
				s.org.Granted = []string{"okta.users.manage", "okta.groups.manage"}
			}
			w := newWorld(t, s)
			if how != "scope not granted" {
				w.org.Fault(forbidRoles)
			}
			cast := w.org.Cast()
			for tool, arguments := range map[string]map[string]any{
				"add_user_to_group": {"group_id": cast.Department.ID, "user_ids": []string{cast.Employee.ID}},
				"update_user":       {"user_id": cast.Employee.ID, "profile": map[string]any{"title": "Clerk"}},
				"unlock_user":       {"user_id": cast.LockedOut.ID},
				"suspend_user":      {"user_ids": []string{cast.Employee.ID}},
			} {
				var question string
				p := w.connect("2025-11-25", func(ctx context.Context, q mcp.ElicitationParams) (*mcp.ElicitationResult, error) {
					question = q.Message
					return acting("cancel")(ctx, q)
				})
				p.ask(tool, arguments).mustFail("cancel")
				if !strings.Contains(question, "okta.roles.read") || !strings.Contains(question, "not visible") {
					t.Errorf("the question of %s does not say which grant is missing: %s", tool, question)
				}
			}
			noWrites(t, w)
		})
	}
}

func TestAFailingRecorderRefusesChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.record.fail = errors.New("disk full")
	p := w.connect("2025-11-25", accepting)
	p.ask("delete_group", map[string]any{"group_id": w.org.Cast().Project.ID}).mustFail("could not be recorded")
	p.ask("create_group", map[string]any{"name": "A"}).mustFail("could not be recorded")
	noWrites(t, w)
	p.ask("get_group", map[string]any{"group_id": w.org.Cast().Project.ID}).mustWork(nil)
}

func TestTheServersOwnIdentityIsNoTarget(t *testing.T) {
	t.Parallel()
	var me string
	w := newWorld(t, setup{access: func(a tools.Access) tools.Access { return actingAs{a, &me} }})
	me = w.org.Cast().SuperAdmin.ID
	p := w.connect("2025-11-25", accepting)
	p.ask("suspend_user", map[string]any{"user_ids": []string{me}}).mustFail("the identity that the server itself works with")
	p.ask("update_user", map[string]any{"user_id": w.org.Cast().SuperAdmin.Login, "profile": map[string]any{"title": "x"}}).mustFail("the identity")
	noWrites(t, w)
}

type actingAs struct {
	tools.Access
	user *string
}

func (a actingAs) Status() tools.Status {
	s := a.Access.Status()
	s.UserID = *a.user
	return s
}

// forbidRoles is an app whose admin role may not read roles.
func forbidRoles(r *httpRequest) orgtest.Fault {
	if strings.HasSuffix(r.URL.Path, "/roles") {
		return orgtest.Fault{Status: 403, Body: `{"errorCode":"E0000006","errorSummary":"You do not have permission to perform the requested action"}`}
	}
	return orgtest.Fault{}
}
