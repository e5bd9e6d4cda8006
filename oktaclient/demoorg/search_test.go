package demoorg_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"okta-mcp/oktaclient/demoorg"
)

// searchOrg has five people to look for beside the usual ones.
func searchOrg(t *testing.T) (*demoorg.Org, map[string]string) {
	t.Helper()
	org := newOrg(t, demoorg.Options{Size: demoorg.MinSize})
	ids := map[string]string{}
	for name, more := range map[string]string{
		"ann": `"deskFloor":2,"onCall":true,"certifications":["CPR","PMP"],"division":"Zeta"`,
		"bob": `"deskFloor":10,"onCall":false,"certifications":["CISSP"],"division":"zeta"`,
		"cyd": `"deskFloor":-1.5,"nickName":"a \"quoted\" (one)","division":"Zeta"`,
		"dee": `"title":"Zookeeper","division":"Zeta"`,
	} {
		body := fmt.Sprintf(`{"profile":{"login":"%[1]s@zeta.example","email":"%[1]s@zeta.example","firstName":"%[1]s","lastName":"Zz",%[2]s}}`, name, more)
		id, _ := must(t, org, 200, "POST", "/api/v1/users", body).object(t)["id"].(string)
		ids[id] = name
	}
	return org, ids
}

// names are those of the five found, sorted.
func names(ids map[string]string, found []string) []string {
	list := []string{}
	for _, id := range found {
		if name := ids[id]; name != "" {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

func TestSearchGrammar(t *testing.T) {
	t.Parallel()
	org, ids := searchOrg(t)
	for search, want := range map[string]string{
		`profile.division eq "zeta"`:                                                       "ann bob cyd dee",
		`profile.division EQ "ZETA" AND profile.onCall eq true`:                            "ann",
		`profile.onCall eq false`:                                                          "bob",
		`profile.deskFloor gt 2`:                                                           "bob",
		`profile.deskFloor ge 2 and profile.division eq "Zeta"`:                            "ann bob",
		`profile.deskFloor lt 0`:                                                           "cyd",
		`profile.deskFloor le -1.5`:                                                        "cyd",
		`profile.certifications eq "PMP" and profile.division pr`:                          "ann",
		`profile.certifications pr and profile.lastName eq "Zz"`:                           "ann bob",
		`profile.firstName sw "A" and profile.lastName eq "Zz"`:                            "ann",
		`profile.login co "@ZETA."`:                                                        "ann bob cyd dee",
		`profile.nickName eq "a \"quoted\" (one)"`:                                         "cyd",
		`profile.title eq "Zookeeper" or profile.deskFloor eq 2`:                           "ann dee",
		`profile.lastName eq "Zz" and (profile.deskFloor eq 2 or profile.deskFloor eq 10)`: "ann bob",
		`profile.deskFloor eq 2 or profile.deskFloor eq 10 and profile.onCall eq true`:     "ann",
		`( ( profile.title eq "Zookeeper" ) )`:                                             "dee",
		`created ge "2026-08-03T09:00:00.000Z" and profile.lastName eq "Zz"`:               "ann bob cyd dee",
		`created gt "2026-08-03T09:00:00.000Z"`:                                            "",
		`created lt "2026-08-03T10:00:00+01:00" and profile.lastName eq "Zz"`:              "",
		`lastLogin pr and profile.lastName eq "Zz"`:                                        "",
		`status eq "provisioned" and profile.lastName eq "Zz"`:                             "ann bob cyd dee",
		`profile.lastName gt "Zy" and profile.lastName lt "Zzz"`:                           "ann bob cyd dee",
	} {
		got := must(t, org, 200, "GET", "/api/v1/users"+query("search", search), "")
		if found := strings.Join(names(ids, got.ids(t)), " "); found != want {
			t.Errorf("%s found %q, want %q", search, found, want)
		}
	}
}

func TestSearchRefusals(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: demoorg.MinSize})
	for _, pairs := range [][]string{
		{"search", `status ne "ACTIVE"`}, {"search", `not status eq "ACTIVE"`}, {"search", `status`},
		{"search", `status eq`}, {"search", `status eq ACTIVE`}, {"search", `(status pr`}, {"search", `status pr)`},
		{"search", `status eq "ACTIVE`}, {"search", `profile.nothing eq "x"`}, {"search", `profile.title co "x"`},
		{"search", `status pr and`}, {"search", `status pr status pr`}, {"search", `profile.login ew "x"`},
		{"search", strings.Repeat("(", 100) + `status pr` + strings.Repeat(")", 100)},
		{"filter", `profile.department eq "Sales"`}, {"filter", `status sw "A"`}, {"filter", `profile.login gt "a"`},
		{"search", `status pr`, "sortBy", "profile.nothing"},
	} {
		got := send(org.Admin(), "GET", "/api/v1/users"+query(pairs...), "")
		if got.status != http.StatusBadRequest || got.code() != "E0000031" {
			t.Errorf("%v: %d %s, want 400 E0000031", pairs, got.status, got.body)
		}
	}
}

func TestWhoIsListed(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{})
	gone := org.Cast().Deprovisioned
	for target, want := range map[string]bool{
		"/api/v1/users": false,
		"/api/v1/users" + query("search", `profile.login eq "`+gone.Login+`"`): true,
		"/api/v1/users" + query("filter", `status eq "DEPROVISIONED"`):         true,
		"/api/v1/users" + query("q", "viktor"):                                 false,
	} {
		if got := slices.Contains(must(t, org, 200, "GET", target, "").ids(t), gone.ID); got != want {
			t.Errorf("GET %s lists the deprovisioned user: %v, want %v", target, got, want)
		}
	}
}

