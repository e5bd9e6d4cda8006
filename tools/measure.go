package tools

import (
	"context"
	"encoding/json"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

// countedAtMost is where counting stops: a thousand or more is many, whatever
// more is.
const countedAtMost = 1000

// fetch reads one page of a list.
type fetch = func(context.Context, oktaclient.Query) (*oktaclient.Answer, error)

// measurement is one thing that a Check counts for the person who is asked.
type measurement struct {
	unseen string // what is said when it cannot be read: "Who is assigned is not visible"
	fetch  fetch
	size   int // how many items Okta puts on a page
	tell   func(items []json.RawMessage, n atLeast)
}

// measure counts, and tells what it found. What cannot be counted must not stop
// a containment: then the question says so.
func (c *Call) measure(ctx context.Context, p *confirm.Preview, m measurement) {
	var items []json.RawMessage
	var n atLeast
	hidden := c.informative(ctx, func(ctx context.Context) (err error) {
		items, n, err = tally(ctx, m.size, m.fetch)
		return err
	})
	if hidden != "" {
		p.Consequence = append(p.Consequence, m.unseen+": "+hidden+".")
		return
	}
	m.tell(items, n)
}

// tally reads a list until it ends or countedAtMost is reached.
func tally(ctx context.Context, size int, fetch fetch) ([]json.RawMessage, atLeast, error) {
	var all []json.RawMessage
	query := limitOf(size)
	for {
		answer, err := fetch(ctx, query)
		if err != nil {
			return nil, atLeast{}, err
		}
		items, err := answer.Items()
		if err != nil {
			return nil, atLeast{}, err
		}
		all = append(all, items...)
		if query = answer.Next; query == nil || len(all) >= countedAtMost {
			return all, atLeast{n: len(all), more: query != nil}, nil
		}
	}
}
