package demoorg_test

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"okta-mcp/oktaclient/demoorg"
)

const logsPath = "/api/v1/logs"

const logDocShape = "actor:o authenticationContext:o client:o debugContext:o device:0 displayMessage:s eventType:s " +
	"legacyEventType:s outcome:o published:t request:o securityContext:o severity:s target:a transaction:o uuid:s version:s"

// logsOf asks for a month of events that a filter finds.
func logsOf(t *testing.T, org *demoorg.Org, filter string) []map[string]any {
	t.Helper()
	return must(t, org, 200, "GET", logsPath+query("since", start.AddDate(0, 0, -31).Format(time.RFC3339), "filter", filter, "limit", "1000"), "").list(t)
}

// only fails the test unless a filter finds exactly one event of the month.
func only(t *testing.T, org *demoorg.Org, filter string) map[string]any {
	t.Helper()
	events := logsOf(t, org, filter)
	if len(events) != 1 {
		t.Fatalf("%s finds %d events, want one: %.300v", filter, len(events), events)
	}
	return events[0]
}

func TestTheLogHoldsAMonthInOrder(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	target := logsPath + query("since", start.AddDate(0, 0, -60).Format(time.RFC3339), "until", start.Format(time.RFC3339), "limit", "1000")
	count, last, seen := 0, "", map[any]bool{}
	for target != "" {
		got := must(t, org, 200, "GET", target, "")
		for _, e := range got.list(t) {
			if at := fmt.Sprint(e["published"]); at < last || at < start.AddDate(0, 0, -31).Format(time.RFC3339) {
				t.Fatalf("event %d is of %s, behind %s", count, at, last)
			}
			last = fmt.Sprint(e["published"])
			if seen[e["uuid"]] {
				t.Fatalf("uuid %v comes twice", e["uuid"])
			}
			seen[e["uuid"]], count = true, count+1
		}
		target = got.next()
	}
	if count < 2_000 || count > 12_000 {
		t.Errorf("the log of 250 people holds %d events, want some thousands", count)
	}
	week := must(t, org, 200, "GET", logsPath+"?limit=1", "").list(t)
	if at := fmt.Sprint(week[0]["published"]); at < start.AddDate(0, 0, -7).Format(time.RFC3339) {
		t.Errorf("without since the first event is of %s, want within seven days", at)
	}
}

func TestTheSameSeedLogsTheSame(t *testing.T) {
	t.Parallel()
	a, b := newOrg(t, demoorg.Options{Seed: 7}), newOrg(t, demoorg.Options{Seed: 7})
	if one, other := must(t, a, 200, "GET", logsPath+"?limit=1000", "").body, must(t, b, 200, "GET", logsPath+"?limit=1000", "").body; one != other {
		t.Error("two orgs with the same seed and start log differently")
	}
}

func TestPagesOfTheLog(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	window := []string{"since", start.AddDate(0, 0, -5).Format(time.RFC3339), "until", start.Format(time.RFC3339), "filter", `eventType eq "user.session.start"`}
	uuids := func(target string) (found []string) {
		for target != "" {
			got := must(t, org, 200, "GET", target, "")
			for _, e := range got.list(t) {
				found = append(found, fmt.Sprint(e["uuid"]))
			}
			target = got.next()
		}
		return found
	}
	whole := uuids(logsPath + query(append(window, "limit", "1000")...))
	if pages := uuids(logsPath + query(append(window, "limit", "7")...)); len(whole) < 20 || !slices.Equal(pages, whole) {
		t.Errorf("in pages of 7 there are %d events, whole %d", len(pages), len(whole))
	}
	back := uuids(logsPath + query(append(window, "limit", "7", "sortOrder", "DESCENDING")...))
	slices.Reverse(back)
	if !slices.Equal(back, whole) {
		t.Errorf("descending there are %d events, ascending %d, or in another order", len(back), len(whole))
	}
}

