package tools_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/oktaclient/demoorg/orgtest"
	"okta-mcp/tools"
)

func TestUserToolsDoWhatTheySay(t *testing.T) {
	t.Parallel()
	try(t, func(c demoorg.Cast) []trial {
		const users = "/api/v1/users/"
		nobody := "nobody@acme.example"
		return []trial{
			{name: "by status", tool: "list_users", arguments: args{"status": "LOCKED_OUT"}, answers: []string{c.LockedOut.Login}},
			{name: "by login", tool: "get_user", arguments: args{"user_id": c.Suspended.Login}, answers: []string{c.Suspended.ID, "SUSPENDED"}},
			{name: "not there", tool: "get_user", arguments: args{"user_id": nobody}, refused: []string{"no user has the id or login", "list_users"}},
			{name: "plain", tool: "create_user", arguments: args{"profile": person("new@acme.example")}, answers: []string{"delete_user", "PROVISIONED"}, writes: []string{"POST /api/v1/users"}},
			{name: "into an admin group", tool: "create_user", arguments: args{"profile": person("new@acme.example"), "group_ids": []string{c.AdminGroup.Name}},
				asks: []string{"super administrators", "new@acme.example"}, writes: []string{"POST /api/v1/users"}},
			{name: "no login", tool: "create_user", arguments: args{"profile": args{"email": "a@acme.example"}}, refused: []string{"profile needs login"}},
			{name: "an attribute", tool: "update_user", arguments: args{"user_id": c.Employee.Login, "profile": args{"title": "Poet"}},
				answers: []string{`"after":{"title":"Poet"}`, `"tool":"update_user"`}, writes: []string{"POST " + users + c.Employee.ID}},
			{name: "an e-mail address", tool: "update_user", arguments: args{"user_id": c.Employee.ID, "profile": args{"email": "x@acme.example"}},
				asks: []string{"how the person signs in", c.Employee.Login, "x@acme.example"}, writes: []string{"POST " + users + c.Employee.ID}},
			{name: "of an administrator", tool: "update_user", arguments: args{"user_id": c.HelpDesk.ID, "profile": args{"title": "x"}},
				asks: []string{"the person is an administrator", "type exactly"}, writes: []string{"POST " + users + c.HelpDesk.ID}},
			{name: "not there", tool: "update_user", arguments: args{"user_id": nobody, "profile": args{"title": "x"}}, refused: []string{"no user has"}},
			{name: "of an administrator", tool: "replace_user", arguments: args{"user_id": c.HelpDesk.ID, "profile": person("helper@acme.example")},
				asks: []string{"the person is an administrator", "type exactly"}, writes: []string{"PUT " + users + c.HelpDesk.ID}},
			{name: "no first name", tool: "replace_user", arguments: args{"user_id": c.Employee.ID, "profile": args{"login": "a@acme.example", "email": "a@acme.example"}},
				refused: []string{"profile needs firstName"}},
			{name: "not there", tool: "replace_user", arguments: args{"user_id": nobody, "profile": person("a@acme.example")}, refused: []string{"no user has"}},
			{name: "deprovisioned", tool: "delete_user", arguments: args{"user_id": c.Deprovisioned.ID}, asks: []string{"cannot be undone", "type exactly"},
				answers: []string{"cannot be undone"}, writes: []string{"DELETE " + users + c.Deprovisioned.ID}},
			{name: "both steps", tool: "delete_user", arguments: args{"user_id": c.Staged.ID, "deactivate_first": true}, asks: []string{"is deactivated first"},
				writes: []string{"POST " + users + c.Staged.ID + "/lifecycle/deactivate", "DELETE " + users + c.Staged.ID}},
			{name: "active", tool: "delete_user", arguments: args{"user_id": c.Employee.ID}, refused: []string{"ACTIVE", "deactivate_first"}},
			{name: "by login", tool: "list_user_groups", arguments: args{"user_id": c.Contractor.Login}, answers: []string{c.Contractors.Name, c.ContractorAccess.ID}},
			{name: "not there", tool: "list_user_groups", arguments: args{"user_id": nobody}, refused: []string{"no user has"}},
			{name: "by id", tool: "list_user_apps", arguments: args{"user_id": c.Employee.ID}, answers: []string{`"appInstanceId"`, `"label"`}},
			{name: "unknown id", tool: "list_user_apps", arguments: args{"user_id": "00u00000000000000000"}, refused: []string{"no user has", "list_users"}},
			{name: "by id", tool: "list_user_devices", arguments: args{"user_id": c.Employee.ID}, answers: []string{c.Device.ID, "ACTIVE"}},
			{name: "not there", tool: "list_user_devices", arguments: args{"user_id": nobody}, refused: []string{"no user has"}},
			{name: "upwards", tool: "list_linked_objects", arguments: args{"user_id": c.Employee.Login, "relationship": "manager"}, answers: []string{`"items":[{"id":"00u`, `"count":1`}},
			{name: "downwards", tool: "list_linked_objects", arguments: args{"user_id": c.Manager.ID, "relationship": "subordinate"}, answers: []string{`{"id":"00u`}},
			{name: "nobody", tool: "list_linked_objects", arguments: args{"user_id": c.Deprovisioned.ID, "relationship": "manager"}, answers: []string{`"items":[],"count":0`}},
			{name: "no such one", tool: "list_linked_objects", arguments: args{"user_id": c.Employee.ID, "relationship": "mentor"}, refused: []string{"“mentor”", "“manager”, “subordinate”"}},
			{name: "none at all", tool: "list_linked_objects", arguments: args{"user_id": c.Employee.ID, "relationship": "manager"},
				prepare: func(w *world) { admin(w, "DELETE", "/api/v1/meta/schemas/user/linkedObjects/manager", "") }, refused: []string{"defines no relationships"}},
			{name: "unknown person", tool: "list_linked_objects", arguments: args{"user_id": "00u00000000000000000", "relationship": "manager"}, refused: []string{"no user has"}},
			{name: "default", tool: "get_user_schema", arguments: args{}, answers: []string{`"login":{"title":"Username","type":"string","required":true,"mastered_by":"PROFILE_MASTER"}`,
				`"custom":{"badgeNumber":{"title":"Badge number","type":"string","mastered_by":"PROFILE_MASTER"}`, `"certifications":{"title":"Certifications","type":"array of string"`}},
			{name: "a part of Okta's", tool: "get_user_schema", arguments: args{"fields": []string{"definitions.base.properties.login.minLength"}}, answers: []string{`"minLength":5`}},
			{name: "not there", tool: "get_user_schema", arguments: args{"schema_id": "oscnone"}, refused: []string{"no user schema has the id “oscnone”", "list_user_types"}},
			{name: "all", tool: "list_user_types", arguments: args{}, answers: []string{`"schemaId":"osc`, `"default":true`}},
		}
	})
}

