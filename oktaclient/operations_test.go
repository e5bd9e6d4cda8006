package oktaclient_test

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"okta-mcp/oktaclient"
)

// requests are the methods of Org and what each must send; {1} and {2} stand
// for its ids. A query and a body it takes when its signature does.
func requests() map[string]string {
	return map[string]string{
		"ListUsers":   "GET /api/v1/users",
		"GetUser":     "GET /api/v1/users/{1}",
		"CreateUser":  "POST /api/v1/users",
		"UpdateUser":  "POST /api/v1/users/{1}",
		"ReplaceUser": "PUT /api/v1/users/{1}",
		"DeleteUser":  "DELETE /api/v1/users/{1}",

		"ActivateUser":   "POST /api/v1/users/{1}/lifecycle/activate",
		"DeactivateUser": "POST /api/v1/users/{1}/lifecycle/deactivate",
		"SuspendUser":    "POST /api/v1/users/{1}/lifecycle/suspend",
		"UnsuspendUser":  "POST /api/v1/users/{1}/lifecycle/unsuspend",
		"UnlockUser":     "POST /api/v1/users/{1}/lifecycle/unlock",
		"ReactivateUser": "POST /api/v1/users/{1}/lifecycle/reactivate",
		"ResetFactors":   "POST /api/v1/users/{1}/lifecycle/reset_factors",

		"ExpirePassword":                 "POST /api/v1/users/{1}/lifecycle/expire_password",
		"ExpirePasswordWithTempPassword": "POST /api/v1/users/{1}/lifecycle/expire_password_with_temp_password",
		"ResetPassword":                  "POST /api/v1/users/{1}/lifecycle/reset_password",

		"ListUserGroups":  "GET /api/v1/users/{1}/groups",
		"ListAppLinks":    "GET /api/v1/users/{1}/appLinks",
		"ListUserDevices": "GET /api/v1/users/{1}/devices",

		"RevokeUserSessions": "DELETE /api/v1/users/{1}/sessions",

		"ListUserGrants":   "GET /api/v1/users/{1}/grants",
		"RevokeUserGrants": "DELETE /api/v1/users/{1}/grants",

		"ListFactors":          "GET /api/v1/users/{1}/factors",
		"GetFactor":            "GET /api/v1/users/{1}/factors/{2}",
		"ListSupportedFactors": "GET /api/v1/users/{1}/factors/catalog",
		"EnrollFactor":         "POST /api/v1/users/{1}/factors",
		"ActivateFactor":       "POST /api/v1/users/{1}/factors/{2}/lifecycle/activate",
		"UnenrollFactor":       "DELETE /api/v1/users/{1}/factors/{2}",

		"ListLinkedObjectsForUser": "GET /api/v1/users/{1}/linkedObjects/{2}",

		"ListLinkedObjectDefinitions": "GET /api/v1/meta/schemas/user/linkedObjects",

		"ListUserTypes": "GET /api/v1/meta/types/user",

		"GetUserSchema": "GET /api/v1/meta/schemas/user/{1}",

		"GetSession":     "GET /api/v1/sessions/{1}",
		"RefreshSession": "POST /api/v1/sessions/{1}/lifecycle/refresh",
		"RevokeSession":  "DELETE /api/v1/sessions/{1}",

		"ListGroups":                       "GET /api/v1/groups",
		"GetGroup":                         "GET /api/v1/groups/{1}",
		"AddGroup":                         "POST /api/v1/groups",
		"ReplaceGroup":                     "PUT /api/v1/groups/{1}",
		"DeleteGroup":                      "DELETE /api/v1/groups/{1}",
		"ListGroupUsers":                   "GET /api/v1/groups/{1}/users",
		"AssignUserToGroup":                "PUT /api/v1/groups/{1}/users/{2}",
		"UnassignUserFromGroup":            "DELETE /api/v1/groups/{1}/users/{2}",
		"ListAssignedApplicationsForGroup": "GET /api/v1/groups/{1}/apps",

		"ListGroupRules":      "GET /api/v1/groups/rules",
		"GetGroupRule":        "GET /api/v1/groups/rules/{1}",
		"CreateGroupRule":     "POST /api/v1/groups/rules",
		"ReplaceGroupRule":    "PUT /api/v1/groups/rules/{1}",
		"ActivateGroupRule":   "POST /api/v1/groups/rules/{1}/lifecycle/activate",
		"DeactivateGroupRule": "POST /api/v1/groups/rules/{1}/lifecycle/deactivate",
		"DeleteGroupRule":     "DELETE /api/v1/groups/rules/{1}",

		"ListGroupOwners":  "GET /api/v1/groups/{1}/owners",
		"AssignGroupOwner": "POST /api/v1/groups/{1}/owners",
		"DeleteGroupOwner": "DELETE /api/v1/groups/{1}/owners/{2}",

		"ListApplications":      "GET /api/v1/apps",
		"GetApplication":        "GET /api/v1/apps/{1}",
		"CreateApplication":     "POST /api/v1/apps",
		"ReplaceApplication":    "PUT /api/v1/apps/{1}",
		"ActivateApplication":   "POST /api/v1/apps/{1}/lifecycle/activate",
		"DeactivateApplication": "POST /api/v1/apps/{1}/lifecycle/deactivate",
		"DeleteApplication":     "DELETE /api/v1/apps/{1}",

		"ListApplicationUsers":        "GET /api/v1/apps/{1}/users",
		"GetApplicationUser":          "GET /api/v1/apps/{1}/users/{2}",
		"AssignUserToApplication":     "POST /api/v1/apps/{1}/users",
		"UpdateApplicationUser":       "POST /api/v1/apps/{1}/users/{2}",
		"UnassignUserFromApplication": "DELETE /api/v1/apps/{1}/users/{2}",

		"ListApplicationGroupAssignments": "GET /api/v1/apps/{1}/groups",
		"GetApplicationGroupAssignment":   "GET /api/v1/apps/{1}/groups/{2}",
		"AssignGroupToApplication":        "PUT /api/v1/apps/{1}/groups/{2}",
		"UnassignApplicationFromGroup":    "DELETE /api/v1/apps/{1}/groups/{2}",

		"ListPolicies":           "GET /api/v1/policies",
		"GetPolicy":              "GET /api/v1/policies/{1}",
		"CreatePolicy":           "POST /api/v1/policies",
		"ReplacePolicy":          "PUT /api/v1/policies/{1}",
		"ActivatePolicy":         "POST /api/v1/policies/{1}/lifecycle/activate",
		"DeactivatePolicy":       "POST /api/v1/policies/{1}/lifecycle/deactivate",
		"DeletePolicy":           "DELETE /api/v1/policies/{1}",
		"ListPolicyApps":         "GET /api/v1/policies/{1}/app",
		"ListPolicyMappings":     "GET /api/v1/policies/{1}/mappings",
		"ListPolicyRules":        "GET /api/v1/policies/{1}/rules",
		"GetPolicyRule":          "GET /api/v1/policies/{1}/rules/{2}",
		"CreatePolicyRule":       "POST /api/v1/policies/{1}/rules",
		"ReplacePolicyRule":      "PUT /api/v1/policies/{1}/rules/{2}",
		"ActivatePolicyRule":     "POST /api/v1/policies/{1}/rules/{2}/lifecycle/activate",
		"DeactivatePolicyRule":   "POST /api/v1/policies/{1}/rules/{2}/lifecycle/deactivate",
		"DeletePolicyRule":       "DELETE /api/v1/policies/{1}/rules/{2}",
		"CreatePolicySimulation": "POST /api/v1/policies/simulate",

		"ListNetworkZones":      "GET /api/v1/zones",
		"GetNetworkZone":        "GET /api/v1/zones/{1}",
		"CreateNetworkZone":     "POST /api/v1/zones",
		"ReplaceNetworkZone":    "PUT /api/v1/zones/{1}",
		"ActivateNetworkZone":   "POST /api/v1/zones/{1}/lifecycle/activate",
		"DeactivateNetworkZone": "POST /api/v1/zones/{1}/lifecycle/deactivate",
		"DeleteNetworkZone":     "DELETE /api/v1/zones/{1}",

		"ListAuthenticators": "GET /api/v1/authenticators",

		"ListLogEvents": "GET /api/v1/logs",

		"ListDevices":      "GET /api/v1/devices",
		"GetDevice":        "GET /api/v1/devices/{1}",
		"ListDeviceUsers":  "GET /api/v1/devices/{1}/users",
		"ActivateDevice":   "POST /api/v1/devices/{1}/lifecycle/activate",
		"DeactivateDevice": "POST /api/v1/devices/{1}/lifecycle/deactivate",
		"SuspendDevice":    "POST /api/v1/devices/{1}/lifecycle/suspend",
		"UnsuspendDevice":  "POST /api/v1/devices/{1}/lifecycle/unsuspend",
		"DeleteDevice":     "DELETE /api/v1/devices/{1}",

		"ListDeviceAssurancePolicies":  "GET /api/v1/device-assurances",
		"GetDeviceAssurancePolicy":     "GET /api/v1/device-assurances/{1}",
		"CreateDeviceAssurancePolicy":  "POST /api/v1/device-assurances",
		"ReplaceDeviceAssurancePolicy": "PUT /api/v1/device-assurances/{1}",
		"DeleteDeviceAssurancePolicy":  "DELETE /api/v1/device-assurances/{1}",

		"ListAssignedRolesForUser":     "GET /api/v1/users/{1}/roles",
		"ListGroupAssignedRoles":       "GET /api/v1/groups/{1}/roles",
		"ListUsersWithRoleAssignments": "GET /api/v1/iam/assignees/users",
		"GetUserAssignedRole":          "GET /api/v1/users/{1}/roles/{2}",
		"AssignRoleToUser":             "POST /api/v1/users/{1}/roles",
		"UnassignRoleFromUser":         "DELETE /api/v1/users/{1}/roles/{2}",
		"GetGroupAssignedRole":         "GET /api/v1/groups/{1}/roles/{2}",
		"AssignRoleToGroup":            "POST /api/v1/groups/{1}/roles",
		"UnassignRoleFromGroup":        "DELETE /api/v1/groups/{1}/roles/{2}",

		"ListRoles": "GET /api/v1/iam/roles",
		"GetRole":   "GET /api/v1/iam/roles/{1}",

		"ListResourceSets": "GET /api/v1/iam/resource-sets",
		"GetResourceSet":   "GET /api/v1/iam/resource-sets/{1}",

		"ListEventHooks":      "GET /api/v1/eventHooks",
		"GetEventHook":        "GET /api/v1/eventHooks/{1}",
		"CreateEventHook":     "POST /api/v1/eventHooks",
		"VerifyEventHook":     "POST /api/v1/eventHooks/{1}/lifecycle/verify",
		"ActivateEventHook":   "POST /api/v1/eventHooks/{1}/lifecycle/activate",
		"DeactivateEventHook": "POST /api/v1/eventHooks/{1}/lifecycle/deactivate",
		"DeleteEventHook":     "DELETE /api/v1/eventHooks/{1}",

		"ListAIAgents":                "GET /workload-principals/api/v1/ai-agents",
		"GetAIAgent":                  "GET /workload-principals/api/v1/ai-agents/{1}",
		"RegisterAIAgent":             "POST /workload-principals/api/v1/ai-agents",
		"UpdateAIAgent":               "PATCH /workload-principals/api/v1/ai-agents/{1}",
		"ActivateAIAgent":             "POST /workload-principals/api/v1/ai-agents/{1}/lifecycle/activate",
		"DeactivateAIAgent":           "POST /workload-principals/api/v1/ai-agents/{1}/lifecycle/deactivate",
		"DeleteAIAgent":               "DELETE /workload-principals/api/v1/ai-agents/{1}",
		"GetAIAgentOperation":         "GET /workload-principals/api/v1/operations/{1}",
		"ListAIAgentKeys":             "GET /workload-principals/api/v1/ai-agents/{1}/credentials/jwks",
		"GetAIAgentKey":               "GET /workload-principals/api/v1/ai-agents/{1}/credentials/jwks/{2}",
		"AddAIAgentKey":               "POST /workload-principals/api/v1/ai-agents/{1}/credentials/jwks",
		"ActivateAIAgentKey":          "POST /workload-principals/api/v1/ai-agents/{1}/credentials/jwks/{2}/lifecycle/activate",
		"DeactivateAIAgentKey":        "POST /workload-principals/api/v1/ai-agents/{1}/credentials/jwks/{2}/lifecycle/deactivate",
		"DeleteAIAgentKey":            "DELETE /workload-principals/api/v1/ai-agents/{1}/credentials/jwks/{2}",
		"ListAIAgentConnections":      "GET /workload-principals/api/v1/ai-agents/{1}/connections",
		"CreateAIAgentConnection":     "POST /workload-principals/api/v1/ai-agents/{1}/connections",
		"ActivateAIAgentConnection":   "POST /workload-principals/api/v1/ai-agents/{1}/connections/{2}/lifecycle/activate",
		"DeactivateAIAgentConnection": "POST /workload-principals/api/v1/ai-agents/{1}/connections/{2}/lifecycle/deactivate",
		"DeleteAIAgentConnection":     "DELETE /workload-principals/api/v1/ai-agents/{1}/connections/{2}",

		"ListMCPServers":        "GET /resource-servers/api/v1/mcp-servers",
		"GetMCPServer":          "GET /resource-servers/api/v1/mcp-servers/{1}",
		"RegisterMCPServer":     "POST /resource-servers/api/v1/mcp-servers",
		"ActivateMCPServer":     "POST /resource-servers/api/v1/mcp-servers/{1}/lifecycle/activate",
		"DeactivateMCPServer":   "POST /resource-servers/api/v1/mcp-servers/{1}/lifecycle/deactivate",
		"DeleteMCPServer":       "DELETE /resource-servers/api/v1/mcp-servers/{1}",
		"GetMCPServerOperation": "GET /resource-servers/api/v1/operations/{1}",
	}
}

