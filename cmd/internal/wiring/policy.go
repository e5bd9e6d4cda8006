package wiring

import (
	"log/slog"
	"slices"

	"okta-mcp/cmd/internal/policy"
	"okta-mcp/cmd/internal/settings"
	"okta-mcp/tools"
)

// CallerCall is who calls where the program makes one call of the command line:
// policies say whether those may change things.
const CallerCall = "cli"

// bounds are the operator's policies, and whether they apply to a single call.
type bounds struct {
	policies   []tools.Policy
	singleCall bool
}

// readBounds reads the policy files. What cannot be used is no error: nothing is
// changed then, and the log says so.
func readBounds(s settings.Settings, callerID string, log *slog.Logger) bounds {
	b := bounds{singleCall: callerID == CallerCall}
	machine, err := policy.MachineFile()
	b.policies = policy.Files{Named: s.Policy, Machine: machine}.Load()
	if err != nil {
		b.policies = append(b.policies, tools.Policy{Name: "of the machine", Problem: err.Error()})
	}
	for _, p := range b.policies {
		if p.Problem != "" {
			log.Error(p.Closes(false))
		}
	}
	return b
}

// asked are the settings by which scopes are asked for: no more than can be used.
func (b bounds) asked(s settings.Settings) settings.Settings {
	s.ReadOnly = s.ReadOnly || slices.ContainsFunc(b.policies, func(p tools.Policy) bool { return p.Closes(b.singleCall) != "" })
	return s
}

func (b bounds) names() []string {
	names := make([]string, len(b.policies))
	for i, p := range b.policies {
		names[i] = p.Name
	}
	return names
}
