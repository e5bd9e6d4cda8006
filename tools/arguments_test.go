package tools_test

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestBadArgumentsAreNamedAndNothingIsSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	p := w.connect("2025-11-25", accepting)
	for _, c := range []struct {
		tool, arguments string
		words           []string
	}{
		{"get_user", `{}`, []string{`"user_id" is missing`}},
		{"get_user", `{"user_id":null}`, []string{"user_id is null"}},
		{"get_user", `{"user_id":""}`, []string{"user_id is empty"}},
		{"get_user", `{"user_id":7}`, []string{"user_id must be a string"}},
		{"get_user", `{"user_id":"a","user_id":"b"}`, []string{`"user_id" is given twice`}},
		{"get_user", `{"USER_ID":"a"}`, []string{`no parameter "USER_ID"`, "user_id"}},
		{"get_user", `{"userId":"a"}`, []string{`no parameter "userId"`, "user_id, fields"}},
		{"get_user", `{"user_id":"a","fields":"status"}`, []string{"fields must be an array"}},
		{"get_user", `{"user_id":"a","fields":[1]}`, []string{"fields[0] must be a string"}},
		{"get_user", `{"user_id":"a","fields":[null]}`, []string{"fields[0] is null"}},
		{"get_user", `["a"]`, []string{"not a JSON object"}},
		{"get_user", `"a"`, []string{"not a JSON object"}},
		{"get_user", `{"user_id":"` + strings.Repeat("a", 5000) + `"}`, []string{"5000 bytes long"}},
		{"get_user", `{"user_id":".."}`, []string{"dot segment"}},
		{"get_user", `{"user_id":"."}`, []string{"dot segment"}},
		{"get_user", `{"user_id":"a/b"}`, []string{"slash"}},
		{"get_user", `{"user_id":"../groups"}`, []string{"slash"}},
		{"list_users", `{"limit":0}`, []string{"limit must be a whole number from 1 to 200"}},
		{"list_users", `{"limit":201}`, []string{"from 1 to 200", "not 201"}},
		{"list_users", `{"limit":1.5}`, []string{"whole number"}},
		{"list_users", `{"limit":"5"}`, []string{"whole number"}},
		{"list_users", `{"limit":1e2}`, []string{"whole number"}},
		{"list_users", `{"status":"active"}`, []string{"status must be one of ACTIVE, STAGED"}},
		{"list_users", `{"search":"x","q":"y"}`, []string{"exclude each other"}},
		{"list_users", `{"q":"y","status":"ACTIVE"}`, []string{"status does not combine with q"}},
		{"list_users", `{"sort_by":"profile.lastName"}`, []string{"sort_by works with search"}},
		{"list_users", `{"sort_order":"asc","search":"id pr"}`, []string{"sort_order needs sort_by"}},
		{"list_groups", `{"q":"y","type":"APP_GROUP"}`, []string{"type does not combine with q"}},
		{"list_groups", `{"with_counts":"yes"}`, []string{"with_counts must be true or false"}},
		{"update_user", `{"user_id":"a","profile":{"title":"x","title":"y"}}`, []string{`"title" is given twice in profile`}},
		{"update_user", `{"user_id":"a","profile":{"x":[{"y":{"z":1,"z":2}}]}}`, []string{`"z" is given twice in profile`}},
		{"update_user", `{"user_id":"a","profile":[]}`, []string{"profile must be a JSON object"}},
		{"update_user", `{"user_id":"a"}`, []string{"nothing to change"}},
		{"update_user", `{"user_id":"a","profile":{}}`, []string{"nothing to change"}},
		{"create_user", `{"profile":{"login":"a@b.example"}}`, []string{"profile needs email"}},
		{"create_user", `{"profile":{"login":"a@b.example","email":7}}`, []string{"profile needs email"}},
		{"suspend_user", `{"user_ids":[]}`, []string{"user_ids must have 1 to 25 elements, not 0"}},
		{"suspend_user", `{"user_ids":[` + strings.Repeat(`"a",`, 25) + `"a"]}`, []string{"not 26"}},
	} {
		p.call(c.tool, json.RawMessage(c.arguments)).mustFail(c.words...)
		if n := len(w.org.Requests()); n > 0 {
			t.Errorf("%s %.80s sent %d requests: %v", c.tool, c.arguments, n, w.org.Requests())
			w.org.Reset()
		}
	}
	deep := strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)
	p.call("update_user", json.RawMessage(`{"user_id":"nobody","profile":`+deep+`}`)).mustFail("no user has the id or login")
	noWrites(t, w)
}

func TestTheSamePersonTwiceInABatchIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	e := w.org.Cast().Employee
	w.connect("2025-11-25", accepting).ask("suspend_user", map[string]any{"user_ids": []string{e.ID, e.Login}}).mustFail("one person twice", e.ID, e.Login)
	noWrites(t, w)
}

func FuzzArguments(f *testing.F) {
	for _, seed := range []string{`{}`, `{"user_id":"a"}`, `{"limit":3,"cursor":"e30"}`, `{"user_ids":["a"],"plan_only":true}`, `{"profile":{"a":{"b":[1,{"c":null}]}}}`, `[`, `{"a":1,"a":2}`} {
		f.Add("list_users", seed)
		f.Add("update_user", seed)
		f.Add("suspend_user", seed)
	}
	w := newFuzzWorld(f)
	f.Fuzz(func(t *testing.T, tool, arguments string) {
		w.t = t
		if !json.Valid([]byte(arguments)) || len(arguments) > 10_000 {
			return
		}
		name, err := json.Marshal(tool)
		if err != nil {
			return
		}
		message := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":` + string(name) + `,"arguments":` + arguments + `}}`
		answer := w.connect("2025-11-25", nil).raw(json.RawMessage(message))
		if answer.Error != nil && strings.Contains(answer.Error.Message, "panic") {
			t.Errorf("%s %s panicked: %s", tool, arguments, answer.Error.Message)
		}
		for _, write := range w.org.Writes() {
			if !harmless(write.Path) {
				t.Errorf("%s %s sent %s %s without consent", tool, arguments, write.Method, write.Path)
			}
		}
		w.org.Reset()
	})
}

// harmless are the changes that ask nobody: unlocking and plain creating and
// updating are writes.
func harmless(path string) bool {
	return strings.HasSuffix(path, "/unlock") || path == "/api/v1/users" || path == "/api/v1/groups" ||
		(strings.HasPrefix(path, "/api/v1/users/") && strings.Count(path, "/") == 4)
}

func FuzzCursor(f *testing.F) {
	w := newFuzzWorld(f)
	for _, seed := range []string{"", "e30", "eyJxIjoibGltaXQ9MSIsImgiOiJ4In0", "%%", "eyJxIjoiJWdnIn0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		w.t = t
		r := w.connect("2025-11-25", nil).call("list_users", map[string]any{"cursor": cursor})
		if !r.IsError && cursor != "" {
			t.Errorf("a made-up cursor %q was followed", cursor)
		}
		if strings.Contains(r.text(), "panic") {
			t.Errorf("%q: %s", cursor, r.text())
		}
	})
}
