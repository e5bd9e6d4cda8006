package main

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"okta-mcp/tools"
)

// completeCall completes TOOL [key=value …]: tools with their titles, then the
// parameters that are not given yet, those that must be given first, then what a
// parameter can be.
func completeCall(command *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return oneOf(toolNames)(command, args, typed)
	}
	name, _, valued := strings.Cut(typed, "=")
	all := parametersOf(args[0])
	if !valued {
		return beginning(typed, "", parameterNames(all, args[1:]))
	}
	at := slices.IndexFunc(all, func(p parameter) bool { return p.name == name })
	if at < 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	if values := all[at].values(); all[at].Type != "array" {
		return beginning(typed, name+"=", values)
	}
	return beginning(typed, typed[:max(len(name), strings.LastIndex(typed, ","))+1], all[at].values())
}

// parameter is one parameter of a tool, as far as completing it goes.
type parameter struct {
	name        string
	required    bool
	Type        string
	Description string
	Enum        []string
	Items       struct{ Enum []string }
}

// values are what the parameter can be, where those are a few words.
func (p parameter) values() []cobra.Completion {
	switch p.Type {
	case "boolean":
		return []cobra.Completion{"true", "false"}
	case "array":
		return p.Items.Enum
	}
	return p.Enum
}

// parametersOf are those of a tool in the order of its schema.
func parametersOf(tool string) []parameter {
	raw, _ := tools.Parameters(tool) // of no tool there are none
	var schema struct {
		Properties json.RawMessage
		Required   []string
	}
	if json.Unmarshal(raw, &schema) != nil {
		return nil
	}
	properties, _ := membersOf(schema.Properties)
	all := make([]parameter, len(properties))
	for i, property := range properties {
		_ = json.Unmarshal(property.value, &all[i]) // what is no text is no use here
		all[i].name, all[i].required = property.name, slices.Contains(schema.Required, property.name)
	}
	return all
}

// parameterNames lists the parameters that no argument gives yet.
func parameterNames(all []parameter, given []string) []cobra.Completion {
	var required, others []cobra.Completion
	for _, p := range all {
		if slices.ContainsFunc(given, func(pair string) bool { return strings.HasPrefix(pair, p.name+"=") }) {
			continue
		}
		shown := cobra.CompletionWithDesc(p.name+"=", p.Description)
		if p.required {
			required = append(required, shown)
		} else {
			others = append(others, shown)
		}
	}
	return append(required, others...)
}
