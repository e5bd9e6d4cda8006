package tools_test

import "okta-mcp/oktaclient/demoorg"

func mcpServerSamples(c demoorg.Cast) map[string]sample {
	server := func(address string) args { return args{"resourceUrl": address, "displayName": "Wiki"} }
	return map[string]sample{
		"list_mcp_servers":      {arguments: args{}, others: paged(args{"search": `metadata.displayName sw "P"`, "status": "INACTIVE", "limit": 1})},
		"get_mcp_server":        {arguments: args{"mcp_server_id": c.MCPServer.ID}, others: args{"mcp_server_id": c.InactiveMCPServer.ID, "fields": []string{"status"}}},
		"register_mcp_server":   {arguments: args{"mcp_server": server("https://wiki.acme.example/mcp")}, others: args{"mcp_server": server("https://docs.acme.example/mcp")}},
		"activate_mcp_server":   {arguments: args{"mcp_server_id": c.InactiveMCPServer.ID}, others: args{"mcp_server_id": c.MCPServer.ID}},
		"deactivate_mcp_server": {arguments: args{"mcp_server_id": c.MCPServer.ID}, others: args{"mcp_server_id": c.InactiveMCPServer.ID}},
		"delete_mcp_server":     {arguments: args{"mcp_server_id": c.InactiveMCPServer.ID}, others: args{"mcp_server_id": c.MCPServer.ID}},
	}
}
