package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

func groupRuleTools() []Any {
	return []Any{listGroupRules(), getGroupRule(), createGroupRule(), updateGroupRule(),
		activateGroupRule(), deactivateGroupRule(), deleteGroupRule()}
}

// groupRuleKind reads rules with the names of their groups: an id alone tells a
// person nothing.
func groupRuleKind() kind {
	return kind{word: "group rule", name: "name", param: "rule_id", finder: "list_group_rules",
		get: func(ctx context.Context, o *oktaclient.Org, id string) (*oktaclient.Answer, error) {
			return o.GetGroupRule(ctx, id, url.Values{"expand": {"groupIdToGroupNameMap"}})
		}}
}

type groupRuleRef struct {
	RuleID string `json:"rule_id" jsonschema:"id"`
}

func (in groupRuleRef) identify() (kind, string) { return groupRuleKind(), in.RuleID }

// fedBy are the ids of the groups that a rule puts people into.
func fedBy(rule gjson.Result) []string {
	return stringsOf(rule.Get("actions.assignUserToGroups.groupIds"))
}

// fedGroups are the groups that a rule read by its id puts people into, by id
// and, of those that still exist, name.
func fedGroups(rule json.RawMessage) []group {
	r := gjson.ParseBytes(rule)
	named := r.Get("_embedded.groupIdToGroupNameMap")
	var groups []group
	for _, id := range fedBy(r) {
		groups = append(groups, group{id: id, name: exactMember(named, id).String()})
	}
	return groups
}

type listGroupRulesIn struct {
	Search string `json:"search,omitempty" jsonschema:"part of the name"`
	Paging
}

func listGroupRules() Any {
	return Tool[listGroupRulesIn, List]{
		Name: "list_group_rules", Title: "List group rules", Effect: Read, Scopes: []string{groupsRead},
		Description: "Rules that put people into groups by an expression, with their status.",
		Run: func(ctx context.Context, c *Call, in listGroupRulesIn) (List, error) {
			query := url.Values{}
			setIf(query, "search", in.Search)
			return listing{paging: in.Paging, view: view{without: []string{"type"}}, key: []string{"group rules"}, query: query, fetch: c.Org.ListGroupRules}.run(ctx, c)
		},
	}
}

type getGroupRuleIn struct {
	groupRuleRef
	Shown
}

func getGroupRule() Any {
	return Tool[getGroupRuleIn, Document]{
		Name: "get_group_rule", Title: "Get group rule", Effect: Read, Scopes: []string{groupsRead},
		Description: "One group rule: status, expression, its groups and their names, excluded people.",
		Run:         getObject[getGroupRuleIn],
	}
}

type createGroupRuleIn struct {
	Name           string   `json:"name" jsonschema:"up to 50 characters"`
	Expression     string   `json:"expression" jsonschema:"e.g. user.department==\"Sales\""`
	GroupIDs       []string `json:"group_ids" jsonschema:"ids or exact names" min:"1" max:"20"`
	ExcludeUserIDs []string `json:"exclude_user_ids,omitempty" jsonschema:"people left out" max:"100"`
}

func createGroupRule() Any {
	return Tool[createGroupRuleIn, Change]{
		Name: "create_group_rule", Title: "Create group rule", Effect: Write, Scopes: []string{groupsManage},
		Description: "Creates an INACTIVE rule, which activate_group_rule starts.",
		Check:       checkCreateGroupRule,
		Run: func(ctx context.Context, c *Call, in createGroupRuleIn) (Change, error) {
			document := ruleTerms(in.Name, in.Expression, in.ExcludeUserIDs)
			document["type"] = "group_rule"
			document["actions"] = map[string]any{"assignUserToGroups": map[string]any{"groupIds": in.GroupIDs}}
			body, err := encode(document)
			if err != nil {
				return Change{}, err
			}
			answer, err := c.Org.CreateGroupRule(ctx, body)
			if err != nil {
				return Change{}, c.unmade(groupRuleKind(), err)
			}
			return made(c, groupRuleKind(), answer, "delete_group_rule")
		},
	}
}

func checkCreateGroupRule(ctx context.Context, c *Call, in *createGroupRuleIn) (confirm.Preview, error) {
	p := confirm.Preview{Action: "Create this group rule", Targets: []confirm.Target{{Type: "group rule", Name: in.Name}},
		Consequence: []string{"It is created INACTIVE and changes nobody until it is activated."}}
	showCondition(&p, in.Expression)
	for i, ref := range in.GroupIDs {
		g, err := c.joinable(ctx, ref)
		if err != nil {
			return p, err
		}
		if slices.Contains(in.GroupIDs[:i], g.id) {
			return p, &ArgumentError{Problem: fmt.Sprintf("group_ids names one group twice: %q", ref)}
		}
		in.GroupIDs[i] = g.id
		p.Also = append(p.Also, g.target())
		p.Details = append(p.Details, groupDetail("puts people into the group", g))
	}
	return p, nil
}

