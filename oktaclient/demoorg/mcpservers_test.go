package demoorg_test

import (
	"fmt"
	"testing"

	"okta-mcp/oktaclient/demoorg"
)

func TestAnMCPServerFromRegistrationToDeletion(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	accepted := must(t, org, 202, "POST", serversPath, `{"resourceUrl":"https://wiki.acme.example/mcp","displayName":"Wiki"}`)
	pending := must(t, org, 200, "GET", serversPath+query("search", `status eq "PENDING"`), "").data(t)
	if len(pending) != 1 || pending[0]["detectedMetadata"] != nil {
		t.Fatalf("while Okta reads its metadata the servers are %v", pending)
	}
	one := fmt.Sprint(serversPath, "/", pending[0]["id"])
	refused(t, "activate a PENDING server", send(org.Admin(), "POST", one+"/lifecycle/activate", ""), 400, "E0000001")
	if done := follow(t, org, accepted); at(done, "resource", "id") != pending[0]["id"] || at(done, "resource", "status") != "INACTIVE" {
		t.Errorf("the operation ended as %v", done)
	}
	if got := must(t, org, 200, "POST", one+"/lifecycle/activate", "").object(t); got["status"] != "ACTIVE" || at(got, "metadata", "displayName") != "Wiki" {
		t.Errorf("activated, the server is %v", got)
	}
	refused(t, "delete an ACTIVE server", send(org.Admin(), "DELETE", one, ""), 400, "E0000001")
	if got := patch(org, one, `{"description":"Pages"}`).object(t); at(got, "metadata", "description") != "Pages" || at(got, "metadata", "displayName") != "Wiki" {
		t.Errorf("patched, the server is %v", got)
	}
	refused(t, "move a server", patch(org, one, `{"resourceUrl":"https://other.acme.example"}`), 400, "E0000001")
	must(t, org, 200, "POST", one+"/lifecycle/deactivate", "")
	refused(t, "deactivate twice", send(org.Admin(), "POST", one+"/lifecycle/deactivate", ""), 400, "E0000001")
	must(t, org, 204, "DELETE", one, "")
	refused(t, "get a deleted server", send(org.Admin(), "GET", one, ""), 404, "E0000007")
}

func TestAnMCPServerIsRefused(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	for what, url := range map[string]string{
		"plain http": "http://a.example", "no host": "https:///x", "a taken address": "https://tickets.acme.example/mcp", "no address": "",
	} {
		refused(t, what, send(org.Admin(), "POST", serversPath, `{"resourceUrl":"`+url+`"}`), 400, "E0000001")
	}
	failed := follow(t, org, must(t, org, 202, "POST", serversPath, `{"resourceUrl":"https://nowhere.invalid/mcp"}`))
	if failed["status"] != "FAILED" {
		t.Errorf("a server that resolves nowhere was read: %v", failed)
	}
	if got := must(t, org, 200, "GET", serversPath+query("search", `status eq "INVALID"`), "").data(t); len(got) != 1 {
		t.Errorf("the INVALID servers are %v, want one", got)
	}
	must(t, org, 200, "POST", serversPath+"/"+c.MCPServer.ID+"/lifecycle/deactivate", "")
	refused(t, "delete a server that connections lead to", send(org.Admin(), "DELETE", serversPath+"/"+c.MCPServer.ID, ""), 400, "E0000001")
	refused(t, "a search Okta has not", send(org.Admin(), "GET", serversPath+query("search", `x eq "y"`), ""), 400, "E0000031")
	if got := must(t, org, 200, "GET", serversPath+"?limit=1", ""); len(got.data(t)) != 1 || got.next() == "" {
		t.Errorf("a page of one is %s, next %q", got.body, got.next())
	}
}
