package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"okta-mcp/cmd/internal/version"
	"okta-mcp/tools"
)

// manifest is manifest.json of an MCP bundle, of manifest_version 0.3.
type manifest struct {
	ManifestVersion string        `json:"manifest_version"`
	Name            string        `json:"name"`
	DisplayName     string        `json:"display_name"`
	Version         string        `json:"version"`
	Description     string        `json:"description"`
	LongDescription string        `json:"long_description"`
	Author          person        `json:"author"`
	Repository      *location     `json:"repository,omitempty"`
	Homepage        string        `json:"homepage,omitempty"`
	License         string        `json:"license"`
	Keywords        []string      `json:"keywords"`
	PrivacyPolicies []string      `json:"privacy_policies"`
	Compatibility   compatibility `json:"compatibility"`
	Server          server        `json:"server"`
	UserConfig      options       `json:"user_config"`
	Tools           []tool        `json:"tools"`
	ToolsGenerated  bool          `json:"tools_generated"`
}

type person struct {
	Name string `json:"name"`
}

type location struct {
	Type string `json:"type"`
	URL  string `json:"url"`
}

type compatibility struct {
	Platforms []string `json:"platforms"`
}

type server struct {
	Type       string `json:"type"`
	EntryPoint string `json:"entry_point"`
	Config     config `json:"mcp_config"`
}

type config struct {
	command
	Args      []string           `json:"args"`
	Env       map[string]string  `json:"env"`
	Overrides map[string]command `json:"platform_overrides,omitempty"`
}

type command struct {
	Command string `json:"command"`
}

// options are what the application asks for when the bundle is installed.
type options []option

type option struct {
	key         string
	Type        string `json:"type"`
	Title       string `json:"title"`
	Description string `json:"description"`
	Required    bool   `json:"required"`
	Sensitive   bool   `json:"sensitive,omitempty"`
	Default     any    `json:"default,omitempty"`
}

// MarshalJSON writes an object whose members keep their order: applications ask in
// the order of the file.
func (o options) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	for i, each := range o {
		member, err := json.Marshal(each)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&out, "%c%q:%s", "{,"[min(i, 1)], each.key, member)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

type tool struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

// platforms are those that bundles can be for, by the names that bundles have for
// them. One bundle can hold a program for each.
func platforms() []string { return []string{"darwin", "win32", "linux"} }

// program is where a bundle holds the program for a platform.
func program(platform string) string {
	if platform == "win32" {
		return "server/win32/okta-mcp.exe"
	}
	return "server/" + platform + "/okta-mcp"
}

func bundle(held []string, from *repository) manifest {
	m := manifest{
		ManifestVersion: "0.3", Name: name, DisplayName: title, Version: version.Number,
		Description: summary, LongDescription: about, Author: person{author}, License: license,
		Keywords:        []string{"okta", "identity", "access management", "users", "groups"},
		PrivacyPolicies: []string{"https://www.okta.com/privacy-policy/"},
		Compatibility:   compatibility{held},
		Server:          server{Type: "binary", EntryPoint: program(held[0]), Config: start(held)},
		Tools:           catalog(), // with the one that is there only while nobody is signed in
	}
	for _, in := range inputs() {
		m.UserConfig = append(m.UserConfig, option{in.key, in.kind, in.title, in.description, in.required, in.secret, in.standard})
	}
	if from != nil {
		m.Repository, m.Homepage = &location{Type: "git", URL: from.String()}, from.String()
	}
	return m
}

// start is how the application starts the program. What it was given goes into the
// environment: others can read a command line, and an empty variable is none. An
// input that is not required has a standard, if only an empty one, because
// applications pass the name of one that has neither that nor a value.
func start(held []string) config {
	at := func(platform string) command { return command{"${__dirname}/" + program(platform)} }
	c := config{command: at(held[0]), Args: []string{"serve"}, Env: map[string]string{}, Overrides: map[string]command{}}
	for _, platform := range held[1:] {
		c.Overrides[platform] = at(platform)
	}
	for _, in := range inputs() {
		c.Env[in.variable] = "${user_config." + in.key + "}"
	}
	return c
}

func catalog() []tool {
	var all []tool
	for _, d := range tools.Catalog() {
		all = append(all, tool{d.Name, d.Description})
	}
	return all
}
