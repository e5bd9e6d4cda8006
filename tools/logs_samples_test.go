package tools_test

import "okta-mcp/oktaclient/demoorg"

func logSamples(c demoorg.Cast) map[string]sample {
	return map[string]sample{
		"get_logs": {arguments: args{"since": "2026-03-01T00:00:00Z", "until": "2026-03-02T00:00:00Z"}, others: paged(args{
			"since": "2026-02-27T00:00:00Z", "until": "2026-03-01T12:00:00Z", "actor": c.Employee.Login, "target": c.LockedOut.ID, "event_type": "user.session.*",
			"outcome": "FAILURE", "filter": `severity eq "WARN"`, "q": "lock", "sort_order": "asc",
		})},
	}
}
