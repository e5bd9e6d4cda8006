package confirm_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"okta-mcp/confirm"
)

const modern = "2026-07-28"

// mcpClient is a client of a server with one tool, which does nothing but ask
// for consent through that client. It speaks JSON, as over the wire.
type mcpClient struct {
	t            *testing.T
	server       *server.MCPServer
	session      *server.InProcessSession
	version      string
	capabilities string

	asked []mcp.ElicitationParams
	reply confirm.Reply
}

// Elicit implements mcp-go's handler of questions.
func (c *mcpClient) Elicit(_ context.Context, request mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	c.asked = append(c.asked, request.Params)
	result := &mcp.ElicitationResult{}
	result.Action, result.Content = mcp.ElicitationResponseAction(c.reply.Action), c.reply.Content
	return result, nil
}

func newMCPClient(t *testing.T, version, capabilities string, r confirm.Request) *mcpClient {
	t.Helper()
	c := &mcpClient{t: t, version: version, capabilities: capabilities, server: server.NewMCPServer("test", "1")}
	g, _ := gate(confirm.Client{Server: c.server})
	c.server.AddTool(mcp.NewTool("act"), func(ctx context.Context, call mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return consent(ctx, g, r, call), nil
	})
	c.session = server.NewInProcessSessionWithHandlers(t.Name(), nil, c, nil)
	if err := c.server.RegisterSession(t.Context(), c.session); err != nil {
		t.Fatal(err)
	}
	if version != modern {
		c.rpc("initialize", `{"protocolVersion":"`+version+`","capabilities":`+capabilities+`,"clientInfo":{"name":"c","version":"1"}}`)
	}
	return c
}

// consent is how a tool uses a gate, at its shortest.
func consent(ctx context.Context, g *confirm.Gate, r confirm.Request, call mcp.CallToolRequest) *mcp.CallToolResult {
	given, answered := confirm.TicketFrom(ctx, call.Params.MultiRoundTripParams)
	if !answered {
		asked, err := g.Ask(ctx, r)
		var later *confirm.InputRequired
		if errors.As(err, &later) {
			return later.Result()
		}
		if err != nil {
			return mcp.NewToolResultError(err.Error())
		}
		given = *asked
	}
	got, err := g.Redeem(r, given)
	if err != nil {
		return mcp.NewToolResultError(err.Error())
	}
	return mcp.NewToolResultText("consent by " + got.By)
}

func (c *mcpClient) rpc(method, params string) json.RawMessage {
	c.t.Helper()
	if c.version == modern {
		params = strings.TrimSuffix(params, "}") + `,"_meta":{"io.modelcontextprotocol/protocolVersion":"` + modern +
			`","io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"},"io.modelcontextprotocol/clientCapabilities":` + c.capabilities + `}}`
	}
	message := `{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":` + params + `}`
	answer, err := json.Marshal(c.server.HandleMessage(c.server.WithContext(c.t.Context(), c.session), json.RawMessage(message)))
	if err != nil {
		c.t.Fatal(err)
	}
	return answer
}

// call calls the tool, with more members of params if given.
func (c *mcpClient) call(more string) string {
	c.t.Helper()
	return string(c.rpc("tools/call", `{"name":"act","arguments":{}`+more+`}`))
}

func TestClientsAreAskedIfTheyCanBe(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", modern} {
		for capabilities, why := range map[string]string{
			`{}`:                                   "does not support elicitation",
			`{"roots":{}}`:                         "does not support elicitation",
			`{"elicitation":{"url":{}}}`:           "by URL only",
			`{"elicitation":{}}`:                   "",
			`{"elicitation":{"form":{}}}`:          "",
			`{"elicitation":{"form":{},"url":{}}}`: "",
		} {
			t.Run(version+capabilities, func(t *testing.T) {
				t.Parallel()
				c := newMCPClient(t, version, capabilities, deactivate())
				c.reply = yes()
				answer := c.call("")
				asked := len(c.asked) == 1 || strings.Contains(answer, "input_required")
				if asked != (why == "") || !strings.Contains(answer, why) {
					t.Errorf("asked: %t; answered %s", asked, answer)
				}
				if why == "" && version != modern && !strings.Contains(answer, "consent by client") {
					t.Errorf("a yes was answered %s", answer)
				}
			})
		}
	}
}

func TestClientsGetTheFormOfTheirProtocol(t *testing.T) {
	t.Parallel()
	for version, titles := range map[string]string{"2025-06-18": "enumNames", "2025-11-25": "oneOf", modern: "oneOf"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			c := newMCPClient(t, version, `{"elicitation":{}}`, deactivate())
			c.reply = decline()
			shown := c.call("")
			if version != modern {
				params, err := json.Marshal(c.asked)
				if err != nil {
					t.Fatal(err)
				}
				shown = string(params)
			}
			other := map[string]string{"enumNames": "oneOf", "oneOf": "enumNames"}[titles]
			if !strings.Contains(shown, titles) || strings.Contains(shown, other) || !strings.Contains(shown, "Deactivate the user in the Okta org") {
				t.Errorf("the client is shown %s", shown)
			}
		})
	}
}

func TestARepeatedCallCarriesTheAnswer(t *testing.T) {
	t.Parallel()
	c := newMCPClient(t, modern, `{"elicitation":{}}`, erase())
	ask := func() string {
		var answer struct{ Result struct{ RequestState string } }
		if err := json.Unmarshal([]byte(c.call("")), &answer); err != nil || answer.Result.RequestState == "" {
			t.Fatalf("no question: %v", err)
		}
		return answer.Result.RequestState
	}
	const typed = `{"confirm":{"action":"accept","content":{"type_to_confirm":"bob@acme.example"}}}`
	for responses, want := range map[string]string{
		`{}`:   "did not answer with accept",
		`null`: "did not answer with accept",
		`{"other":{"action":"accept","content":{"type_to_confirm":"bob@acme.example"}}}`:     "did not answer with accept",
		`{"confirm":{"action":"accept"}}`:                                                    "did not answer with accept",
		`{"confirm":{"action":"accept","content":{"type_to_confirm":"bob"}}}`:                "did not answer with accept",
		`{"confirm":{"action":"accept","content":{"type_to_confirm":["bob@acme.example"]}}}`: "did not answer with accept",
		`{"confirm":{"content":{"type_to_confirm":"bob@acme.example"}}}`:                     "did not answer with accept",
		`{"confirm":"accept"}`: "did not answer with accept",
		typed:                  "consent by client",
	} {
		if got := c.call(`,"requestState":"` + ask() + `","inputResponses":` + responses); !strings.Contains(got, want) {
			t.Errorf("%s was answered %s, want %q", responses, got, want)
		}
	}
	for _, state := range []string{`"requestState":"",`, `"requestState":"approved",`, ``} {
		if got := c.call(`,` + state + `"inputResponses":` + typed); !strings.Contains(got, "not one this server made") {
			t.Errorf("with %s, the answer was %s", state, got)
		}
	}
}

// Before 2026-07-28 an answer comes to the question only, never with a call.
func TestAnOlderClientCannotAnswerWithTheCall(t *testing.T) {
	t.Parallel()
	c := newMCPClient(t, "2025-11-25", `{"elicitation":{}}`, deactivate())
	c.reply = confirm.Reply{Action: "accept"}
	got := c.call(`,"requestState":"x.y","inputResponses":{"confirm":{"action":"accept","content":{"decision":"proceed"}}}`)
	if len(c.asked) != 1 || !strings.Contains(got, "did not answer with accept") {
		t.Errorf("asked %d times, answered %s", len(c.asked), got)
	}
}
