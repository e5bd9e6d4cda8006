package tools_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/server"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
	"okta-mcp/tools"
)

// recording is one request to a real org and its answer.
type recording struct {
	Method   string              `json:"method"`
	Template string              `json:"template"`
	Request  string              `json:"request_body"`
	Status   int                 `json:"status"`
	Header   map[string][]string `json:"response_headers"`
	Response string              `json:"response_body"`
}

func (r recording) operation() string { return r.Method + " " + withoutNames(r.Template) }

// withoutNames leaves the places of a template's ids and not their names.
func withoutNames(template string) string {
	segments := strings.Split(template, "/")
	for i, segment := range segments {
		if strings.HasPrefix(segment, "{") {
			segments[i] = "{}"
		}
	}
	return strings.Join(segments, "/")
}

// recordings reads what a checkout may have beside the module.
func recordings(t *testing.T) []recording {
	t.Helper()
	path := filepath.Join(moduleRoot(t), "..", "shared", "recorded", "okta-recorded.jsonl")
	file, err := os.Open(path)
	if err != nil {
		t.Skipf("no recordings of Okta beside this checkout: nothing to compare with")
	}
	defer file.Close()
	var all []recording
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var r recording
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatalf("line %d of the recordings: %v", len(all)+1, err)
		}
		all = append(all, r)
	}
	if err := lines.Err(); err != nil || len(all) == 0 {
		t.Fatalf("read %d recordings: %v", len(all), err)
	}
	return all
}

// The ids that stand for those of the recordings.
const (
	userID   = "00u1111111111111111a"
	groupID  = "00g1111111111111111a"
	appID    = "0oa1111111111111111a"
	policyID = "00p1111111111111111a"
	ruleID   = "0pr1111111111111111a"
	otherID  = "abc1111111111111111a"
)

// replay is how a recorded operation is called by a tool.
type replay struct {
	tool      string
	arguments args
	path      string
	document  string // the parameter that takes the recorded request as it is
	found     args   // what the org shows of any object that is read back first
}

