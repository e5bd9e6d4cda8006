package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

// How an operation is followed that Okta carries out later: looked at after a
// second, then less and less often, and given up while the call can still say so.
const (
	followFirst = time.Second
	followMost  = 5 * time.Second
	followFor   = callBudget - 10*time.Second
)

// follow turns the answer to a write that Okta only accepted into the object as
// it is once the operation has completed. An answer that is no acceptance is
// returned as it is. An operation that Okta does not finish in time is left in
// c.pending, and nothing is returned.
func (c *Call) follow(ctx context.Context, k kind, answer *oktaclient.Answer, err error) (*oktaclient.Answer, error) {
	if err != nil || answer.Status != http.StatusAccepted {
		return answer, err
	}
	id := operationID(answer)
	if id == "" {
		c.leave(k, json.RawMessage(`{}`), "Okta accepted this without saying where to follow it")
		return nil, nil
	}
	last, err := c.awaitOperation(ctx, k, id)
	if err != nil {
		return nil, err
	}
	switch status := gjson.GetBytes(last, "status").String(); status {
	case "COMPLETED":
		return c.completed(ctx, k, last), nil
	case "FAILED":
		return nil, operationFailed(k, id, last)
	default:
		c.leave(k, last, "Okta accepted this as the operation "+confirm.Quote(id)+" and had not finished it when this call had to end")
		return nil, nil
	}
}

// operationID is the id of the operation at the address that Okta gave.
func operationID(answer *oktaclient.Answer) string {
	_, id, _ := strings.Cut(answer.Location, "/operations/")
	id, _, _ = strings.Cut(id, "?")
	return strings.TrimSuffix(id, "/")
}

// awaitOperation returns the operation once Okta has finished it, or as it was
// last seen when there is no time left.
func (c *Call) awaitOperation(ctx context.Context, k kind, id string) (json.RawMessage, error) {
	last, err := encode(map[string]string{"id": id})
	if err != nil {
		return nil, err
	}
	err = c.await(ctx, k, func() (done bool, err error) {
		answer, err := k.operation(ctx, c.Org, id)
		if err != nil {
			return false, err
		}
		last = answer.Body
		status := gjson.GetBytes(last, "status").String()
		return status == "COMPLETED" || status == "FAILED", nil
	})
	if err != nil {
		return nil, fmt.Errorf("okta accepted this as the operation %s, and following it failed (%s shows what came of it; do not repeat the call before looking): %w", confirm.Quote(id), k.finder, err)
	}
	return last, nil
}

// await looks again and again, less and less often, until what Okta works on is
// done or there is no time left.
func (c *Call) await(ctx context.Context, k kind, look func() (done bool, err error)) error {
	started := c.server.cfg.Now()
	for wait := followFirst; ; wait = min(wait*3/2, followMost) {
		spent := c.server.cfg.Now().Sub(started)
		if spent+wait > followFor {
			return nil
		}
		c.Progress(int(spent.Seconds()), int(followFor.Seconds()), "Okta is working on the "+k.word)
		err := c.server.cfg.Sleep(ctx, wait)
		done := false
		if err == nil {
			done, err = look()
		}
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return nil
		case err != nil || done:
			return err
		}
	}
}

// untilGone follows a deletion that Okta only accepted until the object cannot be
// read any more. There is no operation to look at.
func (c *Call) untilGone(ctx context.Context, k kind, id string, answer *oktaclient.Answer, err error) (*oktaclient.Answer, error) {
	if err != nil || answer.Status != http.StatusAccepted {
		return answer, err
	}
	gone := false
	look := func() (bool, error) {
		_, err := k.get(ctx, c.Org, id)
		if gone = notFound(err); gone {
			err = nil
		}
		return gone, err
	}
	_, err = look() // most are deleted at once
	if err == nil && !gone {
		err = c.await(ctx, k, look)
	}
	if err != nil {
		return nil, fmt.Errorf("okta accepted the deletion, and following it failed (%s shows what came of it): %w", k.finder, err)
	}
	if !gone {
		c.leave(k, json.RawMessage(`{}`), "Okta accepted the deletion and had not finished it when this call had to end")
	}
	return answer, nil
}

// completed is the object that an operation made or changed, or what the
// operation says of it when it cannot be read, as when it was deleted.
func (c *Call) completed(ctx context.Context, k kind, operation json.RawMessage) *oktaclient.Answer {
	resource := gjson.GetBytes(operation, "resource")
	answer, err := k.get(ctx, c.Org, resource.Get("id").String())
	if err == nil {
		return answer
	}
	if !notFound(err) {
		c.Notes = append(c.Notes, "Okta completed this; reading the "+k.word+" afterwards failed, so the answer is what the operation says")
	}
	return &oktaclient.Answer{Status: http.StatusOK, Body: json.RawMessage(resource.Raw)}
}

func operationFailed(k kind, id string, operation json.RawMessage) error {
	details := gjson.GetBytes(operation, "errorDetails")
	reason := firstNonEmpty(details.Get("message").String(), details.Get("errorSummary").String(), "no reason given")
	if code := details.Get("code").String(); code != "" {
		reason = code + ": " + reason
	}
	return fmt.Errorf("okta accepted this and then failed to carry it out: %s (operation %s); mend what it names, and see with %s what is there now",
		confirm.Quote(reason), confirm.Quote(id), k.finder)
}

// leave ends a call before its operation: the answer tells how to go on.
func (c *Call) leave(k kind, operation json.RawMessage, why string) {
	c.pending = operation
	c.Notes = append(c.Notes, why+". It is not finished: do not repeat the call; "+k.finder+" shows when it is done.")
}

// unfinished is what a change answers that Okta accepted and has not finished.
func (c *Call) unfinished(target confirm.Target) Change {
	return Change{
		Target: &target, Result: c.resultOf(&oktaclient.Answer{Body: c.pending}), Notes: c.Notes,
		Undo: Undo{Words: "not yet: Okta has not finished, and takes no other change of it meanwhile"},
	}
}

// onIDLater is onID for an operation that Okta may carry out later.
func onIDLater[In identified](operation func(*oktaclient.Org, context.Context, string) (*oktaclient.Answer, error)) func(context.Context, *Call, In, confirm.Target) (*oktaclient.Answer, error) {
	return func(ctx context.Context, c *Call, in In, o confirm.Target) (*oktaclient.Answer, error) {
		k, _ := in.identify()
		answer, err := operation(c.Org, ctx, o.ID)
		return c.follow(ctx, k, answer, err)
	}
}
