package tools

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

func lifecycleTools() []Any {
	return []Any{deactivateUser(), suspendUser(), unlockUser()}
}

// People is what every tool takes that changes several people with one question.
type People struct {
	UserIDs []string `json:"user_ids" jsonschema:"ids or logins" min:"1" max:"25"`
}

type deactivateUserIn struct {
	People
	SendEmail bool `json:"send_email,omitempty" jsonschema:"tell the administrators"`
}

func deactivateUser() Any {
	return Tool[deactivateUserIn, Change]{
		Name: "deactivate_user", Title: "Deactivate users", Effect: Destructive, Scopes: []string{usersManage},
		Optional:    []string{rolesRead},
		Description: "Takes all access and app assignments from people who leave; to block for a while use suspend_user.",
		Check: func(ctx context.Context, c *Call, in *deactivateUserIn) (confirm.Preview, error) {
			return c.takeAccess(ctx, &in.People, accessLoss{
				one: "Deactivate this user", many: "Deactivate these %d users",
				follows: "All access ends, and assignments to apps are removed; activating again does not bring them back.",
				allowed: func(status string) bool { return status != deprovisioned },
				next:    func(string) string { return "the account is deactivated already; leave this person out" },
			})
		},
		Run: func(ctx context.Context, c *Call, in deactivateUserIn) (Change, error) {
			query := url.Values{"sendEmail": {strconv.FormatBool(in.SendEmail)}}
			return c.forEach(ctx, "an administrator can activate the account again in the Okta Admin Console; app assignments have to be made again",
				func(id string) (string, error) {
					_, err := c.Org.DeactivateUser(ctx, id, query)
					return "", err
				})
		},
	}
}

type suspendUserIn struct{ People }

func suspendUser() Any {
	return Tool[suspendUserIn, Change]{
		Name: "suspend_user", Title: "Suspend users", Effect: Destructive, Scopes: []string{usersManage},
		Optional:    []string{rolesRead},
		Description: "Blocks ACTIVE people from signing in, keeping groups and apps.",
		Check: func(ctx context.Context, c *Call, in *suspendUserIn) (confirm.Preview, error) {
			return c.takeAccess(ctx, &in.People, accessLoss{
				one: "Suspend this user", many: "Suspend these %d users",
				follows: "Nobody suspended can sign in until unsuspended; groups and app assignments stay.",
				allowed: func(status string) bool { return status == "ACTIVE" },
				next:    suspendHint,
			})
		},
		Run: func(ctx context.Context, c *Call, _ suspendUserIn) (Change, error) {
			return c.forEach(ctx, "an administrator can unsuspend the account in the Okta Admin Console",
				func(id string) (string, error) {
					_, err := c.Org.SuspendUser(ctx, id)
					return "", err
				})
		},
	}
}

func suspendHint(status string) string {
	switch status {
	case "SUSPENDED":
		return "the account is suspended already; leave this person out"
	case deprovisioned:
		return "the account is deactivated, which blocks more than suspending; leave this person out"
	}
	return "Okta suspends ACTIVE people only; leave this person out, or use deactivate_user to take all access away"
}

// accessLoss is what tools that take access from people differ in.
type accessLoss struct {
	one, many string // what is done, for one person and for several
	follows   string
	allowed   func(status string) bool
	next      func(status string) string // when the status does not allow it
}

// takeAccess is the Check of tools that take access from people: who they are,
// whether their status allows it, what they reach, whether one is an administrator.
func (c *Call) takeAccess(ctx context.Context, refs *People, loss accessLoss) (confirm.Preview, error) {
	p := confirm.Preview{Action: loss.one, Consequence: []string{loss.follows}}
	users, err := c.users(ctx, refs.UserIDs)
	if err != nil {
		return p, err
	}
	if len(users) > 1 {
		p.Action = fmt.Sprintf(loss.many, len(users))
	}
	for _, u := range users {
		if !loss.allowed(u.status) {
			return p, &Refused{Reason: fmt.Sprintf("nobody was changed: the user %s (%s) is %s", confirm.Quote(u.login), u.id, u.status), Next: loss.next(u.status)}
		}
		p.Targets = append(p.Targets, u.target())
	}
	p.State, refs.UserIDs = states(users), userIDs(users)
	if err := c.weighUsers(ctx, &p, users); err != nil {
		return p, err
	}
	if len(users) == 1 {
		c.countAccess(ctx, &p, users[0])
	}
	return p, nil
}

