package demoorg

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// serverRoot is where MCP servers live.
const serverRoot = "/resource-servers/api/v1"

// mcpServer is a third party's MCP server that agents may be connected to.
type mcpServer struct {
	id, url           string
	name, description string
	status            string     // since the last settled check
	check             *operation // Okta reading the server's metadata; nil when settled
	created, updated  stamp
	scopes            []string
}

// at is the status at that instant.
func (s *mcpServer) at(now time.Time) string {
	switch {
	case s.check == nil:
		return s.status
	case !s.check.finished(now):
		return aiPending
	case s.check.failure != "":
		return aiInvalid
	default:
		return aiInactive
	}
}

// mcpServerRoutes are MCP servers.
func mcpServerRoutes() []route {
	const root, one = serverRoot + "/mcp-servers", serverRoot + "/mcp-servers/{mcpServerId}"
	const read, manage = "okta.resourceServers.mcpServers.read", "okta.resourceServers.mcpServers.manage"
	return []route{
		{"GET", root, "listMcpServers", read, "", listMCPServers},
		{"POST", root, "registerMcpServer", manage, "", registerMCPServer},
		{"GET", one, "getMcpServer", read, "", getMCPServer},
		{"PATCH", one, "updateMcpServer", manage, "", updateMCPServer},
		{"DELETE", one, "deleteMcpServer", manage, "", deleteMCPServer},
		{"POST", one + "/lifecycle/activate", "activateMcpServer", manage, "", activateMCPServer},
		{"POST", one + "/lifecycle/deactivate", "deactivateMcpServer", manage, "", deactivateMCPServer},
		{"GET", serverRoot + "/operations/{operationId}", "getMcpServerOperation", read, "", getOperation},
	}
}

// doc is the server as the API shows it. What Okta read from the server is
// there once it has been read.
func (s *mcpServer) doc(c *call) map[string]any {
	status := s.at(c.now)
	doc := map[string]any{
		"id": s.id, "orn": orn("directory", "resource-servers:mcp:"+s.id), "resourceUrl": s.url, "status": status,
		"created": s.created, "lastUpdated": s.updated, "authorizationServerCount": 0,
		"metadata": map[string]any{"displayName": s.name, "description": s.description},
		"_links":   map[string]any{"self": map[string]string{"href": c.base + serverRoot + "/mcp-servers/" + s.id}},
	}
	if status == aiActive || status == aiInactive {
		doc["authorizationServerCount"] = 1
		doc["detectedMetadata"] = map[string]any{
			"resourceName": s.name, "scopesSupported": append([]string{}, s.scopes...), "lastRefreshedAt": s.created,
		}
	}
	return doc
}

func (o *Org) mcpServerByID(id string) *mcpServer {
	i := slices.IndexFunc(o.agents.servers, func(s *mcpServer) bool { return s.id == id && s.status != "" })
	if i < 0 {
		return nil
	}
	return o.agents.servers[i]
}

func (o *Org) mcpServer(c *call) (*mcpServer, error) {
	if s := o.mcpServerByID(c.params["mcpServerId"]); s != nil {
		return s, nil
	}
	return nil, notFound(c.params["mcpServerId"], "MCPServer")
}

func badServer(cause string) *apiError { return invalid("MCPServer", cause) }

// serverFields lets a search look at a server.
type serverFields struct {
	s   *mcpServer
	now time.Time
}

func (f serverFields) field(path string) any {
	switch path {
	case "status":
		return f.s.at(f.now)
	case "resourceUrl":
		return f.s.url
	default:
		return f.s.name
	}
}

func serverSearchRules(path string, op operator) string {
	if !slices.Contains([]string{"status", "resourceUrl", "metadata.displayName"}, path) {
		return unknownField(path)
	}
	if op != opEqual && (path != "metadata.displayName" || op != opStarts && op != opHolds) {
		return unsupportedOperator(path, op)
	}
	return ""
}

func listMCPServers(o *Org, c *call) (answer, error) {
	p, err := c.page(aiPage, largestPage)
	if err != nil {
		return answer{}, err
	}
	var condition condition = all{}
	if text := c.query.Get("search"); text != "" {
		if condition, err = parseFilter(text, serverSearchRules); err != nil {
			return answer{}, err
		}
	}
	found, next, known := cut(o.agents.servers, p, func(s *mcpServer) string { return s.id }, func(s *mcpServer) bool {
		return s.status != "" && condition.matches(serverFields{s, c.now})
	})
	if !known {
		return answer{}, badCursor()
	}
	docs := []map[string]any{}
	for _, s := range found {
		docs = append(docs, s.doc(c))
	}
	return c.enveloped(p, docs, next, "search")
}

