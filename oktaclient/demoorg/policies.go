package demoorg

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Statuses of policies, their rules, zones and authenticators.
const (
	policyActive   = "ACTIVE"
	policyInactive = "INACTIVE"
)

// policyRoutes are policies, their rules, what they govern, and simulation.
func policyRoutes() []route {
	const read, manage = "okta.policies.read", "okta.policies.manage"
	return []route{
		{"GET", "/api/v1/policies", "listPolicies", read, "", listPolicies},
		{"POST", "/api/v1/policies", "createPolicy", manage, "", createPolicy},
		{"POST", "/api/v1/policies/simulate", "createPolicySimulation", read, "", simulatePolicies},
		{"GET", "/api/v1/policies/{policyId}", "getPolicy", read, "", getPolicy},
		{"PUT", "/api/v1/policies/{policyId}", "replacePolicy", manage, "", replacePolicy},
		{"DELETE", "/api/v1/policies/{policyId}", "deletePolicy", manage, "", deletePolicy},
		{"POST", "/api/v1/policies/{policyId}/clone", "clonePolicy", manage, "", clonePolicy},
		{"POST", "/api/v1/policies/{policyId}/lifecycle/activate", "activatePolicy", manage, "", activatePolicy},
		{"POST", "/api/v1/policies/{policyId}/lifecycle/deactivate", "deactivatePolicy", manage, "", deactivatePolicy},
		{"GET", "/api/v1/policies/{policyId}/app", "listPolicyApps", read, "", listPolicyApps},
		{"PUT", "/api/v1/apps/{appId}/policies/{policyId}", "assignApplicationPolicy", "okta.apps.manage", "apps", assignAccessPolicy},
		{"GET", "/api/v1/policies/{policyId}/mappings", "listPolicyMappings", read, "", listPolicyMappings},
		{"POST", "/api/v1/policies/{policyId}/mappings", "mapResourceToPolicy", manage, "", refusePolicyMapping},
		{"GET", "/api/v1/policies/{policyId}/mappings/{mappingId}", "getPolicyMapping", read, "", getPolicyMapping},
		{"GET", "/api/v1/policies/{policyId}/rules", "listPolicyRules", read, "", listPolicyRules},
		{"POST", "/api/v1/policies/{policyId}/rules", "createPolicyRule", manage, "", createPolicyRule},
		{"GET", "/api/v1/policies/{policyId}/rules/{ruleId}", "getPolicyRule", read, "", getPolicyRule},
		{"PUT", "/api/v1/policies/{policyId}/rules/{ruleId}", "replacePolicyRule", manage, "", replacePolicyRule},
		{"DELETE", "/api/v1/policies/{policyId}/rules/{ruleId}", "deletePolicyRule", manage, "", deletePolicyRule},
		{"POST", "/api/v1/policies/{policyId}/rules/{ruleId}/lifecycle/activate", "activatePolicyRule", manage, "", activatePolicyRule},
		{"POST", "/api/v1/policies/{policyId}/rules/{ruleId}/lifecycle/deactivate", "deactivatePolicyRule", manage, "", deactivatePolicyRule},
	}
}

// policyStore holds the policies, and the authenticators they speak of.
type policyStore struct {
	all            []*policy
	authenticators []*authenticator
}

// policyItem is what a policy and a rule have in common: members the org
// computes, and the document with all the others as they came.
type policyItem struct {
	id, status       string
	system           bool
	priority         int
	created, updated stamp
	body             map[string]any
}

// policy is one policy with its rules, in the order of their priorities.
type policy struct {
	policyItem
	kind  *policyKind
	owner string // what an ACCESS_POLICY governs; "" in others
	rules []*policyRule
}

// What access policies govern.
const (
	governsApps    = "APP"
	governsAccount = "END_USER_ACCOUNT_MANAGEMENT" // made by Okta, out of the API's reach
)

func (i *policyItem) name() string {
	name, _ := i.body["name"].(string)
	return name
}

func (i *policyItem) thing() Thing { return Thing{i.id, i.name()} }

// computedMembers are what a body cannot set.
func computedMembers() []string {
	return []string{"id", "status", "system", "priority", "created", "lastUpdated", "type", "_links", "_embedded"}
}

// doc is the item as the API shows it.
func (i *policyItem) doc(kind string, links map[string]any) map[string]any {
	doc := map[string]any{
		"id": i.id, "type": kind, "status": i.status, "system": i.system, "priority": i.priority,
		"created": i.created, "lastUpdated": i.updated, "_links": links, "conditions": nil,
	}
	for name, value := range i.body {
		doc[name] = value
	}
	return doc
}

// lifecycleLink adds the way to the other status.
func (i *policyItem) lifecycleLink(links map[string]any, self string) {
	switch {
	case i.system:
	case i.status == policyActive:
		links["deactivate"] = hint(self+"/lifecycle/deactivate", "POST")
	default:
		links["activate"] = hint(self+"/lifecycle/activate", "POST")
	}
}

