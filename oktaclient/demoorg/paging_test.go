package demoorg_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"okta-mcp/oktaclient/demoorg"
)

// walk follows next links to the end; between pages it calls meanwhile.
func walk(t *testing.T, org *demoorg.Org, target string, meanwhile func(page int)) map[string]int {
	t.Helper()
	seen := map[string]int{}
	for page := 0; target != ""; page++ {
		got := must(t, org, 200, "GET", target, "")
		for _, id := range got.ids(t) {
			seen[id]++
		}
		target = got.next()
		meanwhile(page)
	}
	return seen
}

// TestPagingIsExactlyOnce walks lists of 5,000 people while somebody joins
// between any two pages.
func TestPagingIsExactlyOnce(t *testing.T) {
	t.Parallel()
	const size = 5_000
	org := newOrg(t, demoorg.Options{Size: size})
	everyone := walk(t, org, "/api/v1/users"+query("search", "status pr"), func(int) {})
	if len(everyone) != size {
		t.Fatalf("a search for all finds %d, want %d", len(everyone), size)
	}
	for name, list := range map[string]struct {
		target string
		least  int // how many of the old ones the list shows
	}{
		"all":           {"/api/v1/users?limit=200", 4_600},
		"search":        {"/api/v1/users" + query("search", "status pr", "limit", "200"), size},
		"sorted search": {"/api/v1/users" + query("search", "status pr", "sortBy", "profile.lastName", "limit", "200"), size},
		"members":       {"/api/v1/groups/" + org.Cast().Everyone.ID + "/users?limit=200", size},
	} {
		began, joined := time.Now(), 0
		seen := walk(t, org, list.target, func(page int) {
			newUser(t, org, fmt.Sprintf("a%d.%x@new.example", page, name), "", "")
			joined++
		})
		old := 0
		for id, times := range seen {
			if times != 1 {
				t.Fatalf("%s: %s seen %d times", name, id, times)
			}
			old += everyone[id]
		}
		if old < list.least {
			t.Errorf("%s: %d of the old people seen, want at least %d", name, old, list.least)
		}
		if joined < list.least/200 {
			t.Errorf("%s: somebody joined on %d pages, want at least %d", name, joined, list.least/200)
		}
		if took := time.Since(began); took > time.Minute {
			t.Errorf("%s took %s", name, took)
		}
	}
}

// TestCursorSurvivesTheDeletionOfItsUser deletes whom the cursor names.
func TestCursorSurvivesTheDeletionOfItsUser(t *testing.T) {
	t.Parallel()
	for name, target := range map[string]string{
		"all": "/api/v1/users?limit=50", "search": "/api/v1/users" + query("search", "status pr", "limit", "50"),
		"sorted":  "/api/v1/users" + query("search", "status pr", "sortBy", "profile.email", "limit", "50"),
		"members": "",
	} {
		org := newOrg(t, demoorg.Options{Size: 300})
		if target == "" {
			target = "/api/v1/groups/" + org.Cast().Everyone.ID + "/users?limit=50"
		}
		before := walk(t, org, target, func(int) {})
		first := must(t, org, 200, "GET", target, "")
		ids := first.ids(t)
		last := ids[len(ids)-1]
		must(t, org, 204, "DELETE", "/api/v1/users/"+last, "")
		if send(org.Admin(), "GET", "/api/v1/users/"+last, "").status == 200 { // the first DELETE only deactivated
			must(t, org, 204, "DELETE", "/api/v1/users/"+last, "")
		}
		rest := walk(t, org, first.next(), func(int) {})
		if len(rest) != len(before)-len(ids) {
			t.Errorf("%s: %d behind the first page, want %d", name, len(rest), len(before)-len(ids))
		}
	}
}

