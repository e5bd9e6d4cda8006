package demoorg

import (
	"maps"
	"net/http"
	"slices"
)

// enrollFactor gives a user a factor: ACTIVE at once for a question, and for
// any kind with activate=true; else waiting for a passcode.
func enrollFactor(o *Org, c *call) (answer, error) {
	u, err := o.user(c, "userId")
	if err != nil {
		return answer{}, err
	}
	var body struct {
		Type    string         `json:"factorType"`
		Profile map[string]any `json:"profile"`
	}
	if err := c.decode(&body); err != nil {
		return answer{}, err
	}
	m, err := o.enrollable(u, body.Type, body.Profile)
	if err != nil {
		return answer{}, err
	}
	now := stampOf(c.now)
	f := &factor{
		id: o.mint(m.prefix), kind: m.kind, status: factorPending, created: now, updated: now,
		profile: factorProfile(u, m, body.Profile),
	}
	if m.immediate || c.query.Get("activate") == "true" {
		f.status = factorActive
	}
	o.factors[u] = append(slices.Clone(o.factorsOf(u)), f)
	doc := f.doc(u, c.base)
	if m.kind == "token:software:totp" && f.status == factorPending {
		doc.Embedded = map[string]any{"activation": map[string]any{
			"timeStep": 30, "sharedSecret": o.secret('s', 16), "encoding": "base32", "keyLength": 6,
		}}
	}
	return ok(doc)
}

// enrollable refuses what cannot be enrolled.
func (o *Org) enrollable(u *user, kind string, profile map[string]any) (factorMaker, error) {
	const subject = "factorEnrollRequest"
	m, known := factorMakerOf(kind)
	switch {
	case !known:
		return m, invalid(subject, "Invalid factor type")
	case kind == "signed_nonce" || kind == "webauthn":
		return m, forbidden() // only the person can, in a browser or on the device
	case u.live.status != active && u.live.status != passwordExpired && u.live.status != recovery && u.live.status != provisioned:
		return m, wrongStatus()
	case slices.ContainsFunc(o.factorsOf(u), func(f *factor) bool { return f.kind == kind }):
		return m, invalid(subject, "A factor of this type is already set up.")
	}
	if value, _ := profile[m.needs].(string); m.needs != "" && m.kind != "email" && value == "" {
		return m, invalid(subject, m.needs+": The field cannot be left blank")
	}
	if answer, _ := profile["answer"].(string); kind == "question" && len(answer) < 4 {
		return m, invalid(subject, "The security question answer must be at least 4 characters in length")
	}
	return m, nil
}

// factorProfile is what Okta shows of the profile given: never an answer.
func factorProfile(u *user, m factorMaker, given map[string]any) map[string]any {
	shown := maps.Clone(given)
	if shown == nil {
		shown = map[string]any{}
	}
	delete(shown, "answer")
	switch m.kind {
	case "question":
		name, _ := shown["question"].(string)
		shown["questionText"] = questions()[name]
	case "email":
		if shown["email"] == nil {
			shown["email"] = u.live.profile.text("email")
		}
	case "token:software:totp", "push":
		shown["credentialId"] = u.login()
	}
	return shown
}

// activateFactor takes any passcode: the org has nobody to send one to.
func activateFactor(o *Org, c *call) (answer, error) {
	u, f, err := o.theFactor(c)
	if err != nil {
		return answer{}, err
	}
	var body struct {
		PassCode string `json:"passCode"`
	}
	if len(c.body) > 0 {
		if err := c.decode(&body); err != nil {
			return answer{}, err
		}
	}
	if body.PassCode == "" && f.kind != "push" {
		return answer{}, &apiError{
			status: http.StatusForbidden, code: "E0000068", summary: "Invalid Passcode/Answer",
			causes: []string{"Your passcode doesn't match our records. Please try again."},
		}
	}
	done := *f
	done.status, done.updated = factorActive, stampOf(c.now)
	o.factors[u] = slices.Clone(o.factorsOf(u))
	i := slices.IndexFunc(o.factors[u], func(other *factor) bool { return other.id == f.id })
	o.factors[u][i] = &done
	return ok(done.doc(u, c.base))
}

// listSupportedFactors lists the kinds a user can have and which they have.
func listSupportedFactors(o *Org, c *call) (answer, error) {
	u, err := o.user(c, "userId")
	if err != nil {
		return answer{}, err
	}
	held := o.factorsOf(u)
	docs := []map[string]any{}
	for _, m := range factorMakers() {
		status := "NOT_SETUP"
		if slices.ContainsFunc(held, func(f *factor) bool { return f.kind == m.kind }) {
			status = factorActive
		}
		docs = append(docs, map[string]any{
			"factorType": m.kind, "provider": m.provider, "vendorName": m.vendor, "status": status, "enrollment": "OPTIONAL",
			"_links": map[string]any{"enroll": hint(c.base+"/api/v1/users/"+u.id+"/factors", http.MethodPost)},
		})
	}
	return ok(docs)
}
