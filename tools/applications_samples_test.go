package tools_test

import "okta-mcp/oktaclient/demoorg"

func applicationSamples(c demoorg.Cast) map[string]sample {
	return map[string]sample{
		"list_applications":      {arguments: args{}, others: paged(args{"q": "S", "status": "INACTIVE", "filter": `name eq "slack"`})},
		"get_application":        {arguments: args{"app_id": c.SAMLApp.ID}, others: args{"app_id": c.OIDCApp.Name, "fields": []string{"id"}}},
		"create_application":     {arguments: args{"application": newBookmark("A")}, others: args{"application": newBookmark("B"), "activate": true}},
		"update_application":     {arguments: args{"app_id": c.ProjectApp.ID, "application": args{"label": "A"}}, others: args{"app_id": c.AssignedApp.ID, "application": args{"label": "B"}}},
		"activate_application":   {arguments: args{"app_id": c.InactiveApp.ID}, others: args{"app_id": c.ProjectApp.ID}, asked: args{"app_id": c.InactiveApp.Name}},
		"deactivate_application": {arguments: args{"app_id": c.ProjectApp.ID}, others: args{"app_id": c.AssignedApp.ID}},
		"delete_application":     {arguments: args{"app_id": c.ProjectApp.ID, "deactivate_first": true}, others: args{"app_id": c.InactiveApp.ID, "deactivate_first": false}, asked: args{"app_id": c.InactiveApp.Name}},
	}
}

func newBookmark(label string) args {
	return args{"name": "bookmark", "label": label, "signOnMode": "BOOKMARK", "settings": args{"app": args{"url": "https://" + label + ".example/"}}}
}
