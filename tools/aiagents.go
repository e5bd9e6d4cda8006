package tools

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

const (
	aiAgentsRead   = "okta.aiAgents.read"
	aiAgentsManage = "okta.aiAgents.manage"
)

// maxOwnersNamed is how many owners a question names; the others show their ids.
const maxOwnersNamed = 2

func aiAgentTools() []Any {
	return []Any{listAIAgents(), getAIAgent(), registerAIAgent(), updateAIAgent(), activateAIAgent(), deactivateAIAgent(), deleteAIAgent()}
}

func aiAgentKind() kind {
	return kind{word: "AI agent", name: "profile.name", param: "agent_id", finder: "list_ai_agents",
		get: byID((*oktaclient.Org).GetAIAgent), operation: byID((*oktaclient.Org).GetAIAgentOperation)}
}

type aiAgentRef struct {
	AgentID string `json:"agent_id" jsonschema:"id"`
}

func (in aiAgentRef) identify() (kind, string) { return aiAgentKind(), in.AgentID }

type listAIAgentsIn struct {
	Search string `json:"search,omitempty" jsonschema:"eq on appId; eq, sw, co on profile.name"`
	Status string `json:"status,omitempty" enum:"STAGED ACTIVE INACTIVE" jsonschema:"narrows search"`
	Paging
}

func listAIAgents() Any {
	return Tool[listAIAgentsIn, List]{
		Name: "list_ai_agents", Title: "List AI agents", Effect: Read, Scopes: []string{aiAgentsRead},
		Description: "Finds the AI agents that are registered in the org or imported into it.",
		Run: func(ctx context.Context, c *Call, in listAIAgentsIn) (List, error) {
			query, err := searchWith(in.Search, in.Status)
			if err != nil {
				return List{}, err
			}
			return listing{paging: in.Paging, view: view{without: []string{"orn"}}, key: []string{"AI agents"}, query: query, fetch: wrapped("data", c.Org.ListAIAgents)}.run(ctx, c)
		},
	}
}

type getAIAgentIn struct {
	aiAgentRef
	Shown
}

func getAIAgent() Any {
	return Tool[getAIAgentIn, Document]{
		Name: "get_ai_agent", Title: "Get AI agent", Effect: Read, Scopes: []string{aiAgentsRead},
		Description: "One AI agent: status, profile, owners, linked app.",
		Run:         getObject[getAIAgentIn],
	}
}

type registerAIAgentIn struct {
	Agent json.RawMessage `json:"agent" jsonschema:"profile with name and description, owners as {id, type USER or GROUP}, appId"`
}

func registerAIAgent() Any {
	return creation[registerAIAgentIn]{
		action: "Register this AI agent", param: "agent", undo: "deactivate_ai_agent",
		kind: func(registerAIAgentIn) kind { return aiAgentKind() },
		body: func(in registerAIAgentIn) (json.RawMessage, error) { return brandNew("agent", in.Agent) },
		check: func(_ context.Context, c *Call, p *confirm.Preview, _ registerAIAgentIn, body json.RawMessage) error {
			if beyond(draft{after: body}, "profile", "owners") {
				raise(p, "more than a profile and owners is given")
			}
			return cmp.Or(ownersByID(body), c.own(gjson.GetBytes(body, "appId").String()))
		},
		post: func(ctx context.Context, c *Call, _ registerAIAgentIn, body json.RawMessage) (*oktaclient.Answer, error) {
			answer, err := c.Org.RegisterAIAgent(ctx, body)
			next := "activate_ai_agent is next"
			if len(gjson.GetBytes(body, "owners").Array()) == 0 {
				next = "update_ai_agent gives it an owner, and activate_ai_agent is next then"
			}
			c.Notes = append(c.Notes, "Okta makes agents STAGED: "+next+"; delete_ai_agent removes one that is INACTIVE")
			return c.follow(ctx, aiAgentKind(), answer, err)
		},
	}.tool(Tool[registerAIAgentIn, Change]{
		Name: "register_ai_agent", Title: "Register AI agent", Effect: Write, Scopes: []string{aiAgentsManage},
		Description: "Registers an AI agent, STAGED: it can do nothing yet.",
	})
}

type updateAIAgentIn struct {
	aiAgentRef
	Agent json.RawMessage `json:"agent" jsonschema:"only what changes; lists whole"`
}

func updateAIAgent() Any {
	return edit[updateAIAgentIn]{
		action: "Change this AI agent", param: "agent",
		part:  func(in updateAIAgentIn) (json.RawMessage, error) { return needObject("agent", in.Agent) },
		check: checkAIAgentUpdate,
		put: func(ctx context.Context, c *Call, in updateAIAgentIn, o confirm.Target, _ draft) (*oktaclient.Answer, error) {
			answer, err := c.Org.UpdateAIAgent(ctx, o.ID, settled(in.Agent))
			answer, err = c.follow(ctx, aiAgentKind(), answer, err)
			if answer != nil && !gjson.GetBytes(answer.Body, "profile").Exists() {
				answer.Body = nil // what the operation says is no document to compare with
			}
			return answer, err
		},
	}.tool(Tool[updateAIAgentIn, Change]{
		Name: "update_ai_agent", Title: "Update AI agent", Effect: Write, Scopes: []string{aiAgentsManage}, Optional: []string{usersRead, groupsRead},
		Description: "Changes members of an AI agent and keeps the others. Asks when an owner or the app changes.",
	})
}

