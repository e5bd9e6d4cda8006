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

const authenticatorsRead = "okta.authenticators.read"

func factorTools() []Any {
	return []Any{listFactors(), getFactor(), listSupportedFactors(), enrollFactor(), activateFactor(), unenrollFactor(), resetFactors(), listAuthenticators()}
}

func factorKind(userID string) kind {
	return kind{
		word: "factor", name: "factorType", param: "factor_id", finder: "list_factors", within: inside{"user_id", userID},
		get: func(ctx context.Context, o *oktaclient.Org, id string) (*oktaclient.Answer, error) {
			return o.GetFactor(ctx, userID, id)
		},
	}
}

type factorRef struct {
	UserID   string `json:"user_id" jsonschema:"id or login"`
	FactorID string `json:"factor_id" jsonschema:"id"`
}

func (in factorRef) identify() (kind, string) { return factorKind(in.UserID), in.FactorID }

type listFactorsIn struct {
	UserID string `json:"user_id" jsonschema:"id or login"`
	Paging
}

func listFactors() Any {
	return factorList("list_factors", "List a user's factors", "What one person has enrolled to sign in with, and its status.", (*oktaclient.Org).ListFactors)
}

func listSupportedFactors() Any {
	return factorList("list_supported_factors", "List factors a user can enrol", "What one person may enrol, by policy, and what is enrolled already.", (*oktaclient.Org).ListSupportedFactors)
}

func factorList(name, title, description string, read func(*oktaclient.Org, context.Context, string) (*oktaclient.Answer, error)) Any {
	return Tool[listFactorsIn, List]{
		Name: name, Title: title, Effect: Read, Scopes: []string{usersRead}, Description: description,
		Run: func(ctx context.Context, c *Call, in listFactorsIn) (List, error) {
			u, err := c.user(ctx, in.UserID)
			if err != nil {
				return List{}, err
			}
			return listing{paging: in.Paging, key: []string{name, u.id}, whole: true,
				fetch: func(ctx context.Context, _ oktaclient.Query) (*oktaclient.Answer, error) {
					return read(c.Org, ctx, u.id)
				}}.run(ctx, c)
		},
	}
}

type getFactorIn struct {
	factorRef
	Shown
}

func getFactor() Any {
	return Tool[getFactorIn, Document]{
		Name: "get_factor", Title: "Get factor", Effect: Read, Scopes: []string{usersRead},
		Description: "One factor of one person: kind, provider, status, phone or address.",
		Run: func(ctx context.Context, c *Call, in getFactorIn) (Document, error) {
			if err := in.resolve(ctx, c); err != nil {
				return nil, err
			}
			return getObject(ctx, c, in)
		},
	}
}

// resolve pins the person's id.
func (in *factorRef) resolve(ctx context.Context, c *Call) error {
	u, err := c.user(ctx, in.UserID)
	in.UserID = u.id
	return err
}

type enrollFactorIn struct {
	UserID   string          `json:"user_id" jsonschema:"id or login"`
	Factor   json.RawMessage `json:"factor" jsonschema:"factorType, provider, profile"`
	Activate bool            `json:"activate,omitempty" jsonschema:"without proof, where Okta allows it"`
}

// silentFactors are the kinds of factor whose enrolment Okta answers without a
// secret: what proves them goes to the person, or stays in a device.
func silentFactors() []string {
	return []string{"sms", "call", "email", "webauthn", "u2f", "signed_nonce", "token", "token:hardware", "web"}
}

func enrollFactor() Any {
	return creation[enrollFactorIn]{
		action: "Enrol a factor for a person", param: "factor", undo: "unenroll_factor",
		kind: func(in enrollFactorIn) kind { return factorKind(in.UserID) },
		body: func(in enrollFactorIn) (json.RawMessage, error) { return needObject("factor", in.Factor) },
		resolve: func(ctx context.Context, c *Call, in *enrollFactorIn) error {
			u, err := c.user(ctx, in.UserID)
			in.UserID = u.id
			return err
		},
		check: func(ctx context.Context, c *Call, p *confirm.Preview, in enrollFactorIn, body json.RawMessage) error {
			p.Consequence = append(p.Consequence, "Whoever holds this factor can use it to sign in as the person, or to recover the account.")
			if in.Activate {
				p.Consequence = append(p.Consequence, "It is active at once, without proof that the person holds it.")
			}
			if err := c.refuseFactorSecret(body); err != nil {
				return err
			}
			hideProofs(p.Changes)
			return c.weighHolder(ctx, p, in.UserID)
		},
		post: func(ctx context.Context, c *Call, in enrollFactorIn, body json.RawMessage) (*oktaclient.Answer, error) {
			return c.Org.EnrollFactor(ctx, in.UserID, url.Values{"activate": {strconv.FormatBool(in.Activate)}}, body)
		},
	}.tool(Tool[enrollFactorIn, Change]{
		Name: "enroll_factor", Title: "Enrol factor", Effect: Privileged, Scopes: []string{usersManage}, Optional: []string{rolesRead},
		Description: "Enrols a phone, e-mail address or key for a person; what answers a secret is refused.",
	})
}

