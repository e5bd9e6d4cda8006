// Package clients knows the MCP clients that start okta-mcp: where each keeps its
// servers, in what format, and how an entry gets in and out again.
//
// It never rewrites a file: it changes the bytes of one entry and leaves the others
// as they are, comments and order and indentation with them. What it cannot read
// it does not touch.
package clients

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Client is one MCP client.
type Client struct {
	ID    string // as on a command line
	Title string

	Rewrites bool // writes the file itself while it runs

	section string // of its file, which holds the servers by name
	format  format
	expands bool // replaces variables in what the file says
	locate  func(Machine) (Place, error)
}

// Place is where a client keeps its servers.
type Place struct {
	File string
	Home string // directory that is there when the client is
}

// All are the clients that are known, in the order in which they are listed.
func All() []Client {
	return []Client{
		{ID: "claude-desktop", Title: "Claude Desktop", Rewrites: true, section: "mcpServers", format: jsonFormat{}, locate: claudeDesktop},
		{ID: "claude-code", Title: "Claude Code", Rewrites: true, section: "mcpServers", format: jsonFormat{typed: true}, expands: true, locate: claudeCode},
		{ID: "vscode", Title: "VS Code", section: "servers", format: jsonFormat{typed: true, comments: true}, expands: true, locate: vsCode},
		{ID: "cursor", Title: "Cursor", section: "mcpServers", format: jsonFormat{typed: true, comments: true}, expands: true, locate: inHome(".cursor", "mcp.json")},
		{ID: "gemini", Title: "Gemini CLI", section: "mcpServers", format: jsonFormat{comments: true}, expands: true, locate: gemini},
		{ID: "codex", Title: "Codex CLI", section: "mcp_servers", format: tomlFormat{}, locate: codex},
		{ID: "windsurf", Title: "Windsurf, and Cascade in Devin Desktop", section: "mcpServers", format: jsonFormat{comments: true}, expands: true, locate: inHome(".codeium", "windsurf", "mcp_config.json")},
		{ID: "devin", Title: "Devin Desktop and Devin CLI", section: "mcpServers", format: jsonFormat{comments: true}, expands: true, locate: devin},
	}
}

// Find returns the client of that id.
func Find(id string) (Client, bool) {
	all := All()
	at := slices.IndexFunc(all, func(c Client) bool { return c.ID == id })
	if at < 0 {
		return Client{}, false
	}
	return all[at], true
}

// IDs are the ids of all clients.
func IDs() []string {
	var ids []string
	for _, c := range All() {
		ids = append(ids, c.ID)
	}
	return ids
}

// Machine is what the places of files depend on.
type Machine struct {
	OS     string              // as runtime.GOOS
	Getenv func(string) string // as os.Getenv
	Glob   func(pattern string) []string
}

// Place is where the client keeps its servers on this machine.
func (m Machine) Place(c Client) (Place, error) {
	place, err := c.locate(m)
	if err != nil {
		return Place{}, fmt.Errorf("where %s keeps its servers: %w; say it with --file", c.Title, err)
	}
	return place, nil
}

func (m Machine) join(parts ...string) string {
	if m.OS == "windows" {
		return strings.Join(parts, `\`)
	}
	return strings.Join(parts, "/")
}

// directory is the directory that the first variable set names, with parts below.
func (m Machine) directory(variables []string, below ...string) (string, error) {
	for _, name := range variables {
		if dir := m.Getenv(name); dir != "" {
			return m.join(append([]string{strings.TrimRight(dir, `/\`)}, below...)...), nil
		}
	}
	return "", fmt.Errorf("%s is not set", strings.Join(variables, " or "))
}

// home is a path below the person's home directory.
func (m Machine) home(below ...string) (string, error) {
	if m.OS == "windows" {
		return m.directory([]string{"USERPROFILE"}, below...)
	}
	return m.directory([]string{"HOME"}, below...)
}

// appData is a path below the directory where desktop applications keep theirs.
func (m Machine) appData(below ...string) (string, error) {
	switch m.OS {
	case "windows":
		return m.directory([]string{"APPDATA"}, below...)
	case "darwin":
		return m.home(append([]string{"Library", "Application Support"}, below...)...)
	}
	if m.Getenv("XDG_CONFIG_HOME") != "" {
		return m.directory([]string{"XDG_CONFIG_HOME"}, below...)
	}
	return m.home(append([]string{".config"}, below...)...)
}

// place is the file of that name in the client's directory.
func (m Machine) place(dir string, err error, file ...string) (Place, error) {
	if err != nil {
		return Place{}, err
	}
	return Place{File: m.join(append([]string{dir}, file...)...), Home: dir}, nil
}

// inHome is a file in the person's home directory; the directories up to it are
// the client's.
func inHome(path ...string) func(Machine) (Place, error) {
	return func(m Machine) (Place, error) {
		dir, err := m.home(path[:len(path)-1]...)
		return m.place(dir, err, path[len(path)-1])
	}
}

// claudeDesktop comes for Windows as a package, whose files Windows keeps apart:
// it never sees what is written to where it believes its file to be.
func claudeDesktop(m Machine) (Place, error) {
	const file = "claude_desktop_config.json"
	if packages := m.Getenv("LOCALAPPDATA"); m.OS == "windows" && packages != "" {
		switch found := m.Glob(m.join(packages, "Packages", "Claude_*")); len(found) {
		case 0:
		case 1:
			return m.place(m.join(found[0], "LocalCache", "Roaming", "Claude"), nil, file)
		default:
			return Place{}, errors.New("it is installed more than once: " + strings.Join(found, ", "))
		}
	}
	dir, err := m.appData("Claude")
	return m.place(dir, err, file)
}

// claudeCode keeps its file beside its directory, unless it is told of another.
func claudeCode(m Machine) (Place, error) {
	if m.Getenv("CLAUDE_CONFIG_DIR") != "" {
		dir, err := m.directory([]string{"CLAUDE_CONFIG_DIR"})
		return m.place(dir, err, ".claude.json")
	}
	home, err := m.home()
	place, err := m.place(home, err, ".claude.json")
	place.Home = m.join(home, ".claude")
	return place, err
}

func vsCode(m Machine) (Place, error) {
	dir, err := m.appData("Code", "User")
	return m.place(dir, err, "mcp.json")
}

func gemini(m Machine) (Place, error) {
	if m.Getenv("GEMINI_CLI_HOME") != "" {
		dir, err := m.directory([]string{"GEMINI_CLI_HOME"}, ".gemini")
		return m.place(dir, err, "settings.json")
	}
	return inHome(".gemini", "settings.json")(m)
}

func codex(m Machine) (Place, error) {
	if m.Getenv("CODEX_HOME") != "" {
		dir, err := m.directory([]string{"CODEX_HOME"})
		return m.place(dir, err, "config.toml")
	}
	return inHome(".codex", "config.toml")(m)
}

// devin documents ~/.config on macOS too.
func devin(m Machine) (Place, error) {
	if m.OS == "windows" {
		dir, err := m.appData("devin")
		return m.place(dir, err, "mcp_config.json")
	}
	return inHome(".config", "devin", "mcp_config.json")(m)
}
