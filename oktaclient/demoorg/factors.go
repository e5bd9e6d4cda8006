package demoorg

import (
	"net/http"
	"slices"
)

// Statuses of factors.
const (
	factorActive  = "ACTIVE"
	factorPending = "PENDING_ACTIVATION"
)

// seededFactors is the number the ids of seeded factors begin at, so that they
// never meet those enrolled later.
const seededFactors = 10_000_000

// factor is one way a user proves to be themselves.
type factor struct {
	id, kind         string
	status           string
	created, updated stamp
	profile          map[string]any
}

// factorMaker says what is particular about a kind of factor.
type factorMaker struct {
	kind, provider, vendor, prefix string
	immediate                      bool   // ACTIVE without a passcode
	needs                          string // what its profile must have
}

func factorMakers() []factorMaker {
	return []factorMaker{
		{"question", "OKTA", "OKTA", "ufs", true, "question"},
		{"sms", "OKTA", "OKTA", "mbl", false, "phoneNumber"},
		{"call", "OKTA", "OKTA", "clf", false, "phoneNumber"},
		{"email", "OKTA", "OKTA", "emf", false, "email"},
		{"push", "OKTA", "OKTA", "opf", false, ""},
		{"token:software:totp", "OKTA", "OKTA", "ost", false, ""},
		{"signed_nonce", "OKTA", "OKTA", "crp", false, ""},
		{"webauthn", "FIDO", "FIDO", "fwf", false, ""},
	}
}

func factorMakerOf(kind string) (factorMaker, bool) {
	i := slices.IndexFunc(factorMakers(), func(m factorMaker) bool { return m.kind == kind })
	if i < 0 {
		return factorMaker{}, false
	}
	return factorMakers()[i], true
}

// factorsOf gives a user's factors: those seeded, unless some were ever changed.
func (o *Org) factorsOf(u *user) []*factor {
	if changed, known := o.factors[u]; known {
		return changed
	}
	return o.seededFactorsOf(u)
}

// seededFactorsOf derives factors from the user, so that none need be kept for
// the many who never change theirs.
func (o *Org) seededFactorsOf(u *user) []*factor {
	s := u.live.status
	luck := mix(o.seed, 'f', uint64(u.seq))
	if u.seq >= o.seeded || s == staged || s == provisioned || s == deprovisioned || luck%100 >= 88 {
		return nil
	}
	var list []*factor
	add := func(kind string, profile map[string]any) {
		m, _ := factorMakerOf(kind)
		list = append(list, &factor{
			id: idOf(o.seed, m.prefix, seededFactors+uint64(u.seq)), kind: kind, status: factorActive,
			created: u.live.activated, updated: u.live.activated, profile: profile,
		})
	}
	login := u.login()
	if luck%100 < 64 {
		device := map[string]any{
			"credentialId": login, "deviceType": "SmartPhone_IPhone", "name": u.live.profile.text("firstName") + "'s phone",
			"platform": "IOS", "version": "18.0.0",
		}
		add("signed_nonce", device)
		add("push", device)
		add("token:software:totp", map[string]any{"credentialId": login})
	}
	if phone := u.live.profile.text("mobilePhone"); phone != "" && luck/100%10 < 3 {
		add("sms", map[string]any{"phoneNumber": phone})
	}
	if luck/1000%10 < 2 {
		add("webauthn", map[string]any{"credentialId": idOf(o.seed, "cre", uint64(u.seq)), "authenticatorName": "Security key"})
	}
	if luck/10_000%10 < 3 || len(list) == 0 {
		add("question", map[string]any{"question": "favorite_toy", "questionText": questions()["favorite_toy"]})
	}
	return list
}

// seedFactors gives the employee of the cast one factor in use and one that
// waits for its passcode.
func (s *seeder) seedFactors() {
	u := s.directory.byID[s.cast.Employee.ID]
	pending := &factor{
		id: s.mint("clf"), kind: "call", status: factorPending, created: u.live.activated, updated: u.live.activated,
		profile: map[string]any{"phoneNumber": "+15555550142"},
	}
	inUse := s.factorsOf(u)
	s.factors[u] = append(slices.Clone(inUse), pending)
	s.cast.PendingFactor = Thing{pending.id, pending.kind}
	if len(inUse) > 0 {
		s.cast.Factor = Thing{inUse[0].id, inUse[0].kind}
	}
}

