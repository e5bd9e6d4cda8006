package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

const (
	policiesRead   = "okta.policies.read"
	policiesManage = "okta.policies.manage"
)

// Types of policies that apps follow; the others are for groups of people.
const (
	accessPolicy      = "ACCESS_POLICY"
	profileEnrollment = "PROFILE_ENROLLMENT"
)

func policyTools() []Any {
	return []Any{listPolicies(), getPolicy(), createPolicy(), updatePolicy(), activatePolicy(), deactivatePolicy(), deletePolicy()}
}

func policyKind() kind {
	return kind{word: "policy", name: "name", param: "policy_id", finder: "list_policies",
		get: func(ctx context.Context, o *oktaclient.Org, id string) (*oktaclient.Answer, error) {
			return o.GetPolicy(ctx, id, nil)
		}}
}

type policyRef struct {
	PolicyID string `json:"policy_id" jsonschema:"id"`
}

func (in policyRef) identify() (kind, string) { return policyKind(), in.PolicyID }

type listPoliciesIn struct {
	Type   string `json:"type" enum:"ACCESS_POLICY CLIENT_UPDATE DEVICE_SIGNAL_COLLECTION ENTITY_RISK IDENTITY_CLAIM_SOURCING IDP_DISCOVERY MFA_ENROLL OKTA_SIGN_ON PASSWORD POST_AUTH_SESSION PROFILE_ENROLLMENT SESSION_VIOLATION_DETECTION" jsonschema:"ACCESS_POLICY: sign-on to apps"`
	Status string `json:"status,omitempty" enum:"ACTIVE INACTIVE" jsonschema:"only these"`
	Q      string `json:"q,omitempty" jsonschema:"start of the name"`
	Paging
}

func listPolicies() Any {
	return Tool[listPoliciesIn, List]{
		Name: "list_policies", Title: "List policies", Effect: Read, Scopes: []string{policiesRead},
		Description: "Policies of one type, with conditions and priority. Settings: get_policy.",
		Run: func(ctx context.Context, c *Call, in listPoliciesIn) (List, error) {
			query := url.Values{"type": {in.Type}}
			if in.Status != "" {
				query.Set("status", in.Status)
			}
			if in.Q != "" {
				query.Set("q", in.Q)
			}
			return listing{
				paging: in.Paging, view: view{without: []string{"settings", "created"}},
				key: []string{"policies"}, query: query, fetch: c.Org.ListPolicies,
			}.run(ctx, c)
		},
	}
}

type getPolicyIn struct {
	policyRef
	Shown
}

func getPolicy() Any {
	return Tool[getPolicyIn, Document]{
		Name: "get_policy", Title: "Get policy", Effect: Read, Scopes: []string{policiesRead},
		Description: "One policy: conditions and settings. What it decides is in its rules: list_policy_rules.",
		Run:         getObject[getPolicyIn],
	}
}

type createPolicyIn struct {
	Policy   json.RawMessage `json:"policy" jsonschema:"type, name, conditions, settings"`
	Activate bool            `json:"activate,omitempty" jsonschema:"default false"`
}

func createPolicy() Any {
	return creation[createPolicyIn]{
		action: "Create this policy", param: "policy", undo: "delete_policy",
		kind: func(createPolicyIn) kind { return policyKind() },
		body: func(in createPolicyIn) (json.RawMessage, error) { return bornAs("policy", in.Policy, in.Activate) },
		check: func(ctx context.Context, c *Call, p *confirm.Preview, in createPolicyIn, body json.RawMessage) error {
			if in.Activate {
				raise(p, "an ACTIVE policy decides at once")
				c.showCover(ctx, p, "It is", newObject(policyKind(), body, ""))
			}
			return nil
		},
		post: func(ctx context.Context, c *Call, in createPolicyIn, body json.RawMessage) (*oktaclient.Answer, error) {
			answer, err := c.Org.CreatePolicy(ctx, activateQuery(in.Activate), body)
			c.noteBirth(answer, in.Activate, "deactivate_policy")
			return answer, err
		},
	}.tool(Tool[createPolicyIn, Change]{
		Name: "create_policy", Title: "Create policy", Effect: Write, Scopes: []string{policiesManage}, Optional: []string{groupsRead},
		Description: "Creates an INACTIVE policy; add rules, then activate_policy. Asks when activate is true.",
	})
}

