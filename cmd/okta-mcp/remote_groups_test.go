package main

import (
	"net/http"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
)

// A group that an entry of callers or --oauth-groups names says who may do what, so
// that it is not renamed without a typed answer.
func TestGroupsThatBoundCallersAreProtected(t *testing.T) {
	t.Parallel()
	same, err := demoorg.New(demoorg.Options{}) // whose groups are named as the server's are
	if err != nil {
		t.Fatal(err)
	}
	bounding, letIn, other := same.Cast().Contractors, same.Cast().Department, same.Cast().Project
	x := serveOAuth(t, "http", anyScope+"  - match: {group: "+bounding.Name+"}\n    read_only: true\n", "--oauth-groups", "Operators,"+letIn.Name)
	rename := func(group demoorg.Thing) answer {
		t.Helper()
		arguments := map[string]any{"group_id": group.ID, "name": group.Name + " of old"}
		return x.ask(x.statelessCall(t.Context(), x.from.token(nil), "1", "update_group", map[string]any{"arguments": arguments}))
	}
	for _, group := range []demoorg.Thing{bounding, letIn} {
		if a := rename(group); a.status != http.StatusOK || strings.Contains(x.seen.String(), "PUT /api/v1/groups/"+group.ID) || !strings.Contains(a.body, "type exactly: "+group.Name) {
			t.Errorf("renaming %s was answered %d %s", group.Name, a.status, a.body)
		}
	}
	if a := rename(other); !strings.Contains(x.seen.String(), "PUT /api/v1/groups/"+other.ID) {
		t.Errorf("renaming another group was answered %d %s, so this proves nothing", a.status, a.body)
	}
}