func TestPollingTheLogGoesOn(t *testing.T) {
	t.Parallel()
	now := clock{start}
	org := newOrg(t, demoorg.Options{Now: now.now})
	target := logsPath + query("since", start.Add(time.Minute).Format(time.RFC3339), "filter", `eventType sw "group.lifecycle"`)
	got := must(t, org, 200, "GET", target, "")
	for range 3 {
		if len(got.list(t)) != 0 || got.next() == "" {
			t.Fatalf("an empty page of a polling query is %s with next %q, want a next link", got.body, got.next())
		}
		got = must(t, org, 200, "GET", got.next(), "")
	}
	for i := range 3 {
		now.advance(time.Minute)
		must(t, org, 200, "POST", "/api/v1/groups", fmt.Sprintf(`{"profile":{"name":"Later %d"}}`, i))
		next := must(t, org, 200, "GET", got.next(), "")
		events := next.list(t)
		if len(events) != 1 || at(events[0]["target"].([]any)[0], "displayName") != fmt.Sprint("Later ", i) {
			t.Errorf("after group %d the poll brings %.300s", i, next.body)
		}
		got = next
	}
}

func TestFiltersOfTheLog(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	total := len(logsOf(t, org, `actor.id eq "`+c.LockedOut.ID+`"`))
	for filter, want := range map[string]int{
		`eventType eq "user.account.lock" and target.id eq "` + c.LockedOut.ID + `"`: 1,
		`EVENTTYPE eq "x"`: -1,
		`actor.alternateId eq "` + c.LockedOut.Login + `" and outcome.reason eq "INVALID_CREDENTIALS" and client.ipAddress sw "203.0.113."`: 10,
		`actor.id eq "` + c.LockedOut.ID + `" and outcome.reason eq "LOCKED_OUT" and not (eventType co "lock")`:                             3,
		`actor.id eq "` + c.LockedOut.ID + `" and (eventType ew "start" or eventType ne "user.session.start")`:                              total,
		`client.geographicalContext.country eq "Malaysia" and outcome.result eq "DENY"`:                                                     3,
		`target.type eq "PolicyRule" and severity eq "WARN" and debugContext.debugData.risk pr`:                                             3,
		`debugContext.debugData.privilegeGranted co "admin"`:                                                                                1,
		`actor.id eq "` + c.LockedOut.ID + `" and actor.id ne "` + c.LockedOut.ID + `"`:                                                     0,
		`legacyEventType eq "core.user_auth.account_locked" and target.alternateId eq "` + c.LockedOut.Login + `"`:                          1,
	} {
		if want < 0 {
			refused(t, filter, send(org.Admin(), "GET", logsPath+query("filter", filter), ""), 400, "E0000053")
		} else if got := len(logsOf(t, org, filter)); got != want {
			t.Errorf("%s finds %d events, want %d", filter, got, want)
		}
	}
	words := func(q string) int {
		return len(must(t, org, 200, "GET", logsPath+query("since", start.AddDate(0, 0, -31).Format(time.RFC3339), "q", q, "limit", "1000"), "").list(t))
	}
	if got := words("REYKJAVIK " + c.LockedOut.Login); got != 14 {
		t.Errorf("the words find %d events, want the 14 of the lockout", got)
	}
	if got := words("reykjavik no-such-word"); got != 0 {
		t.Errorf("a word that nothing holds still finds %d events", got)
	}
}

func TestTheLogRefuses(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	for code, queries := range map[string][]string{
		"E0000053": {
			query("filter", `published gt "2026-01-01T00:00:00Z"`), query("filter", `display_message eqq "x"`), query("filter", `eventType eq`),
			query("filter", `target[type eq "User"]`), query("filter", strings.Repeat("(", 40)), query("since", start.AddDate(0, 0, -181).Format(time.RFC3339)),
		},
		"E0000001": {
			query("since", "yesterday"), query("until", "2026-13-01T00:00:00Z"), query("q", strings.Repeat("x", 41)),
			query("q", strings.Repeat("x ", 11)), query("sortOrder", "UP"), query("after", "x"), query("limit", "many"),
		},
		"E0000031": {query("filter", `debugContext.debugData.url co "/oauth/"`)},
	} {
		for _, q := range queries {
			refused(t, q, send(org.Admin(), "GET", logsPath+q, ""), 400, code)
		}
	}
	if got := must(t, org, 200, "GET", logsPath+query("since", start.AddDate(0, 0, -170).Format(time.RFC3339), "limit", "1"), "").list(t); len(got) != 1 {
		t.Errorf("asking beyond the retention finds %d events, want those that are left", len(got))
	}
}