// bornAs is the document of a policy or rule that is to be made with the status
// wanted: Identity Engine orgs do not follow the activate parameter of policies.
func bornAs(param string, document json.RawMessage, active bool) (json.RawMessage, error) {
	document, err := brandNew(param, document)
	if err != nil {
		return nil, err
	}
	if active {
		return merge(document, json.RawMessage(`{"status":"ACTIVE"}`)), nil
	}
	return merge(document, json.RawMessage(`{"status":"INACTIVE"}`)), nil
}

func activateQuery(active bool) oktaclient.Query {
	return url.Values{"activate": {strconv.FormatBool(active)}}
}

// noteBirth says when Okta made something ACTIVE that was to be INACTIVE.
func (c *Call) noteBirth(answer *oktaclient.Answer, active bool, way string) {
	if answer != nil && !active && gjson.GetBytes(answer.Body, "status").String() == "ACTIVE" {
		c.Notes = append(c.Notes, "Okta made it ACTIVE although activate was not asked for; "+way+" changes that")
	}
}

type updatePolicyIn struct {
	policyRef
	Policy json.RawMessage `json:"policy" jsonschema:"only what changes; lists whole"`
}

func updatePolicy() Any {
	return edit[updatePolicyIn]{
		action: "Change this policy", param: "policy",
		part: func(in updatePolicyIn) (json.RawMessage, error) { return needObject("policy", in.Policy) },
		check: func(ctx context.Context, c *Call, p *confirm.Preview, _ updatePolicyIn, o object, d draft) error {
			if err := statusStays(d, "activate_policy and deactivate_policy"); err != nil {
				return err
			}
			c.showCover(ctx, p, "It is", o)
			after := newObject(policyKind(), d.after, "")
			if !slices.Equal(groupsOf(o.raw), groupsOf(d.after)) {
				c.showCover(ctx, p, "After the change it is", after)
			}
			return nil
		},
		put: whole[updatePolicyIn]((*oktaclient.Org).ReplacePolicy),
	}.tool(Tool[updatePolicyIn, Change]{
		Name: "update_policy", Title: "Update policy", Effect: Privileged, Scopes: []string{policiesManage}, Optional: []string{groupsRead},
		Description: "Changes the given members of a policy and keeps the others.",
	})
}

// statusStays refuses an edit that changes a status: Okta ignores that or does
// it, by type, and other tools do it with the right question. What an object is
// cannot be changed, and a document that says otherwise would mislead the question.
func statusStays(d draft, ways string) error {
	for _, name := range []string{"id", "type", "system", "status"} {
		if sameJSON(gjson.GetBytes(d.before, name), gjson.GetBytes(d.after, name)) {
			continue
		}
		next := ways + " change it"
		if name != "status" {
			next = "leave it out: Okta sets it once"
		}
		return &Refused{Reason: "the " + name + " is not changed this way, so nothing was sent", Next: next}
	}
	return nil
}

func activatePolicy() Any {
	return step[policyRef]{
		action: "Activate this policy", follows: []string{"It decides from then on, before policies of its type with a higher priority number."},
		from: []string{"INACTIVE"}, to: "ACTIVE",
		check: func(ctx context.Context, c *Call, p *confirm.Preview, _ policyRef, o object) error {
			decides := project(gjson.ParseBytes(o.raw), []string{"priority", "conditions", "settings"})
			p.Changes = inFull(differences(nil, decides))
			c.showCover(ctx, p, "It is", o)
			c.showRules(ctx, p, o)
			return nil
		},
		do: onID[policyRef]((*oktaclient.Org).ActivatePolicy), undo: "deactivate_policy",
	}.tool(Tool[policyRef, Change]{
		Name: "activate_policy", Title: "Activate policy", Effect: Privileged, Scopes: []string{policiesManage}, Optional: []string{groupsRead},
		Description: "Makes an INACTIVE policy decide.",
	})
}

