package demoorg

import (
	"net/http"
	"sync/atomic"
	"time"
)

const (
	// operationPolls is the poll that finds an operation finished.
	operationPolls = 3
	// operationTime is after how long one finishes that nobody asks about.
	operationTime = 5 * time.Second
)

// operation is work that Okta accepted and does later. Nothing runs in the
// background: whoever looks finds it as far as polls and time have brought it.
type operation struct {
	id, kind string // ai-agent:Register
	root     string // of the API that has it
	created  time.Time
	polls    atomic.Int32 // answered under the shared lock
	failure  string       // why it fails; "" for success

	resource, resourceKind, resourcePath string // what it works on
	result                               string // status of the resource when done
}

func (op *operation) finished(now time.Time) bool {
	return op.polls.Load() >= operationPolls || now.Sub(op.created) >= operationTime
}

func (op *operation) succeeded(now time.Time) bool { return op.failure == "" && op.finished(now) }

func (op *operation) status(now time.Time) string {
	switch {
	case op.succeeded(now):
		return "COMPLETED"
	case op.finished(now):
		return "FAILED"
	case op.polls.Load() > 1:
		return "IN_PROGRESS"
	default:
		return "SCHEDULED"
	}
}

// doc is the operation as the API shows it: each member once it is known.
func (op *operation) doc(c *call) map[string]any {
	status := op.status(c.now)
	doc := map[string]any{"id": op.id, "type": op.kind, "status": status, "created": stampOf(op.created)}
	if status == "SCHEDULED" {
		return doc
	}
	doc["started"] = stampOf(op.created)
	switch status {
	case "COMPLETED":
		doc["completed"] = stampOf(op.created)
		doc["resource"] = map[string]any{
			"id": op.resource, "type": op.resourceKind, "status": op.result,
			"_links": map[string]any{"self": map[string]string{"href": c.base + op.resourcePath}},
		}
	case "FAILED":
		doc["completed"] = stampOf(op.created)
		doc["errorDetails"] = map[string]string{"code": "E0000001", "message": op.failure}
	}
	return doc
}

// begin starts an operation that leaves a in the state next, or fails.
func (o *Org) begin(c *call, a *agent, kind string, next agentState, failure string) (answer, error) {
	op := &operation{
		kind: "ai-agent:" + kind, root: agentRoot, failure: failure,
		resource: a.id, resourceKind: "AI_AGENT", resourcePath: agentRoot + "/ai-agents/" + a.id, result: next.status,
	}
	if next.status == "" {
		op.result = "DELETED"
	}
	a.next, a.pending = next, op
	return o.accept(c, op)
}

// accept files an operation and answers where to ask about it.
func (o *Org) accept(c *call, op *operation) (answer, error) {
	op.id, op.created = o.mint("op-"), c.now
	o.agents.operations = append(o.agents.operations, op)
	where := http.Header{"Location": {c.base + op.root + "/operations/" + op.id}}
	return answer{status: http.StatusAccepted, header: where}, nil
}

// getOperation answers how far an operation is, and moves it on.
func getOperation(o *Org, c *call) (answer, error) {
	for _, op := range o.agents.operations {
		if op.id == c.params["operationId"] && c.path == op.root+"/operations/"+op.id {
			op.polls.Add(1)
			return ok(op.doc(c))
		}
	}
	return answer{}, notFound(c.params["operationId"], "Operation")
}

// listOperations lists those on agents, the newest first.
func listOperations(o *Org, c *call) (answer, error) {
	p, err := c.page(aiPage, largestPage)
	if err != nil {
		return answer{}, err
	}
	newest := make([]*operation, 0, len(o.agents.operations))
	for i := len(o.agents.operations) - 1; i >= 0; i-- {
		newest = append(newest, o.agents.operations[i])
	}
	found, next, known := cut(newest, p, func(op *operation) string { return op.id }, func(op *operation) bool {
		return op.root == agentRoot
	})
	if !known {
		return answer{}, badCursor()
	}
	docs := []map[string]any{}
	for _, op := range found {
		docs = append(docs, op.doc(c))
	}
	return c.enveloped(p, docs, next)
}
