package tools

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

func lifecycleTools() []Any {
	return []Any{activateUser(), reactivateUser(), deactivateUser(), suspendUser(), unsuspendUser(), unlockUser(),
		expirePassword(), resetPassword()}
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
				next: func(string) string {
					return "the account is deactivated already; leave this person out, or use delete_user where it is to be gone for good"
				},
			})
		},
		Run: func(ctx context.Context, c *Call, in deactivateUserIn) (Change, error) {
			query := url.Values{"sendEmail": {strconv.FormatBool(in.SendEmail)}}
			return c.forEach(ctx, "activate_user activates the account again, without a password and without its direct app assignments, which have to be made again",
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
			change, err := c.forEach(ctx, "each target has its own", func(id string) (string, error) {
				_, err := c.Org.SuspendUser(ctx, id)
				return "", err
			})
			return change.undoneSinglyBy("unsuspend_user"), err
		},
	}
}

func suspendHint(status string) string {
	switch status {
	case "SUSPENDED":
		return "the account is suspended already; leave this person out, or end what is still open with revoke_user_sessions"
	case deprovisioned:
		return "the account is deactivated, which blocks more than suspending; leave this person out"
	case "LOCKED_OUT", "PASSWORD_EXPIRED", "RECOVERY":
		return "Okta suspends ACTIVE people only; leave this person out, end what is still open with revoke_user_sessions, or use deactivate_user to take all access away"
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

// undoneSinglyBy gives each target that was changed its own undo, by a tool that
// takes one person at a time.
func (c Change) undoneSinglyBy(tool string) Change {
	if c.Target != nil {
		c.Undo = undoWith(tool, map[string]any{"user_id": c.Target.ID})
	}
	for i, outcome := range c.Targets {
		if outcome.Done {
			c.Targets[i].Undo = undoWith(tool, map[string]any{"user_id": outcome.ID})
		}
	}
	return c
}

// transition is what tools that change the account of one person differ in.
type transition struct {
	action  string
	follows []string          // what follows, in whole sentences
	from    []string          // the statuses that it works from
	next    map[string]string // what leads on from others; "" from those not named
	gentle  bool              // gives and takes nothing: only super administrators are asked about
}

// transit is the Check of tools that change the account of one person: who it
// is, whether the status allows it, whether it is an administrator.
func (c *Call) transit(ctx context.Context, ref *string, t transition) (confirm.Preview, user, error) {
	p := confirm.Preview{Action: t.action, Consequence: slices.Clone(t.follows)}
	u, err := c.user(ctx, *ref)
	if err != nil {
		return p, u, err
	}
	*ref = u.id
	p.Targets, p.State = []confirm.Target{u.target()}, u.state()
	if !slices.Contains(t.from, u.status) {
		next := t.next[u.status]
		return p, u, &Refused{Reason: fmt.Sprintf("nothing was changed: the user %s is %s, not %s", confirm.Quote(u.login), u.status, strings.Join(t.from, " or ")),
			Next: firstNonEmpty(next, t.next[""])}
	}
	admin, err := c.weighUser(ctx, &p, u)
	if admin && !t.gentle {
		raiseForAdmin(&p)
	}
	return p, u, err
}

// transited is the answer of such a tool: what Okta answered, if it is of use.
func (c *Call) transited(ctx context.Context, answer *oktaclient.Answer, err error, undo Undo) (Change, error) {
	if err != nil {
		return Change{}, c.aftermath(ctx, c.Targets[0], err)
	}
	return Change{Target: &c.Targets[0], Result: c.resultOf(answer), Undo: undo, Notes: c.Notes}, nil
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
			p, _, err := c.transit(ctx, &in.UserID, transition{
				action: "Unlock this user", from: []string{"LOCKED_OUT"}, gentle: true,
				next: map[string]string{
					"SUSPENDED":        "somebody suspended the account on purpose; unsuspend_user lifts that, and asks a person",
					"PASSWORD_EXPIRED": "the person has to choose a new password at the next sign-in",
					"RECOVERY":         "the person has to set a new password; reactivate_user mails the link again",
					"PROVISIONED":      "the person has to set a first password; reactivate_user mails the link again",
					"STAGED":           "the account is not active yet; activate_user activates it",
					deprovisioned:      "the account was deactivated; activate_user activates it again, and asks a person",
					"":                 "get_user shows when the status changed and when the person last signed in",
				},
			})
			return p, err
		},
		Run: func(ctx context.Context, c *Call, in unlockUserIn) (Change, error) {
			answer, err := c.Org.UnlockUser(ctx, in.UserID)
			return c.transited(ctx, answer, err, Undo{Words: "nothing to undo: locking is what Okta does after failed attempts"})
		},
	}
}

type unsuspendUserIn struct {
	UserID string `json:"user_id" jsonschema:"id or login"`
}

func unsuspendUser() Any {
	return Tool[unsuspendUserIn, Change]{
		Name: "unsuspend_user", Title: "Unsuspend user", Effect: Privileged, Scopes: []string{usersManage},
		Optional:    []string{rolesRead},
		Description: "Lets a SUSPENDED person sign in again.",
		Check: func(ctx context.Context, c *Call, in *unsuspendUserIn) (confirm.Preview, error) {
			p, u, err := c.transit(ctx, &in.UserID, transition{
				action: "Unsuspend this user", from: []string{"SUSPENDED"},
				follows: []string{"Somebody suspended the account on purpose; the person can sign in again with the same password, groups and apps."},
				next: map[string]string{
					"LOCKED_OUT":  "the account is locked after failed attempts; unlock_user unlocks it",
					deprovisioned: "the account was deactivated; activate_user activates it again",
					"STAGED":      "the account is not active yet; activate_user activates it",
					"":            "there is no suspension to lift",
				},
			})
			if err == nil {
				c.countAccess(ctx, &p, u)
			}
			return p, err
		},
		Run: func(ctx context.Context, c *Call, in unsuspendUserIn) (Change, error) {
			answer, err := c.Org.UnsuspendUser(ctx, in.UserID)
			return c.transited(ctx, answer, err, undoWith("suspend_user", map[string]any{"user_ids": []string{in.UserID}}))
		},
	}
}

