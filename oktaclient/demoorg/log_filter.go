package demoorg

import (
	"errors"
	"net/http"
	"slices"
	"strings"
)

// debugPath begins the fields of debugContext.debugData.
const debugPath = "debugContext.debugData."

// logFields are the fields a filter may name; published is not among them: it
// is asked for with since and until.
func logFields() []string {
	return strings.Fields(`
		uuid version eventType legacyEventType displayMessage severity outcome.result outcome.reason
		actor.id actor.type actor.alternateId actor.displayName
		target.id target.type target.alternateId target.displayName
		client.id client.ipAddress client.device client.zone
		client.userAgent.rawUserAgent client.userAgent.os client.userAgent.browser
		client.geographicalContext.city client.geographicalContext.state
		client.geographicalContext.country client.geographicalContext.postalCode
		securityContext.asOrg securityContext.isp securityContext.domain securityContext.isProxy
		transaction.id transaction.type authenticationContext.externalSessionId
		authenticationContext.rootSessionId request.ipChain.ip`)
}

func badLogQuery(summary string) *apiError {
	return &apiError{status: http.StatusBadRequest, code: "E0000053", summary: summary}
}

// logRules says what a filter may compare.
func logRules(path string, op operator) string {
	if (path == debugPath+"url" || path == debugPath+"requestUri") && op == opHolds {
		return "The supplied combination of operator and field is not currently supported. Operator: co, Field: " + path
	}
	if strings.HasPrefix(path, debugPath) || slices.Contains(logFields(), path) {
		return ""
	}
	return "field is not valid: " + path
}

// logCondition reads a filter of the log and refuses it in the log's own words.
func logCondition(text string) (condition, error) {
	if text == "" {
		return all{}, nil
	}
	c, err := parseSCIM(text, logRules)
	var refused *apiError
	if !errors.As(err, &refused) {
		return c, err
	}
	cause := strings.Join(refused.causes, " ")
	switch {
	case strings.HasPrefix(cause, "The supplied combination"):
		refused.summary, refused.causes = cause, nil
		return nil, refused
	case strings.HasPrefix(cause, "field is not valid"):
		return nil, badLogQuery(cause)
	default:
		return nil, badLogQuery("Invalid filter '" + text + "': " + cause)
	}
}

// numbered is an event that knows its number: its ids derive from that.
type numbered struct {
	*logEvent
	number int
	seed   uint64
}

// field lets a filter look at an event.
func (e numbered) field(path string) any {
	group, rest, _ := strings.Cut(path, ".")
	switch group {
	case "actor":
		return present(e.actor.field(rest))
	case "target":
		values := make([]any, 0, len(e.targets))
		for _, t := range e.targets {
			values = append(values, t.field(rest))
		}
		return values
	case "client", "request":
		return present(e.from.field(rest))
	case "securityContext":
		return e.from.network(rest)
	case "debugContext":
		return present(e.debugValue(strings.TrimPrefix(path, debugPath)))
	default:
		return present(e.plainField(path))
	}
}

// present is nil for a field without a value: `pr` must not find it.
func present(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func (e numbered) plainField(path string) string {
	switch path {
	case "eventType":
		return e.kind.name
	case "legacyEventType":
		return e.legacy()
	case "displayMessage":
		return e.kind.message
	case "severity":
		return e.severity()
	case "outcome.result":
		return e.result
	case "outcome.reason":
		return e.reason
	case "uuid":
		return e.uuid()
	case "version":
		return "0"
	case "transaction.id":
		return e.requestID()
	case "transaction.type":
		return "WEB"
	default:
		return e.sessionID() // authenticationContext.externalSessionId, .rootSessionId
	}
}

func (t logEntity) field(name string) string {
	switch name {
	case "id":
		return t.id
	case "type":
		return t.kind
	case "alternateId":
		return t.alternate
	default:
		return t.name
	}
}

// debugValue is an entry of the event's debug data, "" without one.
func (e numbered) debugValue(name string) string {
	for _, d := range e.debugData() {
		if d.name == name {
			return d.value
		}
	}
	return ""
}

// mentions says whether every word stands somewhere in the event's values.
func (e numbered) mentions(words []string) bool {
	if len(words) == 0 {
		return true
	}
	values := []string{
		e.kind.name, e.kind.message, e.legacy(), e.severity(), e.result, e.reason, e.uuid(), e.requestID(), e.sessionID(),
		e.actor.id, e.actor.kind, e.actor.alternate, e.actor.name,
	}
	for _, t := range e.targets {
		values = append(values, t.id, t.kind, t.alternate, t.name)
	}
	for _, d := range e.debugData() {
		values = append(values, d.value)
	}
	text := strings.ToLower(strings.Join(append(values, e.from.values()...), "\n"))
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
}
