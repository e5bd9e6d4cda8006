package audit

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// Event is what a reconciliation reads of one event of Okta's System Log.
// https://developer.okta.com/docs/api/openapi/okta-management/management/tag/SystemLog/
type Event struct {
	ID         string
	Type       string // user.lifecycle.suspend
	When       time.Time
	Result     string
	Actor      Entity
	ClientID   string   // of the OAuth client that sent the request
	Agent      string   // its User-Agent
	RequestIDs []string // what the answer's X-Okta-Request-Id said; several events can share one
	Path       string   // of the request; empty: not told
	Job        bool     // done by work of Okta's own, not by a request
	Targets    []Entity
}

// Entity is who did something, or what it was done to.
type Entity struct{ ID, Type, Alternate string }

// ParseEvent reads an event.
func ParseEvent(raw json.RawMessage) (Event, error) {
	if !gjson.ValidBytes(raw) {
		return Event{}, errors.New("reading an event of the System Log: it is not JSON")
	}
	doc := gjson.ParseBytes(raw)
	when, err := time.Parse(time.RFC3339, doc.Get("published").String())
	if err != nil || doc.Get("eventType").String() == "" {
		return Event{}, errors.New("reading an event of the System Log: it has no eventType, or no time in published")
	}
	e := Event{
		ID: doc.Get("uuid").String(), Type: doc.Get("eventType").String(), When: when, Result: doc.Get("outcome.result").String(),
		Actor: entity(doc.Get("actor")), ClientID: doc.Get("client.id").String(), Agent: doc.Get("client.userAgent.rawUserAgent").String(),
		Path: doc.Get("debugContext.debugData.requestUri").String(), Job: doc.Get("transaction.type").String() == "JOB",
	}
	for _, name := range []string{"debugContext.debugData.requestId", "transaction.id"} {
		if id := doc.Get(name).String(); id != "" && id != "unknown" && !slices.Contains(e.RequestIDs, id) {
			e.RequestIDs = append(e.RequestIDs, id)
		}
	}
	for _, target := range doc.Get("target").Array() {
		e.Targets = append(e.Targets, entity(target))
	}
	return e, nil
}

func entity(doc gjson.Result) Entity {
	return Entity{ID: doc.Get("id").String(), Type: doc.Get("type").String(), Alternate: doc.Get("alternateId").String()}
}

// Change reports whether the event tells of a change that was made by a request.
//
// An event does not say by which method it came about, so its type decides. What
// a service app causes without changing anything is a short list: tokens given to
// it, rules evaluated, limits met, mails sent. Everything else counts as a change,
// and with it every type that Okta adds: an event too many is looked at by a
// person, one too few by nobody. What Okta refused or skipped changed nothing, and
// its own jobs go on for long after the request that they follow from.
func (e Event) Change() bool {
	if e.Job || slices.Contains(undone(), e.Result) {
		return false
	}
	return !slices.ContainsFunc(idle(), func(start string) bool { return strings.HasPrefix(e.Type, start) })
}

// undone are the outcomes of what did not come to pass.
func undone() []string {
	return []string{"FAILURE", "DENY", "SKIPPED", "CHALLENGE", "RATE_LIMIT", "ABANDONED"}
}

// idle are the beginnings of the types of events that are no changes.
// https://developer.okta.com/docs/reference/api/event-types/
func idle() []string {
	return strings.Fields(`
		app.oauth2.as.authorize app.oauth2.as.evaluate app.oauth2.as.interact app.oauth2.as.token.grant app.oauth2.as.token.detect
		app.oauth2.authorize app.oauth2.interact app.oauth2.token.grant app.oauth2.token.detect app.oauth2.token.oauth_sts
		app.oauth2.client_id_rate_limit app.oauth2.client.read_client_secret app.oauth2.invalid_client app.oauth2.signon
		application.integration.rate_limit event_hook.delivery inline_hook.executed inline_hook.response
		group.user_membership.rule.evaluation group.user_membership.rule.error
		policy.auth_reevaluate policy.continuous_access policy.entity_risk policy.evaluate policy.execute policy.scheduled
		policy.rule.action security.internal security.request security.threat.detected security.protected_action.attempt
		system.client. system.operation. system.org.rate_limit system.oauth2.token system.api_token.request
		system.email.account_unlock system.email.delivery system.email.mfa_ system.email.new_device system.email.password_reset
		system.email.send system.email.challenge system.sms. system.voice. system.push. system.idp.lifecycle.read
		user.authentication.auth user.authentication.sso user.authentication.slo user.authentication.verify
		user.internal user.mfa.attempt user.mfa.okta_verify user.risk user.session.start user.session.context user.session.access`)
}

// ours reports whether the client did it.
func (e Event) ours(client string) bool {
	return e.Actor.ID == client || e.Actor.Alternate == client || e.ClientID == client
}

// system reports whether Okta itself is named as who did it, as for what it does
// on a request's behalf.
func (e Event) system() bool { return strings.HasPrefix(e.Actor.Type, "System") }
