// Package doctor finds out, in the order in which things are needed, what keeps
// okta-mcp from working in an org, and says of each fault where it is mended.
//
// It changes nothing in the org: it asks for a token, and reads. It refuses to
// guess: what cannot be tried before something else is mended is skipped, so that
// one fault is told once.
package doctor

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"okta-mcp/auth"
	"okta-mcp/auth/tokenstore"
	"okta-mcp/cmd/internal/settings"
	"okta-mcp/oktaclient"
	"okta-mcp/tools"
)

// Status is what became of a check.
type Status string

// The statuses. Only Mend keeps something from working.
const (
	OK      Status = "ok"
	Warning Status = "warning"
	Mend    Status = "mend"
	Skipped Status = "skipped"
)

// Finding is one check and what came of it. It holds no secret.
type Finding struct {
	Name   string `json:"name"`
	Status Status `json:"status"`
	Saw    string `json:"saw"`              // what was seen, in a sentence
	Remedy string `json:"remedy,omitempty"` // what to mend, and where
}

// Report is what all checks found, in their order.
type Report struct {
	Checks []Finding `json:"checks"`
	OK     bool      `json:"ok"` // nothing is to be mended
}

// Options say what is examined. Settings are required.
type Options struct {
	Settings settings.Settings
	Problems []error // what is known to be wrong with the settings

	// OpenStore opens where sign-ins of people are kept. It is used only where one
	// is needed, and required then.
	OpenStore func(context.Context, settings.Settings) (tokenstore.Store, error)

	Transport http.RoundTripper // nil: each request as the server would send it
	Now       func() time.Time  // nil: time.Now
	Logger    *slog.Logger      // nil: nothing is logged
}

// check is one thing to find out.
type check struct {
	name  string
	needs []string // checks that must have found nothing to mend
	run   func(*exam, context.Context) Finding
}

const (
	checkSettings = "settings"
	checkOrg      = "org"
	checkClock    = "clock"
	checkKey      = "key"
	checkToken    = "token"
	checkScopes   = "scopes"
	checkDPoP     = "DPoP"
	checkRole     = "admin role"
	checkHeadroom = "headroom"
	checkStore    = "token store"
)

func checks() []check {
	return []check{
		{checkSettings, nil, (*exam).settings},
		{checkOrg, []string{checkSettings}, (*exam).reach},
		{checkClock, []string{checkOrg}, (*exam).clock},
		{checkKey, []string{checkSettings}, (*exam).key},
		{checkToken, []string{checkOrg, checkKey}, (*exam).token},
		{checkScopes, []string{checkToken}, (*exam).scopes},
		{checkDPoP, []string{checkToken}, (*exam).dpop},
		{checkRole, []string{checkToken}, (*exam).role},
		{checkHeadroom, []string{checkToken}, (*exam).headroom},
		{checkStore, []string{checkSettings}, (*exam).tokenStore},
	}
}

// Names lists the checks in their order.
func Names() []string {
	var names []string
	for _, c := range checks() {
		names = append(names, c.name)
	}
	return names
}

// exam is one examination: what earlier checks learnt for later ones.
type exam struct {
	Options
	method   method // service app or person
	policies []tools.Policy

	answer  *answer   // of the org to a request without credentials; nil without one
	private *auth.Key // nil for a person, and before it was read
	store   tokenstore.Store
	id      *identity // nil before it was needed
	noID    error     // why there is none
	org     *oktaclient.Org
}

// Run makes all checks. It takes as long as the org takes to answer some twenty
// requests, and ends early with ctx.
func Run(ctx context.Context, o Options) Report {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	e := &exam{Options: o, method: methodOf(o.Settings)}
	defer e.close()
	e.loadPolicies()
	report := Report{OK: true}
	blocked := map[string]string{} // by check: the one that is to be mended first
	for _, c := range checks() {
		found := e.examine(ctx, c, blocked)
		found.Name = c.name
		report.Checks = append(report.Checks, found)
		report.OK = report.OK && found.Status != Mend
	}
	return report
}

// examine makes a check, unless what it needs is blocked.
func (e *exam) examine(ctx context.Context, c check, blocked map[string]string) Finding {
	at := slices.IndexFunc(c.needs, func(need string) bool { return blocked[need] != "" })
	if at >= 0 {
		blocked[c.name] = blocked[c.needs[at]]
		return skipped(blocked[c.name])
	}
	found := c.run(e, ctx)
	switch found.Status {
	case Mend:
		blocked[c.name] = c.name
	case Skipped:
		blocked[c.name] = found.Name // the one that it waits for
	}
	return found
}

func ok(format string, args ...any) Finding {
	return Finding{Status: OK, Saw: fmt.Sprintf(format, args...)}
}

func warn(remedy, format string, args ...any) Finding {
	return Finding{Status: Warning, Saw: fmt.Sprintf(format, args...), Remedy: remedy}
}

func mend(remedy, format string, args ...any) Finding {
	return Finding{Status: Mend, Saw: fmt.Sprintf(format, args...), Remedy: remedy}
}

func skipped(first string) Finding {
	return Finding{Name: first, Status: Skipped, Saw: fmt.Sprintf("not tried: mend %s first", first)}
}

func (e *exam) close() {
	if e.id != nil {
		e.id.close()
	}
}
