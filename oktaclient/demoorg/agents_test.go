package demoorg_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"okta-mcp/oktaclient/demoorg"
)

const (
	agentsPath  = "/workload-principals/api/v1/ai-agents"
	serversPath = "/resource-servers/api/v1/mcp-servers"

	agentDocShape      = "_links:o appId:s created:t id:s lastUpdated:t owners:a profile:o status:s"
	keyDocShape        = "_links:o alg:s created:t e:s id:s kid:s kty:s lastUpdated:t n:s status:s use:s"
	connectionDocShape = "_links:o authorizationServer:o connectionType:s id:s orn:s resource:o resourceIndicator:s scopeCondition:s scopes:a status:s"
	serverDocShape     = "_links:o authorizationServerCount:n created:t detectedMetadata:o id:s lastUpdated:t metadata:o orn:s resourceUrl:s status:s"
)

// patch sends a JSON merge patch.
func patch(org *demoorg.Org, target, body string) reply {
	r := httptest.NewRequest("PATCH", "http://acme.example"+target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/merge-patch+json")
	return serve(org.Admin(), r)
}

// follow polls the operation of a 202 to its end and returns its last document.
func follow(t *testing.T, org *demoorg.Org, accepted reply) map[string]any {
	t.Helper()
	where, known := strings.CutPrefix(accepted.header.Get("Location"), "http://acme.example")
	if accepted.status != 202 || !known || accepted.body != "" {
		t.Fatalf("got %d, Location %q, body %q; want 202 with the place of an operation and no body", accepted.status, accepted.header.Get("Location"), accepted.body)
	}
	var seen []string
	for range 5 {
		doc := must(t, org, 200, "GET", where, "").object(t)
		seen = append(seen, fmt.Sprint(doc["status"]))
		if doc["status"] == "COMPLETED" || doc["status"] == "FAILED" {
			if got := strings.Join(seen[:len(seen)-1], " "); got != "SCHEDULED IN_PROGRESS" {
				t.Errorf("the operation went through %q, want SCHEDULED IN_PROGRESS", got)
			}
			return doc
		}
	}
	t.Fatalf("the operation at %s never ends: %v", where, seen)
	return nil
}

// data reads an answer whose list is in `data`.
func (r reply) data(t *testing.T) []map[string]any {
	t.Helper()
	var v struct {
		Data []map[string]any `json:"data"`
	}
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		t.Fatalf("read %.200q as a list in data: %v", r.body, err)
	}
	return v.Data
}

// refused fails the test unless a call was refused as told.
func refused(t *testing.T, what string, got reply, status int, code string) {
	t.Helper()
	if got.status != status || got.code() != code {
		t.Errorf("%s: %d %s, want %d %s; body %s", what, got.status, got.code(), status, code, got.body)
	}
}

func TestAnAgentFromRegistrationToDeletion(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	cast := org.Cast()
	body := `{"profile":{"name":"Invoice reader","tier":9007199254740993}}`
	accepted := must(t, org, 202, "POST", agentsPath, body)
	if found := must(t, org, 200, "GET", agentsPath+query("search", `profile.name eq "Invoice reader"`), "").data(t); len(found) != 0 {
		t.Errorf("the agent is there before the operation has completed: %v", found)
	}
	done := follow(t, org, accepted)
	id := fmt.Sprint(at(done, "resource", "id"))
	if done["type"] != "ai-agent:Register" || at(done, "resource", "status") != "STAGED" || at(done, "resource", "type") != "AI_AGENT" {
		t.Errorf("the operation ended as %v", done)
	}
	one := agentsPath + "/" + id
	if doc := must(t, org, 200, "GET", one, "").body; !strings.Contains(doc, "9007199254740993") {
		t.Errorf("a large number did not come back: %s", doc)
	}
	refused(t, "activate without an owner", send(org.Admin(), "POST", one+"/lifecycle/activate", ""), 400, "E0000001")
	follow(t, org, patch(org, one, `{"owners":[{"type":"USER","id":"`+cast.Employee.ID+`"}],"profile":{"tier":null}}`))
	if doc := must(t, org, 200, "GET", one, "").object(t); at(doc, "profile", "tier") != nil || at(doc, "profile", "name") != "Invoice reader" {
		t.Errorf("the patch left %v", doc["profile"])
	}
	follow(t, org, must(t, org, 202, "POST", one+"/lifecycle/activate", ""))
	refused(t, "activate twice", send(org.Admin(), "POST", one+"/lifecycle/activate", ""), 400, "E0000001")
	refused(t, "delete while ACTIVE", send(org.Admin(), "DELETE", one, ""), 400, "E0000001")
	off := must(t, org, 202, "POST", one+"/lifecycle/deactivate", "")
	refused(t, "delete while deactivating", send(org.Admin(), "DELETE", one, ""), 400, "E0000001")
	follow(t, org, off)
	follow(t, org, must(t, org, 202, "PUT", one, `{"profile":{"name":"Invoice scanner"}}`))
	if doc := must(t, org, 200, "GET", one, "").object(t); doc["owners"] != nil || at(doc, "profile", "name") != "Invoice scanner" {
		t.Errorf("the replacement left %v", doc)
	}
	follow(t, org, must(t, org, 202, "DELETE", one, ""))
	refused(t, "get a deleted agent", send(org.Admin(), "GET", one, ""), 404, "E0000007")
}