func checkAIAgentUpdate(ctx context.Context, c *Call, p *confirm.Preview, _ updateAIAgentIn, o object, d draft) error {
	if err := statusStays(d, "activate_ai_agent and deactivate_ai_agent"); err != nil {
		return err
	}
	if differAt(d, []string{"owners"}) {
		if err := ownersByID(d.after); err != nil {
			return err
		}
		raise(p, "owners answer for an AI agent, and this changes who does")
		c.showOwners(ctx, p, "owners now", d.before)
		c.showOwners(ctx, p, "owners then", d.after)
	}
	if beyond(d, "profile", "owners", "appId") {
		raise(p, "more than the profile changes")
	}
	if differAt(d, []string{"appId"}) {
		raise(p, "this links the AI agent to another app")
		if err := c.own(gjson.GetBytes(d.after, "appId").String()); err != nil {
			return err
		}
	}
	if o.status == "ACTIVE" {
		p.Consequence = append(p.Consequence, "The agent is ACTIVE.")
	}
	return nil
}

// beyond reports whether a draft changes more than the members named.
func beyond(d draft, names ...string) bool {
	return len(differences(leaving(d.before, names), leaving(d.after, names))) > 0
}

// ownersByID refuses owners that Okta does not take, before anybody is asked.
func ownersByID(agent json.RawMessage) error {
	for _, owner := range gjson.GetBytes(agent, "owners").Array() {
		id, sort := owner.Get("id").String(), owner.Get("type").String()
		if prefix := map[string]string{"USER": "00u", "GROUP": "00g"}[sort]; prefix == "" || !looksLikeID(id, prefix) {
			return &ArgumentError{Problem: "each of agent.owners must be an object with the id of a user or group, not a login or name, and type USER or GROUP; get_user and get_group show ids"}
		}
	}
	return nil
}

// showOwners adds to p who owns an AI agent, the first of them by name.
func (c *Call) showOwners(ctx context.Context, p *confirm.Preview, label string, agent json.RawMessage) {
	owners := gjson.GetBytes(agent, "owners").Array()
	if len(owners) == 0 {
		p.Consequence = append(p.Consequence, capitalLabel(label)+": none.")
		return
	}
	texts := make([]string, len(owners))
	for i, owner := range owners {
		id, sort := owner.Get("id").String(), owner.Get("type").String()
		texts[i] = strings.ToLower(sort) + " " + id
		if i < maxOwnersNamed {
			texts[i] = strings.TrimSpace(texts[i] + " " + c.ownerName(ctx, sort, id)) // a long name is cut, an id never
		}
	}
	p.Details = append(p.Details, detail(label, texts))
}

func capitalLabel(label string) string { return strings.ToUpper(label[:1]) + label[1:] }

// ownerName is the login or name of an owner, or "" when it cannot be read.
func (c *Call) ownerName(ctx context.Context, sort, id string) (name string) {
	c.informative(ctx, func(ctx context.Context) error {
		if sort == "GROUP" {
			g, err := c.group(ctx, id)
			name = g.name
			return err
		}
		u, err := c.user(ctx, id)
		name = u.login
		return err
	})
	return name
}

func activateAIAgent() Any {
	return step[aiAgentRef]{
		action: "Activate this AI agent", follows: []string{"It can sign in to the org and use its connections."},
		from: []string{"STAGED", "INACTIVE"}, to: "ACTIVE",
		check: func(ctx context.Context, c *Call, p *confirm.Preview, _ aiAgentRef, o object) error {
			if len(gjson.GetBytes(o.raw, "owners").Array()) == 0 {
				return &Refused{Reason: o.called() + " has no owner, and Okta activates none without", Next: "update_ai_agent gives it owners"}
			}
			c.showReach(ctx, p, o.id, "active ", "works then.", "work then.")
			c.showOwners(ctx, p, "owners", o.raw)
			if app := gjson.GetBytes(o.raw, "appId").String(); app != "" {
				p.Details = append(p.Details, detail("linked app", []string{app}))
			}
			if o.status == "STAGED" {
				p.Notes = append(p.Notes, "undoing leads to INACTIVE, not back to STAGED")
			}
			return nil
		},
		do: onIDLater[aiAgentRef]((*oktaclient.Org).ActivateAIAgent), undo: "deactivate_ai_agent",
	}.tool(Tool[aiAgentRef, Change]{
		Name: "activate_ai_agent", Title: "Activate AI agent", Effect: Privileged, Scopes: []string{aiAgentsManage}, Optional: []string{usersRead, groupsRead},
		Description: "Lets a STAGED or INACTIVE AI agent that has an owner sign in.",
	})
}