func TestShapeOfAnEvent(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	e := logsOf(t, org, `eventType eq "user.authentication.auth_via_mfa"`)[0]
	client, _ := e["client"].(map[string]any)
	for what, w := range map[string]struct{ got, want string }{
		"the event":   {shapeOf(e), logDocShape},
		"its client":  {shapeOf(client), "device:s geographicalContext:o id:0 ipAddress:s userAgent:o zone:s"},
		"its place":   {shapeOf(client["geographicalContext"].(map[string]any)), "city:s country:s geolocation:o postalCode:s state:s"},
		"its actor":   {shapeOf(e["actor"].(map[string]any)), "alternateId:s detailEntry:0 displayName:s id:s type:s"},
		"its outcome": {shapeOf(e["outcome"].(map[string]any)), "reason:0 result:s"},
		"its hop":     {shapeOf(e["request"].(map[string]any)["ipChain"].([]any)[0].(map[string]any)), "geographicalContext:o ip:s source:0 version:s"},
	} {
		if w.got != w.want {
			t.Errorf("%s is shaped\n  %s, want\n  %s", what, w.got, w.want)
		}
	}
	if blocked := logsOf(t, org, `eventType eq "user.session.start"`)[0]; blocked["target"] != nil {
		t.Errorf("a sign-in without targets has %v, want null", blocked["target"])
	}
}

func TestNobodySignsInAfterTheirLastLogin(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	id := org.Cast().Employee.ID
	last := fmt.Sprint(must(t, org, 200, "GET", "/api/v1/users/"+id, "").object(t)["lastLogin"])
	newest := ""
	for _, e := range logsOf(t, org, `eventType eq "user.session.start" and outcome.result eq "SUCCESS" and actor.id eq "`+id+`"`) {
		newest = fmt.Sprint(e["published"])
	}
	if newest != "" && newest[:19] != last[:19] {
		t.Errorf("the newest sign-in is of %s, lastLogin says %s", newest, last)
	}
}

func TestWritesAreLogged(t *testing.T) {
	t.Parallel()
	now := clock{start}
	org := newOrg(t, demoorg.Options{Now: now.now})
	c := org.Cast()
	person, group := "/api/v1/users/"+c.Employee.ID, "/api/v1/groups/"+c.Project.ID
	for _, w := range []struct{ method, target, body, event, about string }{
		{"POST", person, `{"profile":{"nickName":"L"}}`, "user.account.update_profile", c.Employee.ID},
		{"POST", person + "/lifecycle/suspend", "", "user.lifecycle.suspend", c.Employee.ID},
		{"POST", person + "/lifecycle/unsuspend", "", "user.lifecycle.unsuspend", c.Employee.ID},
		{"POST", person + "/lifecycle/reset_factors", "", "user.mfa.factor.reset_all", c.Employee.ID},
		{"DELETE", person + "/sessions", "", "user.session.clear", c.Employee.ID},
		{"PUT", group + "/users/" + c.Staged.ID, "", "group.user_membership.add", c.Staged.ID},
		{"DELETE", group + "/users/" + c.Staged.ID, "", "group.user_membership.remove", c.Project.ID},
		{"POST", "/api/v1/users/" + c.LockedOut.ID + "/lifecycle/unlock", "", "user.account.unlock", c.LockedOut.ID},
		{"POST", person + "/roles", `{"type":"APP_ADMIN"}`, "user.account.privilege.grant", c.Employee.ID},
		{"DELETE", "/api/v1/users/" + c.Suspended.ID, "", "user.lifecycle.deactivate", c.Suspended.ID},
		{"DELETE", "/api/v1/users/" + c.Suspended.ID, "", "user.lifecycle.delete.initiated", c.Suspended.ID},
		{"DELETE", group, "", "group.lifecycle.delete", c.Project.ID},
		{"POST", agentsPath + "/" + c.StagedAgent.ID + "/lifecycle/deactivate", "", "workload_principal.ai_agent.deactivate", c.StagedAgent.ID},
		{"POST", serversPath + "/" + c.MCPServer.ID + "/lifecycle/deactivate", "", "resource_servers.mcp_server.deactivate", c.MCPServer.ID},
	} {
		now.advance(time.Second)
		if got := send(org.Admin(), w.method, w.target, w.body); got.status >= 300 {
			t.Fatalf("%s %s: %d %s", w.method, w.target, got.status, got.body)
		}
		e := only(t, org, fmt.Sprintf(`eventType eq %q and target.id eq %q and debugContext.debugData.requestUri eq %q`, w.event, w.about, w.target))
		if at(e, "actor", "id") != c.SuperAdmin.ID || e["published"] != now.at.Format("2006-01-02T15:04:05.000Z") {
			t.Errorf("%s was logged as done by %v at %v", w.event, e["actor"], e["published"])
		}
	}
	deleted := only(t, org, `eventType eq "group.lifecycle.delete" and target.id eq "`+c.Project.ID+`"`)
	if name := at(deleted["target"].([]any)[0], "displayName"); name != c.Project.Name {
		t.Errorf("the deleted group is named %v, want %s", name, c.Project.Name)
	}
	only(t, org, `debugContext.debugData.privilegeGranted eq "Application Administrator" and target.id eq "`+c.Employee.ID+`"`)
	newUser(t, org, "new@acme.example", "", "")
	only(t, org, `eventType eq "user.lifecycle.create" and target.alternateId eq "new@acme.example"`)
	only(t, org, `eventType eq "user.lifecycle.activate" and target.alternateId eq "new@acme.example"`)
}

