package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

// Caller is who calls: the process on stdio, the authenticated principal
// remotely, and what its MCP client calls itself.
type Caller struct {
	ID            string
	ClientName    string
	ClientVersion string
}

// Options are what the operator allowed at start.
type Options struct {
	ReadOnly       bool
	AllowSecrets   bool
	Protect        []string // logins, ids, group names
	MaxResultBytes int      // of one answer; 0: DefaultMaxResultBytes
}

// DefaultMaxResultBytes keeps one answer below what clients cut or refuse.
const DefaultMaxResultBytes = 48 << 10

// Headroom is how much of one of Okta's rate limits is left.
type Headroom = oktaclient.Headroom

// Status is who we are to Okta and what it granted.
type Status struct {
	OrgURL   string
	Method   string // how we sign in: "private_key_jwt"
	ClientID string
	UserID   string // the signed-in user; empty for a service app
	SignedIn bool
	Problem  string // why we are not signed in
	Asked    []string
	Granted  []string
	Refused  []string // asked for, and unknown to the org
}

// Access is what the tools must know of our standing with Okta.
type Access interface {
	// Status says what is known now, without asking Okta.
	Status() Status
	// Ready waits until the first sign-in has succeeded or failed, or ctx ends.
	Ready(ctx context.Context)
	// Headroom says what is left of the rate limits seen so far.
	Headroom() []Headroom
	// Now is Okta's time: ours, corrected by what its answers say.
	Now() time.Time
	// Changes calls f whenever Status has changed, until stop is called.
	Changes(f func()) (stop func())
}

// Call is one call of one tool as the tool sees it.
type Call struct {
	Org     *oktaclient.Org // sends nothing but reads in Check and in Read tools
	Caller  Caller
	Options Options
	Status  Status
	Targets []confirm.Target // in Run: what Check found
	Notes   []string         // in Run: what Check has to say beside the question

	draft     draft           // from Check to Run: the document that is made or changed
	pending   json.RawMessage // in Run: the operation that Okta has not finished
	principal Principal
	server    *Server
	progress  func(done, total int, message string)
}

// Progress tells the client how far the call is. It is sent before the next
// step, never last: what is sent last is lost by mcp-go's transports.
func (c *Call) Progress(done, total int, message string) { c.progress(done, total, message) }

// granted reports whether the scope was granted; manage satisfies read.
func (c *Call) granted(scope string) bool { return holds(c.Status.Granted, scope) }

func holds(granted []string, scope string) bool {
	if slices.Contains(granted, scope) {
		return true
	}
	family, ok := strings.CutSuffix(scope, ".read")
	return ok && slices.Contains(granted, family+".manage")
}

// protects returns why the target is protected, or "".
func (c *Call) protects(t confirm.Target) string {
	for _, name := range c.Options.Protect {
		if name == t.ID || strings.EqualFold(name, t.Name) {
			return "the operator protects " + confirm.Quote(name)
		}
	}
	return ""
}

// own refuses what the server must never do to itself: its own app and the user
// it is signed in as.
func (c *Call) own(id string) error {
	if id != "" && (id == c.Status.UserID || id == c.Status.ClientID) {
		return &Refused{Reason: "this is the identity that the server itself works with, and no tool changes that"}
	}
	return nil
}

// optional runs a read that only adds to a preview. When it may not be read, it
// returns why, as the end of a sentence, instead of an error: a count that
// cannot be read is shown as not visible.
func (c *Call) optional(scope string, read func() error) (hidden string, err error) {
	if !c.granted(scope) {
		return "the scope " + scope + " is not granted", nil
	}
	err = read()
	var api *oktaclient.Error
	switch {
	case !errors.As(err, &api):
		return "", err
	case api.Status == 403:
		return "Okta does not let this app read it although " + scope + " is granted: its admin role is too narrow", nil
	case api.Status == 404:
		return "Okta does not find it", nil
	}
	return "", err
}

// informativeBudget is how long a read may take that only tells a person more.
const informativeBudget = 8 * time.Second

// informative runs a read that only tells a person more about a change that is
// asked about anyway. Failing, it returns why it shows nothing: what cannot be
// counted must not stop a containment. The reason is the same each time, without
// what Okta says anew in every answer, for it stands in the question.
func (c *Call) informative(ctx context.Context, read func(context.Context) error) (hidden string) {
	reading, cancel := context.WithTimeout(ctx, informativeBudget)
	defer cancel()
	err := read(reading)
	var api *oktaclient.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &api):
		return fmt.Sprintf("Okta answered %d", api.Status)
	}
	return "reading it failed"
}

// atLeast is a count that may have been cut: "1,000 or more".
type atLeast struct {
	n    int
	more bool
}

func (a atLeast) String() string {
	text := fmt.Sprint(a.n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	if a.more {
		text += " or more"
	}
	return text
}

func (a atLeast) of(one, many string) string {
	if a.n == 1 && !a.more {
		return "1 " + one
	}
	return a.String() + " " + many
}

// quotedList joins names for a sentence of ours, each quoted.
func quotedList(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = confirm.Quote(name)
	}
	return strings.Join(quoted, ", ")
}

// callBudget is how long one step of a call, checking or running, may take:
// under the minute after which most MCP clients give up.
const callBudget = 50 * time.Second