// everyReplay has the operations of the recordings that a tool makes.
func everyReplay() map[string]replay {
	user, group, app := args{"user_id": userID}, args{"group_id": groupID}, args{"app_id": appID}
	policy, rule := args{"policy_id": policyID}, args{"policy_id": policyID, "rule_id": ruleID}
	users := args{"user_ids": []string{userID}}
	other := func(name string) args { return args{name: otherID} }
	inactive, active := args{"status": "INACTIVE"}, args{"status": "ACTIVE"}
	return map[string]replay{
		"GET /api/v1/users":                                      {tool: "list_users", arguments: args{}, path: "/api/v1/users"},
		"GET /api/v1/users/{}":                                   {tool: "get_user", arguments: user, path: "/api/v1/users/" + userID},
		"GET /api/v1/users/{}/groups":                            {tool: "list_user_groups", arguments: user, path: "/api/v1/users/" + userID + "/groups"},
		"GET /api/v1/users/{}/appLinks":                          {tool: "list_user_apps", arguments: user, path: "/api/v1/users/" + userID + "/appLinks"},
		"GET /api/v1/users/{}/grants":                            {tool: "list_user_grants", arguments: user, path: "/api/v1/users/" + userID + "/grants"},
		"GET /api/v1/users/{}/roles":                             {tool: "list_user_roles", arguments: user, path: "/api/v1/users/" + userID + "/roles"},
		"GET /api/v1/users/{}/factors":                           {tool: "list_factors", arguments: user, path: "/api/v1/users/" + userID + "/factors"},
		"GET /api/v1/users/{}/factors/{}":                        {tool: "get_factor", arguments: args{"user_id": userID, "factor_id": otherID}, path: "/api/v1/users/" + userID + "/factors/" + otherID},
		"GET /api/v1/meta/schemas/user/{}":                       {tool: "get_user_schema", arguments: args{}, path: "/api/v1/meta/schemas/user/default"},
		"GET /api/v1/meta/types/user":                            {tool: "list_user_types", arguments: args{}, path: "/api/v1/meta/types/user"},
		"GET /api/v1/sessions/{}":                                {tool: "get_session", arguments: other("session_id"), path: "/api/v1/sessions/" + otherID},
		"GET /api/v1/groups":                                     {tool: "list_groups", arguments: args{}, path: "/api/v1/groups"},
		"GET /api/v1/groups/{}":                                  {tool: "get_group", arguments: group, path: "/api/v1/groups/" + groupID},
		"GET /api/v1/groups/{}/users":                            {tool: "list_group_users", arguments: group, path: "/api/v1/groups/" + groupID + "/users"},
		"GET /api/v1/groups/{}/apps":                             {tool: "list_group_apps", arguments: group, path: "/api/v1/groups/" + groupID + "/apps"},
		"GET /api/v1/groups/{}/owners":                           {tool: "list_group_owners", arguments: group, path: "/api/v1/groups/" + groupID + "/owners"},
		"GET /api/v1/groups/{}/roles":                            {tool: "list_group_roles", arguments: group, path: "/api/v1/groups/" + groupID + "/roles"},
		"GET /api/v1/groups/rules":                               {tool: "list_group_rules", arguments: args{}, path: "/api/v1/groups/rules"},
		"GET /api/v1/groups/rules/{}":                            {tool: "get_group_rule", arguments: other("rule_id"), path: "/api/v1/groups/rules/" + otherID},
		"GET /api/v1/apps":                                       {tool: "list_applications", arguments: args{}, path: "/api/v1/apps"},
		"GET /api/v1/apps/{}":                                    {tool: "get_application", arguments: app, path: "/api/v1/apps/" + appID},
		"GET /api/v1/apps/{}/users":                              {tool: "list_application_users", arguments: app, path: "/api/v1/apps/" + appID + "/users"},
		"GET /api/v1/apps/{}/users/{}":                           {tool: "get_application_user", arguments: args{"app_id": appID, "user_id": userID}, path: "/api/v1/apps/" + appID + "/users/" + userID},
		"GET /api/v1/apps/{}/groups":                             {tool: "list_application_groups", arguments: app, path: "/api/v1/apps/" + appID + "/groups"},
		"GET /api/v1/policies":                                   {tool: "list_policies", arguments: args{"type": "ACCESS_POLICY"}, path: "/api/v1/policies"},
		"GET /api/v1/policies/{}":                                {tool: "get_policy", arguments: policy, path: "/api/v1/policies/" + policyID},
		"GET /api/v1/policies/{}/rules":                          {tool: "list_policy_rules", arguments: policy, path: "/api/v1/policies/" + policyID + "/rules"},
		"GET /api/v1/policies/{}/rules/{}":                       {tool: "get_policy_rule", arguments: rule, path: "/api/v1/policies/" + policyID + "/rules/" + ruleID},
		"GET /api/v1/zones":                                      {tool: "list_network_zones", arguments: args{}, path: "/api/v1/zones"},
		"GET /api/v1/zones/{}":                                   {tool: "get_network_zone", arguments: other("zone_id"), path: "/api/v1/zones/" + otherID},
		"GET /api/v1/authenticators":                             {tool: "list_authenticators", arguments: args{}, path: "/api/v1/authenticators"},
		"GET /api/v1/devices":                                    {tool: "list_devices", arguments: args{}, path: "/api/v1/devices"},
		"GET /api/v1/devices/{}":                                 {tool: "get_device", arguments: other("device_id"), path: "/api/v1/devices/" + otherID},
		"GET /api/v1/devices/{}/users":                           {tool: "list_device_users", arguments: other("device_id"), path: "/api/v1/devices/" + otherID + "/users"},
		"GET /api/v1/device-assurances":                          {tool: "list_device_assurance_policies", arguments: args{}, path: "/api/v1/device-assurances"},
		"GET /api/v1/device-assurances/{}":                       {tool: "get_device_assurance_policy", arguments: other("policy_id"), path: "/api/v1/device-assurances/" + otherID},
		"GET /api/v1/eventHooks":                                 {tool: "list_event_hooks", arguments: args{}, path: "/api/v1/eventHooks"},
		"GET /api/v1/eventHooks/{}":                              {tool: "get_event_hook", arguments: other("hook_id"), path: "/api/v1/eventHooks/" + otherID},
		"GET /api/v1/iam/assignees/users":                        {tool: "list_admins", arguments: args{}, path: "/api/v1/iam/assignees/users"},
		"GET /api/v1/iam/roles":                                  {tool: "list_custom_roles", arguments: args{}, path: "/api/v1/iam/roles"},
		"GET /api/v1/iam/resource-sets":                          {tool: "list_resource_sets", arguments: args{}, path: "/api/v1/iam/resource-sets"},
		"GET /api/v1/users/{}/linkedObjects/{}":                  {tool: "list_linked_objects", arguments: args{"user_id": userID, "relationship": "manager"}, path: "/api/v1/users/" + userID + "/linkedObjects/manager"},
		"POST /api/v1/users":                                     {tool: "create_user", arguments: args{"profile": person("a@acme.example")}, path: "/api/v1/users"},
		"POST /api/v1/users/{}":                                  {tool: "update_user", arguments: args{"user_id": userID, "profile": args{"title": "A"}}, path: "/api/v1/users/" + userID, found: active},
		"PUT /api/v1/users/{}":                                   {tool: "replace_user", arguments: args{"user_id": userID, "profile": person("a@acme.example")}, path: "/api/v1/users/" + userID, found: active},
		"POST /api/v1/users/{}/factors":                          {tool: "enroll_factor", arguments: args{"user_id": userID, "factor": args{"factorType": "sms", "provider": "OKTA"}}, document: "factor", path: "/api/v1/users/" + userID + "/factors", found: active},
		"DELETE /api/v1/users/{}/factors/{}":                     {tool: "unenroll_factor", arguments: args{"user_id": userID, "factor_id": otherID}, path: "/api/v1/users/" + userID + "/factors/" + otherID, found: active},
		"POST /api/v1/users/{}/roles":                            {tool: "assign_role_to_user", arguments: args{"user_id": userID, "type": "APP_ADMIN"}, path: "/api/v1/users/" + userID + "/roles"},
		"POST /api/v1/groups/{}/roles":                           {tool: "assign_role_to_group", arguments: args{"group_id": groupID, "type": "APP_ADMIN"}, path: "/api/v1/groups/" + groupID + "/roles"},
		"POST /api/v1/groups/{}/owners":                          {tool: "add_group_owner", arguments: args{"group_id": groupID, "owner_id": userID}, path: "/api/v1/groups/" + groupID + "/owners"},
		"POST /api/v1/groups/rules":                              {tool: "create_group_rule", arguments: args{"name": "A", "expression": "user.city==\"A\"", "group_ids": []string{groupID}}, path: "/api/v1/groups/rules"},
		"PUT /api/v1/groups/rules/{}":                            {tool: "update_group_rule", arguments: args{"rule_id": otherID, "name": "A"}, path: "/api/v1/groups/rules/" + otherID, found: inactive},
		"POST /api/v1/apps":                                      {tool: "create_application", arguments: args{"activate": true}, document: "application", path: "/api/v1/apps"},
		"POST /api/v1/apps/{}/users":                             {tool: "assign_user_to_application", arguments: args{"app_id": appID, "user_id": userID}, path: "/api/v1/apps/" + appID + "/users", found: active},
		"POST /api/v1/apps/{}/users/{}":                          {tool: "update_application_user", arguments: args{"app_id": appID, "user_id": userID, "profile": args{"a": "b"}}, path: "/api/v1/apps/" + appID + "/users/" + userID, found: args{"status": "ACTIVE", "scope": "USER"}},
		"DELETE /api/v1/apps/{}/users/{}":                        {tool: "unassign_user_from_application", arguments: args{"app_id": appID, "user_ids": []string{userID}}, path: "/api/v1/apps/" + appID + "/users/" + userID, found: args{"status": "ACTIVE", "scope": "USER"}},
		"POST /api/v1/device-assurances":                         {tool: "create_device_assurance_policy", arguments: args{}, document: "policy", path: "/api/v1/device-assurances"},
		"PUT /api/v1/device-assurances/{}":                       {tool: "replace_device_assurance_policy", arguments: args{"policy_id": otherID}, document: "policy", path: "/api/v1/device-assurances/" + otherID},
		"POST /api/v1/eventHooks":                                {tool: "create_event_hook", arguments: args{}, document: "hook", path: "/api/v1/eventHooks"},
		"POST /api/v1/users/{}/lifecycle/activate":               {tool: "activate_user", arguments: user, path: "/api/v1/users/" + userID + "/lifecycle/activate", found: args{"status": "STAGED"}},
		"POST /api/v1/users/{}/lifecycle/reactivate":             {tool: "reactivate_user", arguments: user, path: "/api/v1/users/" + userID + "/lifecycle/reactivate", found: args{"status": "PROVISIONED"}},
		"POST /api/v1/users/{}/lifecycle/deactivate":             {tool: "deactivate_user", arguments: users, path: "/api/v1/users/" + userID + "/lifecycle/deactivate", found: active},
		"POST /api/v1/users/{}/lifecycle/suspend":                {tool: "suspend_user", arguments: users, path: "/api/v1/users/" + userID + "/lifecycle/suspend", found: active},
		"POST /api/v1/users/{}/lifecycle/unsuspend":              {tool: "unsuspend_user", arguments: user, path: "/api/v1/users/" + userID + "/lifecycle/unsuspend", found: args{"status": "SUSPENDED"}},
		"POST /api/v1/users/{}/lifecycle/unlock":                 {tool: "unlock_user", arguments: user, path: "/api/v1/users/" + userID + "/lifecycle/unlock", found: args{"status": "LOCKED_OUT"}},
		"POST /api/v1/users/{}/lifecycle/reset_factors":          {tool: "reset_factors", arguments: user, path: "/api/v1/users/" + userID + "/lifecycle/reset_factors", found: active},
		"DELETE /api/v1/users/{}/sessions":                       {tool: "revoke_user_sessions", arguments: users, path: "/api/v1/users/" + userID + "/sessions", found: active},
		"POST /api/v1/groups":                                    {tool: "create_group", arguments: args{"name": "A"}, path: "/api/v1/groups"},
		"PUT /api/v1/groups/{}":                                  {tool: "update_group", arguments: args{"group_id": groupID, "name": "A"}, path: "/api/v1/groups/" + groupID},
		"DELETE /api/v1/groups/{}":                               {tool: "delete_group", arguments: group, path: "/api/v1/groups/" + groupID},
		"PUT /api/v1/groups/{}/users/{}":                         {tool: "add_user_to_group", arguments: args{"group_id": groupID, "user_ids": []string{userID}}, path: "/api/v1/groups/" + groupID + "/users/" + userID},
		"POST /api/v1/groups/rules/{}/lifecycle/activate":        {tool: "activate_group_rule", arguments: other("rule_id"), path: "/api/v1/groups/rules/" + otherID + "/lifecycle/activate", found: inactive},
		"POST /api/v1/groups/rules/{}/lifecycle/deactivate":      {tool: "deactivate_group_rule", arguments: other("rule_id"), path: "/api/v1/groups/rules/" + otherID + "/lifecycle/deactivate", found: active},
		"DELETE /api/v1/groups/rules/{}":                         {tool: "delete_group_rule", arguments: other("rule_id"), path: "/api/v1/groups/rules/" + otherID, found: inactive},
		"POST /api/v1/apps/{}/lifecycle/activate":                {tool: "activate_application", arguments: app, path: "/api/v1/apps/" + appID + "/lifecycle/activate", found: inactive},
		"POST /api/v1/apps/{}/lifecycle/deactivate":              {tool: "deactivate_application", arguments: app, path: "/api/v1/apps/" + appID + "/lifecycle/deactivate", found: active},
		"PUT /api/v1/apps/{}":                                    {tool: "update_application", arguments: args{"app_id": appID, "application": args{"label": "A"}}, path: "/api/v1/apps/" + appID, found: active},
		"DELETE /api/v1/apps/{}":                                 {tool: "delete_application", arguments: app, path: "/api/v1/apps/" + appID, found: inactive},
		"DELETE /api/v1/apps/{}/groups/{}":                       {tool: "unassign_group_from_application", arguments: args{"app_id": appID, "group_id": groupID}, path: "/api/v1/apps/" + appID + "/groups/" + groupID, found: active},
		"PUT /api/v1/apps/{}/groups/{}":                          {tool: "assign_group_to_application", arguments: args{"app_id": appID, "group_id": groupID}, path: "/api/v1/apps/" + appID + "/groups/" + groupID, found: active},
		"POST /api/v1/policies":                                  {tool: "create_policy", arguments: args{"policy": args{"type": "OKTA_SIGN_ON", "name": "A"}, "activate": true}, document: "policy", path: "/api/v1/policies"},
		"PUT /api/v1/policies/{}":                                {tool: "update_policy", arguments: args{"policy_id": policyID, "policy": args{"name": "A"}}, path: "/api/v1/policies/" + policyID, found: active},
		"DELETE /api/v1/policies/{}":                             {tool: "delete_policy", arguments: policy, path: "/api/v1/policies/" + policyID, found: inactive},
		"POST /api/v1/policies/{}/lifecycle/activate":            {tool: "activate_policy", arguments: policy, path: "/api/v1/policies/" + policyID + "/lifecycle/activate", found: inactive},
		"POST /api/v1/policies/{}/lifecycle/deactivate":          {tool: "deactivate_policy", arguments: policy, path: "/api/v1/policies/" + policyID + "/lifecycle/deactivate", found: active},
		"POST /api/v1/policies/{}/rules":                         {tool: "create_policy_rule", arguments: args{"policy_id": policyID, "rule": args{"name": "A"}, "activate": true}, document: "rule", path: "/api/v1/policies/" + policyID + "/rules"},
		"PUT /api/v1/policies/{}/rules/{}":                       {tool: "update_policy_rule", arguments: args{"policy_id": policyID, "rule_id": ruleID, "rule": args{"name": "A"}}, path: "/api/v1/policies/" + policyID + "/rules/" + ruleID, found: active},
		"DELETE /api/v1/policies/{}/rules/{}":                    {tool: "delete_policy_rule", arguments: rule, path: "/api/v1/policies/" + policyID + "/rules/" + ruleID, found: inactive},
		"POST /api/v1/policies/{}/rules/{}/lifecycle/activate":   {tool: "activate_policy_rule", arguments: rule, path: "/api/v1/policies/" + policyID + "/rules/" + ruleID + "/lifecycle/activate", found: inactive},
		"POST /api/v1/policies/{}/rules/{}/lifecycle/deactivate": {tool: "deactivate_policy_rule", arguments: rule, path: "/api/v1/policies/" + policyID + "/rules/" + ruleID + "/lifecycle/deactivate", found: active},
		"POST /api/v1/zones":                                     {tool: "create_network_zone", arguments: args{"zone": args{"name": "A", "type": "IP"}}, document: "zone", path: "/api/v1/zones"},
		"PUT /api/v1/zones/{}":                                   {tool: "update_network_zone", arguments: args{"zone_id": otherID, "zone": args{"name": "A"}}, path: "/api/v1/zones/" + otherID, found: active},
		"DELETE /api/v1/zones/{}":                                {tool: "delete_network_zone", arguments: other("zone_id"), path: "/api/v1/zones/" + otherID, found: inactive},
		"POST /api/v1/zones/{}/lifecycle/activate":               {tool: "activate_network_zone", arguments: other("zone_id"), path: "/api/v1/zones/" + otherID + "/lifecycle/activate", found: inactive},
		"POST /api/v1/zones/{}/lifecycle/deactivate":             {tool: "deactivate_network_zone", arguments: other("zone_id"), path: "/api/v1/zones/" + otherID + "/lifecycle/deactivate", found: active},
		"DELETE /api/v1/device-assurances/{}":                    {tool: "delete_device_assurance_policy", arguments: other("policy_id"), path: "/api/v1/device-assurances/" + otherID},
		"POST /api/v1/devices/{}/lifecycle/activate":             {tool: "activate_device", arguments: other("device_id"), path: "/api/v1/devices/" + otherID + "/lifecycle/activate", found: args{"status": "CREATED"}},
		"POST /api/v1/devices/{}/lifecycle/unsuspend":            {tool: "unsuspend_device", arguments: other("device_id"), path: "/api/v1/devices/" + otherID + "/lifecycle/unsuspend", found: args{"status": "SUSPENDED"}},
		"DELETE /api/v1/eventHooks/{}":                           {tool: "delete_event_hook", arguments: other("hook_id"), path: "/api/v1/eventHooks/" + otherID, found: inactive},
		"POST /api/v1/eventHooks/{}/lifecycle/deactivate":        {tool: "deactivate_event_hook", arguments: other("hook_id"), path: "/api/v1/eventHooks/" + otherID + "/lifecycle/deactivate", found: active},
		"POST /api/v1/eventHooks/{}/lifecycle/verify":            {tool: "verify_event_hook", arguments: other("hook_id"), path: "/api/v1/eventHooks/" + otherID + "/lifecycle/verify", found: inactive},
		"DELETE /api/v1/sessions/{}":                             {tool: "revoke_session", arguments: other("session_id"), path: "/api/v1/sessions/" + otherID, found: active},
		"POST /api/v1/sessions/{}/lifecycle/refresh":             {tool: "refresh_session", arguments: other("session_id"), path: "/api/v1/sessions/" + otherID + "/lifecycle/refresh", found: active},
	}
}