func deactivateAIAgent() Any {
	return step[aiAgentRef]{
		action: "Deactivate this AI agent", follows: []string{"It cannot sign in any more; owners, keys and connections are kept."},
		from: []string{"STAGED", "ACTIVE"}, to: "INACTIVE",
		check: func(ctx context.Context, c *Call, p *confirm.Preview, _ aiAgentRef, o object) error {
			c.showReach(ctx, p, o.id, "active ", "stops working.", "stop working.")
			if o.status == "STAGED" {
				p.Notes = append(p.Notes, "undoing leads to ACTIVE, not back to STAGED, and needs an owner")
			}
			return nil
		},
		do: onIDLater[aiAgentRef]((*oktaclient.Org).DeactivateAIAgent), undo: "activate_ai_agent",
	}.tool(Tool[aiAgentRef, Change]{
		Name: "deactivate_ai_agent", Title: "Deactivate AI agent", Effect: Destructive, Scopes: []string{aiAgentsManage},
		Description: "Stops an AI agent with all its keys and connections, and keeps it.",
	})
}

func deleteAIAgent() Any {
	return step[aiAgentRef]{
		action: "Delete this AI agent for good", typed: true,
		follows: []string{"This cannot be undone.", "It is deleted from Okta only: where it runs, in the provider's app, it stays."},
		from:    []string{"INACTIVE"}, next: map[string]string{"": "deactivate_ai_agent comes first"},
		check: func(ctx context.Context, c *Call, p *confirm.Preview, _ aiAgentRef, o object) error {
			if gjson.GetBytes(o.raw, "platform").String() != "" {
				return &Refused{Reason: o.called() + " was imported from its provider, and Okta deletes no imported agent", Next: "leave it INACTIVE, or delete it at its provider"}
			}
			c.showReach(ctx, p, o.id, "", "is deleted with it.", "are deleted with it.")
			return nil
		},
		do: onIDLater[aiAgentRef]((*oktaclient.Org).DeleteAIAgent),
	}.tool(Tool[aiAgentRef, Change]{
		Name: "delete_ai_agent", Title: "Delete AI agent", Effect: Destructive, Scopes: []string{aiAgentsManage},
		Description: "Deletes an INACTIVE AI agent that was not imported, for good.",
	})
}

// showReach adds to p how many keys an AI agent signs in with and how many
// connections it has, all of them or only the active ones, and what becomes of
// one and of several.
func (c *Call) showReach(ctx context.Context, p *confirm.Preview, agentID, which, one, many string) {
	count := func(what, whats string, list fetch) {
		c.measure(ctx, p, measurement{
			unseen: "How many " + whats + " it has is not visible", size: 200, fetch: wrapped("data", list),
			tell: func(items []json.RawMessage, n atLeast) {
				if which != "" {
					n.n = len(activeOf(items))
				}
				p.Consequence = append(p.Consequence, n.of(which+what+" "+one, which+whats+" "+many))
			},
		})
	}
	count("key", "keys", c.agentKeys(agentID))
	count("connection", "connections", c.agentConnections(agentID))
}

// agentKeys and agentConnections read what belongs to an AI agent.
func (c *Call) agentKeys(agentID string) fetch {
	return func(ctx context.Context, _ oktaclient.Query) (*oktaclient.Answer, error) {
		return c.Org.ListAIAgentKeys(ctx, agentID, nil) // Okta answers all at once
	}
}

func (c *Call) agentConnections(agentID string) fetch {
	return func(ctx context.Context, q oktaclient.Query) (*oktaclient.Answer, error) {
		return c.Org.ListAIAgentConnections(ctx, agentID, q)
	}
}

// activeOf are the items that are ACTIVE.
func activeOf(items []json.RawMessage) []json.RawMessage {
	var some []json.RawMessage
	for _, item := range items {
		if gjson.GetBytes(item, "status").String() == "ACTIVE" {
			some = append(some, item)
		}
	}
	return some
}

// showAgent adds to p whose key or connection it is, and returns the agent.
func (c *Call) showAgent(ctx context.Context, p *confirm.Preview, agentID string) (object, error) {
	agent, err := c.object(ctx, aiAgentKind(), agentID)
	if err != nil {
		return object{}, err
	}
	p.Details = append(p.Details, detail("the AI agent", []string{agent.name, "id " + agent.id, agent.status}))
	p.State = []any{p.State, agent.state()}
	return agent, nil
}

// needActive refuses an end of a connection that is not ACTIVE.
func needActive(o object, next string) error {
	if o.status == "ACTIVE" {
		return nil
	}
	return &Refused{Reason: o.called() + " is " + firstNonEmpty(o.status, "without a status") + ", and a connection needs both ends ACTIVE", Next: next}
}