func TestTheSchemaOfAUserTypeIsWhatItsListNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	p := w.connect("2025-11-25", nil)
	var types struct{ Items []struct{ SchemaID string } }
	p.ask("list_user_types", args{}).mustWork(&types)
	var byID, byDefault, whole map[string]any
	p.ask("get_user_schema", args{"schema_id": types.Items[0].SchemaID}).mustWork(&byID)
	p.ask("get_user_schema", args{}).mustWork(&byDefault)
	if !reflect.DeepEqual(byID["base"], byDefault["base"]) || byID["base"] == nil {
		t.Errorf("the schema by id is %v, the default one %v", byID, byDefault)
	}
	p.ask("get_user_schema", args{"fields": []string{"*"}}).mustWork(&whole)
	var okta map[string]any
	_, body := adminDo(w, "GET", "/api/v1/meta/schemas/user/default", "")
	if err := json.Unmarshal([]byte(body), &okta); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(whole, okta) {
		t.Errorf("with every field the schema is %v, want Okta's %v", whole, okta)
	}
}

func TestOktasOwnDocumentsHaveNothingAdded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	p := w.connect("2025-11-25", nil)
	employee := w.org.Cast().Employee.ID
	for tool, c := range map[string]struct {
		arguments args
		path      string
	}{
		"list_user_types":     {args{}, "/api/v1/meta/types/user"},
		"list_linked_objects": {args{"user_id": employee, "relationship": "manager"}, "/api/v1/users/" + employee + "/linkedObjects/manager"},
	} {
		c.arguments["fields"] = []string{"*"}
		var shown struct{ Items []any }
		p.ask(tool, c.arguments).mustWork(&shown)
		_, body := adminDo(w, "GET", c.path, "")
		var okta []any
		if err := json.Unmarshal([]byte(body), &okta); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(shown.Items, okta) || len(okta) == 0 {
			t.Errorf("%s with every field answers %v, want Okta's %v", tool, shown.Items, okta)
		}
	}
}