// ruleTerms is what of a rule can be given and changed.
func ruleTerms(name, expression string, excluded []string) map[string]any {
	terms, conditions := map[string]any{}, map[string]any{}
	if name != "" {
		terms["name"] = name
	}
	if expression != "" {
		conditions["expression"] = map[string]string{"value": expression, "type": "urn:okta:expression:1.0"}
	}
	if excluded != nil {
		conditions["people"] = map[string]any{"users": map[string]any{"exclude": excluded}}
	}
	if len(conditions) > 0 {
		terms["conditions"] = conditions
	}
	return terms
}

type updateGroupRuleIn struct {
	groupRuleRef
	Name           string   `json:"name,omitempty" jsonschema:"new name"`
	Expression     string   `json:"expression,omitempty" jsonschema:"new condition"`
	ExcludeUserIDs []string `json:"exclude_user_ids,omitempty" jsonschema:"all of them" max:"100"`
}

func updateGroupRule() Any {
	return edit[updateGroupRuleIn]{
		action: "Change this group rule", param: "the change",
		part: func(in updateGroupRuleIn) (json.RawMessage, error) {
			terms := ruleTerms(in.Name, in.Expression, in.ExcludeUserIDs)
			if len(terms) == 0 {
				return nil, &ArgumentError{Problem: "nothing to change: give name, expression or exclude_user_ids"}
			}
			return encode(terms)
		},
		check: func(_ context.Context, _ *Call, p *confirm.Preview, _ updateGroupRuleIn, o object, _ draft) error {
			for _, g := range fedGroups(o.raw) {
				p.Also = append(p.Also, g.target())
			}
			p.Consequence = append(p.Consequence, "It is INACTIVE and changes nobody until it is activated.")
			return step[updateGroupRuleIn]{from: []string{"INACTIVE"}, next: map[string]string{
				"ACTIVE":  "deactivate_group_rule stops it, and leaves everybody in the groups; then change it and activate it again",
				"INVALID": goneGroup,
			}}.allowed(o)
		},
		put:  putGroupRule,
		undo: undoGroupRule,
	}.tool(Tool[updateGroupRuleIn, Change]{
		Name: "update_group_rule", Title: "Update group rule", Effect: Write, Scopes: []string{groupsManage},
		Description: "Changes an INACTIVE rule. Okta never changes the groups of a rule: create another.",
	})
}

// goneGroup is what leads on from INVALID.
const goneGroup = "a group that it puts people into was deleted, and such a rule can only be deleted; create_group_rule makes one for groups that exist"

// putGroupRule sends what Okta takes of a rule; the rest it writes by itself.
func putGroupRule(ctx context.Context, c *Call, _ updateGroupRuleIn, o confirm.Target, d draft) (*oktaclient.Answer, error) {
	body := project(gjson.ParseBytes(d.after), []string{"type", "name", "conditions", "actions"})
	return c.Org.ReplaceGroupRule(ctx, o.ID, body)
}

// undoGroupRule turns the part of a rule that was changed back into parameters.
func undoGroupRule(before json.RawMessage) map[string]any {
	arguments := map[string]any{}
	for name, path := range map[string]string{
		"name": "name", "expression": "conditions.expression.value", "exclude_user_ids": "conditions.people.users.exclude",
	} {
		if was := gjson.GetBytes(before, path); was.Exists() {
			arguments[name] = json.RawMessage(was.Raw)
		}
	}
	return arguments
}

func activateGroupRule() Any {
	return step[groupRuleRef]{
		action: "Activate this group rule",
		follows: []string{"Everybody who meets its condition is put into its groups at once.",
			"From then on people go in and out as their profiles change."},
		from: []string{"INACTIVE"}, to: "ACTIVE", next: map[string]string{"INVALID": goneGroup},
		check: checkActivateGroupRule, do: onID[groupRuleRef]((*oktaclient.Org).ActivateGroupRule), undo: "deactivate_group_rule",
	}.tool(Tool[groupRuleRef, Change]{
		Name: "activate_group_rule", Title: "Activate group rule", Effect: Privileged, Scopes: []string{groupsManage}, Optional: []string{rolesRead},
		Description: "Lets an INACTIVE rule put everybody it means into its groups.",
	})
}

func checkActivateGroupRule(ctx context.Context, c *Call, p *confirm.Preview, _ groupRuleRef, o object) error {
	groups := showRule(p, o)
	w, err := c.newWalk(ctx, p)
	if err != nil {
		return err
	}
	for _, g := range groups {
		if w.seen[g.id] { // met already, where another of them leads
			continue
		}
		if err := w.joining(ctx, g); err != nil {
			return err
		}
	}
	p.Notes = append(p.Notes, "deactivating it again leaves whom it put into its groups there; delete_group_rule can take them out")
	return nil
}