// operation is one method of Org and the request it must make.
type operation struct {
	name, method, path string // path with sampleIDs in it, escaped
	ids                int
	query, body        bool
	call               reflect.Value
}

// sampleIDs are what operation.do gives for {1} and {2}.
func sampleIDs() []string { return []string{"joe+x y@example.com", "00x2;é"} }

func operations(t *testing.T) []operation {
	t.Helper()
	escaped := strings.NewReplacer("{1}", "joe+x%20y@example.com", "{2}", "00x2%3B%C3%A9")
	var all []operation
	for name, request := range requests() {
		m, ok := reflect.TypeFor[*oktaclient.Org]().MethodByName(name)
		if !ok {
			t.Fatalf("Org has no method %s: take it out of the table", name)
		}
		method, path, _ := strings.Cut(request, " ")
		all = append(all, operation{
			name: name, method: method, path: escaped.Replace(path), ids: strings.Count(path, "{"),
			query: takes[oktaclient.Query](m.Type), body: takes[json.RawMessage](m.Type), call: m.Func,
		})
	}
	return all
}

func takes[T any](signature reflect.Type) bool {
	for in := range signature.Ins() {
		if in == reflect.TypeFor[T]() {
			return true
		}
	}
	return false
}

func (op operation) do(ctx context.Context, org *oktaclient.Org, q oktaclient.Query, body json.RawMessage) (*oktaclient.Answer, error) {
	return op.with(ctx, org, sampleIDs(), q, body)
}

