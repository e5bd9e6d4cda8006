package tools_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/tools"
)

// pageOf is a list's answer as a client reads it.
type pageOf struct {
	Items      []json.RawMessage
	Count      int
	NextCursor string `json:"next_cursor"`
	Truncated  bool
	Omitted    []string
	Notes      []string
}

// everyPage follows the cursors of a list to its end.
func everyPage(t *testing.T, p *peer, tool string, arguments map[string]any, budget int) (ids []string, pages int) {
	t.Helper()
	for {
		var page pageOf
		r := p.call(tool, arguments)
		r.mustWork(&page)
		pages++
		if page.Count != len(page.Items) {
			t.Fatalf("count is %d with %d items", page.Count, len(page.Items))
		}
		if len(r.Structured) > budget {
			t.Fatalf("an answer has %d bytes, the budget is %d", len(r.Structured), budget)
		}
		for _, item := range page.Items {
			var object struct{ ID string }
			if err := json.Unmarshal(item, &object); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, object.ID)
		}
		if page.NextCursor == "" {
			if page.Truncated {
				t.Fatal("the list says that it is truncated")
			}
			return ids, pages
		}
		arguments["cursor"] = page.NextCursor
	}
}

func exactlyOnce(t *testing.T, ids []string, want int) {
	t.Helper()
	if len(ids) != want {
		t.Errorf("%d items came, want %d", len(ids), want)
	}
	slices.Sort(ids)
	if distinct := len(slices.Compact(slices.Clone(ids))); distinct != len(ids) {
		t.Errorf("%d of %d items came more than once", len(ids)-distinct, len(ids))
	}
}

func TestTwentyFiveThousandUsersEachExactlyOnceAlsoWhenPagesAreCut(t *testing.T) {
	t.Parallel()
	const size, budget = 25_000, 100 << 10 // a page of 200 is twice that
	w := newWorld(t, setup{org: demoorg.Options{Size: size}, options: tools.Options{MaxResultBytes: budget}})
	huge := strings.Repeat("x", 2*budget)
	admin(w, "POST", "/api/v1/users/"+w.org.Cast().Employee.ID, fmt.Sprintf(`{"profile":{"certifications":[%q]}}`, huge))
	p := w.connect("2025-11-25", nil)
	ids, pages := everyPage(t, p, "list_users", map[string]any{"limit": 200, "search": "id pr"}, budget)
	exactlyOnce(t, ids, size)
	if pages <= size/200 {
		t.Errorf("%d answers held everything, so the budget cut nothing", pages)
	}
}

func TestTheByteBudgetCutsAtWholeItemsAndLosesNone(t *testing.T) {
	t.Parallel()
	const size, budget = 2_000, 8 << 10
	w := newWorld(t, setup{org: demoorg.Options{Size: size}, options: tools.Options{MaxResultBytes: budget}})
	p := w.connect("2025-11-25", nil)
	ids, pages := everyPage(t, p, "list_users", map[string]any{"limit": 200, "search": "id pr"}, budget)
	exactlyOnce(t, ids, size)
	if pages <= size/200 {
		t.Errorf("%d answers held everything, so the budget cut nothing", pages)
	}
}

func TestAnItemAloneOverTheBudgetIsAnsweredAloneAndSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	const budget = 8 << 10
	w := newWorld(t, setup{org: demoorg.Options{Size: 40}, options: tools.Options{MaxResultBytes: budget}})
	huge := strings.Repeat("x", 30_000)
	admin(w, "POST", "/api/v1/groups", fmt.Sprintf(`{"profile":{"name":"AAA huge","description":%q}}`, huge[:1000]))
	employee := w.org.Cast().Employee
	admin(w, "POST", "/api/v1/users/"+employee.ID, fmt.Sprintf(`{"profile":{"certifications":[%q,%q]}}`, huge, huge))
	p := w.connect("2025-11-25", nil)
	arguments := map[string]any{"limit": 200, "search": "id pr"}
	ids, _ := everyPage(t, p, "list_users", arguments, budget)
	exactlyOnce(t, ids, 40)

	var one pageOf
	p.call("list_users", map[string]any{"filter": fmt.Sprintf("id eq %q", employee.ID)}).mustWork(&one)
	if one.Count != 1 || !slices.Contains(one.Omitted, "profile.certifications") || len(one.Notes) == 0 {
		t.Errorf("the huge item was answered as %d items, omitted %v, notes %v", one.Count, one.Omitted, one.Notes)
	}
	var document map[string]any
	p.call("get_user", map[string]any{"user_id": employee.ID}).mustWork(&document)
	if !reflect.DeepEqual(document["omitted"], []any{"profile.certifications"}) || document["id"] != employee.ID {
		t.Errorf("get_user omitted %v of %v", document["omitted"], document["id"])
	}
}

