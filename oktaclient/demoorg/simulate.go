package demoorg

import (
	"net/netip"
	"slices"
)

// verdict is what a simulation finds of a policy, a rule or a condition.
type verdict string

const (
	isMatch   verdict = "MATCH"
	noMatch   verdict = "NOT_MATCH"
	undecided verdict = "UNDEFINED" // the context does not tell
)

// Documents of a simulation.
type (
	simulationBody struct {
		App     string            `json:"appInstance"`
		Types   []string          `json:"policyTypes"`
		Context simulationContext `json:"policyContext"`
	}
	simulationContext struct {
		User   *struct{ ID string }
		Groups *struct{ IDs []string }
		IP     string
		Zones  *struct{ IDs []string }
		Risk   *struct{ Level string }
		Device *simulatedDevice
	}
	simulatedDevice struct {
		Platform   string
		Registered *bool
		Managed    *bool
		Assurance  string `json:"assuranceId"`
	}
	simulationDoc struct {
		Evaluation []evaluationDoc `json:"evaluation"`
	}
	evaluationDoc struct {
		Status    *verdict       `json:"status"` // Okta leaves it null
		Type      string         `json:"policyType"`
		Result    simulatedGroup `json:"result"`
		Undefined simulatedGroup `json:"undefined"`
		Evaluated simulatedGroup `json:"evaluated"`
	}
	simulatedGroup struct {
		Policies []simulatedPolicy `json:"policies"`
	}
	simulatedPolicy struct {
		simulatedItem
		Rules []simulatedItem `json:"rules"`
	}
	simulatedItem struct {
		ID         string      `json:"id"`
		Name       string      `json:"name"`
		Status     verdict     `json:"status"`
		Conditions []judgement `json:"conditions"`
	}
	// judgement is what was found of one condition.
	judgement struct {
		Type   string  `json:"type"`
		Status verdict `json:"status"`
	}
)

// simulated are the types a simulation knows.
func simulated() []string {
	return []string{"OKTA_SIGN_ON", "MFA_ENROLL", "ACCESS_POLICY", "PROFILE_ENROLLMENT"}
}

// simulatePolicies says which policies and rules would apply. Nothing changes.
func simulatePolicies(o *Org, c *call) (answer, error) {
	var body simulationBody
	if err := c.decode(&body); err != nil {
		return answer{}, err
	}
	s, err := o.scene(body)
	if err != nil {
		return answer{}, err
	}
	if len(body.Types) == 0 {
		body.Types = simulated()
	}
	s.reasons, s.all = slices.Contains(c.expansions(), "RULE"), slices.Contains(c.expansions(), "EVALUATED")
	doc := simulationDoc{Evaluation: []evaluationDoc{}}
	for _, kind := range body.Types {
		if !slices.Contains(simulated(), kind) {
			return answer{}, invalid("policyTypes", "policyTypes: The type '"+kind+"' cannot be simulated")
		}
		doc.Evaluation = append(doc.Evaluation, s.evaluate(kind))
	}
	return ok(doc)
}

// scene is who signs in to what, from where and with which device.
type scene struct {
	org     *Org
	app     *app
	user    *user    // nil when groups are given, or nothing
	groups  []string // nil when nothing is known
	address netip.Addr
	zones   []string // ids; nil when nothing is known
	risk    string
	device  simulatedDevice
	reasons bool // tell of each condition
	all     bool // tell of what did not match
}

// scene checks the body of a simulation and looks up whom it names.
func (o *Org) scene(body simulationBody) (*scene, error) {
	if body.App == "" {
		return nil, invalid("appInstance", "appInstance: The field cannot be left blank")
	}
	i := slices.IndexFunc(o.apps, func(a *app) bool { return a.id == body.App })
	if i < 0 {
		return nil, notFound(body.App, "AppInstance")
	}
	s := &scene{org: o, app: o.apps[i]}
	if err := s.meet(body.Context); err != nil {
		return nil, err
	}
	if err := s.locate(body.Context); err != nil {
		return nil, err
	}
	if risk := body.Context.Risk; risk != nil {
		if !slices.Contains([]string{"LOW", "MEDIUM", "HIGH"}, risk.Level) {
			return nil, invalid("policyContext.risk", "level: The field must be 'LOW', 'MEDIUM' or 'HIGH'")
		}
		s.risk = risk.Level
	}
	if body.Context.Device != nil {
		s.device = *body.Context.Device
	}
	return s, nil
}