// states is what must not change between the question and the change.
func states(users []user) []any {
	all := make([]any, len(users))
	for i, u := range users {
		all[i] = u.state()
	}
	return all
}

// forEach runs one change for each target that Check found, to the end, and
// reports what became of each. undo is how each is put back, in words.
func (c *Call) forEach(ctx context.Context, undo string, change func(id string) (note string, err error)) (Change, error) {
	if len(c.Targets) == 1 {
		note, err := change(c.Targets[0].ID)
		answer := Change{Target: &c.Targets[0], Undo: Undo{Words: undo}, Notes: c.Notes}
		if note != "" {
			answer.Notes = append([]string{note}, c.Notes...)
		}
		return answer, c.aftermath(ctx, c.Targets[0], err)
	}
	answer := Change{Undo: Undo{Words: undo}, Notes: c.Notes}
	for i, target := range c.Targets {
		c.Progress(i, len(c.Targets), "changing one after the other")
		outcome := Outcome{Target: target}
		note, err := change(target.ID)
		outcome.Done, outcome.Note = err == nil, note
		if err != nil {
			outcome.Error = words(c.aftermath(ctx, target, err))
		}
		if errors.Is(err, oktaclient.ErrOutcomeUnknown) {
			answer.Undo = Undo{Words: "unclear until the targets whose outcome is unknown are read again"}
		}
		answer.Targets = append(answer.Targets, outcome)
	}
	if failed := answer.failed(); failed > 0 {
		answer.Notes = append(answer.Notes, fmt.Sprintf("%d of %d were not changed; each says why", failed, len(answer.Targets)))
	}
	return answer, nil
}

type unlockUserIn struct {
	UserID string `json:"user_id" jsonschema:"id or login"`
}

func unlockUser() Any {
	return Tool[unlockUserIn, Change]{
		Name: "unlock_user", Title: "Unlock user", Effect: Write, Scopes: []string{usersManage},
		Optional:    []string{rolesRead},
		Description: "Lets a LOCKED_OUT person try to sign in again with the same password.",
		Check: func(ctx context.Context, c *Call, in *unlockUserIn) (confirm.Preview, error) {
			p := confirm.Preview{Action: "Unlock this user"}
			u, err := c.user(ctx, in.UserID)
			if err != nil {
				return p, err
			}
			in.UserID = u.id
			p.Targets, p.State = []confirm.Target{u.target()}, u.state()
			if u.status != "LOCKED_OUT" {
				return p, &Refused{Reason: "the user is " + u.status + ", not LOCKED_OUT, so there is nothing to unlock", Next: unlockHint(u.status)}
			}
			_, err = c.weighUser(ctx, &p, u)
			return p, err
		},
		Run: func(ctx context.Context, c *Call, _ unlockUserIn) (Change, error) {
			return c.forEach(ctx, "nothing to undo: locking is what Okta does after failed attempts", func(id string) (string, error) {
				_, err := c.Org.UnlockUser(ctx, id)
				return "", err
			})
		},
	}
}

func unlockHint(status string) string {
	switch status {
	case "SUSPENDED":
		return "somebody suspended the account on purpose; ask an administrator"
	case "PASSWORD_EXPIRED", "RECOVERY", "PROVISIONED":
		return "the person has to set a new password"
	case deprovisioned:
		return "the account was deactivated"
	}
	return "get_user shows when the status changed and when the person last signed in"
}
