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
	if !errors.Is(err, oktaclient.ErrOutcomeUnknown) {
		return err
	}
	looking, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookBudget)
	defer cancel()
	shown, lookErr := c.look(looking, target)
	if lookErr != nil {
		return fmt.Errorf("what %s %s shows now could not be read (%s): %w", target.Type, target.ID, words(lookErr), err)
	}
	return fmt.Errorf("%s: %w", shown, err)
}

// look says in words what a target shows now.
func (c *Call) look(ctx context.Context, target confirm.Target) (string, error) {
	ref := firstNonEmpty(target.ID, target.Name)
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
