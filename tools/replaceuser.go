package tools

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
)

type replaceUserIn struct {
	UserID  string          `json:"user_id" jsonschema:"id or login"`
	Profile json.RawMessage `json:"profile" jsonschema:"the whole profile"`
	found
}

func replaceUser() Any {
	return Tool[replaceUserIn, Change]{
		Name: "replace_user", Title: "Replace user", Effect: Destructive, Scopes: []string{usersManage},
		Optional:    []string{rolesRead, groupsRead},
		Description: "Gives a person this profile and clears every attribute not in it; update_user keeps the others.",
		Check:       checkReplaceUser,
		Run: func(ctx context.Context, c *Call, in replaceUserIn) (Change, error) {
			body, err := encode(map[string]json.RawMessage{"profile": in.Profile})
			if err != nil {
				return Change{}, err
			}
			answer, err := c.Org.ReplaceUser(ctx, in.UserID, nil, in.etag, body)
			if err != nil {
				return Change{}, c.aftermath(ctx, c.Targets[0], err)
			}
			change := c.profileChange(in.before, answer.Body)
			change.Undo = undoWith("replace_user", map[string]any{"user_id": in.UserID, "profile": in.before})
			return change, nil
		},
	}
}

func checkReplaceUser(ctx context.Context, c *Call, in *replaceUserIn) (confirm.Preview, error) {
	p := confirm.Preview{Action: "Replace the whole profile of this user"}
	if err := needNames(gjson.ParseBytes(in.Profile)); err != nil {
		return p, err
	}
	u, err := c.user(ctx, in.UserID)
	if err != nil {
		return p, err
	}
	in.UserID, in.found = u.id, found{before: u.profile(), etag: u.etag}
	p.Targets, p.State = []confirm.Target{u.target()}, u.state()
	whole, cleared := withCleared(in.before, in.Profile)
	if len(reverseOf(gjson.ParseBytes(in.before), gjson.ParseBytes(whole))) == len("{}") {
		return p, &Refused{Reason: "the profile has exactly these values already, so nothing was sent"}
	}
	p.Consequence = []string{"No attribute is cleared."}
	if len(cleared) > 0 {
		p.Consequence = []string{fmt.Sprintf("%s not in this profile, and so cleared.", atLeast{n: len(cleared)}.of("attribute that has a value now is", "attributes that have a value now are"))}
	}
	return p, c.weighProfile(ctx, &p, u, whole)
}

// withCleared is the profile given with a null, before the rest, for every
// attribute that has a value now and is not in it, and the names of those: what
// replacing means.
func withCleared(before, given json.RawMessage) (whole json.RawMessage, cleared []string) {
	var b objectWriter
	asked := gjson.ParseBytes(given)
	gjson.ParseBytes(before).ForEach(func(name, value gjson.Result) bool {
		member := exactMember(asked, name.String())
		if value.Type == gjson.Null || member.Type != gjson.Null {
			return true
		}
		cleared = append(cleared, name.String())
		if member.Raw == "" {
			b.member(name.Raw, json.RawMessage("null"))
		}
		return true
	})
	asked.ForEach(func(name, value gjson.Result) bool {
		b.member(name.Raw, json.RawMessage(value.Raw))
		return true
	})
	return b.done(), cleared
}
