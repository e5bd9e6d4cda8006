package tools

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

const (
	sessionsRead   = "okta.sessions.read"
	sessionsManage = "okta.sessions.manage"
)

func sessionTools() []Any {
	return []Any{getSession(), refreshSession(), revokeSession(), revokeUserSessions(), listUserGrants(), revokeUserGrants()}
}

func sessionKind() kind {
	return kind{word: "session", name: "login", param: "session_id", finder: "authenticationContext.externalSessionId in get_logs",
		get: byID((*oktaclient.Org).GetSession)}
}

type sessionRef struct {
	SessionID string `json:"session_id" jsonschema:"id"`
}

func (in sessionRef) identify() (kind, string) { return sessionKind(), in.SessionID }

type getSessionIn struct {
	sessionRef
	Shown
}

func getSession() Any {
	return Tool[getSessionIn, Document]{
		Name: "get_session", Title: "Get session", Effect: Read, Scopes: []string{sessionsRead},
		Description: "One session: whose, since and until when, how the person signed in.",
		Run:         getObject[getSessionIn],
	}
}

func refreshSession() Any {
	return step[sessionRef]{
		action: "Extend this session", follows: []string{"The person stays signed in for longer."},
		check: func(ctx context.Context, c *Call, p *confirm.Preview, _ sessionRef, o object) error {
			admin, err := c.weighSession(ctx, p, o)
			if admin {
				raise(p, "it is the session of an administrator")
			}
			return err
		},
		do: onID[sessionRef]((*oktaclient.Org).RefreshSession),
	}.tool(Tool[sessionRef, Change]{
		Name: "refresh_session", Title: "Refresh session", Effect: Write, Scopes: []string{sessionsManage}, Optional: []string{rolesRead},
		Description: "Extends a session by its full lifetime.",
	})
}

func revokeSession() Any {
	return step[sessionRef]{
		action: "End this session", follows: []string{"The person is signed out of Okta in that browser and has to sign in again; other sessions stay."},
		check: func(ctx context.Context, c *Call, p *confirm.Preview, _ sessionRef, o object) error {
			admin, err := c.weighSession(ctx, p, o)
			p.Typed = p.Typed || admin
			return err
		},
		do: onID[sessionRef]((*oktaclient.Org).RevokeSession),
	}.tool(Tool[sessionRef, Change]{
		Name: "revoke_session", Title: "Revoke session", Effect: Destructive, Scopes: []string{sessionsManage}, Optional: []string{rolesRead},
		Description: "Ends one session; revoke_user_sessions ends all of a person.",
	})
}

// weighSession notes whose session it is. Of its state only that counts: when it
// ends changes whenever the person uses it.
func (c *Call) weighSession(ctx context.Context, p *confirm.Preview, o object) (admin bool, err error) {
	doc := gjson.ParseBytes(o.raw)
	owner := user{id: doc.Get("userId").String(), login: doc.Get("login").String()}
	if err := c.own(owner.id); err != nil {
		return false, err
	}
	p.State = []string{o.id, owner.id, owner.login, o.status}
	p.Details = append(p.Details, confirm.Detail{Label: "session of the user", Texts: []string{owner.login, "id " + owner.id}})
	if why := c.protects(owner.target()); why != "" {
		protect(p, why)
	}
	return c.weighUser(ctx, p, owner)
}

type revokeUserSessionsIn struct {
	People
	RevokeOAuthTokens bool  `json:"revoke_oauth_tokens,omitempty" jsonschema:"apps' tokens too"`
	ForgetDevices     *bool `json:"forget_devices,omitempty" jsonschema:"default true"`
}

func (in revokeUserSessionsIn) forgets() bool { return in.ForgetDevices == nil || *in.ForgetDevices }

// follows says what ends and what does not.
func (in revokeUserSessionsIn) follows() string {
	all := []string{"Every session with Okta on the web ends, and signing in again takes the usual proofs."}
	if in.RevokeOAuthTokens {
		all = append(all, "The access and refresh tokens that Okta gave to apps end too.")
	} else {
		all = append(all, "Tokens that apps hold stay good.")
	}
	if in.forgets() {
		all = append(all, "Remembered devices are forgotten, so that a second factor is asked for again.")
	}
	return strings.Join(all, " ")
}