// doc is the policy as the API shows it.
func (p *policy) doc(base string) map[string]any {
	self := base + "/api/v1/policies/" + p.id
	links := map[string]any{"rules": hint(self+"/rules", "GET", "POST")}
	switch {
	case p.owner == governsAccount:
		links["self"] = hint(self, "GET")
	case p.system:
		links["self"] = hint(self, "GET", "PUT")
	default:
		links["self"] = hint(self, "GET", "PUT", "DELETE")
		links["mappings"] = hint(self+"/mappings", "GET", "POST")
		p.lifecycleLink(links, self)
	}
	return p.policyItem.doc(p.kind.name, links)
}

// expanded is the policy with its rules, if expand asks for them.
func (p *policy) expanded(c *call) map[string]any {
	doc := p.doc(c.base)
	if slices.Contains(c.expansions(), "rules") {
		doc["_embedded"] = map[string]any{"rules": p.ruleDocs(c.base)}
	}
	return doc
}

// expansions are the values of expand, given once, often or with commas.
func (c *call) expansions() []string {
	return strings.Split(strings.Join(c.query["expand"], ","), ",")
}

// policy finds the policy a path names.
func (o *Org) policy(c *call) (*policy, error) {
	id := c.params["policyId"]
	for _, p := range o.policies.all {
		if p.id == id {
			return p, nil
		}
	}
	return nil, notFound(id, "Policy")
}

// policiesOf are the policies of a type, in the order they are tried.
func (o *Org) policiesOf(kind string) []*policy {
	var found []*policy
	for _, p := range o.policies.all {
		if p.kind.name == kind {
			found = append(found, p)
		}
	}
	slices.SortStableFunc(found, func(a, b *policy) int { return a.priority - b.priority })
	return found
}

// defaultPolicy is the policy of a type that applies when no other does.
func (o *Org) defaultPolicy(kind string) *policy {
	for _, p := range o.policies.all {
		if p.kind.name == kind && p.system {
			return p
		}
	}
	return nil
}

func getPolicy(o *Org, c *call) (answer, error) {
	p, err := o.policy(c)
	if err != nil {
		return answer{}, err
	}
	return ok(p.expanded(c))
}

// listPolicies lists the policies of one type; Okta has no list of all.
func listPolicies(o *Org, c *call) (answer, error) {
	kind := c.query.Get("type")
	if kind == "" {
		return answer{}, invalid("type", "type: The field cannot be left blank")
	}
	if _, err := policyKindOf(kind); err != nil {
		return answer{}, err
	}
	status := c.query.Get("status")
	if status != "" && status != policyActive && status != policyInactive {
		return answer{}, invalid("status", "status: The field must be 'ACTIVE' or 'INACTIVE'")
	}
	var found []*policy
	for _, p := range o.policiesOf(kind) {
		if (status == "" || p.status == status) && hasPrefixFold(p.name(), c.query.Get("q")) && o.concerns(p, c.query.Get("resourceId")) {
			found = append(found, p)
		}
	}
	switch c.query.Get("sortBy") {
	case "":
	case "name":
		slices.SortStableFunc(found, func(a, b *policy) int { return strings.Compare(a.name(), b.name()) })
	default:
		return answer{}, invalid("sortBy", "sortBy: The field must be 'name'")
	}
	return policyPage(c, found)
}

// concerns says whether a policy governs the app with that id; "" is any.
func (o *Org) concerns(p *policy, appID string) bool {
	return appID == "" || slices.ContainsFunc(o.governed(p), func(a *app) bool { return a.id == appID })
}

// policyPage cuts a page out of the policies found. Unlike other lists, this one
// is whole unless a limit is given, and its self link is the query as it came.
func policyPage(c *call, found []*policy) (answer, error) {
	page, err := c.page(max(1, len(found)), largestPage)
	if err != nil {
		return answer{}, err
	}
	if page.after != "" {
		i := slices.IndexFunc(found, func(p *policy) bool { return p.id == page.after })
		if i < 0 {
			return answer{}, badCursor()
		}
		found = found[i+1:]
	}
	docs, links := []map[string]any{}, []string{c.queryLink("self", c.query)}
	for _, p := range found[:min(page.limit, len(found))] {
		doc := p.expanded(c)
		if p.owner != "" {
			embedded, _ := doc["_embedded"].(map[string]any)
			doc["_embedded"] = withEntry(embedded, "resourceType", p.owner)
		}
		docs = append(docs, doc)
	}
	if len(found) > page.limit {
		next := url.Values{}
		for name, values := range c.query {
			next[name] = values
		}
		next.Set("after", found[page.limit-1].id)
		next.Set("limit", strconv.Itoa(page.limit))
		links = append(links, c.queryLink("next", next))
	}
	return answer{status: 200, body: docs, links: links}, nil
}

func (c *call) queryLink(rel string, query url.Values) string {
	return "<" + c.base + c.path + "?" + query.Encode() + `>; rel="` + rel + `"`
}