func deactivateGroupRule() Any {
	return step[groupRuleRef]{
		action: "Deactivate this group rule",
		follows: []string{"Whoever is in its groups stays there, also those whom it would have taken out later.",
			"Nobody new is put in."},
		from: []string{"ACTIVE"}, to: "INACTIVE", next: map[string]string{"INVALID": goneGroup},
		check: func(ctx context.Context, c *Call, p *confirm.Preview, _ groupRuleRef, o object) error {
			c.showFed(ctx, p, showRule(p, o))
			return nil
		},
		do: onID[groupRuleRef]((*oktaclient.Org).DeactivateGroupRule), undo: "activate_group_rule",
	}.tool(Tool[groupRuleRef, Change]{
		Name: "deactivate_group_rule", Title: "Deactivate group rule", Effect: Destructive, Scopes: []string{groupsManage},
		Description: "Stops a rule; whom it put into groups stays there.",
	})
}

type deleteGroupRuleIn struct {
	groupRuleRef
	RemoveUsers bool `json:"remove_users,omitempty" jsonschema:"out of its groups too"`
}

func deleteGroupRule() Any {
	return step[deleteGroupRuleIn]{
		action: "Delete this group rule for good", typed: true, follows: []string{"This cannot be undone."},
		from: []string{"INACTIVE", "INVALID"}, next: map[string]string{"ACTIVE": "deactivate_group_rule comes first"},
		check: checkDeleteGroupRule,
		do: func(ctx context.Context, c *Call, in deleteGroupRuleIn, o confirm.Target) (*oktaclient.Answer, error) {
			answer, err := c.Org.DeleteGroupRule(ctx, o.ID, url.Values{"removeUsers": {strconv.FormatBool(in.RemoveUsers)}})
			k, _ := in.identify()
			return c.untilGone(ctx, k, o.ID, answer, err)
		},
	}.tool(Tool[deleteGroupRuleIn, Change]{
		Name: "delete_group_rule", Title: "Delete group rule", Effect: Destructive, Scopes: []string{groupsManage}, Optional: []string{rolesRead},
		Description: "Deletes an INACTIVE or INVALID rule for good.",
	})
}

func checkDeleteGroupRule(ctx context.Context, c *Call, p *confirm.Preview, in deleteGroupRuleIn, o object) error {
	groups := showRule(p, o)
	if !in.RemoveUsers {
		p.Consequence = append(p.Consequence, "Whom it put into its groups stays there, and no rule takes them out any more.")
		c.showFed(ctx, p, groups)
		return nil
	}
	p.Consequence = append(p.Consequence, "Whom it put into its groups is taken out, and loses what the groups open.")
	c.showFed(ctx, p, groups)
	w, err := c.newWalk(ctx, p)
	if err != nil {
		return err
	}
	for _, g := range groups {
		c.protectGroup(p, g)
		c.showApps(ctx, p, g.id, "A group of it opens %s.", "apps opened by the group "+g.id)
		if _, err := c.weighGroup(ctx, p, g.id, "a group left"); err != nil {
			return err
		}
		if err := c.notOurGroup(ctx, g); err != nil {
			return err
		}
		if err := w.leaving(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

// maxFed is how many groups of a rule are counted: each costs a request.
const maxFed = 3

// showFed adds to p how many people are in the groups that a rule feeds.
func (c *Call) showFed(ctx context.Context, p *confirm.Preview, groups []group) {
	for _, g := range groups[:min(len(groups), maxFed)] {
		c.showMembers(ctx, p, g.id, "%s in the group "+g.id+", put there by it or otherwise.")
	}
	if left := len(groups) - maxFed; left > 0 {
		p.Consequence = append(p.Consequence, fmt.Sprintf("It feeds %s that are not counted here.", atLeast{n: left}.of("further group", "further groups")))
	}
}

// showRule puts a rule's terms into the question and returns its groups.
func showRule(p *confirm.Preview, rule object) []group {
	showCondition(p, gjson.GetBytes(rule.raw, "conditions.expression.value").String())
	if excluded := gjson.GetBytes(rule.raw, "conditions.people.users.exclude").Array(); len(excluded) > 0 {
		p.Consequence = append(p.Consequence, fmt.Sprintf("It leaves out %s by name.", atLeast{n: len(excluded)}.of("person", "people")))
	}
	groups := fedGroups(rule.raw)
	for _, g := range groups {
		p.Also = append(p.Also, g.target())
		p.Details = append(p.Details, groupDetail("puts people into the group", g))
	}
	return groups
}

func groupDetail(label string, g group) confirm.Detail {
	return confirm.Detail{Label: label, Texts: []string{g.name, "id " + g.id}}
}

// chunk is how much of a condition a question shows in one piece: longer texts
// are cut there, and all of a condition counts.
const chunk = 72

func showCondition(p *confirm.Preview, expression string) {
	var pieces []string
	left := []rune(expression)
	for len(left) > chunk {
		end := chunk
		for end > chunk/2 && left[end-1] != ' ' { // words are kept whole
			end--
		}
		if left[end-1] != ' ' {
			end = chunk
		}
		pieces, left = append(pieces, string(left[:end])), left[end:]
	}
	p.Details = append(p.Details, confirm.Detail{Label: "condition", Texts: append(pieces, string(left))})
}
