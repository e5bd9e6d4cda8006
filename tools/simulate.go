package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/tidwall/gjson"

	"okta-mcp/oktaclient"
)

type simulatePolicyIn struct {
	AppID       string          `json:"app_id" jsonschema:"id or exact label"`
	UserID      string          `json:"user_id,omitempty" jsonschema:"id or login"`
	GroupIDs    []string        `json:"group_ids,omitempty" max:"10" jsonschema:"ids or names, instead of a person"`
	PolicyTypes []string        `json:"policy_types,omitempty" max:"4" jsonschema:"ACCESS_POLICY, OKTA_SIGN_ON, MFA_ENROLL, PROFILE_ENROLLMENT; default all"`
	IP          string          `json:"ip,omitempty" jsonschema:"address signed in from"`
	ZoneIDs     []string        `json:"zone_ids,omitempty" max:"10" jsonschema:"ids, instead of ip"`
	Device      json.RawMessage `json:"device,omitempty" jsonschema:"platform, registered, managed, assuranceId"`
	Risk        string          `json:"risk,omitempty" enum:"LOW MEDIUM HIGH" jsonschema:"risk level"`
	Explain     bool            `json:"explain,omitempty" jsonschema:"also what does not match, and why"`
}

func simulatePolicy() Any {
	return Tool[simulatePolicyIn, Document]{
		Name: "simulate_policy", Title: "Simulate policies", Effect: Read, Scopes: []string{policiesRead},
		Optional:    []string{usersRead, groupsRead, appsRead},
		Description: "Which policy and rule would decide when a person, or members of groups, open an app.",
		Run:         runSimulation,
	}
}

func runSimulation(ctx context.Context, c *Call, in simulatePolicyIn) (Document, error) {
	body, err := c.simulation(ctx, in)
	if err != nil {
		return nil, err
	}
	query := oktaclient.Query{}
	if in.Explain {
		query["expand"] = []string{"EVALUATED", "RULE"}
	}
	answer, err := c.Org.CreatePolicySimulation(ctx, query, body)
	if err != nil {
		return nil, fmt.Errorf("simulating the policies: %w", err)
	}
	evaluations, err := evaluationsIn(answer.Body)
	if err != nil {
		return nil, err
	}
	told := map[string]any{"evaluations": evaluations}
	if slices.ContainsFunc(evaluations, func(e evaluation) bool { return len(e.Undefined) > 0 }) {
		told["notes"] = []string{"rules in undefined may decide instead: Okta could not tell without what is not given of ip or zone_ids, device and risk; explain shows their conditions"}
	}
	shown, err := encode(told)
	if err != nil {
		return nil, err
	}
	return c.document(shown, nil)
}

// simulated is what Okta is asked to evaluate. Its document is one object: the
// published schema says a list, which Okta refuses.
type simulated struct {
	AppInstance   string           `json:"appInstance"`
	PolicyTypes   []string         `json:"policyTypes,omitempty"`
	PolicyContext simulatedContext `json:"policyContext"`
}

type simulatedContext struct {
	User   *simulatedUser  `json:"user,omitempty"`
	Groups *simulatedIDs   `json:"groups,omitempty"`
	IP     string          `json:"ip,omitempty"`
	Zones  *simulatedIDs   `json:"zones,omitempty"`
	Device json.RawMessage `json:"device,omitempty"`
	Risk   *simulatedRisk  `json:"risk,omitempty"`
}

type simulatedUser struct {
	ID string `json:"id"`
}

type simulatedIDs struct {
	IDs []string `json:"ids"`
}

type simulatedRisk struct {
	Level string `json:"level"`
}

// simulation is the document for Okta, with names resolved to ids.
func (c *Call) simulation(ctx context.Context, in simulatePolicyIn) (json.RawMessage, error) {
	switch {
	case (in.UserID == "") == (len(in.GroupIDs) == 0):
		return nil, &ArgumentError{Problem: "give user_id or group_ids, one of them"}
	case in.IP != "" && len(in.ZoneIDs) > 0:
		return nil, &ArgumentError{Problem: "ip and zone_ids exclude each other; give one"}
	}
	body := simulated{PolicyTypes: in.PolicyTypes, PolicyContext: simulatedContext{IP: in.IP, Device: in.Device}}
	app, err := c.applicationID(ctx, in.AppID)
	if err != nil {
		return nil, err
	}
	body.AppInstance = app
	if in.UserID != "" {
		u, err := c.user(ctx, in.UserID)
		if err != nil {
			return nil, err
		}
		body.PolicyContext.User = &simulatedUser{ID: u.id}
	} else if body.PolicyContext.Groups, err = c.simulatedGroups(ctx, in.GroupIDs); err != nil {
		return nil, err
	}
	if len(in.ZoneIDs) > 0 {
		body.PolicyContext.Zones = &simulatedIDs{IDs: in.ZoneIDs}
	}
	if in.Risk != "" {
		body.PolicyContext.Risk = &simulatedRisk{Level: in.Risk}
	}
	return encode(body)
}

// applicationID takes an id as it is, so that a simulation works with the scope
// of policies alone.
func (c *Call) applicationID(ctx context.Context, ref string) (string, error) {
	if looksLikeID(ref, "0oa") {
		return ref, nil
	}
	app, err := c.application(ctx, ref)
	return app.id, err
}

func (c *Call) simulatedGroups(ctx context.Context, refs []string) (*simulatedIDs, error) {
	ids := slices.Clone(refs)
	for i, ref := range refs {
		if looksLikeID(ref, "00g") {
			continue
		}
		g, err := c.group(ctx, ref)
		if err != nil {
			return nil, err
		}
		ids[i] = g.id
	}
	return &simulatedIDs{IDs: ids}, nil
}

// evaluation is what Okta found for one type of policy: what decides, what could
// not be decided with what was given, and, when asked for, what was tried.
type evaluation struct {
	PolicyType string            `json:"policy_type"`
	Decides    []evaluatedPolicy `json:"decides"`
	Undefined  []evaluatedPolicy `json:"undefined,omitempty"`
	Tried      []evaluatedPolicy `json:"tried,omitempty"`
}

type evaluatedPolicy struct {
	evaluatedItem
	Rules []evaluatedItem `json:"rules,omitempty"`
}

type evaluatedItem struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Status     string            `json:"status,omitempty"`
	Conditions []json.RawMessage `json:"conditions,omitempty"`
}

// evaluationsIn reads Okta's answer, which wraps the list that its schema says.
func evaluationsIn(answer json.RawMessage) ([]evaluation, error) {
	list := gjson.ParseBytes(answer)
	if list.IsObject() {
		list = list.Get("evaluation")
	}
	if !list.IsArray() {
		return nil, errors.New("read okta's answer: it has no list of evaluations")
	}
	evaluations := []evaluation{}
	for _, one := range list.Array() {
		e := evaluation{PolicyType: policyTypeOf(one.Get("policyType")), Decides: []evaluatedPolicy{}}
		for member, into := range map[string]*[]evaluatedPolicy{"result": &e.Decides, "undefined": &e.Undefined, "evaluated": &e.Tried} {
			policies := one.Get(member + ".policies")
			if !policies.IsArray() {
				continue
			}
			if err := json.Unmarshal([]byte(policies.Raw), into); err != nil {
				return nil, fmt.Errorf("read okta's answer: %w", err)
			}
		}
		evaluations = append(evaluations, e)
	}
	return evaluations, nil
}

// policyTypeOf is a type, which Okta's schema puts into a list.
func policyTypeOf(value gjson.Result) string {
	if value.IsArray() {
		return value.Get("0").String()
	}
	return value.String()
}