func TestASchemaSaysWhatAValueMayBeAndWhereItComesFrom(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.org.Fault(func(r *http.Request) orgtest.Fault {
		return orgtest.Fault{Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: `{"id":"https://x.okta.com/meta/schemas/user/osc1","title":"User","definitions":{
			"base":{"required":["login"],"properties":{"login":{"type":"string","mutability":"READ_ONLY"}}},
			"custom":{"properties":{
				"size":{"title":"Size","type":"string","enum":["S","M"],"unique":"UNIQUE_VALIDATED","mutability":"READ_WRITE","master":{"type":"OVERRIDE","priority":[{"type":"APP","value":"0oa1"},{"type":"OKTA"}]}},
				"days":{"type":"array","items":{"type":"integer","enum":[1,9007199254740993]}}}}}}`}
	})
	const want = `{"schemaId":"osc1","title":"User","base":{"login":{"type":"string","required":true,"mutability":"READ_ONLY"}},` +
		`"custom":{"size":{"title":"Size","type":"string","enum":["S","M"],"unique":"UNIQUE_VALIDATED","mastered_by":"OVERRIDE: APP 0oa1, OKTA"},` +
		`"days":{"type":"array of integer","enum":[1,9007199254740993]}}}`
	if got := w.connect("2025-11-25", nil).ask("get_user_schema", args{}).text(); got != want {
		t.Errorf("the schema is shown as\n%s, want\n%s", got, want)
	}
}

func TestListsThatOktaAnswersAtOnceAreCutToTheLimitAndGoOn(t *testing.T) {
	t.Parallel()
	for tool, arguments := range map[string]args{
		"list_user_apps": {"user_id": w0.Employee.ID}, "list_user_devices": {"user_id": w0.Employee.ID}, "list_user_types": {},
		"list_linked_objects": {"user_id": w0.Employee.ID, "relationship": "subordinate"},
	} {
		t.Run(tool, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{})
			w.org.Fault(func(*http.Request) orgtest.Fault {
				return orgtest.Fault{Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: `[{"n":1},{"n":2},{"n":3},{"n":4},{"n":5}]`}
			})
			p := w.connect("2025-11-25", nil)
			var got []int
			cursor := ""
			for range 3 {
				call := maps.Clone(arguments)
				call["limit"] = 2
				if cursor != "" {
					call["cursor"] = cursor
				}
				var page struct {
					Items      []struct{ N int }
					NextCursor string `json:"next_cursor"`
				}
				p.ask(tool, call).mustWork(&page)
				if len(page.Items) > 2 {
					t.Errorf("a page has %d items, want at most 2", len(page.Items))
				}
				for _, item := range page.Items {
					got = append(got, item.N)
				}
				cursor = page.NextCursor
			}
			if !slices.Equal(got, []int{1, 2, 3, 4, 5}) || cursor != "" {
				t.Errorf("three pages of two have %v and the cursor %q, want 1 to 5 and none", got, cursor)
			}
		})
	}
}

func TestReplacingSaysWhatItClearsAndUndoPutsItBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	p, question := w.listening()
	employee := w.org.Cast().Employee
	_, before := userNow(w, employee.ID)
	profile := map[string]any{"title": "Poet"}
	for _, name := range []string{"login", "email", "firstName", "lastName"} {
		profile[name] = before[name]
	}
	var c changed
	p.ask("replace_user", args{"user_id": employee.Login, "profile": profile}).mustWork(&c)
	cleared := 0
	for name, value := range before {
		if _, kept := profile[name]; kept || value == nil {
			continue
		}
		cleared++
		if line := fmt.Sprintf("Attribute “%s”, now “", name); !strings.Contains(*question, line) {
			t.Errorf("the question does not say that %s is cleared: %s", name, *question)
		}
		if _, told := c.Before[name]; !told || c.After[name] != nil {
			t.Errorf("the answer says of %s: before %v, after %v", name, c.Before[name], c.After[name])
		}
	}
	if words := fmt.Sprintf("%d attributes that have a value now are not in this profile, and so cleared", cleared); cleared < 3 || !strings.Contains(*question, words) {
		t.Errorf("the question does not say %q: %s", words, *question)
	}
	if strings.Contains(*question, "“firstName”") {
		t.Errorf("the question names an attribute that stays as it is: %s", *question)
	}
	if _, now := userNow(w, employee.ID); now["title"] != "Poet" || now["department"] != nil {
		t.Errorf("the profile is %v", now)
	}
	undo(t, p, c).mustWork(nil)
	if _, now := userNow(w, employee.ID); !reflect.DeepEqual(now, before) {
		t.Errorf("undo left %v, want %v", now, before)
	}
	w.org.Reset()
	p.ask("replace_user", args{"user_id": employee.ID, "profile": before}).mustFail("exactly these values")
	noWrites(t, w)
}