func getMCPServer(o *Org, c *call) (answer, error) {
	s, err := o.mcpServer(c)
	if err != nil {
		return answer{}, err
	}
	return ok(s.doc(c))
}

// registerMCPServer accepts a server, PENDING until Okta has read its metadata.
// The demo never calls out: the reading succeeds unless the host ends in
// ".invalid", a name that resolves nowhere (RFC 6761).
func registerMCPServer(o *Org, c *call) (answer, error) {
	var body struct {
		URL         string `json:"resourceUrl"`
		Name        string `json:"displayName"`
		Description string `json:"description"`
	}
	if err := c.decode(&body); err != nil {
		return answer{}, err
	}
	address, err := url.Parse(body.URL)
	if err != nil || address.Scheme != "https" || address.Host == "" || address.Fragment != "" {
		return answer{}, badServer("resourceUrl: The field must be an https URL without a fragment")
	}
	if slices.ContainsFunc(o.agents.servers, func(s *mcpServer) bool { return s.status != "" && s.url == body.URL }) {
		return answer{}, badServer("resourceUrl: An object with this field already exists in the current organization")
	}
	s := &mcpServer{
		id: o.mint("ems"), url: body.URL, name: body.Name, description: body.Description, status: aiPending,
		created: stampOf(c.now), updated: stampOf(c.now), scopes: []string{"tools:read", "tools:execute"},
	}
	if s.name == "" {
		s.name = address.Hostname()
	}
	s.check = &operation{
		kind: "mcp-server:Register", root: serverRoot, resource: s.id, resourceKind: "MCP_SERVER",
		resourcePath: serverRoot + "/mcp-servers/" + s.id, result: aiInactive,
	}
	if strings.HasSuffix(address.Hostname(), ".invalid") {
		s.check.failure = "No authorization servers found: the MCP server's protected resource metadata couldn't be read."
	}
	o.agents.servers = append(o.agents.servers, s)
	return o.accept(c, s.check)
}

// updateMCPServer changes what people call the server; its address is fixed.
func updateMCPServer(o *Org, c *call) (answer, error) {
	s, err := o.mcpServer(c)
	if err != nil {
		return answer{}, err
	}
	if err := c.mergePatch(); err != nil {
		return answer{}, err
	}
	var patch struct {
		URL         *string `json:"resourceUrl"`
		Name        *string `json:"displayName"`
		Description *string `json:"description"`
	}
	if err := c.decode(&patch); err != nil {
		return answer{}, err
	}
	if patch.URL != nil && *patch.URL != s.url {
		return answer{}, badServer("resourceUrl: The field cannot be changed")
	}
	if patch.Name != nil {
		s.name = *patch.Name
	}
	if patch.Description != nil {
		s.description = *patch.Description
	}
	s.updated = stampOf(c.now)
	return ok(s.doc(c))
}

// moveServer takes a server from one status to another.
func (o *Org) moveServer(c *call, from, to string) (*mcpServer, error) {
	s, err := o.mcpServer(c)
	if err != nil {
		return nil, err
	}
	if was := s.at(c.now); was != from {
		return nil, badServer("The MCP server is " + was + "; it must be " + from + ".")
	}
	s.status, s.check, s.updated = to, nil, stampOf(c.now)
	return s, nil
}

func activateMCPServer(o *Org, c *call) (answer, error) {
	s, err := o.moveServer(c, aiInactive, aiActive)
	if err != nil {
		return answer{}, err
	}
	return ok(s.doc(c))
}

func deactivateMCPServer(o *Org, c *call) (answer, error) {
	s, err := o.moveServer(c, aiActive, aiInactive)
	if err != nil {
		return answer{}, err
	}
	return ok(s.doc(c))
}

// deleteMCPServer wants an INACTIVE server that no connection leads to.
func deleteMCPServer(o *Org, c *call) (answer, error) {
	s, err := o.mcpServer(c)
	if err != nil {
		return answer{}, err
	}
	for _, a := range o.agents.all {
		if a.now(c.now).status != "" && slices.ContainsFunc(a.connections, func(k *connection) bool { return resourceID(k.body["resource"]) == s.id }) {
			return answer{}, badServer("The MCP server still has resource connections. Delete them first.")
		}
	}
	if _, err := o.moveServer(c, aiInactive, ""); err != nil {
		return answer{}, err
	}
	return noContent()
}