// refuseFactorSecret refuses what would pass a secret through the model: the seed
// of a code generator in the answer, or the answer to a question in the call.
func (c *Call) refuseFactorSecret(factor json.RawMessage) error {
	kind := gjson.GetBytes(factor, "factorType").String()
	switch {
	case kind == "":
		return &ArgumentError{Problem: "factor needs factorType as a string"}
	case c.Options.AllowSecrets:
	case kind == "question" || gjson.GetBytes(factor, "profile.answer").Exists() || gjson.GetBytes(factor, "verify").Exists():
		return &Refused{Reason: "the answer to a security question, or a code, would pass through the model, and the operator has not started the server with --allow-secrets",
			Next: "the person enrols it in Okta's own pages"}
	case !slices.Contains(silentFactors(), kind):
		return &Refused{Reason: fmt.Sprintf("Okta would answer the enrolment of %s with a secret, and the operator has not started the server with --allow-secrets", confirm.Quote(kind)),
			Next: "the person enrols it at the next sign-in or in Okta's own pages"}
	}
	return nil
}

// hideProofs keeps what proves a factor out of the question: clients keep those.
func hideProofs(changes []confirm.Delta) {
	for i, change := range changes {
		if strings.HasPrefix(change.Name, "profile.answer") || strings.HasPrefix(change.Name, "verify") {
			changes[i].After = hiddenSecret
		}
	}
}

type activateFactorIn struct {
	factorRef
	PassCode string `json:"pass_code,omitempty" secret:"true" jsonschema:"the code that Okta sent to the person"`
}

func activateFactor() Any {
	return step[activateFactorIn]{
		action: "Activate a factor of a person", follows: []string{"From then on it can be used to sign in as the person."},
		from: []string{"PENDING_ACTIVATION"}, to: "ACTIVE", next: map[string]string{"": "enroll_factor enrols one"},
		resolve: func(ctx context.Context, c *Call, in *activateFactorIn) error { return in.resolve(ctx, c) },
		check: func(ctx context.Context, c *Call, p *confirm.Preview, in activateFactorIn, o object) error {
			p.Details = append(p.Details, detail("the factor is for", factorPlace(o.raw)))
			return c.weighHolder(ctx, p, in.UserID)
		},
		do: func(ctx context.Context, c *Call, in activateFactorIn, o confirm.Target) (*oktaclient.Answer, error) {
			var body json.RawMessage
			if in.PassCode != "" {
				encoded, err := encode(map[string]string{"passCode": in.PassCode})
				if err != nil {
					return nil, err
				}
				body = encoded
			}
			return c.Org.ActivateFactor(ctx, o.Within, o.ID, body)
		},
		undo: "unenroll_factor",
	}.tool(Tool[activateFactorIn, Change]{
		Name: "activate_factor", Title: "Activate factor", Effect: Privileged, Scopes: []string{usersManage}, Optional: []string{rolesRead},
		Description: "Activates a factor whose enrolment waits for its code.",
	})
}

// factorPlace is where a factor is: a number, an address, a device's name.
func factorPlace(factor json.RawMessage) []string {
	place := []string{gjson.GetBytes(factor, "provider").String()}
	for _, path := range []string{"profile.phoneNumber", "profile.email", "profile.credentialId", "profile.name", "profile.authenticatorName"} {
		if text := gjson.GetBytes(factor, path).String(); text != "" {
			place = append(place, text)
		}
	}
	return place
}

type unenrollFactorIn struct {
	factorRef
	RemoveRecovery bool `json:"remove_recovery,omitempty" jsonschema:"also as a way to recover the account"`
}

func unenrollFactor() Any {
	return step[unenrollFactorIn]{
		action:  "Take a factor away from a person",
		resolve: func(ctx context.Context, c *Call, in *unenrollFactorIn) error { return in.resolve(ctx, c) },
		check: func(ctx context.Context, c *Call, p *confirm.Preview, in unenrollFactorIn, o object) error {
			p.Details = append(p.Details, detail("the factor is for", factorPlace(o.raw)))
			if in.RemoveRecovery {
				p.Consequence = append(p.Consequence, "The person cannot recover the account with it any more either.")
			}
			c.showFactors(ctx, p, in.UserID, func(factor gjson.Result) bool { return factor.Get("id").String() != o.id })
			return c.weighHolder(ctx, p, in.UserID)
		},
		do: func(ctx context.Context, c *Call, in unenrollFactorIn, o confirm.Target) (*oktaclient.Answer, error) {
			return c.Org.UnenrollFactor(ctx, o.Within, o.ID, url.Values{"removeRecoveryEnrollment": {strconv.FormatBool(in.RemoveRecovery)}})
		},
	}.tool(Tool[unenrollFactorIn, Change]{
		Name: "unenroll_factor", Title: "Unenrol factor", Effect: Destructive, Scopes: []string{usersManage}, Optional: []string{rolesRead},
		Description: "Takes one factor away from a person, as when a phone is lost; reset_factors takes all.",
	})
}