// with calls the method. Strings it takes beyond its ids (an ETag) are empty.
func (op operation) with(ctx context.Context, org *oktaclient.Org, ids []string, q oktaclient.Query, body json.RawMessage) (*oktaclient.Answer, error) {
	ids = append(ids[:op.ids:op.ids], "")
	args := []reflect.Value{reflect.ValueOf(org)}
	for in := range op.call.Type().Ins() {
		switch in {
		case reflect.TypeFor[context.Context]():
			args = append(args, reflect.ValueOf(ctx))
		case reflect.TypeFor[string]():
			args = append(args, reflect.ValueOf(ids[0]))
			ids = ids[1:]
		case reflect.TypeFor[oktaclient.Query]():
			args = append(args, reflect.ValueOf(q))
		case reflect.TypeFor[json.RawMessage]():
			args = append(args, reflect.ValueOf(body))
		}
	}
	out := op.call.Call(args)
	answer, _ := out[0].Interface().(*oktaclient.Answer)
	err, _ := out[1].Interface().(error)
	return answer, err
}

func TestEveryOperationIsInTheTable(t *testing.T) {
	t.Parallel()
	table := requests()
	for m := range reflect.TypeFor[*oktaclient.Org]().Methods() {
		if _, ok := table[m.Name]; !ok && takes[context.Context](m.Type) && m.Name != "Do" {
			t.Errorf("%s talks to Okta and is in no row of requests: no test drives it", m.Name)
		}
	}
}

func TestOperationsRefuseEveryBadID(t *testing.T) {
	t.Parallel()
	srv := serve(t, answer(200, `{}`))
	org := open(t, srv.URL, nil)
	for _, op := range operations(t) {
		for i := range op.ids {
			for _, bad := range []string{"", "..", "a/b", "/", "%2fa"} {
				ids := sampleIDs()
				ids[i] = bad
				_, err := op.with(t.Context(), org, ids, nil, nil)
				if err == nil || !strings.Contains(err.Error(), " id refused: it ") {
					t.Errorf("%s with %q as its id %d: %v; want a refusal", op.name, bad, i+1, err)
				}
			}
		}
	}
	if n := len(srv.requests()); n != 0 {
		t.Errorf("%d requests with bad ids reached the org", n)
	}
}