// mailedLinkIn is the input of tools after which Okta mails the person a link.
type mailedLinkIn struct {
	UserID    string `json:"user_id" jsonschema:"id or login"`
	SendEmail *bool  `json:"send_email,omitempty" jsonschema:"default true; false answers a secret link"`
}

// mailed reports whether the link goes by mail and not into the answer.
func (in mailedLinkIn) mailed() bool { return in.SendEmail == nil || *in.SendEmail }

func (in mailedLinkIn) query() url.Values {
	return url.Values{"sendEmail": {strconv.FormatBool(in.mailed())}}
}

// refuse refuses to answer with the link.
func (in mailedLinkIn) refuse(c *Call, link string) error {
	if in.mailed() {
		return nil
	}
	return c.refuseAnswer(link, "leave send_email out, and Okta mails the link to the person; "+withoutMail)
}

// show says where the link goes: whoever reads that mailbox gets the account.
func (in mailedLinkIn) show(p *confirm.Preview, u user, link string) {
	if !in.mailed() {
		p.Consequence = append(p.Consequence, "The "+link+" is in the answer: whoever reads it can take the account over.")
		raise(p, "the answer is a secret that opens the account")
		return
	}
	p.Consequence = append(p.Consequence, "Okta mails the "+link+" to the person's address.")
	p.Details = append(p.Details, detail("e-mail address", []string{gjson.GetBytes(u.raw, "profile.email").String()}))
}

func activateUser() Any {
	return Tool[mailedLinkIn, Change]{
		Name: "activate_user", Title: "Activate user", Effect: Write, Scopes: []string{usersManage},
		Optional:    []string{rolesRead},
		Description: "Activates a STAGED person, or a DEPROVISIONED one again, which is asked about.",
		Check: func(ctx context.Context, c *Call, in *mailedLinkIn) (confirm.Preview, error) {
			if err := in.refuse(c, "an activation link"); err != nil {
				return confirm.Preview{}, err
			}
			p, u, err := c.transit(ctx, &in.UserID, transition{
				action: "Activate this user", from: []string{"STAGED", deprovisioned},
				next: map[string]string{
					"PROVISIONED": "the account is activated and waits for a first password; reactivate_user mails the link again",
					"RECOVERY":    "the account is active and waits for a new password; reactivate_user mails the link again",
					"SUSPENDED":   "unsuspend_user lets the person sign in again",
					"LOCKED_OUT":  "unlock_user lets the person sign in again",
					"":            "the account is active already",
				},
			})
			if err != nil {
				return p, err
			}
			in.show(&p, u, "activation link")
			if u.status != deprovisioned {
				p.Notes = append(p.Notes, "undoing leads to DEPROVISIONED, not back to STAGED")
			} else {
				raise(&p, "the account was deactivated, and this gives it back")
				p.Consequence = append(p.Consequence, "The person can sign in again and has the groups kept, with their apps; direct app assignments stay gone.")
				c.countAccess(ctx, &p, u)
			}
			return p, nil
		},
		Run: func(ctx context.Context, c *Call, in mailedLinkIn) (Change, error) {
			answer, err := c.Org.ActivateUser(ctx, in.UserID, in.query())
			return c.transited(ctx, answer, err, undoWith("deactivate_user", map[string]any{"user_ids": []string{in.UserID}}))
		},
	}
}

func reactivateUser() Any {
	return Tool[mailedLinkIn, Change]{
		Name: "reactivate_user", Title: "Reactivate user", Effect: Write, Scopes: []string{usersManage},
		Optional:    []string{rolesRead},
		Description: "Mails a PROVISIONED or RECOVERY person the link to set a password again.",
		Check: func(ctx context.Context, c *Call, in *mailedLinkIn) (confirm.Preview, error) {
			if err := in.refuse(c, "an activation link"); err != nil {
				return confirm.Preview{}, err
			}
			p, u, err := c.transit(ctx, &in.UserID, transition{
				action: "Send this user a new activation link", from: []string{"PROVISIONED", "RECOVERY"},
				next: map[string]string{
					"STAGED":      "the account is not active yet; activate_user activates it",
					deprovisioned: "the account was deactivated; activate_user activates it again",
					"SUSPENDED":   "unsuspend_user lets the person sign in again",
					"LOCKED_OUT":  "unlock_user lets the person try again; reset_password mails a link to set a new password",
					"":            "there is no link to repeat; reset_password mails one to set a new password",
				},
			})
			if err == nil {
				in.show(&p, u, "activation link")
			}
			return p, err
		},
		Run: func(ctx context.Context, c *Call, in mailedLinkIn) (Change, error) {
			answer, err := c.Org.ReactivateUser(ctx, in.UserID, in.query())
			return c.transited(ctx, answer, err, Undo{Words: "nothing to undo: an earlier link is only replaced"})
		},
	}
}
