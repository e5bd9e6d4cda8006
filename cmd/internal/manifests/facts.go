package main

import (
	"strings"

	"okta-mcp/tools"
)

// What every file says of the program. The summary is as long as the registry
// takes: 100 characters.
const (
	name    = "okta-mcp"
	title   = "okta-mcp for Okta orgs"
	summary = "An agent's hands in an Okta org: with granted scopes only, and a person's yes to what is grave."
	license = "Apache-2.0"
	author  = "The okta-mcp authors"
)

const about = `Lets an agent read and change people, groups, applications, policies, devices and logs of an Okta org.

It signs in as an app integration of yours, or as you, and offers only the tools that the granted scopes allow. Before anything that removes access or gives power it asks: a page opens in your browser that says what would follow, and nothing an agent can send counts as your answer.`

// The kinds of an input, by the names that bundles have for them.
const (
	text   = "string"
	path   = "file"
	toggle = "boolean"
)

// input is one thing that the person who installs okta-mcp is asked for.
type input struct {
	key, variable      string // the variable is one that the program reads
	title, description string
	kind               string
	standard           any // what counts when nothing is given
	required, secret   bool
}

// inputs are few: what is needed, and what a newcomer wants. Everything else can be
// set in the configuration file.
func inputs() []input {
	return []input{
		{key: "org_url", variable: "OKTA_ORG_URL", title: "Okta org URL", kind: text, required: true,
			description: "The org's address, as in https://acme.okta.com; not the one of the Admin Console, which has -admin in it."},
		{key: "client_id", variable: "OKTA_CLIENT_ID", title: "Client ID", kind: text, required: true,
			description: "Of the app integration in Okta: of type API Services, with a key, or Native Application, to which you sign in."},
		{key: "private_key_file", variable: "OKTA_PRIVATE_KEY_FILE", title: "Private key file", kind: path, standard: "",
			description: "The key of an API Services app, as PEM or JWK. Leave it out for a Native Application."},
		{key: "private_key", variable: "OKTA_PRIVATE_KEY", title: "Private key", kind: text, standard: "", secret: true,
			description: "The same key itself, as a JWK on one line, in place of the file."},
		{key: "read_only", variable: "OKTA_MCP_READ_ONLY", title: "Read only", kind: toggle, standard: false,
			description: "Offer nothing that changes the org."},
		{key: "toolsets", variable: "OKTA_MCP_TOOLSETS", title: "Toolsets", kind: text, standard: "",
			description: "Tools to offer: all, or some of " + toolsets() + ", with commas between. Left empty, those that most want."},
	}
}

func toolsets() string {
	var names []string
	for _, set := range tools.Toolsets() {
		names = append(names, set.Name)
	}
	return strings.Join(names, ", ")
}