// meet finds the user, or the groups that stand for one.
func (s *scene) meet(c simulationContext) error {
	if c.User != nil && c.Groups != nil {
		return invalid("policyContext", "Only user IDs or Group IDs are allowed, not both")
	}
	if c.User != nil {
		if s.user = s.org.directory.byID[c.User.ID]; s.user == nil {
			return notFound(c.User.ID, "User")
		}
	}
	if c.Groups != nil {
		s.groups = []string{s.org.groups.everyone.id}
		for _, id := range c.Groups.IDs {
			if s.org.groups.byID[id] == nil {
				return notFound(id, "UserGroup")
			}
			s.groups = append(s.groups, id)
		}
	}
	return nil
}

// locate finds the address, or the zones that stand for one.
func (s *scene) locate(c simulationContext) error {
	if c.IP != "" && c.Zones != nil {
		return invalid("policyContext", "Only an IP address or zone IDs are allowed, not both")
	}
	if c.IP != "" {
		address, err := netip.ParseAddr(c.IP)
		if err != nil {
			return invalid("policyContext.ip", "ip: The value is not a valid address")
		}
		s.address = address.Unmap()
	}
	if c.Zones != nil {
		s.zones = []string{}
		for _, id := range c.Zones.IDs {
			if s.org.zoneByID(id) == nil {
				return notFound(id, "NetworkZone")
			}
			s.zones = append(s.zones, id)
		}
	}
	return nil
}

// candidates are the policies of a type that can apply, in the order they are tried.
func (s *scene) candidates(kind string) []*policy {
	fallback := s.org.defaultPolicy(kind)
	switch kind {
	case "ACCESS_POLICY":
		for _, p := range s.org.policiesOf(kind) {
			if p.id == s.app.accessPolicy {
				return []*policy{p}
			}
		}
		return []*policy{fallback}
	case "PROFILE_ENROLLMENT":
		return []*policy{fallback}
	default:
		return s.org.policiesOf(kind)
	}
}

// evaluate tries policies in order, and the rules of those that match, until a
// rule matches.
func (s *scene) evaluate(kind string) evaluationDoc {
	doc := evaluationDoc{Type: kind}
	doc.Result.Policies, doc.Undefined.Policies, doc.Evaluated.Policies = []simulatedPolicy{}, []simulatedPolicy{}, []simulatedPolicy{}
	for _, p := range s.candidates(kind) {
		if p == nil || p.status != policyActive {
			continue
		}
		found := s.judge(&p.policyItem)
		switch found.Status {
		case noMatch:
			s.note(&doc.Evaluated, found, nil)
			continue
		case undecided:
			doc.Undefined.add(found, nil)
			continue
		}
		var matched, open, failed []simulatedItem
		for _, r := range p.rules {
			if r.status != policyActive || len(matched) > 0 {
				continue
			}
			switch rule := s.judge(&r.policyItem); rule.Status {
			case isMatch:
				matched = append(matched, rule)
			case undecided:
				open = append(open, rule)
			default:
				failed = append(failed, rule)
			}
		}
		if len(open) > 0 {
			doc.Undefined.add(found, open)
		}
		if len(failed) > 0 {
			s.note(&doc.Evaluated, found, failed)
		}
		if len(matched) > 0 {
			doc.Result.add(found, matched)
			break
		}
	}
	return doc
}

func (g *simulatedGroup) add(p simulatedItem, rules []simulatedItem) {
	g.Policies = append(g.Policies, simulatedPolicy{p, append([]simulatedItem{}, rules...)})
}

// note tells of what did not match, if that was asked for.
func (s *scene) note(g *simulatedGroup, p simulatedItem, rules []simulatedItem) {
	if s.all {
		g.add(p, rules)
	}
}

// judge tries the conditions of a policy or rule.
func (s *scene) judge(item *policyItem) simulatedItem {
	conditions, _ := item.body["conditions"].(map[string]any)
	status, reasons := s.conditions(conditions)
	if !s.reasons {
		reasons = []judgement{}
	}
	return simulatedItem{ID: item.id, Name: item.name(), Status: status, Conditions: reasons}
}
