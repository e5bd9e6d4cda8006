package demoorg

import (
	"maps"
	"slices"
	"strings"
)

// connection lets an agent reach a resource.
type connection struct {
	id, status string
	body       map[string]any // connectionType, the resource, scopes …
}

func (k *connection) kind() string { kind, _ := k.body["connectionType"].(string); return kind }

// scoped says whether the connection narrows scopes; the others hand out secrets.
func (k *connection) scoped() bool { return strings.HasPrefix(k.kind(), "IDENTITY_ASSERTION_") }

// references names the members that say what a connection of that type leads
// to, the resource itself first; nil for an unknown type.
func references(kind string) []string {
	return map[string][]string{
		"IDENTITY_ASSERTION_CUSTOM_AS":    {"authorizationServer"},
		"IDENTITY_ASSERTION_MCP_SERVER":   {"resource", "authorizationServer"},
		"IDENTITY_ASSERTION_APP_INSTANCE": {"app"},
		"STS_SERVICE_ACCOUNT":             {"serviceAccount", "app"},
		"STS_VAULT_SECRET":                {"secret"},
		"STS_ACCESS_TOKEN":                {"resource"},
	}[kind]
}

// doc is the connection as the API shows it.
func (o *Org) connectionDoc(c *call, a *agent, k *connection) map[string]any {
	doc := maps.Clone(k.body)
	doc["id"], doc["status"] = k.id, k.status
	doc["orn"] = orn("idp", "connections:"+k.id)
	for _, member := range references(k.kind()) {
		doc[member] = o.resourceDoc(c, k.body[member])
	}
	if doc["resourceIndicator"] == nil {
		doc["resourceIndicator"] = o.indicator(k)
	}
	doc["_links"] = map[string]any{"self": map[string]string{
		"href": c.base + agentRoot + "/ai-agents/" + a.id + "/connections/" + k.id,
	}}
	return doc
}

// resourceDoc is a reference with what the org knows about what it names.
func (o *Org) resourceDoc(c *call, reference any) map[string]any {
	given, _ := reference.(map[string]any)
	doc := maps.Clone(given)
	id := resourceID(reference)
	link := func(path string) map[string]any {
		return map[string]any{"self": map[string]string{"href": c.base + path}}
	}
	if s := o.mcpServerByID(id); s != nil {
		doc["name"], doc["_links"] = s.name, link(serverRoot+"/mcp-servers/"+id)
	}
	if i := slices.IndexFunc(o.apps, func(a *app) bool { return a.id == id }); i >= 0 {
		doc["name"], doc["_links"] = o.apps[i].label, link("/api/v1/apps/"+id)
	}
	if strings.HasPrefix(id, "aus") {
		doc["issuerUrl"], doc["_links"] = c.base+"/oauth2/"+id, link("/api/v1/authorizationServers/"+id)
	}
	return doc
}

// indicator is what a token request calls the resource when nobody chose: an
// MCP server's address, any other resource's name.
func (o *Org) indicator(k *connection) string {
	main := k.body[references(k.kind())[0]]
	if s := o.mcpServerByID(resourceID(main)); s != nil {
		return s.url
	}
	given, _ := main.(map[string]any)
	name, _ := given["orn"].(string)
	return name
}

// resourceID is the last part of the resource name in a reference.
func resourceID(reference any) string {
	given, _ := reference.(map[string]any)
	name, _ := given["orn"].(string)
	return name[strings.LastIndex(name, ":")+1:]
}

func badConnection(cause string) *apiError {
	return invalid("Resource connection validation failed", cause)
}

// connection finds the agent and the connection a path names.
func (o *Org) connection(c *call) (*agent, *connection, error) {
	a, err := o.findAgent(c)
	if err != nil {
		return nil, nil, err
	}
	for _, k := range a.connections {
		if k.id == c.params["connectionId"] {
			return a, k, nil
		}
	}
	return nil, nil, notFound(c.params["connectionId"], "ManagedConnection")
}

func listConnections(o *Org, c *call) (answer, error) {
	a, err := o.findAgent(c)
	if err != nil {
		return answer{}, err
	}
	p, err := c.page(aiPage, largestPage)
	if err != nil {
		return answer{}, err
	}
	every := func(*connection) bool { return true }
	found, next, known := cut(a.connections, p, func(k *connection) string { return k.id }, every)
	if !known {
		return answer{}, badCursor()
	}
	docs := []map[string]any{}
	for _, k := range found {
		docs = append(docs, o.connectionDoc(c, a, k))
	}
	return c.enveloped(p, docs, next)
}

func getConnection(o *Org, c *call) (answer, error) {
	a, k, err := o.connection(c)
	if err != nil {
		return answer{}, err
	}
	return ok(o.connectionDoc(c, a, k))
}

