package tools

import (
	"context"
	"net/url"
	"strconv"

	"okta-mcp/confirm"
)

// withoutMail is what is left for people who cannot read their mail.
const withoutMail = "an administrator can help somebody who cannot read that mail, in the Okta Admin Console"

const noPasswordBack = "cannot be undone: the person chooses a new password"

type expirePasswordIn struct {
	UserID         string `json:"user_id" jsonschema:"id or login"`
	TempPassword   bool   `json:"temp_password,omitempty" jsonschema:"set one and answer it, a secret"`
	RevokeSessions bool   `json:"revoke_sessions,omitempty" jsonschema:"needs temp_password"`
}

func expirePassword() Any {
	return Tool[expirePasswordIn, Change]{
		Name: "expire_password", Title: "Expire password", Effect: Destructive, Scopes: []string{usersManage},
		Optional:    []string{rolesRead},
		Description: "Makes a person choose a new password at the next sign-in; reset_password makes the old one useless.",
		Check:       checkExpirePassword,
		Run: func(ctx context.Context, c *Call, in expirePasswordIn) (Change, error) {
			if !in.TempPassword {
				_, err := c.Org.ExpirePassword(ctx, in.UserID)
				return c.transited(ctx, nil, err, Undo{Words: noPasswordBack})
			}
			answer, err := c.Org.ExpirePasswordWithTempPassword(ctx, in.UserID, url.Values{"revokeSessions": {strconv.FormatBool(in.RevokeSessions)}})
			return c.transited(ctx, answer, err, Undo{Words: noPasswordBack})
		},
	}
}

func checkExpirePassword(ctx context.Context, c *Call, in *expirePasswordIn) (confirm.Preview, error) {
	t := transition{
		action: "Expire the password of this user", from: []string{"ACTIVE"},
		follows: []string{"The status becomes PASSWORD_EXPIRED: the person signs in with the old password once more and has to choose a new one."},
		next: map[string]string{
			"PASSWORD_EXPIRED": "the person has to choose a new password at the next sign-in already",
			"RECOVERY":         "the person has to set a new password already; reactivate_user mails the link again",
			"LOCKED_OUT":       "unlock_user comes first, or reset_password, which works from LOCKED_OUT",
		},
	}
	addWithoutPassword(t.next)
	if in.TempPassword {
		if err := c.refuseAnswer("a temporary password", "reset_password mails the person a link instead; "+withoutMail); err != nil {
			return confirm.Preview{}, err
		}
		t.action, t.from = "Set a temporary password for this user", []string{"ACTIVE", "PASSWORD_EXPIRED", "RECOVERY"}
		t.follows = []string{"The old password stops working and the status becomes PASSWORD_EXPIRED: the person signs in with the temporary one and has to choose a new one.",
			"The temporary password is in the answer: whoever reads it can take the account over."}
	} else if in.RevokeSessions {
		return confirm.Preview{}, &Refused{Reason: "Okta ends sessions only together with a temporary password, so nothing was sent",
			Next: "leave revoke_sessions out and call revoke_user_sessions too, or use reset_password, which takes revoke_sessions"}
	}
	t.follows = append(t.follows, sessionsAfter(in.RevokeSessions))
	p, _, err := c.transit(ctx, &in.UserID, t)
	return p, err
}

// addWithoutPassword adds what leads on for those who have no password to change.
func addWithoutPassword(next map[string]string) {
	for status, words := range map[string]string{
		"STAGED":      "the account is not active and has no password in use; activate_user activates it",
		"PROVISIONED": "the person has no password yet; reactivate_user mails the link to set one again",
		"SUSPENDED":   "nobody suspended can sign in; unsuspend_user comes first",
		deprovisioned: "the account was deactivated and has no password; activate_user activates it again",
	} {
		next[status] = words
	}
}

func sessionsAfter(revoked bool) string {
	if revoked {
		return "The person's sessions end now."
	}
	return "Sessions that are open stay open."
}

type resetPasswordIn struct {
	mailedLinkIn
	RevokeSessions bool `json:"revoke_sessions,omitempty" jsonschema:"end open sessions too"`
}

func resetPassword() Any {
	return Tool[resetPasswordIn, Change]{
		Name: "reset_password", Title: "Reset password", Effect: Destructive, Scopes: []string{usersManage},
		Optional:    []string{rolesRead},
		Description: "Makes the password useless and mails the person a link to set a new one.",
		Check:       checkResetPassword,
		Run: func(ctx context.Context, c *Call, in resetPasswordIn) (Change, error) {
			query := in.query()
			query.Set("revokeSessions", strconv.FormatBool(in.RevokeSessions))
			answer, err := c.Org.ResetPassword(ctx, in.UserID, query)
			return c.transited(ctx, answer, err, Undo{Words: noPasswordBack})
		},
	}
}

func checkResetPassword(ctx context.Context, c *Call, in *resetPasswordIn) (confirm.Preview, error) {
	if err := in.refuse(c, "a reset link"); err != nil {
		return confirm.Preview{}, err
	}
	t := transition{
		action: "Reset the password of this user", next: map[string]string{},
		from: []string{"ACTIVE", "PASSWORD_EXPIRED", "LOCKED_OUT", "RECOVERY", "PROVISIONED"},
		follows: []string{"The status becomes RECOVERY: the person cannot sign in until a new password is set with the link.",
			sessionsAfter(in.RevokeSessions)},
	}
	addWithoutPassword(t.next)
	p, u, err := c.transit(ctx, &in.UserID, t)
	if err == nil {
		in.show(&p, u, "reset link")
	}
	return p, err
}
