package tools

import (
	"bytes"
	"encoding/asn1"
	"encoding/base64"
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

// secretName finds members whose text is a secret by how their names end, in what
// is given to Okta and in what Okta answers: each application names its own.
// Links that sign somebody in are secrets too.
const secretName = `(?i:[a-z0-9_-]*(?:password|secret|token|pass[_-]?code|passphrase|(?:api|access|secret|private|aes)[_-]?key)|activation_?url|reset_?password_?url)`

var (
	secretMember = regexp.MustCompile(`^` + secretName + `$`)
	privatePEM   = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY`)
	// seedLink matches the link to a picture of a code generator's seed.
	seedLink = regexp.MustCompile(`"qrcode":\{"href":"(?:[^"\\]|\\.)+"`)
	// header matches one as Okta answers those of event hooks, where its name says
	// that its value lets somebody in; Okta itself shows them all.
	header = regexp.MustCompile(`"key":("(?:[^"\\]|\\.)*(?i:auth|token|secret|key|pass|cookie|credential|signature)(?:[^"\\]|\\.)*"),"value":"(?:[^"\\]|\\.)+"`)
	// quotedRest is what is left of a JSON string after its first quote.
	quotedRest = regexp.MustCompile(`^(?:[^"\\]|\\.)*"`)
	// answered matches such a member with a text in a value as a question shows it.
	answered = regexp.MustCompile(`"(` + secretName + `)"\s*:\s*"(?:[^"\\]|\\.)+"`)
)

// withheldText stands where a secret stood in what Okta answered.
const withheldText = `"withheld: the operator has not started the server with --allow-secrets"`

// withhold takes secrets out of an answer. A text that only looks like a member
// is untouched: inside a JSON string its quotes are escaped. Few answers have a
// secret, and patterns take milliseconds for a long one, so that they are tried
// only where they can match.
func withhold(answer json.RawMessage) json.RawMessage {
	if bytes.Contains(answer, []byte(`"qrcode":`)) {
		answer = seedLink.ReplaceAll(answer, []byte(`"qrcode":{"href":`+withheldText))
	}
	if bytes.Contains(answer, []byte(`,"value":`)) {
		answer = header.ReplaceAll(answer, []byte(`"key":$1,"value":`+withheldText))
	}
	const between = `":"`
	for at := 0; ; {
		found := bytes.Index(answer[at:], []byte(between))
		if found < 0 {
			return answer
		}
		end := at + found
		at = end + len(between)
		name := answer[bytes.LastIndexByte(answer[:end], '"')+1 : end]
		if isEmpty := answer[at] == '"'; isEmpty || !endsLikeSecret(name) || !secretMember.Match(name) {
			continue
		}
		after := at + len(quotedRest.Find(answer[at:]))
		answer = slices.Concat(answer[:at-1], []byte(withheldText), answer[after:])
	}
}

// endsLikeSecret spares most names the pattern: it looks at the last letters that
// secretName allows.
func endsLikeSecret(name []byte) bool {
	n := len(name)
	if n < len("url") {
		return false
	}
	switch name[n-1] | 0x20 { // lower case
	case 'd', 't', 'n', 'y', 'l':
		switch strings.ToLower(string(name[n-3:])) {
		case "ord", "ret", "ken", "key", "url":
			return true
		}
	case 'e':
		return bytes.Contains(bytes.ToLower(name), []byte("pass"))
	}
	return false
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

// hiddenSecret stands where a question would show a secret.
const hiddenSecret = "a secret that is not shown"

// hideSecrets keeps secrets out of a question, those given and those there are:
// clients keep questions.
func hideSecrets(changes []confirm.Delta) []confirm.Delta {
	for i, change := range changes {
		name := strings.TrimSuffix(change.Name, ".value")
		isSecret := secretMember.MatchString(name[strings.LastIndex(name, ".")+1:])
		for _, text := range []*string{&changes[i].Before, &changes[i].After} {
			switch {
			case isSecret && *text != "":
				*text = hiddenSecret
			default: // lists and objects are shown as JSON
				*text = answered.ReplaceAllString(*text, `"$1":"`+hiddenSecret+`"`)
			}
		}
	}
	return changes
}

// putsBack reports whether what was before can be given again: no secret is among
// it that is withheld here, and none was set that Okta keeps to itself.
func (c *Call) putsBack(given, before json.RawMessage) bool {
	_, set := findSecrets("", gjson.ParseBytes(given))
	_, was := findSecrets("", gjson.ParseBytes(before))
	isTold := set == "" || gjson.GetBytes(before, strings.TrimPrefix(set, ".")).Exists()
	return isTold && (was == "" || c.Options.AllowSecrets)
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
	if text := value.String(); value.Type == gjson.String {
		if isPrivateKey(text) {
			return path, ""
		}
		if value = gjson.Parse(text); !gjson.Valid(text) { // an object can be given as a text
			return "", ""
		}
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

// shortestKey is the fewest bytes that a private key is written in.
const shortestKey = 32

// isPrivateKey reports whether a text is a private key, as PEM or in base64: PEM
// again, or PKCS #1, #8, #12 or SEC 1, which alone begin with a small number,
// their version.
func isPrivateKey(text string) bool {
	if privatePEM.MatchString(text) {
		return true
	}
	if _, data, isURL := strings.Cut(text, ";base64,"); isURL {
		text = data
	}
	text = strings.NewReplacer("-", "+", "_", "/", "=", "").Replace(strings.Join(strings.Fields(text), ""))
	decoded, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(decoded) < shortestKey {
		return false
	}
	var der struct{ Version int }
	rest, err := asn1.Unmarshal(decoded, &der)
	return privatePEM.Match(decoded) || err == nil && len(rest) == 0 && der.Version <= 3
}

// carriesText reports whether a member named like a secret holds one: a text or
// number, or Okta's form {"value": "…"}; Okta's password policies have settings of
// that name.
func carriesText(member gjson.Result) bool {
	text := member
	if member.IsObject() {
		text = member.Get("value")
	}
	return (text.Type == gjson.String || text.Type == gjson.Number) && strings.TrimSpace(text.String()) != ""
}