func createConnection(o *Org, c *call) (answer, error) {
	a, err := o.findAgent(c)
	if err != nil {
		return answer{}, err
	}
	k := &connection{status: aiActive}
	if err := c.decode(&k.body); err != nil {
		return answer{}, err
	}
	for _, member := range []string{"id", "orn", "status", "_links"} {
		delete(k.body, member)
	}
	if err := o.checkConnection(k); err != nil {
		return answer{}, err
	}
	if err := o.mayConnect(c, a, k); err != nil {
		return answer{}, err
	}
	k.id = o.mint("mcn")
	a.connections = append(a.connections, k)
	return created(o.connectionDoc(c, a, k))
}

// checkConnection wants the members its type needs.
func (o *Org) checkConnection(k *connection) error {
	needed := references(k.kind())
	if needed == nil {
		return badConnection("connectionType: The value is not a known connection type")
	}
	for _, member := range needed {
		if resourceID(k.body[member]) == "" {
			return badConnection(member + ".orn: The field cannot be left blank")
		}
	}
	if !k.scoped() {
		return nil
	}
	return checkScopes(k.body)
}

// checkScopes wants scopeCondition and scopes together and in accord.
func checkScopes(body map[string]any) error {
	scopes, _ := body["scopes"].([]any)
	condition, _ := body["scopeCondition"].(string)
	if !slices.Contains([]string{"ALL_SCOPES", "INCLUDE_ONLY", "EXCLUDE"}, condition) || len(scopes) == 0 {
		return badConnection("scopeCondition and scopes must be given together")
	}
	if condition == "ALL_SCOPES" && !slices.Equal(scopes, []any{"*"}) {
		return badConnection("scopes: The value must be [\"*\"] for ALL_SCOPES")
	}
	return nil
}

// mayConnect wants both ends ACTIVE. What the org does not model (custom
// authorization servers, vaulted secrets) counts as ACTIVE.
func (o *Org) mayConnect(c *call, a *agent, k *connection) error {
	if a.now(c.now).status != aiActive {
		return badConnection("The AI agent is not ACTIVE.")
	}
	for _, member := range references(k.kind()) {
		id := resourceID(k.body[member])
		switch {
		case strings.HasPrefix(id, "ems"):
			if s := o.mcpServerByID(id); s == nil || s.at(c.now) != aiActive {
				return badConnection(member + ".orn: The MCP server does not exist or is not ACTIVE.")
			}
		case strings.HasPrefix(id, "0oa"):
			if !slices.ContainsFunc(o.apps, func(app *app) bool { return app.id == id && app.status == appActive }) {
				return badConnection(member + ".orn: The app does not exist or is not ACTIVE.")
			}
		}
	}
	return nil
}

// updateConnection changes scopes or the indicator; null resets the latter.
func updateConnection(o *Org, c *call) (answer, error) {
	a, k, err := o.connection(c)
	if err != nil {
		return answer{}, err
	}
	if err := c.mergePatch(); err != nil {
		return answer{}, err
	}
	var patch map[string]any
	if err := c.decode(&patch); err != nil {
		return answer{}, err
	}
	for member := range patch {
		if !slices.Contains([]string{"resourceIndicator", "scopeCondition", "scopes"}, member) {
			return answer{}, badConnection(member + ": The field cannot be changed")
		}
		if member == "resourceIndicator" {
			continue
		}
		if !k.scoped() {
			return answer{}, badConnection(member + ": The field is not valid for this connection type")
		}
		if err := checkScopes(patch); err != nil {
			return answer{}, err
		}
	}
	k.body = merged(k.body, patch)
	return ok(o.connectionDoc(c, a, k))
}

func activateConnection(o *Org, c *call) (answer, error) {
	a, k, err := o.connection(c)
	if err != nil {
		return answer{}, err
	}
	if k.status == aiActive {
		return answer{}, badConnection("The connection is already ACTIVE.")
	}
	if err := o.mayConnect(c, a, k); err != nil {
		return answer{}, err
	}
	k.status = aiActive
	return ok(o.connectionDoc(c, a, k))
}

func deactivateConnection(o *Org, c *call) (answer, error) {
	a, k, err := o.connection(c)
	if err != nil {
		return answer{}, err
	}
	if k.status != aiActive {
		return answer{}, badConnection("Only an ACTIVE connection can be deactivated.")
	}
	k.status = aiInactive
	return ok(o.connectionDoc(c, a, k))
}

func deleteConnection(o *Org, c *call) (answer, error) {
	a, k, err := o.connection(c)
	if err != nil {
		return answer{}, err
	}
	if k.status != aiInactive {
		return answer{}, badConnection("Only an INACTIVE connection can be deleted.")
	}
	a.connections = slices.DeleteFunc(a.connections, func(other *connection) bool { return other == k })
	return noContent()
}