func TestUsersWhoComeAndGoBetweenCutPagesShiftNothing(t *testing.T) {
	t.Parallel()
	const size, budget = 150, 6 << 10
	w := newWorld(t, setup{org: demoorg.Options{Size: size}, options: tools.Options{MaxResultBytes: budget}})
	p := w.connect("2025-11-25", nil)
	arguments := map[string]any{"limit": 200}
	random := rand.New(rand.NewPCG(1, 2))
	seen := map[string]int{}
	for {
		var page pageOf
		p.call("list_users", arguments).mustWork(&page)
		for _, item := range page.Items {
			var object struct{ ID string }
			if err := json.Unmarshal(item, &object); err != nil {
				t.Fatal(err)
			}
			seen[object.ID]++
		}
		if page.NextCursor == "" {
			break
		}
		arguments["cursor"] = page.NextCursor
		gone := page.Items[len(page.Items)-1-random.IntN(min(3, len(page.Items)))] // one of the last answered
		var object struct{ ID string }
		if err := json.Unmarshal(gone, &object); err != nil {
			t.Fatal(err)
		}
		admin(w, "POST", "/api/v1/users/"+object.ID+"/lifecycle/deactivate", "")
	}
	_, body := adminDo(w, "GET", "/api/v1/users?limit=200", "")
	var left []struct{ ID string }
	if err := json.Unmarshal([]byte(body), &left); err != nil {
		t.Fatal(err)
	}
	for _, u := range left {
		if seen[u.ID] != 1 {
			t.Errorf("user %s came %d times", u.ID, seen[u.ID])
		}
	}
}

func TestACursorFitsItsOwnListOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	p := w.connect("2025-11-25", nil)
	var page pageOf
	p.call("list_users", map[string]any{"limit": 2, "search": `status eq "ACTIVE"`}).mustWork(&page)
	if page.NextCursor == "" {
		t.Fatal("there is no next page to try")
	}
	next := page.NextCursor
	p.call("list_users", map[string]any{"search": `status eq "ACTIVE"`, "cursor": next}).mustWork(nil)
	p.call("list_users", map[string]any{"search": `status eq "STAGED"`, "cursor": next}).mustFail("other arguments")
	p.call("list_groups", map[string]any{"cursor": next}).mustFail("other arguments")
	for _, damaged := range []string{next[1:], next + "A", "e30", "%%%", strings.Repeat("A", 4000)} {
		p.call("list_users", map[string]any{"search": `status eq "ACTIVE"`, "cursor": damaged}).mustFail("cursor")
	}
}

func TestFieldsChooseAndStarIsOktasDocument(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	p := w.connect("2025-11-25", nil)
	id := w.org.Cast().Employee.ID
	_, theirs := adminDo(w, "GET", "/api/v1/users/"+id, "")
	r := p.call("get_user", map[string]any{"user_id": id, "fields": []string{"*"}})
	r.mustWork(nil)
	var want, got any
	if json.Unmarshal([]byte(theirs), &want) != nil || json.Unmarshal(r.Structured, &got) != nil || !reflect.DeepEqual(want, got) {
		t.Errorf("fields * answered\n%s\nnot Okta's\n%s", r.Structured, theirs)
	}
	compact := p.call("get_user", map[string]any{"user_id": id})
	compact.mustWork(nil)
	if strings.Contains(compact.text(), "null") || strings.Contains(compact.text(), "_links") {
		t.Errorf("the compact view shows nulls or links: %s", compact.text())
	}
	var page pageOf
	p.call("list_users", map[string]any{"limit": 1, "fields": []string{"profile.login", "profile.shoeSize"}}).mustWork(&page)
	var item map[string]map[string]any
	_ = json.Unmarshal(page.Items[0], &item) // id is a string; the rest is what is looked at
	if len(item["profile"]) != 1 || len(page.Notes) == 0 || !strings.Contains(strings.Join(page.Notes, " "), "profile.shoeSize") {
		t.Errorf("fields answered %s with notes %v", page.Items[0], page.Notes)
	}
}

func TestNumbersKeepTheirLiterals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	p := w.connect("2025-11-25", nil)
	id := w.org.Cast().Employee.ID
	p.call("update_user", json.RawMessage(`{"user_id":"`+id+`","profile":{"deskFloor":9007199254740993}}`)).mustWork(nil)
	r := p.call("get_user", map[string]any{"user_id": id, "fields": []string{"profile.deskFloor"}})
	if !strings.Contains(r.text(), "9007199254740993") {
		t.Errorf("a number beyond 2^53 came back as %s", r.text())
	}
}

func TestListsSayWhatTheyLeaveOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{org: demoorg.Options{Size: 500}})
	p := w.connect("2025-11-25", nil)
	var page pageOf
	p.call("list_users", map[string]any{"q": "a"}).mustWork(&page)
	if !page.Truncated || page.NextCursor != "" || !strings.Contains(strings.Join(page.Notes, ""), "search") {
		t.Errorf("q gave %d items, truncated %t, notes %v; Okta does not page q, and search is the way", page.Count, page.Truncated, page.Notes)
	}
	cut := newWorld(t, setup{org: demoorg.Options{Size: 500}, options: tools.Options{MaxResultBytes: 4096}})
	arguments := map[string]any{"q": "a", "limit": 10, "fields": []string{"*"}}
	for page.NextCursor = "x"; page.NextCursor != ""; arguments["cursor"] = page.NextCursor {
		page = pageOf{}
		cut.connect("2025-11-25", nil).call("list_users", arguments).mustWork(&page)
	}
	if !page.Truncated {
		t.Error("the last of several answers cut from one page of q does not say that there may be more")
	}
	w2 := newWorld(t, setup{})
	arguments = map[string]any{"limit": 200}
	w2.connect("2025-11-25", nil).call("list_users", arguments).mustWork(&page)
	if !strings.Contains(strings.Join(page.Notes, ""), "DEPROVISIONED") {
		t.Errorf("a list without a query does not say that DEPROVISIONED people are missing: %v", page.Notes)
	}
}