// ofOkta is a member of the recorded requests that Okta sets and tools leave out.
var ofOkta = regexp.MustCompile(`"system": ?false, ?`)

// TestRecordedAnswersReachTheClient plays what a real org answered to the tool
// that makes the request, and holds what the client gets against it.
func TestRecordedAnswersReachTheClient(t *testing.T) {
	t.Parallel()
	all, played := everyReplay(), map[string]int{}
	for i, r := range recordings(t) {
		how, there := all[r.operation()]
		if !there {
			continue
		}
		played[r.operation()]++
		t.Run(fmt.Sprintf("%s/%d", how.tool, i), func(t *testing.T) {
			t.Parallel()
			w, sent := replayed(t, r, how)
			arguments, ok := how.call(r)
			if !ok {
				t.Skip("the recording kept no request to make again")
			}
			r.hold(t, w.connect("2025-11-25", accepting).ask(how.tool, arguments))
			if asked := ofOkta.ReplaceAllString(r.Request, ""); how.document != "" && r.Status < 300 && !holds(t, *sent, asked) {
				t.Errorf("the tool was given\n%s\nand sent\n%s", r.Request, *sent)
			}
		})
	}
	for operation := range all {
		if played[operation] == 0 {
			t.Errorf("no recording of %s was played, so its row proves nothing", operation)
		}
	}
}

