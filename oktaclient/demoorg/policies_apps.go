package demoorg

import (
	"maps"
	"slices"
)

// governed are the apps a policy governs.
func (o *Org) governed(p *policy) []*app {
	var apps []*app
	for _, a := range o.apps {
		if p.kind.name == "ACCESS_POLICY" && a.accessPolicy == p.id {
			apps = append(apps, a)
		}
	}
	return apps
}

// accessPolicyOfNew is the id of the policy that governs an app from the start.
func (o *Org) accessPolicyOfNew() string {
	p := o.defaultPolicy("ACCESS_POLICY")
	if p == nil {
		return ""
	}
	return p.id
}

// assignAccessPolicy puts an app under an access policy. Those of Okta's own
// apps take no others and are not left.
func assignAccessPolicy(o *Org, c *call) (answer, error) {
	a, err := o.app(c)
	if err != nil {
		return answer{}, err
	}
	p, err := o.policy(c)
	if err != nil {
		return answer{}, err
	}
	if p.owner != governsApps {
		return answer{}, invalid("Policy", "This policy cannot be assigned to an app")
	}
	for _, other := range append(o.governed(p), a) {
		if other.ownedByOkta() {
			return answer{}, invalid("Policy", "This policy belongs to \""+other.label+"\", and re-assignment of this policy is not allowed")
		}
	}
	a.accessPolicy, a.updated = p.id, stampOf(c.now)
	return noContent()
}

// ownedByOkta says whether the app is part of Okta itself.
func (a *app) ownedByOkta() bool {
	return slices.Contains([]string{"saasure", "okta_enduser", "okta_browser_plugin"}, a.name)
}

func listPolicyApps(o *Org, c *call) (answer, error) {
	p, err := o.policy(c)
	if err != nil {
		return answer{}, err
	}
	page, err := c.page(appPage, largestPage)
	if err != nil {
		return answer{}, err
	}
	return o.appsAnswer(c, page, o.governed(p))
}

// mappingDoc says that a policy governs an app.
func (p *policy) mappingDoc(a *app, base string) map[string]any {
	self := base + "/api/v1/policies/" + p.id
	id := mappingID(a)
	return map[string]any{"id": id, "_links": map[string]any{
		"self":        hint(self+"/mappings/"+id, "GET", "DELETE"),
		"policy":      hint(self, "GET"),
		"application": hint(base+"/api/v1/apps/"+a.id, "GET"),
	}}
}

func mappingID(a *app) string { return "rsm" + a.id[3:] }

func listPolicyMappings(o *Org, c *call) (answer, error) {
	p, err := o.policy(c)
	if err != nil {
		return answer{}, err
	}
	docs := []map[string]any{}
	for _, a := range o.governed(p) {
		docs = append(docs, p.mappingDoc(a, c.base))
	}
	return ok(docs)
}

func getPolicyMapping(o *Org, c *call) (answer, error) {
	p, err := o.policy(c)
	if err != nil {
		return answer{}, err
	}
	for _, a := range o.governed(p) {
		if mappingID(a) == c.params["mappingId"] {
			return ok(p.mappingDoc(a, c.base))
		}
	}
	return answer{}, notFound(c.params["mappingId"], "PolicyMapping")
}

// refusePolicyMapping answers as Okta does since apps are mapped from their side.
func refusePolicyMapping(o *Org, c *call) (answer, error) {
	if _, err := o.policy(c); err != nil {
		return answer{}, err
	}
	return answer{}, invalid("Policy mappings are no longer supported on this endpoint.")
}

// clonePolicy copies an access policy with its rules. Okta's answer does not
// tell yet when the copy was made.
func clonePolicy(o *Org, c *call) (answer, error) {
	p, err := o.policy(c)
	if err != nil {
		return answer{}, err
	}
	if p.owner != governsApps {
		return answer{}, invalid("policy", "Only policies that govern apps can be cloned")
	}
	body := maps.Clone(p.body)
	body["name"] = "[cloned] " + p.name()
	now := stampOf(c.now)
	copied := &policy{kind: p.kind, owner: p.owner}
	if err := o.fillPolicy(copied, body); err != nil {
		return answer{}, err
	}
	copied.id, copied.status, copied.created, copied.updated = o.mint(p.kind.policyPrefix), policyActive, now, now
	for _, r := range p.rules {
		twin := *r
		twin.id, twin.created, twin.updated = o.mint(p.kind.rulePrefix), now, now
		copied.rules = append(copied.rules, &twin)
	}
	o.addPolicy(copied, -1, now)
	doc := copied.doc(c.base)
	doc["created"], doc["lastUpdated"] = nil, nil
	return ok(doc)
}
