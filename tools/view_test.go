package tools_test

import (
	"strings"
	"testing"

	"okta-mcp/tools"
)

func TestListsShowWhatPeopleAskAbout(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{selection: tools.Selection{Toolsets: []string{"all"}}})
	cast, p := w.org.Cast(), w.connect("2025-11-25", nil)
	for tool, c := range map[string]struct {
		arguments args
		shown     string
		fields    []string // that ask for what is hidden
		hidden    []string
	}{
		"get_logs":           {args{"limit": 5}, `"ipAddress":"`, []string{"client"}, []string{`"rawUserAgent":`, `"geolocation":`, `"postalCode":`, `"zone":`}},
		"list_ai_agent_keys": {args{"agent_id": cast.Agent.ID}, `"kid":"`, []string{"*"}, []string{`"n":"`, `"e":"`}},
		"list_user_roles":    {args{"user_id": cast.SuperAdmin.ID}, `"_links":{"assignee":{"href":"`, []string{"*"}, nil},
		"list_mcp_servers":   {args{}, `"orn":"`, []string{"*"}, []string{`"_links":`}},
	} {
		r := p.ask(tool, c.arguments)
		r.mustWork(nil)
		c.arguments["fields"] = c.fields
		asked := p.ask(tool, c.arguments)
		asked.mustWork(nil)
		if !strings.Contains(r.text(), c.shown) {
			t.Errorf("%s does not show %s: %s", tool, c.shown, r.text())
		}
		for _, member := range c.hidden {
			if strings.Contains(r.text(), member) {
				t.Errorf("%s shows %s unasked: %s", tool, member, r.text())
			}
			if !strings.Contains(asked.text(), member) {
				t.Errorf("%s with fields %v does not show %s: %s", tool, c.fields, member, asked.text())
			}
		}
	}
}

func TestAListSaysWhyItIsShort(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{options: tools.Options{MaxResultBytes: 16 << 10}})
	p := w.connect("2025-11-25", nil)
	const cut, notFull = "cut at the size of an answer", "not a full name"
	for _, c := range []struct {
		name      string
		arguments args
		says      string
		never     string
	}{
		{"as much as fits", args{"limit": 200}, cut, ""},
		{"with fields", args{"limit": 200, "fields": []string{"profile"}}, `"next_cursor":`, cut},
		{"as many as asked for", args{"limit": 5}, "", cut},
		{"a full name", args{"q": "Leila Haddad"}, notFull, ""},
		{"half a name", args{"q": "Haddad"}, "", notFull},
		{"nobody", args{"q": "Nobody"}, "", notFull},
	} {
		r := p.ask("list_users", c.arguments)
		r.mustWork(nil)
		if !strings.Contains(r.text(), c.says) || c.never != "" && strings.Contains(r.text(), c.never) {
			t.Errorf("%s: the answer says %q: %t, and never %q: %s", c.name, c.says, strings.Contains(r.text(), c.says), c.never, r.text())
		}
	}
}
