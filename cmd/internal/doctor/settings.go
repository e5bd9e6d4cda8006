package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"okta-mcp/auth"
	"okta-mcp/cmd/internal/policy"
	"okta-mcp/cmd/internal/settings"
	"okta-mcp/confirm"
	"okta-mcp/tools"
)

// method is a way of signing in, and why it is the one.
type method struct {
	person bool
	saw    string
}

func methodOf(s settings.Settings) method {
	if s.HasKey() {
		return method{saw: "as a service app, because a private key is given"}
	}
	return method{person: true, saw: "as a person who signs in with a code, because no private key is given"}
}

// settings finds everything that is wrong with the settings at once. The private
// key is a check of its own.
func (e *exam) settings(context.Context) Finding {
	problems := slices.Clone(e.Problems)
	s := e.Settings
	if s.OrgURL == "" {
		problems = append(problems, settings.Missing("org-url"))
	}
	if s.ClientID == "" {
		problems = append(problems, settings.Missing("client-id"))
	}
	if _, _, err := e.asked(); err != nil {
		problems = append(problems, err)
	}
	if _, err := confirm.ParseApprovals(s.Approve, tools.Confirmable(), time.Now); err != nil {
		problems = append(problems, &settings.Error{Name: "--approve", Problem: err.Error(), Example: "deactivate_user=20"})
	}
	for _, p := range e.policies {
		if p.Problem != "" {
			problems = append(problems, &settings.Error{Name: "the policy file " + p.Name, Problem: p.Problem})
		}
	}
	if len(problems) == 0 {
		problems = e.misfits()
	}
	if len(problems) > 0 {
		return badSettings(problems)
	}
	profile := ""
	if s.Profile != "" {
		profile = ", with the profile " + s.Profile
	}
	return ok("%s with the client id %s, %s%s", s.OrgURL, s.ClientID, e.method.saw, profile)
}

// misfits are what auth finds wrong with settings that can be read. Without a key
// it makes a person's sign-in of them, of which it sends nothing.
func (e *exam) misfits() []error {
	trial, err := auth.NewDevice(e.config())
	if err != nil {
		return []error{&settings.Error{Name: "the settings of the Okta app", Problem: err.Error()}}
	}
	trial.Close()
	return nil
}

// loadPolicies reads the policy files. Where they let nothing be changed, the
// server asks for scopes to read alone.
func (e *exam) loadPolicies() {
	machine, err := policy.MachineFile()
	e.policies = policy.Files{Named: e.Settings.Policy, Machine: machine}.Load()
	if err != nil {
		e.policies = append(e.policies, tools.Policy{Name: "of the machine", Problem: err.Error()})
	}
	for _, p := range e.policies {
		e.Settings.ReadOnly = e.Settings.ReadOnly || p.Closes(false) != ""
	}
}

// asked are the scopes that are asked for, and whether the operator left them to
// us to work out.
func (e *exam) asked() (scopes []string, derived bool, err error) {
	s := e.Settings
	if len(s.Scopes) > 0 {
		return s.Scopes, false, nil
	}
	const names = "--tools, --toolsets or --exclude-tools"
	scopes, err = s.Selection().Needed()
	switch {
	case err != nil:
		return nil, true, &settings.Error{Name: names, Problem: err.Error()}
	case len(scopes) == 0:
		return nil, true, &settings.Error{Name: names, Problem: "no tool is selected that needs Okta", Example: "--tools list_users,get_user"}
	}
	return scopes, true, nil
}

func badSettings(problems []error) Finding {
	var saw, remedies []string
	for _, problem := range problems {
		bad := &settings.Error{Name: "the settings", Problem: problem.Error()}
		errors.As(problem, &bad)
		saw = append(saw, bad.Name+": "+bad.Problem)
		if bad.Example != "" {
			remedies = append(remedies, fmt.Sprintf("%s looks like %s", bad.Name, bad.Example))
		}
	}
	if len(remedies) == 0 {
		remedies = []string{"okta-mcp serve --help lists the settings"}
	}
	return mend(strings.Join(remedies, "; "), "%s", strings.Join(saw, "; "))
}
