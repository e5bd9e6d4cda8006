package demoorg

import (
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
)

// Limits of an agent's keys.
const (
	mostAgentKeys  = 50
	rsaModulusSize = 256 // bytes: 2048 bits
)

// agentKey is a public key by which an agent signs in.
type agentKey struct {
	id, status       string
	created, updated stamp
	jwk              map[string]any
}

func (k *agentKey) kid() string { kid, _ := k.jwk["kid"].(string); return kid }

// doc is the key as the API shows it: with links to what its status allows.
func (k *agentKey) doc(c *call, a *agent) map[string]any {
	self := c.base + agentRoot + "/ai-agents/" + a.id + "/credentials/jwks/" + k.id
	doc := maps.Clone(k.jwk)
	doc["id"], doc["status"], doc["created"], doc["lastUpdated"] = k.id, k.status, k.created, k.updated
	if k.status == aiActive {
		doc["_links"] = map[string]any{"deactivate": hint(self+"/lifecycle/deactivate", http.MethodPost)}
	} else {
		doc["_links"] = map[string]any{
			"activate": hint(self+"/lifecycle/activate", http.MethodPost), "delete": hint(self, http.MethodDelete),
		}
	}
	return doc
}

func badKey(cause string) *apiError { return invalid("JsonWebKey", cause) }

// agentKey finds the agent and the key a path names.
func (o *Org) agentKey(c *call) (*agent, *agentKey, error) {
	a, err := o.findAgent(c)
	if err != nil {
		return nil, nil, err
	}
	for _, k := range a.keys {
		if k.id == c.params["keyId"] {
			return a, k, nil
		}
	}
	return nil, nil, notFound(c.params["keyId"], "JsonWebKey")
}

// listAgentKeys lists all keys; Okta does not page them.
func listAgentKeys(o *Org, c *call) (answer, error) {
	a, err := o.findAgent(c)
	if err != nil {
		return answer{}, err
	}
	docs := []map[string]any{}
	for _, k := range a.keys {
		docs = append(docs, k.doc(c, a))
	}
	self := map[string]any{"self": map[string]string{"href": c.base + c.path}}
	return ok(map[string]any{"data": docs, "_links": self})
}

func getAgentKey(o *Org, c *call) (answer, error) {
	a, k, err := o.agentKey(c)
	if err != nil {
		return answer{}, err
	}
	return ok(k.doc(c, a))
}

func addAgentKey(o *Org, c *call) (answer, error) {
	a, err := o.findAgent(c)
	if err != nil {
		return answer{}, err
	}
	var jwk map[string]any
	if err := c.decode(&jwk); err != nil {
		return answer{}, err
	}
	k := &agentKey{status: aiActive, created: stampOf(c.now), updated: stampOf(c.now), jwk: jwk}
	if status, given := jwk["status"].(string); given {
		k.status = status
	}
	for _, member := range []string{"id", "status", "created", "lastUpdated", "_links"} {
		delete(jwk, member)
	}
	if err := a.mayAdd(k); err != nil {
		return answer{}, err
	}
	k.id = o.mint("pks")
	if k.kid() == "" {
		jwk["kid"] = o.secret('k', 40)
	}
	if jwk["use"] == nil {
		jwk["use"] = "sig"
	}
	a.keys = append(a.keys, k)
	return created(k.doc(c, a))
}

// mayAdd says why a key cannot join the agent's, or nil.
func (a *agent) mayAdd(k *agentKey) error {
	for _, member := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
		if _, private := k.jwk[member]; private {
			return badKey("The key must be a public key: '" + member + "' is a private parameter.")
		}
	}
	if use := k.jwk["use"]; use != nil && use != "sig" {
		return badKey("The 'use' of the key must be 'sig'.")
	}
	if k.status != aiActive && k.status != aiInactive {
		return badKey("The 'status' of the key must be ACTIVE or INACTIVE.")
	}
	if len(a.keys) >= mostAgentKeys {
		return badKey("You can't create a new key. You have reached the maximum number of keys allowed (50).")
	}
	if slices.ContainsFunc(a.keys, func(other *agentKey) bool { return k.kid() != "" && other.kid() == k.kid() }) {
		return badKey("All keys in the `jwks` must have a unique `kid`.")
	}
	return checkKeyMaterial(k.jwk)
}

func checkKeyMaterial(jwk map[string]any) error {
	has := func(name string) bool { text, _ := jwk[name].(string); return text != "" }
	switch jwk["kty"] {
	case "RSA":
		if !has("n") || !has("e") {
			return badKey("An RSA key needs 'n' and 'e'.")
		}
		modulus, _ := jwk["n"].(string)
		if raw, err := base64.RawURLEncoding.DecodeString(modulus); err != nil || len(raw) < rsaModulusSize {
			return badKey("RSA key length in the `jwks` is less than 2048 bits for the given key.")
		}
	case "EC":
		if !has("x") || !has("y") || !has("crv") {
			return badKey("An EC key needs 'x', 'y' and 'crv'.")
		}
	default:
		return badKey("The 'kty' of the key must be RSA or EC.")
	}
	return nil
}

func activateAgentKey(o *Org, c *call) (answer, error) {
	a, k, err := o.agentKey(c)
	if err != nil {
		return answer{}, err
	}
	k.status, k.updated = aiActive, stampOf(c.now)
	return ok(k.doc(c, a))
}

// deactivateAgentKey keeps one key ACTIVE: without one the agent cannot sign in.
func deactivateAgentKey(o *Org, c *call) (answer, error) {
	a, k, err := o.agentKey(c)
	if err != nil {
		return answer{}, err
	}
	others := func(other *agentKey) bool { return other != k && other.status == aiActive }
	if k.status == aiActive && !slices.ContainsFunc(a.keys, others) {
		return answer{}, badKey("Can't deactivate the only active JSON Web Key when the value for `token_endpoint_auth_method` is `private_key_jwt`.")
	}
	k.status, k.updated = aiInactive, stampOf(c.now)
	return ok(k.doc(c, a))
}

func deleteAgentKey(o *Org, c *call) (answer, error) {
	a, k, err := o.agentKey(c)
	if err != nil {
		return answer{}, err
	}
	if k.status == aiActive {
		return answer{}, badKey("You can't delete an active JSON Web Key. Deactivate the key before deleting it.")
	}
	a.keys = slices.DeleteFunc(a.keys, func(other *agentKey) bool { return other == k })
	return noContent()
}