func revokeUserSessions() Any {
	return Tool[revokeUserSessionsIn, Change]{
		Name: "revoke_user_sessions", Title: "Revoke users' sessions", Effect: Destructive, Scopes: []string{usersManage},
		Optional:    []string{rolesRead},
		Description: "Signs people out of Okta everywhere; suspend_user keeps them from signing in again.",
		Check: func(ctx context.Context, c *Call, in *revokeUserSessionsIn) (confirm.Preview, error) {
			return c.takeAccess(ctx, &in.People, accessLoss{
				one: "End all sessions of this user", many: "End all sessions of these %d users", follows: in.follows(),
				allowed: func(string) bool { return true },
			})
		},
		Run: func(ctx context.Context, c *Call, in revokeUserSessionsIn) (Change, error) {
			query := url.Values{"oauthTokens": {strconv.FormatBool(in.RevokeOAuthTokens)}, "forgetDevices": {strconv.FormatBool(in.forgets())}}
			return c.forEach(ctx, "cannot be undone: people sign in again", func(id string) (string, error) {
				_, err := c.Org.RevokeUserSessions(ctx, id, query)
				return "", err
			})
		},
	}
}

func listUserGrants() Any {
	return Tool[listUserIn, List]{
		Name: "list_user_grants", Title: "List a user's grants", Effect: Read, Scopes: []string{usersRead},
		Description: "What one person has allowed apps: scopeId by clientId.",
		Run: func(ctx context.Context, c *Call, in listUserIn) (List, error) {
			shown := view{without: []string{"createdBy", "userId", "lastUpdated"}}
			return c.listOfUser(ctx, in.UserID, listing{paging: in.Paging, view: shown, key: []string{"user grants"}}, c.Org.ListUserGrants)
		},
	}
}

type revokeUserGrantsIn struct {
	UserID string `json:"user_id" jsonschema:"id or login"`
}

func revokeUserGrants() Any {
	return Tool[revokeUserGrantsIn, Change]{
		Name: "revoke_user_grants", Title: "Revoke a user's grants", Effect: Destructive, Scopes: []string{usersManage},
		Optional:    []string{rolesRead},
		Description: "Takes back everything that one person has allowed apps.",
		Check: func(ctx context.Context, c *Call, in *revokeUserGrantsIn) (confirm.Preview, error) {
			p := confirm.Preview{Action: "Take back everything that this user has allowed apps"}
			u, err := c.user(ctx, in.UserID)
			if err != nil {
				return p, err
			}
			in.UserID = u.id
			p.Targets, p.State = []confirm.Target{u.target()}, u.state()
			if err := c.weighUsers(ctx, &p, []user{u}); err != nil {
				return p, err
			}
			return p, c.showGrants(ctx, &p, u)
		},
		Run: func(ctx context.Context, c *Call, in revokeUserGrantsIn) (Change, error) {
			answer, err := c.Org.RevokeUserGrants(ctx, in.UserID)
			return c.transited(ctx, answer, err, Undo{Words: "cannot be undone: an app asks the person again when it needs to"})
		},
	}
}

// showGrants adds what ends to p, and refuses where there is nothing to end.
func (c *Call) showGrants(ctx context.Context, p *confirm.Preview, u user) error {
	var grants []string
	var count atLeast
	hidden := c.informative(ctx, func(ctx context.Context) error {
		items, n, err := page(c.Org.ListUserGrants(ctx, u.id, limitOf(200)))
		for _, item := range items {
			grant := gjson.ParseBytes(item)
			app := firstNonEmpty(grant.Get("_links.app.title").String(), grant.Get("clientId").String())
			grants = append(grants, grant.Get("scopeId").String()+" to "+app)
		}
		count = n
		return err
	})
	switch {
	case hidden != "":
		p.Consequence = append(p.Consequence, "What the person has allowed is not visible: "+hidden+".")
		return nil
	case count.n == 0:
		return &Refused{Reason: fmt.Sprintf("the user %s has allowed apps nothing, so nothing was sent", confirm.Quote(u.login)), Next: "revoke_user_sessions ends sessions and tokens"}
	}
	slices.Sort(grants)
	p.Consequence = append(p.Consequence, fmt.Sprintf("%s, and each app asks the person again.", count.of("grant ends", "grants end")))
	p.Details = append(p.Details, detail("allowed", grants))
	return nil
}
