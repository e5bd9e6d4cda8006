package demoorg_test

import (
	"fmt"
	"sync"
	"testing"

	"okta-mcp/oktaclient/demoorg"
)

// TestManyAtOnce is for the race detector: everybody reads and writes at once.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	org, err := demoorg.New(demoorg.Options{RateLimits: demoorg.Unlimited})
	if err != nil {
		t.Fatal(err)
	}
	c := org.Cast()
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for i := range 20 {
				login := fmt.Sprintf("u%d.%d@new.example", n, i)
				body := `{"profile":{"login":"` + login + `","email":"` + login + `","firstName":"A","lastName":"B","department":"Engineering"}}`
				send(org.Admin(), "POST", "/api/v1/users", body)
				send(org.Admin(), "GET", "/api/v1/users"+query("search", `profile.department eq "Engineering"`, "sortBy", "created"), "")
				send(org.Admin(), "PUT", "/api/v1/groups/"+c.Project.ID+"/users/"+login, "")
				send(org.Admin(), "DELETE", "/api/v1/groups/"+c.Department.ID+"/users/"+login, "")
				send(org.Admin(), "GET", "/api/v1/groups?expand=stats,app", "")
				send(org.Admin(), "POST", "/api/v1/users/"+login+"/lifecycle/deactivate", "")
				send(org, "GET", "/api/v1/users", "")
				org.Grant("okta.users.read")
				_ = org.Credentials().Scopes
				org.RevokeTokens()
			}
		})
	}
	all.Wait()
	got := must(t, org, 200, "GET", "/api/v1/users"+query("filter", `status eq "DEPROVISIONED"`), "").list(t)
	if len(got) < 8*20 {
		t.Errorf("%d users deprovisioned, want at least the %d made here", len(got), 8*20)
	}
}
