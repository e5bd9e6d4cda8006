package tools

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
	"okta-mcp/oktaclient"
)

// minModulus is the shortest RSA modulus that Okta takes, in bytes.
const minModulus = 256

func aiAgentKeyTools() []Any {
	return []Any{listAIAgentKeys(), addAIAgentKey(), activateAIAgentKey(), deactivateAIAgentKey(), deleteAIAgentKey()}
}

func aiAgentKeyKind(agentID string) kind {
	return kind{
		word: "AI agent key", name: "kid", param: "key_id", finder: "list_ai_agent_keys", within: inside{"agent_id", agentID},
		get: func(ctx context.Context, o *oktaclient.Org, id string) (*oktaclient.Answer, error) {
			return o.GetAIAgentKey(ctx, agentID, id)
		},
	}
}

type aiAgentKeyRef struct {
	aiAgentRef
	KeyID string `json:"key_id" jsonschema:"id"`
}

func (in aiAgentKeyRef) identify() (kind, string) { return aiAgentKeyKind(in.AgentID), in.KeyID }

type listAIAgentKeysIn struct {
	aiAgentRef
	Paging
}

func listAIAgentKeys() Any {
	return Tool[listAIAgentKeysIn, List]{
		Name: "list_ai_agent_keys", Title: "List an AI agent's keys", Effect: Read, Scopes: []string{aiAgentsRead},
		Description: "The public keys that one AI agent signs in with, and their status.",
		Run: func(ctx context.Context, c *Call, in listAIAgentKeysIn) (List, error) {
			return listing{paging: in.Paging, view: view{without: []string{"n", "e", "x", "y"}}, key: []string{"AI agent keys", in.AgentID}, whole: true, fetch: wrapped("data", c.agentKeys(in.AgentID))}.run(ctx, c)
		},
	}
}

type addAIAgentKeyIn struct {
	aiAgentRef
	Key json.RawMessage `json:"key" secret:"true" jsonschema:"public JWK, RSA or EC"`
}

func addAIAgentKey() Any {
	return creation[addAIAgentKeyIn]{
		action: "Add this public key to an AI agent", param: "key", undo: "deactivate_ai_agent_key",
		kind: func(in addAIAgentKeyIn) kind { return aiAgentKeyKind(in.AgentID) },
		body: func(in addAIAgentKeyIn) (json.RawMessage, error) { return needObject("key", in.Key) },
		check: func(ctx context.Context, c *Call, p *confirm.Preview, in addAIAgentKeyIn, key json.RawMessage) error {
			thumbprint, err := publicKey(gjson.ParseBytes(key))
			if err != nil {
				return err
			}
			p.Targets[0].Name = firstNonEmpty(p.Targets[0].Name, thumbprint)
			p.Consequence = append(p.Consequence, "Whoever holds its private key can sign in as the AI agent.")
			p.Changes = differences(nil, project(gjson.ParseBytes(key), []string{"kid", "kty", "crv", "use", "alg"}))
			p.Details = append(p.Details, detail("thumbprint (SHA-256)", []string{thumbprint}))
			if _, err := c.showAgent(ctx, p, in.AgentID); err != nil {
				return err
			}
			return c.showOtherKeys(ctx, p, in.AgentID, func(others []json.RawMessage) error {
				if len(activeOf(others)) == 0 {
					p.Notes = append(p.Notes, "undoing works once the agent has another active key: Okta does not deactivate the only one")
				}
				return newKid(others, gjson.GetBytes(key, "kid").String())
			})
		},
		post: func(ctx context.Context, c *Call, in addAIAgentKeyIn, key json.RawMessage) (*oktaclient.Answer, error) {
			return c.Org.AddAIAgentKey(ctx, in.AgentID, key)
		},
	}.tool(Tool[addAIAgentKeyIn, Change]{
		Name: "add_ai_agent_key", Title: "Add AI agent key", Effect: Privileged, Scopes: []string{aiAgentsManage},
		Description: "Adds an ACTIVE public key that an AI agent can sign in with; private keys are refused.",
	})
}

// publicKey returns the thumbprint of a public JSON Web Key (RFC 7638), and
// refuses what is none: nothing but the members known to be public passes.
func publicKey(key gjson.Result) (string, error) {
	material := map[string][]string{"RSA": {"n", "e"}, "EC": {"crv", "x", "y"}}[key.Get("kty").String()]
	bad := func(format string, values ...any) error {
		return &Refused{Reason: "key is not taken, and nothing was sent: " + fmt.Sprintf(format, values...), Next: "give the public JWK of an RSA or EC key"}
	}
	if material == nil {
		return "", bad("its kty must be RSA or EC")
	}
	var strange error
	key.ForEach(func(name, value gjson.Result) bool {
		switch {
		case !slices.Contains(append([]string{"kty", "kid", "use", "alg"}, material...), name.String()):
			strange = bad("a public %s key that is added has no member %s", key.Get("kty").String(), confirm.Quote(name.String()))
		case value.Type != gjson.String:
			strange = bad("its member %s must be a text", name.String())
		}
		return strange == nil
	})
	if strange != nil {
		return "", strange
	}
	for _, name := range material {
		if decoded, err := base64.RawURLEncoding.DecodeString(key.Get(name).String()); name != "crv" && (err != nil || len(decoded) == 0 || name == "n" && len(decoded) < minModulus) {
			return "", bad("%s must be base64url without padding, and n at least %d bits long", name, 8*minModulus)
		}
	}
	if crv := key.Get("crv").String(); slices.Contains(material, "crv") && !slices.Contains([]string{"P-256", "P-384", "P-521"}, crv) {
		return "", bad("crv must be P-256, P-384 or P-521")
	}
	if use := key.Get("use"); use.Exists() && use.String() != "sig" {
		return "", bad("its use must be sig")
	}
	return thumbprint(key, material), nil
}

