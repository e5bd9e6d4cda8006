package tools

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
)

// privateMembers are the members of a JSON Web Key that only a private or a
// symmetric key has (RFC 7518, 6.2.2, 6.3.2 and 6.4.1).
func privateMembers() []string { return []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} }

// secretName finds members whose text is a secret, in what is given to Okta and
// in what Okta answers. Links that sign somebody in are secrets too.
const secretName = `(?i:password|client_?secret|shared_?secret|recovery_?token|activation_?token|state_?token|session_?token|pass_?code|temp_?password|activation_?url|reset_?password_?url|private_?key)`

var (
	secretMember = regexp.MustCompile(`^` + secretName + `$`)
	privatePEM   = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY`)
	// seedLink matches the link to a picture of a code generator's seed.
	seedLink = regexp.MustCompile(`"(qrcode)":\{"href":"(?:[^"\\]|\\.)+"`)
	// secretHeader matches a header whose name says that its value lets somebody in,
	// as Okta answers those of event hooks.
	secretHeader = regexp.MustCompile(`("key":"[^"]*(?i:auth|token|secret|key|password|cookie|credential)[^"]*","value":)"(?:[^"\\]|\\.)+"`)
	// answered matches such a member with a text in an answer of ours.
	answered = regexp.MustCompile(`"(` + secretName + `)":"((?:[^"\\]|\\.)+)"`)
)

// withheldText stands where a secret stood in what Okta answered.
const withheldText = `"withheld: the operator has not started the server with --allow-secrets"`

// withhold takes secrets out of an answer. A text that only looks like a member
// is untouched: inside a JSON string its quotes are escaped.
func withhold(answer json.RawMessage) json.RawMessage {
	answer = seedLink.ReplaceAll(answer, []byte(`"$1":{"href":`+withheldText))
	answer = secretHeader.ReplaceAll(answer, []byte(`$1`+withheldText))
	return answered.ReplaceAll(answer, []byte(`"$1":`+withheldText))
}

// refuseSecrets refuses an argument that carries a private key, always, and one
// that carries a password or the like unless the operator allows secrets: both
// would have passed through the model and its host.
func (c *Call) refuseSecrets(param string, argument json.RawMessage) error {
	private, secret := findSecrets(param, gjson.ParseBytes(argument))
	switch {
	case private != "":
		return &Refused{Reason: private + " is a private key, and only public keys are taken: nothing was sent, and whoever saw this key can use it",
			Next: "make a new key pair where the private key is to stay, and give its public JWK"}
	case secret != "" && !c.Options.AllowSecrets:
		return &Refused{Reason: secret + " is a secret that would pass through the model, and the operator has not started the server with --allow-secrets",
			Next: "leave it out, or an administrator sets it in the Okta Admin Console"}
	}
	return nil
}

// hideSecrets keeps secrets that are given out of a question: clients keep those.
func hideSecrets(changes []confirm.Delta) []confirm.Delta {
	for i, change := range changes {
		name := strings.TrimSuffix(change.Name, ".value")
		if secretMember.MatchString(name[strings.LastIndex(name, ".")+1:]) {
			changes[i].After = "a secret that is not shown"
		}
	}
	return changes
}

// refuseAnswer refuses a call whose answer would be a secret, unless the operator
// allows that. next is the way that needs none.
func (c *Call) refuseAnswer(secret, next string) error {
	if c.Options.AllowSecrets {
		return nil
	}
	return &Refused{Reason: "Okta would answer with " + secret + ", a secret that would pass through the model, and the operator has not started the server with --allow-secrets",
		Next: next}
}

// findSecrets returns the paths of the first private key and the first other
// secret in a value.
func findSecrets(path string, value gjson.Result) (private, secret string) {
	if value.Type == gjson.String && privatePEM.MatchString(value.String()) {
		return path, ""
	}
	if value.IsObject() && value.Get("kty").Exists() && slices.ContainsFunc(privateMembers(), func(name string) bool { return value.Get(name).Exists() }) {
		return path, ""
	}
	if value.Type != gjson.JSON { // ForEach would give a plain value to itself for ever
		return "", ""
	}
	value.ForEach(func(key, member gjson.Result) bool {
		name := key.String()
		at := fmt.Sprintf("%s.%s", path, name)
		if value.IsArray() {
			at = path
		}
		if secretMember.MatchString(name) && carriesText(member) && secret == "" {
			secret = at
		}
		p, s := findSecrets(at, member)
		private = firstNonEmpty(private, p)
		secret = firstNonEmpty(secret, s)
		return private == ""
	})
	return private, secret
}

// carriesText reports whether a member named like a secret holds one: a text, or
// Okta's form {"value": "…"}; Okta's password policies have settings of that name.
func carriesText(member gjson.Result) bool {
	text := member
	if member.IsObject() {
		text = member.Get("value")
	}
	return text.Type == gjson.String && strings.TrimSpace(text.String()) != ""
}