// call is the tool's arguments that make the recorded request again.
func (how replay) call(r recording) (arguments args, ok bool) {
	arguments = maps.Clone(how.arguments)
	if r.Method == http.MethodGet {
		arguments["fields"] = []string{"*"}
	}
	if strings.HasPrefix(how.tool, "list_") {
		arguments["limit"] = 200
	}
	if how.document != "" {
		arguments[how.document] = json.RawMessage(r.Request)
	}
	return arguments, how.document == "" || r.Request != ""
}

// holds reports whether an object has every member of a recorded one, with the
// same value, whatever else it has.
func holds(t *testing.T, object, recorded string) bool {
	t.Helper()
	var whole, part any
	decodeNumbers(t, []byte(object), &whole)
	decodeNumbers(t, []byte(recorded), &part)
	return within(part, whole)
}

// within reports whether a value is the other, or an object that is part of it.
func within(part, whole any) bool {
	switch p := part.(type) {
	case map[string]any:
		w, ok := whole.(map[string]any)
		for name, value := range p {
			ok = ok && within(value, w[name])
		}
		return ok
	case []any:
		w, ok := whole.([]any)
		return ok && slices.EqualFunc(p, w, within)
	}
	return reflect.DeepEqual(part, whole)
}

// hold compares what the client got with what Okta answered.
func (r recording) hold(t *testing.T, answer result) {
	t.Helper()
	if r.Status >= 400 {
		var failed struct{ ErrorCode string }
		if err := json.Unmarshal([]byte(r.Response), &failed); err != nil {
			t.Fatal(err)
		}
		if r.Method == http.MethodGet && r.Status == http.StatusNotFound {
			answer.mustFail()
			return
		}
		answer.mustFail(failed.ErrorCode, fmt.Sprint(r.Status))
		return
	}
	var change struct{ Result json.RawMessage }
	answer.mustWork(&change)
	if r.Method != http.MethodGet {
		if change.Result != nil && !holds(t, r.Response, string(change.Result)) {
			t.Errorf("the client got\n%s\nOkta answered\n%s", change.Result, r.Response)
		}
		return
	}
	var got, want any
	decodeNumbers(t, answer.Structured, &got)
	decodeNumbers(t, []byte(r.Response), &want)
	if list, ok := got.(map[string]any)["items"]; ok {
		got, want = list, listIn(want)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the client got\n%v\nOkta answered\n%v", got, want)
	}
}

