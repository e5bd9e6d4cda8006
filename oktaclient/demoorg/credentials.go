package demoorg

import "net/http"

// passwordBody is what the credential endpoints read.
type passwordBody struct {
	Password    *secretBody `json:"password"`
	OldPassword *secretBody `json:"oldPassword"`
	NewPassword *secretBody `json:"newPassword"`
	Question    *struct {
		Question string `json:"question"`
		Answer   string `json:"answer"`
	} `json:"recovery_question"`
}

type secretBody struct {
	Value string `json:"value"`
}

func (s *secretBody) given() bool { return s != nil && s.Value != "" }

// credentialsCall reads the user and the body of a credential endpoint.
func (o *Org) credentialsCall(c *call) (*user, passwordBody, error) {
	var body passwordBody
	u, err := o.user(c, "userId")
	if err != nil {
		return nil, body, err
	}
	if err := c.decode(&body); err != nil {
		return nil, body, err
	}
	if s := u.live.status; s == deprovisioned || s == suspended {
		return nil, body, wrongStatus()
	}
	return u, body, nil
}

// changePassword sets a new password; the org keeps none, so any old one is right.
func changePassword(o *Org, c *call) (answer, error) {
	u, body, err := o.credentialsCall(c)
	if err != nil {
		return answer{}, err
	}
	if !body.OldPassword.given() || !body.NewPassword.given() {
		return answer{}, invalid("password", "password: The field cannot be left blank")
	}
	return o.setPassword(c, u, body.NewPassword.Value)
}

// answerRecovery sets a new password against the answer to the question.
func answerRecovery(o *Org, c *call) (answer, error) {
	u, body, err := o.credentialsCall(c)
	if err != nil {
		return answer{}, err
	}
	if !body.Password.given() || body.Question == nil || body.Question.Answer == "" {
		return answer{}, invalid("password", "password: The field cannot be left blank")
	}
	return o.setPassword(c, u, body.Password.Value)
}

func (o *Org) setPassword(c *call, u *user, password string) (answer, error) {
	if !strongEnough(password) {
		return answer{}, weakPassword()
	}
	now := stampOf(c.now)
	o.change(u, func(p *person) {
		p.hasPassword, p.passwordChanged, p.lastUpdated = true, now, now
		if p.status == recovery || p.status == passwordExpired {
			p.moveTo(active, now)
		}
	})
	return ok(u.live.credentials())
}

func changeRecoveryQuestion(o *Org, c *call) (answer, error) {
	u, body, err := o.credentialsCall(c)
	if err != nil {
		return answer{}, err
	}
	if !body.Password.given() || body.Question == nil || body.Question.Question == "" {
		return answer{}, invalid("recovery_question", "recovery_question: The field cannot be left blank")
	}
	if len(body.Question.Answer) < 4 {
		return answer{}, shortAnswer()
	}
	o.change(u, func(p *person) { p.question, p.lastUpdated = body.Question.Question, stampOf(c.now) })
	return ok(u.live.credentials())
}

func forgotPassword(o *Org, c *call) (answer, error) {
	u, err := o.user(c, "userId")
	if err != nil {
		return answer{}, err
	}
	if !hasUsablePassword(u.live.status) {
		return answer{}, &apiError{status: http.StatusForbidden, code: "E0000017", summary: "Password reset failed"}
	}
	o.change(u, func(p *person) { p.moveTo(recovery, stampOf(c.now)) })
	if c.query.Get("sendEmail") != "false" {
		return empty()
	}
	return ok(map[string]string{"resetPasswordUrl": c.base + "/signin/reset-password/" + o.secret('f', 20)})
}