// showFactors adds to p what stays of a person's active factors.
func (c *Call) showFactors(ctx context.Context, p *confirm.Preview, userID string, stays func(gjson.Result) bool) {
	c.measure(ctx, p, measurement{
		unseen: "What other factors the person has is not visible",
		fetch: func(ctx context.Context, _ oktaclient.Query) (*oktaclient.Answer, error) {
			return c.Org.ListFactors(ctx, userID)
		},
		tell: func(items []json.RawMessage, _ atLeast) {
			var left, lost []string
			for _, item := range items {
				factor := gjson.ParseBytes(item)
				label := factor.Get("factorType").String() + " by " + factor.Get("provider").String()
				switch {
				case !stays(factor):
					lost = append(lost, label)
				case factor.Get("status").String() == "ACTIVE":
					left = append(left, label)
				}
			}
			if len(left) == 0 {
				p.Consequence = append(p.Consequence, "No active factor is left then: the person signs in with a password alone, or not at all, until enrolling again.")
			} else {
				p.Consequence = append(p.Consequence, atLeast{n: len(left)}.of("other active factor is left.", "other active factors are left."))
				p.Details = append(p.Details, detail("factors left", left))
			}
			if len(lost) > 0 {
				p.Details = append(p.Details, detail("factors lost", lost))
			}
		},
	})
}

type resetFactorsIn struct {
	UserID string `json:"user_id" jsonschema:"id or login"`
}

func resetFactors() Any {
	return Tool[resetFactorsIn, Change]{
		Name: "reset_factors", Title: "Reset factors", Effect: Destructive, Scopes: []string{usersManage}, Optional: []string{rolesRead},
		Description: "Takes all factors away from a person, who then enrols anew; unenroll_factor takes one.",
		Check: func(ctx context.Context, c *Call, in *resetFactorsIn) (confirm.Preview, error) {
			p := confirm.Preview{Action: "Take all factors away from this user", Consequence: []string{"This cannot be undone: everything has to be enrolled again."}}
			u, err := c.user(ctx, in.UserID)
			if err != nil {
				return p, err
			}
			in.UserID = u.id
			p.Targets, p.State = []confirm.Target{u.target()}, u.state()
			if u.status == deprovisioned {
				return p, &Refused{Reason: "the user is " + deprovisioned + ", and has no factors", Next: "activate_user activates the account again"}
			}
			c.showFactors(ctx, &p, u.id, func(gjson.Result) bool { return false })
			return p, c.weighUsers(ctx, &p, []user{u})
		},
		Run: func(ctx context.Context, c *Call, _ resetFactorsIn) (Change, error) {
			return c.forEach(ctx, cannotBeUndone, func(id string) (string, error) {
				_, err := c.Org.ResetFactors(ctx, id)
				return "", err
			})
		},
	}
}

// weighHolder shows whose factor it is, and weighs that person: an
// administrator's is confirmed by typing.
func (c *Call) weighHolder(ctx context.Context, p *confirm.Preview, userID string) error {
	u, err := c.user(ctx, userID)
	if err != nil {
		return err
	}
	if err := c.own(u.id); err != nil {
		return err
	}
	if why := c.protects(u.target()); why != "" {
		protect(p, why)
	}
	p.State = []any{p.State, u.state()}
	p.Details = append(p.Details, confirm.Detail{Label: "the person", Texts: []string{u.login, "id " + u.id}})
	admin, err := c.weighUser(ctx, p, u)
	if admin {
		p.Typed = true
		p.Consequence = append(p.Consequence, "The person is an administrator.")
	}
	if p.Typed { // the login, not a word like "push"
		p.Targets[0].Name, p.Targets[0].Full = u.login, p.Targets[0].Name
	}
	return err
}

type listAuthenticatorsIn struct{ Paging }

func listAuthenticators() Any {
	return Tool[listAuthenticatorsIn, List]{
		Name: "list_authenticators", Title: "List authenticators", Effect: Read, Scopes: []string{authenticatorsRead},
		Description: "What the org lets people authenticate with, and which are active; for one person use list_factors.",
		Run: func(ctx context.Context, c *Call, in listAuthenticatorsIn) (List, error) {
			return listing{paging: in.Paging, key: []string{"authenticators"}, whole: true,
				fetch: func(ctx context.Context, _ oktaclient.Query) (*oktaclient.Answer, error) {
					return c.Org.ListAuthenticators(ctx)
				}}.run(ctx, c)
		},
	}
}