func TestALostRaceChangesNothingAndSaysSo(t *testing.T) {
	t.Parallel()
	for tool, profile := range map[string]args{"update_user": {"title": "Ours"}, "replace_user": person("ours@acme.example")} {
		t.Run(tool, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{})
			employee := w.org.Cast().Employee
			w.org.Fault(func(r *http.Request) orgtest.Fault { // somebody else is quicker than our write
				if r.Method != "GET" {
					admin(w, "POST", "/api/v1/users/"+employee.ID, `{"profile":{"title":"Theirs"}}`)
				}
				return orgtest.Fault{}
			})
			p := w.connect("2025-11-25", accepting)
			p.ask(tool, args{"user_id": employee.ID, "profile": profile}).mustFail("412 E0000231", "somebody else changed it meanwhile", "nothing was changed", "read it again")
			if _, now := userNow(w, employee.ID); now["title"] != "Theirs" || now["login"] != employee.Login {
				t.Errorf("after a lost race the profile is %v", now)
			}
			w.org.Fault(nil)
			p.ask(tool, args{"user_id": employee.ID, "profile": profile}).mustWork(nil)
		})
	}
}

func TestLinkedPeopleWithoutTheScopeToSeeWhatIsDefined(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{org: demoorg.Options{Granted: []string{"okta.users.read"}}})
	p := w.connect("2025-11-25", nil)
	cast := w.org.Cast()
	var found struct {
		Items []struct{ ID string }
		Notes []string
	}
	p.ask("list_linked_objects", args{"user_id": cast.Manager.ID, "relationship": "subordinate"}).mustWork(&found)
	if len(found.Items) == 0 || len(found.Notes) != 0 {
		t.Errorf("those who report to %s are %+v", cast.Manager.Login, found)
	}
	p.ask("list_linked_objects", args{"user_id": cast.Deprovisioned.ID, "relationship": "manager"}).mustWork(&found)
	if !strings.Contains(strings.Join(found.Notes, ""), "okta.linkedObjects.read is not granted") {
		t.Errorf("an empty list says %v", found.Notes)
	}
	p.ask("list_linked_objects", args{"user_id": cast.Employee.ID, "relationship": "mentor"}).mustFail("no such person or no such relationship", "okta.linkedObjects.read")
}

func TestEveryCheckOfAPersonMakesFewRequests(t *testing.T) {
	t.Parallel()
	const most = 5
	w := newWorld(t, setup{})
	cast := w.org.Cast()
	p := w.connect("2025-11-25", nil)
	for _, some := range []map[string]sample{lifecycleSamples(cast), sessionSamples(cast)} {
		for tool, sample := range some {
			arguments := sample.arguments
			if sample.asked != nil {
				arguments = sample.asked
			}
			w.org.Reset()
			arguments["plan_only"] = true
			if r := p.ask(tool, arguments); !strings.Contains(r.text(), "no parameter") {
				r.mustWork(nil)
			}
			if n := len(w.org.Requests()); n > most {
				t.Errorf("the Check of %s made %d requests, at most %d are meant: %v", tool, n, most, w.org.Requests())
			}
		}
	}
}

func TestNoChangeIsBuriedUnderOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	cast := w.org.Cast()
	long := strings.Repeat("a", 70) + "@acme.example.evil.io"
	p := w.connect("2025-11-25", nil)
	for tool, profile := range map[string]args{"update_user": {"email": long}, "replace_user": {"login": cast.Employee.Login, "email": long, "firstName": "A", "lastName": "B"}} {
		c := plan(t, p, tool, args{"user_id": cast.Employee.ID, "profile": profile}, "signs in or recovers")
		contains(t, "the question of "+tool, c.Plan.Question, []string{"ple.evil.io”"})
	}
	w.org.Fault(func(r *http.Request) orgtest.Fault { // a person with more attributes than a question has lines
		if r.Method != "GET" || r.URL.Path != "/api/v1/users/"+cast.Employee.ID {
			return orgtest.Fault{}
		}
		_, body := adminDo(w, "GET", r.URL.Path, "")
		more := ""
		for i := range 90 {
			more += fmt.Sprintf(`"custom%d":"x",`, i)
		}
		return orgtest.Fault{Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: strings.Replace(body, `"profile":{`, `"profile":{`+more, 1)}
	})
	w.org.Reset()
	w.connect("2025-11-25", accepting).ask("replace_user", args{"user_id": cast.Employee.ID, "profile": args{"login": cast.Employee.Login, "email": "me@evil.example", "firstName": "A", "lastName": "B"}}).
		mustFail("change fewer things")
	noWrites(t, w)
}

func TestANewLoginTellsThatTheOldOneIsProtected(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{options: tools.Options{Protect: []string{w0.Employee.Login}}})
	c := plan(t, w.connect("2025-11-25", nil), "update_user", args{"user_id": w.org.Cast().Employee.ID, "profile": args{"login": "other@acme.example"}}, "the operator protects")
	contains(t, "the question", c.Plan.Question, []string{"under another name it is not", "type exactly: " + w0.Employee.Login})
}