// listIn is a list, or the list that an object holds.
func listIn(value any) any {
	if object, ok := value.(map[string]any); ok {
		for _, member := range object {
			if list, ok := member.([]any); ok {
				return list
			}
		}
	}
	return value
}

func decodeNumbers(t *testing.T, data []byte, into any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		t.Fatalf("decoding %s: %v", data, err)
	}
}

// replayed is a world whose org answers one recorded request, and invents what
// is read around it.
func replayed(t *testing.T, r recording, how replay) (w *world, sent *string) {
	t.Helper()
	sent = new(string)
	var deleted atomic.Bool
	org := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		if deleted.Load() && in.URL.Path == how.path {
			out.WriteHeader(http.StatusNotFound)
			return
		}
		if in.Method == r.Method && in.URL.Path == how.path {
			for name, values := range r.Header {
				for _, value := range values {
					out.Header().Add(name, hosted(value, in.Host))
				}
			}
			deleted.Store(r.Method == http.MethodDelete)
			body, _ := io.ReadAll(in.Body)
			*sent = string(body)
			out.WriteHeader(r.Status)
			_, _ = io.WriteString(out, r.Response)
			return
		}
		if in.Method != http.MethodGet {
			t.Errorf("sent %s %s; only the recorded %s %s was to be", in.Method, in.URL.Path, r.Method, how.path)
		}
		out.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(out, how.invented(in.URL.Path))
	}))
	t.Cleanup(org.Close)
	client, err := oktaclient.New(oktaclient.Options{URL: org.URL, Authorizer: nobody{}})
	if err != nil {
		t.Fatal(err)
	}
	w = &world{t: t, record: &recorder{}}
	w.server, err = tools.New(tools.Config{
		Version: "test", Org: client, Access: everyScope{client}, Selection: tools.Selection{Toolsets: []string{"all"}},
		Options: tools.Options{MaxResultBytes: 8 << 20, AllowSecrets: r.Method != http.MethodGet}, Recorder: w.record, Logger: slog.New(slog.DiscardHandler),
		Askers: func(m *server.MCPServer) []confirm.Asker { return []confirm.Asker{confirm.Client{Server: m}} },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.server.Close)
	return w, sent
}

