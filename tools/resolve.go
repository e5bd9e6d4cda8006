package tools

import (
	"context"
	"encoding/json"
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

// user is what tools need to know of a person they are about to change.
type user struct {
	id, login, name, status, lastUpdated string

	raw  json.RawMessage
	etag string // empty where Okta gives none
}

func newUser(raw json.RawMessage) user {
	u := gjson.ParseBytes(raw)
	return user{
		id: u.Get("id").String(), login: u.Get("profile.login").String(), status: u.Get("status").String(),
		name:        strings.TrimSpace(u.Get("profile.firstName").String() + " " + u.Get("profile.lastName").String()),
		lastUpdated: u.Get("lastUpdated").String(),
		raw:         raw,
	}
}

// state is what must not change between a question and the change: who it is,
// not when the person last signed in.
func (u user) state() any {
	return []string{u.id, u.status, gjson.GetBytes(u.raw, "profile").Raw}
}

// profile is the person's attributes as Okta has them.
func (u user) profile() json.RawMessage { return json.RawMessage(gjson.GetBytes(u.raw, "profile").Raw) }

func (u user) target() confirm.Target {
	return confirm.Target{Type: "user", ID: u.id, Name: u.login, Full: u.name}
}

// unseen is a person whom the granted scopes do not show: known by id only.
func unseen(id string) user {
	return user{id: id, raw: json.RawMessage(`{}`)}
}

// user reads a person by id, exact login, or unambiguous login before the @.
// Without the scope to see people, only ids are taken.
func (c *Call) user(ctx context.Context, ref string) (user, error) {
	if !c.granted(usersRead) {
		if !looksLikeID(ref, "00u") {
			return user{}, &Refused{Reason: "people can be named by id only, because the scope " + usersRead + " is not granted", Next: "give an id (00u…)"}
		}
		return unseen(ref), nil
	}
	answer, err := c.Org.GetUser(ctx, ref, nil)
	if notFound(err) {
		return user{}, noSuchUser(ref)
	}
	if err != nil {
		return user{}, err
	}
	u := newUser(answer.Body)
	u.etag = answer.ETag
	return u, nil
}

// userID is the id of a person, without reading who has it where ref is one.
func (c *Call) userID(ctx context.Context, ref string) (string, error) {
	if looksLikeID(ref, "00u") {
		return ref, nil
	}
	u, err := c.user(ctx, ref)
	return u.id, err
}

func noSuchUser(ref string) error {
	return &Refused{Reason: "no user has the id or login " + confirm.Quote(ref),
		Next: `list_users finds people by name or e-mail address, for instance with search profile.lastName eq "…"`}
}

// users reads several people and refuses the same one twice.
func (c *Call) users(ctx context.Context, refs []string) ([]user, error) {
	users := make([]user, len(refs))
	seen := map[string]string{}
	for i, ref := range refs {
		u, err := c.user(ctx, ref)
		if err != nil {
			return nil, err
		}
		if other, twice := seen[u.id]; twice {
			return nil, &ArgumentError{Problem: fmt.Sprintf("user_ids names one person twice, as %q and %q", other, ref)}
		}
		seen[u.id], users[i] = ref, u
		c.Progress(i+1, len(refs), "reading who they are")
	}
	return users, nil
}

func userIDs(users []user) []string {
	ids := make([]string, len(users))
	for i, u := range users {
		ids[i] = u.id
	}
	return ids
}

// group is what tools need to know of a group.
type group struct {
	id, name, kind string
	raw            json.RawMessage
}

func newGroup(raw json.RawMessage) group {
	g := gjson.ParseBytes(raw)
	return group{id: g.Get("id").String(), name: g.Get("profile.name").String(), kind: g.Get("type").String(), raw: raw}
}

// state is what must not change between a question and the change.
func (g group) state() any { return []string{g.id, g.kind, gjson.GetBytes(g.raw, "profile").Raw} }

func (g group) target() confirm.Target { return confirm.Target{Type: "group", ID: g.id, Name: g.name} }

// group reads a group by id or exact name; several of that name are refused with
// the candidates. Without the scope to see groups, only ids are taken.
func (c *Call) group(ctx context.Context, ref string) (group, error) {
	if err := oktaclient.CheckID("group", ref); err != nil {
		return group{}, &ArgumentError{Problem: err.Error()}
	}
	if !c.granted(groupsRead) {
		if !looksLikeID(ref, "00g") {
			return group{}, &Refused{Reason: "groups can be named by id only, because the scope " + groupsRead + " is not granted", Next: "give an id (00g…)"}
		}
		return group{id: ref, raw: json.RawMessage(`{}`)}, nil
	}
	if looksLikeID(ref, "00g") {
		answer, err := c.Org.GetGroup(ctx, ref)
		if err == nil {
			return newGroup(answer.Body), nil
		}
		if !notFound(err) {
			return group{}, err
		}
	}
	named, err := c.groupsNamed(ctx, ref)
	if err != nil {
		return group{}, err
	}
	if len(named) > 1 {
		return group{}, severalNamed("groups", ref, candidates(named))
	}
	if len(named) == 1 { // read again: what a search finds lags behind
		answer, err := c.Org.GetGroup(ctx, named[0].id)
		if err != nil && !notFound(err) {
			return group{}, err
		}
		if err == nil && newGroup(answer.Body).name == ref {
			return newGroup(answer.Body), nil
		}
	}
	return group{}, &Refused{Reason: "no group has the id or exact name " + confirm.Quote(ref), Next: "list_groups with q finds groups by the start of their name"}
}

// groupsNamed finds groups by exact name, in Okta's search index and by prefix:
// the index lags behind changes, and the prefix finds no more than 300.
func (c *Call) groupsNamed(ctx context.Context, name string) ([]group, error) {
	var named []group
	for _, query := range []oktaclient.Query{
		{"search": {"profile.name eq " + scimString(name)}, "limit": {"200"}},
		{"q": {name}, "limit": {"300"}},
	} {
		items, _, err := page(c.Org.ListGroups(ctx, query))
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			g := newGroup(item)
			known := slices.ContainsFunc(named, func(other group) bool { return other.id == g.id })
			if g.name == name && !known {
				named = append(named, g)
			}
		}
	}
	return named, nil
}

