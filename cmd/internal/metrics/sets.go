package metrics

import (
	"slices"
	"strconv"
	"strings"

	"okta-mcp/oktaclient"
	"okta-mcp/tools"
)

// other is shown of what is not in a label's set.
const other = "other"

func oneOf(value string, set []string) string {
	if slices.Contains(set, value) {
		return value
	}
	return other
}

func outcomes() []string {
	return []string{"ok", "asked", tools.OutcomeError, tools.OutcomeNotConsented, tools.OutcomeNotSignedIn}
}

func askers() []string { return []string{"client", "browser", "terminal", "pre-approval"} }

// answers are why there is no consent.
func answers() []string {
	return []string{
		"decline", "cancel", "refuse", "expired", "changed", "waiting", "unasked", "taken", "forged", "invalid", "limit", "error",
	}
}

func reasons() []string {
	return []string{oktaclient.WaitPacing, oktaclient.WaitRateLimit, oktaclient.WaitRetry}
}

func effects() []tools.Effect {
	return []tools.Effect{tools.Read, tools.Write, tools.Destructive, tools.Privileged}
}

func effectName(e tools.Effect) string {
	if slices.Contains(effects(), e) {
		return e.String()
	}
	return other
}

const noStatus = "none" // no answer came

func classes() []string { return []string{noStatus, "1xx", "2xx", "3xx", "4xx", "5xx"} }

// class is the class of a status of Okta's.
func class(status int) string {
	if status == 0 {
		return noStatus
	}
	return oneOf(strconv.Itoa(status/100)+"xx", classes())
}

// collections are the paths that our operations begin with. Whoever calls an API of
// their own choice chooses its path as well, which may be anything.
func collections() []string {
	return strings.Fields(`
		/api/v1/apps /api/v1/authenticators /api/v1/device-assurances /api/v1/devices /api/v1/eventHooks /api/v1/groups
		/api/v1/iam /api/v1/logs /api/v1/meta /api/v1/policies /api/v1/sessions /api/v1/users /api/v1/zones
		/resource-servers/api/v1/mcp-servers /resource-servers/api/v1/operations
		/workload-principals/api/v1/ai-agents /workload-principals/api/v1/operations`)
}

// family is a family of endpoints as oktaclient.Headroom names it, if it is one of
// those that our operations use.
func family(name string) string {
	collection := strings.TrimSuffix(strings.TrimPrefix(name, "GET "), "/{id}")
	if slices.Contains(collections(), collection) {
		return name
	}
	return other
}
