package demoorg

import "net/http"

// activateUser leaves STAGED or DEPROVISIONED.
func activateUser(o *Org, c *call) (answer, error) {
	u, err := o.user(c, "id")
	if err != nil {
		return answer{}, err
	}
	if u.live.status != staged && u.live.status != deprovisioned {
		return answer{}, &apiError{
			status: http.StatusForbidden, code: "E0000016",
			summary: "Activation failed because the user is already active",
		}
	}
	o.change(u, func(p *person) { p.activate(stampOf(c.now)) })
	return o.activationAnswer(c, c.query.Get("sendEmail") != "false")
}

// activationAnswer is empty when Okta mails the link, and the link when not.
func (o *Org) activationAnswer(c *call, mailed bool) (answer, error) {
	if mailed {
		return empty()
	}
	token := o.secret('a', 20)
	return ok(map[string]string{
		"activationUrl": c.base + "/tokens/" + token + "/verify", "activationToken": token,
	})
}

// reactivateUser makes another activation link. Unlike activate it does not
// mail it unless asked to.
func reactivateUser(o *Org, c *call) (answer, error) {
	u, err := o.user(c, "id")
	if err != nil {
		return answer{}, err
	}
	if u.live.status != provisioned && u.live.status != recovery {
		return answer{}, wrongStatus()
	}
	o.change(u, func(p *person) { p.lastUpdated = stampOf(c.now) })
	return o.activationAnswer(c, c.query.Get("sendEmail") == "true")
}

func deactivateUser(o *Org, c *call) (answer, error) {
	u, err := o.user(c, "id")
	if err != nil {
		return answer{}, err
	}
	if u.live.status == deprovisioned {
		return answer{}, wrongStatus()
	}
	o.deprovision(u, stampOf(c.now))
	return empty()
}

func suspendUser(o *Org, c *call) (answer, error) {
	return o.moveUser(c, suspended, func(s status) error {
		if s != active {
			return invalid("suspendUser", "Cannot suspend a user that is not active")
		}
		return nil
	})
}

func unsuspendUser(o *Org, c *call) (answer, error) {
	return o.moveUser(c, active, func(s status) error {
		if s != suspended {
			return invalid("unsuspendUser", "Cannot unsuspend a user that is not suspended")
		}
		return nil
	})
}

func unlockUser(o *Org, c *call) (answer, error) {
	return o.moveUser(c, active, func(s status) error {
		if s != lockedOut {
			return &apiError{
				status: http.StatusForbidden, code: "E0000032",
				summary: "Unlock is not allowed for this user.",
				causes:  []string{"The user is not locked out."},
			}
		}
		return nil
	})
}

// moveUser is a life-cycle step that answers {}.
func (o *Org) moveUser(c *call, to status, refuse func(status) error) (answer, error) {
	u, err := o.user(c, "id")
	if err != nil {
		return answer{}, err
	}
	if err := refuse(u.live.status); err != nil {
		return answer{}, err
	}
	o.change(u, func(p *person) { p.moveTo(to, stampOf(c.now)) })
	return empty()
}

// hasUsablePassword says whether a password can be expired or reset.
func hasUsablePassword(s status) bool {
	return s == active || s == passwordExpired || s == lockedOut || s == recovery
}

// expirePassword answers the user, or with tempPassword=true a password.
func expirePassword(o *Org, c *call) (answer, error) {
	if c.query.Get("tempPassword") == "true" {
		return expirePasswordWithTemp(o, c)
	}
	u, err := o.expire(c)
	if err != nil {
		return answer{}, err
	}
	return ok(o.fullUserDoc(u, c.base))
}

func expirePasswordWithTemp(o *Org, c *call) (answer, error) {
	u, err := o.expire(c)
	if err != nil {
		return answer{}, err
	}
	o.change(u, func(p *person) { p.passwordChanged = stampOf(c.now) })
	return ok(map[string]string{"tempPassword": o.secret('t', 12)})
}

// expire moves a user to PASSWORD_EXPIRED. Recorded: statusChanged stays.
func (o *Org) expire(c *call) (*user, error) {
	u, err := o.user(c, "id")
	if err != nil {
		return nil, err
	}
	if s := u.live.status; s != active && s != passwordExpired && s != recovery {
		return nil, wrongStatus()
	}
	o.change(u, func(p *person) { p.status, p.lastUpdated = passwordExpired, stampOf(c.now) })
	o.endIfAsked(u, c)
	return u, nil
}

func resetPassword(o *Org, c *call) (answer, error) {
	u, err := o.user(c, "id")
	if err != nil {
		return answer{}, err
	}
	if !hasUsablePassword(u.live.status) && u.live.status != provisioned {
		return answer{}, &apiError{status: http.StatusForbidden, code: "E0000017", summary: "Password reset failed"}
	}
	o.change(u, func(p *person) { p.moveTo(recovery, stampOf(c.now)) })
	o.endIfAsked(u, c)
	if c.query.Get("sendEmail") != "false" {
		return empty()
	}
	return ok(map[string]string{"resetPasswordUrl": c.base + "/reset_password/" + o.secret('p', 20)})
}