func TestQFindsBeginningsAndIsNotPaged(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: 3000})
	got := must(t, org, 200, "GET", "/api/v1/users?q=a", "")
	if n := len(got.list(t)); n != 10 || got.header["Link"] != nil {
		t.Errorf("q answers %d users and links %v, want 10 and none", n, got.header["Link"])
	}
	for _, q := range []string{"ada", "OKAFOR", "ada.okafor@"} {
		if ids := must(t, org, 200, "GET", "/api/v1/users"+query("q", q), "").ids(t); !slices.Contains(ids, org.Cast().LockedOut.ID) {
			t.Errorf("q=%s did not find Ada Okafor", q)
		}
	}
	if ids := must(t, org, 200, "GET", "/api/v1/users?q=kafor", "").ids(t); slices.Contains(ids, org.Cast().LockedOut.ID) {
		t.Error("q found the middle of a name")
	}
}

func TestSearchLagsBehind(t *testing.T) {
	t.Parallel()
	c := &clock{start}
	org := newOrg(t, demoorg.Options{Now: c.now, SearchLag: 2 * time.Second})
	c.advance(time.Hour)
	found := func(search string) int {
		return len(must(t, org, 200, "GET", "/api/v1/users"+query("search", search), "").list(t))
	}
	id := newUser(t, org, "late@acme.example", "", "")
	must(t, org, 200, "GET", "/api/v1/users/"+id, "")
	if n := found(`id eq "` + id + `"`); n != 0 {
		t.Error("search saw a new user at once")
	}
	c.advance(2 * time.Second)
	if n := found(`id eq "` + id + `"`); n != 1 {
		t.Error("search does not see a user after the lag")
	}
	must(t, org, 200, "POST", "/api/v1/users/"+id, `{"profile":{"nickName":"Tardy"}}`)
	if found(`profile.nickName eq "Tardy"`) != 0 || found(`id eq "`+id+`"`) != 1 {
		t.Error("search saw a change at once, or lost the user meanwhile")
	}
	c.advance(2 * time.Second)
	if found(`profile.nickName eq "Tardy"`) != 1 {
		t.Error("search does not see a change after the lag")
	}
}

func TestSearchSorts(t *testing.T) {
	t.Parallel()
	org := newOrg(t, demoorg.Options{Size: 500})
	for _, sort := range [][2]string{
		{"profile.lastName", "asc"}, {"profile.lastName", "desc"}, {"created", "desc"}, {"profile.deskFloor", "asc"}, {"status", "desc"},
	} {
		var keys []string
		target := "/api/v1/users" + query("search", `profile.deskFloor pr`, "sortBy", sort[0], "sortOrder", sort[1], "limit", "37")
		for target != "" {
			page := must(t, org, 200, "GET", target, "")
			for _, u := range page.list(t) {
				key := fmt.Sprint(at(u, strings.Split(sort[0], ".")...))
				if number, isNumber := at(u, strings.Split(sort[0], ".")...).(float64); isNumber {
					key = fmt.Sprintf("%08.2f", number)
				}
				keys = append(keys, strings.ToLower(key))
			}
			target = page.next()
		}
		if sort[1] == "desc" {
			slices.Reverse(keys)
		}
		if len(keys) < 250 || !slices.IsSorted(keys) {
			t.Errorf("sortBy %s %s: %d users, in order: %v", sort[0], sort[1], len(keys), slices.IsSorted(keys))
		}
	}
}

// FuzzSearch holds that no search panics or answers anything but a list or
// E0000031.
func FuzzSearch(f *testing.F) {
	for _, seed := range []string{
		`status eq "ACTIVE"`, `(profile.deskFloor gt 1 or profile.onCall eq true) and created pr`, `profile.login co "\u00e9"`,
		`((`, `"`, `a eq "\`, `status eq "\ud800"`, `profile. eq 1`, `id pr and`, "status\teq\n\"x\"",
	} {
		f.Add(seed)
	}
	org := newOrg(f, demoorg.Options{Size: demoorg.MinSize})
	f.Fuzz(func(t *testing.T, search string) {
		for _, name := range []string{"search", "filter"} {
			got := send(org.Admin(), "GET", "/api/v1/users"+query(name, search), "")
			if got.status != http.StatusOK && got.code() != "E0000031" {
				t.Errorf("%s=%q: %d %s", name, search, got.status, got.body)
			}
		}
	})
}