// severalNamed refuses a name that several objects have.
func severalNamed(words, name string, candidates []string) error {
	return &Refused{Reason: fmt.Sprintf("%d %s are named %s", len(candidates), words, confirm.Quote(name)),
		Next: "give the id of one of " + strings.Join(candidates, ", ")}
}

func candidates(groups []group) []string {
	list := make([]string, 0, len(groups))
	for _, g := range groups {
		list = append(list, fmt.Sprintf("%s (%s, %s)", g.id, g.kind, confirm.Quote(gjson.GetBytes(g.raw, "profile.description").String())))
	}
	return list
}

// looksLikeID reports whether ref has the form of Okta's ids: 20 letters and
// digits, the first three saying what it is.
func looksLikeID(ref, prefix string) bool {
	if len(ref) != 20 || !strings.HasPrefix(ref, prefix) {
		return false
	}
	for _, r := range ref {
		if (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return false
		}
	}
	return true
}

func notFound(err error) bool {
	var api *oktaclient.Error
	return errors.As(err, &api) && api.Status == 404
}

// scimString quotes a value for a search or filter expression (RFC 7644, 3.4.2.2).
func scimString(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// page reads one page of a list and says whether there would be more.
func page(answer *oktaclient.Answer, err error) ([]json.RawMessage, atLeast, error) {
	if err != nil {
		return nil, atLeast{}, err
	}
	items, err := answer.Items()
	return items, atLeast{n: len(items), more: answer.Next != nil}, err
}

// names returns a member of each item: what a detail of a question shows.
func names(items []json.RawMessage, path string) []string {
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = gjson.GetBytes(item, path).String()
	}
	return out
}

// maxDetail is how many names a question lists under one label.
const maxDetail = 10

func detail(label string, texts []string) confirm.Detail {
	shown := min(len(texts), maxDetail)
	return confirm.Detail{Label: label, Texts: texts[:shown], More: len(texts) - shown}
}

func limitOf(n int) url.Values { return url.Values{"limit": {strconv.Itoa(n)}} }
