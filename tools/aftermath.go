package tools

import (
	"context"
	"errors"
	"fmt"
	"time"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

// lookBudget is how long reading a target back after a cut-off write may take.
const lookBudget = 5 * time.Second

// aftermath adds to the error of a write whose outcome is unknown what the
// target shows now. Other errors are returned as they are.
func (c *Call) aftermath(ctx context.Context, target confirm.Target, err error) error {
	return c.afterwards(ctx, target.Type+" "+target.ID, err, func(ctx context.Context) (string, error) { return c.look(ctx, target) })
}

// unclear is aftermath for an object of any kind.
func (c *Call) unclear(ctx context.Context, k kind, id string, err error) error {
	return c.afterwards(ctx, k.word+" "+id, err, func(ctx context.Context) (string, error) { return c.shows(ctx, k, id) })
}

// unmade is aftermath for an object that was to be made: it has no id to look at.
func (c *Call) unmade(k kind, err error) error {
	if !errors.Is(err, oktaclient.ErrOutcomeUnknown) {
		return err
	}
	return fmt.Errorf("%s shows whether the %s was made: %w", k.finder, k.word, err)
}

func (c *Call) afterwards(ctx context.Context, what string, err error, look func(context.Context) (string, error)) error {
	if !errors.Is(err, oktaclient.ErrOutcomeUnknown) {
		return err
	}
	looking, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookBudget)
	defer cancel()
	shown, lookErr := look(looking)
	if lookErr != nil {
		return fmt.Errorf("what %s shows now could not be read (%s): %w", what, words(lookErr), err)
	}
	return fmt.Errorf("%s: %w", shown, err)
}

// look says in words what a target shows now.
func (c *Call) look(ctx context.Context, target confirm.Target) (string, error) {
	ref := firstNonEmpty(target.ID, target.Name)
	if looksLikeID(target.Within, "0oa") {
		return c.lookAssigned(ctx, target)
	}
	if target.Within != "" {
		member, err := c.isMember(ctx, target.ID, target.Within)
		return fmt.Sprintf("as of now it is %t that the user %s is in the group %s", member, target.ID, target.Within), err
	}
	var refused *Refused
	if target.Type == "group" {
		g, err := c.group(ctx, ref)
		if errors.As(err, &refused) {
			return "as of now there is no group " + confirm.Quote(ref), nil
		}
		return fmt.Sprintf("as of now the group %s exists with the id %s", confirm.Quote(g.name), g.id), err
	}
	u, err := c.user(ctx, ref)
	if errors.As(err, &refused) {
		return "as of now there is no user " + confirm.Quote(ref), nil
	}
	return fmt.Sprintf("as of now the user %s has the status %s and was last changed at %s", u.id, u.status, u.lastUpdated), err
}
