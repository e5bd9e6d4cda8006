package tools

import (
	"context"
	"strings"
	"time"
)

const accessStatusName = "get_access_status"

type accessStatusIn struct{}

// accessStatusOut is what an agent, or the person behind it, can know of what
// this server may do and why not more.
type accessStatusOut struct {
	Org        string         `json:"org"`
	SignedIn   bool           `json:"signed_in"`
	Problem    string         `json:"problem,omitempty"`
	Identity   identity       `json:"identity"`
	Scopes     scopes         `json:"scopes"`
	Asking     string         `json:"asking"` // how a person is asked
	Approved   []string       `json:"approved,omitempty"`
	ReadOnly   bool           `json:"read_only"`
	Secrets    bool           `json:"secrets_allowed"`
	Protected  []string       `json:"protected,omitempty"`
	Policies   []string       `json:"policies,omitempty"` // the operator's files in force
	Limits     []limitLeft    `json:"limits,omitempty"`
	NotOffered []missing      `json:"not_offered,omitempty"`
	RateLimits []headroomInfo `json:"rate_limits,omitempty"`
}

type identity struct {
	Method   string `json:"method"`
	Why      string `json:"why,omitempty"` // why that method
	ClientID string `json:"client_id"`
	UserID   string `json:"user_id,omitempty"`
}

type scopes struct {
	Granted    []string `json:"granted"`
	NotGranted []string `json:"not_granted,omitempty"` // asked for
	Unknown    []string `json:"unknown,omitempty"`     // asked for, and refused by the org
}

type missing struct {
	Why   string `json:"why"`
	Tools string `json:"tools"`
}

type headroomInfo struct {
	Family    string    `json:"family"`
	Remaining int       `json:"remaining"`
	Limit     int       `json:"limit"`
	Reset     time.Time `json:"reset"`
}

func accessStatus() Any {
	return Tool[accessStatusIn, accessStatusOut]{
		Name: accessStatusName, Title: "Get access status", Effect: Read,
		Description: "What this server may do in the org and why not more: identity, scopes, tools not offered, how a person is asked, rate limits.",
		Run: func(ctx context.Context, c *Call, _ accessStatusIn) (accessStatusOut, error) {
			return c.server.accessStatus(ctx, c.principal, c.Status), nil
		},
	}
}

func (s *Server) accessStatus(ctx context.Context, p Principal, status Status) accessStatusOut {
	out := accessStatusOut{
		Org: status.OrgURL, SignedIn: status.SignedIn, Problem: joined(status.Problem, s.mandate.problem()),
		Identity: identity{Method: status.Method, Why: whyMethod(status.Method), ClientID: status.ClientID, UserID: status.UserID},
		Scopes:   scopes{Granted: append([]string{}, status.Granted...), Unknown: status.Refused},
		Asking:   s.gate.Asking(ctx), Approved: s.mandate.approvedFor(p),
		ReadOnly: s.cfg.Options.ReadOnly || p.onlyReads(), Secrets: s.cfg.Options.AllowSecrets, Protected: s.cfg.Options.Protect,
		Policies: s.mandate.named(), Limits: s.mandate.limits.left(),
	}
	for _, scope := range status.Asked {
		if !holds(status.Granted, scope) {
			out.Scopes.NotGranted = append(out.Scopes.NotGranted, scope)
		}
	}
	out.NotOffered = notOffered(s.describeTo(p))
	for _, h := range s.cfg.Access.Headroom() {
		out.RateLimits = append(out.RateLimits, headroomInfo{Family: h.Family, Remaining: h.Remaining, Limit: h.Limit, Reset: h.Reset.UTC()})
	}
	return out
}

// joined puts two problems into one line; either may be empty.
func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

func whyMethod(method string) string {
	switch method {
	case "private_key_jwt":
		return "a private key is set, so the server signs in as a service app"
	case "device_code":
		return "no private key is set, so a person signs in"
	}
	return ""
}

// notOffered groups the tools that are missing by what they are missing for.
func notOffered(all []Description) []missing {
	var groups []missing
	index := map[string]int{}
	for _, d := range all {
		if d.Why == "" || d.Name == signInName {
			continue
		}
		i, known := index[d.Why]
		if !known {
			i, index[d.Why] = len(groups), len(groups)
			groups = append(groups, missing{Why: d.Why})
		}
		groups[i].Tools = strings.TrimSpace(groups[i].Tools + " " + d.Name)
	}
	return groups
}