// questions are some of Okta's security questions.
func questions() map[string]string {
	return map[string]string{
		"disliked_food":           "What is the food you least liked as a child?",
		"name_of_first_plush_toy": "What is the name of your first stuffed animal?",
		"favorite_toy":            "What is the toy/stuffed animal you liked the most as a kid?",
		"first_award":             "What did you earn your first medal or award for?",
		"first_thing_cooked":      "What was the first thing you learned to cook?",
		"favorite_art_piece":      "What is your favorite piece of art?",
		"childhood_dream_job":     "What was your dream job as a child?",
		"favorite_movie_quote":    "What is your favorite movie quote?",
	}
}

type factorDoc struct {
	ID         string         `json:"id"`
	FactorType string         `json:"factorType"`
	Provider   string         `json:"provider"`
	VendorName string         `json:"vendorName"`
	Status     string         `json:"status"`
	Created    stamp          `json:"created"`
	Updated    stamp          `json:"lastUpdated"`
	Profile    map[string]any `json:"profile,omitempty"`
	Embedded   map[string]any `json:"_embedded,omitempty"`
	Links      map[string]any `json:"_links"`
}

// namedLink is a link with a name beside what a hinted one says.
type namedLink struct {
	Name string `json:"name"`
	hinted
}

func (f *factor) doc(u *user, base string) factorDoc {
	m, _ := factorMakerOf(f.kind)
	self := base + "/api/v1/users/" + u.id + "/factors/" + f.id
	doc := factorDoc{
		ID: f.id, FactorType: f.kind, Provider: m.provider, VendorName: m.vendor, Status: f.status,
		Created: f.created, Updated: f.updated, Profile: f.profile,
		Links: map[string]any{
			"self": hint(self, http.MethodGet, http.MethodDelete),
			"user": hint(base+"/api/v1/users/"+u.id, http.MethodGet),
		},
	}
	switch {
	case f.status == factorPending:
		doc.Links["self"] = hint(self, http.MethodGet)
		doc.Links["activate"] = hint(self+"/lifecycle/activate", http.MethodPost)
		if f.kind == "sms" || f.kind == "call" {
			doc.Links["resend"] = []namedLink{{f.kind, hint(self+"/resend", http.MethodPost)}}
		}
	case f.kind == "question":
		doc.Links["questions"] = hint(base+"/api/v1/users/"+u.id+"/factors/questions", http.MethodGet)
	case f.kind != "signed_nonce":
		doc.Links["verify"] = hint(self+"/verify", http.MethodPost)
	}
	return doc
}

func listFactors(o *Org, c *call) (answer, error) {
	u, err := o.user(c, "userId")
	if err != nil {
		return answer{}, err
	}
	docs := []factorDoc{}
	for _, f := range o.factorsOf(u) {
		docs = append(docs, f.doc(u, c.base))
	}
	return ok(docs)
}

// theFactor finds the user and the factor a path names.
func (o *Org) theFactor(c *call) (*user, *factor, error) {
	u, err := o.user(c, "userId")
	if err != nil {
		return nil, nil, err
	}
	for _, f := range o.factorsOf(u) {
		if f.id == c.params["factorId"] {
			return u, f, nil
		}
	}
	return nil, nil, notFound(c.params["factorId"], "UserFactor")
}

func getFactor(o *Org, c *call) (answer, error) {
	u, f, err := o.theFactor(c)
	if err != nil {
		return answer{}, err
	}
	return ok(f.doc(u, c.base))
}

func removeFactor(o *Org, c *call) (answer, error) {
	u, f, err := o.theFactor(c)
	if err != nil {
		return answer{}, err
	}
	o.factors[u] = slices.DeleteFunc(slices.Clone(o.factorsOf(u)), func(other *factor) bool { return other.id == f.id })
	return noContent()
}

// resetFactors removes all of a user's factors.
func resetFactors(o *Org, c *call) (answer, error) {
	u, err := o.user(c, "id")
	if err != nil {
		return answer{}, err
	}
	if u.live.status == deprovisioned {
		return answer{}, wrongStatus()
	}
	o.factors[u] = nil
	return empty()
}

func listQuestions(o *Org, c *call) (answer, error) {
	if _, err := o.user(c, "userId"); err != nil {
		return answer{}, err
	}
	docs := []map[string]string{}
	for name, text := range questions() {
		docs = append(docs, map[string]string{"question": name, "questionText": text})
	}
	slices.SortFunc(docs, func(a, b map[string]string) int {
		if a["question"] < b["question"] {
			return -1
		}
		return 1
	})
	return ok(docs)
}
