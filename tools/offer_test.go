package tools_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"okta-mcp/oktaclient/demoorg"
	"okta-mcp/tools"
)

func namesOf(all []listed) []string {
	names := make([]string, len(all))
	for i, tool := range all {
		names[i] = tool.Name
	}
	return names
}

func TestOnlyWhatIsGrantedIsListedAndCalled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{org: demoorg.Options{Granted: []string{"okta.users.read"}}})
	p := w.connect("2025-11-25", accepting)
	got := namesOf(list(t, p))
	want := []string{"get_access_status"}
	for _, d := range tools.Catalog() {
		if slices.Equal(d.Scopes, []string{"okta.users.read"}) {
			want = append(want, d.Name)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || len(want) < 10 {
		t.Errorf("listed %v, want %v", got, want)
	}
	p.ask("suspend_user", map[string]any{"user_ids": []string{w.org.Cast().Employee.ID}}).mustFail("not offered", "okta.users.manage", "not granted")
	p.ask("list_groups", map[string]any{}).mustFail("okta.groups.read")
	if n := len(w.org.Requests()); n > 0 {
		t.Errorf("%d requests were sent for tools that are not offered", n)
	}
	var status struct {
		NotOffered []struct{ Why, Tools string } `json:"not_offered"`
		Scopes     struct{ Granted []string }
	}
	p.call("get_access_status", map[string]any{}).mustWork(&status)
	all := ""
	for _, m := range status.NotOffered {
		all += m.Why + ": " + m.Tools + "\n"
	}
	if !strings.Contains(all, "okta.users.manage is not granted") || !strings.Contains(all, "suspend_user") || len(status.Scopes.Granted) != 1 {
		t.Errorf("get_access_status does not say what is missing and why: %+v", status)
	}
}

func TestManageSatisfiesRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{org: demoorg.Options{Granted: []string{"okta.users.manage"}}})
	p := w.connect("2025-11-25", accepting)
	if got := namesOf(list(t, p)); !slices.Contains(got, "list_users") || !slices.Contains(got, "suspend_user") {
		t.Errorf("listed %v", got)
	}
	p.call("list_users", map[string]any{}).mustWork(nil)
}

func TestSelection(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		selection tools.Selection
		in, out   []string
	}{
		"toolsets":          {tools.Selection{Toolsets: []string{"groups"}}, []string{"list_groups"}, []string{"list_users"}},
		"tools alone":       {tools.Selection{Tools: []string{"get_*"}}, []string{"get_user", "get_group"}, []string{"list_users"}},
		"both":              {tools.Selection{Toolsets: []string{"lifecycle"}, Tools: []string{"get_user"}}, []string{"unlock_user", "get_user"}, []string{"list_users"}},
		"exclude":           {tools.Selection{Exclude: []string{"delete_*", "suspend_user"}}, []string{"list_users", "deactivate_user"}, []string{"delete_user", "delete_group", "suspend_user"}},
		"read-only":         {tools.Selection{ReadOnly: true}, []string{"list_users", "list_group_users"}, []string{"create_user", "unlock_user", "delete_group"}},
		"read-only by name": {tools.Selection{ReadOnly: true, Tools: []string{"delete_group", "get_group"}}, []string{"get_group"}, []string{"delete_group"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{selection: c.selection})
			p := w.connect("2025-11-25", accepting)
			got := namesOf(list(t, p))
			for _, want := range append(c.in, "get_access_status") {
				if !slices.Contains(got, want) {
					t.Errorf("%s is not listed: %v", want, got)
				}
			}
			for _, hidden := range c.out {
				if slices.Contains(got, hidden) {
					t.Errorf("%s is listed", hidden)
				}
				p.ask(hidden, samples(w.org.Cast())[hidden].arguments).mustFail("not offered")
			}
			noWrites(t, w)
		})
	}
}

func TestUnknownNamesAreErrorsThatNameNearOnes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		selection tools.Selection
		near      string
	}{
		{tools.Selection{Tools: []string{"lst_users"}}, "list_users"},
		{tools.Selection{Exclude: []string{"delete_grup"}}, "delete_group"},
		{tools.Selection{Toolsets: []string{"user"}}, "users"},
		{tools.Selection{Tools: []string{"nothing_*"}}, ""},
	} {
		_, err := c.selection.Needed()
		var unknown *tools.UnknownName
		if !errors.As(err, &unknown) || !strings.Contains(err.Error(), c.near) {
			t.Errorf("%+v gives %v, want an error that names %s", c.selection, err, c.near)
		}
	}
}

func TestNeededScopesAreThoseOfTheSelectedTools(t *testing.T) {
	t.Parallel()
	got, err := tools.Selection{Toolsets: []string{"groups"}, ReadOnly: true}.Needed()
	if err != nil || !slices.Equal(got, []string{"okta.groups.read"}) {
		t.Errorf("reading groups needs %v, %v", got, err)
	}
}

func TestAChangeOfGrantsIsAnnouncedAndHolds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ before, after []string }{
		"more": {[]string{"okta.users.read"}, demoorg.DefaultScopes()},
		"less": {demoorg.DefaultScopes(), []string{"okta.users.read"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{org: demoorg.Options{Granted: c.before}})
			p := w.connect("2025-11-25", accepting)
			before := namesOf(list(t, p))
			w.org.Grant(c.after...)
			w.org.RevokeTokens() // the next call gets a 401, and a token with the new grants
			p.call("list_users", map[string]any{"limit": 1}).mustWork(nil)
			select {
			case notification := <-p.session.ClientNotifications():
				if notification.Method != "notifications/tools/list_changed" {
					t.Errorf("announced %s", notification.Method)
				}
			case <-time.After(30 * time.Second):
				t.Fatal("the change was not announced")
			}
			after := namesOf(list(t, p))
			offered := slices.Contains(after, "suspend_user")
			if slices.Equal(before, after) || offered != (name == "more") {
				t.Errorf("listed %v before and %v after", before, after)
			}
			r := p.ask("suspend_user", map[string]any{"user_ids": []string{w.org.Cast().Employee.ID}})
			if r.IsError == offered {
				t.Errorf("suspend_user is offered: %t, and answered %s", offered, r.text())
			}
		})
	}
}

func TestAccessStatusSaysHowAPersonIsAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{approve: []string{"suspend_user=3"}})
	for asking, p := range map[string]*peer{
		"client": w.connect("2025-11-25", accepting),
		"nobody can be asked: the MCP client does not support elicitation": w.connect("2025-11-25", nil),
	} {
		var access struct {
			Asking   string
			Approved []string
			ReadOnly bool  `json:"read_only"`
			Limits   []any `json:"rate_limits"`
		}
		p.call("get_access_status", map[string]any{}).mustWork(&access)
		if access.Asking != asking || access.ReadOnly || !slices.Equal(access.Approved, []string{"suspend_user=3"}) {
			t.Errorf("get_access_status says %+v, want asking %q", access, asking)
		}
	}
}