func deactivatePolicy() Any {
	return step[policyRef]{
		action: "Deactivate this policy", follows: []string{"Its rules stop deciding."},
		from: []string{"ACTIVE"}, to: "INACTIVE",
		check: checkPolicyGoes, do: onID[policyRef]((*oktaclient.Org).DeactivatePolicy), undo: "activate_policy",
	}.tool(Tool[policyRef, Change]{
		Name: "deactivate_policy", Title: "Deactivate policy", Effect: Destructive, Scopes: []string{policiesManage}, Optional: []string{groupsRead},
		Description: "Makes a policy stop deciding, and keeps it.",
	})
}

func deletePolicy() Any {
	return step[policyRef]{
		action: "Delete this policy and its rules for good", typed: true, follows: []string{"This cannot be undone."},
		check: checkPolicyGoes, do: onID[policyRef]((*oktaclient.Org).DeletePolicy),
	}.tool(Tool[policyRef, Change]{
		Name: "delete_policy", Title: "Delete policy", Effect: Destructive, Scopes: []string{policiesManage}, Optional: []string{groupsRead},
		Description: "Deletes a policy and its rules for good; deactivate_policy keeps them.",
	})
}

// checkPolicyGoes is the check of what takes a policy away.
func checkPolicyGoes(ctx context.Context, c *Call, p *confirm.Preview, _ policyRef, o object) error {
	if o.system() {
		return &Refused{Reason: o.called() + " is a system policy, for everybody whom no other covers, and Okta keeps it ACTIVE",
			Next: "update_policy and update_policy_rule change what it does"}
	}
	if apps := c.showCover(ctx, p, "It is", o); apps.n > 0 {
		return &Refused{Reason: fmt.Sprintf("%s governs %s, and Okta keeps a policy that apps follow", o.called(), apps.of("app", "apps")),
			Next: "an administrator gives these apps another policy first, in the Okta Admin Console"}
	}
	if o.status == "ACTIVE" {
		c.showNext(ctx, p, o)
	}
	return nil
}

func (o object) system() bool { return gjson.GetBytes(o.raw, "system").Bool() }

func (o object) policyType() string { return gjson.GetBytes(o.raw, "type").String() }

// showCover adds to p for whom a policy is: the apps that follow it, or the
// groups that it names. It returns how many apps.
func (c *Call) showCover(ctx context.Context, p *confirm.Preview, itIs string, policy object) (apps atLeast) {
	if policy.status == "INACTIVE" {
		p.Consequence = append(p.Consequence, "The policy is INACTIVE and decides nothing as long as it is.")
	}
	if policy.system() {
		p.Consequence = append(p.Consequence, itIs+" the policy for everybody whom no other policy of its type covers.")
	}
	followed := policy.policyType() == accessPolicy || policy.policyType() == profileEnrollment
	switch groups := groupsOf(policy.raw); {
	case followed && policy.id != "":
		return c.showPolicyApps(ctx, p, policy.id)
	case followed: // yet to be made: no app can follow it
	case len(groups) > 0:
		c.showPolicyGroups(ctx, p, itIs, groups)
	case !policy.system():
		p.Consequence = append(p.Consequence, itIs+" for no group in particular.")
	}
	return atLeast{}
}

func groupsOf(document json.RawMessage) []string {
	return stringsOf(gjson.GetBytes(document, "conditions.people.groups.include"))
}

func (c *Call) showPolicyApps(ctx context.Context, p *confirm.Preview, policyID string) (apps atLeast) {
	seen := false
	c.measure(ctx, p, measurement{
		unseen: "How many apps follow the policy is not visible", size: 200,
		fetch: func(ctx context.Context, q oktaclient.Query) (*oktaclient.Answer, error) {
			return c.Org.ListPolicyApps(ctx, policyID, q)
		},
		tell: func(items []json.RawMessage, n atLeast) {
			apps = n
			p.Consequence = append(p.Consequence, n.of("app follows", "apps follow")+" the policy.")
			if len(items) > 0 {
				p.Details = append(p.Details, detail("apps that follow the policy", names(items, "label")))
			}
			if seen = !n.more; slices.Contains(names(items, "name"), adminConsole) {
				protect(p, "the policy decides who reaches the Okta Admin Console")
			}
		},
	})
	if !seen && p.Protected == "" {
		protect(p, "the policy may decide who reaches the Okta Admin Console: not all apps that follow it are visible")
	}
	return apps
}