func createPolicy(o *Org, c *call) (answer, error) {
	var body map[string]any
	if err := c.decode(&body); err != nil {
		return answer{}, err
	}
	name, _ := body["type"].(string)
	if name == "" {
		return answer{}, invalid("type", "type: The field cannot be left blank")
	}
	kind, err := policyKindOf(name)
	if err != nil {
		return answer{}, err
	}
	if kind.single {
		return answer{}, invalid("type", "type: The org has its one policy of the type "+kind.name)
	}
	wanted, err := priorityIn(body)
	if err != nil {
		return answer{}, err
	}
	p := &policy{kind: kind, owner: kind.owner}
	if err := o.fillPolicy(p, body); err != nil {
		return answer{}, err
	}
	now := stampOf(c.now)
	p.id, p.status = o.mint(kind.policyPrefix), statusAtBirth(c)
	p.created, p.updated = now, now
	o.addPolicy(p, wanted, now)
	o.addCatchAll(p, now)
	return ok(p.doc(c.base))
}

// statusAtBirth is what activate says; a status in the body has no effect.
func statusAtBirth(c *call) string {
	if c.query.Get("activate") == "false" {
		return policyInactive
	}
	return policyActive
}

// fillPolicy checks a body and takes it. p keeps what it was on an error.
func (o *Org) fillPolicy(p *policy, body map[string]any) error {
	if err := checkPolicyBody(body); err != nil {
		return err
	}
	for _, other := range o.policiesOf(p.kind.name) {
		if other != p && strings.EqualFold(other.name(), text(body["name"])) {
			return invalid("name", "name: The policy name is already in use")
		}
	}
	for _, name := range computedMembers() {
		delete(body, name)
	}
	o.completePolicy(p.kind, body)
	p.body = body
	return nil
}

// checkPolicyBody is what Okta asks of a policy and of a rule alike.
func checkPolicyBody(body map[string]any) error {
	name, isText := body["name"].(string)
	if !isText || strings.TrimSpace(name) == "" {
		return invalid("name", "name: The field cannot be left blank")
	}
	if len(name) > 255 {
		return invalid("name", "name: The field is too long")
	}
	for _, member := range []string{"conditions", "settings", "actions"} {
		switch body[member].(type) {
		case nil, map[string]any:
		default:
			return malformedBody()
		}
	}
	return checkNetwork(body)
}

// checkNetwork refuses a network condition that names zones in no way or both.
func checkNetwork(body map[string]any) error {
	conditions, _ := body["conditions"].(map[string]any)
	network, given := conditions["network"].(map[string]any)
	if !given {
		return nil
	}
	switch connection := network["connection"]; connection {
	case "ZONE":
		if (len(listIn(network, "include")) > 0) == (len(listIn(network, "exclude")) > 0) {
			return invalid("conditions.network", "conditions.network: You should either include or exclude network zones when you use zones in the policy rule.")
		}
	case nil, "ANYWHERE", "ON_NETWORK", "OFF_NETWORK":
	default:
		return invalid("conditions.network", "conditions.network: The connection must be 'ANYWHERE' or 'ZONE'")
	}
	return nil
}

func replacePolicy(o *Org, c *call) (answer, error) {
	p, err := o.policy(c)
	if err != nil {
		return answer{}, err
	}
	if p.owner == governsAccount {
		return answer{}, forbidden()
	}
	var body map[string]any
	if err := c.decode(&body); err != nil {
		return answer{}, err
	}
	if kind := body["type"]; kind != p.kind.name {
		return answer{}, invalid("type", "type: The type of a policy cannot be changed")
	}
	wanted, err := priorityIn(body)
	if err != nil {
		return answer{}, err
	}
	if err := o.fillPolicy(p, body); err != nil {
		return answer{}, err
	}
	p.updated = stampOf(c.now)
	o.movePolicy(p, wanted, p.updated)
	return ok(p.doc(c.base))
}

func deletePolicy(o *Org, c *call) (answer, error) {
	p, err := o.policy(c)
	if err != nil {
		return answer{}, err
	}
	if err := p.mayGo("deleted"); err != nil {
		return answer{}, err
	}
	if n := len(o.governed(p)); n > 0 {
		return answer{}, invalid("policy", "The policy governs "+strconv.Itoa(n)+" apps and cannot be deleted")
	}
	o.removePolicy(p, stampOf(c.now))
	return noContent()
}

// mayGo refuses to take away what Okta made.
func (p *policy) mayGo(how string) error {
	if p.system || p.owner == governsAccount {
		return invalid("policy", "The policy '"+p.name()+"' belongs to the system and cannot be "+how)
	}
	return nil
}

func activatePolicy(o *Org, c *call) (answer, error) {
	p, err := o.policy(c)
	if err != nil {
		return answer{}, err
	}
	p.turn(policyActive, stampOf(c.now))
	return noContent()
}

func deactivatePolicy(o *Org, c *call) (answer, error) {
	p, err := o.policy(c)
	if err != nil {
		return answer{}, err
	}
	if err := p.mayGo("deactivated"); err != nil {
		return answer{}, err
	}
	p.turn(policyInactive, stampOf(c.now))
	return noContent()
}

// turn changes the status; what has it already stays untouched.
func (i *policyItem) turn(status string, now stamp) {
	if i.status != status {
		i.status, i.updated = status, now
	}
}