func TestAnAgentIsRefused(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	one := agentsPath + "/" + c.Agent.ID
	failed := follow(t, org, must(t, org, 202, "POST", agentsPath, `{"profile":{"name":"Rejected one"}}`))
	if failed["status"] != "FAILED" || at(failed, "errorDetails", "message") == nil || failed["resource"] != nil {
		t.Errorf("a rejected registration ended as %v", failed)
	}
	for what, body := range map[string]string{
		"no name": `{"profile":{}}`, "a taken name": `{"profile":{"name":"` + c.Agent.Name + `"}}`,
		"a strange app": `{"profile":{"name":"X"},"appId":"0oax"}`, "a strange owner": `{"profile":{"name":"X"},"owners":[{"type":"USER","id":"00ux"}]}`,
	} {
		refused(t, what, send(org.Admin(), "POST", agentsPath, body), 400, "E0000001")
	}
	refused(t, "a body that is no JSON", send(org.Admin(), "POST", agentsPath, `{`), 400, "E0000003")
	refused(t, "a patch that is plain JSON", send(org.Admin(), "PATCH", one, `{}`), 415, "E0000021")
	refused(t, "a strange agent", send(org.Admin(), "GET", agentsPath+"/wlpx", ""), 404, "E0000007")
	refused(t, "delete an imported agent", send(org.Admin(), "DELETE", agentsPath+"/"+c.ImportedAgent.ID, ""), 400, "E0000001")
	refused(t, "deactivate an INACTIVE agent", send(org.Admin(), "POST", agentsPath+"/"+c.InactiveAgent.ID+"/lifecycle/deactivate", ""), 400, "E0000001")
	refused(t, "activate an agent without an owner", send(org.Admin(), "POST", agentsPath+"/"+c.StagedAgent.ID+"/lifecycle/activate", ""), 400, "E0000001")
	refused(t, "a search Okta has not", send(org.Admin(), "GET", agentsPath+query("search", `status sw "A"`), ""), 400, "E0000031")
	refused(t, "a strange operation", send(org.Admin(), "GET", "/workload-principals/api/v1/operations/op-x", ""), 404, "E0000007")
}

func TestAnOperationFinishesUnasked(t *testing.T) {
	t.Parallel()
	now := clock{start}
	org := newOrg(t, demoorg.Options{Now: now.now})
	one := agentsPath + "/" + org.Cast().StagedAgent.ID
	must(t, org, 202, "POST", one+"/lifecycle/deactivate", "")
	now.advance(10 * time.Second)
	if got := must(t, org, 200, "GET", one, "").object(t)["status"]; got != "INACTIVE" {
		t.Errorf("ten seconds after its deactivation the agent is %v", got)
	}
	listed := must(t, org, 200, "GET", "/workload-principals/api/v1/operations", "").data(t)
	if len(listed) != 1 || listed[0]["status"] != "COMPLETED" || listed[0]["type"] != "ai-agent:Deactivate" {
		t.Errorf("the operations are %v", listed)
	}
}

