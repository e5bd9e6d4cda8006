package demoorg_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
)

// sendIf sends a change of a user that holds only for the versions in match.
func sendIf(org *demoorg.Org, method, target, match, body string) reply {
	r := httptest.NewRequest(method, "http://acme.example"+target, strings.NewReader(body))
	r.Header.Set("If-Match", match)
	return serve(org.Admin(), r)
}

func TestETagsOfUsers(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: demoorg.MinSize})
	path := "/api/v1/users/" + org.Cast().Employee.ID
	const title = `{"profile":{"title":"Lead"}}`
	tag := func() string { return must(t, org, 200, "GET", path, "").header.Get("ETag") }
	before := tag()
	if before == "" || before != tag() || !strings.HasPrefix(before, `"`) {
		t.Fatalf("ETags of an unchanged user are %s and %s", before, tag())
	}
	if other := must(t, org, 200, "GET", "/api/v1/users/"+org.Cast().SuperAdmin.ID, "").header.Get("ETag"); other == before {
		t.Errorf("two users share the ETag %s", other)
	}
	changed := sendIf(org, "POST", path, before, title)
	if changed.status != 200 || changed.header.Get("ETag") != tag() || tag() == before {
		t.Errorf("a change answers %d with ETag %s, then %s, before %s", changed.status, changed.header.Get("ETag"), tag(), before)
	}
	for _, w := range []struct {
		match  string
		status int
	}{
		{before, 412}, {`"other"`, 412}, {"other", 412}, {"*", 200}, {`"other", *`, 200},
	} {
		if got := sendIf(org, "POST", path, w.match, title); got.status != w.status || got.status == 412 && got.code() != "E0000231" {
			t.Errorf("If-Match: %s answers %d %s, want %d", w.match, got.status, got.body, w.status)
		}
	}
	whole := `{"profile":{"login":"new@acme.example","email":"new@acme.example","firstName":"N","lastName":"U"}}`
	if got := sendIf(org, "PUT", path, before, whole); got.status != 412 {
		t.Errorf("replacing an outdated user answers %d %s, want 412", got.status, got.body)
	}
	if got := sendIf(org, "PUT", path, `"old", W/`+tag(), whole); got.status != 200 {
		t.Errorf("replacing a user whose ETag is among those named answers %d %s", got.status, got.body)
	}
	must(t, org, 200, "POST", path+"/lifecycle/suspend", "")
	if got := sendIf(org, "POST", path, changed.header.Get("ETag"), title); got.status != 412 {
		t.Errorf("after suspension the old ETag answers %d, want 412", got.status)
	}
	must(t, org, 200, "POST", path, title)
}