// invented is what the org shows of anything around the recorded request: empty
// lists, and one object that says of itself what Check wants to see.
func (how replay) invented(path string) string {
	last := path[strings.LastIndex(path, "/")+1:]
	if slices.Contains([]string{"users", "groups", "apps", "rules", "roles", "appLinks", "factors", "policies", "mappings", "app", "owners", "zones"}, last) {
		return "[]"
	}
	object := args{"id": last, "name": "invented", "label": "Invented", "verificationStatus": "UNVERIFIED", "login": "somebody@acme.example",
		"userId": userID, "profile": args{"name": "Invented", "login": "somebody@acme.example", "displayName": "Invented"}}
	if strings.HasPrefix(path, "/api/v1/groups/") {
		object["type"] = "OKTA_GROUP"
	}
	maps.Copy(object, how.found)
	encoded, err := json.Marshal(object)
	if err != nil {
		return err.Error()
	}
	return string(encoded)
}

// hosted makes a recorded link one of this host, as Okta's own links are.
func hosted(value, host string) string {
	_, rest, found := strings.Cut(value, "<https://")
	_, path, more := strings.Cut(rest, "/")
	if !found || !more {
		return value
	}
	return "<http://" + host + "/" + path
}

type nobody struct{}

func (nobody) Authorize(*http.Request) error         { return nil }
func (nobody) Answered(*http.Response) (bool, error) { return false, nil }

// everyScope is the standing of an app that everything is granted to.
type everyScope struct{ org *oktaclient.Org }

func (a everyScope) Status() tools.Status {
	status := tools.Status{OrgURL: a.org.URL(), SignedIn: true, ClientID: "0oa0000000000000self"}
	for _, d := range tools.Catalog() {
		status.Granted = append(append(status.Granted, d.Scopes...), d.Optional...)
	}
	status.Asked = status.Granted
	return status
}

func (everyScope) Ready(context.Context)        {}
func (everyScope) Headroom() []tools.Headroom   { return nil }
func (everyScope) Now() time.Time               { return time.Now() }
func (everyScope) Changes(func()) (stop func()) { return func() {} }
