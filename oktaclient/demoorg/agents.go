package demoorg

import (
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Statuses of what Okta for AI Agents keeps.
const (
	aiStaged   = "STAGED"
	aiActive   = "ACTIVE"
	aiInactive = "INACTIVE"
	aiPending  = "PENDING"
	aiInvalid  = "INVALID"
)

// aiPage is how many agents, keys, connections or servers a page holds when
// nobody says; largestPage is the most.
const aiPage = 20

// agentRoot is where agents live.
const agentRoot = "/workload-principals/api/v1"

// agentStore is what Okta for AI Agents knows. Agents, servers and operations
// are kept oldest first; those that are gone stay, so that cursors stay good.
type agentStore struct {
	all        []*agent
	servers    []*mcpServer
	operations []*operation
}

// agent is an AI agent. What its document holds beyond the fixed members is
// free: the caller's members are kept as they came.
type agent struct {
	id       string
	created  stamp
	platform string // of an imported agent; "" for one registered here
	provider string // id of the provider an imported agent came from
	state    agentState
	pending  *operation // what changes it into next
	next     agentState

	keys        []*agentKey
	connections []*connection
}

// agentState is what an operation changes. It is never changed in place.
type agentState struct {
	status  string // "" before the registration has finished and after a deletion
	updated stamp
	body    map[string]any // appId, profile, owners …
}

// now is the agent as it is at that instant: operations finish by themselves.
func (a *agent) now(at time.Time) agentState {
	if a.pending != nil && a.pending.succeeded(at) {
		return a.next
	}
	return a.state
}

func (s agentState) name() string {
	profile, _ := s.body["profile"].(map[string]any)
	name, _ := profile["name"].(string)
	return name
}

func (s agentState) owned() bool {
	owners, _ := s.body["owners"].([]any)
	return len(owners) > 0
}

// field lets a search look at an agent.
func (s agentState) field(path string) any {
	switch path {
	case "status":
		return s.status
	case "appId":
		return s.body["appId"]
	default:
		return s.name()
	}
}

func agentSearchRules(path string, op operator) string {
	switch path {
	case "status", "appId":
		if op != opEqual {
			return unsupportedOperator(path, op)
		}
	case "profile.name":
		if op != opEqual && op != opStarts && op != opHolds {
			return unsupportedOperator(path, op)
		}
	default:
		return unknownField(path)
	}
	return ""
}

// agentRoutes are AI agents, their keys, connections and operations.
func agentRoutes() []route {
	const root, read, manage = agentRoot + "/ai-agents", "okta.aiAgents.read", "okta.aiAgents.manage"
	const keys, links = root + "/{agentId}/credentials/jwks", root + "/{agentId}/connections"
	return []route{
		{"GET", root, "listAIAgents", read, "", listAgents},
		{"POST", root, "registerAIAgent", manage, "", registerAgent},
		{"GET", root + "/{agentId}", "getAIAgent", read, "", getAgent},
		{"PUT", root + "/{agentId}", "replaceAIAgent", manage, "", replaceAgent},
		{"PATCH", root + "/{agentId}", "updateAIAgent", manage, "", updateAgent},
		{"DELETE", root + "/{agentId}", "deleteAIAgent", manage, "", deleteAgent},
		{"POST", root + "/{agentId}/lifecycle/activate", "activateAIAgent", manage, "", activateAgent},
		{"POST", root + "/{agentId}/lifecycle/deactivate", "deactivateAIAgent", manage, "", deactivateAgent},
		{"GET", keys, "listAgentJwk", read, "", listAgentKeys},
		{"POST", keys, "addAgentJwk", manage, "", addAgentKey},
		{"GET", keys + "/{keyId}", "getAgentJwk", read, "", getAgentKey},
		{"DELETE", keys + "/{keyId}", "deleteAgentJwk", manage, "", deleteAgentKey},
		{"POST", keys + "/{keyId}/lifecycle/activate", "activateAgentJsonWebKey", manage, "", activateAgentKey},
		{"POST", keys + "/{keyId}/lifecycle/deactivate", "deactivateAgentJsonWebKey", manage, "", deactivateAgentKey},
		{"GET", links, "listConnections", read, "", listConnections},
		{"POST", links, "createManagedConnection", manage, "", createConnection},
		{"GET", links + "/{connectionId}", "getManagedConnection", read, "", getConnection},
		{"PATCH", links + "/{connectionId}", "updateManagedConnection", manage, "", updateConnection},
		{"DELETE", links + "/{connectionId}", "deleteManagedConnection", manage, "", deleteConnection},
		{"POST", links + "/{connectionId}/lifecycle/activate", "activateManagedConnection", manage, "", activateConnection},
		{"POST", links + "/{connectionId}/lifecycle/deactivate", "deactivateManagedConnection", manage, "", deactivateConnection},
		{"GET", agentRoot + "/operations", "listAIAgentOperations", read, "", listOperations},
		{"GET", agentRoot + "/operations/{operationId}", "getAIAgentOperation", read, "", getOperation},
	}
}

// agentDoc is the agent as the API shows it.
func (o *Org) agentDoc(c *call, a *agent) map[string]any {
	s := a.now(c.now)
	self := c.base + agentRoot + "/ai-agents/" + a.id
	links := map[string]any{"self": map[string]string{"href": self}}
	doc := maps.Clone(s.body)
	doc["id"], doc["status"] = a.id, s.status
	doc["created"], doc["lastUpdated"] = a.created, s.updated
	if a.platform != "" {
		doc["platform"] = a.platform
		links["providers"] = []map[string]string{{"href": c.base + agentRoot + "/ai-agent-providers/" + a.provider}}
	}
	doc["_links"] = links
	return doc
}

// orn is the Okta resource name of something in this org.
func orn(service, resource string) string { return "orn:okta:" + service + ":00oDemo:" + resource }

// findAgent finds the agent a path names, unless it is not there yet or no more.
func (o *Org) findAgent(c *call) (*agent, error) {
	id := c.params["agentId"]
	for _, a := range o.agents.all {
		if a.id == id && a.now(c.now).status != "" {
			return a, nil
		}
	}
	return nil, notFound(id, "AIAgent")
}

// agentToChange is findAgent for a write: one operation at a time.
func (o *Org) agentToChange(c *call) (*agent, error) {
	a, err := o.findAgent(c)
	if err != nil {
		return nil, err
	}
	if a.pending != nil && !a.pending.finished(c.now) {
		return nil, invalid("AIAgent", "Another operation on the AI agent is still in progress.")
	}
	a.state, a.pending = a.now(c.now), nil
	return a, nil
}

func listAgents(o *Org, c *call) (answer, error) {
	p, err := c.page(aiPage, largestPage)
	if err != nil {
		return answer{}, err
	}
	var condition condition = all{}
	if text := c.query.Get("search"); text != "" {
		if condition, err = parseFilter(text, agentSearchRules); err != nil {
			return answer{}, err
		}
	}
	found, next, known := cut(o.agents.all, p, func(a *agent) string { return a.id }, func(a *agent) bool {
		s := a.now(c.now)
		return s.status != "" && condition.matches(s)
	})
	if !known {
		return answer{}, badCursor()
	}
	docs := []map[string]any{}
	for _, a := range found {
		docs = append(docs, o.agentDoc(c, a))
	}
	return c.enveloped(p, docs, next, "search")
}

// cut takes a page out of items: those behind the cursor that are wanted, and
// the cursor of the next page or "". known is false for a strange cursor.
func cut[T any](items []T, p page, id func(T) string, wanted func(T) bool) (found []T, next string, known bool) {
	if p.after != "" {
		i := slices.IndexFunc(items, func(item T) bool { return id(item) == p.after })
		if i < 0 {
			return nil, "", false
		}
		items = items[i+1:]
	}
	for _, item := range items {
		if !wanted(item) {
			continue
		}
		if len(found) == p.limit {
			return found, id(found[len(found)-1]), true
		}
		found = append(found, item)
	}
	return found, "", true
}

// enveloped is a list the way the newer APIs answer it: in `data`, with the
// links in the body and in the header.
func (c *call) enveloped(p page, docs []map[string]any, next string, keep ...string) (answer, error) {
	links := c.links(p, next, keep...)
	hrefs := map[string]any{}
	for i, rel := range []string{"self", "next"}[:len(links)] {
		url, _, _ := strings.Cut(strings.TrimPrefix(links[i], "<"), ">")
		hrefs[rel] = map[string]string{"href": url}
	}
	return answer{status: http.StatusOK, body: map[string]any{"data": docs, "_links": hrefs}, links: links}, nil
}

func getAgent(o *Org, c *call) (answer, error) {
	a, err := o.findAgent(c)
	if err != nil {
		return answer{}, err
	}
	return ok(o.agentDoc(c, a))
}

// registerAgent accepts a new agent. It is there, STAGED, once the operation
// has completed. The demo lets one whose name contains "reject" fail, so that
// a failed operation can be seen.
func registerAgent(o *Org, c *call) (answer, error) {
	a := &agent{id: o.mint("wlp"), created: stampOf(c.now)}
	body, err := o.agentBody(c, a, nil)
	if err != nil {
		return answer{}, err
	}
	next := agentState{status: aiStaged, updated: a.created, body: body}
	failure := ""
	if strings.Contains(strings.ToLower(next.name()), "reject") {
		failure = "The AI agent couldn't be registered: its name was rejected."
	}
	o.agents.all = append(o.agents.all, a)
	return o.begin(c, a, "Register", next, failure)
}

// agentBody reads and checks a document for a. onto is what a merge patch is
// laid over; nil for a whole document.
func (o *Org) agentBody(c *call, a *agent, onto map[string]any) (map[string]any, error) {
	var body map[string]any
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	for _, member := range []string{"id", "orn", "status", "created", "lastUpdated", "platform", "_links"} {
		delete(body, member)
	}
	if onto != nil {
		body = merged(onto, body)
	}
	s := agentState{body: body}
	if strings.TrimSpace(s.name()) == "" {
		return nil, invalid("profile.name", "profile.name: The field cannot be left blank")
	}
	for _, other := range o.agents.all {
		if was := other.now(c.now); other != a && was.status != "" && strings.EqualFold(was.name(), s.name()) {
			return nil, invalid("profile.name", "profile.name: An object with this field already exists in the current organization")
		}
	}
	if id, given := body["appId"]; given && !slices.ContainsFunc(o.apps, func(app *app) bool { return app.id == id }) {
		return nil, invalid("appId", "appId: The app does not exist")
	}
	return body, o.checkOwners(body)
}

// checkOwners wants every owner to be a user or group of the org.
func (o *Org) checkOwners(body map[string]any) error {
	owners, listed := body["owners"].([]any)
	if _, given := body["owners"]; given && !listed {
		return invalid("owners", "owners: The field must be a list")
	}
	for _, v := range owners {
		owner, _ := v.(map[string]any)
		id, _ := owner["id"].(string)
		switch owner["type"] {
		case "USER":
			if o.directory.byID[id] != nil {
				continue
			}
		case "GROUP":
			if o.groups.byID[id] != nil {
				continue
			}
		}
		return invalid("owners", "owners: Each owner needs the id of an existing user or group and type USER or GROUP")
	}
	return nil
}

// merged lays a JSON merge patch over a document (RFC 7386).
func merged(onto, patch map[string]any) map[string]any {
	result := maps.Clone(onto)
	if result == nil {
		result = map[string]any{}
	}
	for name, value := range patch {
		inner, isObject := value.(map[string]any)
		switch {
		case value == nil:
			delete(result, name)
		case isObject:
			old, _ := result[name].(map[string]any)
			result[name] = merged(old, inner)
		default:
			result[name] = value
		}
	}
	return result
}

// mergePatch reads the body of a PATCH, which must say that it is a merge patch.
func (c *call) mergePatch() error {
	kind, _, _ := mime.ParseMediaType(c.header.Get("Content-Type")) // unreadable: not a merge patch
	if kind != "application/merge-patch+json" {
		return &apiError{
			status: http.StatusUnsupportedMediaType, code: "E0000021",
			summary: "Bad request.  Accept and/or Content-Type headers likely do not match supported values.",
		}
	}
	return nil
}

func replaceAgent(o *Org, c *call) (answer, error) {
	a, err := o.agentToChange(c)
	if err != nil {
		return answer{}, err
	}
	body, err := o.agentBody(c, a, nil)
	if err != nil {
		return answer{}, err
	}
	return o.begin(c, a, "Replace", agentState{a.state.status, stampOf(c.now), body}, "")
}

func updateAgent(o *Org, c *call) (answer, error) {
	a, err := o.agentToChange(c)
	if err != nil {
		return answer{}, err
	}
	if err := c.mergePatch(); err != nil {
		return answer{}, err
	}
	body, err := o.agentBody(c, a, a.state.body)
	if err != nil {
		return answer{}, err
	}
	return o.begin(c, a, "Patch", agentState{a.state.status, stampOf(c.now), body}, "")
}

func activateAgent(o *Org, c *call) (answer, error) {
	a, err := o.agentToChange(c)
	if err != nil {
		return answer{}, err
	}
	if a.state.status == aiActive {
		return answer{}, invalid("AIAgent", "The AI agent is already ACTIVE.")
	}
	if !a.state.owned() {
		return answer{}, invalid("AIAgent", "An AI agent needs at least one owner before it can be activated.")
	}
	return o.begin(c, a, "Activate", agentState{aiActive, stampOf(c.now), a.state.body}, "")
}

func deactivateAgent(o *Org, c *call) (answer, error) {
	a, err := o.agentToChange(c)
	if err != nil {
		return answer{}, err
	}
	if a.state.status == aiInactive {
		return answer{}, invalid("AIAgent", "The AI agent is already INACTIVE.")
	}
	return o.begin(c, a, "Deactivate", agentState{aiInactive, stampOf(c.now), a.state.body}, "")
}

func deleteAgent(o *Org, c *call) (answer, error) {
	a, err := o.agentToChange(c)
	if err != nil {
		return answer{}, err
	}
	if a.platform != "" {
		return answer{}, invalid("AIAgent", "An imported AI agent can't be deleted.")
	}
	if a.state.status != aiInactive {
		return answer{}, invalid("AIAgent", "Only an INACTIVE AI agent can be deleted.")
	}
	return o.begin(c, a, "Delete", agentState{body: a.state.body}, "")
}
