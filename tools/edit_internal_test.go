package tools

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/tidwall/gjson"

	"okta-mcp/confirm"
)

// FuzzMerge holds what nobody may lose by: what a part does not name stays byte
// for byte, and the reverse of a change makes the document what it was.
func FuzzMerge(f *testing.F) {
	f.Add(`{"id":"1","profile":{"name":"a","n":9007199254740993,"x":null},"list":[1,2]}`, `{"profile":{"name":"b"},"list":[2,3]}`)
	f.Add(`{"a":{"b":{"c":1e400}},"d":[{"e":1}]}`, `{"a":{"b":null},"f":{"g":{}}}`)
	f.Add(`{"a.b":1,"*":2,"a":{"b":3}}`, `{"a.b":{"c":1},"*":{}}`)
	f.Add(`{"_links":{"self":{}},"lastUpdated":"x","a":"ü\u0000\""}`, `{"a":""}`)
	f.Add(`{}`, `{"":{"":[]}}`)
	f.Fuzz(func(t *testing.T, document, part string) {
		if !plainObject(document) || !plainObject(part) {
			t.Skip("not two objects whose names come once")
		}
		before := settled(json.RawMessage(document))
		after := merge(before, json.RawMessage(part))
		if !gjson.ValidBytes(after) {
			t.Fatalf("merging %s into %s made %s", part, document, after)
		}
		given := gjson.Parse(part)
		gjson.ParseBytes(before).ForEach(func(name, value gjson.Result) bool {
			if exactMember(given, name.String()).Raw == "" && exactMember(gjson.ParseBytes(after), name.String()).Raw != value.Raw {
				t.Errorf("%s was not to change in %s, and is not the same in %s", name.Raw, document, after)
			}
			return true
		})
		back := merge(after, reverse(before, after))
		if !sameJSON(gjson.ParseBytes(before), gjson.ParseBytes(back)) {
			t.Errorf("%s changed by %s and put back is %s", document, part, back)
		}
		if same := sameJSON(gjson.ParseBytes(before), gjson.ParseBytes(settled(after))); !same && len(differences(before, after)) == 0 && !onlyEmpty(given) {
			t.Errorf("%s becomes %s and no difference is shown", before, after)
		}
	})
}

// onlyEmpty reports whether a part may set nothing but empty objects, which is no
// difference that anybody would see.
func onlyEmpty(value gjson.Result) bool {
	if value.IsObject() {
		empty := true
		value.ForEach(func(_, member gjson.Result) bool {
			empty = empty && onlyEmpty(member)
			return true
		})
		return empty
	}
	return value.Type == gjson.Null
}

func plainObject(text string) bool {
	if !json.Valid([]byte(text)) || !gjson.Parse(text).IsObject() {
		return false
	}
	_, err := objectMembers(json.RawMessage(text))
	return err == nil
}

func TestDifferencesNameWhatComesAndGoes(t *testing.T) {
	t.Parallel()
	deltas := differences(
		json.RawMessage(`{"a":{"b":1,"c":"x"},"list":["p","q"],"same":null}`),
		json.RawMessage(`{"a":{"b":2,"c":"x"},"list":["q","r"],"new":{"d":true}}`))
	want := []confirm.Delta{
		{Name: "a.b", Before: "1", After: "2"},
		{Name: "list", After: "r", Item: true}, {Name: "list", Before: "p", Item: true},
		{Name: "new.d", After: "true"},
	}
	if !slices.Equal(deltas, want) {
		t.Errorf("got %v, want %v", deltas, want)
	}
}

func TestPrivateKeysAndSecretsAreFound(t *testing.T) {
	t.Parallel()
	for argument, want := range map[string][2]string{
		`{"keys":[{"kty":"RSA","n":"x","e":"AQAB"}]}`:                          {},
		`{"keys":[{"kty":"RSA","n":"x","e":"AQAB","d":"secret"}]}`:             {"a.keys", ""},
		`{"x":"-----BEGIN RSA PRIVATE KEY-----\nMII"}`:                         {"a.x", ""},
		`{"credentials":{"password":{"value":"x"}}}`:                           {"", "a.credentials.password"},
		`{"credentials":{"oauthClient":{"client_secret":"x"}}}`:                {"", "a.credentials.oauthClient.client_secret"},
		`{"settings":{"password":{"complexity":{"minLength":8}}}}`:             {},
		`{"client_secret":""}`:                                                 {},
		`{"kty":"oct","k":"x"}`:                                                {"a", ""},
		`{"password":"x","jwk":{"kty":"EC","d":"y"}}`:                          {"a.jwk", "a.password"},
		`{"profile":{"d":"x","k":"y","note":"the password is in the drawer"}}`: {},
	} {
		private, secret := findSecrets("a", gjson.Parse(argument))
		if private != want[0] || secret != want[1] {
			t.Errorf("%s: found the private key %q and the secret %q, want %q", argument, private, secret, want)
		}
	}
}

func TestSecretsAreTakenOutOfAnswersAndNothingElse(t *testing.T) {
	t.Parallel()
	for answer, kept := range map[string]bool{
		`{"client_secret":"abc"}`:                           false,
		`{"a":[{"activationUrl":"https://x"}]}`:             false,
		`{"sharedSecret":"a\"b"}`:                           false,
		`{"password":{}}`:                                   true,
		`{"client_secret":""}`:                              true,
		`{"description":"\"client_secret\":\"abc\""}`:       true,
		`{"passwordChanged":"2026-01-01T00:00:00.000Z"}`:    true,
		`{"name":"client_secret","value":"client_secret:"}`: true,
	} {
		got := string(withhold(json.RawMessage(answer)))
		if !json.Valid([]byte(got)) || (got == answer) != kept {
			t.Errorf("%s became %s", answer, got)
		}
	}
}
