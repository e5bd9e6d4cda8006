package inbound

import "net/http"

// Caller is the authenticated principal of a request.
type Caller struct {
	// ID is the same for one principal always and for two never: "token:" and the
	// name, or "oauth:", the issuer, a space and the subject. Neither a name nor an
	// issuer holds a space.
	ID   string
	Name string // for people: the token's name or the subject

	Token  string   // name of the operator's token; empty for OAuth
	Scopes []string // OAuth: of the token, sorted
	Groups []string // OAuth: of the groups claim, sorted
}

// Authenticator says who sends a request, or why nobody does: every error is a
// *[Denied]. It may be used by many at once.
type Authenticator interface {
	// Authenticate reads the request's headers, and nothing of its body.
	Authenticate(*http.Request) (Caller, error)
}

// Denied is a refusal. Nothing in it comes from the request, so all of it may be
// sent and logged.
type Denied struct {
	Status    int    // 400, 401 or 403, as RFC 6750 section 3.1 has them
	Challenge string // of the WWW-Authenticate header; printable ASCII
	Reason    string // a sentence for people
}

func (d *Denied) Error() string { return d.Reason }