// thumbprint is that of RFC 7638: the SHA-256 of what makes the key, its members
// in the order of their names. What they hold has been found to need no escapes.
func thumbprint(key gjson.Result, material []string) string {
	names := append([]string{"kty"}, material...)
	slices.Sort(names)
	var b strings.Builder
	for i, name := range names {
		fmt.Fprintf(&b, `%c"%s":"%s"`, "{,"[min(i, 1)], name, key.Get(name).String())
	}
	sum := sha256.Sum256([]byte(b.String() + "}"))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// newKid refuses a key whose kid the agent has already.
func newKid(keys []json.RawMessage, kid string) error {
	if kid != "" && slices.Contains(names(keys, "kid"), kid) {
		return &Refused{Reason: "the AI agent has a key with the kid " + confirm.Quote(kid) + " already", Next: "list_ai_agent_keys shows it; give the new one another kid"}
	}
	return nil
}

// showOtherKeys adds to p how many active keys an AI agent has beside the one
// concerned, and lets judge look at them where they can be read.
func (c *Call) showOtherKeys(ctx context.Context, p *confirm.Preview, agentID string, judge func(others []json.RawMessage) error) (err error) {
	c.measure(ctx, p, measurement{
		unseen: "What other keys the agent has is not visible", fetch: wrapped("data", c.agentKeys(agentID)),
		tell: func(keys []json.RawMessage, _ atLeast) {
			concerned := p.Targets[0].ID
			others := slices.DeleteFunc(keys, func(key json.RawMessage) bool { return gjson.GetBytes(key, "id").String() == concerned })
			active := activeOf(others)
			p.Consequence = append(p.Consequence, "Beside it the agent has "+atLeast{n: len(active)}.of("active key.", "active keys."))
			if len(active) > 0 {
				p.Details = append(p.Details, detail("other active keys", names(active, "kid")))
			}
			if judge != nil {
				err = judge(others)
			}
		},
	})
	return err
}

// showKey adds to p what a key is, whose, and what other keys there are.
func (c *Call) showKey(ctx context.Context, p *confirm.Preview, in aiAgentKeyRef, o object, judge func(others []json.RawMessage) error) error {
	key := gjson.ParseBytes(o.raw)
	p.Details = append(p.Details, detail("the key", []string{key.Get("kty").String(), key.Get("use").String(), "created " + key.Get("created").String()}))
	if _, err := c.showAgent(ctx, p, in.AgentID); err != nil {
		return err
	}
	return c.showOtherKeys(ctx, p, in.AgentID, judge)
}

func checkAIAgentKey(ctx context.Context, c *Call, p *confirm.Preview, in aiAgentKeyRef, o object) error {
	return c.showKey(ctx, p, in, o, nil)
}

func activateAIAgentKey() Any {
	return step[aiAgentKeyRef]{
		action: "Activate this key of an AI agent", follows: []string{"Whoever holds its private key can sign in as the AI agent again."},
		from: []string{"INACTIVE"}, to: "ACTIVE", check: checkAIAgentKey,
		do: inID[aiAgentKeyRef]((*oktaclient.Org).ActivateAIAgentKey), undo: "deactivate_ai_agent_key",
	}.tool(Tool[aiAgentKeyRef, Change]{
		Name: "activate_ai_agent_key", Title: "Activate AI agent key", Effect: Privileged, Scopes: []string{aiAgentsManage},
		Description: "Lets an AI agent sign in with an INACTIVE key again.",
	})
}

func deactivateAIAgentKey() Any {
	return step[aiAgentKeyRef]{
		action: "Deactivate this key of an AI agent", follows: []string{"Nobody can sign in as the AI agent with it any more."},
		from: []string{"ACTIVE"}, to: "INACTIVE",
		check: func(ctx context.Context, c *Call, p *confirm.Preview, in aiAgentKeyRef, o object) error {
			return c.showKey(ctx, p, in, o, func(others []json.RawMessage) error {
				if len(activeOf(others)) == 0 {
					return &Refused{Reason: o.called() + " is the agent's only active key, and Okta does not deactivate that", Next: "add_ai_agent_key adds another, or deactivate_ai_agent stops the agent"}
				}
				return nil
			})
		},
		do: inID[aiAgentKeyRef]((*oktaclient.Org).DeactivateAIAgentKey), undo: "activate_ai_agent_key",
	}.tool(Tool[aiAgentKeyRef, Change]{
		Name: "deactivate_ai_agent_key", Title: "Deactivate AI agent key", Effect: Destructive, Scopes: []string{aiAgentsManage},
		Description: "Stops an AI agent from signing in with a key, and keeps it; not the last active one.",
	})
}

func deleteAIAgentKey() Any {
	return step[aiAgentKeyRef]{
		action: "Delete this key of an AI agent for good", typed: true, follows: []string{"This cannot be undone."},
		from: []string{"INACTIVE"}, next: map[string]string{"ACTIVE": "deactivate_ai_agent_key comes first"}, check: checkAIAgentKey,
		do: inID[aiAgentKeyRef]((*oktaclient.Org).DeleteAIAgentKey),
	}.tool(Tool[aiAgentKeyRef, Change]{
		Name: "delete_ai_agent_key", Title: "Delete AI agent key", Effect: Destructive, Scopes: []string{aiAgentsManage},
		Description: "Deletes an INACTIVE key of an AI agent for good.",
	})
}