func TestOnlyWhatSucceededIsLogged(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	send(org.Admin(), "POST", "/api/v1/users/"+org.Cast().Employee.ID+"/lifecycle/unlock", "")
	if got := logsOf(t, org, `eventType eq "user.account.unlock"`); len(got) != 0 {
		t.Errorf("an unlock that was refused was logged: %v", got)
	}
}

func TestTheServiceAppIsTheActorOfItsCalls(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	r := httptest.NewRequest("POST", "http://acme.example/api/v1/groups", strings.NewReader(`{"profile":{"name":"By the app"}}`))
	r.Header.Set("Authorization", "Bearer "+signIn(t, org, "okta.groups.manage"))
	r.Header.Set("User-Agent", "okta-mcp/test")
	if got := serve(org, r); got.status != 200 {
		t.Fatalf("create a group as the app: %d %s", got.status, got.body)
	}
	e := only(t, org, `eventType eq "group.lifecycle.create" and target.displayName eq "By the app"`)
	if at(e, "actor", "id") != org.Credentials().ClientID || at(e, "actor", "type") != "PublicClientApp" || at(e, "client", "userAgent", "rawUserAgent") != "okta-mcp/test" {
		t.Errorf("the event tells actor %v and client %v", e["actor"], e["client"])
	}
}

func TestStoriesOfTheLog(t *testing.T) {
	t.Parallel()
	for _, size := range []int{demoorg.MinSize, demoorg.DefaultSize} {
		org := newOrg(t, demoorg.Options{Size: size})
		c := org.Cast()
		for filter, want := range map[string]string{
			`eventType eq "user.lifecycle.suspend" and target.id eq "` + c.Suspended.ID + `"`:         "SUCCESS",
			`eventType eq "user.lifecycle.deactivate" and target.id eq "` + c.Deprovisioned.ID + `"`:  "SUCCESS",
			`eventType eq "user.account.lock" and target.id eq "` + c.LockedOut.ID + `"`:              "FAILURE",
			`eventType eq "user.account.privilege.grant" and target.id eq "` + c.Contractor.ID + `"`:  "SUCCESS",
			`eventType eq "user.account.privilege.revoke" and target.id eq "` + c.Contractor.ID + `"`: "SUCCESS",
		} {
			if got := at(only(t, org, filter), "outcome", "result"); got != want {
				t.Errorf("of %d people, %s ended in %v, want %s", size, filter, got, want)
			}
		}
		if got := logsOf(t, org, `eventType eq "security.request.blocked" and target.id eq "`+c.BlockedZone.ID+`"`); len(got) != 12 {
			t.Errorf("of %d people, the blocked zone turned away %d requests, want 12", size, len(got))
		}
	}
}

func TestTheEmployeeWasDeniedByARuleThatDenies(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	denied := logsOf(t, org, `eventType eq "policy.evaluate_sign_on" and outcome.result eq "DENY" and actor.id eq "`+c.Employee.ID+`"`)
	if len(denied) != 3 {
		t.Fatalf("the employee was denied %d times, want 3", len(denied))
	}
	for _, target := range denied[0]["target"].([]any) {
		if at(target, "type") != "PolicyRule" {
			continue
		}
		rule := must(t, org, 200, "GET", fmt.Sprint("/api/v1/policies/", c.AccessPolicy.ID, "/rules/", at(target, "id")), "").object(t)
		if rule["name"] != at(target, "displayName") || at(rule, "actions", "appSignOn", "access") != "DENY" {
			t.Errorf("the log names %v, which is %v", target, rule)
		}
		return
	}
	t.Errorf("no policy rule among the targets %v", denied[0]["target"])
}
