package demoorg_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"okta-mcp/oktaclient/demoorg"
)

const hooksPath = "/api/v1/eventHooks"

const hookShape = "_links:o channel:o created:t createdBy:s description:0 events:o id:s lastUpdated:t name:s status:s verificationStatus:s"

func hookBody(name, uri, secret string) string {
	return fmt.Sprintf(`{"name":%q,"events":{"type":"EVENT_TYPE","items":["user.lifecycle.create"]},"channel":{"type":"HTTP","version":"1.0.0",`+
		`"config":{"uri":%q,"authScheme":{"type":"HEADER","key":"Authorization","value":%q}}}}`, name, uri, secret)
}

func TestAHookFromCreationToDeletion(t *testing.T) {
	t.Parallel()
	now := clock{start}
	org := newOrg(t, demoorg.Options{Now: now.now})
	made := must(t, org, 200, "POST", hooksPath, hookBody("New", "https://a.example/x", "tell-nobody"))
	doc := made.object(t)
	if got := shapeOf(doc); got != hookShape {
		t.Errorf("a hook is shaped\n  %s, want\n  %s", got, hookShape)
	}
	config, _ := at(doc, "channel", "config").(map[string]any)
	if got := shapeOf(config); got != "authScheme:o headers:a method:s uri:s" || at(config, "authScheme", "key") != "Authorization" {
		t.Errorf("its channel is configured as %v", config)
	}
	if doc["status"] != "ACTIVE" || doc["verificationStatus"] != "UNVERIFIED" || doc["createdBy"] != org.Cast().SuperAdmin.ID {
		t.Errorf("a new hook is %v", doc)
	}
	one := fmt.Sprint(hooksPath, "/", doc["id"])
	if got := must(t, org, 200, "POST", one+"/lifecycle/verify", "").object(t)["verificationStatus"]; got != "VERIFIED" {
		t.Errorf("after the handshake the hook is %v", got)
	}
	now.advance(time.Minute)
	if got := must(t, org, 200, "PUT", one, hookBody("Renamed", "https://a.example/x", "tell-nobody")).object(t); got["verificationStatus"] != "VERIFIED" || got["name"] != "Renamed" || got["lastUpdated"] == doc["lastUpdated"] {
		t.Errorf("renamed, the hook is %v", got)
	}
	for what, body := range map[string]string{"address": hookBody("New", "https://b.example/x", "tell-nobody"), "secret": hookBody("New", "https://b.example/x", "other")} {
		must(t, org, 200, "POST", one+"/lifecycle/verify", "")
		must(t, org, 200, "PUT", one, hookBody("New", "https://c.example", "first"))
		must(t, org, 200, "POST", one+"/lifecycle/verify", "")
		if got := must(t, org, 200, "PUT", one, body).object(t)["verificationStatus"]; got != "UNVERIFIED" {
			t.Errorf("with another %s the hook stays %v", what, got)
		}
	}
	refused(t, "delete an ACTIVE hook", send(org.Admin(), "DELETE", one, ""), 400, "E0000001")
	off := must(t, org, 200, "POST", one+"/lifecycle/deactivate", "").object(t)
	if got := shapeOf(off["_links"].(map[string]any)); off["status"] != "INACTIVE" || got != "activate:o delete:o self:o" {
		t.Errorf("deactivated, the hook is %v with links %s", off["status"], got)
	}
	if on := must(t, org, 200, "POST", one+"/lifecycle/activate", "").object(t); shapeOf(on["_links"].(map[string]any)) != "deactivate:o self:o verify:o" {
		t.Errorf("activated, the hook links to %v", on["_links"])
	}
	must(t, org, 200, "POST", one+"/lifecycle/deactivate", "")
	must(t, org, 204, "DELETE", one, "")
	refused(t, "get a deleted hook", send(org.Admin(), "GET", one, ""), 404, "E0000007")
	if all := must(t, org, 200, "GET", hooksPath, "").body; strings.Contains(all+made.body, "tell-nobody") || strings.Contains(all, "seeded") {
		t.Error("a hook's secret was answered")
	}
}

func TestAHookIsRefused(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	c := org.Cast()
	nowhere := must(t, org, 200, "POST", hooksPath, hookBody("Nowhere", "https://hooks.acme.invalid/okta", "")).object(t)
	got := send(org.Admin(), "POST", fmt.Sprint(hooksPath, "/", nowhere["id"], "/lifecycle/verify"), "")
	refused(t, "verify what resolves nowhere", got, 400, "E0000001")
	if want := "Unable to verify event hook. Hook Nowhere execution failed"; !strings.Contains(got.body, want) {
		t.Errorf("the refusal is %s, want the cause %q", got.body, want)
	}
	for what, body := range map[string]string{
		"no name": hookBody("", "https://a.example", ""), "plain http": hookBody("A", "http://a.example", ""), "no address": hookBody("A", "", ""),
		"no events": strings.Replace(hookBody("A", "https://a.example", ""), `["user.lifecycle.create"]`, `[]`, 1),
	} {
		refused(t, what, send(org.Admin(), "POST", hooksPath, body), 400, "E0000001")
		refused(t, "replace with "+what, send(org.Admin(), "PUT", hooksPath+"/"+c.Hook.ID, body), 400, "E0000001")
	}
	for _, op := range []string{"verify", "activate", "deactivate"} {
		refused(t, op+" a strange hook", send(org.Admin(), "POST", hooksPath+"/whox/lifecycle/"+op, ""), 404, "E0000007")
	}
	if got := must(t, org, 200, "GET", hooksPath+"/"+c.Hook.ID, "").object(t); got["status"] != "ACTIVE" || got["verificationStatus"] != "VERIFIED" || got["name"] != c.Hook.Name {
		t.Errorf("after what was refused the hook is %v", got)
	}
}

func TestHooksAnswerLikeRecorded(t *testing.T) {
	t.Parallel()
	compared := 0
	for _, p := range readPairs(t) {
		if !strings.HasPrefix(p.Template, hooksPath) || !strings.Contains(p.Response, `"description"`) && p.Response != "" {
			continue // answers from before hooks had a description
		}
		org := newOrg(t, demoorg.Options{})
		target := strings.Replace(p.Template, "{eventHookId}", org.Cast().Hook.ID, 1)
		if p.Method == "DELETE" {
			must(t, org, 200, "POST", target+"/lifecycle/deactivate", "")
		}
		got := send(org.Admin(), p.Method, target, p.Request)
		if got.status != p.Status {
			t.Errorf("%s %s: status %d, recorded %d; body %s", p.Method, p.Path, got.status, p.Status, got.body)
		}
		if p.Response != "" {
			ours, recorded := got.object(t), reply{body: p.Response}.object(t)
			for member, value := range map[string][2]any{"_links": {ours["_links"], recorded["_links"]}, "channel": {ours["channel"], recorded["channel"]}, "the hook": {ours, recorded}} {
				if mine, theirs := shapeOf(value[0].(map[string]any)), shapeOf(value[1].(map[string]any)); mine != theirs {
					t.Errorf("%s %s: %s is shaped\n  %s, recorded\n  %s", p.Method, p.Path, member, mine, theirs)
				}
			}
		}
		compared++
	}
	if compared < 6 {
		t.Errorf("only %d recorded answers of hooks were compared", compared)
	}
}
