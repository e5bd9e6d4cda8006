package wiring

import (
	"context"
	"errors"

	"github.com/mark3labs/mcp-go/server"

	"okta-mcp/confirm"
)

// The values of --ask.
const (
	AskAuto    = "auto"    // the client, and the page where it cannot ask or does not
	AskClient  = "client"  // the MCP client only
	AskBrowser = "browser" // the page only
	AskNone    = "none"    // nobody
)

// Askers returns how a person is asked, given the MCP server.
type Askers func(*server.MCPServer) []confirm.Asker

// Ask returns what --ask says of a server whose client could be asked.
func Ask(how string, page *confirm.Page) Askers {
	return func(s *server.MCPServer) []confirm.Asker {
		client := confirm.Client{Server: s}
		switch how {
		case "", AskAuto:
			return []confirm.Asker{client, page}
		case AskClient:
			return []confirm.Asker{client}
		case AskBrowser:
			return []confirm.Asker{page}
		}
		return []confirm.Asker{nobody{"the server was started with --ask " + how}}
	}
}

// AskOnly asks through the asker given and nobody else.
func AskOnly(a confirm.Asker) Askers {
	return func(*server.MCPServer) []confirm.Asker { return []confirm.Asker{a} }
}

// AskNobody refuses to ask, and says why, as the end of a sentence.
func AskNobody(why string) Askers { return AskOnly(nobody{why}) }

// nobody says why a question cannot be asked.
type nobody struct{ why string }

func (nobody) Name() string { return "nobody" }

func (n nobody) Can(context.Context) (bool, string) { return false, n.why }

func (n nobody) Ask(context.Context, confirm.Question) (confirm.Reply, error) {
	return confirm.Reply{}, errors.New(n.why)
}