func TestAgentsArePaged(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	var names []string
	for target := agentsPath + "?limit=3"; target != ""; {
		got := must(t, org, 200, "GET", target, "")
		target = got.next()
		if inBody, _ := at(got.object(t), "_links", "next", "href").(string); inBody != "" != (target != "") {
			t.Errorf("the header links to %q, the body to %q", target, inBody)
		}
		for _, doc := range got.data(t) {
			names = append(names, fmt.Sprint(at(doc, "profile", "name")))
		}
	}
	if got := strings.Join(names, ", "); got != "Service desk assistant, Release notes writer, Meeting summarizer, Claims triage" {
		t.Errorf("the pages hold %s", got)
	}
	refused(t, "a strange cursor", send(org.Admin(), "GET", agentsPath+"?after=x", ""), 400, "E0000001")
	if found := must(t, org, 200, "GET", agentsPath+query("search", `status eq "INACTIVE" and profile.name co "claims"`), "").data(t); len(found) != 1 || found[0]["platform"] == nil {
		t.Errorf("the search found %v, want the imported agent with its platform", found)
	}
}

func TestShapesOfAgents(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	one := agentsPath + "/" + c.Agent.ID
	for target, want := range map[string]string{
		one: agentDocShape, one + "/credentials/jwks/" + c.AgentKey.ID: keyDocShape,
		one + "/connections/" + c.Connection.ID: connectionDocShape, serversPath + "/" + c.MCPServer.ID: serverDocShape,
	} {
		if got := shapeOf(must(t, org, 200, "GET", target, "").object(t)); got != want {
			t.Errorf("%s is shaped\n  %s, want\n  %s", target, got, want)
		}
	}
}

func TestKeysOfAnAgent(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	keys := agentsPath + "/" + c.Agent.ID + "/credentials/jwks"
	n := strings.Repeat("Abcd", 86)
	made := must(t, org, 201, "POST", keys, `{"kty":"RSA","e":"AQAB","n":"`+n+`"}`).object(t)
	if made["status"] != "ACTIVE" || made["use"] != "sig" || made["kid"] == "" {
		t.Errorf("a new key is %v", made)
	}
	must(t, org, 201, "POST", keys, `{"kty":"EC","crv":"P-256","x":"eA","y":"eQ","kid":"ec","status":"INACTIVE"}`)
	for what, body := range map[string]string{
		"a private key": `{"kty":"RSA","e":"AQAB","n":"` + n + `","d":"AA"}`, "a short key": `{"kty":"RSA","e":"AQAB","n":"AbcdAbcd"}`,
		"a taken kid": `{"kty":"EC","crv":"P-256","x":"eA","y":"eQ","kid":"ec"}`, "a symmetric key": `{"kty":"oct","k":"AA"}`,
		"an encryption key": `{"kty":"EC","crv":"P-256","x":"eA","y":"eQ","use":"enc"}`, "no parameters": `{"kty":"EC"}`,
	} {
		refused(t, what, send(org.Admin(), "POST", keys, body), 400, "E0000001")
	}
	one := keys + "/" + c.AgentKey.ID
	refused(t, "delete an ACTIVE key", send(org.Admin(), "DELETE", one, ""), 400, "E0000001")
	if got := must(t, org, 200, "POST", one+"/lifecycle/deactivate", "").object(t); got["status"] != "INACTIVE" || at(got, "_links", "delete") == nil {
		t.Errorf("deactivated, the key is %v", got)
	}
	must(t, org, 204, "DELETE", one, "")
	refused(t, "get a deleted key", send(org.Admin(), "GET", one, ""), 404, "E0000007")
	must(t, org, 200, "POST", keys+"/"+c.InactiveKey.ID+"/lifecycle/activate", "")
	var last reply
	for _, k := range must(t, org, 200, "GET", keys, "").data(t) {
		last = send(org.Admin(), "POST", fmt.Sprint(keys, "/", k["id"], "/lifecycle/deactivate"), "")
		if k["kid"] == "ec" {
			continue
		}
		if last.status != 200 {
			break
		}
	}
	refused(t, "deactivate the last ACTIVE key", last, 400, "E0000001")
}