func TestGroupPaging(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: 2000})
	all := must(t, org, 200, "GET", "/api/v1/groups", "").ids(t)
	for _, target := range []string{
		"/api/v1/groups?limit=7", "/api/v1/groups" + query("search", "type pr", "limit", "7"),
		"/api/v1/groups" + query("search", "type pr", "limit", "7", "sortBy", "profile.name", "sortOrder", "desc"),
	} {
		n := 0
		seen := walk(t, org, target, func(int) {
			n++
			must(t, org, 200, "POST", "/api/v1/groups", fmt.Sprintf(`{"profile":{"name":"zz %d %d"}}`, len(target), n))
			if n > 100 {
				t.Fatal("the list does not end")
			}
		})
		for _, id := range all {
			if seen[id] != 1 {
				t.Errorf("%s: group %s seen %d times", target, id, seen[id])
			}
		}
	}
}

func TestLimitsAreCut(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: 1500})
	for target, want := range map[string]int{
		"/api/v1/users":                                       200,
		"/api/v1/users?limit=5000":                            200,
		"/api/v1/users?limit=3":                               3,
		"/api/v1/users?limit=0":                               200,
		"/api/v1/groups/" + org.Cast().Everyone.ID + "/users": 1000,
		"/api/v1/groups/" + org.Cast().Everyone.ID + "/users?limit=2000": 1000,
		"/api/v1/apps?limit=3":         3,
		"/api/v1/groups/rules?limit=2": 2,
	} {
		got := must(t, org, 200, "GET", target, "")
		if n := len(got.list(t)); n != want {
			t.Errorf("GET %s: %d items, want %d", target, n, want)
		}
		if got.next() == "" {
			t.Errorf("GET %s: no next link although there is more", target)
		}
	}
}

func TestListsWithoutPagingHaveNoLinks(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	for target, paged := range map[string]bool{
		"/api/v1/users": true, "/api/v1/groups": true, "/api/v1/groups?q=Eng": false, "/api/v1/users?q=a": false,
		"/api/v1/users/" + org.Cast().Employee.ID + "/groups":   true,
		"/api/v1/users/" + org.Cast().Employee.ID + "/appLinks": false,
		"/api/v1/users/" + org.Cast().Employee.ID + "/roles":    false,
		"/api/v1/groups/" + org.Cast().Project.ID + "/apps":     true,
	} {
		got := must(t, org, 200, "GET", target, "")
		if has := slices.Contains(got.header["Link"], ""); has {
			t.Errorf("GET %s: an empty link", target)
		}
		if (len(got.header["Link"]) > 0) != paged {
			t.Errorf("GET %s: links %v, want some: %v", target, got.header["Link"], paged)
		}
	}
}

func BenchmarkListUsers(b *testing.B) {
	org := newOrg(b, demoorg.Options{Size: 25_000})
	for b.Loop() {
		for target := "/api/v1/users?limit=200"; target != ""; {
			target = must(b, org, 200, "GET", target, "").next()
		}
	}
}

func BenchmarkNew100000(b *testing.B) {
	for b.Loop() {
		newOrg(b, demoorg.Options{Size: demoorg.MaxSize})
	}
}

func TestNoNextLinkAtTheExactEnd(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: 60})
	for _, target := range []string{
		"/api/v1/users?", "/api/v1/users" + query("search", "status pr") + "&",
		"/api/v1/users" + query("search", "status pr", "sortBy", "created") + "&", "/api/v1/groups?", "/api/v1/apps?",
		"/api/v1/groups/" + org.Cast().Everyone.ID + "/users?", "/api/v1/groups/rules?",
		"/api/v1/users/" + org.Cast().Employee.ID + "/groups?",
	} {
		all := len(must(t, org, 200, "GET", target+"limit=200", "").ids(t))
		got := must(t, org, 200, "GET", fmt.Sprintf("%slimit=%d", target, all), "")
		if n := len(got.ids(t)); n != all || got.next() != "" {
			t.Errorf("GET %s: %d of %d items and next %q, want all and none", target, n, all, got.next())
		}
		short := must(t, org, 200, "GET", fmt.Sprintf("%slimit=%d", target, all-1), "")
		if rest := must(t, org, 200, "GET", short.next(), "").ids(t); len(rest) != 1 {
			t.Errorf("GET %s: %d items on the last page, want 1", target, len(rest))
		}
	}
}
