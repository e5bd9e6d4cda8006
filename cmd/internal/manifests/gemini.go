package main

import "okta-mcp/cmd/internal/version"

// extension is gemini-extension.json. It lies in the root of an archive, and the
// program beside it.
type extension struct {
	Name        string                     `json:"name"`
	Version     string                     `json:"version"`
	Description string                     `json:"description"`
	MCPServers  map[string]extensionServer `json:"mcpServers"`
	Settings    []extensionSetting         `json:"settings"`
}

type extensionServer struct {
	Command string   `json:"command"`
	Args    []string `json:"args"`
}

// extensionSetting is what Gemini CLI asks for when the extension is installed, and
// sets in the environment of the program.
type extensionSetting struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Variable    string `json:"envVar"`
	Sensitive   bool   `json:"sensitive,omitempty"`
}

// gemini describes the extension. Windows finds the program without its .exe.
func gemini() extension {
	e := extension{
		Name: name, Version: version.Number, Description: summary,
		MCPServers: map[string]extensionServer{"okta": {Command: "${extensionPath}${/}okta-mcp", Args: []string{"serve"}}},
	}
	for _, in := range inputs() {
		description := in.description
		if in.kind == toggle {
			description += " Say true or false."
		}
		e.Settings = append(e.Settings, extensionSetting{in.title, description, in.variable, in.secret})
	}
	return e
}