// maxNamed bounds how many groups one request asks for, so that its address
// stays as short as servers take it.
const maxNamed = 50

func (c *Call) showPolicyGroups(ctx context.Context, p *confirm.Preview, itIs string, groups []string) {
	asked := make([]string, min(len(groups), maxNamed))
	for i := range asked {
		asked[i] = "id eq " + scimString(groups[i])
	}
	sentence := itIs + " for the people of " + atLeast{n: len(groups)}.of("group", "groups")
	var found []json.RawMessage
	hidden := c.informative(ctx, func(ctx context.Context) (err error) {
		found, _, err = page(c.Org.ListGroups(ctx, url.Values{"filter": {strings.Join(asked, " or ")}, "expand": {"stats"}, "limit": {"200"}}))
		return err
	})
	if hidden != "" {
		p.Consequence = append(p.Consequence, sentence+", whose names are not visible: "+hidden+".")
		p.Details = append(p.Details, detail("ids of the groups", groups))
		return
	}
	people := 0
	for _, g := range found {
		people += int(gjson.GetBytes(g, "_embedded.stats.usersCount").Int())
	}
	size := atLeast{n: people, more: len(groups) > len(asked)}.of("member", "members")
	p.Consequence = append(p.Consequence, sentence+" with "+size+" in all.")
	p.Details = append(p.Details, confirm.Detail{Label: "groups", Texts: names(found, "profile.name"), More: len(groups) - len(asked)})
}

// showRules adds to p which rules of a policy decide once it is active.
func (c *Call) showRules(ctx context.Context, p *confirm.Preview, policy object) {
	c.policyRules(ctx, p, policy.id, func(rules []json.RawMessage) {
		active := slices.DeleteFunc(rules, func(rule json.RawMessage) bool { return gjson.GetBytes(rule, "status").String() != "ACTIVE" })
		p.Consequence = append(p.Consequence, "It has "+atLeast{n: len(active)}.of("active rule.", "active rules."))
		if len(active) > 0 {
			p.Details = append(p.Details, detail("active rules", names(active, "name")))
		}
		denying := slices.DeleteFunc(active, func(rule json.RawMessage) bool { return len(denials(rule)) == 0 })
		if len(denying) > 0 {
			p.Details = append(p.Details, detail("rules that deny", names(denying, "name")))
		}
	})
}

// showNext adds to p which policy is tried next for those whom this one covered.
func (c *Call) showNext(ctx context.Context, p *confirm.Preview, policy object) {
	p.Consequence = append(p.Consequence, "People whom it covered fall to the next policy that covers them, by priority.")
	c.measure(ctx, p, measurement{
		unseen: "Which policy comes next is not visible", size: 200,
		fetch: func(ctx context.Context, q oktaclient.Query) (*oktaclient.Answer, error) {
			q.Set("type", policy.policyType())
			q.Set("status", "ACTIVE")
			return c.Org.ListPolicies(ctx, q)
		},
		tell: func(policies []json.RawMessage, _ atLeast) {
			if next := behind(policies, policy.id, gjson.GetBytes(policy.raw, "priority")); len(next) > 0 {
				p.Details = append(p.Details, detail("next by priority", names(next[:1], "name")))
			}
		},
	})
}

// behind are those of several policies or rules that are tried after the one
// with that id and priority, in order.
func behind(items []json.RawMessage, id string, priority gjson.Result) []json.RawMessage {
	var after []json.RawMessage
	for _, item := range items {
		if other := gjson.ParseBytes(item); other.Get("id").String() != id && (other.Get("priority").Int() > priority.Int() || other.Get("system").Bool()) {
			after = append(after, item)
		}
	}
	slices.SortStableFunc(after, func(a, b json.RawMessage) int {
		return int(gjson.GetBytes(a, "priority").Int() - gjson.GetBytes(b, "priority").Int())
	})
	return after
}