func TestConnectionsOfAnAgent(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	list := agentsPath + "/" + c.Agent.ID + "/connections"
	to := func(server string) string {
		return `{"connectionType":"IDENTITY_ASSERTION_MCP_SERVER","resource":{"orn":"orn:okta:directory:o:resource-servers:mcp:` + server +
			`"},"authorizationServer":{"orn":"orn:okta:idp:o:authorization_servers:aus1"},"scopeCondition":"ALL_SCOPES","scopes":["*"]}`
	}
	made := must(t, org, 201, "POST", list, to(c.MCPServer.ID)).object(t)
	if made["status"] != "ACTIVE" || made["resourceIndicator"] != "https://tickets.acme.example/mcp" || at(made, "resource", "name") != c.MCPServer.Name {
		t.Errorf("a new connection is %v", made)
	}
	app := `{"connectionType":"STS_SERVICE_ACCOUNT","serviceAccount":{"orn":"orn:x:service_accounts:1"},"app":{"orn":"orn:x:apps:y:` + c.ServiceApp.ID + `"}}`
	must(t, org, 201, "POST", list, app)
	for what, body := range map[string]string{
		"an INACTIVE server": to(c.InactiveMCPServer.ID), "a strange server": to("emsx"), "an unknown type": `{"connectionType":"X"}`,
		"no resource": `{"connectionType":"STS_VAULT_SECRET"}`, "no scopes": strings.Replace(to(c.MCPServer.ID), `["*"]`, `[]`, 1),
		"scopes against the condition": strings.Replace(to(c.MCPServer.ID), `["*"]`, `["a"]`, 1), "a strange app": strings.Replace(app, c.ServiceApp.ID, "0oax", 1),
	} {
		refused(t, what, send(org.Admin(), "POST", list, body), 400, "E0000001")
	}
	refused(t, "connect a STAGED agent", send(org.Admin(), "POST", agentsPath+"/"+c.StagedAgent.ID+"/connections", to(c.MCPServer.ID)), 400, "E0000001")
	one := list + "/" + c.Connection.ID
	if got := patch(org, one, `{"scopeCondition":"EXCLUDE","scopes":["tools:execute"],"resourceIndicator":"urn:desk"}`).object(t); got["resourceIndicator"] != "urn:desk" || got["scopeCondition"] != "EXCLUDE" {
		t.Errorf("patched, the connection is %v", got)
	}
	refused(t, "scopes alone", patch(org, one, `{"scopes":["a"]}`), 400, "E0000001")
	refused(t, "another resource", patch(org, one, `{"resource":{}}`), 400, "E0000001")
	refused(t, "delete an ACTIVE connection", send(org.Admin(), "DELETE", one, ""), 400, "E0000001")
	must(t, org, 200, "POST", serversPath+"/"+c.MCPServer.ID+"/lifecycle/deactivate", "")
	refused(t, "activate towards an INACTIVE server", send(org.Admin(), "POST", list+"/"+c.InactiveConnection.ID+"/lifecycle/activate", ""), 400, "E0000001")
	must(t, org, 200, "POST", serversPath+"/"+c.MCPServer.ID+"/lifecycle/activate", "")
	must(t, org, 200, "POST", one+"/lifecycle/deactivate", "")
	refused(t, "deactivate twice", send(org.Admin(), "POST", one+"/lifecycle/deactivate", ""), 400, "E0000001")
	must(t, org, 200, "POST", one+"/lifecycle/activate", "")
	must(t, org, 204, "DELETE", list+"/"+c.InactiveConnection.ID, "")
	refused(t, "get a deleted connection", send(org.Admin(), "GET", list+"/"+c.InactiveConnection.ID, ""), 404, "E0000007")
	if got := len(must(t, org, 200, "GET", list+"?limit=2", "").data(t)); got != 2 {
		t.Errorf("a page of two holds %d connections", got)
	}
}
